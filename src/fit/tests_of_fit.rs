//! What residuals say against the fit: statistics, calibrated by drawn logs.

use super::data::Data;
use nalgebra::{Cholesky, DMatrix, DVector};

/// What a log is tested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Misfit {
    /// Residuals of successive rounds are correlated.
    Memory,
    /// The next state is no affine function of the last.
    Curvature,
    /// The loop changes with the rounds.
    Drift,
    /// The Jacobian changes with the shares.
    Moving,
    /// Runs differ by more than their shares.
    Runs,
    /// The noise grows or shrinks with the rounds.
    Spread,
    /// The noise has heavier tails than a normal one.
    Tails,
}

impl Misfit {
    pub const ALL: [Misfit; 7] = [
        Misfit::Memory,
        Misfit::Curvature,
        Misfit::Drift,
        Misfit::Moving,
        Misfit::Runs,
        Misfit::Spread,
        Misfit::Tails,
    ];

    /// Its name in the results.
    pub fn name(self) -> &'static str {
        match self {
            Misfit::Memory => "memory",
            Misfit::Curvature => "curvature",
            Misfit::Drift => "drift",
            Misfit::Moving => "moving Jacobian",
            Misfit::Runs => "runs differ",
            Misfit::Spread => "noise not constant",
            Misfit::Tails => "heavy tails",
        }
    }

    /// What it means if it is found.
    pub fn says(self) -> &'static str {
        match self {
            Misfit::Memory => {
                "residuals of successive rounds are correlated: what comes next depends on more \
                 than these columns (a state that is not logged, memory, or error in measuring the \
                 columns, which makes rates look faster)"
            }
            Misfit::Curvature => {
                "the next round is no affine function of the last: the log leaves the neighbourhood \
                 in which the loop is linear"
            }
            Misfit::Drift => {
                "the loop changes with the rounds (a schedule, say): no single loop fits the log"
            }
            Misfit::Moving => "the Jacobian changes with the shares, not the constant alone",
            Misfit::Runs => "runs differ by more than their shares and starts explain",
            Misfit::Spread => "the noise grows or shrinks with the rounds",
            Misfit::Tails => "single rounds are off by more than normal noise allows",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Misfit::Memory => "log more of the state, or average the evaluation over more samples",
            Misfit::Curvature => {
                "leave out the first rounds, which are furthest from the stable point"
            }
            Misfit::Drift => "fit the rounds before and after the change apart",
            Misfit::Moving => "fit with `--moving-jacobian`, or runs at nearby shares alone",
            Misfit::Runs => {
                "fit the runs apart and compare, or log what differs between them as a share"
            }
            Misfit::Spread => "fit the rounds of constant noise alone",
            Misfit::Tails => "look at the rounds with the largest residuals",
        }
    }
}

/// The statistic, larger is worse; `None` where the log is too short for it.
///
/// `u` (`n × p`) are regressors in the layout of `data`, `e` (`n × q`) the residuals of least squares
/// on them.
pub(super) fn statistic(
    what: Misfit,
    data: &Data,
    u: &DMatrix<f64>,
    gram: &DMatrix<f64>,
    e: &DMatrix<f64>,
) -> Option<f64> {
    let shape = data.shape;
    let (n, r) = (u.nrows(), shape.r);
    let e = e.columns(0, r).into_owned();
    let added = |w: DMatrix<f64>| added(&w, u, gram, &e);
    match what {
        Misfit::Memory => {
            let starts = starts(data);
            let lag = |i: usize, k: usize| if starts.contains(&i) { 0.0 } else { e[(i - 1, k)] };
            added(DMatrix::from_fn(n, r, lag))
        }
        Misfit::Curvature => added(DMatrix::from_fn(n, r, |i, k| u[(i, k)].powi(2))),
        Misfit::Drift => {
            let rounds = rounds(data);
            added(DMatrix::from_fn(n, 1, |i, _| rounds[i]))
        }
        Misfit::Moving if shape.m == 0 || shape.moving => None,
        Misfit::Moving => added(DMatrix::from_fn(n, shape.m * r, |i, k| {
            u[(i, shape.share(k / r))] * u[(i, k % r)]
        })),
        Misfit::Runs => {
            let starts = starts(data);
            let of = |i: usize| starts.iter().filter(|s| **s <= i).count() - 1;
            let runs = starts.len();
            if runs < 2 {
                return None;
            }
            added(DMatrix::from_fn(n, runs - 1, |i, k| f64::from(u8::from(of(i) == k))))
        }
        Misfit::Spread => {
            let sizes = sizes(&e)?;
            let rounds = rounds(data);
            Some(correlation(&sizes, &rounds).abs())
        }
        Misfit::Tails => {
            let sizes = sizes(&e)?;
            Some(sizes.iter().map(|s| s * s).sum::<f64>() / n as f64)
        }
    }
}

