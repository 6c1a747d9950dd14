//! Results -> tables and pictures for people.

mod box_plot;
mod comparison;
mod confusion;
mod contact_sheet;
mod drawing;
mod evaluation;
mod figure;
mod histogram;
mod image_grid;
mod layers;
mod line_plot;
mod mistakes;
mod page;
mod palette;
mod pruning;
mod raster;
mod regions;
mod thin;

pub use box_plot::{BoxPlots, Panel};
pub use comparison::{ComparedGroup, ComparedPair, ComparedRun, Comparison, SideBySide, run_curves};
pub use confusion::ConfusionPlot;
pub use contact_sheet::{ContactSheet, SheetRow};
pub use drawing::{dot, graph_table, mermaid};
pub use evaluation::{described, evaluation, roc_json, roc_text};
pub use figure::{Figure, png, svg, svg_of};
pub use histogram::Histograms;
pub use image_grid::{CaptionedImage, ImageGrid};
pub use layers::{grouped, layer_table};
pub use line_plot::{Line, LinePlot, curves, roc_curves};
pub use mistakes::Mistakes;
pub use page::{RunRecord, run_page};
pub use pruning::{Parameters, PruningReport, TestFigures};
pub use raster::{Placed, Raster};
pub use regions::region_tables;
