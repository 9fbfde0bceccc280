//! Linear systems over the rationals, solved in integers.
//!
//! Elimination in rationals spends nearly all its time in greatest common divisors. Bareiss'
//! elimination has none: every intermediate integer is a minor of the matrix, so each division
//! is exact and no integer is longer than Hadamard's bound.
//! Source: E. H. Bareiss, "Sylvester's identity and multistep integer-preserving Gaussian
//! elimination", Math. Comp. 22 (1968).

use super::Singular;
use crate::scalar::common_multiple;
use nalgebra::DMatrix;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Zero};

/// The solution `x` (`n × m`) of `a x = b`. Shapes as for [`solve`](super::solve).
pub(super) fn solve(
    a: &DMatrix<BigRational>,
    b: &DMatrix<BigRational>,
) -> Result<DMatrix<BigRational>, Singular> {
    let n = a.nrows();
    let (left, row_scales) = scale_rows(a);
    let scaled = DMatrix::from_fn(n, b.ncols(), |i, j| &b[(i, j)] * &row_scales[i]);
    let (right, column_scales) = scale_rows(&scaled.transpose());
    let mut integers = DMatrix::from_fn(n, n + b.ncols(), |i, j| {
        if j < n { left[(i, j)].clone() } else { right[(j - n, i)].clone() }
    });

    let determinant = eliminate(&mut integers, n)?.0;
    // By Cramer's rule the determinant times the solution is integer.
    let mut x = DMatrix::zeros(n, b.ncols());
    for j in 0..b.ncols() {
        let denominator = &determinant * &column_scales[j];
        let mut numerators = vec![BigInt::zero(); n];
        for i in (0..n).rev() {
            let mut sum = &determinant * &integers[(i, n + j)];
            for k in (i + 1..n).filter(|&k| !integers[(i, k)].is_zero()) {
                sum -= &integers[(i, k)] * &numerators[k];
            }
            numerators[i] = sum / &integers[(i, i)];
            x[(i, j)] = BigRational::new(numerators[i].clone(), denominator.clone());
        }
    }
    Ok(x)
}

/// The determinant of a square matrix.
pub(super) fn determinant(a: &DMatrix<BigRational>) -> BigRational {
    let (mut integers, row_scales) = scale_rows(a);
    match eliminate(&mut integers, a.nrows()) {
        Ok((minor, odd)) => {
            let signed = if odd { -minor } else { minor };
            BigRational::new(signed, row_scales.into_iter().product())
        }
        Err(Singular { .. }) => BigRational::zero(),
    }
}

/// Each row times its common denominator, and these denominators.
fn scale_rows(a: &DMatrix<BigRational>) -> (DMatrix<BigInt>, Vec<BigInt>) {
    let scales: Vec<BigInt> = a
        .row_iter()
        .map(|row| row.iter().fold(BigInt::one(), |d, x| common_multiple(d, x.denom())))
        .collect();
    let integers = DMatrix::from_fn(a.nrows(), a.ncols(), |i, j| {
        a[(i, j)].numer() * (&scales[i] / a[(i, j)].denom())
    });
    (integers, scales)
}

/// Brings the first `n` columns of `n` rows to upper triangular form. Returns the last pivot,
/// which is their determinant up to the sign of the row exchanges, and whether that is odd.
fn eliminate(m: &mut DMatrix<BigInt>, n: usize) -> Result<(BigInt, bool), Singular> {
    let mut previous = BigInt::one();
    let mut odd = false;
    for k in 0..n {
        // Any pivot is exact; the shortest keeps its multiples short.
        let usable = (k..n).filter(|&i| !m[(i, k)].is_zero());
        let row = usable.min_by_key(|&i| m[(i, k)].bits()).ok_or(Singular { column: k })?;
        m.swap_rows(k, row);
        odd ^= row != k;
        let pivot = m[(k, k)].clone();
        for j in k + 1..m.ncols() {
            for i in k + 1..n {
                let mut minor = &m[(i, j)] * &pivot;
                if !m[(i, k)].is_zero() && !m[(k, j)].is_zero() {
                    minor -= &m[(i, k)] * &m[(k, j)];
                }
                if !minor.is_zero() {
                    minor /= &previous;
                }
                m[(i, j)] = minor;
            }
        }
        previous = pivot;
    }
    Ok((previous, odd))
}
