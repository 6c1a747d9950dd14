//! `report.html` of a run: what is in it, that it needs nothing else, and that Chromium has nothing to say against it.

mod place;

use std::fs;
use std::path::Path;
use std::process::Command;

use place::{Place, check_refused, text};

const LINE: &str = "Conv(1,8,3) -> ReLU -> Pool(4) -> FC\n";

/// A run of two epochs.
fn trained() -> Place {
    let place = Place::with(LINE);
    place.train(&["--epochs", "2", "--val-fraction", "0.1", "--out", "run"]);
    place
}

fn page(place: &Place, path: &str) -> String {
    text(&place.read(path))
}

/// The ids of a page's sections, in their order.
fn sections(page: &str) -> Vec<&str> {
    page.split("<section id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// What follows each place of `start` in a page.
fn after<'p>(page: &'p str, start: &'p str) -> impl Iterator<Item = &'p str> {
    page.match_indices(start).map(move |(at, _)| &page[at + start.len()..])
}

/// Fails where a page would load anything, or run a script.
fn check_needs_nothing(page: &str) {
    for part in ["http://", "https://", "<script", "url(", "@import", "<iframe", "<object", "javascript:"] {
        assert!(!page.contains(part), "the page has `{part}`");
    }
    assert!(after(page, " src=").all(|rest| rest.starts_with("\"data:")));
    assert!(after(page, " href=").all(|rest| rest.starts_with("\"data:") || rest.starts_with("\"#")));
    assert!(page.contains("<html lang=\"en\">") && page.contains("<meta name=\"viewport\""));
    assert!(after(page, "<img ").all(|rest| rest.split('>').next().is_some_and(|tag| tag.contains("alt=\""))));
}

#[test]
fn a_run_has_a_page_with_every_section_that_needs_nothing_else() {
    let place = trained();
    let page = page(&place, "run/report.html");
    let expected = [
        "figures",
        "classes",
        "curves",
        "confusion",
        "roc",
        "wrongest",
        "pixels",
        "places",
        "weights",
        "drawing",
        "network",
        "layers",
        "recipe",
        "commands",
    ];
    assert_eq!(sections(&page), expected);
    check_needs_nothing(&page);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    let parts = ["validation", "best epoch", "Ankle boot", "Conv(1,8,3) -&#62; ReLU", "dataset: sketches"];
    let commands = ["netc train run/network.net --recipe run/recipe.yaml --input 1x28x28", "netc train --resume run"];
    for part in parts.into_iter().chain(commands) {
        assert!(page.contains(part), "`{part}` is not in the page");
    }
}

#[test]
fn the_page_can_be_written_again_to_the_same_bytes() {
    let place = trained();
    let output = place.netc(&["report", "run", "--out", "again.html"]);
    assert_eq!(text(&output.stdout), "again.html\n");
    assert!(place.read("run/report.html") == place.read("again.html"));
    fs::remove_file(place.path("run/report.html")).unwrap();
    assert!(place.netc(&["report", "run"]).status.success());
    assert!(place.read("run/report.html") == place.read("again.html"));
    check_refused(&place, &["report", "none"], 2, &["N0807", "none"]);
    check_refused(&place, &["report", "run", "--out", "none/page.html"], 2, &["N0803"]);
}

#[test]
fn pruned_and_resumed_runs_have_pages() {
    let place = trained();
    place.train(&["--epochs", "1", "--out", "short"]);
    place.result(&["train", "--resume", "short", "--epochs", "2", "--format", "json"]);
    assert!(page(&place, "short/report.html").contains("2 of 2"));
    place.result(&["prune", "run", "--fraction", "0.5", "--out", "pruned", "--format", "json"]);
    assert!(place.netc(&["report", "pruned"]).status.success());
    let page = page(&place, "pruned/report.html");
    assert!(!sections(&page).contains(&"curves") && !page.contains("netc train pruned/network.net"));
    check_needs_nothing(&page);
}

#[test]
fn a_page_that_cannot_be_written_is_a_warning() {
    let place = Place::with(LINE);
    place.train(&["--epochs", "1", "--out", "run"]);
    fs::remove_file(place.path("run/report.html")).unwrap();
    fs::create_dir(place.path("run/report.html")).unwrap();
    let output = place.netc(&["train", "--resume", "run", "--epochs", "2"]);
    let said = text(&output.stderr);
    assert!(output.status.success() && text(&output.stdout).contains("test  loss"), "{said}");
    assert!(said.contains("no-report") && said.contains("netc report run"), "{said}");
    assert!(!place.path("run/report.html.partial").exists());
}

#[test]
fn names_of_classes_are_escaped() {
    let place = Place::with("input 3x8x8\nConv(3,4,3) -> ReLU -> FC\n");
    let classes = ["<script>alert(1)<", "a & \"b\""];
    for (number, class) in classes.into_iter().enumerate() {
        for part in ["train", "test"] {
            fs::create_dir_all(place.path("set").join(part).join(class)).unwrap();
            for image in 0..6u8 {
                let colour = image::Rgb([image * 40, 200 - image, 10 + number as u8]);
                let path = place.path("set").join(part).join(class).join(format!("{image}.png"));
                image::RgbImage::from_pixel(8, 8, colour).save(path).unwrap();
            }
        }
    }
    place.result(&["train", "model.net", "--dataset", "./set", "--epochs", "1", "--out", "run", "--format", "json"]);
    let page = page(&place, "run/report.html");
    check_needs_nothing(&page);
    assert!(page.contains("&#60;script&#62;alert(1)") && page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(page.contains("a &#38; &#34;b&#34;"));
}

#[test]
fn a_network_without_scores_has_the_sections_that_apply() {
    let place = Place::with("input 1x28x28\nConv(1,4,3,pad=1) -> ReLU -> Conv(4,1,3,pad=1)\n");
    place.train(&["--epochs", "1", "--out", "run"]);
    let page = page(&place, "run/report.html");
    let expected = [
        "figures",
        "curves",
        "reconstructions",
        "pixels",
        "places",
        "weights",
        "drawing",
        "network",
        "layers",
        "recipe",
        "commands",
    ];
    assert_eq!(sections(&page), expected);
    assert_eq!(page.matches("<img ").count(), 24);
    assert!(!page.contains("netc predict"));
    check_needs_nothing(&page);
}

#[test]
fn eval_lists_and_draws_the_wrongest_images() {
    let place = trained();
    let evaluation = place.result(&["eval", "run", "--wrongest", "5", "--pictures", "drawn", "--format", "json"]);
    let wrongest = evaluation["wrongest"].as_array().unwrap();
    assert_eq!(wrongest.len(), 5);
    let losses: Vec<f64> = wrongest.iter().map(|mistake| mistake["loss"].as_f64().unwrap()).collect();
    assert!(losses.is_sorted_by(|a, b| a >= b), "{losses:?}");
    for mistake in wrongest {
        assert!(mistake["true"] != mistake["predicted"] && mistake["index"].as_u64().unwrap() < 2000);
        assert!((0.1..=1.0).contains(&mistake["probability"].as_f64().unwrap()));
    }
    let drawn = page(&place, "drawn/wrongest.svg");
    assert!(drawn.matches("<image ").count() == 5 && drawn.contains(wrongest[0]["true"].as_str().unwrap()));
    for picture in ["wrongest", "weights"] {
        assert!(image::open(place.path(&format!("drawn/{picture}.png"))).is_ok(), "{picture}");
    }
    let said = text(&place.netc(&["eval", "run", "--wrongest", "3"]).stdout);
    assert_eq!(said.split("wrongest images\n").nth(1).unwrap().lines().count(), 4);
}

#[test]
fn chromium_opens_the_page_without_a_message_in_its_console() {
    let Some(chromium) = chromium() else {
        eprintln!("skipped: there is no Chromium on this machine");
        return;
    };
    let place = trained();
    let page = place.path("run/report.html");
    let said = console(chromium, &place, &page);
    assert!(said.is_empty(), "{said:#?}");
    let faulty = place.path("faulty.html");
    fs::write(&faulty, "<!DOCTYPE html><title>x</title><script>console.error('seen')</script>").unwrap();
    assert!(!console(chromium, &place, &faulty).is_empty(), "messages of the console are not seen");
}

fn chromium() -> Option<&'static str> {
    let runs = |name: &&&str| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    ["chromium", "chromium-browser", "google-chrome"].iter().find(runs).copied()
}

/// What the browser's console says of a page.
fn console(chromium: &str, place: &Place, page: &Path) -> Vec<String> {
    let profile = format!("--user-data-dir={}", place.path("profile").display());
    let flags = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--enable-logging=stderr",
        "--v=0",
        "--timeout=20000",
        "--dump-dom",
    ];
    let address = format!("file://{}", page.display());
    let output = Command::new(chromium).args(flags).args([profile, address]).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("<title>"), "the page was not opened");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    said.lines().filter(|line| line.contains("CONSOLE")).map(String::from).collect()
}
