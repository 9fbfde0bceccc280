//! What curation does to a loop with memory: the derivative of its stable point along routes that
//! share no formula, and the two readings in which the paper's formulas can be applied to it.

use super::{Constants, Couplings};
use crate::dynamics;
use crate::error::LoopError;
use crate::linalg;
use crate::scalar::{Real, Scalar};
use crate::systems::{MemoryLoop, RetrainingMap, Round};
use nalgebra::{DMatrix, DVector};

/// How the stable point of the loop answers to its curated share.
#[derive(Clone, Debug)]
pub struct Answer<S> {
    /// $dJ_p/d\lambda$.
    pub dp: S,
    /// $dJ_q/d\lambda$.
    pub dq: S,
    /// The sizes of the quantities that were added up to get the two.
    pub size: [S; 2],
}

/// $dx^*/d\lambda = (I - J)^{-1} b$ on the whole state, parameters and laws.
///
/// # Errors
/// If 1 is an eigenvalue of `J`.
pub fn solved<S: Real>(system: &MemoryLoop<S>) -> Result<Answer<S>, LoopError> {
    let stable = dynamics::stable_point(system)?;
    let d = system.dimension();
    let pull = DMatrix::<S>::identity(d, d) - system.linearise(&stable).jacobian;
    let forcing = DMatrix::from_columns(&[system.forcing(&stable)]);
    let dx = linalg::solve(&pull, &forcing).map_err(|_| LoopError::NoStablePoint)?;
    Ok(answer(system, &stable, &dx.column(0).into_owned()))
}

/// The derivative that a run of the loop in this order carries with it.
///
/// # Errors
/// If the loop does not settle.
pub fn simulated(system: &MemoryLoop<f64>, round: &Round) -> Result<Answer<f64>, LoopError> {
    let one = dynamics::with_tangent(0.0, 1.0);
    let lifted = system.lift(|x| dynamics::with_tangent(*x, 0.0))?.curating_more(&one);
    let (stable, dx) = dynamics::settle_tangent(&lifted, round)?;
    Ok(answer(system, &stable, &dx))
}

/// $g^\top (I - J)^{-1} b = 1 - \det(I - J - bg^\top)/\det(I - J)$, from eigenvalues alone.
///
/// # Errors
/// If the loop has no stable point, or the eigenvalues cannot be computed.
pub fn by_determinants(system: &MemoryLoop<f64>) -> Result<Answer<f64>, LoopError> {
    let stable = dynamics::stable_point(system)?;
    let jacobian = system.linearise(&stable).jacobian;
    let whole = dynamics::spectrum_of(&jacobian)?.product_one_minus().re;
    let b = system.forcing(&stable);
    let influence = |model: usize| -> Result<(f64, f64), LoopError> {
        let mut g = DVector::zeros(stable.len());
        let rows = system.parameter_rows(model);
        g.rows_mut(rows.start, rows.len()).copy_from(&system.models[model].reward);
        let size = g.norm() * b.norm();
        if size == 0.0 {
            return Ok((0.0, 0.0));
        }
        // Unit vectors keep the rank-one update of the size of J.
        let updated = &jacobian + (&b / b.norm()) * (&g / g.norm()).transpose();
        let part = dynamics::spectrum_of(&updated)?.product_one_minus().re;
        Ok((size * (1.0 - part / whole), size))
    };
    let ((dp, size_p), (dq, size_q)) = (influence(0)?, influence(1)?);
    Ok(Answer { dp, dq, size: [size_p, size_q] })
}

fn answer<S: Real>(system: &MemoryLoop<S>, stable: &DVector<S>, dx: &DVector<S>) -> Answer<S> {
    let size = linalg::norm(dx).max(&linalg::norm(stable));
    let along = |i: usize| {
        let (rows, reward) = (system.parameter_rows(i), &system.models[i].reward);
        let own = dx.rows(rows.start, rows.len()).into_owned();
        (linalg::dot(reward, &own), linalg::norm(reward) * size.clone())
    };
    let ((dp, size_p), (dq, size_q)) = (along(0), along(1));
    Answer { dp, dq, size: [size_p, size_q] }
}

