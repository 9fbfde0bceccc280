//! Identities of rational functions, at random whole numbers in rational arithmetic.
//!
//! A polynomial of degree `D` that is not zero vanishes at a random point of $\{-N, \dots, N\}^k$ with
//! probability at most $D/(2N + 1)$ (Schwartz, Zippel), over the rationals themselves: no prime is
//! involved. One point of numbers of [`BITS`] bits for each size of the loops would do.

use super::Confirmed;
use super::claims::certain;
use crate::case::{Arithmetic, Case, Probe, Route, Sample, Subject};
use crate::certify::proof::Shape;
use crate::claim::{AnyProperty, Claim, Relation, Side};
use crate::scalar::{Degree, Exact};
use crate::search::generator;
use crate::systems::{Alignment, Component, GaussianLoop, Model, Order, Source};
use nalgebra::{DMatrix, DVector};
use num_bigint::BigInt;
use num_rational::BigRational;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

/// Bits of the random numbers.
const BITS: u32 = 128;

/// A false identity passes with a probability of at most two to minus this.
const SURE: f64 = 100.0;

/// Not that of the proof.
const SEED: u64 = 0xC4EC_4ED1;

/// Points at which a side has no value before the check gives up.
const PATIENCE: u64 = 4;

/// Parameters, and entries of the data, of a model that such claims are about.
const STATED: [usize; 3] = [1, 2, 3];

pub(super) fn identity(claim: &Claim, shapes: &[Shape], sure: u64) -> Result<Confirmed, String> {
    let property = claim.property().ok_or("the claim has no property")?;
    let pairs = || STATED.into_iter().flat_map(|p| STATED.map(|q| [p, q]));
    let stated: Vec<[[usize; 2]; 2]> =
        pairs().flat_map(|parameters| pairs().map(move |data| [parameters, data])).collect();
    let listed: Vec<[[usize; 2]; 2]> = shapes.iter().map(|s| [s.parameters, s.data]).collect();
    if listed != stated {
        return Err("the sizes are not all combinations of 1 to 3, each once".into());
    }
    if (sure as f64) < SURE {
        return Err(format!("a false identity may pass with probability 2^-{sure}"));
    }
    // The largest degree decides: 61 bits a point of the field, less the degree's, less one for points
    // without a value.
    let per_point = |s: &Shape| 60.0 - (s.degree.max(1) as f64).log2();
    let reached = |s: &Shape| ((SURE / per_point(s)).ceil() * per_point(s)).floor();
    let most = shapes.iter().map(reached).fold(f64::INFINITY, f64::min);
    if sure as f64 > most {
        return Err(format!("its points show 2^-{most}, not 2^-{sure}"));
    }
    for shape in shapes {
        let degree = degree(property, shape)?;
        if degree != shape.degree {
            return Err(format!("{}: the degree is {degree}", place(shape)));
        }
    }
    let found: Vec<Result<(usize, f64), String>> =
        shapes.par_iter().map(|shape| at_random(property, shape)).collect();
    let (mut comparisons, mut bits) = (0, f64::INFINITY);
    for one in found {
        let (compared, sure) = one?;
        comparisons += compared;
        bits = bits.min(sure);
    }
    let summary = format!(
        "rational arithmetic at random whole numbers of {BITS} bits, for loops of {} sizes; a false \
         identity passes with probability at most 2^-{}",
        shapes.len(),
        bits.floor()
    );
    Ok(Confirmed { summary, comparisons })
}

/// Comparisons, and minus the binary logarithm of the probability of error.
fn at_random(property: &dyn AnyProperty, shape: &Shape) -> Result<(usize, f64), String> {
    let of = |e: &str| format!("{}: {e}", place(shape));
    let per_point = f64::from(BITS) - (shape.degree.max(1) as f64).log2();
    let points = (SURE / per_point).ceil();
    let (mut compared, mut left) = (0, points);
    for index in 0.. {
        if left <= 0.0 {
            break;
        }
        if index as f64 > points + PATIENCE as f64 {
            return Err(of("a side has no value at most points"));
        }
        let own = [shape.parameters, shape.data].concat();
        let own = own.iter().fold(index, |h, n| h * 8 + *n as u64);
        let rng = &mut generator(SEED, own);
        let case = Case::new(subject(shape, &mut || whole(rng)));
        let Ok(sides) = property.exact(&case.by(Route::Direct)) else { continue };
        if sides.is_empty() {
            return Err(of("nothing is asserted"));
        }
        let holds = |s: &Side<Exact>| s.relation == Relation::Equal && certain(s);
        if let Some(s) = sides.iter().find(|s| !holds(s)) {
            return Err(of(&format!("{} is no identity", s.what)));
        }
        compared += sides.len();
        left -= 1.0;
    }
    Ok((compared, points * per_point))
}

fn place(shape: &Shape) -> String {
    format!("parameters {:?}, entries of the data {:?}", shape.parameters, shape.data)
}

fn degree(property: &dyn AnyProperty, shape: &Shape) -> Result<u64, String> {
    let case = Case::new(subject(shape, &mut || Degree::VARIABLE));
    let sides = property.degree(&case.by(Route::Direct)).map_err(|e| e.to_string())?;
    let tops: Option<Vec<u64>> =
        sides.iter().map(|s| (s.left - s.right).bounds().map(|(top, _)| top)).collect();
    tops.and_then(|all| all.into_iter().max()).ok_or("a side is not rational".into())
}

