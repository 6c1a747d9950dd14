//! A recipe, and the network and images that it is for -> the loss, and which parameters are trained.

use super::loss::{Against, CriterionRecipe, LossRecipe, TermRecipe};
use super::places::Places;
use super::{Metric, Recipe, Validate};
use crate::data::{Augment, ImageShape};
use crate::diagnostic::{Code, Diagnostic};
use crate::graph::{Graph, Node};
use crate::layer::Shape;
use crate::lower::{Classes, Criterion, Loss, Term, scores_of, softmax_of};
use crate::resolve::names::nearest;

/// Refuses settings that would do nothing, or leave nothing of an image.
///
/// # Errors
/// N0608.
pub fn check(
    recipe: &Recipe,
    places: &Places,
    graph: &Graph,
    [_, height, width]: ImageShape,
) -> Result<(), Diagnostic> {
    let Validate { every, patience, .. } = recipe.validate;
    if recipe.split.validation == 0.0 && (patience.is_some() || every > 1) {
        let message = "`validate` waits for a validation part, and there is none";
        let fault = places.unfit("validate", message, "has no effect");
        return Err(fault.remark("`split: {validation: 0.1}`, or `--val-fraction 0.1`, keeps a tenth for it"));
    }
    if recipe.validate.metric == Metric::Accuracy && scores_of(graph).is_none() {
        let message = "the metric of `validate` is accuracy, and the network makes no class scores";
        return Err(places.unfit("validate", message, "cannot be measured"));
    }
    let (lr, min_lr) = (recipe.optimizer.lr, recipe.schedule.curve.min_lr());
    if min_lr > lr {
        let message = format!("the schedule ends at {min_lr}, above the rate of {lr} that it begins with");
        return Err(places.unfit("schedule", message, "`min_lr` is too large"));
    }
    let is_mixup = |at: &usize| matches!(recipe.augment[*at], Augment::Mixup(_));
    let mixups: Vec<usize> = (0..recipe.augment.len()).filter(is_mixup).collect();
    if let [_, .., last] = mixups[..] {
        let fault = places.unfit(&format!("augment.{last}"), "`mixup` stands twice among the changes", "has no effect");
        return Err(fault.remark("a batch is mixed once; keep one of them"));
    }
    let side = height.min(width);
    for (index, change) in recipe.augment.iter().enumerate() {
        let (name, size, most) = match *change {
            Augment::Shift(pixels) => ("shift", pixels, side - 1),
            Augment::Crop(pixels) => ("crop", pixels, side - 1),
            Augment::Cutout(pixels) => ("cutout", pixels, side),
            _ => continue,
        };
        if size > most {
            let message = format!("`{name}: {size}` leaves nothing of images of {height}x{width}");
            let fault = places.unfit(&format!("augment.{index}.{name}"), message, "too many pixels");
            return Err(fault.remark(format!("it is at most {most} here")));
        }
    }
    Ok(())
}

/// What is minimised: the recipe's loss, else what the outputs ask for.
///
/// # Errors
/// N0505 where no output has a loss, N0608 where the recipe's does not fit the outputs.
pub fn loss(recipe: &Recipe, places: &Places, graph: &Graph) -> Result<Loss, Diagnostic> {
    let Some(written) = &recipe.loss else {
        let untrainable = || Diagnostic::error(Code::UNTRAINABLE, "none of the outputs can be trained");
        return Loss::default_for(graph).ok_or_else(untrainable);
    };
    let fitting = Fitting { graph, places };
    let terms = written.terms.iter().map(|term| fitting.term(term)).collect::<Result<_, _>>()?;
    Ok(Loss { terms })
}

/// The loss as a recipe has it, with all outputs named.
pub fn written(loss: &Loss, graph: &Graph) -> LossRecipe {
    let term = |term: &Term| {
        let (criterion, against) = match &term.criterion {
            Criterion::CrossEntropy(Classes { smoothing, weights }) => {
                (CriterionRecipe::CrossEntropy { label_smoothing: *smoothing, class_weights: weights.clone() }, None)
            }
            Criterion::Mse => (CriterionRecipe::Mse, Some(Against::Input)),
            Criterion::LabelMse => (CriterionRecipe::Mse, Some(Against::Labels)),
            Criterion::Hinge { margin } => (CriterionRecipe::Hinge { margin: *margin }, None),
            Criterion::MarginRanking { margin } => (CriterionRecipe::MarginRanking { margin: *margin }, None),
        };
        TermRecipe { weight: term.weight, criterion, output: Some(graph.outputs[term.output].name.clone()), against }
    };
    match loss.terms.as_slice() {
        [only] if only.weight == 1.0 => LossRecipe::of(term(only).criterion),
        terms => LossRecipe { terms: terms.iter().map(term).collect() },
    }
}

