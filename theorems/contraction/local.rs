//! Near the stable point: the asymptotic rate, sequential retraining, fine-tuning.
//!
//! $\rho(J) < 1$ gives convergence at the asymptotic rate $\rho(J)$, and a leading pair
//! $\rho e^{\pm i\omega}$ an oscillation of period $2\pi/\omega$; $\rho(J) \le \rho([|J_{ij}|]) \le \rho(M)$.
//! Sequential retraining has the Jacobian $(I - L)^{-1} U$, `L` the blocks of `J` strictly below the
//! diagonal, $U = J - L$. Fine-tuning by steps of length `s` has $I + sA$, $A = H(J - I)$, and converges
//! for all small `s` exactly where every eigenvalue of `A` has a negative real part, which is
//! $\rho((r + A)(r - A)^{-1}) < 1$ for any $r > \rho(A)$: a question that exact arithmetic decides.

use super::super::self_influence_sign::{Converges, ScalarLoops, rescaled};
use super::any_order::{BlockLoops, Couplings, NonNegative, late_growth};
use super::orders_of;
use crate::prelude::*;

const CHAIN: &str = r"\(\rho(J) \le \rho([|J_{ij}|]) \le \rho(M)\)";
const RATE: &str = r"affine models: a run approaches or leaves the stable point by the factor \(\rho(J)\) a round, and oscillates with period \(2\pi/\omega\) where the leading eigenvalues are \(\rho e^{\pm i\omega}\) (measured on late iterates, where the next eigenvalue is at most 0.9 of the leading one)";
const SEQUENTIAL: &str = r"sequential retraining has the Jacobian \((I - L)^{-1} U\), \(L\) the blocks of \(J\) strictly below the diagonal, \(U = J - L\)";
const SQUARED: &str =
    r"two models without self-terms: the spectral radius of sequential retraining is \(\rho(J)^2\)";
const REGULAR: &str = r"scalar affine models, \(J \ge 0\), \(\rho(J) < 1\): sequential retraining has a spectral radius of at most \(\rho(J)\)";
const CONJECTURE: &str = r"sequential retraining diverges for 6.5 per cent of the 3 x 3 \(J\) with normal entries rescaled to \(\rho(J) = 0.99\,U(0, 1)\), and for 25 per cent of those with entries uniform in [-1, 1] and \(\rho(J) < 1\), although simultaneous retraining converges for all";
const INCREMENTAL: &str = r"affine models: fine-tuning converges for all small steps if \(\max \mathrm{Re}\, \mathrm{eig}(H(J - I)) < 0\), and for none if it is positive";
const EXAMPLE: &str = r"\(J = [[1.2, 1], [-0.7, -0.5]]\), \(H = \mathrm{diag}(10, 1)\): \(\rho(J) = 0.5\), so retraining converges; the eigenvalues of \(H(J - I)\) are a complex pair with real part \(+0.25\), so fine-tuning diverges at every step length";

