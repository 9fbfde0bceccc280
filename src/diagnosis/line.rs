//! Where along a dial a loop converges, and where more curation raises an alignment.
//!
//! A round's Jacobian `B(x)` is affine in the share `x`, and only in as many rows as the model has
//! parameters whose mixture is moved. So the shares at which an eigenvalue crosses the unit circle are
//! among the roots of three polynomials of low degree, $\det(I - B)$, $\det(I + B)$ and
//! $\prod_{i<j} (1 - \lambda_i \lambda_j)$, and an influence is a rational function of `x`. For small loops
//! the polynomials are computed from their values at whole numbers, in rational arithmetic; their real
//! roots are isolated for certain, and between two of them one share, decided exactly, speaks for all.
//! However narrow a window is, it is found, and where there is none, that is proved.
//!
//! For large loops, and for orders that switch, the same windows are looked for in floating point: rate and
//! influence on a grid, and at their least and greatest values between the steps. That is a search, and
//! proves nothing.

use super::dial::Dial;
use super::knobs::{influence_at, sign};
use super::polynomial::{Polynomial, Root, largest_root_against_one};
use super::proof;
use crate::dynamics::{self, rate, round_jacobian};
use crate::error::LoopError;
use crate::influence;
use crate::linalg;
use crate::scalar::{Exact, Scalar, stability::charpoly};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap, Round};
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;
use nalgebra::{DMatrix, DVector};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cmp::Ordering;

/// What is to hold.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// The loop converges in its own order.
    Converge,
    /// It does, and more of what `knob` raises raises the alignment of `model`.
    Raise { knob: &'a Dial, model: usize },
}

/// Shares between which something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// It does not hold at the lower number, and it holds just above the upper one: they enclose the end,
    /// and are one number where that is known exactly.
    pub lo: (BigRational, BigRational),
    /// It holds just below the lower number.
    pub hi: (BigRational, BigRational),
}

/// All windows that were found, increasing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Windows {
    pub all: Vec<Window>,
    /// Whether there are certainly no others.
    pub proved: bool,
}

/// Loops with more parameters are searched in floating point: the polynomials grow too long.
const PARAMETERS: usize = 8;

/// So are those whose polynomials may have a higher degree than this.
const DEGREE: usize = 32;

/// An isolating interval is halved until it is shorter than two to the minus this: below the last bit of a
/// share in doubles, unless the share is tiny.
const BITS: u32 = 64;

/// Steps in which a share is moved where nothing is exact.
pub const GRID: u32 = 64;

/// Windows narrower than this may be rounding where nothing is exact.
const ROUNDING: f64 = 1e-12;

/// Between two steps of the grid a function is taken to go no further than this many times what it changes
/// over one of them: a corner goes about as far, a parabola less.
const REACH: f64 = 4.0;

/// Halvings of a step of the grid.
const HALVINGS: u32 = 50;

/// Values of a polynomial beyond those that determine it: should they not fit, its degree is higher than
/// was thought, and nothing is claimed.
const SPARE: usize = 1;

/// A loop with one share that can be moved.
pub(super) struct Line {
    pub dial: Dial,
    pub system: GaussianLoop<f64>,
    exact: Option<Certain>,
    /// Computed once for all goals.
    converges: std::cell::OnceCell<Windows>,
}

/// The same in exact arithmetic.
struct Certain {
    dial: Dial,
    system: GaussianLoop<Exact>,
    round: Round,
    boundaries: Boundaries,
}

/// Where a loop may begin or cease to converge.
enum Boundaries {
    /// It converges nowhere.
    Nowhere,
    /// At the roots of these polynomials alone.
    Roots(Vec<Polynomial>),
}

/// A value that the coefficients of a characteristic polynomial determine, and its greatest degree in the share.
type Part = (fn(&[BigRational]) -> BigRational, usize);

