//! Contraction by the sensitivity matrix, and how sharp it is.
//!
//! With $M_{ij} = (L_i/\gamma_i)\,\varepsilon_{ij}$, $W_1(D_i(x), D_i(y)) \le \sum_j \varepsilon_{ij} |x_j - y_j|$,
//! and any $v > 0$, $Mv \le rv$: one retraining of any model keeps $|x_i - x_i^*| \le r v_i d$ where
//! $|x_j - x_j^*| \le v_j d$ for all `j`, so every order contracts $\max_i |x_i - x_i^*|/v_i$ by `r`.
//! Such `v` exist for every $r > \rho(M)$, and for $r = \rho(M)$ where `M` is irreducible.
//!
//! Scalar models with couplings $J \ge 0$ have $J = M$. Beyond $\rho(M) = 1$ a deviation grows from
//! almost every start ($|J^k d|_\infty \ge \rho(J)^k \min_i d_i$ for $d > 0$, since
//! $|J^k|_\infty \ge \rho(J)^k$); at 1 there is no stable point or a continuum.

use super::super::self_influence_sign::rescaled;
use super::orders_of;
use crate::prelude::*;

const WEIGHTED: &str = r"\(\rho(M) < 1\) implies one stable point and \(\max_i |x_i - x_i^*|/v_i\) contracting by \(r\) in every order of retraining, for any \(v > 0\) with \(Mv \le rv\); \(r\) within \((1 - \rho(M))/500\) of \(\rho(M)\)";
const NETWORK: &str = r"\(N\) affine models, \(\rho(M) < 1\): \(\max_i |x_i - x_i^*|/v_i\) contracts by \(r\) in every order of retraining, for any \(v > 0\) with \(Mv \le rv\)";
const GROWS: &str = r"scalar affine models, \(J \ge 0\): \(J = M\), and \(\rho(M) > 1\) makes deviations from the stable point grow from almost every start (checked for \(\rho(M) > 1.02\): \(|J^k d|_\infty \ge \rho(M)^k \min_i |d_i|\))";
const AT_ONE: &str = r"scalar affine models, \(J \ge 0\) with row sums 1, so \(\rho(M) = 1\): a continuum of stable points without forcing, and none with a positive one";
const AREAS: &str = r"areas in the unit square of \((a, b)\): \(\kappa < 1\) has 1/12, \(a + b + ab < 1\) has \(2 \ln 2 - 1 = 0.386\), \((1 + a^2)(1 + b^2) < 2\) has 0.712; on random loops each condition implies the next, \(\rho(M) < 1\) comes after them, and all imply convergence in every order";

