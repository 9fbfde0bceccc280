//! The ways to look for a counterexample.

mod argmin;
mod cma_es;
mod descent;
mod grid;
mod low_discrepancy;
mod points;
mod structured;

pub use argmin::{Argmin, Method};
pub use cma_es::CmaEs;
pub use grid::Grid;
pub use low_discrepancy::LowDiscrepancy;
pub use points::{Random, Small};
pub use structured::Structured;

use super::{Findings, Layout, Slope, Strategy};
use crate::claim::Claim;
use crate::domain::Domain;
use crate::point::Point;
use crate::referee::FLOOR;

/// The strategies for `claim`, in the order in which they should be tried: those that are cheap and find
/// small witnesses first. Those that have nothing to work on have no tasks. None for a claim that is over
/// no [`Domain`]. Chosen by the tables of `docs/search.md`.
pub fn strategies<'a>(claim: &'a Claim) -> Vec<Box<dyn Strategy + 'a>> {
    let mut all = all(claim);
    all.retain(|s| s.name() != Method::Annealing.name());
    all
}

/// Every strategy there is, simulated annealing included, which never was the first to find something.
pub fn all<'a>(claim: &'a Claim) -> Vec<Box<dyn Strategy + 'a>> {
    let Some(aim) = Aim::at(claim) else { return Vec::new() };
    let argmin = |method| Box::new(Argmin::new(aim.clone(), method));
    vec![
        Box::new(Grid::new(aim.clone())),
        Box::new(Small::new(aim.clone())),
        Box::new(Structured::new(aim.clone())),
        Box::new(Random::new(aim.clone())),
        Box::new(LowDiscrepancy::new(aim.clone())),
        Box::new(CmaEs::new(aim.clone())),
        argmin(Method::NelderMead),
        argmin(Method::ParticleSwarm),
        argmin(Method::Annealing),
    ]
}

/// A claim over a domain, as all strategies hold it.
#[derive(Clone)]
pub struct Aim<'a> {
    /// What should break.
    pub claim: &'a Claim,
    /// Where.
    pub domain: &'static dyn Domain,
    /// [`Domain::layouts`], listed once.
    pub layouts: Vec<Layout>,
}

impl<'a> Aim<'a> {
    /// `None` for a claim that is over no [`Domain`], or that says nothing of single points.
    pub fn at(claim: &'a Claim) -> Option<Self> {
        let domain = claim.domain().filter(|_| claim.property().is_some())?;
        Some(Aim { claim, domain, layouts: domain.layouts() })
    }

    fn nothing(&self) -> Findings {
        Findings::none(self.claim.hypotheses.len())
    }

    /// Looks at a point that was made of numbers, if it is in the domain.
    fn look(&self, seen: &mut Findings, at: &Point<f64>) -> Slope {
        if self.domain.contains(at) { seen.look(self.claim, at) } else { Slope::NONE }
    }

    /// Whether some number can vary, as far as the domain says.
    fn moves(&self) -> bool {
        self.layouts.is_empty() || self.layouts.iter().any(|l| !l.free().is_empty())
    }

    /// `n` points or evaluations where a point costs what it usually does, fewer where it costs more.
    fn scaled(&self, n: u64) -> u64 {
        (n * self.domain.floor().min(FLOOR) / FLOOR).max(n.min(16))
    }
}

/// `n` tasks at effort 1.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn tasks(n: f64, effort: f64) -> u64 {
    (n * effort).ceil() as u64
}
