//! Images that take work to make -> the same images, each made once, when it is first read.

use std::sync::{Arc, OnceLock};

use super::{ImageShape, Images};

/// No part of a data set keeps more bytes than these; larger ones are made anew each time.
const LIMIT: usize = 512 << 20;

/// The same images, kept in memory once made, where all of them fit.
pub fn keep<I: Images + 'static>(images: I) -> Arc<dyn Images> {
    match images.size().saturating_mul(images.len()) <= LIMIT {
        true => Arc::new(Kept { made: (0..images.len()).map(|_| OnceLock::new()).collect(), images }),
        false => Arc::new(images),
    }
}

struct Kept<I> {
    images: I,
    made: Vec<OnceLock<Box<[u8]>>>,
}

impl<I: Images> Images for Kept<I> {
    fn len(&self) -> usize {
        self.images.len()
    }

    fn shape(&self) -> ImageShape {
        self.images.shape()
    }

    fn label(&self, index: usize) -> usize {
        self.images.label(index)
    }

    fn read(&self, index: usize, out: &mut [u8]) {
        out.copy_from_slice(self.made[index].get_or_init(|| {
            let mut image = vec![0; self.images.size()].into_boxed_slice();
            self.images.read(index, &mut image);
            image
        }));
    }
}
