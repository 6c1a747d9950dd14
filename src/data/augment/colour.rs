//! An image and factors -> the image in other colours, in place.

use crate::data::ImageShape;

/// The weights of red, green and blue in grey (ITU-R BT.601).
const GREY: [f32; 3] = [0.299, 0.587, 0.114];

/// Brightness, contrast and saturation, each times its factor, in that order; as torchvision's `ColorJitter`. What has
/// not three channels has no saturation.
pub fn change(pixels: &mut [u8], [channels, height, width]: ImageShape, [brightness, contrast, saturation]: [f32; 3]) {
    let plane = height * width;
    let mut values: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel)).collect();
    blend(&mut values, &[0.0], brightness);
    let mean = grey(&values, channels, plane).iter().map(|&value| f64::from(value)).sum::<f64>() / plane as f64;
    blend(&mut values, &[mean.round() as f32], contrast);
    if channels == 3 {
        let grey = grey(&values, channels, plane);
        blend(&mut values, &grey, saturation);
    }
    pixels.iter_mut().zip(&values).for_each(|(pixel, value)| *pixel = value.round() as u8);
}

/// `factor` of the values and the rest of `other`, which repeats.
fn blend(values: &mut [f32], other: &[f32], factor: f32) {
    for (value, other) in values.iter_mut().zip(other.iter().cycle()) {
        *value = (factor * *value + (1.0 - factor) * other).clamp(0.0, 255.0);
    }
}

/// The image in grey; of anything but three channels, the first one.
fn grey(values: &[f32], channels: usize, plane: usize) -> Vec<f32> {
    match channels {
        3 => (0..plane).map(|at| (0..3).map(|c| GREY[c] * values[c * plane + at]).sum()).collect(),
        _ => values[..plane].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_factor_does_what_its_name_says() {
        let check = |shape: ImageShape, before: &[u8], factors, after: &[u8]| {
            let mut pixels = before.to_vec();
            change(&mut pixels, shape, factors);
            assert_eq!(pixels, after, "{factors:?}");
        };
        check([1, 1, 3], &[0, 100, 200], [1.5, 1.0, 1.0], &[0, 150, 255]);
        check([1, 1, 3], &[0, 100, 200], [1.0, 0.5, 1.0], &[50, 100, 150]);
        check([1, 1, 3], &[0, 100, 200], [1.0, 1.0, 0.0], &[0, 100, 200]);
        check([3, 1, 1], &[100, 50, 200], [1.0, 1.0, 0.0], &[82, 82, 82]);
        check([3, 1, 1], &[100, 50, 200], [1.0, 1.0, 1.0], &[100, 50, 200]);
    }
}
