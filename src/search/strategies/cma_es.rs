//! Covariance matrix adaptation of the margin.

use super::descent::{CLEARLY, Descent};
use super::{Aim, tasks};
use crate::search::{Findings, Slope, Strategy, generator};
use cmaes::{CMAESOptions, DVector};
use rand::RngExt;

/// One run of CMA-ES a task, from the best of a pool of random points.
pub struct CmaEs<'a>(Aim<'a>);

impl<'a> CmaEs<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        CmaEs(aim)
    }
}

impl Strategy for CmaEs<'_> {
    fn name(&self) -> &'static str {
        "CMA-ES"
    }
    fn tasks(&self, effort: f64) -> u64 {
        if self.0.moves() { tasks(48.0, effort) } else { 0 }
    }
    fn is_sampling(&self) -> bool {
        false
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        let rng = &mut generator(seed ^ 0xC3AE5, task);
        Descent::run(&self.0, seed, task, |descent| {
            // A first step of a tenth to a half of the size of the numbers.
            let step = (0.1 + 0.4 * rng.random_range(0.0..1.0)) * descent.size();
            let slope = |x: &DVector<f64>| descent.slope(x.iter()).unwrap_or(Slope::NONE.0);
            let search = CMAESOptions::new(descent.start(), step)
                .seed(rng.random())
                .max_function_evals(usize::try_from(descent.left()).unwrap_or(usize::MAX))
                .fun_target(CLEARLY)
                .build(slope);
            // It refuses a start only where a number is not finite.
            if let Ok(mut search) = search {
                search.run();
            }
        })
    }
}
