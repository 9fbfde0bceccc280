//! What the search costs.

#[path = "../tests/limits/mod.rs"]
mod limits;

use backfire::conjecture::Conjecture;
use backfire::search::any;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use limits::{agrees, loops, right, runner};

/// Property-based with shrinking, one core: the iteration's limit and its derivative are those of a
/// solve, dimensions 2 to 8.
fn properties(c: &mut Criterion) {
    const CASES: u32 = 4_096;
    let mut group = c.benchmark_group("properties");
    group.throughput(Throughput::Elements(u64::from(CASES))).sample_size(20);
    let strategy = loops();
    group.bench_function("limits and derivatives of iterations", |b| {
        b.iter(|| runner(CASES, 1).run(&strategy, |it| agrees(&it, right)));
    });
    group.finish();
}

/// A loop of two scalar models that inverts: found among small points, shrunk, and confirmed in exact
/// arithmetic, one core; a seed in turn.
fn inversion(c: &mut Criterion) {
    let text = include_str!("../conjectures/self-never-inverts-scalar.toml");
    let claim = Conjecture::parse(text, "bench.toml").expect("a conjecture").to_claim();
    let core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut seed = 0;
    c.bench_function("an inversion found and shrunk", |b| {
        b.iter(|| {
            seed += 1;
            core.install(|| any(&claim, seed, 24_000, None).expect("it is false"))
        });
    });
}

criterion_group!(property_based, properties, inversion);
criterion_main!(property_based);
