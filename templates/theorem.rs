//! # What more curation does to the other model goes through the curated one
//!
//! **Statement.** If the mixture of `p` alone changes, the stable point of `q` follows that of `p`:
//!
//! ```math
//! \frac{d\phi^*}{d\lambda} = -(D_\phi F_q)^{-1} D_\theta F_q\, \frac{d\theta^*}{d\lambda},
//! \qquad \frac{d\theta^*}{d\lambda} = \frac{S_p h}{1 - \lambda},
//! \qquad \frac{dJ_q}{d\lambda} = \Big\langle \nabla J_q, \frac{d\phi^*}{d\lambda} \Big\rangle .
//! ```
//!
//! **Hypotheses.** Assumptions 3.2 to 3.5, $\kappa < 1$, and a curated share of `p` above 0.
//!
//! **How it is checked.** Against $(I - J)^{-1}b$ (analytic), the derivative of the simulated stable
//! point (simulation), and determinants formed from eigenvalues (spectrum). The two controls are near
//! misses that the same checks must refute: without them nobody knows whether the checks have teeth.
//!
//! **Source.** Say here where the statement stands: paper, number, page. This one is derived here.

use crate::prelude::*;

/// See the [module](self).
pub struct TheoremName;

// What the reports print: text with LaTeX between \( and \).
const STATEMENT: &str = r"\(dJ_q/d\lambda = -\langle\nabla J_q, (D_\phi F_q)^{-1} D_\theta F_q S_p h\rangle/(1-\lambda)\)";

impl Theorem for TheoremName {
    fn card(&self) -> Card {
        // The id as the paper numbers it: thm_, prop_, cor_, ex_, sec_ or app_ and what follows.
        Card {
            id: "theorem_id",
            title: "The other model follows the curated one",
            source: "derived here",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        // Checked on random two-model loops that meet the hypotheses. `.derived()`: not printed anywhere.
        let claim = Claim::universal("follows", STATEMENT, Follows::Stated);
        vec![claim.given(KappaBelowOne).given(Curates).derived()]
    }

    fn controls(&self) -> Vec<Control> {
        let control = |id, what, why| {
            let claim = Claim::universal(id, STATEMENT, what).given(KappaBelowOne).given(Curates);
            Control::new(claim, "follows", why)
        };
        // Prove a control false before you plant it, and say why it is.
        vec![
            control(
                "follows_without_minus",
                Follows::WithoutMinus,
                "the sign of dJ_q/dlambda turns wherever it is not zero",
            ),
            control(
                "follows_without_q_itself",
                Follows::WithoutQItself,
                "(D_phi F_q)^-1 is not 1 where the loss of q has another Hessian, or q sees itself",
            ),
        ]
    }
}

/// The formula and what its controls get wrong.
enum Follows {
    Stated,
    /// `+` for `-`.
    WithoutMinus,
    /// $(D_\phi F_q)^{-1}$ dropped.
    WithoutQItself,
}

impl Property for Follows {
    /// Written once, in any arithmetic: doubles, dual numbers, exact rationals, intervals.
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        // The loop in the paper's terms, and what was observed along the route that asks.
        let pair = view.pair()?;
        let seen = view.influence(Turn::CurateP)?;

        let moved = &pair.s_p * pair.h()?;
        let arrives = &pair.dp_fq * moved;
        let answer = match self {
            Follows::WithoutQItself => arrives,
            _ => {
                inverse(&pair.dq_fq).map_err(|_| LoopError::SingularBlock { what: "D_phi F_q" })?
                    * arrives
            }
        };
        let answer = if matches!(self, Follows::WithoutMinus) { answer } else { -answer };

        let rest = S::one() - pair.share(0, SourceKind::Curated);
        let predicted = dot(&pair.grad_q, &answer) / rest.clone();
        // What a gap is measured against: the sizes of what was added up.
        let size = norm(&pair.grad_q) * norm(&answer) / rest;
        Ok(vec![
            Side::equal("dJ_q/dlambda", predicted, seen.dq.clone())
                .against(size.max(&seen.size[1])),
        ])
    }
}
