//! Identities: equations between rational functions of a loop's entries, proved at random points of a
//! finite field.
//!
//! If two quotients of polynomials differ, the numerator of their difference is a polynomial that is not
//! zero, of degree at most `D`, and vanishes at a random point of $F_p$ with probability at most $D/p$
//! (Schwartz, Zippel). The degree is bounded by reading the same formula in an arithmetic of degrees. A
//! rational identity over the integers that fails modulo `p` alone would have to have all coefficients of
//! its numerator divisible by $p = 2^{61} - 1$; the coefficients of the formulas are small, and
//! [`check`](super::check) evaluates them at large whole numbers, where no prime is involved.
//!
//! Loops with several components of one kind and maker, or without some, are no further case: only the
//! weighted sums of channels and offsets of a kind and maker enter, and a weight may be zero.

use super::Certificate;
use super::proof::{Proof, Shape};
use crate::case::{Arithmetic, Case, Influence, Probe, Route, Sample, Subject, Turn};
use crate::claim::{AnyProperty, Claim, Relation, Side};
use crate::error::LoopError;
use crate::scalar::{Degree, Residue, Scalar};
use crate::search::generator;
use crate::systems::{Alignment, Component, GaussianLoop, Model, Order, RetrainingMap, Source};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;

/// Parameters, and entries of the data, of each model: every combination is tested.
const SIZES: std::ops::RangeInclusive<usize> = 1..=3;

/// The probability with which a false identity may pass is at most two to minus this.
const SURE: f64 = 100.0;

/// Points of the field at which a formula may have no value before it is given up.
const PATIENCE: u64 = 8;

/// Why an identity is not proved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotProved {
    /// The two sides differ at a point of the field, so they differ as rational functions.
    Differs(String),
    /// The formula is not rational there, or has no value.
    Open(String),
}

/// Proves that the equations of `claim` hold for all two-model affine loops of the listed sizes for which
/// both sides are defined, whatever its hypotheses.
///
/// # Errors
/// If the sides differ, or are not rational functions of the loop's entries.
pub fn identity(claim: &Claim) -> Result<Certificate, NotProved> {
    let Some(property) = claim.property().filter(|_| claim.domain().is_none()) else {
        return Err(NotProved::Open("not an equation about two-model affine loops".into()));
    };
    let mut comparisons = 0;
    let (mut shapes, mut sure) = (Vec::new(), f64::INFINITY);
    for d_p in SIZES {
        for d_q in SIZES {
            for m_p in SIZES {
                for m_q in SIZES {
                    let shape = [d_p, d_q, m_p, m_q];
                    let (bound, bits, compared) = one_shape(property, shape)?;
                    comparisons += compared;
                    shapes.push(Shape { parameters: [d_p, d_q], data: [m_p, m_q], degree: bound });
                    sure = f64::min(sure, bits);
                }
            }
        }
    }
    let degree = shapes.iter().map(|s| s.degree).max().unwrap_or(0);
    Ok(Certificate {
        method: "identity of rational functions, at random points of the field of 2^61 - 1 elements",
        domain: format!(
            "all two-model affine loops with {} to {} parameters and entries of the data a model, for \
             which both sides are defined; degree at most {degree}, probability of error at most \
             2^-{}",
            SIZES.start(),
            SIZES.end(),
            sure.floor()
        ),
        comparisons,
        // Far below what a double counts exactly.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        proof: Proof::Identity { shapes, sure: sure.floor() as u64 },
    })
}

/// Whether a loop is of one of the sizes that identities are proved for.
pub(super) fn speaks_of<S: Scalar>(system: &GaussianLoop<S>) -> bool {
    let sizes = |m: &Model<S>| SIZES.contains(&m.dimension()) && SIZES.contains(&m.data.ncols());
    system.models.len() == 2 && system.models.iter().all(sizes)
}

