//! Least squares, and logs drawn from what it found.

use super::data::{Data, Shape};
use crate::search::generator;
use nalgebra::{Cholesky, DMatrix, SVD};
use rand_distr::{Distribution, StandardNormal};

/// `Y = U Θ + E`, the rows of `E` independent with covariance `Σ`.
#[derive(Clone, Debug)]
pub(super) struct Estimate {
    /// `p × q`.
    pub theta: DMatrix<f64>,
    /// `(U'U)⁻¹`, `p × p`.
    pub gram: DMatrix<f64>,
    /// Residual covariance over the degrees of freedom, `q × q`.
    pub sigma: DMatrix<f64>,
    /// `n - p`.
    pub freedom: usize,
    /// `n × q`.
    pub residuals: DMatrix<f64>,
    /// Condition number of `U`.
    pub condition: f64,
}

/// Least squares by Householder's QR; `None` if the regressors are dependent to rounding, or there
/// are no degrees of freedom.
pub(super) fn least_squares(data: &Data) -> Option<Estimate> {
    let (u, y) = (&data.u, &data.y);
    let (n, p) = (u.nrows(), u.ncols());
    if n <= p {
        return None;
    }
    let values = SVD::try_new(u.clone(), false, false, f64::EPSILON, 10_000)?.singular_values;
    let condition = values.max() / values.min();
    if condition.is_nan() || condition >= 1e12 {
        return None;
    }
    let qr = u.clone().qr();
    let r = qr.r();
    let theta = r.solve_upper_triangular(&(qr.q().transpose() * y))?;
    let inverse = r.solve_upper_triangular(&DMatrix::identity(p, p))?;
    let residuals = y - u * &theta;
    let freedom = n - p;
    let sigma = residuals.transpose() * &residuals / freedom as f64;
    Some(Estimate {
        theta,
        gram: &inverse * inverse.transpose(),
        sigma,
        freedom,
        residuals,
        condition,
    })
}

impl Estimate {
    /// The Jacobian in coordinates, `r × r`.
    pub fn jacobian(&self, shape: Shape) -> DMatrix<f64> {
        self.theta.view((0, 0), (shape.r, shape.r)).transpose()
    }

    /// The coefficients if the Jacobian is given: least squares in the others.
    pub fn given(&self, shape: Shape, jacobian: &DMatrix<f64>) -> Option<DMatrix<f64>> {
        let r = shape.r;
        let off = jacobian.transpose() - self.theta.view((0, 0), (r, r));
        let own = Cholesky::new(self.gram.view((0, 0), (r, r)).into_owned())?;
        // What the other regressors take over when those of the state are moved.
        let share = own.solve(&off);
        let mut state = self.gram.columns(0, r) * share;
        state.view_mut((0, 0), (r, r)).copy_from(&off);
        let mut theta = self.theta.clone();
        for k in 0..r {
            let moved = theta.column(k) + state.column(k);
            theta.set_column(k, &moved);
        }
        // Outcomes go along as far as their residuals do.
        if shape.o > 0 {
            let own = Cholesky::new(floored(&self.sigma.view((0, 0), (r, r)).into_owned()))?;
            let along = own.solve(&self.sigma.view((0, r), (r, shape.o)));
            let moved = state * along;
            for k in 0..shape.o {
                let column = theta.column(r + k) + moved.column(k);
                theta.set_column(r + k, &column);
            }
        }
        Some(theta)
    }
}

/// A covariance that is kept definite: an exact relation between responses has no spread.
pub(super) fn floored(sigma: &DMatrix<f64>) -> DMatrix<f64> {
    let mut sigma = sigma.clone();
    for k in 0..sigma.nrows() {
        sigma[(k, k)] = sigma[(k, k)] * (1.0 + 1e-10) + 1e-40;
    }
    sigma
}

/// A loop to draw logs from.
pub(super) struct Model {
    pub theta: DMatrix<f64>,
    /// Lower triangular, `q × q`.
    noise: DMatrix<f64>,
}

impl Model {
    pub fn new(theta: DMatrix<f64>, sigma: &DMatrix<f64>) -> Option<Model> {
        Some(Model { theta, noise: Cholesky::new(floored(sigma))?.l() })
    }

    /// Log number `index` of `seed`: with the starts, shares and lengths of `data`.
    /// `None` if it runs off to infinity.
    pub fn draw(&self, data: &Data, seed: u64, index: u64) -> Option<Drawn> {
        let shape = data.shape;
        let (n, p, q, r, m) = (data.n(), shape.p(), shape.q(), shape.r, shape.m);
        let mut rng = generator(seed, index);
        let mut drawn = Drawn { u: vec![0.0; n * p], e: vec![0.0; n * q] };
        let mut normals = vec![0.0; q];
        let mut row = 0;
        for course in &data.courses {
            let mut state = course.start.clone();
            for t in 0..course.transitions {
                let u = &mut drawn.u[row * p..(row + 1) * p];
                shape.regressors(&state, &course.shares[t * m..(t + 1) * m], u);
                for z in &mut normals {
                    *z = StandardNormal.sample(&mut rng);
                }
                let e = &mut drawn.e[row * q..(row + 1) * q];
                for (k, e) in e.iter_mut().enumerate() {
                    *e = (0..=k).map(|l| self.noise[(k, l)] * normals[l]).sum();
                }
                for (k, x) in state.iter_mut().enumerate().take(r) {
                    let column = self.theta.column(k);
                    *x = column.iter().zip(u.iter()).map(|(a, b)| a * b).sum::<f64>() + e[k];
                }
                row += 1;
            }
            if state.iter().any(|x| x.is_nan() || x.abs() >= 1e100) {
                return None;
            }
        }
        Some(drawn)
    }
}

/// A drawn log: regressors and noise, row by row.
pub(super) struct Drawn {
    pub u: Vec<f64>,
    pub e: Vec<f64>,
}

/// Least squares on a drawn log, relative to the loop that it was drawn from: differences are not
/// taken of numbers that agree in most digits.
pub(super) struct Refit {
    /// `Θ̂ - Θ`, `p × q`.
    pub off: DMatrix<f64>,
    /// As in [`Estimate`].
    pub gram: DMatrix<f64>,
    /// As in [`Estimate`].
    pub sigma: DMatrix<f64>,
}

impl Drawn {
    pub fn refit(&self, shape: Shape) -> Option<Refit> {
        let (p, q) = (shape.p(), shape.q());
        let n = self.u.len() / p;
        let (mut uu, mut ue, mut ee) =
            (DMatrix::zeros(p, p), DMatrix::zeros(p, q), DMatrix::zeros(q, q));
        for (u, e) in self.u.chunks_exact(p).zip(self.e.chunks_exact(q)) {
            for i in 0..p {
                for j in 0..=i {
                    uu[(i, j)] += u[i] * u[j];
                }
                for j in 0..q {
                    ue[(i, j)] += u[i] * e[j];
                }
            }
            for i in 0..q {
                for j in 0..=i {
                    ee[(i, j)] += e[i] * e[j];
                }
            }
        }
        uu.fill_upper_triangle_with_lower_triangle();
        ee.fill_upper_triangle_with_lower_triangle();
        let factor = Cholesky::new(uu)?;
        let off = factor.solve(&ue);
        let sigma = (ee - off.transpose() * ue) / (n - p) as f64;
        Some(Refit { off, gram: factor.inverse(), sigma })
    }
}
