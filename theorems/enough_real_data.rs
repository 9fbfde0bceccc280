//! # Enough real data gives one stable point, and the loop reaches it
//!
//! **Statement.** There is $\tau \in (0, 1)$ such that $\min(\lambda_R, \mu_R) > \tau$ gives a unique
//! stable point and convergence to it. Appendix F.8 gives, with $g = \gamma_\theta\gamma_\phi$,
//! $s = \gamma_\theta L_\phi + \gamma_\phi L_\theta$, $K_c = LK(1 + LB/2)$, $u = (2K_c+1)/(K_c+1)$,
//!
//! ```math
//! \tau = \min(\tau_1, \tau_2), \qquad \tau_1 = \frac{g}{(K_c+1)(s + 2g)}, \qquad \tau_2 = \min\Big(\frac{su+2g}{4K_cs}, \frac{g}{K_cs}, \frac{\gamma_\phi L_\theta u+2g}{4K_c\gamma_\phi L_\theta}, \frac{\gamma_\theta}{K_cL_\theta}, \frac{\gamma_\theta L_\phi u+2g}{4K_c\gamma_\theta L_\phi}, \frac{\gamma_\phi}{K_cL_\phi}\Big)
//! ```
//!
//! and ends with real shares above $1 - \tau$ where everything else says above $\tau$. The proof
//! bounds the distances of parameters and laws by nine matrices: $\sigma < \tau_1$ is said to give
//! $|M_3|_1 < 1$, and $\sigma < \tau$ to give $|M_k|_1 < 1$ for all others, where
//! $\sigma = \max(1 - \lambda_R, 1 - \mu_R)$.
//!
//! What holds instead: every term of $\tau_2$ exceeds $\tau_1$ because $L \ge \gamma$, so
//! $\tau = \tau_1$. Column two of $M_3$ reaches 1 at $\sigma = \tau_1$, $c_\theta = 0$,
//! $c_\phi = 1$, and the first row of the others is that of $M_3$ times a factor above one: $\tau$
//! controls $M_3$ alone, for no parameters any other. All nine are controlled by
//!
//! ```math
//! \sigma < \tau' = \frac{g}{2(K_c+1)(s+g)},
//! ```
//!
//! because then $x = \sigma K_c s/g < 1/2$, the largest factor $1/(1-x)$ is below 2, and no column
//! sum exceeds $\sigma(K_c+1)(2s/g + 2) < 1$. The matrices bound the loop only as far as the lemma on the
//! curated mean does, in which $K_c$ is too small where rewards see the input (`app_f`): the threshold
//! for the loop, $\tau''$, has $\tilde K = \max(K_c, L(1 + B(1 + L)))$ in its place.
//!
//! **Hypotheses.** Assumptions 3.2 and 3.3, so $0 < \gamma \le L$ for each loss; data bounded by
//! $B$; models and rewards $L$-Lipschitz. Loops are saturating: model `p` generates
//! $x = \mathrm{clip}(s_p\theta, \pm b_p)$, `q` generates $y = \mathrm{clip}(s_q\phi, \pm b_q)$,
//! with memory as in Eqs. (1) and (2); the losses are
//! $\gamma_\theta(\theta - x - vy)^2/2$ and $\gamma_\phi(\phi - y - wx)^2/2$. A generator without
//! noise makes identical candidates, so curated data is raw data: these loops can refute a threshold,
//! but how curation itself moves a loop is not seen on them.
//!
//! **How it is checked.** All stable points are found by solving the nine linear systems in which
//! each generator is linear, or saturates at either end. Simulated: synchronous and both
//! asynchronous orders end at the stable point. The matrices are evaluated as printed.
//!
//! **Source.** Proposition 3.4 and Appendix F.8 of arXiv 2605.29267.

mod all_constants;

use crate::prelude::*;

/// See the [module](self).
pub struct EnoughRealData;

const MAIN: &str = r"real shares \(\min(\lambda_R, \mu_R) > \tau\) give a unique stable point, and the iterates converge to it";
const APPENDIX: &str = r"real shares \(\min(\lambda_R, \mu_R) > 1 - \tau\) give a unique stable point, and the iterates converge to it";
const CORRECTED: &str = r"real shares \(\min(\lambda_R, \mu_R) > 1 - \tau''\), \(\tau'' = g/(2(\tilde K+1)(s+g))\), \(\tilde K = \max(K_c, L(1 + B(1+L)))\), give a unique stable point, and the iterates converge to it";
const M3: &str = r"\(\sigma < \tau_1\) implies \(|M_3|_1 < 1\)";
const ALL: &str = r"\(\sigma < \tau\) implies \(|M_k|_1 < 1\) for \(M_1, M_2, M_{12}, M_{13}, M_{21}, M_{23}, M_{31}, M_{32}\)";
const ALL_CORRECTED: &str =
    r"\(\sigma < \tau' = g/(2(K_c+1)(s+g))\) implies \(|M_k|_1 < 1\) for all nine matrices";
