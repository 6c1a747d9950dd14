//! Dice -> shoes from the side, their toes to the right.

use super::dice::Dice;
use super::outline::{Outline, Pen, mix};
use super::wardrobe::{Ink, Piece};

const HEEL: f32 = -0.42;
const TOE: f32 = 0.44;

pub fn sandal(dice: &mut Dice) -> Vec<Piece> {
    let (ground, lift) = (dice.between(0.68, 0.78), if dice.chance(0.45) { dice.between(0.16, 0.36) } else { 0.03 });
    let thick = dice.between(0.04, 0.08);
    let sole = |y: f32| {
        Pen::at(HEEL, ground - lift + y)
            .curve([0.0, ground - lift + y], [0.12, ground - 0.02 + y])
            .line(TOE, ground + y)
    };
    let mut pieces = vec![Piece::new(Ink::Fabric, sole(0.0).stroke(thick))];
    if lift > 0.1 {
        let heel = Pen::at(HEEL + 0.04, ground - lift).line(HEEL + dice.between(0.0, 0.08), ground + 0.02);
        pieces.push(Piece::new(Ink::Fabric, heel.stroke(dice.between(0.03, 0.08))));
    }
    let strap = dice.between(0.03, 0.06);
    let tone = [Ink::Fabric, Ink::Trim][dice.below(2)];
    for n in 0..1 + dice.below(3) {
        let x = 0.32 - 0.13 * n as f32;
        let high = ground - dice.between(0.13, 0.2) - 0.04 * n as f32;
        let pen = Pen::at(x - 0.1, ground - 0.03).curve([x - 0.02, high], [x + 0.09, ground - 0.03]);
        pieces.push(Piece::new(tone, pen.stroke(strap)));
    }
    let ankle = ground - lift - dice.between(0.16, 0.26);
    if dice.chance(0.75) {
        let back = Pen::at(HEEL + 0.02, ground - lift)
            .line(HEEL + 0.05, ankle)
            .curve([-0.2, ankle - 0.05], [-0.08, ankle + 0.03]);
        pieces.push(Piece::new(tone, back.stroke(strap)));
    }
    if dice.chance(0.6) {
        let cross = Pen::at(-0.1, ankle + 0.03).line(0.1, ground - 0.04);
        pieces.push(Piece::new(tone, cross.stroke(strap)));
    }
    pieces
}

pub fn sneaker(dice: &mut Dice) -> Vec<Piece> {
    let (ground, thick) = (dice.between(0.68, 0.76), dice.between(0.05, 0.1));
    let (back, tongue) = (ground - dice.between(0.26, 0.34), ground - dice.between(0.3, 0.4));
    let (mouth, toe) = (dice.between(-0.12, -0.02), ground - dice.between(0.1, 0.16));
    let upper = Pen::at(HEEL, ground)
        .line(HEEL + 0.01, back)
        .curve([mix(HEEL, mouth, 0.5), back + 0.09], [mouth, tongue])
        .line(mouth + 0.06, tongue + 0.02)
        .curve([mouth + 0.2, toe - 0.03], [TOE - 0.14, toe])
        .curve([TOE, toe], [TOE, ground]);
    let mut pieces = vec![Piece::new(Ink::Fabric, upper.closed())];
    let sole = Pen::at(HEEL - 0.01, ground).line(TOE, ground);
    pieces.push(Piece::new([Ink::Trim, Ink::Shade(0.6)][dice.below(2)], sole.stroke(thick)));
    for n in 0..3 {
        let (x, y) = (mouth + 0.08 + 0.07 * n as f32, tongue + 0.04 + 0.05 * n as f32);
        pieces.push(Piece::new(Ink::Shade(0.5), Pen::at(x, y).line(x - 0.05, y + 0.06).stroke(0.022)));
    }
    if dice.chance(0.6) {
        let pen = Pen::at(-0.22, ground - 0.06).curve([-0.1, ground - 0.05], [0.1, ground - dice.between(0.14, 0.2)]);
        pieces.push(Piece::new(Ink::Trim, pen.stroke(dice.between(0.03, 0.06))));
    }
    if dice.chance(0.4) {
        let cap = Pen::at(TOE - 0.16, ground)
            .curve([TOE - 0.18, toe + 0.02], [TOE - 0.1, toe])
            .curve([TOE, toe], [TOE, ground]);
        pieces.push(Piece::new(Ink::Shade(0.4), cap.closed()));
    }
    pieces
}

pub fn ankle_boot(dice: &mut Dice) -> Vec<Piece> {
    let (ground, heel) = (dice.between(0.8, 0.9), dice.between(0.03, 0.16));
    let (top, shaft) = (dice.between(0.12, 0.32), dice.between(-0.14, 0.0));
    let instep = ground - dice.between(0.24, 0.34);
    let back = HEEL + dice.between(0.0, 0.06);
    let mut pieces = vec![Piece::new(Ink::Fabric, boot(ground, heel, top, shaft, instep, back))];
    let block = Pen::at(HEEL + 0.08, ground - heel).line(HEEL + 0.08, ground);
    pieces.push(Piece::new(Ink::Shade(-0.4), block.stroke(dice.between(0.1, 0.18))));
    let sole =
        Pen::at(HEEL + 0.02, ground - heel).curve([-0.1, ground - heel], [0.05, ground]).line(TOE - 0.02, ground);
    pieces.push(Piece::new(Ink::Shade(-0.5), sole.stroke(0.04)));
    if dice.chance(0.4) {
        let panel = Pen::at(-0.22, top + 0.04).curve([-0.15, 0.5], [-0.2, instep + 0.04]);
        pieces.push(Piece::new(Ink::Trim, panel.stroke(0.06)));
    } else if dice.chance(0.5) {
        for n in 0..4 {
            let y = mix(top + 0.08, instep, n as f32 / 3.0);
            pieces
                .push(Piece::new(Ink::Shade(0.5), Pen::at(shaft - 0.03, y).line(shaft - 0.12, y + 0.03).stroke(0.024)));
        }
    }
    if dice.chance(0.4) {
        let cuff = Pen::at(back, top + 0.02).line(shaft, top + 0.02);
        pieces.push(Piece::new(Ink::Shade(dice.sign() * 0.3), cuff.stroke(0.06)));
    }
    pieces
}

fn boot(ground: f32, heel: f32, top: f32, shaft: f32, instep: f32, back: f32) -> Outline {
    Pen::at(HEEL, ground - heel)
        .curve([HEEL, mix(top, ground, 0.6)], [back, top])
        .line(shaft, top)
        .curve([shaft + 0.01, instep - 0.04], [shaft + 0.12, instep])
        .curve([TOE - 0.02, instep + 0.06], [TOE, ground])
        .line(0.05, ground)
        .curve([-0.1, ground - heel], [-0.2, ground - heel])
        .closed()
}
