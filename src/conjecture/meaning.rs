//! What expressions mean: their types, and their values in any arithmetic.
//!
//! A truth value carries a margin, positive where it holds: the difference of the sides of a
//! comparison, minus their distance for an equation, the least margin of an `and`, the largest of an
//! `or`. So an optimiser sees how nearly a statement fails.

use super::syntax::{Expr, Infix, Kind, Mistake, Prefix};
use crate::case::Arithmetic;
use crate::error::LoopError;
use crate::influence::turning_sine;
use crate::linalg;
use crate::scalar::Scalar;
use crate::search::Slot;
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::fmt;
use std::ops::Range;

/// A dimension by name: `d_p`. Two sizes agree if their names do.
pub type Size = &'static str;

/// The type of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// Holds or not.
    Truth,
    /// A number.
    Number,
    /// A vector of this many entries.
    Vector(Size),
    /// A matrix, rows by columns.
    Matrix(Size, Size),
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Truth => write!(f, "a truth value"),
            Type::Number => write!(f, "a number"),
            Type::Vector(n) => write!(f, "a vector of {n}"),
            Type::Matrix(n, m) => write!(f, "a {n} x {m} matrix"),
        }
    }
}

/// A value in some arithmetic.
#[derive(Clone, Debug)]
pub enum Value<S: Scalar> {
    /// A truth value.
    Truth(Truth<S>),
    /// A number.
    Number(S),
    /// A vector.
    Vector(DVector<S>),
    /// A matrix.
    Matrix(DMatrix<S>),
}

/// A truth value with its margin.
#[derive(Clone, Debug)]
pub struct Truth<S> {
    /// Positive where it holds, negative where it does not.
    pub margin: S,
    /// Whether it holds where the margin is zero.
    pub closed: bool,
}

/// A function: its name, the types of its arguments, the type of what it gives.
pub type Function = (&'static str, &'static [Type], Type);

/// The quantities that expressions may name.
pub trait Vocabulary {
    /// All names with their types, in the order of the documentation.
    fn names(&self) -> Vec<(&str, Type)>;
    /// Functions of its own.
    fn functions(&self) -> &'static [Function] {
        &[]
    }
    /// Between what a number lies for certain, or every entry of a vector or matrix; `None` where
    /// that is not known.
    fn range(&self, name: &str) -> Option<Slot> {
        let _ = name;
        None
    }
    /// Between what the values of one of its own functions lie for certain.
    fn range_of(&self, function: &str) -> Option<Slot> {
        let _ = function;
        None
    }
}

/// Values of a vocabulary at one point.
pub trait Scope<S: Scalar> {
    /// The value of a name of the vocabulary.
    ///
    /// # Errors
    /// If it has none at this point.
    fn value(&self, name: &str) -> Result<Value<S>, LoopError>;
    /// The value of one of the vocabulary's own functions.
    ///
    /// # Errors
    /// If it has none at this point.
    fn call(&self, function: &str, arguments: &[Value<S>]) -> Result<Value<S>, LoopError> {
        let _ = (function, arguments);
        Err(LoopError::NotObserved)
    }
}

/// Functions that every vocabulary has.
pub const FUNCTIONS: [&str; 18] = [
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
    "rho",
    "same_order",
    "sin_omega",
    "sqrt",
    "sum",
    "transpose",
];

