//! Layers with their cells across -> how far down each lies; a long column is cut into several beside each other.
//!
//! Below each layer there is a stem, where lines run straight down and labels stand; then, where a line bends, a zone for
//! that; then room for the arrows' heads.

use super::layers::{Kind, Layered, Segment};

/// What an arrow's head needs.
pub const HEAD: i32 = 12;
/// A stem with labels.
pub const STEM: i32 = 24;
/// Between columns beside each other.
const GUTTER: i32 = 44;
/// Where a line goes over from a column to the next: below the last layer, and above the first.
pub const TURN: i32 = 14;
/// Between lines that go over together.
pub const LANE: i32 = 10;
/// So many may.
const LANES: usize = 3;
/// A drawing this high is one column, and so is one that would stay three quarters as high.
const HIGH: i32 = 1400;
/// The share of the square root of its area that a higher one takes.
const SHARE: f64 = 0.85;

/// Where layers lie.
#[derive(Clone, Debug)]
pub struct Rows {
    /// The upper edge of each layer, and its height.
    pub top: Vec<i32>,
    pub height: Vec<i32>,
    /// How far each layer is moved to the right.
    pub shift: Vec<i32>,
    /// Which column each layer is in.
    pub band: Vec<usize>,
    /// Where the straight part below each layer ends.
    pub stem: Vec<i32>,
    /// The line across from a column to the next lies here, by the column on its left.
    pub gutters: Vec<i32>,
    pub size: [i32; 2],
}

/// Places layers below each other. `title` is what the upper border needs, `across` are the middles of cells.
pub fn rows(layered: &Layered, across: &[i32], title: i32) -> Rows {
    let height: Vec<i32> = layered.layers.iter().map(|layer| highest(layered, layer)).collect();
    let gaps: Vec<[i32; 2]> = (0..layered.gaps.len()).map(|gap| gap_height(layered, across, gap, title)).collect();
    let band = bands(layered, across, &height, &gaps);
    let mut rows = Rows {
        top: vec![0; height.len()],
        shift: vec![0; height.len()],
        stem: vec![0; height.len()],
        height,
        band,
        gutters: vec![],
        size: [0; 2],
    };
    let lanes: Vec<i32> = layered.gaps.iter().map(|segments| LANE * (segments.len() as i32 - 1)).collect();
    rows.place(&gaps, &lanes);
    rows.spread(layered, across, &lanes);
    rows.lower_exits(layered);
    rows
}

fn highest(layered: &Layered, layer: &[usize]) -> i32 {
    layer.iter().map(|&cell| layered.cells[cell].height).max().unwrap_or(0)
}

/// The stem below a layer, and the rest of the gap.
fn gap_height(layered: &Layered, across: &[i32], gap: usize, title: i32) -> [i32; 2] {
    let is = |cell: usize, of: fn(&Kind) -> bool| of(&layered.cells[cell].kind);
    let segments = &layered.gaps[gap];
    let labelled = segments.iter().any(|s| is(s.top, |kind| matches!(kind, Kind::Child(_))));
    let entered = layered.layers[gap].iter().any(|&cell| is(cell, |kind| matches!(kind, Kind::Entry(_))));
    let headed = segments.iter().any(|s| is(s.bottom, |kind| matches!(kind, Kind::Child(_))));
    let bend = segments.iter().map(|segment| bend(segment, across)).max().unwrap_or(0);
    let stem = if labelled { STEM } else { 6 };
    [if entered { stem.max(title) } else { stem }, bend + if headed { HEAD } else { 0 }]
}

/// How much height a line needs to get across.
fn bend(segment: &Segment, across: &[i32]) -> i32 {
    let aside = across[segment.bottom] + segment.enters - across[segment.top] - segment.leaves;
    if aside == 0 { 0 } else { (aside.abs() / 3).clamp(20, 64) }
}

/// The column of each layer. A cut is made where one line alone leads on.
fn bands(layered: &Layered, across: &[i32], height: &[i32], gaps: &[[i32; 2]]) -> Vec<usize> {
    let mut tops = vec![0];
    for (height, gap) in height.iter().zip(gaps.iter().chain([&[0, 0]])) {
        tops.push(tops[tops.len() - 1] + height + gap[0] + gap[1]);
    }
    let whole = tops[height.len()];
    if whole <= HIGH {
        return vec![0; height.len()];
    }
    let edge = |cell: usize| across[cell] + layered.cells[cell].width / 2;
    let width = layered.layers.iter().flatten().map(|&cell| edge(cell)).max().unwrap_or(0) + GUTTER;
    let wanted = (SHARE * (f64::from(width) * f64::from(whole)).sqrt()).max(f64::from(HIGH));
    let count = (f64::from(whole) / wanted).ceil() as usize;
    let cut = |lanes: usize| {
        let cuts = (0..gaps.len()).filter(|&gap| may_cut(layered, gap, lanes)).map(|gap| gap + 1);
        evenly(&tops, &cuts.collect::<Vec<_>>(), count)
    };
    let [single, several] = [1, LANES].map(cut);
    let chosen = if highest_band(&tops, &single) * 2 <= highest_band(&tops, &several) * 3 { single } else { several };
    if highest_band(&tops, &chosen) * 4 <= whole * 3 { chosen } else { vec![0; height.len()] }
}

