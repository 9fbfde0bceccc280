//! # When the sign of the self-influence is certain
//!
//! **Statement.** With
//!
//! ```math
//! \tau_p = \gamma_\theta - L_\theta\varepsilon_\theta - \frac{L_\theta\varepsilon_\theta L_\phi\varepsilon_\phi}{\gamma_\phi - L_\phi\varepsilon_\phi}, \qquad m_p = \lambda_{\min}\big((S_p + S_p^\top)/2\big), \qquad \rho_p = \cos(\nabla J_p(\theta^*), h)
//! ```
//!
//! $|S_p| \le 1/\tau_p$, and
//!
//! ```math
//! |\rho_p| > \frac{1}{\sqrt{1 + m_p^2\tau_p^2}} \implies \mathrm{sign}(\rho_p)\, \frac{dJ_p}{d\lambda} > 0 .
//! ```
//!
//! The proof bounds $(1-\lambda)\,dJ_p/d\lambda\,/\,(|h||\nabla J_p|)$ from below by
//! $\rho m_p - \sqrt{1-\rho^2}/\tau_p$ and from above by $(\rho + \sqrt{1-\rho^2})/\tau_p$ where
//! $\rho_p > 0$, and by $(\rho - \sqrt{1-\rho^2})/\tau_p$ and $\rho m_p + \sqrt{1-\rho^2}/\tau_p$
//! where $\rho_p \le 0$. The appendix restates the corollary with $\tau_p \in (0, 1)$.
//!
//! Sharper, and not in the paper: let $\omega(S)$ be the largest angle between $x$ and $Sx$, so
//! $\sin\omega(S) = \min_{\varepsilon>0} |\varepsilon S - I|$. Then
//!
//! ```math
//! |\rho_p| > \sin\omega(S_p) \implies \mathrm{sign}(\rho_p)\, \frac{dJ_p}{d\lambda} > 0,
//! ```
//!
//! because $\angle(g, Sh) \le \angle(g, h) + \angle(h, Sh)$, without any bound on $\kappa$; in
//! dimension 2 and more no smaller constant will do for a given $S$. The thresholds are ordered:
//! $1/\sqrt{1 + m^2\tau^2} \ge 1/\sqrt{1 + m^2/|S|^2} \ge \sqrt{1 - m^2/|S|^2} \ge \sin\omega(S)$.
//!
//! The constant is exact: for every `S` and $c < \sin\omega(S)$ a pair `g`, `h` at the cosine `c` is
//! constructed that curation harms. A round trip `Z` with $|Z| < 1$ turns by
//! $\sin\omega((I - Z)^{-1}) \le |Z|$ at most. How many of the cases in which curation helps each
//! threshold certifies is counted. For scalar models with $\rho(J) < 1$ the sign is decided by the
//! rest of the loop: $(I - J)^{-1}_{11} = \det(I - J_{-1})/\det(I - J)$, and self-influence inverts
//! exactly where $\det(I - J_{-1}) < 0$.
//!
//! **Hypotheses.** None are printed. Read with those of Theorem 4.5: Assumptions 3.2 to 3.5,
//! $\kappa < 1$ and $0 < \lambda < 1$; `sign#literal` is read without $\kappa < 1$.
//!
//! **How it is checked.** $dJ_p/d\lambda$ is observed on three routes: $(I - J)^{-1}b$, the
//! derivative of the simulated stable point, determinants from eigenvalues. The norm bound also
//! against the move of the simulated stable point under a random push, and against the spectral
//! radius of $S_p$. Rewards are drawn around the threshold. `@digits`: two classifiers of
//! handwritten digits that label each other's images.
//!
//! **Source.** Corollary 4.7 of arXiv 2605.29267, its proof and its restatement in Appendix F.

mod few_scalars;
mod scalar_loops;
mod sharpness;

pub(crate) use scalar_loops::{
    Converges, Forced, ScalarLoops, either_sign, rescaled, response, settled, without,
};

use super::influence_of_curation::turning_loop;
use crate::prelude::*;

