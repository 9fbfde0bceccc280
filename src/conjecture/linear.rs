//! The family `linear`: `N` models whose retraining is $x \mapsto Jx + c$, with one knob on the first.
//!
//! All Hessians are the identity. The knob moves the optimum of model 1 at rate `b` while the others
//! stand still, so the stable point moves by $(I - J)^{-1}(b, 0, \dots)$. The alignment of model 1 has
//! the gradient `g_p`, that of model 2 the gradient `g_q`. In the paper's terms every loss is squared,
//! so $\gamma = L = 1$ and the sensitivity of a model's data is the spectral norm of its rows of `J`.

use super::declared::{Declared, Entries};
use super::meaning::{Function, Scope, Size, Truth, Type, Value, Vocabulary};
use super::numbers::declared_value;
use crate::case::Arithmetic;
use crate::domain::Domain;
use crate::error::LoopError;
use crate::influence::{Constants, cosine};
use crate::linalg;
use crate::point::Point;
use crate::scalar::Scalar;
use crate::search::{Layout, Slot};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

/// Which signs the couplings have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// Entries of `J` are at most this large; those of `b`, `g_p`, `g_q` too, or up to 1.
    pub largest: f64,
    /// Which entries.
    pub entries: Entries,
    /// Which signs.
    pub signs: Signs,
    /// Whether models may train on their own samples.
    pub self_terms: bool,
    /// Spectral radii aimed at in three draws of four, at least and at most.
    pub radius: [f64; 2],
    /// Further numbers and vectors.
    pub declared: Declared,
}

/// Dimensions that vectors may be declared with.
pub(super) const SIZES: [Size; 3] = ["D", "d_p", "d_q"];

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
    ("rho_q", Type::Number),
    ("m_p", Type::Number),
    ("m_q", Type::Number),
    ("a_p", Type::Number),
    ("a_q", Type::Number),
    ("kappa", Type::Number),
    ("kappa_1", Type::Number),
    ("kappa_2", Type::Number),
    ("kappa_3", Type::Number),
    ("tau_p", Type::Number),
    ("tau_q", Type::Number),
    ("models", Type::Number),
];

const SQUARE: Type = Type::Matrix("D", "D");
const REST: Size = "D without it";

