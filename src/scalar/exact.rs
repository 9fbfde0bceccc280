//! Exact rationals, with enclosures where a result is irrational.
//!
//! A formula read in [`Exact`] stays a rational number as long as it takes field operations
//! only. A root or an eigenvalue may be irrational: it becomes an enclosure, two rationals
//! between which the real number certainly lies, and stays one.

use super::{Real, Scalar};
use nalgebra::DMatrix;
use num_bigint::{BigInt, Sign};
use num_rational::BigRational;
use num_traits::{FromPrimitive, One, Pow, Signed, ToPrimitive, Zero};
use std::cmp::Ordering;
use std::fmt;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// An exact rational number, or an enclosure of a real number between two rationals.
///
/// Three states: a *point* (the number itself), a *range* (a real number somewhere in
/// `[lo, hi]`, `lo < hi`), and *whole* (nothing is known, not even that the number exists: what
/// is left of a division by something that may be zero). Points combine to points without
/// rounding; ranges combine by interval arithmetic with outward rounding; whole stays whole.
///
/// `==` compares representations, so two equal ranges need not enclose the same number. Whole,
/// like a NaN, equals nothing, itself included.
///
/// ```
/// use backfire::scalar::{Exact, Real};
/// let half = Exact::ratio(1, 2);
/// assert_eq!((half.clone() * half.clone()).sqrt(), half);
/// assert!((Exact::ratio(2, 1).sqrt() - Exact::ratio(7, 5)).is_above_zero());
/// ```
#[derive(Clone, Debug)]
pub struct Exact(Inner);

#[derive(Clone, Debug)]
enum Inner {
    Point(BigRational),
    /// `lo < hi`, kept by [`Exact::range`].
    Range(BigRational, BigRational),
    Whole,
}
use Inner::{Point, Range, Whole};

/// Significant bits kept in the ends of a range. Far beyond a double's 53, so that rounding
/// never shows in a verdict; few enough that long sums of products stay fast.
const RANGE_BITS: i64 = 192;

impl Exact {
    /// The fraction `numerator / denominator`; whole if the denominator is 0.
    #[must_use]
    pub fn ratio(numerator: i64, denominator: i64) -> Self {
        Self::from(BigRational::from_integer(numerator.into()))
            / Self::from(BigRational::from_integer(denominator.into()))
    }

    /// An enclosure of a real number between `one_end` and `other_end`, given in either order.
    /// The ends are rounded outward to about 192 significant bits; equal ends make a point.
    #[must_use]
    pub fn range(one_end: BigRational, other_end: BigRational) -> Self {
        match one_end.cmp(&other_end) {
            Ordering::Equal => Self(Point(one_end)),
            Ordering::Less => Self(Range(round_down(one_end), round_up(other_end))),
            Ordering::Greater => Self(Range(round_down(other_end), round_up(one_end))),
        }
    }

    /// A value of which nothing is known.
    #[must_use]
    pub const fn whole() -> Self {
        Self(Whole)
    }

    /// The number itself, where it is known exactly.
    pub fn point(&self) -> Option<&BigRational> {
        match &self.0 {
            Point(x) => Some(x),
            _ => None,
        }
    }

    /// Lower and upper end; `None` for whole.
    pub fn ends(&self) -> Option<(&BigRational, &BigRational)> {
        match &self.0 {
            Point(x) => Some((x, x)),
            Range(lo, hi) => Some((lo, hi)),
            Whole => None,
        }
    }

    /// Whether the value may be `r`.
    pub fn contains(&self, r: &BigRational) -> bool {
        self.ends().is_none_or(|(lo, hi)| lo <= r && r <= hi)
    }

    /// Distance of the ends, rounded up; infinite for whole.
    pub fn width(&self) -> f64 {
        self.ends().map_or(f64::INFINITY, |(lo, hi)| f64_above(&(hi - lo)))
    }

    fn contains_zero(&self) -> bool {
        self.contains(&BigRational::zero())
    }

    /// `op` over two enclosures, for an `op` monotone in each argument: such a function takes
    /// its extremes at the corners.
    fn combine(self, other: Self, op: fn(BigRational, BigRational) -> BigRational) -> Self {
        let (a, b) = match (self.0, other.0) {
            (Whole, _) | (_, Whole) => return Self(Whole),
            (Point(a), Point(b)) => return Self(Point(op(a, b))),
            (Point(a), Range(lo, hi)) => ([a.clone(), a], [lo, hi]),
            (Range(lo, hi), Point(b)) => ([lo, hi], [b.clone(), b]),
            (Range(lo, hi), Range(low, high)) => ([lo, hi], [low, high]),
        };
        let mut corners: Vec<_> =
            a.iter().flat_map(|x| b.iter().map(move |y| op(x.clone(), y.clone()))).collect();
        corners.sort();
        let hi = corners.swap_remove(3);
        Self::range(corners.swap_remove(0), hi)
    }
}

impl From<BigRational> for Exact {
    fn from(r: BigRational) -> Self {
        Self(Point(r))
    }
}

impl PartialEq for Exact {
    fn eq(&self, other: &Self) -> bool {
        self.ends().is_some() && self.ends() == other.ends()
    }
}

/// A point prints as its fraction, a range as its ends rounded outward to doubles.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Point(x) => write!(f, "{x}"),
            Range(..) => write!(f, "[{:?}, {:?}]", self.lower(), self.upper()),
            Whole => write!(f, "(-inf, inf)"),
        }
    }
}

