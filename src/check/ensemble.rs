//! Universal claims on an ensemble: one pass serves them all.

use super::judge::{Met, hypotheses, judge};
use crate::case::{Case, Route, Subject};
use crate::claim::Claim;
use crate::error::LoopError;
use crate::evidence::Sampled;
use rayon::prelude::*;

/// From this spectral radius on a run may not settle in time, and what it settles on carries a hundred
/// times the rounding of a round. Loops with `κ < 1` stay far below.
const SLOW: f64 = 0.99;

/// Most samples handed to a thread at a time.
const GRAIN: u64 = 32;

/// A source of samples: the same index always gives the same sample.
pub trait Ensemble: Sync {
    /// Sample number `index`.
    fn draw(&self, index: u64) -> Subject<f64>;
}

/// What a pass found out about one claim.
#[derive(Clone, Debug)]
pub struct Tally {
    /// Samples drawn.
    pub drawn: u64,
    /// Samples that met every hypothesis.
    pub met: u64,
    /// Samples that failed a hypothesis, counted at the first that fails, in the claim's order.
    pub rejected: Vec<u64>,
    /// Samples on which a hypothesis could not be decided.
    pub undecided: u64,
    /// Sums by route.
    pub routes: Vec<Sampled>,
    /// Index of the first sample on which the claim fails.
    pub suspect: Option<u64>,
}

impl Tally {
    /// Nothing seen yet; `floor` is how many points a route needs.
    pub fn new(claim: &Claim, floor: u64) -> Self {
        let routes = claim.property().map_or(&[][..], |p| p.routes());
        let start = |&route: &Route| Sampled {
            route,
            samples: 0,
            floor,
            undecided: 0,
            violations: 0,
            failures: 0,
            diverged: 0,
            least_margin: None,
            worst_gap: None,
        };
        Tally {
            drawn: 0,
            met: 0,
            rejected: vec![0; claim.hypotheses.len()],
            undecided: 0,
            routes: routes.iter().map(start).collect(),
            suspect: None,
        }
    }

    /// Checks `claim` at one point and adds the outcome.
    pub fn add<S: Into<u64>>(&mut self, claim: &Claim, case: &Case<f64>, index: S) {
        self.drawn += 1;
        match hypotheses(claim, &case.by(Route::Direct)) {
            Met::No(i) => self.rejected[i] += 1,
            Met::Undecided(_) => self.undecided += 1,
            Met::Yes => self.compare(claim, case, index.into()),
        }
    }

    fn compare(&mut self, claim: &Claim, case: &Case<f64>, index: u64) {
        let Some(property) = claim.property() else { return };
        self.met += 1;
        for sum in &mut self.routes {
            let sides = match property.float(&case.by(sum.route)) {
                Ok(sides) if sides.is_empty() => continue,
                Ok(sides) => sides,
                // A loop that diverges, or all but does, has nothing to show a simulation; that it
                // may is for other claims to say.
                Err(LoopError::Diverges { radius, .. }) if radius >= SLOW => {
                    sum.diverged += 1;
                    continue;
                }
                Err(_) => {
                    sum.samples += 1;
                    sum.failures += 1;
                    continue;
                }
            };
            let judged = judge(&sides);
            sum.samples += 1;
            sum.undecided += u64::from(judged.undecided);
            sum.violations += u64::from(judged.violated);
            sum.least_margin = least(sum.least_margin, judged.margin);
            sum.worst_gap = least(sum.worst_gap.map(|g| -g), judged.gap.map(|g| -g)).map(|g| -g);
            if judged.violated && self.suspect.is_none() {
                self.suspect = Some(index);
            }
        }
    }

    fn merge(&mut self, other: &Tally) {
        self.drawn += other.drawn;
        self.met += other.met;
        self.undecided += other.undecided;
        self.suspect = self.suspect.into_iter().chain(other.suspect).min();
        for (a, b) in self.rejected.iter_mut().zip(&other.rejected) {
            *a += b;
        }
        for (a, b) in self.routes.iter_mut().zip(&other.routes) {
            a.samples += b.samples;
            a.undecided += b.undecided;
            a.violations += b.violations;
            a.failures += b.failures;
            a.diverged += b.diverged;
            a.least_margin = least(a.least_margin, b.least_margin);
            a.worst_gap = least(a.worst_gap.map(|g| -g), b.worst_gap.map(|g| -g)).map(|g| -g);
        }
    }

    /// Whether every route has all the points it needs.
    pub fn is_full(&self) -> bool {
        self.routes.iter().all(|r| r.samples.saturating_sub(r.undecided) >= r.floor)
    }
}

/// Draws samples `0, 1, …` until every claim has `floor` decided points on every route, or `most`
/// samples were drawn, and checks every claim on each. The same for any number of threads.
pub fn run(
    claims: &[&Claim],
    ensemble: &dyn Ensemble,
    floor: u64,
    most: u64,
    progress: &(dyn Fn(u64) + Sync),
) -> Vec<Tally> {
    let fresh = || claims.iter().map(|c| Tally::new(c, floor)).collect::<Vec<_>>();
    let mut sums = fresh();
    let mut next = 0;
    // Few points are wanted where they are expensive: then every one is shared out. Chunks grow with
    // the floor so that a short run does not overshoot by much.
    let grain = (floor / 16).clamp(1, GRAIN);
    let chunk = (floor / 4).clamp(grain, 2048).next_multiple_of(grain);
    while next < most && !sums.iter().all(Tally::is_full) {
        // A claim that is full, or known to fail, is not checked again.
        let open: Vec<bool> = sums.iter().map(|t| !t.is_full()).collect();
        let grains: Vec<u64> = (0..chunk / grain).map(|k| next + k * grain).collect();
        let parts: Vec<Vec<Tally>> = grains
            .par_iter()
            .map(|&start| {
                let mut part = fresh();
                for index in start..start + grain {
                    let case = Case::new(ensemble.draw(index));
                    for ((claim, tally), _) in
                        claims.iter().zip(&mut part).zip(&open).filter(|(_, open)| **open)
                    {
                        tally.add(claim, &case, index);
                    }
                }
                progress(grain);
                part
            })
            .collect();
        for part in &parts {
            sums.iter_mut().zip(part).for_each(|(sum, part)| sum.merge(part));
        }
        next += chunk;
    }
    sums
}

fn least(a: Option<f64>, b: Option<f64>) -> Option<f64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(f64::min(a, b)),
        (a, b) => a.or(b),
    }
}
