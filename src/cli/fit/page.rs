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
            "{} {} of {} columns, {:.2} % of the variance: {}",
            r.rank,
            if r.rank == 1 { "mode" } else { "modes" },
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
        None => "unknown".to_owned(),
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
        None => return exact_rate(fit),
        Some(Interval { hi: Some(hi), .. }) if hi < 1.0 => {
            &format!("the loop converges{}", where_visited(fit))
        }
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

/// The rate of a log without noise.
fn exact_rate(fit: &Fit) -> String {
    let rounding = fit.rounding.as_ref();
    let (value, error) = within(Some(fit.rate.estimate), rounding.and_then(|r| r.rate));
    let verdict = match rounding.and_then(|r| r.converges) {
        Some(true) => format!("the loop converges{}", where_visited(fit)),
        Some(false) => "the loop does not converge".to_owned(),
        None if rounding
            .and_then(|r| r.rate)
            .is_some_and(|e| (fit.rate.estimate - 1.0).abs() <= e) =>
        {
            "whether the loop converges cannot be told: the rate is 1 within rounding".to_owned()
        }
        None => "whether the loop converges cannot be told: rounding leaves it open".to_owned(),
    };
    format!("rate a round (spectral radius of J): {value} {error}\n  {verdict}\n\n")
}

/// What a verdict is restricted to.
fn where_visited(fit: &Fit) -> String {
    match &fit.reduction {
        Some(r) if r.unvisited > 0 || fit.rounding.is_some() => {
            let many = if r.rank == 1 { "direction" } else { "directions" };
            format!(
                ", in the {} {many} of {} that {}",
                r.rank,
                r.of,
                match r.unvisited {
                    0 => "were fitted",
                    _ => "the log visits",
                }
            )
        }
        _ => String::new(),
    }
}

/// A number to as many digits as its error allows, six at least, and the error: `0.500000`, `± 3e-16`.
/// What is shown is no further from the truth than the error says.
fn within(value: Option<f64>, error: Option<f64>) -> (String, String) {
    // Digits of a zero that is not exact say nothing.
    const NOTHING: f64 = 1e-3;
    let (Some(value), Some(error)) = (value, error) else {
        return (maybe(value), "error unknown".to_owned());
    };
    if value.abs() <= NOTHING * error {
        return ("0".to_owned(), format!("± {}", rounded_up(error + value.abs())));
    }
    let shown = (6..=17).map(|digits| (digits, digits_of(value, digits)));
    let off = |text: &str| text.parse::<f64>().map_or(f64::INFINITY, |x| (x - value).abs());
    let text = shown
        .map(|(_, text)| text)
        .find(|text| off(text) <= error)
        .unwrap_or_else(|| format!("{value:e}"));
    let total = error + off(&text);
    (text, format!("± {}", rounded_up(total)))
}

/// With so many significant digits.
fn digits_of(x: f64, digits: usize) -> String {
    let scientific = format!("{x:.*e}", digits - 1);
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent {
        Some(e @ -4..=5) => {
            let decimals = i32::try_from(digits).unwrap_or(17) - 1 - e;
            format!("{x:.*}", usize::try_from(decimals).unwrap_or(0))
        }
        _ => scientific,
    }
}

/// To one digit, upwards.
fn rounded_up(x: f64) -> String {
    let near = format!("{x:.0e}");
    match near.parse::<f64>() {
        Ok(shown) if shown < x => {
            // A digit more: half a unit of it is always enough.
            let unit = near.split_once('e').map_or(0, |(_, e)| e.parse::<i32>().unwrap_or(0));
            format!("{:.0e}", shown + 10.0_f64.powi(unit))
        }
        _ => near,
    }
}

