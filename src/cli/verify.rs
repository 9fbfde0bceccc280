//! `backfire verify`.

use super::progress::Progress;
use super::{Failure, Outcome, ids, output, terminal};
use crate::referee::{Effort, Refereed, referee};
use crate::report;
use crate::report::html::Besides;
use crate::systems::{LoopFile, PlainLoop};
use crate::theorems;
use clap::ValueEnum;
use std::path::PathBuf;

/// The report that is committed with the program.
const RECORDED: &str = include_str!("../../reports/report.json");

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire verify                                   # every claim, in a minute or so\n  \
    $ backfire verify cor_e2 cor_4_7/sign --effort 0.1  # some, with fewer samples\n  \
    $ backfire verify cor_e2 --effort 0.1 --format md   # with all findings\n  \
    $ backfire verify thm_3_6 --effort 0.1 --system example-4-6    # on a loop of yours as well")]
pub(super) struct Args {
    /// Claims or theorems to check: `cor_e2`, `cor_e2/sign`; all of them if none is given
    ids: Vec<String>,
    /// A further system, on which universal claims are checked where it meets their hypotheses
    #[arg(long, value_name = "FILE")]
    system: Vec<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = seed)]
    seed: u64,
    /// Multiplies the number of samples and the floor below which nothing is supported
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true, value_parser = effort)]
    effort: f64,
    /// What to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// A table for terminals, and what fails
    Text,
    /// Everything that was found, for programs
    Json,
    /// The report as Markdown
    Md,
    /// Every claim with its verdict as comma-separated values
    Csv,
    /// The claims as tests, for dashboards: one fails if its verdict is not the recorded one
    Junit,
    /// The report as a page for browsers
    Html,
}

/// Reads `--seed`.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("give a whole number from 0 to {}", u64::MAX))
}

/// Reads `--effort`.
pub(super) fn effort(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() && x > 0.0 && x <= 1000.0 => Ok(x),
        _ => Err("give a number above 0 and at most 1000, such as 0.1".into()),
    }
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    ids::check(&args.ids)?;
    let extra: Vec<LoopFile> =
        args.system.iter().map(|p| super::system(p)).collect::<Result<_, _>>()?;
    for file in &extra {
        // A loop that cannot be built is the user's to mend, not a silent row less.
        super::built(file)?;
    }
    let wanted = |id: &str| args.ids.is_empty() || args.ids.iter().any(|w| ids::names(w, id));
    let progress = Progress::new();
    let effort = Effort { seed: args.seed, factor: args.effort };
    let run =
        referee(theorems::ALL, &wanted, &extra, effort, &|s, n, all| progress.tick(s, n, all));
    drop(progress);
    let differ = differences(&run);
    output::print(&match args.format {
        Format::Text => terminal::paint(&report::text(&run)),
        Format::Json => report::json(&run),
        Format::Md => report::markdown(&run, report::FOLDER),
        Format::Csv => report::tables::claims(&run).csv(),
        Format::Junit => report::junit(&run, &differ),
        Format::Html => {
            let loops: Vec<PlainLoop> = extra.iter().map(LoopFile::plain).collect();
            let loops = if loops.is_empty() { report::html::shipped() } else { loops };
            report::html::html(&run, report::FOLDER, &Besides { loops, ..Besides::default() })
        }
    })?;
    for (id, what) in &differ {
        eprintln!("{id}: {what}");
    }
    let sound = differ.is_empty() && run.surviving().next().is_none();
    Ok(if sound { Outcome::AsRecorded } else { Outcome::Differs })
}

/// Verdicts other than the committed report's: the ids of the claims, and what differs, in words.
fn differences(run: &Refereed) -> report::Failures {
    let recorded: serde_json::Value = serde_json::from_str(RECORDED).unwrap_or_default();
    let claims = recorded["claims"].as_array().cloned().unwrap_or_default();
    let was = |id: &str| claims.iter().find(|c| c["id"] == id).and_then(|c| c["verdict"].as_str());
    let changed = run.claims.iter().filter_map(|c| {
        let now = c.verdict.word().to_lowercase();
        let what = match was(&c.id) {
            Some(before) if before == now => return None,
            Some(before) => format!("{now}, but {before} in the committed report"),
            None => format!("{now}, not in the committed report"),
        };
        Some((c.id.clone(), what))
    });
    changed.collect()
}