pub(super) fn claims() -> Vec<Claim> {
    let plain = Weighted { percent: 100, euclidean: false };
    vec![
        Claim::universal("rate_weighted", WEIGHTED, plain.clone()).given(Small).derived(),
        Claim::over(&BlockLoops, "rate_weighted_network", NETWORK, plain).given(Small).derived(),
        Claim::own("areas", Kind::Data, AREAS, areas).derived(),
        Claim::over(&NonNegative, "diverges_beyond_one", GROWS, Grows)
            .given(Couplings)
            .given(Beyond)
            .derived(),
        Claim::over(&NonNegative, "none_or_continuum_at_one", AT_ONE, AtOne { bounded: false })
            .given(Couplings)
            .given(RowsFilled)
            .derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let near = |percent, euclidean| Weighted { percent, euclidean };
    vec![
        Control::new(
            Claim::universal("rate_weighted_0.95", WEIGHTED, near(95, false)).given(Small),
            "rate_weighted",
            "a model that depends only on itself contracts by M_11 = rho(M) exactly",
        )
        .built(super::weak_follower),
        Control::new(
            Claim::universal("rate_weighted_euclidean", WEIGHTED, near(100, true)).given(Small),
            "rate_weighted",
            "M = [[0, 1], [1/16, 0]] has rho(M) = 1/4, and a round from (0, 1) ends at (1, 0), as far \
             away as before",
        )
        .built(uneven),
        Control::new(
            Claim::over(&BlockLoops, "rate_weighted_network_0.9", NETWORK, near(90, false))
                .given(Small),
            "rate_weighted_network",
            "J = I/2 contracts by 1/2 = rho(M) exactly",
        )
        .built(|| block_point(DMatrix::identity(4, 4) * 0.5)),
        Control::new(
            Claim::over(&NonNegative, "signed_couplings_diverge", GROWS, Grows).given(Beyond),
            "diverges_beyond_one",
            "J = [[0.6, 0.6], [-0.6, 0.6]] has rho(|J|) = 1.2 and rho(J) = 0.85: it converges",
        )
        .built(turning),
        Control::new(
            Claim::over(&NonNegative, "bounded_at_one", AT_ONE, AtOne { bounded: true })
                .given(Couplings)
                .given(RowsFilled),
            "none_or_continuum_at_one",
            "row sums 1 carry (t, ..., t) with the forcing 1 to (t + 1, ..., t + 1): after 50 rounds \
             from 0 every model is at 50",
        ),
    ]
}

/// θ follows φ one to one, φ follows θ at a sixteenth; the start is off in φ alone.
fn uneven() -> Sample<f64> {
    let component = |source, weight, factor| Component {
        source,
        weight,
        channel: match source {
            Source::Real => DMatrix::zeros(1, 0),
            _ => dmatrix![factor],
        },
        offset: dvector![0.0],
        spread: 1.0,
    };
    let mixture = |other, factor| {
        vec![component(Source::Real, 0.5, 0.0), component(Source::Raw(other), 0.5, factor)]
    };
    let one = || dmatrix![1.0];
    let parts = [mixture(1, 2.0), mixture(0, 0.125)];
    let none = dvector![0.0];
    let mut sample = super::super::self_influence_sign::models_at_rest(
        [one(), one()],
        parts,
        [none.clone(), none],
    );
    sample.probe.start = dvector![0.0, 1.0];
    sample
}

fn block_point(j: DMatrix<f64>) -> Point<f64> {
    let x = DVector::from_element(j.nrows(), 1.0);
    Point::new().with_matrix("J", j).with_vector("x", x)
}

fn turning() -> Point<f64> {
    block_point(dmatrix![0.6, 0.6; -0.6, 0.6])
}

/// `J`, `2N × 2N`, of `N` models with two parameters each, and a deviation `x` from the stable point.
pub(super) struct BlockLoops;

impl Domain for BlockLoops {
    fn name(&self) -> &'static str {
        "block-loops"
    }
    fn what(&self) -> &'static str {
        "2 to 4 models of two parameters each, squared loss; couplings J_ij with entries uniform in \
         [-1, 1], one in four absent, scaled to a spectral radius of [|J_ij|] uniform in (0, 1.5); a \
         start x with entries uniform in [-1, 1]"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let d = 2 * rng.random_range(2..=4);
        let present = DMatrix::from_fn(d / 2, d / 2, |_, _| rng.random_bool(0.75));
        let j = DMatrix::from_fn(d, d, |i, k| {
            let entry = rng.random_range(-1.0..1.0);
            if present[(i / 2, k / 2)] { entry } else { 0.0 }
        });
        let target = rng.random_range(0.0..1.5);
        let size = spectrum_of(&block_norms(&j)).map_or(0.0, |s| s.radius());
        let j = if size > 0.0 { j * (target / size) } else { j };
        let x = DVector::from_fn(d, |_, _| rng.random_range(-1.0..1.0));
        Point::new().with_matrix("J", j).with_vector("x", x)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let from = [0.0, 0.0, 0.0, 0.5, -0.5, 0.2, 1.0];
        let j = DMatrix::from_fn(4, 4, |_, _| *from.choose(rng).expect("not empty"));
        let x = DVector::from_fn(4, |_, _| *[0.0, 1.0, -1.0].choose(rng).expect("not empty"));
        Point::new().with_matrix("J", j).with_vector("x", x)
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let (j, x) = (at.matrix("J"), at.vector("x"));
        let smaller = (0..x.len() / 2).filter(|_| x.len() > 4);
        let drop = |k: usize| {
            let j = j.clone().remove_rows(2 * k, 2).remove_columns(2 * k, 2);
            Point::new().with_matrix("J", j).with_vector("x", x.clone().remove_rows(2 * k, 2))
        };
        smaller.map(drop).collect()
    }
}

