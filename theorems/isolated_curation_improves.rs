//! # Whether more curation always helps a model that is alone
//!
//! **Statement.** In isolated loops more curation consistently improves alignment. Read: one model,
//! curated by the same reward $r$ that $J_p(\theta) = E_{x \sim p_\theta}[r(x)]$ averages;
//! $J_p$ at the stable point does not fall as $\lambda_H$ grows, other sources in proportion.
//!
//! **Hypotheses.** $\lambda_R, \lambda_H > 0$ and a stable point that attracts. The model makes
//! $x = \theta + \xi$, its loss is $\tfrac12|x - \theta|^2$, curation is Luce's choice among
//! $K = \infty$ of its own samples: a sample is kept in proportion to $e^{r(x)}$.
//!
//! *Why it fails.* Let $k(\theta) = E[\xi e^r]/E[e^r]$ be the shift by curation. On the line the stable
//! point obeys $\lambda_R(\theta - z) = \lambda_H k(\theta)$, $z$ the mean of real data, so
//!
//! ```math
//! \frac{dJ_p}{d\lambda} = \frac{J_p'\, k}{(1-\lambda)\,(\lambda_R - \lambda_H k')},
//! ```
//!
//! with a positive denominator where the stable point attracts: curation backfires exactly where $J_p'$
//! and $k$ have opposite signs. Curation follows $e^r$, the best of the samples; $J_p$ averages $r$.
//! `isolated_improves` has $\xi$ uniform on $[-1, 1]$ and a reward with steps, where all of this is
//! rational but for logarithms of data: $J_p' = \tfrac12(r(\theta+1) - r(\theta-1))$ knows the ends of
//! the window alone, while $k$ is drawn to a band of good samples inside it. `#gaussian_line` has
//! Gaussian $\xi$ and smooth rewards by quadrature, `#gaussian_plane` the same in the plane by sampling
//! with common random numbers; floating point alone sees these. `#linear` has a linear reward, Gaussian
//! samples and any quadratic loss: it fails where the loss does not match, $B \ne H$, so that a model
//! that trains on its own samples does not stay where it is.
//!
//! *What holds.* Gaussian samples $N(\theta, \Sigma)$ and a quadratic reward $g^\top x -
//! \tfrac12 x^\top Qx$, linear ones included, in any dimension. Then $k = M(g - Q\theta) = M\nabla J_p$
//! with $M^{-1} = \Sigma^{-1} + Q$, positive definite where curation is defined, and
//!
//! ```math
//! \frac{dJ_p}{d\lambda} = \frac{\nabla J_p^\top\,(\lambda_R M^{-1} + \lambda_H Q)^{-1}\,\nabla J_p}{1-\lambda} \ge 0,
//! ```
//!
//! because the matrix is symmetric, and positive definite exactly where the stable point attracts: a
//! round has the Jacobian $I - \lambda_R I - \lambda_H MQ$. On the line also every reward that does not
//! decrease, `monotone_reward`: $J_p'$ and $k$ are then both covariances of monotone functions.
//!
//! **How it is checked.** On random steps the formula above, exactly, against runs of the loop with a
//! little more and a little less curation. Quadratic and linear rewards along the three routes of
//! affine loops.
//!
//! **Source.** Introduction of arXiv 2605.29267; what holds and why it fails are derived here.

use super::isolated_curation_sign::{OneModel, are_shares};
use crate::prelude::*;

/// See the [module](self).
pub struct IsolatedCurationImproves;

const IMPROVES: &str =
    r"one model, curated by the reward that \(J_p\) averages: \(dJ_p/d\lambda \ge 0\)";
