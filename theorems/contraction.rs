//! # Contraction: a stable point exists, and every order of retraining reaches it at rate κ
//!
//! **Statement.** With
//!
//! ```math
//! \kappa = \max\left( \frac{\gamma_\theta L_\phi\varepsilon_\phi + 2\gamma_\phi L_\theta\varepsilon_\theta}{\gamma_\phi(\gamma_\theta - L_\theta\varepsilon_\theta)},\
//! \frac{\gamma_\phi L_\theta\varepsilon_\theta + 2\gamma_\theta L_\phi\varepsilon_\phi}{\gamma_\theta(\gamma_\phi - L_\phi\varepsilon_\phi)},\
//! \frac{L_\theta\varepsilon_\theta}{\gamma_\theta} + \frac{L_\phi\varepsilon_\phi}{\gamma_\phi} \right) < 1
//! ```
//!
//! a stable point exists and, whichever order is used in each round,
//!
//! ```math
//! |(\theta_t,\phi_t) - (\theta^*,\phi^*)| \le \kappa^t\, |(\theta_0,\phi_0) - (\theta^*,\phi^*)|.
//! ```
//!
//! The proof's steps, with $a = L_\theta\varepsilon_\theta/\gamma_\theta$ and
//! $b = L_\phi\varepsilon_\phi/\gamma_\phi$, are claims of their own: how far an optimum moves
//! with its law; how Lipschitz the maps of a round are ($G_1$, $G_2$ with one model first, $G_3$
//! synchronous); and that $\kappa$ dominates these constants.
//!
//! Sharper, and not in the paper: with the same joint constants every order contracts by
//! $\sqrt{a^2 + b^2 + a^2b^2}$ towards the common stable point, so $(1 + a^2)(1 + b^2) < 2$ is
//! enough; the bound is attained. (Synchronous: $|\Delta| \le \sqrt{a^2 + b^2}$. One model first: the
//! first block moves by at most $a$, the second sees $\sqrt{1 + a^2}$ and moves by at most $b$ times
//! that.)
//!
//! **Hypotheses.** Assumptions 3.2 (strong convexity $\gamma$), 3.3 ($L$-Lipschitz gradients in
//! the data and the parameters), 3.5 (sensitivity $\varepsilon$), and $\kappa < 1$. The step about
//! $\kappa$ is for $a, b \in [0, 1)$.
//!
//! **How it is checked.** $\gamma$, $L$, $\varepsilon$ are computed from the matrices of random
//! loops, $\varepsilon$ from above. The rate: one round of each order from a random state (analytic);
//! thirty rounds in random orders from that state (simulation); the spectral radius of each
//! order's Jacobian (spectrum), which cannot exceed a contraction constant. `@digits`: the same on
//! two classifiers of handwritten digits that label each other's images, with constants computed
//! from the images; `κ < 1` there takes little synthetic data or a strong ridge.
//!
//! **Source.** Theorem 3.6 of arXiv 2605.29267 and its proof.

mod any_order;
mod constants;
mod local;

pub(crate) use any_order::weights;

use crate::prelude::*;

/// See the [module](self).
pub struct Contraction;

const RATE: &str = r"\(\kappa < 1\) implies that a stable point exists and \(|x_t - x^*| \le \kappa^t |x_0 - x^*|\) in every order of retraining";
const JOINT: &str = r"\((1 + a^2)(1 + b^2) < 2\) implies \(|x_t - x^*| \le (a^2 + b^2 + a^2b^2)^{t/2} |x_0 - x^*|\) in every order of retraining";
const ARGMIN: &str = r"\(|\arg\min_{P_1} - \arg\min_{P_2}| \le (L/\gamma)\, W_1(P_1, P_2)\)";
const MAPS: &str = r"\(G_1, G_2\) are \((a + ab + b)\)-Lipschitz, \(G_3\) is \((a + b)\)-Lipschitz";
const DOMINATES: &str =
    r"\(\max((b+2a)/(1-a), (a+2b)/(1-b)) \ge a + ab + b\) for \(a, b \in [0, 1)\)";