/// $|J_{ij}|$ for blocks of two: `M` for squared losses on data $N(\sum_j J_{ij} x_j, \Sigma)$.
pub(super) fn block_norms<S: Real>(j: &DMatrix<S>) -> DMatrix<S> {
    let n = j.nrows() / 2;
    DMatrix::from_fn(n, n, |i, k| spectral_norm(&j.view((2 * i, 2 * k), (2, 2)).into_owned()))
}

/// `J` scalar, `n × n`, and a deviation `x`.
pub(super) struct NonNegative;

impl Domain for NonNegative {
    fn name(&self) -> &'static str {
        "nonnegative-loops"
    }
    fn what(&self) -> &'static str {
        "2 to 4 scalar models with couplings uniform in [0, 1), three in ten absent, rescaled to a \
         spectral radius uniform in (0, 2); a start x with entries of size 0.1 to 1 and either sign"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let n = rng.random_range(2..=4);
        let j = DMatrix::from_fn(n, n, |_, _| {
            if rng.random_bool(0.3) { 0.0 } else { rng.random_range(0.0..1.0) }
        });
        let j = rescaled(j, rng.random_range(0.0..2.0));
        let x = DVector::from_fn(n, |_, _| {
            let size = rng.random_range(0.1..1.0);
            if rng.random_bool(0.5) { size } else { -size }
        });
        Point::new().with_matrix("J", j).with_vector("x", x)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = if index.is_multiple_of(2) { 2 } else { 3 };
        let from = [0.0, 0.0, 0.5, 0.2, 1.0, 2.0];
        block_point(DMatrix::from_fn(n, n, |_, _| *from.choose(rng).expect("not empty")))
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let (j, x) = (at.matrix("J"), at.vector("x"));
        let smaller = (0..x.len()).filter(|_| x.len() > 2);
        let drop = |k| {
            let j = j.clone().remove_row(k).remove_column(k);
            Point::new().with_matrix("J", j).with_vector("x", x.clone().remove_row(k))
        };
        smaller.map(drop).collect()
    }
}

/// $J \ge 0$.
pub(super) struct Couplings;

impl Hypothesis for Couplings {
    fn tex(&self) -> &'static str {
        r"J \ge 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let negative = view.point()?.matrix("J").iter().any(S::is_below_zero);
        Ok(if negative { -S::one() } else { S::one() })
    }
}

/// $\rho(|J|) > 1.02$.
struct Beyond;

impl Hypothesis for Beyond {
    fn tex(&self) -> &'static str {
        r"\rho(M) > 1.02"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let m = view.point()?.matrix("J").map(|x| x.abs());
        Ok(S::spectral_radius(&m)? - S::from_int(51) / S::from_int(50))
    }
}

/// Every model has something to follow.
struct RowsFilled;

impl Hypothesis for RowsFilled {
    fn tex(&self) -> &'static str {
        r"\sum_j J_{ij} > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let sums = row_sums(view.point()?.matrix("J"));
        Ok(sums.iter().skip(1).fold(sums[0].clone(), |least, sum| least.min(sum)))
    }
}

fn row_sums<S: Scalar>(m: &DMatrix<S>) -> Vec<S> {
    m.row_iter().map(|row| row.iter().fold(S::zero(), |sum, x| sum + x.clone())).collect()
}

/// $\rho(M) < 1$, seen as $Mv \le rv$ with $r < 1$.
struct Small;

impl Hypothesis for Small {
    fn tex(&self) -> &'static str {
        r"\rho(M) < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - weights(&sensitivities(view)).1)
    }
}

