//! Each block of the standard library, in a small network of its own: output and parameters, as PyTorch has them.

mod support;

use std::collections::BTreeSet;
use std::path::Path;

use netc::graph::Cost;
use support::check_text;

/// Library, a network with one block of it, the shape that the block makes, the block's parameters.
type Row = (&'static str, &'static str, &'static str, u64);

const BLOCKS: &[Row] = &[
    ("conv", "input 3x32x32 ConvNorm(16) -> FC", "16x32x32", 464),
    ("conv", "input 3x32x32 ConvNorm(16, 1, 2) -> FC", "16x16x16", 80),
    ("conv", "input 3x32x32 ConvBN(16) -> FC", "16x32x32", 464),
    ("conv", "input 3x32x32 ConvBN(16, k=5, stride=2) -> FC", "16x16x16", 1_232),
    ("conv", "input 3x32x32 VGGStage(16) -> FC", "16x16x16", 2_768),
    ("conv", "input 3x32x32 VGGStageBN(16, 3) -> FC", "16x16x16", 5_136),
    ("conv", "input 3x32x32 Separable(3, 16) -> FC", "16x32x32", 113),
    ("conv", "input 3x32x32 Separable(3, 16, stride=2) -> FC", "16x16x16", 113),
    ("conv", "input 3x32x32 DoubleConv(16) -> FC", "16x32x32", 2_800),
    ("conv", "input 16x8x8 Up(8) -> FC", "8x16x16", 520),
    ("residual", "input 16x8x8 Basic(16) -> FC", "16x8x8", 4_672),
    ("residual", "input 16x8x8 BasicProjected(32) -> FC", "32x4x4", 14_528),
    ("residual", "input 16x8x8 BasicProjected(32, stride=1) -> FC", "32x8x8", 14_528),
    ("residual", "input 64x8x8 Bottleneck(16) -> FC", "64x8x8", 4_544),
    ("residual", "input 64x8x8 BottleneckProjected(16) -> FC", "64x4x4", 8_768),
    ("residual", "input 16x8x8 Wide(16) -> FC", "16x8x8", 4_672),
    ("residual", "input 16x8x8 WideProjected(32) -> FC", "32x4x4", 14_432),
    ("residual", "input 16x8x8 PreConv(32) -> ReLU -> FC", "32x8x8", 4_640),
    ("inception", "input 192x28x28 Inception(32) -> FC", "256x28x28", 163_696),
    ("inception", "input 192x28x28 InceptionBN(32) -> FC", "256x28x28", 165_152),
    ("inception", "input 32x32x32 Reduction(64) -> FC", "96x16x16", 18_560),
    ("attention", "input 64x8x8 SqueezeExcite(64) -> FC", "64x8x8", 580),
    ("attention", "input 16x8x8 SEBasic(16, ratio=4) -> FC", "16x8x8", 4_820),
    ("attention", "input 16x8x8 SEBasicProjected(32) -> FC", "32x4x4", 14_690),
    ("recurrent", "input 1x28x28 RowLSTM -> FC", "64", 24_064),
    ("recurrent", "input 1x28x28 RowLSTM(32, layers=2) -> FC", "32", 16_384),
    ("recurrent", "input 16x8x8 RecurrentHead", "10", 21_642),
    ("recurrent", "input 1x28x28 ParallelCNNLSTM -> FC", "128", 63_536),
    ("recurrent", "input 1x28x28 ParallelCNNLSTM(16, features=32) -> FC", "64", 66_816),
];

#[test]
fn each_block_makes_the_shape_and_parameters_of_the_table() {
    for &(library, network, output, params) in BLOCKS {
        let checked = check_text("block.net", None, &format!("use {library}\n{network}\n"));
        assert_eq!(checked.complaints(), "", "{network}");
        let inside = checked.report.layers.iter().filter(|layer| !layer.block.is_empty());
        let costs: Vec<Cost> = inside.filter_map(|layer| layer.cost).collect();
        assert_eq!(costs.last().map(|cost| cost.output.to_string()).as_deref(), Some(output), "{network}");
        assert_eq!(costs.iter().map(|cost| cost.params).sum::<u64>(), params, "{network}");
    }
}

#[test]
fn the_table_has_every_block() {
    let tested: BTreeSet<(String, String)> = BLOCKS.iter().map(|row| (row.0.into(), block_of(row.1))).collect();
    assert_eq!(tested, libraries().flat_map(|(name, text)| blocks(&name, &text)).collect());
}

#[test]
fn each_block_is_documented_right_above() {
    for (name, text) in libraries() {
        let lines: Vec<&str> = text.lines().collect();
        for (above, line) in lines.iter().zip(&lines[1..]).filter(|(_, line)| line.starts_with("block ")) {
            assert!(above.starts_with("# "), "stdlib/{name}.net: `{line}` has no comment");
        }
    }
}

#[test]
fn all_libraries_can_be_used_together() {
    let uses: String = libraries().map(|(name, _)| format!("use {name}\n")).collect();
    let checked = check_text("all.net", None, &format!("{uses}input 3x32x32\nConvBN(16) -> GlobalAvgPool -> FC\n"));
    assert_eq!(checked.complaints(), "");
}

/// `Basic` of `input 16x8x8 Basic(16) -> FC`.
fn block_of(network: &str) -> String {
    let call = network.split(' ').nth(2).unwrap_or_default();
    call.split('(').next().unwrap_or_default().to_string()
}

fn blocks(library: &str, text: &str) -> Vec<(String, String)> {
    let names = text.lines().filter_map(|line| line.strip_prefix("block "));
    let names = names.map(|rest| rest.split(['(', ' ']).next().unwrap_or_default());
    names.map(|name| (library.to_string(), name.to_string())).collect()
}

/// Name and text of each file under `stdlib/`.
fn libraries() -> impl Iterator<Item = (String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("stdlib");
    let entries = std::fs::read_dir(folder).expect("the folder of the standard library can be read");
    entries.map(|entry| {
        let path = entry.expect("the folder of the standard library can be read").path();
        let text = std::fs::read_to_string(&path).expect("a library can be read");
        (path.file_stem().unwrap_or_default().display().to_string(), text)
    })
}
