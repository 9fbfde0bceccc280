//! Tables: written once, printed as Markdown, CSV, LaTeX and HTML.
//!
//! Cells know what they hold, so each format escapes and aligns them as it must. Text is taken
//! literally; formulas are LaTeX.

mod csv;
mod html;
mod latex;
mod markdown;

use crate::verdict::Verdict;

/// A table with its caption.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Name of its files, without extension, and of its label: lower-case letters, digits, `-`.
    pub name: String,
    /// What it shows: a sentence or two of [prose](super::prose), with a full stop.
    pub caption: String,
    /// Its columns, at least one.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// Whether rows with the same first cell belong together: on paper it is printed once, above them,
    /// and no page ends between them.
    pub grouped: bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its name in CSV: lower-case letters, digits, `_`.
    pub key: String,
    /// What stands above it: [prose](super::prose).
    pub heading: String,
    /// How its cells are set.
    pub layout: Layout,
    /// Who sees it.
    pub shown: Shown,
}

/// Who sees a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everyone.
    Everywhere,
    /// Machines: CSV alone has it.
    Data,
    /// People: CSV does not have it.
    Print,
}

/// How the cells of a column are set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Layout {
    /// To the left, in one line.
    Left,
    /// To the left, in lines of this share of the width of the page, in (0, 1).
    Wrapped(f64),
    /// By the decimal point.
    Number,
}

/// What stands in a cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Nothing: there is no value.
    Empty,
    /// Words, taken literally.
    Text(String),
    /// Words with formulas in `\( … \)` and code in backquotes; see [`prose`](super::prose).
    Prose(String),
    /// Code, an id, a path, a command, taken literally.
    Code(String),
    /// Lines of code.
    Lines(Vec<String>),
    /// Short pieces of code, one behind the other.
    Items(Vec<String>),
    /// A formula: LaTeX without delimiters.
    Maths(String),
    /// How many.
    Count(u64),
    /// A number as it is to be printed, `-0.25` or `2.7e-1`. What is no decimal, as `25/288` or
    /// `below 1e-12`, is printed as it is.
    Number(String),
    /// A verdict.
    Verdict(Verdict),
}

impl Column {
    /// A column `key` under `heading`.
    pub fn new(key: &str, heading: &str, layout: Layout) -> Self {
        Column { key: key.into(), heading: heading.into(), layout, shown: Shown::Everywhere }
    }

    /// A column that only CSV has.
    pub fn data(key: &str) -> Self {
        Column { shown: Shown::Data, ..Column::new(key, "", Layout::Left) }
    }

    /// A column that CSV does not have.
    pub fn print(heading: &str, layout: Layout) -> Self {
        Column { shown: Shown::Print, ..Column::new("", heading, layout) }
    }
}

impl Table {
    /// A table without rows yet.
    pub fn new(name: &str, caption: &str, columns: Vec<Column>) -> Self {
        Table {
            name: name.into(),
            caption: caption.into(),
            columns,
            rows: Vec::new(),
            grouped: false,
        }
    }

    /// The same, its rows grouped by their first cells.
    #[must_use]
    pub fn grouped(self) -> Self {
        Table { grouped: true, ..self }
    }

    /// The positions of the columns that people see.
    fn printed(&self) -> Vec<usize> {
        self.positions(|shown| shown != Shown::Data)
    }

    /// The positions of the columns that machines see.
    fn recorded(&self) -> Vec<usize> {
        self.positions(|shown| shown != Shown::Print)
    }

    fn positions(&self, wanted: impl Fn(Shown) -> bool) -> Vec<usize> {
        (0..self.columns.len()).filter(|&k| wanted(self.columns[k].shown)).collect()
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If it has not a cell for every column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let cells: Vec<Cell> = cells.into_iter().collect();
        assert_eq!(cells.len(), self.columns.len(), "a row of table {}", self.name);
        self.rows.push(cells);
    }
}

