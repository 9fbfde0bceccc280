//! Every point with simple numbers.

use super::Aim;
use crate::point::shown;
use crate::report::thousands;
use crate::search::{Findings, Layout, Slot, Strategy};

/// Points of a task.
const POINTS: u128 = 2_048;

/// Points at effort 1.
const BUDGET: f64 = 100_000.0;

/// Sets of numbers, each with the next: how many there are to 1, the largest, and their name.
const LEVELS: [(i32, i32, &str); 5] = [
    (1, 1, "{-1, 0, 1}"),
    (1, 2, "{-2, -1, 0, 1, 2}"),
    (2, 2, "{-2, -1.5, ..., 2}"),
    (4, 2, "{-2, -1.75, ..., 2}"),
    (20, 2, "{-2, -1.95, ..., 2}"),
];

/// All points of the domain's boxes with numbers from a simple set, set by set, the fewest points first,
/// as far as a budget goes. No point comes twice.
pub struct Grid<'a> {
    aim: Aim<'a>,
    parts: Vec<Part>,
}

/// All points of one box with numbers from one set.
struct Part {
    layout: usize,
    level: usize,
    /// Positions of the numbers that can vary.
    free: Vec<usize>,
    /// The numbers that each slot takes.
    choices: Vec<Vec<f64>>,
    /// How many points that makes.
    count: u128,
}

impl<'a> Grid<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        let mut parts = Vec::new();
        for (k, layout) in aim.layouts.iter().enumerate() {
            let mut before = 0;
            for level in 0..LEVELS.len() {
                let choices = choices(layout, level);
                let product = |n: u128, c: &Vec<f64>| n.saturating_mul(c.len() as u128);
                let count = choices.iter().fold(1, product);
                if count > before {
                    let free = layout.free();
                    parts.push(Part { layout: k, level, free, choices, count });
                    before = count;
                }
            }
        }
        parts.sort_by_key(|p| (p.count, p.layout, p.level));
        Grid { aim, parts }
    }

    /// The parts that the budget allows, with the number of points before each and with it.
    fn affordable(&self, effort: f64) -> impl Iterator<Item = (&Part, u128)> {
        let budget = BUDGET * effort * self.aim.scaled(1_000) as f64 / 1_000.0;
        let sums = self.parts.iter().scan(0_u128, |sum, p| {
            *sum = sum.saturating_add(p.count);
            Some((p, *sum))
        });
        sums.take_while(move |(_, sum)| *sum as f64 <= budget)
    }
}

impl Strategy for Grid<'_> {
    fn name(&self) -> &'static str {
        "exhaustive grid"
    }
    fn tasks(&self, effort: f64) -> u64 {
        let points = self.affordable(effort).last().map_or(0, |(_, sum)| sum);
        u64::try_from(points.div_ceil(POINTS)).unwrap_or(u64::MAX)
    }
    /// The same for every seed.
    fn run(&self, _seed: u64, task: u64) -> Findings {
        let mut seen = self.aim.nothing();
        let (first, end) = (u128::from(task) * POINTS, (u128::from(task) + 1) * POINTS);
        let mut start = 0_u128;
        for part in &self.parts {
            let (from, to) = (first.max(start), end.min(start.saturating_add(part.count)));
            for index in from..to.max(from) {
                let numbers = part.numbers(index - start);
                if part.is_new(&numbers) {
                    let at = self.aim.layouts[part.layout].point(&numbers);
                    self.aim.look(&mut seen, &at);
                }
            }
            start = start.saturating_add(part.count);
            if start >= end {
                break;
            }
        }
        seen
    }
    fn notes(&self, effort: f64) -> Vec<String> {
        let mut widest: Vec<Option<&Part>> = vec![None; self.aim.layouts.len()];
        for (part, _) in self.affordable(effort) {
            widest[part.layout] = Some(part);
        }
        widest.into_iter().flatten().map(|part| part.text(&self.aim.layouts[part.layout])).collect()
    }
}

impl Part {
    /// Point number `index`, the first slots changing fastest.
    fn numbers(&self, mut index: u128) -> Vec<f64> {
        let digit = |choices: &Vec<f64>| {
            let size = choices.len() as u128;
            let x = choices[usize::try_from(index % size).unwrap_or(0)];
            index /= size;
            x
        };
        self.choices.iter().map(digit).collect()
    }

    /// Whether no smaller set has all these numbers of the slots that can vary.
    fn is_new(&self, numbers: &[f64]) -> bool {
        let Some(smaller) = self.level.checked_sub(1) else { return true };
        !self.free.iter().all(|&k| is_in(numbers[k], smaller))
    }

    fn text(&self, layout: &Layout) -> String {
        let lowest: Vec<f64> = layout.slots.iter().map(|s| s.lo).collect();
        let at = layout.point(&lowest);
        let mut start = 0;
        let entries = layout.shape.iter().map(|(name, rows, columns)| {
            let own = &layout.slots[start..start + rows * columns];
            start += rows * columns;
            match at.get(name).filter(|_| own.iter().all(Slot::is_fixed)) {
                Some(m) => format!("{name} = {}", shown(m)),
                None if rows * columns == 1 => name.to_string(),
                None => format!("{name} ({rows} x {columns})"),
            }
        });
        let (entries, set) = (entries.collect::<Vec<_>>().join(", "), LEVELS[self.level].2);
        let count = u64::try_from(self.count).map_or_else(|_| self.count.to_string(), thousands);
        format!("all {count} points {entries} with numbers in {set}, as far as their ranges allow")
    }
}

/// The numbers of a set that each slot allows; a fixed slot has its own.
fn choices(layout: &Layout, level: usize) -> Vec<Vec<f64>> {
    let (per, largest, _) = LEVELS[level];
    let set = || (-largest * per..=largest * per).map(|n| f64::from(n) / f64::from(per));
    let of = |slot: &Slot| {
        if slot.is_fixed() { vec![slot.lo] } else { set().filter(|x| slot.contains(*x)).collect() }
    };
    layout.slots.iter().map(of).collect()
}

fn is_in(x: f64, level: usize) -> bool {
    let (per, largest, _) = LEVELS[level];
    x.abs() <= f64::from(largest) && (x * f64::from(per)).fract() == 0.0
}