const TAU: &str = r"\(\tau_1 < \tau_2\), so that \(\tau = \tau_1\)";
const NEVER: &str = r"at \(\sigma_\theta = \sigma_\phi = \tau\), \(c_\theta = 0\), \(c_\phi = 1\): \(|M_3|_1 = 1\) and \(|M_k|_1 > 1\) for the other eight matrices, whatever the constants";

impl Theorem for EnoughRealData {
    fn card(&self) -> Card {
        Card {
            id: "prop_3_4",
            title: "Enough real data",
            source: "arXiv 2605.29267, Proposition 3.4 and Appendix F.8",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let mut claims = vec![
            Claim::over(&Saturating, "threshold_main_text", MAIN, OneStablePoint)
                .reading(r"\(\tau\) is that of Appendix F.8. Models are functions of input, parameter and noise, \(L\)-Lipschitz in input and parameter for each noise, rewards \(L\)-Lipschitz in the pair, \(B\) bounds the pair, identical candidates are allowed: the generators here have no noise, so curated data is raw data. Convergence is that of \((\theta, \phi)\) in the synchronous and both asynchronous orders, from one start a loop")
                .consequence(Gravity::Conclusion, r"The threshold is on the wrong side: it is the share that is not real which has to be small. A real share just above \(\tau\) may leave most of the data synthetic, and several stable points. The last sentence of F.8, with \(1 - \tau\), is the one that the proof aims at; the proposition, its restatement and Theorem 4.8 should say the same")
                .given(IsSaturating)
                .given(RealShares::AboveTau),
            Claim::over(&Saturating, "threshold_main_text#corrected", CORRECTED, OneStablePoint)
                .given(IsSaturating)
                .given(RealShares::RestBelowCorrected)
                .corrected(),
            Claim::over(&Saturating, "threshold_appendix", APPENDIX, OneStablePoint)
                .reading(r"the last sentence of F.8; models, rewards and \(B\) as for the main text. What is supported here is the threshold without effective curation; its proof uses a lemma on the curated mean that fails (`app_f/curated_mean_lipschitz`)")
                .given(IsSaturating)
                .given(RealShares::RestBelowTau),
            Claim::over(&Constants8, "m3_contracts", M3, Contract { which: Which::Third })
                .given(AreConstants)
                .given(SigmaBelow::Tau1),
            Claim::over(&Constants8, "all_orders_contract", ALL, Contract { which: Which::Others })
                .consequence(Gravity::Constant, r"The proof of convergence in the asynchronous and mixed orders rests on these eight matrices, which the printed \(\tau\) does not control. A smaller constant controls all nine")
                .given(AreConstants)
                .given(SigmaBelow::Tau),
            Claim::over(
                &Constants8,
                "all_orders_contract#corrected",
                ALL_CORRECTED,
                Contract { which: Which::All },
            )
            .given(AreConstants)
            .given(SigmaBelow::Corrected)
            .corrected(),
            Claim::over(&Constants8, "tau_is_tau_1", TAU, FirstIsLess)
                .given(AreConstants)
                .derived(),
            Claim::over(&Constants8, "tau_controls_m3_alone", NEVER, AtTheThreshold)
                .given(AreConstants)
                .derived(),
        ];
        claims.extend(all_constants::claims());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let mut controls = vec![
            Control::new(
                Claim::over(&Saturating, "half_real", MAIN, OneStablePoint)
                    .given(IsSaturating)
                    .given(RealShares::AboveHalf),
                "threshold_appendix",
                "theta = 0.4 clip(4 theta, -1, 1) has the solutions 0, 0.4 and -0.4",
            ),
            Control::new(
                Claim::over(&Saturating, "below_ten_tau", APPENDIX, OneStablePoint)
                    .given(IsSaturating)
                    .given(RealShares::RestBelowTenTau),
                "threshold_main_text#corrected",
                "theta = 0.23 clip(5 theta, -b, b) has three solutions; with K = 1, L = 5 and a small b, \
                 K_c = 5(1 + 5B/2) is 5.2 and 10 tau = 10/(4(K_c + 1)) = 0.4",
            )
            .built(three_below_ten_tau),
            Control::new(
                Claim::over(&Constants8, "m3_at_twice", M3, Contract { which: Which::Third })
                    .given(AreConstants)
                    .given(SigmaBelow::TwiceTau1),
                "m3_contracts",
                "at sigma = 1.9 tau_1 and c_theta = 0, c_phi = 1 column two of M_3 sums to 1.9",
            ),
            Control::new(
                Claim::over(
                    &Constants8,
                    "all_at_twice",
                    ALL_CORRECTED,
                    Contract { which: Which::All },
                )
                .given(AreConstants)
                .given(SigmaBelow::TwiceCorrected),
                "all_orders_contract#corrected",
                "2 tau' = g/((K_c+1)(s+g)) is above tau_1, where column two of M_3 sums to 1",
            ),
        ];
        controls.extend(all_constants::controls());
        controls
    }
}

/// The constants of F.8.
struct F8<S: Scalar> {
    gamma: [S; 2],
    smooth: [S; 2],
    k_c: S,
    /// `L (1 + B (1 + L))`, by which a curated mean moves at most.
    covariance: S,
}

impl<S: Arithmetic> F8<S> {
    /// `K_c = L K (1 + L B / 2)`.
    fn new(gamma: [S; 2], smooth: [S; 2], lipschitz: &S, candidates: &S, bound: &S) -> Self {
        let half = S::one() / S::from_int(2);
        let k_c = lipschitz.clone()
            * candidates.clone()
            * (S::one() + lipschitz.clone() * bound.clone() * half);
        let spread = bound.clone() * (S::one() + lipschitz.clone());
        let covariance = lipschitz.clone() * (S::one() + spread);
        F8 { gamma, smooth, k_c, covariance }
    }

