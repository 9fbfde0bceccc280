//! Luce choice by every route, and loops on categories.

use backfire::case::{Case, Route, Turn};
use backfire::claim::Hypothesis;
use backfire::dynamics::{self, measured_rate, play, spectrum_of};
use backfire::error::LoopError;
use backfire::family::categorical::IsLoop;
use backfire::family::{Categorical, Family};
use backfire::point::Point;
use backfire::scalar::{Exact, Real, Scalar};
use backfire::search::generator;
use backfire::systems::{
    Candidates, CategoricalLoop, CategoricalModel, Luce, Method, Order, Part, RetrainingMap, Round,
    Source, SourceKind,
};
use nalgebra::{DMatrix, DVector, dvector};
use num_dual::Dual64;
use rand::RngExt;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use Candidates::{Finite, Infinite};

fn law(rng: &mut impl rand::Rng, n: usize) -> DVector<f64> {
    let masses = DVector::from_fn(n, |_, _| -rng.random_range(1e-9..1.0_f64).ln());
    &masses / masses.sum()
}

/// Weights between `e^-spread` and `e^spread`.
fn weights(rng: &mut impl rand::Rng, n: usize, spread: f64) -> DVector<f64> {
    DVector::from_fn(n, |_, _| rng.random_range(-spread..spread).exp())
}

fn furthest(x: &DVector<f64>, y: &DVector<f64>) -> f64 {
    x.iter().zip(y.iter()).map(|(a, b)| (a - b).abs() / b.abs()).fold(0.0, f64::max)
}

#[test]
fn two_categories_by_hand() {
    let half = Exact::ratio(1, 2);
    let even = dvector![half.clone(), half];
    let two_to_one = || dvector![Exact::ratio(2, 1), Exact::ratio(1, 1)];
    let factors = |k| Luce::new(two_to_one(), k).unwrap().factors(&even);
    let expect = |a, b, of| dvector![Exact::ratio(a, of), Exact::ratio(b, of)];
    // K = 1 chooses nothing.
    assert_eq!(factors(Finite(1)), expect(1, 1, 1));
    // K = 2: 2·2·(½/4 + ½/3) = 7/6 and 2·(½/3 + ½/2) = 5/6.
    assert_eq!(factors(Finite(2)), expect(7, 5, 6));
    // K = 3: the two others weigh 4, 3, 2 with chances ¼, ½, ¼, so 6·(¼/6 + ½/5 + ¼/4) = 49/40 and
    // 3·(¼/5 + ½/4 + ¼/3) = 31/40.
    assert_eq!(factors(Finite(3)), expect(49, 31, 40));
    // The limit divides by the mean 3/2.
    assert_eq!(factors(Infinite), expect(4, 2, 3));
}

#[test]
fn routes_agree_within_the_stated_error() {
    let mut coarse_errors = 0.0_f64;
    for index in 0..60 {
        let mut rng = generator(3, index);
        let n = rng.random_range(1..6);
        let (p, e) = (law(&mut rng, n), weights(&mut rng, n, 6.0));
        for k in 2..7 {
            let by = |method| Luce::by(e.clone(), Finite(k), method);
            let sum = by(Method::Enumeration).factors(&p);
            if k == 2 {
                assert!(furthest(&by(Method::Closed).factors(&p), &sum) < 1e-14);
            }
            let fine = by(Method::Quadrature(4));
            assert!(fine.error() < 1e-15, "{}", fine.error());
            assert!(furthest(&fine.factors(&p), &sum) < 2e-14);
            // A coarse rule errs visibly, and within its bound.
            let coarse = by(Method::Quadrature(1));
            let seen = furthest(&coarse.factors(&p), &sum);
            assert!(seen <= coarse.error() + 2e-14, "{seen} > {}", coarse.error());
            coarse_errors = coarse_errors.max(seen);
        }
    }
    assert!(coarse_errors > 1e-6, "the bound of a coarse rule was never put to the test");
}

#[test]
fn the_kept_candidate_has_a_law_and_tends_to_the_tilt() {
    let mut rng = generator(5, 0);
    let n = 10_000;
    let (p, e) = (law(&mut rng, n), weights(&mut rng, n, 2.0));
    let limit = Luce::new(e.clone(), Infinite).unwrap().factors(&p);
    let mut last = f64::INFINITY;
    for k in [3, 30, 300, 3_000, 300_000] {
        let luce = Luce::new(e.clone(), Finite(k)).unwrap();
        let factors = luce.factors(&p);
        assert!((p.dot(&factors) - 1.0).abs() < 1e-13);
        let gap = furthest(&factors, &limit);
        assert!(gap < last, "K = {k}: {gap}");
        last = gap;
    }
    // H_K - H_inf is of the order of 1/K.
    assert!(last < 1e-4, "{last}");
}

