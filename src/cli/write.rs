//! Texts and figures -> files, texts whole or not at all; and texts before and after -> unified diffs.

use std::io::Write;
use std::path::Path;

use similar::TextDiff;

use crate::diagnostic::{Code, Diagnostic, cannot_write};
use crate::report::{self, Figure};
use crate::train::write_whole;

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
    let figures = [("svg", svg), ("png", png)];
    figures.iter().try_for_each(|(extension, bytes)| write_whole(&folder.join(format!("{name}.{extension}")), bytes))
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
        false => {
            let message =
                format!("cannot write `{}`: its folder is not there, or it is a folder itself", path.display());
            Err(Diagnostic::error(Code::WRITE, message).remark("name a file in a folder that is there"))
        }
    }
}

/// Writes a figure to a file, as SVG or PNG by the file's name.
pub fn write_plot(path: &Path, figure: &impl Figure) -> Result<(), Diagnostic> {
    let bytes = if is_svg(path)? { report::svg(figure).map(String::into_bytes) } else { report::png(figure) };
    let undrawn = |fault| {
        Diagnostic::error(Code::WRITE, format!("internal error: `{}` cannot be drawn: {fault}", path.display()))
    };
    write_whole(path, bytes.map_err(undrawn)?)
}

/// What changes from one text to the other, as `patch` reads it.
pub fn unified_diff(path: &Path, before: &str, after: &str) -> String {
    let name = path.display().to_string();
    TextDiff::from_lines(before, after).unified_diff().header(&name, &name).to_string()
}
