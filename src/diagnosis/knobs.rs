//! What more curation does to whom, now and at every share.

use super::dial::{Dial, kind_name};
use super::line::{Line, Wanted, Window};
use super::proof::Sure;
use super::thresholds::{Certified, certified};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::sweep::{ModelSweep, sweep_of};
use crate::influence::zeros::Kind;
use crate::influence::{Regime, influences};
use crate::systems::{GaussianLoop, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;

/// A share that can be moved, and what that does.
#[derive(Clone, Debug, PartialEq, Serialize)]
// Each says something of its own, and all are printed.
#[allow(clippy::struct_excessive_bools)]
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
    /// Whether the file has none of several components that are moved, so that equal parts are assumed.
    pub equal_parts: bool,
    /// The shares at which the loop converges in its own order. Where one span ends and the next one begins
    /// it does not.
    pub converges: Vec<(f64, f64)>,
    /// Whether it is proved that these are all, or they are those that a search found, on 64 steps
    /// and where the rate is least or greatest between them.
    pub converges_proved: bool,
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
    /// Whether intervals or exact arithmetic prove the sign.
    pub proved: bool,
    /// The same along another route, which [`route`](Self::route) says.
    pub second: Option<f64>,
    /// `run with derivatives`; where the loop does not converge, or too slowly, `exact arithmetic` or
    /// `differences of stable points`.
    pub route: &'static str,
    /// What the knob does at once, $\nabla J \cdot b$.
    pub push: f64,
    /// The response with the other models held still.
    pub isolated: Option<f64>,
    /// `amplified`, `dampened`, `inverted` or `indirect`.
    pub regime: &'static str,
    /// The same with what it comes to: an alignment that falls may be amplified, where its push is negative.
    pub meaning: &'static str,
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
    /// 1 where the alignment rises with the share, -1 where it falls.
    pub sign: Option<i8>,
}

/// Parts of a range narrower than this lie between two brackets of one change.
const NARROW: f64 = 1e-11;

/// Responses below this part of what they are made of are rounding.
const SILENT: f64 = 1e-12;

/// A run at a rate this close to 1 does not settle within the rounds that it has.
const SLOW: f64 = 1e-3;

