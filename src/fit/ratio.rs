//! Confidence sets for stable points and influences, which are ratios.
//!
//! A stable point is $v = (I - J)^{-1}c$, an influence $v = (I - J)^{-1}b$. Where $I - J$ is nearly
//! singular the estimate of `v` has heavy tails and no useful standard error. But the hypothesis
//! that the truth is `v` says $Jv + c = v$, which is linear in the coefficients. With `Ĵ`, `ĉ` of
//! covariance $\Sigma \otimes G$ and $z = (v, 1)$ it has the statistic
//!
//! ```math
//! F(v) = \frac{|\Sigma^{-1/2}(\hat J v + \hat c - v)|^2}{z^\top G z},
//! ```
//!
//! as of Fieller (1954) and of Anderson and Rubin (1949). All `v` with $F(v) \le f$ form a quadric: an
//! ellipsoid where 1 is no plausible eigenvalue of `J`, else something unbounded, and then the data
//! cannot tell. What a linear functional $g^\top v$ may be is the shadow of the ellipsoid, in closed
//! form; the statistic of one value of it, the least of $F$, is a generalised singular value.
//!
//! An outcome $a = h^\top v + \beta$ is one more row.

use super::data::Shape;
use super::regression::floored;
use nalgebra::{Cholesky, DMatrix, DVector, SVD};

/// Coefficients with their accuracy, estimated from a log or from a drawn one.
#[derive(Clone, Copy)]
pub(super) struct Fitted<'a> {
    /// `p × q`.
    pub theta: &'a DMatrix<f64>,
    /// `p × p`.
    pub gram: &'a DMatrix<f64>,
    /// `q × q`.
    pub sigma: &'a DMatrix<f64>,
}

/// The set of one ratio: of `w = (v, a)` with an outcome, of `w = v` without.
pub(super) struct Ratio {
    /// `Σ^{-1/2}` times the residual of a `w`, affine in it: `k × k`, and the value at zero.
    slope: DMatrix<f64>,
    value: DVector<f64>,
    /// `z'Gz` as a form in `(w, 1)`.
    form: DMatrix<f64>,
}

impl Ratio {
    /// The ratio whose numerator is the coefficient of `regressor`: the constant for the stable
    /// point, a share for its influence. `None` if a covariance is not definite.
    pub fn new(
        shape: Shape,
        fitted: Fitted<'_>,
        regressor: usize,
        outcome: Option<usize>,
    ) -> Option<Ratio> {
        let r = shape.r;
        let rows: Vec<usize> = (0..r).chain(outcome.map(|k| r + k)).collect();
        let k = rows.len();
        let sigma = DMatrix::from_fn(k, k, |i, j| fitted.sigma[(rows[i], rows[j])]);
        let root = Cholesky::new(floored(&sigma))?.l();
        let slope = DMatrix::from_fn(k, k, |i, j| {
            let coefficient = if j < r { fitted.theta[(j, rows[i])] } else { 0.0 };
            coefficient - f64::from(u8::from(i == j))
        });
        let value = DVector::from_fn(k, |i, _| fitted.theta[(regressor, rows[i])]);
        let at = |i: usize| match i {
            i if i < r => Some(i),
            i if i == k => Some(regressor),
            _ => None,
        };
        let form = DMatrix::from_fn(k + 1, k + 1, |i, j| match (at(i), at(j)) {
            (Some(i), Some(j)) => fitted.gram[(i, j)],
            _ => 0.0,
        });
        Some(Ratio {
            slope: root.solve_lower_triangular(&slope)?,
            value: root.solve_lower_triangular(&value)?,
            form,
        })
    }

    /// The `w` at which the statistic is zero; `None` if there is none.
    pub fn estimate(&self) -> Option<DVector<f64>> {
        let w = self.slope.clone().full_piv_lu().solve(&-&self.value)?;
        w.iter().all(|x| x.is_finite()).then_some(w)
    }

    /// The statistic of the hypothesis that `g'w` is `value`.
    pub fn statistic(&self, g: &DVector<f64>, value: f64) -> f64 {
        let k = g.len();
        // All w with that value: columns are a basis of the others, and the point nearest to zero.
        let size = g.norm_squared();
        let mut frame = DMatrix::zeros(k + 1, k);
        frame.view_mut((0, 0), (k, k - 1)).copy_from(&complement(g));
        frame.view_mut((0, k - 1), (k, 1)).copy_from(&(g * (value / size)));
        frame[(k, k - 1)] = 1.0;
        let mut affine = DMatrix::zeros(k, k + 1);
        affine.view_mut((0, 0), (k, k)).copy_from(&self.slope);
        affine.set_column(k, &self.value);
        least_ratio(&(affine * &frame), &(frame.transpose() * &self.form * &frame))
    }

    /// All values of `g'w` whose statistic is at most `critical`; `None` if they have no bound.
    pub fn interval(&self, g: &DVector<f64>, critical: f64) -> Option<(f64, f64)> {
        let k = g.len();
        let centre = self.estimate()?;
        let own = self.form.view((0, 0), (k, k));
        let mixed = self.form.view((0, k), (k, 1));
        let quadratic = self.slope.transpose() * &self.slope - own * critical;
        let factor = Cholesky::new(quadratic)?;
        // Relative to the estimate, where the residual vanishes.
        let linear = (own * &centre + mixed) * -critical;
        let mut z = DVector::from_element(k + 1, 1.0);
        z.rows_mut(0, k).copy_from(&centre);
        let constant = -critical * (z.transpose() * &self.form * &z)[(0, 0)];
        let shift = factor.solve(&linear);
        let slack = linear.dot(&shift.column(0)) - constant;
        let half = (slack.max(0.0) * g.dot(&factor.solve(g))).sqrt();
        let middle = g.dot(&centre) - g.dot(&shift.column(0));
        (half.is_finite() && middle.is_finite()).then_some((middle - half, middle + half))
    }
}

