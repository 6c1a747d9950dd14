//! Paths -> texts: the files and folders that a command is given, with an error for what cannot be read.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::diagnostic::{Code, Diagnostic, cannot_read};
use crate::source::{FileId, SourceMap, Span};
use crate::syntax::MAX_BYTES;

/// Reads a `.net` file into `sources`, under the path as it was given; `-` is standard input.
pub fn read_source(sources: &mut SourceMap, path: &Path) -> Result<FileId, Diagnostic> {
    let name = path.display().to_string();
    let bytes = match sources.replacement(path) {
        Some(text) => Ok(text.as_bytes().to_vec()),
        None if name == "-" => read_stdin(),
        None => read_file(path),
    };
    let bytes = bytes.map_err(|fault| cannot_read(path, &fault))?;
    let directory = path.parent().unwrap_or(Path::new("")).to_path_buf();
    match String::from_utf8(bytes) {
        Ok(text) => Ok(sources.add(name, Some(directory), text)),
        Err(fault) => Err(not_text(sources, name, fault)),
    }
}

fn read_file(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    std::fs::File::open(path)?.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_stdin() -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![];
    std::io::stdin().lock().take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn not_text(sources: &mut SourceMap, name: String, fault: std::string::FromUtf8Error) -> Diagnostic {
    let valid = fault.utf8_error().valid_up_to();
    let too_long = fault.as_bytes().len() > MAX_BYTES;
    let file = sources.add(name, None, String::from_utf8_lossy(&fault.as_bytes()[..valid]).into_owned());
    let place = Span::new(file, valid, valid);
    if too_long {
        return Diagnostic::error(Code::LIMIT, "the file is larger than 1 MiB").at(place, "this file");
    }
    Diagnostic::error(Code::ENCODING, format!("the file is not UTF-8 text (byte {valid})"))
        .at(place, "the first byte that is no text")
        .remark("save it as UTF-8")
}

/// The `.net` files that the paths name: files as they are, folders with all that is below them, by name.
pub fn net_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Diagnostic> {
    let is_net = |path: &Path| path.extension().is_some_and(|extension| extension == "net");
    files_of(paths, "`.net` file", "name a folder with `.net` files, or a file", is_net)
}

/// The files that the paths name: files as they are, folders with all below them that are `wanted`, by name. A folder
/// without any is an error, in which `noun` is missing.
pub fn files_of(
    paths: &[PathBuf],
    noun: &str,
    advice: &str,
    wanted: impl Fn(&Path) -> bool,
) -> Result<Vec<PathBuf>, Diagnostic> {
    let mut files = vec![];
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        collect(path, &wanted, &mut files).map_err(|fault| cannot_read(path, &fault))?;
        if files.len() == before {
            let message = format!("no {noun} is in `{}`", path.display());
            return Err(Diagnostic::error(Code::READ, message).remark(advice));
        }
    }
    Ok(files)
}

fn collect(folder: &Path, wanted: &impl Fn(&Path) -> bool, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            collect(&path, wanted, files)?;
        } else if wanted(&path) {
            files.push(path);
        }
    }
    Ok(())
}
