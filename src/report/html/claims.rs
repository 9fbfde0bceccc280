//! All claims with their verdicts: the table that is searched, and the sections behind it.

use super::claim::{Context, claim, verdict, version};
use super::formula::{markdown, running};
use super::markup::{Html, classed, element, link, plain};
use crate::claim::Version;
use crate::referee::{ClaimReport, Refereed};
use crate::report::text::{closest, routes};
use crate::report::thousands;
use crate::theorem::{Card, Entry};
use crate::theorems;
use crate::verdict::Verdict;

const VERDICTS: [Verdict; 5] = [
    Verdict::Refuted,
    Verdict::Disputed,
    Verdict::Inconclusive,
    Verdict::Supported,
    Verdict::Proved,
];
const VERSIONS: [Version; 3] = [Version::Printed, Version::Corrected, Version::Derived];

/// The theorems of a run with their claims, in the paper's order.
pub(super) fn by_theorem(run: &Refereed) -> Vec<(&'static Entry, Card, Vec<&ClaimReport>)> {
    let of = |entry: &'static Entry| {
        let card = entry.theorem.card();
        let own = |c: &&ClaimReport| c.id.split('/').next() == Some(card.id);
        (entry, card, run.claims.iter().filter(own).collect())
    };
    theorems::ALL.iter().map(of).filter(|(_, _, own): &(_, _, Vec<_>)| !own.is_empty()).collect()
}

/// How many claims have which verdict, by version.
pub(super) fn counts(run: &Refereed) -> Html {
    let count = |v: Verdict, version: Option<Version>| {
        let of =
            |c: &&ClaimReport| c.verdict == v && version.is_none_or(|wanted| c.version == wanted);
        run.claims.iter().filter(of).count()
    };
    let scope = |words: &str| element("th", &[("scope", "col"), ("class", "number")], words);
    let head = element("th", &[("scope", "col")], "Verdict")
        .then(VERSIONS.into_iter().map(|v| scope(version(v))).collect::<Html>())
        .then(scope("all"));
    let row = |v: Verdict| {
        let cells = VERSIONS.into_iter().map(Some).chain([None]);
        let cells = cells.map(|version| classed("td", "number", count(v, version).to_string()));
        let name = element("th", &[("scope", "row")], verdict(v));
        plain("tr", name.then(cells.collect::<Html>()))
    };
    let rows = VERDICTS.into_iter().filter(|v| count(*v, None) > 0).map(row);
    let caption = plain("caption", "Claims by verdict");
    classed(
        "table",
        "counts",
        caption
            .then(plain("thead", plain("tr", head)))
            .then(plain("tbody", rows.collect::<Html>())),
    )
}

/// The table of all claims with its filters.
pub(super) fn table(run: &Refereed) -> Html {
    let columns = [
        ("Claim", ""),
        ("What it says", ""),
        ("Verdict", ""),
        ("Points", "number"),
        ("Closest to failing", ""),
        ("Evidence", ""),
    ];
    let head = columns
        .map(|(words, class)| element("th", &[("scope", "col"), ("class", class)], words))
        .into_iter()
        .collect::<Html>();
    let rows: Html = run.claims.iter().map(row).collect();
    let table = element(
        "table",
        &[("id", "verdicts"), ("class", "verdicts")],
        plain("caption", "Every claim with its verdict")
            .then(plain("thead", plain("tr", head)))
            .then(plain("tbody", rows)),
    );
    let legend = "Points: how many met the hypotheses. Evidence: A analytic prediction, S simulated \
                  fixed point, E eigenvalue spectrum, R recorded series, X exact arithmetic.";
    filters(run).then(classed("div", "wide", table)).then(classed("p", "legend", legend))
}

fn row(c: &ClaimReport) -> Html {
    let id = element("th", &[("scope", "row")], link(&c.id, breakable(&c.id)));
    let points = if c.met() == 0 { String::new() } else { thousands(c.met()) };
    let statement =
        running(c.statement).then(" ").then(classed("span", "version", version(c.version)));
    let cells = id
        .then(classed("td", "statement", statement))
        .then(plain("td", verdict(c.verdict)))
        .then(classed("td", "number", points))
        .then(plain("td", closest(c)))
        .then(plain("td", plain("code", routes(c))));
    let words = format!("{} {} {}", c.id, c.statement, c.source).to_lowercase();
    let theorem = c.id.split('/').next().unwrap_or_default();
    let attributes = [
        ("data-verdict", c.verdict.word()),
        ("data-version", key(c.version)),
        ("data-theorem", theorem),
        ("data-words", &words),
    ];
    element("tr", &attributes, cells)
}

