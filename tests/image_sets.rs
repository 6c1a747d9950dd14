//! Caltech101, Tiny ImageNet and folders of images: every layout, every kind of damage, the cache, and the publishers'
//! own files.

mod real_data;

use std::fs;
use std::path::{Path, PathBuf};

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use netc::data::{DataFolder, Dataset, Environment, Selection, find, unfollowed};
use netc::diagnostic::Diagnostic;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert_eq, proptest};
use real_data::real_data;

/// Writes an image of one colour.
fn picture(path: &Path, [width, height]: [u32; 2], colour: [u8; 3], format: ImageFormat) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let image = DynamicImage::from(RgbImage::from_pixel(width, height, Rgb(colour)));
    image.save_with_format(path, format).expect("an image");
}

fn jpeg(path: &Path, size: [u32; 2], colour: [u8; 3]) {
    picture(path, size, colour, ImageFormat::Jpeg);
}

/// A data folder, with the caches beside it.
fn folder(root: &Path) -> DataFolder {
    let environment = Environment { xdg_cache_home: Some(root.join("caches").into()), ..Environment::default() };
    DataFolder::resolve(Some(root), &environment)
}

fn open(name: &str, root: &Path, data: &str) -> Result<Dataset, Diagnostic> {
    let selection: Selection = serde_yaml::from_str(data).expect("a selection");
    find(name, &folder(root), &selection)?.open(None, unfollowed)
}

fn opened(name: &str, root: &Path, data: &str) -> Dataset {
    open(name, root, data).unwrap_or_else(|error| panic!("{}: {:?}", error.message, error.notes))
}

fn counts(part: &dyn netc::data::Images, classes: usize) -> Vec<usize> {
    let mut counts = vec![0; classes];
    (0..part.len()).for_each(|image| counts[part.label(image)] += 1);
    counts
}

/// The first value of an image's first channel.
fn first(part: &dyn netc::data::Images, image: usize) -> u8 {
    let mut pixels = vec![0; part.size()];
    part.read(image, &mut pixels);
    pixels[0]
}

/// Holds that the set is refused with that code and message, in which `root` is left out.
fn check_refused(name: &str, root: &Path, code: &str, fault: &str) {
    let error = open(name, root, "{}").err().unwrap_or_else(|| panic!("accepted: {fault}"));
    let message = error.message.replace(&format!("{}/", root.display()), "");
    assert_eq!(error.id.as_str(), code, "{message}");
    assert!(message.contains(fault), "{message}\n  instead of\n{fault}");
}

// Caltech101

fn write_caltech(root: &Path) {
    let sizes = [("airplanes", 10), ("Faces", 20), ("ketch", 5), ("BACKGROUND_Google", 30)];
    for (class, count) in sizes {
        for number in 1..=count {
            jpeg(&root.join(class).join(format!("image_{number:04}.jpg")), [40, 20], [200, 100, number]);
        }
    }
}

#[test]
fn caltech101_is_found_in_every_layout_without_its_background() {
    for place in ["101_ObjectCategories", "caltech101/101_ObjectCategories", "caltech-101/101_ObjectCategories"] {
        let root = tempfile::tempdir().expect("a folder");
        write_caltech(&root.path().join(place));
        let set = opened("caltech101", root.path(), "{}");
        assert_eq!((set.classes.join(" "), set.shape()), ("Faces airplanes ketch".into(), [3, 32, 32]));
        assert_eq!((counts(&*set.train, 3), counts(&*set.test, 3)), (vec![16, 8, 4], vec![4, 2, 1]));
        let grey = find("caltech101", &folder(root.path()), &Selection::default())
            .and_then(|found| found.open(Some([1, 9, 9]), unfollowed));
        assert_eq!(
            grey.err().expect("colour").message,
            "the network reads 1x9x9, but the images of `caltech101` are 3x9x9"
        );
        let common = opened("caltech101", &root.path().join(place), "{most_common: 2}");
        assert_eq!((common.classes.join(" "), common.train.len()), ("Faces airplanes".into(), 24));
    }
}

#[test]
fn grey_images_become_colour_and_sizes_are_fitted() {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("101_ObjectCategories");
    for number in 0..5u8 {
        let path = place.join(format!("ketch/image_{number}.jpg"));
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        let grey = image::GrayImage::from_pixel(30, 50, image::Luma([90]));
        grey.save_with_format(path, ImageFormat::Jpeg).expect("an image");
    }
    let set = opened("caltech101", root.path(), "{}");
    let mut pixels = vec![0; set.train.size()];
    set.train.read(0, &mut pixels);
    assert_eq!((set.shape(), pixels), ([3, 32, 32], vec![90; 3072]));
}

