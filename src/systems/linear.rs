//! Affine loops given by their Jacobian alone.

use super::{Linearisation, RetrainingMap};
use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// The loop $T(x) = Jx + c$: squared losses on data whose means are affine in the parameters.
///
/// With $c = 0$ the state is the deviation from the stable point.
///
/// ```
/// use backfire::dynamics::play;
/// use backfire::systems::{LinearLoop, Round};
/// use nalgebra::{dmatrix, dvector};
///
/// let copies = LinearLoop::new(dmatrix![0.0, 1.0; 0.5, 0.0], 1);
/// // Model 0 takes over what model 1 was, then model 1 takes half of that.
/// assert_eq!(play(&copies, &Round::Sequential(vec![0, 1]), &dvector![0.0, 1.0]), dvector![1.0, 0.5]);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LinearLoop<S: Scalar> {
    /// `J`, `D × D`.
    pub jacobian: DMatrix<S>,
    /// `c`, `D`.
    pub offset: DVector<S>,
    /// Hessian of each model's loss, `d × d`.
    pub hessians: Vec<DMatrix<S>>,
    blocks: Vec<Range<usize>>,
}

impl<S: Scalar> LinearLoop<S> {
    /// Models of `size` parameters each, offset 0, Hessians the identity.
    ///
    /// # Panics
    /// If `jacobian` is not square or `size` does not divide its dimension.
    pub fn new(jacobian: DMatrix<S>, size: usize) -> Self {
        let d = jacobian.nrows();
        assert!(jacobian.is_square() && size > 0 && d.is_multiple_of(size), "whole blocks");
        let blocks: Vec<_> = (0..d / size).map(|i| i * size..(i + 1) * size).collect();
        let hessians = vec![DMatrix::identity(size, size); blocks.len()];
        LinearLoop { jacobian, offset: DVector::from_element(d, S::zero()), hessians, blocks }
    }

    /// The same loop with offset `c`.
    #[must_use]
    pub fn with_offset(self, offset: DVector<S>) -> Self {
        LinearLoop { offset, ..self }
    }

    /// The same loop with other losses: only fine-tuning sees them.
    #[must_use]
    pub fn with_hessians(self, hessians: Vec<DMatrix<S>>) -> Self {
        LinearLoop { hessians, ..self }
    }
}

impl<S: Scalar> RetrainingMap<S> for LinearLoop<S> {
    fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    fn retrain(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let rows = &self.blocks[model];
        self.jacobian.rows(rows.start, rows.len()) * state
            + self.offset.rows(rows.start, rows.len())
    }

    fn fine_tune(&self, model: usize, state: &DVector<S>, step: &S) -> DVector<S> {
        let rows = &self.blocks[model];
        let here = state.rows(rows.start, rows.len()).into_owned();
        let gradient = &self.hessians[model] * (&here - self.retrain(model, state));
        here - gradient * step.clone()
    }

    fn linearise(&self, _state: &DVector<S>) -> Linearisation<S> {
        Linearisation { jacobian: self.jacobian.clone(), hessians: self.hessians.clone() }
    }
}