/// An id that may break behind its separators.
fn breakable(id: &str) -> Html {
    let mut parts = Html::new();
    for part in id.split_inclusive(['/', '_', '#', '@']) {
        parts.push(Html::text(part).then(element("wbr", &[], Html::new())));
    }
    plain("code", parts)
}

fn key(v: Version) -> &'static str {
    match v {
        Version::Printed => "printed",
        Version::Corrected => "corrected",
        Version::Derived => "derived",
    }
}

/// Shown by the script, which it needs.
fn filters(run: &Refereed) -> Html {
    let words = element("label", &[("for", "search")], "Search").then(element(
        "input",
        &[
            ("type", "search"),
            ("id", "search"),
            ("placeholder", "id, words or LaTeX"),
            ("autocomplete", "off"),
        ],
        Html::new(),
    ));
    let option = |value: &str, words: &str| element("option", &[("value", value)], words);
    let theorems = by_theorem(run).into_iter();
    let options: Html = theorems.map(|(_, card, _)| option(card.id, card.title)).collect();
    let theorem = element("label", &[("for", "theorem")], "Theorem").then(element(
        "select",
        &[("id", "theorem")],
        option("", "all").then(options),
    ));
    let verdicts = VERDICTS.map(|v| choice("verdict", v.word(), verdict(v)));
    let versions = VERSIONS.map(|v| choice("version", key(v), Html::text(version(v))));
    let reset = element("button", &[("type", "reset"), ("class", "tool")], "Show all");
    let count = element("p", &[("id", "shown"), ("role", "status"), ("aria-live", "polite")], "");
    element(
        "form",
        &[("id", "filters"), ("role", "search"), ("aria-label", "Claims"), ("hidden", "")],
        classed("div", "field", words)
            .then(classed("div", "field", theorem))
            .then(group("Verdict", verdicts.into_iter().collect()))
            .then(group("Version", versions.into_iter().collect()))
            .then(classed("div", "field", reset.then(count))),
    )
}

fn group(legend: &str, choices: Html) -> Html {
    plain("fieldset", plain("legend", legend).then(choices))
}

fn choice(name: &str, value: &str, words: Html) -> Html {
    let attributes = [("type", "checkbox"), ("name", name), ("value", value)];
    plain("label", element("input", &attributes, Html::new()).then(" ").then(words))
}

/// Every theorem with its card and its claims.
pub(super) fn sections(context: Context) -> Html {
    let tools = [("unfold", "Unfold all"), ("fold", "Fold all")]
        .map(|(id, words)| {
            let class = "tool";
            element("button", &[("type", "button"), ("id", id), ("class", class)], words)
        })
        .into_iter()
        .collect::<Html>();
    let tools = element("p", &[("id", "folds"), ("hidden", "")], tools);
    let own = by_theorem(context.run);
    tools.then(own.iter().map(|(e, card, own)| theorem(context, e, *card, own)).collect::<Html>())
}

fn theorem(context: Context, entry: &Entry, card: Card, own: &[&ClaimReport]) -> Html {
    let weakest = Verdict::of_theorem(own.iter().map(|c| c.verdict));
    let heading = format!("{}-heading", card.id);
    let source = Html::text(card.source).then(". Weakest verdict: ").then(verdict(weakest));
    let doc = classed("div", "body", markdown(&entry.doc()));
    let card_fold = classed(
        "details",
        "card",
        plain("summary", "Statement, hypotheses, and how it is checked").then(doc),
    );
    let claims: Html = own.iter().map(|c| claim(context, c)).collect();
    element(
        "section",
        &[("id", card.id), ("class", "theorem"), ("aria-labelledby", &heading)],
        element("h3", &[("id", &heading)], card.title)
            .then(classed("p", "source", source))
            .then(card_fold)
            .then(claims),
    )
}
