//! What ways to look for a counterexample have in common.

use super::ink;
use crate::case::{Case, Route, Subject, View};
use crate::certify::confirm;
use crate::check::{AGREEMENT, Met, ROUNDING, hypotheses};
use crate::claim::{AnyHypothesis, Claim, Relation, Side};
use crate::point::Point;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Points that break a claim which are kept, the smallest: one may shrink less well than the next.
pub const FINALISTS: usize = 6;

/// Points of one task that exact arithmetic refuses to confirm before no more are put to it.
const REFUSALS: u32 = 32;

/// Points of one task that floating point leaves open and that are put to exact arithmetic: where a
/// hypothesis is open, and where only the claim is.
const QUESTIONS: [u32; 2] = [8, 64];

/// Equations whose sides differ by less than this, relative to their scale, hold as far as rounding can
/// tell. Between this and [`AGREEMENT`] nobody knows.
const EQUAL: f64 = 1e-12;

/// A way to look for a point that breaks a claim, cut into tasks that may run anywhere, in any order.
pub trait Strategy: Sync {
    /// As reports and journals call it: `random points`.
    fn name(&self) -> &'static str;
    /// How many tasks there are at this effort; none where the strategy has nothing to work on.
    fn tasks(&self, effort: f64) -> u64;
    /// Does one: the same for the same seed, on any machine and after any other task.
    fn run(&self, seed: u64, task: u64) -> Findings;
    /// What a reader of the report should know: what was covered completely, what was left out.
    fn notes(&self, effort: f64) -> Vec<String> {
        let _ = effort;
        Vec::new()
    }
    /// Whether its points are spread over the domain. Those of an optimiser crowd where the margin is
    /// small, and support nothing.
    fn is_sampling(&self) -> bool {
        true
    }
}

/// What was seen at some points. Sums of findings do not depend on their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// Points looked at.
    pub drawn: u64,
    /// Points that met every hypothesis and decided the claim.
    pub met: u64,
    /// Points on which a hypothesis or the claim is too close to call, or has no value.
    pub undecided: u64,
    /// Points that break the claim, as far as floating point can tell.
    pub broke: u64,
    /// Points that failed a hypothesis, counted at the first that fails, in the claim's order.
    pub rejected: Vec<u64>,
    /// Where the claim holds by the least margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least: Option<Least>,
    /// Points that break the claim, confirmed in exact arithmetic, the smallest first, at most
    /// [`FINALISTS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub broken: Vec<Point<f64>>,
    /// The smallest point that breaks the claim in floating point alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disputed: Option<Point<f64>>,
    /// Least and greatest number seen in each entry of the points that were met.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub seen: BTreeMap<String, [f64; 2]>,
    /// How many points had been looked at when the first broke the claim; of a sum that is not known.
    #[serde(skip)]
    pub first: Option<u64>,
    #[serde(skip)]
    refusals: u32,
    #[serde(skip)]
    asked: [u32; 2],
}

/// A point and the relative margin by which the claim holds there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Least {
    /// The margin.
    pub margin: f64,
    /// Where.
    pub at: Point<f64>,
}

impl Findings {
    /// Nothing seen yet, of a claim with this many hypotheses.
    pub fn none(hypotheses: usize) -> Self {
        Findings { rejected: vec![0; hypotheses], ..Findings::default() }
    }

    /// Puts `claim` to one point in floating point and adds the outcome. Returns what optimisers
    /// descend: see [`Slope`].
    pub fn look(&mut self, claim: &Claim, at: &Point<f64>) -> Slope {
        self.drawn += 1;
        let case = Case::new(at.clone());
        let view: View<f64> = case.by(Route::Direct);
        match hypotheses(claim, &view) {
            Met::No(i) => {
                self.rejected[i] += 1;
                return Slope::lacking(claim, &view);
            }
            Met::Undecided(_) => {
                self.leave(claim, at, false);
                return Slope::lacking(claim, &view);
            }
            Met::Yes => {}
        }
        let sides = claim.property().and_then(|p| p.float(&view).ok()).unwrap_or_default();
        match weighed(&sides) {
            Weight::Nothing => {
                self.undecided += 1;
                Slope::NONE
            }
            Weight::Close(margin) => {
                self.leave(claim, at, true);
                Slope::met(margin)
            }
            Weight::Holds(margin) => {
                self.met += 1;
                self.cover(at);
                if let Some(margin) = margin {
                    self.near(margin, at);
                }
                // An equation holds by nothing.
                Slope::met(margin.unwrap_or(0.0))
            }
            Weight::Breaks(margin) => {
                self.met += 1;
                self.cover(at);
                self.broke += 1;
                self.first = self.first.or(Some(self.drawn));
                self.keep(claim, at);
                Slope::met(margin)
            }
        }
    }

