//! Finite samples in the Gaussian experiment: the stationary law, and how its errors fall.

use crate::dynamics::finite_sample::{
    BURN_IN, Coverage, FAMILY_LEVEL, FiniteOrder, MergedRun, ROUNDS, Rewards, RotationLoop,
    generator,
};
use crate::dynamics::noise::{Cloud, moves_alike, propagated, stationary};
use crate::dynamics::sampled::{Sampling, sampled};
use crate::error::LoopError;
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap};
use nalgebra::DVector;
use rand_distr::Distribution;
use rayon::prelude::*;
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, Normal, StudentsT};

/// How the stationary law of one system compares with what it should be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StationaryCheck {
    /// Largest relative gap to the law after 400 rounds, propagated round by round.
    pub propagation: f64,
    /// Largest gap of the average over rounds 81 to 100 from zero, propagated round by round, to
    /// [`RotationLoop::expected`], which shares no code with it.
    pub average: f64,
    /// Largest distance of that average from the stationary expectation: the transient.
    pub transient: f64,
    /// Means over long runs that were tested against the stationary expectation.
    pub tests: usize,
    /// The least two-sided Student p-value among them, not corrected for their number.
    pub worst_p_value: f64,
}

/// Numbers of samples a round of the long runs.
const SAMPLES: [u32; 2] = [4, 64];

/// The system of `file` at the coupling `t`, in its own order; `seeds` long runs for each of two
/// numbers of samples.
///
/// # Errors
/// If the file's system has no stationary law, or is not that of Figure 3.
pub fn stationary_check(
    file: &LoopFile,
    t: f64,
    seeds: u32,
    seed: u64,
) -> Result<StationaryCheck, LoopError> {
    let at = |t: f64| -> Result<GaussianLoop<f64>, LoopError> {
        file.at(&[("t", t)]).map_err(|e| LoopError::NotFigure3 { reason: e.to_string() })
    };
    let system = at(t)?;
    if !moves_alike(&system) {
        return Err(LoopError::NotFigure3 { reason: "the noise depends on the state".into() });
    }
    let order = FiniteOrder::try_from(&system.order)?;
    let rotation = RotationLoop::try_from(&at(1.0)?)?;
    let law = stationary(&system)?;
    let start = DVector::zeros(system.dimension());
    let laws = propagated(&system, &start, 400)?;
    let last = &laws[399];
    let gap = |x: f64, y: f64, size: f64| (x - y).abs() / size;
    let means = last.mean.iter().zip(&law.mean).map(|(x, y)| gap(*x, *y, law.mean.amax()));
    let entries = last.covariance.iter().zip(&law.covariance);
    let spreads = entries.map(|(x, y)| gap(*x, *y, law.covariance.amax()));
    let mut check = StationaryCheck {
        propagation: means.chain(spreads).fold(0.0, f64::max),
        average: 0.0,
        transient: 0.0,
        tests: 0,
        worst_p_value: 1.0,
    };
    for n in SAMPLES {
        let expected = law.expected_alignments(&system, n);
        let seen = average(&system, &laws[BURN_IN..ROUNDS], n);
        let independent = rotation.expected(order, t, file_share(&system), n);
        for (i, independent) in [independent.p, independent.q].into_iter().enumerate() {
            check.average = check.average.max((seen[i] - independent).abs());
            check.transient = check.transient.max((seen[i] - expected[i]).abs());
        }
        // Long enough that a run forgets where it started: the average is over the last 80 rounds.
        let sampling = Sampling { samples: n, rounds: 400, seeds, seed: seed ^ u64::from(n) };
        for (run, expected) in sampled(&system, &start, &sampling)?.iter().zip(&expected) {
            let p = student(run.mean - expected, run.std_error, f64::from(seeds - 1));
            check.tests += 1;
            check.worst_p_value = check.worst_p_value.min(p);
        }
    }
    Ok(check)
}

/// The curated share of the first model.
fn file_share(system: &GaussianLoop<f64>) -> f64 {
    system.models[0].share(crate::systems::SourceKind::Curated)
}

fn average(system: &GaussianLoop<f64>, laws: &[Cloud], n: u32) -> [f64; 2] {
    let mut sums = [0.0; 2];
    for law in laws {
        let expected = law.expected_alignments(system, n);
        sums[0] += expected[0];
        sums[1] += expected[1];
    }
    sums.map(|sum| sum / laws.len() as f64)
}