const LINEAR: &str = r"the same for a linear reward, Gaussian samples and any quadratic loss";
const LINE: &str = r"the same for Gaussian samples on the line and smooth rewards";
const PLANE: &str = r"the same for Gaussian samples in the plane and smooth rewards";
const QUADRATIC: &str = r"one model with Gaussian samples, the squared loss of its own mean, a quadratic or linear reward and \(K = \infty\): \(dJ_p/d\lambda \ge 0\) wherever the stable point attracts";
const MONOTONE: &str =
    r"one model on the line and a reward that does not decrease: \(dJ_p/d\lambda \ge 0\)";

impl Theorem for IsolatedCurationImproves {
    fn card(&self) -> Card {
        Card {
            id: "intro",
            title: "Curation of a model alone",
            source: "arXiv 2605.29267, Introduction",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let steps = |id, tex| {
            let claim = Claim::over(&Steps, id, tex, Improves::Steps);
            claim.given(StepsAreValid).given(Attracts::Steps)
        };
        let bumps = |id, tex, domain| {
            let claim = Claim::over(domain, id, tex, Improves::Bumps);
            claim.given(SharesOfOne).given(Attracts::Bumps)
        };
        vec![
            steps("isolated_improves", IMPROVES)
                .reading(r"one model with samples \(\theta + \xi\) and the squared loss, curated by the reward that \(J_p\) averages, \(K = \infty\): \(J_p\) at an attracting stable point does not fall as \(\lambda_H\) grows")
                .consequence(Gravity::Conclusion, r"Backfiring needs no second model: curation follows \(e^r\), the best samples, while \(J_p\) averages \(r\), and a model that can only move as a whole may lose on average what it gains there. That isolated loops consistently improve holds, for \(K = \infty\) and the squared loss of the model's own mean, with Gaussian samples and quadratic rewards, or on the line with rewards that do not decrease"),
            Claim::over(&Quadratic { matched: false }, "isolated_improves#linear", LINEAR, {
                Improves::Affine { signed: false }
            })
            .given(SharesOfOne)
            .given(Attracts::AnyLoss)
            .reading("as printed for a linear reward, with a quadratic loss whose gradient depends on the data through any matrix")
            .consequence(Gravity::Hypothesis, "A model that does not stay where it is when trained on its own samples can lose by more curation, because curated data displaces real data"),
            bumps("isolated_improves#gaussian_line", LINE, &Bumps { dimension: 1 })
                .reading("as printed for Gaussian samples and a reward that is linear plus bumps; integrals in floating point"),
            bumps("isolated_improves#gaussian_plane", PLANE, &Bumps { dimension: 2 })
                .reading("as printed for Gaussian samples in the plane and a reward that is linear plus bumps; integrals over common samples"),
            quadratic("isolated_improves#corrected", Attracts::Quadratic).corrected(),
            steps("monotone_reward", MONOTONE).given(Monotone).derived(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                quadratic("quadratic_unstable", Attracts::Curable),
                "isolated_improves#corrected",
                "Sigma = 1, Q = -3/4, lambda_H = 1/2 = lambda_R: M = 4, a round multiplies by 2, and \
                 1/2 M^-1 + 1/2 Q = -1/4 < 0",
            )
            .built(|| {
                Point::new()
                    .with("lambda_S", 0.0)
                    .with("lambda_H", 0.5)
                    .with_vector("variance", dvector![1.0])
                    .with_matrix("Q", dmatrix![-0.75])
                    .with_vector("reward", dvector![1.0])
                    .with_vector("real", dvector![0.0])
            }),
            Control::new(
                Claim::over(&Quadratic { matched: true }, "quadratic_falls", QUADRATIC, {
                    Improves::Affine { signed: true }
                })
                .given(SharesOfOne)
                .given(Attracts::Quadratic),
                "isolated_improves#corrected",
                "a linear reward g x is followed: dJ_p = g^2 Sigma/((1-lambda) lambda_R) > 0",
            ),
            Control::new(
                Claim::over(&Steps, "monotone_ends", MONOTONE, Improves::Steps)
                    .given(StepsAreValid)
                    .given(Attracts::Steps)
                    .given(EndsInOrder),
                "monotone_reward",
                "weights 1, 8, 2 with steps at -1/2 and 0: J_p grows with theta, and curation shifts \
                 samples by (-3/4 - 2 + 2)/4 over the mean weight, to the left",
            ),
        ]
    }
}

fn quadratic(id: &'static str, attracts: Attracts) -> Claim {
    let property = Improves::Affine { signed: false };
    let claim = Claim::over(&Quadratic { matched: true }, id, QUADRATIC, property);
    claim.given(SharesOfOne).given(attracts)
}

/// Samples uniform on $[\theta - 1, \theta + 1]$ and a reward with steps, the stable point at 0.
///
/// A point has the shares `lambda_S`, `lambda_H`, the places `steps` where the reward jumps, in order
/// inside (-1, 1), and `weights`, $e^r$ between them, one more. The mean of real data is what makes 0
/// stable.
struct Steps;

impl Domain for Steps {
    fn name(&self) -> &'static str {
        "steps"
    }
    fn what(&self) -> &'static str {
        "one model with samples uniform within 1 of theta and a reward with 1 to 5 steps, e^r between \
         1/16 and 16, monotone in half of the cases"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let n = rng.random_range(1..=5);
        let mut steps: Vec<f64> =
            (0..n).map(|_| f64::from(rng.random_range(-63..=63)) / 64.0).collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        let mut weights: Vec<f64> =
            (0..=steps.len()).map(|_| f64::from(rng.random_range(1..=256)) / 16.0).collect();
        if rng.random_bool(0.5) {
            weights.sort_by(f64::total_cmp);
        }
        let real = rng.random_range(0.2..0.9);
        let curated = (1.0 - real) * rng.random_range(0.05..1.0);
        Point::new()
            .with("lambda_S", 1.0 - real - curated)
            .with("lambda_H", curated)
            .with_vector("steps", DVector::from_vec(steps))
            .with_vector("weights", DVector::from_vec(weights))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let steps = [[-0.5, 0.0], [0.0, 0.5], [-0.5, 0.5], [-0.25, 0.25]];
        let steps = steps.choose(rng).expect("not empty");
        let weights =
            DVector::from_fn(3, |_, _| *[1.0, 2.0, 4.0, 8.0, 0.5].choose(rng).expect("not empty"));
        Point::new()
            .with("lambda_S", 0.0)
            .with("lambda_H", *[0.1, 0.2, 0.5].choose(rng).expect("not empty"))
            .with_vector("steps", DVector::from_row_slice(steps))
            .with_vector("weights", weights)
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let n = at.matrix("steps").nrows();
        let without = |k: usize, w: usize| {
            let steps = at.matrix("steps").clone().remove_row(k);
            let weights = at.matrix("weights").clone().remove_row(w);
            at.clone().with_matrix("steps", steps).with_matrix("weights", weights)
        };
        let all = (0..n).flat_map(|k| [without(k, k), without(k, k + 1)]);
        if n > 1 { all.collect() } else { Vec::new() }
    }
}