pub(super) fn claims() -> Vec<Claim> {
    let example = || vec![Instance { system: "fine-tuning-diverges", parameters: vec![] }];
    vec![
        Claim::universal("rate_chain", CHAIN, Chain { reversed: false }).derived(),
        Claim::over(&BlockLoops, "asymptotic_rate", RATE, Measured).given(Gap).derived(),
        Claim::over(&BlockLoops, "sequential_jacobian", SEQUENTIAL, Sequential { upper: false })
            .derived(),
        Claim::over(&BlockLoops, "sequential_squares", SQUARED, Squared { power: 2 }).derived(),
        Claim::over(&NonNegative, "sequential_not_slower", REGULAR, NotSlower)
            .given(Couplings)
            .given(Converges)
            .derived(),
        Claim::own("sequential_conjecture", Kind::Data, CONJECTURE, conjecture).derived(),
        Claim::over(&FineTuned, "incremental", INCREMENTAL, Incremental)
            .given(Convex)
            .given(Decided)
            .derived(),
        Claim::instance("fine_tuning_example", EXAMPLE, example(), true, Example).derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    vec![
        Control::new(
            Claim::universal("rate_chain_reversed", CHAIN, Chain { reversed: true }),
            "rate_chain",
            "a loop with J = [[0.5, 0.5], [-0.5, 0.5]] has rho(J) = 0.71 and rho(|J|) = 1",
        ),
        Control::new(
            Claim::over(&BlockLoops, "rate_without_transient", RATE, NoTransient),
            "asymptotic_rate",
            "J = [[0, 1], [0, 0]] moves (0, 1) to (1, 0), no nearer to the stable point, and rho(J) = 0",
        ),
        Control::new(
            Claim::over(
                &BlockLoops,
                "sequential_jacobian_of_the_other_order",
                SEQUENTIAL,
                Sequential { upper: true },
            ),
            "sequential_jacobian",
            "where model 2 follows model 1 and nothing else is coupled, the order in which they \
             retrain decides whether the round ends at 0",
        ),
        Control::new(
            Claim::over(&BlockLoops, "sequential_as_fast", SQUARED, Squared { power: 1 }),
            "sequential_squares",
            "rho(J)^2 is rho(J) only where that is 0 or 1",
        ),
        Control::new(
            Claim::over(&ScalarLoops, "sequential_converges", REGULAR, SequentialConverges)
                .given(Converges),
            "sequential_not_slower",
            "J = [[-1, -1/2], [1, 0]] has the eigenvalues (-1 ± i)/2, of size 0.71; one model after the \
             other has [[-1, -1/2], [-1, -1/2]], with the eigenvalue -3/2",
        ),
        Control::new(
            Claim::over(&FineTuned, "fine_tuning_follows_retraining", INCREMENTAL, SmallSteps)
                .given(Convex)
                .given(Converges),
            "incremental",
            "J = [[1.2, 1], [-0.7, -0.5]] with H = diag(10, 1): rho(J) = 0.5, and the trace of \
             H(J - I) is 0.5",
        )
        .built(example_point),
        Control::new(
            Claim::over(&FineTuned, "retraining_follows_fine_tuning", INCREMENTAL, Retrains)
                .given(Convex)
                .given(Hurwitz),
            "incremental",
            "J = -2 has J - I = -3 < 0 and rho(J) = 2",
        ),
    ]
}

fn example_point() -> Point<f64> {
    let j = dmatrix![1.2, 1.0; -0.7, -0.5];
    Point::new().with_matrix("J", j).with_vector("H", dvector![10.0, 1.0])
}

/// The two inequalities of the chain.
struct Chain {
    /// Whether $\rho([|J_{ij}|]) \le \rho(J)$ is claimed instead.
    reversed: bool,
}

impl Property for Chain {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let system = view.system();
        let zero = DVector::from_element(system.dimension(), S::zero());
        let j = system.linearise(&zero).jacobian;
        let block = |i: usize, k: usize| {
            let (rows, columns) = (&system.blocks()[i], &system.blocks()[k]);
            let shape = (rows.len(), columns.len());
            spectral_norm(&j.view((rows.start, columns.start), shape).into_owned())
        };
        let norms = perron_of_two(&DMatrix::from_fn(2, 2, block));
        let guaranteed = perron_of_two(&sensitivity_matrix(system));
        if view.route == Route::Simulation {
            // What a long run does, seen without an eigenvalue; its transient lasts.
            let start = view.probe().start.map(|x| x.lower() + 0.125);
            let growth = S::floating(|| {
                let j = j.map(|x| f64::midpoint(x.lower(), x.upper()));
                Ok(late_growth(|x| &j * x, &start, LONG))
            })?;
            let room = S::from_int(21) / S::from_int(20);
            return Ok(vec![Side::at_most("late rate of a run", growth, norms * room)]);
        }
        let radius = S::spectral_radius(&j)?;
        Ok(if self.reversed {
            vec![Side::at_most("rho of the norms", norms, radius)]
        } else {
            vec![
                Side::at_most("rho(J)", radius, norms.clone()),
                Side::at_most("rho of the norms", norms, guaranteed),
            ]
        })
    }
}

/// Rounds of a run that is measured: 0.9 to this power is nothing.
const LONG: usize = 500;

/// The next eigenvalue is at most 0.9 of the leading one, and a leading pair is clearly off the real
/// axis.
struct Gap;

