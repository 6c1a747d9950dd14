//! A graph and a data set -> a run: training, evaluation, prediction, and the files they leave.

mod benchmark;
mod checkpoint;
mod evaluation;
mod figures;
mod metadata;
mod optimizer;
mod prediction;
mod recipe;
mod run;
mod trainer;

pub use benchmark::{Timing, benchmark};
pub use checkpoint::Checkpoint;
pub use evaluation::{ClassReport, Evaluation, evaluate};
pub use figures::{Figures, Tally};
pub use metadata::{Metadata, Position};
pub use optimizer::Optimizer;
pub use prediction::{Prediction, Predictor};
pub use recipe::{OptimizerKind, OptimizerRecipe, Recipe, Split};
pub use run::{EpochMetrics, RunFolder};
pub use trainer::{End, Silent, Trainer, Watch};
