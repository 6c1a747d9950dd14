//! A file and all that it imports, each parsed once: Ast -> [`Package`].

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Component, Path, PathBuf};

use super::names;
use super::stdlib;
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::layer;
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::ast::{Ast, Import, ImportPath, Name};
use crate::syntax::{self, MAX_BYTES};

/// A file with its imports. Module 0 is the file itself.
#[derive(Debug)]
pub struct Package {
    pub modules: Vec<Module>,
}

/// One parsed file and the names that its text can use.
#[derive(Debug)]
pub struct Module {
    pub ast: Ast,
    /// Its path without `.` and `..` that can be spared; `stdlib/conv.net` in the library.
    pub path: String,
    pub names: BTreeMap<String, Definition>,
    /// Names whose definition is in doubt and reported; nothing more is said of their uses.
    pub doubtful: HashSet<String>,
    /// Whether an import failed, so that names may be missing that nobody misspelled.
    pub in_doubt: bool,
}

/// Where a name is defined.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Definition {
    pub module: usize,
    pub kind: DefinitionKind,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefinitionKind {
    /// By index in the tree.
    Value(usize),
    Block(usize),
}

impl DefinitionKind {
    pub fn noun(self) -> &'static str {
        match self {
            DefinitionKind::Value(_) => "a value",
            DefinitionKind::Block(_) => "a block",
        }
    }
}

/// Parses `file` and its imports, adding their texts to `sources`. None where the file itself passes a limit.
pub fn load(sources: &mut SourceMap, file: FileId, diagnostics: &mut Vec<Diagnostic>) -> Option<Package> {
    let mut loader = Loader { sources, modules: vec![], by_key: HashMap::new(), open: vec![], diagnostics };
    let key = loader.key_of(file);
    loader.load(file, key)?;
    let modules = loader.modules.into_iter().flatten().collect();
    Some(Package { modules })
}

