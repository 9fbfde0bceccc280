//! The table that `verify` prints.

use super::{FOLDER, failures, gap, margin, refuted, replay_command, thousands, witness_lines};
use crate::case::Route;
use crate::evidence::Evidence;
use crate::referee::{ClaimReport, Refereed};
use crate::verdict::Verdict;
use comfy_table::{CellAlignment, Table, presets};
use std::fmt::Write;

/// One table with every claim, then what is refuted with its witnesses, what became of the systems
/// that were given, then the controls.
pub fn text(run: &Refereed) -> String {
    let mut out = table(run);
    out.push('\n');
    let failures: Vec<_> = refuted(run).collect();
    if !failures.is_empty() {
        let _ = writeln!(
            out,
            "\nRefuted ({}), each confirmed in exact arithmetic. Shares move towards curated data unless \
             a mixture is named:",
            failures.len()
        );
        for (claim, corrected) in failures {
            failure(&mut out, run, claim, corrected);
        }
    }
    for name in &run.given {
        given(&mut out, run, name);
    }
    summary(&mut out, run);
    out
}

fn table(run: &Refereed) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["claim", "verdict", "points", "closest to failing", "evidence"]);
    for claim in &run.claims {
        table.add_row([
            claim.id.clone(),
            claim.verdict.word().to_string(),
            if claim.met() == 0 { String::new() } else { thousands(claim.met()) },
            closest(claim),
            routes(claim),
        ]);
    }
    if let Some(points) = table.column_mut(2) {
        points.set_cell_alignment(CellAlignment::Right);
    }
    // Cells are padded to the width; trailing blanks are no use in a pipe.
    let rows = table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    rows + "\n\nevidence: A analytic prediction, S simulated fixed point, E eigenvalue spectrum, \
            R recorded series, X exact arithmetic"
}

/// How often a refuted claim fails; otherwise the least margin of the inequalities, or a bound of
/// the gap of the equations.
pub(super) fn closest(claim: &ClaimReport) -> String {
    let sampled = || {
        claim.evidence.iter().filter_map(|e| match e {
            Evidence::Sampled(s) => Some(s),
            _ => None,
        })
    };
    if claim.verdict == Verdict::Refuted {
        return failures(claim).map_or_else(String::new, |(bad, all)| {
            format!("fails on {} of {}", thousands(bad), thousands(all))
        });
    }
    if let Some(m) = claim.least_margin() {
        return format!("margin {}", margin(m));
    }
    let gaps = sampled().filter_map(|s| s.worst_gap);
    gaps.reduce(f64::max).map_or_else(String::new, |g| format!("gap {}", gap(g)))
}

/// One letter a kind of evidence, in the order of the legend.
pub(super) fn routes(claim: &ClaimReport) -> String {
    let has = |letter: char| {
        claim.evidence.iter().any(|e| match e {
            Evidence::Sampled(s) => s.samples > 0 && self::letter(s.route) == letter,
            Evidence::Checked { route, .. } => self::letter(*route) == letter,
            Evidence::Broken(_) | Evidence::Certified(_) => letter == 'X',
            Evidence::Silent { .. } => false,
        })
    };
    let shown = ['A', 'S', 'E', 'R', 'X'].map(|l| if has(l) { l } else { '.' });
    shown.iter().collect()
}

fn letter(route: Route) -> char {
    match route {
        Route::Direct => 'A',
        Route::Simulation => 'S',
        Route::Spectrum => 'E',
        Route::Record => 'R',
    }
}

fn failure(out: &mut String, run: &Refereed, claim: &ClaimReport, corrected: Option<&ClaimReport>) {
    let Some(w) = claim.witness() else { return };
    let s = &w.sides()[0];
    let _ = writeln!(out, "\n  {}  {}", claim.id, plain(claim.statement));
    let _ = writeln!(out, "    fails: {}: {} {} {}", s.what, s.left, s.relation, s.right);
    if w.place() == "witness" {
        for line in witness_lines(claim, w) {
            let _ = writeln!(out, "    | {line}");
        }
    } else {
        let _ = writeln!(out, "    at {}", w.place());
    }
    if let Some(c) = corrected {
        let _ = writeln!(out, "    {}: {}", c.verdict.word().to_lowercase(), plain(c.statement));
    }
    let _ = writeln!(out, "    $ {}", replay_command(run, claim, w, FOLDER));
}

