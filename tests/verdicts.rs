//! Verdicts are earned: vacuous, broken and toothless checks are seen for what they are.

use backfire::case::{Arithmetic, View};
use backfire::claim::{Claim, Control, Hypothesis, Instance, Property, Side};
use backfire::error::LoopError;
use backfire::evidence::Evidence;
use backfire::referee::{Effort, Refereed, referee};
use backfire::report;
use backfire::scalar::{Exact, Real};
use backfire::systems::{GaussianLoop, LoopFile};
use backfire::theorem::{Card, Entry, Theorem};
use backfire::theorems;
use backfire::verdict::Verdict;

/// `κ < bound`.
struct KappaBelow(i32);
impl Hypothesis for KappaBelow {
    fn tex(&self) -> &'static str {
        "kappa below a bound"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::from_int(self.0) - view.constants().kappa())
    }
}

/// `a < bound/10`.
struct ABelow(i32);
impl Property for ABelow {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let bound = S::from_int(self.0) / S::from_int(10);
        Ok(vec![Side::below("a", view.constants().a(), bound)])
    }
}

/// Fails in floating point alone: the exact reading is true.
struct FloatOnly;
impl Property for FloatOnly {
    fn sides<S: Arithmetic>(&self, _: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        // 0.1 + 0.2 - 0.3 is 5.6e-17 in doubles and nothing in rationals of the decimals.
        let tenth = |n| S::from_int(n) / S::from_int(10);
        let gap = tenth(1) + tenth(2) - tenth(3);
        let seen = gap * S::from_f64(1e17);
        Ok(vec![Side::below("a rounding error", seen, S::one())])
    }
}

/// Has no value anywhere.
struct Nowhere;
impl Property for Nowhere {
    fn sides<S: Arithmetic>(&self, _: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        Err(LoopError::NoStablePoint)
    }
}

/// Asserts nothing.
struct Silent;
impl Property for Silent {
    fn sides<S: Arithmetic>(&self, _: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        Ok(vec![])
    }
}

/// `θ` has less than three dimensions.
struct Flat;
impl Property for Flat {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let d = view.system().models[0].hessian.nrows();
        let d = S::from_int(i32::try_from(d).map_err(|_| LoopError::NotObserved)?);
        let bound = S::from_int(5) / S::from_int(2);
        Ok(vec![Side::below("dimension", d, bound)])
    }
}

/// Every mixture has more than two components. The ensemble's have three at least; small loops often
/// have two.
struct Mixed;
impl Property for Mixed {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let counts = view.system().models.iter().map(|m| m.components.len());
        let least = i32::try_from(counts.min().unwrap_or(0)).unwrap_or(i32::MAX);
        Ok(vec![Side::below("two", S::from_int(2), S::from_int(least))])
    }
}

/// The first stable parameter is twice itself: true where it is 0.
struct Doubled;
impl Property for Doubled {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let x = view.pair()?.stable[0].clone();
        Ok(vec![Side::equal("a parameter", x.clone(), x.clone() + x)])
    }
}

/// The example, then what its file does not have.
fn half_built(whole: bool) -> Claim {
    let instance = |parameters| Instance { system: "example-4-6", parameters };
    let at = vec![instance(vec![]), instance(vec![("t", "0.5".to_string())])];
    let id = if whole { "half_built" } else { "half_built_sample" };
    Claim::instance(id, "", at, whole, ABelow(20))
}

