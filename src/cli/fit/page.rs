//! A fit as a page of text.

use super::super::text::{maybe, number, table};
use crate::fit::{Eigenvalue, Fit, Interval, Level};
use std::fmt::Write;

/// The most columns whose numbers are printed one by one.
const SHOWN: usize = 12;

/// The page.
pub(super) fn page(place: &str, fit: &Fit) -> String {
    let mut text = heading(place, fit);
    text += &rate(fit);
    text += &eigenvalues(fit);
    text += &jacobian(fit);
    text += &values(fit);
    text += &tests(fit);
    text += &findings(fit);
    text
}

fn heading(place: &str, fit: &Fit) -> String {
    let rounds = match fit.rounds {
        (a, b) if a == b => format!("{a} rounds"),
        (a, b) => format!("{a} to {b} rounds"),
    };
    let runs = if fit.runs == 1 { "1 run".to_owned() } else { format!("{} runs", fit.runs) };
    let mut text = format!(
        "{place}: {runs} of {rounds}, {} transitions, {} degrees of freedom\n",
        fit.transitions, fit.freedom
    );
    let _ = writeln!(text, "state: {}", named(&fit.columns));
    if !fit.outcomes.is_empty() {
        let _ = writeln!(text, "followed: {}", named(&fit.outcomes));
    }
    for share in &fit.shares {
        let how = match (share.varies(), share.within) {
            (false, _) => format!("{} throughout", share.lo),
            (true, true) => format!("{} to {}, varies within runs", share.lo, share.hi),
            (true, false) => format!("{} to {}, varies between runs", share.lo, share.hi),
        };
        let _ = writeln!(text, "{}: {how}", share.name);
    }
    let at: Vec<String> = fit
        .shares
        .iter()
        .filter(|s| s.varies())
        .map(|s| format!("{} = {}", s.name, number(s.at)))
        .collect();
    if !at.is_empty() {
        let _ = writeln!(text, "J and the stable point are those at {}", at.join(", "));
    }
    if let Some(r) = &fit.reduction {
        let _ = writeln!(
            text,
            "{} modes of {} columns, {:.2} % of the variance: {}",
            r.rank,
            r.of,
            100.0 * r.kept,
            r.why
        );
    }
    text + "\n"
}

fn named(names: &[String]) -> String {
    match names.len() {
        n if n > SHOWN => format!("{} to {} ({n} columns)", names[0], names[n - 1]),
        _ => names.join(", "),
    }
}

/// `0.5 to 0.7`; what has no end is open.
fn range(interval: Option<Interval>) -> String {
    match interval {
        None => "exact".to_owned(),
        Some(Interval { lo: None, hi: None }) => "unbounded".to_owned(),
        Some(Interval { lo: Some(lo), hi: None }) => format!("above {}", number(lo)),
        Some(Interval { lo: None, hi: Some(hi) }) => format!("below {}", number(hi)),
        Some(Interval { lo: Some(lo), hi: Some(hi) }) => {
            format!("{} to {}", number(lo), number(hi))
        }
    }
}

fn percent(fit: &Fit) -> String {
    format!("{} %", 100.0 * fit.level)
}

fn rate(fit: &Fit) -> String {
    let verdict = match fit.rate.interval {
        None if fit.rate.estimate < 1.0 => "the loop converges",
        None => "the loop does not converge",
        Some(Interval { hi: Some(hi), .. }) if hi < 1.0 => "the loop converges",
        Some(Interval { lo: Some(lo), .. }) if lo > 1.0 => "the loop does not converge",
        Some(_) => "the data cannot tell whether the loop converges",
    };
    let doubt = if fit.tests.iter().any(|t| t.found) {
        ", if the warnings below do not matter"
    } else {
        ""
    };
    let corrected = if fit.rate.interval.is_some() {
        format!("; {} less the bias of short series", number(fit.rate.corrected))
    } else {
        String::new()
    };
    format!(
        "rate a round (spectral radius of J): {}{corrected}\n  {}: {}   {verdict}{doubt}\n\n",
        number(fit.rate.estimate),
        percent(fit),
        range(fit.rate.interval),
    )
}