/// A number's sign, its digits before and after the point, and those of its exponent with their sign:
/// `None` for what is no decimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Digits {
    minus: bool,
    whole: usize,
    fraction: usize,
    exponent_minus: bool,
    exponent: usize,
}

impl Digits {
    fn of(number: &str) -> Option<Digits> {
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let (minus, rest) = number.strip_prefix('-').map_or((false, number), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once('e').unwrap_or((rest, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let (exponent_minus, power) =
            exponent.strip_prefix('-').map_or((false, exponent), |rest| (true, rest));
        if ![whole, fraction, power].into_iter().all(digits) {
            return None;
        }
        let given = |there: bool, s: &str| if there { s.len() } else { 0 };
        Some(Digits {
            minus,
            whole: whole.len(),
            fraction: given(mantissa.contains('.'), fraction),
            exponent_minus,
            exponent: given(rest.contains('e'), power),
        })
    }

    /// Enough digits for both.
    fn with(self, other: Digits) -> Digits {
        Digits {
            minus: self.minus || other.minus,
            whole: self.whole.max(other.whole),
            fraction: self.fraction.max(other.fraction),
            exponent_minus: self.exponent_minus || other.exponent_minus,
            exponent: self.exponent.max(other.exponent),
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A table with everything in it that a format may take for something else.
    pub(in crate::report) fn awkward() -> Table {
        let columns = vec![
            Column::new("claim", "Claim", Layout::Left),
            Column::new("statement", r"What \(\tau_p\) says, 100%", Layout::Wrapped(0.5)),
            Column::new("verdict", "Verdict", Layout::Left),
            Column::new("points", "Points", Layout::Number),
            Column::new("margin", "Margin", Layout::Number),
            Column::data("source"),
            Column::print("Note", Layout::Left),
        ];
        let mut table = Table::new("awkward", r"Cases & \(|a| < 1\), all of `a_b#c@d`.", columns);
        table.row([
            Cell::Code("thm_3/rate#corrected@two".into()),
            Cell::Prose(r"50% of \(a_1 < |b|\) & `x_y`".into()),
            Cell::Verdict(Verdict::Refuted),
            Cell::Count(12_345),
            Cell::Number("-2.7e-11".into()),
            Cell::Text("data alone".into()),
            Cell::Text("print alone".into()),
        ]);
        table.row([
            Cell::Maths(r"\kappa < |1|".into()),
            Cell::Text("Müller, \"ρ\" <b> $5 | {x}\nand ~".into()),
            Cell::Verdict(Verdict::Proved),
            Cell::Empty,
            Cell::Number("below 1e-12".into()),
            Cell::Empty,
            Cell::Empty,
        ]);
        table.row([
            Cell::Lines(vec!["x = 1 | 2".into(), "y_1 = 2".into()]),
            Cell::Items(vec!["x_1 = 1".into(), "y = 2".into()]),
            Cell::Empty,
            Cell::Count(7),
            Cell::Number("0".into()),
            Cell::Empty,
            Cell::Empty,
        ]);
        table
    }

    #[test]
    fn decimals_are_told_from_words() {
        let known =
            Digits { minus: true, whole: 1, fraction: 1, exponent_minus: true, exponent: 2 };
        assert_eq!(Digits::of("-2.7e-11"), Some(known));
        assert_eq!(Digits::of("120"), Some(Digits { whole: 3, ..Digits::default() }));
        for words in ["", "25/288", "below 1e-12", "1.", ".5", "1e", "-", "1.2.3", "NaN", "inf"] {
            assert_eq!(Digits::of(words), None, "{words}");
        }
        let wide = Digits::of("120").zip(Digits::of("-2.75")).map(|(a, b)| a.with(b));
        assert_eq!(wide, Some(Digits { minus: true, whole: 3, fraction: 2, ..Digits::default() }));
    }

    #[test]
    #[should_panic(expected = "a row of table awkward")]
    fn a_row_has_a_cell_a_column() {
        awkward().row([Cell::Empty]);
    }
}
