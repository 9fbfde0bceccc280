//! # How far curation moves a mean
//!
//! **Statement.** Two lemmas of Appendix F. Softmax is $\tfrac12$-Lipschitz in the 1-norm,
//! $|\mathrm{softmax}(u) - \mathrm{softmax}(v)|_1 \le \tfrac12 |u - v|_1$. And with $K$ candidates
//! the curated mean $\sum_k s_k x_k$, $s = \mathrm{softmax}(r(x_1, y), \dots, r(x_K, y))$, moves by at
//! most
//!
//! ```math
//! K_c\,\big(|y_1 - y_2| + |\theta_1 - \theta_2|\big), \qquad K_c = LK(1 + LB/2),
//! ```
//!
//! when the input and the parameter move.
//!
//! The second fails: its proof forgets that the reward of a candidate depends on the input itself,
//! not only through the candidate. Two fixed candidates $x = \pm b$ with $r = \eta xy$ have the mean
//! $b\tanh(\eta by)$, whose slope $\eta b^2$ may be near $LB$, and $K_c$ is near $2L$ for small $L$.
//! What holds, by $d(\sum s_kx_k) = \sum s_k\,dx_k + \mathrm{Cov}_s(x, dr)$ and
//! $|dr_k| \le L(|dx_k| + |dy|)$, is the same with $L(1 + B(1 + L))$ for $K_c$, whatever $K$ is.
//!
//! **Hypotheses.** The noise of each candidate fixed, model functions $L$-Lipschitz in input and
//! parameter, rewards $L$-Lipschitz in the pair, pairs bounded by $B$. Here candidates are
//! $x_k = \mathrm{clip}(\alpha_k + \beta_ky + \delta_k\theta, \pm b)$ and rewards
//! $r(x, y) = \rho_1x + \rho_2y + \eta xy$; $|\rho| + |\eta|B \le L$ and $b^2 + y^2 \le B^2$ are tested.
//!
//! **How it is checked.** Both sides at random points; exponentials enclosed in exact arithmetic.
//!
//! **Source.** Lemmas of Appendix F of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct CuratedMean;

const SOFTMAX: &str =
    r"softmax is \(\tfrac12\)-Lipschitz: \(|s(u) - s(v)|_1 \le \tfrac12 |u - v|_1\)";
const MEAN: &str = r"the curated mean of \(K\) candidates moves by at most \(K_c(|y_1 - y_2| + |\theta_1 - \theta_2|)\), \(K_c = LK(1 + LB/2)\)";
const MEAN_CORRECTED: &str = r"the curated mean of \(K\) candidates moves by at most \(L(1 + B(1 + L))(|y_1 - y_2| + |\theta_1 - \theta_2|)\)";

impl Theorem for CuratedMean {
    fn card(&self) -> Card {
        Card {
            id: "app_f",
            title: "Softmax and the curated mean",
            source: "arXiv 2605.29267, Appendix F",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::over(&Logits, "softmax_half_lipschitz", SOFTMAX, Softmax::printed()),
            Claim::over(
                &Candidates,
                "curated_mean_lipschitz",
                MEAN,
                MeanMoves::By(Constant::Paper),
            )
            .consequence(Gravity::Constant, r"The proof forgets that the reward of a candidate depends on the input itself. \(K_c\) enters every threshold of Proposition 3.4; with the corrected constant they are others")
            .given(AreCandidates),
            Claim::over(
                &Candidates,
                "curated_mean_lipschitz#corrected",
                MEAN_CORRECTED,
                MeanMoves::By(Constant::Covariance),
            )
            .given(AreCandidates)
            .corrected(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                Claim::over(
                    &Logits,
                    "softmax_0.45",
                    SOFTMAX,
                    Softmax { percent: 45, ..Softmax::printed() },
                ),
                "softmax_half_lipschitz",
                "(t, 0) against (0, 0): the 1-norm moves by tanh(t/2), which is t/2 for small t",
            ),
            Control::new(
                Claim::over(
                    &Logits,
                    "softmax_largest",
                    SOFTMAX,
                    Softmax { largest: true, percent: 50 },
                ),
                "softmax_half_lipschitz",
                "(t, -t) against (0, 0): the 1-norm moves by tanh(t), the largest logit by t",
            ),
            Control::new(
                Claim::over(
                    &Candidates,
                    "mean_by_the_model_alone",
                    MEAN,
                    MeanMoves::By(Constant::Model),
                )
                .given(AreCandidates),
                "curated_mean_lipschitz#corrected",
                "fixed candidates move their mean through the weights alone, which L does not bound \
                 where B is large",
            ),
            Control::new(
                Claim::over(
                    &Candidates,
                    "mean_without_the_input",
                    MEAN,
                    MeanMoves::By(Constant::WithoutInput),
                )
                .given(AreCandidates),
                "curated_mean_lipschitz#corrected",
                "L(1 + BL) is what is left when rewards see the input only through the candidates; \
                 two fixed candidates have the slope LB",
            ),
        ]
    }
}

