//! Fashion-MNIST from its files: every layout of the folder, every kind of damage, and the publisher's own files.

mod real_data;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use netc::data::{DataFolder, Dataset, Environment, open};
use netc::diagnostic::Diagnostic;
use real_data::real_data;

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// A file of `count` images, each of one brightness: 10, 20, ...
fn images(count: u8) -> Vec<u8> {
    let header = [0, 0, 8, 3, 0, 0, 0, count, 0, 0, 0, 28, 0, 0, 0, 28];
    header.into_iter().chain((1..=count).flat_map(|n| [10 * n; 784])).collect()
}

fn labels(labels: &[u8]) -> Vec<u8> {
    [&[0, 0, 8, 1, 0, 0, 0, labels.len() as u8], labels].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

/// Writes a set of three training images and two test images.
fn write_set(place: &Path) {
    fs::create_dir_all(place).expect("a folder");
    let files = [
        (TRAIN_IMAGES, images(3)),
        (TRAIN_LABELS, labels(&[9, 0, 3])),
        (TEST_IMAGES, images(2)),
        (TEST_LABELS, labels(&[1, 2])),
    ];
    for (name, bytes) in files {
        fs::write(place.join(name), bytes).expect("a file");
    }
}

fn open_in(root: &Path, shape: Option<[usize; 3]>) -> Result<Dataset, Diagnostic> {
    open("fashion-mnist", &DataFolder::resolve(Some(root), &Environment::default()), shape)
}

fn image(set: &Dataset, index: usize) -> Vec<u8> {
    let mut out = vec![0; set.train.size()];
    set.train.read(index, &mut out);
    out
}

#[test]
fn files_are_found_in_every_layout() {
    for place in ["", "fashion-mnist", "FashionMNIST/raw", "fashion-mnist/raw"] {
        let root = tempfile::tempdir().expect("a folder");
        write_set(&root.path().join(place));
        let set = open_in(root.path(), None).unwrap_or_else(|error| panic!("{place}: {}", error.message));
        assert_eq!((set.shape(), set.train.len(), set.test.len()), ([1, 28, 28], 3, 2));
        assert_eq!([0, 1, 2].map(|index| set.train.label(index)), [9, 0, 3]);
        assert_eq!((image(&set, 2), set.classes[9].as_str()), (vec![30; 784], "Ankle boot"));
        assert!((set.statistics.mean[0] - 20.0 / 255.0).abs() < 1e-7);
        assert!((set.statistics.deviation[0] - (200.0f32 / 3.0).sqrt() / 255.0).abs() < 1e-7);
    }
}

#[test]
fn files_may_be_packed_and_in_several_members() {
    let root = tempfile::tempdir().expect("a folder");
    write_set(root.path());
    for name in [TRAIN_IMAGES, TEST_LABELS] {
        let bytes = fs::read(root.path().join(name)).expect("a file");
        let packed = [gzip(&bytes[..9]), gzip(&bytes[9..])].concat();
        fs::write(root.path().join(format!("{name}.gz")), packed).expect("a file");
        fs::remove_file(root.path().join(name)).expect("a file");
    }
    let set = open_in(root.path(), Some([3, 32, 30])).unwrap_or_else(|error| panic!("{}", error.message));
    assert_eq!((set.shape(), set.statistics.mean.len(), image(&set, 1)), ([3, 32, 30], 3, vec![20; 3 * 32 * 30]));
}

#[test]
fn an_absent_set_is_an_error_that_says_what_goes_where() {
    let root = tempfile::tempdir().expect("a folder");
    let at = |place: &str| root.path().join(place).display().to_string();
    let error = open_in(root.path(), None).err().expect("nothing is there");
    assert_eq!((error.id.as_str(), error.status()), ("N0701", 2));
    assert_eq!(error.message, format!("the data set `fashion-mnist` is not in {} (--data-dir)", root.path().display()));
    let files = [TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS].join(", ");
    let wanted = format!("put into {}: {files}; packed (.gz) or not", at("fashion-mnist"));
    assert_eq!(error.notes[0], wanted);
    let places = [at("fashion-mnist"), at("FashionMNIST/raw"), at("fashion-mnist/raw")].join(", ");
    assert_eq!(error.notes[1], format!("looked in {}, {places}", root.path().display()));

    write_set(&root.path().join("fashion-mnist"));
    fs::remove_file(root.path().join("fashion-mnist").join(TEST_LABELS)).expect("a file");
    let error = open_in(root.path(), None).err().expect("one is missing");
    let folder = at("fashion-mnist");
    assert_eq!(error.notes[0], format!("{folder} has no {TEST_LABELS}, packed (.gz) or not"));

    let error = open_in(&root.path().join("no/such"), None).err().expect("no folder");
    assert!(error.message.ends_with("no/such (--data-dir), which is no folder"), "{}", error.message);
    let error = open("fashion-mnist", &DataFolder::none(), None).err().expect("no folder");
    assert_eq!(error.message, "there is no folder to look for the data set `fashion-mnist` in");
}

/// Holds that a set whose file `name` holds `bytes` is refused with that code and message.
fn check_damage(name: &str, bytes: &[u8], code: &str, fault: &str) {
    let root = tempfile::tempdir().expect("a folder");
    write_set(root.path());
    let path = root.path().join(name);
    fs::write(&path, bytes).expect("a file");
    let error = open_in(root.path(), None).err().unwrap_or_else(|| panic!("accepted: {fault}"));
    let folder = format!("{}/", root.path().display());
    assert_eq!((error.id.as_str(), error.message.replace(&folder, "")), (code, format!("{name}: {fault}")));
}

#[test]
fn damaged_images_are_refused() {
    let good = images(3);
    let changed = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let packed = gzip(&good);
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    let check = |bytes: &[u8], fault: &str| check_damage(TRAIN_IMAGES, bytes, "N0702", fault);
    check(b"", "the file is empty (0 bytes)");
    check(b"PK\x03\x04", "byte 0 begins no IDX file of images: 0x504b0304 instead of 0x00000803");
    check(&labels(&[1]), "byte 0 begins no IDX file of images: 0x00000801 instead of 0x00000803");
    check(&good[..3], "the header ends at byte 3");
    check(&good[..15], "the header ends at byte 15");
    check(&changed(11, 27), "more data follow byte 2284, where 3x27x28 ends");
    check(&images(3)[..2000], "the data end at byte 2000, though the header promises 3 images, 2368 bytes");
    check(
        &changed(4, 255),
        "the data end at byte 2368, though the header promises 4278190083 images, 3354101025088 bytes",
    );
    let huge = [&[0, 0, 8, 3], &[255; 12][..]].concat();
    check(&huge, "the data end at byte 16, though the header promises 4294967295 images");
    check(&[&good[..], &[0]].concat(), "more data follow byte 2368, where 3x28x28 ends");
    check(&changed(7, 0)[..16], "byte 4 begins the number of images, which is 0");
    let narrow = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 28, 0, 0, 0, 1], &[0; 28][..]].concat();
    check(&narrow, "bytes 8 to 15 say 28x1 pixels instead of 28x28");
    check(
        &packed[..packed.len() - 4],
        "the gzip file is cut off, or has stray bytes at its end, after byte 2368 (bytes count unpacked)",
    );
    check(&packed[..5], "the gzip file is cut off, or has stray bytes at its end, after byte 0 (bytes count unpacked)");
    check(
        &gzip(&good[..99]),
        "the data end at byte 99, though the header promises 3 images, 2368 bytes (bytes count unpacked)",
    );
    check(&gzip(b""), "the header ends at byte 0 (bytes count unpacked)");
    check(
        &flipped,
        "the gzip data are damaged after byte 2368: corrupt gzip stream does not have a matching checksum (bytes count unpacked)",
    );
}