#[test]
fn a_damaged_caltech101_is_refused() {
    let check = |damage: fn(&Path), code: &str, fault: &str| {
        let root = tempfile::tempdir().expect("a folder");
        let place = root.path().join("101_ObjectCategories");
        write_caltech(&place);
        damage(&place);
        check_refused("caltech101", root.path(), code, fault);
    };
    let image = "101_ObjectCategories/ketch/image_0002.jpg";
    check(|place| fs::write(place.join("ketch/image_0002.jpg"), b"").unwrap(), "N0702", "the file is empty (0 bytes)");
    check(|place| fs::write(place.join("ketch/image_0002.jpg"), b"no image").unwrap(), "N0702", image);
    check(
        |place| picture(&place.join("ketch/image_0002.jpg"), [8, 8], [1, 2, 3], ImageFormat::Png),
        "N0702",
        "byte 0 begins PNG, where the publisher has JPG",
    );
    let cut = |place: &Path| {
        let path = place.join("ketch/image_0002.jpg");
        let bytes = fs::read(&path).unwrap();
        fs::write(path, &bytes[..bytes.len() - 2]).unwrap();
    };
    check(cut, "N0702", "it is cut off");
    let renamed = |name: &'static str| {
        move |place: &Path| fs::rename(place.join("ketch/image_0002.jpg"), place.join(name)).unwrap()
    };
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("101_ObjectCategories");
    write_caltech(&place);
    renamed("ketch/image_0002.txt")(&place);
    check_refused("caltech101", root.path(), "N0702", "image_0002.txt: the name is not an image's");
    fs::rename(place.join("ketch/image_0002.txt"), place.join("ketch/IMG_2.jpg")).unwrap();
    check_refused("caltech101", root.path(), "N0702", "ketch/IMG_2.jpg: the publisher's files here have names");
    fs::remove_file(place.join("ketch/IMG_2.jpg")).unwrap();
    fs::create_dir(place.join("anchor")).unwrap();
    check_refused("caltech101", root.path(), "N0702", "anchor: the category has no image");
    fs::remove_dir_all(&place).unwrap();
    check_refused("caltech101", root.path(), "N0701", "the data set `caltech101` is not in");
    fs::create_dir_all(&place).unwrap();
    check_refused("caltech101", root.path(), "N0702", "there is no folder of images in it");
}

// Tiny ImageNet

const WNIDS: [(&str, &str); 3] =
    [("n01641577", "bullfrog, Rana catesbeiana"), ("n01443537", "goldfish, Carassius auratus"), ("n09999999", "yurt")];

/// Two classes of ten training images and two validation images each, and one class without images.
fn write_tiny(root: &Path) {
    fs::create_dir_all(root).expect("a folder");
    let lines = |line: &dyn Fn(&(&str, &str)) -> String| WNIDS.iter().map(line).collect::<String>();
    fs::write(root.join("wnids.txt"), lines(&|(wnid, _)| format!("{wnid}\n"))).expect("a file");
    fs::write(root.join("words.txt"), lines(&|(wnid, words)| format!("{wnid}\t{words}\n"))).expect("a file");
    let mut annotations = String::new();
    for (class, (wnid, _)) in WNIDS[..2].iter().enumerate() {
        let colour = [100 * class as u8 + 50; 3];
        for number in 0..10 {
            jpeg(&root.join(format!("train/{wnid}/images/{wnid}_{number}.JPEG")), [64, 64], colour);
        }
        fs::write(root.join(format!("train/{wnid}/{wnid}_boxes.txt")), "").expect("a file");
        for number in 0..2 {
            let name = format!("val_{}.JPEG", 2 * number + class);
            jpeg(&root.join("val/images").join(&name), [64, 64], colour);
            annotations += &format!("{name}\t{wnid}\t0\t1\t62\t63\n");
        }
    }
    fs::write(root.join("val/val_annotations.txt"), annotations).expect("a file");
}

#[test]
fn tiny_imagenet_has_its_labels_from_the_annotations() {
    for place in ["tiny-imagenet-200", "tiny-imagenet/tiny-imagenet-200", ""] {
        let root = tempfile::tempdir().expect("a folder");
        write_tiny(&root.path().join(place));
        let set = opened("tiny-imagenet", root.path(), "{}");
        assert_eq!((set.classes.join(" "), set.shape()), ("bullfrog goldfish".into(), [3, 64, 64]));
        assert_eq!((counts(&*set.train, 2), counts(&*set.test, 2)), (vec![10, 10], vec![2, 2]));
        assert!((0..4).all(|image| usize::from(first(&*set.test, image)) == 50 + 100 * set.test.label(image)));
    }
}