/// The degree bound, minus the binary logarithm of the probability of error, and the number of
/// equations tested.
fn one_shape(
    property: &dyn AnyProperty,
    shape: [usize; 4],
) -> Result<(u64, f64, usize), NotProved> {
    let degree = degree(property, shape)?;
    let per_point = 61.0 - (degree.max(1) as f64).log2();
    if per_point < 10.0 {
        return Err(NotProved::Open(format!("degree {degree} is too high for the field")));
    }
    // One bit a point is left for points at which a formula has no value.
    let points = (SURE / (per_point - 1.0)).ceil();
    let mut left = points;
    let mut compared = 0;
    let mut index = 0;
    while left > 0.0 {
        if index as f64 > points + PATIENCE as f64 {
            return Err(NotProved::Open("a side has no value at most points".into()));
        }
        let case = Case::new(residues(shape, index));
        index += 1;
        let Ok(sides) = property.residue(&case.by(Route::Direct)) else { continue };
        if sides.is_empty() {
            return Err(NotProved::Open("nothing is asserted".into()));
        }
        for side in &sides {
            compare(side)?;
        }
        compared += sides.len();
        left -= 1.0;
    }
    Ok((degree, points * (per_point - 1.0), compared))
}

fn compare(side: &Side<Residue>) -> Result<(), NotProved> {
    if side.relation != Relation::Equal {
        return Err(NotProved::Open(format!("{} is no equation", side.what)));
    }
    let gap = side.left - side.right;
    match gap.value() {
        Some(0) => Ok(()),
        Some(_) => Err(NotProved::Differs(format!("{} fails as an identity", side.what))),
        None => Err(NotProved::Open(format!("{} is not rational", side.what))),
    }
}

/// A bound of the degree of the numerator of the difference of the sides.
fn degree(property: &dyn AnyProperty, shape: [usize; 4]) -> Result<u64, NotProved> {
    let case = Case::new(sample(shape, &mut || Degree::VARIABLE));
    let sides = property
        .degree(&case.by(Route::Direct))
        .map_err(|e| NotProved::Open(format!("no degree: {e}")))?;
    let bound = |side: &Side<Degree>| (side.left - side.right).bounds().map(|(top, _)| top);
    let bounds: Option<Vec<u64>> = sides.iter().map(bound).collect();
    let highest = bounds.and_then(|all| all.into_iter().max());
    highest.ok_or_else(|| NotProved::Open("a side is not rational".into()))
}

fn residues(shape: [usize; 4], index: u64) -> Subject<Residue> {
    let own = shape.iter().fold(index, |h, n| h * 16 + *n as u64);
    let rng = &mut generator(0x1DE7_7171, own);
    sample(shape, &mut || Residue::new(rng.random()))
}

/// A loop with all five kinds of data a model, whose entries are `entry()`; Hessians and curvatures are
/// symmetric, mixtures sum to one, and nothing else is special about them.
fn sample<S: Arithmetic>(
    [d_p, d_q, m_p, m_q]: [usize; 4],
    entry: &mut dyn FnMut() -> S,
) -> Subject<S> {
    let (d, m) = ([d_p, d_q], [m_p, m_q]);
    let mut matrix = |rows: usize, columns: usize| DMatrix::from_fn(rows, columns, |_, _| entry());
    let models = (0..2).map(|i| {
        let own = d[i];
        let symmetric =
            |m: DMatrix<S>| DMatrix::from_fn(own, own, |r, c| m[(r.max(c), r.min(c))].clone());
        let (hessian, curvature) = (symmetric(matrix(own, own)), symmetric(matrix(own, own)));
        let weights = summing_to_one(&matrix(4, 1));
        let sources = [
            Source::Real,
            Source::Raw(i),
            Source::Raw(1 - i),
            Source::Curated(i),
            Source::Curated(1 - i),
        ];
        let components = sources.into_iter().zip(weights).map(|(source, weight)| Component {
            source,
            weight,
            channel: matrix(m[i], source.maker().map_or(0, |j| d[j])),
            offset: matrix(m[i], 1).column(0).into_owned(),
            spread: 1.0,
        });
        let components = components.collect();
        let linear = matrix(own, 1).column(0).into_owned();
        let data = matrix(own, m[i]);
        let alignment = Alignment { linear, curvature };
        Model::new(["p", "q"][i].into(), hessian, data, components, alignment)
            .expect("a random matrix is invertible")
    });
    let system = GaussianLoop::new(models.collect(), Order::Simultaneous);
    let mut vector = |n: usize| DVector::from_fn(n, |_, _| entry());
    let mixture = |v: DVector<S>| {
        let all = summing_to_one(&DMatrix::from_columns(&[v]));
        [all[0].clone(), all[1].clone(), all[2].clone()]
    };
    let total = system.dimension();
    let probe = Probe {
        start: vector(total),
        other: vector(total),
        toward_p: mixture(vector(2)),
        toward_q: mixture(vector(2)),
        push_p: vector(m_p),
        push_q: vector(m_q),
    };
    Subject::Loop(Sample { system, probe })
}

