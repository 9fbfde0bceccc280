//! Conjecture files.
//!
//! ```toml
//! name = "sequential"
//! title = "Sequential retraining converges whenever simultaneous retraining does"
//! family = "linear"
//! assume = ["rho(J) < 1"]
//! claim = "rho_seq(J) < 1"
//!
//! [ranges]
//! models = [2, 3]       # at least, at most
//! dimension = [1, 1]    # parameters a model
//! largest = 1           # of the entries
//! entries = "real"      # or "integers", "tenths"
//! signs = "any"         # or "non-negative", "balanced"
//! self_terms = true     # whether models train on their own samples
//! radius = [0.1, 1.2]   # spectral radii aimed at
//! ```
//!
//! Quantities of the family `linear`: `J`, its blocks `J_pp`, `J_pq`, `J_qp`, `J_qq`, the paper's
//! `S_p`, `S_q`, `C_q`, the knob's direction `b` on the first model, gradients `g_p`, `g_q`, influences
//! `dJp`, `dJq`, `direct` (the influence while all models stand still), `rho_p`, `models`; functions
//! `rho_seq(J)`, `own_block(J, k)`, `without(J, k)`, `balanced(J)`, and those of every family: `abs`,
//! `cos`, `det`, `dot`, `identity_like`, `inverse`, `least_symmetric`, `max`, `min`, `norm`, `rho`,
//! `sin_omega`, `sqrt`, `transpose`.

use super::family::Family;
use super::linear::{Entries, Linear, Signs};
use super::meaning::{Type, type_of};
use super::syntax::{Expr, Mistake, parse};
use crate::systems::FileError;
use crate::systems::file::Problem;
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

