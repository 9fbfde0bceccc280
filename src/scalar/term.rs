//! Terms: a formula read in this arithmetic is written down instead of computed, for other provers.

use super::{Real, Scalar};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::Arc;

/// A real number as an expression in variables. Zeros and ones are simplified away, nothing else.
#[derive(Clone, Debug)]
pub struct Term(Arc<Node>);

/// What a term is made of.
#[derive(Debug)]
pub enum Node {
    /// A number.
    Number(BigRational),
    /// A variable.
    Variable(String),
    /// A sum.
    Sum(Term, Term),
    /// A product.
    Product(Term, Term),
    /// Where the second is not zero.
    Quotient(Term, Term),
    /// Of the positive part.
    Root(Term),
    /// The larger of two.
    Max(Term, Term),
    /// A number of which is known that it is not negative, and below one exactly if all of these are
    /// positive.
    BelowOneIf(Vec<Term>),
    /// What cannot be written down.
    Nothing,
}
use Node::{BelowOneIf, Max, Nothing, Number, Product, Quotient, Root, Sum, Variable};

impl Term {
    /// A variable of this name, which must be a symbol of SMT-LIB.
    pub fn variable(name: impl Into<String>) -> Self {
        Term(Arc::new(Variable(name.into())))
    }

    /// A number of which is known that it is not negative, and below one exactly if all of `positive`
    /// are.
    pub fn below_one_if(positive: Vec<Term>) -> Self {
        Term(Arc::new(BelowOneIf(positive)))
    }

    /// What it is made of.
    pub fn node(&self) -> &Node {
        &self.0
    }

    /// The larger of two, unless both are numbers.
    pub fn larger(x: Term, y: Term) -> Self {
        Term(Arc::new(Max(x, y)))
    }

    /// All divisors in it are remembered: a product of it and zero was simplified to zero, and has no value
    /// where one of them is zero.
    fn drop_divisors(&self) {
        let (mut open, mut seen) = (vec![self.clone()], HashSet::new());
        while let Some(term) = open.pop() {
            if !seen.insert(Arc::as_ptr(&term.0)) {
                continue;
            }
            match &*term.0 {
                Number(_) | Variable(_) | Nothing => {}
                Root(x) => open.push(x.clone()),
                BelowOneIf(all) => open.extend(all.iter().cloned()),
                Sum(x, y) | Product(x, y) | Max(x, y) => open.extend([x.clone(), y.clone()]),
                Quotient(x, y) => {
                    open.extend([x.clone(), y.clone()]);
                    ASKED.with_borrow_mut(|asked| asked.dropped.push(y.clone()));
                }
            }
        }
    }

    /// What `of` says of the number; of a variable term nothing, and that it was asked is remembered.
    fn asked<T>(&self, of: impl Fn(&BigRational) -> T) -> Option<T> {
        if self.number().is_none() {
            compared();
        }
        self.number().map(of)
    }

    fn nothing() -> Self {
        Term(Arc::new(Nothing))
    }

    /// The number itself, of a term without variables.
    pub fn number(&self) -> Option<&BigRational> {
        if let Number(x) = &*self.0 { Some(x) } else { None }
    }
}

/// What formulas asked of terms that terms do not know.
#[derive(Debug, Default)]
pub struct Asked {
    /// Whether one was compared: the formula then took a branch that may be the wrong one.
    pub compared: bool,
    /// Terms that a formula took for other than zero.
    pub not_zero: Vec<Term>,
    /// Divisors in what was multiplied with zero, and is gone.
    pub dropped: Vec<Term>,
}

thread_local! {
    static ASKED: RefCell<Asked> = RefCell::default();
}

impl Asked {
    /// What was asked on this thread since it was last forgotten, which it is now.
    pub fn take() -> Asked {
        ASKED.take()
    }
}

fn compared() {
    ASKED.with_borrow_mut(|asked| asked.compared = true);
}

/// Writes terms as SMT-LIB 2: one definition for each node, however often it is used.
#[derive(Default)]
pub struct Writer {
    names: HashMap<*const Node, String>,
    // Kept alive, so that no address is used twice.
    kept: Vec<Term>,
    /// Declarations, definitions and what is known of them, line by line.
    pub lines: Vec<String>,
}