/// The type of `e`.
///
/// # Errors
/// The first place where a name is unknown or types do not fit.
pub fn type_of(e: &Expr, words: &dyn Vocabulary) -> Result<Type, Mistake> {
    let fault = |span: &Range<usize>, message: String, help: &str| {
        Err(Mistake { span: span.clone(), message, help: help.into() })
    };
    match &e.kind {
        Kind::Number(_) => Ok(Type::Number),
        Kind::Name(name) => {
            let names = words.names();
            if let Some((_, ty)) = names.iter().find(|(n, _)| n == name) {
                return Ok(*ty);
            }
            let known: Vec<&str> = names.iter().map(|(n, _)| *n).collect();
            let help = crate::systems::file::did_you_mean(name, known);
            fault(&e.span, format!("unknown quantity `{name}`"), &help)
        }
        Kind::Entry { of, at } => match (type_of(of, words)?, at.len()) {
            _ if at.contains(&0) => fault(&e.span, "there is no entry 0".into(), "count from 1"),
            (Type::Vector(_), 1) | (Type::Matrix(..), 2) => Ok(Type::Number),
            (ty, _) => fault(
                &e.span,
                format!("{ty} has no such entries"),
                "write v[i] for a vector, M[i, j] for a matrix",
            ),
        },
        Kind::Prefix(op, x) => match (op, type_of(x, words)?) {
            (Prefix::Not, Type::Truth) => Ok(Type::Truth),
            (Prefix::Minus, ty) if ty != Type::Truth => Ok(ty),
            (_, ty) => fault(
                &x.span,
                format!("this is {ty}"),
                "`not` takes a truth value, `-` takes anything else",
            ),
        },
        Kind::Infix(op, l, r) => {
            infix_type(e, *op, (l, type_of(l, words)?), (r, type_of(r, words)?))
        }
        Kind::Call { function, arguments } => {
            let types: Vec<Type> =
                arguments.iter().map(|a| type_of(a, words)).collect::<Result<_, _>>()?;
            call_type(e, function, arguments, &types, words)
        }
    }
}

fn infix_type(
    e: &Expr,
    op: Infix,
    (l, left): (&Expr, Type),
    (r, right): (&Expr, Type),
) -> Result<Type, Mistake> {
    use Type::{Matrix, Number, Truth, Vector};
    let whole = |x: &Expr| matches!(&x.kind, Kind::Number(n) if exponent(n).is_some());
    let raised = matches!((left, right), (Number, Number))
        || matches!((left, right), (Matrix(n, m), Number) if n == m);
    if op == Infix::Power && raised && !whole(r) {
        return Err(Mistake {
            span: r.span.clone(),
            message: format!("`^` takes whole powers from 0 to {POWERS}"),
            help: "write the power as a number; 1 / x^2 or inverse(M)^2 for a negative one".into(),
        });
    }
    let fits = match (op, left, right) {
        (Infix::Implies | Infix::Or | Infix::And, Truth, Truth)
        | (
            Infix::Below | Infix::AtMost | Infix::Above | Infix::AtLeast | Infix::Equal,
            Number,
            Number,
        ) => Some(Truth),
        (Infix::Equal, a, b) if a == b && a != Truth => Some(Truth),
        (Infix::Plus | Infix::Minus, a, b) if a == b && a != Truth => Some(a),
        (Infix::Times, Number, x) | (Infix::Times | Infix::Over, x, Number) if x != Truth => {
            Some(x)
        }
        (Infix::Times, Matrix(n, k), Matrix(l, m)) if k == l => Some(Matrix(n, m)),
        (Infix::Times, Matrix(n, k), Vector(m)) if k == m => Some(Vector(n)),
        (Infix::Power, _, Number) if raised => Some(left),
        _ => None,
    };
    fits.ok_or_else(|| {
        // What is wrong is most often the side that is a truth value, or the whole.
        let span = match (left, right) {
            (Truth, x) if x != Truth => l.span.clone(),
            (x, Truth) if x != Truth => r.span.clone(),
            _ => e.span.clone(),
        };
        Mistake {
            span,
            message: format!("`{}` does not go between {left} and {right}", op.symbol()),
            help: "comparisons and + - need equal types, * needs matching dimensions, ^ a whole \
                   number; dot(u, v) multiplies vectors"
                .into(),
        }
    })
}