/// Everything about `line`, along a share of a loop whose stable point is `stable`; `sure` is the same loop.
pub(super) fn knob(
    line: &Line,
    sure: &Sure,
    stable: &DVector<f64>,
    (of_file, in_proportion): (bool, bool),
) -> Result<Knob, LoopError> {
    let (system, dial) = (&line.system, &line.dial);
    let turn = dial.knob(system);
    let now = influences(system, &turn, stable)?;
    let (lo, hi) = dial.ends();
    let swept = sweep_of(&|x| Ok(dial.setting(system, x)), lo, hi)?;
    let (converges, converges_proved) = convergence_along(line);
    let signs = sure.signs(dial);
    let (route, second) = second_route(system, sure, dial);
    let mut found = Vec::new();
    for (i, (now, sweep)) in now.iter().zip(&swept).enumerate() {
        let gradient = system.models[i].alignment.gradient(&system.block(i, stable));
        let size = gradient.norm() * crate::influence::response(system, &turn, stable)?.norm();
        let rounded = sign(now.response, size);
        let certain = signs.get(i).copied().flatten().map(|s| s as i8);
        let sign_at = |x: f64| {
            influence_at(system, dial, dial, i, x).map(|(response, size)| sign(response, size))
        };
        found.push(Influence {
            model: system.models[i].name.clone(),
            own: i == dial.model,
            response: now.response,
            sign: certain.unwrap_or(rounded),
            proved: certain.is_some(),
            meaning: meaning(now.regime, certain.unwrap_or(rounded), i == dial.model),
            second: second.as_ref().map(|all| all[i]),
            route,
            push: now.push,
            isolated: now.isolated,
            regime: now.regime.name(),
            unstable_alone: now.unstable_alone,
            certified: certified(system, &turn, stable, i),
            zeros: changes(sweep, (lo, hi), &converges),
            negative: negative_spans(sweep, (lo, hi), &converges, &sign_at),
            regimes: stretches(sweep, &sign_at),
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
        equal_parts: dial.assumed,
        converges,
        converges_proved,
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

fn meaning(regime: Regime, sign: i8, own: bool) -> &'static str {
    match regime {
        Regime::Indirect if own => "its own push does not touch the reward",
        Regime::Indirect => "indirect: reached through the other models alone",
        Regime::Inverted => "inverted: the loop turns it round",
        Regime::Amplified if sign < 0 => {
            "amplified, not inverted: what is curated pulls that way itself"
        }
        Regime::Dampened if sign < 0 => {
            "dampened, not inverted: what is curated pulls that way itself"
        }
        Regime::Amplified => "amplified",
        Regime::Dampened => "dampened",
    }
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

/// The influences by a run with derivatives, by exact arithmetic, or by differences of stable points.
pub(super) fn second_route(
    system: &GaussianLoop<f64>,
    sure: &Sure,
    dial: &Dial,
) -> (&'static str, Option<Vec<f64>>) {
    let turn = dial.knob(system);
    let slow = dynamics::rate(system).is_ok_and(|rate| (rate - 1.0).abs() < SLOW);
    if slow && let Some(all) = sure.influences(dial) {
        return ("exact arithmetic", Some(all));
    }
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

fn changes(sweep: &ModelSweep, (lo, hi): (f64, f64), converges: &[(f64, f64)]) -> Vec<Change> {
    // The ends of the range belong to the spans that they are ends of, others do not.
    let inside = |x: f64| {
        converges
            .iter()
            .any(|c| (c.0 < x || x <= lo && c.0 <= lo) && (x < c.1 || x >= hi && c.1 >= hi))
    };
    let change = |(zero, _): &(crate::influence::zeros::Zero, f64)| Change {
        at: zero.at,
        kind: match zero.kind {
            Kind::Crossing { rising: true } => "rising",
            Kind::Crossing { rising: false } => "falling",
            Kind::Touching => "touching",
        },
        converges: inside(zero.at),
    };
    sweep.zeros.iter().map(change).collect()
}

/// Cut at the zeros, too: where push and answer change their signs together, the regime stays.
fn stretches(sweep: &ModelSweep, sign: &dyn Fn(f64) -> Option<i8>) -> Vec<Stretch> {
    let mut all = Vec::new();
    for s in &sweep.regimes {
        let inside = |x: &f64| s.lo + NARROW < *x && *x < s.hi - NARROW;
        let zeros = sweep.zeros.iter().map(|(zero, _)| zero.at).filter(inside);
        let mut cuts: Vec<f64> = zeros.chain([s.lo, s.hi]).collect();
        cuts.sort_by(f64::total_cmp);
        all.extend(cuts.windows(2).map(|ends| Stretch {
            lo: ends[0],
            hi: ends[1],
            regime: s.regime.map(Regime::name),
            sign: s.regime.and_then(|_| sign(f64::midpoint(ends[0], ends[1]))),
        }));
    }
    all
}

/// Where the influence is negative: between zeros and poles its sign is that of the middle.
fn negative_spans(
    sweep: &ModelSweep,
    (lo, hi): (f64, f64),
    converges: &[(f64, f64)],
    sign: &dyn Fn(f64) -> Option<i8>,
) -> Vec<Span> {
    if sweep.vanishes {
        return vec![];
    }
    let mut cuts = vec![lo, hi];
    cuts.extend(sweep.zeros.iter().map(|(zero, _)| zero.at));
    cuts.extend(sweep.poles.iter().chain(&sweep.unresolved).flat_map(|span| [span.0, span.1]));
    cuts.sort_by(f64::total_cmp);
    let mut spans: Vec<Span> = vec![];
    for ends in cuts.windows(2).filter(|ends| ends[1] - ends[0] > NARROW) {
        let (lo, hi) = (ends[0], ends[1]);
        if sign(f64::midpoint(lo, hi)).is_none_or(|sign| sign >= 0) {
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

/// The shares at which the loop converges, and whether that is proved.
fn convergence_along(line: &Line) -> (Vec<(f64, f64)>, bool) {
    let found = line.windows(Wanted::Converge);
    let now = line.dial.at();
    let holds_now = line
        .certainly(Wanted::Converge, &line.dial.share)
        .unwrap_or_else(|| line.holds(Wanted::Converge, now));
    let mut spans: Vec<(f64, f64)> = vec![];
    for (lo, hi) in found.all.iter().map(Window::ends) {
        match spans.last_mut() {
            // Windows are cut where the share stands.
            Some(last) if holds_now && last.1 >= now && lo <= now => last.1 = hi,
            _ => spans.push((lo, hi)),
        }
    }
    (spans, found.proved)
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
