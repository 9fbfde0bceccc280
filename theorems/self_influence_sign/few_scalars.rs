//! Two and three scalar models: signs of influences, and the order of the thresholds, for all values of a
//! handful of numbers.
//!
//! $\rho(J) < 1$ is a condition on the coefficients of the characteristic polynomial (Jury), and one of the
//! polynomials in it is $\det(I - J)$. So with two models $S_{11} = (1 - J_{22})/\det(I - J)$ has the sign of
//! $1 - J_{22}$ and $dx_2^*/d\lambda = J_{21} b_1/\det(I - J)$ that of $J_{21} b_1$. With three, self-influence
//! is $\det(I - J_{-1})/\det(I - J)$.
//!
//! With $u = m/|S| \in [0, 1]$ and $v = \tau|S| \in [0, 1]$ the squares of the first three thresholds are
//! $1/(1 + u^2v^2)$, $1/(1 + u^2)$ and $1 - u^2$.

use super::scalar_loops::without;
use crate::prelude::*;

const SELF: &str = r"two scalar models, \(|J_{ij}| \le 100\), \(\rho(J) < 1\): the self-influence of model 1 is positive if \(J_{22} < 1\)";
const INVERTS: &str = r"two scalar models, \(|J_{ij}| \le 100\), \(\rho(J) < 1\): the self-influence of model 1 inverts if \(J_{22} > 1\), where model 2 is unstable alone";
const CROSS: &str = r"two scalar models, \(|J_{ij}|, |b_1| \le 100\), \(\rho(J) < 1\), \(J_{21} b_1 > 0\): \(dx_2^*/d\lambda > 0\), whatever the self-terms; with \(-b_1\) for \(b_1\) both signs turn";
const THREE: &str = r"three scalar models, \(|J_{ij}| \le 100\), \(\rho(J) < 1\): \(\det(I - J) > 0\), and \((I - J)^{-1}_{11} \det(I - J) = \det(I - J_{-1})\), \(J_{-1}\) the loop without model 1";
const REST: &str = r"three scalar models, \(|J_{ij}| \le 100\), \(\rho(J) < 1\) and \(\rho(J_{-1}) < 1\): the self-influence of model 1 does not invert";
const ORDER: &str = r"for all \(u = m/|S|\), \(v = \tau|S|\) in \([0, 1]\) the squares of the thresholds are in order: \(1/(1 + m^2\tau^2) \ge 1/(1 + m^2/|S|^2) \ge 1 - m^2/|S|^2\)";