/// See the [module](self).
pub struct SelfInfluenceSign;

/// Which hypotheses apply where none are printed.
pub(crate) const READ_WITH: &str = r"no hypothesis is printed; those of Theorem 4.5 apply: Assumptions 3.2 to 3.5, \(\kappa < 1\), \(0 < \lambda < 1\)";
/// The other reading.
pub(crate) const READ_WITHOUT: &str =
    r"to the letter, without hypotheses but that the formula has a value";

const NORM: &str = r"\(|S_p| \le 1/\tau_p\)";
const SIGN: &str = r"\(|\rho_p| > 1/\sqrt{1 + m_p^2\tau_p^2}\) implies \(\mathrm{sign}(\rho_p)\, dJ_p/d\lambda > 0\)";
const BOUNDS: &str = r"the proof's lower and upper bounds of \((1-\lambda)\, dJ_p/d\lambda\, /\, (|h||\nabla J_p|)\) in terms of \(\rho_p, m_p, \tau_p\)";
const SHARP: &str =
    r"\(|\rho_p| > \sin\omega(S_p)\) implies \(\mathrm{sign}(\rho_p)\, dJ_p/d\lambda > 0\)";
const SHARP_Q: &str =
    r"\(|\rho_q| > \sin\omega(S_q)\) implies \(\mathrm{sign}(\rho_q)\, dJ_q/d\lambda > 0\)";
const ORDERED: &str = r"\(1/\sqrt{1 + m_p^2\tau_p^2} \ge 1/\sqrt{1 + m_p^2/|S_p|^2} \ge \sqrt{1 - m_p^2/|S_p|^2} \ge \sin\omega(S_p)\)";
const BELOW_ONE: &str = r"\(\tau_p \in (0, 1)\)";
const BELOW_GAMMA: &str = r"\(\tau_p \in (0, \gamma_\theta]\)";

