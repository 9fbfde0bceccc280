//! The family `categorical`: laws on finitely many categories, with exact Luce choice.
//!
//! One model, or two that train on each other. Model 1 has the stable law `p`, model 2 has `q`. The
//! curated share of model 1 is `s1`; of its curated data the part `x1` was made, and curated, by
//! model 2 (none where there is one model). With $C_i$ the Luce choice of weights `w1`, `w2`,
//!
//! ```math
//! p = (1 - s_1) p_{ref} + s_1 \big((1 - x_1) C_1(p) + x_1 C_2(q)\big)
//! ```
//!
//! and the same for `q` with the roles exchanged. Points are drawn backwards: the stable laws are
//! given, and the real data `p_ref` follows. It may come out negative, so a conjecture about the loop
//! assumes `least(p_ref) >= 0`. Laws are given as masses and normalised where they are used.

use super::declared::{Declared, Entries, drawn};
use super::meaning::{Function, Scope, Size, Type, Value, Vocabulary};
use super::numbers::declared_value;
use crate::case::Arithmetic;
use crate::domain::Domain;
use crate::dynamics;
use crate::error::LoopError;
use crate::linalg;
use crate::point::Point;
use crate::scalar::Scalar;
use crate::search::{Layout, Slot};
use crate::systems::{
    Candidates, CategoricalLoop, CategoricalModel, Luce, Part, RetrainingMap, Round, Source,
};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cell::OnceCell;
use std::rc::Rc;

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Categorical {
    /// One model, or two that are coupled.
    pub models: usize,
    /// Number of categories, at least and at most.
    pub categories: [usize; 2],
    /// Among how many the curators choose.
    pub candidates: Candidates,
    /// Of the masses of laws and of the weights, at least and at most; above zero.
    pub weights: [f64; 2],
    /// Rewards are at most this large.
    pub largest: f64,
    /// Of the curated shares, at least and at most; below one.
    pub share: [f64; 2],
    /// Which masses, weights and rewards.
    pub entries: Entries,
    /// Further numbers and vectors.
    pub declared: Declared,
}

/// The dimension that vectors may be declared with: the number of categories.
pub(super) const SIZES: [Size; 1] = ["n"];

const LAW: Type = Type::Vector("n");

/// Of every loop.
const OF_ONE: &[(&str, Type)] = &[
    ("p", LAW),
    ("p_ref", LAW),
    ("dp", LAW),
    ("w1", LAW),
    ("w2", LAW),
    ("r1", LAW),
    ("r2", LAW),
    ("s1", Type::Number),
    ("alignment", Type::Number),
    ("dalignment", Type::Number),
    ("direct", Type::Number),
    ("J", Type::Matrix("its parameters", "its parameters")),
    ("categories", Type::Number),
];

/// Of two models besides.
const OF_TWO: &[(&str, Type)] = &[
    ("q", LAW),
    ("q_ref", LAW),
    ("dq", LAW),
    ("s2", Type::Number),
    ("x1", Type::Number),
    ("x2", Type::Number),
    ("alignment_q", Type::Number),
    ("dalignment_q", Type::Number),
];

impl Vocabulary for Categorical {
    fn names(&self) -> Vec<(&str, Type)> {
        let two = if self.models == 2 { OF_TWO } else { &[] };
        OF_ONE.iter().chain(two).copied().chain(self.declared.names()).collect()
    }
    fn functions(&self) -> &'static [Function] {
        &[("law", &[LAW], LAW), ("curate", &[LAW, LAW], LAW), ("mean", &[LAW, LAW], Type::Number)]
    }
    fn range(&self, name: &str) -> Option<Slot> {
        match name {
            "p" | "q" | "x1" | "x2" => Some(Slot::real(0.0, 1.0)),
            "w1" | "w2" => Some(Slot::real(self.weights[0], self.weights[1])),
            "r1" | "r2" | "alignment" | "alignment_q" => {
                Some(Slot::real(-self.largest, self.largest))
            }
            "s1" | "s2" => Some(Slot::real(self.share[0], self.share[1])),
            "categories" => Some(Slot::real(self.categories[0] as f64, self.categories[1] as f64)),
            _ => self.declared.range(name),
        }
    }
}

