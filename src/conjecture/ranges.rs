//! Reads the tables `[ranges]`, `[numbers]` and `[vectors]` of a conjecture file.

use super::categorical::Categorical;
use super::declared::{Declared, Entries, Number, Vector};
use super::family::Family;
use super::linear::{Linear, Signs};
use super::meaning::{FUNCTIONS, Size};
use super::numbers::Numbers;
use crate::systems::Candidates;
use crate::systems::file::Problem;
use crate::systems::file::node::{Node, Table};
use num_traits::ToPrimitive;
use std::ops::Range;
use toml::de::DeValue;

/// Names of the families.
const FAMILIES: [&str; 3] = ["linear", "numbers", "categorical"];

/// Most models, parameters a model, categories, entries of a vector: what one can still look at.
const MOST: u64 = 16;

/// The lengths that vectors may have as types.
const LENGTHS: [Size; 16] =
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"];

/// Words that mean something else.
const WORDS: [&str; 4] = ["implies", "and", "or", "not"];

pub(super) fn fault<T>(
    span: Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Problem> {
    Err(Problem { span, message: message.into(), help: help.into() })
}

/// The family that the file names, with its ranges and what it declares.
pub(super) fn family(file: &Table<'_>) -> Result<Family, Problem> {
    let name = file.require("family", "\"linear\"")?;
    let name = FAMILIES[name.among("family", &FAMILIES)?];
    let declared = declared(file, Family::sizes(name))?;
    let ranges = Ranges(file.get("ranges"));
    let family = match name {
        "linear" => Family::Linear(linear(&ranges, declared)?),
        "numbers" => {
            ranges.table("the family `numbers`: declare numbers in [numbers]", &[])?;
            Family::Numbers(Numbers { declared })
        }
        _ => Family::Categorical(categorical(&ranges, declared)?),
    };
    clashes(file, &family)?;
    Ok(family)
}

/// The table `[ranges]`, which may be missing.
struct Ranges<'a>(Option<Node<'a>>);

impl<'a> Ranges<'a> {
    fn table(&self, what: &str, known: &[&str]) -> Result<Option<Table<'a>>, Problem> {
        self.0.as_ref().map(|node| node.table(format!("the ranges of {what}"), known)).transpose()
    }
}

/// A key of a table that may be missing.
fn given<'a, T>(
    table: Option<&Table<'a>>,
    key: &'a str,
    otherwise: T,
    read: impl Fn(&Node<'a>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    table.and_then(|t| t.get(key)).map_or(Ok(otherwise), |node| read(&node))
}

fn linear(ranges: &Ranges<'_>, declared: Declared) -> Result<Linear, Problem> {
    let known = ["models", "dimension", "largest", "entries", "signs", "self_terms", "radius"];
    let table = ranges.table("the family `linear`", &known)?;
    let t = table.as_ref();
    let signs = |node: &Node<'_>| {
        let all = [Signs::Any, Signs::NonNegative, Signs::Balanced];
        Ok(all[node.among("pattern of signs", &["any", "non-negative", "balanced"])?])
    };
    let truth = |node: &Node<'_>| match node.value() {
        DeValue::Boolean(b) => Ok(*b),
        _ => node.mistyped("true or false"),
    };
    let entries = given(t, "entries", Entries::Real, entries)?;
    Ok(Linear {
        models: given(t, "models", [2, 2], |n| wholes(n, 1))?,
        dimension: given(t, "dimension", [1, 1], |n| wholes(n, 1))?,
        largest: given(t, "largest", 2.0, |n| largest(n, entries))?,
        entries,
        signs: given(t, "signs", Signs::Any, signs)?,
        self_terms: given(t, "self_terms", true, truth)?,
        radius: given(t, "radius", [0.1, 1.2], |n| between(n, 0.0, 1e3))?,
        declared,
    })
}

