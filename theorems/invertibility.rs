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
//! Where the inverses exist the blocks of the inverse of $DF$ can be written in two ways each. Beside
//! the paper's $S_q C_q$ stands $-(D_\phi F_q)^{-1} D_\theta F_q S_p$ (`push_through`), and in terms of
//! the retraining map's Jacobian $J$ (`round_trip`)
//!
//! ```math
//! S_p = (I - Z_p)^{-1} (I - J_{pp})^{-1} H_p^{-1}, \qquad
//! Z_p = (I - J_{pp})^{-1} J_{pq} (I - J_{qq})^{-1} J_{qp}.
//! ```
//!
//! **Hypotheses.** Assumptions 3.2 to 3.5 and $\kappa < 1$; the two identities need none.
//!
//! **How it is checked.** The identities at random points of a finite field. Least singular values and the least eigenvalue of symmetric parts
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

const PUSH_THROUGH: &str = r"\(S_q C_q = -(D_\phi F_q)^{-1} D_\theta F_q S_p\) and \(S_p C_p = -(D_\theta F_p)^{-1} D_\phi F_p S_q\)";
const ROUND_TRIP: &str = r"\(S_p = (I - Z_p)^{-1}(I - J_{pp})^{-1}H_p^{-1}\) with the round trip \(Z_p = (I - J_{pp})^{-1}J_{pq}(I - J_{qq})^{-1}J_{qp}\), \(J\) the Jacobian of the retraining map";

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
            Claim::identity("push_through@affine", PUSH_THROUGH, PushThrough::Derived),
            Claim::identity("round_trip@affine", ROUND_TRIP, RoundTrip::Derived),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        let control = |id, what, why| {
            let claim = Claim::universal(id, BOUNDS, what).given(KappaBelowOne);
            Control::new(claim, "bounds", why)
        };
        let push = |id, what, why| {
            Control::new(Claim::identity(id, PUSH_THROUGH, what), "push_through@affine", why)
        };
        let trip = |id, what, why| {
            Control::new(Claim::identity(id, ROUND_TRIP, what), "round_trip@affine", why)
        };
        vec![
            push(
                "push_without_minus@affine",
                PushThrough::WithoutMinus,
                "scalar blocks D_phi F_q = D_theta F_p = 1, D_theta F_q = -1/2, D_phi F_p = 0 give \
                 S_q C_q = 1/2, and -1/2 without the minus",
            ),
            push(
                "push_transposed@affine",
                PushThrough::Transposed,
                "S_p is not symmetric where a model sees its own samples turned",
            ),
            push(
                "push_uncoupled@affine",
                PushThrough::Uncoupled,
                "(D_theta F_p)^-1 lacks the way from q back to p, which S_p has",
            ),
            trip(
                "round_trip_plus@affine",
                RoundTrip::Plus,
                "scalars without self-terms, J_pq = J_qp = 1/2, H = 1: S_p = 4/3, and 4/5 with I + Z_p",
            ),
            trip(
                "round_trip_swapped@affine",
                RoundTrip::Swapped,
                "H_p^-1 does not commute with (I - J_pp)^-1 where J_pp is not symmetric",
            ),
            trip(
                "round_trip_without_h@affine",
                RoundTrip::WithoutHessian,
                "with H_p = 2 and no data but real data S_p = 1/2, not 1",
            ),
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

/// $S_q C_q = -(D_\phi F_q)^{-1} D_\theta F_q S_p$: the way from a push on `p` to `q` leads through the
/// answer of `p`. And its mirror image.
enum PushThrough {
    Derived,
    WithoutMinus,
    /// `S` on the right transposed.
    Transposed,
    /// $(D_\theta F_p)^{-1}$ for `S_p`.
    Uncoupled,
}

impl Property for PushThrough {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = view.pair()?;
        let inverse =
            |m: &DMatrix<S>, what| inverse(m).map_err(|_| LoopError::SingularBlock { what });
        let alone = [inverse(&pair.dp_fp, "D_theta F_p")?, inverse(&pair.dq_fq, "D_phi F_q")?];
        let ways = [
            ("an entry of S_q C_q", &pair.s_q * &pair.c_q, &alone[1], &pair.dp_fq, &pair.s_p, 0),
            ("an entry of S_p C_p", &pair.s_p * &pair.c_p, &alone[0], &pair.dq_fp, &pair.s_q, 1),
        ];
        let mut sides = Vec::new();
        for (what, seen, answer, cross, first, i) in ways {
            let first = match self {
                PushThrough::Transposed => first.transpose(),
                PushThrough::Uncoupled => alone[i].clone(),
                _ => first.clone(),
            };
            let through = answer * cross * first;
            let through =
                if matches!(self, PushThrough::WithoutMinus) { through } else { -through };
            sides.extend(entries(what, &seen, &through));
        }
        Ok(sides)
    }
}

/// $S_p$ by way of the round trip, $Z_p = (I - J_{pp})^{-1} J_{pq} (I - J_{qq})^{-1} J_{qp}$.
enum RoundTrip {
    Derived,
    /// `I + Z_p`.
    Plus,
    /// The last two factors exchanged.
    Swapped,
    /// Without `H_p`.
    WithoutHessian,
}

impl Property for RoundTrip {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (pair, system) = (view.pair()?, view.system());
        let jacobian = system.linearise(&pair.stable).jacobian;
        let [p, q] = [0, 1].map(|i| system.blocks()[i].clone());
        let block = |rows: &std::ops::Range<usize>, columns: &std::ops::Range<usize>| {
            let at = (rows.start, columns.start);
            jacobian.view(at, (rows.len(), columns.len())).into_owned()
        };
        let one = |n: usize| DMatrix::<S>::identity(n, n);
        let inverse =
            |m: DMatrix<S>, what| inverse(&m).map_err(|_| LoopError::SingularBlock { what });
        let own = inverse(one(p.len()) - block(&p, &p), "I - J_pp")?;
        let other = inverse(one(q.len()) - block(&q, &q), "I - J_qq")?;
        let hessian = inverse(system.models[0].hessian.clone(), "H_p")?;
        let trip = &own * block(&p, &q) * other * block(&q, &p);
        let around = match self {
            RoundTrip::Plus => one(p.len()) + trip,
            _ => one(p.len()) - trip,
        };
        let around = inverse(around, "I - Z_p")?;
        let formula = match self {
            RoundTrip::Swapped => around * hessian * own,
            RoundTrip::WithoutHessian => around * own,
            _ => around * own * hessian,
        };
        Ok(entries("an entry of S_p", &pair.s_p, &formula))
    }
}

/// An equation an entry.
fn entries<S: Arithmetic>(
    what: &'static str,
    left: &DMatrix<S>,
    right: &DMatrix<S>,
) -> Vec<Side<S>> {
    let both = left.iter().zip(right);
    both.map(|(x, y)| Side::equal(what, x.clone(), y.clone())).collect()
}