    /// Counts a point that floating point leaves open: where exact arithmetic, asked for a few of them,
    /// says that it breaks the claim, it does; otherwise it stays undecided. `met` says whether the
    /// hypotheses are met clearly, so that only the claim is open.
    pub(super) fn leave(&mut self, claim: &Claim, at: &Point<f64>, met: bool) {
        let kind = usize::from(met);
        if self.asked[kind] < QUESTIONS[kind] && !self.is_long(at) {
            self.asked[kind] += 1;
            if self.confirmed(claim, at) {
                self.met += 1;
                self.broke += 1;
                self.first = self.first.or(Some(self.drawn));
                self.cover(at);
                return;
            }
        }
        self.undecided += 1;
    }

    /// Whether there are enough finalists, all of them smaller than `at`.
    fn is_long(&self, at: &Point<f64>) -> bool {
        let last = self.broken.last().filter(|_| self.broken.len() >= FINALISTS);
        last.is_some_and(|other| order(at) >= order(other))
    }

    /// Whether exact arithmetic says that `at` breaks the claim; it is then a finalist.
    fn confirmed(&mut self, claim: &Claim, at: &Point<f64>) -> bool {
        let breaks = confirm(claim, &Subject::Point(at.clone())).is_some();
        if breaks {
            self.broken.push(at.clone());
            self.prune();
        }
        breaks
    }

    /// Adds a point that breaks the claim to the finalists, if it is among the smallest and exact
    /// arithmetic confirms it. Points outside the claim's domain are left out.
    pub fn keep(&mut self, claim: &Claim, at: &Point<f64>) {
        if self.is_long(at) || self.refusals >= REFUSALS {
            return;
        }
        if !self.confirmed(claim, at) {
            self.refusals += 1;
            self.dispute(at);
        }
    }

    fn dispute(&mut self, at: &Point<f64>) {
        if self.disputed.as_ref().is_none_or(|other| order(at) < order(other)) {
            self.disputed = Some(at.clone());
        }
    }

    /// Records where the claim holds by `margin`, if that is the least so far.
    pub fn near(&mut self, margin: f64, at: &Point<f64>) {
        // Of two points with the same margin the smaller one, whichever came first.
        let nearer = |l: &Least| {
            margin < l.margin || margin.to_bits() == l.margin.to_bits() && order(at) < order(&l.at)
        };
        if margin.is_finite() && self.least.as_ref().is_none_or(nearer) {
            self.least = Some(Least { margin, at: at.clone() });
        }
    }

    /// Widens [`seen`](Self::seen) to the numbers of a point.
    pub fn cover(&mut self, at: &Point<f64>) {
        for (name, entry) in at.entries() {
            for &x in entry {
                match self.seen.get_mut(name) {
                    Some([lo, hi]) => (*lo, *hi) = (lo.min(x), hi.max(x)),
                    None => drop(self.seen.insert(name.to_owned(), [x, x])),
                }
            }
        }
    }

    /// Adds what another task saw.
    pub fn add(&mut self, other: &Findings) {
        self.first = None;
        self.drawn += other.drawn;
        self.met += other.met;
        self.undecided += other.undecided;
        self.broke += other.broke;
        self.rejected.resize(self.rejected.len().max(other.rejected.len()), 0);
        for (a, b) in self.rejected.iter_mut().zip(&other.rejected) {
            *a += b;
        }
        if let Some(l) = &other.least {
            self.near(l.margin, &l.at);
        }
        for (name, [lo, hi]) in &other.seen {
            let range = self.seen.entry(name.clone()).or_insert([*lo, *hi]);
            *range = [range[0].min(*lo), range[1].max(*hi)];
        }
        if let Some(at) = &other.disputed {
            self.dispute(at);
        }
        self.broken.extend(other.broken.iter().cloned());
        self.prune();
    }

    fn prune(&mut self) {
        self.broken.sort_by_cached_key(order);
        self.broken.dedup();
        self.broken.truncate(FINALISTS);
    }
}

/// The order of points by size: total, so that no tie is left to chance.
fn order(at: &Point<f64>) -> (u64, String) {
    (ink(&Subject::Point(at.clone())), at.lines().join(" "))
}