impl Writer {
    /// The expression that stands for `term`; `None` where it cannot be written down.
    pub fn write(&mut self, term: &Term) -> Option<String> {
        let key = Arc::as_ptr(&term.0);
        if let Some(name) = self.names.get(&key) {
            return Some(name.clone());
        }
        let text = match &*term.0 {
            Number(x) => return Some(rational(x)),
            Variable(name) => return Some(name.clone()),
            Nothing => return None,
            Sum(x, y) => format!("(+ {} {})", self.write(x)?, self.write(y)?),
            Product(x, y) => format!("(* {} {})", self.write(x)?, self.write(y)?),
            Max(x, y) => {
                let (x, y) = (self.write(x)?, self.write(y)?);
                format!("(ite (>= {x} {y}) {x} {y})")
            }
            Quotient(x, y) => {
                // A variable with an equation: solvers prefer it to division, whose value at zero
                // they would have to invent.
                let (x, y) = (self.write(x)?, self.write(y)?);
                let name = self.fresh("q", term);
                self.lines.push(format!("(assert (not (= {y} 0)))"));
                self.lines.push(format!("(assert (= (* {name} {y}) {x}))"));
                return Some(name);
            }
            Root(x) => {
                let x = self.write(x)?;
                let name = self.fresh("r", term);
                self.lines.push(format!("(assert (>= {name} 0))"));
                self.lines.push(format!("(assert (= (* {name} {name}) (ite (>= {x} 0) {x} 0)))"));
                return Some(name);
            }
            BelowOneIf(positive) => {
                let all: Option<Vec<String>> = positive.iter().map(|x| self.write(x)).collect();
                let name = self.fresh("s", term);
                let all: Vec<String> = all?.iter().map(|x| format!("(> {x} 0)")).collect();
                self.lines.push(format!("(assert (>= {name} 0))"));
                self.lines.push(format!("(assert (= (< {name} 1) (and {})))", all.join(" ")));
                return Some(name);
            }
        };
        let name = format!("t{}", self.names.len());
        self.lines.push(format!("(define-fun {name} () Real {text})"));
        self.remember(name.clone(), term);
        Some(name)
    }

    fn fresh(&mut self, letter: &str, term: &Term) -> String {
        let name = format!("{letter}{}", self.names.len());
        self.lines.push(format!("(declare-const {name} Real)"));
        self.remember(name.clone(), term);
        name
    }

    fn remember(&mut self, name: String, term: &Term) {
        self.names.insert(Arc::as_ptr(&term.0), name);
        self.kept.push(term.clone());
    }
}

/// The shortest decimal that rounds to `x`, as SMT-LIB writes it; 0 for what is not finite.
pub fn smt_number(x: f64) -> String {
    super::shortest(x).map_or_else(|| "0.0".into(), |x| rational(&x))
}

/// `(- (/ 1.0 3.0))`.
fn rational(x: &BigRational) -> String {
    let size = x.abs();
    let mut text = String::new();
    let _ = if size.is_integer() {
        write!(text, "{}.0", size.numer())
    } else {
        write!(text, "(/ {}.0 {}.0)", size.numer(), size.denom())
    };
    if x.is_negative() { format!("(- {text})") } else { text }
}

/// Of numbers; of other terms that they are one and the same.
impl PartialEq for Term {
    fn eq(&self, other: &Self) -> bool {
        match (&*self.0, &*other.0) {
            (Number(x), Number(y)) => x == y,
            (Nothing, _) | (_, Nothing) => false,
            _ => {
                let same = Arc::ptr_eq(&self.0, &other.0);
                if !same {
                    compared();
                }
                same
            }
        }
    }
}

impl From<BigRational> for Term {
    fn from(x: BigRational) -> Self {
        Term(Arc::new(Number(x)))
    }
}

impl Zero for Term {
    fn zero() -> Self {
        BigRational::zero().into()
    }
    /// Of a variable term the answer is no, and is remembered.
    fn is_zero(&self) -> bool {
        if self.number().is_none() {
            ASKED.with_borrow_mut(|asked| asked.not_zero.push(self.clone()));
        }
        self.number().is_some_and(Zero::is_zero)
    }
}

impl One for Term {
    fn one() -> Self {
        BigRational::one().into()
    }
}

impl Neg for Term {
    type Output = Self;
    fn neg(self) -> Self {
        Term::from(-BigRational::one()) * self
    }
}

impl Add for Term {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        match (self.number(), other.number()) {
            (Some(x), Some(y)) => (x + y).into(),
            (Some(x), _) if x.is_zero() => other,
            (_, Some(y)) if y.is_zero() => self,
            _ => Term(Arc::new(Sum(self, other))),
        }
    }
}

impl Sub for Term {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul for Term {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        match (self.number(), other.number()) {
            (Some(x), Some(y)) => (x * y).into(),
            (Some(x), _) if x.is_zero() => {
                other.drop_divisors();
                Term::zero()
            }
            (_, Some(y)) if y.is_zero() => {
                self.drop_divisors();
                Term::zero()
            }
            (Some(x), _) if x.is_one() => other,
            (_, Some(y)) if y.is_one() => self,
            _ => Term(Arc::new(Product(self, other))),
        }
    }
}

