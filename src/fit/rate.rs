//! The rate: its interval by test inversion, and regions of eigenvalues.
//!
//! In short series least squares puts eigenvalues too close to zero (Hurwicz 1950; Marriott and Pope
//! 1954), the more the nearer they are to 1, and the spectral radius of a noisy matrix is too large
//! where all eigenvalues are small. So a standard error is not enough. A value `ρ0` of the rate is
//! kept if the estimate is not in the tails of what estimates come out when logs are drawn from a
//! loop of that rate (the grid bootstrap of Hansen, *Rev. Econ. Stat.* 81, 1999). That loop is the
//! fitted one, its leading eigenvalue moved to modulus `ρ0`, larger ones pulled in.
//!
//! The region of an eigenvalue is a weighted pseudospectrum: `μ` is in it if a matrix with that
//! eigenvalue is near `Ĵ` in the metric of its own errors,
//! $\sigma_\min(\Sigma^{-1/2}(\hat J - \mu)G^{-1/2})^2 \le f$. Defective and equal eigenvalues, at
//! which standard errors fail, are no harder.

use super::data::Data;
use super::ratio::{Fitted, least_singular};
use super::regression::{Estimate, Model, floored};
use crate::dynamics::spectrum::{Spectrum, eigenvalues};
use nalgebra::{Cholesky, DMatrix, DVector, SVD};
use num_complex::Complex64;
use rayon::prelude::*;

type Vector = DVector<Complex64>;

/// Statistic of the hypothesis that `mu` is an eigenvalue of the `r × r` Jacobian.
pub(super) fn eigenvalue_statistic(r: usize, fitted: Fitted<'_>, mu: Complex64) -> f64 {
    let Some(metric) = Metric::new(r, fitted) else { return f64::INFINITY };
    metric.statistic(mu)
}

/// The Jacobian in the metric of its errors.
pub(super) struct Metric {
    jacobian: DMatrix<f64>,
    noise: DMatrix<f64>,
    design: DMatrix<f64>,
}

impl Metric {
    pub fn new(r: usize, fitted: Fitted<'_>) -> Option<Metric> {
        let sigma = fitted.sigma.view((0, 0), (r, r)).into_owned();
        let gram = fitted.gram.view((0, 0), (r, r)).into_owned();
        Some(Metric {
            jacobian: fitted.theta.view((0, 0), (r, r)).transpose(),
            noise: Cholesky::new(floored(&sigma))?.l(),
            design: Cholesky::new(gram)?.l(),
        })
    }

    /// The nearest matrix to `m`, in this metric, that has the real eigenvalue `mu`: the profile
    /// likelihood's. Near equal eigenvalues it moves both, where moving one would be far.
    fn nearest(&self, m: &DMatrix<f64>, mu: f64) -> Option<DMatrix<f64>> {
        let r = m.nrows();
        // Transposed: see `scaled`.
        let scaled = self.scaled(&(m - DMatrix::identity(r, r) * mu))?;
        let svd = SVD::try_new(scaled, true, true, f64::EPSILON, 1_000)?;
        let least = svd.singular_values.imin();
        let left = &self.noise * svd.v_t?.row(least).transpose();
        let right = &self.design * svd.u?.column(least);
        Some(m - left * right.transpose() * svd.singular_values[least])
    }

    /// $(L^{-1} m C^{-\top})^\top$.
    fn scaled(&self, m: &DMatrix<f64>) -> Option<DMatrix<f64>> {
        let left = self.noise.solve_lower_triangular(m)?;
        self.design.solve_lower_triangular(&left.transpose())
    }

