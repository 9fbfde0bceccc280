//! How often the intervals cover, measured on drawn logs of known loops.
//!
//! `cargo run --release --example fit_coverage` makes the table of `docs/fit.md`.

use super::{Fit, FitError, Interval, Log, Options, Precision, Run, fit};
use crate::dynamics::spectrum::Spectrum;
use crate::search::generator;
use nalgebra::{DMatrix, DVector, dmatrix};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal, StudentT};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// How a log's shares vary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// There are none.
    None,
    /// Evenly spread over the runs, 0 to 1.
    Between,
    /// Drawn anew each round, uniform on 0 to 1.
    Within,
}

/// The law of the noise, always with variance one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// Normal.
    Normal,
    /// Student's with five degrees of freedom.
    Heavy,
    /// An exponential less its mean.
    Skewed,
}

/// A loop whose numbers are known, and how it is logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// What is special about it.
    pub name: String,
    /// `J`, `d × d`.
    pub jacobian: DMatrix<f64>,
    /// How the constant moves with the share, `d`.
    pub pull: DVector<f64>,
    /// How the Jacobian moves with the share, `d × d`.
    pub turn: DMatrix<f64>,
    /// The stable point at share zero, `d`.
    pub stable: DVector<f64>,
    /// Standard deviation of the noise of each column.
    pub noise: f64,
    /// Its law.
    pub law: Noise,
    /// Standard deviation of where runs start around the stable point at share zero.
    pub spread: f64,
    /// Rounds of a run, the first included.
    pub rounds: usize,
    /// Runs.
    pub runs: usize,
    /// The share.
    pub schedule: Schedule,
    /// Standard deviation of what is added to columns when they are measured.
    pub measured: f64,
    /// Whether the fit lets the Jacobian move.
    pub moving: bool,
}

impl Truth {
    /// A loop with normal noise of size 0.1 that is logged from starts at distance about one, with
    /// influences 1 in every column at `J = 0`.
    pub fn new(name: &str, jacobian: DMatrix<f64>, rounds: usize, runs: usize) -> Truth {
        let d = jacobian.nrows();
        Truth {
            name: name.to_owned(),
            jacobian,
            pull: DVector::from_element(d, 1.0),
            turn: DMatrix::zeros(d, d),
            stable: DVector::from_fn(d, |k, _| 1.0 + k as f64),
            noise: 0.1,
            law: Noise::Normal,
            spread: 1.0,
            rounds,
            runs,
            schedule: if runs > 1 { Schedule::Between } else { Schedule::None },
            measured: 0.0,
            moving: false,
        }
    }

    /// Log number `index` of `seed`. The outcome `sum` is the sum of the columns with noise of half
    /// the size.
    pub fn log(&self, seed: u64, index: u64) -> Log {
        let d = self.jacobian.nrows();
        let mut rng = generator(seed, index);
        let constant = &self.stable - &self.jacobian * &self.stable;
        let shared = self.schedule != Schedule::None;
        let run = |number: usize, rng: &mut Xoshiro256PlusPlus| {
            let mut state = DVector::from_fn(d, |k, _| {
                let z: f64 = StandardNormal.sample(rng);
                self.stable[k] + self.spread * z
            });
            let mut rows = (vec![], vec![], vec![]);
            for round in 0..self.rounds {
                let share = match self.schedule {
                    Schedule::None => 0.0,
                    Schedule::Between => number as f64 / (self.runs - 1).max(1) as f64,
                    Schedule::Within => rng.random::<f64>(),
                };
                if round > 0 {
                    let jacobian = &self.jacobian + &self.turn * share;
                    state = jacobian * &state + &constant + &self.pull * share;
                    for x in state.iter_mut() {
                        *x += self.noise * self.law.draw(rng);
                    }
                }
                let mut blur = |x: f64| {
                    let z: f64 = StandardNormal.sample(rng);
                    x + self.measured * z
                };
                let seen: Vec<f64> = state.iter().map(|x| blur(*x)).collect();
                let z: f64 = StandardNormal.sample(rng);
                rows.1.push(vec![state.sum() + 0.5 * self.noise * z]);
                rows.0.push(seen);
                rows.2.push(if shared { vec![share] } else { vec![] });
            }
            let name = number.to_string();
            Run { name, first: 0, states: rows.0, outcomes: rows.1, shares: rows.2 }
        };
        Log {
            columns: (0..d).map(|k| format!("x.{}", k + 1)).collect(),
            outcomes: vec!["alignment.sum".to_owned()],
            shares: if shared { vec!["share.curated".to_owned()] } else { vec![] },
            runs: (0..self.runs).map(|number| run(number, &mut rng)).collect(),
            precision: Precision::default(),
        }
    }

