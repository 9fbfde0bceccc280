//! What the checkers found. A verdict is read off it, never stored.

use crate::case::Route;
use crate::certify::{Certificate, Counterexample};
use crate::check::ROUNDING;
use crate::verdict::Verdict;
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// One finding of one checker.
// A claim has a handful of findings: boxing the largest would save nothing that matters.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Evidence {
    /// Floating point compared the two sides on points that met the hypotheses.
    Sampled(Sampled),
    /// A check of its own that agrees or not; says in words what was compared.
    Checked {
        /** Which kind of evidence this is. */
        route: Route,
        /** Whether what was compared agrees with the claim. */
        agrees: bool,
        /** What was compared, with its numbers. */
        finding: String,
    },
    /// A counterexample confirmed in exact arithmetic.
    Broken(Counterexample),
    /// A certificate over the whole stated domain.
    Certified(Certificate),
    /// The checker could not decide.
    Silent {
        /** Why. */
        why: String,
    },
}

/// The sum of a route's comparisons over an ensemble or a list of instances.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// How it was observed.
    pub route: Route,
    /// Points compared that met the hypotheses.
    pub samples: u64,
    /// How many are needed before agreement supports the claim.
    pub floor: u64,
    /// Points on which every inequality was closer to equality than rounding can tell.
    pub undecided: u64,
    /// Points on which the claim fails.
    pub violations: u64,
    /// Points on which a side had no value although the hypotheses were met.
    pub failures: u64,
    /// Points whose loop has a spectral radius of 1 or nearly so, and whose run does not settle; not
    /// compared.
    pub diverged: u64,
    /// Least `(right - left)/scale` over the inequalities; none for equations.
    pub least_margin: Option<f64>,
    /// Largest `|left - right|/scale` over the equations; none for inequalities.
    pub worst_gap: Option<f64>,
}

impl Evidence {
    /// What this finding says about the claim.
    pub fn verdict(&self) -> Verdict {
        match self {
            Evidence::Sampled(s) if s.violations + s.failures > 0 => Verdict::Disputed,
            Evidence::Sampled(s) if s.samples.saturating_sub(s.undecided) < s.floor.max(1) => {
                Verdict::Inconclusive
            }
            Evidence::Sampled(_) | Evidence::Checked { agrees: true, .. } => Verdict::Supported,
            Evidence::Checked { agrees: false, .. } => Verdict::Disputed,
            Evidence::Broken(_) => Verdict::Refuted,
            Evidence::Certified(_) => Verdict::Proved,
            Evidence::Silent { .. } => Verdict::Inconclusive,
        }
    }

    /// One line for a reader.
    pub fn line(&self) -> String {
        match self {
            Evidence::Sampled(s) => {
                let mut line = format!("{}: {} points", s.route.name(), s.samples);
                if s.violations > 0 {
                    let _ = write!(line, ", {} violations", s.violations);
                }
                if s.failures > 0 {
                    let _ = write!(line, ", {} without a value", s.failures);
                }
                if s.undecided > 0 {
                    let _ = write!(line, ", {} within rounding of equality", s.undecided);
                }
                if s.diverged > 0 {
                    let _ = write!(line, ", {} more do not settle", s.diverged);
                }
                if let Some(m) = s.least_margin {
                    let _ = write!(line, ", least relative margin {}", margin(m));
                }
                if let Some(g) = s.worst_gap {
                    let _ = write!(line, ", largest relative gap {}", gap(g));
                }
                if self.verdict() == Verdict::Inconclusive {
                    let _ = write!(line, " (fewer than the {} needed)", s.floor.max(1));
                }
                line
            }
            Evidence::Checked { route, finding, .. } => format!("{}: {finding}", route.name()),
            Evidence::Broken(c) => format!("counterexample: {}", c.summary()),
            Evidence::Certified(c) => format!("certificate: {}", c.summary()),
            Evidence::Silent { why } => format!("undecided: {why}"),
        }
    }
}

impl Serialize for Evidence {
    fn serialize<Z: Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        let kind = match self {
            Evidence::Sampled(_) => "sampled",
            Evidence::Checked { .. } => "checked",
            Evidence::Broken(_) => "counterexample",
            Evidence::Certified(_) => "certificate",
            Evidence::Silent { .. } => "silent",
        };
        map.serialize_entry("kind", kind)?;
        let route = match self {
            Evidence::Sampled(s) => s.route.name(),
            Evidence::Checked { route, .. } => route.name(),
            Evidence::Broken(_) | Evidence::Certified(_) => "exact arithmetic",
            Evidence::Silent { .. } => "none",
        };
        map.serialize_entry("route", route)?;
        map.serialize_entry("verdict", &self.verdict())?;
        map.serialize_entry("finding", &self.line())?;
        if let Evidence::Sampled(s) = self {
            map.serialize_entry("samples", &s.samples)?;
            map.serialize_entry("undecided", &s.undecided)?;
            map.serialize_entry("violations", &s.violations)?;
            map.serialize_entry("failures", &s.failures)?;
            map.serialize_entry("diverged", &s.diverged)?;
            map.serialize_entry("least_margin", &s.least_margin.map(rounded))?;
            map.serialize_entry("worst_gap", &s.worst_gap.map(gap))?;
        }
        map.end()
    }
}

/// A relative margin to two significant digits; 0 where it is rounding.
pub fn margin(x: f64) -> String {
    if x.abs() <= ROUNDING { "0".into() } else { format!("{x:.1e}") }
}

/// [`margin`] as a number.
pub fn rounded(x: f64) -> f64 {
    margin(x).parse().unwrap_or(x)
}

/// An upper bound of a relative gap: an even power of ten. The gaps themselves are rounding errors,
/// which differ from processor to processor.
pub fn gap(x: f64) -> String {
    if x > 0.01 {
        return format!("{x:.1}");
    }
    // At least one decade above what was seen, so that a slightly larger error elsewhere fits.
    let decades = (x.max(1e-13).log10() + 1.0).ceil();
    format!("below 1e{}", (2.0 * (decades / 2.0).ceil()).min(-2.0))
}

#[cfg(test)]
mod tests {
    use super::{gap, margin};

    #[test]
    fn figures_are_rounded_so_that_they_reproduce() {
        // One decade of room above 2e-15 is the floor 1e-12; above 3e-12 it is 1e-11, even: 1e-10.
        assert_eq!(gap(2e-15), "below 1e-12");
        assert_eq!(gap(3e-12), "below 1e-10");
        assert_eq!(gap(2.0), "2.0");
        assert_eq!(margin(-3e-16), "0");
        assert_eq!(margin(0.26789), "2.7e-1");
    }
}
