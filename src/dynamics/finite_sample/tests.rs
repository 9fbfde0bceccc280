use approx::assert_relative_eq;
use nalgebra::{DMatrix, DVector};

use super::*;

const ORDERS: [FiniteOrder; 2] = [FiniteOrder::ThetaFirst, FiniteOrder::Simultaneous];

/// Where a standard normal statistic rejects: two-sided level 5.7e-7, so that the few hundred
/// comparisons of this file raise a false alarm with a chance below 1e-3. The seeds are fixed.
const REJECT: f64 = 5.0;
/// The same level for a p-value.
const REJECT_P: f64 = 5.7e-7;

const REFERENCE: &str = include_str!("../../../tests/data/gaussian_system.json");

fn paper_system() -> RotationLoop {
    serde_json::from_str(REFERENCE).unwrap()
}

/// One block where curvature and noise dominate, so that the quadratic parts of the law show.
fn curved_system() -> RotationLoop {
    RotationLoop {
        beta: vec![0.8],
        cos: vec![0.6],
        sin: vec![0.8],
        a: vec![0.5, -0.3],
        g_p: vec![0.1, 0.2],
        g_q: vec![-0.2, 0.3],
        eta_p: 2.0,
        eta_q: 3.0,
        sigma: 1.0,
    }
}

/// One block whose coupling at `t = 1` is the identity: nothing decays, every noise counts.
fn identity_system() -> RotationLoop {
    RotationLoop {
        beta: vec![1.0],
        cos: vec![1.0],
        sin: vec![0.0],
        a: vec![1.0, 0.0],
        g_p: vec![1.0, 0.0],
        g_q: vec![1.0, 0.0],
        eta_p: 0.5,
        eta_q: 1.0,
        sigma: 1.0,
    }
}

fn two_blocks() -> RotationLoop {
    RotationLoop {
        beta: vec![0.9, 0.4],
        cos: vec![0.6, -0.8],
        sin: vec![-0.8, 0.6],
        a: vec![1.0, -2.0, 0.5, 0.25],
        g_p: vec![0.3, 0.1, -0.7, 1.1],
        g_q: vec![-1.0, 0.2, 0.4, 0.6],
        eta_p: 0.3,
        eta_q: 0.7,
        sigma: 0.5,
    }
}

// ---- exact expectations ----

// Identity coupling, λ = 1/2, n = 4, σ = 1: a round adds λ(1-λ)/n = 1/16 to the trace by its
// choice and 2σ²/n = 1/2 by each noise; Eθ_r = j/2 with j the number of shifts in θ_r.
// Over r = 81..=100 the mean of r is 90.5, of r² (338350 - 173880)/20 = 8223.5.
#[test]
fn hand_worked_theta_first() {
    // θ_r: r shifts, 2r - 1 noises; φ_r: r shifts, 2r noises.
    // |E|²: 8223.5/4 = 2055.875; trace θ 90.5/16 + 180/2 = 95.65625, φ 90.5/16 + 181/2 = 96.15625.
    // J_p = 45.25 - (2055.875 + 95.65625)/4, J_q = 45.25 - (2055.875 + 96.15625)/2.
    let expected = identity_system().expected(FiniteOrder::ThetaFirst, 1.0, 0.5, 4);
    assert_relative_eq!(expected.p, -492.632_812_5, max_relative = 1e-13);
    assert_relative_eq!(expected.q, -1_030.765_625, max_relative = 1e-13);
}

#[test]
fn hand_worked_simultaneous() {
    // θ_r: ⌈r/2⌉ shifts, mean 45.5, mean square (42925 - 22140)/10 = 2078.5; noises r on even, r
    // on odd rounds (θ_1 one, θ_2 two), mean 90.5. φ_r: ⌊r/2⌋ shifts, mean 45, mean square
    // (1600 + 2·18285 + 2500)/20 = 2033.5; r noises.
    // J_p = 22.75 - (519.625 + 45.5/16 + 45.25)/4, J_q = 22.5 - (508.375 + 45/16 + 45.25)/2.
    let expected = identity_system().expected(FiniteOrder::Simultaneous, 1.0, 0.5, 4);
    assert_relative_eq!(expected.p, -119.179_687_5, max_relative = 1e-13);
    assert_relative_eq!(expected.q, -255.718_75, max_relative = 1e-13);
}