fn call_type(
    e: &Expr,
    function: &str,
    arguments: &[Expr],
    types: &[Type],
    words: &dyn Vocabulary,
) -> Result<Type, Mistake> {
    use Type::{Matrix, Number, Vector};
    let own = words.functions().iter().find(|(name, _, _)| *name == function);
    let fits = match (function, types) {
        _ if own.is_some() => {
            own.filter(|(_, takes, _)| *takes == types).map(|(_, _, gives)| *gives)
        }
        ("abs", [x]) if *x != Type::Truth => Some(*x),
        ("sqrt", [Number]) | ("norm" | "sum" | "least" | "greatest", [Vector(_) | Matrix(..)]) => {
            Some(Number)
        }
        ("min" | "max", [Number, ..]) if types.iter().all(|t| *t == Number) => Some(Number),
        ("dot" | "cos", [Vector(n), Vector(m)]) if n == m => Some(Number),
        ("same_order", [Vector(n), Vector(m)]) if n == m => Some(Type::Truth),
        ("det" | "rho" | "sin_omega" | "least_symmetric", [Matrix(n, m)]) if n == m => Some(Number),
        ("inverse" | "identity_like", [Matrix(n, m)]) if n == m => Some(types[0]),
        ("transpose", [Matrix(n, m)]) => Some(Matrix(m, n)),
        _ => None,
    };
    if let Some(ty) = fits {
        return Ok(ty);
    }
    let known = FUNCTIONS.iter().copied().chain(words.functions().iter().map(|(n, _, _)| *n));
    let known: Vec<&str> = known.collect();
    if !known.contains(&function) {
        return Err(Mistake {
            span: e.span.start..e.span.start + function.len(),
            message: format!("unknown function `{function}`"),
            help: crate::systems::file::did_you_mean(function, known),
        });
    }
    let given: Vec<String> = types.iter().map(Type::to_string).collect();
    let span = arguments.first().map_or(e.span.clone(), |a| a.span.start..e.span.end - 1);
    Err(Mistake {
        span,
        message: format!("`{function}` does not take {}", given.join(" and ")),
        help: own.map_or_else(
            || {
                "rho, det, inverse, sin_omega, least_symmetric, identity_like take a square matrix; \
                 norm, sum, least, greatest a vector or a matrix; cos, dot, same_order two vectors of \
                 one dimension; min, max numbers"
                    .into()
            },
            |(_, takes, _)| {
                let takes: Vec<String> = takes.iter().map(Type::to_string).collect();
                format!("it takes {}", takes.join(" and "))
            },
        ),
    })
}

/// The value of `e`, which must have a type.
///
/// # Errors
/// If some part has no value at this point: a singular matrix, an entry beyond the dimension.
pub fn value_of<S: Arithmetic>(e: &Expr, scope: &dyn Scope<S>) -> Result<Value<S>, LoopError> {
    match &e.kind {
        Kind::Number(x) => Ok(Value::Number(S::from_rational(x))),
        Kind::Name(name) => scope.value(name),
        Kind::Entry { of, at } => {
            let entry = match value_of(of, scope)? {
                Value::Vector(v) => v.get(at[0] - 1).cloned(),
                Value::Matrix(m) => m.get((at[0] - 1, at[1] - 1)).cloned(),
                _ => None,
            };
            entry.map(Value::Number).ok_or(LoopError::NotObserved)
        }
        Kind::Prefix(Prefix::Minus, x) => Ok(match value_of(x, scope)? {
            Value::Number(x) => Value::Number(-x),
            Value::Vector(v) => Value::Vector(-v),
            Value::Matrix(m) => Value::Matrix(-m),
            truth @ Value::Truth(_) => truth,
        }),
        Kind::Prefix(Prefix::Not, x) => Ok(Value::Truth(negated(truth_of(x, scope)?))),
        Kind::Infix(op, l, r) => infix_value(*op, l, r, scope),
        Kind::Call { function, arguments } => {
            let values: Vec<Value<S>> =
                arguments.iter().map(|a| value_of(a, scope)).collect::<Result<_, _>>()?;
            call_value(function, &values, scope)
        }
    }
}

/// The truth value of `e`.
///
/// # Errors
/// As [`value_of`]; or if it is none.
pub fn truth_of<S: Arithmetic>(e: &Expr, scope: &dyn Scope<S>) -> Result<Truth<S>, LoopError> {
    match value_of(e, scope)? {
        Value::Truth(t) => Ok(t),
        _ => Err(LoopError::NotObserved),
    }
}

fn negated<S: Scalar>(t: Truth<S>) -> Truth<S> {
    Truth { margin: -t.margin, closed: !t.closed }
}

/// The smaller margin (`least`) or the larger one.
fn joined<S: Arithmetic>(a: &Truth<S>, b: &Truth<S>, least: bool) -> Truth<S> {
    let margin = if least { a.margin.min(&b.margin) } else { a.margin.max(&b.margin) };
    let apart = a.margin.clone() - b.margin.clone();
    let first = if least { apart.is_below_zero() } else { apart.is_above_zero() };
    let second = if least { apart.is_above_zero() } else { apart.is_below_zero() };
    let closed = match (first, second) {
        (true, _) => a.closed,
        (_, true) => b.closed,
        // Equal margins, or nobody knows which is which: then the margin is no certain zero either.
        _ if least => a.closed && b.closed,
        _ => a.closed || b.closed,
    };
    Truth { margin, closed }
}

