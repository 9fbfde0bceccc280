//! Eigenvalues of real square matrices that need not be symmetric.
//!
//! The Jacobian of a loop is rarely symmetric, often badly scaled, and often reducible or
//! cyclic: two models that train only on each other have the Jacobian `[[0, B], [C, 0]]`.
//! Library routines loop or lose digits on such matrices, so [`eigenvalues`] reduces the matrix
//! first and checks the answer last:
//!
//! 1. scale by a power of two, then split into strongly connected components (exact zeros only),
//!    so that triangular and nilpotent structure costs no accuracy;
//! 2. balance each component by powers of two (Parlett and Reinsch, *Numer. Math.* 13, 1969);
//! 3. take 1 × 1 and 2 × 2 components in closed form; a component whose cycles all have a length
//!    divisible by `g > 1` has the `g`-th roots of the eigenvalues of one round trip;
//! 4. else the QR algorithm with exceptional shifts (`qr.rs`);
//! 5. accept a result only if the `k`-th powers sum to `tr A^k` for `k = 1, 2, 3`.
//!
//! The results are floating-point numbers, exact for a matrix near the given one, and not
//! enclosures: an eigenvalue of a Jordan block of size `n` moves by about `ε^(1/n)`.

use super::qr;
use nalgebra::DMatrix;
use num_complex::Complex64;
use std::f64::consts::{PI, TAU};

/// The eigenvalues of a real square matrix, and what they say of the linear map that it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// All `n` eigenvalues with multiplicity, in the order of [`eigenvalues`].
    pub eigenvalues: Vec<Complex64>,
}

impl Spectrum {
    /// The spectrum of the `n × n` matrix `m`.
    ///
    /// # Errors
    ///
    /// As [`eigenvalues`].
    pub fn of(m: &DMatrix<f64>) -> Result<Self, SpectrumError> {
        Ok(Self { eigenvalues: eigenvalues(m)? })
    }

    /// Spectral radius: the largest modulus of an eigenvalue; 0 for the empty matrix.
    pub fn radius(&self) -> f64 {
        self.eigenvalues.iter().map(|z| z.norm()).fold(0.0, f64::max)
    }

    /// Asymptotic factor by which a deviation shrinks (below 1) or grows in one round: the
    /// [`radius`](Self::radius), under the name it has where the matrix is a loop's Jacobian.
    pub fn rate(&self) -> f64 {
        self.radius()
    }

    /// The eigenvalue of largest modulus; among equal moduli the one with the largest real part,
    /// of a conjugate pair the one above the real axis. 0 for the empty matrix.
    pub fn leading(&self) -> Complex64 {
        self.eigenvalues.first().copied().unwrap_or_default()
    }

    /// Period, in rounds, of the oscillation that the [`leading`](Self::leading) eigenvalue
    /// causes: `2π / |arg μ|`, so 2 where it is a negative real. `None` where it is zero or
    /// a positive real. (Where eigenvalues tie for the largest modulus, the others may still
    /// oscillate: of `{1, -1}` the leading one is 1.)
    pub fn period(&self) -> Option<f64> {
        let leading = self.leading();
        // The argument of a negative real is π, so its period is 2.
        let turns = leading.im != 0.0 || leading.re < 0.0;
        turns.then(|| TAU / leading.arg().abs())
    }

    /// Spectral abscissa: the largest real part; minus infinity for the empty matrix.
    pub fn abscissa(&self) -> f64 {
        self.eigenvalues.iter().map(|z| z.re).fold(f64::NEG_INFINITY, f64::max)
    }

    /// `∏ (1 - μ)` over the eigenvalues `μ`: the determinant of `I - M`.
    pub fn product_one_minus(&self) -> Complex64 {
        self.eigenvalues.iter().map(|z| 1.0 - z).product()
    }
}

/// Why a matrix has no computed spectrum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SpectrumError {
    /// An entry is NaN or infinite.
    #[error(
        "entry ({row}, {col}) is {value}: eigenvalues need finite entries (rows and columns \
         count from 0); look for a division by zero where the matrix is built"
    )]
    NotFinite {
        /// Row of the first such entry, column by column, from 0.
        row: usize,
        /// Its column, from 0.
        col: usize,
        /// The entry.
        value: f64,
    },
    /// The matrix is not square.
    #[error("a {rows} × {cols} matrix has no eigenvalues: pass a square one")]
    NotSquare {
        /// Its rows.
        rows: usize,
        /// Its columns.
        cols: usize,
    },
    /// The QR algorithm found no eigenvalues that pass the trace check.
    #[error(
        "no eigenvalues for an irreducible {dimension} × {dimension} block: the QR algorithm did \
         not converge to values that match the traces; please report the matrix"
    )]
    NoConvergence {
        /// Size of the irreducible block at fault.
        dimension: usize,
    },
}

/// Moduli that agree to this factor count as equal when sorting: rounding separates the moduli
/// of `±√2` or of roots of unity by a few ulp, and the order must not hang on that.
const MODULUS_TIE: f64 = 1e-12;

