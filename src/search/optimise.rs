//! Optimisation of the margin: towards points that nearly break a claim, and past them.

use super::generator;
use crate::case::{Case, Route, Subject, View};
use crate::check::{Ensemble, ROUNDING, judge, violates};
use crate::claim::Claim;
use crate::domain::{Domain, Points};
use crate::point::Point;
use cmaes::{CMAESOptions, DVector};
use rand::RngExt;
use rayon::prelude::*;

/// Points drawn for every start: the least margin among them is where an optimisation begins.
const POOL: u64 = 64;

/// Evaluations of the margin in one optimisation.
const EVALUATIONS: usize = 6_000;

/// Points that break `claim`, found by covariance matrix adaptation (CMA-ES) of the margin from `starts`
/// starts, each the point of least margin in a pool of its own. Hypotheses that fail weigh more than
/// any margin, so that the search walks along their boundary. For claims over a
/// [`Domain`] that are checked along the direct route; entries that the domain calls
/// [`whole`](Domain::whole) stay as they were drawn.
pub fn adversaries(claim: &Claim, seed: u64, starts: u64) -> Vec<Subject<f64>> {
    let Some(domain) = claim.domain() else { return Vec::new() };
    let pool = Points { domain, seed: seed ^ 0x0A57_1A11, small: false };
    (0..starts)
        .into_par_iter()
        .filter_map(|start| {
            let drawn = (start * POOL..(start + 1) * POOL).filter_map(|k| match pool.draw(k) {
                Subject::Point(at) => Some((objective(claim, &at), at)),
                Subject::Loop(_) => None,
            });
            let (_, best) = drawn.min_by(|a, b| a.0.total_cmp(&b.0))?;
            descend(claim, domain, &best, seed.wrapping_add(start))
        })
        .collect()
}

fn descend(
    claim: &Claim,
    domain: &dyn Domain,
    from: &Point<f64>,
    seed: u64,
) -> Option<Subject<f64>> {
    let free = free_numbers(domain, from);
    if free.is_empty() {
        return None;
    }
    let placed = |x: &DVector<f64>| {
        let mut at = from.clone();
        let mut values = x.iter();
        for (slot, free) in at.numbers_mut().zip(&free) {
            if let Some(value) = free.then(|| values.next()).flatten() {
                *slot = *value;
            }
        }
        at
    };
    let numbers: Vec<f64> = from.clone().numbers_mut().map(|x| *x).collect();
    let start: Vec<f64> =
        numbers.iter().zip(&free).filter(|(_, free)| **free).map(|(x, _)| *x).collect();
    let size = start.iter().map(|x| x.abs()).sum::<f64>() / start.len() as f64;
    // A first step of a tenth to a half of the size of the entries.
    let step = (0.1 + 0.4 * generator(seed, 1).random_range(0.0..1.0)) * size.max(0.1);
    let mut search = CMAESOptions::new(start, step)
        .seed(seed)
        .max_function_evals(EVALUATIONS)
        .fun_target(-1e-2)
        .build(|x: &DVector<f64>| objective(claim, &placed(x)))
        .ok()?;
    let found = search.run().overall_best?;
    let subject = Subject::Point(placed(&found.point));
    let broken = violates(claim, &Case::new(subject.clone()).by(Route::Direct)).is_some();
    broken.then_some(subject)
}

/// Which numbers of a point may move.
fn free_numbers(domain: &dyn Domain, at: &Point<f64>) -> Vec<bool> {
    let whole = domain.whole();
    at.entries().flat_map(|(name, m)| vec![!whole.contains(&name); m.len()]).collect()
}

/// Below 1: the hypotheses hold, and this is the margin, squeezed into `(-1, 1)`; for equations minus
/// the gap. From 1 to 2 and more: by how much hypotheses fail.
fn objective(claim: &Claim, at: &Point<f64>) -> f64 {
    let squeezed = |x: f64| x / (1.0 + x.abs());
    let case = Case::new(at.clone());
    let view: View<f64> = case.by(Route::Direct);
    let mut lacking = 0.0;
    for h in &claim.hypotheses {
        match h.float(&view) {
            Ok(m) if m > ROUNDING => {}
            Ok(m) if m.is_finite() => lacking += squeezed(-m).max(0.0) + 1e-3,
            _ => lacking += 2.0,
        }
    }
    if lacking > 0.0 {
        return 1.0 + lacking;
    }
    let Some(Ok(sides)) = claim.property().map(|p| p.float(&view)) else { return 3.0 };
    let judged = judge(&sides);
    let margin = judged.margin.unwrap_or(f64::INFINITY).min(-judged.gap.unwrap_or(-1.0));
    if margin.is_nan() { 3.0 } else { squeezed(margin.min(1e6)) }
}
