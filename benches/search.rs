//! What the search costs.

#[path = "../tests/limits.rs"]
mod limits;

use backfire::conjecture::Conjecture;
use backfire::search::{Lanes, Strategy, any};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use limits::{agrees, loops, right, runner};

const SCALAR: &str = include_str!("../conjectures/self-never-inverts-scalar.toml");

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
    let claim = Conjecture::parse(SCALAR, "bench.toml").expect("a conjecture").to_claim();
    let core = rayon::ThreadPoolBuilder::new().num_threads(1).build().expect("one thread");
    let mut seed = 0;
    c.bench_function("an inversion found and shrunk", |b| {
        b.iter(|| {
            seed += 1;
            core.install(|| any(&claim, seed, 24_000, None).expect("it is false"))
        });
    });
}

/// Stability and both influences.
fn both(dimension: usize) -> String {
    format!(
        "name = \"both\"\ntitle = \"Both\"\nfamily = \"linear\"\nassume = [\"rho(J) < 1\"]\n\
         claim = \"dJp > 0 or dJq > 0\"\n[ranges]\ndimension = [{dimension}, {dimension}]\n"
    )
}

/// Systems a second in lanes, drawn and decided, on one thread.
fn lanes(c: &mut Criterion) {
    let mut group = c.benchmark_group("lanes");
    let cases = [
        ("self-inversion of two scalar models", SCALAR.to_owned()),
        ("stability and both influences, 2 x 2", both(1)),
        ("stability and both influences, 4 x 4", both(2)),
        ("stability and both influences, 8 x 8", both(4)),
    ];
    for (name, text) in cases {
        let conjecture = Conjecture::parse(&text, "bench.toml").expect("a conjecture");
        let claim = conjecture.to_claim();
        for vectors in [true, false] {
            let lanes = Lanes::new(&conjecture, &claim).expect("it has lanes");
            let lanes = if vectors { lanes } else { lanes.without_vectors() };
            let drawn = lanes.run(1, 0).drawn;
            group.throughput(Throughput::Elements(drawn)).sample_size(10);
            let id = BenchmarkId::new(name, if vectors { "dispatched" } else { "not dispatched" });
            group.bench_function(id, |b| b.iter(|| lanes.run(1, 0)));
        }
    }
    group.finish();
}

criterion_group!(search, lanes, properties, inversion);
criterion_main!(search);
