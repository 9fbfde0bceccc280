//! `backfire diagnose`.

mod advice;
mod text;

use super::given::{exact, exact_assignment, usage};
use super::terminal::note;
use super::text::{Format, json};
use super::{Failure, Outcome, output};
use crate::diagnosis::{Moved, Question, diagnose};
use crate::scalar::Scalar;
use crate::systems::{LoopFile, SourceKind};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire diagnose example-4-6\n  \
    $ backfire diagnose paper-5-1-code --set t=0.9\n  \
    $ backfire diagnose paper-5-1-code --share 0.8 --format json\n\n\
    Exit code 0 if the loop could be diagnosed, also if its curation backfires; 2 if not.")]
pub(super) struct Args {
    /// A system file, or the id of a shipped system
    #[arg(value_name = "FILE|NAME")]
    file: PathBuf,
    /// Give a parameter of the file a value, exact; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Move a share first, exact: the one in front of the file's knob, the curated one of MODEL, or that of
    /// KIND (real, raw, curated); may be repeated
    #[arg(long, value_name = "[MODEL[:KIND]=]SHARE")]
    share: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let file = super::system(&args.file)?;
    let values = values(&args.set, &file)?;
    let moved = |text: &String| moved(text, &file);
    let shares = args.share.iter().map(moved).collect::<Result<_, _>>()?;
    let question = Question { file, values, shares };
    let place = args.file.display().to_string();
    let diagnosis =
        diagnose(&question).map_err(|reason| Failure::Loop { place: place.clone(), reason })?;
    output::print(&match args.format {
        Format::Text => {
            let commands = advice::commands(&diagnosis, &question, args);
            text::page(&diagnosis, &question.file, &commands)
        }
        Format::Json => json(&diagnosis),
    })?;
    Ok(Outcome::AsRecorded)
}

fn values(
    set: &[String],
    file: &LoopFile,
) -> Result<Vec<(String, num_rational::BigRational)>, Failure> {
    let values: Vec<_> =
        set.iter().map(|text| exact_assignment(text)).collect::<Result<_, Failure>>()?;
    for (k, (name, value)) in values.iter().enumerate() {
        if values[..k].iter().any(|(given, _)| given == name) {
            let message = format!("`--set {name}` is given twice");
            return Err(usage(message, "give each parameter one value"));
        }
        if let Some(p) = file.parameters.iter().find(|p| p.name == *name)
            && !(p.range.0 <= *value && *value <= p.range.1)
        {
            let [value, lo, hi] = [value, &p.range.0, &p.range.1].map(f64::from_rational);
            note(&format!("note: {name} = {value} lies outside its range, {lo} to {hi}"));
        }
    }
    Ok(values)
}

/// Reads `SHARE`, `MODEL=SHARE` or `MODEL:KIND=SHARE`.
fn moved(text: &str, file: &LoopFile) -> Result<Moved, Failure> {
    let Some((of, to)) = text.split_once('=') else {
        return Ok(Moved { of: None, to: exact(text)? });
    };
    let (model, kind) = of.split_once(':').unwrap_or((of, "curated"));
    let names = file.model_names();
    let model = names.iter().position(|n| *n == model.trim()).ok_or_else(|| {
        let known = format!("the models are {}", names.join(", "));
        usage(format!("no model `{}` in {}", model.trim(), file.name), known)
    })?;
    let kind = match kind.trim() {
        "real" => SourceKind::Real,
        "raw" => SourceKind::Raw,
        "curated" => SourceKind::Curated,
        other => {
            let help =
                "the kinds are real, raw and curated; write for example `--share p:real=0.5`";
            return Err(usage(format!("no kind of data is called `{other}`"), help));
        }
    };
    let has_none = !file.mixture(model).iter().any(|c| c.0.kind() == kind);
    if kind == SourceKind::Real && has_none {
        let name = names[model];
        note(&format!(
            "note: {name} has no real data yet; they are given the mean 0, on which convergence does not \
             depend, but influences do"
        ));
    }
    Ok(Moved { of: Some((model, kind)), to: exact(to)? })
}