impl Hypothesis for Gap {
    fn tex(&self) -> &'static str {
        r"|\mu_{\mathrm{next}}| \le 0.9 \rho(J)"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let j = view.point()?.matrix("J");
        S::floating(|| {
            let spectrum = spectrum_of(&j.map(|x| f64::midpoint(x.lower(), x.upper())))?;
            let leading = spectrum.leading();
            let pair = leading.im != 0.0;
            let next = spectrum.eigenvalues.get(if pair { 2 } else { 1 }).map_or(0.0, |z| z.norm());
            let off = if pair { leading.im.abs() / leading.norm() - 0.1 } else { 1.0 };
            Ok((0.9 - next / spectrum.radius()).min(off).min(spectrum.radius() - 0.01))
        })
    }
}

/// Rate and period of late iterates are those of the leading eigenvalues.
struct Measured;

impl Property for Measured {
    fn routes(&self) -> &'static [Route] {
        &[Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let j = at.matrix("J").map(|x| f64::midpoint(x.lower(), x.upper()));
        let spectrum = spectrum_of(&j)?;
        let mut state = at.vector("x").map(|x| x.lower());
        for _ in 0..LONG {
            state = &j * state;
            state /= state.norm();
        }
        let (one, two) = (&j * &state, &j * &j * &state);
        let (rate, period) = if spectrum.leading().im == 0.0 {
            let sign = one.dot(&state);
            (one.norm(), if sign < 0.0 { 2.0 } else { 1.0 })
        } else {
            // Late iterates obey x_{k+2} = 2ρ cos ω x_{k+1} - ρ² x_k.
            let basis = DMatrix::from_columns(&[one, state]);
            let gram = basis.transpose() * &basis;
            let fit = solve(&gram, &(basis.transpose() * DMatrix::from_columns(&[two])));
            let fit = fit.map_err(|_| LoopError::NotObserved)?;
            let rate = (-fit[(1, 0)]).sqrt();
            (rate, std::f64::consts::TAU / (0.5 * fit[(0, 0)] / rate).acos())
        };
        let number = |x: f64| S::floating(|| Ok(x));
        Ok(vec![
            Side::equal("measured rate", number(rate)?, number(spectrum.radius())?),
            Side::equal(
                "measured period",
                number(period)?,
                // Without oscillation every round is like the one before.
                number(spectrum.period().unwrap_or(1.0))?,
            ),
        ])
    }
}

/// Every round brings any state nearer by $\rho(J)$: not so.
struct NoTransient;

impl Property for NoTransient {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (j, x) = (at.matrix("J"), at.vector("x"));
        let bound = S::spectral_radius(j)? * norm(&x);
        Ok(vec![Side::at_most("distance after a round", norm(&(j * x)), bound)])
    }
}

/// The Jacobian of one model after the other, in the loop's own order.
struct Sequential {
    /// Whether `L` are the blocks above the diagonal instead.
    upper: bool,
}

impl Property for Sequential {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (j, x) = (at.matrix("J"), at.vector("x"));
        let map = LinearLoop::new(j.clone(), 2);
        let before = |i: usize, k: usize| if self.upper { i / 2 < k / 2 } else { i / 2 > k / 2 };
        let part = |kept: bool| {
            DMatrix::from_fn(j.nrows(), j.nrows(), |i, k| {
                if before(i, k) == kept { j[(i, k)].clone() } else { S::zero() }
            })
        };
        let (lower, rest) = (part(true), part(false));
        let unit = DMatrix::<S>::identity(j.nrows(), j.nrows());
        let formula = solve(&(unit - lower), &rest).map_err(|_| LoopError::NoStablePoint)?;
        let [_, there, _] = orders_of(map.blocks().len());
        let (gap, size) = if view.route == Route::Simulation {
            let end = play(&map, &there, &x);
            (norm(&(&end - &formula * &x)), norm(&end) + norm(&x))
        } else {
            let product = round_jacobian(&map.linearise(&x), map.blocks(), &there);
            (largest(&(&product - &formula)), largest(&product).max(&largest(&formula)))
        };
        Ok(vec![Side::equal("gap", gap, S::zero()).against(size)])
    }
}

fn largest<S: Real>(m: &DMatrix<S>) -> S {
    m.iter().fold(S::zero(), |most, x| most.max(&x.abs()))
}

