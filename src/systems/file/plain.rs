//! A loop of a file as plain numbers, for programs that compute with it elsewhere.

use super::{ComponentSpec, KnobSpec, LoopFile, Matrix, ModelSpec};
use crate::scalar::Scalar;
use crate::systems::{Order, SourceKind};
use num_rational::BigRational;
use num_traits::{One, Zero};
use serde::Serialize;

/// A loop before its parameters have values: what [`LoopFile::at`] reads, in doubles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainLoop {
    /// Identifier.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// In the order of the file.
    pub parameters: Vec<PlainParameter>,
    /// How the models take turns.
    pub order: PlainOrder,
    /// In the order of the file.
    pub models: Vec<PlainModel>,
    /// The derivative to study; `None` where no model's data can be curated more or less.
    pub knob: Option<PlainKnob>,
}

/// A number that matrices may be multiples of.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainParameter {
    /// Its name.
    pub name: String,
    /// Its default.
    pub value: f64,
    /// Lower and upper end of the values of interest.
    pub range: [f64; 2],
    /// What it is; may be empty.
    pub about: String,
}

/// An order of retraining. Models by position.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlainOrder {
    /// All at once.
    Simultaneous,
    /// One after the other.
    Sequential(Vec<usize>),
    /// At random.
    Switching,
    /// By a gradient step of this length, all at once.
    Incremental(f64),
}

/// A model with its loss `u'Hu/2 - u'Bz` and its alignment `g'u - u'Qu/2`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainModel {
    /// Its name.
    pub name: String,
    /// `H`, `d × d`.
    pub hessian: PlainMatrix,
    /// `B`, `d × m`.
    pub data: PlainMatrix,
    /// `g`, `d`.
    pub linear: Vec<f64>,
    /// `Q`, `d × d`.
    pub curvature: PlainMatrix,
    /// What it trains on.
    pub components: Vec<PlainComponent>,
}

/// A component of a mixture, with the mean `channel · x_from + offset`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainComponent {
    /// `real`, `raw` or `curated`.
    pub kind: &'static str,
    /// Position of its maker; `None` for real data.
    pub from: Option<usize>,
    /// Its share.
    pub weight: f64,
    /// `m × d_from`; `m × 0` for real data.
    pub channel: PlainMatrix,
    /// `m`.
    pub offset: Vec<f64>,
}

/// Entries `[row, column, value]` that are not zero, all times one parameter (by position) or none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainMatrix {
    /// How many rows.
    pub rows: usize,
    /// How many columns.
    pub columns: usize,
    /// Rows and columns count from 0.
    pub entries: Vec<(usize, usize, f64)>,
    /// The parameter that it is a multiple of.
    pub parameter: Option<usize>,
}

/// A change of the mixture of one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlainKnob {
    /// Position of the model.
    pub model: usize,
    /// The mixture `[real, raw, curated]` to move to.
    pub target: [f64; 3],
    /// The kind whose share derivatives are taken with respect to.
    pub in_front: &'static str,
}

impl LoopFile {
    /// The loop as plain numbers. Its knob is the file's, or else raises the curated share of the
    /// first model whose data is curated in part.
    pub fn plain(&self) -> PlainLoop {
        let parameters = self.parameters.iter().map(|p| PlainParameter {
            name: p.name.clone(),
            value: number(&p.value),
            range: [number(&p.range.0), number(&p.range.1)],
            about: p.about.clone(),
        });
        PlainLoop {
            name: self.name.clone(),
            title: self.title.clone(),
            parameters: parameters.collect(),
            order: match &self.order {
                Order::Simultaneous => PlainOrder::Simultaneous,
                Order::Sequential(order) => PlainOrder::Sequential(order.clone()),
                Order::Switching { .. } => PlainOrder::Switching,
                Order::Incremental { step } => PlainOrder::Incremental(*step),
            },
            models: self.models.iter().map(model).collect(),
            knob: self.knob.clone().or_else(|| self.raises_curated()).as_ref().map(knob),
        }
    }

    fn raises_curated(&self) -> Option<KnobSpec> {
        let in_part = |m: &ModelSpec| {
            let share = m.share(SourceKind::Curated);
            !share.is_zero() && !share.is_one()
        };
        Some(KnobSpec {
            model: self.models.iter().position(in_part)?,
            target: [BigRational::zero(), BigRational::zero(), BigRational::one()],
            in_front: SourceKind::Curated,
        })
    }
}

fn knob(k: &KnobSpec) -> PlainKnob {
    let target = k.target.each_ref().map(number);
    PlainKnob { model: k.model, target, in_front: kind(k.in_front) }
}

fn model(m: &ModelSpec) -> PlainModel {
    PlainModel {
        name: m.name.clone(),
        hessian: matrix(&m.hessian),
        data: matrix(&m.data),
        linear: m.linear.iter().map(number).collect(),
        curvature: matrix(&m.curvature),
        components: m.components.iter().map(component).collect(),
    }
}

fn component(c: &ComponentSpec) -> PlainComponent {
    PlainComponent {
        kind: kind(c.source.kind()),
        from: c.source.maker(),
        weight: number(&c.weight),
        channel: matrix(&c.channel),
        offset: c.offset.iter().map(number).collect(),
    }
}

fn matrix(m: &Matrix) -> PlainMatrix {
    let entries = m.entries.iter().map(|(i, j, x)| (*i, *j, number(x)));
    PlainMatrix {
        rows: m.rows,
        columns: m.columns,
        entries: entries.collect(),
        parameter: m.parameter,
    }
}

fn kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Real => "real",
        SourceKind::Raw => "raw",
        SourceKind::Curated => "curated",
    }
}

fn number(x: &BigRational) -> f64 {
    f64::from_rational(x)
}
