//! A network's text and other sizes for its layers -> the text with other numbers in it.
//!
//! A number that stands in a layer's place is changed there; a block's parameter where the block is used, or at its
//! default; a name where `let` gives it. What is computed follows by itself, or does not: the new text is checked to have
//! the sizes that are wanted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Given, Graph, check};
use crate::diagnostic::{Code, Diagnostic, Edit, apply};
use crate::layer::{Argument, Op, Seq};
use crate::resolve::{self, Network, Node};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{Ast, Call, Chain, Expr, ExprKind, StepKind};

/// Changes the numbers of `file`, which is `graph`'s text without imports, so that its nodes hold `ops`.
///
/// # Errors
/// N0815 where one number would have to become several, or a computed one does not follow.
pub fn resized(
    sources: &mut SourceMap,
    file: FileId,
    given: &Given,
    graph: &Graph,
    ops: &[Op],
) -> Result<String, Diagnostic> {
    let text = sources.file(file).text().to_string();
    let Some(edits) = edits(sources, file, graph, ops)? else { return Err(unwritten("the text has imports")) };
    let text = apply(&text, file, &edits);
    match stray(&text, given, graph, ops) {
        None => Ok(text),
        Some(path) => Err(unwritten(&format!("the size of `{path}` is computed, and would not be what it has to be"))),
    }
}

/// The path of the first layer that the new text makes otherwise than it should.
fn stray(text: &str, given: &Given, graph: &Graph, ops: &[Op]) -> Option<String> {
    let mut sources = SourceMap::new();
    let file = sources.add("network.net", None, text);
    let made = check(&mut sources, file, given).graph.map_or(vec![], |graph| graph.nodes);
    let mut expected = graph.nodes.iter().zip(ops).enumerate();
    let wrong = expected.find(|(index, (node, op))| {
        made.get(*index).is_none_or(|made| made.op != **op || made.path != node.path || made.inputs != node.inputs)
    });
    wrong.map(|(_, (node, _))| node.path.clone())
}

/// The changed numbers; none where the text imports others.
fn edits(sources: &mut SourceMap, file: FileId, graph: &Graph, ops: &[Op]) -> Result<Option<Vec<Edit>>, Diagnostic> {
    let Some(package) = resolve::load(sources, file, &mut vec![]).filter(|package| package.modules.len() == 1) else {
        return Ok(None);
    };
    let mut network = None;
    resolve::combinations(&package, |combination| {
        network.get_or_insert(combination.network);
    });
    let by_path: HashMap<&str, &Op> = graph.nodes.iter().zip(ops).map(|(node, op)| (node.path.as_str(), op)).collect();
    let mut numbers = Numbers::of(&package.modules[0].ast);
    for node in network.iter().flat_map(|network: &Network| &network.nodes) {
        numbers.visit(node, by_path.get(node.path.as_str()).copied());
    }
    numbers.edits(sources).map(Some)
}

/// The numbers of a text, and what each has to become.
struct Numbers<'a> {
    ast: &'a Ast,
    calls: HashMap<Span, &'a Call>,
    values: HashMap<Span, &'a Expr>,
    wanted: BTreeMap<Span, BTreeSet<i64>>,
}

impl<'a> Numbers<'a> {
    fn of(ast: &'a Ast) -> Self {
        let mut numbers = Self { ast, calls: HashMap::new(), values: HashMap::new(), wanted: BTreeMap::new() };
        let bodies = ast.blocks.iter().map(|block| &block.body);
        bodies.chain(&ast.chain).for_each(|chain| numbers.index(chain));
        numbers
    }

    fn index(&mut self, chain: &'a Chain) {
        for step in &chain.steps {
            match &step.kind {
                StepKind::Call(call) => {
                    self.calls.insert(call.span, call);
                    self.values.extend(call.arguments.iter().map(|argument| (argument.value.span, &argument.value)));
                }
                StepKind::Group(chains) | StepKind::Skip(_, chains) | StepKind::Unclosed(chains) => {
                    chains.iter().for_each(|chain| self.index(chain));
                }
                StepKind::Error => {}
            }
        }
    }

    /// Notes what the arguments of a layer have to be; those that are no sizes stay as they are.
    fn visit(&mut self, node: &Node, op: Option<&Op>) {
        for (parameter, bound) in node.args.iter() {
            let Some(value) = bound.span.and_then(|span| self.values.get(&span).copied()) else { continue };
            let size =
                op.and_then(|op| size_of(op, parameter.name)).filter(|_| matches!(bound.value, Argument::Count(_)));
            self.want(value, &node.site.uses, size);
        }
    }

    /// Notes that a value has to be `size`, or to stay; `uses` are the uses of blocks around it.
    fn want(&mut self, value: &'a Expr, uses: &[Span], size: Option<usize>) {
        match &value.kind {
            ExprKind::Integer(number) => {
                self.wanted.entry(value.span).or_default().insert(size.map_or(*number, |size| size as i64));
            }
            ExprKind::Name(name) => {
                if let Some((value, depth)) = self.definition(name, uses) {
                    self.want(value, &uses[..depth], size);
                }
            }
            _ => {}
        }
    }

    /// What gives a name its value, and how many of the uses of blocks are around that.
    fn definition(&self, name: &str, uses: &[Span]) -> Option<(&'a Expr, usize)> {
        self.parameter(name, uses).or_else(|| {
            let defined = self.ast.values.iter().find(|definition| definition.name.value == name);
            defined.map(|definition| (&definition.value, 0))
        })
    }