fn infix_value<S: Arithmetic>(
    op: Infix,
    l: &Expr,
    r: &Expr,
    scope: &dyn Scope<S>,
) -> Result<Value<S>, LoopError> {
    use Value::{Matrix, Number, Vector};
    if let Infix::Implies | Infix::And | Infix::Or = op {
        let (a, b) = (truth_of(l, scope)?, truth_of(r, scope)?);
        return Ok(Value::Truth(match op {
            Infix::And => joined(&a, &b, true),
            Infix::Or => joined(&a, &b, false),
            _ => joined(&negated(a), &b, false),
        }));
    }
    let truth = |margin: S, closed| Ok(Value::Truth(Truth { margin, closed }));
    let distance = |entries: &mut dyn Iterator<Item = S>| {
        let zero: S = S::zero();
        -entries.fold(zero, |top, x| top.max(&x.abs()))
    };
    let (left, right) = (value_of(l, scope)?, value_of(r, scope)?);
    if let (Infix::Over, Number(b)) = (op, &right)
        && b.is_zero()
    {
        return Err(LoopError::SingularBlock { what: "a divisor of the conjecture" });
    }
    match (op, left, right) {
        (Infix::Below, Number(a), Number(b)) => truth(b - a, false),
        (Infix::AtMost, Number(a), Number(b)) => truth(b - a, true),
        (Infix::Above, Number(a), Number(b)) => truth(a - b, false),
        (Infix::AtLeast, Number(a), Number(b)) => truth(a - b, true),
        (Infix::Equal, Number(a), Number(b)) => truth(-(a - b).abs(), true),
        (Infix::Equal, Vector(a), Vector(b)) if a.shape() == b.shape() => {
            truth(distance(&mut (a - b).iter().cloned()), true)
        }
        (Infix::Equal, Matrix(a), Matrix(b)) if a.shape() == b.shape() => {
            truth(distance(&mut (a - b).iter().cloned()), true)
        }
        (Infix::Plus, Number(a), Number(b)) => Ok(Number(a + b)),
        (Infix::Minus, Number(a), Number(b)) => Ok(Number(a - b)),
        (Infix::Plus, Vector(a), Vector(b)) if a.shape() == b.shape() => Ok(Vector(a + b)),
        (Infix::Minus, Vector(a), Vector(b)) if a.shape() == b.shape() => Ok(Vector(a - b)),
        (Infix::Plus, Matrix(a), Matrix(b)) if a.shape() == b.shape() => Ok(Matrix(a + b)),
        (Infix::Minus, Matrix(a), Matrix(b)) if a.shape() == b.shape() => Ok(Matrix(a - b)),
        (Infix::Times, Number(a), Number(b)) => Ok(Number(a * b)),
        (Infix::Times, Number(a), Vector(v)) | (Infix::Times, Vector(v), Number(a)) => {
            Ok(Vector(v * a))
        }
        (Infix::Times, Number(a), Matrix(m)) | (Infix::Times, Matrix(m), Number(a)) => {
            Ok(Matrix(m * a))
        }
        (Infix::Times, Matrix(a), Matrix(b)) if a.ncols() == b.nrows() => Ok(Matrix(a * b)),
        (Infix::Times, Matrix(a), Vector(v)) if a.ncols() == v.len() => Ok(Vector(a * v)),
        (Infix::Over, Number(a), Number(b)) => Ok(Number(a / b)),
        (Infix::Over, Vector(v), Number(b)) => Ok(Vector(v.map(|x| x / b.clone()))),
        (Infix::Over, Matrix(m), Number(b)) => Ok(Matrix(m.map(|x| x / b.clone()))),
        (Infix::Power, base, Number(_)) => power(base, r),
        _ => Err(LoopError::NotObserved),
    }
}

/// Most times that something is multiplied with itself.
const POWERS: u32 = 64;

/// The power that `n` is, if it is one.
fn exponent(n: &BigRational) -> Option<u32> {
    let whole = if n.is_integer() { n.to_integer().to_u32() } else { None };
    whole.filter(|n| *n <= POWERS)
}