struct Mock;
impl Theorem for Mock {
    fn card(&self) -> Card {
        Card { id: "mock", title: "Mock", source: "nowhere" }
    }
    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::universal("impossible", "", ABelow(20)).given(KappaBelow(0)),
            Claim::universal("true", "", ABelow(10)).given(KappaBelow(1)),
            Claim::universal("false", "", ABelow(2)).given(KappaBelow(1)),
            Claim::universal("float_only", "", FloatOnly),
            Claim::universal("nowhere", "", Nowhere),
            Claim::universal("silent", "", Silent),
            Claim::universal("flat", "", Flat),
            Claim::universal("mixed", "", Mixed),
            Claim::identity("no_equation", "", ABelow(1)),
            Claim::identity("differs", "", Doubled),
            half_built(true),
            half_built(false),
        ]
    }
    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                Claim::universal("toothed", "", ABelow(1)).given(KappaBelow(1)),
                "true",
                "a is not always below a tenth",
            ),
            Control::new(
                Claim::universal("not_false_at_all", "", ABelow(10)).given(KappaBelow(1)),
                "true",
                "kappa < 1 does imply a < 1, so this control must survive",
            ),
        ]
    }
}

static MOCK: Entry = Entry { file: "mock", text: "", theorem: &Mock };

fn run(only: &'static str) -> Refereed {
    let effort = Effort { seed: 3, factor: 0.02 };
    let mock = Entry { file: MOCK.file, text: MOCK.text, theorem: MOCK.theorem };
    referee(&[mock], &|id| id.ends_with(only), &[], effort, &|_, _, _| {})
}

fn verdict(only: &'static str) -> Verdict {
    run(only).claims[0].verdict
}

#[test]
fn identities_are_proved_on_the_domain_that_they_state() {
    let effort = Effort { seed: 3, factor: 0.02 };
    let run = referee(theorems::ALL, &|id| id.ends_with("@affine"), &[], effort, &|_, _, _| {});
    // Proposition 4.1, Theorem 4.5 twice, E.3 to E.5 twice each, D.2, Proposition 4.4 twice.
    assert_eq!(run.claims.len(), 12);
    for claim in &run.claims {
        assert_eq!(claim.verdict, Verdict::Proved, "{}", claim.id);
        let [Evidence::Certified(proof)] = &claim.evidence[..] else { panic!("{}", claim.id) };
        let summary = proof.summary();
        let domain =
            "all two-model affine loops with 1 to 3 parameters and entries of the data a model";
        assert!(summary.contains(domain), "{summary}");
        assert!(summary.contains("probability of error at most 2^-1"), "{summary}");
        assert!(claim.reading.is_some_and(|r| r.contains("1 to 3 parameters")));
    }
    assert_eq!(run.controls.len(), 6);
    assert_eq!(run.surviving().count(), 0);
}

#[test]
fn what_is_no_identity_is_not_proved() {
    assert_eq!(verdict("no_equation"), Verdict::Inconclusive);
    let run = run("differs");
    assert_eq!(run.claims[0].verdict, Verdict::Refuted);
    assert!(run.claims[0].witness().is_some());
}

#[test]
fn hypotheses_that_no_sample_meets_support_nothing() {
    let run = run("impossible");
    assert_eq!(run.claims[0].verdict, Verdict::Inconclusive);
    assert_eq!(run.claims[0].met(), 0);
    let tally = run.claims[0].tally.as_ref().unwrap();
    assert_eq!(tally.rejected[0], tally.drawn);
    // 200 = 0.02 · 10,000.
    let why = format!("only 0 of {} samples met the hypotheses, 200 are needed", tally.drawn);
    assert!(run.claims[0].evidence.iter().any(|e| e.line().contains(&why)));
}

#[test]
fn the_floor_follows_the_effort_down_to_a_hundred() {
    let floor = |factor| Effort { seed: 1, factor }.floor(None);
    assert_eq!([2.0, 1.0, 0.02, 0.01, 1e-6].map(floor), [20_000, 10_000, 200, 100, 100]);
}

#[test]
fn a_property_that_asserts_nothing_supports_nothing() {
    assert_eq!(verdict("silent"), Verdict::Inconclusive);
}

#[test]
fn a_true_claim_is_supported_and_not_proved() {
    assert_eq!(verdict("true"), Verdict::Supported);
}

