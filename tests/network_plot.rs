//! Drawn networks: what holds of every drawing, for all networks under `models/` and some that are hard to draw.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use netc::graph::{Given, Graph, Value, check};
use netc::report::{Arrow, Family, Frame, Leaf, NetworkPlot, PlottedNode, svg};
use netc::source::SourceMap;
use plotters::style::IntoFont;

/// Networks whose lines cross, pass or enter blocks.
const HARD: &[&str] = &[
    "input 1x28x28 Conv(1, 4, 3) as first -> ReLU -> Add(first, first) -> FC",
    "input 1x28x28 (Flatten | FC(20) | Conv(1, 4, 3) -> ReLU -> (FC(5) | Pool(2) -> FC(7)) -> Concat) -> Concat -> FC",
    "input 1x8x8 FC(4) as a -> FC(4) as b -> FC(4) as c -> Add(a, b) -> Add(c) -> Add(a) -> Concat(b, c) -> FC",
    "input 1x8x8
     block Inner = Conv(_, 4, 3, pad=1) -> ReLU
     block AVeryLongNameForABlockThatHoldsLittle = skip(Inner) -> Inner -> skip(skip(ReLU) -> Inner)
     Conv(1, 4, 3, pad=1) -> AVeryLongNameForABlockThatHoldsLittle * 2 -> (FC as logits | Conv(4, 1, 1) as image)",
    "input 1x8x8 block Both = (ReLU | Tanh) Both -> Add -> FC",
    "input 1x8x8 FC(4) as a -> ReLU * 60 -> Add(a) -> FC",
];

#[test]
fn boxes_stand_apart_or_in_each_other() {
    for (name, plot, _) in drawings() {
        let frames = frames(&plot);
        for (at, a) in frames.iter().enumerate() {
            assert!(within(*a, [0, 0, plot.size[0], plot.size[1]]), "{name}: {a:?} is not in the drawing");
            for b in &frames[at + 1..] {
                assert!(!overlap(*a, *b) || holds(*a, *b) || holds(*b, *a), "{name}: {a:?} and {b:?} overlap");
            }
        }
    }
}

#[test]
fn every_value_that_is_read_has_an_arrow_from_box_to_box() {
    for (name, plot, graph) in drawings() {
        let nodes = graph.nodes.iter().enumerate();
        let mut reads: Vec<(Value, Leaf)> =
            nodes.flat_map(|(at, node)| node.inputs.iter().map(move |&value| (value, Leaf::Node(at)))).collect();
        reads.extend(graph.outputs.iter().enumerate().map(|(at, output)| (output.value, Leaf::Output(at))));
        let drawn: Vec<(Value, Leaf)> = plot.arrows.iter().map(|arrow| (arrow.value, arrow.reader)).collect();
        assert_eq!(drawn, reads, "{name}");
        let mut points: Vec<[i32; 2]> = plot.arrows.iter().filter_map(|arrow| arrow.points.last().copied()).collect();
        points.sort_unstable();
        assert!(points.windows(2).all(|pair| pair[0] != pair[1]), "{name}: two arrows point at one place");
        for arrow in &plot.arrows {
            let [from, to] = ends(&plot, arrow);
            let (first, last) = (arrow.points[0], arrow.points[arrow.points.len() - 1]);
            assert!(first[1] == from.bottom && from.left < first[0] && first[0] < from.right, "{name}: {arrow:?}");
            assert!(last[1] == to.top && to.left < last[0] && last[0] < to.right, "{name}: {arrow:?}");
        }
    }
}

#[test]
fn no_arrow_goes_through_a_box() {
    for (name, plot, _) in drawings() {
        for arrow in &plot.arrows {
            let ends = ends(&plot, arrow);
            let in_the_way = |frame: &Frame| !ends.iter().any(|&end| holds(*frame, end) && *frame != end);
            for frame in frames(&plot).into_iter().filter(in_the_way) {
                let crossed = arrow.points.windows(2).any(|pair| crosses(pair[0], pair[1], frame));
                assert!(!crossed, "{name}: {arrow:?} goes through {frame:?}");
            }
        }
    }
}

#[test]
fn text_is_inside_its_box() {
    for (name, plot, _) in drawings() {
        for PlottedNode { frame, lines, .. } in &plot.nodes {
            let width =
                |at: usize, line: &str| ("sans-serif", if at == 0 { 14 } else { 11 }).into_font().box_size(line);
            for (at, line) in lines.iter().enumerate() {
                let (width, _) = width(at, line).expect("the font is known");
                assert!((width as i32) < frame.right - frame.left - 8, "{name}: `{line}`");
            }
            assert!(18 + 14 * (lines.len() as i32 - 1) < frame.bottom - frame.top, "{name}: {lines:?}");
        }
    }
}

