//! Expressions of a conjecture as programs.

use super::draw::Plan;
use super::matrix::Mat;
use super::number::{Builder, Error, Num};
use super::program::{Id, Lane, Program};
use crate::check::{AGREEMENT, ROUNDING};
use crate::conjecture::Conjecture;
use crate::conjecture::linear::Linear;
use crate::conjecture::syntax::{Expr, Infix, Kind, Prefix};
use crate::scalar::Scalar;
use num_traits::ToPrimitive;
use std::ops::Range;

/// What decides one statement: it holds where the margin is certainly positive, and fails where it is
/// certainly negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Decision {
    pub(super) margin: Id,
    /// Bound on the error of the margin; `None` where it has none.
    pub(super) error: Option<Id>,
    /// What the margin is measured against, where that is not 1.
    pub(super) scale: Option<Id>,
}

/// A conjecture at one shape.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub(super) program: Program,
    /// Hypotheses with their number in the conjecture; those that always hold are left out.
    pub(super) hypotheses: Vec<(usize, Decision)>,
    pub(super) claim: Decision,
    /// Whether the claim is an equation, which has no margin.
    pub(super) is_equation: bool,
    pub(super) plan: Plan,
}

impl Compiled {
    /// Margins of the claim below this, relative to their scale, decide nothing. What an equation allows
    /// is in its margin already.
    pub(super) fn floor(&self) -> f64 {
        if self.is_equation { 0.0 } else { ROUNDING }
    }
}

/// A value of an expression.
enum Val {
    Truth(Truth),
    Number(Num),
    /// A vector has one column.
    Matrix(Mat),
}

struct Truth {
    margin: Num,
    /// Whether it holds where the margin is zero; known of plain comparisons.
    closed: bool,
}

struct Compiler<'a> {
    b: Builder,
    blocks: Vec<Range<usize>>,
    plan: &'a Plan,
    j: Mat,
}

/// The program of a conjecture for models of these sizes; `None` where some part has no lanes, or no
/// value at this shape.
pub(super) fn compile<T: Lane>(
    conjecture: &Conjecture,
    family: &Linear,
    sizes: &[usize],
) -> Option<Compiled> {
    let plan = Plan::new(family, sizes);
    let mut b = Builder::of::<T>();
    let zero = b.constant(0.0);
    let d = sizes.iter().sum();
    let j = Mat::from_fn(d, d, |r, c| plan.entry(r, c).map_or(zero, |(k, grid)| b.input(k, grid)));
    let mut start = 0;
    let blocks = sizes.iter().map(|n| {
        start += n;
        start - n..start
    });
    let mut c = Compiler { b, blocks: blocks.collect(), plan: &plan, j };
    let mut hypotheses = Vec::new();
    for (number, (_, e)) in conjecture.assume.iter().enumerate() {
        let truth = c.hypothesis(e)?;
        match truth.margin.constant {
            Some(x) if x > 0.0 || (x == 0.0 && truth.closed) => {}
            // Never met, or never decided, at this shape.
            Some(_) => return None,
            None => hypotheses.push((number, c.decision(truth.margin, None))),
        }
    }
    let (claim, is_equation) = c.claim(&conjecture.claim.1)?;
    // What a constant decides needs no search.
    let decisions = || hypotheses.iter().map(|(_, h)| h).chain([&claim]);
    let ids = |d: &Decision| [Some(d.margin), d.error, d.scale].into_iter().flatten();
    let wanted: Vec<Id> = decisions().flat_map(ids).collect();
    if c.b.values.len() > MOST_VALUES {
        return None;
    }
    let (program, places) = c.b.values.program(&wanted);
    if program.inputs.is_empty() {
        return None;
    }
    let mut places = places.into_iter();
    let mut placed = |d: Decision| {
        let mut next = |id: Option<Id>| id.and_then(|_| places.next());
        Some(Decision { margin: next(Some(d.margin))?, error: next(d.error), scale: next(d.scale) })
    };
    let hypotheses =
        hypotheses.into_iter().map(|(k, h)| Some((k, placed(h)?))).collect::<Option<_>>()?;
    let claim = placed(claim)?;
    Some(Compiled { program, hypotheses, claim, is_equation, plan })
}

/// Longer programs would not stay in the caches.
const MOST_VALUES: usize = 60_000;

