//! The law in which a loop that samples comes to rest.
//!
//! # Statement
//!
//! With `n` samples a round an affine loop is $x' = Bx + c + \eta$, `B` the Jacobian of a round in its
//! order and $\eta$ of covariance $Q/n$. If $\rho(B) < 1$ its stationary law has the mean $x^*$ and the
//! covariance $\Sigma/n$ with
//!
//! ```math
//! \Sigma = B \Sigma B^\top + Q, \qquad
//! E J_i = J_i(x^*) + \tfrac12 \mathrm{tr}(\nabla^2 J_i\, \Sigma_{ii})/n \text{ for quadratic } J_i .
//! ```
//!
//! A training mean of `n` samples of a mixture has the covariance of the mixture over `n`: the
//! components' own, plus that of the choice of the component. In a sequential round the noise of a model
//! passes on to those that retrain after it.
//!
//! # Hypotheses
//!
//! `Q` does not depend on the state: all components of a model move alike, as raw and curated samples
//! of one maker do ([`moves_alike`]).
//!
//! # Source
//!
//! Derived here, for the system of arXiv 2605.29267, section 5.1.

use super::{play, round_jacobian, spectrum_of, stable_point};
use crate::error::LoopError;
use crate::linalg;
use crate::systems::{GaussianLoop, RetrainingMap, Round};
use nalgebra::{DMatrix, DVector};

/// A law of the state: its mean, `D`, and its covariance times the number of samples, `D × D`.
#[derive(Clone, Debug, PartialEq)]
pub struct Cloud {
    /// Mean.
    pub mean: DVector<f64>,
    /// Covariance times `n`.
    pub covariance: DMatrix<f64>,
}

impl Cloud {
    /// The expected alignment of each model with `n` samples a round: exact for quadratic alignments.
    pub fn expected_alignments(&self, system: &GaussianLoop<f64>, n: u32) -> Vec<f64> {
        let at_mean = system.alignments(&self.mean);
        let blocks = system.models.iter().zip(system.blocks());
        let loss = blocks.map(|(m, rows)| {
            let own = self.covariance.view((rows.start, rows.start), (rows.len(), rows.len()));
            0.5 * (&m.alignment.curvature * own).trace() / f64::from(n)
        });
        at_mean.into_iter().zip(loss).map(|(j, loss)| j - loss).collect()
    }
}

/// Whether all components of each model that have a weight move alike with the state, so that the
/// noise of a round does not depend on it.
pub fn moves_alike(system: &GaussianLoop<f64>) -> bool {
    system.models.iter().all(|m| {
        let mut weighty = m.components.iter().filter(|c| c.weight > 0.0);
        let first = weighty.next();
        weighty.all(|c| {
            first.is_some_and(|f| f.source.maker() == c.source.maker() && f.channel == c.channel)
        })
    })
}

/// How one round acts: its Jacobian `B`, and the covariance `Q` that it adds, times `n`.
struct Step {
    jacobian: DMatrix<f64>,
    noise: DMatrix<f64>,
}

