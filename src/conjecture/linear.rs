//! The family `linear`: `N` models whose retraining is $x \mapsto Jx + c$, with one knob on the first.
//!
//! All Hessians are the identity. The knob moves the optimum of model 1 at rate `b` while the others
//! stand still, so the stable point moves by $(I - J)^{-1}(b, 0, \dots)$. The alignment of model 1 has
//! the gradient `g_p`, that of model 2 the gradient `g_q`.

use super::meaning::{Scope, Size, Type, Value, Vocabulary};
use crate::case::Arithmetic;
use crate::domain::Domain;
use crate::error::LoopError;
use crate::influence::cosine;
use crate::linalg;
use crate::point::Point;
use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::ops::Range;

/// Which entries a matrix has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entries {
    /// Whole numbers.
    Integers,
    /// Multiples of a tenth.
    Tenths,
    /// Any doubles.
    Real,
}

/// Which signs the couplings have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signs {
    /// Any.
    Any,
    /// None negative.
    NonNegative,
    /// Those of a balanced graph: $s_i s_j J_{ij} \ge 0$ for some signs $s$, a model's parameters
    /// alike.
    Balanced,
}

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Number of models, at least and at most.
    pub models: [usize; 2],
    /// Parameters a model, at least and at most.
    pub dimension: [usize; 2],
    /// Entries are at most this large.
    pub largest: f64,
    /// Which entries.
    pub entries: Entries,
    /// Which signs.
    pub signs: Signs,
    /// Whether models may train on their own samples.
    pub self_terms: bool,
    /// Spectral radii aimed at in three draws of four, at least and at most.
    pub radius: [f64; 2],
}

const NAMES: &[(&str, Type)] = &[
    ("J", Type::Matrix("D", "D")),
    ("J_pp", Type::Matrix("d_p", "d_p")),
    ("J_pq", Type::Matrix("d_p", "d_q")),
    ("J_qp", Type::Matrix("d_q", "d_p")),
    ("J_qq", Type::Matrix("d_q", "d_q")),
    ("S_p", Type::Matrix("d_p", "d_p")),
    ("S_q", Type::Matrix("d_q", "d_q")),
    ("C_q", Type::Matrix("d_q", "d_p")),
    ("b", Type::Vector("d_p")),
    ("g_p", Type::Vector("d_p")),
    ("g_q", Type::Vector("d_q")),
    ("dJp", Type::Number),
    ("dJq", Type::Number),
    ("direct", Type::Number),
    ("rho_p", Type::Number),
    ("models", Type::Number),
];

const SQUARE: Type = Type::Matrix("D", "D");
const REST: Size = "D without it";

impl Vocabulary for Linear {
    fn names(&self) -> &'static [(&'static str, Type)] {
        NAMES
    }
    fn functions(&self) -> &'static [(&'static str, &'static [Type], Type)] {
        &[
            ("rho_seq", &[SQUARE], Type::Number),
            ("own_block", &[SQUARE, Type::Number], Type::Matrix("its block", "its block")),
            ("without", &[SQUARE, Type::Number], Type::Matrix(REST, REST)),
            ("balanced", &[SQUARE], Type::Truth),
        ]
    }
}

impl Domain for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }
    fn what(&self) -> &'static str {
        "affine loops x -> Jx + c with a knob on the first model"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.drawn(rng, index, false)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.drawn(rng, index, true)
    }
    fn whole(&self) -> &'static [&'static str] {
        &["sizes"]
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let sizes = sizes(at);
        let blocks = blocks(&sizes);
        let mut all = Vec::new();
        if sizes.len() > self.models[0] {
            // The first two have alignments; later ones are dropped whole.
            for k in (2..sizes.len()).chain((sizes.len() == 2).then_some(1)) {
                let mut fewer = sizes.clone();
                fewer.remove(k);
                all.push(restricted(at, &fewer, &|row| !blocks[k].contains(&row)));
            }
        }
        for (k, block) in blocks.iter().enumerate().filter(|(_, b)| b.len() > self.dimension[0]) {
            for row in block.clone() {
                let mut fewer = sizes.clone();
                fewer[k] -= 1;
                all.push(restricted(at, &fewer, &|other| other != row));
            }
        }
        all
    }
}

