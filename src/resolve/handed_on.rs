//! A name that only an import of an import has -> where it stands, and the `use` line that brings it in.

use std::path::{Component, Path, PathBuf};

use super::package::{Definition, DefinitionKind, Package};
use super::stdlib;
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::Name;

/// A definition in a file that is loaded, but that the file of the name's use does not import.
pub struct Elsewhere {
    definition: Definition,
    /// What follows `use`: `conv`, `"./blocks.net"`.
    pub path: String,
    /// The last import of the file that uses the name.
    import: Option<Span>,
}

impl Package {
    /// The block, or else the value, of that name which module `from` would see by one more `use`.
    pub fn elsewhere(&self, from: usize, name: &str, block: bool) -> Option<Elsewhere> {
        let defined = |(index, module): (usize, &super::package::Module)| {
            let definition = *module.names.get(name).filter(|definition| definition.module == index)?;
            (matches!(definition.kind, DefinitionKind::Block(_)) == block).then_some(definition)
        };
        let others = self.modules.iter().enumerate().skip(1).filter(|(index, _)| *index != from);
        let definition = others.filter_map(defined).next()?;
        let path = import_path(&self.modules[from].path, &self.modules[definition.module].path);
        let import = self.modules[from].ast.imports.iter().map(|import| import.span).max();
        Some(Elsewhere { definition, path, import })
    }
}

impl Elsewhere {
    /// The error of the name's use.
    pub fn report(&self, name: &Name) -> Diagnostic {
        let Elsewhere { definition, path, .. } = self;
        let (code, noun) = match definition.kind {
            DefinitionKind::Value(_) => (Code::UNKNOWN_VALUE, "value"),
            DefinitionKind::Block(_) => (Code::UNKNOWN_LAYER, "block"),
        };
        let file = match path.strip_prefix('"') {
            Some(file) => format!("`{}`", file.trim_end_matches('"')),
            None => format!("the library `{path}`"),
        };
        let message = format!("the {noun} `{}` stands in {file}, which this file does not import", name.value);
        let diagnostic = Diagnostic::error(code, message)
            .at(name.span, format!("unknown {noun}"))
            .with(definition.span, "defined here")
            .remark("an import hands on nothing of what it imports itself");
        let Some(import) = self.import else { return diagnostic.remark(format!("write `use {path}`")) };
        let edits = vec![Edit { span: import.after(), text: format!("\nuse {path}") }];
        diagnostic.fix(Fix { title: format!("write `use {path}` here too"), safe: false, edits })
    }
}

/// What `use` takes in the file at `from` for the file at `to`.
fn import_path(from: &str, to: &str) -> String {
    let library = to.strip_prefix("stdlib/").and_then(|name| name.strip_suffix(".net"));
    if let Some(library) = library.filter(|name| stdlib::text(name).is_some()) {
        return library.to_string();
    }
    let (folder, to) = (Path::new(from).parent().unwrap_or(Path::new("")), Path::new(to));
    let path = relative(folder, to).unwrap_or_else(|| to.to_path_buf()).display().to_string();
    let plain = !path.starts_with(['.', '/']) && !Path::new(&path).is_absolute();
    format!("\"{}{path}\"", if plain { "./" } else { "" })
}

/// The path that leads from a folder to a file, by their texts alone; none where those do not say it.
fn relative(folder: &Path, file: &Path) -> Option<PathBuf> {
    if folder.is_absolute() != file.is_absolute() {
        return None;
    }
    let shared = folder.components().zip(file.components()).take_while(|(a, b)| a == b).count();
    let ups: Vec<Component> = folder.components().skip(shared).collect();
    let named = ups.iter().all(|part| matches!(part, Component::Normal(_)));
    let up = ups.iter().map(|_| Component::ParentDir);
    named.then(|| up.chain(file.components().skip(shared)).collect())
}

#[cfg(test)]
mod tests {
    use super::import_path;

    #[test]
    fn paths_are_spelled_from_the_importing_file() {
        let check = |from: &str, to: &str, expected: &str| assert_eq!(import_path(from, to), expected, "{from} {to}");
        check("main.net", "base.net", "\"./base.net\"");
        check("main.net", "lib/base.net", "\"./lib/base.net\"");
        check("a/main.net", "b/base.net", "\"../b/base.net\"");
        check("/x/a/b/main.net", "/x/base.net", "\"../../base.net\"");
        check("../a/main.net", "../base.net", "\"../base.net\"");
        check("main.net", "stdlib/conv.net", "conv");
    }
}
