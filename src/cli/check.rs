//! `backfire check`.

use super::{Failure, Outcome, output};
use crate::certify::check::check;
use crate::certify::file::{About, CertificateFile};
use crate::report::plain;
use std::fmt::Write;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire certify ex_4_6/arithmetic\n  \
    $ backfire check certificates/ex-4-6-arithmetic.json\n  \
    $ backfire check reports/certificates/ex-4-6-arithmetic.json\n\n\
    Nothing that the file says is believed: it names what is claimed and where to look. What intervals \
    proved is\nchecked in rational arithmetic, which is slower.\n\n\
    Exit code 0 if every certificate holds; 1 if one does not.")]
pub(super) struct Args {
    /// Certificates, as `backfire certify` writes them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::AsRecorded;
    for path in &args.files {
        let place = path.display();
        let failed = |message: String| Failure::Usage {
            message: format!("{place}: {message}"),
            help: "certificates are written by `backfire certify`".into(),
        };
        let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let file = CertificateFile::parse(&text).map_err(failed)?;
        let about = match &file.about {
            About::Claim(id) => format!("{id}: "),
            _ => String::new(),
        };
        let mut out = String::new();
        match check(&file) {
            Ok(found) => {
                let _ = writeln!(out, "{place}: holds\n  {about}{}", plain(&file.proved));
                let n = found.comparisons;
                let _ = writeln!(out, "  checked by {}, {n} comparisons", found.summary);
            }
            Err(why) => {
                outcome = Outcome::Differs;
                let _ = writeln!(out, "{place}: does not hold\n  {about}{}", plain(&why));
            }
        }
        output::print(&out)?;
    }
    Ok(outcome)
}
