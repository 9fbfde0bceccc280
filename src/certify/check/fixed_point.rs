//! Stable points of non-linear loops, in rational arithmetic: Krawczyk's operator evaluated again with
//! the centre, the radii and the approximate inverse of the certificate.

use super::Confirmed;
use crate::claim::StatedPoint;
use crate::scalar::slope::parts;
use crate::scalar::{Exact, Real, Slope, decimal};
use crate::systems::stationary::{Equations, SmallLoop};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// The numbers of a certificate.
pub(super) struct Numbers<'a> {
    pub(super) centre: &'a [String],
    pub(super) within: &'a str,
    pub(super) inverse: &'a [Vec<String>],
    pub(super) response: &'a [String],
}

pub(super) fn fixed_point(claim: &StatedPoint, of: &Numbers) -> Result<Confirmed, String> {
    let system = &claim.system;
    system.validate()?;
    let n = system.dimension();
    let inverse: Result<Vec<_>, String> = of.inverse.iter().map(|row| vector(row, n)).collect();
    let inverse = inverse?;
    if inverse.len() != n {
        return Err("the approximate inverse has another shape".into());
    }
    let inverse = DMatrix::from_fn(n, n, |i, j| Exact::from(inverse[i][j].clone()));
    let (stated, reach) = (vector(&claim.centre, n)?, number(&claim.radius)?);
    let (centre, within) = (vector(of.centre, n)?, number(of.within)?);
    let outside = |(c, m): (&BigRational, &BigRational)| (c - m).abs() + &within > reach;
    if centre.iter().zip(&stated).any(outside) {
        return Err("the narrow box is not inside the stated one".into());
    }
    mapped_inside(system, &stated, &reach, &inverse)
        .map_err(|why| format!("the stated box: {why}"))?;
    let (slope, beta) = mapped_inside(system, &centre, &within, &inverse)
        .map_err(|why| format!("the narrow box: {why}"))?;
    let around = boxed(&centre, &within);
    if !system.positive(&around).iter().all(Real::is_above_zero) {
        return Err("a probability is not certainly positive".into());
    }
    // |dx - x~| <= |Y(-G_lambda - G_x x~)|/(1 - beta), in the largest coordinate.
    let near = DVector::from_vec(vector(of.response, n)?).map(Exact::from);
    let left = -(slope.columns(0, n) * &near + slope.column(n));
    let sizes: Option<Vec<BigRational>> = (&inverse * left).iter().map(size).collect();
    let error = sizes.and_then(|all| all.into_iter().max()).ok_or("the response has no bound")?;
    let error = error / (BigRational::one() - beta);
    let moved = near.map(|x| x + between(&-error.clone(), &error));
    let gradient = |model: usize| {
        let x = DVector::from_fn(n, |i, _| Slope::variable(around[i].clone(), i, n));
        let value = system.alignment(model, &x);
        DVector::from_fn(n, |i, _| value.along(i))
    };
    let product = |x: &DVector<Exact>, y: &DVector<Exact>| {
        x.iter().zip(y).fold(Exact::zero(), |sum, (x, y)| sum + x.clone() * y.clone())
    };
    for sign in &claim.signs {
        let influence = product(&gradient(sign.of), &moved);
        let right = if sign.rises { influence.is_above_zero() } else { influence.is_below_zero() };
        if !right {
            return Err(format!("dJ/dlambda of model {} is in {influence}", sign.of));
        }
    }
    let force = -product(&gradient(0), &slope.column(n).into_owned());
    if claim.aligned && !force.is_above_zero() {
        return Err(format!("<grad J_p, h>/(1 - lambda) is in {force}"));
    }
    let summary = "rational arithmetic: Krawczyk's operator maps both boxes into themselves".into();
    let comparisons = 2 * n + claim.signs.len() + usize::from(claim.aligned);
    Ok(Confirmed { summary, comparisons })
}

/// The derivatives over a box, `n × (n + 1)`, and the norm of $I - Y G'$ from above.
///
/// # Errors
/// If $K(X)$ is not strictly inside.
fn mapped_inside(
    system: &SmallLoop,
    centre: &[BigRational],
    radius: &BigRational,
    inverse: &DMatrix<Exact>,
) -> Result<(DMatrix<Exact>, BigRational), String> {
    let n = centre.len();
    let share = Exact::from(system.share());
    let at = DVector::from_iterator(n, centre.iter().cloned().map(Exact::from));
    let value = system.residual(&at, &share).map_err(|e| e.to_string())?;
    let around = boxed(centre, radius);
    let x = DVector::from_fn(n, |i, _| Slope::variable(around[i].clone(), i, n + 1));
    let over = system.residual(&x, &Slope::variable(share, n, n + 1)).map_err(|e| e.to_string())?;
    let (_, slope) = parts(&over, n + 1);
    let step = inverse * value;
    let product = inverse * slope.columns(0, n);
    let mut beta = BigRational::zero();
    for i in 0..n {
        let mut row = BigRational::zero();
        for j in 0..n {
            let one = if i == j { Exact::one() } else { Exact::zero() };
            row += size(&(one - product[(i, j)].clone())).ok_or("a derivative has no bound")?;
        }
        let step = size(&step[i]).ok_or("the residual has no bound")?;
        if step + &row * radius >= *radius {
            return Err(format!("coordinate {i} may leave it"));
        }
        beta = beta.max(row);
    }
    Ok((slope, beta))
}

