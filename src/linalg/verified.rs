//! Linear algebra that is certain: floating point guesses, enclosures decide.
//!
//! Large products are formed on midpoints and radii (S. M. Rump, "Fast and parallel interval arithmetic",
//! BIT 39 (1999)): three products of doubles, whose rounding errors are bounded in advance whatever the
//! order of summation. Spectral radii are bounded by norms and traces of powers, so that defective and
//! equal eigenvalues are no worse than others; none is isolated.

use crate::scalar::{Interval, Real};
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use num_traits::{One, Zero};

/// Squarings after which a spectral radius is bounded no better: the power is then $2^{30}$.
const SQUARINGS: u32 = 30;

/// What is certain about the powers of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Powers {
    /// $\rho < 1$: the power `2^doublings` has a norm below 1.
    Vanish {
        /// How often the matrix was squared.
        doublings: u32,
    },
    /// $\rho > 1$: the trace of the power `2^doublings` is larger than the dimension.
    Grow {
        /// How often the matrix was squared.
        doublings: u32,
    },
    /// Neither could be shown.
    Open,
}

/// A matrix known up to an error of at most `rad` in each entry, times $2^{exponent}$.
#[derive(Clone, Debug)]
struct Ball {
    mid: DMatrix<f64>,
    rad: DMatrix<f64>,
    exponent: i64,
}

impl Ball {
    /// `None` where an entry is unbounded.
    fn of(m: &DMatrix<Interval>) -> Option<Self> {
        let mid = m.map(Interval::middle);
        let rad = m.map(|x| {
            let middle = Interval::point(x.middle());
            (Interval::new(x.lo(), x.hi()) - middle).size()
        });
        Self { mid, rad, exponent: 0 }.bounded()
    }

    fn point(mid: DMatrix<f64>) -> Option<Self> {
        let rad = DMatrix::zeros(mid.nrows(), mid.ncols());
        Self { mid, rad, exponent: 0 }.bounded()
    }

    fn bounded(self) -> Option<Self> {
        self.mid.iter().chain(&self.rad).all(|x| x.is_finite()).then_some(self)
    }

    /// The product. A sum of `n` products of doubles differs from the exact one by at most
    /// $\gamma_n |A||B|$, $\gamma_n = nu/(1 - nu)$, $u = 2^{-53}$, whatever the order of summation and
    /// whether products are fused (Higham, Accuracy and Stability, Section 3.1), plus one least
    /// subnormal for each product that underflows.
    fn times(&self, other: &Ball) -> Option<Self> {
        let n = self.mid.ncols() as f64;
        let mid = &self.mid * &other.mid;
        // Twice what is needed: the bounds themselves are rounded.
        let gamma = (n + 4.0) * f64::EPSILON;
        let (left, right) = (self.mid.abs(), other.mid.abs());
        let wide = &right + &other.rad;
        let narrow = &right * gamma + &other.rad;
        let sum = left * narrow + &self.rad * wide;
        // Sums of positive numbers lose at most a relative (n + 6) u, and these are rounded up by
        // twice that; what underflows is below the smallest normal number.
        let rad = sum.map(|x| x * (1.0 + (n + 8.0) * f64::EPSILON) + (n + 4.0) * f64::MIN_POSITIVE);
        Self { mid, rad, exponent: self.exponent + other.exponent }.bounded()
    }

    /// The same with its largest entry near 1: powers neither overflow nor underflow.
    fn balanced(mut self) -> Self {
        let largest = self.mid.amax().max(self.rad.amax());
        if largest > 0.0 {
            #[allow(clippy::cast_possible_truncation)]
            let shift = (largest.log2().floor() as i64).clamp(-1000, 1000);
            // A multiplication by a power of two is exact unless it underflows.
            let factor = 2f64.powi(i32::try_from(-shift).expect("clamped"));
            self.mid *= factor;
            self.rad = self.rad.map(|x| x * factor + f64::MIN_POSITIVE);
            self.exponent += shift;
        }
        self
    }

