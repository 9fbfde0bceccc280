//! Points that proptest draws and shrinks.

use super::{Aim, tasks};
use crate::point::Point;
use crate::search::{Findings, Layout, Slot, Strategy, generator};
use proptest::strategy::{BoxedStrategy, Just, Strategy as _, Union};
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use rand::RngExt;
use std::cell::RefCell;

/// Points of a task.
const POINTS: u64 = 2_048;

/// Steps of shrinking.
const STEPS: u32 = 2_000;

/// Boxes drawn from, the smallest.
const BOXES: usize = 32;

/// How many numbers there are to 1. Numbers are drawn as integers, because doubles do not shrink to a
/// boundary.
const GRIDS: [u32; 4] = [1, 2, 10, 1024];

/// Whole numbers, halves, tenths or fine fractions in one of the domain's boxes, two of five zero where
/// zero is allowed. A task ends with the first point that breaks the claim, shrunk by proptest towards
/// the first box, the coarsest numbers and zeros.
pub struct Structured<'a>(Aim<'a>);

impl<'a> Structured<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        Structured(aim)
    }
}

impl Strategy for Structured<'_> {
    fn name(&self) -> &'static str {
        "proptest"
    }
    fn tasks(&self, effort: f64) -> u64 {
        if self.0.layouts.is_empty() { 0 } else { tasks(16.0, effort) }
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        let aim = &self.0;
        if aim.layouts.is_empty() {
            return aim.nothing();
        }
        let config = Config {
            cases: u32::try_from(aim.scaled(POINTS)).unwrap_or(u32::MAX),
            failure_persistence: None,
            max_shrink_iters: STEPS,
            max_shrink_time: 0,
            verbose: 0,
            ..Config::default()
        };
        let bytes: [u8; 32] = generator(seed ^ 0x960_97E57, task).random();
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let seen = RefCell::new(aim.nothing());
        let holds = |at: Point<f64>| {
            let seen = &mut *seen.borrow_mut();
            let before = seen.broke;
            aim.look(seen, &at);
            if seen.broke == before { Ok(()) } else { Err(TestCaseError::fail("broken")) }
        };
        // What it ends with has been looked at.
        let _ = TestRunner::new_with_rng(config, rng).run(&points(&aim.layouts), holds);
        seen.into_inner()
    }
}

/// Points of the boxes, on grids of several widths.
fn points(layouts: &[Layout]) -> BoxedStrategy<Point<f64>> {
    let boxes = layouts.iter().take(BOXES);
    let all = boxes.flat_map(|layout| GRIDS.map(|per| on_grid(layout.clone(), per)));
    Union::new(all).boxed()
}

fn on_grid(layout: Layout, per: u32) -> BoxedStrategy<Point<f64>> {
    let numbers: Vec<BoxedStrategy<i32>> = layout.slots.iter().map(|s| steps(s, per)).collect();
    let point = move |steps: Vec<i32>| {
        let at = steps.iter().zip(&layout.slots);
        let numbers: Vec<f64> =
            at.map(|(n, slot)| slot.nearest(f64::from(*n) / f64::from(per))).collect();
        layout.point(&numbers)
    };
    numbers.prop_map(point).boxed()
}

/// A number of a slot, in steps of the grid: those in its range, or the one next to it.
#[allow(clippy::cast_possible_truncation)]
fn steps(slot: &Slot, per: u32) -> BoxedStrategy<i32> {
    let (lo, hi) = (slot.lo * f64::from(per), slot.hi * f64::from(per));
    let (least, most) = (lo.ceil().max(-1e9) as i32, hi.floor().min(1e9) as i32);
    if slot.is_fixed() || least >= most {
        return Just(least.min(most)).boxed();
    }
    if least <= 0 && 0 <= most {
        return proptest::prop_oneof![2 => Just(0), 3 => least..=most].boxed();
    }
    (least..=most).boxed()
}
