//! What optimisers of the margin have in common: where they start, how they move, when they stop.

use super::Aim;
use crate::case::Subject;
use crate::check::Ensemble;
use crate::domain::Points;
use crate::point::Point;
use crate::search::{Findings, Layout};
use std::cell::{Cell, RefCell};

/// Points drawn for every start: an optimisation begins at the best of them.
const POOL: u64 = 64;

/// Evaluations of the margin in one optimisation.
const EVALUATIONS: u64 = 2_000;

/// Optimisations stop here: the claim is clearly broken.
pub(super) const CLEARLY: f64 = -1e-2;

/// Numbers that an optimiser may move at most: matrices of this size are factorised.
const WIDEST: usize = 400;

/// The numbers around one point that may move, and what was seen there.
pub(super) struct Descent<'a> {
    aim: &'a Aim<'a>,
    /// Where it starts.
    from: Point<f64>,
    /// All numbers of `from`.
    numbers: Vec<f64>,
    /// The box around it, where the domain has one.
    layout: Option<&'a Layout>,
    /// Positions of the numbers that may move.
    free: Vec<usize>,
    seen: RefCell<Findings>,
    left: Cell<u64>,
}

impl<'a> Descent<'a> {
    /// Draws a pool for start number `start`, lets `search` begin at its best point, and returns all
    /// that was seen. Where nothing can move that is the pool alone.
    pub(super) fn run(
        aim: &'a Aim<'a>,
        seed: u64,
        start: u64,
        search: impl FnOnce(&Descent),
    ) -> Findings {
        let pool = Points { domain: aim.domain, seed: seed ^ 0x0A57_1A11, small: false };
        let mut seen = aim.nothing();
        let count = aim.scaled(POOL);
        let mut best: Option<(f64, Point<f64>)> = None;
        for index in start * count..(start + 1) * count {
            let Subject::Point(at) = pool.draw(index) else { continue };
            let slope = seen.look(aim.claim, &at).0;
            if best.as_ref().is_none_or(|(least, _)| slope < *least) {
                best = Some((slope, at));
            }
        }
        let Some((_, from)) = best else { return seen };
        let layout = aim.layouts.iter().find(|l| l.contains(&from));
        let free = movable(aim, &from, layout);
        if free.is_empty() || free.len() > WIDEST {
            return seen;
        }
        let numbers = from.clone().numbers_mut().map(|x| *x).collect();
        let left = Cell::new(aim.scaled(EVALUATIONS));
        let seen = RefCell::new(seen);
        let descent = Descent { aim, from, numbers, layout, free, seen, left };
        search(&descent);
        descent.seen.into_inner()
    }

    /// The numbers that may move, at the start.
    pub(super) fn start(&self) -> Vec<f64> {
        self.free.iter().map(|&k| self.numbers[k]).collect()
    }

    /// The size of the numbers that may move, as a unit for steps.
    pub(super) fn size(&self) -> f64 {
        let sum: f64 = self.free.iter().map(|&k| self.numbers[k].abs()).sum();
        (sum / self.free.len() as f64).max(0.1)
    }

    /// Ranges of the numbers that may move: those of the box, or what lies within four times their
    /// size.
    pub(super) fn bounds(&self) -> (Vec<f64>, Vec<f64>) {
        let reach = 4.0 * self.size();
        let range = |&k: &usize| match self.layout {
            Some(layout) => (layout.slots[k].lo, layout.slots[k].hi),
            None => (self.numbers[k] - reach, self.numbers[k] + reach),
        };
        self.free.iter().map(range).unzip()
    }

    /// Evaluations left.
    pub(super) fn left(&self) -> u64 {
        self.left.get()
    }

    /// The slope where the free numbers are `x`, moved to the nearest point of the box. Each unit by
    /// which they lie outside costs a little, so that a search comes back. `None` once the evaluations
    /// are spent.
    pub(super) fn slope<'x>(&self, x: impl IntoIterator<Item = &'x f64>) -> Option<f64> {
        self.left.set(self.left.get().checked_sub(1)?);
        let mut numbers = self.numbers.clone();
        let mut outside = 0.0;
        for (&k, &x) in self.free.iter().zip(x) {
            numbers[k] = self.layout.map_or(x, |l| l.slots[k].nearest(x));
            outside += (x - numbers[k]).abs();
        }
        let mut at = self.from.clone();
        at.numbers_mut().zip(&numbers).for_each(|(slot, x)| *slot = *x);
        let slope = self.aim.look(&mut self.seen.borrow_mut(), &at).0;
        Some(slope + 1e-3 * outside.min(1e3))
    }
}

/// Which numbers of a point may move: not those that the domain calls whole, nor those that its box
/// fixes.
fn movable(aim: &Aim, at: &Point<f64>, layout: Option<&Layout>) -> Vec<usize> {
    let whole = aim.domain.whole();
    let moves = at.entries().flat_map(|(name, m)| vec![!whole.contains(&name); m.len()]);
    let boxed = |k: usize| layout.is_none_or(|l| !l.slots[k].is_fixed());
    moves.enumerate().filter(|&(k, moves)| moves && boxed(k)).map(|(k, _)| k).collect()
}
