//! Do the runs of the figure agree with their exact expectations?

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, ContinuousCDF, DiscreteCDF, StudentsT};

use super::{Estimate, Figure3, FigurePoint};

/// Chance that a correct figure fails [`agreement`], at most.
pub const FAMILY_LEVEL: f64 = 1e-3;

/// Nominal chance that a 95 % interval misses.
const MISS: f64 = 0.05;

/// What rounding may add to a standard error, relative to the expectation: without noise (`σ = 0`
/// and `λ = 0`) the spread over the seeds is zero, and two correct sums still differ in their
/// last digits.
const ROUNDING: f64 = 1e-12;

/// How the runs of a [`Figure3`] compare with their exact expectations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Estimates tested: two a point.
    pub points: usize,
    /// The least two-sided Student p-value among them, not corrected for their number.
    pub worst_p_value: f64,
    /// 95 % intervals of the first model's rewards.
    pub coverage_p: Coverage,
    /// 95 % intervals of the second model's rewards.
    pub coverage_q: Coverage,
    /// Chance that a correct figure does not pass, at most: [`FAMILY_LEVEL`].
    pub level: f64,
    /// Whether `worst_p_value` is at least `level / 2 / points` and the p-value of each coverage
    /// at least `level / 4`.
    pub passed: bool,
}

/// How often 95 % Student intervals contain the exact expectation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// Intervals that contain it.
    pub covered: u64,
    /// Intervals in all.
    pub intervals: u64,
    /// Two-sided p-value of `covered` under the nominal rate (binomial).
    pub p_value: f64,
}

/// Tests every estimate of `figure` against its exact expectation (Student's t, Bonferroni), and
/// the coverage of the 95 % intervals against its nominal rate.
///
/// Coverage is tested for each model apart: both rewards of a point come from the same runs, and
/// the binomial law wants independent intervals.
pub fn agreement(figure: &Figure3) -> Agreement {
    let points = || figure.derivatives.iter().chain(&figure.sweep);
    let p_values = |part: fn(&FigurePoint) -> &Estimate| -> Vec<f64> {
        points().map(|point| p_value(part(point), point.seeds)).collect()
    };
    let (p, q) = (p_values(|point| &point.p), p_values(|point| &point.q));
    let (coverage_p, coverage_q) = (coverage(&p), coverage(&q));
    let tested = p.len() + q.len();
    let worst_p_value = p.iter().chain(&q).copied().fold(1.0, f64::min);
    let passed = worst_p_value >= FAMILY_LEVEL / 2.0 / tested as f64
        && [coverage_p, coverage_q].iter().all(|c| c.p_value >= FAMILY_LEVEL / 4.0);
    Agreement { points: tested, worst_p_value, coverage_p, coverage_q, level: FAMILY_LEVEL, passed }
}

/// Two-sided p-value of the mean under its exact expectation, Student's t with `seeds - 1`
/// degrees of freedom.
///
/// A statistic that is not a number gets 0, so that it cannot pass.
fn p_value(estimate: &Estimate, seeds: usize) -> f64 {
    let student = StudentsT::new(0.0, 1.0, (seeds - 1) as f64).expect("at least two seeds");
    let error = estimate.std_error + ROUNDING * (1.0 + estimate.expected.abs());
    let statistic = (estimate.mean - estimate.expected) / error;
    if statistic.is_nan() { 0.0 } else { 2.0 * student.cdf(-statistic.abs()) }
}

/// An interval covers the expectation exactly where the Student test at its level accepts it.
fn coverage(p_values: &[f64]) -> Coverage {
    let intervals = p_values.len() as u64;
    let covered = p_values.iter().filter(|p| **p >= MISS).count() as u64;
    let law = Binomial::new(1.0 - MISS, intervals).expect("a rate in [0, 1]");
    let at_most = law.cdf(covered);
    let at_least = if covered == 0 { 1.0 } else { law.sf(covered - 1) };
    Coverage { covered, intervals, p_value: (2.0 * at_most.min(at_least)).min(1.0) }
}