// A chi-squared test of 400,000 choices at the level 10⁻⁶.
#[test]
fn choices_that_are_drawn_have_this_law() {
    let mut rng = generator(7, 0);
    let (n, k, draws) = (6, 4, 400_000);
    let (p, e) = (law(&mut rng, n), weights(&mut rng, n, 1.5));
    let pick = |mut left: f64, masses: &[f64]| {
        let mut crossed = |m: &f64| {
            left -= m;
            left < 0.0
        };
        masses.iter().position(&mut crossed).unwrap_or(masses.len() - 1)
    };
    let mut counts = vec![0.0_f64; n];
    for _ in 0..draws {
        let shown: Vec<usize> = (0..k).map(|_| pick(rng.random(), p.as_slice())).collect();
        let masses: Vec<f64> = shown.iter().map(|&z| e[z]).collect();
        let kept = pick(rng.random::<f64>() * masses.iter().sum::<f64>(), &masses);
        counts[shown[kept]] += 1.0;
    }
    let statistic = |law: &DVector<f64>| -> f64 {
        let cells = counts.iter().zip(law.iter());
        cells.map(|(seen, q)| (seen - f64::from(draws) * q).powi(2) / (f64::from(draws) * q)).sum()
    };
    let critical = ChiSquared::new(n as f64 - 1.0).unwrap().inverse_cdf(1.0 - 1e-6);
    let curated = |k| Luce::new(e.clone(), Finite(k)).unwrap().curate(&p);
    assert!(statistic(&curated(4)) < critical);
    // The same choices are not those among three.
    assert!(statistic(&curated(3)) > critical);
}

#[test]
fn derivatives_agree_with_dual_numbers() {
    let routes = [
        (Finite(1), Method::Closed),
        (Finite(2), Method::Closed),
        (Infinite, Method::Closed),
        (Finite(4), Method::Enumeration),
        (Finite(9), Method::Quadrature(4)),
    ];
    for (index, (k, method)) in routes.into_iter().enumerate() {
        let mut rng = generator(11, index as u64);
        let (p, e) = (law(&mut rng, 5), weights(&mut rng, 5, 2.0));
        let mut direction = DVector::from_fn(5, |_, _| rng.random_range(-1.0..1.0));
        let mean = direction.mean();
        direction.add_scalar_mut(-mean);
        let analytic = Luce::by(e.clone(), k, method).derivative(&p) * &direction;
        let moving = p.zip_map(&direction, Dual64::new);
        let lifted = Luce::by(e.map(Dual64::from_re), k, method);
        let seen = lifted.curate(&moving).map(|x| x.eps);
        assert!((analytic - seen).norm() < 1e-12, "{k:?}");
    }
}

#[test]
fn exact_arithmetic_sums_or_says_that_it_cannot() {
    let e = || DVector::from_fn(5, |i, _| Exact::ratio(i64::try_from(i).unwrap() + 1, 3));
    let p = DVector::from_element(5, Exact::ratio(1, 5));
    // Six candidates among five categories: the mass is one to the last digit.
    let six = Luce::new(e(), Finite(6)).unwrap().curate(&p);
    assert_eq!(six.iter().fold(Exact::ratio(0, 1), |sum, x| sum + x.clone()), Exact::ratio(1, 1));
    let error = Luce::new(e(), Finite(60)).unwrap_err();
    assert_eq!(error, LoopError::TooManyCandidates { candidates: 60, categories: 5 });
    assert!(Luce::new(e().map(|x| x.lower()), Finite(60)).is_ok());
}

