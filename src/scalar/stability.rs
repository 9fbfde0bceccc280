//! Whether a linear map contracts, decided exactly.
//!
//! The spectral radius of a rational matrix is below 1 iff every root of its characteristic
//! polynomial lies strictly inside the unit circle, and that is a question of signs of
//! rational numbers: the Schur–Cohn recursion answers it with no eigenvalue computed.
//! Source: I. Schur, "Über Potenzreihen, die im Innern des Einheitskreises beschränkt sind",
//! J. reine angew. Math. 148 (1918).

use super::common_multiple;
use nalgebra::DMatrix;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// What is certain about the spectral radius $\rho$ of a rational matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// $\rho < 1$.
    Stable,
    /// $\rho \ge 1$.
    NotStable {
        /// $\rho \ge 1 + 2^{-40}$. If not, $1 \le \rho < 1 + 2^{-40}$, and $\rho = 1$ is likely.
        certainly_above: bool,
    },
}

/// How far above 1, as a power of two, a spectral radius must be to be told from 1.
const RESOLUTION: usize = 40;

/// Decides whether the spectral radius of an `n × n` matrix is below 1. Exact: there is no
/// undecided case. The empty matrix is stable.
///
/// # Panics
///
/// If the matrix is not square.
pub fn schur_stability(m: &DMatrix<BigRational>) -> Stability {
    let polynomial = charpoly(m);
    if roots_within(&polynomial, &BigRational::one()) {
        return Stability::Stable;
    }
    let above = BigRational::one() + BigRational::new(1.into(), BigInt::one() << RESOLUTION);
    Stability::NotStable { certainly_above: !roots_within(&polynomial, &above) }
}

/// Coefficients of the characteristic polynomial `det(x I - m)` of an `n × n` matrix: `n + 1`
/// of them, the constant first, the leading 1 last.
///
/// # Panics
///
/// If the matrix is not square.
pub fn charpoly(m: &DMatrix<BigRational>) -> Vec<BigRational> {
    assert!(m.is_square(), "a characteristic polynomial needs a square matrix");
    let n = m.nrows();
    let denominator = m.iter().fold(BigInt::one(), |d, x| common_multiple(d, x.denom()));
    let integers = m.map(|x| x.numer() * (&denominator / x.denom()));

    // Faddeev–LeVerrier on the integer matrix: every division is exact, none needs a gcd.
    let mut coefficients = vec![BigRational::one()];
    let mut scale = BigInt::one();
    let mut power = DMatrix::identity(n, n);
    for k in 1..=n {
        let product = multiply(&integers, &power);
        let coefficient = -product.trace() / BigInt::from(k);
        power = product;
        for i in 0..n {
            power[(i, i)] += &coefficient;
        }
        scale *= &denominator;
        coefficients.push(BigRational::new(coefficient, scale.clone()));
    }
    coefficients.reverse();
    coefficients
}

/// Whether every complex root of a polynomial (constant coefficient first) is strictly smaller
/// than `radius > 0` in absolute value. A nonzero constant has no roots.
///
/// # Panics
///
/// If the leading coefficient is zero or missing.
pub fn roots_within(polynomial: &[BigRational], radius: &BigRational) -> bool {
    assert!(polynomial.last().is_some_and(|lead| !lead.is_zero()), "a leading coefficient");
    let mut p = integer_multiple(polynomial, radius);
    let mut divisor = BigInt::one();
    let mut first = true;
    // With roots inside, the product of the roots is: |constant| < |lead|. Given that, by Rouché
    // p and lead·p - constant·reversed(p), which also has the root 0, have equally many roots
    // inside. The new lead is lead² - constant² > 0: no step degenerates.
    while p.len() > 1 {
        let (lead, constant) = (p[p.len() - 1].clone(), p[0].clone());
        if constant.abs() >= lead.abs() {
            return false;
        }
        let reduced = (1..p.len()).map(|i| &lead * &p[i] - &constant * &p[p.len() - 1 - i]);
        let reduced: Vec<BigInt> = reduced.collect();
        p = divided(&reduced, &divisor).unwrap_or(reduced);
        // Keeps the integers short: from the third step on, the lead before last divides.
        divisor = if first { BigInt::one() } else { lead };
        first = false;
    }
    true
}

/// A positive multiple of `polynomial(radius · x)` with integer coefficients.
fn integer_multiple(polynomial: &[BigRational], radius: &BigRational) -> Vec<BigInt> {
    let mut power = BigRational::one();
    let mut scaled = Vec::with_capacity(polynomial.len());
    for coefficient in polynomial {
        scaled.push(coefficient * &power);
        power *= radius;
    }
    let denominator = scaled.iter().fold(BigInt::one(), |d, x| common_multiple(d, x.denom()));
    scaled.iter().map(|x| x.numer() * (&denominator / x.denom())).collect()
}

