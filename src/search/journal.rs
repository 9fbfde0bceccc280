//! A search on disk: what it was asked, and line by line what it has found.
//!
//! The first line says what was asked, every other one what some tasks found together. A line counts
//! once it is whole, so a search that is killed loses what it had not yet written, no more; whoever
//! resumes it drops half a line at the end.

use super::campaign::{Phase, Progress, Shard};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Version of the format of journals.
const FORMAT: u32 = 1;

/// What was asked: the first line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    journal: u32,
    backfire: String,
    /// The text of the conjecture file.
    pub conjecture: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Multiplies the number of tasks.
    pub effort: f64,
    /// Which part of the tasks.
    pub shard: Shard,
    /// Names of the strategies and their numbers of tasks.
    pub plan: Vec<(String, u64)>,
}

impl Header {
    /// For a search that this version of the program makes.
    pub fn new(
        conjecture: String,
        seed: u64,
        effort: f64,
        shard: Shard,
        plan: Vec<(String, u64)>,
    ) -> Self {
        let backfire = env!("CARGO_PKG_VERSION").to_owned();
        Header { journal: FORMAT, backfire, conjecture, seed, effort, shard, plan }
    }

    /// How it differs from `other`, which was asked now; the part aside.
    fn differs(&self, other: &Header) -> Option<(String, &'static str)> {
        let anew = "begin another journal";
        if (self.journal, &self.backfire) != (other.journal, &other.backfire) {
            let what = format!("was written by version {} of backfire", self.backfire);
            return Some((what, "finish it with that version, or begin another journal"));
        }
        if self.conjecture != other.conjecture {
            return Some((
                "is of another conjecture, or of another state of its file".into(),
                anew,
            ));
        }
        if self.seed != other.seed || self.effort.to_bits() != other.effort.to_bits() {
            let what = format!("was begun with --seed {} --effort {}", self.seed, self.effort);
            return Some((what, "give the same, or begin another journal"));
        }
        (self.plan != other.plan).then(|| {
            ("was written for other strategies, by another build of backfire".into(), anew)
        })
    }
}

/// Why a journal cannot be used. Nothing was overwritten.
#[derive(Debug, Error)]
pub enum JournalError {
    /// It is there already.
    #[error(
        "error: {} exists\n   = help: add --resume to go on with it, or name another file",
        .0.display()
    )]
    Exists(PathBuf),
    /// It cannot be begun.
    #[error(
        "error: cannot begin a journal at {}: {reason}\n   = help: name a file in a folder that \
         exists, in which you may write, with space left",
        path.display()
    )]
    Unwritable {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// It cannot be read or written.
    #[error(
        "error: {}: {reason}\n   = help: what it holds is whole; free some space or mend the \
         permissions, then go on with --resume",
        path.display()
    )]
    Io {
        /// The journal.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A folder, a device, a pipe.
    #[error("error: {} is no regular file\n   = help: name a file that a search wrote", .0.display())]
    NoFile(PathBuf),
    /// Somebody else writes it.
    #[error("error: {}: another search writes it\n   = help: wait for it, or name another file", .0.display())]
    Busy(PathBuf),
    /// Not what a journal holds.
    #[error("error: {}:{line}: {what}\n   = help: {help}", path.display())]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
        /// The remedy.
        help: &'static str,
    },
    /// Of another search than this.
    #[error("error: {} {what}\n   = help: {help}", path.display())]
    Other {
        /// The journal.
        path: PathBuf,
        /// How it differs.
        what: String,
        /// The remedy.
        help: &'static str,
    },
}

/// An open journal.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// Begins one.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn create(path: &Path, header: &Header) -> Result<Self, JournalError> {
        // Without the name of the temporary file, which is no concern of the user.
        let fail = |reason: std::io::Error| JournalError::Unwritable {
            path: path.to_owned(),
            reason: reason.kind().into(),
        };
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Under its own name only once the first line is whole.
        let mut temporary = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            temporary.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let mut file = temporary.tempfile_in(folder).map_err(fail)?;
        file.write_all(line(header).as_bytes()).map_err(fail)?;
        file.as_file().sync_all().map_err(fail)?;
        let file = file.persist_noclobber(path).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => JournalError::Exists(path.to_owned()),
            _ => fail(e.error),
        })?;
        let journal = Journal { path: path.to_owned(), file };
        journal.lock()?;
        Ok(journal)
    }

    /// Goes on with one: what it holds is added to `phases`, which are those of the plan with nothing
    /// done.
    ///
    /// # Errors
    /// If it cannot be read, is damaged, or is of another search than `header` says.
    pub fn resume(
        path: &Path,
        header: &Header,
        phases: &mut [Phase],
    ) -> Result<Self, JournalError> {
        let fail = |reason| JournalError::Io { path: path.to_owned(), reason };
        regular(path)?;
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(fail)?;
        let mut journal = Journal { path: path.to_owned(), file };
        journal.lock()?;
        let mut text = String::new();
        journal.file.read_to_string(&mut text).map_err(fail)?;
        let (was, body, whole) = split(path, &text)?;
        if let Some((what, help)) = was.differs(header) {
            return Err(JournalError::Other { path: path.to_owned(), what, help });
        }
        if was.shard != header.shard {
            let what = format!("was begun with --shard {}", was.shard);
            let help = "give the same, or begin another journal";
            return Err(JournalError::Other { path: path.to_owned(), what, help });
        }
        collect(path, &body, phases)?;
        journal.file.set_len(whole).map_err(fail)?;
        journal.file.seek(SeekFrom::End(0)).map_err(fail)?;
        Ok(journal)
    }

    fn lock(&self) -> Result<(), JournalError> {
        match self.file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => Err(JournalError::Busy(self.path.clone())),
            // Some network file systems have no locks: then nobody can be warned.
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => Ok(()),
            Err(TryLockError::Error(reason)) => {
                Err(JournalError::Io { path: self.path.clone(), reason })
            }
        }
    }

    /// Adds a line.
    ///
    /// # Errors
    /// If it cannot be written; what was there before is still whole.
    pub fn write(&mut self, progress: &Progress) -> Result<(), JournalError> {
        let fail = |reason| JournalError::Io { path: self.path.clone(), reason };
        self.file.write_all(line(progress).as_bytes()).map_err(fail)
    }
}

