//! The influence of a knob along a sweep of a parameter or of the share in front of the knob:
//! every zero of `dJ_i/dλ`, and where each regime holds (theory B7).

use super::zeros::{Zero, ZeroError, Zeros, zeros};
use super::{ModelInfluence, Regime, influences};
use crate::dynamics;
use crate::error::LoopError;
use crate::systems::{GaussianLoop, Knob, KnobSpec, LoopFile};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::HashMap;

/// A loop of a file, where its parameters and the share in front of a knob stand.
#[derive(Clone, Debug)]
pub struct Study<'a> {
    /// The loop.
    pub file: &'a LoopFile,
    /// Values of parameters; the others have their defaults.
    pub values: Vec<(String, f64)>,
    /// The change of the mixture that derivatives are along.
    pub knob: KnobSpec,
    /// The share in front of the knob; the file's own if `None`.
    pub share: Option<f64>,
}

/// A [`Study`] as a loop.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The loop.
    pub system: GaussianLoop<f64>,
    /// The knob, per unit of the share in front of it.
    pub knob: Knob<f64>,
    /// The share in front of the knob.
    pub share: f64,
    /// The shares in front of the knob, within `[0, 1]`, at which no weight is negative.
    pub shares: (f64, f64),
}

/// What is swept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// A parameter of the file.
    Parameter(String),
    /// The share in front of the knob, moved along the knob's direction.
    Share,
}

/// What a sweep found, model by model.
#[derive(Clone, Debug, PartialEq)]
pub struct Sweep {
    /// What was swept.
    pub along: Along,
    /// From here
    pub lo: f64,
    /// to here.
    pub hi: f64,
    /// In the order of the loop.
    pub models: Vec<ModelSweep>,
}

/// One model's `dJ_i/dλ` along a sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelSweep {
    /// Its name.
    pub model: String,
    /// Its zeros, increasing, each with the asymptotic rate of the loop there: at 1 or more the
    /// loop does not reach the stable point that the derivative is of.
    pub zeros: Vec<(Zero, f64)>,
    /// Around its poles, where 1 is an eigenvalue of the Jacobian.
    pub poles: Vec<(f64, f64)>,
    /// Where the presence of zeros could not be decided.
    pub unresolved: Vec<(f64, f64)>,
    /// Whether it vanishes along the whole sweep.
    pub vanishes: bool,
    /// The regimes from `lo` to `hi`; each stretch begins where the last one ends.
    pub regimes: Vec<Stretch>,
}

/// A part of a sweep with one regime throughout.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// From here
    pub lo: f64,
    /// to here.
    pub hi: f64,
    /// `None` where there is no stable point.
    pub regime: Option<Regime>,
}

/// Below this a weight is negative by rounding only.
const NO_WEIGHT: f64 = 1e-12;

/// Stretches narrower than this lie between two brackets of one change.
const NARROW: f64 = 1e-11;

/// Relative distance at which two numbers are one number computed in two ways.
const ROUNDING: f64 = 1e-12;

/// Points on which a function is tried before its zeros are looked for.
const PROBES: u32 = 17;

impl Study<'_> {
    /// The loop and the knob as they stand.
    ///
    /// # Errors
    /// An unknown parameter; a knob that turns to data the model does not have, or that does not
    /// move the share in front of it; a share that needs a negative weight.
    pub fn setting(&self) -> Result<Setting, LoopError> {
        let values: Vec<(&str, f64)> = self.values.iter().map(|(n, x)| (n.as_str(), *x)).collect();
        let mut system = self.file.at::<f64>(&values)?;
        let finite = |system: &GaussianLoop<f64>| system.models.iter().all(has_finite_channels);
        if !finite(&system) {
            return Err(LoopError::NotFinite);
        }
        let model = &self.knob.model;
        let (knob, mut share) = self.knob.per_share(&system)?;
        let shares = valid_shares(&system, &knob, *model, share);
        if let Some(to) = self.share {
            if !(shares.0 - NO_WEIGHT..=shares.1 + NO_WEIGHT).contains(&to) {
                return Err(LoopError::ShareOutOfRange { share: to, lo: shares.0, hi: shares.1 });
            }
            system = system.turned(&knob, &(to - share));
            share = to;
        }
        Ok(Setting { system, knob, share, shares })
    }

    /// The loop and the knob with `along` at `x`.
    ///
    /// # Errors
    /// As [`setting`](Self::setting).
    pub fn at(&self, along: &Along, x: f64) -> Result<Setting, LoopError> {
        let mut moved = self.clone();
        match along {
            Along::Share => moved.share = Some(x),
            Along::Parameter(name) => {
                moved.values.retain(|(given, _)| given != name);
                moved.values.push((name.clone(), x));
            }
        }
        moved.setting()
    }
}

/// All zeros of every `dJ_i/dλ` for `along` from `lo` to `hi`, each bracketed to 1e-12, and
/// the regimes between them. What is guaranteed is what [`zeros`](super::zeros) guarantees.
///
/// # Errors
/// If the loop cannot be set up at `lo` or `hi`, the interval is empty, or eigenvalues fail.
pub fn sweep(study: &Study, along: &Along, lo: f64, hi: f64) -> Result<Sweep, LoopError> {
    let models = sweep_of(&|x| study.at(along, x), lo, hi)?;
    Ok(Sweep { along: along.clone(), lo, hi, models })
}