impl Line {
    /// The loop of `file`, whose share stands where `dial` does.
    ///
    /// # Errors
    /// If the file cannot be read in doubles.
    pub fn new(
        file: &LoopFile,
        values: &[(String, BigRational)],
        dial: Dial,
    ) -> Result<Self, LoopError> {
        let system = proof::read::<f64>(file, values)?;
        let exact = Certain::new(file, values, dial.clone());
        Ok(Line { dial, system, exact, converges: std::cell::OnceCell::new() })
    }

    /// Whether what is wanted holds at a share, for certain.
    pub fn certainly(&self, wanted: Wanted, at: &BigRational) -> Option<bool> {
        self.exact.as_ref()?.holds(wanted, at)
    }

    /// In floating point.
    pub fn holds(&self, wanted: Wanted, at: f64) -> bool {
        // The eigenvalues last: they take longest.
        let raises = match wanted {
            Wanted::Converge => true,
            Wanted::Raise { knob, model } => {
                influence_at(&self.system, &self.dial, knob, model, at)
                    .is_some_and(|(response, size)| sign(response, size) > 0)
            }
        };
        raises && self.rate(at) < 1.0
    }

    /// Where what is wanted holds. No window has the share as it stands inside of it: if it holds there,
    /// one ends and another one begins.
    pub fn windows(&self, wanted: Wanted) -> Windows {
        let certain =
            |exact: &Certain| exact.windows(wanted).map(|all| Windows { all, proved: true });
        match wanted {
            _ if let Some(found) = self.exact.as_ref().and_then(certain) => found,
            Wanted::Converge => self.converges().clone(),
            Wanted::Raise { .. } => self.search_raises(wanted),
        }
    }

    /// Where the loop converges in floating point.
    fn converges(&self) -> &Windows {
        self.converges.get_or_init(|| {
            let mut cuts = self.ends();
            cuts.extend(crossings(&|x| self.rate(x), cuts[0], cuts[1]));
            self.between(cuts, Wanted::Converge)
        })
    }

    /// Where the influence is positive, and then where the loop converges there: eigenvalues take longest.
    fn search_raises(&self, wanted: Wanted) -> Windows {
        let Wanted::Raise { knob, model } = wanted else { return self.converges().clone() };
        // Below 1 where the influence is positive, as a rate where the loop converges.
        let against_one = |x: f64| {
            let found = influence_at(&self.system, &self.dial, knob, model, x);
            found
                .filter(|(_, size)| *size > 0.0)
                .map_or(1.0, |(response, size)| 1.0 - response / size)
        };
        let mut cuts = self.ends();
        cuts.extend(crossings(&against_one, cuts[0], cuts[1]));
        cuts.sort_by(f64::total_cmp);
        let raises = |ends: &[f64]| against_one(f64::midpoint(ends[0], ends[1])) < 1.0;
        if !cuts.windows(2).any(raises) {
            return Windows { all: vec![], proved: false };
        }
        for window in &self.converges().all {
            let (lo, hi) = window.ends();
            cuts.extend([lo, hi]);
        }
        self.between(cuts, wanted)
    }

    /// The range, and where the share stands if that is inside of it.
    fn ends(&self) -> Vec<f64> {
        let ((lo, hi), now) = (self.dial.ends(), self.dial.at());
        if lo < now && now < hi { vec![lo, hi, now] } else { vec![lo, hi] }
    }

    /// The windows between neighbouring cuts, each judged by its middle.
    fn between(&self, mut cuts: Vec<f64>, wanted: Wanted) -> Windows {
        cuts.sort_by(f64::total_cmp);
        let wide = cuts.windows(2).filter(|ends| ends[1] - ends[0] > ROUNDING);
        let held = wide.filter(|ends| self.holds(wanted, f64::midpoint(ends[0], ends[1])));
        let point = |x: f64| {
            let x = BigRational::from_float(x).unwrap_or_else(BigRational::zero);
            (x.clone(), x)
        };
        let window = |ends: &[f64]| Window { lo: point(ends[0]), hi: point(ends[1]) };
        Windows { all: held.map(window).collect(), proved: false }
    }

