//! # Curation of φ paid for by any mix of its other sources
//!
//! **Statement.** As Theorem E.3 for the curated share $\mu_H$ of φ's data: printed
//!
//! ```math
//! \frac{dJ_q}{d\mu_H} = \frac{\langle\nabla J_q, S_q [a_s E_{Q_S}\nabla\ell_\phi + a_h E_{Q_H}\nabla\ell_\phi + a_r E_R\nabla\ell_\phi]\rangle}{a_h - \mu_H}
//! ```
//!
//! for the self-influence, and $dJ_p/d\mu_H$ the same with $\nabla J_p$ and $S_p C_p$ for the
//! cross-influence. The nearest true versions have a minus, as in E.3.
//!
//! **Hypotheses.** As Theorem E.3, for the mixture of φ.
//!
//! **How it is checked.** As Theorem E.3.
//!
//! **Source.** Theorem E.4 of arXiv 2605.29267.

use super::curation_towards_any_mix::{four, near_misses};
use crate::prelude::*;

/// See the [module](self).
pub struct CurationOfTheOtherModel;

const SELF: &str = r"\(dJ_q/d\mu_H = \langle\nabla J_q, S_q[a_s E_{Q_S}\nabla\ell_\phi + a_h E_{Q_H}\nabla\ell_\phi + a_r E_R\nabla\ell_\phi]\rangle/(a_h - \mu_H)\)";
const SELF_CORRECTED: &str = r"\(dJ_q/d\mu_H = -\langle\nabla J_q, S_q[a_s E_{Q_S}\nabla\ell_\phi + a_h E_{Q_H}\nabla\ell_\phi + a_r E_R\nabla\ell_\phi]\rangle/(a_h - \mu_H)\)";
const CROSS: &str = r"\(dJ_p/d\mu_H = \langle\nabla J_p, S_p C_p[a_s E_{Q_S}\nabla\ell_\phi + a_h E_{Q_H}\nabla\ell_\phi + a_r E_R\nabla\ell_\phi]\rangle/(a_h - \mu_H)\)";
const CROSS_CORRECTED: &str = r"\(dJ_p/d\mu_H = -\langle\nabla J_p, S_p C_p[a_s E_{Q_S}\nabla\ell_\phi + a_h E_{Q_H}\nabla\ell_\phi + a_r E_R\nabla\ell_\phi]\rangle/(a_h - \mu_H)\)";

impl Theorem for CurationOfTheOtherModel {
    fn card(&self) -> Card {
        Card {
            id: "thm_e4",
            title: "Influence of curation of phi towards any mix",
            source: "arXiv 2605.29267, Theorem E.4",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        four([SELF, SELF_CORRECTED, CROSS, CROSS_CORRECTED], 1, &[SourceKind::Curated])
    }

    fn controls(&self) -> Vec<Control> {
        near_misses([SELF_CORRECTED, CROSS_CORRECTED], 1, &[SourceKind::Curated])
    }
}
