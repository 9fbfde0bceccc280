//! Two categorical loops that train on each other, as a domain of claims.

use super::{Family, Matrices, Terms};
use crate::case::{Arithmetic, Influence, Turn, View};
use crate::claim::{Hypothesis, Route};
use crate::domain::Domain;
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::Constants;
use crate::linalg::{self, dot, norm};
use crate::point::Point;
use crate::scalar::Scalar;
use crate::systems::{
    Candidates, CategoricalLoop, CategoricalModel, Luce, Part, RetrainingMap, Round, Source,
    SourceKind,
};
use nalgebra::{DMatrix, DVector};
use num_dual::DualSVec64;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cell::OnceCell;

/// Two models on 2 to 5 categories each, log loss, with all five kinds of data.
///
/// A point has the *stable* laws, and the real data is chosen so that they are stable: in exact
/// arithmetic too. What must be positive is given as masses, normalised where it is used.
#[derive(Clone, Copy, Debug)]
pub struct Categorical;

/// The names of a model's entries in a point.
struct Names {
    law: &'static str,
    weights: &'static str,
    reward: &'static str,
    kernel: &'static str,
    shares: &'static str,
}

/// Of `p` and of `q`. `shares` are raw, curated, and the part of both that the other model made;
/// the rest is real.
const NAMES: [Names; 2] = [
    Names {
        law: "law_p",
        weights: "weights_p",
        reward: "reward_p",
        kernel: "kernel_p",
        shares: "shares_p",
    },
    Names {
        law: "law_q",
        weights: "weights_q",
        reward: "reward_q",
        kernel: "kernel_q",
        shares: "shares_q",
    },
];

/// In how many rounds a drawn loop comes close to a stable point.
const APPROACH: usize = 12;

impl Domain for Categorical {
    fn name(&self) -> &'static str {
        "categorical"
    }

    fn what(&self) -> &'static str {
        "two models on 2 to 5 categories, log loss, real, raw and curated data of both through \
         random kernels; K = 2, 3, 4, 40 or infinite candidates; real data for which the laws \
         given are stable"
    }

    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let sizes = [rng.random_range(2..=5), rng.random_range(2..=5)];
        // Forty are integrated, which takes as long as all the others together.
        let candidates = [2.0, 3.0, 0.0, 4.0, 2.0, 3.0, 0.0, 4.0][(index % 8) as usize];
        let candidates = if index % 32 == 31 { 40.0 } else { candidates };
        let mut at = Point::new().with("candidates", candidates);
        let mass = |rng: &mut Xoshiro256PlusPlus| -rng.random_range(1e-3..1.0_f64).ln();
        for (i, names) in NAMES.iter().enumerate() {
            let (n, m) = (sizes[i], sizes[1 - i]);
            let reward = DVector::from_fn(n, |_, _| rng.random_range(-1.5..1.5));
            let shares = [(0.0, 0.4), (0.05, 0.5), (0.0, 1.0)].map(|(a, b)| rng.random_range(a..b));
            at = at
                .with_vector(names.law, DVector::from_fn(n, |_, _| mass(rng)))
                .with_vector(names.weights, reward.map(f64::exp))
                .with_vector(names.reward, reward)
                .with_matrix(names.kernel, DMatrix::from_fn(n, m, |_, _| mass(rng)))
                .with_vector(names.shares, DVector::from_row_slice(&shares));
        }
        settled(at)
    }

    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let sizes = [rng.random_range(2..=3), rng.random_range(2..=3)];
        let mut whole = |low: i32, high: i32| f64::from(rng.random_range(low..=high));
        let mut at = Point::new().with("candidates", [3.0, 0.0, 2.0][(index % 3) as usize]);
        for (i, names) in NAMES.iter().enumerate() {
            let (n, m) = (sizes[i], sizes[1 - i]);
            let shares = [whole(0, 2) / 10.0, whole(1, 3) / 10.0, whole(0, 4) / 4.0];
            at = at
                .with_vector(names.law, DVector::from_fn(n, |_, _| whole(1, 4)))
                .with_vector(names.weights, DVector::from_fn(n, |_, _| whole(1, 4)))
                .with_vector(names.reward, DVector::from_fn(n, |_, _| whole(-2, 2)))
                .with_matrix(names.kernel, DMatrix::from_fn(n, m, |_, _| whole(0, 2)))
                .with_vector(names.shares, DVector::from_row_slice(&shares));
        }
        at
    }

    /// A category less.
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let mut found = Vec::new();
        for (own, other) in [(&NAMES[0], &NAMES[1]), (&NAMES[1], &NAMES[0])] {
            for z in 0..at.vector(own.law).len() {
                if at.vector(own.law).len() > 2 {
                    let without = |name| at.matrix(name).clone().remove_row(z);
                    found.push(
                        at.clone()
                            .with_matrix(own.law, without(own.law))
                            .with_matrix(own.weights, without(own.weights))
                            .with_matrix(own.reward, without(own.reward))
                            .with_matrix(own.kernel, without(own.kernel))
                            .with_matrix(
                                other.kernel,
                                at.matrix(other.kernel).clone().remove_column(z),
                            ),
                    );
                }
            }
        }
        found
    }
}