/// The least of `|Xy|² / y'Dy`; infinite where `D` is not definite.
fn least_ratio(x: &DMatrix<f64>, form: &DMatrix<f64>) -> f64 {
    let Some(factor) = Cholesky::new(form.clone()) else { return f64::INFINITY };
    let Some(scaled) = factor.l().solve_lower_triangular(&x.transpose()) else {
        return f64::INFINITY;
    };
    least_singular(scaled).powi(2)
}

/// The least singular value; infinite if it cannot be had.
pub(super) fn least_singular(m: DMatrix<f64>) -> f64 {
    if m.nrows() == 1 && m.ncols() == 1 {
        return m[(0, 0)].abs();
    }
    if m.iter().any(|x| !x.is_finite()) {
        return f64::INFINITY;
    }
    SVD::try_new(m, false, false, f64::EPSILON, 1_000)
        .map_or(f64::INFINITY, |svd| svd.singular_values.min())
}

/// An orthonormal basis of what is orthogonal to `g`, `k × (k - 1)`: all but one column of the
/// Householder reflection that turns `g` onto an axis.
fn complement(g: &DVector<f64>) -> DMatrix<f64> {
    let k = g.len();
    let axis = g.iamax();
    let mut w = g / g.norm();
    w[axis] += w[axis].signum();
    let reflection = DMatrix::identity(k, k) - &w * w.transpose() * (2.0 / w.norm_squared());
    let others: Vec<usize> = (0..k).filter(|&j| j != axis).collect();
    reflection.select_columns(&others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use nalgebra::{dmatrix, dvector};

    /// `x' = x/2 + 1` with G = diag(1/10, 1/40) and variance 1/4: Fieller's quadratic by hand is
    /// `(1 - v/2)² = f (v²/10 + 1/40)/4`; with f = 4: `0.15 v² - v + 0.975 = 0`, so
    /// `v = (1 ± sqrt(1 - 0.585)) / 0.3`.
    #[test]
    fn fieller_by_hand() {
        let shape = Shape { r: 1, o: 0, m: 0, moving: false };
        let (theta, gram, sigma) =
            (dmatrix![0.5; 1.0], dmatrix![0.1, 0.0; 0.0, 0.025], dmatrix![0.25]);
        let fitted = Fitted { theta: &theta, gram: &gram, sigma: &sigma };
        let ratio = Ratio::new(shape, fitted, 1, None).unwrap();
        let (lo, hi) = ratio.interval(&dvector![1.0], 4.0).unwrap();
        let root = (1.0_f64 - 0.585).sqrt();
        assert_relative_eq!(lo, (1.0 - root) / 0.3, epsilon = 1e-9);
        assert_relative_eq!(hi, (1.0 + root) / 0.3, epsilon = 1e-9);
        assert_relative_eq!(ratio.statistic(&dvector![1.0], lo), 4.0, epsilon = 1e-8);
        // (1 - J)² = 1/4 against f/40: unbounded from f = 10 on.
        assert!(ratio.interval(&dvector![1.0], 9.9).is_some());
        assert!(ratio.interval(&dvector![1.0], 10.1).is_none());
    }

    /// The ends of the shadow of an ellipsoid are where the least statistic is critical: a closed
    /// form against a generalised singular value.
    #[test]
    fn ends_have_the_critical_statistic() {
        let shape = Shape { r: 2, o: 1, m: 1, moving: false };
        let theta = dmatrix![0.5, -0.2, 1.0; 0.3, 0.4, 2.0; 1.0, 0.5, 0.1; 0.7, -0.3, 0.2];
        let root = dmatrix![0.1, 0.0, 0.0, 0.0; 0.02, 0.1, 0.0, 0.0; 0.01, 0.03, 0.2, 0.0; 0.0, 0.05, 0.02, 0.3];
        let gram = &root * root.transpose();
        let half = dmatrix![0.3, 0.0, 0.0; 0.1, 0.2, 0.0; 0.05, -0.1, 0.4];
        let sigma = &half * half.transpose();
        let fitted = Fitted { theta: &theta, gram: &gram, sigma: &sigma };
        for regressor in [2, 3] {
            for (outcome, g) in [
                (None, dvector![1.0, 0.0]),
                (None, dvector![0.6, -2.0]),
                (Some(0), dvector![0.0, 0.0, 1.0]),
            ] {
                let ratio = Ratio::new(shape, fitted, regressor, outcome).unwrap();
                let (lo, hi) = ratio.interval(&g, 3.0).unwrap();
                let at = g.dot(&ratio.estimate().unwrap());
                assert!(lo < at && at < hi);
                for end in [lo, hi] {
                    assert_relative_eq!(ratio.statistic(&g, end), 3.0, max_relative = 1e-6);
                }
                assert!(ratio.statistic(&g, at) < 1e-12);
            }
        }
    }
}
