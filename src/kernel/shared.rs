//! A slice that the tasks of one job write in parts.

use std::marker::PhantomData;
use std::ops::Range;

use super::line::{Line, prefetch_square};

/// A borrowed slice whose parts several threads may write, each its own.
pub struct Shared<'a, T> {
    start: *mut T,
    len: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: `part` hands out what its callers promise to be disjoint, and what `view` hands out is only read.
unsafe impl<T: Send + Sync> Sync for Shared<'_, T> {}

impl<'a, T> Shared<'a, T> {
    pub fn new(slice: &'a mut [T]) -> Self {
        Self { start: slice.as_mut_ptr(), len: slice.len(), slice: PhantomData }
    }

    /// The elements of `range`.
    ///
    /// # Safety
    /// Of the parts that are alive at a time, no two share an element.
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn part(&self, range: Range<usize>) -> &mut [T] {
        assert!(range.start <= range.end && range.end <= self.len, "a part beyond its slice");
        // SAFETY: the range lies in the slice, which is borrowed mutably for 'a; the caller keeps parts disjoint.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(range.start), range.len()) }
    }

    /// One element.
    ///
    /// # Safety
    /// That of [`Shared::part`].
    #[inline(always)]
    #[allow(clippy::mut_from_ref)]
    pub unsafe fn one(&self, at: usize) -> &mut T {
        // SAFETY: the caller's promise.
        unsafe { &mut self.part(at..at + 1)[0] }
    }

    /// The elements of `range`, to read.
    ///
    /// # Safety
    /// No part that shares an element is alive while the view is.
    #[inline(always)]
    pub unsafe fn view(&self, range: Range<usize>) -> &[T] {
        assert!(range.start <= range.end && range.end <= self.len, "a view beyond its slice");
        // SAFETY: the range lies in the slice, which is borrowed mutably for 'a; no part meets it.
        unsafe { std::slice::from_raw_parts(self.start.add(range.start), range.len()) }
    }
}

impl Shared<'_, Line> {
    /// Asks for a square of N by N lines, which will be written soon, in rows of `width`; what lies beyond the slice is nothing.
    #[inline(always)]
    pub fn prefetch_square<const N: usize>(&self, first: usize, width: usize) {
        prefetch_square::<N>(self.start.wrapping_add(first), width);
    }
}
