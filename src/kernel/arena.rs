//! One block of memory whose parts are borrowed by place, checked as `RefCell` checks.

use std::cell::{RefCell, UnsafeCell};
use std::ops::{Deref, DerefMut, Range};

use super::line::Line;
use super::memory::Memory;

/// Lines that are borrowed in parts. Borrowing a part for writing while it is borrowed is a bug and panics.
#[derive(Default)]
pub struct Arena {
    lines: UnsafeCell<Memory>,
    /// What is borrowed, and whether for writing.
    borrowed: RefCell<Vec<(Range<usize>, bool)>>,
}

/// A part that is read.
pub struct Part<'a> {
    lines: &'a [Line],
    _borrow: Borrow<'a>,
}

/// A part that is written.
pub struct PartMut<'a> {
    lines: &'a mut [Line],
    _borrow: Borrow<'a>,
}

/// An entry in the arena's list, taken out when it is dropped.
struct Borrow<'a> {
    arena: &'a Arena,
    range: Range<usize>,
    writes: bool,
}

impl Arena {
    /// Makes it at least so long; what it holds is lost to nobody, as nothing is borrowed meanwhile.
    pub fn grow(&mut self, lines: usize) {
        let memory = self.lines.get_mut();
        if memory.lines() < lines {
            *memory = Memory::zeroed(lines);
        }
    }

    pub fn len(&self) -> usize {
        // SAFETY: the block itself changes only under `&mut self`; its lines are not touched.
        unsafe { (*self.lines.get()).lines() }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn read(&self, range: Range<usize>) -> Part<'_> {
        let _borrow = self.borrow(range.clone(), false);
        // SAFETY: in range, and no part for writing shares a line with it while the borrow lives.
        let lines = unsafe { std::slice::from_raw_parts(self.start().add(range.start), range.len()) };
        Part { lines, _borrow }
    }

    pub fn write(&self, range: Range<usize>) -> PartMut<'_> {
        let _borrow = self.borrow(range.clone(), true);
        // SAFETY: in range, and no other part shares a line with it while the borrow lives.
        let lines = unsafe { std::slice::from_raw_parts_mut(self.start().add(range.start), range.len()) };
        PartMut { lines, _borrow }
    }

    fn start(&self) -> *mut Line {
        // SAFETY: as for `len`.
        unsafe { (*self.lines.get()).start() }
    }

    fn borrow(&self, range: Range<usize>, writes: bool) -> Borrow<'_> {
        assert!(range.start <= range.end && range.end <= self.len(), "{range:?} of an arena of {}", self.len());
        let mut borrowed = self.borrowed.borrow_mut();
        let meets = |other: &Range<usize>| range.start < other.end && other.start < range.end;
        let conflict = borrowed.iter().find(|(other, written)| (writes || *written) && meets(other));
        assert!(conflict.is_none(), "{range:?} is borrowed while {conflict:?} is");
        borrowed.push((range.clone(), writes));
        Borrow { arena: self, range, writes }
    }
}

impl Drop for Borrow<'_> {
    fn drop(&mut self) {
        let mut borrowed = self.arena.borrowed.borrow_mut();
        let own = borrowed.iter().rposition(|(range, writes)| *range == self.range && *writes == self.writes);
        if let Some(own) = own {
            borrowed.swap_remove(own);
        }
    }
}

impl Deref for Part<'_> {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        self.lines
    }
}

impl Deref for PartMut<'_> {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        self.lines
    }
}

impl DerefMut for PartMut<'_> {
    fn deref_mut(&mut self) -> &mut [Line] {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> Arena {
        let mut arena = Arena::default();
        arena.grow(10);
        arena
    }

    #[test]
    fn parts_apart_are_borrowed_together() {
        let arena = arena();
        let (mut a, mut b) = (arena.write(0..4), arena.write(4..10));
        a[3].0[0] = 1.0;
        b[0].0[0] = 2.0;
        drop((a, b));
        let (a, b) = (arena.read(3..5), arena.read(0..10));
        assert_eq!((a[0].0[0], b[4].0[0]), (1.0, 2.0));
    }

    #[test]
    #[should_panic(expected = "is borrowed while")]
    fn a_part_that_is_read_is_not_written() {
        let arena = arena();
        let _read = arena.read(2..5);
        arena.write(4..6);
    }
}
