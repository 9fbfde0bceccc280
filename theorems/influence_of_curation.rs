//! # How curation of one model moves its own alignment and the other's
//!
//! **Statement.** With $h = E_{P_H}[-\nabla\ell_\theta(\theta^*)]$ over the curated data of θ at
//! the stable point, and $\lambda = \lambda_H$ varied with all other sources of data fixed in size,
//!
//! ```math
//! \frac{dJ_p}{d\lambda} = \frac{\langle\nabla J_p(\theta^*), S_p h\rangle}{1-\lambda}, \qquad
//! \frac{dJ_q}{d\lambda} = \frac{\langle\nabla J_q(\phi^*), S_q C_q h\rangle}{1-\lambda}.
//! ```
//!
//! **Hypotheses.** Assumptions 3.2 to 3.5 and $\kappa < 1$; $0 < \lambda < 1$. On loops without
//! memory the training laws depend on the parameters alone, $P(\theta, \phi)$, $Q(\theta, \phi)$.
//!
//! The loop of Eqs. (1) and (2) has memory: inputs come from the laws of the last round, and its state
//! is $(\theta, \phi, P, Q)$. The derivative to predict is that of the stable point of the loop
//! itself. The paper does not say what $P(\theta, \phi)$ then is; `with_memory` reads it with the
//! input marginals $P^y$, $Q^x$ frozen at their values at the stable point while θ, φ, λ vary,
//! `#stationary` as the stationary training law at held parameters. In both $F_p, F_q, S, C,
//! \varepsilon, \kappa$ are formed with that reading, $\varepsilon$ from above. `#sign` and
//! `#stationary_sign` are the weakest reading: only the sign of the formula is claimed. Beyond the
//! hypotheses, laws at held parameters must settle.
//!
//! *Why they fail.* The frozen $S$ and $C$ leave out that the marginals answer to θ and φ. The
//! stationary ones do not, but the proof's $\partial F_p/\partial\lambda = -h/(1-\lambda)$ and
//! $\partial F_q/\partial\lambda = 0$ leave out that the marginals answer to λ: curated pairs are next
//! round's inputs, of the other model too.
//!
//! *What holds.* Stack the laws (their means, here) as $m = (P, Q)$, let a round at held parameters
//! $u = (\theta, \phi)$ be $m \mapsto N m + E u + r(\lambda)$, and let $\Delta$ be the law of θ's
//! curated data less θ's whole training law. Then $\partial m/\partial\lambda = (I - N)^{-1}(\Delta, 0)
//! /(1-\lambda)$ at held parameters, because the mixture of θ moves straight towards its curated part.
//! With
//!
//! ```math
//! h_p = -(1-\lambda)\frac{\partial F_p}{\partial\lambda} = B_p\,[(I - N)^{-1}]_{PP}\,\Delta, \qquad
//! h_q = -(1-\lambda)\frac{\partial F_q}{\partial\lambda} = B_q\,[(I - N)^{-1}]_{QP}\,\Delta
//! ```
//!
//! ($-B$ the derivative of the gradient in the data) Proposition 4.1 gives, $S$ and $C$ stationary,
//!
//! ```math
//! \frac{dJ_p}{d\lambda} = \frac{\langle\nabla J_p, S_p (h_p + C_p h_q)\rangle}{1-\lambda}, \qquad
//! \frac{dJ_q}{d\lambda} = \frac{\langle\nabla J_q, S_q (C_q h_p + h_q)\rangle}{1-\lambda}.
//! ```
//!
//! Without memory $N = 0$, so $h_q = 0$ and $h_p = B_p\Delta = h$, since $F_p = 0$ at the stable point:
//! Theorem 4.5.
//!
//! *Where the printed formulas survive.* Let each loss be the squared loss of its own regression,
//! $\tfrac12|x - \theta - Uy|_H^2$, so that a model's own pairs have a gradient that does not see
//! their inputs (`plain`). Then the self-influence holds as printed in the stationary reading: hold θ,
//! let φ follow, and let $y$ under $P$ move by $\dot y$. With $k = \sigma' c_\phi/(\mu_R + \sigma'
//! c_\phi)$, $\sigma' = 1 - \mu_R$, the recursion of $Q^x$ gives $\dot x = kU\dot y$ and the optimum of
//! φ gives $\dot\phi = k(I - VU)\dot y$, so pairs of φ stay on the line of θ: $\dot x - U(\dot\phi +
//! V\dot x) = 0$, and only $h$ is left of $h_p + C_p h_q$. The cross-influence fails there too. If,
//! besides, cross data flow one way at most, both hold as printed with frozen inputs: a marginal that
//! reaches one model through cross data is moved only by cross data that flow the other way.
//!
//! **How it is checked.** The printed formulas against $(I - J)^{-1}b$ (analytic), against the
//! derivative of the simulated stable point, and against determinants formed from eigenvalues; with
//! memory all of these on the whole state, and the simulation in both orders.
//!
//! **Source.** Theorem 4.5 of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct InfluenceOfCuration;

