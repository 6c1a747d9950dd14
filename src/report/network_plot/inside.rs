//! The inside of a block -> its size, the places of its children, its lines and labels, and where values cross its border.

use super::columns::across;
use super::layers::{Extent, Kind, Layered, Segment, layered};
use super::order::order;
use super::route::{bent, simplified, turned};
use super::rows::{HEAD, LANE, Rows, STEM, TURN, rows};
use super::tree::{Child, End, Inside};

/// Between the border of a block and what stands in it.
const PADDING: i32 = 14;
/// The height of a block's title.
pub const TITLE: i32 = 24;
/// Between the points of two arrows at one box.
pub const POINTS: i32 = 16;

/// A point: right and down.
pub type Point = [i32; 2];

/// An inside with everything in its place, from its own upper left corner.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    pub size: [i32; 2],
    /// The upper left corner of each child.
    pub children: Vec<Point>,
    /// Where a net enters and leaves, from the left.
    pub entries: Vec<(usize, i32)>,
    pub exits: Vec<(usize, i32)>,
    /// The points of each net's line to each of its ends.
    pub lines: Vec<Vec<Vec<Point>>>,
    /// The net that each label is of, and its middle.
    pub labels: Vec<(usize, Point)>,
}

/// Lays out an inside whose children have these sizes. `labels` is how wide each net's label is, `title` the title's width.
///
/// # Errors
/// Where too many lines pass too many layers.
pub fn lay_out(inside: &Inside, extents: &[Extent], labels: &[i32], title: i32) -> Result<Laid, String> {
    let mut layered = layered(inside, extents, labels)?;
    order(&mut layered);
    let across = across(&layered);
    let is_block = inside.title.is_some();
    let rows = rows(&layered, &across, if is_block { TITLE } else { 0 });
    let mut place = Place { inside, extents, enters: vec![], layer: layer_of(&layered), layered, across, rows };
    place.enters = place.points();
    let mut laid = place.laid();
    if is_block {
        border(&mut laid, title);
    }
    Ok(laid)
}

fn layer_of(layered: &Layered) -> Vec<usize> {
    let mut layer_of = vec![0; layered.cells.len()];
    for (layer, cells) in layered.layers.iter().enumerate() {
        cells.iter().for_each(|&cell| layer_of[cell] = layer);
    }
    layer_of
}

struct Place<'a> {
    inside: &'a Inside,
    extents: &'a [Extent],
    layered: Layered,
    layer: Vec<usize>,
    across: Vec<i32>,
    rows: Rows,
    /// Where the segments of each gap arrive.
    enters: Vec<Vec<i32>>,
}

