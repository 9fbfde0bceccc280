//! A counterexample as a reader sees it: in a few lines, and as a file that the program reads.

use crate::case::{Probe, Sample, Subject};
use crate::certify::Counterexample;
use crate::conjecture::Conjecture;
use crate::referee::ClaimReport;
use crate::systems::{Component, GaussianLoop, Model, Source, to_toml};
use nalgebra::{DMatrix, DVector};
use std::fmt::Write;

/// A witness in a few lines.
pub fn witness_lines(claim: &ClaimReport, witness: &Counterexample) -> Vec<String> {
    match witness.subject() {
        Subject::Loop(sample) => loop_lines(sample),
        Subject::Point(at) => claim.domain.map_or_else(|| at.lines(), |d| d.lines(at)),
    }
}

/// The loop in a few lines: one for each model's mixture, one for its alignment, one for what of
/// the probe matters.
fn loop_lines(sample: &Sample<f64>) -> Vec<String> {
    let system = &sample.system;
    let mut lines = Vec::new();
    for (i, m) in system.models.iter().enumerate() {
        let x = variable(i);
        let mixture: Vec<String> = m.components.iter().map(|c| component(system, c)).collect();
        lines.push(format!(
            "{} ({x}, dimension {}): {}",
            m.name,
            m.dimension(),
            mixture.join(" + ")
        ));
        lines.extend(loss(m).map(|l| format!("  loss: {l}")));
        lines.extend(alignment(m, x).map(|j| format!("  J_{}({x}) = {j}", m.name)));
    }
    lines.extend(probe(&sample.probe));
    lines
}

/// The witness as a file that `replay` reads. A loop is a system file, too, with its probe in a
/// table `witness` of its own.
pub fn witness_toml(claim: &ClaimReport, witness: &Counterexample) -> String {
    let mut text = format!("# Breaks {}, confirmed in exact arithmetic:\n", claim.id);
    for s in witness.sides() {
        let _ = writeln!(text, "#   {}: {} {} {} fails", s.what, s.left, s.relation, s.right);
    }
    for (h, margin) in witness.hypotheses() {
        let _ = writeln!(text, "# Hypothesis {h}: margin {margin}");
    }
    match witness.subject() {
        Subject::Loop(sample) => {
            let name = claim.id.replace(['/', '#', '@', '_'], "-");
            let title = format!("Witness against {}", claim.id);
            text += &to_toml(&name, &title, &sample.system, None);
            let p = &sample.probe;
            let _ = write!(text, "\n[witness]\nclaim = \"{}\"\n", claim.id);
            let toward = [("toward_p", &p.toward_p), ("toward_q", &p.toward_q)];
            let vectors = [
                ("start", p.start.as_slice()),
                ("other", p.other.as_slice()),
                ("push_p", p.push_p.as_slice()),
                ("push_q", p.push_q.as_slice()),
            ];
            for (name, v) in toward.map(|(n, m)| (n, m.as_slice())).into_iter().chain(vectors) {
                let _ = writeln!(text, "{name} = {v:?}");
            }
        }
        Subject::Point(at) => {
            let _ = write!(text, "\n[witness]\nclaim = \"{}\"\n\n[point]\n", claim.id);
            for line in at.lines() {
                let _ = writeln!(text, "{line}");
            }
        }
    }
    text
}

/// A counterexample to a conjecture as a file that `replay` reads: the conjecture, whose file says
/// `text`, is in it. `remarks` are for the reader.
///
/// # Panics
/// If `text` is not the TOML of a conjecture.
pub fn conjecture_toml(
    conjecture: &Conjecture,
    text: &str,
    witness: &Counterexample,
    remarks: &[String],
) -> String {
    let name = &conjecture.name;
    let mut out = format!("# Breaks the conjecture `{name}`, confirmed in exact arithmetic:\n");
    for s in witness.sides() {
        let _ = writeln!(out, "#   {} fails: {} {} {}", s.what, s.left, s.relation, s.right);
    }
    for (h, margin) in witness.hypotheses() {
        let by = if margin.is_empty() { "holds" } else { "margin " };
        let _ = writeln!(out, "# Assumption {h}: {by}{margin}");
    }
    for remark in remarks {
        let _ = writeln!(out, "# {remark}");
    }
    let _ = write!(out, "\n[witness]\nconjecture = \"{name}\"\n\n[point]\n");
    if let Subject::Point(at) = witness.subject() {
        for line in at.lines() {
            let _ = writeln!(out, "{line}");
        }
    }
    let parsed: toml::Table = text.parse().expect("the conjecture was read from this text");
    let nested = toml::Table::from_iter([("conjecture".to_owned(), parsed.into())]);
    out.push('\n');
    out += &toml::to_string(&nested).expect("what was read as TOML can be written");
    out
}

