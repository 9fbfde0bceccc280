//! # Little synthetic data changes the alignment little
//!
//! **Statement.** $|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| = O(1 - \hat\lambda_R)$, and
//! $J_q$ likewise in $\hat\mu_R$, along $\lambda_R(t) = 1 - t(1-\hat\lambda_R)$,
//! $\lambda_S(t) = t\hat\lambda_S$, $\lambda_H(t) = t\hat\lambda_H$. Appendix F.9 has, with the gap of
//! the gradients $\Delta = E_R\nabla\ell - E_{P \setminus R}\nabla\ell$, an equality with the factor 3,
//! the bound (72), $|\Delta| \le 2L_\theta$, and (73):
//!
//! ```math
//! |J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| = 3(1-\hat\lambda_R)\Big|\int_0^1 \langle\nabla J_p, S_p\Delta\rangle\,dt\Big| \le 3(1-\hat\lambda_R)\sup L^2|S_p||\Delta| \le (1-\hat\lambda_R)\,\frac{6L_\theta L^2}{\tau_p}
//! ```
//!
//! Along the path $dP/dt = (1-\hat\lambda_R)(P_{\setminus R} - R)$, so
//! $d\theta^*/dt = (1-\hat\lambda_R)S_p\Delta$: the factor is 1. (72) holds, three times too large.
//! Assumption 3.3 bounds $|\Delta|$ by $L_\theta W_1(R, P_{\setminus R})$, which for data bounded by
//! $B$ is at most $2L_\theta B$, not $2L_\theta$; so (73) compares quantities of different units and
//! fails where the data is large. With the factor 1 and the bound $B$ it reads
//! $(1-\hat\lambda_R)\,2L_\theta BL^2/\tau_p$, and holds.
//!
//! Further, for any loop: with one synthetic share $\alpha$, $x^r$ the optimum on real data, `M` the
//! sensitivity matrix at $\alpha = 1$ and $Mv \le rv$,
//! $|x^* - x^r|_v \le \alpha/(1 - \alpha r) \max_i (L_i/\gamma_i) W_1(\mathrm{Syn}_i(x^r), \mathrm{real}_i)/v_i$ in
//! $|x|_v = \max_i |x_i|/v_i$; for squared loss the slope at $\alpha = 0$ is exactly
//! $\mathrm{mean}\,\mathrm{Syn}(x^r) - \mathrm{mean}\,\mathrm{real}$.
//!
//! **Hypotheses.** Those of Proposition 3.4 and Assumption 3.5, real shares above $\tau$; for (73)
//! also $\tau_p > 0$ all along; for the factor 3, (72), (73) the stable point unique along the path
//! (tested as $\sigma e < 1$ for the final $\sigma$, $e$ the slope of the synthetic mean). Loops: two
//! scalar models, model `p` with synthetic mean $\mathrm{clip}(c + s\theta + u\phi, \pm B)$ and a
//! path of shares, `q` with fixed shares; the clip is tested to be idle on the path.
//!
//! **How it is checked.** Analytic: closed forms of the stable point and of the integral, both
//! rational. Simulated: the loop run at either end of the path; the integral by Gauss–Legendre, with
//! $S_p$ from Definition 4.2.
//!
//! **Source.** Theorem 4.8 and Appendix F.9 of arXiv 2605.29267.

mod synthetic_share;

use crate::prelude::*;

/// See the [module](self).
pub struct RealDataGap;

const ORDER: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| = O(1 - \hat\lambda_R)\)";
const EQ_72: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| \le 3(1-\hat\lambda_R) \sup L^2|S_p||\Delta|\)";
const SHARP: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| \le (1-\hat\lambda_R) \sup L^2|S_p||\Delta|\)";
const THREE: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| = 3(1-\hat\lambda_R)|\int_0^1 \langle\nabla J_p, S_p\Delta\rangle dt|\)";
const ONE: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| = (1-\hat\lambda_R)|\int_0^1 \langle\nabla J_p, S_p\Delta\rangle dt|\)";
const GRADIENT: &str = r"\(|\Delta| \le 2L_\theta\)";
const GRADIENT_CORRECTED: &str = r"\(|\Delta| \le 2L_\theta B\)";
const EQ_73: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| \le (1-\hat\lambda_R)\, 6L_\theta L^2/\tau_p\), \(\tau_p\) the least on the path";
const EQ_73_CORRECTED: &str = r"\(|J_p(\theta^*(\hat\lambda_R)) - J_p(\theta^*(1))| \le (1-\hat\lambda_R)\, 2L_\theta BL^2/\tau_p\), \(\tau_p\) the least on the path";

