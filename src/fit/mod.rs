//! A loop from data: logs of training, and what they say of the loop that made them.
//!
//! # Statement
//!
//! Near its stable point a loop is $x_{t+1} = J x_t + c + B s_{t+1} + \varepsilon_{t+1}$ with the
//! shares `s` of the mixture. Least squares over all transitions of all runs gives `J`, `c`, `B`,
//! hence the eigenvalues, the rate $\rho(J)$, the stable point $x^* = (I - J)^{-1}c$ and the
//! influences $dx^*/ds = (I - J)^{-1}B$, each with an interval:
//!
//! - the rate by test inversion, with logs drawn from loops of that rate;
//! - eigenvalues by weighted pseudospectra;
//! - stable points and influences by Fieller's method, its critical values from drawn logs.
//!
//! Seven tests of the residuals, calibrated by the same logs, say where such a loop does not fit.
//! How often the intervals cover is measured: see [`coverage`] and `docs/fit.md`.
//!
//! # Hypotheses
//!
//! The logged columns are the state; noise is independent between rounds, normal, of one covariance.
//! The tests look for violations; [`Fit::findings`] has what they found.
//!
//! # Source
//!
//! Derived here; the parts are standard and cited where they are.

mod basis;
mod certain;
pub mod coverage;
mod data;
mod findings;
mod log;
mod plan;
mod rate;
mod ratio;
mod recorded;
mod regression;
mod result;
mod rounding;
mod simulated;
mod study;
mod tests_of_fit;
mod units;
mod written;

pub use log::{Log, Run, Selection};
pub use recorded::{ids, recorded};
pub use result::{
    Eigenvalue, Entry, Finding, Fit, Influence, Interval, Level, Rate, Reduction, Rounding,
    ShareUse, Test, Value,
};
pub use simulated::{Logged, Varied, simulated};
pub use written::{Precision, Written};

use thiserror::Error;

/// How to fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Modes to keep; `None` to choose.
    pub rank: Option<usize>,
    /// Let the Jacobian depend on the shares.
    pub moving: bool,
    /// Probability with which each interval should cover.
    pub level: f64,
    /// Logs drawn for each calibration, at least 99.
    pub draws: u64,
    /// Seed of the draws.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options { rank: None, moving: false, level: 0.95, draws: 399, seed: 1 }
    }
}

/// Why nothing can be said of a log.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum FitError {
    /// Fewer transitions than coefficients, or hardly more.
    #[error(
        "{transitions} transitions from a round to the next are too few for {what}: at least {needed} \
         are needed; log {} more rounds, or more runs, or fit fewer columns (`--columns`) or shares",
        needed - transitions
    )]
    TooFew {
        /// Transitions in the log.
        transitions: usize,
        /// What is to be fitted.
        what: String,
        /// How many transitions that takes.
        needed: usize,
    },
    /// More modes than the log has.
    #[error(
        "{asked} modes cannot be kept: the log visits {most} directions; ask for at most {most}"
    )]
    Rank {
        /// Asked for.
        asked: usize,
        /// The most there are.
        most: usize,
    },
    /// Shares that cannot be told apart.
    #[error(
        "share `{share}` follows from the others in every round ({follows}): their influences cannot be \
         told apart; take the column `{share}` out of the log, or another one of them"
    )]
    DependentShares {
        /// The last one that is dependent.
        share: String,
        /// How, in words.
        follows: String,
    },
    /// Shares that follow the state.
    #[error(
        "{} from the state before the round, in every round, so that what they do cannot be told from \
         what the state does: vary them independently, or take them out of the log",
        listed(shares, "share", "follows", "shares", "follow")
    )]
    Confounded {
        /// The shares that do.
        shares: Vec<String>,
    },
    /// Directions that only rounds without a successor visit.
    #[error(
        "only the last rounds of runs move {}, so that what follows from there is not in the log: log \
         another round of each run, or start runs there",
        listed(
            columns,
            "column",
            "in its own direction",
            "columns",
            "independently of each other"
        )
    )]
    DeadEnd {
        /// The columns that move so.
        columns: Vec<String>,
    },
    /// Numbers that doubles do not hold.
    #[error(
        "{what} is too large or too small a number: measure the columns in units in which they are of \
         about the same size"
    )]
    OutOfRange {
        /// Which.
        what: String,
    },
    /// The computation failed.
    #[error("{0}; please report the log")]
    Numerical(&'static str),
}

/// ``share `a` follows``, ``shares `a`, `b` follow``.
fn listed(names: &[String], one: &str, does: &str, many: &str, do_: &str) -> String {
    let all: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    let (what, verb) = if all.len() == 1 { (one, does) } else { (many, do_) };
    format!("{what} {} {verb}", all.join(", "))
}

/// Fits the local linear loop to a log.
///
/// # Errors
/// If the log cannot carry a fit at all. What it can carry badly is among [`Fit::findings`].
pub fn fit(log: &Log, options: &Options) -> Result<Fit, FitError> {
    study::study(log, options)
}
