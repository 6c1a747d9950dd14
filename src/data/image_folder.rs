//! A folder with one subfolder of images for each class -> a data set.
//!
//! Either `train/` with `test/` or `val/` beside it, or the classes alone: then a fifth of the images is the test part.

use std::path::Path;

use super::fault::damaged;
use super::files::{self, File, FileSet, USUAL};
use super::picture::Rule;
use super::{Class, DataFolder, Found, Selection};
use crate::diagnostic::Diagnostic;

/// Lists the folder's files; classes are in the order of their names.
///
/// # Errors
/// N0702 where it holds anything but images, N0804 where it cannot be read, N0705 and N0706 for a selection that does not
/// fit.
pub fn find(path: &Path, folder: &DataFolder, selection: &Selection) -> Result<Found, Diagnostic> {
    let train_folder = path.join("train");
    let parted = train_folder.is_dir();
    let root = if parted { train_folder } else { path.to_path_buf() };
    let classes: Vec<Class> = files::folders(&root)?.into_iter().map(|(name, _)| Class::named(name)).collect();
    if classes.is_empty() {
        return Err(damaged(&root, "there is no subfolder in it; each class has one, with its images"));
    }
    let train = list(&root, &classes)?;
    let test_folder = ["test", "val"].map(|name| path.join(name)).into_iter().find(|test| parted && test.is_dir());
    let test = test_folder.map(|test| list(&test, &classes)).transpose()?;
    let name = path.display().to_string();
    FileSet { name, classes, train, test, native: USUAL, rule: Rule::ANY }.select(folder, selection)
}

/// The images of a part, whose subfolders must be among the classes.
fn list(root: &Path, classes: &[Class]) -> Result<Vec<File>, Diagnostic> {
    let mut list = vec![];
    if let Some((_, stray)) = files::plain_files(root)?.into_iter().next() {
        return Err(damaged(&stray, "the file stands beside the classes' folders; put images into them"));
    }
    for (name, path) in files::folders(root)? {
        let Some(class) = classes.iter().position(|class| class.name == name) else {
            return Err(damaged(&path, "no training images are of this class"));
        };
        list.extend(files::images(&path)?.into_iter().map(|path| File { path, class }));
    }
    Ok(list)
}