    fn of_point(at: &Point<S>) -> Self {
        let n = |name: &str| at.number(name);
        F8::new([n("gamma_p"), n("gamma_q")], [n("L_p"), n("L_q")], &n("L"), &n("K"), &n("B"))
    }

    /// `g` and the two terms of `s`, `γ_φ L_θ` and `γ_θ L_φ`.
    fn products(&self) -> (S, S, S) {
        let [g_p, g_q] = self.gamma.clone();
        let [l_p, l_q] = self.smooth.clone();
        (g_p.clone() * g_q.clone(), g_q * l_p, g_p * l_q)
    }

    /// (67).
    fn tau_1(&self) -> S {
        let (g, s_p, s_q) = self.products();
        let two = S::from_int(2);
        g.clone() / ((self.k_c.clone() + S::one()) * (s_p + s_q + two * g))
    }

    /// (68).
    fn tau_2(&self) -> S {
        let (g, s_p, s_q) = self.products();
        let k = self.k_c.clone();
        let (two, four) = (S::from_int(2), S::from_int(4));
        let u = (two.clone() * k.clone() + S::one()) / (k.clone() + S::one());
        let pair = |s: S| {
            let first = (s.clone() * u.clone() + two.clone() * g.clone())
                / (four.clone() * k.clone() * s.clone());
            first.min(&(g.clone() / (k.clone() * s)))
        };
        // γ_θ/(K_c L_θ) is g/(K_c γ_φ L_θ), and so on.
        pair(s_p.clone() + s_q.clone()).min(&pair(s_p)).min(&pair(s_q))
    }

    fn tau(&self) -> S {
        self.tau_1().min(&self.tau_2())
    }

    /// `g / (2 (K_c + 1)(s + g))`.
    fn corrected(&self) -> S {
        let (g, s_p, s_q) = self.products();
        let two = S::from_int(2);
        g.clone() / (two * (self.k_c.clone() + S::one()) * (s_p + s_q + g))
    }

    /// The same with what bounds the curated mean for certain in place of `K_c`.
    fn corrected_for_loops(&self) -> S {
        let k_c = self.k_c.max(&self.covariance);
        let (gamma, smooth, covariance) =
            (self.gamma.clone(), self.smooth.clone(), self.covariance.clone());
        F8 { gamma, smooth, k_c, covariance }.corrected()
    }

    /// `M_3`, synthetic shares `sigma`, cross fractions `cross`.
    fn third(&self, sigma: &[S; 2], cross: &[S; 2]) -> DMatrix<S> {
        let k = self.k_c.clone();
        let k1 = k.clone() + S::one();
        let ratio = [0, 1].map(|i| self.smooth[i].clone() / self.gamma[i].clone());
        let own = [0, 1].map(|i| sigma[i].clone() * (S::one() - cross[i].clone()));
        let other = [0, 1].map(|i| sigma[i].clone() * cross[i].clone());
        let weighted =
            |x: &[S; 2]| ratio[0].clone() * x[0].clone() + ratio[1].clone() * x[1].clone();
        let crossed = [
            weighted(&[own[0].clone(), other[1].clone()]),
            weighted(&[other[0].clone(), own[1].clone()]),
        ];
        let rows = [
            [
                weighted(sigma) * k.clone(),
                k1.clone() * crossed[0].clone(),
                k1.clone() * crossed[1].clone(),
            ],
            [
                sigma[0].clone() * k.clone(),
                own[0].clone() * k1.clone(),
                other[0].clone() * k1.clone(),
            ],
            [sigma[1].clone() * k, other[1].clone() * k1.clone(), own[1].clone() * k1],
        ];
        DMatrix::from_fn(3, 3, |i, j| rows[i][j].clone())
    }

