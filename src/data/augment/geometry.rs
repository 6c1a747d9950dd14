//! An image and a movement -> the moved image, in place.

use super::Axis;
use crate::data::ImageShape;

/// What comes in where an image is moved away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fill {
    /// The nearest pixel of the image.
    Border,
    Black,
}

/// Mirrors each channel.
pub fn flip(pixels: &mut [u8], [_, height, width]: ImageShape, axis: Axis) {
    for plane in pixels.chunks_exact_mut(height * width) {
        match axis {
            Axis::Horizontal => plane.chunks_exact_mut(width).for_each(<[u8]>::reverse),
            Axis::Vertical => {
                let (top, bottom) = plane.split_at_mut(height / 2 * width);
                let rows = top.chunks_exact_mut(width).zip(bottom.chunks_exact_mut(width).rev());
                rows.for_each(|(a, b)| a.swap_with_slice(b));
            }
        }
    }
}

/// Moves the image down and to the right.
pub fn shift(pixels: &mut [u8], [_, height, width]: ImageShape, [down, right]: [isize; 2], fill: Fill) {
    for plane in pixels.chunks_exact_mut(height * width) {
        let before = plane.to_vec();
        for (y, row) in plane.chunks_exact_mut(width).enumerate() {
            let from_y = place(y as isize - down, height, fill);
            for (x, pixel) in row.iter_mut().enumerate() {
                let from_x = place(x as isize - right, width, fill);
                *pixel = from_y.zip(from_x).map_or(0, |(y, x)| before[y * width + x]);
            }
        }
    }
}

/// The place that `at` is read from in a line of `length`, if any.
fn place(at: isize, length: usize, fill: Fill) -> Option<usize> {
    match fill {
        Fill::Border => Some(at.clamp(0, length as isize - 1) as usize),
        Fill::Black => usize::try_from(at).ok().filter(|at| *at < length),
    }
}

/// Turns the image against the clock about its centre, bilinear.
pub fn rotate(pixels: &mut [u8], [_, height, width]: ImageShape, degrees: f64) {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let middle = [(height as f64 - 1.0) / 2.0, (width as f64 - 1.0) / 2.0];
    for plane in pixels.chunks_exact_mut(height * width) {
        let before = plane.to_vec();
        for (at, pixel) in plane.iter_mut().enumerate() {
            let (y, x) = ((at / width) as f64 - middle[0], (at % width) as f64 - middle[1]);
            *pixel = between(&before, [height, width], cos * y + sin * x + middle[0], cos * x - sin * y + middle[1]);
        }
    }
}

/// The value at a point between pixels; outside all is black.
fn between(plane: &[u8], [height, width]: [usize; 2], y: f64, x: f64) -> u8 {
    let (top, left) = (y.floor(), x.floor());
    let pixel = |y: isize, x: isize| {
        let place = place(y, height, Fill::Black).zip(place(x, width, Fill::Black));
        place.map_or(0.0, |(y, x)| f64::from(plane[y * width + x]))
    };
    let row = |y: isize| pixel(y, left as isize) * (1.0 - (x - left)) + pixel(y, left as isize + 1) * (x - left);
    (row(top as isize) * (1.0 - (y - top)) + row(top as isize + 1) * (y - top)).round() as u8
}

/// Sets a square around `centre` (row, column) to `colour`; what lies outside of the image is left out.
pub fn cut_out(pixels: &mut [u8], [_, height, width]: ImageShape, centre: [usize; 2], side: usize, colour: &[u8]) {
    let range = |centre: usize, end: usize| {
        let start = centre.saturating_sub(side / 2);
        start..(centre + side.div_ceil(2)).min(end)
    };
    let columns = range(centre[1], width);
    for (plane, &value) in pixels.chunks_exact_mut(height * width).zip(colour) {
        for row in range(centre[0], height) {
            plane[row * width..][columns.clone()].fill(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = [1, 3, 3];

    fn changed(change: impl Fn(&mut [u8])) -> Vec<u8> {
        let mut pixels = vec![1, 2, 3, 4, 5, 6, 7, 8, 9];
        change(&mut pixels);
        pixels
    }

    #[test]
    fn flips_mirror() {
        assert_eq!(changed(|p| flip(p, SHAPE, Axis::Horizontal)), [3, 2, 1, 6, 5, 4, 9, 8, 7]);
        assert_eq!(changed(|p| flip(p, SHAPE, Axis::Vertical)), [7, 8, 9, 4, 5, 6, 1, 2, 3]);
    }

    #[test]
    fn shifts_fill_with_the_border_and_crops_with_black() {
        assert_eq!(changed(|p| shift(p, SHAPE, [1, -1], Fill::Border)), [2, 3, 3, 2, 3, 3, 5, 6, 6]);
        assert_eq!(changed(|p| shift(p, SHAPE, [1, -1], Fill::Black)), [0, 0, 0, 2, 3, 0, 5, 6, 0]);
        assert_eq!(changed(|p| shift(p, SHAPE, [9, 0], Fill::Black)), [0; 9]);
    }

    #[test]
    fn rotations_turn_about_the_centre() {
        assert_eq!(changed(|p| rotate(p, SHAPE, 90.0)), [3, 6, 9, 2, 5, 8, 1, 4, 7]);
        assert_eq!(changed(|p| rotate(p, SHAPE, 0.0)), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(changed(|p| rotate(p, SHAPE, 45.0))[4], 5);
    }

    #[test]
    fn a_square_is_cut_out_as_far_as_it_lies_in_the_image() {
        assert_eq!(changed(|p| cut_out(p, SHAPE, [1, 1], 1, &[0])), [1, 2, 3, 4, 0, 6, 7, 8, 9]);
        assert_eq!(changed(|p| cut_out(p, SHAPE, [0, 2], 2, &[0])), [1, 0, 0, 4, 5, 6, 7, 8, 9]);
        assert_eq!(changed(|p| cut_out(p, SHAPE, [2, 0], 9, &[7])), [7; 9]);
    }
}
