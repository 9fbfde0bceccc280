//! Quantities and entries that no point of a family has, which its ranges give away.
//!
//! Nothing is said where some point has them: that is for the search to count.

use super::categorical::Categorical;
use super::family::Family;
use super::linear::Linear;
use super::meaning::{Size, Type, type_of};
use super::syntax::{Expr, Kind, Mistake};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::ops::Range;

/// Quantities that are about the second model.
const OF_SECOND: [&str; 9] = ["J_pq", "J_qp", "J_qq", "S_q", "C_q", "g_q", "dJq", "rho_q", "m_q"];

/// Quantities of two models alone.
const OF_TWO: [&str; 8] =
    ["a_p", "a_q", "kappa", "kappa_1", "kappa_2", "kappa_3", "tau_p", "tau_q"];

/// Refuses `e`, with all abbreviations written out, if some part of it has no value at any point.
///
/// # Errors
/// The first such part.
pub(super) fn possible(e: &Expr, family: &Family) -> Result<(), Mistake> {
    let linear = if let Family::Linear(family) = family { Some(family) } else { None };
    match &e.kind {
        Kind::Number(_) => Ok(()),
        Kind::Name(name) => linear.map_or(Ok(()), |family| quantity(name, &e.span, family)),
        Kind::Entry { of, at } => {
            possible(of, family)?;
            let sizes = match type_of(of, family.words())? {
                Type::Vector(n) => vec![n],
                Type::Matrix(n, m) => vec![n, m],
                Type::Truth | Type::Number => Vec::new(),
            };
            for (index, size) in at.iter().zip(sizes) {
                entry(*index, size, &e.span, family)?;
            }
            Ok(())
        }
        Kind::Prefix(_, x) => possible(x, family),
        Kind::Infix(_, l, r) => possible(l, family).and_then(|()| possible(r, family)),
        Kind::Call { function, arguments } => {
            arguments.iter().try_for_each(|a| possible(a, family))?;
            match (linear, function.as_str(), arguments.as_slice()) {
                (Some(family), "own_block" | "without", [_, k]) => model(function, k, family),
                _ => Ok(()),
            }
        }
    }
}

fn refused(span: &Range<usize>, message: String, help: impl Into<String>) -> Result<(), Mistake> {
    Err(Mistake { span: span.clone(), message, help: help.into() })
}

/// A quantity of the family `linear`.
fn quantity(name: &str, span: &Range<usize>, family: &Linear) -> Result<(), Mistake> {
    let [least, most] = family.models;
    let given = format!("`models` is [{least}, {most}]");
    if OF_SECOND.contains(&name) && most < 2 {
        let message = format!("`{name}` is about a second model, and {given}");
        return refused(span, message, "let `models` go up to 2 at least");
    }
    if OF_TWO.contains(&name) && !(least..=most).contains(&2) {
        let message = format!("`{name}` is of two models alone, and {given}");
        return refused(span, message, "let `models` have 2 in it");
    }
    Ok(())
}

/// The model that `own_block` and `without` are told, where it is told outright.
fn model(function: &str, k: &Expr, family: &Linear) -> Result<(), Mistake> {
    let Kind::Number(x) = &k.kind else { return Ok(()) };
    let [least, most] = family.models;
    if !is_within(x, most) {
        let message = format!("there is no model {x}: `models` is [{least}, {most}]");
        return refused(&k.span, message, format!("count from 1 to {most}"));
    }
    if function == "without" && most == 1 {
        let message = "without its only model the loop has none".into();
        return refused(&k.span, message, "let `models` go up to 2 at least");
    }
    Ok(())
}

/// Whether `x` is a whole number from 1 to `most`.
fn is_within(x: &BigRational, most: usize) -> bool {
    let whole = if x.is_integer() { x.to_integer().to_usize() } else { None };
    whole.is_some_and(|k| (1..=most).contains(&k))
}

fn entry(index: usize, size: Size, span: &Range<usize>, family: &Family) -> Result<(), Mistake> {
    match most(size, family) {
        Some((most, why)) if index > most => {
            let because = if why.is_empty() { String::new() } else { format!(": {why}") };
            let message = format!("there is no entry {index}, of {most} at most{because}");
            refused(span, message, format!("count from 1 to {most}, or widen the ranges"))
        }
        _ => Ok(()),
    }
}

