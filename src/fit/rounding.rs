//! How far rounding may have moved what is fitted to a log without noise.
//!
//! Let `Ũ`, `Ỹ` be the regressors and responses as they are logged, `U`, `Y` without rounding, where
//! $Y = U\Theta$ exactly. Least squares gives $\hat\Theta = \tilde U^+ \tilde Y$, so that
//!
//! ```math
//! \hat\Theta - \Theta = \tilde U^+ (\delta Y - \delta U\,\Theta).
//! ```
//!
//! It is linear in the error of each number of the log, which is once a response and once a
//! regressor. The moduli of both, times the largest error, add up to a bound `E_0`, with $\hat\Theta$ for
//! $\Theta$ at first; they are not set off against each other, so noise that rounding hides is covered as
//! well. The difference between $\hat\Theta$ and $\Theta$ adds at most `M E` to a bound `E`, where
//! $M = |\tilde U^+||\delta U|$, so $E = (I - M)^{-1} E_0$ holds without any approximation if `M` has a
//! spectral radius below 1, and nothing is certain if not.
//!
//! An eigenvalue can only be where $\sigma_\min(zI - \hat J) \le \|\delta J\|$. Where that holds nowhere on
//! a circle, all matrices within the error have as many eigenvalues inside: so the unit circle decides
//! about convergence, and circles around the estimates bound eigenvalues, defective ones as well.
//! (Trefethen and Embree, *Spectra and Pseudospectra*, 2005.)

use super::data::{Data, Shape};
use super::log::{Log, Run};
use super::plan::Plan;
use super::ratio::least_singular;
use super::regression::Estimate;
use nalgebra::{DMatrix, DVector};
use num_complex::Complex64;
use std::f64::consts::TAU;

/// A log with what was fitted to it, in the units of the fit.
#[derive(Clone, Copy)]
pub(super) struct Rounded<'a> {
    pub log: &'a Log,
    /// In place of each number of the log how far it may be off.
    pub errors: &'a Log,
    pub plan: &'a Plan,
    pub data: &'a Data,
    pub estimate: &'a Estimate,
}

