//! Stable points of non-linear loops: one in a stated box, and the sign of an influence there.
//!
//! With a centre $m$, a box $X = m + [-r, r]^n$ and any matrix $Y$ Krawczyk's operator is
//!
//! ```math
//! K(X) = m - Y G(m) + (I - Y\, G'(X))(X - m).
//! ```
//!
//! If $K(X)$ is inside $X$, strictly, then $G$ has exactly one zero in $X$ (R. Krawczyk, Computing 4
//! (1969); R. E. Moore, SIAM J. Numer. Anal. 14 (1977)). $G'$ is read off the equations themselves in
//! intervals with slopes, so no derivative is written by hand. There are two boxes: the stated one, in
//! which there is no other stable point, and a narrow one inside, on which the derivative of the stable
//! point is enclosed: $G_x\, dx^*/d\lambda = -G_\lambda$, solved for all matrices over the box at once.
//!
//! All numbers that a proof rests on are short decimals, and what they are does not matter for its
//! validity: an approximation that is too bad proves nothing.

use super::{Certificate, Proof};
use crate::claim::StatedPoint;
use crate::linalg;
use crate::scalar::slope::parts;
use crate::scalar::{Interval, Real, Scalar, Slope, Smooth, decimal};
use crate::systems::stationary::Equations;
use nalgebra::{DMatrix, DVector};
use num_traits::{One, Zero};

/// Digits of the centre behind the point: Newton's method in doubles finds no more.
const DIGITS: usize = 12;

/// Significant digits of the approximate inverse; with fewer a wide box is not mapped into itself.
const INVERSE_DIGITS: usize = 6;

/// Newton steps in floating point before the search for a centre is given up.
const STEPS: usize = 200;

/// Exponents of ten of the radii that are tried.
const RADII: std::ops::RangeInclusive<i32> = -12..=0;

/// A stable point in a box, and the decimals that prove it.
#[derive(Clone, Debug)]
struct Enclosed {
    /// The centre of a narrow box with the stable point in it, `n` decimals.
    centre: Vec<String>,
    /// Its radius.
    within: String,
    /// An approximate inverse of the derivative, `n × n`, row after row.
    inverse: Vec<Vec<String>>,
    /// An approximation of $dx^*/d\lambda$, `n`.
    response: Vec<String>,
    /// $dJ_p/d\lambda$ and $dJ_q/d\lambda$.
    influence: [Interval; 2],
    /// $\langle\nabla J_p, h\rangle/(1 - \lambda) = -\langle\nabla J_p, \partial F_p/\partial\lambda\rangle$,
    /// of the sign of $\rho_p$.
    force: Interval,
}

/// Proves that a loop has exactly one stable point in the box that is stated, and that influences there
/// have the signs that are.
///
/// # Errors
/// What could not be shown.
pub fn certify(stated: &StatedPoint) -> Result<Certificate, String> {
    stated.system.validate()?;
    let at = enclosed(&stated.system, &stated.centre, &stated.radius)?;
    let mut signs = Vec::new();
    for sign in &stated.signs {
        let influence = at.influence[sign.of];
        let model = ["p", "q"][sign.of];
        let right = if sign.rises { influence.is_above_zero() } else { influence.is_below_zero() };
        if !right {
            return Err(format!("dJ_{model}/dlambda is in {influence:?}"));
        }
        signs.push(format!("dJ_{model}/dlambda in {}", shown(influence)));
    }
    if stated.aligned {
        if !at.force.is_above_zero() {
            return Err(format!("<grad J_p, h>/(1 - lambda) is in {:?}", at.force));
        }
        signs.push(format!("<grad J_p, h>/(1 - lambda) in {}", shown(at.force)));
    }
    let domain = format!(
        "the loop itself: one stable point within {} of ({}) in every coordinate, {}",
        stated.radius,
        stated.centre.join(", "),
        signs.join(", "),
    );
    Ok(Certificate {
        method: "Krawczyk's operator in interval arithmetic",
        domain,
        comparisons: 2 * at.centre.len() + signs.len(),
        proof: Proof::FixedPoint {
            centre: at.centre,
            within: at.within,
            inverse: at.inverse,
            response: at.response,
        },
    })
}

