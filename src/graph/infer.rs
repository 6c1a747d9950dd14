//! Network -> [`Inference`]: shapes forward along the nodes, adapters put in, refusals collected.
//!
//! What depends on a refused or unknown value stays silent. Knows no places in the text.

use super::{Graph, Label, Node, Output, Value};
use crate::diagnostic::Code;
use crate::layer::{self, Args, Context, Fault, Layer, Op, Shape, Typed};
use crate::resolve::{self, MAX_LAYERS, Network, Source};
use crate::syntax::MAX_VALUES;

/// How many parameters a network may have.
pub const MAX_PARAMETERS: u64 = 1 << 34;

/// What is fixed before the first layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    pub input: Shape,
    pub classes: usize,
    /// Whether nothing says how many classes there are.
    pub classes_assumed: bool,
}

/// A change to be tried.
#[derive(Clone, Debug, Default)]
pub struct Patch {
    /// Other arguments for nodes, by index in order.
    pub args: Vec<(usize, Args)>,
    /// Node, number of its input, and the shape that this has then; by node in order.
    pub inputs: Vec<(usize, usize, Shape)>,
}

/// What inference found.
#[derive(Debug)]
pub struct Inference {
    /// A row for each layer and adapter, in order.
    pub rows: Vec<Row>,
    /// What each node of the network makes, or would make if its input were as written.
    pub outputs: Vec<Option<Shape>>,
    pub faults: Vec<NodeFault>,
    /// There where nothing was refused or unknown.
    pub graph: Option<Graph>,
}

/// A line of the layer table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The network's node that it is, or that it adapts for.
    pub node: usize,
    pub name: &'static str,
    pub implicit: bool,
    /// What the adapter does.
    pub adapter: Option<Op>,
    pub typed: Option<Cost>,
}

/// Output, trained parameters and multiply-adds of a layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    pub output: Shape,
    pub params: u64,
    pub macs: u64,
}

/// What a layer becomes.
#[derive(Default)]
struct Plan {
    input: Option<Shape>,
    adapter: Option<(&'static Layer, Typed)>,
    typed: Option<Typed>,
}

/// A refusal and who refuses.
#[derive(Clone, Debug)]
pub struct NodeFault {
    pub place: FaultPlace,
    pub fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultPlace {
    Node(usize),
    /// The output of this index.
    Output(usize),
}

/// Infers the shapes of `network`, as changed by `patch`.
pub fn infer(network: &Network, setting: Setting, patch: &Patch) -> Inference {
    let mut walk = Walk::new(network, setting, patch);
    for index in 0..network.nodes.len() {
        walk.visit(index);
    }
    walk.finish()
}

struct Walk<'n> {
    network: &'n Network,
    setting: Setting,
    patch: &'n Patch,
    rows: Vec<Row>,
    outputs: Vec<Option<Shape>>,
    faults: Vec<NodeFault>,
    nodes: Vec<Node>,
    /// The graph's value for each node of the network.
    values: Vec<Option<Value>>,
    params: u64,
    /// Layers so far, each of a recurrent stack counted.
    layers: usize,
}

impl<'n> Walk<'n> {
    fn new(network: &'n Network, setting: Setting, patch: &'n Patch) -> Self {
        Self {
            network,
            setting,
            patch,
            rows: Vec::with_capacity(network.nodes.len()),
            outputs: Vec::with_capacity(network.nodes.len()),
            faults: vec![],
            nodes: Vec::with_capacity(network.nodes.len()),
            values: Vec::with_capacity(network.nodes.len()),
            params: 0,
            layers: 0,
        }
    }

    fn visit(&mut self, index: usize) {
        let node = &self.network.nodes[index];
        let patched = self.patch.args.binary_search_by_key(&index, |(at, _)| *at).ok().map(|at| &self.patch.args[at].1);
        let args = patched.unwrap_or(&node.args);
        let plan = self.check(index, args).and_then(|()| self.plan(index, args)).unwrap_or_default();
        let output = plan.typed.as_ref().map(|typed| typed.output).or_else(|| self.assumed(index, args));
        let mut sources = node.inputs.iter().map(|source| self.value_of(*source)).collect::<Option<Vec<_>>>();
        let mut input = plan.input;
        if let Some((layer, typed)) = plan.adapter {
            let makes = typed.output;
            sources = self.push(index, layer, typed, input, sources, true).map(|value| vec![value]);
            input = Some(makes);
        }
        let value = match plan.typed {
            Some(typed) => self.push(index, node.layer, typed, input, sources, false),
            None => {
                let name = node.layer.name;
                self.rows.push(Row { node: index, name, implicit: false, adapter: None, typed: None });
                None
            }
        };
        self.outputs.push(output);
        self.values.push(value);
    }

    /// The rules that hold whatever comes in.
    fn check(&mut self, index: usize, args: &Args) -> Option<()> {
        if args.has_error() {
            return None;
        }
        let node = &self.network.nodes[index];
        let input = node.inputs.first().and_then(|source| self.shape(*source));
        match node.layer.check.map(|check| check(args, input)) {
            Some(Err(fault)) => self.refuse(FaultPlace::Node(index), fault),
            _ => Some(()),
        }
    }

