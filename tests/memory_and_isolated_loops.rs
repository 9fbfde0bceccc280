//! Claims on loops with memory and on models alone, at points whose numbers are worked by hand.

use approx::assert_relative_eq;
use backfire::case::{Case, Route, Subject};
use backfire::claim::{Claim, Side};
use backfire::domain::Domain;
use backfire::point::Point;
use backfire::scalar::{Exact, Real, shortest};
use backfire::search::generator;
use backfire::search::memory::{Memory, Remembered};
use backfire::theorems;
use nalgebra::{DMatrix, dmatrix, dvector};

fn claim(id: &str) -> Claim {
    let (card, name) = id.split_once('/').unwrap();
    let entry = theorems::ALL.iter().find(|e| e.theorem.card().id == card).unwrap();
    let controls = entry.theorem.controls().into_iter().map(|c| c.claim);
    let mut all = entry.theorem.claims().into_iter().chain(controls);
    all.find(|c| c.id == name).unwrap()
}

fn exact(at: &Point<f64>) -> Case<Exact> {
    Case::new(Subject::Point(at.lift(|x| Exact::from(shortest(*x).unwrap()))))
}

fn float(at: &Point<f64>) -> Case<f64> {
    Case::new(Subject::Point(at.clone()))
}

fn meets(claim: &Claim, at: &Point<f64>) -> bool {
    let (exact, float) = (exact(at), float(at));
    claim.hypotheses.iter().all(|h| {
        let certain = h.exact(&exact.by(Route::Direct)).is_ok_and(|m| m.is_above_zero());
        certain && h.float(&float.by(Route::Direct)).is_ok_and(|m| m > 0.0)
    })
}

fn sides(claim: &Claim, at: &Point<f64>) -> Vec<Side<Exact>> {
    claim.property().unwrap().exact(&exact(at).by(Route::Direct)).unwrap()
}

fn seen(claim: &Claim, at: &Point<f64>, route: Route) -> Vec<Side<f64>> {
    claim.property().unwrap().float(&float(at).by(route)).unwrap()
}

fn middle(x: &Exact) -> f64 {
    f64::midpoint(x.lower(), x.upper())
}

/// Scalars, slopes 0, noise 1, real means 0; each model trains on 1/10 curated data of the other
/// alone. `V` is what φ makes of θ's x.
fn exchange(v: f64) -> Point<f64> {
    let one = |at: Point<f64>, names: [&'static str; 8], slope: f64| {
        let [raw, curated, cross, noise, hessian, real, reward, u] = names;
        at.with(raw, 0.0)
            .with(curated, 0.1)
            .with(cross, 1.0)
            .with(noise, 1.0)
            .with_vector(hessian, dvector![1.0])
            .with_vector(real, dvector![0.0, 0.0])
            .with_vector(reward, dvector![2.0])
            .with(u, slope)
    };
    let p = ["lambda_S", "lambda_H", "c_theta", "noise_p", "hessian_p", "real_p", "reward_p", "U"];
    let q = ["mu_S", "mu_H", "c_phi", "noise_q", "hessian_q", "real_q", "reward_q", "V"];
    one(one(Point::new(), p, 0.0), q, v)
}

#[test]
fn with_memory_the_printed_self_influence_misses_the_way_back() {
    // θ = λ x_Q and x_Q = (θ + 2)/10, so θ = 0.2 λ/(1 - λ/10), whose derivative at 1/10 is
    // 0.2/0.99² and whose value is 2/99. With x_Q frozen at 20/99, S_p = 1 and h = 20/99 - 2/99, so
    // the printed value of dJ_p = 2 dθ is 2 · 18/99 / 0.9 = 40/99.
    let claim = claim("thm_4_5/self_with_memory");
    let at = exchange(0.0);
    assert!(meets(&claim, &at));
    let side = &sides(&claim, &at)[0];
    assert_eq!(side.left, Exact::ratio(40, 99));
    assert_eq!(side.right, Exact::ratio(4000, 9801));
    for route in Route::ALL {
        for side in seen(&claim, &at, route) {
            assert_relative_eq!(side.right, 4000.0 / 9801.0, epsilon = 1e-12);
        }
    }
}

