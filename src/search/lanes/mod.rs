//! Many systems at once: a conjecture of the family `linear` as a straight-line program over lanes.
//!
//! The hypotheses and the claim are compiled into one program per shape (number and sizes of the models).
//! Each of its registers holds one number of each of some hundred systems, in `f32` where systems are
//! small enough for most results to be exact there, else in `f64`. The program bounds the rounding
//! errors of its results. What it decides is counted; a system on which it cannot decide, and every
//! system that is kept, is rebuilt as a point and put to the claim by the interpreter
//! ([`Findings::look`]). So the counts are those that the interpreter would have found.
//!
//! Where a margin has another size than the interpreter's (spectral radii of 2 × 2 matrices in
//! hypotheses are decided by Jury's conditions, and those of larger matrices are the middle between two
//! bounds), its sign is the same. The least margin that is reported is the interpreter's, at the point
//! where the lanes' own is least. The ranges seen are measured on one batch in 64.

// What the dispatcher calls must become part of what it calls, or it has no vectors.
#![allow(clippy::inline_always)]

mod compile;
mod draw;
mod matrix;
mod number;
mod program;
#[cfg(test)]
mod tests;

use super::generator;
use super::strategy::{Findings, Strategy, Weight, weighed};
use crate::case::{Case, Route, View};
use crate::check::{Met, ROUNDING, hypotheses};
use crate::claim::Claim;
use crate::conjecture::Conjecture;
use crate::conjecture::declared::Entries;
use crate::conjecture::family::Family;
use crate::conjecture::syntax::{Expr, Infix, Kind};
use crate::point::Point;
use compile::{Compiled, compile};
use draw::Draws;
use program::{Lane, Registers};
use pulp::{Arch, Scalar, Simd, WithSimd};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::collections::BTreeMap;

/// Lanes of `f32` and `f64`: a register fits into a few lines of the first cache.
const NARROW: usize = 256;
const WIDE: usize = 64;

/// Shapes with more parameters than this have no lanes.
const MOST_PARAMETERS: usize = 12;
/// Shapes that are searched, the smallest.
const MOST_SHAPES: usize = 24;

/// Tasks at effort 1.
const TASKS: f64 = 16.0;

/// What a task spends, in units of one instruction on 16 bytes: some 0.06 s where the first cache holds
/// the registers and vectors have 32 bytes.
const BUDGET: u64 = 240_000_000;

/// Points that a task puts to the interpreter at most. A task in which the lanes decide little ends
/// there.
const MOST_LOOKS: u64 = 8_192;

/// Broken points of a shape that a task rebuilds: those that are shorter than what it has are put to
/// exact arithmetic.
const MOST_BROKEN: usize = 8;

/// One batch in so many widens the ranges seen.
const COVERED: u64 = 64;

/// Bulk evaluation of a conjecture of the family `linear`.
pub struct Lanes<'a> {
    claim: &'a Claim,
    shapes: Vec<(Precision, Compiled)>,
    dispatched: bool,
    budget: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Precision {
    Single,
    Double,
}

impl<'a> Lanes<'a> {
    /// For a conjecture and the claim that it is ([`Conjecture::to_claim`]); `None` where nothing of it
    /// can be compiled: other families, declared quantities, `sin_omega`, `rho_q` and the paper's
    /// constants, norms and least symmetric eigenvalues beyond 2 × 2, more than twelve parameters.
    pub fn new(conjecture: &Conjecture, claim: &'a Claim) -> Option<Self> {
        let Family::Linear(family) = &conjecture.family else { return None };
        // Points of such a family have entries that are not drawn here.
        if !family.declared.is_empty() {
            return None;
        }
        let all = conjecture.assume.iter().chain([&conjecture.claim]);
        let equation = all.into_iter().any(|(_, e)| has_equation(e));
        let shapes = shapes(family.models, family.dimension);
        let shapes = shapes.into_iter().filter_map(|sizes| {
            let small = sizes.iter().sum::<usize>() <= 2;
            // Tenths are no numbers of `f32`, and equations need more digits than it has.
            if small && !equation && family.entries != Entries::Tenths {
                Some((Precision::Single, compile::<f32>(conjecture, family, &sizes)?))
            } else {
                Some((Precision::Double, compile::<f64>(conjecture, family, &sizes)?))
            }
        });
        let shapes: Vec<_> = shapes.take(MOST_SHAPES).collect();
        (!shapes.is_empty()).then_some(Lanes { claim, shapes, dispatched: true, budget: BUDGET })
    }

    /// The same without the vectors of the processor, which finds the same.
    #[must_use]
    pub fn without_vectors(mut self) -> Self {
        self.dispatched = false;
        self
    }

