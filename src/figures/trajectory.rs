//! Distances from the stable point round by round, beside what the spectral radius predicts.

use super::Figure;
use super::draw::{
    Axis, Entry, Frame, Marker, Panel, Pen, SERIES, Scene, heading, legend, literal,
};
use super::spectrum::orders;
use crate::dynamics;
use crate::error::LoopError;
use crate::systems::{GaussianLoop, RetrainingMap};
use nalgebra::DVector;
use plotters::style::Color;
use serde::Serialize;

/// Runs of a loop in the three kinds of order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Trajectories {
    /// The loop's name.
    pub system: String,
    /// Where its parameters stand; may be empty.
    pub setting: String,
    /// Simultaneous, sequential, incremental.
    pub runs: Vec<Run>,
}

/// A run from the origin, or from ones where the origin is the stable point.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Run {
    /// The order, in words.
    pub order: String,
    /// Euclidean distance from the stable point after rounds 0, 1, …, divided by that of round 0.
    pub distances: Vec<f64>,
    /// Spectral radius of a round: the rate that is predicted.
    pub predicted: f64,
    /// Factor a round by which the distance changes late in the run.
    pub measured: Option<f64>,
}

/// Rounds shown at most.
pub const ROUNDS: usize = 100;

/// Distances are shown down to this part of the first. Far above rounding, so that another processor
/// draws the same.
const LEAST: f64 = 1e-6;

/// And up to this multiple, where the loop diverges.
const MOST: f64 = 1e4;

/// The runs of `system`, called `name`; `setting` says where its parameters stand.
///
/// # Errors
/// If there is no unique stable point, or eigenvalues fail.
pub fn of(
    name: &str,
    setting: &str,
    system: &GaussianLoop<f64>,
) -> Result<Trajectories, LoopError> {
    let stable = dynamics::stable_point(system)?;
    let start = if stable.amax() == 0.0 { 1.0 } else { 0.0 };
    let start = DVector::from_element(system.dimension(), start);
    let one = |(order, rule)| {
        let mut turned = system.clone();
        turned.order = rule;
        let states = dynamics::trajectory(&turned, &start, ROUNDS);
        let first = (&start - &stable).norm();
        let distances: Vec<f64> = states.iter().map(|x| (x - &stable).norm() / first).collect();
        let measured = dynamics::measured_rate(&distances, LEAST);
        let shown = distances.iter().take_while(|d| (LEAST..=MOST).contains(*d)).count();
        let distances = distances[..shown].to_vec();
        Ok(Run { order, distances, predicted: dynamics::rate(&turned)?, measured })
    };
    let runs = orders(system).into_iter().map(one).collect::<Result<_, LoopError>>()?;
    Ok(Trajectories { system: name.to_owned(), setting: setting.to_owned(), runs })
}

impl Run {
    /// The predicted distances of the same rounds: `ρ^n`, with the factor in front of it that fits
    /// the last distance.
    pub fn prediction(&self) -> Vec<f64> {
        let last = self.distances.len().saturating_sub(1);
        let Some(end) = self.distances.last() else { return vec![] };
        let back =
            |n: usize| end / self.predicted.powi(i32::try_from(last - n).unwrap_or(i32::MAX));
        (0..=last).map(back).collect()
    }
}

/// The picture, called `name`.
pub fn figure(name: &str, data: &Trajectories) -> Figure {
    let title = "Distance from the stable point, round by round".to_owned();
    let rounds = data.runs.iter().map(|r| r.distances.len()).max().unwrap_or(1).max(5);
    let all = || data.runs.iter().flat_map(|r| &r.distances).copied();
    let (least, most) = (all().fold(1.0, f64::min), all().fold(1.0, f64::max));
    let scene = Scene::drawn((800, 560), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &title, &below)?;
        let entries: Vec<Entry> = data.runs.iter().enumerate().map(entry).collect();
        let rest = legend(&rest, &entries)?;
        let frame = Frame {
            heading: "",
            x: Axis::linear("round *n*", 0.0, rounds as f64, 8),
            y: Axis::decades("distance, relative to round 0", 0.7 * least, 1.6 * most),
            left: 74,
        };
        let panel = Panel::new(&rest, frame)?;
        for (k, run) in data.runs.iter().enumerate() {
            let colour = SERIES[k % SERIES.len()];
            let at = |values: &[f64]| -> Vec<(f64, f64)> {
                values.iter().enumerate().map(|(n, d)| (n as f64, *d)).collect()
            };
            let pen = Pen { colour: colour.mix(0.9), ..Pen::series(colour, k + 1) };
            panel.line(&at(&run.prediction()), pen)?;
            // Not so many that they hide each other.
            let every = run.distances.len() / 36 + 1;
            let points: Vec<(f64, f64)> = at(&run.distances).into_iter().step_by(every).collect();
            panel.dots(&points, Marker::series(k), colour)?;
        }
        Ok(())
    });
    let said = data.runs.iter().map(|run| {
        let measured =
            run.measured.map_or_else(String::new, |rate| format!(", measured {rate:.3}"));
        format!("{}: predicted factor a round {:.3}{measured}", run.order, run.predicted)
    });
    let said = said.collect::<Vec<_>>().join("; ");
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "Points: the distance of {} from its stable point in three orders of retraining, on a \
             logarithmic scale. Lines: powers of the spectral radius of a round, drawn through the \
             last point; late in a run the points follow them. {said}.",
            data.system
        ),
        alt: format!(
            "Distance from the stable point against rounds on a logarithmic scale. In {}, {said}.",
            data.system
        ),
        scene,
    }
}

fn entry((index, run): (usize, &Run)) -> Entry {
    let colour = SERIES[index % SERIES.len()];
    let text = format!("{}: *ρ*^{{*n*}} with *ρ* = {:.3}", literal(&run.order), run.predicted);
    Entry {
        pen: Some(Pen::series(colour, index + 1)),
        ..Entry::dots(Marker::series(index), colour, text)
    }
}
