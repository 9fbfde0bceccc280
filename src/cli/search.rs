//! `backfire search`.

use super::found::{Found, check_target};
use super::output::Target;
use super::progress::Progress;
use super::text::Format;
use super::{Failure, Outcome, verify};
use crate::claim::Claim;
use crate::conjecture::{Conjecture, bundled};
use crate::referee::Effort;
use crate::search::campaign::{Campaign, Phase, Shard};
use crate::search::journal::{Header, Journal};
use crate::search::{Lanes, Strategy, strategies};
use crate::systems::FileError;
use crate::systems::file::did_you_mean;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "A conjecture file:\n\n  \
    name = \"sequential\"\n  \
    title = \"Sequential retraining converges whenever simultaneous retraining does\"\n  \
    family = \"linear\"\n  \
    assume = [\"rho(J) < 1\"]\n  \
    claim = \"rho_seq(J) < 1\"\n\n  \
    [ranges]\n  \
    models = [2, 3]\n\n\
    docs/search.md says what can be written in it. Bundled conjectures, to be given by name instead of a \
    file, are in conjectures/.\n\n\
    Examples:\n  \
    $ backfire search sequential-converges --witness broken.toml    # exit code 1: it breaks\n  \
    $ backfire search regime-dampened-two --effort 0.1              # nothing breaks it\n\n\
    A long search, to be interrupted and resumed, or cut in parts:\n  \
    $ backfire search regime-dampened-two --effort 0.2 --journal all.jsonl\n  \
    $ backfire search regime-dampened-two --effort 0.2 --journal all.jsonl --resume\n  \
    $ backfire search regime-dampened-two --effort 0.2 --shard 1/2 --journal 1.jsonl\n  \
    $ backfire search regime-dampened-two --effort 0.2 --shard 2/2 --journal 2.jsonl\n  \
    $ backfire merge 1.jsonl 2.jsonl\n\n\
    Exit code 0 if nothing breaks the claim; 1 if something does, or if floating point says so and \
    exact arithmetic does not confirm it (Disputed); 2 if too few points met the assumptions and \
    decided the claim, the search could not be made, or what it found could not be written.")]
pub(super) struct Args {
    /// A conjecture file, or the name of a bundled conjecture
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Seed of everything random
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Multiplies the number of points
    #[arg(long, default_value_t = 1.0, value_parser = verify::effort)]
    effort: f64,
    /// Write what is found to this file, as it is found; in a folder that exists
    #[arg(long, value_name = "JOURNAL")]
    journal: Option<PathBuf>,
    /// Go on with the search that the journal holds
    #[arg(long, requires = "journal")]
    resume: bool,
    /// Do the k-th of n parts only; `backfire merge` joins them
    #[arg(long, value_name = "K/N", requires = "journal")]
    shard: Option<Shard>,
    /// Write the counterexample to this file, for `backfire replay`; in a folder that exists
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Set by the first Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let (label, text) = read(&args.file)?;
    let conjecture = Conjecture::parse(&text, &label)?;
    check_target(args.witness.as_deref(), &text)?;
    if let Some(path) = &args.witness {
        let read: Vec<&Path> =
            std::iter::once(&*args.file).chain(args.journal.as_deref()).collect();
        let witness = Target { option: "--witness", ending: "toml", path };
        super::output::check_targets(&read, &[witness])?;
    }
    let claim = conjecture.to_claim();
    let effort = Effort { seed: args.seed, factor: args.effort };
    let campaign = campaign(&conjecture, &claim, effort);
    let shard = args.shard.unwrap_or(Shard::WHOLE);
    let mut phases = campaign.phases();
    let journal = args.journal.as_deref().map(|path| {
        let header = Header::new(text.clone(), effort.seed, effort.factor, shard, campaign.plan());
        if args.resume && path.exists() {
            Journal::resume(path, &header, &mut phases)
        } else {
            Journal::create(path, &header)
        }
    });
    let journal = journal.transpose()?;
    work(&campaign, shard, &mut phases, journal, args.journal.as_deref())?;
    if shard != Shard::WHOLE {
        let path = args.journal.as_deref().unwrap_or(Path::new("")).display();
        super::output::print(&format!(
            "Part {shard} is done and in {path}; `backfire merge` with the other parts says what \
             they come to.\n"
        ))?;
        return Ok(Outcome::AsRecorded);
    }
    let found = Found::new(&conjecture, &claim, &campaign, &phases, effort);
    found.conclude(&text, args.format == Format::Json, args.witness.as_deref())
}

/// The text of a conjecture file, or of a bundled conjecture, and what to call it in errors.
pub(super) fn read(which: &Path) -> Result<(String, String), Failure> {
    let label = which.display().to_string();
    if !which.exists() && which.extension().is_none() {
        if let Some(known) = bundled::get(&label) {
            return Ok((format!("conjectures/{label}.toml"), known.text.to_owned()));
        }
        let names = bundled::ALL.iter().map(|b| b.name);
        return Err(Failure::Usage {
            message: format!("there is no file and no bundled conjecture `{label}`"),
            help: did_you_mean(&label, names),
        });
    }
    let text = std::fs::read_to_string(which)
        .map_err(|reason| FileError::Unreadable { path: label.clone(), reason })?;
    Ok((label, text))
}

/// Everything that can be tried on a conjecture.
pub(super) fn campaign<'a>(
    conjecture: &Conjecture,
    claim: &'a Claim,
    effort: Effort,
) -> Campaign<'a> {
    let mut all: Vec<Box<dyn Strategy + 'a>> = strategies(claim);
    if let Some(lanes) = Lanes::new(conjecture, claim) {
        // In bulk, before optimisers walk from point to point.
        let place = all.iter().position(|s| !s.is_sampling()).unwrap_or(all.len());
        all.insert(place, Box::new(lanes));
    }
    Campaign::new(claim, all, effort.seed, effort.factor)
}

/// Runs what is left, writes it down, and stops where it is told to.
fn work(
    campaign: &Campaign,
    shard: Shard,
    phases: &mut [Phase],
    journal: Option<Journal>,
    path: Option<&Path>,
) -> Result<(), Failure> {
    // A second Ctrl-C does not wait for the tasks at work. Without a handler Ctrl-C still ends the
    // program, and the journal is whole all the same.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(2);
        }
    });
    let progress = Progress::new();
    let journal = Mutex::new(journal);
    let record = |done: &_| {
        let mut journal = journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        journal.as_mut().map_or(Ok(()), |journal| journal.write(done)).map_err(Failure::from)
    };
    let watch = |tick: crate::search::campaign::Tick| {
        progress.task(&tick);
        if STOP.load(Ordering::Relaxed) {
            return Err(Failure::Interrupted {
                help: path.map_or_else(
                    || "nothing was kept; a search with --journal FILE can be resumed".into(),
                    |path| format!("{} is whole; go on with --resume", path.display()),
                ),
            });
        }
        Ok(())
    };
    campaign.run(shard, phases, &record, &watch)
}
