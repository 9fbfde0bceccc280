//! `backfire influence`.

mod corollaries;
mod sweeping;

use super::given::{Given, Heading, LoopArgs, usage};
use super::text::{Format, json, maybe, number, table};
use super::{Failure, Outcome, output};
use crate::dynamics;
use crate::influence::sweep::{Setting, Study};
use crate::influence::{ModelInfluence, influences};
use crate::systems::{GaussianLoop, KnobSpec, SourceKind};
use corollaries::PairReport;
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::Serialize;
use std::fmt::Write;
use sweeping::SweepReport;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire influence example-4-6\n  \
    $ backfire influence paper-5-1-code --set t=0.9\n  \
    $ backfire influence paper-5-1-code --sweep t    # where an influence changes sign")]
pub(super) struct Args {
    #[command(flatten)]
    given: LoopArgs,
    /// Turn the knob of this model: the file's, or else one that raises the curated share
    #[arg(long, value_name = "MODEL")]
    knob_model: Option<String>,
    /// Move the share in front of the knob here first
    #[arg(long, value_name = "SHARE")]
    share: Option<String>,
    /// Find all zeros along a parameter, or along the share in front of the knob, `share`;
    /// by default over its whole range
    #[arg(long, value_name = "NAME[=LO:HI]")]
    sweep: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    heading: Heading,
    knob: KnobReport,
    /// The spectral radius of a round; below 1 the loop converges.
    rate: f64,
    converges: bool,
    stable_point: Vec<f64>,
    models: Vec<ModelReport>,
    /// What the paper says of two models.
    paper: Option<PairReport>,
    /// Why the paper's formulas have no value, if so.
    paper_fails: Option<String>,
    sweep: Option<SweepReport>,
}

#[derive(Serialize)]
struct KnobReport {
    model: String,
    /// The kind whose share derivatives are with respect to.
    in_front: &'static str,
    /// The mixture of real, raw and curated data that the knob turns to.
    target: [f64; 3],
    share: f64,
    /// The shares in front that the mixture allows.
    shares: (f64, f64),
}

#[derive(Serialize)]
struct ModelReport {
    model: String,
    alignment: f64,
    response: f64,
    push: f64,
    isolated: Option<f64>,
    regime: &'static str,
    unstable_alone: bool,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let given = args.given.read()?;
    given.system()?;
    let study = study(&given, args)?;
    // Wrong words are said before anything is computed.
    let sweep = args.sweep.as_deref().map(|text| sweeping::parse(&study, text)).transpose()?;
    let setting = study.setting().map_err(|e| given.failed(e))?;
    let mut report = report(&given, &study, &setting)?;
    if let Some(wanted) = sweep {
        let range = wanted.range(&study, &setting);
        report.sweep = Some(wanted.run(&study, range).map_err(|e| given.failed(e))?);
    }
    output::print(&match args.format {
        Format::Text => text(&report),
        Format::Json => json(&report),
    })?;
    Ok(Outcome::AsRecorded)
}

fn study<'a>(given: &'a Given, args: &Args) -> Result<Study<'a>, Failure> {
    let share = args.share.as_deref().map(super::given::share).transpose()?;
    let knob = knob(given, args.knob_model.as_deref())?;
    Ok(Study { file: &given.file, values: given.values.clone(), knob, share })
}

/// The file's knob, moved to `model` if one is named; without one in the file, one that raises the
/// curated share of that model.
pub(super) fn knob(given: &Given, model: Option<&str>) -> Result<KnobSpec, Failure> {
    let names = given.file.model_names();
    let model = match model {
        None => None,
        Some(name) => Some(names.iter().position(|n| *n == name).ok_or_else(|| {
            let known = format!("the models are {}", names.join(", "));
            usage(format!("no model `{name}` in {}", given.file.name), known)
        })?),
    };
    Ok(match (given.file.knob.clone(), model) {
        (Some(knob), None) => knob,
        (Some(knob), Some(model)) => KnobSpec { model, ..knob },
        (None, Some(model)) => KnobSpec {
            model,
            target: [BigRational::zero(), BigRational::zero(), BigRational::one()],
            in_front: SourceKind::Curated,
        },
        (None, None) => {
            let message = format!("{} has no knob to turn", given.file.name);
            let help = "name a model with `--knob-model`, or add to the file `[knob]`, \
                        `model = \"p\"`, `raise = \"curated\"`";
            return Err(usage(message, help));
        }
    })
}

