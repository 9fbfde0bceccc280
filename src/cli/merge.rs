//! `backfire merge`.

use super::found::{Found, check_target};
use super::text::Format;
use super::{Failure, Outcome, search};
use crate::conjecture::Conjecture;
use crate::referee::Effort;
use crate::search::journal::{self, Header};
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire search regime-dampened-two --effort 0.1 --shard 1/2 --journal 1.jsonl\n  \
    $ backfire search regime-dampened-two --effort 0.1 --shard 2/2 --journal 2.jsonl\n  \
    $ backfire merge 1.jsonl 2.jsonl\n\n\
    Prints what one search would have said that did all the parts. Exit codes as of `backfire search`.")]
pub(super) struct Args {
    /// The journals of all parts of one search
    #[arg(required = true, value_name = "JOURNAL")]
    journals: Vec<PathBuf>,
    /// Write the counterexample to this file, for `backfire replay`; in a folder that exists
    #[arg(long, value_name = "FILE")]
    witness: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let first = journal::header(&args.journals[0])?;
    let label = format!("the conjecture in {}", args.journals[0].display());
    let conjecture = Conjecture::parse(&first.conjecture, &label)?;
    check_target(args.witness.as_deref(), &first.conjecture)?;
    let claim = conjecture.to_claim();
    let effort = Effort { seed: first.seed, factor: first.effort };
    let campaign = search::campaign(&conjecture, &claim, effort);
    let text = first.conjecture;
    let asked = Header::new(text.clone(), first.seed, first.effort, first.shard, campaign.plan());
    let mut phases = campaign.phases();
    journal::merge(&args.journals, &asked, &mut phases)?;
    let found = Found::new(&conjecture, &claim, &campaign, &phases, effort);
    found.conclude(&text, args.format == Format::Json, args.witness.as_deref())
}
