//! From TOML to a [`LoopFile`]: every rule of the format, each error at its place.

use super::error::{Problem, problem};
use super::matrix::{Matrix, Shape, float, matrix};
use super::mixture::finished;
use super::node::{Node, Table};
use super::number::show;
use super::{KnobSpec, LoopFile, ModelSpec, Parameter};
use crate::systems::{Order, SourceKind};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

const LARGEST_DIMENSION: u64 = 4096;
pub(super) const KINDS: [(&str, SourceKind); 3] =
    [("real", SourceKind::Real), ("raw", SourceKind::Raw), ("curated", SourceKind::Curated)];

/// How far a sum may be from one and still count as one: far above the rounding of weights
/// written with 17 digits, far below a slip of the pen.
pub(super) fn nearly_one(sum: &BigRational) -> bool {
    (sum - BigRational::one()).abs() <= BigRational::new(1.into(), 1_000_000_000_000_i64.into())
}

/// A model and its table, so far without components.
pub(super) struct Head<'a> {
    pub model: ModelSpec,
    /// Of its samples, where a component does not say otherwise.
    pub spread: BigRational,
    pub table: Table<'a>,
}

pub(super) fn loop_file(document: &Spanned<DeTable>) -> Result<LoopFile, Problem> {
    let known =
        ["name", "title", "source", "family", "order", "parameters", "models", "knob", "witness"];
    let root = Table::new(document.get_ref(), 0..0, "the file", &known)?;
    let name = name(&root)?;
    let title = root.require("title", "\"What this loop is\"")?.text()?.to_owned();
    let source = root.get("source").map_or(Ok(""), |s| s.text())?.to_owned();
    root.require("family", "\"gaussian\"")?.among("family", &["gaussian"])?;
    let parameters = parameters(&root)?;
    let parameter_names: Vec<&str> = parameters.iter().map(|p| p.name.as_str()).collect();
    let heads = heads(&root, &parameters, &parameter_names)?;
    let mut models = Vec::new();
    for i in 0..heads.len() {
        models.push(finished(i, &heads, &parameter_names)?);
    }
    let names: Vec<&str> = models.iter().map(|m| m.name.as_str()).collect();
    let order = order(&root, &names)?;
    let knob = root.get("knob").map(|node| knob(node, &models, &names)).transpose()?;
    check_all_used(&root, &models)?;
    Ok(LoopFile { name, title, source, parameters, knob, order, models })
}

fn name(root: &Table) -> Result<String, Problem> {
    let node = root.require("name", "\"my-loop\"")?;
    let name = node.text()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if name.split('-').all(|word| !word.is_empty() && word.chars().all(plain)) {
        return Ok(name.to_owned());
    }
    let help = "use lower-case letters and digits with single hyphens between, like `my-loop-2`";
    problem(node.span(), format!("`{name}` is no identifier"), help)
}

fn parameters(root: &Table) -> Result<Vec<Parameter>, Problem> {
    let Some(section) = root.get("parameters") else { return Ok(Vec::new()) };
    let read = |(node, _): (Node, _)| {
        let name = node.key();
        let what = format!("parameter `{name}`");
        let table = node.table(what, &["value", "range", "about"])?;
        let at = table.require("value", "0.5")?;
        let value = at.number()?;
        let range = table.require("range", "[0.0, 1.0]")?;
        let ends = range.vector(2, "a range is a lower and an upper end")?;
        let (low, high) = (ends[0].clone(), ends[1].clone());
        if low > high {
            let message = format!("the range of `{name}` is empty");
            return problem(range.span(), message, "write the lower end first");
        }
        if value < low || value > high {
            let message = format!("`{name}` = {} is out of its range", show(&value));
            let help = format!("stay within {} to {}, or widen the range", show(&low), show(&high));
            return problem(at.span(), message, help);
        }
        let about = table.get("about").map_or(Ok(""), |a| a.text())?.to_owned();
        Ok(Parameter { name: name.to_owned(), value, range: (low, high), about })
    };
    section.named()?.into_iter().map(read).collect()
}

fn check_all_used(root: &Table, models: &[ModelSpec]) -> Result<(), Problem> {
    let Some(section) = root.get("parameters") else { return Ok(()) };
    for (index, (node, span)) in section.named()?.into_iter().enumerate() {
        let name = node.key();
        if !models.iter().flat_map(ModelSpec::matrices).any(|m| m.parameter == Some(index)) {
            let help = format!("give a matrix `parameter = \"{name}\"`, or delete this line");
            return problem(span, format!("parameter `{name}` is not used"), help);
        }
    }
    Ok(())
}