/// The loop with $P(\theta, \phi)$, $Q(\theta, \phi)$ read as the stationary training laws at held
/// parameters. With `m` the stacked means of the laws, `u = (θ, φ)`,
///
/// ```math
/// m = Nm + Eu + r(\lambda), \qquad F(u, \lambda) = Hu - B(I - N)^{-1}(Eu + r(\lambda)).
/// ```
#[derive(Clone, Debug)]
pub struct Stationary<S: Scalar> {
    /// $S$ and $C$ of this reading.
    pub couplings: Couplings<S>,
    /// $-(1-\lambda)\,\partial F_p/\partial\lambda$: what curation does to the gradient of `p` once
    /// its training law has followed, `d_p`.
    pub h_p: DVector<S>,
    /// $-(1-\lambda)\,\partial F_q/\partial\lambda$, `d_q`: not zero, because the law of `q` draws
    /// inputs that curation has moved.
    pub h_q: DVector<S>,
}

impl<S: Scalar> Stationary<S> {
    /// The reading at the stable point `stable` of `system`.
    ///
    /// # Errors
    /// If the laws at held parameters are not determined, or a block of the formulas is singular.
    pub fn new(system: &MemoryLoop<S>, stable: &DVector<S>) -> Result<Self, LoopError> {
        let jacobian = system.linearise(stable).jacobian;
        let laws: Vec<usize> = (0..2).flat_map(|i| system.law_rows(i)).collect();
        let parameters: Vec<usize> = (0..2).flat_map(|i| system.parameter_rows(i)).collect();
        let pick = |columns: &[usize]| {
            DMatrix::from_fn(laws.len(), columns.len(), |r, c| {
                jacobian[(laws[r], columns[c])].clone()
            })
        };
        let settled = DMatrix::<S>::identity(laws.len(), laws.len()) - pick(&laws);
        let mut pull = DMatrix::from_element(laws.len(), 1, S::zero());
        let toward = system.pull_of_curation(stable);
        pull.rows_mut(0, toward.len()).copy_from(&toward);
        let moved =
            |by: &DMatrix<S>| linalg::solve(&settled, by).map_err(|_| LoopError::NoStablePoint);
        let (follows, shifted) = (moved(&pick(&parameters))?, moved(&pull)?);
        let z = system.pair_dimension();
        let gradient = |i: usize, law: &DMatrix<S>| &system.models[i].data * law.rows(i * z, z);
        let block = |i: usize, j: usize| {
            let (at, d) = (system.outputs(j).start, system.outputs(j).len());
            let through_law = gradient(i, &follows).columns(at, d).into_owned();
            if i == j { &system.models[i].hessian - through_law } else { -through_law }
        };
        let couplings =
            Couplings::of([[&block(0, 0), &block(0, 1)], [&block(1, 0), &block(1, 1)]])?;
        let h = |i: usize| gradient(i, &shifted).column(0).into_owned();
        Ok(Stationary { couplings, h_p: h(0), h_q: h(1) })
    }
}

/// The constants of the assumptions in the stationary reading, `ε` from above; `None` where the laws
/// at held parameters are not seen to settle.
pub fn stationary_constants<S: Real>(system: &MemoryLoop<S>) -> Option<Constants<S>> {
    let [eps_p, eps_q] = system.stationary_sensitivities()?;
    let convex = |i: usize| S::extreme_eigenvalues(&system.models[i].hessian);
    let ((gamma_p, most_p), (gamma_q, most_q)) = (convex(0), convex(1));
    let smooth = |i: usize, most: S| linalg::spectral_norm(&system.models[i].data).max(&most);
    Some(Constants {
        l_p: smooth(0, most_p),
        l_q: smooth(1, most_q),
        gamma_p,
        gamma_q,
        eps_p,
        eps_q,
    })
}
