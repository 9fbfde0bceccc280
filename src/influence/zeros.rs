//! Zeros of a function of one variable.