/// The greatest that a size can be, and what says so.
fn most(size: Size, family: &Family) -> Option<(usize, String)> {
    if let Ok(n) = size.parse() {
        return Some((n, String::new()));
    }
    match family {
        Family::Numbers(_) => None,
        Family::Categorical(Categorical { models, categories: [least, most], .. }) => {
            let why = format!("`categories` is [{least}, {most}]");
            match size {
                "n" => Some((*most, why)),
                "its parameters" => Some((models * (most - 1), why)),
                _ => None,
            }
        }
        Family::Linear(Linear { models: [few, many], dimension: [thin, thick], .. }) => {
            let why = format!("`models` is [{few}, {many}], `dimension` [{thin}, {thick}]");
            let n = match size {
                "D" => many * thick,
                "d_p" | "d_q" | "its block" => *thick,
                "D without it" => (many - 1) * thick,
                _ => return None,
            };
            Some((n, why))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::conjecture::Conjecture;

    fn read(family: &str, claim: &str, rest: &str) -> Result<Conjecture, String> {
        let text = format!(
            "name = \"x\"\ntitle = \"X\"\nfamily = \"{family}\"\nclaim = \"{claim}\"\n{rest}\n"
        );
        Conjecture::parse(&text, "x.toml").map_err(|e| e.to_string())
    }

    #[track_caller]
    fn fails(family: &str, claim: &str, rest: &str, parts: &[&str]) {
        let error = read(family, claim, rest).unwrap_err();
        for part in parts {
            assert!(error.contains(part), "no `{part}` in\n{error}");
        }
    }

    #[track_caller]
    fn reads(family: &str, claim: &str, rest: &str) {
        read(family, claim, rest).unwrap_or_else(|e| panic!("{e}"));
    }

    const THREE: &str = "[ranges]\nmodels = [2, 3]";

    #[test]
    fn entries_beyond_every_dimension_are_refused() {
        let said = ["there is no entry 5, of 2 at most: `models` is [2, 2]", "x.toml:4:14"];
        fails("linear", "0 < J[5, 5]", "", &said);
        fails("linear", "J[1, 3] > 0", "", &["no entry 3, of 2 at most"]);
        fails("linear", "b[2] > 0", THREE, &["no entry 2, of 1 at most"]);
        fails("linear", "S_q[1, 3] > 0", "[ranges]\ndimension = [1, 2]", &["no entry 3, of 2"]);
        fails("linear", "without(J, 1)[3, 1] > 0", THREE, &["no entry 3, of 2 at most"]);
        fails("linear", "own_block(J, 1)[2, 1] > 0", THREE, &["no entry 2, of 1 at most"]);
        fails("linear", "x > 0", "[define]\nx = \"J[5, 5]\"", &["no entry 5", "x.toml:6:6"]);
        fails("linear", "x[5, 5] > 0", "[define]\nx = \"2 * J\"", &["no entry 5", "x.toml:4:10"]);
        fails("numbers", "v[4] > 0", "[vectors]\nv = 3", &["no entry 4, of 3 at most", ":4:10"]);
        fails("categorical", "p[4] > 0", "", &["no entry 4, of 3 at most", "[2, 3]"]);
        fails("categorical", "J[3, 3] > 0", "", &["no entry 3, of 2 at most"]);
        // Some points have them.
        reads("linear", "J[3, 3] > 0", THREE);
        reads("linear", "b[2] > 0", "[ranges]\ndimension = [1, 2]");
        reads("categorical", "p[3] > 0 and J[4, 4] > 0", "[ranges]\nmodels = 2");
        reads("numbers", "v[3] > 0", "[vectors]\nv = 3");
    }

    #[test]
    fn models_that_no_loop_has_are_refused() {
        for k in ["7", "0", "1.5"] {
            let place = "x.toml:4:29";
            let said = format!("there is no model {}", if k == "1.5" { "3/2" } else { k });
            fails("linear", &format!("1 > rho(without(J, {k}))"), THREE, &[&said, place]);
        }
        fails("linear", "rho(own_block(J, 3)) < 1", "", &["no model 3: `models` is [2, 2]"]);
        reads("linear", "rho(own_block(J, 3)) + rho(without(J, 3)) < 1", THREE);
        let one = "[ranges]\nmodels = [1, 1]";
        fails("linear", "rho(without(J, 1)) < 1", one, &["without its only model"]);
    }

    #[test]
    fn quantities_of_models_that_no_loop_has_are_refused() {
        let one = "[ranges]\nmodels = [1, 1]";
        let more = "[ranges]\nmodels = [3, 4]";
        for name in ["dJq", "rho_q", "m_q", "norm(g_q)", "norm(S_q)", "norm(C_q)", "norm(J_pq)"] {
            fails("linear", &format!("{name} > 0"), one, &["second model", "[1, 1]"]);
            reads("linear", &format!("{name} > 0"), "[ranges]\nmodels = [1, 2]");
            reads("linear", &format!("{name} > 0"), more);
        }
        for name in ["kappa", "kappa_2", "a_p", "a_q", "tau_p", "tau_q"] {
            for ranges in [one, more] {
                let said = ["of two models alone", "x.toml:4:10"];
                fails("linear", &format!("{name} > 0"), ranges, &said);
            }
            reads("linear", &format!("{name} > 0"), "[ranges]\nmodels = [1, 4]");
        }
        reads("linear", "norm(S_p) + dJp + m_p > 0", one);
    }

    #[test]
    fn powers_that_are_never_worked_out_are_refused() {
        let said = ["whole powers from 0 to 64", "x.toml:4:"];
        for power in ["65", "-1", "0.5", "models", "(1 + 1)", "99999999999999999999"] {
            fails("linear", &format!("dJp^{power} > 0"), "", &said);
            fails("linear", &format!("norm(J^{power}) > 0"), "", &said);
        }
        fails("linear", "dJp^65 > 0", "", &["x.toml:4:14", "1 / x^2"]);
        reads("linear", "dJp^64 > 0 and norm(J^0) > 0", "");
    }
}
