//! The recipe's `data` and the labels of a set -> the classes and images that are used.

use serde::{Deserialize, Serialize};

use super::class::{Class, ClassKey, find_class};
use super::split::{TEST_FRACTION, TEST_SEED, stratified, stratified_count};
use crate::diagnostic::{Code, Diagnostic};

/// Which classes and images of a data set are used; by default all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selection {
    /// Only so many classes: those with the most images, the first ones where some have as many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub most_common: Option<usize>,
    /// Only these classes, in this order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classes: Option<Vec<ClassKey>>,
    /// So many images of the training part are the test part, stratified; the set's own test part is not used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_from_train: Option<usize>,
}

/// Classes and labels of a set, before anything is chosen.
pub(super) struct Listed<'a> {
    /// The set's name.
    pub name: &'a str,
    pub classes: &'a [Class],
    /// The class of each training image.
    pub train: &'a [usize],
    /// The class of each test image, where the set has a test part.
    pub test: Option<&'a [usize]>,
}

/// What is used of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The set's numbers of the classes, in their new order.
    pub classes: Vec<usize>,
    pub train: Vec<usize>,
    pub test: TestImages,
}

/// Where test images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TestImages {
    /// The set's own test part.
    Own(Vec<usize>),
    /// Drawn from its training part.
    FromTrain(Vec<usize>),
}

impl Selection {
    /// Whether all of a set is used, as it is.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// How many classes are used of a set in which each of `classes` has images.
    ///
    /// # Errors
    /// N0705 for a class that the set does not have, N0706 for more classes than it has.
    pub(super) fn count(&self, name: &str, classes: &[Class]) -> Result<usize, Diagnostic> {
        let each: Vec<usize> = (0..classes.len()).collect();
        self.classes_of(&Listed { name, classes, train: &each, test: None }).map(|chosen| chosen.len())
    }

    /// Chooses classes, then images.
    ///
    /// # Errors
    /// N0705 for a class that the set does not have, N0706 where images or classes are too few.
    pub(super) fn choose(&self, listed: &Listed) -> Result<Chosen, Diagnostic> {
        let classes = self.classes_of(listed)?;
        let train = of_classes(listed.train, &classes);
        let labels: Vec<usize> = train.iter().map(|&image| listed.train[image]).collect();
        let ((train, drawn), own) = match (self.test_from_train, listed.test) {
            (Some(count), _) => (split(&train, stratified_count(&labels, count, TEST_SEED)), None),
            (None, Some(test)) => ((train, vec![]), Some(of_classes(test, &classes))),
            (None, None) => (split(&train, stratified(&labels, TEST_FRACTION, TEST_SEED)), None),
        };
        let test = own.map_or(TestImages::FromTrain(drawn), TestImages::Own);
        let chosen = Chosen { classes, train, test };
        self.check(listed, &chosen).map(|()| chosen)
    }

    fn classes_of(&self, listed: &Listed) -> Result<Vec<usize>, Diagnostic> {
        let counts = counts(listed);
        let mut chosen = match &self.classes {
            Some(keys) => chosen_by_key(listed, keys, &counts)?,
            None => (0..counts.len()).filter(|&class| counts[class] > 0).collect(),
        };
        if let Some(most_common) = self.most_common {
            if most_common > chosen.len() || most_common == 0 {
                let has = format!("`{}` has {} classes with images", listed.name, chosen.len());
                return Err(too_few(format!("`data.most_common` is {most_common}, but {has}")));
            }
            let mut by_size = chosen.clone();
            by_size.sort_by_key(|&class| std::cmp::Reverse(counts[class]));
            by_size.truncate(most_common);
            chosen.retain(|class| by_size.contains(class));
        }
        match chosen.is_empty() {
            true => Err(too_few(format!("no class of `{}` has an image", listed.name))),
            false => Ok(chosen),
        }
    }

    /// Holds that each class is left with something to learn from, and that there is something to test with.
    fn check(&self, listed: &Listed, chosen: &Chosen) -> Result<(), Diagnostic> {
        let left = of_classes_count(listed, &chosen.train);
        if let Some(&class) = chosen.classes.iter().find(|&&class| left[class] == 0) {
            let name = &listed.classes[class].name;
            return Err(too_few(format!("the class `{name}` of `{}` has no training image left", listed.name))
                .remark("the test part takes its share of the images of each class"));
        }
        let (TestImages::Own(test) | TestImages::FromTrain(test)) = &chosen.test;
        match test.is_empty() {
            true => Err(too_few(format!("no test image of `{}` is left", listed.name))),
            false => Ok(()),
        }
    }
}

/// The images of those classes, in order.
fn of_classes(labels: &[usize], classes: &[usize]) -> Vec<usize> {
    let most = classes.iter().max().map_or(0, |most| most + 1);
    let mut wanted = vec![false; most];
    classes.iter().for_each(|&class| wanted[class] = true);
    (0..labels.len()).filter(|&image| wanted.get(labels[image]).copied().unwrap_or(false)).collect()
}

