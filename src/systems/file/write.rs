//! A loop as the text of a file.

use super::KnobSpec;
use super::number::decimal_text;
use crate::systems::{Component, GaussianLoop, Order, Source, SourceKind};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{FromPrimitive, One, Zero};
use std::fmt::Write;

/// A file that parses back to `system`, for printing a witness.
///
/// Every number is written as the shortest decimal that rounds to it, so the loop is the same in
/// doubles, and in exact arithmetic it is the one that [`confirm`](crate::certify::confirm) looked
/// at. Only the weights may change, by a rounding, where neither as decimals nor as doubles they
/// sum to one. All numbers must be finite; `name` is a kebab-case identifier.
pub fn to_toml(
    name: &str,
    title: &str,
    system: &GaussianLoop<f64>,
    knob: Option<&KnobSpec>,
) -> String {
    let names: Vec<String> = system.models.iter().map(|m| quoted(&m.name)).collect();
    let mut text = format!(
        "name = {}\ntitle = {}\nfamily = \"gaussian\"\norder = {}\n",
        quoted(name),
        quoted(title),
        order(&system.order, &names)
    );
    for (model, name) in system.models.iter().zip(&names) {
        let alignment = &model.alignment;
        // Writing to a string cannot fail, here and below.
        let _ = write!(
            text,
            "\n[[models]]\nname = {name}\ndimension = {}\n\
             loss = {{ hessian = {}, data = {} }}\n\
             alignment = {{ linear = {}, curvature = {} }}\n",
            model.dimension(),
            matrix(&model.hessian),
            matrix(&model.data),
            vector(alignment.linear.iter()),
            matrix(&alignment.curvature),
        );
        for (c, weight) in model.components.iter().zip(weights(&model.components)) {
            text += &component(c, &weight, &names);
        }
    }
    if let Some(knob) = knob {
        let [real, raw, curated] = knob.target.each_ref().map(fraction);
        let in_front = word(knob.in_front);
        let _ = write!(
            text,
            "\n[knob]\nmodel = {}\n\
             towards = {{ real = {real}, raw = {raw}, curated = {curated} }}\n\
             in_front = \"{in_front}\"\n",
            names[knob.model]
        );
    }
    text
}

fn component(c: &Component<f64>, weight: &str, names: &[String]) -> String {
    let kind = word(c.source.kind());
    let mut text = format!("\n[[models.components]]\nkind = \"{kind}\"\nweight = {weight}\n");
    let _ = writeln!(text, "spread = {}", decimal_text(c.spread));
    if let Some(maker) = c.source.maker() {
        let _ = writeln!(text, "from = {}\nchannel = {}", names[maker], matrix(&c.channel));
    }
    let offset = vector(c.offset.iter());
    let _ = match c.source {
        Source::Curated(_) => writeln!(text, "curation = {{ shift = {offset} }}"),
        Source::Real | Source::Raw(_) => writeln!(text, "offset = {offset}"),
    };
    text
}

/// The decimals where they sum to one exactly, else the doubles' binary values as fractions.
fn weights(components: &[Component<f64>]) -> Vec<String> {
    let decimal = |x: f64| super::number::rational(&decimal_text(x));
    let sum: Option<BigRational> = components.iter().map(|c| decimal(c.weight)).sum();
    let text = |x: f64| match BigRational::from_f64(x) {
        Some(exact) if !sum.as_ref().is_some_and(One::is_one) => format!("\"{exact}\""),
        _ => decimal_text(x),
    };
    components.iter().map(|c| text(c.weight)).collect()
}

fn word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Real => "real",
        SourceKind::Raw => "raw",
        SourceKind::Curated => "curated",
    }
}

fn order(order: &Order, names: &[String]) -> String {
    match order {
        Order::Simultaneous => "\"simultaneous\"".to_owned(),
        Order::Sequential(turns) => {
            let turns: Vec<&str> = turns.iter().map(|&i| names[i].as_str()).collect();
            format!("{{ sequential = [{}] }}", turns.join(", "))
        }
        Order::Switching { seed } => format!("{{ switching = {{ seed = {seed} }} }}"),
        Order::Incremental { step } => {
            format!("{{ incremental = {{ step = {} }} }}", decimal_text(*step))
        }
    }
}

fn vector<'a>(values: impl Iterator<Item = &'a f64>) -> String {
    format!("[{}]", values.map(|&x| decimal_text(x)).collect::<Vec<_>>().join(", "))
}

/// The shortest form that fits: a number, a diagonal, rows.
fn matrix(m: &DMatrix<f64>) -> String {
    let size = m.nrows();
    if m.is_square() && *m == DMatrix::from_diagonal_element(size, size, m[(0, 0)]) {
        return decimal_text(m[(0, 0)]);
    }
    if m.is_square() && *m == DMatrix::from_diagonal(&m.diagonal()) {
        return format!("{{ diagonal = {} }}", vector(m.diagonal().iter()));
    }
    let rows: Vec<String> = m.row_iter().map(|row| vector(row.iter())).collect();
    format!("[{}]", rows.join(", "))
}

/// Exact, whatever the denominator.
fn fraction(r: &BigRational) -> String {
    if r.is_zero() || r.is_one() { r.to_string() } else { format!("\"{r}\"") }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
