//! What a page consists of: sections of tables, figures, galleries and texts.

use super::super::figure::{self, svg_of};
use super::super::raster::Raster;

/// A part of the page with a heading.
#[derive(Debug, Default)]
pub struct Section {
    /// The heading's anchor.
    pub id: &'static str,
    pub title: String,
    pub caption: String,
    /// What makes the same once more.
    pub command: Option<String>,
    pub bodies: Vec<Body>,
    /// Whether it takes the page's whole width on a wide screen.
    pub wide: bool,
}

#[derive(Debug)]
pub enum Body {
    Table(Table),
    Figure(Figure),
    Gallery(Vec<Shot>),
    /// As it is, line by line.
    Text(String),
}

/// Rows of text; all columns but the first are numbers unless said otherwise.
#[derive(Debug)]
pub struct Table {
    pub head: Vec<String>,
    pub rows: Vec<Vec<String>>,
    /// How many columns from the left are words.
    pub words: usize,
}

/// A drawing that follows the page's colours.
#[derive(Debug)]
pub struct Figure {
    /// What stands within the `svg` element.
    pub svg: String,
    /// What it shows, for those who cannot see it.
    pub alt: String,
    pub width: u32,
    pub height: u32,
    pub caption: String,
}

/// An image, or several that belong together, with lines of text below.
#[derive(Debug)]
pub struct Shot {
    pub pictures: Vec<Picture>,
    pub lines: Vec<String>,
}

#[derive(Debug)]
pub struct Picture {
    pub address: String,
    pub alt: String,
    pub width: u32,
    pub height: u32,
}

/// No image of a gallery is shown smaller on its longer side.
const SHOWN: u32 = 96;

impl Section {
    pub fn new(id: &'static str, title: &str, caption: &str) -> Self {
        Self { id, title: title.into(), caption: caption.into(), ..Self::default() }
    }

    pub fn with(self, body: Body) -> Self {
        Self { bodies: self.bodies.into_iter().chain([body]).collect(), ..self }
    }

    pub fn repeated_by(self, command: String) -> Self {
        Self { command: Some(command), ..self }
    }

    pub fn wide(self) -> Self {
        Self { wide: true, ..self }
    }
}

impl Table {
    pub fn new(head: impl IntoIterator<Item = impl Into<String>>, rows: Vec<Vec<String>>) -> Self {
        Self { head: head.into_iter().map(Into::into).collect(), rows, words: 1 }
    }

    pub fn is_number(&self, column: &usize) -> bool {
        *column >= self.words
    }
}

impl Figure {
    /// A figure drawn at a size; within a page it needs no namespace and no size of its own.
    ///
    /// # Errors
    /// What the library could not draw.
    pub fn drawn(figure: &impl figure::Figure, size: (u32, u32), alt: String, caption: &str) -> Result<Body, String> {
        let text = svg_of(figure, size)?;
        let inner = text.split_once('>').map_or("", |(_, rest)| rest);
        let svg = inner.rsplit_once("</svg>").map_or(inner, |(inner, _)| inner).to_string();
        Ok(Body::Figure(Self { svg, alt, width: size.0, height: size.1, caption: caption.into() }))
    }

    /// The width below which it scrolls rather than shrinks, so that its letters stay readable.
    pub fn least_width(&self) -> u32 {
        self.width * 3 / 4
    }
}

impl Picture {
    /// # Errors
    /// What the library could not encode.
    pub fn of(raster: &Raster, alt: String) -> Result<Self, String> {
        let ((width, height), scale) = (raster.size(), raster.scale_to(SHOWN));
        Ok(Self { address: raster.data_uri()?, alt, width: width * scale, height: height * scale })
    }
}
