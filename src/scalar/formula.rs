//! Statements about [`Term`]s, and how roots, maxima and spectral radii are written without them.

use super::{Term, TermNode};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::collections::HashMap;

/// How a term stands to zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It is above zero.
    Positive,
    /// It is not below zero.
    NotNegative,
}

/// A statement about terms. It is true or false where all its terms have values.
#[derive(Clone, Debug)]
pub enum Formula {
    /// A term stands like this to zero.
    Atom(Sign, Term),
    /// All of them.
    All(Vec<Formula>),
    /// At least one of them.
    Any(Vec<Formula>),
    /// Nobody says.
    Open,
}
use Formula::{All, Any, Atom, Open};
use Sign::{NotNegative, Positive};

/// Rewritings of one statement after which it is left as it is.
const FUEL: usize = 400;

impl Formula {
    /// `x < y`.
    pub fn below(x: Term, y: Term) -> Self {
        Atom(Positive, y - x)
    }

    /// `x ≤ y`.
    pub fn at_most(x: Term, y: Term) -> Self {
        Atom(NotNegative, y - x)
    }

    /// `x = y`.
    pub fn equal(x: Term, y: Term) -> Self {
        let gap = y - x;
        All(vec![Atom(NotNegative, -gap.clone()), Atom(NotNegative, gap)])
    }

    /// The negation.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Atom(Positive, x) => Atom(NotNegative, -x),
            Atom(NotNegative, x) => Atom(Positive, -x),
            All(parts) => Any(parts.into_iter().map(Formula::negated).collect()),
            Any(parts) => All(parts.into_iter().map(Formula::negated).collect()),
            Open => Open,
        }
    }

    /// An equivalent statement, as far as possible without roots, maxima and spectral radii:
    /// $p + c\max(x, y) > 0$ holds if one of $p + cx$, $p + cy$ is positive ($c > 0$) or both are ($c < 0$);
    /// $p > c\sqrt x$ if $p > 0$ and $p^2 > c^2 x$; a spectral radius is below one if all of Jury's
    /// conditions hold.
    #[must_use]
    pub fn plain(&self) -> Self {
        self.rewritten(&mut FUEL.clone())
    }

    fn rewritten(&self, fuel: &mut usize) -> Self {
        let all = |parts: &[Formula], fuel: &mut usize| {
            parts.iter().map(|part| part.rewritten(fuel)).collect::<Vec<_>>()
        };
        match self {
            All(parts) => All(all(parts, fuel)),
            Any(parts) => Any(all(parts, fuel)),
            Open => Open,
            Atom(sign, term) => {
                if *fuel == 0 {
                    return Open;
                }
                *fuel -= 1;
                match split(*sign, term) {
                    Some(parts) => parts.rewritten(fuel),
                    None => self.clone(),
                }
            }
        }
    }
}

/// One step of [`Formula::plain`]; `None` where nothing is left to do.
fn split(sign: Sign, term: &Term) -> Option<Formula> {
    let sum = Sum::of(term);
    for (at, (factor, part)) in sum.parts.iter().enumerate() {
        let up = factor.is_positive();
        let number = || Term::from(factor.clone());
        match part.node() {
            TermNode::Max(x, y) => {
                let both = [x, y].map(|x| Atom(sign, sum.without(at) + number() * x.clone()));
                return Some(if up { Any(both.into()) } else { All(both.into()) });
            }
            TermNode::Root(x) => {
                let rest = sum.without(at);
                let square = number() * number() * x.clone() - rest.clone() * rest.clone();
                let rest = Atom(sign, rest);
                return Some(if up {
                    Any(vec![rest, Atom(sign, square)])
                } else {
                    All(vec![rest, Atom(sign, -square)])
                });
            }
            TermNode::BelowOneIf(positive) if sum.parts.len() == 1 && sum.number == -factor => {
                let inside = positive.iter().map(|x| Atom(Positive, x.clone()));
                return match (up, sign) {
                    (false, Positive) => Some(All(inside.collect())),
                    (true, NotNegative) => Some(Any(inside.map(Formula::negated).collect())),
                    _ => Some(Open),
                };
            }
            _ => {}
        }
    }
    // Deeper inside: by cases. That both cases hold is said apart, for where nobody knows which it is.
    let (x, y, whole) = inner_maximum(term)?;
    let case = |value: &Term| Atom(sign, replaced(term, &whole, value, &mut HashMap::new()));
    let [first, second] = [case(&x), case(&y)];
    Some(Any(vec![
        All(vec![first.clone(), second.clone()]),
        All(vec![first, Atom(NotNegative, x.clone() - y.clone())]),
        All(vec![second, Atom(NotNegative, y - x)]),
    ]))
}

