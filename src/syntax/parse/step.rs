//! Steps of a chain: what stands between two arrows, with its repetition and its label.

use super::chain::error_step;
use super::value::foreign_operator;
use super::{Node, Parser, Rule, excerpt};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind, Name, Step, StepKind};

impl Parser<'_> {
    pub(super) fn parse_step(&mut self, pair: Node) -> Step {
        let span = self.span(&pair);
        let mut parts = pair.into_inner();
        let Some(primary) = parts.next() else { return error_step(span) };
        let kind = self.parse_primary(primary);
        let mut step = Step { kind, repeat: None, label: None, span };
        for suffix in parts {
            match suffix.as_rule() {
                Rule::repeat => self.parse_repeat(suffix, &mut step),
                Rule::methods => self.report_methods(suffix),
                _ => self.parse_label(suffix, &mut step),
            }
        }
        step
    }

    fn parse_primary(&mut self, pair: Node) -> StepKind {
        match pair.as_rule() {
            Rule::call if is_input(pair.as_str()) && !self.has_block_input() => {
                self.report_input_layer(&pair);
                StepKind::Error
            }
            Rule::call => StepKind::Call(self.parse_call(pair)),
            Rule::group => self.parse_branches(pair),
            Rule::skip => self.parse_skip(pair),
            _ => {
                self.report_junk(&pair);
                StepKind::Error
            }
        }
    }

    fn report_junk(&mut self, pair: &Node) {
        if let Some(sign) = foreign_operator(pair.as_str()).filter(|_| self.stands_in_value(pair)) {
            let span = self.span(pair);
            return self.report_operator(Span { end: span.start + sign.len(), ..span }, sign);
        }
        if self.only_counts() {
            return;
        }
        let found = excerpt(pair.as_str());
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, format!("expected a layer, found `{found}`"))
            .at(self.span(pair), "this is no layer");
        let choice = pair.as_str().starts_with('{') && pair.as_str().len() > 1;
        let repeats =
            pair.as_str().trim_end().strip_suffix('*').is_some_and(|count| count.trim().parse::<u32>().is_ok());
        let branches = pair.as_str().starts_with('[') && pair.as_str().len() > 2;
        self.push(match (choice, repeats) {
            _ if branches => self.in_parentheses(diagnostic, pair),
            (true, _) => diagnostic.remark("a choice stands in place of a value, as in `Conv(_, {16|32}, 3)`"),
            _ if found.starts_with('^') => {
                let span = self.span(pair);
                let sign = span.start + pair.as_str().find('^').unwrap_or(0);
                let edits = vec![Edit { span: Span::new(self.file, sign, sign + 1), text: "* ".into() }];
                let fix = Fix { title: format!("write `* {}`", found[1..].trim()), safe: false, edits };
                diagnostic.remark("a layer is repeated by `*`").fix(fix)
            }
            _ if found.len() > 2 && found.starts_with('"') && found.ends_with('"') => {
                diagnostic.remark(format!("write `{}` without quotes", found.trim_matches('"')))
            }
            (_, true) => diagnostic.remark("a repetition follows its layer, as in `ReLU * 3`"),
            _ => diagnostic,
        });
    }

    /// Whether what stands here follows the value of a `let` on its line.
    fn stands_in_value(&self, pair: &Node) -> bool {
        self.line_before(self.span(pair)).trim_start().starts_with("let ")
    }

    /// Adds what `[A | B]` or `[A, B]` should be.
    fn in_parentheses(&self, diagnostic: Diagnostic, pair: &Node) -> Diagnostic {
        let (span, text) = (self.span(pair), pair.as_str());
        if !text.contains('|') {
            return diagnostic.remark("layers in a row are joined as `A -> B`; branches stand as `( A | B )`");
        }
        let text = format!("( {} )", text.trim_matches(['[', ']']).trim());
        let fix = Fix { title: format!("write `{text}`"), safe: false, edits: vec![Edit { span, text }] };
        diagnostic.remark("branches stand in parentheses, as `( A | B )`").fix(fix)
    }

    /// `FC(10).relu().softmax()`: layers after points.
    fn report_methods(&mut self, pair: Node) {
        if self.only_counts() {
            return;
        }
        let span = self.span(&pair);
        let layers = pair.into_inner().map(|layer| layer.as_str().trim_start_matches('.').trim_end_matches("()"));
        let text: String = layers.flat_map(|layer| [" -> ".to_string(), capital(layer)]).collect();
        let title = format!("write `{}`", text.trim_start());
        let fix = Fix { title, safe: !text.contains('('), edits: vec![Edit { span, text }] };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "layers are joined by `->`, not called on each other");
        self.push(diagnostic.at(span, "expected `->` before it").fix(fix));
    }

    /// `Input(shape=(28, 28, 1))`: the image as a layer.
    fn report_input_layer(&mut self, pair: &Node) {
        if self.only_counts() {
            return;
        }
        let message = "the image is no layer: a line before the network gives its size";
        let span = self.span(pair);
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, message).at(span, "this is no layer");
        let head = self.head_of_network(pair);
        if let Some(line) = self.line_of_input(span) {
            let title = format!("leave the layer out; line {line} gives the size");
            return self.push(match head {
                Some(span) => {
                    diagnostic.fix(Fix { title, safe: false, edits: vec![Edit { span, text: String::new() }] })
                }
                None => diagnostic.remark(title),
            });
        }
        let sides = pair.as_str().split(|c: char| !c.is_ascii_digit()).filter(|side| !side.is_empty());
        let line = match sides.collect::<Vec<_>>().as_slice() {
            [height, width, channels @ ("1" | "3")] => Some(format!("input {channels}x{height}x{width}")),
            [channels, height, width] => Some(format!("input {channels}x{height}x{width}")),
            _ => None,
        };
        let Some(line) = line else {
            return self.push(diagnostic.remark("write channels x height x width, as in `input 3x32x32`"));
        };
        self.push(match head {
            Some(span) => {
                let edits = vec![Edit { span, text: format!("{line}\n") }];
                let title = format!("write `{line}` in a line of its own, and leave the layer out");
                diagnostic.fix(Fix { title, safe: false, edits })
            }
            None => diagnostic.remark(format!("write `{line}`")),
        });
    }

    /// Whether the file may have a block of that name; not looked for where mistakes are only counted.
    fn has_block_input(&self) -> bool {
        !self.is_full() && self.text.contains("block Input")
    }

    /// The line before this place where the file gives the image's size.
    fn line_of_input(&self, place: Span) -> Option<usize> {
        let gives =
            |line: &str| line.trim_start().strip_prefix("input").is_some_and(|rest| rest.starts_with([' ', '\t']));
        self.text[..place.start].lines().position(gives).map(|above| above + 1)
    }

    /// A layer that begins a line with the arrow behind it, unless the line goes on with a chain or block.
    fn head_of_network(&self, pair: &Node) -> Option<Span> {
        let span = self.span(pair);
        let (before, behind) = (&self.text[..span.start], &self.text[span.end..]);
        let goes_on = before.trim_end().ends_with(['=', '>', '(', '|', '{']);
        let next = behind.trim_start().strip_prefix("->")?.trim_start();
        let begins = self.line_before(span).trim().is_empty() && !goes_on;
        begins.then(|| Span { end: self.text.len() - next.len(), ..span })
    }

    fn parse_repeat(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        if step.label.is_some() {
            return self.report(Code::UNEXPECTED, "`*` stands before `as`", span, "write `X * 3 as x`");
        }
        if step.repeat.is_some() {
            let label = "write one count, as in `X * (2 * 3)`";
            return self.report(Code::UNEXPECTED, "a layer takes one count", span, label);
        }
        let mut parts = pair.into_inner().peekable();
        if let Some(times) = parts.next_if(|part| part.as_rule() == Rule::odd_times) {
            self.report_times(&times);
        }
        let count = parts.next().map(|count| self.parse_atom(count));
        step.repeat = Some(count.unwrap_or_else(|| {
            let label = "a number, a value, a choice or `(expression)`";
            self.report(Code::MALFORMED_VALUE, "expected a count after `*`", span, label);
            Expr { kind: ExprKind::Error, span }
        }));
    }

    fn report_times(&mut self, times: &Node) {
        let span = self.span(times);
        let fix = Fix { title: "write `*`".into(), safe: true, edits: vec![Edit { span, text: "*".into() }] };
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "a layer is repeated by `*`").at(span, "expected `*`");
        self.push(diagnostic.fix(fix));
    }

    fn parse_label(&mut self, pair: Node, step: &mut Step) {
        let span = self.span(&pair);
        match pair.into_inner().nth(1) {
            _ if step.label.is_some() => {
                self.report(Code::UNEXPECTED, "a layer has one label", span, "the second label")
            }
            Some(word) if word.as_rule() == Rule::word => step.label = Some(self.name(&word)),
            Some(word) if word.as_rule() == Rule::odd_word => step.label = Some(self.odd_name(&word)),
            Some(word) => self.report_bad_label(&word),
            None => self.report(Code::INCOMPLETE, "expected a label after `as`", span, "no name follows"),
        }
    }

    /// A name with letters of another alphabet.
    pub(super) fn odd_name(&mut self, word: &Node) -> Name {
        let name = self.name(word);
        let message = format!("`{}` is no name", name.value);
        self.report(Code::INCOMPLETE, message, name.span, "the letters A to Z and a to z, digits and `_` make a name");
        name
    }

    fn report_bad_label(&mut self, word: &Node) {
        let number = word.as_str().starts_with(|c: char| c.is_ascii_digit());
        let label = if number { "a label begins with a letter" } else { "a word of the language" };
        let message = format!("`{}` cannot be a label", word.as_str());
        self.report(Code::TAKEN, message, self.span(word), label);
    }
}

/// Whether a call is another framework's input layer: its size in brackets is no argument of this language.
fn is_input(call: &str) -> bool {
    let Some((name, arguments)) = call.split_once('(') else { return false };
    let name = name.trim_end();
    let name = name.rsplit('.').next().unwrap_or_default();
    let sizes = arguments.trim_end().trim_end_matches(')');
    let plain = sizes.split(',').count() == 3 && sizes.split(',').all(|size| size.trim().parse::<u32>().is_ok());
    matches!(name, "Input" | "InputLayer") && (plain || arguments.contains(['(', '[']) && arguments.contains(','))
}

/// A layer's name as layers are written here, `Softmax`.
fn capital(layer: &str) -> String {
    let mut letters = layer.chars();
    match (layer, letters.next()) {
        ("relu", _) => "ReLU".into(),
        (_, Some(first)) => first.to_uppercase().chain(letters).collect(),
        _ => String::new(),
    }
}
