//! Stable points, Jacobians, spectra and trajectories, each by two routes.

use backfire::case::Case;
use backfire::check::Ensemble;
use backfire::dynamics::{
    measured_rate, play, rate, round_jacobian, round_jacobian_by_duals, settle, settle_from_zero,
    settle_tangents, spectrum_of, stable_point, trajectory,
};
use backfire::influence::response;
use backfire::linalg;
use backfire::search::{Random, generator};
use backfire::systems::{
    Alignment, Component, GaussianLoop, Model, Order, RetrainingMap, Source, shipped,
};
use nalgebra::{DMatrix, DVector, dmatrix};
use rand::RngExt;
use std::f64::consts::TAU;

/// Random loops looked at.
const SAMPLES: u64 = 60;

/// The loop with the Jacobian `j`, whose model `i` has the parameters of `blocks[i]` and the
/// Hessian `hessians[i]`, with constant term `offset`: component `j` of model `i` has the share
/// `1/N` and the channel `N J_ij`.
fn affine(
    j: &DMatrix<f64>,
    hessians: &[DMatrix<f64>],
    offset: f64,
    order: Order,
) -> GaussianLoop<f64> {
    let n = hessians.len();
    let starts: Vec<usize> =
        (0..n).map(|i| hessians[..i].iter().map(DMatrix::nrows).sum()).collect();
    let model = |i: usize| {
        let d = hessians[i].nrows();
        let component = |k: usize| {
            let size = (d, hessians[k].nrows());
            Component {
                source: Source::Raw(k),
                weight: 1.0 / n as f64,
                channel: j.view((starts[i], starts[k]), size) * n as f64,
                offset: DVector::from_element(d, offset),
                spread: 1.0,
            }
        };
        let alignment = Alignment { linear: DVector::zeros(d), curvature: DMatrix::zeros(d, d) };
        let hessian = hessians[i].clone();
        let components = (0..n).map(component).collect();
        Model::new(format!("m{i}"), hessian.clone(), hessian, components, alignment)
            .expect("a regular Hessian")
    };
    GaussianLoop::new((0..n).map(model).collect(), order)
}

fn scalar(j: &DMatrix<f64>, order: Order) -> GaussianLoop<f64> {
    affine(j, &vec![DMatrix::identity(1, 1); j.nrows()], 1.0, order)
}

/// Three models of dimensions 1, 2 and 3 with general Hessians.
fn three_models(index: u64) -> GaussianLoop<f64> {
    let rng = &mut generator(7, index);
    let mut entry = || rng.random_range(-1.0..1.0);
    let j = DMatrix::from_fn(6, 6, |_, _| 0.3 * entry());
    let hessians: Vec<_> = (1..=3)
        .map(|d| {
            let m = DMatrix::from_fn(d, d, |_, _| entry());
            &m * m.transpose() + DMatrix::identity(d, d)
        })
        .collect();
    affine(&j, &hessians, 1.0, Order::Simultaneous)
}

fn loops() -> impl Iterator<Item = GaussianLoop<f64>> {
    let two = Random { seed: 11 };
    let drawn = (0..SAMPLES).map(move |i| two.draw(i).sample().map(|s| s.system.clone()));
    drawn.flatten().chain((0..SAMPLES).map(three_models))
}

fn orders(models: usize) -> Vec<Order> {
    let listed: Vec<usize> = (0..models).collect();
    let reversed = listed.iter().rev().copied().collect();
    vec![
        Order::Simultaneous,
        Order::Sequential(listed),
        Order::Sequential(reversed),
        Order::Incremental { step: 0.125 },
        Order::Switching { seed: 5 },
    ]
}

fn jacobian(system: &GaussianLoop<f64>) -> DMatrix<f64> {
    system.linearise(&DVector::zeros(system.dimension())).jacobian
}

#[test]
fn stable_points_solved_and_iterated() {
    let mut settled = 0;
    for mut system in loops() {
        let solved = stable_point(&system).expect("1 is no eigenvalue");
        let start = DVector::from_element(system.dimension(), 1.0);
        for order in orders(system.models.len()) {
            system.order = order;
            let radius = rate(&system).unwrap();
            if radius > 0.98 {
                continue;
            }
            let (iterated, _) = settle(&system, &start).expect("it contracts");
            let gap = (iterated - &solved).amax() / solved.amax().max(1.0);
            assert!(gap < 1e-13 / (1.0 - radius), "{:?}: {gap:.1e}", system.order);
            settled += 1;
        }
    }
    assert!(settled > 400, "{settled}");
}

