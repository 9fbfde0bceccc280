//! # Curation of θ paid for by any mix of the other sources
//!
//! **Statement.** Let the shares of θ's data move in the direction of a mixture
//! $(a_r, a_s, a_h)$, $a_r + a_s + a_h = 1$:
//!
//! ```math
//! d\lambda_R = \frac{a_r - \lambda_R}{a_h - \lambda_H}\, d\lambda_H, \qquad d\lambda_S = \frac{a_s - \lambda_S}{a_h - \lambda_H}\, d\lambda_H .
//! ```
//!
//! Printed:
//!
//! ```math
//! \frac{dJ_p}{d\lambda_H} = \frac{\langle\nabla J_p, S_p [a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle}{a_h - \lambda_H}
//! ```
//!
//! and $dJ_q/d\lambda_H$ the same with $\nabla J_q$ and $S_q C_q$. The nearest true version has a
//! minus before each: $F_p = 0$ at the stable point, so $\partial F_p/\partial\lambda_H$ is the bracket
//! over $a_h - \lambda_H$, and $d\theta^* = -S_p\, \partial F_p$. (The paper says that $(0, 0, 1)$ is
//! the case of Theorem 4.5; there $h = -E_{P_H}\nabla\ell_\theta$ carries the minus.)
//!
//! **Hypotheses.** Those of Theorem 4.5: Assumptions 3.2 to 3.5, $\kappa < 1$; all three kinds of
//! data are present and each of $a_r, a_s, a_h$ differs from its share.
//!
//! **How it is checked.** On random directions, with entries between $-1/2$ and $3/2$, by the three
//! routes of Theorem 4.5.
//!
//! **Source.** Theorem E.3 of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct CurationTowardsAnyMix;

/// What follows for E.3, E.4 and E.5 alike.
const LOST_MINUS: &str = r"A minus is missing: \(d\theta^* = -S_p\, \partial F_p\), and the bracket is \(\partial F_p\) up to a factor. As printed, every influence along a general direction has the wrong sign, and the case \((0, 0, 1)\) contradicts Theorem 4.5, where \(h\) carries the minus";

const SELF: &str = r"\(dJ_p/d\lambda_H = \langle\nabla J_p, S_p[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_h - \lambda_H)\)";
const SELF_CORRECTED: &str = r"\(dJ_p/d\lambda_H = -\langle\nabla J_p, S_p[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_h - \lambda_H)\)";
const CROSS: &str = r"\(dJ_q/d\lambda_H = \langle\nabla J_q, S_q C_q[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_h - \lambda_H)\)";
const CROSS_CORRECTED: &str = r"\(dJ_q/d\lambda_H = -\langle\nabla J_q, S_q C_q[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_h - \lambda_H)\)";

