//! The ends of a line -> its points: bends with vertical ends, turns with round corners.

use super::inside::Point;

/// Straight pieces of a bend.
const PIECES: i32 = 10;
/// The radius of a corner.
const RADIUS: i32 = 7;

/// From one point down to another, upright at both ends.
pub fn bent(points: &mut Vec<Point>, from: Point, to: Point) {
    points.push(from);
    if from[0] != to[0] {
        for piece in 1..PIECES {
            let part = f64::from(piece) / f64::from(PIECES);
            let x = f64::from(to[0] - from[0]) * part * part * (3.0 - 2.0 * part);
            let y = f64::from(to[1] - from[1]) * part;
            points.push([from[0] + x.round() as i32, from[1] + y.round() as i32]);
        }
    }
    points.push(to);
}

/// Down to the first corner's height, across to the second corner, up or down to its height, and across to `x`.
pub fn turned(points: &mut Vec<Point>, corners: &[Point; 2], x: i32) {
    let [[from, low], [gutter, high]] = *corners;
    let path = [[from, low], [gutter, low], [gutter, high], [x, high], [x, high + 2 * RADIUS]];
    let mut before = points.last().copied().unwrap_or(path[0]);
    for pair in path.windows(2) {
        corner(points, [before, pair[0], pair[1]]);
        before = pair[0];
    }
}

/// A quarter of a circle where a line changes its direction.
fn corner(points: &mut Vec<Point>, [before, at, after]: [Point; 3]) {
    let towards = |to: Point| [(to[0] - at[0]).signum(), (to[1] - at[1]).signum()];
    let (back, on) = (towards(before), towards(after));
    for piece in 0..=4 {
        let angle = f64::from(piece) / 4.0 * std::f64::consts::FRAC_PI_2;
        let (a, b) = (1.0 - angle.sin(), 1.0 - angle.cos());
        let along = |axis: usize| f64::from(RADIUS) * (a * f64::from(back[axis]) + b * f64::from(on[axis]));
        points.push([at[0] + along(0).round() as i32, at[1] + along(1).round() as i32]);
    }
}

/// The same line without points that stand on the way from the one before to the one after.
pub fn simplified(points: Vec<Point>) -> Vec<Point> {
    let mut kept: Vec<Point> = vec![];
    for point in points {
        while let [.., before, at] = kept[..] {
            let upright = before[0] == at[0] && at[0] == point[0] && (at[1] - before[1]) * (point[1] - at[1]) >= 0;
            let level = before[1] == at[1] && at[1] == point[1] && (at[0] - before[0]) * (point[0] - at[0]) >= 0;
            if !(upright || level) {
                break;
            }
            kept.pop();
        }
        if kept.last() != Some(&point) {
            kept.push(point);
        }
    }
    kept
}
