//! The loop that a command is given.

use super::Failure;
use super::terminal::note;
use crate::error::LoopError;
use crate::scalar::{Scalar, decimal};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap};
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::{One, Signed};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Which loop, and where its parameters stand.
#[derive(Debug, clap::Args)]
pub(super) struct LoopArgs {
    /// A system file, or the id of a shipped system
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Give a parameter of the file a value; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
}

/// A loop file that was read, and the values given to its parameters.
pub(super) struct Given {
    pub file: LoopFile,
    pub values: Vec<(String, f64)>,
    place: PathBuf,
}

/// What every result begins with: which loop it is about.
#[derive(Serialize)]
pub(super) struct Heading {
    system: String,
    title: String,
    parameters: Vec<Setting>,
    order: String,
}

#[derive(Serialize)]
struct Setting {
    name: String,
    value: f64,
}

impl LoopArgs {
    /// Reads the file and the values.
    pub(super) fn read(&self) -> Result<Given, Failure> {
        let file = super::system(&self.file)?;
        let mut values: Vec<(String, f64)> = vec![];
        for text in &self.set {
            let (name, value) = assignment(text)?;
            if values.iter().any(|(given, _)| *given == name) {
                let message = format!("`--set {name}` is given twice");
                return Err(usage(message, "give each parameter one value"));
            }
            if let Some(p) = file.parameters.iter().find(|p| p.name == name) {
                let (lo, hi) = (f64::from_rational(&p.range.0), f64::from_rational(&p.range.1));
                if !(lo..=hi).contains(&value) {
                    note(&format!("note: {name} = {value} lies outside its range, {lo} to {hi}"));
                }
            }
            values.push((name, value));
        }
        Ok(Given { file, values, place: self.file.clone() })
    }
}

impl Given {
    /// The loop with the values given.
    pub(super) fn system(&self) -> Result<GaussianLoop<f64>, Failure> {
        self.with(&[])
    }

    /// The loop with `more` values on top of those given.
    pub(super) fn with(&self, more: &[(&str, f64)]) -> Result<GaussianLoop<f64>, Failure> {
        let given = self.values.iter().map(|(name, x)| (name.as_str(), *x));
        let values: Vec<(&str, f64)> = more.iter().copied().chain(given).collect();
        let system = self.file.at::<f64>(&values).map_err(|e| self.failed(e))?;
        let zero = DVector::zeros(system.dimension());
        if system.linearise(&zero).jacobian.iter().all(|x| x.is_finite()) {
            Ok(system)
        } else {
            Err(self.failed(LoopError::NotFinite))
        }
    }

    /// Where the loop was read, or the id of a shipped one.
    pub(super) fn path(&self) -> &Path {
        &self.place
    }

    /// A failure of the mathematics, with the place.
    pub(super) fn failed(&self, reason: LoopError) -> Failure {
        Failure::Loop { place: self.place.display().to_string(), reason }
    }

    pub(super) fn heading(&self) -> Heading {
        let value = |p: &crate::systems::Parameter| {
            let given = self.values.iter().find(|(name, _)| *name == p.name);
            given.map_or_else(|| f64::from_rational(&p.value), |(_, x)| *x)
        };
        let parameters = self.file.parameters.iter();
        Heading {
            system: self.file.name.clone(),
            title: self.file.title.clone(),
            parameters: parameters
                .map(|p| Setting { name: p.name.clone(), value: value(p) })
                .collect(),
            order: self.file.order.name(&self.file.model_names()),
        }
    }
}

impl Heading {
    /// Name, title, parameters and order, on two lines.
    pub(super) fn text(&self) -> String {
        let mut second: Vec<String> =
            self.parameters.iter().map(|p| format!("{} = {}", p.name, p.value)).collect();
        second.push(format!("order: {}", self.order));
        format!("{}: {}\n{}\n", self.system, self.title, second.join(", "))
    }
}

/// Wrong words on the command line.
pub(super) fn usage(message: impl Into<String>, help: impl Into<String>) -> Failure {
    Failure::Usage { message: message.into(), help: help.into() }
}

/// A finite number: a decimal, or a fraction of two.
pub(super) fn number(text: &str) -> Result<f64, Failure> {
    let decimal = |text: &str| text.trim().parse::<f64>().ok();
    let value = match text.split_once('/') {
        Some((p, q)) => decimal(p).zip(decimal(q)).map(|(p, q)| p / q),
        None => decimal(text),
    };
    value.filter(|x| x.is_finite()).ok_or_else(|| {
        usage(format!("`{text}` is not a finite number"), "write for example `0.9` or `1/3`")
    })
}

/// The number itself: a decimal, or a fraction of two.
pub(super) fn exact(text: &str) -> Result<BigRational, Failure> {
    decimal(text).ok_or_else(|| {
        usage(format!("`{text}` is not a number"), "write for example `0.9` or `1/3`")
    })
}

/// A share of a mixture, exact: a number within 0 to 1.
pub(super) fn exact_share(text: &str) -> Result<BigRational, Failure> {
    let share = exact(text)?;
    if share.is_negative() || share > BigRational::one() {
        let message = format!("a share of {} is not within 0 to 1", text.trim());
        return Err(usage(
            message,
            "a share is a part of what a model trains on: write for example `0.3`",
        ));
    }
    Ok(share)
}

/// The same in doubles.
pub(super) fn share(text: &str) -> Result<f64, Failure> {
    Ok(f64::from_rational(&exact_share(text)?))
}

/// `NAME=VALUE`, the value exact.
pub(super) fn exact_assignment(text: &str) -> Result<(String, BigRational), Failure> {
    let (name, value) = halves(text)?;
    Ok((name, exact(value)?))
}

fn assignment(text: &str) -> Result<(String, f64), Failure> {
    let (name, value) = halves(text)?;
    Ok((name, number(value)?))
}

fn halves(text: &str) -> Result<(String, &str), Failure> {
    let Some((name, value)) = text.split_once('=') else {
        let message = format!("`--set {text}` has no value");
        return Err(usage(message, format!("write for example `--set {text}=0.5`")));
    };
    Ok((name.trim().to_owned(), value))
}
