//! What a step sees of its region in one pass: its buffers and its parameters.

use std::cell::{RefCell, RefMut};

use super::plan::{BufferId, Layout};
use crate::kernel::around::After;
use crate::kernel::{Arena, Line, Machine, Part, PartMut, groups_of};
use crate::lower::batch::Draw;
use crate::lower::store::Store;

/// Which buffers and parameters are a step's.
#[derive(Clone, Debug)]
pub(super) struct Wiring {
    pub node: usize,
    pub inputs: Vec<BufferId>,
    pub output: BufferId,
    pub saved: BufferId,
    pub forward_scratch: BufferId,
    pub backward_scratch: BufferId,
    /// None where nothing depends on the output.
    pub output_gradient: Option<BufferId>,
    /// For each input that wants one; whether it is added to what the buffer holds.
    pub input_gradients: Vec<Option<(BufferId, bool)>>,
    /// Whether the first of them is to have the zeros of the ReLU that made the input.
    pub masks: bool,
    /// Whether the output's gradient has those of the step's own ReLU.
    pub masked: bool,
}

/// The store's numbers as a pass uses them.
pub(super) struct Tensors<'a> {
    nodes: Nodes<'a>,
    values: &'a [f32],
    gradients: RefCell<&'a mut [f32]>,
    buffers: Buffers<'a>,
}

/// Where each node's numbers lie.
type Nodes<'a> = &'a [[std::ops::Range<usize>; 2]];

enum Buffers<'a> {
    Read(&'a [f32]),
    Write(RefCell<&'a mut [f32]>),
}

impl<'a> Tensors<'a> {
    pub fn reading(store: &'a Store<f32>) -> Self {
        let (nodes, values, buffers) = store.parts();
        Self { nodes, values, gradients: RefCell::new(&mut []), buffers: Buffers::Read(buffers) }
    }

    pub fn writing(store: &'a mut Store<f32>) -> Self {
        let (nodes, values, gradients, buffers) = store.parts_mut();
        Self { nodes, values, gradients: RefCell::new(gradients), buffers: Buffers::Write(RefCell::new(buffers)) }
    }
}

/// One step in one pass.
pub(super) struct Pass<'a> {
    pub machine: &'a Machine,
    /// How many images the batch has; the last group's other lanes are idle.
    pub images: usize,
    /// In training only.
    pub draw: Option<Draw>,
    pub(super) arena: &'a Arena,
    pub(super) layout: &'a Layout,
    pub(super) wiring: &'a Wiring,
    pub(super) tensors: &'a Tensors<'a>,
}

impl<'a> Pass<'a> {
    pub fn node(&self) -> usize {
        self.wiring.node
    }

    pub fn groups(&self) -> usize {
        groups_of(self.images)
    }

    pub fn training(&self) -> bool {
        self.draw.is_some()
    }

    pub fn input(&self, index: usize) -> Part<'a> {
        self.read(self.wiring.inputs[index])
    }

    pub fn output(&self) -> Part<'a> {
        self.read(self.wiring.output)
    }

    pub fn output_mut(&self) -> PartMut<'a> {
        self.write(self.wiring.output)
    }

    /// What forward left for backward.
    pub fn saved(&self) -> Part<'a> {
        self.read(self.wiring.saved)
    }

    /// Empty outside of training.
    pub fn saved_mut(&self) -> PartMut<'a> {
        self.write(self.wiring.saved)
    }

    pub fn forward_scratch(&self) -> PartMut<'a> {
        self.write(self.wiring.forward_scratch)
    }

    pub fn backward_scratch(&self) -> PartMut<'a> {
        self.write(self.wiring.backward_scratch)
    }

    /// In a backward pass.
    pub fn output_gradient(&self) -> Part<'a> {
        self.read(self.output_gradient_buffer())
    }

    pub fn output_gradient_mut(&self) -> PartMut<'a> {
        self.write(self.output_gradient_buffer())
    }

    fn output_gradient_buffer(&self) -> BufferId {
        self.wiring.output_gradient.expect("a step that runs backward has its output's gradient")
    }

    /// Where an input's gradient goes, if it wants one, and whether it is added to what is there.
    pub fn input_gradient(&self, index: usize) -> Option<(PartMut<'a>, bool)> {
        self.wiring.input_gradients[index].map(|(buffer, add)| (self.write(buffer), add))
    }

    /// Whether the output's gradient has the zeros of the step's own ReLU already.
    pub fn masked(&self) -> bool {
        self.wiring.masked
    }

    /// Whether the first input's gradient is to have the zeros of the ReLU that made that input.
    pub fn masks(&self) -> bool {
        self.wiring.masks
    }

    /// What follows the first input's gradient, which has the shape of `values`.
    pub fn mask<'b>(&self, values: &'b [Line]) -> After<'b> {
        if self.masks() { After::Where(values) } else { After::Nothing }
    }

    /// The node's trained numbers, one parameter after the other.
    pub fn params(&self) -> &'a [f32] {
        let [trained, _] = &self.tensors.nodes[self.wiring.node];
        &self.tensors.values[trained.clone()]
    }

    /// The gradients of [`Pass::params`]; to be written, not added to.
    pub fn gradients(&self) -> RefMut<'_, [f32]> {
        let [trained, _] = self.tensors.nodes[self.wiring.node].clone();
        RefMut::map(self.tensors.gradients.borrow_mut(), |gradients| &mut gradients[trained])
    }

    /// The node's running statistics, in evaluation.
    pub fn running(&self) -> &'a [f32] {
        let [_, buffers] = self.tensors.nodes[self.wiring.node].clone();
        match &self.tensors.buffers {
            Buffers::Read(numbers) => &numbers[buffers],
            Buffers::Write(_) => &[],
        }
    }

    /// The node's running statistics, in a backward pass, which moves them.
    pub fn running_mut(&self) -> Option<RefMut<'_, [f32]>> {
        let [_, buffers] = self.tensors.nodes[self.wiring.node].clone();
        match &self.tensors.buffers {
            Buffers::Read(_) => None,
            Buffers::Write(numbers) => Some(RefMut::map(numbers.borrow_mut(), |numbers| &mut numbers[buffers])),
        }
    }

    fn read(&self, buffer: BufferId) -> Part<'a> {
        self.arena.read(self.layout.range(buffer))
    }

    fn write(&self, buffer: BufferId) -> PartMut<'a> {
        self.arena.write(self.layout.range(buffer))
    }
}