impl Theorem for SelfInfluenceSign {
    fn card(&self) -> Card {
        Card {
            id: "cor_4_7",
            title: "Sign of the self-influence",
            source: "arXiv 2605.29267, Corollary 4.7",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = vec![
            Claim::universal("norm_bound", NORM, NormBound { of: Of::P, coupled: true })
                .reading(READ_WITH)
                .given(KappaBelowOne),
            Claim::universal("sign", SIGN, Sign::plain(Of::P))
                .reading(READ_WITH)
                .given(KappaBelowOne)
                .given(Curates)
                .given(BeyondThreshold::printed(Of::P)),
            Claim::universal("sign#literal", SIGN, Sign::plain(Of::P))
                .reading(READ_WITHOUT)
                .consequence(Gravity::Hypothesis, "The corollary prints no hypothesis and is false without any: those of Theorem 4.5 belong into its statement")
                .given(Curates)
                .given(BeyondThreshold::printed(Of::P)),
            Claim::universal("proof_bounds", BOUNDS, ProofBounds { mirrored: false })
                .given(KappaBelowOne)
                .given(Curates),
            on_digits("sign@digits", SIGN, Sign::plain(Of::P)),
            sharp_sign(Of::P),
            Claim::universal("thresholds_ordered", ORDERED, Ordered).given(KappaBelowOne).derived(),
            Claim::universal("tau_below_one", BELOW_ONE, TauBelow { gamma: false })
                .reading(r"the appendix's restatement, as a statement about \(\tau_p\) wherever the hypotheses hold")
                .consequence(Gravity::Slip, r"\(\tau_p\) can be any positive number up to \(\gamma_\theta\): its scale is that of the loss")
                .given(KappaBelowOne),
            Claim::universal("tau_below_one#corrected", BELOW_GAMMA, TauBelow { gamma: true })
                .given(KappaBelowOne)
                .corrected(),
        ];
        claims.extend(sharpness::claims());
        claims.extend(few_scalars::claims());
        claims.extend(scalar_loops::claims());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let mut controls = vec![
            Control::new(
                Claim::universal("norm_uncoupled", NORM, NormBound { of: Of::P, coupled: false })
                    .given(KappaBelowOne),
                "norm_bound",
                "a model that follows its own samples has S_p = 1/(gamma (1 - a)) > 1/gamma",
            ),
            Control::new(
                Claim::universal(
                    "sign_reversed",
                    SIGN,
                    Sign { of: Of::P, reversed: true, by_h: false },
                )
                .given(KappaBelowOne)
                .given(Curates)
                .given(BeyondThreshold::printed(Of::P)),
                "sign",
                "two uncoupled models gain from curation towards their own reward",
            ),
            Control::new(
                Claim::universal("sign_at_any_angle", SIGN, Sign::plain(Of::P))
                    .given(KappaBelowOne)
                    .given(Curates),
                "sign",
                "S_p turns: with a coupling of 1/4 by a right angle it turns by atan(1/4) = 14 \
                 degrees, and a reward at 80 degrees from h ends beyond 90",
            )
            .built(reward_across),
            Control::new(
                Claim::universal("sign_at_0.95", SIGN, Sign::plain(Of::P))
                    .given(KappaBelowOne)
                    .given(Curates)
                    .given(BeyondThreshold { of: Of::P, percent: 95 }),
                "sign",
                "for H = diag(1, 49) and no coupling S turns (1, 7) so that a reward with rho_p = 0.958 \
                 is inverted, and the threshold is 0.9998",
            )
            .built(stiff_loop),
            Control::new(
                Claim::universal("sharp_sign_0.9", SHARP, Sign::plain(Of::P))
                    .given(Curates)
                    .given(BeyondTurning { of: Of::P, percent: 90 }),
                "sharp_sign",
                "the constant is exact: where S_p turns by a right-angled coupling of 1/4, sin omega \
                 is 0.2425, and a reward with rho_p = 0.233 is inverted",
            )
            .built(reward_just_inside),
            Control::new(
                Claim::universal("bounds_mirrored", BOUNDS, ProofBounds { mirrored: true })
                    .given(KappaBelowOne)
                    .given(Curates),
                "proof_bounds",
                "with rho > 0 the bounds for rho <= 0 ask for at least (rho - sqrt(1 - rho^2))/tau, \
                 which is 1/tau at rho = 1, and S_p < 1/tau where the coupling is negative",
            ),
        ];
        controls.extend(sharpness::controls());
        controls.extend(few_scalars::controls());
        controls.extend(scalar_loops::controls());
        controls
    }
}

/// Whose influence: on the curated model itself, or across.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// $J_p$, with $S_p$ and $h$.
    P,
    /// $J_q$, with $S_q$ and $C_q h$.
    Q,
}

/// What the corollaries are about, for either model.
struct Parts<S: Scalar> {
    gradient: DVector<S>,
    argument: DVector<S>,
    /// Sizes of what was subtracted to get the gradient and the argument.
    gradient_size: S,
    argument_size: S,
    m: S,
    tau: S,
}

impl<S: Arithmetic> Parts<S> {
    /// The angle with a vector that is only rounding is no angle.
    fn visible(&self) -> Result<(), LoopError> {
        let seen = |v: &DVector<S>, size: &S| {
            (norm(v) - S::from_f64(1e-10) * size.clone()).is_above_zero()
        };
        let both =
            seen(&self.gradient, &self.gradient_size) && seen(&self.argument, &self.argument_size);
        if both { Ok(()) } else { Err(LoopError::NotObserved) }
    }
}

fn parts<F: Family, S: Arithmetic>(view: &View<S>, of: Of) -> Result<Parts<S>, LoopError> {
    let (terms, c) = (F::terms(view)?, F::constants(view)?);
    let h = terms.h()?;
    let [size_p, size_q, h_size] = F::sizes(view)?;
    Ok(match of {
        Of::P => Parts {
            gradient: terms.grad_p.clone(),
            argument: h.clone(),
            gradient_size: size_p,
            argument_size: h_size,
            m: smallest_symmetric_eigenvalue(terms.s_p),
            tau: c.tau_p(),
        },
        Of::Q => Parts {
            gradient: terms.grad_q.clone(),
            argument: terms.c_q * h,
            gradient_size: size_q,
            argument_size: spectral_norm(terms.c_q) * h_size,
            m: smallest_symmetric_eigenvalue(terms.s_q),
            tau: c.tau_q(),
        },
    })
}