fn variable(model: usize) -> &'static str {
    ["theta", "phi"].get(model).copied().unwrap_or("x")
}

fn component(system: &GaussianLoop<f64>, c: &Component<f64>) -> String {
    let mean = match c.source.maker() {
        None => vector(&c.offset),
        Some(j) => {
            let image = term(&c.channel, variable(j));
            match (c.channel.iter().all(|x| *x == 0.0), c.offset.iter().all(|x| *x == 0.0)) {
                (true, _) => vector(&c.offset),
                (false, true) => image,
                (false, false) => format!("{image} + {}", vector(&c.offset)),
            }
        }
    };
    let source = match c.source {
        Source::Real => "real".to_string(),
        Source::Raw(j) => format!("raw of {}", system.models[j].name),
        Source::Curated(j) => format!("curated of {}", system.models[j].name),
    };
    format!("{} {source}, mean {mean}", c.weight)
}

/// `A x` as it is written by hand.
fn term(a: &DMatrix<f64>, x: &str) -> String {
    if a.is_identity(0.0) {
        return x.to_string();
    }
    if a.len() == 1 {
        return format!("{} {x}", a[(0, 0)]);
    }
    format!("{} {x}", matrix(a))
}

fn matrix(a: &DMatrix<f64>) -> String {
    let row = |r: usize| {
        let entries: Vec<String> = a.row(r).iter().map(f64::to_string).collect();
        format!("[{}]", entries.join(", "))
    };
    let rows: Vec<String> = (0..a.nrows()).map(row).collect();
    format!("[{}]", rows.join(", "))
}

fn vector(v: &DVector<f64>) -> String {
    if v.len() == 1 {
        return v[0].to_string();
    }
    let entries: Vec<String> = v.iter().map(f64::to_string).collect();
    format!("({})", entries.join(", "))
}

fn loss(m: &Model<f64>) -> Option<String> {
    let plain = m.hessian.is_identity(0.0);
    if plain && m.data == m.hessian {
        return None;
    }
    let show = |a: &DMatrix<f64>| if a.len() == 1 { a[(0, 0)].to_string() } else { matrix(a) };
    Some(format!("u'Hu/2 - u'Bz, H = {}, B = {}", show(&m.hessian), show(&m.data)))
}

/// `None` for an alignment that is zero: the claim does not ask for it.
fn alignment(m: &Model<f64>, x: &str) -> Option<String> {
    let flat = m.alignment.curvature.iter().all(|c| *c == 0.0);
    if flat && m.alignment.linear.iter().all(|g| *g == 0.0) {
        return None;
    }
    let linear = match m.alignment.linear.len() {
        1 => match m.alignment.linear[0] {
            1.0 => x.to_string(),
            g => format!("{g} {x}"),
        },
        _ => format!("{} . {x}", vector(&m.alignment.linear)),
    };
    if flat {
        return Some(linear);
    }
    let c = &m.alignment.curvature;
    let shown = if c.len() == 1 { c[(0, 0)].to_string() } else { matrix(c) };
    Some(format!("{linear} - {x}' {shown} {x} / 2"))
}

/// The parts of the probe that are not zero, and mixtures that are not the paper's `(0, 0, 1)`.
// Exactly `(0, 0, 1)` is what goes without saying.
#[allow(clippy::float_cmp)]
fn probe(p: &Probe<f64>) -> Vec<String> {
    let mixture = |m: &[f64; 3]| format!("(real, raw, curated) = ({}, {}, {})", m[0], m[1], m[2]);
    let mut parts = Vec::new();
    for (what, v) in [
        ("start", &p.start),
        ("second start", &p.other),
        ("shift of the data of p", &p.push_p),
        ("shift of the data of q", &p.push_q),
    ] {
        if v.iter().any(|x| *x != 0.0) {
            parts.push(format!("{what} {}", vector(v)));
        }
    }
    for (who, m) in [("p", &p.toward_p), ("q", &p.toward_q)] {
        if *m != [0.0, 0.0, 1.0] {
            parts.push(format!("mixture of {who} towards {}", mixture(m)));
        }
    }
    if parts.is_empty() { parts } else { vec![parts.join("; ")] }
}