impl Theorem for CurationTowardsAnyMix {
    fn card(&self) -> Card {
        Card {
            id: "thm_e3",
            title: "Influence of curation of theta towards any mix",
            source: "arXiv 2605.29267, Theorem E.3",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        four([SELF, SELF_CORRECTED, CROSS, CROSS_CORRECTED], 0, &[SourceKind::Curated])
    }

    fn controls(&self) -> Vec<Control> {
        let curated = &[SourceKind::Curated];
        near_misses([SELF_CORRECTED, CROSS_CORRECTED], 0, curated)
    }
}

/// The claims of E.3, E.4 and E.5: self and cross, printed, corrected and as identities, about turning the
/// mixture of model `turned` with the share of one of `in_front` as the variable.
pub(crate) fn four(
    statements: [&'static str; 4],
    turned: usize,
    in_front: &'static [SourceKind],
) -> Vec<Claim> {
    let formula = |of, minus| Directional { turned, of, in_front, minus, miss: Miss::None };
    let claim = |id, tex, of, minus| {
        let claim = Claim::universal(id, tex, formula(of, minus));
        claim.given(KappaBelowOne).given(AllKinds(turned))
    };
    let lost_minus = |claim: Claim| claim.consequence(Gravity::Conclusion, LOST_MINUS);
    let [own, own_corrected, cross, cross_corrected] = statements;
    let other = 1 - turned;
    vec![
        lost_minus(claim("self", own, turned, false)),
        claim("self#corrected", own_corrected, turned, true).corrected(),
        lost_minus(claim("cross", cross, other, false)),
        claim("cross#corrected", cross_corrected, other, true).corrected(),
        Claim::identity("self@affine", own_corrected, formula(turned, true)),
        Claim::identity("cross@affine", cross_corrected, formula(other, true)),
    ]
}

/// Near misses of the corrected formulas.
pub(crate) fn near_misses(
    [own, cross]: [&'static str; 2],
    turned: usize,
    in_front: &'static [SourceKind],
) -> Vec<Control> {
    let control = |id, tex, of, miss, name, why| {
        let property = Directional { turned, of, in_front, minus: true, miss };
        let claim =
            Claim::universal(id, tex, property).given(KappaBelowOne).given(AllKinds(turned));
        Control::new(claim, name, why)
    };
    let other = 1 - turned;
    vec![
        control(
            "self_without_share",
            own,
            turned,
            Miss::WithoutShare,
            "self#corrected",
            "the share itself is subtracted from its target in the denominator",
        ),
        control(
            "cross_without_c",
            cross,
            other,
            Miss::WithoutC,
            "cross#corrected",
            "the push must pass through the coupling before it reaches the other model",
        ),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Miss {
    None,
    /// Divided by `a_h` instead of `a_h - λ_H`.
    WithoutShare,
    /// `C` left out (where the dimensions allow it).
    WithoutC,
}

/// The formula of E.3 for either model's mixture and either model's alignment.
pub(crate) struct Directional {
    /// Whose mixture is turned: 0 for θ, 1 for φ.
    turned: usize,
    /// Whose alignment is asked for.
    of: usize,
    /// Which share is the variable; one equation for each.
    in_front: &'static [SourceKind],
    /// Whether the missing minus is there.
    minus: bool,
    miss: Miss,
}

impl Property for Directional {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (pair, probe) = (view.pair()?, view.probe());
        let kinds = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated];
        let (target, turn) = match self.turned {
            0 => (&probe.toward_p, Turn::TowardP),
            _ => (&probe.toward_q, Turn::TowardQ),
        };
        let mut bracket = pair.kind_gradient(self.turned, kinds[0])? * target[0].clone();
        for k in [1, 2] {
            bracket += pair.kind_gradient(self.turned, kinds[k])? * target[k].clone();
        }
        let across = self.of != self.turned;
        if across && self.miss != Miss::WithoutC {
            bracket = if self.turned == 0 { &pair.c_q * bracket } else { &pair.c_p * bracket };
        }
        let (s, gradient) = match self.of {
            0 => (&pair.s_p, &pair.grad_p),
            _ => (&pair.s_q, &pair.grad_q),
        };
        if bracket.len() != s.ncols() {
            return Ok(vec![]);
        }
        let moved = s * bracket;
        let inner = dot(gradient, &moved);
        let inner = if self.minus { -inner } else { inner };
        let seen = view.influence(turn)?;
        let size = &seen.size[self.of];
        let seen = if self.of == 0 { &seen.dp } else { &seen.dq };
        let scale = (norm(gradient) * norm(&moved)).max(size);
        let mut sides = Vec::new();
        for front in self.in_front {
            let k = kinds.iter().position(|kind| kind == front).unwrap_or(0);
            // The path reaches its target after length one, so the share moves at this speed.
            let speed = target[k].clone() - pair.share(self.turned, *front);
            let divisor =
                if self.miss == Miss::WithoutShare { target[k].clone() } else { speed.clone() };
            if speed.is_zero() || divisor.is_zero() {
                continue;
            }
            let printed = inner.clone() / divisor;
            let observed = seen.clone() / speed.clone();
            sides.push(
                Side::equal("dJ/dshare", printed, observed).against(scale.clone() / speed.abs()),
            );
        }
        Ok(sides)
    }
}
