//! `netc train --resume`: a run that ended early -> a trainer that goes on where it ended.

use std::path::Path;

use super::Failure;
use super::network::of_checkpoint;
use super::terminal::Terminal;
use super::test_part::other_data;
use super::train::{Finished, Train};
use crate::data;
use crate::diagnostic::{Code, Diagnostic};
use crate::train::{Build, Checkpoint, DataMark, Health, Places, RunFolder, Task, Trainer};

impl Train {
    /// Goes on with a run, unless something that its bits depend on has changed.
    pub(super) fn resume(&self, path: &Path, terminal: &Terminal) -> Result<Finished, Failure> {
        let run = RunFolder::open(path)?;
        let checkpoint = Checkpoint::load(&run.last_checkpoint())?;
        let metadata = &checkpoint.metadata;
        let fusion = self.compute.start_with(metadata.build.fused);
        if metadata.build != Build::of(&fusion) && !self.allow_other_cpu {
            return Err(other_build(&metadata.build, &Build::of(&fusion)).into());
        }
        let runnable = of_checkpoint(&checkpoint, terminal)?;
        let mut recipe = metadata.recipe.clone();
        recipe.epochs = self.settings.epochs.unwrap_or(recipe.epochs);
        let dataset = data::find(&recipe.dataset, &self.data_folder(), &recipe.data)?
            .open(Some(metadata.input), self.follow())?;
        if DataMark::of(&dataset) != metadata.data || dataset.classes != metadata.classes {
            return Err(other_data(&recipe.dataset, path).into());
        }
        let places = Places::default();
        let task = Task { graph: &runnable.graph, network: runnable.text, dataset, recipe, places: &places };
        let mut trainer = Trainer::new(task, &fusion)?;
        trainer.restore(&checkpoint)?;
        if let Some(epochs) = self.settings.epochs {
            check_more(&trainer, epochs, path)?;
        }
        trainer.end_after(self.until.unwrap_or(u64::MAX));
        run.cut_to(trainer.position().epoch)?;
        run.write_recipe(trainer.recipe())?;
        let progress = self.progress(&trainer, runnable.sources, terminal);
        self.finish(trainer, &run, Health::new(&fusion), progress)
    }
}

/// Refuses a number of epochs that is not trained: a smaller one than is done, or one that patience does not wait for.
fn check_more(trainer: &Trainer, epochs: u64, run: &Path) -> Result<(), Diagnostic> {
    let (done, run) = (trainer.position().epoch, run.display());
    if epochs < done {
        let message = format!("`{run}` has finished {done} epochs, more than {epochs}");
        let fault = Diagnostic::error(Code::NOTHING_TO_RESUME, message);
        return Err(fault.remark("`--epochs` is the number of all its epochs, with those that are done"));
    }
    if epochs > done && trainer.is_over() {
        let message = format!("`{run}` ended after epoch {done}, when patience ran out");
        let fault = Diagnostic::error(Code::NOTHING_TO_RESUME, message);
        return Err(fault.remark(format!("`--init-from {run}` begins a new run with its weights")));
    }
    Ok(())
}

fn other_build(theirs: &Build, ours: &Build) -> Diagnostic {
    let text = |build: &Build| format!("netc {} on {}", build.netc, build.instructions);
    let message = format!("the run was begun by {}, this is {}", text(theirs), text(ours));
    Diagnostic::error(Code::OTHER_BUILD, message)
        .remark("its figures would not be those of one machine, to the last bit")
        .remark("`--allow-other-cpu` goes on all the same")
}