impl Rounded<'_> {
    /// `J` on columns, `D × D`.
    fn jacobian(&self) -> DMatrix<f64> {
        let basis = &self.plan.basis;
        &basis.back * self.estimate.jacobian(self.data.shape) * &basis.forth
    }

    /// What a unit of each column adds to each outcome, `o × D`.
    fn slopes(&self) -> DMatrix<f64> {
        let shape = self.data.shape;
        let slopes = self.estimate.theta.view((0, shape.r), (shape.r, shape.o)).transpose();
        let mut slopes = slopes * &self.plan.basis.forth;
        for (k, scaled) in self.data.outcomes.iter().enumerate() {
            slopes.row_mut(k).scale_mut(scaled.scale);
        }
        slopes
    }

    /// A bound on what the loop's own arithmetic does in a round to each column, then to each outcome:
    /// it adds products of the columns, the constant and the shares, each rounded once, and so is
    /// their sum each time.
    fn arithmetic(&self) -> DVector<f64> {
        let (d, o) = (self.log.columns.len(), self.data.shape.o);
        let terms = (d + self.data.shape.m + 3) as f64;
        let most = |of: fn(&Run) -> &Vec<Vec<f64>>, k: usize| {
            let rows = self.log.runs.iter().flat_map(of);
            rows.map(|x| x[k].abs()).fold(0.0, f64::max)
        };
        let columns = DVector::from_fn(d, |j, _| most(|run| &run.states, j));
        let carried = self.jacobian().abs() * &columns;
        let seen = self.slopes().abs() * &columns;
        // The constant is at most what it takes to get from the largest values to the largest.
        let size = DVector::from_fn(d + o, |i, _| match i.checked_sub(d) {
            None => columns[i] + carried[i],
            Some(k) => most(|run| &run.outcomes, k) + seen[k],
        });
        size * (2.0 * terms * f64::EPSILON)
    }

    /// Of each column, then of each outcome, whether its residuals are what rounding leaves: their mean
    /// square is at most three times that of errors that are uniform between the ends of rounding, as if all of
    /// them were at an end, on top
    /// of what the arithmetic of the loop does.
    pub fn explains_residuals(&self) -> Vec<bool> {
        const GENEROUS: f64 = 3.0;
        let (r, d) = (self.data.shape.r, self.log.columns.len());
        let back = &self.plan.basis.back;
        let residuals = self.estimate.residuals.columns(0, r) * back.transpose();
        // With fewer modes than columns the errors of all columns get into each.
        let projected = back * &self.plan.basis.forth;
        let (jacobian, slopes) = (self.jacobian(), self.slopes());
        let mut arithmetic = self.arithmetic();
        let own = projected.abs() * arithmetic.rows(0, d);
        arithmetic.rows_mut(0, d).copy_from(&own);
        let mut expected: DVector<f64> = DVector::zeros(arithmetic.len());
        for run in &self.errors.runs {
            for t in 1..run.states.len() {
                for (i, sum) in expected.iter_mut().enumerate() {
                    let (own, carried) = match i.checked_sub(d) {
                        None => (squares(&run.states[t], &projected, i), (&jacobian, i)),
                        Some(k) => (run.outcomes[t][k].powi(2), (&slopes, k)),
                    };
                    *sum += (own + squares(&run.states[t - 1], carried.0, carried.1)) / 3.0;
                }
            }
        }
        let n = residuals.nrows() as f64;
        let left = |i: usize| match i.checked_sub(d) {
            None => residuals.column(i).norm_squared(),
            Some(k) => {
                let own = self.estimate.residuals.column(r + k).norm_squared();
                own * self.data.outcomes[k].scale.powi(2)
            }
        };
        (0..arithmetic.len())
            .map(|i| left(i) <= GENEROUS * expected[i] + n * arithmetic[i].powi(2))
            .collect()
    }
}

/// The sum of the squares of errors, each times its entry in row `i` of `slopes`.
fn squares(errors: &[f64], slopes: &DMatrix<f64>, i: usize) -> f64 {
    errors.iter().zip(slopes.row(i).iter()).map(|(h, slope)| (h * slope).powi(2)).sum()
}

/// Factor on the bound where directions were left out of the fit because they were not visited beyond
/// rounding: what is there moves the others by about as much as rounding does.
const LEFT_OUT: f64 = 2.0;

/// Bounds on the errors of a fit, each entry apart.
pub(super) struct Bounds {
    shape: Shape,
    theta: DMatrix<f64>,
    /// `p × q`.
    errors: DMatrix<f64>,
    /// `J` in coordinates, and a bound on the spectral norm of its error.
    jacobian: DMatrix<f64>,
    norm: f64,
    /// How far the columns may be off as functions of the coordinates and 1, `D × (r + 1)`: zero if
    /// all directions were fitted.
    frame: DMatrix<f64>,
}

impl Bounds {
    /// The bounds; `None` if there are none.
    pub fn of(rounded: Rounded<'_>) -> Option<Bounds> {
        let (data, estimate) = (rounded.data, rounded.estimate);
        let shape = data.shape;
        let qr = data.u.clone().qr();
        let pseudo = qr.r().solve_upper_triangular(&qr.q().transpose())?;
        let sums = Sums::of(rounded, &pseudo);
        let left_out = shape.r < rounded.log.columns.len();
        let first = sums.first * if left_out { LEFT_OUT } else { 1.0 };
        let errors = inverse_of_one_minus(&sums.relative)? * first;
        let jacobian = estimate.jacobian(shape);
        let own = errors.view((0, 0), (shape.r, shape.r));
        // The eigenvalues are those of a matrix this near: `dynamics::spectrum` says so.
        let backward = 100.0 * shape.r as f64 * f64::EPSILON * jacobian.norm();
        let norm = own.norm() + backward;
        let frame = if left_out { frame(rounded) } else { DMatrix::zeros(0, 0) };
        (norm.is_finite() && errors.iter().all(|x| x.is_finite())).then(|| Bounds {
            shape,
            theta: estimate.theta.clone(),
            errors,
            jacobian,
            norm,
            frame,
        })
    }