impl Linear {
    fn drawn(&self, rng: &mut Xoshiro256PlusPlus, index: u64, small: bool) -> Point<f64> {
        let between = |rng: &mut Xoshiro256PlusPlus, [lo, hi]: [usize; 2]| {
            // Small witnesses first.
            if small && rng.random_bool(0.5) { lo } else { rng.random_range(lo..=hi) }
        };
        let count = between(rng, self.models);
        let sizes: Vec<usize> = (0..count).map(|_| between(rng, self.dimension)).collect();
        let blocks = blocks(&sizes);
        let d = sizes.iter().sum();
        let signs: Vec<f64> =
            (0..count).map(|_| if rng.random_bool(0.5) { 1.0 } else { -1.0 }).collect();
        let owner = |row: usize| blocks.iter().position(|b| b.contains(&row)).unwrap_or(0);
        let entries =
            if small && self.entries == Entries::Real { Entries::Tenths } else { self.entries };
        let sparse = [0.0, 0.25, 0.5][rng.random_range(0..3)];
        let mut j = DMatrix::from_fn(d, d, |row, column| {
            let (r, c) = (owner(row), owner(column));
            if (r == c && !self.self_terms) || rng.random_bool(sparse) {
                return 0.0;
            }
            let x = entry(rng, entries, self.largest);
            match self.signs {
                Signs::Any => x,
                Signs::NonNegative => x.abs(),
                Signs::Balanced => x.abs() * signs[r] * signs[c],
            }
        });
        if !index.is_multiple_of(4) && entries == Entries::Real {
            let radius = f64::spectral_radius(&j).unwrap_or(0.0);
            let aim = rng.random_range(self.radius[0]..=self.radius[1]);
            if radius > 1e-3 {
                j *= aim / radius;
            }
        }
        let mut vector = |n: usize| {
            let mut v = DVector::from_fn(n, |_, _| entry(rng, entries, self.largest.max(1.0)));
            if v.iter().all(|x| *x == 0.0) {
                v[0] = 1.0;
            }
            v
        };
        let (b, g_p) = (vector(sizes[0]), vector(sizes[0]));
        let g_q = vector(sizes.get(1).copied().unwrap_or(1));
        Point::new()
            .with_vector("sizes", DVector::from_iterator(count, sizes.iter().map(|n| *n as f64)))
            .with_matrix("J", j)
            .with_vector("b", b)
            .with_vector("g_p", g_p)
            .with_vector("g_q", g_q)
    }
}

fn entry(rng: &mut Xoshiro256PlusPlus, entries: Entries, largest: f64) -> f64 {
    match entries {
        Entries::Integers => rng.random_range(-largest..=largest).round(),
        Entries::Tenths => {
            let short = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0];
            if rng.random_bool(0.5) {
                let x: f64 = *short.choose(rng).expect("not empty");
                return x.clamp(-largest, largest);
            }
            (rng.random_range(-largest..=largest) * 10.0).round() / 10.0
        }
        Entries::Real => rng.random_range(-largest..=largest),
    }
}

/// Number of parameters of each model; wrong numbers make an empty list.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn sizes(at: &Point<f64>) -> Vec<usize> {
    let given = at.vector("sizes");
    let good = given.iter().all(|n| *n >= 1.0 && n.fract() == 0.0 && *n <= 64.0);
    let sizes: Vec<usize> = given.iter().map(|n| *n as usize).collect();
    let total: usize = if good { sizes.iter().sum() } else { 0 };
    if good && at.matrix("J").shape() == (total, total) { sizes } else { Vec::new() }
}

fn blocks(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut start = 0;
    let next = |n: &usize| {
        start += n;
        start - n..start
    };
    sizes.iter().map(next).collect()
}

