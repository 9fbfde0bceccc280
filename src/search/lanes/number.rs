//! Numbers of a program with bounds on their errors.
//!
//! Every operation bounds what it adds to the errors of its operands (running error analysis: Higham,
//! *Accuracy and Stability of Numerical Algorithms*, 2002, section 3.3). Where a number is known to lie
//! on a binary grid that fits into the significand, it has no error, and the program spends nothing on
//! bounding one.

use super::program::{Id, Lane, Op, Values, unit};

/// `x` is a multiple of `2^step`, and at most `most` in size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Grid {
    pub(super) most: f64,
    pub(super) step: i32,
}

/// How far the number in a lane may be from the one that is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Error {
    /// Not at all.
    None,
    /// By so many units of roundoff of itself.
    Units(f64),
    /// By what this value says.
    Value(Id),
}

/// A number of a program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Num {
    pub(super) id: Id,
    pub(super) error: Error,
    /// Its grid, where it has one; then it has no error.
    grid: Option<Grid>,
    /// Its value, where it is the same in all lanes.
    pub(super) constant: Option<f64>,
}

impl Num {
    /// A value whose error is at most another.
    pub(super) fn bounded(id: Id, error: Id) -> Self {
        Num { id, error: Error::Value(error), grid: None, constant: None }
    }
}

/// Builds a program for lanes of `digits` binary digits.
pub(super) struct Builder {
    pub(super) values: Values,
    digits: i32,
    unit: f64,
    round: fn(f64) -> f64,
}

fn rounded<T: Lane>(x: f64) -> f64 {
    T::of(x).wide()
}

/// The largest power of two that divides `x`.
pub(super) fn step(x: f64) -> i32 {
    let mut step = 0;
    let mut x = x.abs();
    while x.fract() != 0.0 {
        x *= 2.0;
        step -= 1;
    }
    while x >= 2.0 && (x / 2.0).fract() == 0.0 {
        x /= 2.0;
        step += 1;
    }
    step
}

// Zero and one are folded where they are exactly that.
#[allow(clippy::float_cmp)]
impl Builder {
    /// For lanes of type `T`.
    pub(super) fn of<T: Lane>() -> Self {
        Builder {
            values: Values::default(),
            digits: T::DIGITS,
            unit: unit::<T>(),
            round: rounded::<T>,
        }
    }

    /// What is drawn as number `k`.
    pub(super) fn input(&mut self, k: u32, grid: Option<Grid>) -> Num {
        let id = self.values.push(Op::Input(k));
        let grid = grid.filter(|g| self.fits(*g));
        Num { id, error: Error::None, grid, constant: None }
    }

    /// The double `x`.
    pub(super) fn constant(&mut self, x: f64) -> Num {
        let x = x + 0.0;
        let id = self.values.push(Op::Constant(x.to_bits()));
        let same = (self.round)(x) == x;
        let grid = (same && x.is_finite()).then(|| Grid { most: x.abs(), step: step(x) });
        let grid = grid.filter(|g| self.fits(*g));
        let error = if same { Error::None } else { Error::Units(1.0) };
        Num { id, error, grid, constant: Some(x) }
    }

    /// Whether every number on a grid is a number of the lanes.
    fn fits(&self, g: Grid) -> bool {
        g.most <= 2.0_f64.powi(g.step.saturating_add(self.digits)) && g.step > -100
    }

    /// A bound on the error of `x`, as a value.
    pub(super) fn bound(&mut self, x: Num) -> Id {
        match x.error {
            Error::None => self.values.push(Op::Constant(0)),
            Error::Units(k) => self.values.push(Op::Share(x.id, (k * self.unit).to_bits())),
            Error::Value(e) => e,
        }
    }

