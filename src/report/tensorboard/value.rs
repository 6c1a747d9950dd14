//! Numbers, weights, texts and pictures -> the values of TensorBoard's summaries.

use super::message::{Dimension, Histogram, Image, Metadata, PluginData, STRING, Tensor, TensorShape, Value};

/// Bars of a histogram.
const BARS: usize = 64;

/// A point of a curve.
pub fn scalar(tag: &str, number: f64) -> Value {
    Value { tag: tag.into(), simple_value: Some(number as f32), ..Value::default() }
}

/// How numbers are spread, over bars of equal width; those that are not finite are left out.
pub fn histogram(tag: &str, numbers: &[f32]) -> Value {
    let finite = || numbers.iter().copied().filter(|number| number.is_finite()).map(f64::from);
    let (min, max) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), x| (min.min(x), max.max(x)));
    let (min, max) = if min <= max { (min, max) } else { (0.0, 0.0) };
    let width = (max - min) / BARS as f64;
    let bars = if width > 0.0 { BARS } else { 1 };
    let mut bucket = vec![0.0; bars];
    let bar = |number: f64| if bars == 1 { 0 } else { (((number - min) / width) as usize).min(bars - 1) };
    finite().for_each(|number| bucket[bar(number)] += 1.0);
    let limit = |bar: usize| if bar + 1 == bars { max } else { min + (bar + 1) as f64 * width };
    let histo = Histogram {
        min,
        max,
        num: finite().count() as f64,
        sum: finite().sum(),
        sum_squares: finite().map(|number| number * number).sum(),
        bucket_limit: (0..bars).map(limit).collect(),
        bucket,
    };
    Value { tag: tag.into(), histo: Some(histo), ..Value::default() }
}

/// A text, shown letter by letter: TensorBoard reads Markdown, in which four spaces begin a line of code.
pub fn text(tag: &str, text: &str) -> Value {
    let code: String = text.lines().map(|line| format!("    {line}\n")).collect();
    let tensor = Tensor {
        dtype: STRING,
        tensor_shape: Some(TensorShape { dim: vec![Dimension { size: 1 }] }),
        string_val: vec![code.into_bytes()],
    };
    let plugin_data = Some(PluginData { plugin_name: "text".into() });
    let metadata = Some(Metadata { plugin_data });
    Value { tag: format!("{tag}/text_summary"), tensor: Some(tensor), metadata, ..Value::default() }
}

/// A PNG file of this width and height.
pub fn picture(tag: &str, png: Vec<u8>, (width, height): (u32, u32)) -> Value {
    let [width, height] = [width, height].map(|side| side as i32);
    let image = Image { height, width, colorspace: 3, encoded_image_string: png };
    Value { tag: tag.into(), image: Some(image), ..Value::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(numbers: &[f32], filled: &[(usize, f64)], limits: usize) {
        let histo = histogram("a", numbers).histo.expect("a histogram");
        let found = histo.bucket.iter().copied().enumerate().filter(|(_, count)| *count > 0.0);
        assert_eq!(found.collect::<Vec<_>>(), filled, "{numbers:?}");
        assert_eq!((histo.bucket.len(), histo.bucket_limit.len()), (limits, limits), "{numbers:?}");
        assert_eq!(histo.bucket_limit.last(), Some(&histo.max), "{numbers:?}");
    }

    #[test]
    fn every_finite_number_falls_on_a_bar() {
        check(&[0.0, 64.0, 1.5, 1.75, f32::NAN], &[(0, 1.0), (1, 2.0), (63, 1.0)], BARS);
        check(&[2.0, 2.0], &[(0, 2.0)], 1);
        check(&[], &[], 1);
    }
}