/// Exponent to which the largest entry is scaled before splitting. Close to the top of the range,
/// so that no other entry underflows; a factor `2^23` below it, so that row sums do not overflow.
const SCALED_EXPONENT: i32 = 1000;

/// Rounds of balancing; two or three are usual, long badly scaled cycles need more.
const BALANCING_SWEEPS: usize = 100;

/// Backward error of a sound solver, in units of `n ε ‖A‖`. QR algorithms stay below 10.
const BACKWARD_ERROR: f64 = 100.0;

/// A cyclic component is solved through its round trip `P` only if every eigenvalue of `P` has at
/// least this size relative to `‖P‖`: the `g`-th root of a smaller one would lose digits that a
/// solver on the whole component keeps.
const ROOT_FLOOR: f64 = 1.0 / 65_536.0;

/// All eigenvalues, with multiplicity, of the `n × n` matrix `m`.
///
/// Sorted by decreasing modulus; equal moduli (to `1e-12`, relative) by decreasing real part,
/// then by decreasing imaginary part. Real eigenvalues have an imaginary part of exactly zero,
/// others come in exactly conjugate pairs. The same matrix gives the same bits.
///
/// # Errors
///
/// If `m` is not square or has a NaN or infinite entry, or if the QR algorithm finds no
/// eigenvalues whose power sums match the traces.
pub fn eigenvalues(m: &DMatrix<f64>) -> Result<Vec<Complex64>, SpectrumError> {
    let (rows, cols) = m.shape();
    if rows != cols {
        return Err(SpectrumError::NotSquare { rows, cols });
    }
    if let Some(at) = m.iter().position(|x| !x.is_finite()) {
        return Err(SpectrumError::NotFinite { row: at % rows, col: at / rows, value: m[at] });
    }
    let shift = SCALED_EXPONENT - exponent(m.amax());
    let mut values = split_and_solve(m.map(|x| scale(x, shift)))?;
    for z in &mut values {
        *z = scale_complex(*z, -shift);
    }
    sort(&mut values);
    Ok(values)
}

/// Eigenvalues, in no particular order, of a matrix whose row and column sums are finite.
fn split_and_solve(m: DMatrix<f64>) -> Result<Vec<Complex64>, SpectrumError> {
    let components = strongly_connected(&m);
    if components.len() == 1 {
        return solve_component(m);
    }
    let mut values = Vec::with_capacity(m.nrows());
    for c in components {
        if let [i] = c[..] {
            values.push(m[(i, i)].into());
        } else {
            values.extend(solve_component(block(&m, &c, &c))?);
        }
    }
    Ok(values)
}

/// Eigenvalues of an irreducible matrix.
fn solve_component(mut a: DMatrix<f64>) -> Result<Vec<Complex64>, SpectrumError> {
    if a.nrows() == 1 {
        return Ok(vec![a[0].into()]);
    }
    balance(&mut a);
    // Only after balancing is an entry that underflows beside the largest one negligible.
    let shift = -exponent(a.amax());
    for x in &mut a {
        *x = scale(*x, shift);
    }
    let mut values = if a.nrows() == 2 {
        two_by_two(a[(0, 0)], a[(0, 1)], a[(1, 0)], a[(1, 1)]).to_vec()
    } else {
        solve_balanced(&a)?
    };
    for z in &mut values {
        *z = scale_complex(*z, -shift);
    }
    Ok(values)
}

/// Eigenvalues of a balanced irreducible matrix with entries up to about 1, size 3 or more.
fn solve_balanced(a: &DMatrix<f64>) -> Result<Vec<Complex64>, SpectrumError> {
    let traces = Traces::of(a);
    let cyclic = through_round_trip(a).filter(|c| traces.agree(&c.values));
    if let Some(RoundTrip { values, sharp: true }) = cyclic {
        return Ok(values);
    }
    qr::eigenvalues(a)
        .filter(|values| traces.agree(values))
        .or(cyclic.map(|c| c.values))
        .ok_or(SpectrumError::NoConvergence { dimension: a.nrows() })
}

/// Eigenvalues of `[[a, b], [c, d]]` with entries up to about 1.
pub(super) fn two_by_two(a: f64, b: f64, c: f64, d: f64) -> [Complex64; 2] {
    let half_trace = 0.5 * (a + d);
    let half_gap = 0.5 * (a - d);
    // What rounding took from the gap (Knuth) counts where its square and `b c` cancel.
    let back = (a - d) - a;
    let lost = 0.5 * ((a - ((a - d) - back)) - (d + back));
    let discriminant = sum_of_products(half_gap, half_gap, b, c) + 2.0 * half_gap * lost;
    let root = discriminant.abs().sqrt();
    if discriminant < 0.0 {
        return [Complex64::new(half_trace, root), Complex64::new(half_trace, -root)];
    }
    // The larger one adds numbers of one sign; the smaller one would cancel, so it comes from the
    // determinant, itself free of cancellation error.
    let large = half_trace + root.copysign(half_trace);
    let small = if large == 0.0 { 0.0 } else { sum_of_products(a, d, -b, c) / large };
    [large.into(), small.into()]
}