impl Theorem for Contraction {
    fn card(&self) -> Card {
        Card {
            id: "thm_3_6",
            title: "Existence of a stable point and convergence at rate kappa",
            source: "arXiv 2605.29267, Theorem 3.6",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = vec![
            Claim::universal("rate", RATE, Rate::kappa(100, 1)).given(KappaBelowOne),
            Claim::over(&Digits, "rate@digits", RATE, on::<Digits, _>(Rate::kappa(100, 1)))
                .given(on::<Digits, _>(KappaBelowOne)),
            Claim::universal("rate_joint", JOINT, Rate::joint(100))
                .given(JointlyBelowOne)
                .derived(),
            Claim::universal("argmin_step", ARGMIN, ArgminStep { condition: true }),
            Claim::universal("lipschitz_maps", MAPS, LipschitzMaps { joint: true }),
            Claim::universal("kappa_dominates", DOMINATES, Dominates { third_term: false })
                .given(BothBelowOne),
        ];
        claims.extend(constants::claims());
        claims.extend(any_order::claims());
        claims.extend(local::claims());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let mut controls = vec![
            Control::new(
                Claim::universal("rate_0.45", RATE, Rate::kappa(45, 1))
                    .given(KappaBelowOne),
                "rate",
                "a model that depends only on itself contracts by a exactly, and kappa = 2a/(1-a), \
                 so 0.45 kappa < a for a < 0.1",
            )
            .built(weak_follower),
            Control::new(
                Claim::universal("rate_squared", RATE, Rate::kappa(100, 2))
                    .given(KappaBelowOne),
                "rate",
                "for the same model kappa^2 = 4a^2/(1-a)^2 < a where a is small",
            ),
            Control::new(
                Claim::universal("rate_joint_0.95", JOINT, Rate::joint(95)).given(JointlyBelowOne),
                "rate_joint",
                "a model that depends only on itself has b = 0 and contracts by a exactly: the bound \
                 is attained",
            )
            .built(weak_follower),
            Control::new(
                Claim::universal(
                    "argmin_without_condition",
                    ARGMIN,
                    ArgminStep { condition: false },
                ),
                "argmin_step",
                "with H = 1 and B = 2 the optimum moves twice as far as the law",
            ),
            Control::new(
                Claim::universal("maps_by_the_larger", MAPS, LipschitzMaps { joint: false }),
                "lipschitz_maps",
                "two models that both follow phi move by sqrt(a^2 + b^2) > max(a, b)",
            ),
            Control::new(
                Claim::universal("third_term_dominates", DOMINATES, Dominates { third_term: true })
                    .given(BothBelowOne),
                "kappa_dominates",
                "a + b < a + ab + b wherever ab > 0",
            ),
        ];
        controls.extend(constants::controls());
        controls.extend(any_order::controls());
        controls.extend(local::controls());
        controls
    }
}

/// $a, b < 1$.
struct BothBelowOne;

impl Hypothesis for BothBelowOne {
    fn tex(&self) -> &'static str {
        "a, b < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let c = view.constants();
        Ok(S::one() - c.a().max(&c.b()))
    }
}

/// $(1 + a^2)(1 + b^2) < 2$.
struct JointlyBelowOne;

impl Hypothesis for JointlyBelowOne {
    fn tex(&self) -> &'static str {
        "(1 + a^2)(1 + b^2) < 2"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - joint_square(view.constants()))
    }
}

/// $a^2 + b^2 + a^2b^2$.
fn joint_square<S: Arithmetic>(constants: &Constants<S>) -> S {
    let square = |x: S| x.clone() * x;
    let (a, b) = (square(constants.a()), square(constants.b()));
    a.clone() + b.clone() + a * b
}

/// Every order contracts towards the stable point at the rate `percent/100` of `κ^power`, or of
/// $\sqrt{a^2 + b^2 + a^2b^2}$. The theorem has `κ` itself.
struct Rate {
    percent: i32,
    /// Of `κ`; none for the other.
    power: Option<u32>,
}

impl Rate {
    fn kappa(percent: i32, power: u32) -> Self {
        Rate { percent, power: Some(power) }
    }
    fn joint(percent: i32) -> Self {
        Rate { percent, power: None }
    }
    fn bound<F: Family, S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let constants = F::constants(view)?;
        let whole = match self.power {
            None => joint_square(&constants).sqrt(),
            Some(power) => {
                let kappa = constants.kappa();
                (1..power).fold(kappa.clone(), |x, _| x * kappa.clone())
            }
        };
        Ok(whole * S::from_int(self.percent) / S::from_int(100))
    }
}

/// Rounds that the simulation runs.
const ROUNDS: u64 = 30;

