//! A safetensors file <-> parameters, optimizer state and [`Metadata`].

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::metadata::{Metadata, VERSION};
use super::optimizer::MASK;
use super::run::RunFolder;
use super::state::State;
use crate::diagnostic::{Code, Diagnostic, cannot_write, read_plain};
use crate::lower::{Entry, Store};

/// The one key of the file's metadata.
const KEY: &str = "netc";

/// A checkpoint as read: its tensors by name, in PyTorch's order and shapes.
#[derive(Debug)]
pub struct Checkpoint {
    pub path: PathBuf,
    pub metadata: Metadata,
    tensors: HashMap<String, (Vec<usize>, Vec<f32>)>,
}

impl Checkpoint {
    /// Writes a checkpoint beside its name, then renames it: whoever reads finds the old one or the new one, whole.
    ///
    /// # Errors
    /// N0803 where it cannot be written; what stood there before still does.
    pub fn save(path: &Path, metadata: &Metadata, state: &State) -> Result<(), Diagnostic> {
        let bytes = encode(metadata, state)?;
        let partial = path.with_extension("partial");
        let written = write_all(&partial, &bytes).and_then(|()| std::fs::rename(&partial, path));
        written.map_err(|fault| {
            let _ = std::fs::remove_file(&partial);
            cannot_write(path, &fault)
        })
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// N0804 where it cannot be read, N0801 where it is no checkpoint.
    pub fn load(path: &Path) -> Result<Self, Diagnostic> {
        let bytes = read_plain(path)?;
        let metadata = read_metadata(&bytes).map_err(|reason| not_a_checkpoint(path, &reason))?;
        let tensors = read_tensors(&bytes).map_err(|reason| not_a_checkpoint(path, &reason))?;
        Ok(Self { path: path.to_path_buf(), metadata, tensors })
    }

    /// The checkpoint of a file, or of a run the best, else the last one; with the run's recipe, which may have changed since
    /// the best one was written.
    ///
    /// # Errors
    /// Those of [`RunFolder::checkpoint_of`] and [`Self::load`].
    pub fn of(path: &Path) -> Result<Self, Diagnostic> {
        let mut checkpoint = Self::load(&RunFolder::checkpoint_of(path)?)?;
        let last = RunFolder::last_checkpoint_of(path);
        if last != checkpoint.path
            && let Some(metadata) = metadata_of(&last)
        {
            checkpoint.metadata.recipe = metadata.recipe;
        }
        Ok(checkpoint)
    }

    /// Puts the parameters into `store`.
    ///
    /// # Errors
    /// N0805 where a tensor is missing or has another shape.
    pub fn fill(&self, store: &mut Store<f32>) -> Result<(), Diagnostic> {
        for entry in store.entries().to_vec() {
            let values = self.tensor(&entry.name, &entry)?;
            store.value_mut(&entry).copy_from_slice(values);
        }
        Ok(())
    }

    /// Puts back all that going on needs.
    ///
    /// # Errors
    /// N0805 where a tensor is missing or has another shape.
    pub fn fill_state(&self, state: &mut State) -> Result<(), Diagnostic> {
        self.fill(&mut state.store)?;
        let vectors = state.optimizer.slots().iter().map(|slot| self.vector(slot, &state.store));
        let vectors = vectors.collect::<Result<Vec<_>, _>>()?;
        state.optimizer.restore(self.metadata.position.steps, vectors);
        state.optimizer.hold(self.mask(&state.store)?);
        if let Some(average) = &mut state.average {
            average.restore(state.store.values().to_vec());
            let raw = self.vector(RAW, &state.store)?;
            state.store.values_and_gradients_mut().0.copy_from_slice(&raw);
        }
        Ok(())
    }

    /// Which of the store's values are pruned: 0 for those, 1 for others. None where none is.
    ///
    /// # Errors
    /// N0805 where a mask has another shape than its tensor.
    pub fn mask(&self, store: &Store<f32>) -> Result<Option<Vec<f32>>, Diagnostic> {
        let mut trained = store.entries().iter().filter(|entry| entry.trained);
        let masked = trained.any(|entry| self.tensors.contains_key(&slot_name(MASK, entry)));
        masked.then(|| self.vector(MASK, store)).transpose()
    }

    /// A vector of the optimizer's state.
    fn vector(&self, slot: &str, store: &Store<f32>) -> Result<Vec<f32>, Diagnostic> {
        let mut values = vec![0.0; store.values().len()];
        for entry in store.entries().iter().filter(|entry| entry.trained) {
            values[entry.range.clone()].copy_from_slice(self.tensor(&slot_name(slot, entry), entry)?);
        }
        Ok(values)
    }

    fn tensor(&self, name: &str, entry: &Entry) -> Result<&[f32], Diagnostic> {
        match self.tensors.get(name) {
            Some((shape, values)) if *shape == entry.shape => Ok(values),
            Some((shape, _)) => {
                Err(self.mismatch(format!("`{name}` has the shape {shape:?}, the network needs {:?}", entry.shape)))
            }
            None => Err(self.mismatch(format!("`{name}` is missing"))),
        }
    }

    fn mismatch(&self, reason: String) -> Diagnostic {
        let message = format!("`{}` does not fit its network: {reason}", self.path.display());
        Diagnostic::error(Code::MISMATCH, message)
            .remark("the file was changed after netc wrote it; take another checkpoint")
    }
}

fn slot_name(slot: &str, entry: &Entry) -> String {
    format!("optimizer.{slot}.{}", entry.name)
}

/// The slot of the weights themselves, where their average stands under the tensors' own names.
const RAW: &str = "raw";

fn encode(metadata: &Metadata, state: &State) -> Result<Vec<u8>, Diagnostic> {
    let State { store, optimizer, average } = state;
    let value = |entry: &Entry| match average {
        Some(average) if entry.trained => average.values()[entry.range.clone()].to_vec(),
        _ => store.value(entry).to_vec(),
    };
    let parameters =
        store.entries().iter().map(|entry| (entry.name.clone(), entry.shape.clone(), to_bytes(&value(entry))));
    let raw = average.iter().map(|_| (RAW, store.values()));
    let vectors = optimizer.state().chain(raw).flat_map(|(slot, values)| {
        let trained = store.entries().iter().filter(|entry| entry.trained);
        trained.map(move |entry| (slot_name(slot, entry), entry.shape.clone(), to_bytes(&values[entry.range.clone()])))
    });
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = parameters.chain(vectors).collect();
    let views =
        tensors.iter().map(|(name, shape, bytes)| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)));
    let text = serde_json::to_string(metadata).map_err(|fault| internal(&fault))?;
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>().map_err(|fault| internal(&fault))?;
    safetensors::serialize(views, Some(HashMap::from([(KEY.to_string(), text)]))).map_err(|fault| internal(&fault))
}