    /// Batches of one shape in a task: every shape has the same share of the budget.
    fn batches<T: Lane, const W: usize>(&self, shape: &Compiled) -> u64 {
        let lines = (W * size_of::<T>() / 16) as u64;
        let program = &shape.program;
        // Drawing a number takes some five steps, judging a hypothesis eight.
        let steps = program.len() + 5 * program.inputs.len() + 8 * shape.hypotheses.len() + 16;
        (self.budget / self.shapes.len() as u64 / (steps as u64 * lines)).max(8)
    }

    fn search<T: Lane, const W: usize>(
        &self,
        shape: &Compiled,
        rng: &mut Xoshiro256PlusPlus,
        findings: &mut Findings,
    ) {
        let mut worker = Worker::<T, W>::new(shape, rng, findings.rejected.len());
        let mut seen: BTreeMap<usize, [T; 2]> = BTreeMap::new();
        let (mut looked, mut kept) = (0, 0);
        let arch = Arch::new();
        for batch in 0..self.batches::<T, W>(shape) {
            worker.tally.hunting = kept < MOST_BROKEN;
            let job = Job { worker: &mut worker, batch };
            let special =
                if self.dispatched { arch.dispatch(job) } else { job.with_simd(Scalar::new()) };
            findings.drawn += W as u64;
            if batch.is_multiple_of(COVERED) {
                worker.cover(&mut seen);
            }
            if !special {
                continue;
            }
            for lane in 0..W {
                let verdict = worker.verdict(lane);
                let rebuilt = match verdict {
                    Verdict::Doubt => true,
                    Verdict::Broken => kept < MOST_BROKEN,
                    Verdict::Holds(margin) => margin < worker.tally.least,
                    Verdict::Rejected => false,
                };
                if !rebuilt {
                    continue;
                }
                let at = worker.point(lane);
                let (mut one, margin, close) = interpreted(self.claim, &at);
                if one.broke == 1 && kept < MOST_BROKEN {
                    kept += 1;
                    findings.first = findings.first.or(Some(findings.drawn));
                    findings.keep(self.claim, &at);
                }
                if let Some(margin) = margin {
                    findings.near(margin, &at);
                }
                match verdict {
                    Verdict::Doubt => looked += 1,
                    // The interpreter counts it, so the lane does not.
                    Verdict::Broken => worker.tally.recounted += 1,
                    Verdict::Holds(margin) => {
                        worker.tally.least = margin;
                        continue;
                    }
                    Verdict::Rejected => {}
                }
                if one.undecided == 1 {
                    findings.leave(self.claim, &at, close);
                    one.undecided = 0;
                }
                findings.met += one.met;
                findings.broke += one.broke;
                for (sum, n) in findings.rejected.iter_mut().zip(one.rejected) {
                    *sum += n;
                }
            }
            if looked >= MOST_LOOKS {
                break;
            }
        }
        worker.tally.add_to(findings);
        worker.add_ranges(&seen, findings);
    }
}

impl Strategy for Lanes<'_> {
    fn name(&self) -> &'static str {
        "lanes"
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn tasks(&self, effort: f64) -> u64 {
        (TASKS * effort).ceil().max(1.0) as u64
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        // Other strategies draw from the same seed.
        let mut rng = generator(seed ^ 0x1A4E_5EED, task);
        let mut findings = Findings::none(self.claim.hypotheses.len());
        for (precision, shape) in &self.shapes {
            match precision {
                Precision::Single => self.search::<f32, NARROW>(shape, &mut rng, &mut findings),
                Precision::Double => self.search::<f64, WIDE>(shape, &mut rng, &mut findings),
            }
        }
        findings
    }
}

/// Sizes of the models, the smallest sum first.
fn shapes([fewest, most]: [usize; 2], [least, largest]: [usize; 2]) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    let mut found = Vec::new();
    for count in 1..=most {
        all = all
            .into_iter()
            .flat_map(|sizes| (least..=largest).map(move |n| [sizes.clone(), vec![n]].concat()))
            .filter(|sizes| sizes.iter().sum::<usize>() <= MOST_PARAMETERS)
            .collect();
        if count >= fewest {
            found.extend(all.iter().cloned());
        }
    }
    found.sort_by_key(|sizes| sizes.iter().sum::<usize>());
    found
}

/// Whether some part of `e` is an equation.
fn has_equation(e: &Expr) -> bool {
    match &e.kind {
        Kind::Number(_) | Kind::Name(_) => false,
        Kind::Call { arguments, .. } => arguments.iter().any(has_equation),
        Kind::Entry { of, .. } => has_equation(of),
        Kind::Prefix(_, x) => has_equation(x),
        Kind::Infix(Infix::Equal, ..) => true,
        Kind::Infix(_, l, r) => has_equation(l) || has_equation(r),
    }
}

