//! `backfire explain`.

use super::{Failure, Outcome, ids, output};
use crate::theorems;
use std::fmt::Write;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire explain cor_e2\n  \
    $ backfire explain cor_e2/sign")]
pub(super) struct Args {
    /// A theorem, a claim or a control: `cor_e2`, `cor_e2/sign`
    id: String,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let theorem = args.id.split('/').next().unwrap_or(&args.id);
    let Some(entry) = theorems::ALL.iter().find(|e| e.theorem.card().id == theorem) else {
        return Err(ids::unknown(&args.id, &ids::claims()));
    };
    let mut out = entry.doc();
    out.push_str("\n\nClaims:\n");
    let mut found = args.id == theorem;
    let wanted = |id: &str| args.id == theorem || ids::names(&args.id, id);
    for claim in entry.theorem.claims() {
        let id = format!("{theorem}/{}", claim.id);
        if !wanted(&id) {
            continue;
        }
        found = true;
        let _ = writeln!(out, "\n  {id}\n    {}", claim.statement);
        if let Some(reading) = claim.reading {
            let _ = writeln!(out, "    read: {reading}");
        }
        for h in &claim.hypotheses {
            let _ = writeln!(out, "    given {}", h.tex());
        }
    }
    for control in entry.theorem.controls() {
        let id = format!("{theorem}/{}", control.claim.id);
        if wanted(&id) || ids::names(&args.id, &format!("{theorem}/{}", control.of)) {
            found = true;
            let _ =
                writeln!(out, "\n  {id}, a control of {}\n    false: {}", control.of, control.why);
        }
    }
    if !found {
        return Err(ids::unknown(&args.id, &ids::claims()));
    }
    let _ = writeln!(out, "\nFile: theorems/{}.rs", entry.file);
    output::print(&out)?;
    Ok(Outcome::AsRecorded)
}
