//! The mixtures of a file, and the same file with others.

use super::{ComponentSpec, LoopFile, ModelSpec};
use crate::systems::Source;
use num_rational::BigRational;
use num_traits::Zero;

impl LoopFile {
    /// Where the components of `model` come from and their weights, in the order of the file; the weights
    /// sum to one.
    pub fn mixture(&self, model: usize) -> Vec<(Source, &BigRational)> {
        self.models[model].components.iter().map(|c| (c.source, &c.weight)).collect()
    }

    /// The weights of the components of `model` before each change by [`with_weights`](Self::with_weights),
    /// the oldest first: where all data of a kind have been taken away, they say what there was of each.
    pub fn mixtures_before(&self, model: usize) -> &[Vec<BigRational>] {
        &self.models[model].before
    }

    /// The same file with other weights of the components of `model`, in the order of the file. That they
    /// are no less than zero and sum to one is the caller's to see to.
    ///
    /// # Panics
    /// If there are not as many weights as components.
    #[must_use]
    pub fn with_weights(&self, model: usize, weights: &[BigRational]) -> Self {
        let mut file = self.clone();
        let ModelSpec { components, before, .. } = &mut file.models[model];
        assert_eq!(components.len(), weights.len(), "a weight for every component");
        before.push(components.iter().map(|c| c.weight.clone()).collect());
        for (c, w) in components.iter_mut().zip(weights) {
            c.weight = w.clone();
        }
        file
    }

    /// The same file with one more component of `model`: real data of mean zero, of which there is none
    /// yet.
    #[must_use]
    pub fn with_real_data(&self, model: usize) -> Self {
        let mut file = self.clone();
        let width = file.models[model].data.columns;
        let channel = super::Matrix { rows: width, columns: 0, entries: vec![], parameter: None };
        file.models[model].components.push(ComponentSpec {
            source: Source::Real,
            weight: BigRational::zero(),
            channel,
            offset: vec![BigRational::zero(); width],
            spread: 1.0,
        });
        for weights in &mut file.models[model].before {
            weights.push(BigRational::zero());
        }
        file
    }

    /// Whether every model has one parameter.
    pub fn is_scalar(&self) -> bool {
        self.models.iter().map(ModelSpec::dimension).all(|d| d == 1)
    }
}

#[cfg(test)]
mod tests {
    use crate::systems::{Source, shipped};
    use num_rational::BigRational;
    use num_traits::{One, Zero};

    #[test]
    fn other_weights_and_new_data() {
        let file = shipped::get("example-4-6").unwrap_or_else(|e| panic!("{e}"));
        let half = BigRational::new(1.into(), 2.into());
        assert_eq!(file.mixture(0), [(Source::Raw(1), &half), (Source::Curated(1), &half)]);
        let third = BigRational::new(1.into(), 3.into());
        let moved = file.with_weights(0, &[third.clone(), BigRational::one() - &third]);
        assert_eq!(moved.mixture(0)[0], (Source::Raw(1), &third));
        assert_eq!(moved.mixture(1), file.mixture(1));
        assert_eq!(moved.mixtures_before(0), [[half.clone(), half.clone()]]);
        assert!(moved.mixtures_before(1).is_empty());
        let grown = moved.with_real_data(0);
        assert_eq!(grown.mixtures_before(0), [[half.clone(), half, BigRational::zero()]]);
        let more = file.with_real_data(1);
        assert_eq!(more.mixture(1)[1], (Source::Real, &BigRational::zero()));
        // Of weight zero it changes nothing.
        let at = |file: &crate::systems::LoopFile| {
            crate::dynamics::stable_point(&file.default_at::<f64>().unwrap()).unwrap()
        };
        assert_eq!(at(&more), at(&file));
        assert!(!file.is_scalar());
    }
}