    /// Beyond all bounds where it cannot be computed.
    fn rate(&self, at: f64) -> f64 {
        rate(&self.dial.turned(&self.system, at)).unwrap_or(f64::INFINITY)
    }
}

impl Window {
    /// In doubles.
    pub fn ends(&self) -> (f64, f64) {
        (f64::from_rational(&self.lo.1), f64::from_rational(&self.hi.0))
    }
}

impl Certain {
    /// `None` for a loop that is too large, whose rounds are not all alike, or whose polynomials are not of
    /// the degree that they should have.
    fn new(file: &LoopFile, values: &[(String, BigRational)], dial: Dial) -> Option<Self> {
        let system = proof::read::<Exact>(file, values).ok()?;
        let parameters = system.dimension();
        let moved = system.models[dial.model].dimension();
        let degree = (parameters - 1) * moved;
        if parameters > PARAMETERS || degree > DEGREE || !system.order.is_fixed() {
            return None;
        }
        let round = system.order.round(0, system.models.len());
        let mut found = Certain { dial, system, round, boundaries: Boundaries::Nowhere };
        found.boundaries = found.boundaries(moved, degree.max(moved))?;
        Some(found)
    }

    fn at(&self, share: &BigRational) -> GaussianLoop<Exact> {
        let by = Exact::from(share - &self.dial.share);
        self.system.turned(&self.dial.knob(&self.system), &by)
    }

    /// Of a round where the share is `at`.
    fn characteristic(&self, at: &BigRational) -> Option<Vec<BigRational>> {
        exact_characteristic(&self.at(at), &self.round)
    }

    /// The three polynomials. If one of them vanishes throughout, some eigenvalue is nowhere inside of the
    /// unit circle.
    fn boundaries(&self, moved: usize, degree: usize) -> Option<Boundaries> {
        let count = degree + 1 + SPARE;
        let shares: Vec<BigRational> = whole_numbers().take(count).collect();
        let at = |share: &BigRational| self.characteristic(share);
        let known: Vec<Vec<BigRational>> = shares.iter().map(at).collect::<Option<_>>()?;
        let mut all = Vec::new();
        let parts: [Part; 3] =
            [(|p| p.iter().sum(), moved), (alternating_sum, moved), (pairs_of_inverses, degree)];
        for (value, degree) in parts {
            let values = shares.iter().cloned().zip(known.iter().map(|p| value(p)));
            let polynomial = fitted(values, degree)?;
            if polynomial.is_zero() {
                return Some(Boundaries::Nowhere);
            }
            all.push(polynomial);
        }
        Some(Boundaries::Roots(all))
    }

    /// $dJ/d\lambda$ of `model` for `knob` where the share is `at`; `None` without a stable point.
    fn influence(&self, knob: &Dial, model: usize, at: &BigRational) -> Option<BigRational> {
        let moved = self.at(at);
        let knob = knob.moved_along(&self.dial, &moved)?;
        exact_influence(&moved, &knob, model)
    }

    /// A polynomial that vanishes where the influence does. With $D = \det(I - J)$ the stable point has
    /// numerators of the degree `d` over `D`, its derivative of `2d` over $D^2$, and the gradient of `d`
    /// over `D`; `d` is the number of parameters of the model whose mixture is moved. Where that mixture is
    /// the knob's own, too, its rates have the share of the other kinds as a denominator.
    fn zeros(&self, knob: &Dial, model: usize) -> Option<Polynomial> {
        let degree = 3 * self.system.models[self.dial.model].dimension() + 2;
        let value = |x: BigRational| {
            let moved = self.at(&x);
            let rest = if knob.model == self.dial.model && knob.kind != self.dial.kind {
                BigRational::one() - moved.models[knob.model].share(knob.kind).point()?
            } else {
                BigRational::one()
            };
            let influence = self.influence(knob, model, &x)?;
            let det: BigRational = exact_characteristic(&moved, &Round::Simultaneous)?.iter().sum();
            Some((x, influence * &det * &det * det * rest))
        };
        // Some whole numbers may be shares without a stable point.
        fitted(whole_numbers().take(4 * degree).filter_map(value), degree)
    }