impl Zero for Exact {
    fn zero() -> Self {
        Self(Point(BigRational::zero()))
    }
    fn is_zero(&self) -> bool {
        self.point().is_some_and(Zero::is_zero)
    }
}

impl One for Exact {
    fn one() -> Self {
        Self(Point(BigRational::one()))
    }
}

impl Neg for Exact {
    type Output = Self;
    fn neg(self) -> Self {
        Self(match self.0 {
            Point(x) => Point(-x),
            Range(lo, hi) => Range(-hi, -lo),
            Whole => Whole,
        })
    }
}

impl Add for Exact {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        // Matrices are mostly zeros and ones, and a rational operation ends in a gcd.
        match (&self.0, &other.0) {
            (Point(x), _) if x.is_zero() => other,
            (_, Point(y)) if y.is_zero() => self,
            _ => self.combine(other, Add::add),
        }
    }
}

impl Sub for Exact {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.combine(other, Sub::sub)
    }
}

impl Mul for Exact {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        match (&self.0, &other.0) {
            (Whole, _) | (_, Whole) => Self(Whole),
            (Point(x), _) if x.is_zero() => self,
            (_, Point(y)) if y.is_zero() => other,
            (Point(x), _) if x.is_one() => other,
            (_, Point(y)) if y.is_one() => self,
            _ => self.combine(other, Mul::mul),
        }
    }
}

/// Whole where the divisor may be zero.
impl Div for Exact {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        if other.contains_zero() { Self(Whole) } else { self.combine(other, Div::div) }
    }
}

assigning!(Exact);

impl Scalar for Exact {
    fn from_f64(x: f64) -> Self {
        BigRational::from_float(x).map_or(Self(Whole), Self::from)
    }

    fn from_rational(r: &BigRational) -> Self {
        Self::from(r.clone())
    }

    fn pivot(&self) -> f64 {
        if self.contains_zero() {
            return 0.0;
        }
        // A tiny or huge number stays a legitimate pivot when its double would be 0 or infinite.
        let least = f64::min(self.lower().abs(), self.upper().abs());
        least.clamp(f64::MIN_POSITIVE, f64::MAX)
    }
}

impl Real for Exact {
    fn sqrt(&self) -> Self {
        let Some((lo, hi)) = self.ends() else { return Self(Whole) };
        let (lo, _) = root_bounds(lo);
        let (_, hi) = root_bounds(hi);
        Self::range(lo, hi)
    }

    fn exp(&self) -> Self {
        let Some((lo, hi)) = self.ends() else { return Self(Whole) };
        match (exp_bounds(lo), exp_bounds(hi)) {
            (Some((below, _)), Some((_, above))) => Self::range(below, above),
            _ => Self(Whole),
        }
    }

    fn ln(&self) -> Self {
        let Some((lo, hi)) = self.ends() else { return Self(Whole) };
        match (ln_bounds(lo), ln_bounds(hi)) {
            (Some((below, _)), Some((_, above))) => Self::range(below, above),
            _ => Self(Whole),
        }
    }

    fn abs(&self) -> Self {
        match &self.0 {
            Range(lo, hi) if lo.is_negative() && hi.is_positive() => {
                Self::range(BigRational::zero(), hi.clone().max(-lo))
            }
            Range(_, hi) if !hi.is_positive() => -self.clone(),
            Point(x) => Self(Point(x.abs())),
            _ => self.clone(),
        }
    }

    fn max(&self, other: &Self) -> Self {
        self.clone().combine(other.clone(), Ord::max)
    }

    fn min(&self, other: &Self) -> Self {
        self.clone().combine(other.clone(), Ord::min)
    }

    fn lower(&self) -> f64 {
        self.ends().map_or(f64::NEG_INFINITY, |(lo, _)| f64_below(lo))
    }

    fn upper(&self) -> f64 {
        self.ends().map_or(f64::INFINITY, |(_, hi)| f64_above(hi))
    }

    fn is_above_zero(&self) -> bool {
        self.ends().is_some_and(|(lo, _)| lo.is_positive())
    }

    fn is_below_zero(&self) -> bool {
        self.ends().is_some_and(|(_, hi)| hi.is_negative())
    }

    /// Reads the lower triangle. Points for a diagonal matrix, for `n = 2` with a rational
    /// discriminant, and for eigenvalues with a denominator of at most 64; otherwise enclosures
    /// about $2^{-40}$ wide relative to the largest entry (wider where the entries are ranges).
    /// Both whole if an entry is.
    ///
    /// # Panics
    ///
    /// If the matrix is empty or not square.
    fn extreme_eigenvalues(symmetric: &DMatrix<Self>) -> (Self, Self) {
        let n = symmetric.nrows();
        assert!(n > 0 && symmetric.is_square(), "eigenvalues need a square matrix");
        let diagonal = (0..n).all(|j| (j + 1..n).all(|i| symmetric[(i, j)].is_zero()));
        if diagonal {
            let values = symmetric.diagonal();
            let rest = || values.iter().skip(1);
            let least = rest().fold(values[0].clone(), |least, x| least.min(x));
            let largest = rest().fold(values[0].clone(), |largest, x| largest.max(x));
            (least, largest)
        } else if n == 2 {
            let half = Self::ratio(1, 2);
            let [a, b, d] = [(0, 0), (1, 0), (1, 1)].map(|at| symmetric[at].clone());
            let mean = (a.clone() + d.clone()) * half.clone();
            let half_gap = (a - d) * half;
            let radius = (square(&half_gap) + square(&b)).sqrt();
            (mean.clone() - radius.clone(), mean + radius)
        } else if symmetric.iter().any(|x| x.ends().is_none()) {
            (Self(Whole), Self(Whole))
        } else {
            let centred = Centred::new(symmetric);
            let guesses = centred.approximate_eigenvalues();
            let least = -centred.negated().largest_eigenvalue(-guesses.min());
            (least, centred.largest_eigenvalue(guesses.max()))
        }
    }
}