fn sensitivities<S: Arithmetic>(view: &View<S>) -> DMatrix<S> {
    match &view.case.subject {
        Subject::Loop(sample) => sensitivity_matrix(&sample.system),
        Subject::Point(at) => block_norms(at.matrix("J")),
    }
}

/// $v > 0$ and the least `r` with $Mv \le rv$. `v` is $(r_0 - M)^{-1} 1$ in floating point for `r_0`
/// slightly above $\rho(M)$, so $Mv = r_0 v - 1 < r_0 v$; `r` is computed from `v`, which may be any
/// positive vector.
pub(crate) fn weights<S: Real>(m: &DMatrix<S>) -> (DVector<S>, S) {
    let n = m.nrows();
    let floating = m.map(|x| f64::midpoint(x.lower(), x.upper()));
    let radius = spectrum_of(&floating).map_or(1.0, |s| s.radius());
    let above = radius + (1e-3 * (1.0 - radius).abs()).max(1e-9);
    let ones = DMatrix::from_element(n, 1, 1.0);
    let guess = solve(&(DMatrix::identity(n, n) * above - floating), &ones).ok();
    let guess = guess.filter(|v| v.iter().all(|x| *x > 0.0)).unwrap_or(ones);
    // For the reader: the largest weight is 1.
    let v = DVector::from_iterator(n, guess.iter().map(|x| S::from_f64(x / guess.max())));
    let image = m * &v;
    let ratios = image.iter().zip(&v).map(|(x, y)| x.clone() / y.clone());
    let r = ratios.reduce(|most, x| most.max(&x)).unwrap_or_else(S::zero);
    (v, r)
}

/// One round of each order, thirty rounds of random orders, and the spectral radius of each order.
#[derive(Clone)]
struct Weighted {
    /// Of `r`.
    percent: i32,
    /// Whether the distance is Euclidean instead of weighted.
    euclidean: bool,
}

impl Property for Weighted {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        match &view.case.subject {
            Subject::Loop(sample) => {
                let stable = &view.pair()?.stable;
                let mut sides = self.along(view, &sample.system, stable, &sample.probe.start)?;
                if view.route == Route::Direct {
                    let m = sensitivity_matrix(&sample.system);
                    let radius = perron_of_two(&m);
                    let room = (S::one() - radius.clone()) / S::from_int(500);
                    sides.push(Side::at_most("r", weights(&m).1, radius + room));
                }
                Ok(sides)
            }
            Subject::Point(at) => {
                let map = LinearLoop::new(at.matrix("J").clone(), 2);
                let stable = DVector::from_element(map.dimension(), S::zero());
                self.along(view, &map, &stable, &at.vector("x"))
            }
        }
    }
}

impl Weighted {
    fn along<S: Arithmetic>(
        &self,
        view: &View<S>,
        map: &impl RetrainingMap<S>,
        stable: &DVector<S>,
        start: &DVector<S>,
    ) -> Result<Vec<Side<S>>, LoopError> {
        let (v, r) = weights(&sensitivities(view));
        let rate = r * S::from_int(self.percent) / S::from_int(100);
        let n = map.blocks().len();
        let distance = |x: &DVector<S>| {
            let gap = x - stable;
            if self.euclidean {
                return norm(&gap);
            }
            let of = |(rows, v): (&std::ops::Range<usize>, &S)| {
                norm(&gap.rows(rows.start, rows.len()).into_owned()) / v.clone()
            };
            map.blocks().iter().zip(&v).map(of).fold(S::zero(), |most, x| most.max(&x))
        };
        let first = distance(start);
        Ok(match view.route {
            Route::Direct => {
                let what = "weighted distance after one round";
                let one_round = |round| {
                    let after = distance(&play(map, &round, start));
                    Side::at_most(what, after, rate.clone() * first.clone())
                };
                orders_of(n).into_iter().map(one_round).collect()
            }
            Route::Simulation => {
                // The state is rounded as a whole, and the least weight magnifies that most. The
                // stable point is known to some 10⁻¹⁴ of its size, which near a tight bound decides.
                let least = v.iter().skip(1).fold(v[0].clone(), |least, x| least.min(x));
                let size = (norm(stable) + norm(start)) / least;
                let [visible, hundredth] =
                    [1e-11, 1e-2].map(|part| S::from_f64(part) * size.clone());
                let step = |round: &Round, x: &DVector<S>| Ok(play(map, round, x));
                let models = map.blocks().len();
                super::switching((models, &step), start, &rate, &distance, [&visible, &hundredth])?
            }
            Route::Spectrum => {
                let linear = map.linearise(stable);
                let mut sides = Vec::new();
                for round in orders_of(n) {
                    let radius =
                        S::spectral_radius(&round_jacobian(&linear, map.blocks(), &round))?;
                    sides.push(Side::at_most("spectral radius of a round", radius, rate.clone()));
                }
                sides
            }
            Route::Record => return Err(LoopError::NotObserved),
        })
    }
}