    fn refuse<T>(&mut self, place: FaultPlace, fault: Fault) -> Option<T> {
        self.faults.push(NodeFault { place, fault });
        None
    }

    /// What the layer becomes with its adapter; nothing where an input is unknown.
    fn plan(&mut self, index: usize, args: &Args) -> Option<Plan> {
        let layer = self.network.nodes[index].layer;
        let mut inputs = self.input_shapes(index)?;
        let mut plan = Plan { input: Some(inputs[0]), ..Plan::default() };
        match layer.adapt.map(|adapt| adapt(args, inputs[0])) {
            Some(Ok(Some(op))) => {
                let adapter = adapter(op, inputs[0]);
                inputs[0] = adapter.1.output;
                plan.adapter = Some(adapter);
            }
            Some(Err(fault)) => return self.refuse(FaultPlace::Node(index), fault),
            _ => {}
        }
        plan.typed = match (layer.infer)(args, &Context { inputs: &inputs, classes: self.setting.classes }) {
            Ok(typed) if typed.output.count() > MAX_VALUES => {
                let message =
                    format!("`{}` makes {}, more than {MAX_VALUES} values for one image", layer.name, typed.output);
                self.refuse(FaultPlace::Node(index), Fault::new(Code::LIMIT, message).labelled("too large"))
            }
            Ok(typed) => self.count_layers(index, &typed.op).map(|()| typed),
            Err(fault) => self.refuse(FaultPlace::Node(index), fault),
        };
        Some(plan)
    }

    fn input_shapes(&self, index: usize) -> Option<Vec<Shape>> {
        let sources = &self.network.nodes[index].inputs;
        let mut shapes = sources.iter().map(|source| self.shape(*source)).collect::<Option<Vec<_>>>()?;
        if let Ok(at) = self.patch.inputs.binary_search_by_key(&index, |(at, ..)| *at) {
            let (_, slot, shape) = self.patch.inputs[at];
            shapes[slot] = shape;
        }
        Some(shapes)
    }

    /// The output that a refused or unreached layer is taken to have, so that only its own mistake is reported.
    fn assumed(&self, index: usize, args: &Args) -> Option<Shape> {
        let refused = self.faults.last().filter(|fault| fault.place == FaultPlace::Node(index));
        if let Some(output) = refused.and_then(|fault| fault.fault.output) {
            return Some(output);
        }
        if args.has_error() {
            return None;
        }
        self.network.nodes[index].layer.makes.and_then(|makes| makes(args, self.setting.classes))
    }

    fn shape(&self, source: Source) -> Option<Shape> {
        match source {
            Source::Input => Some(self.setting.input),
            Source::Node(index) => self.outputs[index],
            Source::Unknown => None,
        }
    }

    fn value_of(&self, source: Source) -> Option<Value> {
        match source {
            Source::Input => Some(Value::Input),
            Source::Node(index) => self.values[index],
            Source::Unknown => None,
        }
    }

    /// Adds a row, and a node of the graph where all that it reads is there.
    fn push(
        &mut self,
        index: usize,
        layer: &'static Layer,
        typed: Typed,
        input: Option<Shape>,
        sources: Option<Vec<Value>>,
        implicit: bool,
    ) -> Option<Value> {
        let input = input.unwrap_or(typed.output);
        let params = typed.op.params(input);
        let trained = params.iter().filter(|param| param.trained);
        let trained = trained.fold(0u64, |sum, param| sum.saturating_add(param.count() as u64));
        let cost = Cost { output: typed.output, params: trained, macs: typed.op.macs(input, typed.output) };
        self.count_params(index, trained);
        let adapter = implicit.then(|| typed.op.clone());
        self.rows.push(Row { node: index, name: layer.name, implicit, adapter, typed: Some(cost) });
        let written = &self.network.nodes[index];
        let path = if implicit { format!("{}.{}", written.path, layer.name) } else { written.path.clone() };
        self.nodes.push(Node {
            op: typed.op,
            inputs: sources?,
            output: typed.output,
            params,
            macs: cost.macs,
            name: layer.name,
            path,
            block: written.site.blocks.clone(),
            span: written.span,
            implicit,
        });
        Some(Value::Node(self.nodes.len() - 1))
    }

    /// Refuses the layer that passes the limit, once; only recurrent stacks get that far.
    fn count_layers(&mut self, index: usize, op: &Op) -> Option<()> {
        let more = if let Op::Recurrent(recurrent) = op { recurrent.layers } else { 1 };
        let before = self.layers;
        self.layers = before.saturating_add(more);
        if before <= MAX_LAYERS && self.layers > MAX_LAYERS {
            let message = format!("the network has more than {MAX_LAYERS} layers, those of recurrent stacks counted");
            let fault = match Fault::new(Code::LIMIT, message) {
                fault if more == 1 => fault.labelled("passes the limit"),
                fault => fault.at("layers", format!("{more} layers here")),
            };
            return self.refuse(FaultPlace::Node(index), fault);
        }
        Some(())
    }

