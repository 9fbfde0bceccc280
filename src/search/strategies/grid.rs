//! Every point with simple numbers.

use super::Aim;
use crate::point::shown;
use crate::report::thousands;
use crate::search::{Findings, Layout, Slot, Strategy};

/// Points of a task.
const POINTS: u128 = 2_048;

/// Points at effort 1.
const BUDGET: f64 = 100_000.0;

/// Sets of numbers, each in the next: how many there are to 1, the largest, and their name; and into
/// how many steps a range is cut that has none of the first set.
const LEVELS: [(i32, i32, &str, i32); 5] = [
    (1, 1, "{-1, 0, 1}", 2),
    (1, 2, "{-2, -1, 0, 1, 2}", 4),
    (2, 2, "{-2, -1.5, ..., 2}", 8),
    (4, 2, "{-2, -1.75, ..., 2}", 16),
    (20, 2, "{-2, -1.95, ..., 2}", 80),
];

/// Boxes of whole numbers, tenths, ... with more points than this are not listed completely.
const MOST: u128 = 1 << 24;

/// All points of the domain's boxes with numbers from a simple set, set by set, the fewest points first,
/// as far as a budget goes; last all points that there are, of a box of few. No point comes twice.
pub struct Grid<'a> {
    aim: Aim<'a>,
    parts: Vec<Part>,
}

/// All points of one box with numbers from one set.
struct Part {
    layout: usize,
    /// Place in [`LEVELS`]; its length where these are all points of the box.
    level: usize,
    /// Positions of the numbers that can vary.
    free: Vec<usize>,
    /// The numbers that each slot takes.
    choices: Vec<Vec<f64>>,
    /// How many points that makes.
    count: u128,
    /// The numbers of the part of this box before it.
    before: Option<Vec<Vec<f64>>>,
}

impl<'a> Grid<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for (k, layout) in aim.layouts.iter().enumerate() {
            let free = layout.free();
            let sets = (0..LEVELS.len()).map(|level| Some(choices(layout, level)));
            for (level, choices) in sets.chain([everything(layout)]).enumerate() {
                let Some(choices) = choices else { continue };
                let product = |n: u128, c: &Vec<f64>| n.saturating_mul(c.len() as u128);
                let count = choices.iter().fold(1, product);
                let last = parts.last_mut().filter(|p| p.layout == k);
                if count > last.as_ref().map_or(0, |p| p.count) {
                    let before = last.map(|p| p.choices.clone());
                    let free = free.clone();
                    parts.push(Part { layout: k, level, free, choices, count, before });
                } else if let Some(last) = last.filter(|_| level == LEVELS.len()) {
                    last.level = level;
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
        let Some(before) = &self.before else { return true };
        !self.free.iter().all(|&k| before[k].contains(&numbers[k]))
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
        let entries = entries.collect::<Vec<_>>().join(", ");
        let count = u64::try_from(self.count).map_or_else(|_| self.count.to_string(), thousands);
        let Some((.., set, steps)) = LEVELS.get(self.level) else {
            return format!("all {count} points {entries} that there are");
        };
        let cut = self.free.iter().filter(|&&k| is_cut(&layout.slots[k])).count();
        let set = format!("numbers in {set}, as far as their ranges allow");
        match cut {
            0 => format!("all {count} points {entries} with {set}"),
            n if n == self.free.len() => {
                format!(
                    "all {count} points {entries} with numbers that cut their ranges into {steps}"
                )
            }
            _ => format!(
                "all {count} points {entries} with {set}; ranges without -1, 0 and 1 are cut into \
                 {steps}"
            ),
        }
    }
}

/// The numbers of a set that each slot allows; a fixed slot has its own.
fn choices(layout: &Layout, level: usize) -> Vec<Vec<f64>> {
    let (per, largest, _, steps) = LEVELS[level];
    let set = || (-largest * per..=largest * per).map(|n| f64::from(n) / f64::from(per));
    let of = |slot: &Slot| {
        if slot.is_fixed() {
            vec![slot.lo]
        } else if is_cut(slot) {
            cut(slot, steps)
        } else {
            set().filter(|x| slot.contains(*x)).collect()
        }
    };
    layout.slots.iter().map(of).collect()
}

/// Whether a slot allows no number of the first set.
fn is_cut(slot: &Slot) -> bool {
    !slot.is_fixed() && ![-1.0, 0.0, 1.0].iter().any(|x| slot.contains(*x))
}

