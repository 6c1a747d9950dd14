//! Other arguments -> edits of the text, and how the call reads then.

use crate::diagnostic::Edit;
use crate::graph::explain::Case;
use crate::layer::{Args, Argument};
use crate::resolve::written;
use crate::source::Span;

/// Whether every argument of the call is a plain number, so that an edit says what it does.
pub fn is_literal(case: &Case, at: usize) -> bool {
    case.network.nodes[at]
        .args
        .iter()
        .filter_map(|(_, bound)| bound.span)
        .all(|span| is_plain(case.sources.slice(span)))
}

/// Whether the sizes of the call's window are plain numbers, and nothing else of it is a choice.
pub fn is_literal_window(case: &Case, at: usize) -> bool {
    let given = case.network.nodes[at].args.iter();
    let mut given = given.filter_map(|(parameter, bound)| Some((parameter.name, case.sources.slice(bound.span?))));
    given.all(|(name, text)| match name {
        "kernel" | "stride" | "pad" | "dilation" => is_plain(text),
        _ => !text.contains('{'),
    })
}

/// Whether a value is written as a plain number, size or word.
pub fn is_plain(text: &str) -> bool {
    matches!(text, "_" | "same" | "true" | "false") || text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'x')
}

/// Edits that give a call other arguments: the whole list where it is plain, else the values that differ.
pub fn list_edits(case: &Case, index: usize, args: &Args) -> Option<Vec<Edit>> {
    let node = &case.network.nodes[index];
    let call = case.sources.slice(node.span);
    let open = call.find('(')?;
    let plain = !call[open..].contains(['=', '#', '\n', '_']) && is_literal(case, index);
    if !plain {
        return value_edits(case, index, args);
    }
    let text = written(node.layer, args);
    let list = text.get(node.layer.name.len() + 1..text.len().saturating_sub(1))?.to_string();
    let span = Span::new(node.span.file, node.span.start + open + 1, node.span.end - 1);
    Some(vec![Edit { span, text: list }])
}

/// Edits of the values that differ; those that are not written are added by name.
pub fn value_edits(case: &Case, index: usize, args: &Args) -> Option<Vec<Edit>> {
    let node = &case.network.nodes[index];
    let mut edits = vec![];
    for ((parameter, old), (_, new)) in node.args.iter().zip(args.iter()) {
        if old.value == new.value {
            continue;
        }
        let text = value_text(&new.value, args)?;
        edits.push(match old.span {
            Some(span) => Edit { span, text },
            None => added(case, node.span, format!("{}={text}", parameter.name))?,
        });
    }
    Some(edits)
}

/// An argument at the end of a call's list.
fn added(case: &Case, call: Span, argument: String) -> Option<Edit> {
    let text = case.sources.slice(call);
    if !text.contains('(') {
        return Some(Edit { span: call.after(), text: format!("({argument})") });
    }
    let before = text.strip_suffix(')')?.trim_end();
    let comma = if before.ends_with(['(', ',']) { "" } else { ", " };
    let at = call.end - 1;
    Some(Edit { span: Span::new(call.file, at, at), text: format!("{comma}{argument}") })
}

fn value_text(value: &Argument, args: &Args) -> Option<String> {
    Some(match value {
        Argument::Count(count) => count.to_string(),
        Argument::Infer => "_".into(),
        Argument::Size([height, width]) if height == width => height.to_string(),
        Argument::Size([height, width]) => format!("{height}x{width}"),
        // A pool's stride that follows its kernel again.
        Argument::Absent => value_text(args.get("kernel"), args)?,
        _ => return None,
    })
}

/// The call with its edits.
pub fn edited(case: &Case, index: usize, edits: &[Edit]) -> String {
    let span = case.network.nodes[index].span;
    let mut text = case.sources.slice(span).to_string();
    let mut inside: Vec<&Edit> = edits.iter().filter(|edit| edit.span.file == span.file).collect();
    inside.retain(|edit| edit.span.start >= span.start && edit.span.end <= span.end);
    inside.sort_by_key(|edit| std::cmp::Reverse(edit.span));
    for edit in inside {
        text.replace_range(edit.span.start - span.start..edit.span.end - span.start, &edit.text);
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
