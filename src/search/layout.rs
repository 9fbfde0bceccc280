//! A domain's points as boxes of numbers: what grids, low-discrepancy sequences and optimisers walk in.

use crate::point::Point;
use nalgebra::DMatrix;
use std::borrow::Cow;

/// The range of one number of a point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slot {
    /// Least value.
    pub lo: f64,
    /// Greatest value; the number is fixed where it equals `lo`.
    pub hi: f64,
    /// Where only multiples of a number are allowed: how many there are to 1, so 1 for whole numbers
    /// and 10 for tenths. Zero where all are.
    pub per_unit: u32,
}

impl Slot {
    /// Any number from `lo` to `hi`.
    pub fn real(lo: f64, hi: f64) -> Self {
        Slot { lo, hi, per_unit: 0 }
    }

    /// Nothing but `x`.
    pub fn fixed(x: f64) -> Self {
        Slot::real(x, x)
    }

    /// Whether the number cannot vary.
    pub fn is_fixed(&self) -> bool {
        self.lo >= self.hi
    }

    /// Whether `x` is allowed.
    pub fn contains(&self, x: f64) -> bool {
        self.lo <= x && x <= self.hi && self.nearest(x).to_bits() == (x + 0.0).to_bits()
    }

    /// The allowed number nearest to `x`; the least one for NaN.
    pub fn nearest(&self, x: f64) -> f64 {
        let inside = x.max(self.lo).min(self.hi);
        if self.per_unit == 0 || self.is_fixed() {
            return inside + 0.0;
        }
        let per = f64::from(self.per_unit);
        // The ends may lie between two multiples.
        let (least, most) = ((self.lo * per).ceil(), (self.hi * per).floor());
        (inside * per).round().clamp(least.min(most), most) / per + 0.0
    }
}

/// The points of one shape: names, sizes, and the range of every number.
#[derive(Clone, Debug, PartialEq)]
pub struct Layout {
    /// Name, rows and columns of every entry.
    pub shape: Vec<(Cow<'static, str>, usize, usize)>,
    /// Ranges of the numbers, entry by entry, each by columns.
    pub slots: Vec<Slot>,
}

impl Layout {
    /// Nothing yet.
    pub fn new() -> Self {
        Layout { shape: Vec::new(), slots: Vec::new() }
    }

    /// Adds an entry whose number in row `r`, column `c` has the range `slot(r, c)`.
    #[must_use]
    pub fn with(
        mut self,
        name: impl Into<Cow<'static, str>>,
        (rows, columns): (usize, usize),
        slot: impl Fn(usize, usize) -> Slot,
    ) -> Self {
        self.shape.push((name.into(), rows, columns));
        for c in 0..columns {
            self.slots.extend((0..rows).map(|r| slot(r, c)));
        }
        self
    }

    /// Positions of the numbers that can vary.
    pub fn free(&self) -> Vec<usize> {
        (0..self.slots.len()).filter(|&k| !self.slots[k].is_fixed()).collect()
    }

    /// The point with these numbers, as many as there are slots.
    pub fn point(&self, numbers: &[f64]) -> Point<f64> {
        let mut at = Point::new();
        let mut start = 0;
        for (name, rows, columns) in &self.shape {
            let size = rows * columns;
            let part = &numbers[start..start + size];
            at = at.with_matrix(name.clone(), DMatrix::from_column_slice(*rows, *columns, part));
            start += size;
        }
        at
    }

    /// The numbers of a point of this shape, in the order of the slots; `None` for another shape.
    pub fn numbers(&self, at: &Point<f64>) -> Option<Vec<f64>> {
        let mut all = Vec::with_capacity(self.slots.len());
        for (name, rows, columns) in &self.shape {
            let entry = at.get(name).filter(|m| m.shape() == (*rows, *columns))?;
            all.extend(entry.iter().copied());
        }
        (at.entries().count() == self.shape.len()).then_some(all)
    }

    /// Whether `at` has this shape and every number is in its range.
    pub fn contains(&self, at: &Point<f64>) -> bool {
        self.numbers(at)
            .is_some_and(|all| all.iter().zip(&self.slots).all(|(x, slot)| slot.contains(*x)))
    }
}

impl Default for Layout {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::{Layout, Slot};

    #[test]
    fn allowed_numbers_are_in_range_and_on_the_grid() {
        let tenths = Slot { lo: -0.25, hi: 2.0, per_unit: 10 };
        let nearest = [-7.0, 0.13, 0.28, 9.0].map(|x| tenths.nearest(x).to_string());
        assert_eq!(nearest, ["-0.2", "0.1", "0.3", "2"]);
        assert!(tenths.contains(0.3) && tenths.contains(-0.0));
        assert!(!tenths.contains(0.35) && !tenths.contains(-0.25) && !tenths.contains(f64::NAN));
        let real = Slot::real(0.0, 1.0);
        assert!(real.contains(0.1234) && real.contains(1.0) && !real.contains(1.0 + 1e-15));
        assert!(Slot::fixed(0.5).contains(0.5) && !Slot::fixed(0.5).contains(0.4));
    }

    #[test]
    fn a_point_has_the_numbers_it_was_made_of() {
        let layout = Layout::new()
            .with("m", (2, 2), |r, c| if r == c { Slot::real(-1.0, 1.0) } else { Slot::fixed(0.0) })
            .with("v", (2, 1), |_, _| Slot { lo: 0.0, hi: 3.0, per_unit: 1 });
        assert_eq!(layout.free(), [0, 3, 4, 5]);
        let numbers = [0.5, 0.0, 0.0, -1.0, 2.0, 3.0];
        let at = layout.point(&numbers);
        assert_eq!(layout.numbers(&at).unwrap(), numbers);
        assert!(layout.contains(&at));
        assert!(!layout.contains(&layout.point(&[0.5, 0.1, 0.0, -1.0, 2.0, 3.0])));
        assert!(!layout.contains(&layout.point(&[0.5, 0.0, 0.0, -1.0, 2.5, 3.0])));
        assert!(!layout.contains(&at.with("more", 1.0)));
    }
}