#[allow(clippy::suspicious_arithmetic_impl, reason = "by the inverse")]
impl Div for Term {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        match other.number() {
            Some(y) if y.is_zero() => Term::nothing(),
            Some(y) => self * Term::from(y.recip()),
            None => Term(Arc::new(Quotient(self, other))),
        }
    }
}

assigning!(Term);

impl Scalar for Term {
    fn from_f64(x: f64) -> Self {
        BigRational::from_float(x).map_or_else(Term::nothing, Term::from)
    }
    fn from_rational(r: &BigRational) -> Self {
        r.clone().into()
    }
    /// Only a number is certainly not zero.
    fn pivot(&self) -> f64 {
        if self.number().is_none() {
            compared();
        }
        f64::from(u8::from(self.number().is_some_and(|x| !x.is_zero())))
    }
}

impl Real for Term {
    fn sqrt(&self) -> Self {
        Term(Arc::new(Root(self.clone())))
    }
    fn exp(&self) -> Self {
        Term::nothing()
    }
    fn ln(&self) -> Self {
        Term::nothing()
    }
    fn abs(&self) -> Self {
        self.max(&-self.clone())
    }
    fn max(&self, other: &Self) -> Self {
        match (self.number(), other.number()) {
            (Some(x), Some(y)) => x.max(y).clone().into(),
            _ => Term(Arc::new(Max(self.clone(), other.clone()))),
        }
    }
    fn min(&self, other: &Self) -> Self {
        -(-self.clone()).max(&-other.clone())
    }
    fn lower(&self) -> f64 {
        self.asked(f64::from_rational).unwrap_or(f64::NEG_INFINITY)
    }
    fn upper(&self) -> f64 {
        self.asked(f64::from_rational).unwrap_or(f64::INFINITY)
    }
    fn is_above_zero(&self) -> bool {
        self.asked(Signed::is_positive).unwrap_or(false)
    }
    fn is_below_zero(&self) -> bool {
        self.asked(Signed::is_negative).unwrap_or(false)
    }
    /// Of one row, and in closed form of two.
    fn extreme_eigenvalues(m: &DMatrix<Self>) -> (Self, Self) {
        match m.nrows() {
            1 => (m[(0, 0)].clone(), m[(0, 0)].clone()),
            2 => {
                let half = Term::from(BigRational::new(1.into(), 2.into()));
                let [a, b, d] = [(0, 0), (1, 0), (1, 1)].map(|at| m[at].clone());
                let mean = (a.clone() + d.clone()) * half.clone();
                let gap = (a - d) * half;
                let radius = (gap.clone() * gap + b.clone() * b).sqrt();
                (mean.clone() - radius.clone(), mean + radius)
            }
            _ => (Term::nothing(), Term::nothing()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Term, Writer};
    use crate::scalar::{Real, Scalar, decimal};

    fn written(term: &Term) -> (Option<String>, String) {
        let mut writer = Writer::default();
        (writer.write(term), writer.lines.join("\n"))
    }

    #[test]
    fn terms_are_written_once_each() {
        let (x, y) = (Term::variable("x"), Term::variable("y"));
        let sum = x.clone() + y;
        let (name, text) = written(&(sum.clone() * sum));
        assert_eq!(name.unwrap(), "t1");
        assert_eq!(text, "(define-fun t0 () Real (+ x y))\n(define-fun t1 () Real (* t0 t0))");
        let zero = Term::from_int(0);
        assert_eq!(x.clone() * zero.clone() + Term::from_int(1) * x.clone(), x);
        assert!((x.clone() / zero).pivot() <= 0.0);
        let third = Term::from_rational(&decimal("-1/3").unwrap());
        assert_eq!(written(&third).0.unwrap(), "(- (/ 1.0 3.0))");
        assert_eq!(written(&x.exp()).0, None);
        assert_eq!(written(&(x.exp() + Term::from_int(1))).0, None);
    }

    #[test]
    fn what_is_no_polynomial_gets_a_variable_and_what_is_known_of_it() {
        let x = Term::variable("x");
        let (name, text) = written(&(Term::from_int(1) / x.clone()));
        assert_eq!(name.unwrap(), "q0");
        assert!(text.ends_with("(assert (not (= x 0)))\n(assert (= (* q0 x) 1.0))"), "{text}");
        let (_, text) = written(&x.sqrt());
        assert!(text.contains("(assert (= (* r0 r0) (ite (>= x 0) x 0)))"), "{text}");
        let (_, text) = written(&x.abs());
        assert!(text.contains("(ite (>= x t0) x t0)"), "{text}");
        let (name, text) = written(&Term::below_one_if(vec![x.clone(), x]));
        assert!(
            text.contains(&format!("(assert (= (< {} 1) (and (> x 0) (> x 0))))", name.unwrap()))
        );
    }
}
