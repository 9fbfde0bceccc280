//! # An example of curation that backfires
//!
//! **Statement.** $F_p = \theta - W_1\phi - a\lambda$, $F_q = \phi - W_2\theta$ with
//!
//! ```math
//! W_1 = I, \quad W_2 = \tfrac17 \begin{pmatrix} -9 & 6 \\ 6 & 3 \end{pmatrix}, \quad a = (1, -1), \quad J_p(\theta) = \theta_1 .
//! ```
//!
//! Printed: $h = a$, $\rho_p = \sqrt2/2$, $\langle\nabla J_p, S_p a\rangle = -1/2 < 0$; it is
//! offered as a loop whose curation backfires; and after Corollary 4.7 the chain
//! $|\rho_p| < 1/\sqrt{1 + m_p^2/|S_p|^2} \approx 0.997 \le 1/\sqrt{1 + m_p^2\tau_p^2}$ is to
//! validate that corollary.
//!
//! **Hypotheses.** None are printed. The file `systems/example-4-6.toml` has the example with
//! half of θ's data curated; λ changes none of the printed numbers but $h$.
//!
//! **How it is checked.** In exact rational arithmetic with enclosed radicals on the example
//! itself; in floating point by the formula, by eigenvalues, and by running the loop.
//!
//! **Source.** Example 4.6 and the remark after Corollary 4.7 of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct BackfiringExample;

const ARITHMETIC: &str = r"\(\rho_p = \sqrt2/2\) and \(\langle\nabla J_p, S_p a\rangle = -1/2\)";
const H: &str = r"\(h = a\) (at \(\lambda = 1/2\); so for every \(\lambda \in (0, 1)\))";
const CONVERGES: &str = r"the loop of the example reaches its stable point";
const CONVERGING: &str = r"with \(W_2 = (0, 1; 0, 1/2)\) instead, \(\rho_p = \sqrt2/2\), \(dJ_p/d\lambda = -1\) and the loop converges, simultaneous and sequential both ways";
const INCREMENTAL: &str = r"the example's stable point is unique, retraining leaves it, simultaneous and sequential both ways, fine-tuning with step \(1/8\) reaches it";
const CHAIN: &str =
    r"\(|\rho_p| < 1/\sqrt{1 + m_p^2/|S_p|^2} \approx 0.997 \le 1/\sqrt{1 + m_p^2\tau_p^2}\)";
const SHORT_CHAIN: &str = r"\(|\rho_p| < 1/\sqrt{1 + m_p^2/|S_p|^2} \approx 0.997\), and Corollary 4.7 does not apply: \(a = 1\), \(b > 1\)";

impl Theorem for BackfiringExample {
    fn card(&self) -> Card {
        Card {
            id: "ex_4_6",
            title: "An example of curation that backfires",
            source: "arXiv 2605.29267, Example 4.6 and the remark after Corollary 4.7",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            printed("arithmetic", ARITHMETIC, Arithmetics { coupled: true }),
            printed("h_equals_a", H, HEqualsA { factor: false })
                .consequence(Gravity::Slip, "The factor is positive, so no sign and no cosine of the example changes"),
            printed("h_equals_a#corrected", r"\(h = (1-\lambda) a\) (at \(\lambda = 1/2\))", HEqualsA { factor: true })
                .corrected(),
            printed("loop_converges", CONVERGES, Converges)
                .reading("the example is offered as a loop whose curation backfires: retraining, simultaneous or sequential, must bring it to the stable point at which the influence is computed")
                .consequence(Gravity::Conclusion, "The paper's one worked case of curation that backfires is computed at a stable point that retraining leaves from almost every start, so that no run would show the effect. The effect is real: another coupling shows it in a loop that converges, and we suggest to replace the example"),
            Claim::instance(
                "loop_converges#corrected",
                CONVERGING,
                at("example-4-6-converging"),
                true,
                ConvergesAndInverts,
            )
            .corrected(),
            printed("incremental_converges", INCREMENTAL, OnlyIncremental).derived(),
            printed("threshold_chain", CHAIN, Chain { whole: true })
                .consequence(Gravity::Hypothesis, r"The example is said to validate Corollary 4.7, but it does not meet the conditions under which \(\tau_p\) bounds anything, so the last link of the chain fails and nothing is validated"),
            printed("threshold_chain#corrected", SHORT_CHAIN, Chain { whole: false }).corrected(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                printed("arithmetic_uncoupled", ARITHMETIC, Arithmetics { coupled: false }),
                "arithmetic",
                "without the other model S_p = I and the product is +1",
            ),
            Control::new(
                Claim::instance(
                    "converging_example_helps",
                    r"\(\rho_p > 0\) and \(dJ_p/d\lambda > 0\)",
                    at("example-4-6-converging"),
                    true,
                    Helps,
                ),
                "loop_converges#corrected",
                "dJ_p/dlambda = -1",
            ),
        ]
    }
}

fn at(system: &'static str) -> Vec<Instance> {
    vec![Instance { system, parameters: vec![] }]
}

fn printed(id: &'static str, tex: &'static str, property: impl Property + 'static) -> Claim {
    Claim::instance(id, tex, at("example-4-6"), true, property)
}

/// The printed `a`.
fn a<S: Scalar>() -> DVector<S> {
    dvector![S::one(), -S::one()]
}

