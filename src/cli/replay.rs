//! `backfire replay`.

use super::found::shown;
use super::{Failure, Outcome, output};
use crate::certify::{self, Counterexample};
use crate::replay::{self, Witness};
use crate::report::plain;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire replay reports/witnesses/cor-e2-sign.toml\n  \
    $ backfire search threshold-sharp-99 --witness found.toml    # exit code 1: it breaks\n  \
    $ backfire replay found.toml\n\n\
    Exit code 0 if the witness breaks its claim, confirmed in exact arithmetic; 1 if it does not.")]
pub(super) struct Args {
    /// Witness files, as `backfire report` and `backfire search --witness` write them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::AsRecorded;
    for path in &args.files {
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|reason| Failure::Usage {
            message: format!("cannot read {file}: {reason}"),
            help: "witness files are in reports/witnesses; a claim about shipped systems is \
                   checked again by `backfire verify ID`"
                .into(),
        })?;
        let witness = replay::parse(&file, &text)?;
        let mut out = String::new();
        match confirmed(&witness, &file)? {
            Ok(found) => {
                let _ = writeln!(out, "{file}: breaks {}", witness.id);
                if witness.is_conjecture {
                    let _ = writeln!(out, "\n{}", shown(&found).trim_end());
                    output::print(&out)?;
                    continue;
                }
                for s in found.sides() {
                    let _ =
                        writeln!(out, "  {}: {} {} {} fails", s.what, s.left, s.relation, s.right);
                }
                for (h, margin) in found.hypotheses() {
                    let _ = writeln!(out, "  hypothesis {}: margin {margin}", plain(h));
                }
            }
            Err(why) => {
                outcome = Outcome::Differs;
                let _ = writeln!(
                    out,
                    "{file}: exact arithmetic does not confirm that this breaks {}: {}",
                    witness.id,
                    plain(&why)
                );
            }
        }
        output::print(&out)?;
    }
    Ok(outcome)
}

/// A claim's formulas may index what a file written by hand does not have, however well its shapes
/// look: that is the file's fault and no crash of ours.
fn confirmed(witness: &Witness, file: &str) -> Result<Result<Counterexample, String>, Failure> {
    let loud = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let confirm = || certify::confirm_or_say(&witness.claim, &witness.subject);
    let found = std::panic::catch_unwind(std::panic::AssertUnwindSafe(confirm));
    std::panic::set_hook(loud);
    found.map_err(|_| Failure::Usage {
        message: format!("{file}: `{}` cannot be evaluated at this point", witness.id),
        help: "its entries do not go together; compare the witnesses that `backfire report` writes"
            .into(),
    })
}
