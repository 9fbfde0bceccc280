//! The report as Markdown.

use super::tex::{math, sentence};
use super::{refuted, replay_command, thousands, witness_lines, witness_path};
use crate::claim::Version;
use crate::referee::{ClaimReport, Refereed};
use crate::theorems;
use crate::verdict::Verdict;
use std::fmt::Write;

/// The whole report: what fails, every claim with its verdict, then a section a claim. Its commands
/// say that the reports are in `folder`.
pub fn markdown(run: &Refereed, folder: &str) -> String {
    let mut out = String::from("# What the referee found\n\n");
    let _ = writeln!(
        out,
        "Paper: *When and How Human Curation Backfires: Preference Alignment under Multi-Model \
         Self-Consuming Loop*, arXiv 2605.29267v1. Seed {}, effort {}. Made by `backfire report`.\n",
        run.effort.seed, run.effort.factor
    );
    failures(&mut out, run);
    table(&mut out, run);
    controls(&mut out, run);
    sections(&mut out, run, folder);
    // Sections end in a blank line; a file ends in one newline.
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn failures(out: &mut String, run: &Refereed) {
    out.push_str(
        "## Refuted\n\nEach is confirmed in exact arithmetic. The left-hand side is what the paper \
         prints, the right-hand side what the loop does, unless the words say otherwise; shares \
         move towards curated data unless a witness names a mixture.\n\n",
    );
    for (claim, corrected) in refuted(run) {
        let Some(w) = claim.witness() else { continue };
        let s = &w.sides()[0];
        let _ = write!(
            out,
            "- `{}`: {}. {}: {} {} {} fails at {}.",
            claim.id,
            math(claim.statement),
            s.what,
            s.left,
            s.relation,
            s.right,
            where_it_is(claim)
        );
        if let Some(c) = corrected {
            let _ = write!(out, " Corrected ({}): {}.", c.verdict.word(), math(c.statement));
        }
        out.push('\n');
    }
    out.push('\n');
}

fn where_it_is(claim: &ClaimReport) -> String {
    match claim.witness() {
        Some(w) if w.place() == "witness" => {
            let path = witness_path(&claim.id);
            format!("[this loop]({path})")
        }
        Some(w) => format!("`{}`", w.place()),
        None => String::new(),
    }
}

fn table(out: &mut String, run: &Refereed) {
    out.push_str(
        "## All claims\n\n| Claim | Version | Verdict | Samples that met the hypotheses |\n",
    );
    out.push_str("|:--|:--|:--|--:|\n");
    for c in &run.claims {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} |",
            c.id,
            version(c.version),
            c.verdict.word(),
            thousands(c.met())
        );
    }
    out.push('\n');
}

fn controls(out: &mut String, run: &Refereed) {
    let survive = run.surviving().count();
    let _ = writeln!(
        out,
        "## Controls\n\nNear misses that the same checks must refute: {} planted, {} refuted{}.\n",
        run.controls.len(),
        run.controls.len() - survive,
        if survive == 0 { "" } else { ". **The checks of the others have no teeth**" }
    );
    out.push_str(
        "| Control | Of | Why it is false | Verdict | Refuted by |\n|:--|:--|:--|:--|:--|\n",
    );
    for c in &run.controls {
        let witness = c.witness.as_ref().map_or_else(String::new, |w| {
            let s = &w.sides()[0];
            format!("{}: {} {} {} fails", s.what, s.left, s.relation, s.right)
        });
        let _ = writeln!(
            out,
            "| `{}` | `{}` | {} | {} | {} |",
            c.id,
            c.of,
            cell(c.why),
            c.verdict.word(),
            cell(&witness)
        );
    }
    out.push('\n');
}

fn sections(out: &mut String, run: &Refereed, folder: &str) {
    for entry in theorems::ALL {
        let card = entry.theorem.card();
        let prefix = format!("{}/", card.id);
        let own: Vec<&ClaimReport> =
            run.claims.iter().filter(|c| c.id.starts_with(&prefix)).collect();
        if own.is_empty() {
            continue;
        }
        let weakest = Verdict::of_theorem(own.iter().map(|c| c.verdict));
        let _ = writeln!(
            out,
            "## {}\n\n{}. Weakest verdict: {}.\n",
            card.title,
            card.source,
            weakest.word()
        );
        for claim in own {
            section(out, run, claim, folder);
        }
    }
}

