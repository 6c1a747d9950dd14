//! Limits that hold before the grammar runs, so that no text can exhaust it.

use super::{MAX_BYTES, MAX_NESTING};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// Whether the text is short and flat enough to be parsed.
pub fn check(file: FileId, text: &str) -> Result<(), Box<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes; the limit is 1 MiB ({MAX_BYTES} bytes)", text.len());
        return Err(Box::new(Diagnostic::error(Code::LIMIT, message).at(Span::new(file, 0, 0), "this file")));
    }
    match too_deep(text) {
        None => Ok(()),
        Some(at) => {
            let message = format!("brackets stand more than {MAX_NESTING} deep in each other");
            let diagnostic = Diagnostic::error(Code::LIMIT, message)
                .at(Span::new(file, at, at + 1), format!("bracket number {} inside another", MAX_NESTING + 1))
                .remark("name a part with `block` and use it by its name");
            Err(Box::new(diagnostic))
        }
    }
}

/// Where the nesting passes its limit; brackets in comments do not count.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut comment = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'\n' => comment = false,
            b'#' => comment = true,
            b'(' | b'{' if !comment => depth += 1,
            b')' | b'}' if !comment => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_NESTING {
            return Some(at);
        }
    }
    None
}