    fn entry(&self, i: usize, j: usize) -> Interval {
        let rad = self.rad[(i, j)];
        Interval::point(self.mid[(i, j)]) + Interval::new(-rad, rad)
    }

    /// Upper bound of the norms that sum rows and columns: the smaller one.
    fn norm(&self) -> f64 {
        let size = |i: usize, j: usize| Real::abs(&self.entry(i, j));
        let n = self.mid.nrows();
        let rows = (0..n).map(|i| (0..n).fold(Interval::zero(), |sum, j| sum + size(i, j)).hi());
        let columns = (0..n).map(|j| (0..n).fold(Interval::zero(), |sum, i| sum + size(i, j)).hi());
        rows.fold(0.0, f64::max).min(columns.fold(0.0, f64::max))
    }

    /// Lower bound of the absolute value of the trace.
    fn trace(&self) -> f64 {
        let sum = (0..self.mid.nrows()).fold(Interval::zero(), |sum, i| sum + self.entry(i, i));
        Real::abs(&sum).lo().max(0.0)
    }
}

/// The $2^k$-th root of $x 2^e$, `x ≥ 0`.
fn root(x: Interval, mut exponent: i64, doublings: u32) -> Interval {
    let mut x = x;
    for _ in 0..doublings {
        if exponent % 2 != 0 {
            x *= Interval::point(2.0);
            exponent -= 1;
        }
        exponent /= 2;
        x = Real::sqrt(&x);
    }
    let exponent = i32::try_from(exponent.clamp(-1070, 1023)).expect("clamped");
    x * Interval::point(2f64.powi(exponent))
}