    pub fn statistic(&self, mu: Complex64) -> f64 {
        let r = self.jacobian.nrows();
        let identity = DMatrix::identity(r, r);
        let Some(real) = self.scaled(&(&self.jacobian - &identity * mu.re)) else {
            return f64::INFINITY;
        };
        if mu.im == 0.0 {
            return least_singular(real).powi(2);
        }
        let Some(imaginary) = self.scaled(&(identity * -mu.im)) else { return f64::INFINITY };
        // Each singular value of the complex matrix is one of this twice.
        let mut both = DMatrix::zeros(2 * r, 2 * r);
        both.view_mut((0, 0), (r, r)).copy_from(&real);
        both.view_mut((r, r), (r, r)).copy_from(&real);
        both.view_mut((r, 0), (r, r)).copy_from(&imaginary);
        both.view_mut((0, r), (r, r)).copy_from(&-imaginary);
        least_singular(both).powi(2)
    }

    /// How far one can go from `centre` in the direction `turn` while the statistic stays below
    /// `critical`; at most `limit`.
    fn reach(&self, centre: Complex64, turn: f64, critical: f64, limit: f64) -> f64 {
        let at = |length: f64| {
            let mut mu = centre + Complex64::from_polar(length, turn);
            if turn == 0.0 || (turn - std::f64::consts::PI).abs() < 1e-12 {
                mu.im = centre.im;
            }
            self.statistic(mu)
        };
        let (mut inside, mut outside) = (0.0, limit * 2.0_f64.powi(-40));
        while at(outside) <= critical {
            inside = outside;
            outside *= 2.0;
            if outside > limit {
                return limit;
            }
        }
        for _ in 0..20 {
            let middle = f64::midpoint(inside, outside);
            if at(middle) <= critical { inside = middle } else { outside = middle }
        }
        outside
    }

    /// The boundary of the region around `centre`, seen from there, point by point.
    pub fn region(&self, centre: Complex64, critical: f64, limit: f64) -> Vec<Complex64> {
        const RAYS: u32 = 48;
        let turn = |k: u32| std::f64::consts::TAU * f64::from(k) / f64::from(RAYS);
        let point = |k| {
            let reach = self.reach(centre, turn(k), critical, limit);
            centre + Complex64::from_polar(reach, turn(k))
        };
        (0..RAYS).map(point).collect()
    }
}

/// Vectors of unit length that `m - mu` takes to about zero: from the left, and from the right.
fn null_vectors(m: &DMatrix<f64>, mu: Complex64) -> Option<(Vector, Vector)> {
    let mut shifted = m.map(Complex64::from);
    for k in 0..m.nrows() {
        shifted[(k, k)] -= mu;
    }
    let svd = SVD::try_new(shifted, true, true, f64::EPSILON, 1_000)?;
    let least = svd.singular_values.imin();
    Some((svd.u?.column(least).into_owned(), svd.v_t?.row(least).adjoint()))
}

/// How the modulus of an eigenvalue follows its matrix: `d|μ| = Re(w* dJ v)`.
///
/// It only sets the scale in which an estimate is compared with those of drawn logs, and is the same
/// for all of them; where the eigenvalue is defective another scale does.
enum Gradient {
    Simple { left: Vector, right: Vector },
    Defective { size: usize },
}

impl Gradient {
    fn of(m: &DMatrix<f64>, mu: Complex64) -> Gradient {
        const DEFECTIVE: f64 = 1e-4;
        let defective = Gradient::Defective { size: m.nrows() };
        let Some((left, right)) = null_vectors(m, mu) else { return defective };
        let overlap = left.dotc(&right);
        if overlap.norm().is_nan() || overlap.norm() <= DEFECTIVE {
            return defective;
        }
        let turn = if mu.norm() > 0.0 { mu.conj() / mu.norm() } else { 1.0.into() };
        let factor = (turn / overlap).conj();
        Gradient::Simple { left: left.map(|x| x * factor), right }
    }