/// The exact rational of a decimal literal (`0.1`, `-1.5e-3`, `12`) or of a fraction of two of
/// them (`2/3`). `None` for anything else, for a zero denominator, and for an exponent beyond
/// ±10000, whose digits would fill the memory.
#[must_use]
pub fn decimal(text: &str) -> Option<BigRational> {
    let Some((numerator, denominator)) = text.split_once('/') else { return literal(text) };
    let denominator = literal(denominator).filter(|d| !d.is_zero())?;
    Some(literal(numerator)? / denominator)
}

/// The exact rational of the shortest decimal that rounds to `x`: the number an author who
/// wrote `0.1` meant, 1/10. `None` unless `x` is finite.
#[must_use]
pub fn shortest(x: f64) -> Option<BigRational> {
    if x.is_finite() { decimal(&format!("{x:e}")) } else { None }
}

fn literal(text: &str) -> Option<BigRational> {
    let text = text.trim();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let unsigned = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let digits = || unsigned.chars().chain(fraction.chars());
    if digits().next().is_none() || !digits().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let exponent: i32 = exponent.parse().ok().filter(|e| (-10_000..=10_000).contains(e))?;
    let shift = exponent - i32::try_from(fraction.len()).ok()?;
    let value: BigInt = format!("{whole}{fraction}").parse().ok()?;
    Some(BigRational::from(value) * BigRational::from(BigInt::from(10)).pow(shift))
}

/// A symmetric matrix `unit · (scaled / denominator + E)` with integers `scaled`, whose
/// entries are at most `denominator` or thereabouts, and a symmetric `E` of Frobenius norm at
/// most `radius`. By Weyl's inequality `E` moves no eigenvalue by more than its norm.
struct Centred {
    scaled: DMatrix<BigInt>,
    denominator: BigInt,
    radius: BigRational,
    unit: BigRational,
}

impl Centred {
    /// Denominators up to this length are kept, so that point matrices stay exact.
    const LONGEST_DENOMINATOR: u64 = 256;
    /// Otherwise entries are rounded to multiples of $2^{-128}$, far finer than the bracket.
    const GRID: i64 = 128;
    /// First half-width of a bracket per row, as a power of two: above the error of the
    /// floating-point eigenvalue, below anything a verdict turns on.
    const BRACKET: i64 = 40;
    /// Largest denominator of the fractions tried as exact eigenvalues.
    const SIMPLE_DENOMINATOR: u32 = 64;

    /// All entries bounded, at least one not zero.
    fn new(symmetric: &DMatrix<Exact>) -> Self {
        let n = symmetric.nrows();
        let half = BigRational::new(1.into(), 2.into());
        let ends = DMatrix::from_fn(n, n, |i, j| {
            let (lo, hi) = symmetric[(i.max(j), i.min(j))].ends().expect("bounded entries");
            (lo.clone(), hi.clone())
        });
        let exponent = ends.iter().flat_map(|(lo, hi)| [magnitude(lo), magnitude(hi)]).max();
        let unit = dyadic(BigInt::one(), -exponent.expect("an entry"));
        let mut centre = ends.map(|(lo, hi)| (lo + hi) * &half / &unit);
        let mut radii = ends.map(|(lo, hi)| (hi - lo) * &half / &unit);
        let mut denominator = BigInt::one();
        for x in &centre {
            denominator = common_multiple(denominator, x.denom());
            if denominator.bits() > Self::LONGEST_DENOMINATOR {
                for (x, radius) in centre.iter_mut().zip(radii.iter_mut()) {
                    let rounded = floor_to_grid(x, Self::GRID);
                    *radius += &*x - &rounded;
                    *x = rounded;
                }
                denominator = BigInt::one() << Self::GRID;
                break;
            }
        }
        let squares = radii.iter().map(|r| r * r).sum();
        Self {
            scaled: centre.map(|x| x.numer() * (&denominator / x.denom())),
            radius: root_bounds(&squares).1,
            denominator,
            unit,
        }
    }

    fn negated(&self) -> Self {
        Self {
            scaled: self.scaled.map(|x| -x),
            denominator: self.denominator.clone(),
            radius: self.radius.clone(),
            unit: self.unit.clone(),
        }
    }

    /// Of the centre, in floating point.
    fn approximate_eigenvalues(&self) -> nalgebra::DVector<f64> {
        let quotient = |x| BigRational::new_raw(x, self.denominator.clone());
        self.scaled.map(|x| f64::from_rational(&quotient(x))).symmetric_eigenvalues()
    }

    /// An enclosure, found near `guess`, an approximate largest eigenvalue of the centre.
    fn largest_eigenvalue(&self, guess: f64) -> Exact {
        let spread = Exact::range(-&self.radius, self.radius.clone());
        (self.bracket(guess) + spread) * Exact::from(self.unit.clone())
    }

