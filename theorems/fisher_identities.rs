//! # What the mean of the score does and does not say about the Fisher information
//!
//! **Statement.** With $\delta = d\theta^*/d\lambda$, $F$ the Fisher information of the model's law
//! $p_{\theta^*}$ and $r$ the reward that $J_p$ averages, Appendix D.2 assumes (12)
//! $E[\nabla\log p_{\theta^*}^\top]\,\delta \approx 0$, says that "by (12)"
//! $\delta^\top F\delta \approx 0$, and concludes (13)
//!
//! ```math
//! \left|\frac{dJ_p}{d\lambda}\right| \le \sqrt{E[r^2]}\,\sqrt{\delta^\top F\delta} \approx 0 .
//! ```
//!
//! `implication` is the step from (12) to $\delta^\top F\delta = 0$, `cauchy_schwarz` the first
//! inequality of (13). "≈ 0" is read as "= 0", of premise and conclusion alike: any reading in which
//! the conclusion is controlled by the premise makes the one vanish with the other.
//!
//! *Why the implication fails.* The mean of the score under the model's own law vanishes for **every**
//! regular family, $E[\nabla\log p_\theta] = \nabla\int p_\theta = 0$, so (12) assumes nothing. The
//! Fisher information is the score's second moment: $\delta^\top F\delta$ is the variance of the
//! directional score $\nabla\log p_{\theta^*}^\top\delta$, which vanishes only where $\delta$ does not
//! change the law. That is `implication#corrected`. So nothing bounds $dJ_p/d\lambda$ by "≈ 0".
//!
//! **Hypotheses.** For `implication` its premise; for all claims here $\kappa < 1$ and
//! $0 < \lambda < 1$. The model's law is $N(\theta, I)$, for which $F = I$; the reward is
//! $r(x) = g^\top x - \tfrac12 x^\top Qx + \tfrac12 \mathrm{tr}\,Q$, whose mean is
//! $J_p(\theta) = g^\top\theta - \tfrac12\theta^\top Q\theta$ and whose variance is
//! $|\nabla J_p|^2 + \tfrac12 \mathrm{tr}\,Q^2$.
//!
//! **How it is checked.** $\delta$ and $dJ_p/d\lambda$ are observed by a solve with the loop's Jacobian
//! and as the derivative of the simulated stable point. Means and variances of the score come from a
//! cubature that is exact for polynomials of degree 3, the average over $\theta \pm 1$ in every
//! coordinate.
//!
//! **Source.** Appendix D.2, Eqs. (12) and (13), of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct FisherIdentities;

const IMPLIES: &str =
    r"\(E[\nabla\log p_{\theta^*}^\top]\,\delta = 0\) implies \(\delta^\top F\delta = 0\)";
const VARIANCE: &str = r"\(E[\nabla\log p_{\theta^*}^\top]\,\delta = 0\) always, and \(\delta^\top F\delta\) is the variance of \(\nabla\log p_{\theta^*}^\top\delta\)";
const SCHWARZ: &str = r"\(|dJ_p/d\lambda| \le \sqrt{E[r^2]}\,\sqrt{\delta^\top F\delta}\)";
const DEVIATION: &str =
    r"\(|dJ_p/d\lambda| \le \sqrt{\mathrm{Var}[r]}\,\sqrt{\delta^\top F\delta}\)";

impl Theorem for FisherIdentities {
    fn card(&self) -> Card {
        Card {
            id: "app_d2",
            title: "Fisher information and the influence of curation",
            source: "arXiv 2605.29267, Appendix D.2",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            claim("implication", IMPLIES, Identity::Vanishes)
                .given(MeanScoreVanishes)
                .reading(r"\(\approx 0\) as \(= 0\) in premise and conclusion: a conclusion that the premise controls vanishes with it")
                .consequence(Gravity::Conclusion, "The premise holds for every regular family, so it cannot imply anything about the Fisher information, which is the score's second moment. The explanation that Appendix D.2 gives for small influences has to go"),
            claim("implication#corrected", VARIANCE, Identity::IsVariance { of: Law::Model })
                .corrected(),
            Claim::identity(
                "variance@affine",
                VARIANCE,
                Identity::IsVariance { of: Law::Model },
            ),
            claim("cauchy_schwarz", SCHWARZ, Bound { by: Moment::Second, squared: false }),
            claim(
                "cauchy_schwarz_deviation",
                DEVIATION,
                Bound { by: Moment::Variance, squared: false },
            )
            .derived(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                claim(
                    "score_under_curated_law",
                    VARIANCE,
                    Identity::IsVariance { of: Law::Curated },
                ),
                "implication#corrected",
                "under the curated law the mean of the score is h^T delta, which is not 0 where \
                 curation moves a model that stands alone",
            ),
            Control::new(
                claim("schwarz_first_moment", SCHWARZ, Bound { by: Moment::First, squared: false }),
                "cauchy_schwarz",
                "a linear reward g^T x has mean 0 at theta* = 0, and g^T delta need not vanish there",
            ),
            Control::new(
                claim("schwarz_without_root", SCHWARZ, Bound { by: Moment::Second, squared: true }),
                "cauchy_schwarz",
                "|g delta| <= |g| delta^2 fails for g = 1 and |delta| < 1 at theta* = 0",
            ),
        ]
    }
}