fn observed<F: Family, S: Arithmetic>(view: &View<S>, of: Of) -> Result<S, LoopError> {
    let seen = F::influence(view, Turn::CurateP)?;
    Ok(if of == Of::P { seen.dp.clone() } else { seen.dq.clone() })
}

/// A sign on two classifiers of handwritten digits.
pub(crate) fn on_digits(id: &'static str, statement: &'static str, sign: Sign) -> Claim {
    let threshold = BeyondThreshold::printed(sign.of);
    Claim::over(&Digits, id, statement, on::<Digits, _>(sign))
        .given(on::<Digits, _>(KappaBelowOne))
        .given(on::<Digits, _>(Curates))
        .given(on::<Digits, _>(threshold))
}

/// $|\rho| > 1/\sqrt{1 + m^2\tau^2}$.
pub(crate) struct BeyondThreshold {
    pub(crate) of: Of,
    /// Of the printed threshold.
    pub(crate) percent: i32,
}

impl BeyondThreshold {
    pub(crate) fn printed(of: Of) -> Self {
        BeyondThreshold { of, percent: 100 }
    }
}

impl Hypothesis for BeyondThreshold {
    fn tex(&self) -> &'static str {
        match (self.of, self.percent) {
            (Of::P, 100) => r"|\rho_p| > 1/\sqrt{1 + m_p^2\tau_p^2}",
            (Of::Q, 100) => r"|\rho_q| > 1/\sqrt{1 + m_q^2\tau_q^2}",
            _ => r"|\rho| > 0.95/\sqrt{1 + m^2\tau^2}",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        self.margin_on::<Affine, S>(view)
    }
}

impl<F: Family> Hypothesis for On<F, BeyondThreshold> {
    fn tex(&self) -> &'static str {
        Hypothesis::tex(&self.1)
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        self.1.margin_on::<F, S>(view)
    }
}

impl BeyondThreshold {
    fn margin_on<F: Family, S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let p = parts::<F, S>(view, self.of)?;
        p.visible()?;
        let x = p.m * p.tau;
        let threshold = S::one() / (S::one() + x.clone() * x).sqrt();
        let threshold = threshold * S::from_int(self.percent) / S::from_int(100);
        Ok(cosine(&p.gradient, &p.argument).abs() - threshold)
    }
}

/// $|\rho| > \sin\omega(S)$, or a part of it.
pub(crate) struct BeyondTurning {
    of: Of,
    percent: i32,
}

impl Hypothesis for BeyondTurning {
    fn tex(&self) -> &'static str {
        match (self.of, self.percent) {
            (Of::P, 100) => r"|\rho_p| > \sin\omega(S_p)",
            (Of::Q, 100) => r"|\rho_q| > \sin\omega(S_q)",
            _ => r"|\rho| > 0.9 \sin\omega(S)",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let p = parts::<Affine, S>(view, self.of)?;
        p.visible()?;
        let pair = view.pair()?;
        let s = if self.of == Of::P { &pair.s_p } else { &pair.s_q };
        let threshold = turning_sine(s) * S::from_int(self.percent) / S::from_int(100);
        Ok(cosine(&p.gradient, &p.argument).abs() - threshold)
    }
}

/// The sharper version of either corollary.
pub(crate) fn sharp_sign(of: Of) -> Claim {
    let statement = if of == Of::P { SHARP } else { SHARP_Q };
    Claim::universal("sharp_sign", statement, Sign::plain(of))
        .given(Curates)
        .given(BeyondTurning { of, percent: 100 })
        .derived()
}

/// The four thresholds of `S_p`, each at least the next.
struct Ordered;

