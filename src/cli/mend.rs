//! Files and the fixes of their diagnostics -> changed texts, kept until they are written or shown.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use super::files::read_source;
use super::write::{unified_diff, write_file};
use crate::diagnostic::{Diagnostic, Edit, Fix, Id, Trust, apply, edits};
use crate::graph::{Given, check};
use crate::source::{FileId, SourceMap, Span, canonical};

/// How often a file is checked and mended again; each round mends what the last one brought to light.
const ROUNDS: usize = 100;

/// The texts of files that fixes have changed, and of standard input, which can be read only once.
#[derive(Debug, Default)]
pub struct Drafts {
    /// By the path that links and dots lead to.
    drafts: BTreeMap<PathBuf, Draft>,
}

#[derive(Debug)]
struct Draft {
    /// As it was given.
    path: PathBuf,
    before: String,
    after: String,
    edits: usize,
}

/// A diagnostic whose fix was applied, and where it would stand if that did not mend.
struct Tried {
    id: Id,
    message: String,
    file: FileId,
    /// As text that is put in exactly there stands behind it or before it.
    starts: [usize; 2],
}

impl Tried {
    /// Nothing for one whose fix waits.
    fn of(diagnostic: &Diagnostic, edits: &[Edit]) -> Option<Self> {
        let applied = |fix: &Fix| !fix.edits.is_empty() && fix.edits.iter().all(|edit| edits.contains(edit));
        let place = diagnostic.place().filter(|_| diagnostic.fixes.iter().any(applied))?;
        let (id, message) = (diagnostic.id, diagnostic.message.clone());
        let mut tried = Self { id, message, file: place.file, starts: [place.start; 2] };
        tried.shift(edits);
        Some(tried)
    }

    fn is(&self, diagnostic: &Diagnostic) -> bool {
        let there = |place: Span| place.file == self.file && self.starts.contains(&place.start);
        diagnostic.id == self.id && diagnostic.message == self.message && diagnostic.place().is_some_and(there)
    }

    fn shift(&mut self, edits: &[Edit]) {
        let [first, last] = self.starts;
        self.starts = [self.shifted(first, edits, |edit| edit.start < first), self.shifted(last, edits, |_| true)];
    }

    fn shifted(&self, start: usize, edits: &[Edit], counts: impl Fn(Span) -> bool) -> usize {
        let before = edits.iter().filter(|edit| edit.span.file == self.file && edit.span.end <= start);
        let before = before.filter(|edit| counts(edit.span));
        let (added, removed) = before.fold((0, 0), |(added, removed), edit| {
            (added + edit.text.len(), removed + edit.span.end - edit.span.start)
        });
        start + added - removed
    }
}

impl Drafts {
    /// An empty source map in which the drafts stand for their files.
    pub fn sources(&self) -> SourceMap {
        let mut sources = SourceMap::new();
        self.drafts.iter().for_each(|(path, draft)| sources.replace(path, draft.after.as_str()));
        sources
    }

    /// Applies the fixes of a file's diagnostics, to it and to what it imports, until there is none left. One that
    /// does not mend is not applied again.
    /// A file that cannot be read is left to whoever reports on it.
    pub fn mend(&mut self, path: &Path, given: &Given, trust: Trust) {
        let (mut seen, mut tried) = (HashSet::new(), vec![]);
        for _ in 0..ROUNDS {
            let mut sources = self.sources();
            let Ok(file) = read_source(&mut sources, path) else { return };
            self.keep(path, sources.file(file).text());
            let mut diagnostics = check(&mut sources, file, given).diagnostics;
            diagnostics.retain(|diagnostic| !tried.iter().any(|tried: &Tried| tried.is(diagnostic)));
            let editable = |id: FileId| sources.file(id).directory().is_some();
            let edits = edits(&diagnostics, trust, editable);
            if edits.is_empty() || !seen.insert(self.digest()) {
                return;
            }
            tried.iter_mut().for_each(|tried| tried.shift(&edits));
            tried.extend(diagnostics.iter().filter_map(|diagnostic| Tried::of(diagnostic, &edits)));
            self.apply(&sources, (file, path), &edits);
        }
    }

    fn keep(&mut self, path: &Path, text: &str) {
        let draft = || Draft { path: path.into(), before: text.into(), after: text.into(), edits: 0 };
        self.drafts.entry(canonical(path)).or_insert_with(draft);
    }

    fn apply(&mut self, sources: &SourceMap, (main, path): (FileId, &Path), edits: &[Edit]) {
        let mut files: Vec<FileId> = edits.iter().map(|edit| edit.span.file).collect();
        files.dedup();
        for file in files {
            let source = sources.file(file);
            let path = if file == main { path } else { Path::new(source.name()) };
            self.keep(path, source.text());
            if let Some(draft) = self.drafts.get_mut(&canonical(path)) {
                draft.after = apply(source.text(), file, edits);
                draft.edits += edits.iter().filter(|edit| edit.span.file == file).count();
            }
        }
    }

    /// What tells this state from the others that mending went through.
    fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.drafts.values().for_each(|draft| draft.after.hash(&mut hasher));
        hasher.finish()
    }

    fn changed(&self) -> impl Iterator<Item = &Draft> {
        self.drafts.values().filter(|draft| draft.before != draft.after)
    }

    /// The changes, file by file.
    pub fn diff(&self) -> String {
        self.changed().map(|draft| unified_diff(&draft.path, &draft.before, &draft.after)).collect()
    }

    /// The mended text of standard input, if that was read.
    pub fn stdin(&self) -> Option<&str> {
        self.drafts.get(Path::new("-")).map(|draft| draft.after.as_str())
    }

    /// Writes the changed files; gives their names, each with the number of changes.
    pub fn write(&self) -> Vec<Result<String, Diagnostic>> {
        let files = self.changed().filter(|draft| draft.path != Path::new("-"));
        let write = |draft: &Draft| {
            write_file(&draft.path, &draft.after)?;
            let changes = if draft.edits == 1 { "change" } else { "changes" };
            Ok(format!("{}: {} {changes}", draft.path.display(), draft.edits))
        };
        files.map(write).collect()
    }
}
