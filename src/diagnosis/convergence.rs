//! Whether a loop converges, in which orders, and how fast.

use super::proof::Sure;
use crate::dynamics::{self, round_jacobian, round_jacobian_by_duals, spectrum::Spectrum};
use crate::error::LoopError;
use crate::influence::{Constants, sensitivity_matrix};
use crate::linalg;
use crate::systems::{GaussianLoop, Order, RetrainingMap, Round};
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use serde::Serialize;
use std::cmp::Ordering;

/// What is known of a loop's convergence to its stable point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Convergence {
    /// The file's own order of retraining.
    pub own: Rounds,
    /// Simultaneous retraining, and sequential retraining in every order of the models that makes a
    /// difference: where a sequence begins makes none.
    pub orders: Vec<Rounds>,
    /// Sequential orders that make a difference, of which [`orders`](Self::orders) may list fewer.
    pub sequential_orders: f64,
    /// Gradient steps instead of full retraining.
    pub incremental: Incremental,
    /// How the file's own order gets from any start to the stable point; `None` where it does not, or
    /// where its rounds are not all alike.
    pub worst_start: Option<WorstStart>,
    /// The spectral radius of the matrix of sensitivities $M_{ij} = (L_i/\gamma_i)\varepsilon_{ij}$;
    /// below 1 every order converges, also one that switches at random.
    pub sensitivity: f64,
    /// The constants of Theorem 3.6, of two models.
    pub paper: Option<PaperConstants>,
}

/// Retraining in one order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rounds {
    /// In words.
    pub order: String,
    /// The spectral radius of a round's Jacobian: the asymptotic factor a round. (Of a switching order
    /// the growth rate of a long product.)
    pub rate: f64,
    /// The same without eigenvalues: $|B^k|^{1/k}$ for a large `k`, `B` from dual numbers. `None` for a
    /// switching order.
    pub rate_by_powers: Option<f64>,
    /// Whether the rate is below 1.
    pub converges: bool,
    /// Whether intervals or exact arithmetic prove that.
    pub proved: bool,
    /// Whether the rate is exactly 1, if that is proved; if nothing is proved, whether it is so close to 1
    /// that rounding decides.
    pub on_the_edge: bool,
    /// Rounds in which the distance to the stable point, late in a run, halves, or doubles where the rate
    /// is above 1.
    pub halving: Option<f64>,
    /// Rounds in which it falls to 1 %.
    pub percent: Option<f64>,
    /// Rounds in which the leading eigenvalue turns once: the loop circles its stable point.
    pub period: Option<f64>,
}

/// How far the worst start is from the asymptotic rate, in the Euclidean norm of all parameters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WorstStart {
    /// The largest factor by which a distance may grow before it falls; 1 where it never grows.
    pub growth: f64,
    /// Rounds after which every distance has halved; `None` where that takes too many to count.
    pub halving: Option<usize>,
    /// Rounds after which every distance has fallen to 1 %.
    pub percent: Option<usize>,
}

/// Gradient steps, in units of the inverse Hessian.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Incremental {
    /// Steps shorter than this converge; `None` where no step does.
    pub longest_step: Option<f64>,
    /// The step that converges fastest.
    pub best_step: Option<f64>,
    /// Its rate.
    pub best_rate: Option<f64>,
}

/// $a$, $b$ and $\kappa$ of Theorem 3.6.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PaperConstants {
    /// $a = L_\theta\varepsilon_\theta/\gamma_\theta$.
    pub a: f64,
    /// $b = L_\phi\varepsilon_\phi/\gamma_\phi$.
    pub b: f64,
    /// $\kappa$; `None` where $a \ge 1$ or $b \ge 1$, and it has no meaning.
    pub kappa: Option<f64>,
}

/// Sequential orders of up to so many models are all tried.
const ALL_ORDERS: usize = 6;

/// A rate this close to 1 may be on either side, where nothing is proved.
const EDGE: f64 = 1e-9;

/// Of the distance of a rate from 1 that is shorter than this, rounding leaves no digit.
const BLUR: f64 = 1e-13;

/// Squarings behind a rate by powers: $2^{40}$ rounds.
const SQUARINGS: u32 = 40;

/// Rounds that are counted from the worst start.
const COUNTED: usize = 2000;

/// Multiplications that may be spent on counting them.
const WORK: usize = 400_000_000;

