//! `backfire search`.

use super::progress::Progress;
use super::{Failure, Outcome, output, verify};
use crate::case::{Route, Subject};
use crate::certify::Counterexample;
use crate::check::{self, Ensemble, Tally};
use crate::claim::Claim;
use crate::conjecture::Conjecture;
use crate::domain::Points;
use crate::evidence::margin;
use crate::referee::Effort;
use crate::report::thousands;
use crate::search;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "A conjecture file:\n\n  \
    name = \"sequential\"\n  \
    title = \"Sequential retraining converges whenever simultaneous retraining does\"\n  \
    family = \"linear\"\n  \
    assume = [\"rho(J) < 1\"]\n  \
    claim = \"rho_seq(J) < 1\"\n\n  \
    [ranges]\n  \
    models = [2, 3]\n\n\
    Exit code 0 if nothing breaks the claim, 1 if something does.")]
pub(super) struct Args {
    /// A conjecture file
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Multiplies the number of samples
    #[arg(long, default_value_t = 1.0, value_parser = verify::effort)]
    effort: f64,
}

/// Small points tried at effort 1, and starts of the optimiser.
const TRIES: f64 = 24_000.0;
const STARTS: f64 = 16.0;

/// Samples drawn at most, per point needed: hypotheses of users may be hard to meet.
const PATIENCE: u64 = 100;

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let conjecture = Conjecture::read(&args.file)?;
    let claim = conjecture.to_claim();
    let effort = Effort { seed: args.seed, factor: args.effort };
    let progress = Progress::new();
    let tally = sampled(&claim, effort, &progress);
    let (found, how) = hunted(&claim, effort, &tally);
    drop(progress);
    let mut out = format!("{}\n\n", conjecture.title);
    for (text, _) in &conjecture.assume {
        let _ = writeln!(out, "  assume {text}");
    }
    let _ = writeln!(out, "  claim  {}\n", conjecture.claim.0);
    let outcome = match &found {
        Some(witness) => {
            broken(&mut out, &claim, witness, how);
            Outcome::Differs
        }
        None if tally.suspect.is_some() => {
            out.push_str(
                "Disputed: floating point sees it fail, which exact arithmetic does not confirm.\n",
            );
            Outcome::Differs
        }
        None => {
            unbroken(&mut out, &claim, &tally, effort);
            Outcome::AsRecorded
        }
    };
    output::print(&out)?;
    Ok(outcome)
}

/// The ensemble pass: how many points met the hypotheses, the least margin, whether any fails.
fn sampled(claim: &Claim, effort: Effort, progress: &Progress) -> Tally {
    let Some(domain) = claim.domain() else { unreachable!("a conjecture has a family") };
    let floor = effort.floor(Some(domain));
    let most = floor * PATIENCE;
    let points = Points { domain, seed: effort.seed, small: false };
    let step = |n| progress.tick("points", n, most);
    let mut tallies = check::run(&[claim], &points, floor, most, &step);
    tallies.remove(0)
}

/// A counterexample and how it was found: among small points; from the sampled point that fails; by
/// optimising the margin.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn hunted(claim: &Claim, effort: Effort, tally: &Tally) -> (Option<Counterexample>, &'static str) {
    let scaled = |n: f64| (n * effort.factor).ceil() as u64;
    let small = search::smallest(claim, effort.seed, scaled(TRIES), Vec::new());
    if small.is_some() {
        return (small, "among small points");
    }
    if let (Some(index), Some(domain)) = (tally.suspect, claim.domain()) {
        let points = Points { domain, seed: effort.seed, small: false };
        let found = search::smallest(claim, effort.seed, 0, vec![points.draw(index)]);
        if found.is_some() {
            return (found, "among random points");
        }
    }
    let adversaries = search::adversaries(claim, effort.seed, scaled(STARTS));
    let found = search::smallest(claim, effort.seed, 0, adversaries);
    (found, "by optimising the margin (CMA-ES)")
}

fn broken(out: &mut String, claim: &Claim, witness: &Counterexample, how: &str) {
    let _ = writeln!(out, "Broken, found {how}, confirmed in exact arithmetic:");
    if let Subject::Point(at) = witness.subject() {
        let lines = claim.domain().map_or_else(|| at.lines(), |d| d.lines(at));
        for line in lines {
            let _ = writeln!(out, "  | {line}");
        }
    }
    for s in witness.sides() {
        let _ = writeln!(out, "  {}: {} {} {} fails", s.what, s.left, s.relation, s.right);
    }
    let least = witness.hypotheses().iter().min_by(|a, b| size(&a.1).total_cmp(&size(&b.1)));
    for (h, m) in witness.hypotheses() {
        let nearest = if least.is_some_and(|(l, _)| l == h) { ", nearest to failing" } else { "" };
        let _ = writeln!(out, "  assume {h}: margin {m}{nearest}");
    }
}

/// A margin as a number, to compare.
fn size(margin: &str) -> f64 {
    let exact = crate::scalar::decimal(margin);
    exact.map_or(f64::INFINITY, |r| <f64 as crate::scalar::Scalar>::from_rational(&r))
}

fn unbroken(out: &mut String, claim: &Claim, tally: &Tally, effort: Effort) {
    let met = tally.met;
    let _ = writeln!(
        out,
        "Nothing breaks it: {} of {} random points met every assumption{}.",
        thousands(met),
        thousands(tally.drawn),
        if tally.undecided > 0 {
            format!(", {} could not be decided", thousands(tally.undecided))
        } else {
            String::new()
        }
    );
    let sum = tally.routes.iter().find(|r| r.route == Route::Direct);
    if let Some(m) = sum.and_then(|s| s.least_margin) {
        let _ = writeln!(out, "Least relative margin {}.", margin(m));
    }
    for (h, n) in claim.hypotheses.iter().zip(&tally.rejected) {
        let _ = writeln!(out, "  {} failed {}", thousands(*n), h.tex());
    }
    if met * 100 < tally.drawn {
        let most = tally.rejected.iter().zip(&claim.hypotheses).max_by_key(|(n, _)| **n);
        let _ = writeln!(
            out,
            "Warning: the assumptions reject more than 99 % of what is drawn{}. Change the ranges.",
            most.map_or_else(String::new, |(_, h)| format!(", most of it by `{}`", h.tex()))
        );
    }
    let floor = effort.floor(claim.domain());
    if tally.is_full() {
        out.push_str("That is support, not a proof.\n");
    } else {
        let floor = thousands(floor);
        let _ = writeln!(out, "Inconclusive: {floor} points that decide the claim are needed.");
    }
}