/// Mean and covariance of the whole state `(θ, φ)`, by dense matrices.
fn dense_expected(
    system: &RotationLoop,
    order: FiniteOrder,
    t: f64,
    lambda: f64,
    n: u32,
) -> Rewards {
    let d = system.a.len();
    let mut coupling = DMatrix::zeros(d, d);
    for (i, beta) in system.beta.iter().enumerate() {
        let (c, s) = (t * beta * system.cos[i], t * beta * system.sin[i]);
        coupling.view_mut((2 * i, 2 * i), (2, 2)).copy_from_slice(&[c, s, -s, c]);
    }
    let identity = DMatrix::<f64>::identity(d, d);
    let a = DVector::from_column_slice(&system.a);
    let variance = system.sigma.powi(2) / f64::from(n);
    let theta_noise =
        &identity * variance + &a * a.transpose() * (lambda * (1.0 - lambda) / f64::from(n));

    // state' = step state + inlet (λa + noise of θ) + (0, noise of φ)
    let mut step = DMatrix::zeros(2 * d, 2 * d);
    let mut inlet = DMatrix::zeros(2 * d, d);
    step.view_mut((0, d), (d, d)).copy_from(&identity);
    inlet.view_mut((0, 0), (d, d)).copy_from(&identity);
    match order {
        FiniteOrder::ThetaFirst => {
            step.view_mut((d, d), (d, d)).copy_from(&coupling);
            inlet.view_mut((d, 0), (d, d)).copy_from(&coupling);
        }
        FiniteOrder::Simultaneous => step.view_mut((d, 0), (d, d)).copy_from(&coupling),
    }
    let mut round_noise = &inlet * theta_noise * inlet.transpose();
    for i in d..2 * d {
        round_noise[(i, i)] += variance;
    }
    let (mut mean, mut cov) = (DVector::zeros(2 * d), DMatrix::zeros(2 * d, 2 * d));
    let mut sum = Rewards::default();
    for round in 1..=ROUNDS {
        mean = &step * mean + &inlet * &a * lambda;
        cov = &step * cov * step.transpose() + &round_noise;
        if round > BURN_IN {
            let of = |at: usize, g: &[f64], eta: f64| {
                let part = mean.rows(at, d);
                let trace = cov.view((at, at), (d, d)).trace();
                part.dot(&DVector::from_column_slice(g)) - eta / 2.0 * (part.norm_squared() + trace)
            };
            sum.p += of(0, &system.g_p, system.eta_p);
            sum.q += of(d, &system.g_q, system.eta_q);
        }
    }
    sum.divided_by(20.0)
}

#[test]
fn expectation_agrees_with_dense_propagation() {
    for system in [two_blocks(), paper_system()] {
        for order in ORDERS {
            for (t, lambda, n) in [(0.2, 0.7, 4), (1.0, 0.4, 12)] {
                let fast = system.expected(order, t, lambda, n);
                let dense = dense_expected(&system, order, t, lambda, n);
                assert_relative_eq!(fast.p, dense.p, max_relative = 1e-12);
                assert_relative_eq!(fast.q, dense.q, max_relative = 1e-12);
            }
        }
    }
}

/// `θ_r = λ (1 - z^j)/(1 - z) a` after `j` updates of its chain: no samples, only the transient.
fn transient(system: &RotationLoop, order: FiniteOrder, t: f64, lambda: f64) -> Rewards {
    let mut sum = Rewards::default();
    for block in system.blocks(t) {
        let after = |updates: i32| {
            lambda * block.shift * (1.0 - block.factor.powi(updates)) / (1.0 - block.factor)
        };
        for round in 81..=100 {
            let (theta, source) = match order {
                FiniteOrder::ThetaFirst => (after(round), after(round)),
                FiniteOrder::Simultaneous => (after((round + 1) / 2), after(round / 2)),
            };
            sum.p += block_reward(block.g_p, system.eta_p, theta);
            sum.q += block_reward(block.g_q, system.eta_q, block.factor * source);
        }
    }
    sum.divided_by(20.0)
}