/// Two vectors of logits.
struct Logits;

impl Domain for Logits {
    fn name(&self) -> &'static str {
        "logits"
    }
    fn what(&self) -> &'static str {
        "two vectors of 2 to 8 logits, the second near the first in half of the draws"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = rng.random_range(2..=8);
        let size = [0.1, 1.0, 10.0][rng.random_range(0..3)];
        let u = DVector::from_fn(n, |_, _| rng.random_range(-size..size));
        let far = DVector::from_fn(n, |_, _| rng.random_range(-size..size));
        let v = if index.is_multiple_of(2) { &u + far * 0.05 } else { far };
        Point::new().with_vector("u", u).with_vector("v", v)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut logits = || {
            DVector::from_fn(2, |_, _| *[0.0, 0.0, 1.0, -1.0, 0.1].choose(rng).expect("not empty"))
        };
        Point::new().with_vector("u", logits()).with_vector("v", logits())
    }
}

/// $|s(u) - s(v)|_1$ at most so many percent of the distance.
struct Softmax {
    percent: i32,
    /// Distance in the largest entry instead of the 1-norm.
    largest: bool,
}

impl Softmax {
    fn printed() -> Self {
        Softmax { percent: 50, largest: false }
    }
}

/// Weights $e^{u_k} / \sum_j e^{u_j}$, shifted by the largest logit so that nothing overflows.
fn softmax<S: Arithmetic>(u: &DVector<S>) -> DVector<S> {
    let top = u.iter().skip(1).fold(u[0].clone(), |top, x| top.max(x));
    let weights = u.map(|x| (x - top.clone()).exp());
    let total = weights.iter().fold(S::zero(), |sum, w| sum + w.clone());
    weights.map(|w| w / total.clone())
}

fn one_norm<S: Arithmetic>(v: &DVector<S>) -> S {
    v.iter().fold(S::zero(), |sum, x| sum + x.abs())
}

impl Property for Softmax {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (u, v) = (at.vector("u"), at.vector("v"));
        let apart = &u - &v;
        let distance = if self.largest {
            apart.iter().fold(S::zero(), |top, x| top.max(&x.abs()))
        } else {
            one_norm(&apart)
        };
        let bound = S::from_int(self.percent) / S::from_int(100) * distance;
        let moved = one_norm(&(softmax(&u) - softmax(&v)));
        Ok(vec![Side::at_most("|s(u) - s(v)|_1", moved, bound)])
    }
}

/// Candidates, a reward, and two pairs of input and parameter.
struct Candidates;

impl Domain for Candidates {
    fn name(&self) -> &'static str {
        "candidates"
    }
    fn what(&self) -> &'static str {
        "2 to 6 candidates clip(alpha + beta y + delta theta, -b, b), rewards \
         rho_1 x + rho_2 y + eta x y, L between 0.03 and 3, B between 1 and 100"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = rng.random_range(2..=6);
        let lipschitz = 10f64.powf(rng.random_range(-1.5..0.5));
        let bound = 10f64.powf(rng.random_range(0.0..2.0));
        let clip = bound * rng.random_range(0.5..0.999);
        let room = (bound * bound - clip * clip).sqrt();
        // In half of the draws nothing moves but the weights.
        let slope = if index.is_multiple_of(2) { 0.0 } else { lipschitz };
        let mut within = |r: f64| if r > 0.0 { rng.random_range(-r..r) } else { 0.0 };
        let alpha = DVector::from_fn(n, |_, _| within(2.0 * clip));
        let beta = DVector::from_fn(n, |_, _| within(slope));
        let delta = DVector::from_fn(n, |_, _| within(slope));
        let eta = within(lipschitz / bound);
        let rest = (lipschitz - eta.abs() * bound) / 2.0;
        let near = room * [1.0, 0.1, 0.01][usize::try_from(index % 3).unwrap_or(0)];
        Point::new()
            .with("L", lipschitz)
            .with("B", bound)
            .with("b", clip)
            .with("eta", eta)
            .with("rho_1", within(rest))
            .with("rho_2", within(rest))
            .with_vector("alpha", alpha)
            .with_vector("beta", beta)
            .with_vector("delta", delta)
            .with_vector("y", DVector::from_fn(2, |_, _| within(near)))
            .with_vector("theta", DVector::from_fn(2, |_, _| within(2.0)))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let lipschitz = pick(&[1.0, 0.5, 0.1, 0.2]);
        let bound = pick(&[2.0, 5.0, 10.0]);
        let clip = bound - pick(&[0.5, 1.0]);
        Point::new()
            .with("L", lipschitz)
            .with("B", bound)
            .with("b", clip)
            .with("eta", pick(&[0.1, 0.2, 0.05, 0.02, 0.01]))
            .with("rho_1", 0.0)
            .with("rho_2", 0.0)
            .with_vector("alpha", dvector![clip, -clip])
            .with_vector("beta", dvector![pick(&[0.0, 0.1]), 0.0])
            .with_vector("delta", dvector![pick(&[0.0, 0.1]), 0.0])
            .with_vector("y", dvector![0.0, pick(&[0.1, 1.0, 0.5])])
            .with_vector("theta", dvector![0.0, pick(&[0.0, 1.0])])
    }
}

