//! Running text with formulas and code in it, as the register writes it, for every kind of reader.
//!
//! Prose is words with `\( … \)` around LaTeX formulas and backquotes around code. Everything else
//! in it is taken literally: a `_` or a `%` is that character, whatever the format.

use super::tex::math;
use std::fmt::Write;

/// A stretch of prose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words, to be taken literally.
    Words(&'a str),
    /// A formula, LaTeX without delimiters.
    Maths(&'a str),
    /// Code, to be taken literally.
    Code(&'a str),
}

/// The stretches of a text in order. What is opened and never closed is words.
pub fn pieces(prose: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = prose;
    while !rest.is_empty() {
        let maths = rest.find(r"\(").map(|at| (at, r"\(", r"\)"));
        let code = rest.find('`').map(|at| (at, "`", "`"));
        let next = [maths, code].into_iter().flatten().min();
        let inner = next.and_then(|(at, open, close)| {
            let from = at + open.len();
            let to = from + rest[from..].find(close)?;
            Some((at, from, to, to + close.len()))
        });
        let Some((at, from, to, end)) = inner else {
            found.push(Piece::Words(rest));
            break;
        };
        if at > 0 {
            found.push(Piece::Words(&rest[..at]));
        }
        let inside = &rest[from..to];
        found.push(if end - to == 1 { Piece::Code(inside) } else { Piece::Maths(inside) });
        rest = &rest[end..];
    }
    found
}

/// A formula that may hold words and be a list, as prose whose lines can break: words in `\text` come
/// out of it, and so do commas with a space behind them.
pub fn spelled(tex: &str) -> String {
    let mut out = String::new();
    let mut open = String::new();
    let mut depth = 0_u32;
    let mut rest = tex;
    // What stood in the formula so far, as one of its own.
    let close = |out: &mut String, open: &mut String| {
        let mut formula = open.trim();
        if let Some(behind) = formula.strip_prefix(',') {
            out.push_str(", ");
            formula = behind.trim();
        }
        if !formula.is_empty() {
            let _ = write!(out, r"\({formula}\)");
        }
        open.clear();
    };
    while let Some(c) = rest.chars().next() {
        let words = rest.strip_prefix(r"\text{").filter(|_| depth == 0);
        if let Some((words, behind)) = words.and_then(|w| w.split_once('}')) {
            close(&mut out, &mut open);
            out.push_str(words);
            rest = behind;
        } else if let Some(behind) = rest.strip_prefix(r",\ ").filter(|_| depth == 0) {
            close(&mut out, &mut open);
            out.push_str(", ");
            rest = behind;
        } else {
            match c {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            open.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    close(&mut out, &mut open);
    out
}

/// Prose as LaTeX.
pub fn latex(prose: &str) -> String {
    let show = |piece| match piece {
        Piece::Words(words) => latex_words(words),
        Piece::Maths(tex) => latex_maths(tex),
        Piece::Code(code) => latex_code(code),
    };
    pieces(prose).into_iter().map(show).collect()
}

/// A formula in LaTeX's running text.
pub fn latex_maths(tex: &str) -> String {
    format!(r"\({}\)", tex.replace('%', r"\%"))
}

/// Words as LaTeX: every character as it is, in any encoding of fonts.
pub fn latex_words(words: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in words.chars() {
        match (before, c) {
            // Not a dash, nor a quotation mark, nor Spanish.
            ('-', '-') | ('\'', '\'') | ('?' | '!', '`') => out.push_str("{}"),
            _ => {}
        }
        latex_character(&mut out, c);
        before = c;
    }
    out
}

/// Code as LaTeX: typewriter, broken after the separators of an id or a path.
pub fn latex_code(code: &str) -> String {
    let mut out = String::from(r"\texttt{");
    let mut letters = code.chars().peekable();
    while let Some(c) = letters.next() {
        if matches!(c, '#' | '@') {
            out.push_str(r"\allowbreak{}");
        }
        match c {
            '\'' => out.push_str(r"\textquotesingle{}"),
            // Typewriter fonts have it straight.
            '"' => out.push_str(r"\char34{}"),
            c => latex_character(&mut out, c),
        }
        if matches!(c, '_' | '/' | '-' | '.' | ',' | '=') && letters.peek().is_some() {
            out.push_str(r"\allowbreak{}");
        }
    }
    out.push('}');
    out
}

/// Signs that are formulas to LaTeX.
const SIGNS: &[(char, &str)] = &[
    ('<', "<"),
    ('>', ">"),
    ('|', r"\vert"),
    ('±', r"\pm"),
    ('·', r"\cdot"),
    ('×', r"\times"),
    ('√', r"\surd"),
    ('≤', r"\le"),
    ('≥', r"\ge"),
    ('≠', r"\ne"),
    ('≈', r"\approx"),
    ('→', r"\to"),
    ('∞', r"\infty"),
    ('∈', r"\in"),
    ('−', "-"),
    ('∇', r"\nabla"),
    ('²', "{}^2"),
    ('α', r"\alpha"),
    ('β', r"\beta"),
    ('γ', r"\gamma"),
    ('δ', r"\delta"),
    ('ε', r"\varepsilon"),
    ('θ', r"\theta"),
    ('κ', r"\kappa"),
    ('λ', r"\lambda"),
    ('μ', r"\mu"),
    ('ρ', r"\rho"),
    ('σ', r"\sigma"),
    ('τ', r"\tau"),
    ('φ', r"\phi"),
    ('ω', r"\omega"),
    ('Δ', r"\Delta"),
    ('Σ', r"\Sigma"),
];

fn latex_character(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str(r"\textbackslash{}"),
        '~' => out.push_str(r"\textasciitilde{}"),
        '^' => out.push_str(r"\textasciicircum{}"),
        '`' => out.push_str(r"\textasciigrave{}"),
        '"' => out.push_str(r"\textquotedblright{}"),
        '_' | '#' | '%' | '&' | '$' | '{' | '}' => {
            out.push('\\');
            out.push(c);
        }
        '\u{2013}' => out.push_str("--"),
        '\u{2014}' => out.push_str("---"),
        '\u{2019}' => out.push('\''),
        '\u{2026}' => out.push_str(r"\dots{}"),
        // Letters of Western languages, which every LaTeX reads.
        '\u{c0}'..='\u{17f}' if c != '×' && c != '÷' => out.push(c),
        c if c.is_whitespace() || c.is_control() => out.push(' '),
        c => match SIGNS.iter().find(|(sign, _)| *sign == c) {
            Some((_, tex)) => {
                let _ = write!(out, r"\({tex}\)");
            }
            None if c.is_ascii() => out.push(c),
            None => {
                let _ = write!(out, r"\texttt{{U+{:04X}}}", u32::from(c));
            }
        },
    }
}

/// Prose as Markdown, fit for the cell of a table.
pub fn markdown(prose: &str) -> String {
    let show = |piece| match piece {
        Piece::Words(words) => markdown_words(words),
        Piece::Maths(tex) => markdown_maths(tex),
        Piece::Code(code) => markdown_code(code),
    };
    pieces(prose).into_iter().map(show).collect()
}

/// A formula in Markdown: a bare `|` would end the cell of a table.
pub fn markdown_maths(tex: &str) -> String {
    format!("${}$", math(tex).trim())
}

/// Words as Markdown.
pub fn markdown_words(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '$' | '#' | '~' | '&')
        {
            out.push('\\');
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}

/// Code as Markdown: in more backquotes than it has itself.
pub fn markdown_code(code: &str) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let space = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
    // A table is cut into cells before code is recognised.
    format!("{fence}{space}{}{space}{fence}", code.replace('|', r"\|").replace('\n', " "))
}

/// Prose as HTML, its formulas by `maths`, which is given LaTeX without delimiters.
pub fn html(prose: &str, maths: &dyn Fn(&str) -> String) -> String {
    let show = |piece| match piece {
        Piece::Words(words) => html_words(words),
        Piece::Maths(tex) => maths(tex),
        Piece::Code(code) => format!("<code>{}</code>", html_words(code)),
    };
    pieces(prose).into_iter().map(show).collect()
}

/// Words as HTML, fit for an attribute in double quotes, too.
pub fn html_words(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() && !c.is_whitespace() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Piece::{Code, Maths, Words};
    use super::*;

    #[test]
    fn prose_is_words_formulas_and_code() {
        let text = r"if \(a_1 < 1\), see `thm_4_5`, 5%";
        let found = pieces(text);
        let known = [Words("if "), Maths("a_1 < 1"), Words(", see "), Code("thm_4_5")];
        assert_eq!(found[..4], known);
        assert_eq!(found[4], Words(", 5%"));
        assert_eq!(pieces(r"an open \( and ` too"), [Words(r"an open \( and ` too")]);
        assert_eq!(pieces(""), []);
    }

    #[test]
    fn lists_and_words_come_out_of_formulas() {
        assert_eq!(
            spelled(r"\gamma > 0,\ |s|, |u| \le L,\ \text{the point is one for } c_{a,\ b} < 1"),
            r"\(\gamma > 0\), \(|s|, |u| \le L\), the point is one for \(c_{a,\ b} < 1\)"
        );
        assert_eq!(spelled(r"\kappa < 1"), r"\(\kappa < 1\)");
        assert_eq!(spelled(r"\text{all of it}, a > 0"), r"all of it, \(a > 0\)");
        assert_eq!(spelled(r"\frac{\text{a}}{b}"), r"\(\frac{\text{a}}{b}\)");
    }

    #[test]
    fn nothing_means_something_else_in_latex() {
        let text = r"a_b #1 @ / % & $x$ {y} \z ~ ^ < > | ` é ρ ± 漢 --";
        let known = r"a\_b \#1 @ / \% \& \$x\$ \{y\} \textbackslash{}z \textasciitilde{} \textasciicircum{} \(<\) \(>\) \(\vert\) \textasciigrave{} é \(\rho\) \(\pm\) \texttt{U+6F22} -{}-";
        assert_eq!(latex_words(text), known);
        assert_eq!(
            latex_code("cor_e2/sign#literal@two"),
            r"\texttt{cor\_\allowbreak{}e2/\allowbreak{}sign\allowbreak{}\#literal\allowbreak{}@two}"
        );
        assert_eq!(latex_code("--a"), r"\texttt{-\allowbreak{}-\allowbreak{}a}");
        assert_eq!(
            latex(r"5% of \(\tau_p\) in `a_b`"),
            r"5\% of \(\tau_p\) in \texttt{a\_\allowbreak{}b}"
        );
    }

    #[test]
    fn nothing_means_something_else_in_markdown() {
        assert_eq!(markdown("a_b|c *d* <e> #1"), r"a\_b\|c \*d\* \<e\> \#1");
        assert_eq!(markdown(r"\(|a| < 1\)"), r"$\vert a\vert  < 1$");
        assert_eq!(markdown("`a|b`"), r"`a\|b`");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`a"), "`` `a ``");
    }

    #[test]
    fn nothing_means_something_else_in_html() {
        let maths = |tex: &str| format!("[{tex}]");
        assert_eq!(
            html(r#"<script> & "it's" \(a < b\) `x<y`"#, &maths),
            "&lt;script&gt; &amp; &quot;it&#39;s&quot; [a < b] <code>x&lt;y</code>"
        );
    }
}
