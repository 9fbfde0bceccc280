//! Numbers with their partial derivatives, over any arithmetic: what is written as a formula need not be
//! differentiated by hand, and in [`Interval`] and [`Exact`] the derivatives are enclosed too.

use super::{Exact, Interval, Real, Scalar};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An arithmetic with the exponential function, which is all that curation and classifiers need besides
/// the four operations.
pub trait Smooth: Scalar {
    /// $e^x$.
    #[must_use]
    fn exponential(&self) -> Self;
}

macro_rules! smooth {
    ($($arithmetic:ty),*) => {$(
        impl Smooth for $arithmetic {
            fn exponential(&self) -> Self {
                Real::exp(self)
            }
        }
    )*};
}
smooth!(f64, Interval, Exact);

/// A number with its derivatives along some variables; a constant has none.
///
/// ```
/// use backfire::scalar::{Scalar, Slope, Smooth};
/// // x^2 e^y at (3, 0): 9, with derivatives 6 and 9.
/// let [x, y] = [Slope::variable(3.0, 0, 2), Slope::variable(0.0, 1, 2)];
/// let f = x.clone() * x * y.exponential();
/// assert_eq!((f.value(), f.along(0), f.along(1)), (&9.0, 6.0, 9.0));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Slope<S> {
    value: S,
    /// Empty for a constant.
    slopes: Vec<S>,
}

impl<S: Scalar> Slope<S> {
    /// Variable number `index` of `count`, at `value`.
    #[must_use]
    pub fn variable(value: S, index: usize, count: usize) -> Self {
        let slopes = (0..count).map(|i| if i == index { S::one() } else { S::zero() }).collect();
        Slope { value, slopes }
    }

    /// The same whatever the variables.
    #[must_use]
    pub fn constant(value: S) -> Self {
        Slope { value, slopes: Vec::new() }
    }

    /// The number itself.
    pub fn value(&self) -> &S {
        &self.value
    }

    /// Its derivative along variable `index`.
    pub fn along(&self, index: usize) -> S {
        self.slopes.get(index).cloned().unwrap_or_else(S::zero)
    }

    /// A number with known derivatives.
    pub(crate) fn with_slopes(value: S, slopes: Vec<S>) -> Self {
        Slope { value, slopes }
    }

    /// Along how many variables it has derivatives; 0 for a constant.
    pub(crate) fn variables(&self) -> usize {
        self.slopes.len()
    }

    /// This with derivatives `a` times its own and `b` times the other's.
    fn with(value: S, (x, a): (&[S], &S), (y, b): (&[S], &S)) -> Self {
        let part = |s: &[S], i: usize, by: &S| s.get(i).map(|s| s.clone() * by.clone());
        let slopes = (0..x.len().max(y.len())).map(|i| match (part(x, i, a), part(y, i, b)) {
            (Some(x), Some(y)) => x + y,
            (x, y) => x.or(y).unwrap_or_else(S::zero),
        });
        Slope { value, slopes: slopes.collect() }
    }
}

/// Values, `n`, and derivatives along `count` variables, `n × count`.
pub fn parts<S: Scalar>(of: &DVector<Slope<S>>, count: usize) -> (DVector<S>, DMatrix<S>) {
    let slopes = DMatrix::from_fn(of.len(), count, |i, j| of[i].along(j));
    (of.map(|x| x.value), slopes)
}

/// Only what is constantly zero.
impl<S: Scalar> Zero for Slope<S> {
    fn zero() -> Self {
        Slope::constant(S::zero())
    }
    fn is_zero(&self) -> bool {
        self.value.is_zero() && self.slopes.iter().all(Zero::is_zero)
    }
}

impl<S: Scalar> One for Slope<S> {
    fn one() -> Self {
        Slope::constant(S::one())
    }
}

impl<S: Scalar> Neg for Slope<S> {
    type Output = Self;
    fn neg(self) -> Self {
        Slope { value: -self.value, slopes: self.slopes.into_iter().map(|s| -s).collect() }
    }
}

