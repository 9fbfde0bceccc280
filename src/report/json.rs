//! The machine-readable report, schema 1.
//!
//! ```json
//! {"schema": 1,
//!  "claims": [{"id", "version": "printed"|"corrected"|"derived", "statement", "reading": text|null,
//!              "source",
//!              "verdict": "refuted"|"disputed"|"inconclusive"|"supported"|"proved",
//!              "kind": "universal"|"instance"|"data"|"order", "hypotheses": [LaTeX],
//!              "domain": {"name", "what"}|null (null: two-model affine loops),
//!              "samples": drawn, "hypotheses_met", "rejected": [{"hypothesis", "samples"}],
//!              "least_margin": number|null, "worst_gap": text|null,
//!              "witness": {"place", "loop": [line], "sides": [{"what", "left", "relation",
//!              "right"}], "hypotheses": [{"hypothesis", "margin"}], "file"}|null,
//!              "evidence": [{"kind", "route", "verdict", "finding", …}],
//!              "shipped": [{"system", "finding"}], "replay": command|null,
//!              "consequence": {"gravity": "conclusion"|"hypothesis"|"constant"|"experiment"|
//!              "slip", "text"}|null (null unless refuted)}],
//!  "controls": [{"id", "of", "verdict", "why", "witness": text|null}],
//!  "systems": [{"id", "title", "source"}], "seed", "effort"}
//! ```
//!
//! Fields may be added within a schema; none is removed or changes its meaning.

use super::{FOLDER, gap, replay_command, witness_path};
use crate::certify::Counterexample;
use crate::evidence::{Evidence, rounded};
use crate::referee::{ClaimReport, Refereed};
use crate::systems::shipped;
use crate::verdict::Verdict;
use serde_json::{Value, json};

/// The report as JSON with a newline at its end.
pub fn json(run: &Refereed) -> String {
    let systems: Vec<Value> = shipped::ALL
        .iter()
        .filter_map(|s| s.parse().ok())
        .map(|f| json!({"id": f.name, "title": f.title, "source": f.source}))
        .collect();
    let controls: Vec<Value> = run
        .controls
        .iter()
        .map(|c| {
            let witness = c.witness.as_ref().map(Counterexample::summary);
            json!({"id": c.id, "of": c.of, "verdict": c.verdict, "why": c.why, "witness": witness})
        })
        .collect();
    let report = json!({
        "schema": 1,
        "claims": run.claims.iter().map(|c| claim(run, c)).collect::<Vec<_>>(),
        "controls": controls,
        "systems": systems,
        "seed": run.effort.seed,
        "effort": run.effort.factor,
    });
    let mut text = serde_json::to_string_pretty(&report).unwrap_or_default();
    text.push('\n');
    text
}

fn claim(run: &Refereed, c: &ClaimReport) -> Value {
    let samples = c.tally.as_ref().map_or_else(|| c.met(), |t| t.drawn);
    let rejected: Vec<Value> = c.tally.as_ref().map_or_else(Vec::new, |t| {
        let mut rows: Vec<Value> = c
            .hypotheses
            .iter()
            .zip(&t.rejected)
            .map(|(h, n)| json!({"hypothesis": h, "samples": n}))
            .collect();
        rows.push(json!({"hypothesis": "undecided", "samples": t.undecided}));
        rows
    });
    let shipped: Vec<Value> = c
        .shipped
        .iter()
        .map(|(system, finding)| json!({"system": system, "finding": finding}))
        .collect();
    let consequence = c.consequence.filter(|_| c.verdict == Verdict::Refuted);
    json!({
        "id": c.id,
        "version": c.version,
        "statement": c.statement,
        "reading": c.reading,
        "source": c.source,
        "verdict": c.verdict,
        "kind": c.kind,
        "hypotheses": c.hypotheses,
        "domain": c.domain.map(|d| json!({"name": d.name(), "what": d.what()})),
        "samples": samples,
        "hypotheses_met": c.met(),
        "rejected": rejected,
        "least_margin": c.least_margin().map(rounded),
        "worst_gap": worst_gap(c).map(gap),
        "witness": c.witness().map(|w| witness(c, w)),
        "evidence": c.evidence,
        "shipped": shipped,
        "replay": c.witness().map(|w| replay_command(run, c, w, FOLDER)),
        "consequence": consequence.map(|k| json!({"gravity": k.gravity, "text": k.text})),
    })
}

fn witness(c: &ClaimReport, w: &Counterexample) -> Value {
    let own = w.place() == "witness";
    let sides: Vec<Value> = w
        .sides()
        .iter()
        .map(|s| json!({"what": s.what, "left": s.left, "relation": s.relation, "right": s.right}))
        .collect();
    let hypotheses: Vec<Value> = w
        .hypotheses()
        .iter()
        .map(|(h, margin)| json!({"hypothesis": h, "margin": margin}))
        .collect();
    json!({
        "place": w.place(),
        "loop": if own { super::witness_lines(c, w) } else { Vec::new() },
        "sides": sides,
        "hypotheses": hypotheses,
        "file": own.then(|| witness_path(&c.id)),
    })
}

/// Largest relative gap over all routes.
fn worst_gap(c: &ClaimReport) -> Option<f64> {
    let gaps = c.evidence.iter().filter_map(|e| match e {
        Evidence::Sampled(s) => s.worst_gap,
        _ => None,
    });
    gaps.reduce(f64::max)
}
