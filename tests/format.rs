//! The formatter: one style, the same meaning, every comment, and nothing left to do the second time.

use std::path::{Path, PathBuf};

use netc::diagnostic::Diagnostic;
use netc::source::SourceMap;
use netc::syntax::{WIDTH, format, parse};
use proptest::prelude::*;

fn formatted(text: &str) -> Result<String, Vec<Diagnostic>> {
    let mut sources = SourceMap::new();
    let file = sources.add("a.net", None, text);
    format(&sources, file)
}

/// The tree without places: what a text means.
fn meaning(text: &str) -> String {
    let mut sources = SourceMap::new();
    let file = sources.add("a.net", None, text);
    let tree = format!("{:?}", parse(&sources, file).0);
    let mut parts = tree.split("Span {");
    let first = parts.next().unwrap_or_default().to_string();
    let tree = parts.fold(first, |whole, part| whole + part.split_once('}').map_or("", |(_, rest)| rest));
    // Whether a value stands below its name is a matter of places too.
    tree.replace("below: true", "below: false")
}

fn comments(text: &str) -> Vec<String> {
    let comments = text.lines().filter_map(|line| line.split_once('#'));
    let mut comments: Vec<String> = comments.map(|(_, comment)| comment.trim_end().to_string()).collect();
    comments.sort();
    comments
}

/// Formats a text without syntax errors, and holds all that is promised of the result.
fn check_promises(text: &str) -> String {
    let once = formatted(text).unwrap_or_else(|found| panic!("{found:?}\n{text}"));
    assert_eq!(meaning(&once), meaning(text), "{text}\n=>\n{once}");
    assert_eq!(comments(&once), comments(text), "{text}\n=>\n{once}");
    assert_eq!(formatted(&once).as_deref(), Ok(once.as_str()), "{text}");
    once
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(check_promises(text), expected);
}

#[test]
fn white_space_is_the_same_everywhere() {
    check("Conv( 1,20 ,3)->ReLU ->FC", "Conv(1, 20, 3) -> ReLU -> FC\n");
    check("ReLU()->FC(10,)\r\n", "ReLU -> FC(10)\n");
    check("(ReLU|Tanh->ELU)->Add->skip( ReLU )", "( ReLU | Tanh -> ELU ) -> Add -> skip(ReLU)\n");
    check("ReLU*3 as  x -> Tanh* ( 1+1 ) ->ELU*{1|2}", "ReLU * 3 as x -> Tanh * (1 + 1) -> ELU * {1|2}\n");
    check("let a=2*-( 3+x )/-y", "let a = 2 * -(3 + x) / -y\n");
    check("Conv(_,{16 | 32},3,bias = false)", "Conv(_, {16|32}, 3, bias=false)\n");
    check("block S( out,k = 3, )=ReLU FC", "block S(out, k=3) = ReLU\nFC\n");
    check("edition 1 input 1x28x28 classes 3 use conv FC", "edition 1\ninput 1x28x28\nclasses 3\nuse conv\nFC\n");
    check("\u{FEFF}FC\r\n", "FC\n");
    check("use \"./a.net\" FC", "use \"./a.net\"\nFC\n");
}

#[test]
fn a_line_that_its_author_broke_at_an_arrow_stays_broken() {
    check("ReLU ->\n FC", "ReLU\n    -> FC\n");
    check("ReLU\n\n\n-> FC", "ReLU\n\n    -> FC\n");
    check("block S =\nReLU -> Tanh -> \n ELU\nS", "block S =\n    ReLU -> Tanh\n    -> ELU\nS\n");
    check("( ReLU\n | Tanh ) -> Add", "(\n    ReLU\n    | Tanh\n)\n    -> Add\n");
    check("Conv(1,\n20,\n3)", "Conv(1, 20, 3)\n");
}

#[test]
fn long_lines_break_before_an_arrow() {
    let long = ["Conv(_, 20, 3, pad=1)"; 9].join(" -> ");
    let text = check_promises(&long);
    assert!(text.lines().count() == 3 && text.lines().all(|line| line.len() <= WIDTH), "{text}");
    assert!(text.lines().skip(1).all(|line| line.starts_with("    -> ")), "{text}");
}