fn eigenvalues(fit: &Fit) -> String {
    let show = |e: &Eigenvalue| {
        let modulus = e.re.hypot(e.im);
        let value = if e.im == 0.0 {
            number(e.re)
        } else {
            format!(
                "{} {} {}i",
                number(e.re),
                if e.im > 0.0 { '+' } else { '-' },
                number(e.im.abs())
            )
        };
        let turn = e.im.atan2(e.re).abs();
        let period = (e.im != 0.0 || e.re < 0.0).then(|| std::f64::consts::TAU / turn);
        vec![value, number(modulus), range(e.modulus), maybe(period)]
    };
    // Of a pair, the one above the axis.
    let rows: Vec<_> = fit.eigenvalues.iter().filter(|e| e.im >= 0.0).map(show).collect();
    let region = format!("{} of modulus", percent(fit));
    format!("{}\n", table(&["eigenvalue", "modulus", &region, "period"], &rows))
}

fn jacobian(fit: &Fit) -> String {
    if fit.columns.len() > 6 {
        return String::new();
    }
    let mut rows = Vec::new();
    for (to, row) in fit.columns.iter().zip(&fit.jacobian) {
        for (from, entry) in fit.columns.iter().zip(row) {
            rows.push(vec![
                format!("{to} <- {from}"),
                number(entry.estimate),
                number(entry.std_error),
                range(entry.interval),
            ]);
        }
    }
    format!("{}\n", table(&["J", "estimate", "std error", &percent(fit)], &rows))
}

fn values(fit: &Fit) -> String {
    let of = &percent(fit);
    let row =
        |name: &str, estimate, interval| vec![name.to_owned(), maybe(estimate), range(interval)];
    // Of many columns the outcomes are what can be read.
    let shown = |name: &String| fit.columns.len() <= SHOWN || fit.outcomes.contains(name);
    let stable: Vec<_> = fit
        .stable
        .iter()
        .filter(|v| shown(&v.name))
        .map(|v| row(&v.name, v.estimate, v.interval))
        .collect();
    let mut text = String::new();
    if !stable.is_empty() {
        let _ = writeln!(text, "{}", table(&["stable value", "estimate", of], &stable));
    }
    let influences: Vec<_> = fit
        .influences
        .iter()
        .filter(|v| shown(&v.of))
        .map(|v| row(&format!("{} on {}", v.share, v.of), v.estimate, v.interval))
        .collect();
    if !influences.is_empty() {
        let header = ["influence (change a unit of share)", "estimate", of];
        let _ = writeln!(text, "{}", table(&header, &influences));
    }
    if fit.columns.len() > SHOWN {
        let _ = writeln!(text, "(the columns one by one are in --format json)\n");
    }
    text
}

fn tests(fit: &Fit) -> String {
    if fit.tests.is_empty() {
        return String::new();
    }
    let word = |t: &crate::fit::Test| match t.p_value {
        None => format!("{} -", t.name),
        Some(p) => format!("{} {p:.3}{}", t.name, if t.found { " !" } else { "" }),
    };
    let words: Vec<String> = fit.tests.iter().map(word).collect();
    format!("residuals (p-values): {}\n\n", words.join(", "))
}

fn findings(fit: &Fit) -> String {
    let mut text = String::new();
    for f in &fit.findings {
        let head = match f.level {
            Level::CannotTell => "cannot tell",
            Level::Warning => "warning",
            Level::Note => "note",
        };
        let _ = writeln!(text, "{head}: {}", f.text);
        if !f.remedy.is_empty() {
            let _ = writeln!(text, "  = help: {}", f.remedy);
        }
    }
    text
}
