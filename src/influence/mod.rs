//! What curation does to the stable point: $dx^*/d\lambda = (I - J)^{-1} b$.

mod couplings;
pub mod memory;
mod pair;
pub mod sweep;
mod turning;
pub mod zeros;

pub use couplings::Couplings;
pub use pair::{Constants, Pair, cosine, perron_of_two, sensitivity_matrix};
pub use turning::{reward_beyond, turning_bound, turning_sine, widest_turn};

use crate::error::LoopError;
use crate::linalg;
use crate::scalar::Scalar;
use crate::systems::{GaussianLoop, Knob, RetrainingMap};
use nalgebra::{DMatrix, DVector};

/// $dx^*/d\lambda$ along a knob by one linear solve, `D`, with `stable` the stable point.
///
/// # Errors
/// If 1 is an eigenvalue of `J`.
pub fn response<S: Scalar>(
    system: &GaussianLoop<S>,
    knob: &Knob<S>,
    stable: &DVector<S>,
) -> Result<DVector<S>, LoopError> {
    let d = system.dimension();
    let pull = DMatrix::<S>::identity(d, d) - system.linearise(stable).jacobian;
    let forcing = DMatrix::from_columns(&[system.forcing(knob, stable)]);
    let x = linalg::solve(&pull, &forcing).map_err(|_| LoopError::NoStablePoint)?;
    Ok(x.column(0).into_owned())
}

/// Where nothing couples back, the whole response and the isolated one are one number, computed in
/// two ways; rounding must not make that "dampened".
const EQUAL: f64 = 1e-12;

/// How a change of a knob moves one model's alignment, against what it would do were the other
/// models held still.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// The response has the sign of the direct push and is at least as large.
    Amplified,
    /// The same sign, but smaller.
    Dampened,
    /// The opposite sign: curation backfires.
    Inverted,
    /// The direct push vanishes (a cross-influence, or an orthogonal reward), so there is nothing
    /// to amplify or invert.
    Indirect,
}

impl Regime {
    /// Lower-case name, as reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Amplified => "amplified",
            Regime::Dampened => "dampened",
            Regime::Inverted => "inverted",
            Regime::Indirect => "indirect",
        }
    }
}

/// One model's answer to a knob.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelInfluence {
    /// $da_i/d\lambda = \nabla J_i \cdot (dx^*/d\lambda)_i$, the whole response.
    pub response: f64,
    /// $\nabla J_i \cdot b_i$, the forcing alone.
    pub push: f64,
    /// $\nabla J_i \cdot (I - J_{ii})^{-1} b_i$, the response with the other models held still;
    /// `None` where the model alone has no stable point.
    pub isolated: Option<f64>,
    /// Which of the regimes this is.
    pub regime: Regime,
    /// Whether the model, alone, would not settle: the sign of `isolated` then says nothing.
    pub unstable_alone: bool,
}

/// The influence of `knob` on every model's alignment at the stable point.
///
/// # Errors
/// If the loop has no unique stable point, or eigenvalues fail.
pub fn influences(
    system: &GaussianLoop<f64>,
    knob: &Knob<f64>,
    stable: &DVector<f64>,
) -> Result<Vec<ModelInfluence>, LoopError> {
    let dx = response(system, knob, stable)?;
    let b = system.forcing(knob, stable);
    let jacobian = system.linearise(stable).jacobian;
    let mut all = Vec::with_capacity(system.models.len());
    for (i, rows) in system.blocks().iter().enumerate() {
        let gradient = system.models[i].alignment.gradient(&system.block(i, stable));
        let own_push = system.block(i, &b);
        let whole = gradient.dot(&system.block(i, &dx));
        let push = gradient.dot(&own_push);
        let own = jacobian.view((rows.start, rows.start), (rows.len(), rows.len())).into_owned();
        let unstable_alone = crate::dynamics::spectrum_of(&own)?.radius() >= 1.0;
        let pull = DMatrix::identity(rows.len(), rows.len()) - own;
        let isolated =
            linalg::solve(&pull, &DMatrix::from_columns(std::slice::from_ref(&own_push)))
                .ok()
                .map(|x| gradient.dot(&x.column(0)));
        // A push this small against its own factors is rounding, not a direction.
        let silent = push.abs() <= 1e-13 * gradient.norm() * own_push.norm();
        let regime = if silent {
            Regime::Indirect
        } else if whole * push < 0.0 {
            Regime::Inverted
        } else if whole.abs() >= (1.0 - EQUAL) * isolated.map_or(f64::INFINITY, f64::abs) {
            Regime::Amplified
        } else {
            Regime::Dampened
        };
        all.push(ModelInfluence { response: whole, push, isolated, regime, unstable_alone });
    }
    Ok(all)
}
