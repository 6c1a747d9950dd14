//! A safetensors file, netc's or PyTorch's -> the parameters that training begins with.
//!
//! Tensors are matched by name; where a name is missing, by order and shape: both sides' tensors of one kind (`weight`,
//! `running_mean`) and shape, the network's in the order of the graph, the file's in that of their names, with numbers
//! in names as numbers.

use std::collections::HashMap;
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::optimizer::MASK;
use crate::diagnostic::{Code, Diagnostic, read_plain};
use crate::lower::{Entry, Store};

/// How tensors found their places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matching {
    ByName,
    /// The names of the file and of the network, pair by pair.
    ByOrder(Vec<[String; 2]>),
}

impl Matching {
    /// A note that says which it was.
    pub fn note(&self, path: &Path) -> Diagnostic {
        let note = |how: &str| {
            let message = format!("the weights of `{}` were matched by {how}", path.display());
            Diagnostic::note("matched-weights", message)
        };
        match self {
            Self::ByName => note("name"),
            Self::ByOrder(pairs) => {
                let pair = |note: Diagnostic, [from, to]: &[String; 2]| note.remark(format!("{from} -> {to}"));
                pairs.iter().fold(note("order and shape"), pair)
            }
        }
    }
}

struct Tensor {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Fills `store` from a file.
///
/// # Errors
/// N0804 where it cannot be read, N0813 where it is no safetensors file or its tensors do not match the network's.
pub fn load_weights(path: &Path, store: &mut Store<f32>) -> Result<Matching, Diagnostic> {
    let bytes = read_plain(path)?;
    let tensors = read(&bytes).map_err(|reason| unfit(path, &reason))?;
    let by_name: HashMap<&str, &Tensor> = tensors.iter().map(|tensor| (tensor.name.as_str(), tensor)).collect();
    let entries = store.entries().to_vec();
    if entries.iter().all(|entry| by_name.contains_key(entry.name.as_str())) {
        for entry in &entries {
            let tensor = by_name[entry.name.as_str()];
            if tensor.shape != entry.shape {
                let shapes = format!("the shape {:?}, the network needs {:?}", tensor.shape, entry.shape);
                return Err(unfit(path, &format!("`{}` has {shapes}", entry.name)));
            }
            store.value_mut(entry).copy_from_slice(&tensor.values);
        }
        return Ok(Matching::ByName);
    }
    let pairs = pair(&entries, &tensors).map_err(|reason| unfit(path, &reason))?;
    for (entry, tensor) in &pairs {
        store.value_mut(entry).copy_from_slice(&tensor.values);
    }
    let names = pairs.iter().map(|(entry, tensor)| [tensor.name.clone(), entry.name.clone()]).collect();
    Ok(Matching::ByOrder(names))
}

fn unfit(path: &Path, reason: &str) -> Diagnostic {
    let message = format!("the weights in `{}` do not fit the network: {reason}", path.display());
    Diagnostic::error(Code::WEIGHTS, message)
        .remark("tensors are matched by name, else by order and shape; `netc check` shows the network's")
}

/// The mask of a pruned network's weights that were matched by name; none where nothing in the file is pruned.
///
/// # Errors
/// N0804 where it cannot be read, N0813 where a mask has another shape than its tensor.
pub fn load_mask(path: &Path, store: &Store<f32>) -> Result<Option<Vec<f32>>, Diagnostic> {
    let bytes = read_plain(path)?;
    let file = SafeTensors::deserialize(&bytes).map_err(|fault| unfit(path, &fault.to_string()))?;
    let mut mask: Option<Vec<f32>> = None;
    for entry in store.entries().iter().filter(|entry| entry.trained) {
        let Ok(view) = file.tensor(&format!("optimizer.{MASK}.{}", entry.name)) else { continue };
        let tensor = tensor(entry.name.clone(), &view).map_err(|reason| unfit(path, &reason))?;
        if tensor.shape != entry.shape {
            return Err(unfit(path, &format!("the mask of `{}` has the shape {:?}", entry.name, tensor.shape)));
        }
        let mask = mask.get_or_insert_with(|| vec![1.0; store.values().len()]);
        mask[entry.range.clone()].copy_from_slice(&tensor.values);
    }
    Ok(mask)
}

/// The file's tensors by name, without an optimizer's state and counters.
fn read(bytes: &[u8]) -> Result<Vec<Tensor>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|fault| format!("it is no safetensors file ({fault})"))?;
    let wanted = |name: &str| !name.starts_with("optimizer.") && kind_of(name) != "num_batches_tracked";
    let views = file.tensors().into_iter().filter(|(name, _)| wanted(name));
    let mut tensors = views.map(|(name, view)| tensor(name, &view)).collect::<Result<Vec<_>, _>>()?;
    tensors.sort_by_cached_key(|tensor| parts_of(&tensor.name));
    Ok(tensors)
}

fn tensor(name: String, view: &TensorView) -> Result<Tensor, String> {
    let values = match view.dtype() {
        Dtype::F32 => view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect(),
        Dtype::F64 => view.data().as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes) as f32).collect(),
        Dtype::BF16 => {
            let widened = |&[low, high]: &[u8; 2]| f32::from_le_bytes([0, 0, low, high]);
            view.data().as_chunks().0.iter().map(widened).collect()
        }
        other => return Err(format!("`{name}` holds {other:?}, not F32, F64 or BF16")),
    };
    Ok(Tensor { name, shape: view.shape().to_vec(), values })
}

