//! Floating-point checkers: they can support or dispute, never prove or refute.

mod ensemble;
mod judge;
mod observe;

pub use ensemble::{Ensemble, Tally, run};
pub use judge::{AGREEMENT, Met, ROUNDING, hypotheses, judge, violates};