/// What the interpreter says of one point, counted as [`Findings::look`] counts it before exact arithmetic
/// is asked, the margin where the claim is an inequality that holds, and whether only the claim is open.
fn interpreted(claim: &Claim, at: &Point<f64>) -> (Findings, Option<f64>, bool) {
    let case = Case::new(at.clone());
    let view: View<f64> = case.by(Route::Direct);
    let mut one = Findings::none(claim.hypotheses.len());
    one.drawn = 1;
    let weight = match hypotheses(claim, &view) {
        Met::No(k) => {
            one.rejected[k] = 1;
            return (one, None, false);
        }
        Met::Undecided(_) => {
            one.undecided = 1;
            return (one, None, false);
        }
        Met::Yes => {
            weighed(&claim.property().and_then(|p| p.float(&view).ok()).unwrap_or_default())
        }
    };
    match weight {
        Weight::Nothing | Weight::Close(_) => one.undecided = 1,
        Weight::Holds(_) => one.met = 1,
        Weight::Breaks(_) => (one.met, one.broke) = (1, 1),
    }
    let margin = if let Weight::Holds(margin) = weight { margin } else { None };
    (one, margin, matches!(weight, Weight::Close(_)))
}

/// What a lane says of its system.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict<T> {
    /// Some hypothesis fails.
    Rejected,
    /// The claim holds, by this relative margin; an equation by infinity.
    Holds(T),
    /// The claim fails.
    Broken,
    /// Rounding decides.
    Doubt,
}

/// What is counted lane by lane, as whole numbers in the lanes' own type.
struct Tally<T, const W: usize> {
    rejected: Vec<[T; W]>,
    met: [T; W],
    broke: [T; W],
    /// Of the last batch: 1 where the hypotheses hold, 1 where nobody knows.
    alive: [T; W],
    doubt: [T; W],
    least: T,
    /// Whether broken points are still rebuilt.
    hunting: bool,
    /// Broken points that the interpreter counted instead.
    recounted: u64,
}

impl<T: Lane, const W: usize> Tally<T, W> {
    fn new(hypotheses: usize) -> Self {
        let zeros = [T::of(0.0); W];
        Tally {
            rejected: vec![zeros; hypotheses],
            met: zeros,
            broke: zeros,
            alive: zeros,
            doubt: zeros,
            least: T::INFINITY,
            hunting: true,
            recounted: 0,
        }
    }

    fn add_to(&self, findings: &mut Findings) {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let whole = |counts: &[T; W]| counts.iter().map(|x| x.wide() as u64).sum::<u64>();
        for (sum, counts) in findings.rejected.iter_mut().zip(&self.rejected) {
            *sum += whole(counts);
        }
        findings.met += whole(&self.met) - self.recounted;
        findings.broke += whole(&self.broke) - self.recounted;
    }
}

/// Bounds on errors are rounded too.
const MORE: f64 = 1.01;

/// 1 where `m` is certainly positive, 1 where it is certainly negative, among lanes that are `alive`.
#[inline(always)]
fn decided<T: Lane>(m: T, tolerance: T, alive: T) -> (T, T) {
    let zero = T::of(0.0);
    (if m > tolerance { alive } else { zero }, if m < -tolerance { alive } else { zero })
}

/// Counts one hypothesis.
#[inline(always)]
fn weigh<T: Lane, const W: usize>(
    (m, e): (&[T; W], &[T; W]),
    alive: &mut [T; W],
    doubt: &mut [T; W],
    rejected: &mut [T; W],
) {
    let (more, floor) = (T::of(MORE), T::of(ROUNDING));
    for i in 0..W {
        let (holds, fails) = decided(m[i], e[i] * more + floor, alive[i]);
        doubt[i] = doubt[i] + (alive[i] - holds - fails);
        rejected[i] = rejected[i] + fails;
        alive[i] = holds;
    }
}

/// How the claim is counted.
#[derive(Clone, Copy)]
struct Terms<T> {
    floor: T,
    least: T,
    hunting: T,
}

/// Counts the claim; more than zero where some lane is to be rebuilt, in columns of sixteen, so that
/// vectors add them up.
#[inline(always)]
fn conclude<T: Lane, const W: usize>(
    (m, e, s): (&[T; W], &[T; W], &[T; W]),
    terms: Terms<T>,
    alive: &[T; W],
    doubt: &mut [T; W],
    met: &mut [T; W],
    broke: &mut [T; W],
) -> [T; 16] {
    let (zero, more) = (T::of(0.0), T::of(MORE));
    let Terms { floor, least, hunting } = terms;
    let mut special = [zero; 16];
    for start in (0..W).step_by(16) {
        for (k, special) in special.iter_mut().enumerate() {
            let i = start + k;
            let (holds, fails) = decided(m[i], e[i] * more + floor * s[i], alive[i]);
            doubt[i] = doubt[i] + (alive[i] - holds - fails);
            met[i] = met[i] + (holds + fails);
            broke[i] = broke[i] + fails;
            let nearer = if m[i] < least * s[i] { holds } else { zero };
            *special = *special + (doubt[i] + fails * hunting + nearer);
        }
    }
    special
}

