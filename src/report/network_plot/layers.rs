//! The inside of a block -> layers from top to bottom: a line leads only from one layer to the next.
//!
//! A line that passes layers has a trunk cell in each of them, which keeps it clear of what stands there; one trunk serves
//! all that read its value.

use super::tree::{End, Inside, Net};

/// How often lines may pass layers in an inside.
pub const MAX_PASSED: usize = 1 << 18;
/// The room that a line takes beside boxes.
const LINE: i32 = 10;

/// A child's size, and where values enter and leave it, from its middle.
#[derive(Clone, Debug, Default)]
pub struct Extent {
    pub width: i32,
    pub height: i32,
    /// By the inside's net; a net that is not here passes the middle.
    pub enters: Vec<(usize, i32)>,
    pub leaves: Vec<(usize, i32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Child(usize),
    /// Where a net crosses the upper border.
    Entry(usize),
    /// Where a net crosses the lower border.
    Exit(usize),
    /// A net that passes.
    Trunk(usize),
}

/// Something with a place in a layer.
#[derive(Clone, Copy, Debug)]
pub struct Cell {
    pub kind: Kind,
    pub width: i32,
    pub height: i32,
}

impl Cell {
    pub fn is_trunk(&self) -> bool {
        matches!(self.kind, Kind::Trunk(_))
    }
}

/// A line from a layer to the next.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    pub top: usize,
    pub bottom: usize,
    /// Where it leaves the upper cell and enters the lower one, from their middles.
    pub leaves: i32,
    pub enters: i32,
}

/// The segments of a net.
#[derive(Clone, Debug)]
pub struct Lines {
    /// The layer of its source.
    pub layer: usize,
    /// Those of the trunk, one for each gap from there on, by their index in it.
    pub trunk: Vec<usize>,
    /// The last one to each end: its gap and index.
    pub last: Vec<(usize, usize)>,
}

#[derive(Clone, Debug, Default)]
pub struct Layered {
    pub cells: Vec<Cell>,
    /// The cells of each layer from left to right.
    pub layers: Vec<Vec<usize>>,
    /// The segments below each layer but the last.
    pub gaps: Vec<Vec<Segment>>,
    /// Of each net.
    pub lines: Vec<Lines>,
}

/// Puts each child below all that it reads. `labels` is how wide each net's label is.
///
/// # Errors
/// Where so many lines pass so many layers that nobody could read it.
pub fn layered(inside: &Inside, extents: &[Extent], labels: &[i32]) -> Result<Layered, String> {
    let mut build = Build { inside, extents, levels: levels(inside), layered: Layered::default() };
    let passed: usize = inside.nets.iter().map(|net| build.passed(net)).sum();
    if passed > MAX_PASSED {
        return Err(format!("its connections pass other layers {passed} times, more than {MAX_PASSED}"));
    }
    build.put_children(labels);
    build.put_borders(labels);
    (0..inside.nets.len()).for_each(|net| build.put_lines(net));
    Ok(build.layered)
}

/// The layer of each child: the longest way to it.
fn levels(inside: &Inside) -> Vec<usize> {
    let entered = inside.nets.iter().any(|net| net.from == End::Border);
    let mut levels = vec![usize::from(entered); inside.children.len()];
    let mut reads = vec![vec![]; inside.children.len()];
    for net in &inside.nets {
        let End::Child(from) = net.from else { continue };
        for to in &net.to {
            if let End::Child(to) = to {
                reads[*to].push(from);
            }
        }
    }
    for child in 0..levels.len() {
        let lowest = reads[child].iter().map(|&from| levels[from] + 1).max();
        levels[child] = levels[child].max(lowest.unwrap_or(0));
    }
    levels
}

struct Build<'a> {
    inside: &'a Inside,
    extents: &'a [Extent],
    levels: Vec<usize>,
    layered: Layered,
}

