//! The standard library: files of blocks in the language itself, embedded in the binary.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::source::SourceFile;

const FILES: &[(&str, &str)] = &[
    ("attention", include_str!("../../stdlib/attention.net")),
    ("conv", include_str!("../../stdlib/conv.net")),
    ("inception", include_str!("../../stdlib/inception.net")),
    ("recurrent", include_str!("../../stdlib/recurrent.net")),
    ("residual", include_str!("../../stdlib/residual.net")),
];

/// The text of `stdlib/<name>.net`.
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(file, _)| *file == name).map(|(_, text)| *text)
}

/// The names that `use` takes.
pub fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// Whether a file is one of the library's, which nobody edits.
pub fn holds(file: &SourceFile) -> bool {
    let library = file.name().strip_prefix("stdlib/").and_then(|name| name.strip_suffix(".net"));
    file.directory().is_none() && library.is_some_and(|name| text(name).is_some())
}

/// The library that defines a block of that name.
pub fn library_of(block: &str) -> Option<&'static str> {
    static LIBRARIES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| {
        let blocks = FILES.iter().rev().flat_map(|(library, text)| blocks_of(text).map(move |block| (block, *library)));
        blocks.collect()
    });
    LIBRARIES.get(block).copied()
}

fn blocks_of(text: &'static str) -> impl Iterator<Item = &'static str> {
    let heads = text.lines().filter_map(|line| line.strip_prefix("block "));
    heads.filter_map(|head| head.split(['(', ' ', '=']).next())
}
