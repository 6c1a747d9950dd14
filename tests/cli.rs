//! The binary as a user meets it: arguments and files -> exit status, stdout, stderr, and files afterwards.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const GOOD: &str = "input 1x28x28\nConv(1, 20, 3) -> ReLU -> FC\n";
const FOREIGN: &str = "input 1x28x28\nConv2d(1, 20, 3) => relu -> FC\n";
const CHANNELS: &str = "input 1x28x28\nConv(3, 20, 3) -> ReLU -> FC\n";
const UNSAFE: &str = "input 1x28x28\nConv(1, 20, 3) -> ReLU\nFC\n";
const UNSAFE_FIXED: &str = "input 1x28x28\nConv(1, 20, 3) -> ReLU\n-> FC\n";

/// One call of `netc`, and what is expected of it. `has` are parts of a text; `!` before one says that it is absent.
#[derive(Default)]
struct Case<'a> {
    args: &'a [&'a str],
    stdin: &'a str,
    /// Files before the call.
    files: &'a [(&'a str, &'a str)],
    status: i32,
    stdout: &'a [&'a str],
    stderr: &'a [&'a str],
    /// The whole of stdout.
    prints: Option<&'a str>,
    /// Files after the call.
    leaves: &'a [(&'a str, &'a str)],
}

fn netc(folder: &Path, args: &[&str], stdin: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.current_dir(folder).args(args).env_remove("NO_COLOR");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("netc starts");
    child.stdin.take().expect("a pipe").write_all(stdin.as_bytes()).ok();
    child.wait_with_output().expect("netc ends")
}

fn folder_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    folder
}

fn check_parts(what: &str, text: &str, parts: &[&str], context: &str) {
    for part in parts {
        match part.strip_prefix('!') {
            Some(absent) => assert!(!text.contains(absent), "{context}: {what} has `{absent}`:\n{text}"),
            None => assert!(text.contains(part), "{context}: {what} lacks `{part}`:\n{text}"),
        }
    }
}

#[track_caller]
fn check(case: Case) {
    let folder = folder_of(case.files);
    let output = netc(folder.path(), case.args, case.stdin);
    let context = format!("netc {}", case.args.join(" "));
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(case.status), "{context}\n{stdout}{stderr}");
    check_parts("stdout", &stdout, case.stdout, &context);
    check_parts("stderr", &stderr, case.stderr, &context);
    if let Some(expected) = case.prints {
        assert_eq!(stdout, expected, "{context}");
    }
    for (name, expected) in case.leaves {
        assert_eq!(std::fs::read_to_string(folder.path().join(name)).expect("a file"), *expected, "{context}: {name}");
    }
    let beside = std::fs::read_dir(folder.path()).expect("the folder").flatten();
    assert!(beside.into_iter().all(|entry| !entry.file_name().to_string_lossy().starts_with(".netc-")), "{context}");
}

#[test]
fn check_shows_layers_or_mistakes() {
    let files: &[(&str, &str)] = &[("good.net", GOOD), ("bad.net", CHANNELS), ("in/a.net", GOOD), ("in/b.net", GOOD)];
    let base = || Case { files, ..Case::default() };
    check(Case { args: &["check", "good.net"], stdout: &["20x26x26", "Flatten"], stderr: &["!error"], ..base() });
    check(Case {
        args: &["check", "bad.net"],
        status: 1,
        prints: Some(""),
        stderr: &["N0402", "bad.net:2:6"],
        ..base()
    });
    check(Case { args: &["check", "in"], stdout: &["in/a.net", "in/b.net"], ..base() });
    check(Case {
        args: &["check", "good.net", "bad.net"],
        status: 1,
        stdout: &["20x26x26"],
        stderr: &["N0402", "errors in 1 of 2 files\n"],
        ..base()
    });
    check(Case { args: &["check", "-"], stdin: GOOD, stdout: &["20x26x26"], ..base() });
    check(Case { args: &["check", "-"], stdin: "Conv(1, 20, 3) ->", status: 1, stderr: &["N0102", "-:1"], ..base() });
}

