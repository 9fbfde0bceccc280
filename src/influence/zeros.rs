//! Zeros of a function of one real variable on an interval.
//!
//! A scan on a grid misses two zeros between neighbouring grid points, and takes a pole for a
//! zero. [`zeros`] instead replaces the function, piece by piece, by a Chebyshev interpolant that
//! agrees with it to rounding, and then accounts for every part of the interval on the
//! interpolant: the part has no zero (the constant coefficient outweighs the others), or the
//! interpolant is monotone there (the same test on its derivative) and the sign of the function
//! at the two ends decides, or the part is halved. Where the function has no accurate
//! interpolant but its reciprocal has, the zeros of the reciprocal are poles.
//! (Boyd, *Solving Transcendental Equations*, SIAM 2014, chapters 2 and 3.)
//!
//! What is guaranteed, and what not:
//!
//! - A [`Crossing`](Kind::Crossing) is backed by two evaluations of opposite sign, or by one that
//!   is exactly zero. That nothing jumps between the two rests on the interpolant.
//! - Completeness is numerical, not certified. It holds as far as the interpolant is accurate,
//!   and that is tested by the decay of its coefficients and on a few points between its nodes.
//!   A function with a feature much narrower than the distance of the nodes that leaves no trace
//!   elsewhere (a spike of width 1e-3 on a constant) can hide zeros. A pole or a branch point
//!   always leaves a trace.
//! - Below the function's own rounding error, a double zero, a close pair and a near miss cannot
//!   be told apart: mostly one [`Touching`](Kind::Touching) zero is reported, sometimes a pair.
//! - A zero at an end of the interval is found if the function is exactly zero there; if it
//!   evaluates to a rounding error instead, it counts as no zero.
//! - What could not be decided is listed in [`Zeros::unresolved`], not dropped.

use argmin::core::{CostFunction, Error as ArgminError, Executor, State};
use argmin::solver::brent::BrentRoot;
use std::cell::Cell;
use std::collections::VecDeque;
use std::f64::consts::PI;

/// What [`zeros`] found on the interval.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Zeros {
    /// The zeros, increasing.
    pub zeros: Vec<Zero>,
    /// Intervals around the poles, increasing: about 1e-12 wide around a simple pole, wider where
    /// the function is undefined throughout.
    pub poles: Vec<(f64, f64)>,
    /// How often the function was evaluated.
    pub evaluations: usize,
    /// Parts of the interval where the presence of zeros could not be decided, increasing: jumps,
    /// noise, accumulating zeros, parts where the function vanishes identically.
    pub unresolved: Vec<(f64, f64)>,
}

/// One zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Zero {
    /// Left end of the bracket.
    pub lo: f64,
    /// Right end of the bracket. A crossing has `hi - lo ≤ max(1e-12, 2 ε |at|)`, with values of
    /// strictly opposite signs at `lo` and `hi`, or
    /// `lo = at = hi` with the value exactly zero. A touching zero is bracketed less tightly: by
    /// where the function rises above rounding.
    pub hi: f64,
    /// The best estimate, `lo ≤ at ≤ hi`.
    pub at: f64,
    /// How the function behaves there.
    pub kind: Kind,
}

/// How a function behaves at its zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It changes sign. (At an end of the interval: it is monotone next to the zero.)
    Crossing {
        /// From negative to positive.
        rising: bool,
    },
    /// It vanishes to rounding without changing sign: a double zero, or a near miss that the
    /// evaluated values cannot tell from one.
    Touching,
}

/// Why the zeros of a function could not be listed.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum ZeroError {
    /// The interval is empty, reversed or unbounded.
    #[error("no interval from {lo} to {hi}: give finite ends with lo < hi")]
    BadInterval {
        /// The left end as given.
        lo: f64,
        /// The right end as given.
        hi: f64,
    },
    /// The function is exactly zero at every point tried.
    #[error(
        "the function is zero at every point tried on [{lo}, {hi}]: it vanishes identically, so \
         its zeros cannot be listed; check that the quantity depends on the variable at all"
    )]
    IdenticallyZero {
        /// Left end of the interval.
        lo: f64,
        /// Right end of the interval.
        hi: f64,
    },
}

/// Widest bracket of a crossing, and the width at which halving stops.
const BRACKET: f64 = 1e-12;

/// Degree of the interpolants: enough for a few oscillations a piece, few enough to be cheap.
const DEGREE: usize = 32;

/// Coefficients at the end of the expansion whose size stands for the error.
const TAIL: usize = 6;

/// Relative size of the tail at which a piece is resolved: about 500 ε, above the rounding error
/// of a function that solves a small well-conditioned linear system.
const RESOLVED: f64 = 1e-13;

/// A tail that stays put when the piece is halved is noise in the function, not structure. Up to
/// this relative size the interpolant is still used, with the noise as its error.
const NOISE: f64 = 1e-6;

/// Error of an interpolant in units of its tail. Noise of size s has a tail of about s / 4 and
/// errors of a few s; a geometric series that has reached the tail has less.
const ERROR_PER_TAIL: f64 = 32.0;

/// Bound on noise in units of the largest coefficient it has in the upper half of the expansion:
/// noise of size s has coefficients of about s / 4 there, the largest of them about s / 2.
const NOISE_PER_COEFFICIENT: f64 = 32.0;