    /// Whether what is wanted holds at a share.
    fn holds(&self, wanted: Wanted, at: &BigRational) -> Option<bool> {
        if largest_root_against_one(&self.characteristic(at)?) != Ordering::Less {
            return Some(false);
        }
        match wanted {
            Wanted::Converge => Some(true),
            Wanted::Raise { knob, model } => {
                self.influence(knob, model, at).map(|response| response.is_positive())
            }
        }
    }

    /// All windows, in order; `None` where that cannot be said.
    fn windows(&self, wanted: Wanted) -> Option<Vec<Window>> {
        let Boundaries::Roots(boundaries) = &self.boundaries else { return Some(vec![]) };
        let mut of = boundaries.clone();
        if let Wanted::Raise { knob, model } = wanted {
            let zeros = self.zeros(knob, model)?;
            if zeros.is_zero() {
                return Some(vec![]);
            }
            of.push(zeros);
        }
        let of = apart(of);
        let mut all = Vec::new();
        let mut from = (self.dial.range.0.clone(), self.dial.range.0.clone());
        for to in self.cuts(&of) {
            let holds = self.holds(wanted, &between(&from.1, &to.0))?;
            if holds {
                all.push(Window { lo: from, hi: to.clone() });
            }
            from = to;
        }
        Some(all)
    }

    /// Enclosures, one after the other, of all roots within the range, of the share as it stands, and of the
    /// end.
    fn cuts(&self, of: &[Polynomial]) -> Vec<(BigRational, BigRational)> {
        let (lo, hi) = &self.dial.range;
        let now = &self.dial.share;
        let inside = lo < now && now < hi;
        let ends = if inside { vec![lo, now, hi] } else { vec![lo, hi] };
        let mut cuts = Vec::new();
        for ends in ends.windows(2) {
            let mut roots: Vec<Root> = of.iter().flat_map(|p| p.roots(ends[0], ends[1])).collect();
            refined(&mut roots, ends[0], ends[1]);
            cuts.extend(roots.into_iter().map(|root| (root.lo, root.hi)));
            cuts.push((ends[1].clone(), ends[1].clone()));
        }
        cuts
    }
}

/// Halves the intervals until they are short and none touches another one or an end of the range; in order.
fn refined(roots: &mut [Root], lo: &BigRational, hi: &BigRational) {
    let short = BigRational::new(BigInt::one(), BigInt::one() << BITS);
    for root in roots.iter_mut() {
        while &root.hi - &root.lo > short || root.lo <= *lo || root.hi >= *hi {
            root.refine();
        }
    }
    // Of different roots, so this ends.
    loop {
        roots.sort_by(|x, y| (&x.lo, &x.hi).cmp(&(&y.lo, &y.hi)));
        let Some(k) = (1..roots.len()).find(|&k| roots[k - 1].hi >= roots[k].lo) else { return };
        roots[k - 1].refine();
        roots[k].refine();
    }
}

/// Every root of all of them is one of one of these, once.
fn apart(of: Vec<Polynomial>) -> Vec<Polynomial> {
    let mut all: Vec<Polynomial> = Vec::new();
    for p in of {
        let new = all.iter().fold(p.simple(), |p, other| p.without(other));
        all.push(new);
    }
    all
}

/// A number between two others with a short denominator.
pub(super) fn between(lo: &BigRational, hi: &BigRational) -> BigRational {
    let mut unit = BigRational::one();
    loop {
        let above = (lo / &unit).floor() + BigRational::one();
        let at = above * &unit;
        if at < *hi {
            return at;
        }
        unit /= BigRational::from(BigInt::from(2));
    }
}

/// 0, 1, -1, 2, -2, ...
fn whole_numbers() -> impl Iterator<Item = BigRational> {
    (0_i64..).map(|k| BigRational::from(BigInt::from(if k % 2 == 0 { -k / 2 } else { k / 2 + 1 })))
}

