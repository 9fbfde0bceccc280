//! Exact rationals, with enclosures where a result is irrational.

/// An exact rational number, or an enclosure of a real number between two rationals.
#[derive(Clone, Debug, PartialEq)]
pub enum Exact {
    /// The number itself.
    Point(num_rational::BigRational),
}