fn whole(rng: &mut Xoshiro256PlusPlus) -> Exact {
    let size = (BigInt::from(rng.random::<u64>()) << 64) + BigInt::from(rng.random::<u64>());
    // From -2^127 on, 2^128 numbers.
    Exact::from(BigRational::from_integer(size - (BigInt::from(1) << (BITS - 1))))
}

/// A loop of this shape with data of every kind and maker, all entries `entry()`.
fn subject<S: Arithmetic>(shape: &Shape, entry: &mut dyn FnMut() -> S) -> Subject<S> {
    let [p, q] = [0, 1].map(|i| model(shape, i, entry));
    let system = GaussianLoop::new(vec![p, q], Order::Simultaneous);
    let total = shape.parameters.iter().sum();
    let mut vector = |n: usize| DVector::from_fn(n, |_, _| entry());
    let probe = Probe {
        push_q: vector(shape.data[1]),
        push_p: vector(shape.data[0]),
        other: vector(total),
        start: vector(total),
        toward_q: mixture(&vector(2)),
        toward_p: mixture(&vector(2)),
    };
    Subject::Loop(Sample { system, probe })
}

fn model<S: Arithmetic>(shape: &Shape, own: usize, entry: &mut dyn FnMut() -> S) -> Model<S> {
    let (d, m) = (shape.parameters[own], shape.data[own]);
    let mut matrix = |rows: usize, columns: usize| DMatrix::from_fn(rows, columns, |_, _| entry());
    let mut components = Vec::new();
    let mut left = S::one();
    for source in
        [Source::Curated(1 - own), Source::Raw(own), Source::Curated(own), Source::Raw(1 - own)]
    {
        let weight = matrix(1, 1)[(0, 0)].clone();
        left -= weight.clone();
        let maker = source.maker().map_or(0, |j| shape.parameters[j]);
        let (channel, offset) = (matrix(m, maker), matrix(m, 1).column(0).into_owned());
        components.push(Component { source, weight, channel, offset, spread: 1.0 });
    }
    let offset = matrix(m, 1).column(0).into_owned();
    let channel = DMatrix::from_element(m, 0, S::zero());
    components.push(Component { source: Source::Real, weight: left, channel, offset, spread: 1.0 });
    let mut symmetric = || {
        let any = matrix(d, d);
        DMatrix::from_fn(d, d, |i, j| any[(i.min(j), i.max(j))].clone())
    };
    let (hessian, curvature) = (symmetric(), symmetric());
    let alignment = Alignment { linear: matrix(d, 1).column(0).into_owned(), curvature };
    Model::new(["p", "q"][own].into(), hessian, matrix(d, m), components, alignment)
        .expect("a random matrix is invertible")
}

fn mixture<S: Arithmetic>(two: &DVector<S>) -> [S; 3] {
    [two[0].clone(), S::one() - two[0].clone() - two[1].clone(), two[1].clone()]
}

#[cfg(test)]
mod tests {
    use super::{Shape, at_random, identity};
    use crate::certify::Proof;
    use crate::certify::check::find;
    use crate::claim::{Body, Claim};
    use crate::theorems;

    fn proved(claim: &Claim) -> (Vec<Shape>, u64) {
        match crate::certify::identity::identity(claim).unwrap().proof() {
            Proof::Identity { shapes, sure, .. } => (shapes.clone(), *sure),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_the_field_proves_whole_numbers_confirm() {
        let claim = find("thm_4_5/cross_memoryless@affine").unwrap();
        let (shapes, sure) = proved(&claim);
        let found = identity(&claim, &shapes, sure).unwrap();
        assert!(identity(&claim, &shapes, sure + 30).unwrap_err().contains("not 2^-"));
        // One equation a size, and one point.
        assert!(found.summary.contains("81 sizes") && found.comparisons == 81, "{found:?}");
    }

    #[test]
    fn near_misses_are_rejected_at_whole_numbers() {
        let shape = Shape { parameters: [2, 3], data: [3, 2], degree: 0 };
        let mut seen = 0;
        for entry in theorems::ALL {
            for control in entry.theorem.controls() {
                if !matches!(control.claim.body, Body::Identity { .. }) {
                    continue;
                }
                seen += 1;
                let property = control.claim.property().unwrap();
                let degree = super::degree(property, &shape).unwrap();
                let why = at_random(property, &Shape { degree, ..shape.clone() }).unwrap_err();
                assert!(why.contains("is no identity"), "{}: {why}", control.claim.id);
            }
        }
        assert_eq!(seen, 6);
    }

    #[test]
    fn altered_certificates_are_rejected() {
        let claim = find("thm_e3/cross@affine").unwrap();
        let (shapes, sure) = proved(&claim);
        let rejected = |change: &dyn Fn(&mut Vec<Shape>)| {
            let mut shapes = shapes.clone();
            change(&mut shapes);
            identity(&claim, &shapes, sure).unwrap_err()
        };
        assert!(rejected(&|s| s.truncate(80)).contains("not all combinations"));
        assert!(rejected(&|s| s[5] = s[4].clone()).contains("not all combinations"));
        assert!(rejected(&|s| s[80].parameters[0] = 2).contains("not all combinations"));
        assert!(rejected(&|s| s[7].degree -= 1).contains("the degree is"));
        assert!(identity(&claim, &shapes, 99).unwrap_err().contains("2^-99"));
        // The proof of another claim.
        let other = find("thm_4_5/self_memoryless@affine").unwrap();
        assert!(identity(&other, &shapes, sure).unwrap_err().contains("the degree is"));
    }
}
