//! What a sample of the ensemble costs: drawing it, and checking every universal claim on it by all
//! three routes; and what it costs to confirm a witness in exact arithmetic.

use backfire::case::Case;
use backfire::certify::confirm;
use backfire::check::{Ensemble, Tally};
use backfire::claim::{Body, Claim};
use backfire::search::{Random, any};
use backfire::theorems;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

const SAMPLES: u64 = 64;

fn universal() -> Vec<Claim> {
    let claims = theorems::ALL.iter().flat_map(|e| e.theorem.claims());
    claims.filter(|c| matches!(c.body, Body::Universal { over: None, .. })).collect()
}

fn samples(c: &mut Criterion) {
    let ensemble = Random { seed: 1 };
    let claims = universal();
    let mut group = c.benchmark_group("ensemble");
    group.throughput(Throughput::Elements(SAMPLES)).sample_size(20);
    group.bench_function("draw", |b| {
        b.iter(|| (0..SAMPLES).for_each(|k| drop(black_box(ensemble.draw(k)))));
    });
    group.bench_function("draw and check every claim", |b| {
        b.iter(|| {
            let mut tallies: Vec<Tally> = claims.iter().map(|c| Tally::new(c, 1)).collect();
            for k in 0..SAMPLES {
                let case = Case::new(ensemble.draw(k));
                for (claim, tally) in claims.iter().zip(&mut tallies) {
                    tally.add(claim, &case, k);
                }
            }
            tallies
        });
    });
    group.finish();
}

fn witness(c: &mut Criterion) {
    let claims = theorems::ALL.iter().find(|e| e.theorem.card().id == "cor_e2");
    let claims = claims.map(|e| e.theorem.claims()).unwrap_or_default();
    let sign = claims.iter().find(|c| c.id == "sign").expect("cor_e2/sign is a claim");
    let found = any(sign, 1, 24_000, None).expect("cor_e2/sign has a witness");
    c.bench_function("confirm a witness exactly", |b| {
        b.iter(|| confirm(black_box(sign), found.subject()));
    });
}

criterion_group!(benches, samples, witness);
criterion_main!(benches);