/// Outward in the fourth significant digit.
fn shown(x: Interval) -> String {
    let step = 10f64.powf(x.size().max(f64::MIN_POSITIVE).log10().floor() - 3.0);
    let [lo, hi] = [(x.lo() / step).floor() - 1.0, (x.hi() / step).ceil() + 1.0];
    format!("[{:.3e}, {:.3e}]", lo * step, hi * step)
}

/// The one stable point in a box.
///
/// # Errors
/// If there may be none, or another one.
fn enclosed(
    equations: &impl Equations,
    centre: &[String],
    radius: &str,
) -> Result<Enclosed, String> {
    let n = equations.dimension();
    if centre.len() != n {
        return Err(format!("the box has {} coordinates instead of {n}", centre.len()));
    }
    let stated = numbers(centre);
    let found = approximate(equations, &stated.map(Interval::middle))
        .ok_or("Newton's method finds no stable point")?;
    let (_, derivative) = linearised(equations, &found).ok_or("the loop has no value")?;
    let inverse = linalg::inverse(&derivative.columns(0, n).into_owned())
        .map_err(|_| "the derivative at the stable point is singular")?;
    let guess = -(&inverse * derivative.column(n));
    let inverse = inverse.map(|x| significant(x, INVERSE_DIGITS));
    let approximate = inverse.map(|t| interval(&t));
    contracts(equations, &stated, interval(radius), &approximate)
        .ok_or("the stated box is not mapped into itself")?;
    let centre: Vec<String> = found.iter().map(|x| format!("{x:.DIGITS$}")).collect();
    let narrow = numbers(&centre);
    let mut radii = RADII.flat_map(|e| [1, 2, 5].map(|k| format!("{k}e{e}")));
    let holds =
        |r: String| contracts(equations, &narrow, interval(&r), &approximate).map(|over| (r, over));
    let (within, over) = radii.find_map(holds).ok_or("no narrow box is mapped into itself")?;
    let around = narrow.map(|x| x + reach(interval(&within)));
    let room = |(x, m): (&Interval, &Interval)| (interval(radius) - Real::abs(&(*x - *m))).lo();
    if around.iter().zip(&stated).any(|pair| room(pair) < 0.0) {
        return Err("the stable point is not in the stated box".into());
    }
    if !equations.positive(&around).iter().all(Real::is_above_zero) {
        return Err("a probability is not certainly positive".into());
    }
    let response: Vec<String> = guess.iter().map(|x| format!("{x:.DIGITS$}")).collect();
    let moved = solved(&over, &approximate, &response).ok_or("the response is not enclosed")?;
    let gradients = [0, 1].map(|model| gradient(equations, model, &around));
    let influence = gradients.each_ref().map(|g| linalg::dot(g, &moved));
    let force = -linalg::dot(&gradients[0], &over.slope.column(n).into_owned());
    let inverse = inverse.row_iter().map(|row| row.iter().cloned().collect()).collect();
    Ok(Enclosed { centre, within, inverse, response, influence, force })
}

fn numbers(texts: &[String]) -> DVector<Interval> {
    DVector::from_iterator(texts.len(), texts.iter().map(|t| interval(t)))
}

/// What was seen of a box that Krawczyk's operator maps into itself.
struct Contracted {
    /// The derivatives over the box by the unknowns and the share, `n × (n + 1)`.
    slope: DMatrix<Interval>,
    /// $|I - Y G'(X)|_\infty$, from above; below 1.
    beta: Interval,
}

/// Whether $K(X)$ is strictly inside `X`, so that there is exactly one zero.
fn contracts(
    equations: &impl Equations,
    centre: &DVector<Interval>,
    radius: Interval,
    inverse: &DMatrix<Interval>,
) -> Option<Contracted> {
    let n = centre.len();
    let share = Interval::from_rational(&equations.share());
    let residual = equations.residual(centre, &share).ok()?;
    let around = centre.map(|x| x + reach(radius));
    let (_, slope) = over(equations, &around, share)?;
    let newton = inverse * residual;
    let rest = DMatrix::<Interval>::identity(n, n) - inverse * slope.columns(0, n);
    let mut beta = Interval::zero();
    for i in 0..n {
        let row = rest.row(i).iter().fold(Interval::zero(), |sum, x| sum + Real::abs(x));
        // |K(X) - m| in this coordinate: a strict comparison of its largest with the radius.
        let image = Real::abs(&newton[i]) + row * radius;
        if !(radius - image).is_above_zero() {
            return None;
        }
        beta = Real::max(&beta, &row);
    }
    Some(Contracted { slope, beta })
}

