//! `backfire report`.

use super::progress::Progress;
use super::terminal::note;
use super::{Failure, Outcome, output, verify};
use crate::conjecture::{Conjecture, bundled};
use crate::exhibits::Exhibits;
use crate::figures::{self, Figure};
use crate::referee::{Effort, referee};
use crate::report::{self, Format};
use crate::theorems;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The folder of the pictures, in that of the reports.
const FIGURES: &str = "figures";

/// The folder of the obligations, in that of the reports.
const OBLIGATIONS: &str = "obligations";

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire report --effort 0.1 --out drafts\n  \
    $ backfire report --effort 0.1 --out drafts --format latex --format csv\n  \
    $ backfire report --check    # exit code 1 where the committed files differ")]
pub(super) struct Args {
    /// Compare with the files that are there instead of writing them
    #[arg(long)]
    check: bool,
    /// What to write; may be repeated. Witnesses, certificates and obligations come with `all`
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "all")]
    format: Vec<Format>,
    /// The folder of the reports
    #[arg(long, value_name = "FOLDER", default_value = report::FOLDER)]
    out: PathBuf,
    /// The file of the findings [default: docs/findings.md, or findings.md in the folder of another
    /// --out]
    #[arg(long, value_name = "FILE")]
    findings: Option<PathBuf>,
    /// Seed of everything random
    #[arg(long, default_value_t = 1, allow_negative_numbers = true, value_parser = verify::seed)]
    seed: u64,
    /// Multiplies the number of samples
    #[arg(long, default_value_t = 1.0, allow_negative_numbers = true, value_parser = verify::effort)]
    effort: f64,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    if !args.check {
        output::can_make(&args.out)?;
    }
    let progress = Progress::new();
    let effort = Effort { seed: args.seed, factor: args.effort };
    let run = referee(theorems::ALL, &|_| true, &[], effort, &|s, n, all| progress.tick(s, n, all));
    drop(progress);
    let exhibits = Exhibits::of(effort)
        .map_err(|reason| Failure::Loop { place: "a shipped loop".into(), reason })?;
    let figures = args.figures()?;
    let folder = args.out.to_string_lossy();
    let named = report::files(&run, &exhibits, &figures, &folder, &args.format);
    let mut files: Vec<(PathBuf, Vec<u8>)> =
        named.into_iter().map(|(name, bytes)| (args.out.join(name), bytes)).collect();
    for figure in &figures {
        let path = args.out.join(FIGURES).join(&figure.name);
        files.push((path.with_extension("svg"), figure.svg_file().into_bytes()));
        files.push((path.with_extension("png"), picture(figure)?));
    }
    if args.whole() {
        files.extend(obligations(&args.out.join(OBLIGATIONS)));
    }
    if args.whole() || args.format.contains(&Format::Md) {
        files.push((args.findings(), report::findings(&run, &folder).into_bytes()));
    }
    for c in run.surviving() {
        eprintln!("control {} of {} survived: {}", c.id, c.of, c.why);
    }
    let survive = run.surviving().next().is_some();
    let outcome = if args.check { check(args, &files)? } else { write(args, &files)? };
    Ok(if survive { Outcome::Differs } else { outcome })
}

/// A picture as PNG.
fn picture(figure: &Figure) -> Result<Vec<u8>, Failure> {
    figure.png().map_err(|e| Failure::Usage {
        message: format!("the picture `{}` cannot be written: {e}", figure.name),
        help: "this is a mistake of the program; please report it".into(),
    })
}

impl Args {
    /// The pictures, where a format shows them.
    fn figures(&self) -> Result<Vec<Figure>, Failure> {
        let shown = [Format::All, Format::Html, Format::Latex];
        if !shown.iter().any(|f| self.format.contains(f)) {
            return Ok(Vec::new());
        }
        figures::all(self.seed).map_err(|e| Failure::Usage {
            message: format!("the pictures of the shipped loops cannot be drawn: {e}"),
            help: "this is a mistake of the program; please report it".into(),
        })
    }

    /// Whether everything is written that there is.
    fn whole(&self) -> bool {
        self.format.contains(&Format::All)
    }

    /// Where the findings go. Who sends the reports elsewhere wants nothing written here.
    fn findings(&self) -> PathBuf {
        let usual = || {
            let folder = self.out.strip_prefix(".").unwrap_or(&self.out);
            if folder == Path::new(report::FOLDER) {
                PathBuf::from("docs/findings.md")
            } else {
                self.out.join("findings.md")
            }
        };
        self.findings.clone().unwrap_or_else(usual)
    }
}

