//! The report as JUnit XML, for dashboards: a suite a theorem, a test a claim.
//!
//! A test fails where something changed or cannot be trusted, not where the paper is wrong: if a
//! verdict is not the recorded one, or a control of the claim survives. What nothing decided is
//! skipped. The verdict itself is a property, and so are the points and the command that replays a
//! counterexample.

use super::{FOLDER, gap, margin, replay_command};
use crate::evidence::Evidence;
use crate::referee::{ClaimReport, Refereed};
use crate::theorems;
use crate::verdict::Verdict;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use std::io;

/// Why tests fail: `(id of the claim, message)`.
pub type Failures = Vec<(String, String)>;

/// The report as XML with a newline at its end. `changed` are the claims whose verdict is not the
/// recorded one, in words; surviving controls are added.
///
/// # Panics
/// Never: memory takes whatever is written.
pub fn junit(run: &Refereed, changed: &Failures) -> String {
    let mut failures = changed.clone();
    let survivors = run.surviving();
    failures.extend(survivors.map(|c| {
        (c.of.clone(), format!("control {} survived, so this check has no teeth: {}", c.id, c.why))
    }));
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    suites(&mut writer, run, &failures).expect("into memory");
    let mut text = String::from_utf8(writer.into_inner()).expect("what was written is text");
    text.push('\n');
    text
}

type Out = Writer<Vec<u8>>;

fn suites(out: &mut Out, run: &Refereed, failures: &Failures) -> io::Result<()> {
    out.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let all: Vec<&ClaimReport> = run.claims.iter().collect();
    let root = out.create_element("testsuites").with_attribute(("name", "backfire"));
    let counts = counts(&all, failures);
    let root = root.with_attributes(counts.iter().map(|(k, v)| (*k, v.as_str())));
    root.write_inner_content(|out| {
        for entry in theorems::ALL {
            let card = entry.theorem.card();
            let prefix = format!("{}/", card.id);
            let own: Vec<&ClaimReport> =
                run.claims.iter().filter(|c| c.id.starts_with(&prefix)).collect();
            if !own.is_empty() {
                suite(out, run, card.id, &own, failures)?;
            }
        }
        Ok(())
    })?;
    Ok(())
}

/// The counts that a suite states.
fn counts(claims: &[&ClaimReport], failures: &Failures) -> [(&'static str, String); 4] {
    let failed = claims.iter().filter(|c| fails(c, failures).next().is_some()).count();
    let skipped = claims.iter().filter(|c| is_skipped(c, failures)).count();
    [
        ("tests", claims.len().to_string()),
        ("failures", failed.to_string()),
        ("errors", "0".to_string()),
        ("skipped", skipped.to_string()),
    ]
}

fn fails<'a>(c: &'a ClaimReport, failures: &'a Failures) -> impl Iterator<Item = &'a str> {
    failures.iter().filter(|(id, _)| *id == c.id).map(|(_, why)| why.as_str())
}

fn is_skipped(c: &ClaimReport, failures: &Failures) -> bool {
    c.verdict == Verdict::Inconclusive && fails(c, failures).next().is_none()
}

fn suite(
    out: &mut Out,
    run: &Refereed,
    theorem: &str,
    claims: &[&ClaimReport],
    failures: &Failures,
) -> io::Result<()> {
    let counts = counts(claims, failures);
    let suite = out.create_element("testsuite").with_attribute(("name", theorem));
    let suite = suite.with_attributes(counts.iter().map(|(k, v)| (*k, v.as_str())));
    suite.write_inner_content(|out| claims.iter().try_for_each(|c| case(out, run, c, failures)))?;
    Ok(())
}

fn case(out: &mut Out, run: &Refereed, c: &ClaimReport, failures: &Failures) -> io::Result<()> {
    let (theorem, name) = c.id.split_once('/').unwrap_or(("", &c.id));
    let case = out.create_element("testcase");
    let case = case.with_attributes([("classname", theorem), ("name", name)]);
    case.write_inner_content(|out| {
        out.create_element("properties").write_inner_content(|out| {
            properties(run, c).into_iter().try_for_each(|(key, value)| {
                let property = out.create_element("property");
                let value = allowed(&value);
                property.with_attributes([("name", key), ("value", &value)]).write_empty()?;
                Ok(())
            })
        })?;
        for why in fails(c, failures) {
            let why = allowed(why);
            let failure = out
                .create_element("failure")
                .with_attributes([("message", &*why), ("type", "verdict")]);
            failure.write_text_content(BytesText::new(&why))?;
        }
        if is_skipped(c, failures) {
            let skipped = out.create_element("skipped");
            skipped.with_attribute(("message", "nothing was decided")).write_empty()?;
        }
        let found = allowed(&findings(c));
        out.create_element("system-out").write_text_content(BytesText::new(&found))?;
        Ok(())
    })?;
    Ok(())
}

fn properties(run: &Refereed, c: &ClaimReport) -> Vec<(&'static str, String)> {
    let mut all = vec![
        ("verdict", c.verdict.word().to_lowercase()),
        ("statement", c.statement.to_string()),
        ("source", c.source.to_string()),
        ("points", c.met().to_string()),
    ];
    all.extend(c.least_margin().map(|m| ("least margin", margin(m))));
    let gaps = c.evidence.iter().filter_map(|e| match e {
        Evidence::Sampled(s) => s.worst_gap,
        _ => None,
    });
    all.extend(gaps.reduce(f64::max).map(|g| ("largest gap", gap(g))));
    all.extend(c.witness().map(|w| ("replay", replay_command(run, c, w, FOLDER))));
    all
}

/// What every checker found, a line each.
fn findings(c: &ClaimReport) -> String {
    let lines: Vec<String> =
        c.evidence.iter().map(|e| format!("{}: {}", e.verdict().word(), e.line())).collect();
    lines.join("\n")
}

/// The text without what XML 1.0 cannot hold.
fn allowed(text: &str) -> String {
    let fits = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(|c| if fits(c) { c } else { '\u{fffd}' }).collect()
}
