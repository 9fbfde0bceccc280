//! What $\kappa < 1$ says of $a = L_\theta\varepsilon_\theta/\gamma_\theta$ and
//! $b = L_\phi\varepsilon_\phi/\gamma_\phi$ alone.
//!
//! In $a, b \in [0, 1)$ the terms of $\kappa$ are $(b + 2a)/(1 - a)$, $(a + 2b)/(1 - b)$ and $a + b$. The
//! first is below one where $3a + b < 1$, the second where $a + 3b < 1$, and the third is never larger than
//! the first, because $b + 2a - (a + b)(1 - a) = a(1 + a + b)$. So $\kappa < 1$ is a quadrilateral of area
//! 1/12. The factor of a sequential round is $a + b + ab$, and
//!
//! ```math
//! a + b + ab - (a^2 + b^2 + a^2b^2) = a(1 - a) + b(1 - b) + ab(1 - ab) \ge 0,
//! ```
//!
//! so that $a + b + ab < 1$ implies $(1 + a^2)(1 + b^2) < 2$ there, not the reverse.

use super::Dominates;
use crate::prelude::*;

const REGION: &str =
    r"for all \(a, b \in [0, 1]\): \(a, b, \kappa < 1\) implies \(3a + b < 1\) and \(a + 3b < 1\)";
const INSIDE: &str =
    r"for all \(a, b \in [0, 1]\): \(3a + b < 1\) and \(a + 3b < 1\) imply \(\kappa < 1\)";
const THIRD: &str = r"for all \(a, b \in [0, 1)\): the third term of \(\kappa\), \(a + b\), is at most the first, and at most the second: it never decides";
const DOMINATES: &str =
    r"for all \(a, b \in [0, 1)\): \(\max((b+2a)/(1-a), (a+2b)/(1-b)) \ge a + ab + b\)";
const ROUND: &str = r"for all \(a, b \in [0, 1]\): \(a, b, \kappa < 1\) implies \(a + b + ab < 1\)";
const JOINT: &str =
    r"for all \(a, b \in [0, 1]\): \(a + b + ab < 1\) implies \((1 + a^2)(1 + b^2) < 2\)";

pub(super) fn claims() -> Vec<Claim> {
    let over = |id, tex, says| Claim::over(&SQUARE, id, tex, Says(says)).derived();
    vec![
        over("kappa_region", REGION, Sentence::Region).given(BelowOne).given(Given::Kappa),
        over("kappa_region_inside", INSIDE, Sentence::Kappa).given(Given::Region([3, 1])),
        over("third_term_never_decides", THIRD, Sentence::Third { factor: 1 }).given(BelowOne),
        Claim::over(
            &SQUARE,
            "kappa_dominates_everywhere",
            DOMINATES,
            Everywhere(Dominates { third_term: false }),
        )
        .given(BelowOne)
        .derived(),
        over("kappa_bounds_a_round", ROUND, Sentence::Round).given(BelowOne).given(Given::Kappa),
        over("round_bounds_joint", JOINT, Sentence::Joint).given(Given::Round),
    ]
}

pub(super) fn controls() -> Vec<Control> {
    let over = |id, tex, says| Claim::over(&SQUARE, id, tex, Says(says));
    vec![
        Control::new(
            over("kappa_region_of_a_round", REGION, Sentence::Kappa).given(Given::Round),
            "kappa_region",
            "a = b = 0.4 has a + b + ab = 0.96 and kappa = 1.2/0.6 = 2",
        ),
        Control::new(
            over("kappa_region_wider", INSIDE, Sentence::Kappa).given(Given::Region([2, 1])),
            "kappa_region_inside",
            "a = b = 0.3 has 2a + b = 0.9 and kappa = 0.9/0.7",
        ),
        Control::new(
            over("twice_the_third_term", THIRD, Sentence::Third { factor: 2 }).given(BelowOne),
            "third_term_never_decides",
            "a = 0, b = 0.5: the first term is 0.5, twice the third is 1",
        ),
        Control::new(
            over("joint_bounds_a_round", JOINT, Sentence::Round).given(Given::Joint),
            "round_bounds_joint",
            "a = b = 0.6 has (1 + 0.36)^2 = 1.85 and a + b + ab = 1.56",
        ),
        Control::new(
            over("kappa_bounds_twice_a_round", ROUND, Sentence::Twice)
                .given(BelowOne)
                .given(Given::Kappa),
            "kappa_bounds_a_round",
            "a = b = 0.24 has kappa = 0.72/0.76 and a + b + ab = 0.5376",
        )
        .built(|| Point::new().with("a", 0.24).with("b", 0.24)),
    ]
}

