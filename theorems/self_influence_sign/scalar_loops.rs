//! Loops of scalar models: exactly when self-influence inverts.
//!
//! For `N` scalar models, $\rho(J) < 1$ and a knob of model 1 alone ($b = b_1 e_1$),
//!
//! ```math
//! (I - J)^{-1}_{11} = \frac{\det(I - J_{-1})}{\det(I - J)}, \qquad \det(I - J) > 0,
//! ```
//!
//! with $J_{-1}$ the loop without model 1. So the response $dx_1^*/d\lambda$ opposes $b_1$ exactly
//! where $\det(I - J_{-1}) < 0$, and never if the other models are stable without it. (The determinant
//! is a product of $1 - \mu$: positive for real $\mu < 1$, and for complex pairs.) With two models
//! $dx_2^*/d\lambda = J_{21} b_1/\det(I - J)$, whose sign does not depend on the self-terms.

use crate::prelude::*;

const CRITERION: &str = r"scalar models, \(\rho(J) < 1\): \(\det(I - J) > 0\) and \((I - J)^{-1}_{11} = \det(I - J_{-1})/\det(I - J)\), \(J_{-1}\) the loop without model 1: its self-influence inverts exactly where \(\det(I - J_{-1}) < 0\)";
const REST: &str = r"scalar models, \(\rho(J) < 1\) and \(\rho(J_{-1}) < 1\): the self-influence of model 1 does not invert";
const CROSS: &str = r"two scalar models, \(\rho(J) < 1\), a knob of p alone: \(\mathrm{sign}(d\phi^*/d\lambda) = \mathrm{sign}(J_{qp} b_p)\), whatever the self-terms";

pub(super) fn claims() -> Vec<Claim> {
    let over = |id, tex, property| Claim::over(&ScalarLoops, id, tex, property);
    vec![
        over("inversion_criterion", CRITERION, Scalars::Criterion { without: 0 })
            .given(Converges)
            .given(Forced)
            .derived(),
        over("stable_rest_cannot_invert", REST, Scalars::SelfPositive)
            .given(Converges)
            .given(Forced)
            .given(RestStable)
            .derived(),
        over("two_model_cross_sign", CROSS, Scalars::CrossSign)
            .given(Converges)
            .given(Forced)
            .given(TwoModels)
            .derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let over = |id, tex, property| {
        Claim::over(&ScalarLoops, id, tex, property).given(Converges).given(Forced)
    };
    vec![
        Control::new(
            over("never_inverts", REST, Scalars::SelfPositive),
            "stable_rest_cannot_invert",
            "J = [[-0.5, -0.7], [1, 1.2]] has the eigenvalues 0.5 and 0.2, det(I - J) = 0.4, and \
             responds with (1 - 1.2)/0.4 = -0.5",
        ),
        Control::new(
            over("never_inverts_if_each_is_stable", REST, Scalars::SelfPositive).given(EachStable),
            "stable_rest_cannot_invert",
            "J = [[0, 0, -1], [0, 0, -1], [2, -2, 0]] is nilpotent without self-terms, \
             det(I - J_{-1}) = 1 - 2 = -1",
        )
        .built(nilpotent),
        Control::new(
            over("criterion_by_the_other_minor", CRITERION, Scalars::Criterion { without: 1 }),
            "inversion_criterion",
            "J = diag(0.5, 0) responds with 2, and the loop without its second model gives 1",
        ),
        Control::new(
            over("cross_sign_of_three", CROSS, Scalars::CrossSign),
            "two_model_cross_sign",
            "1 reaches 2 directly with strength 1 and through 3 with -2",
        ),
    ]
}

/// Model 1 drives 3 and 3 drives 1 back, 2 answers 3 the same way.
fn nilpotent() -> Point<f64> {
    let j = dmatrix![0.0, 0.0, -1.0; 0.0, 0.0, -1.0; 2.0, -2.0, 0.0];
    Point::new().with_matrix("J", j).with("b", 1.0)
}

/// `J`, `N × N`, and the forcing `b` of model 1.
pub(crate) struct ScalarLoops;

impl Domain for ScalarLoops {
    fn name(&self) -> &'static str {
        "scalar-loops"
    }
    fn what(&self) -> &'static str {
        "2 (half of them), 3 or 4 scalar models: J with entries uniform in [-1, 1] rescaled to a \
         spectral radius uniform in (0, 0.95), or a diagonal of eigenvalues uniform in (-0.95, \
         0.95) seen in random coordinates; the forcing b of model 1 uniform in [0.5, 2], of either \
         sign"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = [2, 2, 3, 4][rng.random_range(0..4)];
        let j = if index.is_multiple_of(2) {
            let j = DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0));
            rescaled(j, rng.random_range(0.0..0.95))
        } else {
            in_random_coordinates(rng, n)
        };
        Point::new().with_matrix("J", j).with("b", either_sign(rng))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = if index.is_multiple_of(2) { 2 } else { 3 };
        let few: &[f64] = &[0.0, 0.0, 0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0];
        let any: &[f64] = &[0.0, 0.2, -0.5, 0.5, -0.7, 1.0, -1.0, 1.2, 1.5];
        let from = if n == 2 { any } else { few };
        let j = DMatrix::from_fn(n, n, |_, _| *from.choose(rng).expect("not empty"));
        Point::new().with_matrix("J", j).with("b", 1.0)
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let j = at.matrix("J");
        let smaller = (1..j.nrows()).filter(|_| j.nrows() > 2);
        smaller.map(|k| at.clone().with_matrix("J", without(j, k))).collect()
    }
}

