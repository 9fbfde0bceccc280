//! Block contributions to the influences of the paper's Gaussian experiment: right, and as plotted.

use super::Figure;
use super::draw::{Area, Axis, Drawn, Entry, Frame, Panel, SERIES, Scene, TEXT, heading, legend};
use super::draw::{Hatch, Pen, literal};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::response;
use crate::systems::{GaussianLoop, Knob};
use nalgebra::DVector;
use plotters::style::Color;
use serde::Serialize;

/// What each block of two coordinates adds to the derivative of each model's alignment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contributions {
    /// The loop's name.
    pub system: String,
    /// Where its parameters stand; may be empty.
    pub setting: String,
    /// One a model.
    pub models: Vec<ModelBlocks>,
}

/// The blocks of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelBlocks {
    /// Its name.
    pub model: String,
    /// With the gradient of the alignment at the stable point: these add up to $dJ_i/d\lambda$.
    pub right: Vec<f64>,
    /// With the gradient at zero, as the paper's Figure 3(E, F) is plotted.
    pub plotted: Vec<f64>,
}

/// Coordinates a block.
const BLOCK: usize = 2;

impl ModelBlocks {
    /// The sums over the blocks: right, and as plotted.
    pub fn totals(&self) -> (f64, f64) {
        (self.right.iter().sum(), self.plotted.iter().sum())
    }
}

/// The contributions in `system`, called `name`, along `knob`, per unit of the share in front of it.
///
/// # Errors
/// If the loop has no unique stable point.
pub fn of(
    name: &str,
    setting: &str,
    system: &GaussianLoop<f64>,
    knob: &Knob<f64>,
) -> Result<Contributions, LoopError> {
    let stable = dynamics::stable_point(system)?;
    let moved = response(system, knob, &stable)?;
    let blocks = |g: &DVector<f64>, dx: &DVector<f64>| -> Vec<f64> {
        let one = |k: usize| (k..(k + BLOCK).min(g.len())).map(|i| g[i] * dx[i]).sum();
        (0..g.len()).step_by(BLOCK).map(one).collect()
    };
    let models = system.models.iter().enumerate().map(|(i, m)| {
        let dx = system.block(i, &moved);
        let gradient = m.alignment.gradient(&system.block(i, &stable));
        ModelBlocks {
            model: m.name.clone(),
            right: blocks(&gradient, &dx),
            plotted: blocks(&m.alignment.linear, &dx),
        }
    });
    let models = models.collect();
    Ok(Contributions { system: name.to_owned(), setting: setting.to_owned(), models })
}

/// The picture, called `name`.
pub fn figure(name: &str, data: &Contributions) -> Figure {
    let title = "What each block adds to the influence of curation".to_owned();
    let scene = Scene::drawn((800, 640), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &title, &below)?;
        let entries = [
            Entry::fill(SERIES[0].to_rgba(), "∇*J* at the stable point: adds up to *dJ*/*dλ*"),
            Entry {
                hatch: Some(hatch()),
                ..Entry::fill(SERIES[1].mix(0.25), "∇*J* at zero, as plotted in Figure 3(E, F)")
            },
        ];
        let rest = legend(&rest, &entries)?;
        let parts = rest.split_evenly((data.models.len().max(1), 1));
        for (model, part) in data.models.iter().zip(&parts) {
            bars(part, model)?;
        }
        Ok(())
    });
    let each = data.models.iter().map(|m| {
        let (right, plotted) = m.totals();
        let name = &m.model;
        format!("for {name} the right blocks add up to {right:.3}, those plotted to {plotted:.3}")
    });
    let said = each.collect::<Vec<_>>().join("; ");
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "Contributions of the blocks of two coordinates to dJ/dλ of each model of {}. The code \
             behind the paper's Figure 3(E, F) takes the gradient of the alignment at zero instead of \
             at the stable point: {said}.",
            data.system
        ),
        alt: format!("Bars for each block, in pairs. In {}, {said}.", data.system),
        scene,
    }
}

fn hatch() -> Hatch {
    Hatch { colour: SERIES[1].to_rgba(), falling: false }
}

fn bars(area: &Area, model: &ModelBlocks) -> Drawn {
    let (right, plotted) = model.totals();
    let (lo, hi) = super::range(model.right.iter().chain(&model.plotted).copied().chain([0.0]));
    let count = model.right.len();
    let heading = format!(
        "model {}: the sum is {}, as plotted {}",
        literal(&model.model),
        signed(right),
        signed(plotted)
    );
    let names: Vec<String> = (1..=count).map(|k| k.to_string()).collect();
    let frame = Frame {
        heading: &heading,
        x: Axis::named("block", &names),
        y: Axis::linear("contribution", lo, hi, 6),
        left: 74,
    };
    let panel = Panel::new(area, frame)?;
    for (k, (right, plotted)) in model.right.iter().zip(&model.plotted).enumerate() {
        let k = k as f64;
        panel.block((k - 0.36, 0.0), (k - 0.02, *right), SERIES[0].to_rgba())?;
        let (from, to) = ((k + 0.02, 0.0), (k + 0.36, *plotted));
        panel.block(from, to, SERIES[1].mix(0.25))?;
        panel.hatch(&[[from, to]], hatch())?;
        panel.outline(from, to, Pen::solid(SERIES[1]).width(10))?;
    }
    panel.level(0.0, Pen { colour: TEXT.to_rgba(), ..Pen::thin(&[]) })
}

/// Three decimals, and a true minus sign.
fn signed(x: f64) -> String {
    format!("{x:.3}").replace('-', "−")
}
