//! `backfire diagnose` on loops of many kinds: each number by another route, or by hand.

use backfire::diagnosis::{Count, Diagnosis, Goal, Moved, Question, Verdict, diagnose};
use backfire::dynamics::{self, measured_rate, settle, trajectory};
use backfire::influence::{Constants, Pair, cosine};
use backfire::linalg;
use backfire::systems::{GaussianLoop, LoopFile, Order, RetrainingMap, SourceKind, shipped};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use std::fmt::Write;
use std::process::{Command, Output};

macro_rules! loops {
    ($($name:literal),*) => { [$(($name, include_str!(concat!("data/loops/", $name, ".toml")))),*] };
}

/// Written for this test, and what they are for.
const LOOPS: [(&str, &str); 9] = loops![
    "isolated",
    "none",
    "continuum",
    "flip",
    "still",
    "zero",
    "towards",
    "two-curators",
    "two"
];

const TEMPLATES: [(&str, &str); 3] = [
    ("system-1", include_str!("../templates/system-1.toml")),
    ("system-2", include_str!("../templates/system-2.toml")),
    ("system-3", include_str!("../templates/system-3.toml")),
];

fn file(name: &str) -> LoopFile {
    let all = || LOOPS.iter().chain(&TEMPLATES);
    match all().find(|(n, _)| *n == name) {
        Some((_, text)) => LoopFile::parse(&text.replace("NAME", name), name).unwrap(),
        None => shipped::get(name).unwrap(),
    }
}

fn asked(file: &LoopFile, set: &[(&str, &str)], shares: Vec<Moved>) -> Diagnosis {
    let exact = |x: &str| backfire::scalar::decimal(x).unwrap();
    let values = set.iter().map(|(n, x)| ((*n).to_owned(), exact(x))).collect();
    diagnose(&Question { file: file.clone(), values, shares }).unwrap()
}

fn diagnosed(name: &str) -> Diagnosis {
    asked(&file(name), &[], vec![])
}

fn rational(p: i64, q: i64) -> BigRational {
    BigRational::new(p.into(), q.into())
}

fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-9 * expected.abs().max(1.0), "{found} for {expected}");
}

/// The same loop with another share of one kind of data of a model: this test's own arithmetic.
fn with_share(
    system: &GaussianLoop<f64>,
    model: usize,
    kind: SourceKind,
    to: f64,
) -> GaussianLoop<f64> {
    let mut moved = system.clone();
    let components = &mut moved.models[model].components;
    let now: f64 = components.iter().filter(|c| c.source.kind() == kind).map(|c| c.weight).sum();
    let count = components.iter().filter(|c| c.source.kind() == kind).count() as f64;
    for c in components {
        c.weight = match c.source.kind() == kind {
            true if now == 0.0 => to / count,
            true => c.weight * (to / now),
            false => c.weight * ((1.0 - to) / (1.0 - now)),
        };
    }
    moved
}

/// Alignments where a run of the loop in its own order ends.
fn run_to_the_end(system: &GaussianLoop<f64>) -> Vec<f64> {
    let (end, _) = settle(system, &DVector::zeros(system.dimension())).unwrap();
    system.alignments(&end)
}

fn solved(system: &GaussianLoop<f64>) -> Vec<f64> {
    system.alignments(&dynamics::stable_point(system).unwrap())
}

/// Everything in a diagnosis that simulation can see, against simulation.
fn agrees_with_runs(name: &str, set: &[(&str, &str)]) {
    let file = file(name);
    let found = asked(&file, set, vec![]);
    let exact = |x: &str| x.parse::<f64>().unwrap();
    let values: Vec<(&str, f64)> = set.iter().map(|(n, x)| (*n, exact(x))).collect();
    let system = file.at::<f64>(&values).unwrap();
    assert!(found.convergence.own.converges, "{name}");
    // Where a run ends, and how fast it gets there.
    let ends = run_to_the_end(&system);
    for (m, end) in found.stable_point.at.iter().zip(&ends) {
        assert!((m.alignment - end).abs() < 1e-8 * end.abs().max(1.0), "{name}: {}", m.model);
    }
    let start = DVector::from_fn(system.dimension(), |i, _| 3.0 + ((i * 7) % 5) as f64);
    let stable = dynamics::stable_point(&system).unwrap();
    let states = trajectory(&system, &start, 400);
    let distances: Vec<f64> = states.iter().map(|x| (x - &stable).norm()).collect();
    // Of an order that switches, 400 rounds are too few for the rate of all.
    let measured = measured_rate(&distances, 1e-13 * distances[0]);
    if let Some(measured) = measured.filter(|_| system.order.is_fixed()) {
        let rate = found.convergence.own.rate;
        assert!((measured - rate).abs() < 0.05 * rate.max(0.02), "{name}: {measured} for {rate}");
    }
    // No start is further away than the worst one.
    if let Some(worst) = found.convergence.worst_start {
        let limit = worst.growth * distances[0] * (1.0 + 1e-9);
        assert!(distances.iter().all(|d| *d <= limit), "{name}");
        for (after, part) in [(worst.halving, 0.5), (worst.percent, 0.01)] {
            let late = distances.iter().skip(after.unwrap_or(usize::MAX).min(400));
            assert!(late.into_iter().all(|d| *d <= part * distances[0] * (1.0 + 1e-9)), "{name}");
        }
    }
    for order in found.convergence.orders.iter().chain([&found.convergence.own]) {
        if let Some(second) = order.rate_by_powers {
            assert!((second - order.rate).abs() < 1e-6, "{name}: {}", order.order);
        }
    }
    for knob in found.knobs.iter().filter(|k| k.in_proportion) {
        let model = found.models.iter().position(|m| m.model == knob.model).unwrap();
        let step = 1e-4;
        let at = |x: f64| with_share(&system, model, SourceKind::Curated, x);
        // One-sided where the share is zero: a weight cannot be negative there.
        let (up, down) = (knob.share + step, (knob.share - step).max(0.0));
        let (above, below) = (run_to_the_end(&at(up)), run_to_the_end(&at(down)));
        let allowed = if knob.share == 0.0 { 1e-2 } else { 1e-5 };
        for (i, influence) in knob.influences.iter().enumerate() {
            let slope = (above[i] - below[i]) / (up - down);
            let gap = (slope - influence.response).abs();
            let size = slope.abs().max(0.1);
            assert!(gap < allowed * size, "{name}: {slope} for {}", influence.response);
            assert_eq!(influence.own, influence.model == knob.model);
            // The sign at many shares by differences of stable points.
            for k in 0..40 {
                let x = knob.range.0 + (knob.range.1 - knob.range.0) * (f64::from(k) + 0.5) / 40.0;
                let slope = (solved(&at(x + 1e-5))[i] - solved(&at(x - 1e-5))[i]) / 2e-5;
                let said = influence.negative.iter().any(|s| s.lo <= x && x <= s.hi);
                assert!(slope.abs() < 1e-4 || said == (slope < 0.0), "{name}, {x}: {slope}");
                let rate = dynamics::rate(&at(x)).unwrap();
                let said = knob.converges.iter().any(|s| s.0 <= x && x <= s.1);
                assert!((rate - 1.0).abs() < 1e-3 || said == (rate < 1.0), "{name}, {x}: {rate}");
            }
        }
    }
}

