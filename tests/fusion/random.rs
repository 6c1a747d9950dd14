//! A number -> the text of a network that checks, drawn from every layer of the language.

use netc::graph::Graph;
use netc::random::{Purpose, key, stream};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::support::check_text;

/// Steps that a chain gets at most.
const STEPS: usize = 8;
/// Multiply-adds of one image, so that tests stay quick.
const COST: u64 = 400_000;

/// The network of that number: an image of a few channels, layers that fit by trial, and scores for ten classes.
pub fn network(number: u64) -> String {
    let mut dice = Dice(stream(key(number, Purpose::Sketch, 0, 0)));
    let mut text = format!("input {}x{}x{}\n", dice.between(1, 4), dice.between(6, 13), dice.between(6, 13));
    let mut begun = false;
    for _ in 0..dice.between(3, STEPS) {
        let step = dice.step(1);
        let longer = if begun { format!("{text} -> {step}") } else { format!("{text}{step}") };
        if fits(&longer) {
            (text, begun) = (longer, true);
        }
    }
    if begun { format!("{text} -> FC") } else { format!("{text}FC") }
}

fn fits(text: &str) -> bool {
    let checked = check_text("network.net", None, &format!("{text} -> FC"));
    let cost = |graph: &Graph| graph.nodes.iter().map(|node| node.macs).sum::<u64>();
    checked.report.graph.as_ref().is_some_and(|graph| cost(graph) <= COST)
}

struct Dice(ChaCha8Rng);

impl Dice {
    fn between(&mut self, low: usize, high: usize) -> usize {
        self.0.random_range(low..=high)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.between(0, words.len() - 1)]
    }

    /// A layer, or, where `depth` allows, branches with a merge.
    fn step(&mut self, depth: usize) -> String {
        match self.between(0, 9) {
            0..=2 => self.sliding(),
            3 => self.norm(),
            4 | 5 => self.activation().into(),
            6 => self.sequence(),
            7 => self.reshaping(),
            _ if depth > 0 => self.branches(depth - 1),
            _ => self.sliding(),
        }
    }

    fn sliding(&mut self) -> String {
        let (out, kernel, stride, pad) =
            (self.between(1, 9), self.between(1, 5), self.between(1, 2), self.between(0, 2));
        match self.between(0, 7) {
            0 => format!("Conv(_, {out}, 3, pad=1)"),
            1 => format!("Conv(_, {out}, 5, pad=2)"),
            2 => format!("Conv(_, {out}, {kernel}x{}, stride={stride}, pad={pad}, bias=false)", self.between(1, 4)),
            3 => format!("Conv(_, {}, 3, groups=2, dilation={stride})", 2 * out),
            4 => format!("ConvT(_, {out}, {}, stride={stride}, pad={})", kernel + 1, pad.min(1)),
            5 => format!("Pool({}, stride={stride}, pad={})", kernel.max(2), pad.min(1)),
            6 => format!("AvgPool({}, stride={stride}, pad={})", kernel.max(2), pad.min(1)),
            _ => self.pick(&["Pool(2)", "GlobalAvgPool", "FC(12)", "FC(7)"]).into(),
        }
    }

    fn norm(&mut self) -> String {
        let drop = format!("Dropout(0.{})", self.between(1, 5));
        self.pick(&["BatchNorm", "LayerNorm", "GroupNorm(1)", "GroupNorm(2)", "Dropout2d(0.3)", &drop]).into()
    }

    fn activation(&mut self) -> &'static str {
        let words = [
            "ReLU",
            "ReLU",
            "LeakyReLU",
            "LeakyReLU(0.2)",
            "ELU",
            "GELU",
            "SiLU",
            "Tanh",
            "Sigmoid",
            "Softmax",
            "LogSoftmax",
        ];
        self.pick(&words)
    }

    fn sequence(&mut self) -> String {
        let kind = self.pick(&["LSTM", "GRU", "RNN"]);
        let (hidden, layers) = (self.between(2, 9), self.between(1, 2));
        let (both, all) = (self.pick(&["true", "false"]), self.pick(&["all", "last"]));
        let drop = if layers > 1 { self.pick(&["0", "0.3"]) } else { "0" };
        let by = self.pick(&["", "Seq(by=rows) -> ", "Seq(by=channels) -> ", "Seq(by=positions) -> "]);
        format!("{by}{kind}(_, {hidden}, {layers}, bidirectional={both}, return={all}, dropout={drop})")
    }

    fn reshaping(&mut self) -> String {
        let words =
            ["Upsample(2)", "Pad(1)", "Flatten", "Identity", "Seq(2)", "Seq(by=rows)", "FC(24) -> Reshape(2x3x4)"];
        self.pick(&words).into()
    }

    /// Branches that keep the shape fit every merge; others fit some.
    fn branches(&mut self, depth: usize) -> String {
        let merge = self.pick(&["Add", "Add", "Mul", "Max", "Mean", "Concat"]);
        let keeping = format!("Conv(_, {}, 3, pad=1)", self.between(1, 9));
        let gate = "GlobalAvgPool -> FC(4) -> Sigmoid";
        let first = [self.step(depth), keeping, self.activation().into()];
        let second = [self.step(depth), "Identity".into(), self.activation().into(), gate.into()];
        let (first, second) = (&first[self.between(0, 2)], &second[self.between(0, 3)]);
        match self.between(0, 3) {
            0 => format!("skip({first})"),
            1 => format!("( {first} | {second} | Identity ) -> {merge}"),
            _ => format!("( {first} | {second} ) -> {merge}"),
        }
    }
}
