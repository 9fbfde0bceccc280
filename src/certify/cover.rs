//! Covers: a claim proved on every piece of a range, each read in intervals.

use super::Certificate;
use crate::case::{Case, Probe, Route, Sample, Subject};
use crate::claim::{AnyProperty, Claim, Relation, Side};
use crate::error::LoopError;
use crate::scalar::{Interval, Real};
use crate::systems::GaussianLoop;
use num_traits::Zero;

/// A range is halved at most this often.
const DEPTH: u32 = 24;

/// Pieces looked at before a cover is given up.
const PIECES: usize = 20_000;

/// What a claim says on a piece.
enum Seen {
    /// Everything asserted certainly holds: so many comparisons.
    Holds(usize),
    /// Something asserted certainly fails wherever the hypotheses hold.
    Fails(&'static str),
    /// The piece is too large to tell.
    Open(String),
}

/// Proves `claim` for every value of a parameter between `lo` and `hi`, ends included. `place` names the
/// system and the parameter; `system` reads it at an interval of values.
///
/// # Errors
/// Where it cannot be shown, with the piece; that refutes nothing.
pub fn over_range(
    claim: &Claim,
    place: &str,
    [lo, hi]: [Interval; 2],
    system: &dyn Fn(Interval) -> Result<GaussianLoop<Interval>, LoopError>,
) -> Result<Certificate, String> {
    let property = claim.property().ok_or("the claim has no property to evaluate")?;
    let whole = lo.hull(hi);
    let mut open = vec![(whole, 0)];
    let (mut pieces, mut comparisons, mut deepest) = (0, 0, 0);
    while let Some((piece, depth)) = open.pop() {
        pieces += 1;
        let seen = match system(piece) {
            Ok(system) => {
                let probe = Probe::plain(&system);
                look(claim, property, Subject::Loop(Sample { system, probe }))
            }
            Err(e) => Seen::Open(e.to_string()),
        };
        match seen {
            Seen::Holds(n) => {
                comparisons += n;
                deepest = deepest.max(depth);
            }
            Seen::Fails(what) => return Err(format!("{what} fails on {piece:?} of {place}")),
            Seen::Open(why) if depth >= DEPTH || pieces >= PIECES => {
                return Err(format!("undecided on {piece:?} of {place}: {why}"));
            }
            Seen::Open(_) => {
                let middle = piece.middle();
                // The lower half last, so that it is looked at first: pieces come in order.
                open.push((Interval::new(middle, piece.hi()), depth + 1));
                open.push((Interval::new(piece.lo(), middle), depth + 1));
            }
        }
    }
    if comparisons == 0 {
        return Err("nothing was asserted".into());
    }
    Ok(Certificate {
        method: "interval arithmetic on a cover",
        domain: format!("{place} in [{}, {}], {pieces} pieces", whole.lo(), whole.hi()),
        comparisons,
    })
}

fn look(claim: &Claim, property: &dyn AnyProperty, subject: Subject<Interval>) -> Seen {
    let case = Case::new(subject);
    let view = case.by(Route::Direct);
    for h in &claim.hypotheses {
        match h.interval(&view) {
            Ok(m) if m.is_above_zero() => {}
            // Not met anywhere here: nothing is asserted.
            Ok(m) if m.upper() <= 0.0 => return Seen::Holds(0),
            Ok(m) => return Seen::Open(format!("hypothesis {} has margin {m:?}", h.tex())),
            Err(e) => return Seen::Open(format!("hypothesis {}: {e}", h.tex())),
        }
    }
    let sides = match property.interval(&view) {
        Ok(sides) => sides,
        Err(e) => return Seen::Open(e.to_string()),
    };
    if let Some(side) = sides.iter().find(|s| fails(s)) {
        return Seen::Fails(side.what);
    }
    match sides.iter().find(|s| !holds(s)) {
        Some(s) => Seen::Open(format!("{}: {:?} against {:?}", s.what, s.left, s.right)),
        None => Seen::Holds(sides.len()),
    }
}

/// Certainly so, for every value in the two enclosures.
fn holds(s: &Side<Interval>) -> bool {
    match s.relation {
        Relation::Equal => s.left == s.right && (s.left - s.right).is_zero(),
        Relation::AtMost => s.left.upper() <= s.right.lower(),
        Relation::Below => s.left.upper() < s.right.lower(),
    }
}

fn fails(s: &Side<Interval>) -> bool {
    let (l, r) = (s.left, s.right);
    match s.relation {
        Relation::Equal => l.meet(r).is_none(),
        Relation::AtMost => l.lower() > r.upper(),
        Relation::Below => l.lower() >= r.upper(),
    }
}
