//! Dice -> garments of the upper body: a torso, two sleeves, and what tells them apart.

use super::dice::Dice;
use super::outline::{Outline, Pen, Point, ellipse, mix, rectangle};
use super::wardrobe::{Ink, Piece};

pub fn t_shirt(dice: &mut Dice) -> Vec<Piece> {
    let torso = Torso::new(dice, [0.16, 0.23], [0.78, 1.0]);
    let sleeve = Sleeve::new(dice, [0.12, 0.25], [0.07, 0.11]);
    let mut pieces = torso.with_sleeves(&sleeve, dice);
    if dice.chance(0.6) {
        pieces.push(Piece::new(Ink::Shade(dice.sign() * 0.3), torso.neckline().stroke(0.03)));
    }
    if dice.chance(0.4) {
        pieces.push(print(dice));
    }
    pieces
}

pub fn pullover(dice: &mut Dice) -> Vec<Piece> {
    let mut torso = Torso::new(dice, [0.17, 0.24], [0.82, 1.0]);
    torso.drop = dice.between(0.05, 0.1);
    let sleeve = Sleeve::new(dice, [0.5, 0.64], [0.04, 0.06]);
    let mut pieces = torso.with_sleeves(&sleeve, dice);
    let (rib, tone) = (dice.between(0.05, 0.09), Ink::Shade(dice.sign() * dice.between(0.2, 0.4)));
    pieces.push(Piece::new(tone, torso.hem_band(rib)));
    pieces.extend([-1.0, 1.0].map(|side| Piece::new(tone, sleeve.cuff_band(&torso, side, rib))));
    if dice.chance(0.4) {
        let collar = rectangle([-torso.neck, -0.03], [torso.neck, torso.drop]);
        pieces.push(Piece::new(tone, collar));
    } else {
        pieces.push(Piece::new(tone, torso.neckline().stroke(0.045)));
    }
    if dice.chance(0.3) {
        let high = dice.between(0.28, 0.5);
        let band = rectangle([-torso.chest, high], [torso.chest, high + dice.between(0.08, 0.16)]);
        pieces.push(Piece::new(Ink::Trim, band));
    }
    pieces
}

pub fn dress(dice: &mut Dice) -> Vec<Piece> {
    let mut torso = Torso::new(dice, [0.12, 0.16], [0.94, 1.0]);
    torso.shoulder = torso.chest * dice.between(0.8, 1.05);
    torso.waist = torso.chest * dice.between(0.65, 0.9);
    torso.hem = dice.between(0.15, 0.33);
    torso.neck = torso.shoulder * dice.between(0.45, 0.75);
    torso.drop = dice.between(0.06, 0.2);
    let waistline = dice.between(0.36, 0.46);
    let mut pieces = vec![Piece::new(Ink::Fabric, torso.flared(waistline))];
    if dice.chance(0.4) {
        let lengths = if dice.chance(0.75) { [0.1, 0.2] } else { [0.4, 0.5] };
        let sleeve = Sleeve::new(dice, lengths, [0.04, 0.07]);
        pieces.extend([-1.0, 1.0].map(|side| Piece::new(Ink::Fabric, sleeve.outline(&torso, side))));
    }
    if dice.chance(0.5) {
        let belt = rectangle([-torso.waist, waistline - 0.02], [torso.waist, waistline + dice.between(0.02, 0.05)]);
        pieces.push(Piece::new([Ink::Trim, Ink::Shade(-0.4)][dice.below(2)], belt));
    }
    for _ in 0..dice.below(4) {
        let fold = dice.between(-0.8, 0.8);
        let pen = Pen::at(fold * torso.waist, waistline + 0.1).line(fold * torso.hem, torso.length - 0.02);
        pieces.push(Piece::new(Ink::Shade(-0.2), pen.stroke(0.02)));
    }
    pieces
}

