//! The order of the modules: each imports only from those above it, and says in its first line what it is for. The kernels
//! are a crate of their own, which knows nothing of the others.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up.
const ORDER: &[&str] = &[
    "source",
    "kernel",
    "random",
    "diagnostic",
    "yaml",
    "syntax",
    "layer",
    "resolve",
    "graph",
    "lower",
    "data",
    "embedding",
    "train",
    "report",
    "repro",
    "export",
    "cli",
];

/// What `data` knows nothing of.
const NETWORKS: &[&str] = &["syntax", "layer", "resolve", "graph", "lower"];

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

/// The module that a file belongs to: `src/layer/conv.rs` -> `layer`.
fn module_of(path: &Path) -> String {
    let part = path.components().nth(1).unwrap().as_os_str().to_string_lossy().into_owned();
    part.trim_end_matches(".rs").to_string()
}

fn imports(text: &str) -> Vec<String> {
    let rest = text.match_indices("crate::").map(|(at, _)| &text[at + "crate::".len()..]);
    rest.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

fn position(module: &str) -> usize {
    ORDER.iter().position(|known| *known == module).unwrap_or_else(|| panic!("`{module}` has no place in the order"))
}

#[test]
fn modules_import_only_from_those_above_them() {
    for path in rust_files(Path::new("src")) {
        let module = module_of(&path);
        if ["lib", "main", "kernel"].contains(&module.as_str()) {
            continue;
        }
        for import in imports(&fs::read_to_string(&path).unwrap()) {
            assert!(position(&import) <= position(&module), "{} imports `{import}`", path.display());
            assert!(module != "data" || !NETWORKS.contains(&import.as_str()), "{} imports `{import}`", path.display());
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in rust_files(Path::new("src")) {
        assert!(fs::read_to_string(&path).unwrap().starts_with("//! "), "{}", path.display());
    }
}
