//! Polynomials in one variable with rational coefficients, and where their real roots are, for certain.
//!
//! Signs are all that is asked of a polynomial here, so one stands for all its multiples, and its
//! coefficients are whole numbers without a common divisor. Roots are isolated by Descartes' rule of signs
//! on ever smaller dyadic intervals (G. E. Collins, A. G. Akritas, "Polynomial real root isolation using
//! Descartes' rule of signs", SYMSAC 1976): whole numbers are added and shifted, and nothing is rounded.

use crate::scalar::common_multiple;
use crate::scalar::stability::roots_within;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

/// Coefficients, the constant first; the last one is not zero, and the zero polynomial has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Polynomial(Vec<BigInt>);

/// A real root of a polynomial without multiple roots, alone between two numbers.
#[derive(Clone, Debug)]
pub(super) struct Root<'a> {
    of: &'a Polynomial,
    /// The root is above this, or it is this, which then is also the other end.
    pub lo: BigRational,
    /// The root is below this.
    pub hi: BigRational,
    /// The sign just above the lower end.
    left: Ordering,
}

impl Polynomial {
    /// Of these coefficients, the constant first.
    pub fn new(coefficients: &[BigRational]) -> Self {
        let denominator =
            coefficients.iter().fold(BigInt::one(), |d, x| common_multiple(d, x.denom()));
        let whole = coefficients.iter().map(|x| x.numer() * (&denominator / x.denom()));
        Self::primitive(whole.collect())
    }

    /// Of the least degree that has these values.
    pub fn through(points: &[(BigRational, BigRational)]) -> Self {
        let mut differences: Vec<BigRational> = points.iter().map(|(_, y)| y.clone()).collect();
        for k in 1..points.len() {
            for i in (k..points.len()).rev() {
                let rise = &differences[i] - &differences[i - 1];
                differences[i] = rise / (&points[i].0 - &points[i - k].0);
            }
        }
        let mut all: Vec<BigRational> = Vec::new();
        for ((x, _), difference) in points.iter().zip(&differences).rev() {
            // Times (t - x), plus the difference.
            let mut next = vec![BigRational::zero(); all.len() + 1];
            for (i, c) in all.iter().enumerate() {
                next[i + 1] += c;
                next[i] -= c * x;
            }
            next[0] += difference;
            all = next;
        }
        Self::new(&all)
    }

    fn primitive(mut coefficients: Vec<BigInt>) -> Self {
        while coefficients.last().is_some_and(Zero::is_zero) {
            coefficients.pop();
        }
        let common = coefficients.iter().fold(BigInt::zero(), |d, x| common_divisor(&d, x));
        if !common.is_zero() && !common.is_one() {
            for x in &mut coefficients {
                *x /= &common;
            }
        }
        Polynomial(coefficients)
    }

    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// 0 for constants and for the zero polynomial.
    pub fn degree(&self) -> usize {
        self.0.len().saturating_sub(1)
    }

    fn is_constant(&self) -> bool {
        self.0.len() < 2
    }

    /// Up to sign: the coefficients are a multiple's.
    pub fn sign_at(&self, x: &BigRational) -> Ordering {
        let mut sum = BigInt::zero();
        let mut power = BigInt::one();
        for c in self.0.iter().rev() {
            sum = sum * x.numer() + c * &power;
            power *= x.denom();
        }
        sum.cmp(&BigInt::zero())
    }

    fn derivative(&self) -> Self {
        let terms = self.0.iter().enumerate().skip(1);
        Self::primitive(terms.map(|(k, c)| c * BigInt::from(k)).collect())
    }

    /// The remainder and the quotient of a division, each up to a factor.
    fn divided(&self, by: &Self) -> (Self, Self) {
        let mut rest = self.0.clone();
        let mut quotient = vec![BigInt::zero(); (rest.len() + 1).saturating_sub(by.0.len())];
        let Some(lead) = by.0.last() else { return (self.clone(), Self::primitive(vec![])) };
        while rest.len() >= by.0.len() {
            let shift = rest.len() - by.0.len();
            let top = rest[rest.len() - 1].clone();
            for x in quotient.iter_mut().chain(&mut rest) {
                *x *= lead;
            }
            quotient[shift] += &top;
            for (i, c) in by.0.iter().enumerate() {
                rest[shift + i] -= &top * c;
            }
            rest.pop();
        }
        (Self::primitive(rest), Self::primitive(quotient))
    }