impl Property for Ordered {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let s = &view.pair()?.s_p;
        let m = smallest_symmetric_eigenvalue(s);
        let one = S::one;
        let paper = m.clone() * view.constants().tau_p();
        let ratio = m / spectral_norm(s);
        let tilted = |x: S| one() / (one() + x.clone() * x).sqrt();
        let thresholds = [
            tilted(paper),
            tilted(ratio.clone()),
            (one() - ratio.clone() * ratio).sqrt(),
            turning_sine(s),
        ];
        let steps = ["the paper's threshold", "with |S|", "without the tangent"];
        let pairs = steps.iter().zip(thresholds.windows(2));
        // All thresholds are sines; near zero only their absolute size means something.
        Ok(pairs
            .map(|(what, t)| Side::at_most(what, t[1].clone(), t[0].clone()).against(one()))
            .collect())
    }
}

/// $|S| \le 1/\tau$.
pub(crate) struct NormBound {
    pub(crate) of: Of,
    /// Whether the bound is `1/τ`, as printed, or `1/γ`, as if the models were alone.
    pub(crate) coupled: bool,
}

impl Property for NormBound {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (pair, c, probe) = (view.pair()?, view.constants(), view.probe());
        let (s, tau, gamma, turn, push, i) = match self.of {
            Of::P => (&pair.s_p, c.tau_p(), &c.gamma_p, Turn::PushP, &probe.push_p, 0),
            Of::Q => (&pair.s_q, c.tau_q(), &c.gamma_q, Turn::PushQ, &probe.push_q, 1),
        };
        let tau = if self.coupled { tau } else { gamma.clone() };
        let bound = S::one() / tau.clone();
        Ok(vec![match view.route {
            Route::Direct => Side::at_most("|S|", spectral_norm(s), bound),
            Route::Spectrum => Side::at_most("spectral radius of S", S::spectral_radius(s)?, bound),
            Route::Record => return Err(LoopError::NotObserved),
            Route::Simulation => {
                let seen = view.influence(turn)?.dx.clone().ok_or(LoopError::NotObserved)?;
                let moved = norm(&view.system().block(i, &seen));
                let data = &view.system().models[i].data;
                let (force, size) = (norm(&(data * push)), spectral_norm(data) * norm(push));
                Side::at_most("move of the stable point under a push", moved, bound.clone() * force)
                    .against(bound * size)
            }
        }])
    }
}

/// $\mathrm{sign}(\rho)\, dJ/d\lambda > 0$.
pub(crate) struct Sign {
    pub(crate) of: Of,
    /// Whether `< 0` is claimed instead.
    pub(crate) reversed: bool,
    /// Whether the sign is that of the angle with `h` itself.
    pub(crate) by_h: bool,
}

impl Sign {
    pub(crate) fn plain(of: Of) -> Self {
        Sign { of, reversed: false, by_h: false }
    }
}

impl Property for Sign {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.on::<Affine, S>(view)
    }
}

impl<F: Family> Property for On<F, Sign> {
    fn routes(&self) -> &'static [Route] {
        F::ROUTES
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.1.on::<F, S>(view)
    }
}

impl Sign {
    fn on<F: Family, S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let p = parts::<F, S>(view, self.of)?;
        let terms = F::terms(view)?;
        let h = terms.h()?;
        let inner = match self.by_h {
            true if h.len() == p.gradient.len() => dot(&p.gradient, h),
            true => return Ok(vec![]),
            false => dot(&p.gradient, &p.argument),
        };
        let seen = observed::<F, S>(view, self.of)?;
        let rest = S::one() - F::curated_share(view)?;
        let scale = norm(&p.gradient) * norm(&p.argument) / (rest * p.tau.abs());
        let with_sign = if inner.is_above_zero() {
            seen
        } else if inner.is_below_zero() {
            -seen
        } else {
            return Ok(vec![]);
        };
        let value = if self.reversed { -with_sign } else { with_sign };
        let what = if self.reversed { "-sign(rho) dJ/dlambda" } else { "sign(rho) dJ/dlambda" };
        Ok(vec![Side::positive(what, value, scale)])
    }
}

struct ProofBounds {
    /// Whether the two cases are exchanged.
    mirrored: bool,
}