impl Build<'_> {
    /// The layer behind all children.
    fn bottom(&self) -> usize {
        self.levels.iter().max().map_or(0, |level| level + 1)
    }

    fn top_of(&self, net: &Net) -> usize {
        match net.from {
            End::Child(child) => self.levels[child],
            End::Border => 0,
        }
    }

    fn level_of(&self, end: End) -> usize {
        match end {
            End::Child(child) => self.levels[child],
            End::Border => self.bottom(),
        }
    }

    /// How many layers a net passes.
    fn passed(&self, net: &Net) -> usize {
        let lowest = net.to.iter().map(|&end| self.level_of(end)).max().unwrap_or(0);
        lowest.saturating_sub(self.top_of(net) + 1)
    }

    /// A label stands below its source, so a child is at least as wide.
    fn put_children(&mut self, labels: &[i32]) {
        let exits = self.inside.nets.iter().any(|net| net.to.contains(&End::Border));
        let count = self.bottom() + usize::from(exits);
        self.layered.layers = vec![vec![]; count];
        self.layered.gaps = vec![vec![]; count.saturating_sub(1)];
        for (child, extent) in self.extents.iter().enumerate() {
            let Extent { width, height, .. } = *extent;
            self.put(self.levels[child], Cell { kind: Kind::Child(child), width, height });
        }
        for (net, &label) in self.inside.nets.iter().zip(labels) {
            if let End::Child(child) = net.from {
                self.layered.cells[child].width = self.layered.cells[child].width.max(label);
            }
        }
    }

    fn put_borders(&mut self, labels: &[i32]) {
        for (index, net) in self.inside.nets.iter().enumerate() {
            if net.from == End::Border {
                self.put(0, Cell { kind: Kind::Entry(index), width: LINE, height: 0 });
            }
            if net.to.contains(&End::Border) {
                self.put(self.bottom(), Cell { kind: Kind::Exit(index), width: labels[index], height: 0 });
            }
        }
    }

    fn put(&mut self, layer: usize, cell: Cell) -> usize {
        self.layered.cells.push(cell);
        let index = self.layered.cells.len() - 1;
        self.layered.layers[layer].push(index);
        index
    }

    fn put_lines(&mut self, index: usize) {
        let net = &self.inside.nets[index];
        let layer = self.top_of(net);
        let mut lines = Lines { layer, trunk: vec![], last: vec![] };
        let source = match net.from {
            End::Child(child) => child,
            End::Border => self.cell_of(0, Kind::Entry(index)),
        };
        let mut stem = vec![source];
        for below in layer + 1..layer + 1 + self.passed(net) {
            stem.push(self.put(below, Cell { kind: Kind::Trunk(index), width: LINE, height: 0 }));
            lines.trunk.push(self.link(below - 1, index, [stem[stem.len() - 2], stem[stem.len() - 1]]));
        }
        for &end in &net.to {
            let gap = self.level_of(end) - 1;
            let bottom = match end {
                End::Child(child) => child,
                End::Border => self.cell_of(gap + 1, Kind::Exit(index)),
            };
            lines.last.push((gap, self.link(gap, index, [stem[gap - layer], bottom])));
        }
        self.layered.lines.push(lines);
    }

    fn cell_of(&self, layer: usize, kind: Kind) -> usize {
        let mut cells = self.layered.layers[layer].iter().copied();
        cells.find(|&cell| self.layered.cells[cell].kind == kind).unwrap_or_default()
    }

    fn link(&mut self, gap: usize, net: usize, [top, bottom]: [usize; 2]) -> usize {
        let port = |cell: usize, ports: fn(&Extent) -> &[(usize, i32)]| match self.layered.cells[cell].kind {
            Kind::Child(child) => {
                ports(&self.extents[child]).iter().find(|(of, _)| *of == net).map_or(0, |port| port.1)
            }
            _ => 0,
        };
        let (leaves, enters) = (port(top, |extent| &extent.leaves), port(bottom, |extent| &extent.enters));
        self.layered.gaps[gap].push(Segment { top, bottom, leaves, enters });
        self.layered.gaps[gap].len() - 1
    }
}