/// The point with its laws, so far those of its real data, replaced by what the loop has made of
/// them after some rounds. They need not be quite stable: the real data will be adjusted.
fn settled(at: Point<f64>) -> Point<f64> {
    let real = NAMES.map(|names| normalised(&at.vector(names.law)));
    let Ok(system) = system(&at, Some(real.clone())) else { return at };
    let mut state = system.state(&real);
    for _ in 0..APPROACH {
        state = dynamics::play(&system, &Round::Simultaneous, &state);
    }
    NAMES
        .iter()
        .enumerate()
        .fold(at, |at, (i, names)| at.with_vector(names.law, system.law(i, &state)))
}

fn normalised<S: Scalar>(masses: &DVector<S>) -> DVector<S> {
    let total = masses.iter().fold(S::zero(), |sum, x| sum + x.clone());
    masses.map(|x| x / total.clone())
}

/// The loop of a point: with this real data, or with that for which its laws are stable.
fn system<S: Scalar>(
    at: &Point<S>,
    real: Option<[DVector<S>; 2]>,
) -> Result<CategoricalLoop<S>, LoopError> {
    let laws = NAMES.map(|names| normalised(&at.vector(names.law)));
    let candidates = candidates(&at.number("candidates"));
    let mut models = Vec::new();
    for (i, names) in NAMES.iter().enumerate() {
        let masses = at.matrix(names.kernel);
        let columns: Vec<_> = masses.column_iter().map(|c| normalised(&c.into_owned())).collect();
        let kernel = DMatrix::from_columns(&columns);
        let shares = at.vector(names.shares);
        let (raw, curated, cross) = (shares[0].clone(), shares[1].clone(), shares[2].clone());
        let own = S::one() - cross.clone();
        let part = |source, weight, kernel| Part {
            source,
            weight,
            law: DVector::from_vec(vec![]),
            kernel,
        };
        let other = 1 - i;
        let parts = vec![
            part(Source::Real, S::one() - raw.clone() - curated.clone(), None),
            part(Source::Raw(i), raw.clone() * own.clone(), None),
            part(Source::Raw(other), raw * cross.clone(), Some(kernel.clone())),
            part(Source::Curated(i), curated.clone() * own, None),
            part(Source::Curated(other), curated * cross, Some(kernel)),
        ];
        let luce = Luce::new(at.vector(names.weights), candidates)?;
        models.push(CategoricalModel { parts, luce, reward: at.vector(names.reward) });
    }
    let mut system = CategoricalLoop::new(models);
    let real = real.unwrap_or_else(|| {
        let state = system.state(&laws);
        [0, 1].map(|i| {
            let parts = &system.models[i].parts;
            let rest = parts[1..].iter().fold(laws[i].clone(), |rest, part| {
                rest - system.part_law(part, &state) * part.weight.clone()
            });
            rest.map(|x| x / parts[0].weight.clone())
        })
    });
    for (model, law) in system.models.iter_mut().zip(real) {
        model.parts[0].law = law;
    }
    Ok(system)
}

/// Among how many candidates the loops drawn choose; 0 stands for infinitely many.
const COUNTS: [u32; 5] = [0, 2, 3, 4, 40];

fn candidates<S: Scalar>(number: &S) -> Candidates {
    // What is none of these is rejected by `IsLoop`.
    let count = COUNTS.into_iter().find(|&k| *number == S::from_f64(f64::from(k)));
    count.filter(|&k| k > 0).map_or(Candidates::Infinite, Candidates::Finite)
}

/// The point is a loop: masses and shares are what they should be, and the real data has a law.
#[derive(Clone, Copy, Debug)]
pub struct IsLoop;

impl Hypothesis for IsLoop {
    fn tex(&self) -> &'static str {
        r"\text{the real data is a law}, \lambda_R, \mu_R > 0, 0 < \lambda_H < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        if !is_plausible(at) {
            return Ok(-S::one());
        }
        let system = &Solved::of(view)?.system;
        let entries = system.models.iter().flat_map(|m| m.parts[0].law.iter());
        let least = entries.fold(S::one(), |least, x| least.min(x));
        // A category that the real data never shows is at the edge: leave it out.
        Ok(if least.is_zero() { -S::one() } else { least })
    }
}

