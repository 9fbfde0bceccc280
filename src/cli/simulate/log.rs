//! `backfire simulate --log`.

use super::super::given::{Given, usage};
use super::super::output::Target;
use super::super::text::{TableFormat, json, number, table};
use super::super::{Failure, output};
use super::Args;
use crate::dynamics;
use crate::fit::{Log, Logged, Varied, simulated};
use crate::influence::response;
use crate::systems::{KnobSpec, SourceKind};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// What the log was made from: what a fit of it should find.
#[derive(Serialize)]
struct Truth {
    log: String,
    runs: usize,
    rounds: usize,
    noise: f64,
    seed: u64,
    /// The share that varies: least, greatest, and the one at which the rest is true.
    share: Option<(f64, f64, f64)>,
    rate: f64,
    columns: Vec<String>,
    stable_point: Vec<f64>,
    alignments: Vec<String>,
    stable_alignments: Vec<f64>,
    /// Change of the stable point by unit of share.
    influences: Option<Vec<f64>>,
    /// The same of the stable alignments.
    alignment_influences: Option<Vec<f64>>,
}

/// Writes the log and says what is true.
pub(super) fn run(
    given: &Given,
    path: &Path,
    start: Option<DVector<f64>>,
    args: &Args,
) -> Result<String, Failure> {
    const ROUNDS: u32 = 30;
    let failed = |e| given.failed(e);
    if !(args.noise.is_finite() && args.noise >= 0.0) {
        let message = format!("`--noise {}` is no standard deviation", args.noise);
        return Err(usage(message, "give a number from 0 on"));
    }
    let log = Target { option: "--log", ending: "csv", path };
    output::check_targets(&[given.path()], &[log])?;
    let system = given.system()?;
    let varied = args.vary_share.as_deref().map(|range| varied(given, range)).transpose()?;
    let logged = Logged {
        rounds: args.rounds.unwrap_or(ROUNDS) as usize + 1,
        runs: args.runs as usize,
        noise: args.noise,
        start,
        seed: args.seed,
    };
    let log = simulated(&system, &logged, varied.as_ref()).map_err(failed)?;
    if log.runs.iter().flat_map(|r| &r.states).flatten().any(|x| !x.is_finite()) {
        return Err(usage(
            "the loop runs off to infinity within the log",
            "log fewer rounds, or a loop that converges",
        ));
    }
    let at = varied.as_ref().map(|v| mean_share(&log, v));
    let here =
        varied.as_ref().zip(at).map_or_else(|| system.clone(), |(v, at)| v.turned(&system, at));
    let stable = dynamics::stable_point(&here).map_err(failed)?;
    let influences = varied.as_ref().map(|v| response(&here, &v.knob, &stable)).transpose();
    let influences = influences.map_err(failed)?;
    let along = |dx: &DVector<f64>| {
        let blocks = here.models.iter().zip(here_blocks(&here));
        blocks
            .map(|(m, rows)| {
                let at = stable.rows(rows.start, rows.len()).into_owned();
                m.alignment.gradient(&at).dot(&dx.rows(rows.start, rows.len()))
            })
            .collect::<Vec<f64>>()
    };
    let truth = Truth {
        log: path.display().to_string(),
        runs: logged.runs,
        rounds: logged.rounds,
        noise: logged.noise,
        seed: logged.seed,
        share: varied.as_ref().zip(at).map(|(v, at)| (v.lo, v.hi, at)),
        rate: dynamics::rate(&here).map_err(failed)?,
        columns: log.columns.clone(),
        stable_point: stable.iter().copied().collect(),
        alignments: log.outcomes.clone(),
        stable_alignments: here.alignments(&stable),
        alignment_influences: influences.as_ref().map(along),
        influences: influences.map(|dx| dx.iter().copied().collect()),
    };
    output::write_here(path, log.to_csv())?;
    Ok(match args.format {
        TableFormat::Json => json(&truth),
        TableFormat::Text | TableFormat::Csv => plain(&truth),
    })
}

fn here_blocks(system: &crate::systems::GaussianLoop<f64>) -> Vec<std::ops::Range<usize>> {
    use crate::systems::RetrainingMap;
    system.blocks().to_vec()
}

/// The mean share of all rounds that are trained.
fn mean_share(log: &Log, varied: &Varied) -> f64 {
    let rows: Vec<f64> =
        log.runs.iter().flat_map(|r| r.shares[1..].iter().map(|row| row[0])).collect();
    if rows.is_empty() { varied.lo } else { rows.iter().sum::<f64>() / rows.len() as f64 }
}

/// The file's knob, or one that raises the curated share of the first model.
fn varied(given: &Given, range: &str) -> Result<Varied, Failure> {
    let help = "write for example `--vary-share 0.2:0.6`";
    let (lo, hi) = range
        .split_once(':')
        .ok_or_else(|| usage(format!("`--vary-share {range}` has no two ends"), help))?;
    let (lo, hi) = (super::parse_number(lo)?, super::parse_number(hi)?);
    if lo >= hi {
        return Err(usage(format!("`--vary-share {range}` does not go up"), help));
    }
    let knob = given.file.knob.clone().unwrap_or_else(|| KnobSpec {
        model: 0,
        target: [BigRational::zero(), BigRational::zero(), BigRational::one()],
        in_front: SourceKind::Curated,
    });
    let values = given.values.iter().map(|(name, x)| (name.as_str(), *x)).collect();
    // Both ends must leave all weights at zero or more.
    for share in [lo, hi] {
        let study = crate::influence::sweep::Study {
            file: &given.file,
            values: given.values.clone(),
            knob: knob.clone(),
            share: Some(share),
        };
        study.setting().map_err(|e| given.failed(e))?;
    }
    let values: Vec<(&str, f64)> = values;
    let system = given.file.at::<f64>(&values).map_err(|e| given.failed(e))?;
    let (knob, at) = knob.per_share(&system).map_err(|e| given.failed(e))?;
    Ok(Varied { knob, at, lo, hi })
}

fn plain(truth: &Truth) -> String {
    /// The most parameters that are listed.
    const SHOWN: usize = 12;
    let mut text = format!(
        "{}: {} runs of {} rounds, noise {}, seed {}\n",
        truth.log, truth.runs, truth.rounds, truth.noise, truth.seed
    );
    if let Some((lo, hi, at)) = truth.share {
        let _ = writeln!(
            text,
            "share.varied from {lo} to {hi}; what follows is true at {}",
            number(at)
        );
    }
    let _ = writeln!(text, "rate a round (spectral radius): {}\n", number(truth.rate));
    let influence =
        |of: &Option<Vec<f64>>, k: usize| of.as_ref().map_or("-".to_owned(), |v| number(v[k]));
    let few = truth.columns.len() <= SHOWN;
    let columns = truth.columns.iter().enumerate().filter(|_| few).map(|(k, name)| {
        vec![name.clone(), number(truth.stable_point[k]), influence(&truth.influences, k)]
    });
    let outcomes = truth.alignments.iter().enumerate().map(|(k, name)| {
        let of = influence(&truth.alignment_influences, k);
        vec![name.clone(), number(truth.stable_alignments[k]), of]
    });
    let rows: Vec<_> = columns.chain(outcomes).collect();
    text + &table(&["", "stable value", "influence of the share"], &rows)
}
