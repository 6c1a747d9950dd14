//! Texts at the limits of the language, each with a name: what costs most to read, to check or to explain.

use netc::random::{Purpose, key, stream};
use netc::syntax::{MAX_BYTES, MAX_TOKENS};
use rand::Rng;

use crate::TOKENS;

/// A text and what it is called.
pub type Named = (String, String);

/// How many times smaller the texts are where netc is not optimised.
pub const PART: usize = if cfg!(debug_assertions) { 16 } else { 1 };

/// The size of a text at the limit.
const SIZE: usize = MAX_BYTES / PART;

/// How many words, numbers and signs a text at the limit has.
const COUNT: usize = MAX_TOKENS / PART;

/// What is written over and over.
const PARTS: &[&str] = &[
    "@",
    "-> ",
    "A",
    "A ",
    "A -> ",
    "Foo -> ",
    "(",
    ")",
    "( ",
    "()",
    "(A|",
    "(A|B) -> Add -> ",
    "{",
    "}",
    "[",
    "]",
    "[1,2] ",
    "F[",
    "1",
    "1 ",
    ",",
    ";",
    ", ",
    "|",
    "*",
    "* 2 ",
    "as x ",
    "as ",
    "\"",
    "#",
    "# a\n",
    "\n",
    " ",
    "\t\r\n",
    "let ",
    "let a = 1\n",
    "block ",
    "block A = ReLU\n",
    "input ",
    "input 1x1x1\n",
    "use ",
    "use conv\n",
    "edition 1\n",
    "classes 3\n",
    "ReLU -> ",
    "Conv(1,8,3) -> ",
    "Conv(2,3,1) -> ",
    "FC(3,4) -> ",
    "Pool(50) -> ",
    "skip(ReLU) -> ",
    "skip ",
    "a ",
    "Conv(,,,",
    "Conv(1 2 3) -> ",
    "Conv(a,b,c) -> ",
    "FC({1|2}) -> ",
    "FC({1}) -> ",
    "LSTM(27,10,return=all) -> ",
    "é",
    "\u{0}",
    "→",
    "Conv(9,9,9,9,9,9,9,9,9,9,9,9) -> ",
    "Covn(1,8,3) -> ",
    "a=",
    "( ReLU -> ) ",
    "ReLU as x -> ",
    "_",
    "1x1",
    "x.y.z ",
    "nn.Conv2d(1,2,3) -> ",
    "((((((((()))))))))",
    "a,",
    "F(a=b) ",
    "F(f(),a) -> ",
    "let a=",
    "A*3*4 ",
    "A as a as b ",
    "block A(k=3)=B ",
    "ReLU # c\n-> ",
    "ReLU\r\n-> ",
    "Foo\r\n",
    "ReLU -> Foo( -> ",
    "Conv(1,8,3) -> FC(7,4) -> ",
    "skip(Conv(_,3,3)) -> ",
    "Add -> ",
    "use \"./no.net\"\n",
    "FC(1+1*2) -> ",
    "a:",
    "\" # \" ",
    "–",
    "\u{FEFF}",
    "x = ReLU(x)\n",
    "x = f(\n",
    "x = (} ",
    "a.b, c = ",
    "x = 1\n",
    "block A { B ",
    "blok A(x) = { X( } ",
    "block A(y = X( ",
    "block A(y = X(y)\n",
    "def A(x): return B\n",
    "A // b\n",
    "a//b,",
    "/*",
    "/* a\n",
    "/* a */ A ",
    "*/",
];

/// What is written over and over, each time with another number for `@`.
const NUMBERED: &[&str] = &[
    "let a@ = @\n",
    "let a@ = b@\n",
    "let a@ = a@ + a@\n",
    "block A@ = ReLU\n",
    "block A@ = B@\n",
    "block A@(k@=@) = FC(k@)\n",
    "ReLU as x@ -> ",
    "Add(x@) -> ",
    "ReLU as x@ -> Add(x@) -> ",
    "L@ -> ",
    "Foo as y@ -> ",
    "let a@ = {1|2}\n",
    "A@ ",
    "FC(z@) -> ",
    "use \"./no@\"\n",
    "use l@\n",
    "Conv(1,@,3) -> FC(7,4) -> ",
    "Conv(1,8,3,kernel@=@) -> ",
];