#[test]
fn round_jacobians_by_three_routes() {
    for system in loops() {
        let d = system.dimension();
        let state = DVector::from_fn(d, |i, _| (i as f64 + 1.0) / 4.0);
        let linear = system.linearise(&state);
        let models = system.models.len();
        for order in orders(models) {
            let round = order.round(3, models);
            let analytic = round_jacobian(&linear, system.blocks(), &round);
            let by_duals = round_jacobian_by_duals(&system, &round, &state).unwrap();
            // A round is affine: a difference over a whole unit has no truncation error.
            let here = play(&system, &round, &state);
            let columns: Vec<DVector<f64>> = (0..d)
                .map(|j| {
                    let mut moved = state.clone();
                    moved[j] += 1.0;
                    play(&system, &round, &moved) - &here
                })
                .collect();
            let differences = DMatrix::from_columns(&columns);
            let size = analytic.amax().max(1.0);
            assert!((&analytic - by_duals).amax() < 1e-13 * size, "{round:?}");
            assert!((&analytic - differences).amax() < 1e-12 * size.max(here.amax()), "{round:?}");
        }
    }
}

#[test]
fn sequential_is_gauss_seidel() {
    for system in loops() {
        let j = jacobian(&system);
        let mut lower = DMatrix::zeros(j.nrows(), j.ncols());
        for rows in system.blocks() {
            let part = j.view((rows.start, 0), (rows.len(), rows.start));
            lower.view_mut((rows.start, 0), part.shape()).copy_from(&part);
        }
        let upper = &j - &lower;
        let identity = DMatrix::identity(j.nrows(), j.nrows());
        let expected = linalg::solve(&(identity - lower), &upper).unwrap();
        let order = Order::Sequential((0..system.models.len()).collect());
        let state = DVector::zeros(system.dimension());
        let found = round_jacobian(
            &system.linearise(&state),
            system.blocks(),
            &order.round(0, system.models.len()),
        );
        assert!((found - expected).amax() < 1e-12);
    }
}

#[test]
fn two_models_without_self_terms_square_the_rate() {
    for index in 0..SAMPLES {
        let rng = &mut generator(13, index);
        let d = [1, 2, 3][usize::try_from(index % 3).expect("small")];
        let j = DMatrix::from_fn(2 * d, 2 * d, |r, c| {
            if (r < d) == (c < d) { 0.0 } else { rng.random_range(-1.0..1.0) }
        });
        let hessians = [DMatrix::identity(d, d), DMatrix::identity(d, d)];
        let simultaneous = affine(&j, &hessians, 1.0, Order::Simultaneous);
        let sequential = affine(&j, &hessians, 1.0, Order::Sequential(vec![0, 1]));
        let (one, other) = (rate(&simultaneous).unwrap(), rate(&sequential).unwrap());
        assert!((other - one * one).abs() < 1e-10 * other.max(1.0), "{other} {one}");
    }
}

#[test]
fn retraining_converges_and_fine_tuning_does_not() {
    // J = [[1.2, 1], [-0.7, -0.5]]: trace 0.7, determinant 0.1, eigenvalues 0.5 and 0.2.
    // H (J - I) = [[2, 10], [-0.7, -1.5]]: trace 0.5, determinant 4, real part 0.25.
    let j = dmatrix![1.2, 1.0; -0.7, -0.5];
    let h = dmatrix![10.0, 0.0; 0.0, 1.0];
    let pull = spectrum_of(&(&h * (&j - DMatrix::identity(2, 2)))).unwrap();
    assert!((pull.abscissa() - 0.25).abs() < 1e-14);
    for hessians in [vec![h.clone()], vec![dmatrix![10.0], dmatrix![1.0]]] {
        let start = DVector::from_element(2, 1.0);
        let retrained = affine(&j, &hessians, 1.0, Order::Simultaneous);
        assert!((rate(&retrained).unwrap() - 0.5).abs() < 1e-14);
        assert!(settle(&retrained, &start).is_ok());
        for step in [0.1, 0.01, 0.001] {
            let tuned = affine(&j, &hessians, 1.0, Order::Incremental { step });
            // |1 + step μ|² = 1 + 2 · 0.25 step + 4 step².
            let expected = (1.0 + 0.5 * step + 4.0 * step * step).sqrt();
            assert!((rate(&tuned).unwrap() - expected).abs() < 1e-14);
            assert!(settle(&tuned, &start).is_err());
        }
    }
}

