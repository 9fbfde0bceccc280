//! Which strategy breaks which bundled conjecture, after how many evaluations, and how small the witness
//! becomes: the tables of `docs/search.md`.
//!
//! `cargo run --release --example strategies`. The same figures on every machine of one architecture.

use backfire::case::Subject;
use backfire::claim::Claim;
use backfire::conjecture::Conjecture;
use backfire::search::{Strategy, ink, smallest, strategies};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Evaluations of each strategy with each seed.
const BUDGET: u64 = 25_000;
const SEEDS: u64 = 3;

/// Evaluations until a point broke the conjecture that exact arithmetic confirms, and the ink of the
/// witness made from it.
type Found = Option<(u64, u64)>;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conjectures");
    let entries = std::fs::read_dir(folder)?.collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
    files.sort();
    let mut claims = Vec::new();
    for file in &files {
        let conjecture = Conjecture::read(file)?;
        let claim = conjecture.to_claim();
        claims.push((conjecture.name, claim));
    }
    let names: Vec<&str> = claims
        .first()
        .map_or(vec![], |(_, c)| strategies::all(c).iter().map(|s| s.name()).collect());
    let rows: Vec<(&str, Vec<Vec<Found>>)> = claims
        .par_iter()
        .map(|(name, claim)| {
            let cells = names.par_iter().map(|s| tries(claim, s)).collect();
            eprintln!("{name}");
            (name.as_str(), cells)
        })
        .collect();
    println!("Evaluations until the first break, median of {SEEDS} seeds with {BUDGET} each:\n");
    table(&names, &rows, |(evaluations, _)| evaluations);
    println!("\nInk of the witness after shrinking, median:\n");
    table(&names, &rows, |(_, ink)| ink);
    Ok(())
}

fn tries(claim: &Claim, name: &str) -> Vec<Found> {
    let strategy = strategies::all(claim).into_iter().find(|s| s.name() == name);
    strategy.map_or(vec![], |s| {
        (1..=SEEDS).into_par_iter().map(|seed| search(claim, s.as_ref(), seed)).collect()
    })
}

fn search(claim: &Claim, strategy: &dyn Strategy, seed: u64) -> Found {
    // The grid begins nothing that it cannot complete.
    let effort = if strategy.name() == "exhaustive grid" { 0.25 } else { 1e3 };
    let (mut looked, mut tasks) = (0, 0..strategy.tasks(effort));
    while looked < BUDGET {
        let found = strategy.run(seed, tasks.next()?);
        if let (Some(first), false) = (found.first, found.broken.is_empty()) {
            let starts = found.broken.into_iter().map(Subject::Point).collect();
            let witness = smallest(claim, seed, 0, starts)?;
            return (looked + first <= BUDGET).then(|| (looked + first, ink(witness.subject())));
        }
        looked += found.drawn.max(1);
    }
    None
}

fn table(names: &[&str], rows: &[(&str, Vec<Vec<Found>>)], figure: fn((u64, u64)) -> u64) {
    println!("| conjecture | {} |", names.join(" | "));
    println!("|:--|{}", "--:|".repeat(names.len()));
    let broken =
        |(_, cells): &&(&str, Vec<Vec<Found>>)| cells.iter().flatten().any(Option::is_some);
    for (name, cells) in rows.iter().filter(broken) {
        let cell = |found: &Vec<Found>| {
            let mut figures: Vec<u64> = found.iter().flatten().map(|f| figure(*f)).collect();
            figures.sort_unstable();
            let all = figures.len() == found.len();
            match figures.get(figures.len() / 2) {
                Some(median) if all => median.to_string(),
                Some(median) => {
                    let times = format!("{}/{}", figures.len(), found.len());
                    format!("{median} ({times})")
                }
                None => String::from("-"),
            }
        };
        let cells: Vec<String> = cells.iter().map(cell).collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
    let whole: Vec<&str> = rows.iter().filter(|r| !broken(r)).map(|(name, _)| *name).collect();
    if !whole.is_empty() {
        println!("\nBroken by none: {}.", whole.join(", "));
    }
}
