//! Pages: zeroed lines on large ones, and those of freed memory.
//!
//! With pages of 4 KiB a step of a convolutional network spends up to a third of its time on finding them.

use std::ops::{Deref, DerefMut};

use memmap2::{MmapMut, MmapRaw};

use super::line::Line;

/// A block of lines of the system's own, on pages of 2 MiB where it grants them.
#[derive(Default)]
pub struct Memory {
    map: Option<MmapRaw>,
    lines: usize,
}

impl Memory {
    /// All zeros.
    ///
    /// # Panics
    /// Where the system has no such block, as a vector does.
    pub fn zeroed(lines: usize) -> Self {
        let map = (lines > 0).then(|| {
            let map = MmapMut::map_anon(lines * size_of::<Line>()).expect("the system has memory");
            // Refused by kernels without large pages; then small ones serve.
            #[cfg(target_os = "linux")]
            let _ = map.advise(memmap2::Advice::HugePage);
            map.into()
        });
        Self { map, lines }
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// Its first line, through which its parts may be lent apart.
    pub fn start(&self) -> *mut Line {
        self.map.as_ref().map_or(std::ptr::dangling_mut(), |map| map.as_mut_ptr().cast())
    }
}

impl Deref for Memory {
    type Target = [Line];

    fn deref(&self) -> &[Line] {
        let Some(map) = &self.map else { return &[] };
        // SAFETY: the map is as long and starts at a page; any bytes are lines.
        unsafe { std::slice::from_raw_parts(map.as_ptr().cast(), self.lines) }
    }
}

impl DerefMut for Memory {
    fn deref_mut(&mut self) -> &mut [Line] {
        // SAFETY: the map is as long and starts at a page; any bytes are lines.
        unsafe { std::slice::from_raw_parts_mut(self.start(), self.lines) }
    }
}

/// From now on freed memory stays with the process, for the next to ask. The tensors of a step come and go; were their pages
/// given back to the system, each step would get them anew, zeroed, at up to a fifth of its time.
///
/// Of use to glibc's allocator; others are left as they are.
pub fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    {
        /// The largest that every glibc takes.
        const MAPPED: i32 = 32 << 20;
        // SAFETY: sets two of the allocator's parameters to values that it takes.
        unsafe {
            libc::mallopt(libc::M_MMAP_THRESHOLD, MAPPED);
            libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_zeroed_and_hold_what_is_written() {
        for lines in [0, 1, 100_000] {
            let mut memory = Memory::zeroed(lines);
            assert_eq!(memory.len(), lines);
            assert!(memory.iter().all(|line| *line == Line::ZERO));
            memory.iter_mut().for_each(|line| line.0[15] = 3.0);
            assert!(memory.iter().all(|line| line.0[15] == 3.0));
        }
    }
}
