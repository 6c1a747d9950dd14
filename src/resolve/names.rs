//! What somebody may have meant: nearest names, and the words of other frameworks.

use crate::diagnostic::{Diagnostic, Edit, Fix};
use crate::source::Span;

/// How long a name may be that is compared with others.
const MAX_LENGTH: usize = 40;
/// How many others it is compared with.
pub const MAX_COMPARED: usize = 2000;
/// How many pairs of letters are compared for one name, so that a file of many wrong names is answered in time.
const MAX_PAIRS: usize = 20_000;

/// Adds 'did you mean' and its fix, where a known name is near. The fix is safe where only the letters' case or order
/// differs: any other letter may be another name's.
pub fn suggest<'a>(
    diagnostic: Diagnostic,
    wrong: &str,
    span: Span,
    known: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    match nearest(wrong, known) {
        None => diagnostic,
        Some(name) => diagnostic.fix(Fix {
            title: format!("did you mean `{name}`?"),
            safe: letters(wrong) == letters(name),
            edits: vec![Edit { span, text: name.to_string() }],
        }),
    }
}

/// The letters of a name, whatever their case and order.
fn letters(name: &str) -> Vec<char> {
    let mut letters: Vec<char> = name.to_lowercase().chars().collect();
    letters.sort_unstable();
    letters
}

/// The nearest of the names, if one is near: letter case aside, at most one slip in three letters. Of those equally
/// near, the one whose letters' case is nearest.
pub fn nearest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let length = wrong.len();
    if length > MAX_LENGTH {
        return None;
    }
    let most = (length / 3).min(3);
    let lower = wrong.to_lowercase();
    let similar = names.take(MAX_COMPARED).filter(|name| name.len().abs_diff(length) <= most);
    let compared = similar.scan(0, |pairs, name| {
        *pairs += length * name.len();
        (*pairs <= MAX_PAIRS).then_some(name)
    });
    let scored = compared.map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name));
    let near = scored.filter(|(distance, name)| *distance <= most && (*distance == 0 || name.len() > 1));
    let near = near.map(|(distance, name)| (distance, strsim::damerau_levenshtein(wrong, name), name));
    near.min().map(|(.., name)| name)
}

/// `` `a`, `b` and `c` ``
pub fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => quoted.concat(),
    }
}

/// What arguments of other frameworks may be called here, by layer.
const ELSEWHERE: &[(&str, &[&str])] = &[
    ("in_channels", &["in"]),
    ("in_features", &["in"]),
    ("input_size", &["in"]),
    ("input_dim", &["in"]),
    ("out_channels", &["out"]),
    ("out_features", &["out"]),
    ("filters", &["out"]),
    ("units", &["out", "hidden"]),
    ("kernel_size", &["kernel"]),
    ("pool_size", &["kernel"]),
    ("k", &["kernel"]),
    ("strides", &["stride"]),
    ("s", &["stride"]),
    ("padding", &["pad"]),
    ("p", &["pad"]),
    ("output_padding", &["output_pad"]),
    ("dilation_rate", &["dilation"]),
    ("use_bias", &["bias"]),
    ("kernel_constraint", &["constraint"]),
    ("hidden_size", &["hidden"]),
    ("num_layers", &["layers"]),
    ("num_groups", &["groups"]),
    ("negative_slope", &["slope"]),
    ("alpha", &["slope"]),
    ("rate", &["p"]),
    ("prob", &["p"]),
    ("scale_factor", &["factor"]),
];

/// Layers of other frameworks that this language lacks, and the nearest that it has.
const LACKING: &[(&str, &str)] = &[
    ("PReLU", "LeakyReLU(slope=0.01)"),
    ("RReLU", "LeakyReLU(slope=0.01)"),
    ("SELU", "ELU"),
    ("CELU", "ELU"),
    ("ReLU6", "ReLU"),
    ("Softplus", "ReLU"),
    ("Mish", "SiLU"),
    ("Hardswish", "SiLU"),
    ("HardSigmoid", "Sigmoid"),
    ("HardTanh", "Tanh"),
    ("Conv1d", "Conv"),
    ("Conv3d", "Conv"),
    ("MaxPool1d", "Pool"),
    ("MaxPool3d", "Pool"),
    ("AvgPool1d", "AvgPool"),
    ("InstanceNorm2d", "GroupNorm"),
];

/// The nearest layer to one of another framework that this language lacks.
pub fn nearest_function(name: &str) -> Option<&'static str> {
    LACKING.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, here)| *here)
}

/// Letters of other alphabets and the Latin ones that they look like.
const LOOK_ALIKE: [(&str, &str, &str); 2] =
    [("Cyrillic", "АВСЕНКМОРТХаеорсух", "ABCEHKMOPTXaeopcyx"), ("Greek", "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo")];

/// What is said of a name's first letter of another alphabet that looks like a Latin one.
pub fn look_alike(name: &str) -> Option<String> {
    name.chars().enumerate().find_map(|(index, letter)| {
        let (alphabet, latin) = LOOK_ALIKE.iter().find_map(|(alphabet, letters, latin)| {
            let at = letters.chars().position(|other| other == letter)?;
            Some((alphabet, latin.chars().nth(at)?))
        })?;
        let which = if index == 0 { "the first letter".into() } else { format!("letter {}", index + 1) };
        Some(format!("{which} is {alphabet} {letter} (U+{:04X}), not Latin {latin}", letter as u32))
    })
}

/// What an argument of another framework may be called here, by layer.
pub fn argument_elsewhere(name: &str) -> Option<&'static [&'static str]> {
    ELSEWHERE.iter().find(|(other, _)| *other == name).map(|(_, here)| *here)
}

/// The same for a name that is nearly another framework's.
pub fn argument_near(name: &str) -> Option<&'static [&'static str]> {
    argument_elsewhere(nearest(name, ELSEWHERE.iter().map(|(other, _)| *other))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_takes_slips_and_case_but_no_other_word() {
        let names = ["Conv", "ConvT", "LSTM", "ReLU"];
        let check = |wrong, expected| assert_eq!(nearest(wrong, names.into_iter()), expected, "{wrong}");
        check("conv", Some("Conv"));
        check("Covn", Some("Conv"));
        check("LTSM", Some("LSTM"));
        check("Banana", None);
        assert_eq!(nearest("convv", ["Conv", "conv"].into_iter()), Some("conv"));
    }
}
