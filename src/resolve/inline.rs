//! A package -> one text that says the same without imports.

use std::collections::{HashMap, HashSet};

use super::package::{Definition, DefinitionKind, Module, Package};
use crate::layer;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{BlockDefinition, Chain, Expr, ExprKind, StepKind};

/// The text of `file`, with the definitions that it imports written before its own. A file without imports stays as it
/// is; definitions whose names clash with another file's get a number.
pub fn inlined(sources: &SourceMap, file: FileId, package: &Package) -> String {
    if package.modules.len() == 1 {
        return sources.file(file).text().to_string();
    }
    let inliner = Inliner { sources, package, names: unique_names(sources, package) };
    let main = &package.modules[0].ast;
    let mut lines: Vec<String> = vec![];
    lines.extend(main.input.map(|input| sources.slice(input.span).to_string()));
    lines.extend(main.classes.map(|classes| sources.slice(classes.span).to_string()));
    for module in (1..package.modules.len()).chain([0]) {
        inliner.definitions(module, &mut lines);
    }
    if let Some(chain) = &main.chain {
        lines.push(inliner.rewritten(chain.span, inliner.references_of_chain(0, chain)));
    }
    lines.join("\n") + "\n"
}

/// A name for each definition, by its place. A new name is no word that any of the texts has, whatever it means there.
fn unique_names(sources: &SourceMap, package: &Package) -> HashMap<Span, String> {
    let mut used: HashSet<String> = HashSet::new();
    let mut names = HashMap::new();
    let written = written_words(sources, package);
    for (index, module) in package.modules.iter().enumerate() {
        for (name, definition) in own(index, module) {
            let mut unique = name.clone();
            let mut number = 2;
            while used.contains(&unique) || number > 2 && written.contains(unique.as_str()) {
                unique = format!("{name}_{number}");
                number += 1;
            }
            used.insert(unique.clone());
            names.insert(definition.span, unique);
        }
    }
    names
}

/// Every word of the package's texts.
fn written_words<'s>(sources: &'s SourceMap, package: &Package) -> HashSet<&'s str> {
    let files: HashSet<FileId> = package
        .modules
        .iter()
        .flat_map(|module| module.names.values())
        .map(|definition| definition.span.file)
        .collect();
    let words = |file| sources.file(file).text().split(|c: char| !c.is_alphanumeric() && c != '_');
    files.into_iter().flat_map(words).collect()
}

/// A module's own definitions, by place.
fn own(index: usize, module: &Module) -> Vec<(String, Definition)> {
    let own = module.names.iter().filter(|(_, definition)| definition.module == index);
    let mut own: Vec<_> = own.map(|(name, definition)| (name.clone(), *definition)).collect();
    own.sort_by_key(|(_, definition)| definition.span);
    own
}

/// Names in a text that mean a definition.
type References = Vec<(Span, String)>;

struct Inliner<'a> {
    sources: &'a SourceMap,
    package: &'a Package,
    names: HashMap<Span, String>,
}

impl Inliner<'_> {
    fn definitions(&self, module: usize, lines: &mut Vec<String>) {
        for (_, definition) in own(module, &self.package.modules[module]) {
            let name = &self.names[&definition.span];
            let ast = &self.package.modules[module].ast;
            lines.push(match definition.kind {
                DefinitionKind::Value(index) => self.value(module, name, &ast.values[index].value),
                DefinitionKind::Block(index) => self.block(module, name, &ast.blocks[index]),
            });
        }
    }

    fn value(&self, module: usize, name: &str, value: &Expr) -> String {
        let mut found = vec![];
        self.expr(module, value, &[], &mut found);
        format!("let {name} = {}", self.rewritten(value.span, found))
    }

    fn block(&self, module: usize, name: &str, block: &BlockDefinition) -> String {
        let shadows: Vec<&str> = block.parameters.iter().map(|parameter| parameter.name.value.as_str()).collect();
        let mut found = vec![];
        let defaults = block.parameters.iter().filter_map(|parameter| parameter.default.as_ref());
        defaults.for_each(|default| self.expr(module, default, &shadows, &mut found));
        self.chain(module, &block.body, &shadows, &mut found);
        let after_name = block.name.span.after().to(block.body.span);
        format!("block {name}{}", self.rewritten(after_name, found))
    }

    /// The text of `span` with names replaced by those of their definitions.
    fn rewritten(&self, span: Span, mut references: References) -> String {
        references.sort_by_key(|(place, _)| *place);
        let text = self.sources.file(span.file).text();
        let mut written = String::new();
        let mut at = span.start;
        for (place, name) in references {
            written.push_str(&text[at..place.start]);
            written.push_str(&name);
            at = place.end;
        }
        written + &text[at..span.end]
    }

    fn references_of_chain(&self, module: usize, chain: &Chain) -> References {
        let mut found = vec![];
        self.chain(module, chain, &[], &mut found);
        found
    }

    fn chain(&self, module: usize, chain: &Chain, shadows: &[&str], found: &mut References) {
        for step in &chain.steps {
            match &step.kind {
                StepKind::Call(call) => {
                    self.reference(module, &call.name.value, call.name.span, &[], found);
                    let values = call.arguments.iter().map(|argument| &argument.value);
                    values
                        .filter(|value| !is_word(&call.name.value, value))
                        .for_each(|value| self.expr(module, value, shadows, found));
                }
                StepKind::Group(branches) | StepKind::Skip(_, branches) | StepKind::Unclosed(branches) => {
                    branches.iter().for_each(|chain| self.chain(module, chain, shadows, found));
                }
                StepKind::Error => {}
            }
            step.repeat.iter().for_each(|count| self.expr(module, count, shadows, found));
        }
    }

    fn expr(&self, module: usize, expr: &Expr, shadows: &[&str], found: &mut References) {
        match &expr.kind {
            ExprKind::Name(name) => self.reference(module, name, expr.span, shadows, found),
            ExprKind::Call(_, values) | ExprKind::Choice(values) => {
                values.iter().for_each(|value| self.expr(module, value, shadows, found));
            }
            ExprKind::Negative(value) => self.expr(module, value, shadows, found),
            ExprKind::Terms(terms) => terms.iter().for_each(|(_, term)| self.expr(module, term, shadows, found)),
            _ => {}
        }
    }

    fn reference(&self, module: usize, name: &str, span: Span, shadows: &[&str], found: &mut References) {
        let definition = self.package.modules[module].names.get(name);
        let renamed = definition.and_then(|definition| self.names.get(&definition.span));
        if let Some(new) = renamed.filter(|new| *new != name && !shadows.contains(&name)) {
            found.push((span, new.clone()));
        }
    }
}

/// Whether an argument is one of its layer's own words, which win over values of that name.
fn is_word(layer: &str, value: &Expr) -> bool {
    let ExprKind::Name(name) = &value.kind else { return false };
    let parameters = layer::find(layer).map_or(&[][..], |layer| layer.parameters);
    parameters.iter().any(|parameter| parameter.kind.words().contains(&name.as_str()))
}
