//! Points with many values -> places in the plane (t-SNE), and how far the plane is to be trusted.
//!
//! L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", 2008, with the exaggeration of T. Cai and R. Ma,
//! "Theoretical Foundations of t-SNE for Visualizing High-Dimensional Clustered Data", 2022. Everything is exact: neighbours
//! from all distances, and every point is pushed by every other. Knows nothing of images and networks. The bits do not
//! depend on the number of threads.

mod affinity;
mod components;
mod neighbours;
mod points;
mod trustworthiness;
mod tsne;

pub use affinity::Affinities;
pub use components::Components;
pub use neighbours::{Neighbour, neighbours};
pub use points::Points;
pub use trustworthiness::trustworthiness;
pub use tsne::{STEPS, exaggerated_steps, tsne};