#[test]
fn tiny_imagenets_classes_go_by_number_wnid_and_word_and_tests_may_be_drawn() {
    let root = tempfile::tempdir().expect("a folder");
    write_tiny(root.path());
    for classes in ["[1]", "[n01443537]", "[goldfish]", "['Carassius auratus']"] {
        let set = opened("tiny-imagenet", root.path(), &format!("{{classes: {classes}}}"));
        assert_eq!((set.classes.join(" "), set.train.len(), set.test.len()), ("goldfish".into(), 10, 2), "{classes}");
    }
    fs::remove_dir_all(root.path().join("val")).expect("removed");
    let set = opened("tiny-imagenet", root.path(), "{test_from_train: 6}");
    assert_eq!((counts(&*set.train, 2), counts(&*set.test, 2)), (vec![7, 7], vec![3, 3]));
    let error = open("tiny-imagenet", root.path(), "{classes: [yurt], test_from_train: 1}").err().expect("no images");
    assert_eq!(
        (error.id.as_str(), error.message.as_str()),
        ("N0706", "the class `yurt` of `tiny-imagenet` has no training images")
    );
    let error =
        open("tiny-imagenet", root.path(), "{classes: [goldfisch], test_from_train: 1}").err().expect("unknown");
    assert_eq!((error.id.as_str(), error.notes[0].as_str()), ("N0705", "did you mean `goldfish`?"));
}

#[test]
fn a_damaged_tiny_imagenet_is_refused() {
    let check = |file: &str, text: &[u8], code: &str, fault: &str| {
        let root = tempfile::tempdir().expect("a folder");
        write_tiny(root.path());
        fs::write(root.path().join(file), text).expect("a file");
        check_refused("tiny-imagenet", root.path(), code, fault);
    };
    let annotations = "val/val_annotations.txt";
    check("wnids.txt", b"", "N0702", "wnids.txt: the file is empty (0 bytes)");
    check("wnids.txt", b"n01641577\ngoldfish\n", "N0702", "wnids.txt: line 2 is `goldfish`, not a wnid as n01443537");
    check("wnids.txt", b"n01641577\nn01641577\n", "N0702", "wnids.txt: line 2 names n01641577 again");
    check("wnids.txt", b"n01641577\n", "N0702", "train/n01443537: wnids.txt has no such class");
    check("wnids.txt", b"\xff\xfen\x00", "N0702", "wnids.txt: line 1 (byte 0) is not UTF-8 text");
    check(
        "words.txt",
        b"n01641577\tbullfrog\n",
        "N0702",
        "words.txt: there is no line for n01443537, which wnids.txt names",
    );
    check("words.txt", b"n01641577 bullfrog\n", "N0702", "words.txt: line 1 has no tab between a wnid and its words");
    check(
        annotations,
        b"val_0.JPEG\n",
        "N0702",
        "val_annotations.txt: line 1 has no tab between an image and its wnid",
    );
    check(annotations, b"val_0.JPEG\tn00000001\n", "N0702", "line 1 gives `val_0.JPEG` the class `n00000001`");
    check(
        annotations,
        b"../val_0.JPEG\tn01641577\n",
        "N0702",
        "line 1 names `../val_0.JPEG`, which leads out of val/images",
    );
    check(
        annotations,
        b"val_9.JPEG\tn01641577\n",
        "N0702",
        "line 1 names `val_9.JPEG`, which val/images does not have",
    );
    check(
        annotations,
        b"val_0.JPEG\tn01641577\n",
        "N0702",
        "val/images/val_1.JPEG: val_annotations.txt has no line for it",
    );
    check("val/images/val_7.JPEG", b"", "N0702", "val/images/val_7.JPEG: val_annotations.txt has no line for it");
    check("train/n01641577/images/n01443537_3.JPEG", b"", "N0702", "names that begin with `n01641577_`");
    let root = tempfile::tempdir().expect("a folder");
    write_tiny(root.path());
    jpeg(&root.path().join("train/n01641577/images/n01641577_3.JPEG"), [32, 64], [1, 2, 3]);
    check_refused("tiny-imagenet", root.path(), "N0702", "it has 64x32 pixels instead of 64x64");
    fs::remove_file(root.path().join("words.txt")).expect("removed");
    let error = open("tiny-imagenet", root.path(), "{}").err().expect("a file is missing");
    assert_eq!((error.id.as_str(), error.notes[0].ends_with("has no words.txt")), ("N0701", true), "{:?}", error.notes);
}