#[test]
fn a_false_claim_is_refuted_by_a_small_exact_witness() {
    let run = run("false");
    assert_eq!(run.claims[0].verdict, Verdict::Refuted);
    let witness = run.claims[0].witness().unwrap();
    assert_eq!(witness.subject().sample().unwrap().system.models[0].dimension(), 1);
    let side = &witness.sides()[0];
    // What is shown is what fails: a is at least 1/5.
    assert_eq!((side.what, side.relation, side.right.as_str()), ("a", "<", "1/5"));
    let shown = backfire::scalar::decimal(&side.left).map(Exact::from);
    let fifth = Exact::ratio(1, 5);
    assert!(shown.is_some_and(|a| !(a - fifth).is_below_zero()), "{}", side.left);
}

#[test]
fn what_breaks_in_the_ensemble_alone_is_made_small_and_confirmed() {
    let run = run("flat");
    assert_eq!(run.claims[0].verdict, Verdict::Refuted);
    let witness = run.claims[0].witness().unwrap();
    assert_eq!(witness.subject().sample().unwrap().system.models[0].dimension(), 3);
}

#[test]
fn small_loops_are_searched_where_the_ensemble_agrees() {
    let run = run("mixed");
    assert!(run.claims[0].tally.as_ref().unwrap().suspect.is_none());
    assert_eq!(run.claims[0].verdict, Verdict::Refuted);
}

#[test]
fn a_list_with_a_system_that_cannot_be_built_is_undecided() {
    for id in ["half_built", "half_built_sample"] {
        assert_eq!(verdict(id), Verdict::Inconclusive, "{id}");
    }
}

#[test]
fn a_false_claim_does_not_correct_itself() {
    let run = run("false");
    let refuted: Vec<_> =
        report::refuted(&run).map(|(c, by)| (c.id.as_str(), by.is_some())).collect();
    assert_eq!(refuted, [("mock/false", false)]);
}

#[test]
fn a_violation_that_exact_arithmetic_does_not_confirm_is_disputed() {
    assert_eq!(verdict("float_only"), Verdict::Disputed);
}

#[test]
fn a_side_without_a_value_is_a_doubt() {
    let run = run("nowhere");
    assert_eq!(run.claims[0].verdict, Verdict::Disputed);
    // So it is on the shipped systems.
    assert!(run.claims[0].shipped.iter().all(|(_, row)| row == "meets the hypotheses, fails"));
    assert!(!run.claims[0].shipped.is_empty());
}

#[test]
fn a_control_that_survives_is_named() {
    let run = run("true");
    let survivors: Vec<&str> = run.surviving().map(|c| c.id.as_str()).collect();
    assert_eq!(survivors, ["mock/not_false_at_all"]);
}

#[test]
fn a_further_system_is_checked_where_it_meets_the_hypotheses() {
    let file = LoopFile::parse(
        r#"
name = "mine"
title = "mine"
family = "gaussian"
order = "simultaneous"
[[models]]
name = "p"
dimension = 1
alignment = { linear = [1] }
components = [{ kind = "real", weight = 0.75 }, { kind = "raw", from = "p", weight = 0.25 }]
[[models]]
name = "q"
dimension = 1
alignment = { linear = [1] }
components = [{ kind = "real", weight = 1 }]
"#,
        "mine.toml",
    )
    .unwrap();
    // a = 1/4 breaks `a < 1/5`, and κ = (1/2)/(3/4) < 1.
    let _: GaussianLoop<f64> = file.default_at().unwrap();
    let effort = Effort { seed: 3, factor: 0.02 };
    let mock = Entry { file: MOCK.file, text: MOCK.text, theorem: MOCK.theorem };
    let run = referee(&[mock], &|id| id.ends_with("false"), &[file], effort, &|_, _, _| {});
    let row = run.claims[0].shipped.iter().find(|(name, _)| name == "mine").unwrap();
    assert_eq!(row.1, "meets the hypotheses, fails");
}