    /// The largest eigenvalue of the centre.
    fn bracket(&self, guess: f64) -> Exact {
        // Short ends keep the integers of the exact tests short.
        let grid = Self::BRACKET + 4;
        let guess = BigRational::from_float(guess).unwrap_or_else(BigRational::zero);
        let guess = floor_to_grid(&guess, grid);
        let mut slack = dyadic(self.scaled.nrows().into(), Self::BRACKET);
        if let Some(simple) = self.simple_fraction(&guess, &slack)
            && self.largest_against(&simple).is_eq()
        {
            return simple.into();
        }
        loop {
            let (lo, hi) = (&guess - &slack, &guess + &slack);
            match (self.largest_against(&lo), self.largest_against(&hi)) {
                (Ordering::Equal, _) => return lo.into(),
                (_, Ordering::Equal) => return hi.into(),
                (Ordering::Greater, Ordering::Less) => return Exact::range(lo, hi),
                _ => slack *= BigInt::from(16),
            }
        }
    }

    /// A fraction of small denominator within `slack` of `guess`, once scaled back to the original
    /// matrix. A candidate only, so that doubles will do to find it.
    fn simple_fraction(&self, guess: &BigRational, slack: &BigRational) -> Option<BigRational> {
        let [guess, slack] = [guess, slack].map(|x| f64::from_rational(&(x * &self.unit)));
        (1..=Self::SIMPLE_DENOMINATOR).find_map(|q| {
            let multiple = guess * f64::from(q);
            let numerator = BigInt::from_f64(multiple.round())?;
            let near = (multiple - multiple.round()).abs() <= slack * f64::from(q);
            near.then(|| BigRational::new(numerator, q.into()) / &self.unit)
        })
    }

    /// The largest eigenvalue of the centre compared with `c`, decided exactly: it is below `c`
    /// iff `c·I - centre` is positive definite, and equal iff that is singular and semidefinite.
    fn largest_against(&self, c: &BigRational) -> Ordering {
        let mut shifted = self.scaled.map(|x| -x * c.denom());
        for i in 0..shifted.nrows() {
            shifted[(i, i)] += c.numer() * &self.denominator;
        }
        smallest_against_zero(shifted).reverse()
    }
}

/// The sign of the smallest eigenvalue of a symmetric integer matrix (lower triangle read), by
/// symmetric elimination without fractions (Bareiss): the pivots are leading minors.
fn smallest_against_zero(mut m: DMatrix<BigInt>) -> Ordering {
    let n = m.nrows();
    let mut previous = BigInt::one();
    let mut verdict = Ordering::Greater;
    for k in 0..n {
        let pivot = m[(k, k)].clone();
        match pivot.sign() {
            // A semidefinite matrix with a zero on its diagonal has zeros all along that row;
            // elimination goes on without it.
            Sign::NoSign if (k + 1..n).all(|i| m[(i, k)].is_zero()) => verdict = Ordering::Equal,
            Sign::NoSign | Sign::Minus => return Ordering::Less,
            Sign::Plus => {
                for j in k + 1..n {
                    for i in j..n {
                        let minor = &pivot * &m[(i, j)] - &m[(i, k)] * &m[(j, k)];
                        m[(i, j)] = minor / &previous;
                    }
                }
                previous = pivot;
            }
        }
    }
    verdict
}

/// Rational bounds of the square root of `max(x, 0)`, equal where the root is rational.
fn root_bounds(x: &BigRational) -> (BigRational, BigRational) {
    if !x.is_positive() {
        return (BigRational::zero(), BigRational::zero());
    }
    let root = BigRational::new_raw(x.numer().sqrt(), x.denom().sqrt());
    if &root * &root == *x {
        return (root.clone(), root);
    }
    // floor(sqrt(floor(y))) = floor(sqrt(y)), so the root of y = x·4^shift is in [s, s + 1].
    let shift = RANGE_BITS - magnitude(x).div_euclid(2);
    let root = floor_to_grid(x, 2 * shift) * dyadic(BigInt::one(), -2 * shift);
    let root = root.to_integer().sqrt();
    (dyadic(root.clone(), shift), dyadic(root + 1, shift))
}

/// The square, never negative even where `x` is a range around zero.
fn square(x: &Exact) -> Exact {
    x.abs() * x.abs()
}

/// `|x|` is below two to this power, and at least a quarter of that (zero: far below anything).
fn magnitude(x: &BigRational) -> i64 {
    if x.is_zero() {
        return i64::MIN / 4;
    }
    bits(x.numer()) - bits(x.denom()) + 1
}

/// The least common multiple of two positive integers.
pub(crate) fn common_multiple(a: BigInt, b: &BigInt) -> BigInt {
    let quotient = BigRational::new(b.clone(), a.clone());
    a * quotient.numer()
}

fn bits(n: &BigInt) -> i64 {
    i64::try_from(n.bits()).expect("fits the memory")
}

/// `n / 2^shift` in lowest terms, without the general gcd.
fn dyadic(n: BigInt, shift: i64) -> BigRational {
    if shift <= 0 {
        return BigRational::from(n << shift.unsigned_abs());
    }
    let common = n.trailing_zeros().unwrap_or(u64::MAX).min(shift.unsigned_abs());
    BigRational::new_raw(n >> common, BigInt::one() << (shift.unsigned_abs() - common))
}