#[test]
fn check_counts_the_diagnostics_that_it_does_not_show() {
    let check_count = |mistakes: usize, said: &str| {
        for text in [["Foo"; 2501][..mistakes].join("\n-> "), ["FC"; 2501][..=mistakes].join("\n=> ")] {
            let text = format!("input 1x28x28\n{text}\n");
            check(Case { args: &["check", "-"], stdin: &text, status: 1, stderr: &[said], ..Case::default() });
        }
    };
    check_count(100, "!not shown");
    check_count(101, "\n1 other diagnostic of this file is not shown\n");
    check_count(1999, "\n1899 other diagnostics of this file are not shown\n");
    check_count(2500, "\nmore than 1900 other diagnostics of this file are not shown\n");
}

#[test]
fn check_says_why_a_path_cannot_be_read() {
    check(Case {
        args: &["check", "no.net"],
        status: 2,
        prints: Some(""),
        stderr: &["N0804", "no.net"],
        ..Case::default()
    });
    let files: &[(&str, &str)] = &[("empty/readme.txt", ""), ("good.net", GOOD)];
    check(Case {
        args: &["check", "empty"],
        files,
        status: 2,
        stderr: &["N0804", "no `.net` file"],
        ..Case::default()
    });
    check(Case { args: &["check", "no.net", "good.net"], files, status: 2, stdout: &["20x26x26"], ..Case::default() });
}

#[test]
fn a_file_that_is_no_text_is_refused_by_every_command() {
    let folder = folder_of(&[]);
    std::fs::write(folder.path().join("bytes.net"), b"FC \xff\xfe FC").expect("a file");
    for command in ["check", "fmt"] {
        let output = netc(folder.path(), &[command, "bytes.net"], "");
        assert_eq!(output.status.code(), Some(1), "{command}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("N0113"), "{command}");
    }
}

#[test]
fn a_file_over_the_limit_is_refused() {
    let long = "#".repeat((1 << 20) + 1);
    check(Case {
        args: &["check", "a.net"],
        files: &[("a.net", &long)],
        status: 1,
        stderr: &["N0110"],
        ..Case::default()
    });
}

#[test]
fn wrong_usage_ends_with_status_2() {
    for args in [
        &[][..],
        &["check"],
        &["chek", "a.net"],
        &["check", "--input", "3x32", "a.net"],
        &["check", "--format", "xml", "a.net"],
        &["check", "--unsafe", "a.net"],
        &["check", "--color", "blue", "a.net"],
        &["fmt", "--fix"],
        &["explain"],
    ] {
        check(Case { args, status: 2, prints: Some(""), ..Case::default() });
    }
}

#[test]
fn json_has_the_documented_form() {
    let folder = folder_of(&[("good.net", GOOD), ("bad.net", CHANNELS)]);
    let output = netc(folder.path(), &["check", "--format", "json", "good.net", "bad.net", "no.net"], "");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(2), &b""[..]));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let keys = |value: &Value| value.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>()).unwrap_or_default();
    assert_eq!(keys(&json), ["version", "files"]);
    let [good, bad, missing] = json["files"].as_array().map(Vec::as_slice).expect("files") else { panic!("{json}") };
    let expected = ["path", "ok", "input", "params", "macs", "choices", "layers", "outputs", "diagnostics"];
    assert!([good, bad, missing].iter().all(|file| keys(file) == expected), "{json}");
    assert_eq!(
        (&good["ok"], &good["input"], &good["params"]),
        (&true.into(), &vec![1, 28, 28].into(), &135_410.into())
    );
    assert_eq!(keys(&good["layers"][0]), ["name", "block", "span", "output", "params", "macs", "implicit"]);
    assert_eq!(good["layers"][2]["implicit"], true);
    let fault = &bad["diagnostics"][0];
    assert_eq!(keys(fault), ["code", "severity", "message", "labels", "notes", "fixes"]);
    assert_eq!((&fault["code"], &fault["severity"]), (&"N0402".into(), &"error".into()));
    assert_eq!(keys(&fault["fixes"][0]), ["title", "safe", "edits"]);
    let edit = serde_json::json!(
        { "path": "bad.net", "line": 2, "column": 6, "end_line": 2, "end_column": 7, "text": "1" });
    assert_eq!(fault["fixes"][0]["edits"][0], edit);
    assert_eq!((&missing["ok"], &missing["diagnostics"][0]["code"]), (&false.into(), &"N0804".into()));
}

