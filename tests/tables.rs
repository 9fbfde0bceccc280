//! The tables of a report, its appendix and its JUnit XML: every format says the same, and none breaks.

use backfire::exhibits::{Exhibits, exhibit};
use backfire::referee::{Effort, Refereed, referee};
use backfire::report::table::Table;
use backfire::report::tables::tables;
use backfire::report::{Failures, Picture, appendix, junit, macros};
use backfire::systems::shipped;
use backfire::theorems;
use backfire::verdict::Verdict;
use roxmltree::{Document, Node};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// Some theorems, hurried: refuted, supported, proved and inconclusive claims are among them.
fn run() -> &'static Refereed {
    static RUN: OnceLock<Refereed> = OnceLock::new();
    RUN.get_or_init(|| {
        let wanted =
            |id: &str| ["cor_e2/", "ex_4_6/", "sec_5_2/"].iter().any(|t| id.starts_with(t));
        referee(theorems::ALL, &wanted, &[], Effort { seed: 1, factor: 0.01 }, &|_, _, _| ())
    })
}

fn all_tables() -> &'static [Table] {
    static TABLES: OnceLock<Vec<Table>> = OnceLock::new();
    TABLES.get_or_init(|| {
        let shares = Exhibits::of(Effort { seed: 1, factor: 0.01 }).expect("the shipped loops");
        tables(run(), &shares)
    })
}

fn named(name: &str) -> Vec<Vec<String>> {
    let table = all_tables().iter().find(|t| t.name == name).expect("a table");
    records(&table.csv())
}

/// The records of a CSV, the keys of its columns first.
fn records(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let row = |r: Result<csv::StringRecord, csv::Error>| {
        r.expect("as many fields as keys").iter().map(str::to_string).collect()
    };
    reader.records().map(row).collect()
}

/// The numbers of a column without empty fields.
fn column(name: &str, key: &str) -> Vec<f64> {
    let rows = named(name);
    let at = rows[0].iter().position(|k| k == key).expect("a column");
    rows[1..].iter().filter_map(|r| r[at].parse().ok()).collect()
}

#[test]
fn every_table_has_a_name_a_caption_and_keys_of_its_own() {
    let names: BTreeSet<&str> = all_tables().iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names.len(), all_tables().len());
    let plain = |text: &str, sign: char| {
        text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == sign)
    };
    for table in all_tables() {
        assert!(plain(&table.name, '-') && table.caption.ends_with('.'), "{}", table.name);
        assert!(!table.rows.is_empty(), "{}", table.name);
        let keys = &records(&table.csv())[0];
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{}", table.name);
        assert!(keys.iter().all(|k| !k.is_empty() && plain(k, '_')), "{keys:?}");
    }
}

#[test]
fn every_format_has_every_row() {
    for table in all_tables() {
        let rows = table.rows.len();
        assert_eq!(records(&table.csv()).len(), rows + 1, "{}", table.name);
        assert_eq!(table.markdown_rows().lines().count(), rows + 2, "{}", table.name);
        let body = table.latex();
        let body = body.split_once("\\endlastfoot\n").expect("a body").1;
        let ends = |l: &&str| l.ends_with(r"\\") || l.ends_with(r"\\*");
        let groups = body.lines().filter(|l| l.starts_with(r"\multicolumn")).count();
        let ends = body.lines().filter(ends).count() - groups;
        assert_eq!(ends, rows, "{}", table.name);
        let html = table.html(&|_| String::new());
        let page = Document::parse(&html).expect("well-formed");
        let count = |tag| page.descendants().filter(|n| n.has_tag_name(tag)).count();
        assert_eq!(count("tr"), rows + 1, "{}", table.name);
    }
}

#[test]
fn the_claims_are_those_of_the_run() {
    let rows = named("claims");
    let of_run = run().claims.iter().map(|c| (c.id.clone(), c.verdict.word().to_lowercase()));
    let of_table = rows[1..].iter().map(|r| (r[0].clone(), r[2].clone()));
    assert_eq!(of_table.collect::<Vec<_>>(), of_run.collect::<Vec<_>>());
    let refuted = run().claims.iter().filter(|c| c.verdict == Verdict::Refuted).count();
    assert!(refuted > 0);
    assert_eq!(named("witnesses").len(), refuted + 1);
    assert_eq!(named("controls").len(), run().controls.len() + 1);
}

#[test]
fn no_point_of_an_ensemble_is_lost() {
    let of = |key| column("ensembles", key);
    let [drawn, rejected, undecided, met] = ["drawn", "rejected", "undecided", "met"].map(of);
    assert!(rejected.iter().any(|n| *n > 0.0));
    for k in 0..drawn.len() {
        let sum = rejected[k] + undecided[k] + met[k];
        assert!((drawn[k] - sum).abs() < 0.5, "row {k}: {} drawn, {sum} accounted for", drawn[k]);
    }
}

