//! Dense linear algebra over any arithmetic.
//!
//! One elimination serves every arithmetic. Only where all entries are rational numbers is there
//! a faster way, in integers, and it is taken.

pub(crate) mod enclosed;
mod fraction_free;
pub mod verified;

use crate::scalar::{Degree, Exact, Interval, Real, Scalar, Term};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::{One, Zero};
use std::any::Any;

/// Elimination found no pivot that is certainly nonzero.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the matrix is singular to working precision: no usable pivot in column {column} (from 0); \
     drop the sample, or solve in exact arithmetic"
)]
pub struct Singular {
    /// The column, counted from 0, in which no usable pivot was left.
    pub column: usize,
}

/// The solution `x` (`n × m`) of `a x = b`, for `a` of `n × n` and `b` of `n × m`.
///
/// # Errors
///
/// [`Singular`] where a pivot is zero, or may be zero (an enclosure), or drowns in rounding
/// errors (floating point); and where an entry of `a` is no number.
///
/// # Panics
///
/// If the shapes do not fit.
pub fn solve<S: Scalar>(a: &DMatrix<S>, b: &DMatrix<S>) -> Result<DMatrix<S>, Singular> {
    solve_in_place(a.clone(), b.clone())
}

/// The inverse of an `n × n` matrix.
///
/// # Errors
///
/// [`Singular`], as for [`solve`].
///
/// # Panics
///
/// If the matrix is not square.
pub fn inverse<S: Scalar>(a: &DMatrix<S>) -> Result<DMatrix<S>, Singular> {
    solve_in_place(a.clone(), DMatrix::identity(a.nrows(), a.nrows()))
}

/// The determinant of an `n × n` matrix; 1 for `n = 0`.
///
/// Never an error: singular is 0, and where enclosures leave no pivot that is certainly nonzero
/// the result is an enclosure, possibly unbounded.
///
/// # Panics
///
/// If the matrix is not square.
pub fn determinant<S: Scalar>(a: &DMatrix<S>) -> S {
    assert!(a.is_square(), "a determinant needs a square matrix");
    if let Some(at) = not_a_number(a) {
        // Nothing is known, even where the entry is known to be large.
        return a[at].clone() - a[at].clone();
    }
    if let Some(rational) = as_rational(a) {
        return S::from_rational(&fraction_free::determinant(&rational));
    }
    if let Some(written) = written_determinant(a) {
        return written;
    }
    let n = a.nrows();
    let exact = is_exact::<S>();
    let mut lu = a.clone();
    let mut product = S::one();
    for k in 0..n {
        // The last entry need not be a pivot: nothing is divided by it.
        let (row, column) = if k + 1 == n { (k, k) } else { any_pivot(&lu, k) };
        lu.swap_columns(k, column);
        if k + 1 < n && lu[(row, k)].is_zero() {
            return S::zero();
        }
        eliminate(&mut lu, k, row, exact);
        let pivot = lu[(k, k)].clone();
        product *= if (row == k) == (column == k) { pivot } else { -pivot };
    }
    product
}

/// The inner product of two vectors of one length.
///
/// # Panics
///
/// If the lengths differ.
pub fn dot<S: Scalar>(x: &DVector<S>, y: &DVector<S>) -> S {
    assert_eq!(x.len(), y.len(), "an inner product needs equal lengths");
    dot_slices(x.as_slice(), y.as_slice())
}

/// The Euclidean norm.
pub fn norm<R: Real>(x: &DVector<R>) -> R {
    sum_of_squares(x.as_slice()).sqrt()
}

