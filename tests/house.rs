//! The rules of the house: what is registered, what a theorem's file must say, who may import whom,
//! what the committed reports may contain. Every rule is shown to fail on something that breaks it.

use backfire::claim::Version;
use backfire::report::table::{Cell, Column, Layout, Table};
use backfire::theorems;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The claims that the program must know.
const REQUIRED: &[(&str, &[&str])] = &[
    (
        "prop_3_4",
        &["threshold_main_text", "threshold_appendix", "m3_contracts", "all_orders_contract"],
    ),
    ("thm_3_6", &["rate", "argmin_step", "lipschitz_maps", "kappa_dominates"]),
    ("prop_4_1", &["derivative"]),
    ("prop_4_4", &["invertible", "bounds"]),
    ("thm_4_5", &["self_memoryless", "cross_memoryless", "self_with_memory", "cross_with_memory"]),
    ("ex_4_6", &["arithmetic", "loop_converges", "threshold_chain"]),
    ("cor_4_7", &["norm_bound", "sign", "proof_bounds", "tau_below_one"]),
    ("cor_e1", &["sign"]),
    ("cor_e2", &["norm_bound", "sign"]),
    ("intro", &["isolated_improves"]),
    ("thm_4_8", &["order", "eq_72", "factor_three", "gradient_gap", "eq_73"]),
    ("app_f", &["softmax_half_lipschitz", "curated_mean_lipschitz"]),
    ("app_d2", &["implication", "cauchy_schwarz"]),
    ("thm_e3", &["self", "cross"]),
    ("thm_e4", &["self", "cross"]),
    ("thm_e5", &["self", "cross"]),
    (
        "sec_5_1",
        &[
            "rho_positive",
            "self_positive",
            "cross_changes_sign",
            "hypotheses_hold",
            "fig_3a_formula",
            "fig_3ef_totals",
            "finite_sample",
        ],
    ),
    ("sec_5_2", &["low_cross_helps", "a4_drop", "converges"]),
];

/// The headings of a theorem's module doc, in order.
const HEADINGS: [&str; 4] =
    ["**Statement.**", "**Hypotheses.**", "**How it is checked.**", "**Source.**"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// All files under a folder of the repository, relative to its root, sorted.
fn files_under(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(next) = open.pop() {
        let entries = std::fs::read_dir(&next).unwrap_or_else(|e| panic!("{folder}: {e}"));
        for path in entries.map(|e| e.expect("readable").path()) {
            if path.is_dir() { open.push(path) } else { found.push(relative(&path)) }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder} is empty");
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).expect("inside the repository").to_string_lossy().replace('\\', "/")
}

fn sources(folders: &[&str]) -> Vec<(String, String)> {
    let files = folders.iter().flat_map(|f| files_under(f));
    files
        .filter(|f| Path::new(f).extension().is_some_and(|e| e == "rs"))
        .map(|f| (f.clone(), read(&f)))
        .collect()
}

/// Every offence of every file, in words.
fn offences(sources: &[(String, String)], rule: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let of = |(file, text): &(String, String)| {
        rule(text).into_iter().map(|o| format!("{file}: {o}")).collect::<Vec<_>>()
    };
    sources.iter().flat_map(of).collect()
}

fn none(offences: &[String]) {
    assert!(offences.is_empty(), "\n{}", offences.join("\n"));
}

/// The text without comments: what follows `//` on a line is gone, unless a string holds it.
fn code(text: &str) -> String {
    let strip = |line: &str| {
        let comment = line.match_indices("//").find(|(at, _)| {
            line[..*at].matches('"').count().is_multiple_of(2) && !line[..*at].ends_with(':')
        });
        comment.map_or(line, |(at, _)| &line[..at]).to_string()
    };
    text.lines().map(strip).collect::<Vec<_>>().join("\n")
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| !w.is_empty())
}

/// Code without what stands in quotes: that is for readers of pages and messages.
fn unquoted(code: &str) -> String {
    let mut out = String::new();
    let mut rest = code;
    while let Some(at) = rest.find('"') {
        let before = &rest[..at];
        out += before;
        let after = &rest[at + 1..];
        if before.ends_with('\'') && after.starts_with('\'') {
            // The character `"` itself.
            rest = after;
            continue;
        }
        let marks = before.len() - before.trim_end_matches('#').len();
        let raw = before.trim_end_matches('#').ends_with('r');
        let close = if raw { format!("\"{}", "#".repeat(marks)) } else { "\"".into() };
        let escaped = |end: usize| {
            let slashes = end - after[..end].trim_end_matches('\\').len();
            !raw && !slashes.is_multiple_of(2)
        };
        let end = after.match_indices(&close).map(|(end, _)| end).find(|&end| !escaped(end));
        rest = end.map_or("", |end| &after[end + close.len()..]);
    }
    out + rest
}

