//! Intervals with doubles as ends, rounded outward.
//!
//! IEEE 754 operations return the double nearest to the true result, so the doubles next to it enclose
//! it. Where the result is known to be exact it stays a point: sums by the exact error of a sum (Knuth),
//! products and quotients of numbers short enough for a single-precision significand. So whole numbers
//! and short binary fractions are not widened.

use super::exact::{f64_above, f64_below};
use super::{Exact, Real, Scalar};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A real number somewhere in `[lo, hi]`. With both ends infinite nothing is known, not even that the
/// number exists: what is left of a division by something that may be zero.
///
/// `==` compares ends; where one is infinite the interval, like a NaN, equals nothing.
///
/// ```
/// use backfire::scalar::{Interval, Real};
/// let third = Interval::point(1.0) / Interval::point(3.0);
/// assert!(third.lower() < 1.0 / 3.0 + 1e-17 && third.width() < 2e-16);
/// let one = third * Interval::point(3.0);
/// assert!(one.lower() <= 1.0 && 1.0 <= one.upper());
/// ```
#[derive(Clone, Copy)]
pub struct Interval {
    lo: f64,
    hi: f64,
}

impl Interval {
    /// Nothing is known.
    pub const WHOLE: Interval = Interval { lo: f64::NEG_INFINITY, hi: f64::INFINITY };

    /// The number `x`; whole if it is not finite.
    #[must_use]
    pub fn point(x: f64) -> Self {
        if x.is_finite() { Interval { lo: x, hi: x } } else { Interval::WHOLE }
    }

    /// Some number between `lo` and `hi`, either of which may be infinite; whole where one is NaN or
    /// `lo > hi`.
    #[must_use]
    pub fn new(lo: f64, hi: f64) -> Self {
        let sound = lo <= hi && lo < f64::INFINITY && hi > f64::NEG_INFINITY;
        if sound { Interval { lo, hi } } else { Interval::WHOLE }
    }

    /// Lower end.
    #[must_use]
    pub fn lo(self) -> f64 {
        self.lo
    }
    /// Upper end.
    #[must_use]
    pub fn hi(self) -> f64 {
        self.hi
    }
    /// Distance of the ends, rounded up.
    #[must_use]
    pub fn width(self) -> f64 {
        add_up(self.hi, -self.lo)
    }
    /// A double in it, near the middle; 0 for whole.
    #[must_use]
    pub fn middle(self) -> f64 {
        if self.lo.is_infinite() && self.hi.is_infinite() {
            return 0.0;
        }
        f64::midpoint(self.lo.max(-f64::MAX), self.hi.min(f64::MAX)).clamp(self.lo, self.hi)
    }
    /// The largest absolute value in it.
    #[must_use]
    pub fn size(self) -> f64 {
        self.lo.abs().max(self.hi.abs())
    }
    /// Whether `x` may be the number.
    #[must_use]
    pub fn contains(self, x: f64) -> bool {
        self.lo <= x && x <= self.hi
    }
    /// Whether every number of `other` is strictly inside.
    #[must_use]
    pub fn surrounds(self, other: Interval) -> bool {
        self.lo < other.lo && other.hi < self.hi
    }
    /// The numbers in both; `None` where there are none.
    #[must_use]
    pub fn meet(self, other: Interval) -> Option<Interval> {
        let (lo, hi) = (self.lo.max(other.lo), self.hi.min(other.hi));
        (lo <= hi).then_some(Interval { lo, hi })
    }
    /// The smallest interval with both in it.
    #[must_use]
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    fn is_whole(self) -> bool {
        self.lo.is_infinite() && self.hi.is_infinite()
    }

    fn exact(self) -> Exact {
        let end = |x| BigRational::from_float(x);
        match (end(self.lo), end(self.hi)) {
            (Some(lo), Some(hi)) => Exact::range(lo, hi),
            _ => Exact::whole(),
        }
    }
}

impl From<&Exact> for Interval {
    fn from(x: &Exact) -> Self {
        Interval::new(x.lower(), x.upper())
    }
}

/// The double below, or `x` where rounding is switched off to see that tests notice.
fn down(x: f64) -> f64 {
    #[cfg(test)]
    if rounding_is_broken() {
        return x;
    }
    x.next_down()
}