/// Everything about the convergence of `system`; `sure` is the same loop.
pub(super) fn convergence(
    system: &GaussianLoop<f64>,
    sure: &Sure,
) -> Result<Convergence, LoopError> {
    let own = rounds(system, sure, &system.order)?;
    let (listed, sequential_orders) = sequences(system.models.len());
    let mut orders = vec![rounds(system, sure, &Order::Simultaneous)?];
    if system.models.len() > 1 {
        for order in listed {
            orders.push(rounds(system, sure, &Order::Sequential(order))?);
        }
    }
    let sensitivity = dynamics::spectrum_of(&sensitivity_matrix(system))?.radius();
    let worst_start = (own.converges && system.order.is_fixed()).then(|| worst_start(system));
    Ok(Convergence {
        incremental: incremental(system)?,
        worst_start,
        own,
        orders,
        sequential_orders,
        sensitivity,
        paper: (system.models.len() == 2).then(|| paper(system)),
    })
}

/// The rate of `system` in its own order by powers of the round's Jacobian, by eigenvalues where its
/// rounds are not all alike.
pub(super) fn second_rate(system: &GaussianLoop<f64>) -> Result<f64, LoopError> {
    if !system.order.is_fixed() {
        return dynamics::rate(system);
    }
    let round = system.order.round(0, system.models.len());
    let zero = DVector::zeros(system.dimension());
    Ok(rate_by_powers(round_jacobian_by_duals(system, &round, &zero)?))
}

fn rounds(system: &GaussianLoop<f64>, sure: &Sure, order: &Order) -> Result<Rounds, LoopError> {
    let names: Vec<&str> = system.models.iter().map(|m| m.name.as_str()).collect();
    let mut turned = system.clone();
    turned.order = order.clone();
    let rate = dynamics::rate(&turned)?;
    let round = order.is_fixed().then(|| order.round(0, names.len()));
    let side = round.as_ref().and_then(|round| sure.side_of_one(round));
    let near = (rate - 1.0).abs() < EDGE;
    let mut found = Rounds {
        order: order.name(&names),
        rate,
        rate_by_powers: None,
        converges: side.map_or(rate < 1.0 && !near, |side| side == Ordering::Less),
        proved: side.is_some(),
        on_the_edge: side.map_or(near, |side| side == Ordering::Equal),
        halving: None,
        percent: None,
        period: None,
    };
    // Where rounding has the rate on the wrong side, there is nothing to count by.
    let seen = (rate - 1.0).abs() > BLUR && (rate < 1.0) == found.converges;
    if rate > 0.0 && seen && !found.on_the_edge {
        found.halving = Some(std::f64::consts::LN_2 / rate.ln().abs());
        found.percent = found.converges.then(|| 0.01_f64.ln() / rate.ln());
    }
    if let Some(round) = round {
        let zero = DVector::zeros(system.dimension());
        let jacobian = round_jacobian(&system.linearise(&zero), system.blocks(), &round);
        found.period = dynamics::spectrum_of(&jacobian)?.period();
        found.rate_by_powers =
            Some(rate_by_powers(round_jacobian_by_duals(system, &round, &zero)?));
    }
    Ok(found)
}

