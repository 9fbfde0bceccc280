//! Why a file was refused: the message, the place, the line with a caret, and the remedy.

use std::fmt;
use std::ops::Range;
use thiserror::Error;

/// A system file that cannot be used. Prints over several lines, ready for a terminal.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file is missing or may not be read.
    #[error("error: cannot read {path}: {reason}\n  = help: check the path and its permissions")]
    Unreadable {
        /// As given.
        path: String,
        /// What the operating system says.
        #[source]
        reason: std::io::Error,
    },
    /// No shipped system has this id.
    #[error("error: no system `{id}` is shipped\n  = help: {help}")]
    UnknownId {
        /// As given.
        id: String,
        /// The nearest id, and all of them.
        help: String,
    },
    /// The text is not a valid system.
    #[error("{0}")]
    Invalid(Box<Diagnostic>),
}

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What is wrong.
    pub message: String,
    /// The remedy.
    pub help: String,
    /// The file, as the caller names it.
    pub path: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The line, or the part of a long one around the place.
    excerpt: String,
    /// Where the carets stand under `excerpt`, in characters.
    carets: Range<usize>,
}

/// A mistake at these bytes of a text; [`Problem::in_text`] adds path and line.
#[derive(Debug)]
pub(crate) struct Problem {
    pub span: Range<usize>,
    pub message: String,
    pub help: String,
}

/// An `Err` in one call.
pub(super) fn problem<T>(
    span: Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Problem> {
    Err(Problem { span, message: message.into(), help: help.into() })
}

impl Problem {
    pub(crate) fn in_text(self, text: &str, path: &str) -> FileError {
        // An error at the end of the file is shown at the end of its last line.
        let text = text.trim_end();
        let start = floor_boundary(text, self.span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |i| i + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
        let end = floor_boundary(text, self.span.end).clamp(start, line_end);
        let column = text[line_start..start].chars().count();
        let (excerpt, cut) = window(text[line_start..line_end].trim_end(), column);
        let shown = excerpt.chars().count().saturating_sub(column - cut);
        let width = text[start..end].chars().count().min(shown).max(1);
        FileError::Invalid(Box::new(Diagnostic {
            message: self.message,
            help: self.help,
            path: path.to_owned(),
            line: text[..line_start].matches('\n').count() + 1,
            column: column + 1,
            carets: column - cut..column - cut + width,
            excerpt,
        }))
    }
}

/// The part of `line` to show, and how many characters were cut off in front of it.
fn window(line: &str, column: usize) -> (String, usize) {
    const SHOWN: usize = 96;
    let cut = if line.chars().count() <= SHOWN { 0 } else { column.saturating_sub(SHOWN / 2) };
    // A tab is as wide as the terminal likes; the caret needs it one column wide.
    (line.chars().skip(cut).take(SHOWN).map(|c| if c == '\t' { ' ' } else { c }).collect(), cut)
}

fn floor_boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.line.to_string();
        let gutter = " ".repeat(number.len());
        writeln!(f, "error: {}", self.message)?;
        writeln!(f, "{gutter}--> {}:{}:{}", self.path, self.line, self.column)?;
        writeln!(f, "{gutter} |")?;
        writeln!(f, "{number} | {}", self.excerpt)?;
        let indent = " ".repeat(self.carets.start);
        writeln!(f, "{gutter} | {indent}{}", "^".repeat(self.carets.len()))?;
        write!(f, "{gutter} = help: {}", self.help)
    }
}

/// `did you mean .. ?` where a known word is near, and all known words.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> String {
    let near = known
        .clone()
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(word, k), k))
        .min()
        .filter(|&(distance, k)| distance <= (k.len() / 3).max(1));
    let all = known.into_iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
    match near {
        Some((_, k)) => format!("did you mean `{k}`? known: {all}"),
        None if all.is_empty() => "there are none".to_owned(),
        None => format!("known: {all}"),
    }
}
