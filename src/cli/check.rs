//! `netc check`: the layer table of each file, or what is wrong with it.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value as Json, json};

use super::files::{net_files, read_source};
use super::flag::{count, shape};
use super::mend::Drafts;
use super::terminal::Terminal;
use super::{Failure, Format, Outcome};
use crate::diagnostic::{Diagnostic, Trust, span_to_json, to_json};
use crate::graph::{ChoiceReport, Given, LayerReport, Report, check};
use crate::layer::Shape;
use crate::report::layer_table;
use crate::resolve::Value;
use crate::source::SourceMap;

/// Check files: infer every shape, explain every mistake
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("fixing").args(["fix", "diff"]).multiple(true))]
pub struct Check {
    /// `.net` files, and folders of them; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The image's shape, as 3x32x32
    #[arg(long, value_name = "CxHxW", value_parser = shape)]
    input: Option<[usize; 3]>,
    /// The number of classes
    #[arg(long, value_name = "N", value_parser = |text: &str| count(text, 1..=1 << 20))]
    classes: Option<u64>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Adapters that are put in without being written are errors
    #[arg(long)]
    strict: bool,
    /// Apply safe fixes, then check again; what remains is reported
    #[arg(long)]
    fix: bool,
    /// Apply the other fixes too: of each mistake the first one
    #[arg(long = "unsafe", requires = "fixing")]
    all_fixes: bool,
    /// Show what `--fix` would change, and write nothing
    #[arg(long)]
    diff: bool,
}

impl Check {
    pub fn run(self, terminal: &Terminal) -> Outcome {
        let files = net_files(&self.files)?;
        let drafts = self.mend(&files);
        let mut results: Vec<Json> = vec![];
        let (mut status, mut faulty) = (0, 0);
        for (index, path) in files.iter().enumerate() {
            let mut sources = drafts.sources();
            let found = read_source(&mut sources, path).map(|file| check(&mut sources, file, &self.given()));
            let own = found.as_ref().map_or_else(Diagnostic::status, |report| u8::from(!report.is_ok()));
            status = status.max(own);
            faulty += usize::from(own > 0);
            match (self.format, found) {
                (Format::Json, Ok(report)) => results.push(file_to_json(&report, &sources)),
                (Format::Json, Err(diagnostic)) => results.push(unread_to_json(path, &diagnostic, &sources)),
                (Format::Text, Ok(report)) => self.show(&report, &sources, terminal, index > 0),
                (Format::Text, Err(diagnostic)) => terminal.show(&diagnostic, &sources),
            }
        }
        if self.format == Format::Text && files.len() > 1 && faulty > 0 {
            terminal.error(&format!("errors in {faulty} of {} files\n", files.len()));
        }
        if self.format == Format::Json {
            terminal.print(&format!("{}\n", json!({ "version": 1, "files": results })));
        }
        status = status.max(self.deliver(&drafts, terminal));
        if status == 0 { Ok(()) } else { Err(Failure::Reported(status)) }
    }

    fn given(&self) -> Given {
        let classes = self.classes.map(|n| n as usize);
        Given { input: self.input, classes, strict: self.strict, ..Given::default() }
    }

    /// The files' texts with the fixes that are asked for.
    fn mend(&self, files: &[PathBuf]) -> Drafts {
        let mut drafts = Drafts::default();
        let trust = if self.all_fixes { Trust::First } else { Trust::Safe };
        if self.fix || self.diff {
            files.iter().for_each(|path| drafts.mend(path, &self.given(), trust));
        }
        drafts
    }

    /// Shows the changes, or writes them; gives the status that this alone would end with.
    fn deliver(&self, drafts: &Drafts, terminal: &Terminal) -> u8 {
        if self.diff {
            terminal.print(&drafts.diff());
            return 0;
        }
        if let (Some(text), Format::Text) = (drafts.stdin(), self.format) {
            terminal.print(text);
        }
        let mut status = 0;
        for written in drafts.write() {
            match written {
                Ok(change) => terminal.error(&format!("{change}\n")),
                Err(diagnostic) => {
                    terminal.show(&diagnostic, &SourceMap::new());
                    status = status.max(diagnostic.status());
                }
            }
        }
        status
    }

    /// Shows what is wrong with a file, or its layers; standard output may belong to a diff or a mended text.
    fn show(&self, report: &Report, sources: &SourceMap, terminal: &Terminal, follows: bool) {
        for diagnostic in &report.diagnostics {
            terminal.show(diagnostic, sources);
        }
        if report.hidden > 0 {
            terminal.error(&hidden(report));
        }
        let taken = self.diff || self.fix && sources.file(report.file).name() == "-";
        if report.is_ok() && !taken {
            let gap = if follows { "\n" } else { "" };
            terminal.print(&format!("{gap}{}", layer_table(report, sources)));
        }
    }
}

/// How many diagnostics are not shown.
fn hidden(report: &Report) -> String {
    let more = if report.uncounted { "more than " } else { "" };
    match report.hidden {
        1 => format!("{more}1 other diagnostic of this file is not shown\n"),
        count => format!("{more}{count} other diagnostics of this file are not shown\n"),
    }
}

fn file_to_json(report: &Report, sources: &SourceMap) -> Json {
    let dims = |shape: Option<Shape>| shape.map(Shape::dims);
    json!({
        "path": sources.file(report.file).name(),
        "ok": report.is_ok(),
        "input": dims(report.input),
        "params": report.params(),
        "macs": report.macs(),
        "choices": report.choices.iter().map(|choice| choice_to_json(choice, sources)).collect::<Vec<_>>(),
        "layers": report.layers.iter().map(|layer| layer_to_json(layer, sources)).collect::<Vec<_>>(),
        "outputs": report.outputs.iter().map(|(name, shape)| json!({ "name": name, "shape": dims(*shape) })).collect::<Vec<_>>(),
        "diagnostics": report.diagnostics.iter().map(|d| to_json(d, sources)).collect::<Vec<_>>(),
    })
}

fn unread_to_json(path: &std::path::Path, diagnostic: &Diagnostic, sources: &SourceMap) -> Json {
    json!({
        "path": path.display().to_string(), "ok": false, "input": null, "params": null, "macs": null,
        "choices": [], "layers": [], "outputs": [], "diagnostics": [to_json(diagnostic, sources)],
    })
}

fn choice_to_json(choice: &ChoiceReport, sources: &SourceMap) -> Json {
    let mut value = span_to_json(choice.span, sources);
    value["values"] = choice.values.iter().map(|value| value.as_ref().map_or(Json::Null, value_to_json)).collect();
    value
}

fn value_to_json(value: &Value) -> Json {
    match value {
        Value::Integer(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::Flag(value) => json!(value),
        Value::Size(sizes) => json!(sizes.iter().map(usize::to_string).collect::<Vec<_>>().join("x")),
        Value::Infer => json!("_"),
        Value::Word(word) => json!(word),
        Value::Constraint(crate::layer::Constraint::UnitNorm) => json!("unit_norm"),
        Value::Constraint(crate::layer::Constraint::MaxNorm(limit)) => json!(format!("max_norm({limit})")),
        Value::Error => Json::Null,
    }
}

fn layer_to_json(layer: &LayerReport, sources: &SourceMap) -> Json {
    json!({
        "name": layer.name,
        "block": layer.block,
        "span": span_to_json(layer.span, sources),
        "output": layer.cost.map(|cost| cost.output.dims()),
        "params": layer.cost.map(|cost| cost.params),
        "macs": layer.cost.map(|cost| cost.macs),
        "implicit": layer.implicit,
    })
}
