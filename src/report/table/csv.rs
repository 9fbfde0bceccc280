//! Tables as CSV (RFC 4180, lines end in `\n`): for machines, so numbers are bare and formulas are LaTeX.

use super::{Cell, Table};

impl Table {
    /// The table as CSV, its first line the keys of the columns.
    ///
    /// # Panics
    /// Never: a string takes whatever is written.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let shown = self.recorded();
        let keys = shown.iter().map(|&k| self.columns[k].key.clone()).collect();
        let rows = self.rows.iter().map(|row| shown.iter().map(|&k| field(&row[k])).collect());
        for record in std::iter::once::<Vec<String>>(keys).chain(rows) {
            writer.write_record(&record).expect("a record of as many fields into memory");
        }
        let bytes = writer.into_inner().expect("into memory");
        String::from_utf8(bytes).expect("fields are texts")
    }
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text)
        | Cell::Prose(text)
        | Cell::Code(text)
        | Cell::Maths(text)
        | Cell::Number(text) => text.clone(),
        Cell::Lines(lines) => lines.join("\n"),
        Cell::Items(items) => items.join("; "),
        Cell::Count(n) => n.to_string(),
        // As in the JSON report.
        Cell::Verdict(verdict) => verdict.word().to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::awkward;

    #[test]
    fn what_is_written_is_read_again() {
        let text = awkward().csv();
        assert!(text.starts_with("claim,statement,verdict,points,margin,source\n"), "{text}");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows: Vec<Vec<String>> = reader
            .records()
            .map(|r| r.expect("a record").iter().map(str::to_string).collect())
            .collect();
        assert_eq!(rows.len(), 3);
        let first = ["thm_3/rate#corrected@two", r"50% of \(a_1 < |b|\) & `x_y`", "refuted"];
        assert_eq!(rows[0][..3], first);
        assert_eq!(rows[0][3..], ["12345", "-2.7e-11", "data alone"]);
        assert_eq!(rows[1][1], "Müller, \"ρ\" <b> $5 | {x}\nand ~");
        assert_eq!(rows[2][0], "x = 1 | 2\ny_1 = 2");
        assert_eq!(rows[2][2], "");
    }
}