#[test]
fn loops_that_converge_agree_with_their_runs() {
    for name in ["isolated", "zero", "towards", "two-curators", "two", "example-4-6-converging"] {
        agrees_with_runs(name, &[]);
    }
    agrees_with_runs("fine-tuning-diverges", &[]);
    for name in ["system-1", "system-2", "system-3"] {
        agrees_with_runs(name, &[]);
    }
    agrees_with_runs("system-2", &[("t", "1.3")]);
}

#[test]
fn the_systems_of_the_paper_agree_with_their_runs() {
    agrees_with_runs("paper-5-1-code", &[]);
    agrees_with_runs("paper-5-1-code", &[("t", "0.9")]);
}

/// x = l (x/2 + 2) gives x = 2l / (1 - l/2), dx/dl = 2 / (1 - l/2)^2, J' = 1 - x; at l = 1/2:
/// x = 4/3, dJ/dl = -1/3 * 32/9. It changes sign where x = 1, at l = 2/5.
#[test]
fn one_model_alone_by_hand() {
    let found = diagnosed("isolated");
    assert_eq!(found.answer.verdict, Verdict::Yes);
    assert_eq!(found.stable_point.count, Count::One);
    assert!(found.stable_point.proved);
    close(found.stable_point.at[0].parameters[0], 4.0 / 3.0);
    // J = I - J is 3/4: gradient steps shorter than 8/3, best at 4/3; the rate of retraining is 1/4.
    close(found.convergence.own.rate, 0.25);
    close(found.convergence.own.halving.unwrap(), 0.5);
    close(found.convergence.own.percent.unwrap(), 100_f64.ln() / 4_f64.ln());
    let worst = found.convergence.worst_start.unwrap();
    assert_eq!((worst.growth, worst.halving, worst.percent), (1.0, Some(1), Some(4)));
    close(found.convergence.incremental.longest_step.unwrap(), 8.0 / 3.0);
    assert!((found.convergence.incremental.best_step.unwrap() - 4.0 / 3.0).abs() < 1e-6);
    assert!(found.convergence.paper.is_none());
    let [knob] = &found.knobs[..] else { panic!("one knob") };
    let [on] = &knob.influences[..] else { panic!("one model") };
    close(on.response, -32.0 / 27.0);
    // The push is J' (x/2 + 2) = -8/9: what is curated overshoots, and no loop turns it round.
    close(on.push, -8.0 / 9.0);
    assert_eq!((on.regime, on.sign, on.proved), ("amplified", -1, true));
    let [zero] = &on.zeros[..] else { panic!("one zero") };
    close(zero.at, 0.4);
    assert_eq!(zero.kind, "falling");
    close(on.negative[0].lo, 0.4);
    // Less than 0.4 curated, or more than 0.6 real: a tenth either way.
    let [repair] = &found.repairs[..] else { panic!("one repair") };
    let mut ways: Vec<_> = repair.ways.iter().map(|w| (w.kind, w.beyond, w.at, w.change)).collect();
    ways.sort_by(|x, y| x.0.cmp(y.0));
    let [curated, real] = ways[..] else { panic!("two ways") };
    for (way, beyond, at) in [(curated, 0.4, 0.399), (real, 0.6, 0.601)] {
        close(way.1, beyond);
        close(way.2, at);
        close(way.3, 0.1);
    }
    for way in &repair.ways {
        assert!(way.proved && way.agrees && way.lowered.is_empty(), "{way:?}");
    }
}

/// theta = l (phi + 1), phi = theta / 5, l = 1/5: theta = l / (1 - l/5), d theta/dl = 1 / (1 - l/5)^2
/// = 625/576, that of phi a fifth. a = b = 1/5: kappa = 3/4, tau = 3/4; S = 25/24.
#[test]
fn two_scalars_by_hand() {
    let text = include_str!("data/loops/mutual.toml");
    let found = asked(&LoopFile::parse(text, "mine.toml").unwrap(), &[], vec![]);
    assert_eq!(found.answer.verdict, Verdict::No);
    close(found.convergence.orders[0].rate, 0.2);
    close(found.convergence.orders[1].rate, 0.04);
    close(found.convergence.sensitivity, 0.2);
    close(found.convergence.paper.unwrap().kappa.unwrap(), 0.75);
    let [p, q] = &found.knobs[0].influences[..] else { panic!("two models") };
    close(p.response, 625.0 / 576.0);
    close(q.response, 125.0 / 576.0);
    for on in [p, q] {
        let certified = on.certified.as_ref().unwrap();
        close(certified.rho, 1.0);
        assert_eq!(certified.by, Some(0));
        let m_tau: f64 = 25.0 / 24.0 * 0.75;
        close(certified.thresholds[0].value.unwrap(), 1.0 / (1.0 + m_tau * m_tau).sqrt());
        // A number is turned by nothing.
        assert!(certified.thresholds[3].value.unwrap() < 1e-6);
        assert!(on.negative.is_empty() && on.proved);
    }
}

#[test]
fn loops_without_one_stable_point_are_diagnosed() {
    for (name, count) in [("none", Count::None), ("continuum", Count::Continuum)] {
        let found = diagnosed(name);
        assert_eq!(found.answer.verdict, Verdict::Open, "{name}");
        assert_eq!((found.stable_point.count, found.stable_point.proved), (count, true), "{name}");
        assert!(found.stable_point.gap < 1e-12 && found.stable_point.at.is_empty());
        assert!(found.convergence.own.on_the_edge && !found.convergence.own.converges);
        assert!(found.knobs.is_empty());
        // Any real data at all, of either model, and there is a stable point.
        let [repair] = &found.repairs[..] else { panic!("one repair") };
        assert_eq!(repair.goal, Goal::Converge);
        assert_eq!(repair.ways.len(), 2);
        for way in &repair.ways {
            assert!(
                way.new_data && way.kind == "real" && way.beyond < 1e-9 && way.proved,
                "{way:?}"
            );
        }
        let text = LOOPS.iter().find(|(n, _)| *n == name).unwrap().1;
        let mut file = tempfile::Builder::new().suffix(".toml").tempfile().unwrap();
        std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        let page = said(&["diagnose", file.path().to_str().unwrap()]);
        assert!(
            page.contains("raise the real share of p, which it has none of yet, from 0 by any"),
            "{page}"
        );
        // Exactly singular by another route: the determinant over the rationals.
        let exact = self::file(name).default_at::<backfire::scalar::Exact>().unwrap();
        let zero = DVector::from_element(2, backfire::scalar::Exact::ratio(0, 1));
        let pull =
            DMatrix::<backfire::scalar::Exact>::identity(2, 2) - exact.linearise(&zero).jacobian;
        assert_eq!(linalg::determinant(&pull), backfire::scalar::Exact::ratio(0, 1));
    }
    // A run of the first drifts by its data, one of the second ends where it began.
    let drift = file("none").default_at::<f64>().unwrap();
    let far = trajectory(&drift, &DVector::zeros(2), 1000);
    assert!(far[1000].amax() > 100.0);
    let rest = file("continuum").default_at::<f64>().unwrap();
    assert_eq!(trajectory(&rest, &DVector::from_element(2, 7.0), 10)[10].as_slice(), [7.0, 7.0]);
}

