//! Maps of regimes over two numbers: parameters of a file, shares, or the share in front of the knob.

mod grid;

pub use grid::{Along, Cell, Grid, Stop, Sweep, Ticks, grid};

use crate::influence::Regime as Known;

use super::Figure;
use super::draw::{
    Axis, Drawn, Entry, Frame, Hatch, Marker, Panel, Pen, SERIES, Scene, TEXT, heading, legend,
    literal,
};
use crate::influence::ModelInfluence;
use plotters::style::{Color, RGBAColor, RGBColor};
use serde::Serialize;

/// What more curation does to one model at one place of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Regime {
    /// The alignment answers as it is pushed, and at least as much as without the other models.
    Amplified,
    /// As it is pushed, but less.
    Dampened,
    /// Against the push: curation backfires.
    Inverted,
    /// It is not pushed itself; it rises.
    IndirectUp,
    /// It is not pushed itself; it falls: curation of another model's data backfires.
    IndirectDown,
    /// It does not answer at all.
    Silent,
    /// The loop does not converge to its stable point.
    Unstable,
    /// There is no stable point, or a continuum of them.
    NoStablePoint,
    /// A weight would be negative, or the numbers overflow.
    Outside,
}

/// All of them, in the order of legends.
pub const REGIMES: [Regime; 9] = [
    Regime::Amplified,
    Regime::Dampened,
    Regime::Inverted,
    Regime::IndirectUp,
    Regime::IndirectDown,
    Regime::Silent,
    Regime::Unstable,
    Regime::NoStablePoint,
    Regime::Outside,
];

/// Responses below this part of the largest are rounding.
const SILENT: f64 = 1e-12;

impl Regime {
    /// Of a model of a loop that converges, in which the largest response or push is `largest`.
    pub fn of(model: &ModelInfluence, largest: f64) -> Self {
        let silent = SILENT * largest;
        match model.regime {
            Known::Amplified => Regime::Amplified,
            Known::Dampened => Regime::Dampened,
            Known::Inverted => Regime::Inverted,
            Known::Indirect if model.response > silent => Regime::IndirectUp,
            Known::Indirect if model.response < -silent => Regime::IndirectDown,
            Known::Indirect => Regime::Silent,
        }
    }

    /// As tables print it.
    pub fn name(self) -> &'static str {
        match self {
            Regime::Amplified => "amplified",
            Regime::Dampened => "dampened",
            Regime::Inverted => "inverted",
            Regime::IndirectUp => "indirect rise",
            Regime::IndirectDown => "indirect fall",
            Regime::Silent => "no influence",
            Regime::Unstable => "unstable",
            Regime::NoStablePoint => "no stable point",
            Regime::Outside => "outside",
        }
    }

    /// As legends explain it.
    fn explained(self) -> &'static str {
        match self {
            Regime::Amplified => "amplified",
            Regime::Dampened => "dampened",
            Regime::Inverted => "inverted: against its push",
            Regime::IndirectUp => "raised indirectly",
            Regime::IndirectDown => "lowered indirectly: curation backfires",
            Regime::Silent => "no influence",
            Regime::Unstable => "the loop does not converge",
            Regime::NoStablePoint => "no stable point",
            Regime::Outside => "no such mixture",
        }
    }

    /// One character on a terminal; another one where the alignment falls and the name does not say so.
    pub fn letter(self, falls: bool) -> char {
        match self {
            Regime::Amplified if falls => 'A',
            Regime::Amplified => '+',
            Regime::Dampened if falls => 'D',
            Regime::Dampened => '-',
            Regime::Inverted if falls => 'X',
            Regime::Inverted => 'x',
            Regime::IndirectUp => 'u',
            Regime::IndirectDown => 'd',
            Regime::Silent => '0',
            Regime::Unstable => '~',
            Regime::NoStablePoint => '?',
            Regime::Outside => ' ',
        }
    }

    /// Steps of lightness as well as of hue; what backfires is the darkest of its kind.
    fn colour(self) -> RGBAColor {
        match self {
            Regime::Amplified => RGBColor(0x00, 0x9E, 0x73).to_rgba(),
            Regime::Dampened => RGBColor(0xB5, 0xDF, 0xCF).to_rgba(),
            Regime::Inverted => RGBColor(0xC4, 0x4E, 0x00).to_rgba(),
            Regime::IndirectUp => RGBColor(0x8C, 0xC8, 0xEC).to_rgba(),
            Regime::IndirectDown => RGBColor(0x00, 0x5A, 0x94).to_rgba(),
            Regime::Silent => RGBColor(0xF0, 0xE4, 0x42).to_rgba(),
            Regime::Unstable => RGBColor(0x9A, 0x9A, 0x9A).mix(0.55),
            Regime::NoStablePoint => RGBColor(0x55, 0x55, 0x55).to_rgba(),
            Regime::Outside => TEXT.mix(0.0),
        }
    }

    /// The lines over it.
    fn hatched(self) -> Option<Hatch> {
        match self {
            Regime::Inverted => Some(Hatch { colour: TEXT.mix(0.5), falling: true }),
            Regime::Unstable => Some(Hatch { colour: TEXT.mix(0.45), falling: false }),
            _ => None,
        }
    }

    /// Whether its name does not say if the alignment rises or falls.
    pub fn either_way(self) -> bool {
        matches!(self, Regime::Amplified | Regime::Dampened | Regime::Inverted)
    }
}

