//! A network's text -> its `let` values and choices, and the text with other ones.

use super::{Given, Report, check};
use crate::diagnostic::{Edit, apply};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::parse;

/// A text whose values can be set.
#[derive(Clone, Debug)]
pub struct Variants {
    text: String,
    file: FileId,
    values: Vec<(String, Span)>,
    choices: Vec<Span>,
}

impl Variants {
    /// Of a checked file, its imports inlined.
    pub fn of(report: &Report, given: &Given) -> Self {
        let mut sources = SourceMap::new();
        let file = sources.add("network.net", None, report.text.as_str());
        let choices = check(&mut sources, file, given).choices.iter().map(|choice| choice.span).collect();
        let definitions = parse(&sources, file).0.map(|ast| ast.values).unwrap_or_default();
        let values = definitions.into_iter().map(|value| (value.name.value, value.value.span)).collect();
        Self { text: report.text.clone(), file, values, choices }
    }

    /// The names of the `let` values.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|(name, _)| name.as_str())
    }

    /// The alternatives of each choice, by place, as they are written.
    pub fn choices(&self) -> impl Iterator<Item = Vec<String>> {
        self.choices.iter().map(|choice| {
            let inner = self.text[choice.start..choice.end].trim_matches(['{', '}']);
            inner.split('|').map(|value| value.trim().to_string()).collect()
        })
    }

    /// The text with some values set, and with one alternative of each of the first choices.
    pub fn with(&self, values: &[(&str, &str)], chosen: &[&str]) -> String {
        let span = |name: &str| self.values.iter().find(|(known, _)| known == name).map(|(_, span)| *span);
        let set = values.iter().filter_map(|(name, value)| Some((span(name)?, *value)));
        let choices = self.choices.iter().copied().zip(chosen.iter().copied());
        let mut edits: Vec<Edit> =
            set.chain(choices).map(|(span, text)| Edit { span, text: text.to_string() }).collect();
        edits.sort_by_key(|edit| edit.span.start);
        apply(&self.text, self.file, &edits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_choices_are_set_where_they_stand() {
        let mut sources = SourceMap::new();
        let text = "let hidden = 8 * 2\nlet layers = 1\nLSTM(28, hidden, layers) -> FC({16 | 32}) -> {1|2} -> FC";
        let text = text.replace(" -> {1|2}", " -> Dropout({0.1|0.2})");
        let file = sources.add("a.net", None, text);
        let report = check(&mut sources, file, &Given::default());
        let variants = Variants::of(&report, &Given::default());
        assert_eq!(variants.names().collect::<Vec<_>>(), ["hidden", "layers"]);
        assert_eq!(variants.choices().collect::<Vec<_>>(), [["16", "32"], ["0.1", "0.2"]]);
        let made = variants.with(&[("hidden", "5")], &["32", "0.1"]);
        assert_eq!(made, "let hidden = 5\nlet layers = 1\nLSTM(28, hidden, layers) -> FC(32) -> Dropout(0.1) -> FC");
    }
}
