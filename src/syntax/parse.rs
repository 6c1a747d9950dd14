//! Pest pairs -> [`Ast`]. The grammar accepts every text; what it took up as junk or left out is reported here.

use pest::Parser as _;
use pest::iterators::{Pair, Pairs};
use pest_derive::Parser;

use super::ast::*;
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::{FileId, Span, Spanned};

#[derive(Parser)]
#[grammar = "../grammar/net.pest"]
struct Grammar;

type Rules<'t> = Pairs<'t, Rule>;
type Node<'t> = Pair<'t, Rule>;

/// Reads a text within the limits of [`super::guard`].
pub fn parse(file: FileId, text: &str) -> (Option<Ast>, Vec<Diagnostic>) {
    let mut parser = Parser { file, diagnostics: vec![] };
    let ast = match Grammar::parse(Rule::file, text) {
        Ok(mut pairs) => pairs.next().map(|pair| parser.parse_file(pair.into_inner())),
        Err(fault) => {
            parser.report_grammar_gap(&fault);
            None
        }
    };
    (ast, parser.diagnostics)
}

struct Parser {
    file: FileId,
    diagnostics: Vec<Diagnostic>,
}

impl Parser {
    fn span(&self, pair: &Node) -> Span {
        let span = pair.as_span();
        let trimmed = span.as_str().trim_end();
        Span::new(self.file, span.start(), span.start() + trimmed.len())
    }

    fn name(&self, pair: &Node) -> Name {
        Spanned::new(pair.as_str().to_string(), self.span(pair))
    }

    fn report(&mut self, code: &'static Code, message: impl Into<String>, span: Span, label: &str) {
        self.diagnostics.push(Diagnostic::error(code, message).at(span, label));
    }

    fn report_grammar_gap(&mut self, fault: &pest::error::Error<Rule>) {
        let at = match fault.location {
            pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
        };
        self.report(
            Code::UNEXPECTED,
            "internal error: the grammar does not cover this text",
            Span::new(self.file, at, at),
            "here",
        );
    }

    // ---- file

    fn parse_file(&mut self, pairs: Rules) -> Ast {
        let mut ast = Ast { input: None, classes: None, imports: vec![], values: vec![], blocks: vec![], chain: None };
        let mut chains: Vec<Chain> = vec![];
        for pair in pairs {
            match pair.as_rule() {
                Rule::chain => chains.extend(self.parse_chain(pair)),
                Rule::stray_close => self.report_stray_close(&pair),
                Rule::stray_bar => self.report_stray_bar(&pair),
                Rule::EOI => {}
                _ => {
                    if let Some(chain) = chains.last() {
                        self.report_misplaced(&pair, chain.span);
                    }
                    self.parse_statement(pair, &mut ast);
                }
            }
        }
        ast.chain = self.join_chains(chains);
        ast
    }

    fn report_stray_close(&mut self, pair: &Node) {
        let (bracket, partner) = if pair.as_str() == ")" { (")", "(") } else { ("}", "{") };
        let message = format!("this `{bracket}` closes nothing");
        self.report(Code::BRACKET, message, self.span(pair), &format!("no `{partner}` stands before it"));
    }