fn write(args: &Args, files: &[(PathBuf, Vec<u8>)]) -> Result<Outcome, Failure> {
    for (path, bytes) in files {
        output::write(path, bytes)?;
    }
    let findings = args.findings();
    let apart = files.iter().any(|(path, _)| *path == findings);
    let count = files.len() - usize::from(apart);
    let also = if apart { format!(", and {}", findings.display()) } else { String::new() };
    output::print(&format!("wrote {count} files to {}{also}\n", args.out.display()))?;
    for stale in strangers(args, files) {
        note(&format!("note: {} is not of this run; delete it", stale.display()));
    }
    Ok(Outcome::AsRecorded)
}

fn check(args: &Args, files: &[(PathBuf, Vec<u8>)]) -> Result<Outcome, Failure> {
    let mut different = String::new();
    for (path, bytes) in files {
        match std::fs::read(path) {
            Ok(old) if old == *bytes => {}
            Ok(old) => different += &difference(path, &old, bytes),
            Err(e) => {
                let _ = writeln!(different, "{}: {e}", path.display());
            }
        }
    }
    for stale in strangers(args, files) {
        let _ = writeln!(different, "{}: not of this run", stale.display());
    }
    if different.is_empty() {
        output::print(&format!("{} files as committed\n", files.len()))?;
        return Ok(Outcome::AsRecorded);
    }
    eprint!("{different}");
    eprintln!("run `backfire report` and look at what changed before you commit it");
    Ok(Outcome::Differs)
}

/// Where two versions of a file differ: the line of a text, the byte of anything else, which is not
/// shown.
fn difference(path: &Path, old: &[u8], new: &[u8]) -> String {
    // A picture may happen to be UTF-8; it has control characters all the same.
    let text = |bytes| {
        let text = std::str::from_utf8(bytes).ok()?;
        (!text.contains(|c: char| c.is_control() && !c.is_whitespace())).then_some(text)
    };
    if let (Some(old), Some(new)) = (text(old), text(new)) {
        return first_difference(path, old, new);
    }
    let same = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    format!(
        "{}: not a text; {} bytes committed, {} now, the first {same} alike\n",
        path.display(),
        old.len(),
        new.len()
    )
}

fn first_difference(path: &Path, old: &str, new: &str) -> String {
    let pairs = old.lines().map(Some).chain(std::iter::repeat(None));
    let mut fresh = new.lines().map(Some).chain(std::iter::repeat(None));
    for (n, was) in pairs.enumerate() {
        let is = fresh.next().flatten();
        if was != is {
            return format!(
                "{}:{}:\n  committed: {}\n  now:       {}\n",
                path.display(),
                n + 1,
                was.unwrap_or("(end of file)"),
                is.unwrap_or("(end of file)")
            );
        }
        if was.is_none() {
            break;
        }
    }
    format!("{}: line ends differ\n", path.display())
}

/// The negated conjectures for other provers.
fn obligations(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let parsed = bundled::ALL.iter().filter_map(|b| Conjecture::parse(b.text, b.name).ok());
    let written = parsed.flat_map(|c| c.obligations().0);
    written.map(|o| (folder.join(format!("{}.smt2", o.name)), o.text.into_bytes())).collect()
}

/// Files in the folders of the reports that this run did not make, if it made everything. What a
/// solver says of the obligations is not ours to make.
fn strangers(args: &Args, files: &[(PathBuf, Vec<u8>)]) -> Vec<PathBuf> {
    if !args.whole() {
        return Vec::new();
    }
    let known: BTreeSet<&PathBuf> = files.iter().map(|(path, _)| path).collect();
    let in_folder = |name: &str| std::fs::read_dir(args.out.join(name)).into_iter().flatten();
    let folders = ["witnesses", "certificates", "tables", FIGURES, OBLIGATIONS];
    let mut strange: Vec<PathBuf> = folders
        .into_iter()
        .flat_map(in_folder)
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| !known.contains(p) && !p.ends_with("answers.toml"))
        .collect();
    strange.sort();
    strange
}

#[cfg(test)]
mod tests {
    use super::difference;
    use std::path::Path;

    #[test]
    fn texts_differ_in_a_line_and_pictures_in_a_byte() {
        let place = Path::new("a");
        let lines = difference(place, b"one\ntwo\n", b"one\n2\n");
        assert_eq!(lines, "a:2:\n  committed: two\n  now:       2\n");
        assert_eq!(difference(place, b"one\r\n", b"one\n"), "a: line ends differ\n");
        let bytes = difference(place, b"\x89PNG\0\x01", b"\x89PNG\0\x02\x03");
        assert_eq!(bytes, "a: not a text; 6 bytes committed, 7 now, the first 5 alike\n");
        // UTF-8 all the same.
        let bytes = difference(place, b"GIF\0a", b"GIF\0b");
        assert_eq!(bytes, "a: not a text; 5 bytes committed, 5 now, the first 4 alike\n");
    }
}