/// The entries of a column, and what they lack to one.
fn summing_to_one<S: Scalar>(column: &DMatrix<S>) -> Vec<S> {
    let rest = column.iter().fold(S::one(), |rest, x| rest - x.clone());
    column.iter().cloned().chain([rest]).collect()
}

macro_rules! observed {
    ($($arithmetic:ty),*) => {$(
        impl Arithmetic for $arithmetic {
            fn observe(
                case: &Case<Self>,
                _route: Route,
                turn: Turn,
            ) -> Result<Vec<(Turn, Influence<Self>)>, LoopError> {
                super::observe::solved(case, turn)
            }
            fn spectral_radius(_: &DMatrix<Self>) -> Result<Self, LoopError> {
                Err(LoopError::NotObserved)
            }
            fn floating(_: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError> {
                Err(LoopError::NotObserved)
            }
        }
    )*};
}
observed!(Residue, Degree);

#[cfg(test)]
mod tests {
    use super::{NotProved, identity, residues, speaks_of};
    use crate::case::Subject;
    use crate::claim::Body;
    use crate::theorems;

    fn claim(id: &str) -> crate::claim::Claim {
        let (theorem, name) = id.split_once('/').unwrap();
        let entry = theorems::ALL.iter().find(|e| e.theorem.card().id == theorem).unwrap();
        entry.theorem.claims().into_iter().find(|c| c.id == name).unwrap()
    }

    #[test]
    fn formulas_that_hold_are_proved_and_those_without_their_minus_are_not() {
        for id in ["thm_e3/self#corrected", "thm_e5/cross#corrected", "thm_4_5/self_memoryless"] {
            let certificate = identity(&claim(id)).unwrap_or_else(|e| panic!("{id}: {e:?}"));
            let summary = certificate.summary();
            assert!(summary.contains("probability of error at most 2^-1"), "{summary}");
        }
        for id in ["thm_e3/self", "thm_e4/cross"] {
            assert!(matches!(identity(&claim(id)), Err(NotProved::Differs(_))), "{id}");
        }
        // Inequalities, and what needs a norm, are no identities.
        for id in ["cor_4_7/sign", "thm_3_6/rate"] {
            assert!(matches!(identity(&claim(id)), Err(NotProved::Open(_))), "{id}");
        }
    }

    /// The near misses that every ensemble refutes must not pass here either.
    #[test]
    fn near_misses_are_no_identities() {
        let mut seen = 0;
        for entry in theorems::ALL {
            let proved = |id: &str| {
                let mut claims = entry.theorem.claims().into_iter();
                claims.any(|c| c.id == id && matches!(c.body, Body::Identity { .. }))
            };
            for control in entry.theorem.controls() {
                let of = control.of;
                let version = of.split_once('#').map_or(of, |(printed, _)| printed);
                if !proved(of) && !proved(&format!("{version}@affine")) {
                    continue;
                }
                seen += 1;
                let differs = matches!(identity(&control.claim), Err(NotProved::Differs(_)));
                assert!(differs, "{}", control.claim.id);
            }
        }
        // E.3 to E.5 two each, Theorem 4.5 three, Proposition 4.1 two, 4.4 six.
        assert_eq!(seen, 17);
    }

    #[test]
    fn only_loops_of_the_sizes_tested_are_spoken_of() {
        let of = |shape| {
            let Subject::Loop(s) = residues(shape, 0) else { unreachable!() };
            speaks_of(&s.system)
        };
        assert!(of([1, 1, 1, 1]) && of([3, 1, 2, 3]) && of([3, 3, 3, 3]));
        assert!(!of([4, 1, 1, 1]) && !of([1, 1, 4, 1]) && !of([1, 1, 1, 4]) && !of([1, 4, 1, 1]));
    }
}
