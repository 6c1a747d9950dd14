//! The diagnostics of a layer's name that is written as two words -> one diagnostic, which writes it as one.

use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer::{LAYERS, Layer};
use crate::source::{SourceMap, Span};

/// How long a word is that may be part of a layer's name.
const MAX_WORD: usize = 32;

/// A layer's name with blanks in it, and where it stands.
struct Split {
    span: Span,
    layer: &'static Layer,
}

/// One diagnostic in place of the missing arrow and the unknown names of `Re LU`.
pub fn rejoin(diagnostics: Vec<Diagnostic>, sources: &SourceMap) -> Vec<Diagnostic> {
    let gaps = diagnostics.iter().filter(|diagnostic| has_code(diagnostic, Code::MISSING_ARROW));
    let splits = gaps.filter_map(|gap| split(gap.place()?, sources));
    let splits: Vec<Split> = splits.filter(|split| is_unknown(split, &diagnostics)).collect();
    let kept = diagnostics.into_iter().filter(|diagnostic| !splits.iter().any(|split| split.explains(diagnostic)));
    let kept: Vec<Diagnostic> = kept.collect();
    let reported = splits.iter().map(|split| split.report(sources));
    kept.into_iter().chain(reported).collect()
}

fn has_code(diagnostic: &Diagnostic, code: &'static Code) -> bool {
    diagnostic.id.as_str() == code.id
}

/// The name that the word at a missing arrow makes with the word before it on its line.
fn split(gap: Span, sources: &SourceMap) -> Option<Split> {
    let (before, behind) = sources.file(gap.file).text().split_at_checked(gap.start)?;
    let first = before.trim_end_matches([' ', '\t']);
    let first = &first[first.len() - word(first.bytes().rev())..];
    let second = &behind[..word(behind.bytes())];
    let end = before.trim_end_matches([' ', '\t']).len();
    let named = |layer: &&Layer| {
        layer.name.len() == first.len() + second.len()
            && layer.name[..first.len()].eq_ignore_ascii_case(first)
            && layer.name[first.len()..].eq_ignore_ascii_case(second)
    };
    let layer = LAYERS.iter().copied().find(|layer| !first.is_empty() && named(layer))?;
    Some(Split { span: Span::new(gap.file, end - first.len(), gap.start + second.len()), layer })
}

/// How many of the bytes are a word's.
fn word(bytes: impl Iterator<Item = u8>) -> usize {
    bytes.take(MAX_WORD).take_while(u8::is_ascii_alphanumeric).count()
}

/// Whether one of its words is no layer.
fn is_unknown(split: &Split, diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|diagnostic| has_code(diagnostic, Code::UNKNOWN_LAYER) && split.explains(diagnostic))
}

impl Split {
    /// Whether a mistake is found in its words.
    fn explains(&self, diagnostic: &Diagnostic) -> bool {
        let inside =
            |place: Span| place.file == self.span.file && self.span.start <= place.start && place.start < self.span.end;
        diagnostic.is_error() && diagnostic.place().is_some_and(inside)
    }

    fn report(&self, sources: &SourceMap) -> Diagnostic {
        let (written, name) = (sources.slice(self.span), self.layer.name);
        let edits = vec![Edit { span: self.span, text: name.into() }];
        let message = format!("no layer or block is called `{written}`");
        Diagnostic::error(Code::UNKNOWN_LAYER, message).at(self.span, "a layer's name is one word").fix(Fix {
            title: format!("write `{name}`"),
            safe: true,
            edits,
        })
    }
}
