//! Reports: they print what the evidence says and compute nothing.
//!
//! Committed reports carry no dates, timings or host names, and show floating-point figures only to
//! as many digits as another processor reproduces ([`margin`], [`gap`]).

mod json;
mod latex;
mod markdown;
mod text;
mod witness;

pub use json::json;
pub use latex::latex;
pub use markdown::markdown;
pub use text::text;
pub use witness::{loop_lines, witness_toml};

use crate::referee::{ClaimReport, Refereed};
use crate::verdict::Verdict;

/// A relative margin to two significant digits; 0 where it is rounding.
pub fn margin(x: f64) -> String {
    if x.abs() <= crate::check::ROUNDING { "0".into() } else { format!("{x:.1e}") }
}

/// An upper bound of a relative gap: an even power of ten. The gaps themselves are rounding errors,
/// which differ from processor to processor.
pub fn gap(x: f64) -> String {
    if x > 0.01 {
        return format!("{x:.1}");
    }
    // At least one decade above what was seen, so that a slightly larger error elsewhere fits.
    let decades = (x.max(1e-13).log10() + 1.0).ceil();
    format!("below 1e{}", (2.0 * (decades / 2.0).ceil()).min(-2.0))
}

/// The claims that are refuted as printed, each with its corrected version if there is one.
pub fn refuted(run: &Refereed) -> impl Iterator<Item = (&ClaimReport, Option<&ClaimReport>)> {
    run.claims.iter().filter(|c| c.verdict == Verdict::Refuted).map(|c| {
        // `sign#literal` is corrected by `sign#corrected` as much as `sign` is.
        let base = c.id.split('#').next().unwrap_or(&c.id);
        let wanted = format!("{base}#corrected");
        let plain = format!("{}#corrected", base.split('@').next().unwrap_or(base));
        let find = |id: &str| run.claims.iter().find(|d| d.id == id);
        // A looser reading is corrected by the stricter one, where that holds.
        let stricter = || find(base).filter(|d| d.verdict >= Verdict::Supported);
        (c, find(&wanted).or_else(|| find(&plain)).or_else(stricter))
    })
}

/// Names of the files that `report` writes, with their texts, for a run.
pub fn files(run: &Refereed) -> Vec<(String, String)> {
    let mut files = vec![
        ("report.md".to_string(), markdown(run)),
        ("report.json".to_string(), json(run)),
        ("claims.tex".to_string(), latex(run)),
    ];
    for claim in &run.claims {
        if let Some(w) = claim.witness().filter(|w| w.place() == "witness") {
            files.push((witness_path(&claim.id), witness_toml(claim, w)));
        }
    }
    files
}

/// Where the witness of a claim is kept, relative to the folder of the reports.
pub fn witness_path(id: &str) -> String {
    format!("witnesses/{}.toml", id.replace(['/', '#', '@', '_'], "-"))
}

/// `12,345`.
pub(crate) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{gap, margin, thousands};

    #[test]
    fn figures_are_rounded_so_that_they_reproduce() {
        // One decade of room above 2e-15 is the floor 1e-12; above 3e-12 it is 1e-11, even: 1e-10.
        assert_eq!(gap(2e-15), "below 1e-12");
        assert_eq!(gap(3e-12), "below 1e-10");
        assert_eq!(gap(2.0), "2.0");
        assert_eq!(margin(-3e-16), "0");
        assert_eq!(margin(0.26789), "2.7e-1");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
    }
}
