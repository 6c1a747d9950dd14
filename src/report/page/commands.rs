//! The recipe of a run, and the commands that repeat it and go on from it.

use super::record::RunRecord;
use super::section::{Body, Section};

pub fn recipe(record: &RunRecord) -> Result<Option<Section>, String> {
    let caption = "Every setting, resolved: recipe.yaml.";
    let text = record.metadata().recipe.to_yaml().trim_end().to_string();
    Ok(Some(Section::new("recipe", "Recipe", caption).with(Body::Text(text))))
}

pub fn repeat(record: &RunRecord) -> Result<Option<Section>, String> {
    let run = record.shell_path();
    let mut commands = vec![];
    if record.metadata().pruned.is_empty() {
        commands.push(("the same run again", train(record)));
    }
    commands.push(("the test figures", format!("netc eval {run} --roc")));
    if record.evaluation.accuracy.is_some() {
        commands.push(("classes of images", format!("netc predict {run} photo.png")));
    }
    let more = 2 * record.metadata().recipe.epochs;
    commands.push(("more epochs", format!("netc train --resume {run} --epochs {more}")));
    commands.push(("this page", format!("netc report {run}")));
    let text: Vec<String> = commands.iter().map(|(what, command)| format!("# {what}\n{command}")).collect();
    let build = &record.metadata().build;
    let caption = format!("Trained by netc {} on {}; the same bits need the same.", build.netc, build.instructions);
    Ok(Some(Section::new("commands", "Commands", &caption).with(Body::Text(text.join("\n\n")))))
}

/// From the run's own text and recipe.
fn train(record: &RunRecord) -> String {
    let [network, recipe] = ["network.net", "recipe.yaml"].map(|name| record.shell_file(name));
    let fuse = if record.metadata().build.fused { "" } else { " --fuse off" };
    format!("netc train {network} --recipe {recipe} --input {}{fuse} --out again", record.graph.input)
}
