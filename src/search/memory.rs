//! Random loops with memory, as points, and what the claims about them ask of one.

use crate::case::{Arithmetic, Route, View};
use crate::domain::Domain;
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::memory::{
    Answer, Stationary, by_determinants, simulated, solved, stationary_constants,
};
use crate::influence::{Constants, Pair};
use crate::linalg;
use crate::point::Point;
use crate::scalar::{Real, Scalar};
use crate::systems::{GaussianLoop, MemoryLoop, MemoryModel, Round};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cell::OnceCell;

/// Loops of Eqs. (1) and (2), linear rewards, `K = ∞`.
///
/// A point has for `p` the shares `lambda_S`, `lambda_H`, the fraction `c_theta`, the matrix `U`, the
/// diagonal `hessian_p`, the mean `real_p` of real pairs, the reward `reward_p`, the variance
/// `noise_p` of what it makes (curation then shifts the mean by `noise_p · reward_p`), and `misfit_p`
/// by which its loss differs from the squared loss of its own regression: $B = H(I, -U) +$ misfit.
/// For `q` the same with `mu_S`, `mu_H`, `c_phi`, `V`. Coordinates can be chosen so that Hessians are
/// diagonal. Points of plain loops have no misfits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Every loss is the squared loss of the model's own regression.
    Plain,
    /// The same, and cross data flow one way at most.
    OneWay,
    /// In half of the loops losses do not match.
    AnyLoss,
}

/// Largest dimension of either half of a pair.
const MAX_DIMENSION: usize = 3;

/// The names of the entries of either model.
struct Names {
    raw: &'static str,
    curated: &'static str,
    cross: &'static str,
    slope: &'static str,
    hessian: &'static str,
    misfit: &'static str,
    real: &'static str,
    reward: &'static str,
    noise: &'static str,
}

const NAMES: [Names; 2] = [
    Names {
        raw: "lambda_S",
        curated: "lambda_H",
        cross: "c_theta",
        slope: "U",
        hessian: "hessian_p",
        misfit: "misfit_p",
        real: "real_p",
        reward: "reward_p",
        noise: "noise_p",
    },
    Names {
        raw: "mu_S",
        curated: "mu_H",
        cross: "c_phi",
        slope: "V",
        hessian: "hessian_q",
        misfit: "misfit_q",
        real: "real_q",
        reward: "reward_q",
        noise: "noise_q",
    },
];

impl Memory {
    /// The loop that a point stands for.
    ///
    /// # Errors
    /// If shapes do not fit, or a Hessian is singular.
    pub fn system<S: Scalar>(at: &Point<S>) -> Result<MemoryLoop<S>, LoopError> {
        MemoryLoop::new([model(at, 0)?, model(at, 1)?])
    }

    /// Whether one of the models has no data of the other.
    pub fn is_one_way<S: Scalar>(at: &Point<S>) -> bool {
        NAMES.iter().any(|n| at.number(n.cross).is_zero())
    }

    /// Whether the point is one: shares are shares, losses strongly convex, noise positive.
    pub fn is_valid<S: Real>(at: &Point<S>, system: &MemoryLoop<S>) -> bool {
        let noisy = |n: &Names| at.number(n.noise).is_above_zero();
        system.is_valid() && NAMES.iter().all(noisy)
    }
}

fn model<S: Scalar>(at: &Point<S>, i: usize) -> Result<MemoryModel<S>, LoopError> {
    let names = &NAMES[i];
    let [n, m] = [i, 1 - i].map(|k| at.matrix(NAMES[k].reward).nrows());
    let fits = |entry, rows, columns| {
        let fits = at.matrix(entry).shape() == (rows, columns);
        fits.then(|| at.matrix(entry)).ok_or(LoopError::WrongShape { entry, rows, columns })
    };
    let slope = fits(names.slope, n, m)?.clone();
    let hessian = DMatrix::from_diagonal(&fits(names.hessian, n, 1)?.column(0));
    let real = fits(names.real, n + m, 1)?.column(0).into_owned();
    let reward = at.vector(names.reward);
    // The pair is (x, y): p makes its first n entries, q its last.
    let mut matched = DMatrix::from_element(n, n + m, S::zero());
    let (own, input) = if i == 0 { (0, n) } else { (m, 0) };
    matched.columns_mut(own, n).copy_from(&hessian);
    matched.columns_mut(input, m).copy_from(&-(&hessian * &slope));
    if at.get(names.misfit).is_some() {
        matched += fits(names.misfit, n, n + m)?;
    }
    Ok(MemoryModel {
        data: matched,
        slope,
        hessian,
        real,
        raw: at.number(names.raw),
        curated: at.number(names.curated),
        cross: at.number(names.cross),
        shift: &reward * at.number(names.noise),
        reward,
    })
}

