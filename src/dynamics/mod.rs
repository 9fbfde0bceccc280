//! How a loop moves: rounds, stable points, Jacobians, spectra, trajectories.

pub mod finite_sample;
pub mod noise;
mod qr;
pub mod sampled;
pub mod spectrum;

use crate::error::LoopError;
use crate::linalg;
use crate::scalar::Scalar;
use crate::systems::{GaussianLoop, Knob, Linearisation, Order, RetrainingMap, Round};
use nalgebra::{DMatrix, DVector};
use num_dual::{Dual64, DualSVec64};
use spectrum::Spectrum;
use std::ops::Range;

/// Rounds after which [`settle`] gives up: at a rate of 0.999 a round the error falls by
/// 10⁻¹³ within 30,000.
pub const MAX_ROUNDS: usize = 50_000;

/// Two rounds that differ by less than this, relative to the state, count as settled: the state is
/// then within this over `1 - ρ` of the stable point.
const SETTLED: f64 = 2e-15;

/// A round moves what [`newton`] returns by at most this, relative to the state: some rounding
/// errors of a round.
const NEWTON: f64 = 1e-14;

/// Moves below this, relative to the state, may be rounding: cancellation can keep an iterate
/// moving by more than [`SETTLED`] for ever.
const MAYBE_ROUNDING: f64 = 1e-11;

/// Norms below this are wrong: the squares under their root underflow.
const LEAST_NORM: f64 = 1e-150;

/// Decides when iterates have stopped coming closer.
#[derive(Default)]
struct Settling {
    least: Option<f64>,
    stalled: u32,
}

impl Settling {
    /// Whether the loop has settled, given how far the last round moved it, relative to its size.
    fn settled(&mut self, moved: f64) -> bool {
        let closer = self.least.is_none_or(|least| moved < least);
        if closer {
            self.least = Some(moved);
        }
        // Ten rounds without a smaller move, all of them tiny: a limit cycle of the rounding.
        self.stalled = if closer || moved > MAYBE_ROUNDING { 0 } else { self.stalled + 1 };
        moved <= SETTLED || self.stalled >= 10
    }
}

/// The state after one round from `state`.
pub fn play<S: Scalar>(
    map: &impl RetrainingMap<S>,
    round: &Round,
    state: &DVector<S>,
) -> DVector<S> {
    let mut next = state.clone();
    let write = |next: &mut DVector<S>, i: usize, block: DVector<S>| {
        let rows = &map.blocks()[i];
        next.rows_mut(rows.start, rows.len()).copy_from(&block);
    };
    match round {
        Round::Simultaneous => {
            for i in 0..map.blocks().len() {
                write(&mut next, i, map.retrain(i, state));
            }
        }
        Round::Sequential(order) => {
            for &i in order {
                let block = map.retrain(i, &next);
                write(&mut next, i, block);
            }
        }
        Round::Incremental(step) => {
            let step = S::from_f64(*step);
            for i in 0..map.blocks().len() {
                write(&mut next, i, map.fine_tune(i, state, &step));
            }
        }
    }
    next
}

/// The Jacobian of one round, `D × D`, from that of simultaneous retraining.
///
/// Sequential: the blocks are replaced one by one, each seeing those before it, which is
/// $(I - L)^{-1} U$ for the order `0, 1, …` (`L`, `U` the parts of `J` strictly below and on or
/// above the block diagonal). Incremental with step $h$: $I + h\,\mathrm{diag}(H_i)(J - I)$.
pub fn round_jacobian<S: Scalar>(
    linear: &Linearisation<S>,
    blocks: &[Range<usize>],
    round: &Round,
) -> DMatrix<S> {
    let d = linear.jacobian.nrows();
    let identity = DMatrix::<S>::identity(d, d);
    match round {
        Round::Simultaneous => linear.jacobian.clone(),
        Round::Sequential(order) => {
            let mut product = identity;
            for &i in order {
                let rows = &blocks[i];
                let part = linear.jacobian.rows(rows.start, rows.len()) * &product;
                product.rows_mut(rows.start, rows.len()).copy_from(&part);
            }
            product
        }
        Round::Incremental(step) => {
            let mut m = linear.jacobian.clone();
            let pull = &linear.jacobian - &identity;
            // What a block holds behind its parameters is a law, which is replaced outright.
            for (h, rows) in linear.hessians.iter().zip(blocks) {
                let part = h * pull.rows(rows.start, h.nrows()) * S::from_f64(*step);
                let own = identity.rows(rows.start, h.nrows());
                m.rows_mut(rows.start, h.nrows()).copy_from(&(own + part));
            }
            m
        }
    }
}

