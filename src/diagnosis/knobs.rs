//! What more curation does to whom, now and at every share.

use super::dial::{Dial, kind_name};
use super::proof;
use super::thresholds::{Certified, certified};
use crate::dynamics::{self, rate};
use crate::error::LoopError;
use crate::influence::sweep::{ModelSweep, sweep_of};
use crate::influence::zeros::Kind;
use crate::influence::{Regime, influences};
use crate::scalar::Interval;
use crate::systems::{GaussianLoop, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// A share that can be moved, and what that does.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Knob {
    /// The model whose mixture it moves.
    pub model: String,
    /// `curated` unless the file's knob is about another kind of data.
    pub kind: &'static str,
    /// Whether it is the knob of the file.
    pub of_file: bool,
    /// Whether it moves that kind against all others in proportion. (The file's knob may move otherwise.)
    pub in_proportion: bool,
    /// The share now.
    pub share: f64,
    /// The shares that the mixture allows.
    pub range: (f64, f64),
    /// The shares at which the loop converges in its own order, as far as [`GRID`] steps show, each end
    /// found by bisection.
    pub converges: Vec<(f64, f64)>,
    /// On every model, in the order of the file.
    pub influences: Vec<Influence>,
    /// For models of one parameter each: the spectral radius of the loop without this model. Below 1 the
    /// influence on the model itself cannot be inverted, at whatever strength.
    pub rest: Option<f64>,
}

/// How one model's alignment answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Influence {
    /// The model.
    pub model: String,
    /// Whether it is the knob's own: self-influence, or cross-influence.
    pub own: bool,
    /// $dJ/d\lambda$.
    pub response: f64,
    /// Its sign: 1, 0 or -1; 0 where it is rounding.
    pub sign: i8,
    /// Whether intervals prove the sign.
    pub proved: bool,
    /// The same along another route, which [`route`](Self::route) says.
    pub second: Option<f64>,
    /// `run with derivatives`, or `differences of stable points` where the loop does not converge.
    pub route: &'static str,
    /// What the knob does at once, $\nabla J \cdot b$.
    pub push: f64,
    /// The response with the other models held still.
    pub isolated: Option<f64>,
    /// `amplified`, `dampened`, `inverted` or `indirect`.
    pub regime: &'static str,
    /// Whether the model alone would not settle: the sign of `isolated` then says nothing.
    pub unstable_alone: bool,
    /// Which thresholds certify the sign; `None` where nothing arrives at the model.
    pub certified: Option<Certified>,
    /// Where it changes sign along the share, increasing.
    pub zeros: Vec<Change>,
    /// The shares at which it is negative: there more curation lowers the alignment.
    pub negative: Vec<Span>,
    /// The regimes along the share.
    pub regimes: Vec<Stretch>,
    /// Around shares without a stable point.
    pub poles: Vec<(f64, f64)>,
    /// Where the presence of zeros could not be decided.
    pub unresolved: Vec<(f64, f64)>,
}

/// A zero of an influence along the share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Change {
    /// The share.
    pub at: f64,
    /// `rising`, `falling` or `touching`.
    pub kind: &'static str,
    /// Whether the loop converges there.
    pub converges: bool,
}

/// A part of the range of a share.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Span {
    /// From here
    pub lo: f64,
    /// to here.
    pub hi: f64,
    /// Whether the loop converges on some of it.
    pub converges: bool,
}

/// A part of the range of a share with one regime.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// From here
    pub lo: f64,
    /// to here.
    pub hi: f64,
    /// `None` where there is no stable point.
    pub regime: Option<&'static str>,
}

/// Steps in which a share is moved to see where the loop converges.
pub const GRID: u32 = 64;

/// Halvings of a step of the grid.
const HALVINGS: u32 = 50;

/// Responses below this part of what they are made of are rounding.
const SILENT: f64 = 1e-12;

