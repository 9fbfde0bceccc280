//! The finite-sample loop of Figure 3: a round on one core, plain and merged, and the exact
//! expectations of the whole figure.

use std::hint::black_box;

use backfire::dynamics::finite_sample::{
    FiniteOrder, HALF_STEP, LAMBDA_0, MergedRun, ROUNDS, RotationLoop, derivative_grid, figure3,
    generator, sweep_grid,
};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_distr::Distribution;

const SEED: u64 = 1;
const ORDERS: [(&str, FiniteOrder); 2] =
    [("theta_first", FiniteOrder::ThetaFirst), ("simultaneous", FiniteOrder::Simultaneous)];

fn paper_system() -> RotationLoop {
    serde_json::from_str(include_str!("../tests/data/gaussian_system.json"))
        .expect("the reference file holds a rotation loop")
}

/// Plain runs over the figure's derivative grid, both signs of the step.
fn plain(c: &mut Criterion) {
    let system = paper_system();
    let grid = derivative_grid();
    let mut group = c.benchmark_group("plain");
    group.sample_size(10).throughput(Throughput::Elements((2 * grid.len() * ROUNDS) as u64));
    for (name, order) in ORDERS {
        group.bench_function(BenchmarkId::new("derivative_grid", name), |b| {
            b.iter(|| {
                let mut rng = generator(SEED, 0);
                for &(t, n) in &grid {
                    for lambda in [LAMBDA_0 - HALF_STEP, LAMBDA_0 + HALF_STEP] {
                        black_box(system.run(order, t, lambda, n, &mut rng));
                    }
                }
            });
        });
    }
    group.finish();
}

/// One merged run by itself, its preparation left out.
fn merged(c: &mut Criterion) {
    let system = paper_system();
    let mut group = c.benchmark_group("merged");
    group.throughput(Throughput::Elements(ROUNDS as u64));
    for (name, order) in ORDERS {
        for n in [4, 64] {
            let law = MergedRun::new(&system, order, 0.9, LAMBDA_0, n);
            let mut rng = generator(SEED, 0);
            group.bench_function(BenchmarkId::new(name, n), |b| b.iter(|| law.sample(&mut rng)));
        }
    }
    group.finish();
}

/// The whole figure on one thread: preparation, runs, expectations and statistics.
fn whole_figure(c: &mut Criterion) {
    let system = paper_system();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread starts");
    let rounds = figure3(&system, FiniteOrder::ThetaFirst, SEED).rounds;
    let mut group = c.benchmark_group("figure3_one_core");
    group.sample_size(10).throughput(Throughput::Elements(rounds as u64));
    for (name, order) in ORDERS {
        group.bench_function(name, |b| {
            b.iter(|| pool.install(|| figure3(black_box(&system), order, SEED)));
        });
    }
    group.finish();
}

/// The exact expectations of all points of the figure.
fn expectations(c: &mut Criterion) {
    let system = paper_system();
    let mut group = c.benchmark_group("expectations");
    for (name, order) in ORDERS {
        group.bench_function(name, |b| {
            b.iter(|| {
                for (t, n) in derivative_grid() {
                    black_box(system.expected_derivative(order, t, LAMBDA_0, HALF_STEP, n));
                }
                for (t, n, lambda) in sweep_grid() {
                    black_box(system.expected(order, t, lambda, n));
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, plain, merged, whole_figure, expectations);
criterion_main!(benches);
