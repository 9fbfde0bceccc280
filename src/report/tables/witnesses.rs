//! What is refuted, and where it fails.

use super::super::table::{Cell, Column, Layout, Table};
use super::super::{refuted, replay_command, witness_lines};
use super::{code, text};
use crate::certify::BrokenSide;
use crate::referee::Refereed;

/// Characters of a line that says one number of a point.
const NUMBER: usize = 24;

/// Every refuted claim with its smallest counterexample.
pub fn witnesses(run: &Refereed) -> Table {
    let columns = vec![
        Column::new("claim", "Claim", Layout::Wrapped(0.2)),
        Column::print("What fails", Layout::Wrapped(0.25)),
        Column::data("what"),
        Column::data("left"),
        Column::data("relation"),
        Column::data("right"),
        Column::new("place", "Where", Layout::Wrapped(0.49)),
        Column::data("corrected"),
        Column::data("replay"),
    ];
    let caption = "Refuted claims, each with the smallest counterexample that was found, confirmed in \
                   exact arithmetic. On the left is what is printed, on the right what the loop does, \
                   unless the words say otherwise. Shares move towards curated data unless a mixture \
                   is named.";
    let mut table = Table::new("witnesses", caption, columns);
    for (claim, corrected) in refuted(run) {
        let Some(w) = claim.witness() else { continue };
        let side = &w.sides()[0];
        let place = if w.place() == "witness" {
            let lines = witness_lines(claim, w);
            // A dozen numbers need no line each.
            let short = lines.iter().all(|l| l.chars().count() <= NUMBER);
            if short { Cell::Items(lines) } else { Cell::Lines(lines) }
        } else {
            code(w.place())
        };
        table.row([
            code(&claim.id),
            fails(side),
            text(side.what),
            text(&side.left),
            text(side.relation),
            text(&side.right),
            place,
            corrected.map_or(Cell::Empty, |d| code(&d.id)),
            code(replay_command(run, claim, w, super::super::FOLDER)),
        ]);
    }
    table
}

/// What was compared, its numbers as a formula.
fn fails(side: &BrokenSide) -> Cell {
    let number = |text: &str| text.bytes().all(|b| b.is_ascii_digit() || b"-./".contains(&b));
    let relation = side.relation;
    if ![&side.left, &side.right].into_iter().all(|text| number(text)) {
        return text(format!("{}: {} {relation} {}", side.what, side.left, side.right));
    }
    let sign = relation.replace("<=", r"\le").replace(">=", r"\ge");
    Cell::Prose(format!(r"{}: \({} {sign} {}\)", side.what, side.left, side.right))
}
