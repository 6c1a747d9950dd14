//! `use`: a library, or a file in quotes.

use super::{Node, Parser, Rule};
use crate::diagnostic::{Code, Diagnostic, Edit, Fix};
use crate::source::Span;
use crate::syntax::ast::{Import, ImportPath};

impl Parser<'_> {
    pub(super) fn parse_import(&mut self, pair: Node) -> Option<Import> {
        if let Some(line) = pair.clone().into_inner().find(|part| part.as_rule() == Rule::from_import) {
            self.report_from(&line);
            return None;
        }
        if let Some(bad) = pair.clone().into_inner().find(|part| part.as_rule() == Rule::bad_line)
            && (self.report_quotes(self.span(&bad)) || self.report_path(self.span(&bad)))
        {
            return None;
        }
        let value =
            self.statement_value(&pair, "a library's name, as in `use conv`, or a file, as in `use \"./blocks.net\"`")?;
        let text = value.as_str();
        let gap = &self.text[self.span(&pair).start..self.span(&value).start];
        if value.as_rule() == Rule::word && gap.contains('\n') {
            let keyword = Span {
                end: self.span(&pair).start + gap.split_whitespace().next().map_or(0, str::len),
                ..self.span(&pair)
            };
            let label = "as in `use conv`, or `use \"./blocks.net\"`";
            self.report(Code::INCOMPLETE, "expected a library's name after `use`", keyword, label);
            return None;
        }
        if let Some(more) = pair.into_inner().find(|part| part.as_rule() == Rule::more_import) {
            if more.as_str().starts_with('.') {
                self.report_bare_file(self.span(&value).to(self.span(&more)));
                return None;
            }
            self.report_more_import(&more);
        }
        let path = match value.as_rule() {
            Rule::string => ImportPath::File(text.trim_matches('"').to_string()),
            _ => ImportPath::Library(text.to_string()),
        };
        Some(Import { path, span: self.span(&value) })
    }

    /// Reports a file's name in the wrong quotes, or without the closing one; false where it is neither.
    fn report_quotes(&mut self, span: Span) -> bool {
        let found = &self.text[span.start..span.end];
        let name = found.trim().trim_matches(['\'', '"', '“', '”', '„', '«', '»', '‘', '’']);
        let plain = !name.is_empty() && !name.contains([' ', '"', '\'']);
        let (message, label) = match found.chars().next() {
            Some('“' | '”' | '„' | '«' | '»' | '‘' | '’') => ("these are no plain quotes", "expected `\"`"),
            Some('\'') => ("a file's name stands in `\"`", "not in these quotes"),
            Some('"') => ("the closing `\"` is missing", "opened here"),
            _ => return false,
        };
        let library = !found.is_ascii() && !name.contains(['.', '/']);
        let label = if library { "a library's name stands without quotes" } else { label };
        let text = if library { name.to_string() } else { format!("\"{name}\"") };
        let fix = Fix { title: format!("write `{text}`"), safe: false, edits: vec![Edit { span, text }] };
        let diagnostic = Diagnostic::error(Code::INCOMPLETE, message).at(span, label);
        self.push(if plain { diagnostic.fix(fix) } else { diagnostic });
        true
    }

    /// Reports a path without quotes, `./blocks.net`; false where it is none.
    fn report_path(&mut self, span: Span) -> bool {
        let name = &self.text[span.start..span.end];
        let path = name.starts_with(['.', '/']) && name.ends_with(".net") && !name.contains(['"', ' ']);
        if path {
            self.report_bare_file(span);
        }
        path
    }

    /// Reports `from conv import ConvBN`: a library is taken in whole.
    fn report_from(&mut self, line: &Node) {
        let span = self.span(line);
        let library = line.as_str().split_whitespace().nth(1).unwrap_or_default();
        let plain = library.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let diagnostic = Diagnostic::error(Code::UNEXPECTED, "`use` takes in a library, with all its blocks")
            .at(span, "expected `use`");
        let text = format!("use {library}");
        let fix = Fix { title: format!("write `{text}`"), safe: false, edits: vec![Edit { span, text }] };
        self.push(if plain { diagnostic.fix(fix) } else { diagnostic.remark("as in `use conv`") });
    }

    /// Reports a file's name without quotes.
    fn report_bare_file(&mut self, span: Span) {
        let name = &self.text[span.start..span.end];
        let folder = if name.starts_with(['.', '/']) { "" } else { "./" };
        let text = format!("\"{folder}{name}\"");
        let fix = Fix { title: format!("write `use {text}`"), safe: false, edits: vec![Edit { span, text }] };
        let message = "`use` takes a library's name, or a file in quotes";
        let error = Diagnostic::error(Code::UNEXPECTED, message).at(span, "not a library's name");
        self.push(if name.contains('"') { error } else { error.fix(fix) });
    }

    /// Reports what follows an import's name on its line.
    fn report_more_import(&mut self, more: &Node) {
        let span = self.span(more);
        let gap = Span { start: self.text[..span.start].trim_end().len(), ..span };
        let found = &self.text[span.start..span.end];
        let (message, label, title, text) = match found.strip_prefix(',') {
            Some(names) => {
                let text: String = names.split(',').map(|name| format!("\nuse {}", name.trim())).collect();
                ("`use` takes one name", "each has a `use` of its own", "write `use` for each".into(), text)
            }
            None => {
                let label = "an import has no name of its own";
                ("`use` takes in names as they are, without `as`", label, format!("remove `{found}`"), String::new())
            }
        };
        let fix = Fix { title, safe: true, edits: vec![Edit { span: gap, text }] };
        self.push(Diagnostic::error(Code::UNEXPECTED, message).at(span, label).fix(fix));
    }
}