pub(super) fn claims() -> Vec<Claim> {
    let over = |domain: &'static Ranges, id, tex, says| {
        Claim::over(domain, id, tex, says).given(Stable::Whole).derived()
    };
    vec![
        over(&TWO, "two_scalars_self", SELF, Says::SelfPositive)
            .given(SecondAlone { stable: true }),
        over(&TWO, "two_scalars_self_inverts", INVERTS, Says::SelfNegative)
            .given(SecondAlone { stable: false }),
        over(&TWO, "two_scalars_cross", CROSS, Says::CrossPositive).given(Reached),
        over(&THREE_MODELS, "three_scalars_criterion", THREE, Says::Criterion),
        over(&THREE_MODELS, "three_scalars_stable_rest", REST, Says::SelfPositive)
            .given(Stable::WithoutFirst),
        Claim::over(&SHARES, "threshold_squares_ordered", ORDER, Ordered { turned: false })
            .derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let over = |domain: &'static Ranges, id, tex, says| {
        Claim::over(domain, id, tex, says).given(Stable::Whole)
    };
    vec![
        Control::new(
            over(&TWO, "two_scalars_never_invert", SELF, Says::SelfPositive),
            "two_scalars_self",
            "J = [[-0.5, -0.7], [1, 1.2]] has the eigenvalues 0.5 and 0.2 and responds with \
             (1 - 1.2)/0.4",
        )
        .built(|| two([-0.5, -0.7, 1.0, 1.2])),
        Control::new(
            over(&TWO, "two_scalars_always_invert", INVERTS, Says::SelfNegative),
            "two_scalars_self_inverts",
            "J = 0 responds with 1",
        )
        .built(|| two([0.0, 0.0, 0.0, 0.0])),
        Control::new(
            over(&TWO, "two_scalars_cross_unreached", CROSS, Says::CrossPositive),
            "two_scalars_cross",
            "J = [[0, 0], [-0.5, 0]] and b = 1 move model 2 by -0.5",
        )
        .built(|| two([0.0, 0.0, -0.5, 0.0])),
        Control::new(
            over(&THREE_MODELS, "three_scalars_never_invert", REST, Says::SelfPositive),
            "three_scalars_stable_rest",
            "J = [[0, 0, -1], [0, 0, -1], [2, -2, 0]] is nilpotent and det(I - J_{-1}) = 1 - 2 = -1",
        )
        .built(nilpotent),
        Control::new(
            over(&THREE_MODELS, "three_scalars_minus_the_minor", THREE, Says::MinusMinor),
            "three_scalars_criterion",
            "J = 0 has both determinants 1",
        )
        .built(|| three([0.0; 9])),
        Control::new(
            Claim::over(&SHARES, "threshold_squares_turned", ORDER, Ordered { turned: true }),
            "threshold_squares_ordered",
            "u = v = 1: 1/(1 + 1) = 1/2 against 1 - 1 = 0",
        ),
    ]
}

/// Row by row, and the forcing 1.
fn two(j: [f64; 4]) -> Point<f64> {
    let names = ["J_11", "J_12", "J_21", "J_22"];
    names.into_iter().zip(j).fold(Point::new(), |at, (name, x)| at.with(name, x)).with("b", 1.0)
}

fn three(j: [f64; 9]) -> Point<f64> {
    NINE.iter().zip(j).fold(Point::new(), |at, ((name, ..), x)| at.with(*name, x))
}

fn nilpotent() -> Point<f64> {
    three([0.0, 0.0, -1.0, 0.0, 0.0, -1.0, 2.0, -2.0, 0.0])
}

static TWO: Ranges = Ranges {
    name: "two-scalars",
    what: "two scalar models: couplings J and the forcing b of model 1 uniform in [-100, 100], in three \
           draws of four together times a factor between 1/1000 and 1",
    numbers: &[
        ("J_11", -100.0, 100.0),
        ("J_12", -100.0, 100.0),
        ("J_21", -100.0, 100.0),
        ("J_22", -100.0, 100.0),
        ("b", -100.0, 100.0),
    ],
};

const NINE: [(&str, f64, f64); 9] = [
    ("J_11", -100.0, 100.0),
    ("J_12", -100.0, 100.0),
    ("J_13", -100.0, 100.0),
    ("J_21", -100.0, 100.0),
    ("J_22", -100.0, 100.0),
    ("J_23", -100.0, 100.0),
    ("J_31", -100.0, 100.0),
    ("J_32", -100.0, 100.0),
    ("J_33", -100.0, 100.0),
];

static THREE_MODELS: Ranges = Ranges {
    name: "three-scalars",
    what: "three scalar models: couplings J uniform in [-100, 100], in three draws of four together times \
           a factor between 1/1000 and 1",
    numbers: &NINE,
};

static SHARES: Ranges = Ranges {
    name: "threshold-shares",
    what: "u = m/|S| and v = tau |S| uniform in [0, 1], one in sixteen at an end",
    numbers: &[("u", 0.0, 1.0), ("v", 0.0, 1.0)],
};

/// `J`, of as many models as the point has.
fn couplings<S: Arithmetic>(view: &View<S>) -> Result<DMatrix<S>, LoopError> {
    let at = view.point()?;
    let n = if at.get("J_33").is_some() { 3 } else { 2 };
    Ok(DMatrix::from_fn(n, n, |i, j| at.number(&format!("J_{}{}", i + 1, j + 1))))
}

