//! What a model trains on: its components, their weights, and curation.

use super::build::{Head, KINDS, nearly_one};
use super::error::{Problem, problem};
use super::matrix::{Matrix, Shape, float, matrix};
use super::node::{Node, Table};
use super::number::show;
use super::{ComponentSpec, ModelSpec};
use crate::systems::{Source, SourceKind};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

const COMPONENT_KEYS: [&str; 7] =
    ["kind", "from", "weight", "channel", "offset", "spread", "curation"];

/// Model `index` with its components.
pub(super) fn finished(
    index: usize,
    heads: &[Head],
    parameter_names: &[&str],
) -> Result<ModelSpec, Problem> {
    let head = &heads[index];
    let name = &head.model.name;
    let example = "[{ kind = \"real\", weight = 1 }]";
    let section = head.table.require("components", example)?;
    let mut components = Vec::new();
    let mut last = section.span();
    for (i, node) in section.array()?.into_iter().enumerate() {
        let table =
            node.table(format!("component {} of model `{name}`", i + 1), &COMPONENT_KEYS)?;
        components.push(component(&table, head, heads, parameter_names)?);
        last = table.require("weight", "1")?.span();
    }
    let sum: BigRational = components.iter().map(|c| &c.weight).sum();
    if !nearly_one(&sum) {
        let message = format!("the weights of model `{name}` sum to {}, not 1", show(&sum));
        let others = components.last().map_or_else(BigRational::zero, |c| &sum - &c.weight);
        let rest = BigRational::one() - others;
        let help = if components.is_empty() {
            "give it a component".to_owned()
        } else if rest.is_negative() {
            "the others alone sum to more than 1: lower them".to_owned()
        } else {
            format!("with {} here they would", show(&rest))
        };
        return problem(last, message, help);
    }
    for c in &mut components {
        c.weight /= &sum;
    }
    Ok(ModelSpec { components, ..head.model.clone() })
}

fn component(
    table: &Table,
    owner: &Head,
    heads: &[Head],
    parameter_names: &[&str],
) -> Result<ComponentSpec, Problem> {
    let kind = table.require("kind", "\"real\"")?;
    let kind = KINDS[kind.among("kind", &KINDS.map(|(word, _)| word))?].1;
    let weight = table.require("weight", "0.5")?.non_negative()?;
    let spread =
        table.get("spread").map_or_else(|| Ok(owner.spread.clone()), |s| s.non_negative())?;
    let width = owner.model.data.columns;
    let why = format!("the data of model `{}` has dimension {width}", owner.model.name);
    let zeros = || Ok(vec![BigRational::zero(); width]);
    let offset = table.get("offset").map_or_else(zeros, |o| o.vector(width, &why))?;
    if kind != SourceKind::Curated {
        table.forbid("curation", "only data of kind \"curated\" has it")?;
    }
    if kind == SourceKind::Real {
        for key in ["from", "channel"] {
            table.forbid(key, "real data has no maker: delete this, or change the kind")?;
        }
        let channel = Matrix { rows: width, columns: 0, entries: Vec::new(), parameter: None };
        let spread = float(&spread);
        return Ok(ComponentSpec { source: Source::Real, weight, channel, offset, spread });
    }

    let names: Vec<&str> = heads.iter().map(|h| h.model.name.as_str()).collect();
    let example = format!("\"{}\"", names[0]);
    let maker = table.require("from", &example)?.among("model", &names)?;
    let columns = heads[maker].model.dimension();
    let why = format!("{why}, and model `{}` {columns}", names[maker]);
    let channel = match table.get("channel") {
        Some(node) => matrix(
            node,
            &Shape { rows: width, columns: Some(columns), why: &why },
            parameter_names,
        )?,
        None if width == columns => Matrix::multiple_of_identity(width, &BigRational::one()),
        None => {
            let message = format!("missing key `channel`: the identity is not {width} x {columns}");
            return problem(table.span(), message, why);
        }
    };
    let mut made =
        ComponentSpec { source: Source::Raw(maker), weight, channel, offset, spread: 0.0 };
    if kind == SourceKind::Curated {
        made.source = Source::Curated(maker);
        let node = table.require("curation", "{ shift = [1, 0] }")?;
        return curated(node, made, &spread, heads, &names);
    }
    Ok(ComponentSpec { spread: float(&spread), ..made })
}

/// The law of a component after curation.
fn curated(
    node: Node,
    mut made: ComponentSpec,
    spread: &BigRational,
    heads: &[Head],
    names: &[&str],
) -> Result<ComponentSpec, Problem> {
    let width = made.offset.len();
    let known = ["shift", "candidates", "inverse_temperature", "reward"];
    let table = node.table("`curation`", &known)?;
    let Some(candidates) = table.get("candidates") else {
        for key in ["inverse_temperature", "reward"] {
            table.forbid(key, "it goes with `candidates = \"infinite\"`, not with `shift`")?;
        }
        let why = format!("curation shifts the mean of data of dimension {width}");
        let shift = table.require("shift", "[1, 0]")?.vector(width, &why)?;
        made.offset.iter_mut().zip(shift).for_each(|(o, s)| *o += s);
        made.spread = float(spread);
        return Ok(made);
    };
    table.forbid("shift", "`candidates` already says what curation does: delete one of them")?;
    if candidates.value().as_str() != Some("infinite") {
        let message = "a finite number of candidates is not supported for this family";
        let help = "curated samples would not be Gaussian: write \"infinite\", or give the `shift` \
                    of the mean instead";
        return problem(candidates.span(), message, help);
    }
    let tau = table.get("inverse_temperature");
    let tau = tau.map_or_else(|| Ok(BigRational::one()), |t| t.number())?;
    let reward = match table.get("reward") {
        Some(node) => node.among("model", names)?,
        None => made.source.maker().unwrap_or(0),
    };
    let rewarding = &heads[reward].model;
    if rewarding.dimension() != width {
        let found = rewarding.dimension();
        let message = format!("the reward of model `{}` takes {found} numbers", rewarding.name);
        let help = format!("samples of dimension {width} need a reward of that dimension");
        return problem(node.span(), message, help);
    }
    let Some(eta) = rewarding.curvature.as_multiple_of_identity() else {
        let message = format!(
            "the curvature of the reward of model `{}` is no fixed multiple of the identity",
            rewarding.name
        );
        let help = "curated samples would spread differently in different directions: give the \
                    alignment a number as curvature, or give the `shift` of the mean";
        return problem(node.span(), message, help);
    };
    // N(m, s²I) times e^{τ(g'z - η|z|²/2)} has precision 1/s² + τη and mean
    // (m + τ s² g) / (1 + τ η s²).
    let gain = &tau * spread * spread;
    let precision = BigRational::one() + &gain * eta;
    if !precision.is_positive() {
        let message = "curation with this reward leaves no law: 1 + tau eta s^2 is not positive";
        return problem(node.span(), message, "lower the inverse temperature or the spread");
    }
    let shrink = precision.recip();
    made.channel.scale(&shrink);
    for (o, g) in made.offset.iter_mut().zip(&rewarding.linear) {
        *o = (&*o + &gain * g) * &shrink;
    }
    made.spread = float(spread) * float(&shrink).sqrt();
    Ok(made)
}