const SELF: &str = r"\(dJ_p/d\lambda = \langle\nabla J_p(\theta^*), S_p h\rangle/(1-\lambda)\)";
const SELF_SIGN: &str =
    r"\(dJ_p/d\lambda\) has the sign of \(\langle\nabla J_p(\theta^*), S_p h\rangle\)";
const CROSS_SIGN: &str =
    r"\(dJ_q/d\lambda\) has the sign of \(\langle\nabla J_q(\phi^*), S_q C_q h\rangle\)";
const SELF_RIGHT: &str =
    r"\(dJ_p/d\lambda = \langle\nabla J_p, S_p(h_p + C_p h_q)\rangle/(1-\lambda)\), stationary";
const CROSS_RIGHT: &str =
    r"\(dJ_q/d\lambda = \langle\nabla J_q, S_q(C_q h_p + h_q)\rangle/(1-\lambda)\), stationary";
const CROSS: &str = r"\(dJ_q/d\lambda = \langle\nabla J_q(\phi^*), S_q C_q h\rangle/(1-\lambda)\)";

impl Theorem for InfluenceOfCuration {
    fn card(&self) -> Card {
        Card {
            id: "thm_4_5",
            title: "Self- and cross-influence of curation",
            source: "arXiv 2605.29267, Theorem 4.5",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let claim = |id, tex, formula| {
            Claim::universal(id, tex, formula).given(KappaBelowOne).given(Curates)
        };
        let mut claims = vec![
            claim("self_memoryless", SELF, Formula::OfSelf),
            claim("cross_memoryless", CROSS, Formula::Cross),
        ];
        claims.extend(claims_with_memory());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let control = |id, tex, formula, of, why| {
            let claim = Claim::universal(id, tex, formula).given(KappaBelowOne).given(Curates);
            Control::new(claim, of, why)
        };
        vec![
            control(
                "self_transposed",
                SELF,
                Formula::Transposed,
                "self_memoryless",
                "S_p is not symmetric where a coupling is not",
            )
            .built(|| turning_loop(dvector![0.0, 1.0])),
            control(
                "self_without_factor",
                SELF,
                Formula::WithoutFactor,
                "self_memoryless",
                "the factor 1/(1 - lambda) is 2 at lambda = 1/2",
            ),
            control(
                "cross_without_minus",
                CROSS,
                Formula::WithoutMinus,
                "cross_memoryless",
                "C_q without its minus reverses every cross-influence",
            ),
            Control::new(
                corrected("self_memory_without_h_q", SELF, Influenced::OfP, Uses::WithoutHq),
                "self_with_memory#corrected",
                "curated pairs of p become inputs of q, so h_q is not 0",
            ),
            Control::new(
                corrected("cross_memory_printed_h", CROSS, Influenced::OfQ, Uses::Stationary),
                "cross_with_memory#corrected",
                "curated pairs of p become inputs of q whether or not p has moved",
            ),
            Control::new(
                corrected("cross_memory_frozen", CROSS, Influenced::OfQ, Uses::CorrectedFrozen),
                "cross_with_memory#corrected",
                "with h_p, h_q right but S, C frozen the marginals do not answer to the parameters",
            ),
        ]
    }
}

/// The claims about the loop of Eqs. (1) and (2).
fn claims_with_memory() -> Vec<Claim> {
    use Influenced::{OfP, OfQ};
    let over = |id, tex, domain, property: Remembering| {
        let uses = property.uses;
        let claim = Claim::over(domain, id, tex, property).given(Settles).given(Shares);
        if uses == Uses::Frozen { claim.given(KappaFrozen) } else { claim.given(KappaStationary) }
    };
    // Where a formula fails even with the losses of the models' own regressions, the witness has them.
    let printed = |id, tex, of, uses| {
        let plain = of == OfQ || uses == Uses::Frozen;
        let domain = if plain { &Memory::Plain } else { &Memory::AnyLoss };
        over(id, tex, domain, Remembering { of, uses, sign_only: false })
    };
    let sign = |id, tex, of, uses| {
        let domain = if of == OfQ { &Memory::Plain } else { &Memory::AnyLoss };
        over(id, tex, domain, Remembering { of, uses, sign_only: true })
    };
    let special = |id, tex, domain, of, uses| {
        over(id, tex, domain, Remembering { of, uses, sign_only: false }).derived()
    };
    vec![
        printed("self_with_memory", SELF, OfP, Uses::Frozen),
        sign("self_with_memory#sign", SELF_SIGN, OfP, Uses::Frozen),
        printed("self_with_memory#stationary", SELF, OfP, Uses::Stationary),
        sign("self_with_memory#stationary_sign", SELF_SIGN, OfP, Uses::Stationary),
        corrected("self_with_memory#corrected", SELF_RIGHT, OfP, Uses::Corrected),
        special("self_with_plain_memory", SELF, &Memory::Plain, OfP, Uses::Stationary),
        special("self_with_one_way_memory", SELF, &Memory::OneWay, OfP, Uses::Frozen).given(OneWay),
        printed("cross_with_memory", CROSS, OfQ, Uses::Frozen),
        sign("cross_with_memory#sign", CROSS_SIGN, OfQ, Uses::Frozen),
        printed("cross_with_memory#stationary", CROSS, OfQ, Uses::Stationary),
        sign("cross_with_memory#stationary_sign", CROSS_SIGN, OfQ, Uses::Stationary),
        corrected("cross_with_memory#corrected", CROSS_RIGHT, OfQ, Uses::Corrected),
        special("cross_with_one_way_memory", CROSS, &Memory::OneWay, OfQ, Uses::Frozen)
            .given(OneWay),
    ]
}

/// A version of the right formula, under the hypotheses of the frozen reading.
fn corrected(id: &'static str, tex: &'static str, of: Influenced, uses: Uses) -> Claim {
    let claim = Claim::over(&Memory::AnyLoss, id, tex, Remembering { of, uses, sign_only: false });
    claim.given(Settles).given(Shares).given(KappaFrozen).corrected()
}

/// The laws at held parameters settle, and the loop has one stable point.
struct Settles;

impl Hypothesis for Settles {
    fn tex(&self) -> &'static str {
        r"\text{the training laws settle at held } \theta, \phi"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let seen = Remembered::of(view)?;
        let valid = Memory::is_valid(view.point()?, &seen.system);
        let settles = valid && seen.system.stationary_sensitivities().is_some();
        Ok(yes_or_no(settles))
    }
}

