//! One claim, folded out: what it says, under which hypotheses, what was found.

use super::formula::{inline, running};
use super::frame::facts;
use super::markup::{Html, classed, element, fragment, link, plain};
use super::witness;
use crate::claim::Version;
use crate::evidence::Evidence;
use crate::figures::Figure;
use crate::referee::{ClaimReport, Refereed};
use crate::report::tex::sentence;
use crate::report::{
    certificate_path, refuted, replay_command, thousands, witness_path, witness_toml,
};
use crate::verdict::Verdict;

/// Pictures by name, with the beginnings of the ids of the claims that they show something of.
const SHOWS: [(&str, &[&str]); 7] = [
    ("spectrum", &["thm_3_6/", "sec_5_1/settles"]),
    ("trajectory", &["thm_3_6/rate", "thm_3_6/asymptotic", "ex_4_6/"]),
    ("curation", &["thm_4_5/", "sec_5_1/self", "sec_5_1/cross"]),
    ("regimes", &["thm_4_5/", "cor_4_7/", "cor_e2/", "sec_5_1/self", "sec_5_1/cross"]),
    ("thresholds", &["cor_4_7/", "cor_e2/"]),
    ("figure-3", &["sec_5_1/"]),
    ("contributions", &["sec_5_1/fig_3ef"]),
];

/// What the sections of the claims are made from.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// The run.
    pub run: &'a Refereed,
    /// Where commands say that the reports are.
    pub folder: &'a str,
    /// The pictures on the page.
    pub figures: &'a [Figure],
}

/// The id of a picture.
pub(super) fn picture_id(name: &str) -> String {
    format!("picture-{name}")
}

/// The claim as a part that folds out. Its id is the claim's.
pub(super) fn claim(context: Context, c: &ClaimReport) -> Html {
    let word = c.verdict.word();
    let class = format!("claim {}", word.to_lowercase());
    // What is refuted or open is printed in full, the rest with its statement alone.
    let printed = if c.verdict < Verdict::Supported { "essential" } else { "" };
    let head = plain("h4", plain("code", &c.id))
        .then(verdict(c.verdict))
        .then(classed("span", "version", version(c.version)))
        .then(classed("span", "statement", running(c.statement)));
    let body = facts(rows(context, c)).then(classed(
        "p",
        "permalink",
        element("a", &[("href", &fragment(&c.id))], "Link to this claim"),
    ));
    let summary = plain("summary", head);
    element(
        "details",
        &[("id", &c.id), ("class", &class), ("data-print", printed)],
        summary.then(classed("div", "body", body)),
    )
}

/// A verdict with its mark, which differs in shape as well as in colour.
pub(super) fn verdict(v: Verdict) -> Html {
    let word = v.word();
    classed("span", &format!("verdict {}", word.to_lowercase()), word)
}

/// Whether the paper says so.
pub(super) fn version(v: Version) -> &'static str {
    match v {
        Version::Printed => "as printed",
        Version::Corrected => "corrected",
        Version::Derived => "derived",
    }
}

fn rows(context: Context, c: &ClaimReport) -> Vec<(Html, Html)> {
    let Context { run, folder, figures } = context;
    let mut rows = Vec::new();
    let mut row = |term: &str, what: Html| {
        if !what.is_empty() {
            rows.push((Html::text(term), what));
        }
    };
    row("Source", Html::text(c.source));
    row("Reading", c.reading.map_or_else(Html::new, said));
    row("Hypotheses", hypotheses(c));
    row("Points", points(c));
    row("Evidence", evidence(c));
    broken(run, c, &mut row);
    if c.verdict == Verdict::Refuted {
        row("What follows", c.consequence.map_or_else(Html::new, |k| said(k.text)));
    }
    row("What holds instead", corrected(run, c));
    row("Shipped systems", shipped(c));
    row("Certificates", certificates(c));
    row("Pictures", pictures(c, figures));
    row("Check it again", command(run, c, folder));
    rows
}

/// A sentence of its own.
fn said(text: &str) -> Html {
    running(&sentence(text))
}

fn hypotheses(c: &ClaimReport) -> Html {
    let items: Html = c.hypotheses.iter().map(|h| plain("li", inline(h))).collect();
    if items.is_empty() { items } else { plain("ul", items) }
}