    /// Of the Jacobian in coordinates.
    fn own(&self) -> DMatrix<f64> {
        self.errors.view((0, 0), (self.shape.r, self.shape.r)).transpose()
    }

    /// Of each entry of `J` on columns, `D × D`.
    pub fn entries(&self, plan: &Plan) -> DMatrix<f64> {
        let (back, forth) = (plan.basis.back.abs(), plan.basis.forth.abs());
        // A direction that is visited to within an angle takes that much from those that are not, on which
        // the loop is taken to act no more strongly than on all others together.
        let strength = (&back * (self.jacobian.abs() + self.own()) * &forth).row_sum();
        let mut all = &back * self.own() * &forth;
        if self.frame.nrows() > 0 {
            let slopes = self.frame.columns(0, self.shape.r);
            all += slopes * (self.jacobian.abs() + self.own()) * &forth;
            all.add_scalar_mut(plan.angle * strength.sum());
        }
        // What comes of products that are added up in floating point.
        let size = &back * self.jacobian.abs() * &forth;
        all + size * (2.0 * (self.shape.r + 1) as f64 * f64::EPSILON)
    }

    /// Least singular value of `z - J`, less what computing it may have added.
    fn distance(&self, z: Complex64) -> f64 {
        let r = self.shape.r;
        let real = DMatrix::identity(r, r) * z.re - &self.jacobian;
        let size = z.norm() + self.jacobian.norm();
        let slack = 8.0 * r as f64 * f64::EPSILON * size;
        if z.im == 0.0 {
            return least_singular(real) - slack;
        }
        // Each singular value of the complex matrix is one of this twice.
        let mut both = DMatrix::zeros(2 * r, 2 * r);
        both.view_mut((0, 0), (r, r)).copy_from(&real);
        both.view_mut((r, r), (r, r)).copy_from(&real);
        for k in 0..r {
            both[(r + k, k)] = z.im;
            both[(k, r + k)] = -z.im;
        }
        least_singular(both) - slack
    }

    /// Whether no matrix within the error has an eigenvalue within `reach` of `z`, where the distance
    /// at `z` itself is `here`.
    ///
    /// The distance changes by no more than one moves. Next to defective eigenvalues, and others that
    /// are sensitive, it changes by far less, and the powers of the resolvent `R` know it: that at
    /// `z + h` is $\sum_k (-h)^k R^{k+1}$, and $\|R^{jK+i}\| \le \|R^K\|^j \|R^i\|$ bounds the tail.
    fn is_clear_near(&self, z: Complex64, here: f64, reach: f64) -> bool {
        const POWERS: i32 = 8;
        // Beyond, the digits of the resolvent are spent.
        const SPENT: f64 = 0.25;
        if here - self.norm > reach {
            return true;
        }
        let mut shifted = self.jacobian.map(|x| Complex64::from(-x));
        for k in 0..self.shape.r {
            shifted[(k, k)] += z;
        }
        let slack = 16.0 * self.shape.r as f64 * f64::EPSILON * shifted.norm() / here;
        let Some(resolvent) = shifted.try_inverse().filter(|_| slack < SPENT) else { return false };
        let mut power = resolvent.clone();
        let mut sum = 1.0 / here;
        for k in 1..POWERS {
            power = &power * &resolvent;
            sum += reach.powi(k) * power.norm();
        }
        // Now the power of order K is at hand.
        let tail = reach.powi(POWERS) * power.norm();
        tail < 0.5 && sum / (1.0 - tail) * (1.0 + slack).powi(POWERS) * self.norm < 1.0
    }

