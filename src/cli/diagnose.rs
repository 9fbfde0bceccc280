//! `backfire diagnose`.

mod advice;
mod html;
mod text;

use super::given::{exact_assignment, exact_share, usage};
use super::output::Target;
use super::terminal::note;
use super::text::json;
use super::{Failure, Outcome, output};
use crate::diagnosis::{Diagnosis, Moved, Question, diagnose, pictures};
use crate::scalar::Scalar;
use crate::systems::{LoopFile, SourceKind};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire diagnose example-4-6\n  \
    $ backfire diagnose paper-5-1-code --set t=0.9\n  \
    $ backfire diagnose paper-5-1-code --share 0.8 --format json\n  \
    $ backfire diagnose example-4-6-converging --html example.html\n\n\
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
    #[arg(long, value_name = "[MODEL[.KIND]=]SHARE")]
    share: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Also write the page as HTML, a single file with pictures
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// `text`, `json` or `html`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For programs: everything, every digit
    Json,
    /// For people, with pictures
    Html,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let file = super::system(&args.file)?;
    let values = values(&args.set, &file)?;
    let moved = |text: &String| moved(text, &file);
    let shares = args.share.iter().map(moved).collect::<Result<_, _>>()?;
    if let Some(path) = &args.html {
        let page = Target { option: "--html", ending: "html", path };
        output::check_targets(&[&args.file], &[page])?;
    }
    let question = Question { file, values, shares };
    let place = args.file.display().to_string();
    let diagnosis =
        diagnose(&question).map_err(|reason| Failure::Loop { place: place.clone(), reason })?;
    let commands = advice::commands(&diagnosis, &question, args);
    if let Some(path) = &args.html {
        output::write_here(path, page(&question, &diagnosis, &commands, &place)?.as_bytes())?;
        note(&format!("{} has the page with pictures", path.display()));
    }
    output::print(&match args.format {
        Format::Text => text::page(&diagnosis, &question.file, &commands),
        Format::Json => json(&diagnosis),
        Format::Html => page(&question, &diagnosis, &commands, &place)?,
    })?;
    Ok(Outcome::AsRecorded)
}

/// The page as HTML.
fn page(
    question: &Question,
    found: &Diagnosis,
    commands: &[String],
    place: &str,
) -> Result<String, Failure> {
    let failed = |reason| Failure::Loop { place: place.to_owned(), reason };
    let pictures = pictures(question, found).map_err(failed)?;
    Ok(html::html(found, &question.file, commands, &pictures))
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

/// Reads `SHARE`, `MODEL=SHARE` or `MODEL.KIND=SHARE`.
fn moved(text: &str, file: &LoopFile) -> Result<Moved, Failure> {
    let Some((of, to)) = text.split_once('=') else {
        return Ok(Moved { of: None, to: exact_share(text)? });
    };
    let names = file.model_names();
    // A model may have a point in its name.
    let whole = names.contains(&of.trim());
    let (model, kind) = of.rsplit_once('.').filter(|_| !whole).unwrap_or((of, "curated"));
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
                "the kinds are real, raw and curated; write for example `--share p.real=0.5`";
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
    Ok(Moved { of: Some((model, kind)), to: exact_share(to)? })
}
