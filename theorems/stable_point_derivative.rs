//! # How the stable point moves when the mixtures change
//!
//! **Statement.** If the training laws depend on $\lambda$, so does the stable point, and
//!
//! ```math
//! \frac{d\theta^*}{d\lambda} = -S_p\left( \frac{\partial F_p}{\partial\lambda} + C_p \frac{\partial F_q}{\partial\lambda} \right), \qquad
//! \frac{d\phi^*}{d\lambda} = -S_q\left( C_q \frac{\partial F_p}{\partial\lambda} + \frac{\partial F_q}{\partial\lambda} \right)
//! ```
//!
//! with $S_p = (D_\theta F_p - D_\phi F_p (D_\phi F_q)^{-1} D_\theta F_q)^{-1}$,
//! $C_p = -D_\phi F_p (D_\phi F_q)^{-1}$ and their mirror images (Definitions 4.2, 4.3).
//!
//! **Hypotheses.** Those under which the inverses exist (Proposition 4.4): Assumptions 3.2, 3.3,
//! 3.5 and $\kappa < 1$.
//!
//! **How it is checked.** Both mixtures turn at once, each in a random direction, so that both
//! partial derivatives are at work. The formula's prediction, component by component, against
//! $(I - J)^{-1}b$ (analytic) and against the derivative of the simulated stable point; the two
//! alignments' derivatives against determinants formed from eigenvalues (spectrum).
//! `@categorical`: the formula on loops on categories with the log loss, where Assumption 3.2 fails,
//! as both models' curated shares grow at once.
//!
//! **Source.** Proposition 4.1 of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct StablePointDerivative;

const STATEMENT: &str = r"\(d\theta^*/d\lambda = -S_p(\partial_\lambda F_p + C_p \partial_\lambda F_q)\), \(d\phi^*/d\lambda = -S_q(C_q \partial_\lambda F_p + \partial_\lambda F_q)\)";
const ON_CATEGORIES: &str = r"on categorical loops with the log loss, where Assumption 3.2 fails, the formulas still hold: \(d\theta^*/d\lambda = -S_p(\partial_\lambda F_p + C_p \partial_\lambda F_q)\), \(d\phi^*/d\lambda = -S_q(C_q \partial_\lambda F_p + \partial_\lambda F_q)\)";

impl Theorem for StablePointDerivative {
    fn card(&self) -> Card {
        Card {
            id: "prop_4_1",
            title: "Derivative of the stable point",
            source: "arXiv 2605.29267, Proposition 4.1",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::universal("derivative", STATEMENT, Derivative::Printed).given(KappaBelowOne),
            categorical("derivative@categorical", Derivative::Printed),
            Claim::identity("derivative@affine", STATEMENT, Derivative::Printed),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        let control = |id, what, why| {
            let claim = Claim::universal(id, STATEMENT, what).given(KappaBelowOne);
            Control::new(claim, "derivative", why)
        };
        vec![
            control(
                "derivative_without_c",
                Derivative::WithoutC,
                "a push on q reaches p through C_p",
            ),
            control(
                "derivative_uncoupled",
                Derivative::Uncoupled,
                "the Schur complement differs from D F_p wherever both models see each other",
            ),
            Control::new(
                categorical("derivative_without_c@categorical", Derivative::WithoutC),
                "derivative@categorical",
                "more curation of q reaches p through C_p",
            ),
        ]
    }
}

fn categorical(id: &'static str, what: Derivative) -> Claim {
    Claim::over(&Categorical, id, ON_CATEGORIES, on::<Categorical, _>(what)).given(IsLoop).derived()
}

enum Derivative {
    Printed,
    /// `C_p` and `C_q` dropped.
    WithoutC,
    /// `S_p` and `S_q` without the second model.
    Uncoupled,
}

impl Property for Derivative {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.on::<Affine, S>(view)
    }
}

impl<F: Family> Property for On<F, Derivative> {
    fn routes(&self) -> &'static [Route] {
        F::ROUTES
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        self.1.on::<F, S>(view)
    }
}

impl Derivative {
    fn on<F: Family, S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = F::terms(view)?;
        let [f_p, f_q] = F::turning(view)?;
        let (mut s_p, mut s_q) = (pair.s_p.clone(), pair.s_q.clone());
        let (mut c_p, mut c_q) = (pair.c_p.clone(), pair.c_q.clone());
        match self {
            Derivative::Printed => {}
            Derivative::WithoutC => {
                c_p.fill(S::zero());
                c_q.fill(S::zero());
            }
            Derivative::Uncoupled => {
                let singular = |_| LoopError::SingularBlock { what: "D F" };
                s_p = inverse(pair.dp_fp).map_err(singular)?;
                s_q = inverse(pair.dq_fq).map_err(singular)?;
            }
        }
        let theta = -(s_p * (&f_p + c_p * &f_q));
        let phi = -(s_q * (c_q * f_p + f_q));
        let (one, two) = (F::influence(view, Turn::TowardP)?, F::influence(view, Turn::TowardQ)?);
        let size = |i: usize, g: &DVector<S>, x: &DVector<S>| {
            (norm(g) * norm(x)).max(&one.size[i]).max(&two.size[i])
        };
        let mut sides = vec![
            Side::equal("dJ_p", dot(pair.grad_p, &theta), one.dp.clone() + two.dp.clone())
                .against(size(0, pair.grad_p, &theta)),
            Side::equal("dJ_q", dot(pair.grad_q, &phi), one.dq.clone() + two.dq.clone())
                .against(size(1, pair.grad_q, &phi)),
        ];
        if let (Some(x), Some(y)) = (&one.dx, &two.dx) {
            let seen = x + y;
            let scale = norm(&seen);
            let predicted = theta.iter().chain(phi.iter());
            sides.extend(predicted.zip(seen.iter()).map(|(predicted, seen)| {
                Side::equal("a component of d(theta, phi)", predicted.clone(), seen.clone())
                    .against(scale.clone())
            }));
        }
        Ok(sides)
    }
}