#[test]
fn long_branches_stand_on_lines_of_their_own() {
    let branch = ["Conv(_, 20, 3, pad=1)"; 3].join(" -> ");
    check(
        &format!("ReLU -> ({branch}|{branch}) * 2 as x"),
        &format!("ReLU\n    -> (\n        {branch}\n        | {branch}\n    ) * 2 as x\n"),
    );
}

#[test]
fn comments_stay_where_they_are() {
    check("# top\n\nReLU # one\n-> FC # two\n# end", "# top\n\nReLU # one\n    -> FC # two\n# end\n");
    check("ReLU -> # one\n # two\n FC", "ReLU # one\n    # two\n    -> FC\n");
    check("Conv(1, # in\n # out\n 20, 3)", "Conv(\n    1, # in\n    # out\n    20,\n    3\n)\n");
    check(
        "( ReLU # a\n # b\n | Tanh\n # c\n) -> Add",
        "(\n    ReLU # a\n    # b\n    | Tanh\n    # c\n)\n    -> Add\n",
    );
    check("let a = # why\n 3 # three\nFC", "# why\nlet a = 3 # three\nFC\n");
    check("block S = # what\nReLU\nS", "block S = # what\n    ReLU\nS\n");
    check("# only\n\n\n# comments", "# only\n\n# comments\n");
}

#[test]
fn nothing_is_made_of_nothing() {
    check("", "");
    check(" \n\n", "");
}

#[test]
fn files_with_syntax_errors_are_refused() {
    for text in ["ReLU -> ", "( ReLU", "ReLU => FC", "Conv(1 20)", "let = 3"] {
        assert!(formatted(text).is_err(), "{text}");
    }
}

#[test]
fn ten_thousand_layers_format_at_once() {
    let start = std::time::Instant::now();
    let text = ["( ReLU | Conv(_, 20, 3) )"; 5_000].join(" -> Add -> ");
    assert!(formatted(&text).is_ok());
    assert!(start.elapsed().as_secs_f64() < 5.0, "{:?}", start.elapsed());
}

fn net_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            net_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "net") {
            files.push(path);
        }
    }
}

#[test]
fn the_files_of_this_repository_are_formatted() {
    let mut files = vec![];
    for folder in ["models", "stdlib", "examples"] {
        net_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut files);
    }
    assert!(files.len() > 15);
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a readable file");
        assert_eq!(check_promises(&text), text, "{}: run `netc fmt`", path.display());
    }
}

#[test]
fn the_example_of_the_documentation_is_what_comes_out() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/formatting.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let blocks: Vec<&str> = page.split("```net\n").skip(1).filter_map(|part| part.split("```").next()).collect();
    let [before, after] = blocks.as_slice() else { panic!("{blocks:?}") };
    check(before, after);
}

/// White space, line breaks and comments, as somebody may have left them.
fn gap() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(" ".to_string()),
        2 => Just("\n".to_string()),
        1 => Just("\n\n\n\t".to_string()),
        1 => Just(" # note\n".to_string()),
        1 => Just("\n  # allow: it\n\n # more ->\n".to_string()),
    ]
}

/// Tokens with a gap between each two; `~` stands for a space that stays one.
fn scattered(tokens: String) -> impl Strategy<Value = String> {
    let words: Vec<String> = tokens.split_whitespace().map(str::to_string).collect();
    let gaps = proptest::collection::vec(gap(), words.len() + 1);
    gaps.prop_map(move |gaps| {
        let parts = words.iter().zip(&gaps).map(|(word, gap)| format!("{word}{gap}"));
        (gaps[gaps.len() - 1].clone() + &parts.collect::<String>()).replace('~', " ")
    })
}

fn value() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just("3".to_string()),
        Just("1e-3".to_string()),
        Just("3x5".to_string()),
        Just("_".to_string()),
        Just("width".to_string()),
        Just("true".to_string()),
    ];
    atom.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} - {b}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a} * - {b}")),
            inner.clone().prop_map(|a| format!("( {a} )")),
            inner.clone().prop_map(|a| format!("max_norm( {a} , )")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{ {a} | {b} }}")),
        ]
    })
}

