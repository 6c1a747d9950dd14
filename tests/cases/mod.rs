//! A file of tests/fixtures/torch -> the graph that its JSON describes, and its tensors.

mod op;

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use netc::graph::{Graph, Node, Output, Value};
use netc::layer::Shape;
use netc::lower::{Batch, Classes, Criterion, Draw, Element, Loss, Mixed, Store, Term};
use netc::source::{SourceMap, Span};
use safetensors::SafeTensors;
use serde_json::Value as Json;

use op::{op_of, size, sizes};

/// One network with PyTorch's figures for it.
pub struct Case {
    pub name: String,
    pub graph: Graph,
    pub loss: Loss,
    pub draw: Draw,
    pub labels: Vec<usize>,
    /// The other classes of mixed images, and how much they are of their own.
    mixed: Option<(Vec<usize>, Vec<f32>)>,
    tensors: HashMap<String, Vec<f32>>,
}

impl Case {
    /// All cases, by name.
    pub fn all() -> Vec<Case> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/torch");
        let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| Case::read(path)).collect()
    }

    fn read(path: &Path) -> Case {
        let bytes = fs::read(path).unwrap();
        let (_, metadata) = SafeTensors::read_metadata(&bytes).unwrap();
        let json: Json = serde_json::from_str(&metadata.metadata().as_ref().unwrap()["case"]).unwrap();
        let tensors = SafeTensors::deserialize(&bytes).unwrap().tensors().into_iter();
        Case {
            name: path.file_stem().unwrap().to_string_lossy().into_owned(),
            graph: graph_of(&json),
            loss: loss_of(&json["outputs"]),
            draw: draw_of(&json["draw"]),
            labels: sizes(&json["labels"]),
            mixed: mixed_of(&json),
            tensors: tensors.map(|(name, view)| (name, floats(view.data()))).collect(),
        }
    }

    pub fn tensor<E: Element>(&self, name: &str) -> Vec<E> {
        let values = self.tensors.get(name).unwrap_or_else(|| panic!("{}: no tensor {name}", self.name));
        values.iter().map(|&value| E::of(value.into())).collect()
    }

    pub fn store<E: Element>(&self) -> Store<E> {
        let mut store = Store::init(&self.graph, 0);
        for entry in store.entries().to_vec() {
            store.value_mut(&entry).copy_from_slice(&self.tensor(&format!("value/{}", entry.name)));
        }
        store
    }

    pub fn batch<'a, E>(&'a self, images: &'a [E], targets: &'a [E]) -> Batch<'a, E> {
        let mixed = self.mixed.as_ref().map(|(labels, shares)| Mixed { labels, shares });
        Batch { images, targets: Some(targets), labels: &self.labels, mixed }
    }
}

fn graph_of(json: &Json) -> Graph {
    let input = Shape::of(&sizes(&json["input"])).unwrap();
    let mut graph = Graph { input, classes: size(&json["classes"]), nodes: vec![], outputs: vec![], labels: vec![] };
    for (index, node) in json["nodes"].as_array().unwrap().iter().enumerate() {
        let node = node_of(&graph, index, node);
        graph.nodes.push(node);
    }
    let output = |json: &Json| Output { name: json[0].as_str().unwrap().into(), value: value_of(&json[1]) };
    graph.outputs = json["outputs"].as_array().unwrap().iter().map(output).collect();
    graph
}

/// Its path is its number.
fn node_of(graph: &Graph, index: usize, json: &Json) -> Node {
    let inputs: Vec<Value> = json["reads"].as_array().unwrap().iter().map(value_of).collect();
    let input = graph.shape(inputs[0]);
    let op = op_of(json, input);
    Node {
        params: op.params(input),
        op,
        inputs,
        output: Shape::of(&sizes(&json["output"])).unwrap(),
        macs: 0,
        name: "Layer",
        path: index.to_string(),
        block: vec![],
        span: Span::new(SourceMap::new().add("", None, ""), 0, 0),
        implicit: false,
    }
}

fn value_of(json: &Json) -> Value {
    usize::try_from(json.as_i64().unwrap()).map_or(Value::Input, Value::Node)
}

fn loss_of(outputs: &Json) -> Loss {
    let term = |(output, json): (usize, &Json)| {
        let criterion = match json[3].as_str() {
            Some("cross_entropy") => Criterion::cross_entropy(),
            Some(_) => Criterion::Mse,
            None => criterion_of(&json[3])?,
        };
        Some(Term { output, weight: json[2].as_f64()?, criterion })
    };
    Loss { terms: outputs.as_array().unwrap().iter().enumerate().filter_map(term).collect() }
}

fn criterion_of(json: &Json) -> Option<Criterion> {
    let weights = json["class_weights"].as_array().into_iter().flatten().filter_map(Json::as_f64).collect();
    let classes = Classes { smoothing: json["label_smoothing"].as_f64().unwrap_or(0.0), weights };
    let margin = json["margin"].as_f64().unwrap_or(1.0);
    match json["name"].as_str()? {
        "cross_entropy" | "nll" => Some(Criterion::CrossEntropy(classes)),
        "label_mse" => Some(Criterion::LabelMse),
        "hinge" => Some(Criterion::Hinge { margin }),
        _ => Some(Criterion::MarginRanking { margin }),
    }
}

fn mixed_of(json: &Json) -> Option<(Vec<usize>, Vec<f32>)> {
    let share = json["outputs"][0][3]["mixed"].as_f64()?;
    let others = sizes(&json["others"]);
    let shares = vec![share as f32; others.len()];
    Some((others, shares))
}

fn draw_of(json: &Json) -> Draw {
    let number = |key: &str| json[key].as_u64().unwrap();
    Draw { seed: number("seed"), epoch: number("epoch"), first: number("first") }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}