/// $0 < \lambda_H < 1$.
struct Shares;

impl Hypothesis for Shares {
    fn tex(&self) -> &'static str {
        r"0 < \lambda_H < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let share = view.point()?.number("lambda_H");
        Ok(yes_or_no(share.is_above_zero() && (S::one() - share).is_above_zero()))
    }
}

fn yes_or_no<S: Arithmetic>(yes: bool) -> S {
    if yes { S::one() } else { -S::one() }
}

/// $\kappa < 1$ with the constants of the frozen reading.
struct KappaFrozen;

impl Hypothesis for KappaFrozen {
    fn tex(&self) -> &'static str {
        r"\kappa < 1 \text{ (frozen inputs)}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - Remembered::of(view)?.frozen_kappa())
    }
}

/// $\kappa < 1$ with the constants of the stationary reading.
struct KappaStationary;

impl Hypothesis for KappaStationary {
    fn tex(&self) -> &'static str {
        r"\kappa < 1 \text{ (stationary laws)}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let kappa = Remembered::of(view)?.stationary_kappa();
        Ok(kappa.map_or(-S::one(), |kappa| S::one() - kappa))
    }
}

/// No model trains on the other's data while the other trains on its.
struct OneWay;

impl Hypothesis for OneWay {
    fn tex(&self) -> &'static str {
        r"c_\theta c_\phi = 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(yes_or_no(Memory::is_one_way(view.point()?)))
    }
}

