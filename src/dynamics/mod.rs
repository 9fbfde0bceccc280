//! How a loop moves.

pub mod spectrum;
