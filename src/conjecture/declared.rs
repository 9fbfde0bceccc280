//! Numbers and vectors that a file declares beside those of its family.

use super::meaning::{Size, Type};
use crate::point::Point;
use crate::scalar::Scalar;
use crate::search::{Layout, Slot};
use nalgebra::DVector;
use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Which numbers are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// Whole numbers.
    Integers,
    /// Multiples of a tenth.
    Tenths,
    /// Any doubles.
    Real,
}

impl Entries {
    /// The numbers of this kind between `lo` and `hi`.
    pub fn between(self, lo: f64, hi: f64) -> Slot {
        let per_unit = match self {
            Entries::Integers => 1,
            Entries::Tenths => 10,
            Entries::Real => 0,
        };
        Slot { lo, hi, per_unit }
    }
}

/// A number: its name and its range.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// Its name.
    pub name: String,
    /// Its range.
    pub slot: Slot,
}

/// A vector: its name, its length and the range of its entries.
#[derive(Clone, Debug, PartialEq)]
pub struct Vector {
    /// Its name.
    pub name: String,
    /// Its length: one of the dimensions of the family, or a whole number.
    pub size: Size,
    /// The range of its entries.
    pub slot: Slot,
}

/// What a file declares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    /// `[numbers]`, in the order of the file.
    pub numbers: Vec<Number>,
    /// `[vectors]`, in the order of the file.
    pub vectors: Vec<Vector>,
}

impl Declared {
    /// How many.
    pub fn len(&self) -> usize {
        self.numbers.len() + self.vectors.len()
    }

    /// Whether nothing is declared.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Names and types.
    pub fn names(&self) -> impl Iterator<Item = (&str, Type)> {
        let numbers = self.numbers.iter().map(|n| (n.name.as_str(), Type::Number));
        numbers.chain(self.vectors.iter().map(|v| (v.name.as_str(), Type::Vector(v.size))))
    }

    /// The range of a number or of the entries of a vector.
    pub fn range(&self, name: &str) -> Option<Slot> {
        let number = self.numbers.iter().find(|n| n.name == name).map(|n| n.slot);
        number.or_else(|| self.vectors.iter().find(|v| v.name == name).map(|v| v.slot))
    }

    /// `at` with all of them drawn; `length` says how long a dimension of the family is there.
    pub fn drawn(
        &self,
        mut at: Point<f64>,
        rng: &mut Xoshiro256PlusPlus,
        small: bool,
        length: &dyn Fn(Size) -> usize,
    ) -> Point<f64> {
        for n in &self.numbers {
            at = at.with(n.name.clone(), drawn(rng, &n.slot, small));
        }
        for v in &self.vectors {
            let entry = |_, _| {
                let sparse = small && rng.random_bool(0.25) && v.slot.contains(0.0);
                if sparse { 0.0 } else { drawn(rng, &v.slot, small) }
            };
            at = at.with_vector(v.name.clone(), DVector::from_fn(length_of(v.size, length), entry));
        }
        at
    }

    /// `layout` with all of them.
    pub fn laid_out(&self, mut layout: Layout, length: &dyn Fn(Size) -> usize) -> Layout {
        for n in &self.numbers {
            layout = layout.with(n.name.clone(), (1, 1), |_, _| n.slot);
        }
        for v in &self.vectors {
            layout = layout.with(v.name.clone(), (length_of(v.size, length), 1), |_, _| v.slot);
        }
        layout
    }

    /// Whether `at` has all of them, in their ranges.
    pub fn are_in(&self, at: &Point<f64>, length: &dyn Fn(Size) -> usize) -> bool {
        let fits = |name: &str, rows: usize, slot: &Slot| {
            at.get(name)
                .is_some_and(|m| m.shape() == (rows, 1) && m.iter().all(|x| slot.contains(*x)))
        };
        self.numbers.iter().all(|n| fits(&n.name, 1, &n.slot))
            && self.vectors.iter().all(|v| fits(&v.name, length_of(v.size, length), &v.slot))
    }