impl Vocabulary for Linear {
    fn names(&self) -> Vec<(&str, Type)> {
        NAMES.iter().copied().chain(self.declared.names()).collect()
    }
    fn functions(&self) -> &'static [Function] {
        &[
            ("rho_seq", &[SQUARE], Type::Number),
            ("own_block", &[SQUARE, Type::Number], Type::Matrix("its block", "its block")),
            ("without", &[SQUARE, Type::Number], Type::Matrix(REST, REST)),
            ("balanced", &[SQUARE], Type::Truth),
        ]
    }
    fn range(&self, name: &str) -> Option<Slot> {
        match name {
            "J_pp" | "J_qq" if !self.self_terms => Some(Slot::fixed(0.0)),
            "J" | "J_pp" | "J_pq" | "J_qp" | "J_qq" => Some(match self.signs {
                Signs::NonNegative => Slot::real(0.0, self.largest),
                _ => Slot::real(-self.largest, self.largest),
            }),
            "b" | "g_p" | "g_q" => Some(self.free()),
            "rho_p" | "rho_q" => Some(Slot::real(-1.0, 1.0)),
            "a_p" | "a_q" | "kappa_3" => Some(Slot::real(0.0, f64::INFINITY)),
            "tau_p" | "tau_q" | "S_p" | "S_q" | "C_q" | "kappa" => None,
            "models" => Some(Slot::real(self.models[0] as f64, self.models[1] as f64)),
            _ => self.declared.range(name),
        }
    }
    fn range_of(&self, function: &str) -> Option<Slot> {
        (function == "rho_seq").then(|| Slot::real(0.0, f64::INFINITY))
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
    /// One for every number of models, dimension of each and, in balanced graphs, pattern of signs;
    /// where these are too many, all models of one layout have one dimension, and the patterns are
    /// the first ones.
    fn layouts(&self) -> Vec<Layout> {
        let [least, most] = self.models;
        let mut shapes: Vec<Vec<usize>> = (least..=most).flat_map(|n| self.shapes(n)).collect();
        shapes.sort_by_cached_key(|sizes| (self.layout(sizes, 0).slots.len(), sizes.clone()));
        let all = shapes.iter().flat_map(|sizes| {
            // Turning all signs over changes nothing.
            let patterns = match self.signs {
                Signs::Balanced => 1_u64 << (sizes.len() - 1).min(PATTERNS),
                _ => 1,
            };
            (0..patterns).map(|pattern| self.layout(sizes, pattern))
        });
        all.collect()
    }
    /// Unless the layouts are not all there are.
    fn is_boxes(&self) -> bool {
        let [_, most] = self.models;
        let [thin, thick] = self.dimension;
        let shapes = u32::try_from(most).ok().and_then(|n| (thick - thin + 1).checked_pow(n));
        shapes.is_some_and(|n| n <= SHAPES)
            && (self.signs != Signs::Balanced || most <= PATTERNS + 1)
    }
    fn contains(&self, at: &Point<f64>) -> bool {
        let Some(sizes) = at.get("sizes").map(sizes).filter(|sizes| !sizes.is_empty()) else {
            return false;
        };
        let [least, most] = self.models;
        let [thin, thick] = self.dimension;
        let d: usize = sizes.iter().sum();
        let free = self.entries.between(-self.largest.max(1.0), self.largest.max(1.0));
        let is = |name: &str, rows: usize, columns: usize, slot: &dyn Fn(usize, usize) -> Slot| {
            at.get(name).is_some_and(|m| {
                let fits = |c: usize| (0..rows).all(|r| slot(r, c).contains(m[(r, c)]));
                m.shape() == (rows, columns) && (0..columns).all(fits)
            })
        };
        let owners = owners(&sizes);
        let signed = || {
            self.signs != Signs::Balanced
                || signs(at.matrix("J"), &owners, sizes.len()).is_ok_and(|s| s.is_some())
        };
        (least..=most).contains(&sizes.len())
            && sizes.iter().all(|n| (thin..=thick).contains(n))
            && is("J", d, d, &|r, c| self.coupling(owners[r] == owners[c], None))
            && ["b", "g_p"].iter().all(|name| is(name, sizes[0], 1, &|_, _| free))
            && is("g_q", second(&sizes), 1, &|_, _| free)
            && self.declared.are_in(at, &length(&sizes))
            && at.entries().count() == 5 + self.declared.len()
            && signed()
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let sizes = sizes(at.matrix("sizes"));
        let blocks = blocks(&sizes);
        let mut all = Vec::new();
        if sizes.len() > self.models[0] {
            // The first two have alignments; later ones are dropped whole.
            for k in (2..sizes.len()).chain((sizes.len() == 2).then_some(1)) {
                let mut fewer = sizes.clone();
                fewer.remove(k);
                all.push(self.restricted(at, &fewer, &|row| !blocks[k].contains(&row)));
            }
        }
        for (k, block) in blocks.iter().enumerate().filter(|(_, b)| b.len() > self.dimension[0]) {
            for row in block.clone() {
                let mut fewer = sizes.clone();
                fewer[k] -= 1;
                all.push(self.restricted(at, &fewer, &|other| other != row));
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
        let d = sizes.iter().sum();
        let signs: Vec<f64> =
            (0..count).map(|_| if rng.random_bool(0.5) { 1.0 } else { -1.0 }).collect();
        let owners = owners(&sizes);
        let short = small && self.entries == Entries::Real;
        let sparse = [0.0, 0.25, 0.5][rng.random_range(0..3)];
        let mut j = DMatrix::from_fn(d, d, |row, column| {
            let (r, c) = (owners[row], owners[column]);
            let slot = self.coupling(r == c, Some(signs[r] * signs[c]));
            if slot.is_fixed() || rng.random_bool(sparse) {
                return 0.0;
            }
            entry(rng, &slot, short)
        });
        if !index.is_multiple_of(4) && self.entries == Entries::Real && !small {
            let radius = f64::spectral_radius(&j).unwrap_or(0.0);
            let aim = rng.random_range(self.radius[0]..=self.radius[1]);
            if radius > 1e-3 {
                let factor = aim / radius;
                // The radius is aimed at as far as the range of the entries allows.
                j.apply(|x| *x = (*x * factor).clamp(-self.largest, self.largest));
            }
        }
        let free = self.free();
        let mut vector = |n: usize| {
            let mut v = DVector::from_fn(n, |_, _| entry(rng, &free, short));
            if v.iter().all(|x| *x == 0.0) {
                v[0] = 1.0;
            }
            v
        };
        let (b, g_p) = (vector(sizes[0]), vector(sizes[0]));
        let g_q = vector(second(&sizes));
        let at = Point::new()
            .with_vector("sizes", DVector::from_iterator(count, sizes.iter().map(|n| *n as f64)))
            .with_matrix("J", j)
            .with_vector("b", b)
            .with_vector("g_p", g_p)
            .with_vector("g_q", g_q);
        self.declared.drawn(at, rng, small, &length(&sizes))
    }

    /// The range of an entry of `J`, in a block of the diagonal or not, of this sign if it has one.
    fn coupling(&self, own: bool, sign: Option<f64>) -> Slot {
        let most = self.largest;
        let between = |lo, hi| self.entries.between(lo, hi);
        match (self.signs, sign) {
            _ if own && !self.self_terms => Slot::fixed(0.0),
            (Signs::NonNegative, _) => between(0.0, most),
            (Signs::Balanced, Some(sign)) if sign > 0.0 => between(0.0, most),
            (Signs::Balanced, Some(_)) => between(-most, 0.0),
            _ => between(-most, most),
        }
    }

    /// The range of an entry of `b`, `g_p` and `g_q`.
    fn free(&self) -> Slot {
        let most = self.largest.max(1.0);
        self.entries.between(-most, most)
    }

    /// Dimensions of `n` models: all there are, if not too many.
    #[allow(clippy::cast_possible_truncation)]
    fn shapes(&self, n: usize) -> Vec<Vec<usize>> {
        let [thin, thick] = self.dimension;
        let choices = thick - thin + 1;
        match choices.checked_pow(n as u32).filter(|all| *all <= SHAPES) {
            Some(all) => (0..all)
                .map(|k| (0..n as u32).map(|i| thin + k / choices.pow(i) % choices).collect())
                .collect(),
            None => (thin..=thick).map(|size| vec![size; n]).collect(),
        }
    }

    fn layout(&self, sizes: &[usize], pattern: u64) -> Layout {
        let d: usize = sizes.iter().sum();
        let owners = owners(sizes);
        // The first model's sign is plus.
        let sign = |k: usize| if k > 0 && pattern >> (k - 1) & 1 == 1 { -1.0 } else { 1.0 };
        let free = self.free();
        let layout = Layout::new()
            .with("sizes", (sizes.len(), 1), |r, _| Slot::fixed(sizes[r] as f64))
            .with("J", (d, d), |r, c| {
                let (r, c) = (owners[r], owners[c]);
                self.coupling(r == c, Some(sign(r) * sign(c)))
            })
            .with("b", (sizes[0], 1), |_, _| free)
            .with("g_p", (sizes[0], 1), |_, _| free)
            .with("g_q", (second(sizes), 1), |_, _| free);
        self.declared.laid_out(layout, &length(sizes))
    }

    /// The point on the rows that `keep` keeps.
    fn restricted(
        &self,
        at: &Point<f64>,
        sizes: &[usize],
        keep: &dyn Fn(usize) -> bool,
    ) -> Point<f64> {
        let j = at.matrix("J");
        let rows: Vec<usize> = (0..j.nrows()).filter(|r| keep(*r)).collect();
        let old = blocks(&self::sizes(at.matrix("sizes")));
        let row = |model: usize, i: usize| old.get(model).is_none_or(|block| keep(block.start + i));
        let cut = |name: &str, model: usize| {
            let v = at.vector(name);
            let kept: Vec<f64> = (0..v.len()).filter(|i| row(model, *i)).map(|i| v[i]).collect();
            if kept.is_empty() { DVector::from_element(1, 1.0) } else { DVector::from_vec(kept) }
        };
        let (b, g_p, g_q) = (cut("b", 0), cut("g_p", 0), cut("g_q", 1));
        let count = sizes.len();
        let to = Point::new()
            .with_vector("sizes", DVector::from_iterator(count, sizes.iter().map(|n| *n as f64)))
            .with_matrix("J", j.select_rows(&rows).select_columns(&rows))
            .with_vector("b", b)
            .with_vector("g_p", g_p)
            .with_vector("g_q", g_q);
        self.declared.carried(at, to, &|size, i| match size {
            "D" => keep(i),
            "d_p" => row(0, i),
            "d_q" => row(1, i),
            _ => true,
        })
    }
}

/// Most shapes of one number of models that are laid out one by one.
const SHAPES: usize = 256;

/// Most models less one whose patterns of signs are laid out one by one.
const PATTERNS: usize = 6;

/// A number of the range; where it should be short, most often one of the shortest.
fn entry(rng: &mut Xoshiro256PlusPlus, slot: &Slot, short: bool) -> f64 {
    if short && rng.random_bool(0.5) {
        let plain = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0];
        return slot.nearest(*plain.choose(rng).expect("not empty"));
    }
    let x: f64 = rng.random_range(slot.lo..=slot.hi);
    slot.nearest(if short { (x * 10.0).round() / 10.0 } else { x })
}

/// Parameters of model 2; of one model alone `g_q` is a number that nothing looks at.
fn second(sizes: &[usize]) -> usize {
    sizes.get(1).copied().unwrap_or(1)
}

/// How long the family's dimensions are.
fn length(sizes: &[usize]) -> impl Fn(Size) -> usize {
    move |size| match size {
        "D" => sizes.iter().sum(),
        "d_p" => sizes[0],
        _ => second(sizes),
    }
}

/// Number of parameters of each model; wrong numbers make an empty list.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn sizes<S: Arithmetic>(given: &DMatrix<S>) -> Vec<usize> {
    let rounded = given.iter().map(|n| f64::midpoint(n.lower(), n.upper()));
    let sizes: Option<Vec<usize>> = rounded
        .map(|n| (n >= 1.0 && n.fract() == 0.0 && n <= 64.0).then_some(n as usize))
        .collect();
    sizes.unwrap_or_default()
}

