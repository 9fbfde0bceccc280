//! How far a synthetic share moves the stable point from the optimum on real data.
//!
//! Model `i` trains on $(1-\alpha)\,\mathrm{real}_i + \alpha\,\mathrm{Syn}_i(x)$. Let $x^r$ be the optimum
//! on real data alone, `M` the sensitivity matrix at $\alpha = 1$, $v > 0$, $Mv \le rv$, $\alpha r < 1$
//! and $|x|_v = \max_i |x_i|/v_i$. Then
//!
//! ```math
//! |x^* - x^r|_v \le \frac{\alpha}{1 - \alpha r} \max_i \frac{L_i}{\gamma_i} \frac{W_1(\mathrm{Syn}_i(x^r), \mathrm{real}_i)}{v_i} :
//! ```
//!
//! `T` contracts by $\alpha r$, and moves $x^r$ by at most $\alpha (L_i/\gamma_i) W_1$. For affine `T` and
//! squared loss ($H = I$) the slope at $\alpha = 0$ is exactly $\mathrm{mean}\,\mathrm{Syn}(x^r) -
//! \mathrm{mean}\,\mathrm{real}$, with a remainder of at most $\alpha r/(1 - \alpha r)$ of it.
//!
//! Here real and synthetic laws are Gaussians of one covariance, $N(r_i, \Sigma)$ and
//! $N(\sum_j K_{ij} x_j + s_i, \Sigma)$, so $W_1$ is the distance of their means; the loss is
//! $\tfrac12 u^\top H u - u^\top z$ with diagonal `H`.

use super::super::contraction::weights;
use super::super::self_influence_sign::settled;
use crate::prelude::*;

const BOUND: &str = r"one synthetic share \(\alpha\), \(Mv \le rv\), \(\alpha r < 1\): \(|x^* - x^r|_v \le \frac{\alpha}{1 - \alpha r} \max_i (L_i/\gamma_i) W_1(\mathrm{Syn}_i(x^r), \mathrm{real}_i)/v_i\)";
const SLOPE: &str = r"affine \(T\): \(dx^*/d\alpha\) at \(\alpha = 0\) is \(H^{-1}(\mathrm{mean}\,\mathrm{Syn}(x^r) - \mathrm{mean}\,\mathrm{real})\), and \((x^* - x^r)/\alpha\) is within \(\alpha r/(1 - \alpha r)\) of it in \(|\cdot|_v\) (checked at \(\alpha\), \(\alpha/16\), \(\alpha/256\))";

pub(super) fn claims() -> Vec<Claim> {
    vec![
        near("gap_bound", BOUND, Distance::Bound { feedback: true }).derived(),
        near("slope_at_zero", SLOPE, Distance::Slope { times: 1 }).derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    vec![
        Control::new(
            near("gap_bound_without_feedback", BOUND, Distance::Bound { feedback: false }),
            "gap_bound",
            "K = I/2, s = 1, r = 0 and alpha = 1/2 have x* = (1/2)/(1 - 1/4) = 2/3, more than alpha \
             times the distance 1 of the laws",
        )
        .built(half),
        Control::new(
            near("slope_doubled", SLOPE, Distance::Slope { times: 2 }),
            "slope_at_zero",
            "the remainder vanishes with alpha, a slope that is not 0 does not",
        )
        .built(half),
    ]
}

fn near(id: &'static str, statement: &'static str, property: Distance) -> Claim {
    Claim::over(&SyntheticShare, id, statement, property).given(IsShare).given(Contracts)
}

fn half() -> Point<f64> {
    let ones = DVector::from_element(4, 1.0);
    Point::new()
        .with_matrix("K", DMatrix::identity(4, 4) * 0.5)
        .with_vector("s", ones.clone())
        .with_vector("r", DVector::zeros(4))
        .with_vector("H", ones)
        .with("alpha", 0.5)
}

/// `K`, `2N × 2N`; `s`, `r`, `H`, `2N`; `alpha`.
struct SyntheticShare;

impl Domain for SyntheticShare {
    fn name(&self) -> &'static str {
        "synthetic-share"
    }
    fn what(&self) -> &'static str {
        "2 or 3 models of two parameters each; maps K with entries uniform in [-1, 1], scaled to a \
         spectral radius of M uniform in (0, 1.5); offsets and real means uniform in [-2, 2]; diagonal \
         curvatures H, 1 for half of the points and uniform in [0.5, 2] for the others; the synthetic \
         share uniform in (0.02, 0.98)"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let d = 2 * rng.random_range(2..=3);
        let vector =
            |rng: &mut Xoshiro256PlusPlus| DVector::from_fn(d, |_, _| rng.random_range(-2.0..2.0));
        let h = DVector::from_fn(d, |_, _| {
            if index.is_multiple_of(2) { 1.0 } else { rng.random_range(0.5..2.0) }
        });
        let k = DMatrix::from_fn(d, d, |_, _| rng.random_range(-1.0..1.0));
        let size = spectrum_of(&sensitivities(&k, &h)).map_or(0.0, |s| s.radius());
        let target = rng.random_range(0.0..1.5);
        Point::new()
            .with_matrix("K", if size > 0.0 { k * (target / size) } else { k })
            .with_vector("s", vector(rng))
            .with_vector("r", vector(rng))
            .with_vector("H", h)
            .with("alpha", rng.random_range(0.02..0.98))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let k = DMatrix::from_fn(4, 4, |_, _| pick(&[0.0, 0.0, 0.0, 0.5, -0.5]));
        let s = DVector::from_fn(4, |_, _| pick(&[0.0, 1.0]));
        let alpha = pick(&[0.5, 0.2, 0.8]);
        Point::new()
            .with_matrix("K", k)
            .with_vector("s", s)
            .with_vector("r", DVector::zeros(4))
            .with_vector("H", DVector::from_element(4, 1.0))
            .with("alpha", alpha)
    }
}

