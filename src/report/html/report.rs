//! The report of a run as a page.

use super::claim::{Context, picture_id};
use super::claims;
use super::formula::{inline, running};
use super::frame::{Section, page};
use super::map;
use super::markup::{Html, classed, element, link, plain};
use crate::claim::{Gravity, Version};
use crate::figures::Figure;
use crate::referee::{ClaimReport, ControlReport, Refereed};
use crate::report::refuted;
use crate::report::table::Table;
use crate::systems::{PlainLoop, shipped};
use crate::verdict::Verdict;

const PAPER: &str = "When and How Human Curation Backfires: Preference Alignment under Multi-Model \
                     Self-Consuming Loop";

/// The shipped loops for the interactive map, that of the authors' code first.
pub fn shipped() -> Vec<PlainLoop> {
    let mut loops: Vec<PlainLoop> =
        shipped::ALL.iter().filter_map(|s| Some(s.parse().ok()?.plain())).collect();
    loops.sort_by_key(|l| l.name != "paper-5-1-code");
    loops
}

/// What a report shows besides the claims.
#[derive(Clone, Debug, Default)]
pub struct Besides<'a> {
    /// Those that the interactive map has, the first of them shown first.
    pub loops: Vec<PlainLoop>,
    /// Tables of their own.
    pub tables: Vec<Table>,
    /// Pictures, with different names.
    pub figures: &'a [Figure],
}

/// The whole report. Its commands say that the reports are in `folder`.
pub fn html(run: &Refereed, folder: &str, besides: &Besides) -> String {
    let mut sections = vec![
        Section::new("failures", "What fails as printed", failures(run)),
        Section::new("claims", "Claims and verdicts", claims::table(run)),
    ];
    sections.extend(map::section(&besides.loops));
    if !besides.figures.is_empty() {
        let figures: Html = besides.figures.iter().map(picture).collect();
        sections.push(Section::new("figures", "Figures", figures));
    }
    if !besides.tables.is_empty() {
        let tables: Html = besides.tables.iter().map(table).collect();
        sections.push(Section::new("tables", "Tables", tables));
    }
    let context = Context { run, folder, figures: besides.figures };
    sections.push(Section::new("full", "The claims in full", claims::sections(context)));
    sections.push(Section::new("controls", "Controls", controls(run)));
    page("What the referee found", &lead(run), &sections)
}

/// A picture with its words, for `diagnose` and the report.
pub fn picture(figure: &Figure) -> Html {
    let drawing = classed("div", "drawn", Html::raw(figure.svg()));
    let attributes = [("id", &*picture_id(&figure.name)), ("class", "picture")];
    element("figure", &attributes, drawing.then(plain("figcaption", running(&figure.caption))))
}

/// A table with its caption.
pub fn table(table: &Table) -> Html {
    let maths = |tex: &str| inline(tex).as_str().to_string();
    classed("div", "wide", Html::raw(table.html(&maths)))
}

fn lead(run: &Refereed) -> Html {
    let paper = Html::text("A referee’s report, by machine, on ")
        .then(plain("cite", PAPER))
        .then(" (arXiv 2605.29267v1). Each printed claim was checked along routes that share no formula, \
               searched for counterexamples, and decided in exact arithmetic where that is possible.");
    let made =
        format!("Made by backfire report, seed {}, effort {}.", run.effort.seed, run.effort.factor);
    let meanings = [
        (
            Verdict::Refuted,
            "a counterexample meets every hypothesis, confirmed in exact arithmetic",
        ),
        (Verdict::Disputed, "floating point shows a violation that nothing rigorous confirms"),
        (Verdict::Inconclusive, "nothing was decided"),
        (Verdict::Supported, "every check agrees; that is not a proof"),
        (Verdict::Proved, "a certificate covers the whole stated domain"),
    ];
    let meaning = |(v, words)| plain("li", super::claim::verdict(v).then(" ").then(words));
    let key = classed("ul", "key", meanings.into_iter().map(meaning).collect::<Html>());
    let both = classed("div", "glance", claims::counts(run).then(key));
    classed("p", "lead", paper).then(both).then(classed("p", "made", made))
}

/// Every printed claim that fails, most serious first.
fn failures(run: &Refereed) -> Html {
    let failing: Vec<_> = refuted(run).filter(|(c, _)| c.version == Version::Printed).collect();
    if failing.is_empty() {
        return plain("p", "Nothing that was checked fails as printed.");
    }
    let mut out = plain(
        "p",
        "Most serious first. Each is a concrete case that meets every hypothesis of its claim. That \
         a claim fails says nothing about those that are not in this list.",
    );
    for rank in Gravity::ALL.into_iter().map(Some).chain([None]) {
        let here = failing.iter().filter(|(c, _)| c.consequence.map(|k| k.gravity) == rank);
        let items: Html = here.map(|(c, d)| failure(c, *d)).collect();
        if !items.is_empty() {
            let heading = rank.map_or("Others", Gravity::heading);
            out.push(plain("h3", heading).then(classed("ul", "failures", items)));
        }
    }
    out
}

fn failure(c: &ClaimReport, corrected: Option<&ClaimReport>) -> Html {
    let mut item = link(&c.id, plain("code", &c.id)).then(" ").then(running(c.statement));
    if let Some(d) = corrected {
        let id = link(&d.id, plain("code", &d.id));
        let verdict = d.verdict.word().to_lowercase();
        item.push(classed(
            "div",
            "instead",
            Html::text(&format!("instead, {verdict}, "))
                .then(id)
                .then(": ")
                .then(running(d.statement)),
        ));
    }
    plain("li", item)
}

fn controls(run: &Refereed) -> Html {
    let survive = run.surviving().count();
    let words = format!(
        "Near misses, known to be false, that the same checks must refute: {} planted, {} refuted{}",
        run.controls.len(),
        run.controls.len() - survive,
        if survive == 0 { "." } else { ". The checks of the others have no teeth." }
    );
    let head = ["Control", "Nearly", "Why it is false", "Verdict", "Refuted by"]
        .map(|words| element("th", &[("scope", "col")], words))
        .into_iter()
        .collect::<Html>();
    let rows: Html = run.controls.iter().map(control).collect();
    let table = classed(
        "table",
        "controls",
        plain("caption", "Controls")
            .then(plain("thead", plain("tr", head)))
            .then(plain("tbody", rows)),
    );
    plain("p", words).then(classed("div", "wide", table))
}

fn control(c: &ControlReport) -> Html {
    let witness = c.witness.as_ref().map_or_else(String::new, |w| {
        let s = &w.sides()[0];
        format!("{}: {} {} {} fails", s.what, s.left, s.relation, s.right)
    });
    let cells = element("th", &[("scope", "row")], plain("code", &c.id))
        .then(plain("td", link(&c.of, plain("code", &c.of))))
        .then(plain("td", running(c.why)))
        .then(plain("td", super::claim::verdict(c.verdict)))
        .then(plain("td", witness));
    plain("tr", cells)
}
