//! Certificates checked again, by other means than those that made them.
//!
//! What intervals of doubles proved is read in rational arithmetic, piece by piece of the certificate's
//! own cover; what rational arithmetic proved is computed again and compared with intervals. The
//! formulas of claims are the register's own: they are what is being checked.

mod boxes;
mod claims;
mod fixed_point;
mod identity;
mod system;
mod zeros;

use super::Proof;
use super::file::{About, CertificateFile};
use super::system::sentence;
use crate::claim::{Body, Claim};
use crate::conjecture::Conjecture;
use crate::systems::{LoopFile, shipped};

/// What a certificate that holds was found to prove, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmed {
    /// What holds, over what, by which arithmetic.
    pub summary: String,
    /// Equations and inequalities compared.
    pub comparisons: usize,
}

/// Checks a certificate.
///
/// # Errors
/// What it does not prove, and why.
pub fn check(file: &CertificateFile) -> Result<Confirmed, String> {
    match (&file.about, &file.proof) {
        (About::Claim(id), proof) => {
            let claim = find(id).ok_or_else(|| format!("there is no claim `{id}`"))?;
            if file.proved != claim.statement {
                return Err(format!("the statement is not that of `{id}`"));
            }
            match (&claim.body, proof) {
                (Body::Instances { at, whole: true, .. }, Proof::Instances { places }) => {
                    claims::instances(&claim, at, places)
                }
                (Body::Instances { range: Some(sweep), .. }, Proof::Range { place, cuts }) => {
                    claims::range(&claim, sweep, place, cuts)
                }
                (Body::Universal { over: Some(_), .. }, Proof::Boxes { covers, example }) => {
                    boxes::boxes(&claim, covers, example)
                }
                (Body::Identity { .. }, Proof::Identity { shapes, sure }) => {
                    identity::identity(&claim, shapes, *sure)
                }
                (
                    Body::StablePoint(stated),
                    Proof::FixedPoint { centre, within, inverse, response },
                ) => {
                    let numbers = fixed_point::Numbers { centre, within, inverse, response };
                    fixed_point::fixed_point(stated, &numbers)
                }
                (Body::Zeros { along, model, zeros: stated }, Proof::Zeros { .. }) => {
                    zeros::of_claim(along, *model, stated, proof)
                }
                _ => Err(format!("such a proof proves nothing about `{id}`")),
            }
        }
        (About::System(text), Proof::System { values, share, facts }) => {
            let (place, confirmed) = system::hold(loop_of(text)?, values, share.as_deref(), facts)?;
            says(file, &sentence(facts), &place.name())?;
            Ok(confirmed)
        }
        (About::System(text), proof @ Proof::Zeros { .. }) => {
            let (line, stated) = zeros::stated(loop_of(text)?, proof)?;
            let confirmed = zeros::hold(&line, &stated)?;
            says(file, &line.sentence(&stated), &line.over(&stated))?;
            Ok(confirmed)
        }
        (About::Conjecture(text), Proof::Boxes { covers, example }) => {
            let conjecture =
                Conjecture::parse(text, "the conjecture").map_err(|e| e.to_string())?;
            if file.proved != conjecture.sentence() {
                return Err(format!("`proved` should say: {}", conjecture.sentence()));
            }
            boxes::boxes(&conjecture.to_claim(), covers, example)
        }
        _ => Err("such a proof proves nothing about a file".into()),
    }
}

fn loop_of(text: &str) -> Result<LoopFile, String> {
    let file = LoopFile::parse(text, "its system").map_err(|e| e.to_string())?;
    // Its name is how readers know a loop.
    if shipped::ALL.iter().any(|s| s.id == file.name && s.text() != text) {
        return Err(format!(
            "a loop called `{}` comes with the program, and this is another; rename it",
            file.name
        ));
    }
    Ok(file)
}

/// The words of the file are those that its numbers come to.
fn says(file: &CertificateFile, proved: &str, domain: &str) -> Result<(), String> {
    for (word, found, right) in [("proved", &file.proved, proved), ("domain", &file.domain, domain)]
    {
        if found != right {
            return Err(format!("`{word}` should say: {right}"));
        }
    }
    Ok(())
}

fn find(id: &str) -> Option<Claim> {
    let (theorem, name) = id.split_once('/')?;
    let entry = crate::theorems::ALL.iter().find(|e| e.theorem.card().id == theorem)?;
    entry.theorem.claims().into_iter().find(|c| c.id == name)
}
