//! Reports: they print what the evidence says and compute nothing.
//!
//! Committed reports carry no dates, timings or host names, and show floating-point figures only to
//! as many digits as another processor reproduces ([`margin`], [`gap`]).

mod findings;
pub mod html;
mod json;
mod latex;
mod markdown;
pub mod prose;
pub mod table;
mod tex;
mod text;
mod witness;

pub use findings::findings;
pub use json::json;
pub use latex::latex;
pub use markdown::markdown;
pub use text::{plain, text};
pub use witness::{conjecture_toml, witness_lines, witness_toml};

pub use crate::evidence::{gap, margin};

use crate::evidence::Evidence;

use crate::certify::Counterexample;
use crate::certify::file::{About, CertificateFile};
use crate::referee::{ClaimReport, Refereed};
use crate::verdict::Verdict;

/// The folder of the committed reports, relative to the root of the repository.
pub const FOLDER: &str = "reports";

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

/// Names of the files that `report` writes into `folder`, with their bytes, for a run.
pub fn files(run: &Refereed, folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("report.md".to_string(), markdown(run, folder)),
        ("report.json".to_string(), json(run)),
        ("claims.tex".to_string(), latex(run)),
    ];
    for claim in &run.claims {
        if let Some(w) = claim.witness().filter(|w| w.place() == "witness") {
            files.push((witness_path(&claim.id), witness_toml(claim, w)));
        }
        files.extend(certificates(claim));
    }
    files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

/// The certificates of a claim, with the names of their files.
fn certificates(claim: &ClaimReport) -> impl Iterator<Item = (String, String)> {
    let found = claim.evidence.iter().filter_map(|e| match e {
        Evidence::Certified(c) => Some(c),
        _ => None,
    });
    found.enumerate().map(|(index, c)| {
        let file = CertificateFile::new(About::Claim(claim.id.clone()), claim.statement, c);
        (certificate_path(&claim.id, index), file.text())
    })
}

/// Where the certificates of a claim are kept, relative to the folder of the reports.
pub fn certificate_path(id: &str, index: usize) -> String {
    let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
    format!("certificates/{}{number}.json", file_name(id))
}

/// The id of a claim as the name of a file, without extension.
pub fn file_name(id: &str) -> String {
    id.replace(['/', '#', '@', '_'], "-")
}

/// Where the witness of a claim is kept, relative to the folder of the reports.
pub fn witness_path(id: &str) -> String {
    format!("witnesses/{}.toml", file_name(id))
}

/// The command that puts a counterexample to its claim again, with the reports in `folder`.
pub fn replay_command(run: &Refereed, c: &ClaimReport, w: &Counterexample, folder: &str) -> String {
    if w.place() == "witness" {
        format!("backfire replay {folder}/{}", witness_path(&c.id))
    } else if run.given.iter().any(|name| name == w.place()) {
        format!("backfire verify {} --system FILE", c.id)
    } else {
        format!("backfire verify {}", c.id)
    }
}

/// On how many of the points that met the hypotheses a claim fails: `(violations, points)` of the route
/// that saw most of them fail.
pub(crate) fn failures(claim: &ClaimReport) -> Option<(u64, u64)> {
    let routes = claim.evidence.iter().filter_map(|e| match e {
        Evidence::Sampled(s) => Some((s.violations, s.samples)),
        _ => None,
    });
    routes.max()
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
    use super::thousands;

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(thousands(999), "999");
    }
}