// p alone on two categories, half of its data curated between two by the weights 2 and 1, at the law
// (½, ½): H = (7/6, 5/6), so the curated law is (7/12, 5/12) and the real one has to be (5/12, 7/12).
// With x = P(1): curated x(4 - x)/3, slope 1, J = ½, and dx/dλ = (7/12 - 5/12)/(1 - ½) = 1/3.
// In the paper's terms: Hessian 2 + 2, D F_p = 4(1 - ½), S_p = ½, h = 7/6 - 5/6, S_p h/(1 - ½) = 1/3.
#[test]
fn the_papers_terms_by_hand() {
    let ones = |n: usize| DVector::from_element(n, 1.0);
    let model = |at: Point<f64>, [law, weights, reward, kernel, shares]: [&'static str; 5], w| {
        at.with_vector(law, ones(2))
            .with_vector(weights, w)
            .with_vector(reward, dvector![1.0, 0.0])
            .with_matrix(kernel, DMatrix::from_element(2, 2, 1.0))
            .with_vector(shares, dvector![0.0, 0.5, 0.0])
    };
    let at = Point::new().with("candidates", 2.0);
    let p = ["law_p", "weights_p", "reward_p", "kernel_p", "shares_p"];
    let q = ["law_q", "weights_q", "reward_q", "kernel_q", "shares_q"];
    let at = model(model(at, p, dvector![2.0, 1.0]), q, ones(2));
    let exact = Case::new(at.lift(|x| Exact::from_f64(*x)));
    let view = exact.by(Route::Direct);
    let terms = Categorical::terms(&view).unwrap();
    assert_eq!(terms.s_p[(0, 0)], Exact::ratio(1, 2));
    assert_eq!(terms.h().unwrap()[0], Exact::ratio(1, 3));
    assert_eq!(IsLoop.margin(&view).unwrap(), Exact::ratio(5, 12));
    let third = Exact::ratio(1, 3);
    assert_eq!(Categorical::influence(&view, Turn::CurateP).unwrap().dp, third);
    // Nothing that was run is exact.
    assert!(Categorical::influence(&exact.by(Route::Simulation), Turn::CurateP).is_err());
    let rounded = Case::new(at.clone());
    for route in [Route::Direct, Route::Simulation] {
        let seen = Categorical::influence(&rounded.by(route), Turn::CurateP).unwrap();
        assert!((seen.dp - 1.0 / 3.0).abs() < 1e-13 && seen.dq.abs() < 1e-13);
    }
    // Without real data of a law there is no loop.
    let overdone = at.with_vector("shares_p", dvector![0.0, 1.0, 0.0]);
    let case = Case::new(overdone);
    assert!(IsLoop.margin(&case.by(Route::Direct)).unwrap() < 0.0);
}

/// Two models, on three and four categories, that see each other through kernels.
fn pair<S: Scalar>() -> CategoricalLoop<S> {
    let ratio = |a: i32, b: i32| S::from_int(a) / S::from_int(b);
    let part = |source, weight, law, kernel| Part { source, weight, law, kernel };
    let none = || DVector::from_vec(vec![]);
    let to_p = DMatrix::from_row_slice(3, 4, &[1, 0, 1, 2, 1, 3, 1, 1, 2, 1, 2, 1]);
    let to_q = DMatrix::from_row_slice(4, 3, &[1, 0, 2, 3, 1, 0, 0, 2, 1, 0, 1, 1]);
    let p = vec![
        part(Source::Real, ratio(3, 10), dvector![ratio(1, 2), ratio(1, 4), ratio(1, 4)], None),
        part(Source::Raw(0), ratio(1, 10), none(), None),
        part(Source::Raw(1), ratio(1, 5), none(), Some(to_p.map(|x| ratio(x, 4)))),
        part(Source::Curated(0), ratio(3, 10), none(), None),
        part(Source::Curated(1), ratio(1, 10), none(), Some(to_p.map(|x| ratio(x, 4)))),
    ];
    let even = DVector::from_element(4, ratio(1, 4));
    let q = vec![
        part(Source::Real, ratio(1, 5), even, None),
        part(Source::Raw(0), ratio(1, 2), none(), Some(to_q.map(|x| ratio(x, 4)))),
        part(Source::Curated(1), ratio(3, 10), none(), None),
    ];
    let model = |parts, reward: &[i32], k| {
        let reward = DVector::from_iterator(reward.len(), reward.iter().map(|&r| ratio(r, 2)));
        let weights = reward.map(|r| S::one() + r.clone() * r);
        CategoricalModel { parts, luce: Luce::new(weights, k).unwrap(), reward }
    };
    CategoricalLoop::new(vec![model(p, &[3, -1, 2], Finite(5)), model(q, &[1, 4, 0, 2], Infinite)])
}

#[test]
fn stable_points_by_three_routes() {
    let system = pair::<f64>();
    let start = system.state(&[dvector![0.2, 0.3, 0.5], dvector![0.1, 0.2, 0.3, 0.4]]);
    let solved = dynamics::newton(&system, &start).unwrap();
    for order in [Order::Simultaneous, Order::Sequential(vec![1, 0]), Order::Switching { seed: 2 }]
    {
        let (settled, rounds) = dynamics::settle_map(&system, &order, &start).unwrap();
        assert!((&settled - &solved).amax() < 1e-14 && rounds > 5, "{order:?}");
    }
    // A law is stable where it is the law of its training data.
    for i in 0..2 {
        let gap = system.training_law(i, &solved) - system.law(i, &solved);
        assert!(gap.amax() < 1e-14 && system.law(i, &solved).min() > 0.0);
    }
}