const ALONG: &str = "where the stable point is unique along the path";

impl Theorem for RealDataGap {
    fn card(&self) -> Card {
        Card {
            id: "thm_4_8",
            title: "Alignment near the real-data optimum",
            source: "arXiv 2605.29267, Theorem 4.8 and Appendix F.9",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        let on_path = |claim: Claim| claim.given(IsPath).given(RealAboveTau).given(UniqueAlong);
        let over = |id, statement, what| Claim::over(&RealDataPath, id, statement, Gap { what });
        let mut order =
            over("order", ORDER, What::Order { power: 1 }).given(IsPath).given(RealAboveTau);
        order.kind = Kind::Order;
        let mut claims = vec![
            order,
            on_path(over("eq_72", EQ_72, What::Supremum { times: 3 })).reading(ALONG),
            on_path(over("eq_72#sharp", SHARP, What::Supremum { times: 1 })).derived(),
            on_path(over("factor_three", THREE, What::Integral { times: 3 }))
                .reading(ALONG)
                .consequence(Gravity::Constant, "The factor is 1. The bound (72), being three times too large, survives"),
            on_path(over("factor_three#corrected", ONE, What::Integral { times: 1 })).corrected(),
            on_path(over("gradient_gap", GRADIENT, What::Gradients { by_size: false }))
                .consequence(Gravity::Constant, r"Assumption 3.3 bounds a difference of gradients by \(L_\theta\) times a distance between data, which has the size of the data: \(B\) is missing"),
            on_path(over(
                "gradient_gap#corrected",
                GRADIENT_CORRECTED,
                What::Gradients { by_size: true },
            ))
            .corrected(),
            on_path(over("eq_73", EQ_73, What::Bound { times: 6, by_size: false }))
                .reading(ALONG)
                .consequence(Gravity::Constant, r"The bound inherits the missing \(B\), so it compares quantities of different units; the order \(O(1 - \hat\lambda_R)\) is not touched by it")
                .given(TauPositive),
            on_path(over(
                "eq_73#corrected",
                EQ_73_CORRECTED,
                What::Bound { times: 2, by_size: true },
            ))
            .given(TauPositive)
            .corrected(),
        ];
        claims.extend(synthetic_share::claims());
        claims
    }

    fn controls(&self) -> Vec<Control> {
        let on_path = |claim: Claim| claim.given(IsPath).given(RealAboveTau).given(UniqueAlong);
        let over = |id, statement, what| Claim::over(&RealDataPath, id, statement, Gap { what });
        let mut controls = vec![
            Control::new(
                on_path(over("order_two", ORDER, What::Order { power: 2 })),
                "order",
                "a constant synthetic mean other than the real one moves theta by (1 - lambda_R) times \
                 their distance, which is not of second order",
            ),
            Control::new(
                on_path(over("factor_two", THREE, What::Integral { times: 2 })),
                "factor_three#corrected",
                "the factor is 1, and the integral is not always zero",
            ),
            Control::new(
                on_path(over("gradients_by_b", GRADIENT_CORRECTED, What::GradientsByB)),
                "gradient_gap#corrected",
                "real mean -B and synthetic mean B are 2B apart",
            ),
            Control::new(
                on_path(over("bound_of_half_b", EQ_73_CORRECTED, What::HalfB)).given(TauPositive),
                "eq_73#corrected",
                "real data at 0 and synthetic data at B move theta by (1 - lambda_R)B, twice that bound",
            ),
        ];
        controls.extend(synthetic_share::controls());
        controls
    }
}

/// The numbers of a path.
struct Path<S: Scalar> {
    gamma: [S; 2],
    /// Real means.
    real: [S; 2],
    /// Synthetic mean of p: `c + s θ + u φ`; of q: `c + s φ + u θ`.
    offset: [S; 2],
    own: [S; 2],
    cross: [S; 2],
    /// `1 - λ̂_R` and `1 - μ_R`.
    rest: [S; 2],
    /// Slope of `J_p`.
    reward: S,
    lipschitz: S,
    candidates: S,
    bound: S,
}

impl<S: Arithmetic> Path<S> {
    fn new(at: &Point<S>) -> Self {
        let both = |p: &str, q: &str| [at.number(p), at.number(q)];
        Path {
            gamma: both("gamma_p", "gamma_q"),
            real: both("r_p", "r_q"),
            offset: both("c_p", "c_q"),
            own: both("s_p", "s_q"),
            cross: both("u_p", "u_q"),
            rest: both("rest_p", "rest_q"),
            reward: at.number("g"),
            lipschitz: at.number("L"),
            candidates: at.number("K"),
            bound: at.number("B"),
        }
    }

