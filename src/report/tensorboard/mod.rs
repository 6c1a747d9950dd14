//! Figures of a training -> event files, as TensorBoard reads them from a folder.

mod message;
mod record;
mod value;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use prost::Message;

pub use self::message::Value;
use self::message::{Event, FILE_VERSION, START, SessionLog, Summary};
use self::record::record;
pub use self::value::{histogram, picture, scalar, text};

/// How the names of event files begin; what follows orders them by time.
const PREFIX: &str = "events.out.tfevents.";

/// An event file that is written to.
#[derive(Debug)]
pub struct EventFile {
    file: File,
}

impl EventFile {
    /// Begins a file in a folder, which is made where it is not there. TensorBoard reads it after all that are there.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn begin(folder: &Path, suffix: &str) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let now = seconds() as u64;
        let latest = names(folder)?.iter().filter_map(|name| begun(name)).max();
        let number = latest.map_or(now, |latest| now.max(latest + 1));
        let path = folder.join(format!("{PREFIX}{number:010}.netc{suffix}"));
        let mut file = Self { file: File::options().write(true).create_new(true).open(path)? };
        file.write(Event { file_version: Some(FILE_VERSION.into()), ..Event::default() })?;
        Ok(file)
    }

    /// Has TensorBoard forget what earlier files have of this step and later ones.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn forget_from(&mut self, step: u64) -> io::Result<()> {
        let session_log = Some(SessionLog { status: START });
        self.write(Event { step: step as i64, session_log, ..Event::default() })
    }

    /// Adds values of a step.
    ///
    /// # Errors
    /// What the system refuses.
    pub fn add(&mut self, step: u64, value: Vec<Value>) -> io::Result<()> {
        self.write(Event { step: step as i64, summary: Some(Summary { value }), ..Event::default() })
    }

    /// A record is written at once, so that whoever follows reads whole ones.
    fn write(&mut self, event: Event) -> io::Result<()> {
        self.file.write_all(&record(&Event { wall_time: seconds(), ..event }.encode_to_vec()))
    }
}

/// Whether a folder has event files.
pub fn has_events(folder: &Path) -> bool {
    names(folder).is_ok_and(|names| !names.is_empty())
}

/// Removes the event files whose names end so.
///
/// # Errors
/// What the system refuses.
pub fn remove_events(folder: &Path, suffix: &str) -> io::Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    let ending = format!(".netc{suffix}");
    names(folder)?.iter().filter(|name| name.ends_with(&ending)).try_for_each(|name| fs::remove_file(folder.join(name)))
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
    let names = names.collect::<io::Result<Vec<String>>>()?;
    Ok(names.into_iter().filter(|name| name.starts_with(PREFIX)).collect())
}

/// When a file was begun, by its name.
fn begun(name: &str) -> Option<u64> {
    name.strip_prefix(PREFIX)?.split('.').next()?.parse().ok()
}

/// Since 1970.
fn seconds() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
