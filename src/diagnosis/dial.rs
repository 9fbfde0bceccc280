//! A share of one model's mixture that can be moved.

use crate::error::LoopError;
use crate::influence::sweep::Setting;
use crate::scalar::{Exact, Scalar};
use crate::systems::{GaussianLoop, Knob, KnobSpec, LoopFile, SourceKind};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// A direction of one model's weights, per unit of the share of one kind of its data, exact.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Dial {
    pub model: usize,
    /// The kind of data whose share is moved.
    pub kind: SourceKind,
    /// The rate of every component's weight; they sum to zero.
    pub rates: Vec<BigRational>,
    /// The share now.
    pub share: BigRational,
    /// The shares at which no weight is negative.
    pub range: (BigRational, BigRational),
    /// The file's knob, if it is that one; else the other kinds keep their proportions.
    pub spec: Option<KnobSpec>,
    /// Whether data of which the file has nothing, several at once, are given equal parts.
    pub assumed: bool,
}

/// Why a share cannot be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Still {
    /// The model has no component of that kind.
    NoSuchData,
    /// The model trains on nothing else.
    NothingElse,
}

impl Dial {
    /// The share of the data of one kind, the others in proportion. Where there are none of them left, the
    /// proportions are those that there were before they were taken away.
    pub fn raising(file: &LoopFile, model: usize, kind: SourceKind) -> Result<Self, Still> {
        let mixture = file.mixture(model);
        let own: Vec<bool> = mixture.iter().map(|c| c.0.kind() == kind).collect();
        if !own.contains(&true) {
            return Err(Still::NoSuchData);
        }
        if !own.contains(&false) {
            return Err(Still::NothingElse);
        }
        let others: Vec<bool> = own.iter().map(|of| !of).collect();
        let (added, first) = parts(file, model, &own);
        let (removed, second) = parts(file, model, &others);
        let rates = added.iter().zip(&removed).map(|(add, remove)| add - remove).collect();
        let share = mixture.iter().zip(&own).filter(|(_, own)| **own).map(|(c, _)| c.1).sum();
        let range = (BigRational::zero(), BigRational::one());
        Ok(Dial { model, kind, rates, share, range, spec: None, assumed: first || second })
    }

    /// The knob of the file.
    pub fn of_knob(file: &LoopFile, spec: &KnobSpec) -> Result<Self, LoopError> {
        let system = file.default_at::<Exact>()?;
        let (knob, _) = spec.per_share(&system)?;
        let rates = knob.weights[spec.model].iter().map(|x| x.point().cloned());
        let rates: Vec<BigRational> = rates.collect::<Option<_>>().ok_or(LoopError::NotFinite)?;
        let mixture = file.mixture(spec.model);
        let front = mixture.iter().filter(|c| c.0.kind() == spec.in_front);
        let share: BigRational = front.map(|c| c.1).sum();
        let mut range = (BigRational::zero(), BigRational::one());
        for ((_, weight), rate) in mixture.iter().zip(&rates) {
            let end = || &share - *weight / rate;
            if rate.is_positive() {
                range.0 = range.0.max(end());
            } else if rate.is_negative() {
                range.1 = range.1.min(end());
            }
        }
        let (model, kind) = (spec.model, spec.in_front);
        Ok(Dial { model, kind, rates, share, range, spec: Some(spec.clone()), assumed: false })
    }

    /// The direction on a loop of the same mixtures.
    pub fn knob<S: Scalar>(&self, system: &GaussianLoop<S>) -> Knob<S> {
        let rates = |(i, m): (usize, &crate::systems::Model<S>)| {
            let still = || vec![S::zero(); m.components.len()];
            if i == self.model {
                self.rates.iter().map(S::from_rational).collect()
            } else {
                still()
            }
        };
        let no_drift =
            |m: &crate::systems::Model<S>| DVector::from_element(m.data.ncols(), S::zero());
        Knob {
            weights: system.models.iter().enumerate().map(rates).collect(),
            drift: system.models.iter().map(no_drift).collect(),
        }
    }