/// J = (0, 1; -1, 0): eigenvalues i and -i. There is a stable point, and the loop circles it for ever.
#[test]
fn a_loop_on_the_edge_is_said_to_be() {
    let found = diagnosed("flip");
    assert_eq!(found.stable_point.count, Count::One);
    // The eigenvalues i and -i are on the unit circle, which exact arithmetic decides.
    assert!(found.convergence.own.on_the_edge && found.convergence.own.proved);
    close(found.convergence.own.period.unwrap(), 4.0);
    assert_eq!(found.answer.verdict, Verdict::Open);
    // Its short steps converge: I - J has the eigenvalues 1 + i, so h < 1, best at 1/2.
    close(found.convergence.incremental.longest_step.unwrap(), 1.0);
    assert!((found.convergence.incremental.best_rate.unwrap() - 0.5_f64.sqrt()).abs() < 1e-6);
}

#[test]
fn shares_that_cannot_be_moved_say_why() {
    let found = diagnosed("still");
    assert_eq!(found.answer.verdict, Verdict::Open);
    let reasons: Vec<_> = found.without_knob.iter().map(|w| (w.model.as_str(), w.reason)).collect();
    let expected =
        [("p", "it trains on curated data alone"), ("q", "it trains on no curated data")];
    assert_eq!(reasons, expected);
    // With other data of p, of no weight, there is one way down and nothing to assume: theta = l (phi/2 + 1)
    // + (1 - l) phi/2 and phi = 0, so theta = l.
    let other = "{ kind = \"raw\", from = \"q\", weight = 0, channel = 0.5 },";
    let text = include_str!("data/loops/still.toml").replace("# other data", other);
    let found = asked(&LoopFile::parse(&text, "still.toml").unwrap(), &[], vec![]);
    let [knob] = &found.knobs[..] else { panic!("one knob") };
    close(knob.influences[0].response, 1.0);
    assert!(knob.share > 0.999 && !knob.equal_parts && knob.influences[0].proved);
    // theta = l (phi/2 + 1) + (1 - l) phi/2 and phi = theta/2 with l = 0: the derivative is 4/3 and 2/3,
    // and J_q = -phi falls.
    let found = diagnosed("zero");
    let [p, q] = &found.knobs[0].influences[..] else { panic!("two models") };
    close(p.response, 4.0 / 3.0);
    close(q.response, -2.0 / 3.0);
    assert!(found.knobs[0].share.abs() < f64::EPSILON);
}

#[test]
fn the_share_that_restores_convergence_by_hand() {
    let file = file("example-4-6");
    let found = asked(&file, &[], vec![]);
    // With real data of share s for p (or q) the squares of the eigenvalues shrink by 1 - s; the largest
    // is (3 + sqrt 72)/7.
    let expected = 1.0 - 7.0 / (3.0 + 72_f64.sqrt());
    assert_eq!(found.repairs[0].goal, Goal::Converge);
    assert_eq!(found.repairs[0].ways.len(), 2);
    for way in &found.repairs[0].ways {
        close(way.beyond, expected);
        close(way.at, 0.391);
        assert!(way.proved && way.tight && way.agrees && way.new_data, "{way:?}");
    }
    // By runs, a little to either side.
    for (share, settles) in [(0.37, false), (0.41, true)] {
        let mut system = file.default_at::<f64>().unwrap();
        for c in &mut system.models[0].components {
            c.weight *= 1.0 - share;
        }
        let end = settle(&system, &DVector::from_element(4, 1.0));
        assert_eq!(end.is_ok(), settles, "{share}");
    }
    // Diagnosed there it converges.
    let to = |x| vec![Moved { of: Some((0, SourceKind::Real)), to: x }];
    assert!(asked(&file, &[], to(rational(391, 1000))).convergence.own.converges);
    assert!(!asked(&file, &[], to(rational(390, 1000))).convergence.own.converges);
}

