//! Texts and figures -> files, texts whole or not at all; and texts before and after -> unified diffs.

use std::io::Write;
use std::path::Path;

use similar::TextDiff;

use crate::diagnostic::{Code, Diagnostic};
use crate::report::{self, Figure};
use crate::train::cannot_write;

/// Replaces what a file holds. It is written beside it and renamed, with its permissions; a link stays a link.
pub fn write_file(path: &Path, text: &str) -> Result<(), Diagnostic> {
    replace(path, text).map_err(|fault| {
        Diagnostic::error(Code::WRITE, format!("cannot write `{}`: {fault}", path.display()))
            .remark("it is left as it was; check its permissions and those of its folder")
    })
}

fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let target = std::fs::canonicalize(path)?;
    let permissions = std::fs::metadata(&target)?.permissions();
    if permissions.readonly() {
        return Err(std::io::ErrorKind::PermissionDenied.into());
    }
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".netc-").tempfile_in(folder)?;
    beside.write_all(text.as_bytes())?;
    beside.as_file().set_permissions(permissions)?;
    beside.as_file().sync_all()?;
    beside.persist(&target)?;
    Ok(())
}

/// Writes a result to a file, in place of one that is there.
pub fn write_result(path: &Path, bytes: &[u8]) -> Result<(), Diagnostic> {
    std::fs::write(path, bytes).map_err(|fault| {
        Diagnostic::error(Code::WRITE, format!("cannot write `{}`: {fault}", path.display()))
            .remark("name a file in a folder that is there and that you may write to")
    })
}

/// Makes a folder where there is none.
pub fn make_folder(folder: &Path) -> Result<(), Diagnostic> {
    std::fs::create_dir_all(folder).map_err(|fault| cannot_write(folder, &fault))
}

/// Writes a figure as `NAME.svg` and `NAME.png`.
pub fn write_figure(folder: &Path, name: &str, figure: &impl Figure) -> Result<(), Diagnostic> {
    let undrawn =
        |fault: String| Diagnostic::error(Code::WRITE, format!("internal error: `{name}` cannot be drawn: {fault}"));
    let svg = report::svg(figure).map_err(undrawn)?.into_bytes();
    let png = report::png(figure).map_err(undrawn)?;
    for (extension, bytes) in [("svg", svg), ("png", png)] {
        let path = folder.join(format!("{name}.{extension}"));
        std::fs::write(&path, bytes).map_err(|fault| cannot_write(&path, &fault))?;
    }
    Ok(())
}

/// Whether a file's name says SVG.
fn is_svg(path: &Path) -> Result<bool, Diagnostic> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(true),
        Some("png") => Ok(false),
        _ => {
            let message = format!("cannot draw `{}`: its name ends neither with .svg nor with .png", path.display());
            Err(Diagnostic::error(Code::WRITE, message).remark("name a file that ends with .svg or .png"))
        }
    }
}

/// Refuses, before long work, a file that [`write_plot`] could not write: for its name, or because its folder is not there.
pub fn check_plot(path: &Path) -> Result<(), Diagnostic> {
    is_svg(path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match folder.is_dir() && !path.is_dir() {
        true => Ok(()),
        false => Err(cannot_write(path, &std::io::ErrorKind::NotFound.into())),
    }
}

/// Writes a figure to a file, as SVG or PNG by the file's name.
pub fn write_plot(path: &Path, figure: &impl Figure) -> Result<(), Diagnostic> {
    let bytes = if is_svg(path)? { report::svg(figure).map(String::into_bytes) } else { report::png(figure) };
    let undrawn = |fault| {
        Diagnostic::error(Code::WRITE, format!("internal error: `{}` cannot be drawn: {fault}", path.display()))
    };
    write_result(path, &bytes.map_err(undrawn)?)
}

/// What changes from one text to the other, as `patch` reads it.
pub fn unified_diff(path: &Path, before: &str, after: &str) -> String {
    let name = path.display().to_string();
    TextDiff::from_lines(before, after).unified_diff().header(&name, &name).to_string()
}