/// Whether so few lines lead on that they may go over to the next column.
fn may_cut(layered: &Layered, gap: usize, lanes: usize) -> bool {
    let goes_on = |cell: usize| matches!(layered.cells[cell].kind, Kind::Child(_) | Kind::Trunk(_));
    let segments = &layered.gaps[gap];
    segments.len() <= lanes && segments.iter().all(|segment| goes_on(segment.top) && goes_on(segment.bottom))
}

/// Cuts into so many columns at most, the highest of them as low as can be.
fn evenly(tops: &[i32], cuts: &[usize], count: usize) -> Vec<usize> {
    let (mut least, mut most) = (0, tops[tops.len() - 1]);
    while least < most {
        let middle = least + (most - least) / 2;
        let bands = cut(tops, cuts, middle);
        let fits = highest_band(tops, &bands) <= middle && bands[bands.len() - 1] < count;
        (least, most) = if fits { (least, middle) } else { (middle + 1, most) };
    }
    cut(tops, cuts, most)
}

fn highest_band(tops: &[i32], bands: &[usize]) -> i32 {
    let starts = (0..bands.len()).filter(|&layer| layer == 0 || bands[layer] != bands[layer - 1]);
    let ends = (1..=bands.len()).filter(|&layer| layer == bands.len() || bands[layer] != bands[layer - 1]);
    starts.zip(ends).map(|(start, end)| tops[end] - tops[start]).max().unwrap_or(0)
}

/// Cuts before a layer where the column would get higher than `each` by the next cut.
fn cut(tops: &[i32], cuts: &[usize], each: i32) -> Vec<usize> {
    let mut bands = vec![0; tops.len() - 1];
    let (mut start, mut band, mut filled) = (0, 0, 0);
    for (at, &layer) in cuts.iter().enumerate() {
        let next = cuts.get(at + 1).map_or(tops[tops.len() - 1], |&next| tops[next]);
        if next - tops[start] > each {
            bands[filled..layer].fill(band);
            (start, band, filled) = (layer, band + 1, layer);
        }
    }
    bands[filled..].fill(band);
    bands
}

impl Rows {
    /// Layers of a column below each other, with room for the turn around it.
    fn place(&mut self, gaps: &[[i32; 2]], lanes: &[i32]) {
        let mut y = 0;
        for layer in 0..self.top.len() {
            let begins = layer > 0 && self.band[layer] != self.band[layer - 1];
            y = if begins { 2 * TURN + HEAD + lanes[layer - 1] } else { y };
            let [stem, rest] = gaps.get(layer).copied().unwrap_or_default();
            self.top[layer] = y;
            self.stem[layer] = y + self.height[layer] + stem;
            y = self.stem[layer] + rest;
            let ends = self.band.get(layer + 1).is_some_and(|band| *band != self.band[layer]);
            let lower =
                if ends { self.stem[layer] + TURN + lanes[layer] } else { self.top[layer] + self.height[layer] };
            self.size[1] = self.size[1].max(lower);
        }
    }

    /// Columns beside each other.
    fn spread(&mut self, layered: &Layered, across: &[i32], lanes: &[i32]) {
        let mut left = 0;
        let mut first = 0;
        while first < self.band.len() {
            let end =
                (first..self.band.len()).find(|&layer| self.band[layer] != self.band[first]).unwrap_or(self.band.len());
            let cells = || layered.layers[first..end].iter().flatten();
            let edge = |cell: usize, side: i32| across[cell] + side * layered.cells[cell].width / 2;
            let from = cells().map(|&cell| edge(cell, -1)).min().unwrap_or(0);
            let to = cells().map(|&cell| edge(cell, 1)).max().unwrap_or(0);
            self.shift[first..end].fill(left - from);
            self.size[0] = left + to - from;
            let gutter = GUTTER + lanes.get(end - 1).copied().unwrap_or(0).max(0);
            self.gutters.push(self.size[0] + gutter / 2);
            left = self.size[0] + gutter;
            first = end;
        }
    }

    /// Values leave through the lower border, wherever the last layer is.
    fn lower_exits(&mut self, layered: &Layered) {
        let is_exit = |cell: &usize| matches!(layered.cells[*cell].kind, Kind::Exit(_));
        if layered.layers.last().is_some_and(|last| last.iter().any(is_exit)) {
            self.top[layered.layers.len() - 1] = self.size[1];
        }
    }
}
