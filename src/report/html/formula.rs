//! LaTeX as MathML, and the running text around it.

use super::markup::{Html, classed, element, plain};
use crate::report::prose::{Piece, pieces};
use math_core::{LatexToMathML, MathCoreConfig, MathDisplay};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use std::sync::LazyLock;

static CONVERTER: LazyLock<LatexToMathML> = LazyLock::new(|| {
    LatexToMathML::new(MathCoreConfig::default()).expect("there are no macros to be wrong")
});

/// What could not be typeset, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{tex}` cannot be typeset: {why}")]
pub struct NotTypeset {
    /// The formula.
    pub tex: String,
    /// What is wrong with it.
    pub why: String,
}

/// A formula, without its delimiters, as MathML.
///
/// # Errors
/// If it is no LaTeX that the converter knows.
pub fn formula(tex: &str, display: bool) -> Result<Html, NotTypeset> {
    // A line end is a blank to TeX, also behind a backslash.
    let line = tex.trim().replace('\n', " ");
    let how = if display { MathDisplay::Block } else { MathDisplay::Inline };
    let found = CONVERTER.convert_with_local_state(&line, how);
    found
        .map(|converted| Html::raw(converted.mathml))
        .map_err(|e| NotTypeset { tex: tex.to_string(), why: format!("{e:?}") })
}

/// A formula in a line of text; what cannot be typeset is shown as source, and marked.
pub fn inline(tex: &str) -> Html {
    formula(tex, false).unwrap_or_else(|e| failed(&e))
}

/// Text with `\( … \)` and code in backquotes, as statements have it.
pub fn running(text: &str) -> Html {
    let typeset = |piece| match piece {
        Piece::Words(words) => Html::text(words),
        Piece::Maths(tex) => inline(tex),
        Piece::Code(code) => plain("code", code),
    };
    pieces(text).into_iter().map(typeset).collect()
}

/// Markdown with `$ … $` and fences of `math`, as the cards have it, without its headings.
pub fn markdown(text: &str) -> Html {
    let mut page = Page::default();
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES;
    for event in Parser::new_ext(text, options) {
        page.read(event);
    }
    page.done
}

/// Markdown on its way to markup.
#[derive(Default)]
struct Page {
    done: Html,
    open: Vec<Html>,
    /// The source of a displayed formula that is being read.
    display: Option<String>,
    heading: bool,
}

impl Page {
    fn read(&mut self, event: Event) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) if &*kind == "math" => {
                self.display = Some(String::new());
            }
            Event::End(TagEnd::CodeBlock) if self.display.is_some() => {
                let tex = self.display.take().unwrap_or_default();
                self.add(classed("div", "display", typeset(&tex, true)));
            }
            Event::Text(words) if self.display.is_some() => {
                if let Some(tex) = &mut self.display {
                    *tex += &words;
                }
            }
            Event::Start(Tag::Heading { .. }) => {
                self.heading = true;
                self.open.push(Html::new());
            }
            Event::End(TagEnd::Heading(_)) => {
                self.heading = false;
                self.open.pop();
            }
            Event::Start(_) => self.open.push(Html::new()),
            Event::End(end) => {
                let inside = self.open.pop().unwrap_or_default();
                let name = name(end);
                self.add(if name.is_empty() { inside } else { plain(name, inside) });
            }
            Event::Text(words) | Event::Html(words) | Event::InlineHtml(words) => {
                self.add(Html::text(&words));
            }
            Event::Code(code) => self.add(plain("code", &*code)),
            Event::InlineMath(tex) => self.add(typeset(&tex, false)),
            Event::DisplayMath(tex) => self.add(classed("div", "display", typeset(&tex, true))),
            Event::SoftBreak | Event::HardBreak => self.add(Html::text(" ")),
            _ => {}
        }
    }

    fn add(&mut self, more: Html) {
        self.open.last_mut().unwrap_or(&mut self.done).push(more);
    }
}

fn typeset(tex: &str, display: bool) -> Html {
    formula(tex, display).unwrap_or_else(|e| failed(&e))
}

/// The element of a part of Markdown; empty where there is none of its own.
fn name(end: TagEnd) -> &'static str {
    match end {
        TagEnd::Paragraph => "p",
        TagEnd::BlockQuote(_) => "blockquote",
        TagEnd::CodeBlock => "pre",
        TagEnd::List(true) => "ol",
        TagEnd::List(false) => "ul",
        TagEnd::Item => "li",
        TagEnd::Emphasis => "em",
        TagEnd::Strong => "strong",
        TagEnd::Table => "table",
        TagEnd::TableHead | TagEnd::TableRow => "tr",
        TagEnd::TableCell => "td",
        _ => "",
    }
}

/// What a reader sees of a formula that cannot be typeset, and what a test looks for.
fn failed(error: &NotTypeset) -> Html {
    element("code", &[("class", "not-typeset"), ("title", &error.to_string())], error.tex.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theorems;

    #[test]
    fn what_cannot_be_typeset_is_shown_and_marked() {
        assert!(formula(r"\nosuchcommand x", false).is_err());
        assert!(running(r"\(\nosuchcommand x\)").as_str().contains("class=\"not-typeset\""));
        assert!(markdown(r"with $\frac{1}$").as_str().contains("class=\"not-typeset\""));
    }

    /// Every formula of every statement, reading, consequence, hypothesis, card and control.
    #[test]
    fn every_formula_of_the_register_is_typeset() {
        let mut wrong = Vec::new();
        let mut count = 0;
        let mut of = |place: &str, markup: &Html| {
            count += markup.as_str().matches("<math").count();
            if markup.as_str().contains("not-typeset") {
                wrong.push(format!("{place}: {}", markup.as_str()));
            }
        };
        for entry in theorems::ALL {
            of(entry.file, &markdown(&entry.doc()));
            let controls = entry.theorem.controls().into_iter().map(|c| {
                of(c.of, &running(c.why));
                c.claim
            });
            let claims: Vec<_> = controls.collect();
            for claim in entry.theorem.claims().iter().chain(&claims) {
                of(claim.id, &running(claim.statement));
                of(claim.id, &running(claim.reading.unwrap_or_default()));
                of(claim.id, &running(claim.consequence.map_or("", |c| c.text)));
                for h in &claim.hypotheses {
                    of(claim.id, &inline(h.tex()));
                }
            }
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        assert!(count > 1_000, "{count} formulas are fewer than the register has");
    }

    #[test]
    fn mathml_is_well_formed_and_means_the_same() {
        let half = formula(r"\frac{1}{2} < |x'|", false).expect("known");
        let read = roxmltree::Document::parse(half.as_str()).expect("well-formed");
        let names: Vec<&str> = read
            .descendants()
            .filter(roxmltree::Node::is_element)
            .map(|n| n.tag_name().name())
            .collect();
        assert_eq!(names, ["math", "mfrac", "mn", "mn", "mo", "mo", "msup", "mi", "mo", "mo"]);
    }
}
