//! `backfire obligations`.

use super::text::table;
use super::{Failure, Outcome, output, search};
use crate::conjecture::obligation::Obligation;
use crate::conjecture::{Conjecture, bundled};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    backfire obligations self-never-inverts-stable-alone-2 --output .\n  \
    backfire obligations --solver z3\n\n\
    unsat proves the conjecture for points of that shape, all real numbers, wherever its quantities \
    have values; sat may be spurious. Exit code 0 if every obligation is unsat (or none was asked of a \
    solver), 1 if one is sat, 2 if one is open.")]
pub(super) struct Args {
    /// Conjecture files, or names of bundled conjectures; all bundled ones if none is given
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write the SMT-LIB 2 files to this folder
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Ask this solver: a program that takes an SMT-LIB 2 file, such as z3 or cvc5
    #[arg(long, value_name = "PROGRAM")]
    solver: Option<PathBuf>,
    /// Seconds that the solver has for each
    #[arg(long, default_value_t = 10)]
    timeout: u64,
}

/// What a solver said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Unsat,
    Sat,
    Unknown,
    /// Unsat, but so may be the assumptions.
    Vacuous,
}

impl Answer {
    fn words(self) -> &'static str {
        match self {
            Answer::Unsat => "unsat: proved",
            Answer::Sat => "sat: not proved",
            Answer::Unknown => "no answer",
            Answer::Vacuous => "unsat, but the assumptions are not known to be sat",
        }
    }
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let all = || bundled::ALL.iter().map(|b| PathBuf::from(b.name)).collect();
    let files: Vec<PathBuf> = if args.files.is_empty() { all() } else { args.files.clone() };
    let mut obligations = Vec::new();
    let mut left = Vec::new();
    for file in &files {
        let (label, text) = search::read(file)?;
        let conjecture = Conjecture::parse(&text, &label)?;
        let (written, not) = conjecture.obligations();
        obligations.extend(written);
        left.extend(not.into_iter().map(|n| (conjecture.name.clone(), n)));
    }
    if let Some(folder) = &args.output {
        for o in &obligations {
            output::write(&folder.join(format!("{}.smt2", o.name)), &o.text)?;
            let beside = folder.join(format!("{}.assumptions.smt2", o.name));
            output::write(&beside, &o.assumptions)?;
        }
    }
    let mut out = String::new();
    let mut outcome = Outcome::AsRecorded;
    if let Some(solver) = &args.solver {
        let mut rows = Vec::new();
        for o in &obligations {
            let answer = match ask(solver, o, &o.text, args.timeout)? {
                Answer::Unsat => match ask(solver, o, &o.assumptions, args.timeout)? {
                    Answer::Sat => Answer::Unsat,
                    _ => Answer::Vacuous,
                },
                other => other,
            };
            outcome = match (outcome, answer) {
                (Outcome::Differs, _) | (_, Answer::Sat) => Outcome::Differs,
                (Outcome::Open, _) | (_, Answer::Unknown | Answer::Vacuous) => Outcome::Open,
                _ => outcome,
            };
            rows.push(vec![o.name.clone(), answer.words().to_owned()]);
        }
        out += &table(&["obligation", "answer"], &rows);
    } else {
        for o in &obligations {
            let _ = writeln!(out, "{}", o.name);
        }
    }
    for (name, n) in &left {
        let _ = writeln!(out, "not written: {name}, points of shape {}: {}", n.shape, n.why);
    }
    output::print(&out)?;
    Ok(outcome)
}

/// Writes the obligation to a temporary file and reads the solver's first word.
fn ask(
    solver: &Path,
    obligation: &Obligation,
    text: &str,
    seconds: u64,
) -> Result<Answer, Failure> {
    let fail = |reason: std::io::Error| Failure::Usage {
        message: format!("cannot run `{}`: {reason}", solver.display()),
        help: "name an SMT solver that reads SMT-LIB 2 files, such as z3 or cvc5".into(),
    };
    let file = tempfile::Builder::new().suffix(".smt2").tempfile().map_err(fail)?;
    std::fs::write(file.path(), text).map_err(fail)?;
    let mut child = Command::new(solver)
        .arg(file.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(fail)?;
    let begun = std::time::Instant::now();
    while child.try_wait().map_err(fail)?.is_none() {
        if begun.elapsed().as_secs() >= seconds {
            child.kill().map_err(fail)?;
            child.wait().map_err(fail)?;
            return Ok(Answer::Unknown);
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let said = child.wait_with_output().map_err(fail)?.stdout;
    let said = String::from_utf8_lossy(&said);
    match said.split_whitespace().next() {
        Some("unsat") => Ok(Answer::Unsat),
        Some("sat") => Ok(Answer::Sat),
        Some("unknown" | "timeout") => Ok(Answer::Unknown),
        other => Err(Failure::Usage {
            message: format!(
                "`{}` does not answer {} but says `{}`",
                solver.display(),
                obligation.name,
                other.unwrap_or("nothing")
            ),
            help: "it must read SMT-LIB 2 with the logic QF_NRA".into(),
        }),
    }
}