/// Whether products of two such numbers are exact: 24 significant bits at most, and exponents far from
/// the ends.
fn is_short(x: f64) -> bool {
    // Only the comparison is relied upon.
    #[allow(clippy::cast_possible_truncation, clippy::float_cmp)]
    let short = f64::from(x as f32) == x;
    short
}

/// A lower bound of `a + b`. An infinite argument stands for the end of an unbounded interval.
fn add_down(a: f64, b: f64) -> f64 {
    let sum = a + b;
    if !sum.is_finite() {
        // What overflows upwards is at least the largest double.
        return if sum > 0.0 { f64::MAX } else { f64::NEG_INFINITY };
    }
    let b_seen = sum - a;
    let error = (a - (sum - b_seen)) + (b - b_seen);
    // The error of a sum is a double and this is it, unless an intermediate result overflows: then it
    // is NaN, which is not at least 0.
    if error >= 0.0 { sum } else { down(sum) }
}

fn add_up(a: f64, b: f64) -> f64 {
    -add_down(-a, -b)
}

/// A lower bound of `a · b`. Zero times the end of an unbounded interval is zero: its numbers are
/// finite.
fn mul_down(a: f64, b: f64) -> f64 {
    if a == 0.0 || b == 0.0 {
        return 0.0;
    }
    let product = a * b;
    if product.is_infinite() {
        let overflow = product > 0.0 && a.is_finite() && b.is_finite();
        return if overflow { f64::MAX } else { product };
    }
    if is_short(a) && is_short(b) { product } else { down(product) }
}

fn mul_up(a: f64, b: f64) -> f64 {
    -mul_down(-a, b)
}

/// A lower bound of `a / b`, `b ≠ 0`; NaN where both stand for the end of an unbounded interval.
fn div_down(a: f64, b: f64) -> f64 {
    if a == 0.0 || b.is_infinite() && a.is_finite() {
        return 0.0;
    }
    let quotient = a / b;
    if quotient.is_infinite() {
        let overflow = quotient > 0.0 && a.is_finite();
        return if overflow { f64::MAX } else { quotient };
    }
    // Only an exact product of short numbers gives back the dividend.
    #[allow(clippy::float_cmp)]
    let exact = is_short(quotient) && is_short(b) && quotient * b == a;
    if exact { quotient } else { down(quotient) }
}

fn div_up(a: f64, b: f64) -> f64 {
    -div_down(-a, b)
}

fn sqrt_down(x: f64) -> f64 {
    let root = f64::sqrt(x);
    #[allow(clippy::float_cmp)]
    let exact = is_short(root) && root * root == x;
    if exact || x.is_infinite() { root } else { down(root).max(0.0) }
}

fn sqrt_up(x: f64) -> f64 {
    let root = f64::sqrt(x);
    #[allow(clippy::float_cmp)]
    let exact = is_short(root) && root * root == x;
    if exact || x.is_infinite() { root } else { -down(-root) }
}

/// The ends of a function that is monotone in each argument, from its values at the corners.
fn corners(
    a: Interval,
    b: Interval,
    low: fn(f64, f64) -> f64,
    high: fn(f64, f64) -> f64,
) -> Interval {
    let at = [(a.lo, b.lo), (a.lo, b.hi), (a.hi, b.lo), (a.hi, b.hi)];
    // `f64::min` and `max` pass over NaN: between two unbounded ends the other corners decide.
    let lo = at.iter().fold(f64::NAN, |m: f64, &(x, y)| m.min(low(x, y)));
    let hi = at.iter().fold(f64::NAN, |m: f64, &(x, y)| m.max(high(x, y)));
    Interval::new(lo, hi)
}

impl fmt::Debug for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}, {:?}]", self.lo, self.hi)
    }
}

// Equal ends mean equal to the bit, or both zero.
#[allow(clippy::float_cmp)]
impl PartialEq for Interval {
    fn eq(&self, other: &Self) -> bool {
        self.lo.is_finite() && self.hi.is_finite() && self.lo == other.lo && self.hi == other.hi
    }
}