/// What curation does at the stable point 0 of a model with steps.
struct Window<S> {
    /// $k(0)$.
    shift: S,
    /// $k'(0)$.
    shift_slope: S,
    /// $J_p'(0)$.
    gradient: S,
}

impl<S: Arithmetic> Window<S> {
    fn of(at: &Point<S>) -> Self {
        let (steps, weights) = (at.vector("steps"), at.vector("weights"));
        let (n, two, four) = (steps.len(), S::from_int(2), S::from_int(4));
        let end = |i: usize| if i == n { S::one() } else { steps[i].clone() };
        let start = |i: usize| if i == 0 { -S::one() } else { steps[i - 1].clone() };
        let (mut mass, mut moment) = (S::zero(), S::zero());
        for (i, w) in weights.iter().enumerate() {
            let (a, b) = (start(i), end(i));
            mass += w.clone() * (b.clone() - a.clone()) / two.clone();
            moment += w.clone() * (b.clone() * b - a.clone() * a) / four.clone();
        }
        let jump = |i: usize| weights[i + 1].clone() - weights[i].clone();
        let jumps = (0..n).map(|i| steps[i].clone() * jump(i));
        let moment_slope = jumps.fold(S::zero(), |sum, x| sum + x) / two.clone();
        let mass_slope = (weights[n].clone() - weights[0].clone()) / two.clone();
        let shift = moment / mass.clone();
        Window {
            shift_slope: (moment_slope - shift.clone() * mass_slope) / mass,
            gradient: (weights[n].ln() - weights[0].ln()) / two,
            shift,
        }
    }
}

