//! A batch of the Python version -> labels and pixels.
//!
//! A pickled dictionary: `labels` is a list of numbers, `data` a NumPy array of bytes, a row of 3,072 for each image.

use std::path::Path;

use super::CLASSES;
use super::batch::{PIXELS, Records};
use super::pickle::{Fault, Pickle, Value};
use crate::data::fault::damaged;
use crate::diagnostic::Diagnostic;

/// Adds the images of a file.
///
/// # Errors
/// N0702 where it is no pickle of such a dictionary, or a label is none.
pub fn parse(path: &Path, bytes: &[u8], out: &mut Records) -> Result<(), Diagnostic> {
    if bytes.is_empty() {
        return Err(damaged(path, "the file is empty (0 bytes)"));
    }
    let pickle = Pickle::parse(bytes).map_err(|Fault { at, what }| damaged(path, format_args!("byte {at}: {what}")))?;
    let labels = labels(&pickle).map_err(|fault| damaged(path, fault))?;
    let rows = rows(&pickle, labels.len()).map_err(|fault| damaged(path, fault))?;
    out.labels.extend(labels);
    out.pixels.reserve_exact(rows.len());
    out.pixels.extend(rows);
    Ok(())
}

fn labels(pickle: &Pickle) -> Result<Vec<u8>, String> {
    let Some(Value::List(items)) = pickle.entry(pickle.root(), "labels") else {
        return Err("the pickle is no dictionary with a list of `labels`".into());
    };
    let label = |(record, &item): (usize, &usize)| match pickle.value(item) {
        Value::Int(label) if (0..CLASSES.len() as i64).contains(label) => Ok(*label as u8),
        Value::Int(label) => Err(format!("record {record} has the label {label}; labels are 0 to 9")),
        _ => Err(format!("record {record} has a label that is no whole number")),
    };
    match items.is_empty() {
        true => Err("`labels` is empty".into()),
        false => items.iter().enumerate().map(label).collect(),
    }
}

/// The bytes of `data`, for so many images.
fn rows(pickle: &Pickle, images: usize) -> Result<Vec<u8>, String> {
    let data = pickle.entry(pickle.root(), "data").ok_or("the pickle has no `data`")?;
    let Array { shape, kind, bytes } = array(pickle, data).ok_or("`data` is no NumPy array in C order")?;
    if !["u1", "|u1", "uint8"].contains(&kind.as_str()) {
        return Err(format!("`data` holds `{kind}` instead of bytes (`u1`)"));
    }
    if shape != [images as i64, PIXELS as i64] {
        return Err(format!("`data` has the shape {shape:?}; {images} labels need [{images}, {PIXELS}]"));
    }
    match bytes.len() == images * PIXELS {
        true => Ok(bytes),
        false => Err(format!("`data` has {} bytes; {images} images need {}", bytes.len(), images * PIXELS)),
    }
}

struct Array {
    shape: Vec<i64>,
    /// NumPy's name of the elements' type.
    kind: String,
    bytes: Vec<u8>,
}

/// Both ways in which NumPy pickles arrays: `_reconstruct` with a state, and `_frombuffer`.
fn array(pickle: &Pickle, value: &Value) -> Option<Array> {
    let Value::Object { function, arguments, state } = value else { return None };
    let Value::Tuple(arguments) = pickle.value(*arguments) else { return None };
    let parts = match (pickle.function(*function)?.as_str(), state) {
        ("_reconstruct", Some(state)) => match pickle.value(*state) {
            Value::Tuple(state) => match state.as_slice() {
                [_, shape, kind, order, bytes] if matches!(pickle.value(*order), Value::Bool(false)) => {
                    [*shape, *kind, *bytes]
                }
                _ => return None,
            },
            _ => return None,
        },
        ("_frombuffer", _) => match arguments.as_slice() {
            [bytes, kind, shape, order] if pickle.text(*order).as_deref() == Some("C") => [*shape, *kind, *bytes],
            _ => return None,
        },
        _ => return None,
    };
    Some(Array { shape: shape(pickle, parts[0])?, kind: kind(pickle, parts[1])?, bytes: bytes(pickle, parts[2])? })
}

fn shape(pickle: &Pickle, value: usize) -> Option<Vec<i64>> {
    let Value::Tuple(sizes) = pickle.value(value) else { return None };
    let size = |size: &usize| match pickle.value(*size) {
        Value::Int(size) => Some(*size),
        _ => None,
    };
    sizes.iter().map(size).collect()
}

/// The first argument of `dtype`.
fn kind(pickle: &Pickle, value: usize) -> Option<String> {
    let Value::Object { function, arguments, .. } = pickle.value(value) else { return None };
    let Value::Tuple(arguments) = pickle.value(*arguments) else { return None };
    (pickle.function(*function)? == "dtype").then(|| pickle.text(*arguments.first()?))?
}

/// Bytes as they are, or as Python 3 writes them for Python 2: `_codecs.encode(text, 'latin1')`.
fn bytes(pickle: &Pickle, value: usize) -> Option<Vec<u8>> {
    match pickle.value(value) {
        Value::Bytes(bytes) => Some(bytes.to_vec()),
        Value::Object { function, arguments, .. } if pickle.function(*function)? == "encode" => {
            let Value::Tuple(arguments) = pickle.value(*arguments) else { return None };
            let text = pickle.text(*arguments.first()?)?;
            text.chars().map(|letter| u8::try_from(u32::from(letter)).ok()).collect()
        }
        _ => None,
    }
}
