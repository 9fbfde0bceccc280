//! The structure of the HTML report: well-formed, self-contained, every claim with its row and its
//! section, every link with a place to go to. What a browser does with it is tested in `tests/browser`.

use backfire::referee::{Effort, Refereed, referee};
use backfire::report::html::{Besides, Html, Section, element, html, inline, page, shipped};
use backfire::systems::LoopFile;
use backfire::theorem::Entry;
use backfire::theorems;
use roxmltree::{Document, Node, ParsingOptions};
use std::collections::BTreeSet;

/// Larger pages are slow to open and to send.
const MOST_BYTES: usize = 2_000_000;

fn parsed(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|e| e.to_string())
}

/// What is wrong with a page, in words.
fn faults(text: &str) -> Vec<String> {
    let document = match parsed(text) {
        Ok(document) => document,
        Err(e) => return vec![format!("not well-formed: {e}")],
    };
    let elements: Vec<Node> = document.descendants().filter(Node::is_element).collect();
    let mut faults = links(&elements);
    faults.extend(elements.iter().filter_map(loads));
    faults.extend(elements.iter().filter_map(table));
    if text.contains("not-typeset\"") {
        faults.push("a formula was not typeset".into());
    }
    if text.len() > MOST_BYTES {
        faults.push(format!("{} bytes", text.len()));
    }
    faults
}

/// Ids that are there twice, and references to ids that are not there.
fn links(elements: &[Node]) -> Vec<String> {
    let mut ids = BTreeSet::new();
    let mut faults = Vec::new();
    for id in elements.iter().filter_map(|e| e.attribute("id")) {
        if !ids.insert(id.to_string()) {
            faults.push(format!("two elements with the id {id}"));
        }
    }
    let mut wanted = Vec::new();
    for e in elements {
        match e.attribute("href") {
            Some(href) if href.starts_with('#') => wanted.push(href[1..].replace("%23", "#")),
            Some(href) => faults.push(format!("a link that leaves the page: {href}")),
            None => {}
        }
        for key in ["aria-labelledby", "aria-describedby", "for"] {
            // A label may be made of several elements.
            let named = e.attribute(key).unwrap_or_default().split_whitespace();
            wanted.extend(named.map(str::to_string));
        }
    }
    let lost = wanted.into_iter().filter(|id| !ids.contains(id));
    faults.extend(lost.map(|id| format!("nothing has the id {id}")));
    faults
}

/// What an element would fetch.
fn loads(e: &Node) -> Option<String> {
    let name = e.tag_name().name();
    if ["link", "iframe", "img", "object", "embed", "base", "audio", "video"].contains(&name) {
        return Some(format!("an element {name}"));
    }
    if let Some(key) =
        ["src", "srcset", "action", "poster", "data"].iter().find(|k| e.has_attribute(**k))
    {
        return Some(format!("{name} with {key}"));
    }
    let text = e.text().unwrap_or_default();
    let fetches =
        ["@import", "fetch(", "XMLHttpRequest", "import(", "WebSocket", "sendBeacon", "url("];
    let code = ["style", "script"].contains(&name).then_some(text)?.replace("url(#", "");
    fetches.iter().find(|f| code.contains(**f)).map(|f| format!("{name} says {f}"))
}

/// A table whose headings do not say what they head.
fn table(e: &Node) -> Option<String> {
    let heads = |t: &Node| {
        let cells = t.descendants().filter(|n| n.has_tag_name("th"));
        cells.filter(|n| n.attribute("scope") == Some("col")).count()
    };
    let bare = e.has_tag_name("table") && heads(e) == 0;
    bare.then(|| format!("a table without headings, {:?}", e.attribute("class")))
}

/// Claims without a row in the table or a part of their own.
fn missing(text: &str, claims: &[String]) -> Vec<String> {
    let document = parsed(text).expect("well-formed");
    let by_id = |id: &str| document.descendants().find(|n| n.attribute("id") == Some(id));
    let Some(verdicts) = by_id("verdicts") else { return vec!["no table of verdicts".into()] };
    let rows: BTreeSet<&str> = verdicts.descendants().filter_map(|n| n.attribute("href")).collect();
    let mut faults = Vec::new();
    for id in claims {
        if !rows.contains(format!("#{}", id.replace('#', "%23")).as_str()) {
            faults.push(format!("{id} has no row"));
        }
        match by_id(id) {
            Some(part) if part.has_tag_name("details") => {}
            _ => faults.push(format!("{id} has no section")),
        }
    }
    let count = verdicts.descendants().filter(|n| n.has_attribute("data-verdict")).count();
    if count != claims.len() {
        faults.push(format!("{count} rows for {} claims", claims.len()));
    }
    faults
}

fn run(wanted: &[&str]) -> Refereed {
    let effort = Effort { seed: 1, factor: 0.02 };
    let wanted = |id: &str| wanted.iter().any(|w| id.starts_with(w));
    referee(theorems::ALL, &wanted, &[], effort, &|_, _, _| ())
}

fn besides() -> Besides<'static> {
    Besides { loops: shipped(), ..Besides::default() }
}

fn ids(run: &Refereed) -> Vec<String> {
    run.claims.iter().map(|c| c.id.clone()).collect()
}