/// The point on the rows that `keep` keeps.
fn restricted(at: &Point<f64>, sizes: &[usize], keep: &dyn Fn(usize) -> bool) -> Point<f64> {
    let j = at.matrix("J");
    let rows: Vec<usize> = (0..j.nrows()).filter(|r| keep(*r)).collect();
    let old = blocks(&self::sizes(at));
    let cut = |name: &str, model: usize| {
        let v = at.vector(name);
        let Some(block) = old.get(model) else { return v };
        let kept: Vec<f64> =
            block.clone().filter(|r| keep(*r)).map(|r| v[r - block.start]).collect();
        if kept.is_empty() { DVector::from_element(1, 1.0) } else { DVector::from_vec(kept) }
    };
    let (b, g_p, g_q) = (cut("b", 0), cut("g_p", 0), cut("g_q", 1));
    Point::new()
        .with_vector("sizes", DVector::from_iterator(sizes.len(), sizes.iter().map(|n| *n as f64)))
        .with_matrix("J", j.select_rows(&rows).select_columns(&rows))
        .with_vector("b", b)
        .with_vector("g_p", g_p)
        .with_vector("g_q", g_q)
}

/// A point read in some arithmetic.
pub struct LinearScope<'a, S: Scalar> {
    at: &'a Point<S>,
    blocks: Vec<Range<usize>>,
}

impl<'a, S: Arithmetic> LinearScope<'a, S> {
    /// The point `at`.
    ///
    /// # Errors
    /// If its shapes do not fit each other.
    pub fn new(at: &'a Point<S>) -> Result<Self, LoopError> {
        let sizes = sizes(&at.lift(|x| f64::midpoint(x.lower(), x.upper())));
        let blocks = blocks(&sizes);
        let fits =
            |name: &str, k: usize| blocks.get(k).is_none_or(|b| at.vector(name).len() == b.len());
        if blocks.is_empty() || !(fits("b", 0) && fits("g_p", 0) && fits("g_q", 1)) {
            return Err(LoopError::NotObserved);
        }
        Ok(LinearScope { at, blocks })
    }

    fn block(&self, i: usize, j: usize) -> Result<DMatrix<S>, LoopError> {
        let (Some(r), Some(c)) = (self.blocks.get(i), self.blocks.get(j)) else {
            return Err(LoopError::NotTwoModels { models: self.blocks.len() });
        };
        Ok(self.at.matrix("J").view((r.start, c.start), (r.len(), c.len())).into_owned())
    }

    /// $(I - J)^{-1}(b, 0, \dots)$ of one model.
    fn moved(&self, model: usize) -> Result<DVector<S>, LoopError> {
        let j = self.at.matrix("J");
        let d = j.nrows();
        let mut forcing = DMatrix::from_element(d, 1, S::zero());
        forcing.view_mut((0, 0), (self.blocks[0].len(), 1)).copy_from(&self.at.vector("b"));
        let dx = linalg::solve(&(DMatrix::identity(d, d) - j), &forcing)
            .map_err(|_| LoopError::NoStablePoint)?;
        let rows = self.blocks.get(model).ok_or(LoopError::NotObserved)?;
        Ok(dx.column(0).rows(rows.start, rows.len()).into_owned())
    }

    /// A block of $(I - J)^{-1}$.
    fn resolvent(&self, i: usize, j: usize) -> Result<DMatrix<S>, LoopError> {
        let jacobian = self.at.matrix("J");
        let d = jacobian.nrows();
        let inverse = linalg::inverse(&(DMatrix::identity(d, d) - jacobian))
            .map_err(|_| LoopError::NoStablePoint)?;
        let (Some(r), Some(c)) = (self.blocks.get(i), self.blocks.get(j)) else {
            return Err(LoopError::NotTwoModels { models: self.blocks.len() });
        };
        Ok(inverse.view((r.start, c.start), (r.len(), c.len())).into_owned())
    }

    fn model(&self, x: &S) -> Result<usize, LoopError> {
        let found = (1..=self.blocks.len())
            .find(|k| i32::try_from(*k).is_ok_and(|k| (x.clone() - S::from_int(k)).is_zero()));
        found.map(|k| k - 1).ok_or(LoopError::NotObserved)
    }