impl Zero for Interval {
    fn zero() -> Self {
        Interval { lo: 0.0, hi: 0.0 }
    }
    fn is_zero(&self) -> bool {
        self.lo == 0.0 && self.hi == 0.0
    }
}

impl One for Interval {
    fn one() -> Self {
        Interval { lo: 1.0, hi: 1.0 }
    }
}

impl Neg for Interval {
    type Output = Self;
    fn neg(self) -> Self {
        Interval { lo: -self.hi, hi: -self.lo }
    }
}

impl Add for Interval {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Interval { lo: add_down(self.lo, other.lo), hi: add_up(self.hi, other.hi) }
    }
}

impl Sub for Interval {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Interval {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        // What may not exist does not exist times zero either.
        if self.is_whole() || other.is_whole() {
            return Interval::WHOLE;
        }
        if self.lo >= 0.0 && other.lo >= 0.0 {
            return Interval::new(mul_down(self.lo, other.lo), mul_up(self.hi, other.hi));
        }
        // Two corners decide where one factor is a point, as nearly always in linear algebra.
        for (x, by) in [(self, other), (other, self)] {
            if by.lo >= by.hi {
                let (lo, hi) = if by.lo < 0.0 { (x.hi, x.lo) } else { (x.lo, x.hi) };
                return Interval::new(mul_down(lo, by.lo), mul_up(hi, by.lo));
            }
        }
        corners(self, other, mul_down, mul_up)
    }
}

/// Whole where the divisor may be zero.
impl Div for Interval {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if self.is_whole() || other.contains(0.0) {
            return Interval::WHOLE;
        }
        corners(self, other, div_down, div_up)
    }
}

assigning!(Interval);

impl Scalar for Interval {
    fn from_f64(x: f64) -> Self {
        Interval::point(x)
    }

    fn from_rational(r: &BigRational) -> Self {
        Interval::new(f64_below(r), f64_above(r))
    }

    fn pivot(&self) -> f64 {
        if self.contains(0.0) {
            return 0.0;
        }
        f64::min(self.lo.abs(), self.hi.abs())
    }
}

impl Real for Interval {
    fn sqrt(&self) -> Self {
        if self.is_whole() {
            return *self;
        }
        Interval::new(sqrt_down(f64::max(self.lo, 0.0)), sqrt_up(f64::max(self.hi, 0.0)))
    }

    /// By way of [`Exact`]: slow, and certain.
    fn exp(&self) -> Self {
        Interval::from(&Real::exp(&self.exact()))
    }

    fn ln(&self) -> Self {
        Interval::from(&Real::ln(&self.exact()))
    }

    fn abs(&self) -> Self {
        if self.is_whole() || self.lo >= 0.0 {
            *self
        } else if self.hi <= 0.0 {
            -*self
        } else {
            Interval { lo: 0.0, hi: self.size() }
        }
    }

    fn max(&self, other: &Self) -> Self {
        if self.is_whole() || other.is_whole() {
            return Interval::WHOLE;
        }
        Interval { lo: f64::max(self.lo, other.lo), hi: f64::max(self.hi, other.hi) }
    }

    fn min(&self, other: &Self) -> Self {
        if self.is_whole() || other.is_whole() {
            return Interval::WHOLE;
        }
        Interval { lo: f64::min(self.lo, other.lo), hi: f64::min(self.hi, other.hi) }
    }

    fn lower(&self) -> f64 {
        self.lo
    }

    fn upper(&self) -> f64 {
        self.hi
    }

    fn is_above_zero(&self) -> bool {
        self.lo > 0.0
    }

    fn is_below_zero(&self) -> bool {
        self.hi < 0.0
    }

    fn extreme_eigenvalues(symmetric: &DMatrix<Self>) -> (Self, Self) {
        crate::linalg::verified::extreme_eigenvalues(symmetric)
    }
}

/// Whether a test has switched outward rounding off.
#[cfg(test)]
pub(crate) fn rounding_is_broken() -> bool {
    tests::ROUNDING_IS_BROKEN.get()
}

