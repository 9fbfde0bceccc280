//! Measures how often the intervals of `backfire fit` cover, and prints the table of `docs/fit.md`.
//!
//! ```sh
//! cargo run --release --example fit_coverage -- [LOGS [NAME]]
//! ```

use backfire::fit::Options;
use backfire::fit::coverage::{Count, measure, truths};

const SEED: u64 = 1;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let logs: usize = arguments.next().map_or(1000, |n| n.parse().expect("a number of logs"));
    let only = arguments.next();
    println!(
        "| loop | columns | rounds x runs | rho | rate | leading | J_11 | stable | influence | alignment | alarms | width of rate |"
    );
    println!("|:--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for truth in truths() {
        if only.as_ref().is_some_and(|name| !truth.name.contains(name.as_str())) {
            continue;
        }
        // Larger loops take longer: a quarter of the logs says enough.
        let logs = if truth.jacobian.nrows() > 2 { logs.div_ceil(4) } else { logs };
        let row = match measure(&truth, logs, SEED, &Options::default()) {
            Ok(row) => row,
            Err(e) => panic!("{}: {e}", truth.name),
        };
        let count = |c: &Count| match c.rate() {
            Some(rate) if c.unbounded > 0 => {
                format!("{:.1} ({:.0})", 100.0 * rate, 100.0 * c.open())
            }
            Some(rate) => format!("{:.1}", 100.0 * rate),
            None => "-".to_owned(),
        };
        println!(
            "| {} | {} | {} x {} | {:.2} | {} | {} | {} | {} | {} | {} | {:.1} | {} |{}",
            truth.name,
            truth.jacobian.nrows(),
            truth.rounds,
            truth.runs,
            row.radius,
            count(&row.rate),
            count(&row.leading),
            count(&row.entry),
            count(&row.stable),
            count(&row.influence),
            count(&row.outcome),
            100.0 * row.alarms as f64 / row.logs as f64,
            row.width.map_or_else(|| "-".to_owned(), |w| format!("{w:.2}")),
            if row.refused > 0 { format!(" refused {}", row.refused) } else { String::new() },
        );
    }
}