fn internal(fault: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::error(Code::WRITE, format!("internal error: the checkpoint cannot be encoded: {fault}"))
}

fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn write_all(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(bytes)?;
    file.into_inner()?.sync_all()
}

fn not_a_checkpoint(path: &Path, reason: &str) -> Diagnostic {
    let message = format!("`{}` is not a checkpoint of netc: {reason}", path.display());
    Diagnostic::error(Code::CHECKPOINT, message)
        .remark("checkpoints are the files `checkpoints/*.safetensors` of a run")
}

/// What a checkpoint says besides its tensors, which are not decoded; none where it cannot be read.
fn metadata_of(path: &Path) -> Option<Metadata> {
    read_metadata(&read_plain(path).ok()?).ok()
}

fn read_metadata(bytes: &[u8]) -> Result<Metadata, String> {
    let (_, header) =
        SafeTensors::read_metadata(bytes).map_err(|fault| format!("it is no safetensors file ({fault})"))?;
    let text = header.metadata().as_ref().and_then(|map| map.get(KEY)).ok_or("its metadata has no key `netc`")?;
    let metadata: Metadata =
        serde_json::from_str(text).map_err(|fault| format!("its metadata cannot be read ({fault})"))?;
    if metadata.version != VERSION {
        return Err(format!("it has version {}, this netc reads {VERSION}", metadata.version));
    }
    let channels = metadata.input[0];
    if metadata.mean.len() != channels || metadata.deviation.len() != channels {
        return Err(format!("it has no mean and deviation for each of its {channels} channels"));
    }
    Ok(metadata)
}

fn read_tensors(bytes: &[u8]) -> Result<HashMap<String, (Vec<usize>, Vec<f32>)>, String> {
    let file = SafeTensors::deserialize(bytes).map_err(|fault| format!("it is no safetensors file ({fault})"))?;
    let tensors = file.tensors().into_iter().map(|(name, view)| match view.dtype() {
        Dtype::F32 => {
            let values = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            Ok((name, (view.shape().to_vec(), values)))
        }
        other => Err(format!("`{name}` holds {other:?}, not F32")),
    });
    tensors.collect()
}