fn categorical(ranges: &Ranges<'_>, declared: Declared) -> Result<Categorical, Problem> {
    let known = ["models", "categories", "candidates", "weights", "largest", "share", "entries"];
    let table = ranges.table("the family `categorical`", &known)?;
    let t = table.as_ref();
    let models = |node: &Node<'_>| match node.whole()? {
        n @ (1 | 2) => Ok(usize::from(n == 2) + 1),
        n => {
            fault(node.span(), format!("`{n}` models of laws"), "write 1, or 2 for a coupled loop")
        }
    };
    let candidates = |node: &Node<'_>| match node.value() {
        DeValue::String(word) if word.as_ref() == "infinity" => Ok(Candidates::Infinite),
        DeValue::Integer(_) => match u32::try_from(node.whole()?) {
            Ok(k @ 1..=12) => Ok(Candidates::Finite(k)),
            _ => fault(
                node.span(),
                "so many candidates are not summed over exactly",
                "write a whole number from 1 to 12, or \"infinity\"",
            ),
        },
        _ => node.mistyped("a whole number or \"infinity\""),
    };
    let entries = given(t, "entries", Entries::Real, entries)?;
    let weights = |node: &Node<'_>| {
        let ends = between(node, 0.0, 1e6)?;
        if ends[0] > 0.0 && holds_one(entries, ends) {
            return Ok(ends);
        }
        let help = "write [least, most] with 0 < least, and an allowed number between";
        fault(node.span(), "masses and weights are positive", help)
    };
    let share = |node: &Node<'_>| {
        let ends = between(node, 0.0, 1.0)?;
        if ends[1] < 1.0 {
            return Ok(ends);
        }
        fault(node.span(), "a curated share of 1 leaves no real data", "let it end below 1")
    };
    let otherwise = if entries == Entries::Integers { [1.0, 8.0] } else { [0.1, 8.0] };
    Ok(Categorical {
        models: given(t, "models", 1, models)?,
        categories: given(t, "categories", [2, 3], |n| wholes(n, 2))?,
        candidates: given(t, "candidates", Candidates::Infinite, candidates)?,
        weights: given(t, "weights", otherwise, weights)?,
        largest: given(t, "largest", 2.0, |n| largest(n, entries))?,
        share: given(t, "share", [0.0, 0.9], share)?,
        entries,
        declared,
    })
}

fn entries(node: &Node<'_>) -> Result<Entries, Problem> {
    let all = [Entries::Real, Entries::Tenths, Entries::Integers];
    Ok(all[node.among("kind of entries", &["real", "tenths", "integers"])?])
}

/// Whether an allowed number lies between.
fn holds_one(entries: Entries, [lo, hi]: [f64; 2]) -> bool {
    let slot = entries.between(lo, hi);
    slot.contains(slot.nearest(lo))
}

fn largest(node: &Node<'_>, entries: Entries) -> Result<f64, Problem> {
    let x = number(node)?;
    let least = match entries {
        Entries::Integers => 1.0,
        Entries::Tenths => 0.1,
        Entries::Real => f64::MIN_POSITIVE,
    };
    if (least..=1e6).contains(&x) {
        return Ok(x);
    }
    fault(
        node.span(),
        format!("entries cannot be at most {x} in size: nothing but zero is left, or too much"),
        "write a number above 0 (1 for integers, 0.1 for tenths) and up to 1e6",
    )
}

fn number(node: &Node<'_>) -> Result<f64, Problem> {
    Ok(node.number()?.to_f64().unwrap_or(f64::NAN))
}

/// `[least, most]`.
fn ends<'a>(node: &Node<'a>) -> Result<[Node<'a>; 2], Problem> {
    match node.array()?.as_slice() {
        [lo, hi] => Ok([*lo, *hi]),
        other => {
            let message = format!("the range `{}` has {} ends", node.key(), other.len());
            fault(node.span(), message, "write [least, most]")
        }
    }
}

fn wholes(node: &Node<'_>, least: u64) -> Result<[usize; 2], Problem> {
    let [lo, hi] = ends(node)?;
    let [lo, hi] = [lo.whole()?, hi.whole()?];
    let good = least <= lo && lo <= hi && hi <= MOST;
    let ends = good.then(|| Some([usize::try_from(lo).ok()?, usize::try_from(hi).ok()?])).flatten();
    ends.map_or_else(
        || {
            let message =
                format!("the range [{lo}, {hi}] of `{}` is empty or too wide", node.key());
            let help = format!("write [least, most] with {least} <= least <= most <= {MOST}");
            fault(node.span(), message, help)
        },
        Ok,
    )
}

fn between(node: &Node<'_>, least: f64, most: f64) -> Result<[f64; 2], Problem> {
    let [lo, hi] = ends(node)?;
    let [lo, hi] = [number(&lo)?, number(&hi)?];
    if least <= lo && lo <= hi && hi <= most {
        return Ok([lo, hi]);
    }
    let what = if lo > hi { "is empty" } else { "goes too far" };
    let message = format!("the range [{lo}, {hi}] of `{}` {what}", node.key());
    let help = format!("write [least, most] with {least} <= least <= most <= {most}");
    fault(node.span(), message, help)
}