#[test]
fn fine_tuning_settles_as_far_as_rounding_lets_it() {
    // x -> x + (1 - x/2)/64 towards 2: a move is a 128th of the distance that is left. It is lost in
    // the rounding of x, some 1e-16, once the distance is some 1e-14.
    let tuned = scalar(&dmatrix![0.5], Order::Incremental { step: 1.0 / 64.0 });
    let (settled, _) = settle(&tuned, &DVector::zeros(1)).unwrap();
    assert!((settled[0] - 2.0).abs() < 1e-13, "{:e}", settled[0] - 2.0);
}

#[test]
fn settling_from_zero_is_simultaneous_whatever_the_order() {
    // The loop of the test above, which retraining settles and fine-tuning does not:
    // (I - J) x = 1 has det(I - J) = 0.4 and the solution (1.5 + 1, -0.7 - 0.2)/0.4.
    let j = dmatrix![1.2, 1.0; -0.7, -0.5];
    let hessians = [dmatrix![10.0], dmatrix![1.0]];
    let tuned = affine(&j, &hessians, 1.0, Order::Incremental { step: 0.1 });
    let (settled, _) = settle_from_zero(&tuned).unwrap();
    assert!((settled[0] - 6.25).abs() < 1e-12 && (settled[1] + 2.25).abs() < 1e-12);
}

#[test]
fn derivatives_carried_through_a_run_are_solved_ones_for_every_knob() {
    let mut compared = 0;
    for index in 0..SAMPLES {
        let subject = Random { seed: 17 }.draw(index);
        let case = Case::new(subject);
        let system = case.sample().system.clone();
        if rate(&system).unwrap() > 0.9 {
            continue;
        }
        let stable = stable_point(&system).unwrap();
        let knobs = case.knobs();
        let (_, tangents) = settle_tangents(&system, &knobs).unwrap();
        for (k, knob) in knobs.iter().enumerate() {
            let solved = response(&system, knob, &stable).unwrap();
            let gap = (tangents.column(k) - &solved).amax() / solved.amax().max(1.0);
            assert!(gap < 1e-12, "knob {k} of sample {index}: {gap:.1e}");
            compared += 1;
        }
    }
    assert!(compared > 200, "{compared}");
}

#[test]
fn derivatives_are_waited_for_where_the_state_stands_still() {
    // x -> x/2 stands at 0 from the start; its data shifted by s, x* = 2 s.
    let system = affine(&dmatrix![0.5], &[dmatrix![1.0]], 0.0, Order::Simultaneous);
    let knob = system.shifting(0, &DVector::from_element(1, 1.0));
    let (stable, tangents) = settle_tangents(&system, &[knob]).unwrap();
    assert_eq!(stable[0].to_bits(), 0.0_f64.to_bits());
    assert!((tangents[(0, 0)] - 2.0).abs() < 1e-13);
}

#[test]
fn the_rate_of_a_switching_order_is_that_of_a_long_run() {
    // Two scalars that see each other through g = 1/2 alone. A simultaneous round shrinks by g, a
    // sequential one by up to g²: the rate lies between, and is no single round's.
    let system = affine(
        &dmatrix![0.0, 0.5; 0.5, 0.0],
        &[dmatrix![1.0], dmatrix![1.0]],
        0.0,
        Order::Switching { seed: 4 },
    );
    let found = rate(&system).unwrap();
    let states = trajectory(&system, &DVector::from_element(2, 1.0), 200);
    let run = states[200].norm().powf(1.0 / 200.0);
    assert!((found / run - 1.0).abs() < 0.05, "{found} {run}");
    assert!(0.26 < found && found < 0.49, "{found}");
}

