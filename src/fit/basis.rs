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

    /// Modes that are more than rounding.
    pub fn visited(&self) -> usize {
        let floor = ROUNDING * self.values.first().copied().unwrap_or(0.0);
        self.values.iter().filter(|s| **s > floor).count()
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
