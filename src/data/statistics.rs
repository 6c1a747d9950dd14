//! Images -> mean and deviation of each channel.

use rayon::prelude::*;

use super::Images;

/// Mean and standard deviation (of the population) of each channel, of pixels in [0, 1].
#[derive(Clone, Debug, PartialEq)]
pub struct Statistics {
    pub mean: Vec<f32>,
    pub deviation: Vec<f32>,
}

impl Statistics {
    /// Of all images. Sums are whole numbers, so the result is exact and the same for any number of threads.
    pub fn of(images: &dyn Images) -> Self {
        let [channels, height, width] = images.shape();
        let total = (0..images.len())
            .into_par_iter()
            .fold(|| Sums::new(channels, images.size()), |sums, index| sums.with(images, index))
            .reduce(|| Sums::new(channels, 0), Sums::merged);
        let count = (images.len() * height * width) as u128;
        Self {
            mean: total.values.iter().map(|&sum| (sum as f64 / count as f64 / 255.0) as f32).collect(),
            deviation: total.values.iter().zip(&total.squares).map(|(&s, &q)| deviation(s, q, count)).collect(),
        }
    }
}

/// sqrt(E[x^2] - E[x]^2) / 255, with the difference taken of whole numbers.
fn deviation(sum: u64, squares: u64, count: u128) -> f32 {
    let spread = count * u128::from(squares) - u128::from(sum) * u128::from(sum);
    ((spread as f64).sqrt() / count as f64 / 255.0) as f32
}

struct Sums {
    values: Vec<u64>,
    squares: Vec<u64>,
    image: Vec<u8>,
}

impl Sums {
    fn new(channels: usize, size: usize) -> Self {
        Self { values: vec![0; channels], squares: vec![0; channels], image: vec![0; size] }
    }

    fn with(mut self, images: &dyn Images, index: usize) -> Self {
        images.read(index, &mut self.image);
        let plane = self.image.len() / self.values.len();
        for (channel, pixels) in self.image.chunks_exact(plane).enumerate() {
            self.values[channel] += pixels.iter().map(|&x| u64::from(x)).sum::<u64>();
            self.squares[channel] += pixels.iter().map(|&x| u64::from(x) * u64::from(x)).sum::<u64>();
        }
        self
    }

    fn merged(mut self, other: Self) -> Self {
        self.values.iter_mut().zip(other.values).for_each(|(a, b)| *a += b);
        self.squares.iter_mut().zip(other.squares).for_each(|(a, b)| *a += b);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::ImageShape;
    use super::*;

    /// Two images of two channels and two pixels.
    struct Pair;

    impl Images for Pair {
        fn len(&self) -> usize {
            2
        }

        fn shape(&self) -> ImageShape {
            [2, 1, 2]
        }

        fn label(&self, index: usize) -> usize {
            index
        }

        fn read(&self, index: usize, out: &mut [u8]) {
            out.copy_from_slice([&[0, 255, 51, 51], &[255, 0, 51, 51]][index]);
        }
    }

    #[test]
    fn each_channel_has_its_own() {
        assert_eq!(Statistics::of(&Pair), Statistics { mean: vec![0.5, 0.2], deviation: vec![0.5, 0.0] });
    }
}
