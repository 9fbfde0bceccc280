//! What a reader must know of a fit, in words.

use super::result::{Finding, Fit, Interval, Level, Rounding};
use super::tests_of_fit::Misfit;

/// All findings, the gravest first. `excitation` is how far runs start from the stable point, over
/// the spread of a settled run.
pub(super) fn findings(fit: &Fit, excitation: Option<f64>) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut say = |level, text: String, remedy: &str| {
        all.push(Finding { level, text, remedy: remedy.to_owned() });
    };
    match &fit.rounding {
        Some(rounding) => rounded(fit, rounding, &mut say),
        None => rate(fit, &mut say),
    }
    unvisited(fit, &mut say);
    ratios(fit, &mut say);
    shares(fit, &mut say);
    tests(fit, &mut say);
    sizes(fit, excitation, &mut say);
    // Stable: within a level they stay as said.
    all.sort_by_key(|f| f.level);
    all
}

type Say<'a> = &'a mut dyn FnMut(Level, String, &str);

fn rate(fit: &Fit, say: Say<'_>) {
    let Some(interval) = fit.rate.interval else { return };
    if interval == Interval::ALL {
        say(Level::CannotTell, "the rate: the data exclude none".into(), "log more rounds or runs");
    } else if interval.contains(1.0) {
        let text = "whether the loop converges: the interval of the rate contains 1";
        say(Level::CannotTell, text.into(), "log more rounds, or runs that start further away");
    }
}

/// Without noise.
fn rounded(fit: &Fit, rounding: &Rounding, say: Say<'_>) {
    let more = "write more decimals (1.000000 if that is exact), log more rounds, or start runs further \
                away and in other directions";
    let nothing = rounding.jacobian.iter().flatten().all(Option::is_none);
    if rounding.rate.is_none() && nothing {
        let text = "anything of J: rounding of the numbers in the log may account for all of it";
        say(Level::CannotTell, text.into(), more);
    } else if rounding.converges.is_none() {
        let off = rounding.rate.is_some_and(|e| (fit.rate.estimate - 1.0).abs() <= e);
        let text = if off {
            "whether the loop converges: its rate is 1 within rounding"
        } else {
            "whether the loop converges: rounding leaves it open"
        };
        say(Level::CannotTell, text.into(), more);
    }
    let near = "1 is an eigenvalue of J within rounding, so the loop may drift for ever, stay wherever \
                it starts, or settle far away";
    if !nothing && fit.stable.iter().any(|v| v.estimate.is_none()) {
        let text = format!("whether there is a single stable point, and where: {near}");
        say(Level::CannotTell, text, more);
    }
    if !nothing && fit.influences.iter().any(|v| v.estimate.is_none()) {
        say(Level::CannotTell, format!("how large influences are: {near}"), more);
    }
    let stable = fit.stable.iter().zip(&rounding.stable);
    for (value, _) in stable.filter(|(v, error)| v.estimate.is_some() && error.is_none()) {
        let text = format!(
            "`{}` is no affine function of the state to rounding: its values are estimates, and how \
             good they are is not known",
            value.name
        );
        say(Level::Warning, text, "average it over more samples, or leave out the first rounds");
    }
    let numbers: Vec<String> = match fit.columns.len() {
        n if n > 6 => vec![],
        _ => {
            fit.columns.iter().zip(&rounding.numbers).map(|(c, e)| format!("{c} {e:.0e}")).collect()
        }
    };
    let by = if numbers.is_empty() {
        String::new()
    } else {
        format!(" (by at most: {})", numbers.join(", "))
    };
    let text = format!(
        "the residuals are no more than rounding: no noise is seen. What stands after ± is no interval \
         but a bound, if states were rounded to the nearest{by} and shares are as written"
    );
    say(Level::Note, text, "");
}

/// Directions in which the log never moved.
fn unvisited(fit: &Fit, say: Say<'_>) {
    let Some(reduction) = fit.reduction.as_ref().filter(|r| r.unvisited > 0) else { return };
    let (d, unvisited) = (reduction.of, reduction.unvisited);
    let how = match reduction.relations.len() {
        0 => String::new(),
        _ => format!(" ({} in every row, to rounding)", reduction.relations.join(", ")),
    };
    let of = match reduction.unknown.len() {
        0 => String::new(),
        n if n > 6 => format!(" and of {n} columns of J"),
        _ => format!(" and of what {} do to the next round", reduction.unknown.join(", ")),
    };
    let text = format!(
        "what the loop does in {unvisited} of {d} directions: the log never moves in them{how}. Nothing is \
         known of {unvisited} {}{of}, and whether the loop converges is known only for starts that \
         fulfil the same",
        if unvisited == 1 { "eigenvalue" } else { "eigenvalues" },
    );
    say(
        Level::CannotTell,
        text,
        "start runs in other directions, or leave out the dependent columns",
    );
}

