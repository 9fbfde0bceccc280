//! Reports: they print what the evidence says and compute nothing.
//!
//! Committed reports carry no dates, timings or host names, and show floating-point figures only to
//! as many digits as another processor reproduces ([`margin`], [`gap`]).

mod appendix;
mod findings;
pub mod html;
mod json;
mod junit;
mod markdown;
pub mod prose;
pub mod table;
pub mod tables;
mod tex;
mod text;
mod witness;

pub use appendix::{Picture, appendix, macros};
pub use findings::findings;
pub use json::json;
pub use junit::{Failures, junit};
pub use markdown::markdown;
pub use text::{plain, text};
pub use witness::{conjecture_toml, witness_lines, witness_toml};

pub use crate::evidence::{gap, margin};

use crate::evidence::Evidence;
use crate::exhibits::Exhibits;
use crate::figures::Figure;

use crate::certify::Counterexample;
use crate::certify::file::{About, CertificateFile};
use crate::referee::{ClaimReport, Refereed};
use crate::verdict::Verdict;
use table::Table;

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

/// In what a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Everything there is.
    All,
    /// An appendix for a LaTeX paper, its tables and macros.
    Latex,
    /// Every table as comma-separated values.
    Csv,
    /// The claims as tests, for dashboards.
    Junit,
    /// The report, the findings and every table as Markdown.
    Md,
    /// Everything that was found, for programs.
    Json,
    /// The report as one page for browsers.
    Html,
}

/// Names of the files that `report` writes into `folder` in these formats, with their bytes, for a run.
/// All of them include witnesses and certificates.
pub fn files(
    run: &Refereed,
    exhibits: &Exhibits,
    figures: &[Figure],
    folder: &str,
    formats: &[Format],
) -> Vec<(String, Vec<u8>)> {
    let pictures: Vec<Picture> = figures
        .iter()
        .map(|f| Picture { name: &f.name, caption: &f.caption, alt: &f.alt })
        .collect();
    let wanted = |f| formats.contains(&Format::All) || formats.contains(&f);
    let mut files: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, text: String| files.push((name.to_string(), text));
    if wanted(Format::Md) {
        add("report.md", markdown(run, folder));
    }
    if wanted(Format::Json) {
        add("report.json", json(run));
    }
    if wanted(Format::Html) {
        let tables = vec![
            tables::predictions(exhibits),
            tables::spectra(exhibits),
            tables::thresholds(exhibits),
            tables::shares(exhibits),
        ];
        let besides = html::Besides { loops: html::shipped(), tables, figures };
        add("report.html", html::html(run, folder, &besides));
    }
    if wanted(Format::Junit) {
        // The run that is written is the record: nothing differs from it.
        add("junit.xml", junit(run, &Failures::new()));
    }
    if wanted(Format::Latex) {
        add("appendix.tex", appendix(run, &pictures));
        add("backfire-macros.tex", macros(run));
    }
    for table in tables::tables(run, exhibits) {
        for (format, extension, text) in [
            (Format::Latex, "tex", Table::latex as fn(&Table) -> String),
            (Format::Csv, "csv", Table::csv),
            (Format::Md, "md", Table::markdown),
        ] {
            if wanted(format) {
                add(&format!("tables/{}.{extension}", table.name), text(&table));
            }
        }
    }
    if formats.contains(&Format::All) {
        files.extend(run.claims.iter().flat_map(evidence));
    }
    files.into_iter().map(|(name, text)| (name, text.into_bytes())).collect()
}

/// The witness and the certificates of a claim, with the names of their files.
fn evidence(claim: &ClaimReport) -> Vec<(String, String)> {
    let witness = claim.witness().filter(|w| w.place() == "witness");
    let witness = witness.map(|w| (witness_path(&claim.id), witness_toml(claim, w)));
    witness.into_iter().chain(certificates(claim)).collect()
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