#[test]
fn shares_that_restore_an_influence_do_so_in_runs() {
    let mut seen = 0;
    for (name, set) in [
        ("system-2", vec![("t", "1.6")]),
        ("two-curators", vec![]),
        ("isolated", vec![]),
        ("paper-5-1-code", vec![("t", "0.9")]),
    ] {
        let file = file(name);
        let found = asked(&file, &set, vec![]);
        let values: Vec<(&str, f64)> = set.iter().map(|(n, x)| (*n, x.parse().unwrap())).collect();
        let system = file.at::<f64>(&values).unwrap();
        let position = |m: &str| found.models.iter().position(|x| x.model == m).unwrap();
        for repair in &found.repairs {
            let Goal::Raise { knob, model } = &repair.goal else { panic!("it converges") };
            assert!(repair.ways.is_sorted_by(|x, y| x.change <= y.change));
            for way in &repair.ways {
                let kind = if way.kind == "real" { SourceKind::Real } else { SourceKind::Curated };
                let slope = |x: f64| {
                    let moved = with_share(&system, position(&way.model), kind, x);
                    let now = moved.models[position(knob)].share(SourceKind::Curated);
                    let at = |x| with_share(&moved, position(knob), SourceKind::Curated, x);
                    (solved(&at(now + 1e-5))[position(model)]
                        - solved(&at(now - 1e-5))[position(model)])
                        / 2e-5
                };
                let rate = dynamics::rate(&with_share(&system, position(&way.model), kind, way.at));
                assert!(rate.unwrap() < 1.0 && slope(way.at) > 0.0, "{name}: {way:?}");
                // Just before it is not reached: the influence is negative, or the loop does not converge.
                let before = way.beyond - (way.at - way.beyond).signum() * 1e-3;
                let rate = dynamics::rate(&with_share(&system, position(&way.model), kind, before));
                assert!(rate.unwrap() >= 1.0 || slope(before) < 1e-6, "{name}: {way:?}");
                assert!(way.agrees, "{name}: {way:?}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 8, "only {seen} ways were tried");
}

/// In the paper's own matrices.
#[test]
fn thresholds_are_those_of_the_paper() {
    for (name, set) in [("two-curators", None), ("system-2", None), ("paper-5-1-code", Some(0.3))] {
        let file = file(name);
        let values: Vec<(&str, f64)> = set.iter().map(|t| ("t", *t)).collect();
        let text: Vec<(&str, String)> = set.iter().map(|t| ("t", t.to_string())).collect();
        let text: Vec<(&str, &str)> = text.iter().map(|(n, x)| (*n, x.as_str())).collect();
        let found = asked(&file, &text, vec![]);
        let system = file.at::<f64>(&values).unwrap();
        let pair = Pair::new(system.clone()).unwrap();
        let h = pair.h().unwrap();
        let knob = found.knobs.iter().find(|k| k.model == "p").unwrap();
        let expected = [
            (cosine(&pair.grad_p, &h), &pair.s_p),
            (cosine(&pair.grad_q, &(&pair.c_q * &h)), &pair.s_q),
        ];
        for (on, (rho, s)) in knob.influences.iter().zip(expected) {
            let certified = on.certified.as_ref().unwrap();
            close(certified.rho, rho);
            let m = linalg::smallest_symmetric_eigenvalue(s);
            let ratio = m / linalg::spectral_norm(s);
            let values: Vec<Option<f64>> = certified.thresholds.iter().map(|t| t.value).collect();
            if m > 0.0 {
                close(values[1].unwrap(), 1.0 / (1.0 + ratio * ratio).sqrt());
                close(values[2].unwrap(), (1.0 - ratio * ratio).max(0.0).sqrt());
            }
            // No direction turns further than the sharpest threshold says.
            if let Some(sine) = values[3] {
                for k in 1..200 {
                    let x = DVector::from_fn(s.nrows(), |i, _| ((k * 31 + i * 17) as f64).sin());
                    let y = s * &x;
                    let cosine = x.dot(&y) / (x.norm() * y.norm());
                    assert!((1.0 - cosine * cosine).max(0.0).sqrt() <= sine + 1e-7 && cosine > 0.0);
                }
            }
            let known: Vec<f64> = values.into_iter().flatten().collect();
            assert!(known.is_sorted_by(|x, y| *x >= y - 1e-9), "{known:?}");
            // What is certified is so.
            if let Some(by) = certified.by {
                assert!(certified.rho.abs() > certified.thresholds[by].value.unwrap());
                assert!(f64::from(on.sign) * certified.rho > 0.0);
            }
        }
        let constants = Constants::of(&system);
        let paper = found.convergence.paper.unwrap();
        close(paper.a, constants.a());
        close(paper.b, constants.b());
    }
}

#[test]
fn three_models_have_no_kappa_and_two_orders() {
    let found = diagnosed("system-3");
    assert!(found.convergence.paper.is_none());
    let orders: Vec<&str> = found.convergence.orders.iter().map(|o| o.order.as_str()).collect();
    assert_eq!(orders, ["simultaneous", "sequential p, q, r", "sequential p, r, q"]);
    // A ring: p follows q, q follows r, r follows p with -t 0.7. Simultaneously the product of the three
    // is spread over three rounds; in the order p, q, r one round carries news one step, in p, r, q two.
    let system = file("system-3").default_at::<f64>().unwrap();
    let j = system.linearise(&DVector::zeros(3)).jacobian;
    let product = (j[(0, 1)] * j[(1, 2)] * j[(2, 0)]).abs();
    let rates: Vec<f64> = found.convergence.orders.iter().map(|o| o.rate).collect();
    close(rates[0], product.cbrt());
    close(rates[1], product.sqrt());
    close(rates[2], product);
    // The order in which a circle is begun makes no difference.
    for order in [[1, 2, 0], [2, 0, 1]] {
        let mut turned = system.clone();
        turned.order = Order::Sequential(order.to_vec());
        close(dynamics::rate(&turned).unwrap(), rates[1]);
    }
    for certified in
        found.knobs.iter().flat_map(|k| &k.influences).filter_map(|i| i.certified.as_ref())
    {
        assert!(certified.thresholds[0].value.is_none());
        assert!(certified.thresholds[0].fails.as_ref().unwrap().contains("two models"));
        assert_eq!(certified.by, Some(1), "numbers are turned by nothing");
    }
}

#[test]
fn the_zeros_of_the_paper_are_where_influence_has_them() {
    // dJ_q/dlambda changes sign along t between 0.2 and 0.9; at t = 0.9 more curation of p lowers J_q.
    let found = asked(&file("paper-5-1-code"), &[("t", "0.9")], vec![]);
    assert_eq!(found.answer.verdict, Verdict::Yes);
    let [p, q] = &found.knobs[0].influences[..] else { panic!("two models") };
    assert_eq!((p.sign, q.sign, q.proved), (1, -1, true));
    let found = diagnosed("paper-5-1-code");
    assert_eq!(found.answer.verdict, Verdict::Elsewhere);
    let share = found.answer.share.unwrap();
    assert!((share - 0.756_014_620_2).abs() < 1e-9, "{share}");
}

#[test]
fn shares_are_moved_as_asked() {
    let file = file("two-curators");
    let to = |of, p, q| vec![Moved { of, to: rational(p, q) }];
    let found = asked(&file, &[], to(Some((1, SourceKind::Curated)), 1, 10));
    close(found.models[1].curated, 0.1);
    // The rest in proportion: 1/5 and 2/5 of 3/5 are now of 9/10.
    close(found.models[1].real, 0.3);
    close(found.models[1].raw, 0.6);
    let found = asked(&file, &[], to(Some((0, SourceKind::Real)), 1, 2));
    close(found.models[0].real, 0.5);
    close(found.models[0].curated, 0.3 * 0.5 / 0.7);
    let refused = |shares| diagnose(&Question { file: file.clone(), values: vec![], shares });
    assert!(refused(to(None, 1, 2)).unwrap_err().to_string().contains("no knob"));
    let beyond = refused(to(Some((0, SourceKind::Curated)), 3, 2)).unwrap_err();
    assert!(beyond.to_string().contains("within 0 to 1"), "{beyond}");
}

/// Two models of 24 and of 64 parameters, full matrices.
#[test]
fn large_models_are_diagnosed_too() {
    for d in [24_usize, 64] {
        let number =
            |k: usize| (((k * 7919 + d) % 1000) as f64 / 1000.0 - 0.5) * 2.0 / (d as f64).sqrt();
        let row = |r: usize, s: usize| {
            let cells = (0..d).map(|c| format!("{:.4}", number(s + r * d + c)));
            format!("[{}]", cells.collect::<Vec<_>>().join(", "))
        };
        let matrix = |s| format!("[{}]", (0..d).map(|r| row(r, s)).collect::<Vec<_>>().join(", "));
        let text = format!(
            "name = \"large\"\ntitle = \"\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
             [[models]]\nname = \"p\"\ndimension = {d}\nalignment = {{ linear = {} }}\ncomponents = [\n\
             {{ kind = \"real\", weight = 0.4 }},\n\
             {{ kind = \"curated\", from = \"q\", weight = 0.6, channel = {}, curation = {{ shift = {} }} }}]\n\
             [[models]]\nname = \"q\"\ndimension = {d}\nalignment = {{ linear = {} }}\ncomponents = [\n\
             {{ kind = \"raw\", from = \"p\", weight = 1, channel = {} }}]\n",
            row(0, 1),
            matrix(2),
            row(3, 3),
            row(5, 4),
            matrix(5)
        );
        let file = LoopFile::parse(&text, "large.toml").unwrap();
        let found = asked(&file, &[], vec![]);
        assert!(found.convergence.own.proved, "{d}: {}", found.convergence.own.rate);
        let system = file.default_at::<f64>().unwrap();
        let slope = |i: usize| {
            let at = |x| solved(&with_share(&system, 0, SourceKind::Curated, x))[i];
            (at(0.6 + 1e-5) - at(0.6 - 1e-5)) / 2e-5
        };
        for (i, on) in found.knobs[0].influences.iter().enumerate() {
            let gap = (slope(i) - on.response).abs();
            assert!(gap < 1e-5 * on.response.abs().max(0.1), "{d}: {gap}");
        }
    }
}

fn backfire(args: &[&str]) -> Output {
    let program = Command::new(env!("CARGO_BIN_EXE_backfire")).args(args).output();
    program.expect("the program runs")
}

fn said(args: &[&str]) -> String {
    let Output { status, stdout, stderr } = backfire(args);
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// Words as a shell splits the commands that are printed: what stands in quotes is one.
fn words(command: &str) -> Vec<String> {
    let command = command.split("   #").next().unwrap();
    let parts = command.split('\'').enumerate();
    let split = |(k, part): (usize, &str)| {
        if k % 2 == 1 {
            vec![part.to_owned()]
        } else {
            part.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
        }
    };
    parts.flat_map(split).skip(1).collect()
}

#[test]
fn the_page_begins_with_the_answer_and_ends_with_commands_that_work() {
    let folder = tempfile::tempdir().unwrap();
    let mut pages = 0;
    for (name, text) in LOOPS.iter().chain(&TEMPLATES) {
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, text.replace("NAME", name)).unwrap();
        let page = said(&["diagnose", path.to_str().unwrap()]);
        assert!(page.starts_with("backfires: "), "{page}");
        assert!(
            page.lines().skip(1).filter(|l| !l.contains(" $ ")).all(|l| l.chars().count() <= 110),
            "{page}"
        );
        assert!(page.lines().count() <= 80, "{name} has more than a page");
        assert!(!page.contains("NaN") && !page.contains("inf "), "{page}");
        // With pictures it is one file that an XML parser reads.
        let html = folder.path().join("page.html");
        let args = ["diagnose", path.to_str().unwrap(), "--html", html.to_str().unwrap(), "-q"];
        assert_eq!(said(&args), page);
        let html = std::fs::read_to_string(&html).unwrap();
        let body = html.strip_prefix("<!DOCTYPE html>\n").unwrap();
        let tree = roxmltree::Document::parse(body).unwrap();
        let pictures = tree.descendants().filter(|n| n.tag_name().name() == "svg").count();
        // Eigenvalues always; runs and alignments where there is a stable point and a share.
        let due = if page.contains("Raising the") { 3 } else { 1 };
        assert!(pictures >= due, "{name}: {pictures}");
        let commands: Vec<_> =
            page.lines().filter_map(|l| l.strip_prefix("  $ ")).map(words).collect();
        assert!(!commands.is_empty(), "{page}");
        let known = said(&["--help"]);
        for args in commands {
            // Not every build has every command.
            if !known.lines().any(|l| l.trim_start().starts_with(&args[0])) {
                continue;
            }
            let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
            let out = command.args(&args).current_dir(folder.path()).output().unwrap();
            let message = String::from_utf8_lossy(&out.stderr);
            // A certificate may be out of reach; that is an answer, too.
            let open = args[0] == "certify" && out.status.code() == Some(2);
            assert!(out.status.success() || open, "{name}: {args:?}: {message}");
        }
        pages += 1;
    }
    assert!(pages > 10);
}

/// A loop of scalar models, or with every number times the identity in `dimension`.
fn written(order: &str, models: &[(&str, &str, &[&str])], dimension: usize) -> String {
    let mut text =
        format!("name = \"written\"\ntitle = \"x\"\nfamily = \"gaussian\"\norder = {order}\n");
    for (name, alignment, components) in models {
        let components: Vec<String> = components.iter().map(|c| format!("  {{ {c} }},")).collect();
        let _ = write!(
            text,
            "[[models]]\nname = \"{name}\"\ndimension = {dimension}\nalignment = {{ {alignment} }}\n\
             components = [\n{}\n]\n",
            components.join("\n")
        );
    }
    text
}

fn parsed(text: &str) -> LoopFile {
    LoopFile::parse(text, "written.toml").unwrap_or_else(|e| panic!("{e}\n{text}"))
}

/// p: `own` times itself, and curated data of q, three times as large; q: minus p.
fn narrow(own: &str, share: &str, order: &str, dimension: usize) -> LoopFile {
    let ones = vec!["1"; dimension].join(", ");
    let (linear, zeros) = (format!("linear = [{ones}]"), ones.replace('1', "0"));
    let raw = format!("kind = \"raw\", from = \"p\", weight = \"1/2\", channel = {own}");
    let curated = format!(
        "kind = \"curated\", from = \"q\", weight = \"1/2\", channel = 3, curation = {{ shift = [{zeros}] }}"
    );
    let of_p = [raw.as_str(), curated.as_str()];
    let of_q = ["kind = \"raw\", from = \"p\", weight = 1, channel = -1"];
    let models: [(&str, &str, &[&str]); 2] = [("p", &linear, &of_p), ("q", &linear, &of_q)];
    let moved = |file: LoopFile| {
        let share = backfire::scalar::decimal(share).unwrap();
        file.with_weights(0, &[rational(1, 1) - &share, share])
    };
    moved(parsed(&written(order, &models, dimension)))
}

/// With the curated share x of p, J = ((1 - x) c, 3x; -1, 0): its trace is (1 - x) c and its determinant 3x.
/// Both eigenvalues are inside the unit circle where the determinant is below 1 and the trace below 1 plus the
/// determinant: x < 1/3 and (1 - x) c < 1 + 3x. With c = 2.99 the latter is x > 199/599 = 0.33222: a window
/// between two steps of a grid of 64. With real data of share s for p, at x = 1/2, trace and determinant are
/// 1 - s times 1.495 and 1.5: s > 1/3. The same data for q make the determinant alone smaller: 1.5 (1 - s)
/// between 0.495 and 1, s between 1/3 and 0.67.
#[test]
fn a_window_narrower_than_any_grid_is_found() {
    let (lo, hi) = (199.0 / 599.0, 1.0 / 3.0);
    let found = asked(&narrow("2.99", "0.5", "\"simultaneous\"", 1), &[], vec![]);
    let [knob] = &found.knobs[..] else { panic!("one knob") };
    let [span] = knob.converges[..] else { panic!("{:?}", knob.converges) };
    close(span.0, lo);
    close(span.1, hi);
    assert!(knob.converges_proved);
    let [repair] = &found.repairs[..] else { panic!("one repair") };
    assert!(repair.complete);
    let way = |model: &str, kind: &str| {
        let of = |w: &&backfire::diagnosis::Way| w.model == model && w.kind == kind;
        repair.ways.iter().find(of).unwrap_or_else(|| panic!("{repair:?}"))
    };
    let curated = way("p", "curated");
    close(curated.beyond, hi);
    close(curated.until, lo);
    close(curated.at, 0.333);
    assert!(curated.proved && curated.tight && curated.agrees && !curated.to_the_end);
    let (of_p, of_q) = (way("p", "real"), way("q", "real"));
    close(of_p.beyond, 1.0 / 3.0);
    close(of_q.beyond, 1.0 / 3.0);
    close(of_q.until, 0.67);
    assert!(of_p.to_the_end && !of_q.to_the_end);
    // From the other side, at x = 3/10, the same window from below.
    let found = asked(&narrow("2.99", "0.3", "\"simultaneous\"", 1), &[], vec![]);
    let up = found.repairs[0].ways.iter().find(|w| w.kind == "curated").unwrap();
    close(up.beyond, lo);
    close(up.until, hi);
    close(up.at, 0.333);
    assert!(up.proved && up.agrees);
}

/// With c = 2.999999 the window is 1.999999/5.999999 = 0.3333332 to 1/3, 1.1e-7 wide. With c = 3 both
/// conditions are met with equality at x = 1/3, where the eigenvalue 1 is double, and nowhere together;
/// with c = 3.01 nowhere at all. In one order of two models the round has the eigenvalues 0 and one more: p
/// first gives (1 - x) c - 3x, which is between -1 and 1 from (c - 1)/(c + 3) to (c + 1)/(c + 3).
#[test]
fn windows_close_and_that_is_proved() {
    let along = |c: &str, order: &str| {
        let found = asked(&narrow(c, "0.5", order, 1), &[], vec![]);
        let ways = found.repairs.iter().flat_map(|r| r.ways.clone());
        let curated: Vec<_> = ways.filter(|w| w.kind == "curated").collect();
        assert!(found.repairs.iter().all(|r| r.complete) && found.knobs[0].converges_proved);
        (found.knobs[0].converges.clone(), curated)
    };
    let (spans, ways) = along("2.999999", "\"simultaneous\"");
    let [span] = spans[..] else { panic!("{spans:?}") };
    assert!((span.0 - 1.999_999 / 5.999_999).abs() < 1e-15 && (span.1 - 1.0 / 3.0).abs() < 1e-15);
    assert!(ways[0].proved && span.0 < ways[0].at && ways[0].at < span.1, "{ways:?}");
    for c in ["3", "3.01"] {
        assert_eq!(along(c, "\"simultaneous\""), (vec![], vec![]));
    }
    let (spans, _) = along("3", "{ sequential = [\"p\", \"q\"] }");
    let [span] = spans[..] else { panic!("{spans:?}") };
    close(span.0, 1.0 / 3.0);
    close(span.1, 2.0 / 3.0);
}

/// The same loop with five parameters a model, or whose order switches: no polynomials are computed, and what
/// is found is called found.
#[test]
fn what_is_searched_is_not_called_proved() {
    let found = asked(&narrow("2.99", "0.5", "\"simultaneous\"", 5), &[], vec![]);
    assert!(!found.knobs[0].converges_proved);
    let [span] = found.knobs[0].converges[..] else { panic!("{:?}", found.knobs[0].converges) };
    close(span.0, 199.0 / 599.0);
    close(span.1, 1.0 / 3.0);
    let way = found.repairs[0].ways.iter().find(|w| w.kind == "curated").unwrap();
    assert!(!found.repairs[0].complete);
    close(way.at, 0.333);
    // At the decimal itself intervals decide, search or not.
    assert!(way.agrees && way.proved);
    // In no share of p is there one with c = 4; real data of q do not help either.
    let none = narrow("4", "0.5", "{ switching = { seed = 1 } }", 1);
    let page = page_of(&none, &[]);
    assert!(!page.contains("(proved: at"), "{page}");
    assert!(!page.contains("No curated or real share alone"), "{page}");
}

/// What `diagnose` prints about a loop.
fn page_of(file: &LoopFile, args: &[&str]) -> String {
    let system = file.default_at::<f64>().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("written.toml");
    let text = backfire::systems::file::to_toml("written", "x", &system, file.knob.as_ref());
    std::fs::write(&path, text).unwrap();
    said(&[&["diagnose", path.to_str().unwrap()][..], args].concat())
}

/// p: three parts of curated data that shift it by 1 and one part that shifts it by -2, no maker's parameter
/// in them; the rest real, of mean 0. theta = l (3/4 - 2/4): the derivative is 1/4, wherever l is. With equal
/// parts it would be (1 - 2)/2 = -1/2.
#[test]
fn proportions_are_remembered_where_a_share_was_taken_away() {
    let of_p = [
        "kind = \"curated\", from = \"p\", weight = 0.3, channel = 0, curation = { shift = [1] }",
        "kind = \"curated\", from = \"p\", weight = 0.1, channel = 0, curation = { shift = [-2] }",
        "kind = \"real\", weight = 0.2, offset = [3]",
        "kind = \"real\", weight = 0.4, offset = [-1.5]",
    ];
    let text = written("\"simultaneous\"", &[("p", "linear = [1]", &of_p)], 1);
    let file = parsed(&text);
    let to = |kind, p, q| Moved { of: Some((0, kind)), to: rational(p, q) };
    let zero = to(SourceKind::Curated, 0, 1);
    let cases = [
        vec![],
        vec![zero.clone()],
        vec![to(SourceKind::Curated, 1, 1)],
        vec![to(SourceKind::Real, 1, 1)],
        vec![to(SourceKind::Real, 0, 1), zero.clone(), to(SourceKind::Curated, 1, 5)],
    ];
    // The real data, 1 part of 3 and 2 of -3/2, have the mean 0 as long as they keep their proportions.
    for shares in cases {
        let found = asked(&file, &[], shares.clone());
        let [knob] = &found.knobs[..] else { panic!("{shares:?}: {:?}", found.without_knob) };
        let [on] = &knob.influences[..] else { panic!("one model") };
        close(on.response, 0.25);
        assert!(on.proved && on.sign == 1 && !knob.equal_parts, "{shares:?}");
        close(on.second.unwrap(), 0.25);
    }
    // The file itself gives the two no weight: equal parts, and the page says that this is assumed.
    let empty = text.replace("weight = 0.3", "weight = 0").replace("weight = 0.1", "weight = 0.4");
    let empty = empty.replacen("weight = 0.4, channel", "weight = 0, channel", 1);
    let empty = empty.replacen("weight = 0.2", "weight = \"1/3\"", 1);
    let empty = empty.replacen("weight = 0.4, offset", "weight = \"2/3\", offset", 1);
    let found = asked(&parsed(&empty), &[], vec![]);
    close(found.knobs[0].influences[0].response, -0.5);
    assert!(found.knobs[0].equal_parts);
    let [repair] = &found.repairs[..] else { panic!("one repair") };
    // More of the same never raises it.
    assert!(repair.ways.is_empty() && repair.complete);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.toml");
    std::fs::write(&path, &empty).unwrap();
    let path = path.to_str().unwrap();
    for format in ["text", "html"] {
        let page = said(&["diagnose", path, "--format", format]);
        // Lines are broken between words.
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains("ASSUMED that they come in equal parts"), "{page}");
    }
    assert!(said(&["diagnose", path, "--format", "json"]).contains("\"equal_parts\": true"));
    assert!(!page_of(&file, &[]).contains("ASSUMED"));
}

/// One scalar model that copies itself, c times: the rate is c, whatever its curated share. Real data of share
/// s make it c (1 - s): 1 - 1e-10 converges, 1 + 1e-20 does not, and needs s above 1e-20; so does 1 itself,
/// which any s above 0 repairs.
#[test]
fn rates_next_to_one_are_decided() {
    let copied = |c: &str| {
        let of_p = [
            format!("kind = \"raw\", from = \"p\", weight = 0.5, channel = \"{c}\""),
            format!(
                "kind = \"curated\", from = \"p\", weight = 0.5, channel = \"{c}\", \
                 curation = {{ shift = [0.001] }}"
            ),
        ];
        let of_p = [of_p[0].as_str(), of_p[1].as_str()];
        parsed(&written("\"simultaneous\"", &[("p", "linear = [1]", &of_p)], 1))
    };
    let tens = |k: usize| "1".to_owned() + &"0".repeat(k);
    let nines = |k: usize| format!("{}/{}", "9".repeat(k), tens(k));
    for below in [nines(10), nines(20)] {
        let found = asked(&copied(&below), &[], vec![]);
        let own = &found.convergence.own;
        assert!(own.converges && own.proved && !own.on_the_edge, "{own:?}");
        assert!(found.repairs.is_empty(), "{:?}", found.repairs);
        assert_eq!((found.stable_point.count, found.stable_point.proved), (Count::One, true));
        // theta = l 0.001 / (1 - c), where the loop has l = 1/2.
        let theta = found.stable_point.at[0].parameters[0];
        let gap = if below == nines(10) { 1e-10 } else { 1e-20 };
        assert!((theta * gap - 0.0005).abs() < 1e-18, "{theta}");
    }
    // In doubles 1 - 1e-20 is 1, and what is computed in doubles is left out.
    let tiny = asked(&copied(&nines(20)), &[], vec![]);
    assert!(tiny.knobs.is_empty() && tiny.answer.verdict == Verdict::Open);
    assert!(tiny.answer.sentence.contains("doubles"), "{}", tiny.answer.sentence);
    // dtheta/dl = 0.001 / (1 - c), whatever that is: it raises.
    let found = asked(&copied(&nines(10)), &[], vec![]);
    let [on] = &found.knobs[0].influences[..] else { panic!("one model") };
    assert!(on.sign == 1 && on.proved);
    assert_eq!(found.knobs[0].converges, [(0.0, 1.0)]);
    let close_one = asked(&copied(&nines(10)), &[], vec![]);
    let on = &close_one.knobs[0].influences[0];
    let gap = (on.response - 1e7).abs().max((on.second.unwrap() - 1e7).abs());
    // 1 - c is a difference of doubles near 1, good to 1e-16 of 1e-10.
    assert!(gap < 1e-5 * 1e7, "{on:?}");
    let above = format!("{}1/{}", tens(19), tens(20));
    for (c, edge) in [(above.as_str(), false), ("1", true)] {
        let found = asked(&copied(c), &[], vec![]);
        let own = &found.convergence.own;
        assert!(!own.converges && own.proved && own.on_the_edge == edge, "{own:?}");
        let [repair] = &found.repairs[..] else { panic!("one repair") };
        let [way] = &repair.ways[..] else { panic!("{repair:?}") };
        assert!(way.kind == "real" && way.beyond < 2e-20 && way.proved && repair.complete);
        assert_eq!((way.change > 0.0, way.at), (!edge, 0.001));
    }
    let page = page_of(&copied("0.9999999999"), &[]);
    assert!(
        page.contains("the loop converges in its own order") && !page.contains("edge"),
        "{page}"
    );
    let page = page_of(&copied("1"), &[]);
    assert!(page.contains("its rate is exactly 1 (proved)"), "{page}");
}

/// theta = l s + (1 - l) m with the curated mean s = 1.7 and the real mean m = 0.7, and J = 2.1 theta - 3 theta^2/2:
/// dJ/dl = (2.1 - 3 theta)(s - m) = -3 l, negative at every share and 0 where nothing is curated. In doubles
/// 3 times 0.7 is below 2.1, so that it is 4e-16 there: rounding at the end of the range, and no way.
#[test]
fn an_end_of_the_range_is_no_way() {
    for dimension in [1, 9] {
        let all = |x: &str| vec![x; dimension].join(", ");
        let alignment = format!("linear = [{}], curvature = 3", all("2.1"));
        let curated = format!(
            "kind = \"curated\", from = \"p\", weight = 0.3, channel = 0, curation = {{ shift = [{}] }}",
            all("1.7")
        );
        let real = format!("kind = \"real\", weight = 0.7, offset = [{}]", all("0.7"));
        let of_p = [curated.as_str(), real.as_str()];
        let text = written("\"simultaneous\"", &[("p", &alignment, &of_p)], dimension);
        let found = asked(&parsed(&text), &[], vec![]);
        close(found.knobs[0].influences[0].response, -0.9 * dimension as f64);
        let [repair] = &found.repairs[..] else { panic!("one repair") };
        assert!(repair.ways.is_empty(), "{repair:?}");
        assert_eq!(repair.complete, dimension == 1);
    }
}

/// Every command on the page, with its file in the folder in which it runs.
fn commands_of(folder: &std::path::Path, args: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    let out = command.arg("diagnose").args(args).current_dir(folder).output().unwrap();
    let page = String::from_utf8(out.stdout).unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    let all: Vec<_> = page.lines().filter_map(|l| l.strip_prefix("  $ ")).map(words).collect();
    assert!(!all.is_empty(), "{page}");
    all
}

#[test]
fn every_command_works_and_is_about_the_loop_of_the_page() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in LOOPS.iter().chain(&TEMPLATES) {
        let path = folder.path().join(format!("{name}.toml"));
        std::fs::write(&path, text.replace("NAME", name)).unwrap();
    }
    let cases: [&[&str]; 11] = [
        &["system-2.toml"],
        &["system-2.toml", "--set", "t=1.3"],
        &["system-2.toml", "--set", "t = 13/10", "--share", "0.9"],
        &["system-2.toml", "--share", "p.real=0.5"],
        &["system-2.toml", "--share", "p.curated=0.2", "--share", "q.real=0.1", "--set", "t=1.6"],
        &["system-3.toml", "--set", "t=1.5", "--share", "0.6"],
        &["system-1.toml", "--share", "0.25"],
        &["two-curators.toml", "--share", "q.curated=0.7"],
        &["paper-5-1-code", "--set", "t=0.9", "--share", "0.6"],
        &["example-4-6", "--share", "p.real=0.1"],
        &["none.toml"],
    ];
    let mut seen = 0;
    for case in cases {
        let about: Vec<String> =
            said_in(folder.path(), &[&["diagnose"], case, &["--format", "json"]].concat());
        let page: serde_json::Value = serde_json::from_str(&about.join("\n")).unwrap();
        for args in commands_of(folder.path(), case) {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            // Whatever was given is given again, unless the command moves it itself.
            let moves = |name: &str| args.iter().any(|a| a.starts_with(name));
            for given in case.iter().skip(1).filter(|a| !a.starts_with("--")) {
                let name = given.split('=').next().unwrap().trim();
                let swept = args.contains(&name) || moves(&format!("{name}="));
                let along = !given.contains('=') && moves("share=");
                let again = args.iter().any(|a| a == given);
                assert!(again || swept || along, "{case:?}: {args:?} forgets {given}");
            }
            let out = said_in(folder.path(), &args);
            if args[0] == "spectrum" {
                let json = said_in(folder.path(), &[&args[..], &["--format", "json"]].concat());
                let json: serde_json::Value = serde_json::from_str(&json.join("\n")).unwrap();
                let [one, other] =
                    [&json["orders"][0]["rate"], &page["convergence"]["own"]["rate"]]
                        .map(|x| x.as_f64().unwrap());
                close(one, other);
            }
            assert!(!out.is_empty(), "{args:?} says nothing");
            seen += 1;
        }
    }
    assert!(seen > 40, "{seen}");
}

/// The lines that a command prints in a folder. A certificate may be out of reach, which is an answer, too.
fn said_in(folder: &std::path::Path, args: &[&str]) -> Vec<String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    let out = command.args(args).current_dir(folder).output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let open = args[0] == "certify" && text.starts_with("not proved");
    let message = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() || open, "{args:?}: {message}");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn shares_outside_of_zero_to_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for share in ["1.2", "-0.1", "1.0000000000001", "-1e-14"] {
        let plain = format!("--share={share}");
        let (named, real) =
            (format!("--share=p.curated={share}"), format!("--share=p.real={share}"));
        let over = format!("share=0.1:{share}");
        for args in [
            vec!["diagnose", "paper-5-1-code", &plain],
            vec!["diagnose", "paper-5-1-code", &named],
            vec!["diagnose", "paper-5-1-code", &real],
            vec!["spectrum", "paper-5-1-code", &plain],
            vec!["influence", "paper-5-1-code", &plain],
            vec!["certify", "paper-5-1-code", &plain],
            vec!["certify", "paper-5-1-code", "--zeros", "q", "--over", &over],
        ] {
            let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
            let out = command.args(&args).current_dir(folder.path()).output().unwrap();
            let message = String::from_utf8_lossy(&out.stderr);
            assert_eq!(out.status.code(), Some(2), "{args:?}: {message}");
            assert!(out.stdout.is_empty(), "{args:?}");
            assert!(
                message.contains("not within 0 to 1") && message.contains("help:"),
                "{message}"
            );
        }
    }
}

