//! Results -> tables and pictures for people.

mod box_plot;
mod comparison;
mod confusion;
mod contact_sheet;
mod drawing;
mod evaluation;
mod figure;
mod histogram;
mod layers;
mod line_plot;
mod pruning;
mod regions;
mod scatter_plot;

pub use box_plot::{BoxPlots, Panel};
pub use comparison::{ComparedGroup, ComparedPair, ComparedRun, Comparison, SideBySide, run_curves};
pub use confusion::ConfusionPlot;
pub use contact_sheet::{ContactSheet, SheetRow};
pub use drawing::{dot, graph_table, mermaid};
pub use evaluation::{described, evaluation, roc_json, roc_text};
pub use figure::{Figure, png, svg};
pub use histogram::Histograms;
pub use layers::{grouped, layer_table};
pub use line_plot::{Line, LinePlot, curves, roc_curves};
pub use pruning::{Parameters, PruningReport, TestFigures};
pub use regions::region_tables;
pub use scatter_plot::ScatterPlot;
