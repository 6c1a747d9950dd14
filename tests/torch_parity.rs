//! Every layer, in dfdx's operations and in kernels, against PyTorch: outputs, loss, gradients and running statistics of tests/fixtures/torch.

mod cases;

use std::fmt::Display;
use std::sync::Arc;

use cases::Case;
use netc::kernel::{Isa, Machine};
use netc::lower::{Element, Program};

#[test]
fn every_case_agrees_with_pytorch_in_f32() {
    check_all(1e-4, |case| Program::<f32>::new(&case.graph));
}

#[test]
fn every_case_agrees_with_pytorch_in_kernels() {
    for isa in Isa::available() {
        let machine = Arc::new(Machine::with_isa(isa, 2));
        check_all(1e-4, |case| Program::fused(&case.graph, machine.clone()));
    }
}

/// The fixtures hold f32, so this is as near as they come.
#[test]
fn every_case_agrees_with_pytorch_in_f64() {
    check_all(1e-6, |case| Program::<f64>::new(&case.graph));
}

fn check_all<E: Element>(tolerance: f64, program: impl Fn(&Case) -> Program<E>) {
    let cases = Case::all();
    let differences: Vec<String> = cases.iter().flat_map(|case| check(case, &program(case), tolerance)).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// What differs by more than |a - b| <= tolerance |b| + 1e-6 in the 2-norm.
fn check<E: Element>(case: &Case, program: &Program<E>, tolerance: f64) -> Vec<String> {
    let mut store = case.store::<E>();
    let (images, targets) = (case.tensor::<E>("images"), case.tensor::<E>("targets"));
    let evaluated = program.forward(&store, &images);
    let step = program.step(&mut store, &case.batch(&images, &targets), &case.loss, case.draw);
    let mut pairs = vec![("loss".to_string(), vec![E::of(step.loss)])];
    for (n, output) in case.graph.outputs.iter().enumerate() {
        pairs.push((format!("eval/{}", output.name), evaluated.values[n].clone()));
        pairs.push((format!("train/{}", output.name), step.outputs.values[n].clone()));
    }
    for entry in store.entries() {
        let (prefix, values) =
            if entry.trained { ("gradient", store.gradient(entry)) } else { ("after", store.value(entry)) };
        pairs.push((format!("{prefix}/{}", entry.name), values.to_vec()));
    }
    let difference = |(name, values): (String, Vec<E>)| {
        difference(&values, &case.tensor(&name), tolerance).map(|what| format!("{} {name}: {what}", case.name))
    };
    pairs.into_iter().filter_map(difference).collect()
}

fn difference<E: Element>(a: &[E], b: &[E], tolerance: f64) -> Option<impl Display> {
    if a.len() != b.len() {
        return Some(format!("{} values where PyTorch has {}", a.len(), b.len()));
    }
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let distance = norm(&mut a.iter().zip(b).map(|(a, b)| a.f64() - b.f64()));
    let size = norm(&mut b.iter().map(|b| b.f64()));
    // A NaN is no smaller than anything.
    let agrees = distance <= tolerance * size + 1e-6;
    (!agrees).then(|| format!("|a - b| = {distance:.3e} where |b| = {size:.3e}"))
}
