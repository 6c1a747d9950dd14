//! A class and dice -> the pieces of one garment, to be painted in their order.
//!
//! A garment hangs in its own coordinates: x from -0.5 to 0.5, y from 0 (top) to 1 (bottom).

use super::dice::Dice;
use super::outline::{Outline, Pen, ellipse, mix, rectangle};
use super::texture::Pattern;
use super::{shoes, tops};

/// What a piece is painted with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    /// The garment's texture.
    Fabric,
    /// Its second tone.
    Trim,
    /// Its texture, set off by that much of the way to dark (below 0) or light (above 0).
    Shade(f32),
}

pub struct Piece {
    pub outline: Outline,
    pub ink: Ink,
}

impl Piece {
    pub fn new(ink: Ink, outline: Outline) -> Self {
        Self { outline, ink }
    }
}

/// How the garments of a class are cut, and the pattern that is usual for their cloth.
pub struct Garment {
    pub cut: fn(&mut Dice) -> Vec<Piece>,
    pub usual: Pattern,
}

/// One garment for each class, in the classes' order.
pub const GARMENTS: [Garment; 10] = [
    Garment { cut: tops::t_shirt, usual: Pattern::Plain },
    Garment { cut: trouser, usual: Pattern::Stripes([0.7, 0.7]) },
    Garment { cut: tops::pullover, usual: Pattern::Stripes([0.0, 1.0]) },
    Garment { cut: tops::dress, usual: Pattern::Dots },
    Garment { cut: tops::coat, usual: Pattern::Checks },
    Garment { cut: shoes::sandal, usual: Pattern::Plain },
    Garment { cut: tops::shirt, usual: Pattern::Stripes([1.0, 0.0]) },
    Garment { cut: shoes::sneaker, usual: Pattern::Plain },
    Garment { cut: bag, usual: Pattern::Checks },
    Garment { cut: shoes::ankle_boot, usual: Pattern::Clouds },
];

fn trouser(dice: &mut Dice) -> Vec<Piece> {
    let (waist, hip) = (dice.between(0.13, 0.19), dice.between(0.16, 0.23));
    let (foot, spread) = (dice.between(0.045, 0.1), dice.between(0.1, 0.22));
    let (crotch, end) = (dice.between(0.3, 0.42), dice.between(0.8, 1.0));
    let leg = Pen::at(0.0, 0.0)
        .line(waist, 0.0)
        .curve([hip, 0.12], [hip, crotch - 0.08])
        .line(spread + foot, end)
        .line((spread - foot).max(0.015), end + 0.01)
        .line(0.008, crotch);
    let mut pieces = vec![Piece::new(Ink::Fabric, leg.mirrored())];
    pieces.push(Piece::new(Ink::Shade(-0.35), Pen::at(0.0, 0.04).line(0.0, crotch - 0.06).stroke(0.02)));
    if dice.chance(0.7) {
        pieces.push(Piece::new(Ink::Shade(-0.3), rectangle([-waist, 0.0], [waist, dice.between(0.03, 0.06)])));
    }
    if dice.chance(0.5) {
        let pocket = dice.between(0.08, 0.14);
        for side in [-1.0, 1.0] {
            let pen =
                Pen::at(side * waist * 0.55, 0.05).curve([side * waist * 0.7, pocket], [side * hip * 0.9, pocket]);
            pieces.push(Piece::new(Ink::Shade(-0.3), pen.stroke(0.018)));
        }
    }
    if dice.chance(0.3) {
        let crease = Pen::at(hip * 0.55, 0.2).line(spread, end - 0.02).stroke(0.016);
        pieces.push(Piece::new(Ink::Shade(0.3), crease));
    }
    pieces
}

fn bag(dice: &mut Dice) -> Vec<Piece> {
    let (top, bottom) = (dice.between(0.3, 0.52), dice.between(0.78, 0.96));
    let (upper, lower) = (dice.between(0.24, 0.42), dice.between(0.3, 0.46));
    let round = dice.between(0.01, 0.09);
    let body =
        Pen::at(0.0, top).line(upper, top).line(lower, bottom - round).curve([lower, bottom], [lower - round, bottom]);
    let handle = dice.between(0.4, 0.85) * upper;
    let rise = top - dice.between(0.4, 0.75) * top * 2.0;
    let strap = Pen::at(-handle, top + 0.03)
        .curve([-handle * 0.9, rise], [0.0, rise])
        .curve([handle * 0.9, rise], [handle, top + 0.03]);
    let band = Piece::new([Ink::Fabric, Ink::Trim][dice.below(2)], strap.stroke(dice.between(0.03, 0.07)));
    let mut pieces = vec![band, Piece::new(Ink::Fabric, body.mirrored())];
    if dice.chance(0.55) {
        let low = mix(top, bottom, dice.between(0.25, 0.6));
        let flap = Pen::at(0.0, top).line(upper, top).curve([upper, low], [0.0, low]).mirrored();
        pieces.push(Piece::new(Ink::Shade(dice.sign() * dice.between(0.15, 0.35)), flap));
        pieces.push(Piece::new(Ink::Trim, ellipse([0.0, low - 0.02], [0.035, 0.035])));
    } else {
        let pen = Pen::at(-upper + 0.03, top + 0.05).line(upper - 0.03, top + 0.05);
        pieces.push(Piece::new(Ink::Shade(-0.4), pen.stroke(0.025)));
    }
    if dice.chance(0.3) {
        let high = mix(top, bottom, 0.55);
        let pocket = rectangle([-lower * 0.55, high], [lower * 0.55, bottom - 0.05]);
        pieces.push(Piece::new(Ink::Shade(0.2), pocket));
    }
    pieces
}