/// Every coefficient divided by `divisor`, if all of them are multiples of it.
fn divided(p: &[BigInt], divisor: &BigInt) -> Option<Vec<BigInt>> {
    p.iter()
        .map(|x| {
            let quotient = x / divisor;
            (&quotient * divisor == *x).then_some(quotient)
        })
        .collect()
}

/// The product of two integer matrices, zeros skipped.
fn multiply(a: &DMatrix<BigInt>, b: &DMatrix<BigInt>) -> DMatrix<BigInt> {
    let mut product = DMatrix::zeros(a.nrows(), b.ncols());
    for j in 0..b.ncols() {
        for k in (0..a.ncols()).filter(|&k| !b[(k, j)].is_zero()) {
            for i in (0..a.nrows()).filter(|&i| !a[(i, k)].is_zero()) {
                product[(i, j)] += &a[(i, k)] * &b[(k, j)];
            }
        }
    }
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    const NEAR_ONE: Stability = Stability::NotStable { certainly_above: false };
    const ABOVE_ONE: Stability = Stability::NotStable { certainly_above: true };

    fn q(numerator: i64, denominator: i64) -> BigRational {
        BigRational::new(numerator.into(), denominator.into())
    }

    fn matrix(n: usize, entries: &[i64], denominator: i64) -> DMatrix<BigRational> {
        DMatrix::from_row_iterator(n, n, entries.iter().map(|&x| q(x, denominator)))
    }

    /// `p · (c₀ + c₁ x + ...)`
    fn times(p: &[BigRational], factor: &[BigRational]) -> Vec<BigRational> {
        let mut product = vec![BigRational::zero(); p.len() + factor.len() - 1];
        for (i, x) in p.iter().enumerate() {
            for (j, y) in factor.iter().enumerate() {
                product[i + j] += x * y;
            }
        }
        product
    }

    proptest! {
        #[test]
        fn agrees_with_eigenvalues(
            n in 1..9_usize, entries in prop::collection::vec(-6..7_i32, 64), d in 1..16_i32,
        ) {
            let at = |i: usize, j: usize| entries[8 * i + j];
            let m = DMatrix::from_fn(n, n, |i, j| f64::from(at(i, j)) / f64::from(d));
            let schur = nalgebra::Schur::try_new(m, 1e-14, 10_000);
            prop_assume!(schur.is_some());
            let values = schur.unwrap().complex_eigenvalues();
            let radius = values.iter().map(|z| z.norm()).fold(0.0, f64::max);
            prop_assume!((radius - 1.0).abs() > 1e-6);
            let m = DMatrix::from_fn(n, n, |i, j| q(at(i, j).into(), d.into()));
            let expected = if radius < 1.0 { Stability::Stable } else { ABOVE_ONE };
            prop_assert_eq!(schur_stability(&m), expected);
        }

        // Real roots, and conjugate pairs a ± bi whose moduli are compared by a² + b².
        #[test]
        fn agrees_with_chosen_roots(
            real in prop::collection::vec((-12..13_i64, 9..13_i64), 0..5),
            pairs in prop::collection::vec((-7..8_i64, -7..8_i64, 5..10_i64), 0..5),
            lead in prop_oneof![Just(-3_i64), Just(2)],
        ) {
            let mut p = vec![q(lead, 5)];
            let mut inside = true;
            for (a, d) in real {
                p = times(&p, &[q(-a, d), q(1, 1)]);
                inside &= a.abs() < d;
            }
            for (a, b, d) in pairs {
                p = times(&p, &[q(a * a + b * b, d * d), q(-2 * a, d), q(1, 1)]);
                inside &= a * a + b * b < d * d;
            }
            prop_assert_eq!(roots_within(&p, &q(1, 1)), inside);
            // The same roots, ten times larger.
            let mut wide = p.clone();
            for (k, coefficient) in wide.iter_mut().rev().enumerate() {
                *coefficient *= BigInt::from(10).pow(u32::try_from(k).unwrap());
            }
            prop_assert_eq!(roots_within(&wide, &q(10, 1)), inside);
        }

        // Cayley–Hamilton: a matrix is a root of its own characteristic polynomial.
        #[test]
        fn charpoly_annihilates(
            n in 1..6_usize, entries in prop::collection::vec((-9..10_i64, 1..8_i64), 25),
        ) {
            let m = DMatrix::from_fn(n, n, |i, j| q(entries[5 * i + j].0, entries[5 * i + j].1));
            let polynomial = charpoly(&m);
            prop_assert_eq!(polynomial.len(), n + 1);
            prop_assert_eq!(&polynomial[n - 1], &-m.trace());
            let value = polynomial.iter().rev().fold(DMatrix::zeros(n, n), |sum, c| {
                let identity = DMatrix::<BigRational>::identity(n, n);
                sum * &m + identity.map(|x| x * c)
            });
            prop_assert!(value.iter().all(Zero::is_zero));
        }
    }

    #[test]
    fn charpoly_by_hand() {
        // [[1, 2], [3, 4]] / 2: trace 5/2, determinant -1/2.
        let p = charpoly(&matrix(2, &[1, 2, 3, 4], 2));
        assert_eq!(p, [q(-1, 2), q(-5, 2), q(1, 1)]);
        assert_eq!(charpoly(&matrix(0, &[], 1)), [q(1, 1)]);
    }

    #[test]
    fn jordan_blocks() {
        let block = |p: i64, d: i64| {
            DMatrix::from_fn(5, 5, |i, j| match (i, j) {
                _ if i == j => q(p, d),
                _ if i + 1 == j => q(1000, 1),
                _ => q(0, 1),
            })
        };
        for sign in [1, -1] {
            assert_eq!(schur_stability(&block(sign, 2)), Stability::Stable);
            assert_eq!(schur_stability(&block(sign * 999, 1000)), Stability::Stable);
            assert_eq!(schur_stability(&block(sign, 1)), NEAR_ONE);
            assert_eq!(schur_stability(&block(sign * 1001, 1000)), ABOVE_ONE);
        }
        // Nilpotent, however large the entries.
        assert_eq!(schur_stability(&block(0, 1)), Stability::Stable);
        assert_eq!(schur_stability(&matrix(0, &[], 1)), Stability::Stable);
    }

    #[test]
    fn permutations_have_radius_one() {
        assert_eq!(schur_stability(&DMatrix::identity(4, 4)), NEAR_ONE);
        assert_eq!(schur_stability(&matrix(3, &[0, 1, 0, 0, 0, 1, 1, 0, 0], 1)), NEAR_ONE);
        // A cycle of three scaled by 1 - 2^-50, and by 1 + 2^-39: told from 1.
        let cycle = |numerator: i64, exponent: u32| {
            matrix(3, &[0, 1, 0, 0, 0, 1, 1, 0, 0].map(|x| x * numerator), 1 << exponent)
        };
        assert_eq!(schur_stability(&cycle((1 << 50) - 1, 50)), Stability::Stable);
        assert_eq!(schur_stability(&cycle((1 << 39) + 1, 39)), ABOVE_ONE);
        assert_eq!(schur_stability(&cycle((1 << 41) + 1, 41)), NEAR_ONE);
    }

    // Rotations by the angle of (3, 4, 5), scaled: eigenvalues r (3 ± 4 i) / 5.
    #[test]
    fn spirals() {
        let spiral = |p: i64| matrix(2, &[3 * p, -4 * p, 4 * p, 3 * p], 5000);
        assert_eq!(schur_stability(&spiral(999)), Stability::Stable);
        assert_eq!(schur_stability(&spiral(1000)), NEAR_ONE);
        assert_eq!(schur_stability(&spiral(1001)), ABOVE_ONE);
    }

    // The constant equals the lead although a root (2) lies outside and one (1/2) inside, and a
    // later step of x³ - x² + x/2 style polynomials degenerates only after the answer is known.
    #[test]
    fn degenerate_steps() {
        // (x - 2)(x - 1/2) = x² - 5/2 x + 1
        assert!(!roots_within(&[q(1, 1), q(-5, 2), q(1, 1)], &q(1, 1)));
        // x² (x - 2): two vanishing constants before the root outside shows.
        assert!(!roots_within(&[q(0, 1), q(0, 1), q(-2, 1), q(1, 1)], &q(1, 1)));
        assert!(roots_within(&[q(0, 1), q(0, 1), q(-2, 1), q(1, 1)], &q(3, 1)));
        assert!(!roots_within(&[q(0, 1), q(0, 1), q(-2, 1), q(1, 1)], &q(2, 1)));
        assert!(roots_within(&[q(7, 1)], &q(1, 1)));
    }

    // A cycle of twelve needs both radii, and no step ends early at the wider one.
    #[test]
    fn twelve_rows_take_milliseconds() {
        let spread = |i: usize, j: usize| i64::from((i + 1) % 12 == j);
        let cycle = DMatrix::from_fn(12, 12, |i, j| q(spread(i, j), 1));
        let start = Instant::now();
        assert_eq!(schur_stability(&cycle), NEAR_ONE);
        let elapsed = start.elapsed();
        assert!(elapsed < Duration::from_millis(50), "took {elapsed:?}");
    }
}