/// Mentions in code, not in strings, of any of these identifiers. A field of that name is none.
fn mentions(text: &str, forbidden: &[&str]) -> Vec<String> {
    let code = unquoted(&code(text));
    let is_field =
        |word: &str| code[..word.as_ptr() as usize - code.as_ptr() as usize].ends_with('.');
    let found: BTreeSet<&str> =
        words(&code).filter(|w| forbidden.contains(w) && !is_field(w)).collect();
    found.into_iter().map(|w| format!("mentions `{w}`")).collect()
}

/// Paths that a theorem's file may not use.
fn foreign_imports(text: &str) -> Vec<String> {
    let code = code(text);
    let imported = |l: &'_ str| l.split_once("use ").map(|(_, path)| path.to_string());
    let is_use = |l: &&str| l.trim().starts_with("use ") || l.trim().starts_with("pub");
    let uses = code.lines().filter(is_use).filter_map(imported);
    // Its own parts, each a module of a file in the theorem's folder.
    let parts: Vec<String> = code
        .lines()
        .filter_map(|l| l.strip_prefix("mod ")?.strip_suffix(';'))
        .map(|part| format!("{part}::"))
        .collect();
    let known = |u: &String| {
        let of_part = parts.iter().any(|part| u.starts_with(part));
        of_part || u.starts_with("crate::prelude::") || u.starts_with("super::")
    };
    let odd = uses.filter(|u| !known(u));
    let mut found: Vec<String> = odd.map(|u| format!("imports {u}")).collect();
    for (at, _) in code.match_indices("crate::") {
        if !code[at..].starts_with("crate::prelude::") {
            let line = code[at..].lines().next().unwrap_or_default();
            found.push(format!("reaches for {line}"));
        }
    }
    found
}

/// What stands in for an answer.
fn placeholders(text: &str) -> Vec<String> {
    let code = code(text);
    let mut found = mentions(text, &["unsafe", "todo", "unimplemented"]);
    if code.contains("#[ignore") {
        found.push("ignores a test".into());
    }
    found
}

/// Struct literals of the two types that only the kernel builds.
fn built_here(text: &str) -> Vec<String> {
    let code = code(text);
    let literals = ["Certificate {", "Counterexample {"].into_iter().filter(|name| {
        // A function that returns one opens its body with the same characters.
        code.match_indices(name).any(|(at, _)| !code[..at].trim_end().ends_with("->"))
    });
    literals.map(|n| format!("builds `{n} .. }}`")).collect()
}

/// Headings that are missing or out of order.
fn bad_headings(doc: &str) -> Vec<String> {
    let mut rest = 0;
    let mut found = Vec::new();
    for heading in HEADINGS {
        match doc[rest..].find(&format!("\n{heading} ")) {
            Some(at) => rest += at + 1,
            None => found.push(format!("`{heading}` is missing, or not in its place")),
        }
    }
    found
}

fn bad_card(id: &str) -> Vec<String> {
    let known = ["thm_", "prop_", "cor_", "ex_", "sec_", "app_"];
    let plain = id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let good =
        plain && (id == "intro" || known.iter().any(|k| id.len() > k.len() && id.starts_with(k)));
    if good { vec![] } else { vec![format!("`{id}` is not the id of a card")] }
}

/// LaTeX in running text whose `\( \)` or braces do not match.
fn unbalanced(tex: &str) -> Vec<String> {
    let (mut depth, mut math, mut bad) = (0_i32, false, false);
    let mut chars = tex.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('(') if math => bad = true,
                Some('(') => math = true,
                Some(')') if !math => bad = true,
                Some(')') => math = false,
                _ => {}
            },
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        bad |= depth < 0;
    }
    let good = !bad && !math && depth == 0 && !tex.is_empty();
    if good { vec![] } else { vec![format!("not balanced: {tex}")] }
}

/// Environments, braces and formulas that do not nest, rows that do not fit their table, and characters
/// that LaTeX takes for something else.
fn bad_latex(tex: &str) -> Vec<String> {
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    for (n, line) in tex.lines().enumerate().filter(|(_, l)| !l.starts_with('%')) {
        let environment = |at: usize| {
            let rest = &line[at..];
            rest[rest.find('{').map_or(0, |i| i + 1)..rest.find('}').unwrap_or(0)].to_string()
        };
        let marks = line.match_indices(r"\begin{").chain(line.match_indices(r"\end{"));
        let mut marks: Vec<(usize, &str)> = marks.collect();
        marks.sort_unstable();
        for (at, mark) in marks {
            if mark == r"\begin{" {
                open.push(environment(at));
            } else if open.pop() != Some(environment(at)) {
                found.push(format!("line {}: ends {}", n + 1, environment(at)));
            }
        }
        found.extend(bare(line).map(|c| format!("line {}: a bare {c}", n + 1)));
    }
    found.extend(open.into_iter().map(|e| format!("{e} is never closed")));
    let text: Vec<&str> = tex.lines().filter(|l| !l.starts_with('%')).collect();
    found.extend(unbalanced(&text.join("\n")));
    found.extend(rows_that_do_not_fit(tex));
    found
}

