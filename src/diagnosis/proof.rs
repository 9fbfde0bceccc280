//! What intervals say of a loop whose numbers are read exactly as they are written.

use super::dial::Dial;
use crate::case::Arithmetic;
use crate::dynamics::{self, round_jacobian};
use crate::error::LoopError;
use crate::influence;
use crate::linalg;
use crate::scalar::{Interval, Real, Scalar};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap, Round};
use nalgebra::DVector;
use num_rational::BigRational;
use std::cmp::Ordering;

/// The loop of `file` at exact values of its parameters.
///
/// # Errors
/// An unknown parameter, a Hessian that is singular in the arithmetic `S`.
pub(super) fn read<S: Scalar>(
    file: &LoopFile,
    values: &[(String, BigRational)],
) -> Result<GaussianLoop<S>, LoopError> {
    let values: Vec<(&str, S)> =
        values.iter().map(|(name, x)| (name.as_str(), S::from_rational(x))).collect();
    file.at(&values)
}

/// On which side of 1 the spectral radius of a round is, for certain.
pub(super) fn side_of_one(system: &GaussianLoop<Interval>, round: &Round) -> Option<Ordering> {
    let zero = DVector::from_element(system.dimension(), Interval::point(0.0));
    let jacobian = round_jacobian(&system.linearise(&zero), system.blocks(), round);
    let radius = <Interval as Arithmetic>::spectral_radius(&jacobian).ok()?;
    if radius.upper() < 1.0 {
        Some(Ordering::Less)
    } else if radius.lower() > 1.0 {
        Some(Ordering::Greater)
    } else {
        None
    }
}

/// The sign of every model's $dJ_i/d\lambda$ along a dial, where it is certain.
pub(super) fn signs(system: &GaussianLoop<Interval>, dial: &Dial) -> Vec<Option<Ordering>> {
    let nothing = || vec![None; system.models.len()];
    let Ok(stable) = dynamics::stable_point(system) else { return nothing() };
    let Ok(dx) = influence::response(system, &dial.knob(system), &stable) else {
        return nothing();
    };
    let sign = |i: usize| {
        let gradient = system.models[i].alignment.gradient(&system.block(i, &stable));
        let answer = linalg::dot(&gradient, &system.block(i, &dx));
        match (answer.is_above_zero(), answer.is_below_zero()) {
            (true, _) => Some(Ordering::Greater),
            (_, true) => Some(Ordering::Less),
            _ if answer.lower() == 0.0 && answer.upper() == 0.0 => Some(Ordering::Equal),
            _ => None,
        }
    };
    (0..system.models.len()).map(sign).collect()
}
