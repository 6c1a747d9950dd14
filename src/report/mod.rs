//! Results -> tables and pictures for people.

mod box_plot;
mod contact_sheet;
mod figure;
mod layers;

pub use box_plot::{BoxPlots, Panel};
pub use contact_sheet::{ContactSheet, SheetRow};
pub use figure::{Figure, png, svg};
pub use layers::{grouped, layer_table};
