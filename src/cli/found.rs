//! What a search came to, for people and for programs.

use super::text::{json, number, table};
use super::{Failure, Outcome, output};
use crate::case::Subject;
use crate::certify::Counterexample;
use crate::claim::Claim;
use crate::conjecture::Conjecture;
use crate::dynamics;
use crate::evidence::margin;
use crate::point::Point;
use crate::referee::Effort;
use crate::report::{conjecture_toml, thousands};
use crate::search::campaign::{Campaign, Conclusion, Phase};
use crate::verdict::Verdict;
use nalgebra::DMatrix;
use num_complex::Complex64;
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

/// A concluded search.
pub(super) struct Found<'a> {
    conjecture: &'a Conjecture,
    claim: &'a Claim,
    notes: Vec<(&'static str, String)>,
    floor: u64,
    conclusion: Conclusion,
}

#[derive(Serialize)]
struct Report<'a> {
    conjecture: &'a str,
    title: &'a str,
    assume: Vec<&'a str>,
    claim: &'a str,
    verdict: Verdict,
    found_by: Option<&'a str>,
    witness: Option<Witness<'a>>,
    disputed: Option<&'a Point<f64>>,
    points_needed: u64,
    points_that_count: u64,
    strategies: Vec<&'a Phase>,
    notes: &'a [(&'static str, String)],
}

#[derive(Serialize)]
struct Witness<'a> {
    point: &'a Point<f64>,
    eigenvalues: Vec<(String, Vec<[f64; 2]>)>,
    sides: Vec<[&'a str; 3]>,
    assumptions: &'a [(&'static str, String)],
    nearest_to_failing: Option<&'a str>,
}

impl<'a> Found<'a> {
    /// The conclusion from complete phases.
    pub(super) fn new(
        conjecture: &'a Conjecture,
        claim: &'a Claim,
        campaign: &Campaign,
        phases: &[Phase],
        effort: Effort,
    ) -> Self {
        Found {
            conjecture,
            claim,
            notes: campaign.notes(),
            floor: effort.floor(claim.domain()),
            conclusion: campaign.conclude(phases),
        }
    }

    /// Prints it, writes the witness where one is wanted, and says how to exit. What was found is
    /// printed also where the witness cannot be written, and written where it cannot be printed.
    pub(super) fn conclude(
        &self,
        text: &str,
        as_json: bool,
        witness: Option<&Path>,
    ) -> Result<Outcome, Failure> {
        let printed = output::print(&if as_json { self.json() } else { self.text() });
        if let (Some(path), Some((_, found))) = (witness, &self.conclusion.witness) {
            let toml = conjecture_toml(self.conjecture, text, found, &remarks(found));
            new_file(path, &toml)?;
        }
        printed?;
        Ok(match self.verdict() {
            Verdict::Refuted | Verdict::Disputed => Outcome::Differs,
            Verdict::Supported | Verdict::Proved => Outcome::AsRecorded,
            Verdict::Inconclusive => Outcome::Open,
        })
    }

    fn verdict(&self) -> Verdict {
        let c = &self.conclusion;
        match (&c.witness, &c.disputed) {
            (Some(_), _) => Verdict::Refuted,
            (None, Some(_)) => Verdict::Disputed,
            (None, None) if c.met < self.floor => Verdict::Inconclusive,
            (None, None) => Verdict::Supported,
        }
    }

    fn json(&self) -> String {
        let c = &self.conclusion;
        let found = c.witness.as_ref().map(|(k, _)| c.phases[*k].strategy.as_str());
        let witness = c.witness.as_ref().and_then(|(_, w)| {
            let at = w.subject().point()?;
            let pairs = |all: Vec<Complex64>| all.iter().map(|z| [z.re, z.im]).collect();
            Some(Witness {
                point: at,
                eigenvalues: spectra(at).into_iter().map(|(n, all)| (n, pairs(all))).collect(),
                sides: w.sides().iter().map(|s| [&*s.left, s.relation, &*s.right]).collect(),
                assumptions: w.hypotheses(),
                nearest_to_failing: nearest(w),
            })
        });
        json(&Report {
            conjecture: &self.conjecture.name,
            title: &self.conjecture.title,
            assume: self.conjecture.assume.iter().map(|(text, _)| text.as_str()).collect(),
            claim: &self.conjecture.claim.0,
            verdict: self.verdict(),
            found_by: found,
            witness,
            disputed: c.disputed.as_ref().map(|(_, at)| at),
            points_needed: self.floor,
            points_that_count: c.met,
            strategies: c.phases.iter().collect(),
            notes: &self.notes,
        })
    }

