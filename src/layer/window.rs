//! The sizes that a sliding window leaves, and the refusal where it leaves nothing.

use super::Fault;
use crate::diagnostic::Code;

/// A window along one axis.
#[derive(Clone, Copy, Debug)]
pub struct Window1 {
    pub kernel: usize,
    pub stride: usize,
    /// Zeros before and after.
    pub pad: [usize; 2],
    pub dilation: usize,
}

impl Window1 {
    fn reach(self) -> usize {
        self.dilation * (self.kernel - 1) + 1
    }

    /// How many places it has over `size` values: floor((size + pad - reach)/stride) + 1, or none.
    pub fn places(self, size: usize) -> Option<usize> {
        let padded = size + self.pad[0] + self.pad[1];
        padded.checked_sub(self.reach()).map(|free| free / self.stride + 1)
    }

    /// How many of the last values no place covers.
    pub fn dropped(self, size: usize) -> usize {
        let padded = size + self.pad[0] + self.pad[1];
        padded.checked_sub(self.reach()).map_or(0, |free| free % self.stride)
    }

    fn arithmetic(self, axis: &str, size: usize) -> String {
        let pad = self.pad[0] + self.pad[1];
        let Window1 { kernel, stride, dilation, .. } = self;
        let reach = if dilation == 1 { format!("{kernel}") } else { format!("{dilation}*({kernel} - 1) - 1") };
        let value = (size + pad) as i128 - self.reach() as i128;
        format!("{axis}: floor(({size} + {pad} - {reach})/{stride}) + 1 = {}", value.div_euclid(stride as i128) + 1)
    }
}

/// Height and width that the windows leave of `size`.
pub fn spatial_output(layer: &str, size: [usize; 2], windows: [Window1; 2]) -> Result<[usize; 2], Fault> {
    match (windows[0].places(size[0]), windows[1].places(size[1])) {
        (Some(height), Some(width)) => Ok([height, width]),
        _ => Err(nothing_left(layer, size, windows)),
    }
}

/// Which of the map's sizes the kernel passes.
fn excess([height, width]: [usize; 2], windows: [Window1; 2]) -> String {
    match (windows[0].places(height), windows[1].places(width)) {
        (Some(_), None) => format!("wider than the map's {width} column{}", if width == 1 { "" } else { "s" }),
        (None, Some(_)) => format!("higher than the map's {height} row{}", if height == 1 { "" } else { "s" }),
        _ => format!("larger than {height}x{width}"),
    }
}

fn nothing_left(layer: &str, [height, width]: [usize; 2], windows: [Window1; 2]) -> Fault {
    let [h, w] = windows.map(|window| window.kernel);
    let message = format!("`{layer}` leaves nothing of a {height}x{width} map: its {h}x{w} kernel does not fit");
    let fault = Fault::new(Code::EMPTY, message).at("kernel", excess([height, width], windows));
    let [down, across] = windows.map(Window1::reach);
    let fault = match windows.iter().find(|window| window.dilation > 1) {
        Some(wide) => fault.note(format!("with dilation={} the {h}x{w} kernel covers {down}x{across}", wide.dilation)),
        None => fault,
    };
    let axes = [("height", height, windows[0]), ("width", width, windows[1])];
    axes.iter()
        .filter(|(_, size, window)| window.places(*size).is_none())
        .fold(fault, |fault, (axis, size, window)| fault.note(format!("the {}", window.arithmetic(axis, *size))))
}
