//! What training takes of the machine's memory, and whether there is so much.

use crate::diagnostic::{Code, Diagnostic};
use crate::lower::Program;

/// Bytes that training takes at least: the parameters with their gradients, as many vectors of their shape as `slots` for the
/// optimizer and for averages, and the values of a step.
pub fn needed(program: &Program<f32>, images: usize, slots: usize) -> u64 {
    let vectors = 2 + slots as u64;
    program.graph().trained_count() as u64 * vectors * size_of::<f32>() as u64 + program.bytes(images)
}

/// # Errors
/// N0814 where steps of `batch` images need more than is free; it names a batch that would fit.
pub fn check(batch: usize, needed: impl Fn(usize) -> u64) -> Result<(), Diagnostic> {
    refuse("training needs", needed(batch), |free| {
        let smaller = std::iter::successors(Some(batch / 2), |batch| Some(batch / 2)).take_while(|batch| *batch > 0);
        match smaller.into_iter().find(|&batch| needed(batch) <= free) {
            Some(fits) => format!("`--batch {fits}` needs less"),
            None => "no smaller batch would fit: take a smaller network, or smaller images".to_owned(),
        }
    })
}

/// Refuses what takes more than is free: `training needs`, `the values need`. The advice is told what is free.
///
/// # Errors
/// N0814 where it does.
pub fn refuse(what_needs: &str, needed: u64, advice: impl Fn(u64) -> String) -> Result<(), Diagnostic> {
    let Some(free) = available().filter(|free| needed > *free) else { return Ok(()) };
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64);
    let message = format!("{what_needs} at least {}, and {} are free", gib(needed), gib(free));
    Err(Diagnostic::error(Code::MEMORY, message).remark(advice(free)))
}

/// Bytes that a process may still take; none where the system does not say.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    let of_machine = line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    Some(of_group().map_or(of_machine, |of_group| of_group.min(of_machine)))
}

/// Bytes left of the limit that a container sets.
fn of_group() -> Option<u64> {
    let number = |name: &str| {
        let text = std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok()?;
        text.trim().parse::<u64>().ok()
    };
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Given, check as check_network};
    use crate::kernel::Machine;
    use crate::lower::Fusion;
    use crate::source::SourceMap;

    fn program(fused: bool) -> Program<f32> {
        let mut sources = SourceMap::new();
        let file = sources.add("model.net", None, "input 1x4x4\nclasses 4\nFC(16, 4)");
        let graph = check_network(&mut sources, file, &Given::default()).graph.unwrap();
        Program::with(&graph, &if fused { Fusion::On(Machine::new(1).into()) } else { Fusion::Off })
    }

    #[test]
    fn parameters_and_values_are_counted() {
        assert_eq!(needed(&program(false), 20, 2), 4 * (68 * 4 + 20 * (16 + 4)));
        let plan = needed(&program(true), 20, 2) - 4 * 68 * 4;
        assert!(plan >= 4 * 32 * (16 + 4), "two groups of lanes: {plan}");
    }

    #[test]
    fn more_than_there_is_is_refused_with_a_batch_that_fits() {
        assert!(check(64, |_| 0).is_ok());
        if available().is_some() {
            let fits = |most: usize| move |batch: usize| if batch > most { u64::MAX } else { 0 };
            let error = check(64, fits(20)).unwrap_err();
            assert!(error.id.as_str() == "N0814" && error.notes[0].contains("--batch 16"), "{error:?}");
            let error = check(64, fits(0)).unwrap_err();
            assert!(error.notes[0].contains("no smaller batch"), "{error:?}");
        }
    }
}