/// Characters of a line that mean something to LaTeX where they stand.
fn bare(line: &str) -> impl Iterator<Item = char> {
    // Keys are no text, and what braces keep together in the head of a table is no row.
    let keys = [r"\ref{", r"\label{", r"\input{", r"\backfirepicture{"];
    let mut maths = false;
    let mut found = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let key = keys.iter().find(|key| rest.starts_with(**key));
        if let Some(at) = key.and_then(|_| rest.find('}')) {
            rest = &rest[at..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let next = rest.chars().next();
                maths = match next {
                    Some('(') => true,
                    Some(')') => false,
                    _ => maths,
                };
                rest = &rest[next.map_or(0, char::len_utf8)..];
            }
            '#' | '%' | '$' => found.push(c),
            '_' | '^' | '<' | '>' | '|' | '"' if !maths && !line.starts_with(r"\begin") => {
                found.push(c);
            }
            // What pdfTeX's standard fonts and encodings do not have.
            c if !c.is_ascii() && !('\u{c0}'..='\u{17f}').contains(&c) => found.push(c),
            _ => {}
        }
    }
    found.into_iter()
}

/// Rows of long tables with another number of cells than the table has columns.
fn rows_that_do_not_fit(tex: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut columns = 0;
    for line in tex.lines() {
        if let Some(kinds) = line.strip_prefix(r"\begin{longtable}") {
            columns = columns_of(kinds);
        }
        let ends = line.ends_with(r"\\") || line.ends_with(r"\\*");
        if ends && !line.contains(r"\multicolumn") && !line.starts_with(r"\caption") {
            let cells = line.matches('&').count() - line.matches(r"\&").count() + 1;
            if cells != columns {
                found.push(format!("{cells} cells instead of {columns}: {line}"));
            }
        }
    }
    found
}

/// How many columns `{@{}lp{..}S[..]@{}}` says.
fn columns_of(kinds: &str) -> usize {
    let mut depth = 0;
    let mut columns = 0;
    for c in kinds.chars() {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            'l' | 'p' | 'S' if depth == 1 => columns += 1,
            _ => {}
        }
    }
    columns
}

/// Dates, times and paths of a machine.
fn traces(text: &str) -> Vec<String> {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let shapes: String = text.chars().map(shape).collect();
    let mut found = Vec::new();
    for (pattern, what) in [("0000-00-00", "a date"), ("00:00", "a time"), ("00/00/0000", "a date")]
    {
        // `a.rs:12:34` and ratios are not of this shape.
        found.extend(shapes.match_indices(pattern).map(|_| what.to_string()));
    }
    let months = ["January ", "February ", "August ", "September ", "October ", "November "];
    let places =
        ["/home/", "/root/", "/tmp/", "/usr/", "/var/", "/Users/", "/work/", ":\\", "file://"];
    for what in months.iter().chain(&places) {
        if text.contains(what) {
            found.push(format!("`{what}`"));
        }
    }
    found
}

/// Claims by full id, with their versions; controls with the claim that they are near.
fn register() -> (BTreeMap<String, Version>, Vec<(String, String)>) {
    let mut claims = BTreeMap::new();
    let mut controls = Vec::new();
    for entry in theorems::ALL {
        let card = entry.theorem.card();
        for c in entry.theorem.claims() {
            let id = format!("{}/{}", card.id, c.id);
            assert!(claims.insert(id.clone(), c.version).is_none(), "{id} twice");
        }
        let own = entry.theorem.controls().into_iter();
        controls.extend(
            own.map(|c| (format!("{}/{}", card.id, c.claim.id), format!("{}/{}", card.id, c.of))),
        );
    }
    (claims, controls)
}

/// Corrected claims without a printed one.
fn orphans(claims: &BTreeMap<String, Version>) -> Vec<String> {
    let corrected = claims.iter().filter_map(|(id, version)| {
        let base = id.strip_suffix("#corrected");
        match (base, *version) {
            (Some(base), Version::Corrected) if claims.get(base) == Some(&Version::Printed) => None,
            (None, Version::Printed | Version::Derived) => None,
            _ => {
                Some(format!("{id}: no printed claim that it corrects, or not marked as corrected"))
            }
        }
    });
    corrected.collect()
}

