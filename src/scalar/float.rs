//! Doubles and dual numbers: rounding, no bounds.

use super::{Real, Scalar};
use nalgebra::DMatrix;
use num_dual::{Dual64, DualSVec64};
use num_rational::BigRational;
use num_traits::ToPrimitive;

impl Scalar for f64 {
    fn from_f64(x: f64) -> Self {
        x
    }
    fn from_rational(r: &BigRational) -> Self {
        r.to_f64().unwrap_or(f64::NAN)
    }
    fn pivot(&self) -> f64 {
        self.abs()
    }
}

impl Scalar for Dual64 {
    fn from_f64(x: f64) -> Self {
        Dual64::from_re(x)
    }
    fn from_rational(r: &BigRational) -> Self {
        Dual64::from_re(f64::from_rational(r))
    }
    fn pivot(&self) -> f64 {
        self.re.abs()
    }
}

impl<const K: usize> Scalar for DualSVec64<K> {
    fn from_f64(x: f64) -> Self {
        DualSVec64::from_re(x)
    }
    fn from_rational(r: &BigRational) -> Self {
        DualSVec64::from_re(f64::from_rational(r))
    }
    fn pivot(&self) -> f64 {
        self.re.abs()
    }
}

impl Real for f64 {
    fn sqrt(&self) -> Self {
        // `f64::max` would turn a NaN into 0, and an overflow upstream into a small constant.
        if *self < 0.0 { 0.0 } else { f64::sqrt(*self) }
    }
    fn exp(&self) -> Self {
        f64::exp(*self)
    }
    fn ln(&self) -> Self {
        if *self > 0.0 { f64::ln(*self) } else { f64::NAN }
    }
    fn abs(&self) -> Self {
        f64::abs(*self)
    }
    fn max(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() { f64::NAN } else { f64::max(*self, *other) }
    }
    fn min(&self, other: &Self) -> Self {
        if self.is_nan() || other.is_nan() { f64::NAN } else { f64::min(*self, *other) }
    }
    fn lower(&self) -> f64 {
        *self
    }
    fn upper(&self) -> f64 {
        *self
    }
    fn is_above_zero(&self) -> bool {
        *self > 0.0
    }
    fn is_below_zero(&self) -> bool {
        *self < 0.0
    }
    fn extreme_eigenvalues(symmetric: &DMatrix<Self>) -> (Self, Self) {
        let values = symmetric.clone().symmetric_eigenvalues();
        (values.min(), values.max())
    }
}

#[cfg(test)]
mod tests {
    use crate::scalar::Real;

    #[test]
    fn what_is_not_a_number_stays_so() {
        assert!(Real::sqrt(&f64::NAN).is_nan());
        assert!(Real::max(&f64::NAN, &1.0).is_nan() && Real::max(&1.0, &f64::NAN).is_nan());
        assert!(Real::min(&f64::NAN, &1.0).is_nan() && Real::min(&1.0, &f64::NAN).is_nan());
        // A form that rounding made slightly negative is zero.
        assert!(Real::sqrt(&-1e-17).abs() <= 0.0);
    }
}
