//! Conjectures as obligations for other provers: SMT-LIB 2 files of polynomial real arithmetic.
//!
//! One file says one negated conjecture for points of one shape: `unsat` proves it there, for all real
//! entries, whatever the ranges of the file. What is defined by an equation gets a variable with that
//! equation; a divisor is assumed not to be zero, so what is proved is the conjecture wherever its
//! quantities have values. Of a spectral radius only is said what is certain: it is not negative, and
//! below one exactly where Jury's conditions hold; so `sat` may be spurious, `unsat` is not.

use super::Family;
use super::file::Conjecture;
use super::meaning::{Scope, Value, value_of};
use super::syntax::{Expr, Infix, Kind, Prefix};
use crate::case::{Arithmetic, Case, Influence, Route, Turn};
use crate::error::LoopError;
use crate::linalg;
use crate::point::Point;
use crate::scalar::{Asked, Real, Scalar, Term, TermWriter};
use crate::search::Layout;
use nalgebra::DMatrix;
use num_traits::One;
use std::fmt::Write;

/// Functions whose values do not depend on comparisons that a term cannot make.
const WRITABLE: [&str; 19] = [
    "abs",
    "cos",
    "det",
    "dot",
    "greatest",
    "identity_like",
    "inverse",
    "least",
    "least_symmetric",
    "max",
    "min",
    "norm",
    "own_block",
    "rho",
    "rho_seq",
    "sqrt",
    "sum",
    "transpose",
    "without",
];

/// Points with more free numbers are left to nobody: real arithmetic is doubly exponential in them.
const MOST_NUMBERS: usize = 16;

/// A negated conjecture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// Name of the conjecture and sizes of its points: a file name without extension.
    pub name: String,
    /// The negation, in SMT-LIB 2.
    pub text: String,
    /// The assumptions alone: `unsat` would mean that they contradict each other, and that the
    /// negation proves nothing.
    pub assumptions: String,
}

/// Why there is no obligation for points of some shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotWritten {
    /// Sizes of the points.
    pub shape: String,
    /// Why.
    pub why: String,
}

impl Conjecture {
    /// The obligations of this conjecture, one for each shape of its points that is small enough; with
    /// what could not be written.
    pub fn obligations(&self) -> (Vec<Obligation>, Vec<NotWritten>) {
        let (mut written, mut left) = (Vec::new(), Vec::new());
        let layouts: Vec<Layout> = self.family.domain().layouts();
        let mut seen = Vec::new();
        for layout in &layouts {
            let shape = shape(layout);
            // Shapes that differ in signs alone are one: the signs are dropped.
            if seen.contains(&shape) {
                continue;
            }
            seen.push(shape.clone());
            match self.obligation(layout, &shape) {
                Ok(obligation) => written.push(obligation),
                Err(why) => left.push(NotWritten { shape, why }),
            }
        }
        (written, left)
    }