    /// Whether no matrix within the error has an eigenvalue on a circle; `None` if that took too long.
    /// Each point answers for an arc.
    fn is_clear(&self, centre: Complex64, radius: f64) -> Option<bool> {
        const POINTS: usize = 1_000;
        const ARCS: u32 = 8;
        let half = TAU / f64::from(2 * ARCS);
        let mut open: Vec<(f64, f64)> =
            (0..ARCS).map(|k| (f64::from(2 * k + 1) * half, half)).collect();
        let mut next = 0;
        while let Some(&(middle, half)) = open.get(next) {
            let z = centre + Complex64::from_polar(radius, middle);
            let here = self.distance(z);
            if here.is_nan() || here <= self.norm {
                return Some(false);
            }
            // Coarse arcs first: they find a hole sooner.
            if !self.is_clear_near(z, here, radius * half) {
                open.extend([(middle - half / 2.0, half / 2.0), (middle + half / 2.0, half / 2.0)]);
            }
            next += 1;
            if next > POINTS {
                return None;
            }
        }
        Some(true)
    }

    /// The radius of a circle around the eigenvalue `mu` of the estimate that holds one for certain.
    fn reach(&self, mu: Complex64) -> Option<f64> {
        // Beyond, nothing is known of it.
        let most = 4.0 * (1.0 + mu.norm());
        let mut radius = 1.25 * self.norm;
        let mut patience = 3;
        while radius < most && patience > 0 {
            match self.is_clear(mu, radius) {
                Some(true) => return Some(radius),
                Some(false) => {}
                None => patience -= 1,
            }
            radius *= 1.5;
        }
        None
    }

    /// What is certain of the eigenvalues `values` of the estimate: their errors, that of the spectral
    /// radius, and whether it is below 1.
    pub fn spectrum(&self, values: &[Complex64]) -> Spectrum {
        let errors: Vec<Option<f64>> = values.iter().map(|mu| self.reach(*mu)).collect();
        let radius = values.iter().map(|z| z.norm()).fold(0.0, f64::max);
        let ends = |sign: f64| -> Option<f64> {
            let ends = values.iter().zip(&errors).map(|(z, e)| Some(z.norm() + sign * (*e)?));
            ends.collect::<Option<Vec<f64>>>().map(|v| v.into_iter().fold(0.0, f64::max))
        };
        let rate = ends(-1.0).zip(ends(1.0)).map(|(lo, hi)| (hi - radius).max(radius - lo));
        let outside =
            values.iter().zip(&errors).any(|(z, e)| e.is_some_and(|e| z.norm() - e > 1.0));
        let decided = ends(1.0).is_some_and(|hi| hi < 1.0)
            || self.is_clear(Complex64::default(), 1.0) == Some(true);
        let converges = match (outside, decided) {
            (true, _) => Some(false),
            (false, true) => Some(radius < 1.0),
            (false, false) => None,
        };
        Spectrum { errors, rate, converges }
    }

    /// How far the ratio `v = (I - J)^-1 b` may be off whose numerator is the coefficient of
    /// `regressor`, in coordinates, where `v` is the estimate and `moved` what its numerator moves by
    /// for other reasons. `None` if 1 may be an eigenvalue of `J`.
    pub fn ratio(
        &self,
        regressor: usize,
        v: &DVector<f64>,
        moved: Option<&DVector<f64>>,
    ) -> Option<DVector<f64>> {
        let r = self.shape.r;
        let minus = DMatrix::identity(r, r) - &self.jacobian;
        let inverse = minus.clone().try_inverse()?.abs();
        let numerator = self.theta.row(regressor).columns(0, r).transpose().abs();
        let solved = (minus.abs() * v.abs() + numerator) * (8.0 * r as f64 * f64::EPSILON);
        let mut off = self.own() * v.abs();
        off += self.errors.row(regressor).columns(0, r).transpose() + solved;
        if let Some(moved) = moved {
            off += moved;
        }
        let more = inverse_of_one_minus(&(&inverse * self.own()))?;
        let found = more * inverse * off;
        found.iter().all(|x| x.is_finite()).then_some(found)
    }

