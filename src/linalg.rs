//! Generic linear algebra.
