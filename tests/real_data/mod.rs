//! The publishers' files, for tests that want them.

use std::path::PathBuf;

use netc::data::{DataFolder, Environment};

/// The folder that holds `wanted` of them: the one that netc would use, or the one beside the project. Where there is neither, it
/// says that the test was skipped.
pub fn real_data(wanted: &str) -> Option<PathBuf> {
    let named = DataFolder::resolve(None, &Environment::read()).path().map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let found = named.into_iter().chain([beside]).find(|folder| folder.join(wanted).exists());
    if found.is_none() {
        println!("skipped: no folder holds {wanted}");
    }
    found
}
