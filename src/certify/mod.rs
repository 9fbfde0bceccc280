//! The kernel: the only module that can build a [`Certificate`] or a [`Counterexample`].
//!
//! It works in exact rational arithmetic with enclosures of what is irrational and decides only what
//! is certain. Formulas, loops and linear algebra are the same generic code that floating point
//! reads; nothing rounded enters but guesses, and every guess is verified.

pub mod boxes;
pub mod check;
pub mod cover;
mod decimals;
pub mod file;
pub mod fixed_point;
pub mod identity;
mod observe;
pub mod place;
mod polynomial;
mod proof;
pub mod sentence;
pub mod system;
pub mod zeros;

pub(crate) use decimals::text as decimal_text;
pub use proof::{Boxes, Proof, Shape, Span};

use crate::case::{Case, Probe, Route, Sample, Subject};
use crate::claim::{Body, Claim, Relation, Side};
use crate::scalar::{Exact, Real, Scalar, shortest};
use crate::systems::GaussianLoop;
use num_traits::{One, Zero};

/// Proof that a claim holds on its whole stated domain. No public constructor.
#[derive(Clone, Debug)]
pub struct Certificate {
    method: &'static str,
    domain: String,
    comparisons: usize,
    proof: Proof,
}

impl Certificate {
    /// What it rests on.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// One line: how, over what.
    pub fn summary(&self) -> String {
        format!("{}, {} comparisons, over {}", self.method, self.comparisons, self.domain)
    }
}