/// Between 0.5 and 2, of either sign.
pub(crate) fn either_sign(rng: &mut Xoshiro256PlusPlus) -> f64 {
    let size = rng.random_range(0.5..2.0);
    if rng.random_bool(0.5) { size } else { -size }
}

/// `m` with this spectral radius, if it has one at all.
pub(crate) fn rescaled(m: DMatrix<f64>, radius: f64) -> DMatrix<f64> {
    match spectrum_of(&m) {
        Ok(seen) if seen.radius() > 1e-6 => m * (radius / seen.radius()),
        _ => m,
    }
}

/// Eigenvalues in (-0.95, 0.95) in coordinates of condition number at most 30: strong couplings that
/// nearly cancel.
fn in_random_coordinates(rng: &mut Xoshiro256PlusPlus, n: usize) -> DMatrix<f64> {
    let values = DVector::from_fn(n, |_, _| rng.random_range(-0.95..0.95));
    loop {
        let p = DMatrix::from_fn(n, n, |_, _| rng.random_range(-1.0..1.0));
        if let Ok(back) = inverse(&p)
            && spectral_norm(&p) * spectral_norm(&back) < 30.0
        {
            return p * DMatrix::from_diagonal(&values) * back;
        }
    }
}

/// `m` without row and column `k`.
pub(crate) fn without<S: Scalar>(m: &DMatrix<S>, k: usize) -> DMatrix<S> {
    minor(m, k, k)
}

/// $\rho(J) < 1$.
pub(crate) struct Converges;

impl Hypothesis for Converges {
    fn tex(&self) -> &'static str {
        r"\rho(J) < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - S::spectral_radius(view.point()?.matrix("J"))?)
    }
}

/// $b_1 \ne 0$.
pub(crate) struct Forced;

impl Hypothesis for Forced {
    fn tex(&self) -> &'static str {
        r"b_1 \ne 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(view.point()?.number("b").abs())
    }
}

/// $\rho(J_{-1}) < 1$.
struct RestStable;

impl Hypothesis for RestStable {
    fn tex(&self) -> &'static str {
        r"\rho(J_{-1}) < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - S::spectral_radius(&without(view.point()?.matrix("J"), 0))?)
    }
}

/// $|J_{ii}| < 1$ for every model.
struct EachStable;

impl Hypothesis for EachStable {
    fn tex(&self) -> &'static str {
        r"|J_{ii}| < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let own = view.point()?.matrix("J").diagonal();
        Ok(S::one() - own.iter().fold(S::zero(), |most, x| most.max(&x.abs())))
    }
}

/// $N = 2$.
struct TwoModels;

impl Hypothesis for TwoModels {
    fn tex(&self) -> &'static str {
        "N = 2"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(if view.point()?.matrix("J").nrows() == 2 { S::one() } else { -S::one() })
    }
}