/// What floating point says of the sides of a claim where its hypotheses are met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Weight {
    /// A side has no value, or none is asserted.
    Nothing,
    /// Some side is too close to call, none fails. The least margin.
    Close(f64),
    /// All hold. The least margin of the inequalities.
    Holds(Option<f64>),
    /// One fails. The least margin, or minus the largest gap.
    Breaks(f64),
}

/// Compares the sides. Stricter than the referee's [`judge`](crate::check::judge): a point counts only
/// where every side is decided.
pub(super) fn weighed(sides: &[Side<f64>]) -> Weight {
    let valued = |s: &Side<f64>| s.left.is_finite() && s.right.is_finite();
    if sides.is_empty() || !sides.iter().all(valued) {
        return Weight::Nothing;
    }
    let (mut least, mut margin) = (f64::INFINITY, None::<f64>);
    let (mut close, mut breaks) = (false, false);
    for s in sides {
        let scale = s.scale.abs();
        let relative = |x: f64| if scale > 0.0 { x / scale } else { x };
        let by = match s.relation {
            Relation::Equal => {
                let gap = relative((s.left - s.right).abs());
                breaks |= gap > AGREEMENT;
                close |= gap > EQUAL;
                -gap
            }
            Relation::AtMost | Relation::Below => {
                let by = relative(s.right - s.left);
                breaks |= by < -ROUNDING;
                close |= by <= ROUNDING;
                margin = Some(margin.map_or(by, |m| m.min(by)));
                by
            }
        };
        least = least.min(by);
    }
    if breaks {
        Weight::Breaks(least)
    } else if close {
        Weight::Close(least)
    } else {
        Weight::Holds(margin)
    }
}

/// What an optimiser descends. Below 1 the hypotheses hold and this is the margin of the claim,
/// squeezed into `(-1, 1)`, for equations minus the gap; from 1 on it says by how much hypotheses fail,
/// so that a search walks along their boundary.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Slope(pub f64);

impl Slope {
    /// Of a point at which something has no value.
    pub const NONE: Slope = Slope(1e3);

    fn met(margin: f64) -> Slope {
        if margin.is_nan() { Slope::NONE } else { Slope(squeezed(margin.min(1e6))) }
    }

    fn lacking(claim: &Claim, view: &View<f64>) -> Slope {
        let lacks = |h: &dyn AnyHypothesis| match h.float(view) {
            Ok(m) if m > ROUNDING => 0.0,
            Ok(m) if m.is_finite() => squeezed(-m).max(0.0) + 1e-3,
            _ => 2.0,
        };
        Slope(1.0 + claim.hypotheses.iter().map(|h| lacks(h.as_ref())).sum::<f64>())
    }
}

fn squeezed(x: f64) -> f64 {
    x / (1.0 + x.abs())
}

#[cfg(test)]
mod tests {
    use super::Findings;
    use crate::conjecture::Conjecture;
    use crate::search::generator;

    const TEXT: &str = "name = \"x\"\ntitle = \"X\"\nfamily = \"linear\"\n\
                        assume = [\"J[1, 1] > 0\"]\nclaim = \"J[1, 1] < J[2, 2] + 1\"\n";

    #[test]
    fn sums_do_not_depend_on_the_order() {
        let conjecture = Conjecture::parse(TEXT, "x.toml").unwrap();
        let claim = conjecture.to_claim();
        let part = |start: u64| {
            let mut f = Findings::none(1);
            for k in start..start + 40 {
                let at = claim.domain().unwrap().draw_small(&mut generator(3, k), k);
                f.look(&claim, &at);
            }
            f
        };
        let parts: Vec<Findings> = (0..8).map(|k| part(40 * k)).collect();
        let sum = |order: &[usize]| {
            let mut sum = Findings::none(1);
            for &k in order {
                sum.add(&parts[k]);
            }
            sum.refusals = 0;
            sum.asked = [0; 2];
            sum
        };
        let all = sum(&[0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(all, sum(&[5, 7, 1, 0, 6, 3, 2, 4]));
        assert_eq!(all.drawn, 320);
        assert_eq!(all.met + all.undecided + all.rejected[0], 320);
        assert!(all.broke > 0 && all.met > all.broke && all.rejected[0] > 0, "{all:?}");
        assert_eq!(all.broken.len(), super::FINALISTS);
        let text = serde_json::to_string(&all).unwrap();
        assert_eq!(serde_json::from_str::<Findings>(&text).unwrap(), all);
    }
}
