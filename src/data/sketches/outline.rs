//! Points and curves -> closed outlines, in a garment's own coordinates: x to the right, y down.

pub type Point = [f32; 2];

/// A region as closed polygons; what several of them cover counts once.
pub type Outline = Vec<Vec<Point>>;

/// A line that is drawn along, point by point.
pub struct Pen(Vec<Point>);

impl Pen {
    pub fn at(x: f32, y: f32) -> Self {
        Self(vec![[x, y]])
    }

    pub fn line(mut self, x: f32, y: f32) -> Self {
        self.0.push([x, y]);
        self
    }

    /// A quadratic Bezier curve to `end`, pulled towards `control`.
    pub fn curve(mut self, control: Point, end: Point) -> Self {
        const STEPS: usize = 6;
        let start = self.0[self.0.len() - 1];
        for step in 1..=STEPS {
            let t = step as f32 / STEPS as f32;
            self.0.push(std::array::from_fn(|axis| {
                let (a, b) = (mix(start[axis], control[axis], t), mix(control[axis], end[axis], t));
                mix(a, b, t)
            }));
        }
        self
    }

    /// Closed from its last point to its first.
    pub fn closed(self) -> Outline {
        vec![self.0]
    }

    /// Closed with its mirror image on the other side of x = 0.
    pub fn mirrored(mut self) -> Outline {
        let mirror: Vec<Point> = self.0.iter().rev().map(|&[x, y]| [-x, y]).collect();
        self.0.extend(mirror);
        vec![self.0]
    }

    /// The line itself, `width` wide.
    pub fn stroke(self, width: f32) -> Outline {
        self.0.windows(2).map(|ends| segment(ends[0], ends[1], width / 2.0)).collect()
    }
}

/// A straight stroke, longer by half its width at both ends, so that bends leave no gap.
fn segment(a: Point, b: Point, half: f32) -> Vec<Point> {
    let [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    let length = (dx * dx + dy * dy).sqrt().max(1e-6);
    let [ux, uy] = [dx / length * half, dy / length * half];
    vec![
        [a[0] - ux - uy, a[1] - uy + ux],
        [a[0] - ux + uy, a[1] - uy - ux],
        [b[0] + ux + uy, b[1] + uy - ux],
        [b[0] + ux - uy, b[1] + uy + ux],
    ]
}

pub fn ellipse([x, y]: Point, [rx, ry]: Point) -> Outline {
    const HALF: f32 = std::f32::consts::FRAC_1_SQRT_2;
    const QUARTER: [Point; 4] = [[1.0, 0.0], [0.923_88, 0.382_68], [HALF, HALF], [0.382_68, 0.923_88]];
    let turns: [fn(Point) -> Point; 4] = [|[c, s]| [c, s], |[c, s]| [-s, c], |[c, s]| [-c, -s], |[c, s]| [s, -c]];
    let unit = turns.iter().flat_map(|turn| QUARTER.map(turn));
    vec![unit.map(|[c, s]| [x + rx * c, y + ry * s]).collect()]
}

pub fn rectangle([left, top]: Point, [right, bottom]: Point) -> Outline {
    vec![vec![[left, top], [right, top], [right, bottom], [left, bottom]]]
}

/// The value at `t` between `a` (t = 0) and `b` (t = 1).
pub fn mix(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}
