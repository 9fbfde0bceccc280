//! Whether there is a stable point, and where.

use crate::dynamics;
use crate::linalg;
use crate::scalar::{Exact, Interval, Scalar};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use serde::Serialize;

/// The stable points of a loop.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StablePoint {
    /// How many there are.
    pub count: Count,
    /// Whether that is proved, by intervals or in exact arithmetic, or floating point's word alone.
    pub proved: bool,
    /// Of every model, in the order of the file; empty unless there is exactly one.
    pub at: Vec<ModelPoint>,
    /// The least distance of an eigenvalue of the Jacobian from 1: at 0 there is no stable point, or a
    /// continuum.
    pub gap: f64,
}

/// A model at the stable point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelPoint {
    /// Its name.
    pub model: String,
    /// Its parameters.
    pub parameters: Vec<f64>,
    /// Its alignment there.
    pub alignment: f64,
}

/// How many stable points an affine loop can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Count {
    /// Exactly one.
    One,
    /// None: 1 is an eigenvalue of the Jacobian, and the data push along it for ever.
    None,
    /// A line, a plane, ...: 1 is an eigenvalue of the Jacobian, and nothing pushes along it.
    Continuum,
}

/// Up to this many parameters exact arithmetic is asked where floating point is not sure.
const EXACT: usize = 32;

/// An eigenvalue closer to 1 than this may be there by rounding.
const NEAR: f64 = 1e-9;

/// Singular values below this part of the largest one are zero to rounding.
const RANK: f64 = 1e-12;

/// The stable points of `system`, the loop of `file` at `values`, and the point where there is one.
pub(super) fn existence(
    file: &LoopFile,
    values: &[(String, BigRational)],
    system: &GaussianLoop<f64>,
) -> Result<(StablePoint, Option<DVector<f64>>), crate::error::LoopError> {
    let zero = DVector::zeros(system.dimension());
    let jacobian = system.linearise(&zero).jacobian;
    let spectrum = dynamics::spectrum_of(&jacobian)?;
    let gap = spectrum.eigenvalues.iter().map(|z| (z - 1.0).norm()).fold(f64::INFINITY, f64::min);
    let certain = certainly_one(file, values, system.dimension(), gap);
    let found = match (gap <= NEAR).then(|| exactly(file, values, system.dimension())).flatten() {
        // Doubles have few digits of it, or do not tell it from none.
        Some(exact) => Some(exact),
        None => dynamics::stable_point(system).ok(),
    };
    let found = found.filter(|x| x.iter().all(|x| x.is_finite()));
    let one = certain.unwrap_or(gap > NEAR);
    let proved = certain.is_some();
    let Some(stable) = found.filter(|_| one) else {
        let count = if is_solvable(system, &jacobian) { Count::Continuum } else { Count::None };
        // That there is not exactly one is what exact arithmetic says; which of the two, rounding.
        return Ok((StablePoint { count, proved, at: vec![], gap }, None));
    };
    let alignments = system.alignments(&stable);
    let point = |(i, alignment): (usize, f64)| ModelPoint {
        model: system.models[i].name.clone(),
        parameters: system.block(i, &stable).iter().copied().collect(),
        alignment,
    };
    let at = alignments.into_iter().enumerate().map(point).collect();
    Ok((StablePoint { count: Count::One, proved, at, gap }, Some(stable)))
}

/// Whether there is exactly one stable point, where that can be said for certain.
fn certainly_one(
    file: &LoopFile,
    values: &[(String, BigRational)],
    dimension: usize,
    gap: f64,
) -> Option<bool> {
    let enclosed = super::proof::read::<Interval>(file, values).ok()?;
    if dynamics::stable_point(&enclosed).is_ok() {
        return Some(true);
    }
    if dimension > EXACT || gap > NEAR.sqrt() {
        return None;
    }
    let exact = super::proof::read::<Exact>(file, values).ok()?;
    Some(dynamics::stable_point(&exact).is_ok())
}

/// The one stable point, computed exactly and rounded then.
fn exactly(
    file: &LoopFile,
    values: &[(String, BigRational)],
    dimension: usize,
) -> Option<DVector<f64>> {
    if dimension > EXACT {
        return None;
    }
    let exact = super::proof::read::<Exact>(file, values).ok()?;
    let point = dynamics::stable_point(&exact).ok()?;
    let entries = point.iter().map(|x| x.point().map(f64::from_rational));
    Some(DVector::from_vec(entries.collect::<Option<Vec<f64>>>()?))
}

/// Whether $(I - J)x = T(0)$ has a solution although `I - J` is singular: $T(0)$ is orthogonal to
/// whatever $I - J$ does not reach.
fn is_solvable(system: &GaussianLoop<f64>, jacobian: &DMatrix<f64>) -> bool {
    let d = jacobian.nrows();
    let pull = DMatrix::<f64>::identity(d, d) - jacobian;
    let at_zero = dynamics::play(system, &crate::systems::Round::Simultaneous, &DVector::zeros(d));
    let svd = pull.svd(true, false);
    let (Some(u), values) = (svd.u, svd.singular_values) else { return false };
    let size = linalg::norm(&at_zero);
    let least = RANK * values.amax().max(1.0);
    let missed = (0..d).filter(|&k| values[k] <= least);
    missed.map(|k| u.column(k).dot(&at_zero).abs()).all(|part| part <= RANK.sqrt() * size)
}