    /// `φ = f_0 + f_1 θ` at rest of q.
    fn follower(&self) -> (S, S) {
        let left = S::one() - self.rest[1].clone() * self.own[1].clone();
        let constant = (S::one() - self.rest[1].clone()) * self.real[1].clone()
            + self.rest[1].clone() * self.offset[1].clone();
        (constant / left.clone(), self.rest[1].clone() * self.cross[1].clone() / left)
    }

    /// The synthetic mean of p as `c + e θ` with q at rest.
    fn synthetic(&self) -> (S, S) {
        let (f_0, f_1) = self.follower();
        (
            self.offset[0].clone() + self.cross[0].clone() * f_0,
            self.own[0].clone() + self.cross[0].clone() * f_1,
        )
    }

    /// `θ*` with the synthetic share `sigma`: `θ = (1-σ) r + σ (c + e θ)`.
    fn stable(&self, sigma: &S) -> S {
        let (c, e) = self.synthetic();
        let pull = (S::one() - sigma.clone()) * self.real[0].clone() + sigma.clone() * c;
        pull / (S::one() - sigma.clone() * e)
    }

    /// `θ*` by running the loop, synchronously.
    fn settled(&self, sigma: &S) -> Result<S, LoopError> {
        let mut x = self.real.clone();
        let rest = [sigma.clone(), self.rest[1].clone()];
        for _ in 0..20_000 {
            let next = [0, 1].map(|i| {
                let made = self.offset[i].clone()
                    + self.own[i].clone() * x[i].clone()
                    + self.cross[i].clone() * x[1 - i].clone();
                (S::one() - rest[i].clone()) * self.real[i].clone() + rest[i].clone() * made
            });
            let moved =
                (next[0].clone() - x[0].clone()).abs().max(&(next[1].clone() - x[1].clone()).abs());
            let size = next[0].abs().max(&next[1].abs()).max(&S::one());
            x = next;
            if (moved - S::from_f64(1e-15) * size).is_below_zero() {
                return Ok(x[0].clone());
            }
        }
        Err(LoopError::Diverges { radius: 1.0, rounds: 20_000 })
    }

    /// `S_p` of Definition 4.2 at the synthetic share `sigma`.
    fn s_p(&self, sigma: &S) -> S {
        let [g_p, g_q] = self.gamma.clone();
        let entry = |gamma: &S, rest: &S, slope: &S, own: bool| {
            let unit = if own { S::one() } else { S::zero() };
            gamma.clone() * (unit - rest.clone() * slope.clone())
        };
        let pp = entry(&g_p, sigma, &self.own[0], true);
        let pq = entry(&g_p, sigma, &self.cross[0], false);
        let qq = entry(&g_q, &self.rest[1], &self.own[1], true);
        let qp = entry(&g_q, &self.rest[1], &self.cross[1], false);
        S::one() / (pp - pq * qp / qq)
    }

    /// `Δ = E_R ∇ℓ - E_{P without R} ∇ℓ` with the parameters at rest at `theta`.
    fn gradient_gap(&self, theta: &S) -> S {
        let (c, e) = self.synthetic();
        self.gamma[0].clone() * (c + e * theta.clone() - self.real[0].clone())
    }

    /// `∫_0^1 ⟨∇J_p, S_p Δ⟩ dt`. With `S_p = 1/(γ(1 - σe))` and
    /// `Δ = γ (c + (e-1) r)/(1 - σe)`, `σ = t·rest`, the integrand is a multiple of `(1 - σe)^{-2}`.
    fn integral(&self) -> S {
        let (c, e) = self.synthetic();
        let top = c + (e.clone() - S::one()) * self.real[0].clone();
        self.reward.clone() * top / (S::one() - self.rest[0].clone() * e)
    }

