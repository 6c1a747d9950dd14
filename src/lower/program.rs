//! A graph made ready to run, and its runs: forward alone, or a training step.

use dfdx::shapes::Rank0;
use dfdx::tensor::{Gradients, Merge, NoneTape, OwnedTape, PutTape, SplitTape, Tape, TensorFromVec};
use dfdx::tensor_ops::Backward;

use super::batch::{Batch, Draw, Outputs, Step};
use super::element::{Element, Flat, Flow, Of, to_vec};
use super::loss::{Criterion, Loss, Term, lower_term, scores_of};
use super::node::{Layer, Plan};
use super::norm::Moments;
use super::store::Store;
use crate::graph::{Graph, Value};
use crate::layer::Op;

/// A graph with its index tensors. It holds no parameters: a [`Store`] made from the same graph comes to each run.
pub struct Program<E: Element> {
    graph: Graph,
    plans: Vec<Plan<E>>,
}

/// All values of one run.
struct Run<E: Element, T> {
    image: Flow<E>,
    /// One for each node.
    values: Vec<Flow<E>>,
    /// The parameters of each node.
    params: Vec<Vec<Flat<E>>>,
    /// Batch statistics, by node.
    moments: Vec<(usize, Moments<E>)>,
    tape: T,
}

impl<E: Element, T> Run<E, T> {
    fn value(&self, value: Value) -> &Flow<E> {
        match value {
            Value::Input => &self.image,
            Value::Node(index) => &self.values[index],
        }
    }
}

impl<E: Element> Program<E> {
    pub fn new(graph: &Graph) -> Self {
        let plans = graph.nodes.iter().map(|node| Plan::new(graph, node)).collect();
        Self { graph: graph.clone(), plans }
    }

    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The outputs for at least one image, as in evaluation: running statistics, no dropout.
    pub fn forward(&self, store: &Store<E>, images: &[E]) -> Outputs<E> {
        let run = self.run(store, images, None, NoneTape);
        self.outputs(&run)
    }

    /// Outputs and loss on at least one image, as in evaluation.
    pub fn evaluate(&self, store: &Store<E>, batch: &Batch<E>, loss: &Loss) -> Step<E> {
        let run = self.run(store, batch.images, None, NoneTape);
        let loss = self.loss(&run, loss, batch).map_or(0.0, |value| to_vec(&value)[0].f64());
        Step { loss, outputs: self.outputs(&run) }
    }

    /// One training step on at least one image, without the optimizer: adds to the store's gradients and moves its running
    /// statistics.
    pub fn step(&self, store: &mut Store<E>, batch: &Batch<E>, loss: &Loss, draw: Draw) -> Step<E> {
        let mut run = self.run(store, batch.images, Some(draw), OwnedTape::default());
        let outputs = self.outputs(&run);
        let tape = std::mem::take(&mut run.tape);
        let loss = self.loss(&run, loss, batch).map_or(0.0, |value| {
            let (value, own) = value.split_tape();
            let figure = to_vec(&value)[0].f64();
            add_gradients(store, &run.params, value.put_tape(tape.merge(own)).backward());
            figure
        });
        follow_moments(store, &run.moments);
        Step { loss, outputs }
    }

    /// Which output holds the class scores, if one does.
    pub fn scores(&self) -> Option<usize> {
        scores_of(&self.graph)
    }

    /// The softmax that the scores come out of, if they do.
    pub fn scores_softmax(&self) -> Option<&Op> {
        let output = self.graph.outputs[self.scores()?].value;
        self.softmax_of(output).map(|index| &self.graph.nodes[index].op)
    }

    fn run<T: Tape<E, E::Dev>>(&self, store: &Store<E>, images: &[E], draw: Option<Draw>, tape: T) -> Run<E, T> {
        let count = self.graph.input.count();
        let shape = (images.len() / count, count);
        let image = E::Dev::default().tensor_from_vec(images.to_vec(), shape);
        let mut run = Run { image, values: vec![], params: vec![], moments: vec![], tape };
        for (index, plan) in self.plans.iter().enumerate() {
            let params = tensors_of(store, index);
            let layer = Layer { graph: &self.graph, index, plan, params: &params, draw };
            let values = self.graph.nodes[index].inputs.iter().map(|&value| run.value(value).clone()).collect();
            let (value, moments) = layer.lower(values, std::mem::take(&mut run.tape));
            let (value, tape) = value.split_tape();
            run.tape = tape;
            run.values.push(value);
            run.params.push(params);
            run.moments.extend(moments.map(|moments| (index, moments)));
        }
        run
    }

    fn outputs<T>(&self, run: &Run<E, T>) -> Outputs<E> {
        Outputs { values: self.graph.outputs.iter().map(|output| to_vec(run.value(output.value))).collect() }
    }

    /// The sum of the terms; none without terms.
    fn loss<T: Tape<E, E::Dev>>(&self, run: &Run<E, T>, loss: &Loss, batch: &Batch<E>) -> Option<Of<Rank0, E, T>> {
        let term = |term: &Term| lower_term(term, run.value(self.compared(term)).retaped::<T>(), batch);
        loss.terms.iter().map(term).reduce(|a, b| a + b)
    }

    /// What a term compares: for cross entropy the scores before a final softmax, which is not applied twice.
    fn compared(&self, term: &Term) -> Value {
        let output = self.graph.outputs[term.output].value;
        match term.criterion {
            Criterion::CrossEntropy => self.before_softmax(output).unwrap_or(output),
            Criterion::Mse => output,
        }
    }

    fn before_softmax(&self, value: Value) -> Option<Value> {
        self.softmax_of(value).map(|index| self.graph.nodes[index].inputs[0])
    }

    /// The softmax over all scores that a value is, whatever shape it was given since.
    fn softmax_of(&self, value: Value) -> Option<usize> {
        let Value::Node(index) = value else { return None };
        let node = &self.graph.nodes[index];
        match node.op {
            Op::Softmax | Op::LogSoftmax if node.output.positions() == 1 => Some(index),
            Op::Flatten | Op::Reshape | Op::Identity => self.softmax_of(node.inputs[0]),
            _ => None,
        }
    }
}

fn tensors_of<E: Element>(store: &Store<E>, node: usize) -> Vec<Flat<E>> {
    let tensor = |values: &[E]| E::Dev::default().tensor_from_vec(values.to_vec(), (values.len(),));
    store.of_node(node).iter().map(|entry| tensor(store.value(entry))).collect()
}

fn add_gradients<E: Element>(store: &mut Store<E>, params: &[Vec<Flat<E>>], mut gradients: Gradients<E, E::Dev>) {
    let entries: Vec<_> = store.entries().to_vec();
    for (entry, param) in entries.iter().zip(params.iter().flatten()).filter(|(entry, _)| entry.trained) {
        let from = gradients.get_or_alloc_mut(param).expect("memory for a gradient");
        store.gradient_mut(entry).iter_mut().zip(from.iter()).for_each(|(sum, &gradient)| *sum += gradient);
    }
}

fn follow_moments<E: Element>(store: &mut Store<E>, moments: &[(usize, Moments<E>)]) {
    for (node, moments) in moments {
        let [mean, variance] = [2, 3].map(|n| store.of_node(*node)[n].clone());
        Moments::follow(store.value_mut(&mean), &moments.mean);
        Moments::follow(store.value_mut(&variance), &moments.variance);
    }
}
