//! # When the sign of the cross-influence is certain
//!
//! **Statement.** With
//!
//! ```math
//! \tau_q = \gamma_\phi - L_\phi\varepsilon_\phi - \frac{L_\theta\varepsilon_\theta L_\phi\varepsilon_\phi}{\gamma_\theta - L_\theta\varepsilon_\theta}, \qquad m_q = \lambda_{\min}\big((S_q + S_q^\top)/2\big), \qquad \rho_q = \cos(\nabla J_q(\phi^*), C_q h)
//! ```
//!
//! $|S_q| \le 1/\tau_q$, and, as printed,
//!
//! ```math
//! |\rho_q| > \frac{1}{\sqrt{1 + m_q^2\tau_q^2}} \implies \mathrm{sign}(\rho_q)\, \frac{dJ_q}{d\lambda} < 0 .
//! ```
//!
//! The nearest true version has $> 0$: by Theorem 4.5, $dJ_q/d\lambda$ is a positive multiple of
//! $\langle\nabla J_q, S_q C_q h\rangle$, and $S_q$ turns $C_q h$ by less than the threshold leaves.
//!
//! Sharper, as for Corollary 4.7: $|\rho_q| > \sin\omega(S_q)$ suffices, without $\kappa < 1$.
//!
//! Where no strength can change the sign: scalar models, $\rho(J) < 1$, and signs `s` with
//! $s_i s_j J_{ij} \ge 0$ for all `i`, `j` (the signed graph is balanced). Then model `j` answers a
//! knob of model 1 with the sign $s_1 s_j\,\mathrm{sign}(b_1)$ wherever a path leads from 1 to `j`.
//!
//! **Hypotheses.** None are printed. Read with those of Theorem 4.5: Assumptions 3.2 to 3.5,
//! $\kappa < 1$ and $0 < \lambda < 1$; `sign#literal` is read without $\kappa < 1$.
//!
//! **How it is checked.** As for Corollary 4.7, with $J_q$, $S_q$ and $C_q h$. On `@digits` nothing
//! is exact, so that a sign that is wrong disputes the claim and does not refute it.
//!
//! **Source.** Corollary E.2 of arXiv 2605.29267.

mod balance;

use super::self_influence_sign::{
    BeyondThreshold, NormBound, Of, READ_WITH, READ_WITHOUT, Sign, models_at_rest, on_digits,
    sharp_sign,
};
use crate::prelude::*;

/// See the [module](self).
pub struct CrossInfluenceSign;

const NORM: &str = r"\(|S_q| \le 1/\tau_q\)";
const SIGN: &str = r"\(|\rho_q| > 1/\sqrt{1 + m_q^2\tau_q^2}\) implies \(\mathrm{sign}(\rho_q)\, dJ_q/d\lambda < 0\)";
const CORRECTED: &str = r"\(|\rho_q| > 1/\sqrt{1 + m_q^2\tau_q^2}\) implies \(\mathrm{sign}(\rho_q)\, dJ_q/d\lambda > 0\)";

impl Theorem for CrossInfluenceSign {
    fn card(&self) -> Card {
        Card {
            id: "cor_e2",
            title: "Sign of the cross-influence",
            source: "arXiv 2605.29267, Corollary E.2",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let sign = |id, tex, reversed| {
            Claim::universal(id, tex, Sign { of: Of::Q, reversed, by_h: false })
        };
        let threshold = || BeyondThreshold::printed(Of::Q);
        let mut claims = vec![
            Claim::universal("norm_bound", NORM, NormBound { of: Of::Q, coupled: true })
                .reading(READ_WITH)
                .given(KappaBelowOne),
            sign("sign", SIGN, true)
                .reading(READ_WITH)
                .consequence(Gravity::Conclusion, r"The sign of the conclusion is the wrong way round: where the threshold is met, curation moves \(J_q\) in the direction of \(\rho_q\), not against it. Whatever is concluded from this corollary about when cross-influence harms has to be reversed")
                .given(KappaBelowOne)
                .given(Curates)
                .given(threshold()),
            sign("sign#literal", SIGN, true)
                .reading(READ_WITHOUT)
                .consequence(Gravity::Conclusion, "Without hypotheses the printed sign is wrong as well")
                .given(Curates)
                .given(threshold()),
            sign("sign#corrected", CORRECTED, false)
                .given(KappaBelowOne)
                .given(Curates)
                .given(threshold())
                .corrected(),
            on_digits("sign@digits", SIGN, Sign { of: Of::Q, reversed: true, by_h: false }),
            on_digits("sign@digits#corrected", CORRECTED, Sign::plain(Of::Q)).corrected(),
            sharp_sign(Of::Q),
        ];
        claims.extend(balance::claims());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let mut controls = vec![
            Control::new(
                Claim::universal("norm_uncoupled", NORM, NormBound { of: Of::Q, coupled: false })
                    .given(KappaBelowOne),
                "norm_bound",
                "a model that follows its own samples has S_q = 1/(gamma (1 - b)) > 1/gamma",
            ),
            Control::new(
                Claim::universal(
                    "sign_by_h",
                    CORRECTED,
                    Sign { of: Of::Q, reversed: false, by_h: true },
                )
                .given(KappaBelowOne)
                .given(Curates)
                .given(threshold_of_q()),
                "sign#corrected",
                "with a negative coupling C_q h points against h",
            ),
            Control::new(
                Claim::universal("sign_at_0.95", CORRECTED, Sign::plain(Of::Q))
                    .given(KappaBelowOne)
                    .given(Curates)
                    .given(BeyondThreshold { of: Of::Q, percent: 95 }),
                "sign#corrected",
                "for H = diag(1, 49) and a weak coupling S_q turns C_q h, a multiple of (1, 7), so that \
                 a reward with rho_q = 0.958 is inverted",
            )
            .built(stiff_follower),
        ];
        controls.extend(balance::controls());
        controls
    }
}

fn threshold_of_q() -> BeyondThreshold {
    BeyondThreshold::printed(Of::Q)
}

/// θ is a number, half of its data curated; φ has the Hessian diag(1, 49) and sees θ through the
/// weak channel (0.001, 0.007). So `C_q h` is a multiple of (1, 7), `S_q C_q h` one of (1, 1/7), and
/// the reward (-0.15, 1) is beyond a right angle from it.
fn stiff_follower() -> Sample<f64> {
    let component = |source, channel, mean| Component {
        source,
        weight: 0.5,
        channel,
        offset: mean,
        spread: 1.0,
    };
    let p = vec![
        component(Source::Real, DMatrix::zeros(1, 0), dvector![0.0]),
        component(Source::Curated(0), dmatrix![0.0], dvector![1.0]),
    ];
    let q = vec![
        component(Source::Real, DMatrix::zeros(2, 0), dvector![0.0, 0.0]),
        component(Source::Raw(0), dmatrix![0.001; 0.007], dvector![0.0, 0.0]),
    ];
    let stiff = dmatrix![1.0, 0.0; 0.0, 49.0];
    models_at_rest([dmatrix![1.0], stiff], [p, q], [dvector![0.0], dvector![-0.15, 1.0]])
}
