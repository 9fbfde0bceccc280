//! How exact arithmetic and intervals observe influences and spectra.

use crate::case::{Arithmetic, Case, Influence, Route, Turn};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence;
use crate::linalg;
use crate::scalar::stability::{Stability, schur_stability};
use crate::scalar::{Exact, Interval, Real};
use nalgebra::DMatrix;
use num_rational::BigRational;

/// One solve of $(I - J)\,dx = b$, on every route: runs and eigenvalues are not finite computations
/// over the rationals. Rounding is enclosed, so `size` is one.
pub(super) fn solved<S: Arithmetic>(
    case: &Case<S>,
    turn: Turn,
) -> Result<Vec<(Turn, Influence<S>)>, LoopError> {
    let system = &case.sample().system;
    let stable = dynamics::stable_point(system)?;
    let dx = influence::response(system, &case.knobs()[turn as usize], &stable)?;
    let answer = |i: usize| {
        let gradient = system.models[i].alignment.gradient(&system.block(i, &stable));
        linalg::dot(&gradient, &system.block(i, &dx))
    };
    let size = [S::one(), S::one()];
    Ok(vec![(turn, Influence { dp: answer(0), dq: answer(1), size, dx: Some(dx) })])
}

impl Arithmetic for Interval {
    fn observe(
        case: &Case<Interval>,
        _route: Route,
        turn: Turn,
    ) -> Result<Vec<(Turn, Influence<Interval>)>, LoopError> {
        solved(case, turn)
    }

    /// Bounded by powers from both sides; from below also by an enclosed eigenvalue, which traces of
    /// powers miss where eigenvalues of one modulus cancel.
    fn spectral_radius(m: &DMatrix<Interval>) -> Result<Interval, LoopError> {
        let bounds = linalg::verified::spectral_radius(m);
        let spectrum = dynamics::spectrum_of(&m.map(Interval::middle))?;
        let largest = linalg::verified::eigenvalue(m, spectrum.leading());
        let below = largest.map_or(0.0, |[re, im]| {
            let square = |x: Interval| Real::abs(&x) * Real::abs(&x);
            Real::sqrt(&(square(re) + square(im))).lower()
        });
        Ok(Interval::new(bounds.lo().max(below).min(bounds.hi()), bounds.hi()))
    }

    fn floating(_: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
        Err(LoopError::NotObserved)
    }
}

impl Arithmetic for Exact {
    fn observe(
        case: &Case<Exact>,
        _route: Route,
        turn: Turn,
    ) -> Result<Vec<(Turn, Influence<Exact>)>, LoopError> {
        solved(case, turn)
    }

    /// An enclosure: $\rho(M) < r$ and $\rho(M) \ge r'$ are decided exactly for radii `r`, `r'`
    /// close to what floating point suggests, and further apart while they are not. Of ranges it is
    /// bounded by powers.
    fn spectral_radius(m: &DMatrix<Exact>) -> Result<Exact, LoopError> {
        let points: Option<Vec<BigRational>> = m.iter().map(|x| x.point().cloned()).collect();
        let Some(points) = points else { return Ok(linalg::enclosed::spectral_radius(m)) };
        let points = DMatrix::from_vec(m.nrows(), m.ncols(), points);
        let failed =
            || LoopError::Spectrum("the exact spectral radius could not be enclosed".into());
        let rounded = m.map(|x| f64::midpoint(x.lower(), x.upper()));
        let guess = dynamics::spectrum_of(&rounded)?.radius();
        let stable_at =
            |r: &BigRational| schur_stability(&points.map(|x| x / r)) == Stability::Stable;
        for digits in [9, 6, 3, 1] {
            let slack = 10f64.powi(-digits) * guess.max(1e-3);
            let ends = [guess + slack, (guess - slack).max(0.0)].map(BigRational::from_float);
            let [Some(above), Some(below)] = ends else { return Err(failed()) };
            let below_holds = below <= BigRational::from_integer(0.into()) || !stable_at(&below);
            if stable_at(&above) && below_holds {
                return Ok(Exact::range(below, above));
            }
        }
        Err(failed())
    }

    /// Nothing that was rounded can confirm anything.
    fn floating(_: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
        Err(LoopError::NotObserved)
    }
}