/// The Jacobian of one round by dual numbers, column by column: the second route.
///
/// # Errors
/// If a Hessian is singular.
pub fn round_jacobian_by_duals(
    system: &GaussianLoop<f64>,
    round: &Round,
    state: &DVector<f64>,
) -> Result<DMatrix<f64>, LoopError> {
    let lifted = system.lift(|x| Dual64::from_re(*x))?;
    let columns: Vec<DVector<f64>> = (0..state.len())
        .map(|j| {
            let seeded = DVector::from_fn(state.len(), |i, _| {
                Dual64::new(state[i], if i == j { 1.0 } else { 0.0 })
            });
            play(&lifted, round, &seeded).map(|x| x.eps)
        })
        .collect();
    Ok(DMatrix::from_columns(&columns))
}

/// The stable point of an affine loop by one linear solve, $(I - J)x^* = T(0)$, `D`.
///
/// It is the same in every order of retraining, and exists whether or not the loop converges.
///
/// # Errors
/// If 1 is an eigenvalue of `J`.
pub fn stable_point<S: Scalar>(map: &impl RetrainingMap<S>) -> Result<DVector<S>, LoopError> {
    let d = map.dimension();
    let zero = DVector::from_element(d, S::zero());
    let at_zero = play(map, &Round::Simultaneous, &zero);
    let pull = DMatrix::<S>::identity(d, d) - map.linearise(&zero).jacobian;
    let rhs = DMatrix::from_columns(&[at_zero]);
    let x = linalg::solve(&pull, &rhs).map_err(|_| LoopError::NoStablePoint)?;
    Ok(x.column(0).into_owned())
}

/// The stable point by running the loop in its own order until it settles, with the number of
/// rounds that took: the independent route.
///
/// # Errors
/// If it does not settle; the error says the spectral radius.
pub fn settle(
    system: &GaussianLoop<f64>,
    start: &DVector<f64>,
) -> Result<(DVector<f64>, usize), LoopError> {
    match settle_map(system, &system.order, start) {
        Some(settled) => Ok(settled),
        None => Err(LoopError::Diverges { radius: rate(system)?, rounds: MAX_ROUNDS }),
    }
}

/// The state at which any loop settles when it runs in `order` from `start`, with the number of
/// rounds that took; `None` if it does not settle.
pub fn settle_map(
    map: &impl RetrainingMap<f64>,
    order: &Order,
    start: &DVector<f64>,
) -> Option<(DVector<f64>, usize)> {
    let mut state = start.clone();
    let mut watch = Settling::default();
    for k in 0..MAX_ROUNDS {
        let next = play(map, &order.round(k as u64, map.blocks().len()), &state);
        let moved = (&next - &state).amax();
        let size = next.amax();
        state = next;
        // An incremental round moves by only `step` times the gap, so a small move proves less.
        let full = match order {
            Order::Incremental { step } => moved / step,
            _ => moved,
        };
        if watch.settled(full / size.max(f64::MIN_POSITIVE)) {
            return Some((state, k + 1));
        }
        if !size.is_finite() || size > 1e150 {
            break;
        }
    }
    None
}

/// [`settle`] from the origin under simultaneous retraining, whatever the loop's own order.
///
/// # Errors
/// As [`settle`].
pub fn settle_from_zero(system: &GaussianLoop<f64>) -> Result<(DVector<f64>, usize), LoopError> {
    let zero = DVector::zeros(system.dimension());
    if system.order == Order::Simultaneous {
        return settle(system, &zero);
    }
    let mut simultaneous = system.clone();
    simultaneous.order = Order::Simultaneous;
    settle(&simultaneous, &zero)
}

