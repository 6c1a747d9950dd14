//! A file of a source map -> [`Report`]: everything that `netc check` says of it.

use std::collections::BTreeMap;

use super::Graph;
use super::channels_last::turned;
use super::explain::{Case, explain};
use super::findings::Findings;
use super::infer::{Cost, Inference, Patch, Setting, infer};
use super::lint::lint;
use super::rejoin::rejoin;
use super::repair::{Budget, follows};
use super::setting::{Given, setting};
use super::strict::adapters;
use super::verify::verify;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::layer::Shape;
use crate::resolve::{self, Combination, Met, Network, Value};
use crate::source::{FileId, SourceMap, Span};

/// How many diagnostics of a file are shown.
pub const MAX_SHOWN: usize = 100;

/// What is known of a file; of its first combination, where it has choices.
#[derive(Debug)]
pub struct Report {
    pub file: FileId,
    /// By place, at most [`MAX_SHOWN`].
    pub diagnostics: Vec<Diagnostic>,
    /// How many more there are, at least.
    pub hidden: usize,
    /// Whether there are more than that: so many mistakes are not all kept.
    pub uncounted: bool,
    pub input: Option<Shape>,
    pub classes: usize,
    pub layers: Vec<LayerReport>,
    pub outputs: Vec<(Option<String>, Option<Shape>)>,
    pub choices: Vec<ChoiceReport>,
    /// There where the file has no errors.
    pub graph: Option<Graph>,
    /// A file of blocks.
    pub library: bool,
    /// The file's text with its imports inlined.
    pub text: String,
}

/// A line of the layer table.
#[derive(Debug)]
pub struct LayerReport {
    pub name: &'static str,
    /// `Stage.2`, from outside in.
    pub block: Vec<String>,
    pub span: Span,
    pub implicit: bool,
    /// None where a mistake hides it.
    pub cost: Option<Cost>,
}

/// A choice and its values.
#[derive(Debug)]
pub struct ChoiceReport {
    pub span: Span,
    pub values: Vec<Option<Value>>,
}

impl Report {
    pub fn is_ok(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Trained parameters, if all layers are known.
    pub fn params(&self) -> Option<u64> {
        self.sum(|cost| cost.params)
    }

    /// Multiply-adds for one image, if all layers are known.
    pub fn macs(&self) -> Option<u64> {
        self.sum(|cost| cost.macs)
    }

    fn sum(&self, of: impl Fn(&Cost) -> u64) -> Option<u64> {
        self.layers.iter().try_fold(0u64, |sum, layer| Some(sum.saturating_add(of(layer.cost.as_ref()?))))
    }
}

/// Checks a file with its imports, in every combination of its choices.
pub fn check(sources: &mut SourceMap, file: FileId, given: &Given) -> Report {
    let mut found = vec![];
    let Some(package) = resolve::load(sources, file, &mut found) else { return Report::refused(file, found) };
    let library = package.modules[0].ast.chain.is_none();
    let mut checker = Checker {
        sources,
        given,
        found: Findings::default(),
        first: None,
        choices: BTreeMap::new(),
        budget: Budget::of_a_file(),
        warnings: vec![],
        uncounted: false,
    };
    let limit = resolve::combinations(&package, |combination| checker.visit(combination));
    let mut report = checker.finish(file, library, found, limit);
    report.uncounted |= package.modules.iter().any(|module| module.ast.more > 0);
    report.text = resolve::inlined(sources, file, &package);
    report
}

struct Checker<'a> {
    sources: &'a SourceMap,
    given: &'a Given,
    found: Findings,
    first: Option<First>,
    choices: BTreeMap<Span, ChoiceReport>,
    budget: Budget,
    /// Whether a combination had more diagnostics than are kept.
    uncounted: bool,
    /// Of the first combination.
    warnings: Vec<Diagnostic>,
}

/// What the report tells of the first combination.
struct First {
    /// None where the file's was not understood.
    input: Option<Shape>,
    classes: usize,
    layers: Vec<LayerReport>,
    outputs: Vec<(Option<String>, Option<Shape>)>,
    graph: Option<Graph>,
}

