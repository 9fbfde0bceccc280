//! Classifiers of digits that label each other's images: optima, derivatives, stable points.

use backfire::domain::Domain;
use backfire::dynamics::{self, measured_rate, play, spectrum_of};
use backfire::family::digits::{Digits, digits_loop, images_of, rivals};
use backfire::point::Point;
use backfire::search::generator;
use backfire::systems::digits::inputs;
use backfire::systems::{Inputs, Order, RetrainingMap, Round, SoftmaxLoop};
use nalgebra::{DMatrix, DVector, dvector};

/// Coarse features, so that differences are cheap: patches of 4 × 4, 50 parameters a model.
fn coarse(candidates: f64) -> SoftmaxLoop {
    let images = [0, 1].map(|i| inputs(4, 4, i, 12));
    let at = Digits
        .draw(&mut generator(1, 0), 0)
        .with("candidates", candidates)
        .with("ridge_p", 0.02)
        .with("ridge_q", 0.05)
        .with_vector("shares_p", dvector![0.2, 0.4, 0.3])
        .with_vector("shares_q", dvector![0.1, 0.5, 0.8]);
    digits_loop(&at, images).unwrap()
}

fn stable(system: &SoftmaxLoop) -> DVector<f64> {
    system.stable_point(&DVector::zeros(system.dimension())).unwrap()
}

/// The derivative of `f` at `x` by fourth-order differences, column by column.
fn differences(f: impl Fn(&DVector<f64>) -> DVector<f64>, x: &DVector<f64>) -> DMatrix<f64> {
    let step = 1e-2;
    let column = |j: usize| {
        let at = |change: f64| {
            let mut moved = x.clone();
            moved[j] += change * step;
            f(&moved)
        };
        ((at(1.0) - at(-1.0)) * 8.0 - (at(2.0) - at(-2.0))) / (12.0 * step)
    };
    DMatrix::from_columns(&(0..x.len()).map(column).collect::<Vec<_>>())
}

// Two inputs (1) and (2) of class 0 among two classes: at Θ = 0 the gradient of the log loss is
// the mean of (½ - 1, ½)·x, (-3/4, 3/4), and the Hessian mean x² · ¼ = 5/8 with signs, plus the ridge.
#[test]
fn one_feature_by_hand() {
    let inputs = Inputs::new(DMatrix::from_row_slice(1, 2, &[1.0, 2.0]), vec![0, 0]);
    let mut system = coarse(2.0);
    let model = &mut system.models[0];
    model.inputs = inputs;
    model.ridge = 0.5;
    model.reward = DMatrix::from_row_slice(2, 2, &[1.0, 3.0, 0.0, 0.0]);
    let system = SoftmaxLoop::new(vec![model.clone()]);
    let origin = DMatrix::zeros(2, 1);
    let gradient = system.gradient(0, &origin, &system.real(0));
    assert!((gradient - dvector![-0.75, 0.75]).norm() < 1e-15);
    let hessian = system.hessian(0, &origin);
    let expected = DMatrix::from_row_slice(2, 2, &[1.125, -0.625, -0.625, 1.125]);
    assert!((hessian - expected).norm() < 1e-15);
    // The alignment is the mean reward 2, and moves with mean x · ½(r - 2) = (-¾, ¾).
    assert!((system.alignment(0, &dvector![0.0, 0.0]) - 2.0).abs() < 1e-15);
    let slope = system.alignment_gradient(0, &dvector![0.0, 0.0]);
    assert!((slope - dvector![-0.75, 0.75]).norm() < 1e-15);
}

#[test]
fn optima_are_optima_from_anywhere() {
    let system = coarse(2.0);
    let state = stable(&system);
    let labels = system.training_labels(0, &state);
    let near = system.optimum(0, system.parameters(0, &state), &labels).unwrap();
    let far = DMatrix::from_fn(10, 5, |k, f| if (k + f) % 3 == 0 { 30.0 } else { -20.0 });
    for start in [DMatrix::zeros(10, 5), far] {
        let found = system.optimum(0, start, &labels).unwrap();
        assert!(system.gradient(0, &found, &labels).norm() < 1e-13);
        assert!((&found - &near).norm() < 1e-11);
    }
    // Hessians kept from elsewhere change the way, not the end.
    let anchored = system.clone().anchored(&(&state * 3.0));
    let found = anchored.optimum(0, DMatrix::zeros(10, 5), &labels).unwrap();
    assert!((found - near).norm() < 1e-11);
}

