//! Bounds of degrees: a formula read in this arithmetic says as which rational function of its inputs it
//! reads in every other.

use super::{Real, Scalar};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A quotient of polynomials of degrees at most `numerator` and `denominator`; nothing is assumed to
/// cancel, except that a zero stays one. Saturates; [`Degree::UNBOUNDED`] where it is no rational
/// function.
#[derive(Clone, Copy, Debug)]
pub struct Degree {
    numerator: u64,
    denominator: u64,
    zero: bool,
}

impl Degree {
    /// One of the variables.
    pub const VARIABLE: Degree = Degree { numerator: 1, denominator: 0, zero: false };
    /// No rational function, or one of too high a degree.
    pub const UNBOUNDED: Degree =
        Degree { numerator: u64::MAX, denominator: u64::MAX, zero: false };
    const CONSTANT: Degree = Degree { numerator: 0, denominator: 0, zero: false };

    /// Upper bounds of the degrees of numerator and denominator; `None` where there are none.
    pub fn bounds(self) -> Option<(u64, u64)> {
        let known = self.numerator < u64::MAX && self.denominator < u64::MAX;
        known.then_some((self.numerator, self.denominator))
    }

    /// Of the entries of the solution of a linear system, by Cramer's rule with each row brought to a
    /// common denominator: all are quotients of determinants of one size.
    pub(crate) fn of_solution(a: &DMatrix<Degree>, b: &DMatrix<Degree>) -> DMatrix<Degree> {
        let mut total = 0_u64;
        for i in 0..a.nrows() {
            let row = || a.row(i).into_iter().chain(b.row(i)).filter(|x| !x.zero);
            let common = row().fold(0_u64, |sum, x| sum.saturating_add(x.denominator));
            let highest = row().map(|x| x.numerator).max().unwrap_or(0);
            total = total.saturating_add(highest.saturating_add(common));
        }
        let each = Degree { numerator: total, denominator: total, zero: false };
        DMatrix::from_element(b.nrows(), b.ncols(), each)
    }
}

/// Equal degrees; what has none, like a NaN, equals nothing.
impl PartialEq for Degree {
    fn eq(&self, other: &Self) -> bool {
        self.bounds().is_some() && self.bounds() == other.bounds() && self.zero == other.zero
    }
}

impl Zero for Degree {
    fn zero() -> Self {
        Degree { zero: true, ..Degree::CONSTANT }
    }
    fn is_zero(&self) -> bool {
        self.zero
    }
}

impl One for Degree {
    fn one() -> Self {
        Degree::CONSTANT
    }
}

impl Neg for Degree {
    type Output = Self;
    fn neg(self) -> Self {
        self
    }
}

impl Add for Degree {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        if self.zero {
            return other;
        }
        if other.zero {
            return self;
        }
        let cross = |x: Degree, y: Degree| x.numerator.saturating_add(y.denominator);
        Degree {
            numerator: cross(self, other).max(cross(other, self)),
            denominator: self.denominator.saturating_add(other.denominator),
            zero: false,
        }
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "of the degree of a sum")]
impl Sub for Degree {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + other
    }
}

impl Mul for Degree {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        if self.zero || other.zero {
            return Degree::zero();
        }
        Degree {
            numerator: self.numerator.saturating_add(other.numerator),
            denominator: self.denominator.saturating_add(other.denominator),
            zero: false,
        }
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "by the inverse")]
impl Div for Degree {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.zero {
            return Degree::UNBOUNDED;
        }
        let inverse =
            Degree { numerator: other.denominator, denominator: other.numerator, zero: false };
        self * inverse
    }
}

assigning!(Degree);

impl Scalar for Degree {
    fn from_f64(x: f64) -> Self {
        if x == 0.0 { Degree::zero() } else { Degree::CONSTANT }
    }
    fn from_rational(r: &BigRational) -> Self {
        if r.is_zero() { Degree::zero() } else { Degree::CONSTANT }
    }
    fn pivot(&self) -> f64 {
        f64::from(u8::from(!self.zero))
    }
}

// None of this is rational.
without_order!(Degree, Degree::UNBOUNDED);

#[cfg(test)]
mod tests {
    use super::Degree;
    use crate::linalg;
    use crate::scalar::{Real, Scalar};
    use nalgebra::{DMatrix, dmatrix};
    use num_traits::{One, Zero};

    #[test]
    fn degrees_by_hand() {
        let x = Degree::VARIABLE;
        let one = Degree::one();
        assert_eq!((x * x * x).bounds(), Some((3, 0)));
        assert_eq!((x + x * x).bounds(), Some((2, 0)));
        // 1/x + x/(x^2 + 1): (2x^2 + 1) over x(x^2 + 1).
        let sum = one / x + x / (x * x + one);
        assert_eq!(sum.bounds(), Some((2, 3)));
        assert_eq!((x - Degree::zero()).bounds(), Some((1, 0)));
        assert!((Degree::zero() * x).is_zero());
        assert_eq!((x / Degree::zero()).bounds(), None);
        assert_eq!((x * x.sqrt()).bounds(), None);
        assert_eq!(Degree::from_int(0).bounds(), Some((0, 0)));
    }

    /// The inverse of a 2 x 2 matrix of variables: adjugate and determinant are of degree 1 and 2, and
    /// the rule gives 2 for both.
    #[test]
    fn solutions_are_quotients_of_determinants() {
        let x = Degree::VARIABLE;
        let inverse = linalg::inverse(&DMatrix::from_element(2, 2, x)).unwrap();
        assert!(inverse.iter().all(|d| d.bounds() == Some((2, 2))));
        // Entries over denominators: rows brought to one of degree 2.
        let fractions = DMatrix::from_element(2, 2, Degree::one() / x);
        let inverse = linalg::inverse(&fractions).unwrap();
        assert!(inverse.iter().all(|d| d.bounds() == Some((4, 4))));
        let singular: DMatrix<Degree> = dmatrix![Degree::zero(), Degree::zero(); x, x];
        assert!(linalg::inverse(&singular).is_ok(), "only residues know what is singular");
    }
}