/// Whether everything but the real data is as it should be.
fn is_plausible<S: Arithmetic>(at: &Point<S>) -> bool {
    let positive = |x: &S| x.is_above_zero();
    let not_negative = |x: &S| !x.is_below_zero();
    let count = at.number("candidates");
    COUNTS.iter().any(|&k| count == S::from_f64(f64::from(k)))
        && NAMES.iter().all(|names| {
            let shares = at.vector(names.shares);
            let real = S::one() - shares[0].clone() - shares[1].clone();
            let kernel = at.matrix(names.kernel);
            at.vector(names.law).iter().all(positive)
                && at.vector(names.weights).iter().all(positive)
                && kernel.iter().all(not_negative)
                && kernel.column_iter().all(|c| c.iter().any(positive))
                && not_negative(&shares[0])
                && positive(&shares[1])
                && not_negative(&shares[2])
                && not_negative(&(S::one() - shares[2].clone()))
                && positive(&real)
        })
}

/// A point worked out.
struct Solved<S: Scalar> {
    system: CategoricalLoop<S>,
    stable: DVector<S>,
    matrices: Matrices<S>,
    sizes: [S; 3],
    turning: [DVector<S>; 2],
    /// Answers to the curation of `p` and of `q`, by route.
    answers: [OnceCell<Result<[Influence<S>; 2], LoopError>>; 2],
}

impl<S: Arithmetic> Solved<S> {
    fn of<'a>(view: &View<'a, S>) -> Result<&'a Self, LoopError> {
        let at = view.point()?;
        if !is_plausible(at) {
            return Err(LoopError::NotObserved);
        }
        view.once(|| Self::new(at))
    }

    fn new(at: &Point<S>) -> Result<Self, LoopError> {
        let system = system(at, None)?;
        let laws = NAMES.map(|names| normalised(&at.vector(names.law)));
        let stable = system.state(&laws);
        let losses = laws.each_ref().map(CategoricalLoop::loss_gradients);
        // F_i = E_{D_i} ∇ℓ_i, by the parameters of the loss and by those of the law.
        let derivative = |i: usize, j: usize| {
            let through_law = &losses[i] * system.law_derivative(i, j, &stable);
            if i == j {
                let data = system.training_law(i, &stable);
                CategoricalLoop::expected_hessian(&laws[i], &data) + through_law
            } else {
                through_law
            }
        };
        let blocks = [[derivative(0, 0), derivative(0, 1)], [derivative(1, 0), derivative(1, 1)]];
        let curated = system
            .kind_law(0, SourceKind::Curated, &stable)
            .ok_or(LoopError::NoSuchData { model: "p".into(), kind: "curated" })?;
        let force = -(&losses[0] * &curated);
        let size = curated.iter().zip(&laws[0]).map(|(c, p)| c.clone() / p.clone());
        let size = size.fold(S::zero(), |sum, x| sum + x);
        let gradients = [0, 1].map(|i| system.alignment_gradient(i));
        let sizes = [norm(&system.models[0].reward), norm(&system.models[1].reward), size];
        let turning = [0, 1].map(|i| {
            let rates = &system.towards_curation(i)[i];
            let parts = system.models[i].parts.iter().zip(rates);
            parts.fold(gradients[i].map(|_| S::zero()), |sum, (part, rate)| {
                sum + &losses[i] * system.part_law(part, &stable) * rate.clone()
            })
        });
        let matrices = Matrices::new(blocks, gradients, force)?;
        let answers = [OnceCell::new(), OnceCell::new()];
        Ok(Solved { system, stable, matrices, sizes, turning, answers })
    }

    /// The rates of all weights as the curation of `p`, and of `q`, grows.
    fn rates(&self) -> [Vec<Vec<S>>; 2] {
        [0, 1].map(|i| self.system.towards_curation(i))
    }

    fn answer(&self, dx: DVector<S>) -> Influence<S> {
        let gradients = [0, 1].map(|i| self.system.alignment_gradient(i));
        let size = norm(&dx).max(&norm(&self.stable));
        let block = |i: usize| {
            let rows = &self.system.blocks()[i];
            dx.rows(rows.start, rows.len()).into_owned()
        };
        Influence {
            dp: dot(&gradients[0], &block(0)),
            dq: dot(&gradients[1], &block(1)),
            size: gradients.map(|g| norm(&g) * size.clone()),
            dx: Some(dx),
        }
    }

    /// $(I - J)^{-1}b$ on the laws themselves: neither a loss nor its gradient occurs.
    fn directly(&self) -> Result<[Influence<S>; 2], LoopError> {
        let forcing = self.rates().map(|rates| self.system.forcing(&rates, &self.stable));
        let d = self.stable.len();
        let pull = DMatrix::identity(d, d) - self.system.linearise(&self.stable).jacobian;
        let dx = linalg::solve(&pull, &DMatrix::from_columns(&forcing))
            .map_err(|_| LoopError::NoStablePoint)?;
        Ok([0, 1].map(|k| self.answer(dx.column(k).into_owned())))
    }

    /// The derivatives of the point at which a run settles.
    fn by_running(&self, at: &Point<S>) -> Result<[Influence<S>; 2], LoopError> {
        let mut seen = None;
        S::floating(|| {
            let rounded = at.lift(|x| f64::midpoint(x.lower(), x.upper()));
            seen = Some(run(&rounded)?);
            Ok(0.0)
        })?;
        let seen = seen.ok_or(LoopError::NotObserved)?;
        Ok(seen.map(|dx| self.answer(dx.map(S::from_f64))))
    }
}