/// A value below this multiple of the largest one nearby is zero to rounding: the sum of a few
/// terms of that size cannot be trusted further.
const ROUNDING: f64 = 16.0 * f64::EPSILON;

/// Pieces to begin with, so that a narrow feature meets some node.
const FIRST_PIECES: usize = 8;

/// Pieces are cut here, off centre: round numbers, where zeros like to be, shall not be junctions.
const CUT: f64 = 0.487_213_591_549_430_9;

/// Points of the reference interval, between the nodes, on which an interpolant is tested.
const TEST_POINTS: [f64; 4] = [-0.926_535_9, -0.384_626_4, 0.238_979_3, 0.793_238_5];

/// Evaluations after which the rest is left unresolved. A pole or a kink takes 3,000; functions
/// with infinitely many zeros end here.
const MAX_EVALUATIONS: usize = 200_000;

/// Steps of Brent's method; it takes about 8, and bisection stands behind it.
const BRENT_STEPS: u64 = 60;

/// All zeros of `f` on `[lo, hi]`, and its poles.
///
/// `f` must be deterministic. `None`, NaN and infinity all say that it is undefined there, as at
/// a pole, where the linear system behind it is singular. A change of sign across a pole is not
/// a zero. See the [module](self) for what is guaranteed.
///
/// # Errors
///
/// If the interval is empty or unbounded, or if `f` is exactly zero at every point tried.
pub fn zeros(f: impl Fn(f64) -> Option<f64>, lo: f64, hi: f64) -> Result<Zeros, ZeroError> {
    if !(lo < hi && (hi - lo).is_finite()) {
        return Err(ZeroError::BadInterval { lo, hi });
    }
    let mut search = Search {
        function: Function { f: &f, evaluations: Cell::new(0), vanishes: Cell::new(true) },
        table: (0..2 * DEGREE).map(|j| (PI * j as f64 / DEGREE as f64).cos()).collect(),
        domain: (lo, hi),
        queue: VecDeque::new(),
        found: Zeros::default(),
    };
    search.begin();
    // First come, first served: should the budget run out, it was spent evenly.
    while let Some(piece) = search.queue.pop_front() {
        if search.function.evaluations.get() > MAX_EVALUATIONS {
            search.found.unresolved.push((piece.a, piece.b));
        } else {
            search.examine(&piece);
        }
    }
    if search.function.vanishes.get() {
        return Err(ZeroError::IdenticallyZero { lo, hi });
    }
    Ok(search.finish())
}

/// How a piece is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum View {
    /// `f`, whose zeros are sought.
    Direct,
    /// `1 / f`, whose zeros are the poles of `f`.
    Reciprocal,
}

const VIEWS: [View; 2] = [View::Direct, View::Reciprocal];

impl View {
    fn of(self, value: Option<f64>) -> Option<f64> {
        match self {
            View::Direct => value,
            View::Reciprocal => value.map_or(Some(0.0), |v| Some(1.0 / v)),
        }
        .filter(|v| v.is_finite())
    }
}

/// The function, counting.
struct Function<'f> {
    f: &'f dyn Fn(f64) -> Option<f64>,
    evaluations: Cell<usize>,
    /// Whether every value so far was exactly zero.
    vanishes: Cell<bool>,
}

impl Function<'_> {
    fn at(&self, x: f64) -> Option<f64> {
        self.evaluations.set(self.evaluations.get() + 1);
        let value = (self.f)(x).filter(|v| v.is_finite());
        if value != Some(0.0) {
            self.vanishes.set(false);
        }
        value
    }
}

/// A part of the interval, to be examined on fresh values.
struct Piece {
    a: f64,
    b: f64,
    /// Tail of the interpolant on the piece that this one was cut from, in each view.
    tails: [f64; 2],
    /// Set where an interpolant on a wider piece was too coarse to decide.
    doubt: Option<Doubt>,
}

#[derive(Clone, Copy)]
struct Doubt {
    view: View,
    /// Error of the interpolant that could not decide.
    error: f64,
    /// Largest value on the widest piece with an interpolant: what rounding is measured by.
    scale: f64,
}

/// A Chebyshev interpolant on `[a, b]`.
struct Interpolant {
    a: f64,
    b: f64,
    coefficients: Vec<f64>,
    error: f64,
}

impl Interpolant {
    /// The point of `[a, b]` that `s` in `[-1, 1]` stands for.
    fn point(&self, s: f64) -> f64 {
        // Exact at the ends, where neighbouring pieces must meet.
        if s >= 1.0 { self.b } else { self.a + (self.b - self.a) * (0.5 * (s + 1.0)) }
    }
}

struct Search<'f> {
    function: Function<'f>,
    /// `cos(j π / DEGREE)`.
    table: Vec<f64>,
    domain: (f64, f64),
    queue: VecDeque<Piece>,
    found: Zeros,
}