#[test]
fn colour_is_for_those_who_want_it() {
    let folder = folder_of(&[("bad.net", CHANNELS)]);
    let coloured = |args: &[&str]| netc(folder.path(), args, "").stderr.contains(&0x1b);
    assert!(!coloured(&["check", "bad.net"]));
    assert!(!coloured(&["check", "bad.net", "--color", "never"]));
    assert!(coloured(&["check", "bad.net", "--color", "always"]));
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.current_dir(folder.path()).args(["check", "bad.net", "--color", "auto"]).env("NO_COLOR", "1");
    assert!(!command.output().expect("netc ends").stderr.contains(&0x1b));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let long = format!("input 1x28x28\n{} -> FC\n", ["ReLU"; 5000].join(" -> "));
    let folder = folder_of(&[("long.net", &long)]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.current_dir(folder.path()).args(["check", "long.net"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("netc starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("netc ends");
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn fix_applies_safe_fixes_and_reports_the_rest() {
    let files: &[(&str, &str)] = &[("a.net", FOREIGN), ("b.net", UNSAFE), ("c.net", CHANNELS)];
    let base = || Case { files, ..Case::default() };
    let a = ("a.net", "input 1x28x28\nConv(1, 20, 3) -> ReLU -> FC\n");
    check(Case {
        args: &["check", "--fix", "a.net"],
        stdout: &["20x26x26"],
        stderr: &["a.net: 3 changes"],
        leaves: &[a],
        ..base()
    });
    check(Case { args: &["check", "--fix", "c.net"], leaves: &[("c.net", GOOD)], ..base() });
    check(Case { args: &["check", "--fix", "b.net"], status: 1, stderr: &["N0103"], leaves: &[files[1]], ..base() });
    check(Case { args: &["check", "--fix", "--unsafe", "b.net"], leaves: &[("b.net", UNSAFE_FIXED)], ..base() });
    check(Case { args: &["check", "--fix", "."], status: 1, leaves: &[a, files[1], ("c.net", GOOD)], ..base() });
    check(Case { args: &["check", "--fix", "-"], stdin: FOREIGN, prints: Some(a.1), leaves: files, ..base() });
    check(Case {
        args: &["check", "--fix", "--format", "json", "a.net"],
        stdout: &["\"ok\":true"],
        leaves: &[a],
        ..base()
    });
}

/// One run leaves nothing that another would mend.
#[test]
fn fix_mends_what_a_fix_brings_to_light() {
    let text = "input 1x28x28;\nuse conv as c\nConv2d(1, 8, kernel_size=3) -> c.ConvBN(8) -> Linear(10);\n";
    let fixed = "input 1x28x28\nuse conv\nConv(1, 8, kernel=3) -> ConvBN(8) -> FC(10)\n";
    check(Case {
        args: &["check", "--fix", "a.net"],
        files: &[("a.net", text)],
        leaves: &[("a.net", fixed)],
        stderr: &["a.net: 7 changes"],
        ..Case::default()
    });
}

#[test]
fn diff_shows_and_writes_nothing() {
    let files: &[(&str, &str)] = &[("a.net", FOREIGN)];
    let diff = "--- a.net\n+++ a.net\n@@ -1,2 +1,2 @@\n input 1x28x28\n-Conv2d(1, 20, 3) => relu -> FC\n+Conv(1, 20, 3) -> ReLU -> FC\n";
    for args in [&["check", "--fix", "--diff", "a.net"][..], &["check", "--diff", "a.net"]] {
        check(Case { args, files, prints: Some(diff), leaves: files, ..Case::default() });
    }
    let spaced: &[(&str, &str)] = &[("a.net", "input 1x28x28\nConv2d(1, 20, 3) => relu -> FC")];
    check(Case {
        args: &["check", "--diff", "a.net"],
        files: spaced,
        leaves: spaced,
        stdout: &["No newline"],
        ..Case::default()
    });
}

#[test]
fn fixes_reach_imported_files_but_not_the_standard_library() {
    let main = "use \"./parts/blocks.net\"\ninput 1x28x28\nStage(8) -> relu -> FC\n";
    let blocks = "block Stage(out) = conv(_, out, 3) -> Relu\n";
    let files: &[(&str, &str)] = &[("main.net", main), ("parts/blocks.net", blocks)];
    let fixed: &[(&str, &str)] = &[
        ("main.net", "use \"./parts/blocks.net\"\ninput 1x28x28\nStage(8) -> ReLU -> FC\n"),
        ("parts/blocks.net", "block Stage(out) = Conv(_, out, 3) -> ReLU\n"),
    ];
    check(Case { args: &["check", "--fix", "main.net"], files, leaves: fixed, ..Case::default() });
    check(Case { args: &["check", "--fix", "."], files, leaves: fixed, ..Case::default() });
    check(Case {
        args: &["check", "--diff", "main.net"],
        files,
        leaves: files,
        stdout: &["+++ parts/blocks.net"],
        ..Case::default()
    });
    let library: &[(&str, &str)] = &[("a.net", "use conv\ninput 1x1x1\nPool(1) -> ConvBN(4, k=2) -> FC\n")];
    check(Case {
        args: &["check", "--fix", "--unsafe", "a.net"],
        files: library,
        status: 1,
        stderr: &["N0305"],
        ..Case::default()
    });
}

#[test]
fn a_repeated_layer_gets_one_activation() {
    let mends = |text: &str, fixed: &str| {
        let (files, leaves) = ([("a.net", text)], [("a.net", fixed)]);
        let args = &["check", "--fix", "--unsafe", "a.net"];
        check(Case { args, files: &files, leaves: &leaves, stderr: &["!missing-activation"], ..Case::default() });
    };
    mends("input 1x28x28\nFC(32) * 2 -> FC\n", "input 1x28x28\n(FC(32) -> ReLU) * 2 -> FC\n");
    mends(
        "input 1x28x28\nblock C(n) = Conv(_, n, 3, pad=1)\nC(8) * 2 -> C(16) -> FC\n",
        "input 1x28x28\nblock C(n) = Conv(_, n, 3, pad=1) -> ReLU\nC(8) * 2 -> C(16) -> FC\n",
    );
    mends(
        "input 3x32x32\nConv(1, 6, 5) -> ReLU -> Pool(2) -> Conv(8, 16, 5) -> ReLU -> FC\n",
        "input 3x32x32\nConv(3, 6, 5) -> ReLU -> Pool(2) -> Conv(6, 16, 5) -> ReLU -> FC\n",
    );
}

#[test]
fn an_input_in_place_of_the_files_is_not_shown_there() {
    let files: &[(&str, &str)] = &[("a.net", "input 1x28x28\nConv(1, 8, 3) -> ReLU -> FC\n")];
    let args = &["check", "--input", "3x32x32", "a.net"];
    let stderr: &[&str] = &["the input is 3x32x32, given in place of the file's", "!1 | input"];
    check(Case { args, files, status: 1, stderr, ..Case::default() });
}

#[test]
fn fixing_more_mistakes_than_one_report_shows_ends() {
    let text = format!("input 1x28x28\n{} -> FC\n", ["relu"; 250].join(" -> "));
    let fixed = text.replace("relu", "ReLU");
    check(Case {
        args: &["check", "--fix", "a.net"],
        files: &[("a.net", &text)],
        leaves: &[("a.net", &fixed)],
        ..Case::default()
    });
}

#[test]
fn fmt_writes_one_style() {
    let messy = "Conv(1,20,3)->ReLU->FC # x";
    let neat = "Conv(1, 20, 3) -> ReLU -> FC # x\n";
    let files: &[(&str, &str)] = &[("a.net", messy), ("in/b.net", messy), ("neat.net", neat), ("bad.net", "FC ->")];
    let base = || Case { files, ..Case::default() };
    check(Case {
        args: &["fmt", "a.net"],
        prints: Some(""),
        stderr: &["formatted a.net\n1 file formatted\n"],
        leaves: &[("a.net", neat), files[1]],
        ..base()
    });
    check(Case { args: &["fmt", "in", "neat.net"], leaves: &[files[0], ("in/b.net", neat), files[2]], ..base() });
    let all = "formatted ./in/b.net\n2 files formatted, 1 file unchanged, 1 file not formatted because of errors\n";
    check(Case {
        args: &["fmt"],
        status: 1,
        stderr: &["formatted ./a.net\n", all],
        leaves: &[("a.net", neat), ("in/b.net", neat), files[3]],
        ..base()
    });
    check(Case { args: &["fmt", "-"], stdin: messy, prints: Some(neat), ..base() });
    check(Case { args: &["fmt", "-"], stdin: "FC ->", status: 1, prints: Some(""), stderr: &["N0102"], ..base() });
    check(Case { args: &["fmt", "bad.net"], status: 1, stderr: &["N0102"], leaves: files, ..base() });
    check(Case { args: &["fmt", "no.net"], status: 2, stderr: &["N0804"], ..base() });
}

#[test]
fn fmt_checks_without_writing() {
    let files: &[(&str, &str)] = &[("a.net", "ReLU->FC\n"), ("neat.net", "ReLU -> FC\n")];
    let base = || Case { files, leaves: files, ..Case::default() };
    let diff = "--- a.net\n+++ a.net\n@@ -1 +1 @@\n-ReLU->FC\n+ReLU -> FC\n";
    check(Case {
        args: &["fmt", "--check", "."],
        status: 1,
        prints: Some("./a.net\n"),
        stderr: &["1 file to be formatted, 1 file unchanged\n"],
        ..base()
    });
    check(Case { args: &["fmt", "--check", "neat.net"], prints: Some(""), stderr: &["1 file unchanged\n"], ..base() });
    check(Case { args: &["fmt", "--diff", "a.net", "neat.net"], prints: Some(diff), ..base() });
    check(Case { args: &["fmt", "--check", "--diff", "a.net"], status: 1, prints: Some(diff), ..base() });
}

#[cfg(unix)]
#[test]
fn writing_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = folder_of(&[("a.net", "ReLU->FC"), ("fixed.net", "ReLU->FC")]);
    let path = folder.path().join("a.net");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).expect("permissions");
    symlink("a.net", folder.path().join("link.net")).expect("a link");
    assert_eq!(netc(folder.path(), &["fmt", "link.net"], "").status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "ReLU -> FC\n");
    assert_eq!(std::fs::metadata(&path).expect("a file").permissions().mode() & 0o777, 0o640);
    assert!(std::fs::symlink_metadata(folder.path().join("link.net")).expect("a link").is_symlink());
    std::fs::set_permissions(folder.path().join("fixed.net"), PermissionsExt::from_mode(0o440)).expect("permissions");
    let output = netc(folder.path(), &["fmt", "fixed.net"], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("N0803"));
}

#[test]
fn explain_knows_codes_lints_and_layers() {
    let base = Case::default;
    check(Case { args: &["explain", "n0401"], stdout: &["# N0401: ", "## Mend"], ..base() });
    check(Case { args: &["explain", "Missing-Activation"], stdout: &["# missing-activation: "], ..base() });
    check(Case {
        args: &["explain", "conv"],
        stdout: &["Conv(in, out, kernel", "reads 16x8x8, a map, and makes 32x6x6"],
        ..base()
    });
    check(Case { args: &["explain", "Concat"], stdout: &["makes 32x8x8", "Concatenate"], ..base() });
    check(Case { args: &["explain", "Dense"], stdout: &["# FC"], ..base() });
    check(Case {
        args: &["explain", "N0491"],
        status: 2,
        prints: Some(""),
        stderr: &["N0808", "did you mean"],
        ..base()
    });
    check(Case { args: &["explain", "banana"], status: 2, stderr: &["N0808", "codes are written as N0401"], ..base() });
}