/// Smooth model functions and rewards, bounded pairs.
struct AreCandidates;

impl Hypothesis for AreCandidates {
    fn tex(&self) -> &'static str {
        r"|\beta_k|, |\delta_k| \le L,\ |\rho| + |\eta| B \le L,\ b^2 + y^2 \le B^2"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let n = |name: &str| at.number(name);
        let square = |x: S| x.clone() * x;
        let met = |room: S| room.is_zero() || room.is_above_zero();
        let steep = |x: &S| met(n("L") - x.abs());
        let reward = (square(n("rho_1")) + square(n("rho_2"))).sqrt() + n("eta").abs() * n("B");
        let inside = |y: &S| met(square(n("B")) - square(n("b")) - square(y.clone()));
        let all = n("L").is_above_zero()
            && n("b").is_above_zero()
            && at.vector("beta").iter().all(steep)
            && at.vector("delta").iter().all(steep)
            && met(n("L") - reward)
            && at.vector("y").iter().all(inside);
        Ok(if all { S::one() } else { -S::one() })
    }
}

#[derive(Clone, Copy)]
enum Constant {
    Paper,
    Covariance,
    Model,
    WithoutInput,
}

/// The mean moves at most in proportion to the moves of input and parameter.
enum MeanMoves {
    By(Constant),
}

impl Property for MeanMoves {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (y, theta) = (at.vector("y"), at.vector("theta"));
        let means = [0, 1].map(|i| mean(at, &y[i], &theta[i]));
        let moved = (means[0].clone() - means[1].clone()).abs();
        let apart = |v: &DVector<S>| (v[0].clone() - v[1].clone()).abs();
        let (l, b) = (at.number("L"), at.number("B"));
        let one = S::one;
        let MeanMoves::By(constant) = self;
        let factor = match constant {
            Constant::Paper => {
                let k = i32::try_from(at.matrix("alpha").nrows()).unwrap_or(i32::MAX);
                let half = one() / S::from_int(2);
                l.clone() * S::from_int(k) * (one() + l * b * half)
            }
            Constant::Covariance => l.clone() * (one() + b * (one() + l)),
            Constant::Model => l,
            Constant::WithoutInput => l.clone() * (one() + b * l),
        };
        // Both means carry rounding of the candidates, however close they are.
        let bound = factor * (apart(&y) + apart(&theta));
        let scale = bound.max(&(at.number("b") * S::from_f64(1e-3)));
        Ok(vec![Side::at_most("move of the curated mean", moved, bound).against(scale)])
    }
}

fn mean<S: Arithmetic>(at: &Point<S>, y: &S, theta: &S) -> S {
    let (alpha, beta, delta) = (at.vector("alpha"), at.vector("beta"), at.vector("delta"));
    let clip = at.number("b");
    let x = DVector::from_fn(alpha.len(), |k, _| {
        let raw = alpha[k].clone() + beta[k].clone() * y.clone() + delta[k].clone() * theta.clone();
        raw.min(&clip).max(&-clip.clone())
    });
    let reward = |x: &S| {
        at.number("rho_1") * x.clone()
            + at.number("rho_2") * y.clone()
            + at.number("eta") * x.clone() * y.clone()
    };
    dot(&softmax(&x.map(|x| reward(&x))), &x)
}