    fn report_stray_bar(&mut self, pair: &Node) {
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "branches stand in parentheses")
            .at(self.span(pair), "`|` outside of parentheses")
            .remark("write `( A | B ) -> Add`");
        self.diagnostics.push(diagnostic);
    }

    fn report_misplaced(&mut self, pair: &Node, chain: Span) {
        let word = statement_word(pair);
        let diagnostic = Diagnostic::error(Code::MISPLACED, format!("`{word}` stands after the network"))
            .at(self.span(pair), "move it before the first layer")
            .with(chain, "the network");
        self.diagnostics.push(diagnostic);
    }

    /// Chains that follow each other without an arrow between them, as one.
    fn join_chains(&mut self, chains: Vec<Chain>) -> Option<Chain> {
        let mut chains = chains.into_iter();
        let mut whole = chains.next()?;
        for next in chains {
            self.report_missing_arrow(&whole, &next);
            whole.span = whole.span.to(next.span);
            whole.steps.extend(next.steps);
        }
        Some(whole)
    }

    fn report_missing_arrow(&mut self, before: &Chain, after: &Chain) {
        let (Some(last), Some(first)) = (before.steps.last(), after.steps.first()) else { return };
        if is_error(last) || is_error(first) {
            return;
        }
        let fix = Fix {
            title: "write `->` between them".into(),
            safe: false,
            edits: vec![Edit { span: last.span.after(), text: " ->".into() }],
        };
        let diagnostic = Diagnostic::error(Code::MISSING_ARROW, "expected `->` between two layers")
            .at(first.span, "this follows without an arrow")
            .with(last.span, "the layer before")
            .fix(fix);
        self.diagnostics.push(diagnostic);
    }

    // ---- statements

    fn parse_statement(&mut self, pair: Node, ast: &mut Ast) {
        match pair.as_rule() {
            Rule::edition => self.parse_edition(pair),
            Rule::input => {
                if let Some(input) = self.parse_input(&pair) {
                    self.set_once(&mut ast.input, input, "input");
                }
            }
            Rule::classes => {
                if let Some(classes) = self.parse_classes(&pair) {
                    self.set_once(&mut ast.classes, classes, "classes");
                }
            }
            Rule::import => ast.imports.extend(self.parse_import(pair)),
            Rule::definition => ast.values.extend(self.parse_definition(pair)),
            Rule::block => ast.blocks.extend(self.parse_block(pair)),
            rule => unreachable!("{rule:?} is no statement"),
        }
    }

    fn set_once<T>(&mut self, slot: &mut Option<Spanned<T>>, value: Spanned<T>, word: &str) {
        match slot {
            None => *slot = Some(value),
            Some(first) => {
                let diagnostic = Diagnostic::error(Code::MISPLACED, format!("`{word}` is given twice"))
                    .at(value.span, "the second time")
                    .with(first.span, "the first time");
                self.diagnostics.push(diagnostic);
            }
        }
    }

    fn parse_edition(&mut self, pair: Node) {
        let Some(number) = self.statement_value(&pair, "a number, as in `edition 1`") else { return };
        if number.as_str().trim_start_matches('0') != "1" {
            let diagnostic = Diagnostic::error(Code::EDITION, format!("edition {} is not known", number.as_str()))
                .at(self.span(&number), "this netc knows edition 1")
                .remark("write `edition 1`, or leave the line out");
            self.diagnostics.push(diagnostic);
        }
    }

    fn parse_input(&mut self, pair: &Node) -> Option<Spanned<[usize; 3]>> {
        let expected = "channels x height x width, as in `input 3x32x32`";
        let value = self.statement_value(pair, expected)?;
        let sizes = self.parse_sizes(&value)?;
        match <[usize; 3]>::try_from(sizes) {
            Ok(sizes) if sizes.iter().all(|&size| (1..=MAX_SIDE).contains(&size)) => {
                Some(Spanned::new(sizes, self.span(pair)))
            }
            Ok(_) => {
                let message = format!("each size of an input is between 1 and {MAX_SIDE}");
                self.report(Code::OUT_OF_RANGE, message, self.span(&value), "out of range");
                None
            }
            Err(_) => {
                self.report(
                    Code::INCOMPLETE,
                    format!("expected {expected}"),
                    self.span(&value),
                    "three sizes are needed",
                );
                None
            }
        }
    }

    fn parse_classes(&mut self, pair: &Node) -> Option<Spanned<usize>> {
        let value = self.statement_value(pair, "a number, as in `classes 10`")?;
        let count = self.parse_natural(&value)?;
        if (1..=MAX_CLASSES).contains(&count) {
            return Some(Spanned::new(count, self.span(pair)));
        }
        let message = format!("there are between 1 and {MAX_CLASSES} classes");
        self.report(Code::OUT_OF_RANGE, message, self.span(&value), "out of range");
        None
    }

    fn parse_import(&mut self, pair: Node) -> Option<Import> {
        let value =
            self.statement_value(&pair, "a library's name, as in `use conv`, or a file, as in `use \"./blocks.net\"`")?;
        let text = value.as_str();
        let path = match value.as_rule() {
            Rule::string => ImportPath::File(text.trim_matches('"').to_string()),
            _ => ImportPath::Library(text.to_string()),
        };
        Some(Import { path, span: self.span(&value) })
    }

    /// The value after a statement's keyword; without one, a report of what was expected.
    fn statement_value<'t>(&mut self, pair: &Node<'t>, expected: &str) -> Option<Node<'t>> {
        let mut inner = pair.clone().into_inner();
        let keyword = inner.next().map(|keyword| self.span(&keyword))?;
        let (place, label) = match inner.next() {
            Some(value) if value.as_rule() != Rule::bad_line => return Some(value),
            Some(bad) if !bad.as_str().trim().is_empty() => (self.span(&bad), "not that"),
            _ => (keyword, "nothing follows it"),
        };
        let message = format!("expected {expected}");
        self.report(Code::INCOMPLETE, message, place, label);
        None
    }

    fn parse_definition(&mut self, pair: Node) -> Option<ValueDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `let width = 32`")?;
        let keyword = name.span;
        parts.equals(keyword, "`=` and a value, as in `let width = 32`")?;
        let value = parts.next(Rule::expression);
        match value {
            Some(value) => Some(ValueDefinition { name, value: self.parse_expression(value) }),
            None => {
                self.report(Code::INCOMPLETE, "expected a value after `=`", keyword, "this has no value");
                Some(ValueDefinition { value: Expr { kind: ExprKind::Error, span: keyword }, name })
            }
        }
    }

    fn parse_block(&mut self, pair: Node) -> Option<BlockDefinition> {
        let mut parts = Parts::new(self, pair);
        let name = parts.name("a name, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`")?;
        let parameters = parts.next(Rule::parameters);
        let complete = parts.equals(name.span, "`=` and layers, as in `block Stage(out) = Conv(_, out, 3) -> ReLU`");
        let body = parts.next(Rule::chain);
        let parameters = parameters.map(|pair| self.parse_parameters(pair)).unwrap_or_default();
        let body = body.and_then(|pair| self.parse_chain(pair));
        if body.is_none() && complete.is_some() {
            self.report(Code::MISSING_LAYER, "expected a layer after `=`", name.span, "this block has no layers");
        }
        let body = body.unwrap_or_else(|| error_chain(name.span));
        Some(BlockDefinition { name, parameters, body })
    }

    fn parse_parameters(&mut self, pair: Node) -> Vec<Parameter> {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), "(");
        }
        let count = items.len();
        let mut parameters = vec![];
        for (index, item) in items.into_iter().enumerate() {
            let last = index + 1 == count;
            parameters.extend(self.parse_parameter(item, last));
        }
        parameters
    }

    fn parse_parameter(&mut self, pair: Node, last: bool) -> Option<Parameter> {
        let place = self.span(&pair);
        let mut name = None;
        let mut default = None;
        let mut equals = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::equals => equals = true,
                Rule::expression => default = Some(self.parse_expression(part)),
                _ => {
                    self.report(
                        Code::INCOMPLETE,
                        "expected a parameter's name, or `name=default`",
                        self.span(&part),
                        "not that",
                    );
                    return name.map(|name| Parameter { name, default });
                }
            }
        }
        match name {
            Some(name) => {
                if equals && default.is_none() {
                    self.report(Code::INCOMPLETE, "expected a value after `=`", name.span, "no default follows");
                }
                Some(Parameter { name, default })
            }
            None if last => None,
            None => {
                self.report(Code::INCOMPLETE, "expected a parameter's name before `,`", place, "nothing stands here");
                None
            }
        }
    }

    // ---- layers

    fn parse_chain(&mut self, pair: Node) -> Option<Chain> {
        let span = self.span(&pair);
        let mut steps: Vec<Step> = vec![];
        let mut arrow: Option<Span> = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::arrow => {
                    self.check_arrow(&part);
                    if steps.is_empty() {
                        self.report_missing_layer("before `->`", self.span(&part));
                        steps.push(error_step(self.span(&part)));
                    } else if arrow.is_some() {
                        self.report_missing_layer("between two `->`", self.span(&part));
                    }
                    arrow = Some(self.span(&part));
                }
                _ => {
                    arrow = None;
                    steps.push(self.parse_step(part));
                }
            }
        }
        if let Some(arrow) = arrow {
            self.report_missing_layer("after `->`", arrow);
            steps.push(error_step(arrow));
        }
        (!steps.is_empty()).then_some(Chain { steps, span })
    }

    fn report_missing_layer(&mut self, place: &str, span: Span) {
        self.report(Code::MISSING_LAYER, format!("expected a layer {place}"), span, "no layer stands here");
    }

    fn check_arrow(&mut self, pair: &Node) {
        if pair.as_str() == "->" {
            return;
        }
        let span = self.span(pair);
        let fix = Fix { title: "write `->`".into(), safe: true, edits: vec![Edit { span, text: "->".into() }] };
        let diagnostic =
            Diagnostic::error(Code::WRONG_ARROW, format!("layers are joined by `->`, not `{}`", pair.as_str()))
                .at(span, "expected `->` here")
                .fix(fix);
        self.diagnostics.push(diagnostic);
    }

    fn parse_step(&mut self, pair: Node) -> Step {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(primary) = parts.next() else { return error_step(span) };
        let kind = self.parse_primary(primary);
        let mut step = Step { kind, repeat: None, label: None, span };
        for suffix in parts {
            match suffix.as_rule() {
                Rule::repeat => self.parse_repeat(suffix, &mut step),
                _ => self.parse_label(suffix, &mut step),
            }
        }
        step
    }

    fn parse_primary(&mut self, pair: Node) -> StepKind {
        match pair.as_rule() {
            Rule::call => StepKind::Call(self.parse_call(pair)),
            Rule::group => StepKind::Group(self.parse_group(pair)),
            Rule::skip => self.parse_skip(pair),
            _ => {
                self.report_junk(&pair);
                StepKind::Error
            }
        }
    }

    fn report_junk(&mut self, pair: &Node) {
        let found = excerpt(pair.as_str());
        let mut diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("expected a layer, found `{found}`"))
            .at(self.span(pair), "this is no layer");
        if found.starts_with(',') {
            diagnostic = diagnostic.remark("layers are joined by `->`, as in `Conv(1, 20, 3) -> ReLU`");
        }
        self.diagnostics.push(diagnostic);
    }

    fn parse_repeat(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        if step.label.is_some() {
            self.report(Code::UNEXPECTED, "`*` stands before `as`", span, "write `X * 3 as x`");
            return;
        }
        if step.repeat.is_some() {
            self.report(Code::UNEXPECTED, "a layer is repeated once", span, "write one count, as in `X * (2 * 3)`");
            return;
        }
        let count = match pair.into_inner().next() {
            Some(count) => self.parse_atom(count),
            None => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "expected a count after `*`",
                    span,
                    "a number, a value, a choice or `(expression)`",
                );
                Expr { kind: ExprKind::Error, span }
            }
        };
        step.repeat = Some(count);
    }

    fn parse_label(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        let word = pair.into_inner().nth(1);
        match word {
            _ if step.label.is_some() => {
                self.report(Code::UNEXPECTED, "a layer has one label", span, "the second label")
            }
            Some(word) if word.as_rule() == Rule::word => step.label = Some(self.name(&word)),
            Some(word) => {
                let message = format!("`{}` cannot be a label", word.as_str());
                self.report(Code::TAKEN, message, self.span(&word), "a number or reserved word");
            }
            None => self.report(Code::INCOMPLETE, "expected a label after `as`", span, "no name follows"),
        }
    }

    fn parse_skip(&mut self, pair: Node) -> StepKind {
        let mut parts = pair.into_inner();
        let keyword = parts.next().map(|keyword| self.span(&keyword));
        match (keyword, parts.next()) {
            (Some(keyword), Some(group)) => self.check_skip(keyword, group),
            (keyword, _) => {
                if let Some(keyword) = keyword {
                    self.report(Code::MISSING_LAYER, "expected layers after `skip`", keyword, "write `skip(A -> B)`");
                }
                StepKind::Error
            }
        }
    }

    fn check_skip(&mut self, keyword: Span, group: Node) -> StepKind {
        let branches = self.parse_group(group);
        if let Some(third) = branches.get(2) {
            let diagnostic = Diagnostic::error(Code::UNEXPECTED, "`skip` takes one branch and at most one shortcut")
                .at(third.span, "a third branch")
                .with(keyword, "of this `skip`")
                .remark("for more branches write `( A | B | C ) -> Add`");
            self.diagnostics.push(diagnostic);
            return StepKind::Error;
        }
        StepKind::Skip(keyword, branches)
    }

    fn parse_group(&mut self, pair: Node) -> Vec<Chain> {
        let whole = self.span(&pair);
        let mut open = whole;
        let mut closed = false;
        let mut branches = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::open => open = self.span(&part),
                Rule::close => closed = true,
                Rule::branch => branches.push(self.parse_branch(part)),
                _ => {}
            }
        }
        if !closed {
            self.report_unclosed(open, "(");
        }
        branches
    }

    fn report_unclosed(&mut self, open: Span, bracket: &str) {
        self.report(Code::BRACKET, format!("this `{bracket}` is not closed"), open, "no partner follows");
    }

    fn parse_branch(&mut self, pair: Node) -> Chain {
        let span = self.span(&pair);
        let before = self.diagnostics.len();
        let mut chains = vec![];
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::chain => chains.extend(self.parse_chain(part)),
                _ => {
                    let message = format!("`{}` cannot stand inside parentheses", part.as_str());
                    self.report(Code::MISPLACED, message, self.span(&part), "move it before the first layer");
                }
            }
        }
        match self.join_chains(chains) {
            Some(chain) => chain,
            None => {
                if self.diagnostics.len() == before {
                    let place = Span::new(self.file, span.start.saturating_sub(1), span.start);
                    let place = if place.is_empty() { span } else { place };
                    self.report(
                        Code::MISSING_LAYER,
                        "expected a layer in this branch",
                        place,
                        "the branch after this is empty",
                    );
                }
                error_chain(span)
            }
        }
    }

    fn parse_call(&mut self, pair: Node) -> Call {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let name = parts.next().map(|word| self.name(&word)).unwrap_or(Spanned::new(String::new(), span));
        let arguments = parts.next().map(|pair| self.parse_arguments(pair)).unwrap_or_default();
        Call { name, arguments, span }
    }

    fn parse_arguments(&mut self, pair: Node) -> Vec<Argument> {
        let whole = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(whole, |open| self.span(&open)), "(");
        }
        let count = items.len();
        let mut arguments = vec![];
        for (index, item) in items.into_iter().enumerate() {
            arguments.extend(self.parse_argument(item, index + 1 == count));
        }
        arguments
    }

    /// An argument; nothing at all is allowed after the last comma.
    fn parse_argument(&mut self, pair: Node, last: bool) -> Option<Argument> {
        let span = self.span(&pair);
        let (mut name, mut value, mut bad) = (None, None, false);
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::word => name = Some(self.name(&part)),
                Rule::expression => value = Some(self.parse_expression(part)),
                Rule::leftover => {
                    self.report_leftover(&part, value.is_some());
                    bad = true;
                }
                _ => {}
            }
        }
        match value {
            Some(value) if !bad => Some(Argument { name, value, span }),
            None if !bad && name.is_none() && last => None,
            value => {
                if !bad && value.is_none() {
                    let (place, label) = name
                        .as_ref()
                        .map_or((span, "nothing stands here"), |name| (name.span, "nothing follows its `=`"));
                    let before_comma =
                        Span::new(self.file, place.start.saturating_sub(usize::from(place.is_empty())), place.end);
                    self.report(Code::MALFORMED_VALUE, "expected a value", before_comma, label);
                }
                Some(Argument { name, value: Expr { kind: ExprKind::Error, span }, span })
            }
        }
    }

    fn report_leftover(&mut self, pair: &Node, after_value: bool) {
        let found = excerpt(pair.as_str());
        let expected = if after_value { "`,` or `)`" } else { "a value" };
        self.report(
            Code::MALFORMED_VALUE,
            format!("expected {expected}, found `{found}`"),
            self.span(pair),
            "not that",
        );
    }

    // ---- values

    fn parse_expression(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let mut terms = vec![];
        let mut operator = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::operator => {
                    if let Some((_, place)) = operator.replace((operator_of(&part), self.span(&part))) {
                        self.report_missing_operand(place);
                    }
                }
                _ => {
                    let sign = operator.take().map_or(Operator::Plus, |(sign, _)| sign);
                    terms.push((sign, self.parse_unary(part)));
                }
            }
        }
        if let Some((_, place)) = operator {
            self.report_missing_operand(place);
            return Expr { kind: ExprKind::Error, span };
        }
        match terms.len() {
            1 => terms.remove(0).1,
            _ => Expr { kind: ExprKind::Terms(terms), span },
        }
    }

    fn report_missing_operand(&mut self, operator: Span) {
        self.report(Code::MALFORMED_VALUE, "expected a value after this operator", operator, "nothing follows");
    }

    fn parse_unary(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let mut negative = false;
        let mut atom = None;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::minus => negative = !negative,
                _ => atom = Some(self.parse_atom(part)),
            }
        }
        let value = atom.unwrap_or(Expr { kind: ExprKind::Error, span });
        if negative { Expr { kind: ExprKind::Negative(Box::new(value)), span } } else { value }
    }

    fn parse_atom(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::integer | Rule::negative => self.parse_integer(&pair),
            Rule::float => self.parse_float(&pair),
            Rule::size => self.parse_sizes(&pair).map_or(ExprKind::Error, ExprKind::Size),
            Rule::infer => ExprKind::Infer,
            Rule::boolean => ExprKind::Boolean(pair.as_str() == "true"),
            Rule::word => ExprKind::Name(pair.as_str().to_string()),
            Rule::choice => self.parse_choice(pair),
            Rule::paren => return self.parse_paren(pair),
            Rule::value_call => self.parse_value_call(pair),
            _ => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "a text in quotes stands only after `use`",
                    span,
                    "expected a value",
                );
                ExprKind::Error
            }
        };
        Expr { kind, span }
    }

    fn parse_integer(&mut self, pair: &Node) -> ExprKind {
        let digits: String = pair.as_str().split_whitespace().collect();
        match digits.parse() {
            Ok(value) => ExprKind::Integer(value),
            Err(_) => {
                self.report(Code::NUMBER, "this number is too large", self.span(pair), "integers have 64 bits");
                ExprKind::Error
            }
        }
    }

    fn parse_float(&mut self, pair: &Node) -> ExprKind {
        match pair.as_str().parse::<f64>() {
            Ok(value) if value.is_finite() => ExprKind::Float(value),
            _ => {
                self.report(
                    Code::NUMBER,
                    "this number is too large",
                    self.span(pair),
                    "beyond what a 64-bit float holds",
                );
                ExprKind::Error
            }
        }
    }

    /// `3x32x32`, or a single number.
    fn parse_sizes(&mut self, pair: &Node) -> Option<Vec<usize>> {
        let sizes: Result<Vec<usize>, _> =
            pair.as_str().split('x').map(|size| size.parse::<i64>().map(|n| n as usize)).collect();
        if sizes.is_err() {
            self.report(Code::NUMBER, "this number is too large", self.span(pair), "integers have 64 bits");
        }
        sizes.ok()
    }

    fn parse_natural(&mut self, pair: &Node) -> Option<usize> {
        self.parse_sizes(pair).and_then(|sizes| sizes.first().copied())
    }

    fn parse_choice(&mut self, pair: Node) -> ExprKind {
        let span = self.span(&pair);
        let bars = pair.as_str().matches('|').count();
        let parts: Vec<Node> = pair.into_inner().collect();
        if parts.last().is_none_or(|part| part.as_rule() != Rule::close_brace) {
            self.report_unclosed(Span::new(span.file, span.start, span.start + 1), "{");
            return ExprKind::Error;
        }
        let values: Vec<Expr> = parts
            .into_iter()
            .filter(|part| part.as_rule() == Rule::expression)
            .map(|part| self.parse_expression(part))
            .collect();
        if values.is_empty() || values.len() < bars + 1 && !values.iter().any(holds_choice) {
            self.report(
                Code::MALFORMED_VALUE,
                "expected a value on both sides of each `|`",
                span,
                "as in `{16|32|64}`",
            );
            return ExprKind::Error;
        }
        ExprKind::Choice(values)
    }

    fn parse_paren(&mut self, pair: Node) -> Expr {
        let span = self.span(&pair);
        let (items, open, closed) = bracketed(pair);
        if !closed {
            self.report_unclosed(open.map_or(span, |open| self.span(&open)), "(");
        }
        match items.into_iter().next() {
            Some(value) => Expr { span, ..self.parse_expression(value) },
            None => {
                self.report(
                    Code::MALFORMED_VALUE,
                    "expected a value in these parentheses",
                    span,
                    "nothing stands here",
                );
                Expr { kind: ExprKind::Error, span }
            }
        }
    }

    fn parse_value_call(&mut self, pair: Node) -> ExprKind {
        let call = self.parse_call(pair);
        ExprKind::Call(call.name, call.arguments.into_iter().map(|argument| argument.value).collect())
    }
}

