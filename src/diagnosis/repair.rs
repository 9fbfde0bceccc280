//! The smallest change of a share that restores what is lost.

use super::convergence::second_rate;
use super::dial::{Dial, kind_name};
use super::knobs::{influence_at, second_route, sign};
use super::line::{Line, Wanted, Window};
use super::proof::{self, Sure};
use crate::error::LoopError;
use crate::scalar::Scalar;
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
    /// Moves of one share that lead there, the smallest first: for every share the nearest.
    pub ways: Vec<Way>,
    /// Whether it is proved that moving one share in another direction, or less far, does not lead there. If
    /// not, these are the ways that a search found.
    pub complete: bool,
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
    /// The goal is reached beyond this share.
    pub beyond: f64,
    /// And up to this one, or down to it.
    pub until: f64,
    /// Whether that is the last share that there can be.
    pub to_the_end: bool,
    /// How far it is to [`beyond`](Self::beyond).
    pub change: f64,
    /// A short decimal between the two, at which the goal is reached.
    pub at: f64,
    /// Whether the file has none of several components that are moved, so that equal parts are assumed.
    pub equal_parts: bool,
    /// Whether another route agrees there: the rate by powers, the influence by a run with derivatives or by
    /// differences.
    pub agrees: bool,
    /// Whether exact arithmetic or intervals prove that it is reached at [`at`](Self::at).
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

/// Digits of the decimals that are tried where what holds is decided exactly: with more of them a share in
/// doubles would not be the decimal that is printed.
const DIGITS: u32 = 15;

/// The same where it is decided in floating point.
const FEWER_DIGITS: u32 = 11;

/// No decimal is shorter than this.
const LEAST_DIGITS: u32 = 3;

/// A loop, where its parameters stand, and its curated shares.
pub(super) struct Ground<'a> {
    pub file: &'a LoopFile,
    pub values: &'a [(String, BigRational)],
    pub system: &'a GaussianLoop<f64>,
    pub knobs: &'a [Dial],
}

/// A share that may be moved to get what is wanted.
pub(super) struct Track {
    /// With real data of the model, if it has none yet.
    file: LoopFile,
    line: Line,
    new_data: bool,
}

/// The curated and the real share of every model. With `new_data` also the real share of a model that has no
/// real data yet: their mean nobody knows, but convergence does not depend on it.
pub(super) fn tracks(ground: &Ground, new_data: bool) -> Result<Vec<Track>, LoopError> {
    let mut all = Vec::new();
    for model in 0..ground.system.models.len() {
        for kind in [SourceKind::Curated, SourceKind::Real] {
            let has = ground.file.mixture(model).iter().any(|c| c.0.kind() == kind);
            let new_data = new_data && !has && kind == SourceKind::Real;
            let file =
                if new_data { ground.file.with_real_data(model) } else { ground.file.clone() };
            if let Ok(dial) = Dial::raising(&file, model, kind) {
                let line = Line::new(&file, ground.values, dial)?;
                all.push(Track { file, line, new_data });
            }
        }
    }
    Ok(all)
}

/// All ways to `wanted` along `tracks`.
pub(super) fn repair(ground: &Ground, tracks: &[Track], wanted: Wanted) -> Repair {
    let mut ways = Vec::new();
    let mut complete = true;
    for track in tracks {
        let (way, certain) = way(ground, track, wanted);
        ways.extend(way);
        complete &= certain;
    }
    ways.sort_by(|x, y| x.change.total_cmp(&y.change));
    let name = |i: usize| ground.system.models[i].name.clone();
    let goal = match wanted {
        Wanted::Converge => Goal::Converge,
        Wanted::Raise { knob, model } => Goal::Raise { knob: name(knob.model), model: name(model) },
    };
    Repair { goal, ways, complete }
}

/// The nearest way along one share, and whether there is certainly no nearer one.
fn way(ground: &Ground, track: &Track, wanted: Wanted) -> (Option<Way>, bool) {
    let now = track.line.dial.at();
    let found = track.line.windows(wanted);
    let far = |window: &Window| (window.ends().0 - now).max(now - window.ends().1);
    let mut windows: Vec<&Window> = found.all.iter().collect();
    windows.sort_by(|x, y| far(x).total_cmp(&far(y)));
    let mut complete = found.proved;
    for window in windows {
        let digits = if found.proved { DIGITS } else { FEWER_DIGITS };
        if let Some(way) = through(ground, track, wanted, (window, digits)) {
            return (Some(way), complete);
        }
        // There it is, but it cannot be said where, or two routes do not agree.
        complete = false;
    }
    (None, complete)
}

