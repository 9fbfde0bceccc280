//! Linear algebra on ranges of [`Exact`]: slow, simple, and sharing nothing with
//! [`verified`](super::verified) but the theorems. It confirms what that found.

use crate::scalar::{Exact, Real, Scalar};
use nalgebra::DMatrix;
use num_traits::{One, Zero};

/// Squarings after which a spectral radius is bounded no better.
const SQUARINGS: u32 = 12;

/// Entries of an approximate inverse this much smaller than the largest are left out: products with
/// zeros cost nothing, and what is left out is part of the residual.
const NEGLIGIBLE: f64 = 1e-15;

/// The product; nothing is computed for factors that are zero.
fn product(a: &DMatrix<Exact>, b: &DMatrix<Exact>) -> DMatrix<Exact> {
    let mut c = DMatrix::from_element(a.nrows(), b.ncols(), Exact::zero());
    for k in 0..a.ncols() {
        for i in (0..a.nrows()).filter(|&i| !a[(i, k)].is_zero()) {
            for j in (0..b.ncols()).filter(|&j| !b[(k, j)].is_zero()) {
                c[(i, j)] += a[(i, k)].clone() * b[(k, j)].clone();
            }
        }
    }
    c
}

/// An upper bound of the largest sum of absolute values in a row.
fn norm(m: &DMatrix<Exact>) -> Exact {
    let upper = |x: &Exact| match x.abs().ends() {
        Some((_, hi)) => Exact::from(hi.clone()),
        None => Exact::whole(),
    };
    let sum = |row: usize| m.row(row).iter().fold(Exact::zero(), |sum, x| sum + upper(x));
    (0..m.nrows()).fold(Exact::zero(), |most, row| most.max(&sum(row)))
}

fn middle(x: &Exact) -> f64 {
    f64::midpoint(x.lower(), x.upper())
}

/// The solution of `A X = B`, enclosed; `None` where `A` is too wide or too close to a singular matrix.
///
/// With $R \approx A^{-1}$, $G = I - RA$ and $|G|_\infty = \beta < 1$ the matrix is not singular, and for
/// any $\tilde x$ with $z = R(b - A\tilde x)$ the solution differs from $\tilde x + z$ by at most
/// $\beta |z|_\infty/(1 - \beta)$, since $x - \tilde x = (I - G)^{-1} z$.
pub(super) fn solve(a: &DMatrix<Exact>, b: &DMatrix<Exact>) -> Option<DMatrix<Exact>> {
    let n = a.nrows();
    let inverse = a.map(|x| middle(&x)).try_inverse()?;
    let floor = NEGLIGIBLE * inverse.amax();
    let guess = &inverse * b.map(|x| middle(&x));
    if !inverse.iter().chain(&guess).all(|x| x.is_finite()) {
        return None;
    }
    let r = inverse.map(|x| if x.abs() <= floor { Exact::zero() } else { Exact::from_f64(x) });
    let identity =
        DMatrix::<Exact>::from_fn(n, n, |i, j| if i == j { Exact::one() } else { Exact::zero() });
    let beta = norm(&(identity - product(&r, a)));
    let room = Exact::one() - beta.clone();
    if !room.is_above_zero() {
        return None;
    }
    let guess = guess.map(Exact::from_f64);
    let step = product(&r, &(b - product(a, &guess)));
    let radii: Vec<Exact> = (0..b.ncols())
        .map(|j| beta.clone() / room.clone() * norm(&step.columns(j, 1).into_owned()))
        .collect();
    Some(DMatrix::from_fn(n, b.ncols(), |i, j| {
        let x = guess[(i, j)].clone() + step[(i, j)].clone();
        let (lo, hi) = (x.clone() - radii[j].clone(), x + radii[j].clone());
        match (lo.ends(), hi.ends()) {
            (Some((lo, _)), Some((_, hi))) => Exact::range(lo.clone(), hi.clone()),
            _ => Exact::whole(),
        }
    }))
}

