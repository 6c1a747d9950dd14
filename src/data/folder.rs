//! What the caller and the environment say -> the folder that data files are looked for in, and the one for caches.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The variables that name a data folder.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    pub netc_data: Option<OsString>,
    pub xdg_data_home: Option<OsString>,
    pub xdg_cache_home: Option<OsString>,
    pub home: Option<OsString>,
}

impl Environment {
    /// The process's own; the only place that reads it for data.
    pub fn read() -> Self {
        Self {
            netc_data: std::env::var_os("NETC_DATA"),
            xdg_data_home: std::env::var_os("XDG_DATA_HOME"),
            xdg_cache_home: std::env::var_os("XDG_CACHE_HOME"),
            home: std::env::var_os("HOME"),
        }
    }
}

/// A folder for data files, and what named it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    path: Option<PathBuf>,
    origin: &'static str,
    cache: Option<PathBuf>,
}

impl DataFolder {
    /// The folder of `--data-dir`, else of `NETC_DATA`, else the user's data folder. What is empty counts as not given.
    pub fn resolve(flag: Option<&Path>, environment: &Environment) -> Self {
        let flag = flag.map(Path::to_path_buf);
        let variable = environment.netc_data.as_ref().map(PathBuf::from);
        let given = |path: &PathBuf| !path.as_os_str().is_empty();
        let mac = cfg!(target_os = "macos");
        let cache = user_cache(environment, mac);
        if let Some(path) = flag.filter(given) {
            return Self { path: Some(path), origin: "--data-dir", cache };
        }
        if let Some(path) = variable.filter(given) {
            return Self { path: Some(path), origin: "NETC_DATA", cache };
        }
        Self { path: user_data(environment, mac), origin: "the user's data folder", cache }
    }

    /// No folder at all.
    pub fn none() -> Self {
        Self { path: None, origin: "the user's data folder", cache: None }
    }

    /// Where decoded images are kept; none where the environment names no home.
    pub fn cache(&self) -> Option<&Path> {
        self.cache.as_deref()
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
    let usual = if mac { "Library/Application Support" } else { ".local/share" };
    below(&environment.xdg_data_home, &environment.home, usual)
}

/// The same of `$XDG_CACHE_HOME`.
fn user_cache(environment: &Environment, mac: bool) -> Option<PathBuf> {
    let usual = if mac { "Library/Caches" } else { ".cache" };
    below(&environment.xdg_cache_home, &environment.home, usual)
}

fn below(variable: &Option<OsString>, home: &Option<OsString>, usual: &str) -> Option<PathBuf> {
    let absolute = |value: &Option<OsString>| value.as_ref().map(PathBuf::from).filter(|path| path.is_absolute());
    let base = absolute(variable).or_else(|| Some(absolute(home)?.join(usual)))?;
    Some(base.join("netc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(netc_data: &str, xdg_data_home: &str, home: &str) -> Environment {
        let variable = |value: &str| Some(OsString::from(value)).filter(|value| value != "unset");
        let home = variable(home);
        Environment {
            netc_data: variable(netc_data),
            xdg_data_home: variable(xdg_data_home),
            home,
            ..Environment::default()
        }
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
        let cache =
            |home| DataFolder::resolve(None, &environment("unset", "/share", home)).cache().map(Path::to_path_buf);
        assert!(cache("/home/ada").is_some_and(|path| path.starts_with("/home/ada") && path.ends_with("netc")));
        assert_eq!(cache("unset"), None);
    }
}