/// Rows at which runs begin.
fn starts(data: &Data) -> Vec<usize> {
    let mut next = 0;
    data.courses
        .iter()
        .map(|course| {
            let start = next;
            next += course.transitions;
            start
        })
        .collect()
}

/// The round of each row, from 0 in its run, over the length of the longest run.
fn rounds(data: &Data) -> Vec<f64> {
    let longest = data.courses.iter().map(|c| c.transitions).max().unwrap_or(1) as f64;
    data.courses.iter().flat_map(|c| (0..c.transitions).map(move |t| t as f64 / longest)).collect()
}

/// Squared length of each row in the metric of the residuals.
fn sizes(e: &DMatrix<f64>) -> Option<Vec<f64>> {
    let n = e.nrows();
    let factor = Cholesky::new(e.transpose() * e / n as f64)?;
    let scaled = factor.l().solve_lower_triangular(&e.transpose())?;
    Some(scaled.column_iter().map(|c| c.norm_squared()).collect())
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (mx, my) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        x.iter().zip(y).map(|(a, b)| f(a - mx, b - my)).sum()
    };
    let scale = (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt();
    if scale > 0.0 { sum(&|a, b| a * b) / scale } else { 0.0 }
}

/// Likelihood ratio of further regressors `w`: `n` times the fall of `ln det` of the residuals' Gram
/// matrix.
fn added(w: &DMatrix<f64>, u: &DMatrix<f64>, gram: &DMatrix<f64>, e: &DMatrix<f64>) -> Option<f64> {
    const DEPENDENT: f64 = 1e-7;
    let mut basis: Vec<DVector<f64>> = Vec::new();
    for column in w.column_iter() {
        let size = column.norm();
        let mut rest = column.into_owned();
        // Twice is enough for orthogonality to rounding.
        for _ in 0..2 {
            let of_u = u * (gram * (u.transpose() * &rest));
            rest -= of_u;
            for b in &basis {
                let part = b.dot(&rest);
                rest.axpy(-part, b, 1.0);
            }
        }
        let left = rest.norm();
        if left > DEPENDENT * size && left > 0.0 {
            basis.push(rest / left);
        }
    }
    let (n, r) = (e.nrows(), e.ncols());
    if basis.is_empty() || n < u.ncols() + basis.len() + r + 1 {
        return None;
    }
    let explained = DMatrix::from_columns(&basis).transpose() * e;
    let before = e.transpose() * e;
    let after = &before - explained.transpose() * &explained;
    let log_det = |m: DMatrix<f64>| -> Option<f64> {
        let factor = Cholesky::new(m)?;
        Some(2.0 * factor.l().diagonal().iter().map(|x| x.ln()).sum::<f64>())
    };
    let before = log_det(before)?;
    // Nothing may be left: then they explain all.
    Some(log_det(after).map_or(f64::INFINITY, |after| n as f64 * (before - after)))
}