    /// The same by Gauss–Legendre from Definition 4.2 of `S_p` and the definition of `Δ`. The pieces
    /// shrink towards the end of the path, beyond which the integrand may have a pole.
    fn quadrature(&self) -> S {
        let mut sum = S::zero();
        let mut left = S::zero();
        let mut width = S::one() / S::from_int(4);
        for piece in 0..80 {
            for (node, weight) in gauss_legendre() {
                let t = left.clone() + width.clone() * S::from_f64(node);
                let sigma = t * self.rest[0].clone();
                let delta = self.gradient_gap(&self.stable(&sigma));
                let value = self.reward.clone() * self.s_p(&sigma) * delta;
                sum += S::from_f64(weight) * value * width.clone();
            }
            left += width.clone();
            // Two pieces of each width leave as much as they took: 1/4 + 1/4, 1/8 + 1/8, …
            if piece % 2 == 1 {
                width /= S::from_int(2);
            }
        }
        sum
    }

    /// `K_c` and `τ` of F.8. `L_θ = γ`: the loss is `γ(θ - x)²/2`.
    fn tau(&self) -> S {
        let half = S::one() / S::from_int(2);
        let k_c = self.lipschitz.clone()
            * self.candidates.clone()
            * (S::one() + self.lipschitz.clone() * self.bound.clone() * half);
        // τ_1 with L_θ/γ_θ = L_φ/γ_φ = 1; τ_2 is larger.
        S::one() / (S::from_int(4) * (k_c + S::one()))
    }

    /// `τ_p` at the end of the path, where it is least.
    fn tau_p(&self) -> S {
        let square = |x: &S| x.clone() * x.clone();
        let sensitivity = |i: usize| {
            self.rest[i].clone() * (square(&self.own[i]) + square(&self.cross[i])).sqrt()
        };
        let (a, b) = (sensitivity(0), sensitivity(1));
        // γ - Lε - Lε L'ε'/(γ' - L'ε') with L = γ: γ (1 - a - ab/(1 - b)).
        let round = a.clone() * b.clone() / (S::one() - b);
        self.gamma[0].clone() * (S::one() - a - round)
    }
}

/// Nodes and weights on `[0, 1]`.
fn gauss_legendre() -> [(f64, f64); 5] {
    let root = (10.0_f64 / 7.0).sqrt();
    let (near, far) = ((5.0 - 2.0 * root).sqrt() / 3.0, (5.0 + 2.0 * root).sqrt() / 3.0);
    let heavy = (322.0 + 13.0 * 70f64.sqrt()) / 1800.0;
    let light = (322.0 - 13.0 * 70f64.sqrt()) / 1800.0;
    [(0.0, 128.0 / 450.0), (near, heavy), (-near, heavy), (far, light), (-far, light)]
        .map(|(x, w)| (0.5 + x / 2.0, w))
}

/// Two scalar models, the first on a path to real data alone.
struct RealDataPath;

const NUMBERS: [&str; 16] = [
    "gamma_p", "gamma_q", "r_p", "r_q", "c_p", "c_q", "s_p", "s_q", "u_p", "u_q", "rest_p",
    "rest_q", "g", "L", "K", "B",
];

impl Domain for RealDataPath {
    fn name(&self) -> &'static str {
        "real-data-path"
    }
    fn what(&self) -> &'static str {
        "two scalar models with synthetic means c + s x + u x', slopes up to 0.95, synthetic shares up \
         to 0.95, data over two decades"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let size = 10f64.powf(rng.random_range(-1.0..1.0));
        let mut sign = |n: f64| rng.random_range(-n..n);
        let slopes = [sign(0.95), sign(0.95), sign(0.95), sign(0.95)];
        let lipschitz = slopes.iter().fold(1.0_f64, |l, s| l.max(s.abs()));
        NUMBERS.iter().fold(Point::new(), |at, name| {
            let value = match *name {
                "gamma_p" | "gamma_q" => sign(1.0).exp(),
                "s_p" => slopes[0],
                "s_q" => slopes[1],
                "u_p" => slopes[2],
                "u_q" => slopes[3],
                "rest_p" | "rest_q" => 0.475 * (1.0 + sign(1.0)),
                "g" => sign(1.0) * lipschitz * lipschitz,
                "L" => lipschitz,
                "K" => (3.0 + 2.0 * sign(1.0)).round(),
                "B" => 40.0 * size,
                _ => sign(size),
            };
            at.with(*name, value)
        })
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let size = pick(&[1.0, 4.0, 10.0]);
        NUMBERS.iter().fold(Point::new(), |at, name| {
            let value = match *name {
                "gamma_p" | "gamma_q" | "g" | "L" | "K" => 1.0,
                "s_p" | "s_q" | "u_p" | "u_q" => pick(&[0.0, 0.0, 0.5, 0.9]),
                "rest_p" | "rest_q" => pick(&[0.5, 0.8, 0.1]),
                "B" => size * pick(&[1.0, 1.0, 10.0]),
                _ => size * pick(&[0.0, 1.0, -1.0]),
            };
            at.with(*name, value)
        })
    }
    fn lines(&self, at: &Point<f64>) -> Vec<String> {
        let n = |name: &str| at.number(name);
        vec![
            format!(
                "p: real mean {}, synthetic mean {} + {} theta + {} phi, real share {} at the end of the \
                 path, loss {} (theta - x)^2/2, J_p = {} theta",
                n("r_p"),
                n("c_p"),
                n("s_p"),
                n("u_p"),
                left(n("rest_p")),
                n("gamma_p"),
                n("g")
            ),
            format!(
                "q: real mean {}, synthetic mean {} + {} phi + {} theta, real share {}, loss \
                 {} (phi - y)^2/2",
                n("r_q"),
                n("c_q"),
                n("s_q"),
                n("u_q"),
                left(n("rest_q")),
                n("gamma_q")
            ),
            format!(
                "L = {}, K = {}, data bounded by {}; a synthetic mean that does not follow theta is that \
                 of pairs made by q, whose x are its fixed inputs",
                n("L"),
                n("K"),
                n("B")
            ),
        ]
    }
}