    fn sum(&mut self, a: Num, b: Num, op: Op) -> Num {
        let grid = match (a.grid, b.grid) {
            (Some(a), Some(b)) => Some(Grid { most: a.most + b.most, step: a.step.min(b.step) }),
            _ => None,
        };
        let grid = grid.filter(|g| self.fits(*g));
        let id = self.values.push(op);
        let error = match (a.error, b.error) {
            _ if grid.is_some() => Error::None,
            (Error::None, Error::None) => Error::Units(1.0),
            _ => {
                let (e, f) = (self.bound(a), self.bound(b));
                Error::Value(self.values.push(Op::SumError(id, e, f)))
            }
        };
        Num { id, error, grid, constant: None }
    }

    /// `x` where all operands are constants and the operation does not round.
    fn folded(&mut self, operands: &[Num], x: f64) -> Option<Num> {
        let exact = operands.iter().all(|n| n.constant.is_some() && n.grid.is_some());
        (exact && (self.round)(x) == x).then(|| self.constant(x))
    }

    pub(super) fn add(&mut self, a: Num, b: Num) -> Num {
        match (a.constant, b.constant) {
            (Some(0.0), _) => b,
            (_, Some(0.0)) => a,
            (Some(x), Some(y)) if x + y - y == x && x + y - x == y => {
                let folded = self.folded(&[a, b], x + y);
                folded.unwrap_or_else(|| self.sum(a, b, Op::Add(a.id, b.id)))
            }
            _ => self.sum(a, b, Op::Add(a.id, b.id)),
        }
    }

    pub(super) fn sub(&mut self, a: Num, b: Num) -> Num {
        match (a.constant, b.constant) {
            (Some(0.0), _) => self.neg(b),
            (_, Some(0.0)) => a,
            (Some(x), Some(y)) if x - y + y == x && x - (x - y) == y => {
                let folded = self.folded(&[a, b], x - y);
                folded.unwrap_or_else(|| self.sum(a, b, Op::Sub(a.id, b.id)))
            }
            _ => self.sum(a, b, Op::Sub(a.id, b.id)),
        }
    }

    /// Units of roundoff of a product or quotient.
    fn units(a: Num, b: Num) -> Option<f64> {
        let of = |n: Num| match n.error {
            Error::None => Some(0.0),
            Error::Units(k) => Some(k),
            Error::Value(_) => None,
        };
        // Second-order terms are below a hundredth as long as there are few.
        let all = 1.01 * (of(a)? + of(b)?) + 1.0;
        (all < 1000.0).then_some(all)
    }

    pub(super) fn mul(&mut self, a: Num, b: Num) -> Num {
        match (a.constant, b.constant) {
            (Some(0.0), _) | (_, Some(0.0)) => return self.constant(0.0),
            (Some(1.0), _) => return b,
            (_, Some(1.0)) => return a,
            (Some(-1.0), _) => return self.neg(b),
            (_, Some(-1.0)) => return self.neg(a),
            _ => {}
        }
        let grid = match (a.grid, b.grid) {
            (Some(a), Some(b)) => {
                Some(Grid { most: a.most * b.most, step: a.step.saturating_add(b.step) })
            }
            _ => None,
        };
        let grid = grid.filter(|g| self.fits(*g));
        if let (Some(x), Some(y), true) = (a.constant, b.constant, grid.is_some()) {
            return self.constant(x * y);
        }
        let id = self.values.push(Op::Mul(a.id, b.id));
        let error = if grid.is_some() {
            Error::None
        } else if let Some(units) = Self::units(a, b) {
            Error::Units(units)
        } else {
            let (e, f) = (self.bound(a), self.bound(b));
            Error::Value(self.values.push(Op::ProductError(a.id, b.id, e, f)))
        };
        Num { id, error, grid, constant: None }
    }

    pub(super) fn div(&mut self, a: Num, b: Num) -> Num {
        match (a.constant, b.constant) {
            (_, Some(1.0)) => return a,
            (Some(0.0), Some(y)) if y != 0.0 => return a,
            // Powers of two do not round.
            (_, Some(y)) if y != 0.0 && (1.0 / y) * y == 1.0 && step(y) == exponent(y) => {
                let inverse = self.constant(1.0 / y);
                return self.mul(a, inverse);
            }
            _ => {}
        }
        let id = self.values.push(Op::Div(a.id, b.id));
        let error = if let Some(units) = Self::units(a, b) {
            Error::Units(units)
        } else {
            let (e, f) = (self.bound(a), self.bound(b));
            Error::Value(self.values.push(Op::QuotientError(id, b.id, e, f)))
        };
        Num { id, error, grid: None, constant: None }
    }

