//! Pictures of a loop of one's own.

use super::dial::Dial;
use super::{Diagnosis, Knob, Question, dials, moved, proof};
use crate::dynamics;
use crate::error::LoopError;
use crate::figures::curation::{self, Curves, ModelCurve};
use crate::figures::regimes::{self, Along, Map, Sweep, Ticks};
use crate::figures::{Figure, spectrum, trajectory};
use crate::scalar::Scalar;
use crate::systems::{GaussianLoop, KnobSpec, LoopFile, RetrainingMap, SourceKind};
use num_rational::BigRational;
use num_traits::{One, Zero};

/// Steps along a share.
const STEPS: u32 = 120;

/// The pictures that belong to `found`, the answer to `question`: eigenvalues, runs, alignments along every
/// share that can be moved, and regimes over the first share and the first parameter.
///
/// # Errors
/// As [`diagnose`](super::diagnose).
pub fn pictures(question: &Question, found: &Diagnosis) -> Result<Vec<Figure>, LoopError> {
    let file = moved(question)?;
    let system = proof::read::<f64>(&file, &question.values)?;
    let setting = setting(found);
    let name = &found.system;
    let mut all = vec![spectrum::figure("spectrum", &spectrum::of(name, &setting, &system)?)];
    if found.knobs.is_empty() {
        return Ok(all);
    }
    all.push(trajectory::figure("trajectory", &trajectory::of(name, &setting, &system)?));
    let (dials, _) = dials(&file, &question.values)?;
    for (k, ((dial, _), knob)) in dials.iter().zip(&found.knobs).enumerate() {
        let curves = curves(&system, dial, knob, name, &setting);
        all.push(curation::figure(&format!("curation-{}", k + 1), &curves));
    }
    if let Some((dial, _)) = dials.first() {
        let other = dials.iter().map(|(dial, _)| dial).find(|other| other.model != dial.model);
        all.extend(maps(&file, question, dial, other)?);
    }
    Ok(all)
}

/// Where the parameters stand, in words.
fn setting(found: &Diagnosis) -> String {
    let parameters = found.parameters.iter().map(|p| format!("{} = {}", p.name, p.value));
    parameters.collect::<Vec<_>>().join(", ")
}

fn curves(
    system: &GaussianLoop<f64>,
    dial: &Dial,
    knob: &Knob,
    name: &str,
    setting: &str,
) -> Curves {
    let (lo, hi) = dial.ends();
    let at = |share: f64| {
        let moved = dial.turned(system, share);
        let none = || vec![f64::NAN; system.models.len()];
        dynamics::stable_point(&moved).map_or_else(|_| none(), |x| moved.alignments(&x))
    };
    let step = |k: u32| lo + (hi - lo) * f64::from(k) / f64::from(STEPS);
    let shares: Vec<f64> = (0..=STEPS).map(step).collect();
    let values: Vec<Vec<f64>> = shares.iter().map(|s| at(*s)).collect();
    let inside = |s: &f64| knob.converges.iter().any(|(lo, hi)| (*lo..=*hi).contains(s));
    let curve = |(i, on): (usize, &super::Influence)| ModelCurve {
        model: on.model.clone(),
        alignment: values.iter().map(|all| all[i]).collect(),
        zeros: on.zeros.iter().map(|zero| (zero.at, at(zero.at)[i])).collect(),
    };
    Curves {
        system: name.to_owned(),
        setting: setting.to_owned(),
        curated: knob.model.clone(),
        now: knob.share,
        converges: shares.iter().map(inside).collect(),
        models: knob.influences.iter().enumerate().map(curve).collect(),
        shares,
    }
}

/// Over a share and the first parameter, or else the curated share of another model, for every model; none
/// where there is neither, or a share is zero, and what it would be made of is open.
fn maps(
    file: &LoopFile,
    question: &Question,
    dial: &Dial,
    other: Option<&Dial>,
) -> Result<Vec<Figure>, LoopError> {
    if dial.share.is_zero() {
        return Ok(vec![]);
    }
    let raise = || KnobSpec {
        model: dial.model,
        target: [BigRational::zero(), BigRational::zero(), BigRational::one()],
        in_front: SourceKind::Curated,
    };
    let values: Vec<(String, f64)> =
        question.values.iter().map(|(n, x)| (n.clone(), f64::from_rational(x))).collect();
    let system = proof::read::<f64>(file, &question.values)?;
    // What takes long on large loops is drawn coarser.
    let steps = match system.dimension() {
        0..=12 => 41,
        13..=40 => 25,
        _ => 15,
    };
    let (lo, hi) = dial.ends();
    let inside = (lo + 0.01 * (hi - lo), hi - 0.01 * (hi - lo));
    let share = Ticks::new(Along::Share, inside, steps);
    let parameter = file.parameters.iter().find(|p| p.range.0 < p.range.1).map(|p| {
        let ends = (f64::from_rational(&p.range.0), f64::from_rational(&p.range.1));
        Ticks::new(Along::Parameter(p.name.clone()), ends, steps)
    });
    let other = other.filter(|other| !other.share.is_zero()).map(|other| {
        let name = system.models[other.model].name.clone();
        let along = Along::Kind { model: other.model, name, kind: SourceKind::Curated };
        Ticks::new(along, (0.01, 0.99), steps)
    });
    let Some(x) = parameter.or(other) else { return Ok(vec![]) };
    let knob = dial.spec.clone().unwrap_or_else(raise);
    let sweep = Sweep { file, values, knob, x, y: Some(share) };
    let Ok(grid) = regimes::grid(&sweep, &|| true) else { return Ok(vec![]) };
    let map = |i: usize| {
        let name = format!("regimes-{}", i + 1);
        regimes::figure(&name, &Map::of(&grid, i, ""))
    };
    Ok((0..system.models.len()).map(map).collect())
}
