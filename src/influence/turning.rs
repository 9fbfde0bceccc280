//! How far a matrix can turn a vector.

use crate::linalg;
use crate::scalar::Real;
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;
use nalgebra::{DMatrix, DVector};

/// Steps of the minimisation: it is convex in one variable, and any point is a valid bound.
const STEPS: u64 = 60;

/// How far beside its minimum, relative to it, the norm's singular vectors are those of one side.
const BESIDE: f64 = 1e-6;

/// An upper bound of $\sin\omega(S)$, where $\omega(S)$ is the largest angle between $x$ and $Sx$,
/// for a square `S`: $\min_{\varepsilon > 0} |\varepsilon S - I|$, at the `ε` that floating point
/// finds best. Every `ε` gives a bound, so in exact arithmetic the bound is one for certain. Below 1
/// exactly where $x^\top S x > 0$ for all $x \ne 0$ is seen.
pub fn turning_sine<S: Real>(s: &DMatrix<S>) -> S {
    turning_bound(s, &s.map(|x| f64::midpoint(x.lower(), x.upper())))
}

/// [`turning_sine`] of `s` with the `ε` that is best for `rounded`, which should be `s` or near it: the
/// same `ε` in every arithmetic.
pub fn turning_bound<S: Real>(s: &DMatrix<S>, rounded: &DMatrix<f64>) -> S {
    let n = s.nrows();
    let at = |epsilon: f64| {
        let identity = DMatrix::<S>::identity(n, n);
        linalg::spectral_norm(&(s * S::from_f64(epsilon) - identity))
    };
    let size = linalg::spectral_norm(rounded);
    if !size.is_finite() || size == 0.0 {
        return S::one();
    }
    // At this ε the norm is at most sqrt(1 - m²/|S|²), so the bound is never worse than that.
    let simple = linalg::smallest_symmetric_eigenvalue(rounded) / (size * size);
    let best = minimiser(rounded, 2.0 / size);
    // Both are doubles, hence exact; the better one in floating point is taken.
    let value = |e: f64| linalg::spectral_norm(&(rounded * e - DMatrix::identity(n, n)));
    let epsilon = if value(best) <= value(simple) || simple <= 0.0 { best } else { simple };
    // A negative ε would bound the angle between x and -Sx.
    if epsilon > 0.0 { at(epsilon) } else { S::one() }
}

/// The `h` of length one that `S` turns furthest, `n`, in floating point: $\sin\angle(h, Sh)$ comes
/// within some $10^{-6}$ of [`turning_sine`].
///
/// Where $|\varepsilon S - I|$ is least, a top singular vector `x` with
/// $Sx \perp (\varepsilon S - I)x$ has $|\varepsilon Sx - x| = \sin\angle(x, Sx)\,|x|$. At a kink two
/// of them meet, one from either side, and such an `x` lies between the two.
pub fn widest_turn(s: &DMatrix<f64>) -> DVector<f64> {
    let n = s.nrows();
    let best = minimiser(s, 2.0 / linalg::spectral_norm(s).max(f64::MIN_POSITIVE));
    let pull = |epsilon: f64| s * epsilon - DMatrix::identity(n, n);
    let top = |epsilon: f64| {
        let m = pull(epsilon);
        let eigen = (m.transpose() * m).symmetric_eigen();
        eigen.eigenvectors.column(eigen.eigenvalues.imax()).into_owned()
    };
    let (below, at, above) = (top(best * (1.0 - BESIDE)), top(best), top(best * (1.0 + BESIDE)));
    let slope = |x: &DVector<f64>| (s * x).dot(&(pull(best) * x));
    let between = |sign: f64| {
        let mix = |t: f64| &below * (1.0 - t) + &above * (sign * t);
        let (mut lo, mut hi) = (0.0, 1.0);
        for _ in 0..60 {
            let middle = f64::midpoint(lo, hi);
            let same = (slope(&mix(middle)) > 0.0) == (slope(&mix(lo)) > 0.0);
            if same { lo = middle } else { hi = middle }
        }
        mix(lo)
    };
    let cosine = |x: &DVector<f64>| x.dot(&(s * x)) / (x.norm() * (s * x).norm());
    let candidates = [between(1.0), between(-1.0), at, below.clone(), above.clone()];
    let seen = candidates.into_iter().filter(|x| cosine(x).is_finite());
    let widest = seen.min_by(|x, y| cosine(x).total_cmp(&cosine(y)));
    widest.map_or_else(|| DVector::from_element(n, 1.0), |x| x.normalize())
}

/// The `g` of length one in the plane of `h` and `Sh`, `n`, with $\cos\angle(g, h)$ = `cosine`, on the
/// side of `h` away from `Sh`. So $g^\top Sh < 0$ exactly where `cosine` < $\sin\angle(h, Sh)$: with
/// `h` from [`widest_turn`], curation with reward gradient `g` backfires although `g` and `h` are
/// as close as any constant below $\sin\omega(S)$ lets them be.
///
/// `h` and `turned` must not be parallel.
pub fn reward_beyond<S: Real>(h: &DVector<S>, turned: &DVector<S>, cosine: &S) -> DVector<S> {
    let along = h / linalg::norm(h);
    let across = turned - &along * linalg::dot(&along, turned);
    let across = &across / linalg::norm(&across);
    let sine = (S::one() - cosine.clone() * cosine.clone()).sqrt();
    along * cosine.clone() - across * sine
}