    fn parameter(&self, name: &str, uses: &[Span]) -> Option<(&'a Expr, usize)> {
        let call = *self.calls.get(uses.last()?)?;
        let block = self.ast.blocks.iter().find(|block| block.name.value == call.name.value)?;
        let place = block.parameters.iter().position(|parameter| parameter.name.value == name)?;
        let mut named = call.arguments.iter().filter(|argument| argument.name.is_some());
        let by_name = named.find(|argument| argument.name.as_ref().is_some_and(|given| given.value == name));
        let by_place = call.arguments.get(place).filter(|argument| argument.name.is_none());
        match by_name.or(by_place) {
            Some(argument) => Some((&argument.value, uses.len() - 1)),
            None => Some((block.parameters[place].default.as_ref()?, uses.len())),
        }
    }

    fn edits(self, sources: &SourceMap) -> Result<Vec<Edit>, Diagnostic> {
        let mut edits = vec![];
        for (span, wanted) in self.wanted {
            let texts: Vec<String> = wanted.iter().map(i64::to_string).collect();
            match texts.as_slice() {
                [text] if *text == sources.slice(span) => {}
                [text] => edits.push(Edit { span, text: text.clone() }),
                _ => return Err(several(span, sources.slice(span), &texts)),
            }
        }
        Ok(edits)
    }
}

/// The size that an argument of a layer gives.
fn size_of(op: &Op, parameter: &str) -> Option<usize> {
    match (op, parameter) {
        (Op::Conv(conv), "in") => Some(conv.input),
        (Op::Conv(conv), "out") => Some(conv.output),
        (Op::Conv(conv), "groups") => Some(conv.groups),
        (Op::ConvT(conv), "in") => Some(conv.input),
        (Op::ConvT(conv), "out") => Some(conv.output),
        (Op::Fc(fc), "in") => Some(fc.input),
        (Op::Fc(fc), "out") => Some(fc.output),
        (Op::Recurrent(recurrent), "in") => Some(recurrent.input),
        (Op::Recurrent(recurrent), "hidden") => Some(recurrent.hidden),
        (Op::Seq(Seq::Features(k)), "k") => Some(*k),
        _ => None,
    }
}

fn several(span: Span, number: &str, wanted: &[String]) -> Diagnostic {
    let message = format!("`{number}` would have to become {} at once", wanted.join(" and "));
    Diagnostic::error(Code::NOT_COMPACT, message)
        .at(span, "layers that use it keep different numbers of units")
        .remark(ADVICE)
}

fn unwritten(reason: &str) -> Diagnostic {
    let message = format!("the smaller network cannot be written by changing the numbers of this one: {reason}");
    Diagnostic::error(Code::NOT_COMPACT, message).remark(ADVICE)
}

const ADVICE: &str = "without `--compact` the units are pruned and the file stays; or give each layer a number of its own \
                      and begin with the weights of this run (`--init-from`)";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Units;

    /// The text without every other unit of each layer that can lose units.
    fn halved(text: &str) -> Result<String, Diagnostic> {
        let mut sources = SourceMap::new();
        let file = sources.add("model.net", None, text);
        let graph = check(&mut sources, file, &Given::default()).graph.expect("the text checks");
        let units = Units::of(&graph);
        let mut dead = vec![false; units.ties()];
        for cohort in units.cohorts.iter().filter(|cohort| cohort.kept.is_none()) {
            let bank = &units.banks[cohort.banks[0]];
            bank.units.iter().step_by(2).take(bank.units.len() / 2).for_each(|&tie| dead[tie] = true);
        }
        resized(&mut sources, file, &Given::default(), &graph, &units.reduced(&graph, &dead))
    }

    fn check_halved(text: &str, expected: &str) {
        assert_eq!(halved(text).unwrap_or_else(|fault| panic!("{text}: {fault:?}")), expected);
    }

    #[test]
    fn numbers_change_where_they_stand() {
        check_halved("LSTM(28,35,2) -> FC", "LSTM(28,18,2) -> FC");
        check_halved("Conv(1, 8, 3) -> FC(_, 8) -> FC", "Conv(1, 4, 3) -> FC(_, 4) -> FC");
        check_halved(
            "Conv(_,8,8) -> Pool(21) -> Seq(8) -> LSTM(8,6) -> FC",
            "Conv(_,4,8) -> Pool(21) -> Seq(4) -> LSTM(4,3) -> FC",
        );
    }

    #[test]
    fn blocks_change_where_they_are_used() {
        let blocks = "let w = 8\nblock A(in, out, k=3) = Conv(in, out, k) -> Conv(out, out, 3)\n";
        check_halved(
            &format!("{blocks}A(1, w) -> A(w, out=2*w) -> FC"),
            &format!("{}A(1, w) -> A(w, out=2*w) -> FC", blocks.replace('8', "4")),
        );
        check_halved("block A(n=4) = Conv(_, n, 3)\nA * 2 -> FC", "block A(n=2) = Conv(_, n, 3)\nA * 2 -> FC");
    }

    #[test]
    fn a_number_that_would_be_several_is_refused() {
        let error = halved("let w = 10\nConv(1, w, 3) -> FC(w)").expect_err("the scores stay ten");
        assert!(error.id.as_str() == "N0815" && error.message.contains("`10`") && error.message.contains("5 and 10"));
        let error = halved("let w = 5\nConv(1, 2*w, 3) -> FC").expect_err("nothing says which number to change");
        assert!(error.message.contains("`Conv` is computed"), "{}", error.message);
    }
}
