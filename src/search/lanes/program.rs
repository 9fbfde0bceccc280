//! Straight-line programs over blocks of lanes, and what executes them.
//!
//! A register is `[T; W]`: one number of each of `W` systems. Instructions know nothing of each other's
//! lanes, and no sum runs across lanes, so the result has the same bits whatever the width of the
//! processor's vectors. Products and sums stay apart: nothing is contracted.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// A floating-point type of lanes.
pub(super) trait Lane:
    Copy
    + PartialOrd
    + Debug
    + Default
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// Digits of the significand, the leading one included.
    const DIGITS: i32;
    const INFINITY: Self;
    fn of(x: f64) -> Self;
    fn whole(k: i32) -> Self;
    fn wide(self) -> f64;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
}

macro_rules! lane {
    ($t:ty, $digits:expr, $whole:expr) => {
        impl Lane for $t {
            const DIGITS: i32 = $digits;
            const INFINITY: Self = <$t>::INFINITY;
            #[allow(clippy::cast_possible_truncation, reason = "rounding to the lane's precision")]
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn whole(k: i32) -> Self {
                let cast: fn(i32) -> $t = $whole;
                cast(k)
            }
            #[inline(always)]
            fn wide(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn abs(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                self.sqrt()
            }
        }
    };
}

lane!(f32, 24, |k| k as f32);
lane!(f64, 53, f64::from);

/// Unit roundoff with a little more, because bounds on errors are rounded themselves.
pub(super) fn unit<T: Lane>() -> f64 {
    1.0625 * 0.5_f64.powi(T::DIGITS)
}

/// A value of a program under construction, or a register of a finished one.
pub(super) type Id = u32;

/// What an instruction computes. Those named after errors bound the error of the operation, given
/// bounds `e`, `f` on the errors of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Op {
    /// Number `k` of what is drawn.
    Input(u32),
    /// The bits of a double.
    Constant(u64),
    Add(Id, Id),
    Sub(Id, Id),
    Mul(Id, Id),
    Div(Id, Id),
    Min(Id, Id),
    Max(Id, Id),
    Neg(Id),
    Abs(Id),
    /// Of zero for what is negative.
    Sqrt(Id),
    /// `a + b c`, rounded twice.
    Fuse(Id, Id, Id),
    /// `x` where `a > b`, else `y`.
    Pick(Id, Id, Id, Id),
    /// `|a|` times a constant.
    Share(Id, u64),
    /// Of `r = a ± b`: `(r, e, f)`.
    SumError(Id, Id, Id),
    /// Of `a b`: `(a, b, e, f)`.
    ProductError(Id, Id, Id, Id),
    /// Of `q = a / b`: `(q, b, e, f)`.
    QuotientError(Id, Id, Id, Id),
    /// Of `r = sqrt(a)`: `(r, e)`.
    RootError(Id, Id),
}

impl Op {
    /// The same on other operands.
    fn renamed(self, f: impl Fn(Id) -> Id) -> Op {
        use Op::{
            Abs, Add, Constant, Div, Fuse, Input, Max, Min, Mul, Neg, Pick, ProductError,
            QuotientError, RootError, Share, Sqrt, Sub, SumError,
        };
        match self {
            Input(_) | Constant(_) => self,
            Add(a, b) => Add(f(a), f(b)),
            Sub(a, b) => Sub(f(a), f(b)),
            Mul(a, b) => Mul(f(a), f(b)),
            Div(a, b) => Div(f(a), f(b)),
            Min(a, b) => Min(f(a), f(b)),
            Max(a, b) => Max(f(a), f(b)),
            Neg(a) => Neg(f(a)),
            Abs(a) => Abs(f(a)),
            Sqrt(a) => Sqrt(f(a)),
            Fuse(a, b, c) => Fuse(f(a), f(b), f(c)),
            Pick(a, b, x, y) => Pick(f(a), f(b), f(x), f(y)),
            Share(a, k) => Share(f(a), k),
            SumError(r, a, b) => SumError(f(r), f(a), f(b)),
            ProductError(a, b, e, g) => ProductError(f(a), f(b), f(e), f(g)),
            QuotientError(q, b, e, g) => QuotientError(f(q), f(b), f(e), f(g)),
            RootError(r, e) => RootError(f(r), f(e)),
        }
    }

