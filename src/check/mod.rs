//! Floating-point checkers: they can support or dispute, never prove or refute.

mod ensemble;
mod judge;
mod observe;
mod series;

pub use ensemble::{Ensemble, Tally, run};
pub use series::{LongRunMean, holm};

pub use judge::{AGREEMENT, Met, ROUNDING, hypotheses, judge, violates};