#[test]
fn derivatives_agree_with_differences() {
    for candidates in [0.0, 2.0, 3.0] {
        let system = coarse(candidates);
        let state = stable(&system) * 0.7;
        let slope = system.gap_derivative(&state);
        let seen = differences(|x| system.gaps(x), &state);
        assert!((&slope - &seen).amax() < 1e-9, "{}", (slope - seen).amax());
        for i in 0..2 {
            let rows = &system.blocks()[i];
            let gradient = system.alignment_gradient(i, &state);
            let value = |x: &DVector<f64>| dvector![system.alignment(i, x)];
            let seen = differences(value, &state);
            let own = seen.columns(rows.start, rows.len()).transpose();
            assert!((gradient - own).amax() < 1e-9);
        }
    }
}

#[test]
fn the_jacobian_of_retraining_by_two_routes() {
    let system = coarse(2.0);
    let state = stable(&system) * 0.9;
    let jacobian = system.linearise(&state).jacobian;
    let seen = differences(|x| play(&system, &Round::Simultaneous, x), &state);
    assert!((&jacobian - &seen).amax() < 1e-8, "{}", (&jacobian - &seen).amax());
}

#[test]
fn runs_end_at_the_stable_point_at_the_rate_of_the_jacobian() {
    let system = coarse(2.0);
    let solved = stable(&system);
    assert!(system.gaps(&solved).norm() < 1e-13);
    let zero = DVector::zeros(system.dimension());
    for order in [Order::Simultaneous, Order::Sequential(vec![1, 0])] {
        let (settled, _) = dynamics::settle_map(&system, &order, &zero).unwrap();
        assert!((settled - &solved).norm() < 1e-10, "{order:?}");
    }
    let radius = spectrum_of(&system.linearise(&solved).jacobian).unwrap().radius();
    let mut state = zero;
    let distances: Vec<f64> = (0..60)
        .map(|_| {
            state = play(&system, &Round::Simultaneous, &state);
            (&state - &solved).norm()
        })
        .collect();
    let rate = measured_rate(&distances, 1e-10).unwrap();
    assert!((rate - radius).abs() < 0.1 * radius, "{rate} against {radius}");
}

#[test]
fn a_step_of_fine_tuning_follows_the_gradient() {
    let system = coarse(2.0);
    let state = stable(&system) * 0.5;
    let stepped = play(&system, &Round::Incremental(0.1), &state);
    assert!((stepped - (&state - system.gaps(&state) * 0.1)).norm() < 1e-14);
}

#[test]
fn an_optimisation_that_fails_is_not_a_number() {
    let mut system = coarse(2.0);
    system.models[0].ridge = f64::NAN;
    let state = DVector::zeros(system.dimension());
    assert!(system.retrain(0, &state).iter().all(|x| x.is_nan()));
    assert!(system.stable_point(&state).is_none());
}

// The bounds behind ε hold on laws that are far apart: E_x √2 TV_x against ε |Δ|.
#[test]
fn sensitivities_bound_what_laws_move() {
    // All images at first, then some of them.
    for index in 0..4 {
        let mut rng = generator(17, index);
        let at = Digits.draw(&mut rng, index);
        let system = digits_loop(&at, images_of(&at)).unwrap();
        let constants = constants_of(&at);
        let far = |seed: u64| {
            let mut rng = generator(seed, index);
            DVector::from_fn(system.dimension(), |_, _| {
                rand::RngExt::random_range(&mut rng, -9.0..9.0_f64)
            })
        };
        let (x, y) = (far(1), far(2));
        for (i, eps) in constants.into_iter().enumerate() {
            let gap = system.training_labels(i, &x) - system.training_labels(i, &y);
            let variation = gap.column_iter().map(|c| c.lp_norm(1) / 2.0).sum::<f64>();
            let moved = 2.0_f64.sqrt() * variation / gap.ncols() as f64;
            assert!(moved <= eps * (&x - &y).norm() && moved > 0.0);
            // Near by, they are not loose by orders of magnitude.
            let z = &x * 1e-3;
            let gap = system.training_labels(i, &z) - system.training_labels(i, &(&z * -1.0));
            let variation = gap.column_iter().map(|c| c.lp_norm(1) / 2.0).sum::<f64>();
            let moved = 2.0_f64.sqrt() * variation / gap.ncols() as f64;
            assert!(moved > 0.02 * eps * 2.0 * z.norm(), "{moved} {eps}");
        }
    }
}