/// `a b + c d` to about one ulp of the result, however much it cancels (Kahan).
fn sum_of_products(a: f64, b: f64, c: f64, d: f64) -> f64 {
    let second = c * d;
    let error = c.mul_add(d, -second);
    a.mul_add(b, second) + error
}

/// What the eigenvalues must add up to.
struct Traces {
    /// `tr A`, `tr A²`, `tr A³`.
    traces: [f64; 3],
    /// Frobenius norm of `A`.
    norm: f64,
}

impl Traces {
    fn of(a: &DMatrix<f64>) -> Self {
        let square = a * a;
        let cubic = (0..a.nrows()).map(|i| square.row(i).tr_dot(&a.column(i))).sum();
        Self { traces: [a.trace(), square.trace(), cubic], norm: a.norm() }
    }

    /// Whether the values can be the eigenvalues of some `A + E` with `‖E‖` a solver's backward
    /// error: to first order, `|tr (A + E)^k - tr A^k| ≤ k ‖A‖^(k-1) ‖E‖`.
    fn agree(&self, values: &[Complex64]) -> bool {
        let mut powers = [Complex64::ZERO; 3];
        for &z in values {
            powers[0] += z;
            powers[1] += z * z;
            powers[2] += z * z * z;
        }
        let mut tolerance = BACKWARD_ERROR * values.len() as f64 * f64::EPSILON;
        (1_u8..).zip(powers).zip(self.traces).all(|((k, power), trace)| {
            tolerance *= self.norm;
            // Written so that a NaN fails.
            (power - trace).norm() <= f64::from(k) * tolerance
        })
    }
}

/// Eigenvalues of a cyclic component found through its round trip.
struct RoundTrip {
    values: Vec<Complex64>,
    /// Whether no root was taken of a value close to zero.
    sharp: bool,
}

/// Eigenvalues of an irreducible matrix of period `g > 1`: the `g`-th roots of those of the
/// product once around the `g` classes of indices, and zeros. `None` if the period is 1.
fn through_round_trip(a: &DMatrix<f64>) -> Option<RoundTrip> {
    let mut classes = cyclic_classes(a)?;
    let g = classes.len();
    // The smallest class gives the smallest product: the rest of the spectrum is zero.
    let smallest = (0..g).min_by_key(|&i| classes[i].len())?;
    classes.rotate_left(smallest);
    let mut product = block(a, &classes[0], &classes[1]);
    for i in 1..g {
        product *= block(a, &classes[i], &classes[(i + 1) % g]);
    }
    let floor = ROOT_FLOOR * product.norm();
    let around = split_and_solve(product).ok()?;
    let sharp = around.iter().all(|z| z.norm() >= floor);
    let mut values: Vec<_> = around.into_iter().flat_map(|z| roots(z, g)).collect();
    values.resize(a.nrows(), Complex64::ZERO);
    Some(RoundTrip { values, sharp })
}

/// The `g`-th roots of `z`, `g ≥ 2`. Those of a real number come in exactly conjugate pairs, and
/// those of conjugate numbers are exactly conjugate.
fn roots(z: Complex64, g: usize) -> Vec<Complex64> {
    let modulus = match g {
        2 => z.norm().sqrt(),
        3 => z.norm().cbrt(),
        _ => z.norm().powf(1.0 / g as f64),
    };
    let degree = g as f64;
    if z.im != 0.0 {
        let above = (0..g).map(|j| (z.arg().abs() + TAU * j as f64) / degree);
        let sign = 1_f64.copysign(z.im);
        return above
            .map(|t| Complex64::from_polar(modulus, t))
            .map(|w| Complex64::new(w.re, sign * w.im))
            .collect();
    }
    // Angles are t π / g with t of the parity below; t and 2g - t are conjugate.
    let first = usize::from(z.re < 0.0);
    let mut values = Vec::with_capacity(g);
    for t in (first..=g).step_by(2) {
        let angle = PI * t as f64 / degree;
        let cos = if 2 * t == g { 0.0 } else { angle.cos() };
        if t == 0 || t == g {
            values.push((modulus * cos).into());
        } else {
            values.push(Complex64::new(modulus * cos, modulus * angle.sin()));
            values.push(Complex64::new(modulus * cos, -modulus * angle.sin()));
        }
    }
    values
}

