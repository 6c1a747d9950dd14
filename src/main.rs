//! The `netc` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    netc::cli::run()
}