    fn text(&self) -> String {
        let c = &self.conclusion;
        let mut out = format!("{}\n\n", self.conjecture.title);
        for (text, _) in &self.conjecture.assume {
            let _ = writeln!(out, "  assume  {text}");
        }
        let _ = writeln!(out, "  claim   {}\n", self.conjecture.claim.0);
        out += &self.strategies();
        for (strategy, note) in &self.notes {
            if c.phases.iter().any(|p| p.strategy == *strategy) {
                let _ = writeln!(out, "{strategy}: {note}");
            }
        }
        out.push('\n');
        match (&c.witness, &c.disputed) {
            (Some((k, witness)), _) => refuted(&mut out, &c.phases[*k], witness),
            (None, Some((k, at))) => {
                let _ = writeln!(
                    out,
                    "Disputed: floating point sees it fail (by {}), which exact arithmetic does \
                     not confirm, at\n",
                    c.phases[*k].strategy
                );
                out += &point(at);
            }
            (None, None) => self.unbroken(&mut out),
        }
        out
    }

    fn strategies(&self) -> String {
        let row = |p: &Phase| {
            let f = &p.found;
            vec![
                p.strategy.clone(),
                thousands(f.drawn),
                thousands(f.met),
                thousands(f.undecided),
                thousands(f.broke),
                f.least.as_ref().map_or_else(|| "-".into(), |l| margin(l.margin)),
            ]
        };
        let rows: Vec<Vec<String>> = self.conclusion.phases.iter().map(row).collect();
        table(
            &["strategy", "points", "met-assumptions", "undecided", "broke-claim", "least-margin"],
            &rows,
        )
    }

    fn unbroken(&self, out: &mut String) {
        let c = &self.conclusion;
        let spread = || c.phases.iter().filter(|p| p.is_sampling).map(|p| &p.found);
        let drawn: u64 = spread().map(|f| f.drawn).sum();
        let _ = writeln!(
            out,
            "Nothing breaks it: {} of {} points spread over the ranges met every assumption and \
             decided the claim.",
            thousands(c.met),
            thousands(drawn)
        );
        let rejected: Vec<u64> = (0..self.claim.hypotheses.len())
            .map(|i| spread().map(|f| f.rejected.get(i).copied().unwrap_or(0)).sum())
            .collect();
        for (h, n) in self.claim.hypotheses.iter().zip(&rejected) {
            let _ = writeln!(out, "  {} failed {}", thousands(*n), h.tex());
        }
        let undecided: u64 = spread().map(|f| f.undecided).sum();
        if undecided > 0 {
            let _ = writeln!(
                out,
                "  {} could not be decided: an assumption or the claim within rounding of equality, \
                 or without a value",
                thousands(undecided)
            );
        }
        self.coverage(out);
        if let Some((k, least)) = &c.least {
            let _ = writeln!(
                out,
                "Least margin {}, seen by {} at\n",
                margin(least.margin),
                c.phases[*k].strategy
            );
            *out += &point(&least.at);
            out.push('\n');
        }
        let most = rejected.iter().zip(&self.claim.hypotheses).max_by_key(|(n, _)| **n);
        let worst = most
            .filter(|(n, _)| **n > 0)
            .map_or_else(String::new, |(_, h)| format!(", most of it by `{}`", h.tex()));
        if c.met == 0 && undecided > 0 {
            let all = if undecided == drawn {
                "every point is undecided"
            } else {
                "every point that fails no assumption is undecided"
            };
            let _ = writeln!(
                out,
                "Inconclusive: {all}. Leave room in inequalities (x > y + 0.001), build an assumed \
                 equation into [define] or the ranges, and keep away from where something has no value."
            );
            return;
        }
        if c.met == 0 {
            let _ = writeln!(
                out,
                "Inconclusive: no point met every assumption{worst}. They may contradict each \
                 other; widen the ranges or drop one."
            );
            return;
        }
        // Compared as products: shares of small counts would round.
        if (c.met + undecided).saturating_mul(100) < drawn {
            let _ = writeln!(
                out,
                "Warning: the assumptions reject more than 99 % of what is drawn{worst}. Change \
                 the ranges."
            );
        } else if c.met < undecided {
            out.push_str("Warning: more points are undecided than decided.\n");
        }
        if self.verdict() == Verdict::Supported {
            out.push_str("Supported, not proved.\n");
        } else {
            let _ = writeln!(
                out,
                "Inconclusive: {} points that decide the claim are needed; raise --effort or \
                 change the ranges.",
                thousands(self.floor)
            );
        }
    }

