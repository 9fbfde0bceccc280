//! Finite samples exactly: the stationary law, and how bias and spread fall.
//!
//! Each "finite-sample" point of Figure 3 has an exact expectation. The round noise of θ's mean has
//! the covariance $(s^2 I + \lambda(1-\lambda) a a^\top)/n$ (binomial choice of the curated samples), that of
//! φ's $s^2 I/n$; a linear round carries them on, and a quadratic alignment sees the covariance alone.

use super::{CODE, PRINTED};
use crate::prelude::*;

const STATIONARY: &str = r"the loop with \(n\) samples a round has a stationary law of mean \(x^*\) and covariance \(\Sigma/n\), \(\Sigma = B\Sigma B^\top + Q\), and \(E J_i = J_i(x^*) + \frac12 \mathrm{tr}(\nabla^2 J_i\, \Sigma_{ii})/n\) (systems of the code and of the text, \(t = 0.2\) and \(0.9\))";
const RATES: &str = r"the bias of the averaged alignments is of order \(1/n\), their spread of order \(1/\sqrt{n}\) (\(n\) from 16 to 1024), and 95 per cent Student intervals of 10 runs cover the exact expectation at that rate";

pub(super) fn claims() -> Vec<Claim> {
    vec![
        Claim::own("stationary_noise", Kind::Data, STATIONARY, stationary_noise).derived(),
        Claim::own("finite_sample_rates", Kind::Data, RATES, finite_sample_rates).derived(),
    ]
}

/// Gaps to a law after 400 rounds, relative: at `t = 0.9` a simultaneous round contracts by
/// √0.855, and nothing is left of the start.
const ROUNDING: f64 = 1e-9;

/// Chance that correct runs fail.
const LEVEL: f64 = 1e-3;

fn stationary_noise(effort: f64, seed: u64) -> Vec<Evidence> {
    // As many runs as show a bias of a tenth of their spread; a hurried run has fewer.
    let seeds = if effort < 1.0 { 40 } else { 100 };
    let mut checks = Vec::new();
    for system in [CODE, PRINTED] {
        let file = match shipped::get(system) {
            Ok(file) => file,
            Err(e) => return vec![Evidence::Silent { why: e.to_string() }],
        };
        for t in [0.2, 0.9] {
            match stationary_check(&file, t, seeds, seed) {
                Ok(check) => checks.push(check),
                Err(e) => return vec![Evidence::Silent { why: e.to_string() }],
            }
        }
    }
    let most = |of: fn(&StationaryCheck) -> f64| checks.iter().map(of).fold(0.0, f64::max);
    let (propagation, average) = (most(|c| c.propagation), most(|c| c.average));
    let tests: usize = checks.iter().map(|c| c.tests).sum();
    let worst = checks.iter().map(|c| c.worst_p_value).fold(1.0, f64::min);
    let exact = propagation <= ROUNDING && average <= ROUNDING;
    vec![
        Evidence::Checked {
            route: Route::Direct,
            agrees: exact,
            finding: format!(
                "the stationary law {} that after 400 rounds of propagation; averages over rounds 81 \
                 to 100 from zero {} those of the complex recursion, and are still {:.4} from \
                 stationary ones",
                if propagation <= ROUNDING { "is" } else { "is not" },
                if average <= ROUNDING { "are" } else { "are not" },
                most(|c| c.transient)
            ),
        },
        Evidence::Checked {
            route: Route::Simulation,
            agrees: worst >= LEVEL / tests as f64,
            finding: format!(
                "{tests} means of {seeds} runs of 400 rounds, n = 4 and 64, against the stationary \
                 expectation: least p-value {worst:.0e} (Student, Bonferroni, family-wise level \
                 {LEVEL:.0e})"
            ),
        },
    ]
}

fn finite_sample_rates(effort: f64, seed: u64) -> Vec<Evidence> {
    let runs = if effort < 1.0 { 200 } else { 600 };
    let check = shipped::get(CODE)
        .map_err(|e| e.to_string())
        .and_then(|file| file.at(&[("t", 1.0)]).map_err(|e| e.to_string()))
        .and_then(|system: GaussianLoop<f64>| {
            let order = FiniteOrder::try_from(&system.order).map_err(|e| e.to_string())?;
            let share = system.models[0].share(SourceKind::Curated);
            let system = RotationLoop::try_from(&system).map_err(|e| e.to_string())?;
            Ok(rate_check(&system, order, share, runs, seed))
        });
    let check = match check {
        Ok(check) => check,
        Err(why) => return vec![Evidence::Silent { why }],
    };
    let percent = |c: Coverage| 100.0 * c.covered as f64 / c.intervals as f64;
    let [least, most] = check.bias;
    vec![
        Evidence::Checked {
            route: Route::Direct,
            agrees: (least + 1.0).abs() <= 1e-6 && (most + 1.0).abs() <= 1e-6,
            finding: format!(
                "slope of log bias against log n from {least:.4} to {most:.4}, exactly computed"
            ),
        },
        Evidence::Checked {
            route: Route::Simulation,
            agrees: check.passed,
            finding: format!(
                "slope of log spread against log n {:.2} (p-value {:.0e}); {} intervals a model cover \
                 {:.1} % and {:.1} % (p-values {:.0e} and {:.0e}; family-wise level {:.0e})",
                check.spread,
                check.spread_p_value,
                check.coverage_p.intervals,
                percent(check.coverage_p),
                percent(check.coverage_q),
                check.coverage_p.p_value,
                check.coverage_q.p_value,
                check.level
            ),
        },
    ]
}