/// $dx^*/d\lambda$ over the box, `n`: with $\tilde x$ near it, $A$ any of the derivatives and $b$ any of
/// the right-hand sides, $|A^{-1}b - \tilde x|_\infty \le |Y(b - A\tilde x)|_\infty/(1 - \beta)$.
fn solved(
    over: &Contracted,
    inverse: &DMatrix<Interval>,
    near: &[String],
) -> Option<DVector<Interval>> {
    let n = near.len();
    let near = numbers(near);
    let residual = -(over.slope.column(n) + over.slope.columns(0, n) * &near);
    let size = (inverse * residual).iter().fold(Interval::zero(), |m, x| m.max(&Real::abs(x)));
    let room = Interval::one() - over.beta;
    room.is_above_zero().then(|| near.map(|x| x + reach(size / room)))
}

/// $[-r, r]$.
fn reach(radius: Interval) -> Interval {
    let r = radius.size();
    Interval::new(-r, r)
}

/// $G$ and its derivatives by the unknowns and the share, `n × (n + 1)`, at `x`.
fn over<S: Smooth>(
    equations: &impl Equations,
    x: &DVector<S>,
    share: S,
) -> Option<(DVector<S>, DMatrix<S>)> {
    let n = x.len();
    let variables = DVector::from_fn(n, |i, _| Slope::variable(x[i].clone(), i, n + 1));
    let residual = equations.residual(&variables, &Slope::variable(share, n, n + 1)).ok()?;
    Some(parts(&residual, n + 1))
}

fn linearised(
    equations: &impl Equations,
    x: &DVector<f64>,
) -> Option<(DVector<f64>, DMatrix<f64>)> {
    let (value, slope) = over(equations, x, f64::from_rational(&equations.share()))?;
    value.iter().chain(&slope).all(|x| x.is_finite()).then_some((value, slope))
}

/// $\nabla J$ of a model in all unknowns, `n`.
fn gradient(equations: &impl Equations, model: usize, x: &DVector<Interval>) -> DVector<Interval> {
    let n = x.len();
    let variables = DVector::from_fn(n, |i, _| Slope::variable(x[i], i, n));
    let value = equations.alignment(model, &variables);
    DVector::from_fn(n, |i, _| value.along(i))
}

/// By Newton's method with halved steps.
fn approximate(equations: &impl Equations, start: &DVector<f64>) -> Option<DVector<f64>> {
    let n = equations.dimension();
    let mut x = start.clone();
    let (mut value, mut slope) = linearised(equations, &x)?;
    for _ in 0..STEPS {
        let step = slope.columns(0, n).into_owned().lu().solve(&value)?;
        let mut length = 1.0;
        let next = loop {
            let at = &x - &step * length;
            let seen = linearised(equations, &at).filter(|(v, _)| v.norm() < value.norm());
            let inside = equations.positive(&at).iter().all(|p| *p > 0.0);
            if let Some(seen) = seen.filter(|_| inside) {
                break Some((at, seen));
            }
            length /= 2.0;
            if length < 1e-6 {
                break None;
            }
        };
        let Some((at, seen)) = next else { break };
        x = at;
        (value, slope) = seen;
    }
    // Rounding is all that is left where no step helps.
    (value.amax() < 1e-9).then_some(x)
}

fn significant(x: f64, digits: usize) -> String {
    format!("{:.*e}", digits - 1, x)
}

/// The number that a decimal of ours says.
fn interval(text: &str) -> Interval {
    decimal(text).map_or(Interval::WHOLE, |r| Interval::from_rational(&r))
}