/// The largest singular value of a matrix of any shape; 0 for an empty one.
pub fn spectral_norm<R: Real>(m: &DMatrix<R>) -> R {
    if m.is_empty() {
        return R::zero();
    }
    let transposed;
    let tall = if m.nrows() < m.ncols() {
        transposed = m.transpose();
        &transposed
    } else {
        m
    };
    let (rows, n) = tall.shape();
    let column = |j: usize| &tall.as_slice()[j * rows..(j + 1) * rows];
    let mut gram = DMatrix::zeros(n, n);
    for j in 0..n {
        gram[(j, j)] = sum_of_squares(column(j));
        for i in j + 1..n {
            let entry = dot_slices(column(i), column(j));
            gram[(i, j)] = entry.clone();
            gram[(j, i)] = entry;
        }
    }
    // Squaring harms the small singular values only: the largest keeps its relative accuracy.
    R::extreme_eigenvalues(&gram).1.sqrt()
}

/// The symmetric part `(m + mᵀ) / 2` of an `n × n` matrix.
///
/// # Panics
///
/// If the matrix is not square.
pub fn symmetric_part<S: Scalar>(m: &DMatrix<S>) -> DMatrix<S> {
    assert!(m.is_square(), "a symmetric part needs a square matrix");
    let two = S::from_int(2);
    DMatrix::from_fn(m.nrows(), m.ncols(), |i, j| {
        if i == j {
            m[(i, i)].clone()
        } else {
            // One order of summation for both triangles, whatever the arithmetic rounds.
            (m[(i.max(j), i.min(j))].clone() + m[(i.min(j), i.max(j))].clone()) / two.clone()
        }
    })
}

/// The smallest eigenvalue of the symmetric part of an `n × n` matrix, `n ≥ 1`: the constant of
/// strong monotonicity of the linear map.
///
/// # Panics
///
/// If the matrix is empty or not square.
pub fn smallest_symmetric_eigenvalue<R: Real>(m: &DMatrix<R>) -> R {
    R::extreme_eigenvalues(&symmetric_part(m)).0
}

/// The matrix without a row and a column.
///
/// nalgebra's `remove_row` moves entries bytewise: of numbers that own memory it would free some twice.
///
/// # Panics
///
/// If there is no such row or column.
pub fn minor<S: Scalar>(m: &DMatrix<S>, row: usize, column: usize) -> DMatrix<S> {
    assert!(row < m.nrows() && column < m.ncols(), "no such row or column");
    let beside = |k: usize, gone: usize| if k < gone { k } else { k + 1 };
    DMatrix::from_fn(m.nrows() - 1, m.ncols() - 1, |i, j| {
        m[(beside(i, row), beside(j, column))].clone()
    })
}

/// The same matrix in another arithmetic, entry by entry by [`Scalar::from_f64`].
pub fn lift<S: Scalar>(m: &DMatrix<f64>) -> DMatrix<S> {
    m.map(S::from_f64)
}

/// Elimination with partial pivoting, the factors stored below the diagonal.
fn solve_in_place<S: Scalar>(
    mut lu: DMatrix<S>,
    mut b: DMatrix<S>,
) -> Result<DMatrix<S>, Singular> {
    let n = lu.nrows();
    assert!(lu.is_square() && b.nrows() == n, "the shapes of the linear system do not fit");
    if let Some((_, column)) = not_a_number(&lu) {
        return Err(Singular { column });
    }
    if let (Some(a), Some(b)) = (as_rational(&lu), as_rational(&b)) {
        return fraction_free::solve(&a, &b).map(|x| x.map(|x| S::from_rational(&x)));
    }
    if let Some(x) = written_solution(&lu, &b)
        .or_else(|| verified_solution(&lu, &b))
        .or_else(|| enclosed_solution(&lu, &b))
        .or_else(|| degrees_of_solution(&lu, &b))
    {
        return Ok(x);
    }
    let exact = is_exact::<S>();
    let floor = if exact { 0.0 } else { rounding_floor(&lu) };
    for k in 0..n {
        let (row, size) = best_pivot(&lu, k, k);
        // A NaN from an overflow is no pivot either.
        if size <= floor || size.is_nan() {
            return Err(Singular { column: k });
        }
        eliminate(&mut lu, k, row, exact);
        b.swap_rows(k, row);
    }
    for x in b.as_mut_slice().chunks_exact_mut(n.max(1)) {
        for k in 0..n {
            let (head, tail) = x.split_at_mut(k + 1);
            let factors = &lu.as_slice()[k * n + k + 1..(k + 1) * n];
            subtract_multiple(tail, factors, &head[k], exact);
        }
        for k in (0..n).rev() {
            let (head, tail) = x.split_at_mut(k);
            if !(exact && tail[0].is_zero()) {
                tail[0] /= lu[(k, k)].clone();
            }
            subtract_multiple(head, &lu.as_slice()[k * n..k * n + k], &tail[0], exact);
        }
    }
    Ok(b)
}