fn step_of(
    system: &GaussianLoop<f64>,
    round: &Round,
    state: &DVector<f64>,
) -> Result<Step, LoopError> {
    let linear = system.linearise(state);
    let d = state.len();
    let mut own = DMatrix::zeros(d, d);
    for (m, rows) in system.models.iter().zip(system.blocks()) {
        let mean = m.components.iter().fold(DVector::zeros(m.data.ncols()), |sum, c| {
            sum + system.component_mean(c, state) * c.weight
        });
        let k = mean.len();
        let mixture = m.components.iter().fold(DMatrix::zeros(k, k), |sum, c| {
            let off = system.component_mean(c, state) - &mean;
            let spread = DMatrix::identity(k, k) * (c.spread * c.spread);
            sum + (spread + &off * off.transpose()) * c.weight
        });
        let response = linalg::solve(&m.hessian, &m.data)
            .map_err(|_| LoopError::SingularHessian { model: m.name.clone() })?;
        let part = &response * mixture * response.transpose();
        own.view_mut((rows.start, rows.start), (rows.len(), rows.len())).copy_from(&part);
    }
    let passed = match round {
        Round::Simultaneous => DMatrix::identity(d, d),
        Round::Sequential(order) => {
            let mut passed = DMatrix::zeros(d, d);
            for &i in order {
                let rows = &system.blocks()[i];
                let mut part = linear.jacobian.rows(rows.start, rows.len()) * &passed;
                for k in 0..rows.len() {
                    part[(k, rows.start + k)] += 1.0;
                }
                passed.rows_mut(rows.start, rows.len()).copy_from(&part);
            }
            passed
        }
        // A gradient step sees the noise of the gradient, H times that of the optimum.
        Round::Incremental(step) => {
            let mut scaled = DMatrix::zeros(d, d);
            for (h, rows) in linear.hessians.iter().zip(system.blocks()) {
                scaled
                    .view_mut((rows.start, rows.start), (rows.len(), rows.len()))
                    .copy_from(&(h * *step));
            }
            scaled
        }
    };
    let noise = &passed * own * passed.transpose();
    Ok(Step { jacobian: round_jacobian(&linear, system.blocks(), round), noise })
}

/// The stationary law of `system` in its order (of a switching order, that of its first round), by
/// doubling: $\Sigma_{2k} = \Sigma_k + B^k \Sigma_k (B^k)^\top$.
///
/// # Errors
/// If a round does not contract, or there is no stable point.
pub fn stationary(system: &GaussianLoop<f64>) -> Result<Cloud, LoopError> {
    let mean = stable_point(system)?;
    let step = step_of(system, &system.order.round(0, system.models.len()), &mean)?;
    let radius = spectrum_of(&step.jacobian)?.radius();
    let (mut power, mut covariance) = (step.jacobian, step.noise);
    // 2⁴⁰ rounds: whatever has not died out then does not contract.
    for _ in 0..40 {
        let size = power.amax();
        if size * size < 1e-20 && radius < 1.0 {
            return Ok(Cloud { mean, covariance });
        }
        if !size.is_finite() {
            break;
        }
        covariance += &power * &covariance * power.transpose();
        power = &power * &power;
    }
    Err(LoopError::Diverges { radius, rounds: 1 << 40 })
}

/// The laws after rounds `1, 2, …, rounds` of a run from `start`, by propagation round by round.
///
/// # Errors
/// If a Hessian is singular.
pub fn propagated(
    system: &GaussianLoop<f64>,
    start: &DVector<f64>,
    rounds: usize,
) -> Result<Vec<Cloud>, LoopError> {
    let d = start.len();
    let mut now = Cloud { mean: start.clone(), covariance: DMatrix::zeros(d, d) };
    let mut laws = Vec::with_capacity(rounds);
    let mut kept = None;
    for k in 0..rounds {
        let round = system.order.round(k as u64, system.models.len());
        // Where noise and order never change, neither does what a round does.
        let step = match kept.take() {
            Some(step) => step,
            None => step_of(system, &round, &now.mean)?,
        };
        let carried = &step.jacobian * &now.covariance * step.jacobian.transpose();
        now = Cloud { mean: play(system, &round, &now.mean), covariance: carried + &step.noise };
        laws.push(now.clone());
        kept = (system.order.is_fixed() && moves_alike(system)).then_some(step);
    }
    Ok(laws)
}

#[cfg(test)]
mod tests {
    use super::{moves_alike, propagated, stationary};
    use crate::systems::{GaussianLoop, LoopFile, Order};
    use approx::assert_relative_eq;
    use nalgebra::{DVector, dmatrix};