// Folders

#[test]
fn a_folder_has_a_subfolder_for_each_class() {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("pictures");
    fs::create_dir(&place).expect("a folder");
    for (class, colour) in [("cat", 10), ("dog", 200)] {
        for number in 0..10 {
            picture(&place.join(format!("{class}/deep/{number}.png")), [5, 9], [colour; 3], ImageFormat::Png);
        }
    }
    fs::write(place.join("cat/.DS_Store"), b"").expect("a file");
    let name = place.display().to_string();
    let set = opened(&name, root.path(), "{}");
    assert_eq!((set.classes.join(" "), set.shape()), ("cat dog".into(), [3, 32, 32]));
    assert_eq!((counts(&*set.train, 2), counts(&*set.test, 2)), (vec![8, 8], vec![2, 2]));
    assert!((0..4).all(|image| first(&*set.test, image) == [10, 200][set.test.label(image)]));
    let found = find(&name, &folder(root.path()), &Selection::default()).expect("it is there");
    assert_eq!(found.open(Some([1, 9, 5]), unfollowed).expect("its images are grey").shape(), [1, 9, 5]);
}

#[test]
fn a_folder_may_have_a_test_part() {
    for part in ["test", "val"] {
        let root = tempfile::tempdir().expect("a folder");
        for (place, count) in [("train/cat", 3), ("train/dog", 4), (&*format!("{part}/dog"), 2)] {
            for number in 0..count {
                picture(&root.path().join(format!("{place}/{number}.png")), [4, 4], [9, 8, 7], ImageFormat::Png);
            }
        }
        let name = root.path().display().to_string();
        let set = opened(&name, root.path(), "{}");
        assert_eq!((counts(&*set.train, 2), counts(&*set.test, 2)), (vec![3, 4], vec![0, 2]));
        let found = find(&name, &folder(root.path()), &Selection::default()).expect("it is there");
        let error = found.open(Some([1, 4, 4]), unfollowed).err().expect("colour");
        assert_eq!(error.id.as_str(), "N0704");
        fs::create_dir(root.path().join(part).join("cow")).expect("a folder");
        check_refused(&name, root.path(), "N0702", &format!("{part}/cow: no training images are of this class"));
    }
}