fn heads<'a>(
    root: &Table<'a>,
    parameters: &[Parameter],
    parameter_names: &[&str],
) -> Result<Vec<Head<'a>>, Problem> {
    let remedy = "begin each model with a line `[[models]]`";
    let Some(section) = root.get("models") else {
        return problem(0..0, "the file has no models", remedy);
    };
    let tables = section.array()?;
    if tables.is_empty() {
        return problem(section.span(), "the file has no models", remedy);
    }
    let mut heads: Vec<Head> = Vec::new();
    for node in tables {
        let head = head(node, parameters, parameter_names)?;
        if heads.iter().any(|h| h.model.name == head.model.name) {
            let span = head.table.require("name", "\"q\"")?.span();
            let message = format!("two models are called `{}`", head.model.name);
            return problem(span, message, "give every model a name of its own");
        }
        heads.push(head);
    }
    Ok(heads)
}

fn head<'a>(
    node: Node<'a>,
    parameters: &[Parameter],
    parameter_names: &[&str],
) -> Result<Head<'a>, Problem> {
    let known = ["name", "dimension", "spread", "loss", "alignment", "components"];
    let table = node.table("a model", &known)?;
    let name = table.require("name", "\"p\"")?.text()?.to_owned();
    let size = table.require("dimension", "2")?;
    let dimension = match size.whole()? {
        // At most 4096, so it fits.
        d @ 1..=LARGEST_DIMENSION => usize::try_from(d).unwrap_or(usize::MAX),
        d => {
            let message = format!("the dimension of model `{name}` is {d}");
            let help = format!("give the number of parameters, 1 to {LARGEST_DIMENSION}");
            return problem(size.span(), message, help);
        }
    };
    let spread =
        table.get("spread").map_or_else(|| Ok(BigRational::one()), |s| s.non_negative())?;

    let why = format!("model `{name}` has dimension {dimension}");
    let square = Shape { rows: dimension, columns: Some(dimension), why: &why };
    let identity = Matrix::multiple_of_identity(dimension, &BigRational::one());
    let loss = table.get("loss").map(|l| l.table("`loss`", &["hessian", "data"])).transpose()?;
    let hessian = match loss.as_ref().and_then(|l| l.get("hessian")) {
        None => identity,
        Some(node) => {
            let hessian = matrix(node, &square, parameter_names)?;
            check_symmetric(node, &hessian)?;
            check_definite(node, &hessian, &name, parameters)?;
            hessian
        }
    };
    let data = match loss.as_ref().and_then(|l| l.get("data")) {
        None => hessian.clone(),
        Some(node) => {
            let why = format!("{why}; `data` has one column per dimension of the data");
            let shape = Shape { rows: dimension, columns: None, why: &why };
            matrix(node, &shape, parameter_names)?
        }
    };

    let alignment = table.require("alignment", "{ linear = [1, 0] }")?;
    let alignment = alignment.table("`alignment`", &["linear", "curvature"])?;
    let linear = alignment.require("linear", "[1, 0]")?.vector(dimension, &why)?;
    let curvature = match alignment.get("curvature") {
        None => Matrix::multiple_of_identity(dimension, &BigRational::zero()),
        Some(node) => {
            let curvature = matrix(node, &square, parameter_names)?;
            check_symmetric(node, &curvature)?;
            curvature
        }
    };
    let (components, before) = (Vec::new(), Vec::new());
    let model = ModelSpec { name, hessian, data, linear, curvature, components, before };
    Ok(Head { model, spread, table })
}

fn check_symmetric(node: Node, matrix: &Matrix) -> Result<(), Problem> {
    let Some((i, j)) = matrix.asymmetry() else { return Ok(()) };
    let (i, j) = (i + 1, j + 1);
    let message = format!("`{}` is not symmetric: ({i}, {j}) and ({j}, {i}) differ", node.key());
    problem(node.span(), message, "write the same number in both places")
}

fn check_definite(
    node: Node,
    hessian: &Matrix,
    model: &str,
    parameters: &[Parameter],
) -> Result<(), Problem> {
    // The parameter is a factor: it must be positive, down to the lower end of its range.
    let parameter = hessian.parameter.map(|p| &parameters[p]);
    let range = match parameter {
        Some(p) if !p.range.0.is_positive() => format!(" for every `{}` in its range", p.name),
        _ => String::new(),
    };
    let fault = match hessian.is_positive_definite() {
        Some(true) if range.is_empty() => return Ok(()),
        Some(_) => "not positive definite",
        None => "too close to singular to tell whether it is positive definite",
    };
    let message = format!("the Hessian of model `{model}` is {fault}{range}");
    problem(node.span(), message, "the loss must have one minimum: add a multiple of the identity")
}