    fn operands(self) -> Vec<Id> {
        let all = std::cell::RefCell::new(Vec::new());
        self.renamed(|id| {
            all.borrow_mut().push(id);
            id
        });
        all.into_inner()
    }
}

/// Values in the order in which they are computed; equal ones are one.
#[derive(Default)]
pub(super) struct Values {
    ops: Vec<Op>,
    known: HashMap<Op, Id>,
}

impl Values {
    /// The value of `op`.
    #[allow(clippy::cast_possible_truncation, reason = "programs have some thousand values")]
    pub(super) fn push(&mut self, op: Op) -> Id {
        let next = self.ops.len() as Id;
        let ops = &mut self.ops;
        *self.known.entry(op).or_insert_with(|| {
            ops.push(op);
            next
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.ops.len()
    }

    /// The program that computes `wanted`, and the registers in which they stand at its end.
    /// Inputs and constants keep their registers; the others share what is free.
    #[allow(clippy::cast_possible_truncation, reason = "as above")]
    pub(super) fn program(&self, wanted: &[Id]) -> (Program, Vec<Id>) {
        let mut last: Vec<Option<usize>> = vec![None; self.ops.len()];
        for id in wanted {
            last[*id as usize] = Some(usize::MAX);
        }
        for (k, op) in self.ops.iter().enumerate().rev() {
            if last[k].is_some() {
                for id in op.operands() {
                    last[id as usize] = last[id as usize].max(Some(k));
                }
            }
        }
        let mut program = Program::default();
        let mut place = vec![Id::MAX; self.ops.len()];
        let mut free: Vec<Id> = Vec::new();
        for (k, op) in self.ops.iter().enumerate().filter(|(k, _)| last[*k].is_some()) {
            let pinned = matches!(op, Op::Input(_) | Op::Constant(_));
            for id in op.operands() {
                let source = self.ops[id as usize];
                let kept = matches!(source, Op::Input(_) | Op::Constant(_));
                if !kept && last[id as usize] == Some(k) && !free.contains(&place[id as usize]) {
                    free.push(place[id as usize]);
                }
            }
            let reused = if pinned { None } else { free.pop() };
            let to = reused.unwrap_or_else(|| {
                program.registers += 1;
                program.registers as Id - 1
            });
            place[k] = to;
            match *op {
                Op::Input(number) => program.inputs.push((number, to)),
                Op::Constant(bits) => program.constants.push((f64::from_bits(bits), to)),
                op => program.code.push((to, op.renamed(|id| place[id as usize]))),
            }
        }
        let registers = wanted.iter().map(|id| place[*id as usize]).collect();
        (program, registers)
    }
}

/// A finished program.
#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    /// Where each instruction's result goes.
    code: Vec<(Id, Op)>,
    /// Numbers of the inputs it reads and their registers.
    pub(super) inputs: Vec<(u32, Id)>,
    constants: Vec<(f64, Id)>,
    registers: usize,
}

/// The registers of a program. One more than it names: results are written to the spare one, which then
/// changes places.
pub(super) struct Registers<T, const W: usize> {
    all: Vec<Box<[T; W]>>,
    spare: Box<[T; W]>,
}

impl<T: Lane, const W: usize> Registers<T, W> {
    /// Those of a program, its constants in place.
    pub(super) fn new(program: &Program) -> Self {
        let mut all: Vec<Box<[T; W]>> =
            (0..program.registers).map(|_| Box::new([T::default(); W])).collect();
        for (value, id) in &program.constants {
            *all[*id as usize] = [T::of(*value); W];
        }
        Registers { all, spare: Box::new([T::default(); W]) }
    }

    /// What stands in one.
    #[inline(always)]
    pub(super) fn at(&self, id: Id) -> &[T; W] {
        &self.all[id as usize]
    }

    /// The same, to write to.
    #[inline(always)]
    pub(super) fn at_mut(&mut self, id: Id) -> &mut [T; W] {
        &mut self.all[id as usize]
    }

