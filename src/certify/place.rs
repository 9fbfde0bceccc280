//! A loop of a file at exact values, read in any arithmetic.

use crate::dynamics;
use crate::error::LoopError;
use crate::influence::{self, sweep::Along};
use crate::linalg;
use crate::scalar::{Exact, Real, Scalar};
use crate::systems::{GaussianLoop, Knob, LoopFile, RetrainingMap};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::Signed;
use std::fmt::Write;

/// A loop of a file where its parameters stand, and the share in front of its knob.
#[derive(Clone, Debug)]
pub struct Place {
    file: LoopFile,
    values: Vec<(String, BigRational)>,
    share: Option<BigRational>,
    turn: Result<Turn, String>,
}

/// The file's knob per unit of the share in front of it, exact.
#[derive(Clone, Debug)]
struct Turn {
    rates: Vec<Vec<BigRational>>,
    /// Where the file has the share.
    share: BigRational,
}

impl Place {
    /// `share`: where the share in front of the knob stands, unless where the file has it.
    ///
    /// # Errors
    /// A name that is no parameter, a loss that is not strongly convex, a share without a knob or one that
    /// needs a negative weight.
    pub fn new(
        file: LoopFile,
        values: Vec<(String, BigRational)>,
        share: Option<BigRational>,
    ) -> Result<Self, String> {
        let mut place = Place { file, values, share: None, turn: Err(String::new()) };
        let system = place.system::<Exact>().map_err(|e| e.to_string())?;
        is_strongly_convex(&system)?;
        place.turn = Turn::of(&place.file, &system);
        if let Some(share) = share {
            place.share = Some(share);
            has_weights(&place.system().map_err(|e| e.to_string())?)?;
        }
        Ok(place)
    }

    /// The file.
    pub fn file(&self) -> &LoopFile {
        &self.file
    }

    /// The values given, in the order given.
    pub fn values(&self) -> &[(String, BigRational)] {
        &self.values
    }

    /// The share given.
    pub fn share(&self) -> Option<&BigRational> {
        self.share.as_ref()
    }

    /// The file's name and all that has a value.
    pub fn name(&self) -> String {
        let mut name = self.file.name.clone();
        let given = self.values.iter().map(|(n, x)| (n.as_str(), x));
        let share = self.share.iter().map(|x| ("share", x));
        for (k, (n, x)) in given.chain(share).enumerate() {
            let before = if k == 0 { " at" } else { "," };
            let _ = write!(name, "{before} {n} = {}", super::decimals::text(x));
        }
        name
    }

    /// The loop.
    ///
    /// # Errors
    /// If a Hessian is singular in the arithmetic `S`, or there is no knob whose share could stand somewhere.
    pub fn system<S: Scalar>(&self) -> Result<GaussianLoop<S>, LoopError> {
        self.read(None)
    }

    /// The loop with `along` at `x`.
    ///
    /// # Errors
    /// As [`system`](Self::system).
    pub fn system_along<S: Scalar>(
        &self,
        along: &Along,
        x: &S,
    ) -> Result<GaussianLoop<S>, LoopError> {
        self.read(Some((along, x)))
    }

    fn read<S: Scalar>(&self, moved: Option<(&Along, &S)>) -> Result<GaussianLoop<S>, LoopError> {
        let mut values: Vec<(&str, S)> =
            self.values.iter().map(|(n, x)| (n.as_str(), S::from_rational(x))).collect();
        let mut share = self.share.as_ref().map(S::from_rational);
        match moved {
            Some((Along::Parameter(name), x)) => {
                values.retain(|(given, _)| given != name);
                values.push((name, x.clone()));
            }
            Some((Along::Share, x)) => share = Some(x.clone()),
            None => {}
        }
        let system = self.file.at(&values)?;
        let Some(share) = share else { return Ok(system) };
        let Ok(turn) = &self.turn else { return Err(LoopError::NotObserved) };
        let amount = share - S::from_rational(&turn.share);
        Ok(system.turned(&turn.knob(&system), &amount))
    }

    /// $dJ_i/d\lambda$ of every model for the file's knob at the stable point of `system`, this loop with
    /// something moved, and that point.
    ///
    /// # Errors
    /// No knob, or no stable point.
    pub fn influences<S: Scalar>(
        &self,
        system: &GaussianLoop<S>,
    ) -> Result<(DVector<S>, Vec<S>), LoopError> {
        let turn = self.turn.as_ref().map_err(|_| LoopError::NotObserved)?;
        let stable = dynamics::stable_point(system)?;
        let dx = influence::response(system, &turn.knob(system), &stable)?;
        let answer = |i: usize| {
            let gradient = system.models[i].alignment.gradient(&system.block(i, &stable));
            linalg::dot(&gradient, &system.block(i, &dx))
        };
        let answers = (0..system.blocks().len()).map(answer).collect();
        Ok((stable, answers))
    }

    /// Why there is no knob, if there is none.
    pub fn without_knob(&self) -> Option<&str> {
        self.turn.as_ref().err().map(String::as_str)
    }
}

impl Turn {
    fn of(file: &LoopFile, system: &GaussianLoop<Exact>) -> Result<Self, String> {
        let spec = file.knob.as_ref().ok_or("the file has no knob")?;
        let (knob, share) = spec.per_share(system).map_err(|e| e.to_string())?;
        let exact =
            |x: &Exact| x.point().cloned().ok_or_else(|| "a weight is no number".to_owned());
        let rates = knob.weights.iter().map(|row| row.iter().map(exact).collect());
        Ok(Turn { rates: rates.collect::<Result<_, _>>()?, share: exact(&share)? })
    }

    fn knob<S: Scalar>(&self, system: &GaussianLoop<S>) -> Knob<S> {
        let still = |m: &crate::systems::Model<S>| DVector::from_element(m.data.ncols(), S::zero());
        Knob {
            weights: self.rates.iter().map(|r| r.iter().map(S::from_rational).collect()).collect(),
            drift: system.models.iter().map(still).collect(),
        }
    }
}

/// Every loss is strongly convex, certainly.
pub(super) fn is_strongly_convex(system: &GaussianLoop<Exact>) -> Result<(), String> {
    let flat = (0..system.models.len()).find(|&i| !system.strong_convexity(i).is_above_zero());
    match flat {
        Some(i) => {
            Err(format!("the loss of model {} is not strongly convex", system.models[i].name))
        }
        None => Ok(()),
    }
}

/// No weight is negative.
pub(super) fn has_weights(system: &GaussianLoop<Exact>) -> Result<(), String> {
    let negative = |m: &&crate::systems::Model<Exact>| {
        m.components.iter().any(|c| c.weight.point().is_none_or(Signed::is_negative))
    };
    match system.models.iter().find(negative) {
        Some(m) => Err(format!("a weight of model {} would be negative", m.name)),
        None => Ok(()),
    }
}
