//! Coordinates in which a log is well scaled, and fewer of them where it has many columns.

use super::log::Log;
use nalgebra::{DMatrix, DVector, SVD};

/// `r` modes of the states of a log: coordinates with mean zero and unit covariance.
///
/// The deviations from the mean, each column over its standard deviation, have the singular value
/// decomposition $U S V^\top$; mode `k` is column `k` of `V`, its coordinate a column of
/// $\sqrt{N}\,U$. With `r = D` modes nothing is lost, and results do not depend on the units of the
/// columns; with fewer this is the projection of dynamic mode decomposition (Schmid, *J. Fluid
/// Mech.* 656, 2010).
#[derive(Clone, Debug)]
pub(super) struct Basis {
    /// Mean state, `D`.
    pub mean: DVector<f64>,
    /// From coordinates to deviations, `D × r`.
    pub back: DMatrix<f64>,
    /// From deviations to coordinates, `r × D`.
    pub forth: DMatrix<f64>,
    /// Share of the variance of the scaled columns that the modes carry.
    pub kept: f64,
}

/// The singular values, and what makes a basis of the first of them.
pub(super) struct Modes {
    mean: DVector<f64>,
    scale: DVector<f64>,
    /// Descending; of the deviations over the root of the number of rows.
    pub values: Vec<f64>,
    directions: DMatrix<f64>,
}

/// How many modes were visited, and the singular value below which they were not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visited {
    pub count: usize,
    pub floor: f64,
}

/// A column as an affine function of others.
pub(super) struct Relation {
    pub of: usize,
    /// Columns with their coefficients.
    pub others: Vec<(usize, f64)>,
    pub constant: f64,
    /// How many digits of these are known.
    pub digits: usize,
}

/// Rows that span all rows of `m`, `count` of them: each time the longest of what is left, the first of
/// equals.
fn pivots(m: &DMatrix<f64>, count: usize) -> Vec<usize> {
    const EQUAL: f64 = 1.0 - 1e-6;
    let mut left = m.clone();
    let mut found = Vec::new();
    for _ in 0..count {
        let sizes: Vec<f64> = left.row_iter().map(|row| row.norm()).collect();
        let most = sizes.iter().copied().fold(0.0, f64::max);
        let Some(pivot) = sizes.iter().position(|s| *s >= EQUAL * most) else { break };
        let along = left.row(pivot) / most.max(f64::MIN_POSITIVE);
        left -= &left * along.transpose() * &along;
        found.push(pivot);
    }
    found.sort_unstable();
    found
}

/// Relative size below which a singular value is rounding.
const ROUNDING: f64 = 1e-10;

impl Modes {
    /// Of all rows of a log that something follows; `None` if the decomposition does not converge.
    pub fn of(log: &Log) -> Option<Modes> {
        let rows: Vec<&Vec<f64>> = log.runs.iter().flat_map(|run| &run.states).collect();
        let (n, d) = (rows.len(), log.columns.len());
        let mean = DVector::from_fn(d, |k, _| rows.iter().map(|x| x[k]).sum::<f64>() / n as f64);
        let deviation = |k: usize| {
            let squares: f64 = rows.iter().map(|x| (x[k] - mean[k]).powi(2)).sum();
            (squares / n as f64).sqrt().max(f64::MIN_POSITIVE)
        };
        let scale = DVector::from_fn(d, |k, _| deviation(k));
        let root = (n as f64).sqrt();
        let scaled = DMatrix::from_fn(n, d, |i, k| (rows[i][k] - mean[k]) / (scale[k] * root));
        // Of the smaller side, so that 10,000 rows cost no more than their Gram matrix.
        let svd = SVD::try_new(scaled, false, true, f64::EPSILON, 10_000)?;
        let directions = svd.v_t?.transpose();
        let mut order: Vec<usize> = (0..svd.singular_values.len()).collect();
        order.sort_by(|&a, &b| svd.singular_values[b].total_cmp(&svd.singular_values[a]));
        let values = order.iter().map(|&k| svd.singular_values[k]).collect();
        let directions = directions.select_columns(&order);
        Some(Modes { mean, scale, values, directions })
    }