struct Loader<'a> {
    sources: &'a mut SourceMap,
    /// None while a module's imports are being loaded, and for those that failed.
    modules: Vec<Option<Module>>,
    by_key: HashMap<String, usize>,
    /// The chain of imports that leads here.
    open: Vec<String>,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Loader<'_> {
    fn key_of(&self, file: FileId) -> String {
        let source = self.sources.file(file);
        match source.directory() {
            Some(directory) => {
                let name = Path::new(source.name()).file_name().unwrap_or_default();
                normal(&directory.join(name)).display().to_string()
            }
            None => source.name().to_string(),
        }
    }

    fn load(&mut self, file: FileId, key: String) -> Option<usize> {
        let (ast, diagnostics) = syntax::parse(self.sources, file);
        self.diagnostics.extend(diagnostics.into_iter().map(of_library));
        let ast = ast?;
        let index = self.modules.len();
        self.modules.push(None);
        self.by_key.insert(key.clone(), index);
        self.open.push(key.clone());
        report_bad_parameters(&ast, self.diagnostics);
        let (mut names, mut doubtful) = own_names(&ast, index, self.diagnostics);
        let mut in_doubt = ast.names_in_doubt;
        let mut written = HashSet::new();
        for import in ast.imports.iter().filter(|import| written.insert(&import.path)) {
            in_doubt |= self.import(file, import, &mut names, &mut doubtful).is_none();
        }
        self.open.pop();
        self.report_no_network(file, &ast);
        self.modules[index] = Some(Module { ast, path: key, names, doubtful, in_doubt });
        Some(index)
    }

    fn report_no_network(&mut self, file: FileId, ast: &Ast) {
        let failed = self.diagnostics.iter().any(|d| d.place().is_some_and(|place| place.file == file));
        if ast.chain.is_some() || !ast.blocks.is_empty() || !ast.values.is_empty() || failed {
            return;
        }
        let end = self.sources.file(file).text().trim_end().len();
        let diagnostic = Diagnostic::error(Code::NO_NETWORK, "the file holds no network and no blocks")
            .at(Span::new(file, end, end), "expected a layer, as in `Conv(1, 20, 3) -> ReLU -> FC`");
        self.diagnostics.push(diagnostic);
    }

    /// Takes in what an import names; none where that could not be read.
    fn import(
        &mut self,
        from: FileId,
        import: &Import,
        names: &mut BTreeMap<String, Definition>,
        doubtful: &mut HashSet<String>,
    ) -> Option<()> {
        let module = self.find(from, import)?;
        let imported = self.modules[module].as_ref()?;
        let mut definitions: Vec<(String, Definition)> =
            imported.names.iter().filter(|(_, d)| d.module == module).map(|(name, d)| (name.clone(), *d)).collect();
        definitions.sort_by_key(|(_, definition)| definition.span);
        for (name, definition) in definitions {
            match names.get(&name) {
                Some(first) if *first != definition => {
                    self.report_clash(import, &name, *first, definition);
                    doubtful.insert(name);
                }
                _ => {
                    names.insert(name, definition);
                }
            }
        }
        Some(())
    }

    fn report_clash(&mut self, import: &Import, name: &str, first: Definition, second: Definition) {
        let diagnostic =
            Diagnostic::error(Code::IMPORT, format!("this import brings `{name}`, which is defined already"))
                .at(import.span, format!("brings {} `{name}`", second.kind.noun()))
                .with(first.span, "defined here")
                .with(second.span, "and here");
        self.diagnostics.push(diagnostic);
    }

    /// The module that an import names, loaded if it was not.
    fn find(&mut self, from: FileId, import: &Import) -> Option<usize> {
        let (key, name) = match &import.path {
            ImportPath::Library(name) => (format!("stdlib/{name}.net"), format!("stdlib/{name}.net")),
            ImportPath::File(path) => {
                let directory = self.sources.file(from).directory().unwrap_or(Path::new("")).to_path_buf();
                let path = directory.join(path);
                (normal(&path).display().to_string(), normal(&path).display().to_string())
            }
        };
        if self.open.contains(&key) {
            self.report_circle(import, &key);
            return None;
        }
        if let Some(&index) = self.by_key.get(&key) {
            return Some(index);
        }
        let (text, directory) = self.read(import, Path::new(&key))?;
        let file = self.sources.add(name, directory, text);
        self.load(file, key)
    }

    fn report_circle(&mut self, import: &Import, key: &str) {
        let start = self.open.iter().position(|open| open == key).unwrap_or(0);
        let mut circle: Vec<&str> = self.open[start..].iter().map(String::as_str).collect();
        circle.push(key);
        let diagnostic = Diagnostic::error(Code::RECURSION, "this import leads back to its own file")
            .at(import.span, "closes the circle")
            .remark(format!("the circle: {}", circle.join(" -> ")))
            .remark(if circle.len() == 2 { "remove this line" } else { "remove one of these `use` lines" });
        self.diagnostics.push(diagnostic);
    }

    fn read(&mut self, import: &Import, path: &Path) -> Option<(String, Option<PathBuf>)> {
        match &import.path {
            ImportPath::Library(name) => match stdlib::text(name) {
                Some(text) => Some((text.to_string(), None)),
                None => {
                    self.report_unknown_library(import, name);
                    None
                }
            },
            ImportPath::File(_) => {
                match self.sources.replacement(path).map_or_else(|| read_text(path), |text| Ok(text.into())) {
                    Ok(text) => Some((text, Some(path.parent().unwrap_or(Path::new("")).to_path_buf()))),
                    Err(reason) => {
                        let message = format!("cannot import `{}`: {reason}", path.display());
                        let diagnostic = Diagnostic::error(Code::IMPORT, message).at(import.span, "this file");
                        self.diagnostics.push(with_spelling(diagnostic, import, path));
                        None
                    }
                }
            }
        }
    }

    fn report_unknown_library(&mut self, import: &Import, name: &str) {
        let known = stdlib::names();
        let diagnostic = Diagnostic::error(Code::IMPORT, format!("the standard library has no `{name}`"))
            .at(import.span, "unknown library")
            .remark(format!("it has: {}", known.join(", ")))
            .remark(format!("a file beside this one is imported by `use \"./{name}.net\"`"));
        self.diagnostics.push(names::suggest(diagnostic, name, import.span, known.into_iter()));
    }
}