fn report(given: &Given, study: &Study, setting: &Setting) -> Result<Report, Failure> {
    let failed = |e| given.failed(e);
    let Setting { system, knob, share, shares } = setting;
    let stable = dynamics::stable_point(system).map_err(failed)?;
    let rate = dynamics::rate(system).map_err(failed)?;
    let all = influences(system, knob, &stable).map_err(failed)?;
    let two = system.models.len() == 2;
    let paper = two.then(|| corollaries::report(system, knob, study.knob.model));
    let (paper, paper_fails) = match paper.transpose() {
        Ok(paper) => (paper, None),
        Err(e) => (None, Some(e.to_string())),
    };
    let target = study.knob.target.each_ref().map(<f64 as crate::scalar::Scalar>::from_rational);
    Ok(Report {
        heading: given.heading(),
        knob: KnobReport {
            model: system.models[study.knob.model].name.clone(),
            in_front: kind_name(study.knob.in_front),
            target,
            share: *share,
            shares: *shares,
        },
        rate,
        converges: rate < 1.0,
        models: models(system, &stable, &all),
        stable_point: stable.iter().copied().collect(),
        paper,
        paper_fails,
        sweep: None,
    })
}

fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Real => "real",
        SourceKind::Raw => "raw",
        SourceKind::Curated => "curated",
    }
}

fn models(
    system: &GaussianLoop<f64>,
    stable: &DVector<f64>,
    all: &[ModelInfluence],
) -> Vec<ModelReport> {
    let alignments = system.alignments(stable);
    let each = system.models.iter().zip(alignments).zip(all);
    each.map(|((m, alignment), found)| ModelReport {
        model: m.name.clone(),
        alignment,
        response: found.response,
        push: found.push,
        isolated: found.isolated,
        regime: found.regime.name(),
        unstable_alone: found.unstable_alone,
    })
    .collect()
}

fn text(report: &Report) -> String {
    let knob = &report.knob;
    let convergence = if report.converges {
        format!("one stable point, and the loop converges to it (rate {})", number(report.rate))
    } else {
        format!(
            "one stable point, but the loop does NOT converge to it: the spectral radius is {} \
             (>= 1).\nThe derivatives below are of a point that retraining leaves.",
            number(report.rate)
        )
    };
    let [real, raw, curated] = knob.target;
    let mut text = format!(
        "{}{convergence}\nlambda: the {} share of model {}, now {}, turned towards real {real}, raw \
         {raw}, curated {curated}\n\n{}",
        report.heading.text(),
        knob.in_front,
        knob.model,
        number(knob.share),
        models_table(&report.models),
    );
    for model in report.models.iter().filter(|m| m.unstable_alone) {
        let _ = writeln!(
            text,
            "warning: model {} alone would not settle; the sign of its isolated response says \
             nothing",
            model.model
        );
    }
    text.push_str(
        "push: what the knob does at once; isolated: the response with the other models held \
         still.\n",
    );
    if let Some(paper) = &report.paper {
        text.push_str(&paper.text());
    }
    if let Some(reason) = &report.paper_fails {
        let _ = writeln!(text, "\nthe paper's matrices: {reason}");
    }
    if let Some(sweep) = &report.sweep {
        text.push_str(&sweep.text());
    }
    text
}

fn models_table(models: &[ModelReport]) -> String {
    let rows: Vec<Vec<String>> = models
        .iter()
        .map(|m| {
            let mut row = vec![m.model.clone()];
            row.extend([m.alignment, m.response, m.push].map(number));
            row.extend([maybe(m.isolated), m.regime.to_owned()]);
            row
        })
        .collect();
    table(&["model", "J", "dJ/dlambda", "push", "isolated", "regime"], &rows)
}