#[test]
fn predictions_agree_in_every_digit_that_is_printed() {
    let [formula, exact] = ["formula", "exact"].map(|key| column("predictions", key));
    assert_eq!(formula.len(), 5 * shipped::ALL.len());
    assert_eq!(formula, exact);
    // One loop does not settle.
    let rows = named("predictions");
    let silent = rows.iter().filter(|r| r.iter().any(|f| f == "does not settle")).count();
    assert_eq!(silent, 5);
}

#[test]
fn the_growth_that_is_seen_is_the_spectral_radius() {
    let [radius, observed] = ["radius", "observed"].map(|key| column("spectra", key));
    assert_eq!(radius.len(), 3 * shipped::ALL.len());
    for (known, seen) in radius.iter().zip(&observed) {
        assert!((known - seen).abs() < 0.008, "{known} {seen}");
    }
}

#[test]
fn an_exhibit_does_not_hang_on_the_threads() {
    let file = shipped::get("paper-5-1-code").expect("shipped");
    let show = || format!("{:?}", exhibit(&file).expect("an exhibit"));
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().expect("threads");
    assert_eq!(pool(1).install(show), pool(3).install(show));
}

#[test]
fn the_appendix_reads_the_tables_that_there_are() {
    let picture = Picture { name: "spectrum", caption: "Rates & ρ of a_b, 5%", alt: "A & b" };
    let text = appendix(run(), &[picture]);
    let read: BTreeSet<&str> = text
        .lines()
        .filter_map(|l| l.strip_prefix(r"\input{\backfirefolder/tables/")?.strip_suffix('}'))
        .collect();
    let made: BTreeSet<&str> = all_tables().iter().map(|t| t.name.as_str()).collect();
    assert_eq!(read, made);
    let shown = r"\backfirepicture{spectrum}{Rates \& \(\rho\) of a\_b, 5\%}{A \& b}";
    assert!(text.contains(shown), "{text}");
    // What it refers to has a label.
    for (at, mark) in text.match_indices(r"\ref{tab:backfire-") {
        let name = text[at + mark.len()..].split('}').next().unwrap_or_default();
        assert!(made.contains(name), "{name}");
    }
}

#[test]
fn the_macros_know_every_verdict_and_every_command_of_the_appendix() {
    let text = macros(run());
    for c in &run().claims {
        let id = c.id.replace('#', ":");
        let line = format!("\\backfire@known{{{id}}}{{{}}}{{{}}}\n", c.verdict.word(), c.met());
        assert!(text.contains(&line), "{line}");
    }
    let used = appendix(run(), &[Picture { name: "a", caption: "b", alt: "c" }]);
    for command in used.split("\\backfire").skip(1) {
        let name: String = command.chars().take_while(char::is_ascii_alphabetic).collect();
        let defined = [r"\newcommand", r"\providecommand"]
            .iter()
            .any(|d| text.contains(&format!("{d}\\backfire{name}")));
        assert!(defined || used.contains(&format!("\\newcommand\\backfire{name}")), "{name}");
    }
    for table in all_tables() {
        assert!(table.latex().starts_with("\\begingroup\\backfiretable\n"));
    }
}

/// Elements with this tag among the children of a node.
fn children<'a, 'i>(node: Node<'a, 'i>, tag: &'static str) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(move |n| n.has_tag_name(tag))
}

fn count(node: Node, attribute: &str) -> usize {
    node.attribute(attribute).and_then(|n| n.parse().ok()).expect("a count")
}

/// What the schema that dashboards share (Jenkins' `junit-10.xsd`) asks for, in words where it does not
/// hold.
fn breaks_schema(xml: &str) -> Vec<String> {
    let page = match Document::parse(xml) {
        Ok(page) => page,
        Err(e) => return vec![e.to_string()],
    };
    let root = page.root_element();
    let mut found = Vec::new();
    let mut ask = |holds: bool, what: String| {
        if !holds {
            found.push(what);
        }
    };
    let allowed: [(&str, &[&str], &[&str]); 8] = [
        ("testsuites", &["name", "tests", "failures", "errors"], &["testsuite"]),
        ("testsuite", &["name", "tests", "failures", "errors", "skipped"], &["testcase"]),
        ("testcase", &["classname", "name"], &["properties", "skipped", "failure", "system-out"]),
        ("properties", &[], &["property"]),
        ("property", &["name", "value"], &[]),
        ("skipped", &["message"], &[]),
        ("failure", &["message", "type"], &[]),
        ("system-out", &[], &[]),
    ];
    ask(root.has_tag_name("testsuites"), "another root".into());
    for node in root.descendants().filter(Node::is_element) {
        let tag = node.tag_name().name();
        let Some((_, attributes, inside)) = allowed.iter().find(|(name, _, _)| *name == tag) else {
            ask(false, format!("an element {tag}"));
            continue;
        };
        for needed in *attributes {
            ask(node.has_attribute(*needed), format!("{tag} without {needed}"));
        }
        let order: Vec<usize> = node
            .children()
            .filter(Node::is_element)
            .map(|c| inside.iter().position(|i| c.has_tag_name(*i)).unwrap_or(usize::MAX))
            .collect();
        ask(!order.contains(&usize::MAX), format!("a child that {tag} may not have"));
        ask(order.is_sorted(), format!("children of {tag} out of order"));
    }
    for suite in std::iter::once(root).chain(children(root, "testsuite")) {
        let cases = || suite.descendants().filter(|n| n.has_tag_name("testcase"));
        let with = |tag| cases().filter(|c| children(*c, tag).next().is_some()).count();
        let name = suite.attribute("name").unwrap_or_default();
        ask(count(suite, "tests") == cases().count(), format!("{name}: tests"));
        ask(count(suite, "failures") == with("failure"), format!("{name}: failures"));
        ask(count(suite, "skipped") == with("skipped"), format!("{name}: skipped"));
        let names: Vec<_> =
            cases().map(|c| (c.attribute("classname"), c.attribute("name"))).collect();
        ask(
            names.iter().collect::<BTreeSet<_>>().len() == names.len(),
            format!("{name}: a test twice"),
        );
    }
    found
}

