//! The fit itself: estimates, draws, intervals, findings.

use super::data::{Data, Shape};
use super::log::Log;
use super::plan::{CAUTIOUS, Plan, UNIFORM, plan};
use super::rate::{Inversion, Metric, eigenvalue_statistic, quantile, radius, slowed};
use super::ratio::{Fitted, Ratio};
use super::regression::{Estimate, Model, least_squares};
use super::result::{Eigenvalue, Entry, Fit, Influence, Interval, Rate, Test, Value};
use super::rounding::Bounds;
use super::tests_of_fit::{Misfit, statistic};
use super::units::Units;
use super::{FitError, Options};
use crate::check::holm;
use crate::dynamics::spectrum::eigenvalues;
use nalgebra::{DMatrix, DVector, SVD};
use num_complex::Complex64;
use rayon::prelude::*;

/// Streams of the generator: one a purpose.
const BIAS: u64 = 0x0b1a_5000;
const CALIBRATION: u64 = 0x0ca1_1b00;
const RATE: u64 = 0x04a7_e000;

/// Regressor and outcome.
type Key = (usize, Option<usize>);

/// A number asked for: a linear functional of the stable point or of an influence.
pub(super) struct Question {
    /// The regressor whose coefficient is the numerator.
    pub regressor: usize,
    pub outcome: Option<usize>,
    /// The functional in coordinates.
    g: DVector<f64>,
    /// The answer in the units of the log is `offset + scale g'w`.
    pub offset: f64,
    pub scale: f64,
}

/// One log with everything that is computed of it on the way.
pub(super) struct Study<'a> {
    /// In the units of the fit.
    pub log: &'a Log,
    /// How far its numbers may be off.
    pub errors: &'a Log,
    units: &'a Units,
    options: &'a Options,
    pub plan: Plan,
    pub data: Data,
    /// The state that coordinates are counted from.
    pub origin: Vec<f64>,
    pub estimate: Estimate,
    pub questions: Vec<Question>,
}

/// What drawn logs say.
struct Calibration {
    /// Jacobian less its bias.
    corrected: DMatrix<f64>,
    rate: Rate,
    /// Critical value of each question.
    critical: Vec<f64>,
    /// Critical value of eigenvalue regions.
    eigenvalue: f64,
    /// Quantiles of Student's statistic of each entry of `J`, row by row.
    entries: Vec<(f64, f64)>,
    tests: Vec<Option<f64>>,
}

impl Calibration {
    /// The same with the wider of two intervals everywhere; tests stay as they are.
    fn or_worse(mut self, other: &Calibration) -> Calibration {
        for (own, other) in self.critical.iter_mut().zip(&other.critical) {
            *own = own.max(*other);
        }
        self.eigenvalue = self.eigenvalue.max(other.eigenvalue);
        for (own, other) in self.entries.iter_mut().zip(&other.entries) {
            *own = (own.0.min(other.0), own.1.max(other.1));
        }
        self
    }
}

pub(super) fn study(log: &Log, options: &Options) -> Result<Fit, FitError> {
    let units = Units::of(log)?;
    let (errors, log) = (units.applied(&log.errors()), units.applied(log));
    let study = Study::new((&log, &errors, &units), options, UNIFORM)?;
    if !study.is_explained() {
        return study.report(Some(&study.calibrate()?));
    }
    // No noise is seen. Directions that may be nothing but rounding explain too much: without them it may
    // be noise after all.
    let cautious = Study::new((&log, &errors, &units), options, CAUTIOUS)?;
    if cautious.is_explained() {
        return cautious.report(None);
    }
    match Bounds::of(study.rounded()) {
        Some(_) => study.report(None),
        None => cautious.report(Some(&cautious.calibrate()?)),
    }
}

fn solve(log: &Log, plan: &Plan, data: &Data) -> Result<Estimate, FitError> {
    least_squares(data).ok_or_else(|| dependent(log, plan, data))
}