/// The range of a number or of the entries of a vector, at the key `range` of a table or alone.
fn slot(
    range: Option<Node<'_>>,
    kind: Option<Node<'_>>,
    otherwise: [f64; 2],
) -> Result<crate::search::Slot, Problem> {
    let kind = kind.map_or(Ok(Entries::Real), |node| entries(&node))?;
    let ends = range.map_or(Ok(otherwise), |node| between(&node, -1e6, 1e6))?;
    if let Some(node) = range.filter(|_| !holds_one(kind, ends)) {
        let message = format!("the range of `{}` is empty", node.key());
        return fault(node.span(), message, "widen it until an allowed number lies in it");
    }
    Ok(kind.between(ends[0], ends[1]))
}

fn declared(file: &Table<'_>, sizes: &[Size]) -> Result<Declared, Problem> {
    let mut declared = Declared::default();
    for (node, _) in file.get("numbers").map_or(Ok(Vec::new()), |n| n.named())? {
        let slot = if let DeValue::Table(_) = node.value() {
            let table =
                node.table(format!("the number `{}`", node.key()), &["range", "entries"])?;
            slot(Some(table.require("range", "[0, 1]")?), table.get("entries"), [0.0, 1.0])?
        } else {
            slot(Some(node), None, [0.0, 1.0])?
        };
        declared.numbers.push(Number { name: node.key().to_owned(), slot });
    }
    for (node, _) in file.get("vectors").map_or(Ok(Vec::new()), |n| n.named())? {
        let (size, slot) = if let DeValue::Table(_) = node.value() {
            let known = ["length", "range", "entries"];
            let table = node.table(format!("the vector `{}`", node.key()), &known)?;
            let slot = slot(table.get("range"), table.get("entries"), [-2.0, 2.0])?;
            (length(&table.require("length", "3")?, sizes)?, slot)
        } else {
            (length(&node, sizes)?, Entries::Real.between(-2.0, 2.0))
        };
        declared.vectors.push(Vector { name: node.key().to_owned(), size, slot });
    }
    Ok(declared)
}

/// The length of a vector: a dimension of the family, or a whole number.
fn length(node: &Node<'_>, sizes: &[Size]) -> Result<Size, Problem> {
    if let DeValue::String(_) = node.value() {
        return Ok(sizes[node.among("length", sizes)?]);
    }
    let n = node.whole()?;
    let known = usize::try_from(n).ok().and_then(|n| LENGTHS.get(n.wrapping_sub(1)));
    known.map_or_else(
        || {
            let message = format!("a vector cannot have {n} entries here");
            fault(node.span(), message, format!("write a whole number from 1 to {MOST}"))
        },
        |size| Ok(*size),
    )
}

/// Refuses names that are none, or that mean something already.
pub(super) fn fresh(
    name: &str,
    span: &Range<usize>,
    family: &Family,
    taken: &[&str],
) -> Result<(), Problem> {
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    if !starts || !name.chars().all(letters) || WORDS.contains(&name) {
        let help = "use letters, digits and _, starting with a letter; not and, or, not, implies";
        return fault(span.clone(), format!("`{name}` is no name"), help);
    }
    let words = family.words();
    let own = words.functions().iter().any(|(known, _, _)| *known == name);
    if own || FUNCTIONS.contains(&name) || taken.contains(&name) {
        let message = format!("`{name}` means something already");
        return fault(span.clone(), message, "choose another name");
    }
    Ok(())
}

/// Refuses declared names that mean something already.
fn clashes(file: &Table<'_>, family: &Family) -> Result<(), Problem> {
    let all = family.words().names();
    let own: Vec<&str> =
        all[..all.len() - family.declared().len()].iter().map(|(name, _)| *name).collect();
    // Entries of points that are no quantities.
    let mut taken = own;
    taken.push("sizes");
    for key in ["numbers", "vectors"] {
        for (node, span) in file.get(key).map_or(Ok(Vec::new()), |n| n.named())? {
            fresh(node.key(), &span, family, &taken)?;
            taken.push(node.key());
        }
    }
    Ok(())
}