impl<S: Scalar> Add for Slope<S> {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let one = S::one();
        Self::with(self.value + other.value, (&self.slopes, &one), (&other.slopes, &one))
    }
}

impl<S: Scalar> Sub for Slope<S> {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl<S: Scalar> Mul for Slope<S> {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let value = self.value.clone() * other.value.clone();
        Self::with(value, (&self.slopes, &other.value), (&other.slopes, &self.value))
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "the quotient rule")]
impl<S: Scalar> Div for Slope<S> {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let inverse = S::one() / other.value.clone();
        let value = self.value / other.value;
        let falls = -(value.clone() * inverse.clone());
        Self::with(value, (&self.slopes, &inverse), (&other.slopes, &falls))
    }
}

assigning!(Slope<S>, S: Scalar);

impl<S: Scalar> Scalar for Slope<S> {
    fn from_f64(x: f64) -> Self {
        Slope::constant(S::from_f64(x))
    }
    fn from_rational(r: &BigRational) -> Self {
        Slope::constant(S::from_rational(r))
    }
    fn pivot(&self) -> f64 {
        self.value.pivot()
    }
}

impl<S: Smooth> Smooth for Slope<S> {
    fn exponential(&self) -> Self {
        let value = self.value.exponential();
        Self::with(value.clone(), (&self.slopes, &value), (&[], &value))
    }
}

#[cfg(test)]
mod tests {
    use super::{Slope, Smooth, parts};
    use crate::scalar::{Exact, Interval, Real, Scalar};
    use nalgebra::DVector;
    use num_traits::{One, Zero};
    use proptest::prelude::*;

    /// $(x y - 1)/(x + 3) - x$ at (2, 5): 9/5 - 2; along x $(5 \cdot 5 - 9)/25 - 1$, along y 2/5.
    #[test]
    fn derivatives_by_hand() {
        let at = |v: i64, i| Slope::variable(Exact::ratio(v, 1), i, 2);
        let (x, y) = (at(2, 0), at(5, 1));
        let f = (x.clone() * y - Slope::one()) / (x.clone() + Slope::from_int(3)) - x.clone();
        assert_eq!(f.value(), &Exact::ratio(-1, 5));
        assert_eq!((f.along(0), f.along(1)), (Exact::ratio(-9, 25), Exact::ratio(2, 5)));
        let (values, slopes) = parts(&DVector::from_vec(vec![f, Slope::from_int(7)]), 2);
        assert_eq!(values[1], Exact::from_int(7));
        assert!(slopes[(1, 0)].is_zero() && slopes[(1, 1)].is_zero());
        // What moves is not zero even where it vanishes.
        let gap = x - Slope::from_int(2);
        assert!(gap.value().is_zero() && !gap.is_zero() && Slope::<Exact>::zero().is_zero());
    }

    proptest! {
        /// Over a box the derivatives at each of its points are enclosed.
        #[test]
        fn boxes_contain_the_derivatives_at_their_points(
            x in -2.0..2.0_f64, y in 0.5..2.0_f64, width in 0.0..0.1_f64, part in 0.0..1.0_f64,
        ) {
            fn f<S: Smooth>(x: S, y: S) -> S {
                (x.clone() * y.clone()).exponential() / (y + x.clone() * x)
            }
            let wide = |v: f64, i| Slope::variable(Interval::new(v, v + width), i, 2);
            let at = |v: f64, i| Slope::variable(v + part * width, i, 2);
            let (over, point) = (f(wide(x, 0), wide(y, 1)), f(at(x, 0), at(y, 1)));
            for i in 0..2 {
                // Doubles err by a few units in the last place.
                let slack = 1e-13 * (1.0 + point.along(i).abs());
                let seen = over.along(i);
                prop_assert!(seen.lower() <= point.along(i) + slack);
                prop_assert!(point.along(i) - slack <= seen.upper());
            }
        }
    }
}