/// Why the regressors are dependent: what has a part in the combination of them that vanishes.
fn dependent(log: &Log, plan: &Plan, data: &Data) -> FitError {
    const PART: f64 = 1e-6;
    let shape = data.shape;
    let numerical = FitError::Numerical("no least squares");
    let Some(svd) = SVD::try_new(data.u.clone(), false, true, f64::EPSILON, 10_000) else {
        return numerical;
    };
    let Some(v_t) = svd.v_t else { return numerical };
    let null = v_t.row(svd.singular_values.imin());
    let is_part = |share: usize| {
        let product = |l| shape.moving && null[shape.product(share, l)].abs() > PART;
        null[shape.share(share)].abs() > PART || (0..shape.r).any(product)
    };
    let shares: Vec<String> = (0..shape.m)
        .filter(|&share| is_part(share))
        .map(|share| log.shares[plan.varied[share]].clone())
        .collect();
    if !shares.is_empty() {
        return FitError::Confounded { shares };
    }
    // The combination of columns that does not vary before a round, each over its spread.
    let weights = plan.basis.forth.transpose() * null.columns(0, shape.r).transpose();
    let spread = plan.basis.back.row_iter().map(|row| row.norm());
    let parts: Vec<f64> = weights.iter().zip(spread).map(|(w, s)| (w * s).abs()).collect();
    let most = parts.iter().copied().fold(0.0, f64::max);
    let moves = |(name, part): (&String, &f64)| (*part > PART * most).then(|| name.clone());
    FitError::DeadEnd { columns: log.columns.iter().zip(&parts).filter_map(moves).collect() }
}

fn stable(shape: Shape, estimate: &Estimate) -> Option<DVector<f64>> {
    Ratio::new(shape, fitted(estimate), shape.constant(), None)?.estimate()
}

pub(super) fn fitted(e: &Estimate) -> Fitted<'_> {
    Fitted { theta: &e.theta, gram: &e.gram, sigma: &e.sigma }
}

/// Stable values first, then influences share by share; columns, then outcomes.
fn questions(log: &Log, plan: &Plan, data: &Data, origin: &[f64]) -> Vec<Question> {
    let shape = data.shape;
    let back = &plan.basis.back;
    let origin = DVector::from_column_slice(origin);
    let of = |regressor: usize, per: f64| {
        let stable = regressor == shape.constant();
        let column = |i: usize| {
            let g: DVector<f64> = back.row(i).transpose();
            let offset = if stable { plan.basis.mean[i] + g.dot(&origin) } else { 0.0 };
            Question { regressor, outcome: None, g, offset, scale: 1.0 / per }
        };
        let outcome = |k: usize| {
            let mut g = DVector::zeros(shape.r + 1);
            g[shape.r] = 1.0;
            let scaled = data.outcomes[k];
            let offset = if stable { scaled.mean } else { 0.0 };
            Question { regressor, outcome: Some(k), g, offset, scale: scaled.scale / per }
        };
        let mut all: Vec<Question> = (0..log.columns.len()).map(column).collect();
        all.extend((0..shape.o).map(outcome));
        all
    };
    let mut all = of(shape.constant(), 1.0);
    for (k, share) in data.shares.iter().enumerate() {
        all.extend(of(shape.share(k), share.scale));
    }
    all
}

