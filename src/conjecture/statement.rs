//! A conjecture as a claim that the checkers, the shrinker and the kernel understand.

use super::family::Family;
use super::file::Conjecture;
use super::meaning::{Scope, Truth, Value, truth_of, value_of};
use super::syntax::{Expr, Infix, Kind, Prefix};
use crate::case::{Arithmetic, Route, View};
use crate::claim::{Claim, Hypothesis, Property, Side};
use crate::error::LoopError;
use crate::scalar::{Exact, Formula, Scalar, Term};

impl Conjecture {
    /// What it says, after its title: the claim with its assumptions.
    pub fn sentence(&self) -> String {
        let assumed: Vec<&str> = self.assume.iter().map(|(text, _)| text.as_str()).collect();
        let given =
            if assumed.is_empty() { String::new() } else { format!("{} ==> ", assumed.join(", ")) };
        format!("{}: {given}{}", self.title, self.claim.0)
    }

    /// The claim that this conjecture is.
    ///
    /// Its texts and its family live as long as the program: a run reads a handful of conjectures.
    pub fn to_claim(&self) -> Claim {
        let family: &'static Family = Box::leak(Box::new(self.family.clone()));
        let stated = |(text, e): &(String, Expr)| Stated { text: kept(text), e: e.clone(), family };
        let (name, title) = (kept(&self.name), kept(&self.title));
        let claim = Claim::over(family.domain(), name, title, stated(&self.claim)).derived();
        self.assume.iter().fold(claim, |claim, given| claim.given(stated(given)))
    }
}

fn kept(text: &str) -> &'static str {
    Box::leak(text.to_owned().into_boxed_str())
}

/// A statement of the file.
struct Stated {
    text: &'static str,
    e: Expr,
    family: &'static Family,
}

impl Hypothesis for Stated {
    fn tex(&self) -> &'static str {
        self.text
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let scope = self.family.scope_at(view)?;
        let Truth { margin, closed } = truth_of(&self.e, scope.as_ref())?;
        // `J_pp == 0` has no room, and holds.
        Ok(if closed && margin.is_zero() { S::one() } else { margin })
    }
    fn room(&self, view: &View<Exact>, _: Exact) -> Result<Option<Exact>, LoopError> {
        let scope = self.family.scope_at(view)?;
        let Truth { margin, .. } = truth_of(&self.e, scope.as_ref())?;
        Ok(measures(&self.e).then_some(margin))
    }
    fn formula(&self, view: &View<Term>) -> Result<Formula, LoopError> {
        formula(&self.e, self.family.scope_at(view)?.as_ref())
    }
}

/// A statement as it stands, not by its margin: that would compare the margins of its parts.
fn formula(e: &Expr, scope: &dyn Scope<Term>) -> Result<Formula, LoopError> {
    Ok(match &e.kind {
        Kind::Prefix(Prefix::Not, x) => formula(x, scope)?.negated(),
        Kind::Infix(Infix::And, l, r) => Formula::All(vec![formula(l, scope)?, formula(r, scope)?]),
        Kind::Infix(Infix::Or, l, r) => Formula::Any(vec![formula(l, scope)?, formula(r, scope)?]),
        Kind::Infix(Infix::Implies, l, r) => {
            Formula::Any(vec![formula(l, scope)?.negated(), formula(r, scope)?])
        }
        Kind::Infix(op, l, r) => {
            let compared = |l: Term, r: Term| match op {
                Infix::Below => Some(Formula::below(l, r)),
                Infix::AtMost => Some(Formula::at_most(l, r)),
                Infix::Above => Some(Formula::below(r, l)),
                Infix::AtLeast => Some(Formula::at_most(r, l)),
                Infix::Equal => Some(Formula::equal(l, r)),
                _ => None,
            };
            let (l, r) = (entries(l, scope)?, entries(r, scope)?);
            if l.len() != r.len() {
                return Err(LoopError::NotObserved);
            }
            let all = l.into_iter().zip(r).map(|(l, r)| compared(l, r));
            Formula::All(all.collect::<Option<_>>().ok_or(LoopError::NotObserved)?)
        }
        _ => {
            let Truth { margin, closed } = truth_of(e, scope)?;
            let zero = Term::from_int(0);
            if closed { Formula::at_most(zero, margin) } else { Formula::below(zero, margin) }
        }
    })
}

