//! Image after image <-> one image per lane.

use super::line::{LANES, Line};
use super::machine::Machine;

/// How many values of a group one task moves.
const VALUES: usize = 256;

/// Images of `count` values each, one after the other, to `[image / 16][value][image % 16]`. Lanes without an image become
/// zero.
pub fn pack(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line]) {
    place(machine, images, count, lines, |to, value| *to = value);
}

/// The same, added to what `lines` hold.
pub fn pack_add(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line]) {
    place(machine, images, count, lines, |to, value| *to += value);
}

fn place(machine: &Machine, images: &[f32], count: usize, lines: &mut [Line], put: impl Fn(&mut f32, f32) + Sync) {
    let groups = lines.len() / count.max(1);
    assert_eq!(lines.len(), groups * count, "whole groups");
    machine.team.group_chunks(lines, groups, VALUES, |group, first, lines| {
        let images = images[(group * LANES * count).min(images.len())..].chunks_exact(count).take(LANES);
        let present = images.len();
        for (lane, image) in images.enumerate() {
            for (line, &value) in lines.iter_mut().zip(&image[first..]) {
                put(&mut line.0[lane], value);
            }
        }
        if present < LANES {
            lines.iter_mut().for_each(|line| line.0[present..].fill(0.0));
        }
    });
}

/// The inverse of [`pack`], of as many images as `images` holds.
pub fn unpack(lines: &[Line], count: usize, images: &mut [f32]) {
    for (number, image) in images.chunks_exact_mut(count.max(1)).enumerate() {
        let lines = &lines[number / LANES * count..][..count];
        for (value, line) in image.iter_mut().zip(lines) {
            *value = line.0[number % LANES];
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
            unpack(&lines, count, &mut back);
            assert_eq!(back, values);
        }
    }
}