    /// How far the points that met the assumptions reach, against how far they may.
    fn coverage(&self, out: &mut String) {
        let Some(domain) = self.claim.domain() else { return };
        let mut all: Vec<(String, [f64; 2], Option<[f64; 2]>)> = Vec::new();
        let least = self.conclusion.least.as_ref().map(|(_, least)| &least.at);
        let mut tables: Vec<&str> = least
            .into_iter()
            .flat_map(Point::entries)
            .filter_map(|(name, m)| (m.len() > 1).then_some(name))
            .collect();
        let layouts = domain.layouts();
        for layout in &layouts {
            let large = layout.shape.iter().filter(|(_, rows, columns)| rows * columns > 1);
            tables.extend(large.map(|(name, ..)| name.as_ref()));
        }
        // Those of optimisers support nothing.
        for phase in self.conclusion.phases.iter().filter(|p| p.is_sampling) {
            for (name, [lo, hi]) in &phase.found.seen {
                match all.iter_mut().find(|(known, ..)| known == name) {
                    Some((_, seen, _)) => *seen = [seen[0].min(*lo), seen[1].max(*hi)],
                    None => all.push((name.clone(), [*lo, *hi], None)),
                }
            }
        }
        for layout in &layouts {
            let mut start = 0;
            for (name, rows, columns) in &layout.shape {
                let slots = &layout.slots[start..start + rows * columns];
                start += rows * columns;
                let Some((.., allowed)) = all.iter_mut().find(|(n, ..)| n == name) else {
                    continue;
                };
                for slot in slots {
                    let [lo, hi] = allowed.get_or_insert([slot.lo, slot.hi]);
                    (*lo, *hi) = (lo.min(slot.lo), hi.max(slot.hi));
                }
            }
        }
        if all.is_empty() {
            return;
        }
        out.push_str("Covered by the points that met the assumptions:\n");
        for (name, [lo, hi], allowed) in all {
            let entries = if tables.contains(&&*name) { "entries of " } else { "" };
            let _ = write!(out, "  {entries}{name} from {} to {}", short(lo), short(hi));
            if let Some([lo, hi]) = allowed {
                let _ = write!(out, " (allowed: {} to {})", short(lo), short(hi));
            }
            out.push('\n');
        }
    }
}

fn refuted(out: &mut String, phase: &Phase, witness: &Counterexample) {
    let _ = writeln!(
        out,
        "Refuted: found by {}, made small, confirmed in exact arithmetic:\n",
        phase.strategy
    );
    *out += &shown(witness);
    if phase.is_sampling && phase.found.met > 0 {
        let share = 100.0 * phase.found.broke as f64 / phase.found.met as f64;
        let _ = writeln!(
            out,
            "\n{share:.2} % of the points of {} that met the assumptions break the claim.",
            phase.strategy
        );
    }
}

/// The point, its eigenvalues, the two sides of the claim, and every assumption with its margin.
pub(super) fn shown(witness: &Counterexample) -> String {
    let mut out = String::new();
    if let Subject::Point(at) = witness.subject() {
        out += &point(at);
    }
    for remark in remarks(witness) {
        let _ = writeln!(out, "  {remark}");
    }
    out.push('\n');
    for s in witness.sides() {
        let _ = writeln!(out, "  claim   {} fails: {} {} {}", s.what, s.left, s.relation, s.right);
    }
    let nearest = nearest(witness);
    for (h, m) in witness.hypotheses() {
        let which = if nearest == Some(h) && witness.hypotheses().len() > 1 {
            " (nearest to failing)"
        } else {
            ""
        };
        let by = if m.is_empty() { "" } else { " by " };
        let _ = writeln!(out, "  assume  {h} holds{by}{m}{which}");
    }
    out
}