fn blocks(sizes: &[usize]) -> Vec<Range<usize>> {
    let mut start = 0;
    let next = |n: &usize| {
        start += n;
        start - n..start
    };
    sizes.iter().map(next).collect()
}

/// The model of every parameter.
fn owners(sizes: &[usize]) -> Vec<usize> {
    sizes.iter().enumerate().flat_map(|(k, n)| vec![k; *n]).collect()
}

/// Signs `s` of `n` models with $s_i s_j J_{ij} \ge 0$, if there are any; the first model of every
/// connected part has plus.
///
/// # Errors
/// If the sign of an entry is not certain.
fn signs<S: Arithmetic>(
    j: &DMatrix<S>,
    owners: &[usize],
    n: usize,
) -> Result<Option<Vec<bool>>, LoopError> {
    let mut edges = Vec::new();
    for (row, r) in owners.iter().enumerate() {
        for (column, c) in owners.iter().enumerate() {
            let x = &j[(row, column)];
            match (x.is_above_zero(), x.is_below_zero()) {
                (true, _) => edges.push((*r, *c, true)),
                (_, true) => edges.push((*r, *c, false)),
                _ if x.is_zero() => {}
                _ => return Err(LoopError::NotObserved),
            }
        }
    }
    let mut sign: Vec<Option<bool>> = vec![None; n];
    for first in 0..n {
        let mut open = vec![first];
        if sign[first].is_none() {
            sign[first] = Some(true);
        }
        while let Some(k) = open.pop() {
            for &(r, c, same) in edges.iter().filter(|(r, c, _)| *r == k || *c == k) {
                let other = if r == k { c } else { r };
                let should = Some(sign[k] == Some(same));
                if sign[other].is_none() {
                    sign[other] = should;
                    open.push(other);
                } else if sign[other] != should {
                    return Ok(None);
                }
            }
        }
    }
    Ok(sign.into_iter().collect())
}

