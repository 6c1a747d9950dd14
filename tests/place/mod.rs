//! A folder of its own in which tests run `netc` as a user does.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// A folder of its own, with a network in `model.net`.
pub struct Place {
    pub folder: TempDir,
}

impl Place {
    pub fn with(network: &str) -> Self {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("model.net"), network).unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|fault| panic!("{name}: {fault}"))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("NETC_DATA")
            .env("XDG_DATA_HOME", self.folder.path());
        command
    }

    pub fn netc(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Starts a command that goes on by itself.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// Trains on a little of `sketches`; the JSON line.
    pub fn train(&self, arguments: &[&str]) -> Value {
        let common = ["train", "model.net", "--train-fraction", "0.02", "--format", "json"];
        self.result(&[&common[..], arguments].concat())
    }

    /// Runs a command that must succeed; the last line of its output.
    pub fn result(&self, arguments: &[&str]) -> Value {
        let output = self.netc(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        serde_json::from_str(text(&output.stdout).lines().last().unwrap()).unwrap()
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs a command that must end with this status and a message that says all of `words`.
pub fn check_refused(place: &Place, arguments: &[&str], status: i32, words: &[&str]) {
    let output = place.netc(arguments);
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {message}");
    for word in words {
        assert!(message.contains(word), "{arguments:?}: `{word}` is not in\n{message}");
    }
    assert!(!message.contains("panicked"), "{message}");
}
