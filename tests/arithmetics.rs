//! A formula read in floating point and in exact arithmetic is the same number.

use backfire::case::{Case, Route, Sample, Subject};
use backfire::check::Ensemble;
use backfire::claim::{Body, Claim};
use backfire::domain::{Domain, Points};
use backfire::scalar::{Exact, Real, shortest};
use backfire::search::{Random, Small};
use backfire::theorems;
use std::collections::BTreeMap;

/// Floating point on systems of these sizes is that close to the exact value, relative to the scale
/// that the property itself states.
const CLOSE: f64 = 1e-9;

fn decimal(x: f64) -> Exact {
    Exact::from(shortest(x).unwrap())
}

fn exact(subject: &Subject<f64>) -> Subject<Exact> {
    match subject {
        Subject::Loop(sample) => Subject::Loop(Sample {
            system: sample.system.lift(|x| decimal(*x)).unwrap(),
            probe: sample.probe.lift(|x| decimal(*x)),
        }),
        Subject::Point(at) => Subject::Point(at.lift(|x| decimal(*x))),
    }
}

fn domain_name(claim: &Claim) -> Option<&'static str> {
    claim.domain().map(Domain::name)
}

/// All universal claims and controls over `domain` at `subject`: how many numbers were compared.
fn compare(subject: &Subject<f64>, domain: Option<&'static str>) -> usize {
    let (float, exact) = (Case::new(subject.clone()), Case::new(exact(subject)));
    let mut compared = 0;
    for entry in theorems::ALL {
        let controls = entry.theorem.controls().into_iter().map(|c| c.claim);
        for claim in entry.theorem.claims().into_iter().chain(controls) {
            let Some(property) = claim.property() else { continue };
            // Instance claims speak of their own systems and have shapes of their own.
            if !matches!(claim.body, Body::Universal { .. }) || domain_name(&claim) != domain {
                continue;
            }
            let (near, far) = (
                property.float(&float.by(Route::Direct)),
                property.exact(&exact.by(Route::Direct)),
            );
            let (Ok(near), Ok(far)) = (near, far) else { continue };
            for (x, y) in near.iter().zip(&far) {
                let room = CLOSE * x.scale.abs().max(1.0);
                for (x, y) in [(x.left, &y.left), (x.right, &y.right)] {
                    assert!(
                        !x.is_finite() || (y.lower() - room <= x && x <= y.upper() + room),
                        "{}/{}: {x} outside [{}, {}]",
                        entry.theorem.card().id,
                        claim.id,
                        y.lower(),
                        y.upper()
                    );
                    compared += 1;
                }
            }
            for h in &claim.hypotheses {
                let pair = (h.float(&float.by(Route::Direct)), h.exact(&exact.by(Route::Direct)));
                if let (Ok(x), Ok(y)) = pair {
                    let room = CLOSE * x.abs().max(1.0);
                    assert!(
                        !x.is_finite() || (y.lower() - room <= x && x <= y.upper() + room),
                        "hypothesis {} of {}",
                        h.tex(),
                        claim.id
                    );
                    compared += 1;
                }
            }
        }
    }
    compared
}

#[test]
fn differences_are_measured_against_the_size_of_what_differs() {
    // Not everywhere: sides may cancel. But a scale that is always far above them hides everything.
    let random = Random { seed: 9 };
    let mut least: BTreeMap<String, f64> = BTreeMap::new();
    for sample in (0..40).map(|k| random.draw(k)) {
        let case = Case::new(sample);
        for entry in theorems::ALL {
            for claim in entry.theorem.claims() {
                let Body::Universal { over: None, property } = &claim.body else { continue };
                for &route in property.routes() {
                    let Ok(sides) = property.float(&case.by(route)) else { continue };
                    for s in sides {
                        let (card, what) = (entry.theorem.card().id, s.what);
                        let ratio = s.scale.abs() / s.left.abs().max(s.right.abs());
                        let key = format!("{card}/{} by {route:?}: {what}", claim.id);
                        let seen = least.entry(key).or_insert(f64::INFINITY);
                        *seen = seen.min(ratio);
                    }
                }
            }
        }
    }
    assert!(least.len() > 80, "{}", least.len());
    // A mean that is zero everywhere has no size of its own.
    least.retain(|side, _| !side.ends_with("E[score]^T delta"));
    for (side, ratio) in least {
        assert!(ratio < 10.0, "{side}: the scale is {ratio:.0e} of the sides at least");
    }
}

#[test]
fn floating_point_lies_in_the_exact_enclosures_on_small_loops() {
    let small = Small { seed: 7 };
    let compared: usize = (0..60).map(|k| compare(&small.draw(k), None)).sum();
    assert!(compared > 3000, "only {compared} numbers were compared");
}

#[test]
fn floating_point_lies_in_the_exact_enclosures_on_random_loops() {
    // Exact arithmetic on dimension 12 takes seconds, so only the smaller draws are used.
    let random = Random { seed: 7 };
    let small = |s: &Subject<f64>| {
        s.sample().is_some_and(|s| s.system.models.iter().all(|m| m.dimension() <= 3))
    };
    let compared: usize =
        (0..60).map(|k| random.draw(k)).filter(small).take(6).map(|s| compare(&s, None)).sum();
    assert!(compared > 400, "only {compared} numbers were compared");
}

/// Every domain whose claims have anything to say in exact arithmetic at all.
#[test]
fn floating_point_lies_in_the_exact_enclosures_on_small_points() {
    let claims = theorems::ALL.iter().flat_map(|e| e.theorem.claims());
    let mut domains: BTreeMap<&str, &'static dyn Domain> = BTreeMap::new();
    domains.extend(claims.filter_map(|c| c.domain()).map(|d| (d.name(), d)));
    for (name, domain) in domains {
        let points = Points { domain, seed: 7, small: true };
        let count = (domain.floor() / 200).clamp(2, 50);
        (0..count).for_each(|k| {
            compare(&points.draw(k), Some(name));
        });
    }
}