    fn obligation(&self, layout: &Layout, shape: &str) -> Result<Obligation, String> {
        if matches!(self.family, Family::Categorical(_)) {
            return Err("Luce choice compares its weights".into());
        }
        if layout.free().len() > MOST_NUMBERS {
            return Err(format!("{} numbers are too many", layout.free().len()));
        }
        let statements = self.assume.iter().chain([&self.claim]);
        for (text, e) in statements.clone() {
            writable(e).map_err(|what| format!("`{text}`: {what} is not polynomial"))?;
        }
        Asked::take();
        let (at, ranges) = self.variables(layout);
        let scope = self.family.scope::<Term>(&at).map_err(|e| e.to_string())?;
        let mut writer = TermWriter::default();
        let mut lines = Vec::new();
        for (text, e) in &self.assume {
            let truth = truth(e, scope.as_ref(), &mut writer)?;
            lines.push(format!("; assume {text}\n(assert {truth})"));
        }
        let claim = truth(&self.claim.1, scope.as_ref(), &mut writer)?;
        lines.push(format!("; the negation of: {}\n(assert (not {claim}))", self.claim.0));
        let asked = Asked::take();
        if asked.compared {
            return Err("a formula branches on a comparison".into());
        }
        let mut generic = Vec::new();
        for x in &asked.not_zero {
            let x = writer.write(x).ok_or("a quantity is not polynomial")?;
            let line = format!("(assert (not (= {x} 0)))");
            if !generic.contains(&line) {
                generic.push(line);
            }
        }
        if !generic.is_empty() {
            generic.insert(0, "; taken for other than zero by a formula:".into());
        }
        let negation = lines.pop().unwrap_or_default();
        let file = |what: &str, last: &str| {
            let mut out = format!(
                "; {}\n; Conjecture `{}`, points of shape {shape}. {what}\n\
                 (set-info :status unknown)\n(set-logic QF_NRA)\n",
                self.title, self.name
            );
            for line in ranges.iter().chain(&writer.lines).chain(&generic).chain(&lines) {
                let _ = writeln!(out, "{line}");
            }
            out + last + "(check-sat)\n(exit)\n"
        };
        Ok(Obligation {
            name: format!("{}-{shape}", self.name),
            text: file(
                "unsat proves it there, for all real\n; numbers, wherever its quantities have values \
                 and divisors are not zero.",
                &(negation + "\n"),
            ),
            assumptions: file("Its assumptions alone; they should be sat.", ""),
        })
    }

    /// The point of variables, their declarations, and the ranges of what the file declares itself.
    fn variables(&self, layout: &Layout) -> (Point<Term>, Vec<String>) {
        let mut at = Point::new();
        let mut lines = Vec::new();
        let mut start = 0;
        for (name, rows, columns) in &layout.shape {
            let slots = &layout.slots[start..start + rows * columns];
            start += rows * columns;
            let own = self.family.declared().names().any(|(known, _)| known == name);
            let entry = |r: usize, c: usize| {
                let slot = &slots[c * rows + r];
                if slot.is_fixed() {
                    return Term::from_f64(slot.lo);
                }
                Term::variable(symbol(name, (*rows, *columns), (r, c)))
            };
            for c in 0..*columns {
                for r in 0..*rows {
                    let slot = &slots[c * rows + r];
                    if slot.is_fixed() {
                        continue;
                    }
                    let x = symbol(name, (*rows, *columns), (r, c));
                    lines.push(format!("(declare-const {x} Real)"));
                    if own {
                        let [lo, hi] = [slot.lo, slot.hi].map(crate::scalar::smt_number);
                        lines.push(format!("(assert (and (<= {lo} {x}) (<= {x} {hi})))"));
                    }
                }
            }
            at = at.with_matrix(name.clone(), DMatrix::from_fn(*rows, *columns, entry));
        }
        (at, lines)
    }
}

/// `J_1_2`.
fn symbol(name: &str, (rows, columns): (usize, usize), (r, c): (usize, usize)) -> String {
    match (rows, columns) {
        (1, 1) => name.to_owned(),
        (_, 1) => format!("{name}_{}", r + 1),
        _ => format!("{name}_{}_{}", r + 1, c + 1),
    }
}

/// `2x1-1x1`: the sizes of what is not a number.
fn shape(layout: &Layout) -> String {
    if let Some(k) = layout.shape.iter().position(|(name, ..)| name == "sizes") {
        let start: usize = layout.shape[..k].iter().map(|(_, r, c)| r * c).sum();
        let sizes: Vec<String> = layout.slots[start..start + layout.shape[k].1]
            .iter()
            .map(|s| s.lo.to_string())
            .collect();
        return sizes.join("-");
    }
    layout.free().len().to_string()
}

/// What in an expression cannot be written down.
fn writable(e: &Expr) -> Result<(), String> {
    match &e.kind {
        Kind::Number(_) | Kind::Name(_) => Ok(()),
        Kind::Call { function, arguments } => {
            if !WRITABLE.contains(&function.as_str()) {
                return Err(format!("`{function}`"));
            }
            arguments.iter().try_for_each(writable)
        }
        Kind::Entry { of, .. } => writable(of),
        Kind::Prefix(_, x) => writable(x),
        Kind::Infix(_, l, r) => writable(l).and_then(|()| writable(r)),
    }
}

