//! A graph and a recipe -> the memory that training needs at least; and whether the machine has so much.

use super::recipe::Recipe;
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::Graph;
use crate::kernel::LANES;

/// Bytes of a number.
const NUMBER: u64 = 4;

/// Bytes that training takes at least: parameters with their gradients, `slots` vectors of the optimizer and of
/// averages, and one value of each layer for each of a step's `images`.
pub fn needed(graph: &Graph, images: usize, slots: usize) -> u64 {
    let parameters = (graph.trained_count() as u64).saturating_mul(2 + slots as u64);
    let values = graph.nodes.iter().filter(|node| !node.params.is_empty());
    let of_image = values.fold(graph.input.count() as u64, |sum, node| sum.saturating_add(node.output.count() as u64));
    let images = images.next_multiple_of(LANES) as u64;
    parameters.saturating_add(of_image.saturating_mul(images)).saturating_mul(NUMBER)
}

/// # Errors
/// N0814 where training needs more than is free.
pub fn check(needed: u64, recipe: &Recipe) -> Result<(), Diagnostic> {
    let batch = recipe.batch;
    refuse("training needs", needed, || {
        format!("try smaller batches than {batch}, as in `--batch {}`", (batch / 4).max(1))
    })
}

/// Refuses what takes more than is free: `training needs`, `the values need`.
///
/// # Errors
/// N0814 where it does.
pub fn refuse(what_needs: &str, needed: u64, advice: impl Fn() -> String) -> Result<(), Diagnostic> {
    let Some(free) = available().filter(|free| needed > *free) else { return Ok(()) };
    let gib = |bytes: u64| format!("{:.1} GiB", bytes as f64 / (1u64 << 30) as f64);
    let message = format!("{what_needs} at least {}, and {} are free", gib(needed), gib(free));
    Err(Diagnostic::error(Code::MEMORY, message).remark(advice()))
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
    use crate::source::SourceMap;

    #[test]
    fn parameters_and_values_are_counted() {
        let mut sources = SourceMap::new();
        let file = sources.add("model.net", None, "input 1x4x4\nclasses 4\nFC(16, 4)");
        let graph = check_network(&mut sources, file, &Given::default()).graph.unwrap();
        assert_eq!(needed(&graph, 20, 2), 4 * (68 * 4 + 20 * 32));
    }

    #[test]
    fn more_than_there_is_is_refused() {
        let recipe = Recipe::default();
        assert!(check(0, &recipe).is_ok());
        if available().is_some() {
            let error = check(u64::MAX, &recipe).unwrap_err();
            assert!(error.id.as_str() == "N0814" && error.notes[0].contains("--batch 16"), "{error:?}");
        }
    }
}