fn failing(xml: &str) -> Vec<String> {
    let page = Document::parse(xml).expect("well-formed");
    let cases = page.descendants().filter(|n| n.has_tag_name("testcase"));
    let failed = cases.filter(|c| children(*c, "failure").next().is_some());
    failed
        .map(|c| {
            let part = |name| c.attribute(name).unwrap_or_default();
            format!("{}/{}", part("classname"), part("name"))
        })
        .collect()
}

#[test]
fn junit_is_what_dashboards_read() {
    let xml = junit(run(), &Failures::new());
    assert_eq!(breaks_schema(&xml), Vec::<String>::new());
    let page = Document::parse(&xml).expect("well-formed");
    let cases: Vec<Node> = page.descendants().filter(|n| n.has_tag_name("testcase")).collect();
    assert_eq!(cases.len(), run().claims.len());
    for (case, claim) in cases.iter().zip(&run().claims) {
        let property = |name: &str| {
            let all = case.descendants().filter(|n| n.has_tag_name("property"));
            let mut own = all.filter(|p| p.attribute("name") == Some(name));
            own.find_map(|p| p.attribute("value"))
        };
        assert_eq!(
            property("verdict"),
            Some(&*claim.verdict.word().to_lowercase()),
            "{}",
            claim.id
        );
        assert_eq!(property("statement"), Some(claim.statement));
        assert_eq!(property("replay").is_some(), claim.verdict == Verdict::Refuted);
        let skipped = children(*case, "skipped").next().is_some();
        assert_eq!(skipped, claim.verdict == Verdict::Inconclusive, "{}", claim.id);
    }
    // A claim that is refuted, as it was before, is no failure.
    assert_eq!(failing(&xml), Vec::<String>::new());
}

#[test]
fn a_test_fails_where_a_verdict_changed_or_a_control_survives() {
    let changed =
        ("cor_e2/sign".to_string(), "supported, but <refuted> & \"sure\" \u{1}".to_string());
    let xml = junit(run(), &vec![changed]);
    assert_eq!(breaks_schema(&xml), Vec::<String>::new());
    assert_eq!(failing(&xml), ["cor_e2/sign"]);
    let wanted = |id: &str| id == "cor_e2/norm_bound";
    let effort = Effort { seed: 1, factor: 0.01 };
    let mut run = referee(theorems::ALL, &wanted, &[], effort, &|_, _, _| ());
    assert_eq!(failing(&junit(&run, &Failures::new())), Vec::<String>::new());
    run.controls[0].verdict = Verdict::Supported;
    assert_eq!(failing(&junit(&run, &Failures::new())), ["cor_e2/norm_bound"]);
}

#[test]
fn the_schema_can_be_broken() {
    let good = "<testsuites name='a' tests='1' failures='0' errors='0' skipped='0'>\
                <testsuite name='a' tests='1' failures='0' errors='0' skipped='0'>\
                <testcase classname='a' name='b'><properties/><system-out/></testcase>\
                </testsuite></testsuites>";
    assert_eq!(breaks_schema(good), Vec::<String>::new());
    for (from, to) in [
        ("tests='1'", "tests='2'"),
        ("<properties/><system-out/>", "<system-out/><properties/>"),
        ("classname='a'", ""),
        ("<system-out/>", "<verdict/>"),
        ("<system-out/>", "<failure message='' type=''/>"),
        ("</testsuites>", ""),
    ] {
        assert!(!breaks_schema(&good.replace(from, to)).is_empty(), "{from} to {to}");
    }
}