/// What is worked out of a point, at most once.
#[derive(Debug)]
pub(super) struct Memo<S: Scalar> {
    blocks: Vec<Range<usize>>,
    moved: OnceCell<Result<DVector<S>, LoopError>>,
    resolvent: OnceCell<Result<DMatrix<S>, LoopError>>,
    c_q: OnceCell<Result<DMatrix<S>, LoopError>>,
    constants: OnceCell<Result<Constants<S>, LoopError>>,
}

impl<S: Arithmetic> Memo<S> {
    /// Of the point `at`.
    ///
    /// # Errors
    /// If its shapes do not fit each other.
    pub(super) fn new(at: &Point<S>) -> Result<Self, LoopError> {
        let sizes = at.get("sizes").map(sizes).unwrap_or_default();
        let blocks = blocks(&sizes);
        let total: usize = sizes.iter().sum();
        let long = |name: &str, k: usize| {
            blocks.get(k).is_none_or(|b| at.get(name).is_some_and(|v| v.shape() == (b.len(), 1)))
        };
        let square = at.get("J").is_some_and(|j| j.shape() == (total, total));
        if blocks.is_empty() || !(square && long("b", 0) && long("g_p", 0) && long("g_q", 1)) {
            return Err(LoopError::NotObserved);
        }
        let (moved, resolvent) = (OnceCell::new(), OnceCell::new());
        Ok(Memo { blocks, moved, resolvent, c_q: OnceCell::new(), constants: OnceCell::new() })
    }
}

