//! What a loop of one's own does: one page about its stable point, its convergence, and what more
//! curation does to whom, now and at every share.
//!
//! Everything is plain data. What intervals or exact arithmetic prove is marked as proved; the rest is
//! floating point, each number along two routes: rates by eigenvalues and by powers, influences by a linear
//! solve and by a run with derivatives. Of small loops the shares at which the loop begins to converge, or
//! an influence changes its sign, are isolated as roots of polynomials, so that nothing is missed; of large
//! ones they are searched. What is said to hold at a short decimal beyond them is decided there.
//!
//! ```
//! use backfire::diagnosis::{Question, Verdict, diagnose};
//! use backfire::systems::shipped;
//!
//! let file = shipped::get("example-4-6-converging").unwrap();
//! let found = diagnose(&Question { file, values: vec![], shares: vec![] }).unwrap();
//! assert_eq!(found.answer.verdict, Verdict::Yes);
//! // By hand: dJ_p/dlambda = -1, although curation itself pushes J_p up by 1.
//! let on_p = &found.knobs[0].influences[0];
//! assert!((on_p.response + 1.0).abs() < 1e-12 && on_p.proved);
//! assert_eq!(on_p.regime, "inverted");
//! ```

mod answer;
mod convergence;
mod dial;
mod existence;
mod knobs;
mod line;
mod pictures;
mod polynomial;
mod proof;
mod repair;
mod thresholds;

pub use answer::{Answer, Verdict};
pub use convergence::{Convergence, Incremental, PaperConstants, Rounds, WorstStart};
pub use existence::{Count, ModelPoint, StablePoint};
pub use knobs::{Change, Influence, Knob, Span, Stretch};
pub use line::GRID;
pub use pictures::pictures;
pub use repair::{Goal, Lowered, Repair, Way};
pub use thresholds::{Certified, Threshold};

use crate::error::LoopError;
use crate::scalar::Scalar;
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap, SourceKind};
use dial::{Dial, Still};
use line::{Line, Wanted};
use nalgebra::DVector;
use num_rational::BigRational;
use proof::Sure;
use repair::{Ground, repair, tracks};
use serde::Serialize;

/// Which loop is asked about.
#[derive(Clone, Debug)]
pub struct Question {
    /// Of this file.
    pub file: LoopFile,
    /// Values of its parameters, exact; the others have their defaults.
    pub values: Vec<(String, BigRational)>,
    /// Shares that are moved first, one after the other.
    pub shares: Vec<Moved>,
}

/// A share that is moved before anything is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Of this model's data of one kind, the others in proportion; along the file's knob if `None`.
    pub of: Option<(usize, SourceKind)>,
    /// Where to.
    pub to: BigRational,
}

/// One page about one loop.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Diagnosis {
    /// The name in the file.
    pub system: String,
    /// The title in the file.
    pub title: String,
    /// The parameters and where they stand.
    pub parameters: Vec<Parameter>,
    /// The models.
    pub models: Vec<ModelMixture>,
    /// Whether and where curation backfires.
    pub answer: Answer,
    /// The stable point.
    pub stable_point: StablePoint,
    /// Convergence to it.
    pub convergence: Convergence,
    /// Shares that can be moved and what that does: the file's knob first; none without a stable point.
    pub knobs: Vec<Knob>,
    /// Models whose curated share cannot be moved, and why.
    pub without_knob: Vec<WithoutKnob>,
    /// How what is lacking could be had.
    pub repairs: Vec<Repair>,
}

/// A parameter of the file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: f64,
}

/// What a model trains on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelMixture {
    /// Its name.
    pub model: String,
    /// Number of its parameters.
    pub dimension: usize,
    /// The shares of its data.
    pub real: f64,
    /// Uncurated data that models made.
    pub raw: f64,
    /// Curated data.
    pub curated: f64,
}

/// A model whose curated share cannot be moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithoutKnob {
    /// The model.
    pub model: String,
    /// Why.
    pub reason: &'static str,
}

/// The diagnosis of a loop. Loops without a stable point and loops that do not converge have one too.
///
/// # Errors
/// An unknown parameter, numbers that overflow, a share that cannot be moved or needs a negative weight,
/// eigenvalues that cannot be computed.
pub fn diagnose(question: &Question) -> Result<Diagnosis, LoopError> {
    let file = moved(question)?;
    let values = &question.values;
    let system = proof::read::<f64>(&file, values)?;
    let zero = DVector::zeros(system.dimension());
    if !system.linearise(&zero).jacobian.iter().all(|x| x.is_finite()) {
        return Err(LoopError::NotFinite);
    }
    let sure = Sure::new(&file, values);
    let (stable_point, stable) = existence::existence(&file, values, &system)?;
    let convergence = convergence::convergence(&system, &sure)?;
    let (dials, without_knob) = dials(&file, values)?;
    let turned = |stable: &DVector<f64>| {
        let of = |(dial, kinds): &Named| {
            let line = Line::new(&file, values, dial.clone())?;
            knobs::knob(&line, &sure, stable, *kinds)
        };
        dials.iter().map(of).collect::<Result<Vec<Knob>, LoopError>>()
    };
    let (knobs, beyond_doubles) = match stable.as_ref().map(turned) {
        None => (vec![], false),
        // There is one, but doubles do not tell the Jacobian from one with the eigenvalue 1.
        Some(Err(LoopError::NoStablePoint)) => (vec![], true),
        Some(found) => (found?, false),
    };
    let all: Vec<Dial> = dials.into_iter().map(|(dial, _)| dial).collect();
    let ground = Ground { file: &file, values, system: &system, knobs: &all };
    let repairs = repairs(&ground, &convergence, &knobs)?;
    Ok(Diagnosis {
        system: file.name.clone(),
        title: file.title.clone(),
        parameters: parameters(&file, values),
        models: mixtures(&system),
        answer: answer::answer(&stable_point, &convergence, &knobs, beyond_doubles),
        stable_point,
        convergence,
        knobs,
        without_knob,
        repairs,
    })
}

