//! YAML text -> a tree in which every key and value has its place. serde_yaml reads the scalars.
//!
//! Knows nothing of what is written there. Anchors, aliases and several documents are refused: settings have no use for them.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span as Marks};
use serde_yaml::Value as Scalar;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{FileId, SourceMap, Span};

/// Deeper nesting than any settings have.
const MAX_DEPTH: usize = 16;

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Yaml {
    pub span: Span,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Null, a truth value, a number or text.
    Scalar(Scalar),
    List(Vec<Yaml>),
    Map(Vec<(Key, Yaml)>),
}

impl Yaml {
    /// As serde has it, without places.
    pub fn to_value(&self) -> Scalar {
        match &self.kind {
            Kind::Scalar(scalar) => scalar.clone(),
            Kind::List(items) => Scalar::Sequence(items.iter().map(Self::to_value).collect()),
            Kind::Map(entries) => {
                let entry = |(key, value): &(Key, Yaml)| (Scalar::from(key.name.as_str()), value.to_value());
                Scalar::Mapping(entries.iter().map(entry).collect())
            }
        }
    }

    /// The settings of both, those of `over` where both have one.
    pub fn overlaid(self, over: Yaml) -> Yaml {
        match (self.kind, over.kind) {
            (Kind::Map(entries), Kind::Map(changes)) => {
                Yaml { span: self.span, kind: Kind::Map(changes.into_iter().fold(entries, with_entry)) }
            }
            (_, kind) => Yaml { span: over.span, kind },
        }
    }
}

fn with_entry(mut entries: Vec<(Key, Yaml)>, (key, value): (Key, Yaml)) -> Vec<(Key, Yaml)> {
    match entries.iter().position(|(known, _)| known.name == key.name) {
        Some(at) => {
            let (known, old) = entries.remove(at);
            entries.insert(at, (known, old.overlaid(value)));
        }
        None => entries.push((key, value)),
    }
    entries
}

/// The name before a colon.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub name: String,
    pub span: Span,
}

/// The tree of a file's text; none where it holds nothing but comments.
///
/// # Errors
/// N0601 where the text is no YAML or holds more than one plain tree.
pub fn parse(sources: &SourceMap, file: FileId) -> Result<Option<Yaml>, Diagnostic> {
    let text = sources.file(file).text();
    let mut reader = Reader::new(text, file);
    reader.document()
}

struct Reader<'t> {
    parser: Parser<'t, saphyr_parser::StrInput<'t>>,
    /// The byte at which each character begins, and the end.
    offsets: Vec<usize>,
    file: FileId,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str, file: FileId) -> Self {
        let offsets = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        Self { parser: Parser::new_from_str(text), offsets, file }
    }

    fn document(&mut self) -> Result<Option<Yaml>, Diagnostic> {
        let mut tree = None;
        while let Some(next) = self.parser.next_event() {
            let (event, marks) = next.map_err(|fault| self.not_yaml(&fault))?;
            match event {
                Event::StreamEnd => break,
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                _ if tree.is_some() => return Err(self.refused(marks, "one file is one document")),
                event => tree = Some(self.node(event, marks, 0)?),
            }
        }
        Ok(tree.filter(|tree: &Yaml| tree.kind != Kind::Scalar(Scalar::Null)))
    }

    fn next(&mut self) -> Result<(Event<'t>, Marks), Diagnostic> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(fault)) => Err(self.not_yaml(&fault)),
            None => Ok((Event::StreamEnd, Marks::default())),
        }
    }

    fn node(&mut self, event: Event<'t>, marks: Marks, depth: usize) -> Result<Yaml, Diagnostic> {
        if depth > MAX_DEPTH {
            return Err(self.refused(marks, "nothing is nested so deep here"));
        }
        let span = self.span(marks);
        match event {
            Event::Scalar(_, _, anchor, _) | Event::SequenceStart(anchor, _) | Event::MappingStart(anchor, _)
                if anchor > 0 =>
            {
                Err(self.refused(marks, "there are no anchors here; write the value out"))
            }
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                Err(self.refused(marks, "there are no tags here; write the value alone"))
            }
            Event::Scalar(text, style, ..) => Ok(Yaml { span, kind: Kind::Scalar(scalar(&text, style)) }),
            Event::SequenceStart(..) => self.list(span, depth),
            Event::MappingStart(..) => self.map(span, depth),
            _ => Err(self.refused(marks, "there are no aliases here; write the value out")),
        }
    }

    fn list(&mut self, start: Span, depth: usize) -> Result<Yaml, Diagnostic> {
        let mut items = vec![];
        loop {
            let (event, marks) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::StreamEnd) {
                return Ok(Yaml { span: start.to(self.span(marks)), kind: Kind::List(items) });
            }
            items.push(self.node(event, marks, depth + 1)?);
        }
    }

    fn map(&mut self, start: Span, depth: usize) -> Result<Yaml, Diagnostic> {
        let mut entries = vec![];
        loop {
            let (event, marks) = self.next()?;
            let key = match event {
                Event::MappingEnd | Event::StreamEnd => {
                    return Ok(Yaml { span: start.to(self.span(marks)), kind: Kind::Map(entries) });
                }
                Event::Scalar(name, ..) => Key { name: name.into_owned(), span: self.span(marks) },
                _ => return Err(self.refused(marks, "a key is a word")),
            };
            let (event, marks) = self.next()?;
            entries.push((key, self.node(event, marks, depth + 1)?));
        }
    }

    fn span(&self, marks: Marks) -> Span {
        let end = self.offset(&marks.end).max(self.offset(&marks.start));
        Span::new(self.file, self.offset(&marks.start), end)
    }

    fn offset(&self, marker: &Marker) -> usize {
        self.offsets[marker.index().min(self.offsets.len() - 1)]
    }

    fn not_yaml(&self, fault: &ScanError) -> Diagnostic {
        let at = self.offset(fault.marker());
        let message = format!("this is not YAML: {}", fault.info());
        Diagnostic::error(Code::RECIPE_SYNTAX, message).at(Span::new(self.file, at, at), "here")
    }

    fn refused(&self, marks: Marks, reason: &str) -> Diagnostic {
        Diagnostic::error(Code::RECIPE_SYNTAX, format!("this cannot be read: {reason}")).at(self.span(marks), "here")
    }
}