    /// Standard error of the modulus.
    fn error(&self, sigma: &DMatrix<f64>, gram: &DMatrix<f64>) -> f64 {
        let (left, right) = match self {
            Gradient::Simple { left, right } => (left, right),
            Gradient::Defective { size } => {
                let row = |i: usize| (0..*size).map(|j| sigma[(i, j)] * gram[(j, i)]).sum::<f64>();
                let trace: f64 = (0..*size).map(row).sum();
                return (trace.abs() / *size as f64).sqrt();
            }
        };
        let r = right.len();
        let form = |m: &DMatrix<f64>, a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
            (0..r).map(|i| (0..r).map(|j| a(i) * m[(i, j)] * b(j)).sum::<f64>()).sum()
        };
        let (ar, ai) = (|k: usize| left[k].re, |k: usize| -left[k].im);
        let (vr, vi) = (|k: usize| right[k].re, |k: usize| right[k].im);
        let variance = form(sigma, &ar, &ar) * form(gram, &vr, &vr)
            + form(sigma, &ai, &ai) * form(gram, &vi, &vi)
            - 2.0 * form(sigma, &ar, &ai) * form(gram, &vr, &vi);
        variance.max(0.0).sqrt()
    }
}

/// The fitted loop with its rate moved.
struct Path<'a> {
    jacobian: &'a DMatrix<f64>,
    eigenvalues: Vec<Complex64>,
    /// Eigenvectors and their inverse, where they are far enough from dependent.
    vectors: Option<(DMatrix<Complex64>, DMatrix<Complex64>)>,
    /// Which eigenvalue is moved, with its conjugate.
    lead: usize,
    metric: Option<&'a Metric>,
}

/// Condition number of the eigenvectors above which the whole matrix is scaled instead.
const DEPENDENT: f64 = 1e3;

impl<'a> Path<'a> {
    fn new(
        jacobian: &'a DMatrix<f64>,
        eigenvalues: &[Complex64],
        lead: usize,
        metric: Option<&'a Metric>,
    ) -> Path<'a> {
        let vectors = || {
            let columns = eigenvalues
                .iter()
                .map(|mu| null_vectors(jacobian, *mu).map(|(_, v)| v))
                .collect::<Option<Vec<_>>>()?;
            let v = DMatrix::from_columns(&columns);
            let values =
                SVD::try_new(v.clone(), false, false, f64::EPSILON, 1_000)?.singular_values;
            let inverse = v.clone().try_inverse()?;
            (values.max() < DEPENDENT * values.min()).then_some((v, inverse))
        };
        Path { jacobian, eigenvalues: eigenvalues.to_vec(), vectors: vectors(), lead, metric }
    }

    /// The matrix of spectral radius `rho`, and the eigenvalue that has it.
    fn at(&self, rho: f64) -> (DMatrix<f64>, Complex64) {
        let lead = self.eigenvalues[self.lead];
        if lead.im == 0.0
            && let Some((matrix, mu)) = self.nearest(rho.copysign(lead.re))
        {
            return (matrix, mu);
        }
        self.turned(rho)
    }

    /// The nearest matrix with this eigenvalue, larger ones pulled in.
    fn nearest(&self, mu: f64) -> Option<(DMatrix<f64>, Complex64)> {
        const MERGED: f64 = 1.0 + 1e-6;
        let matrix = self.metric?.nearest(self.jacobian, mu)?;
        if radius(&matrix) <= mu.abs() * MERGED {
            return Some((matrix, mu.into()));
        }
        let values = eigenvalues(&matrix).ok()?;
        let off = |k: &usize| (values[*k] - mu).norm();
        let lead = (0..values.len()).min_by(|a, b| off(a).total_cmp(&off(b)))?;
        let (matrix, _) = Path::new(&matrix, &values, lead, None).turned(mu.abs());
        Some((matrix, mu.into()))
    }

    /// With the eigenvectors of the fitted matrix.
    fn turned(&self, rho: f64) -> (DMatrix<f64>, Complex64) {
        let lead = self.eigenvalues[self.lead];
        let largest = self.eigenvalues.iter().map(|z| z.norm()).fold(0.0, f64::max);
        let turned = |z: Complex64| if z.norm() > 0.0 { z * (rho / z.norm()) } else { rho.into() };
        let Some((v, inverse)) = &self.vectors else {
            if largest == 0.0 {
                let n = self.jacobian.nrows();
                return (DMatrix::identity(n, n) * rho, rho.into());
            }
            let first = self.eigenvalues.iter().find(|z| z.norm() >= largest);
            return (self.jacobian * (rho / largest), turned(*first.unwrap_or(&lead)));
        };
        let pair = |z: Complex64| z == lead || (lead.im != 0.0 && z == lead.conj());
        let moved: Vec<Complex64> = self
            .eigenvalues
            .iter()
            .map(|&z| if pair(z) || z.norm() > rho { turned(z) } else { z })
            .collect();
        let matrix = v * DMatrix::from_diagonal(&DVector::from_vec(moved)) * inverse;
        (matrix.map(|z| z.re), turned(lead))
    }
}