/// A point read in some arithmetic.
pub struct LinearScope<'a, S: Scalar> {
    declared: &'a Declared,
    at: &'a Point<S>,
    memo: Rc<Memo<S>>,
}

/// The result as it was, borrowed.
fn kept<T>(
    cell: &OnceCell<Result<T, LoopError>>,
    make: impl FnOnce() -> Result<T, LoopError>,
) -> Result<&T, LoopError> {
    cell.get_or_init(make).as_ref().map_err(Clone::clone)
}

impl<'a, S: Arithmetic> LinearScope<'a, S> {
    /// The point `at` of the family `family`.
    ///
    /// # Errors
    /// If its shapes do not fit each other.
    pub fn new(family: &'a Linear, at: &'a Point<S>) -> Result<Self, LoopError> {
        Ok(Self::with(family, at, Rc::new(Memo::new(at)?)))
    }

    /// The same with what is known of it already.
    pub(super) fn with(family: &'a Linear, at: &'a Point<S>, memo: Rc<Memo<S>>) -> Self {
        LinearScope { declared: &family.declared, at, memo }
    }

    fn rows(&self, model: usize) -> Result<&Range<usize>, LoopError> {
        let blocks = &self.memo.blocks;
        blocks.get(model).ok_or(LoopError::NotTwoModels { models: blocks.len() })
    }