    /// `file` with the share at `to`, exact.
    ///
    /// # Errors
    /// If a weight would be negative.
    pub fn file_at(&self, file: &LoopFile, to: &BigRational) -> Result<LoopFile, LoopError> {
        let (lo, hi) = &self.range;
        if to < lo || hi < to {
            let [share, lo, hi] = [to, lo, hi].map(f64::from_rational);
            return Err(LoopError::ShareOutOfRange { share, lo, hi });
        }
        let by = to - &self.share;
        let mixture = file.mixture(self.model);
        let moved = mixture.iter().zip(&self.rates).map(|((_, w), rate)| *w + rate * &by);
        Ok(file.with_weights(self.model, &moved.collect::<Vec<_>>()))
    }

    /// `system`, whose share stands where the dial does, with the share at `to`.
    pub fn turned(&self, system: &GaussianLoop<f64>, to: f64) -> GaussianLoop<f64> {
        let by = to - self.at();
        if by == 0.0 { system.clone() } else { system.turned(&self.knob(system), &by) }
    }

    /// The same as a point of a sweep along the dial.
    pub fn setting(&self, system: &GaussianLoop<f64>, to: f64) -> Setting {
        let moved = self.turned(system, to);
        Setting { knob: self.knob(&moved), system: moved, share: to, shares: self.ends() }
    }

    /// The same direction where the mixtures are those of `file`.
    pub fn again(&self, file: &LoopFile) -> Option<Dial> {
        match &self.spec {
            Some(spec) => Dial::of_knob(file, spec).ok(),
            None => Dial::raising(file, self.model, self.kind).ok(),
        }
    }

    /// The same direction on a loop whose mixtures were moved along `other`.
    pub fn moved_along<S: Scalar>(
        &self,
        other: &Dial,
        system: &GaussianLoop<S>,
    ) -> Option<Knob<S>> {
        // Along itself, and along another model's mixture, a direction stays what it is.
        if self == other || self.model != other.model {
            return Some(self.knob(system));
        }
        if let Some(spec) = &self.spec {
            return spec.per_share(system).ok().map(|(knob, _)| knob);
        }
        let model = &system.models[self.model];
        let rest = S::one() - model.share(self.kind);
        if rest.is_zero() {
            return None;
        }
        let mut knob = self.knob(system);
        for (rate, c) in knob.weights[self.model].iter_mut().zip(&model.components) {
            // Within a kind another dial that moves kinds in proportion changes nothing.
            if c.source.kind() != self.kind {
                *rate = -(c.weight.clone() / rest.clone());
            }
        }
        Some(knob)
    }

    /// The range in doubles.
    pub fn ends(&self) -> (f64, f64) {
        (f64::from_rational(&self.range.0), f64::from_rational(&self.range.1))
    }

    /// The share in doubles.
    pub fn at(&self) -> f64 {
        f64::from_rational(&self.share)
    }
}

/// The parts of the components in `of` in their sum, zero for the others, where there was last something of
/// them: now, or before the shares were moved. Equal parts where there never was, and whether that is an
/// assumption: it is of more than one.
fn parts(file: &LoopFile, model: usize, of: &[bool]) -> (Vec<BigRational>, bool) {
    let now: Vec<BigRational> = file.mixture(model).into_iter().map(|c| c.1.clone()).collect();
    let before = file.mixtures_before(model).iter().rev();
    let only = |weights: &Vec<BigRational>| -> Vec<BigRational> {
        let kept =
            |(w, of): (&BigRational, &bool)| if *of { w.clone() } else { BigRational::zero() };
        weights.iter().zip(of).map(kept).collect()
    };
    let mut known = std::iter::once(&now).chain(before).map(only);
    let some = |weights: &Vec<BigRational>| weights.iter().any(|w| !w.is_zero());
    let found = known.find(some);
    let assumed = found.is_none() && of.iter().filter(|of| **of).count() > 1;
    let ones = || only(&vec![BigRational::one(); of.len()]);
    let weights = found.unwrap_or_else(ones);
    let sum: BigRational = weights.iter().sum();
    (weights.iter().map(|w| w / &sum).collect(), assumed)
}

/// The name of a kind in sentences.
pub(super) fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Real => "real",
        SourceKind::Raw => "raw",
        SourceKind::Curated => "curated",
    }
}