/// A similar matrix whose rows are about as large as its columns (Osborne's balancing): the units of the
/// coordinates then do not matter. Powers of two multiply exactly, or are enclosed.
fn in_like_units(m: &DMatrix<Interval>) -> DMatrix<Interval> {
    let n = m.nrows();
    let mut exponents = vec![0_i32; n];
    let sizes = m.map(Interval::size);
    for _ in 0..20 {
        let mut moved = false;
        for i in 0..n {
            let log = |from: usize, to: usize| {
                sizes[(from, to)].log2() + f64::from(exponents[to]) - f64::from(exponents[from])
            };
            let others = || (0..n).filter(|&j| j != i);
            let row = others().map(|j| log(i, j)).fold(f64::NEG_INFINITY, f64::max);
            let column = others().map(|j| log(j, i)).fold(f64::NEG_INFINITY, f64::max);
            let step = ((row - column) / 2.0).round();
            if step.is_finite() && step != 0.0 {
                #[allow(clippy::cast_possible_truncation)]
                let step = step.clamp(-1e4, 1e4) as i32;
                exponents[i] += step;
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    DMatrix::from_fn(n, n, |i, j| {
        let mut x = m[(i, j)];
        let mut left = exponents[j] - exponents[i];
        while left != 0 {
            let step = left.clamp(-1000, 1000);
            x *= Interval::point(2f64.powi(step));
            left -= step;
        }
        x
    })
}

/// Squares a matrix and hands every power to `see` until it has seen enough.
fn squared(m: &DMatrix<Interval>, mut see: impl FnMut(u32, &Ball) -> bool) {
    let Some(mut power) = Ball::of(&in_like_units(m)) else { return };
    for doublings in 0..=SQUARINGS {
        power = power.balanced();
        if see(doublings, &power) {
            return;
        }
        let Some(square) = power.times(&power) else { return };
        power = square;
    }
}

/// Whether the powers of an `n × n` matrix vanish or grow, for every matrix in the enclosure.
///
/// # Panics
/// If the matrix is not square.
pub fn powers(m: &DMatrix<Interval>) -> Powers {
    assert!(m.is_square(), "powers need a square matrix");
    let mut found = Powers::Open;
    let n = m.nrows() as f64;
    let mut widest = 0.0;
    squared(m, |doublings, power| {
        let scale = |x: f64| {
            let exponent = i32::try_from(power.exponent.clamp(-1070, 1023)).expect("clamped");
            Interval::point(x) * Interval::point(2f64.powi(exponent))
        };
        // Beyond the exponents of doubles the clamp errs on the safe side of 1 and of n.
        if scale(power.norm()).hi() < 1.0 {
            found = Powers::Vanish { doublings };
        } else if scale(power.trace()).lo() > n {
            found = Powers::Grow { doublings };
        }
        widest = power.rad.amax();
        // Where the error has swallowed the matrix nothing more is learnt.
        found != Powers::Open || widest > 0.5
    });
    found
}

/// An enclosure of the spectral radius of an `n × n` matrix, for every matrix in the enclosure: the
/// root of a norm of its powers from above, that of a trace from below. `[0, ∞)` where entries are
/// unbounded.
///
/// # Panics
/// If the matrix is not square.
pub fn spectral_radius(m: &DMatrix<Interval>) -> Interval {
    assert!(m.is_square(), "a spectral radius needs a square matrix");
    let (mut lo, mut hi) = (0.0_f64, f64::INFINITY);
    let n = Interval::point(m.nrows() as f64);
    if m.nrows() == 1 {
        return Real::abs(&m[(0, 0)]);
    }
    squared(m, |doublings, power| {
        let above = root(Interval::point(power.norm()), power.exponent, doublings);
        let below = root(Interval::point(power.trace()) / n, power.exponent, doublings);
        hi = hi.min(above.hi());
        lo = lo.max(below.lo());
        power.rad.amax() > 0.5 || hi - lo < 1e-14 * hi
    });
    // A bound of either kind is valid for itself, whatever the other.
    Interval::new(lo.min(hi), hi)
}

/// Smallest and largest eigenvalue of a symmetric matrix of at least one row, lower triangle read, for
/// every symmetric matrix in the enclosure. Both whole where they cannot be enclosed.
///
/// With approximate eigenvectors `Q`, $A$ is as positive as $B = Q^\top A Q$, which is nearly
/// diagonal (Gershgorin), up to $|Q^\top Q - I|$; Rayleigh quotients bound from the other side.
///
/// # Panics
/// If the matrix is empty or not square.
pub fn extreme_eigenvalues(symmetric: &DMatrix<Interval>) -> (Interval, Interval) {
    let n = symmetric.nrows();
    assert!(n > 0 && symmetric.is_square(), "eigenvalues need a square matrix");
    let diagonal = (0..n).all(|j| (j + 1..n).all(|i| symmetric[(i, j)].is_zero()));
    if diagonal {
        let rest = || symmetric.diagonal().into_iter().copied().skip(1).collect::<Vec<_>>();
        let first = symmetric[(0, 0)];
        let least = rest().iter().fold(first, |least, x| Real::min(&least, x));
        return (least, rest().iter().fold(first, |most, x| Real::max(&most, x)));
    }
    if n == 2 {
        let half = Interval::point(0.5);
        let [a, b, d] = [(0, 0), (1, 0), (1, 1)].map(|at| symmetric[at]);
        let mean = (a + d) * half;
        let square = |x: Interval| Real::abs(&x) * Real::abs(&x);
        let radius = Real::sqrt(&(square((a - d) * half) + square(b)));
        return (mean - radius, mean + radius);
    }
    let mirrored = DMatrix::from_fn(n, n, |i, j| symmetric[(i.max(j), i.min(j))]);
    least_eigenvalue(&mirrored)
        .zip(least_eigenvalue(&mirrored.map(|x| -x)))
        .map_or((Interval::WHOLE, Interval::WHOLE), |(least, most)| (least, -most))
}

fn least_eigenvalue(a: &DMatrix<Interval>) -> Option<Interval> {
    let n = a.nrows();
    let middle = a.map(Interval::middle);
    let guess = middle.try_symmetric_eigen(f64::EPSILON, 1000)?;
    let q = Ball::point(guess.eigenvectors)?;
    let transposed = Ball::point(q.mid.transpose())?;
    let gram = transposed.times(&q)?;
    let b = transposed.times(&Ball::of(a)?)?.times(&q)?;
    let one = Interval::one();
    let beside = |m: &Ball, i: usize| {
        let others = (0..n).filter(|&j| j != i);
        others.fold(Interval::zero(), |sum, j| sum + Real::abs(&m.entry(i, j)))
    };
    let skew = (0..n).map(|i| (Real::abs(&(gram.entry(i, i) - one)) + beside(&gram, i)).hi());
    let skew = Interval::point(skew.fold(0.0, f64::max));
    if skew.hi() >= 0.5 {
        return None;
    }
    let least = (0..n).map(|i| (b.entry(i, i) - beside(&b, i)).lo()).fold(f64::INFINITY, f64::min);
    let least = Interval::point(least);
    let below = if least.lo() >= 0.0 { least / (one + skew) } else { least / (one - skew) };
    let quotient = |i: usize| (b.entry(i, i) / gram.entry(i, i)).hi();
    let above = (0..n).map(quotient).fold(f64::INFINITY, f64::min);
    Some(Interval::new(below.lo(), above))
}

/// A box `(Re, Im)` near `guess` with exactly one eigenvalue of every matrix in the enclosure, where
/// there is one that is simple.
///
/// Newton's method in Krawczyk's form for $(Jv - \lambda v, c^\top v - 1)$, written over the reals:
/// $K(Z) = z - RF(z) + (I - R\,DF(Z))(Z - z)$ inside `Z` proves a unique zero in it.
pub fn eigenvalue(m: &DMatrix<Interval>, guess: Complex64) -> Option<[Interval; 2]> {
    let n = m.nrows();
    let vector = eigenvector(&m.map(Interval::middle), guess)?;
    let near = vector.iter().fold(0.0_f64, |top, x| top.max(x.norm()));
    let top = vector.iter().position(|x| x.norm() >= near)?;
    let scaled = vector.map(|x| x / vector[top]);
    // Real parts, imaginary parts, the eigenvalue; entry `top` of the vector is 1.
    let mut z: Vec<f64> = scaled.iter().map(|x| x.re).collect();
    z.extend(scaled.iter().map(|x| x.im));
    z.extend([guess.re, guess.im]);
    let residual = |z: &[Interval]| {
        let (re, im, [a, b]) = (&z[..n], &z[n..2 * n], [z[2 * n], z[2 * n + 1]]);
        let mut f = Vec::with_capacity(2 * n + 2);
        let row = |i: usize, v: &[Interval]| {
            (0..n).fold(Interval::zero(), |sum, j| sum + m[(i, j)] * v[j])
        };
        f.extend((0..n).map(|i| row(i, re) - (a * re[i] - b * im[i])));
        f.extend((0..n).map(|i| row(i, im) - (a * im[i] + b * re[i])));
        f.extend([re[top] - Interval::one(), im[top]]);
        DMatrix::from_vec(2 * n + 2, 1, f)
    };
    let derivative = |z: &[Interval]| {
        let (re, im, [a, b]) = (&z[..n], &z[n..2 * n], [z[2 * n], z[2 * n + 1]]);
        let mut d = DMatrix::<Interval>::zeros(2 * n + 2, 2 * n + 2);
        for i in 0..n {
            for j in 0..n {
                d[(i, j)] = m[(i, j)];
                d[(n + i, n + j)] = m[(i, j)];
            }
            d[(i, i)] -= a;
            d[(n + i, n + i)] -= a;
            d[(i, n + i)] = b;
            d[(n + i, i)] = -b;
            (d[(i, 2 * n)], d[(i, 2 * n + 1)]) = (-re[i], im[i]);
            (d[(n + i, 2 * n)], d[(n + i, 2 * n + 1)]) = (-im[i], -re[i]);
        }
        (d[(2 * n, top)], d[(2 * n + 1, n + top)]) = (Interval::one(), Interval::one());
        d
    };
    let points = |z: &[f64]| z.iter().map(|x| Interval::point(*x)).collect::<Vec<_>>();
    let inverse = |z: &[f64]| super::inverse(&derivative(&points(z)).map(Interval::middle)).ok();
    // A few steps in floating point sharpen the guess.
    for _ in 0..3 {
        let step = inverse(&z)? * residual(&points(&z)).map(Interval::middle);
        z.iter_mut().zip(&step).for_each(|(x, s)| *x -= s);
    }
    let r = Ball::point(inverse(&z)?)?;
    let exact = points(&z);
    let newton = r.mid.map(Interval::point) * residual(&exact);
    let size = newton.iter().map(|x| x.size()).fold(f64::MIN_POSITIVE, f64::max);
    let identity = DMatrix::<Interval>::identity(2 * n + 2, 2 * n + 2);
    [4.0, 64.0, 4096.0].iter().find_map(|factor| {
        let reach = size * factor;
        let around: Vec<Interval> =
            z.iter().map(|x| Interval::point(*x) + Interval::new(-reach, reach)).collect();
        let product = r.times(&Ball::of(&derivative(&around))?)?;
        let inside = (0..around.len()).all(|i| {
            let spread = (0..around.len()).fold(Interval::zero(), |sum, j| {
                let rest = identity[(i, j)] - product.entry(i, j);
                sum + Real::abs(&rest)
            });
            let image = exact[i] - newton[(i, 0)] + spread * Interval::new(-reach, reach);
            around[i].surrounds(image)
        });
        inside.then(|| [around[2 * n], around[2 * n + 1]])
    })
}

/// One step of inverse iteration.
fn eigenvector(m: &DMatrix<f64>, guess: Complex64) -> Option<DVector<Complex64>> {
    let n = m.nrows();
    // Slightly beside the eigenvalue, or the system would be singular.
    let shift = guess + Complex64::new(1e-10, 1e-10) * (1.0 + guess.norm());
    let shifted = DMatrix::from_fn(n, n, |i, j| {
        Complex64::new(m[(i, j)], 0.0) - if i == j { shift } else { Complex64::zero() }
    });
    let lu = shifted.lu();
    let start = DVector::from_fn(n, |i, _| Complex64::new(1.0, 1.0 / (i + 2) as f64));
    let first = lu.solve(&start)?;
    let size = first.norm();
    let second = lu.solve(&(first / Complex64::new(size, 0.0)))?;
    second.iter().all(|x| x.is_finite()).then_some(second)
}

/// The solutions `x` (`n × m`) of all systems `a x = b` in the enclosures. `None` where an approximate
/// inverse does not show that every `a` is nonsingular.
///
/// With an approximate inverse `R` and $|I - Ra|_\infty \le \beta < 1$: $x - \tilde x = R(b - a
/// \tilde x) + (I - Ra)(x - \tilde x)$ (Krawczyk).
pub(super) fn solve(a: &DMatrix<Interval>, b: &DMatrix<Interval>) -> Option<DMatrix<Interval>> {
    let n = a.nrows();
    let inverse = super::inverse(&a.map(Interval::middle)).ok()?;
    let r = Ball::point(inverse)?;
    let ra = r.times(&Ball::of(a)?)?;
    let identity = DMatrix::<Interval>::identity(n, n);
    let rest = DMatrix::from_fn(n, n, |i, j| identity[(i, j)] - ra.entry(i, j));
    let rows =
        rest.row_iter().map(|row| row.iter().fold(Interval::zero(), |s, x| s + Real::abs(x)));
    let beta = rows.map(Interval::hi).fold(0.0, f64::max);
    if beta >= 1.0 || beta.is_nan() {
        return None;
    }
    let guess = &r.mid * b.map(Interval::middle);
    let exact = guess.map(Interval::point);
    // The residual cancels, so it is formed entry by entry and not on midpoints.
    let residual = b - a * &exact;
    let step = r.mid.map(Interval::point) * residual;
    let mut x = exact + &step;
    for (k, mut column) in x.column_iter_mut().enumerate() {
        let size = step.column(k).iter().map(|s| s.size()).fold(0.0, f64::max);
        let reach = (Interval::point(size) / (Interval::one() - Interval::point(beta))).hi();
        let reach = Interval::new(-reach, reach);
        for (i, entry) in column.iter_mut().enumerate() {
            let row = rest.row(i).iter().fold(Interval::zero(), |sum, x| sum + Real::abs(x));
            *entry += row * reach;
        }
    }
    x.iter().all(|x| x.size().is_finite()).then_some(x)
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "0 and 1 do not round")]
mod tests {
    use super::*;
    use crate::linalg::{inverse, spectral_norm};
    use crate::scalar::stability::{Stability, schur_stability};
    use crate::scalar::{Exact, Scalar, decimal};
    use crate::search::generator;
    use num_rational::BigRational;
    use rand::RngExt;

    fn lifted(m: &DMatrix<f64>) -> DMatrix<Interval> {
        m.map(Interval::point)
    }

    fn rational(m: &DMatrix<f64>) -> DMatrix<BigRational> {
        m.map(|x| BigRational::from_float(x).unwrap())
    }

    fn random(n: usize, index: u64) -> DMatrix<f64> {
        let rng = &mut generator(17, index);
        DMatrix::from_fn(n, n, |_, _| f64::from(rng.random_range(-8_i32..=8)) / 8.0)
    }

    /// Against the exact decision, on matrices on both sides of 1.
    #[test]
    fn powers_decide_as_exact_arithmetic_does() {
        let mut seen = [0, 0, 0];
        for index in 0..400 {
            let n = 2 + (index % 4) as usize;
            let m = random(n, index) * 0.75;
            let exact = schur_stability(&rational(&m));
            match powers(&lifted(&m)) {
                Powers::Vanish { .. } => {
                    assert_eq!(exact, Stability::Stable, "{m}");
                    seen[0] += 1;
                }
                Powers::Grow { .. } => {
                    assert_ne!(exact, Stability::Stable, "{m}");
                    seen[1] += 1;
                }
                Powers::Open => seen[2] += 1,
            }
        }
        assert!(seen[0] > 50 && seen[1] > 50 && seen[2] < 10, "{seen:?}");
    }

    /// Jordan blocks, equal moduli, rotations: what isolating eigenvalues fails on.
    #[test]
    fn defective_and_equal_eigenvalues_are_no_harder() {
        for n in [2, 3, 7, 11, 24] {
            for (x, stable) in [(0.9, true), (0.999, true), (1.001, false), (-1.1, false)] {
                let jordan = DMatrix::from_fn(n, n, |i, j| match j.wrapping_sub(i) {
                    0 => x,
                    1 => 1.0,
                    _ => 0.0,
                });
                let seen = powers(&lifted(&jordan));
                let right = match seen {
                    Powers::Vanish { .. } => stable,
                    Powers::Grow { .. } => !stable,
                    Powers::Open => false,
                };
                assert!(right, "{n} {x} {seen:?}");
                let radius = spectral_radius(&lifted(&jordan));
                assert!(radius.contains(x.abs()) && radius.width() < 1e-3, "{n} {x} {radius:?}");
            }
            let shift = DMatrix::from_fn(n, n, |i, j| f64::from(u8::from((j + 1) % n == i)));
            assert_eq!(powers(&lifted(&shift)), Powers::Open, "ρ = 1 is neither");
            assert!(spectral_radius(&lifted(&shift)).contains(1.0));
            assert!(matches!(powers(&lifted(&(&shift * 0.99))), Powers::Vanish { .. }));
            // Traces of cyclic matrices vanish; the eigenvalue itself is enclosed.
            let grown = lifted(&(&shift * 1.01));
            let [re, im] = eigenvalue(&grown, Complex64::new(1.01, 1e-9)).unwrap();
            assert!(re.lo() > 1.0 && re.contains(1.01) && im.contains(0.0) && re.width() < 1e-12);
            let nilpotent = DMatrix::from_fn(n, n, |i, j| if j > i { 1e6 } else { 0.0 });
            assert!(matches!(powers(&lifted(&nilpotent)), Powers::Vanish { .. }));
        }
        // One unit in the last place on either side of 1, and exactly 1.
        for (x, contains) in [(1.0_f64.next_down(), true), (1.0, true), (1.0_f64.next_up(), true)] {
            let m = DMatrix::from_diagonal_element(3, 3, x);
            assert_eq!(powers(&lifted(&m)) == Powers::Open, contains, "{x}");
            assert!(spectral_radius(&lifted(&m)).contains(x));
        }
        // Entries far from 1, whose powers leave the doubles.
        let far = DMatrix::from_row_slice(2, 2, &[0.0, 1e300, 1e-301, 0.0]);
        assert!(matches!(powers(&lifted(&far)), Powers::Vanish { .. }));
        let far = DMatrix::from_row_slice(2, 2, &[0.0, 1e300, 1e-299, 0.0]);
        assert!(matches!(powers(&lifted(&far)), Powers::Grow { .. }));
        let empty = DMatrix::<Interval>::from_element(2, 2, Interval::WHOLE);
        assert_eq!(powers(&empty), Powers::Open);
        assert!(spectral_radius(&empty).hi() == f64::INFINITY);
    }

    #[test]
    fn spectral_radii_are_enclosed_closely() {
        for index in 0..100 {
            let m = random(2 + (index % 5) as usize, 1000 + index);
            let radius = spectral_radius(&lifted(&m));
            let seen = crate::dynamics::spectrum_of(&m).unwrap().radius();
            assert!(
                radius.contains(seen) || (radius.middle() - seen).abs() < 1e-9,
                "{radius:?} {seen}"
            );
            // Equally large eigenvalues of opposite sign have traces that vanish at odd powers only.
            // and a nearly defective pair costs some digits.
            assert!(radius.width() < 2e-3 * radius.hi().max(1e-3), "{radius:?} {m}");
        }
    }

    #[test]
    fn simple_eigenvalues_are_enclosed_closely() {
        let mut found = 0;
        for index in 0..60 {
            let n = 2 + (index % 7) as usize;
            let m = random(n, 4000 + index);
            for z in crate::dynamics::spectrum_of(&m).unwrap().eigenvalues {
                let Some([re, im]) = eigenvalue(&lifted(&m), z) else { continue };
                found += 1;
                assert!((re.middle() - z.re).abs() + (im.middle() - z.im).abs() < 1e-6, "{z}");
                assert!(re.width() < 1e-9 && im.width() < 1e-9, "{re:?} {im:?}");
                // The characteristic polynomial changes sign across a real one.
                if im.contains(0.0) {
                    let at = |x: f64| {
                        let shifted = m.map(Exact::from_f64)
                            - DMatrix::<Exact>::identity(n, n) * Exact::from_f64(x);
                        crate::linalg::determinant(&shifted)
                    };
                    assert!((at(re.lo()) * at(re.hi())).is_below_zero(), "{re:?}");
                }
            }
        }
        assert!(found > 250, "{found}");
        // A double one is not isolated: neither is claimed to be alone.
        let jordan = DMatrix::from_row_slice(2, 2, &[0.5, 1.0, 0.0, 0.5]);
        assert_eq!(eigenvalue(&lifted(&jordan), Complex64::new(0.5, 0.0)), None);
    }

    #[test]
    fn eigenvalues_of_symmetric_matrices_are_enclosed_closely() {
        for index in 0..60 {
            let n = 1 + (index % 6) as usize;
            let m = random(n, 2000 + index);
            let symmetric = &m + m.transpose();
            let (least, most) = extreme_eigenvalues(&lifted(&symmetric));
            let exact = Exact::extreme_eigenvalues(&symmetric.map(Exact::from_f64));
            for (x, exact) in [(least, exact.0), (most, exact.1)] {
                assert!(x.lo() <= exact.upper() && exact.lower() <= x.hi(), "{x:?} {exact}");
                assert!(x.width() < 1e-12, "{x:?}");
            }
        }
        // Ranges: the least eigenvalue of [[1, x], [x, 1]] bordered by 5, x in [0, 1/2], is 1 - x.
        let x = Interval::new(0.0, 0.5);
        let p = Interval::point;
        let m = DMatrix::from_row_slice(
            3,
            3,
            &[p(1.0), x, p(0.0), x, p(1.0), p(0.0), p(0.0), p(0.0), p(5.0)],
        );
        let (least, most) = extreme_eigenvalues(&m);
        assert!(least.lo() <= 0.5 && least.hi() >= 1.0 && least.lo() >= 0.2, "{least:?}");
        assert!(most.contains(5.0));
        assert_eq!(spectral_norm(&lifted(&DMatrix::from_row_slice(1, 2, &[3.0, 4.0]))), p(5.0));
    }

    #[test]
    fn solutions_are_enclosed_closely() {
        for index in 0..60 {
            let n = 3 + (index % 6) as usize;
            let m = random(n, 3000 + index) + DMatrix::identity(n, n) * 2.5;
            let exact = inverse(&m.map(Exact::from_f64)).unwrap();
            let found = solve(&lifted(&m), &DMatrix::identity(n, n)).expect("well conditioned");
            for (x, exact) in found.iter().zip(&exact) {
                assert!(exact.lower() >= x.lo() && exact.upper() <= x.hi());
                assert!(x.width() < 1e-12, "{x:?}");
            }
        }
        // Singular, and singular up to one unit in the last place.
        let singular =
            DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
        assert!(inverse(&lifted(&singular)).is_err());
        let mut near = DMatrix::from_element(3, 3, 1.0);
        near[(1, 1)] = 1.0_f64.next_up();
        near[(2, 2)] = 1.0_f64.next_up();
        // Either refused, or enclosed: its inverse has entries of size 2^52.
        if let Ok(found) = inverse(&lifted(&near)) {
            let exact = inverse(&near.map(Exact::from_f64)).unwrap();
            let inside = |(x, e): (&Interval, &Exact)| e.lower() >= x.lo() && e.upper() <= x.hi();
            assert!(found.iter().zip(&exact).all(inside));
        }
        // Hilbert's matrix of eight rows, condition number 1e10, as the decimals nearest to it.
        let hilbert = |i: usize, j: usize| decimal(&format!("1/{}", i + j + 1)).unwrap();
        let wide = DMatrix::from_fn(8, 8, |i, j| Interval::from_rational(&hilbert(i, j)));
        let exact = inverse(&DMatrix::from_fn(8, 8, |i, j| Exact::from(hilbert(i, j)))).unwrap();
        let found = inverse(&wide).expect("condition 1e10");
        assert!(found.iter().zip(&exact).all(|(x, e)| x.lo() <= e.lower() && e.upper() <= x.hi()));
    }

    /// A ball product contains the product of every pair in it.
    #[test]
    fn products_contain_the_exact_ones() {
        for index in 0..200 {
            let rng = &mut generator(23, index);
            let scale = 2f64.powi(rng.random_range(-500..400));
            let a = DMatrix::from_fn(5, 5, |_, _| rng.random_range(-1.0..1.0) * scale);
            let b = DMatrix::from_fn(5, 5, |_, _| rng.random_range(-1.0..1.0_f64) / 3.0);
            let Some(product) =
                Ball::point(a.clone()).unwrap().times(&Ball::point(b.clone()).unwrap())
            else {
                continue;
            };
            let exact = a.map(Exact::from_f64) * b.map(Exact::from_f64);
            for i in 0..5 {
                for j in 0..5 {
                    let (x, e) = (product.entry(i, j), &exact[(i, j)]);
                    assert!(x.lo() <= e.lower() && e.upper() <= x.hi(), "{x:?} {e}");
                }
            }
        }
    }
}