    /// `to` with those of `at`, the vectors cut to the entries that `keep` keeps of their dimension.
    pub fn carried<S: Scalar>(
        &self,
        at: &Point<S>,
        mut to: Point<S>,
        keep: &dyn Fn(Size, usize) -> bool,
    ) -> Point<S> {
        for n in &self.numbers {
            to = to.with(n.name.clone(), at.number(&n.name));
        }
        for v in &self.vectors {
            let all = at.vector(&v.name);
            let kept = all.iter().enumerate().filter(|(i, _)| keep(v.size, *i));
            let mut kept: Vec<S> = kept.map(|(_, x)| x.clone()).collect();
            if kept.is_empty() {
                // The model is gone: what is left of a dimension of its own is one entry.
                kept.extend(all.iter().take(1).cloned());
            }
            to = to.with_vector(v.name.clone(), DVector::from_vec(kept));
        }
        to
    }
}

/// A plain number is its own length.
fn length_of(size: Size, length: &dyn Fn(Size) -> usize) -> usize {
    size.parse().unwrap_or_else(|_| length(size))
}

/// Chance of an end of the range: what breaks a claim often sits there.
const ENDS: f64 = 1.0 / 16.0;

/// A number of the range; a short one, if it is to be small.
pub fn drawn(rng: &mut Xoshiro256PlusPlus, slot: &Slot, small: bool) -> f64 {
    let x = rng.random_range(slot.lo..=slot.hi);
    let end = rng.random_bool(ENDS);
    let rounded = [1.0, 2.0, 10.0, 10.0].choose(rng).map_or(x, |per| (x * per).round() / per);
    match (end, small && slot.contains(rounded)) {
        (true, _) => slot.nearest(if x - slot.lo < slot.hi - x { slot.lo } else { slot.hi }),
        (_, true) => slot.nearest(rounded),
        _ => slot.nearest(x),
    }
}

#[cfg(test)]
mod tests {
    use super::{Declared, Entries, Number, Vector, drawn};
    use crate::point::Point;
    use crate::search::{Layout, generator};

    fn two() -> Declared {
        let number = Number { name: "s".into(), slot: Entries::Real.between(0.25, 0.75) };
        let vector =
            Vector { name: "c".into(), size: "D", slot: Entries::Tenths.between(-1.0, 1.0) };
        Declared { numbers: vec![number], vectors: vec![vector] }
    }

    #[test]
    fn what_is_drawn_lies_in_its_range_and_short_numbers_are_short() {
        let declared = two();
        let length = |_: &str| 3;
        let layout = declared.laid_out(Layout::new(), &length);
        for index in 0..200 {
            let at =
                declared.drawn(Point::new(), &mut generator(1, index), index % 2 == 0, &length);
            assert!(declared.are_in(&at, &length) && layout.contains(&at), "{:?}", at.lines());
            assert!(!declared.are_in(&at.clone().with("s", 0.8), &length));
            assert!(!declared.are_in(&at, &|_| 2));
        }
        let shorts =
            (0..200).map(|k| drawn(&mut generator(2, k), &Entries::Real.between(0.0, 4.0), true));
        assert!(shorts.into_iter().all(|x| ((x * 10.0).round() - x * 10.0).abs() < 1e-12));
        // No tenth lies between these.
        let narrow = Entries::Real.between(0.51, 0.59);
        assert!((0..200).all(|k| narrow.contains(drawn(&mut generator(3, k), &narrow, true))));
    }

    #[test]
    fn a_row_less_is_an_entry_less_of_the_vectors_over_it() {
        let declared = two();
        let at = declared.drawn(Point::new(), &mut generator(1, 7), false, &|_| 3);
        let less = declared.carried(&at, Point::new(), &|size, i| size != "D" || i != 1);
        assert_eq!(less.number("s").to_bits(), at.number("s").to_bits());
        let (old, new) = (at.vector("c"), less.vector("c"));
        assert_eq!(new.as_slice(), [old[0], old[2]]);
    }
}
