//! What is certain of a loop whose log has no noise, and what rounding leaves open.

use super::ratio::Ratio;
use super::result::{Fit, Rounding};
use super::rounding::{Bounds, Rounded};
use super::study::{Question, Study, fitted};
use nalgebra::DVector;
use num_complex::Complex64;

/// An influence or a stable point in coordinates, and how far it may be off.
type Certain = (DVector<f64>, DVector<f64>);

impl Study<'_> {
    pub(super) fn rounded(&self) -> Rounded<'_> {
        Rounded {
            log: self.log,
            errors: self.errors,
            plan: &self.plan,
            data: &self.data,
            estimate: &self.estimate,
        }
    }

    /// Whether the residuals of all columns are no more than rounding.
    pub(super) fn is_explained(&self) -> bool {
        let of = self.rounded().explains_residuals();
        of.iter().take(self.log.columns.len()).all(|explained| *explained)
    }

    /// Adds to `fit` how far rounding may have moved it, and takes out what it leaves open.
    pub(super) fn bound(&self, fit: &mut Fit) {
        let bounds = Bounds::of(self.rounded());
        let values: Vec<Complex64> =
            fit.eigenvalues.iter().map(|e| Complex64::new(e.re, e.im)).collect();
        let spectrum = bounds.as_ref().map(|b| b.spectrum(&values));
        let entries = bounds.as_ref().map(|b| b.entries(&self.plan));
        let entry = |i: usize, j: usize| {
            let error = entries.as_ref().map(|e| e[(i, j)]);
            error.filter(|e| e.is_finite() && fit.jacobian[i][j].is_some())
        };
        let d = self.log.columns.len();
        let most = |k: usize| {
            let rows = self.errors.runs.iter().flat_map(|run| &run.states);
            rows.map(|h| h[k]).fold(0.0, f64::max)
        };
        let mut rounding = Rounding {
            numbers: (0..d).map(most).collect(),
            converges: spectrum.as_ref().and_then(|s| s.converges),
            rate: spectrum.as_ref().and_then(|s| s.rate),
            eigenvalues: spectrum.map_or_else(|| vec![None; values.len()], |s| s.errors),
            jacobian: (0..d).map(|i| (0..d).map(|j| entry(i, j)).collect()).collect(),
            stable: Vec::new(),
            influences: Vec::new(),
        };
        self.bound_answers(bounds.as_ref(), fit, &mut rounding);
        fit.rounding = Some(rounding);
    }

    /// Stable values and influences: without a bound there is no estimate either.
    fn bound_answers(&self, bounds: Option<&Bounds>, fit: &mut Fit, rounding: &mut Rounding) {
        let explained = self.rounded().explains_residuals();
        let names = self.log.columns.len() + self.log.outcomes.len();
        let stable = self.certain(bounds, self.data.shape.constant(), None);
        for (of, questions) in self.questions.chunks(names).enumerate() {
            let ratio = match of.checked_sub(1) {
                None => stable.clone(),
                Some(share) => self.certain(
                    bounds,
                    questions[0].regressor,
                    stable.as_ref().map(|s| (share, s)),
                ),
            };
            for (k, question) in questions.iter().enumerate() {
                let error =
                    ratio.as_ref().zip(bounds).map(|(c, b)| self.error(b, question, k, c, of == 0));
                let error = error.filter(|e| e.is_finite());
                let known = ratio.is_some() && (error.is_some() || k >= self.log.columns.len());
                // An outcome that is no function of the state to rounding has an estimate alone.
                let error = error.filter(|_| explained[k] || k < self.log.columns.len());
                match of.checked_sub(1) {
                    None => {
                        rounding.stable.push(error);
                        if !known {
                            fit.stable[k].estimate = None;
                        }
                    }
                    Some(share) => {
                        rounding.influences.push(error);
                        if !known {
                            fit.influences[share * names + k].estimate = None;
                        }
                    }
                }
            }
        }
    }

    /// The ratio with the numerator `regressor`; where the Jacobian moves, that of a share moves with
    /// the stable point.
    fn certain(
        &self,
        bounds: Option<&Bounds>,
        regressor: usize,
        stable: Option<(usize, &Certain)>,
    ) -> Option<Certain> {
        let (bounds, shape) = (bounds?, self.data.shape);
        let v = Ratio::new(shape, fitted(&self.estimate), regressor, None)?.estimate()?;
        let moved = stable
            .filter(|_| shape.moving)
            .map(|(share, (at, off))| bounds.moved(share, &(at.abs() + off)));
        let off = bounds.ratio(regressor, &v, moved.as_ref())?;
        Some((v, off))
    }

    /// How far the answer to a question about name number `k` may be off, in the units of the log.
    fn error(
        &self,
        bounds: &Bounds,
        question: &Question,
        k: usize,
        (v, off): &Certain,
        constant: bool,
    ) -> f64 {
        let error = match question.outcome {
            None if constant => {
                let at = v + DVector::from_column_slice(&self.origin);
                bounds.column(&self.plan, k, &at, off, true)
            }
            None => bounds.column(&self.plan, k, v, off, false),
            Some(outcome) => bounds.outcome(outcome, question.regressor, v, off),
        };
        let shifted = 4.0 * f64::EPSILON * question.offset.abs();
        question.scale.abs() * error + shifted
    }
}
