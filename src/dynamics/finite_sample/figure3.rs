//! The finite-sample part of the paper's Figure 3.

use rand_distr::Distribution;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{FiniteOrder, MergedRun, ROUNDS, Rewards, RotationLoop, generator};

/// The curated share at which the figure differentiates.
pub const LAMBDA_0: f64 = 0.4;

/// Half the step of the figure's central differences in `λ`.
pub const HALF_STEP: f64 = 0.02;

/// Seeds for each point of the derivatives.
pub const DERIVATIVE_SEEDS: usize = 40;

/// Seeds for each point of the sweep.
pub const SWEEP_SEEDS: usize = 20;

/// The finite-sample runs of Figure 3, beside their exact expectations and the theory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figure3 {
    /// The order of updates within a round.
    pub order: FiniteOrder,
    /// The seed of all runs.
    pub seed: u64,
    /// Rounds simulated, over all runs.
    pub rounds: usize,
    /// Estimates of `dJ/dλ` at [`LAMBDA_0`], in the order of [`derivative_grid`].
    pub derivatives: Vec<FigurePoint>,
    /// Estimates of `J`, in the order of [`sweep_grid`].
    pub sweep: Vec<FigurePoint>,
}

/// One point of the figure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FigurePoint {
    /// The scale of the coupling.
    pub t: f64,
    /// Samples a round.
    pub n: u32,
    /// The curated share.
    pub lambda: f64,
    /// Independent repetitions behind the estimates.
    pub seeds: usize,
    /// Of the first model.
    pub p: Estimate,
    /// Of the second model.
    pub q: Estimate,
}

/// What the runs say of a number, and what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean over the seeds.
    pub mean: f64,
    /// Standard error of that mean, from the spread over the seeds.
    pub std_error: f64,
    /// The exact expectation of that mean.
    pub expected: f64,
    /// The theory's value at the stable point, which knows no sampling and no transient.
    pub theory: f64,
}

/// Runs the figure's whole grid; the same `seed` gives the same bytes on any number of threads.
///
/// # Panics
///
/// If the vectors of `system` differ in length.
pub fn figure3(system: &RotationLoop, order: FiniteOrder, seed: u64) -> Figure3 {
    let grid = derivative_grid();
    let derivative_runs = grid.len() * 2 * DERIVATIVE_SEEDS;
    // Points in parallel, the runs of a point in order: no sum depends on the schedule.
    let derivatives: Vec<FigurePoint> = grid
        .into_par_iter()
        .enumerate()
        .map(|(i, (t, n))| derivative_point(system, order, t, n, seed, i * 2 * DERIVATIVE_SEEDS))
        .collect();
    let grid = sweep_grid();
    let sweep_runs = grid.len() * SWEEP_SEEDS;
    let sweep = grid
        .into_par_iter()
        .enumerate()
        .map(|(i, at)| sweep_point(system, order, at, seed, derivative_runs + i * SWEEP_SEEDS))
        .collect();
    let rounds = (derivative_runs + sweep_runs) * ROUNDS;
    Figure3 { order, seed, rounds, derivatives, sweep }
}

/// The points `(t, n)` of the derivatives: 18 values of `t` for each of three `n`.
pub fn derivative_grid() -> Vec<(f64, u32)> {
    let scales = || (0..18).map(|i| 0.05 + 0.95 * f64::from(i) / 17.0);
    [4, 12, 64].into_iter().flat_map(|n| scales().map(move |t| (t, n))).collect()
}

/// The points `(t, n, lambda)` of the sweep: for two `t` and two `n`, those of 220 equally spaced
/// shares in `[0, 0.95]` that do not exceed 0.8.
pub fn sweep_grid() -> Vec<(f64, u32, f64)> {
    let shares = || (0..220).map(|i| 0.95 * f64::from(i) / 219.0).filter(|share| *share <= 0.8);
    [(0.2, 4), (0.2, 32), (0.9, 4), (0.9, 32)]
        .into_iter()
        .flat_map(|(t, n)| shares().map(move |lambda| (t, n, lambda)))
        .collect()
}

fn derivative_point(
    system: &RotationLoop,
    order: FiniteOrder,
    t: f64,
    n: u32,
    seed: u64,
    first_run: usize,
) -> FigurePoint {
    let plus = MergedRun::new(system, order, t, LAMBDA_0 + HALF_STEP, n);
    let minus = MergedRun::new(system, order, t, LAMBDA_0 - HALF_STEP, n);
    let draws: Vec<Rewards> = (0..DERIVATIVE_SEEDS)
        .map(|i| {
            let run = (first_run + 2 * i) as u64;
            let plus = plus.sample(&mut generator(seed, run));
            let minus = minus.sample(&mut generator(seed, run + 1));
            Rewards::central_difference(plus, minus, HALF_STEP)
        })
        .collect();
    let expected = system.expected_derivative(order, t, LAMBDA_0, HALF_STEP, n);
    let theory = system.stable_derivative(t, LAMBDA_0);
    FigurePoint::new((t, n, LAMBDA_0), &draws, expected, theory)
}

fn sweep_point(
    system: &RotationLoop,
    order: FiniteOrder,
    at: (f64, u32, f64),
    seed: u64,
    first_run: usize,
) -> FigurePoint {
    let (t, n, lambda) = at;
    let law = MergedRun::new(system, order, t, lambda, n);
    let draws: Vec<Rewards> = (0..SWEEP_SEEDS)
        .map(|i| law.sample(&mut generator(seed, (first_run + i) as u64)))
        .collect();
    let expected = system.expected(order, t, lambda, n);
    FigurePoint::new(at, &draws, expected, system.stable_rewards(t, lambda))
}

impl FigurePoint {
    fn new(at: (f64, u32, f64), draws: &[Rewards], expected: Rewards, theory: Rewards) -> Self {
        let (t, n, lambda) = at;
        let estimate = |part: fn(&Rewards) -> f64| {
            let (mean, std_error) = mean_and_error(draws, part);
            Estimate { mean, std_error, expected: part(&expected), theory: part(&theory) }
        };
        Self { t, n, lambda, seeds: draws.len(), p: estimate(|r| r.p), q: estimate(|r| r.q) }
    }
}

/// The mean of one part of the draws and its standard error.
fn mean_and_error(draws: &[Rewards], part: fn(&Rewards) -> f64) -> (f64, f64) {
    let count = draws.len() as f64;
    let mean = draws.iter().map(part).sum::<f64>() / count;
    let squares: f64 = draws.iter().map(|draw| (part(draw) - mean).powi(2)).sum();
    (mean, (squares / (count - 1.0) / count).sqrt())
}
