//! The spectrum of a round in every order, and the growth of a perturbation that is simulated.

use crate::dynamics::{self, play};
use crate::error::LoopError;
use crate::systems::{GaussianLoop, Order, RetrainingMap};
use nalgebra::DVector;
use num_complex::Complex64;
use num_dual::Dual64;

/// Step of incremental retraining, where a file has no other.
const STEP: f64 = 0.1;

/// Rounds that a perturbation is given to turn into the slowest direction, and over which its growth
/// is then measured.
const ROUNDS: u32 = 2000;

/// A round of a loop in one order.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundSpectrum {
    /// The order in words, with the names of the models.
    pub order: String,
    /// Eigenvalues of the round's Jacobian by decreasing modulus, as many as parameters.
    pub eigenvalues: Vec<Complex64>,
    /// The largest modulus.
    pub radius: f64,
    /// Rounds in which the leading eigenvalue turns once; none if it is zero or a positive real.
    pub period: Option<f64>,
    /// The factor a round by which a small perturbation grew in a run, long after its start; the run
    /// is in dual numbers, and no matrix is formed.
    pub observed: f64,
}

impl RoundSpectrum {
    /// Whether retraining in this order converges.
    pub fn converges(&self) -> bool {
        self.radius < 1.0
    }
}

/// The spectra of simultaneous, sequential and incremental retraining.
///
/// # Errors
/// If eigenvalues fail, or a Hessian is singular.
pub(super) fn of(system: &GaussianLoop<f64>) -> Result<Vec<RoundSpectrum>, LoopError> {
    let names: Vec<&str> = system.models.iter().map(|m| m.name.as_str()).collect();
    let in_turn = match &system.order {
        Order::Sequential(order) => order.clone(),
        _ => (0..names.len()).collect(),
    };
    let step = if let Order::Incremental { step } = system.order { step } else { STEP };
    let listed: Vec<&str> = in_turn.iter().map(|&i| names[i]).collect();
    let orders = [
        ("simultaneous".to_owned(), Order::Simultaneous),
        (format!("sequential {}", listed.join(", ")), Order::Sequential(in_turn)),
        (format!("incremental, step {step}"), Order::Incremental { step }),
    ];
    orders.into_iter().map(|(name, order)| in_order(system, name, &order)).collect()
}

fn in_order(
    system: &GaussianLoop<f64>,
    name: String,
    order: &Order,
) -> Result<RoundSpectrum, LoopError> {
    let round = order.round(0, system.models.len());
    let linear = system.linearise(&DVector::zeros(system.dimension()));
    let jacobian = dynamics::round_jacobian(&linear, system.blocks(), &round);
    let spectrum = dynamics::spectrum_of(&jacobian)?;
    let lifted = system.lift(|x| Dual64::from_re(*x))?;
    // A generic direction: no entries equal, none zero.
    let mut push = DVector::from_fn(system.dimension(), |i, _| 1.0 / (i as f64 + 1.5).sqrt());
    let mut logarithm = 0.0;
    for k in 0..2 * ROUNDS {
        // The loop is affine: the perturbation moves the same from every state, so also from 0.
        let next = play(&lifted, &round, &push.map(|x| Dual64::new(0.0, x))).map(|x| x.eps);
        let size = next.norm() / push.norm();
        if size == 0.0 {
            logarithm = f64::NEG_INFINITY;
            break;
        }
        // Of length one again, so that it neither over- nor underflows.
        push = &next / next.norm();
        logarithm += if k < ROUNDS { 0.0 } else { size.ln() };
    }
    Ok(RoundSpectrum {
        order: name,
        radius: spectrum.radius(),
        period: spectrum.period(),
        eigenvalues: spectrum.eigenvalues,
        observed: (logarithm / f64::from(ROUNDS)).exp(),
    })
}
