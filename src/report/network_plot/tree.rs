//! Graph -> boxes in boxes: the inside of each block, and which values pass between what stands there.

use std::collections::HashMap;

use crate::graph::{Graph, Value};

/// What is drawn as a box without an inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leaf {
    Input,
    /// The graph's node of this index.
    Node(usize),
    /// The graph's output of this index.
    Output(usize),
}

/// What stands in a block.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Child {
    Leaf(Leaf),
    /// The inside of this index.
    Block(usize),
}

/// One end of a line in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The child of this index.
    Child(usize),
    /// The border of the block itself.
    Border,
}

/// A value within a block: where it comes from there, and where to it goes.
#[derive(Clone, Debug)]
pub struct Net {
    pub value: Value,
    pub from: End,
    /// A leaf that reads the value twice stands here twice.
    pub to: Vec<End>,
}

/// The whole drawing, or the inside of a block. No line leads from a child to an earlier one.
#[derive(Clone, Debug, Default)]
pub struct Inside {
    pub title: Option<String>,
    /// The inside around it, and which child of that it is.
    pub parent: Option<(usize, usize)>,
    pub depth: usize,
    pub children: Vec<Child>,
    pub nets: Vec<Net>,
}

/// A part of an arrow: a net of an inside, to one of its ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    pub inside: usize,
    pub net: usize,
    pub to: usize,
}

/// Something that reads a value, and the way there through insides.
#[derive(Clone, Debug)]
pub struct Reading {
    pub value: Value,
    pub reader: Leaf,
    pub hops: Vec<Hop>,
}

/// Boxes in boxes. An inside stands behind the one around it; the first is the whole.
#[derive(Debug, Default)]
pub struct Tree {
    pub insides: Vec<Inside>,
    pub readings: Vec<Reading>,
    /// The inside that holds each leaf, and as which child.
    places: HashMap<Leaf, (usize, usize)>,
    /// The net of a value in an inside.
    nets: HashMap<(usize, Value), usize>,
}

impl Tree {
    pub fn of(graph: &Graph) -> Self {
        let mut tree = Self { insides: vec![Inside::default()], ..Self::default() };
        tree.put(0, Leaf::Input);
        tree.put_nodes(graph);
        (0..graph.outputs.len()).for_each(|output| tree.put(0, Leaf::Output(output)));
        for (index, node) in graph.nodes.iter().enumerate() {
            node.inputs.iter().for_each(|&value| tree.read(value, Leaf::Node(index)));
        }
        for (index, output) in graph.outputs.iter().enumerate() {
            tree.read(output.value, Leaf::Output(index));
        }
        tree
    }

    fn put(&mut self, inside: usize, leaf: Leaf) {
        self.places.insert(leaf, (inside, self.insides[inside].children.len()));
        self.insides[inside].children.push(Child::Leaf(leaf));
    }

    /// Nodes of a block stand together in the graph's order.
    fn put_nodes(&mut self, graph: &Graph) {
        let (mut names, mut open): (&[String], Vec<usize>) = (&[], vec![0]);
        for (index, node) in graph.nodes.iter().enumerate() {
            let common = names.iter().zip(&node.block).take_while(|(a, b)| a == b).count();
            open.truncate(common + 1);
            for name in &node.block[common..] {
                open.push(self.open_block(open[open.len() - 1], name));
            }
            names = &node.block;
            self.put(open[open.len() - 1], Leaf::Node(index));
        }
    }

    fn open_block(&mut self, around: usize, title: &str) -> usize {
        let (inside, place) = (self.insides.len(), self.insides[around].children.len());
        let depth = self.insides[around].depth + 1;
        let (title, parent) = (Some(title.to_string()), Some((around, place)));
        self.insides.push(Inside { title, parent, depth, ..Inside::default() });
        self.insides[around].children.push(Child::Block(inside));
        inside
    }

    /// Leads a value to a reader: out of the blocks around its source, across, and into those around the reader.
    fn read(&mut self, value: Value, reader: Leaf) {
        let source = match value {
            Value::Input => Leaf::Input,
            Value::Node(index) => Leaf::Node(index),
        };
        let (mut from, mut to) = (self.places[&source], self.places[&reader]);
        let (mut out, mut into) = (vec![], vec![]);
        while from.0 != to.0 {
            let outwards = self.insides[from.0].depth >= self.insides[to.0].depth;
            let end = if outwards { &mut from } else { &mut to };
            let Some(parent) = self.insides[end.0].parent else { break };
            let (inside, child) = std::mem::replace(end, parent);
            match outwards {
                true => out.push(self.link(inside, value, End::Child(child), End::Border)),
                false => into.push(self.link(inside, value, End::Border, End::Child(child))),
            }
        }
        out.push(self.link(from.0, value, End::Child(from.1), End::Child(to.1)));
        out.extend(into.into_iter().rev());
        self.readings.push(Reading { value, reader, hops: out });
    }

    /// A line in an inside; to a border or a block there is one for each value.
    fn link(&mut self, inside: usize, value: Value, from: End, to: End) -> Hop {
        let nets = &mut self.insides[inside].nets;
        let net = *self.nets.entry((inside, value)).or_insert(nets.len());
        if net == nets.len() {
            nets.push(Net { value, from, to: vec![] });
        }
        let is_leaf = matches!(to, End::Child(child) if matches!(self.insides[inside].children[child], Child::Leaf(_)));
        let ends = &mut self.insides[inside].nets[net].to;
        if is_leaf || ends.last() != Some(&to) {
            ends.push(to);
        }
        Hop { inside, net, to: ends.len() - 1 }
    }
}