impl<'a> Study<'a> {
    /// Of a log with its errors and units; `caution` as in [`plan`].
    fn new(
        (log, errors, units): (&'a Log, &'a Log, &'a Units),
        options: &'a Options,
        caution: f64,
    ) -> Result<Self, FitError> {
        let plan = plan(log, errors, options, caution)?;
        let mut origin = vec![0.0; plan.basis.forth.nrows()];
        let make =
            |origin: &[f64]| Data::of(log, &plan.basis, origin, &plan.varied, options.moving);
        let mut data = make(&origin);
        let mut estimate = solve(log, &plan, &data)?;
        if options.moving {
            // Influences are those of the constant alone if states are counted from the stable point.
            if let Some(stable) = stable(data.shape, &estimate) {
                origin.copy_from_slice(stable.as_slice());
                data = make(&origin);
                estimate = solve(log, &plan, &data)?;
            }
        }
        let questions = questions(log, &plan, &data, &origin);
        Ok(Study { log, errors, units, options, plan, data, origin, estimate, questions })
    }

    /// Residual standard deviation of each column, in its units.
    fn noise(&self) -> Vec<f64> {
        let r = self.data.shape.r;
        let back = &self.plan.basis.back;
        let sigma = self.estimate.sigma.view((0, 0), (r, r));
        let covariance = back * sigma * back.transpose();
        covariance.diagonal().iter().map(|v| v.max(0.0).sqrt()).collect()
    }

    fn model(&self, theta: DMatrix<f64>) -> Result<Model, FitError> {
        Model::new(theta, &self.estimate.sigma)
            .ok_or(FitError::Numerical("the covariance of the residuals is not definite"))
    }

    /// `J` less its bias, as Kilian (*Rev. Econ. Stat.* 80, 1998): the correction never makes a loop
    /// that converges diverge.
    fn corrected(&self) -> Result<DMatrix<f64>, FitError> {
        let shape = self.data.shape;
        let plain = self.estimate.jacobian(shape);
        let rate = radius(&plain);
        if rate >= 1.0 {
            return Ok(plain);
        }
        let model = self.model(self.estimate.theta.clone())?;
        let seed = self.options.seed ^ BIAS;
        let offs: Vec<DMatrix<f64>> = (0..self.options.draws)
            .into_par_iter()
            .filter_map(|index| {
                let refit = model.draw(&self.data, seed, index)?.refit(shape)?;
                Some(refit.off.view((0, 0), (shape.r, shape.r)).transpose())
            })
            .collect();
        // Summed in the order of the draws.
        let sum = offs.iter().fold(DMatrix::zeros(shape.r, shape.r), |sum, off| sum + off);
        let bias = sum / offs.len().max(1) as f64;
        let kept = (0..=100).map(|k| 1.0 - f64::from(k) / 100.0);
        let shrunk = kept.map(|part| &plain - &bias * part).find(|j| radius(j) < 1.0);
        Ok(shrunk.unwrap_or(plain))
    }

    /// Near 1 the law of the statistics depends on the rate, which is known only so far: they are
    /// calibrated at the fitted loop and again at the largest plausible rate, and the worse counts.
    fn calibrate(&self) -> Result<Calibration, FitError> {
        let corrected = self.corrected()?;
        let rate = self.rate(&corrected);
        let here = self.calibrated(corrected.clone(), rate.clone())?;
        let upper = rate.interval.and_then(|i| i.hi).unwrap_or(1.0).min(1.0);
        if upper <= rate.corrected {
            return Ok(here);
        }
        let Some(slower) = slowed(&corrected, upper) else { return Ok(here) };
        match self.calibrated(slower, rate) {
            Ok(there) => Ok(here.or_worse(&there)),
            Err(_) => Ok(here),
        }
    }

    /// With logs drawn from the loop that has the Jacobian `at`.
    fn calibrated(&self, at: DMatrix<f64>, rate: Rate) -> Result<Calibration, FitError> {
        let shape = self.data.shape;
        let theta = self
            .estimate
            .given(shape, &at)
            .ok_or(FitError::Numerical("the regressors of the state are not definite"))?;
        let model = self.model(theta)?;
        let truths = self.truths(&model);
        let values =
            eigenvalues(&at).map_err(|_| FitError::Numerical("no eigenvalues of the Jacobian"))?;
        let seed = self.options.seed ^ CALIBRATION;
        let drawn: Vec<Drawn> = (0..self.options.draws)
            .into_par_iter()
            .filter_map(|index| self.drawn(&model, &truths, &values, seed, index))
            .collect();
        if drawn.len() < 20 {
            return Err(FitError::Numerical("logs drawn from the fitted loop run off to infinity"));
        }
        let level = self.options.level;
        let tail = (1.0 - level) / 2.0;
        let sorted = |of: &dyn Fn(&Drawn) -> f64| {
            let mut values: Vec<f64> = drawn.iter().map(of).collect();
            values.sort_by(f64::total_cmp);
            values
        };
        let critical =
            (0..truths.len()).map(|k| quantile(&sorted(&|d| d.questions[k]), level)).collect();
        let eigenvalue = (0..values.len())
            .map(|k| quantile(&sorted(&|d| d.eigenvalues[k]), level))
            .fold(0.0, f64::max);
        let entries = (0..self.log.columns.len().pow(2))
            .map(|k| {
                let values = sorted(&|d| d.entries[k]);
                (quantile(&values, tail), quantile(&values, 1.0 - tail))
            })
            .collect();
        let tests = self.tests(&drawn);
        Ok(Calibration { corrected: at, rate, critical, eigenvalue, entries, tests })
    }

    /// The answers to the questions for a loop to draw from, in coordinates.
    fn truths(&self, model: &Model) -> Vec<Option<f64>> {
        let e = &self.estimate;
        let (theta, gram) = recentred(self.data.shape, &model.theta, &e.gram, &e.sigma);
        let drawn_from = Fitted { theta: &theta, gram: &gram, sigma: &e.sigma };
        let answer = |q: &Question| {
            let ratio = Ratio::new(self.data.shape, drawn_from, q.regressor, q.outcome)?;
            Some(q.g.dot(&ratio.estimate()?))
        };
        self.questions.iter().map(answer).collect()
    }

    /// All statistics of one drawn log at what is true there.
    fn drawn(
        &self,
        model: &Model,
        truths: &[Option<f64>],
        values: &[Complex64],
        seed: u64,
        index: u64,
    ) -> Option<Drawn> {
        let shape = self.data.shape;
        let drawn = model.draw(&self.data, seed, index)?;
        let refit = drawn.refit(shape)?;
        let theta = &model.theta + &refit.off;
        let (theta, gram) = recentred(shape, &theta, &refit.gram, &refit.sigma);
        let fitted = Fitted { theta: &theta, gram: &gram, sigma: &refit.sigma };
        let mut ratios: Vec<(Key, Option<Ratio>)> = Vec::new();
        for q in &self.questions {
            let key = (q.regressor, q.outcome);
            if ratios.iter().all(|(k, _)| *k != key) {
                ratios.push((key, Ratio::new(shape, fitted, key.0, key.1)));
            }
        }
        let question = |(q, truth): (&Question, &Option<f64>)| {
            let key = (q.regressor, q.outcome);
            let ratio = ratios.iter().find(|(k, _)| *k == key).and_then(|(_, r)| r.as_ref());
            let value = ratio.zip(*truth).map(|(ratio, truth)| ratio.statistic(&q.g, truth));
            value.filter(|x| !x.is_nan()).unwrap_or(f64::INFINITY)
        };
        let (n, p, q) = (self.data.n(), shape.p(), shape.q());
        let u = DMatrix::from_row_slice(n, p, &drawn.u);
        let e = DMatrix::from_row_slice(n, q, &drawn.e) - &u * &refit.off;
        let tests =
            Misfit::ALL.map(|what| statistic(what, &self.data, &u, &refit.gram, &e)).to_vec();
        let errors = self.errors(&refit.sigma, &refit.gram);
        let off = self.in_columns(&refit.off.view((0, 0), (shape.r, shape.r)).transpose());
        Some(Drawn {
            questions: self.questions.iter().zip(truths).map(question).collect(),
            eigenvalues: values
                .iter()
                .map(|mu| eigenvalue_statistic(shape.r, fitted, *mu))
                .collect(),
            entries: off
                .transpose()
                .iter()
                .zip(errors.transpose().iter())
                .map(|(o, e)| o / e)
                .collect(),
            tests,
        })
    }

    /// A matrix on coordinates as one on columns.
    fn in_columns(&self, m: &DMatrix<f64>) -> DMatrix<f64> {
        &self.plan.basis.back * m * &self.plan.basis.forth
    }

    /// Standard errors of the entries of `J`, `D × D`.
    fn errors(&self, sigma: &DMatrix<f64>, gram: &DMatrix<f64>) -> DMatrix<f64> {
        let r = self.data.shape.r;
        let (back, forth) = (&self.plan.basis.back, &self.plan.basis.forth);
        let rows = (back * sigma.view((0, 0), (r, r)) * back.transpose()).diagonal();
        let columns = (forth.transpose() * gram.view((0, 0), (r, r)) * forth).diagonal();
        let d = rows.len();
        DMatrix::from_fn(d, d, |i, j| (rows[i] * columns[j]).max(0.0).sqrt())
    }

    /// p-values.
    fn tests(&self, drawn: &[Drawn]) -> Vec<Option<f64>> {
        let e = &self.estimate;
        let own = |what| statistic(what, &self.data, &self.data.u, &e.gram, &e.residuals);
        let p_value = |(k, what): (usize, &Misfit)| {
            let own = own(*what)?;
            let others: Vec<f64> = drawn.iter().filter_map(|d| d.tests[k]).collect();
            let above = others.iter().filter(|x| **x >= own).count();
            (others.len() >= 99).then(|| (above + 1) as f64 / (others.len() + 1) as f64)
        };
        Misfit::ALL.iter().enumerate().map(p_value).collect()
    }

    fn report(&self, calibration: Option<&Calibration>) -> Result<Fit, FitError> {
        let rounds = || self.log.runs.iter().map(|run| run.states.len());
        let mut fit = Fit {
            columns: self.log.columns.clone(),
            outcomes: self.log.outcomes.clone(),
            runs: self.log.runs.len(),
            rounds: (rounds().min().unwrap_or(0), rounds().max().unwrap_or(0)),
            transitions: self.data.n(),
            freedom: self.estimate.freedom,
            shares: self.plan.shares.clone(),
            reduction: self.plan.reduction.clone(),
            condition: self.estimate.condition,
            deterministic: calibration.is_none(),
            noise: self.noise(),
            jacobian: self.entries(calibration),
            eigenvalues: self.eigenvalues(calibration)?,
            rate: calibration.map_or_else(|| self.plain_rate(), |c| c.rate.clone()),
            stable: Vec::new(),
            influences: Vec::new(),
            rounding: None,
            tests: tests(calibration),
            findings: Vec::new(),
            level: self.options.level,
            draws: self.options.draws,
            seed: self.options.seed,
        };
        widen(&mut fit);
        self.answer(calibration, &mut fit);
        if calibration.is_none() {
            self.bound(&mut fit);
        }
        self.units.restore(&mut fit)?;
        fit.findings = super::findings::findings(&fit, self.excitation(calibration));
        Ok(fit)
    }

    fn entries(&self, calibration: Option<&Calibration>) -> Vec<Vec<Option<Entry>>> {
        let e = &self.estimate;
        let jacobian = self.in_columns(&e.jacobian(self.data.shape));
        let errors = self.errors(&e.sigma, &e.gram);
        let d = jacobian.nrows();
        let entry = |i: usize, j: usize| {
            let (estimate, std_error) = (jacobian[(i, j)], errors[(i, j)]);
            let interval = calibration.map(|c| {
                let (lo, hi) = c.entries[i * d + j];
                Interval::of((estimate - hi * std_error, estimate - lo * std_error))
            });
            let unknown = self.plan.reduction.as_ref().map_or(&[][..], |r| &r.unknown);
            let known = !unknown.contains(&self.log.columns[j]);
            known.then_some(Entry { estimate, std_error, interval })
        };
        (0..d).map(|i| (0..d).map(|j| entry(i, j)).collect()).collect()
    }

    fn eigenvalues(&self, calibration: Option<&Calibration>) -> Result<Vec<Eigenvalue>, FitError> {
        let r = self.data.shape.r;
        let jacobian = self.estimate.jacobian(self.data.shape);
        let values = eigenvalues(&jacobian)
            .map_err(|_| FitError::Numerical("no eigenvalues of the Jacobian"))?;
        let metric = Metric::new(r, fitted(&self.estimate));
        let one = |mu: &Complex64| {
            let region = match (calibration, &metric) {
                (Some(c), Some(metric)) => metric.region(*mu, c.eigenvalue, REACH),
                _ => Vec::new(),
            };
            let moduli = || region.iter().map(|z| z.norm());
            let around_zero = mu.norm()
                <= region.iter().map(|z| (z - mu).norm()).fold(0.0, f64::max)
                && metric
                    .as_ref()
                    .zip(calibration)
                    .is_some_and(|(m, c)| m.statistic(Complex64::default()) <= c.eigenvalue);
            let lo = if around_zero { 0.0 } else { moduli().fold(f64::INFINITY, f64::min) };
            let hi = moduli().fold(0.0, f64::max);
            let hi = if hi >= REACH - mu.norm() { f64::INFINITY } else { hi };
            Eigenvalue {
                re: mu.re,
                im: mu.im,
                modulus: (!region.is_empty()).then(|| Interval::of((lo, hi))),
                region: region.iter().map(|z| (z.re, z.im)).collect(),
            }
        };
        Ok(values.iter().map(one).collect())
    }

    fn rate(&self, corrected: &DMatrix<f64>) -> Rate {
        let estimate = radius(&self.estimate.jacobian(self.data.shape));
        let inversion = Inversion {
            data: &self.data,
            estimate: &self.estimate,
            corrected,
            draws: self.options.draws,
            seed: self.options.seed ^ RATE,
            tail: (1.0 - self.options.level) / 2.0,
        };
        let interval = inversion.interval().map_or(Interval::ALL, Interval::of);
        Rate { estimate, corrected: radius(corrected), interval: Some(interval) }
    }

    /// Without noise.
    fn plain_rate(&self) -> Rate {
        let estimate = radius(&self.estimate.jacobian(self.data.shape));
        Rate { estimate, corrected: estimate, interval: None }
    }

    /// Stable values and influences.
    fn answer(&self, calibration: Option<&Calibration>, fit: &mut Fit) {
        let names: Vec<&String> = self.log.columns.iter().chain(&self.log.outcomes).collect();
        for (k, q) in self.questions.iter().enumerate() {
            let ratio = Ratio::new(self.data.shape, fitted(&self.estimate), q.regressor, q.outcome);
            let estimate =
                ratio.as_ref().and_then(Ratio::estimate).map(|w| q.offset + q.scale * q.g.dot(&w));
            let interval = calibration.map(|c| {
                let found = ratio.as_ref().and_then(|ratio| ratio.interval(&q.g, c.critical[k]));
                found.map_or(Interval::ALL, |(lo, hi)| {
                    Interval::of((q.offset + q.scale * lo, q.offset + q.scale * hi))
                })
            });
            let name = names[k % names.len()].clone();
            match (k / names.len()).checked_sub(1) {
                None => fit.stable.push(Value { name, estimate, interval }),
                Some(share) => {
                    let share = self.log.shares[self.plan.varied[share]].clone();
                    fit.influences.push(Influence { share, of: name, estimate, interval });
                }
            }
        }
    }

    /// How far runs start from the stable point, over the spread of a settled run: the largest, as a
    /// root mean square over the coordinates. `None` where nothing settles.
    fn excitation(&self, calibration: Option<&Calibration>) -> Option<f64> {
        const DOUBLINGS: usize = 30;
        let shape = self.data.shape;
        let corrected = &calibration?.corrected;
        if radius(corrected) >= 1.0 || shape.m > 0 {
            return None;
        }
        let r = shape.r;
        let mut covariance = self.estimate.sigma.view((0, 0), (r, r)).into_owned();
        let mut power = corrected.clone();
        for _ in 0..DOUBLINGS {
            covariance += &power * &covariance * power.transpose();
            power = &power * &power;
        }
        let factor = nalgebra::Cholesky::new(covariance)?;
        let stable = stable(shape, &self.estimate)?;
        let far = |start: &Vec<f64>| {
            let off = DVector::from_column_slice(start) - &stable;
            (off.dot(&factor.solve(&off)) / r as f64).sqrt()
        };
        Some(self.data.courses.iter().map(|c| far(&c.start)).fold(0.0, f64::max))
    }
}

/// The same fit with states counted from its own stable point, where the Jacobian moves: then the
/// coefficient of a share is what it pushes there. That the stable point is an estimate is so part of
/// what drawn logs calibrate.
fn recentred(
    shape: Shape,
    theta: &DMatrix<f64>,
    gram: &DMatrix<f64>,
    sigma: &DMatrix<f64>,
) -> (DMatrix<f64>, DMatrix<f64>) {
    let fitted = Fitted { theta, gram, sigma };
    let stable = || Ratio::new(shape, fitted, shape.constant(), None)?.estimate();
    let moved = if shape.moving { stable() } else { None };
    let Some(moved) = moved else { return (theta.clone(), gram.clone()) };
    let mut change = DMatrix::identity(shape.p(), shape.p());
    for k in 0..shape.m {
        for i in 0..shape.r {
            change[(shape.share(k), shape.product(k, i))] = moved[i];
        }
    }
    (&change * theta, &change * gram * change.transpose())
}

/// Where the leading eigenvalue may be another's equal, estimates spread as the root of the noise and
/// no path through one loop a rate reaches all that are plausible: all moduli of the region count.
fn widen(fit: &mut Fit) {
    let Some((first, others)) = fit.eigenvalues.split_first() else { return };
    if others.iter().any(|e| first.holds((e.re, e.im)))
        && let (Some(interval), Some(moduli)) = (fit.rate.interval, first.modulus)
    {
        fit.rate.interval = Some(interval.hull(moduli));
    }
}

/// How far regions are followed; moduli beyond say nothing.
const REACH: f64 = 8.0;

/// All statistics of one drawn log.
struct Drawn {
    questions: Vec<f64>,
    eigenvalues: Vec<f64>,
    entries: Vec<f64>,
    tests: Vec<Option<f64>>,
}

fn tests(calibration: Option<&Calibration>) -> Vec<Test> {
    let Some(calibration) = calibration else { return Vec::new() };
    let known: Vec<f64> = calibration.tests.iter().filter_map(|p| *p).collect();
    let mut found = holm(&known, 0.05).into_iter();
    Misfit::ALL
        .iter()
        .zip(&calibration.tests)
        .map(|(what, p_value)| Test {
            name: what.name().to_owned(),
            p_value: *p_value,
            found: p_value.is_some() && found.next().unwrap_or(false),
        })
        .collect()
}
