//! How commands write: whole files or none, and standard output that may close.

use super::Failure;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Writes `text` to standard output; what colours are in it arrive on terminals only.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The folder that a file is in.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What a regular file says; `None` where there is none yet.
///
/// # Errors
/// If it cannot be read, or is something else, as a folder or a device: that may have no end.
pub(super) fn text_of(path: &Path) -> Result<Option<String>, Failure> {
    let fail = |reason| Failure::Write { path: path.to_owned(), reason };
    match std::fs::metadata(path) {
        Ok(found) if found.is_file() => {
            let bytes = std::fs::read(path).map_err(fail)?;
            Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
        }
        Ok(_) => Err(irregular(path)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(reason) => Err(fail(reason)),
    }
}

fn irregular(path: &Path) -> Failure {
    Failure::Usage {
        message: format!("{} is no regular file", path.display()),
        help: "name a file that does not exist yet, in a folder that exists".into(),
    }
}

/// Whether a file can be begun in the folder of `path`, and none but a regular one is there, found out before hours of work depend on it.
pub(super) fn can_write(path: &Path) -> Result<(), Failure> {
    let folder = folder(path);
    if !folder.is_dir() {
        return Err(Failure::Usage {
            message: format!("there is no folder {} for {}", folder.display(), path.display()),
            help: "make it first, or name a file in a folder that exists".into(),
        });
    }
    // A device would be renamed over, not written to.
    if std::fs::metadata(path).is_ok_and(|found| !found.is_file()) {
        return Err(irregular(path));
    }
    match tempfile::NamedTempFile::new_in(folder) {
        Ok(_) => Ok(()),
        // Without the name of the temporary file, which is no concern of the user.
        Err(e) => Err(Failure::Write { path: path.to_owned(), reason: e.kind().into() }),
    }
}

/// Whether a folder is there or can be made, and files in it, found out before any work depends on it.
pub(super) fn can_make(folder: &Path) -> Result<(), Failure> {
    let fail = |reason: std::io::Error| Failure::Write { path: folder.to_owned(), reason };
    let there = folder.ancestors().find(|f| f.exists()).unwrap_or(Path::new("."));
    if !there.is_dir() {
        return Err(fail(std::io::ErrorKind::NotADirectory.into()));
    }
    tempfile::NamedTempFile::new_in(there).map_err(|e| fail(e.kind().into()))?;
    Ok(())
}

/// A file that a command is going to write.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// The option that names it.
    pub option: &'static str,
    /// How names of such files end.
    pub ending: &'static str,
    /// Where it goes.
    pub path: &'a Path,
}

/// Looks at all that a command will write before any work depends on it.
///
/// # Errors
/// If a file cannot be begun, or if it would take the place of what is read, of another target, or of
/// a file that by its name is of another kind: that is a slip, and what is there would be lost.
pub(super) fn check_targets(reads: &[&Path], writes: &[Target]) -> Result<(), Failure> {
    let mut taken: Vec<(PathBuf, String)> =
        reads.iter().map(|path| (place(path), "the file that is read".to_owned())).collect();
    for Target { option, ending, path } in writes {
        can_write(path)?;
        let here = place(path);
        let own = path.extension().is_none_or(|e| e.eq_ignore_ascii_case(ending));
        let lost = match taken.iter().find(|(there, _)| *there == here) {
            Some((_, what)) => what.clone(),
            None if path.exists() && !own => format!("a file that is no .{ending} by its name"),
            None => {
                taken.push((here, format!("what `{option}` writes")));
                continue;
            }
        };
        return Err(Failure::Usage {
            message: format!("`{option} {}` would overwrite {lost}", path.display()),
            help: "nothing was changed; name another file".into(),
        });
    }
    Ok(())
}

/// What a path comes to, links followed as far as there is something.
fn place(path: &Path) -> PathBuf {
    let beside = || {
        let folder = folder(path).canonicalize().ok()?;
        Some(folder.join(path.file_name()?))
    };
    path.canonicalize().ok().or_else(beside).unwrap_or_else(|| path.to_owned())
}

/// Writes a text or bytes to `path`, whole or not at all: into a temporary file beside it, then
/// renamed.
pub(super) fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::create_dir_all(folder(path))
        .map_err(|reason| Failure::Write { path: path.to_owned(), reason })?;
    write_here(path, content)
}

/// As [`write`], but only into a folder that exists.
pub(super) fn write_here(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Failure> {
    let fail = |reason| Failure::Write { path: path.to_owned(), reason };
    let folder = folder(path);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(content.as_ref()).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    // Temporary files are private; a report is read by others.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(mode).map_err(fail)?;
    }
    file.persist(path).map_err(|e| fail(e.error))?;
    Ok(())
}