fn chain() -> impl Strategy<Value = String> {
    let arguments = proptest::collection::vec(prop_oneof![value(), value().prop_map(|v| format!("k = {v}"))], 0..4);
    let call = (arguments, any::<bool>()).prop_map(|(arguments, trailing)| {
        let comma = if trailing && !arguments.is_empty() { "," } else { "" };
        format!("Conv~( {} {comma} )", arguments.join(" , "))
    });
    let leaf = prop_oneof![Just("ReLU".to_string()), call];
    let step = leaf.prop_recursive(3, 16, 3, |inner| {
        let branches = proptest::collection::vec(inner.clone(), 1..4).prop_map(|all| all.join(" | "));
        prop_oneof![
            proptest::collection::vec(inner.clone(), 1..4).prop_map(|all| all.join(" -> ")),
            branches.prop_map(|branches| format!("( {branches} )")),
            inner.clone().prop_map(|inner| format!("skip ( {inner} | Identity ) * 2")),
            inner.prop_map(|inner| format!("( {inner} ) * ( n + 1 ) as x")),
        ]
    });
    proptest::collection::vec(step, 1..5).prop_map(|steps| steps.join(" -> "))
}

fn file() -> impl Strategy<Value = String> {
    let statement = prop_oneof![
        Just("input 3x32x32".to_string()),
        value().prop_map(|value| format!("let width = {value}")),
        chain().prop_map(|chain| format!("block Stage ( out , k = 3 ) = {chain}")),
        chain().prop_map(|chain| format!("block Unit = {chain}")),
    ];
    let statements = proptest::collection::vec(statement, 0..3);
    let text = (statements, chain()).prop_map(|(statements, chain)| format!("{} {chain}", statements.join(" ")));
    text.prop_flat_map(scattered)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_file_keeps_its_meaning_and_its_comments(text in file()) {
        let refused = formatted(&text).err();
        let internal = refused.iter().flatten().any(|found| found.message.contains("internal error"));
        prop_assert!(!internal, "{text}");
        if refused.is_none() {
            check_promises(&text);
        }
    }

    #[test]
    fn any_text_is_formatted_or_refused(text in "[ \n#A-C1-3x.e(){}|*+/,=_>\"-]{0,60}") {
        match formatted(&text) {
            Ok(once) => prop_assert_eq!(meaning(&once), meaning(&text)),
            Err(found) => prop_assert!(!found.iter().any(|d| d.message.contains("internal error")), "{}", text),
        }
    }
}

/// The text keeps its meaning, and none of its lines is too long.
#[track_caller]
fn check_breaks(text: &str, expected: &str) {
    check(text, expected);
    assert!(expected.lines().all(|line| line.chars().count() <= WIDTH), "{expected}");
}

#[test]
fn long_values_break_before_operators_and_bars_and_after_commas() {
    let sum = ["channels_of_the_first_stage"; 5].join(" + ");
    let (first, rest) = sum.split_at(sum.match_indices(" + ").nth(2).unwrap().0);
    check_breaks(&format!("let a = {sum}\nFC"), &format!("let a = {first}\n    {}\nFC\n", rest.trim_start()));
    check_breaks(
        &format!("Conv(_, {sum}, kernel=3) -> FC"),
        &format!("Conv(\n    _,\n    {first}\n        {},\n    kernel=3\n)\n    -> FC\n", rest.trim_start()),
    );
    let choice = format!("{{{}}}", (100..130).map(|n| n.to_string()).collect::<Vec<_>>().join("|"));
    let text = check_promises(&format!("let a = {choice}\nFC(a) -> FC"));
    assert!(text.starts_with("let a = {100|101|") && text.contains("\n    |") && !text.contains("|\n"), "{text}");
    let parameters = ["first=1", "second=2", "third=3"].map(|p| format!("a_rather_long_name_of_the_{p}")).join(", ");
    let (first, last) = parameters.rsplit_once(", ").unwrap();
    check_breaks(
        &format!("block Stage({parameters}) = ReLU\nStage"),
        &format!("block Stage({first},\n        {last}) = ReLU\nStage\n"),
    );
    let text = check_promises(&format!("ReLU * ({sum}) as x -> FC"));
    assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
}