/// One step: brings `row` to the diagonal at `k` and clears column `k` below it.
fn eliminate<S: Scalar>(lu: &mut DMatrix<S>, k: usize, row: usize, exact: bool) {
    let n = lu.nrows();
    lu.swap_rows(k, row);
    let (left, right) = lu.as_mut_slice().split_at_mut((k + 1) * n);
    let (pivot, factors) = left[k * n + k..].split_first_mut().expect("a diagonal entry");
    for factor in factors.iter_mut().filter(|factor| !(exact && factor.is_zero())) {
        *factor /= pivot.clone();
    }
    for column in right.chunks_exact_mut(n) {
        let (head, tail) = column.split_at_mut(k + 1);
        subtract_multiple(tail, factors, &head[k], exact);
    }
}

/// `target -= multiple · source`, entry by entry; exact arithmetics form no product with zero.
fn subtract_multiple<S: Scalar>(target: &mut [S], source: &[S], multiple: &S, exact: bool) {
    if exact && multiple.is_zero() {
        return;
    }
    for (x, y) in target.iter_mut().zip(source) {
        if !(exact && y.is_zero()) {
            *x -= y.clone() * multiple.clone();
        }
    }
}

/// The row at or below `k` with the best pivot in `column`, and how good it is.
fn best_pivot<S: Scalar>(lu: &DMatrix<S>, k: usize, column: usize) -> (usize, f64) {
    let mut best = (k, lu[(k, column)].pivot());
    for i in k + 1..lu.nrows() {
        let size = lu[(i, column)].pivot();
        if size > best.1 {
            best = (i, size);
        }
    }
    best
}

/// Row and column, at or after `k`, of an entry that is certainly nonzero; failing that, of one
/// that may be; failing that, `(k, k)`.
fn any_pivot<S: Scalar>(lu: &DMatrix<S>, k: usize) -> (usize, usize) {
    let n = lu.nrows();
    let certain = (k..n).map(|j| (best_pivot(lu, k, j), j)).find(|((_, size), _)| *size != 0.0);
    if let Some(((row, _), column)) = certain {
        return (row, column);
    }
    let mut rest = (k..n).flat_map(|j| (k..n).map(move |i| (i, j)));
    rest.find(|&at| !lu[at].is_zero()).unwrap_or((k, k))
}

/// The entries, where the arithmetic is [`Exact`] and all of them are points.
fn as_rational<S: Scalar>(a: &DMatrix<S>) -> Option<DMatrix<BigRational>> {
    let exact = (a as &dyn Any).downcast_ref::<DMatrix<Exact>>()?;
    let known = exact.iter().all(|x| x.point().is_some());
    known.then(|| exact.map(|x| x.point().cloned().expect("a point")))
}

/// The enclosed solution, where the arithmetic is [`Interval`] and there is one. Elimination widens
/// enclosures with every step; it is left for one and two rows, and for what is too wide for this.
fn verified_solution<S: Scalar>(a: &DMatrix<S>, b: &DMatrix<S>) -> Option<DMatrix<S>> {
    let a = (a as &dyn Any).downcast_ref::<DMatrix<Interval>>().filter(|a| a.nrows() > 2)?;
    let b = (b as &dyn Any).downcast_ref::<DMatrix<Interval>>()?;
    let x: Box<dyn Any> = Box::new(verified::solve(a, b)?);
    x.downcast::<DMatrix<S>>().ok().map(|x| *x)
}

