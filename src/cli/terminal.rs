//! What a terminal gets: colours where they are wanted, notes unless `--quiet`.

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, Ordering};

/// Options that every command takes.
#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// No progress and no notes on standard error; errors and differences are still said
    #[arg(long, short, global = true)]
    quiet: bool,
    /// When to colour; `auto` is on terminals, unless NO_COLOR is set
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value = "auto")]
    color: clap::ColorChoice,
}

static QUIET: AtomicBool = AtomicBool::new(false);

impl Options {
    /// Takes effect for the rest of the process.
    pub(super) fn apply(&self) {
        QUIET.store(self.quiet, Ordering::Relaxed);
        let choice = match self.color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        choice.write_global();
    }
}

/// Whether nothing is to be said that is neither a result nor an error.
pub(super) fn quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Says on standard error what is neither a result nor an error.
pub(super) fn note(text: &str) {
    if !quiet() {
        anstream::eprintln!("{}", paint(text));
    }
}

/// The words that stand out, each in its own colour; a word also says what its colour says.
const PAINTED: [(&str, Style); 8] = [
    ("Refuted", bold(AnsiColor::Red)),
    ("Disputed", plain(AnsiColor::Magenta)),
    ("Inconclusive", plain(AnsiColor::Yellow)),
    ("Supported", plain(AnsiColor::Cyan)),
    ("Proved", plain(AnsiColor::Green)),
    ("SURVIVE", bold(AnsiColor::Red)),
    ("warning:", plain(AnsiColor::Yellow)),
    ("error:", bold(AnsiColor::Red)),
];

const fn plain(color: AnsiColor) -> Style {
    Style::new().fg_color(Some(anstyle::Color::Ansi(color)))
}

const fn bold(color: AnsiColor) -> Style {
    plain(color).bold()
}

/// The text with colours, which streams that take none leave out.
pub(super) fn paint(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 256);
    let mut rest = text;
    let mut before = None;
    while let Some(c) = rest.chars().next() {
        let found = PAINTED.iter().find(|(word, _)| stands(rest, before, word));
        let length = if let Some((word, style)) = found {
            // Writing to a string cannot fail.
            let _ = write!(out, "{style}{word}{style:#}");
            word.len()
        } else {
            out.push(c);
            c.len_utf8()
        };
        before = rest[..length].chars().next_back();
        rest = &rest[length..];
    }
    out
}

/// Whether `text`, which comes after the character `before`, begins with `word` as a word of its own.
fn stands(text: &str, before: Option<char>, word: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.strip_prefix(word).is_some_and(|rest| !part(before) && !part(rest.chars().next()))
}

#[cfg(test)]
mod tests {
    use super::paint;

    #[test]
    fn verdicts_are_painted_where_they_are_words() {
        assert_eq!(paint("a  Proved  1"), "a  \u{1b}[32mProved\u{1b}[0m  1");
        assert_eq!(paint("error: θ"), "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m θ");
        for left in ["Unproved", "Proveds", "proved", "_Proved", ""] {
            assert_eq!(paint(left), left);
        }
    }
}