struct Norm<'a>(&'a DMatrix<f64>);

impl CostFunction for Norm<'_> {
    type Param = f64;
    type Output = f64;
    fn cost(&self, epsilon: &f64) -> Result<f64, Error> {
        let n = self.0.nrows();
        Ok(linalg::spectral_norm(&(self.0 * *epsilon - DMatrix::identity(n, n))))
    }
}

/// Where `|εS - I|` is least on `[0, most]`; beyond `2/|S|` it exceeds its value at 0.
fn minimiser(s: &DMatrix<f64>, most: f64) -> f64 {
    // The default stops 10⁻⁵ from the minimum, which the norm's kinks would show.
    let solver = BrentOpt::new(0.0, most).set_tolerance(1e-9, 1e-12);
    let run = Executor::new(Norm(s), solver).configure(|state| state.max_iters(STEPS)).run();
    run.ok().and_then(|r| r.state.get_best_param().copied()).unwrap_or(0.5 * most)
}

#[cfg(test)]
mod tests {
    use super::{reward_beyond, turning_sine, widest_turn};
    use approx::assert_relative_eq;
    use nalgebra::{DMatrix, DVector, dmatrix, dvector};
    use proptest::prelude::*;

    fn sine(x: &DVector<f64>, y: &DVector<f64>) -> f64 {
        let cosine = x.dot(y) / (x.norm() * y.norm());
        (1.0 - cosine * cosine).max(0.0).sqrt()
    }

    proptest! {
        // The bound from above and the vector from below meet, so both are the angle.
        #[test]
        fn the_widest_turn_attains_the_bound(
            n in 1..6_usize, x in prop::collection::vec(-1.0..1.0_f64, 25), size in 0.01..0.95_f64,
        ) {
            let z = DMatrix::from_fn(n, n, |i, j| x[5 * i + j]);
            let largest = z.clone().svd(false, false).singular_values.max();
            prop_assume!(largest > 1e-3);
            let s = (DMatrix::identity(n, n) - z * (size / largest)).try_inverse().unwrap();
            let (bound, h) = (turning_sine(&s), widest_turn(&s));
            prop_assert!(h.dot(&(&s * &h)) > 0.0);
            let attained = sine(&h, &(&s * &h));
            prop_assert!(attained <= bound + 1e-7, "{attained} > {bound}");
            prop_assert!(attained >= bound - 2e-5, "{attained} far below {bound}");
        }
    }

    // diag(1, 9): tan of the angle to e_1 goes from t to 9 t; the turn is widest at t = 1/3, where
    // h is (3, 1)/sqrt(10) and Sh a multiple of (1, 3); the sine is (9 - 1)/10.
    #[test]
    fn the_widest_turn_of_a_stretch() {
        let s = dmatrix![1.0, 0.0; 0.0, 9.0];
        let h = widest_turn(&s);
        let expected = dvector![3.0, 1.0] / 10.0_f64.sqrt();
        assert_relative_eq!(h.map(f64::abs), expected, epsilon = 1e-6);
        // g at the cosine 0.6 from h = (1, 0), Sh = (1, 1): (0.6, -0.8).
        let g = reward_beyond(&dvector![2.0, 0.0], &dvector![1.0, 1.0], &0.6);
        assert_relative_eq!(g, dvector![0.6, -0.8], epsilon = 1e-15);
    }

    #[test]
    fn a_scaled_rotation_turns_by_its_angle() {
        let (sin, cos) = 0.3_f64.sin_cos();
        let s = 5.0 * dmatrix![cos, -sin; sin, cos];
        assert_relative_eq!(turning_sine(&s), sin, epsilon = 1e-8);
    }

    #[test]
    fn a_symmetric_positive_matrix_turns_by_its_condition() {
        // (c - 1)/(c + 1) with c = 9: eigenvalues 1 and 9 give 8/10. The norm has a kink there, and
        // Brent's method places it to the root of the machine's precision, times the slope.
        assert_relative_eq!(turning_sine(&dmatrix![1.0, 0.0; 0.0, 9.0]), 0.8, epsilon = 1e-6);
        assert_relative_eq!(turning_sine(&DMatrix::<f64>::identity(3, 3)), 0.0, epsilon = 1e-6);
    }

    #[test]
    fn an_indefinite_matrix_has_no_bound_below_one() {
        assert!(turning_sine(&dmatrix![1.0, 0.0; 0.0, -1.0]) >= 1.0);
        // It turns every vector by 180 degrees; -S would not turn any.
        assert!(turning_sine(&dmatrix![-2.0]) >= 1.0);
        assert!(turning_sine(&dmatrix![0.0, -1.0; 1.0, 0.0]) >= 1.0 - 1e-12);
    }

    #[test]
    fn the_bound_holds_for_every_vector_and_is_nearly_attained() {
        let s = dmatrix![1.0, 0.7; -0.2, 0.5];
        let bound = turning_sine(&s);
        let sine = |k: i32| {
            let x = nalgebra::dvector![f64::from(k).cos(), f64::from(k).sin()];
            let y = &s * &x;
            let cos = x.dot(&y) / y.norm();
            (1.0 - cos * cos).sqrt()
        };
        let worst = (0..5000).map(sine).fold(0.0, f64::max);
        assert!(worst <= bound + 1e-9, "{worst} > {bound}");
        assert!(worst >= bound - 1e-4, "{worst} is far below {bound}");
    }
}