/// Where points come from, how many were drawn, and what became of them.
fn points(c: &ClaimReport) -> Html {
    let mut out = Html::new();
    if let Some(domain) = c.domain {
        let name = plain("code", domain.name());
        out.push(plain("p", name.then(": ").then(domain.what()).then(".")));
    }
    let Some(t) = &c.tally else { return out };
    let mut drawn = Html::text(&format!("{} drawn", thousands(t.drawn)));
    for (h, n) in c.hypotheses.iter().zip(&t.rejected).filter(|(_, n)| **n > 0) {
        let rejected = Html::text(&format!(", {} rejected by ", thousands(*n)));
        drawn.push(rejected.then(inline(h)));
    }
    let (undecided, met) = (thousands(t.undecided), thousands(t.met));
    drawn.push(format!(", {undecided} undecided; {met} met the hypotheses."));
    out.then(plain("p", drawn))
}

fn evidence(c: &ClaimReport) -> Html {
    let row = |e: &Evidence| plain("li", verdict(e.verdict()).then(" ").then(e.line()));
    let rows: Html = c.evidence.iter().map(row).collect();
    if rows.is_empty() { rows } else { classed("ul", "evidence", rows) }
}

/// The counterexample: what breaks, on what, under which hypotheses.
fn broken(run: &Refereed, c: &ClaimReport, row: &mut impl FnMut(&str, Html)) {
    let Some(w) = c.witness() else { return };
    row("It fails", witness::broken(w));
    let own = w.place() == "witness";
    if own {
        row("Counterexample", witness::subject(w));
    } else {
        let given = run.given.iter().any(|name| name == w.place());
        let what = if given { "the system given, " } else { "the shipped system " };
        row("Counterexample", Html::text(what).then(plain("code", w.place())));
    }
    row("Its hypotheses", witness::hypotheses(w));
    if own {
        let path = plain("code", witness_path(&c.id));
        let text = plain("pre", plain("code", witness_toml(c, w)));
        let fold = plain("details", plain("summary", path).then(text));
        row("Its file", fold);
    }
}

fn corrected(run: &Refereed, c: &ClaimReport) -> Html {
    let found = refuted(run).find(|(refuted, _)| refuted.id == c.id).and_then(|(_, d)| d);
    found.map_or_else(Html::new, |d| {
        let id = link(&d.id, plain("code", &d.id));
        verdict(d.verdict).then(" ").then(id).then(": ").then(running(d.statement))
    })
}

fn shipped(c: &ClaimReport) -> Html {
    let row = |(system, finding): &(String, String)| {
        plain("li", plain("code", system).then(" ").then(finding_of(finding)))
    };
    let rows: Html = c.shipped.iter().map(row).collect();
    if rows.is_empty() { rows } else { classed("ul", "systems", rows) }
}

/// A finding with the LaTeX of a hypothesis at its end.
fn finding_of(what: &str) -> Html {
    for lead in ["does not meet ", "cannot decide "] {
        if let Some(tex) = what.strip_prefix(lead) {
            return Html::text(lead).then(inline(tex));
        }
    }
    Html::text(what)
}

fn certificates(c: &ClaimReport) -> Html {
    let count = c.evidence.iter().filter(|e| matches!(e, Evidence::Certified(_))).count();
    let path = |k| plain("li", plain("code", certificate_path(&c.id, k)));
    if count == 0 { Html::new() } else { plain("ul", (0..count).map(path).collect::<Html>()) }
}

fn pictures(c: &ClaimReport, figures: &[Figure]) -> Html {
    let about = |f: &&Figure| {
        let shows = SHOWS.iter().find(|(name, _)| *name == f.name);
        shows.is_some_and(|(_, ids)| ids.iter().any(|id| c.id.starts_with(id)))
    };
    let item = |f: &Figure| plain("li", link(&picture_id(&f.name), f.title.as_str()));
    let items: Html = figures.iter().filter(about).map(item).collect();
    if items.is_empty() { items } else { plain("ul", items) }
}

/// The command that puts the counterexample, or else the claim, to the test again.
fn command(run: &Refereed, c: &ClaimReport, folder: &str) -> Html {
    let words = c.witness().map_or_else(
        || format!("backfire verify '{}'", c.id),
        |w| replay_command(run, c, w, folder),
    );
    classed("pre", "command", plain("code", words))
}