#[test]
fn a_report_is_whole() {
    let run = run(&["cor_e2/", "ex_4_6/", "thm_e3/"]);
    let text = html(&run, "reports", &besides());
    assert!(faults(&text).is_empty(), "{:#?}", faults(&text));
    assert!(missing(&text, &ids(&run)).is_empty(), "{:#?}", missing(&text, &ids(&run)));
    // Matrices of the witness of ex_4_6 and the counterexample of cor_e2/sign are in it.
    let document = parsed(&text).expect("well-formed");
    let part = document.descendants().find(|n| n.attribute("id") == Some("cor_e2/sign"));
    let part = part.expect("the claim");
    let fractions = part.descendants().filter(|n| n.has_tag_name("mfrac")).count();
    assert!(fractions > 0, "the exact values of the counterexample are fractions");
    let words: String = part.descendants().filter_map(|n| n.text()).collect();
    assert!(words.contains("backfire replay reports/witnesses/cor-e2-sign.toml"), "{words}");
    // The same run gives the same bytes.
    assert_eq!(text, html(&run, "reports", &besides()));
}

#[test]
fn the_committed_report_is_whole() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/reports/report.html");
    let text = std::fs::read_to_string(path).expect("`backfire report` wrote it");
    assert!(faults(&text).is_empty(), "{:#?}", faults(&text));
    let of = |e: &Entry| {
        let card = e.theorem.card().id;
        e.theorem.claims().into_iter().map(move |c| format!("{card}/{}", c.id))
    };
    let all: Vec<String> = theorems::ALL.iter().flat_map(of).collect();
    assert!(missing(&text, &all).is_empty(), "{:#?}", missing(&text, &all));
}

/// Whatever people write into a file of theirs stays text.
#[test]
fn hostile_words_stay_words() {
    let nasty = "</script><script>alert(1)</script>&amp;\\\"' <b>]]>";
    let toml = format!(
        "name = \"mine\"\ntitle = {nasty:?}\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
         [[models]]\nname = \"p\"\ndimension = 1\nalignment = {{ linear = [1] }}\n\
         components = [{{ kind = \"real\", weight = 1 }}]\n"
    );
    let file = LoopFile::parse(&toml, "mine.toml").unwrap_or_else(|e| panic!("{e}"));
    let map = backfire::report::html::map(&[file.plain()]).expect("there is a loop");
    let words = Section::new("words", nasty, element("p", &[("title", nasty)], nasty));
    let formula = Section::new("formula", "A formula", inline("a < b"));
    let text = page(nasty, &Html::text(nasty), &[map, words, formula]);
    assert!(faults(&text).is_empty(), "{:#?}", faults(&text));
    assert!(!text.contains("alert(1)</script>"));
    let document = parsed(&text).expect("well-formed");
    let title = document.descendants().find(|n| n.has_tag_name("title")).expect("a title");
    assert_eq!(title.text(), Some(nasty));
    let data = document.descendants().find(|n| n.attribute("id") == Some("loops"));
    let data: serde_json::Value =
        serde_json::from_str(data.and_then(|n| n.text()).expect("data")).expect("JSON");
    assert_eq!(data[0]["title"], nasty);
}

#[test]
fn every_rule_can_fail() {
    let good = page("A page", &Html::new(), &[Section::new("one", "One", "words")]);
    assert!(faults(&good).is_empty(), "{:#?}", faults(&good));
    let one = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        faults(&good.replacen(from, to, 1)).len()
    };
    assert_eq!(one("words", "<p>words"), 1);
    assert_eq!(one("words", "<p id=\"one\">words</p>"), 1);
    assert_eq!(one("words", "<a href=\"#two\">words</a>"), 1);
    assert_eq!(one("words", "<a href=\"https://example.org\">words</a>"), 1);
    assert_eq!(one("words", "<p aria-labelledby=\"two\">words</p>"), 1);
    assert_eq!(one("words", "<img alt=\"words\" />"), 1);
    assert_eq!(one("words", "<script src=\"x.js\"></script>"), 1);
    assert_eq!(one("words", "<script>fetch('x')</script>"), 1);
    assert_eq!(one("words", "<style>@import 'x'</style>"), 1);
    assert_eq!(one("words", "<table><tr><td>words</td></tr></table>"), 1);
    assert_eq!(one("words", "<code class=\"not-typeset\">words</code>"), 1);
    assert_eq!(one("words", &"words".repeat(MOST_BYTES / 5)), 1);

    let run = run(&["cor_e2/norm_bound"]);
    let text = html(&run, "reports", &besides());
    let lost = [ids(&run), vec!["cor_e2/other".into()]].concat();
    assert_eq!(missing(&text, &lost).len(), 3);
}

/// The numbers that the script of the map is given are those of the loop.
#[test]
fn plain_loops_are_the_loops() {
    for loops in shipped() {
        let file = backfire::systems::shipped::get(&loops.name).unwrap_or_else(|e| panic!("{e}"));
        let system = file.default_at::<f64>().expect("a loop");
        let knob = loops.knob.as_ref().expect("every shipped loop has a knob");
        assert_eq!(Some(knob.model), file.knob.as_ref().map(|k| k.model));
        for (plain, model) in loops.models.iter().zip(&system.models) {
            assert_eq!(plain.linear, model.alignment.linear.as_slice());
            for (c, d) in plain.components.iter().zip(&model.components) {
                assert!((c.weight - d.weight).abs() < 1e-15);
                let factor = c.channel.parameter.map_or(1.0, |p| loops.parameters[p].value);
                for (i, j, x) in &c.channel.entries {
                    assert!((x * factor - d.channel[(*i, *j)]).abs() < 1e-15);
                }
                let filled = d.channel.iter().filter(|x| **x != 0.0).count();
                assert_eq!(c.channel.entries.len(), filled);
            }
        }
    }
}
