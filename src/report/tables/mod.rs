//! The tables of a report: each is a file in every format, and part of the appendix.

mod claims;
mod ensembles;
mod exhibits;
mod witnesses;

use super::table::{Cell, Table};
use crate::exhibits::Exhibits;
use crate::referee::Refereed;

pub use claims::{claims, controls};
pub use ensembles::ensembles;
pub use exhibits::{predictions, shares, spectra, thresholds};
pub use witnesses::witnesses;

/// All tables, in the order of the appendix.
pub fn tables(run: &Refereed, exhibits: &Exhibits) -> Vec<Table> {
    vec![
        claims(run),
        witnesses(run),
        predictions(exhibits),
        spectra(exhibits),
        thresholds(exhibits),
        shares(exhibits),
        ensembles(run),
        controls(run),
    ]
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

fn code(words: impl Into<String>) -> Cell {
    Cell::Code(words.into())
}

fn number(digits: Option<String>) -> Cell {
    digits.map_or(Cell::Empty, Cell::Number)
}

/// Numbers below this, of a size of about one, are what rounding left of zero.
const ZERO: f64 = 1e-12;

/// A number to five significant digits, few enough that every processor agrees.
fn figure(x: f64) -> String {
    if x.abs() < ZERO {
        return "0".into();
    }
    let written = format!("{x:.4e}");
    let exponent = written.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    let Some(exponent @ -4..=4) = exponent else { return written };
    let places = usize::try_from(4 - exponent).unwrap_or(0);
    let plain = format!("{x:.places$}");
    if plain.contains('.') {
        plain.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_have_five_digits() {
        let known = [
            (0.5, "0.5"),
            (-1.0, "-1"),
            (25.0 / 288.0, "0.086806"),
            (123.456_78, "123.46"),
            (12_345.67, "12346"),
            (1.0e5, "1.0000e5"),
            (-2.345_67e-7, "-2.3457e-7"),
            (3e-17, "0"),
            (0.999_999_9, "1"),
            (9.999_99e-5, "0.0001"),
        ];
        for (x, written) in known {
            assert_eq!(figure(x), written);
        }
    }
}
