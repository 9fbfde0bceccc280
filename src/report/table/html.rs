//! Tables as HTML: headings with scopes, classes for the style.

use super::super::{prose, thousands};
use super::{Cell, Layout, Table};
use std::fmt::Write;

impl Table {
    /// The table with its caption, `id="table-<name>"`; formulas by `maths`, which is given LaTeX
    /// without delimiters. Classes: `number` on cells with numbers; `verdict` and the verdict's word,
    /// as `refuted`, on verdicts.
    pub fn html(&self, maths: &dyn Fn(&str) -> String) -> String {
        let mut out = String::new();
        let _ = writeln!(out, "<table id=\"table-{}\">", prose::html_words(&self.name));
        let _ = writeln!(out, "<caption>{}</caption>", prose::html(&self.caption, maths));
        out.push_str("<thead><tr>");
        let shown = self.printed();
        for column in shown.iter().map(|&k| &self.columns[k]) {
            let class = if column.layout == Layout::Number { " class=\"number\"" } else { "" };
            let heading = prose::html(&column.heading, maths);
            let _ = write!(out, "<th scope=\"col\"{class}>{heading}</th>");
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (position, &k) in shown.iter().enumerate() {
                let cell = &row[k];
                let (tag, scope) =
                    if position == 0 { ("th", " scope=\"row\"") } else { ("td", "") };
                let class = class(cell, self.columns[k].layout);
                let _ = write!(out, "<{tag}{scope}{class}>{}</{tag}>", content(cell, maths));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n");
        out
    }
}

fn class(cell: &Cell, layout: Layout) -> String {
    match cell {
        Cell::Verdict(v) => format!(" class=\"verdict {}\"", v.word().to_lowercase()),
        Cell::Count(_) | Cell::Number(_) => " class=\"number\"".into(),
        _ if layout == Layout::Number => " class=\"number\"".into(),
        _ => String::new(),
    }
}

fn content(cell: &Cell, maths: &dyn Fn(&str) -> String) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Number(text) => prose::html_words(text),
        Cell::Prose(text) => prose::html(text, maths),
        Cell::Code(code) => format!("<code>{}</code>", prose::html_words(code)),
        Cell::Lines(lines) => {
            format!("<pre>{}</pre>", prose::html_words(&lines.join("\n")))
        }
        Cell::Items(items) => {
            let code = |i: &String| format!("<code>{}</code>", prose::html_words(i));
            items.iter().map(code).collect::<Vec<_>>().join("; ")
        }
        Cell::Maths(tex) => maths(tex),
        Cell::Count(n) => thousands(*n),
        Cell::Verdict(verdict) => verdict.word().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::awkward;

    #[test]
    fn headings_have_scopes_and_text_is_escaped() {
        let text = awkward().html(&|tex| format!("<i>{}</i>", tex.replace('<', "&lt;")));
        assert_eq!(text.matches("scope=\"col\"").count(), 6);
        assert_eq!(text.matches("scope=\"row\"").count(), 3);
        assert!(text.contains("<td class=\"verdict refuted\">Refuted</td>"), "{text}");
        assert!(text.contains("<td class=\"number\">12,345</td>"), "{text}");
        assert!(text.contains("Müller, &quot;ρ&quot; &lt;b&gt; $5 | {x}\nand ~"), "{text}");
        assert!(text.contains("<caption>Cases &amp; <i>|a| &lt; 1</i>"), "{text}");
        assert!(!text.contains("<b>"), "{text}");
    }
}