/// Steps in order inside the window, weights positive, shares shares.
struct StepsAreValid;

impl Hypothesis for StepsAreValid {
    fn tex(&self) -> &'static str {
        r"\lambda_R, \lambda_H > 0, \lambda_S \ge 0, e^r > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let (steps, weights) = (at.vector("steps"), at.vector("weights"));
        let mut marks = vec![-S::one()];
        marks.extend(steps.iter().cloned());
        marks.push(S::one());
        let ordered = marks.windows(2).all(|m| (m[1].clone() - m[0].clone()).is_above_zero());
        let good = ordered
            && weights.len() == steps.len() + 1
            && weights.iter().all(S::is_above_zero)
            && are_shares(at);
        Ok(yes_or_no(good))
    }
}

/// The reward does not decrease.
struct Monotone;

impl Hypothesis for Monotone {
    fn tex(&self) -> &'static str {
        r"r(x) \le r(x') \text{ where } x \le x'"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let weights = view.point()?.vector("weights");
        let pairs = weights.as_slice().windows(2);
        Ok(yes_or_no(pairs.into_iter().all(|w| !(w[1].clone() - w[0].clone()).is_below_zero())))
    }
}

/// The reward is no smaller at the right end of the window than at the left.
struct EndsInOrder;

impl Hypothesis for EndsInOrder {
    fn tex(&self) -> &'static str {
        r"r(\theta - 1) \le r(\theta + 1)"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let weights = view.point()?.vector("weights");
        let rise = weights[weights.len() - 1].clone() - weights[0].clone();
        Ok(yes_or_no(!rise.is_below_zero()))
    }
}

fn yes_or_no<S: Arithmetic>(yes: bool) -> S {
    if yes { S::one() } else { -S::one() }
}

/// Shares are shares; variances positive, where there are some.
struct SharesOfOne;

impl Hypothesis for SharesOfOne {
    fn tex(&self) -> &'static str {
        r"\lambda_R, \lambda_H > 0, \lambda_S \ge 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let positive = |name: &str| at.get(name).is_none_or(|v| v.iter().all(S::is_above_zero));
        Ok(yes_or_no(are_shares(at) && positive("variance") && positive("hessian")))
    }
}

/// Rounds from nearby lead back to the stable point.
enum Attracts {
    Steps,
    Bumps,
    /// $\Sigma^{-1} + Q$ and $\lambda_R M^{-1} + \lambda_H Q$ are positive definite.
    Quadratic,
    /// Only the first of them: curated laws exist.
    Curable,
    /// The spectral radius of a round is below 1.
    AnyLoss,
}

