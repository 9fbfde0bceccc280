//! How a loop moves.

pub mod finite_sample;
pub mod spectrum;