    /// Reports the layer that passes the limit on parameters, once.
    fn count_params(&mut self, index: usize, more: u64) {
        let before = self.params;
        self.params = before.saturating_add(more);
        if before <= MAX_PARAMETERS && self.params > MAX_PARAMETERS {
            let message = format!("the network has more than 2^34 parameters ({} with this layer)", self.params);
            let fault = Fault::new(Code::LIMIT, message).labelled(format!("{more} parameters here"));
            self.refuse::<()>(FaultPlace::Node(index), fault);
        }
    }

    fn finish(mut self) -> Inference {
        let shapes: Vec<Option<Shape>> = self.network.outputs.iter().map(|output| self.shape(output.source)).collect();
        for index in 0..shapes.len() {
            if let Some(fault) = self.output_fault(index, &shapes) {
                self.refuse::<()>(FaultPlace::Output(index), fault);
            }
        }
        let outputs = self.graph_outputs(&shapes);
        let labels = self.graph_labels();
        let complete = self.faults.is_empty() && self.values.iter().all(Option::is_some);
        let graph = outputs.filter(|outputs| complete && !outputs.is_empty()).map(|outputs| Graph {
            input: self.setting.input,
            classes: self.setting.classes,
            nodes: self.nodes,
            outputs,
            labels,
        });
        Inference { rows: self.rows, outputs: self.outputs, faults: self.faults, graph }
    }

    fn graph_labels(&self) -> Vec<Label> {
        let labels = self.network.labels.iter();
        let label =
            |label: &resolve::Label| Some(Label { path: label.path.clone(), value: self.value_of(label.source)? });
        labels.filter_map(label).collect()
    }

    fn graph_outputs(&self, shapes: &[Option<Shape>]) -> Option<Vec<Output>> {
        let single = self.network.outputs.len() == 1;
        let named = self.network.outputs.iter().zip(shapes).map(|(output, shape)| {
            let name = match &output.label {
                Some(label) if !single || (*shape)? == self.setting.input => label.clone(),
                None if (*shape)? == self.setting.input => "image".into(),
                _ => "logits".into(),
            };
            Some(Output { name, value: self.value_of(output.source)? })
        });
        named.collect()
    }

    /// Whether one of several outputs has a loss, or may have one.
    fn trains(&self, shapes: &[Option<Shape>]) -> bool {
        let scored = self.network.outputs.iter().any(|output| output.label.as_deref() == Some("logits"));
        scored || shapes.iter().any(|shape| shape.is_none_or(|shape| shape == self.setting.input))
    }

    /// What cannot be an output: scores of another number than the classes, or nothing that has a loss.
    fn output_fault(&self, index: usize, shapes: &[Option<Shape>]) -> Option<Fault> {
        let label = self.network.outputs[index].label.as_deref();
        let single = shapes.len() == 1;
        let shape = shapes[index]?;
        if shape == self.setting.input {
            return None;
        }
        if single || label == Some("logits") {
            let fault = wrong_scores(shape, self.setting.classes)?;
            let missed = if single { missed_image(shape, self.setting.input) } else { None };
            return Some(missed.into_iter().fold(fault, Fault::note));
        }
        (index == 0 && !self.trains(shapes)).then(|| {
            Fault::new(Code::UNTRAINABLE, "none of the outputs can be trained")
                .labelled("neither scores nor an image")
                .note("name the class scores `logits`, or give one output the input's shape")
        })
    }
}

/// By how much a map misses the input's size, where it has the input's channels.
fn missed_image(made: Shape, input: Shape) -> Option<String> {
    let (Shape::Map { channels, height, width }, Shape::Map { channels: wanted, height: rows, width: columns }) =
        (made, input)
    else {
        return None;
    };
    let by = |made: usize, wanted: usize| match wanted.checked_sub(made) {
        Some(0) => "right".to_string(),
        Some(short) => format!("{short} too few"),
        None => format!("{} too many", made - wanted),
    };
    let (rows, columns) = (by(height, rows), by(width, columns));
    let missed =
        if rows == columns { format!("rows and columns {rows}") } else { format!("rows {rows}, columns {columns}") };
    (channels == wanted).then(|| format!("an image like the input would be {input}: {missed}"))
}

fn wrong_scores(shape: Shape, classes: usize) -> Option<Fault> {
    match shape {
        Shape::Vector { features } if features == classes => None,
        Shape::Vector { features } => {
            let scores = format!("{features} score{}", if features == 1 { "" } else { "s" });
            let message = format!("the network makes {scores} for {classes} classes");
            Some(Fault::new(Code::SCORES, message).labelled(scores))
        }
        shape => {
            let message =
                format!("the network ends in {} of {shape}, not in scores for {classes} classes", shape.noun());
            Some(Fault::new(Code::SCORES, message).labelled(format!("makes {shape}")))
        }
    }
}

fn adapter(op: Op, input: Shape) -> (&'static Layer, Typed) {
    match op {
        Op::Seq(seq) => (layer::SEQ, Typed { output: seq.output(input), op }),
        op => (layer::FLATTEN, Typed { output: Shape::vector(input.count()), op }),
    }
}
