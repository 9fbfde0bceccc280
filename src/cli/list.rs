//! `backfire list`.

use super::{Failure, Outcome, output};
use crate::theorems;
use std::fmt::Write;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire list\n  \
    $ backfire list --controls")]
pub(super) struct Args {
    /// Controls as well
    #[arg(long)]
    controls: bool,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut out = String::new();
    for entry in theorems::ALL {
        let card = entry.theorem.card();
        let _ = writeln!(out, "{}  {} ({})", card.id, card.title, card.source);
        for claim in entry.theorem.claims() {
            let _ = writeln!(out, "  {}/{}", card.id, claim.id);
        }
        for control in entry.theorem.controls().iter().filter(|_| args.controls) {
            let _ = writeln!(out, "  control {}/{} of {}", card.id, control.claim.id, control.of);
        }
    }
    output::print(&out)?;
    Ok(Outcome::AsRecorded)
}