/// The matrix with its leading eigenvalue at modulus `rho`.
pub(super) fn slowed(jacobian: &DMatrix<f64>, rho: f64) -> Option<DMatrix<f64>> {
    let values = eigenvalues(jacobian).ok()?;
    Some(Path::new(jacobian, &values, 0, None).at(rho).0)
}

/// What drawn logs are compared by.
pub(super) struct Inversion<'a> {
    pub data: &'a Data,
    pub estimate: &'a Estimate,
    /// Jacobian without the bias of least squares.
    pub corrected: &'a DMatrix<f64>,
    pub draws: u64,
    pub seed: u64,
    /// Probability in each tail.
    pub tail: f64,
}

/// Spectral radius; 0 where it cannot be had.
pub(super) fn radius(m: &DMatrix<f64>) -> f64 {
    match m.nrows() {
        1 => m[(0, 0)].abs(),
        _ => Spectrum::of(m).map_or(f64::NAN, |s| s.radius()),
    }
}

impl Inversion<'_> {
    /// The rates that are not rejected: from, to; the upper end may be infinite.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let values = eigenvalues(self.corrected).ok()?;
        let observed = radius(&self.estimate.jacobian(self.data.shape));
        let e = self.estimate;
        let fitted = Fitted { theta: &e.theta, gram: &e.gram, sigma: &e.sigma };
        let metric = Metric::new(self.data.shape.r, fitted)?;
        let path = Path::new(self.corrected, &values, 0, Some(&metric));
        let lower = self.end(&path, observed, false)?;
        let mut upper = self.end(&path, observed, true)?;
        // An eigenvalue that is smaller, but known less well, may be the one that reaches furthest.
        if path.vectors.is_some() {
            for lead in 1..values.len() {
                let seen = values[..lead].iter().any(|z| (z - values[lead].conj()).norm() == 0.0);
                if !seen && upper.is_finite() && self.may_reach(values[lead], upper) {
                    let path = Path::new(self.corrected, &values, lead, Some(&metric));
                    if self.margin(&path, observed, upper, true)? > 0.0 {
                        upper = self.end_from(&path, observed, upper, true)?;
                    }
                }
            }
        }
        Some((lower, upper))
    }

    /// Whether the region of an eigenvalue comes near the modulus `rho`.
    fn may_reach(&self, mu: Complex64, rho: f64) -> bool {
        const GENEROUS: f64 = 16.0;
        let e = self.estimate;
        let fitted = Fitted { theta: &e.theta, gram: &e.gram, sigma: &e.sigma };
        let turned = if mu.norm() > 0.0 { mu * (rho / mu.norm()) } else { rho.into() };
        eigenvalue_statistic(self.data.shape.r, fitted, turned) < GENEROUS
    }

    fn end(&self, path: &Path<'_>, observed: f64, upper: bool) -> Option<f64> {
        self.end_from(path, observed, observed, upper)
    }

    /// Where the margin changes its sign, from `start` on.
    fn end_from(&self, path: &Path<'_>, observed: f64, start: f64, upper: bool) -> Option<f64> {
        const DOUBLINGS: u32 = 24;
        const STEPS: usize = 7;
        let scale = self.step(path, observed);
        let margin = |rho: f64| self.margin(path, observed, rho, upper);
        let (mut a, mut fa) = (start, margin(start)?);
        // Outwards while the value is kept, inwards while it is not.
        let outwards = fa > 0.0;
        let sign = if upper == outwards { 1.0 } else { -1.0 };
        let mut found = None;
        for k in 0..DOUBLINGS {
            let step = scale * 2.0_f64.powi(k.cast_signed());
            let b = (start + sign * step).max(0.0);
            let fb = margin(b)?;
            if (fb > 0.0) != outwards {
                found = Some((b, fb));
                break;
            }
            (a, fa) = (b, fb);
            if b == 0.0 {
                return Some(0.0);
            }
            if b > 4.0 + 4.0 * observed {
                return Some(f64::INFINITY);
            }
        }
        let (mut b, mut fb) = found?;
        for _ in 0..STEPS {
            if (a - b).abs() <= 0.01 * (a - start).abs().max((b - start).abs()) {
                break;
            }
            // Illinois' rule of false position.
            let c = if fa.is_finite() && fb.is_finite() {
                (a * fb - b * fa) / (fb - fa)
            } else {
                f64::midpoint(a, b)
            };
            let fc = margin(c)?;
            if (fc > 0.0) == (fb > 0.0) {
                fa /= 2.0;
            } else {
                (a, fa) = (b, fb);
            }
            (b, fb) = (c, fc);
        }
        Some(b)
    }

    /// A first step away from the estimate: twice its standard error.
    fn step(&self, path: &Path<'_>, observed: f64) -> f64 {
        let (matrix, mu) = path.at(observed);
        let gradient = Gradient::of(&matrix, mu);
        let error = gradient.error(&self.estimate.sigma, &self.estimate.gram);
        // Nearly equal eigenvalues have a standard error without meaning.
        (2.0 * error).clamp(1e-14, 0.5 + observed)
    }

    /// Above zero if `rho` is kept on this side; in standard errors.
    fn margin(&self, path: &Path<'_>, observed: f64, rho: f64, upper: bool) -> Option<f64> {
        let shape = self.data.shape;
        let (matrix, mu) = path.at(rho);
        let gradient = Gradient::of(&matrix, mu);
        let theta = self.estimate.given(shape, &matrix)?;
        let model = Model::new(theta, &self.estimate.sigma)?;
        let drawn = |index: u64| {
            let refit = model.draw(self.data, self.seed, index)?.refit(shape)?;
            let off = refit.off.view((0, 0), (shape.r, shape.r)).transpose();
            let value =
                (radius(&(&matrix + off)) - rho) / gradient.error(&refit.sigma, &refit.gram);
            value.is_finite().then_some(value)
        };
        let mut values: Vec<f64> = (0..self.draws).into_par_iter().filter_map(drawn).collect();
        // A loop whose logs run off to infinity is not the one that made this log.
        if values.len() * 2 < usize::try_from(self.draws).unwrap_or(0) {
            return Some(f64::NEG_INFINITY);
        }
        values.sort_by(f64::total_cmp);
        let here = (observed - rho) / gradient.error(&self.estimate.sigma, &self.estimate.gram);
        Some(if upper {
            here - quantile(&values, self.tail)
        } else {
            quantile(&values, 1.0 - self.tail) - here
        })
    }
}

/// The quantile of sorted values, by the rule that keeps the level of a test with so many draws.
pub(super) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let position = probability * (sorted.len() + 1) as f64 - 1.0;
    let last = sorted.len() - 1;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let below = (position.floor().max(0.0) as usize).min(last);
    let above = (below + 1).min(last);
    let part = (position - below as f64).clamp(0.0, 1.0);
    if part == 0.0 { sorted[below] } else { sorted[below] + part * (sorted[above] - sorted[below]) }
}
