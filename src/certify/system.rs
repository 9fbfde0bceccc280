//! What is certain of one loop at exact values of its parameters.
//!
//! The loop is read in intervals, decimals enclosed. Each fact is a quantity with an enclosure, and what it
//! says follows from the enclosure alone: a spectral radius below 1, a positive derivative.

use super::place::Place;
use super::{Certificate, Proof, decimals};
use crate::case::Arithmetic;
use crate::dynamics::round_jacobian;
use crate::error::LoopError;
use crate::influence::{Constants, Pair, cosine};
use crate::linalg;
use crate::scalar::{Interval, Real, decimal};
use crate::systems::{GaussianLoop, LoopFile, Order, RetrainingMap, Round};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// Something about a loop that has a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "quantity", rename_all = "kebab-case")]
pub enum Quantity {
    /// An entry of the stable point.
    StablePoint {
        /// Of this model.
        model: String,
        /// Its position in the model's parameters, from 0.
        entry: usize,
    },
    /// The spectral radius of the Jacobian of a round.
    SpectralRadius {
        /// How the round is run.
        round: Turns,
    },
    /// $\gamma_i$: the loss is that strongly convex.
    StrongConvexity {
        /// Of this model.
        model: String,
    },
    /// $m_i$, the least eigenvalue of $(S_i + S_i^\top)/2$.
    LeastEigenvalue {
        /// Of this model.
        model: String,
    },
    /// $|S_i|$.
    Norm {
        /// Of this model.
        model: String,
    },
    /// $\rho_p$ or $\rho_q$ (Eqs. (10) and (11)).
    Cosine {
        /// Of this model.
        model: String,
    },
    /// $a = L_\theta\varepsilon_\theta/\gamma_\theta$.
    A,
    /// $b = L_\phi\varepsilon_\phi/\gamma_\phi$.
    B,
    /// $\kappa$ of Theorem 3.6.
    Kappa,
    /// $dJ_i/d\lambda$ for the file's knob.
    Influence {
        /// Of this model.
        model: String,
    },
}

/// How the models take turns in a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Turns {
    /// All at once.
    Simultaneous,
    /// In this order.
    Sequential(Vec<String>),
    /// One gradient step each, of the file's length.
    Incremental,
}

impl Turns {
    /// The round in a loop of this file; `None` if it has no such models or no step.
    pub(super) fn round(&self, file: &LoopFile) -> Option<Round> {
        match self {
            Turns::Simultaneous => Some(Round::Simultaneous),
            Turns::Sequential(order) => {
                let names = file.model_names();
                let position = |name: &String| names.iter().position(|n| n == name);
                let order: Vec<usize> = order.iter().map(position).collect::<Option<_>>()?;
                let whole = (0..names.len()).all(|i| order.contains(&i));
                (whole && order.len() == names.len()).then_some(Round::Sequential(order))
            }
            Turns::Incremental => match file.order {
                Order::Incremental { step } => Some(Round::Incremental(step)),
                _ => None,
            },
        }
    }

    fn name(&self) -> String {
        match self {
            Turns::Simultaneous => "the simultaneous round".into(),
            Turns::Sequential(order) => format!("the sequential round {}", order.join(", ")),
            Turns::Incremental => "the incremental round".into(),
        }
    }
}

/// A quantity with an enclosure of its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Of what.
    #[serde(flatten)]
    pub quantity: Quantity,
    /// An exact decimal that the value is not below.
    pub lo: String,
    /// An exact decimal that the value is not above.
    pub hi: String,
}

impl Fact {
    fn new(quantity: Quantity, value: Interval) -> Option<Self> {
        let [lo, hi] = decimals::outward(value)?.each_ref().map(decimals::text);
        Some(Fact { quantity, lo, hi })
    }

    /// The ends of the enclosure; `None` if they are no numbers or in the wrong order.
    pub fn ends(&self) -> Option<[BigRational; 2]> {
        let (lo, hi) = (decimal(&self.lo)?, decimal(&self.hi)?);
        (lo <= hi).then_some([lo, hi])
    }