    pub(super) fn neg(&mut self, a: Num) -> Num {
        match a.constant {
            Some(x) => self.constant(-x),
            None => Num { id: self.values.push(Op::Neg(a.id)), ..a },
        }
    }

    pub(super) fn abs(&mut self, a: Num) -> Num {
        match a.constant {
            Some(x) => self.constant(x.abs()),
            None => Num { id: self.values.push(Op::Abs(a.id)), ..a },
        }
    }

    /// The smaller of two, or the larger one.
    pub(super) fn extreme(&mut self, a: Num, b: Num, least: bool) -> Num {
        if let (Some(x), Some(y)) = (a.constant, b.constant) {
            return if (x < y) == least { a } else { b };
        }
        if a.id == b.id {
            return a;
        }
        let op = if least { Op::Min(a.id, b.id) } else { Op::Max(a.id, b.id) };
        let id = self.values.push(op);
        self.one_of(id, a, b)
    }

    /// `x` where `a > b`, else `y`. Which of the two it is must be decided by other means.
    pub(super) fn pick(&mut self, (a, b): (Id, Id), x: Num, y: Num) -> Num {
        if x.id == y.id {
            return x;
        }
        let id = self.values.push(Op::Pick(a, b, x.id, y.id));
        let picked = self.one_of(id, x, y);
        let Error::Value(_) = picked.error else { return picked };
        let (e, f) = (self.bound(x), self.bound(y));
        let error = Error::Value(self.values.push(Op::Pick(a, b, e, f)));
        Num { error, ..picked }
    }

    fn one_of(&mut self, id: Id, a: Num, b: Num) -> Num {
        let grid = match (a.grid, b.grid) {
            (Some(a), Some(b)) => Some(Grid { most: a.most.max(b.most), step: a.step.min(b.step) }),
            _ => None,
        };
        let grid = grid.filter(|g| self.fits(*g));
        let error = if (a.error, b.error) == (Error::None, Error::None) {
            Error::None
        } else {
            let (e, f) = (self.bound(a), self.bound(b));
            Error::Value(if e == f { e } else { self.values.push(Op::Max(e, f)) })
        };
        Num { id, error, grid, constant: None }
    }

    /// The root of `a`, or of zero where `a` is negative.
    pub(super) fn sqrt(&mut self, a: Num) -> Num {
        if let Some(x) = a.constant {
            let root = x.max(0.0).sqrt();
            if root * root == x && a.grid.is_some() && (self.round)(root) == root {
                return self.constant(root);
            }
        }
        let id = self.values.push(Op::Sqrt(a.id));
        let error = match a.error {
            Error::None => Error::Units(1.0),
            Error::Units(k) => Error::Units(k + 1.0),
            Error::Value(e) => Error::Value(self.values.push(Op::RootError(id, e))),
        };
        Num { id, error, grid: None, constant: None }
    }

    /// Zero where the sum is empty.
    pub(super) fn dot(&mut self, pairs: impl IntoIterator<Item = (Num, Num)>) -> Num {
        let mut sum = self.constant(0.0);
        for (a, b) in pairs {
            let product = self.mul(a, b);
            sum = self.add(sum, product);
        }
        sum
    }

    /// Two to the power of minus the digits, with a little more.
    pub(super) fn unit(&self) -> f64 {
        self.unit
    }
}

/// The exponent of `x`, not zero.
#[allow(clippy::cast_possible_truncation, reason = "exponents of doubles are small")]
pub(super) fn exponent(x: f64) -> i32 {
    x.abs().log2().floor() as i32
}
