//! An entry of the recipe's `augment` list <-> one change of images.

use serde::{Deserialize, Serialize};

use super::{Augment, Axis};

/// How often a flip comes where nothing is said.
const HALF: f32 = 0.5;

/// An entry as the recipe has it: one kind of change, with `p` for a flip.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    flip: Option<Axis>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shift: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crop: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotate: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cutout: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mixup: Option<f32>,
}

impl TryFrom<Written> for Augment {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let p = written.p.unwrap_or(HALF);
        let kinds = [
            written.flip.map(|axis| Self::Flip { axis, p }),
            written.shift.map(Self::Shift),
            written.crop.map(Self::Crop),
            written.rotate.map(Self::Rotate),
            written.colour.map(Self::Colour),
            written.cutout.map(Self::Cutout),
            written.mixup.map(Self::Mixup),
        ];
        let mut kinds = kinds.into_iter().flatten();
        let (Some(step), None) = (kinds.next(), kinds.next()) else {
            return Err("an entry has one of flip, shift, crop, rotate, colour, cutout, mixup".into());
        };
        if written.p.is_some() && written.flip.is_none() {
            return Err("`p` belongs to `flip`".into());
        }
        checked(step)
    }
}

/// The step, if its number is one that it can have.
fn checked(step: Augment) -> Result<Augment, String> {
    let within = |key: &str, value: f32, most: f32| match (0.0..=most).contains(&value) {
        true => Ok(step),
        false => Err(format!("`{key}` is {value}; it is a number from 0 to {most}")),
    };
    let pixels = |key: &str, value: usize, least: usize| match (least..=Augment::LONGEST).contains(&value) {
        true => Ok(step),
        false => Err(format!("`{key}` is {value}; it is a number of pixels from {least} to {}", Augment::LONGEST)),
    };
    match step {
        Augment::Flip { p, .. } => within("p", p, 1.0),
        Augment::Shift(most) => pixels("shift", most, 0),
        Augment::Crop(most) => pixels("crop", most, 0),
        Augment::Rotate(most) => within("rotate", most, 180.0),
        Augment::Colour(most) => within("colour", most, 1.0),
        Augment::Cutout(side) => pixels("cutout", side, 1),
        Augment::Mixup(alpha) if alpha > 0.0 => within("mixup", alpha, 1000.0),
        Augment::Mixup(alpha) => Err(format!("`mixup` is {alpha}; it is a number above 0, as 0.2")),
    }
}

impl From<Augment> for Written {
    fn from(step: Augment) -> Self {
        let none = Self::default();
        match step {
            Augment::Flip { axis, p } => Self { flip: Some(axis), p: Some(p), ..none },
            Augment::Shift(most) => Self { shift: Some(most), ..none },
            Augment::Crop(most) => Self { crop: Some(most), ..none },
            Augment::Rotate(most) => Self { rotate: Some(most), ..none },
            Augment::Colour(most) => Self { colour: Some(most), ..none },
            Augment::Cutout(side) => Self { cutout: Some(side), ..none },
            Augment::Mixup(alpha) => Self { mixup: Some(alpha), ..none },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> Result<Vec<Augment>, String> {
        serde_yaml::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn the_recipes_list_is_read_and_written_again() {
        let list = "[{flip: horizontal, p: 0.5}, {flip: vertical}, {shift: 4}, {crop: 4}, {rotate: 10}, \
                    {colour: 0.2}, {cutout: 8}, {mixup: 0.2}]";
        let steps = parsed(list).expect("a list");
        assert_eq!(steps[1], Augment::Flip { axis: Axis::Vertical, p: 0.5 });
        assert_eq!(steps[2..5], [Augment::Shift(4), Augment::Crop(4), Augment::Rotate(10.0)]);
        assert_eq!(steps[5..], [Augment::Colour(0.2), Augment::Cutout(8), Augment::Mixup(0.2)]);
        assert_eq!(parsed(&serde_yaml::to_string(&steps).expect("text")), Ok(steps));
    }

    #[test]
    fn what_is_no_change_is_an_error() {
        let check = |yaml, fault: &str| {
            let error = parsed(yaml).expect_err(yaml);
            assert!(error.contains(fault), "{yaml}: {error}");
        };
        check("[{flop: horizontal}]", "unknown field `flop`");
        check("[{flip: sideways}]", "unknown variant `sideways`");
        check("[{shift: 4, p: 0.5}]", "`p` belongs to `flip`");
        check("[{shift: 4, crop: 4}]", "an entry has one of flip");
        check("[{p: 0.5}]", "an entry has one of flip");
        check("[{flip: horizontal, p: 1.5}]", "`p` is 1.5; it is a number from 0 to 1");
        check("[{rotate: 200}]", "`rotate` is 200; it is a number from 0 to 180");
        check("[{cutout: 0}]", "`cutout` is 0; it is a number of pixels from 1 to 32768");
        check("[{mixup: 0}]", "`mixup` is 0; it is a number above 0");
        check("[{mixup: .nan}]", "`mixup` is NaN");
    }
}
