//! A text that is Python -> one report that says so: nothing is gained by explaining each of its lines.

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, Span};

/// What networks in Python are written with.
const LIBRARIES: &[&str] = &["torch", "torchvision", "tensorflow", "keras", "jax", "flax", "numpy"];

/// The report of the first line that only Python has.
pub fn found(file: FileId, text: &str) -> Option<Diagnostic> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let blanks = line.len() - line.trim_start().len();
        let line_start = start + blanks;
        start += line.len();
        if is_python(line.trim()) {
            let span = Span::new(file, line_start, line_start + line.trim().len());
            let message = "this is Python: a `.net` file holds a network's layers alone";
            let diagnostic = Diagnostic::error(Code::UNEXPECTED, message).at(span, "a line of Python");
            let remark = "a whole file may be `Conv(1, 20, 3) -> ReLU -> Pool(2) -> FC(64) -> ReLU -> FC`";
            return Some(diagnostic.remark(remark));
        }
    }
    None
}

/// `import torch.nn as nn`, `from keras import layers` or `class Net(nn.Module):`.
fn is_python(line: &str) -> bool {
    let code = line.split('#').next().unwrap_or_default().trim_end();
    let mut words = code.split([' ', '\t', '.', ',']);
    match words.next() {
        Some("import" | "from") => words.next().is_some_and(|library| LIBRARIES.contains(&library)),
        Some("class") => code.contains('(') && code.ends_with("):"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_python;

    #[test]
    fn lines_of_python_are_told_from_slips() {
        let check = |line: &str, expected: bool| assert_eq!(is_python(line), expected, "{line}");
        check("import torch.nn as nn", true);
        check("from keras import layers", true);
        check("class Net(nn.Module):  # mine", true);
        check("class 10", false);
        check("from conv import ConvBN", false);
        check("import conv", false);
    }
}
