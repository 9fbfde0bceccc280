//! What a fit comes to, as plain data.

use serde::{Deserialize, Serialize};

/// Everything that was found in a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Names of the columns of the state, `D`.
    pub columns: Vec<String>,
    /// Names of the outcomes.
    pub outcomes: Vec<String>,
    /// Runs in the log.
    pub runs: usize,
    /// Fewest and most rounds of a run.
    pub rounds: (usize, usize),
    /// Rows of the regression.
    pub transitions: usize,
    /// Transitions less coefficients a column.
    pub freedom: usize,
    /// The shares.
    pub shares: Vec<ShareUse>,
    /// The projection, where fewer modes than columns were fitted.
    pub reduction: Option<Reduction>,
    /// Condition number of the regressors, in well scaled coordinates.
    pub condition: f64,
    /// Whether the residuals are rounding: then there is nothing to estimate, and no interval.
    pub deterministic: bool,
    /// Residual standard deviation of each column.
    pub noise: Vec<f64>,
    /// `J`, `D` rows of `D`, at the mean shares; `None` where the log never moved in the direction
    /// of the column, so that the entry may be anything.
    pub jacobian: Vec<Vec<Option<Entry>>>,
    /// Eigenvalues of `J`, largest modulus first; of the modes kept only.
    pub eigenvalues: Vec<Eigenvalue>,
    /// The spectral radius.
    pub rate: Rate,
    /// The stable point and the stable values of the outcomes, at the mean shares.
    pub stable: Vec<Value>,
    /// By share, then column or outcome.
    pub influences: Vec<Influence>,
    /// What rounding leaves open; only without noise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding: Option<Rounding>,
    /// Tests of the residuals; empty where there are none.
    pub tests: Vec<Test>,
    /// What a reader must know, the gravest first.
    pub findings: Vec<Finding>,
    /// Probability with which each interval should cover.
    pub level: f64,
    /// Logs drawn for each calibration.
    pub draws: u64,
    /// Seed of the draws.
    pub seed: u64,
}

/// What rounding leaves open of a loop whose log has no noise: bounds on errors, absent where there
/// is none. They hold if every state and outcome was rounded to the nearest in its last decimal, and
/// the loop computed in double precision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rounding {
    /// Per column the largest error of a number in the log, in its units.
    pub numbers: Vec<f64>,
    /// Whether the loop converges in the directions that were fitted; absent if that is left open.
    pub converges: Option<bool>,
    /// Of the spectral radius.
    pub rate: Option<f64>,
    /// Of each eigenvalue: so far from the estimate, in the complex plane, is one for certain.
    pub eigenvalues: Vec<Option<f64>>,
    /// Of each entry of `J`.
    pub jacobian: Vec<Vec<Option<f64>>>,
    /// Of each stable value.
    pub stable: Vec<Option<f64>>,
    /// Of each influence.
    pub influences: Vec<Option<f64>>,
}

/// From, to; an end that is absent is infinitely far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// From here,
    pub lo: Option<f64>,
    /// to here.
    pub hi: Option<f64>,
}

impl Interval {
    /// Every number: the data cannot tell.
    pub const ALL: Interval = Interval { lo: None, hi: None };

    pub(super) fn of((lo, hi): (f64, f64)) -> Interval {
        let end = |x: f64| x.is_finite().then_some(x);
        Interval { lo: end(lo), hi: end(hi) }
    }

    /// The least interval around both.
    pub(super) fn hull(self, other: Interval) -> Interval {
        let end = |a: Option<f64>, b: Option<f64>, pick: fn(f64, f64) -> f64| Some(pick(a?, b?));
        Interval { lo: end(self.lo, other.lo, f64::min), hi: end(self.hi, other.hi, f64::max) }
    }

    /// Whether a number is in it.
    pub fn contains(&self, x: f64) -> bool {
        self.lo.is_none_or(|lo| lo <= x) && self.hi.is_none_or(|hi| x <= hi)
    }

