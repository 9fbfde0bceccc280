//! `backfire obligations`.

use super::text::table;
use super::{Failure, Outcome, output, search};
use crate::conjecture::obligation::Obligation;
use crate::conjecture::{Conjecture, bundled};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire obligations self-never-inverts-stable-alone-2 --output .\n  \
    $ backfire obligations --solver z3    # needs z3\n  \
    $ backfire obligations --solver z3 --against reports/obligations/answers.toml    # needs z3\n\n\
    unsat proves the conjecture for points of that shape, all real numbers, wherever its quantities \
    have values; sat may be spurious. Exit code 0 if every obligation is unsat (or none was asked of a \
    solver), 1 if one is sat (with --against: if an answer is \
    not the recorded one), 2 if one is open.")]
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
    /// Write the answers to this file
    #[arg(long, value_name = "FILE", requires = "solver")]
    record: Option<PathBuf>,
    /// Ask only what this file has an answer to, and compare
    #[arg(long, value_name = "FILE", requires = "solver", conflicts_with = "record")]
    against: Option<PathBuf>,
}

/// The answers of a solver, as their file has them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    solver: String,
    answers: BTreeMap<String, Answer>,
}

/// What a solver said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Unsat,
    Sat,
    #[serde(skip)]
    Unknown,
    /// Unsat, but so may be the assumptions.
    #[serde(skip)]
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
    let outcome = if let Some(solver) = &args.solver {
        put(args, solver, &obligations, &mut out)?
    } else {
        for o in &obligations {
            let _ = writeln!(out, "{}", o.name);
        }
        Outcome::AsRecorded
    };
    if args.against.is_some() {
        left.clear();
    }
    for (name, n) in &left {
        let _ = writeln!(out, "not written: {name}, points of shape {}: {}", n.shape, n.why);
    }
    output::print(&out)?;
    Ok(outcome)
}

/// Puts the obligations to a solver.
fn put(
    args: &Args,
    solver: &Path,
    obligations: &[Obligation],
    out: &mut String,
) -> Result<Outcome, Failure> {
    let recorded = args.against.as_deref().map(read).transpose()?;
    let mut outcome = Outcome::AsRecorded;
    let mut rows = Vec::new();
    let mut answers = BTreeMap::new();
    for o in obligations {
        let expected = recorded.as_ref().map(|r| r.answers.get(&o.name));
        if expected == Some(None) {
            continue;
        }
        let answer = answer(solver, o, args.timeout)?;
        let mut words = answer.words().to_owned();
        if let Some(Some(expected)) = expected {
            if answer != *expected {
                outcome = Outcome::Differs;
                let _ = write!(words, " (recorded: {})", expected.words());
            }
        } else {
            outcome = match (outcome, answer) {
                (Outcome::Differs, _) | (_, Answer::Sat) => Outcome::Differs,
                (Outcome::Open, _) | (_, Answer::Unknown | Answer::Vacuous) => Outcome::Open,
                _ => outcome,
            };
        }
        rows.push(vec![o.name.clone(), words]);
        answers.insert(o.name.clone(), answer);
    }
    *out += &table(&["obligation", "answer"], &rows);
    for name in recorded.iter().flat_map(|r| r.answers.keys()) {
        if !answers.contains_key(name) {
            outcome = Outcome::Differs;
            let _ = writeln!(out, "recorded, but no obligation any more: {name}");
        }
    }
    if let Some(path) = &args.record {
        answers.retain(|_, a| matches!(a, Answer::Unsat | Answer::Sat));
        let record = Record { solver: version(solver), answers };
        let text = toml::to_string(&record).unwrap_or_default();
        output::write(path, &(RECORD_HEAD.to_owned() + &text))?;
        // What has no answer is left out of the record, and no failure of it.
        return Ok(Outcome::AsRecorded);
    }
    Ok(outcome)
}

const RECORD_HEAD: &str = "# What an SMT solver says of the obligations in this folder, each a negated conjecture: unsat proves\n\
    # it. Those without an answer in the time given are left out.\n";

fn read(path: &Path) -> Result<Record, Failure> {
    let failed = |message: String| Failure::Usage {
        message: format!("{}: {message}", path.display()),
        help: "such files are written by `backfire obligations --solver PROGRAM --record FILE`"
            .into(),
    };
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    toml::from_str(&text).map_err(|e| failed(e.message().to_owned()))
}

/// What the solver calls itself.
fn version(solver: &Path) -> String {
    let said = Command::new(solver).arg("--version").stdin(Stdio::null()).output();
    let said = said.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    said.lines().next().unwrap_or("unknown").trim().to_owned()
}

/// Unsat proves nothing where the assumptions contradict each other, so they are asked about too.
fn answer(solver: &Path, o: &Obligation, timeout: u64) -> Result<Answer, Failure> {
    Ok(match ask(solver, o, &o.text, timeout)? {
        Answer::Unsat => match ask(solver, o, &o.assumptions, timeout)? {
            Answer::Sat => Answer::Unsat,
            _ => Answer::Vacuous,
        },
        other => other,
    })
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