/// How far a run starts from the stable point, towards the uniform law.
const AWAY: f64 = 0.1;

/// What a run reaches is the stable point if it is this close.
const SAME: f64 = 1e-9;

/// Runs the loop of a point from laws nearby until it settles, in dual numbers that carry the
/// derivatives by both curated shares.
fn run(at: &Point<f64>) -> Result<[DVector<f64>; 2], LoopError> {
    type Dual = DualSVec64<2>;
    let fixed = system(at, None)?;
    let rates = [fixed.towards_curation(0), fixed.towards_curation(1)];
    let mut moving = system(&at.lift(|x| Dual::from_re(*x)), None)?;
    for (i, model) in moving.models.iter_mut().enumerate() {
        for (c, part) in model.parts.iter_mut().enumerate() {
            let slopes = [rates[0][i][c], rates[1][i][c]];
            part.weight = Dual::new(
                part.weight.re,
                num_dual::Derivative::some(nalgebra::SVector::from(slopes)),
            );
        }
    }
    let laws = NAMES.map(|names| normalised(&at.vector(names.law)));
    let stable = fixed.state(&laws);
    let start = laws.map(|law| law.map(|x| (1.0 - AWAY) * x + AWAY / law.len() as f64));
    let start = fixed.state(&start).map(Dual::from_re);
    let settled = dynamics::settle_duals(&moving, &Round::Simultaneous, start);
    let radius = || dynamics::spectrum_of(&fixed.linearise(&stable).jacobian).map(|s| s.radius());
    let Some(settled) = settled else {
        return Err(LoopError::Diverges { radius: radius()?, rounds: dynamics::MAX_ROUNDS });
    };
    if (settled.map(|x| x.re) - &stable).amax() > SAME {
        // Another stable point; this one repels.
        return Err(LoopError::Diverges { radius: radius()?, rounds: 0 });
    }
    let slope = |k: usize| settled.map(|x| x.eps.0.as_ref().map_or(0.0, |v| v[k]));
    Ok([slope(0), slope(1)])
}

impl Family for Categorical {
    const ROUTES: &'static [Route] = &[Route::Direct, Route::Simulation];

    fn terms<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<Terms<'a, S>, LoopError> {
        Ok(Solved::of(view)?.matrices.terms())
    }

    fn sizes<S: Arithmetic>(view: &View<S>) -> Result<[S; 3], LoopError> {
        Ok(Solved::of(view)?.sizes.clone())
    }

    fn turning<S: Arithmetic>(view: &View<S>) -> Result<[DVector<S>; 2], LoopError> {
        Ok(Solved::of(view)?.turning.clone())
    }

    fn influence<'a, S: Arithmetic>(
        view: &View<'a, S>,
        turn: Turn,
    ) -> Result<&'a Influence<S>, LoopError> {
        let solved = Solved::of(view)?;
        let direct = view.route == Route::Direct;
        let answers = solved.answers[usize::from(!direct)].get_or_init(|| {
            if direct { solved.directly() } else { solved.by_running(view.point()?) }
        });
        let [of_p, of_q] = answers.as_ref().map_err(Clone::clone)?;
        match turn {
            Turn::CurateP | Turn::TowardP => Ok(of_p),
            Turn::TowardQ => Ok(of_q),
            Turn::PushP | Turn::PushQ => Err(LoopError::NotObserved),
        }
    }

    /// The log loss of a sample is not strongly convex.
    fn constants<S: Arithmetic>(_: &View<S>) -> Result<Constants<S>, LoopError> {
        Err(LoopError::NotObserved)
    }

    fn curated_share<S: Arithmetic>(view: &View<S>) -> Result<S, LoopError> {
        Ok(view.point()?.vector(NAMES[0].shares)[1].clone())
    }
}