/// $\rho_p = \sqrt2/2$, as a square and a sign, so that exact arithmetic can decide it.
fn rho_is_half_root_two<S: Arithmetic>(pair: &Pair<S>) -> Result<[Side<S>; 2], LoopError> {
    let h = pair.h()?;
    let inner = dot(&pair.grad_p, &h);
    let lengths = dot(&pair.grad_p, &pair.grad_p) * dot(&h, &h);
    let half = S::one() / S::from_int(2);
    Ok([
        Side::equal("rho_p^2", inner.clone() * inner.clone() / lengths.clone(), half),
        Side::positive("the sign of rho_p", inner, lengths.sqrt()),
    ])
}

struct Arithmetics {
    /// Whether `S_p` sees the second model.
    coupled: bool,
}

impl Property for Arithmetics {
    fn routes(&self) -> &'static [Route] {
        // The loop diverges, so no run settles.
        &[Route::Direct, Route::Spectrum]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = view.pair()?;
        let minus_half = -S::one() / S::from_int(2);
        let mut sides = rho_is_half_root_two(pair)?.to_vec();
        if view.route == Route::Spectrum {
            let seen = view.influence(Turn::CurateP)?.dp.clone();
            sides.push(Side::equal("dJ_p/dlambda", seen, minus_half));
            return Ok(sides);
        }
        let s = if self.coupled { pair.s_p.clone() } else { DMatrix::identity(2, 2) };
        let product = dot(&pair.grad_p, &(s * a::<S>()));
        sides.push(Side::equal("<grad J_p, S_p a>", product, minus_half));
        Ok(sides)
    }
}

struct HEqualsA {
    /// Whether the factor `1 - λ` is there.
    factor: bool,
}

impl Property for HEqualsA {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let pair = view.pair()?;
        let rest = S::one() - pair.share(0, SourceKind::Curated);
        let expected = if self.factor { a::<S>() * rest } else { a::<S>() };
        let h = pair.h()?;
        let pairs = h.iter().zip(expected.iter());
        Ok(pairs.map(|(x, y)| Side::equal("a component of h", x.clone(), y.clone())).collect())
    }
}

/// Spectral radius of a round in the three orders of two models.
fn radii<S: Arithmetic>(view: &View<S>) -> Result<Vec<S>, LoopError> {
    let system = view.system();
    let linear = system.linearise(&view.probe().start);
    let rounds =
        [Round::Simultaneous, Round::Sequential(vec![0, 1]), Round::Sequential(vec![1, 0])];
    let radius = |r: &Round| S::spectral_radius(&round_jacobian(&linear, system.blocks(), r));
    rounds.iter().map(radius).collect()
}

/// The loop's spectral radius is below one; run from a generic state, it comes nearer.
struct Converges;

impl Property for Converges {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        if view.route == Route::Simulation {
            let stable = &view.pair()?.stable;
            let mut state = view.probe().start.clone();
            let before = norm(&(&state - stable));
            for _ in 0..100 {
                state = play(view.system(), &Round::Simultaneous, &state);
            }
            let after = norm(&(&state - stable));
            return Ok(vec![Side::below("distance after 100 rounds", after, before)]);
        }
        let below = |r| Side::below("spectral radius of a round", r, S::one());
        Ok(radii(view)?.into_iter().map(below).collect())
    }
}

struct ConvergesAndInverts;

impl Property for ConvergesAndInverts {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let mut sides = Converges.sides(view)?;
        sides.extend(rho_is_half_root_two(view.pair()?)?);
        let seen = view.influence(Turn::CurateP)?.dp.clone();
        sides.push(Side::equal("dJ_p/dlambda", seen, -S::one()));
        Ok(sides)
    }
}

struct Helps;

impl Property for Helps {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let seen = view.influence(Turn::CurateP)?.dp.clone();
        Ok(vec![Side::positive("dJ_p/dlambda", seen, S::one())])
    }
}

struct OnlyIncremental;

impl Property for OnlyIncremental {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct, Route::Spectrum]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let system = view.system();
        let linear = system.linearise(&view.probe().start);
        let d = system.dimension();
        let det = determinant(&(DMatrix::<S>::identity(d, d) - &linear.jacobian));
        let mut sides = vec![Side::positive("|det(I - J)|", det.abs(), S::one())];
        let above = |r| Side::below("one against the spectral radius", S::one(), r);
        sides.extend(radii(view)?.into_iter().map(above));
        let tuned = round_jacobian(&linear, system.blocks(), &Round::Incremental(0.125));
        let radius = S::spectral_radius(&tuned)?;
        sides.push(Side::below("spectral radius of fine-tuning", radius, S::one()));
        Ok(sides)
    }
}

struct Chain {
    /// Whether the last step, to the corollary's own threshold, is included.
    whole: bool,
}

impl Property for Chain {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let (pair, c) = (view.pair()?, view.constants());
        let m = smallest_symmetric_eigenvalue(&pair.s_p);
        let threshold = |x: S| S::one() / (S::one() + x.clone() * x).sqrt();
        let by_norm = threshold(m.clone() / spectral_norm(&pair.s_p));
        let rho = cosine(&pair.grad_p, &pair.h()?).abs();
        let printed = S::from_int(997) / S::from_int(1000);
        let last_digit = S::one() / S::from_int(2000);
        let mut sides = vec![
            Side::below("|rho_p|", rho, by_norm.clone()),
            Side::at_most("0.997", (by_norm.clone() - printed).abs(), last_digit),
        ];
        if self.whole {
            sides.push(Side::at_most("the last step", by_norm, threshold(m * c.tau_p())));
        } else {
            sides.push(Side::at_most("one against a", S::one(), c.a()));
            sides.push(Side::below("one against b", S::one(), c.b()));
        }
        Ok(sides)
    }
}
