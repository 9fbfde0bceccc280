//! `backfire certify`.

mod system;

use super::terminal::note;
use super::{Failure, Outcome, ids, output, search};
use crate::certify::boxes::{Budget, Covered, over_boxes};
use crate::certify::file::{About, CertificateFile};
use crate::claim::Claim;
use crate::conjecture::{Conjecture, bundled};
use crate::evidence::Evidence;
use crate::point::Point;
use crate::referee;
use crate::report::plain;
use crate::theorems;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire certify ex_4_6/arithmetic\n  \
    $ backfire certify ex_4_6 --output mine          # all claims of a theorem\n  \
    $ backfire certify regime-dampened-two           # a conjecture, over the ranges of its file\n  \
    $ backfire certify paper-5-1-code --set t=0.9    # what is certain of a loop\n  \
    $ backfire certify paper-5-1-code --zeros q --over t=0.05:1\n\n\
    Exit code 0 if something was proved, 1 if a conjecture was refuted, 2 if nothing could be \
    decided.")]
pub(super) struct Args {
    /// A claim, a theorem for all of its claims, the file of a conjecture, or a loop: a system file, or the
    /// id of a shipped system
    #[arg(value_name = "ID|FILE")]
    what: String,
    #[command(flatten)]
    of_a_loop: system::Args,
    /// The folder of the certificates
    #[arg(long, value_name = "FOLDER", default_value = "certificates")]
    output: PathBuf,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let begun = std::time::Instant::now();
    let outcome = certify(args);
    if outcome.is_ok() {
        note(&format!("{:.1} s", begun.elapsed().as_secs_f64()));
    }
    outcome
}

fn certify(args: &Args) -> Result<Outcome, Failure> {
    if let Some(path) = conjecture_file(&args.what) {
        args.of_a_loop.are_none(&args.what)?;
        return conjecture(args, &path);
    }
    if system::is_one(&args.what) {
        return system::run(args);
    }
    ids::check(std::slice::from_ref(&args.what))?;
    args.of_a_loop.are_none(&args.what)?;
    let mut found = Vec::new();
    for entry in theorems::ALL {
        for claim in entry.theorem.claims() {
            let id = format!("{}/{}", entry.theorem.card().id, claim.id);
            if ids::names(&args.what, &id) {
                found.push((id, claim));
            }
        }
    }
    let mut proved = 0;
    for (id, claim) in &found {
        proved += certificates(args, id, claim)?;
    }
    note(&format!("{proved} proved of {}", found.len()));
    Ok(if proved > 0 { Outcome::AsRecorded } else { Outcome::Open })
}

/// The path of a conjecture: a bundled one by name, or a file with a claim.
fn conjecture_file(what: &str) -> Option<PathBuf> {
    let path = PathBuf::from(what);
    let is_bundled = || bundled::get(what).is_some();
    let claims =
        |text: String| text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("claim"));
    let is_one = match std::fs::read_to_string(&path) {
        Ok(text) => claims(text),
        Err(_) => is_bundled(),
    };
    is_one.then_some(path)
}

/// Proves a conjecture over the ranges of its file, or refutes it.
fn conjecture(args: &Args, path: &Path) -> Result<Outcome, Failure> {
    let (label, text) = search::read(path)?;
    let conjecture = Conjecture::parse(&text, &label)?;
    let mut out = format!("{}\n  {}\n", conjecture.name, conjecture.sentence());
    let outcome = match over_boxes(&conjecture.to_claim(), Budget::default()) {
        Ok(Covered::Proved(certificate)) => {
            let _ = writeln!(out, "  proved: {}", certificate.summary());
            let about = About::Conjecture(text);
            let file = CertificateFile::new(about, conjecture.sentence(), &certificate);
            let path = write(&args.output, &conjecture.name, &file)?;
            let _ = writeln!(out, "  written to {}", path.display());
            Outcome::AsRecorded
        }
        Ok(Covered::Refuted(counterexample)) => {
            let _ = writeln!(out, "  refuted: {}", counterexample.summary());
            for line in counterexample.subject().point().map(Point::lines).unwrap_or_default() {
                let _ = writeln!(out, "    {line}");
            }
            Outcome::Differs
        }
        Ok(Covered::Open(why)) | Err(why) => {
            let _ = writeln!(out, "  not proved: {why}");
            Outcome::Open
        }
    };
    output::print(&out)?;
    Ok(outcome)
}

/// Proves one claim, and writes what proves it.
fn certificates(args: &Args, id: &str, claim: &Claim) -> Result<usize, Failure> {
    let mut proved = 0;
    let mut out = format!("{id}\n  {}\n", plain(claim.statement));
    let evidence = referee::proofs(claim);
    for found in &evidence {
        let _ = writeln!(out, "  {}", plain(&found.line()));
        if let Evidence::Certified(certificate) = found {
            let file = CertificateFile::new(About::Claim(id.into()), claim.statement, certificate);
            let path = write(&args.output, id, &file)?;
            let _ = writeln!(out, "  written to {}", path.display());
            proved = 1;
        }
    }
    if evidence.is_empty() {
        let _ = writeln!(out, "  not proved: its domain is larger than what certificates cover");
    }
    output::print(&out)?;
    Ok(proved)
}

/// Writes a certificate into the folder, which is made if it is not there.
fn write(folder: &Path, name: &str, file: &CertificateFile) -> Result<PathBuf, Failure> {
    let kept = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let path = folder.join(format!("{}.json", name.chars().map(kept).collect::<String>()));
    std::fs::create_dir_all(folder)
        .map_err(|reason| Failure::Write { path: folder.to_owned(), reason })?;
    output::write(&path, file.text())?;
    Ok(path)
}