/// Refuted claims without a corrected one, which other readings of a claim share; a literal reading
/// has the stricter one instead.
fn uncorrected(claims: &[Value]) -> Vec<String> {
    let ids: BTreeSet<&str> = claims.iter().filter_map(|c| c["id"].as_str()).collect();
    let refuted = claims.iter().filter(|c| c["verdict"] == "refuted");
    let ids_refuted =
        refuted.filter_map(|c| c["id"].as_str()).filter(|id| !id.ends_with("#literal"));
    ids_refuted
        .filter(|id| {
            let printed = id.split_once('#').map_or(*id, |(printed, _)| printed);
            !ids.contains(format!("{printed}#corrected").as_str())
        })
        .map(|id| format!("{id} is refuted and has no corrected version"))
        .collect()
}

/// Fields of the report's schema that an object lacks.
fn lacks(what: &str, object: &Value, fields: &[&str]) -> Vec<String> {
    let missing = fields.iter().filter(|f| object.get(**f).is_none());
    missing.map(|f| format!("{what} has no `{f}`")).collect()
}

fn lacks_of_report(report: &Value) -> Vec<String> {
    let mut found =
        lacks("the report", report, &["schema", "claims", "controls", "systems", "seed", "effort"]);
    let all = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    for c in all("claims") {
        let id = c["id"].to_string();
        let fields = [
            "id",
            "version",
            "statement",
            "reading",
            "source",
            "verdict",
            "kind",
            "hypotheses",
            "samples",
            "hypotheses_met",
            "rejected",
            "least_margin",
            "worst_gap",
            "witness",
            "evidence",
            "shipped",
            "replay",
            "consequence",
        ];
        found.extend(lacks(&id, &c, &fields));
        if !c["witness"].is_null() {
            let fields = ["place", "loop", "sides", "hypotheses", "file"];
            found.extend(lacks(&format!("the witness of {id}"), &c["witness"], &fields));
        }
        for e in c["evidence"].as_array().into_iter().flatten() {
            let fields = ["kind", "route", "verdict", "finding"];
            found.extend(lacks(&format!("evidence of {id}"), e, &fields));
        }
    }
    for c in all("controls") {
        found.extend(lacks(&c["id"].to_string(), &c, &["id", "of", "verdict", "why", "witness"]));
    }
    for s in all("systems") {
        found.extend(lacks(&s["id"].to_string(), &s, &["id", "title", "source"]));
    }
    found
}

/// Rows of a table as `verify` prints it (id, verdict, points) that the report does not have.
fn stale_rows(excerpt: &str, claims: &[Value]) -> Vec<String> {
    let row = |line: &str| {
        let mut cells = line.split_whitespace();
        let (id, verdict, points) = (cells.next()?, cells.next()?, cells.next()?);
        let points: u64 = points.replace(',', "").parse().ok()?;
        id.contains('/').then(|| (id.to_string(), verdict.to_lowercase(), points))
    };
    let rows: Vec<_> = excerpt.lines().filter_map(row).collect();
    let known = |(id, verdict, points): &(String, String, u64)| {
        claims.iter().any(|c| {
            c["id"] == id.as_str()
                && c["verdict"] == verdict.as_str()
                && c["hypotheses_met"].as_u64() == Some(*points)
        })
    };
    let stale = rows.iter().filter(|r| !known(r)).map(|r| format!("{} is out of date", r.0));
    if rows.is_empty() { vec!["no rows".into()] } else { stale.collect() }
}

/// Ids of the entries of the findings, in their order.
fn found(findings: &str) -> Vec<String> {
    let headings = findings.lines().filter(|l| l.starts_with("### "));
    let id = |l: &str| l.split('`').nth(1).unwrap_or_default().to_string();
    headings.map(id).collect()
}

/// Printed claims that are refuted and not in the findings, and entries that are no such claim.
fn findings_differ(findings: &str, claims: &[Value]) -> Vec<String> {
    let failing = claims.iter().filter(|c| c["verdict"] == "refuted" && c["version"] == "printed");
    let due: BTreeSet<String> =
        failing.filter_map(|c| c["id"].as_str().map(str::to_string)).collect();
    let listed = found(findings);
    let there: BTreeSet<String> = listed.iter().cloned().collect();
    let mut odd: Vec<String> = due.symmetric_difference(&there).cloned().collect();
    if listed.len() != there.len() {
        odd.push("an entry twice".into());
    }
    odd
}

/// Refuted printed claims that do not say how serious it is.
fn without_consequence(claims: &[Value]) -> Vec<String> {
    let failing = claims.iter().filter(|c| c["verdict"] == "refuted" && c["version"] == "printed");
    let silent = failing.filter(|c| c["consequence"]["text"].as_str().is_none());
    silent.map(|c| format!("{}: add `.consequence(..)` to the claim", c["id"])).collect()
}

fn report() -> Value {
    serde_json::from_str(&read("reports/report.json")).expect("reports/report.json is JSON")
}

fn reported_claims() -> Vec<Value> {
    report()["claims"].as_array().cloned().expect("claims")
}

