//! The documentation's examples -> runs of `netc check`, each as its page promises.
//!
//! On every page under `docs/` and in `README.md`: a fenced block marked `net` checks without errors, one marked
//! `net,error` has errors. A `text` block right after it holds what `netc check` prints, diagnostics first; a `json`
//! block what `--format json` does. `net,file=blocks.net` gives the file a name that later blocks of the page import;
//! others are called `model.net`. `docs/errors/` and `docs/messages.md` have tests of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use netc::graph::LINTS;
use netc::layer::LAYERS;

#[test]
fn every_example_checks_as_its_page_says() {
    let failures: Vec<String> = pages().iter().flat_map(|page| page_failures(page)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_reference_has_every_layer_with_its_signature() {
    let page = read(&root().join("docs/language.md"));
    let rows = LAYERS.iter().map(|layer| format!("\n| {} |", layer.usage()));
    let missing: Vec<String> = rows.filter(|row| !page.contains(row)).collect();
    assert!(missing.is_empty(), "docs/language.md has no row that begins with {missing:#?}");
}

#[test]
fn the_reference_has_every_block_of_the_standard_library() {
    let page = read(&root().join("docs/language.md"));
    let page = page.split("\n## The standard library\n").nth(1).expect("the page has a section for it");
    for entry in std::fs::read_dir(root().join("stdlib")).expect("the standard library can be read") {
        let path = entry.expect("the standard library can be read").path();
        let library = path.file_stem().unwrap_or_default().display().to_string();
        let start = format!("\n| `use {library}` |");
        let row = page.split(&start).nth(1).and_then(|rest| rest.lines().next()).unwrap_or_default();
        for block in read(&path).lines().filter_map(|line| line.strip_prefix("block ")) {
            let signature = block.split(" =").next().unwrap_or_default();
            assert!(row.contains(&format!("`{signature}`")), "docs/language.md lacks `{signature}` of `{library}`");
        }
    }
}

#[test]
fn the_reference_has_every_lint() {
    let page = read(&root().join("docs/language.md"));
    let has_row = |name: &str| page.contains(&format!("\n| `{name}` |"));
    let missing: Vec<&str> = LINTS.iter().map(|lint| lint.name).filter(|name| !has_row(name)).collect();
    assert!(missing.is_empty(), "docs/language.md has no row for {missing:#?}");
}

/// A fenced block: what stands after its fence, its text, and whether nothing stands between it and the block before.
#[derive(Debug, Default)]
struct Block {
    info: String,
    text: String,
    line: usize,
    follows: bool,
}

impl Block {
    fn is_network(&self) -> bool {
        self.info.split(',').next() == Some("net")
    }

    fn has_errors(&self) -> bool {
        self.info.split(',').any(|word| word == "error")
    }

    fn file(&self) -> &str {
        self.info.split(',').find_map(|word| word.strip_prefix("file=")).unwrap_or("model.net")
    }
}

/// What differs from what a page says.
fn page_failures(page: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let blocks = blocks(&read(page));
    let mut failures = vec![];
    for (index, block) in blocks.iter().enumerate().filter(|(_, block)| block.is_network()) {
        std::fs::write(folder.path().join(block.file()), &block.text).expect("a temporary file can be written");
        let promise = blocks.get(index + 1).filter(|next| next.follows);
        let found =
            [status_failure(block, folder.path()), promise.and_then(|next| output_failure(block, next, folder.path()))];
        let place = format!("{}:{}", page.display(), block.line);
        failures.extend(found.into_iter().flatten().map(|failure| format!("{place}: {failure}")));
    }
    failures
}

fn status_failure(block: &Block, folder: &Path) -> Option<String> {
    let output = netc_check(folder, &[block.file()]);
    let expected = i32::from(block.has_errors());
    (output.status.code() != Some(expected)).then(|| format!("the status is not {expected}:\n{}", printed(&output)))
}

/// Compares the block after an example with what is printed, if it is a promise at all.
fn output_failure(block: &Block, promise: &Block, folder: &Path) -> Option<String> {
    let (same, found) = match promise.info.as_str() {
        "text" => {
            let found = printed(&netc_check(folder, &[block.file()]));
            (lines(&found) == lines(&promise.text), found)
        }
        "json" => {
            let output = netc_check(folder, &["--format", "json", block.file()]);
            let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("netc prints JSON");
            (
                serde_json::from_str(&promise.text).is_ok_and(|promised: serde_json::Value| promised == found),
                found.to_string(),
            )
        }
        _ => return None,
    };
    (!same).then(|| format!("netc prints\n{found}\n--- but the page has\n{}", promise.text))
}

/// What is compared of a text: white space at the ends of lines, and empty lines at its own end, are not.
fn lines(text: &str) -> Vec<&str> {
    text.trim_end().lines().map(str::trim_end).collect()
}

fn netc_check(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.arg("check").args(arguments).current_dir(folder).env("NO_COLOR", "1");
    command.output().expect("netc starts")
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stderr.as_slice(), output.stdout.as_slice()].concat()).into_owned()
}

/// The fenced blocks of a page, in order.
fn blocks(page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = vec![];
    let mut open = None;
    let mut follows = false;
    for (index, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block { info: info.into(), line: index + 1, follows, ..Block::default() })
            }
            (Some(_), Some(_)) => {
                blocks.extend(open.take());
                follows = true;
            }
            (None, Some(block)) => block.text += &format!("{line}\n"),
            (None, None) => follows &= line.is_empty(),
        }
    }
    blocks
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    pages.retain(|page| page.exists());
    collect_pages(&root().join("docs"), &mut pages);
    pages
}

fn collect_pages(folder: &Path, pages: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the documentation can be read") {
        let path = entry.expect("the documentation can be read").path();
        if path.is_dir() && !path.ends_with("errors") {
            collect_pages(&path, pages);
        } else if path.extension().is_some_and(|extension| extension == "md") && !path.ends_with("messages.md") {
            pages.push(path);
        }
    }
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
