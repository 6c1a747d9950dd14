//! The figures that reports print -> runs that repeat them, and a page with ours beside the print.
//!
//! A report is `models/<report>/report.yaml`; the values of finished rows stand beside it in `results.json`.

mod digest;
mod document;
mod metric;
mod report;
mod results;

pub use document::{WRITTEN_BY, document};
pub use metric::{Metric, Part};
pub use report::{Prune, Reference, Report, Row, load_reports};
pub use results::{Results, RowResult, hold};
