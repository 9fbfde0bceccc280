//! A claim at the points of one layout as a statement about polynomials: what is read once, and decided
//! piece by piece elsewhere.

use crate::case::{Case, Route, View};
use crate::claim::Claim;
use crate::point::Point;
use crate::scalar::{Asked, Formula, Term, TermNode, shortest};
use crate::search::{Layout, Slot};
use nalgebra::DMatrix;
use num_rational::BigRational;
use std::collections::HashSet;

/// A number of a point that varies, between two decimals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axis {
    /// `a`, `J[1, 2]`.
    pub name: String,
    /// Least and greatest value.
    pub ends: [BigRational; 2],
}

/// A claim read at the points of a layout: wherever all of `given` hold, all of `asserted` should.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// What varies; variable `k` of the terms is named `x` followed by `k`.
    pub axes: Vec<Axis>,
    /// The hypotheses.
    pub given: Vec<Formula>,
    /// What is asserted.
    pub asserted: Vec<Formula>,
    /// Divisors in the hypotheses, which have no value, and are not met, where one of them is zero.
    pub divides_given: Vec<Term>,
    /// What must not be zero: divisors in what is asserted, and what a formula took for other than zero.
    pub not_zero: Vec<Term>,
}

impl Sentence {
    /// The claim at the points of `layout`, each end of a range standing for the shortest decimal that
    /// rounds to it.
    ///
    /// # Errors
    /// If a formula branches on a comparison, has no value there, or is not written in terms at all.
    pub fn read(claim: &Claim, layout: &Layout) -> Result<Self, String> {
        let property = claim.property().ok_or("the claim has no property to evaluate")?;
        let (at, axes) = variables(layout)?;
        let case = Case::new(at);
        let view: View<Term> = case.by(Route::Direct);
        Asked::take();
        let mut given = Vec::new();
        for h in &claim.hypotheses {
            given.push(h.formula(&view).map_err(|e| format!("hypothesis {}: {e}", h.tex()))?);
        }
        let asked = Asked::take();
        let mut divides_given = asked.dropped;
        let (mut compared, mut not_zero) = (asked.compared, asked.not_zero);
        divides_given.extend(given.iter().flat_map(divisors));
        let asserted = property.formulas(&view).map_err(|e| e.to_string())?;
        let asked = Asked::take();
        compared |= asked.compared;
        not_zero.extend(asked.not_zero);
        not_zero.extend(asked.dropped);
        not_zero.extend(asserted.iter().flat_map(divisors));
        if compared {
            return Err("a formula branches on a comparison".into());
        }
        if asserted.is_empty() {
            return Err("nothing is asserted".into());
        }
        Ok(Sentence { axes, given, asserted, divides_given, not_zero })
    }
}

/// The point of variables.
fn variables(layout: &Layout) -> Result<(Point<Term>, Vec<Axis>), String> {
    let (mut at, mut axes, mut start) = (Point::new(), Vec::new(), 0);
    for (name, rows, columns) in &layout.shape {
        let mut entries = Vec::with_capacity(rows * columns);
        for k in 0..rows * columns {
            let slot: &Slot = &layout.slots[start + k];
            let end = |x| shortest(x).ok_or_else(|| format!("the range of `{name}` has no end"));
            let ends = [end(slot.lo)?, end(slot.hi)?];
            if slot.is_fixed() {
                entries.push(Term::from(ends[0].clone()));
                continue;
            }
            entries.push(Term::variable(format!("x{}", axes.len())));
            let (r, c) = (k % rows + 1, k / rows + 1);
            let name = match (*rows, *columns) {
                (1, 1) => name.to_string(),
                (_, 1) => format!("{name}[{r}]"),
                _ => format!("{name}[{r}, {c}]"),
            };
            axes.push(Axis { name, ends });
        }
        start += rows * columns;
        at = at.with_matrix(name.clone(), DMatrix::from_vec(*rows, *columns, entries));
    }
    if axes.is_empty() {
        return Err("nothing varies".into());
    }
    Ok((at, axes))
}

/// All divisors in a statement.
fn divisors(of: &Formula) -> Vec<Term> {
    let mut found = Vec::new();
    let mut seen: HashSet<*const TermNode> = HashSet::new();
    let mut open: Vec<Term> = Vec::new();
    let mut parts = vec![of];
    while let Some(part) = parts.pop() {
        match part {
            Formula::Atom(_, term) => open.push(term.clone()),
            Formula::All(inner) | Formula::Any(inner) => parts.extend(inner),
            Formula::Open => {}
        }
    }
    while let Some(term) = open.pop() {
        if !seen.insert(term.node()) {
            continue;
        }
        match term.node() {
            TermNode::Number(_) | TermNode::Variable(_) | TermNode::Nothing => {}
            TermNode::Root(x) => open.push(x.clone()),
            TermNode::BelowOneIf(all) => open.extend(all.iter().cloned()),
            TermNode::Sum(x, y) | TermNode::Product(x, y) | TermNode::Max(x, y) => {
                open.extend([x.clone(), y.clone()]);
            }
            TermNode::Quotient(x, y) => {
                open.extend([x.clone(), y.clone()]);
                found.push(y.clone());
            }
        }
    }
    found
}