/// Texts that repeat one part: as long as a file may be, and as long as all of it is still read.
pub fn repeated() -> Vec<Named> {
    let whole = PARTS.iter().map(|part| (part.to_string(), part.repeat(SIZE / part.len())));
    let read = PARTS.iter().map(|part| (format!("{part} (all read)"), filled("", part, "")));
    let numbered = NUMBERED.iter().map(|part| (part.to_string(), numbered("", part, "")));
    whole.chain(read).chain(numbered).collect()
}

/// Texts with one part that is as long as can be.
pub fn long() -> Vec<Named> {
    let name = "a".repeat(SIZE / 2 - 20);
    vec![
        ("a sum".into(), filled("FC(", "1+", "1) -> FC")),
        ("a product".into(), filled("let a = ", "1*", "1\nFC")),
        ("minuses".into(), filled("FC(", "- ", "1) -> FC")),
        ("a list".into(), filled("FC(", "1,", "1) -> FC")),
        ("a list of names".into(), filled("FC(", "a,", "a) -> FC")),
        ("a choice".into(), filled("FC({", "1|", "1}) -> FC")),
        ("a size".into(), filled("input ", "1x", "1")),
        ("dots".into(), filled("", "a.", "a")),
        ("a name".into(), "a".repeat(SIZE)),
        ("two names".into(), format!("let {name} = 1\nFC({name}a) -> FC")),
        ("a label".into(), format!("ReLU as {name} -> Add({name}a) -> FC")),
        ("a number".into(), "1".repeat(SIZE)),
        ("a line".into(), format!("ReLU -> {}FC", " ".repeat(SIZE - 20))),
        ("a comment".into(), format!("FC # {}", "c ".repeat(SIZE / 2 - 10))),
        ("a text in quotes".into(), format!("use \"{}\"", "t".repeat(SIZE - 10))),
        ("a bad line".into(), filled("input ", "@ ", "")),
        ("blanks in an argument".into(), format!("F(1 @{}", "\n".repeat(SIZE - 10))),
        ("more than a MiB".into(), " ".repeat(MAX_BYTES + 1)),
    ]
}

/// Texts whose brackets stay open before something long.
pub fn open() -> Vec<Named> {
    let groups = "(".repeat(127) + "A";
    let values = format!("F({}", "(".repeat(120) + "1");
    let branches = "(A|".repeat(127);
    let left = format!("F(1 {}", "(".repeat(120));
    let mut texts = vec![];
    for (name, tail) in [("blanks", " "), ("lines", "\n"), ("comments", "#\n"), ("letters", "a"), ("signs", "@ ")] {
        for (kind, head) in [("groups", &groups), ("values", &values), ("branches", &branches), ("junk", &left)] {
            texts.push((format!("open {kind} before {name}"), filled(head, tail, "")));
        }
    }
    for part in ["A ", "F[", "()", "a=", "F(,) ", "A -> "] {
        texts.push((format!("{part} in open groups"), filled(&groups, part, "")));
    }
    texts
}