struct Worker<'a, T, const W: usize> {
    shape: &'a Compiled,
    draws: Draws<W>,
    registers: Registers<T, W>,
    tally: Tally<T, W>,
    zeros: [T; W],
    ones: [T; W],
}

impl<'a, T: Lane, const W: usize> Worker<'a, T, W> {
    fn new(shape: &'a Compiled, rng: &mut Xoshiro256PlusPlus, hypotheses: usize) -> Self {
        Worker {
            shape,
            draws: Draws::new(&shape.plan, &shape.program.inputs, rng),
            registers: Registers::new(&shape.program),
            tally: Tally::new(hypotheses),
            zeros: [T::of(0.0); W],
            ones: [T::of(1.0); W],
        }
    }

    fn point(&self, lane: usize) -> Point<f64> {
        self.shape.plan.point(&self.shape.program.inputs, &self.registers, lane)
    }

    /// Draws a batch, executes the program and counts; whether a lane needs a closer look.
    #[inline(always)]
    fn step(&mut self, batch: u64) -> bool {
        self.draws.fill(&mut self.registers, batch);
        self.shape.program.run(&mut self.registers);
        self.judge()
    }

    #[inline(always)]
    fn judge(&mut self) -> bool {
        let Worker { shape, registers, tally, zeros, ones, .. } = self;
        let Tally { rejected, met, broke, alive, doubt, least, hunting, .. } = tally;
        *alive = *ones;
        *doubt = *zeros;
        for (k, d) in &shape.hypotheses {
            let e = d.error.map_or(&*zeros, |id| registers.at(id));
            weigh((registers.at(d.margin), e), alive, doubt, &mut rejected[*k]);
        }
        let d = &shape.claim;
        let e = d.error.map_or(&*zeros, |id| registers.at(id));
        let s = d.scale.map_or(&*ones, |id| registers.at(id));
        let terms = Terms {
            floor: T::of(shape.floor()),
            // An equation has no margin.
            least: if shape.is_equation { -T::INFINITY } else { *least },
            hunting: T::of(f64::from(u8::from(*hunting))),
        };
        let special = conclude((registers.at(d.margin), e, s), terms, alive, doubt, met, broke);
        special.iter().any(|x| *x > T::of(0.0))
    }

    /// What one lane of the last batch says.
    fn verdict(&self, lane: usize) -> Verdict<T> {
        let zero = T::of(0.0);
        if self.tally.doubt[lane] > zero {
            return Verdict::Doubt;
        }
        if self.tally.alive[lane] <= zero {
            return Verdict::Rejected;
        }
        let d = &self.shape.claim;
        let scale = d.scale.map_or(T::of(1.0), |id| self.registers.at(id)[lane]);
        let margin = self.registers.at(d.margin)[lane];
        match (margin < zero, self.shape.is_equation) {
            (true, _) => Verdict::Broken,
            (false, true) => Verdict::Holds(T::INFINITY),
            (false, false) => Verdict::Holds(margin / scale),
        }
    }

    /// Widens the ranges of the inputs to the lanes that were met.
    fn cover(&self, seen: &mut BTreeMap<usize, [T; 2]>) {
        for (k, (_, id)) in self.shape.program.inputs.iter().enumerate() {
            let lanes = self.registers.at(*id).iter().zip(&self.tally.alive);
            for ((&x, alive), doubt) in lanes.zip(&self.tally.doubt) {
                if *alive <= T::of(0.0) || *doubt > T::of(0.0) {
                    continue;
                }
                let range = seen.entry(k).or_insert([x, x]);
                if x < range[0] {
                    range[0] = x;
                }
                if x > range[1] {
                    range[1] = x;
                }
            }
        }
    }

    /// Adds the ranges: two points that have their ends as entries.
    fn add_ranges(&mut self, seen: &BTreeMap<usize, [T; 2]>, findings: &mut Findings) {
        if seen.is_empty() {
            return;
        }
        for end in 0..2 {
            for (k, range) in seen {
                let (_, id) = self.shape.program.inputs[*k];
                self.registers.at_mut(id)[0] = range[end];
            }
            findings.cover(&self.point(0));
        }
    }
}

/// One batch, for the dispatcher.
struct Job<'w, 'a, T, const W: usize> {
    worker: &'w mut Worker<'a, T, W>,
    batch: u64,
}

impl<T: Lane, const W: usize> WithSimd for Job<'_, '_, T, W> {
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> bool {
        self.worker.step(self.batch)
    }
}