/// The lines over what falls.
fn falling() -> Hatch {
    Hatch { colour: RGBColor(0xFF, 0xFF, 0xFF).mix(0.75), falling: false }
}

/// One model's part of a [`Grid`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Map {
    /// The loop's name.
    pub system: String,
    /// Where what is not swept stands; may be empty.
    pub setting: String,
    /// The model whose alignment answers.
    pub model: String,
    /// What the knob brings more of, as `curated data for p`.
    pub knob: String,
    /// The share in front of the knob, as `curated share of p`.
    pub share: String,
    /// Along the horizontal axis.
    pub x: Ticks,
    /// Along the vertical axis.
    pub y: Ticks,
    /// Row by row from the least `y`; a row from the least `x`.
    pub places: Vec<Place>,
}

/// One model at one place of a map.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Place {
    /// What more curation does.
    pub regime: Regime,
    /// $dJ_i/d\lambda$, where there is a stable point.
    pub response: Option<f64>,
    /// Spectral radius of a round, where there is a loop.
    pub rate: Option<f64>,
}

impl Place {
    /// Whether the alignment falls, and the regime does not say so.
    fn falls(&self) -> bool {
        self.regime.either_way() && self.response.is_some_and(|response| response < 0.0)
    }
}

impl Map {
    /// Model `model` of `grid`, which has two axes.
    pub fn of(grid: &Grid, model: usize, setting: &str) -> Self {
        let place = |cell: &Cell| Place {
            regime: cell.regime(model),
            response: cell.models.as_ref().map(|all| all[model].response),
            rate: cell.rate,
        };
        Map {
            system: grid.system.clone(),
            setting: setting.to_owned(),
            model: grid.models[model].clone(),
            knob: grid.knob.clone(),
            share: grid.share.clone(),
            x: grid.x.clone(),
            y: grid.y.clone().unwrap_or_else(|| grid.x.clone()),
            places: grid.cells.iter().map(place).collect(),
        }
    }

    /// The place in a column and a row, from the lower left.
    pub fn place(&self, column: usize, row: usize) -> &Place {
        &self.places[row * self.x.values.len() + column]
    }

    /// How many places have each regime that there is, in the order of [`REGIMES`].
    pub fn counts(&self) -> Vec<(Regime, usize)> {
        let count = |r: &Regime| self.places.iter().filter(|p| p.regime == *r).count();
        REGIMES.iter().map(|r| (*r, count(r))).filter(|(_, n)| *n > 0).collect()
    }

    /// The share of places of each regime, and where the alignment falls though it is not said so.
    fn said(&self) -> String {
        let all = self.places.len() as f64;
        let part = |n: usize, what: &str| format!("{:.0} %: {what}", 100.0 * n as f64 / all);
        let mut shares: Vec<String> =
            self.counts().into_iter().map(|(regime, n)| part(n, regime.explained())).collect();
        let falls = self.places.iter().filter(|p| p.falls()).count();
        if falls > 0 {
            shares.push(part(falls, "white lines, more of it lowers the alignment"));
        }
        format!("Of all places {}", shares.join("; "))
    }
}

/// The map of regimes, as a picture called `name`.
pub fn figure(name: &str, data: &Map) -> Figure {
    let title = format!("What more {} does to {}", data.knob, data.model);
    let counts = data.counts();
    let mut entries: Vec<Entry> = counts.iter().map(|(regime, _)| entry(*regime)).collect();
    if data.places.iter().any(Place::falls) {
        let ground = RGBColor(0x77, 0x77, 0x77).to_rgba();
        entries.push(Entry {
            hatch: Some(falling()),
            ..Entry::fill(ground, "white lines: *J* falls")
        });
    }
    let scene = Scene::drawn((800, 620), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &literal(&title), &below)?;
        let rest = legend(&rest, &entries)?;
        let frame = Frame {
            heading: "",
            x: axis(&data.x, &data.share),
            y: axis(&data.y, &data.share),
            left: 74,
        };
        let panel = Panel::new(&rest, frame)?;
        cells(&panel, data)?;
        panel.frame()
    });
    Figure {
        name: name.to_owned(),
        caption: format!(
            "What more {} does to the alignment of {}, in {}: amplified or \
             dampened against the response with the other models held still; inverted where it moves \
             the alignment against its push; indirect where the model is not pushed itself. White lines: \
             the alignment falls. {}.",
            data.knob,
            data.model,
            data.system,
            data.said()
        ),
        alt: format!(
            "Map of regimes of model {} over {} ({} to {}) and {} ({} to {}): {}.",
            data.model,
            data.x.name(),
            data.x.lo,
            data.x.hi,
            data.y.name(),
            data.y.lo,
            data.y.hi,
            data.said()
        ),
        title,
        scene,
    }
}