impl Compiler<'_> {
    fn decision(&mut self, margin: Num, scale: Option<Num>) -> Decision {
        let error = (margin.error != Error::None).then(|| self.b.bound(margin));
        let scale = scale.filter(|s| s.constant != Some(1.0)).map(|s| s.id);
        Decision { margin: margin.id, error, scale }
    }

    /// The margin of a hypothesis; of a spectral radius of a 2 × 2 matrix against a constant that of
    /// Jury's conditions, which has the same sign and another size.
    fn hypothesis(&mut self, e: &Expr) -> Option<Truth> {
        if let Kind::Infix(op, l, r) = &e.kind {
            let (small, large, closed) = match op {
                Infix::Below => (l, r, false),
                Infix::AtMost => (l, r, true),
                Infix::Above => (r, l, false),
                Infix::AtLeast => (r, l, true),
                _ => return self.truth(e),
            };
            for (side, other, below) in [(small, large, true), (large, small, false)] {
                let Some(m) = self.of_radius(side)? else { continue };
                let c = self.number(other)?;
                if m.rows == 2 && c.constant.is_some_and(|c| c > 0.0) {
                    let margin = self.b.radius_below(&m, c);
                    let margin = if below { margin } else { self.b.neg(margin) };
                    return Some(Truth { margin, closed });
                }
            }
        }
        self.truth(e)
    }

    /// The matrix whose spectral radius `e` is, if it is one.
    // The outer `None` means that it cannot be compiled.
    #[allow(clippy::option_option)]
    fn of_radius(&mut self, e: &Expr) -> Option<Option<Mat>> {
        let Kind::Call { function, arguments } = &e.kind else { return Some(None) };
        let [of] = &arguments[..] else { return Some(None) };
        match function.as_str() {
            "rho" => Some(Some(self.matrix(of)?)),
            "rho_seq" => {
                let m = self.matrix(of)?;
                Some(Some(self.sequential(&m)?))
            }
            _ => Some(None),
        }
    }

    /// What decides the claim, as [`crate::claim::Side`]s measure it, and whether it is an equation.
    fn claim(&mut self, e: &Expr) -> Option<(Decision, bool)> {
        let one = self.b.constant(1.0);
        if let Kind::Infix(op, l, r) = &e.kind {
            let (small, large) = match op {
                Infix::Below | Infix::AtMost => (l, r),
                Infix::Above | Infix::AtLeast => (r, l),
                Infix::Equal => {
                    let (l, r) = (self.value(l)?, self.value(r)?);
                    return Some((self.equation(&l, &r)?, true));
                }
                _ => {
                    let margin = self.truth(e)?.margin;
                    return Some((self.decision(margin, None), false));
                }
            };
            let (small, large) = (self.number(small)?, self.number(large)?);
            let margin = self.b.sub(large, small);
            let scale = [small, large].into_iter().fold(one, |top, x| {
                let size = self.b.abs(x);
                self.b.extreme(top, size, false)
            });
            return Some((self.decision(margin, Some(scale)), false));
        }
        let margin = self.truth(e)?.margin;
        Some((self.decision(margin, None), false))
    }

    /// By how much two sides agree better than they must.
    fn equation(&mut self, l: &Val, r: &Val) -> Option<Decision> {
        let gap = self.gap(l, r)?;
        let mut top = self.b.constant(1.0);
        let sides: Vec<Num> = match (l, r) {
            (Val::Number(l), Val::Number(r)) => vec![*l, *r],
            (Val::Matrix(l), _) => l.all.clone(),
            _ => return None,
        };
        for x in sides {
            let size = self.b.abs(x);
            top = self.b.extreme(top, size, false);
        }
        let share = self.b.constant(AGREEMENT);
        let allowed = self.b.mul(share, top);
        let margin = self.b.sub(allowed, gap);
        Some(self.decision(margin, None))
    }

    /// The largest distance of two entries.
    fn gap(&mut self, l: &Val, r: &Val) -> Option<Num> {
        let apart = match (l, r) {
            (Val::Number(l), Val::Number(r)) => vec![self.b.sub(*l, *r)],
            (Val::Matrix(l), Val::Matrix(r)) if (l.rows, l.columns) == (r.rows, r.columns) => {
                self.b.pairwise(l, r, Builder::sub).all
            }
            _ => return None,
        };
        let mut gap = self.b.constant(0.0);
        for x in apart {
            let size = self.b.abs(x);
            gap = self.b.extreme(gap, size, false);
        }
        Some(gap)
    }

    fn truth(&mut self, e: &Expr) -> Option<Truth> {
        if let Val::Truth(truth) = self.value(e)? { Some(truth) } else { None }
    }

    fn number(&mut self, e: &Expr) -> Option<Num> {
        if let Val::Number(x) = self.value(e)? { Some(x) } else { None }
    }

    fn matrix(&mut self, e: &Expr) -> Option<Mat> {
        if let Val::Matrix(m) = self.value(e)? { Some(m) } else { None }
    }

    fn value(&mut self, e: &Expr) -> Option<Val> {
        match &e.kind {
            Kind::Number(x) => Some(Val::Number(self.b.constant(f64::from_rational(x)))),
            Kind::Name(name) => self.named(name),
            Kind::Entry { of, at } => {
                let m = self.matrix(of)?;
                let (r, c) = (at[0] - 1, at.get(1).map_or(0, |c| c - 1));
                (r < m.rows && c < m.columns).then(|| Val::Number(m.at(r, c)))
            }
            Kind::Prefix(Prefix::Minus, x) => Some(match self.value(x)? {
                Val::Number(x) => Val::Number(self.b.neg(x)),
                Val::Matrix(m) => Val::Matrix(self.b.each(&m, Builder::neg)),
                Val::Truth(_) => return None,
            }),
            Kind::Prefix(Prefix::Not, x) => {
                let Truth { margin, closed } = self.truth(x)?;
                Some(Val::Truth(Truth { margin: self.b.neg(margin), closed: !closed }))
            }
            Kind::Infix(op @ (Infix::Implies | Infix::And | Infix::Or), l, r) => {
                let (l, r) = (self.truth(l)?.margin, self.truth(r)?.margin);
                let l = if *op == Infix::Implies { self.b.neg(l) } else { l };
                let margin = self.b.extreme(l, r, *op == Infix::And);
                // Which of the two decides at zero is left to whoever looks at the lane.
                let decided = margin.constant.is_none_or(|x| x != 0.0);
                decided.then_some(Val::Truth(Truth { margin, closed: false }))
            }
            Kind::Infix(Infix::Power, base, exponent) => {
                let Kind::Number(n) = &exponent.kind else { return None };
                let n = n.to_integer().to_u32().filter(|n| *n <= 64)?;
                Some(match self.value(base)? {
                    Val::Number(x) => {
                        let one = self.b.constant(1.0);
                        Val::Number((0..n).fold(one, |product, _| self.b.mul(product, x)))
                    }
                    Val::Matrix(m) if m.is_square() => {
                        let unit = self.b.identity(m.rows);
                        Val::Matrix((0..n).fold(unit, |product, _| self.b.product(&product, &m)))
                    }
                    _ => return None,
                })
            }
            Kind::Infix(op, l, r) => {
                let (l, r) = (self.value(l)?, self.value(r)?);
                self.infix(*op, l, r)
            }
            Kind::Call { function, arguments } => {
                let values: Vec<Val> =
                    arguments.iter().map(|a| self.value(a)).collect::<Option<_>>()?;
                self.call(function, &values)
            }
        }
    }

    fn infix(&mut self, op: Infix, l: Val, r: Val) -> Option<Val> {
        use Val::{Matrix, Number};
        let b = &mut self.b;
        let same = |a: &Mat, b: &Mat| (a.rows, a.columns) == (b.rows, b.columns);
        let truth = |margin, closed| Some(Val::Truth(Truth { margin, closed }));
        match (op, l, r) {
            (Infix::Below, Number(x), Number(y)) => truth(b.sub(y, x), false),
            (Infix::AtMost, Number(x), Number(y)) => truth(b.sub(y, x), true),
            (Infix::Above, Number(x), Number(y)) => truth(b.sub(x, y), false),
            (Infix::AtLeast, Number(x), Number(y)) => truth(b.sub(x, y), true),
            (Infix::Equal, l, r) => {
                let gap = self.gap(&l, &r)?;
                truth(self.b.neg(gap), true)
            }
            (Infix::Plus, Number(x), Number(y)) => Some(Number(b.add(x, y))),
            (Infix::Minus, Number(x), Number(y)) => Some(Number(b.sub(x, y))),
            (Infix::Times, Number(x), Number(y)) => Some(Number(b.mul(x, y))),
            (Infix::Over, Number(x), Number(y)) => Some(Number(b.div(x, y))),
            (Infix::Plus, Matrix(x), Matrix(y)) if same(&x, &y) => {
                Some(Matrix(b.pairwise(&x, &y, Builder::add)))
            }
            (Infix::Minus, Matrix(x), Matrix(y)) if same(&x, &y) => {
                Some(Matrix(b.pairwise(&x, &y, Builder::sub)))
            }
            (Infix::Times, Number(x), Matrix(m)) | (Infix::Times, Matrix(m), Number(x)) => {
                Some(Matrix(b.each(&m, |b, y| b.mul(y, x))))
            }
            (Infix::Over, Matrix(m), Number(x)) => Some(Matrix(b.each(&m, |b, y| b.div(y, x)))),
            (Infix::Times, Matrix(x), Matrix(y)) if x.columns == y.rows => {
                Some(Matrix(b.product(&x, &y)))
            }
            _ => None,
        }
    }

    fn call(&mut self, function: &str, arguments: &[Val]) -> Option<Val> {
        use Val::{Matrix, Number};
        let b = &mut self.b;
        Some(match (function, arguments) {
            ("abs", [Number(x)]) => Number(b.abs(*x)),
            ("abs", [Matrix(m)]) => Matrix(b.each(m, Builder::abs)),
            ("sqrt", [Number(x)]) => Number(b.sqrt(*x)),
            ("min" | "max", [Number(first), rest @ ..]) => {
                let mut all = *first;
                for x in rest {
                    let Number(x) = x else { return None };
                    all = b.extreme(all, *x, function == "min");
                }
                Number(all)
            }
            // A vector's entries make the same sum in the order of a column.
            ("norm", [Matrix(m)]) => Number(b.spectral_norm(m)?),
            ("dot", [Matrix(x), Matrix(y)]) if x.rows == y.rows => Number(self.dot(x, y)),
            ("cos", [Matrix(x), Matrix(y)]) if x.rows == y.rows => Number(self.cosine(x, y)),
            ("det", [Matrix(m)]) if m.is_square() => Number(b.determinant(m)),
            ("rho", [Matrix(m)]) if m.is_square() => Number(b.radius(m)),
            ("least_symmetric", [Matrix(m)]) if m.is_square() => Number(b.least_symmetric(m)?),
            ("inverse", [Matrix(m)]) if m.is_square() => Matrix(b.inverse(m)),
            ("identity_like", [Matrix(m)]) if m.is_square() => Matrix(b.identity(m.rows)),
            ("transpose", [Matrix(m)]) => Matrix(m.transposed()),
            ("rho_seq", [Matrix(m)]) => {
                let sequential = self.sequential(m)?;
                Number(self.b.radius(&sequential))
            }
            ("own_block", [Matrix(m), Number(k)]) if self.is_whole(m) => {
                let rows: Vec<usize> = self.model(*k)?.collect();
                Matrix(m.select(&rows, &rows))
            }
            ("without", [Matrix(m), Number(k)]) if self.is_whole(m) => {
                let gone = self.model(*k)?;
                let rows: Vec<usize> = (0..m.rows).filter(|r| !gone.contains(r)).collect();
                Matrix(m.select(&rows, &rows))
            }
            ("balanced", [Matrix(m)]) if self.is_whole(m) => Val::Truth(self.balanced(m)?),
            _ => return None,
        })
    }

    fn named(&mut self, name: &str) -> Option<Val> {
        use Val::{Matrix, Number};
        Some(match name {
            "J" => Matrix(self.j.clone()),
            "J_pp" => Matrix(self.block(0, 0)?),
            "J_pq" => Matrix(self.block(0, 1)?),
            "J_qp" => Matrix(self.block(1, 0)?),
            "J_qq" => Matrix(self.block(1, 1)?),
            "S_p" => Matrix(self.resolvent(0)?),
            "S_q" => Matrix(self.resolvent(1)?),
            "C_q" => {
                let own = self.block(0, 0)?;
                let own = self.identity_minus(&own);
                let inverse = self.b.inverse(&own);
                let coupling = self.block(1, 0)?;
                Matrix(self.b.product(&coupling, &inverse))
            }
            "b" | "g_p" | "g_q" => Matrix(self.vector(name)?),
            "dJp" => Number(self.influence("g_p", 0)?),
            "dJq" => Number(self.influence("g_q", 1)?),
            "direct" => {
                let (g, b) = (self.vector("g_p")?, self.vector("b")?);
                Number(self.dot(&g, &b))
            }
            "rho_p" => {
                let (g, b) = (self.vector("g_p")?, self.vector("b")?);
                Number(self.cosine(&g, &b))
            }
            "models" => Number(self.b.constant(self.blocks.len() as f64)),
            _ => return None,
        })
    }

    fn vector(&mut self, name: &str) -> Option<Mat> {
        let all: Vec<Num> =
            self.plan.vector(name)?.into_iter().map(|(k, grid)| self.b.input(k, grid)).collect();
        Some(Mat { rows: all.len(), columns: 1, all })
    }

    fn dot(&mut self, x: &Mat, y: &Mat) -> Num {
        self.b.dot(x.all.iter().copied().zip(y.all.iter().copied()))
    }

    fn cosine(&mut self, x: &Mat, y: &Mat) -> Num {
        let (size, other) = (self.b.euclidean(x), self.b.euclidean(y));
        let product = self.b.mul(size, other);
        let dot = self.dot(x, y);
        self.b.div(dot, product)
    }

    fn block(&mut self, i: usize, j: usize) -> Option<Mat> {
        let rows: Vec<usize> = self.blocks.get(i)?.clone().collect();
        let columns: Vec<usize> = self.blocks.get(j)?.clone().collect();
        Some(self.j.select(&rows, &columns))
    }

    /// `I - m`.
    fn identity_minus(&mut self, m: &Mat) -> Mat {
        let identity = self.b.identity(m.rows);
        self.b.pairwise(&identity, m, Builder::sub)
    }

    /// A diagonal block of the inverse of `I - J`.
    fn resolvent(&mut self, model: usize) -> Option<Mat> {
        let rows: Vec<usize> = self.blocks.get(model)?.clone().collect();
        let j = self.j.clone();
        let left = self.identity_minus(&j);
        let inverse = self.b.inverse(&left);
        Some(inverse.select(&rows, &rows))
    }

    /// The gradient times the move of the stable point, of one model.
    fn influence(&mut self, gradient: &str, model: usize) -> Option<Num> {
        let g = self.vector(gradient)?;
        let b = self.vector("b")?;
        let rows = self.blocks.get(model)?.clone();
        let j = self.j.clone();
        let left = self.identity_minus(&j);
        let zero = self.b.constant(0.0);
        let forcing = Mat::from_fn(j.rows, 1, |r, _| b.all.get(r).copied().unwrap_or(zero));
        let moved = self.b.solve(&left, &forcing);
        Some(self.b.dot(g.all.iter().copied().zip(rows.map(|r| moved.at(r, 0)))))
    }

    fn owner(&self, row: usize) -> usize {
        self.blocks.iter().position(|b| b.contains(&row)).unwrap_or(0)
    }

    fn is_whole(&self, m: &Mat) -> bool {
        m.is_square() && m.rows == self.j.rows
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn model(&self, k: Num) -> Option<Range<usize>> {
        let k = k.constant.filter(|k| *k >= 1.0 && k.fract() == 0.0)?;
        self.blocks.get(k as usize - 1).cloned()
    }

    /// Gauss–Seidel, model after model: what came before is used at once.
    fn sequential(&mut self, m: &Mat) -> Option<Mat> {
        if !self.is_whole(m) {
            return None;
        }
        let n = m.rows;
        let mut done = m.clone();
        for r in 0..n {
            let before = self.blocks[self.owner(r)].start;
            for c in 0..n {
                let kept = if c < before { self.b.constant(0.0) } else { m.at(r, c) };
                let known = self.b.dot((0..before).map(|k| (m.at(r, k), done.at(k, c))));
                done.all[r * n + c] = self.b.add(kept, known);
            }
        }
        Some(done)
    }

    /// The largest, over all signs, of the least `s_i s_j J_ij`, rounded to 1 or -1 by its sign.
    fn balanced(&mut self, m: &Mat) -> Option<Truth> {
        let models = self.blocks.len();
        if models > 6 || m.all.iter().any(|x| x.error != Error::None) {
            return None;
        }
        let mut best: Option<Num> = None;
        // The first sign can be chosen.
        for mask in 0..1_u32 << (models - 1) {
            let negative = |k: usize| k > 0 && mask >> (k - 1) & 1 == 1;
            let mut least: Option<Num> = None;
            for (r, c) in (0..m.rows).flat_map(|r| (0..m.rows).map(move |c| (r, c))) {
                let x = m.at(r, c);
                let turned = negative(self.owner(r)) != negative(self.owner(c));
                let x = if turned { self.b.neg(x) } else { x };
                least = Some(least.map_or(x, |least| self.b.extreme(least, x, true)));
            }
            best = Some(best.zip(least).map_or(least?, |(x, y)| self.b.extreme(x, y, false)));
        }
        let (zero, one) = (self.b.constant(0.0), self.b.constant(1.0));
        let minus = self.b.constant(-1.0);
        // An unbalanced one is the case `0 > x`: zeros are balanced.
        let margin = self.b.pick((zero.id, best?.id), minus, one);
        Some(Truth { margin, closed: false })
    }
}
