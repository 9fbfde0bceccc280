//! The claims with their verdicts, and the controls.

use super::super::table::{Cell, Column, Layout, Table};
use super::super::{failures, gap, margin};
use super::{code, number, text};
use crate::claim::Version;
use crate::evidence::Evidence;
use crate::referee::{ClaimReport, Refereed};

/// Every claim with its verdict.
pub fn claims(run: &Refereed) -> Table {
    let columns = vec![
        Column::new("claim", "Claim", Layout::Wrapped(0.23)),
        Column::new("statement", "Statement", Layout::Wrapped(0.51)),
        Column::new("verdict", "Verdict", Layout::Left),
        Column::new("points", "Points", Layout::Number),
        Column::data("version"),
        Column::data("source"),
        Column::data("reading"),
        Column::data("violations"),
        Column::data("least_margin"),
        Column::data("largest_gap"),
    ];
    let caption = "Every claim with its verdict, in the order of the paper. After `#` stands another \
                   version or reading, after `@` where it is checked. Points: those that met the \
                   hypotheses and were compared.";
    let mut table = Table::new("claims", caption, columns);
    for c in &run.claims {
        table.row([
            code(&c.id),
            Cell::Prose(c.statement.into()),
            Cell::Verdict(c.verdict),
            if c.met() == 0 { Cell::Empty } else { Cell::Count(c.met()) },
            text(version(c.version)),
            text(c.source),
            c.reading.map_or(Cell::Empty, |r| Cell::Prose(r.into())),
            failures(c).map_or(Cell::Empty, |(bad, _)| Cell::Count(bad)),
            number(c.least_margin().map(margin)),
            number(largest_gap(c).map(gap)),
        ]);
    }
    table
}

fn largest_gap(claim: &ClaimReport) -> Option<f64> {
    let gaps = claim.evidence.iter().filter_map(|e| match e {
        Evidence::Sampled(s) => s.worst_gap,
        _ => None,
    });
    gaps.reduce(f64::max)
}

fn version(v: Version) -> &'static str {
    match v {
        Version::Printed => "printed",
        Version::Corrected => "corrected",
        Version::Derived => "derived",
    }
}

/// The near misses that the same checks must refute.
pub fn controls(run: &Refereed) -> Table {
    let columns = vec![
        Column::new("control", "Control", Layout::Wrapped(0.25)),
        Column::data("of"),
        Column::new("why", "Why it is false", Layout::Wrapped(0.36)),
        Column::new("refuted_by", "What broke it", Layout::Wrapped(0.33)),
        Column::data("verdict"),
    ];
    let caption = "Controls: statements that are nearly a claim and known to be false. The checks of \
                   the claims refute each, or they would have no teeth.";
    let mut table = Table::new("controls", caption, columns);
    for c in &run.controls {
        let witness = c.witness.as_ref().map(|w| {
            let s = &w.sides()[0];
            text(format!("{}: {} {} {} fails", s.what, s.left, s.relation, s.right))
        });
        table.row([
            code(&c.id),
            code(&c.of),
            text(c.why),
            witness.unwrap_or_else(|| text("nothing: the control survives")),
            Cell::Verdict(c.verdict),
        ]);
    }
    table
}