fn axis(ticks: &Ticks, share: &str) -> Axis {
    let last = ticks.values.len();
    Axis::linear(literal(&ticks.label(share)), ticks.edge(0), ticks.edge(last), 8)
}

fn entry(regime: Regime) -> Entry {
    Entry { hatch: regime.hatched(), ..Entry::fill(regime.colour(), regime.explained()) }
}

/// Every row's stretches of one regime.
fn cells(panel: &Panel, data: &Map) -> Drawn {
    let columns = data.x.values.len();
    for regime in REGIMES {
        let mut blocks = vec![];
        for row in 0..data.y.values.len() {
            for run in super::runs(columns, |c| data.place(c, row).regime == regime) {
                let from = (data.x.edge(run.start), data.y.edge(row));
                blocks.push([from, (data.x.edge(run.end), data.y.edge(row + 1))]);
            }
        }
        for [from, to] in &blocks {
            panel.block(*from, *to, regime.colour())?;
        }
        if let Some(hatch) = regime.hatched() {
            panel.hatch(&blocks, hatch)?;
        }
    }
    let mut falls = vec![];
    for row in 0..data.y.values.len() {
        for run in super::runs(columns, |c| data.place(c, row).falls()) {
            let from = (data.x.edge(run.start), data.y.edge(row));
            falls.push([from, (data.x.edge(run.end), data.y.edge(row + 1))]);
        }
    }
    panel.hatch(&falls, falling())
}

/// Which number of every model a line is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantity {
    /// $dJ_i/d\lambda$.
    Response,
    /// Spectral radius of a round.
    Rate,
}

/// A grid with one axis, as lines; a picture called `name`. `model` if only one is wanted.
pub fn line(
    name: &str,
    data: &Grid,
    setting: &str,
    model: Option<usize>,
    quantity: Quantity,
) -> Figure {
    let of_rate = quantity == Quantity::Rate;
    let (title, label) = if of_rate {
        ("Rate of the loop", "spectral radius of a round")
    } else {
        ("How the alignments answer to the knob", "*dJ*/*dλ*")
    };
    let shown: Vec<usize> = match (of_rate, model) {
        (true, _) => vec![0],
        (_, Some(model)) => vec![model],
        _ => (0..data.models.len()).collect(),
    };
    let value = |cell: &Cell, i: usize| match (quantity, &cell.models) {
        (Quantity::Rate, _) => cell.rate.unwrap_or(f64::NAN),
        (_, Some(all)) => all[i].response,
        _ => f64::NAN,
    };
    let all = data.cells.iter().flat_map(|c| shown.iter().map(move |i| value(c, *i)));
    let marked = if of_rate { 1.0 } else { 0.0 };
    let (lo, hi) = super::robust_range(all.chain([marked]));
    let title = title.to_owned();
    let scene = Scene::drawn((800, 520), |area| {
        let below = super::about(&data.system, setting);
        let rest = heading(area, &title, &below)?;
        let mut entries: Vec<Entry> = vec![];
        if !of_rate {
            let entry = |(k, i): (usize, &usize)| {
                let text = format!("model {}", literal(&data.models[*i]));
                Entry::line(Pen::series(SERIES[k % SERIES.len()], k), text)
            };
            entries.extend(shown.iter().enumerate().map(entry));
        }
        if data.cells.iter().any(|c| c.rate.is_some_and(|r| r >= 1.0)) {
            let text = "the loop does not converge";
            entries.push(Entry {
                hatch: Regime::Unstable.hatched(),
                ..Entry::fill(Regime::Unstable.colour(), text)
            });
        }
        let rest = if entries.is_empty() { rest } else { legend(&rest, &entries)? };
        let frame = Frame {
            heading: "",
            x: axis(&data.x, &data.share),
            y: Axis::linear(label, lo, hi, 8),
            left: 84,
        };
        let panel = Panel::new(&rest, frame)?;
        let diverges = |k: usize| data.cells[k].rate.is_some_and(|r| r >= 1.0);
        for run in super::runs(data.cells.len(), diverges) {
            let (from, to) = ((data.x.edge(run.start), lo), (data.x.edge(run.end), hi));
            panel.block(from, to, TEXT.mix(0.1))?;
            panel.hatch(&[[from, to]], Hatch { colour: TEXT.mix(0.25), falling: false })?;
        }
        panel.level(marked, Pen::thin(&[]))?;
        for (k, i) in shown.iter().enumerate() {
            let points: Vec<(f64, f64)> =
                data.x.values.iter().zip(&data.cells).map(|(x, c)| (*x, value(c, *i))).collect();
            let colour = SERIES[k % SERIES.len()];
            panel.line(&points, Pen::series(colour, k))?;
            if points.len() <= 12 {
                panel.dots(&points, Marker::series(k), colour)?;
            }
        }
        Ok(())
    });
    let what = if of_rate { "the spectral radius of a round" } else { "dJ/dλ of the models" };
    let (along, system) = (data.x.name(), &data.system);
    let (from, to) = (data.x.lo, data.x.hi);
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "In {system}, {what} along {along}, from {from} to {to}. Where the ground is hatched the \
             loop does not converge to the stable point."
        ),
        alt: format!("Line plot of {what} of {system} along {along} from {from} to {to}."),
        scene,
    }
}