impl Property for Rate {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.on::<Affine, S>(view)
    }
}

impl<F: Running> Property for On<F, Rate> {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.1.on::<F, S>(view)
    }
}

impl Rate {
    fn on<F: Running, S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let rate = self.bound::<F, S>(view)?;
        if view.route == Route::Spectrum {
            let radius = |round| {
                let radius = S::spectral_radius(&F::round_jacobian(view, &round)?)?;
                Ok(Side::at_most("spectral radius of a round", radius, rate.clone()))
            };
            return orders().into_iter().map(radius).collect();
        }
        let stable = F::stable(view)?;
        let start = F::start(view)?;
        let distance = |x: &DVector<S>| norm(&(x - &stable));
        let first = distance(&start);
        if view.route == Route::Direct {
            let one_round = |round| {
                let after = distance(&F::play(view, &round, &start)?);
                Ok(Side::at_most("distance after one round", after, rate.clone() * first.clone()))
            };
            return orders().into_iter().map(one_round).collect();
        }
        // Below this the distance is the rounding of the stable point itself.
        let visible = S::from_f64(1e-11) * (norm(&stable) + first);
        let step = |round: &Round, state: &DVector<S>| F::play(view, round, state);
        switching((2, &step), &start, &rate, &distance, [&visible, &S::zero()])
    }
}

/// [`ROUNDS`] rounds in random orders from `start`: the distance from the stable point falls by `rate`
/// every round, as long as it stays above `visible`; measured against `size` where that is larger.
///
/// # Errors
/// Those of a round.
fn switching<S: Arithmetic>(
    (models, play): (usize, &Play<S>),
    start: &DVector<S>,
    rate: &S,
    distance: &dyn Fn(&DVector<S>) -> S,
    [visible, size]: [&S; 2],
) -> Result<Vec<Side<S>>, LoopError> {
    // Another sequence of orders for every sample.
    let seed = start.iter().fold(1, |seed, x| seed ^ x.lower().to_bits().rotate_left(7));
    let order = Order::Switching { seed };
    let (mut state, mut bound) = (start.clone(), distance(start));
    let mut sides = Vec::new();
    for t in 0..ROUNDS {
        state = play(&order.round(t, models), &state)?;
        bound *= rate.clone();
        if (bound.clone() - visible.clone()).is_above_zero() {
            let side = Side::at_most("distance after t rounds", distance(&state), bound.clone());
            let scale = side.scale.max(size);
            sides.push(side.against(scale));
        }
    }
    Ok(sides)
}

/// A round of a loop from a state.
type Play<'a, S> = dyn Fn(&Round, &DVector<S>) -> Result<DVector<S>, LoopError> + 'a;

/// Simultaneous, and one model before the other both ways.
fn orders() -> [Round; 3] {
    orders_of(2)
}

/// Simultaneous, one model after the other, and the other way round.
fn orders_of(models: usize) -> [Round; 3] {
    let there: Vec<usize> = (0..models).collect();
    let back = there.iter().rev().copied().collect();
    [Round::Simultaneous, Round::Sequential(there), Round::Sequential(back)]
}

/// θ keeps a twentieth of its own samples, φ stands alone: `a = 1/20`, `κ = 2/19`.
fn weak_follower() -> Sample<f64> {
    let component = |source, weight, channel| Component {
        source,
        weight,
        channel,
        offset: dvector![0.0],
        spread: 1.0,
    };
    let real = |weight| component(Source::Real, weight, DMatrix::zeros(1, 0));
    let own = component(Source::Raw(0), 0.05, dmatrix![1.0]);
    let model = |name: &str, components| {
        let alignment = Alignment { linear: dvector![0.0], curvature: dmatrix![0.0] };
        Model::new(name.into(), dmatrix![1.0], dmatrix![1.0], components, alignment)
            .expect("one is invertible")
    };
    let models = vec![model("p", vec![real(0.95), own]), model("q", vec![real(1.0)])];
    let system = GaussianLoop::new(models, Order::Simultaneous);
    let mut probe = Probe::plain(&system);
    // Only θ starts off its stable point.
    probe.start[1] = 0.0;
    Sample { system, probe }
}

/// Two laws that are translates of each other are exactly their shift apart in `W_1`.
struct ArgminStep {
    /// Whether the factor is `L/γ`, as printed, or 1.
    condition: bool,
}

