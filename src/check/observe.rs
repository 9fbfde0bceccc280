//! How floating point observes influences: three routes that share no formula.

use crate::case::{Arithmetic, Case, Influence, Route, Turn};
use crate::dynamics;
use crate::error::LoopError;
use crate::linalg;
use crate::systems::RetrainingMap;
use nalgebra::{DMatrix, DVector};

impl Arithmetic for f64 {
    fn observe(
        case: &Case<f64>,
        route: Route,
        _turn: Turn,
    ) -> Result<Vec<(Turn, Influence<f64>)>, LoopError> {
        let system = &case.sample().system;
        let knobs = case.knobs();
        let gradients = |x: &DVector<f64>| {
            let of = |i: usize| system.models[i].alignment.gradient(&system.block(i, x));
            (of(0), of(1), x.norm())
        };
        let split = |dx: DVector<f64>, (gp, gq, size): &(DVector<f64>, DVector<f64>, f64)| {
            // A block may cancel to rounding of the whole, and the forcing to rounding of the state.
            let size = dx.norm().max(*size);
            Influence {
                dp: gp.dot(&system.block(0, &dx)),
                dq: gq.dot(&system.block(1, &dx)),
                size: [gp.norm() * size, gq.norm() * size],
                dx: Some(dx),
            }
        };
        match route {
            Route::Direct => {
                let stable = dynamics::stable_point(system)?;
                let forcing: Vec<_> = knobs.iter().map(|k| system.forcing(k, &stable)).collect();
                let d = stable.len();
                let pull = DMatrix::identity(d, d) - system.linearise(&stable).jacobian;
                let dx = linalg::solve(&pull, &DMatrix::from_columns(&forcing))
                    .map_err(|_| LoopError::NoStablePoint)?;
                let g = gradients(&stable);
                let each = dx.column_iter().map(|c| split(c.into_owned(), &g));
                Ok(Turn::ALL.into_iter().zip(each).collect())
            }
            Route::Simulation => {
                let (stable, dx) = dynamics::settle_tangents(system, &knobs)?;
                let g = gradients(&stable);
                let each = dx.column_iter().map(|c| split(c.into_owned(), &g));
                Ok(Turn::ALL.into_iter().zip(each).collect())
            }
            Route::Spectrum => by_determinants(case),
            Route::Record => Err(LoopError::NotObserved),
        }
    }

    fn spectral_radius(m: &DMatrix<f64>) -> Result<f64, LoopError> {
        Ok(dynamics::spectrum_of(m)?.radius())
    }

    fn floating(value: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
        value()
    }
}

/// $g^\top (I - J)^{-1} b = 1 - \det(I - J - b g^\top) / \det(I - J)$ (matrix determinant lemma),
/// both determinants as products of `1 - μ` over eigenvalues: no linear system is solved but that
/// for the stable point. For the turns whose answer is a share's, not for the pushes.
fn by_determinants(case: &Case<f64>) -> Result<Vec<(Turn, Influence<f64>)>, LoopError> {
    let system = &case.sample().system;
    let stable = dynamics::stable_point(system)?;
    let jacobian = system.linearise(&stable).jacobian;
    let whole = dynamics::spectrum_of(&jacobian)?.product_one_minus().re;
    let d = stable.len();
    let gradient = |model: usize| {
        let mut g = DVector::zeros(d);
        let rows = &system.blocks()[model];
        let own = system.models[model].alignment.gradient(&system.block(model, &stable));
        g.rows_mut(rows.start, rows.len()).copy_from(&own);
        g
    };
    let (gp, gq) = (gradient(0), gradient(1));
    let quadratic = |g: &DVector<f64>, b: &DVector<f64>, size: f64| -> Result<f64, LoopError> {
        if size == 0.0 {
            return Ok(0.0);
        }
        // Unit vectors keep the rank-one update of the size of J.
        let updated = &jacobian + (b / b.norm()) * (g / g.norm()).transpose();
        let part = dynamics::spectrum_of(&updated)?.product_one_minus().re;
        Ok(size * (1.0 - part / whole))
    };
    let shares = &case.knobs()[..3];
    shares
        .iter()
        .zip(Turn::ALL)
        .map(|(knob, turn)| {
            let b = system.forcing(knob, &stable);
            let size = [gp.norm() * b.norm(), gq.norm() * b.norm()];
            let (dp, dq) = (quadratic(&gp, &b, size[0])?, quadratic(&gq, &b, size[1])?);
            Ok((turn, Influence { dp, dq, size, dx: None }))
        })
        .collect()
}