/// The same where the arithmetic is [`Exact`] and some entries are ranges.
fn enclosed_solution<S: Scalar>(a: &DMatrix<S>, b: &DMatrix<S>) -> Option<DMatrix<S>> {
    let a = (a as &dyn Any).downcast_ref::<DMatrix<Exact>>().filter(|a| a.nrows() > 2)?;
    let b = (b as &dyn Any).downcast_ref::<DMatrix<Exact>>()?;
    let x: Box<dyn Any> = Box::new(enclosed::solve(a, b)?);
    x.downcast::<DMatrix<S>>().ok().map(|x| *x)
}

/// The degrees of the solution, where the arithmetic is [`Degree`].
fn degrees_of_solution<S: Scalar>(a: &DMatrix<S>, b: &DMatrix<S>) -> Option<DMatrix<S>> {
    let a = (a as &dyn Any).downcast_ref::<DMatrix<Degree>>()?;
    let b = (b as &dyn Any).downcast_ref::<DMatrix<Degree>>()?;
    let x: Box<dyn Any> = Box::new(Degree::of_solution(a, b));
    x.downcast::<DMatrix<S>>().ok().map(|x| *x)
}

/// The determinant by expansion along the first column: a term divides by nothing, for nobody knows
/// what is zero.
fn expanded(a: &DMatrix<Term>) -> Term {
    if a.is_empty() {
        return Term::one();
    }
    let literal_zero = |x: &Term| x.number().is_some_and(Zero::is_zero);
    let mut sum = Term::zero();
    for (i, x) in a.column(0).iter().enumerate().filter(|(_, x)| !literal_zero(x)) {
        let product = x.clone() * expanded(&minor(a, i, 0));
        sum += if i % 2 == 0 { product } else { -product };
    }
    sum
}

/// The determinant, where the arithmetic is [`Term`].
fn written_determinant<S: Scalar>(a: &DMatrix<S>) -> Option<S> {
    let determinant: Box<dyn Any> = Box::new(expanded((a as &dyn Any).downcast_ref()?));
    determinant.downcast::<S>().ok().map(|x| *x)
}

/// The solution by Cramer's rule, where the arithmetic is [`Term`].
fn written_solution<S: Scalar>(a: &DMatrix<S>, b: &DMatrix<S>) -> Option<DMatrix<S>> {
    let a: &DMatrix<Term> = (a as &dyn Any).downcast_ref()?;
    let b: &DMatrix<Term> = (b as &dyn Any).downcast_ref()?;
    let determinant = expanded(a);
    let solution = DMatrix::from_fn(a.nrows(), b.ncols(), |i, j| {
        let replaced = DMatrix::from_fn(a.nrows(), a.ncols(), |r, c| {
            if c == i { b[(r, j)].clone() } else { a[(r, c)].clone() }
        });
        expanded(&replaced) / determinant.clone()
    });
    let solution: Box<dyn Any> = Box::new(solution);
    solution.downcast::<DMatrix<S>>().ok().map(|x| *x)
}

/// Whether sums do not round. Only then are zeros skipped: it pays there, and a dual number
/// that compares equal to zero may carry a derivative.
pub(crate) fn is_exact<S: Scalar>() -> bool {
    S::one() + S::from_f64(f64::EPSILON / 4.0) != S::one()
}

/// What a pivot must exceed where sums round: rounding leaves errors of about
/// `n · eps · max|a|` where exact elimination would leave 0.
fn rounding_floor<S: Scalar>(a: &DMatrix<S>) -> f64 {
    let largest = a.iter().map(Scalar::pivot).fold(0.0, f64::max);
    a.nrows() as f64 * f64::EPSILON * largest
}

/// Where an entry is a NaN or an unbounded enclosure: skipping zeros would lose sight of it.
#[allow(clippy::eq_op, reason = "only what is no number differs from itself")]
fn not_a_number<S: Scalar>(a: &DMatrix<S>) -> Option<(usize, usize)> {
    a.iter().position(|x| x != x).map(|at| (at % a.nrows(), at / a.nrows()))
}