/// Index classes `C_0, …, C_(g-1)` of an irreducible matrix, every non-zero entry leading from
/// one class to the next (cyclically), with the largest possible `g`. `None` if that is 1.
fn cyclic_classes(a: &DMatrix<f64>) -> Option<Vec<Vec<usize>>> {
    let n = a.nrows();
    if (0..n).any(|i| a[(i, i)] != 0.0) {
        return None;
    }
    let mut level = vec![usize::MAX; n];
    level[0] = 0;
    let mut queue = Vec::with_capacity(n);
    queue.push(0);
    let mut g = 0;
    let mut head = 0;
    while head < queue.len() {
        let from = queue[head];
        head += 1;
        for to in (0..n).filter(|&to| a[(from, to)] != 0.0) {
            if level[to] == usize::MAX {
                level[to] = level[from] + 1;
                queue.push(to);
            } else {
                g = gcd(g, (level[from] + 1).abs_diff(level[to]));
                if g == 1 {
                    return None;
                }
            }
        }
    }
    let mut classes = vec![Vec::new(); g];
    for (i, l) in level.into_iter().enumerate() {
        classes[l % g].push(i);
    }
    Some(classes)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Strongly connected components of the graph with an edge `i → j` wherever `m[(i, j)] ≠ 0`,
/// each sorted.
fn strongly_connected(m: &DMatrix<f64>) -> Vec<Vec<usize>> {
    let n = m.nrows();
    if n > 0 && m.iter().all(|&x| x != 0.0) {
        return vec![(0..n).collect()];
    }
    let mut search = Tarjan { m, order: vec![0; n], visited: 0, open: vec![], found: vec![] };
    for i in 0..n {
        if search.order[i] == 0 {
            search.visit(i);
        }
    }
    search.found
}

/// Tarjan, *SIAM J. Comput.* 1, 1972.
struct Tarjan<'m> {
    m: &'m DMatrix<f64>,
    /// Rank of first visit from 1; 0 before it, `usize::MAX` once the component is found.
    order: Vec<usize>,
    visited: usize,
    open: Vec<usize>,
    found: Vec<Vec<usize>>,
}

impl Tarjan<'_> {
    /// The least rank of an open vertex within reach of `i`.
    fn visit(&mut self, i: usize) -> usize {
        self.visited += 1;
        let rank = self.visited;
        self.order[i] = rank;
        let height = self.open.len();
        self.open.push(i);
        let mut low = rank;
        for j in 0..self.m.nrows() {
            if self.m[(i, j)] != 0.0 {
                low = low.min(if self.order[j] == 0 { self.visit(j) } else { self.order[j] });
            }
        }
        if low < rank {
            return low;
        }
        let mut component = self.open.split_off(height);
        for &j in &component {
            self.order[j] = usize::MAX;
        }
        component.sort_unstable();
        self.found.push(component);
        usize::MAX
    }
}

fn block(m: &DMatrix<f64>, rows: &[usize], cols: &[usize]) -> DMatrix<f64> {
    DMatrix::from_fn(rows.len(), cols.len(), |i, j| m[(rows[i], cols[j])])
}

/// Brings the off-diagonal 1-norms of row and column `i` together, for every `i`, by a diagonal
/// similarity of powers of two: exact, unless an entry underflows.
fn balance(a: &mut DMatrix<f64>) {
    let n = a.nrows();
    for _ in 0..BALANCING_SWEEPS {
        let mut settled = true;
        for i in 0..n {
            let (mut row, mut col) = (0.0, 0.0);
            for j in (0..n).filter(|&j| j != i) {
                row += a[(i, j)].abs();
                col += a[(j, i)].abs();
            }
            let shift = (exponent(row) - exponent(col)) / 2;
            let factor = power_of_two(shift);
            // Parlett and Reinsch: worth it only if the norms fall by 5 %.
            if shift == 0 || col * factor + row / factor >= 0.95 * (col + row) {
                continue;
            }
            settled = false;
            for j in (0..n).filter(|&j| j != i) {
                a[(j, i)] *= factor;
                a[(i, j)] /= factor;
            }
        }
        if settled {
            return;
        }
    }
}

/// Largest `e` with `2^e ≤ |x|` for a normal `x`; -1023 for zero and subnormal numbers.
fn exponent(x: f64) -> i32 {
    let biased = (x.to_bits() >> 52) & 0x7ff;
    i32::try_from(biased).expect("eleven bits") - 1023
}

/// `x 2^shift`, also where `2^shift` itself overflows; `|shift| ≤ 2044`.
fn scale(x: f64, shift: i32) -> f64 {
    let half = shift / 2;
    x * power_of_two(half) * power_of_two(shift - half)
}

/// `2^e` for the exponent `e` of a normal number.
fn power_of_two(e: i32) -> f64 {
    f64::from_bits(u64::try_from(1023 + e).expect("exponent of a normal number") << 52)
}

fn scale_complex(z: Complex64, shift: i32) -> Complex64 {
    Complex64::new(scale(z.re, shift), scale(z.im, shift))
}