/// What serde_yaml makes of a scalar; what is quoted is text.
fn scalar(text: &str, style: ScalarStyle) -> Scalar {
    match style {
        ScalarStyle::Plain => match serde_yaml::from_str(text) {
            Ok(value @ (Scalar::Null | Scalar::Bool(_) | Scalar::Number(_))) => value,
            _ => Scalar::String(text.to_string()),
        },
        _ => Scalar::String(text.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (SourceMap, Result<Option<Yaml>, Diagnostic>) {
        let mut sources = SourceMap::new();
        let file = sources.add("recipe.yaml", None, text);
        let tree = parse(&sources, file);
        (sources, tree)
    }

    /// The texts that the places of all keys and scalars cover.
    fn places(text: &str) -> Vec<String> {
        fn visit(yaml: &Yaml, sources: &SourceMap, found: &mut Vec<String>) {
            match &yaml.kind {
                Kind::Scalar(_) => found.push(sources.slice(yaml.span).to_string()),
                Kind::List(items) => items.iter().for_each(|item| visit(item, sources, found)),
                Kind::Map(entries) => entries.iter().for_each(|(key, value)| {
                    found.push(sources.slice(key.span).to_string());
                    visit(value, sources, found);
                }),
            }
        }
        let (sources, tree) = tree(text);
        let mut found = vec![];
        visit(&tree.unwrap().unwrap(), &sources, &mut found);
        found
    }

    #[test]
    fn places_are_those_of_keys_and_values() {
        let text = "# é\nepochs: 15   # many\noptimizer: {name: adam, betas: [0.9, 0.999]}\nloss: \"é\"\r\nx: a b\n";
        let expected =
            ["epochs", "15", "optimizer", "name", "adam", "betas", "0.9", "0.999", "loss", "\"é\"", "x", "a b"];
        assert_eq!(places(text), expected);
    }

    #[test]
    fn scalars_are_serde_yamls() {
        let (_, tree) = tree("[1, 1e-8, true, ~, 'no', abc, '1', 0x10]");
        let Ok(Some(Yaml { kind: Kind::List(items), .. })) = tree else { panic!("a list") };
        let values: Vec<Scalar> = serde_yaml::from_str("[1, 1e-8, true, ~, 'no', abc, '1', 0x10]").unwrap();
        let read: Vec<_> = items.into_iter().map(|item| item.kind).collect();
        assert_eq!(read, values.into_iter().map(Kind::Scalar).collect::<Vec<_>>());
    }

    #[test]
    fn the_settings_of_a_later_tree_win() {
        let mut sources = SourceMap::new();
        let mut parsed = |text: &str| {
            let file = sources.add("recipe.yaml", None, text);
            parse(&sources, file).unwrap().unwrap()
        };
        let (first, second) = (parsed("a: {b: 1, c: [2]}\nd: 3"), parsed("{a: {c: 4}, e: 5}"));
        let Kind::Map(entries) = first.overlaid(second).kind else { panic!("a map") };
        let names: Vec<&str> = entries.iter().map(|(key, _)| key.name.as_str()).collect();
        assert_eq!(names, ["a", "d", "e"]);
        let Kind::Map(inner) = &entries[0].1.kind else { panic!("a map") };
        assert_eq!(inner[0].1.kind, Kind::Scalar(Scalar::from(1)));
        assert_eq!(inner[1].1.kind, Kind::Scalar(Scalar::from(4)));
    }

    #[test]
    fn what_is_no_plain_tree_is_refused() {
        for text in ["a: [1", "a: &x 1\nb: *x", "a: 1\n---\nb: 2", "{[1]: 2}", "a: b: c", &"[".repeat(50)] {
            let (_, tree) = tree(text);
            assert_eq!(tree.err().map(|fault| fault.id.as_str()), Some("N0601"), "{text}");
        }
        for text in ["", "# nothing\n", "---\n"] {
            assert_eq!(tree(text).1, Ok(None), "{text}");
        }
    }
}