/// Texts that read well and say much: many definitions, uses, branches and mistakes of shape.
pub fn wide() -> Vec<Named> {
    let lets = numbered_until(2000, "let a_name_of_thirty_eight_letters_@ = 1\n");
    let blocks = numbered_until(2000, "block a_name_of_thirty_eight_letters_@ = ReLU\n");
    let labels = numbered_until(2000, "ReLU as a_name_of_thirty_eight_letters_@ -> ");
    let wrong = |use_: &str| numbered_until(2000, &use_.replace('?', "a_mane_of_thirty_eight_letters_@"));
    let parameters = numbered_until(2000, "a_name_of_thirty_eight_letters_@,");
    let many = numbered_until(30_000, "p@,");
    let few = numbered_until(64, "p@=1,");
    vec![
        ("wrong names of values".into(), lets + &wrong("FC(?) -> ") + "FC"),
        ("wrong names of blocks".into(), blocks + &wrong("? -> ") + "FC"),
        ("wrong names of labels".into(), labels + &wrong("Add(?) -> ") + "FC"),
        ("wrong names of parameters".into(), format!("block B({parameters}) = ReLU\n{}FC", wrong("B(?=1) -> "))),
        ("many parameters".into(), format!("block B({many}) = ReLU\nB({}) -> FC", numbered_until(30_000, "p@=1,"))),
        ("many uses".into(), filled(&format!("block B({few}) = Identity\n"), "B -> ", "FC")),
        ("many arguments".into(), format!("block B({few}) = ReLU\nB({}) -> FC", numbered_until(40_000, "q@=1,"))),
        ("values of each other".into(), "let a0 = 1\n".to_string() + &numbered("", "let a@ = a@ + 1\n", "FC(a0)")),
        (
            "labels of all".into(),
            numbered_until(9000, "ReLU as x@ -> ") + "Add(" + &numbered_until(9000, "x@,") + ") -> FC",
        ),
        ("many outputs".into(), numbered("( ", "ReLU as x@ | ", "ReLU as x )")),
        ("equal outputs".into(), filled("( ", "ReLU as x | ", "ReLU as x )")),
        ("faults in branches".into(), numbered("( ", "Conv(1,@,3) -> FC(7,4) | ", "ReLU ) -> Concat -> FC")),
        ("branches of other shapes".into(), numbered("( ", "Conv(1,@,3) | ", "ReLU ) -> Add -> FC")),
        ("empty maps in branches".into(), numbered("( ", "Conv(1,@,3) -> Pool(40) | ", "ReLU ) -> Add -> FC")),
        ("skips of other shapes".into(), filled("", "skip(Conv(_,3,3,pad=1)) -> skip(Conv(_,5,3)) -> ", "FC")),
        ("each line half broken".into(), filled("", "Conv(1,4,3) -> Foo(,2\r\n-> ReLU as x\r\n", "")),
        ("half right, half wrong".into(), format!("{}{}", "ReLU -> ".repeat(9000), numbered("", "L@( -> ", ""))),
    ]
}

/// Texts drawn from bytes and from the language's tokens.
pub fn drawn(seed: u64) -> Vec<Named> {
    let mut draws = stream(key(seed, Purpose::Shuffle, 0, 0));
    let bytes: Vec<u8> = (0..SIZE / 2).map(|_| draws.random()).collect();
    let ascii: String = (0..SIZE).map(|_| char::from(draws.random_range(b' '..=b'~'))).collect();
    let mut texts = vec![
        (format!("bytes {seed}"), String::from_utf8_lossy(&bytes).chars().take(SIZE / 3).collect()),
        (format!("characters {seed}"), ascii),
    ];
    for separator in [" ", "", "\n", "\r\n", " -> "] {
        for size in [SIZE, SIZE / 3] {
            let mut text = String::new();
            while text.len() < size - 40 {
                text.push_str(TOKENS[draws.random_range(0..TOKENS.len())]);
                text.push_str(separator);
            }
            // A bracket in a hundred is all that nests.
            texts.push((format!("tokens {seed} {separator:?} {size}"), flattened(&text)));
        }
    }
    texts
}

/// The text with brackets opened again and again only as deep as they may be.
fn flattened(text: &str) -> String {
    let mut depth = 0;
    let keep = |&c: &char| {
        match c {
            '(' | '{' if depth >= 100 => return false,
            '(' | '{' => depth += 1,
            ')' | '}' if depth > 0 => depth -= 1,
            _ => {}
        }
        true
    };
    text.chars().filter(keep).collect()
}

/// `part` between `open` and `close`, as often as all of it is still read.
fn filled(open: &str, part: &str, close: &str) -> String {
    let count = ((COUNT - 500) / tokens(part).max(1)).min((SIZE - open.len() - close.len()) / part.len());
    [open, &part.repeat(count), close].concat()
}

/// The same with another number for each `@`.
fn numbered(open: &str, part: &str, close: &str) -> String {
    open.to_string() + &numbered_until((COUNT - 500) / tokens(part), part) + close
}

fn numbered_until(count: usize, part: &str) -> String {
    let mut text = String::new();
    for at in 0..count {
        if text.len() + part.len() + 40 > SIZE {
            break;
        }
        text.push_str(&part.replace('@', &at.to_string()));
    }
    text
}

/// How many words, numbers and signs a part has at most.
fn tokens(part: &str) -> usize {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '@';
    let signs = part.chars().filter(|&c| !is_word(c) && !c.is_ascii_whitespace()).count();
    (signs + part.split(|c| !is_word(c)).filter(|word| !word.is_empty()).count()).max(1)
}