/// Without its line a file of tests is not run, and nobody is told.
#[test]
fn every_file_of_tests_has_its_line() {
    let main = read("tests/main.rs");
    let named: BTreeSet<&str> = main.lines().filter_map(|l| l.strip_prefix("mod ")).collect();
    let all = files_under("tests");
    let missing = missing_lines(&all, &named);
    assert!(all.contains(&"tests/main.rs".to_owned()) && missing.is_empty(), "{missing:?}");
    assert_eq!(missing_lines(&["tests/new.rs".into(), "tests/data/a.rs".into()], &named), ["new;"]);
}

/// Lines that `tests/main.rs` lacks.
fn missing_lines(files: &[String], named: &BTreeSet<&str>) -> Vec<String> {
    let stem = |file: &String| file.strip_prefix("tests/")?.strip_suffix(".rs").map(str::to_owned);
    let files = files.iter().filter_map(stem).filter(|f| f != "main" && !f.contains('/'));
    files.map(|f| f + ";").filter(|line| !named.contains(&**line)).collect()
}

#[test]
fn every_theorem_file_is_registered_and_every_line_has_its_file() {
    let named: BTreeSet<String> =
        theorems::ALL.iter().map(|e| format!("theorems/{}.rs", e.file)).collect();
    let mut files: BTreeSet<String> = files_under("theorems").into_iter().collect();
    files.remove("theorems/mod.rs");
    // A folder that is named for a theorem holds parts of it, each a module of its file.
    files.retain(|file| {
        let part = file.trim_start_matches("theorems/").split_once('/');
        part.is_none_or(|(theorem, name)| {
            let owner = format!("theorems/{theorem}.rs");
            let line = format!("mod {};", name.trim_end_matches(".rs"));
            !(named.contains(&owner) && read(&owner).lines().any(|l| l == line))
        })
    });
    assert_eq!(named, files);
    assert_eq!(named.len(), theorems::ALL.len(), "a file is registered twice");
}

#[test]
fn every_theorem_says_what_is_claimed_when_how_and_where() {
    let docs = theorems::ALL.iter().map(|e| (e.file.to_string(), e.doc()));
    none(&offences(&docs.collect::<Vec<_>>(), bad_headings));
}

#[test]
fn ids_are_unique_and_cards_are_numbered_as_the_paper_is() {
    let (claims, controls) = register();
    let cards: Vec<&str> = theorems::ALL.iter().map(|e| e.theorem.card().id).collect();
    none(&cards.iter().flat_map(|id| bad_card(id)).collect::<Vec<_>>());
    assert_eq!(cards.iter().collect::<BTreeSet<_>>().len(), cards.len(), "a card twice");
    let ids: Vec<&String> = claims.keys().chain(controls.iter().map(|(id, _)| id)).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "a control's id twice");
}

#[test]
fn every_theorem_has_two_controls_of_claims_that_exist() {
    let (claims, controls) = register();
    for entry in theorems::ALL {
        let prefix = format!("{}/", entry.theorem.card().id);
        let own = controls.iter().filter(|(id, _)| id.starts_with(&prefix)).count();
        assert!(own >= 2, "{prefix} has {own} controls");
    }
    for (id, of) in &controls {
        assert!(claims.contains_key(of), "{id} is a control of {of}, which does not exist");
    }
}

#[test]
fn every_corrected_claim_stands_beside_a_printed_one() {
    none(&orphans(&register().0));
}

#[test]
fn every_refuted_claim_has_a_corrected_one() {
    none(&uncorrected(&reported_claims()));
}

#[test]
fn the_required_claims_exist() {
    let claims = register().0;
    for (card, ids) in REQUIRED {
        for id in *ids {
            let version = claims.get(&format!("{card}/{id}"));
            assert_eq!(version, Some(&Version::Printed), "{card}/{id}");
        }
    }
}

#[test]
fn checkers_and_kernel_never_import_each_other() {
    none(&offences(&sources(&["src/check"]), |t| mentions(t, &["certify"])));
    // The kernel has a `check` of its own, of certificates.
    let reaches = |t: &str| code(t).contains("crate::check").then(|| "reaches for `check`".into());
    none(&offences(&sources(&["src/certify"]), |t| reaches(t).into_iter().collect()));
    assert!(reaches("use crate::check::Tally;").is_some());
    assert!(reaches("use crate::certify::check::check;").is_none());
}

#[test]
fn reports_compute_nothing() {
    let machinery = ["dynamics", "linalg", "influence", "search"];
    none(&offences(&sources(&["src/report"]), |t| mentions(t, &machinery)));
}

#[test]
fn theorems_import_the_prelude_and_each_other_only() {
    let mut files = sources(&["theorems"]);
    files.retain(|(file, _)| file != "theorems/mod.rs");
    none(&offences(&files, foreign_imports));
}

