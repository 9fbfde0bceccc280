//! Loops on a grid of one or two numbers: stable point, rate and influences of each.

use super::Regime;
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::{ModelInfluence, influences};
use crate::systems::{GaussianLoop, KnobSpec, LoopFile, SourceKind};
use rayon::prelude::*;
use serde::Serialize;

/// What an axis of a grid moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// A parameter of the file.
    Parameter(String),
    /// The share in front of the knob, along the knob's direction.
    Share,
    /// The share of one kind of data of a model; its other kinds keep their proportions.
    Kind {
        /// Position of the model.
        model: usize,
        /// Its name.
        name: String,
        /// The kind of data.
        #[serde(skip)]
        kind: SourceKind,
    },
}

/// One axis: what it moves and to which values.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ticks {
    /// What is moved.
    pub along: Along,
    /// The least value
    pub lo: f64,
    /// and the greatest.
    pub hi: f64,
    /// All of them, equally spaced.
    pub values: Vec<f64>,
}

/// What is swept of a loop.
#[derive(Clone, Debug)]
pub struct Sweep<'a> {
    /// The loop.
    pub file: &'a LoopFile,
    /// Values of parameters; the others have their defaults.
    pub values: Vec<(String, f64)>,
    /// The change of the mixture that derivatives are along.
    pub knob: KnobSpec,
    /// Horizontal.
    pub x: Ticks,
    /// Vertical.
    pub y: Option<Ticks>,
}

/// The loops of a [`Sweep`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grid {
    /// The loop's name.
    pub system: String,
    /// The models, in the order of the file.
    pub models: Vec<String>,
    /// What the knob brings more of, as `curated data for p`.
    pub knob: String,
    /// The share in front of the knob, as `curated share of p`.
    pub share: String,
    /// Horizontal.
    pub x: Ticks,
    /// Vertical; without it there is one row.
    pub y: Option<Ticks>,
    /// Row by row from the least `y`; a row from the least `x`.
    #[serde(skip)]
    pub cells: Vec<Cell>,
}

/// The loop at one place of a grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Spectral radius of a round; none where there is no such loop.
    pub rate: Option<f64>,
    /// What more curation does to each model; none without a stable point.
    pub models: Option<Vec<ModelInfluence>>,
}

/// Why a grid was not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Stop;

/// Below this a weight is negative by rounding only.
const NO_WEIGHT: f64 = 1e-12;

impl Ticks {
    /// `steps` values from `lo` to `hi`, both included.
    ///
    /// # Panics
    /// With fewer than two.
    pub fn new(along: Along, (lo, hi): (f64, f64), steps: usize) -> Self {
        assert!(steps > 1, "a range has two ends");
        let at = |k: usize| {
            let part = k as f64 / (steps - 1) as f64;
            // The ends as they were given.
            if k + 1 == steps { hi } else { lo + (hi - lo) * part }
        };
        Ticks { along, lo, hi, values: (0..steps).map(at).collect() }
    }

    /// Where the cell of value `k` begins: half a step before it.
    pub fn edge(&self, k: usize) -> f64 {
        let step = (self.hi - self.lo) / (self.values.len() - 1) as f64;
        self.lo + step * (k as f64 - 0.5)
    }

    /// As the command line has it.
    pub fn name(&self) -> String {
        match &self.along {
            Along::Parameter(name) => name.clone(),
            Along::Share => "share".to_owned(),
            Along::Kind { name, kind, .. } => format!("{name}.{}", kind_name(*kind)),
        }
    }

    /// As an axis says it; `share` is what it calls the share in front of the knob.
    pub(super) fn label(&self, share: &str) -> String {
        match &self.along {
            Along::Parameter(name) => name.clone(),
            Along::Share => share.to_owned(),
            Along::Kind { name, kind, .. } => format!("{} share of {name}", kind_name(*kind)),
        }
    }
}

/// Lower-case name of a kind of data.
pub(super) fn kind_name(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Real => "real",
        SourceKind::Raw => "raw",
        SourceKind::Curated => "curated",
    }
}

impl Cell {
    /// What more curation does to `model` here.
    pub fn regime(&self, model: usize) -> Regime {
        match (self.rate, &self.models) {
            (None, _) => Regime::Outside,
            (_, None) => Regime::NoStablePoint,
            (Some(rate), Some(_)) if rate >= 1.0 => Regime::Unstable,
            (_, Some(all)) => Regime::of(&all[model], largest(all)),
        }
    }

