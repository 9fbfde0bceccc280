//! The stable point and the influences of curation on it, by routes that share no formula.

use crate::dynamics;
use crate::error::LoopError;
use crate::influence::{Pair, response};
use crate::linalg::{dot, norm};
use crate::scalar::{Exact, Real, Scalar};
use crate::systems::{GaussianLoop, Knob, SourceKind};
use nalgebra::DVector;

/// A number that theory predicts of a loop, `p` its first model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// $|x^*|$, the size of the stable point.
    Size,
    /// $J_p(\theta^*)$.
    RewardP,
    /// $J_q(\phi^*)$.
    RewardQ,
    /// $dJ_p/d\lambda$, the self-influence of the curated share of `p`.
    SelfInfluence,
    /// $dJ_q/d\lambda$, its cross-influence.
    CrossInfluence,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Quantity; 5] = [
        Quantity::Size,
        Quantity::RewardP,
        Quantity::RewardQ,
        Quantity::SelfInfluence,
        Quantity::CrossInfluence,
    ];

    /// Its symbol as LaTeX without delimiters.
    pub fn symbol(self) -> &'static str {
        match self {
            Quantity::Size => r"|x^*|",
            Quantity::RewardP => r"J_p(\theta^*)",
            Quantity::RewardQ => r"J_q(\phi^*)",
            Quantity::SelfInfluence => r"dJ_p/d\lambda",
            Quantity::CrossInfluence => r"dJ_q/d\lambda",
        }
    }
}

/// One quantity by every route.
#[derive(Clone, Debug, PartialEq)]
pub struct Prediction {
    /// Which.
    pub quantity: Quantity,
    /// By the paper's formulas: $S_p h/(1-\lambda)$ and its kin at the solution of $F = 0$.
    pub formula: f64,
    /// By running the loop until it settles, derivatives by dual numbers; none if it does not settle.
    pub simulated: Option<f64>,
    /// By one linear solve $(I - J)^{-1} b$ in exact arithmetic, rounded once at the end.
    pub exact: f64,
    /// The exact value as a fraction, where it is rational.
    pub fraction: Option<String>,
    /// The largest difference between the routes, relative to the size of what was added up.
    pub gap: f64,
}

/// What is predicted of a loop.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictions {
    /// The curated share $\lambda$ of `p`.
    pub share: f64,
    /// Rounds of simultaneous retraining until it settled; none if it does not.
    pub rounds: Option<usize>,
    /// In the order of [`Quantity::ALL`].
    pub rows: Vec<Prediction>,
}

/// The quantities, in the order of [`Quantity::ALL`].
type Values<S> = [S; 5];

/// The predictions for a loop in floating point and the same loop exactly.
pub(super) fn of(
    system: &GaussianLoop<f64>,
    exact: &GaussianLoop<Exact>,
) -> Result<Predictions, LoopError> {
    let pair = Pair::new(system.clone())?;
    let by_formula = by_formula(&pair)?;
    let certain = by_solve(exact)?;
    let (simulated, rounds) = match simulated(system) {
        Ok((values, rounds)) => (Some(values), Some(rounds)),
        Err(LoopError::Diverges { .. }) => (None, None),
        Err(e) => return Err(e),
    };
    let scales = scales(&pair, &by_formula);
    let row = |k: usize| {
        let exact = f64::midpoint(certain[k].lower(), certain[k].upper());
        let others = [Some(by_formula[k]), simulated.map(|s| s[k])];
        let gaps = others.into_iter().flatten().map(|x| (x - exact).abs() / scales[k]);
        Prediction {
            quantity: Quantity::ALL[k],
            formula: by_formula[k],
            simulated: simulated.map(|s| s[k]),
            exact,
            fraction: certain[k].point().map(ToString::to_string),
            gap: gaps.fold(0.0, f64::max),
        }
    };
    Ok(Predictions {
        share: pair.share(0, SourceKind::Curated),
        rounds,
        rows: (0..Quantity::ALL.len()).map(row).collect(),
    })
}

/// Theorem 4.5, term by term as printed.
fn by_formula(pair: &Pair<f64>) -> Result<Values<f64>, LoopError> {
    let h = pair.h()?;
    let rest = 1.0 - pair.share(0, SourceKind::Curated);
    let at = |model: usize| {
        pair.system.models[model].alignment.value(&pair.system.block(model, &pair.stable))
    };
    Ok([
        pair.stable.norm(),
        at(0),
        at(1),
        pair.grad_p.dot(&(&pair.s_p * &h)) / rest,
        pair.grad_q.dot(&(&pair.s_q * (&pair.c_q * &h))) / rest,
    ])
}

/// What a difference is measured against: a reward is a sum that may cancel, and so is an influence.
fn scales(pair: &Pair<f64>, values: &Values<f64>) -> Values<f64> {
    let size = values[0].max(f64::MIN_POSITIVE);
    let [p, q] = [pair.grad_p.norm() * size, pair.grad_q.norm() * size];
    [size, p, q, p, q].map(|scale| scale.max(f64::MIN_POSITIVE))
}

/// The curated share of the first model, raised at the cost of the others in proportion.
fn knob<S: Scalar>(system: &GaussianLoop<S>) -> Knob<S> {
    let target = [S::zero(), S::zero(), S::one()];
    let mut knob = system.towards(0, &target);
    let distance = S::one() - system.models[0].share(SourceKind::Curated);
    for rate in knob.weights.iter_mut().flatten() {
        *rate /= distance.clone();
    }
    knob
}

fn by_solve(system: &GaussianLoop<Exact>) -> Result<Values<Exact>, LoopError> {
    let stable = dynamics::stable_point(system)?;
    let dx = response(system, &knob(system), &stable)?;
    Ok(values(system, &stable, &dx))
}

/// The quantities at a stable point with this derivative.
fn values<S: Real>(system: &GaussianLoop<S>, stable: &DVector<S>, dx: &DVector<S>) -> Values<S> {
    let at = |model: usize| system.block(model, stable);
    let alignment = |model: usize| &system.models[model].alignment;
    let answer =
        |model: usize| dot(&alignment(model).gradient(&at(model)), &system.block(model, dx));
    [norm(stable), alignment(0).value(&at(0)), alignment(1).value(&at(1)), answer(0), answer(1)]
}

fn simulated(system: &GaussianLoop<f64>) -> Result<(Values<f64>, usize), LoopError> {
    let (_, rounds) = dynamics::settle_from_zero(system)?;
    let (stable, dx) = dynamics::settle_tangents(system, &[knob(system)])?;
    Ok((values(system, &stable, &dx.column(0).into_owned()), rounds))
}