#[cfg(test)]
mod tests {
    use super::{DVector, Enclosed, contracts, enclosed, interval, numbers, over};
    use crate::error::LoopError;
    use crate::scalar::{Interval, Smooth, decimal};
    use crate::systems::stationary::{Equations, Mixture, OnCategories, SmallLoop};
    use nalgebra::{DMatrix, dmatrix};
    use num_rational::BigRational;

    /// Equations by hand, with one alignment, the first unknown.
    enum ByHand {
        /// $x^2 - 2 - \lambda$ at $\lambda = 0$: zeros $\pm\sqrt2$, $dx/d\lambda = 1/(2x)$.
        Root,
        /// $x + x^2$ as a map has the double fixed point 0.
        Double,
        /// $x + e^x$ as a map has no fixed point.
        None,
        /// $(x + 2y - 3, y^2 - x/4 - 3/4)$: zero at (1, 1), where the derivative is far from symmetric.
        Skew,
    }

    impl Equations for ByHand {
        fn dimension(&self) -> usize {
            if matches!(self, ByHand::Skew) { 2 } else { 1 }
        }
        fn share(&self) -> BigRational {
            decimal("0").unwrap()
        }
        fn residual<S: Smooth>(&self, x: &DVector<S>, share: &S) -> Result<DVector<S>, LoopError> {
            let square = |x: &S| x.clone() * x.clone();
            let quarters = |n: i32| S::from_int(n) / S::from_int(4);
            Ok(DVector::from_vec(match self {
                ByHand::Root => vec![square(&x[0]) - S::from_int(2) - share.clone()],
                ByHand::Double => vec![square(&x[0])],
                ByHand::None => vec![x[0].exponential()],
                ByHand::Skew => vec![
                    x[0].clone() + S::from_int(2) * x[1].clone() - S::from_int(3),
                    square(&x[1]) - quarters(1) * x[0].clone() - quarters(3),
                ],
            }))
        }
        fn alignment<S: Smooth>(&self, _: usize, x: &DVector<S>) -> S {
            x[0].clone()
        }
    }

    fn at(equations: &impl Equations, centre: &[&str], radius: &str) -> Result<Enclosed, String> {
        let centre: Vec<String> = centre.iter().map(|t| (*t).to_string()).collect();
        enclosed(equations, &centre, radius)
    }

    #[test]
    fn a_root_is_enclosed_with_its_derivative() {
        let found = at(&ByHand::Root, &["1.4"], "0.3").unwrap();
        let middle: f64 = found.centre[0].parse().unwrap();
        let within: f64 = found.within.parse().unwrap();
        assert!((middle - 2f64.sqrt()).abs() < within && within < 1e-10);
        // 1/(2 sqrt 2).
        let expected = 0.5 / 2f64.sqrt();
        let seen = found.influence[0];
        assert!(seen.contains(expected) && seen.width() < 1e-10, "{seen:?}");
        // Its mirror image is another one: no box has both, nor one whose edge they are on.
        assert!(at(&ByHand::Root, &["0.1"], "2").is_err());
        assert!(at(&ByHand::Root, &["1"], "0.4").is_err());
        assert!(at(&ByHand::Root, &["-1.4"], "0.3").is_ok());
    }

    #[test]
    fn no_fixed_point_and_a_double_one_are_not_proved() {
        for radius in ["1e-9", "1e-3", "0.1", "1", "10"] {
            for centre in ["0", "0.001", "-1", "-20"] {
                assert!(at(&ByHand::None, &[centre], radius).is_err(), "{centre} {radius}");
                assert!(at(&ByHand::Double, &[centre], radius).is_err(), "{centre} {radius}");
            }
        }
        // Whatever is taken for an inverse.
        for inverse in [1e-3, 1.0, -1.0, 50.0, 1e6] {
            let inverse = dmatrix![Interval::point(inverse)];
            for radius in ["1e-6", "0.01", "1"] {
                for none in [ByHand::Double, ByHand::None] {
                    let zero = numbers(&["0".to_string()]);
                    assert!(contracts(&none, &zero, interval(radius), &inverse).is_none());
                }
            }
        }
    }