    /// The sign of the derivative of the alignment of `model`; none without a stable point.
    pub fn sign(&self, model: usize) -> Option<i8> {
        let response = self.models.as_ref()?[model].response;
        let silent = self.regime(model) == Regime::Silent;
        Some(if silent || response == 0.0 {
            0
        } else if response > 0.0 {
            1
        } else {
            -1
        })
    }
}

/// The largest response or push of any model.
fn largest(all: &[ModelInfluence]) -> f64 {
    all.iter().flat_map(|m| [m.response.abs(), m.push.abs()]).fold(0.0, f64::max)
}

/// All cells of `sweep`, on any number of threads the same. `tick` hears of every finished cell and
/// says whether to go on.
///
/// # Errors
/// If `tick` says to stop.
pub fn grid(sweep: &Sweep, tick: &(dyn Fn() -> bool + Sync)) -> Result<Grid, Stop> {
    let rows = sweep.y.as_ref().map_or(1, |y| y.values.len());
    let columns = sweep.x.values.len();
    let cells = (0..rows * columns).into_par_iter().map(|k| {
        let cell = sweep.cell(k % columns, k / columns);
        tick().then_some(cell).ok_or(Stop)
    });
    let names = sweep.file.model_names();
    let front = kind_name(sweep.knob.in_front);
    Ok(Grid {
        system: sweep.file.name.clone(),
        models: names.iter().map(|&name| name.to_owned()).collect(),
        knob: format!("{} data for {}", front, names[sweep.knob.model]),
        share: format!("{} share of {}", front, names[sweep.knob.model]),
        x: sweep.x.clone(),
        y: sweep.y.clone(),
        cells: cells.collect::<Result<_, Stop>>()?,
    })
}

impl Sweep<'_> {
    fn cell(&self, column: usize, row: usize) -> Cell {
        let nothing = Cell { rate: None, models: None };
        let y = self.y.as_ref().map(|y| (&y.along, y.values[row]));
        let at = std::iter::once((&self.x.along, self.x.values[column])).chain(y);
        let Ok((system, knob)) = self.at(&at.collect::<Vec<_>>()) else { return nothing };
        let Ok(rate) = dynamics::rate(&system) else { return nothing };
        let models = dynamics::stable_point(&system)
            .and_then(|stable| influences(&system, &knob, &stable))
            .ok();
        Cell { rate: Some(rate), models }
    }

    /// The loop with everything in `moved` at its value, and the knob per unit of the share in front
    /// of it.
    ///
    /// # Errors
    /// If a parameter is unknown, a weight would be negative, or the numbers overflow.
    pub fn at(
        &self,
        moved: &[(&Along, f64)],
    ) -> Result<(GaussianLoop<f64>, crate::systems::Knob<f64>), LoopError> {
        let parameter = |(along, x): &(&Along, f64)| match along {
            Along::Parameter(name) => Some((name.clone(), *x)),
            _ => None,
        };
        let set: Vec<(String, f64)> = moved.iter().filter_map(parameter).collect();
        let given = self.values.iter().filter(|(name, _)| set.iter().all(|(n, _)| n != name));
        let values: Vec<(&str, f64)> =
            set.iter().chain(given).map(|(name, x)| (name.as_str(), *x)).collect();
        let mut system = self.file.at::<f64>(&values)?;
        for i in 0..system.models.len() {
            let kind = |(along, x): &(&Along, f64)| match along {
                Along::Kind { model, kind, .. } if *model == i => Some((*kind, *x)),
                _ => None,
            };
            let wanted: Vec<(SourceKind, f64)> = moved.iter().filter_map(kind).collect();
            if !wanted.is_empty() {
                mix(&mut system, i, &wanted)?;
            }
        }
        let (knob, share) = self.knob.per_share(&system)?;
        if let Some((_, to)) = moved.iter().find(|(along, _)| **along == Along::Share) {
            system = system.turned(&knob, &(to - share));
        }
        let weights = system.models.iter().flat_map(|m| &m.components).map(|c| c.weight);
        if let Some(weight) = weights.into_iter().find(|w| *w < -NO_WEIGHT) {
            return Err(LoopError::ShareOutOfRange { share: weight, lo: 0.0, hi: 1.0 });
        }
        let zero = nalgebra::DVector::zeros(crate::systems::RetrainingMap::dimension(&system));
        let jacobian = crate::systems::RetrainingMap::linearise(&system, &zero).jacobian;
        if jacobian.iter().all(|x| x.is_finite()) {
            Ok((system, knob))
        } else {
            Err(LoopError::NotFinite)
        }
    }
}