impl Domain for Categorical {
    fn name(&self) -> &'static str {
        "categorical"
    }
    fn what(&self) -> &'static str {
        "laws on finitely many categories, curated by Luce choice; real data for which they are stable"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let at = self.drawn(rng, false);
        // Laws that are stable for some real data are rare among all: half are made by a loop.
        if index.is_multiple_of(2) { at } else { self.settled(at) }
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        self.drawn(rng, true)
    }
    fn layouts(&self) -> Vec<Layout> {
        let [least, most] = self.categories;
        (least..=most).map(|n| self.layout(n)).collect()
    }
    /// A category less.
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let n = at.matrix("p").nrows();
        if n <= self.categories[0] {
            return Vec::new();
        }
        let without = |gone: usize| {
            let mut to = Point::new();
            for (name, slot) in self.numbers() {
                let old = at.matrix(name).clone();
                to = to.with_matrix(name, if slot.1 { old.remove_row(gone) } else { old });
            }
            self.declared.carried(at, to, &|size, i| size != "n" || i != gone)
        };
        (0..n).map(without).collect()
    }
}

/// In how many rounds a drawn loop comes close to a stable point.
const APPROACH: usize = 40;

impl Categorical {
    /// Entries of a point: names, ranges, and whether there is one a category.
    fn numbers(&self) -> Vec<(&'static str, (Slot, bool))> {
        let mass = self.entries.between(self.weights[0], self.weights[1]);
        let reward = self.entries.between(-self.largest, self.largest);
        let share = Slot::real(self.share[0], self.share[1]);
        let part = Slot::real(0.0, 1.0);
        let mut all = vec![("p", (mass, true))];
        if self.models == 2 {
            all.push(("q", (mass, true)));
        }
        all.extend([("w1", (mass, true)), ("w2", (mass, true))]);
        all.extend([("r1", (reward, true)), ("r2", (reward, true)), ("s1", (share, false))]);
        if self.models == 2 {
            all.extend([("s2", (share, false)), ("x1", (part, false)), ("x2", (part, false))]);
        }
        all
    }

    fn layout(&self, n: usize) -> Layout {
        let rows = |each: bool| if each { n } else { 1 };
        let start = Layout::new();
        let own = self.numbers().into_iter().fold(start, |layout, (name, (slot, each))| {
            layout.with(name, (rows(each), 1), |_, _| slot)
        });
        self.declared.laid_out(own, &|_| n)
    }

    fn drawn(&self, rng: &mut Xoshiro256PlusPlus, small: bool) -> Point<f64> {
        let [least, most] = self.categories;
        let n = if small && rng.random_bool(0.5) { least } else { rng.random_range(least..=most) };
        let mut at = Point::new();
        for (name, (slot, each)) in self.numbers() {
            let rows = if each { n } else { 1 };
            at = at.with_vector(name, DVector::from_fn(rows, |_, _| drawn(rng, &slot, small)));
        }
        // Rewards that curators follow are worth drawing; claims say so with `same_order`.
        for (w, r) in [("w1", "r1"), ("w2", "r2")] {
            if rng.random_bool(0.5) {
                let mut rewards: Vec<f64> = at.matrix(r).iter().copied().collect();
                rewards.sort_by(f64::total_cmp);
                let weights = at.vector(w);
                let mut order: Vec<usize> = (0..n).collect();
                order.sort_by(|i, j| weights[*i].total_cmp(&weights[*j]));
                let mut sorted = DVector::zeros(n);
                for (reward, i) in rewards.into_iter().zip(order) {
                    sorted[i] = reward;
                }
                at = at.with_vector(r, sorted);
            }
        }
        self.declared.drawn(at, rng, small, &|_| n)
    }

    /// The point with its laws, so far those of its real data, replaced by what the loop makes of
    /// them. They need not be quite stable: the real data follows from them.
    fn settled(&self, at: Point<f64>) -> Point<f64> {
        let names = ["p", "q"];
        let real: Vec<_> =
            names[..self.models].iter().map(|name| normalised(&at.vector(name))).collect();
        let Ok(system) = self.system(&at, Some(real.clone())) else { return at };
        let mut state = system.state(&real);
        for _ in 0..APPROACH {
            state = dynamics::play(&system, &Round::Simultaneous, &state);
        }
        let slot = self.entries.between(self.weights[0], self.weights[1]);
        (0..self.models).fold(at, |at, i| {
            let law = system.law(i, &state);
            let scale = self.weights[1] / law.max();
            at.with_vector(names[i], law.map(|x| slot.nearest(x * scale)))
        })
    }