#[test]
fn nothing_is_unsafe_ignored_or_left_to_do() {
    none(&offences(&sources(&["src", "theorems"]), placeholders));
}

#[test]
fn only_the_kernel_builds_certificates_and_counterexamples() {
    let mut files = sources(&["src", "theorems"]);
    files.retain(|(file, _)| !file.starts_with("src/certify/"));
    none(&offences(&files, built_here));
}

#[test]
fn committed_reports_carry_no_traces_of_a_machine() {
    let paths = files_under("reports").into_iter().chain(["docs/findings.md".to_string()]);
    let image = |f: &String| Path::new(f).extension().is_some_and(|e| e == "png");
    let (images, texts): (Vec<_>, Vec<_>) = paths.partition(image);
    let files: Vec<_> = texts.into_iter().map(|f| (f.clone(), read(&f))).collect();
    none(&offences(&files, traces));
    for image in images {
        let bytes = std::fs::read(root().join(&image)).unwrap_or_else(|e| panic!("{image}: {e}"));
        none(&chunks(&bytes).into_iter().map(|c| format!("{image}: {c}")).collect::<Vec<_>>());
    }
}

/// Parts of a PNG that are not the picture: texts and times.
fn chunks(png: &[u8]) -> Vec<String> {
    let (mut at, mut found) = (8, Vec::new());
    while let Some(head) = png.get(at..at + 8) {
        let (length, kind) = head.split_at(4);
        let kind = String::from_utf8_lossy(kind).into_owned();
        if !["IHDR", "PLTE", "pHYs", "IDAT", "IEND"].contains(&kind.as_str()) {
            found.push(format!("a part {kind}"));
        }
        let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
        at += 12 + usize::try_from(length).expect("a length");
    }
    found
}

#[test]
fn statements_are_balanced() {
    for entry in theorems::ALL {
        let controls = entry.theorem.controls().into_iter().map(|c| c.claim);
        for c in entry.theorem.claims().into_iter().chain(controls) {
            none(&unbalanced(c.statement));
            none(&c.reading.map_or_else(Vec::new, unbalanced));
            none(&c.consequence.map_or_else(Vec::new, |k| unbalanced(k.text)));
        }
    }
}

#[test]
fn the_appendix_and_its_tables_are_latex() {
    let of = |file: &String| Path::new(file).extension().is_some_and(|e| e == "tex");
    let tables = files_under("reports/tables").into_iter().filter(of);
    let files = tables.chain(["reports/appendix.tex".to_string()]);
    let files: Vec<_> = files.map(|f| (f.clone(), read(&f))).collect();
    assert!(files.len() > 8, "{} files", files.len());
    none(&offences(&files, bad_latex));
    none(&unbalanced(&read("reports/backfire-macros.tex")));
}

#[test]
fn whatever_a_table_holds_is_latex() {
    let words = [
        "a_b/c#d@e",
        "100% & more",
        "{x} \\ ~ ^ $5",
        "é ü ß ρ ≤ ∇ 漢 ☃",
        "`a` \"b\" 'c' -- --- ?`",
        "[0, 1] * 2",
        "\\) \\( \\end{longtable}",
        "< > |",
        "a\nb\tc",
        "",
    ];
    let columns = ["a", "b", "c", "d", "e"].map(|k| Column::new(k, k, Layout::Left)).to_vec();
    let mut table = Table::new("words", "All of `a_b#c`, 5%.", columns);
    for text in words.map(str::to_string) {
        let lines = vec![text.clone(), text.clone()];
        table.row([
            Cell::Text(text.clone()),
            Cell::Code(text.clone()),
            if text.len() % 2 == 0 { Cell::Lines(lines) } else { Cell::Items(lines) },
            Cell::Number(text.clone()),
            Cell::Prose(text.replace('\\', "") + r" \(a_b\)"),
        ]);
    }
    none(&bad_latex(&table.latex()));
}

#[test]
fn the_tables_are_of_the_committed_run() {
    let claims = reported_claims();
    let text = read("reports/tables/claims.csv");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let rows: Vec<(String, String)> = reader
        .records()
        .map(|r| r.expect("a record"))
        .map(|r| (r[0].to_string(), r[2].to_string()))
        .collect();
    let word = |v: &Value| v.as_str().expect("a word").to_string();
    let known: Vec<_> = claims.iter().map(|c| (word(&c["id"]), word(&c["verdict"]))).collect();
    assert_eq!(rows, known);
    let macros = read("reports/backfire-macros.tex");
    let dashboard = read("reports/junit.xml");
    for (id, verdict) in rows {
        let known = format!("\\backfire@known{{{}}}", id.replace('#', ":"));
        let line = macros.lines().find(|l| l.starts_with(&known)).unwrap_or_default();
        assert!(line.to_lowercase().contains(&format!("{{{verdict}}}")), "{id}: {line}");
        let name = id.split_once('/').expect("a theorem").1;
        assert!(dashboard.contains(&format!("name=\"{name}\"")), "{id}");
    }
}

