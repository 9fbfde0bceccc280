//! Finite-sample runs of any affine–Gaussian loop, in any order.
//!
//! # Statement
//!
//! A model that retrains draws `n` samples of its mixture. How many come from each component is
//! multinomial with the weights, and only the mean of the samples matters:
//!
//! ```math
//! \bar z = \sum_c \tfrac{k_c}{n} m_c + \varepsilon, \qquad
//! \varepsilon \sim N\Bigl(0, \sum_c \tfrac{k_c s_c^2}{n^2} I\Bigr),
//! ```
//!
//! with `m_c`, `s_c` the component's mean and spread and `k_c` its number of samples; the loss is
//! quadratic, so the optimum is $H^{-1} B \bar z$, and a gradient step goes along $H u - B \bar z$.
//!
//! # Hypotheses
//!
//! None: the law of the mean is exact.
//!
//! # Source
//!
//! arXiv 2605.29267, section 5.1, whose system is one instance; derived here for the others.

use super::finite_sample::generator;
use super::play;
use crate::error::LoopError;
use crate::linalg;
use crate::systems::{GaussianLoop, Linearisation, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde::Serialize;
use std::cell::RefCell;
use std::ops::Range;

/// How much is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Sampling {
    /// Samples that a model draws when it retrains, at least 1.
    pub samples: u32,
    /// Rounds in a run; alignments are averaged over the last fifth of them.
    pub rounds: usize,
    /// Independent runs, at least 2.
    pub seeds: u32,
    /// The seed of all runs.
    pub seed: u64,
}

/// A mean over runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RunMean {
    /// The mean.
    pub mean: f64,
    /// Its standard error, from the spread over the runs.
    pub std_error: f64,
}

impl Sampling {
    /// Rounds at the end of a run that its averages are over.
    pub fn window(&self) -> usize {
        self.rounds.div_ceil(5)
    }
}

/// Runs `system` from `start` with finite samples: the alignment of each model, averaged over the
/// last fifth of the rounds. The same bytes on any number of threads.
///
/// # Errors
/// If a Hessian is singular.
///
/// # Panics
/// If there are no samples or no rounds, or a weight is not in `[0, 1]`.
pub fn sampled(
    system: &GaussianLoop<f64>,
    start: &DVector<f64>,
    sampling: &Sampling,
) -> Result<Vec<RunMean>, LoopError> {
    assert!(sampling.samples > 0 && sampling.rounds > 0, "at least one sample and one round");
    let responses: Vec<DMatrix<f64>> = system
        .models
        .iter()
        .map(|m| {
            linalg::solve(&m.hessian, &m.data)
                .map_err(|_| LoopError::SingularHessian { model: m.name.clone() })
        })
        .collect::<Result<_, _>>()?;
    // Collected in the order of the runs, so that no sum depends on the schedule.
    let runs: Vec<Vec<f64>> = (0..sampling.seeds)
        .into_par_iter()
        .map(|run| {
            let rng = RefCell::new(generator(sampling.seed, run.into()));
            let noisy = Noisy { system, responses: &responses, samples: sampling.samples, rng };
            one_run(&noisy, start, sampling)
        })
        .collect();
    let mean = |i: usize| run_mean(&runs.iter().map(|run| run[i]).collect::<Vec<_>>());
    Ok((0..system.models.len()).map(mean).collect())
}

/// The loop as one run sees it: every training mean is drawn.
struct Noisy<'a> {
    system: &'a GaussianLoop<f64>,
    /// `H⁻¹B` of each model.
    responses: &'a [DMatrix<f64>],
    samples: u32,
    rng: RefCell<Xoshiro256PlusPlus>,
}

impl Noisy<'_> {
    /// The mean of the samples that `model` draws when the models stand at `state`.
    fn draw_mean(&self, model: usize, state: &DVector<f64>) -> DVector<f64> {
        let rng = &mut *self.rng.borrow_mut();
        let m = &self.system.models[model];
        let n = f64::from(self.samples);
        let mut mean = DVector::zeros(m.data.ncols());
        let mut variance = 0.0;
        let (mut left, mut weight_left) = (u64::from(self.samples), 1.0);
        for (c, component) in m.components.iter().enumerate() {
            // The last component takes the rest: rounding may leave its conditional share near 1.
            let share = if c + 1 == m.components.len() {
                1.0
            } else {
                (component.weight / weight_left).clamp(0.0, 1.0)
            };
            let count = Binomial::new(left, share).expect("a share in [0, 1]").sample(rng);
            left -= count;
            weight_left = f64::max(weight_left - component.weight, f64::MIN_POSITIVE);
            let part = count as f64 / n;
            mean += self.system.component_mean(component, state) * part;
            variance += part * component.spread * component.spread / n;
        }
        let deviation = variance.sqrt();
        for x in mean.iter_mut() {
            let normal: f64 = StandardNormal.sample(rng);
            *x += deviation * normal;
        }
        mean
    }
}