impl Checker<'_> {
    fn visit(&mut self, combination: Combination) {
        let Combination { network, choices, diagnostics } = combination;
        self.uncounted |= diagnostics.overflowed();
        self.note_choices(&choices);
        self.found.begin(choices);
        diagnostics.into_sorted().into_iter().for_each(|diagnostic| self.found.add(diagnostic));
        let (setting, note) = setting(&network, self.given);
        note.into_iter().for_each(|note| self.found.add(note));
        let inference = infer(&network, setting, &Patch::default());
        match turned(&network, setting, &inference) {
            Some(turned) => {
                self.found.add(turned.diagnostic);
                self.explain(&network, turned.setting, &turned.inference);
            }
            None => self.explain(&network, setting, &inference),
        }
        if self.given.strict {
            adapters(&network, &inference).into_iter().for_each(|diagnostic| self.found.add(diagnostic));
        }
        if self.first.is_none() {
            if let Some(graph) = &inference.graph {
                debug_assert_eq!(verify(graph), Ok(()));
                self.warnings = lint(graph, &network, self.sources);
            }
            self.first = Some(First::of(&network, setting, inference));
        }
    }

    fn note_choices(&mut self, met: &[Met]) {
        for choice in met {
            let report = self.choices.entry(choice.span);
            let report = report.or_insert_with(|| ChoiceReport { span: choice.span, values: vec![None; choice.count] });
            let known = &mut report.values[choice.index];
            *known = known.take().or_else(|| choice.value.clone());
        }
    }

    fn explain(&mut self, network: &Network, setting: Setting, inference: &Inference) {
        let known_faults = inference.faults.iter().map(|fault| (fault.place, fault.fault.code)).collect();
        let case = Case { network, setting, inference, sources: self.sources, budget: &self.budget, known_faults };
        for fault in inference.faults.iter().filter(|fault| !follows(&case, fault)) {
            match self.found.known(fault.fault.code, case.primary(fault)) {
                Some(key) => self.found.again(key, &fault.fault.message),
                None => self.found.add(explain(&case, fault)),
            }
        }
    }

    fn finish(mut self, file: FileId, library: bool, parsed: Vec<Diagnostic>, limit: Option<Diagnostic>) -> Report {
        let mut all = Diagnostics::new();
        let found = parsed.into_iter().chain(self.found.take()).collect();
        all.extend(rejoin(found, self.sources));
        all.extend(limit);
        if !all.has_errors() {
            all.extend(self.warnings);
        }
        let mut report = Report::refused(file, vec![]);
        report.library = library;
        report.choices = self.choices.into_values().collect();
        if let Some(first) = self.first.filter(|_| !library) {
            report.input = first.input;
            report.classes = first.classes;
            report.layers = first.layers;
            report.outputs = first.outputs;
            report.graph = first.graph.filter(|_| !all.has_errors());
        }
        report.uncounted = self.uncounted || all.overflowed();
        report.show(all.into_sorted());
        report
    }
}

impl First {
    fn of(network: &Network, setting: Setting, inference: Inference) -> Self {
        let layers = inference.rows.iter().map(|row| {
            let node = &network.nodes[row.node];
            LayerReport {
                name: row.name,
                block: node.site.blocks.clone(),
                span: node.span,
                implicit: row.implicit,
                cost: row.typed,
            }
        });
        let layers = layers.collect();
        let outputs = network.outputs.iter().map(|output| {
            let shape = match output.source {
                resolve::Source::Input => Some(setting.input),
                resolve::Source::Node(index) => inference.outputs[index],
                resolve::Source::Unknown => None,
            };
            (output.label.clone(), shape)
        });
        let outputs = match &inference.graph {
            Some(graph) => graph.outputs.iter().map(|o| (Some(o.name.clone()), Some(graph.shape(o.value)))).collect(),
            None => outputs.collect(),
        };
        let input = Some(setting.input).filter(|_| !network.input_in_doubt);
        Self { input, classes: setting.classes, layers, outputs, graph: inference.graph }
    }
}

impl Report {
    fn refused(file: FileId, diagnostics: Vec<Diagnostic>) -> Self {
        let mut report = Self {
            file,
            diagnostics: vec![],
            hidden: 0,
            uncounted: false,
            input: None,
            classes: 0,
            layers: vec![],
            outputs: vec![],
            choices: vec![],
            graph: None,
            library: false,
            text: String::new(),
        };
        let mut all = Diagnostics::new();
        all.extend(diagnostics);
        report.show(all.into_sorted());
        report
    }

    fn show(&mut self, mut diagnostics: Vec<Diagnostic>) {
        self.hidden = diagnostics.len().saturating_sub(MAX_SHOWN);
        diagnostics.truncate(MAX_SHOWN);
        self.diagnostics = diagnostics;
    }
}
