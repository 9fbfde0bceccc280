//! # The same with the synthetic or the real share as the variable
//!
//! **Statement.** As Theorem E.3 with $(\lambda_S, a_s)$ or $(\lambda_R, a_r)$ in front: printed,
//! for $c \in \{s, r\}$,
//!
//! ```math
//! \frac{dJ_p}{d\lambda_c} = \frac{\langle\nabla J_p, S_p [a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle}{a_c - \lambda_c}
//! ```
//!
//! and $dJ_q/d\lambda_c$ the same with $\nabla J_q$ and $S_q C_q$. The nearest true versions have a
//! minus, as in E.3.
//!
//! **Hypotheses.** As Theorem E.3.
//!
//! **How it is checked.** As Theorem E.3, both shares on every sample.
//!
//! **Source.** Theorem E.5 of arXiv 2605.29267.

use super::curation_towards_any_mix::{four, near_misses};
use crate::prelude::*;

/// See the [module](self).
pub struct SyntheticAndRealShares;

const SHARES: &[SourceKind] = &[SourceKind::Raw, SourceKind::Real];

const SELF: &str = r"\(dJ_p/d\lambda_c = \langle\nabla J_p, S_p[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_c - \lambda_c)\), \(c \in \{s, r\}\)";
const SELF_CORRECTED: &str = r"\(dJ_p/d\lambda_c = -\langle\nabla J_p, S_p[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_c - \lambda_c)\), \(c \in \{s, r\}\)";
const CROSS: &str = r"\(dJ_q/d\lambda_c = \langle\nabla J_q, S_q C_q[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_c - \lambda_c)\), \(c \in \{s, r\}\)";
const CROSS_CORRECTED: &str = r"\(dJ_q/d\lambda_c = -\langle\nabla J_q, S_q C_q[a_s E_{P_S}\nabla\ell_\theta + a_h E_{P_H}\nabla\ell_\theta + a_r E_R\nabla\ell_\theta]\rangle/(a_c - \lambda_c)\), \(c \in \{s, r\}\)";

impl Theorem for SyntheticAndRealShares {
    fn card(&self) -> Card {
        Card {
            id: "thm_e5",
            title: "Influence of the synthetic and real shares",
            source: "arXiv 2605.29267, Theorem E.5",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        four([SELF, SELF_CORRECTED, CROSS, CROSS_CORRECTED], 0, SHARES)
    }

    fn controls(&self) -> Vec<Control> {
        near_misses([SELF_CORRECTED, CROSS_CORRECTED], 0, SHARES)
    }
}
