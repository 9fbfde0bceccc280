//! Loops small enough to check by hand, and the smallest of them that breaks a claim.

use super::{FINALISTS, generator, ink, shrink};
use crate::case::{Case, Probe, Route, Sample, Subject};
use crate::certify::{Counterexample, confirm};
use crate::check::{Ensemble, violates};
use crate::claim::Claim;
use crate::domain::Points;
use crate::systems::{Alignment, Component, GaussianLoop, Model, Order, RetrainingMap, Source};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Two models of dimension 1 (three samples in four) or 2, entries from a handful of short
/// decimals, few components.
#[derive(Clone, Copy, Debug)]
pub struct Small {
    /// Seed of the whole ensemble.
    pub seed: u64,
}

/// How clearly floating point must see a claim fail before exact arithmetic is asked.
const CLEARLY: f64 = 1e-6;

/// Searches `tries` small points for one that breaks `claim`, makes it as small as it gets and
/// confirms it in exact arithmetic. `seeds` are further points known to break it.
pub fn smallest(
    claim: &Claim,
    seed: u64,
    tries: u64,
    seeds: Vec<Subject<f64>>,
) -> Option<Counterexample> {
    let source = small(claim, seed);
    let mut found: Vec<(u64, u64)> = (0..tries)
        .into_par_iter()
        .filter_map(|index| {
            let subject = source.draw(index);
            clearly_breaks(claim, &subject).then(|| (ink(&subject), index))
        })
        .collect();
    found.sort_unstable();
    let mut starts: Vec<Subject<f64>> =
        found.iter().take(FINALISTS).map(|&(_, index)| source.draw(index)).collect();
    if starts.is_empty() {
        starts = seeds;
    }
    let best = starts
        .into_par_iter()
        .filter(|s| confirm(claim, s).is_some())
        .map(|s| {
            // Where the claim fails by a hair, or on a boundary, only exact arithmetic sees it.
            let by_far = clearly_breaks(claim, &s);
            let breaks = |s: &Subject<f64>| {
                (!by_far || clearly_breaks(claim, s)) && confirm(claim, s).is_some()
            };
            shrink(s, claim.domain(), &breaks)
        })
        .min_by_key(ink)?;
    confirm(claim, &best)
}

/// The first of `tries` small points that breaks `claim` for certain, made small: where any witness
/// will do. `built` is tried before them.
pub fn any(
    claim: &Claim,
    seed: u64,
    tries: u64,
    built: Option<Subject<f64>>,
) -> Option<Counterexample> {
    let source = small(claim, seed);
    let breaks = |s: &Subject<f64>| clearly_breaks(claim, s) && confirm(claim, s).is_some();
    let drawn = || {
        let one = |index| Some(source.draw(index)).filter(breaks);
        (0..tries).into_par_iter().find_map_first(one)
    };
    let found = built.filter(breaks).or_else(drawn)?;
    confirm(claim, &shrink(found, claim.domain(), &breaks))
}

/// Where small points for `claim` come from.
fn small(claim: &Claim, seed: u64) -> Box<dyn Ensemble> {
    match claim.domain() {
        Some(domain) => Box::new(Points { domain, seed, small: true }),
        None => Box::new(Small { seed }),
    }
}

fn clearly_breaks(claim: &Claim, subject: &Subject<f64>) -> bool {
    if let (Some(domain), Subject::Point(at)) = (claim.domain(), subject)
        && !domain.contains(at)
    {
        return false;
    }
    let case = Case::new(subject.clone());
    violates(claim, &case.by(Route::Direct)).is_some_and(|size| size > CLEARLY)
}