impl Place<'_> {
    fn laid(&self) -> Laid {
        let crossing = |of: fn(&Kind) -> Option<usize>| {
            let cells = 0..self.layered.cells.len();
            cells.filter_map(|cell| Some((of(&self.layered.cells[cell].kind)?, self.middle(cell)))).collect()
        };
        Laid {
            size: self.rows.size,
            children: (0..self.inside.children.len()).map(|child| self.corner(child)).collect(),
            entries: crossing(|kind| if let Kind::Entry(net) = kind { Some(*net) } else { None }),
            exits: crossing(|kind| if let Kind::Exit(net) = kind { Some(*net) } else { None }),
            lines: (0..self.inside.nets.len()).map(|net| self.lines(net)).collect(),
            labels: (0..self.inside.nets.len()).filter_map(|net| self.label(net)).collect(),
        }
    }

    fn middle(&self, cell: usize) -> i32 {
        self.across[cell] + self.rows.shift[self.layer[cell]]
    }

    /// A child stands in the middle of its layer.
    fn corner(&self, child: usize) -> Point {
        let layer = self.layer[child];
        let Extent { width, height, .. } = self.extents[child];
        [self.middle(child) - width / 2, self.rows.top[layer] + (self.rows.height[layer] - height) / 2]
    }

    /// A label stands on the stem of what leads to something in this inside.
    fn label(&self, index: usize) -> Option<(usize, Point)> {
        let net = &self.inside.nets[index];
        let End::Child(child) = net.from else { return None };
        let (gap, at) = self.layered.lines[index]
            .trunk
            .first()
            .map_or(self.layered.lines[index].last[0], |&at| (self.layer[child], at));
        let layer = self.layer[child];
        let middle = self.middle(child) + self.layered.gaps[gap][at].leaves;
        let shown = net.to.iter().any(|end| *end != End::Border);
        shown.then_some((index, [middle, self.rows.top[layer] + self.rows.height[layer] + STEM / 2]))
    }

    /// Where arrows point to: as near below where they come from as the box is wide, and apart from each other.
    fn points(&self) -> Vec<Vec<i32>> {
        let ports = |segments: &Vec<Segment>| segments.iter().map(|s| self.across[s.bottom] + s.enters).collect();
        let mut enters: Vec<Vec<i32>> = self.layered.gaps.iter().map(ports).collect();
        for (gap, segments) in self.layered.gaps.iter().enumerate() {
            let mut sorted: Vec<usize> = (0..segments.len()).filter(|&at| self.is_leaf(segments[at].bottom)).collect();
            let from = |at: usize| self.across[segments[at].top] + segments[at].leaves;
            sorted.sort_by_key(|&at| (segments[at].bottom, from(at)));
            let groups = sorted.chunk_by(|a, b| segments[*a].bottom == segments[*b].bottom);
            for group in groups.filter(|group| group.len() > 1) {
                let bottom = segments[group[0]].bottom;
                let half = (self.extents[bottom].width / 2 - POINTS / 2).max(0);
                let wanted: Vec<i32> = group.iter().map(|&at| from(at)).collect();
                let found = apart(&wanted, [self.across[bottom] - half, self.across[bottom] + half]);
                group.iter().zip(found).for_each(|(&at, x)| enters[gap][at] = x);
            }
        }
        enters
    }

    fn is_leaf(&self, cell: usize) -> bool {
        matches!(self.layered.cells[cell].kind, Kind::Child(child) if matches!(self.inside.children[child], Child::Leaf(_)))
    }

    fn lines(&self, net: usize) -> Vec<Vec<Point>> {
        let lines = &self.layered.lines[net];
        let line = |&(gap, at): &(usize, usize)| {
            let trunk = lines.trunk.iter().enumerate().map(|(down, &at)| (lines.layer + down, at));
            let mut points = vec![];
            for (gap, at) in trunk.take(gap - lines.layer).chain([(gap, at)]) {
                self.add_segment(&mut points, gap, at);
            }
            simplified(points)
        };
        lines.last.iter().map(line).collect()
    }

    /// From the lower edge of a cell to the upper edge of one in the next layer.
    fn add_segment(&self, points: &mut Vec<Point>, gap: usize, at: usize) {
        let segment = &self.layered.gaps[gap][at];
        let shifts = [self.rows.shift[gap], self.rows.shift[gap + 1]];
        let from = [self.across[segment.top] + segment.leaves + shifts[0], self.lower(segment.top)];
        let to = [self.enters[gap][at] + shifts[1], self.upper(segment.bottom)];
        let stem = self.rows.stem[gap];
        points.push(from);
        match self.rows.band[gap] == self.rows.band[gap + 1] {
            true => bent(points, [from[0], stem], [to[0], self.bend_end(gap + 1)]),
            false => {
                let lane = LANE * self.lane(gap, at);
                let widest = LANE * (self.layered.gaps[gap].len() as i32 - 1);
                let above = self.rows.top[gap + 1] - HEAD - TURN - (widest - lane);
                let gutter = self.rows.gutters[self.rows.band[gap]] + lane - widest / 2;
                turned(points, &[[from[0], stem + TURN / 2 + lane], [gutter, above]], to[0]);
            }
        }
        points.push(to);
    }

    /// Lines that go over to the next column do not cross: the rightmost turns first, and passes above the others.
    fn lane(&self, gap: usize, at: usize) -> i32 {
        let segments = &self.layered.gaps[gap];
        let from = |at: usize| (self.across[segments[at].top] + segments[at].leaves, self.enters[gap][at], at);
        (0..segments.len()).filter(|&other| from(other) > from(at)).count() as i32
    }

    /// Where bends end above a layer.
    fn bend_end(&self, layer: usize) -> i32 {
        let exits =
            self.layered.layers[layer].iter().any(|&cell| matches!(self.layered.cells[cell].kind, Kind::Exit(_)));
        if exits { self.rows.top[layer] } else { self.rows.top[layer] - HEAD }
    }

    fn lower(&self, cell: usize) -> i32 {
        let layer = self.layer[cell];
        match self.layered.cells[cell].kind {
            Kind::Child(child) => self.corner(child)[1] + self.extents[child].height,
            _ => self.rows.top[layer] + self.rows.height[layer],
        }
    }

    fn upper(&self, cell: usize) -> i32 {
        match self.layered.cells[cell].kind {
            Kind::Child(child) => self.corner(child)[1],
            _ => self.rows.top[self.layer[cell]],
        }
    }
}

/// Places for sorted wishes, between the ends and apart from each other as far as there is room.
fn apart(wanted: &[i32], [least, most]: [i32; 2]) -> Vec<i32> {
    let room = (most - least) / (wanted.len() as i32 - 1).max(1);
    let step = POINTS.min(room);
    let mut places: Vec<i32> = wanted.iter().map(|&x| x.clamp(least, most)).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + step);
    }
    let mut limit = most;
    for place in places.iter_mut().rev() {
        *place = (*place).min(limit);
        limit = *place - step;
    }
    places
}

/// Puts a border around an inside; no value enters through the title.
fn border(laid: &mut Laid, title: i32) {
    let leftmost = laid.entries.iter().map(|entry| entry.1).min().unwrap_or(i32::MAX);
    let side = PADDING.max((title + 8).saturating_sub(leftmost)).max((title + 8 - laid.size[0]) / 2);
    let below = PADDING - 4;
    let lines = laid.lines.iter_mut().flatten().flatten();
    let points = lines.chain(&mut laid.children).chain(laid.labels.iter_mut().map(|label| &mut label.1));
    points.for_each(|point| point[0] += side);
    laid.entries.iter_mut().chain(&mut laid.exits).for_each(|port| port.1 += side);
    let bottom = laid.size[1];
    laid.size = [laid.size[0] + 2 * side, bottom + below];
    for net in 0..laid.lines.len() {
        let exits = laid.exits.iter().any(|exit| exit.0 == net);
        let ends = laid.lines[net].iter_mut().filter_map(|line| line.last_mut());
        ends.filter(|end| exits && end[1] == bottom).for_each(|end| end[1] += below);
    }
}

#[cfg(test)]
mod tests {
    use super::apart;

    #[test]
    fn arrows_point_apart_from_each_other() {
        let check = |wanted: &[i32], expected: &[i32]| assert_eq!(apart(wanted, [0, 60]), expected, "{wanted:?}");
        check(&[30], &[30]);
        check(&[-50], &[0]);
        check(&[30, 30], &[30, 46]);
        check(&[30, 200], &[30, 60]);
        check(&[55, 58, 60], &[28, 44, 60]);
        check(&[0; 7], &[0, 10, 20, 30, 40, 50, 60]);
    }
}
