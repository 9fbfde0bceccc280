//! Structural balance: signs that no strength can change.
//!
//! `N` scalar models, $\rho(J) < 1$. If signs $s_i = \pm 1$ exist with $s_i s_j J_{ij} \ge 0$ for all
//! `i`, `j`, then $J = D|J|D$ with $D = \mathrm{diag}(s)$, $(I - J)^{-1} = D (I - |J|)^{-1} D$, and the
//! last inverse is a series of non-negative terms: the response of model `j` to a knob of model 1 has
//! the sign $s_1 s_j\,\mathrm{sign}(b_1)$ wherever a path leads from 1 to `j`, and is 0 elsewhere.

use super::super::self_influence_sign::{
    Converges, Forced, either_sign, rescaled, response, without,
};
use crate::prelude::*;

const BALANCED: &str = r"scalar models, \(\rho(J) < 1\), signs \(s\) with \(s_i s_j J_{ij} \ge 0\): \(\mathrm{sign}(dx_j^*/d\lambda) = s_1 s_j\, \mathrm{sign}(b_1)\) wherever a path leads from model 1 to \(j\), and no influence elsewhere";

pub(super) fn claims() -> Vec<Claim> {
    let property = Fixed { signed: true };
    vec![
        Claim::over(&SignedGraphs, "balanced_graph_fixes_sign", BALANCED, property)
            .given(Converges)
            .given(Forced)
            .given(Balanced)
            .derived(),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let near =
        |id, signed| Claim::over(&SignedGraphs, id, BALANCED, Fixed { signed }).given(Forced);
    let of = "balanced_graph_fixes_sign";
    vec![
        Control::new(
            near("unbalanced_graph", true).given(Converges),
            of,
            "signs along a spanning tree say nothing where a cycle is negative: 1 reaches 2 directly \
             with strength 1 and through 3 with -2",
        )
        .built(two_ways),
        Control::new(
            near("balanced_graph_of_plus_signs", false).given(Converges).given(Balanced),
            of,
            "J_21 = -1 alone is balanced with s = (1, -1), and model 2 moves against b",
        ),
        Control::new(
            near("balanced_graph_beyond_one", true).given(Balanced),
            of,
            "without rho(J) < 1 there is no series: J_11 = 2 responds with 1/(1 - 2) = -1",
        ),
    ]
}

/// Model 1 drives 2 and 3, and 3 drives 2 the other way, twice as strongly.
fn two_ways() -> Point<f64> {
    let j = dmatrix![0.0, 0.0, 0.0; 1.0, 0.0, -2.0; 1.0, 0.0, 0.0];
    Point::new().with_matrix("J", j).with("b", 1.0)
}

/// `J`, `N × N`, and the forcing `b` of model 1.
struct SignedGraphs;

impl Domain for SignedGraphs {
    fn name(&self) -> &'static str {
        "signed-graphs"
    }
    fn what(&self) -> &'static str {
        "2 to 5 scalar models, each coupling present with probability 1/2 and uniform in [0.05, 1] in \
         size, rescaled to a spectral radius uniform in (0, 0.95); signs balanced for three in four, \
         random for the others; the forcing b of model 1 uniform in [0.5, 2], of either sign"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = rng.random_range(2..=5);
        let sign = |rng: &mut Xoshiro256PlusPlus| if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let s = DVector::from_fn(n, |_, _| sign(rng));
        let balanced = index % 4 != 3;
        let j = DMatrix::from_fn(n, n, |i, k| {
            let size = if rng.random_bool(0.5) { rng.random_range(0.05..1.0) } else { 0.0 };
            size * if balanced { s[i] * s[k] } else { sign(rng) }
        });
        let j = rescaled(j, rng.random_range(0.0..0.95));
        Point::new().with_matrix("J", j).with("b", either_sign(rng))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let n = if index.is_multiple_of(2) { 2 } else { 3 };
        let from = [0.0, 0.0, 0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0];
        let j = DMatrix::from_fn(n, n, |_, _| *from.choose(rng).expect("not empty"));
        Point::new().with_matrix("J", j).with("b", 1.0)
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let j = at.matrix("J");
        let smaller = (1..j.nrows()).filter(|_| j.nrows() > 2);
        smaller.map(|k| at.clone().with_matrix("J", without(j, k))).collect()
    }
}

/// Signs along a spanning tree of each component, starting from model 1, and whether they fit all
/// couplings.
fn signs<S: Real>(j: &DMatrix<S>) -> (Vec<bool>, bool) {
    let n = j.nrows();
    let mut positive: Vec<Option<bool>> = vec![None; n];
    for start in 0..n {
        if positive[start].is_some() {
            continue;
        }
        positive[start] = Some(true);
        let mut open = vec![start];
        while let Some(i) = open.pop() {
            for k in 0..n {
                let link = if j[(i, k)].is_zero() { &j[(k, i)] } else { &j[(i, k)] };
                if positive[k].is_none() && !link.is_zero() {
                    positive[k] = Some(positive[i] == Some(link.is_above_zero()));
                    open.push(k);
                }
            }
        }
    }
    let positive: Vec<bool> = positive.into_iter().map(|s| s == Some(true)).collect();
    let fits = (0..n).all(|i| {
        let fits = |k: usize| {
            j[(i, k)].is_zero() || j[(i, k)].is_above_zero() == (positive[i] == positive[k])
        };
        (0..n).all(fits)
    });
    (positive, fits)
}

/// Models that a path leads to from model 1: `k` trains on `i` where $J_{ki} \ne 0$.
fn reached<S: Scalar>(j: &DMatrix<S>) -> Vec<bool> {
    let mut seen = vec![false; j.nrows()];
    seen[0] = true;
    let mut open = vec![0];
    while let Some(i) = open.pop() {
        for k in 0..j.nrows() {
            if !seen[k] && !j[(k, i)].is_zero() {
                seen[k] = true;
                open.push(k);
            }
        }
    }
    seen
}

/// $s_i s_j J_{ij} \ge 0$ for some signs.
struct Balanced;

impl Hypothesis for Balanced {
    fn tex(&self) -> &'static str {
        r"s_i s_j J_{ij} \ge 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(if signs(view.point()?.matrix("J")).1 { S::one() } else { -S::one() })
    }
}

/// Every response has the sign that the graph gives it.
struct Fixed {
    /// Whether the signs `s` count; all plus otherwise.
    signed: bool,
}

impl Property for Fixed {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let (j, b) = (at.matrix("J"), at.number("b"));
        let x = response(view)?;
        let scale = norm(x) / b.abs();
        let (positive, reached) = (signs(j).0, reached(j));
        let side = |k: usize| {
            let own = x[k].clone() / b.clone();
            if !reached[k] {
                return Side::equal("response of a model without a path", own, S::zero())
                    .against(scale.clone());
            }
            let signed = if positive[k] || !self.signed { own } else { -own };
            Side::positive("s_1 s_j times the response of model j to b = 1", signed, scale.clone())
        };
        Ok((0..x.len()).map(side).collect())
    }
}
