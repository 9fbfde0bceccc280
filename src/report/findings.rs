//! What fails as printed, for the paper's authors.

use super::tex::{math, sentence};
use super::{failures, refuted, replay_command, thousands, witness_lines};
use crate::claim::{Consequence, Gravity, Version};
use crate::referee::{ClaimReport, Refereed};
use crate::verdict::Verdict;
use std::fmt::Write;

/// A refuted claim as printed, with its corrected version if there is one.
type Finding<'a> = (&'a ClaimReport, Option<&'a ClaimReport>);

/// Every printed claim that is refuted, most serious first, each with its witness, its correction
/// and the command that replays it; the reports are in `folder`. Within a rank the order is the
/// paper's.
pub fn findings(run: &Refereed, folder: &str) -> String {
    let mut out = String::from("# What fails as printed\n\n");
    let failing: Vec<Finding> =
        refuted(run).filter(|(c, _)| c.version == Version::Printed).collect();
    preamble(&mut out, run, failing.len());
    let mut number = 0;
    let mut said = Vec::new();
    let ranks = Gravity::ALL.into_iter().map(Some).chain([None]);
    for rank in ranks {
        let of_rank = |c: &ClaimReport| c.consequence.map(|k| k.gravity) == rank;
        let here: Vec<&Finding> = failing.iter().filter(|(c, _)| of_rank(c)).collect();
        if here.is_empty() {
            continue;
        }
        let _ = writeln!(out, "## {}\n", rank.map_or("Others", Gravity::heading));
        for (claim, corrected) in here {
            number += 1;
            let _ = writeln!(out, "### {number}. `{}`\n\n{}.\n", claim.id, claim.source);
            words(&mut out, claim, number, &mut said);
            case(&mut out, run, claim, folder);
            if let Some(d) = corrected {
                let _ = writeln!(
                    out,
                    "What holds instead ({}, `{}`): {}\n",
                    d.verdict.word().to_lowercase(),
                    d.id,
                    sentence(&math(d.statement))
                );
            }
        }
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn preamble(out: &mut String, run: &Refereed, failing: usize) {
    let printed = || run.claims.iter().filter(|c| c.version == Version::Printed);
    let count = |v: Verdict| printed().filter(|c| c.verdict == v).count();
    let others = [Verdict::Proved, Verdict::Supported, Verdict::Inconclusive, Verdict::Disputed];
    let others: Vec<String> = others
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| format!("{} are {}", count(v), v.word().to_lowercase()))
        .collect();
    let _ = writeln!(
        out,
        "To the authors of *When and How Human Curation Backfires: Preference Alignment under \
         Multi-Model Self-Consuming Loop* (arXiv 2605.29267v1).\n\n\
         We checked {} claims of the paper as they are printed, some in two readings. {failing} of them fail; each failure \
         below is a concrete case that meets every hypothesis of its claim, \
         confirmed in exact arithmetic. Of the others, {}. Where we state a corrected version, it \
         went through the same checks, and its verdict stands beside it: *supported* means that \
         every check agrees, not that it is proved. That a claim fails says nothing about those that \
         are not in this list.\n\n\
         The most serious come first: conclusions that are reversed, then missing hypotheses, \
         constants, differences between text and experiment, slips. What is compared in a witness \
         has the printed side on the left and what the loop does on the right, unless its words say \
         otherwise; shares move towards curated data unless a mixture is named. We may have misread \
         what the paper leaves open; how we read it is said where it matters.\n\n\
         Made by `backfire report`, seed {}, effort {}. The commands are run in the root of the \
         repository, with `cargo run --release --` for `backfire` where it is not installed.\n",
        printed().count(),
        others.join(", "),
        run.effort.seed,
        run.effort.factor
    );
}

/// What is printed, how we read it, what follows. What was said of an earlier claim is not repeated.
fn words(out: &mut String, c: &ClaimReport, number: usize, said: &mut Vec<(&'static str, usize)>) {
    let _ = writeln!(out, "As printed: {}\n", sentence(&math(c.statement)));
    if let Some(reading) = c.reading {
        let _ = writeln!(out, "Our reading: {}\n", sentence(&math(reading)));
    }
    let Some(Consequence { text, .. }) = c.consequence else { return };
    if let Some((_, before)) = said.iter().find(|(known, _)| *known == text) {
        let _ = writeln!(out, "What we said of number {before} applies here too.\n");
    } else {
        said.push((text, number));
        let _ = writeln!(out, "{}\n", sentence(&math(text)));
    }
}

/// The witness and the command that replays it.
fn case(out: &mut String, run: &Refereed, c: &ClaimReport, folder: &str) {
    let Some(w) = c.witness() else { return };
    let often = how_often(c);
    let own = w.place() == "witness";
    let place = if own {
        "The smallest case that we found:".to_string()
    } else {
        format!("Here, `{}`:", w.place())
    };
    let _ = writeln!(out, "{often} {place}\n\n```text");
    if own {
        for line in witness_lines(c, w) {
            let _ = writeln!(out, "{line}");
        }
    }
    for s in w.sides() {
        let _ = writeln!(out, "{}: {} {} {} fails", s.what, s.left, s.relation, s.right);
    }
    for (h, m) in w.hypotheses() {
        let _ = writeln!(out, "hypothesis {h}: met by {m}");
    }
    let _ = writeln!(out, "```\n\n```sh\n{}\n```\n", replay_command(run, c, w, folder));
}

/// On how many of the points that met the hypotheses it fails, in a sentence.
fn how_often(c: &ClaimReport) -> String {
    let Some((violations, samples)) = failures(c) else { return "It fails.".into() };
    let (bad, all) = (thousands(violations), thousands(samples));
    match (violations, samples, c.tally.is_some()) {
        (0, _, _) => {
            format!("It fails on none of {all} random points, but on one that was searched for.")
        }
        (_, _, true) => {
            format!("It fails on {bad} of {all} random points that meet its hypotheses.")
        }
        (1, 1, false) => "It fails on the one system that it speaks of.".into(),
        (_, _, false) => format!("It fails at {bad} of the {all} points that we checked."),
    }
}