/// Orders of the models that make a difference, all of them for a few models: a sequence read in a circle
/// is the same product of the same factors, begun elsewhere, and has the same eigenvalues. And how many
/// there are.
fn sequences(models: usize) -> (Vec<Vec<usize>>, f64) {
    let count = (1..models).map(|k| k as f64).product();
    if models > ALL_ORDERS {
        let listed: Vec<usize> = (0..models).collect();
        let reversed = listed.iter().rev().copied().collect();
        return (vec![listed, reversed], count);
    }
    let mut all = vec![vec![0]];
    for next in 1..models {
        let put = |order: &Vec<usize>| {
            let places = (1..=order.len()).rev();
            places.map(|k| [&order[..k], &[next], &order[k..]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(put).collect();
    }
    (all, count)
}

/// $|B^k|^{1/k}$ for $k = 2^{40}$ by squaring, scaled on the way.
fn rate_by_powers(mut power: DMatrix<f64>) -> f64 {
    // ln |B^k| / k, summed up from the scales that were taken out.
    let mut log = 0.0;
    let mut weight = 1.0;
    for _ in 0..SQUARINGS {
        let size = power.norm();
        if size == 0.0 {
            return 0.0;
        }
        power /= size;
        log += size.ln() * weight;
        weight /= 2.0;
        power = &power * &power;
    }
    log.exp()
}

/// From the norms of the powers of a round's Jacobian.
fn worst_start(system: &GaussianLoop<f64>) -> WorstStart {
    let round = system.order.round(0, system.models.len());
    let d = system.dimension();
    let zero = DVector::zeros(d);
    let jacobian = round_jacobian(&system.linearise(&zero), system.blocks(), &round);
    let most = COUNTED.min(WORK / (d * d * d).max(1)).max(10);
    let mut found = WorstStart { growth: 1.0, halving: None, percent: None };
    let mut power = DMatrix::<f64>::identity(d, d);
    for k in 1..=most {
        power = &jacobian * power;
        // The spectral norm lies between this and this over the root of d; most rounds need no more.
        let above = power.norm();
        let below = above / (d as f64).sqrt();
        let norm = std::cell::LazyCell::new(|| linalg::spectral_norm(&power));
        let under = |bound: f64| above <= bound || (below <= bound && *norm <= bound);
        if above > found.growth && *norm > found.growth {
            found.growth = *norm;
        }
        // A distance that has halved may grow again: count from the last time that one is above.
        let first = |seen: Option<usize>, bound: f64| {
            if under(bound) { seen.or(Some(k)) } else { None }
        };
        found.halving = first(found.halving, 0.5);
        found.percent = first(found.percent, 0.01);
        // Whatever comes later is at most this times what was seen before it.
        if above * found.growth <= 0.01 {
            return found;
        }
        if k == most && above * found.growth > 0.5 {
            found.halving = None;
        }
    }
    found.percent = None;
    found
}

/// $1 - h\mu$ for the eigenvalues $\mu$ of $H(I - J)$ decides how gradient steps of length `h` converge.
fn incremental(system: &GaussianLoop<f64>) -> Result<Incremental, LoopError> {
    let d = system.dimension();
    let zero = DVector::zeros(d);
    let linear = system.linearise(&zero);
    let unit = round_jacobian(&linear, system.blocks(), &Round::Incremental(1.0));
    let Spectrum { eigenvalues } = dynamics::spectrum_of(&(DMatrix::<f64>::identity(d, d) - unit))?;
    let longest = |z: &Complex64| 2.0 * z.re / z.norm_sqr();
    let least = eigenvalues.iter().map(longest).fold(f64::INFINITY, f64::min);
    // Also where an eigenvalue is zero, and the quotient is no number.
    if !(least > EDGE && least.is_finite()) || eigenvalues.iter().any(|z| z.norm() < EDGE) {
        return Ok(Incremental { longest_step: None, best_step: None, best_rate: None });
    }
    let slowest = Slowest(eigenvalues);
    let solver = BrentOpt::new(0.0, least).set_tolerance(1e-9, 1e-12);
    let run = Executor::new(&slowest, solver).configure(|state| state.max_iters(100)).run();
    let best = run.ok().and_then(|r| r.state.get_best_param().copied());
    Ok(Incremental {
        longest_step: Some(least),
        best_step: best,
        best_rate: best.map(|h| slowest.rate(h)),
    })
}

struct Slowest(Vec<Complex64>);

impl Slowest {
    fn rate(&self, step: f64) -> f64 {
        self.0.iter().map(|z| (1.0 - z * step).norm()).fold(0.0, f64::max)
    }
}

impl CostFunction for &Slowest {
    type Param = f64;
    type Output = f64;
    fn cost(&self, step: &f64) -> Result<f64, Error> {
        Ok(self.rate(*step))
    }
}

fn paper(system: &GaussianLoop<f64>) -> PaperConstants {
    let constants = Constants::of(system);
    let (a, b) = (constants.a(), constants.b());
    PaperConstants { a, b, kappa: (a < 1.0 && b < 1.0).then(|| constants.kappa()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::dmatrix;

    #[test]
    fn sequences_in_a_circle() {
        assert_eq!(sequences(1), (vec![vec![0]], 1.0));
        assert_eq!(sequences(2), (vec![vec![0, 1]], 1.0));
        assert_eq!(sequences(3), (vec![vec![0, 1, 2], vec![0, 2, 1]], 2.0));
        let (four, count) = sequences(4);
        assert!((count - 6.0).abs() < 1e-15 && four.len() == 6);
        let (many, count) = sequences(9);
        assert!((count - 40_320.0).abs() < 1e-9 && many.len() == 2);
    }

    #[test]
    fn rates_by_powers() {
        // A rotation by any angle, 0.9 times as long; a Jordan block; nilpotent; beyond 1.
        let (sin, cos) = 1.1_f64.sin_cos();
        let cases = [
            (dmatrix![cos, -sin; sin, cos] * 0.9, 0.9),
            (dmatrix![0.5, 100.0; 0.0, 0.5], 0.5),
            (dmatrix![0.0, 3.0; 0.0, 0.0], 0.0),
            (dmatrix![0.0, 2.0; 1.0, 0.0], 2.0_f64.sqrt()),
        ];
        for (matrix, expected) in cases {
            assert!((rate_by_powers(matrix) - expected).abs() < 1e-9);
        }
    }
}
