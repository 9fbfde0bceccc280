//! What intervals and exact arithmetic say of a loop whose numbers are read exactly as they are written.

use super::dial::Dial;
use super::line::{exact_characteristic, exact_influence};
use super::polynomial::largest_root_against_one;
use crate::case::Arithmetic;
use crate::dynamics::{self, round_jacobian};
use crate::error::LoopError;
use crate::influence;
use crate::linalg;
use crate::scalar::{Exact, Interval, Real, Scalar};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap, Round};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::Zero;
use std::cell::OnceCell;
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

/// A loop in the arithmetics that are certain.
pub(super) struct Sure<'a> {
    file: &'a LoopFile,
    values: &'a [(String, BigRational)],
    /// `None` where a number cannot be bounded.
    enclosed: Option<GaussianLoop<Interval>>,
    /// Read where intervals do not decide; `None` for a loop that is too large.
    exact: OnceCell<Option<GaussianLoop<Exact>>>,
}

/// Up to this many parameters exact arithmetic is asked what intervals leave open.
const EXACT: usize = 16;

impl<'a> Sure<'a> {
    /// The loop of `file`.
    pub fn new(file: &'a LoopFile, values: &'a [(String, BigRational)]) -> Self {
        Sure { file, values, enclosed: read(file, values).ok(), exact: OnceCell::new() }
    }

    fn exact(&self) -> Option<&GaussianLoop<Exact>> {
        let read = || {
            let system = read::<Exact>(self.file, self.values).ok()?;
            (system.dimension() <= EXACT).then_some(system)
        };
        self.exact.get_or_init(read).as_ref()
    }

    /// On which side of 1 the spectral radius of a round is, or whether it is 1.
    pub fn side_of_one(&self, round: &Round) -> Option<Ordering> {
        let by_intervals = self.enclosed.as_ref().and_then(|system| side_of_one(system, round));
        by_intervals.or_else(|| {
            let characteristic = exact_characteristic(self.exact()?, round)?;
            Some(largest_root_against_one(&characteristic))
        })
    }

    /// The sign of every model's $dJ_i/d\lambda$ along a dial, where it is certain.
    pub fn signs(&self, dial: &Dial) -> Vec<Option<Ordering>> {
        let models = self.file.model_names().len();
        let mut all =
            self.enclosed.as_ref().map_or_else(|| vec![None; models], |system| signs(system, dial));
        for (i, sign) in all.iter_mut().enumerate().filter(|(_, sign)| sign.is_none()) {
            let exact = || {
                let system = self.exact()?;
                exact_influence(system, &dial.knob(system), i)
            };
            *sign = exact().map(|x| x.cmp(&BigRational::zero()));
        }
        all
    }

    /// Every model's $dJ_i/d\lambda$ along a dial, computed exactly and rounded then.
    pub fn influences(&self, dial: &Dial) -> Option<Vec<f64>> {
        let system = self.exact()?;
        let knob = dial.knob(system);
        let of = |i| exact_influence(system, &knob, i).map(|x| f64::from_rational(&x));
        (0..system.models.len()).map(of).collect()
    }
}

/// On which side of 1 the spectral radius of a round is, by intervals.
fn side_of_one(system: &GaussianLoop<Interval>, round: &Round) -> Option<Ordering> {
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

/// The same by intervals.
fn signs(system: &GaussianLoop<Interval>, dial: &Dial) -> Vec<Option<Ordering>> {
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
