//! `backfire influence --sweep`.

use super::super::Failure;
use super::super::given::{number as parse_number, usage};
use super::super::text::{number, rough};
use crate::error::LoopError;
use crate::influence::sweep::{Along, ModelSweep, Setting, Study, sweep};
use crate::influence::zeros::Kind;
use crate::scalar::Scalar;
use serde::Serialize;
use std::fmt::Write;

/// What to sweep, and the range if one was given.
pub(super) struct Wanted {
    along: Along,
    range: Option<(f64, f64)>,
}

#[derive(Serialize)]
pub(super) struct SweepReport {
    along: String,
    lo: f64,
    hi: f64,
    models: Vec<ModelReport>,
}

#[derive(Serialize)]
struct ModelReport {
    model: String,
    /// Whether the derivative vanishes throughout.
    vanishes: bool,
    zeros: Vec<ZeroReport>,
    poles: Vec<(f64, f64)>,
    unresolved: Vec<(f64, f64)>,
    regimes: Vec<StretchReport>,
}

#[derive(Serialize)]
struct ZeroReport {
    at: f64,
    lo: f64,
    hi: f64,
    /// `rising`, `falling` or `touching`.
    kind: &'static str,
    /// Asymptotic rate of the loop there.
    rate: f64,
}

#[derive(Serialize)]
struct StretchReport {
    lo: f64,
    hi: f64,
    /// `None` where there is no stable point.
    regime: Option<&'static str>,
}

/// Reads `NAME` or `NAME=LO:HI`.
pub(super) fn parse(study: &Study, text: &str) -> Result<Wanted, Failure> {
    let (name, range) = match text.split_once('=') {
        Some((name, range)) => (name.trim(), Some(range)),
        None => (text.trim(), None),
    };
    let names: Vec<&str> = study.file.parameters.iter().map(|p| p.name.as_str()).collect();
    // A parameter that is called `share` comes first: the file's author chose the name.
    let along = if names.contains(&name) {
        Along::Parameter(name.to_owned())
    } else if name == "share" {
        Along::Share
    } else {
        let known = [names.as_slice(), &["share"]].concat().join(", ");
        let message = format!("nothing called `{name}` to sweep");
        return Err(usage(message, format!("sweep one of: {known}")));
    };
    let ends = |range: &str| {
        let Some((lo, hi)) = range.split_once(':') else {
            let message = format!("`{range}` is no range");
            return Err(usage(message, format!("write for example `--sweep {name}=0:1`")));
        };
        let (lo, hi) = (parse_number(lo)?, parse_number(hi)?);
        if lo >= hi {
            return Err(usage(
                format!("the range `{range}` is empty"),
                "write the lower end first",
            ));
        }
        Ok((lo, hi))
    };
    Ok(Wanted { along, range: range.map(ends).transpose()? })
}

impl Wanted {
    /// The range given, else that of the parameter in the file, else all shares that the mixture
    /// allows.
    pub(super) fn range(&self, study: &Study, setting: &Setting) -> (f64, f64) {
        self.range.unwrap_or_else(|| match &self.along {
            Along::Share => setting.shares,
            Along::Parameter(name) => {
                let found = study.file.parameters.iter().find(|p| p.name == *name);
                found.map_or((0.0, 1.0), |p| {
                    (f64::from_rational(&p.range.0), f64::from_rational(&p.range.1))
                })
            }
        })
    }

    pub(super) fn run(&self, study: &Study, range: (f64, f64)) -> Result<SweepReport, LoopError> {
        let found = sweep(study, &self.along, range.0, range.1)?;
        let along = match found.along {
            Along::Share => "share".to_owned(),
            Along::Parameter(name) => name,
        };
        let models = found.models.into_iter().map(model_report).collect();
        Ok(SweepReport { along, lo: found.lo, hi: found.hi, models })
    }
}

fn model_report(found: ModelSweep) -> ModelReport {
    let zeros = found.zeros.iter().map(|(zero, rate)| ZeroReport {
        at: zero.at,
        lo: zero.lo,
        hi: zero.hi,
        kind: match zero.kind {
            Kind::Crossing { rising: true } => "rising",
            Kind::Crossing { rising: false } => "falling",
            Kind::Touching => "touching",
        },
        rate: *rate,
    });
    let regimes = found.regimes.iter().map(|stretch| StretchReport {
        lo: stretch.lo,
        hi: stretch.hi,
        regime: stretch.regime.map(crate::influence::Regime::name),
    });
    ModelReport {
        model: found.model,
        vanishes: found.vanishes,
        zeros: zeros.collect(),
        regimes: regimes.collect(),
        poles: found.poles,
        unresolved: found.unresolved,
    }
}

impl SweepReport {
    pub(super) fn text(&self) -> String {
        let along = &self.along;
        let mut text = format!("\n{along} from {} to {}\n", number(self.lo), number(self.hi));
        for model in &self.models {
            text.push_str(&model.text(along));
        }
        text
    }
}

impl ModelReport {
    fn text(&self, along: &str) -> String {
        let zeros = match &self.zeros[..] {
            _ if self.vanishes => "vanishes throughout".to_owned(),
            [] if !self.unresolved.is_empty() => "has no zero where it is decided".to_owned(),
            [] => "has no zero".to_owned(),
            zeros => format!("has {} zero{}", zeros.len(), if zeros.len() == 1 { "" } else { "s" }),
        };
        let mut text = format!("  dJ_{}/dlambda {zeros}\n", self.model);
        for zero in &self.zeros {
            let reached = if zero.rate < 1.0 { "" } else { "; the loop does NOT converge there" };
            let _ = writeln!(
                text,
                "    {along} = {:.13} ± {}, {}{reached}",
                zero.at,
                rough(zero.hi - zero.lo),
                zero.kind
            );
        }
        for (what, spans) in [("pole", &self.poles), ("undecided", &self.unresolved)] {
            for (lo, hi) in spans {
                let _ = writeln!(text, "    {what} within [{lo:.12}, {hi:.12}]");
            }
        }
        let stretches = self.regimes.iter().map(|s| {
            let regime = s.regime.unwrap_or("no stable point");
            format!("{regime} on [{}, {}]", number(s.lo), number(s.hi))
        });
        let _ = writeln!(text, "    {}", stretches.collect::<Vec<_>>().join(", "));
        text
    }
}
