//! How numbers and tables look on a terminal.

use serde::Serialize;

/// `text` or `json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: everything, every digit
    Json,
}

/// `text`, `json` or `csv`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum TableFormat {
    /// For people
    Text,
    /// For programs: everything, every digit
    Json,
    /// The table alone, every digit
    Csv,
}

/// Six significant digits.
pub(super) fn number(x: f64) -> String {
    // The exponent as it is after rounding, so that 0.9999999 is 1.00000.
    let scientific = format!("{x:.5e}");
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent {
        Some(e @ -4..=5) => format!("{x:.*}", usize::try_from(5 - e).unwrap_or(0)),
        _ => scientific,
    }
}

/// The size of an error: one digit.
pub(super) fn rough(x: f64) -> String {
    if x == 0.0 { "0".to_owned() } else { format!("{x:.0e}") }
}

/// A number that may not exist.
pub(super) fn maybe(x: Option<f64>) -> String {
    x.map_or_else(|| "-".to_owned(), number)
}

/// Yes or no.
pub(super) fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.to_owned()
}

/// Rows under a header, in columns two spaces apart: the first one and those with several words a
/// cell to the left, the others, numbers mostly, to the right.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let header: Vec<String> = header.iter().map(|&cell| cell.to_owned()).collect();
    let all = || std::iter::once(&header).chain(rows);
    let width = |c: usize| {
        let cells = all().filter_map(|row| row.get(c));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let wordy = |c: usize| rows.iter().any(|row| row.get(c).is_some_and(|cell| cell.contains(' ')));
    let left: Vec<bool> = (0..header.len()).map(|c| c == 0 || wordy(c)).collect();
    let mut text = String::new();
    for row in all() {
        let cells = row.iter().zip(&widths).enumerate().map(|(c, (cell, &width))| {
            if left[c] { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows under a header, as comma-separated values.
pub(super) fn csv(header: &[String], rows: &[Vec<String>]) -> String {
    std::iter::once(header)
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| row.join(",") + "\n")
        .collect()
}

/// Indented JSON; what is not finite is `null`.
pub(super) fn json(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value).expect("plain data with text keys");
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_digits() {
        let shown = [0.0, 1.0, -0.123_456_78, 0.999_999_9, 123_456.7, 1.5e-7, f64::INFINITY];
        let expected =
            ["0.00000", "1.00000", "-0.123457", "1.00000", "123457", "1.50000e-7", "inf"];
        assert_eq!(shown.map(number), expected);
    }

    #[test]
    fn columns_line_up() {
        let rows = [vec!["a".to_owned(), "10".to_owned()], vec!["bcd".to_owned(), "2".to_owned()]];
        assert_eq!(table(&["x", "n"], &rows), "x     n\na    10\nbcd   2\n");
    }
}