fn section(out: &mut String, run: &Refereed, c: &ClaimReport, folder: &str) {
    let _ = writeln!(out, "### `{}`: {}\n", c.id, c.verdict.word());
    let _ = writeln!(out, "{} ({}).\n", math(c.statement), version(c.version));
    if let Some(reading) = c.reading {
        let _ = writeln!(out, "Reading: {}\n", sentence(&math(reading)));
    }
    if !c.hypotheses.is_empty() {
        let list: Vec<String> = c.hypotheses.iter().map(|h| format!("${h}$")).collect();
        let _ = writeln!(out, "Hypotheses tested: {}.\n", list.join(", "));
    }
    ensemble(out, c);
    for e in &c.evidence {
        let _ = writeln!(out, "- {} — {}", e.verdict().word(), cell(&e.line()));
    }
    out.push('\n');
    broken(out, run, c, folder);
    if !c.shipped.is_empty() {
        let rows: Vec<String> =
            c.shipped.iter().map(|(s, what)| format!("`{s}` {}", dollars(what))).collect();
        let _ = writeln!(out, "Shipped systems: {}.\n", rows.join("; "));
    }
}

/// How many points were drawn, and what became of them.
fn ensemble(out: &mut String, c: &ClaimReport) {
    let Some(t) = &c.tally else { return };
    let rejected: Vec<String> = c
        .hypotheses
        .iter()
        .zip(&t.rejected)
        .filter(|(_, n)| **n > 0)
        .map(|(h, n)| format!("{} by ${h}$", thousands(*n)))
        .collect();
    let rejected = if rejected.is_empty() {
        "none rejected".into()
    } else {
        format!("rejected {}", rejected.join(", "))
    };
    if let Some(domain) = c.domain {
        let _ = writeln!(out, "Points: `{}`, {}.\n", domain.name(), domain.what());
    }
    let _ = writeln!(
        out,
        "Ensemble: {} {} drawn, {rejected}, {} undecided, {} met the hypotheses.\n",
        thousands(t.drawn),
        if c.domain.is_some() { "points" } else { "loops" },
        thousands(t.undecided),
        thousands(t.met)
    );
}

/// The counterexample, the version that holds, and how to see it fail again.
fn broken(out: &mut String, run: &Refereed, c: &ClaimReport, folder: &str) {
    let Some(w) = c.witness() else { return };
    if w.place() == "witness" {
        let _ = writeln!(out, "Witness ([file]({})):\n\n```text", witness_path(&c.id));
        for line in witness_lines(c, w) {
            let _ = writeln!(out, "{line}");
        }
    } else {
        let _ = writeln!(out, "Witness: `{}`.\n\n```text", w.place());
    }
    for s in w.sides() {
        let _ = writeln!(out, "{}: {} {} {} fails", s.what, s.left, s.relation, s.right);
    }
    for (h, m) in w.hypotheses() {
        let _ = writeln!(out, "hypothesis {h}: margin {m}");
    }
    out.push_str("```\n\n");
    let _ = writeln!(out, "Replay: `{}`.\n", replay_command(run, c, w, folder));
    let corrected = refuted(run).find(|(refuted, _)| refuted.id == c.id).and_then(|(_, d)| d);
    if let Some(d) = corrected {
        let _ = writeln!(
            out,
            "Corrected (`{}`, {}): {}\n",
            d.id,
            d.verdict.word(),
            sentence(&math(d.statement))
        );
    }
}

/// A finding with the LaTeX of a hypothesis at its end put in dollars.
fn dollars(what: &str) -> String {
    for lead in ["does not meet ", "cannot decide "] {
        if let Some(tex) = what.strip_prefix(lead) {
            return format!("{lead}${tex}$");
        }
    }
    what.to_string()
}

fn version(v: Version) -> &'static str {
    match v {
        Version::Printed => "as printed",
        Version::Corrected => "corrected",
        Version::Derived => "derived",
    }
}

fn cell(text: &str) -> String {
    text.replace('|', r"\|")
}