/// In the loop of `one_model_alone_by_hand` the curated share overshoots above 2/5: push and answer are both
/// negative there, both positive below. The regime has one word for both; what is said has not.
#[test]
fn an_alignment_that_falls_is_not_called_amplified_alone() {
    let found = diagnosed("isolated");
    let on = &found.knobs[0].influences[0];
    let words = "amplified, not inverted: what is curated pulls that way itself";
    assert_eq!((on.regime, on.meaning), ("amplified", words));
    let signs: Vec<_> = on.regimes.iter().map(|s| (s.regime, s.sign)).collect();
    assert_eq!(signs, [(Some("amplified"), Some(1)), (Some("amplified"), Some(-1))]);
    close(on.regimes[0].hi, 0.4);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("isolated.toml");
    std::fs::write(&path, include_str!("data/loops/isolated.toml")).unwrap();
    for format in ["text", "html", "json"] {
        let page = said(&["diagnose", path.to_str().unwrap(), "--format", format]);
        // Lines are broken between words.
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(words), "{format}");
    }
    let to = vec![Moved { of: Some((0, SourceKind::Curated)), to: rational(1, 5) }];
    let below = asked(&file("isolated"), &[], to);
    assert_eq!(below.knobs[0].influences[0].meaning, "amplified");
}

