//! Owen-scrambled Sobol points in the boxes of a domain.

use super::{Aim, tasks};
use crate::search::{Findings, Strategy, generator};
use rand::RngExt;
use sobol_burley::{NUM_DIMENSIONS, sample};

/// Points of a task.
const POINTS: u64 = 2_048;

/// Length of one scrambled sequence.
const SEQUENCE: u64 = 1 << 16;

/// Low-discrepancy points, the boxes in turn. A number beyond dimension 256 of the sequence takes a
/// dimension of another scrambling: such groups are spread evenly each, and independent of each other.
pub struct LowDiscrepancy<'a>(Aim<'a>);

impl<'a> LowDiscrepancy<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        LowDiscrepancy(aim)
    }
}

impl Strategy for LowDiscrepancy<'_> {
    fn name(&self) -> &'static str {
        "low-discrepancy points"
    }
    fn tasks(&self, effort: f64) -> u64 {
        if self.0.layouts.is_empty() { 0 } else { tasks(32.0, effort) }
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        let aim = &self.0;
        let mut seen = aim.nothing();
        let boxes = aim.layouts.len() as u64;
        let Some(layout) = task.checked_rem(boxes).and_then(|k| aim.layouts.get(index(k))) else {
            return seen;
        };
        let (count, free) = (aim.scaled(POINTS), layout.free());
        let first = task / boxes * count;
        let rng = &mut generator(seed ^ 0x50B01, task % boxes + boxes * (first / SEQUENCE));
        let scrambles: Vec<u32> =
            (0..=free.len() / NUM_DIMENSIONS as usize).map(|_| rng.random()).collect();
        let mut numbers: Vec<f64> = layout.slots.iter().map(|s| s.lo).collect();
        for n in first..first + count {
            for (dimension, &k) in (0_u32..).zip(&free) {
                let scramble = scrambles[(dimension / NUM_DIMENSIONS) as usize];
                let n = u32::try_from(n % SEQUENCE).unwrap_or(0);
                let part = f64::from(sample(n, dimension % NUM_DIMENSIONS, scramble));
                let slot = &layout.slots[k];
                numbers[k] = slot.nearest(slot.lo + part * (slot.hi - slot.lo));
            }
            aim.look(&mut seen, &layout.point(&numbers));
        }
        seen
    }
}

fn index(k: u64) -> usize {
    usize::try_from(k).unwrap_or(usize::MAX)
}