#[test]
fn a_folder_of_anything_else_is_refused() {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("pictures");
    fs::create_dir(&place).expect("a folder");
    let name = place.display().to_string();
    check_refused(&name, root.path(), "N0702", "there is no subfolder in it");
    for number in 0..5 {
        picture(&place.join(format!("cat/{number}.png")), [4, 4], [9, 8, 7], ImageFormat::Png);
    }
    let path = place.join("cat/0.png");
    let whole = fs::read(&path).expect("the file");
    fs::write(&path, &whole[..whole.len() / 2]).expect("written");
    check_refused(&name, root.path(), "N0702", &format!("byte {} is the last one", whole.len() / 2));
    let mut bomb = whole.clone();
    bomb[16..24].copy_from_slice(&[0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff]);
    let checksum = crc32fast::hash(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    fs::write(&path, bomb).expect("written");
    check_refused(&name, root.path(), "N0702", "cat/0.png");
    fs::write(&path, &whole).expect("written");
    fs::write(place.join("cat/notes.txt"), b"").expect("written");
    check_refused(&name, root.path(), "N0702", "cat/notes.txt: the name is not an image's");
    fs::rename(place.join("cat/notes.txt"), place.join("notes.txt")).expect("renamed");
    check_refused(&name, root.path(), "N0702", "notes.txt: the file stands beside the classes' folders");
    let gone = place.join("no/such").display().to_string();
    check_refused(&gone, root.path(), "N0701", "no/such` is not there");
}

#[test]
fn an_image_that_lacks_its_last_byte_is_refused() {
    use ImageFormat::{Bmp, Gif, Jpeg, Png, Pnm, Tiff, WebP};
    for format in [Bmp, Gif, Jpeg, Png, Pnm, Tiff, WebP] {
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("image");
        picture(&path, [40, 30], [200, 100, 50], format);
        assert!(netc::data::picture::read(&path, [3, 8, 8]).is_ok(), "{format:?}");
        let whole = fs::read(&path).expect("the file");
        fs::write(&path, &whole[..whole.len() - 1]).expect("written");
        let error = netc::data::picture::read(&path, [3, 8, 8]).err();
        assert_eq!(error.map(|error| error.id.as_str().to_string()).as_deref(), Some("N0702"), "{format:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_image_that_is_no_plain_file_is_never_waited_for() {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("101_ObjectCategories");
    write_caltech(&place);
    let path = place.join("ketch/image_0002.jpg");
    fs::remove_file(&path).expect("a file");
    std::os::unix::fs::symlink("/dev/zero", &path).expect("a link in its place");
    check_refused("caltech101", root.path(), "N0804", "ketch/image_0002.jpg: it is not a plain file");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_change_of_an_image_crashes_it(at in any::<prop::sample::Index>(), value: u8, cut: bool, kind in 0..5usize) {
        let kinds = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff];
        let root = tempfile::tempdir().expect("a folder");
        let path = root.path().join("image");
        picture(&path, [40, 30], [200, 100, 50], kinds[kind]);
        let mut bytes = fs::read(&path).expect("the file");
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(if cut { at } else { bytes.len() });
        fs::write(&path, bytes).expect("written");
        match netc::data::picture::read(&path, [3, 8, 8]) {
            Ok(pixels) => prop_assert_eq!(pixels.len(), 192),
            Err(error) => prop_assert_eq!(error.id.as_str(), "N0702"),
        }
    }
}

// The cache

#[test]
fn images_decode_once_and_a_damaged_cache_is_made_anew() {
    let root = tempfile::tempdir().expect("a folder");
    let place = root.path().join("pictures");
    for number in 0..5 {
        picture(&place.join(format!("cat/{number}.png")), [4, 4], [9, 8, 7], ImageFormat::Png);
    }
    let name = place.display().to_string();
    let caches = || {
        let entries = fs::read_dir(root.path().join("caches/netc")).expect("the caches");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a file").path()).collect();
        paths.sort();
        paths
    };
    assert_eq!(first(&*opened(&name, root.path(), "{}").train, 0), 9);
    let files = caches();
    assert_eq!(files.len(), 2, "one for each part");
    let before = fs::read(&files[0]).expect("a file");
    let mut damaged = before.clone();
    *damaged.last_mut().expect("bytes") ^= 1;
    fs::write(&files[0], &damaged).expect("written");
    assert_eq!(first(&*opened(&name, root.path(), "{}").train, 0), 9);
    assert_eq!((fs::read(&files[0]).expect("a file"), caches().len()), (before, 2));
    let (path, changed) = (place.join("cat/0.png"), place.join("new.png"));
    picture(&changed, [6, 6], [99, 8, 7], ImageFormat::Png);
    fs::rename(changed, path).expect("renamed");
    let set = opened(&name, root.path(), "{}");
    let values: Vec<u8> = [(&set.train, 4), (&set.test, 1)]
        .iter()
        .flat_map(|(part, count)| (0..*count).map(|image| first(&***part, image)))
        .collect();
    assert!(values.contains(&99), "{values:?}");
}

// The publishers' files

fn open_real(name: &str, folder: &Path, data: &str) -> Dataset {
    let selection: Selection = serde_yaml::from_str(data).expect("a selection");
    let folder = DataFolder::resolve(Some(folder), &Environment::read());
    let set = find(name, &folder, &selection).and_then(|found| found.open(Some([3, 32, 32]), unfollowed));
    set.unwrap_or_else(|error| panic!("{}: {:?}", error.message, error.notes))
}

#[test]
fn the_publishers_caltech101_has_the_reports_counts() {
    let Some(folder) = real_data("caltech101") else { return };
    let set = open_real("caltech101", &folder, "{most_common: 10}");
    assert_eq!((set.classes.len(), set.train.len(), set.test.len()), (10, 2703, 676));
    assert_eq!(counts(&*set.test, 10), [87, 87, 40, 160, 160, 26, 24, 21, 23, 48]);
}

#[test]
fn the_publishers_tiny_imagenet_has_the_reports_counts() {
    let Some(folder) = real_data("tiny-imagenet-200") else { return };
    let five = "{classes: [bullfrog, n01443537, 2, n01629819, scorpion], test_from_train: 500}";
    let set = open_real("tiny-imagenet", &folder, five);
    assert_eq!((set.train.len(), counts(&*set.test, 5)), (2000, vec![100; 5]));
    assert_eq!(set.classes[..3], ["bullfrog", "goldfish", "tarantula"]);
    let all = open_real("tiny-imagenet", &folder, "{}");
    assert!(all.classes.len() >= 10 && all.test.len() == 50 * all.classes.len());
}