#[test]
fn damaged_labels_are_refused() {
    let check = |bytes: &[u8], fault: &str| check_damage(TEST_LABELS, bytes, "N0702", fault);
    check(&labels(&[0, 10]), "byte 9 is the label 10; labels are 0 to 9");
    check(&labels(&[0])[..8], "the data end at byte 8, though the header promises 1 labels, 9 bytes");
    check(&labels(&[0, 1, 2]), "byte 4 begins the number of labels, 3, but t10k-images-idx3-ubyte holds 2 images");
}

/// The error of a set whose file of labels is what `put` makes, and that file's path.
fn with_labels(put: impl Fn(&Path)) -> (PathBuf, Diagnostic) {
    let root = tempfile::tempdir().expect("a folder");
    write_set(root.path());
    let path = root.path().join(TRAIN_LABELS);
    fs::remove_file(&path).expect("a file");
    put(&path);
    let error = open_in(root.path(), None).err().expect("what is no file is refused");
    (path, error)
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let (path, error) = with_labels(|path| fs::create_dir(path).expect("a folder in its place"));
    assert_eq!((error.id.as_str(), error.status()), ("N0804", 2));
    assert!(error.message.starts_with(&format!("cannot read {}: ", path.display())), "{}", error.message);
}

#[test]
fn a_file_of_too_many_bytes_ends_at_the_limit() {
    let root = tempfile::tempdir().expect("a folder");
    write_set(root.path());
    let mut file = fs::File::create(root.path().join(TRAIN_IMAGES)).expect("a file");
    file.write_all(&[&[0, 0, 8, 3], &[255; 12][..]].concat()).expect("written");
    file.set_len(300 << 20).expect("a file with a hole");
    let error = open_in(root.path(), None).err().expect("too much comes out");
    assert_eq!(error.id.as_str(), "N0702");
    assert!(error.message.contains("more than 268435456 bytes come out of it"), "{}", error.message);
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_never_waited_for() {
    let link = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).expect("a link in its place");
    let (path, error) = with_labels(link);
    assert_eq!(
        (error.id.as_str(), error.message),
        ("N0804", format!("cannot read {}: it is not a plain file", path.display()))
    );
}

#[test]
fn the_publishers_files_are_read_whole() {
    let Some(data) = real_data("fashion-mnist") else { return };
    let folder = DataFolder::resolve(Some(&data), &Environment::default());
    let set = open("fashion-mnist", &folder, None).unwrap_or_else(|error| panic!("{error:?}"));
    for (part, count) in [(&set.train, 60_000), (&set.test, 10_000)] {
        let mut histogram = [0; 10];
        (0..part.len()).for_each(|index| histogram[part.label(index)] += 1);
        assert_eq!((part.len(), histogram), (count, [count / 10; 10]));
    }
    let (mean, deviation) = (set.statistics.mean[0], set.statistics.deviation[0]);
    assert_eq!((format!("{mean:.4}"), format!("{deviation:.4}")), ("0.2860".into(), "0.3530".into()));
}