#[test]
fn jacobians_by_dual_numbers_and_rates_by_running() {
    let system = pair::<f64>();
    let lifted = pair::<Dual64>();
    let start = system.state(&[dvector![0.2, 0.3, 0.5], dvector![0.1, 0.2, 0.3, 0.4]]);
    let jacobian = system.linearise(&start).jacobian;
    for j in 0..5 {
        let seeded = DVector::from_fn(5, |i, _| Dual64::new(start[i], f64::from(u8::from(i == j))));
        let column = play(&lifted, &Round::Simultaneous, &seeded).map(|x| x.eps);
        assert!((column - jacobian.column(j)).norm() < 1e-13);
    }
    let stable = dynamics::newton(&system, &start).unwrap();
    let radius = spectrum_of(&system.linearise(&stable).jacobian).unwrap().radius();
    let mut state = start;
    let distances: Vec<f64> = (0..60)
        .map(|_| {
            state = play(&system, &Round::Simultaneous, &state);
            (&state - &stable).norm()
        })
        .collect();
    let rate = measured_rate(&distances, 1e-12).unwrap();
    // A pair of eigenvalues of nine tenths the modulus fades slowly.
    assert!((rate - radius).abs() < 0.1 * radius, "{rate} against {radius}");
}

// One gradient step on -Σ P ln p from p: p_a + step·(P_a/p_a - P_n/p_n).
#[test]
fn fine_tuning_steps_down_the_log_loss() {
    let system = pair::<f64>();
    let laws = [dvector![0.2, 0.3, 0.5], dvector![0.1, 0.2, 0.3, 0.4]];
    let state = system.state(&laws);
    let data = system.training_law(0, &state);
    let stepped = system.fine_tune(0, &state, &0.01);
    for a in 0..2 {
        let slope = data[a] / laws[0][a] - data[2] / laws[0][2];
        assert!((stepped[a] - laws[0][a] - 0.01 * slope).abs() < 1e-15);
    }
}

#[test]
fn turning_the_mixture_towards_curation() {
    let system = pair::<f64>();
    let stable = dynamics::newton(&system, &DVector::from_element(5, 0.25)).unwrap();
    let rates = system.towards_curation(0);
    // Curated weights .3 and .1 grow by their part of the curated .4; the others, .6 in all, shrink.
    let expected = [-0.5, -1.0 / 6.0, -1.0 / 3.0, 0.75, 0.25];
    for (rate, expected) in rates[0].iter().zip(expected) {
        assert!((rate - expected).abs() < 1e-15);
    }
    assert!(rates[1].iter().all(|r| *r == 0.0));
    // dx/dλ by linear algebra against two stable points nearby.
    let pull = DMatrix::identity(5, 5) - system.linearise(&stable).jacobian;
    let predicted = pull.lu().solve(&system.forcing(&rates, &stable)).unwrap();
    let at = |step: f64| {
        let mut moved = system.clone();
        for (part, rate) in moved.models[0].parts.iter_mut().zip(&rates[0]) {
            part.weight += rate * step;
        }
        dynamics::settle_map(&moved, &Order::Simultaneous, &stable).unwrap().0
    };
    let seen = (at(1e-4) - at(-1e-4)) / 2e-4;
    assert!((predicted - seen).norm() < 1e-8);
    let curated = system.kind_law(0, SourceKind::Curated, &stable).unwrap();
    assert!((curated.sum() - 1.0).abs() < 1e-14);
    assert!(system.kind_law(1, SourceKind::Real, &stable).unwrap()[0] > 0.249);
}

#[test]
fn ten_thousand_categories() {
    let n = 10_000;
    let mut rng = generator(13, 0);
    let part = |source, weight, law| Part { source, weight, law, kernel: None };
    let none = || DVector::from_vec(vec![]);
    let mut model = |other| {
        let reward = DVector::from_fn(n, |_, _| rng.random_range(-1.0..1.0_f64));
        let parts = vec![
            part(Source::Real, 0.6, law(&mut rng, n)),
            part(Source::Raw(other), 0.1, none()),
            part(Source::Curated(1 - other), 0.2, none()),
            part(Source::Curated(other), 0.1, none()),
        ];
        let luce = Luce::new(reward.map(f64::exp), Finite(5)).unwrap();
        CategoricalModel { parts, luce, reward }
    };
    let system = CategoricalLoop::new(vec![model(1), model(0)]);
    let start = DVector::from_element(2 * (n - 1), 1.0 / n as f64);
    let (stable, _) = dynamics::settle_map(&system, &Order::Simultaneous, &start).unwrap();
    let gap = play(&system, &Round::Sequential(vec![0, 1]), &stable) - &stable;
    assert!(gap.amax() < 1e-16 && system.law(0, &stable).min() > 0.0);
}
