//! The paper's assumptions as hypotheses that a loop meets or not.
//!
//! Assumptions 3.2, 3.3 and 3.5 say that constants `γ`, `L`, `ε` exist. For the loops here they
//! always do and are computed ([`Constants`](crate::influence::Constants)); what a loop can fail
//! is the inequality between them.

use crate::case::{Arithmetic, View};
use crate::claim::Hypothesis;
use crate::error::LoopError;
use crate::systems::SourceKind;

/// $\kappa < 1$ (Theorem 3.6), with computed constants, `ε` from above.
#[derive(Clone, Copy, Debug)]
pub struct KappaBelowOne;

impl Hypothesis for KappaBelowOne {
    fn tex(&self) -> &'static str {
        r"\kappa < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - view.constants().kappa())
    }
}

/// $0 < \lambda_H < 1$ for model `p`: there is curated data, and something to trade for more.
#[derive(Clone, Copy, Debug)]
pub struct Curates;

impl Hypothesis for Curates {
    fn tex(&self) -> &'static str {
        r"0 < \lambda_H < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let share = view.system().models[0].share(SourceKind::Curated);
        Ok(strictly(share.min(&(S::one() - share.clone()))))
    }
}

/// Every kind of data has a positive share in the mixture of this model (0 for `p`, 1 for `q`),
/// so that $E_R$, $E_{P_S}$ and $E_{P_H}$ are all defined.
#[derive(Clone, Copy, Debug)]
pub struct AllKinds(pub usize);

impl Hypothesis for AllKinds {
    fn tex(&self) -> &'static str {
        match self.0 {
            0 => r"\lambda_R, \lambda_S, \lambda_H > 0",
            _ => r"\mu_R, \mu_S, \mu_H > 0",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let m = &view.system().models[self.0];
        let [r, s, h] =
            [SourceKind::Real, SourceKind::Raw, SourceKind::Curated].map(|k| m.share(k));
        Ok(strictly(r.min(&s).min(&h)))
    }
}

/// A share of exactly zero does not meet "positive"; there is nothing to decide about it.
fn strictly<S: Arithmetic>(share: S) -> S {
    if share.is_zero() { -S::one() } else { share }
}
