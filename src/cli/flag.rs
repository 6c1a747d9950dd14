//! A flag's text -> its value, or what it expects.

use std::ops::RangeInclusive;

use crate::yaml::{Bounds, is_beyond, whole};

/// A number within bounds.
pub fn number(text: &str, bounds: Bounds) -> Result<f64, String> {
    let number = text.parse::<f64>().map_err(|_| format!("expected {}", bounds.text))?;
    match bounds.accept(number) {
        true => Ok(number),
        false if is_beyond(number) => Err(format!("expected {} of 32 bits", bounds.text)),
        false => Err(format!("expected {}", bounds.text)),
    }
}

/// A whole number within bounds.
pub fn count(text: &str, bounds: RangeInclusive<u64>) -> Result<u64, String> {
    text.parse().ok().filter(|count| bounds.contains(count)).ok_or_else(|| format!("expected {}", whole(&bounds)))
}

/// Channels, height and width: `3x32x32`.
pub fn shape(text: &str) -> Result<[usize; 3], String> {
    let size = |text| count(text, 1..=1 << 16).ok().map(|size| size as usize);
    let sizes: Option<Vec<usize>> = text.split('x').map(size).collect();
    let sizes = sizes.and_then(|sizes| sizes.try_into().ok());
    sizes.ok_or_else(|| "expected channels x height x width, as 3x32x32, each from 1 to 65536".into())
}