impl Hypothesis for Attracts {
    fn tex(&self) -> &'static str {
        match self {
            Attracts::Curable => r"\Sigma^{-1} + Q \succ 0",
            _ => r"\rho(\text{round}) < 1",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let (raw, curated) = (at.number("lambda_S"), at.number("lambda_H"));
        match self {
            Attracts::Steps => {
                let slope = S::one() + Window::of(at).shift_slope;
                Ok(S::one() - (raw + curated * slope).abs())
            }
            Attracts::Bumps => {
                let round = Sampled::of(view)?.round::<S>(at)?;
                Ok(S::one() - S::spectral_radius(&round)?)
            }
            Attracts::AnyLoss => {
                let system = &one(view)?.sample().system;
                let jacobian = system.linearise(&one(view)?.pair()?.stable).jacobian;
                Ok(S::one() - S::spectral_radius(&jacobian)?)
            }
            Attracts::Quadratic | Attracts::Curable => {
                let (precision, q) = precision_and_curvature(at);
                let inverse = precision + &q;
                let least = smallest_symmetric_eigenvalue(&inverse);
                if matches!(self, Attracts::Curable) {
                    return Ok(least);
                }
                let real = S::one() - raw - curated.clone();
                let whole = inverse * real + q * curated;
                Ok(least.min(&smallest_symmetric_eigenvalue(&whole)))
            }
        }
    }
}

/// One model with samples $N(\theta, \Sigma)$, $\Sigma$ diagonal (coordinates can be chosen so).
///
/// A point has the shares `lambda_S`, `lambda_H`, the `variance` in every direction, the `reward` `g` and
/// the mean `real` of real data. With the matching loss it has the curvature `Q` of the reward, read as
/// its symmetric part; otherwise the reward is linear, and there are the diagonal `hessian` and the
/// matrix `misfit` by which $B$ differs from it.
struct Quadratic {
    matched: bool,
}

impl Domain for Quadratic {
    fn name(&self) -> &'static str {
        if self.matched { "quadratic-reward" } else { "linear-reward-any-loss" }
    }
    fn what(&self) -> &'static str {
        if self.matched {
            "one model of dimension 1 to 4 with Gaussian samples, quadratic rewards with curvatures of \
             either sign, linear ones in a fifth of the cases"
        } else {
            "one model of dimension 1 to 3 with Gaussian samples, linear rewards and quadratic losses \
             that do not match what the model makes"
        }
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let d = rng.random_range(1..=if self.matched { 4 } else { 3 });
        let scale = if rng.random_bool(0.2) { 0.0 } else { rng.random_range(0.02..0.5) };
        let mut entry = |most: f64| f64::from(rng.random_range(-64..=64)) / 64.0 * most;
        let matrix = DMatrix::from_fn(d, d, |_, _| entry(1.0)) * scale;
        let (reward, mean) =
            (DVector::from_fn(d, |_, _| entry(2.0)), DVector::from_fn(d, |_, _| entry(2.0)));
        let variance = DVector::from_fn(d, |_, _| 1.0 + entry(0.75));
        let hessian = DVector::from_fn(d, |_, _| 1.0 + entry(0.75));
        let real = rng.random_range(0.2..0.9);
        let curated = (1.0 - real) * rng.random_range(0.05..1.0);
        let at = Point::new()
            .with("lambda_S", 1.0 - real - curated)
            .with("lambda_H", curated)
            .with_vector("variance", variance)
            .with_vector("reward", reward)
            .with_vector("real", mean);
        if self.matched {
            return at.with_matrix("Q", &matrix + matrix.transpose());
        }
        at.with_vector("hessian", hessian).with_matrix("misfit", matrix)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let at = Point::new()
            .with("lambda_S", pick(&[0.0, 0.2]))
            .with("lambda_H", pick(&[0.1, 0.2, 0.5]))
            .with("variance", pick(&[1.0, 0.5, 2.0]))
            .with("reward", pick(&[1.0, -1.0, 2.0]))
            .with("real", pick(&[0.0, 1.0, -1.0, 2.0, 4.0]));
        if self.matched {
            return at.with("Q", pick(&[0.0, 1.0, -0.25, -0.5, -0.75]));
        }
        at.with("hessian", 1.0).with("misfit", pick(&[0.5, -0.5, 0.25, 0.0]))
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let d = at.matrix("reward").nrows();
        let without = |k: usize| {
            let vectors = ["variance", "reward", "real", "hessian", "Q", "misfit"];
            vectors.into_iter().fold(at.clone(), |smaller, name| match at.get(name) {
                None => smaller,
                Some(m) if m.ncols() == d && d > 1 => {
                    smaller.with_matrix(name, m.clone().remove_row(k).remove_column(k))
                }
                Some(m) => smaller.with_matrix(name, m.clone().remove_row(k)),
            })
        };
        if d > 1 { (0..d).map(without).collect() } else { Vec::new() }
    }
}