#[test]
fn many_samples_leave_the_transient_loop() {
    let system = paper_system();
    for order in ORDERS {
        let limit = transient(&system, order, 1.0, 0.4);
        let bias = |n: u32| system.expected(order, 1.0, 0.4, n).p - limit.p;
        assert!(bias(4) < -1e-3, "the noise lowers a concave reward");
        assert_relative_eq!(4.0 * bias(4), 4000.0 * bias(4000), max_relative = 1e-8);
        let many = system.expected(order, 1.0, 0.4, u32::MAX);
        assert_relative_eq!(many.p, limit.p, max_relative = 1e-9);
        assert_relative_eq!(many.q, limit.q, max_relative = 1e-9);
        // The transient itself is not negligible: round 100 is not the stable point.
        let stable = system.stable_rewards(1.0, 0.4);
        assert!((stable.p - limit.p).abs() > 1e-6 && (stable.q - limit.q).abs() > 1e-6);
    }
}

#[test]
fn stable_derivative_matches_the_reference() {
    let system = paper_system();
    let file: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
    let points = file["exact_at"].as_array().unwrap();
    assert_eq!(points.len(), 9);
    for point in points {
        let number = |key: &str| point[key].as_f64().unwrap();
        let found = system.stable_derivative(number("t"), 0.4);
        assert_relative_eq!(found.p, number("dJp_dlambda"), max_relative = 1e-12);
        assert_relative_eq!(found.q, number("dJq_dlambda"), max_relative = 1e-12);
    }
}

#[test]
fn stable_derivative_is_the_slope_of_the_stable_rewards() {
    // The rewards are quadratic in λ, so a central difference is exact up to rounding.
    let system = paper_system();
    let slope = Rewards::central_difference(
        system.stable_rewards(0.9, 0.5),
        system.stable_rewards(0.9, 0.3),
        0.1,
    );
    let derivative = system.stable_derivative(0.9, 0.4);
    assert_relative_eq!(slope.p, derivative.p, max_relative = 1e-12);
    assert_relative_eq!(slope.q, derivative.q, max_relative = 1e-12);
}

// ---- laws ----

struct Moments {
    mean: f64,
    variance: f64,
    mean_error: f64,
    variance_error: f64,
}

fn moments(values: &[f64]) -> Moments {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let central = |power| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / count;
    let (variance, fourth) = (central(2), central(4));
    Moments {
        mean,
        variance,
        mean_error: (variance / count).sqrt(),
        variance_error: ((fourth - variance * variance) / count).sqrt(),
    }
}

/// Two-sample Kolmogorov-Smirnov p-value for two samples of one size (asymptotic, and above the
/// true one for so large samples only by its dropped terms).
fn kolmogorov_smirnov(mut x: Vec<f64>, mut y: Vec<f64>) -> f64 {
    x.sort_by(f64::total_cmp);
    y.sort_by(f64::total_cmp);
    let mut below = 0;
    let mut gap = 0;
    for (rank, value) in x.iter().enumerate() {
        while below < y.len() && y[below] < *value {
            below += 1;
        }
        gap = gap.max(below.abs_diff(rank)).max(below.abs_diff(rank + 1));
    }
    2.0 * (-(gap as f64).powi(2) / x.len() as f64).exp()
}

fn plain_runs(
    system: &RotationLoop,
    order: FiniteOrder,
    (t, lambda, n): (f64, f64, u32),
    count: u64,
) -> Vec<Rewards> {
    (0..count).map(|run| system.run(order, t, lambda, n, &mut generator(7, run))).collect()
}

fn merged_runs(
    system: &RotationLoop,
    order: FiniteOrder,
    (t, lambda, n): (f64, f64, u32),
    count: u64,
) -> Vec<Rewards> {
    let law = MergedRun::new(system, order, t, lambda, n);
    (0..count).map(|run| law.sample(&mut generator(8, run))).collect()
}

