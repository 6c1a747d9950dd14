//! The pages under `docs/errors/`: each code has one, its example raises the code, and the mended example does not.

use std::path::{Path, PathBuf};

use netc::diagnostic::{CODES, page, page_names};
use netc::graph::{Given, check};
use netc::source::SourceMap;

/// The parts of a page.
struct Page {
    title: String,
    /// Texts under the headings What, Why, Example, Mend.
    sections: Vec<(String, String)>,
    /// Language and text of each fenced block.
    blocks: Vec<(String, String)>,
}

impl Page {
    fn read(name: &str) -> Self {
        let text = page(name).unwrap_or_else(|| panic!("{name} has no page"));
        let (title, rest) = text.split_once('\n').expect("a title");
        let sections = rest.split("\n## ").skip(1).filter_map(|section| section.split_once('\n'));
        let mut fences = text.split("```").skip(1).step_by(2);
        let blocks = fences.by_ref().filter_map(|fence| fence.split_once('\n'));
        let owned = |(a, b): (&str, &str)| (a.to_string(), b.trim().to_string());
        Self { title: title.to_string(), blocks: blocks.map(owned).collect(), sections: sections.map(owned).collect() }
    }
}

/// The codes, lints and notes of a text.
fn raised(text: &str) -> Vec<&'static str> {
    let mut sources = SourceMap::new();
    let file = sources.add("example.net", Some(PathBuf::new()), text);
    let report = check(&mut sources, file, &Given::default());
    report.diagnostics.iter().map(|diagnostic| diagnostic.id.as_str()).collect()
}

/// Whether the compiler's own text speaks of this lint.
fn lint_exists(name: &str) -> bool {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("diagnostic/page.rs") {
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                if code.contains(&format!("\"{name}\"")) {
                    return true;
                }
            }
        }
    }
    false
}

#[test]
fn every_page_has_its_four_parts() {
    for name in page_names() {
        let page = Page::read(name);
        let headings: Vec<&str> = page.sections.iter().map(|(heading, _)| heading.as_str()).collect();
        assert_eq!(headings, ["What", "Why", "Example", "Mend"], "{name}");
        assert!(page.sections.iter().all(|(_, text)| !text.is_empty()), "{name}");
        assert_eq!(page.blocks.len(), 2, "{name}");
        assert!(page.title.starts_with(&format!("# {name}: ")), "{name}");
    }
}

#[test]
fn every_code_has_a_page_under_its_title() {
    for code in CODES {
        assert_eq!(Page::read(code.id).title, format!("# {}: {}", code.id, code.title));
    }
    assert!(page_names().filter(|name| name.starts_with('N')).count() == CODES.len());
}

#[test]
fn every_example_raises_its_own_code_and_none_when_it_is_mended() {
    for name in page_names().filter(|name| name.starts_with('N') || lint_exists(name)) {
        let page = Page::read(name);
        let [(language, bad), (_, good)] = page.blocks.as_slice() else { panic!("{name}") };
        if language != "net" {
            assert!(language == "sh" && bad.contains("netc "), "{name}");
            continue;
        }
        assert!(raised(bad).contains(&name), "{name}: {:?}", raised(bad));
        let left = raised(good);
        assert!(!left.contains(&name) && !left.iter().any(|id| id.starts_with('N')), "{name}: {left:?}");
    }
}

#[test]
fn only_what_no_text_can_raise_is_shown_by_commands() {
    let elsewhere = ["N0113", "N0409", "N0506"];
    for code in CODES.iter().filter(|code| code.id < "N0600" && !elsewhere.contains(&code.id)) {
        assert_eq!(Page::read(code.id).blocks[0].0, "net", "{}", code.id);
    }
}

#[test]
fn the_index_names_every_page() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/errors");
    let index = std::fs::read_to_string(folder.join("README.md")).expect("the index");
    for name in page_names() {
        let title = Page::read(name).title[2..].to_string();
        let (_, title) = title.split_once(": ").expect("a title");
        assert!(index.contains(&format!("- [{name}]({name}.md): {title}\n")), "{name}");
    }
    let pages = std::fs::read_dir(folder).expect("the folder").flatten();
    let mut names = pages.map(|entry| entry.file_name().to_string_lossy().replace(".md", ""));
    assert!(names.all(|name| name == "README" || page(&name).is_some()));
}