/// The ends of a range and what cuts it into equal steps, each once.
fn cut(slot: &Slot, steps: i32) -> Vec<f64> {
    let at = |n: i32| {
        let x = slot.lo + (slot.hi - slot.lo) * (f64::from(n) / f64::from(steps));
        // Sums of short decimals as the short decimals that they are.
        let short = (x * 1e12).round() / 1e12;
        slot.nearest(if (short - x).abs() <= 4.0 * f64::EPSILON * x.abs() { short } else { x })
    };
    let mut all: Vec<f64> = (0..=steps).map(at).filter(|x| slot.contains(*x)).collect();
    all.dedup();
    all
}

/// All numbers of every slot, where they are whole numbers, tenths, ..., and make few points.
#[allow(clippy::cast_possible_truncation)]
fn everything(layout: &Layout) -> Option<Vec<Vec<f64>>> {
    let ends = |slot: &Slot| {
        let per = f64::from(slot.per_unit);
        ((slot.lo * per).ceil() as i64, (slot.hi * per).floor() as i64)
    };
    let mut count = 1_u128;
    for slot in layout.slots.iter().filter(|s| !s.is_fixed()) {
        let (least, most) = ends(slot);
        let own = u128::try_from(i128::from(most) - i128::from(least) + 1).unwrap_or(0);
        count = count.saturating_mul(own);
        if slot.per_unit == 0 || count > MOST {
            return None;
        }
    }
    let of = |slot: &Slot| {
        if slot.is_fixed() {
            return vec![slot.lo];
        }
        let (least, most) = ends(slot);
        (least..=most).map(|n| n as f64 / f64::from(slot.per_unit)).collect()
    };
    (!layout.free().is_empty()).then(|| layout.slots.iter().map(of).collect())
}

#[cfg(test)]
mod tests {
    use super::Grid;
    use crate::conjecture::Conjecture;
    use crate::search::Strategy;
    use crate::search::strategies::Aim;

    /// How many points are looked at and break the claim, and what is said of them.
    fn of(claim: &str, numbers: &str, effort: f64) -> (u64, u64, Vec<String>) {
        let text = format!(
            "name = \"x\"\ntitle = \"X\"\nfamily = \"numbers\"\nclaim = \"{claim}\"\n[numbers]\n{numbers}\n"
        );
        let claim = Conjecture::parse(&text, "x.toml").unwrap().to_claim();
        let grid = Grid::new(Aim::at(&claim).unwrap());
        let mut sum = grid.aim.nothing();
        (0..grid.tasks(effort)).for_each(|task| sum.add(&grid.run(1, task)));
        (sum.drawn, sum.broke, grid.notes(effort))
    }

    const WHOLE: &str = "a = { range = [3, 5], entries = \"integers\" }\n\
                         b = { range = [0, 9], entries = \"integers\" }";

    /// 5 * 9 = 45 alone is that large.
    #[test]
    fn few_whole_numbers_are_all_looked_at() {
        let (drawn, broke, notes) = of("a * b < 44", WHOLE, 1.0);
        assert_eq!(
            (drawn, broke, notes),
            (30, 1, vec!["all 30 points a, b that there are".into()])
        );
        // 101^3 points are too many.
        let many =
            ["a", "b", "c"].map(|n| format!("{n} = {{ range = [-5, 5], entries = \"tenths\" }}"));
        let (drawn, _, notes) = of("a + b < c + 30", &many.join("\n"), 1.0);
        assert!(drawn < 100_000 && notes[0].contains("{-2,"), "{drawn} {notes:?}");
    }

    #[test]
    fn ranges_far_from_zero_are_cut() {
        let (drawn, broke, notes) = of("a + b < 8.2", "a = [3, 5]\nb = [3, 4]", 1.0);
        assert_eq!(drawn, 6_561, "no point twice");
        assert!(broke > 0);
        assert_eq!(notes, ["all 6,561 points a, b with numbers that cut their ranges into 80"]);
        let (drawn, _, notes) = of("a + b < 9", "a = [0, 1]\nb = [3, 4]", 1.0);
        assert_eq!(drawn, 21 * 81, "no point twice");
        assert!(notes[0].ends_with("ranges without -1, 0 and 1 are cut into 80"), "{notes:?}");
    }
}