/// $M_{ij} = (L_i/\gamma_i)|K_{ij}|$, blocks of two; `L` also bounds how the gradient moves with the data,
/// by 1.
fn sensitivities<S: Real>(k: &DMatrix<S>, h: &DVector<S>) -> DMatrix<S> {
    let n = h.len() / 2;
    DMatrix::from_fn(n, n, |i, j| {
        ratio(h, i) * spectral_norm(&k.view((2 * i, 2 * j), (2, 2)).into_owned())
    })
}

/// $L_i/\gamma_i$.
fn ratio<S: Real>(h: &DVector<S>, i: usize) -> S {
    let (x, y) = (&h[2 * i], &h[2 * i + 1]);
    S::one().max(x).max(y) / x.min(y)
}

/// $\max_i |x_i|/v_i$, blocks of two.
fn weighted<S: Real>(x: &DVector<S>, v: &DVector<S>) -> S {
    let of = |i: usize| norm(&x.rows(2 * i, 2).into_owned()) / v[i].clone();
    (0..v.len()).map(of).fold(S::zero(), |most, x| most.max(&x))
}

/// $0 < \alpha < 1$, $H > 0$.
struct IsShare;

impl Hypothesis for IsShare {
    fn tex(&self) -> &'static str {
        r"0 < \alpha < 1, H > 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let alpha = at.number("alpha");
        let share = alpha.min(&(S::one() - alpha.clone()));
        let least = at.vector("H").iter().fold(share, |least, h| least.min(h));
        Ok(if least.is_above_zero() { least } else { -S::one() })
    }
}

/// $\alpha r < 1$.
struct Contracts;

impl Hypothesis for Contracts {
    fn tex(&self) -> &'static str {
        r"\alpha \rho(M) < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let (_, r) = weights(&sensitivities(at.matrix("K"), &at.vector("H")));
        Ok(S::one() - at.number("alpha") * r)
    }
}

enum Distance {
    Bound {
        /// Whether the factor $1/(1 - \alpha r)$ is there.
        feedback: bool,
    },
    Slope {
        /// Of the slope.
        times: i32,
    },
}

impl Property for Distance {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (k, h) = (at.matrix("K"), at.vector("H"));
        let (s, real, alpha) = (at.vector("s"), at.vector("r"), at.number("alpha"));
        let d = h.len();
        let over_h = |x: DVector<S>| DVector::from_fn(d, |i, _| x[i].clone() / h[i].clone());
        let optimum = over_h(real.clone());
        let shift = k * &optimum + &s - &real;
        let (v, r) = weights(&sensitivities(k, &h));
        let stable = |alpha: &S| -> Result<DVector<S>, LoopError> {
            let jacobian =
                DMatrix::from_fn(d, d, |i, j| alpha.clone() * k[(i, j)].clone() / h[i].clone());
            let offset = &real * (S::one() - alpha.clone()) + &s * alpha.clone();
            let offset = over_h(offset);
            if view.route == Route::Simulation {
                return settled(&jacobian, &offset);
            }
            let pull = DMatrix::<S>::identity(d, d) - jacobian;
            let x = solve(&pull, &DMatrix::from_columns(&[offset]));
            Ok(x.map_err(|_| LoopError::NoStablePoint)?.column(0).into_owned())
        };
        let size = weighted(&optimum, &v) + weighted(&over_h(s.clone()), &v);
        Ok(match self {
            Distance::Bound { feedback } => {
                let moved = stable(&alpha)? - &optimum;
                let of = |i: usize| {
                    ratio(&h, i) * norm(&shift.rows(2 * i, 2).into_owned()) / v[i].clone()
                };
                let law = (0..v.len()).map(of).fold(S::zero(), |most, x| most.max(&x));
                let mut bound = alpha.clone() * law;
                if *feedback {
                    bound /= S::one() - alpha * r;
                }
                let scale = bound.max(&size);
                vec![Side::at_most("|x* - x^r|_v", weighted(&moved, &v), bound).against(scale)]
            }
            Distance::Slope { times } => {
                let slope = over_h(shift) * S::from_int(*times);
                let mut sides = Vec::new();
                for part in [1, 16, 256] {
                    let alpha = alpha.clone() / S::from_int(part);
                    let quotient = (stable(&alpha)? - &optimum) / alpha.clone();
                    let gain = alpha.clone() * r.clone() / (S::one() - alpha.clone() * r.clone());
                    let bound = gain * weighted(&slope, &v);
                    // The quotient magnifies the rounding of the stable point by 1/α.
                    let scale = bound.max(&(size.clone() * S::from_f64(1e-3) / alpha));
                    let gap = weighted(&(quotient - &slope), &v);
                    sides.push(Side::at_most("gap of the slope", gap, bound).against(scale));
                }
                sides
            }
        })
    }
}