    /// The factors of the first row: of `M_1` (`M_13, M_31`), `M_2` (`M_23, M_32`), `M_12` (`M_21`).
    fn factors(&self, sigma: &[S; 2]) -> [S; 3] {
        let (g, _, _) = self.products();
        let [g_p, g_q] = self.gamma.clone();
        let k = self.k_c.clone();
        let pull = [0, 1].map(|i| sigma[i].clone() * self.smooth[i].clone() * k.clone());
        let [p, q] = pull;
        [
            g_q.clone() / (g_q.clone() - q.clone()),
            g_p.clone() / (g_p.clone() - p.clone()),
            g.clone() / (g - g_q * p - g_p * q),
        ]
    }
}

/// Induced 1-norm: the largest column sum.
fn one_norm<S: Arithmetic>(m: &DMatrix<S>) -> S {
    let sums = m.column_iter().map(|c| c.iter().fold(S::zero(), |sum, x| sum + x.abs()));
    sums.fold(S::zero(), |largest, sum| largest.max(&sum))
}

/// `M` with its first row multiplied.
fn scaled<S: Arithmetic>(m: &DMatrix<S>, factor: &S) -> DMatrix<S> {
    let mut m = m.clone();
    for x in m.row_mut(0).iter_mut() {
        *x *= factor.clone();
    }
    m
}

/// The constants of the appendix, two synthetic shares and two cross fractions.
struct Constants8;

impl Domain for Constants8 {
    fn name(&self) -> &'static str {
        "constants-f8"
    }
    fn what(&self) -> &'static str {
        "constants of F.8 over three decades, L up to 8 times gamma and K up to 8, cross fractions in \
         [0, 1], synthetic shares up to 1.1 times a threshold"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let mut decades = |n: f64| 10f64.powf(rng.random_range(-n..n));
        let gamma = [decades(1.5), decades(1.5)];
        let (lipschitz, bound) = (decades(1.5), decades(1.5));
        let smooth = gamma.map(|g| g * rng.random_range(1.0..8.0));
        let candidates = f64::from(rng.random_range(1..=8));
        let f8 = F8::new(gamma, smooth, &lipschitz, &candidates, &bound);
        // The worst column belongs to the fractions 0 and 1.
        let mut fraction =
            |worst: f64| if index.is_multiple_of(3) { worst } else { rng.random_range(0.0..1.0) };
        let cross = [fraction(0.0), fraction(1.0)];
        let top = 1.1 * [f8.tau_1(), f8.corrected()][usize::from(index % 8 > 2)];
        let sigma = [0, 1].map(|_| (top * rng.random_range(0.5..1.0)).min(1.0));
        constants8(gamma, smooth, [lipschitz, candidates, bound], sigma, cross)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let gamma = [pick(&[1.0, 1.0, 2.0]), pick(&[1.0, 1.0, 2.0])];
        let smooth = gamma.map(|g| g * pick(&[1.0, 1.0, 2.0, 4.0]));
        let rest = [pick(&[1.0, 0.5, 2.0]), pick(&[1.0, 2.0, 4.0]), pick(&[1.0, 0.1, 2.0])];
        let sigma = [pick(&[0.2, 0.1, 0.05, 0.01]), pick(&[0.2, 0.1, 0.05, 0.01])];
        let cross = [pick(&[0.0, 0.5, 1.0]), pick(&[1.0, 0.5, 0.0])];
        constants8(gamma, smooth, rest, sigma, cross)
    }
}

fn constants8(
    gamma: [f64; 2],
    smooth: [f64; 2],
    [lipschitz, candidates, bound]: [f64; 3],
    sigma: [f64; 2],
    cross: [f64; 2],
) -> Point<f64> {
    Point::new()
        .with("gamma_p", gamma[0])
        .with("gamma_q", gamma[1])
        .with("L_p", smooth[0])
        .with("L_q", smooth[1])
        .with("L", lipschitz)
        .with("K", candidates)
        .with("B", bound)
        .with("sigma_p", sigma[0])
        .with("sigma_q", sigma[1])
        .with("c_p", cross[0])
        .with("c_q", cross[1])
}

/// 1 where all of `conditions` are certainly true, -1 elsewhere.
fn all<S: Arithmetic>(conditions: &[bool]) -> S {
    if conditions.iter().all(|c| *c) { S::one() } else { -S::one() }
}

/// `x >= 0` for certain.
fn not_negative<S: Arithmetic>(x: &S) -> bool {
    x.is_zero() || x.is_above_zero()
}

fn in_unit_interval<S: Arithmetic>(x: &S) -> bool {
    not_negative(x) && not_negative(&(S::one() - x.clone()))
}

/// Whether `k` is one of 1, 2, …, 64.
fn counts<S: Arithmetic>(k: &S) -> bool {
    (1..=64).any(|n| (k.clone() - S::from_int(n)).is_zero())
}

