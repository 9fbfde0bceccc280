//! `backfire simulate`.

mod figure;
mod log;
mod runs;

use super::given::{Given, Heading, LoopArgs, number as parse_number, usage};
use super::text::{self, TableFormat, csv, json, maybe, number, table};
use super::{Failure, Outcome, output};
use crate::dynamics;
use crate::systems::{GaussianLoop, RetrainingMap};
use nalgebra::DVector;
use serde::Serialize;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire simulate example-4-6-converging\n  \
    $ backfire simulate paper-5-1-code --rounds 10 --format csv\n  \
    $ backfire simulate paper-5-1-code --samples 1000 --rounds 50\n  \
    $ backfire simulate paper-5-1-code --paper-figure-3\n  \
    $ backfire simulate example-4-6-converging --log log.csv --runs 6 --noise 0.1 --vary-share 0.3:0.7")]
pub(super) struct Args {
    #[command(flatten)]
    given: LoopArgs,
    /// Rounds to run; by default until the loop settles, with --samples 100
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    rounds: Option<u32>,
    /// Where to start: zero, ones, or all parameters of all models, separated by commas [default: zero;
    /// for a log, random around the stable point]
    #[arg(long, allow_hyphen_values = true)]
    start: Option<String>,
    /// Train on this many samples a round instead of on the laws themselves
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    samples: Option<u32>,
    /// Independent runs with finite samples
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(2..))]
    seeds: u32,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Run the finite-sample part of the paper's Figure 3, over all its couplings t
    #[arg(long, conflicts_with_all = ["rounds", "start", "samples", "seeds"])]
    paper_figure_3: bool,
    /// Retrain simultaneously, as the text says, whatever the order of the file
    #[arg(long, requires = "paper_figure_3")]
    order_of_the_text: bool,
    /// Print the exact expectations alone, without any run
    #[arg(long, requires = "paper_figure_3")]
    exact: bool,
    /// Write a log of noisy runs to this CSV file, for `backfire fit`, and print what is true of it
    #[arg(long, value_name = "FILE", conflicts_with_all = ["samples", "paper_figure_3"])]
    log: Option<PathBuf>,
    /// Runs in the log
    #[arg(long, default_value_t = 1, requires = "log", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    runs: u32,
    /// Standard deviation of what the log's runs add to every parameter after a round
    #[arg(long, default_value_t = 0.0, requires = "log", allow_negative_numbers = true)]
    noise: f64,
    /// Vary the share in front of the file's knob: between the log's runs, or in a single run each round
    #[arg(long, value_name = "LO:HI", requires = "log")]
    vary_share: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: TableFormat,
}

/// Rows of the table in the text.
const ROWS: usize = 20;

/// Relative distance from the stable point at which rounding takes over.
const ROUNDING: f64 = 1e-12;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    heading: Heading,
    models: Vec<String>,
    stable_point: Vec<f64>,
    alignments_at_stable_point: Vec<f64>,
    /// Factor a round by which the distance changes late in the run.
    measured_rate: Option<f64>,
    /// Spectral radius of a round.
    predicted_rate: f64,
    rounds: Vec<RoundReport>,
}

#[derive(Serialize)]
struct RoundReport {
    round: usize,
    /// Euclidean distance from the stable point.
    distance: f64,
    alignments: Vec<f64>,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let given = args.given.read()?;
    let text = if args.paper_figure_3 {
        figure::run(&given, args)?
    } else {
        let system = given.system()?;
        let given_start = args.start.as_deref().map(|text| start(text, system.dimension()));
        let given_start = given_start.transpose()?;
        if let Some(path) = &args.log {
            let text = log::run(&given, path, given_start, args)?;
            output::print(&text)?;
            return Ok(Outcome::AsRecorded);
        }
        let start = given_start.unwrap_or_else(|| DVector::zeros(system.dimension()));
        match args.samples {
            Some(samples) => runs::run(&given, &system, &start, samples, args)?,
            None => deterministic(&given, &system, &start, args)?,
        }
    };
    output::print(&text)?;
    Ok(Outcome::AsRecorded)
}