/// What a test finds without outward rounding, on this thread.
#[cfg(test)]
pub(crate) fn without_rounding<T>(look: impl FnOnce() -> T) -> T {
    tests::ROUNDING_IS_BROKEN.set(true);
    let found = look();
    tests::ROUNDING_IS_BROKEN.set(false);
    found
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "ends are known doubles")]
mod tests {
    use super::*;
    use crate::search::generator;
    use num_traits::ToPrimitive;
    use rand::RngExt;
    use std::cell::Cell;

    thread_local! {
        /// Switches outward rounding off.
        pub(super) static ROUNDING_IS_BROKEN: Cell<bool> = const { Cell::new(false) };
    }

    fn r(x: f64) -> BigRational {
        BigRational::from_float(x).unwrap()
    }

    fn holds(x: Interval, exact: &BigRational) -> bool {
        let below = x.lo == f64::NEG_INFINITY || r(x.lo) <= *exact;
        below && (x.hi == f64::INFINITY || *exact <= r(x.hi))
    }

    /// Numbers of all sizes: short and long, near each other, subnormal, huge, exact halves.
    fn number(rng: &mut rand_xoshiro::Xoshiro256PlusPlus) -> f64 {
        let long: f64 = rng.random_range(-1.0..1.0);
        match rng.random_range(0..10) {
            0 => f64::from(rng.random_range(-9_i32..=9)),
            1 => f64::from(rng.random_range(-1000_i32..=1000)) / 64.0,
            2 => long * 1e-310,
            3 => long * 1e300,
            4 => f64::from_bits(1.0_f64.to_bits() + rng.random_range(0..4)),
            5 => -f64::from_bits(rng.random_range(0..8)),
            6 => long * 2f64.powi(rng.random_range(-540..540)),
            7 => long / 3.0,
            _ => long,
        }
    }

    fn interval(rng: &mut rand_xoshiro::Xoshiro256PlusPlus) -> (Interval, f64) {
        let x = number(rng);
        match rng.random_range(0..4) {
            0 => (Interval::point(x), x),
            1 => (Interval::new(x, x.next_up().next_up()), x.next_up()),
            _ => {
                let (lo, hi) = (x.min(x + x.abs() * 0.1), x + (x * 0.3).abs());
                (Interval::new(lo, hi), f64::midpoint(lo, hi))
            }
        }
    }

    /// How many of `count` random operations do not contain the exact result.
    fn misses(count: u64, seed: u64) -> u64 {
        let rng = &mut generator(seed, 0);
        let mut misses = 0;
        for k in 0..count {
            let ((a, x), (b, y)) = (interval(rng), interval(rng));
            let (a_, b_) = (r(x), r(y));
            let good = match k % 5 {
                0 => holds(a + b, &(a_ + b_)),
                1 => holds(a - b, &(a_ - b_)),
                2 => holds(a * b, &(a_ * b_)),
                3 if b.contains(0.0) => !(a / b).lo.is_finite(),
                3 => holds(a / b, &(a_ / b_)),
                _ => {
                    let root = a.sqrt();
                    let square = |s: f64| if s == f64::INFINITY { None } else { Some(r(s) * r(s)) };
                    let x = if x > 0.0 { a_ } else { BigRational::zero() };
                    square(root.lo).is_some_and(|s| s <= x)
                        && square(root.hi).is_none_or(|s| x <= s)
                }
            };
            misses += u64::from(!good);
        }
        misses
    }

    /// `BACKFIRE_LONG=1` makes ten million of them.
    fn checks() -> u64 {
        if std::env::var_os("BACKFIRE_LONG").is_some() { 10_000_000 } else { 100_000 }
    }

    #[test]
    fn every_operation_contains_the_exact_result() {
        assert_eq!(misses(checks(), 1), 0);
    }

    /// The same checks without outward rounding must fail, or they would check nothing.
    #[test]
    fn broken_rounding_is_noticed() {
        let seen = without_rounding(|| misses(2_000, 2));
        assert!(seen > 100, "{seen}");
    }