    /// The Jacobian at a share.
    fn at(&self, share: f64) -> DMatrix<f64> {
        &self.jacobian + &self.turn * share
    }

    /// The stable point at a share; `None` where there is none.
    fn stable_at(&self, share: f64) -> Option<DVector<f64>> {
        let constant = &self.stable - &self.jacobian * &self.stable + &self.pull * share;
        self.inverse(share, &constant)
    }

    /// How the stable point moves with the share.
    fn influence_at(&self, share: f64) -> Option<DVector<f64>> {
        self.inverse(share, &(&self.pull + &self.turn * self.stable_at(share)?))
    }

    fn inverse(&self, share: f64, b: &DVector<f64>) -> Option<DVector<f64>> {
        let d = self.jacobian.nrows();
        (DMatrix::identity(d, d) - self.at(share)).lu().solve(b)
    }
}

impl Noise {
    fn draw(self, rng: &mut Xoshiro256PlusPlus) -> f64 {
        match self {
            Noise::Normal => StandardNormal.sample(rng),
            Noise::Heavy => {
                let law = StudentT::new(5.0).expect("five degrees of freedom");
                let t: f64 = law.sample(rng);
                t / (5.0_f64 / 3.0).sqrt()
            }
            Noise::Skewed => {
                let u: f64 = rng.random();
                -(1.0 - u).ln() - 1.0
            }
        }
    }
}

/// How often an interval covered.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// Logs with such an interval.
    pub of: usize,
    /// How many of them hold the truth.
    pub covered: usize,
    /// How many have no bound on a side.
    pub unbounded: usize,
}

impl Count {
    fn add(&mut self, interval: Option<Interval>, truth: Option<f64>) {
        let (Some(interval), Some(truth)) = (interval, truth) else { return };
        self.of += 1;
        self.covered += usize::from(interval.contains(truth));
        self.unbounded += usize::from(!interval.is_bounded());
    }

    /// The share that covered.
    pub fn rate(&self) -> Option<f64> {
        (self.of > 0).then(|| self.covered as f64 / self.of as f64)
    }

    /// The share without a bound.
    pub fn open(&self) -> f64 {
        self.unbounded as f64 / self.of.max(1) as f64
    }
}

/// What was measured on one truth.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The truth.
    pub truth: Truth,
    /// Its spectral radius.
    pub radius: f64,
    /// Logs drawn.
    pub logs: usize,
    /// Logs that were refused.
    pub refused: usize,
    /// The spectral radius.
    pub rate: Count,
    /// The leading eigenvalue, in the region of some estimate.
    pub leading: Count,
    /// The first entry of `J`.
    pub entry: Count,
    /// The first column's stable value.
    pub stable: Count,
    /// The first column's influence.
    pub influence: Count,
    /// The outcome's influence; without a share, its stable value.
    pub outcome: Count,
    /// Logs in which a test of the residuals found something.
    pub alarms: usize,
    /// Median width of the rate's bounded intervals.
    pub width: Option<f64>,
}