/// Adds the library, or the file with its ending, that an import of no file must mean.
fn with_spelling(diagnostic: Diagnostic, import: &Import, path: &Path) -> Diagnostic {
    let ImportPath::File(written) = &import.path else { return diagnostic };
    let text = match stdlib::text(written) {
        Some(_) => written.clone(),
        None if path.extension().is_none() && path.with_extension("net").is_file() => format!("\"{written}.net\""),
        None => return diagnostic,
    };
    let title = format!("write `use {text}`");
    diagnostic.fix(Fix { title, safe: false, edits: vec![Edit { span: import.span, text }] })
}

/// Where a library is written with a file's ending, `conv.net`, the library is what is meant.
fn of_library(mut diagnostic: Diagnostic) -> Diagnostic {
    for fix in diagnostic.fixes.iter_mut().filter(|fix| fix.edits.len() == 1) {
        let file = fix.edits[0].text.strip_prefix("\"./").and_then(|name| name.strip_suffix(".net\""));
        if let Some(name) = file.filter(|name| stdlib::text(name).is_some()).map(str::to_string) {
            (fix.title, fix.edits[0].text) = (format!("write `use {name}`"), name);
        }
    }
    diagnostic
}

fn read_text(path: &Path) -> Result<String, String> {
    let bytes = std::fs::read(path).map_err(|fault| match fault.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_string(),
        _ => fault.to_string(),
    })?;
    if bytes.len() > MAX_BYTES {
        return Err(format!("it has {} bytes; the limit is 1 MiB", bytes.len()));
    }
    String::from_utf8(bytes)
        .map_err(|fault| format!("it is not UTF-8 text (byte {})", fault.utf8_error().valid_up_to()))
}

/// The path without `.` and `a/..`, by its text alone.
fn normal(path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(whole.components().next_back(), Some(Component::Normal(_))) => {
                whole.pop();
            }
            part => whole.push(part),
        }
    }
    whole
}

/// The names that a file defines itself, and those of them that are in doubt. Those that are taken are reported, the
/// first one stays.
fn own_names(
    ast: &Ast,
    module: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> (BTreeMap<String, Definition>, HashSet<String>) {
    let values = ast.values.iter().enumerate().map(|(index, d)| (&d.name, DefinitionKind::Value(index)));
    let blocks = ast.blocks.iter().enumerate().map(|(index, d)| (&d.name, DefinitionKind::Block(index)));
    let mut all: Vec<_> = values.chain(blocks).collect();
    all.sort_by_key(|(name, _)| name.span);
    let (mut names, mut doubtful) = (BTreeMap::<String, Definition>::new(), HashSet::new());
    for (name, kind) in all {
        if layer::find(&name.value).is_some() {
            diagnostics.push(taken_by_layer(name, kind.noun()));
        } else if let Some(first) = names.get(&name.value) {
            let diagnostic = Diagnostic::error(Code::TAKEN, format!("`{}` is defined twice", name.value))
                .at(name.span, "the second time")
                .with(first.span, "the first time");
            diagnostics.push(diagnostic);
            doubtful.insert(name.value.clone());
        } else {
            names.insert(name.value.clone(), Definition { module, kind, span: name.span });
        }
    }
    (names, doubtful)
}

fn taken_by_layer(name: &Name, noun: &str) -> Diagnostic {
    let message = format!("`{}` is a layer's name", name.value);
    Diagnostic::error(Code::TAKEN, message).at(name.span, format!("{noun} needs another name"))
}

fn report_bad_parameters(ast: &Ast, diagnostics: &mut Vec<Diagnostic>) {
    let parameters = ast.blocks.iter().flat_map(|block| &block.parameters);
    let taken = parameters.filter(|parameter| layer::find(&parameter.name.value).is_some());
    diagnostics.extend(taken.map(|parameter| taken_by_layer(&parameter.name, "a parameter")));
}
