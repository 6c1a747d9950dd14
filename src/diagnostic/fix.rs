//! Diagnostics -> the edits that mend them together, and text with edits in it.

use super::{Diagnostic, Edit, Fix};
use crate::source::FileId;

/// Which fixes may be applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// Those that keep what the author must have meant.
    Safe,
    /// The safe one of each diagnostic, or else the first.
    First,
}

/// The edits of the fixes that can be applied together, by place: a fix whose edits overlap those of an earlier one
/// is left out whole, as is one that changes a file that is not `editable`.
pub fn edits(diagnostics: &[Diagnostic], trust: Trust, editable: impl Fn(FileId) -> bool) -> Vec<Edit> {
    let mut fixes: Vec<&Fix> = diagnostics.iter().filter_map(|diagnostic| fix_of(diagnostic, trust)).collect();
    fixes.retain(|fix| !fix.edits.is_empty() && fix.edits.iter().all(|edit| editable(edit.span.file)));
    fixes.sort_by_key(|fix| fix.edits.iter().map(|edit| edit.span).min());
    let mut chosen: Vec<Edit> = vec![];
    for fix in fixes {
        if !fix.edits.iter().any(|edit| chosen.iter().any(|other| overlap(edit, other))) {
            chosen.extend(fix.edits.iter().cloned());
        }
    }
    chosen.sort_by_key(|edit| edit.span);
    chosen
}

fn fix_of(diagnostic: &Diagnostic, trust: Trust) -> Option<&Fix> {
    let safe = diagnostic.fixes.iter().find(|fix| fix.safe);
    match trust {
        Trust::Safe => safe,
        Trust::First => safe.or(diagnostic.fixes.first()),
    }
}

/// Two edits at one place have no order, so that they count as overlapping.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let (first, second) = if a.span <= b.span { (a.span, b.span) } else { (b.span, a.span) };
    first.file == second.file && (first.start == second.start || first.end > second.start)
}

/// The text of `file` after the edits of it; they are sorted and do not overlap.
pub fn apply(text: &str, file: FileId, edits: &[Edit]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits.iter().filter(|edit| edit.span.file == file) {
        if edit.span.start < at {
            continue;
        }
        result.push_str(&text[at..edit.span.start]);
        result.push_str(&edit.text);
        at = edit.span.end;
    }
    result.push_str(&text[at..]);
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;
    use crate::source::{SourceMap, Span};

    /// Start, end, new text.
    type Change<'a> = (usize, usize, &'a str);

    fn fixed(text: &str, fixes: &[(bool, &[Change])], trust: Trust) -> String {
        let mut sources = SourceMap::new();
        let file = sources.add("a.net", None, text);
        let diagnostics: Vec<Diagnostic> = fixes.iter().map(|(safe, edits)| diagnostic(file, *safe, edits)).collect();
        apply(text, file, &super::edits(&diagnostics, trust, |_| true))
    }

    fn diagnostic(file: FileId, safe: bool, edits: &[Change]) -> Diagnostic {
        let edit = |&(start, end, text): &Change| Edit { span: Span::new(file, start, end), text: text.into() };
        let edits = edits.iter().map(edit).collect();
        Diagnostic::error(Code::UNEXPECTED, "").fix(Fix { title: String::new(), safe, edits })
    }

    #[test]
    fn edits_apply_in_order_of_place() {
        let fixes: &[(bool, &[_])] = &[(true, &[(4, 5, "E")]), (true, &[(0, 1, ""), (2, 2, "x")])];
        assert_eq!(fixed("abcdef", fixes, Trust::Safe), "bxcdEf");
    }

    #[test]
    fn a_fix_that_overlaps_an_earlier_one_waits() {
        let fixes: &[(bool, &[_])] = &[(true, &[(1, 3, "X")]), (true, &[(2, 4, "Y"), (5, 6, "Z")])];
        assert_eq!(fixed("abcdef", fixes, Trust::Safe), "aXdef");
        let same: &[(bool, &[_])] = &[(true, &[(1, 1, "X")]), (true, &[(1, 1, "Y")])];
        assert_eq!(fixed("ab", same, Trust::Safe), "aXb");
    }

    #[test]
    fn unsafe_fixes_wait_for_trust() {
        let fixes: &[(bool, &[_])] = &[(false, &[(0, 1, "A")])];
        assert_eq!(fixed("a", fixes, Trust::Safe), "a");
        assert_eq!(fixed("a", fixes, Trust::First), "A");
    }
}