impl Property for ArgminStep {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (c, probe) = (view.constants(), view.probe());
        let ratios = [
            (&probe.push_p, c.l_p.clone() / c.gamma_p.clone()),
            (&probe.push_q, c.l_q.clone() / c.gamma_q.clone()),
        ];
        let mut sides = Vec::new();
        for (i, (shift, ratio)) in ratios.into_iter().enumerate() {
            let system = view.system();
            let factor = if self.condition { ratio } else { S::one() };
            if view.route == Route::Spectrum {
                // The furthest that any shift of length one can move the optimum.
                let m = &system.models[i];
                let response = solve(&m.hessian, &m.data)
                    .map_err(|_| LoopError::SingularHessian { model: m.name.clone() })?;
                let gram = &response * response.transpose();
                let furthest = S::spectral_radius(&gram)?.sqrt();
                sides.push(Side::at_most("largest move of the optimum", furthest, factor));
                continue;
            }
            let knob = system.shifting(i, shift);
            let moved = system.turned(&knob, &S::one());
            let at = &probe.start;
            let step = moved.retrain(i, at) - system.retrain(i, at);
            let left = if view.route == Route::Simulation {
                norm(&(descend(&moved, i, at) - descend(system, i, at)))
            } else {
                norm(&step)
            };
            sides.push(Side::at_most("move of the optimum", left, factor * norm(shift)));
        }
        Ok(sides)
    }
}

/// The optimum of `model` on the law that `state` makes, by gradient descent with the step
/// `2/(γ + L_H)`, until it moves no more.
fn descend<S: Arithmetic>(
    system: &GaussianLoop<S>,
    model: usize,
    state: &DVector<S>,
) -> DVector<S> {
    let (least, most) = S::extreme_eigenvalues(&system.models[model].hessian);
    let step = S::from_int(2) / (least + most);
    let mean = system.training_mean(model, state);
    let m = &system.models[model];
    let pull = &m.data * mean;
    let mut u = system.block(model, state);
    for _ in 0..2000 {
        let next = &u - (&m.hessian * &u - &pull) * step.clone();
        let moved = norm(&(&next - &u));
        let size = norm(&next);
        u = next;
        if !(moved - S::from_f64(1e-14) * size).is_above_zero() {
            break;
        }
    }
    u
}

/// Two states are at most this factor as far apart after a round as before.
struct LipschitzMaps {
    /// Whether `G_3` has the factor `a + b`, as printed, or only the larger of the two.
    joint: bool,
}

impl Property for LipschitzMaps {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Spectrum]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (a, b) = (view.constants().a(), view.constants().b());
        let one_first = a.clone() + a.clone() * b.clone() + b.clone();
        let together = if self.joint { a + b } else { a.max(&b) };
        let (system, probe) = (view.system(), view.probe());
        let linear = system.linearise(&probe.start);
        let mut sides = Vec::new();
        for (round, factor) in orders().into_iter().zip([together, one_first.clone(), one_first]) {
            if view.route == Route::Spectrum {
                // The most that any two states can be driven apart: the largest singular value.
                let jacobian = round_jacobian(&linear, system.blocks(), &round);
                let gram = &jacobian * jacobian.transpose();
                let stretch = S::spectral_radius(&gram)?.sqrt();
                sides.push(Side::at_most("largest stretch of a round", stretch, factor));
                continue;
            }
            let before = norm(&(&probe.start - &probe.other));
            let gap = play(system, &round, &probe.start) - play(system, &round, &probe.other);
            sides.push(Side::at_most("distance after a round", norm(&gap), factor * before));
        }
        Ok(sides)
    }
}

/// $a + ab + b$ is at most the maximum of the first two terms of `κ`.
struct Dominates {
    /// Whether the third term `a + b` is claimed to do it instead.
    third_term: bool,
}

impl Property for Dominates {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        Ok(self.among([view.constants().a(), view.constants().b()]))
    }
}

impl Dominates {
    fn among<S: Arithmetic>(&self, [a, b]: [S; 2]) -> Vec<Side<S>> {
        let two = S::from_int(2);
        let first = (b.clone() + two.clone() * a.clone()) / (S::one() - a.clone());
        let second = (a.clone() + two * b.clone()) / (S::one() - b.clone());
        let largest = if self.third_term { a.clone() + b.clone() } else { first.max(&second) };
        vec![Side::at_most("a + ab + b", a.clone() + a * b.clone() + b, largest)]
    }
}