impl Ensemble for Small {
    fn draw(&self, index: u64) -> Subject<f64> {
        let rng = &mut generator(self.seed ^ 0x5_3A11, index);
        let d = match index % 8 {
            6 => [1, 2],
            7 => [2, 2],
            _ => [1, 1],
        };
        // Weakly coupled loops are where κ < 1 is met, strongly coupled ones where it is not.
        let strengths: &[f64] = match index % 3 {
            0 => &[0.0, 0.1, -0.1, 0.2, -0.2],
            1 => &[0.0, 0.5, -0.5, 0.25, 0.1],
            _ => &[0.0, 1.0, -1.0, 2.0, -2.0, 0.5],
        };
        let models = (0..2).map(|i| model(rng, i, d, strengths)).collect();
        let system = GaussianLoop::new(models, Order::Simultaneous);
        let probe = probe(rng, &system);
        Subject::Loop(Sample { system, probe })
    }
}

fn model(rng: &mut Xoshiro256PlusPlus, own: usize, d: [usize; 2], strengths: &[f64]) -> Model<f64> {
    let n = d[own];
    let scale = *[1.0, 1.0, 2.0, 4.0, 0.5].choose(rng).expect("not empty");
    let mut hessian = DMatrix::identity(n, n) * scale;
    if n == 2 && rng.random_bool(0.3) {
        hessian[(1, 1)] = 2.0 * scale;
    }
    let data = if rng.random_bool(0.7) {
        hessian.clone()
    } else {
        DMatrix::identity(n, n) * *[1.0, 2.0, 0.5].choose(rng).expect("not empty")
    };
    let other = 1 - own;
    let all = [
        Source::Real,
        Source::Raw(own),
        Source::Raw(other),
        Source::Curated(own),
        Source::Curated(other),
    ];
    let count = rng.random_range(2..=3);
    let mut sources: Vec<Source> = all.sample(rng, count).copied().collect();
    sources.sort_by_key(|s| all.iter().position(|x| x == s));
    let weights: &[f64] = match sources.len() {
        2 => {
            [&[0.5, 0.5][..], &[0.8, 0.2], &[0.2, 0.8], &[0.9, 0.1]].choose(rng).expect("not empty")
        }
        _ => [&[0.5, 0.25, 0.25][..], &[0.25, 0.5, 0.25], &[0.25, 0.25, 0.5], &[0.6, 0.2, 0.2]]
            .choose(rng)
            .expect("not empty"),
    };
    let pick = |rng: &mut Xoshiro256PlusPlus, from: &[f64]| *from.choose(rng).expect("not empty");
    let components = sources
        .iter()
        .zip(weights)
        .map(|(&source, &weight)| {
            let columns = source.maker().map_or(0, |j| d[j]);
            Component {
                source,
                weight,
                channel: if n == columns && rng.random_bool(0.4) {
                    DMatrix::identity(n, n)
                } else {
                    DMatrix::from_fn(n, columns, |_, _| pick(rng, strengths))
                },
                offset: DVector::from_fn(n, |_, _| pick(rng, &[0.0, 0.0, 1.0, -1.0])),
                spread: 1.0,
            }
        })
        .collect();
    let linear = DVector::from_fn(n, |_, _| pick(rng, &[1.0, 0.0, -1.0, 2.0]));
    let alignment = Alignment { linear, curvature: DMatrix::zeros(n, n) };
    Model::new(["p", "q"][own].into(), hessian, data, components, alignment)
        .expect("the Hessians drawn are positive definite")
}

fn probe(rng: &mut Xoshiro256PlusPlus, system: &GaussianLoop<f64>) -> Probe<f64> {
    let d = system.dimension();
    let small = |rng: &mut Xoshiro256PlusPlus, n| {
        DVector::from_fn(n, |_, _| *[1.0, 0.0, -1.0].choose(rng).expect("not empty"))
    };
    let targets = [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.5, 0.0]];
    let mut target = || *targets.choose(rng).expect("not empty");
    let (toward_p, toward_q) = (target(), target());
    Probe {
        start: small(rng, d),
        other: small(rng, d),
        toward_p,
        toward_q,
        push_p: small(rng, system.models[0].data.ncols()),
        push_q: small(rng, system.models[1].data.ncols()),
    }
}
