//! Points as the domain draws them.

use super::{Aim, tasks};
use crate::case::Subject;
use crate::check::Ensemble;
use crate::domain::Points;
use crate::search::{Findings, Strategy};

/// Points of a task.
const POINTS: u64 = 2_048;

/// Points of the ensemble, on which verdicts rest.
pub struct Random<'a>(Aim<'a>);

/// Points near what a person can check.
pub struct Small<'a>(Aim<'a>);

impl<'a> Random<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        Random(aim)
    }
}

impl<'a> Small<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        Small(aim)
    }
}

impl Strategy for Random<'_> {
    fn name(&self) -> &'static str {
        "random points"
    }
    fn tasks(&self, effort: f64) -> u64 {
        tasks(64.0, effort)
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        drawn(&self.0, &Points { domain: self.0.domain, seed, small: false }, task)
    }
}

impl Strategy for Small<'_> {
    fn name(&self) -> &'static str {
        "small points"
    }
    fn tasks(&self, effort: f64) -> u64 {
        tasks(16.0, effort)
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        drawn(&self.0, &Points { domain: self.0.domain, seed, small: true }, task)
    }
}

fn drawn(aim: &Aim, points: &Points, task: u64) -> Findings {
    let count = aim.scaled(POINTS);
    let mut seen = aim.nothing();
    for index in task * count..(task + 1) * count {
        if let Subject::Point(at) = points.draw(index) {
            seen.look(aim.claim, &at);
        }
    }
    seen
}
