//! A log as a regression: what is known before a round, and what comes out of it.

use super::basis::Basis;
use super::log::Log;
use nalgebra::DMatrix;

/// How many of what: `r` coordinates of the state, `o` outcomes, `m` shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    pub r: usize,
    pub o: usize,
    pub m: usize,
    /// Whether the Jacobian moves with the shares.
    pub moving: bool,
}

impl Shape {
    /// Regressors: the state, 1, the shares, and their products with the state if these count.
    pub fn p(self) -> usize {
        self.r + 1 + self.m + if self.moving { self.m * self.r } else { 0 }
    }

    /// Responses: the next state and the outcomes that come with it.
    pub fn q(self) -> usize {
        self.r + self.o
    }

    /// Position of the regressor 1.
    pub fn constant(self) -> usize {
        self.r
    }

    /// Position of a share among the regressors.
    pub fn share(self, k: usize) -> usize {
        self.r + 1 + k
    }

    /// Position of the product of a share and a coordinate, if these count.
    pub fn product(self, share: usize, coordinate: usize) -> usize {
        self.r + 1 + self.m + share * self.r + coordinate
    }

    /// Writes the regressors of one transition.
    pub fn regressors(self, state: &[f64], shares: &[f64], out: &mut [f64]) {
        out[..self.r].copy_from_slice(state);
        out[self.r] = 1.0;
        out[self.r + 1..=self.r + self.m].copy_from_slice(shares);
        if self.moving {
            let products = shares.iter().flat_map(|s| state.iter().map(move |x| s * x));
            for (slot, product) in out[self.r + 1 + self.m..].iter_mut().zip(products) {
                *slot = product;
            }
        }
    }
}

/// A column that is used as `(value - mean) / scale`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    pub mean: f64,
    pub scale: f64,
}

impl Scaled {
    fn of(values: impl Iterator<Item = f64> + Clone) -> Scaled {
        let n = values.clone().count().max(1) as f64;
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / n;
        let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        Scaled { mean, scale }
    }
}

/// One run in coordinates: where it starts, and the shares of each of its transitions.
#[derive(Clone, Debug)]
pub(super) struct Course {
    pub start: Vec<f64>,
    /// Row by row, `m` a transition.
    pub shares: Vec<f64>,
    pub transitions: usize,
}

/// The regression: `n` transitions of all runs, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Data {
    pub shape: Shape,
    pub courses: Vec<Course>,
    pub shares: Vec<Scaled>,
    pub outcomes: Vec<Scaled>,
    /// Regressors, `n × p`.
    pub u: DMatrix<f64>,
    /// Responses, `n × q`.
    pub y: DMatrix<f64>,
}

impl Data {
    /// The transitions of `log` in the coordinates of `basis`, relative to the state `origin`
    /// (coordinates); the shares at `kept` (positions in the log) are regressors.
    pub fn of(log: &Log, basis: &Basis, origin: &[f64], kept: &[usize], moving: bool) -> Data {
        let r = basis.forth.nrows();
        let shape = Shape { r, o: log.outcomes.len(), m: kept.len(), moving };
        // The first row's shares and outcomes belong to a round that the log does not show.
        let later = |of: fn(&super::log::Run) -> &Vec<Vec<f64>>, k: usize| {
            let values = log.runs.iter().flat_map(move |run| of(run).iter().skip(1));
            Scaled::of(values.map(move |row| row[k]))
        };
        let shares: Vec<Scaled> = kept.iter().map(|&k| later(|run| &run.shares, k)).collect();
        let outcomes: Vec<Scaled> = (0..shape.o).map(|k| later(|run| &run.outcomes, k)).collect();
        let n = log.transitions();
        let mut data = Data {
            shape,
            courses: Vec::new(),
            shares,
            outcomes,
            u: DMatrix::zeros(n, shape.p()),
            y: DMatrix::zeros(n, shape.q()),
        };
        let mut row = 0;
        let mut regressors = vec![0.0; shape.p()];
        for run in &log.runs {
            let coordinates: Vec<Vec<f64>> =
                run.states.iter().map(|x| coordinates(basis, x, origin)).collect();
            let mut course = Course {
                start: coordinates[0].clone(),
                shares: Vec::new(),
                transitions: coordinates.len() - 1,
            };
            for t in 1..coordinates.len() {
                let scaled = kept.iter().zip(&data.shares);
                let now: Vec<f64> =
                    scaled.map(|(&k, s)| (run.shares[t][k] - s.mean) / s.scale).collect();
                shape.regressors(&coordinates[t - 1], &now, &mut regressors);
                for (k, value) in regressors.iter().enumerate() {
                    data.u[(row, k)] = *value;
                }
                for (k, value) in coordinates[t].iter().enumerate() {
                    data.y[(row, k)] = *value;
                }
                for (k, s) in data.outcomes.iter().enumerate() {
                    data.y[(row, r + k)] = (run.outcomes[t][k] - s.mean) / s.scale;
                }
                course.shares.extend(now);
                row += 1;
            }
            data.courses.push(course);
        }
        data
    }

    /// Number of transitions.
    pub fn n(&self) -> usize {
        self.u.nrows()
    }
}

fn coordinates(basis: &Basis, state: &[f64], origin: &[f64]) -> Vec<f64> {
    let r = basis.forth.nrows();
    let one = |k: usize| -> f64 {
        let terms = state.iter().enumerate();
        terms.map(|(i, x)| basis.forth[(k, i)] * (x - basis.mean[i])).sum()
    };
    (0..r).map(|k| one(k) - origin[k]).collect()
}