/// $0 < \gamma \le L$ for both losses, $L, B > 0$, `K` a whole number, fractions and shares in
/// `[0, 1]`.
struct AreConstants;

impl Hypothesis for AreConstants {
    fn tex(&self) -> &'static str {
        r"0 < \gamma \le L_{\theta,\phi},\ L, B > 0,\ K \in \mathbb{N},\ c, \sigma \in [0, 1]"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let n = |name: &str| at.number(name);
        let curved = |g: &str, l: &str| n(g).is_above_zero() && not_negative(&(n(l) - n(g)));
        Ok(all(&[
            curved("gamma_p", "L_p") && curved("gamma_q", "L_q"),
            n("L").is_above_zero() && n("B").is_above_zero() && counts(&n("K")),
            ["sigma_p", "sigma_q", "c_p", "c_q"].iter().all(|name| in_unit_interval(&n(name))),
        ]))
    }
}

/// The larger synthetic share against a threshold.
#[derive(Clone, Copy)]
enum SigmaBelow {
    Tau1,
    Tau,
    Corrected,
    TwiceTau1,
    TwiceCorrected,
}

impl Hypothesis for SigmaBelow {
    fn tex(&self) -> &'static str {
        match self {
            SigmaBelow::Tau1 => r"\sigma < \tau_1",
            SigmaBelow::Tau => r"\sigma < \tau",
            SigmaBelow::Corrected => r"\sigma < \tau'",
            SigmaBelow::TwiceTau1 => r"\sigma < 2\tau_1",
            SigmaBelow::TwiceCorrected => r"\sigma < 2\tau'",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let f8 = F8::of_point(at);
        let two = S::from_int(2);
        let threshold = match self {
            SigmaBelow::Tau1 => f8.tau_1(),
            SigmaBelow::Tau => f8.tau(),
            SigmaBelow::Corrected => f8.corrected(),
            SigmaBelow::TwiceTau1 => two * f8.tau_1(),
            SigmaBelow::TwiceCorrected => two * f8.corrected(),
        };
        // Relative: thresholds may be small.
        Ok(S::one() - at.number("sigma_p").max(&at.number("sigma_q")) / threshold)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Third,
    Others,
    All,
}

/// $|M_k|_1 < 1$.
struct Contract {
    which: Which,
}

const NAMES: [&str; 3] =
    ["|M_1|_1 = |M_13|_1 = |M_31|_1", "|M_2|_1 = |M_23|_1 = |M_32|_1", "|M_12|_1 = |M_21|_1"];

impl Property for Contract {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let f8 = F8::of_point(at);
        let sigma = [at.number("sigma_p"), at.number("sigma_q")];
        let m3 = f8.third(&sigma, &[at.number("c_p"), at.number("c_q")]);
        let mut sides = Vec::new();
        if self.which != Which::Others {
            sides.push(Side::below("|M_3|_1", one_norm(&m3), S::one()));
        }
        if self.which != Which::Third {
            let norms = f8.factors(&sigma).map(|f| one_norm(&scaled(&m3, &f)));
            let named = NAMES.into_iter().zip(norms);
            sides.extend(named.map(|(name, norm)| Side::below(name, norm, S::one())));
        }
        Ok(sides)
    }
}

struct FirstIsLess;

impl Property for FirstIsLess {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let f8 = F8::of_point(view.point()?);
        Ok(vec![Side::below("tau_1", f8.tau_1(), f8.tau_2())])
    }
}

struct AtTheThreshold;

impl Property for AtTheThreshold {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let f8 = F8::of_point(view.point()?);
        let sigma = [f8.tau(), f8.tau()];
        let m3 = f8.third(&sigma, &[S::zero(), S::one()]);
        let norms = f8.factors(&sigma).map(|f| one_norm(&scaled(&m3, &f)));
        let mut sides = vec![Side::equal("|M_3|_1", one_norm(&m3), S::one())];
        let named = NAMES.into_iter().zip(norms);
        sides.extend(named.map(|(name, norm)| Side::below(name, S::one(), norm)));
        Ok(sides)
    }
}

/// A saturating two-model loop with memory; see the [module](self).
struct Saturating;

const NUMBERS: [&str; 18] = [
    "gamma_p", "gamma_q", "slope_p", "slope_q", "bound_p", "bound_q", "mix_p", "mix_q", "real_p",
    "real_q", "c_p", "c_q", "K", "x_p", "y_p", "x_q", "y_q", "start",
];

