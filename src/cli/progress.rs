//! Training and evaluation as they go on: a bar on a terminal, else a line for each epoch.

use std::io::IsTerminal;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};

use super::board::Board;
use super::terminal::{Terminal, tell};
use crate::diagnostic::Diagnostic;
use crate::lower::Store;
use crate::report::described;
use crate::source::SourceMap;
use crate::train::{EpochMetrics, Figures, RunFolder, Trainer, Watch};

/// Shows what a training does; ends it after the batch in which Ctrl-C was pressed.
pub struct Progress {
    bar: ProgressBar,
    epochs: u64,
    epoch: u64,
    began: Instant,
    quiet: bool,
    terminal: Terminal,
    /// What warnings point into.
    sources: SourceMap,
    /// TensorBoard's files, where they are asked for.
    board: Option<Board>,
}

impl Progress {
    /// For so many epochs; shows nothing but warnings where it is quiet.
    pub fn new(epochs: u64, quiet: bool, terminal: Terminal, sources: SourceMap) -> Self {
        note_interruption();
        Self { bar: hidden(), epochs, epoch: 0, began: Instant::now(), quiet, terminal, sources, board: None }
    }

    pub fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    pub fn sources(&self) -> &SourceMap {
        &self.sources
    }

    /// Writes TensorBoard's files from now on.
    pub fn open_board(&mut self, run: &RunFolder, trainer: &Trainer) {
        let Self { terminal, sources, .. } = &*self;
        self.board = Some(Board::open(run, trainer, &mut |warning| terminal.show(&warning, sources)));
    }

    /// The figures of the test part, after so many epochs.
    pub fn tested(&mut self, epoch: u64, figures: Figures) {
        self.with_board(|board, warn| board.test(epoch, figures, warn));
    }

    fn with_board(&mut self, write: impl FnOnce(&mut Board, &mut dyn FnMut(Diagnostic))) {
        if let Some(mut board) = self.board.take() {
            write(&mut board, &mut |warning| self.warn(warning));
            self.board = Some(board);
        }
    }

    /// A bar for a pass over `images` that trains nothing.
    pub fn pass(&self, label: &str, images: u64) -> ProgressBar {
        if self.quiet { hidden() } else { pass(label, images) }
    }

    /// Ends the bar of an epoch that was left.
    pub fn abandon(&mut self) {
        self.bar.finish_and_clear();
    }

    fn label(&self) -> String {
        format!("epoch {:>width$}/{}", self.epoch, self.epochs, width = self.epochs.to_string().len())
    }
}

/// A bar for a pass over `images`.
pub fn pass(label: &str, images: u64) -> ProgressBar {
    let bar = bar(images, "images");
    bar.set_prefix(label.to_string());
    bar
}

/// A bar for so many steps of something else.
pub fn steps(label: &str, count: u64) -> ProgressBar {
    let bar = bar(count, "steps");
    bar.set_prefix(label.to_string());
    bar
}

impl Watch for Progress {
    fn begin_epoch(&mut self, epoch: u64, images: u64, done: u64) {
        self.epoch = epoch;
        self.began = Instant::now();
        self.bar = self.pass(&self.label(), images);
        self.bar.set_position(done);
        self.bar.reset_eta();
    }

    fn batch(&mut self, images: u64, figures: Figures) {
        self.bar.set_message(described(figures));
        self.bar.inc(images);
    }

    fn begin_pass(&mut self, name: &str, images: u64) {
        self.bar.finish_and_clear();
        self.bar = self.pass(name, images);
    }

    fn passed(&mut self, images: u64) {
        self.bar.inc(images);
    }

    fn end_epoch(&mut self, metrics: &EpochMetrics) {
        self.bar.finish_and_clear();
        self.with_board(|board, warn| board.epoch(metrics, warn));
        if self.quiet {
            return;
        }
        let seconds = self.began.elapsed().as_secs_f64();
        let validation = metrics.validation.map(|figures| format!("  validation {}", described(figures)));
        let validation = validation.unwrap_or_default();
        tell(&format!("{}  {}{validation}  {seconds:.1} s", self.label(), described(metrics.train)));
    }

    fn parameters(&mut self, epoch: u64, rate: f64, store: &Store<f32>) {
        self.with_board(|board, warn| board.parameters(epoch, rate, store, warn));
    }

    fn warn(&mut self, warning: Diagnostic) {
        self.bar.suspend(|| self.terminal.show(&warning, &self.sources));
    }

    fn stop(&self) -> bool {
        interrupted()
    }
}

/// A bar while image files are decoded.
pub fn reading(images: u64) -> Box<dyn Fn() + Send + Sync> {
    let bar = pass("decoding", images).with_finish(ProgressFinish::AndClear);
    Box::new(move || bar.inc(1))
}

fn bar(count: u64, things: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return hidden();
    }
    let bar = ProgressBar::new(count);
    let template = format!("{{prefix}}  {{bar:24}}  {{pos}}/{{len}}  {{per_sec}} {things}  {{eta}} left  {{msg}}");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("=> ").with_key(
        "per_sec",
        |state: &indicatif::ProgressState, text: &mut dyn std::fmt::Write| {
            let _ = write!(text, "{:.0}/s", state.per_sec());
        },
    ));
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn hidden() -> ProgressBar {
    ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
}

/// Signals that come this soon after another are one: `timeout` sends each to the process and to its group.
const ONE_SIGNAL: Duration = Duration::from_millis(500);

/// Whether Ctrl-C was pressed while something was followed.
pub fn interrupted() -> bool {
    INTERRUPTION.load(Ordering::Relaxed)
}

static INTERRUPTION: AtomicBool = AtomicBool::new(false);

/// From now on the first Ctrl-C (or SIGTERM) is noted, and the second ends the process at once.
fn note_interruption() {
    static NOTED: Once = Once::new();
    NOTED.call_once(install);
}

fn install() {
    let mut first: Option<Instant> = None;
    let installed = ctrlc::set_handler(move || match first {
        None => {
            first = Some(Instant::now());
            INTERRUPTION.store(true, Ordering::Relaxed);
            tell("\nending after this batch; press Ctrl-C again to end at once");
        }
        Some(first) if first.elapsed() > ONE_SIGNAL => std::process::exit(INTERRUPTED),
        Some(_) => {}
    });
    debug_assert!(installed.is_ok(), "one handler for each process");
}

/// The exit status of a process that Ctrl-C has ended.
pub const INTERRUPTED: i32 = 130;
