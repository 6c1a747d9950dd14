//! A line's number -> its colour: ten hues that stand out from white and from black alike.

use plotters::style::RGBColor;

/// Red, green and blue. Each has a contrast of 3 or more to white and to black (WCAG 2, 1.4.11).
const COLOURS: [[u8; 3]; 10] = [
    [31, 119, 180],
    [217, 95, 2],
    [42, 145, 52],
    [214, 39, 40],
    [142, 91, 192],
    [140, 86, 75],
    [209, 71, 156],
    [117, 117, 117],
    [138, 139, 26],
    [18, 135, 154],
];

/// How many colours there are before they come again.
pub const COUNT: usize = COLOURS.len();

/// The colour of the `number`th line.
pub fn colour(number: usize) -> RGBColor {
    let [red, green, blue] = COLOURS[number % COUNT];
    RGBColor(red, green, blue)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of WCAG 2.
    fn luminance(colour: [u8; 3]) -> f64 {
        let linear = |value: u8| match f64::from(value) / 255.0 {
            small if small <= 0.04045 => small / 12.92,
            large => ((large + 0.055) / 1.055).powf(2.4),
        };
        let [red, green, blue] = colour.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn every_colour_stands_out_from_white_and_from_black() {
        for colour in COLOURS {
            let light = luminance(colour) + 0.05;
            assert!(1.05 / light >= 3.0 && light / 0.05 >= 3.0, "{colour:?}");
        }
    }
}
