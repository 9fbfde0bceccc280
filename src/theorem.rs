//! The one trait that a paper's theorem implements.

use crate::claim::{Claim, Control};

/// Where a theorem comes from.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    /// The paper's own number, as ids use it: `thm_3_6`, `cor_e2`.
    pub id: &'static str,
    /// What it says, in a few words.
    pub title: &'static str,
    /// Paper and place in it.
    pub source: &'static str,
}

/// A theorem: a card, claims, and controls that must fail.
///
/// # Example
/// ```
/// use backfire::theorems;
///
/// let theorem = theorems::ALL.iter().find(|t| t.theorem.card().id == "cor_e2").unwrap();
/// assert!(theorem.theorem.claims().iter().any(|c| c.id == "sign#corrected"));
/// assert!(theorem.theorem.controls().len() >= 2);
/// ```
pub trait Theorem: Send + Sync {
    /// Who says so.
    fn card(&self) -> Card;
    /// What is claimed.
    fn claims(&self) -> Vec<Claim>;
    /// Near misses that the same checks must refute; at least two.
    fn controls(&self) -> Vec<Control>;
}

/// A line of the register.
pub struct Entry {
    /// Name of its file in `theorems/`, without `.rs`.
    pub file: &'static str,
    /// The file's text; its module doc is what `explain` prints.
    pub text: &'static str,
    /// The theorem.
    pub theorem: &'static dyn Theorem,
}

impl Entry {
    /// The module doc of the theorem's file: statement, hypotheses, source.
    pub fn doc(&self) -> String {
        let lines = self.text.lines().map_while(|l| l.strip_prefix("//!"));
        lines.map(|l| l.strip_prefix(' ').unwrap_or(l)).collect::<Vec<_>>().join("\n")
    }
}
