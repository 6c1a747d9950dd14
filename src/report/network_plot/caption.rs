//! A node of the graph -> what stands in its box: the layer as it is written, what it costs, its label.

use crate::graph::Node;
use crate::layer::{Activation, Constraint, Conv, ConvT, Op, Param, Recurrent, Seq, Window};
use crate::report::grouped;

/// The lines of a node; adapters are in brackets.
pub fn caption(node: &Node) -> Vec<String> {
    let written = written(node);
    let mut lines = vec![if node.implicit { format!("({written})") } else { written }];
    lines.extend(label(node).map(|label| format!("as {label}")));
    lines.extend(cost(node));
    lines
}

/// The node's own name, where a label gave it one.
fn label(node: &Node) -> Option<&str> {
    let name = node.path.rsplit('.').find(|part| !part.bytes().all(|byte| byte.is_ascii_digit()))?;
    (name != node.name).then_some(name)
}

fn cost(node: &Node) -> Option<String> {
    let params: u64 = node.params.iter().filter(|param| param.trained).map(|param: &Param| param.count() as u64).sum();
    let params = (params > 0).then(|| format!("{} params", grouped(params)));
    let macs = (node.macs > 0).then(|| format!("{} mult-adds", rounded(node.macs)));
    let parts: Vec<String> = params.into_iter().chain(macs).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// `9,437`, `121.7 k`, `1.6 M`
fn rounded(count: u64) -> String {
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")];
    match units.iter().find(|(least, _)| count as f64 >= *least) {
        Some((least, unit)) => {
            format!("{:.1} {unit}", count as f64 / least.min(if *unit == "k" { 1e3 } else { *least }))
        }
        None => grouped(count),
    }
}

/// The layer with the arguments that are not its defaults.
fn written(node: &Node) -> String {
    let arguments = arguments(node);
    if arguments.is_empty() { node.name.to_string() } else { format!("{}({})", node.name, arguments.join(", ")) }
}

fn arguments(node: &Node) -> Vec<String> {
    match &node.op {
        Op::Conv(conv) => of_conv(conv),
        Op::ConvT(conv) => of_conv_t(conv),
        Op::MaxPool(window) | Op::AvgPool(window) => of_window(window),
        Op::Fc(fc) => {
            let ends = vec![fc.input.to_string(), fc.output.to_string()];
            ends.into_iter().chain(fc.constraint.map(of_constraint)).collect()
        }
        Op::Recurrent(recurrent) => of_recurrent(recurrent),
        Op::Seq(seq) => vec![of_seq(*seq)],
        Op::GroupNorm { groups } => vec![groups.to_string()],
        Op::Dropout { p, .. } => vec![p.to_string()],
        Op::Activation(Activation::LeakyRelu { slope }) => unless(*slope == 0.01, || slope.to_string()),
        Op::Reshape => vec![node.output.to_string()],
        Op::Upsample { factor: size } | Op::Pad { pad: size } => vec![side(*size)],
        Op::GlobalAvgPool | Op::BatchNorm | Op::LayerNorm | Op::Activation(_) | Op::Softmax => vec![],
        Op::LogSoftmax | Op::Flatten | Op::Identity | Op::Merge(_) => vec![],
    }
}

fn unless(usual: bool, text: impl FnOnce() -> String) -> Vec<String> {
    if usual { vec![] } else { vec![text()] }
}

/// `3`, or `3x5` of height and width.
fn side([height, width]: [usize; 2]) -> String {
    if height == width { height.to_string() } else { format!("{height}x{width}") }
}

fn of_conv(conv: &Conv) -> Vec<String> {
    let [rows, columns] = conv.pad;
    let pad = || match rows[0] == rows[1] && columns[0] == columns[1] {
        true => format!("pad={}", side([rows[0], columns[0]])),
        false => "pad=same".into(),
    };
    let parts = [
        vec![conv.input.to_string(), conv.output.to_string(), side(conv.kernel)],
        unless(conv.stride == [1, 1], || format!("stride={}", side(conv.stride))),
        unless(conv.pad == [[0, 0], [0, 0]], pad),
        unless(conv.dilation == [1, 1], || format!("dilation={}", side(conv.dilation))),
        unless(conv.groups == 1, || format!("groups={}", conv.groups)),
        unless(conv.bias, || "bias=false".into()),
        conv.constraint.map(of_constraint).into_iter().collect(),
    ];
    parts.concat()
}

fn of_conv_t(conv: &ConvT) -> Vec<String> {
    let parts = [
        vec![conv.input.to_string(), conv.output.to_string(), side(conv.kernel)],
        unless(conv.stride == [1, 1], || format!("stride={}", side(conv.stride))),
        unless(conv.pad == [0, 0], || format!("pad={}", side(conv.pad))),
        unless(conv.output_pad == [0, 0], || format!("output_pad={}", side(conv.output_pad))),
        unless(conv.bias, || "bias=false".into()),
    ];
    parts.concat()
}

fn of_window(window: &Window) -> Vec<String> {
    let parts = [
        vec![side(window.kernel)],
        unless(window.stride == window.kernel, || format!("stride={}", side(window.stride))),
        unless(window.pad == [0, 0], || format!("pad={}", side(window.pad))),
    ];
    parts.concat()
}

fn of_recurrent(recurrent: &Recurrent) -> Vec<String> {
    let parts = [
        vec![recurrent.input.to_string(), recurrent.hidden.to_string()],
        unless(recurrent.layers == 1, || format!("layers={}", recurrent.layers)),
        unless(!recurrent.bidirectional, || "bidirectional=true".into()),
        unless(!recurrent.all_steps, || "return=all".into()),
        unless(recurrent.dropout == 0.0, || format!("dropout={}", recurrent.dropout)),
    ];
    parts.concat()
}

fn of_seq(seq: Seq) -> String {
    match seq {
        Seq::Features(count) => count.to_string(),
        Seq::Positions => "by=positions".into(),
        Seq::Rows => "by=rows".into(),
        Seq::Channels => "by=channels".into(),
    }
}

fn of_constraint(constraint: Constraint) -> String {
    match constraint {
        Constraint::UnitNorm => "constraint=unit_norm".into(),
        Constraint::MaxNorm(most) => format!("constraint=max_norm({most})"),
    }
}

#[cfg(test)]
mod tests {
    use super::rounded;

    #[test]
    fn large_counts_are_rounded() {
        let check = |count, expected: &str| assert_eq!(rounded(count), expected);
        check(9_999, "9,999");
        check(121_680, "121.7 k");
        check(1_620_000, "1.6 M");
        check(9_437_184_000, "9.4 G");
    }
}