fn start(text: &str, dimension: usize) -> Result<DVector<f64>, Failure> {
    match text {
        "zero" => return Ok(DVector::zeros(dimension)),
        "ones" => return Ok(DVector::from_element(dimension, 1.0)),
        _ => {}
    }
    let entries = text.split(',').map(parse_number).collect::<Result<Vec<_>, _>>()?;
    if entries.len() != dimension {
        let message = format!("`--start` has {} numbers, the loop {dimension}", entries.len());
        return Err(usage(message, "list the parameters of all models, or write `zero` or `ones`"));
    }
    Ok(DVector::from_vec(entries))
}

/// Says on standard error that the loop, asked for a fixed number of rounds, does not settle.
fn warn_if_diverging(rate: f64) {
    if rate >= 1.0 {
        eprintln!("warning: the loop does not settle: the spectral radius is {rate:.6} (>= 1)");
    }
}

fn deterministic(
    given: &Given,
    system: &GaussianLoop<f64>,
    start: &DVector<f64>,
    args: &Args,
) -> Result<String, Failure> {
    let failed = |e| given.failed(e);
    let stable = dynamics::stable_point(system).map_err(failed)?;
    let predicted_rate = dynamics::rate(system).map_err(failed)?;
    let rounds = match args.rounds {
        Some(rounds) => rounds as usize,
        None => dynamics::settle(system, start).map_err(failed)?.1,
    };
    warn_if_diverging(predicted_rate);
    let states = dynamics::trajectory(system, start, rounds);
    let distances: Vec<f64> = states.iter().map(|x| (x - &stable).norm()).collect();
    let floor = ROUNDING * stable.norm();
    let rounds = states.iter().zip(&distances).enumerate().map(|(round, (state, distance))| {
        RoundReport { round, distance: *distance, alignments: system.alignments(state) }
    });
    let report = Report {
        heading: given.heading(),
        models: system.models.iter().map(|m| m.name.clone()).collect(),
        alignments_at_stable_point: system.alignments(&stable),
        stable_point: stable.iter().copied().collect(),
        measured_rate: dynamics::measured_rate(&distances, floor),
        predicted_rate,
        rounds: rounds.collect(),
    };
    Ok(match args.format {
        TableFormat::Text => plain(&report),
        TableFormat::Json => json(&report),
        TableFormat::Csv => comma_separated(&report),
    })
}

fn header(report: &Report) -> Vec<String> {
    let alignments = report.models.iter().map(|name| format!("J_{name}"));
    ["round", "distance"].map(str::to_owned).into_iter().chain(alignments).collect()
}

fn row(round: &RoundReport, show: fn(f64) -> String) -> Vec<String> {
    let numbers = std::iter::once(round.distance).chain(round.alignments.iter().copied());
    std::iter::once(round.round.to_string()).chain(numbers.map(show)).collect()
}

fn comma_separated(report: &Report) -> String {
    let rows: Vec<_> = report.rounds.iter().map(|round| row(round, |x| x.to_string())).collect();
    csv(&header(report), &rows)
}

fn plain(report: &Report) -> String {
    let last = report.rounds.len() - 1;
    let mut rows: Vec<_> =
        spread_out(last).into_iter().map(|k| row(&report.rounds[k], text::number)).collect();
    let mut stable = vec!["stable".to_owned(), "-".to_owned()];
    stable.extend(report.alignments_at_stable_point.iter().map(|x| number(*x)));
    rows.push(stable);
    let header = header(report);
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    format!(
        "{}\n{}\nrate a round: {} measured, {} predicted (spectral radius)\n",
        report.heading.text(),
        table(&header, &rows),
        maybe(report.measured_rate),
        number(report.predicted_rate),
    )
}

/// About [`ROWS`] rounds from 0 to `last`, first one by one, then ever further apart.
fn spread_out(last: usize) -> Vec<usize> {
    let factor = ((last + 1) as f64).powf(1.0 / (ROWS - 1) as f64);
    let mut rounds = vec![0];
    let mut next = 1.0_f64;
    while let Some(k) = (1..=last).rev().find(|k| *k as f64 <= next) {
        if rounds.last() != Some(&k) {
            rounds.push(k);
        }
        if k == last {
            break;
        }
        next = (next * factor).max(k as f64 + 1.0);
    }
    rounds
}