impl Search<'_> {
    fn begin(&mut self) {
        let (lo, hi) = self.domain;
        let edge = |i: usize| match i {
            0 => lo,
            FIRST_PIECES => hi,
            _ => lo + (hi - lo) * ((i as f64 - 1.0 + CUT) / (FIRST_PIECES as f64 - 1.0)),
        };
        for i in 0..FIRST_PIECES {
            let tails = [f64::INFINITY; 2];
            self.queue.push_back(Piece { a: edge(i), b: edge(i + 1), tails, doubt: None });
        }
    }

    /// Finds an interpolant of the piece and the zeros or poles on it, or cuts the piece.
    fn examine(&mut self, piece: &Piece) {
        let (a, b) = (piece.a, piece.b);
        let nodes = self.nodes(a, b);
        let samples: Vec<_> = nodes.iter().map(|&x| self.function.at(x)).collect();
        if samples.iter().all(|&v| v == Some(0.0)) {
            return self.found.unresolved.push((a, b));
        }
        if samples.iter().all(Option::is_none) {
            return self.found.poles.push((a, b));
        }
        let narrow = b - a <= bracket_at(a);
        if narrow && piece.doubt.is_none() {
            return self.classify(a, b, &samples);
        }
        let mut tails = [f64::INFINITY; 2];
        for (view, tail) in VIEWS.into_iter().zip(&mut tails) {
            let values: Option<Vec<_>> = samples.iter().map(|&v| view.of(v)).collect();
            let Some(values) = values else { continue };
            let coefficients = self.expand(&values);
            let scale = largest(&values);
            *tail = largest(&coefficients[DEGREE + 1 - TAIL..]);
            // The nodes are rounded, which moves the values by this much.
            let slope: f64 = derivative(&coefficients).iter().map(|d| d.abs()).sum();
            let blur = slope / (0.5 * (b - a)) * f64::EPSILON * a.abs().max(b.abs());
            let noisy = tail.max(blur) > RESOLVED * scale;
            let doubt = piece.doubt.filter(|d| d.view == view);
            if let Some(doubt) = doubt.filter(|d| narrow || (noisy && *tail <= d.error)) {
                let measured = NOISE_PER_COEFFICIENT * largest(&coefficients[DEGREE / 2..]);
                // On a few ulp of x the samples are too alike to show how far to trust them.
                let assumed = if narrow { ROUNDING * doubt.scale } else { 0.0 };
                return self.settle(&nodes, &values, measured.max(assumed), doubt);
            }
            let stuck = *tail >= 0.25 * piece.tails[view as usize];
            let limit = if stuck { NOISE } else { RESOLVED };
            if *tail > limit * scale {
                continue;
            }
            let error = ERROR_PER_TAIL * tail.max(f64::EPSILON * scale) + blur;
            let interpolant = Interpolant { a, b, coefficients, error };
            if self.fits(&interpolant, view) {
                let scale = doubt.map_or(scale, |d| d.scale);
                return self.account(&interpolant, Doubt { view, error, scale });
            }
        }
        if narrow {
            return self.found.unresolved.push((a, b));
        }
        let cut = a + CUT * (b - a);
        self.queue.push_back(Piece { a, b: cut, tails, doubt: piece.doubt });
        self.queue.push_back(Piece { a: cut, b, tails, doubt: piece.doubt });
    }

    fn fits(&self, p: &Interpolant, view: View) -> bool {
        TEST_POINTS.iter().all(|&s| {
            let value = view.of(self.function.at(p.point(s)));
            value.is_some_and(|v| (v - evaluate(&p.coefficients, s)).abs() <= p.error)
        })
    }

    /// Accounts for all of an interpolant's piece.
    fn account(&mut self, p: &Interpolant, doubt: Doubt) {
        let mut doubtful: Vec<(f64, f64)> = vec![];
        let mut open = vec![(-1.0, 1.0, p.coefficients.clone())];
        while let Some((s, t, c)) = open.pop() {
            let rest: f64 = c[1..].iter().map(|c| c.abs()).sum();
            if c[0].abs() > rest + p.error {
                continue;
            }
            let (a, b) = (p.point(s), p.point(t));
            if c[0].abs() + rest <= 4.0 * p.error || b - a <= bracket_at(a) {
                // Left to right, so neighbours join: a zero must not sit on a junction of doubt.
                match doubtful.last_mut().filter(|last| last.1 >= a) {
                    Some(last) => last.1 = b,
                    None => doubtful.push((a, b)),
                }
                continue;
            }
            let d = derivative(&c);
            let rest: f64 = d[1..].iter().map(|d| d.abs()).sum();
            // Markov: the derivative of an error e of degree n is at most n² e.
            let margin = (DEGREE * DEGREE) as f64 * p.error * (0.5 * (t - s));
            if d[0].abs() > rest + margin {
                self.monotone(doubt.view, a, b);
                continue;
            }
            let cut = s + CUT * (t - s);
            open.push((cut, t, self.restrict(p, cut, t)));
            open.push((s, cut, self.restrict(p, s, cut)));
        }
        for (a, b) in doubtful {
            let tails = [f64::INFINITY; 2];
            self.queue.push_back(Piece { a, b, tails, doubt: Some(doubt) });
        }
    }

    /// At most one zero on `[a, b]`: the signs at the ends decide.
    fn monotone(&mut self, view: View, a: f64, b: f64) {
        let (Some(fa), Some(fb)) = (self.value(view, a), self.value(view, b)) else {
            return self.found.unresolved.push((a, b));
        };
        match (fa == 0.0, fb == 0.0) {
            (true, true) => self.found.unresolved.push((a, b)),
            (true, false) => self.record(view, exact(a, fb > 0.0)),
            (false, true) => self.record(view, exact(b, fa < 0.0)),
            _ if (fa < 0.0) != (fb < 0.0) => self.refine(view, a, b),
            _ => {}
        }
    }

    /// Closes in on a change of sign between `a` and `b`.
    fn refine(&mut self, view: View, mut a: f64, mut b: f64) {
        let rising = self.value(view, a).is_some_and(|v| v < 0.0);
        let root = self.brent(view, a, b).unwrap_or(f64::midpoint(a, b));
        let width = bracket_at(root);
        let mut step = 0;
        while step < 3 || b - a > width {
            let x = match step {
                0 => root,
                1 => root - 0.45 * width,
                2 => root + 0.45 * width,
                // The safety net, where Brent's method fell short.
                _ => f64::midpoint(a, b),
            };
            step += 1;
            if x <= a || x >= b {
                continue;
            }
            match self.value(view, x) {
                None => return self.found.unresolved.push((a, b)),
                Some(0.0) => return self.record(view, exact(x, rising)),
                Some(v) if (v < 0.0) == rising => a = x,
                Some(_) => b = x,
            }
        }
        let at = if a <= root && root <= b { root } else { f64::midpoint(a, b) };
        self.record(view, Zero { lo: a, hi: b, at, kind: Kind::Crossing { rising } });
    }

    fn brent(&self, view: View, a: f64, b: f64) -> Option<f64> {
        let target = Target { search: self, view };
        let run = Executor::new(target, BrentRoot::new(a, b, 0.1 * BRACKET))
            .configure(|state| state.param(a).max_iters(BRENT_STEPS))
            .run();
        run.ok()?.state.get_best_param().copied()
    }

    /// Decides a piece on its samples alone, of which the `noise` is known, as no interpolant will
    /// say more.
    fn settle(&mut self, nodes: &[f64], values: &[f64], noise: f64, doubt: Doubt) {
        let last = nodes.len() - 1;
        let clear: Vec<_> = (0..=last).filter(|&i| values[i].abs() > noise).collect();
        let opposite = |i: usize, j: usize| values[i].signum() * values[j] < 0.0;
        let mut changes: Vec<_> =
            clear.windows(2).map(|w| (w[0], w[1])).filter(|&(i, j)| opposite(i, j)).collect();
        if changes.is_empty() && opposite(0, last) {
            // An odd zero so flat that noise hides it: one of its changes of sign.
            changes.push((0, last));
        }
        for &(i, j) in &changes {
            self.refine(doubt.view, nodes[i], nodes[j]);
        }
        if !changes.is_empty() {
            return;
        }
        let size = |i: usize| values[i].abs();
        let least = (0..=last).min_by(|&i, &j| size(i).total_cmp(&size(j))).unwrap_or(0);
        if clear.len() > last && largest(values) <= 4.0 * size(least) {
            // Away from zero all over: between such values it has no room to dip.
            return;
        }
        let lo = clear.iter().rfind(|&&i| i < least).map_or(0, |&i| i);
        let hi = clear.iter().find(|&&i| i > least).map_or(last, |&i| i);
        let (a, b) = (nodes[lo], nodes[hi]);
        let width = nodes[last] - nodes[0];
        if width > bracket_at(a) && b - a < 0.5 * width {
            // Noise from rounding the nodes themselves falls with the slope: look closer.
            let tails = [f64::INFINITY; 2];
            self.queue.push_back(Piece { a, b, tails, doubt: Some(doubt) });
        } else if clear.len() <= last {
            let kind = Kind::Touching;
            self.record(doubt.view, Zero { lo: a, hi: b, at: nodes[least], kind });
        }
    }

    /// Says what a piece without interpolant, too narrow to cut, has shrunk onto: around a pole
    /// the function grows, around a kink at zero it falls.
    fn classify(&mut self, a: f64, b: f64, samples: &[Option<f64>]) {
        let reach = 1024.0 * (b - a);
        let (lo, hi) = ((a - reach).max(self.domain.0), (b + reach).min(self.domain.1));
        let around: Vec<f64> = [lo, hi]
            .into_iter()
            .filter(|&x| x < a || x > b)
            .filter_map(|x| self.function.at(x))
            .map(f64::abs)
            .collect();
        let inside: Option<Vec<f64>> = samples.iter().copied().collect();
        let Some(inside) = inside.filter(|v| largest(v) < 8.0 * largest(&around)) else {
            return self.found.poles.push((a, b));
        };
        if around.iter().any(|&v| largest(&inside) > v / 8.0) {
            return self.found.unresolved.push((a, b));
        }
        let (first, last) = (inside[0], inside[inside.len() - 1]);
        if first != 0.0 && last != 0.0 && (first < 0.0) != (last < 0.0) {
            return self.refine(View::Direct, a, b);
        }
        let at = f64::midpoint(a, b);
        self.record(View::Direct, Zero { lo, hi, at, kind: Kind::Touching });
    }

    fn record(&mut self, view: View, zero: Zero) {
        match view {
            View::Direct => self.found.zeros.push(zero),
            View::Reciprocal => self.found.poles.push((zero.lo, zero.hi)),
        }
    }

    fn value(&self, view: View, x: f64) -> Option<f64> {
        view.of(self.function.at(x))
    }

    /// Sorts, and joins what neighbouring pieces reported twice.
    fn finish(mut self) -> Zeros {
        let mut all = std::mem::take(&mut self.found.zeros);
        all.sort_by(|x, y| x.at.total_cmp(&y.at));
        let mut joined: Vec<Zero> = vec![];
        for zero in all {
            match joined.last_mut().filter(|last| same(last, &zero)) {
                Some(last) => *last = self.join(*last, zero),
                None => joined.push(zero),
            }
        }
        join_intervals(&mut self.found.poles);
        join_intervals(&mut self.found.unresolved);
        Zeros { zeros: joined, evaluations: self.function.evaluations.get(), ..self.found }
    }

    fn join(&mut self, x: Zero, y: Zero) -> Zero {
        let crosses = |z: &Zero| z.kind != Kind::Touching;
        let sure = |z: &Zero| crosses(z) && z.lo < z.hi;
        if sure(&x) || (crosses(&x) && x.kind == y.kind) {
            return x;
        }
        if sure(&y) {
            return y;
        }
        // An exact zero was seen from one side, a touching one may be flatter than its part: only
        // the signs on both sides of the whole tell.
        let (mut lo, mut hi) = (x.lo.min(y.lo), x.hi.max(y.hi));
        let room = (hi - lo).max(bracket_at(x.at));
        (lo, hi) = ((lo - room).max(self.domain.0), (hi + room).min(self.domain.1));
        let ends = [lo, hi].map(|x| self.value(View::Direct, x).unwrap_or(0.0));
        if ends[0] != 0.0 && ends[1] != 0.0 && (ends[0] < 0.0) != (ends[1] < 0.0) {
            self.refine(View::Direct, lo, hi);
        }
        let size = |x| self.value(View::Direct, x).map_or(f64::INFINITY, f64::abs);
        let at = if size(y.at) < size(x.at) { y.at } else { x.at };
        self.found.zeros.pop().unwrap_or(Zero { lo, hi, at, kind: Kind::Touching })
    }

    /// The Chebyshev points of `[a, b]`, increasing, ends included.
    fn nodes(&self, a: f64, b: f64) -> Vec<f64> {
        let reference = Interpolant { a, b, coefficients: vec![], error: 0.0 };
        (0..=DEGREE).rev().map(|j| reference.point(self.table[j])).collect()
    }

    /// Coefficients of the interpolant through values at the increasing Chebyshev points.
    fn expand(&self, values: &[f64]) -> Vec<f64> {
        let end = |j: usize| if j == 0 || j == DEGREE { 0.5 } else { 1.0 };
        (0..=DEGREE)
            .map(|k| {
                let term =
                    |j: usize| end(j) * values[DEGREE - j] * self.table[(j * k) % (2 * DEGREE)];
                end(k) * (0..=DEGREE).map(term).sum::<f64>() * (2.0 / DEGREE as f64)
            })
            .collect()
    }

    /// Coefficients of the same polynomial on the part `[s, t]` of its reference interval.
    fn restrict(&self, p: &Interpolant, s: f64, t: f64) -> Vec<f64> {
        let nodes = self.nodes(s, t);
        let values: Vec<_> = nodes.iter().map(|&x| evaluate(&p.coefficients, x)).collect();
        self.expand(&values)
    }
}

