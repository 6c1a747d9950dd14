//! A region on a few images in evaluation, one after the other, features in the lanes.

mod recurrent;
mod step;

use std::collections::HashMap;
use std::ops::Range;

use self::step::{Run, SingleStep, form_of, renames, step_of};
use super::build::Built;
use crate::graph::{Graph, Value};
use crate::kernel::single::Form;
use crate::kernel::{Arena, Line, Machine};
use crate::lower::store::Store;

/// Images up to which one after the other is faster than sixteen at a time.
pub(super) const MOST: usize = 4;

/// The steps of a region, each value in lines of its own.
pub(super) struct Single {
    steps: Vec<Placed>,
    entries: Vec<(Form, Range<usize>)>,
    exits: Vec<(Form, Range<usize>)>,
    arena: Arena,
    lines: usize,
    /// Weights as steps read them, of the store's values with this version.
    prepared: Vec<Line>,
    version: Option<u64>,
}

pub(super) struct Placed {
    step: Box<dyn SingleStep>,
    node: usize,
    pub inputs: Vec<Range<usize>>,
    pub output: Range<usize>,
    pub scratch: Range<usize>,
    prepared: Range<usize>,
}

impl Single {
    /// None where a layer of the region cannot run so.
    pub fn new(graph: &Graph, nodes: Range<usize>, built: &Built, threads: usize) -> Option<Self> {
        let mut builder = Builder { lines: 0, prepared: 0, steps: vec![], values: HashMap::new() };
        let form = |value: &Value| form_of(graph.shape(*value));
        let entries = built.inputs.iter().map(|value| (form(value), builder.value(*value, form(value)))).collect();
        for index in nodes {
            builder.place(graph, index, threads)?;
        }
        let exits = built.outputs.iter().map(|value| (form(value), builder.values[value].clone())).collect();
        let Builder { lines, prepared, steps, .. } = builder;
        let prepared = vec![Line::ZERO; prepared];
        Some(Self { steps, entries, exits, arena: Arena::default(), lines, prepared, version: None })
    }

    /// The outputs, image after image.
    pub fn forward(
        &mut self,
        machine: &Machine,
        store: &Store<f32>,
        inputs: &[&[f32]],
        images: usize,
    ) -> Vec<Vec<f32>> {
        self.prepare(store);
        self.arena.grow(self.lines);
        let mut outputs: Vec<Vec<f32>> = self.exits.iter().map(|(form, _)| vec![0.0; images * form.count()]).collect();
        for image in 0..images {
            for ((form, range), values) in self.entries.iter().zip(inputs) {
                let values = &values[image * form.count()..][..form.count()];
                form.from_natural(values, &mut self.arena.write(range.clone()));
            }
            self.run(machine, store);
            for ((form, range), values) in self.exits.iter().zip(&mut outputs) {
                let values = &mut values[image * form.count()..][..form.count()];
                form.to_natural(&self.arena.read(range.clone()), values);
            }
        }
        outputs
    }

    fn run(&self, machine: &Machine, store: &Store<f32>) {
        let (nodes, values, _) = store.parts();
        for placed in &self.steps {
            let (params, prepared) = (&values[nodes[placed.node][0].clone()], &self.prepared[placed.prepared.clone()]);
            placed.step.forward(&Run { machine, arena: &self.arena, placed, params, prepared });
        }
    }

    /// Lays the weights out anew, where they have changed.
    fn prepare(&mut self, store: &Store<f32>) {
        if self.version == Some(store.version()) {
            return;
        }
        self.version = Some(store.version());
        let (nodes, values, buffers) = store.parts();
        for placed in &self.steps {
            let [params, running] = nodes[placed.node].clone();
            placed.step.prepare(&values[params], &buffers[running], &mut self.prepared[placed.prepared.clone()]);
        }
    }
}

struct Builder {
    lines: usize,
    prepared: usize,
    steps: Vec<Placed>,
    values: HashMap<Value, Range<usize>>,
}

impl Builder {
    fn take(&mut self, lines: usize) -> Range<usize> {
        self.lines += lines;
        self.lines - lines..self.lines
    }

    fn value(&mut self, value: Value, form: Form) -> Range<usize> {
        let range = self.take(form.lines());
        self.values.insert(value, range.clone());
        range
    }

    fn place(&mut self, graph: &Graph, index: usize, threads: usize) -> Option<()> {
        let node = &graph.nodes[index];
        let inputs: Vec<Range<usize>> = node.inputs.iter().map(|value| self.values[value].clone()).collect();
        if renames(graph, node) {
            self.values.insert(Value::Node(index), inputs[0].clone());
            return Some(());
        }
        let step = step_of(graph, node)?;
        let output = self.value(Value::Node(index), form_of(node.output));
        let scratch = self.take(step.scratch(threads));
        let prepared = self.prepared..self.prepared + step.prepared();
        self.prepared = prepared.end;
        self.steps.push(Placed { step, node: index, inputs, output, scratch, prepared });
        Some(())
    }
}
