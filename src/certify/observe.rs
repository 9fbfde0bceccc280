//! How exact arithmetic observes influences and spectra.

use crate::case::{Arithmetic, Case, Influence, Route};
use crate::dynamics;
use crate::error::LoopError;
use crate::linalg;
use crate::scalar::stability::{Stability, schur_stability};
use crate::scalar::{Exact, Real};
use crate::systems::RetrainingMap;
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::One;

impl Arithmetic for Exact {
    /// One exact solve of $(I - J)\,dx = b$ for all turns, on every route: runs and eigenvalues
    /// are not finite computations over the rationals. Nothing is rounded, so `size` is one.
    fn observe(case: &Case<Exact>, _route: Route) -> Result<Vec<Influence<Exact>>, LoopError> {
        let system = &case.sample.system;
        let stable = dynamics::stable_point(system)?;
        let forcing: Vec<_> = case.knobs().iter().map(|k| system.forcing(k, &stable)).collect();
        let d = stable.len();
        let pull = DMatrix::<Exact>::identity(d, d) - system.linearise(&stable).jacobian;
        let dx = linalg::solve(&pull, &DMatrix::from_columns(&forcing))
            .map_err(|_| LoopError::NoStablePoint)?;
        let gradient =
            |i: usize| system.models[i].alignment.gradient(&system.block(i, &stable));
        let (gp, gq) = (gradient(0), gradient(1));
        Ok(dx
            .column_iter()
            .map(|c| {
                let dx = c.into_owned();
                Influence {
                    dp: linalg::dot(&gp, &system.block(0, &dx)),
                    dq: linalg::dot(&gq, &system.block(1, &dx)),
                    size: [Exact::one(), Exact::one()],
                    dx: Some(dx),
                }
            })
            .collect())
    }

    /// An enclosure: $\rho(M) < r$ and $\rho(M) \ge r'$ are decided exactly for radii `r`, `r'`
    /// close to what floating point suggests, and further apart while they are not.
    fn spectral_radius(m: &DMatrix<Exact>) -> Result<Exact, LoopError> {
        let points: Option<Vec<BigRational>> = m.iter().map(|x| x.point().cloned()).collect();
        let failed = || LoopError::Spectrum("exact spectral radius needs exact entries".into());
        let points = DMatrix::from_vec(m.nrows(), m.ncols(), points.ok_or_else(failed)?);
        let rounded = m.map(|x| f64::midpoint(x.lower(), x.upper()));
        let guess = dynamics::spectrum_of(&rounded)?.radius();
        let stable_at = |r: &BigRational| {
            schur_stability(&points.map(|x| x / r)) == Stability::Stable
        };
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
}