    /// What follows from the enclosure, in words; `None` where it says nothing but the value.
    pub fn says(&self) -> Option<String> {
        let [lo, hi] = self.ends()?;
        let side = |of: &BigRational| match (lo.cmp(of), hi.cmp(of)) {
            (Ordering::Greater, _) => Some(Ordering::Greater),
            (_, Ordering::Less) => Some(Ordering::Less),
            _ => None,
        };
        let (zero, one) = (BigRational::zero(), BigRational::one());
        let says = match (&self.quantity, side(&zero), side(&one)) {
            (Quantity::SpectralRadius { .. }, _, Some(Ordering::Less)) => {
                "converges from every start"
            }
            (Quantity::SpectralRadius { .. }, _, Some(Ordering::Greater)) => {
                "does not converge, from almost every start"
            }
            (Quantity::StrongConvexity { .. }, Some(Ordering::Greater), _) => "strongly convex",
            (Quantity::Kappa, _, Some(Ordering::Less)) => "Theorem 3.6 applies",
            (Quantity::Kappa, _, Some(Ordering::Greater)) => "Theorem 3.6 says nothing here",
            (
                Quantity::LeastEigenvalue { .. }
                | Quantity::Cosine { .. }
                | Quantity::Influence { .. },
                Some(sign),
                _,
            ) => {
                if sign == Ordering::Greater {
                    "positive"
                } else {
                    "negative"
                }
            }
            _ => return None,
        };
        Some(says.into())
    }
}

impl Quantity {
    /// As a table has it.
    pub fn name(&self) -> String {
        match self {
            Quantity::StablePoint { model, entry } => format!("stable point, {model}[{entry}]"),
            Quantity::SpectralRadius { round } => format!("spectral radius of {}", round.name()),
            Quantity::StrongConvexity { model } => format!("gamma_{model}"),
            Quantity::LeastEigenvalue { model } => format!("m_{model}"),
            Quantity::Norm { model } => format!("|S_{model}|"),
            Quantity::Cosine { model } => format!("rho_{model}"),
            Quantity::A => "a".into(),
            Quantity::B => "b".into(),
            Quantity::Kappa => "kappa".into(),
            Quantity::Influence { model } => format!("dJ_{model}/dlambda"),
        }
    }

    /// Whether something is to be decided of it, and not only its value known.
    fn decides(&self) -> bool {
        use Quantity::{Cosine, Influence, Kappa, LeastEigenvalue, SpectralRadius};
        matches!(
            self,
            SpectralRadius { .. }
                | Kappa
                | LeastEigenvalue { .. }
                | Cosine { .. }
                | Influence { .. }
        )
    }
}

/// What could be shown of a loop, and what not.
#[derive(Clone, Debug)]
pub struct Known {
    /// With their enclosures. That the loop has exactly one stable point is shown where one is enclosed.
    pub facts: Vec<Fact>,
    /// What was not shown, and why.
    pub not_shown: Vec<String>,
}

impl Known {
    fn add(&mut self, quantity: Quantity, value: Interval) {
        let name = quantity.name();
        let decides = quantity.decides();
        match Fact::new(quantity, value) {
            Some(fact) => {
                if decides && fact.says().is_none() {
                    let against = i32::from(matches!(
                        fact.quantity,
                        Quantity::SpectralRadius { .. } | Quantity::Kappa
                    ));
                    self.not_shown.push(format!("on which side of {against} {name} is"));
                }
                self.facts.push(fact);
            }
            None => self.not_shown.push(format!("{name}: it could not be bounded")),
        }
    }
}