fn dot_slices<S: Scalar>(x: &[S], y: &[S]) -> S {
    let mut sum = S::zero();
    for (x, y) in x.iter().zip(y) {
        sum += x.clone() * y.clone();
    }
    sum
}

/// Squares of absolute values: an enclosure around zero must not turn negative.
fn sum_of_squares<R: Real>(x: &[R]) -> R {
    let mut sum = R::zero();
    for size in x.iter().map(Real::abs) {
        sum += size.clone() * size;
    }
    sum
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "3, 4, 5 and 0 do not round")]
mod tests {
    use super::*;
    use crate::scalar::decimal;
    use num_dual::Dual64;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    fn exact(n: usize, entries: &[i64]) -> DMatrix<Exact> {
        DMatrix::from_row_iterator(n, n, entries.iter().map(|&x| Exact::ratio(x, 1)))
    }

    /// Leibniz: the sum over permutations, by expansion along the first column.
    fn expanded(a: &DMatrix<Exact>) -> Exact {
        if a.is_empty() {
            return Exact::ratio(1, 1);
        }
        let minors = (0..a.nrows()).map(|i| {
            let sign = if i % 2 == 0 { 1 } else { -1 };
            let minor = minor(a, i, 0);
            Exact::ratio(sign, 1) * a[(i, 0)].clone() * expanded(&minor)
        });
        minors.fold(Exact::ratio(0, 1), |sum, x| sum + x)
    }

    /// Square matrices of small integers, many of them zero, some singular.
    fn small() -> impl Strategy<Value = DMatrix<f64>> {
        (1..6_usize).prop_flat_map(|n| {
            let entry = prop_oneof![Just(0), -3..4_i32].prop_map(f64::from);
            prop::collection::vec(entry, n * n).prop_map(move |x| DMatrix::from_vec(n, n, x))
        })
    }

