//! What a loop is: models, the mixtures they train on, the order in which they retrain.
//!
//! A family is one file here with a type that implements [`RetrainingMap`]: affine–Gaussian loops
//! ([`GaussianLoop`]), which system files describe; [`MemoryLoop`], whose models draw their inputs
//! from the laws they were last trained on; laws on categories with exact Luce choice
//! ([`CategoricalLoop`]); classifiers that label each other's inputs ([`SoftmaxLoop`]). Rounds,
//! orders and stable points are written against that trait alone. A loop with memory keeps its
//! training laws
//! in the same state vector: the block of a model is then its parameters followed by the
//! description of the law it was last trained on.

pub mod categorical;
pub mod digits;
pub mod file;
mod gaussian;
mod linear;
pub mod luce;
mod memory;
mod order;
pub mod shipped;
pub mod softmax;
pub mod stationary;

pub use categorical::{CategoricalLoop, CategoricalModel, Part};
pub use file::{FileError, KnobSpec, LoopFile, Parameter, PlainLoop, to_toml};
pub use gaussian::{Alignment, Component, GaussianLoop, Knob, Model, Source, SourceKind};
pub use linear::LinearLoop;
pub use luce::{Candidates, Luce, Method};
pub use memory::{MemoryLoop, MemoryModel};
pub use order::{Order, Round};
pub use softmax::{Classifier, Inputs, Shares, SoftmaxLoop};

use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// A loop as the dynamics see it: `N` models that retrain on laws that depend on the state.
///
/// The state is one vector, the blocks of the models stacked.
pub trait RetrainingMap<S: Scalar> {
    /// The rows of each model's block in the state.
    fn blocks(&self) -> &[Range<usize>];

    /// The new block of `model` after it retrained to the optimum on the law that `state` makes.
    fn retrain(&self, model: usize, state: &DVector<S>) -> DVector<S>;

    /// The new block of `model` after one gradient step of length `step` on that law. Where a block
    /// carries the description of the law behind the parameters, that is the new law's.
    fn fine_tune(&self, model: usize, state: &DVector<S>, step: &S) -> DVector<S>;

    /// The derivative of all blocks' [`retrain`](Self::retrain) at `state`, `D × D`, and the
    /// Hessian of every model's expected loss there in its parameters, the first rows of its block.
    fn linearise(&self, state: &DVector<S>) -> Linearisation<S>;

    /// Number of rows of the state.
    fn dimension(&self) -> usize {
        self.blocks().last().map_or(0, |b| b.end)
    }
}

/// A loop to first order at a state; see [`RetrainingMap::linearise`].
#[derive(Clone, Debug)]
pub struct Linearisation<S: Scalar> {
    /// Jacobian `J` of simultaneous retraining, `D × D`.
    pub jacobian: DMatrix<S>,
    /// Hessian of each model's expected loss.
    pub hessians: Vec<DMatrix<S>>,
}