    /// How far the numerators of the influence of a share move if the stable point does, by `stable`:
    /// where the Jacobian moves with the shares.
    pub fn moved(&self, share: usize, stable: &DVector<f64>) -> DVector<f64> {
        let r = self.shape.r;
        let mut off = DVector::zeros(r);
        for (l, by) in stable.iter().enumerate() {
            let product = self.shape.product(share, l);
            let row = self.theta.row(product).abs() + self.errors.row(product);
            off += row.columns(0, r).transpose() * *by;
        }
        off
    }

    /// How far column `i` may be off at coordinates `z` that are off by `off`; an influence has no
    /// constant.
    pub fn column(
        &self,
        plan: &Plan,
        i: usize,
        z: &DVector<f64>,
        off: &DVector<f64>,
        constant: bool,
    ) -> f64 {
        let row = plan.basis.back.row(i).abs();
        let own = (&row * off)[(0, 0)];
        let size = (&row * z.abs())[(0, 0)] + if constant { plan.basis.mean[i].abs() } else { 0.0 };
        let frame = if self.frame.nrows() == 0 {
            0.0
        } else {
            let slopes = self.frame.row(i);
            let r = self.shape.r;
            (slopes.columns(0, r) * (z.abs() + off))[(0, 0)]
                + if constant { slopes[r] } else { 0.0 }
        };
        own + frame + size * (4.0 * (self.shape.r + 2) as f64 * f64::EPSILON)
    }

    /// How far an outcome may be off, scaled, at coordinates `v` that are off by `off`, with the
    /// coefficient of `regressor` for what does not come from them.
    pub fn outcome(&self, k: usize, regressor: usize, v: &DVector<f64>, off: &DVector<f64>) -> f64 {
        let (r, k) = (self.shape.r, self.shape.r + k);
        let slope = self.theta.column(k).rows(0, r).abs();
        let error = self.errors.column(k).rows(0, r).into_owned();
        let size = slope.dot(&v.abs()) + self.theta[(regressor, k)].abs();
        slope.dot(off)
            + error.dot(&(v.abs() + off))
            + self.errors[(regressor, k)]
            + size * (4.0 * (r + 2) as f64 * f64::EPSILON)
    }
}

/// What is certain of eigenvalues.
pub(super) struct Spectrum {
    /// Of each eigenvalue.
    pub errors: Vec<Option<f64>>,
    /// Of the spectral radius.
    pub rate: Option<f64>,
    /// Whether it is below 1; `None` if that is left open.
    pub converges: Option<bool>,
}

/// `(I - m)^-1` of a matrix without negative entries, if its spectral radius is below 1: just then the
/// inverse has no negative entries either.
fn inverse_of_one_minus(m: &DMatrix<f64>) -> Option<DMatrix<f64>> {
    let n = m.nrows();
    let inverse = (DMatrix::identity(n, n) - m).try_inverse()?;
    let floor = -1e-12 * inverse.amax();
    let good =
        inverse.iter().all(|x| *x >= floor) && (0..n).all(|k| inverse[(k, k)] >= 1.0 - 1e-12);
    // Entries that should be zero.
    good.then(|| inverse.map(|x| x.max(0.0)))
}

/// The sums over all numbers of a log.
struct Sums {
    /// The bound with the estimate for the truth, `p × q`.
    first: DMatrix<f64>,
    /// `|Ũ^+||δU|`, `p × p`.
    relative: DMatrix<f64>,
}

/// One transition: the states before and after it with their errors, on columns.
struct Step {
    row: usize,
    /// Errors of the regressors, `p`.
    regressors: DVector<f64>,
    /// What one unit of each column before the round does to the responses, `q × D`.
    carried: DMatrix<f64>,
}

