//! A placed network -> lines, boxes and letters; and how large letters are.

use plotters::backend::DrawingBackend;
use plotters::element::{PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{BLACK, Color, IntoFont, RGBColor, ShapeStyle, WHITE};

use super::family::{Family, colour};
use super::inside::TITLE as TITLE_HEIGHT;
use super::{Arrow, Frame, LABEL, NetworkPlot, PlottedBlock, PlottedNode, ShapeLabel, TITLE};
use crate::report::figure::{Area, FONT, register, text};

/// The letters of a node's first line and of its others.
const NAME: i32 = 14;
const COST: i32 = 11;
/// The heights of such lines, and of the room above and below them.
const NAME_HEIGHT: i32 = 18;
const COST_HEIGHT: i32 = 14;
const ABOVE: i32 = 7;
/// Beside the letters of a node, and the least width of one.
const BESIDE: i32 = 12;
const LEAST: i32 = 92;
/// The head of an arrow: its length, and half its width.
const HEAD: i32 = 8;
const HALF_HEAD: i32 = 4;

/// How wide letters of this size are. A reader's own font may be wider, so there is room for it.
pub fn measure(letters: &str, size: i32) -> i32 {
    register();
    let drawn =
        (FONT, size).into_font().box_size(letters).map_or(size * letters.len() as i32, |(width, _)| width as i32);
    drawn + drawn / 8
}

/// Width and height of a node's box.
pub fn node_size(lines: &[String]) -> [i32; 2] {
    let widths = lines.iter().enumerate().map(|(at, line)| measure(line, if at == 0 { NAME } else { COST }));
    let width = (widths.max().unwrap_or(0) + 2 * BESIDE).max(LEAST);
    let others = lines.len().saturating_sub(1) as i32;
    [(width + 1) / 2 * 2, 2 * ABOVE + NAME_HEIGHT + others * COST_HEIGHT]
}

impl NetworkPlot {
    pub(super) fn draw_on<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        area.fill(&WHITE).map_err(text)?;
        self.blocks.iter().try_for_each(|block| self.draw_block(area, block))?;
        self.arrows.iter().try_for_each(|arrow| self.draw_line(area, arrow))?;
        self.nodes.iter().try_for_each(|node| self.draw_node(area, node))?;
        self.arrows.iter().try_for_each(|arrow| self.draw_head(area, arrow))?;
        self.labels.iter().try_for_each(|label| self.draw_label(area, label))
    }

    fn at(&self, [x, y]: [i32; 2]) -> (i32, i32) {
        (x * self.scale, y * self.scale)
    }

    fn border(&self, colour: RGBColor) -> ShapeStyle {
        colour.stroke_width(self.scale as u32)
    }

    fn draw_block<B: DrawingBackend>(&self, area: Area<'_, B>, block: &PlottedBlock) -> Result<(), String> {
        let Frame { left, top, right, bottom } = block.frame;
        let corners = [self.at([left, top]), self.at([right, bottom])];
        area.draw(&Rectangle::new(corners, ground(block.depth + 1).filled())).map_err(text)?;
        area.draw(&Rectangle::new(corners, self.border(colour(0xa9b0bd)))).map_err(text)?;
        let place = [left + 8, top + TITLE_HEIGHT / 2];
        self.write(area, &block.title, TITLE, colour(0x566072), HPos::Left, place)
    }

    fn draw_line<B: DrawingBackend>(&self, area: Area<'_, B>, arrow: &Arrow) -> Result<(), String> {
        let mut points: Vec<(i32, i32)> = arrow.points.iter().map(|&point| self.at(point)).collect();
        if let Some(point) = points.last_mut() {
            point.1 -= HEAD * self.scale / 2;
        }
        area.draw(&PathElement::new(points, self.border(colour(0x555b66)))).map_err(text)
    }

    fn draw_head<B: DrawingBackend>(&self, area: Area<'_, B>, arrow: &Arrow) -> Result<(), String> {
        let Some(&[x, y]) = arrow.points.last() else { return Ok(()) };
        let corners = [[x, y], [x - HALF_HEAD, y - HEAD], [x + HALF_HEAD, y - HEAD]].map(|point| self.at(point));
        area.draw(&Polygon::new(corners.to_vec(), colour(0x555b66).filled())).map_err(text)
    }

    fn draw_node<B: DrawingBackend>(&self, area: Area<'_, B>, node: &PlottedNode) -> Result<(), String> {
        let radius = if node.family == Family::End { (node.frame.bottom - node.frame.top) / 2 } else { 4 };
        let outline = rounded(node.frame, radius);
        let points: Vec<(i32, i32)> = outline.into_iter().map(|point| self.scaled(point)).collect();
        let [inside, border] = node.family.colours();
        area.draw(&Polygon::new(points.clone(), inside.filled())).map_err(text)?;
        let closed: Vec<(i32, i32)> = points.iter().chain(points.first()).copied().collect();
        area.draw(&PathElement::new(closed, self.border(border))).map_err(text)?;
        self.draw_lines(area, node)
    }

    fn scaled(&self, [x, y]: [f64; 2]) -> (i32, i32) {
        let scale = f64::from(self.scale);
        ((x * scale).round() as i32, (y * scale).round() as i32)
    }

    fn draw_lines<B: DrawingBackend>(&self, area: Area<'_, B>, node: &PlottedNode) -> Result<(), String> {
        let middle = (node.frame.left + node.frame.right) / 2;
        let mut top = node.frame.top + ABOVE;
        for (at, line) in node.lines.iter().enumerate() {
            let (size, height, ink) = match at {
                0 => (NAME, NAME_HEIGHT, BLACK),
                _ => (COST, COST_HEIGHT, colour(0x3d4450)),
            };
            self.write(area, line, size, ink, HPos::Center, [middle, top + height / 2])?;
            top += height;
        }
        Ok(())
    }

    fn draw_label<B: DrawingBackend>(&self, area: Area<'_, B>, label: &ShapeLabel) -> Result<(), String> {
        let half = measure(&label.text, LABEL) / 2 + 2;
        let [x, y] = label.middle;
        let corners = [self.at([x - half, y - LABEL / 2 - 2]), self.at([x + half, y + LABEL / 2 + 2])];
        area.draw(&Rectangle::new(corners, ground(label.depth).filled())).map_err(text)?;
        self.write(area, &label.text, LABEL, colour(0x3d4450), HPos::Center, label.middle)
    }

    fn write<B: DrawingBackend>(
        &self,
        area: Area<'_, B>,
        letters: &str,
        size: i32,
        ink: RGBColor,
        across: HPos,
        place: [i32; 2],
    ) -> Result<(), String> {
        let style = (FONT, size * self.scale).into_font().color(&ink).pos(Pos::new(across, VPos::Center));
        let (x, y) = self.at(place);
        area.draw_text(letters, &style, (x, y + size * self.scale / 10)).map_err(text)
    }
}

/// What is behind everything at so many blocks deep; deeper is darker.
fn ground(depth: usize) -> RGBColor {
    let darker = |full: u8, step: u8| full - step * depth.min(6) as u8;
    RGBColor(darker(255, 8), darker(255, 7), darker(255, 5))
}

/// A box with round corners, clockwise.
fn rounded(frame: Frame, radius: i32) -> Vec<[f64; 2]> {
    let Frame { left, top, right, bottom } = frame;
    let corners = [[right, top, -1, 1], [right, bottom, -1, -1], [left, bottom, 1, -1], [left, top, 1, 1]];
    let pieces = radius.clamp(3, 10);
    let arc = |(quarter, [x, y, inwards, downwards]): (usize, [i32; 4])| {
        let centre = [f64::from(x + inwards * radius), f64::from(y + downwards * radius)];
        (0..=pieces).map(move |piece| {
            let turn = quarter as f64 - 1.0 + f64::from(piece) / f64::from(pieces);
            let angle = turn * std::f64::consts::FRAC_PI_2;
            [centre[0] + f64::from(radius) * angle.cos(), centre[1] + f64::from(radius) * angle.sin()]
        })
    };
    corners.into_iter().enumerate().flat_map(arc).collect()
}