    /// Whether both ends are finite.
    pub fn is_bounded(&self) -> bool {
        self.lo.is_some() && self.hi.is_some()
    }

    /// Whether it leaves the sign open.
    pub fn contains_zero(&self) -> bool {
        self.contains(0.0)
    }
}

/// A share, as the log has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareUse {
    /// Its column.
    pub name: String,
    /// The least value.
    pub lo: f64,
    /// The greatest.
    pub hi: f64,
    /// The mean over all transitions: where `J` and the stable point are taken.
    pub at: f64,
    /// Whether it varies within a run.
    pub within: bool,
}

impl ShareUse {
    /// Whether it varies at all.
    pub fn varies(&self) -> bool {
        self.lo < self.hi
    }
}

/// The modes of a dynamic mode decomposition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reduction {
    /// Modes kept.
    pub rank: usize,
    /// Columns.
    pub of: usize,
    /// Share of the variance of the scaled columns that they carry.
    pub kept: f64,
    /// Why so many.
    pub why: String,
    /// Directions in which the log never moved by more than rounding. What the loop does there
    /// cannot be known.
    pub unvisited: usize,
    /// Columns whose own direction was not visited: their columns of `J` are unknown.
    pub unknown: Vec<String>,
    /// Relations between columns that hold in every row, in words; empty where they are too long.
    pub relations: Vec<String>,
}

/// An entry of `J`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Least squares.
    pub estimate: f64,
    /// Its standard error.
    pub std_error: f64,
    /// By bootstrap-t; `None` without noise.
    pub interval: Option<Interval>,
}

/// An eigenvalue of `J`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Eigenvalue {
    /// Real part.
    pub re: f64,
    /// Imaginary part.
    pub im: f64,
    /// The boundary of its region, `(re, im)` counter-clockwise; empty without noise. Regions that
    /// overlap hold several eigenvalues together.
    pub region: Vec<(f64, f64)>,
    /// Moduli in the region.
    pub modulus: Option<Interval>,
}

impl Eigenvalue {
    /// Whether a point `(re, im)` is in the region.
    pub fn holds(&self, (x, y): (f64, f64)) -> bool {
        let mut within = false;
        for (k, a) in self.region.iter().enumerate() {
            let b = self.region[(k + 1) % self.region.len()];
            if (a.1 > y) != (b.1 > y) && x < (b.0 - a.0) * (y - a.1) / (b.1 - a.1) + a.0 {
                within = !within;
            }
        }
        within
    }
}

/// The spectral radius.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rate {
    /// Of the least-squares `J`.
    pub estimate: f64,
    /// Of `J` less its bias in series of this length.
    pub corrected: f64,
    /// By test inversion, widened to the moduli of the leading eigenvalue's region where that holds
    /// another eigenvalue; `None` without noise.
    pub interval: Option<Interval>,
}

/// A stable value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Value {
    /// The column or outcome.
    pub name: String,
    /// Least squares; absent where `I - J` has no inverse.
    pub estimate: Option<f64>,
    /// By Fieller's method; `None` without noise.
    pub interval: Option<Interval>,
}

/// How a stable value moves with a share.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Influence {
    /// The share.
    pub share: String,
    /// The column or outcome.
    pub of: String,
    /// Its derivative.
    pub estimate: Option<f64>,
    /// By Fieller's method; `None` without noise.
    pub interval: Option<Interval>,
}

/// A test of the residuals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Test {
    /// What for.
    pub name: String,
    /// From drawn logs; `None` where the log is too short.
    pub p_value: Option<f64>,
    /// Whether Holm's procedure at 5 % over all tests finds it.
    pub found: bool,
}

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// The data cannot tell something that was asked.
    CannotTell,
    /// Intervals may cover less often than they say.
    Warning,
    /// Good to know.
    Note,
}

/// What a reader must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// How grave.
    pub level: Level,
    /// What is so.
    pub text: String,
    /// What to do about it; may be empty.
    pub remedy: String,
}