impl Domain for Saturating {
    fn name(&self) -> &'static str {
        "saturating"
    }
    fn what(&self) -> &'static str {
        "two generators clip(s u, -b, b), slopes up to 4 of either sign, with memory, squared losses \
         of x + v y and y + w x, one real data point each; synthetic shares up to 1.2 times \
         a threshold in three draws of four, up to 1 in the fourth"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let mut sign = |n: f64| rng.random_range(-n..n);
        let mut values = [0.0; 18];
        for (name, value) in NUMBERS.iter().zip(&mut values) {
            *value = match *name {
                "gamma_p" | "gamma_q" => sign(1.0).exp(),
                "slope_p" | "slope_q" => sign(4.0),
                "bound_p" | "bound_q" => 10f64.powf(sign(1.0)),
                "real_p" | "real_q" | "c_p" | "c_q" => f64::midpoint(sign(1.0), 1.0),
                "K" => (3.0 + 2.0 * sign(1.0)).round(),
                _ => sign(1.0),
            };
        }
        let mut at = NUMBERS.iter().zip(values).fold(Point::new(), |at, (n, x)| at.with(*n, x));
        if !index.is_multiple_of(4) {
            let f8 = Loop::new(&at).constants();
            let top = 1.2 * [f8.tau(), f8.corrected_for_loops()][usize::from(index % 4 > 1)];
            let rest = [0, 1].map(|_| top * rng.random_range(0.3..1.0));
            at = at.with("real_p", 1.0 - rest[0]).with("real_q", 1.0 - rest[1]);
        }
        at
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        NUMBERS.iter().fold(Point::new(), |at, name| {
            let value = match *name {
                "gamma_p" | "gamma_q" | "bound_p" | "bound_q" => 1.0,
                "slope_p" | "slope_q" => pick(&[1.0, 2.0, 4.0, -2.0]),
                "real_p" | "real_q" => pick(&[0.5, 0.6, 0.8, 0.9]),
                "c_p" | "c_q" => pick(&[0.0, 0.5, 1.0]),
                "K" => pick(&[1.0, 2.0]),
                _ => pick(&[0.0, 0.0, 1.0]),
            };
            at.with(*name, value)
        })
    }
    fn lines(&self, at: &Point<f64>) -> Vec<String> {
        let n = |name: &str| at.number(name);
        let mut lines = vec![
            format!(
                "p: x = clip({} theta, {}), loss {} (theta - x - {} y)^2/2, {} real at ({}, {}), {} \
                 of the synthetic rest made by q",
                n("slope_p"),
                n("bound_p"),
                n("gamma_p"),
                n("mix_p"),
                n("real_p"),
                n("x_p"),
                n("y_p"),
                n("c_p")
            ),
            format!(
                "q: y = clip({} phi, {}), loss {} (phi - y - {} x)^2/2, {} real at ({}, {}), {} of \
                 the synthetic rest made by p",
                n("slope_q"),
                n("bound_q"),
                n("gamma_q"),
                n("mix_q"),
                n("real_q"),
                n("x_q"),
                n("y_q"),
                n("c_q")
            ),
        ];
        let found = Loop::new(at).stable_points().unwrap_or_default();
        let points: Vec<String> =
            found.iter().map(|[t, f]| format!("({}, {})", shown(*t), shown(*f))).collect();
        lines.push(format!("K = {}; stable points (theta, phi): {}", n("K"), points.join(", ")));
        lines
    }
}

/// To four decimals, without a sign for zero.
fn shown(x: f64) -> f64 {
    (x * 1e4).round() / 1e4 + 0.0
}

/// The numbers of a saturating loop.
struct Loop<S: Scalar> {
    gamma: [S; 2],
    slope: [S; 2],
    bound: [S; 2],
    /// How the loss of each model mixes in the other's kind of data.
    mix: [S; 2],
    real: [S; 2],
    cross: [S; 2],
    candidates: S,
    /// Real `(x, y)` of each model.
    data: [[S; 2]; 2],
    start: S,
}

impl<S: Arithmetic> Loop<S> {
    fn new(at: &Point<S>) -> Self {
        let both = |p: &str, q: &str| [at.number(p), at.number(q)];
        Loop {
            gamma: both("gamma_p", "gamma_q"),
            slope: both("slope_p", "slope_q"),
            bound: both("bound_p", "bound_q"),
            mix: both("mix_p", "mix_q"),
            real: both("real_p", "real_q"),
            cross: both("c_p", "c_q"),
            candidates: at.number("K"),
            data: [both("x_p", "y_p"), both("x_q", "y_q")],
            start: at.number("start"),
        }
    }

    /// `L`: the larger slope; the rewards are flatter. `B`: every `x` and every `y` is bounded by the
    /// larger of the generator's bound and the real data. The gradient `γ(θ - x - v y)` is
    /// `γ √(1 + v²)`-Lipschitz in the data and `γ`-Lipschitz in `θ`.
    fn constants(&self) -> F8<S> {
        let largest =
            |k: usize| self.bound[k].max(&self.data[0][k].abs()).max(&self.data[1][k].abs());
        let (x, y) = (largest(0), largest(1));
        let bound = (x.clone() * x + y.clone() * y).sqrt();
        let lipschitz = self.slope[0].abs().max(&self.slope[1].abs());
        let smooth = [0, 1].map(|i| {
            let mix = self.mix[i].clone();
            self.gamma[i].clone() * (S::one() + mix.clone() * mix).sqrt()
        });
        F8::new(self.gamma.clone(), smooth, &lipschitz, &self.candidates, &bound)
    }

