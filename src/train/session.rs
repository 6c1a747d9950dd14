//! A trainer and a run's folder -> trained to the end, each epoch ending in a checkpoint.
//!
//! Metrics are written before the checkpoint that counts them: whoever resumes cuts them back to what the checkpoint
//! knows, so that nothing is lost and nothing stands twice, whenever the process ends.

use std::time::Instant;

use super::health::Health;
use super::run::RunFolder;
use super::trainer::Trainer;
use super::watch::{End, Watch};
use crate::diagnostic::Diagnostic;

/// Trains epoch after epoch; whether to the end, or until `watch` wanted to stop.
///
/// # Errors
/// N0806 where the loss is no longer a number, N0803 where the run cannot be written.
pub fn train(
    trainer: &mut Trainer,
    run: &RunFolder,
    health: &mut Health,
    watch: &mut dyn Watch,
) -> Result<bool, Diagnostic> {
    while !trainer.is_over() {
        let began = Instant::now();
        let images = trainer.images_left();
        let end = trainer.train_epoch(watch)?;
        if let End::Finished { metrics, best } = end {
            if best {
                trainer.save(&run.best_checkpoint())?;
            }
            run.add_epoch(&metrics)?;
            watch.end_epoch(&metrics);
            trainer.show_parameters(watch);
            health.look(trainer, watch);
        }
        trainer.save(&run.last_checkpoint())?;
        match end {
            End::Finished { metrics, .. } => run.add_timing(metrics.epoch, images, began.elapsed().as_secs_f64())?,
            End::Stopped => return Ok(false),
        }
        if watch.stop() {
            return Ok(trainer.is_over());
        }
    }
    Ok(true)
}