    fn gcd(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.clone(), other.clone());
        while !b.is_zero() {
            let (rest, _) = a.divided(&b);
            (a, b) = (b, rest);
        }
        a
    }

    /// Without the roots of `other`, both without multiple roots.
    pub fn without(&self, other: &Self) -> Self {
        let common = self.gcd(other);
        if common.is_constant() { self.clone() } else { self.divided(&common).1 }
    }

    /// Every root once.
    pub fn simple(&self) -> Self {
        self.without(&self.derivative())
    }

    /// The real roots between two numbers, ends excluded, increasing; of a polynomial without multiple
    /// roots that is not zero.
    pub fn roots(&self, lo: &BigRational, hi: &BigRational) -> Vec<Root<'_>> {
        let width = hi - lo;
        let spread = self.spread(lo, &width);
        let mut found: Vec<Root> = dyadic(spread)
            .into_iter()
            .map(|(from, to)| {
                let [from, to] = [from, to].map(|t| lo + t * &width);
                let left = match self.sign_at(&from) {
                    // A simple root: what the derivative says there.
                    Ordering::Equal => self.derivative().sign_at(&from),
                    sign => sign,
                };
                Root { of: self, lo: from, hi: to, left }
            })
            .collect();
        found.sort_by(|x, y| x.lo.cmp(&y.lo));
        found
    }

    /// `self(lo + width t)` as a polynomial of `t`, without its roots at 0.
    fn spread(&self, lo: &BigRational, width: &BigRational) -> Vec<BigInt> {
        let mut all: Vec<BigRational> = Vec::new();
        for c in self.0.iter().rev() {
            let mut next = vec![BigRational::zero(); all.len() + 1];
            for (i, x) in all.iter().enumerate() {
                next[i] += x * lo;
                next[i + 1] += x * width;
            }
            next[0] += BigRational::from(c.clone());
            all = next;
        }
        Self::new(&all).0.into_iter().skip_while(Zero::is_zero).collect()
    }
}

impl Root<'_> {
    /// Halves the interval around the root.
    pub fn refine(&mut self) {
        if self.lo == self.hi {
            return;
        }
        let middle = (&self.lo + &self.hi) / BigRational::from(BigInt::from(2));
        match self.of.sign_at(&middle) {
            Ordering::Equal => (self.lo, self.hi) = (middle.clone(), middle),
            sign if sign == self.left => self.lo = middle,
            _ => self.hi = middle,
        }
    }
}

/// Intervals of `(0, 1)` with one root of `p` each; a root that is found exactly is both ends.
fn dyadic(p: Vec<BigInt>) -> Vec<(BigRational, BigRational)> {
    let mut found = Vec::new();
    let mut open = vec![(p, BigInt::zero(), 0_u32)];
    while let Some((p, k, depth)) = open.pop() {
        let at = |k: BigInt, depth: u32| BigRational::new(k, BigInt::one() << depth);
        match variations(&p) {
            0 => {}
            1 => found.push((at(k.clone(), depth), at(k + 1, depth))),
            _ => {
                let degree = p.len() - 1;
                let left: Vec<BigInt> =
                    p.into_iter().enumerate().map(|(i, c)| c << (degree - i)).collect();
                let mut right = left.clone();
                shift(&mut right);
                let middle: BigInt = 2 * &k + 1;
                if right[0].is_zero() {
                    found.push((at(middle.clone(), depth + 1), at(middle.clone(), depth + 1)));
                    right.remove(0);
                }
                open.push((right, middle, depth + 1));
                open.push((left, 2 * k, depth + 1));
            }
        }
    }
    found
}

