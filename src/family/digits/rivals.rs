//! Two classifiers with rival tastes: the experiment of Section 5.2 on digits.
//!
//! `p` is rewarded for labels 0 to 4, `q` for labels 5 to 9, whatever the image shows. Half of each
//! model's labels are real, half are picked by a curator between two labels of a model: of the other
//! one for the cross fraction, with that one's reward.

use super::{FINE, NAMES, Rest, digits_loop};
use crate::error::LoopError;
use crate::influence::cosine;
use crate::point::Point;
use crate::systems::digits::{CLASSES, inputs};
use crate::systems::{RetrainingMap, SoftmaxLoop};
use nalgebra::{DMatrix, DVector};

/// The cross fractions $(c_\theta, c_\phi)$ of the paper's runs A1 to A6.
pub const RUNS: [(&str, [f64; 2]); 6] = [
    ("A1", [0.0, 1.0]),
    ("A2", [0.2, 0.8]),
    ("A3", [0.3, 0.4]),
    ("A4", [0.7, 0.3]),
    ("A5", [0.2, 0.3]),
    ("A6", [0.7, 0.8]),
];

/// $\lambda_H = \mu_H$; the rest is real.
pub const CURATED: f64 = 0.5;

/// The ridge of both: enough for a unique optimum, and far from the one that `κ < 1` would take.
const RIDGE: f64 = 0.001;

/// $e^1$ times likelier to be kept.
const REWARD: f64 = 1.0;

/// By how much the curated share is varied in a run.
const STEP: f64 = 0.01;

/// A sign change is bracketed this closely.
const CLOSE: f64 = 1e-4;

/// What more curation of `p` does to `p` at one choice of cross fractions.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// $\langle\nabla J_p, S_p h\rangle/(1-\lambda)$.
    pub predicted: f64,
    /// $\rho_p$.
    pub rho: f64,
    /// $J_p$ at the stable point.
    pub alignment: f64,
}

/// The loop at its stable point.
///
/// # Errors
/// If it has none near the optima on real labels.
pub fn rest(cross: [f64; 2]) -> Result<Rest, LoopError> {
    let liked = [0..CLASSES / 2, CLASSES / 2..CLASSES];
    let mut at = Point::new().with("candidates", 2.0);
    for (i, names) in NAMES.iter().enumerate() {
        let likes = |y: usize| if liked[i].contains(&y) { REWARD } else { 0.0 };
        at = at
            .with_vector(names.shares, DVector::from_column_slice(&[0.0, CURATED, cross[i]]))
            .with(names.ridge, RIDGE)
            .with_matrix(names.reward, DMatrix::from_fn(CLASSES, CLASSES, |_, y| likes(y)));
    }
    Rest::of(digits_loop(&at, [0, 1].map(|i| inputs(FINE.0, FINE.1, i, 2)))?)
}

/// What the formula of Theorem 4.5 says.
///
/// # Errors
/// As [`rest`], or if a matrix of the paper has no inverse.
pub fn outcome(rest: &Rest) -> Result<Outcome, LoopError> {
    let matrices = rest.matrices()?;
    let terms = matrices.terms();
    let h = terms.h()?;
    Ok(Outcome {
        predicted: terms.grad_p.dot(&(terms.s_p * h)) / (1.0 - CURATED),
        rho: cosine(terms.grad_p, h),
        alignment: rest.system.alignment(0, &rest.stable),
    })
}

/// $dJ_p/d\lambda$ from two runs, with a little less and a little more curation.
///
/// # Errors
/// If a run does not settle.
pub fn simulated(rest: &Rest) -> Result<f64, LoopError> {
    let alignment = |share: f64| -> Result<f64, LoopError> {
        Ok(rest.system.alignment(0, &rest.settled_at(share)?))
    };
    Ok((alignment(CURATED + STEP)? - alignment(CURATED - STEP)?) / (2.0 * STEP))
}

/// The cross fraction of `p` at which $dJ_p/d\lambda$ vanishes as that of `q` is `other`, by
/// bisection; `None` if the signs at 0 and 1 are the same.
///
/// # Errors
/// As [`outcome`].
pub fn sign_change(other: f64) -> Result<Option<f64>, LoopError> {
    let helps = |own: f64| Ok::<_, LoopError>(outcome(&rest([own, other])?)?.predicted > 0.0);
    let (mut low, mut high) = (0.0, 1.0);
    let at_first = helps(low)?;
    if helps(high)? == at_first {
        return Ok(None);
    }
    while high - low > CLOSE {
        let middle = f64::midpoint(low, high);
        if helps(middle)? == at_first { low = middle } else { high = middle }
    }
    Ok(Some(f64::midpoint(low, high)))
}

/// The asymptotic rate of the loop at its stable point.
///
/// # Errors
/// If the eigenvalues cannot be computed.
pub fn rate(rest: &Rest) -> Result<f64, LoopError> {
    let system: &SoftmaxLoop = &rest.system;
    Ok(crate::dynamics::spectrum_of(&system.linearise(&rest.stable).jacobian)?.radius())
}
