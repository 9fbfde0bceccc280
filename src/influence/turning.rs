//! How far a matrix can turn a vector.

use crate::linalg;
use crate::scalar::Real;
use argmin::core::{CostFunction, Error, Executor, State};
use argmin::solver::brent::BrentOpt;
use nalgebra::DMatrix;

/// Steps of the minimisation: it is convex in one variable, and any point is a valid bound.
const STEPS: u64 = 60;

/// An upper bound of $\sin\omega(S)$, where $\omega(S)$ is the largest angle between $x$ and $Sx$,
/// for a square `S`: $\min_{\varepsilon > 0} |\varepsilon S - I|$, at the `ε` that floating point
/// finds best. Every `ε` gives a bound, so in exact arithmetic the bound is one for certain. Below 1
/// exactly where $x^\top S x > 0$ for all $x \ne 0$ is seen.
pub fn turning_sine<S: Real>(s: &DMatrix<S>) -> S {
    let rounded = s.map(|x| f64::midpoint(x.lower(), x.upper()));
    let n = s.nrows();
    let at = |epsilon: f64| {
        let identity = DMatrix::<S>::identity(n, n);
        linalg::spectral_norm(&(s * S::from_f64(epsilon) - identity))
    };
    let size = linalg::spectral_norm(&rounded);
    if !size.is_finite() || size == 0.0 {
        return S::one();
    }
    // At this ε the norm is at most sqrt(1 - m²/|S|²), so the bound is never worse than that.
    let simple = linalg::smallest_symmetric_eigenvalue(&rounded) / (size * size);
    let best = minimiser(&rounded, 2.0 / size);
    // Both are doubles, hence exact; the better one in floating point is taken.
    let value = |e: f64| linalg::spectral_norm(&(&rounded * e - DMatrix::identity(n, n)));
    let epsilon = if value(best) <= value(simple) || simple <= 0.0 { best } else { simple };
    // A negative ε would bound the angle between x and -Sx.
    if epsilon > 0.0 { at(epsilon) } else { S::one() }
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
    use super::turning_sine;
    use approx::assert_relative_eq;
    use nalgebra::{DMatrix, dmatrix};

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