/// Whole powers.
fn power<S: Arithmetic>(base: Value<S>, to: &Expr) -> Result<Value<S>, LoopError> {
    let Kind::Number(n) = &to.kind else { return Err(LoopError::NotObserved) };
    let n = exponent(n).ok_or(LoopError::NotObserved)?;
    match base {
        Value::Number(x) => {
            Ok(Value::Number((0..n).fold(S::one(), |product, _| product * x.clone())))
        }
        Value::Matrix(m) => {
            let unit = DMatrix::identity(m.nrows(), m.nrows());
            Ok(Value::Matrix((0..n).fold(unit, |product, _| product * &m)))
        }
        _ => Err(LoopError::NotObserved),
    }
}

fn call_value<S: Arithmetic>(
    function: &str,
    arguments: &[Value<S>],
    scope: &dyn Scope<S>,
) -> Result<Value<S>, LoopError> {
    use Value::{Matrix, Number, Vector};
    let singular = |_| LoopError::SingularBlock { what: "a matrix of the conjecture" };
    Ok(match (function, arguments) {
        ("abs", [Number(x)]) => Number(x.abs()),
        ("abs", [Vector(v)]) => Vector(v.map(|x| x.abs())),
        ("abs", [Matrix(m)]) => Matrix(m.map(|x| x.abs())),
        ("sqrt", [Number(x)]) => Number(x.sqrt()),
        ("min" | "max", [Number(first), rest @ ..]) => {
            let pick = |a: &S, b: &S| if function == "min" { a.min(b) } else { a.max(b) };
            let all = rest.iter().filter_map(|v| if let Number(x) = v { Some(x) } else { None });
            Number(all.fold(first.clone(), |sum, x| pick(&sum, x)))
        }
        ("norm", [Vector(v)]) => Number(linalg::norm(v)),
        ("norm", [Matrix(m)]) => Number(linalg::spectral_norm(m)),
        ("sum", [Vector(v)]) => Number(total(v.iter())),
        ("sum", [Matrix(m)]) => Number(total(m.iter())),
        ("least" | "greatest", [Vector(v)]) => Number(extreme(function, v.iter())?),
        ("least" | "greatest", [Matrix(m)]) => Number(extreme(function, m.iter())?),
        ("same_order", [Vector(a), Vector(b)]) if a.len() == b.len() => {
            Value::Truth(Truth { margin: agreement(a, b), closed: true })
        }
        ("dot", [Vector(a), Vector(b)]) => Number(linalg::dot(a, b)),
        ("cos", [Vector(a), Vector(b)]) => Number(crate::influence::cosine(a, b)),
        ("det", [Matrix(m)]) => Number(linalg::determinant(m)),
        ("rho", [Matrix(m)]) => Number(S::spectral_radius(m)?),
        ("sin_omega", [Matrix(m)]) => Number(turning_sine(m)),
        ("least_symmetric", [Matrix(m)]) => Number(linalg::smallest_symmetric_eigenvalue(m)),
        ("inverse", [Matrix(m)]) => Matrix(linalg::inverse(m).map_err(singular)?),
        ("identity_like", [Matrix(m)]) => Matrix(DMatrix::identity(m.nrows(), m.nrows())),
        ("transpose", [Matrix(m)]) => Matrix(m.transpose()),
        _ => return scope.call(function, arguments),
    })
}

fn total<'a, S: Scalar>(entries: impl Iterator<Item = &'a S>) -> S {
    entries.fold(S::zero(), |sum, x| sum + x.clone())
}

/// The least or the greatest entry.
fn extreme<'a, S: Arithmetic>(
    function: &str,
    entries: impl Iterator<Item = &'a S>,
) -> Result<S, LoopError> {
    let pick = |a: S, b: S| if function == "least" { a.min(&b) } else { a.max(&b) };
    entries.cloned().reduce(pick).ok_or(LoopError::NotObserved)
}

/// The least of $(a_i - a_j)(b_i - b_j)$ over all pairs of entries: negative where some two stand the
/// other way round.
fn agreement<S: Arithmetic>(a: &DVector<S>, b: &DVector<S>) -> S {
    let n = a.len();
    let pairs = (0..n).flat_map(|i| (0..i).map(move |j| (i, j)));
    let product =
        |(i, j): (usize, usize)| (a[i].clone() - a[j].clone()) * (b[i].clone() - b[j].clone());
    pairs.map(product).reduce(|x, y| x.min(&y)).unwrap_or_else(S::zero)
}
