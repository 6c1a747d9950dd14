//! Paths -> bytes, or what to do about one that cannot be read or written.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::Path;

use super::{Code, Diagnostic};

/// The bytes of a plain file: a pipe or a device may never end.
///
/// # Errors
/// N0804.
pub fn read_plain(path: &Path) -> Result<Vec<u8>, Diagnostic> {
    let metadata = fs::metadata(path).map_err(|fault| cannot_read(path, &fault))?;
    if metadata.is_file() {
        return fs::read(path).map_err(|fault| cannot_read(path, &fault));
    }
    let kind = if metadata.is_dir() { ErrorKind::IsADirectory } else { ErrorKind::InvalidInput };
    Err(cannot_read(path, &Error::new(kind, "it is not a plain file")))
}

/// The error of a path that cannot be read.
pub fn cannot_read(path: &Path, fault: &Error) -> Diagnostic {
    let advice = match fault.kind() {
        ErrorKind::NotFound => "there is no such file; check its name and the folder you are in",
        ErrorKind::PermissionDenied => "you may not read it; change its permissions",
        ErrorKind::IsADirectory => "it is a folder; name a file in it",
        _ => "check that the path leads to a readable file",
    };
    Diagnostic::error(Code::READ, format!("cannot read `{}`: {fault}", path.display())).remark(advice)
}

/// The error of a path that cannot be written.
pub fn cannot_write(path: &Path, fault: &Error) -> Diagnostic {
    let advice = match fault.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            "the disk is full; free some space, or choose another folder"
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "you may not write there; choose another folder",
        _ => "choose a folder that is there and that you may write to",
    };
    Diagnostic::error(Code::WRITE, format!("cannot write `{}`: {fault}", path.display())).remark(advice)
}