    /// Means `(x, y)` of the new law of `model`, from generated `(x, y)` and the means of both laws.
    fn law(&self, model: usize, made: &[S; 2], means: &[[S; 2]; 2]) -> [S; 2] {
        let real = self.real[model].clone();
        let cross = self.cross[model].clone();
        let rest = S::one() - real.clone();
        // What p makes: its x beside the y of its law; what q makes: its y beside the x of its law.
        let by = [[made[0].clone(), means[0][1].clone()], [means[1][0].clone(), made[1].clone()]];
        [0, 1].map(|k| {
            let own = by[model][k].clone() * (S::one() - cross.clone());
            let other = by[1 - model][k].clone() * cross.clone();
            real.clone() * self.data[model][k].clone() + rest.clone() * (own + other)
        })
    }

    /// The optimum of `model` on a law with these means.
    fn optimum(&self, model: usize, law: &[S; 2]) -> S {
        law[model].clone() + self.mix[model].clone() * law[1 - model].clone()
    }

    fn made(&self, model: usize, parameter: &S) -> S {
        let raw = self.slope[model].clone() * parameter.clone();
        raw.min(&self.bound[model]).max(&-self.bound[model].clone())
    }

    /// The parameters at rest if the generators made `(x, y)` for ever.
    fn rest(&self, made: &[S; 2]) -> Result<[S; 2], LoopError> {
        // m_P^y = λ r_y + σ((1-c) m_P^y + c y), so the inputs settle at:
        let input = |model: usize, k: usize| {
            let (real, cross) = (self.real[model].clone(), self.cross[model].clone());
            let rest = S::one() - real.clone();
            let left = S::one() - rest.clone() * (S::one() - cross.clone());
            if !left.is_above_zero() {
                return Err(LoopError::NoStablePoint);
            }
            let pull = real * self.data[model][k].clone() + rest * cross * made[k].clone();
            Ok(pull / left)
        };
        let inputs = [[S::zero(), input(0, 1)?], [input(1, 0)?, S::zero()]];
        Ok([0, 1].map(|model| self.optimum(model, &self.law(model, made, &inputs))))
    }

    /// All stable points `(θ, φ)`: one linear system for each of the nine ways in which the two
    /// generators are linear, or saturate above or below.
    fn stable_points(&self) -> Result<Vec<[S; 2]>, LoopError> {
        let zero = self.rest(&[S::zero(), S::zero()])?;
        let unit = [self.rest(&[S::one(), S::zero()])?, self.rest(&[S::zero(), S::one()])?];
        // u = zero + pull * made, and made = slope * u, or ± the bound.
        let pull = DMatrix::from_fn(2, 2, |i, j| unit[j][i].clone() - zero[i].clone());
        let mut found = Vec::new();
        for (p, q) in (0..3).flat_map(|p| (0..3).map(move |q| (p, q))) {
            let regime = [p, q];
            let end = |i: usize| match regime[i] {
                0 => S::zero(),
                1 => self.bound[i].clone(),
                _ => -self.bound[i].clone(),
            };
            let slope = |i: usize| if regime[i] == 0 { self.slope[i].clone() } else { S::zero() };
            let lhs = DMatrix::from_fn(2, 2, |i, j| {
                let own = if i == j { S::one() } else { S::zero() };
                own - pull[(i, j)].clone() * slope(j)
            });
            let rhs = DMatrix::from_fn(2, 1, |i, _| {
                zero[i].clone() + pull[(i, 0)].clone() * end(0) + pull[(i, 1)].clone() * end(1)
            });
            let u = solve(&lhs, &rhs).map_err(|_| LoopError::NoStablePoint)?;
            let u = [u[(0, 0)].clone(), u[(1, 0)].clone()];
            if self.in_regime(0, p, &u[0])? && self.in_regime(1, q, &u[1])? {
                found.push(u);
            }
        }
        Ok(found)
    }

    /// Whether the generator is linear (0), above (1) or below (2) at `u`.
    fn in_regime(&self, model: usize, regime: usize, u: &S) -> Result<bool, LoopError> {
        let raw = self.slope[model].clone() * u.clone();
        let bound = self.bound[model].clone();
        let room = match regime {
            0 => bound - raw.abs(),
            1 => raw - bound,
            _ => -raw - bound,
        };
        // Rounding must not decide on which side of a corner a stable point lies.
        let slack = S::from_f64(1e-9) * self.bound[model].clone();
        if (room.clone() - slack.clone()).is_above_zero() {
            Ok(true)
        } else if (room + slack).is_below_zero() {
            Ok(false)
        } else {
            Err(LoopError::NotObserved)
        }
    }