/// Models 1 and 2 of the point, without their self-terms.
struct Squared {
    power: u32,
}

impl Property for Squared {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let j = DMatrix::from_fn(4, 4, |i, k| {
            if i / 2 == k / 2 { S::zero() } else { at.matrix("J")[(i, k)].clone() }
        });
        let map = LinearLoop::new(j, 2);
        let x = DVector::from_fn(4, |i, _| at.vector("x")[i].clone());
        let [together, there, _] = orders_of(2);
        if view.route == Route::Simulation {
            // Two simultaneous rounds do to one model what a sequential round does: from a state whose
            // first block is what model 1 would make of the second, the second blocks agree.
            let mut state = x.clone();
            state.rows_mut(0, 2).copy_from(&map.retrain(0, &x));
            let one = play(&map, &there, &x);
            let two = play(&map, &together, &play(&map, &together, &x));
            let gap = norm(&(one.rows(2, 2) - two.rows(2, 2)).into_owned());
            let size = norm(&x) + norm(&two);
            return Ok(vec![
                Side::equal("second model after a round and after two", gap, S::zero())
                    .against(size),
            ]);
        }
        let linear = map.linearise(&x);
        let radius = |round| S::spectral_radius(&round_jacobian(&linear, map.blocks(), &round));
        let (fast, slow) = (radius(there)?, radius(together)?);
        let power = (1..self.power).fold(slow.clone(), |product, _| product * slow.clone());
        let scale = S::one().max(&power);
        Ok(vec![Side::equal("spectral radius of a sequential round", fast, power).against(scale)])
    }
}

/// $\rho((I - L)^{-1} U) \le \rho(J)$.
struct NotSlower;

impl Property for NotSlower {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let map = LinearLoop::new(at.matrix("J").clone(), 1);
        let [together, there, back] = orders_of(map.blocks().len());
        if view.route == Route::Simulation {
            // From the eigenvector of J, or any state that a round does not raise, sequential rounds
            // stay below simultaneous ones, model by model.
            let n = map.dimension();
            let pull = DMatrix::<S>::identity(n, n) - &map.jacobian;
            let ones = DMatrix::from_element(n, 1, S::one());
            let start = solve(&pull, &ones).map_err(|_| LoopError::NoStablePoint)?;
            let start = start.column(0).into_owned();
            let size = norm(&start);
            let (mut slow, mut fast) = (start.clone(), start);
            let mut sides = Vec::new();
            for _ in 0..3 {
                (slow, fast) = (play(&map, &together, &slow), play(&map, &there, &fast));
                sides.extend(slow.iter().zip(&fast).map(|(slow, fast)| {
                    Side::at_most("sequential against simultaneous", fast.clone(), slow.clone())
                        .against(size.clone())
                }));
            }
            return Ok(sides);
        }
        let linear = map.linearise(&at.vector("x"));
        let radius = |round| S::spectral_radius(&round_jacobian(&linear, map.blocks(), &round));
        let slow = radius(together)?;
        let mut sides = Vec::new();
        for round in [there, back] {
            let fast = radius(round)?;
            sides.push(
                Side::at_most("spectral radius of a sequential round", fast, slow.clone())
                    .against(S::one()),
            );
        }
        Ok(sides)
    }
}

/// The planted conjecture: sequential retraining converges whenever simultaneous retraining does.
struct SequentialConverges;

impl Property for SequentialConverges {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let j = view.point()?.matrix("J");
        let map = LinearLoop::new(j.clone(), 1);
        let [_, there, _] = orders_of(map.blocks().len());
        let at_rest = DVector::from_element(map.dimension(), S::zero());
        let jacobian = round_jacobian(&map.linearise(&at_rest), map.blocks(), &there);
        let radius = S::spectral_radius(&jacobian)?;
        Ok(vec![Side::below("spectral radius of a sequential round", radius, S::one())])
    }
}

/// Per cent of the two ensembles that theory gives.
const FAILING: [f64; 2] = [6.5, 25.0];

