//! Chains -> nodes: blocks and repetitions written out, branches and labels connected.

mod block;
mod branch;
mod call;
mod chain;
mod value;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::labels::Labels;
use super::names;
use super::package::{Definition, DefinitionKind, Package};
use super::value::{Choices, Scope, Value};
use super::{Label, MAX_LAYERS, Network, Node, Site, Source, Turn};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::layer;
use crate::source::{Span, Spanned};
use crate::syntax::ast::{BlockDefinition, Name};

/// Writes out the chain of `package`'s own file for one combination of its choices; with `whole`, looks into unused
/// definitions too.
pub fn expand(package: &Package, choices: Choices, whole: bool) -> (Network, Choices, Diagnostics) {
    let mut expander = Expander::new(package, choices);
    let main = &package.modules[0].ast;
    let outputs = main.chain.as_ref().map(|chain| expander.expand_main(chain)).unwrap_or_default();
    let unused = if whole { expander.check_unused(&outputs) } else { vec![] };
    expander.report_unmade();
    let network = Network {
        input: main.input,
        input_in_doubt: main.input_in_doubt,
        classes_in_doubt: main.classes_in_doubt,
        classes: main.classes,
        nodes: expander.nodes,
        outputs,
        labels: expander.points,
        unused,
    };
    (network, expander.choices, expander.diagnostics)
}

/// What flows along a chain.
#[derive(Clone, Debug)]
enum Flow {
    One(Source),
    /// The ends of branches that no merge has joined yet.
    Branches(Vec<Branch>),
}

#[derive(Clone, Debug)]
struct Branch {
    source: Source,
    label: Option<Name>,
    span: Span,
    /// Whether it ended in branches, which is reported.
    unmerged: bool,
}

/// A block being written out, or the file itself.
struct Frame {
    module: usize,
    parameters: HashMap<String, Value>,
    /// How often each name has stood in this chain.
    counters: HashMap<String, usize>,
    /// The same of labels.
    label_counters: HashMap<String, usize>,
    prefix: String,
    site: Rc<Site>,
    block: Option<Definition>,
}

impl Frame {
    /// The top of a file: no parameters, no block around.
    fn of_module(module: usize) -> Self {
        Self {
            module,
            parameters: HashMap::new(),
            counters: HashMap::new(),
            label_counters: HashMap::new(),
            prefix: String::new(),
            site: Rc::default(),
            block: None,
        }
    }
}

struct Expander<'p> {
    package: &'p Package,
    choices: Choices,
    nodes: Vec<Node>,
    diagnostics: Diagnostics,
    frames: Vec<Frame>,
    labels: Labels,
    /// The points that have names so far.
    points: Vec<Label>,
    values: HashMap<(usize, usize), Evaluation>,
    /// Steps taken, so that no nest of empty blocks runs for ever.
    steps: usize,
    overflowed: bool,
    /// The turns of what is being written out, from outside in.
    turns: Vec<Turn>,
    /// The repetitions in each other that make the most turns so far.
    most_turns: Vec<Turn>,
    /// The `use` lines that were found missing, by module.
    missing_imports: HashSet<(usize, String)>,
    /// The blocks that were written out, and the values that were read.
    used: HashSet<Definition>,
    /// The unused blocks that were looked into.
    seen: HashSet<Definition>,
    /// How many groups without an end stand around.
    unclosed: usize,
    /// Reports of labels that nothing had made so far, with name and place.
    unmade: Vec<(String, Span, Diagnostic)>,
    /// Whether only what nobody uses is being looked into.
    unused: bool,
}

#[derive(Clone)]
enum Evaluation {
    Running,
    Done(Value),
}

/// How many steps of chains are taken at most: enough for every network within the limit of layers.
const MAX_STEPS: usize = 20 * MAX_LAYERS;

/// After how many diagnostics names are no longer compared: those that are shown stand before.
const SUGGESTING: usize = 300;

impl Scope for Expander<'_> {
    fn value(&mut self, name: &str, place: Span) -> Option<Value> {
        if let Some(value) = self.frame().parameters.get(name) {
            return Some(value.clone());
        }
        let definition = *self.package.modules[self.frame().module].names.get(name)?;
        match definition.kind {
            DefinitionKind::Value(index) => {
                self.used.insert(definition);
                Some(self.value_of(definition, index, place))
            }
            DefinitionKind::Block(_) => None,
        }
    }

    fn value_names(&self) -> Vec<String> {
        if !self.suggests() {
            return vec![];
        }
        let frame = self.frame();
        let defined = self.package.modules[frame.module].names.iter();
        let values = defined.filter(|(_, d)| matches!(d.kind, DefinitionKind::Value(_))).map(|(name, _)| name);
        frame.parameters.keys().chain(values).take(names::MAX_COMPARED).cloned().collect()
    }

    fn suggests(&self) -> bool {
        self.diagnostics.len() <= SUGGESTING
    }

    fn in_doubt(&self) -> bool {
        self.package.modules[self.frame().module].in_doubt
    }

    fn lacks_import(&mut self, name: &str, place: Span) -> bool {
        self.report_missing_import(&Spanned::new(name.to_string(), place), false)
    }

    fn parameter_elsewhere(&self, name: &str) -> Option<String> {
        let frame = self.frame();
        let mut blocks = self.package.modules[frame.module].ast.blocks.iter();
        let block = blocks.find(|block| block.parameters.iter().any(|parameter| parameter.name.value == name))?;
        let own = frame.block.is_some_and(|definition| definition.span == block.name.span);
        Some(match own {
            true => format!("a default uses the parameters before it, and `{name}` stands after"),
            false => format!("`{name}` is a parameter of `{}`, known only inside it", block.name.value),
        })
    }

    fn layer_or_block(&self, name: &str) -> bool {
        layer::find(name).is_some() || self.block(name).is_some()
    }

    fn choices(&mut self) -> &mut Choices {
        &mut self.choices
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        let site = self.frame().site.clone();
        self.diagnostics.push(site.show_uses(diagnostic));
    }
}

impl<'p> Expander<'p> {
    fn new(package: &'p Package, choices: Choices) -> Self {
        Self {
            package,
            choices,
            nodes: vec![],
            diagnostics: Diagnostics::new(),
            frames: vec![Frame::of_module(0)],
            labels: Labels::default(),
            points: vec![],
            values: HashMap::new(),
            steps: 0,
            overflowed: false,
            turns: vec![],
            most_turns: vec![],
            missing_imports: HashSet::new(),
            used: HashSet::new(),
            seen: HashSet::new(),
            unclosed: 0,
            unmade: vec![],
            unused: false,
        }
    }

    fn frame(&self) -> &Frame {
        &self.frames[self.frames.len() - 1]
    }

    fn frame_mut(&mut self) -> &mut Frame {
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn block(&self, name: &str) -> Option<(Definition, &'p BlockDefinition)> {
        let definition = *self.package.modules[self.frame().module].names.get(name)?;
        match definition.kind {
            DefinitionKind::Block(index) => {
                Some((definition, &self.package.modules[definition.module].ast.blocks[index]))
            }
            DefinitionKind::Value(_) => None,
        }
    }
}