/// A point that meets every hypothesis of a claim and breaks it, both confirmed in exact
/// arithmetic. No public constructor.
#[derive(Clone, Debug)]
pub struct Counterexample {
    place: String,
    subject: Subject<f64>,
    sides: Vec<BrokenSide>,
    hypotheses: Vec<(&'static str, String)>,
}

/// One equation or inequality that a counterexample breaks.
#[derive(Clone, Debug)]
pub struct BrokenSide {
    /// What is compared.
    pub what: &'static str,
    /// Left-hand side, exact or enclosed.
    pub left: String,
    /// How it was claimed to stand to the right.
    pub relation: &'static str,
    /// Right-hand side, exact or enclosed.
    pub right: String,
}

impl Counterexample {
    /// Where: the witness, or the shipped system and its parameters.
    pub fn place(&self) -> &str {
        &self.place
    }
    /// The loop with its probe, or the point, as decimals that are exact.
    pub fn subject(&self) -> &Subject<f64> {
        &self.subject
    }
    /// What breaks.
    pub fn sides(&self) -> &[BrokenSide] {
        &self.sides
    }
    /// Every hypothesis with its margin, which is 0 where a closed one holds with equality, and an
    /// empty text where nothing measures how far it is from failing.
    pub fn hypotheses(&self) -> &[(&'static str, String)] {
        &self.hypotheses
    }
    /// One line: what breaks, where.
    pub fn summary(&self) -> String {
        let s = &self.sides[0];
        let sides = format!("{}: {} {} {} fails", s.what, s.left, s.relation, s.right);
        format!("{sides} ({}; exact arithmetic)", self.place)
    }
}

/// What exact arithmetic says of a claim on a list of points.
// A claim has one: boxing the certificate would save nothing that matters.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub enum Decision {
    /// It holds on each of them.
    Holds(Certificate),
    /// It fails on one.
    Fails(Box<Counterexample>),
    /// Neither is certain; says where and why.
    Open(String),
}

/// Confirms that `subject` meets every hypothesis of `claim` and breaks it. Each double stands for
/// the shortest decimal that rounds to it, so what is confirmed is what a reader sees.
pub fn confirm(claim: &Claim, subject: &Subject<f64>) -> Option<Counterexample> {
    confirm_or_say(claim, subject).ok()
}

/// The same, or why not, in a few words.
///
/// # Errors
/// The hypothesis that is not certainly met, or that the claim holds there, or what is not certain.
pub fn confirm_or_say(claim: &Claim, subject: &Subject<f64>) -> Result<Counterexample, String> {
    if let (Some(domain), Some(at)) = (claim.domain(), subject.point())
        && !domain.contains(at)
    {
        return Err("the point is outside the ranges that the claim is about".into());
    }
    let exact = match subject {
        Subject::Loop(sample) => {
            if matches!(claim.body, Body::Identity { .. }) && !identity::speaks_of(&sample.system) {
                return Err("the loop has more parameters than the claim is about".into());
            }
            let system = sample.system.lift(|x| decimal(*x)).map_err(|e| e.to_string())?;
            let probe = sample.probe.lift(|x| decimal(*x));
            if !is_a_loop(&system) || !is_a_probe(&probe) {
                return Err("the mixtures or the losses are not valid".into());
            }
            Subject::Loop(Sample { system, probe })
        }
        Subject::Point(point) => Subject::Point(point.lift(|x| decimal(*x))),
    };
    match examine(claim, &Case::new(exact)) {
        Found::Broken { sides, hypotheses } => Ok(Counterexample {
            place: "witness".into(),
            subject: subject.clone(),
            sides,
            hypotheses,
        }),
        Found::Holds(0) => Err("the claim asserts nothing there".into()),
        Found::Holds(_) => Err("the claim holds there".into()),
        Found::Open(why) => Err(why),
    }
}

/// Decides an instance claim on listed systems, each given with its position in the claim's list
/// and the words that name it.
pub fn decide(claim: &Claim, points: Vec<(usize, String, GaussianLoop<Exact>)>) -> Decision {
    let mut comparisons = 0;
    let mut places = Vec::new();
    for (index, place, system) in points {
        if !is_a_loop(&system) {
            return Decision::Open(format!("{place} is not a loop with valid mixtures"));
        }
        let Ok(rounded) = system.lift(|x| f64::midpoint(x.lower(), x.upper())) else {
            return Decision::Open(format!("{place} has a singular Hessian"));
        };
        let probe = Probe::plain(&system);
        let shown = Subject::Loop(Sample { probe: Probe::plain(&rounded), system: rounded });
        match examine(claim, &Case::listed(Sample { system, probe }, index)) {
            Found::Holds(0) => return Decision::Open(format!("{place}: nothing is asserted")),
            Found::Holds(n) => comparisons += n,
            Found::Broken { sides, hypotheses } => {
                return Decision::Fails(Box::new(Counterexample {
                    place,
                    subject: shown,
                    sides,
                    hypotheses,
                }));
            }
            Found::Open(why) => return Decision::Open(format!("{place}: {why}")),
        }
        places.push(place);
    }
    if comparisons == 0 {
        return Decision::Open("nothing was asserted".into());
    }
    Decision::Holds(Certificate {
        method: "exact rational arithmetic with enclosed radicals",
        domain: places.join("; "),
        comparisons,
        proof: Proof::Instances { places },
    })
}

enum Found {
    Holds(usize),
    Broken { sides: Vec<BrokenSide>, hypotheses: Vec<(&'static str, String)> },
    Open(String),
}

fn examine(claim: &Claim, case: &Case<Exact>) -> Found {
    let Some(property) = claim.property() else {
        return Found::Open("the claim has no property to evaluate".into());
    };
    let view = case.by(Route::Direct);
    let mut hypotheses = Vec::new();
    for h in &claim.hypotheses {
        match h.exact(&view) {
            Ok(m) if m.is_above_zero() => match h.room(&view, m) {
                Ok(room) => hypotheses.push((h.tex(), room.map_or_else(String::new, |m| show(&m)))),
                Err(e) => return Found::Open(e.to_string()),
            },
            _ => return Found::Open(format!("hypothesis {} is not certainly met", h.tex())),
        }
    }
    let sides = match property.exact(&view) {
        Ok(sides) => sides,
        Err(e) => return Found::Open(e.to_string()),
    };
    let broken: Vec<BrokenSide> = sides.iter().filter(|s| fails(s)).map(shown).collect();
    if !broken.is_empty() {
        return Found::Broken { sides: broken, hypotheses };
    }
    match sides.iter().find(|s| !holds(s)) {
        Some(s) => Found::Open(format!("{} is not certain", s.what)),
        None => Found::Holds(sides.len()),
    }
}

fn fails(s: &Side<Exact>) -> bool {
    let gap = s.left.clone() - s.right.clone();
    match s.relation {
        Relation::Equal => gap.is_above_zero() || gap.is_below_zero(),
        Relation::AtMost => gap.is_above_zero(),
        Relation::Below => gap.is_above_zero() || gap.point().is_some_and(Zero::is_zero),
    }
}

fn holds(s: &Side<Exact>) -> bool {
    let gap = s.left.clone() - s.right.clone();
    let equal = gap.point().is_some_and(Zero::is_zero);
    match s.relation {
        Relation::Equal => equal,
        Relation::AtMost => equal || gap.is_below_zero(),
        Relation::Below => gap.is_below_zero(),
    }
}

/// Weights non-negative and summing to one exactly, losses strongly convex and symmetric, rewards
/// symmetric.
fn is_a_loop(system: &GaussianLoop<Exact>) -> bool {
    system.models.iter().enumerate().all(|(i, m)| {
        let total = m.components.iter().fold(Exact::zero(), |sum, c| sum + c.weight.clone());
        let curvature = &m.alignment.curvature;
        let symmetric = m.hessian == m.hessian.transpose() && *curvature == curvature.transpose();
        (total - Exact::one()).point().is_some_and(Zero::is_zero)
            && m.components.iter().all(|c| !c.weight.is_below_zero())
            && symmetric
            && system.strong_convexity(i).is_above_zero()
    })
}

fn decimal(x: f64) -> Exact {
    shortest(x).map_or_else(|| Exact::from_f64(f64::NAN), Exact::from)
}

/// Targets are mixtures.
fn is_a_probe(probe: &Probe<Exact>) -> bool {
    let whole = |t: &[Exact; 3]| {
        let total = t.iter().fold(Exact::zero(), |sum, x| sum + x.clone());
        (total - Exact::one()).point().is_some_and(Zero::is_zero)
    };
    whole(&probe.toward_p) && whole(&probe.toward_q)
}

fn shown(s: &Side<Exact>) -> BrokenSide {
    let (left, right) = (show(&s.left), show(&s.right));
    BrokenSide { what: s.what, left, relation: s.relation.symbol(), right }
}

/// A short fraction as it is; anything else as a decimal with its last digit certain to round.
fn show(x: &Exact) -> String {
    if let Some(r) = x.point()
        && r.numer().bits() <= 20
        && r.denom().bits() <= 20
    {
        return r.to_string();
    }
    let middle = f64::midpoint(x.lower(), x.upper());
    if middle != 0.0 && !(1e-4..1e7).contains(&middle.abs()) {
        return format!("{middle:.6e}");
    }
    format!("{middle:.9}")
}