fn constants_of(at: &Point<f64>) -> [f64; 2] {
    let c = backfire::family::digits::constants(at);
    [c.eps_p, c.eps_q]
}

#[test]
fn rival_tastes_backfire_where_much_is_crossed() {
    let [few, many] = [[0.2, 0.3], [0.7, 0.3]].map(|cross| {
        let rest = rivals::rest(cross).unwrap();
        assert!(rivals::rate(&rest).unwrap() < 0.9);
        let outcome = rivals::outcome(&rest).unwrap();
        let seen = rivals::simulated(&rest).unwrap();
        assert!((outcome.predicted - seen).abs() < 2e-3, "{} {seen}", outcome.predicted);
        // Another pair of runs, by the derivative of the stable point.
        let dx = rest.response_by_running().unwrap();
        let own = rest.system.blocks()[0].len();
        let slope = rest.system.alignment_gradient(0, &rest.stable).dot(&dx.rows(0, own));
        assert!((outcome.predicted - slope).abs() < 1e-7, "{} {slope}", outcome.predicted);
        (outcome.predicted, outcome.alignment)
    });
    assert!(few.0 > 0.1 && many.0 < -0.1);
    assert!(few.1 > many.1, "what is crossed is curated for the rival");
}

// 1797 = 2 · 898 + 1 images; every other one of those that a point names is the other model's.
#[test]
fn a_point_names_its_images() {
    let at = Digits.draw(&mut generator(5, 0), 0);
    let whole = images_of(&at);
    assert_eq!(whole.each_ref().map(Inputs::len), [899, 898]);
    let count = |digit| -> usize {
        whole.iter().map(|x| x.truth().iter().filter(|&&y| y == digit).count()).sum()
    };
    assert_eq!((count(0), count(8)), (178, 174));
    // Eight patches and the constant; then 8/4 · 8/8 of them.
    assert_eq!(whole[0].features().nrows(), 9);
    let at = at.with("patch_height", 4.0).with("patch_width", 8.0);
    let at = at.with("images", 5.0).with("first_image", 177.0).with("stride", 1.0);
    let [p, q] = images_of(&at);
    // The last of the 178 zeros, then ones.
    assert_eq!((p.truth(), q.truth()), (&[0, 1, 1][..], &[1, 1][..]));
    let all = inputs(4, 8, 0, 1);
    let zeros: Vec<usize> = (0..all.len()).filter(|&k| all.truth()[k] == 0).collect();
    assert_eq!(p.features().column(0), all.features().column(zeros[177]));
    assert_eq!(images_of(&at)[1].features(), q.features());
}

// Some draws are of all images with all features, most of few.
#[test]
fn sizes_vary() {
    let sizes: Vec<_> = (0..202)
        .map(|index| {
            let [p, q] = images_of(&Digits.draw(&mut generator(5, index), index));
            (p.features().nrows(), p.len() + q.len())
        })
        .collect();
    assert_eq!(sizes.iter().filter(|s| **s == (9, 1797)).count(), 2);
    assert_eq!(sizes.iter().filter(|s| s.0 == 9).count(), 6);
    assert!([3, 5].iter().all(|d| sizes.iter().any(|s| s.0 == *d)));
    assert!(sizes.iter().all(|s| s.1 == 1797 || (120..=200).contains(&s.1)));
}