fn conjecture(effort: f64, seed: u64) -> Vec<Evidence> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = (20_000.0 * effort.clamp(0.1, 4.0)) as u64;
    let names = ["normal entries, rescaled", "entries uniform in [-1, 1], given rho(J) < 1"];
    let seen = sequential_failures(seed, count).into_iter().zip(FAILING).zip(names);
    seen.map(|(((failed, of), expected), name)| {
        let percent = 100.0 * failed as f64 / of.max(1) as f64;
        let p = expected / 100.0;
        // Half of the last digit given, and four standard deviations.
        let room = 0.5 + 400.0 * (p * (1.0 - p) / of.max(1) as f64).sqrt();
        Evidence::Checked {
            route: Route::Spectrum,
            agrees: (percent - expected).abs() <= room,
            finding: format!(
                "{name}: sequential retraining diverges for {percent:.0} per cent of {of} loops"
            ),
        }
    })
    .collect()
}

/// `J`, `n × n`, of scalar models, and their losses' curvatures `H`, `n`.
struct FineTuned;

impl Domain for FineTuned {
    fn name(&self) -> &'static str {
        "fine-tuned-loops"
    }
    fn what(&self) -> &'static str {
        "2 to 4 scalar models: J with entries uniform in [-1, 1], rescaled to a spectral radius \
         uniform in (0, 2); curvatures H from 1/4 to 4, uniform in the logarithm"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let n = rng.random_range(2..=4);
        let j = DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0));
        let j = rescaled(j, rng.random_range(0.0..2.0));
        let h = DVector::from_fn(n, |_, _| 2_f64.powf(rng.random_range(-2.0..2.0)));
        Point::new().with_matrix("J", j).with_vector("H", h)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let from = [0.0, 0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0];
        let j = DMatrix::from_fn(2, 2, |_, _| *from.choose(rng).expect("not empty"));
        let h = DVector::from_fn(2, |_, _| *[1.0, 2.0, 10.0].choose(rng).expect("not empty"));
        Point::new().with_matrix("J", j).with_vector("H", h)
    }
}

/// $H > 0$.
struct Convex;

impl Hypothesis for Convex {
    fn tex(&self) -> &'static str {
        "H > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let h = view.point()?.vector("H");
        Ok(h.iter().skip(1).fold(h[0].clone(), |least, x| least.min(x)))
    }
}

/// $H(J - I)$.
fn pull<S: Arithmetic>(view: &View<S>) -> Result<DMatrix<S>, LoopError> {
    let at = view.point()?;
    let j = at.matrix("J");
    let n = j.nrows();
    Ok(DMatrix::from_diagonal(&at.vector("H")) * (j - DMatrix::<S>::identity(n, n)))
}

/// $1 - \rho((r + A)(r - A)^{-1})$, `r` slightly above $\rho(A)$: positive exactly where all eigenvalues of
/// `A` have negative real parts, about $2|\mathrm{Re}\,\mu|/r$ near zero.
fn hurwitz_margin<S: Arithmetic>(a: &DMatrix<S>) -> Result<S, LoopError> {
    let n = a.nrows();
    let size = spectrum_of(&a.map(|x| f64::midpoint(x.lower(), x.upper())))?.radius();
    let shift = DMatrix::<S>::identity(n, n) * S::from_f64(1.0625 * size + 1e-3);
    let back = inverse(&(&shift - a)).map_err(|_| LoopError::NotObserved)?;
    Ok(S::one() - S::spectral_radius(&((shift + a) * back))?)
}

/// $\max \mathrm{Re} < 0$.
struct Hurwitz;

impl Hypothesis for Hurwitz {
    fn tex(&self) -> &'static str {
        r"\max \mathrm{Re}\, \mathrm{eig}(H(J - I)) < 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        hurwitz_margin(&pull(view)?)
    }
}

/// The largest real part is not a small part of the largest modulus, so that a run can show its sign.
struct Decided;

impl Hypothesis for Decided {
    fn tex(&self) -> &'static str {
        r"|\max \mathrm{Re}\, \mathrm{eig}(H(J - I))| \text{ not small}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(hurwitz_margin(&pull(view)?)?.abs() - S::one() / S::from_int(5))
    }
}

