//! CIFAR-10 in every version and layout, every kind of damage, and the publisher's own files.

mod real_data;

use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::Path;

use netc::data::{DataFolder, Dataset, Environment, open};
use netc::diagnostic::Diagnostic;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, proptest};
use real_data::real_data;

const BATCHES: [&str; 6] =
    ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"];
const LABELS: [u8; 3] = [3, 0, 9];

/// Image n of batch b, a record of the binary version: pixels of one value in each channel.
fn record(batch: usize, image: usize) -> Vec<u8> {
    let channel = |channel: usize| vec![(100 * channel + 10 * batch + image) as u8; 1024];
    [vec![LABELS[image]], channel(0), channel(1), channel(2)].concat()
}

fn binary(batch: usize) -> Vec<u8> {
    (0..3).flat_map(|image| record(batch, image)).collect()
}

fn pixels(batch: usize) -> Vec<u8> {
    (0..3).flat_map(|image| record(batch, image)[1..].to_vec()).collect()
}

/// A string of Python 2.
fn string(text: &str) -> Vec<u8> {
    [&[b'U', text.len() as u8], text.as_bytes()].concat()
}

fn labels() -> Vec<u8> {
    let items: Vec<u8> = LABELS.iter().flat_map(|&label| [b'K', label]).collect();
    [b"](", &items[..], b"e"].concat()
}

/// A pickle of protocol 2 as Python 2 wrote the publisher's.
fn python2(batch: usize) -> Vec<u8> {
    let data = pixels(batch);
    let kind = [
        b"cnumpy\ndtype\n(".as_slice(),
        &string("u1"),
        b"K\x00K\x01tR(K\x03",
        &string("|"),
        b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb",
    ];
    let bytes = [b"T".as_slice(), &(data.len() as u32).to_le_bytes(), &data].concat();
    let array = [
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85".as_slice(),
        &string("b"),
        b"\x87R(K\x01K\x03M\x00\x0c\x86",
        &kind.concat(),
        b"\x89",
        &bytes,
        b"tb",
    ];
    let parts = [b"\x80\x02}(".to_vec(), string("data"), array.concat(), string("labels"), labels(), b"u.".to_vec()];
    parts.concat()
}

/// A pickle of protocol 5, as Python 3 writes a dictionary with the same array.
fn python3(batch: usize) -> Vec<u8> {
    let data = pixels(batch);
    let text = |text: &str| [&[0x8c, text.len() as u8], text.as_bytes()].concat();
    let key = |text: &str| [&[b'C', text.len() as u8], text.as_bytes()].concat();
    let bytes = [b"\x96".as_slice(), &(data.len() as u64).to_le_bytes(), &data].concat();
    let array = [
        text("numpy._core.numeric"),
        text("_frombuffer"),
        b"\x93(".to_vec(),
        bytes,
        text("numpy"),
        text("dtype"),
        b"\x93".to_vec(),
        text("u1"),
        b"\x89\x88\x87R".to_vec(),
        b"K\x03M\x00\x0c\x86".to_vec(),
        text("C"),
        b"tR\x94".to_vec(),
    ];
    let frame = b"\x80\x05\x95\0\0\0\0\0\0\0\0}(".to_vec();
    [frame, key("labels"), labels(), key("data"), array.concat(), b"u.".to_vec()].concat()
}

type Make = fn(usize) -> Vec<u8>;

fn write_folder(place: &Path, suffix: &str, make: Make) {
    fs::create_dir_all(place).expect("a folder");
    for (index, batch) in BATCHES.iter().enumerate() {
        fs::write(place.join(format!("{batch}{suffix}")), make(index)).expect("a file");
    }
}

