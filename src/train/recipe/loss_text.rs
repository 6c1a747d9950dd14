//! `0.5 mse(image, input) + 0.5 cross_entropy(logits)` <-> a loss.

use std::ops::Range;

use super::loss::{Against, CriterionRecipe, LossRecipe, TermRecipe};
use crate::yaml::Bounds;

/// What is wrong with a text, and at which bytes of it.
#[derive(Clone, Debug, PartialEq)]
pub struct LossFault {
    pub message: String,
    pub range: Range<usize>,
}

/// Reads a sum: terms with `+` between them, each an optional weight, a criterion and, in brackets, its output, what
/// that is compared with (`input` or `labels`), and settings as `label_smoothing=0.1`.
pub fn parse(text: &str) -> Result<LossRecipe, LossFault> {
    let mut reader = Reader { tokens: tokens(text)?, next: 0, end: text.len() };
    let mut terms = vec![reader.term()?];
    while reader.accept("+") {
        terms.push(reader.term()?);
    }
    match reader.peek() {
        None => Ok(LossRecipe { terms }),
        Some((word, range)) => Err(fault(format!("expected `+` or the end, found `{word}`"), range)),
    }
}

/// The text of a sum, which [`parse`] reads again.
pub fn write(loss: &LossRecipe) -> String {
    let terms: Vec<String> = loss.terms.iter().map(write_term).collect();
    terms.join(" + ")
}

fn write_term(term: &TermRecipe) -> String {
    let weight = if term.weight == 1.0 { String::new() } else { format!("{} ", term.weight) };
    let against = term.against.map(|against| match against {
        Against::Input => "input".to_string(),
        Against::Labels => "labels".to_string(),
    });
    let setting = match term.criterion {
        CriterionRecipe::CrossEntropy { label_smoothing, .. } if label_smoothing > 0.0 => {
            Some(format!("label_smoothing={label_smoothing}"))
        }
        CriterionRecipe::Hinge { margin } | CriterionRecipe::MarginRanking { margin } if margin != 1.0 => {
            Some(format!("margin={margin}"))
        }
        _ => None,
    };
    let arguments: Vec<String> = [term.output.clone(), against, setting].into_iter().flatten().collect();
    let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
    format!("{weight}{}{arguments}", term.criterion.name())
}

fn fault(message: String, range: Range<usize>) -> LossFault {
    LossFault { message, range }
}

/// A word, number or sign with its place.
type Token<'t> = (&'t str, Range<usize>);

fn tokens(text: &str) -> Result<Vec<Token<'_>>, LossFault> {
    let mut tokens = vec![];
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            _ if first.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '+' | '(' | ')' | ',' | '=' => 1,
            _ if first.is_ascii_digit() || first == '.' => number_length(rest),
            _ if first.is_alphabetic() || first == '_' => {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
            }
            _ => return Err(fault(format!("`{first}` has no meaning here"), at..at + first.len_utf8())),
        };
        tokens.push((&rest[..length], at..at + length));
        at += length;
    }
    Ok(tokens)
}

/// Of a number as `0.5`, `1e-3`.
fn number_length(text: &str) -> usize {
    let mut before = ' ';
    let end = text.find(|c: char| {
        let sign = (c == '-' || c == '+') && matches!(before, 'e' | 'E');
        let part = c.is_ascii_digit() || c == '.' || matches!(c, 'e' | 'E') || sign;
        before = c;
        !part
    });
    end.unwrap_or(text.len())
}

