//! `backfire simulate --samples`.

use super::super::given::{Given, Heading};
use super::super::text::{TableFormat, csv, json, number, table};
use super::{Args, Failure, warn_if_diverging};
use crate::dynamics;
use crate::dynamics::sampled::{RunMean, Sampling, sampled};
use crate::error::LoopError;
use crate::systems::GaussianLoop;
use nalgebra::DVector;
use serde::Serialize;

/// Rounds in a run unless said otherwise, as in the paper.
const ROUNDS: u32 = 100;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    heading: Heading,
    #[serde(flatten)]
    sampling: Sampling,
    /// Rounds at the end that the averages are over.
    averaged_rounds: usize,
    models: Vec<ModelReport>,
}

#[derive(Serialize)]
struct ModelReport {
    model: String,
    #[serde(flatten)]
    found: RunMean,
    /// The alignment at the stable point, without sampling.
    stable: f64,
}

/// Runs it and renders the result.
pub(super) fn run(
    given: &Given,
    system: &GaussianLoop<f64>,
    start: &DVector<f64>,
    samples: u32,
    args: &Args,
) -> Result<String, Failure> {
    let failed = |e| given.failed(e);
    let stable = dynamics::stable_point(system).map_err(failed)?;
    let rate = dynamics::rate(system).map_err(failed)?;
    let rounds = args.rounds.unwrap_or(ROUNDS) as usize;
    if rate >= 1.0 && args.rounds.is_none() {
        return Err(failed(LoopError::Diverges { radius: rate, rounds }));
    }
    warn_if_diverging(rate);
    let sampling = Sampling { samples, rounds, seeds: args.seeds, seed: args.seed };
    let means = sampled(system, start, &sampling).map_err(failed)?;
    let at_stable = system.alignments(&stable);
    let models = system
        .models
        .iter()
        .zip(means)
        .zip(at_stable)
        .map(|((m, found), stable)| ModelReport { model: m.name.clone(), found, stable });
    let report = Report {
        heading: given.heading(),
        sampling,
        averaged_rounds: sampling.window(),
        models: models.collect(),
    };
    Ok(match args.format {
        TableFormat::Text => plain(&report),
        TableFormat::Json => json(&report),
        TableFormat::Csv => {
            let header = HEADER.map(str::to_owned);
            csv(&header, &rows(&report, |x| x.to_string()))
        }
    })
}

const HEADER: [&str; 4] = ["model", "mean", "std_error", "stable"];

fn rows(report: &Report, show: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |m: &ModelReport| {
        vec![m.model.clone(), show(m.found.mean), show(m.found.std_error), show(m.stable)]
    };
    report.models.iter().map(row).collect()
}

fn plain(report: &Report) -> String {
    let Sampling { samples, rounds, seeds, seed } = report.sampling;
    format!(
        "{}{seeds} runs of {rounds} rounds with {samples} samples a round, seed {seed}\n\n{}\nmean \
         and standard error over the runs of the alignment, averaged over the last {} rounds;\n\
         stable: its value at the stable point, without sampling and transient.\n",
        report.heading.text(),
        table(&HEADER, &rows(report, number)),
        report.averaged_rounds,
    )
}
