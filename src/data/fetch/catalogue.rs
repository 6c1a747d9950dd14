//! What publishers offer: files, where from, how large, their checksums, and where they belong.

use super::super::{caltech101, cifar10, fashion_mnist, tiny_imagenet};

/// A data set as its publisher offers it.
#[derive(Debug)]
pub struct Published {
    pub name: &'static str,
    /// The page that tells of it.
    pub page: &'static str,
    pub licence: &'static str,
    pub classes: usize,
    /// Training and test images; no test images where it has no such part.
    pub images: [usize; 2],
    /// What is downloaded, into `folder` below the data folder.
    pub folder: &'static str,
    pub downloads: &'static [Download],
    /// Below the data folder: where it is read from.
    pub places: &'static [&'static str],
    /// In each of these: where unpacked files may lie as well.
    pub folders: &'static [&'static str],
    /// Files that people have in place of the downloads: unpacked, or another version.
    pub others: &'static [Known],
}

/// A file to be downloaded.
#[derive(Debug)]
pub struct Download {
    pub name: &'static str,
    pub url: &'static str,
    /// Its size, where the publisher tells.
    pub bytes: Option<u64>,
    /// The MD5 that the publisher gives.
    pub md5: &'static str,
    pub unpack: Unpack,
}

/// What is done with a download.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpack {
    /// It is read as it is.
    No,
    /// Its top folder, beside it.
    Zip { top: &'static str },
    /// The top folder of a packed archive in it, beside it.
    TarInZip { entry: &'static str, top: &'static str },
}

/// A file whose checksum is known.
#[derive(Debug)]
pub struct Known {
    /// Below any place where the set may be.
    pub path: &'static str,
    pub md5: &'static str,
}

/// What is published of a set, if it is one that is downloaded.
pub fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|published| published.name == name)
}

const fn plain(name: &'static str, url: &'static str, bytes: u64, md5: &'static str) -> Download {
    Download { name, url, bytes: Some(bytes), md5, unpack: Unpack::No }
}

const fn known(path: &'static str, md5: &'static str) -> Known {
    Known { path, md5 }
}

macro_rules! fashion {
    ($name:literal, $bytes:literal, $md5:literal) => {
        plain(
            $name,
            concat!("https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/", $name),
            $bytes,
            $md5,
        )
    };
}

const PUBLISHED: &[Published] = &[
    Published {
        name: fashion_mnist::NAME,
        page: "https://github.com/zalandoresearch/fashion-mnist",
        licence: "MIT",
        classes: 10,
        images: [60_000, 10_000],
        folder: "fashion-mnist",
        places: &fashion_mnist::PLACES,
        folders: &[],
        downloads: &[
            fashion!("train-images-idx3-ubyte.gz", 26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
            fashion!("train-labels-idx1-ubyte.gz", 29_515, "25c81989df183df01b3e8a0aad5dffbe"),
            fashion!("t10k-images-idx3-ubyte.gz", 4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
            fashion!("t10k-labels-idx1-ubyte.gz", 5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
        ],
        others: &[],
    },
    Published {
        name: cifar10::NAME,
        page: "https://www.cs.toronto.edu/~kriz/cifar.html",
        licence: "none stated; cite Krizhevsky 2009",
        classes: 10,
        images: [50_000, 10_000],
        folder: "",
        places: &cifar10::PLACES,
        folders: &cifar10::FOLDERS,
        downloads: &[plain(
            "cifar-10-binary.tar.gz",
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            170_052_171,
            "c32a1d4ab5d03f1284b67883e8d87530",
        )],
        others: &[
            known("cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a"),
            known("data_batch_1.bin", "5dd7e06a14cb22eb9f671a540d1b7c25"),
            known("data_batch_2.bin", "5ea93a67294ea407fff1d09f752e9692"),
            known("data_batch_3.bin", "942cd6a4bcdd0dd3c604fbe906cb4421"),
            known("data_batch_4.bin", "ae636b3ba5c66a11e91e8cb52e771fcb"),
            known("data_batch_5.bin", "53f37980c15c3d472c316c40844f3f0d"),
            known("test_batch.bin", "803d5f7f4d78ea53de84dbe85f74fb6d"),
            known("data_batch_1", "c99cafc152244af753f735de768cd75f"),
            known("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
            known("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
            known("data_batch_4", "634d18415352ddfa80567beed471001a"),
            known("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
            known("test_batch", "40351d587109b95175f43aff81a1287e"),
        ],
    },
    Published {
        name: caltech101::NAME,
        page: "https://data.caltech.edu/records/mzrjq-6wc02",
        licence: "CC BY 4.0",
        classes: 101,
        images: [8_677, 0],
        folder: "caltech101",
        places: &caltech101::PLACES,
        folders: &[],
        downloads: &[Download {
            name: "caltech-101.zip",
            url: "https://data.caltech.edu/records/mzrjq-6wc02/files/caltech-101.zip",
            bytes: None,
            md5: "3138e1922a9193bfa496528edbbc45d0",
            unpack: Unpack::TarInZip { entry: "caltech-101/101_ObjectCategories.tar.gz", top: "101_ObjectCategories" },
        }],
        others: &[known("101_ObjectCategories.tar.gz", "b224c7392d521a49829488ab0f1120d9")],
    },
    Published {
        name: tiny_imagenet::NAME,
        page: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        licence: "none stated; research use, as ImageNet",
        classes: 200,
        images: [100_000, 10_000],
        folder: "",
        places: &tiny_imagenet::PLACES,
        folders: &[],
        downloads: &[Download {
            name: "tiny-imagenet-200.zip",
            url: "http://cs231n.stanford.edu/tiny-imagenet-200.zip",
            bytes: Some(248_100_043),
            md5: "90528d7ca1a48142e341f4ef8d21d0de",
            unpack: Unpack::Zip { top: "tiny-imagenet-200" },
        }],
        others: &[],
    },
];