/// The first line of the journal at `path`.
///
/// # Errors
/// If it cannot be read or is none.
pub fn header(path: &Path) -> Result<Header, JournalError> {
    Ok(split(path, &text_of(path)?)?.0)
}

/// Adds up the journals of all parts of one search: `phases` are those of its plan with nothing done.
/// `asked` is the search that this program would make of the first journal.
///
/// # Errors
/// If one cannot be read or is damaged, if they are not the parts of `asked`, or not all of them, or
/// if one has not got far enough to tell.
pub fn merge(paths: &[PathBuf], asked: &Header, phases: &mut [Phase]) -> Result<(), JournalError> {
    let mut parts: Vec<(Shard, &Path)> = Vec::new();
    for path in paths {
        let text = text_of(path)?;
        let (header, body, _) = split(path, &text)?;
        let other = |what, help| JournalError::Other { path: path.clone(), what, help };
        if let Some((what, help)) = header.differs(asked) {
            return Err(other(what, help));
        }
        if header.shard.of() != asked.shard.of() {
            let what =
                format!("is part {}, others are parts of {}", header.shard, asked.shard.of());
            return Err(other(what, "merge the parts of one division"));
        }
        if parts.iter().any(|(part, _)| *part == header.shard) {
            let what = format!("is part {} once more", header.shard);
            return Err(other(what, "give every part once"));
        }
        collect(path, &body, phases)?;
        parts.push((header.shard, path));
    }
    let missing = (1..=asked.shard.of()).find(|k| !parts.iter().any(|(s, _)| s.part() == *k));
    if let Some(k) = missing {
        let what = format!("and the others given lack part {k}/{}", asked.shard.of());
        let help = "run it with --shard, or give its journal, too";
        return Err(JournalError::Other { path: paths[0].clone(), what, help });
    }
    // Parts stop after the first phase in which they have found something themselves.
    for phase in phases {
        if let Some(task) = phase.done.iter().position(|done| !done) {
            let of = asked.shard.of();
            let part = task as u64 % of + 1;
            let path = parts.iter().find(|(s, _)| s.part() == part).map_or(&*paths[0], |(_, p)| p);
            return Err(JournalError::Other {
                path: path.to_owned(),
                what: format!("(part {part}/{of}) is not finished: {}", phase.strategy),
                help: "go on with it with --resume first",
            });
        }
        if !phase.found.broken.is_empty() {
            break;
        }
    }
    Ok(())
}

fn text_of(path: &Path) -> Result<String, JournalError> {
    regular(path)?;
    let fail = |reason| JournalError::Io { path: path.to_owned(), reason };
    std::fs::read_to_string(path).map_err(fail)
}

/// A device may have no end, and a pipe no reader at the other.
fn regular(path: &Path) -> Result<(), JournalError> {
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(_) => Err(JournalError::NoFile(path.to_owned())),
        Err(reason) => Err(JournalError::Io { path: path.to_owned(), reason }),
    }
}

fn line(x: &impl Serialize) -> String {
    let text = serde_json::to_string(x).expect("names and finite numbers are JSON");
    text + "\n"
}

/// The header, the lines after it that are whole, and the bytes up to there.
fn split<'a>(path: &Path, text: &'a str) -> Result<(Header, Vec<&'a str>, u64), JournalError> {
    let whole = text.rfind('\n').map_or(0, |end| end + 1);
    let mut lines = text[..whole].lines();
    let header = lines.next().and_then(|l| serde_json::from_str(l).ok());
    let header = header.ok_or_else(|| JournalError::Damaged {
        path: path.to_owned(),
        line: 1,
        what: "this is no journal of a search".into(),
        help: "journals are written by `backfire search FILE --journal JOURNAL`",
    })?;
    Ok((header, lines.collect(), whole as u64))
}

/// Adds the lines of a journal to the phases.
fn collect(path: &Path, body: &[&str], phases: &mut [Phase]) -> Result<(), JournalError> {
    for (k, text) in body.iter().enumerate() {
        let damaged = |what: String| JournalError::Damaged {
            path: path.to_owned(),
            line: k + 2,
            what,
            help: "delete the file from this line on, then go on with --resume",
        };
        let progress: Progress = serde_json::from_str(text)
            .map_err(|e| damaged(format!("not what was written: {e}")))?;
        let phase = phases.iter_mut().find(|p| p.strategy == progress.strategy);
        let phase = phase.ok_or_else(|| damaged(format!("no strategy `{}`", progress.strategy)))?;
        for task in progress.tasks.iter().flat_map(|[first, last]| *first..=*last) {
            match phase.done.get_mut(task) {
                Some(done) if !*done => *done = true,
                Some(_) => return Err(damaged(format!("task {task} is there twice"))),
                None => return Err(damaged(format!("there is no task {task}"))),
            }
        }
        phase.found.add(&progress.found);
    }
    Ok(())
}