    fn block_of(&self, m: &DMatrix<S>, i: usize, j: usize) -> Result<DMatrix<S>, LoopError> {
        let (r, c) = (self.rows(i)?, self.rows(j)?);
        Ok(m.view((r.start, c.start), (r.len(), c.len())).into_owned())
    }

    fn block(&self, i: usize, j: usize) -> Result<DMatrix<S>, LoopError> {
        self.block_of(self.at.matrix("J"), i, j)
    }

    /// $(I - J)^{-1}(b, 0, \dots)$ of one model.
    fn moved(&self, model: usize) -> Result<DVector<S>, LoopError> {
        let rows = self.rows(model)?;
        let dx = kept(&self.memo.moved, || {
            let j = self.at.matrix("J");
            let d = j.nrows();
            let mut forcing = DMatrix::from_element(d, 1, S::zero());
            let b = self.at.matrix("b");
            forcing.view_mut((0, 0), (b.nrows(), 1)).copy_from(b);
            let dx = linalg::solve(&(DMatrix::identity(d, d) - j), &forcing)
                .map_err(|_| LoopError::NoStablePoint)?;
            Ok(dx.column(0).into_owned())
        })?;
        Ok(dx.rows(rows.start, rows.len()).into_owned())
    }

    /// A block of $(I - J)^{-1}$.
    fn resolvent(&self, model: usize) -> Result<DMatrix<S>, LoopError> {
        self.rows(model)?;
        let inverse = kept(&self.memo.resolvent, || {
            let j = self.at.matrix("J");
            let d = j.nrows();
            linalg::inverse(&(DMatrix::identity(d, d) - j)).map_err(|_| LoopError::NoStablePoint)
        })?;
        self.block_of(inverse, model, model)
    }

    /// $-D_\theta F_q (D_\theta F_p)^{-1}$ with $D_\theta F_q = -J_{qp}$ and $D_\theta F_p = I - J_{pp}$.
    fn c_q(&self) -> Result<&DMatrix<S>, LoopError> {
        kept(&self.memo.c_q, || {
            let pp = self.block(0, 0)?;
            let own = DMatrix::identity(pp.nrows(), pp.nrows()) - pp;
            let inverse =
                linalg::inverse(&own).map_err(|_| LoopError::SingularBlock { what: "I - J_pp" })?;
            Ok(self.block(1, 0)? * inverse)
        })
    }

    /// Those of the paper: $\gamma = L = 1$, and a training law of mean $J_{pp}\theta + J_{pq}\phi + c$
    /// moves by at most $|(J_{pp}, J_{pq})|$ times the move of $(\theta, \phi)$.
    fn constants(&self) -> Result<&Constants<S>, LoopError> {
        kept(&self.memo.constants, || {
            let models = self.memo.blocks.len();
            if models != 2 {
                return Err(LoopError::NotTwoModels { models });
            }
            let j = self.at.matrix("J");
            let of = |rows: &Range<usize>| {
                linalg::spectral_norm(&j.rows(rows.start, rows.len()).into_owned())
            };
            Ok(Constants {
                gamma_p: S::one(),
                gamma_q: S::one(),
                l_p: S::one(),
                l_q: S::one(),
                eps_p: of(&self.memo.blocks[0]),
                eps_q: of(&self.memo.blocks[1]),
            })
        })
    }

    fn model(&self, x: &S) -> Result<usize, LoopError> {
        let found = (1..=self.memo.blocks.len())
            .find(|k| i32::try_from(*k).is_ok_and(|k| (x.clone() - S::from_int(k)).is_zero()));
        found.map(|k| k - 1).ok_or(LoopError::NotObserved)
    }

    fn owners(&self) -> Vec<usize> {
        owners(&self.memo.blocks.iter().map(Range::len).collect::<Vec<_>>())
    }