fn entries(e: &Expr, scope: &dyn Scope<Term>) -> Result<Vec<Term>, LoopError> {
    Ok(match value_of(e, scope)? {
        Value::Number(x) => vec![x],
        Value::Vector(v) => v.iter().cloned().collect(),
        Value::Matrix(m) => m.iter().cloned().collect(),
        Value::Truth(_) => return Err(LoopError::NotObserved),
    })
}

/// Whether the margin of a statement that holds says how far it is from failing. An equation has no
/// room, and the margins of functions are no differences of two sides.
fn measures(e: &Expr) -> bool {
    match &e.kind {
        Kind::Infix(Infix::Equal, ..) | Kind::Call { .. } => false,
        // The distance of two sides that differ.
        Kind::Prefix(_, x) => measures(x) || matches!(x.kind, Kind::Infix(Infix::Equal, ..)),
        Kind::Infix(Infix::And | Infix::Or | Infix::Implies, l, r) => measures(l) && measures(r),
        _ => true,
    }
}

impl Property for Stated {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    /// A plain comparison shows its two sides in the witness, anything else its margin.
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let scope = self.family.scope_at(view)?;
        self.asserted(&self.e, scope.as_ref())
    }
    fn formulas(&self, view: &View<Term>) -> Result<Vec<Formula>, LoopError> {
        Ok(vec![formula(&self.e, self.family.scope_at(view)?.as_ref())?])
    }
}

impl Stated {
    fn asserted<S: Arithmetic>(
        &self,
        e: &Expr,
        scope: &dyn Scope<S>,
    ) -> Result<Vec<Side<S>>, LoopError> {
        if let Kind::Infix(Infix::And, l, r) = &e.kind {
            let mut both = self.asserted(l, scope)?;
            both.extend(self.asserted(r, scope)?);
            return Ok(both);
        }
        if let Kind::Infix(op, l, r) = &e.kind {
            let sides = |l: &Expr, r: &Expr| -> Result<Option<(S, S)>, LoopError> {
                Ok(match (value_of(l, scope)?, value_of(r, scope)?) {
                    (Value::Number(l), Value::Number(r)) => Some((l, r)),
                    _ => None,
                })
            };
            // Margins of a conjecture are absolute: what a user writes next to 1 is of size 1.
            let side = match op {
                Infix::Below => sides(l, r)?.map(|(l, r)| Side::below(self.text, l, r)),
                Infix::AtMost => sides(l, r)?.map(|(l, r)| Side::at_most(self.text, l, r)),
                Infix::Above => sides(r, l)?.map(|(l, r)| Side::below(self.text, l, r)),
                Infix::AtLeast => sides(r, l)?.map(|(l, r)| Side::at_most(self.text, l, r)),
                Infix::Equal => sides(l, r)?.map(|(l, r)| Side::equal(self.text, l, r)),
                _ => None,
            };
            if let Some(side) = side {
                let scale = side.scale.max(&S::one());
                return Ok(vec![side.against(scale)]);
            }
        }
        let Truth { margin, closed } = truth_of(e, scope)?;
        if let Kind::Infix(Infix::Equal, l, _) = &e.kind {
            // Rounding of an entry is rounding of the largest one.
            let size = match value_of(l, scope)? {
                Value::Matrix(m) => m.iter().fold(S::one(), |top, x| top.max(&x.abs())),
                Value::Vector(v) => v.iter().fold(S::one(), |top, x| top.max(&x.abs())),
                _ => S::one(),
            };
            return Ok(vec![Side::equal(self.text, -margin, S::zero()).against(size)]);
        }
        let side = if closed {
            Side::at_most(self.text, S::zero(), margin)
        } else {
            Side::below(self.text, S::zero(), margin)
        };
        Ok(vec![side.against(S::one())])
    }
}