#[test]
fn with_memory_the_printed_cross_influence_can_have_the_wrong_sign() {
    // V = 1. y_P = λ(φ + x_Q + 2): pairs of φ, shifted by its reward 2. θ-made pairs (θ + 2, y_P) give
    // x_Q = (θ + 2)/10 and φ = y_Q - x_Q = y_P/10 - (θ + 2)/10. So φ + x_Q = y_P/10, hence
    // y_P = 2λ/(1 - λ/10) and θ = λ x_Q = λ(θ + 2)/10 as before: dy_P = 2/0.99², dθ = 0.2/0.99²,
    // dφ = (dy_P - dθ)/10 = 0.18/0.9801 and dJ_q = 2 dφ = 0.36/0.9801 = 400/1089 > 0.
    // Frozen: φ = (y_P - θ - 2)/10 answers to θ with -1/10 and h = 18/99 > 0: predicted negative.
    let sign = claim("thm_4_5/cross_with_memory#sign");
    let at = exchange(1.0);
    assert!(meets(&sign, &at));
    let side = &sides(&sign, &at)[0];
    assert_eq!(
        (side.left.clone(), side.right.clone()),
        (Exact::ratio(0, 1), Exact::ratio(-400, 1089))
    );
    let value = claim("thm_4_5/cross_with_memory");
    // 2 · (-1/10) · (18/99)/0.9
    assert_eq!(sides(&value, &at)[0].left, Exact::ratio(-4, 99));
    let right = claim("thm_4_5/cross_with_memory#corrected");
    assert_eq!(sides(&right, &at)[0].left, Exact::ratio(400, 1089));
}

#[test]
fn points_with_memory_are_loops_in_every_shape() {
    for domain in [Memory::Plain, Memory::OneWay, Memory::AnyLoss] {
        for index in 0..200 {
            let at = domain.draw(&mut generator(3, index), index);
            let case = float(&at);
            let seen = Remembered::of(&case.by(Route::Direct)).unwrap();
            assert!(Memory::is_valid(&at, &seen.system), "{:?}", at.lines());
            assert!(domain != Memory::OneWay || Memory::is_one_way(&at));
            // The aim is at a and b of the frozen reading; shares are rounded to a grid.
            assert!(seen.frozen_kappa() < 1.1);
            for smaller in domain.reductions(&at) {
                Memory::system(&smaller).unwrap();
                let entries = |at: &Point<f64>| at.entries().map(|(_, m)| m.len()).sum::<usize>();
                assert!(entries(&smaller) < entries(&at));
            }
        }
    }
}

#[test]
fn a_point_of_the_wrong_shape_is_an_error_that_names_the_entry() {
    let at = exchange(0.0).with_vector("real_p", dvector![0.0]);
    let error = Memory::system(&at).unwrap_err().to_string();
    assert!(error.contains("`real_p`") && error.contains("2 rows"), "{error}");
}

#[test]
fn no_constant_below_one_suffices_for_a_model_alone() {
    // c = 0.9: t = 30, h = (1, 30), reward (-1, 15): cos = 449/sqrt(901 · 226). λ_H = 1/3600, so
    // dJ_p = -1/2 / (1 - 1/3600)². a = 900/3600 = 1/4, b = 0: κ = (1/2)/(3/4).
    let claim = claim("cor_e1/every_constant");
    let at = Point::new().with("c", 0.9);
    let exact = sides(&claim, &at);
    let cosine = 449.0 / (901.0 * 226.0_f64).sqrt();
    assert_relative_eq!(middle(&exact[0].right), cosine, epsilon = 1e-12);
    assert_eq!(exact[2].left, Exact::ratio(2, 3));
    assert_eq!(exact[1].left, Exact::ratio(-3600 * 3600, 2 * 3599 * 3599));
    for route in Route::ALL {
        let influence = seen(&claim, &at, route)[1].left;
        assert_relative_eq!(influence, -0.5 * (3600.0 / 3599.0_f64).powi(2), epsilon = 1e-10);
    }
}

#[test]
fn a_model_alone_with_a_stepped_reward_by_hand() {
    // e^r = 2, 8, 1 with steps at 0 and 1/2: mass (2 + 4 + 1/2)/2 = 13/4, moment
    // (-2 + 8/4 + 3/4)/4 = 3/16, so k = 3/52 > 0 while J' = -ln 2/2. k' = (-7/4 + k/2)/(13/4).
    // θ' = k/(0.8 (0.8 - 0.2 k')).
    let claim = claim("intro/isolated_improves");
    let at = Point::new()
        .with("lambda_S", 0.0)
        .with("lambda_H", 0.2)
        .with_vector("steps", dvector![0.0, 0.5])
        .with_vector("weights", dvector![2.0, 8.0, 1.0]);
    assert!(meets(&claim, &at));
    let k = 3.0 / 52.0;
    let slope = (-1.75 + k / 2.0) / 3.25;
    let fall = 0.5 * 2.0_f64.ln() * k / (0.8 * (0.8 - 0.2 * slope));
    assert_relative_eq!(middle(&sides(&claim, &at)[0].left), fall, epsilon = 1e-12);
    // The runs see the derivative to the square of the nudge.
    let ran = seen(&claim, &at, Route::Simulation)[0].left;
    assert_relative_eq!(ran, fall, max_relative = 1e-6);
}