/// Everything that intervals show of a loop, with a certificate of it.
///
/// # Errors
/// If the loop cannot be set up, or nothing could be shown.
pub fn known(place: &Place) -> Result<(Known, Certificate), String> {
    let system = place.system::<Interval>().map_err(undecided)?;
    let mut known = Known { facts: vec![], not_shown: vec![] };
    let names: Vec<String> = system.models.iter().map(|m| m.name.clone()).collect();
    let of = |i: usize| names[i].clone();
    for i in 0..names.len() {
        known.add(Quantity::StrongConvexity { model: of(i) }, system.strong_convexity(i));
    }
    match crate::dynamics::stable_point(&system) {
        Ok(stable) => stable_point(&mut known, &system, &stable),
        Err(_) => known.not_shown.push("that there is exactly one stable point".into()),
    }
    rounds(&mut known, place, &system);
    match place.without_knob() {
        Some(why) => known.not_shown.push(format!("dJ/dlambda: {why}")),
        None => match place.influences(&system) {
            Ok((_, answers)) => {
                for (i, x) in answers.into_iter().enumerate() {
                    known.add(Quantity::Influence { model: of(i) }, x);
                }
            }
            Err(e) => known.not_shown.push(format!("dJ/dlambda: {}", undecided(e))),
        },
    }
    if names.len() == 2 {
        of_a_pair(&mut known, system);
    }
    if known.facts.is_empty() {
        return Err("nothing could be shown".into());
    }
    let certificate = Certificate {
        method: "interval arithmetic with verified linear algebra",
        domain: place.name(),
        comparisons: known.facts.len(),
        proof: Proof::System {
            values: super::zeros::texts(place.values()),
            share: place.share().map(decimals::text),
            facts: known.facts.clone(),
        },
    };
    Ok((known, certificate))
}

/// What an error means where values are only enclosed.
fn undecided(e: LoopError) -> String {
    match e {
        LoopError::SingularHessian { .. } | LoopError::NoStablePoint => {
            "whether a matrix is singular could not be decided".into()
        }
        e => e.to_string(),
    }
}

/// What facts say, in one sentence.
pub fn sentence(facts: &[Fact]) -> String {
    let mut all = Vec::new();
    if facts.iter().any(|f| matches!(f.quantity, Quantity::StablePoint { .. })) {
        all.push("there is exactly one stable point".to_owned());
    }
    for fact in facts {
        if let Some(says) = fact.says() {
            all.push(format!("{}: {says}", fact.quantity.name()));
        }
    }
    if all.is_empty() { "the enclosures".into() } else { all.join("; ") }
}

fn stable_point(known: &mut Known, system: &GaussianLoop<Interval>, stable: &DVector<Interval>) {
    for (i, model) in system.models.iter().enumerate() {
        for (entry, x) in system.block(i, stable).iter().enumerate() {
            known.add(Quantity::StablePoint { model: model.name.clone(), entry }, *x);
        }
    }
}

/// The simultaneous round, the sequential one in the order of the models, and the file's own.
fn rounds(known: &mut Known, place: &Place, system: &GaussianLoop<Interval>) {
    let names: Vec<String> = system.models.iter().map(|m| m.name.clone()).collect();
    let mut all = vec![Turns::Simultaneous, Turns::Sequential(names.clone())];
    match &system.order {
        Order::Sequential(order) => {
            let own = Turns::Sequential(order.iter().map(|&i| names[i].clone()).collect());
            if !all.contains(&own) {
                all.push(own);
            }
        }
        Order::Incremental { .. } => all.push(Turns::Incremental),
        Order::Switching { .. } => {
            known.not_shown.push("anything about rounds in random order".into());
        }
        Order::Simultaneous => {}
    }
    let zero = DVector::from_element(system.dimension(), Interval::zero());
    let linear = system.linearise(&zero);
    for turns in all {
        let Some(round) = turns.round(place.file()) else { continue };
        let jacobian = round_jacobian(&linear, system.blocks(), &round);
        let radius =
            <Interval as Arithmetic>::spectral_radius(&jacobian).unwrap_or(Interval::WHOLE);
        // One step beyond the double, so that the radius is strictly below the upper end.
        let radius = Interval::new(radius.lo(), radius.hi().next_up());
        known.add(Quantity::SpectralRadius { round: turns }, radius);
    }
}

