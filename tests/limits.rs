//! The property "where an iteration settles, and how that moves, is what a linear solve says", as the
//! tests and the benchmarks of it share it.

use backfire::dynamics::{settle_tangent, with_tangent};
use backfire::linalg;
use backfire::systems::{LinearLoop, Round};
use nalgebra::{DMatrix, DVector};
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

/// How closely the two routes must agree, relative to the larger side.
const AGREEMENT: f64 = 1e-8;

/// An affine loop x -> Ax + a with short numbers. Rows of A have absolute sums of at most 0.9, so the
/// loop settles.
#[derive(Clone, Debug)]
pub struct Affine {
    pub a: DMatrix<f64>,
    pub offset: DVector<f64>,
}

/// Loops of dimension 2 to 8, which shrink towards dimension 2 and zeros.
pub fn loops() -> impl Strategy<Value = Affine> {
    Union::new((2..=8_usize).map(|d| {
        let entries = vec![-9..=9_i32; d * d + d];
        entries.prop_map(move |n| {
            let scale = 10.0 * d as f64;
            let a = DMatrix::from_fn(d, d, |r, c| f64::from(n[r * d + c]) / scale);
            Affine { a, offset: DVector::from_fn(d, |r, _| f64::from(n[d * d + r])) }
        })
    }))
}

/// Where `x -> (1 + t) A x + a` settles at `t = 0` and its derivative in `t`, by iterating in dual
/// numbers: nothing is solved.
fn iterated(it: &Affine) -> (DVector<f64>, DVector<f64>) {
    let map = LinearLoop::new(it.a.map(|x| with_tangent(x, x)), it.a.nrows())
        .with_offset(it.offset.map(|x| with_tangent(x, 0.0)));
    settle_tangent(&map, &Round::Simultaneous).expect("rows of absolute sum below 1")
}

/// `(I - A)^{-1} a`, and its derivative as `derivative` has it from the inverse, A and that point.
pub type Derivative = fn(&DMatrix<f64>, &DMatrix<f64>, &DVector<f64>) -> DVector<f64>;

/// `(I - A)^{-1} A x`.
pub fn right(inverse: &DMatrix<f64>, a: &DMatrix<f64>, x: &DVector<f64>) -> DVector<f64> {
    inverse * (a * x)
}

/// Whether both routes agree.
pub fn agrees(it: &Affine, derivative: Derivative) -> Result<(), TestCaseError> {
    let (x, dx) = iterated(it);
    let d = it.a.nrows();
    let inverse = linalg::inverse(&(DMatrix::identity(d, d) - &it.a))
        .map_err(|e| TestCaseError::fail(e.to_string()))?;
    let solved = &inverse * &it.offset;
    let close = |x: &DVector<f64>, y: &DVector<f64>| {
        let gap = x.iter().zip(y).fold(0.0_f64, |top, (x, y)| top.max((x - y).abs()));
        gap <= AGREEMENT * x.amax().max(y.amax())
    };
    if !close(&x, &solved) {
        return Err(TestCaseError::fail("another limit"));
    }
    let moved = derivative(&inverse, &it.a, &solved);
    if close(&dx, &moved) { Ok(()) } else { Err(TestCaseError::fail("another derivative")) }
}

/// A runner of `cases` cases, the same in every run.
pub fn runner(cases: u32, seed: u8) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]))
}