impl Sums {
    fn of(rounded: Rounded<'_>, pseudo: &DMatrix<f64>) -> Sums {
        let data = rounded.data;
        let shape = data.shape;
        let (p, q, n) = (shape.p(), shape.q(), data.n());
        let mut sums = Sums { first: DMatrix::zeros(p, q), relative: DMatrix::zeros(p, p) };
        let forth = &rounded.plan.basis.forth;
        let d = rounded.log.columns.len();
        let own = rounded.arithmetic();
        let mut arithmetic = DVector::zeros(q);
        arithmetic.rows_mut(0, shape.r).copy_from(&(forth.abs() * own.rows(0, d)));
        for (k, scaled) in data.outcomes.iter().enumerate() {
            arithmetic[shape.r + k] = own[d + k] / scaled.scale;
        }
        let mut row = 0;
        for (run, errors) in rounded.log.runs.iter().zip(&rounded.errors.runs) {
            let mut last: Option<usize> = None;
            for t in 0..run.states.len() {
                let cells = cells(rounded, &run.states[t], &errors.states[t]);
                let next = (t + 1 < run.states.len())
                    .then(|| Step::of(rounded, row, &cells, &errors.shares[t + 1]));
                sums.cells(pseudo, forth, &cells, last, next.as_ref());
                if let Some(after) = last {
                    sums.outcomes(rounded, pseudo, after, &errors.outcomes[t]);
                }
                if let Some(step) = &next {
                    sums.step(rounded, pseudo, step, &arithmetic);
                    row += 1;
                }
                last = next.map(|step| step.row);
            }
        }
        // Householder's QR is exact for regressors that differ by a few roundings of each column.
        let backward = 8.0 * p as f64 * f64::EPSILON * (n as f64).sqrt();
        for k in 0..q {
            let size =
                data.u.column_iter().zip(estimate_column(rounded, k)).map(|(u, t)| u.norm() * t);
            let size: f64 =
                size.sum::<f64>() / (n as f64).sqrt() + data.y.column(k).norm() / (n as f64).sqrt();
            for a in 0..p {
                sums.first[(a, k)] += pseudo.row(a).norm() * backward * size;
            }
        }
        sums
    }

    /// What the errors of one row's states do: after the transition `last`, before `next`.
    fn cells(
        &mut self,
        pseudo: &DMatrix<f64>,
        forth: &DMatrix<f64>,
        cells: &[f64],
        last: Option<usize>,
        next: Option<&Step>,
    ) {
        let (p, q) = self.first.shape();
        for a in 0..p {
            let response = last.map_or(0.0, |i| pseudo[(a, i)]);
            let regressor = next.map_or(0.0, |step| pseudo[(a, step.row)]);
            for k in 0..q {
                let mut sum = 0.0;
                for (j, cell) in cells.iter().enumerate() {
                    let after = if k < forth.nrows() { response * forth[(k, j)] } else { 0.0 };
                    let before = next.map_or(0.0, |step| regressor * step.carried[(k, j)]);
                    sum += cell * (after.abs() + before.abs());
                }
                self.first[(a, k)] += sum;
            }
        }
    }

    fn outcomes(
        &mut self,
        rounded: Rounded<'_>,
        pseudo: &DMatrix<f64>,
        row: usize,
        errors: &[f64],
    ) {
        let r = rounded.data.shape.r;
        for (k, (error, scaled)) in errors.iter().zip(&rounded.data.outcomes).enumerate() {
            let error = error / scaled.scale;
            for a in 0..self.first.nrows() {
                self.first[(a, r + k)] += pseudo[(a, row)].abs() * error;
            }
        }
    }

