//! A URL and a checksum -> the file, whole or not at all.
//!
//! Bytes go to `NAME.part`, from where the last attempt ended; the file gets its name once its checksum is right.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::Agent;
use ureq::http::Response;

use super::catalogue::Download;
use super::checksum::md5;
use super::{Follow, unwritable};
use crate::diagnostic::{Code, Diagnostic};

/// How long a server may take to be reached, and to begin an answer.
const PATIENCE: Duration = Duration::from_secs(30);
/// No file is larger, whatever a server says.
const LARGEST: u64 = 4 << 30;
/// Bytes written at once.
const CHUNK: usize = 1 << 16;

/// Gets `file` from `url` to `path`, unless it is there already.
///
/// # Errors
/// N0707 where it cannot be had or is another file, N0803 where it cannot be written.
pub fn download(file: &Download, url: &str, path: &Path, follow: &mut dyn Follow) -> Result<(), Diagnostic> {
    if md5(path).is_ok_and(|found| found == file.md5) {
        return Ok(());
    }
    let part = part_of(path);
    let written = |error: io::Error| unwritable(&part, &error);
    let mut out = OpenOptions::new().create(true).truncate(false).write(true).open(&part).map_err(written)?;
    lock(&out, &part)?;
    receive(file, url, &mut out, &part, follow)?;
    out.sync_all().map_err(written)?;
    let found = md5(&part).map_err(written)?;
    if found != file.md5 {
        fs::remove_file(&part).map_err(written)?;
        let message = format!("{url} is not the published file: its MD5 is {found} instead of {}", file.md5);
        return Err(
            Diagnostic::error(Code::UNREACHABLE, message).remark("what came was thrown away; try another mirror")
        );
    }
    fs::rename(&part, path).map_err(written)
}

fn part_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(".part");
    name.into()
}

fn lock(file: &File, part: &Path) -> Result<(), Diagnostic> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => {
            let message = format!("another process is downloading {}", part.display());
            Err(Diagnostic::error(Code::UNREACHABLE, message).remark("wait until it has ended"))
        }
        Err(TryLockError::Error(error)) => Err(unwritable(part, &error)),
    }
}

/// Brings what is missing of the file.
fn receive(file: &Download, url: &str, out: &mut File, part: &Path, follow: &mut dyn Follow) -> Result<(), Diagnostic> {
    let written = |error: io::Error| unwritable(part, &error);
    let mut there = out.seek(SeekFrom::End(0)).map_err(written)?;
    if there > 0 && Some(there) == file.bytes {
        return Ok(());
    }
    let mut response = request(url, there)?;
    if response.status() == 206 && begins_at(&response) != Some(there) {
        response = request(url, 0)?;
    }
    if response.status() != 206 {
        out.set_len(0).and_then(|()| out.rewind()).map_err(written)?;
        there = 0;
    }
    let rest = header(&response, "content-length").and_then(|length| length.parse::<u64>().ok());
    follow.begin(file.name, there, file.bytes.or(rest.map(|rest| there + rest)));
    let limit = file.bytes.unwrap_or(LARGEST) - there.min(LARGEST);
    let mut body = response.into_body().into_reader().take(limit + 1);
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = body.read(&mut buffer).map_err(|error| broken_off(url, &error))?;
        if count == 0 {
            return Ok(());
        }
        out.write_all(&buffer[..count]).map_err(written)?;
        follow.add(count as u64);
    }
}

type Answer = Response<ureq::Body>;

/// Asks for the file from byte `there` on.
fn request(url: &str, there: u64) -> Result<Answer, Diagnostic> {
    let config = Agent::config_builder()
        .timeout_connect(Some(PATIENCE))
        .timeout_recv_response(Some(PATIENCE))
        .user_agent(concat!("netc/", env!("CARGO_PKG_VERSION")));
    let agent: Agent = config.build().into();
    let ask = |there: u64| match there {
        0 => agent.get(url).call(),
        _ => agent.get(url).header("Range", format!("bytes={there}-")).call(),
    };
    match ask(there) {
        // Nothing follows that byte: the part is no beginning of the file.
        Err(ureq::Error::StatusCode(416)) => ask(0),
        answer => answer,
    }
    .map_err(|error| {
        let message = format!("cannot get {url}: {error}");
        Diagnostic::error(Code::UNREACHABLE, message).remark("`--from URL` names a mirror")
    })
}

/// Where the part of the file begins that an answer holds.
fn begins_at(response: &Answer) -> Option<u64> {
    header(response, "content-range")?.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}

fn header<'a>(response: &'a Answer, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

fn broken_off(url: &str, error: &io::Error) -> Diagnostic {
    let message = format!("{url} broke off: {error}");
    Diagnostic::error(Code::UNREACHABLE, message).remark("what has come is kept; the next fetch goes on from there")
}