/// $\Sigma^{-1}$ and $Q$.
fn precision_and_curvature<S: Arithmetic>(at: &Point<S>) -> (DMatrix<S>, DMatrix<S>) {
    let variance = at.vector("variance");
    let precision = DMatrix::from_diagonal(&variance.map(|s| S::one() / s));
    let q = at.get("Q").cloned();
    let d = variance.len();
    let q = q.unwrap_or_else(|| DMatrix::from_element(d, d, S::zero()));
    let half = S::one() / S::from_int(2);
    (precision, (&q + q.transpose()) * half)
}

/// The model of a point, as an affine loop: curated samples have the mean
/// $\theta + M(g - Q\theta)$.
fn one<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<&'a Case<S>, LoopError> {
    let at = view.point()?;
    view.once(|| {
        let (precision, q) = precision_and_curvature(at);
        let reward = at.vector("reward");
        let d = reward.len();
        let identity = || DMatrix::<S>::identity(d, d);
        let m = inverse(&(precision + &q))
            .map_err(|_| LoopError::SingularBlock { what: "the precision of curated samples" })?;
        let hessian =
            at.get("hessian").map_or_else(identity, |h| DMatrix::from_diagonal(&h.column(0)));
        let mut data = hessian.clone();
        if let Some(misfit) = at.get("misfit") {
            data += misfit;
        }
        let model = OneModel {
            hessian,
            data,
            shares: [at.number("lambda_S"), at.number("lambda_H")],
            real: at.vector("real"),
            curated: (identity() - &m * &q, &m * &reward),
            alignment: Alignment { linear: reward, curvature: q },
        };
        Ok(Case::new(model.beside_an_idle_one()?))
    })
}

/// Samples $\theta + \xi$, $\xi$ standard Gaussian, and a reward that is linear plus bumps.
///
/// A point has the shares, the `slope` of the reward and `bumps`, one a column: its centre, its height and
/// its width. The mean of real data is what makes 0 stable.
struct Bumps {
    dimension: usize,
}

impl Domain for Bumps {
    fn name(&self) -> &'static str {
        if self.dimension == 1 { "bumps-on-the-line" } else { "bumps-in-the-plane" }
    }
    fn what(&self) -> &'static str {
        if self.dimension == 1 {
            "one model N(theta, 1) on the line and a reward with a slope and 1 to 3 bumps of heights up \
             to 3; integrals by the trapezoidal rule"
        } else {
            "one model N(theta, I) in the plane and a reward with a slope and 1 to 3 bumps of heights up \
             to 3; integrals over the same 256 samples for all"
        }
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let real = rng.random_range(0.2..0.9);
        let curated = (1.0 - real) * rng.random_range(0.05..1.0);
        let d = self.dimension;
        let slope = DVector::from_fn(d, |_, _| rng.random_range(-0.5..0.5));
        let count = rng.random_range(1..=3);
        let bumps = DMatrix::from_fn(d + 2, count, |row, _| match row {
            row if row < d => rng.random_range(-2.0..2.0),
            row if row == d => rng.random_range(-3.0..3.0),
            _ => rng.random_range(0.5..1.5),
        });
        Point::new()
            .with("lambda_S", 1.0 - real - curated)
            .with("lambda_H", curated)
            .with_vector("slope", slope)
            .with_matrix("bumps", bumps)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.draw(rng, index)
    }
}

