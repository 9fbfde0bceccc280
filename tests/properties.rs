//! Properties with shrinking.

use crate::limits::{agrees, loops, right, runner};
use backfire::conjecture::Conjecture;
use backfire::search::any;
use nalgebra::{DMatrix, DVector};
use proptest::test_runner::TestError;

#[test]
fn iterations_settle_where_a_solve_says_and_move_as_it_says() {
    runner(20_000, 1).run(&loops(), |it| agrees(&it, right)).unwrap();
}

/// `(I - A)^{-1} x` lacks the factor A. It is wrong wherever the loop moves at all, so the smallest loop
/// has two parameters, nothing but zeros in A, and an offset of 1.
#[test]
fn a_wrong_formula_is_found_and_shrunk() {
    fn wrong(inverse: &DMatrix<f64>, _a: &DMatrix<f64>, x: &DVector<f64>) -> DVector<f64> {
        inverse * x
    }
    let failed = runner(20_000, 1).run(&loops(), |it| agrees(&it, wrong));
    let Err(TestError::Fail(why, it)) = failed else { panic!("not found: {failed:?}") };
    assert_eq!(why.message(), "another derivative");
    assert_eq!(it.a, DMatrix::zeros(2, 2));
    assert!((it.offset.abs().sum() - 1.0).abs() < 1e-15, "{it:?}");
}

/// A sign that is wrong only where A has a negative entry: the smallest loop has one.
#[test]
fn a_formula_that_is_wrong_at_some_points_is_found_and_shrunk() {
    fn wrong(inverse: &DMatrix<f64>, a: &DMatrix<f64>, x: &DVector<f64>) -> DVector<f64> {
        inverse * (a.abs() * x)
    }
    let failed = runner(20_000, 1).run(&loops(), |it| agrees(&it, wrong));
    let Err(TestError::Fail(_, it)) = failed else { panic!("not found: {failed:?}") };
    let negative: Vec<f64> = it.a.iter().copied().filter(|x| *x != 0.0).collect();
    assert_eq!((it.a.nrows(), negative.len()), (2, 1), "{it:?}");
    assert!((negative[0] + 0.05).abs() < 1e-15 && it.offset.abs().sum() <= 1.0, "{it:?}");
}

/// What is found among small points shrinks to two models of one parameter each and numbers with at
/// most one decimal, in exact arithmetic a counterexample.
#[test]
fn an_inversion_is_found_and_shrunk() {
    let text = include_str!("../conjectures/self-never-inverts-scalar.toml");
    let claim = Conjecture::parse(text, "file.toml").unwrap().to_claim();
    for seed in 1..=10 {
        let found = any(&claim, seed, 24_000, None).unwrap();
        let at = found.subject().point().unwrap();
        assert_eq!(at.matrix("J").shape(), (2, 2));
        let short = |x: &f64| (x * 10.0 - (x * 10.0).round()).abs() < 1e-12 && x.abs() <= 3.0;
        assert!(at.entries().all(|(_, m)| m.iter().all(short)), "{at:?}");
        // By hand: dx_p = b (1 - J_qq) / det(I - J).
        let (j, b, g) = (at.matrix("J"), at.number("b"), at.number("g_p"));
        let det = (1.0 - j[(0, 0)]) * (1.0 - j[(1, 1)]) - j[(0, 1)] * j[(1, 0)];
        assert!(g * b > 0.0 && g * b * (1.0 - j[(1, 1)]) / det <= 0.0, "{at:?}");
        let (trace, product) = (j.trace(), j.determinant());
        assert!(product.abs() < 1.0 && trace.abs() < 1.0 + product, "stable: {at:?}");
    }
}