struct Reader<'t> {
    tokens: Vec<Token<'t>>,
    next: usize,
    end: usize,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<Token<'t>> {
        self.tokens.get(self.next).cloned()
    }

    fn accept(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|(word, _)| word == sign);
        self.next += usize::from(found);
        found
    }

    fn take(&mut self, wanted: &str) -> Result<Token<'t>, LossFault> {
        match self.peek() {
            Some(token) => {
                self.next += 1;
                Ok(token)
            }
            None => Err(fault(format!("expected {wanted}, found the end"), self.end..self.end)),
        }
    }

    fn term(&mut self) -> Result<TermRecipe, LossFault> {
        let weight = self.weight()?;
        let (name, range) = self.take("a criterion")?;
        let Some(criterion) = CriterionRecipe::named(name) else {
            return Err(fault(format!("`{name}` is no criterion"), range));
        };
        let mut term = TermRecipe { weight, criterion, output: None, against: None };
        if self.accept("(") && !self.accept(")") {
            self.arguments(&mut term)?;
        }
        Ok(term)
    }

    fn weight(&mut self) -> Result<f64, LossFault> {
        let Some((word, range)) = self.peek().filter(|(word, _)| begins_number(word)) else { return Ok(1.0) };
        self.next += 1;
        positive(word, range)
    }

    /// Up to the closing bracket.
    fn arguments(&mut self, term: &mut TermRecipe) -> Result<(), LossFault> {
        let mut given = vec![];
        loop {
            let (name, range) = self.take("an output's name")?;
            if self.accept("=") {
                if given.contains(&name) {
                    return Err(fault(format!("`{name}` is given twice"), range));
                }
                given.push(name);
                let (number, place) = self.take("a number")?;
                let number = number.parse().map_err(|_| fault(format!("`{number}` is no number"), place.clone()))?;
                match term.criterion.set(name, number) {
                    Some(true) => {}
                    Some(false) => return Err(fault(format!("`{name}` cannot be {number}"), place)),
                    None => {
                        let message = format!("`{}` has no setting `{name}`", term.criterion.name());
                        return Err(fault(message, range));
                    }
                }
            } else {
                place_argument(term, name, range)?;
            }
            if self.accept(")") {
                return Ok(());
            }
            let (sign, range) = self.take("`,` or `)`")?;
            if sign != "," {
                return Err(fault(format!("expected `,` or `)`, found `{sign}`"), range));
            }
        }
    }
}

fn place_argument(term: &mut TermRecipe, name: &str, range: Range<usize>) -> Result<(), LossFault> {
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return Err(fault(format!("expected an output's name, found `{name}`"), range));
    }
    let against = match name {
        "input" => Some(Against::Input),
        "labels" => Some(Against::Labels),
        _ => None,
    };
    match (against, term.output.is_some(), term.against.is_some()) {
        (Some(against), true, false) => term.against = Some(against),
        (None, false, false) => term.output = Some(name.to_string()),
        (_, false, _) => return Err(fault(format!("expected an output's name before `{name}`"), range)),
        _ => {
            let message = format!("an output is compared with `input` or `labels`, not with `{name}`");
            return Err(fault(message, range));
        }
    }
    Ok(())
}

fn begins_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit() || c == '.')
}

fn positive(word: &str, range: Range<usize>) -> Result<f64, LossFault> {
    match word.parse::<f64>() {
        Ok(weight) if Bounds::POSITIVE.accept(weight) => Ok(weight),
        _ => Err(fault(format!("a weight is a number above 0, not `{word}`"), range)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_read_and_written_again() {
        for text in [
            "cross_entropy",
            "0.5 mse(image, input) + 0.5 cross_entropy(logits)",
            "2 cross_entropy(logits, label_smoothing=0.1) + 0.001 hinge(scores, margin=2)",
            "mse(logits, labels)",
            "nll + margin_ranking",
        ] {
            let loss = parse(text).unwrap_or_else(|fault| panic!("{text}: {}", fault.message));
            assert_eq!(write(&loss), text);
        }
        assert_eq!(parse(" 5e-1mse( image,input )+.5 cross_entropy()").map(|loss| write(&loss)), {
            Ok("0.5 mse(image, input) + 0.5 cross_entropy".to_string())
        });
    }

    #[test]
    fn faults_name_their_place() {
        for (text, place, words) in [
            ("", "", "a criterion"),
            ("crossentropy", "crossentropy", "no criterion"),
            ("0.5 mse(image, input) 0.5 mse", "0.5", "`+`"),
            ("0 mse", "0", "above 0"),
            ("mse(image; input)", ";", "no meaning"),
            ("mse(input)", "input", "output's name"),
            ("mse(image, other)", "other", "`input` or `labels`"),
            ("mse(image, input", "", "the end"),
            ("hinge(label_smoothing=0.1)", "label_smoothing", "no setting"),
            ("cross_entropy(a, label_smoothing=1.5)", "1.5", "cannot be 1.5"),
            ("mse +", "", "a criterion"),
            ("mse - hinge", "-", "no meaning"),
        ] {
            let fault = parse(text).expect_err(text);
            assert!(fault.message.contains(words), "{text}: {}", fault.message);
            let found = &text[fault.range];
            assert!(found == place || text.ends_with(place) && place.is_empty(), "{text}: {found}");
        }
    }
}