/// One minus a short decimal as a short decimal.
fn left(rest: f64) -> f64 {
    ((1.0 - rest) * 1e9).round() / 1e9
}

/// Constants in range, slopes at most `L`, `|∇J_p| ≤ L²`, and all data within `B` on the path.
struct IsPath;

impl Hypothesis for IsPath {
    fn tex(&self) -> &'static str {
        r"\gamma > 0,\ \hat\lambda_R < 1,\ |s|, |u| \le L,\ |\nabla J_p| \le L^2,\ |x| \le B"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let path = Path::new(view.point()?);
        let met = |room: S| room.is_zero() || room.is_above_zero();
        let l = path.lipschitz.clone();
        let slopes = path.own.iter().chain(&path.cross);
        let share = |x: &S| met(x.clone()) && met(S::one() - x.clone());
        let inside = |x: S| met(path.bound.clone() - x.abs());
        let (c, e) = path.synthetic();
        let (f_0, f_1) = path.follower();
        // Both means are linear in θ, and θ runs monotonically between the ends of the path.
        let ends = [S::zero(), path.rest[0].clone()].map(|sigma| path.stable(&sigma));
        let within = ends.iter().all(|theta| {
            let phi = f_0.clone() + f_1.clone() * theta.clone();
            let q = path.offset[1].clone()
                + path.own[1].clone() * phi
                + path.cross[1].clone() * theta.clone();
            inside(c.clone() + e.clone() * theta.clone()) && inside(q)
        });
        let whole = (1..=64).any(|k| (path.candidates.clone() - S::from_int(k)).is_zero());
        // Without synthetic data there is no law "P without R" to speak of.
        let all = path.gamma.iter().all(Real::is_above_zero)
            && path.rest[0].is_above_zero()
            && l.is_above_zero()
            && whole
            && slopes.into_iter().all(|s| met(l.clone() - s.abs()))
            && met(l.clone() * l.clone() - path.reward.abs())
            && path.rest.iter().all(share)
            && path.real.iter().all(|r| inside(r.clone()))
            && within;
        Ok(if all { S::one() } else { -S::one() })
    }
}

/// $\min(\lambda_R, \mu_R) > \tau$ all along the path.
struct RealAboveTau;

impl Hypothesis for RealAboveTau {
    fn tex(&self) -> &'static str {
        r"\min(\hat\lambda_R, \mu_R) > \tau"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let path = Path::new(view.point()?);
        let most = path.rest[0].max(&path.rest[1]);
        Ok(S::one() - most - path.tau())
    }
}

/// `σe < 1` at both ends of the path, and `q` alone has a stable point.
struct UniqueAlong;

impl Hypothesis for UniqueAlong {
    fn tex(&self) -> &'static str {
        r"\text{the stable point is unique along the path}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let path = Path::new(view.point()?);
        let (_, e) = path.synthetic();
        let follower = S::one() - path.rest[1].clone() * path.own[1].clone();
        Ok((S::one() - path.rest[0].clone() * e).min(&follower))
    }
}

/// $\tau_p > 0$, with $L_\phi\varepsilon_\phi < \gamma_\phi$.
struct TauPositive;