/// Gives the kinds of data of `model` in `wanted` these shares; the others keep their proportions.
fn mix(
    system: &mut GaussianLoop<f64>,
    model: usize,
    wanted: &[(SourceKind, f64)],
) -> Result<(), LoopError> {
    let m = &mut system.models[model];
    if let Some((kind, _)) = wanted.iter().find(|(kind, x)| *x > 0.0 && m.share(*kind) == 0.0) {
        return Err(LoopError::NoSuchData { model: m.name.clone(), kind: kind_name(*kind) });
    }
    let given = |kind: SourceKind| wanted.iter().find(|(k, _)| *k == kind).map(|(_, x)| *x);
    let rest: f64 = 1.0 - wanted.iter().map(|(_, x)| x).sum::<f64>();
    let kinds = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated];
    let others: f64 = kinds.iter().filter(|k| given(**k).is_none()).map(|k| m.share(*k)).sum();
    let factors = kinds.map(|kind| match (given(kind), m.share(kind)) {
        (Some(0.0), _) => Some(0.0),
        (Some(x), share) => (share > 0.0).then_some(x / share),
        (None, _) if rest.abs() <= NO_WEIGHT => Some(0.0),
        (None, 0.0) => Some(0.0),
        (None, _) => Some(rest / others),
    });
    let outside = LoopError::ShareOutOfRange { share: rest, lo: 0.0, hi: 1.0 };
    if rest < -NO_WEIGHT || (rest > NO_WEIGHT && others <= 0.0) {
        return Err(outside);
    }
    for c in &mut m.components {
        let at = kinds.iter().position(|k| *k == c.source.kind()).unwrap_or(0);
        c.weight *= factors[at].ok_or_else(|| outside.clone())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::shipped;

    fn fine_tuning(x: Ticks, y: Option<Ticks>) -> (LoopFile, Ticks, Option<Ticks>) {
        (shipped::get("fine-tuning-diverges").unwrap_or_else(|e| panic!("{e}")), x, y)
    }

    fn kind(kind: SourceKind) -> Along {
        Along::Kind { model: 0, name: "p".into(), kind }
    }

    #[test]
    fn shares_of_kinds_leave_the_others_in_proportion() {
        // Raw is 1/2 of p itself and 1/4 of q, curated 1/4: at curated 0.4 they are 0.4 and 0.2.
        let ticks = |along| Ticks::new(along, (0.4, 0.6), 2);
        let (file, x, y) = fine_tuning(ticks(kind(SourceKind::Curated)), None);
        let knob = file.knob.clone().unwrap();
        let sweep = Sweep { file: &file, values: vec![], knob, x, y };
        let (system, _) = sweep.at(&[(&kind(SourceKind::Curated), 0.4)]).unwrap();
        let weights: Vec<f64> = system.models[0].components.iter().map(|c| c.weight).collect();
        for (found, expected) in weights.iter().zip([0.4, 0.2, 0.4]) {
            assert!((found - expected).abs() < 1e-15, "{weights:?}");
        }
        // The same loop as the knob makes it, which raises the curated share.
        let (turned, _) = sweep.at(&[(&Along::Share, 0.4)]).unwrap();
        for (a, b) in turned.models[0].components.iter().zip(weights) {
            assert!((a.weight - b).abs() < 1e-15);
        }
        // p has no real data, and shares over one leave a negative weight.
        assert!(sweep.at(&[(&kind(SourceKind::Real), 0.1)]).is_err());
        assert!(sweep.at(&[(&kind(SourceKind::Curated), 1.1)]).is_err());
        let both = [(&kind(SourceKind::Raw), 0.7), (&kind(SourceKind::Curated), 0.3)];
        assert!(sweep.at(&both).is_ok());
        let over = [(&kind(SourceKind::Raw), 0.7), (&kind(SourceKind::Curated), 0.4)];
        assert!(sweep.at(&over).is_err());
    }

    #[test]
    fn values_are_equally_spaced_with_both_ends() {
        let ticks = Ticks::new(Along::Share, (0.1, 0.7), 4);
        for (found, expected) in ticks.values.iter().zip([0.1, 0.3, 0.5, 0.7]) {
            assert!((found - expected).abs() < 1e-15);
        }
        assert!((ticks.edge(0) - 0.0).abs() < 1e-15 && (ticks.edge(4) - 0.8).abs() < 1e-15);
    }
}
