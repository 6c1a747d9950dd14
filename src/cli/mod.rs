//! The command line: arguments -> library calls -> text on stdout and stderr, and an exit status.
//!
//! One file for each command. Status 0: done; 1: the files have errors; 2: the command could not run.

mod bench;
mod board;
mod check;
mod compare;
mod compute;
mod data;
mod eval;
mod explain;
mod files;
mod flag;
mod fmt;
mod job;
mod mend;
mod network;
mod predict;
mod progress;
mod prune;
mod report;
mod repro;
mod resume;
mod run_name;
mod settings;
mod show;
mod sweep;
mod terminal;
mod test_part;
mod train;
mod tsne;
mod write;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::diagnostic::Diagnostic;
use terminal::Terminal;

/// Compiles, checks and trains neural networks that are written as text.
#[derive(Parser, Debug)]
#[command(name = "netc", version, arg_required_else_help = true)]
struct Arguments {
    /// When to colour output
    #[arg(long, global = true, value_enum, default_value_t = Colour::Auto)]
    color: Colour,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    Auto,
    Always,
    Never,
}

/// How results are written to stdout.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Subcommand, Debug)]
enum Command {
    Check(check::Check),
    Train(Box<train::Train>),
    Eval(eval::Eval),
    Predict(predict::Predict),
    Report(report::Report),
    Compare(compare::Compare),
    Prune(Box<prune::Prune>),
    Tsne(tsne::Tsne),
    Show(show::Show),
    Bench(bench::Bench),
    Repro(repro::Repro),
    Sweep(Box<sweep::Sweep>),
    Explain(explain::Explain),
    Fmt(fmt::Fmt),
    Data(data::Data),
}

/// How a command ends that did not succeed.
#[derive(Debug)]
enum Failure {
    /// Everything was said already.
    Reported(u8),
    /// To be shown; its code has the status.
    Diagnostic(Box<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure::Diagnostic(Box::new(diagnostic))
    }
}

type Outcome = Result<(), Failure>;

/// Runs the command of this process's arguments.
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let terminal = Terminal::new(arguments.color);
    let outcome = match arguments.command {
        Command::Check(check) => check.run(&terminal),
        Command::Train(train) => train.run(&terminal),
        Command::Eval(eval) => eval.run(&terminal),
        Command::Predict(predict) => predict.run(&terminal),
        Command::Report(report) => report.run(&terminal),
        Command::Compare(compare) => compare.run(&terminal),
        Command::Prune(prune) => prune.run(&terminal),
        Command::Tsne(tsne) => tsne.run(&terminal),
        Command::Show(show) => show.run(&terminal),
        Command::Bench(bench) => bench.run(&terminal),
        Command::Repro(repro) => repro.run(&terminal),
        Command::Sweep(sweep) => sweep.run(&terminal),
        Command::Explain(explain) => explain.run(&terminal),
        Command::Fmt(fmt) => fmt.run(&terminal),
        Command::Data(data) => data.run(&terminal),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(terminal.report(failure)),
    }
}