fn ratios(fit: &Fit, say: Say<'_>) {
    let unbounded = |interval: &Option<Interval>| interval.is_some_and(|i| !i.is_bounded());
    let remedy = "log more rounds or runs; start some further from the stable point";
    let near = "1 is a plausible eigenvalue of J, so (I - J)^-1 has no bound";
    if fit.stable.iter().any(|v| unbounded(&v.interval)) {
        say(Level::CannotTell, format!("where the stable point is: {near}"), remedy);
    }
    if fit.influences.iter().any(|v| unbounded(&v.interval)) {
        say(Level::CannotTell, format!("how large influences are: {near}"), remedy);
    }
    let open: Vec<String> = fit
        .influences
        .iter()
        .filter(|v| v.interval.is_some_and(|i| i.is_bounded() && i.contains_zero()))
        .map(|v| format!("{} on {}", v.share, v.of))
        .collect();
    match open.len() {
        0 => {}
        1..=6 => {
            let text = format!("the sign of the influence of {}", open.join(", of "));
            say(Level::CannotTell, text, "vary the share more, or log more runs");
        }
        n => {
            let text = format!("the signs of {n} of {} influences", fit.influences.len());
            say(Level::CannotTell, text, "vary the shares more, or log more runs");
        }
    }
}

fn shares(fit: &Fit, say: Say<'_>) {
    for share in fit.shares.iter().filter(|s| !s.varies()) {
        let text = format!(
            "the influence of `{}`: it is {} in every round, and an influence shows only where a \
             share varies",
            share.name, share.lo
        );
        say(Level::CannotTell, text, "log runs at two shares or more");
    }
    if fit.shares.is_empty() {
        let text = "influences: the log has no shares";
        say(
            Level::CannotTell,
            text.into(),
            "name their columns `share.NAME`, or use `--share NAME`",
        );
    }
    let between = |s: &&super::ShareUse| s.varies() && !s.within;
    if let Some(share) = fit.shares.iter().find(between)
        && fit.runs <= fit.shares.iter().filter(|s| s.varies()).count() + 1
        && !fit.deterministic
    {
        let text = format!(
            "`{}` differs between runs only, and there is no second run at the same share: if \
             runs differ for other reasons, a seed say, that counts as influence",
            share.name
        );
        say(Level::Warning, text, "log several runs at each share");
    }
}

fn tests(fit: &Fit, say: Say<'_>) {
    for test in fit.tests.iter().filter(|t| t.found) {
        let Some(what) = Misfit::ALL.into_iter().find(|m| m.name() == test.name) else { continue };
        let p = test.p_value.unwrap_or(1.0);
        let text = format!("{} (p = {p:.4})", what.says());
        say(Level::Warning, text, what.remedy());
    }
    let skipped: Vec<&str> = fit
        .tests
        .iter()
        .filter(|t| t.p_value.is_none() && t.name == Misfit::Memory.name())
        .map(|t| t.name.as_str())
        .collect();
    if !skipped.is_empty() {
        let text = "the log is too short to test whether its columns are all that matters";
        say(Level::Warning, text.into(), "log more rounds");
    }
}

fn sizes(fit: &Fit, excitation: Option<f64>, say: Say<'_>) {
    if let Some(reduction) = fit.reduction.as_ref().filter(|r| r.rank + r.unvisited < r.of) {
        let text = format!(
            "{} modes of {} columns were fitted ({}); they carry {:.4} of the variance. The \
             intervals take the modes as given, and what the others do counts as noise: those of \
             influences and of entries of J cover less often than they say (docs/fit.md)",
            reduction.rank, reduction.of, reduction.why, reduction.kept
        );
        say(if fit.deterministic { Level::Note } else { Level::Warning }, text, "");
    }
    if fit.condition > 1e4 && !fit.deterministic {
        let text = format!(
            "some directions were hardly visited (condition number {:.0e}): single entries of J \
             are known badly",
            fit.condition
        );
        say(Level::Note, text, "start runs in other directions");
    }
    if excitation.is_some_and(|far| far < 3.0) {
        let text = "no run starts further from the stable point than settled runs stray: what the \
                    log says of J comes from how noise dies out, not from the way to the stable point";
        say(Level::Note, text.into(), "start some runs further away");
    }
}