/// The spectral radius of a round of `system` in its order: its asymptotic rate per round. For a
/// switching order, the growth rate of a long product of its rounds.
///
/// # Errors
/// If the eigenvalues cannot be computed.
pub fn rate(system: &GaussianLoop<f64>) -> Result<f64, LoopError> {
    let n = system.models.len();
    let state = DVector::zeros(system.dimension());
    let linear = system.linearise(&state);
    let jacobian = |k| round_jacobian(&linear, system.blocks(), &system.order.round(k, n));
    if system.order.is_fixed() {
        return Ok(spectrum_of(&jacobian(0))?.radius());
    }
    // Lyapunov exponent of the product, renormalised so that it neither over- nor underflows.
    let (mut log_growth, rounds) = (0.0, 1000);
    let mut product = DMatrix::<f64>::identity(state.len(), state.len());
    for k in 0..rounds {
        product = jacobian(k) * product;
        let size = product.norm();
        if size == 0.0 {
            return Ok(0.0);
        }
        log_growth += size.ln();
        product /= size;
    }
    Ok((log_growth / rounds as f64).exp())
}

/// The factor a round by which `distances` from the stable point shrink or grow late in a run: the
/// least-squares slope of their logarithms over the second half of those above `floor`, where
/// rounding takes over. `None` if fewer than three are left.
pub fn measured_rate(distances: &[f64], floor: f64) -> Option<f64> {
    let clear =
        distances.iter().take_while(|d| **d > floor.max(LEAST_NORM) && d.is_finite()).count();
    let late = &distances[clear / 2..clear];
    if late.len() < 3 {
        return None;
    }
    let middle = (late.len() - 1) as f64 / 2.0;
    let (mut slope, mut weight) = (0.0, 0.0);
    for (k, distance) in late.iter().enumerate() {
        let from_middle = k as f64 - middle;
        slope += from_middle * distance.ln();
        weight += from_middle * from_middle;
    }
    Some((slope / weight).exp())
}

/// [`Spectrum::of`] with the error of this layer.
///
/// # Errors
/// If the eigenvalues cannot be computed.
pub fn spectrum_of(m: &DMatrix<f64>) -> Result<Spectrum, LoopError> {
    Spectrum::of(m).map_err(|e| LoopError::Spectrum(e.to_string()))
}

/// The states `x_0 = start, x_1, …, x_rounds` of the loop in its order.
pub fn trajectory<S: Scalar>(
    system: &GaussianLoop<S>,
    start: &DVector<S>,
    rounds: usize,
) -> Vec<DVector<S>> {
    let mut states = vec![start.clone()];
    for k in 0..rounds {
        let round = system.order.round(k as u64, system.models.len());
        states.push(play(system, &round, &states[k]));
    }
    states
}

/// The stable point and its derivatives along `K` knobs, by running the loop simultaneously in
/// dual numbers until value and derivatives settle. Nothing is solved: this is what a simulation
/// sees. Returns `x*` (`D`) and `dx*/dλ` (`D × K`).
///
/// # Errors
/// If the loop does not settle.
pub fn settle_tangents<const K: usize>(
    system: &GaussianLoop<f64>,
    knobs: &[Knob<f64>; K],
) -> Result<(DVector<f64>, DMatrix<f64>), LoopError> {
    let mut lifted = system.lift(|x| DualSVec64::<K>::from_re(*x))?;
    for (i, model) in lifted.models.iter_mut().enumerate() {
        for (c, component) in model.components.iter_mut().enumerate() {
            let rates = std::array::from_fn(|k| knobs[k].weights[i][c]);
            component.weight = dual(component.weight.re, rates);
            for (row, x) in component.offset.iter_mut().enumerate() {
                *x = dual(x.re, std::array::from_fn(|k| knobs[k].drift[i][row]));
            }
        }
    }
    run_duals(&lifted, &Round::Simultaneous).ok_or_else(|| {
        let zero = DVector::zeros(system.dimension());
        slow(spectrum_of(&system.linearise(&zero).jacobian))
    })
}

/// The stable point and its derivative along one direction, by running `lifted`, a loop whose
/// numbers carry their derivatives, in one order until both settle. Returns `x*` and `dx*/dλ`.
///
/// # Errors
/// If the loop does not settle.
pub fn settle_tangent(
    lifted: &impl RetrainingMap<DualSVec64<1>>,
    round: &Round,
) -> Result<(DVector<f64>, DVector<f64>), LoopError> {
    let settled = run_duals(lifted, round);
    let (x, dx) = settled.ok_or_else(|| {
        let zero = DVector::from_element(lifted.dimension(), dual(0.0, [0.0]));
        let jacobian = round_jacobian(&lifted.linearise(&zero), lifted.blocks(), round);
        slow(spectrum_of(&jacobian.map(|x| x.re)))
    })?;
    Ok((x, dx.column(0).into_owned()))
}