    /// The loop of a point: with this real data, or with that for which its laws are stable.
    fn system<S: Arithmetic>(
        &self,
        at: &Point<S>,
        real: Option<Vec<DVector<S>>>,
    ) -> Result<CategoricalLoop<S>, LoopError> {
        let number = |name: &str| at.get(name).map_or_else(S::zero, |m| m[(0, 0)].clone());
        let mut laws = vec![law_of(&at.vector("p"))?];
        if self.models == 2 {
            laws.push(law_of(&at.vector("q"))?);
        }
        let mut models = Vec::new();
        for i in 0..self.models {
            let [share, cross] = [["s1", "x1"], ["s2", "x2"]][i].map(number);
            let part = |source, weight| Part {
                source,
                weight,
                law: DVector::from_vec(vec![]),
                kernel: None,
            };
            let mut parts = vec![
                part(Source::Real, S::one() - share.clone()),
                part(Source::Curated(i), share.clone() * (S::one() - cross.clone())),
            ];
            if self.models == 2 {
                parts.push(part(Source::Curated(1 - i), share * cross));
            }
            let luce = self.luce(&at.vector(["w1", "w2"][i]))?;
            models.push(CategoricalModel { parts, luce, reward: at.vector(["r1", "r2"][i]) });
        }
        let mut system = CategoricalLoop::new(models);
        let real = if let Some(real) = real {
            real
        } else {
            let state = system.state(&laws);
            let of = |i: usize| {
                let parts = &system.models[i].parts;
                if parts[0].weight.pivot() == 0.0 {
                    return Err(LoopError::NotObserved);
                }
                let rest = parts[1..].iter().fold(laws[i].clone(), |rest, part| {
                    rest - system.part_law(part, &state) * part.weight.clone()
                });
                Ok(rest.map(|x| x / parts[0].weight.clone()))
            };
            (0..self.models).map(of).collect::<Result<_, _>>()?
        };
        for (model, law) in system.models.iter_mut().zip(real) {
            model.parts[0].law = law;
        }
        Ok(system)
    }

    fn luce<S: Arithmetic>(&self, weights: &DVector<S>) -> Result<Luce<S>, LoopError> {
        if weights.iter().all(S::is_above_zero) {
            Luce::new(weights.clone(), self.candidates)
        } else {
            Err(LoopError::NotObserved)
        }
    }
}

fn normalised<S: Scalar>(masses: &DVector<S>) -> DVector<S> {
    let total = masses.iter().fold(S::zero(), |sum, x| sum + x.clone());
    masses.map(|x| x / total.clone())
}

/// The law of these masses.
///
/// # Errors
/// If they do not add up to something positive.
fn law_of<S: Arithmetic>(masses: &DVector<S>) -> Result<DVector<S>, LoopError> {
    let total = masses.iter().fold(S::zero(), |sum, x| sum + x.clone());
    if total.is_above_zero() { Ok(normalised(masses)) } else { Err(LoopError::NotObserved) }
}

/// The loop of a point, and what is worked out of it.
#[derive(Debug)]
struct Solved<S: Scalar> {
    system: CategoricalLoop<S>,
    jacobian: DMatrix<S>,
    /// How fast the training laws move with `s1` while the models stand still.
    forcing: DVector<S>,
    moved: OnceCell<Result<Vec<DVector<S>>, LoopError>>,
}

impl<S: Arithmetic> Solved<S> {
    fn new(family: &Categorical, at: &Point<S>) -> Result<Self, LoopError> {
        let system = family.system(at, None)?;
        let mut laws = vec![law_of(&at.vector("p"))?];
        if family.models == 2 {
            laws.push(law_of(&at.vector("q"))?);
        }
        let state = system.state(&laws);
        let jacobian = system.linearise(&state).jacobian;
        let still = |model: &CategoricalModel<S>| vec![S::zero(); model.parts.len()];
        let mut rates: Vec<Vec<S>> = system.models.iter().map(still).collect();
        let cross = at.get("x1").map_or_else(S::zero, |x| x[(0, 0)].clone());
        rates[0][0] = -S::one();
        rates[0][1] = S::one() - cross.clone();
        if family.models == 2 {
            rates[0][2] = cross;
        }
        let forcing = system.forcing(&rates, &state);
        Ok(Solved { system, jacobian, forcing, moved: OnceCell::new() })
    }

    /// Changes of first `n - 1` probabilities as changes of laws.
    fn whole(&self, change: &DVector<S>) -> Vec<DVector<S>> {
        let mut start = 0;
        let laws = self.system.models.iter().map(|model| {
            let first = change.rows(start, model.reward.len() - 1);
            start += first.len();
            let last = first.iter().fold(S::zero(), |rest, x| rest - x.clone());
            DVector::from_iterator(first.len() + 1, first.iter().cloned().chain([last]))
        });
        laws.collect()
    }

    /// The derivative of the stable laws by `s1`, by the implicit function theorem.
    fn moved(&self, model: usize) -> Result<&DVector<S>, LoopError> {
        let made = self.moved.get_or_init(|| {
            let d = self.forcing.len();
            let pull = DMatrix::identity(d, d) - &self.jacobian;
            let forcing = DMatrix::from_columns(std::slice::from_ref(&self.forcing));
            let dx = linalg::solve(&pull, &forcing).map_err(|_| LoopError::NoStablePoint)?;
            Ok(self.whole(&dx.column(0).into_owned()))
        });
        made.as_ref().map_err(Clone::clone)?.get(model).ok_or(LoopError::NotObserved)
    }
}

