//! A graph and a data set -> a run: training, evaluation, prediction, and the files they leave.

mod average;
mod benchmark;
mod checkpoint;
mod choose;
mod evaluation;
mod figures;
mod health;
mod initial;
mod memory;
mod metadata;
mod optimizer;
mod prediction;
mod prune;
mod recipe;
mod reconstruction;
mod rehearsal;
mod run;
mod schedule;
mod scores;
mod session;
mod setup;
mod significance;
mod state;
mod stopping;
mod trainer;
mod values;
mod watch;

pub use average::Average;
pub use benchmark::{Timing, benchmark};
pub use checkpoint::Checkpoint;
pub use choose::choose_by_loss;
pub use evaluation::{ClassReport, Evaluation, evaluate};
pub use figures::{EpochMetrics, Figures, Tally};
pub use health::Health;
pub use metadata::{Build, DataMark, Metadata, Position};
pub use optimizer::Optimizer;
pub use prediction::{Prediction, Predictor};
pub use prune::{Amount, Pruned, PrunedLayer, Pruning, compacted, layer_weights, prune, weights_left};
pub use recipe::{
    Choice, Curve, LossRecipe, Metric, OptimizerRecipe, OptimizerRule, Places, RULES, Recipe, ScheduleRecipe, Split,
    Validate, fit, read_recipe,
};
pub use reconstruction::{Reconstruction, reconstructions};
pub use run::{RunFolder, lock_folder, write_whole};
pub use schedule::Schedule;
pub use scores::{Mistake, Roc, Scores};
pub use session::train;
pub use setup::Task;
pub use significance::{McNemar, Summary, Test};
pub use stopping::{Standing, badness};
pub use trainer::Trainer;
pub use values::Values;
pub use watch::{End, Silent, Watch};