fn summary(out: &mut String, run: &Refereed) {
    let count = |v: Verdict| run.claims.iter().filter(|c| c.verdict == v).count();
    let words = [
        Verdict::Proved,
        Verdict::Supported,
        Verdict::Inconclusive,
        Verdict::Disputed,
        Verdict::Refuted,
    ];
    let parts: Vec<String> = words
        .into_iter()
        .filter(|v| count(*v) > 0)
        .map(|v| format!("{} {}", count(v), v.word().to_lowercase()))
        .collect();
    let survive = run.surviving().count();
    let _ = writeln!(
        out,
        "\n{} claims: {}. {} controls: {}. Seed {}, effort {}.",
        run.claims.len(),
        parts.join(", "),
        run.controls.len(),
        if survive == 0 {
            "all refuted, as they must be".into()
        } else {
            format!("{survive} SURVIVE")
        },
        run.effort.seed,
        run.effort.factor
    );
    for c in run.surviving() {
        let _ = writeln!(out, "  control {} of {} survived: {}", c.id, c.of, c.why);
    }
}

/// What each universal claim finds on a system that was given, claims with the same finding
/// together.
fn given(out: &mut String, run: &Refereed, name: &str) {
    let mut findings: Vec<(&str, Vec<&str>)> = Vec::new();
    for claim in &run.claims {
        let found = claim.shipped.iter().find(|(system, _)| system == name);
        let Some((_, what)) = found else { continue };
        match findings.iter_mut().find(|(known, _)| known == what) {
            Some((_, ids)) => ids.push(&claim.id),
            None => findings.push((what, vec![&claim.id])),
        }
    }
    let _ = writeln!(out, "\nOn {name}:");
    for (what, ids) in findings {
        let _ = writeln!(out, "  {}: {}", plain(what), ids.join(", "));
    }
}

/// LaTeX as a terminal shows it: Greek letters and signs as characters, no delimiters.
pub fn plain(tex: &str) -> String {
    const SIGNS: &[(&str, &str)] = &[
        (r"\(", ""),
        (r"\)", ""),
        (r"\mathrm{sign}", "sign"),
        (r"\arg\min", "argmin"),
        (r"\hat\lambda", "λ̂"),
        (r"\hat\mu", "μ̂"),
        (r"\tfrac12", "½"),
        (r"\setminus", "∖"),
        (r"\mathbb{N}", "ℕ"),
        (r"\mathbb{R}", "ℝ"),
        (r"\infty", "∞"),
        (r"\int", "∫"),
        (r"\sum", "Σ"),
        (r"\prod", "Π"),
        (r"\sigma", "σ"),
        (r"\Sigma", "Σ"),
        (r"\Delta", "Δ"),
        (r"\delta", "δ"),
        (r"\alpha", "α"),
        (r"\beta", "β"),
        (r"\pm", "±"),
        (r"\circ", "∘"),
        (r"\succ", "≻"),
        (r"\langle", "⟨"),
        (r"\rangle", "⟩"),
        (r"\varepsilon", "ε"),
        (r"\lambda", "λ"),
        (r"\kappa", "κ"),
        (r"\theta", "θ"),
        (r"\gamma", "γ"),
        (r"\partial", "∂"),
        (r"\approx", "≈"),
        (r"\nabla", "∇"),
        (r"\phi", "φ"),
        (r"\tau", "τ"),
        (r"\rho", "ρ"),
        (r"\ell", "ℓ"),
        (r"\mu", "μ"),
        (r"\top", "T"),
        (r"\max", "max"),
        (r"\min", "min"),
        (r"\cos", "cos"),
        (r"\le", "≤"),
        (r"\ge", "≥"),
        (r"\in", "∈"),
        (r"\{", "{"),
        (r"\}", "}"),
        (r"\,", " "),
        (r"\sqrt2", "√2"),
        (r"\sqrt{", "√{"),
        ("^*", "*"),
        (r"\quad", " "),
        (r"\omega", "ω"),
        (r"\sin", "sin"),
        (r"\cdot", "·"),
        (r"\ne", "≠"),
        (r"\log", "log"),
        (r"\delta", "δ"),
        (r"\mathrm{Var}", "Var"),
        ("  ", " "),
    ];
    let mut words = tex.to_string();
    // `\text{words}` is its words.
    while let Some(start) = words.find(r"\text{") {
        let open = start + r"\text{".len();
        let close = words[open..].find('}').map_or(words.len(), |i| open + i);
        words = format!(
            "{}{}{}",
            &words[..start],
            &words[open..close],
            words.get(close + 1..).unwrap_or("")
        );
    }
    SIGNS.iter().fold(words, |text, (from, to)| text.replace(from, to))
}
