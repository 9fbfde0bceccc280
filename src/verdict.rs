//! What a check, a claim, a theorem comes to.

use serde::Serialize;

/// The standing of a claim, weakest first, so that `min` is the honest summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// A counterexample meets every hypothesis, confirmed in exact arithmetic.
    Refuted,
    /// Floating point shows a violation that nothing rigorous confirms.
    Disputed,
    /// Nothing was decided: too few samples met the hypotheses, or the budget was spent.
    Inconclusive,
    /// Every check agrees, none of them is a proof.
    Supported,
    /// A certificate covers the whole stated domain.
    Proved,
}

impl Verdict {
    /// The verdict of one claim: the worst doubt if there is one, else the best support. No
    /// evidence is Inconclusive.
    pub fn of_claim(evidence: impl IntoIterator<Item = Verdict>) -> Verdict {
        evidence.into_iter().fold(Verdict::Inconclusive, |sum, v| {
            if sum.min(v) < Verdict::Inconclusive { sum.min(v) } else { sum.max(v) }
        })
    }

    /// The verdict of a theorem: that of its weakest claim. No claim proves nothing.
    pub fn of_theorem(claims: impl IntoIterator<Item = Verdict>) -> Verdict {
        claims.into_iter().min().unwrap_or(Verdict::Inconclusive)
    }

    /// The word that tables print.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Refuted => "Refuted",
            Verdict::Disputed => "Disputed",
            Verdict::Inconclusive => "Inconclusive",
            Verdict::Supported => "Supported",
            Verdict::Proved => "Proved",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::{self, Disputed, Inconclusive, Proved, Refuted, Supported};

    #[test]
    fn one_doubt_outweighs_any_support() {
        assert_eq!(Verdict::of_claim([Supported, Proved, Disputed]), Disputed);
        assert_eq!(Verdict::of_claim([Disputed, Refuted, Proved]), Refuted);
        assert_eq!(Verdict::of_claim([Inconclusive, Supported]), Supported);
        assert_eq!(Verdict::of_claim([]), Inconclusive);
        assert_eq!(Verdict::of_theorem([Proved, Inconclusive]), Inconclusive);
    }
}