/// What a tensor is of its layer: `weight`.
fn kind_of(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// A name as it is ordered: its words, with numbers as numbers.
fn parts_of(name: &str) -> Vec<(u64, String)> {
    let words = name.chars().collect::<Vec<_>>();
    let chunks = words.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    let part = |chunk: &[char]| {
        let text: String = chunk.iter().collect();
        match text.parse::<u64>() {
            Ok(number) => (number, String::new()),
            Err(_) => (u64::MAX, text),
        }
    };
    chunks.map(part).collect()
}

/// Each of the network's tensors with the file's that is its equal in kind, shape and order.
fn pair<'e, 't>(entries: &'e [Entry], tensors: &'t [Tensor]) -> Result<Vec<(&'e Entry, &'t Tensor)>, String> {
    let mut used = vec![false; tensors.len()];
    let mut pairs = vec![];
    for entry in entries {
        let fits = |tensor: &Tensor| tensor.shape == entry.shape && kind_of(&tensor.name) == kind_of(&entry.name);
        let next = (0..tensors.len()).find(|&index| !used[index] && fits(&tensors[index]));
        let Some(index) = next else {
            return Err(format!("nothing in it is `{}` of the shape {:?}", entry.name, entry.shape));
        };
        used[index] = true;
        pairs.push((entry, &tensors[index]));
    }
    match used.iter().position(|used| !used) {
        Some(index) => Err(format!("`{}` has no place in the network", tensors[index].name)),
        None => Ok(pairs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{Given, check};
    use crate::source::SourceMap;

    fn store(text: &str) -> Store<f32> {
        let mut sources = SourceMap::new();
        let file = sources.add("model.net", None, text);
        Store::init(&check(&mut sources, file, &Given::default()).graph.unwrap(), 3)
    }

    /// Loads tensors of these names and shapes, each filled with its index, into a network.
    fn load(text: &str, tensors: &[(&str, &[usize])]) -> Result<(Matching, Store<f32>), Diagnostic> {
        let bytes: Vec<Vec<u8>> = tensors
            .iter()
            .enumerate()
            .map(|(n, (_, shape))| {
                vec![n as f32; shape.iter().product()].iter().flat_map(|x| x.to_le_bytes()).collect()
            })
            .collect();
        let views = tensors.iter().zip(&bytes).map(|((name, shape), bytes)| {
            (name.to_string(), TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap())
        });
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("weights.safetensors");
        std::fs::write(&path, safetensors::serialize(views, None).unwrap()).unwrap();
        let mut store = store(text);
        load_weights(&path, &mut store).map(|matching| (matching, store))
    }

    const NETWORK: &str = "input 1x4x4\nclasses 4\nFC(16, 4) -> ReLU -> FC(4, 4) -> ReLU -> FC(4, 4)";

    #[test]
    fn names_come_first() {
        let tensors: &[(&str, &[usize])] = &[
            ("FC.3.weight", &[4, 4]),
            ("FC.2.weight", &[4, 4]),
            ("FC.weight", &[4, 16]),
            ("FC.bias", &[4]),
            ("FC.2.bias", &[4]),
            ("FC.3.bias", &[4]),
        ];
        let (matching, store) = load(NETWORK, tensors).unwrap();
        assert_eq!(matching, Matching::ByName);
        let value = |name: &str| store.value(store.find(name).unwrap())[0];
        assert_eq!((value("FC.3.weight"), value("FC.2.weight")), (0.0, 1.0));
    }

    #[test]
    fn then_order_and_shape_with_numbers_as_numbers() {
        let tensors: &[(&str, &[usize])] = &[
            ("net.10.weight", &[4, 4]),
            ("net.2.weight", &[4, 4]),
            ("net.0.weight", &[4, 16]),
            ("net.0.bias", &[4]),
            ("net.2.bias", &[4]),
            ("net.10.bias", &[4]),
        ];
        let (matching, store) = load(NETWORK, tensors).unwrap();
        let value = |name: &str| store.value(store.find(name).unwrap())[0];
        assert_eq!([value("FC.2.weight"), value("FC.3.weight"), value("FC.3.bias")], [1.0, 0.0, 5.0]);
        assert!(matches!(matching, Matching::ByOrder(pairs) if pairs[0] == ["net.0.weight", "FC.weight"]));
    }

    #[test]
    fn what_matches_neither_way_is_an_error() {
        let few: &[(&str, &[usize])] = &[("a.weight", &[4, 16]), ("a.bias", &[4])];
        let error = load(NETWORK, few).unwrap_err();
        assert!(error.id.as_str() == "N0813" && error.message.contains("`FC.2.weight`"), "{}", error.message);
        let one = "input 1x4x4\nclasses 4\nFC(16, 4)";
        let more: &[(&str, &[usize])] = &[("a.weight", &[4, 16]), ("a.bias", &[4]), ("b.bias", &[4])];
        assert!(load(one, more).unwrap_err().message.contains("`b.bias` has no place"));
        let other: &[(&str, &[usize])] = &[("FC.weight", &[4, 15]), ("FC.bias", &[4])];
        assert!(load(one, other).unwrap_err().message.contains("[4, 15]"));
    }
}