fn compare_laws(system: &RotationLoop, order: FiniteOrder, at: (f64, f64, u32), count: u64) {
    let plain = plain_runs(system, order, at, count);
    let merged = merged_runs(system, order, at, count);
    // With the law of each, the variance of the sum settles the covariance.
    let parts = [("p", (|r| r.p) as fn(&Rewards) -> f64), ("q", |r| r.q), ("p + q", |r| r.p + r.q)];
    for (name, part) in parts {
        let x: Vec<f64> = plain.iter().map(part).collect();
        let y: Vec<f64> = merged.iter().map(part).collect();
        let (u, v) = (moments(&x), moments(&y));
        let mean = (u.mean - v.mean) / u.mean_error.hypot(v.mean_error);
        let variance = (u.variance - v.variance) / u.variance_error.hypot(v.variance_error);
        assert!(mean.abs() < REJECT, "{order:?} {at:?} {name}: means differ, z = {mean}");
        assert!(variance.abs() < REJECT, "{order:?} {at:?} {name}: variances, z = {variance}");
        let shape = kolmogorov_smirnov(x, y);
        assert!(shape > REJECT_P, "{order:?} {at:?} {name}: Kolmogorov-Smirnov p = {shape}");
    }
}

#[test]
fn merged_law_is_the_plain_law_on_the_papers_system() {
    for order in ORDERS {
        // λ = 0 leaves the Gaussian noise alone.
        for at in [(0.2, 0.0, 4), (0.9, 0.4, 4), (1.0, 0.42, 64), (0.05, 0.8, 12)] {
            compare_laws(&paper_system(), order, at, 5_000);
        }
    }
}

#[test]
fn merged_law_is_the_plain_law_where_curvature_dominates() {
    for order in ORDERS {
        for at in [(1.0, 0.0, 1), (1.0, 0.4, 3), (0.1, 1.0, 8), (0.0, 0.5, 2)] {
            compare_laws(&curved_system(), order, at, 30_000);
        }
        compare_laws(&identity_system(), order, (1.0, 0.5, 4), 30_000);
    }
}

fn assert_mean(runs: &[Rewards], expected: Rewards, what: &str) {
    let p: Vec<f64> = runs.iter().map(|r| r.p).collect();
    let q: Vec<f64> = runs.iter().map(|r| r.q).collect();
    for (name, values, expected) in [("p", p, expected.p), ("q", q, expected.q)] {
        let found = moments(&values);
        let z = (found.mean - expected) / found.mean_error;
        assert!(z.abs() < REJECT, "{what}, {name}: z = {z}");
    }
}

#[test]
fn runs_average_to_the_exact_expectation() {
    for order in ORDERS {
        for (system, at, count) in [
            (paper_system(), (0.9, 0.4, 4), 10_000),
            (curved_system(), (1.0, 0.4, 3), 100_000),
            (curved_system(), (0.1, 0.0, 1), 100_000),
            (identity_system(), (1.0, 0.5, 4), 50_000),
        ] {
            let expected = system.expected(order, at.0, at.1, at.2);
            let plain = plain_runs(&system, order, at, count);
            assert_mean(&plain, expected, &format!("plain {order:?} {at:?}"));
            let merged = merged_runs(&system, order, at, count * 2);
            assert_mean(&merged, expected, &format!("merged {order:?} {at:?}"));
        }
    }
}

