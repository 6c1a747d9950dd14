//! `netc data` and the commands that read data sets, as a user runs them: fetching from a server on this machine,
//! checking, describing and showing sets, and the examples of the N07 pages.

mod real_data;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use netc::diagnostic::{CODES, page};
use real_data::real_data;
use serde_json::Value as Json;

/// A command of netc in a folder whose data are there too.
fn netc(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.args(arguments).current_dir(folder).env("NO_COLOR", "1").env("NETC_DATA", folder);
    command.env("XDG_CACHE_HOME", folder.join("caches")).env_remove("XDG_DATA_HOME");
    command.env_remove("http_proxy").env_remove("HTTP_PROXY").env_remove("ALL_PROXY").env_remove("all_proxy");
    command.output().expect("netc starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Json {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("no JSON: {}", stderr(output)))
}

/// A server of files by name. It notes the range of each request, and breaks the first answer off after `patience` bytes.
struct Server {
    address: String,
    ranges: Arc<Mutex<Vec<Option<u64>>>>,
}

impl Server {
    fn start(files: Vec<(&'static str, Vec<u8>)>, patience: Option<usize>, knows_ranges: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let ranges = Arc::new(Mutex::new(vec![]));
        let noted = ranges.clone();
        thread::spawn(move || {
            let mut patience = patience;
            for stream in listener.incoming().take(50) {
                let range = answer(&mut stream.expect("a connection"), &files, patience.take(), knows_ranges);
                noted.lock().expect("no panic").push(range);
            }
        });
        Self { address, ranges }
    }

    fn ranges(&self) -> Vec<Option<u64>> {
        self.ranges.lock().expect("no panic").clone()
    }
}

/// Answers one request; the first byte that it asks for.
fn answer(
    stream: &mut TcpStream,
    files: &[(&str, Vec<u8>)],
    patience: Option<usize>,
    knows_ranges: bool,
) -> Option<u64> {
    let lines: Vec<String> =
        BufReader::new(&*stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let name = lines[0].split(' ').nth(1).unwrap_or_default().trim_start_matches('/');
    let start = lines.iter().find_map(|line| {
        let range = line.to_lowercase();
        range.strip_prefix("range: bytes=")?.trim_end_matches('-').parse::<u64>().ok()
    });
    let Some((_, bytes)) = files.iter().find(|(known, _)| *known == name) else {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return start;
    };
    let used = start.filter(|_| knows_ranges);
    let from = used.unwrap_or(0) as usize;
    let status = match used {
        Some(_) => format!("206 Partial Content\r\nContent-Range: bytes {from}-{}/{}", bytes.len() - 1, bytes.len()),
        None => "200 OK".into(),
    };
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", bytes.len() - from);
    let body = &bytes[from..];
    let _ = stream.write_all(head.as_bytes());
    let _ = stream.write_all(&body[..patience.unwrap_or(body.len()).min(body.len())]);
    start
}

#[test]
fn fetching_goes_on_where_it_broke_off() {
    let Some(data) = real_data("fashion-mnist/t10k-labels-idx1-ubyte.gz") else { return };
    let names = [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ];
    let files = names.map(|name| (name, fs::read(data.join("fashion-mnist").join(name)).expect("a file"))).to_vec();
    for knows_ranges in [true, false] {
        check_resumed(files.clone(), knows_ranges);
    }
}

fn check_resumed(files: Vec<(&'static str, Vec<u8>)>, knows_ranges: bool) {
    let server = Server::start(files, Some(1_000_000), knows_ranges);
    let folder = tempfile::tempdir().expect("a folder");
    let fetch =
        || netc(folder.path(), &["data", "fetch", "fashion-mnist", "--from", &server.address, "--format", "json"]);
    let first = fetch();
    assert_eq!(first.status.code(), Some(2), "{}", stderr(&first));
    assert!(stderr(&first).contains("error[N0707]") && stderr(&first).contains("broke off"), "{}", stderr(&first));
    let part = folder.path().join("fashion-mnist/train-images-idx3-ubyte.gz.part");
    let there = fs::metadata(&part).expect("what came is kept").len();
    assert!(there > 0 && there <= 1_000_000);
    let second = fetch();
    assert_eq!(second.status.code(), Some(0), "{}", stderr(&second));
    assert_eq!(server.ranges(), [None, Some(there), None, None, None]);
    assert_eq!(json(&second)["paths"].as_array().map(Vec::len), Some(4));
    assert!(!part.exists());
    assert_eq!(fetch().status.code(), Some(0));
    assert_eq!(server.ranges().len(), 5, "what is there is not fetched again");
    let verified = json(&netc(folder.path(), &["data", "verify", "fashion-mnist", "--format", "json"]));
    assert_eq!(
        (&verified["ok"], &verified["train"], &verified["test"]),
        (&true.into(), &60_000.into(), &10_000.into())
    );
}

#[test]
fn what_is_not_the_published_file_is_not_kept() {
    let server = Server::start(vec![("cifar-10-binary.tar.gz", b"something else".to_vec())], None, true);
    let folder = tempfile::tempdir().expect("a folder");
    let output = netc(folder.path(), &["data", "fetch", "cifar10", "--from", &server.address]);
    let error = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("error[N0707]") && error.contains("c32a1d4ab5d03f1284b67883e8d87530"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

#[test]
fn without_a_server_it_says_what_to_put_where() {
    let server = Server::start(vec![], None, true);
    let folder = tempfile::tempdir().expect("a folder");
    for (from, fault) in [(server.address.as_str(), "404"), ("http://127.0.0.1:9", "cannot get")] {
        let output = netc(folder.path(), &["data", "fetch", "tiny-imagenet", "--from", from]);
        let (error, place) = (stderr(&output), folder.path().join("tiny-imagenet-200.zip"));
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains("error[N0707]") && error.contains(fault), "{error}");
        assert!(
            error.contains(&format!("http://cs231n.stanford.edu/tiny-imagenet-200.zip -> {}", place.display())),
            "{error}"
        );
    }
    let output = netc(folder.path(), &["data", "fetch", "imdb"]);
    assert!(stderr(&output).contains("error[N0703]"), "{}", stderr(&output));
}

/// Two classes of small images in `pictures`.
fn write_pictures(folder: &Path) {
    for (class, colour) in [("cat", [200, 10, 10]), ("dog", [10, 10, 200])] {
        for number in 0..10u8 {
            let path = folder.join(format!("pictures/{class}/{number}.png"));
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            image::RgbImage::from_pixel(6, 4, image::Rgb(colour.map(|value: u8| value + number)))
                .save(path)
                .expect("saved");
        }
    }
}

#[test]
fn sets_are_listed_verified_described_and_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pictures(folder.path());
    let list = json(&netc(folder.path(), &["data", "list", "--format", "json"]));
    let names: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|set| set["name"].as_str()).collect();
    assert_eq!(names, ["sketches", "fashion-mnist", "cifar10", "caltech101", "tiny-imagenet"]);
    assert_eq!((&list[2]["train"], &list[2]["path"]), (&50_000.into(), &Json::Null));
    let verified = json(&netc(folder.path(), &["data", "verify", "pictures", "--format", "json"]));
    assert_eq!((&verified["ok"], &verified["train"], &verified["test"]), (&true.into(), &16.into(), &4.into()));

    let stats =
        |more: &[&str]| netc(folder.path(), &[&["data", "stats", "pictures", "--format", "json"], more].concat());
    let described = json(&stats(&["--plot", "boxes.svg"]));
    assert_eq!(described["classes"][0]["label"], "cat");
    assert_eq!((&described["classes"][1]["train"], &described["classes"][1]["test"]), (&8.into(), &2.into()));
    let median = described["classes"][0]["mean"]["median"].as_f64().expect("a number");
    assert!((median - 77.8 / 255.0).abs() < 0.02, "{median}");
    assert!(fs::read_to_string(folder.path().join("boxes.svg")).expect("the plot").contains("dog"));
    assert_eq!(stats(&["--plot", "boxes.png", "--classes", "dog"]).status.code(), Some(0));
    assert!(image::open(folder.path().join("boxes.png")).is_ok());
    let wrong = stats(&["--plot", "boxes.txt"]);
    assert!(wrong.status.code() == Some(2) && stderr(&wrong).contains("error[N0803]"), "{}", stderr(&wrong));
    let wrong = stats(&["--most-common=ten"]);
    let said = "expected a whole number from 1 to 1048576";
    assert!(wrong.status.code() == Some(2) && stderr(&wrong).contains(said), "{}", stderr(&wrong));

    let shown = netc(folder.path(), &["data", "show", "pictures", "--part", "test", "--out", "sheet.png"]);
    assert_eq!(shown.status.code(), Some(0), "{}", stderr(&shown));
    let sheet = image::open(folder.path().join("sheet.png")).expect("the sheet").to_rgb8();
    let reds = sheet.pixels().filter(|pixel| pixel.0[0] > 150 && pixel.0[2] < 50).count();
    assert!(reds >= 2 * 64 * 64, "{reds}");
    let text = String::from_utf8(netc(folder.path(), &["data", "stats", "pictures"]).stdout).expect("text");
    assert!(text.starts_with("pictures: 16 training and 4 test images of 3x32x32, 2 classes\n"), "{text}");
}

#[test]
fn a_folder_of_images_is_trained_on_evaluated_and_predicted() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pictures(folder.path());
    fs::write(folder.path().join("model.net"), "Conv(3, 4, 5, stride=4) -> ReLU -> FC\n").expect("written");
    let arguments = ["train", "model.net", "--dataset", "pictures", "--epochs", "3", "--batch", "4", "--lr", "0.01"];
    let trained =
        netc(folder.path(), &[&arguments[..], &["--out", "run", "--format", "json", "--threads", "1"]].concat());
    assert_eq!(trained.status.code(), Some(0), "{}", stderr(&trained));
    assert_eq!(json(&trained)["test"]["accuracy"], 1.0);
    assert_eq!(
        json(&netc(folder.path(), &["eval", "run", "--format", "json"]))["confusion"],
        serde_json::json!([[2, 0], [0, 2]])
    );
    let predicted = json(&netc(folder.path(), &["predict", "run", "pictures/dog/3.png", "--format", "json"]));
    assert_eq!(predicted[0]["label"], "dog");
    fs::remove_file(folder.path().join("pictures/dog/3.png")).expect("removed");
    let other = netc(folder.path(), &["eval", "run"]);
    assert!(stderr(&other).contains("error[N0805]"), "{}", stderr(&other));
    let named = netc(folder.path(), &["eval", "run", "--dataset", "pictures"]);
    assert_eq!(named.status.code(), Some(0), "{}", stderr(&named));
}

/// Runs the commands of a page's example: the last output.
fn run_example(folder: &Path, example: &str) -> Output {
    let path = Path::new(env!("CARGO_BIN_EXE_netc")).parent().expect("a folder");
    let path = format!("{}:{}", path.display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", example]).current_dir(folder).env("PATH", path).env("NO_COLOR", "1").env("NETC_DATA", folder);
    command.env("XDG_CACHE_HOME", folder.join("caches"));
    command.output().expect("a shell starts")
}

/// The texts of a page's blocks of commands.
fn commands(page: &str) -> impl Iterator<Item = &str> {
    page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next())
}

#[test]
fn the_commands_of_the_page_on_data_sets_run() {
    let folder = tempfile::tempdir().expect("a folder");
    write_pictures(folder.path());
    fs::write(folder.path().join("model.net"), "Conv(_, 4, 5, stride=4) -> ReLU -> FC\n").expect("written");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/data.md");
    let page = fs::read_to_string(path).expect("the page");
    for example in commands(&page) {
        let output = run_example(folder.path(), &format!("set -e\n{example}"));
        assert_eq!(output.status.code(), Some(0), "{example}{}", stderr(&output));
    }
    let image = folder.path().join("pictures/cat/0.png");
    fs::write(&image, b"").expect("written");
    let damaged = netc(folder.path(), &["data", "verify", "pictures"]);
    let error = stderr(&damaged);
    assert!(damaged.status.code() == Some(1) && error.contains("0.png` is not an image that can be read"), "{error}");
}

#[test]
fn the_pages_of_data_errors_show_what_raises_them() {
    for code in CODES.iter().map(|code| code.id).filter(|code| code.starts_with("N07")) {
        let folder = tempfile::tempdir().expect("a folder");
        write_pictures(folder.path());
        let picture = folder.path().join("pictures/cat/0.png");
        let copies = if code == "N0708" { 600 } else { 0 };
        (0..copies).for_each(|copy| {
            fs::copy(&picture, folder.path().join(format!("pictures/cat/copy-{copy}.png"))).expect("copied");
        });
        fs::write(folder.path().join("model.net"), "Conv(_, 4, 5, stride=4) -> ReLU -> FC\n").expect("written");
        fs::create_dir_all(folder.path().join("empty-folder")).expect("a folder");
        fs::create_dir_all(folder.path().join("damaged")).expect("a folder");
        for part in ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"] {
            fs::write(folder.path().join(format!("damaged/{part}-ubyte")), b"cut off").expect("written");
        }
        let text = page(code).expect("a page");
        let example = commands(text).next().expect("an example");
        let output = run_example(folder.path(), example);
        assert!(stderr(&output).contains(&format!("error[{code}]")), "{code}: {}", stderr(&output));
    }
}
