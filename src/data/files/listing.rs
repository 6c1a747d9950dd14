//! Folders -> the files and folders in them, by name; text files -> their lines.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::data::fault::{damaged, unreadable};
use crate::data::picture;
use crate::data::stream::expect_plain;
use crate::diagnostic::Diagnostic;

/// Folders nest no deeper in a folder of images.
const DEPTH: usize = 16;
/// No text file of a set is larger.
const TEXT: u64 = 64 << 20;
/// What systems leave behind in folders of pictures.
const LEFT_BEHIND: [&str; 2] = ["Thumbs.db", "desktop.ini"];

/// The names and paths of what is in a folder, by name; hidden files and those that systems leave behind are left out.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
    let failed = |error: std::io::Error| unreadable(folder, &error);
    let mut entries = vec![];
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().into_string().map_err(|name| {
            damaged(folder, format_args!("the name `{}` in it is not UTF-8 text", name.to_string_lossy()))
        })?;
        if !name.starts_with('.') && !LEFT_BEHIND.contains(&name.as_str()) {
            entries.push((name, entry.path()));
        }
    }
    entries.sort();
    Ok(entries)
}

/// The folders in a folder, by name, which is that of a class.
///
/// # Errors
/// N0804 where it cannot be read, N0702 for a name that would break lines and pictures.
pub fn folders(folder: &Path) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
    let folders: Vec<(String, PathBuf)> = entries(folder)?.into_iter().filter(|(_, path)| path.is_dir()).collect();
    match folders.iter().find(|(name, _)| name.chars().any(char::is_control)) {
        Some((name, _)) => {
            let fault = format!("the name of the class `{}` has a control character", name.escape_debug());
            Err(damaged(folder, fault))
        }
        None => Ok(folders),
    }
}

/// The files in a folder, by name.
///
/// # Errors
/// N0804 where it cannot be read.
pub fn plain_files(folder: &Path) -> Result<Vec<(String, PathBuf)>, Diagnostic> {
    Ok(entries(folder)?.into_iter().filter(|(_, path)| !path.is_dir()).collect())
}

/// All images in a folder and the folders below it.
///
/// # Errors
/// N0702 for a file that is no image by its name, or folders without end; N0804 where one cannot be read.
pub fn images(folder: &Path) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut images = vec![];
    collect(folder, DEPTH, &mut images)?;
    Ok(images)
}

fn collect(folder: &Path, depth: usize, images: &mut Vec<PathBuf>) -> Result<(), Diagnostic> {
    if depth == 0 {
        return Err(damaged(folder, format_args!("folders nest deeper than {DEPTH}; a link may lead back")));
    }
    for (_, path) in entries(folder)? {
        match path.is_dir() {
            true => collect(&path, depth - 1, images)?,
            false => {
                check_name(&path, "")?;
                images.push(path);
            }
        }
    }
    Ok(())
}

/// Holds that a file's name begins with `start` and ends as an image's does.
///
/// # Errors
/// N0702 where it does not.
pub fn check_name(path: &Path, start: &str) -> Result<(), Diagnostic> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    if !extension.is_some_and(|extension| picture::EXTENSIONS.contains(&extension.as_str())) {
        let kinds = picture::EXTENSIONS.join(", ");
        return Err(damaged(path, format_args!("the name is not an image's, which ends with one of {kinds}")));
    }
    match name.starts_with(start) {
        true => Ok(()),
        false => Err(damaged(path, format_args!("the publisher's files here have names that begin with `{start}`"))),
    }
}

/// The lines of a text file.
///
/// # Errors
/// N0804 where it cannot be read, N0702 where it is empty, too large or no text.
pub fn lines(path: &Path) -> Result<Vec<String>, Diagnostic> {
    let mut bytes = vec![];
    let opened = expect_plain(path).and_then(|_| fs::File::open(path));
    let read = opened.and_then(|file| file.take(TEXT + 1).read_to_end(&mut bytes));
    read.map_err(|error| unreadable(path, &error))?;
    if bytes.is_empty() {
        return Err(damaged(path, "the file is empty (0 bytes)"));
    }
    if bytes.len() as u64 > TEXT {
        return Err(damaged(path, format_args!("the file has more than {TEXT} bytes")));
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text.lines().map(String::from).collect()),
        Err(fault) => {
            let at = fault.utf8_error().valid_up_to();
            let line = 1 + fault.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count();
            Err(damaged(path, format_args!("line {line} (byte {at}) is not UTF-8 text")))
        }
    }
}