    /// What shares and the loop's own arithmetic do in a transition.
    fn step(
        &mut self,
        rounded: Rounded<'_>,
        pseudo: &DMatrix<f64>,
        step: &Step,
        arithmetic: &DVector<f64>,
    ) {
        let data = rounded.data;
        let shape = data.shape;
        let theta = &rounded.estimate.theta;
        let weights = pseudo.column(step.row).abs();
        for k in 0..shape.q() {
            let mut off = arithmetic[k];
            for s in 0..shape.m {
                let mut slope = theta[(shape.share(s), k)];
                if shape.moving {
                    let own = (0..shape.r)
                        .map(|l| data.u[(step.row, l)] * theta[(shape.product(s, l), k)]);
                    slope += own.sum::<f64>();
                }
                off += slope.abs() * step.regressors[shape.share(s)];
            }
            self.first.column_mut(k).axpy(off, &weights, 1.0);
        }
        self.relative += weights * step.regressors.transpose();
    }
}

fn estimate_column(rounded: Rounded<'_>, k: usize) -> Vec<f64> {
    rounded.estimate.theta.column(k).iter().map(|x| x.abs()).collect()
}

/// How far each number of a row of states may be off, with what going over to coordinates adds.
fn cells(rounded: Rounded<'_>, states: &[f64], errors: &[f64]) -> Vec<f64> {
    let mean = &rounded.plan.basis.mean;
    let own = (mean.len() + 4) as f64 * f64::EPSILON;
    states.iter().zip(errors).zip(mean.iter()).map(|((x, e), m)| e + own * (x - m).abs()).collect()
}

impl Step {
    fn of(rounded: Rounded<'_>, row: usize, cells: &[f64], shares: &[f64]) -> Step {
        let data = rounded.data;
        let shape = data.shape;
        let (r, q) = (shape.r, shape.q());
        let forth = &rounded.plan.basis.forth;
        let off = forth.abs() * DVector::from_column_slice(cells);
        let theta = &rounded.estimate.theta;
        let mut slope = theta.rows(0, r).transpose();
        let mut regressors = DVector::zeros(shape.p());
        regressors.rows_mut(0, r).copy_from(&off);
        for (s, (scaled, &k)) in data.shares.iter().zip(&rounded.plan.varied).enumerate() {
            let error = shares[k] / scaled.scale;
            regressors[shape.share(s)] = error;
            if shape.moving {
                let share = data.u[(row, shape.share(s))];
                for l in 0..r {
                    let product = shape.product(s, l);
                    let z = data.u[(row, l)].abs();
                    regressors[product] = share.abs() * off[l] + (z + off[l]) * error;
                    for k in 0..q {
                        slope[(k, l)] += share * theta[(product, k)];
                    }
                }
            }
        }
        Step { row, regressors, carried: slope * forth }
    }
}

/// How far the columns may be off as functions of the coordinates and 1, where the coordinates are
/// fewer: they are least squares, too.
fn frame(rounded: Rounded<'_>) -> DMatrix<f64> {
    let basis = &rounded.plan.basis;
    let (d, r) = basis.back.shape();
    let rows = || {
        let runs = rounded.log.runs.iter().zip(&rounded.errors.runs);
        runs.flat_map(|(run, errors)| run.states.iter().zip(&errors.states))
    };
    let n = rows().count() as f64;
    let both = (&basis.back * &basis.forth).abs();
    let mut frame = DMatrix::zeros(d, r + 1);
    let mut relative = 0.0;
    for (x, errors) in rows() {
        let cells = DVector::from_vec(cells(rounded, x, errors));
        let deviation = DVector::from_fn(d, |j, _| x[j] - basis.mean[j]);
        let z = (&basis.forth * deviation).abs();
        let off = &cells + &both * &cells;
        frame.columns_mut(0, r).ger(1.0 / n, &off, &z, 1.0);
        let mut constant = frame.column_mut(r);
        constant.axpy(1.0 / n, &off, 1.0);
        relative += (basis.forth.abs() * cells).dot(&(z.add_scalar(1.0))) / n;
    }
    // The same step from the estimate to the truth as for the coefficients, in norms.
    frame / (1.0 - relative).max(f64::MIN_POSITIVE)
}