/// `a` and `b`.
static SQUARE: Ranges = Ranges {
    name: "unit-square",
    what: "a, b uniform in [0, 1], one in sixteen at an end",
    numbers: &[("a", 0.0, 1.0), ("b", 0.0, 1.0)],
};

fn constants<S: Arithmetic>(view: &View<S>) -> Result<[S; 2], LoopError> {
    let at = view.point()?;
    Ok([at.number("a"), at.number("b")])
}

/// Those of losses with $\gamma = L = 1$.
pub(super) fn of<S: Arithmetic>([a, b]: [S; 2]) -> Constants<S> {
    let one = S::one;
    Constants { gamma_p: one(), gamma_q: one(), l_p: one(), l_q: one(), eps_p: a, eps_q: b }
}

/// $a, b < 1$.
struct BelowOne;

impl Hypothesis for BelowOne {
    fn tex(&self) -> &'static str {
        "a, b < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let [a, b] = constants(view)?;
        Ok(S::one() - a.max(&b))
    }
}

enum Given {
    /// $\kappa < 1$.
    Kappa,
    /// $ma + nb < 1$ and $na + mb < 1$.
    Region([i32; 2]),
    /// $a + b + ab < 1$.
    Round,
    /// $(1 + a^2)(1 + b^2) < 2$.
    Joint,
}

impl Hypothesis for Given {
    fn tex(&self) -> &'static str {
        match self {
            Given::Kappa => r"\kappa < 1",
            Given::Region([3, _]) => "3a + b < 1, a + 3b < 1",
            Given::Region(_) => "2a + b < 1, a + 2b < 1",
            Given::Round => "a + b + ab < 1",
            Given::Joint => "(1 + a^2)(1 + b^2) < 2",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let [a, b] = constants(view)?;
        Ok(S::one()
            - match self {
                Given::Kappa => of([a, b]).kappa(),
                Given::Region([m, n]) => {
                    let (m, n) = (S::from_int(*m), S::from_int(*n));
                    let first = m.clone() * a.clone() + n.clone() * b.clone();
                    first.max(&(n * a + m * b))
                }
                Given::Round => round(a, b),
                Given::Joint => joint(&a, &b),
            })
    }
}

/// $a + b + ab$.
fn round<S: Arithmetic>(a: S, b: S) -> S {
    a.clone() + b.clone() + a * b
}

/// $(1 + a^2)(1 + b^2) - 1$.
fn joint<S: Arithmetic>(a: &S, b: &S) -> S {
    round(a.clone() * a.clone(), b.clone() * b.clone())
}

enum Sentence {
    Region,
    Kappa,
    /// `factor` times the third term is at most the others.
    Third {
        factor: i32,
    },
    Round,
    /// Twice that.
    Twice,
    Joint,
}

struct Says(Sentence);

impl Property for Says {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let [a, b] = constants(view)?;
        let one = S::one;
        let three = S::from_int(3);
        Ok(match self.0 {
            Sentence::Region => vec![
                Side::below("3a + b", three.clone() * a.clone() + b.clone(), one()),
                Side::below("a + 3b", a + three * b, one()),
            ],
            Sentence::Kappa => vec![Side::below("kappa", of([a, b]).kappa(), one())],
            Sentence::Third { factor } => {
                let [first, second, third] = of([a, b]).kappa_terms();
                let third = S::from_int(factor) * third;
                vec![
                    Side::at_most("against the first term", third.clone(), first),
                    Side::at_most("against the second term", third, second),
                ]
            }
            Sentence::Round => vec![Side::below("a + b + ab", round(a, b), one())],
            Sentence::Twice => {
                vec![Side::below("2(a + b + ab)", S::from_int(2) * round(a, b), one())]
            }
            Sentence::Joint => {
                vec![Side::below("a^2 + b^2 + a^2 b^2", joint(&a, &b), one())]
            }
        })
    }
}

/// The step of the proof, at numbers instead of loops.
struct Everywhere(Dominates);

impl Property for Everywhere {
    fn routes(&self) -> &'static [Route] {
        &[Route::Direct]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        Ok(self.0.among(constants(view)?))
    }
}
