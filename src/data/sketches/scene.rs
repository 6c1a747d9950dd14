//! A garment -> a picture of it: where it lies, its colours and texture, light, background, noise.
//!
//! Only + - * / and square roots are used, which IEEE 754 fixes to the bit, so that every machine draws the same.

use super::canvas::Canvas;
use super::dice::Dice;
use super::outline::{Point, mix};
use super::texture::{Pattern, Texture};
use super::wardrobe::{Ink, Piece};

/// Where a garment lies: local coordinates to the picture's, and back.
struct Placement {
    matrix: [Point; 2],
    centre: Point,
}

impl Placement {
    /// Scaled, turned, sheared and moved a little, and mirrored every other time.
    fn new(dice: &mut Dice) -> Self {
        let mirror = dice.sign();
        let (size, stretch) = (dice.between(0.7, 0.95), dice.between(0.88, 1.12));
        let half = dice.near_zero() * 0.13; // tangent of half the angle
        let (cos, sin) = ((1.0 - half * half) / (1.0 + half * half), 2.0 * half / (1.0 + half * half));
        let shear = dice.near_zero() * 0.16;
        let (x, y) = (size * stretch * mirror, size / stretch);
        let matrix = [[cos * x, (shear * cos - sin) * y], [sin * x, (shear * sin + cos) * y]];
        let slack = 1.1 - size;
        Self { matrix, centre: [0.5 + dice.near_zero() * slack * 0.4, 0.5 + dice.near_zero() * slack * 0.35] }
    }

    fn to_picture(&self, [x, y]: Point) -> Point {
        let [[a, b], [c, d]] = self.matrix;
        let y = y - 0.5;
        [self.centre[0] + a * x + b * y, self.centre[1] + c * x + d * y]
    }

    fn to_garment(&self, [x, y]: Point) -> Point {
        let [[a, b], [c, d]] = self.matrix;
        let (x, y, area) = (x - self.centre[0], y - self.centre[1], a * d - b * c);
        [(d * x - b * y) / area, 0.5 + (a * y - c * x) / area]
    }
}

/// A lightness from 0 to 1, and how far each of red, green and blue is from it.
#[derive(Clone, Copy)]
struct Colour {
    level: f32,
    tint: [f32; 3],
}

impl Colour {
    fn new(dice: &mut Dice, level: f32, strength: f32) -> Self {
        let [r, g, b] = [0; 3].map(|_| dice.between(-1.0, 1.0) * strength);
        let luma = 0.299 * r + 0.587 * g + 0.114 * b;
        Self { level, tint: [r - luma, g - luma, b - luma] }
    }

    /// The value of a channel where the lightness is `level`; a single channel is the lightness itself.
    fn value(&self, channels: usize, channel: usize, level: f32) -> f32 {
        match channels {
            1 => level,
            _ => level + self.tint[channel % 3] * level.min(1.0 - level).max(0.0),
        }
    }
}

/// Light that changes across the picture.
struct Light {
    across: f32,
    down: f32,
}

impl Light {
    fn new(dice: &mut Dice, strength: f32) -> Self {
        Self { across: dice.between(-strength, strength), down: dice.between(-strength, strength) }
    }

    fn at(&self, [x, y]: Point) -> f32 {
        self.across * (x - 0.5) + self.down * (y - 0.5)
    }
}

/// What a garment is made of.
struct Cloth {
    main: Colour,
    trim: Colour,
    texture: Texture,
    light: Light,
}

impl Cloth {
    /// The lightness of an ink at a point of the garment, and its colour.
    fn ink(&self, ink: Ink, point: Point) -> (f32, &Colour) {
        let fabric = self.main.level + self.texture.at(point) + self.light.at(point);
        match ink {
            Ink::Fabric => (fabric, &self.main),
            Ink::Trim => (self.trim.level, &self.trim),
            Ink::Shade(amount) => (shaded(fabric, amount), &self.main),
        }
    }
}

/// Set off towards dark (`amount` < 0) or light; what is dark already is set off the other way.
fn shaded(level: f32, amount: f32) -> f32 {
    let to_dark = (amount < 0.0) == (level > 0.35);
    level + amount.abs() * if to_dark { -level } else { 1.0 - level }
}

/// Draws a garment of these pieces, whose cloth is usually of that pattern.
pub fn draw(dice: &mut Dice, pieces: &[Piece], usual: Pattern, canvas: &mut Canvas, out: &mut [u8]) {
    let channels = canvas.channels();
    let (ground, cloth) = choose_tones(dice, usual);
    let backdrop = Light::new(dice, 0.25);
    let placement = Placement::new(dice);
    canvas.cover(|channel, point| ground.value(channels, channel, ground.level + backdrop.at(point)));
    for Piece { outline, ink } in pieces {
        let polygons: Vec<Vec<Point>> =
            outline.iter().map(|polygon| polygon.iter().map(|&point| placement.to_picture(point)).collect()).collect();
        canvas.fill(polygons.iter().map(Vec::as_slice), |channel, point| {
            let (level, colour) = cloth.ink(*ink, placement.to_garment(point));
            colour.value(channels, channel, level.clamp(0.02, 0.98))
        });
    }
    if dice.chance(0.15) {
        hide(dice, &ground, canvas);
    }
    let noise = dice.between(0.01, 0.05);
    canvas.finish(out, |value| value + dice.near_zero() * noise);
}

/// A background, and cloth that stands out from it, lighter or darker.
fn choose_tones(dice: &mut Dice, usual: Pattern) -> (Colour, Cloth) {
    let light_ground = dice.chance(LIGHT_GROUND);
    let towards = |level: f32| if light_ground { 1.0 - level } else { level };
    let ground = dice.between(0.0, 0.3);
    let main = ground + dice.between(0.4, 0.98 - ground);
    let trim = mix(ground + 0.15, 1.0, dice.between(0.0, 1.0));
    let strength = dice.between(0.0, 0.9);
    let ground = Colour::new(dice, towards(ground), 0.3);
    let main = Colour::new(dice, towards(main), strength);
    let trim = Colour::new(dice, towards(trim), strength);
    (ground, Cloth { main, trim, texture: Texture::new(dice, usual), light: Light::new(dice, 0.3) })
}

/// How often the background is light and the garment dark.
const LIGHT_GROUND: f32 = 0.2;

/// Lays a bar over a part of the picture, near one of its sides.
fn hide(dice: &mut Dice, ground: &Colour, canvas: &mut Canvas) {
    let (near, size) = (dice.between(0.0, 0.2), dice.between(0.1, 0.22));
    let [from, to] = if dice.chance(0.5) { [near, near + size] } else { [1.0 - near - size, 1.0 - near] };
    let upright = dice.chance(0.5);
    let corners = [[from, 0.0], [to, 0.0], [to, 1.0], [from, 1.0]].map(|[a, b]| if upright { [a, b] } else { [b, a] });
    let level = mix(ground.level, 0.5, dice.between(0.0, 0.8));
    let channels = canvas.channels();
    canvas.fill(std::iter::once(&corners[..]), |channel, _| ground.value(channels, channel, level));
}
