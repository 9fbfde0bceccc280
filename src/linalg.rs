//! Generic linear algebra.
use crate::scalar::{Real, Scalar};
use nalgebra::{DMatrix, DVector};
/// Singular.
#[derive(Clone, Debug, thiserror::Error, PartialEq)]
#[error("singular")]
pub struct Singular;
/// Solve.
pub fn solve<S: Scalar>(_a: &DMatrix<S>, _b: &DMatrix<S>) -> Result<DMatrix<S>, Singular> {
    todo!()
}
/// Inverse.
pub fn inverse<S: Scalar>(_a: &DMatrix<S>) -> Result<DMatrix<S>, Singular> {
    todo!()
}
/// Dot.
pub fn dot<S: Scalar>(a: &DVector<S>, b: &DVector<S>) -> S {
    a.iter().zip(b.iter()).fold(S::zero(), |s, (x, y)| s + x.clone() * y.clone())
}
/// Norm.
pub fn norm<S: Real>(_a: &DVector<S>) -> S {
    todo!()
}
/// Norm.
pub fn spectral_norm<S: Real>(_a: &DMatrix<S>) -> S {
    todo!()
}
/// Least eigenvalue of the symmetric part.
pub fn smallest_symmetric_eigenvalue<S: Real>(_a: &DMatrix<S>) -> S {
    todo!()
}
