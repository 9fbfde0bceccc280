//! `backfire report`.

use super::{Failure, Outcome};

/// Arguments.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

/// Runs it.
pub(super) fn run(_args: &Args) -> Result<Outcome, Failure> {
    todo!()
}
