//! Tables as LaTeX: `longtable`, which breaks across pages, with the rules of `booktabs` and the
//! numbers of `siunitx`.

use super::super::prose;
use super::{Cell, Column, Digits, Layout, Table};
use std::fmt::Write;

impl Table {
    /// A long table with the label `tab:backfire-<name>`. Needs `amsmath`, `array`, `booktabs`,
    /// `longtable`, `siunitx` and `\backfiretable`, which sets the size of its letters.
    pub fn latex(&self) -> String {
        let mut shown = self.printed();
        if self.grouped {
            // What a group has in common stands in a line of its own.
            shown.retain(|k| *k != 0);
        }
        let kinds: String = shown.iter().map(|&k| self.kind(k)).collect();
        let headings: Vec<String> = shown.iter().map(|&k| heading(&self.columns[k])).collect();
        let head = format!("\\toprule\n{} \\\\\n\\midrule\n", headings.join(" & "));
        let wide = shown.len();
        let mut out = format!(
            "\\begingroup\\backfiretable\n\\begin{{longtable}}{{@{{}}{kinds}@{{}}}}\n\
             \\caption{{{}}}\\label{{tab:backfire-{}}}\\\\\n{head}\\endfirsthead\n\
             \\multicolumn{{{wide}}}{{@{{}}l@{{}}}}{{\\itshape continued from the page before}}\\\\\n\
             {head}\\endhead\n\
             \\midrule\n\\multicolumn{{{wide}}}{{@{{}}r@{{}}}}{{\\itshape continued}}\\\\\n\\endfoot\n\
             \\bottomrule\n\\endlastfoot\n",
            prose::latex(&self.caption),
            self.name
        );
        let mut group = None;
        for (index, row) in self.rows.iter().enumerate() {
            if self.grouped && group != row.first() {
                let space = if index > 0 { "\\addlinespace\n" } else { "" };
                let name = content(&row[0], &self.columns[0]);
                let _ =
                    writeln!(out, "{space}\\multicolumn{{{wide}}}{{@{{}}l@{{}}}}{{{name}}}\\\\*");
                group = row.first();
            }
            let cells: Vec<String> =
                shown.iter().map(|&k| content(&row[k], &self.columns[k])).collect();
            // What begins like that would be an argument of the end of the row before.
            let guard = if cells[0].starts_with(['[', '*']) { "{}" } else { "" };
            let indent = if self.grouped { "\\quad " } else { "" };
            // A starred end of a row keeps the next one on its page.
            let next = self.rows.get(index + 1).map(|next| next.first());
            let star = if self.grouped && next == Some(row.first()) { "*" } else { "" };
            let _ = writeln!(out, "{indent}{guard}{} \\\\{star}", cells.join(" & "));
        }
        out.push_str("\\end{longtable}\n\\endgroup\n");
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
        Cell::Items(items) => {
            let items: Vec<String> = items.iter().map(|i| item(i)).collect();
            items.join("; ")
        }
        Cell::Maths(tex) => prose::latex_maths(tex),
        Cell::Verdict(verdict) => verdict.word().to_string(),
    };
    if column.layout == Layout::Number { format!("{{{text}}}") } else { text }
}

/// Characters of code that fit into one line of any column.
const SHORT: usize = 24;

/// A piece of code that is not broken if it is short.
fn item(code: &str) -> String {
    let text = prose::latex_code(code);
    if code.chars().count() <= SHORT { format!(r"\mbox{{{text}}}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::tests::awkward;
    use super::super::{Cell, Column, Layout, Table};

    #[test]
    fn numbers_are_aligned_and_words_are_escaped() {
        let text = awkward().latex();
        let kinds = r"{@{}l>{\raggedright\arraybackslash}p{0.5\linewidth}lS[table-format=5.0]S[table-format=-1.1e-2]l@{}}";
        let begin = format!("\\begingroup\\backfiretable\n\\begin{{longtable}}{kinds}\n");
        assert!(text.starts_with(&begin), "{text}");
        assert!(text.contains(r"\label{tab:backfire-awkward}"), "{text}");
        assert!(
            text.contains(r"What \(\tau_p\) says, 100\% & Verdict & {Points} & {Margin} & Note \\")
        );
        assert!(text.contains(r"50\% of \(a_1 < |b|\) \& \texttt{x\_\allowbreak{}y}"), "{text}");
        assert!(text.contains(r"& Refuted & 12345 & -2.7e-11 & print alone \\"), "{text}");
        assert!(text.contains(r"& Proved &  & {below 1e-12} &  \\"), "{text}");
        assert!(
            text.contains(r"\mbox{\texttt{x\_\allowbreak{}1 =\allowbreak{} 1}}; \mbox{"),
            "{text}"
        );
        assert!(text.contains(r"Müller, \textquotedblright{}\(\rho\)\textquotedblright{} \(<\)b\(>\) \$5 \(\vert\) \{x\} and \textasciitilde{}"), "{text}");
    }

    #[test]
    fn rows_of_a_group_stay_together_under_its_name() {
        let columns = ["loop", "order", "rate"].map(|k| Column::new(k, k, Layout::Left)).to_vec();
        let mut table = Table::new("groups", "Groups.", columns);
        for (group, item) in [("a", "[1"), ("a", "2"), ("b", "1")] {
            table.row([group, item, "c"].map(|text| Cell::Text(text.into())));
        }
        let text = table.latex();
        let rows = "a & [1 & c \\\\\na & 2 & c \\\\\nb & 1 & c \\\\\n\\end{longtable}";
        assert!(text.contains(rows), "{text}");
        let text = table.grouped().latex();
        assert!(text.contains("{longtable}{@{}ll@{}}"), "{text}");
        let rows = "\\multicolumn{2}{@{}l@{}}{a}\\\\*\n\\quad {}[1 & c \\\\*\n\\quad 2 & c \\\\\n\\addlinespace\n\
                    \\multicolumn{2}{@{}l@{}}{b}\\\\*\n\\quad 1 & c \\\\\n\\end{longtable}";
        assert!(text.contains(rows), "{text}");
    }
}
