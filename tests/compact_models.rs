//! The networks under `models/` without half of their units: their texts, and that they compute what the masked ones do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use netc::graph::{Given, Graph, check, resized};
use netc::kernel::Machine;
use netc::lower::{Fusion, Program, Store};
use netc::source::{FileId, SourceMap};
use netc::train::{Amount, Pruning, compacted, prune};

/// A network with fresh weights, and what pruning half of its units decides.
struct Halved {
    sources: SourceMap,
    file: FileId,
    graph: Graph,
    store: Store<f32>,
    pruning: Pruning,
}

/// The imports of a file are in its text, as in a run's.
fn halved(path: &Path) -> Option<Halved> {
    let text = std::fs::read_to_string(path).expect("a model can be read");
    let mut sources = SourceMap::new();
    let file = sources.add("model.net", path.parent().map(PathBuf::from), text);
    let text = check(&mut sources, file, &Given::default()).text;
    let file = sources.add("inlined.net", None, text);
    let graph = check(&mut sources, file, &Given::default()).graph?;
    let store = Store::init(&graph, 0);
    let pruning = prune(&graph, &store, Amount::Units(0.5), None).expect("half of the units");
    Some(Halved { sources, file, graph, store, pruning })
}

impl Halved {
    /// The text of the smaller network, or why there is none.
    fn text(&mut self) -> Result<String, String> {
        let (_, ops) = self.pruning.units.as_ref().expect("units are pruned");
        let text = resized(&mut self.sources, self.file, &Given::default(), &self.graph, ops);
        text.map_err(|fault| fault.message)
    }

    fn mask(&mut self) {
        let (values, _) = self.store.values_and_gradients_mut();
        values.iter_mut().zip(&self.pruning.mask).for_each(|(value, kept)| *value *= kept);
    }
}

fn models() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("models")];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("the models can be read").flatten() {
            let path = entry.path();
            match path.is_dir() {
                true if path.ends_with("printed") => {}
                true => folders.push(path),
                false if path.extension().is_some_and(|extension| extension == "net") => files.push(path),
                false => {}
            }
        }
    }
    files.sort();
    files
}

#[test]
fn every_model_can_be_written_with_half_of_its_units() {
    let refused: Vec<String> = models()
        .iter()
        .filter_map(|path| {
            let reason = halved(path).map_or(Err("it does not check".into()), |mut halved| halved.text()).err()?;
            Some(format!("{}: {reason}", path.display()))
        })
        .collect();
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

#[test]
fn a_compact_model_has_the_outputs_of_the_masked_one() {
    for name in ["zhang/lstm.net", "cs554/model1_cnn.net", "cs554/model3_skip.net", "bas/cnn1.net", "ji2022/model1.net"]
    {
        let mut masked = halved(&Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(name)).expect(name);
        masked.mask();
        let text = masked.text().expect(name);
        let mut sources = SourceMap::new();
        let file = sources.add("small.net", None, text);
        let small = check(&mut sources, file, &Given::default()).graph.expect(name);
        let (axes, _) = masked.pruning.units.as_ref().expect(name);
        let (store, mask) = compacted(&masked.store, &masked.pruning.mask, axes, &small);
        assert!(mask.is_none(), "{name}");
        let images: Vec<f32> = (0..20 * small.input.count()).map(|n| ((n * 37 % 101) as f32 - 50.0) / 40.0).collect();
        for fusion in [Fusion::Off, Fusion::On(Arc::new(Machine::new(1)))] {
            let [found, expected] = [(&small, &store), (&masked.graph, &masked.store)]
                .map(|(graph, store)| Program::with(graph, &fusion).forward(store, &images).values.concat());
            let far = found.iter().zip(&expected).find(|(a, b)| (**a - **b).abs() > 1e-5 * b.abs());
            assert!(far.is_none() && found.len() == expected.len(), "{name}: {far:?}");
        }
    }
}