/// The largest multiple of `2^-shift` not above `x`.
fn floor_to_grid(x: &BigRational, shift: i64) -> BigRational {
    let scaled = if shift >= 0 {
        BigRational::new_raw(x.numer() << shift, x.denom().clone())
    } else {
        BigRational::new_raw(x.numer().clone(), x.denom() << -shift)
    };
    dyadic(scaled.floor().to_integer(), shift)
}

/// Rationals below and above $e^x$, equal at 0; `None` beyond $|x| = 5000$.
///
/// $e^x = (e^y)^{2^m}$ with $y = x/2^m$, $|y| \le 1/2$; the Taylor series of $e^y$ up to $y^n/n!$ leaves
/// a remainder of at most $2|y|^{n+1}/(n+1)!$.
fn exp_bounds(x: &BigRational) -> Option<(BigRational, BigRational)> {
    const TERMS: u32 = 40;
    if x.is_zero() {
        return Some((BigRational::one(), BigRational::one()));
    }
    let size = f64_above(&x.abs());
    if size > 5000.0 {
        return None;
    }
    let mut halvings = 0;
    let mut y = x.clone();
    let half = BigRational::new(1.into(), 2.into());
    while y.abs() > half {
        y *= &half;
        halvings += 1;
    }
    // Rounded, or the powers of a long fraction would fill the memory; the rounding is enclosed.
    let y = Exact::range(floor_to_grid(&y, RANGE_BITS), -floor_to_grid(&-y, RANGE_BITS));
    let mut term = Exact::one();
    let mut sum = Exact::one();
    for k in 1..=TERMS {
        term = term * y.clone() / Exact::from(BigRational::from_integer(k.into()));
        sum += term.clone();
    }
    // The next term is at most the last one over 2 * 41, and twice that bounds the remainder.
    let last = term.abs().ends()?.1.clone();
    sum += Exact::range(-last.clone(), last);
    for _ in 0..halvings {
        sum = sum.clone() * sum;
    }
    sum.ends().map(|(lo, hi)| (lo.clone(), hi.clone()))
}

/// Rationals below and above $\ln x$, equal at 1; `None` unless `x > 0`.
///
/// $\ln x = g + \ln z$ with $z = x e^{-g}$ near 1 for a guess `g`, and $1 - 1/z \le \ln z \le z - 1$.
fn ln_bounds(x: &BigRational) -> Option<(BigRational, BigRational)> {
    if !x.is_positive() {
        return None;
    }
    if x.is_one() {
        return Some((BigRational::zero(), BigRational::zero()));
    }
    let rounded = x.to_f64().filter(|r| r.is_finite() && *r > 0.0)?;
    let guess = BigRational::from_float(rounded.ln())?;
    let z = Exact::from(x.clone()) * Exact::from(-guess.clone()).exp();
    let one = Exact::one;
    let (above, below) = (z.clone() - one(), one() - one() / z);
    let (lo, hi) = (below.ends()?.0.clone(), above.ends()?.1.clone());
    Some((&guess + lo, &guess + hi))
}

fn round_down(x: BigRational) -> BigRational {
    // Short fractions stay as they are: 1/3 is a better end than 192 bits of it.
    if bits(x.numer()) + bits(x.denom()) <= 2 * RANGE_BITS {
        return x;
    }
    let shift = RANGE_BITS - magnitude(&x);
    floor_to_grid(&x, shift)
}

fn round_up(x: BigRational) -> BigRational {
    -round_down(-x)
}

/// A double that is not above `x`: `x` itself where it is a double.
pub(super) fn f64_below(x: &BigRational) -> f64 {
    // The conversion rounds to nearest or thereabouts; only the comparison is relied upon.
    let mut bound = x.to_f64().unwrap_or(f64::INFINITY);
    while bound > f64::NEG_INFINITY && BigRational::from_float(bound).is_none_or(|b| b > *x) {
        bound = bound.next_down();
    }
    bound
}