impl Property for ProofBounds {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let p = parts::<Affine, S>(view, Of::P)?;
        let size = norm(&p.gradient) * norm(&p.argument);
        if !size.is_above_zero() {
            return Ok(vec![]);
        }
        let rest = S::one() - view.pair()?.share(0, SourceKind::Curated);
        let value = rest * observed::<Affine, S>(view, Of::P)? / size;
        let rho = cosine(&p.gradient, &p.argument);
        let root = (S::one() - rho.clone() * rho.clone()).sqrt();
        let positive = rho.is_above_zero() != self.mirrored;
        let (lower, upper) = if positive {
            (rho.clone() * p.m - root.clone() / p.tau.clone(), (rho + root) / p.tau.clone())
        } else {
            ((rho.clone() - root.clone()) / p.tau.clone(), rho * p.m + root / p.tau.clone())
        };
        let scale = S::one() / p.tau;
        Ok(vec![
            Side::at_most("lower bound", lower, value.clone()).against(scale.clone()),
            Side::at_most("upper bound", value, upper).against(scale),
        ])
    }
}

struct TauBelow {
    /// Whether the bound is `γ_θ` instead of 1.
    gamma: bool,
}

impl Property for TauBelow {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let c = view.constants();
        let gamma = c.gamma_p.clone();
        let tau = c.tau_p();
        let upper = if self.gamma {
            Side::at_most("tau_p", tau.clone(), gamma.clone())
        } else {
            Side::below("tau_p", tau.clone(), S::one())
        };
        Ok(vec![Side::positive("tau_p", tau, gamma), upper])
    }
}

/// The turning loop with a reward at some 80 degrees from `h`: `h` is a multiple of `(13, -1)` and
/// `S_p h` one of `(4, 0.68)`.
fn reward_across() -> Sample<f64> {
    turning_loop(dvector![0.1, -1.0])
}

/// The turning loop with a reward at 76.5 degrees from `h`, just beyond the 76 that `S_p` leaves:
/// `h` is at -4.4 degrees, `S_p h` at 9.6, the reward at -80.9.
fn reward_just_inside() -> Sample<f64> {
    turning_loop(dvector![0.16, -1.0])
}

/// θ alone with the Hessian diag(1, 49) and data that enters as it is; half of it is curated with
/// mean (1, 7), the rest real with mean 0. So `S_p h` is a multiple of (1, 1/7), beyond a right angle
/// from the reward (-0.15, 1).
fn stiff_loop() -> Sample<f64> {
    let component = |source, m, mean| Component {
        source,
        weight: 0.5,
        channel: DMatrix::zeros(m, usize::from(source != Source::Real)),
        offset: mean,
        spread: 1.0,
    };
    let p = vec![
        component(Source::Real, 2, dvector![0.0, 0.0]),
        component(Source::Curated(1), 2, dvector![1.0, 7.0]),
    ];
    let q =
        vec![component(Source::Real, 1, dvector![0.0]), component(Source::Real, 1, dvector![0.0])];
    let stiff = dmatrix![1.0, 0.0; 0.0, 49.0];
    models_at_rest([stiff, dmatrix![1.0]], [p, q], [dvector![-0.15, 1.0], dvector![0.0]])
}

/// Two models with these Hessians, data that enters as it is, and linear rewards.
pub(crate) fn models_at_rest(
    hessians: [DMatrix<f64>; 2],
    components: [Vec<Component<f64>>; 2],
    rewards: [DVector<f64>; 2],
) -> Sample<f64> {
    let parts = hessians.into_iter().zip(components).zip(rewards).zip(["p", "q"]);
    let models = parts.map(|(((hessian, components), linear), name)| {
        let n = hessian.nrows();
        let alignment = Alignment { linear, curvature: DMatrix::zeros(n, n) };
        Model::new(name.into(), hessian, DMatrix::identity(n, n), components, alignment)
            .expect("the Hessians given are invertible")
    });
    let system = GaussianLoop::new(models.collect(), Order::Simultaneous);
    Sample { probe: Probe::plain(&system), system }
}