/// Whose alignment.
#[derive(Clone, Copy, PartialEq)]
enum Influenced {
    OfP,
    OfQ,
}

/// Which $S$, $C$ and which $h$ a formula for the loop with memory uses.
#[derive(Clone, Copy, PartialEq)]
enum Uses {
    /// All frozen, as printed.
    Frozen,
    /// $S$, $C$ stationary, $h$ as printed.
    Stationary,
    /// $S$, $C$, $h_p$, $h_q$ stationary.
    Corrected,
    /// The same with $h_q$ forgotten.
    WithoutHq,
    /// $h_p$, $h_q$ stationary, but $S$, $C$ frozen.
    CorrectedFrozen,
}

/// A formula for the influence of curation on the loop of Eqs. (1) and (2).
struct Remembering {
    of: Influenced,
    uses: Uses,
    /// Whether only the sign is claimed.
    sign_only: bool,
}

impl Remembering {
    /// $(h_p, h_q)$, and $S_p v_p$ with $v_p = h_p + C_p h_q$, or the same of `q`.
    fn moved<S: Arithmetic>(&self, seen: &Remembered<S>) -> Result<DVector<S>, LoopError> {
        let stationary = seen.stationary()?;
        let pair = seen.pair()?;
        let frozen = matches!(self.uses, Uses::Frozen | Uses::CorrectedFrozen);
        let [s_p, s_q, c_p, c_q] = if frozen {
            [&pair.s_p, &pair.s_q, &pair.c_p, &pair.c_q]
        } else {
            let c = &stationary.couplings;
            [&c.s_p, &c.s_q, &c.c_p, &c.c_q]
        };
        let none = || DVector::from_element(stationary.h_q.len(), S::zero());
        let (h_p, h_q) = match self.uses {
            Uses::Frozen | Uses::Stationary => (pair.h()?, none()),
            Uses::WithoutHq => (stationary.h_p.clone(), none()),
            _ => (stationary.h_p.clone(), stationary.h_q.clone()),
        };
        Ok(match self.of {
            Influenced::OfP => s_p * (h_p + c_p * h_q),
            Influenced::OfQ => s_q * (c_q * h_p + h_q),
        })
    }
}