/// The same, model by model, for whatever moves the loop and its knob from `lo` to `hi`.
///
/// # Errors
/// As [`sweep`].
pub fn sweep_of(
    at: &dyn Fn(f64) -> Result<Setting, LoopError>,
    lo: f64,
    hi: f64,
) -> Result<Vec<ModelSweep>, LoopError> {
    let names: Vec<String> = at(lo)?.system.models.iter().map(|m| m.name.clone()).collect();
    at(hi)?;
    let line = Line { at, lo, hi, known: RefCell::default() };
    names.into_iter().enumerate().map(|(i, name)| line.model(i, name)).collect()
}

fn has_finite_channels(model: &crate::systems::Model<f64>) -> bool {
    let parts = model.components.iter().map(|c| &c.channel);
    parts.chain([&model.hessian, &model.data]).all(|m| m.iter().all(|x| x.is_finite()))
}

/// Where the share in front may stand, given that it stands at `share`.
fn valid_shares(
    system: &GaussianLoop<f64>,
    knob: &Knob<f64>,
    model: usize,
    share: f64,
) -> (f64, f64) {
    let (mut lo, mut hi) = (0.0_f64, 1.0_f64);
    for (c, rate) in system.models[model].components.iter().zip(&knob.weights[model]) {
        if *rate > 0.0 {
            lo = lo.max(share - c.weight / rate);
        } else if *rate < 0.0 {
            hi = hi.min(share - c.weight / rate);
        }
    }
    (lo, hi)
}

/// A sweep in progress.
struct Line<'a> {
    at: &'a dyn Fn(f64) -> Result<Setting, LoopError>,
    lo: f64,
    hi: f64,
    /// By the bits of the point: every model and every boundary asks at the same points.
    known: RefCell<HashMap<u64, Option<Vec<ModelInfluence>>>>,
}

impl Line<'_> {
    /// The influence on model `i` at `x`; `None` where there is no stable point.
    fn influence(&self, i: usize, x: f64) -> Option<ModelInfluence> {
        let mut known = self.known.borrow_mut();
        let all = known.entry(x.to_bits()).or_insert_with(|| {
            let Setting { system, knob, .. } = (self.at)(x).ok()?;
            let stable = dynamics::stable_point(&system).ok()?;
            influences(&system, &knob, &stable).ok()
        });
        all.as_ref().map(|all| all[i].clone())
    }

    fn model(&self, i: usize, model: String) -> Result<ModelSweep, LoopError> {
        let response = |x| self.influence(i, x).map(|m| m.response);
        let (found, vanishes) = match zeros(response, self.lo, self.hi) {
            Ok(found) => (found, false),
            Err(ZeroError::IdenticallyZero { .. }) => (Zeros::default(), true),
            Err(e) => return Err(e.into()),
        };
        let rated = |zero: &Zero| {
            let rate = dynamics::rate(&(self.at)(zero.at)?.system)?;
            Ok((*zero, rate))
        };
        let regimes = self.regimes(i, &found);
        Ok(ModelSweep {
            model,
            zeros: found.zeros.iter().map(rated).collect::<Result<_, LoopError>>()?,
            poles: found.poles,
            unresolved: found.unresolved,
            vanishes,
            regimes,
        })
    }

    /// The stretches between all points where the regime of model `i` can change: the zeros and
    /// poles of the response, of the push, and of their comparison with the isolated response.
    fn regimes(&self, i: usize, of_response: &Zeros) -> Vec<Stretch> {
        let push = |m: &ModelInfluence| match m.regime {
            // What is silent is rounding.
            Regime::Indirect => Some(0.0),
            _ => Some(m.push),
        };
        let above = |m: &ModelInfluence| m.isolated.map(|s| m.response - s);
        let below = |m: &ModelInfluence| m.isolated.map(|s| m.response + s);
        let mut cuts = cuts(of_response);
        cuts.extend([self.lo, self.hi]);
        cuts.extend(self.cuts_of(i, push));
        cuts.extend(self.cuts_of(i, above));
        cuts.extend(self.cuts_of(i, below));
        cuts.sort_by(f64::total_cmp);
        let mut stretches: Vec<Stretch> = vec![];
        for ends in cuts.windows(2).filter(|ends| ends[1] - ends[0] > NARROW) {
            let regime = self.influence(i, f64::midpoint(ends[0], ends[1])).map(|m| m.regime);
            match stretches.last_mut() {
                Some(last) if last.regime == regime => last.hi = ends[1],
                Some(Stretch { hi, .. }) => {
                    let lo = *hi;
                    stretches.push(Stretch { lo, hi: ends[1], regime });
                }
                None => stretches.push(Stretch { lo: self.lo, hi: ends[1], regime }),
            }
        }
        if let Some(last) = stretches.last_mut() {
            last.hi = self.hi;
        }
        stretches
    }

    fn cuts_of(&self, i: usize, part: impl Fn(&ModelInfluence) -> Option<f64>) -> Vec<f64> {
        let value = |x| self.influence(i, x).and_then(|m| part(&m));
        // Of a difference that is zero to rounding throughout, the zeros would be noise.
        let width = self.hi - self.lo;
        let silent = (0..PROBES).all(|k| {
            let x = self.lo + width * f64::from(k) / f64::from(PROBES - 1);
            let Some(m) = self.influence(i, x) else { return true };
            let size = m.response.abs().max(m.push.abs());
            part(&m).is_none_or(|value| value.abs() <= ROUNDING * size)
        });
        if silent {
            return vec![];
        }
        zeros(value, self.lo, self.hi).map_or_else(|_| vec![], |found| cuts(&found))
    }
}

/// Where a function changes sign, has a pole, or may do either.
fn cuts(found: &Zeros) -> Vec<f64> {
    let zeros = found.zeros.iter().map(|zero| zero.at);
    let spans = found.poles.iter().chain(&found.unresolved);
    zeros.chain(spans.flat_map(|span| [span.0, span.1])).collect()
}