    /// p follows q one half, a quarter of its data shifted by 2: means 0 and 2 with weights 3/4, 1/4
    /// have the variance 3/4, so p's noise is 1 + 3/4; q follows p, spread 1.
    fn two() -> GaussianLoop<f64> {
        let text = "name = \"two\"\ntitle = \"\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
             [[models]]\nname = \"p\"\ndimension = 1\nalignment = { linear = [1], curvature = 2 }\n\
             components = [{ kind = \"raw\", from = \"q\", weight = 0.75, channel = 0.5 },\n\
             { kind = \"curated\", from = \"q\", weight = 0.25, channel = 0.5, curation = { shift = [2] } }]\n\
             [[models]]\nname = \"q\"\ndimension = 1\nalignment = { linear = [1] }\n\
             components = [{ kind = \"raw\", from = \"p\", weight = 1 }]";
        let file = LoopFile::parse(text, "two").unwrap_or_else(|e| panic!("{e}"));
        file.default_at().unwrap()
    }

    // Simultaneous: x' = y/2 + u, y' = x + v, Var u = 7/4, Var v = 1. s = t/4 + 7/4, t = s + 1:
    // s = 8/3, t = 11/3; the covariance c = c/2 is 0. x* = y*/2 + 1/2, y* = x*: 1. J_p = x - x²:
    // E J_p = 0 - s/n.
    #[test]
    fn hand_worked_simultaneous() {
        let system = two();
        assert!(moves_alike(&system));
        let law = stationary(&system).unwrap();
        assert_relative_eq!(
            law.covariance,
            dmatrix![8.0 / 3.0, 0.0; 0.0, 11.0 / 3.0],
            epsilon = 1e-12
        );
        let expected = law.expected_alignments(&system, 4);
        assert_relative_eq!(expected[0], -2.0 / 3.0, epsilon = 1e-12);
        assert_relative_eq!(expected[1], 1.0, epsilon = 1e-12);
    }

    // p first: x' = y/2 + u, y' = x' + v. t = s + 1, s = t/4 + 7/4 as before; now Cov(x, y) = s.
    #[test]
    fn hand_worked_sequential() {
        let mut system = two();
        system.order = Order::Sequential(vec![0, 1]);
        let law = stationary(&system).unwrap();
        let s = 8.0 / 3.0;
        assert_relative_eq!(law.covariance, dmatrix![s, s; s, s + 1.0], epsilon = 1e-12);
        // From 0, after one round: Var x = 7/4, Var y = 11/4, mean (1/2, 1/2).
        let laws = propagated(&system, &DVector::zeros(2), 200).unwrap();
        assert_relative_eq!(laws[0].covariance, dmatrix![1.75, 1.75; 1.75, 2.75], epsilon = 1e-12);
        assert_relative_eq!(laws[0].mean, nalgebra::dvector![0.5, 0.5], epsilon = 1e-12);
        assert_relative_eq!(laws[199].covariance, law.covariance, epsilon = 1e-12);
    }

    // Steps of 1/2: x' = x/2 + (y/2 + u)/2, y' = y/2 + (x + v)/2; the covariance solves
    // Σ = BΣBᵀ + diag(7/4, 1)/4, B = [[1/2, 1/4], [1/2, 1/2]], checked by putting it in.
    #[test]
    fn incremental_noise_is_that_of_the_gradient() {
        let mut system = two();
        system.order = Order::Incremental { step: 0.5 };
        let law = stationary(&system).unwrap();
        let b = dmatrix![0.5, 0.25; 0.5, 0.5];
        let q = dmatrix![7.0 / 16.0, 0.0; 0.0, 0.25];
        assert_relative_eq!(
            &b * &law.covariance * b.transpose() + q,
            law.covariance,
            epsilon = 1e-12
        );
    }

    #[test]
    fn what_does_not_contract_has_no_stationary_law() {
        let mut system = two();
        system.models[1].components[0].channel *= 3.0;
        assert!(stationary(&system).is_err());
        // A component that stands still beside one that moves: the noise depends on the state.
        system.models[0].components[1].channel *= 0.0;
        assert!(!moves_alike(&system));
    }
}