/// A number and multiples of terms that are no sums.
struct Sum {
    number: BigRational,
    parts: Vec<(BigRational, Term)>,
}

impl Sum {
    fn of(term: &Term) -> Self {
        let mut sum = Sum { number: BigRational::zero(), parts: Vec::new() };
        sum.add(&BigRational::one(), term);
        sum.parts.retain(|(factor, _)| !factor.is_zero());
        sum
    }

    fn add(&mut self, factor: &BigRational, term: &Term) {
        match term.node() {
            TermNode::Number(x) => self.number += factor * x,
            TermNode::Sum(x, y) => {
                self.add(factor, x);
                self.add(factor, y);
            }
            TermNode::Product(x, y) => match (x.number(), y.number()) {
                (Some(x), _) => self.add(&(factor * x), y),
                (_, Some(y)) => self.add(&(factor * y), x),
                _ => self.count(factor, term),
            },
            _ => self.count(factor, term),
        }
    }

    fn count(&mut self, factor: &BigRational, term: &Term) {
        let same = |(_, known): &&mut (BigRational, Term)| std::ptr::eq(known.node(), term.node());
        match self.parts.iter_mut().find(same) {
            Some((sum, _)) => *sum += factor,
            None => self.parts.push((factor.clone(), term.clone())),
        }
    }

    /// All but one part.
    fn without(&self, gone: usize) -> Term {
        let parts = self.parts.iter().enumerate().filter(|(at, _)| *at != gone);
        parts.fold(Term::from(self.number.clone()), |sum, (_, (factor, part))| {
            sum + Term::from(factor.clone()) * part.clone()
        })
    }
}

/// Some maximum of two terms without maxima in it: the two, and it.
fn inner_maximum(term: &Term) -> Option<(Term, Term, Term)> {
    let (mut open, mut seen) = (vec![term.clone()], Vec::new());
    let mut found = None;
    while let Some(term) = open.pop() {
        let at: *const TermNode = term.node();
        if seen.contains(&at) {
            continue;
        }
        seen.push(at);
        match term.node() {
            TermNode::Max(x, y) => {
                open = vec![x.clone(), y.clone()];
                found = Some((x.clone(), y.clone(), term));
            }
            TermNode::Sum(x, y) | TermNode::Product(x, y) | TermNode::Quotient(x, y) => {
                open.extend([x.clone(), y.clone()]);
            }
            TermNode::Root(x) => open.push(x.clone()),
            TermNode::BelowOneIf(all) => open.extend(all.iter().cloned()),
            TermNode::Number(_) | TermNode::Variable(_) | TermNode::Nothing => {}
        }
    }
    found
}

/// `term` with `value` in the place of `old`.
fn replaced(
    term: &Term,
    old: &Term,
    value: &Term,
    known: &mut HashMap<*const TermNode, Term>,
) -> Term {
    let at: *const TermNode = term.node();
    if std::ptr::eq(at, old.node()) {
        return value.clone();
    }
    if let Some(done) = known.get(&at) {
        return done.clone();
    }
    let mut of = |x: &Term| replaced(x, old, value, known);
    let done = match term.node() {
        TermNode::Number(_) | TermNode::Variable(_) | TermNode::Nothing => term.clone(),
        TermNode::Sum(x, y) => of(x) + of(y),
        TermNode::Product(x, y) => of(x) * of(y),
        TermNode::Quotient(x, y) => of(x) / of(y),
        TermNode::Max(x, y) => Term::larger(of(x), of(y)),
        TermNode::Root(x) => super::Real::sqrt(&of(x)),
        TermNode::BelowOneIf(all) => Term::below_one_if(all.iter().map(of).collect()),
    };
    known.insert(at, done.clone());
    done
}
