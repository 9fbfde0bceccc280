//! How many points were drawn for a claim, and what became of them.

use super::super::prose::spelled;
use super::super::table::{Cell, Column, Layout, Table};
use super::super::{failures, thousands};
use super::code;
use crate::domain::Domain;
use crate::referee::{ClaimReport, Refereed};
use std::fmt::Write;

/// The random points of every universal claim.
pub fn ensembles(run: &Refereed) -> Table {
    let columns = vec![
        Column::new("claim", "Claim", Layout::Wrapped(0.23)),
        Column::data("points"),
        Column::new("drawn", "Drawn", Layout::Number),
        Column::data("rejected"),
        Column::new("rejected_by", "Rejected", Layout::Wrapped(0.3)),
        Column::new("undecided", "Open", Layout::Number),
        Column::new("met", "Met", Layout::Number),
        Column::new("violations", "Fails", Layout::Number),
    ];
    let caption = "The random points of every universal claim: how many were drawn, rejected by a \
                   hypothesis (each counted at the first that it does not meet) or left open because \
                   rounding hides whether it meets one, how many met all hypotheses, and on how many \
                   of those the claim fails.";
    let mut table = Table::new("ensembles", caption, columns);
    for c in &run.claims {
        let Some(t) = &c.tally else { continue };
        table.row([
            code(&c.id),
            code(c.domain.map_or("loops", Domain::name)),
            Cell::Count(t.drawn),
            Cell::Count(t.rejected.iter().sum()),
            rejected(c),
            Cell::Count(t.undecided),
            Cell::Count(t.met),
            failures(c).map_or(Cell::Empty, |(bad, _)| Cell::Count(bad)),
        ]);
    }
    table
}

/// How many points each hypothesis rejected, where any did.
fn rejected(c: &ClaimReport) -> Cell {
    let mut words = String::new();
    let counts = c.tally.iter().flat_map(|t| &t.rejected);
    for (hypothesis, count) in c.hypotheses.iter().zip(counts).filter(|(_, n)| **n > 0) {
        let comma = if words.is_empty() { "" } else { "; " };
        let _ = write!(words, "{comma}{} by {}", thousands(*count), spelled(hypothesis));
    }
    if words.is_empty() { Cell::Empty } else { Cell::Prose(words) }
}
