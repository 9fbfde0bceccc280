//! The alignments at the stable point against the curated share, with the zeros of their derivatives.

use super::Figure;
use super::draw::{
    Area, Axis, Drawn, Entry, Frame, Marker, Panel, Pen, SERIES, Scene, TEXT, heading, legend,
    literal,
};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::sweep::{Along, Study, sweep};
use serde::Serialize;

/// The alignments of a loop along the share in front of a knob.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Curves {
    /// The loop's name.
    pub system: String,
    /// Where its parameters stand; may be empty.
    pub setting: String,
    /// The model whose data are curated.
    pub curated: String,
    /// The share as it stands in the file.
    pub now: f64,
    /// The shares.
    pub shares: Vec<f64>,
    /// Whether the loop converges to its stable point, at each share.
    pub converges: Vec<bool>,
    /// One a model.
    pub models: Vec<ModelCurve>,
}

/// The alignment of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelCurve {
    /// Its name.
    pub model: String,
    /// `J_i` at the stable point, at each share; not a number where there is none.
    pub alignment: Vec<f64>,
    /// The shares at which its derivative vanishes, and `J_i` there.
    pub zeros: Vec<(f64, f64)>,
}

/// Steps along the share.
const STEPS: u32 = 200;

/// The curves of `study` along the share in front of its knob, as far as the mixture allows.
///
/// # Errors
/// If the loop cannot be set up, or eigenvalues fail.
pub fn of(study: &Study, setting: &str) -> Result<Curves, LoopError> {
    let start = study.setting()?;
    let (lo, hi) = start.shares;
    let names: Vec<String> = start.system.models.iter().map(|m| m.name.clone()).collect();
    let found = sweep(study, &Along::Share, lo, hi)?;
    let at = |share: f64| -> Result<(Vec<f64>, bool), LoopError> {
        let system = study.at(&Along::Share, share)?.system;
        let alignments = dynamics::stable_point(&system).map(|x| system.alignments(&x));
        let none = || vec![f64::NAN; system.models.len()];
        Ok((alignments.unwrap_or_else(|_| none()), dynamics::rate(&system)? < 1.0))
    };
    let shares: Vec<f64> =
        (0..=STEPS).map(|k| lo + (hi - lo) * f64::from(k) / f64::from(STEPS)).collect();
    let values = shares.iter().map(|s| at(*s)).collect::<Result<Vec<_>, _>>()?;
    let mut models = vec![];
    for (i, model) in names.into_iter().enumerate() {
        let zeros = found.models[i].zeros.iter().map(|(zero, _)| zero.at);
        let zeros = zeros.map(|share| Ok((share, at(share)?.0[i])));
        models.push(ModelCurve {
            model,
            alignment: values.iter().map(|(all, _)| all[i]).collect(),
            zeros: zeros.collect::<Result<_, LoopError>>()?,
        });
    }
    Ok(Curves {
        system: study.file.name.clone(),
        setting: setting.to_owned(),
        curated: start.system.models[study.knob.model].name.clone(),
        now: start.share,
        shares,
        converges: values.into_iter().map(|(_, converges)| converges).collect(),
        models,
    })
}

/// The picture, called `name`.
pub fn figure(name: &str, data: &Curves) -> Figure {
    let title = "Alignment at the stable point against the curated share".to_owned();
    let scene = Scene::drawn((800, 560), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &title, &below)?;
        let rest = legend(&rest, &entries(data))?;
        let parts = rest.split_evenly((1, data.models.len().max(1)));
        for (k, (model, part)) in data.models.iter().zip(&parts).enumerate() {
            one(part, data, k, model)?;
        }
        Ok(())
    });
    let said = said(data);
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "The alignment of each model of {} at the stable point, as the curated share of {} grows \
             and its other data keep their proportions. Crosses: zeros of the derivative, where \
             curation starts or ceases to backfire. Dashed: the loop does not converge to that \
             stable point. {said}",
            data.system, data.curated
        ),
        alt: format!(
            "Alignment against the curated share of {} in {}. {said}",
            data.curated, data.system
        ),
        scene,
    }
}

fn entries(data: &Curves) -> Vec<Entry> {
    let mut entries: Vec<Entry> = data
        .models
        .iter()
        .enumerate()
        .map(|(k, m)| {
            let name = literal(&m.model);
            Entry::line(Pen::solid(SERIES[k % SERIES.len()]), format!("*J* of {name}"))
        })
        .collect();
    if data.models.iter().any(|m| !m.zeros.is_empty()) {
        entries.push(Entry::dots(Marker::Cross, TEXT, "zero of the derivative"));
    }
    entries.push(Entry::line(Pen::thin(&[3, 3]), "share in the file"));
    entries
}

/// One model's panel.
fn one(area: &Area, data: &Curves, index: usize, model: &ModelCurve) -> Drawn {
    let colour = SERIES[index % SERIES.len()];
    let (lo, hi) = super::range(model.alignment.iter().copied());
    let label = format!("curated share of {}", literal(&data.curated));
    let (first, last) = (data.shares[0], data.shares[data.shares.len() - 1]);
    let heading = format!("model {}", literal(&model.model));
    let frame = Frame {
        heading: &heading,
        x: Axis::linear(label, first, last, 5),
        y: Axis::linear(format!("*J* of {}", literal(&model.model)), lo, hi, 7),
        left: 62,
    };
    let panel = Panel::new(area, frame)?;
    panel.upright(data.now, Pen::thin(&[3, 3]))?;
    // Where it converges whole, elsewhere dashed; each with the step that leads out of it.
    let points: Vec<(f64, f64)> =
        data.shares.iter().copied().zip(model.alignment.iter().copied()).collect();
    for converges in [true, false] {
        let pen = if converges {
            Pen::solid(colour).width(22)
        } else {
            Pen { dashes: &[6, 5], ..Pen::solid(colour) }
        };
        let shown = |k: usize| data.converges[k] == converges;
        for stretch in super::runs(points.len(), shown) {
            panel.line(&points[stretch.start..(stretch.end + 1).min(points.len())], pen)?;
        }
    }
    panel.dots(&model.zeros, Marker::Cross, TEXT)?;
    for zero in &model.zeros {
        let right = zero.0 < f64::midpoint(first, last);
        panel.aside(*zero, right, &format!("{:.3}", zero.0))?;
    }
    Ok(())
}

fn said(data: &Curves) -> String {
    let each = data.models.iter().map(|m| {
        let zeros: Vec<String> = m.zeros.iter().map(|z| format!("{:.4}", z.0)).collect();
        if zeros.is_empty() {
            format!("The derivative of {} has no zero.", m.model)
        } else {
            format!("The derivative of {} vanishes at {}.", m.model, zeros.join(", "))
        }
    });
    each.collect::<Vec<_>>().join(" ")
}
