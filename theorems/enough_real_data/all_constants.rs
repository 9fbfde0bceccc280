//! The constants of Appendix F.8, all of them at once.
//!
//! $\tau_1$, $\tau_2$, $\tau'$ and the nine matrices depend on the constants through
//! $x = \gamma_\theta/L_\theta$ and $y = \gamma_\phi/L_\phi$ in $(0, 1]$ and through $K_c > 0$ alone, here
//! $K_c = z/(1 - z)$ with $z \in (0, 1)$. Synthetic shares below a threshold are multiples of it by factors
//! in $[0, 1)$. So a claim about all constants is one about numbers between 0 and 1. No entry of a matrix is
//! negative, so that its 1-norm is its largest column sum.

use super::{F8, NAMES, scaled};
use crate::prelude::*;

const TAU: &str = r"\(\tau_1 < \tau_2\), for all \(\gamma \le L\) and all \(K_c > 0\)";
const M3: &str = r"\(\sigma < \tau_1\) implies \(|M_3|_1 < 1\), for all \(\gamma \le L\), all \(K_c > 0\) and all cross fractions";
const ALL: &str = r"\(\sigma < \tau' = g/(2(K_c+1)(s+g))\) implies \(|M_k|_1 < 1\) for all nine matrices, for all \(\gamma \le L\), all \(K_c > 0\) and all cross fractions";

pub(super) fn claims() -> Vec<Claim> {
    let over = |domain: &'static Ranges, id, tex, says| {
        Claim::over(domain, id, tex, says).given(Ratios).derived()
    };
    vec![
        over(&RATIOS, "tau_is_tau_1_everywhere", TAU, Says::Order),
        over(&SHARES, "m3_contracts_everywhere", M3, Says::Third { tenths: 10 }).given(Below),
        over(&SHARES, "all_orders_contract_everywhere", ALL, Says::All { tenths: 10 }).given(Below),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let over =
        |domain: &'static Ranges, id, tex, says| Claim::over(domain, id, tex, says).given(Ratios);
    vec![
        Control::new(
            over(&RATIOS, "tau_is_tau_2_everywhere", TAU, Says::Reverse),
            "tau_is_tau_1_everywhere",
            "x = y = 1 and K_c = 1: tau_1 = 1/8 and tau_2 = 7/16",
        ),
        Control::new(
            over(&SHARES, "m3_at_1.1_everywhere", M3, Says::Third { tenths: 11 }).given(Below),
            "m3_contracts_everywhere",
            "at c_theta = 0, c_phi = 1 column two of M_3 sums to sigma/tau_1, which may be 1.05",
        )
        .built(|| at([0.5, 0.5, 0.5, 0.96, 0.96, 0.0, 1.0])),
        Control::new(
            over(&SHARES, "all_orders_at_1.5_everywhere", ALL, Says::All { tenths: 15 })
                .given(Below),
            "all_orders_contract_everywhere",
            "at x = y = 1, K_c = 1, c_theta = 0, c_phi = 1, tau' = 1/12: sigma = 0.12 has column two of \
             M_3 0.96, and the factor 1/(1 - 0.24) in M_12",
        )
        .built(|| at([1.0, 1.0, 0.5, 0.96, 0.96, 0.0, 1.0])),
    ]
}

fn at(numbers: [f64; 7]) -> Point<f64> {
    SEVEN.iter().zip(numbers).fold(Point::new(), |at, ((name, ..), x)| at.with(*name, x))
}

static RATIOS: Ranges = Ranges {
    name: "f8-ratios",
    what: "x = gamma_p/L_p, y = gamma_q/L_q and z = K_c/(K_c + 1) uniform in [0, 1], one in sixteen at an \
           end",
    numbers: &[("x", 0.0, 1.0), ("y", 0.0, 1.0), ("z", 0.0, 1.0)],
};

const SEVEN: [(&str, f64, f64); 7] = [
    ("x", 0.0, 1.0),
    ("y", 0.0, 1.0),
    ("z", 0.0, 1.0),
    ("s_p", 0.0, 1.0),
    ("s_q", 0.0, 1.0),
    ("c_p", 0.0, 1.0),
    ("c_q", 0.0, 1.0),
];

static SHARES: Ranges = Ranges {
    name: "f8-ratios-and-shares",
    what: "x = gamma_p/L_p, y = gamma_q/L_q, z = K_c/(K_c + 1), synthetic shares as multiples of a \
           threshold and cross fractions uniform in [0, 1], one in sixteen at an end",
    numbers: &SEVEN,
};

fn constants<S: Arithmetic>(view: &View<S>) -> Result<F8<S>, LoopError> {
    let at = view.point()?;
    let n = |name: &str| at.number(name);
    let k_c = n("z") / (S::one() - n("z"));
    let smooth = [S::one(), S::one()];
    Ok(F8 { gamma: [n("x"), n("y")], smooth, k_c, covariance: S::zero() })
}

/// $0 < x, y$ and $0 < z < 1$.
struct Ratios;

impl Hypothesis for Ratios {
    fn tex(&self) -> &'static str {
        r"\gamma, L, K_c > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let z = at.number("z");
        Ok(at.number("x").min(&at.number("y")).min(&z).min(&(S::one() - z.clone())))
    }
}

/// Synthetic shares are below the threshold.
struct Below;

impl Hypothesis for Below {
    fn tex(&self) -> &'static str {
        r"\sigma_\theta, \sigma_\phi < \tau"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        Ok(S::one() - at.number("s_p").max(&at.number("s_q")))
    }
}

enum Says {
    Order,
    /// The other way round.
    Reverse,
    /// Up to so many tenths of the threshold.
    Third {
        tenths: i32,
    },
    All {
        tenths: i32,
    },
}

impl Property for Says {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let f8 = constants(view)?;
        let at = view.point()?;
        let shares = |threshold: S, tenths: i32| {
            let most = threshold * S::from_int(tenths) / S::from_int(10);
            ["s_p", "s_q"].map(|name| at.number(name) * most.clone())
        };
        let cross = ["c_p", "c_q"];
        Ok(match self {
            Says::Order => vec![Side::below("tau_1", f8.tau_1(), f8.tau_2())],
            Says::Reverse => vec![Side::below("tau_2", f8.tau_2(), f8.tau_1())],
            Says::Third { tenths } => {
                let sigma = shares(f8.tau_1(), *tenths);
                columns("|M_3|_1", &f8.third(&sigma, &cross.map(|name| at.number(name))))
            }
            Says::All { tenths } => {
                let sigma = shares(f8.corrected(), *tenths);
                let m3 = f8.third(&sigma, &cross.map(|name| at.number(name)));
                let mut sides = columns("|M_3|_1", &m3);
                for (name, factor) in NAMES.into_iter().zip(f8.factors(&sigma)) {
                    sides.extend(columns(name, &scaled(&m3, &factor)));
                    sides.push(Side::positive("factor of the first row", factor, S::one()));
                }
                sides
            }
        })
    }
}

/// Every column of a matrix without negative entries sums to less than one.
fn columns<S: Arithmetic>(what: &'static str, m: &DMatrix<S>) -> Vec<Side<S>> {
    let sums = m.column_iter().map(|c| c.iter().fold(S::zero(), |sum, x| sum + x.clone()));
    sums.map(|sum| Side::below(what, sum, S::one())).collect()
}
