//! All networks of a package: one for each combination of its choices.

use std::collections::HashMap;

use super::expand::expand;
use super::package::Package;
use super::value::{Choices, Met};
use super::{MAX_LAYERS, Network};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::source::Span;

/// How many combinations of choices a file may have.
pub const MAX_COMBINATIONS: usize = 4096;
/// How many layers all of them may have together.
const MAX_TOTAL_LAYERS: usize = 100 * MAX_LAYERS;

/// One combination of choices and the network that it makes.
#[derive(Debug)]
pub struct Combination {
    pub network: Network,
    /// The choices that were met, with the index of the value taken.
    pub choices: Vec<Met>,
    pub diagnostics: Diagnostics,
}

/// Hands each combination to `visit`, the first values first; stops at the limits, with the error that says so.
pub fn combinations(package: &Package, mut visit: impl FnMut(Combination)) -> Option<Diagnostic> {
    let mut selected: HashMap<Span, usize> = HashMap::new();
    let (mut count, mut layers) = (0, 0);
    loop {
        let (network, choices, diagnostics) = expand(package, Choices::with(selected), count == 0);
        count += 1;
        layers += network.nodes.len();
        let product = choices.met.iter().fold(1usize, |product, met| product.saturating_mul(met.count));
        let excess = excess(&choices.met, product.max(count), layers);
        let next = following(&choices.met);
        visit(Combination { network, choices: choices.met, diagnostics });
        match (excess, next) {
            (Some(diagnostic), _) => return Some(diagnostic),
            (None, None) => return None,
            (None, Some(next)) => selected = next,
        }
    }
}

fn excess(met: &[Met], combinations: usize, layers: usize) -> Option<Diagnostic> {
    let last = met.last()?;
    let message = if combinations > MAX_COMBINATIONS {
        format!("the choices have more than {MAX_COMBINATIONS} combinations")
    } else if layers > MAX_TOTAL_LAYERS {
        format!("the combinations of choices have more than {MAX_TOTAL_LAYERS} layers together")
    } else {
        return None;
    };
    Some(Diagnostic::error(Code::LIMIT, message).at(last.span, format!("{} values here", last.count)))
}

/// The next combination: the last choice that has a further value takes it, those after it begin anew.
fn following(met: &[Met]) -> Option<HashMap<Span, usize>> {
    let turn = met.iter().rposition(|choice| choice.index + 1 < choice.count)?;
    let kept = met[..turn].iter().map(|choice| (choice.span, choice.index));
    Some(kept.chain([(met[turn].span, met[turn].index + 1)]).collect())
}