/// Whether each node of the graph is trained.
///
/// # Errors
/// N0608 for a name that is no layer's or block's, and where nothing is left to train.
pub fn trained(recipe: &Recipe, places: &Places, graph: &Graph) -> Result<Vec<bool>, Diagnostic> {
    for (index, name) in recipe.freeze.iter().enumerate() {
        if !graph.nodes.iter().any(|node| is_within(node, name)) {
            let message = format!("`freeze` names `{name}`, which is no layer or block of the network");
            let paths: Vec<String> = graph
                .nodes
                .iter()
                .filter(|node| !node.params.is_empty())
                .map(|node| format!("`{}`", node.path))
                .collect();
            let fault = places.unfit(&format!("freeze.{index}"), message, "not in the network");
            let meant = nearest(name, graph.nodes.iter().map(|node| node.path.as_str()));
            let fault = match meant {
                Some(path) => fault.remark(format!("did you mean `{path}`?")),
                None => fault,
            };
            return Err(fault.remark(format!("layers with parameters are {}", paths.join(", "))));
        }
        if !graph.nodes.iter().any(|node| is_within(node, name) && has_weights(node)) {
            let message = format!("`freeze` names `{name}`, which has nothing to train");
            return Err(places.unfit(&format!("freeze.{index}"), message, "has no effect"));
        }
    }
    let trained: Vec<bool> =
        graph.nodes.iter().map(|node| !recipe.freeze.iter().any(|name| is_within(node, name))).collect();
    let left = graph.nodes.iter().zip(&trained).any(|(node, &trained)| trained && has_weights(node));
    let all_frozen = !recipe.freeze.is_empty() && !left;
    if all_frozen {
        return Err(places.unfit("freeze", "`freeze` leaves nothing to train", "all layers with parameters"));
    }
    Ok(trained)
}

fn has_weights(node: &Node) -> bool {
    node.params.iter().any(|param| param.trained)
}

/// Whether a layer is the one of that path, or stands in the block of that path.
fn is_within(node: &Node, path: &str) -> bool {
    node.path == path || node.path.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
}

struct Fitting<'a> {
    graph: &'a Graph,
    places: &'a Places,
}

impl Fitting<'_> {
    fn term(&self, term: &TermRecipe) -> Result<Term, Diagnostic> {
        let output = self.output(term)?;
        let criterion = self.criterion(term, output)?;
        Ok(Term { output, weight: term.weight, criterion })
    }

    fn unfit(&self, message: String) -> Diagnostic {
        let named = |output: &crate::graph::Output| format!("`{}` ({})", output.name, self.graph.shape(output.value));
        let outputs: Vec<String> = self.graph.outputs.iter().map(named).collect();
        self.places.unfit("loss", message, "here").remark(format!("the network's outputs are {}", outputs.join(", ")))
    }

    fn output(&self, term: &TermRecipe) -> Result<usize, Diagnostic> {
        let name = term.criterion.name();
        let of_image =
            || self.graph.outputs.iter().position(|output| self.graph.shape(output.value) == self.graph.input);
        match (&term.output, &term.criterion) {
            (Some(wanted), _) => {
                let place = self.graph.outputs.iter().position(|output| output.name == *wanted);
                place
                    .ok_or_else(|| self.unfit(format!("`loss` compares `{wanted}`, which is no output of the network")))
            }
            (None, CriterionRecipe::Mse) => of_image()
                .or_else(|| scores_of(self.graph))
                .ok_or_else(|| self.unfit("`mse` finds neither an image nor class scores among the outputs".into())),
            (None, _) => scores_of(self.graph)
                .ok_or_else(|| self.unfit(format!("`{name}` finds no class scores among the outputs"))),
        }
    }

    fn criterion(&self, term: &TermRecipe, output: usize) -> Result<Criterion, Diagnostic> {
        let name = &self.graph.outputs[output].name;
        let shape = self.graph.shape(self.graph.outputs[output].value);
        let of_image = shape == self.graph.input;
        if let CriterionRecipe::Mse = term.criterion {
            let against = term.against.unwrap_or(if of_image { Against::Input } else { Against::Labels });
            if against == Against::Input && of_image {
                return Ok(Criterion::Mse);
            }
            if against == Against::Input {
                let message = format!("`mse` compares `{name}` ({shape}) with the input ({})", self.graph.input);
                return Err(self.unfit(message));
            }
        } else if term.against == Some(Against::Input) {
            return Err(self.unfit(format!("`{}` compares with labels, not with the input", term.criterion.name())));
        }
        if shape != Shape::vector(self.graph.classes) {
            let message =
                format!("`{}` wants a score for each of the {} classes", term.criterion.name(), self.graph.classes);
            return Err(self.unfit(format!("{message}; `{name}` is {shape}")));
        }
        self.of_scores(&term.criterion, output)
    }

    fn of_scores(&self, criterion: &CriterionRecipe, output: usize) -> Result<Criterion, Diagnostic> {
        Ok(match criterion {
            CriterionRecipe::CrossEntropy { label_smoothing, class_weights } => {
                Criterion::CrossEntropy(Classes { smoothing: *label_smoothing, weights: self.weights(class_weights)? })
            }
            CriterionRecipe::Nll { class_weights } => {
                if softmax_of(self.graph, self.graph.outputs[output].value).is_none() {
                    let message = "`nll` reads log probabilities; the network ends in scores".to_string();
                    return Err(self.unfit(message).remark("end it with `LogSoftmax`, or use `cross_entropy`"));
                }
                Criterion::CrossEntropy(Classes { smoothing: 0.0, weights: self.weights(class_weights)? })
            }
            CriterionRecipe::Mse => Criterion::LabelMse,
            CriterionRecipe::Hinge { margin } => Criterion::Hinge { margin: *margin },
            CriterionRecipe::MarginRanking { margin } => Criterion::MarginRanking { margin: *margin },
        })
    }

    fn weights(&self, weights: &[f64]) -> Result<Vec<f64>, Diagnostic> {
        if weights.is_empty() || (weights.len() == self.graph.classes && weights.iter().all(|weight| *weight > 0.0)) {
            return Ok(weights.to_vec());
        }
        let message = format!("`class_weights` must be {} numbers above 0, one for each class", self.graph.classes);
        Err(self.places.unfit("loss.class_weights", message, &format!("{} numbers", weights.len())))
    }
}