fn boxed(centre: &[BigRational], radius: &BigRational) -> DVector<Exact> {
    DVector::from_iterator(
        centre.len(),
        centre.iter().map(|c| between(&(c - radius), &(c + radius))),
    )
}

fn between(lo: &BigRational, hi: &BigRational) -> Exact {
    Exact::range(lo.clone(), hi.clone())
}

/// The largest absolute value.
fn size(x: &Exact) -> Option<BigRational> {
    x.ends().map(|(lo, hi)| lo.abs().max(hi.abs()))
}

fn number(text: &str) -> Result<BigRational, String> {
    decimal(text).ok_or(format!("`{text}` is no number"))
}

fn vector(texts: &[String], n: usize) -> Result<Vec<BigRational>, String> {
    if texts.len() != n {
        return Err(format!("{} numbers instead of {n}", texts.len()));
    }
    texts.iter().map(|t| number(t)).collect()
}

#[cfg(test)]
mod tests {
    use super::{Numbers, fixed_point};
    use crate::certify::check::find;
    use crate::certify::{Proof, fixed_point::certify};
    use crate::claim::{Body, StatedPoint};

    fn stated(id: &str) -> StatedPoint {
        match find(id).unwrap().body {
            Body::StablePoint(stated) => *stated,
            _ => panic!("{id} is about no stable point"),
        }
    }

    /// What the check says of the proof, changed, of `made` as one of `claimed`.
    fn checked(
        made: &StatedPoint,
        claimed: &StatedPoint,
        change: impl Fn(&mut [Vec<String>; 2], &mut String, &mut Vec<Vec<String>>),
    ) -> Result<(), String> {
        let certificate = certify(made).unwrap();
        let Proof::FixedPoint { centre, within, inverse, response } = certificate.proof() else {
            panic!("another proof")
        };
        let (mut vectors, mut within, mut inverse) =
            ([centre.clone(), response.clone()], within.clone(), inverse.clone());
        change(&mut vectors, &mut within, &mut inverse);
        let [centre, response] = &vectors;
        let of = Numbers { centre, within: &within, inverse: &inverse, response };
        fixed_point(claimed, &of).map(|_| ())
    }

    #[test]
    fn what_intervals_prove_rationals_confirm_and_nothing_else() {
        let at = stated("thm_4_5/inverted@infinite");
        let same = |_: &mut [Vec<String>; 2], _: &mut String, _: &mut Vec<Vec<String>>| {};
        assert_eq!(checked(&at, &at, same), Ok(()));
        let rejected = |claimed: &StatedPoint| checked(&at, claimed, same).unwrap_err();
        // The opposite sign, a box without the point, one too large for the proof, another loop.
        let mut other = at.clone();
        other.signs[0].rises = true;
        assert!(rejected(&other).contains("dJ/dlambda"));
        let mut other = at.clone();
        other.centre[0] = "0.59759".into();
        assert!(rejected(&other).contains("not inside"));
        let mut other = at.clone();
        other.radius = "0.1".into();
        assert!(rejected(&other).contains("the stated box"));
        let two = stated("thm_4_5/cross_falls@two");
        assert!(checked(&at, &two, same).is_err() && checked(&two, &at, same).is_err());
        // Numbers of the proof changed.
        assert!(checked(&at, &at, |_, within, _| *within = "0.01".into()).is_err());
        assert!(checked(&at, &at, |_, within, _| *within = "0".into()).is_err());
        assert!(checked(&at, &at, |_, within, _| *within = "-1".into()).is_err());
        assert!(checked(&at, &at, |[centre, _], _, _| centre[1] = "0.19804".into()).is_err());
        assert!(checked(&at, &at, |_, _, inverse| inverse[0][0] = "0".into()).is_err());
        assert!(checked(&at, &at, |_, _, inverse| inverse.swap(0, 1)).is_err());
        assert!(checked(&at, &at, |_, _, inverse| drop(inverse.remove(0))).is_err());
    }

    #[test]
    fn what_does_not_hold_is_not_certified() {
        for id in ["inverted@infinite", "cross_falls@two", "backfires@softmax"] {
            let at = stated(&format!("thm_4_5/{id}"));
            assert!(certify(&at).is_ok(), "{:?}", certify(&at).err());
            let mut other = at.clone();
            other.signs[0].rises ^= true;
            assert!(certify(&other).unwrap_err().contains("dlambda is in"));
            let mut other = at.clone();
            other.radius = "1".into();
            assert!(certify(&other).is_err());
        }
    }
}
