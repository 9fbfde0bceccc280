//! The arithmetics in which a formula is read.
//!
//! A formula of a theorem is written once, generic over [`Scalar`] (or [`Real`], where it
//! needs roots, norms or comparisons). Each checker reads it in its own arithmetic: `f64`
//! simulates and searches, dual numbers differentiate, [`Exact`] confirms, [`Interval`] proves over
//! ranges, [`Residue`] with [`Degree`] proves identities, and [`Term`] writes them down. [`Slope`] differentiates
//! in any of them.

/// `+=` and its kin from `+` and its kin.
macro_rules! assigning {
    (@ $trait:ident $method:ident $op:tt, $type:ty $(, $parameter:ident: $bound:ident)?) => {
        impl$(<$parameter: $bound>)? std::ops::$trait for $type {
            fn $method(&mut self, other: Self) {
                *self = std::mem::replace(self, num_traits::Zero::zero()) $op other;
            }
        }
    };
    ($type:ty $(, $parameter:ident: $bound:ident)?) => {
        assigning!(@ AddAssign add_assign +, $type $(, $parameter: $bound)?);
        assigning!(@ SubAssign sub_assign -, $type $(, $parameter: $bound)?);
        assigning!(@ MulAssign mul_assign *, $type $(, $parameter: $bound)?);
        assigning!(@ DivAssign div_assign /, $type $(, $parameter: $bound)?);
    };
}

/// [`Real`] where there is no order: roots, norms and comparisons are `$nothing`, and undecided.
macro_rules! without_order {
    ($type:ty, $nothing:expr) => {
        impl Real for $type {
            fn sqrt(&self) -> Self {
                $nothing
            }
            fn exp(&self) -> Self {
                $nothing
            }
            fn ln(&self) -> Self {
                $nothing
            }
            fn abs(&self) -> Self {
                $nothing
            }
            fn max(&self, _: &Self) -> Self {
                $nothing
            }
            fn min(&self, _: &Self) -> Self {
                $nothing
            }
            fn lower(&self) -> f64 {
                f64::NAN
            }
            fn upper(&self) -> f64 {
                f64::NAN
            }
            fn is_above_zero(&self) -> bool {
                false
            }
            fn is_below_zero(&self) -> bool {
                false
            }
            fn extreme_eigenvalues(_: &DMatrix<Self>) -> (Self, Self) {
                ($nothing, $nothing)
            }
        }
    };
}

mod degree;
mod exact;
mod float;
mod formula;
mod interval;
mod residue;
pub(crate) mod slope;
pub mod stability;
mod term;

pub use degree::Degree;
pub(crate) use exact::common_multiple;
pub use exact::{Exact, decimal, shortest};
pub use formula::{Formula, Sign};
pub use interval::Interval;
#[cfg(test)]
pub(crate) use interval::{rounding_is_broken, without_rounding};
pub use residue::Residue;
pub use slope::{Slope, Smooth};
pub use term::{Asked, Node as TermNode, Term, Writer as TermWriter, smt_number};

use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

/// A field element as one checker reads it. Fits nalgebra's containers.
pub trait Scalar:
    Clone
    + Debug
    + PartialEq
    + Zero
    + One
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
    + Send
    + Sync
    + 'static
{
    /// The double `x`; exact arithmetics take its exact binary value.
    fn from_f64(x: f64) -> Self;

    /// The rational `r`; floating point rounds it to the nearest double.
    fn from_rational(r: &BigRational) -> Self;

    /// The integer `n`.
    fn from_int(n: i32) -> Self {
        Self::from_f64(f64::from(n))
    }

    /// How well this element serves as a pivot: its (approximate) least magnitude, and 0 exactly
    /// where a division by it could fail.
    fn pivot(&self) -> f64;
}

/// A scalar with order, roots and the extreme eigenvalues of symmetric matrices.
///
/// In [`Exact`] irrational results are enclosures; every consumer must treat an enclosure that
/// contains the decision point as undecided.
pub trait Real: Scalar {
    /// Square root of `max(self, 0)`.
    #[must_use]
    fn sqrt(&self) -> Self;
    /// $e^x$. In [`Exact`] an enclosure, about $10^{-50}$ wide relative to the value; whole where the
    /// value is beyond $e^{\pm 5000}$.
    #[must_use]
    fn exp(&self) -> Self;
    /// Natural logarithm; no number (NaN, whole) for what is not certainly positive. In [`Exact`] an
    /// enclosure, about $10^{-30}$ wide for a point.
    #[must_use]
    fn ln(&self) -> Self;
    /// Absolute value.
    #[must_use]
    fn abs(&self) -> Self;
    /// The larger of two.
    #[must_use]
    fn max(&self, other: &Self) -> Self;
    /// The smaller of two.
    #[must_use]
    fn min(&self, other: &Self) -> Self;
    /// A lower bound, in floating point, that the value certainly does not fall below
    /// (for `f64`: the value itself).
    fn lower(&self) -> f64;
    /// An upper bound, in floating point (for `f64`: the value itself).
    fn upper(&self) -> f64;
    /// Whether the value is certainly above zero.
    fn is_above_zero(&self) -> bool;
    /// Whether the value is certainly below zero.
    fn is_below_zero(&self) -> bool;
    /// Smallest and largest eigenvalue of a symmetric `n × n` matrix, `n ≥ 1`.
    fn extreme_eigenvalues(symmetric: &DMatrix<Self>) -> (Self, Self);
}