#[test]
fn measured_rates_are_spectral_radii() {
    let (mut measured, mut alone) = (0, 0);
    for index in 0..SAMPLES {
        let three = three_models(index);
        let hessians: Vec<_> = three.models.iter().map(|m| m.hessian.clone()).collect();
        for order in orders(3).into_iter().take(4) {
            // Without constant terms the stable point is 0, and distances are exact to the end.
            let system = affine(&jacobian(&three), &hessians, 0.0, order);
            let radius = rate(&system).unwrap();
            if !(0.3..1.2).contains(&radius) {
                continue;
            }
            let start = DVector::from_element(6, 1.0);
            let states = trajectory(&system, &start, 500);
            let distances: Vec<f64> = states.iter().map(DVector::norm).collect();
            let found = measured_rate(&distances, 0.0).unwrap();
            let gap = (found / radius - 1.0).abs();
            // A leading pair makes ln |x| wobble by w about its trend, which tilts a line fitted to
            // n points by at most 3 w / n; here n = 250 and w is below 0.8.
            assert!(gap < 1e-2, "{found} {radius}");
            let round = system.order.round(0, 3);
            let linear = system.linearise(&start);
            let spectrum = spectrum_of(&round_jacobian(&linear, system.blocks(), &round)).unwrap();
            // A real one that stands alone is met exactly once the others have died out.
            if spectrum.eigenvalues[1].norm() < 0.85 * radius {
                assert!(gap < 1e-13, "{found} {radius}");
                alone += 1;
            }
            measured += 1;
        }
    }
    assert!(measured > 150 && alone > 20, "{measured}, {alone} of them real and alone");
    // 0.9^k exactly; and too few rounds to say.
    let powers: Vec<f64> = (0..100).map(|k| 0.9_f64.powi(k)).collect();
    assert!((measured_rate(&powers, 0.0).unwrap() - 0.9).abs() < 1e-14);
    assert_eq!(measured_rate(&powers[..4], 0.0), None);
}

#[test]
fn a_rotation_oscillates_with_its_period() {
    // One model, J = 0.9 Rot(2π/7): after seven rounds the deviation is 0.9⁷ times itself.
    let (s, c) = (TAU / 7.0).sin_cos();
    let j = dmatrix![c, -s; s, c] * 0.9;
    let system = affine(&j, &[DMatrix::identity(2, 2)], 1.0, Order::Simultaneous);
    let spectrum = spectrum_of(&jacobian(&system)).unwrap();
    assert!((spectrum.period().unwrap() - 7.0).abs() < 1e-12);
    assert!((spectrum.rate() - 0.9).abs() < 1e-15);
    let stable = stable_point(&system).unwrap();
    let states = trajectory(&system, &DVector::zeros(2), 21);
    for k in 0..14 {
        let (early, late) = (&states[k] - &stable, &states[k + 7] - &stable);
        assert!((late - early * 0.9_f64.powi(7)).norm() < 1e-13);
    }
}

#[test]
fn a_seed_fixes_the_switching_order() {
    let j = dmatrix![0.2, 0.5, -0.3; -0.4, 0.1, 0.6; 0.3, -0.2, 0.4];
    let run = |seed| {
        let system = scalar(&j, Order::Switching { seed });
        trajectory(&system, &DVector::from_element(3, 1.0), 50)
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
    // Whatever the order of the rounds, the stable point is the same one.
    let system = scalar(&j, Order::Switching { seed: 1 });
    let (settled, _) = settle(&system, &DVector::zeros(3)).unwrap();
    assert!((settled - stable_point(&system).unwrap()).amax() < 1e-13);
}

#[test]
fn the_example_of_the_paper_does_not_converge() {
    // Its rate is the square root of |μ|, μ = (-3 - √72)/7 the larger eigenvalue of W_2.
    let file = shipped::get("example-4-6").unwrap_or_else(|e| panic!("{e}"));
    let system = file.default_at::<f64>().unwrap();
    let expected = ((3.0 + 72_f64.sqrt()) / 7.0).sqrt();
    assert!((rate(&system).unwrap() - expected).abs() < 1e-14);
    assert!(settle(&system, &DVector::zeros(4)).is_err());
    // (I - W_2) φ = W_2 a / 2 by hand: θ* = (-1/4, -5/4), φ* = (-3/4, -3/4).
    let stable = stable_point(&system).unwrap();
    let residual = play(&system, &system.order.round(0, 2), &stable) - &stable;
    assert!(residual.amax() < 1e-15);
    assert!((stable[0] + 0.25).abs() < 1e-15 && (stable[2] + 0.75).abs() < 1e-15);
}
