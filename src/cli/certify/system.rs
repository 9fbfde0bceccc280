//! `backfire certify` on a loop.

use super::super::given::{exact, exact_assignment, exact_share, usage};
use super::super::terminal::note;
use super::super::text::table;
use super::super::{Failure, Outcome, output};
use crate::certify::Certificate;
use crate::certify::file::{About, CertificateFile};
use crate::certify::place::Place;
use crate::certify::system::{Fact, Known, Quantity, known, sentence};
use crate::certify::zeros::Line;
use crate::influence::sweep::Along;
use crate::systems::{LoopFile, shipped};
use num_rational::BigRational;
use std::fmt::Write;
use std::path::Path;

/// What is asked of a loop.
#[derive(Debug, clap::Args)]
// The command's own arguments are called so too.
#[group(skip)]
pub(super) struct Args {
    /// Give a parameter of the file a value, exact; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// Move the share in front of the knob here
    #[arg(long, value_name = "SHARE")]
    share: Option<String>,
    /// Count the zeros of the derivative of this model's alignment
    #[arg(long, value_name = "MODEL", requires = "over")]
    zeros: Option<String>,
    /// Along a parameter, or along the share in front of the knob, `share`
    #[arg(long, value_name = "NAME=LO:HI", requires = "zeros")]
    over: Option<String>,
}

impl Args {
    /// Claims have their loops: nothing is asked of another.
    pub(super) fn are_none(&self, what: &str) -> Result<(), Failure> {
        if self.set.is_empty() && self.share.is_none() && self.zeros.is_none() {
            return Ok(());
        }
        let message = format!("`{what}` is a claim, and what is asked is about a loop");
        Err(usage(message, "name a system file, or leave out --set, --share and --zeros"))
    }
}

/// Whether a loop is named, by file or id.
pub(super) fn is_one(what: &str) -> bool {
    let path = Path::new(what);
    path.is_file() || path.extension().is_some() || shipped::ALL.iter().any(|s| s.id == what)
}

/// Proves what can be proved, prints it and writes the certificate.
pub(super) fn run(args: &super::Args) -> Result<Outcome, Failure> {
    let asked = &args.of_a_loop;
    let text = text_of(&args.what)?;
    let file = LoopFile::parse(&text, &args.what)?;
    let values: Vec<_> =
        asked.set.iter().map(|x| exact_assignment(x)).collect::<Result<_, Failure>>()?;
    for (k, (name, value)) in values.iter().enumerate() {
        if values[..k].iter().any(|(given, _)| given == name) {
            let message = format!("`--set {name}` is given twice");
            return Err(usage(message, "give each parameter one value"));
        }
        if let Some(p) = file.parameters.iter().find(|p| p.name == *name)
            && !(p.range.0 <= *value && *value <= p.range.1)
        {
            let (lo, hi) = (&p.range.0, &p.range.1);
            note(&format!("note: {name} = {value} lies outside its range, {lo} to {hi}"));
        }
    }
    let share = asked.share.as_deref().map(exact_share).transpose()?;
    let failed =
        |why: String| usage(format!("{}: {why}", args.what), "see `backfire certify --help`");
    let place = Place::new(file, values, share).map_err(failed)?;
    let name = name(&place);
    let write = |name: &str, proved: String, certificate: &Certificate| {
        let file = CertificateFile::new(About::System(text.clone()), proved, certificate);
        super::write(&args.output, name, &file)
    };
    let (Some(model), Some(over)) = (&asked.zeros, &asked.over) else {
        let (known, certificate) = known(&place).map_err(failed)?;
        let path = write(&name, sentence(&known.facts), &certificate)?;
        let (summary, path) = (certificate.summary(), path.display());
        output::print(&format!("{}{summary}\nwritten to {path}\n", shown(&place, &known)))?;
        return Ok(Outcome::AsRecorded);
    };
    let line = line(place, model, over)?;
    let (found, certificate) = match line.zeros() {
        Ok(found) => found,
        Err(why) => {
            output::print(&format!("not proved: {why}\n"))?;
            return Ok(Outcome::Open);
        }
    };
    let sentence = line.sentence(&found);
    let name = format!("{name}-zeros-{model}-{}", line.variable());
    let path = write(&name, sentence.clone(), &certificate)?;
    let summary = certificate.summary();
    output::print(&format!("Proved: {sentence}\n  {summary}\n  written to {}\n", path.display()))?;
    Ok(Outcome::AsRecorded)
}

fn text_of(what: &str) -> Result<String, Failure> {
    if let Some(shipped) = shipped::ALL.iter().find(|s| s.id == what) {
        return Ok(shipped.text().to_owned());
    }
    // Read as a loop first: its errors say the place and the remedy.
    LoopFile::read(Path::new(what))?;
    let unreadable = |e: std::io::Error| usage(format!("{what}: {e}"), "name a system file");
    std::fs::read_to_string(what).map_err(unreadable)
}

fn line(place: Place, model: &str, over: &str) -> Result<Line, Failure> {
    let names = place.file().model_names();
    let position = names.iter().position(|n| *n == model).ok_or_else(|| {
        usage(format!("no model `{model}`"), format!("the models are {}", names.join(", ")))
    })?;
    let wrong = || usage(format!("`{over}` is no range"), "write for example `--over t=0.05:1`");
    let (name, range) = over.split_once('=').ok_or_else(wrong)?;
    let (lo, hi) = range.split_once(':').ok_or_else(wrong)?;
    let ends: [BigRational; 2] = [exact(lo)?, exact(hi)?];
    let name = name.trim();
    // A parameter that is called `share` comes first: the file's author chose the name.
    let along = if name == "share" && !place.file().parameters.iter().any(|p| p.name == name) {
        Along::Share
    } else {
        Along::Parameter(name.to_owned())
    };
    if along == Along::Share {
        exact_share(lo)?;
        exact_share(hi)?;
    }
    let fixed = match &along {
        Along::Share => place.share().is_some(),
        Along::Parameter(name) => place.values().iter().any(|(given, _)| given == name),
    };
    if fixed {
        let message = format!("`{name}` is given a value and moves too");
        return Err(usage(message, "give it a value, or a range with --over"));
    }
    Ok(Line { place, along, ends, model: position })
}

/// What the file of a certificate is called.
fn name(place: &Place) -> String {
    let mut name = place.file().name.clone();
    let share = place.share().map(|x| ("share", x));
    for (parameter, x) in place.values().iter().map(|(n, x)| (n.as_str(), x)).chain(share) {
        let _ = write!(name, "-{parameter}-{}", crate::certify::decimal_text(x));
    }
    name
}

fn shown(place: &Place, known: &Known) -> String {
    let (entries, rest): (Vec<&Fact>, Vec<&Fact>) =
        known.facts.iter().partition(|f| matches!(f.quantity, Quantity::StablePoint { .. }));
    let mut text = format!("{}: {}\n", place.name(), place.file().title);
    if !entries.is_empty() {
        text.push_str("Proved: there is exactly one stable point\n");
    }
    let row = |f: &&Fact| {
        let says = f.says().map_or_else(String::new, |says| format!("Proved: {says}"));
        vec![f.quantity.name(), f.lo.clone(), f.hi.clone(), says]
    };
    let rows: Vec<Vec<String>> = rest.iter().chain(&entries).map(row).collect();
    let _ = write!(text, "\n{}", table(&["quantity", "from", "to", ""], &rows));
    for what in &known.not_shown {
        let _ = writeln!(text, "not shown: {what}");
    }
    text.push('\n');
    text
}