/// The file with its shares where the question has them.
fn moved(question: &Question) -> Result<LoopFile, LoopError> {
    let mut file = question.file.clone();
    for Moved { of, to } in &question.shares {
        let dial = match of {
            None => {
                let spec = file.knob.clone().ok_or(LoopError::NoKnob)?;
                Dial::of_knob(&file, &spec)?
            }
            Some((model, kind)) => {
                let has = file.mixture(*model).iter().any(|c| c.0.kind() == *kind);
                if *kind == SourceKind::Real && !has {
                    file = file.with_real_data(*model);
                }
                Dial::raising(&file, *model, *kind).map_err(|still| {
                    let model = file.model_names()[*model].to_owned();
                    match still {
                        Still::NoSuchData => {
                            LoopError::NoSuchData { model, kind: dial::kind_name(*kind) }
                        }
                        Still::NothingElse => LoopError::KnobStandsStill { model },
                    }
                })?
            }
        };
        file = dial.file_at(&file, to)?;
    }
    Ok(file)
}

/// A dial, whether it is the file's knob, and whether it moves a kind against all others in proportion.
type Named = (Dial, (bool, bool));

/// The file's knob and the curated share of every model, and which models have none.
fn dials(
    file: &LoopFile,
    values: &[(String, BigRational)],
) -> Result<(Vec<Named>, Vec<WithoutKnob>), LoopError> {
    // Shares do not depend on parameters; a parameter that makes a Hessian singular is an error anyway.
    let _ = proof::read::<f64>(file, values)?;
    let mut all: Vec<Named> = Vec::new();
    let mut without = Vec::new();
    // Where the file's knob has come to stand still, its model says why below.
    if let Some(own) = file.knob.as_ref().and_then(|spec| Dial::of_knob(file, spec).ok()) {
        let plain = Dial::raising(file, own.model, own.kind);
        let in_proportion = plain.is_ok_and(|plain| plain.rates == own.rates);
        all.push((own, (true, in_proportion)));
    }
    for (model, name) in file.model_names().into_iter().enumerate() {
        let reason = match Dial::raising(file, model, SourceKind::Curated) {
            Ok(dial) => {
                if !all.iter().any(|(own, _)| own.model == model && own.rates == dial.rates) {
                    all.push((dial, (false, true)));
                }
                continue;
            }
            Err(Still::NoSuchData) => "it trains on no curated data",
            Err(Still::NothingElse) => "it trains on curated data alone",
        };
        without.push(WithoutKnob { model: name.to_owned(), reason });
    }
    Ok((all, without))
}

fn repairs(
    ground: &Ground,
    convergence: &Convergence,
    knobs: &[Knob],
) -> Result<Vec<Repair>, LoopError> {
    if !convergence.own.converges {
        let tracks = tracks(ground, true)?;
        return Ok(vec![repair(ground, &tracks, Wanted::Converge)]);
    }
    let negative = |knob: &Knob| knob.influences.iter().any(|i| i.sign < 0);
    if !knobs.iter().any(negative) {
        return Ok(vec![]);
    }
    let tracks = tracks(ground, false)?;
    let mut all = Vec::new();
    // A knob of the file that moves its model in another way has its model's plain share beside it.
    let is_plain = |k: &Knob| k.in_proportion && k.kind == dial::kind_name(SourceKind::Curated);
    for (dial, knob) in ground.knobs.iter().zip(knobs).filter(|(_, knob)| is_plain(knob)) {
        // Without the file's word for it, a knob in proportion is the model's plain share.
        let Ok(plain) = Dial::raising(ground.file, dial.model, dial.kind) else { continue };
        for (model, _) in knob.influences.iter().enumerate().filter(|(_, i)| i.sign < 0) {
            all.push(repair(ground, &tracks, Wanted::Raise { knob: &plain, model }));
        }
    }
    Ok(all)
}

fn parameters(file: &LoopFile, values: &[(String, BigRational)]) -> Vec<Parameter> {
    let value = |p: &crate::systems::Parameter| {
        let given = values.iter().find(|(name, _)| *name == p.name);
        f64::from_rational(given.map_or(&p.value, |(_, value)| value))
    };
    let parameters = file.parameters.iter();
    parameters.map(|p| Parameter { name: p.name.clone(), value: value(p) }).collect()
}

fn mixtures(system: &GaussianLoop<f64>) -> Vec<ModelMixture> {
    let mixture = |m: &crate::systems::Model<f64>| ModelMixture {
        model: m.name.clone(),
        dimension: m.dimension(),
        real: m.share(SourceKind::Real),
        raw: m.share(SourceKind::Raw),
        curated: m.share(SourceKind::Curated),
    };
    system.models.iter().map(mixture).collect()
}

/// A share in a sentence: four digits after the point, without zeros at the end.
fn short(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