fn claim(id: &'static str, tex: &'static str, property: impl Property + 'static) -> Claim {
    Claim::universal(id, tex, property).given(KappaBelowOne).given(Curates)
}

/// (12): the mean of the directional score is zero.
struct MeanScoreVanishes;

impl Hypothesis for MeanScoreVanishes {
    fn tex(&self) -> &'static str {
        r"E[\nabla\log p_{\theta^*}^\top]\,\delta = 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let (theta, delta) = moved(view)?;
        let (mean, _) = score_moments(&theta, &theta, &delta);
        let size = norm(&delta) * (S::one() + norm(&theta));
        let visible = mean.abs() - S::from_f64(1e-12) * size;
        Ok(if visible.is_above_zero() { -S::one() } else { S::one() })
    }
}

/// $\theta^*$ and $\delta = d\theta^*/d\lambda$, `d_p` each.
fn moved<S: Arithmetic>(view: &View<S>) -> Result<(DVector<S>, DVector<S>), LoopError> {
    let system = view.system();
    let dx = view.influence(Turn::CurateP)?.dx.clone().ok_or(LoopError::NotObserved)?;
    Ok((system.block(0, &view.pair()?.stable), system.block(0, &dx)))
}

/// Mean and second moment of the score $(x - \theta)^\top\delta$ of $N(\theta, I)$ where $x$ has the
/// law $N(m, I)$: the average over the $2^d$ points $m \pm 1$, exact up to degree 3.
fn score_moments<S: Scalar>(theta: &DVector<S>, m: &DVector<S>, delta: &DVector<S>) -> (S, S) {
    let d = theta.len();
    let (mut first, mut second) = (S::zero(), S::zero());
    for signs in 0..1_u32 << d {
        let x = DVector::from_fn(d, |i, _| {
            let step = if signs >> i & 1 == 1 { S::one() } else { -S::one() };
            m[i].clone() + step
        });
        let score = dot(&(x - theta), delta);
        first += score.clone();
        second += score.clone() * score;
    }
    let points = S::from_int(1 << d);
    (first / points.clone(), second / points)
}

/// Under which law the score is averaged.
#[derive(Clone, Copy)]
enum Law {
    /// $N(\theta^*, I)$.
    Model,
    /// The same moved by $h$, as curation moves it where data enters as it is.
    Curated,
}

enum Identity {
    /// $\delta^\top F\delta = 0$.
    Vanishes,
    /// The mean of the directional score is 0 and its variance $\delta^\top F\delta$.
    IsVariance { of: Law },
}

impl Property for Identity {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (theta, delta) = moved(view)?;
        let information = dot(&delta, &delta);
        let size = view.influence(Turn::CurateP)?.size[0].clone();
        let Identity::IsVariance { of } = self else {
            let side = Side::equal("delta^T F delta", information.clone(), S::zero());
            // Against the loop's own response: where the whole of it is rounding, so is this.
            return Ok(vec![side.against(information.max(&(S::from_f64(1e-10) * size)))]);
        };
        let m = match of {
            Law::Model => theta.clone(),
            Law::Curated => &theta + view.pair()?.h()?,
        };
        let (mean, second) = score_moments(&theta, &m, &delta);
        let scale = norm(&delta) * (S::one() + norm(&theta));
        Ok(vec![
            Side::equal("E[score]^T delta", mean.clone(), S::zero()).against(scale),
            Side::equal("delta^T F delta", information, second - mean.clone() * mean),
        ])
    }
}

/// Which moment of the reward bounds the influence.
#[derive(Clone, Copy)]
enum Moment {
    /// $|E r|$.
    First,
    /// $\sqrt{E[r^2]}$.
    Second,
    /// $\sqrt{\mathrm{Var}[r]}$.
    Variance,
}

struct Bound {
    by: Moment,
    /// Whether $\delta^\top F\delta$ stands without its root.
    squared: bool,
}

impl Property for Bound {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (theta, delta) = moved(view)?;
        let alignment = &view.system().models[0].alignment;
        let (mean, gradient) = (alignment.value(&theta), alignment.gradient(&theta));
        let q = &alignment.curvature;
        let half = S::one() / S::from_int(2);
        let variance = dot(&gradient, &gradient) + (q * q).trace() * half;
        let moment = match self.by {
            Moment::First => mean.abs(),
            Moment::Second => (mean.clone() * mean + variance).sqrt(),
            Moment::Variance => variance.sqrt(),
        };
        let length = norm(&delta);
        let bound = moment * if self.squared { length.clone() * length } else { length };
        let seen = view.influence(Turn::CurateP)?;
        let scale = seen.size[0].max(&bound);
        Ok(vec![Side::at_most("|dJ_p/dlambda|", seen.dp.abs(), bound).against(scale)])
    }
}