/// Rounds of the algebraic check.
const FEW: usize = 16;

/// Rounds of the run: at a rate of 1.02 a part in 10⁶ of the leading direction is seen.
const MANY: usize = 2000;

/// From `|x|`, the deviation after [`FEW`] rounds is at least $\rho(|J|)^k \min|x_i|$; from `x`, it
/// grows late in a run.
struct Grows;

impl Property for Grows {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (j, x) = (at.matrix("J"), at.vector("x"));
        if view.route == Route::Simulation {
            let growth = S::floating(|| {
                let j = j.map(|x| f64::midpoint(x.lower(), x.upper()));
                Ok(late_growth(|x| &j * x, &x.map(|x| x.lower()), MANY))
            })?;
            return Ok(vec![Side::below("one against the late growth of a run", S::one(), growth)]);
        }
        let size = x.map(|x| x.abs());
        let least = size.iter().skip(1).fold(size[0].clone(), |least, x| least.min(x));
        let radius = S::spectral_radius(&j.map(|x| x.abs()))?;
        let (mut state, mut bound) = (size, least);
        for _ in 0..FEW {
            state = j * state;
            bound *= radius.clone();
        }
        let largest = state.iter().fold(S::zero(), |most, x| most.max(&x.abs()));
        Ok(vec![Side::at_most("rho^k min|x| against the deviation after k rounds", bound, largest)])
    }
}

/// The factor a round by which iterates grow over the second half of `rounds`, without overflow.
pub(super) fn late_growth(
    step: impl Fn(&DVector<f64>) -> DVector<f64>,
    start: &DVector<f64>,
    rounds: usize,
) -> f64 {
    let (mut state, mut logarithm) = (start.normalize(), 0.0);
    for k in 0..rounds {
        state = step(&state);
        let size = state.norm();
        if size == 0.0 {
            return 0.0;
        }
        if 2 * k >= rounds {
            logarithm += size.ln();
        }
        state /= size;
    }
    (logarithm / (rounds - rounds / 2) as f64).exp()
}

/// `J` with its rows divided by their sums.
struct AtOne {
    /// Whether a run with forcing is claimed to stay within 10 instead.
    bounded: bool,
}

/// Rounds of a run that drifts.
const DRIFT: i32 = 50;

impl Property for AtOne {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let j = view.point()?.matrix("J");
        let (n, sums) = (j.nrows(), row_sums(j));
        let j = DMatrix::from_fn(n, n, |i, k| j[(i, k)].clone() / sums[i].clone());
        let ones = DVector::from_element(n, S::one());
        if view.route == Route::Simulation || self.bounded {
            // With the forcing 1 a run from 0 moves on by 1 every round, for ever.
            let map = LinearLoop::new(j, 1).with_offset(ones);
            let start = DVector::from_element(n, S::zero());
            let end = (0..DRIFT).fold(start, |x, _| play(&map, &Round::Simultaneous, &x));
            let what = "place of a model after 50 rounds";
            let side = |x: &S| {
                if self.bounded {
                    Side::at_most(what, x.clone(), S::from_int(10))
                } else {
                    Side::equal(what, x.clone(), S::from_int(DRIFT))
                }
            };
            return Ok(end.iter().map(side).collect());
        }
        let singular = determinant(&(DMatrix::<S>::identity(n, n) - &j));
        let moved = norm(&(&j * &ones - &ones));
        Ok(vec![
            Side::equal("det(I - J)", singular, S::zero()).against(S::one()),
            Side::equal("move of (1, ..., 1)", moved, S::zero()).against(S::one()),
        ])
    }
}

