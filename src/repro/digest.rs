//! A row -> a digest of all that its values come from, but for the seed.

use std::fs;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::report::{Prune, Report, Row};
use crate::diagnostic::{Diagnostic, cannot_read};
use crate::graph::{Given, check};
use crate::source::SourceMap;

impl Report {
    /// Of a row's network, with what it imports, of its recipe and its settings, and of how it is pruned.
    ///
    /// # Errors
    /// N0804 for a file that cannot be read.
    pub fn digest(&self, row: &Row, prune: Option<Prune>) -> Result<String, Diagnostic> {
        let (network, recipe) = (read(&self.folder.join(&row.file))?, read(&self.folder.join(&row.recipe))?);
        let mut sources = SourceMap::new();
        // What is no text is told where it is trained.
        let text = String::from_utf8_lossy(&network).into_owned();
        let file = sources.add(row.file.clone(), Some(self.folder.clone()), text);
        let network = check(&mut sources, file, &Given::default()).text;
        let parts = [network.into_bytes(), recipe, format!("{:?} {prune:?}", row.settings(0)).into_bytes()];
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
            digest.update([0]);
        }
        Ok(digest.finalize()[..4].iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    fs::read(path).map_err(|fault| cannot_read(path, &fault))
}