    /// `(θ, φ)` after `rounds` rounds from the start; order 0 is synchronous, 1 and 2 let p or q go
    /// first.
    fn run(&self, order: usize, rounds: usize) -> [S; 2] {
        let start = self.start.clone();
        let mut u = [start.clone(), -start.clone()];
        let mut means = [[start.clone(), -start.clone()], [-start.clone(), start]];
        let turns: &[&[usize]] = match order {
            0 => &[&[0, 1]],
            1 => &[&[0], &[1]],
            _ => &[&[1], &[0]],
        };
        for _ in 0..rounds {
            for turn in turns {
                let made = [self.made(0, &u[0]), self.made(1, &u[1])];
                let laws = [0, 1].map(|model| self.law(model, &made, &means));
                for &model in *turn {
                    u[model] = self.optimum(model, &laws[model]);
                    means[model].clone_from(&laws[model]);
                }
            }
        }
        u
    }
}

/// Bounds positive, curvatures positive, shares and fractions in `[0, 1]`, `K` a whole number.
struct IsSaturating;

impl Hypothesis for IsSaturating {
    fn tex(&self) -> &'static str {
        r"\gamma, b > 0,\ \lambda_R, \mu_R, c \in [0, 1],\ K \in \mathbb{N}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let l = Loop::new(view.point()?);
        let positive = |xs: &[S; 2]| xs.iter().all(Real::is_above_zero);
        let unit = |xs: &[S; 2]| xs.iter().all(in_unit_interval);
        Ok(all(&[
            positive(&l.gamma) && positive(&l.bound),
            l.slope.iter().any(|s| !s.is_zero()),
            unit(&l.real) && unit(&l.cross) && counts(&l.candidates),
        ]))
    }
}

/// The smaller real share, or the larger rest, against a threshold.
#[derive(Clone, Copy)]
enum RealShares {
    AboveTau,
    AboveHalf,
    RestBelowTau,
    RestBelowCorrected,
    RestBelowTenTau,
}

impl Hypothesis for RealShares {
    fn tex(&self) -> &'static str {
        match self {
            RealShares::AboveTau => r"\min(\lambda_R, \mu_R) > \tau",
            RealShares::AboveHalf => r"\min(\lambda_R, \mu_R) > 1/2",
            RealShares::RestBelowTau => r"\min(\lambda_R, \mu_R) > 1 - \tau",
            RealShares::RestBelowCorrected => r"\min(\lambda_R, \mu_R) > 1 - \tau''",
            RealShares::RestBelowTenTau => r"\min(\lambda_R, \mu_R) > 1 - 10\tau",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let l = Loop::new(view.point()?);
        let f8 = l.constants();
        let real = l.real[0].min(&l.real[1]);
        let rest = S::one() - real.clone();
        Ok(match self {
            RealShares::AboveTau => real - f8.tau(),
            RealShares::AboveHalf => real - S::one() / S::from_int(2),
            RealShares::RestBelowTau => S::one() - rest / f8.tau(),
            RealShares::RestBelowCorrected => S::one() - rest / f8.corrected_for_loops(),
            RealShares::RestBelowTenTau => S::one() - rest / (S::from_int(10) * f8.tau()),
        })
    }
}

/// Rounds after which a run must have arrived: a loop that halves its distance every three rounds
/// gets from 1 to rounding in 160.
const ROUNDS: usize = 400;

/// One stable point; simulated, all three orders end there.
struct OneStablePoint;

impl Property for OneStablePoint {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let l = Loop::new(view.point()?);
        let points = l.stable_points()?;
        let count = S::from_int(i32::try_from(points.len()).unwrap_or(i32::MAX));
        if view.route == Route::Direct {
            return Ok(vec![Side::equal("number of stable points", count, S::one())]);
        }
        let Some(stable) = points.first() else { return Err(LoopError::NoStablePoint) };
        let mut sides = Vec::new();
        for order in 0..3 {
            let end = l.run(order, ROUNDS);
            let names = ["theta after the run", "phi after the run"];
            for (model, what) in names.into_iter().enumerate() {
                let scale = l.bound[0].clone() + l.bound[1].clone() + S::one();
                let side = Side::equal(what, end[model].clone(), stable[model].clone());
                sides.push(side.against(scale));
            }
        }
        Ok(sides)
    }
}

/// `θ = 0.23 clip(5θ, ±0.01)`, nothing real but 0, q at rest.
fn three_below_ten_tau() -> Point<f64> {
    let at = NUMBERS.iter().fold(Point::new(), |at, name| at.with(*name, 0.0));
    let ones = ["gamma_p", "gamma_q", "real_q", "K"];
    let at = ones.iter().fold(at, |at, name| at.with(*name, 1.0));
    at.with("slope_p", 5.0).with("bound_p", 0.01).with("bound_q", 0.01).with("real_p", 0.77)
}
