//! What the caller and the environment say -> the folder that data files are looked for in.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables that name a data folder.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub netc_data: Option<OsString>,
    pub xdg_data_home: Option<OsString>,
    pub home: Option<OsString>,
}

impl Environment {
    /// The process's own; the only place that reads it for data.
    pub fn read() -> Self {
        Self {
            netc_data: std::env::var_os("NETC_DATA"),
            xdg_data_home: std::env::var_os("XDG_DATA_HOME"),
            home: std::env::var_os("HOME"),
        }
    }
}

/// A folder for data files, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    path: Option<PathBuf>,
    origin: &'static str,
}

impl DataFolder {
    /// The folder of `--data-dir`, else of `NETC_DATA`, else the user's data folder. What is empty counts as not given.
    pub fn resolve(flag: Option<&Path>, environment: &Environment) -> Self {
        let flag = flag.map(Path::to_path_buf);
        let variable = environment.netc_data.as_ref().map(PathBuf::from);
        let given = |path: &PathBuf| !path.as_os_str().is_empty();
        if let Some(path) = flag.filter(given) {
            return Self { path: Some(path), origin: "--data-dir" };
        }
        if let Some(path) = variable.filter(given) {
            return Self { path: Some(path), origin: "NETC_DATA" };
        }
        Self { path: user_data(environment, cfg!(target_os = "macos")), origin: "the user's data folder" }
    }

    /// No folder at all.
    pub fn none() -> Self {
        Self { path: None, origin: "the user's data folder" }
    }

    /// None where the environment names no home.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// `--data-dir`, `NETC_DATA` or `the user's data folder`.
    pub fn origin(&self) -> &'static str {
        self.origin
    }
}

/// `$XDG_DATA_HOME/netc`, where that is absolute as its specification asks, else the system's usual place.
fn user_data(environment: &Environment, mac: bool) -> Option<PathBuf> {
    let absolute = |value: &Option<OsString>| value.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
    let usual = if mac { "Library/Application Support" } else { ".local/share" };
    let base = absolute(&environment.xdg_data_home).or_else(|| Some(absolute(&environment.home)?.join(usual)))?;
    Some(base.join("netc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(netc_data: &str, xdg_data_home: &str, home: &str) -> Environment {
        let variable = |value: &str| Some(OsString::from(value)).filter(|value| value != "unset");
        Environment { netc_data: variable(netc_data), xdg_data_home: variable(xdg_data_home), home: variable(home) }
    }

    #[test]
    fn the_flag_wins_over_the_variable_and_that_over_the_users_folder() {
        let all = environment("/data", "/share", "/home/ada");
        let flag = DataFolder::resolve(Some(Path::new("mine")), &all);
        assert_eq!((flag.path(), flag.origin()), (Some(Path::new("mine")), "--data-dir"));
        let variable = DataFolder::resolve(None, &all);
        assert_eq!((variable.path(), variable.origin()), (Some(Path::new("/data")), "NETC_DATA"));
        let unset = DataFolder::resolve(None, &environment("", "unset", "unset"));
        assert_eq!((unset.path(), unset.origin()), (None, "the user's data folder"));
    }

    #[test]
    fn the_users_folder_follows_the_system() {
        let check = |xdg: &str, home: &str, mac, expected: Option<&str>| {
            assert_eq!(user_data(&environment("unset", xdg, home), mac), expected.map(PathBuf::from));
        };
        check("/share", "/home/ada", false, Some("/share/netc"));
        check("unset", "/home/ada", false, Some("/home/ada/.local/share/netc"));
        check("relative", "/home/ada", false, Some("/home/ada/.local/share/netc"));
        check("unset", "/Users/ada", true, Some("/Users/ada/Library/Application Support/netc"));
        check("unset", "", false, None);
    }
}