    /// Gauss–Seidel: $(I - L)^{-1} U$, `L` strictly below the block diagonal.
    fn sequential(&self, j: &DMatrix<S>) -> Result<DMatrix<S>, LoopError> {
        let d = j.nrows();
        let owner = |r: usize| self.blocks.iter().position(|b| b.contains(&r)).unwrap_or(0);
        let lower =
            DMatrix::from_fn(
                d,
                d,
                |r, c| {
                    if owner(c) < owner(r) { j[(r, c)].clone() } else { S::zero() }
                },
            );
        let upper = j - &lower;
        let left = DMatrix::identity(d, d) - lower;
        linalg::solve(&left, &upper).map_err(|_| LoopError::NoStablePoint)
    }

    /// Whether signs `s` with $s_i s_j J_{ij} \ge 0$ exist, a model's parameters alike: 1 or -1.
    fn balanced(&self, j: &DMatrix<S>) -> S {
        let n = self.blocks.len();
        let owner = |r: usize| self.blocks.iter().position(|b| b.contains(&r)).unwrap_or(0);
        let good = (0_u32..1 << n.min(20)).any(|mask| {
            let sign = |k: usize| if mask >> k & 1 == 1 { -S::one() } else { S::one() };
            (0..j.nrows()).all(|r| {
                (0..j.ncols())
                    .all(|c| !(sign(owner(r)) * sign(owner(c)) * j[(r, c)].clone()).is_below_zero())
            })
        });
        if good { S::one() } else { -S::one() }
    }
}

impl<S: Arithmetic> Scope<S> for LinearScope<'_, S> {
    fn value(&self, name: &str) -> Result<Value<S>, LoopError> {
        Ok(match name {
            "J" => Value::Matrix(self.at.matrix("J").clone()),
            "J_pp" => Value::Matrix(self.block(0, 0)?),
            "J_pq" => Value::Matrix(self.block(0, 1)?),
            "J_qp" => Value::Matrix(self.block(1, 0)?),
            "J_qq" => Value::Matrix(self.block(1, 1)?),
            "S_p" => Value::Matrix(self.resolvent(0, 0)?),
            "S_q" => Value::Matrix(self.resolvent(1, 1)?),
            // D_θF_q = -J_qp and D_θF_p = I - J_pp.
            "C_q" => {
                let pp = self.block(0, 0)?;
                let own = DMatrix::identity(pp.nrows(), pp.nrows()) - pp;
                let inverse = linalg::inverse(&own)
                    .map_err(|_| LoopError::SingularBlock { what: "I - J_pp" })?;
                Value::Matrix(self.block(1, 0)? * inverse)
            }
            "b" | "g_p" | "g_q" => Value::Vector(self.at.vector(name)),
            "dJp" => Value::Number(linalg::dot(&self.at.vector("g_p"), &self.moved(0)?)),
            "dJq" => Value::Number(linalg::dot(&self.at.vector("g_q"), &self.moved(1)?)),
            "direct" => Value::Number(linalg::dot(&self.at.vector("g_p"), &self.at.vector("b"))),
            "rho_p" => Value::Number(cosine(&self.at.vector("g_p"), &self.at.vector("b"))),
            "models" => {
                let n = i32::try_from(self.blocks.len()).map_err(|_| LoopError::NotObserved)?;
                Value::Number(S::from_int(n))
            }
            _ => return Err(LoopError::NotObserved),
        })
    }

    fn call(&self, function: &str, arguments: &[Value<S>]) -> Result<Value<S>, LoopError> {
        use super::meaning::Truth;
        use Value::{Matrix, Number};
        Ok(match (function, arguments) {
            ("rho_seq", [Matrix(j)]) => Number(S::spectral_radius(&self.sequential(j)?)?),
            ("own_block", [Matrix(j), Number(k)]) => {
                let rows = &self.blocks[self.model(k)?];
                Matrix(j.view((rows.start, rows.start), (rows.len(), rows.len())).into_owned())
            }
            ("without", [Matrix(j), Number(k)]) => {
                let gone = &self.blocks[self.model(k)?];
                let rows: Vec<usize> = (0..j.nrows()).filter(|r| !gone.contains(r)).collect();
                Matrix(DMatrix::from_fn(rows.len(), rows.len(), |r, c| {
                    j[(rows[r], rows[c])].clone()
                }))
            }
            ("balanced", [Matrix(j)]) => {
                Value::Truth(Truth { margin: self.balanced(j), closed: false })
            }
            _ => return Err(LoopError::NotObserved),
        })
    }
}