/// What each side of an input may be at most.
const MAX_SIDE: usize = 1 << 16;
/// How many classes there may be at most.
const MAX_CLASSES: usize = 1 << 20;

/// The parts of a statement, taken in order.
struct Parts<'p, 't> {
    parser: &'p mut Parser,
    whole: Span,
    inner: std::iter::Peekable<Rules<'t>>,
}

impl<'p, 't> Parts<'p, 't> {
    fn new(parser: &'p mut Parser, pair: Node<'t>) -> Self {
        let mut inner = pair.into_inner().peekable();
        let whole = inner.next().map(|keyword| parser.span(&keyword)).unwrap_or(Span::new(parser.file, 0, 0));
        Self { parser, whole, inner }
    }

    fn next(&mut self, rule: Rule) -> Option<Node<'t>> {
        self.inner.next_if(|pair| pair.as_rule() == rule)
    }

    fn name(&mut self, expected: &str) -> Option<Name> {
        if let Some(word) = self.next(Rule::word) {
            return Some(self.parser.name(&word));
        }
        let bad = self.next(Rule::bad_name).filter(|bad| !bad.as_str().trim().is_empty());
        let (place, label) = bad.map_or((self.whole, "no name follows"), |bad| (self.parser.span(&bad), "not a name"));
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), place, label);
        None
    }

    fn equals(&mut self, name: Span, expected: &str) -> Option<()> {
        if self.next(Rule::equals).is_some() {
            return Some(());
        }
        self.parser.report(Code::INCOMPLETE, format!("expected {expected}"), name, "`=` is missing after this");
        None
    }
}