/// A conjecture as its file says it.
#[derive(Clone, Debug)]
pub struct Conjecture {
    /// A kebab-case identifier.
    pub name: String,
    /// The conjecture in words.
    pub title: String,
    /// Where points come from.
    pub family: Family,
    /// What must hold first: texts with what they mean.
    pub assume: Vec<(String, Expr)>,
    /// What is claimed.
    pub claim: (String, Expr),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Spanned<String>,
    title: String,
    family: FamilyName,
    #[serde(default)]
    ranges: Ranges,
    #[serde(default)]
    assume: Vec<Spanned<String>>,
    claim: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FamilyName {
    Linear,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ranges {
    models: Option<Spanned<[usize; 2]>>,
    dimension: Option<Spanned<[usize; 2]>>,
    largest: Option<Spanned<f64>>,
    entries: Option<Entries>,
    signs: Option<Signs>,
    self_terms: Option<bool>,
    radius: Option<Spanned<[f64; 2]>>,
}

impl Conjecture {
    /// The conjecture that `text` says; `path` names it in errors.
    ///
    /// # Errors
    /// The first mistake, with its line and a remedy.
    pub fn parse(text: &str, path: &str) -> Result<Self, FileError> {
        Self::read_text(text).map_err(|problem| problem.in_text(text, path))
    }

    /// The conjecture that a file says.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let label = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|reason| FileError::Unreadable { path: label.clone(), reason })?;
        Self::parse(&text, &label)
    }

    fn read_text(text: &str) -> Result<Self, Problem> {
        let raw: Raw = toml::from_str(text).map_err(|e| Problem {
            span: e.span().unwrap_or(0..0),
            message: e.message().lines().collect::<Vec<_>>().join(" "),
            help: "`backfire help search` shows a conjecture file".into(),
        })?;
        let name = raw.name.get_ref();
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(kebab) {
            return Err(Problem {
                span: raw.name.span(),
                message: format!("`{name}` is no name"),
                help: "use small letters, digits and hyphens".into(),
            });
        }
        let family = match raw.family {
            FamilyName::Linear => Family::Linear(linear(&raw.ranges)?),
        };
        let truth = |given: &Spanned<String>| {
            let e = parse(given.get_ref())
                .and_then(|e| match type_of(&e, family.words())? {
                    Type::Truth => Ok(e),
                    ty => Err(Mistake {
                        span: e.span.clone(),
                        message: format!("this is {ty}, not a statement"),
                        help: "compare it with something: `... < 1`".into(),
                    }),
                })
                .map_err(|mistake| placed(mistake, given, text))?;
            Ok((given.get_ref().clone(), e))
        };
        let assume = raw.assume.iter().map(truth).collect::<Result<_, _>>()?;
        let claim = truth(&raw.claim)?;
        Ok(Conjecture { name: name.clone(), title: raw.title, family, assume, claim })
    }
}

/// The mistake at its place in the file. In a string with escapes the place is that of the string.
fn placed(mistake: Mistake, given: &Spanned<String>, text: &str) -> Problem {
    let outer = given.span();
    let inside = text.get(outer.clone()).and_then(|s| s.find(given.get_ref().as_str()));
    let span = match inside {
        Some(skip) => {
            let start = outer.start + skip;
            start + mistake.span.start..start + mistake.span.end
        }
        None => outer,
    };
    Problem { span, message: mistake.message, help: mistake.help }
}

fn linear(ranges: &Ranges) -> Result<Linear, Problem> {
    let whole = |given: &Option<Spanned<[usize; 2]>>, otherwise: [usize; 2], what: &str| {
        let Some(given) = given else { return Ok(otherwise) };
        let [lo, hi] = *given.get_ref();
        if lo == 0 || lo > hi || hi > 16 {
            return Err(Problem {
                span: given.span(),
                message: format!("the range [{lo}, {hi}] of `{what}` is empty or too wide"),
                help: "write [least, most] with 1 <= least <= most <= 16".into(),
            });
        }
        Ok([lo, hi])
    };
    let largest = ranges.largest.as_ref().map_or(Ok(2.0), |given| {
        let x = *given.get_ref();
        if x > 0.0 && x <= 1e6 {
            return Ok(x);
        }
        Err(Problem {
            span: given.span(),
            message: format!("entries cannot be at most {x} in size"),
            help: "write a number above 0 and up to 1e6".into(),
        })
    })?;
    let radius = ranges.radius.as_ref().map_or(Ok([0.1, 1.2]), |given| {
        let [lo, hi] = *given.get_ref();
        if lo >= 0.0 && lo < hi && hi <= 1e3 {
            return Ok([lo, hi]);
        }
        Err(Problem {
            span: given.span(),
            message: format!("the range [{lo}, {hi}] of `radius` is empty"),
            help: "write [least, most] with 0 <= least < most <= 1000".into(),
        })
    })?;
    Ok(Linear {
        models: whole(&ranges.models, [2, 2], "models")?,
        dimension: whole(&ranges.dimension, [1, 1], "dimension")?,
        largest,
        entries: ranges.entries.unwrap_or(Entries::Real),
        signs: ranges.signs.unwrap_or(Signs::Any),
        self_terms: ranges.self_terms.unwrap_or(true),
        radius,
    })
}

#[cfg(test)]
mod tests {
    use super::Conjecture;

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\nfamily = \"linear\"\n";

    #[track_caller]
    fn fails(rest: &str, parts: &[&str]) {
        let text = format!("{HEAD}{rest}");
        let error = Conjecture::parse(&text, "x.toml").unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "no `{part}` in\n{error}");
        }
    }

    #[test]
    fn mistakes_point_into_the_string() {
        // The claim's text starts in column 10 of line 4; `kappa` is 6 characters in.
        fails("claim = \"dJp < kappa\"", &["unknown quantity `kappa`", "x.toml:4:16"]);
        fails(
            "claim = \"rho(S_p * C_q) < 1\"",
            &["`*` does not go between a d_p x d_p", "x.toml:4:14"],
        );
        fails("claim = \"dJp + 1\"", &["this is a number, not a statement"]);
        fails("claim = \"dJp <\"", &["ends too early"]);
        fails("claim = \"rho(b) < 1\"", &["`rho` does not take a vector of d_p"]);
        fails("claim = \"rhoo(J) < 1\"", &["did you mean `rho`"]);
        fails("claim = \"dJp < 1 + (dJq < 2)\"", &["`+` does not go between a number and a truth"]);
    }

    #[test]
    fn ranges_are_checked() {
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nmodels = [3, 2]",
            &["range [3, 2] of `models`", ":6:"],
        );
        fails("claim = \"dJp > 0\"\n[ranges]\nlargest = nan", &["at most NaN"]);
        fails("claim = \"dJp > 0\"\n[ranges]\nradius = [1.0, 1.0]", &["`radius` is empty"]);
        fails("claim = \"dJp > 0\"\ncolour = 1", &["unknown field `colour`"]);
    }
}