    /// Gauss–Seidel: $(I - L)^{-1} U$, `L` strictly below the block diagonal.
    fn sequential(&self, j: &DMatrix<S>) -> Result<DMatrix<S>, LoopError> {
        let d = j.nrows();
        let owners = self.owners();
        let below = |r: usize, c: usize| owners[c] < owners[r];
        let part = |r, c| if below(r, c) { j[(r, c)].clone() } else { S::zero() };
        let lower = DMatrix::from_fn(d, d, part);
        let upper = j - &lower;
        let left = DMatrix::identity(d, d) - lower;
        linalg::solve(&left, &upper).map_err(|_| LoopError::NoStablePoint)
    }

    /// The number of this name, if it is one of the family's.
    fn number(&self, name: &str) -> Result<Option<S>, LoopError> {
        let dot = |name: &str, v: &DVector<S>| linalg::dot(&self.at.vector(name), v);
        let least = |m: &DMatrix<S>| linalg::smallest_symmetric_eigenvalue(m);
        Ok(Some(match name {
            "dJp" => dot("g_p", &self.moved(0)?),
            "dJq" => dot("g_q", &self.moved(1)?),
            "direct" => dot("g_p", &self.at.vector("b")),
            "rho_p" => cosine(&self.at.vector("g_p"), &self.at.vector("b")),
            "rho_q" => cosine(&self.at.vector("g_q"), &(self.c_q()? * self.at.vector("b"))),
            "m_p" => least(&self.resolvent(0)?),
            "m_q" => least(&self.resolvent(1)?),
            "a_p" => self.constants()?.a(),
            "a_q" => self.constants()?.b(),
            "kappa" => self.constants()?.kappa(),
            "kappa_1" => self.constants()?.kappa_terms()[0].clone(),
            "kappa_2" => self.constants()?.kappa_terms()[1].clone(),
            "kappa_3" => self.constants()?.kappa_terms()[2].clone(),
            "tau_p" => self.constants()?.tau_p(),
            "tau_q" => self.constants()?.tau_q(),
            "models" => {
                let n = i32::try_from(self.memo.blocks.len());
                S::from_int(n.map_err(|_| LoopError::NotObserved)?)
            }
            _ => return Ok(None),
        }))
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
            "S_p" => Value::Matrix(self.resolvent(0)?),
            "S_q" => Value::Matrix(self.resolvent(1)?),
            "C_q" => Value::Matrix(self.c_q()?.clone()),
            "b" | "g_p" | "g_q" => Value::Vector(self.at.vector(name)),
            _ => match self.number(name)? {
                Some(x) => Value::Number(x),
                None => declared_value(self.declared, self.at, name)?,
            },
        })
    }

    fn call(&self, function: &str, arguments: &[Value<S>]) -> Result<Value<S>, LoopError> {
        use Value::{Matrix, Number};
        Ok(match (function, arguments) {
            ("rho_seq", [Matrix(j)]) => Number(S::spectral_radius(&self.sequential(j)?)?),
            ("own_block", [Matrix(j), Number(k)]) => {
                let k = self.model(k)?;
                Matrix(self.block_of(j, k, k)?)
            }
            ("without", [Matrix(j), Number(k)]) => {
                let gone = self.rows(self.model(k)?)?;
                let rows: Vec<usize> = (0..j.nrows()).filter(|r| !gone.contains(r)).collect();
                Matrix(DMatrix::from_fn(rows.len(), rows.len(), |r, c| {
                    j[(rows[r], rows[c])].clone()
                }))
            }
            ("balanced", [Matrix(j)]) => {
                let found = signs(j, &self.owners(), self.memo.blocks.len())?;
                let margin = if found.is_some() { S::one() } else { -S::one() };
                Value::Truth(Truth { margin, closed: false })
            }
            _ => return Err(LoopError::NotObserved),
        })
    }
}
