//! How exact arithmetic observes influences and spectra.

use crate::case::{Arithmetic, Case, Influence, Route, Turn};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence;
use crate::linalg;
use crate::scalar::stability::{Stability, schur_stability};
use crate::scalar::{Exact, Real};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::One;

impl Arithmetic for Exact {
    /// One exact solve of $(I - J)\,dx = b$, on every route: runs and eigenvalues are not finite
    /// computations over the rationals. Nothing is rounded, so `size` is one.
    fn observe(
        case: &Case<Exact>,
        _route: Route,
        turn: Turn,
    ) -> Result<Vec<(Turn, Influence<Exact>)>, LoopError> {
        let system = &case.sample().system;
        let stable = dynamics::stable_point(system)?;
        let dx = influence::response(system, &case.knobs()[turn as usize], &stable)?;
        let answer = |i: usize| {
            let gradient = system.models[i].alignment.gradient(&system.block(i, &stable));
            linalg::dot(&gradient, &system.block(i, &dx))
        };
        let size = [Exact::one(), Exact::one()];
        Ok(vec![(turn, Influence { dp: answer(0), dq: answer(1), size, dx: Some(dx) })])
    }

    /// An enclosure: $\rho(M) < r$ and $\rho(M) \ge r'$ are decided exactly for radii `r`, `r'`
    /// close to what floating point suggests, and further apart while they are not.
    fn spectral_radius(m: &DMatrix<Exact>) -> Result<Exact, LoopError> {
        let points: Option<Vec<BigRational>> = m.iter().map(|x| x.point().cloned()).collect();
        let failed = || LoopError::Spectrum("exact spectral radius needs exact entries".into());
        let points = DMatrix::from_vec(m.nrows(), m.ncols(), points.ok_or_else(failed)?);
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
        Err(LoopError::Spectrum("the exact spectral radius could not be enclosed".into()))
    }

    /// Nothing that was rounded can confirm anything.
    fn floating(_: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
        Err(LoopError::NotObserved)
    }
}