/// Cells a side of the grid that the areas are counted on.
const GRID: u32 = 1000;

fn areas(effort: f64, seed: u64) -> Vec<Evidence> {
    // Twice the triangle (0, 0), (1/3, 0), (1/4, 1/4); the integral of (1 - a)/(1 + a); that of
    // sqrt((1 - a²)/(1 + a²)) = (1 - a²)/sqrt(1 - a⁴), half the lemniscate's period less its
    // conjugate, π over four times that half.
    let lemniscate = 1.311_028_777_146_06;
    let half_period = std::f64::consts::FRAC_PI_4 / lemniscate;
    let closed = [1.0 / 12.0, 2.0 * std::f64::consts::LN_2 - 1.0, lemniscate - half_period];
    let counted = counted_areas();
    // A boundary of length below 3 crosses at most 3 · GRID cells, each half wrong at most.
    let near = closed.iter().zip(counted).all(|(x, y)| (x - y).abs() <= 1.5 / f64::from(GRID));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let table = convergence_table(seed, (10_000.0 * effort.clamp(0.1, 4.0)) as u64);
    let shares: Vec<String> = CONDITIONS
        .iter()
        .zip(table.met)
        .map(|(name, met)| format!("{name} {:.0}", 100.0 * met as f64 / table.loops as f64))
        .collect();
    let [kappa, joint, weighted] = table.tightness;
    vec![
        Evidence::Checked {
            route: Route::Direct,
            agrees: near,
            finding: format!(
                "closed forms {:.4}, {:.4}, {:.4}; a count of {GRID} x {GRID} midpoints, with kappa \
                 term by term as printed, agrees to 0.0015",
                closed[0], closed[1], closed[2]
            ),
        },
        Evidence::Checked {
            route: Route::Spectrum,
            agrees: table.out_of_order == 0,
            finding: format!(
                "per cent of {} random two-model loops: {}; {} meet one and not the next",
                table.loops,
                shares.join(", "),
                table.out_of_order
            ),
        },
        Evidence::Checked {
            route: Route::Spectrum,
            agrees: [kappa, joint, weighted].iter().all(|x| *x <= 1.0),
            finding: format!(
                "where kappa < 1 the largest spectral radius of a round is, in the median, {kappa:.2} \
                 of kappa, {joint:.2} of sqrt(a^2 + b^2 + a^2b^2), {weighted:.2} of rho(M)"
            ),
        },
    ]
}

/// Shares of the unit square by counting midpoints, `κ` by the paper's formula.
fn counted_areas() -> [f64; 3] {
    let mut counts = [0_u32; 3];
    let cell = |k: u32| (f64::from(k) + 0.5) / f64::from(GRID);
    for i in 0..GRID {
        for k in 0..GRID {
            let (a, b) = (cell(i), cell(k));
            let constants =
                Constants { gamma_p: 1.0, gamma_q: 1.0, l_p: 1.0, l_q: 1.0, eps_p: a, eps_q: b };
            let holds =
                [constants.kappa() < 1.0, a + b + a * b < 1.0, (1.0 + a * a) * (1.0 + b * b) < 2.0];
            for (count, holds) in counts.iter_mut().zip(holds) {
                *count += u32::from(holds);
            }
        }
    }
    counts.map(|count| f64::from(count) / f64::from(GRID * GRID))
}