/// The polynomial of at most this degree with these values; `None` if there is none, or too few values.
fn fitted(
    values: impl Iterator<Item = (BigRational, BigRational)>,
    degree: usize,
) -> Option<Polynomial> {
    let count = degree + 1 + SPARE;
    let values: Vec<_> = values.take(count).collect();
    let polynomial = Polynomial::through(&values);
    (values.len() == count && polynomial.degree() <= degree).then_some(polynomial)
}

/// `p(-1)`, up to sign.
fn alternating_sum(p: &[BigRational]) -> BigRational {
    let (even, odd): (Vec<_>, Vec<_>) = p.iter().enumerate().partition(|(k, _)| k % 2 == 0);
    let sum =
        |part: Vec<(usize, &BigRational)>| part.into_iter().map(|(_, c)| c).sum::<BigRational>();
    sum(even) - sum(odd)
}

/// $\prod_{i<j} (1 - \lambda_i \lambda_j)$ over the roots of a polynomial with the leading coefficient 1: the
/// determinant of a triangle of its coefficients minus another one (E. I. Jury, "Inners and Stability of
/// Dynamic Systems", Wiley 1974, Section 3.2).
fn pairs_of_inverses(p: &[BigRational]) -> BigRational {
    let n = p.len() - 1;
    if n < 2 {
        return BigRational::one();
    }
    let zero = BigRational::zero;
    let matrix = DMatrix::from_fn(n - 1, n - 1, |i, j| {
        let upper = if i <= j { p[n - (j - i)].clone() } else { zero() };
        let lower = if i + j + 2 >= n { p[i + j + 2 - n].clone() } else { zero() };
        Exact::from(upper - lower)
    });
    linalg::determinant(&matrix).point().cloned().unwrap_or_else(zero)
}

/// The characteristic polynomial of a round's Jacobian, the constant first.
pub(super) fn exact_characteristic(
    system: &GaussianLoop<Exact>,
    round: &Round,
) -> Option<Vec<BigRational>> {
    let zero = DVector::from_element(system.dimension(), Exact::zero());
    let jacobian = round_jacobian(&system.linearise(&zero), system.blocks(), round);
    let entries: Vec<BigRational> =
        jacobian.iter().map(|x| x.point().cloned()).collect::<Option<_>>()?;
    Some(charpoly(&DMatrix::from_vec(jacobian.nrows(), jacobian.ncols(), entries)))
}

/// $dJ/d\lambda$ of one model.
pub(super) fn exact_influence(
    system: &GaussianLoop<Exact>,
    knob: &crate::systems::Knob<Exact>,
    model: usize,
) -> Option<BigRational> {
    let stable = dynamics::stable_point(system).ok()?;
    let dx = influence::response(system, knob, &stable).ok()?;
    let gradient = system.models[model].alignment.gradient(&system.block(model, &stable));
    linalg::dot(&gradient, &system.block(model, &dx)).point().cloned()
}

/// Where a function passes 1 between two numbers: on a grid, and where the least and greatest values between
/// its steps may be on the other side.
fn crossings(rate: &dyn Fn(f64) -> f64, lo: f64, hi: f64) -> Vec<f64> {
    let step =
        |k: u32| if k == GRID { hi } else { lo + (hi - lo) * f64::from(k) / f64::from(GRID) };
    let mut points: Vec<(f64, f64)> = (0..=GRID).map(|k| (step(k), rate(step(k)))).collect();
    for k in 0..=GRID as usize {
        let (x, here) = points[k];
        let (before, after) = (k.checked_sub(1).map(|k| points[k]), points.get(k + 1).copied());
        // Whether it may cross and come back between the neighbours.
        let low = here >= 1.0;
        let beside: Vec<f64> = [before, after].into_iter().flatten().map(|p| p.1).collect();
        let extreme = beside.iter().all(|y| if low { *y >= here } else { *y <= here });
        let change = beside.iter().map(|y| (y - here).abs()).fold(0.0, f64::max);
        if !extreme || (here - 1.0).abs() > REACH * change {
            continue;
        }
        let (a, b) = (before.map_or(x, |p| p.0), after.map_or(x, |p| p.0));
        let turned = |x: f64| if low { rate(x) } else { -rate(x) };
        if let Some(at) = least(&turned, a, b) {
            points.push((at, rate(at)));
        }
    }
    points.sort_by(|p, q| p.0.total_cmp(&q.0));
    let inside = |x: f64| rate(x) < 1.0;
    let changes = points.windows(2).filter(|ends| (ends[0].1 < 1.0) != (ends[1].1 < 1.0));
    changes.map(|ends| edge(&inside, ends[0].0, ends[1].0)).collect()
}