    proptest! {
        #[test]
        fn solutions_solve(m in small(), shift in -2..3_i32) {
            let a: DMatrix<Exact> = lift(&m);
            let b = DMatrix::from_fn(a.nrows(), 2, |i, j| {
                Exact::ratio(i64::from(shift) + [3, -5, 7, 0, 1][(i + 2 * j) % 5], 7)
            });
            match solve(&a, &b) {
                Ok(x) => {
                    prop_assert_eq!(&a * &x, b.clone());
                    let identity = DMatrix::identity(a.nrows(), a.nrows());
                    prop_assert_eq!(inverse(&a).unwrap() * &a, identity);
                    prop_assert!(solve(&m, &b.map(|x| x.lower())).is_ok());
                }
                Err(Singular { column }) => {
                    prop_assert!(expanded(&a).is_zero() && column < a.nrows());
                    prop_assert!(inverse(&m).is_err(), "doubles recognise what is singular");
                }
            }
        }

        #[test]
        fn determinants_agree_with_the_expansion(m in small()) {
            let a: DMatrix<Exact> = lift(&m);
            let expected = expanded(&a);
            prop_assert_eq!(determinant(&a), expected.clone());
            prop_assert!((determinant(&m) - expected.lower()).abs() < 1e-9);
        }

        // Ranges around a known matrix, not around its zeros: the exact results lie within.
        #[test]
        fn enclosures_contain(m in small(), below in 0..3_i64, above in 0..3_i64) {
            let a: DMatrix<Exact> = lift(&m);
            let around = |x: Exact| match x.point() {
                Some(r) if !r.is_zero() => {
                    let end = |shift| r + Exact::ratio(shift, 64).point().unwrap();
                    Exact::range(end(-below), end(above))
                }
                _ => x,
            };
            let wide = a.map(around);
            let inside = |x: &Exact, y: &Exact| x.contains(y.point().unwrap());
            prop_assert!(inside(&determinant(&wide), &determinant(&a)));
            if let Ok(enclosure) = inverse(&wide) {
                let exact = inverse(&a).unwrap();
                prop_assert!(enclosure.iter().zip(&exact).all(|(x, y)| inside(x, y)));
            }
        }

        // Differentiating a·x = b along a fixed direction d gives a·x' = -d·x.
        #[test]
        fn dual_numbers_keep_their_derivatives(m in small(), d in small()) {
            let n = m.nrows();
            let direction = |i: usize, j: usize| d[(i % d.nrows(), j % d.nrows())];
            prop_assume!(determinant(&m).abs() > 0.5);
            let moving = DMatrix::from_fn(n, n, |i, j| Dual64::new(m[(i, j)], direction(i, j)));
            let ones = DMatrix::from_element(n, 1, 1.0);
            let x = solve(&m, &ones).unwrap();
            let slope = solve(&m, &-(DMatrix::from_fn(n, n, direction) * &x)).unwrap();
            let dual = solve(&moving, &lift(&ones)).unwrap();
            prop_assert!((dual.map(|x| x.eps) - slope).norm() < 1e-6);
        }

        // The derivative of the determinant is that of its expansion, also where it vanishes.
        #[test]
        fn determinants_differentiate(m in small(), d in small()) {
            let n = m.nrows();
            let direction = |i: usize, j: usize| d[(i % d.nrows(), j % d.nrows())];
            let moving = DMatrix::from_fn(n, n, |i, j| Dual64::new(m[(i, j)], direction(i, j)));
            let slope: f64 = (0..n)
                .map(|j| {
                    let mut column = lift::<Exact>(&m);
                    for i in 0..n {
                        column[(i, j)] = Exact::from_f64(direction(i, j));
                    }
                    expanded(&column).lower()
                })
                .sum();
            prop_assert!((determinant(&moving).eps - slope).abs() < 1e-6);
        }

        #[test]
        fn spectral_norm_is_the_largest_singular_value(
            rows in 1..6_usize, columns in 1..6_usize, x in prop::collection::vec(-9.0..9.0_f64, 25),
        ) {
            let m = DMatrix::from_fn(rows, columns, |i, j| x[5 * i + j]);
            let expected = m.clone().svd(false, false).singular_values.max();
            prop_assert!((spectral_norm(&m) - expected).abs() <= 1e-12 * (1.0 + expected));
            let enclosed = spectral_norm(&lift::<Exact>(&m));
            prop_assert!(enclosed.lower() <= expected * (1.0 + 1e-12) + 1e-12);
            prop_assert!(expected <= enclosed.upper() * (1.0 + 1e-12) + 1e-12);
        }
    }

    #[test]
    fn by_hand() {
        // [[0, 2], [1, 3]]: determinant -2; x of (2, 4) is (1, 1).
        let a = exact(2, &[0, 2, 1, 3]);
        assert_eq!(determinant(&a), Exact::ratio(-2, 1));
        let b = DMatrix::from_vec(2, 1, vec![Exact::ratio(2, 1), Exact::ratio(4, 1)]);
        assert_eq!(solve(&a, &b).unwrap(), DMatrix::from_element(2, 1, Exact::ratio(1, 1)));
        // (3, 4): inner product with itself 25, norm 5.
        let v = DVector::from_vec(vec![Exact::ratio(3, 1), Exact::ratio(4, 1)]);
        assert_eq!((dot(&v, &v), norm(&v)), (Exact::ratio(25, 1), Exact::ratio(5, 1)));
        // [[1, 4], [0, 1]] has symmetric part [[1, 2], [2, 1]], eigenvalues -1 and 3.
        let shear = exact(2, &[1, 4, 0, 1]);
        assert_eq!(symmetric_part(&shear), exact(2, &[1, 2, 2, 1]));
        assert_eq!(smallest_symmetric_eigenvalue(&shear), Exact::ratio(-1, 1));
        // [[3, 0], [4, 5]] has singular values √45 and √5.
        let root = Exact::ratio(45, 1).sqrt();
        assert_eq!(spectral_norm(&exact(2, &[3, 0, 4, 5])), root);
        // A row (3, 4) has norm 5, and so has the column.
        let row = DMatrix::from_row_slice(1, 2, &[3.0, 4.0]);
        assert_eq!((spectral_norm(&row), spectral_norm(&row.transpose())), (5.0, 5.0));
        assert_eq!(spectral_norm(&DMatrix::<f64>::zeros(0, 3)), 0.0);
    }