/// Two-sided p-value; what is not a number cannot pass.
fn student(gap: f64, error: f64, freedom: f64) -> f64 {
    let law = StudentsT::new(0.0, 1.0, freedom).expect("at least two runs");
    let statistic = gap / error;
    if statistic.is_nan() { 0.0 } else { 2.0 * law.cdf(-statistic.abs()) }
}

/// How bias and spread fall with the number of samples, and how often intervals cover.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RateCheck {
    /// Least and greatest slope of the logarithm of the exact bias against that of `n`: -1.
    pub bias: [f64; 2],
    /// Mean slope of the logarithm of the spread over runs against that of `n`: -1/2.
    pub spread: f64,
    /// Its standard deviation if the spreads are independent.
    pub spread_error: f64,
    /// Two-sided normal p-value of the mean slope under -1/2.
    pub spread_p_value: f64,
    /// 95 % Student intervals around means over ten runs each, first model.
    pub coverage_p: Coverage,
    /// The same for the second model.
    pub coverage_q: Coverage,
    /// Chance that correct runs do not pass, at most: [`FAMILY_LEVEL`].
    pub level: f64,
    /// Whether all p-values are above their part of the level.
    pub passed: bool,
}

/// Runs behind one interval.
pub const GROUP: usize = 10;

/// Couplings at which rates and coverage are measured.
const COUPLINGS: [f64; 4] = [0.2, 0.4, 0.6, 0.9];

/// Numbers of samples whose spreads are compared. From 16 on the quadratic part of the alignment
/// adds little to its variance, a part of 1/n.
const MANY: [u32; 4] = [16, 64, 256, 1024];

/// Bias, spread and coverage of averages over rounds 81 to 100 of runs with the curated share `lambda`;
/// `runs` for each coupling and number of samples.
///
/// # Panics
/// If there are not at least two runs, or the share is not in `[0, 1]`.
pub fn rate_check(
    system: &RotationLoop,
    order: FiniteOrder,
    lambda: f64,
    runs: usize,
    seed: u64,
) -> RateCheck {
    let grid: Vec<(usize, usize)> = (0..4).flat_map(|t| (0..4).map(move |n| (t, n))).collect();
    let draws: Vec<Vec<Rewards>> = grid
        .par_iter()
        .map(|&(t, n)| {
            let law = MergedRun::new(system, order, COUPLINGS[t], lambda, MANY[n]);
            let first = ((4 * t + n) * runs) as u64;
            (0..runs as u64).map(|k| law.sample(&mut generator(seed, first + k))).collect()
        })
        .collect();
    let parts: [fn(&Rewards) -> f64; 2] = [|r| r.p, |r| r.q];
    let exact = |t: usize, n: u32| system.expected(order, COUPLINGS[t], lambda, n);
    let mut slopes = Vec::new();
    let mut bias = [f64::INFINITY, f64::NEG_INFINITY];
    let mut covered = [0_u64; 2];
    for (k, part) in parts.iter().enumerate() {
        for t in 0..4 {
            // The exact expectation is affine in 1/n: twice that of 2n less that of n is its limit.
            let limit = 2.0 * part(&exact(t, 2)) - part(&exact(t, 1));
            let errors = MANY.map(|n| (part(&exact(t, n)) - limit).abs());
            let falls = slope(&errors);
            bias = [bias[0].min(falls), bias[1].max(falls)];
            let spreads = [0, 1, 2, 3].map(|n| deviation(&draws[4 * t + n], *part));
            slopes.push(slope(&spreads));
            for (n, samples) in MANY.into_iter().enumerate() {
                let expected = part(&exact(t, samples));
                let groups = draws[4 * t + n].chunks_exact(GROUP);
                covered[k] += groups.filter(|group| covers(group, *part, expected)).count() as u64;
            }
        }
    }
    let spread = slopes.iter().sum::<f64>() / slopes.len() as f64;
    let spread_error = slope_error(runs) / (slopes.len() as f64 / 2.0).sqrt();
    let normal = Normal::new(0.0, 1.0).expect("unit variance");
    let spread_p_value = 2.0 * normal.cdf(-((spread + 0.5) / spread_error).abs());
    let intervals = (grid.len() * (runs / GROUP)) as u64;
    let [coverage_p, coverage_q] = covered.map(|covered| nominal(covered, intervals));
    let p_values = [spread_p_value, coverage_p.p_value, coverage_q.p_value];
    let passed = p_values.iter().all(|p| *p >= FAMILY_LEVEL / 3.0);
    RateCheck {
        bias,
        spread,
        spread_error,
        spread_p_value,
        coverage_p,
        coverage_q,
        level: FAMILY_LEVEL,
        passed,
    }
}

