//! The QR algorithm for the eigenvalues, and those alone, of a real matrix.
//!
//! Francis' double steps on the Hessenberg form, with the exceptional shifts of LAPACK (`dlahqr`)
//! where ten steps separated nothing. nalgebra's Schur decomposition has none: it works for ever on
//! `[[a I, b I], [C, a I]]` with a rotation `C`, whose spectrum is symmetric about `a`, and on two in
//! three matrices `c I + u vᵀ` with a small `c`. Jacobians of loops have both forms.
//!
//! Golub and Van Loan, *Matrix Computations*, 4th edition, sections 7.4 and 7.5; Martin, Peters and
//! Wilkinson, *Numer. Math.* 14, 1970.

use super::spectrum::two_by_two;
use nalgebra::DMatrix;
use num_complex::Complex64;

/// Steps without a separation that are allowed, for each row: LAPACK's cap. Two or three in all are usual.
const STEPS: usize = 30;

/// An exceptional shift is taken after so many steps without a separation.
const PATIENCE: usize = 10;

/// The eigenvalues of the square matrix `a`, in no particular order; those of a complex pair are
/// exactly conjugate. `None` if they do not separate.
///
/// They are the exact ones of a matrix that differs by a few `n ε ‖A‖`. Entries should be near 1 in
/// size: nothing here guards against overflow.
pub(super) fn eigenvalues(a: &DMatrix<f64>) -> Option<Vec<Complex64>> {
    let mut h = a.clone().hessenberg().unpack_h();
    let norm = h.norm();
    let mut values = Vec::with_capacity(h.nrows());
    let mut end = h.nrows();
    // Since the last separation.
    let mut steps = 0;
    // The rows and columns from `end` on are done with.
    while end > 0 {
        let start = start_of_block(&mut h, end, norm);
        match end - start {
            1 => values.push(h[(start, start)].into()),
            2 => {
                let (i, j) = (start, start + 1);
                values.extend(two_by_two(h[(i, i)], h[(i, j)], h[(j, i)], h[(j, j)]));
            }
            _ if steps == STEPS * a.nrows().max(PATIENCE) => return None,
            _ => {
                steps += 1;
                let shifts = Shifts::of(&h, start, end, steps);
                double_step(&mut h, start, end, &shifts);
                continue;
            }
        }
        end = start;
        steps = 0;
    }
    Some(values)
}

/// The first row of the last irreducible block before `end`; the entry that sets it apart is made 0.
fn start_of_block(h: &mut DMatrix<f64>, end: usize, norm: f64) -> usize {
    for k in (1..end).rev() {
        let beside = h[(k - 1, k - 1)].abs() + h[(k, k)].abs();
        let size = if beside == 0.0 { norm } else { beside };
        if h[(k, k - 1)].abs() <= f64::EPSILON * size {
            h[(k, k - 1)] = 0.0;
            return k;
        }
    }
    0
}

/// A pair of shifts, the eigenvalues of `[[upper, _], [_, lower]]` with `product` beside the diagonal.
struct Shifts {
    upper: f64,
    lower: f64,
    product: f64,
}

impl Shifts {
    /// Those of the last two rows of the block, or after ten steps without a separation others: -0.4375 and 0.75 are
    /// LAPACK's, and any that have nothing to do with the matrix would do.
    fn of(h: &DMatrix<f64>, start: usize, end: usize, step: usize) -> Self {
        let last = end - 1;
        if step.is_multiple_of(PATIENCE) {
            let at_the_start = step.is_multiple_of(2 * PATIENCE);
            let (at, s) = if at_the_start {
                (start, h[(start + 1, start)].abs() + h[(start + 2, start + 1)].abs())
            } else {
                (last, h[(last, last - 1)].abs() + h[(last - 1, last - 2)].abs())
            };
            let centre = 0.75 * s + h[(at, at)];
            return Self { upper: centre, lower: centre, product: -0.4375 * s * s };
        }
        Self {
            upper: h[(last - 1, last - 1)],
            lower: h[(last, last)],
            product: h[(last, last - 1)] * h[(last - 1, last)],
        }
    }

    /// Multiple of the first column of `(H - s₁ I)(H - s₂ I)`, seen from row `m` on.
    fn first_column(&self, h: &DMatrix<f64>, m: usize) -> [f64; 3] {
        let z = h[(m, m)];
        let (r, s) = (self.lower - z, self.upper - z);
        let column = [
            (r * s - self.product) / h[(m + 1, m)] + h[(m, m + 1)],
            h[(m + 1, m + 1)] - z - r - s,
            h[(m + 2, m + 1)],
        ];
        scaled(column).0
    }
}

/// The column with the sizes of its entries adding up to 1, and what they added up to: squares of
/// entries below 1e-154 lose digits. A column of zeros stays.
fn scaled(column: [f64; 3]) -> ([f64; 3], f64) {
    let size: f64 = column.iter().map(|x| x.abs()).sum();
    if size == 0.0 { (column, size) } else { (column.map(|x| x / size), size) }
}

/// One double step on the rows and columns `start..end`, three at least, of the Hessenberg matrix `h`.
fn double_step(h: &mut DMatrix<f64>, start: usize, end: usize, shifts: &Shifts) {
    // From the last row on before which two small entries in a row let it begin.
    let mut first = end - 3;
    let mut column = shifts.first_column(h, first);
    while first > start {
        let [p, q, r] = column;
        let beside = h[(first - 1, first - 1)].abs()
            + h[(first, first)].abs()
            + h[(first + 1, first + 1)].abs();
        let dropped = h[(first, first - 1)].abs() * (q.abs() + r.abs());
        if dropped < f64::EPSILON * p.abs() * beside {
            break;
        }
        first -= 1;
        column = shifts.first_column(h, first);
    }
    for k in first..end - 1 {
        let rows = (end - k).min(3);
        let mut size = 1.0;
        if k > first {
            let third = if rows == 3 { h[(k + 2, k - 1)] } else { 0.0 };
            (column, size) = scaled([h[(k, k - 1)], h[(k + 1, k - 1)], third]);
        }
        let norm = column.iter().map(|x| x * x).sum::<f64>().sqrt();
        if norm == 0.0 {
            continue;
        }
        // The reflection I - β v vᵀ takes the column to (-s, 0, 0).
        let s = norm.copysign(column[0]);
        let v = [1.0, column[1] / (column[0] + s), column[2] / (column[0] + s)];
        let beta = (column[0] + s) / s;
        if k > first {
            h[(k, k - 1)] = -s * size;
            for i in 1..rows {
                h[(k + i, k - 1)] = 0.0;
            }
        } else if k > start {
            h[(k, k - 1)] *= 1.0 - beta;
        }
        for j in k..end {
            let along: f64 = (0..rows).map(|i| v[i] * h[(k + i, j)]).sum();
            for i in 0..rows {
                h[(k + i, j)] -= beta * along * v[i];
            }
        }
        for i in start..end.min(k + 4) {
            let along: f64 = (0..rows).map(|j| v[j] * h[(i, k + j)]).sum();
            for j in 0..rows {
                h[(i, k + j)] -= beta * along * v[j];
            }
        }
    }
}
