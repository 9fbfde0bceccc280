//! Boxes that a cover looks at, on one core.

use backfire::certify::boxes::{Budget, cover};
use backfire::certify::sentence::Sentence;
use backfire::conjecture::Conjecture;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

/// Statements that are undecided along a curve, so that boxes are halved down to the depth allowed; all
/// but the last about two numbers.
const STATEMENTS: [(&str, &str, &str); 4] = [
    ("a parabola", "y > x^2", "x = [0, 1]\ny = [0, 1]"),
    ("a round", "(1 + x^2) * (1 + y^2) < 2", "x = [0, 1]\ny = [0, 1]"),
    (
        "kappa",
        "max((y + 2 * x) / (1 - x), (x + 2 * y) / (1 - y)) < 1",
        "x = [0, 0.9]\ny = [0, 0.9]",
    ),
    ("a cubic of three", "x * y * z < 0.1 + x^3", "x = [0, 1]\ny = [0, 1]\nz = [0, 1]"),
];

fn covers(c: &mut Criterion) {
    let mut group = c.benchmark_group("cover");
    group.sample_size(10);
    for (name, claim, numbers) in STATEMENTS {
        let text = format!(
            "name = \"c\"\ntitle = \"c\"\nfamily = \"numbers\"\nclaim = \"{claim}\"\n[numbers]\n{numbers}\n"
        );
        let claim = Conjecture::parse(&text, "c.toml").expect("a conjecture").to_claim();
        let layout = claim.domain().expect("a domain").layouts().remove(0);
        let sentence = Sentence::read(&claim, &layout).expect("polynomials");
        let budget = Budget { boxes: 1_000_000, depth: 24 };
        let found = cover(&sentence, budget).expect("polynomials");
        group.throughput(Throughput::Elements(found.looked_at));
        group.bench_function(name, |b| b.iter(|| cover(black_box(&sentence), budget)));
    }
    group.finish();
}

criterion_group!(benches, covers);
criterion_main!(benches);
