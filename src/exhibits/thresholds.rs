//! Thresholds for the sign of an influence: what each says of a loop, and of how many loops.

use crate::check::{THRESHOLDS, ThresholdRow, round_trip_shares, two_model_shares};
use crate::error::LoopError;
use crate::influence::{Constants, Pair, cosine, turning_sine};
use crate::linalg;
use crate::referee::Effort;
use crate::systems::{GaussianLoop, SourceKind};
use nalgebra::{DMatrix, DVector};

/// Loops that the shares are counted on at effort 1: `(I - Z)^-1`, then pairs of models.
const COUNTS: [f64; 2] = [20_000.0, 10_000.0];

/// How many of the cases in which curation helps each threshold certifies, on random loops.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// On two models with $\kappa < 1$ and the paper's $\tau_p$: all, then by $\kappa$.
    pub two_models: Vec<ThresholdRow>,
    /// On $S = (I - Z)^{-1}$, $|Z| < 0.95$, with $\tau = 1 - |Z|$: all, then by dimension, then by
    /// $|Z|$.
    pub round_trips: Vec<ThresholdRow>,
}

impl Shares {
    /// The thresholds as LaTeX without delimiters, in the order of the rows' counts; the first is the
    /// paper's, the last the sharp one.
    pub const SYMBOLS: [&str; THRESHOLDS.len()] = [
        r"1/\sqrt{1 + m^2\tau^2}",
        r"1/\sqrt{1 + m^2/|S|^2}",
        r"\sqrt{1 - m^2/|S|^2}",
        r"\sin\omega(S)",
    ];

    pub(super) fn of(effort: Effort) -> Self {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let [trips, loops] = COUNTS.map(|n| (n * effort.factor.clamp(0.1, 4.0)) as u64);
        Shares {
            two_models: two_model_shares(effort.seed, loops),
            round_trips: round_trip_shares(effort.seed, trips),
        }
    }
}

/// The cosine of one model's gradient with the push that reaches it, against the thresholds above which
/// its influence has the sign of that cosine.
#[derive(Clone, Debug, PartialEq)]
pub struct SignThresholds {
    /// The model's name.
    pub model: String,
    /// $\rho_p = \cos\angle(\nabla J_p, h)$, $\rho_q = \cos\angle(\nabla J_q, C_q h)$.
    pub rho: f64,
    /// The least eigenvalue of the symmetric part of $S$.
    pub m: f64,
    /// $|S|$.
    pub norm_s: f64,
    /// $\kappa$ of Theorem 3.6, which the paper's threshold assumes to be below 1.
    pub kappa: f64,
    /// $\tau$ of Corollaries 4.7 and E.2; none where its formula divides by what is not positive.
    pub tau: Option<f64>,
    /// In the order of [`Shares::SYMBOLS`]; none where the threshold's hypotheses fail.
    pub values: [Option<f64>; 4],
    /// The influence itself, $\langle\nabla J_p, S_p h\rangle/(1-\lambda)$ or its like of `q`.
    pub influence: f64,
}

impl SignThresholds {
    /// Which of the thresholds certify the sign.
    pub fn certify(&self) -> [bool; 4] {
        self.values.map(|value| value.is_some_and(|value| self.rho.abs() > value))
    }
}

/// The thresholds of both models of a loop.
pub(super) fn of(system: &GaussianLoop<f64>) -> Result<[SignThresholds; 2], LoopError> {
    let constants = Constants::of(system);
    let pair = Pair::new(system.clone())?;
    let h = pair.h()?;
    let carried = &pair.c_q * &h;
    let rest = 1.0 - pair.share(0, SourceKind::Curated);
    let tau_p = (constants.b() < 1.0).then(|| constants.tau_p());
    let tau_q = (constants.a() < 1.0).then(|| constants.tau_q());
    let one = |model: usize, gradient: &DVector<f64>, push, s: &DMatrix<f64>, tau: Option<f64>| {
        let m = linalg::smallest_symmetric_eigenvalue(s);
        let norm_s = linalg::spectral_norm(s);
        let kappa = constants.kappa();
        SignThresholds {
            model: system.models[model].name.clone(),
            rho: cosine(gradient, push),
            m,
            norm_s,
            kappa,
            tau,
            values: values(m, norm_s, tau.filter(|tau| kappa < 1.0 && *tau > 0.0), s),
            influence: gradient.dot(&(s * push)) / rest,
        }
    };
    Ok([
        one(0, &pair.grad_p, &h, &pair.s_p, tau_p),
        one(1, &pair.grad_q, &carried, &pair.s_q, tau_q),
    ])
}

/// All but the last need $m > 0$, the first $\tau > 0$ besides; from 1 on a threshold says nothing.
fn values(m: f64, norm_s: f64, tau: Option<f64>, s: &DMatrix<f64>) -> [Option<f64>; 4] {
    let positive = m > 0.0;
    let ratio = m / norm_s;
    let turn = turning_sine(s);
    [
        tau.filter(|_| positive).map(|tau| 1.0 / 1.0_f64.hypot(m * tau)),
        positive.then(|| 1.0 / 1.0_f64.hypot(ratio)),
        positive.then(|| (1.0 - ratio * ratio).max(0.0).sqrt()),
        (turn < 1.0).then_some(turn),
    ]
}