    /// Modes that are more than rounding: that of doubles, and that of the log, whose numbers may be off
    /// by what stands in `errors`. `caution` is how much of the largest error counts.
    pub fn visited(&self, errors: &Log, caution: f64) -> Visited {
        let rows = || errors.runs.iter().flat_map(|run| &run.states);
        let n = rows().count() as f64;
        let of = |k: usize| rows().map(|h| (h[k] / self.scale[k]).powi(2)).sum::<f64>() / n;
        let logged = caution * (0..self.scale.len()).map(of).sum::<f64>().sqrt();
        let floor = logged.max(ROUNDING * self.values.first().copied().unwrap_or(0.0));
        let count = self.values.iter().filter(|s| **s > floor).count().max(1);
        Visited { count, floor }
    }

    /// By how much modes may be off: the floor over their singular value.
    pub fn angle(&self, visited: Visited) -> f64 {
        const GENEROUS: f64 = 4.0;
        GENEROUS * visited.floor / self.values[visited.count - 1]
    }

    /// Columns whose own direction was not visited, or where rounding is too large to know.
    pub fn unknown(&self, visited: Visited) -> Vec<usize> {
        // With a larger angle what is not visited gets into the entries of `J` by more than their digits.
        const MOST: f64 = 1e-6;
        let angle = self.angle(visited);
        let left = |i: &usize| {
            let row = self.directions.row(*i);
            let outside = if self.directions.is_square() {
                row.columns_range(visited.count..).norm()
            } else {
                (1.0 - row.columns(0, visited.count).norm_squared()).max(0.0).sqrt()
            };
            angle > MOST || outside > MOST.min(angle).max(f64::EPSILON.sqrt())
        };
        (0..self.scale.len()).filter(left).collect()
    }

    /// Columns as affine functions of others, where not all directions were visited: the position of
    /// each, the others with their coefficients, and the constant.
    pub fn relations(&self, visited: Visited) -> Vec<Relation> {
        let (d, r) = (self.scale.len(), visited.count);
        let rows = self.directions.columns(0, r).into_owned();
        let pivots = pivots(&rows, r);
        let inverse = rows.select_rows(&pivots).try_inverse();
        let Some(inverse) = inverse else { return Vec::new() };
        let coefficients = rows * inverse;
        let negligible = (visited.floor / self.values[r - 1]).max(ROUNDING.sqrt());
        // Six are enough to read.
        let digits = (2..6).find(|k| 0.1_f64.powi(*k) < negligible).unwrap_or(6);
        let digits = usize::try_from(digits).unwrap_or(6);
        let relation = |i: usize| {
            let of = |(k, &j): (usize, &usize)| {
                let scaled = coefficients[(i, k)];
                (scaled.abs() > negligible).then(|| (j, scaled * self.scale[i] / self.scale[j]))
            };
            let others: Vec<(usize, f64)> = pivots.iter().enumerate().filter_map(of).collect();
            let constant = others.iter().fold(self.mean[i], |c, (j, f)| c - f * self.mean[*j]);
            let size = others
                .iter()
                .fold(self.mean[i].abs(), |c, (j, f)| c.max((f * self.mean[*j]).abs()));
            let zero = constant.abs() <= negligible * size.max(self.scale[i]);
            Relation { of: i, others, constant: if zero { 0.0 } else { constant }, digits }
        };
        (0..d).filter(|i| !pivots.contains(i)).map(relation).collect()
    }

    /// Modes above the threshold of Gavish and Donoho (*IEEE Trans. Inf. Theory* 60, 2014) for an
    /// unknown level of noise: `ω(β)` times the median singular value, of a matrix with `rows`.
    pub fn above_noise(&self, rows: usize) -> usize {
        let d = self.values.len();
        let beta = (d.min(rows) as f64 / d.max(rows) as f64).min(1.0);
        let omega = 0.56 * beta.powi(3) - 0.95 * beta.powi(2) + 1.82 * beta + 1.43;
        let threshold = omega * self.values[d / 2];
        self.values.iter().filter(|s| **s > threshold).count()
    }

    /// The first `r` modes.
    pub fn basis(&self, r: usize) -> Basis {
        let total: f64 = self.values.iter().map(|s| s * s).sum();
        let kept: f64 = self.values[..r].iter().map(|s| s * s).sum();
        let d = self.mean.len();
        let v = &self.directions;
        Basis {
            mean: self.mean.clone(),
            back: DMatrix::from_fn(d, r, |i, k| self.scale[i] * v[(i, k)] * self.values[k]),
            forth: DMatrix::from_fn(r, d, |k, i| v[(i, k)] / (self.scale[i] * self.values[k])),
            kept: kept / total,
        }
    }
}
