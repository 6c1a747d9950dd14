//! A path of many points -> those at which the drawn one changes.

use std::ops::Range;

/// Points that fall on another pixel than the one before, in a plot of these ranges (across, up) and this size in pixels;
/// of several along an axis in one direction the ends. Points that are no numbers are left out.
pub fn thinned(points: &[[f64; 2]], ranges: [Range<f64>; 2], (width, height): (u32, u32)) -> Vec<[f64; 2]> {
    let [across, up] = ranges;
    let pixel = |point: &[f64; 2]| [place(point[0], &across, width), place(point[1], &up, height)];
    let mut kept: Vec<([f64; 2], [i64; 2])> = vec![];
    for point in points.iter().filter(|point| point.iter().all(|number| number.is_finite())) {
        let at = pixel(point);
        match kept.as_slice() {
            [.., (_, last)] if *last == at => continue,
            [.., (_, before), (_, last)] if is_between(*before, *last, at) => {
                kept.pop();
            }
            _ => {}
        }
        kept.push((*point, at));
    }
    kept.into_iter().map(|(point, _)| point).collect()
}

fn place(number: f64, range: &Range<f64>, pixels: u32) -> i64 {
    ((number - range.start) / (range.end - range.start) * f64::from(pixels)).round() as i64
}

/// Whether `b` lies on the line from `a` to `c` along an axis.
fn is_between(a: [i64; 2], b: [i64; 2], c: [i64; 2]) -> bool {
    let along = |axis: usize| {
        let other = 1 - axis;
        a[other] == b[other] && b[other] == c[other] && (b[axis] - a[axis]).signum() == (c[axis] - b[axis]).signum()
    };
    along(0) || along(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stair_of_many_points_becomes_one_of_pixels() {
        let stair: Vec<[f64; 2]> =
            (0..=100_000).map(|n| [f64::from(n) / 1e5, f64::from(n).sqrt() / 1e5f64.sqrt()]).collect();
        let kept = thinned(&stair, [0.0..1.0, 0.0..1.0], (400, 300));
        assert!((300..=702).contains(&kept.len()), "{} points", kept.len());
        assert_eq!(kept[0], [0.0, 0.0]);
        let worst = kept.windows(2).map(|pair| (pair[1][0] - pair[0][0]).max(pair[1][1] - pair[0][1]));
        assert!(worst.fold(0.0, f64::max) <= 0.1);
    }

    #[test]
    fn corners_and_peaks_stay() {
        let path =
            [[0.0, 0.0], [0.0, 0.5], [0.0, 1.0], [0.5, 1.0], [0.5, 0.0], [0.5, 1.0], [f64::NAN, 0.0], [1.0, 1.0]];
        let kept = thinned(&path, [0.0..1.0, 0.0..1.0], (100, 100));
        assert_eq!(kept, [[0.0, 0.0], [0.0, 1.0], [0.5, 1.0], [0.5, 0.0], [0.5, 1.0], [1.0, 1.0]]);
    }
}