/// The two lists of places in `images`, as images.
fn split(images: &[usize], (left, drawn): (Vec<usize>, Vec<usize>)) -> (Vec<usize>, Vec<usize>) {
    let images = |places: Vec<usize>| places.into_iter().map(|place| images[place]).collect();
    (images(left), images(drawn))
}

/// The training images of each class.
fn counts(listed: &Listed) -> Vec<usize> {
    let all: Vec<usize> = (0..listed.train.len()).collect();
    of_classes_count(listed, &all)
}

fn of_classes_count(listed: &Listed, images: &[usize]) -> Vec<usize> {
    let mut counts = vec![0; listed.classes.len()];
    images.iter().for_each(|&image| counts[listed.train[image]] += 1);
    counts
}

fn chosen_by_key(listed: &Listed, keys: &[ClassKey], counts: &[usize]) -> Result<Vec<usize>, Diagnostic> {
    let mut chosen = vec![];
    for key in keys {
        let class = find_class(listed, key)?;
        if counts[class] == 0 {
            let name = &listed.classes[class].name;
            return Err(too_few(format!("the class `{name}` of `{}` has no training images", listed.name)));
        }
        if chosen.contains(&class) {
            let name = &listed.classes[class].name;
            return Err(Diagnostic::error(Code::CLASS_UNKNOWN, format!("`data.classes` names `{name}` twice"))
                .remark("name each class once"));
        }
        chosen.push(class);
    }
    Ok(chosen)
}

fn too_few(message: String) -> Diagnostic {
    Diagnostic::error(Code::TOO_FEW, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four classes of 5, 0, 10 and 10 training images; two test images each.
    fn choose(yaml: &str, own_test: bool) -> Result<Chosen, (&'static str, String)> {
        let names = [("n1", "cat, tomcat"), ("n2", "dog"), ("n3", "cow"), ("n4", "crane")];
        let class = |(wnid, word): (&str, &str)| Class { name: word.into(), aliases: vec![wnid.into(), "pet".into()] };
        let classes = names.map(class);
        let train = [vec![0; 5], vec![2; 10], vec![3; 10]].concat();
        let test = [0, 0, 1, 1, 2, 2, 3, 3];
        let listed = Listed { name: "set", classes: &classes, train: &train, test: own_test.then_some(&test[..]) };
        let selection: Selection = serde_yaml::from_str(yaml).expect(yaml);
        selection.choose(&listed).map_err(|error| (error.id.as_str(), error.message))
    }

    #[test]
    fn classes_without_images_are_left_out_unless_they_are_asked_for() {
        let all = choose("{}", true).expect("all");
        assert_eq!((all.classes, all.train.len()), (vec![0, 2, 3], 25));
        assert_eq!(all.test, TestImages::Own(vec![0, 1, 4, 5, 6, 7]));
        let error = choose("{classes: [cow, dog]}", true).unwrap_err();
        assert_eq!(error, ("N0706", "the class `dog` of `set` has no training images".into()));
    }

    #[test]
    fn classes_are_chosen_by_number_name_and_size() {
        let classes = |yaml| choose(yaml, true).map(|chosen| chosen.classes);
        assert_eq!(classes("{classes: [3, n1, COW]}"), Ok(vec![3, 0, 2]));
        assert_eq!(classes("{most_common: 2}"), Ok(vec![2, 3]));
        assert_eq!(classes("{most_common: 1}"), Ok(vec![2]));
        assert_eq!(classes("{classes: [n1, n4], most_common: 1}"), Ok(vec![3]));
    }

    #[test]
    fn a_test_part_is_drawn_where_it_is_asked_for_or_missing() {
        let drawn = |yaml, own| {
            let chosen = choose(yaml, own).expect(yaml);
            let TestImages::FromTrain(test) = chosen.test else { panic!("{yaml}: not drawn") };
            assert!(test.iter().all(|image| !chosen.train.contains(image)));
            (chosen.train.len(), test.len(), test.iter().filter(|&&image| image < 5).count())
        };
        assert_eq!(drawn("{}", false), (20, 5, 1));
        assert_eq!(drawn("{test_from_train: 10}", true), (15, 10, 2));
        assert_eq!(drawn("{classes: [n3], test_from_train: 9}", true), (1, 9, 0));
    }

    #[test]
    fn what_cannot_be_chosen_is_an_error() {
        let check = |yaml, code, message: &str| assert_eq!(choose(yaml, true), Err((code, message.into())));
        check("{classes: [4]}", "N0705", "`set` has no class 4");
        check("{classes: [tiger]}", "N0705", "`set` has no class `tiger`");
        check("{classes: [pet]}", "N0705", "`pet` names 4 classes of `set`");
        check("{classes: [cow, n3]}", "N0705", "`data.classes` names `cow` twice");
        check("{classes: []}", "N0706", "no class of `set` has an image");
        check("{most_common: 4}", "N0706", "`data.most_common` is 4, but `set` has 3 classes with images");
        check("{most_common: 0}", "N0706", "`data.most_common` is 0, but `set` has 3 classes with images");
        check("{test_from_train: 0}", "N0706", "no test image of `set` is left");
        check("{test_from_train: 25}", "N0706", "the class `cat, tomcat` of `set` has no training image left");
    }
}