#[test]
fn every_value_has_its_shape_on_its_arrows_and_no_label_covers_another() {
    for (name, plot, graph) in drawings() {
        let shapes = plot.arrows.iter().map(|arrow| (graph.shape(arrow.value).to_string(), false));
        let mut wanted: BTreeMap<String, bool> = shapes.collect();
        let boxes: Vec<Frame> = plot.labels.iter().map(label_frame).collect();
        for (at, label) in plot.labels.iter().enumerate() {
            wanted.insert(label.text.clone(), true);
            let nodes = plot.nodes.iter().map(|node| node.frame);
            let covered = nodes.chain(boxes[at + 1..].iter().copied()).find(|&frame| overlap(frame, boxes[at]));
            assert!(covered.is_none(), "{name}: {label:?} covers {covered:?}");
            let on_arrow =
                plot.arrows.iter().any(|arrow| arrow.points.windows(2).any(|p| crosses(p[0], p[1], boxes[at])));
            assert!(on_arrow, "{name}: {label:?} is on no arrow");
        }
        assert!(wanted.values().all(|found| *found), "{name}: {wanted:?}");
    }
}

#[test]
fn drawings_are_xml() {
    for (name, plot, graph) in drawings() {
        let text = svg(&plot).expect("drawn");
        let document = roxmltree::Document::parse(&text).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        let texts = document.descendants().filter(|node| node.has_tag_name("text")).count();
        assert!(texts > graph.nodes.len(), "{name}");
    }
}

#[test]
fn a_small_network_is_drawn_so() {
    let graph = graph_of("small.net", None, "input 1x8x8 block Unit = Conv(1, 2, 3) -> ReLU Unit -> FC");
    insta::assert_snapshot!("drawn", svg(&NetworkPlot::of(&graph.expect("checks")).expect("drawn")).expect("drawn"));
}

#[test]
fn ten_thousand_layers_are_an_svg_but_too_many_for_a_png() {
    let text = format!("input 1x8x8 FC(4) {} -> FC", "-> ReLU -> FC(4) ".repeat(4990));
    let plot = NetworkPlot::of(&graph_of("long.net", None, &text).expect("checks")).expect("drawn");
    assert!(plot.size[0] < 2 * plot.size[1] && plot.size[1] < 2 * plot.size[0], "{:?} is no page", plot.size);
    assert!(svg(&plot).expect("drawn").ends_with("</svg>\n"));
    assert!(plot.for_png().is_err_and(|reason| reason.contains("pixels")));
}

#[test]
fn families_have_their_colours() {
    let graph =
        graph_of("families.net", None, "input 1x28x28 Conv(1, 4, 3) -> Pool(2) -> BatchNorm -> LSTM(13, 5) -> FC");
    let plot = NetworkPlot::of(&graph.expect("checks")).expect("drawn");
    let families: Vec<Family> = plot.nodes.iter().map(|node| node.family).collect();
    use Family::{Arrangement, Convolution, End, FullyConnected, Norm, Pool, Recurrent};
    assert_eq!(families, [End, Convolution, Pool, Norm, Arrangement, Recurrent, FullyConnected, End]);
}

#[test]
fn the_tours_commands_draw_files() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/tour.md")).expect("the page can be read");
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::create_dir_all(folder.path().join("models/cs554")).expect("a folder can be made");
    let model = "models/cs554/model3_skip.net";
    std::fs::copy(root.join(model), folder.path().join(model)).expect("a file can be copied");
    for command in page.lines().filter_map(|line| line.strip_prefix("netc show ")) {
        let (arguments, file) = command.split_once(" > ").map_or((command, None), |(left, file)| (left, Some(file)));
        let output = netc_show(folder.path(), &arguments.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(0), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        if let Some(file) = file {
            std::fs::write(folder.path().join(file), &output.stdout).expect("a file can be written");
        }
    }
    let drawn = std::fs::read_to_string(folder.path().join("skip.svg")).expect("it is drawn");
    assert!(drawn.contains("LSTM(128, 256)"));
    assert!(image::open(folder.path().join("skip.png")).is_ok_and(|image| image.width() > 1000));
}

#[test]
fn a_png_that_would_be_too_large_is_an_error_with_advice() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let text = format!("input 1x8x8 FC(4) {} -> FC", "-> ReLU -> FC(4) ".repeat(3000));
    std::fs::write(folder.path().join("long.net"), text).expect("a file can be written");
    let output = netc_show(folder.path(), &["long.net", "--format", "png", "--out", "long.png"]);
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("error[N0803]") && message.contains("--format svg"), "{message}");
    assert!(!folder.path().join("long.png").exists());
}