impl RetrainingMap<f64> for Noisy<'_> {
    fn blocks(&self) -> &[Range<usize>] {
        self.system.blocks()
    }

    fn retrain(&self, model: usize, state: &DVector<f64>) -> DVector<f64> {
        &self.responses[model] * self.draw_mean(model, state)
    }

    fn fine_tune(&self, model: usize, state: &DVector<f64>, step: &f64) -> DVector<f64> {
        let m = &self.system.models[model];
        let here = self.system.block(model, state);
        let gradient = &m.hessian * &here - &m.data * self.draw_mean(model, state);
        here - gradient * *step
    }

    fn linearise(&self, state: &DVector<f64>) -> Linearisation<f64> {
        self.system.linearise(state)
    }
}

/// The alignments of one run, averaged over its last fifth.
fn one_run(noisy: &Noisy, start: &DVector<f64>, sampling: &Sampling) -> Vec<f64> {
    let system = noisy.system;
    let mut sums = vec![0.0; system.models.len()];
    let mut state = start.clone();
    for k in 0..sampling.rounds {
        state = play(noisy, &system.order.round(k as u64, system.models.len()), &state);
        if k + sampling.window() >= sampling.rounds {
            for (sum, alignment) in sums.iter_mut().zip(system.alignments(&state)) {
                *sum += alignment;
            }
        }
    }
    sums.into_iter().map(|sum| sum / sampling.window() as f64).collect()
}

fn run_mean(values: &[f64]) -> RunMean {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    RunMean { mean, std_error: (squares / (count - 1.0) / count).sqrt() }
}

#[cfg(test)]
mod tests {
    use super::super::finite_sample::{FiniteOrder, RotationLoop};
    use super::*;
    use crate::systems::{Order, shipped};

    /// The paper's system, general code, against the exact expectation of the rotation loop, which
    /// shares nothing with it. Five standard errors of 400 runs: a false alarm once in a million.
    #[test]
    fn mean_over_runs_is_the_exact_expectation() {
        let file = shipped::get("paper-5-1-code").unwrap_or_else(|e| panic!("{e}"));
        let rotation = RotationLoop::try_from(&file.at(&[("t", 1.0)]).unwrap()).unwrap();
        let mut system = file.at(&[("t", 0.9)]).unwrap();
        let start = DVector::zeros(48);
        let sampling = Sampling { samples: 4, rounds: 100, seeds: 400, seed: 1 };
        for order in [Order::Sequential(vec![0, 1]), Order::Simultaneous] {
            system.order = order;
            let finite = FiniteOrder::try_from(&system.order).unwrap();
            let expected = rotation.expected(finite, 0.9, 0.4, 4);
            let means = sampled(&system, &start, &sampling).unwrap();
            for (found, exact) in means.iter().zip([expected.p, expected.q]) {
                let gap = (found.mean - exact).abs();
                assert!(gap < 5.0 * found.std_error, "{found:?} {exact}");
                assert!(found.std_error < 0.1);
            }
        }
    }

    /// Without spread and with one component nothing is random: a run is the trajectory.
    #[test]
    fn a_single_point_law_is_deterministic() {
        let text = "name = \"one\"\ntitle = \"\"\nfamily = \"gaussian\"\n\
             order = { incremental = { step = 0.5 } }\n\
             [[models]]\nname = \"p\"\ndimension = 1\nspread = 0\nloss = { hessian = 2 }\n\
             alignment = { linear = [1] }\n\
             components = [{ kind = \"raw\", weight = 1, from = \"p\", channel = 0.5, offset = [3] }]";
        let file = crate::systems::LoopFile::parse(text, "one").unwrap_or_else(|e| panic!("{e}"));
        let system = file.default_at().unwrap();
        // B = H = 2, step 1/2: x' = x - (x - x/2 - 3) = x/2 + 3, from 0: 3, 4.5, 5.25.
        let sampling = Sampling { samples: 7, rounds: 3, seeds: 2, seed: 0 };
        let means = sampled(&system, &DVector::zeros(1), &sampling).unwrap();
        assert_eq!(means, [RunMean { mean: 5.25, std_error: 0.0 }]);
    }

    /// A mixture of -1, 1 and 0 with weights 1/4, 1/2, 1/4, no coupling: a sample has mean 1/4 and
    /// variance 3/4 - 1/16 = 11/16, the mean `x` of four samples E x² = 1/16 + 11/64 = 15/64.
    #[test]
    fn counts_are_multinomial() {
        let text = "name = \"one\"\ntitle = \"\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
             [[models]]\nname = \"p\"\ndimension = 1\nspread = 0\n\
             alignment = { linear = [0], curvature = -2 }\ncomponents = [\n\
             { kind = \"real\", weight = 0.25, offset = [-1] },\n\
             { kind = \"real\", weight = 0.5, offset = [1] },\n\
             { kind = \"real\", weight = 0.25, offset = [0] }]";
        let file = crate::systems::LoopFile::parse(text, "one").unwrap_or_else(|e| panic!("{e}"));
        let system = file.default_at().unwrap();
        let sampling = Sampling { samples: 4, rounds: 100, seeds: 400, seed: 3 };
        let [found] = sampled(&system, &DVector::zeros(1), &sampling).unwrap()[..] else {
            panic!("one model")
        };
        assert!((found.mean - 15.0 / 64.0).abs() < 5.0 * found.std_error, "{found:?}");
        assert!(found.std_error < 0.006);
    }
}
