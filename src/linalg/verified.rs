//! Linear algebra that is certain: floating point guesses, enclosures decide.
//!
//! Large products are formed on midpoints and radii (S. M. Rump, "Fast and parallel interval arithmetic",
//! BIT 39 (1999)): three products of doubles, whose rounding errors are bounded in advance whatever the
//! order of summation. Spectral radii are bounded by norms and traces of powers of irreducible blocks, if
//! need be in a nearly triangular form, so that defective and equal eigenvalues are no worse than others;
//! none is isolated.

use crate::scalar::{Interval, Real};
use nalgebra::{DMatrix, DVector, Schur};
use num_complex::Complex64;
use num_traits::{One, Zero};

/// The least positive double.
const LEAST: f64 = f64::from_bits(1);

/// Squarings after which a spectral radius is bounded no better: the power is then $2^{30}$.
const SQUARINGS: u32 = 30;

/// What is certain about the powers of a matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Powers {
    /// $\rho < 1$: the power `2^doublings` of every irreducible block has a norm below 1.
    Vanish {
        /// How often a block was squared, at most.
        doublings: u32,
    },
    /// $\rho > 1$: the trace of the power `2^doublings` of a block is larger than its dimension.
    Grow {
        /// How often that block was squared.
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
        let rad = m.map(|x| (x - Interval::point(x.middle())).size());
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
        let gamma = rounding(n + 4.0);
        // A product that underflows here may be multiplied by something large: one least subnormal more.
        let narrow = other
            .mid
            .zip_map(&other.rad, |x, r| if x == 0.0 { r } else { x.abs() * gamma + r + LEAST });
        let mut rad = self.mid.abs() * narrow;
        if self.rad.iter().any(|r| *r > 0.0) {
            rad += &self.rad * other.mid.zip_map(&other.rad, |x, r| x.abs() + r);
        }
        // Sums of positive numbers lose at most a relative (n + 6) u, and these are rounded up by
        // twice that; what underflows is below the smallest normal number.
        let rad = rad.map(|x| x * (1.0 + rounding(n + 8.0)) + (n + 4.0) * f64::MIN_POSITIVE);
        Self { mid, rad, exponent: self.exponent + other.exponent }.bounded()
    }

    /// Every entry times a power of two of its own.
    fn shifted(&mut self, exponent: impl Fn(usize, usize) -> i32) {
        let n = self.mid.nrows();
        for (at, (x, r)) in self.mid.iter_mut().zip(self.rad.iter_mut()).enumerate() {
            let mut left = exponent(at % n, at / n);
            while left != 0 {
                let step = left.clamp(-1000, 1000);
                left -= step;
                let factor = 2f64.powi(step);
                let (mid, rad) = (*x * factor, *r * factor);
                // Exact, unless it underflows.
                let exact = |old: f64, new: f64| old == 0.0 || new.abs() >= f64::MIN_POSITIVE;
                let kept = step > 0 || exact(*x, mid) && exact(*r, rad);
                *r = if kept { rad } else { (rad + f64::MIN_POSITIVE).next_up() };
                *x = mid;
            }
        }
    }

    /// The same with its largest entry near 1: powers neither overflow nor underflow.
    fn balanced(mut self) -> Self {
        let largest = self.mid.amax().max(self.rad.amax());
        if largest > 0.0 {
            #[allow(clippy::cast_possible_truncation)]
            let shift = (largest.log2().floor() as i32).clamp(-1000, 1000);
            if shift != 0 {
                self.shifted(|_, _| -shift);
            }
            self.exponent += i64::from(shift);
        }
        self
    }

    /// A similar matrix whose rows are about as large as its columns (Osborne's balancing): the units
    /// of the coordinates then do not matter.
    fn in_like_units(mut self) -> Option<Self> {
        let n = self.mid.nrows();
        let logs = self.mid.zip_map(&self.rad, |x, r| (x.abs() + r).log2());
        let mut exponents = vec![0_i32; n];
        for _ in 0..20 {
            let mut moved = false;
            for i in 0..n {
                let (mut row, mut column) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
                for j in (0..n).filter(|&j| j != i) {
                    row = row.max(logs[(i, j)] + f64::from(exponents[j]));
                    column = column.max(logs[(j, i)] - f64::from(exponents[j]));
                }
                let step = ((row - column) / 2.0).round() - f64::from(exponents[i]);
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
        if exponents.iter().any(|e| *e != exponents[0]) {
            self.shifted(|i, j| exponents[j] - exponents[i]);
        }
        self.bounded()
    }

    fn entry(&self, i: usize, j: usize) -> Interval {
        let rad = self.rad[(i, j)];
        Interval::point(self.mid[(i, j)]) + Interval::new(-rad, rad)
    }

    fn entries(&self) -> DMatrix<Interval> {
        DMatrix::from_fn(self.mid.nrows(), self.mid.ncols(), |i, j| self.entry(i, j))
    }

    /// Upper bound of the norms that sum rows and columns: the smaller one.
    fn norm(&self) -> f64 {
        let n = self.mid.nrows();
        let mut rows = vec![0.0; n];
        let mut widest = 0.0_f64;
        for j in 0..n {
            let mut column = 0.0;
            for (i, row) in rows.iter_mut().enumerate() {
                let size = self.mid[(i, j)].abs() + self.rad[(i, j)];
                column += size;
                *row += size;
            }
            widest = widest.max(column);
        }
        // Sums of n positive numbers, each a sum of two, lose at most a relative n u.
        widest.min(rows.into_iter().fold(0.0, f64::max)) * (1.0 + rounding(n as f64 + 2.0))
    }

    /// Lower bound of the absolute value of the trace.
    fn trace(&self) -> f64 {
        let sum = (0..self.mid.nrows()).fold(Interval::zero(), |sum, i| sum + self.entry(i, i));
        Real::abs(&sum).lo().max(0.0)
    }
}

/// A bound of the relative error of a few roundings.
fn rounding(units: f64) -> f64 {
    #[cfg(test)]
    if crate::scalar::rounding_is_broken() {
        return 0.0;
    }
    units * f64::EPSILON
}

/// $x 2^e$, `x ≥ 0`.
fn scaled(mut x: Interval, exponent: i64) -> Interval {
    // What is left then is below the least double, or above the largest: the interval says so.
    let mut left = exponent.clamp(-4000, 4000);
    while left != 0 {
        let step = left.clamp(-1000, 1000);
        x *= Interval::point(2f64.powi(i32::try_from(step).expect("clamped")));
        left -= step;
    }
    x
}

/// The $2^k$-th root of $x 2^e$, `x ≥ 0`.
fn root(mut x: Interval, mut exponent: i64, doublings: u32) -> Interval {
    for _ in 0..doublings {
        if exponent % 2 != 0 {
            x *= Interval::point(2.0);
            exponent -= 1;
        }
        exponent /= 2;
        x = Real::sqrt(&x);
    }
    scaled(x, exponent)
}

/// Squares a matrix and hands every power to `see` until it has seen enough.
fn squared(m: &DMatrix<Interval>, mut see: impl FnMut(u32, &Ball) -> bool) {
    let Some(mut power) = Ball::of(m).and_then(Ball::in_like_units) else { return };
    for doublings in 0..=SQUARINGS {
        power = power.balanced();
        if see(doublings, &power) {
            return;
        }
        let Some(square) = power.times(&power) else { return };
        power = square;
    }
}

/// The diagonal blocks of a matrix whose rows and columns are sorted so that it is block triangular:
/// between them they have its eigenvalues. Rows `i` and `j` share a block if each reaches the other
/// along entries that are not certainly zero. `None` where an entry is unbounded.
fn blocks(m: &DMatrix<Interval>) -> Option<Vec<DMatrix<Interval>>> {
    if !m.iter().all(|x| x.size().is_finite()) {
        return None;
    }
    if m.iter().all(|x| !x.is_zero()) {
        return Some(vec![m.clone()]);
    }
    let n = m.nrows();
    let mut reached = vec![vec![0_u64; n.div_ceil(64)]; n];
    for (at, _) in m.iter().enumerate().filter(|(at, x)| !x.is_zero() || at % n == at / n) {
        reached[at % n][at / n / 64] |= 1 << (at / n % 64);
    }
    let reaches = |from: &[u64], to: usize| from[to / 64] >> (to % 64) & 1 == 1;
    // Warshall: paths through the rows up to `by`.
    for by in 0..n {
        let further = reached[by].clone();
        for from in reached.iter_mut().filter(|from| reaches(from, by)) {
            from.iter_mut().zip(&further).for_each(|(x, y)| *x |= y);
        }
    }
    let of = |i: usize| -> Vec<usize> {
        (0..n).filter(|&j| reaches(&reached[i], j) && reaches(&reached[j], i)).collect()
    };
    let rows = (0..n).map(of).enumerate().filter(|(i, block)| block[0] == *i).map(|(_, b)| b);
    Some(rows.map(|b| DMatrix::from_fn(b.len(), b.len(), |i, j| m[(b[i], b[j])])).collect())
}

/// A matrix similar to the given one and nearly triangular (Schur): where the eigenvectors are nearly
/// dependent, its powers lose fewer digits. `None` where the iteration does not end.
fn nearly_triangular(m: &DMatrix<Interval>) -> Option<DMatrix<Interval>> {
    let middle = m.map(Interval::middle);
    let (q, _) = Schur::try_new(middle, f64::EPSILON, 100 * m.nrows())?.unpack();
    let (left, right) = (Ball::point(q.transpose())?, Ball::point(q)?);
    let turned = left.times(&Ball::of(m)?)?.times(&right)?;
    // The columns are orthogonal up to rounding, so the transpose is not quite the inverse.
    solve(&left.times(&right)?.entries(), &turned.entries())
}

/// Whether the powers of an `n × n` matrix vanish or grow, for every matrix in the enclosure.
///
/// # Panics
/// If the matrix is not square.
pub fn powers(m: &DMatrix<Interval>) -> Powers {
    assert!(m.is_square(), "powers need a square matrix");
    let Some(blocks) = blocks(m) else { return Powers::Open };
    let mut all = Powers::Vanish { doublings: 0 };
    for block in &blocks {
        let mut found = powers_of_block(block);
        if found == Powers::Open && block.nrows() > 1 {
            found = nearly_triangular(block).map_or(found, |t| powers_of_block(&t));
        }
        all = match (all, found) {
            (_, grow @ Powers::Grow { .. }) => return grow,
            (Powers::Vanish { doublings: a }, Powers::Vanish { doublings: b }) => {
                Powers::Vanish { doublings: a.max(b) }
            }
            _ => Powers::Open,
        };
    }
    all
}

fn powers_of_block(m: &DMatrix<Interval>) -> Powers {
    let mut found = Powers::Open;
    if m.nrows() == 1 {
        let size = Real::abs(&m[(0, 0)]);
        if size.hi() < 1.0 {
            found = Powers::Vanish { doublings: 0 };
        } else if size.lo() > 1.0 {
            found = Powers::Grow { doublings: 0 };
        }
        return found;
    }
    let n = m.nrows() as f64;
    squared(m, |doublings, power| {
        let at_scale = |x: f64| scaled(Interval::point(x), power.exponent);
        if at_scale(power.norm()).hi() < 1.0 {
            found = Powers::Vanish { doublings };
        } else if at_scale(power.trace()).lo() > n {
            found = Powers::Grow { doublings };
        }
        // Where the error has swallowed the matrix nothing more is learnt.
        found != Powers::Open || power.rad.amax() > 0.5
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
    let Some(blocks) = blocks(m) else { return Interval::new(0.0, f64::INFINITY) };
    let radius = |block: &DMatrix<Interval>| {
        let first = radius_of_block(block);
        let precise = block.iter().all(|x| x.width() <= 1e-9 * x.size());
        if !precise || first.width() <= 1e-6 * first.hi() {
            return first;
        }
        let second = nearly_triangular(block).map(|t| radius_of_block(&t));
        second.and_then(|second| first.meet(second)).unwrap_or(first)
    };
    blocks.iter().map(radius).fold(Interval::zero(), |all, x| Real::max(&all, &x))
}

fn radius_of_block(m: &DMatrix<Interval>) -> Interval {
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
    let guess = a.map(Interval::middle).try_symmetric_eigen(f64::EPSILON, 1000)?;
    least_eigenvalue_along(a, guess.eigenvectors)
}

fn least_eigenvalue_along(a: &DMatrix<Interval>, guess: DMatrix<f64>) -> Option<Interval> {
    let n = a.nrows();
    let q = Ball::point(guess)?;
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
    let sum = |row: usize| rest.row(row).iter().fold(Interval::zero(), |s, x| s + Real::abs(x));
    let rows: Vec<Interval> = (0..n).map(sum).collect();
    let beta = rows.iter().map(|x| x.hi()).fold(0.0, f64::max);
    if beta >= 1.0 || beta.is_nan() {
        return None;
    }
    let guess = &r.mid * b.map(Interval::middle);
    let exact = guess.map(Interval::point);
    // The residual cancels, so it is formed entry by entry and not on midpoints.
    let residual = b - a * &exact;
    let step = r.times(&Ball::of(&residual)?)?;
    let step = step.entries();
    let mut x = exact + &step;
    for (k, mut column) in x.column_iter_mut().enumerate() {
        let size = step.column(k).iter().map(|s| s.size()).fold(0.0, f64::max);
        let reach = (Interval::point(size) / (Interval::one() - Interval::point(beta))).hi();
        let reach = Interval::new(-reach, reach);
        for (entry, row) in column.iter_mut().zip(&rows) {
            *entry += *row * reach;
        }
    }
    x.iter().all(|x| x.size().is_finite()).then_some(x)
}

#[cfg(test)]
mod tests;
