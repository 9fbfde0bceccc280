//! Claims about systems: at listed places, and over a range of a parameter.

use super::Confirmed;
use crate::case::{Case, Probe, Route, Sample};
use crate::claim::{Claim, Instance, Relation, Side, Sweep};
use crate::scalar::{Exact, Interval, Real, decimal};
use crate::systems::{GaussianLoop, shipped};
use num_rational::BigRational;
use num_traits::Signed;
use rayon::prelude::*;

/// A piece of a certificate is halved at most this often: rational arithmetic loses elsewhere than
/// intervals do.
const DEPTH: u32 = 6;

pub(super) fn instances(
    claim: &Claim,
    at: &[Instance],
    places: &[String],
) -> Result<Confirmed, String> {
    let stated: Vec<String> = at.iter().map(Instance::place).collect();
    if stated != places {
        return Err(format!("the claim is about {}", stated.join("; ")));
    }
    let (mut comparisons, mut by_intervals) = (0, 0);
    for (index, instance) in at.iter().enumerate() {
        let place = instance.place();
        let system = instance.system::<Exact>()?;
        comparisons += holds(claim, system, index).map_err(|why| format!("{place}: {why}"))?;
        by_intervals +=
            in_intervals(claim, instance, index).map_err(|e| format!("{place}: {e}"))?;
    }
    if comparisons == 0 {
        return Err("nothing is asserted".into());
    }
    let summary = format!(
        "rational arithmetic at {}; intervals agree, and settle {by_intervals} by themselves",
        places.join("; ")
    );
    Ok(Confirmed { summary, comparisons })
}

/// How many of the comparisons intervals settle.
///
/// # Errors
/// If they contradict one.
fn in_intervals(claim: &Claim, instance: &Instance, index: usize) -> Result<usize, String> {
    let system = instance.system::<Interval>()?;
    let case = Case::listed(Sample { probe: Probe::plain(&system), system }, index);
    let property = claim.property().ok_or("the claim has no property")?;
    // What they cannot evaluate they say nothing of.
    let Ok(sides) = property.interval(&case.by(Route::Direct)) else { return Ok(0) };
    let mut settled = 0;
    for s in &sides {
        let (l, r) = (s.left, s.right);
        let (certain, contradicted) = match s.relation {
            Relation::Equal => (false, l.meet(r).is_none()),
            Relation::AtMost => (l.upper() <= r.lower(), l.lower() > r.upper()),
            Relation::Below => (l.upper() < r.lower(), l.lower() >= r.upper()),
        };
        if contradicted {
            return Err(format!("{}: intervals contradict it", s.what));
        }
        settled += usize::from(certain);
    }
    Ok(settled)
}

pub(super) fn range(
    claim: &Claim,
    sweep: &Sweep,
    place: &str,
    cuts: &[String],
) -> Result<Confirmed, String> {
    let stated = sweep.place();
    if place != stated {
        return Err(format!("the claim is about {stated}"));
    }
    let cuts: Option<Vec<BigRational>> = cuts.iter().map(|text| decimal(text)).collect();
    let cuts = cuts.ok_or("a cut is no number")?;
    let ends = sweep.ends.map(decimal);
    let [Some(lo), Some(hi)] = &ends else { return Err("the range has no ends".into()) };
    let (Some(first), Some(last)) = (cuts.first(), cuts.last()) else {
        return Err("there are no pieces".into());
    };
    if first > lo || last < hi || cuts.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(format!("the pieces do not cover {} to {}", sweep.ends[0], sweep.ends[1]));
    }
    let file = shipped::get(sweep.system).map_err(|e| e.to_string())?;
    let at = |value: Exact| {
        let system = file.at(&[(sweep.parameter, value)]).map_err(|e| e.to_string())?;
        holds(claim, system, 0)
    };
    let found: Vec<Result<Held, String>> =
        cuts.par_windows(2).map(|ends| on_piece(&at, ends[0].clone(), ends[1].clone())).collect();
    let mut all = Held { pieces: 0, comparisons: 0 };
    for held in found {
        let held = held?;
        all.pieces += held.pieces;
        all.comparisons += held.comparisons;
    }
    if all.comparisons == 0 {
        return Err("nothing is asserted".into());
    }
    let summary = format!("rational arithmetic on {} pieces of {place}", all.pieces);
    Ok(Confirmed { summary, comparisons: all.comparisons })
}

struct Held {
    pieces: usize,
    comparisons: usize,
}

/// Where a piece is too large, its parts.
fn on_piece(
    at: &(dyn Fn(Exact) -> Result<usize, String> + Sync),
    lo: BigRational,
    hi: BigRational,
) -> Result<Held, String> {
    let mut held = Held { pieces: 0, comparisons: 0 };
    let mut open = vec![([lo, hi], 0)];
    while let Some(([lo, hi], depth)) = open.pop() {
        match at(Exact::range(lo.clone(), hi.clone())) {
            Ok(n) => {
                held.pieces += 1;
                held.comparisons += n;
            }
            Err(why) if depth == DEPTH => {
                return Err(format!("not confirmed between {lo} and {hi}: {why}"));
            }
            Err(_) => {
                let middle = (&lo + &hi) / BigRational::from_integer(2.into());
                open.push(([lo, middle.clone()], depth + 1));
                open.push(([middle, hi], depth + 1));
            }
        }
    }
    Ok(held)
}

/// How many comparisons hold certainly for all values in the ranges of the system, whatever the
/// hypotheses.
fn holds(claim: &Claim, system: GaussianLoop<Exact>, index: usize) -> Result<usize, String> {
    let case = Case::listed(Sample { probe: Probe::plain(&system), system }, index);
    let view = case.by(Route::Direct);
    let property = claim.property().ok_or("the claim has no property")?;
    let sides = property.exact(&view).map_err(|e| e.to_string())?;
    match sides.iter().find(|s| !certain(s)) {
        Some(s) => Err(format!("{} is not certain", s.what)),
        None => Ok(sides.len()),
    }
}

pub(super) fn certain(s: &Side<Exact>) -> bool {
    let gap = s.left.clone() - s.right.clone();
    let Some((lo, hi)) = gap.ends() else { return false };
    match s.relation {
        Relation::Equal => lo == hi && !lo.is_positive() && !lo.is_negative(),
        Relation::AtMost => !hi.is_positive(),
        Relation::Below => hi.is_negative(),
    }
}