/// The function as argmin wants it.
struct Target<'s, 'f> {
    search: &'s Search<'f>,
    view: View,
}

impl CostFunction for Target<'_, '_> {
    type Param = f64;
    type Output = f64;

    fn cost(&self, x: &f64) -> Result<f64, ArgminError> {
        let value = self.search.value(self.view, *x);
        value.ok_or_else(|| ArgminError::msg("undefined between two values of opposite sign"))
    }
}

fn exact(at: f64, rising: bool) -> Zero {
    Zero { lo: at, hi: at, at, kind: Kind::Crossing { rising } }
}

/// Whether two neighbouring zeros, in increasing order, are one.
fn same(x: &Zero, y: &Zero) -> bool {
    let turns = x.kind != y.kind && x.kind != Kind::Touching && y.kind != Kind::Touching;
    if turns { y.at <= x.at } else { y.lo <= x.hi + bracket_at(x.hi) }
}

fn join_intervals(all: &mut Vec<(f64, f64)>) {
    all.sort_by(|x, y| x.0.total_cmp(&y.0));
    all.dedup_by(|next, last| {
        let joined = next.0 <= last.1 + bracket_at(last.1);
        if joined {
            last.1 = last.1.max(next.1);
        }
        joined
    });
}

/// Widest bracket of a crossing at `x`.
fn bracket_at(x: f64) -> f64 {
    BRACKET.max(2.0 * f64::EPSILON * x.abs())
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| v.abs().max(m))
}