/// $dx^*/d\lambda$ for the forcing `b` of model 1 alone, `N`: by a solve, by running the scalar loop
/// $x \leftarrow Jx + b$, or by determinants from eigenvalues.
pub(crate) fn response<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<&'a DVector<S>, LoopError> {
    let at = view.point()?;
    let (j, b) = (at.matrix("J"), at.number("b"));
    let n = j.nrows();
    let mut forcing = DVector::from_element(n, S::zero());
    forcing[0] = b.clone();
    let all: &[Result<DVector<S>, LoopError>; 3] = view.once(|| {
        let pull = DMatrix::<S>::identity(n, n) - j;
        let solved = solve(&pull, &DMatrix::from_columns(&[forcing.clone()]));
        let solved = solved.map(|x| x.column(0).into_owned()).map_err(|_| LoopError::NoStablePoint);
        Ok([solved, settled(j, &forcing), by_determinants(j, &b)])
    })?;
    let seen = all.get(view.route as usize).ok_or(LoopError::NotObserved)?;
    seen.as_ref().map_err(Clone::clone)
}

/// Rounds after which a run counts as not settling: far more than a rate of 0.95 needs.
const ROUNDS: usize = 4000;

/// Where the loop $x \leftarrow Jx + c$ comes to rest, from 0.
pub(crate) fn settled<S: Arithmetic>(
    j: &DMatrix<S>,
    c: &DVector<S>,
) -> Result<DVector<S>, LoopError> {
    let refused = || LoopError::Diverges { radius: f64::INFINITY, rounds: ROUNDS };
    let floating = |x: &S| f64::midpoint(x.lower(), x.upper());
    let (j, c) = (j.map(|x| floating(&x)), c.map(|x| floating(&x)));
    let mut state = DVector::zeros(c.len());
    for _ in 0..ROUNDS {
        let next = &j * &state + &c;
        let moved = (&next - &state).amax();
        let size = next.amax();
        state = next;
        // Within 10⁻¹⁴/(1 - ρ) of rest; the comparison asks for 10⁻⁸.
        if moved <= 1e-14 * size {
            // In exact arithmetic a run is nothing to go by.
            S::floating(|| Ok(0.0))?;
            return Ok(state.map(S::from_f64));
        }
        if !size.is_finite() || size > 1e100 {
            break;
        }
    }
    Err(refused())
}

/// $x_k = b\,(1 - \det(I - J - e_1 e_k^\top)/\det(I - J))$, determinants as products of $1 - \mu$.
fn by_determinants<S: Arithmetic>(j: &DMatrix<S>, b: &S) -> Result<DVector<S>, LoopError> {
    let j = j.map(|x| f64::midpoint(x.lower(), x.upper()));
    let whole = spectrum_of(&j)?.product_one_minus().re;
    let mut x = DVector::from_element(j.nrows(), S::zero());
    for k in 0..j.nrows() {
        let mut updated = j.clone();
        updated[(0, k)] += 1.0;
        let part = spectrum_of(&updated)?.product_one_minus().re;
        x[k] = b.clone() * S::floating(|| Ok(1.0 - part / whole))?;
    }
    Ok(x)
}

enum Scalars {
    /// Which model is left out: the first, as claimed, or another.
    Criterion {
        without: usize,
    },
    SelfPositive,
    CrossSign,
}

impl Property for Scalars {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (j, b) = (at.matrix("J"), at.number("b"));
        let x = response(view)?;
        let scale = norm(x) / b.abs();
        let own = x[0].clone() / b.clone();
        let minus = |m: DMatrix<S>| DMatrix::<S>::identity(m.nrows(), m.nrows()) - m;
        Ok(match self {
            Scalars::Criterion { without: k } => {
                let whole = determinant(&minus(j.clone()));
                let ratio = determinant(&minus(without(j, *k))) / whole.clone();
                vec![
                    Side::positive("det(I - J)", whole, S::one()),
                    Side::equal("response of model 1 to b = 1", own, ratio).against(scale),
                ]
            }
            Scalars::SelfPositive => {
                vec![Side::positive("response of model 1 to b = 1", own, scale)]
            }
            Scalars::CrossSign => {
                let direct = j[(1, 0)].clone();
                if direct.is_zero() {
                    return Ok(vec![]);
                }
                let signed = direct.clone() * x[1].clone() / b;
                vec![Side::positive("J_21 b dx_2", signed, direct.abs() * scale)]
            }
        })
    }
}