/// Draws `logs` logs of a truth, fits each, and counts.
///
/// # Errors
/// If the truth has no spectrum.
pub fn measure(truth: &Truth, logs: usize, seed: u64, options: &Options) -> Result<Row, FitError> {
    let spectrum =
        Spectrum::of(&truth.at(0.5 * f64::from(u8::from(truth.schedule != Schedule::None))))
            .map_err(|_| FitError::Numerical("no eigenvalues of the truth"))?;
    let leading = spectrum.leading();
    let fits: Vec<Option<Fit>> = (0..logs as u64)
        .into_par_iter()
        .map(|index| {
            let seed_here = seed ^ index.wrapping_mul(0x9e37);
            let options = Options { seed: seed_here, moving: truth.moving, ..*options };
            fit(&truth.log(seed, index), &options).ok()
        })
        .collect();
    let mut row = Row {
        truth: truth.clone(),
        radius: spectrum.radius(),
        logs,
        refused: 0,
        rate: Count::default(),
        leading: Count::default(),
        entry: Count::default(),
        stable: Count::default(),
        influence: Count::default(),
        outcome: Count::default(),
        alarms: 0,
        width: None,
    };
    let mut widths = Vec::new();
    for found in fits {
        let Some(found) = found else {
            row.refused += 1;
            continue;
        };
        let at = found.shares.first().map_or(0.0, |s| s.at);
        // With a moving Jacobian each log has its own mean share.
        let here = if truth.turn.amax() > 0.0 { truth.at(at) } else { truth.jacobian.clone() };
        let radius = Spectrum::of(&here).map_or(f64::NAN, |s| s.radius());
        row.rate.add(found.rate.interval, Some(radius));
        row.leading.of += 1;
        row.leading.covered += usize::from(found.eigenvalues.iter().any(|e| {
            let point = (leading.re, leading.im);
            let mirrored = (leading.re, -leading.im);
            e.holds(point) || e.holds(mirrored)
        }));
        let entry = found.jacobian[0][0].and_then(|entry| entry.interval);
        row.entry.add(entry, Some(here[(0, 0)]));
        let stable = truth.stable_at(at);
        row.stable.add(found.stable[0].interval, stable.as_ref().map(|x| x[0]));
        let influence = truth.influence_at(at);
        let of = found.influences.first().and_then(|i| i.interval);
        row.influence.add(of, influence.as_ref().map(|x| x[0]));
        if let Some(last) = found.influences.last() {
            row.outcome.add(last.interval, influence.map(|x| x.sum()));
        } else {
            let last = found.stable.last().and_then(|v| v.interval);
            row.outcome.add(last, stable.map(|x| x.sum()));
        }
        row.alarms += usize::from(found.tests.iter().any(|t| t.found));
        if let Some(Interval { lo: Some(lo), hi: Some(hi) }) = found.rate.interval {
            widths.push(hi - lo);
        }
    }
    widths.sort_by(f64::total_cmp);
    row.width = widths.get(widths.len() / 2).copied();
    Ok(row)
}