    #[test]
    fn empty_systems() {
        let empty = DMatrix::<Exact>::zeros(0, 0);
        assert_eq!(solve(&empty, &DMatrix::zeros(0, 2)).unwrap().shape(), (0, 2));
        assert_eq!(determinant(&empty), Exact::ratio(1, 1));
        assert_eq!(inverse(&DMatrix::<f64>::zeros(0, 0)).unwrap().len(), 0);
    }

    #[test]
    fn rounding_does_not_hide_singularity() {
        // Rows in arithmetic progression: rank 2, but elimination leaves about 1e-16.
        let a = DMatrix::from_row_slice(3, 3, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]);
        assert_eq!(inverse(&a), Err(Singular { column: 2 }));
        // Exactly singular or not, the doubles nearest to these decimals decide in exact
        // arithmetic; the decimals themselves are singular.
        let tenths = exact(3, &[1, 2, 3, 4, 5, 6, 7, 8, 9]).map(|x| x / Exact::ratio(10, 1));
        assert_eq!(inverse(&tenths), Err(Singular { column: 2 }));
        // A small pivot is not a small matrix.
        assert!(inverse(&DMatrix::from_element(1, 1, 1e-300)).is_ok());
    }

    #[test]
    fn doubt_is_not_dropped() {
        let doubtful = Exact::range(decimal("-1").unwrap(), decimal("1").unwrap());
        for bad in [Exact::whole(), doubtful.clone()] {
            let mut a = exact(2, &[1, 0, 0, 1]);
            a[(0, 0)] = bad;
            assert_eq!(inverse(&a), Err(Singular { column: 0 }));
        }
        // Off the diagonal too, where zeros would let it be skipped.
        let mut a = exact(2, &[1, 0, 0, 1]);
        a[(1, 0)] = Exact::whole();
        assert_eq!(inverse(&a), Err(Singular { column: 0 }));
        assert!(determinant(&a).ends().is_none());
        let nan = DMatrix::from_row_slice(2, 2, &[1.0, 0.0, f64::NAN, 1.0]);
        assert!(inverse(&nan).is_err() && determinant(&nan).is_nan());
        // det [[d, 0], [0, 2]] = 2 d for d in [-1, 1].
        let mut a = exact(2, &[0, 0, 0, 2]);
        a[(0, 0)] = doubtful;
        let value = determinant(&a);
        assert_eq!((value.lower(), value.upper()), (-2.0, 2.0));
    }

    /// Eight blocks of six, each coupled to itself and to the next, the last to the first:
    /// decimals of 17 digits, as a system file would give them.
    fn block_sparse() -> DMatrix<Exact> {
        let mut state = 1_u64;
        let mut digits = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            state % 100_000_000_000_000_000
        };
        DMatrix::from_fn(48, 48, |i, j| {
            let coupled = i / 6 == j / 6 || (i / 6 + 1) % 8 == j / 6;
            let text = if coupled { format!("0.{:017}", digits()) } else { "0".into() };
            decimal(&text).unwrap().into()
        })
    }

    #[test]
    fn large_sparse_systems_are_solved_exactly_and_fast() {
        let a = block_sparse();
        let b = DMatrix::from_fn(48, 1, |i, _| Exact::ratio(i64::try_from(i).unwrap(), 7));
        let start = Instant::now();
        let x = solve(&a, &b).unwrap();
        let elapsed = start.elapsed();
        assert_eq!(&a * x, b);
        assert!(elapsed < Duration::from_millis(500), "took {elapsed:?}");
    }
}
