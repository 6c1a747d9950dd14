//! The networks of `examples/` with their recipes, cut short, on the real data sets, where those are.

mod place;
mod real_data;

use std::fs;
use std::path::Path;

use place::Place;
use real_data::real_data;

/// Trains as `docs/examples.md` does, but for one epoch of a share of the images; the accuracy on the test images.
fn trained(name: &str, files: &str, share: &str) -> Option<f64> {
    let data = fs::canonicalize(real_data(files)?).unwrap().display().to_string();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let [network, recipe] =
        ["net", "yaml"].map(|ending| examples.join(format!("{name}.{ending}")).display().to_string());
    let place = Place::with("");
    let short = ["--epochs", "1", "--train-fraction", share, "--out", "run", "--format", "json"];
    let result = place.result(&[&["train", &network, "--recipe", &recipe, "--data-dir", &data], &short[..]].concat());
    result["test"]["accuracy"].as_f64()
}

#[test]
fn the_network_for_fashion_mnist_trains() {
    // With a fiftieth the rate is still so high at the end that the last bit of a sum decides between 0.1 and 0.4.
    if let Some(accuracy) = trained("fashion", "fashion-mnist", "0.05") {
        assert!(accuracy > 0.3, "{accuracy}");
    }
}

#[test]
fn the_network_for_cifar10_trains() {
    if let Some(accuracy) = trained("cifar10", "cifar-10-batches-bin", "0.02") {
        // Sixteen steps at a rising rate teach it next to nothing.
        assert!((0.05..0.5).contains(&accuracy), "{accuracy}");
    }
}