/// The influence of curation at the stable point 0 of a model with bumps, in floating point.
struct Sampled {
    /// $k(0)$.
    shift: DVector<f64>,
    /// $Dk(0)$.
    shift_slope: DMatrix<f64>,
    /// $\nabla J_p(0)$.
    gradient: DVector<f64>,
}

impl Sampled {
    fn of<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<&'a Self, LoopError> {
        let at = view.point()?;
        // Of exact numbers there is no such thing.
        S::floating(|| Ok(0.0))?;
        view.once(|| Ok(Sampled::new(&at.lift(Real::lower))))
    }

    fn new(at: &Point<f64>) -> Self {
        let (slope, bumps) = (at.vector("slope"), at.matrix("bumps"));
        let d = slope.len();
        let (mut mass, mut moment) = (0.0, DVector::zeros(d));
        let (mut gradient, mut tilted) = (DVector::zeros(d), DVector::zeros(d));
        let mut cross = DMatrix::zeros(d, d);
        for (x, p) in noise(d) {
            let mut reward = slope.dot(&x);
            let mut rise = slope.clone();
            for bump in bumps.column_iter() {
                let away = &x - bump.rows(0, d);
                let square = bump[d + 1] * bump[d + 1];
                let value = bump[d] * (-away.norm_squared() / (2.0 * square)).exp();
                reward += value;
                rise -= away * (value / square);
            }
            let weight = p * reward.exp();
            mass += weight;
            moment += &x * weight;
            gradient += &rise * p;
            tilted += &rise * weight;
            cross += &x * rise.transpose() * weight;
        }
        let shift = moment / mass;
        let shift_slope = cross / mass - &shift * tilted.transpose() / mass;
        Sampled { shift, shift_slope, gradient }
    }

    /// The Jacobian of a round.
    fn round<S: Arithmetic>(&self, at: &Point<S>) -> Result<DMatrix<S>, LoopError> {
        let (raw, curated) = (at.number("lambda_S").lower(), at.number("lambda_H").lower());
        let d = self.shift.len();
        let identity = DMatrix::<f64>::identity(d, d);
        let round = &identity * raw + (&identity + &self.shift_slope) * curated;
        let mut lifted = DMatrix::from_element(d, d, S::zero());
        for (to, from) in lifted.iter_mut().zip(round.iter()) {
            *to = S::floating(|| Ok(*from))?;
        }
        Ok(lifted)
    }
}

/// Standard Gaussian noise as points with weights that sum to one: the trapezoidal rule on the line,
/// which is exact to rounding for what is smooth on the scale of its step; in the plane 256 points of
/// a low-discrepancy sequence through Box and Muller's map, each with its negative.
fn noise(dimension: usize) -> Vec<(DVector<f64>, f64)> {
    if dimension == 1 {
        let step = 0.1875;
        let density = |x: f64| (-x * x / 2.0).exp() * step / std::f64::consts::TAU.sqrt();
        return (-48..=48)
            .map(|i| f64::from(i) * step)
            .map(|x| (dvector![x], density(x)))
            .collect();
    }
    let pair = |i: i32| {
        // Roberts' sequence: powers of the plastic number's inverse.
        let [u, v] = [0.754_877_666_246_692_7, 0.569_840_290_998_053_3]
            .map(|step: f64| (0.5 + step * f64::from(i)).fract());
        let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
        let radius = (-2.0 * u.ln()).sqrt();
        dvector![radius * cosine, radius * sine]
    };
    (1..=128).map(pair).flat_map(|x| [(x.clone(), 1.0 / 256.0), (-x, 1.0 / 256.0)]).collect()
}

/// $dJ_p/d\lambda \ge 0$.
enum Improves {
    Steps,
    Bumps,
    /// Or `≤ 0`, where `signed`.
    Affine {
        signed: bool,
    },
}

