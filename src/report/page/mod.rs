//! A run, tested -> `report.html`: one file that needs nothing else.
//!
//! The page is a list of sections, each made by one function of a [`RunRecord`]; what it looks like is `page.html`.
//! Nothing in it depends on when it was made.

mod classes;
mod commands;
mod figures;
mod images;
mod network;
mod places;
mod record;
mod section;
mod weights;

pub use record::{RunRecord, quoted};

use askama::Template;

use section::{Body, Section};

/// The page as the template reads it.
#[derive(Template)]
#[template(path = "page.html")]
struct Page {
    title: String,
    subtitle: String,
    /// Figures at the top, each with what it is.
    facts: Vec<[String; 2]>,
    sections: Vec<Section>,
    /// What wrote it.
    made_by: String,
}

/// The sections, in their order; none where a run has nothing for one.
const SECTIONS: &[fn(&RunRecord) -> Result<Option<Section>, String>] = &[
    figures::table,
    classes::table,
    figures::curves,
    classes::confusion,
    classes::roc,
    images::wrongest,
    images::reconstructed,
    images::spread,
    places::scattered,
    weights::histograms,
    network::drawn,
    network::text,
    network::layers,
    network::warnings,
    commands::recipe,
    commands::repeat,
];

/// The page of a run.
///
/// # Errors
/// What a library could not draw or encode.
pub fn run_page(record: &RunRecord) -> Result<String, String> {
    let sections = SECTIONS.iter().filter_map(|section| section(record).transpose());
    let build = &record.metadata().build;
    let page = Page {
        title: record.name(),
        subtitle: record.subtitle(),
        facts: figures::facts(record),
        sections: sections.collect::<Result<_, _>>()?,
        made_by: format!("netc {} on {}", build.netc, build.instructions),
    };
    page.render().map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::section::{Figure, Picture, Shot, Table};
    use super::*;

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let hostile = || "<script>\"'&".to_string();
        let table = Table::new([hostile(), hostile()], vec![vec![hostile(), hostile()]]);
        let picture = Picture { address: "data:,".into(), alt: hostile(), width: 1, height: 1 };
        let shot = Shot { pictures: vec![picture], lines: vec![hostile()] };
        let figure = Figure { svg: "<path/>".into(), alt: hostile(), width: 10, height: 10, caption: hostile() };
        let bodies = vec![Body::Table(table), Body::Gallery(vec![shot]), Body::Text(hostile()), Body::Figure(figure)];
        let section = Section { command: Some(hostile()), bodies, ..Section::new("id", &hostile(), &hostile()) };
        let page = Page {
            title: hostile(),
            subtitle: hostile(),
            facts: vec![[hostile(), hostile()]],
            sections: vec![section],
            made_by: hostile(),
        };
        let html = page.render().expect("rendered");
        assert!(!html.contains("<script") && !html.contains("\"'&"), "{html}");
        assert!(html.contains("<path/>"));
    }
}
