//! The command line: one file a command.
//!
//! Exit codes: 0 everything as recorded; 1 a verdict differs from the committed report or a control
//! survives; 2 the tool could not do its work. Results go to standard output, everything else to
//! standard error.

mod certify;
mod check;
mod completions;
mod diagnose;
mod explain;
mod fit;
mod found;
mod given;
mod ids;
mod influence;
mod list;
mod man;
mod merge;
mod new;
mod obligations;
mod output;
mod progress;
mod replay;
mod report;
mod search;
mod simulate;
mod spectrum;
mod sweep;
mod terminal;
mod text;
mod verify;

use clap::{Parser, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::systems::{FileError, LoopFile, shipped};

/// Referees a theory paper by machine: every printed claim, checked and refuted or supported.
#[derive(Debug, Parser)]
#[command(name = "backfire", version, about, max_term_width = 100)]
#[command(after_help = "Examples:\n  \
    $ backfire verify cor_e2 --effort 0.1    # one corollary, checked in seconds\n  \
    $ backfire explain cor_e2                # what it says, and how it is checked\n  \
    $ backfire influence paper-5-1-code      # what more curation does, and to whom\n\n\
    Every command has examples: backfire COMMAND --help. Exit codes: 0 as recorded, 1 something differs or \
    breaks, 2 the\ntool could not do its work.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    options: terminal::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check the claims and print a table of verdicts
    Verify(verify::Args),
    /// List every claim and control by id
    List(list::Args),
    /// Say what a theorem claims, under which hypotheses, from where, and how it is checked
    Explain(explain::Args),
    /// Print the eigenvalues of a loop's round in every order of retraining
    Spectrum(spectrum::Args),
    /// Run a loop, deterministically or with finite samples
    Simulate(simulate::Args),
    /// Say how a knob moves the stable point and the alignments, now or along a sweep
    Influence(influence::Args),
    /// Map what a knob does over one or two parameters or shares, as a table and a picture
    Sweep(sweep::Args),
    /// Write a commented template: a loop, a conjecture or a theorem of your own
    New(new::Args),
    /// Say on one page what a loop of yours does: convergence, influences, what would help
    Diagnose(diagnose::Args),
    /// Fit the local linear loop to a log of training, and say what the data cannot tell
    Fit(fit::Args),
    /// Look for a counterexample to a conjecture of yours
    Search(search::Args),
    /// Join the journals of the parts of a search
    Merge(merge::Args),
    /// Write conjectures as obligations for SMT solvers, and ask one
    Obligations(obligations::Args),
    /// Prove claims on all of their stated domain, and write certificates
    Certify(certify::Args),
    /// Check certificates again, by other means than those that made them
    Check(check::Args),
    /// Put a witness file to its claim again, in exact arithmetic
    Replay(replay::Args),
    /// Write the reports, or check the committed ones
    Report(report::Args),
    /// Print what completes commands in a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

/// What a command comes to when it could do its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// Everything as recorded.
    AsRecorded,
    /// A verdict differs, or a control survives.
    Differs,
    /// It could not be decided.
    Open,
}

/// Why a command could not do its work: a message that names the place and the remedy.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// Already says everything, `error:` included.
    #[error("{0}")]
    File(#[from] FileError),
    /// Already says everything, `error:` included.
    #[error("{0}")]
    Witness(#[from] crate::replay::WitnessError),
    /// Already says everything, `error:` included.
    #[error("{0}")]
    Journal(#[from] crate::search::journal::JournalError),
    /// Ctrl-C.
    #[error("error: interrupted\n   = help: {help}")]
    Interrupted { help: String },
    /// A loop without a stable point, a spectrum that fails.
    #[error("error: {place}: {reason}")]
    Loop { place: String, reason: crate::error::LoopError },
    /// A log that carries no fit.
    #[error("error: {place}: {reason}")]
    Fit { place: String, reason: crate::fit::FitError },
    /// Wrong words on the command line.
    #[error("error: {message}\n   = help: {help}")]
    Usage { message: String, help: String },
    /// Reading or writing failed.
    #[error("error: cannot write {}: {reason}\n   = help: nothing was changed; free some space or choose another folder", path.display())]
    Write { path: PathBuf, reason: std::io::Error },
    /// Standard output is closed or full.
    #[error("error: cannot write to standard output: {0}")]
    Output(#[from] std::io::Error),
}

/// Parses, runs, and turns the outcome into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.options.apply();
    let outcome = match cli.command {
        Command::Verify(args) => verify::run(&args),
        Command::List(args) => list::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Spectrum(args) => spectrum::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Influence(args) => influence::run(&args),
        Command::Sweep(args) => sweep::run(&args),
        Command::New(args) => new::run(&args),
        Command::Diagnose(args) => diagnose::run(&args),
        Command::Fit(args) => fit::run(&args),
        Command::Search(args) => search::run(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Obligations(args) => obligations::run(&args),
        Command::Certify(args) => certify::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Completions(args) => completions::run(&args),
        Command::Man(args) => man::run(&args),
    };
    match outcome {
        Ok(Outcome::AsRecorded) => ExitCode::SUCCESS,
        Ok(Outcome::Differs) => ExitCode::from(1),
        Ok(Outcome::Open) => ExitCode::from(2),
        // A reader that has seen enough (`| head`) is no failure of ours.
        Err(Failure::Output(e)) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            anstream::eprintln!("{}", terminal::paint(&failure.to_string()));
            ExitCode::from(2)
        }
    }
}

/// The loop of a file at its parameters' defaults.
fn built(file: &LoopFile) -> Result<crate::systems::GaussianLoop<f64>, Failure> {
    file.default_at().map_err(|reason| Failure::Loop { place: file.name.clone(), reason })
}

/// A system by path, or by the id of a shipped one.
fn system(which: &Path) -> Result<LoopFile, Failure> {
    if which.exists() || which.extension().is_some() {
        return Ok(LoopFile::read(which)?);
    }
    Ok(shipped::get(&which.to_string_lossy())?)
}