fn eigenvalues(fit: &Fit) -> String {
    let show = |(k, e): (usize, &Eigenvalue)| {
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
        let certain = fit.rounding.as_ref().map(|r| r.eigenvalues[k]);
        match certain {
            None => vec![value, number(modulus), range(e.modulus), maybe(period)],
            Some(error) => {
                let (value, error) = complex(e, error);
                vec![value, error, number(modulus), maybe(period)]
            }
        }
    };
    // Of a pair, the one above the axis.
    let rows: Vec<_> =
        fit.eigenvalues.iter().enumerate().filter(|(_, e)| e.im >= 0.0).map(show).collect();
    if fit.rounding.is_some() {
        return format!("{}\n", table(&["eigenvalue", "within", "modulus", "period"], &rows));
    }
    let region = format!("{} of modulus", percent(fit));
    format!("{}\n", table(&["eigenvalue", "modulus", &region, "period"], &rows))
}

fn jacobian(fit: &Fit) -> String {
    if fit.columns.len() > 6 {
        return String::new();
    }
    let mut rows = Vec::new();
    for (i, (to, row)) in fit.columns.iter().zip(&fit.jacobian).enumerate() {
        for (k, (from, entry)) in fit.columns.iter().zip(row).enumerate() {
            let name = format!("{to} <- {from}");
            let certain = fit.rounding.as_ref().map(|r| r.jacobian[i][k]);
            rows.push(match (entry, certain) {
                (None, None) => vec![name, "unknown".into(), "-".into(), "not visited".into()],
                (None, Some(_)) => vec![name, "unknown".into(), "not visited".into()],
                (Some(entry), None) => vec![
                    name,
                    number(entry.estimate),
                    number(entry.std_error),
                    range(entry.interval),
                ],
                (Some(entry), Some(error)) => {
                    let (value, error) = within(Some(entry.estimate), error);
                    vec![name, value, error]
                }
            });
        }
    }
    if fit.rounding.is_some() {
        return format!("{}\n", table(&["J", "estimate", "within"], &rows));
    }
    format!("{}\n", table(&["J", "estimate", "std error", &percent(fit)], &rows))
}

fn values(fit: &Fit) -> String {
    let rounding = fit.rounding.as_ref();
    let of = &if rounding.is_some() { "within".to_owned() } else { percent(fit) };
    let row = |name: &str, estimate: Option<f64>, interval, certain: Option<Option<f64>>| {
        let (value, around) = match certain {
            None => (maybe(estimate), range(interval)),
            Some(_) if estimate.is_none() => ("-".to_owned(), "cannot tell".to_owned()),
            Some(error) => within(estimate, error),
        };
        vec![name.to_owned(), value, around]
    };
    // Of many columns the outcomes are what can be read.
    let shown = |name: &String| fit.columns.len() <= SHOWN || fit.outcomes.contains(name);
    let stable: Vec<_> = fit
        .stable
        .iter()
        .enumerate()
        .filter(|(_, v)| shown(&v.name))
        .map(|(k, v)| row(&v.name, v.estimate, v.interval, rounding.map(|r| r.stable[k])))
        .collect();
    let mut text = String::new();
    if !stable.is_empty() {
        let _ = writeln!(text, "{}", table(&["stable value", "estimate", of], &stable));
    }
    let influences: Vec<_> = fit
        .influences
        .iter()
        .enumerate()
        .filter(|(_, v)| shown(&v.of))
        .map(|(k, v)| {
            let name = format!("{} on {}", v.share, v.of);
            row(&name, v.estimate, v.interval, rounding.map(|r| r.influences[k]))
        })
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

/// An eigenvalue and how far it may be off.
fn complex(e: &Eigenvalue, error: Option<f64>) -> (String, String) {
    if e.im == 0.0 {
        return within(Some(e.re), error);
    }
    let part = |x: f64| within(Some(x), error).0;
    let shown = |text: &str, x: f64| text.parse::<f64>().map_or(f64::INFINITY, |y| (x - y).abs());
    let (re, im) = (part(e.re), part(e.im.abs()));
    let text = format!("{re} {} {im}i", if e.im > 0.0 { '+' } else { '-' });
    let off = shown(&re, e.re).hypot(shown(&im, e.im.abs()));
    let error =
        error.map_or("error unknown".to_owned(), |error| format!("± {}", rounded_up(error + off)));
    (text, error)
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