/// Where a function has its least value between two numbers.
fn least(f: &dyn Fn(f64) -> f64, lo: f64, hi: f64) -> Option<f64> {
    struct Cost<'f>(&'f dyn Fn(f64) -> f64);
    impl CostFunction for Cost<'_> {
        type Param = f64;
        type Output = f64;
        fn cost(&self, x: &f64) -> Result<f64, Error> {
            Ok((self.0)(*x))
        }
    }
    let solver = BrentOpt::new(lo, hi).set_tolerance(1e-9, 1e-12);
    let run = Executor::new(Cost(f), solver).configure(|state| state.max_iters(60)).run();
    run.ok().and_then(|r| r.state.get_best_param().copied())
}

/// Where a condition that differs at `a` and `b` changes: the last point seen on the side of `b`.
fn edge(holds: &dyn Fn(f64) -> bool, a: f64, b: f64) -> f64 {
    let there = holds(b);
    let (mut from, mut to) = (a, b);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(from, to);
        if holds(middle) == there { to = middle } else { from = middle }
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn q(p: i64, r: i64) -> BigRational {
        BigRational::new(p.into(), r.into())
    }

    #[test]
    fn products_over_pairs_of_roots() {
        // Roots 2, 3 and 5: t^3 - 10 t^2 + 31 t - 30; (1 - 6)(1 - 10)(1 - 15) = -630.
        let p = [-30, 31, -10, 1].map(|c| q(c, 1));
        assert_eq!(pairs_of_inverses(&p), q(-630, 1));
        // i and -i, 1/2: t^3 - t^2/2 + t - 1/2; 1 - i(-i) = 0.
        let p = [q(-1, 2), q(1, 1), q(-1, 2), q(1, 1)];
        assert!(pairs_of_inverses(&p).is_zero());
        // 1/2, 1/3, 1/4, 1/5, times (1 - 1/6)(1 - 1/8)(1 - 1/10)(1 - 1/12)(1 - 1/15)(1 - 1/20).
        let p = [q(1, 120), q(-14, 120), q(71, 120), q(-154, 120), q(1, 1)];
        let expected = q(5, 6) * q(7, 8) * q(9, 10) * q(11, 12) * q(14, 15) * q(19, 20);
        assert_eq!(pairs_of_inverses(&p), expected);
    }

    #[test]
    fn numbers_between() {
        assert_eq!(between(&q(0, 1), &q(1, 1)), q(1, 2));
        assert_eq!(between(&q(1, 3), &q(3, 8)), q(11, 32));
        assert_eq!(between(&q(3, 8), &q(2, 5)), q(25, 64));
        assert!(fitted(whole_numbers().map(|x| (x.clone(), &x * &x * &x)), 2).is_none());
        assert!(fitted(whole_numbers().map(|x| (x.clone(), &x * &x * &x)), 3).is_some());
    }

    #[test]
    fn a_rate_that_dips_between_the_steps() {
        // Below 1 within 1e-4 of 0.3333, which no step of the grid sees.
        let dip = |x: f64| 0.9 + 1e3 * (x - 0.3333).abs();
        let found = crossings(&dip, 0.0, 1.0);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!((found[0] - 0.3332).abs() < 1e-9 && (found[1] - 0.3334).abs() < 1e-9, "{found:?}");
    }
}