/// A statement as SMT-LIB.
fn truth(e: &Expr, scope: &dyn Scope<Term>, out: &mut TermWriter) -> Result<String, String> {
    match &e.kind {
        Kind::Prefix(Prefix::Not, x) => Ok(format!("(not {})", truth(x, scope, out)?)),
        Kind::Infix(op @ (Infix::And | Infix::Or | Infix::Implies), l, r) => {
            let word = match op {
                Infix::And => "and",
                Infix::Or => "or",
                _ => "=>",
            };
            Ok(format!("({word} {} {})", truth(l, scope, out)?, truth(r, scope, out)?))
        }
        Kind::Infix(op, l, r) => {
            let sign = match op {
                Infix::Below => "<",
                Infix::AtMost => "<=",
                Infix::Above => ">",
                Infix::AtLeast => ">=",
                Infix::Equal => "=",
                _ => return Err("not a statement".into()),
            };
            let (l, r) = (entries(l, scope)?, entries(r, scope)?);
            let mut parts = Vec::new();
            for (x, y) in l.iter().zip(&r) {
                let lost = || "a quantity is not polynomial".to_owned();
                let (x, y) = (out.write(x).ok_or_else(lost)?, out.write(y).ok_or_else(lost)?);
                parts.push(format!("({sign} {x} {y})"));
            }
            Ok(if parts.len() == 1 {
                parts.remove(0)
            } else {
                format!("(and {})", parts.join(" "))
            })
        }
        _ => Err("not a comparison".into()),
    }
}

fn entries(e: &Expr, scope: &dyn Scope<Term>) -> Result<Vec<Term>, String> {
    match value_of(e, scope).map_err(|e| e.to_string())? {
        Value::Number(x) => Ok(vec![x]),
        Value::Vector(v) => Ok(v.iter().cloned().collect()),
        Value::Matrix(m) => Ok(m.iter().cloned().collect()),
        Value::Truth(_) => Err("a truth value is compared".into()),
    }
}

impl Arithmetic for Term {
    fn observe(
        _: &Case<Term>,
        _: Route,
        _: Turn,
    ) -> Result<Vec<(Turn, Influence<Term>)>, LoopError> {
        Err(LoopError::NotObserved)
    }

    /// Jury's conditions on the characteristic polynomial, of up to three rows.
    fn spectral_radius(m: &DMatrix<Term>) -> Result<Term, LoopError> {
        let one = Term::one;
        let minor = |i: usize, j: usize| {
            m[(i, i)].clone() * m[(j, j)].clone() - m[(i, j)].clone() * m[(j, i)].clone()
        };
        let between = |x: Term, bound: Term| [bound.clone() - x.clone(), bound + x];
        let positive = match m.nrows() {
            0 => vec![one()],
            1 => return Ok(m[(0, 0)].abs()),
            2 => {
                let (trace, det) = (m[(0, 0)].clone() + m[(1, 1)].clone(), minor(0, 1));
                [between(det.clone(), one()), between(trace, one() + det)].concat()
            }
            3 => {
                // z^3 + a_2 z^2 + a_1 z + a_0.
                let a_2 = -(m[(0, 0)].clone() + m[(1, 1)].clone() + m[(2, 2)].clone());
                let a_1 = minor(0, 1) + minor(0, 2) + minor(1, 2);
                let a_0 = -linalg::determinant(m);
                let [outer, inner] = [
                    between(a_0.clone() + a_2.clone(), one() + a_1.clone()),
                    between(a_1 - a_0.clone() * a_2, one() - a_0.clone() * a_0.clone()),
                ];
                [between(a_0, one()), outer, inner].concat()
            }
            _ => return Err(LoopError::NotObserved),
        };
        Ok(Term::below_one_if(positive))
    }

    fn floating(_: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
        Err(LoopError::NotObserved)
    }
}
