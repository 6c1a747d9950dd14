//! Images and a choice of them -> the chosen images, as a part of their own.

use std::sync::Arc;

use super::class::Class;
use super::fit::fit;
use super::selection::{Chosen, Listed, Selection, TestImages};
use super::{Dataset, ImageShape, Images, Statistics};
use crate::diagnostic::Diagnostic;

/// The two parts of a set that is in memory, and the names of its classes, as the selection wants them.
pub struct Parts {
    pub classes: Vec<String>,
    pub train: Arc<dyn Images>,
    pub test: Arc<dyn Images>,
}

impl Parts {
    /// # Errors
    /// N0705 and N0706 where the selection does not fit the set, which `name` names.
    pub fn select(self, name: &str, selection: &Selection) -> Result<Self, Diagnostic> {
        if selection.is_all() {
            return Ok(self);
        }
        let classes: Vec<Class> = self.classes.iter().map(Class::named).collect();
        let [train, test] = [&self.train, &self.test].map(labels);
        let chosen = selection.choose(&Listed { name, classes: &classes, train: &train, test: Some(&test) })?;
        let Chosen { classes: numbers, train, test } = chosen;
        let test = match test {
            TestImages::Own(images) => part(&self.test, images, &numbers),
            TestImages::FromTrain(images) => part(&self.train, images, &numbers),
        };
        let classes = numbers.iter().map(|&class| self.classes[class].clone()).collect();
        Ok(Self { classes, train: part(&self.train, train, &numbers), test })
    }

    /// The data set, its images in `shape`.
    ///
    /// # Errors
    /// N0704 where they cannot have it.
    pub fn fit(self, name: &str, shape: Option<ImageShape>) -> Result<Dataset, Diagnostic> {
        let train = fit(name, self.train, shape)?;
        let test = fit(name, self.test, shape)?;
        let statistics = Statistics::of(&*train);
        Ok(Dataset { name: name.into(), classes: self.classes, train, test, statistics })
    }
}

/// The class of each image.
pub fn labels(images: &Arc<dyn Images>) -> Vec<usize> {
    (0..images.len()).map(|image| images.label(image)).collect()
}

fn part(images: &Arc<dyn Images>, numbers: Vec<usize>, classes: &[usize]) -> Arc<dyn Images> {
    let class = |image: usize| classes.iter().position(|&class| class == images.label(image)).unwrap_or_default();
    let labels = numbers.iter().map(|&image| class(image)).collect();
    Arc::new(Part { images: images.clone(), numbers, labels })
}

/// Some of the images of a part, with labels of their own.
struct Part {
    images: Arc<dyn Images>,
    numbers: Vec<usize>,
    labels: Vec<usize>,
}

impl Images for Part {
    fn len(&self) -> usize {
        self.numbers.len()
    }

    fn shape(&self) -> ImageShape {
        self.images.shape()
    }

    fn label(&self, index: usize) -> usize {
        self.labels[index]
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        self.images.read(self.numbers[index], out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DataFolder, find, unfollowed};
    use super::*;

    #[test]
    fn sets_in_memory_are_selected_by_class() {
        let selection: Selection =
            serde_yaml::from_str("{classes: [Bag, 0], test_from_train: 200}").expect("a selection");
        let found = find("sketches", &DataFolder::none(), &selection).expect("it is known");
        assert_eq!(found.native.classes, 2);
        let set = found.open(Some([1, 8, 8]), unfollowed).expect("it is drawn");
        assert_eq!(
            (set.classes, set.train.len(), set.test.len()),
            (vec!["Bag".into(), "T-shirt/top".into()], 1800, 200)
        );
        let bags = (0..200).filter(|&image| set.test.label(image) == 0).count();
        assert_eq!(bags, 100);
        let wrong: Selection = serde_yaml::from_str("{classes: [Bags]}").expect("a selection");
        let error = find("sketches", &DataFolder::none(), &wrong).err().expect("no such class");
        assert_eq!(
            (error.message.as_str(), error.notes[0].as_str()),
            ("`sketches` has no class `Bags`", "did you mean `Bag`?")
        );
    }
}