#[test]
fn the_json_report_has_the_documented_fields_and_is_of_these_claims() {
    let report = report();
    none(&lacks_of_report(&report));
    let (claims, controls) = register();
    let ids = |key: &str| -> BTreeSet<String> {
        let rows = report[key].as_array().expect(key).iter();
        rows.map(|c| c["id"].as_str().expect("an id").to_string()).collect()
    };
    assert_eq!(ids("claims"), claims.into_keys().collect());
    assert_eq!(ids("controls"), controls.into_iter().map(|(id, _)| id).collect());
}

#[test]
fn witnesses_named_in_the_report_are_there_and_no_others() {
    let named: BTreeSet<String> = reported_claims()
        .iter()
        .filter_map(|c| c["witness"]["file"].as_str().map(|f| format!("reports/{f}")))
        .collect();
    assert_eq!(named, files_under("reports/witnesses").into_iter().collect());
}

#[test]
fn the_findings_are_the_refuted_printed_claims() {
    none(&findings_differ(&read("docs/findings.md"), &reported_claims()));
}

#[test]
fn every_refuted_printed_claim_says_how_serious_it_is() {
    none(&without_consequence(&reported_claims()));
}

#[test]
fn the_findings_begin_with_the_most_serious() {
    let claims = reported_claims();
    let ranks = ["conclusion", "hypothesis", "constant", "experiment", "slip"];
    let rank = |id: &String| {
        let claim = claims.iter().find(|c| c["id"] == id.as_str()).expect("a claim");
        ranks.iter().position(|r| claim["consequence"]["gravity"] == *r).unwrap_or(ranks.len())
    };
    let order: Vec<usize> = found(&read("docs/findings.md")).iter().map(rank).collect();
    assert!(order.is_sorted(), "{order:?}");
}

#[test]
fn the_readme_quotes_the_committed_report() {
    none(&stale_rows(&read("README.md"), &reported_claims()));
}

#[test]
fn the_rules_for_latex_can_fail() {
    let fine = "% a #\n\\begin{a}\n\\begin{b}\\#\\%\\end{b}\n\\end{a} \\(a_b < 1\\) \\label{a_b} ü";
    assert_eq!(bad_latex(fine), Vec::<String>::new());
    let bad = [
        "\\begin{a}",
        "\\end{a}",
        "\\begin{a}\\begin{b}\\end{a}\\end{b}",
        "a # b",
        "100%",
        "a_b",
        "$5",
        "a < b",
        "漢",
        "{",
        "}",
        "\\(a",
        "a\\)",
        "\\(a\\)_b",
        "\\label{a} a_b",
    ];
    for bad in bad {
        assert!(!bad_latex(bad).is_empty(), "{bad}");
    }
    let table = |row: &str| {
        let kinds = r"{@{}l>{\raggedright\arraybackslash}p{0.5\linewidth}S[table-format=5.0]@{}}";
        bad_latex(&format!("\\begin{{longtable}}{kinds}\n{row}\n\\end{{longtable}}"))
    };
    assert_eq!(table(r"a & b \& c & 1 \\"), Vec::<String>::new());
    for bad in [r"a & b \\", r"a & b & c & d \\*", r"a & b \& c \\"] {
        assert!(!table(bad).is_empty(), "{bad}");
    }
}

