//! What certificates of linear algebra cost.

use backfire::linalg::verified::{Powers, powers, spectral_radius};
use backfire::linalg::{inverse, lift, solve};
use backfire::scalar::Interval;
use backfire::search::generator;
use backfire::systems::{RetrainingMap, shipped};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use std::hint::black_box;

const SIZES: [usize; 4] = [4, 24, 64, 200];

/// Random entries, scaled to a spectral radius of about 0.9 (circular law).
fn stable(n: usize) -> DMatrix<Interval> {
    let rng = &mut generator(11, n as u64);
    let m = DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0_f64));
    let radius = backfire::dynamics::spectrum_of(&m).expect("finite").radius();
    lift(&(m * (0.9 / radius)))
}

/// One eigenvalue, one eigenvector.
fn jordan(n: usize) -> DMatrix<Interval> {
    lift(&DMatrix::from_fn(n, n, |i, j| match j.wrapping_sub(i) {
        0 => 0.9,
        1 => 1.0,
        _ => 0.0,
    }))
}

/// The Jacobian of the Gaussian experiment, two models of dimension 24.
fn experiment() -> DMatrix<Interval> {
    let file = shipped::get("paper-5-1-code").unwrap_or_else(|e| panic!("{e}"));
    let system = file.default_at::<Interval>().expect("it has defaults");
    system.linearise(&DVector::zeros(system.dimension())).jacobian
}

fn stability(c: &mut Criterion) {
    let mut group = c.benchmark_group("stability");
    group.sample_size(20);
    let named = |n| [("random", stable(n)), ("one Jordan block", jordan(n))];
    let cases = SIZES.into_iter().flat_map(named).chain([("the paper's loop", experiment())]);
    for (name, m) in cases {
        let n = m.nrows();
        assert!(matches!(powers(&m), Powers::Vanish { .. }), "{name} {n}");
        group.bench_with_input(BenchmarkId::new(name, n), &m, |b, m| {
            b.iter(|| powers(black_box(m)));
        });
    }
    group.finish();
}

fn radius(c: &mut Criterion) {
    let mut group = c.benchmark_group("spectral radius");
    group.sample_size(10);
    for n in SIZES {
        let m = stable(n);
        group.bench_with_input(BenchmarkId::from_parameter(n), &m, |b, m| {
            b.iter(|| spectral_radius(black_box(m)));
        });
    }
    group.finish();
}

/// The stable point of a loop: $(I - J) x = b$.
fn solves(c: &mut Criterion) {
    let mut group = c.benchmark_group("solve");
    group.sample_size(10);
    for n in SIZES {
        let a = DMatrix::<Interval>::identity(n, n) - stable(n);
        let b = DMatrix::from_element(n, 1, Interval::point(1.0));
        group.bench_with_input(BenchmarkId::new("one side", n), &(&a, &b), |bench, (a, b)| {
            bench.iter(|| solve(black_box(a), b).expect("regular"));
        });
        group.bench_with_input(BenchmarkId::new("inverse", n), &a, |bench, a| {
            bench.iter(|| inverse(black_box(a)).expect("regular"));
        });
    }
    group.finish();
}

criterion_group!(certify, stability, radius, solves);
criterion_main!(certify);
