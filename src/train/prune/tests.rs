//! Masked networks and networks without the units: the same outputs.

use super::*;
use crate::graph::{Given, check, resized};
use crate::lower::{Fusion, Program};
use crate::random::{self, Purpose};
use crate::source::{FileId, SourceMap};

struct Checked {
    sources: SourceMap,
    file: FileId,
    graph: Graph,
}

fn checked(text: &str) -> Checked {
    let mut sources = SourceMap::new();
    let file = sources.add("model.net", None, text);
    let graph = check(&mut sources, file, &Given::default()).graph.unwrap_or_else(|| panic!("{text}"));
    Checked { sources, file, graph }
}

fn outputs(graph: &Graph, store: &Store<f32>) -> Vec<f32> {
    let key = random::key(5, Purpose::Sketch, 0, 0);
    let images: Vec<f32> = (0..3 * graph.input.count()).map(|n| random::uniform(key, n as u64) - 0.5).collect();
    Program::with(graph, &Fusion::Off).forward(store, &images).values.concat()
}

/// Prunes by units, and compares the masked network's outputs with those of the compact one, whose text is answered.
fn check_compact(text: &str, fraction: f64) -> String {
    let Checked { mut sources, file, graph } = checked(text);
    let mut store = Store::<f32>::init(&graph, 3);
    let key = random::key(6, Purpose::Sketch, 0, 0);
    // Norms that are not fresh: every number is its own.
    for entry in store.entries().to_vec().iter().filter(|entry| !entry.name.contains("weight_")) {
        let noise = (0..entry.range.len()).map(|n| 0.2 * random::uniform(key, n as u64));
        store.value_mut(entry).iter_mut().zip(noise).for_each(|(value, noise)| *value += noise);
    }
    let pruning = prune(&graph, &store, Amount::Units(fraction), None).expect("something is pruned");
    let (values, _) = store.values_and_gradients_mut();
    values.iter_mut().zip(&pruning.mask).for_each(|(value, kept)| *value *= kept);
    let (axes, ops) = pruning.units.expect("units are pruned");
    let small =
        resized(&mut sources, file, &Given::default(), &graph, &ops).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    let small_graph = checked(&small).graph;
    let (small_store, mask) = compacted(&store, &pruning.mask, &axes, &small_graph);
    assert!(mask.is_none() && small_store.values().len() < store.values().len(), "{text}");
    let (masked, compact) = (outputs(&graph, &store), outputs(&small_graph, &small_store));
    let far = masked.iter().zip(&compact).find(|(a, b)| (**a - **b).abs() > 1e-5 * b.abs() + 1e-6);
    assert!(far.is_none() && masked.len() == compact.len(), "{text}: {far:?}");
    small
}

#[test]
fn a_network_without_its_dead_units_has_the_same_outputs() {
    for text in [
        "Conv(1,6,5,stride=2) -> BatchNorm -> ReLU -> Pool(2) -> FC(_,12) -> Sigmoid -> FC",
        "LSTM(28,9,2) -> FC",
        "GRU(28,6,2,bidirectional=true,return=all) -> FC(_,8) -> Tanh -> FC",
        "Conv(1,6,3,stride=3) -> Seq(by=rows) -> RNN(_,5) -> FC",
        "Conv(1,4,3,stride=2) -> skip(ReLU -> Conv(_,6,3,pad=1) -> ELU -> Conv(_,4,3,pad=1)) -> ReLU -> FC",
        "Conv(1,6,3,stride=4) -> BatchNorm -> SiLU -> Conv(6,6,3,pad=1,groups=6) -> BatchNorm -> Conv(6,4,1) -> FC",
        "( Conv(1,4,5,stride=4) | Conv(1,6,5,stride=4) ) -> Concat -> BatchNorm -> Conv(_,4,1) -> GELU -> FC",
        "Conv(1,4,4,stride=4) -> ReLU -> ( FC as logits | ConvT(4,6,2,stride=2) -> ReLU -> ConvT(6,1,2,stride=2) as image )",
        "Conv(1,6,5,stride=4) -> ReLU -> ( Identity | GlobalAvgPool -> FC(_,6) -> Sigmoid ) -> Mul -> FC",
    ] {
        check_compact(text, 0.5);
    }
}

#[test]
fn the_share_of_units_is_rounded_down() {
    assert_eq!(check_compact("Conv(1,7,3,stride=3) -> ReLU -> FC", 0.5), "Conv(1,4,3,stride=3) -> ReLU -> FC");
    assert_eq!(check_compact("Conv(1,7,3,stride=3) -> ReLU -> FC", 0.99), "Conv(1,1,3,stride=3) -> ReLU -> FC");
}

#[test]
fn thresholds_and_shares_take_the_smallest_weights_and_no_biases() {
    let graph = checked("Conv(1,4,3) -> BatchNorm -> FC").graph;
    let store = Store::<f32>::init(&graph, 1);
    let by = |amount, before: Option<&[f32]>| prune(&graph, &store, amount, before).expect("something is pruned");
    let under = by(Amount::Threshold(0.01), None);
    for entry in store.entries().iter().filter(|entry| entry.trained) {
        let weight = ["Conv.weight", "FC.weight"].contains(&entry.name.as_str());
        let pruned = |index: usize| under.mask[index] == 0.0;
        let expected = |index: usize| weight && store.values()[index].abs() < 0.01;
        assert!(entry.range.clone().all(|index| pruned(index) == expected(index)), "{}", entry.name);
    }
    let half = by(Amount::Fraction(0.5), None);
    let [pruned, count] = [|line: &PrunedLayer| line.pruned, |line: &PrunedLayer| line.count]
        .map(|of| half.layers.iter().map(of).sum::<usize>());
    assert_eq!(pruned, (count as f64 / 2.0).round() as usize);
    let whole = by(Amount::Threshold(f64::MAX), None);
    let both = by(Amount::Fraction(0.5), Some(&by(Amount::Threshold(0.001), None).mask));
    assert_eq!(both.mask, half.mask, "the smallest are among the smaller half");
    let error = prune(&graph, &store, Amount::Fraction(0.5), Some(&whole.mask)).expect_err("nothing more is pruned");
    assert_eq!(error.id.as_str(), "N0816");
    let is_larger = |(all, half): (&f32, &f32)| if *all < *half { 0.0 } else { 1.0 };
    let larger: Vec<f32> = whole.mask.iter().zip(&half.mask).map(is_larger).collect();
    let all = by(Amount::Fraction(0.5), Some(&larger));
    assert!(all.layers.iter().all(|line| line.pruned == line.count), "{:?}", all.layers);
}

#[test]
fn pruning_nothing_is_an_error() {
    let graph = checked("FC").graph;
    let store = Store::<f32>::init(&graph, 1);
    for (amount, words) in [(Amount::Threshold(0.0), "`FC` has"), (Amount::Units(0.5), "an output of the network")] {
        let error = prune(&graph, &store, amount, None).expect_err("nothing is pruned");
        assert!(error.id.as_str() == "N0816" && error.notes[0].contains(words), "{error:?}");
    }
}