/// A grid with two axes, one number a cell; a picture called `name`.
pub fn heat(name: &str, data: &Map, quantity: Quantity) -> Figure {
    let of_rate = quantity == Quantity::Rate;
    let title = if of_rate {
        "Spectral radius of a round".to_owned()
    } else {
        format!("How the alignment of {} answers to more {}", data.model, data.knob)
    };
    let value = |p: &Place| match quantity {
        Quantity::Rate => p.rate,
        Quantity::Response => p.response,
    };
    let middle = if of_rate { 1.0 } else { 0.0 };
    let numbers = data.places.iter().filter_map(value).chain([middle]);
    let (lo, hi) = super::robust_range(numbers);
    let reach = (hi - middle).max(middle - lo);
    let scene = Scene::drawn((800, 640), |area| {
        let below = super::about(&data.system, &data.setting);
        let rest = heading(area, &literal(&title), &below)?;
        let width = i32::try_from(rest.dim_in_pixel().0).unwrap_or(0);
        let (left, right) = rest.split_horizontally(width - 1050);
        let frame = Frame {
            heading: "",
            x: axis(&data.x, &data.share),
            y: axis(&data.y, &data.share),
            left: 74,
        };
        let panel = Panel::new(&left, frame)?;
        for row in 0..data.y.values.len() {
            for column in 0..data.x.values.len() {
                let Some(x) = value(data.place(column, row)) else { continue };
                let from = (data.x.edge(column), data.y.edge(row));
                let to = (data.x.edge(column + 1), data.y.edge(row + 1));
                panel.block(from, to, diverging((x - middle) / reach))?;
            }
        }
        panel.frame()?;
        let label = if of_rate { "spectral radius" } else { "*dJ*/*dλ*" };
        let steps = 64;
        let frame = Frame {
            heading: "",
            x: Axis::bare(0.0, 1.0),
            y: Axis::linear(label, middle - reach, middle + reach, 8),
            left: 64,
        };
        let scale = Panel::new(&right, frame)?;
        for k in 0..steps {
            let at = |k: i32| -1.0 + 2.0 * f64::from(k) / f64::from(steps);
            let (from, to) = (middle + reach * at(k), middle + reach * at(k + 1));
            let colour = diverging(at(k) + 1.0 / f64::from(steps));
            scale.block((0.0, from), (1.0, to), colour)?;
        }
        scale.frame()
    });
    let what = if of_rate { "1" } else { "0" };
    Figure {
        name: name.to_owned(),
        caption: format!(
            "{title}, in {}. White: {what}; colours beyond the ends of the scale are those of its \
             ends.",
            data.system
        ),
        alt: format!(
            "{title}, over {} ({} to {}) and {} ({} to {}).",
            data.x.name(),
            data.x.lo,
            data.x.hi,
            data.y.name(),
            data.y.lo,
            data.y.hi
        ),
        title,
        scene,
    }
}

/// From blue over white to orange; one of 33 steps, so that numbers that differ by rounding look alike.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "parts of colours")]
fn diverging(x: f64) -> RGBAColor {
    const STEPS: f64 = 16.0;
    let x = (x.clamp(-1.0, 1.0) * STEPS + 0.0123).round() / STEPS;
    let end = if x < 0.0 { (0x00, 0x4E, 0x8A) } else { (0xB3, 0x45, 0x00) };
    let part = |end: u8| (255.0 - x.abs() * (255.0 - f64::from(end))).round() as u8;
    RGBColor(part(end.0), part(end.1), part(end.2)).to_rgba()
}