#[test]
fn a_linear_reward_is_followed_on_the_line_and_in_the_plane() {
    // r = s·x: curation shifts by s, J' = s, k' = 0: dJ_p = |s|²/((1 - λ) λ_R), s² = 0.16 and 0.25.
    let at = |slope: &[f64]| {
        let d = slope.len();
        let mut bumps = DMatrix::zeros(d + 2, 1);
        bumps[d + 1] = 1.0;
        Point::new()
            .with("lambda_S", 0.25)
            .with("lambda_H", 0.25)
            .with_vector("slope", nalgebra::DVector::from_row_slice(slope))
            .with_matrix("bumps", bumps)
    };
    let line = claim("intro/isolated_improves#gaussian_line");
    let expected = -0.16 / (0.75 * 0.5);
    assert_relative_eq!(seen(&line, &at(&[0.4]), Route::Direct)[0].left, expected, epsilon = 1e-12);
    // 256 samples of low discrepancy: some per cent.
    let plane = claim("intro/isolated_improves#gaussian_plane");
    let expected = -0.25 / (0.75 * 0.5);
    let sampled = seen(&plane, &at(&[0.3, -0.4]), Route::Direct)[0].left;
    assert_relative_eq!(sampled, expected, max_relative = 0.05);
    // Exact arithmetic has neither.
    let case = exact(&at(&[0.4]));
    assert!(line.property().unwrap().exact(&case.by(Route::Direct)).is_err());
}

#[test]
fn bumps_on_the_line_agree_with_runs_of_the_loop() {
    let claim = claim("intro/isolated_improves#gaussian_line");
    let [raw, curated, slope] = [0.2, 0.3, 0.25];
    let bumps = dmatrix![0.5, -1.5; 1.0, 2.0; 0.8, 0.6];
    let at = Point::new()
        .with("lambda_S", raw)
        .with("lambda_H", curated)
        .with_vector("slope", dvector![slope])
        .with_matrix("bumps", bumps.clone());
    // A finer rule on a wider range, and the loop itself at two shares.
    let reward = |x: f64| {
        let bump = |b: nalgebra::DVectorView<f64>| {
            b[1] * (-(x - b[0]) * (x - b[0]) / (2.0 * b[2] * b[2])).exp()
        };
        slope * x + bumps.column_iter().map(|b| bump(b.as_view())).sum::<f64>()
    };
    let average = |theta: f64, of: &dyn Fn(f64) -> f64| {
        let nodes = (-2000..=2000).map(|i| f64::from(i) * 0.005);
        nodes.map(|u| (-u * u / 2.0).exp() * of(theta + u)).sum::<f64>() * 0.005 / 2.506_628_274_631
    };
    let kept = |theta: f64| {
        average(theta, &|x| x * reward(x).exp()) / average(theta, &|x| reward(x).exp())
    };
    let (rest, real) = (1.0 - curated, 1.0 - raw - curated);
    let mean = -curated * kept(0.0) / real;
    let settle = |share: f64| {
        (0..100).fold(0.0, |theta, _| {
            (1.0 - share) / rest * (real * mean + raw * theta) + share * kept(theta)
        })
    };
    let nudge = 1e-4;
    let [up, down] = [curated + nudge, curated - nudge].map(|s| average(settle(s), &reward));
    let influence = (up - down) / (2.0 * nudge);
    let side = &seen(&claim, &at, Route::Direct)[0];
    assert_relative_eq!(-side.left, influence, max_relative = 1e-5);
}

#[test]
fn the_mean_of_the_score_says_nothing_about_its_variance() {
    // Of the witness: θ = 0.2(θ + 1), θ = λ/(1 - λ), so δ = 1/0.64 = 25/16 and δ² = 625/256.
    let claim = claim("app_d2/implication");
    let text = r#"
name = "alone"
title = "one follows its own curated samples"
family = "gaussian"
order = "simultaneous"
[[models]]
name = "p"
dimension = 1
alignment = { linear = [1] }
components = [
  { kind = "real", weight = 0.8 },
  { kind = "curated", from = "p", weight = 0.2, curation = { shift = [1] } },
]
[[models]]
name = "q"
dimension = 1
alignment = { linear = [1] }
components = [{ kind = "real", weight = 1 }]
"#;
    let file = backfire::systems::LoopFile::parse(text, "alone.toml").unwrap();
    let system = file.default_at::<Exact>().unwrap();
    let probe = backfire::case::Probe::plain(&system);
    let case = Case::new(backfire::case::Sample { system, probe });
    let view = case.by(Route::Direct);
    assert!(claim.hypotheses.iter().all(|h| h.exact(&view).unwrap().is_above_zero()));
    let sides = claim.property().unwrap().exact(&view).unwrap();
    assert_eq!(sides[0].left, Exact::ratio(625, 256));
    assert_eq!(sides[0].right, Exact::ratio(0, 1));
}
