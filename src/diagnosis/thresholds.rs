//! Which thresholds certify the sign of an influence, and by how much.

use crate::influence::{Constants, cosine, turning_sine};
use crate::linalg;
use crate::systems::{GaussianLoop, Knob, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// The cosine between a model's reward and what arrives at it, against four thresholds.
///
/// With $S_j = ((I - J)^{-1})_{jj} H_j^{-1}$ the answer of model `j` to a knob is $S_j v$, where `v` is what
/// the knob's push has become when it arrives: $h$ at its own model, $C_q h$ at the other of two. If
/// $|\rho|$, $\rho = \cos(\nabla J_j, v)$, is above a threshold, $dJ_j/d\lambda$ has the sign of $\rho$.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Certified {
    /// $\rho$.
    pub rho: f64,
    /// From the most cautious to the sharpest: whoever is above one is above all after it.
    pub thresholds: Vec<Threshold>,
    /// Position of the most cautious threshold that certifies the sign.
    pub by: Option<usize>,
}

/// A number that $|\rho|$ must exceed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Threshold {
    /// As a formula.
    pub name: &'static str,
    /// `None` where what it assumes fails.
    pub value: Option<f64>,
    /// $|\rho|$ minus that.
    pub margin: Option<f64>,
    /// What it assumes and the loop does not meet.
    pub fails: Option<String>,
}

/// The names of the thresholds, in order.
pub(super) const NAMES: [&str; 4] =
    ["1/sqrt(1+m^2 tau^2)", "1/sqrt(1+m^2/|S|^2)", "sqrt(1-m^2/|S|^2)", "sin omega(S)"];

/// Below this a response is rounding of what was added up to get it.
const SILENT: f64 = 1e-12;

/// Of the answer `dx` of `system` to `knob`, for `model`; `None` where nothing arrives, or $S$ has no inverse.
pub(super) fn certified(
    system: &GaussianLoop<f64>,
    knob: &Knob<f64>,
    stable: &DVector<f64>,
    model: usize,
) -> Option<Certified> {
    let dx = crate::influence::response(system, knob, stable).ok()?;
    let gradient = system.models[model].alignment.gradient(&system.block(model, stable));
    let own = system.block(model, &dx);
    if gradient.norm() == 0.0 || own.norm() <= SILENT * dx.norm() {
        return None;
    }
    let s = own_answer(system, model)?;
    let turned = linalg::solve(&s, &DMatrix::from_columns(&[own])).ok()?;
    let rho = cosine(&gradient, &turned.column(0).into_owned());
    let norm = linalg::spectral_norm(&s);
    let m = linalg::smallest_symmetric_eigenvalue(&s);
    let ratio = m / norm;
    let positive = |value: f64| if m > 0.0 { Ok(value) } else { Err("m > 0 fails".to_owned()) };
    let values = [
        tau(system, model).and_then(|tau| positive(1.0 / 1.0_f64.hypot(m * tau))),
        positive(1.0 / 1.0_f64.hypot(ratio)),
        positive((1.0 - ratio * ratio).max(0.0).sqrt()),
        Ok(turning_sine(&s)).and_then(|sine| {
            if sine < 1.0 {
                Ok(sine)
            } else {
                Err("S turns some vector by a right angle".to_owned())
            }
        }),
    ];
    let thresholds = NAMES.into_iter().zip(values).map(|(name, value)| match value {
        Ok(value) => {
            Threshold { name, value: Some(value), margin: Some(rho.abs() - value), fails: None }
        }
        Err(why) => Threshold { name, value: None, margin: None, fails: Some(why) },
    });
    let thresholds: Vec<Threshold> = thresholds.collect();
    let by = thresholds.iter().position(|t| t.margin.is_some_and(|margin| margin > 0.0));
    Some(Certified { rho, thresholds, by })
}

/// $S_j$: the paper's $S_p$ and $S_q$ for two models.
pub(super) fn own_answer(system: &GaussianLoop<f64>, model: usize) -> Option<DMatrix<f64>> {
    let d = system.dimension();
    let jacobian = system.linearise(&DVector::zeros(d)).jacobian;
    let inverse = linalg::inverse(&(DMatrix::<f64>::identity(d, d) - jacobian)).ok()?;
    let rows = &system.blocks()[model];
    let block = inverse.view((rows.start, rows.start), (rows.len(), rows.len())).into_owned();
    Some(block * linalg::inverse(&system.models[model].hessian).ok()?)
}

/// $\tau$ of Corollary 4.7 for the first of two models, of Corollary E.2 for the second.
fn tau(system: &GaussianLoop<f64>, model: usize) -> Result<f64, String> {
    if system.models.len() != 2 {
        return Err("the paper's tau is of two models".into());
    }
    let constants = Constants::of(system);
    if constants.a() >= 1.0 || constants.b() >= 1.0 {
        return Err("kappa < 1 fails".into());
    }
    let kappa = constants.kappa();
    if kappa >= 1.0 {
        return Err("kappa < 1 fails".into());
    }
    let tau = if model == 0 { constants.tau_p() } else { constants.tau_q() };
    if tau > 0.0 { Ok(tau) } else { Err("tau > 0 fails".into()) }
}
