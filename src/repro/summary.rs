//! The values of several seeds -> their mean and deviation.

/// What some values say together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    pub mean: f64,
    /// Of a sample (n - 1); 0 for one value.
    pub std: f64,
}

/// None without values.
pub fn summary(values: &[f64]) -> Option<Summary> {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (count > 0.0).then(|| Summary { mean, std: (squares / (count - 1.0).max(1.0)).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deviation_is_a_samples() {
        assert_eq!(summary(&[]), None);
        assert_eq!(summary(&[0.5]), Some(Summary { mean: 0.5, std: 0.0 }));
        assert_eq!(summary(&[1.0, 2.0, 3.0]), Some(Summary { mean: 2.0, std: 1.0 }));
    }
}