pub(super) fn f64_above(x: &BigRational) -> f64 {
    0.0 - f64_below(&-x)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "bounds of known numbers are known doubles")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn q(numerator: i64, denominator: i64) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    fn between(lo: i64, hi: i64) -> Exact {
        Exact::range(q(lo, 1), q(hi, 1))
    }

    fn matrix(n: usize, entries: &[i64]) -> DMatrix<Exact> {
        DMatrix::from_row_iterator(n, n, entries.iter().map(|&x| Exact::ratio(x, 1)))
    }

    /// Digits of e, e^-10 and ln 2 from tables, cut off: the number is between them and one unit
    /// more in the last place.
    #[test]
    fn exponentials_and_logarithms_enclose_the_tables() {
        let unit = Exact::from(decimal("1e-30").unwrap());
        let table = |digits: &str| Exact::from(decimal(digits).unwrap());
        let close = |x: Exact, digits: &str| {
            let (low, high) = (table(digits), table(digits) + unit.clone());
            assert!(
                (x.clone() - low).is_above_zero() && (high - x.clone()).is_above_zero(),
                "{x:?}"
            );
        };
        close(Exact::ratio(1, 1).exp(), "2.718281828459045235360287471352");
        close(Exact::ratio(-10, 1).exp(), "0.000045399929762484851535591515");
        close(Exact::ratio(2, 1).ln(), "0.693147180559945309417232121458");
        assert_eq!(Exact::zero().exp(), Exact::one());
        assert_eq!(Exact::one().ln(), Exact::zero());
        assert!(
            Exact::zero().ln().ends().is_none() && Exact::ratio(5001, 1).exp().ends().is_none()
        );
    }

    proptest! {
        // Logarithms of long fractions are slow.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn exponentials_turn_sums_into_products(p in -400..400_i64, r in -400..400_i64, d in 1..20_i64) {
            let (x, y) = (Exact::ratio(p, d), Exact::ratio(r, d));
            let apart = (x.clone() + y.clone()).exp() - x.exp() * y.exp();
            // Both sides enclose the same number, so zero lies in the difference of the enclosures.
            prop_assert!(!apart.is_above_zero() && !apart.is_below_zero());
            let back = x.exp().ln() - x;
            prop_assert!(!back.is_above_zero() && !back.is_below_zero() && back.width() < 1e-25);
        }
    }

    /// Long enough fractions that the ends of their ranges are rounded.
    fn long_rational() -> impl Strategy<Value = BigRational> {
        let digits = || prop::collection::vec(any::<u32>(), 1..16);
        (any::<bool>(), digits(), digits()).prop_map(|(negative, p, d)| {
            let sign = if negative { Sign::Minus } else { Sign::Plus };
            BigRational::new(BigInt::from_slice(sign, &p), BigInt::from_slice(Sign::Plus, &d) + 1)
        })
    }

    fn rational() -> impl Strategy<Value = BigRational> {
        prop_oneof![(-60..60_i64, 1..20_i64).prop_map(|(p, d)| q(p, d)), long_rational()]
    }

    /// An enclosure and a number in it, often at an end.
    fn enclosed() -> impl Strategy<Value = (Exact, BigRational)> {
        (rational(), rational(), 0..=4_i64).prop_map(|(a, b, t)| {
            let inside = &a + (&b - &a) * q(t, 4);
            (Exact::range(a, b), inside)
        })
    }

    /// The orthogonal reflection along `v`: a rational matrix that hides known eigenvalues.
    fn reflected(eigenvalues: &[BigRational], v: &[i64]) -> DMatrix<BigRational> {
        let n = v.len();
        let length: i64 = v.iter().map(|x| x * x).sum();
        let mirror = DMatrix::from_fn(n, n, |i, j| {
            q(i64::from(i == j), 1) - q(2 * v[i] * v[j], length.max(1))
        });
        let diagonal = DMatrix::from_fn(n, n, |i, j| {
            if i == j { eigenvalues[i].clone() } else { BigRational::zero() }
        });
        &mirror * diagonal * &mirror
    }

    fn spectrum(sizes: i64) -> impl Strategy<Value = (Vec<BigRational>, Vec<i64>)> {
        (1..6_usize).prop_flat_map(move |n| {
            let eigenvalue = (-99..99_i64, 1..sizes).prop_map(|(p, d)| q(p, d));
            (prop::collection::vec(eigenvalue, n), prop::collection::vec(-4..5_i64, n))
        })
    }

    proptest! {
        #[test]
        fn every_operation_contains((x, a) in enclosed(), (y, b) in enclosed()) {
            prop_assert!((x.clone() + y.clone()).contains(&(&a + &b)));
            prop_assert!((x.clone() - y.clone()).contains(&(&a - &b)));
            prop_assert!((x.clone() * y.clone()).contains(&(&a * &b)));
            prop_assert!((-x.clone()).contains(&-&a));
            prop_assert!(x.abs().contains(&a.abs()));
            prop_assert!(Real::max(&x, &y).contains((&a).max(&b)));
            prop_assert!(Real::min(&x, &y).contains((&a).min(&b)));
            if !b.is_zero() {
                prop_assert!((x / y).contains(&(a / b)));
            }
        }

        #[test]
        fn certain_signs_are_right((x, a) in enclosed()) {
            prop_assert!(!x.is_above_zero() || a.is_positive());
            prop_assert!(!x.is_below_zero() || a.is_negative());
            prop_assert!(x.pivot() == 0.0 || !a.is_zero());
            prop_assert!(f64_below(&a) >= x.lower() && f64_above(&a) <= x.upper());
        }

        #[test]
        fn root_encloses((x, a) in enclosed()) {
            let root = x.sqrt();
            let (lo, hi) = root.ends().unwrap();
            let a = a.max(BigRational::zero());
            prop_assert!(!lo.is_negative() && lo * lo <= a && a <= hi * hi);
            prop_assert_eq!(Exact::from(&a * &a).sqrt(), Exact::from(a));
        }

        #[test]
        fn root_of_a_point_is_tight(a in long_rational()) {
            let root = Exact::from(a.abs()).sqrt();
            prop_assert!(root.width() <= root.upper() * 2.0_f64.powi(-180));
        }

        #[test]
        fn doubles_bound_outward_and_tightly(
            p in any::<i64>(), d in 1..u64::MAX, exponent in -1300..1300_i64,
        ) {
            let r = dyadic(p.into(), exponent) / BigInt::from(d);
            let (lo, hi) = (f64_below(&r), f64_above(&r));
            let not_above = |x: f64, y: &BigRational| {
                BigRational::from_float(x).map_or(x < 0.0, |x| x <= *y)
            };
            prop_assert!(not_above(lo, &r) && not_above(-hi, &-&r));
            prop_assert!(hi <= lo.next_up());
        }

        #[test]
        fn doubles_come_back(x in any::<f64>()) {
            prop_assume!(x.is_finite());
            let there = Exact::from_f64(x);
            prop_assert_eq!((there.lower(), there.upper()), (x, x));
            prop_assert_eq!(f64::from_rational(&shortest(x).unwrap()), x);
        }

        // Denominators up to 64 are found exactly.
        #[test]
        fn simple_eigenvalues_are_points((eigenvalues, v) in spectrum(65)) {
            let m = reflected(&eigenvalues, &v).map(Exact::from);
            let (least, largest) = Exact::extreme_eigenvalues(&m);
            prop_assert_eq!(least.point(), eigenvalues.iter().min());
            prop_assert_eq!(largest.point(), eigenvalues.iter().max());
        }

        #[test]
        fn eigenvalues_are_enclosed((eigenvalues, v) in spectrum(1_000_000), scale in -70..70_i64) {
            let unit = dyadic(BigInt::one(), 12 * scale);
            let m = reflected(&eigenvalues, &v).map(|x| Exact::from(x * &unit));
            let (least, largest) = Exact::extreme_eigenvalues(&m);
            let (min, max) = (eigenvalues.iter().min().unwrap(), eigenvalues.iter().max().unwrap());
            prop_assert!(least.contains(&(min * &unit)) && largest.contains(&(max * &unit)));
            let size = eigenvalues.iter().map(Signed::abs).max().unwrap() * &unit;
            prop_assert!(largest.width() <= f64_above(&size) * 1e-10);
        }

        // The matrix of known spectrum lies anywhere in the ranges, also at their ends.
        #[test]
        fn eigenvalues_of_ranges_are_enclosed(
            (eigenvalues, v) in spectrum(1_000_000), below in 0..4_i64, above in 0..4_i64,
        ) {
            let around = |x: BigRational| Exact::range(&x - q(below, 16), x + q(above, 16));
            let m = reflected(&eigenvalues, &v).map(around);
            let (least, largest) = Exact::extreme_eigenvalues(&m);
            prop_assert!(least.contains(eigenvalues.iter().min().unwrap()));
            prop_assert!(largest.contains(eigenvalues.iter().max().unwrap()));
        }

        #[test]
        fn eigenvalues_agree_with_floating_point(
            n in 1..7_usize, entries in prop::collection::vec(-50..50_i32, 49),
        ) {
            let m = DMatrix::from_fn(n, n, |i, j| f64::from(entries[7 * i.max(j) + i.min(j)]) / 7.0);
            let (least, largest) = Exact::extreme_eigenvalues(&m.map(Exact::from_f64));
            let (min, max) = f64::extreme_eigenvalues(&m);
            prop_assert!(least.lower() - 1e-9 <= min && min <= least.upper() + 1e-9);
            prop_assert!(largest.lower() - 1e-9 <= max && max <= largest.upper() + 1e-9);
        }
    }

    #[test]
    fn points_stay_exact() {
        // 1/3 + 1/6 = 1/2
        assert_eq!(Exact::ratio(1, 3) + Exact::ratio(1, 6), Exact::ratio(1, 2));
        // [1, 2] · [-3, 5] = [-6, 10]; [1, 2] / [4, 8] = [1/8, 1/2]
        assert_eq!(between(1, 2) * between(-3, 5), between(-6, 10));
        assert_eq!(between(1, 2) / between(4, 8), Exact::range(q(1, 8), q(1, 2)));
        // A range times zero is zero.
        assert!((between(1, 2) * Exact::zero()).is_zero());
    }

    #[test]
    fn ranges_do_not_grow_without_bound() {
        let mut x = Exact::ratio(2, 1).sqrt();
        for i in 1..200 {
            x = x.clone() * x / Exact::ratio(2, 1) + Exact::ratio(1, 3 + i);
            x = x.clone() / (x + Exact::one());
        }
        let (lo, hi) = x.ends().unwrap();
        assert!([lo, hi].iter().all(|r| bits(r.numer()).max(bits(r.denom())) <= 3 * RANGE_BITS));
    }

    #[test]
    fn nothing_is_decided_after_a_division_by_what_may_be_zero() {
        let quotients =
            [Exact::ratio(1, 0), Exact::one() / between(-1, 1), Exact::zero() / between(0, 1)];
        for whole in quotients {
            for x in [whole.clone(), whole.clone() - whole.clone(), whole.sqrt(), whole.abs()] {
                assert!(!x.is_above_zero() && !x.is_below_zero() && !x.is_zero() && x != x.clone());
                assert_eq!((x.lower(), x.upper()), (f64::NEG_INFINITY, f64::INFINITY));
                assert_eq!((x.pivot(), x.width()), (0.0, f64::INFINITY));
            }
        }
        assert!(Exact::from_f64(f64::NAN).ends().is_none());
        assert!(Exact::from_f64(f64::INFINITY).ends().is_none());
    }

    #[test]
    fn extreme_magnitudes_keep_their_sign() {
        let tiny = Exact::from(dyadic(BigInt::one(), 2000));
        assert_eq!((tiny.lower(), tiny.upper()), (0.0, f64::from_bits(1)));
        assert!(tiny.is_above_zero() && tiny.pivot() > 0.0);
        let huge = Exact::from(dyadic(BigInt::one(), -2000));
        assert_eq!((huge.lower(), huge.upper()), (f64::MAX, f64::INFINITY));
        assert_eq!(huge.pivot(), f64::MAX);
        assert_eq!((-huge).lower(), f64::NEG_INFINITY);
    }

    #[test]
    fn roots() {
        assert_eq!(Exact::ratio(9, 16).sqrt(), Exact::ratio(3, 4));
        assert!(Exact::ratio(-1, 2).sqrt().is_zero());
        assert_eq!(between(-4, 9).sqrt(), between(0, 3));
        // 1.414213562373095048801688724209698078569671875376948... (OEIS A002193)
        let root = Exact::ratio(2, 1).sqrt();
        let digits = "1.41421356237309504880168872420969807856967187537694";
        assert!((root.clone() - Exact::from(decimal(digits).unwrap())).is_above_zero());
        assert!((root - Exact::from(decimal(&format!("{digits}9")).unwrap())).is_below_zero());
    }

    #[test]
    fn eigenvalues_by_hand() {
        // 2x2 of trace 5 and determinant 0: 0 and 5.
        let (least, largest) = Exact::extreme_eigenvalues(&matrix(2, &[1, 2, 2, 4]));
        assert_eq!((least, largest), (Exact::zero(), Exact::ratio(5, 1)));
        // The Laplacian of a triangle: 0, 3, 3.
        let triangle = matrix(3, &[2, -1, -1, -1, 2, -1, -1, -1, 2]);
        let (least, largest) = Exact::extreme_eigenvalues(&triangle);
        assert_eq!((least, largest), (Exact::zero(), Exact::ratio(3, 1)));
        // The path of three: 2 ± √2 and 2.
        let path = matrix(3, &[2, 1, 0, 1, 2, 1, 0, 1, 2]);
        let (least, largest) = Exact::extreme_eigenvalues(&path);
        let root = Exact::ratio(2, 1).sqrt();
        for (value, expected) in
            [(least, Exact::ratio(2, 1) - root.clone()), (largest, Exact::ratio(2, 1) + root)]
        {
            let (lo, hi) = expected.ends().unwrap();
            assert!(value.contains(lo) && value.contains(hi) && value.width() < 1e-10);
        }
    }

    // The floating-point guess is trusted for nothing but speed. The path of three, as above.
    #[test]
    fn poor_guesses_widen_the_bracket() {
        let path = Centred::new(&matrix(3, &[2, 1, 0, 1, 2, 1, 0, 1, 2]));
        let expected = Exact::ratio(2, 1) + Exact::ratio(2, 1).sqrt();
        for guess in [-1e9, -1.0, 0.0, 0.85, 0.9, 1e9, f64::NAN] {
            let value = path.largest_eigenvalue(guess);
            assert!(value.contains(expected.ends().unwrap().0), "{guess}: {value}");
        }
    }

    // Denominators of 300 and more bits are cut short, and the radius owns up to it.
    #[test]
    fn a_rounded_centre_has_a_radius() {
        let long = |x: Exact| x + Exact::ratio(1, 3).sqrt().ends().unwrap().0.pow(2).into();
        assert!(Centred::new(&matrix(2, &[2, 1, 1, 2])).radius.is_zero());
        assert!(Centred::new(&matrix(2, &[2, 1, 1, 2]).map(long)).radius.is_positive());
    }

    // An LDLᵀ without pivoting meets a zero here although the matrix is indefinite: eigenvalues
    // of [[0, 1], [1, 0]] are ±1, and a zero row beside them changes nothing.
    #[test]
    fn definiteness_of_a_zero_diagonal() {
        let sign = |entries: &[i64]| {
            smallest_against_zero(DMatrix::from_row_iterator(
                3,
                3,
                entries.iter().map(|&x| BigInt::from(x)),
            ))
        };
        assert_eq!(sign(&[0, 1, 0, 1, 0, 0, 0, 0, 0]), Ordering::Less);
        assert_eq!(sign(&[0, 0, 0, 0, 2, 1, 0, 1, 2]), Ordering::Equal);
        assert_eq!(sign(&[0, 0, 0, 0, 1, 2, 0, 2, 1]), Ordering::Less);
        assert_eq!(sign(&[2, 1, 0, 1, 2, 1, 0, 1, 2]), Ordering::Greater);
    }

    #[test]
    fn literals() {
        for (text, value) in [
            ("0.1", q(1, 10)),
            ("-1.5e-3", q(-3, 2000)),
            ("12", q(12, 1)),
            ("-.5", q(-1, 2)),
            ("+2.E2", q(200, 1)),
            ("-0.25", q(-1, 4)),
            (" 6 / -4 ", q(-3, 2)),
        ] {
            assert_eq!(decimal(text), Some(value), "{text}");
        }
        let wrong =
            ["", ".", "-", "1/0", "1e", "e5", "0x1", "1_000", "nan", "1e99999", "--1", "1.-5"];
        for text in wrong {
            assert_eq!(decimal(text), None, "{text}");
        }
        assert_eq!(shortest(0.1), Some(q(1, 10)));
        assert_eq!(shortest(-1e-3), Some(q(-1, 1000)));
        assert_eq!(shortest(f64::NAN), None);
        assert_eq!(Exact::from_f64(0.1).point(), Some(&BigRational::from_float(0.1).unwrap()));
    }

    #[test]
    fn display() {
        assert_eq!(Exact::ratio(-2, 6).to_string(), "-1/3");
        assert_eq!(Exact::ratio(4, 2).to_string(), "2");
        assert_eq!(between(-1, 2).to_string(), "[-1.0, 2.0]");
        assert_eq!(between(-1, 0).to_string(), "[-1.0, 0.0]");
        assert_eq!(Exact::whole().to_string(), "(-inf, inf)");
    }
}