    #[inline(always)]
    fn fill<const N: usize>(&mut self, to: Id, from: [Id; N], f: impl Fn([T; N]) -> T) {
        let source = from.map(|id| &*self.all[id as usize]);
        for (lane, out) in self.spare.iter_mut().enumerate() {
            *out = f(source.map(|s| s[lane]));
        }
        std::mem::swap(&mut self.all[to as usize], &mut self.spare);
    }
}

/// The smaller of two, and NaN where one is NaN.
#[allow(clippy::eq_op, reason = "only NaN differs from itself")]
#[inline(always)]
fn smaller<T: Lane>(a: T, b: T) -> T {
    if a < b || a != a { a } else { b }
}

/// The larger of two, and NaN where one is NaN.
#[allow(clippy::eq_op, reason = "only NaN differs from itself")]
#[inline(always)]
fn larger<T: Lane>(a: T, b: T) -> T {
    if a > b || a != a { a } else { b }
}

impl Program {
    /// How many instructions there are.
    pub(super) fn len(&self) -> usize {
        self.code.len()
    }

    /// Executes it. Inlined into what dispatches on the processor, so that the loops use its vectors.
    #[inline(always)]
    pub(super) fn run<T: Lane, const W: usize>(&self, r: &mut Registers<T, W>) {
        let zero = T::of(0.0);
        let u = T::of(unit::<T>());
        for &(to, op) in &self.code {
            match op {
                Op::Input(_) | Op::Constant(_) => {}
                Op::Add(a, b) => r.fill(to, [a, b], |[a, b]| a + b),
                Op::Sub(a, b) => r.fill(to, [a, b], |[a, b]| a - b),
                Op::Mul(a, b) => r.fill(to, [a, b], |[a, b]| a * b),
                Op::Div(a, b) => r.fill(to, [a, b], |[a, b]| a / b),
                Op::Min(a, b) => r.fill(to, [a, b], |[a, b]| smaller(a, b)),
                Op::Max(a, b) => r.fill(to, [a, b], |[a, b]| larger(a, b)),
                Op::Neg(a) => r.fill(to, [a], |[a]| -a),
                Op::Abs(a) => r.fill(to, [a], |[a]| a.abs()),
                Op::Sqrt(a) => {
                    // A NaN stays one.
                    let f = |[a]: [T; 1]| if a < zero { zero } else { a.sqrt() };
                    r.fill(to, [a], f);
                }
                Op::Fuse(a, b, c) => r.fill(to, [a, b, c], |[a, b, c]| a + b * c),
                Op::Pick(a, b, x, y) => {
                    let f = |[a, b, x, y]: [T; 4]| if a > b { x } else { y };
                    r.fill(to, [a, b, x, y], f);
                }
                Op::Share(a, k) => {
                    let k = T::of(f64::from_bits(k));
                    r.fill(to, [a], move |[a]| k * a.abs());
                }
                Op::SumError(s, e, f) => {
                    r.fill(to, [s, e, f], move |[s, e, f]| e + f + u * s.abs());
                }
                Op::ProductError(a, b, e, f) => {
                    let g = move |[a, b, e, f]: [T; 4]| {
                        (a.abs() + e) * f + b.abs() * e + u * (a * b).abs()
                    };
                    r.fill(to, [a, b, e, f], g);
                }
                Op::QuotientError(q, b, e, f) => {
                    // |a/b - q| <= (e + |q| f) / (|b| - f), and rounding.
                    let g = move |[q, b, e, f]: [T; 4]| {
                        let least = b.abs() - f;
                        let bound = (e + q.abs() * f) / least + u * q.abs();
                        if least > zero { bound } else { T::INFINITY }
                    };
                    r.fill(to, [q, b, e, f], g);
                }
                Op::RootError(s, e) => {
                    // |sqrt(a) - sqrt(a')| is at most e / sqrt(a), and at most sqrt(e).
                    let g = move |[s, e]: [T; 2]| {
                        let (near, far) = (e / s, e.sqrt());
                        u * s + if e < s * s { near } else { far }
                    };
                    r.fill(to, [s, e], g);
                }
            }
        }
    }
}
