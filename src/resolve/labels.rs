//! Labels in their scopes: a chain sees its own and those around it, never a sibling's, never past a block's border.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Output, Source, Unused, UnusedKind};
use crate::source::Span;

/// The labels that can be seen, and those that were seen once.
#[derive(Debug, Default)]
pub struct Labels {
    frames: Vec<Frame>,
    hidden: HashMap<String, Span>,
    /// Every label, by its place, and whether a merge has named it.
    made: BTreeMap<Span, (String, bool)>,
}

#[derive(Debug)]
struct Frame {
    names: BTreeMap<String, (Source, Span)>,
    /// Nothing outside of it is visible.
    border: bool,
}

impl Labels {
    /// Enters a chain.
    pub fn open(&mut self, border: bool) {
        self.frames.push(Frame { names: BTreeMap::new(), border });
    }

    /// Leaves a chain; its labels are hidden from then on.
    pub fn close(&mut self) {
        let names = self.frames.pop().map(|frame| frame.names).unwrap_or_default();
        for (name, (_, span)) in names {
            self.hidden.entry(name).or_insert(span);
        }
    }

    /// Names a point of the chain. The place of an earlier visible label of that name, if there is one.
    pub fn define(&mut self, name: &str, source: Source, span: Span) -> Result<(), Span> {
        if let Some((_, first)) = self.find(name) {
            return Err(first);
        }
        self.made.entry(span).or_insert_with(|| (name.to_string(), false));
        if let Some(frame) = self.frames.last_mut() {
            frame.names.insert(name.to_string(), (source, span));
        }
        Ok(())
    }

    pub fn find(&self, name: &str) -> Option<(Source, Span)> {
        self.visible().find_map(|frame| frame.names.get(name).copied())
    }

    /// What a merge reads by this name.
    pub fn read(&mut self, name: &str) -> Option<Source> {
        let (source, span) = self.find(name)?;
        if let Some((_, used)) = self.made.get_mut(&span) {
            *used = true;
        }
        Some(source)
    }

    /// The labels that no merge has named and that are no output's.
    pub fn unused(&self, outputs: &[Output]) -> Vec<Unused> {
        let of_outputs: HashSet<&str> = outputs.iter().filter_map(|output| output.label.as_deref()).collect();
        let unused = self.made.iter().filter(|(_, (name, used))| !used && !of_outputs.contains(name.as_str()));
        let unused = unused.map(|(&span, (name, _))| Unused { kind: UnusedKind::Label, name: name.clone(), span });
        unused.collect()
    }

    pub fn visible_names(&self) -> impl Iterator<Item = &str> {
        self.visible().flat_map(|frame| frame.names.keys().map(String::as_str))
    }

    /// Where a label of that name stands that cannot be seen from here.
    pub fn hidden(&self, name: &str) -> Option<Span> {
        let outside = self.frames.iter().find_map(|frame| frame.names.get(name).map(|(_, span)| *span));
        self.hidden.get(name).copied().or(outside)
    }

    /// Where a label of that name is made behind this place.
    pub fn made_after(&self, name: &str, place: Span) -> Option<Span> {
        let later = self.made.range(place..).take_while(|(span, _)| span.file == place.file);
        later.filter(|(_, (other, _))| other == name).map(|(span, _)| *span).next()
    }

    fn visible(&self) -> impl Iterator<Item = &Frame> {
        let last_border = self.frames.iter().rposition(|frame| frame.border).unwrap_or(0);
        self.frames[last_border..].iter().rev()
    }
}
