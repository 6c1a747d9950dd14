//! Labels, a fraction and a seed -> two lists of images with the same mixture of classes.

use rand::seq::SliceRandom;

use crate::random::{self, Purpose};

/// What the test parts are drawn with where a publisher has none: the same for every run.
pub(super) const TEST_SEED: u64 = 0;
/// How much of the images such a test part takes.
pub(super) const TEST_FRACTION: f64 = 0.2;

/// Draws `fraction` (0 to 1) of the images, rounded up, each class in proportion: (those left, those drawn), both in
/// order. `labels` are those of images 0, 1, ...
pub fn stratified(labels: &[usize], fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    // A fraction such as 0.1 of 30 must not become 4 by the last bit of a product.
    let count = (labels.len() as f64 * fraction - 1e-6).ceil();
    stratified_count(labels, count.max(0.0) as usize, seed)
}

/// Draws `count` images, at most all: as [`stratified`].
pub fn stratified_count(labels: &[usize], count: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut classes = vec![vec![]; labels.iter().max().map_or(0, |most| most + 1)];
    for (image, &label) in labels.iter().enumerate() {
        classes[label].push(image);
    }
    let sizes: Vec<usize> = classes.iter().map(Vec::len).collect();
    let (mut left, mut drawn) = (vec![], vec![]);
    for (class, quota) in quotas(&sizes, count.min(labels.len())).into_iter().enumerate() {
        let images = &mut classes[class];
        images.shuffle(&mut random::stream(random::key(seed, Purpose::Split, 1, class as u64)));
        drawn.extend_from_slice(&images[..quota]);
        left.extend_from_slice(&images[quota..]);
    }
    left.sort_unstable();
    drawn.sort_unstable();
    (left, drawn)
}

/// How many of each class are drawn: its share rounded down, then one more for the largest remainders, the first class
/// first among equals. The sum is `count`, which is at most that of `sizes`.
fn quotas(sizes: &[usize], count: usize) -> Vec<usize> {
    let total = sizes.iter().sum::<usize>().max(1);
    let share = |size: usize| size as u128 * count as u128;
    let mut quotas: Vec<usize> = sizes.iter().map(|&size| (share(size) / total as u128) as usize).collect();
    let mut classes: Vec<usize> = (0..sizes.len()).collect();
    classes.sort_by_key(|&class| std::cmp::Reverse(share(sizes[class]) % total as u128));
    let missing = count - quotas.iter().sum::<usize>();
    classes.iter().take(missing).for_each(|&class| quotas[class] += 1);
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(labels: &[usize], images: &[usize]) -> Vec<usize> {
        let mut counts = vec![0; labels.iter().max().map_or(0, |most| most + 1)];
        images.iter().for_each(|&image| counts[labels[image]] += 1);
        counts
    }

    #[test]
    fn each_class_is_drawn_in_proportion() {
        let labels: Vec<usize> = [vec![0; 50], vec![1; 30], vec![2; 20], vec![4; 5]].concat();
        let (left, drawn) = stratified(&labels, 0.2, 7);
        assert_eq!(counts(&labels, &drawn), [10, 6, 4, 0, 1]);
        assert_eq!(left.len() + drawn.len(), labels.len());
        let mut all = [left, drawn.clone()].concat();
        all.sort_unstable();
        assert_eq!(all, (0..labels.len()).collect::<Vec<_>>());
        assert_eq!(stratified(&labels, 0.2, 7).1, drawn);
        assert_ne!(stratified(&labels, 0.2, 8).1, drawn);
    }

    #[test]
    fn counts_are_those_that_the_report_prints() {
        let sizes = [435, 435, 200, 798, 800, 128, 123, 107, 114, 239];
        let labels: Vec<usize> = sizes.iter().enumerate().flat_map(|(class, &size)| vec![class; size]).collect();
        let (left, test) = stratified(&labels, 0.2, 0);
        let rest: Vec<usize> = left.iter().map(|&image| labels[image]).collect();
        let (train, validation) = stratified(&rest, 0.1, 0);
        assert_eq!([train.len(), validation.len(), test.len()], [2432, 271, 676]);
    }

    #[test]
    fn nothing_and_everything_can_be_drawn() {
        let labels = [0, 1, 1];
        assert_eq!(stratified(&labels, 0.0, 0), (vec![0, 1, 2], vec![]));
        assert_eq!(stratified(&labels, 1.0, 0), (vec![], vec![0, 1, 2]));
        assert_eq!(stratified_count(&labels, 9, 0).1, [0, 1, 2]);
        assert_eq!(stratified(&[], 0.5, 0), (vec![], vec![]));
        assert_eq!(stratified(&[0; 30], 0.1, 0).1.len(), 3);
    }
}