/// The truths of the table.
pub fn truths() -> Vec<Truth> {
    let scalar = |rho: f64| dmatrix![rho];
    let pair = |modulus: f64, turn: f64| {
        let (s, c) = turn.sin_cos();
        dmatrix![modulus * c, -2.0 * modulus * s; modulus * s / 2.0, modulus * c]
    };
    let two = dmatrix![0.5, 0.4; 0.2, 0.3];
    let three = dmatrix![0.5, 0.3, 0.0; 0.0, 0.4, 0.3; 0.2, 0.0, 0.3];
    let diagonal = |d: usize| {
        DMatrix::from_fn(d, d, |i, j| match () {
            () if i == j => 0.8 / (1.0 + i as f64 * 0.5),
            () if j == i + 1 => 0.2,
            () => 0.0,
        })
    };
    let settled = |t: Truth| Truth { spread: 0.1, ..t };
    let noisy = |noise: f64, t: Truth| Truth { noise, ..t };
    let within = |t: Truth| Truth { schedule: Schedule::Within, ..t };
    let mut all = vec![
        Truth::new("fast", scalar(0.2), 10, 1),
        Truth::new("slow", scalar(0.9), 10, 1),
        Truth::new("slow, 5 rounds", scalar(0.9), 5, 1),
        Truth::new("slow, 6 rounds", scalar(0.9), 6, 1),
        Truth::new("slow, 30 rounds", scalar(0.9), 30, 1),
        Truth::new("0.98", scalar(0.98), 40, 1),
        Truth::new("0.98, 200 rounds", scalar(0.98), 200, 1),
        settled(Truth::new("0.95, settled", scalar(0.95), 30, 1)),
        settled(Truth::new("0.7, settled, 200 rounds", scalar(0.7), 200, 1)),
        Truth::new("negative", scalar(-0.8), 15, 1),
        Truth::new("zero", scalar(0.0), 15, 1),
        Truth::new("diverging", scalar(1.05), 20, 1),
        noisy(1.0, Truth::new("loud", scalar(0.8), 20, 1)),
        noisy(0.001, Truth::new("quiet", scalar(0.8), 10, 1)),
        noisy(1e-6, Truth::new("very quiet", scalar(0.8), 8, 1)),
        Truth::new("three runs", scalar(0.8), 8, 3),
        Truth::new("ten short runs", scalar(0.8), 5, 10),
        within(Truth::new("share within a run", scalar(0.8), 30, 1)),
        noisy(0.5, within(Truth::new("loud, share within", scalar(0.9), 30, 1))),
        Truth::new("two columns", two.clone(), 15, 1),
        Truth::new("two columns, 8 rounds", two.clone(), 8, 1),
        Truth::new("two columns, 4 runs", two.clone(), 15, 4),
        settled(Truth::new("two columns, settled", two.clone(), 40, 1)),
        Truth::new("complex pair", pair(0.8, 1.0), 20, 1),
        Truth::new("complex pair, 4 runs", pair(0.95, 0.3), 15, 4),
        Truth::new("complex pair, slow turn", pair(0.8, 0.1), 20, 2),
        Truth::new("equal, defective", dmatrix![0.7, 0.5; 0.0, 0.7], 20, 2),
        Truth::new("equal, diagonal", dmatrix![0.7, 0.0; 0.0, 0.7], 20, 2),
        Truth::new("opposite signs", dmatrix![0.1, 0.8; 0.8, 0.1], 15, 2),
        Truth::new("nothing but noise", DMatrix::zeros(2, 2), 15, 1),
        Truth::new("one near 1", dmatrix![0.97, 0.3; 0.0, 0.3], 40, 2),
        Truth::new("diverging pair", pair(1.05, 0.8), 15, 2),
        Truth::new("three columns", three.clone(), 20, 3),
        Truth::new("three columns, one run", three.clone(), 20, 1),
        noisy(0.5, Truth::new("three columns, loud", three.clone(), 30, 4)),
        within(Truth::new("four columns", diagonal(4), 40, 2)),
        Truth::new("six columns", diagonal(6), 30, 4),
        Truth::new("six columns, 20 rounds", diagonal(6), 20, 1),
        Truth { law: Noise::Heavy, ..Truth::new("heavy tails", two.clone(), 15, 4) },
        Truth { law: Noise::Skewed, ..Truth::new("skewed noise", two.clone(), 15, 4) },
        Truth { law: Noise::Skewed, ..Truth::new("skewed, short", scalar(0.8), 10, 1) },
    ];
    let moves =
        Truth { turn: dmatrix![0.0, 0.3; 0.0, 0.3], ..Truth::new("J moves", two.clone(), 20, 4) };
    all.extend([
        Truth { moving: true, ..Truth { name: "J moves, and is let".into(), ..moves.clone() } },
        noisy(0.02, Truth::new("20 columns by modes", plane(&two), 30, 4)),
    ]);
    // Where the model is wrong: the tests should say so.
    all.extend([Truth { measured: 0.1, ..Truth::new("measured with error", two, 30, 4) }, moves]);
    all
}

/// A loop of 20 columns that acts in a plane only, as `j` does.
fn plane(j: &DMatrix<f64>) -> DMatrix<f64> {
    const COLUMNS: usize = 20;
    let frame = DMatrix::from_fn(COLUMNS, 2, |i, k| {
        let turn = std::f64::consts::TAU * i as f64 / COLUMNS as f64;
        (2.0 / COLUMNS as f64).sqrt() * if k == 0 { turn.cos() } else { turn.sin() }
    });
    &frame * j * frame.transpose()
}