/// A step at which fine-tuning converges if it does at small ones: half of the least
/// $2|\mathrm{Re}\,\mu|/|\mu|^2$. Where it diverges any step will do: one over the spectral radius.
fn step_of(a: &DMatrix<f64>, converges: bool) -> Result<f64, LoopError> {
    let spectrum = spectrum_of(a)?;
    if !converges {
        return Ok(1.0 / spectrum.radius());
    }
    let each = spectrum.eigenvalues.iter().map(|z| z.re.abs() / z.norm_sqr());
    Ok(each.fold(1.0, f64::min))
}

/// Rounds of a fine-tuning run: real parts of a tenth of the spectral radius change it by
/// $e^{\pm 10}$ in that many.
const STEPS: usize = 1000;

/// Fine-tuning at a small step does what the real parts say.
struct Incremental;

impl Property for Incremental {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let a = pull(view)?;
        let floating = |x: &S| f64::midpoint(x.lower(), x.upper());
        let converges = hurwitz_margin(&a)?.is_above_zero();
        let step = step_of(&a.map(|x| floating(&x)), converges)?;
        let seen = if view.route == Route::Simulation {
            S::floating(|| {
                let j = at.matrix("J").map(|x| floating(&x));
                let h = at.vector("H").map(|x| floating(&x));
                let start = DVector::from_fn(j.nrows(), |i, _| 1.0 + 0.3 * i as f64);
                let tune = |x: &DVector<f64>| x - (x - &j * x).component_mul(&h) * step;
                Ok(late_growth(tune, &start, STEPS))
            })?
        } else {
            let own = |h: &S| DMatrix::from_element(1, 1, h.clone());
            let hessians = at.vector("H").iter().map(own).collect();
            let map = LinearLoop::new(at.matrix("J").clone(), 1).with_hessians(hessians);
            let rest = DVector::from_element(map.dimension(), S::zero());
            let round = Round::Incremental(step);
            S::spectral_radius(&round_jacobian(&map.linearise(&rest), map.blocks(), &round))?
        };
        Ok(vec![if converges {
            Side::below("rate of fine-tuning at a small step", seen, S::one())
        } else {
            Side::below("one against the rate of fine-tuning", S::one(), seen)
        }])
    }
}

/// Fine-tuning by steps of a hundredth converges.
struct SmallSteps;

impl Property for SmallSteps {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let a = pull(view)?;
        let n = a.nrows();
        let round = DMatrix::<S>::identity(n, n) + a / S::from_int(100);
        Ok(vec![Side::below("spectral radius of a step", S::spectral_radius(&round)?, S::one())])
    }
}

/// Retraining converges.
struct Retrains;

impl Property for Retrains {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let radius = S::spectral_radius(view.point()?.matrix("J"))?;
        Ok(vec![Side::below("rho(J)", radius, S::one())])
    }
}

/// The numbers of the example.
struct Example;

impl Property for Example {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Spectrum]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let system = view.system();
        let zero = DVector::from_element(2, S::zero());
        let linear = system.linearise(&zero);
        let h = DVector::from_fn(2, |i, _| linear.hessians[i][(0, 0)].clone());
        let a = DMatrix::from_diagonal(&h) * (&linear.jacobian - DMatrix::<S>::identity(2, 2));
        let half = S::one() / S::from_int(2);
        if view.route == Route::Spectrum {
            let radius = S::spectral_radius(&linear.jacobian)?;
            let growth = S::one() - hurwitz_margin(&a)?;
            return Ok(vec![
                Side::equal("rho(J)", radius, half),
                Side::below("one against rho((r + A)(r - A)^-1)", S::one(), growth),
            ]);
        }
        // The eigenvalues of a 2 by 2 matrix solve x² - trace x + determinant = 0.
        let trace = |m: &DMatrix<S>| m[(0, 0)].clone() + m[(1, 1)].clone();
        let (sum, product) = (trace(&linear.jacobian), determinant(&linear.jacobian));
        let real_part = trace(&a) * half.clone();
        Ok(vec![
            Side::equal("sum of the eigenvalues of J", sum, S::from_int(7) / S::from_int(10)),
            Side::equal("their product", product, S::one() / S::from_int(10)),
            Side::equal(
                "real part of the eigenvalues of H(J - I)",
                real_part.clone(),
                half.clone() * half,
            ),
            Side::below(
                "its square against their product",
                real_part.clone() * real_part,
                determinant(&a),
            ),
        ])
    }
}
