//! Every network under `models/`: its input, parameters, multiply-adds and outputs.
//!
//! The sizes are PyTorch's for the same network.

mod support;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use netc::graph::{Given, Graph, check};
use netc::source::SourceMap;
use netc::train::{fit, read_recipe};
use support::{Checked, check_text};

/// Path under `models/`, input, parameters, multiply-adds of one image, outputs.
type Row = (&'static str, &'static str, u64, u64, &'static str);

const MODELS: &[Row] = &[
    ("bas/ann1.net", "1x28x28", 567_434, 566_528, "10"),
    ("bas/ann2.net", "1x28x28", 567_434, 566_528, "10"),
    ("bas/ann3.net", "1x28x28", 576_810, 575_808, "10"),
    ("bas/cnn1.net", "1x28x28", 468_202, 18_691_840, "10"),
    ("bas/cnn2.net", "1x28x28", 468_202, 18_691_840, "10"),
    ("bas/cnn3.net", "1x28x28", 436_202, 29_275_904, "10"),
    ("classics/alexnet_cifar.net", "3x32x32", 2_472_266, 14_957_056, "10"),
    ("classics/lenet5.net", "1x28x28", 61_706, 416_520, "10"),
    ("classics/mobilenet.net", "3x32x32", 3_217_226, 46_354_432, "10"),
    ("classics/resnet18.net", "3x32x32", 11_173_962, 555_422_720, "10"),
    ("classics/resnet20.net", "3x32x32", 272_474, 40_813_184, "10"),
    ("classics/unet.net", "3x32x32", 1_929_645, 144_116_224, "10, 3x32x32"),
    ("classics/vgg11.net", "3x32x32", 9_228_362, 152_769_536, "10"),
    ("classics/vgg16.net", "3x32x32", 14_724_042, 313_201_664, "10"),
    ("classics/wrn16_4.net", "3x32x32", 2_748_890, 392_612_352, "10"),
    ("cs554/model1_cnn.net", "3x32x32", 1_403_050, 39_748_864, "10"),
    ("cs554/model2_cnn_lstm.net", "3x32x32", 716_458, 44_958_976, "10"),
    ("cs554/model3_skip.net", "3x32x32", 1_248_618, 45_490_816, "10"),
    ("cs554/model4_autoencoder.net", "3x32x32", 155_181, 3_747_840, "10, 3x32x32"),
    ("group24/cnn_batchnorm.net", "1x28x28", 455_114, 11_065_088, "10"),
    ("group24/cnn_svm.net", "1x28x28", 455_114, 11_065_088, "10"),
    ("group24/model1.net", "1x28x28", 40_122, 558_208, "10"),
    ("group24/model2.net", "1x28x28", 29_994, 1_066_304, "10"),
    ("group24/parallel.net", "1x28x28", 64_826, 1_218_304, "10"),
    ("ji2022/model1.net", "1x28x28", 21_630, 1_936_180, "10"),
    ("ji2022/model1_cnn.net", "1x28x28", 1_645_750, 3_366_680, "10"),
    ("ji2022/model2.net", "1x28x28", 1_098_820, 1_867_880, "10"),
    ("ji2022/model3.net", "1x28x28", 23_810, 1_844_280, "10"),
    ("ji2022/model3_cnn.net", "1x28x28", 345_750, 2_066_680, "10"),
    ("ji2022/model4.net", "1x28x28", 38_390, 497_000, "10"),
    ("ji2022/model5.net", "1x28x28", 101_700, 218_000, "10"),
    ("zhang/lstm.net", "1x28x28", 19_540, 521_710, "10"),
    ("zhang/lstm4.net", "1x28x28", 39_700, 1_070_510, "10"),
    ("zhang/lstm4_50.net", "1x28x28", 77_710, 2_117_300, "10"),
    ("zhang/lstm_log.net", "1x28x28", 19_540, 521_710, "10"),
    ("zhang/lstm_untuned.net", "1x28x28", 4_210, 107_720, "10"),
    ("zhang/rnn.net", "1x28x28", 5_155, 130_690, "10"),
];

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn check_model(path: &str) -> Checked {
    let file = models().join(path);
    let text = std::fs::read_to_string(&file).expect("a model of the table can be read");
    check_text(path, file.parent().map(Path::to_path_buf), &text)
}

#[test]
fn every_model_has_the_sizes_of_the_table() {
    for &(path, input, params, macs, outputs) in MODELS {
        let checked = check_model(path);
        assert_eq!(checked.complaints(), "", "{path}");
        let found =
            (checked.report.input.map(|shape| shape.to_string()), checked.report.params(), checked.report.macs());
        assert_eq!(found, (Some(input.to_string()), Some(params), Some(macs)), "{path}");
        assert_eq!(shapes_of_outputs(&checked), outputs, "{path}");
    }
}

/// `10`, or `10, 3x32x32`.
fn shapes_of_outputs(checked: &Checked) -> String {
    let shapes = checked.report.outputs.iter().map(|(_, shape)| shape.map_or("?".into(), |shape| shape.to_string()));
    shapes.collect::<Vec<_>>().join(", ")
}

#[test]
fn the_table_has_every_model() {
    let mut found = net_files(&models(), "");
    found.retain(|path| !path.contains("printed/"));
    found.sort();
    assert_eq!(found, MODELS.iter().map(|row| row.0).collect::<Vec<_>>());
}

fn net_files(folder: &Path, prefix: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder of models can be read");
    let files = entries.flat_map(|entry| {
        let entry = entry.expect("the folder of models can be read");
        let path = format!("{prefix}{}", entry.file_name().display());
        if entry.path().is_dir() { net_files(&entry.path(), &format!("{path}/")) } else { vec![path] }
    });
    files.filter(|path| path.ends_with(".net")).collect()
}

#[test]
fn every_model_says_where_it_is_from() {
    for (path, ..) in MODELS {
        let text = std::fs::read_to_string(models().join(path)).expect("a model of the table can be read");
        assert!(text.starts_with("# "), "{path} begins with a comment");
    }
}

/// Whether a file beside the networks is a recipe, and no report and no sweep.
fn is_recipe(path: &Path) -> bool {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.extension().is_some_and(|extension| extension == "yaml") && stem != "report" && !stem.starts_with("sweep_")
}

/// The recipes beside a network: its own, or the folder's, and those for other data sets.
fn recipes_of(path: &str) -> Vec<PathBuf> {
    let file = models().join(path);
    let folder = file.parent().expect("a folder");
    let of_network = |recipe: &PathBuf| recipe.with_extension("net").is_file();
    let entries = std::fs::read_dir(folder).expect("the folder can be read").flatten().map(|entry| entry.path());
    let mut recipes: Vec<PathBuf> = entries.filter(|path| is_recipe(path)).collect();
    let own = file.with_extension("yaml");
    let has_own = recipes.contains(&own);
    recipes.retain(|recipe| *recipe == own || !(of_network(recipe) || has_own && recipe.ends_with("recipe.yaml")));
    recipes
}

/// The network of a data set with so many classes.
fn graph_of(path: &str, classes: Option<usize>) -> Graph {
    let mut sources = SourceMap::new();
    let text = std::fs::read_to_string(models().join(path)).expect("a model of the table can be read");
    let file = sources.add(path, None, text);
    let report = check(&mut sources, file, &Given { dataset_classes: classes, ..Given::default() });
    report.graph.unwrap_or_else(|| panic!("{path} with {classes:?} classes: {:?}", report.diagnostics))
}

#[test]
fn every_recipe_fits_the_networks_beside_it() {
    let reports = MODELS.iter().filter(|(path, ..)| !path.starts_with("classics/"));
    for (path, ..) in reports {
        let recipes = recipes_of(path);
        assert!(!recipes.is_empty(), "{path} has no recipe");
        for name in recipes {
            let mut sources = SourceMap::new();
            let text = std::fs::read_to_string(&name).expect("a recipe can be read");
            assert!(text.starts_with("# "), "{} begins with a comment", name.display());
            let file = sources.add(name.display().to_string(), None, text);
            let (recipe, places) =
                read_recipe(&sources, &[file]).unwrap_or_else(|faults| panic!("{name:?}: {faults:?}"));
            let classes = recipe.data.classes.as_ref().map(Vec::len).or(recipe.data.most_common);
            let graph = graph_of(path, classes);
            fit::loss(&recipe, &places, &graph).unwrap_or_else(|fault| panic!("{path}, {name:?}: {fault:?}"));
        }
    }
}

#[test]
fn all_models_together_check_fast() {
    MODELS.iter().for_each(|row| drop(check_model(row.0)));
    let best = (0..5).map(|_| time_of_all()).min().expect("five runs");
    println!("{} models in {best:?}", MODELS.len());
    assert!(best < Duration::from_millis(50), "{best:?}");
}

fn time_of_all() -> Duration {
    let start = Instant::now();
    MODELS.iter().for_each(|row| drop(check_model(row.0)));
    start.elapsed()
}