// With the identity as coupling, no curvature and σ = 0, φ_r is its source θ exactly. Theta first:
// J_p = J_q. Simultaneous: φ_r = θ_{r-1}, so 20 (J_p - J_q) = θ_100 - θ_80 counts the shifts of the
// ten even rounds 82..=100: an integer from 0 to 10, with mean 5 and variance 10/4 for n = 1 and
// λ = 1/2.
#[test]
fn second_model_copies_its_source() {
    let system = RotationLoop { eta_p: 0.0, eta_q: 0.0, sigma: 0.0, ..identity_system() };
    let runs = |order| {
        [
            plain_runs(&system, order, (1.0, 0.5, 1), 4000),
            merged_runs(&system, order, (1.0, 0.5, 1), 4000),
        ]
    };
    for run in runs(FiniteOrder::ThetaFirst).iter().flatten() {
        assert_relative_eq!(run.p, run.q, max_relative = 1e-14);
    }
    for runs in runs(FiniteOrder::Simultaneous) {
        let shifts: Vec<f64> = runs.iter().map(|run| 20.0 * (run.p - run.q)).collect();
        assert!(shifts.iter().all(|s| (s - s.round()).abs() < 1e-9 && *s > -0.1 && *s < 10.1));
        let found = moments(&shifts);
        assert!((found.mean - 5.0).abs() < REJECT * found.mean_error);
        assert!((found.variance - 2.5).abs() < REJECT * found.variance_error);
    }
}

// ---- the figure ----

#[test]
fn grids_are_the_papers() {
    let derivatives = derivative_grid();
    let sweep = sweep_grid();
    assert_eq!(derivatives.len(), 3 * 18);
    assert_eq!(sweep.len(), 2 * 2 * 185);
    assert_eq!((derivatives[0], derivatives[53]), ((0.05, 4), (1.0, 64)));
    assert_eq!(sweep[0], (0.2, 4, 0.0));
    // 184 · 0.95/219 = 0.798...
    assert_relative_eq!(sweep[739].2, 0.798_173_515_981_735, max_relative = 1e-14);
}

#[test]
fn figure_agrees_with_its_expectations_in_both_orders() {
    for order in ORDERS {
        let figure = figure3(&paper_system(), order, 1);
        assert_eq!(figure.rounds, 1_912_000);
        let agreement = agreement(&figure);
        assert_eq!(agreement.points, 2 * (54 + 740));
        assert_eq!(agreement.coverage_p.intervals, 794);
        assert!(agreement.passed, "{order:?}: {agreement:?}");
    }
}

#[test]
fn agreement_rejects_what_is_wrong() {
    let right = figure3(&paper_system(), FiniteOrder::ThetaFirst, 1);

    let mut one_mean = right.clone();
    let point = &mut one_mean.derivatives[20].q;
    point.mean = point.expected + 9.0 * point.std_error;
    assert!(!agreement(&one_mean).passed);

    let mut not_a_number = right.clone();
    not_a_number.sweep[3].p.mean = f64::NAN;
    assert!(!agreement(&not_a_number).passed);

    // No single point stands out, but the intervals are too narrow.
    let mut narrow = right.clone();
    for point in narrow.derivatives.iter_mut().chain(&mut narrow.sweep) {
        point.p.std_error *= 0.8;
    }
    let narrow = agreement(&narrow);
    assert!(narrow.worst_p_value > narrow.level / 2.0 / narrow.points as f64);
    assert!(!narrow.passed);

    // The stable point in place of the expectation: n = 4 is biased by far more than its error.
    let mut stable = right;
    for point in &mut stable.sweep {
        point.p.expected = point.p.theory;
        point.q.expected = point.q.theory;
    }
    assert!(!agreement(&stable).passed);
}

#[test]
fn same_bytes_on_one_thread_and_on_two() {
    let bytes = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let figure = pool.install(|| figure3(&paper_system(), FiniteOrder::ThetaFirst, 3));
        serde_json::to_string(&figure).unwrap()
    };
    let one = bytes(1);
    assert_eq!(one, bytes(2));
    let back: Figure3 = serde_json::from_str(&one).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), one);
}

#[test]
fn without_noise_the_figure_still_has_an_answer() {
    // σ = 0 and λ = 0: the loop never leaves 0, and a zero spread is not a division by zero.
    let still = RotationLoop { sigma: 0.0, ..paper_system() };
    let figure = figure3(&still, FiniteOrder::ThetaFirst, 1);
    assert!(figure.sweep[0].p.mean.abs() < f64::MIN_POSITIVE);
    assert!(agreement(&figure).worst_p_value > 0.0);
}