/// `value` with this derivative, for [`settle_tangent`].
pub fn with_tangent(value: f64, derivative: f64) -> DualSVec64<1> {
    dual(value, [derivative])
}

fn slow(spectrum: Result<Spectrum, LoopError>) -> LoopError {
    match spectrum {
        Ok(spectrum) => LoopError::Diverges { radius: spectrum.radius(), rounds: MAX_ROUNDS },
        Err(e) => e,
    }
}

/// Rounds from the origin until value and derivatives settle; `None` if they do not.
fn run_duals<const K: usize>(
    lifted: &impl RetrainingMap<DualSVec64<K>>,
    round: &Round,
) -> Option<(DVector<f64>, DMatrix<f64>)> {
    let start = DVector::from_element(lifted.dimension(), dual(0.0, [0.0; K]));
    let state = settle_duals(lifted, round, start)?;
    let value = state.map(|x| x.re);
    Some((value, DMatrix::from_fn(state.len(), K, |i, k| tangent(&state[i], k))))
}

/// The state at which any loop in dual numbers settles when it runs in one order from `start`,
/// values and derivatives; `None` if it does not settle.
pub fn settle_duals<const K: usize>(
    map: &impl RetrainingMap<DualSVec64<K>>,
    round: &Round,
    start: DVector<DualSVec64<K>>,
) -> Option<DVector<DualSVec64<K>>> {
    let mut state = start;
    let mut watch = Settling::default();
    for _ in 0..MAX_ROUNDS {
        let next = play(map, round, &state);
        let size = next.iter().map(|x| x.re.abs()).fold(f64::MIN_POSITIVE, f64::max);
        let gap = |part: &dyn Fn(&DualSVec64<K>) -> f64| {
            let moved = next.iter().zip(state.iter()).map(|(x, y)| (part(x) - part(y)).abs());
            // A derivative that cancels to nothing is rounding of the state that it came from.
            let own = next.iter().map(|x| part(x).abs()).fold(size, f64::max);
            moved.fold(0.0, f64::max) / own
        };
        let moved = (0..K).map(|k| gap(&|x| tangent(x, k))).fold(gap(&|x| x.re), f64::max);
        state = next;
        if watch.settled(moved) {
            return Some(state);
        }
        if !state.iter().all(|x| x.re.is_finite() && x.re.abs() < 1e150) {
            break;
        }
    }
    None
}

/// Newton steps after which [`newton`] gives up.
const MAX_STEPS: usize = 60;

/// The stable point of any loop near `start` by Newton's method on $T(x) - x$, whether or not the
/// loop converges to it. Verified: a round moves it by rounding only.
///
/// # Errors
/// If 1 becomes an eigenvalue of the Jacobian on the way, or the steps do not become small.
pub fn newton(
    map: &impl RetrainingMap<f64>,
    start: &DVector<f64>,
) -> Result<DVector<f64>, LoopError> {
    let d = map.dimension();
    let mut state = start.clone();
    for _ in 0..MAX_STEPS {
        let gap = play(map, &Round::Simultaneous, &state) - &state;
        if gap.amax() <= NEWTON * state.amax().max(f64::MIN_POSITIVE) {
            return Ok(state);
        }
        let pull = DMatrix::identity(d, d) - map.linearise(&state).jacobian;
        let step = linalg::solve(&pull, &DMatrix::from_columns(&[gap]))
            .map_err(|_| LoopError::NoStablePoint)?;
        state += step.column(0);
    }
    Err(LoopError::NoStablePoint)
}

fn dual<const K: usize>(re: f64, eps: [f64; K]) -> DualSVec64<K> {
    DualSVec64::new(re, num_dual::Derivative::some(nalgebra::SVector::from(eps)))
}

fn tangent<const K: usize>(x: &DualSVec64<K>, k: usize) -> f64 {
    x.eps.0.as_ref().map_or(0.0, |v| v[k])
}