    #[test]
    fn exact_results_stay_points() {
        let p = Interval::point;
        assert_eq!(p(0.5) + p(0.25), p(0.75));
        assert_eq!(p(3.0) * p(-7.0), p(-21.0));
        assert_eq!(p(21.0) / p(-7.0), p(-3.0));
        assert_eq!(p(2.25).sqrt(), p(1.5));
        assert_eq!(p(-0.0) + p(0.0), p(0.0));
        assert_eq!((p(1.0) - p(1.0)).sqrt(), p(0.0));
        // A tenth is no double, and the sum of three of them is not 0.3.
        let tenth = Interval::from_rational(&BigRational::new(1.into(), 10.into()));
        assert!(tenth.width() > 0.0 && tenth.width() < 2e-17);
        let sum = tenth + tenth + tenth;
        assert!(holds(sum, &BigRational::new(3.into(), 10.into())) && sum.width() < 2e-16);
    }

    #[test]
    fn ends_beyond_the_doubles() {
        let p = Interval::point;
        let big = p(f64::MAX) + p(f64::MAX);
        assert_eq!((big.lo, big.hi), (f64::MAX, f64::INFINITY));
        let small = p(-f64::MAX) * p(2.0);
        assert_eq!((small.lo, small.hi), (f64::NEG_INFINITY, -f64::MAX));
        let tiny = p(f64::MIN_POSITIVE) * p(f64::EPSILON / 3.0);
        assert!(tiny.lo <= 0.0 && tiny.hi > 0.0);
        let least = p(f64::from_bits(1)) / p(3.0);
        assert!(least.lo <= 0.0 && least.hi == f64::from_bits(1));
        assert!(p(f64::NAN).is_whole() && p(f64::INFINITY).is_whole());
        assert!((p(1.0) / Interval::new(-1.0, 1.0)).is_whole());
        assert!((p(0.0) / p(0.0)).is_whole() && (p(1.0) / p(-0.0)).is_whole());
        // Whole swallows even zero: what it stands for may not exist.
        assert!(
            (p(0.0) * Interval::WHOLE).is_whole() && (Interval::WHOLE - Interval::WHOLE).is_whole()
        );
        let half_line = Interval::new(1.0, f64::INFINITY);
        let shrunk = p(1.0) / half_line;
        assert_eq!((shrunk.lo, shrunk.hi), (0.0, 1.0));
        let ratio = half_line / half_line;
        assert_eq!((ratio.lo, ratio.hi), (0.0, f64::INFINITY));
        assert_eq!((half_line * p(0.0)), p(0.0));
        assert!(half_line != half_line && Interval::WHOLE != Interval::WHOLE);
        assert!(Real::sqrt(&Interval::WHOLE).is_whole() && Real::abs(&Interval::WHOLE).is_whole());
        let root = Real::sqrt(&Interval::new(-2.0, 4.0));
        assert_eq!((root.lo, root.hi), (0.0, 2.0));
    }

    #[test]
    fn exponentials_enclose() {
        let e = Real::exp(&Interval::point(1.0));
        assert!(e.contains(std::f64::consts::E) && e.width() < 1e-15);
        let one = Real::ln(&e);
        assert!(one.contains(1.0) && one.width() < 1e-15);
        assert!(Real::ln(&Interval::new(-1.0, 1.0)).is_whole());
        assert!(r(e.lo).to_f64().unwrap() > 2.7);
    }

    #[test]
    fn order_and_sets() {
        let a = Interval::new(-1.0, 2.0);
        assert_eq!(Real::abs(&a), Interval::new(0.0, 2.0));
        assert_eq!(Real::max(&a, &Interval::point(1.0)), Interval::new(1.0, 2.0));
        assert_eq!(Real::min(&a, &Interval::point(1.0)), Interval::new(-1.0, 1.0));
        assert_eq!(a.meet(Interval::new(1.0, 5.0)), Some(Interval::new(1.0, 2.0)));
        assert_eq!(a.meet(Interval::point(3.0)), None);
        assert_eq!(a.hull(Interval::point(3.0)), Interval::new(-1.0, 3.0));
        assert!(a.surrounds(Interval::point(0.0)) && !a.surrounds(Interval::point(2.0)));
        assert_eq!(a.pivot(), 0.0);
        assert_eq!(Interval::new(-3.0, -2.0).pivot(), 2.0);
        assert_eq!(Interval::new(1.0, f64::INFINITY).middle(), f64::midpoint(1.0, f64::MAX));
    }
}
