//! Directions, groups and units of a layer -> the tasks that take their steps.

use std::ops::Range;

use super::Layer;
use crate::team::Team;

/// Groups that one task takes together, so that each reads the weights from a near cache after the first.
const GROUPS: usize = 4;

/// The fewest products of a step, for a lane, that are worth meeting after.
const PRODUCTS: usize = 4000;

/// What one task takes on: some steps of some units, for some groups of one direction.
#[derive(Clone, Debug)]
pub struct Share {
    pub direction: usize,
    pub groups: Range<usize>,
    pub units: Range<usize>,
    pub times: Range<usize>,
}

/// Calls `work` so that every unit of every group and direction takes every step, all of one time before any unit that
/// reads them takes the next.
pub fn schedule(layer: &Layer, groups: usize, team: &Team, work: impl Fn(Share) + Sync) {
    let sequences = layer.directions * groups;
    let parts = parts(layer, team.threads() / sequences.max(1));
    if parts > 1 {
        step_by_step(layer, groups, parts, team, work);
    } else {
        whole_sequences(layer, groups, team, work);
    }
}

/// In how many parts the units of a step are worth cutting.
fn parts(layer: &Layer, threads: usize) -> usize {
    let products = layer.rows() * layer.hidden;
    threads.min(2 * products / PRODUCTS).min(layer.hidden)
}

fn whole_sequences(layer: &Layer, groups: usize, team: &Team, work: impl Fn(Share) + Sync) {
    let size = (layer.directions * groups / team.threads()).clamp(1, GROUPS);
    let blocks = groups.div_ceil(size);
    team.run(layer.directions * blocks, |task, _| {
        let (direction, block) = (task / blocks, task % blocks);
        let groups = block * size..groups.min((block + 1) * size);
        work(Share { direction, groups, units: 0..layer.hidden, times: 0..layer.steps });
    });
}

/// All threads meet after each step.
fn step_by_step(layer: &Layer, groups: usize, parts: usize, team: &Team, work: impl Fn(Share) + Sync) {
    for time in 0..layer.steps {
        team.run(layer.directions * groups * parts, |task, _| {
            let (sequence, part) = (task / parts, task % parts);
            let (direction, group) = (sequence / groups, sequence % groups);
            let units = part * layer.hidden / parts..(part + 1) * layer.hidden / parts;
            work(Share { direction, groups: group..group + 1, units, times: time..time + 1 });
        });
    }
}
