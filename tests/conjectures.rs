//! The bundled conjectures: what the search finds, against what is known.

use backfire::conjecture::Conjecture;
use backfire::search;
use std::path::Path;

const FALSE: [&str; 6] = [
    "sequential-converges",
    "self-never-inverts-scalar",
    "self-never-inverts-stable-alone-3",
    "self-never-inverts-plane",
    "threshold-sharp-99",
    "stays-stable-without-one",
];
const TRUE: [&str; 4] = [
    "self-never-inverts-stable-alone-2",
    "threshold-with-norm",
    "threshold-sharp",
    "balanced-fixes-sign",
];

fn read(name: &str) -> Conjecture {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("conjectures/{name}.toml"));
    Conjecture::read(&path).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn false_conjectures_are_broken_and_true_ones_are_not() {
    for name in FALSE {
        let claim = read(name).to_claim();
        let mut found = search::smallest(&claim, 1, 20_000, vec![]);
        if found.is_none() {
            let started = std::time::Instant::now();
            let adversaries = search::adversaries(&claim, 1, 16);
            println!("{name}: {} adversaries in {:?}", adversaries.len(), started.elapsed());
            found = search::smallest(&claim, 1, 0, adversaries);
        }
        let found = found.unwrap_or_else(|| panic!("{name} survived"));
        println!("{name}: {}\n{:?}", found.summary(), found.subject().point().unwrap().lines());
    }
    for name in TRUE {
        let claim = read(name).to_claim();
        assert!(search::smallest(&claim, 1, 5_000, vec![]).is_none(), "{name}");
    }
}
