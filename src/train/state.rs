//! What a training step changes: parameters, the optimizer's memory, the average of the weights.

use super::average::Average;
use super::optimizer::Optimizer;
use crate::lower::Store;

#[derive(Clone, Debug)]
pub struct State {
    pub store: Store<f32>,
    pub optimizer: Optimizer,
    /// Where the recipe has `ema`.
    pub average: Option<Average>,
}

impl State {
    /// What `use_result` makes of the store with the weights that are the result: the average, where there is one.
    pub fn with_result<T>(&mut self, use_result: impl FnOnce(&Store<f32>) -> T) -> T {
        let Self { store, average, .. } = self;
        average.iter_mut().for_each(|average| average.exchange(store));
        let result = use_result(store);
        average.iter_mut().for_each(|average| average.exchange(store));
        result
    }
}