fn order(root: &Table, names: &[&str]) -> Result<Order, Problem> {
    let node = root.require("order", "\"simultaneous\"")?;
    if let DeValue::String(_) = node.value() {
        node.among("order", &["simultaneous"]).map_err(|p| Problem {
            help: "known: \"simultaneous\", { sequential = [\"p\", \"q\"] }, \
                   { switching = { seed = 1 } }, { incremental = { step = 0.1 } }"
                .to_owned(),
            ..p
        })?;
        return Ok(Order::Simultaneous);
    }
    let table = node.table("`order`", &["sequential", "switching", "incremental"])?;
    let given: Vec<Node> =
        ["sequential", "switching", "incremental"].iter().filter_map(|k| table.get(k)).collect();
    let [rule] = given[..] else {
        return problem(node.span(), "`order` needs exactly one rule", "keep one of its keys");
    };
    match rule.key() {
        "sequential" => sequential(rule, names),
        "switching" => {
            let rule = rule.table("`switching`", &["seed"])?;
            Ok(Order::Switching { seed: rule.require("seed", "1")?.whole()? })
        }
        _ => {
            let rule = rule.table("`incremental`", &["step"])?;
            let node = rule.require("step", "0.1")?;
            let step = node.number()?;
            if !step.is_positive() {
                let message = format!("the step must be positive, found {}", show(&step));
                return problem(node.span(), message, "try 0.1");
            }
            Ok(Order::Incremental { step: float(&step) })
        }
    }
}

fn sequential(rule: Node, names: &[&str]) -> Result<Order, Problem> {
    let mut turns = Vec::new();
    for node in rule.array()? {
        let model = node.among("model", names)?;
        if turns.contains(&model) {
            let message = format!("model `{}` has two turns", names[model]);
            return problem(node.span(), message, "name every model once");
        }
        turns.push(model);
    }
    match (0..names.len()).find(|i| !turns.contains(i)) {
        None => Ok(Order::Sequential(turns)),
        Some(i) => {
            let message = format!("model `{}` has no turn", names[i]);
            problem(rule.span(), message, "name every model once")
        }
    }
}

fn knob(node: Node, models: &[ModelSpec], names: &[&str]) -> Result<KnobSpec, Problem> {
    let table = node.table("`knob`", &["model", "raise", "towards", "in_front"])?;
    let model = table.require("model", "\"p\"")?.among("model", names)?;
    let words = KINDS.map(|(word, _)| word);
    let mut target: [_; 3] = std::array::from_fn(|_| BigRational::zero());
    let (at, in_front) = match (table.get("raise"), table.get("towards")) {
        (Some(raise), None) => {
            table.forbid("in_front", "`raise` already says which share is in front")?;
            let kind = raise.among("kind", &words)?;
            target[kind] = BigRational::one();
            (raise, kind)
        }
        (None, Some(towards)) => {
            let mixture = towards.table("`towards`", &words)?;
            for (share, word) in target.iter_mut().zip(words) {
                *share =
                    mixture.get(word).map_or_else(|| Ok(BigRational::zero()), |s| s.number())?;
            }
            let front = table.get("in_front").map_or(Ok(2), |f| f.among("kind", &words))?;
            (towards, front)
        }
        _ => {
            let message = "`knob` needs either `raise` or `towards`";
            return problem(table.span(), message, "add for example `raise = \"curated\"`");
        }
    };
    let sum: BigRational = target.iter().sum();
    if !nearly_one(&sum) {
        let message = format!("the shares of the target sum to {}, not 1", show(&sum));
        return problem(at.span(), message, "kinds that are not named count as 0");
    }
    for share in &mut target {
        *share /= &sum;
    }
    for ((word, kind), goal) in KINDS.iter().zip(&target) {
        if !goal.is_zero() && models[model].share(*kind).is_zero() {
            let message = format!("model `{}` has no {word} data to turn to", names[model]);
            let help = format!("give it a component of kind \"{word}\" with a positive weight");
            return problem(at.span(), message, help);
        }
    }
    let kind = KINDS[in_front];
    if models[model].share(kind.1) == target[in_front] {
        let share = show(&target[in_front]);
        let message =
            format!("the {} share of model `{}` is {share} already", kind.0, names[model]);
        let help = "no derivative with respect to a share that does not change: choose another \
                    target, or another kind `in_front`";
        return problem(at.span(), message, help);
    }
    Ok(KnobSpec { model, target, in_front: kind.1 })
}

#[cfg(test)]
mod tests {
    use super::super::number::rational;
    use super::*;

    #[test]
    fn a_sum_off_by_the_rounding_of_17_digits_is_one() {
        let sum = |text| rational(text).is_some_and(|r| nearly_one(&r));
        assert!(sum("0.99999999999999999"));
        assert!(sum("1"));
        assert!(!sum("1.00000001"));
    }
}