impl Property for Improves {
    fn routes(&self) -> &'static [Route] {
        match self {
            Improves::Steps => &[Route::Direct, Route::Simulation],
            Improves::Bumps => &[Route::Direct],
            Improves::Affine { .. } => &Route::ALL,
        }
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (value, scale) = match self {
            Improves::Affine { signed } => {
                let seen = one(view)?.by(view.route).influence(Turn::CurateP)?;
                let value = if *signed { -seen.dp.clone() } else { seen.dp.clone() };
                (value, seen.size[0].clone())
            }
            Improves::Steps => stepwise(view)?,
            Improves::Bumps => {
                let seen = Sampled::of(view)?;
                let rest = S::one() - at.number("lambda_H");
                let d = seen.shift.len();
                let pull = DMatrix::identity(d, d) - seen.round::<f64>(&at.lift(Real::lower))?;
                let shift = DMatrix::from_columns(std::slice::from_ref(&seen.shift));
                let moved = solve(&pull, &shift).map_err(|_| LoopError::NoStablePoint)?;
                let influence = seen.gradient.dot(&moved.column(0));
                let size = seen.gradient.norm() * moved.norm();
                (S::floating(|| Ok(influence))? / rest.clone(), S::floating(|| Ok(size))? / rest)
            }
        };
        Ok(vec![Side::at_most("-dJ_p/dlambda", -value, S::zero()).against(scale)])
    }
}

/// $dJ_p/d\lambda$ of a model with steps, and the size of its factors.
fn stepwise<S: Arithmetic>(view: &View<S>) -> Result<(S, S), LoopError> {
    let at = view.point()?;
    let window = Window::of(at);
    let (raw, curated) = (at.number("lambda_S"), at.number("lambda_H"));
    let rest = S::one() - curated.clone();
    let real = rest.clone() - raw.clone();
    let moved = if view.route == Route::Direct {
        let pull = real - curated * window.shift_slope;
        window.shift / (rest * pull)
    } else {
        S::floating(|| ran(&at.lift(Real::lower)))?
    };
    // Nothing cancels in the product, but a shift may be rounding of the window.
    let scale = window.gradient.abs() * moved.abs().max(&S::from_f64(1e-3));
    Ok((window.gradient * moved, scale))
}

/// How far the share of curated data is moved, up and down.
const NUDGE: f64 = 1e-4;

/// $d\theta^*/d\lambda$ from two runs of the loop with a little more and a little less curation.
fn ran(at: &Point<f64>) -> Result<f64, LoopError> {
    let (raw, curated) = (at.number("lambda_S"), at.number("lambda_H"));
    let rest = 1.0 - curated;
    let mean = -curated * curated_mean(at, 0.0) / (rest - raw);
    let settle = |share: f64| -> Result<f64, LoopError> {
        let (r, s) = (1.0 - raw / rest, raw / rest);
        let mut theta = 0.0;
        for _ in 0..20_000 {
            let other = (1.0 - share) * (r * mean + s * theta);
            let next = other + share * curated_mean(at, theta);
            let moved = (next - theta).abs();
            theta = next;
            if moved < 1e-15 {
                return Ok(theta);
            }
        }
        Err(LoopError::Diverges { radius: 1.0, rounds: 20_000 })
    };
    Ok((settle(curated + NUDGE)? - settle(curated - NUDGE)?) / (2.0 * NUDGE))
}

/// The mean of curated samples of a model at `theta`, interval by interval.
fn curated_mean(at: &Point<f64>, theta: f64) -> f64 {
    let (steps, weights) = (at.vector("steps"), at.vector("weights"));
    let inside = |x: f64| x.clamp(theta - 1.0, theta + 1.0);
    let n = steps.len();
    let (mut mass, mut moment) = (0.0, 0.0);
    for (i, w) in weights.iter().enumerate() {
        let a = inside(if i == 0 { f64::NEG_INFINITY } else { steps[i - 1] });
        let b = inside(if i == n { f64::INFINITY } else { steps[i] });
        mass += w * (b - a);
        moment += w * (b - a) * f64::midpoint(a, b);
    }
    moment / mass
}
