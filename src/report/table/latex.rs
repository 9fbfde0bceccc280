//! Tables as LaTeX: `longtable`, which breaks across pages, with the rules of `booktabs` and the
//! numbers of `siunitx`.

use super::super::prose;
use super::{Cell, Column, Digits, Layout, Table};
use std::fmt::Write;

impl Table {
    /// A long table with the label `tab:backfire-<name>`. Needs `amsmath`, `array`, `booktabs`,
    /// `longtable`, `siunitx` and the command `\backfiretext` for the size of its letters.
    pub fn latex(&self) -> String {
        let mut out = String::new();
        let kinds: Vec<String> = (0..self.columns.len()).map(|k| self.kind(k)).collect();
        let headings: Vec<String> = self.columns.iter().map(heading).collect();
        let head = format!("\\toprule\n{} \\\\\n\\midrule\n", headings.join(" & "));
        let wide = self.columns.len();
        let _ = write!(
            out,
            "\\begin{{longtable}}{{@{{}}{}@{{}}}}\n\\caption{{{}}}\\label{{tab:backfire-{}}}\\\\\n\
             {head}\\endfirsthead\n\
             \\multicolumn{{{wide}}}{{@{{}}l@{{}}}}{{\\itshape continued from the page before}}\\\\\n\
             {head}\\endhead\n\
             \\midrule\n\\multicolumn{{{wide}}}{{@{{}}r@{{}}}}{{\\itshape continued}}\\\\\n\\endfoot\n\
             \\bottomrule\n\\endlastfoot\n",
            kinds.join(""),
            prose::latex(&self.caption),
            self.name
        );
        for row in &self.rows {
            let cells = row.iter().zip(&self.columns).map(|(cell, column)| content(cell, column));
            let _ = writeln!(out, "{} \\\\", cells.collect::<Vec<_>>().join(" & "));
        }
        out.push_str("\\end{longtable}\n");
        out
    }

    /// The type of a column.
    fn kind(&self, index: usize) -> String {
        match self.columns[index].layout {
            Layout::Left => "l".into(),
            Layout::Wrapped(share) => {
                format!(">{{\\raggedright\\arraybackslash}}p{{{share}\\linewidth}}")
            }
            Layout::Number => {
                let digits = self.rows.iter().filter_map(|row| match &row[index] {
                    Cell::Count(n) => Digits::of(&n.to_string()),
                    Cell::Number(number) => Digits::of(number),
                    _ => None,
                });
                format!("S[table-format={}]", format_of(digits.reduce(Digits::with)))
            }
        }
    }
}

/// What `siunitx` calls the format of a table.
fn format_of(digits: Option<Digits>) -> String {
    let d = digits.unwrap_or(Digits { whole: 1, ..Digits::default() });
    let sign = |minus: bool| if minus { "-" } else { "" };
    let mut format = format!("{}{}.{}", sign(d.minus), d.whole, d.fraction);
    if d.exponent > 0 {
        let _ = write!(format, "e{}{}", sign(d.exponent_minus), d.exponent);
    }
    format
}

/// Braces keep `siunitx` from reading words as numbers.
fn heading(column: &Column) -> String {
    let text = prose::latex(&column.heading);
    if column.layout == Layout::Number { format!("{{{text}}}") } else { text }
}

fn content(cell: &Cell, column: &Column) -> String {
    let text = match cell {
        Cell::Empty => return String::new(),
        Cell::Count(n) if column.layout == Layout::Number => return n.to_string(),
        Cell::Number(number) if column.layout == Layout::Number && Digits::of(number).is_some() => {
            return number.clone();
        }
        Cell::Count(n) => format!(r"\num{{{n}}}"),
        Cell::Number(number) if Digits::of(number).is_some() => format!(r"\num{{{number}}}"),
        Cell::Text(text) | Cell::Number(text) => prose::latex_words(text),
        Cell::Prose(text) => prose::latex(text),
        Cell::Code(code) => prose::latex_code(code),
        Cell::Lines(lines) => {
            let lines: Vec<String> = lines.iter().map(|l| prose::latex_code(l)).collect();
            lines.join(r"\newline ")
        }
        Cell::Maths(tex) => prose::latex_maths(tex),
        Cell::Verdict(verdict) => verdict.word().to_string(),
    };
    if column.layout == Layout::Number { format!("{{{text}}}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::awkward;

    #[test]
    fn numbers_are_aligned_and_words_are_escaped() {
        let text = awkward().latex();
        let kinds = r"{@{}l>{\raggedright\arraybackslash}p{0.5\linewidth}lS[table-format=5.0]S[table-format=-1.1e-2]@{}}";
        assert!(text.starts_with(&format!("\\begin{{longtable}}{kinds}\n")), "{text}");
        assert!(text.contains(r"\label{tab:backfire-awkward}"), "{text}");
        assert!(text.contains(r"What \(\tau_p\) says, 100\% & Verdict & {Points} & {Margin} \\"));
        assert!(text.contains(r"50\% of \(a_1 < |b|\) \& \texttt{x\_\allowbreak{}y}"), "{text}");
        assert!(text.contains(r"& Refuted & 12345 & -2.7e-11 \\"), "{text}");
        assert!(text.contains(r"& Proved &  & {below 1e-12} \\"), "{text}");
        assert!(text.contains(r"Müller, \textquotedbl{}\(\rho\)\textquotedbl{} \(<\)b\(>\) \$5 \(\vert\) \{x\} and \textasciitilde{}"), "{text}");
    }
}