/// A loop with memory and what claims ask of it, computed at most once.
pub struct Remembered<S: Scalar> {
    /// The loop.
    pub system: MemoryLoop<S>,
    /// Its stable point, parameters and laws.
    pub stable: DVector<S>,
    /// The loop with input marginals frozen at the stable point.
    pub frozen: GaussianLoop<S>,
    pair: OnceCell<Result<Pair<S>, LoopError>>,
    stationary: OnceCell<Result<Stationary<S>, LoopError>>,
    frozen_kappa: OnceCell<S>,
    stationary_kappa: OnceCell<Option<S>>,
    solved: OnceCell<Result<Answer<S>, LoopError>>,
    floating: [OnceCell<Result<Answer<f64>, LoopError>>; 3],
}

impl<S: Arithmetic> Remembered<S> {
    /// The loop of the view's point.
    ///
    /// # Errors
    /// If the point is none, or has no unique stable point.
    pub fn of<'a>(view: &View<'a, S>) -> Result<&'a Self, LoopError> {
        let at = view.point()?;
        view.once(|| {
            let system = Memory::system(at)?;
            let stable = dynamics::stable_point(&system)?;
            let frozen = system.frozen(&stable)?;
            Ok(Remembered {
                system,
                stable,
                frozen,
                pair: OnceCell::new(),
                stationary: OnceCell::new(),
                frozen_kappa: OnceCell::new(),
                stationary_kappa: OnceCell::new(),
                solved: OnceCell::new(),
                floating: std::array::from_fn(|_| OnceCell::new()),
            })
        })
    }

    /// The frozen loop in the paper's terms.
    ///
    /// # Errors
    /// As [`Pair::new`].
    pub fn pair(&self) -> Result<&Pair<S>, LoopError> {
        self.pair.get_or_init(|| Pair::new(self.frozen.clone())).as_ref().map_err(Clone::clone)
    }

    /// The stationary reading.
    ///
    /// # Errors
    /// As [`Stationary::new`].
    pub fn stationary(&self) -> Result<&Stationary<S>, LoopError> {
        let make = || Stationary::new(&self.system, &self.stable);
        self.stationary.get_or_init(make).as_ref().map_err(Clone::clone)
    }

    /// $\kappa$ with the constants of the frozen reading.
    pub fn frozen_kappa(&self) -> S {
        self.frozen_kappa.get_or_init(|| Constants::of(&self.frozen).kappa()).clone()
    }

    /// $\kappa$ with the constants of the stationary reading, where there are some.
    pub fn stationary_kappa(&self) -> Option<S> {
        let make = || stationary_constants(&self.system).map(|c| c.kappa());
        self.stationary_kappa.get_or_init(make).clone()
    }

    /// How the stable point answers to the curated share of `p`, along a route: one answer, or one
    /// for each order in which the loop was run.
    ///
    /// # Errors
    /// If the loop does not settle where it must be run, or the route needs floating point.
    pub fn answers(&self, route: Route) -> Result<Vec<Answer<S>>, LoopError> {
        if route == Route::Direct {
            let answer = self.solved.get_or_init(|| solved(&self.system)).clone();
            return Ok(vec![answer?]);
        }
        let system = || self.system.lift(Real::lower);
        let by = |cell: usize, round: Option<Round>| -> Result<Answer<S>, LoopError> {
            let run = || match &round {
                Some(round) => simulated(&system()?, round),
                None => by_determinants(&system()?),
            };
            let seen = || self.floating[cell].get_or_init(run).clone();
            let [p, q] = [0, 1].map(|i| S::floating(|| Ok(seen()?.size[i])));
            let (dp, dq) = (S::floating(|| Ok(seen()?.dp))?, S::floating(|| Ok(seen()?.dq))?);
            Ok(Answer { dp, dq, size: [p?, q?] })
        };
        match route {
            Route::Simulation => Ok(vec![
                by(0, Some(Round::Simultaneous))?,
                by(1, Some(Round::Sequential(vec![0, 1])))?,
            ]),
            _ => Ok(vec![by(2, None)?]),
        }
    }
}