/// Writes a file that is not there yet, or says the same already.
fn new_file(path: &Path, text: &str) -> Result<(), Failure> {
    match output::text_of(path)? {
        None => output::write_here(path, text),
        Some(old) if old == text => Ok(()),
        Some(_) => Err(taken(path, "another witness")),
    }
}

/// Whether a witness against the conjecture whose file says `text` may go to `path`, as far as that is
/// known before one is found: what is there must be a witness against the same.
pub(super) fn check_target(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = path else { return Ok(()) };
    let Some(old) = output::text_of(path)? else { return output::can_write(path) };
    let old: toml::Table = old.parse().map_err(|_| taken(path, "something else"))?;
    let asked: Option<toml::Table> = text.parse().ok();
    match old.get("conjecture").and_then(toml::Value::as_table) {
        Some(table) if Some(table) == asked.as_ref() => Ok(()),
        _ => Err(taken(path, "something else")),
    }
}

fn taken(path: &Path, what: &str) -> Failure {
    Failure::Usage {
        message: format!("{} exists, with {what} in it", path.display()),
        help: "name another file, or remove this one".into(),
    }
}

/// The assumption with the least margin, of those that have one.
fn nearest(witness: &Counterexample) -> Option<&'static str> {
    let size = |m: &str| {
        let exact = crate::scalar::decimal(m);
        exact.map_or(f64::INFINITY, |r| <f64 as crate::scalar::Scalar>::from_rational(&r))
    };
    let all = witness.hypotheses().iter().filter(|(_, m)| !m.is_empty());
    all.min_by(|a, b| size(&a.1).total_cmp(&size(&b.1))).map(|(h, _)| *h)
}

/// What a reader would compute next: the eigenvalues of its matrices.
fn remarks(witness: &Counterexample) -> Vec<String> {
    let Some(at) = witness.subject().point() else { return Vec::new() };
    let line = |(name, all): (String, Vec<Complex64>)| {
        let upper = all.iter().filter(|z| z.im >= 0.0);
        let shown: Vec<String> = upper.map(|z| complex(*z)).collect();
        format!("eigenvalues of {name}: {}", shown.join(", "))
    };
    spectra(at).into_iter().map(line).collect()
}

/// Eigenvalues of every square matrix of a point, largest first.
fn spectra(at: &Point<f64>) -> Vec<(String, Vec<Complex64>)> {
    let square = at.entries().filter(|(_, m)| m.is_square() && m.nrows() > 1);
    let all = square
        .filter_map(|(name, m)| Some((name.to_owned(), dynamics::spectrum::eigenvalues(m).ok()?)));
    all.collect()
}

/// Six digits at most; a conjugate pair as one.
fn complex(z: Complex64) -> String {
    let real = short(if z.re.abs() < 1e-9 { 0.0 } else { z.re });
    if z.im.abs() < 1e-9 { real } else { format!("{real} ± {} i", short(z.im)) }
}

/// Six digits, without the zeros at the end.
fn short(x: f64) -> String {
    let text = number(x + 0.0);
    if !text.contains('.') || text.contains('e') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').into()
}

/// A point with its matrices row under row, every digit.
fn point(at: &Point<f64>) -> String {
    let mut out = String::new();
    for (name, m) in at.entries() {
        let _ = writeln!(out, "  {name} = {}", entry(m, name.chars().count() + 5));
    }
    out
}

fn entry(m: &DMatrix<f64>, indent: usize) -> String {
    let cells: Vec<Vec<String>> =
        m.row_iter().map(|row| row.iter().map(f64::to_string).collect()).collect();
    match m.shape() {
        (1, 1) => return cells[0][0].clone(),
        (_, 1) => return format!("({})", cells.concat().join(", ")),
        _ => {}
    }
    let width = cells.iter().flatten().map(String::len).max().unwrap_or(0);
    let rows = cells.iter().map(|row| {
        let padded: Vec<String> = row.iter().map(|cell| format!("{cell:>width$}")).collect();
        format!("[ {} ]", padded.join("  "))
    });
    rows.collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(indent)))
}