/// The way into one window; `None` where no decimal is in it, or what is seen there is not proved and
/// another route sees something else.
fn through(
    ground: &Ground,
    track: &Track,
    wanted: Wanted,
    (window, digits): (&Window, u32),
) -> Option<Way> {
    let Track { file, line, new_data } = track;
    let dial = &line.dial;
    let (lo, hi) = window.ends();
    let up = lo >= dial.at();
    let (beyond, until) = if up { (lo, hi) } else { (hi, lo) };
    let (at, last) = short(line, wanted, (window, digits), up)?;
    let there = |share: &BigRational| {
        let exact = line.certainly(wanted, share);
        exact.or_else(|| certainly(file, ground, dial, wanted, share))
    };
    let proved = there(&at) == Some(true);
    let agrees = agrees(file, ground, dial, wanted, &at);
    if !proved && !agrees {
        return None;
    }
    let end = if up { &dial.range.1 } else { &dial.range.0 };
    Some(Way {
        model: ground.system.models[dial.model].name.clone(),
        kind: kind_name(dial.kind),
        new_data: *new_data,
        from: dial.at(),
        beyond,
        until,
        to_the_end: if up { window.hi.0 == *end } else { window.lo.1 == *end },
        change: (beyond - dial.at()).abs(),
        at: f64::from_rational(&at),
        equal_parts: dial.assumed,
        agrees,
        proved,
        tight: there(&last) == Some(false),
        lowered: lowered(file, ground, dial, &at),
    })
}

/// A decimal of few digits in the window, next to the end where it begins, and the one before it.
fn short(
    line: &Line,
    wanted: Wanted,
    (window, most): (&Window, u32),
    up: bool,
) -> Option<(BigRational, BigRational)> {
    let dial = &line.dial;
    for digits in LEAST_DIGITS..=most {
        let unit = BigRational::new(1.into(), num_bigint::BigInt::from(10).pow(digits));
        let one = BigRational::one();
        let (at, last) = if up {
            let at = ((&window.lo.1 / &unit).floor() + one) * &unit;
            // Not beyond where the share stands.
            let last = (&at - &unit).max(dial.share.clone());
            (at, last)
        } else {
            let at = ((&window.hi.0 / &unit).ceil() - one) * &unit;
            let last = (&at + &unit).min(dial.share.clone());
            (at, last)
        };
        // The ends of the range may belong to it.
        let (lo, hi) = (&window.lo.1, &window.hi.0);
        let within = (*lo < at && at < *hi) || at == dial.range.0 || at == dial.range.1;
        let within = within && *lo <= at && at <= *hi;
        let holds = || {
            let exact = line.certainly(wanted, &at);
            exact.unwrap_or_else(|| line.holds(wanted, f64::from_rational(&at)))
        };
        if within && holds() {
            return Some((at, last));
        }
    }
    None
}

/// The dial `knob` where `dial` of the same file was moved.
fn again(knob: &Dial, dial: &Dial, file: &LoopFile) -> Option<Dial> {
    if knob.model == dial.model { knob.again(file) } else { Some(knob.clone()) }
}

/// Whether the goal is reached with the share at `to`, for certain; `None` if that is open.
fn certainly(
    file: &LoopFile,
    ground: &Ground,
    dial: &Dial,
    wanted: Wanted,
    to: &BigRational,
) -> Option<bool> {
    let moved = dial.file_at(file, to).ok()?;
    let order = &ground.system.order;
    if !order.is_fixed() {
        return None;
    }
    let sure = Sure::new(&moved, ground.values);
    let side = sure.side_of_one(&order.round(0, ground.system.models.len()));
    let converges = side.map(|side| side == Ordering::Less);
    let raises = match wanted {
        Wanted::Converge => Some(true),
        Wanted::Raise { knob, model } => again(knob, dial, &moved)
            .and_then(|knob| sure.signs(&knob)[model])
            .map(|sign| sign == Ordering::Greater),
    };
    match (converges, raises) {
        (Some(true), Some(true)) => Some(true),
        (Some(false), _) | (_, Some(false)) => Some(false),
        _ => None,
    }
}

/// Whether a second route, too, sees the goal reached.
fn agrees(file: &LoopFile, ground: &Ground, dial: &Dial, wanted: Wanted, at: &BigRational) -> bool {
    let Ok(file) = dial.file_at(file, at) else { return false };
    let Ok(moved) = proof::read::<f64>(&file, ground.values) else { return false };
    let sure = Sure::new(&file, ground.values);
    let raises = match wanted {
        Wanted::Converge => true,
        Wanted::Raise { knob, model } => again(knob, dial, &file)
            .and_then(|knob| second_route(&moved, &sure, &knob).1)
            .is_some_and(|answers| answers[model] > 0.0),
    };
    raises && second_rate(&moved).is_ok_and(|rate| rate < 1.0)
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
