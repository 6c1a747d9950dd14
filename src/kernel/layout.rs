//! Image after image <-> one image per lane, squares of sixteen images by sixteen values at a time.

use super::isa::Kernel;
use super::lane::Lane;
use super::line::{LANES, Line};
use super::machine::Machine;
use super::shared::Shared;

/// How many values of a group one task moves.
const VALUES: usize = 256;

/// Images of `count` values each, one after the other, to `[image / 16][value][image % 16]`. Lanes without an image become
/// zero.
pub fn pack(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line]) {
    place(machine, images, count, lines, false);
}

/// The same, added to what `lines` hold.
pub fn pack_add(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line]) {
    place(machine, images, count, lines, true);
}

fn place(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line], add: bool) {
    let groups = lines.len() / count.max(1);
    assert_eq!(lines.len(), groups * count, "whole groups");
    machine.team.group_chunks(lines, groups, VALUES, |group, first, lines| {
        let images = &images[(group * LANES * count).min(images.len())..];
        machine.isa.run(Place { images, count, first, lines, add });
    });
}

/// Some values of one group to lanes.
struct Place<'a> {
    images: &'a [f32],
    count: usize,
    first: usize,
    lines: &'a mut [Line],
    add: bool,
}

impl Kernel for Place<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        for (block, lines) in self.lines.chunks_mut(LANES).enumerate() {
            let at = self.first + block * LANES;
            let turned = turned::<L>(self.images, self.count, at, lines.len());
            for (line, turned) in lines.iter_mut().zip(&turned) {
                let value = L::load(turned);
                let value = if self.add { L::load(line).add(value) } else { value };
                value.store(line);
            }
        }
    }
}

/// Up to sixteen values from `first` on of sixteen images, or of as many as there are, in lanes.
#[inline(always)]
pub(super) fn turned<L: Lane>(images: &[f32], count: usize, first: usize, values: usize) -> [Line; LANES] {
    let (mut square, mut turned) = ([Line::ZERO; LANES], [Line::ZERO; LANES]);
    for (line, image) in square.iter_mut().zip(images.chunks_exact(count)) {
        L::from_part(&image[first..first + values]).store(line);
    }
    L::transpose(&square, &mut turned);
    turned
}

/// The inverse of [`pack`], of as many images as `images` holds.
pub fn unpack(machine: &Machine, lines: &[Line], count: usize, images: &mut [f32]) {
    let (groups, chunks) = (lines.len() / count.max(1), count.div_ceil(VALUES));
    let present = images.len() / count.max(1);
    let images = Shared::new(images);
    machine.team.run(groups * chunks, |index, _| {
        let (group, first) = (index / chunks, index % chunks * VALUES);
        let lines = &lines[group * count + first..group * count + count.min(first + VALUES)];
        let images = Images { all: &images, count, first: group * LANES, present };
        machine.isa.run(TakeBack { lines, first, images });
    });
}

/// The images of one group, of which only so many are there.
struct Images<'a> {
    all: &'a Shared<'a, f32>,
    count: usize,
    first: usize,
    present: usize,
}

/// Some values of one group from lanes.
struct TakeBack<'a> {
    lines: &'a [Line],
    first: usize,
    images: Images<'a>,
}

impl Kernel for TakeBack<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lane>(self) {
        let Images { all, count, first, present } = self.images;
        for (block, lines) in self.lines.chunks(LANES).enumerate() {
            let mut turned = [Line::ZERO; LANES];
            L::transpose_part(lines, &mut turned);
            for (image, line) in (first..present).zip(&turned) {
                let at = image * count + self.first + block * LANES;
                // SAFETY: each task has images and values of its own.
                L::load(line).write_part(unsafe { all.part(at..at + lines.len()) });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unpacking_gives_back_what_was_packed() {
        let machine = Machine::new(2);
        for (images, count) in [(1usize, 1usize), (3, 5), (16, 700), (17, 3), (40, 257)] {
            let values: Vec<f32> = (0..images * count).map(|n| n as f32 + 1.0).collect();
            let mut lines = vec![Line([9.0; LANES]); images.div_ceil(LANES) * count];
            pack(&machine, &values, count, &mut lines);
            assert_eq!(lines[0].0[0], 1.0);
            let beyond = images..images.div_ceil(LANES) * LANES;
            assert!(beyond.clone().all(|n| lines[n / LANES * count].0[n % LANES] == 0.0));
            let mut back = vec![0.0; values.len()];
            unpack(&machine, &lines, count, &mut back);
            assert_eq!(back, values);
        }
    }
}