/// An archive of these entries, names as they are given.
fn tar(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(vec![]);
    for (name, bytes) in entries {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        archive.append(&header, &bytes[..]).expect("memory takes all");
    }
    archive.into_inner().expect("memory takes all")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(vec![], Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn entries(folder: &str, suffix: &str, make: Make) -> Vec<(String, Vec<u8>)> {
    BATCHES.iter().enumerate().map(|(index, batch)| (format!("{folder}/{batch}{suffix}"), make(index))).collect()
}

fn open_in(root: &Path) -> Result<Dataset, Diagnostic> {
    open("cifar10", &DataFolder::resolve(Some(root), &Environment::default()), None)
}

/// Holds that the set is the one that `record` makes.
fn check_set(root: &Path, what: &str) {
    let set = open_in(root).unwrap_or_else(|error| panic!("{what}: {} {:?}", error.message, error.notes));
    assert_eq!((set.shape(), set.train.len(), set.test.len()), ([3, 32, 32], 15, 3), "{what}");
    let mut image = vec![0; set.train.size()];
    set.train.read(7, &mut image);
    assert_eq!((set.train.label(7), image), (LABELS[1].into(), record(2, 1)[1..].to_vec()), "{what}");
    assert_eq!((set.test.label(2), set.classes[9].as_str()), (9, "truck"));
}

#[test]
fn batches_are_found_in_every_version_and_layout() {
    let versions: [(&str, &str, &str, Make); 3] = [
        ("cifar-10-batches-bin", ".bin", "cifar-10-binary.tar.gz", binary),
        ("cifar-10-batches-py", "", "cifar-10-python.tar.gz", python2),
        ("cifar-10-batches-py", "", "cifar-10-python.tar.gz", python3),
    ];
    for (folder, suffix, archive, make) in versions {
        for place in ["", "cifar10", folder, &format!("cifar10/{folder}")] {
            let root = tempfile::tempdir().expect("a folder");
            write_folder(&root.path().join(place), suffix, make);
            check_set(root.path(), &format!("{folder} in {place}"));
        }
        let packed = tar(&entries(folder, suffix, make));
        for (place, bytes) in [("", gzip(&packed)), ("cifar10", packed)] {
            let root = tempfile::tempdir().expect("a folder");
            fs::create_dir_all(root.path().join(place)).expect("a folder");
            fs::write(root.path().join(place).join(archive), bytes).expect("a file");
            check_set(root.path(), &format!("{archive} in {place}"));
        }
    }
}

#[test]
fn an_absent_set_is_an_error_that_says_what_goes_where() {
    let root = tempfile::tempdir().expect("a folder");
    let error = open_in(root.path()).err().expect("nothing is there");
    assert_eq!((error.id.as_str(), error.status()), ("N0701", 2));
    assert!(
        error.notes[0].contains("cifar-10-binary.tar.gz (or its folder cifar-10-batches-bin)"),
        "{:?}",
        error.notes
    );
    assert!(error.notes.iter().any(|note| note.starts_with("`netc data fetch cifar10`")), "{:?}", error.notes);
    let place = root.path().join("cifar-10-batches-bin");
    write_folder(&place, ".bin", binary);
    fs::rename(place.join("test_batch.bin"), place.join("test.bin")).expect("renamed");
    let error = open_in(root.path()).err().expect("one is missing");
    assert_eq!(error.notes[0], format!("{} has no test_batch.bin", place.display()));
}

/// Holds that a set whose file `name` holds `bytes` is refused with that message.
fn check_damage(folder: &str, suffix: &str, make: Make, bytes: &[u8], fault: &str) {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join(folder);
    write_folder(&place, suffix, make);
    let name = format!("data_batch_2{suffix}");
    fs::write(place.join(&name), bytes).expect("a file");
    let error = open_in(root.path()).err().unwrap_or_else(|| panic!("accepted: {fault}"));
    let message = error.message.replace(&format!("{}/", place.display()), "");
    assert_eq!((error.id.as_str(), message), ("N0702", format!("{name}: {fault}")));
}

#[test]
fn damaged_binary_batches_are_refused() {
    let good = binary(1);
    let check = |bytes: &[u8], fault: &str| check_damage("cifar-10-batches-bin", ".bin", binary, bytes, fault);
    check(b"", "the file is empty (0 bytes)");
    check(&good[..5000], "record 1 (byte 3073) ends at byte 1927 of 3073");
    check(&[&good[..], &[0]].concat(), "record 3 (byte 9219) ends at byte 1 of 3073");
    check(&good[..2 * 3073], "it ends after 2 records, but data_batch_1.bin has 3");
    check(&[&good[..], &record(1, 0)].concat(), "it ends after 4 records, but data_batch_1.bin has 3");
    let mut wrong = good.clone();
    wrong[3073] = 10;
    check(&wrong, "record 1 (byte 3073) has the label 10; labels are 0 to 9");
    check(&python2(1), "record 0 (byte 0) has the label 128; labels are 0 to 9");
}

#[test]
fn damaged_pickles_are_refused() {
    let good = python2(1);
    let check = |bytes: &[u8], fault: &str| check_damage("cifar-10-batches-py", "", python2, bytes, fault);
    let changed = |from: &[u8], to: &[u8]| {
        let at = good.windows(from.len()).position(|window| window == from).expect("it is there");
        [&good[..at], to, &good[at + from.len()..]].concat()
    };
    check(b"", "the file is empty (0 bytes)");
    check(b"PK\x03\x04", "byte 0: 0x50 is no operation of a pickle that holds images");
    check(&good[..5000], "byte 126: 9216 bytes are promised, but the file ends after 4869");
    check(
        &good[..good.len() - 1],
        &format!("byte {}: 1 bytes are promised, but the file ends after 0", good.len() - 1),
    );
    check(&changed(b"K\x09e", b"K\x0ae"), "record 2 has the label 10; labels are 0 to 9");
    check(&changed(b"labels", b"tables"), "the pickle is no dictionary with a list of `labels`");
    check(&changed(b"U\x04data", b"U\x04date"), "the pickle has no `data`");
    check(
        &changed(b"K\x03M\x00\x0c\x86", b"K\x02M\x00\x0c\x86"),
        "`data` has the shape [2, 3072]; 3 labels need [3, 3072]",
    );
    check(&changed(b"U\x02u1", b"U\x02f4"), "`data` holds `f4` instead of bytes (`u1`)");
    check(b"cos\nsystem\n(U\x04exittR.", "the pickle is no dictionary with a list of `labels`");
    check(
        b"\x80\x04\x95\0\0\0\0\0\0\0\x40}.",
        "byte 2: 4611686018427387904 bytes are promised, but the file ends after 2",
    );
    check(&binary(1), "byte 0: 0x03 is no operation of a pickle that holds images");
}

/// Holds that such an archive is refused with that message.
fn check_archive(bytes: &[u8], fault: &str) {
    let root = tempfile::tempdir().expect("a folder");
    let name = "cifar-10-binary.tar.gz";
    fs::write(root.path().join(name), bytes).expect("a file");
    let error = open_in(root.path()).err().unwrap_or_else(|| panic!("accepted: {fault}"));
    let message = error.message.replace(&format!("{}/", root.path().display()), "");
    assert_eq!(error.id.as_str(), "N0702", "{message}");
    assert!(message.starts_with(name) && message.contains(fault), "{message}");
    let left: Vec<_> = fs::read_dir(root.path()).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing is unpacked");
}

#[test]
fn hostile_and_damaged_archives_are_refused() {
    let good = entries("cifar-10-batches-bin", ".bin", binary);
    let with = |name: &str| [vec![(name.to_string(), vec![1, 2])], good.clone()].concat();
    check_archive(b"", "the file is empty (0 bytes)");
    check_archive(&gzip(b"no archive at all"), "the archive is cut off or damaged");
    check_archive(&gzip(&tar(&with("../evil"))), "the entry `../evil` (byte 0, unpacked) leads out of the archive");
    check_archive(&gzip(&tar(&with("a/../../evil"))), "leads out of the archive");
    check_archive(&gzip(&tar(&with("/etc/evil"))), "the entry `/etc/evil` (byte 0, unpacked) leads out of the archive");
    check_archive(&gzip(&tar(&good[..5])), "the archive has no cifar-10-batches-bin/test_batch.bin");
    check_archive(&gzip(&tar(&[good.clone(), good.clone()].concat())), "comes twice in the archive");
    let whole = gzip(&tar(&good));
    check_archive(&whole[..whole.len() / 2], "");
    let packed = tar(&good);
    check_archive(&packed[..12_000], "ends at byte");
    let mut huge = packed.clone();
    huge[124..136].copy_from_slice(b"77777777777\0");
    let mut header = tar::Header::from_byte_slice(&huge[..512]).clone();
    header.set_cksum();
    huge[..512].copy_from_slice(header.as_bytes());
    check_archive(&huge, "has 8589934591 bytes; no batch has more than");
    let mut short = good.clone();
    short[0].1.truncate(3072);
    check_archive(&gzip(&tar(&short)), "data_batch_1.bin: record 0 (byte 0) ends at byte 3072 of 3073");
    let mut fewer = good.clone();
    fewer[5].1.truncate(2 * 3073);
    check_archive(&gzip(&tar(&fewer)), "test_batch.bin: it ends after 2 records, but data_batch_1.bin has 3");
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let root = tempfile::tempdir().expect("a folder");
    let file = fs::File::create(root.path().join("cifar-10-binary.tar.gz")).expect("a file");
    let mut packed = GzEncoder::new(file, Compression::fast());
    let mut header = tar::Header::new_ustar();
    header.set_path("cifar-10-batches-bin/filler").expect("a name");
    header.set_size(2 << 30);
    header.set_cksum();
    packed.write_all(header.as_bytes()).expect("written");
    let zeros = vec![0; 1 << 20];
    (0..1100).for_each(|_| packed.write_all(&zeros).expect("written"));
    packed.finish().expect("written");
    let error = open_in(root.path()).err().expect("too much comes out");
    assert_eq!(error.id.as_str(), "N0702");
    assert!(error.message.contains("more than 1073741824 bytes come out of it"), "{}", error.message);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_a_file_crashes_it(at in any::<prop::sample::Index>(), value: u8, cut: bool, which in 0..3usize) {
        let (name, mut bytes) = match which {
            0 => ("cifar-10-binary.tar.gz", tar(&entries("cifar-10-batches-bin", ".bin", binary))),
            1 => ("cifar-10-binary.tar.gz", gzip(&tar(&entries("cifar-10-batches-bin", ".bin", binary)))),
            _ => ("cifar-10-python.tar.gz", tar(&entries("cifar-10-batches-py", "", python2))),
        };
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(if cut { at } else { bytes.len() });
        let root = tempfile::tempdir().expect("a folder");
        fs::write(root.path().join(name), bytes).expect("a file");
        if let Err(error) = open_in(root.path()) {
            prop_assert!(["N0701", "N0702"].contains(&error.id.as_str()), "{}", error.message);
        }
    }
}

#[test]
fn the_publishers_files_are_read_whole() {
    let Some(data) = real_data("cifar-10-batches-bin") else { return };
    let folder = DataFolder::resolve(Some(&data), &Environment::default());
    let set = open("cifar10", &folder, None).unwrap_or_else(|error| panic!("{error:?}"));
    for (part, count) in [(&set.train, 50_000), (&set.test, 10_000)] {
        let mut histogram = [0; 10];
        (0..part.len()).for_each(|index| histogram[part.label(index)] += 1);
        assert_eq!((part.len(), histogram), (count, [count / 10; 10]));
    }
    let figures = |values: &[f32]| values.iter().map(|value| format!("{value:.4}")).collect::<Vec<_>>();
    assert_eq!(figures(&set.statistics.mean), ["0.4914", "0.4822", "0.4465"]);
    assert_eq!(figures(&set.statistics.deviation), ["0.2470", "0.2435", "0.2616"]);
}
