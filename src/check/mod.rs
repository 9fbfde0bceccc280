//! Floating-point checkers: they can support or dispute, never prove or refute.

mod ensemble;
mod judge;
mod noise;
mod observe;
mod series;
mod shares;
mod stable_point;

pub use ensemble::{Ensemble, Tally, run};
pub use noise::{RateCheck, StationaryCheck, rate_check, stationary_check};
pub use series::{LongRunMean, holm};

pub use stable_point::run_to_stable_point;

pub use judge::{AGREEMENT, Met, ROUNDING, hypotheses, judge, violates};
pub use shares::{
    CONDITIONS, ConvergenceTable, THRESHOLDS, ThresholdRow, convergence_table, round_trip_shares,
    sequential_failures, two_model_shares,
};
