//! Labels in their scopes: a chain sees its own and those around it, never a sibling's, never past a block's border.

use super::Source;
use crate::source::Span;

/// The labels that can be seen, and those that were seen once.
#[derive(Debug, Default)]
pub struct Labels {
    frames: Vec<Frame>,
    hidden: Vec<(String, Span)>,
}

#[derive(Debug)]
struct Frame {
    names: Vec<(String, Source, Span)>,
    /// Nothing outside of it is visible.
    border: bool,
}

impl Labels {
    /// Enters a chain.
    pub fn open(&mut self, border: bool) {
        self.frames.push(Frame { names: vec![], border });
    }

    /// Leaves a chain; its labels are hidden from then on.
    pub fn close(&mut self) {
        let frame = self.frames.pop();
        self.hidden.extend(frame.into_iter().flat_map(|frame| frame.names).map(|(name, _, span)| (name, span)));
    }

    /// Names a point of the chain. The place of an earlier visible label of that name, if there is one.
    pub fn define(&mut self, name: &str, source: Source, span: Span) -> Result<(), Span> {
        if let Some((_, first)) = self.find(name) {
            return Err(first);
        }
        if let Some(frame) = self.frames.last_mut() {
            frame.names.push((name.to_string(), source, span));
        }
        Ok(())
    }

    pub fn find(&self, name: &str) -> Option<(Source, Span)> {
        self.visible().find(|(known, ..)| known == name).map(|(_, source, span)| (*source, *span))
    }

    pub fn visible_names(&self) -> Vec<String> {
        self.visible().map(|(name, ..)| name.clone()).collect()
    }

    /// Where a label of that name stands that cannot be seen from here.
    pub fn hidden(&self, name: &str) -> Option<Span> {
        let outside = self.frames.iter().flat_map(|frame| &frame.names).map(|(name, _, span)| (name, *span));
        let closed = self.hidden.iter().map(|(name, span)| (name, *span));
        closed.chain(outside).find(|(known, _)| *known == name).map(|(_, span)| span)
    }

    fn visible(&self) -> impl Iterator<Item = &(String, Source, Span)> {
        let last_border = self.frames.iter().rposition(|frame| frame.border).unwrap_or(0);
        self.frames[last_border..].iter().rev().flat_map(|frame| &frame.names)
    }
}
