//! Outlines and inks -> pixels, each covered by exactly its share of an outline.

use super::outline::{Point, mix};

/// An image in the making: planes of values, 0 dark to 1 light.
pub struct Canvas {
    width: usize,
    height: usize,
    planes: Vec<Vec<f32>>,
    /// For each pixel, how much coverage begins there; all zero between two fills.
    edges: Vec<f32>,
}

impl Canvas {
    pub fn new(channels: usize, height: usize, width: usize) -> Self {
        let planes = vec![vec![0.0; height * width]; channels];
        Self { width, height, planes, edges: vec![0.0; height * (width + 2)] }
    }

    pub fn channels(&self) -> usize {
        self.planes.len()
    }

    /// Gives each pixel of channel c, whose centre is at (x, y) in [0, 1]^2, the value of `ink(c, x, y)`.
    pub fn cover(&mut self, mut ink: impl FnMut(usize, Point) -> f32) {
        for (channel, plane) in self.planes.iter_mut().enumerate() {
            for (at, value) in plane.iter_mut().enumerate() {
                *value = ink(channel, centre(at % self.width, at / self.width, self.width, self.height));
            }
        }
    }

    /// Paints the region of `polygons`, which are in [0, 1]^2, with `ink(c, x, y)`.
    pub fn fill<'a>(&mut self, polygons: impl Iterator<Item = &'a [Point]>, ink: impl Fn(usize, Point) -> f32) {
        let mut rows = [self.height, 0];
        for polygon in polygons {
            let next = polygon.iter().cycle().skip(1);
            for (&a, &b) in polygon.iter().zip(next) {
                let reached = self.add_edge(self.to_pixels(a), self.to_pixels(b));
                rows = [rows[0].min(reached[0]), rows[1].max(reached[1])];
            }
        }
        (rows[0]..rows[1]).for_each(|row| self.paint_row(row, &ink));
    }

    fn to_pixels(&self, [x, y]: Point) -> Point {
        [x * self.width as f32, y * self.height as f32]
    }

    /// Adds what one edge contributes to the coverage right of it, signed by its direction; returns its rows.
    fn add_edge(&mut self, a: Point, b: Point) -> [usize; 2] {
        let (sign, top, bottom) = if a[1] < b[1] { (1.0, a, b) } else { (-1.0, b, a) };
        let slope = (bottom[0] - top[0]) / (bottom[1] - top[1]).max(1e-9);
        let height = self.height as f32;
        let rows = [top[1].clamp(0.0, height) as usize, bottom[1].clamp(0.0, height).ceil() as usize];
        for row in rows[0]..rows[1] {
            let [from, to] = [top[1].max(row as f32), bottom[1].min((row + 1) as f32)];
            if to > from {
                let x = |y: f32| (top[0] + (y - top[1]) * slope).clamp(0.0, self.width as f32);
                self.add_span(row, x(from), x(to), sign * (to - from));
            }
        }
        rows
    }

    /// Spreads `share` of a row's height over the pixels between two points of that row.
    fn add_span(&mut self, row: usize, a: f32, b: f32, share: f32) {
        let [left, right] = [a.min(b), a.max(b)];
        let edges = &mut self.edges[row * (self.width + 2)..][..self.width + 2];
        for column in left as usize..=right as usize {
            let [from, to] = [left.max(column as f32), right.min((column + 1) as f32)];
            let part = if right > left { share * (to - from) / (right - left) } else { share };
            let beyond = (from + to) / 2.0 - column as f32;
            edges[column] += part * (1.0 - beyond);
            edges[column + 1] += part * beyond;
        }
    }

    fn paint_row(&mut self, row: usize, ink: &impl Fn(usize, Point) -> f32) {
        let edges = &mut self.edges[row * (self.width + 2)..][..self.width + 2];
        let mut sum = 0.0;
        for (column, edge) in edges[..self.width].iter().enumerate() {
            sum += edge;
            let coverage = f32::min(sum.abs(), 1.0);
            if coverage > 1e-3 {
                let place = centre(column, row, self.width, self.height);
                for (channel, plane) in self.planes.iter_mut().enumerate() {
                    let value = &mut plane[row * self.width + column];
                    *value = mix(*value, ink(channel, place), coverage);
                }
            }
        }
        edges.fill(0.0);
    }

    /// The values as bytes, after `change` of each.
    pub fn finish(&self, out: &mut [u8], mut change: impl FnMut(f32) -> f32) {
        for (&value, out) in self.planes.iter().flatten().zip(out) {
            *out = (change(value).clamp(0.0, 1.0) * 255.0 + 0.5) as u8;
        }
    }
}

fn centre(column: usize, row: usize, width: usize, height: usize) -> Point {
    [(column as f32 + 0.5) / width as f32, (row as f32 + 0.5) / height as f32]
}

#[cfg(test)]
mod tests {
    use super::super::outline::{Outline, Pen, ellipse, rectangle};
    use super::*;

    fn draw(outline: &Outline, height: usize, width: usize) -> Vec<u8> {
        let mut canvas = Canvas::new(1, height, width);
        canvas.fill(outline.iter().map(Vec::as_slice), |_, _| 1.0);
        let mut out = vec![0; height * width];
        canvas.finish(&mut out, |value| value);
        out
    }

    #[test]
    fn pixels_are_covered_by_their_share_of_the_region() {
        assert_eq!(draw(&rectangle([0.25, 0.25], [0.625, 1.0]), 2, 4), [0, 128, 64, 0, 0, 255, 128, 0]);
        assert_eq!(draw(&rectangle([-9.0, -9.0], [9.0, 9.0]), 1, 3), [255, 255, 255]);
        assert_eq!(draw(&rectangle([1.5, 0.0], [2.0, 1.0]), 1, 3), [0, 0, 0]);
        assert_eq!(draw(&Pen::at(0.0, 0.0).line(1.0, 0.0).line(0.0, 1.0).closed(), 2, 2), [255, 128, 128, 0]);
        assert_eq!(draw(&Pen::at(0.2, 0.5).line(0.8, 0.5).stroke(0.2), 5, 1), [0, 0, 204, 0, 0]);
    }

    #[test]
    fn an_area_is_the_same_at_every_size() {
        let area = |size| {
            let sum: f64 = draw(&ellipse([0.5, 0.5], [0.4, 0.3]), size, size).iter().map(|&x| f64::from(x)).sum();
            sum / 255.0 / (size * size) as f64
        };
        for size in [7, 28, 96] {
            assert!((area(size) - 0.3674).abs() < 0.001, "{size}: {}", area(size));
        }
    }
}
