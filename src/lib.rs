//! Referees a theory paper by machine.

pub mod assumptions;
pub mod case;
pub mod certify;
pub mod check;
pub mod claim;
pub mod cli;
pub mod dynamics;
pub mod error;
pub mod evidence;
pub mod influence;
pub mod linalg;
pub mod referee;
pub mod report;
pub mod scalar;
pub mod search;
pub mod systems;
pub mod theorem;
pub mod verdict;

// The theorems live beside `src/`, not in it: they are the paper, `src/` is the instrument.
#[path = "../theorems/mod.rs"]
pub mod theorems;

/// What a theorem file needs.
pub mod prelude {
    pub use crate::assumptions::{AllKinds, Curates, KappaBelowOne};
    pub use crate::case::{Arithmetic, Case, Probe, Route, Sample, Turn, View};
    pub use crate::claim::{
        Claim, Control, Hypothesis, Instance, Kind, Property, Relation, Side,
    };
    pub use crate::dynamics::finite_sample::{
        Coverage, Estimate, Figure3, FiniteOrder, Point, RotationLoop, agreement, figure3,
    };
    pub use crate::dynamics::{play, round_jacobian};
    pub use crate::error::LoopError;
    pub use crate::evidence::Evidence;
    pub use crate::influence::{Constants, Pair, cosine};
    pub use crate::linalg::{
        determinant, dot, inverse, norm, smallest_symmetric_eigenvalue, solve, spectral_norm,
    };
    pub use crate::scalar::{Exact, Real, Scalar};
    pub use crate::systems::{
        Alignment, Component, GaussianLoop, Model, Order, RetrainingMap, Round, Source,
        SourceKind, shipped,
    };
    pub use crate::theorem::{Card, Entry, Theorem};
    pub use nalgebra::{DMatrix, DVector, dmatrix, dvector};
}
