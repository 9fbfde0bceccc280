//! Residues modulo the prime $2^{61} - 1$: an equation between rational functions that fails somewhere
//! fails at nearly every random point of this field.

use super::{Real, Scalar};
use nalgebra::DMatrix;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A residue modulo [`Residue::MODULUS`], or nothing: what has no meaning in a finite field (a root, a
/// comparison, a quotient by zero) is nothing, and so is whatever is made of it. Nothing, like a NaN,
/// equals nothing.
///
/// ```
/// use backfire::scalar::Residue;
/// let x = Residue::new(5);
/// assert_eq!(x / Residue::new(3) * Residue::new(3), x);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Residue(u64);

const NOTHING: u64 = u64::MAX;

impl Residue {
    /// The prime $2^{61} - 1$.
    pub const MODULUS: u64 = (1 << 61) - 1;

    /// The residue of `x`.
    #[must_use]
    pub fn new(x: u64) -> Self {
        Residue(x % Self::MODULUS)
    }

    /// No residue.
    #[must_use]
    pub fn nothing() -> Self {
        Residue(NOTHING)
    }

    /// The least non-negative representative; `None` for nothing.
    #[must_use]
    pub fn value(self) -> Option<u64> {
        (self.0 != NOTHING).then_some(self.0)
    }

    fn both(self, other: Self, op: impl Fn(u64, u64) -> u64) -> Self {
        match (self.value(), other.value()) {
            (Some(x), Some(y)) => Residue(op(x, y)),
            _ => Self::nothing(),
        }
    }

    fn power(self, mut exponent: u64) -> Self {
        let (mut base, mut product) = (self, Residue(1));
        while exponent > 0 {
            if exponent % 2 == 1 {
                product *= base;
            }
            base *= base;
            exponent /= 2;
        }
        product
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the remainder is below the modulus")]
fn product(x: u64, y: u64) -> u64 {
    // 2^61 = 1, so the upper bits are added to the lower ones.
    let wide = u128::from(x) * u128::from(y);
    let folded = (wide & u128::from(Residue::MODULUS)) as u64 + (wide >> 61) as u64;
    if folded >= Residue::MODULUS { folded - Residue::MODULUS } else { folded }
}

impl PartialEq for Residue {
    fn eq(&self, other: &Self) -> bool {
        self.value().is_some() && self.0 == other.0
    }
}

impl Zero for Residue {
    fn zero() -> Self {
        Residue(0)
    }
    fn is_zero(&self) -> bool {
        self.0 == 0
    }
}

impl One for Residue {
    fn one() -> Self {
        Residue(1)
    }
}

impl Neg for Residue {
    type Output = Self;
    fn neg(self) -> Self {
        Residue(0) - self
    }
}

impl Add for Residue {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.both(other, |x, y| (x + y) % Self::MODULUS)
    }
}

impl Sub for Residue {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.both(other, |x, y| (x + Self::MODULUS - y) % Self::MODULUS)
    }
}

impl Mul for Residue {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.both(other, product)
    }
}

impl Div for Residue {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.is_zero() {
            return Self::nothing();
        }
        // Fermat: y^(p-2) is the inverse of y.
        self * if other.value().is_some() { other.power(Self::MODULUS - 2) } else { other }
    }
}

assigning!(Residue);

impl Scalar for Residue {
    fn from_f64(x: f64) -> Self {
        BigRational::from_float(x).map_or(Self::nothing(), |r| Self::from_rational(&r))
    }

    fn from_rational(r: &BigRational) -> Self {
        let modulus = BigInt::from(Self::MODULUS);
        let residue = |n: &BigInt| {
            ((n % &modulus + &modulus) % &modulus).to_u64().map_or(Self::nothing(), Residue)
        };
        residue(r.numer()) / residue(r.denom())
    }

    fn pivot(&self) -> f64 {
        f64::from(u8::from(!self.is_zero() && self.value().is_some()))
    }
}

without_order!(Residue, Residue::nothing());

#[cfg(test)]
mod tests {
    use super::Residue;
    use crate::scalar::{Real, Scalar, decimal};
    use num_traits::Zero;
    use proptest::prelude::*;

    fn p() -> u128 {
        u128::from(Residue::MODULUS)
    }

    proptest! {
        #[test]
        fn operations_are_those_of_the_integers(x in 0..Residue::MODULUS, y in 0..Residue::MODULUS) {
            let (a, b) = (Residue::new(x), Residue::new(y));
            let (x, y) = (u128::from(x), u128::from(y));
            let is = |r: Residue, n: u128| u128::from(r.value().unwrap()) == n % p();
            prop_assert!(is(a + b, x + y) && is(a * b, x * y) && is(a - b, x + p() - y));
            prop_assert!(is(-a, p() - x));
            if y != 0 {
                prop_assert_eq!(a / b * b, a);
            }
        }
    }

    #[test]
    fn rationals_have_residues() {
        let half = Residue::from_f64(0.5);
        assert_eq!(half + half, Residue::new(1));
        let third = Residue::from_rational(&decimal("-1/3").unwrap());
        assert_eq!(third * Residue::new(3) + Residue::new(1), Residue::new(0));
        assert_eq!(Residue::from_int(-2), Residue::new(Residue::MODULUS - 2));
        let largest = Residue::new(Residue::MODULUS - 1);
        assert_eq!(largest * largest, Residue::new(1));
        assert_eq!(Residue::new(Residue::MODULUS), Residue::new(0));
    }

    #[test]
    fn what_a_field_lacks_is_nothing() {
        let x = Residue::new(4);
        let nothing =
            [x.sqrt(), x.abs(), x.max(&x), x / Residue::zero(), Residue::from_f64(f64::NAN)];
        for lost in nothing {
            assert!(lost.value().is_none() && lost != lost && !lost.is_zero());
            assert!((lost * Residue::zero()).value().is_none());
            assert!((x - lost).value().is_none() && (x / lost).value().is_none());
            assert!(lost.pivot() <= 0.0);
        }
    }
}