pub fn coat(dice: &mut Dice) -> Vec<Piece> {
    let mut torso = Torso::new(dice, [0.19, 0.25], [0.95, 1.0]);
    torso.hem = torso.chest * dice.between(1.0, 1.3);
    torso.drop = dice.between(0.1, 0.26);
    let sleeve = Sleeve::new(dice, [0.52, 0.66], [0.05, 0.075]);
    let mut pieces = torso.with_sleeves(&sleeve, dice);
    let (line, tone) = (dice.near_zero() * 0.05, -dice.between(0.4, 0.65));
    let opening = Pen::at(0.0, torso.drop).line(line, torso.drop + 0.1).line(line, torso.length);
    pieces.push(Piece::new(Ink::Shade(tone), opening.stroke(dice.between(0.025, 0.05))));
    let (width, low) = (dice.between(0.05, 0.11), torso.drop + dice.between(0.12, 0.22));
    for side in [-1.0, 1.0] {
        let lapel = Pen::at(side * torso.neck, 0.02)
            .line(side * (torso.neck + width * 0.6), 0.1)
            .line(side * (torso.neck * 0.6 + width), low - 0.06)
            .line(line, low)
            .line(0.0, torso.drop);
        pieces.push(Piece::new(Ink::Shade(dice.between(0.2, 0.4)), lapel.closed()));
        let pocket = Pen::at(side * torso.chest * 0.45, 0.64).line(side * torso.chest * 0.85, 0.62);
        pieces.push(Piece::new(Ink::Shade(tone), pocket.stroke(0.025)));
    }
    if dice.chance(0.3) {
        let belt = rectangle([-torso.chest, 0.5], [torso.chest, 0.56]);
        pieces.push(Piece::new(Ink::Shade(tone * 0.7), belt));
    }
    if dice.chance(0.5) {
        let apart = dice.between(0.035, 0.08);
        pieces.extend(buttons(dice.between(0.34, 0.4), 0.85, 4, &[line - apart, line + apart]));
    }
    pieces
}

pub fn shirt(dice: &mut Dice) -> Vec<Piece> {
    let torso = Torso::new(dice, [0.16, 0.23], [0.82, 1.0]);
    let lengths = if dice.chance(0.3) { [0.18, 0.28] } else { [0.5, 0.64] };
    let sleeve = Sleeve::new(dice, lengths, [0.045, 0.07]);
    let mut pieces = torso.with_sleeves(&sleeve, dice);
    let placket = rectangle([-0.03, torso.drop], [0.03, torso.length]);
    pieces.push(Piece::new(Ink::Shade(dice.between(0.15, 0.35)), placket));
    pieces.extend(buttons(torso.drop + 0.06, torso.length - 0.1, 4 + dice.below(4), &[0.0]));
    let (point, low) = (torso.neck * dice.between(0.4, 1.0), torso.drop + dice.between(0.05, 0.1));
    for side in [-1.0, 1.0] {
        let collar = Pen::at(side * torso.neck, -0.01)
            .line(side * (torso.neck + 0.03), 0.05)
            .line(side * point, low)
            .line(0.0, torso.drop);
        pieces.push(Piece::new(Ink::Shade(0.4), collar.closed()));
    }
    if dice.chance(0.5) {
        let left = torso.chest * 0.35;
        let pocket = rectangle([left, 0.3], [torso.chest * 0.85, 0.3 + dice.between(0.1, 0.14)]);
        pieces.push(Piece::new(Ink::Shade(-0.25), pocket));
    }
    pieces
}

/// Half widths and heights of a body's outline.
struct Torso {
    neck: f32,
    drop: f32,
    shoulder: f32,
    slope: f32,
    chest: f32,
    waist: f32,
    hem: f32,
    length: f32,
    bulge: f32,
    pointed: bool,
}

const ARMPIT: f32 = 0.3;

impl Torso {
    fn new(dice: &mut Dice, chest: [f32; 2], length: [f32; 2]) -> Self {
        let chest = dice.between(chest[0], chest[1]);
        Self {
            neck: dice.between(0.06, 0.1),
            drop: dice.between(0.06, 0.17),
            shoulder: chest * dice.between(0.95, 1.08),
            slope: dice.between(0.05, 0.1),
            chest,
            waist: chest * dice.between(0.85, 1.02),
            hem: chest * dice.between(0.92, 1.08),
            length: dice.between(length[0], length[1]),
            bulge: dice.between(-0.02, 0.04),
            pointed: dice.chance(0.35),
        }
    }

    /// From one shoulder to the other.
    fn neckline(&self) -> Pen {
        let depth = self.neck_depth();
        Pen::at(-self.neck, 0.02)
            .curve([-self.neck * 0.7, depth], [0.0, self.drop])
            .curve([self.neck * 0.7, depth], [self.neck, 0.02])
    }

    /// How low the neckline's curve is pulled: not at all where it is pointed.
    fn neck_depth(&self) -> f32 {
        if self.pointed { 0.02 } else { self.drop }
    }

    /// The right half of the neckline and the shoulder, down to the armpit.
    fn upper(&self) -> Pen {
        Pen::at(0.0, self.drop)
            .curve([self.neck * 0.7, self.neck_depth()], [self.neck, 0.02])
            .line(self.shoulder, self.slope)
            .curve([self.shoulder * 0.92, 0.2], [self.chest, ARMPIT])
    }