impl Hypothesis for TauPositive {
    fn tex(&self) -> &'static str {
        r"\tau_p > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let path = Path::new(view.point()?);
        let b_squared = path.own[1].clone() * path.own[1].clone()
            + path.cross[1].clone() * path.cross[1].clone();
        let b = path.rest[1].clone() * b_squared.sqrt();
        Ok((S::one() - b).min(&(path.tau_p() / path.gamma[0].clone())))
    }
}

#[derive(Clone, Copy)]
enum What {
    Order { power: u32 },
    Supremum { times: i32 },
    Integral { times: i32 },
    Gradients { by_size: bool },
    GradientsByB,
    Bound { times: i32, by_size: bool },
    HalfB,
}

struct Gap {
    what: What,
}

impl Property for Gap {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let path = Path::new(view.point()?);
        let simulated = view.route == Route::Simulation;
        let stable =
            |sigma: &S| if simulated { path.settled(sigma) } else { Ok(path.stable(sigma)) };
        let start = stable(&S::zero())?;
        let gap = |theta: &S| (path.reward.clone() * (theta.clone() - start.clone())).abs();
        let end = stable(&path.rest[0])?;
        let rest = path.rest[0].clone();
        // θ itself is known to rounding of the data.
        let size = path.reward.abs() * (path.bound.clone() + end.abs());
        let square = path.lipschitz.clone() * path.lipschitz.clone();
        let at_most = |bound: S| {
            vec![Side::at_most("gap of J_p", gap(&end), bound.clone()).against(size.max(&bound))]
        };
        Ok(match self.what {
            What::Order { power } => return order(&path, power, &stable),
            What::Supremum { times } => {
                // |S_p| and |Δ| are monotone in σ, as 1/(1 - σe) is.
                let ends = [S::zero(), rest.clone()];
                let s = ends.each_ref().map(|sigma| path.s_p(sigma).abs());
                let delta = [&start, &end].map(|theta| path.gradient_gap(theta).abs());
                let top = s[0].max(&s[1]) * delta[0].max(&delta[1]);
                at_most(S::from_int(times) * rest * square * top)
            }
            What::Integral { times } => {
                let integral = if simulated { path.quadrature() } else { path.integral() };
                let right = S::from_int(times) * rest * integral.abs();
                vec![Side::equal("gap of J_p", gap(&end), right).against(size)]
            }
            What::Gradients { .. } | What::GradientsByB => {
                let gap = path.gradient_gap(&end).abs();
                let l_theta = path.gamma[0].clone();
                let two = S::from_int(2);
                let bound = match self.what {
                    What::Gradients { by_size: false } => two * l_theta,
                    What::GradientsByB => l_theta * path.bound.clone(),
                    _ => two * l_theta * path.bound.clone(),
                };
                vec![Side::at_most("gap of the gradients", gap, bound)]
            }
            What::Bound { times, by_size } => {
                let data = if by_size { path.bound.clone() } else { S::one() };
                let top = S::from_int(times) * path.gamma[0].clone() * data * square;
                at_most(rest * top / path.tau_p())
            }
            What::HalfB => {
                let half = S::one() / S::from_int(2);
                at_most(rest * path.bound.clone() * half)
            }
        })
    }
}

/// At `h = 1 - λ_R = 2^{-k}` the gap over `h^power` is at most twice its limit for power 1, wherever
/// `h|e| ≤ 1/2`.
fn order<S: Arithmetic>(
    path: &Path<S>,
    power: u32,
    stable: &dyn Fn(&S) -> Result<S, LoopError>,
) -> Result<Vec<Side<S>>, LoopError> {
    let start = stable(&S::zero())?;
    let (_, e) = path.synthetic();
    let limit = (path.reward.clone() * path.s_p(&S::zero()) * path.gradient_gap(&start)).abs();
    let mut sides = Vec::new();
    for k in [4, 8, 12, 16] {
        let h = S::one() / S::from_int(1 << k);
        if !(S::one() / S::from_int(2) - h.clone() * e.abs()).is_above_zero() {
            continue;
        }
        let gap = (path.reward.clone() * (stable(&h)? - start.clone())).abs();
        // θ is known to rounding of the data, which the divisions by h magnify.
        let size = path.reward.abs() * path.bound.clone() * S::from_f64(1e-4);
        let (over, size) =
            (0..power).fold((gap, size), |(gap, size), _| (gap / h.clone(), size / h.clone()));
        let bound = S::from_int(2) * limit.clone();
        let scale = bound.max(&size);
        sides.push(Side::at_most("gap of J_p over 1 - lambda_R", over, bound).against(scale));
    }
    Ok(sides)
}