/// Changes of sign among the coefficients of $(1 + y)^n p(1/(1 + y))$: as many as `p` has roots in
/// `(0, 1)`, or more by an even number.
fn variations(p: &[BigInt]) -> usize {
    let mut turned: Vec<BigInt> = p.iter().rev().cloned().collect();
    shift(&mut turned);
    let signs: Vec<bool> =
        turned.iter().filter(|c| !c.is_zero()).map(Signed::is_positive).collect();
    signs.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

/// `p(t + 1)`.
fn shift(p: &mut [BigInt]) {
    for k in 0..p.len() {
        for i in (k..p.len().saturating_sub(1)).rev() {
            let above = p[i + 1].clone();
            p[i] += above;
        }
    }
}

/// Of two whole numbers, zero if both are.
fn common_divisor(x: &BigInt, y: &BigInt) -> BigInt {
    if x.is_zero() || y.is_zero() {
        return x + y;
    }
    // A quotient in lowest terms has lost it.
    (x / BigRational::new(x.clone(), y.clone()).numer()).abs()
}

/// On which side of 1 the largest absolute value of a root is; `polynomial` has a leading coefficient.
pub(super) fn largest_root_against_one(polynomial: &[BigRational]) -> Ordering {
    if roots_within(polynomial, &BigRational::one()) {
        Ordering::Less
    } else if within_closed(&Polynomial::new(polynomial)) {
        Ordering::Equal
    } else {
        Ordering::Greater
    }
}

/// Whether no root is outside of the unit circle. What `p` has in common with itself reversed are its roots
/// on the circle and those that come with their inverse; they are all on the circle if and only if the
/// roots of the derivative are not outside (A. Cohn, "Über die Anzahl der Wurzeln einer algebraischen
/// Gleichung in einem Kreise", Math. Z. 14 (1922)).
fn within_closed(p: &Polynomial) -> bool {
    let p = Polynomial(p.0.iter().skip_while(|c| c.is_zero()).cloned().collect());
    if p.is_constant() {
        return true;
    }
    let reversed = Polynomial(p.0.iter().rev().cloned().collect());
    let mirrored = p.gcd(&reversed);
    let rest = if mirrored.is_constant() { p } else { p.divided(&mirrored).1 };
    let rest: Vec<BigRational> = rest.0.into_iter().map(BigRational::from).collect();
    roots_within(&rest, &BigRational::one())
        && (mirrored.is_constant() || within_closed(&mirrored.derivative()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;

    fn q(p: i64, r: i64) -> BigRational {
        BigRational::new(p.into(), r.into())
    }

    /// With these roots.
    fn product(roots: &[BigRational]) -> Vec<BigRational> {
        roots.iter().fold(vec![q(1, 1)], |p, root| {
            let mut next = vec![q(0, 1); p.len() + 1];
            for (i, c) in p.iter().enumerate() {
                next[i + 1] += c;
                next[i] -= c * root;
            }
            next
        })
    }

    #[test]
    fn interpolation_gives_the_polynomial_back() {
        // 3 t^3 - t + 1/2, a multiple of 6 t^3 - 2 t + 1.
        let f = |x: i64| q(3 * x * x * x - x, 1) + q(1, 2);
        let points: Vec<_> = [0, 1, -1, 2, -2].iter().map(|&x| (q(x, 1), f(x))).collect();
        let expected = [1, -2, 0, 6].map(BigInt::from);
        assert_eq!(Polynomial::through(&points).0, expected);
        assert!(Polynomial::through(&[(q(1, 1), q(0, 1)), (q(2, 1), q(0, 1))]).is_zero());
    }

    #[test]
    fn roots_are_found_however_close() {
        // Two that are 1e-12 apart, one in the middle, one at an end, one outside.
        let close = q(3, 10) + q(1, 1_000_000_000_000);
        let planted = [q(0, 1), q(3, 10), close, q(1, 2), q(7, 5)];
        let p = Polynomial::new(&product(&planted));
        let mut found = p.roots(&q(0, 1), &q(1, 1));
        assert_eq!(found.len(), 3, "{found:?}");
        for (root, expected) in found.iter_mut().zip(&planted[1..4]) {
            for _ in 0..60 {
                root.refine();
            }
            assert!(root.lo <= *expected && *expected <= root.hi);
            assert!(f64::from_rational(&(&root.hi - &root.lo)) < 1e-12);
        }
        assert_eq!(found[2].lo, found[2].hi);
        // The other side of a root at an end, and none at all.
        assert_eq!(p.roots(&q(-1, 1), &q(0, 1)).len(), 0);
        assert_eq!(p.roots(&q(3, 10), &q(1, 2)).len(), 1);
        assert!(
            Polynomial::new(&[q(1, 1), q(0, 1), q(1, 1)]).roots(&q(-9, 1), &q(9, 1)).is_empty()
        );
    }

    #[test]
    fn multiple_and_common_roots_are_taken_out() {
        // (t - 1/2)^3 (t - 1/3)^2 (t^2 + 1) has two real roots.
        let p = Polynomial::new(&product(&[q(1, 2), q(1, 2), q(1, 2), q(1, 3), q(1, 3)]));
        let simple = p.simple();
        assert_eq!(simple.0.len(), 3);
        assert_eq!(simple.roots(&q(0, 1), &q(1, 1)).len(), 2);
        let half = Polynomial::new(&product(&[q(1, 2), q(5, 7)]));
        let left = simple.without(&half);
        assert_eq!(left.roots(&q(0, 1), &q(1, 1)).len(), 1);
        assert_eq!(left.sign_at(&q(1, 3)), Ordering::Equal);
    }

    #[test]
    fn the_unit_circle_is_told_from_both_sides() {
        let side = |p: &[BigRational]| largest_root_against_one(p);
        // t^2 + 1: i and -i, also twice; t^2 - 6/5 t + 1: (3 ± 4i)/5.
        let turns = [q(1, 1), q(0, 1), q(1, 1)];
        assert_eq!(side(&turns), Ordering::Equal);
        assert_eq!(side(&[q(1, 1), q(0, 1), q(2, 1), q(0, 1), q(1, 1)]), Ordering::Equal);
        assert_eq!(side(&[q(1, 1), q(-6, 5), q(1, 1)]), Ordering::Equal);
        // 1, -1 and 1/2; 2 and 1/2 mirror each other and are not on the circle.
        assert_eq!(side(&product(&[q(1, 1), q(-1, 1), q(1, 2), q(0, 1)])), Ordering::Equal);
        assert_eq!(side(&product(&[q(2, 1), q(1, 2)])), Ordering::Greater);
        assert_eq!(side(&product(&[q(2, 1), q(1, 2), q(1, 1)])), Ordering::Greater);
        // A ten to the twenty-fourth to either side.
        let tiny = q(1, 1_000_000_000_000) * q(1, 1_000_000_000_000);
        assert_eq!(side(&product(&[q(1, 1) - &tiny])), Ordering::Less);
        assert_eq!(side(&product(&[q(1, 1) + &tiny, q(1, 1)])), Ordering::Greater);
    }
}