/// Sorts as [`eigenvalues`] promises.
fn sort(values: &mut [Complex64]) {
    values.sort_by(|y, x| x.norm().total_cmp(&y.norm()));
    // Comparing with a tolerance is not transitive, so runs of equal moduli are found first.
    for run in values.chunk_by_mut(|x, y| y.norm() >= x.norm() * (1.0 - MODULUS_TIE)) {
        run.sort_by(|y, x| x.re.total_cmp(&y.re).then(x.im.total_cmp(&y.im)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_xoshiro::Xoshiro256PlusPlus;
    use std::f64::consts::{FRAC_PI_2, SQRT_2};

    fn spectrum(n: usize, entries: &[f64]) -> Vec<Complex64> {
        eigenvalues(&DMatrix::from_row_slice(n, n, entries)).unwrap()
    }

    /// Largest distance when each expected value is matched to the nearest one still free.
    fn distance(actual: &[Complex64], expected: &[Complex64]) -> f64 {
        assert_eq!(actual.len(), expected.len());
        let mut free = actual.to_vec();
        let mut worst = 0_f64;
        for e in expected {
            let gaps = free.iter().map(|z| (z - e).norm()).enumerate();
            let (i, gap) = gaps.min_by(|x, y| x.1.total_cmp(&y.1)).unwrap();
            worst = worst.max(gap);
            free.swap_remove(i);
        }
        worst
    }

    fn unit_roots(d: usize, modulus: f64) -> Vec<Complex64> {
        (0..d).map(|j| Complex64::from_polar(modulus, TAU * j as f64 / d as f64)).collect()
    }

    fn random(n: usize, rng: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
        DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0))
    }

    fn permuted(m: &DMatrix<f64>, order: &[usize]) -> DMatrix<f64> {
        block(m, order, order)
    }

    #[test]
    fn two_by_two_by_hand() {
        // z² - 5z - 2 = 0: (5 ± √33) / 2.
        let root = 33_f64.sqrt();
        let z = spectrum(2, &[1.0, 2.0, 3.0, 4.0]);
        assert!((z[0].re - f64::midpoint(5.0, root)).abs() < 1e-15);
        assert!((z[1].re - f64::midpoint(5.0, -root)).abs() < 1e-15);
        // A rotation by a right angle, twice as long: ± 2i.
        let z = spectrum(2, &[0.0, -2.0, 2.0, 0.0]);
        assert_eq!(z, [Complex64::new(0.0, 2.0), Complex64::new(0.0, -2.0)]);
        // Singular: trace 5, determinant 0.
        assert_eq!(spectrum(2, &[1.0, 2.0, 2.0, 4.0]), [5.0.into(), 0.0.into()]);
        // No cancellation: trace 1, determinant 1e-20, so 1 and 1e-20 to all digits.
        let z = spectrum(2, &[1.0, 1e-10, -1e-10, 0.0]);
        assert!((z[1].re / 1e-20 - 1.0).abs() < 1e-15, "{z:?}");
        // Defective: (z - 1)² = 0 with [[2, 1], [-1, 0]].
        assert_eq!(spectrum(2, &[2.0, 1.0, -1.0, 0.0]), [1.0.into(), 1.0.into()]);
    }

    #[test]
    fn small_shapes() {
        assert_eq!(spectrum(0, &[]), []);
        assert_eq!(spectrum(1, &[-3.0]), [(-3.0).into()]);
        assert_eq!(spectrum(3, &[0.0; 9]), [Complex64::ZERO; 3]);
        let rectangle = eigenvalues(&DMatrix::zeros(2, 3));
        assert_eq!(rectangle, Err(SpectrumError::NotSquare { rows: 2, cols: 3 }));
        let infinite = eigenvalues(&DMatrix::from_row_slice(2, 2, &[0.0, f64::INFINITY, 0.0, 0.0]));
        assert_eq!(
            infinite,
            Err(SpectrumError::NotFinite { row: 0, col: 1, value: f64::INFINITY })
        );
    }

    #[test]
    fn jordan_blocks() {
        for n in 2..=12 {
            for lambda in [0.0, 0.5] {
                let j = DMatrix::from_fn(n, n, |r, c| match c.wrapping_sub(r) {
                    0 => lambda,
                    1 => 1.0,
                    _ => 0.0,
                });
                // Triangular, so exact, as is its transpose.
                for m in [j.transpose(), j] {
                    assert_eq!(eigenvalues(&m).unwrap(), vec![Complex64::from(lambda); n]);
                }
            }
        }
    }

    #[test]
    fn jordan_blocks_in_disguise() {
        // U J U⁻¹ with the unit bidiagonal U is full Hessenberg or denser, still defective.
        for n in 2..=12 {
            let u = DMatrix::from_fn(n, n, |r, c| f64::from(u8::from(r == c || r == c + 1)));
            let inverse = u.clone().try_inverse().unwrap();
            let j = DMatrix::from_fn(n, n, |r, c| match c.wrapping_sub(r) {
                0 => 0.5,
                1 => 1.0,
                _ => 0.0,
            });
            let z = eigenvalues(&(&u * j * inverse)).unwrap();
            // A backward error of c ε ‖A‖ moves the eigenvalues by its n-th root.
            let bound = (1e3 * f64::EPSILON).powf(1.0 / n as f64);
            assert!(distance(&z, &vec![0.5.into(); n]) < bound, "n = {n}: {z:?}");
        }
    }

    #[test]
    fn permutations_of_four() {
        let mut count = 0;
        for code in 0..256_usize {
            let p: Vec<usize> = (0..4).map(|i| (code >> (2 * i)) & 3).collect();
            if (0..4).any(|v| !p.contains(&v)) {
                continue;
            }
            count += 1;
            let m = DMatrix::from_fn(4, 4, |i, j| f64::from(u8::from(p[i] == j)));
            // A cycle of length l contributes the l-th roots of unity.
            let mut expected = vec![];
            let mut seen = [false; 4];
            for start in 0..4 {
                let (mut i, mut length) = (start, 0);
                while !seen[i] {
                    seen[i] = true;
                    (i, length) = (p[i], length + 1);
                }
                expected.extend(unit_roots(length, 1.0));
            }
            assert!(distance(&eigenvalues(&m).unwrap(), &expected) < 1e-15, "{p:?}");
        }
        assert_eq!(count, 24);
    }

    #[test]
    fn cyclic_shifts_and_companions() {
        for d in 2..=12 {
            for c in [1.0, 3.0, 1e-8] {
                // Companion of z^d = c: the d-th roots of c.
                let m = DMatrix::from_fn(d, d, |i, j| match (i + 1 == j, i == d - 1 && j == 0) {
                    (true, _) => 1.0,
                    (_, true) => c,
                    _ => 0.0,
                });
                let z = eigenvalues(&m).unwrap();
                let modulus = c.powf(1.0 / d as f64);
                assert!(distance(&z, &unit_roots(d, modulus)) < 2e-15 * modulus.max(1.0));
                // Of equal moduli the positive real one comes first, a negative real one last.
                assert!(z[0].im == 0.0 && z[0].re > 0.0);
                assert!(d % 2 == 1 || (z[d - 1].im == 0.0 && z[d - 1].re < 0.0));
            }
        }
        // z³ = -1: exp(±iπ/3) and -1.
        let z = spectrum(3, &[0.0, 1.0, 0.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0]);
        let sixth = Complex64::new(0.5, 0.75_f64.sqrt());
        assert!(distance(&z, &[sixth, sixth.conj(), (-1.0).into()]) < 1e-15);
    }

    #[test]
    fn roots_solve_their_equation() {
        for g in 2..=7 {
            for z in [Complex64::new(-0.3, 0.4), Complex64::new(2.0, -1.0), (-5.0).into()] {
                let found = roots(z, g);
                assert_eq!(found.len(), g);
                let power = i32::try_from(g).unwrap();
                assert!(found.iter().all(|w| (w.powi(power) - z).norm() < 1e-14), "{g} {z}");
                // Distinct: the product is (-1)^(g+1) z.
                let product: Complex64 = found.iter().product();
                let sign = if g % 2 == 0 { -1.0 } else { 1.0 };
                assert!((product - sign * z).norm() < 1e-14);
            }
        }
    }

    #[test]
    fn two_models_without_self_terms() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(1);
        for _ in 0..300 {
            let m = DMatrix::from_fn(24, 24, |i, j| {
                if (i < 12) == (j < 12) { 0.0 } else { f64::from(rng.random_range(-3..=3_i8)) }
            });
            let z = eigenvalues(&m).unwrap();
            // With μ also -μ is an eigenvalue.
            let negated: Vec<_> = z.iter().map(|z| -z).collect();
            assert!(distance(&z, &negated) < 1e-9);
            // tr M² = 2 tr BC.
            let squares: Complex64 = z.iter().map(|z| z * z).sum();
            assert!((squares - (&m * &m).trace()).norm() < 1e-10);
        }
    }

    #[test]
    fn symmetric_coupling_keeps_small_eigenvalues() {
        // [[0, S], [S, 0]] with S = [[1, 1], [1, 1 + 2h]], h = 2^-30, has the eigenvalues
        // ±(1 + h ± √(1 + h²)): the small pair is ± (h - h²/2 + …), lost in a square root of S².
        let h = 2_f64.powi(-30);
        let s = [1.0, 1.0, 1.0, 1.0 + 2.0 * h];
        let m =
            DMatrix::from_fn(
                4,
                4,
                |i, j| {
                    if (i < 2) == (j < 2) { 0.0 } else { s[2 * (i % 2) + j % 2] }
                },
            );
        let z = eigenvalues(&m).unwrap();
        assert!((z[2].norm() - h).abs() < 1e-15, "{z:?}");
        assert!((z[3].norm() - h).abs() < 1e-15, "{z:?}");
    }

    #[test]
    fn equal_moduli_come_in_a_fixed_order() {
        // diag(rotation by π/3, √2-coupling scaled to modulus 1, -1), conjugated by a permutation.
        let turn = 0.75_f64.sqrt();
        let mut m = DMatrix::zeros(5, 5);
        m.view_mut((0, 0), (2, 2)).copy_from_slice(&[0.5, turn, -turn, 0.5]);
        m.view_mut((2, 2), (2, 2)).copy_from_slice(&[0.0, SQRT_2, 0.5 * SQRT_2, 0.0]);
        m[(4, 4)] = -1.0;
        for order in [[0, 1, 2, 3, 4], [4, 2, 0, 3, 1], [3, 4, 1, 0, 2]] {
            let z = eigenvalues(&permuted(&m, &order)).unwrap();
            // 1, 1/2 + i√3/2, its conjugate, -1, -1.
            let expected =
                [1.0.into(), Complex64::new(0.5, turn), Complex64::new(0.5, -turn)].into_iter();
            for (z, e) in z.iter().zip(expected.chain([(-1.0).into(); 2])) {
                assert!((z - e).norm() < 1e-15, "{z} {e}");
            }
            assert_eq!(z[1], z[2].conj());
        }
    }

    #[test]
    fn permuted_triangular_with_huge_off_diagonals() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(2);
        let n = 10;
        let m = DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
            std::cmp::Ordering::Equal => (i + 1) as f64 / 10.0,
            std::cmp::Ordering::Less => rng.random_range(-1e12..1e12),
            std::cmp::Ordering::Greater => 0.0,
        });
        let z = eigenvalues(&permuted(&m, &[3, 7, 0, 9, 5, 1, 8, 2, 6, 4])).unwrap();
        // The diagonal, whatever stands above it.
        let expected: Vec<_> = (1..=10_u8).rev().map(|i| (f64::from(i) / 10.0).into()).collect();
        assert_eq!(z, expected);
    }

    #[test]
    fn badly_scaled() {
        // D A D⁻¹ with A = [[0, 1, 1], [1, 0, 1], [1, 1, 0]]: 2, -1, -1.
        let d = [1e-100, 1.0, 1e100];
        let m = DMatrix::from_fn(3, 3, |i, j| if i == j { 0.0 } else { d[i] / d[j] });
        let z = eigenvalues(&m).unwrap();
        assert!(distance(&z, &[2.0.into(), (-1.0).into(), (-1.0).into()]) < 1e-14, "{z:?}");
        // Entries at both ends of the range: ±1.
        assert_eq!(spectrum(2, &[0.0, 2_f64.powi(1000), 2_f64.powi(-1000), 0.0])[0], 1.0.into());
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(3);
        for n in [3, 7, 16] {
            let m = random(n, &mut rng);
            let z = eigenvalues(&m).unwrap();
            for e in [-990, 990] {
                // Powers of two scale without rounding, bit for bit.
                let factor = 2_f64.powi(e);
                let scaled = eigenvalues(&(&m * factor)).unwrap();
                assert!(z.iter().zip(&scaled).all(|(z, s)| z * factor == *s));
            }
        }
    }

    /// The second route, for matrices on which it does not stall.
    fn with_nalgebra(a: &DMatrix<f64>) -> Option<Vec<Complex64>> {
        let steps = 30 * a.nrows();
        let schur = nalgebra::Schur::try_new(a.clone(), f64::EPSILON, steps)?;
        Some(schur.complex_eigenvalues().iter().copied().collect())
    }

    #[test]
    fn nalgebra_agrees_where_it_converges() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(4);
        for n in [3, 4, 5, 8, 13, 24, 60, 150] {
            for _ in 0..10 {
                let m = random(n, &mut rng);
                let ours = qr::eigenvalues(&m).unwrap();
                assert!(distance(&ours, &with_nalgebra(&m).unwrap()) < 1e-11, "n = {n}");
                let conjugate: Vec<_> = ours.iter().map(Complex64::conj).collect();
                assert!(distance(&ours, &conjugate) == 0.0);
            }
        }
    }

    #[test]
    fn every_matrix_of_zeros_and_ones_converges() {
        for bits in 1..1_u32 << 16 {
            let m = DMatrix::from_fn(4, 4, |i, j| f64::from(bits >> (4 * i + j) & 1));
            let z = qr::eigenvalues(&m);
            let agrees = z.as_ref().is_some_and(|z| Traces::of(&m).agree(z));
            assert!(agrees, "{m} {z:?}");
        }
    }

    #[test]
    fn multiple_small_eigenvalues() {
        // c I and a last row and column: c three times, and the roots of a quadratic.
        let c = 7.343_292_236_328_125e-5;
        let row = [0.133_177_815, -0.049_631_484, 0.072_792_843, -0.013_648_658];
        let column = [0.095_462_799, 0.026_619_434, 0.035_982_132, -0.011_749_268];
        let corner = 1.826_438_605_785_369_9;
        let m = DMatrix::from_fn(5, 5, |i, j| match (i, j) {
            (4, 4) => corner,
            (4, j) => row[j],
            (i, 4) => column[i],
            (i, j) if i == j => c,
            _ => 0.0,
        });
        let product: f64 = row.iter().zip(column).map(|(r, c)| r * c).sum();
        let [large, small] = two_by_two(c, product, 1.0, corner);
        let expected = [large, small, c.into(), c.into(), c.into()];
        let z = eigenvalues(&m).unwrap();
        assert!(distance(&z, &expected) < 1e-14, "{z:?} {expected:?}");

        // c I + u vᵀ: c, but once c + v · u.
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(6);
        for k in 0..2000 {
            let n = 3 + k % 10;
            let c = 10_f64.powf(rng.random_range(-8.0..0.0));
            let (u, v) = (random(n, &mut rng), random(n, &mut rng));
            let m = u.column(0) * v.column(0).transpose() + DMatrix::identity(n, n) * c;
            let z = eigenvalues(&m).unwrap();
            let mut expected = vec![Complex64::from(c); n];
            expected[0] += u.column(0).dot(&v.column(0));
            // Nothing is defective, but the vectors of u vᵀ may be nearly orthogonal.
            assert!(distance(&z, &expected) < 1e-9, "{m} {z:?}");
        }
    }

    #[test]
    fn a_spectrum_that_is_symmetric_about_its_centre() {
        // [[a I, b I], [C, a I]] with C = [[c, s], [-s, c]]: a ± √(b (c ± s i)).
        let (a, b, c, s) = (1.8, 0.1, 0.049_255_812_929_182_24, 0.008_685_128_776_143_676);
        #[rustfmt::skip]
        let entries = [
            a, 0.0, b, 0.0,
            0.0, a, 0.0, b,
            c, s, a, 0.0,
            -s, c, 0.0, a,
        ];
        let z = spectrum(4, &entries);
        let root = (Complex64::new(c, s) * b).sqrt();
        let expected = [a + root, a + root.conj(), a - root, a - root.conj()];
        assert!(distance(&z, &expected) < 1e-14, "{z:?} {expected:?}");
    }

    #[test]
    fn trace_check_has_teeth() {
        let mut rng = Xoshiro256PlusPlus::seed_from_u64(5);
        let m = random(6, &mut rng);
        let mut z = qr::eigenvalues(&m).unwrap();
        let traces = Traces::of(&m);
        assert!(traces.agree(&z));
        z[0] += 1e-9;
        assert!(!traces.agree(&z));
        z[0] = f64::NAN.into();
        assert!(!traces.agree(&z));
    }

    #[test]
    fn spectrum_methods() {
        // diag(0.5, [[0, -0.8], [0.8, 0]]): leading 0.8 i, a quarter turn a round.
        let m = DMatrix::from_row_slice(3, 3, &[0.5, 0.0, 0.0, 0.0, 0.0, -0.8, 0.0, 0.8, 0.0]);
        let s = Spectrum::of(&m).unwrap();
        assert_eq!(s.leading(), Complex64::new(0.0, 0.8));
        assert_eq!((s.radius(), s.rate(), s.abscissa()), (0.8, 0.8, 0.5));
        assert!((s.period().unwrap() - TAU / FRAC_PI_2).abs() < 1e-15);
        // det(I - M) = 0.5 (1 + 0.64) = 0.82.
        assert!((s.product_one_minus() - 0.82).norm() < 1e-15);

        let flip = Spectrum::of(&DMatrix::from_element(1, 1, -0.3)).unwrap();
        assert_eq!((flip.period(), flip.radius()), (Some(2.0), 0.3));
        let empty = Spectrum::of(&DMatrix::zeros(0, 0)).unwrap();
        assert_eq!((empty.period(), empty.radius()), (None, 0.0));
        assert_eq!(empty.product_one_minus(), Complex64::ONE);
    }

    /// Small integer matrices with many zeros, so that every structure occurs, and an order.
    fn sparse_matrix() -> impl Strategy<Value = (DMatrix<f64>, Vec<usize>)> {
        (1..9_usize).prop_flat_map(|n| {
            let entry = prop_oneof![2 => Just(0_i8), 3 => -4..=4_i8];
            let entries = proptest::collection::vec(entry, n * n);
            let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            (entries, order).prop_map(move |(e, order)| {
                (DMatrix::from_fn(n, n, |i, j| f64::from(e[n * i + j])), order)
            })
        })
    }

    proptest! {
        #[test]
        fn sum_and_product((m, order) in sparse_matrix()) {
            let n = m.nrows();
            let z = eigenvalues(&m).unwrap();
            let size = m.norm().max(1.0);
            let sum: Complex64 = z.iter().sum();
            prop_assert!((sum - m.trace()).norm() <= 1e-13 * size * n as f64);
            let product: Complex64 = z.iter().product();
            let bound = 1e-12 * size.powi(i32::try_from(n).unwrap());
            prop_assert!((product - m.determinant()).norm() <= bound);
            // Conjugate pairs are exact, and the order is as promised.
            let conjugate: Vec<_> = z.iter().map(Complex64::conj).collect();
            prop_assert!(distance(&z, &conjugate) == 0.0);
            prop_assert!(z.windows(2).all(|w| w[0].norm() >= w[1].norm() * (1.0 - 2e-12)));

            // A permutation changes the rounding alone. A defective eigenvalue of multiplicity n
            // turns that into its n-th root, so compare what is well conditioned: the
            // characteristic polynomial at points outside the spectrum.
            let permuted = eigenvalues(&permuted(&m, &order)).unwrap();
            for t in [2.0 * size, -2.0 * size] {
                let at = |z: &[Complex64]| z.iter().map(|z| 1.0 - z / t).product::<Complex64>();
                prop_assert!((at(&z) - at(&permuted)).norm() <= 1e-12 * at(&z).norm());
            }
        }

        #[test]
        fn dense_spectrum_survives_a_permutation(seed: u64, n in 2..13_usize) {
            let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
            let m = random(n, &mut rng);
            let reversed: Vec<_> = (0..n).rev().collect();
            let z = eigenvalues(&m).unwrap();
            let w = eigenvalues(&permuted(&m, &reversed)).unwrap();
            // Near-defective pairs are rare but occur: half the digits.
            prop_assert!(distance(&z, &w) < 1e-7);
        }
    }
}
