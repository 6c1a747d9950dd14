//! Weights at each step -> their exponential moving average, which is what is evaluated and kept as the result.
//!
//! As `torch.optim.swa_utils.AveragedModel` with `get_ema_multi_avg_fn`: the first step's weights are taken as they are.

use crate::kernel::Machine;
use crate::kernel::optimizer::average;
use crate::lower::Store;

/// The average of all trained values.
#[derive(Clone, Debug)]
pub struct Average {
    decay: f64,
    values: Vec<f32>,
}

impl Average {
    /// Beginning with the weights of `store`.
    pub fn new(decay: f64, store: &Store<f32>) -> Self {
        Self { decay, values: store.values().to_vec() }
    }

    /// Goes on from an average that was kept.
    pub fn restore(&mut self, values: Vec<f32>) {
        self.values = values;
    }

    /// Takes in the weights after step `step`, from 1.
    pub fn follow(&mut self, machine: &Machine, store: &Store<f32>, step: u64) {
        match step {
            1 => self.values.copy_from_slice(store.values()),
            _ => {
                let shares = [self.decay as f32, (1.0 - self.decay) as f32];
                average(machine, shares, store.values(), &mut self.values);
            }
        }
    }

    /// Exchanges the store's weights and the average.
    pub fn exchange(&mut self, store: &mut Store<f32>) {
        let (values, _) = store.values_and_gradients_mut();
        values.swap_with_slice(&mut self.values);
    }

    pub fn values(&self) -> &[f32] {
        &self.values
    }
}