/// What the paper names of two models.
fn of_a_pair(known: &mut Known, system: GaussianLoop<Interval>) {
    let constants = Constants::of(&system);
    known.add(Quantity::A, constants.a());
    known.add(Quantity::B, constants.b());
    if constants.a().hi() < 1.0 && constants.b().hi() < 1.0 {
        known.add(Quantity::Kappa, constants.kappa());
    } else {
        // κ is at least a + b, and means no more than that.
        known.not_shown.push("kappa: it has no meaning unless a < 1 and b < 1".into());
    }
    let of = |i: usize| system.models[i].name.clone();
    let names = [of(0), of(1)];
    let pair = match Pair::new(system) {
        Ok(pair) => pair,
        Err(e) => return known.not_shown.push(format!("S and C: {e}")),
    };
    for (model, s) in names.iter().zip([&pair.s_p, &pair.s_q]) {
        let least = linalg::smallest_symmetric_eigenvalue(s);
        known.add(Quantity::LeastEigenvalue { model: model.clone() }, least);
        known.add(Quantity::Norm { model: model.clone() }, linalg::spectral_norm(s));
    }
    match cosines(&pair) {
        Ok(cosines) => {
            for (model, x) in names.into_iter().zip(cosines) {
                // Of a vector that vanishes the cosine is set to 0, and has no value.
                if x.is_zero() {
                    known.not_shown.push(format!("rho_{model}: a vector vanishes"));
                } else {
                    known.add(Quantity::Cosine { model }, x);
                }
            }
        }
        Err(e) => known.not_shown.push(format!("rho: {e}")),
    }
}

/// $\rho_p$ and $\rho_q$.
fn cosines<S: Real>(pair: &Pair<S>) -> Result<[S; 2], LoopError> {
    let h = pair.h()?;
    Ok([cosine(&pair.grad_p, &h), cosine(&pair.grad_q, &(&pair.c_q * &h))])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::Scalar;
    use crate::systems::shipped;

    /// Read over a piece of a parameter's range, exact zeros stay zero, and what the paper names is
    /// enclosed for every value in the piece.
    #[test]
    fn pieces_of_a_range_are_read_whole() {
        fn pair<S: Real>(t: S) -> Pair<S> {
            Pair::new(shipped::get("paper-5-1-code").unwrap().at(&[("t", t)]).unwrap()).unwrap()
        }
        fn named<S: Real>(pair: &Pair<S>) -> Vec<S> {
            let mut all = cosines(pair).unwrap().to_vec();
            for s in [&pair.s_p, &pair.s_q] {
                all.extend([linalg::smallest_symmetric_eigenvalue(s), linalg::spectral_norm(s)]);
            }
            all
        }
        for (lo, hi) in [(0.05, 0.052), (0.5, 0.503), (0.997, 1.0)] {
            let piece = pair(Interval::new(lo, hi));
            let enclosed = named(&piece);
            // A piece of a sixteenth is enclosed at least eight times as closely.
            let part = named(&pair(Interval::new(lo, lo + (hi - lo) / 16.0)));
            for (x, closer) in enclosed.iter().zip(part) {
                assert!(closer.width() < x.width() / 8.0, "{closer:?} in {x:?}");
            }
            for k in 0..=4 {
                let at = pair(lo + (hi - lo) * f64::from(k) / 4.0);
                for (x, seen) in enclosed.iter().zip(named(&at)) {
                    let slack = 1e-12 * seen.abs();
                    assert!(x.lo() <= seen + slack && seen - slack <= x.hi(), "{x:?} {seen}");
                }
                // Block i of 12 touches itself alone.
                for (s, seen) in [(&piece.s_p, &at.s_p), (&piece.c_q, &at.c_q)] {
                    for ((i, j), x) in
                        (0..24).flat_map(|i| (0..24).map(move |j| (i, j))).map(|at| (at, s[at]))
                    {
                        assert_eq!(x.is_zero(), i / 2 != j / 2, "({i}, {j}): {x:?}");
                        assert!(x.lo() <= seen[(i, j)] + 1e-12 && seen[(i, j)] - 1e-12 <= x.hi());
                    }
                }
            }
            let j = piece.system.linearise(&piece.stable).jacobian;
            assert!(j.iter().filter(|x| x.is_zero()).count() == 48 * 48 - 24 - 48);
        }
        // Decimals are enclosed: a tenth is no double.
        assert!(Interval::from_rational(&decimal("0.1").unwrap()).width() > 0.0);
    }
}