impl Domain for Memory {
    fn name(&self) -> &'static str {
        match self {
            Memory::Plain => "memory",
            Memory::OneWay => "memory-one-way",
            Memory::AnyLoss => "memory-any-loss",
        }
    }

    fn what(&self) -> &'static str {
        match self {
            Memory::Plain => {
                "affine loops with memory: pairs of 1 to 3 and 1 to 3 entries, slopes with entries \
                 up to 1, the squared losses of the models' own regressions with diagonal Hessians \
                 up to 4, cross fractions in eighths, linear rewards by which the makers curate; \
                 synthetic shares aimed at a value of kappa from (0.02, 1.05), inputs frozen"
            }
            Memory::OneWay => "as `memory`, but one of the cross fractions is 0",
            Memory::AnyLoss => {
                "as `memory`, but in half of the loops the losses do not match what the models make"
            }
        }
    }

    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let d = [rng.random_range(1..=MAX_DIMENSION), rng.random_range(1..=MAX_DIMENSION)];
        let misfit = (*self == Memory::AnyLoss).then(|| rng.random_bool(0.5));
        let targets = super::random::aim_at_kappa(rng);
        let silent = rng.random_range(0..2);
        let mut at = Point::new();
        for (i, target) in [targets.0, targets.1].into_iter().enumerate() {
            let cross = match rng.random_range(0..10) {
                _ if *self == Memory::OneWay && i == silent => 0.0,
                0 => 0.0,
                1 => 1.0,
                _ => f64::from(rng.random_range(1..8)) / 8.0,
            };
            at = drawn(rng, at, i, d, misfit, cross, target);
        }
        at
    }

    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let silent = rng.random_range(0..2);
        let mut at = Point::new();
        for (i, names) in NAMES.iter().enumerate() {
            let pick =
                |rng: &mut Xoshiro256PlusPlus, from: &[f64]| *from.choose(rng).expect("not empty");
            let entries = |rng: &mut Xoshiro256PlusPlus, n, from: &[f64]| {
                DVector::from_fn(n, |_, _| *from.choose(rng).expect("not empty"))
            };
            let share = pick(rng, &[0.05, 0.1, 0.2]);
            // Shares of a tenth are where kappa < 1 is met.
            let curated = if i == 0 { share } else { pick(rng, &[0.0, 0.0, 0.1]) };
            let raw = pick(rng, &[0.0, 0.1, 0.2]);
            let silenced = *self == Memory::OneWay && i == silent;
            let cross = if silenced { 0.0 } else { pick(rng, &[0.25, 0.5, 1.0, 0.0]) };
            at = at
                .with(names.raw, raw)
                .with(names.curated, curated)
                .with(names.cross, cross)
                .with(names.noise, 1.0)
                .with_vector(names.hessian, entries(rng, 1, &[1.0]))
                .with_vector(names.real, entries(rng, 2, &[0.0, 0.0, 1.0, -1.0, 2.0, -2.0]))
                .with_vector(names.reward, entries(rng, 1, &[1.0, -1.0, 0.5, 2.0]))
                .with(names.slope, pick(rng, &[0.0, 0.5, -1.0, 1.0]));
            if *self == Memory::AnyLoss {
                let misfit = DMatrix::from_fn(1, 2, |_, _| pick(rng, &[0.0, 0.0, 1.0, -1.0, 0.5]));
                at = at.with_matrix(names.misfit, misfit);
            }
        }
        at
    }

    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let mut shapes = Vec::new();
        for (i, names) in NAMES.iter().enumerate() {
            let d = at.matrix(names.reward).nrows();
            if d > 1 {
                shapes.extend((0..d).map(|k| without_coordinate(at, i, k)));
            }
        }
        shapes
    }
}