    fn outline(&self) -> Outline {
        self.upper()
            .curve([self.waist, 0.6], [self.hem, self.length])
            .curve([self.hem * 0.5, self.length + self.bulge], [0.0, self.length + self.bulge])
            .mirrored()
    }

    /// With a waist at `waistline`, and a skirt below it.
    fn flared(&self, waistline: f32) -> Outline {
        self.upper()
            .curve([self.waist, waistline - 0.08], [self.waist, waistline])
            .curve([mix(self.waist, self.hem, 0.3), 0.65], [self.hem, self.length])
            .curve([self.hem * 0.5, self.length + 0.03], [0.0, self.length + 0.03])
            .mirrored()
    }

    fn hem_band(&self, height: f32) -> Outline {
        rectangle([-self.hem, self.length - height], [self.hem, self.length + self.bulge * 0.5])
    }

    fn with_sleeves(&self, sleeve: &Sleeve, dice: &mut Dice) -> Vec<Piece> {
        let tone = Ink::Shade(-dice.between(0.0, 0.2));
        let mut pieces = vec![];
        for side in [-1.0, 1.0] {
            pieces.push(Piece::new(tone, sleeve.outline(self, side)));
        }
        pieces.push(Piece::new(Ink::Fabric, self.outline()));
        for side in [-1.0, 1.0] {
            let seam = Pen::at(side * self.shoulder, self.slope)
                .curve([side * self.shoulder * 0.92, 0.2], [side * self.chest, ARMPIT]);
            pieces.push(Piece::new(Ink::Shade(-0.3), seam.stroke(0.02)));
        }
        pieces
    }
}

/// A sleeve of that length that points (outwards, down), and half the width of its end.
struct Sleeve {
    length: f32,
    direction: Point,
    cuff: f32,
}

impl Sleeve {
    fn new(dice: &mut Dice, length: [f32; 2], cuff: [f32; 2]) -> Self {
        let length = dice.between(length[0], length[1]);
        let out = if length > 0.4 { dice.between(0.05, 0.42) } else { dice.between(0.25, 1.0) };
        let norm = (out * out + 1.0).sqrt();
        Self { length, direction: [out / norm, 1.0 / norm], cuff: dice.between(cuff[0], cuff[1]) }
    }

    /// The ends of the cuff, outer and inner, that much before the sleeve's end, on the right.
    fn ends(&self, torso: &Torso, before: f32) -> [Point; 2] {
        let [x, y] = [torso.shoulder + 0.01, torso.slope + 0.1];
        let [dx, dy] = self.direction;
        let [x, y] = [x + dx * (self.length - before), y + dy * (self.length - before)];
        [[x + dy * self.cuff, y - dx * self.cuff], [x - dy * self.cuff, y + dx * self.cuff]]
    }

    fn outline(&self, torso: &Torso, side: f32) -> Outline {
        let [outer, inner] = self.ends(torso, 0.0);
        let pen = Pen::at(side * torso.shoulder * 0.85, torso.slope - 0.01)
            .line(side * torso.shoulder, torso.slope)
            .curve([side * (torso.shoulder + 0.06), torso.slope + 0.04], [side * outer[0], outer[1]])
            .line(side * inner[0], inner[1])
            .line(side * torso.chest, ARMPIT + 0.04);
        pen.closed()
    }

    fn cuff_band(&self, torso: &Torso, side: f32, height: f32) -> Outline {
        let ([a, b], [c, d]) = (self.ends(torso, height), self.ends(torso, 0.0));
        vec![[a, b, d, c].map(|[x, y]| [side * x, y]).to_vec()]
    }
}

fn print(dice: &mut Dice) -> Piece {
    let (y, size) = (dice.between(0.32, 0.55), dice.between(0.05, 0.11));
    let outline = match dice.below(3) {
        0 => ellipse([0.0, y], [size, size]),
        1 => rectangle([-size, y - size * 0.6], [size, y + size * 0.6]),
        _ => Pen::at(-size, y - size * 0.8).line(size, y - size * 0.8).line(0.0, y + size).closed(),
    };
    Piece::new(Ink::Trim, outline)
}

/// `count` buttons from `top` to `bottom` in each of the columns.
fn buttons(top: f32, bottom: f32, count: usize, columns: &[f32]) -> Vec<Piece> {
    let row = |n: usize| mix(top, bottom, n as f32 / (count - 1) as f32);
    let places = (0..count).flat_map(|n| columns.iter().map(move |&x| [x, row(n)]));
    places.map(|place| Piece::new(Ink::Shade(-0.75), ellipse(place, [0.02, 0.02]))).collect()
}
