//! Tables as Markdown with pipes, as GitHub reads it.

use super::super::{prose, thousands};
use super::{Cell, Layout, Table};
use std::fmt::Write;

impl Table {
    /// The caption as a paragraph, then the table, then an empty line.
    pub fn markdown(&self) -> String {
        format!("{}\n\n{}\n", prose::markdown(&self.caption), self.markdown_rows())
    }

    /// The table without its caption.
    pub fn markdown_rows(&self) -> String {
        let mut out = String::new();
        let shown = self.printed();
        let columns = || shown.iter().map(|&k| &self.columns[k]);
        line(&mut out, columns().map(|c| prose::markdown(&c.heading)));
        let marks = columns().map(|c| match c.layout {
            Layout::Left | Layout::Wrapped(_) => ":--".to_string(),
            Layout::Number => "--:".to_string(),
        });
        let _ = writeln!(out, "|{}|", marks.collect::<Vec<_>>().join("|"));
        for row in &self.rows {
            line(&mut out, shown.iter().map(|&k| cell(&row[k])));
        }
        out
    }
}

fn line(out: &mut String, cells: impl Iterator<Item = String>) {
    let cells: Vec<String> = cells.collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn cell(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Number(text) => prose::markdown_words(text),
        Cell::Prose(text) => prose::markdown(text),
        Cell::Code(code) => prose::markdown_code(code),
        Cell::Lines(lines) => {
            let lines: Vec<String> = lines.iter().map(|l| prose::markdown_code(l)).collect();
            lines.join("<br>")
        }
        Cell::Items(items) => {
            let items: Vec<String> = items.iter().map(|i| prose::markdown_code(i)).collect();
            items.join("; ")
        }
        Cell::Maths(tex) => prose::markdown_maths(tex),
        Cell::Count(n) => thousands(*n),
        Cell::Verdict(verdict) => verdict.word().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::awkward;

    #[test]
    fn every_row_has_as_many_cells() {
        let text = awkward().markdown_rows();
        let bars = |line: &str| {
            let mut bars = 0;
            let mut before = ' ';
            for c in line.chars() {
                bars += u32::from(c == '|' && before != '\\');
                before = c;
            }
            bars
        };
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 5);
        for line in &lines {
            assert_eq!(bars(line), 7, "{line}");
        }
        assert_eq!(lines[1], "|:--|:--|:--|--:|--:|:--|");
        let first =
            r"| `thm_3/rate#corrected@two` | 50% of $a_1 < \vert b\vert$ \& `x_y` | Refuted ";
        assert!(lines[2].starts_with(first), "{}", lines[2]);
        assert!(lines[2].contains("| 12,345 | -2.7e-11 | print alone |"), "{}", lines[2]);
    }
}
