//! Graph -> the drawn network: blocks as boxes in boxes, shapes on the arrows, parameters and multiply-adds in the nodes.
//!
//! Each block is laid out by itself, from inside out, in layers from top to bottom (after Sugiyama, Tagawa and Toda 1981,
//! "Methods for visual understanding of hierarchical system structures"); in the one around it, it is a box with a size.

mod align;
mod caption;
mod columns;
mod draw;
mod family;
mod inside;
mod layers;
mod order;
mod route;
mod rows;
mod tree;

use plotters::backend::DrawingBackend;

pub use self::family::Family;
pub use self::tree::Leaf;

use self::caption::caption;
use self::draw::{measure, node_size};
use self::inside::{Laid, POINTS, Point, lay_out};
use self::layers::Extent;
use self::tree::{Child, Inside, Tree};
use super::figure::{Area, Figure};
use crate::graph::{Graph, Value};

/// Around everything.
const MARGIN: i32 = 16;
/// The letters of labels, in pixels.
const LABEL: i32 = 11;
/// The letters of a block's title.
const TITLE: i32 = 12;
/// How many pixels a PNG may have.
pub const PNG_PIXELS: u64 = 1 << 25;

/// Corners of a box: left, top, right, bottom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub left: i32,
    pub top: i32,
    pub right: i32,
    pub bottom: i32,
}

impl Frame {
    fn at([left, top]: Point, [width, height]: [i32; 2]) -> Self {
        Self { left, top, right: left + width, bottom: top + height }
    }
}

/// A block's box.
#[derive(Clone, Debug)]
pub struct PlottedBlock {
    pub frame: Frame,
    pub title: String,
    /// How many blocks are around it.
    pub depth: usize,
}

/// A layer's box, the input's or an output's.
#[derive(Clone, Debug)]
pub struct PlottedNode {
    pub frame: Frame,
    pub leaf: Leaf,
    pub family: Family,
    /// The first one in larger letters.
    pub lines: Vec<String>,
}

/// From what makes a value to what reads it.
#[derive(Clone, Debug)]
pub struct Arrow {
    pub value: Value,
    pub reader: Leaf,
    /// Right and down; the last one is the point.
    pub points: Vec<[i32; 2]>,
}

/// A value's shape, on its arrows.
#[derive(Clone, Debug)]
pub struct ShapeLabel {
    pub text: String,
    pub middle: [i32; 2],
    /// How many blocks are around it.
    pub depth: usize,
}

/// A network with a place for everything in it.
#[derive(Clone, Debug)]
pub struct NetworkPlot {
    /// Before it is enlarged.
    pub size: [i32; 2],
    pub scale: i32,
    pub blocks: Vec<PlottedBlock>,
    pub nodes: Vec<PlottedNode>,
    pub arrows: Vec<Arrow>,
    pub labels: Vec<ShapeLabel>,
}

impl NetworkPlot {
    /// # Errors
    /// Where so many connections pass so many layers that no drawing shows them.
    pub fn of(graph: &Graph) -> Result<Self, String> {
        let tree = Tree::of(graph);
        let laid = lay_out_all(graph, &tree)?;
        let mut corners = vec![[MARGIN, MARGIN]; laid.len()];
        for (index, inside) in tree.insides.iter().enumerate() {
            for (child, at) in inside.children.iter().zip(&laid[index].children) {
                if let Child::Block(block) = child {
                    corners[*block] = moved(*at, corners[index]);
                }
            }
        }
        let size = laid[0].size.map(|side| side + 2 * MARGIN);
        let mut plot = Self { size, scale: 1, blocks: vec![], nodes: vec![], arrows: vec![], labels: vec![] };
        for (index, inside) in tree.insides.iter().enumerate() {
            plot.put(graph, inside, &laid[index], corners[index]);
        }
        plot.put_arrows(&tree, &laid, &corners);
        Ok(plot)
    }

    /// As sharp as a PNG of it can be: twice as large, or as it is.
    ///
    /// # Errors
    /// How large it would be, where that is more than [`PNG_PIXELS`].
    pub fn for_png(self) -> Result<Self, String> {
        let pixels = |scale: i32| self.size.iter().map(|&side| u64::from((side * scale) as u32)).product::<u64>();
        match [2, 1].into_iter().find(|&scale| pixels(scale) <= PNG_PIXELS) {
            Some(scale) => Ok(Self { scale, ..self }),
            None => Err(format!("{}x{} pixels, more than {PNG_PIXELS}", self.size[0], self.size[1])),
        }
    }