/// The point without entry `k` of what model `i` makes.
fn without_coordinate(at: &Point<f64>, i: usize, k: usize) -> Point<f64> {
    let (own, other) = (&NAMES[i], &NAMES[1 - i]);
    // The pair is (x, y): what q makes comes last.
    let in_pair = if i == 0 { k } else { at.matrix(other.reward).nrows() + k };
    let mut smaller = at.clone();
    for name in [own.hessian, own.reward, own.slope, own.misfit] {
        if let Some(entry) = at.get(name) {
            smaller = smaller.with_matrix(name, entry.clone().remove_row(k));
        }
    }
    let slope = smaller.matrix(other.slope).clone().remove_column(k);
    smaller = smaller.with_matrix(other.slope, slope);
    for names in &NAMES {
        let real = smaller.matrix(names.real).clone().remove_row(in_pair);
        smaller = smaller.with_matrix(names.real, real);
        if let Some(misfit) = smaller.get(names.misfit).cloned() {
            smaller = smaller.with_matrix(names.misfit, misfit.remove_column(in_pair));
        }
    }
    smaller
}

/// Adds model `i`, its synthetic share such that $L\varepsilon/\gamma$ of the frozen reading comes
/// near `target`.
fn drawn(
    rng: &mut Xoshiro256PlusPlus,
    at: Point<f64>,
    i: usize,
    d: [usize; 2],
    misfit: Option<bool>,
    cross: f64,
    target: f64,
) -> Point<f64> {
    let (names, n, m) = (&NAMES[i], d[i], d[1 - i]);
    let mut sixteenths = |most: i32| f64::from(rng.random_range(-most..=most)) / 16.0;
    let slope = DMatrix::from_fn(n, m, |_, _| sixteenths(16));
    let misfits =
        DMatrix::from_fn(n, n + m, |_, _| if misfit == Some(true) { sixteenths(16) } else { 0.0 });
    let real = DVector::from_fn(n + m, |_, _| sixteenths(32));
    let reward = DVector::from_fn(n, |_, _| sixteenths(32));
    let noise = f64::from(rng.random_range(4..=32)) / 16.0;
    let plain = rng.random_bool(0.5);
    let hessian = DVector::from_fn(n, |_, _| {
        if plain { 1.0 } else { f64::from(1_u32 << rng.random_range(0..=2_u32)) }
    });
    let mut at = at
        .with_vector(names.hessian, hessian.clone())
        .with_matrix(names.slope, slope.clone())
        .with_vector(names.real, real)
        .with_vector(names.reward, reward)
        .with(names.noise, noise)
        .with(names.cross, cross);
    if misfit.is_some() {
        at = at.with_matrix(names.misfit, misfits.clone());
    }
    // |B| does not depend on the order of the columns: (H, -HU) + misfit is as good.
    let h = DMatrix::from_diagonal(&hessian);
    let mut data = misfits;
    let (own, input) = if i == 0 { (0, n) } else { (m, 0) };
    data.columns_mut(own, n).zip_apply(&h, |x, y| *x += y);
    data.columns_mut(input, m).zip_apply(&(&h * &slope), |x, y| *x -= y);
    let smooth = linalg::spectral_norm(&data).max(hessian.max());
    let spread = (cross * cross + (1.0 - cross) * (1.0 - cross)).sqrt();
    let grid = f64::from(1_u32 << 12);
    let share = (target * hessian.min() / (smooth * spread)).min(0.95);
    let curated = share * f64::from(rng.random_range(1..=15)) / 16.0;
    let curated = (curated * grid).ceil() / grid;
    at.with(names.curated, curated)
        .with(names.raw, ((share - curated) * grid).round().max(0.0) / grid)
}