impl Property for Remembering {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let seen = Remembered::of(view)?;
        let i = usize::from(self.of == Influenced::OfQ);
        let reward = &seen.system.models[i].reward;
        let rest = S::one() - seen.system.models[0].curated.clone();
        let moved = self.moved(seen)?;
        let value = dot(reward, &moved) / rest.clone();
        let size = norm(reward) * norm(&moved) / rest;
        let what = ["dJ_p/dlambda", "dJ_q/dlambda"][i];
        let side = |answer: Answer<S>| {
            let observed = if i == 0 { answer.dp } else { answer.dq };
            let scale = size.max(&answer.size[i]);
            if !self.sign_only {
                return Some(Side::equal(what, value.clone(), observed).against(scale));
            }
            // The sign of what is rounding is no sign.
            let visible = value.abs() - S::from_f64(1e-9) * scale.clone();
            if !visible.is_above_zero() {
                return None;
            }
            let signed = if value.is_above_zero() { observed } else { -observed };
            let what = ["sign(formula) dJ_p/dlambda", "sign(formula) dJ_q/dlambda"][i];
            Some(Side::positive(what, signed, scale))
        };
        Ok(seen.answers(view.route)?.into_iter().filter_map(side).collect())
    }
}

enum Formula {
    OfSelf,
    Cross,
    /// `S_p` transposed.
    Transposed,
    /// The factor `1/(1 - λ)` dropped.
    WithoutFactor,
    /// `C_q` without its minus.
    WithoutMinus,
}

impl Property for Formula {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = view.pair()?;
        let h = pair.h()?;
        let rest = S::one() - pair.share(0, SourceKind::Curated);
        let seen = view.influence(Turn::CurateP)?;
        let self_form = |s_h: DVector<S>, rest: S| {
            let scale = norm(&pair.grad_p) * norm(&s_h) / rest.clone();
            let scale = scale.max(&seen.size[0]);
            Side::equal("dJ_p/dlambda", dot(&pair.grad_p, &s_h) / rest, seen.dp.clone())
                .against(scale)
        };
        let cross_form = |s_c_h: DVector<S>| {
            let scale = norm(&pair.grad_q) * norm(&s_c_h) / rest.clone();
            let scale = scale.max(&seen.size[1]);
            let printed = dot(&pair.grad_q, &s_c_h) / rest.clone();
            Side::equal("dJ_q/dlambda", printed, seen.dq.clone()).against(scale)
        };
        Ok(vec![match self {
            Formula::OfSelf => self_form(&pair.s_p * &h, rest),
            Formula::Transposed => self_form(pair.s_p.transpose() * &h, rest),
            Formula::WithoutFactor => self_form(&pair.s_p * &h, S::one()),
            Formula::Cross => cross_form(&pair.s_q * &pair.c_q * &h),
            Formula::WithoutMinus => cross_form(-(&pair.s_q * &pair.c_q * &h)),
        }])
    }
}

/// θ of dimension 2 follows its own samples turned by a right angle, with weight 1/4, and has a
/// linear reward; φ stands alone.
pub(crate) fn turning_loop(reward: DVector<f64>) -> Sample<f64> {
    let real = |n: usize, mean: DVector<f64>, weight| Component {
        source: Source::Real,
        weight,
        channel: DMatrix::zeros(n, 0),
        offset: mean,
        spread: 1.0,
    };
    let raw = Component {
        source: Source::Raw(0),
        weight: 0.25,
        channel: dmatrix![0.0, -1.0; 1.0, 0.0],
        offset: dvector![0.0, 0.0],
        spread: 1.0,
    };
    let curated = Component {
        source: Source::Curated(1),
        weight: 0.25,
        channel: DMatrix::zeros(2, 1),
        offset: dvector![1.0, 0.0],
        spread: 1.0,
    };
    let model = |name: &str, n: usize, components, linear| {
        let identity = DMatrix::identity(n, n);
        let alignment = Alignment { linear, curvature: DMatrix::zeros(n, n) };
        Model::new(name.into(), identity.clone(), identity, components, alignment)
            .expect("the identity is invertible")
    };
    let p = vec![real(2, dvector![0.0, 0.0], 0.5), raw, curated];
    let q = vec![real(1, dvector![0.0], 1.0)];
    let models = vec![model("p", 2, p, reward), model("q", 1, q, dvector![1.0])];
    let system = GaussianLoop::new(models, Order::Simultaneous);
    Sample { probe: Probe::plain(&system), system }
}
