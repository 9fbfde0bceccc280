//! The smallest change of a share that restores what is lost.

use super::convergence::second_rate;
use super::dial::{Dial, kind_name};
use super::knobs::{GRID, edge, influence_at, second_route, sign};
use super::proof;
use crate::dynamics::rate;
use crate::error::LoopError;
use crate::scalar::{Interval, Scalar};
use crate::systems::{GaussianLoop, LoopFile, SourceKind};
use num_rational::BigRational;
use num_traits::One;
use serde::Serialize;
use std::cmp::Ordering;

/// How something could be had that the loop does not have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repair {
    /// What.
    pub goal: Goal,
    /// Moves of one share that lead there, the smallest first.
    pub ways: Vec<Way>,
}

/// What a loop may lack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "goal", rename_all = "kebab-case")]
pub enum Goal {
    /// Convergence in its own order.
    Converge,
    /// That more curation raises an alignment, in a loop that converges.
    Raise {
        /// The model that is curated more.
        knob: String,
        /// The model whose alignment falls.
        model: String,
    },
}

/// A move of one share.
#[derive(Clone, Debug, PartialEq, Serialize)]
// Each says something of its own, and all are printed.
#[allow(clippy::struct_excessive_bools)]
pub struct Way {
    /// Of this model's mixture.
    pub model: String,
    /// The kind of data.
    pub kind: &'static str,
    /// Whether the model has no such data yet.
    pub new_data: bool,
    /// The share now.
    pub from: f64,
    /// The goal is reached beyond this share, found by bisection between steps of a grid.
    pub beyond: f64,
    /// How far that is.
    pub change: f64,
    /// A short decimal beyond it, at which the goal is reached.
    pub at: f64,
    /// Whether another route agrees there: the rate by powers, the influence by a run with derivatives or by
    /// differences.
    pub agrees: bool,
    /// Whether intervals prove that it is reached at [`at`](Self::at).
    pub proved: bool,
    /// Whether they also prove that it is not, one unit of the last digit before.
    pub tight: bool,
    /// Alignments that more curation then still lowers.
    pub lowered: Vec<Lowered>,
}

/// A negative influence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lowered {
    /// More curation of this model
    pub knob: String,
    /// lowers the alignment of this one.
    pub model: String,
}

/// Digits of the short decimals that are tried.
const DIGITS: std::ops::RangeInclusive<u32> = 3..=8;

/// A change of a share below this is rounding.
const ROUNDING: f64 = 1e-12;

/// What is to be had, by positions.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    Converge,
    Raise { knob: &'a Dial, model: usize },
}

/// A loop, where its parameters stand, and its curated shares.
pub(super) struct Ground<'a> {
    pub file: &'a LoopFile,
    pub values: &'a [(String, BigRational)],
    pub system: &'a GaussianLoop<f64>,
    pub knobs: &'a [Dial],
}

/// All ways to `wanted` that move one curated or real share.
pub(super) fn repair(ground: &Ground, wanted: Wanted) -> Result<Repair, LoopError> {
    let mut ways = Vec::new();
    for model in 0..ground.system.models.len() {
        for kind in [SourceKind::Curated, SourceKind::Real] {
            ways.extend(way(ground, wanted, model, kind)?);
        }
    }
    ways.sort_by(|x, y| x.change.total_cmp(&y.change));
    let name = |i: usize| ground.system.models[i].name.clone();
    let goal = match wanted {
        Wanted::Converge => Goal::Converge,
        Wanted::Raise { knob, model } => Goal::Raise { knob: name(knob.model), model: name(model) },
    };
    Ok(Repair { goal, ways })
}

fn way(
    ground: &Ground,
    wanted: Wanted,
    model: usize,
    kind: SourceKind,
) -> Result<Option<Way>, LoopError> {
    let has = ground.file.mixture(model).iter().any(|c| c.0.kind() == kind);
    // Data that there are not have a mean that nobody knows, on which convergence does not depend.
    let new_data = !has && kind == SourceKind::Real && matches!(wanted, Wanted::Converge);
    let file = if new_data { ground.file.with_real_data(model) } else { ground.file.clone() };
    let Ok(dial) = Dial::raising(&file, model, kind) else { return Ok(None) };
    let system = proof::read::<f64>(&file, ground.values)?;
    let reached = |x: f64| is_reached(&system, &dial, wanted, x);
    let Some(beyond) = nearest(&reached, dial.at(), dial.ends()) else { return Ok(None) };
    // Anything at all is enough where the way back from the edge ends in rounding.
    let beyond = if (beyond - dial.at()).abs() < ROUNDING { dial.at() } else { beyond };
    let Some((at, last)) = short(&reached, &dial, beyond) else { return Ok(None) };
    let moved = dial.turned(&system, f64::from_rational(&at));
    let there = |share: &BigRational| certainly(&file, ground, &dial, wanted, share);
    Ok(Some(Way {
        model: system.models[model].name.clone(),
        kind: kind_name(kind),
        new_data,
        from: dial.at(),
        beyond,
        change: (beyond - dial.at()).abs(),
        at: f64::from_rational(&at),
        agrees: agrees(&file, &moved, &dial, wanted, &at),
        proved: there(&at) == Some(true),
        tight: there(&last) == Some(false),
        lowered: lowered(&file, ground, &dial, &at),
    }))
}