/// What is worked out of a point, at most once.
#[derive(Debug)]
pub(super) struct Memo<S: Scalar> {
    solved: OnceCell<Result<Solved<S>, LoopError>>,
}

impl<S: Scalar> Memo<S> {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Memo { solved: OnceCell::new() }
    }
}

/// A point read in some arithmetic.
pub struct CategoricalScope<'a, S: Scalar> {
    family: &'a Categorical,
    at: &'a Point<S>,
    memo: Rc<Memo<S>>,
}

impl<'a, S: Arithmetic> CategoricalScope<'a, S> {
    /// The point `at` of the family `family`.
    ///
    /// # Errors
    /// If its shapes do not fit each other.
    pub fn new(family: &'a Categorical, at: &'a Point<S>) -> Result<Self, LoopError> {
        Self::with(family, at, Rc::new(Memo::new()))
    }

    /// The same with what is known of it already.
    ///
    /// # Errors
    /// If its shapes do not fit each other.
    pub(super) fn with(
        family: &'a Categorical,
        at: &'a Point<S>,
        memo: Rc<Memo<S>>,
    ) -> Result<Self, LoopError> {
        let n = at.get("p").map_or(0, DMatrix::nrows);
        let fits = |name: &str, rows: usize| at.get(name).is_some_and(|m| m.shape() == (rows, 1));
        let rows = |each: bool| if each { n } else { 1 };
        let good = family.numbers().iter().all(|(name, (_, each))| fits(name, rows(*each)));
        if n < 2 || !good {
            return Err(LoopError::NotObserved);
        }
        Ok(CategoricalScope { family, at, memo })
    }

    fn solved(&self) -> Result<&Solved<S>, LoopError> {
        let made = self.memo.solved.get_or_init(|| Solved::new(self.family, self.at));
        made.as_ref().map_err(Clone::clone)
    }

    fn real(&self, model: usize) -> Result<Value<S>, LoopError> {
        let model = self.solved()?.system.models.get(model).ok_or(LoopError::NotObserved)?;
        Ok(Value::Vector(model.parts[0].law.clone()))
    }

    /// A vector of the point times another.
    fn mean(&self, reward: &str, law: &DVector<S>) -> Value<S> {
        Value::Number(linalg::dot(&self.at.vector(reward), law))
    }
}

impl<S: Arithmetic> Scope<S> for CategoricalScope<'_, S> {
    fn value(&self, name: &str) -> Result<Value<S>, LoopError> {
        Ok(match name {
            "p" | "q" => Value::Vector(law_of(&self.at.vector(name))?),
            "w1" | "w2" | "r1" | "r2" => Value::Vector(self.at.vector(name)),
            "s1" | "s2" | "x1" | "x2" => Value::Number(self.at.number(name)),
            "p_ref" => self.real(0)?,
            "q_ref" => self.real(1)?,
            "dp" => Value::Vector(self.solved()?.moved(0)?.clone()),
            "dq" => Value::Vector(self.solved()?.moved(1)?.clone()),
            "alignment" => self.mean("r1", &law_of(&self.at.vector("p"))?),
            "alignment_q" => self.mean("r2", &law_of(&self.at.vector("q"))?),
            "dalignment" => self.mean("r1", self.solved()?.moved(0)?),
            "dalignment_q" => self.mean("r2", self.solved()?.moved(1)?),
            "direct" => {
                let solved = self.solved()?;
                self.mean("r1", &solved.whole(&solved.forcing)[0])
            }
            "J" => Value::Matrix(self.solved()?.jacobian.clone()),
            "categories" => {
                let n = i32::try_from(self.at.matrix("p").nrows());
                Value::Number(S::from_int(n.map_err(|_| LoopError::NotObserved)?))
            }
            _ => declared_value(&self.family.declared, self.at, name)?,
        })
    }

    fn call(&self, function: &str, arguments: &[Value<S>]) -> Result<Value<S>, LoopError> {
        use Value::{Number, Vector};
        Ok(match (function, arguments) {
            ("law", [Vector(masses)]) => Vector(law_of(masses)?),
            ("curate", [Vector(law), Vector(weights)]) if law.len() == weights.len() => {
                // For infinitely many candidates the result divides by the mean weight.
                if !linalg::dot(law, weights).is_above_zero() {
                    return Err(LoopError::NotObserved);
                }
                Vector(self.family.luce(weights)?.curate(law))
            }
            ("mean", [Vector(law), Vector(reward)]) => Number(linalg::dot(law, reward)),
            _ => return Err(LoopError::NotObserved),
        })
    }
}