/// Clenshaw's sum of a Chebyshev expansion at `s`.
fn evaluate(coefficients: &[f64], s: f64) -> f64 {
    let (mut b1, mut b2) = (0.0, 0.0);
    for &c in coefficients[1..].iter().rev() {
        (b1, b2) = (2.0 * s * b1 - b2 + c, b1);
    }
    s * b1 - b2 + coefficients[0]
}

/// Chebyshev coefficients of the derivative.
fn derivative(c: &[f64]) -> Vec<f64> {
    let mut d = vec![0.0; c.len() + 1];
    for k in (1..c.len()).rev() {
        d[k - 1] = d[k + 1] + 2.0 * k as f64 * c[k];
    }
    d[0] *= 0.5;
    d.truncate(c.len() - 1);
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn total(f: impl Fn(f64) -> f64) -> impl Fn(f64) -> Option<f64> {
        move |x| Some(f(x))
    }

    /// Runs [`zeros`] and checks what it promises of every result.
    fn checked(f: impl Fn(f64) -> Option<f64>, lo: f64, hi: f64) -> Zeros {
        let found = zeros(&f, lo, hi).unwrap();
        for z in &found.zeros {
            assert!(lo <= z.lo && z.lo <= z.at && z.at <= z.hi && z.hi <= hi, "{z:?}");
            if let Kind::Crossing { rising } = z.kind {
                let sign = if rising { 1.0 } else { -1.0 };
                if z.hi <= z.lo {
                    assert_eq!(f(z.at), Some(0.0));
                } else {
                    assert!(z.hi - z.lo <= bracket_at(z.at), "{z:?}");
                    assert!(sign * f(z.lo).unwrap() < 0.0 && sign * f(z.hi).unwrap() > 0.0);
                }
            }
        }
        assert!(found.zeros.windows(2).all(|w| w[0].at < w[1].at));
        found
    }

    /// Asserts zeros at the given places (to 2e-12), crossing there in the given directions.
    fn assert_crossings(found: &Zeros, expected: &[(f64, bool)]) {
        let actual: Vec<_> = found.zeros.iter().map(|z| (z.at, z.kind)).collect();
        assert_eq!(actual.len(), expected.len(), "{found:?}");
        for ((at, kind), &(x, rising)) in actual.iter().zip(expected) {
            assert!((at - x).abs() <= 2e-12, "{at} for {x}");
            assert_eq!(*kind, Kind::Crossing { rising }, "at {x}");
        }
        assert_eq!(found.unresolved, []);
    }

    #[test]
    fn polynomials() {
        let found = checked(total(|x| (x - 0.2) * (x - 0.5) * (x - 0.9)), 0.0, 1.0);
        assert_crossings(&found, &[(0.2, true), (0.5, false), (0.9, true)]);
        assert_eq!(found.poles, []);
        assert!(found.evaluations < 1000, "{}", found.evaluations);
        // x³ - x on [-2, 2]: -1, 0, 1.
        let found = checked(total(|x| x * x * x - x), -2.0, 2.0);
        assert_crossings(&found, &[(-1.0, true), (0.0, false), (1.0, true)]);
        // No zero: x² + 1e-6.
        assert_eq!(checked(total(|x| x * x + 1e-6), -1.0, 1.0).zeros, []);
        assert_eq!(checked(total(|_| 3.0), -1.0, 1.0).zeros, []);
    }

    #[test]
    fn close_pairs() {
        for gap in [1e-4, 1e-7] {
            let (one, other) = (0.387_654_321, 0.387_654_321 + gap);
            let found = checked(total(|x| (x - one) * (x - other)), 0.0, 1.0);
            assert_crossings(&found, &[(one, false), (other, true)]);
        }
        // Multiplied out, rounding moves the zeros of a pair 1e-4 apart by about ε / 1e-4.
        let (one, other) = (0.387, 0.387 + 1e-4);
        let found = checked(total(|x| x * x - (one + other) * x + one * other), 0.0, 1.0);
        assert_crossings(&found, &[(one, false), (other, true)]);
    }

    #[test]
    fn double_zeros() {
        for at in [0.5, 0.387_654_321] {
            for f in [
                Box::new(|x: f64| (x - at) * (x - at)) as Box<dyn Fn(f64) -> f64>,
                Box::new(|x: f64| x * x - 2.0 * at * x + at * at),
                Box::new(|x: f64| -(x - at).powi(4)),
            ] {
                let found = checked(total(f), 0.0, 1.0);
                let [z] = found.zeros[..] else { panic!("{found:?}") };
                assert_eq!(z.kind, Kind::Touching);
                // Rounding hides the place to a fourth root of ε at worst.
                assert!(z.lo <= at && at <= z.hi && z.hi - z.lo < 1e-3, "{z:?}");
                assert_eq!(found.unresolved, []);
            }
        }
        // 1e-9 above zero is above rounding.
        assert_eq!(checked(total(|x| (x - 0.4) * (x - 0.4) + 1e-9), 0.0, 1.0).zeros, []);
    }

    #[test]
    fn triple_zero_multiplied_out() {
        for at in [0.5, 0.25, 0.3] {
            let f = |x: f64| ((x - 3.0 * at) * x + 3.0 * at * at) * x - at * at * at;
            let found = checked(total(f), 0.0, 1.0);
            // A change of sign somewhere in the noise, which reaches as far as the cube root of ε.
            let [z] = found.zeros[..] else { panic!("{found:?}") };
            assert_eq!(z.kind, Kind::Crossing { rising: true });
            assert!((z.at - at).abs() < 1e-4);
        }
    }

    #[test]
    fn many_oscillations() {
        // sin 200x on [0, 1]: x = kπ/200 for k = 0, …, 63, as 200/π = 63.66.
        let found = checked(total(|x| (200.0 * x).sin()), 0.0, 1.0);
        let expected: Vec<_> =
            (0..=63_u8).map(|k| (f64::from(k) * PI / 200.0, k % 2 == 0)).collect();
        assert_crossings(&found, &expected);
        assert!(found.evaluations < 10_000, "{}", found.evaluations);
    }

    #[test]
    fn poles_are_not_zeros() {
        let simple = checked(total(|x| 1.0 / (x - 0.3)), 0.0, 1.0);
        assert_eq!((simple.zeros.len(), simple.poles.len()), (0, 1));
        let (a, b) = simple.poles[0];
        assert!(a <= 0.3 && 0.3 <= b && b - a <= 1e-12);

        let double = checked(total(|x| 1.0 / (x - 0.3).powi(2)), 0.0, 1.0);
        assert_eq!((double.zeros.len(), double.poles.len()), (0, 1));

        // tan on [-1, 10]: zeros 0, π, 2π, 3π, all rising; poles π/2, 3π/2, 5π/2.
        let tan = checked(total(f64::tan), -1.0, 10.0);
        let expected: Vec<_> = (0..4_u8).map(|k| (f64::from(k) * PI, true)).collect();
        assert_crossings(&tan, &expected);
        assert_eq!(tan.poles.len(), 3);
        for (k, &(a, b)) in tan.poles.iter().enumerate() {
            let pole = (k as f64 + 0.5) * PI;
            assert!(a <= pole + 1e-14 && pole - 1e-14 <= b && b - a < 1e-11);
        }

        // A singular point reported as such, at the end of the interval.
        let end = checked(|x| (x != 0.0).then(|| (x - 0.6) / x), 0.0, 1.0);
        assert_crossings(&end, &[(0.6, true)]);
        assert_eq!(end.poles.len(), 1);
        assert!(end.poles[0].0 <= 0.0 && end.poles[0].1 <= 1e-11);

        // Undefined on a whole part.
        let part = checked(|x| (x > 0.25).then(|| x.ln()), 0.0, 2.0);
        assert_crossings(&part, &[(1.0, true)]);
        assert_eq!(part.poles.len(), 1);
        assert!(part.poles[0].0 <= 0.0 && (part.poles[0].1 - 0.25).abs() < 1e-11);
    }

    #[test]
    fn close_zero_and_pole() {
        for gap in [1e-4, -1e-4, 1e-7] {
            let f = move |x: f64| (x - 0.5) / (x - 0.5 - gap);
            let found = checked(total(f), 0.0, 1.0);
            // Beside the zero the denominator is -gap.
            assert_crossings(&found, &[(0.5, gap < 0.0)]);
            assert_eq!(found.poles.len(), 1);
            let (a, b) = found.poles[0];
            assert!((a - 0.5 - gap).abs() < 1e-11 && (b - 0.5 - gap).abs() < 1e-11);
        }
    }

    #[test]
    fn ends() {
        let found = checked(total(|x| x * (1.0 - x)), 0.0, 1.0);
        assert_crossings(&found, &[(0.0, true), (1.0, false)]);
        // x² touches at the end.
        let found = checked(total(|x| x * x), 0.0, 1.0);
        assert_eq!(found.zeros.len(), 1);
        assert!(found.zeros[0].lo == 0.0 && found.zeros[0].hi < 1e-6, "{found:?}");
        // On the first junction: reported once.
        let junction = CUT / (FIRST_PIECES as f64 - 1.0);
        let found = checked(total(|x| x - junction), 0.0, 1.0);
        assert_crossings(&found, &[(junction, true)]);
        let found = checked(total(|x| (x - junction).powi(3)), 0.0, 1.0);
        assert_eq!(found.zeros.len(), 1);
        assert_eq!(found.zeros[0].kind, Kind::Crossing { rising: true }, "{found:?}");
    }

    #[test]
    fn kinks_and_jumps() {
        let root = checked(total(|x| (x - 0.3).cbrt()), 0.0, 1.0);
        assert_eq!(root.zeros.len(), 1, "{root:?}");
        assert_eq!(root.zeros[0].kind, Kind::Crossing { rising: true });
        let kink = checked(total(|x| (x - 0.3).abs()), 0.0, 1.0);
        assert_eq!(kink.zeros.len(), 1, "{kink:?}");
        assert_eq!(kink.zeros[0].kind, Kind::Touching);
        // A jump over zero is not a zero, and not passed over in silence.
        let jump = checked(total(|x| if x < 0.3 { -1.0 } else { 2.0 }), 0.0, 1.0);
        assert_eq!(jump.zeros, []);
        assert_eq!(jump.unresolved.len(), 1, "{jump:?}");
        assert!(jump.unresolved[0].0 <= 0.3 && 0.3 <= jump.unresolved[0].1);
        assert!(jump.unresolved[0].1 - jump.unresolved[0].0 < 1e-11);
    }

    #[test]
    fn noise_and_accumulation() {
        // Values good to 1e-10 only: the zero of cos is found all the same.
        let f = |x: f64| x.cos() + 1e-10 * (1e12 * x).sin();
        let found = checked(total(f), 0.0, 3.0);
        assert_eq!(found.zeros.len(), 1, "{found:?}");
        assert!((found.zeros[0].at - PI / 2.0).abs() < 1e-9);
        assert!(found.evaluations < 10_000, "{}", found.evaluations);
        // sin 1/x has infinitely many zeros: those left of 1/kπ, large k, stay unresolved.
        let found = checked(|x| (x != 0.0).then(|| (1.0 / x).sin()), 0.0, 1.0);
        assert!(found.unresolved.iter().all(|u| u.1 < 1e-2), "{:?}", found.unresolved);
        let outer: Vec<_> = found.zeros.iter().rev().take(20).collect();
        for (k, z) in (1_u8..).zip(outer) {
            assert!((z.at - 1.0 / (f64::from(k) * PI)).abs() < 1e-12);
        }
    }

    #[test]
    fn errors() {
        let vanishing = zeros(|_| Some(0.0), 0.0, 1.0);
        assert_eq!(vanishing, Err(ZeroError::IdenticallyZero { lo: 0.0, hi: 1.0 }));
        for (lo, hi) in [(1.0, 0.0), (0.0, 0.0), (0.0, f64::INFINITY), (f64::NAN, 1.0)] {
            assert!(matches!(zeros(Some, lo, hi), Err(ZeroError::BadInterval { .. })));
        }
        let nowhere = zeros(|_| None, 0.0, 1.0).unwrap();
        assert_eq!(nowhere.poles, [(0.0, 1.0)]);
    }

    #[test]
    fn scales() {
        // Far from the origin doubles lie 1e-4 apart.
        let found = checked(total(|x| (x - 1e12) * (x - 1e12 - 0.25)), 0.0, 2e12);
        assert_eq!(found.zeros.len(), 2, "{found:?}");
        // Tiny and huge values.
        for size in [1e-290, 1e290] {
            let found = checked(total(|x| size * (x - 0.2) * (x - 0.7)), 0.0, 1.0);
            assert_crossings(&found, &[(0.2, false), (0.7, true)]);
        }
    }

    /// Distinct points k/1000 with 0 < k < 1000, each nudged off the grid.
    fn points(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f64>> {
        proptest::collection::btree_set(1..1000_u16, count)
            .prop_map(|set| set.into_iter().map(|k| (f64::from(k) + 0.123) / 1000.0).collect())
    }

    proptest! {
        #[test]
        fn planted_zeros_and_poles(
            all in points(0..12),
            split in 0..12_usize,
            (re, im) in (0.0..1.0_f64, 0.01..1.0_f64),
            shift in 0.0..10.0_f64,
        ) {
            // Zeros and poles interleaved at random, and a conjugate pair of poles off the axis.
            let (planted, poles): (Vec<_>, Vec<_>) =
                all.iter().enumerate().partition(|(i, _)| (i * 7 + split) % 12 < 8);
            let planted: Vec<f64> = planted.into_iter().map(|(_, &x)| x).collect();
            let poles: Vec<f64> = poles.into_iter().map(|(_, &x)| x).collect();
            let f = |x: f64| {
                let above: f64 = planted.iter().map(|z| 10.0 * (x - z)).product();
                let below: f64 = poles.iter().map(|p| 10.0 * (x - p)).product();
                let value = above * (shift * x).exp() / below / ((x - re).powi(2) + im * im);
                (below != 0.0).then_some(value)
            };
            let found = checked(f, 0.0, 1.0);
            prop_assert_eq!(found.zeros.len(), planted.len(), "{:?}", found);
            for (z, x) in found.zeros.iter().zip(&planted) {
                prop_assert!((z.at - x).abs() <= 1e-12, "{} for {}", z.at, x);
                prop_assert!(z.kind != Kind::Touching);
            }
            prop_assert_eq!(found.poles.len(), poles.len());
            prop_assert_eq!(found.unresolved, []);

            // A scan sees no change of sign elsewhere (poles are of odd order, so excepted).
            let grid = |i: u32| f64::from(i) / 1e5;
            let scan: Vec<_> = (0..=100_000).map(|i| f(grid(i))).collect();
            for (i, w) in (0..).zip(scan.windows(2)) {
                if let [Some(v), Some(w)] = w && v * w < 0.0 {
                    let near = |x: f64| grid(i) <= x && x <= grid(i + 1);
                    let known = found.zeros.iter().any(|z| near(z.at))
                        || found.poles.iter().any(|p| near(p.0));
                    prop_assert!(known, "scan sees a change of sign at {}", grid(i));
                }
            }
        }

        #[test]
        fn sums_of_waves(
            waves in proptest::collection::vec((-8..=8_i8, 1..=40_u8, 0..64_u8), 1..5),
        ) {
            let f = |x: f64| {
                let wave = |&(c, w, p): &(i8, u8, u8)| {
                    f64::from(c) * (f64::from(w) * x + f64::from(p) / 10.0).cos()
                };
                waves.iter().map(wave).sum::<f64>() + 0.1
            };
            let found = checked(total(f), 0.0, 3.0);
            prop_assert_eq!(&found.unresolved, &[]);
            let grid = |i: u32| 3.0 * f64::from(i) / 1e5;
            let scan: Vec<_> = (0..=100_000).map(|i| f(grid(i))).collect();
            let changes = scan.windows(2).filter(|w| w[0] * w[1] < 0.0).count();
            let crossings = found.zeros.iter().filter(|z| z.kind != Kind::Touching).count();
            prop_assert!(crossings >= changes, "{} < {}", crossings, changes);
        }
    }
}
