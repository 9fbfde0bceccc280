//! # The inverses in the paper's formulas exist
//!
//! **Statement.** If $\kappa < 1$, then $D_\theta F_p$, $D_\phi F_q$, $S_p$ and $S_q$ are
//! invertible. The proof's steps are
//!
//! ```math
//! v^\top D_\theta F_p v \ge (\gamma_\theta - L_\theta\varepsilon_\theta)|v|^2, \quad
//! |D_\phi F_p| \le L_\theta\varepsilon_\theta, \quad
//! |(D_\phi F_q)^{-1}| \le \frac{1}{\gamma_\phi - L_\phi\varepsilon_\phi}, \quad
//! v^\top S_p^{-1} v \ge \tau_p |v|^2.
//! ```
//!
//! **Hypotheses.** Assumptions 3.2 to 3.5 and $\kappa < 1$.
//!
//! **How it is checked.** Least singular values and the least eigenvalue of symmetric parts
//! (analytic); eigenvalues: none may be zero, and none may have a modulus below the bound on the
//! quadratic form (spectrum, a weaker consequence); a push of random direction on the data must move the simulated
//! stable point, and by no more than $1/\tau_p$ allows (simulation).
//!
//! **Source.** Proposition 4.4 of arXiv 2605.29267 and its proof.

use crate::prelude::*;

/// See the [module](self).
pub struct Invertibility;

const INVERTIBLE: &str = r"\(\kappa < 1\) implies that \(D_\theta F_p\), \(D_\phi F_q\), \(S_p\), \(S_q\) are invertible";
const BOUNDS: &str = r"\(v^\top D_\theta F_p v \ge (\gamma_\theta - L_\theta\varepsilon_\theta)|v|^2\), \(|D_\phi F_p| \le L_\theta\varepsilon_\theta\), \(|(D_\phi F_q)^{-1}| \le 1/(\gamma_\phi - L_\phi\varepsilon_\phi)\), \(v^\top S_p^{-1} v \ge \tau_p|v|^2\)";

impl Theorem for Invertibility {
    fn card(&self) -> Card {
        Card {
            id: "prop_4_4",
            title: "Invertibility of the blocks and of S_p, S_q",
            source: "arXiv 2605.29267, Proposition 4.4",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::universal("invertible", INVERTIBLE, Invertible).given(KappaBelowOne),
            Claim::universal("bounds", BOUNDS, Bounds::Printed).given(KappaBelowOne),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        let control = |id, what, why| {
            let claim = Claim::universal(id, BOUNDS, what).given(KappaBelowOne);
            Control::new(claim, "bounds", why)
        };
        vec![
            control(
                "bounds_without_self_term",
                Bounds::WithoutSelfTerm,
                "a model that follows its own samples has D F_p = gamma (1 - a) < gamma",
            ),
            control(
                "bounds_without_l",
                Bounds::WithoutL,
                "with H = 2 the block D_phi F_p is twice the sensitivity",
            ),
        ]
    }
}

struct Invertible;

impl Property for Invertible {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Spectrum]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = view.pair()?;
        let blocks = [
            ("D_theta F_p", &pair.dp_fp),
            ("D_phi F_q", &pair.dq_fq),
            ("S_p", &pair.s_p),
            ("S_q", &pair.s_q),
        ];
        let least = |(what, m): (&'static str, &DMatrix<S>)| {
            let value = if view.route == Route::Spectrum {
                // The inverse's spectral radius is the reciprocal of the least modulus.
                let inverse = inverse(m).map_err(|_| LoopError::SingularBlock { what })?;
                S::one() / S::spectral_radius(&inverse)?
            } else {
                S::extreme_eigenvalues(&(m.transpose() * m)).0.sqrt()
            };
            Ok(Side::positive(what, value, spectral_norm(m)))
        };
        blocks.into_iter().map(least).collect()
    }
}

enum Bounds {
    Printed,
    /// `γ` alone bounds the quadratic form.
    WithoutSelfTerm,
    /// `ε` alone bounds the cross block.
    WithoutL,
}

impl Property for Bounds {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (pair, c) = (view.pair()?, view.constants());
        let l_eps = c.l_p.clone() * c.eps_p.clone();
        let form = match self {
            Bounds::WithoutSelfTerm => c.gamma_p.clone(),
            _ => c.gamma_p.clone() - l_eps.clone(),
        };
        let cross = if matches!(self, Bounds::WithoutL) { c.eps_p.clone() } else { l_eps };
        let other = S::one() / (c.gamma_q.clone() - c.l_q.clone() * c.eps_q.clone());
        let tau = c.tau_p();
        let singular = |what| move |_| LoopError::SingularBlock { what };
        let inverse_q = inverse(&pair.dq_fq).map_err(singular("D_phi F_q"))?;
        match view.route {
            Route::Direct => {
                let schur = &pair.dp_fp + &pair.c_p * &pair.dp_fq;
                Ok(vec![
                    Side::at_most(
                        "form of D_theta F_p",
                        form,
                        smallest_symmetric_eigenvalue(&pair.dp_fp),
                    ),
                    Side::at_most("|D_phi F_p|", spectral_norm(&pair.dq_fp), cross),
                    Side::at_most("|(D_phi F_q)^-1|", spectral_norm(&inverse_q), other),
                    Side::at_most("form of S_p^-1", tau, smallest_symmetric_eigenvalue(&schur)),
                ])
            }
            Route::Spectrum => {
                let inverse_p = inverse(&pair.dp_fp).map_err(singular("D_theta F_p"))?;
                let radius = |m: &DMatrix<S>| S::spectral_radius(m);
                Ok(vec![
                    Side::at_most("1/|eig D_theta F_p|", radius(&inverse_p)?, S::one() / form),
                    Side::at_most("1/|eig D_phi F_q|", radius(&inverse_q)?, other),
                    Side::at_most("|eig S_p|", radius(&pair.s_p)?, S::one() / tau),
                ])
            }
            Route::Record => Err(LoopError::NotObserved),
            Route::Simulation => {
                let data = &view.system().models[0].data;
                let push = norm(&(data * &view.probe().push_p));
                let size = spectral_norm(data) * norm(&view.probe().push_p);
                let seen = view.influence(Turn::PushP)?.dx.clone().ok_or(LoopError::NotObserved)?;
                let moved = norm(&view.system().block(0, &seen));
                Ok(vec![
                    Side::at_most("move of theta* under a push", tau * moved, push).against(size),
                ])
            }
        }
    }
}
