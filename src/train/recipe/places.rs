//! Where each setting stands in its recipe, for what is found out later.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::{Kind, Yaml};

/// The places of settings by path: `optimizer.lr`, `freeze.0`. Empty where there is no file.
#[derive(Clone, Debug, Default)]
pub struct Places {
    spans: HashMap<String, Span>,
}

impl Places {
    pub(super) fn of(tree: &Yaml) -> Self {
        let mut places = Self::default();
        places.visit("", tree);
        places
    }

    fn visit(&mut self, path: &str, yaml: &Yaml) {
        self.spans.insert(path.to_string(), yaml.span);
        let below = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        match &yaml.kind {
            Kind::Scalar(_) => {}
            Kind::List(items) => {
                items.iter().enumerate().for_each(|(n, item)| self.visit(&below(&n.to_string()), item));
            }
            Kind::Map(entries) => entries.iter().for_each(|(key, value)| self.visit(&below(&key.name), value)),
        }
    }

    /// The place of a setting, or of the nearest one around it; none where nothing is written.
    pub fn get(&self, path: &str) -> Option<Span> {
        let around = path.rsplit_once('.').map(|(around, _)| around);
        self.spans.get(path).copied().or_else(|| self.get(around?))
    }

    /// An error that has no place yet, at a setting's, where that is written.
    pub fn point(&self, path: &str, fault: Diagnostic) -> Diagnostic {
        match self.spans.get(path).filter(|_| fault.labels.is_empty()) {
            Some(span) => fault.at(*span, "here"),
            None => fault,
        }
    }

    /// The error of a setting that does not fit what it is used with.
    pub fn unfit(&self, path: &str, message: impl Into<String>, label: &str) -> Diagnostic {
        let fault = Diagnostic::error(Code::RECIPE_FIT, message);
        match self.get(path) {
            Some(span) => fault.at(span, label),
            None => fault.remark(format!("`{path}` in the recipe")),
        }
    }
}