/// Everything about `dial`, a share of `system`, whose stable point is `stable`.
pub(super) fn knob(
    system: &GaussianLoop<f64>,
    enclosed: Option<&GaussianLoop<Interval>>,
    stable: &DVector<f64>,
    dial: &Dial,
    (of_file, in_proportion): (bool, bool),
) -> Result<Knob, LoopError> {
    let turn = dial.knob(system);
    let now = influences(system, &turn, stable)?;
    let (lo, hi) = dial.ends();
    let swept = sweep_of(&|x| Ok(dial.setting(system, x)), lo, hi)?;
    let converges = convergence_along(|x| rate(&dial.turned(system, x)), lo, hi)?;
    let signs = enclosed.map(|enclosed| proof::signs(enclosed, dial)).unwrap_or_default();
    let (route, second) = second_route(system, dial);
    let mut found = Vec::new();
    for (i, (now, sweep)) in now.iter().zip(&swept).enumerate() {
        let gradient = system.models[i].alignment.gradient(&system.block(i, stable));
        let size = gradient.norm() * crate::influence::response(system, &turn, stable)?.norm();
        let rounded = sign(now.response, size);
        let certain = signs.get(i).copied().flatten().map(|s| s as i8);
        let negative = |x: f64| is_negative(system, dial, i, x);
        found.push(Influence {
            model: system.models[i].name.clone(),
            own: i == dial.model,
            response: now.response,
            sign: certain.unwrap_or(rounded),
            proved: certain.is_some(),
            second: second.as_ref().map(|all| all[i]),
            route,
            push: now.push,
            isolated: now.isolated,
            regime: now.regime.name(),
            unstable_alone: now.unstable_alone,
            certified: certified(system, &turn, stable, i),
            zeros: changes(sweep),
            negative: negative_spans(sweep, (lo, hi), &converges, negative),
            regimes: stretches(sweep),
            poles: sweep.poles.clone(),
            unresolved: sweep.unresolved.clone(),
        });
    }
    Ok(Knob {
        model: system.models[dial.model].name.clone(),
        kind: kind_name(dial.kind),
        of_file,
        in_proportion,
        share: dial.at(),
        range: (lo, hi),
        converges,
        influences: found,
        rest: rest(system, dial.model)?,
    })
}

/// The sign of what was added up from parts of `size`.
pub(super) fn sign(x: f64, size: f64) -> i8 {
    if x.abs() <= SILENT * size {
        0
    } else if x > 0.0 {
        1
    } else {
        -1
    }
}

/// Whether more of the share lowers the alignment of `model` where the share of `dial` is `x`.
fn is_negative(system: &GaussianLoop<f64>, dial: &Dial, model: usize, x: f64) -> bool {
    influence_at(system, dial, dial, model, x)
        .is_some_and(|(response, size)| sign(response, size) < 0)
}

/// $dJ/d\lambda$ of `model` for `knob` where the share of `dial` is `x`, and the size of what it is
/// made of; `None` without a stable point.
pub(super) fn influence_at(
    system: &GaussianLoop<f64>,
    dial: &Dial,
    knob: &Dial,
    model: usize,
    x: f64,
) -> Option<(f64, f64)> {
    let moved = dial.turned(system, x);
    let stable = dynamics::stable_point(&moved).ok()?;
    let knob = knob.moved_along(dial, &moved)?;
    let dx = crate::influence::response(&moved, &knob, &stable).ok()?;
    let gradient = moved.models[model].alignment.gradient(&moved.block(model, &stable));
    let response = gradient.dot(&moved.block(model, &dx));
    response.is_finite().then(|| (response, gradient.norm() * dx.norm()))
}

/// The influences by a run with derivatives, or by differences of stable points.
pub(super) fn second_route(
    system: &GaussianLoop<f64>,
    dial: &Dial,
) -> (&'static str, Option<Vec<f64>>) {
    let turn = dial.knob(system);
    if let Ok((stable, dx)) = dynamics::settle_tangents(system, &[turn]) {
        let dx = dx.column(0).into_owned();
        let answer = |i: usize| {
            let gradient = system.models[i].alignment.gradient(&system.block(i, &stable));
            gradient.dot(&system.block(i, &dx))
        };
        let all = (0..system.models.len()).map(answer).collect();
        return ("run with derivatives", Some(all));
    }
    // Weights may be negative on the way: what is differentiated does not mind.
    let step = 1e-5;
    let at = |x: f64| {
        let moved = dial.turned(system, x);
        dynamics::stable_point(&moved).ok().map(|stable| moved.alignments(&stable))
    };
    let both = at(dial.at() + step).zip(at(dial.at() - step));
    let slopes = both.map(|(up, down)| {
        up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * step)).collect()
    });
    ("differences of stable points", slopes)
}