    fn put(&mut self, graph: &Graph, inside: &Inside, laid: &Laid, corner: Point) {
        if let Some(title) = &inside.title {
            let frame = Frame::at(corner, laid.size);
            self.blocks.push(PlottedBlock { frame, title: title.clone(), depth: inside.depth - 1 });
        }
        for (child, &at) in inside.children.iter().zip(&laid.children) {
            if let Child::Leaf(leaf) = *child {
                let lines = lines_of(graph, leaf);
                let Extent { width, height, .. } = of_leaf(graph, leaf);
                let frame = Frame::at(moved(at, corner), [width, height]);
                self.nodes.push(PlottedNode { frame, leaf, family: Family::of(graph, leaf), lines });
            }
        }
        self.labels.extend(laid.labels.iter().map(|&(net, middle)| {
            let text = graph.shape(inside.nets[net].value).to_string();
            ShapeLabel { text, middle: moved(middle, corner), depth: inside.depth }
        }));
    }

    fn put_arrows(&mut self, tree: &Tree, laid: &[Laid], corners: &[Point]) {
        for reading in &tree.readings {
            let parts = reading.hops.iter().flat_map(|hop| {
                let line = &laid[hop.inside].lines[hop.net][hop.to];
                line.iter().map(|&point| moved(point, corners[hop.inside]))
            });
            let points = route::simplified(parts.collect());
            self.arrows.push(Arrow { value: reading.value, reader: reading.reader, points });
        }
    }
}

fn moved(point: Point, by: Point) -> Point {
    [point[0] + by[0], point[1] + by[1]]
}

fn lines_of(graph: &Graph, leaf: Leaf) -> Vec<String> {
    match leaf {
        Leaf::Input => vec!["input".into()],
        Leaf::Node(index) => caption(&graph.nodes[index]),
        Leaf::Output(index) => vec![graph.outputs[index].name.clone()],
    }
}

/// Every inside, from those without blocks in them outwards.
fn lay_out_all(graph: &Graph, tree: &Tree) -> Result<Vec<Laid>, String> {
    let mut laid = vec![Laid::default(); tree.insides.len()];
    for (index, inside) in tree.insides.iter().enumerate().rev() {
        let extent = |place: usize| match inside.children[place] {
            Child::Leaf(leaf) => of_leaf(graph, leaf),
            Child::Block(block) => of_block(inside, &tree.insides[block], &laid[block]),
        };
        let extents: Vec<Extent> = (0..inside.children.len()).map(extent).collect();
        let width = |value: Value| measure(&graph.shape(value).to_string(), LABEL) + 10;
        let labels: Vec<i32> = inside.nets.iter().map(|net| width(net.value)).collect();
        let title = inside.title.as_ref().map_or(0, |title| measure(title, TITLE) + 8);
        laid[index] = lay_out(inside, &extents, &labels, title)?;
    }
    Ok(laid)
}

fn of_leaf(graph: &Graph, leaf: Leaf) -> Extent {
    let [width, height] = node_size(&lines_of(graph, leaf));
    let arrows = if let Leaf::Node(index) = leaf { graph.nodes[index].inputs.len() as i32 } else { 1 };
    Extent { width: width.max(POINTS * (arrows + 1)), height, ..Extent::default() }
}

/// A block as a box, with the places where the nets around it go on inside.
fn of_block(around: &Inside, inside: &Inside, laid: &Laid) -> Extent {
    let [width, height] = laid.size;
    let outer = |value: Value| around.nets.iter().position(|net| net.value == value);
    let ports = |crossing: &[(usize, i32)]| {
        let outward = |&(net, x): &(usize, i32)| Some((outer(inside.nets[net].value)?, x - width / 2));
        crossing.iter().filter_map(outward).collect()
    };
    Extent { width, height, enters: ports(&laid.entries), leaves: ports(&laid.exits) }
}

impl Figure for NetworkPlot {
    fn size(&self) -> (u32, u32) {
        let [width, height] = self.size.map(|side| (side * self.scale) as u32);
        (width, height)
    }

    fn draw<B: DrawingBackend>(&self, area: Area<'_, B>) -> Result<(), String> {
        self.draw_on(area)
    }
}