fn identity_minus<S: Scalar>(m: &DMatrix<S>) -> DMatrix<S> {
    DMatrix::<S>::identity(m.nrows(), m.nrows()) - m
}

/// $\rho(J) < 1$ or $\rho(J_{-1}) < 1$.
enum Stable {
    Whole,
    WithoutFirst,
}

impl Hypothesis for Stable {
    fn tex(&self) -> &'static str {
        match self {
            Stable::Whole => r"\rho(J) < 1",
            Stable::WithoutFirst => r"\rho(J_{-1}) < 1",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let j = couplings(view)?;
        let j = if let Stable::WithoutFirst = self { without(&j, 0) } else { j };
        Ok(S::one() - S::spectral_radius(&j)?)
    }
}

/// $J_{22} < 1$ or $J_{22} > 1$.
struct SecondAlone {
    stable: bool,
}

impl Hypothesis for SecondAlone {
    fn tex(&self) -> &'static str {
        if self.stable { "J_{22} < 1" } else { "J_{22} > 1" }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let room = S::one() - view.point()?.number("J_22");
        Ok(if self.stable { room } else { -room })
    }
}

/// $J_{21} b_1 > 0$.
struct Reached;

impl Hypothesis for Reached {
    fn tex(&self) -> &'static str {
        "J_{21} b_1 > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        Ok(at.number("J_21") * at.number("b"))
    }
}

enum Says {
    SelfPositive,
    SelfNegative,
    CrossPositive,
    Criterion,
    /// With the wrong sign.
    MinusMinor,
}

impl Property for Says {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let j = couplings(view)?;
        let n = j.nrows();
        let pull = identity_minus(&j);
        let mut first = DMatrix::from_element(n, 1, S::zero());
        first[(0, 0)] = S::one();
        let response = solve(&pull, &first).map_err(|_| LoopError::NoStablePoint)?;
        let scale = norm(&response.column(0).into_owned());
        let own = response[(0, 0)].clone();
        Ok(match self {
            Says::SelfPositive => vec![Side::positive("(I - J)^-1 at 1, 1", own, scale)],
            Says::SelfNegative => vec![Side::positive("-(I - J)^-1 at 1, 1", -own, scale)],
            Says::CrossPositive => {
                // The sign of dx_2 times that of J_21 b, which is positive.
                let moved = response[(1, 0)].clone() * view.point()?.number("b");
                let size = scale * view.point()?.number("b").abs();
                vec![Side::positive("dx_2", moved, size)]
            }
            Says::Criterion | Says::MinusMinor => {
                let whole = determinant(&pull);
                let minor = determinant(&identity_minus(&without(&j, 0)));
                let minor = if let Says::MinusMinor = self { -minor } else { minor };
                // Each summand of the determinant is at most a product of row sizes.
                let rows =
                    pull.row_iter().map(|row| row.iter().fold(S::one(), |sum, x| sum + x.abs()));
                let size = rows.fold(S::one(), |product, row| product * row);
                vec![
                    Side::positive("det(I - J)", whole.clone(), S::one()),
                    Side::equal("response of model 1 times det(I - J)", own * whole, minor)
                        .against(size),
                ]
            }
        })
    }
}

/// Squares of the first three thresholds.
struct Ordered {
    /// Whether the last two stand the other way round.
    turned: bool,
}

impl Property for Ordered {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let square = |x: S| x.clone() * x;
        let (m, mt) = (square(at.number("u")), square(at.number("u") * at.number("v")));
        let first = S::one() / (S::one() + mt);
        let second = S::one() / (S::one() + m.clone());
        let third = S::one() - m;
        let last = if self.turned {
            Side::at_most("1/(1 + m^2/|S|^2)", second.clone(), third)
        } else {
            Side::at_most("1 - m^2/|S|^2", third, second.clone())
        };
        Ok(vec![Side::at_most("1/(1 + m^2/|S|^2) against the paper's", second, first), last])
    }
}