/// Bounds of the spectral radius: $|M^k|_\infty^{1/k}$ from above, $(|\mathrm{tr} M^k|/n)^{1/k}$ from
/// below, for `k` a power of two, until both are on one side of 1.
pub(crate) fn spectral_radius(m: &DMatrix<Exact>) -> Exact {
    let n = Exact::from(num_rational::BigRational::from_integer(m.nrows().max(1).into()));
    let (mut low, mut high) = (Exact::zero(), norm(m));
    let mut power = m.clone();
    for doublings in 0..=SQUARINGS {
        let root = |x: Exact| (0..doublings).fold(x, |x, _| x.sqrt());
        let trace = (0..m.nrows()).fold(Exact::zero(), |sum, i| sum + power[(i, i)].clone());
        low = low.max(&root(trace.abs() / n.clone()));
        high = high.min(&root(norm(&power)));
        let decided = (high.clone() - Exact::one()).is_below_zero()
            || (low.clone() - Exact::one()).is_above_zero();
        if decided || doublings == SQUARINGS {
            break;
        }
        power = product(&power, &power);
    }
    match (low.ends(), high.ends()) {
        (Some((lo, _)), Some((_, hi))) => Exact::range(lo.clone(), hi.clone()),
        _ => Exact::whole(),
    }
}

#[cfg(test)]
mod tests {
    use super::{solve, spectral_radius};
    use crate::scalar::{Exact, Real};
    use nalgebra::{DMatrix, dmatrix};

    /// `x ± radius/1000`.
    fn around(m: &DMatrix<i64>, radius: i64) -> DMatrix<Exact> {
        m.map(|x| {
            let end = |r: i64| Exact::ratio(1000 * x + r, 1000).point().cloned().unwrap();
            Exact::range(end(-radius), end(radius))
        })
    }

    #[test]
    fn solutions_at_corners_are_enclosed_and_singular_ones_refused() {
        let a = dmatrix![4, 1, 0; 1, 3, -1; 0, 2, 5];
        let b = dmatrix![1; 2; 3];
        let x = solve(&around(&a, 10), &around(&b, 10)).unwrap();
        // Every corner of the nine ranges, solved without ranges.
        for corner in 0..512_i64 {
            let mut bits = (0..9).map(|k| if corner >> k & 1 == 1 { 10 } else { -10 });
            let point = a.map(|x| Exact::ratio(1000 * x + bits.next().unwrap(), 1000));
            let exact = crate::linalg::solve(&point, &b.map(|x| Exact::ratio(x, 1))).unwrap();
            for (wide, y) in x.iter().zip(&exact) {
                assert!(wide.contains(y.point().unwrap()), "{corner}: {wide} {y}");
            }
        }
        assert!(x.iter().all(|x| x.width() < 0.05), "{x}");
        // [[1, 1], [1, 1]] is among these.
        assert!(solve(&around(&dmatrix![1, 1; 1, 1], 1), &around(&dmatrix![1; 0], 0)).is_none());
    }

    #[test]
    fn spectral_radii_are_decided_against_one_and_no_further() {
        let at = |m: DMatrix<i64>, per: i64| {
            spectral_radius(&around(&m, 1).map(|x| x / Exact::ratio(per, 1)))
        };
        // A Jordan block at 9/10, a rotation by 11/10, eigenvalues ±2 with traces that vanish in odd
        // powers, and the identity, of which nothing may be said.
        assert!(at(dmatrix![9, 10, 0; 0, 9, 10; 0, 0, 9], 10).upper() < 1.0);
        assert!(at(dmatrix![0, -11; 11, 0], 10).lower() > 1.0);
        assert!(at(dmatrix![0, 4; 1, 0], 1).lower() > 1.0);
        let open = spectral_radius(&DMatrix::from_diagonal_element(2, 2, Exact::ratio(1, 1)));
        assert!(open.lower() <= 1.0 && open.upper() >= 1.0);
        let contains = at(dmatrix![1, 2; 3, 4], 10);
        // (5 + sqrt 33)/20 = 0.537.
        assert!(contains.lower() <= 0.5372 && contains.upper() >= 0.5373);
    }
}