fn is_reached(system: &GaussianLoop<f64>, dial: &Dial, wanted: Wanted, x: f64) -> bool {
    // The eigenvalues last: they take longest.
    let raises = match wanted {
        Wanted::Converge => true,
        Wanted::Raise { knob, model } => influence_at(system, dial, knob, model, x)
            .is_some_and(|(response, size)| sign(response, size) > 0),
    };
    raises && rate(&dial.turned(system, x)).is_ok_and(|rate| rate < 1.0)
}

/// The share nearest to `from` at which a condition begins to hold that does not hold there.
fn nearest(holds: &dyn Fn(f64) -> bool, from: f64, (lo, hi): (f64, f64)) -> Option<f64> {
    let step = (hi - lo) / f64::from(GRID);
    let toward = |end: f64| {
        let length = (end - from).abs();
        let far = |k: u32| (step * f64::from(k)).min(length);
        let at = |k: u32| if far(k) < length { from + (end - from).signum() * far(k) } else { end };
        // The whole range has GRID steps; from within it the last one may be shorter.
        let first = (1..=GRID + 1).find(|&k| far(k - 1) < length && holds(at(k)))?;
        Some(edge(holds, at(first - 1), at(first)))
    };
    let found = [toward(lo), toward(hi)].into_iter().flatten();
    found.min_by(|x, y| (x - from).abs().total_cmp(&(y - from).abs()))
}

/// A decimal of few digits beyond `beyond`, where the condition holds, and the one before it.
fn short(
    holds: &dyn Fn(f64) -> bool,
    dial: &Dial,
    beyond: f64,
) -> Option<(BigRational, BigRational)> {
    // Where any change will do, there is room on one side at least.
    let up = beyond > dial.at() || (beyond >= dial.at() && beyond < dial.ends().1);
    let edge = BigRational::from_float(beyond)?;
    for digits in DIGITS {
        let unit = BigRational::new(1.into(), num_bigint::BigInt::from(10).pow(digits));
        let cut = &edge / &unit;
        let (at, last) = if up {
            let at = cut.floor() + BigRational::one();
            (at.clone(), at - BigRational::one())
        } else {
            let at = cut.ceil() - BigRational::one();
            (at.clone(), at + BigRational::one())
        };
        let (at, last) = (at * &unit, last * &unit);
        let (lo, hi) = &dial.range;
        if *lo <= at && at <= *hi && holds(f64::from_rational(&at)) {
            // Not beyond where the share stands.
            let last = if up { last.max(dial.share.clone()) } else { last.min(dial.share.clone()) };
            return Some((at, last));
        }
    }
    None
}

/// The dial `knob` where `dial` of the same file was moved.
fn again(knob: &Dial, dial: &Dial, file: &LoopFile) -> Option<Dial> {
    if knob.model == dial.model { knob.again(file) } else { Some(knob.clone()) }
}

/// Whether the goal is reached with the share at `to`, by intervals; `None` if that is open.
fn certainly(
    file: &LoopFile,
    ground: &Ground,
    dial: &Dial,
    wanted: Wanted,
    to: &BigRational,
) -> Option<bool> {
    let moved = dial.file_at(file, to).ok()?;
    let system = proof::read::<Interval>(&moved, ground.values).ok()?;
    if !system.order.is_fixed() {
        return None;
    }
    let side = proof::side_of_one(&system, &system.order.round(0, system.models.len()));
    let converges = side.map(|side| side == Ordering::Less);
    let raises = match wanted {
        Wanted::Converge => Some(true),
        Wanted::Raise { knob, model } => again(knob, dial, &moved)
            .and_then(|knob| proof::signs(&system, &knob)[model])
            .map(|sign| sign == Ordering::Greater),
    };
    match (converges, raises) {
        (Some(true), Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether a second route, too, sees the goal reached.
fn agrees(
    file: &LoopFile,
    moved: &GaussianLoop<f64>,
    dial: &Dial,
    wanted: Wanted,
    at: &BigRational,
) -> bool {
    let converges = second_rate(moved).is_ok_and(|rate| rate < 1.0);
    let raises = match wanted {
        Wanted::Converge => true,
        Wanted::Raise { knob, model } => dial
            .file_at(file, at)
            .ok()
            .and_then(|file| again(knob, dial, &file))
            .and_then(|knob| second_route(moved, &knob).1)
            .is_some_and(|answers| answers[model] > 0.0),
    };
    converges && raises
}

/// What more curation lowers where the share is at `at`.
fn lowered(file: &LoopFile, ground: &Ground, dial: &Dial, at: &BigRational) -> Vec<Lowered> {
    let mut all = Vec::new();
    let Ok(moved) = dial.file_at(file, at) else { return all };
    let Ok(system) = proof::read::<f64>(&moved, ground.values) else { return all };
    for knob in ground.knobs {
        // The curated share itself, whatever else the file's knob moves.
        let Ok(knob) = Dial::raising(&moved, knob.model, SourceKind::Curated) else { continue };
        for model in 0..system.models.len() {
            let falls = influence_at(&system, &knob, &knob, model, knob.at())
                .is_some_and(|(response, size)| sign(response, size) < 0);
            let name = |i: usize| system.models[i].name.clone();
            let found = Lowered { knob: name(knob.model), model: name(model) };
            if falls && !all.contains(&found) {
                all.push(found);
            }
        }
    }
    all
}