fn changes(sweep: &ModelSweep) -> Vec<Change> {
    let change = |(zero, rate): &(crate::influence::zeros::Zero, f64)| Change {
        at: zero.at,
        kind: match zero.kind {
            Kind::Crossing { rising: true } => "rising",
            Kind::Crossing { rising: false } => "falling",
            Kind::Touching => "touching",
        },
        converges: *rate < 1.0,
    };
    sweep.zeros.iter().map(change).collect()
}

fn stretches(sweep: &ModelSweep) -> Vec<Stretch> {
    let stretch = |s: &crate::influence::sweep::Stretch| Stretch {
        lo: s.lo,
        hi: s.hi,
        regime: s.regime.map(Regime::name),
    };
    sweep.regimes.iter().map(stretch).collect()
}

/// Where the influence is negative: between zeros and poles its sign is that of the middle.
fn negative_spans(
    sweep: &ModelSweep,
    (lo, hi): (f64, f64),
    converges: &[(f64, f64)],
    negative: impl Fn(f64) -> bool,
) -> Vec<Span> {
    if sweep.vanishes {
        return vec![];
    }
    let mut cuts = vec![lo, hi];
    cuts.extend(sweep.zeros.iter().map(|(zero, _)| zero.at));
    cuts.extend(sweep.poles.iter().chain(&sweep.unresolved).flat_map(|span| [span.0, span.1]));
    cuts.sort_by(f64::total_cmp);
    let mut spans: Vec<Span> = vec![];
    for ends in cuts.windows(2).filter(|ends| ends[1] - ends[0] > 1e-11) {
        let (lo, hi) = (ends[0], ends[1]);
        if !negative(f64::midpoint(lo, hi)) {
            continue;
        }
        let meets = converges.iter().any(|c| c.0 < hi && lo < c.1);
        match spans.last_mut() {
            Some(last) if last.hi >= lo => {
                last.hi = hi;
                last.converges |= meets;
            }
            _ => spans.push(Span { lo, hi, converges: meets }),
        }
    }
    spans
}

/// Where a rate is below 1 between two numbers.
pub(super) fn convergence_along(
    rate: impl Fn(f64) -> Result<f64, LoopError>,
    lo: f64,
    hi: f64,
) -> Result<Vec<(f64, f64)>, LoopError> {
    let holds = |x: f64| rate(x).map(|r| r < 1.0);
    let mut spans: Vec<(f64, f64)> = vec![];
    let mut before = holds(lo)?;
    let mut begun = before.then_some(lo);
    let mut last = lo;
    for k in 1..=GRID {
        let x = lo + (hi - lo) * f64::from(k) / f64::from(GRID);
        let now = holds(x)?;
        if now != before {
            let edge = edge(&|x| holds(x).unwrap_or(false), last, x);
            match begun.take() {
                Some(from) => spans.push((from, edge)),
                None => begun = Some(edge),
            }
        }
        (before, last) = (now, x);
    }
    spans.extend(begun.map(|from| (from, hi)));
    Ok(spans)
}

/// Where a condition that differs at `a` and `b` changes: the last point seen on the side of `b`.
pub(super) fn edge(holds: &dyn Fn(f64) -> bool, a: f64, b: f64) -> f64 {
    let there = holds(b);
    let (mut from, mut to) = (a, b);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(from, to);
        if holds(middle) == there { to = middle } else { from = middle }
    }
    to
}

/// The spectral radius of a loop of scalars without one of its models.
fn rest(system: &GaussianLoop<f64>, model: usize) -> Result<Option<f64>, LoopError> {
    let d = system.dimension();
    if d != system.models.len() || d < 2 {
        return Ok(None);
    }
    let jacobian: DMatrix<f64> = system.linearise(&DVector::zeros(d)).jacobian;
    let others: Vec<usize> = (0..d).filter(|&i| i != model).collect();
    let part = DMatrix::from_fn(d - 1, d - 1, |i, j| jacobian[(others[i], others[j])]);
    Ok(Some(dynamics::spectrum_of(&part)?.radius()))
}