/// Least-squares slope against the logarithms of [`MANY`].
fn slope(values: &[f64; 4]) -> f64 {
    let step = 4.0_f64.ln();
    let weights = [-1.5, -0.5, 0.5, 1.5];
    let sum: f64 = weights.iter().zip(values).map(|(w, x)| w * x.ln()).sum();
    sum / (5.0 * step)
}

/// Standard deviation of a slope of the logarithms of sample deviations: each has about
/// `1/√(2(runs - 1))`.
fn slope_error(runs: usize) -> f64 {
    let one = 1.0 / (2.0 * (runs as f64 - 1.0)).sqrt();
    one / (5.0_f64.sqrt() * 4.0_f64.ln())
}

fn mean(draws: &[Rewards], part: fn(&Rewards) -> f64) -> f64 {
    draws.iter().map(part).sum::<f64>() / draws.len() as f64
}

fn deviation(draws: &[Rewards], part: fn(&Rewards) -> f64) -> f64 {
    let mean = mean(draws, part);
    let squares: f64 = draws.iter().map(|draw| (part(draw) - mean).powi(2)).sum();
    (squares / (draws.len() as f64 - 1.0)).sqrt()
}

/// Whether the 95 % Student interval of the group's mean contains `expected`.
fn covers(group: &[Rewards], part: fn(&Rewards) -> f64, expected: f64) -> bool {
    let error = deviation(group, part) / (group.len() as f64).sqrt();
    student(mean(group, part) - expected, error, group.len() as f64 - 1.0) >= 0.05
}

fn nominal(covered: u64, intervals: u64) -> Coverage {
    let law = Binomial::new(0.95, intervals).expect("a rate in [0, 1]");
    let at_least = if covered == 0 { 1.0 } else { law.sf(covered - 1) };
    let p_value = (2.0 * law.cdf(covered).min(at_least)).min(1.0);
    Coverage { covered, intervals, p_value }
}

#[cfg(test)]
mod tests {
    use super::{deviation, nominal, slope, slope_error, student};
    use crate::dynamics::finite_sample::Rewards;
    use approx::assert_relative_eq;

    // 3/n over n = 16, 64, 256, 1024 has the slope -1, its root -1/2, a constant 0.
    #[test]
    fn slopes_of_powers() {
        let powers = |k: f64| [16.0_f64, 64.0, 256.0, 1024.0].map(|n| 3.0 * n.powf(k));
        for k in [-1.0, -0.5, 0.0, 2.0] {
            assert_relative_eq!(slope(&powers(k)), k, epsilon = 1e-12);
        }
    }

    // Weights (-3, -1, 1, 3)/2 over 5 ln 4: a slope has the deviation of one value over √5 ln 4; a
    // logarithm of a deviation from 51 runs has 1/10.
    #[test]
    fn slopes_of_sample_deviations() {
        assert_relative_eq!(
            slope_error(51),
            0.1 / (5.0_f64.sqrt() * 4.0_f64.ln()),
            epsilon = 1e-12
        );
        // 1, 3, 5: mean 3, squares 4 + 0 + 4 over 2.
        let draws = [1.0, 3.0, 5.0].map(|p| Rewards { p, q: 0.0 });
        assert_relative_eq!(deviation(&draws, |r| r.p), 2.0, epsilon = 1e-12);
    }

    // Student with 9 degrees of freedom: two-sided 5 % at 2.262. Of 4 intervals at 95 %, all cover with
    // probability .8145, so covering 4 is no surprise; covering 2 or less has .0140.
    #[test]
    fn p_values_are_those_of_the_tables() {
        assert_relative_eq!(student(2.262, 1.0, 9.0), 0.05, epsilon = 1e-4);
        assert_eq!(student(0.0, 0.0, 9.0).to_bits(), 0.0_f64.to_bits());
        assert_relative_eq!(nominal(4, 4).p_value, 1.0, epsilon = 1e-9);
        let tail = 1.0 - 0.95_f64.powi(4) - 4.0 * 0.05 * 0.95_f64.powi(3);
        assert_relative_eq!(nominal(2, 4).p_value, 2.0 * tail, epsilon = 1e-9);
    }
}
