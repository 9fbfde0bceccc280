//! What a reader must know of a fit, in words.

use super::result::{Finding, Fit, Interval, Level};
use super::tests_of_fit::Misfit;

/// All findings, the gravest first. `excitation` is how far runs start from the stable point, over
/// the spread of a settled run.
pub(super) fn findings(fit: &Fit, excitation: Option<f64>) -> Vec<Finding> {
    let mut all = Vec::new();
    let mut say = |level, text: String, remedy: &str| {
        all.push(Finding { level, text, remedy: remedy.to_owned() });
    };
    rate(fit, &mut say);
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
    let Some(interval) = fit.rate.interval else {
        let digits = (15.65 - fit.condition.log10()).floor().max(0.0);
        let text = format!(
            "the residuals are rounding: the log is that of a deterministic loop, and there is \
             nothing to be uncertain about; of the numbers about {digits} digits are good"
        );
        return say(Level::Note, text, "");
    };
    if interval == Interval::ALL {
        say(Level::CannotTell, "the rate: the data exclude none".into(), "log more rounds or runs");
    } else if interval.contains(1.0) {
        let text = "whether the loop converges: the interval of the rate contains 1";
        say(Level::CannotTell, text.into(), "log more rounds, or runs that start further away");
    }
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
    if let Some(reduction) = &fit.reduction {
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
