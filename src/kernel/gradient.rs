//! Gradients that are written, or added to what is there.

use super::lane::Lane;
use super::line::Line;

/// The gradient of one value: in place of what `line` holds, or added to it.
#[inline(always)]
pub fn put<L: Lane>(gradient: L, line: &mut Line, add: bool) {
    let gradient = if add { gradient.add(L::load(line)) } else { gradient };
    gradient.store(line);
}

/// How many parts of so many lines one task takes.
pub fn parts_of_task(lines: usize) -> usize {
    (LINES / lines.max(1)).max(1)
}

/// Lines of one task: about 32 KiB, so that a job has few tasks and a core's cache holds what a task reads twice.
pub const LINES: usize = 512;