#[test]
fn the_same_bytes_every_time_and_json_that_is_whole() {
    for args in [["diagnose", "example-4-6"], ["diagnose", "paper-5-1-code"]] {
        assert_eq!(said(&args), said(&args));
        let json: serde_json::Value =
            serde_json::from_str(&said(&[&args[..], &["--format", "json"]].concat())).unwrap();
        for key in ["answer", "stable_point", "convergence", "knobs", "without_knob", "repairs"] {
            assert!(!json[key].is_null(), "{key}");
        }
    }
    let page = said(&["diagnose", "example-4-6"]);
    assert!(page.starts_with("backfires: cannot be said: the loop does not converge"), "{page}");
    assert!(
        page.contains("raise the real share of p, which it has none of yet, from 0 above 0.3905")
    );
}

#[test]
fn wrong_words_are_refused_with_a_remedy() {
    for (args, parts) in [
        (&["diagnose", "no-such.toml"][..], &["no-such.toml", "help:"][..]),
        (&["diagnose", "example-4-7"], &["did you mean"]),
        (&["diagnose", "example-4-6", "--set", "t=1"], &["no parameter `t`"]),
        (&["diagnose", "paper-5-1-code", "--set", "t"], &["--set t"]),
        (&["diagnose", "paper-5-1-code", "--set", "t=1", "--set", "t=2"], &["given twice"]),
        (&["diagnose", "paper-5-1-code", "--share", "r=0.5"], &["no model `r`", "p, q"]),
        (
            &["diagnose", "paper-5-1-code", "--share", "p.bad=0.5"],
            &["`bad`", "real, raw and curated"],
        ),
        (&["diagnose", "paper-5-1-code", "--share", "1.5"], &["within 0 to 1"]),
        (&["diagnose", "paper-5-1-code", "--share", "q=0.5"], &["no curated data"]),
        (&["diagnose"], &["FILE"]),
    ] {
        let Output { status, stdout, stderr } = backfire(args);
        let message = String::from_utf8_lossy(&stderr);
        assert_eq!(status.code(), Some(2), "{args:?}: {message}");
        assert!(stdout.is_empty(), "{args:?}");
        for part in parts {
            assert!(message.contains(part), "{args:?}: no `{part}` in\n{message}");
        }
    }
}
