//! What the search costs: systems a second in lanes, with the draws, on one thread.

use backfire::conjecture::Conjecture;
use backfire::search::{Lanes, Strategy};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const SCALAR: &str = include_str!("../conjectures/self-never-inverts-scalar.toml");

/// Stability and both influences.
fn both(dimension: usize) -> String {
    format!(
        "name = \"both\"\ntitle = \"Both\"\nfamily = \"linear\"\nassume = [\"rho(J) < 1\"]\n\
         claim = \"dJp > 0 or dJq > 0\"\n[ranges]\ndimension = [{dimension}, {dimension}]\n"
    )
}

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

criterion_group!(benches, lanes);
criterion_main!(benches);