    #[test]
    fn a_wrong_inverse_proves_nothing() {
        let found = at(&ByHand::Skew, &["1.02", "0.97"], "0.1").unwrap();
        let centre = numbers(&found.centre);
        let inverse = DMatrix::from_fn(2, 2, |i, j| interval(&found.inverse[i][j]));
        let holds = |y: &DMatrix<Interval>| {
            contracts(&ByHand::Skew, &centre, interval("1e-6"), y).is_some()
        };
        assert!(holds(&inverse));
        assert!(!holds(&inverse.transpose()) && !holds(&-&inverse));
        assert!(!holds(&(&inverse * Interval::point(3.0))));
        assert!(!holds(&DMatrix::from_element(2, 2, Interval::point(0.0))));
    }

    /// `p` alone on three categories, share $\eta = 1/4$ curated among infinitely many of its own, $e^r$
    /// with $r = (1, 0, -1)$, real data (0.2, 0.3, 0.5).
    fn alone(candidates: u32, reads: [usize; 3]) -> SmallLoop {
        let texts = |all: &[&str]| all.iter().map(|t| (*t).to_string()).collect::<Vec<_>>();
        let model = || OnCategories {
            mixture: Mixture {
                curated: "0.25".into(),
                rest: texts(&["1", "0", "0"]),
                makers: texts(&["1", "0"]),
            },
            real: texts(&["0.2", "0.3", "0.5"]),
            reward: texts(&["1", "0", "-1"]),
            reads: reads.to_vec(),
        };
        SmallLoop::Categorical { candidates, models: [model(), model()] }
    }

    /// $p = (1 - \eta) p_{ref} Z/(Z - \eta e^r)$ with $Z = \sum p e^r$, so $Z$ is the largest root of
    /// $\sum_z (1 - \eta) p_{ref}(z) Z/(Z - \eta e^{r(z)}) = 1$: by bisection.
    #[test]
    fn infinitely_many_candidates_in_isolation_have_the_closed_form() {
        let (eta, reference) = (0.25, [0.2, 0.3, 0.5]);
        let weights = [1f64.exp(), 1.0, (-1f64).exp()];
        let law =
            |z: f64| [0, 1, 2].map(|i| (1.0 - eta) * reference[i] * z / (z - eta * weights[i]));
        let (mut lo, mut hi) = (eta * weights[0] * (1.0 + 1e-9), 3.0);
        for _ in 0..200 {
            let middle = f64::midpoint(lo, hi);
            if law(middle).iter().sum::<f64>() > 1.0 { lo = middle } else { hi = middle }
        }
        let [a, b, _] = law(lo);
        let near = [a, b, a, b].map(|x| format!("{x:.4}"));
        let near = near.each_ref().map(String::as_str);
        let found = at(&alone(0, [0, 1, 2]), &near, "0.001").unwrap();
        for (text, exact) in found.centre.iter().zip([a, b, a, b]) {
            assert!((text.parse::<f64>().unwrap() - exact).abs() < 1e-9, "{text} {exact}");
        }
        // The curated share of p moves p alone, and raises what it is curated for.
        assert!(found.influence[0].lo() > 0.1 && found.force.lo() > 0.0);
        assert!(found.influence[1].size() < 1e-7);
        // With two candidates it is another point.
        assert!(at(&alone(2, [0, 1, 2]), &near, "0.001").is_err());
    }

    /// The derivative that intervals see is that of the law of a round, as the categorical family
    /// writes it down.
    #[test]
    fn slopes_are_those_of_the_family() {
        let equations = alone(2, [1, 2, 0]);
        let x = DVector::from_vec(vec![0.3, 0.3, 0.25, 0.35]);
        let (value, slope) = over(&equations, &x, 0.25).unwrap();
        let h = 1e-6;
        for j in 0..4 {
            let moved = DVector::from_fn(4, |i, _| if i == j { x[i] + h } else { x[i] });
            let (after, _) = over(&equations, &moved, 0.25).unwrap();
            let seen = (after - &value) / h;
            assert!((seen - slope.column(j)).amax() < 1e-4);
        }
        let (after, _) = over(&equations, &x, 0.25 + h).unwrap();
        assert!(((after - value) / h - slope.column(4)).amax() < 1e-4);
    }
}
