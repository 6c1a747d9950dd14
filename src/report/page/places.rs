//! Test images laid out in the plane.

use super::super::figure::Figure as _;
use super::record::{RunRecord, quoted};
use super::section::{Figure, Section};

pub fn scattered(record: &RunRecord) -> Result<Option<Section>, String> {
    if record.places.is_empty() {
        return Ok(None);
    }
    let caption = "t-SNE, which lays like ones together: by the images' pixels, and by what the network makes of them \
                   before its last layer.";
    let mut section = Section::new("places", "Test images in the plane", caption).wide();
    let mut commands = vec![];
    for (number, (place, plot)) in (1..).zip(&record.places) {
        let alt = format!("{} test images in the plane, by {place}", plot.points.len());
        section = section.with(Figure::drawn(plot, plot.size(), alt, "")?);
        let (run, images) = (record.shell_path(), plot.points.len());
        let command = format!("netc tsne {run} --at {} --images {images}", quoted(place));
        commands.push(format!("{command} --plot places-{number}.svg"));
    }
    Ok(Some(section.repeated_by(commands.join("; "))))
}
