//! The eigenvalues of a round in the complex plane, with the unit circle.

use super::Figure;
use super::draw::{
    Axis, Entry, Frame, Marker, Panel, Pen, SERIES, Scene, TEXT, heading, legend, literal,
};
use crate::dynamics::{self, spectrum::Spectrum};
use crate::error::LoopError;
use crate::systems::{GaussianLoop, Order, RetrainingMap};
use nalgebra::DVector;
use plotters::style::text_anchor::HPos;
use serde::Serialize;
use std::f64::consts::TAU;

/// The spectra of a loop's round in the three kinds of order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spectra {
    /// The loop's name.
    pub system: String,
    /// What is to be said of where its parameters stand; may be empty.
    pub setting: String,
    /// Simultaneous, sequential, incremental.
    pub orders: Vec<OrderSpectrum>,
}

/// The spectrum of a round in one order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OrderSpectrum {
    /// The order, in words.
    pub order: String,
    /// Real and imaginary parts, by decreasing modulus.
    pub eigenvalues: Vec<[f64; 2]>,
    /// Spectral radius: below 1 the loop converges.
    pub radius: f64,
}

/// Step of incremental retraining where the loop has another order.
pub const STEP: f64 = 0.1;

/// The three orders in which loops are compared: all at once, one after the other as listed (or as the
/// loop itself has it), and by gradient steps.
pub fn orders(system: &GaussianLoop<f64>) -> Vec<(String, Order)> {
    let listed = match &system.order {
        Order::Sequential(order) => order.clone(),
        _ => (0..system.models.len()).collect(),
    };
    let step = if let Order::Incremental { step } = system.order { step } else { STEP };
    let names: Vec<&str> = listed.iter().map(|&i| system.models[i].name.as_str()).collect();
    vec![
        ("simultaneous".to_owned(), Order::Simultaneous),
        (format!("sequential ({})", names.join(", ")), Order::Sequential(listed)),
        (format!("incremental (step {step})"), Order::Incremental { step }),
    ]
}

/// The spectra of `system`, called `name`; `setting` says where its parameters stand.
///
/// # Errors
/// If eigenvalues fail.
pub fn of(name: &str, setting: &str, system: &GaussianLoop<f64>) -> Result<Spectra, LoopError> {
    let linear = system.linearise(&DVector::zeros(system.dimension()));
    let one = |(order, rule): (String, Order)| {
        let round = rule.round(0, system.models.len());
        let jacobian = dynamics::round_jacobian(&linear, system.blocks(), &round);
        let found: Spectrum = dynamics::spectrum_of(&jacobian)?;
        let eigenvalues = found.eigenvalues.iter().map(|z| [z.re, z.im]).collect();
        Ok(OrderSpectrum { order, eigenvalues, radius: found.radius() })
    };
    let orders = orders(system).into_iter().map(one).collect::<Result<_, LoopError>>()?;
    Ok(Spectra { system: name.to_owned(), setting: setting.to_owned(), orders })
}

/// The picture, called `name`.
pub fn figure(name: &str, data: &Spectra) -> Figure {
    let most = data.orders.iter().map(|o| o.radius).fold(1.0, f64::max);
    let said = data.orders.iter().map(|o| {
        let verdict = if o.radius < 1.0 { "converges" } else { "does not converge" };
        format!("{} retraining has spectral radius {:.3} and {verdict}", o.order, o.radius)
    });
    let said = said.collect::<Vec<_>>().join("; ");
    let title = "Eigenvalues of one round of retraining".to_owned();
    let scene = Scene::drawn((800, 700), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &title, &below)?;
        let entries: Vec<Entry> = data.orders.iter().enumerate().map(entry).collect();
        let rest = legend(&rest, &entries)?;
        // A square, whatever is around it.
        let reach = 1.12 * most;
        let (left, room) = (64, 88);
        let height = i32::try_from(rest.dim_in_pixel().1).unwrap_or(0) / 10 - room + 28;
        let wide = height + left + 24;
        let spare = (800 - wide) / 2;
        let middle = rest.margin(0, 0, spare * 10, spare * 10);
        let axis = |label: &str| Axis::linear(label, -reach, reach, 7);
        let frame = Frame { heading: "", x: axis("real part"), y: axis("imaginary part"), left };
        let panel = Panel::new(&middle, frame)?;
        let circle: Vec<(f64, f64)> =
            (0..=180).map(|k| (TAU * f64::from(k) / 180.0).sin_cos()).collect();
        panel.level(0.0, Pen::thin(&[]))?;
        panel.upright(0.0, Pen::thin(&[]))?;
        panel.line(&circle, Pen::solid(TEXT).width(14))?;
        for (k, order) in data.orders.iter().enumerate() {
            let points: Vec<(f64, f64)> = order.eigenvalues.iter().map(|z| (z[0], z[1])).collect();
            panel.dots(&points, marker(k), SERIES[k % SERIES.len()])?;
        }
        let corner = std::f64::consts::FRAC_1_SQRT_2;
        panel.note((corner, -corner), (8, 8), HPos::Left, "|*z*| = 1")
    });
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "The eigenvalues of the Jacobian of one round of {}, in three orders of retraining. The \
             loop converges where all of them lie inside the unit circle: {said}.",
            data.system
        ),
        alt: format!(
            "Eigenvalues in the complex plane with the unit circle, equal scales on both axes. In {}, \
             {said}.",
            data.system
        ),
        scene,
    }
}

fn marker(index: usize) -> Marker {
    [Marker::Ring, Marker::Square, Marker::Triangle][index % 3]
}

fn entry((index, order): (usize, &OrderSpectrum)) -> Entry {
    let text = format!("{}: *ρ* = {:.3}", literal(&order.order), order.radius);
    Entry::dots(marker(index), SERIES[index % SERIES.len()], text)
}