/// What stands between brackets, the opening one, and whether it was closed.
fn bracketed(pair: Node) -> (Vec<Node>, Option<Node>, bool) {
    let (mut items, mut open, mut closed) = (vec![], None, false);
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::open => open = Some(part),
            Rule::close => closed = true,
            _ => items.push(part),
        }
    }
    (items, open, closed)
}

fn holds_choice(value: &Expr) -> bool {
    match &value.kind {
        ExprKind::Choice(_) => true,
        ExprKind::Negative(value) => holds_choice(value),
        ExprKind::Terms(terms) => terms.iter().any(|(_, term)| holds_choice(term)),
        ExprKind::Call(_, values) => values.iter().any(holds_choice),
        _ => false,
    }
}

fn operator_of(pair: &Node) -> Operator {
    match pair.as_str() {
        "+" => Operator::Plus,
        "-" => Operator::Minus,
        "*" => Operator::Times,
        _ => Operator::Divide,
    }
}

fn is_error(step: &Step) -> bool {
    matches!(step.kind, StepKind::Error)
}

fn error_step(span: Span) -> Step {
    Step { kind: StepKind::Error, repeat: None, label: None, span }
}

fn error_chain(span: Span) -> Chain {
    Chain { steps: vec![error_step(span)], span }
}

fn statement_word<'t>(pair: &Node<'t>) -> &'t str {
    pair.as_str().split_whitespace().next().unwrap_or_default()
}

/// The beginning of what was found, short enough for a message.
fn excerpt(text: &str) -> String {
    let line = text.trim();
    match line.char_indices().nth(24) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_string(),
    }
}