#[test]
fn the_rules_can_fail() {
    let time = [&[0; 8][..], &[0, 0, 0, 7], b"tIME", &[0; 7 + 4]].concat();
    assert_eq!(chunks(&time), ["a part tIME"]);
    let headings = HEADINGS.map(|h| format!("\n{h} Text.")).join("\n");
    assert!(bad_headings(&headings).is_empty());
    assert_eq!(bad_headings(&headings.replace("**Source.**", "**Origin.**")).len(), 1);
    let swapped = headings.replace("Hypotheses", "X").replace("Source", "Hypotheses");
    assert!(!bad_headings(&swapped.replace('X', "Source")).is_empty());

    assert!(bad_card("thm_3_6").is_empty() && bad_card("app_d2").is_empty());
    for id in ["theorem_3", "thm_", "Thm_3", "thm_3/x"] {
        assert!(!bad_card(id).is_empty(), "{id}");
    }

    assert!(mentions("// certify\nuse crate::case::Case;", &["certify"]).is_empty());
    assert!(!mentions("use crate::{case, certify::decide};", &["certify"]).is_empty());
    let quoted = "let a = ('\"', \"certify \\\\\", r#\"certify\"#, \"\\\" certify\");";
    assert!(mentions(quoted, &["certify"]).is_empty());
    assert!(!mentions(&format!("{quoted} certify::decide()"), &["certify"]).is_empty());
    assert!(mentions("model.certify", &["certify"]).is_empty());
    // No string of ours hides what comes after it.
    for (file, text) in sources(&["src", "theorems"]) {
        let more = format!("{text}\nuse crate::nowhere;\n");
        assert!(!mentions(&more, &["nowhere"]).is_empty(), "{file}");
    }
    assert!(foreign_imports("use super::other::X;\nuse crate::prelude::*;").is_empty());
    assert!(!foreign_imports("use std::fmt::Write;").is_empty());
    assert!(foreign_imports("mod part;\npub(crate) use part::X;").is_empty());
    assert!(!foreign_imports("use part::X;").is_empty());
    assert!(!foreign_imports("fn f() { crate::linalg::solve() }").is_empty());

    assert!(placeholders("//! unsafe, todo!\n#![forbid(unsafe_code)]").is_empty());
    for bad in ["unsafe { f() }", "fn f() { todo!() }", "#[ignore = \"slow\"]\nfn f() {}"] {
        assert_eq!(placeholders(bad).len(), 1, "{bad}");
    }
    assert!(built_here("// Certificate { .. }\nfn f(c: &Certificate) {}").is_empty());
    assert!(built_here("fn f() -> Certificate { g() }").is_empty());
    assert!(!built_here("let c = Certificate { method };").is_empty());
    assert!(!built_here("let c = certify::Counterexample { place };").is_empty());

    assert!(unbalanced(r"\(\{a\} \le \frac{1}{2}\) where \(b\)").is_empty());
    for bad in [r"\(a", r"a\)", r"\(\(a\)\)", r"\(\frac{1}{2\)", r"\(}{\)", ""] {
        assert!(!unbalanced(bad).is_empty(), "{bad}");
    }
    assert!(traces("arXiv 2605.29267v1, 1/2 at t = 0.9, witnesses/a.toml").is_empty());
    for bad in ["on 2026-01-31", "at 09:30", "in /tmp/x", "C:\\x", "31/01/2026"] {
        assert!(!traces(bad).is_empty(), "{bad}");
    }

    let claims = |pairs: &[(&str, Version)]| -> BTreeMap<String, Version> {
        pairs.iter().map(|(id, v)| ((*id).to_string(), *v)).collect()
    };
    let (printed, corrected) = (Version::Printed, Version::Corrected);
    assert!(orphans(&claims(&[("a/b", printed), ("a/b#corrected", corrected)])).is_empty());
    assert_eq!(orphans(&claims(&[("a/b#corrected", corrected)])).len(), 1);
    assert_eq!(orphans(&claims(&[("a/b", printed), ("a/b#corrected", printed)])).len(), 1);

    let rows = |text: &str| serde_json::from_str::<Vec<Value>>(text).expect("JSON");
    let lonely = rows(r#"[{"id": "a/b", "verdict": "refuted", "hypotheses_met": 1200}]"#);
    assert_eq!(uncorrected(&lonely).len(), 1);
    assert!(uncorrected(&rows(r#"[{"id": "a/b#literal", "verdict": "refuted"}]"#)).is_empty());
    let reading = r#"{"id": "a/b#stationary", "verdict": "refuted"}"#;
    assert_eq!(uncorrected(&rows(&format!("[{reading}]"))).len(), 1);
    let corrected = r#"{"id": "a/b#corrected", "verdict": "supported"}"#;
    assert!(uncorrected(&rows(&format!("[{reading}, {corrected}]"))).is_empty());
    assert!(stale_rows(" a/b  Refuted  1,200  fails", &lonely).is_empty());
    assert_eq!(stale_rows(" a/b  Proved  1,200", &lonely).len(), 1);
    assert_eq!(stale_rows("nothing quoted", &lonely).len(), 1);

    let two = rows(
        r#"[{"id": "a/b", "version": "printed", "verdict": "refuted", "consequence": null},
            {"id": "a/c", "version": "derived", "verdict": "refuted"},
            {"id": "a/d", "version": "printed", "verdict": "disputed"}]"#,
    );
    assert!(findings_differ("## A rank\n\n### 1. `a/b`\n", &two).is_empty());
    assert_eq!(findings_differ("nothing", &two), ["a/b"]);
    assert_eq!(findings_differ("### 1. `a/b`\n### 2. `a/c`\n", &two), ["a/c"]);
    assert_eq!(findings_differ("### 1. `a/b`\n### 2. `a/b`\n", &two).len(), 1);
    assert_eq!(without_consequence(&two).len(), 1);

    let mut broken = report();
    broken["claims"][0].as_object_mut().expect("a claim").remove("kind");
    assert_eq!(lacks_of_report(&broken).len(), 1);
}
