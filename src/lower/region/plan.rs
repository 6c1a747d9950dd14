//! Buffers with lifetimes -> places in one block of memory: what is alive at one time lies apart.

use std::ops::{Range, RangeInclusive};

use super::step::Size;

/// A buffer's number.
pub(super) type BufferId = usize;

/// A stretch of memory that some steps of a pass use.
#[derive(Clone, Debug)]
pub(super) struct Buffer {
    pub size: Size,
    /// From the first write to the last read in training; none where training has no use for it.
    pub training: Option<RangeInclusive<usize>>,
    /// The same in evaluation.
    pub evaluation: Option<RangeInclusive<usize>>,
}

/// Where each buffer lies.
pub(super) struct Layout {
    ranges: Vec<Range<usize>>,
    /// The memory's size.
    pub lines: usize,
}

impl Layout {
    /// In order of their first write, each buffer takes the first gap that holds it.
    pub fn new(buffers: &[Buffer], groups: usize, training: bool) -> Self {
        let life = |buffer: &Buffer| if training { buffer.training.clone() } else { buffer.evaluation.clone() };
        let mut lives: Vec<(BufferId, RangeInclusive<usize>)> =
            buffers.iter().enumerate().filter_map(|(id, buffer)| Some((id, life(buffer)?))).collect();
        lives.sort_by_key(|(id, life)| (*life.start(), *id));
        let mut layout = Self { ranges: vec![0..0; buffers.len()], lines: 0 };
        // Ordered by place.
        let mut alive: Vec<(Range<usize>, usize)> = vec![];
        for (id, life) in lives {
            alive.retain(|(_, end)| *end >= *life.start());
            let range = first_gap(&alive, buffers[id].size.lines(groups));
            let at = alive.partition_point(|(other, _)| other.start < range.start);
            alive.insert(at, (range.clone(), *life.end()));
            layout.lines = layout.lines.max(range.end);
            layout.ranges[id] = range;
        }
        layout
    }

    pub fn range(&self, buffer: BufferId) -> Range<usize> {
        self.ranges[buffer].clone()
    }
}

fn first_gap(taken: &[(Range<usize>, usize)], lines: usize) -> Range<usize> {
    let mut start = 0;
    for (range, _) in taken {
        if range.start >= start + lines {
            break;
        }
        start = start.max(range.end);
    }
    start..start + lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buffer(lines: usize, life: RangeInclusive<usize>) -> Buffer {
        Buffer { size: Size::per_group(lines), training: Some(life), evaluation: None }
    }

    #[test]
    fn buffers_that_meet_lie_apart_and_others_share() {
        let buffers = [buffer(10, 0..=2), buffer(5, 1..=3), buffer(10, 3..=5), buffer(4, 4..=4)];
        let layout = Layout::new(&buffers, 2, true);
        assert_eq!(layout.ranges, [0..20, 20..30, 0..20, 20..28]);
        assert_eq!((layout.lines, Layout::new(&buffers, 2, false).lines), (30, 0));
    }
}
