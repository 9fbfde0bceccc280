//! Covers: a claim proved on every piece of a range, each read in intervals.

use super::{Certificate, Proof};
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
    let (mut pieces, mut comparisons) = (0, 0);
    let mut cuts = vec![whole.lo()];
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
                cuts.push(piece.hi());
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
        domain: format!("{place} in [{}, {}], {} pieces", whole.lo(), whole.hi(), cuts.len() - 1),
        comparisons,
        proof: Proof::Range {
            place: place.into(),
            cuts: cuts.iter().map(ToString::to_string).collect(),
        },
    })
}

fn look(claim: &Claim, property: &dyn AnyProperty, subject: Subject<Interval>) -> Seen {
    let case = Case::new(subject);
    let view = case.by(Route::Direct);
    // A margin that is not positive excludes nothing: where a hypothesis only marks that it is met, it may
    // be that this is not certain.
    let mut unmet = None;
    for h in &claim.hypotheses {
        match h.interval(&view) {
            Ok(m) if m.is_above_zero() => {}
            Ok(m) => unmet = Some(format!("hypothesis {} has margin {m:?}", h.tex())),
            Err(e) => unmet = Some(format!("hypothesis {}: {e}", h.tex())),
        }
    }
    let sides = match property.interval(&view) {
        Ok(sides) => sides,
        Err(e) => return Seen::Open(e.to_string()),
    };
    let failing = sides.iter().find(|s| fails(s));
    let open = sides.iter().find(|s| !holds(s));
    match (failing, open, unmet) {
        (Some(side), _, None) => Seen::Fails(side.what),
        // What holds anyway need not ask for the hypotheses.
        (_, None, _) => Seen::Holds(sides.len()),
        (_, Some(_), Some(why)) => Seen::Open(why),
        (None, Some(s), None) => {
            Seen::Open(format!("{}: {:?} against {:?}", s.what, s.left, s.right))
        }
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

#[cfg(test)]
mod tests {
    use super::over_range;
    use crate::case::{Arithmetic, View};
    use crate::claim::{Claim, Hypothesis, Property, Relation, Side};
    use crate::error::LoopError;
    use crate::scalar::{Interval, Scalar};
    use crate::systems::{GaussianLoop, RetrainingMap, shipped};

    /// The squared strength of the first block from p to q, proportional to `t²`.
    fn coupling<S: Arithmetic>(view: &View<S>) -> S {
        let system = view.system();
        let j = system.linearise(&view.probe().start).jacobian;
        j[(24, 0)].clone() * j[(24, 0)].clone() + j[(25, 0)].clone() * j[(25, 0)].clone()
    }

    /// `coupling`, which grows with `t²`, against a multiple of its value at `t = 1`.
    struct Against(Relation, f64);

    impl Property for Against {
        fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
            let (left, right) = (coupling(view), S::from_f64(self.1 * at_one()));
            Ok(vec![match self.0 {
                Relation::Equal => Side::equal("coupling", left, right),
                Relation::AtMost => Side::at_most("coupling", left, right),
                Relation::Below => Side::below("coupling", left, right),
            }])
        }
    }

    struct Weak(f64);

    impl Hypothesis for Weak {
        fn tex(&self) -> &'static str {
            "weak"
        }
        fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
            Ok(S::from_f64(self.0 * at_one()) - coupling(view))
        }
    }

    fn system<S: Scalar>(t: S) -> Result<GaussianLoop<S>, LoopError> {
        shipped::get("paper-5-1-code").unwrap().at(&[("t", t)])
    }

    fn at_one() -> f64 {
        let j = system(1.0).unwrap().linearise(&nalgebra::DVector::zeros(48)).jacobian;
        j[(24, 0)].powi(2) + j[(25, 0)].powi(2)
    }

    fn covered(claim: &Claim, ends: [f64; 2]) -> Result<String, String> {
        let ends = ends.map(Interval::point);
        over_range(claim, "here", ends, &system).map(|c| c.summary())
    }

    #[test]
    fn only_what_holds_throughout_is_proved() {
        let claim = |relation, times| Claim::universal("c", "c", Against(relation, times));
        // t² < 1/4 for t up to 0.4, but not up to 0.6, nor up to 1/2 itself.
        let quarter = claim(Relation::Below, 0.25);
        let summary = covered(&quarter, [0.1, 0.4]).unwrap();
        assert!(summary.contains("[0.1, 0.4]") && summary.contains("pieces"), "{summary}");
        assert!(covered(&quarter, [0.1, 0.6]).is_err());
        assert!(covered(&quarter, [0.1, 0.5]).is_err());
        assert!(covered(&quarter, [0.6, 0.9]).unwrap_err().contains("fails on"));
        // A sliver at the lower end is enough.
        let least = claim(Relation::Below, 0.01);
        assert!(covered(&least, [0.0999, 0.2]).is_err());
        // Up to rounding equal at one end: undecided, so not proved.
        assert!(covered(&claim(Relation::AtMost, 1.0), [0.5, 1.0]).is_err());
        assert!(covered(&claim(Relation::AtMost, 1.01), [0.5, 1.0]).is_ok());
        // No equation between a range and a number holds.
        assert!(covered(&claim(Relation::Equal, 0.25), [0.5, 0.6]).is_err());
    }

    #[test]
    fn where_a_hypothesis_fails_nothing_is_asserted() {
        let claim =
            |weak| Claim::universal("c", "c", Against(Relation::Below, 0.25)).given(Weak(weak));
        // Asserted up to t = 0.4, true up to 0.5: what holds anyway is proved, the rest is left.
        assert!(covered(&claim(0.16), [0.1, 0.49]).is_ok());
        assert!(covered(&claim(0.16), [0.1, 0.9]).unwrap_err().contains("undecided"));
        // Asserted up to 0.6.
        assert!(covered(&claim(0.36), [0.1, 0.9]).is_err());
        assert!(covered(&claim(0.36), [0.51, 0.9]).unwrap_err().contains("fails on"));
        // Asserted nowhere: nothing is proved.
        assert!(covered(&claim(0.16), [0.5, 0.9]).is_err());
    }
}