#[test]
fn the_ending_of_a_file_says_how_it_is_drawn() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(folder.path().join("a.net"), "Conv(1,4,3) -> FC\n").expect("a file can be written");
    let drawn = |arguments: &[&str], name: &str| {
        let output = netc_show(folder.path(), &[&["a.net", "--out", name], arguments].concat());
        assert!(output.status.success(), "{name}");
        std::fs::read(folder.path().join(name)).expect("a drawing")
    };
    assert!(drawn(&[], "a.png").starts_with(b"\x89PNG"));
    for (name, word) in [("a.svg", "<svg"), ("a.dot", "digraph"), ("a.mmd", "flowchart"), ("a.txt", "input")] {
        let text = String::from_utf8(drawn(&[], name)).expect("text");
        assert!(text.contains(word), "{name}: {text}");
    }
    assert!(String::from_utf8(drawn(&["--format", "text"], "a.svg")).is_ok_and(|text| !text.contains("<svg")));
}

fn netc_show(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netc"));
    command.arg("show").args(arguments).current_dir(folder).env("NO_COLOR", "1");
    command.output().expect("netc starts")
}

fn drawings() -> Vec<(String, NetworkPlot, Graph)> {
    let mut graphs: Vec<(String, Graph)> = vec![];
    for path in networks() {
        let text = std::fs::read_to_string(&path).expect("a network can be read");
        let graph = graph_of(&path.display().to_string(), path.parent().map(Path::to_path_buf), &text);
        graphs.extend(graph.map(|graph| (path.display().to_string(), graph)));
    }
    assert!(graphs.len() > 30, "models have graphs");
    for text in HARD {
        graphs.push((text.to_string(), graph_of("hard.net", None, text).unwrap_or_else(|| panic!("{text}"))));
    }
    let drawn = graphs.into_iter().map(|(name, graph)| (name, NetworkPlot::of(&graph).expect("drawn"), graph));
    drawn.collect()
}

fn networks() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("models"), root.join("examples")];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder can be read") {
            let path = entry.expect("a folder can be read").path();
            match path.extension() {
                _ if path.is_dir() => folders.push(path),
                Some(extension) if extension == "net" => files.push(path),
                _ => {}
            }
        }
    }
    files
}

fn graph_of(name: &str, folder: Option<PathBuf>, text: &str) -> Option<Graph> {
    let mut sources = SourceMap::new();
    let file = sources.add(name, folder, text);
    check(&mut sources, file, &Given::default()).graph
}

fn frames(plot: &NetworkPlot) -> Vec<Frame> {
    plot.nodes.iter().map(|node| node.frame).chain(plot.blocks.iter().map(|block| block.frame)).collect()
}

/// The boxes of what makes a value and of what reads it.
fn ends(plot: &NetworkPlot, arrow: &Arrow) -> [Frame; 2] {
    let source = match arrow.value {
        Value::Input => Leaf::Input,
        Value::Node(node) => Leaf::Node(node),
    };
    [source, arrow.reader].map(|leaf| plot.nodes.iter().find(|node| node.leaf == leaf).expect("it is drawn").frame)
}

fn label_frame(label: &netc::report::ShapeLabel) -> Frame {
    let (width, _) = ("sans-serif", 11).into_font().box_size(&label.text).expect("the font is known");
    let ([x, y], half) = (label.middle, width as i32 / 2);
    Frame { left: x - half, top: y - 6, right: x + half, bottom: y + 6 }
}

fn within(frame: Frame, [left, top, right, bottom]: [i32; 4]) -> bool {
    left <= frame.left && top <= frame.top && frame.right <= right && frame.bottom <= bottom
}

fn holds(outer: Frame, inner: Frame) -> bool {
    within(inner, [outer.left, outer.top, outer.right, outer.bottom])
}

fn overlap(a: Frame, b: Frame) -> bool {
    a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}

/// Whether a line has a point inside a box, its borders aside: the line is cut to the box's sides (Liang and Barsky).
fn crosses(from: [i32; 2], to: [i32; 2], frame: Frame) -> bool {
    let (low, high) = ([frame.left + 1, frame.top + 1], [frame.right - 1, frame.bottom - 1]);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for axis in 0..2 {
        let (start, way) = (f64::from(from[axis]), f64::from(to[axis] - from[axis]));
        let (low, high) = (f64::from(low[axis]), f64::from(high[axis]));
        if way == 0.0 && !(low..=high).contains(&start) {
            return false;
        }
        if way != 0.0 {
            let (a, b) = ((low - start) / way, (high - start) / way);
            (enter, leave) = (enter.max(a.min(b)), leave.min(a.max(b)));
        }
    }
    enter <= leave
}
