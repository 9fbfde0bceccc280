//! Claims by id, and the nearest id to one that does not exist.

use super::Failure;
use crate::theorems;

/// The full ids of all claims, in the order of the register.
pub(super) fn claims() -> Vec<String> {
    let of = |e: &crate::theorem::Entry| {
        let card = e.theorem.card();
        let full = move |c: crate::claim::Claim| format!("{}/{}", card.id, c.id);
        e.theorem.claims().into_iter().map(full).collect::<Vec<_>>()
    };
    theorems::ALL.iter().flat_map(of).collect()
}

/// Whether `wanted` names the claim `id`: the id itself, its theorem, or it without its version.
pub(super) fn names(wanted: &str, id: &str) -> bool {
    id.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '#', '@']))
}

/// Checks that each of `wanted` names something.
pub(super) fn check(wanted: &[String]) -> Result<(), Failure> {
    let all = claims();
    match wanted.iter().find(|w| !all.iter().any(|id| names(w, id))) {
        None => Ok(()),
        Some(w) => Err(unknown(w, &all)),
    }
}

/// The error for an id that does not exist.
pub(super) fn unknown(wanted: &str, all: &[String]) -> Failure {
    let theorems = all.iter().filter_map(|id| id.split('/').next());
    let known = all.iter().map(String::as_str).chain(theorems);
    let near = |x: &str| strsim::jaro_winkler(wanted, x);
    let nearest = known.max_by(|a, b| near(a).total_cmp(&near(b))).filter(|x| near(x) > 0.75);
    let list = "`backfire list` prints all of them";
    Failure::Usage {
        message: format!("there is no claim or theorem `{wanted}`"),
        help: nearest.map_or_else(|| list.into(), |x| format!("did you mean `{x}`? {list}")),
    }
}
