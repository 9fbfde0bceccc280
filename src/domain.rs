//! Domains whose points are not two-model affine loops: other families, tuples of constants.

use crate::case::Subject;
use crate::check::Ensemble;
use crate::conjecture::declared::drawn;
use crate::point::Point;
use crate::search::{Layout, Slot, generator};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Where the points of a claim come from.
///
/// A point is a handful of named numbers, from which a property builds what it speaks about. The
/// shrinker replaces every number by simpler ones, so a property must not rely on what is not among
/// its hypotheses.
///
/// ```
/// use backfire::domain::Domain;
/// use backfire::point::Point;
/// use rand::RngExt;
/// use rand_xoshiro::Xoshiro256PlusPlus;
///
/// /// Two numbers between 0 and 1.
/// struct UnitSquare;
///
/// impl Domain for UnitSquare {
///     fn name(&self) -> &'static str {
///         "unit-square"
///     }
///     fn what(&self) -> &'static str {
///         "a, b uniform in [0, 1)"
///     }
///     fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
///         Point::new().with("a", rng.random_range(0.0..1.0)).with("b", rng.random_range(0.0..1.0))
///     }
///     fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
///         let mut tenth = || f64::from(rng.random_range(0..10)) / 10.0;
///         Point::new().with("a", tenth()).with("b", tenth())
///     }
/// }
/// ```
pub trait Domain: Send + Sync {
    /// The family, in reports and witness files: `saturating`.
    fn name(&self) -> &'static str;
    /// What is drawn and how, in a sentence for the report.
    fn what(&self) -> &'static str;
    /// Points that a claim over it needs at effort 1. Lower where a point is expensive.
    fn floor(&self) -> u64 {
        crate::referee::FLOOR
    }
    /// Whether what is claimed of its points has values in exact arithmetic. Where it has none
    /// nothing can be confirmed, and no witness is searched for.
    fn is_exact(&self) -> bool {
        true
    }
    /// Point number `index` of the ensemble.
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64>;
    /// Point number `index` among those small enough to check by hand.
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64>;
    /// Entries that are whole numbers: optimisers leave them as they were drawn.
    fn whole(&self) -> &'static [&'static str] {
        &[]
    }
    /// The shapes of its points with the range of every number, the smallest first: what grids,
    /// low-discrepancy sequences and optimisers walk in. Empty where the domain is no union of boxes.
    fn layouts(&self) -> Vec<Layout> {
        Vec::new()
    }
    /// Whether the layouts are all of the stated domain, so that what holds on all of them is proved. Where
    /// multiples of a number alone are allowed, it has to hold between them too.
    fn is_boxes(&self) -> bool {
        false
    }
    /// Whether `at` is one of its points. What the shrinker or an optimiser leaves the domain by is no
    /// witness.
    fn contains(&self, at: &Point<f64>) -> bool {
        let layouts = self.layouts();
        layouts.is_empty() || layouts.iter().any(|l| l.contains(at))
    }
    /// Points of simpler shape than `at`: a coordinate or a category less.
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let _ = at;
        Vec::new()
    }
    /// The point for the reader of a witness.
    fn lines(&self, at: &Point<f64>) -> Vec<String> {
        at.lines()
    }
}

/// All numbers in stated ranges, ends included: what holds on all of it can be proved, box by box.
#[derive(Clone, Copy, Debug)]
pub struct Ranges {
    /// The family, in reports and witness files.
    pub name: &'static str,
    /// The numbers and their ranges, in a sentence for the report.
    pub what: &'static str,
    /// Names, least and greatest values.
    pub numbers: &'static [(&'static str, f64, f64)],
}

/// The least of the factors by which numbers of either sign are made small, as a power of ten: couplings
/// that converge are.
const DECADES: f64 = 3.0;

impl Ranges {
    /// In three draws of four numbers of either sign are small, all by one factor.
    fn point(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let decades = if index.is_multiple_of(4) { 0.0 } else { rng.random_range(0.0..DECADES) };
        let factor = 10_f64.powf(-decades);
        let numbers = self.numbers.iter();
        numbers.fold(Point::new(), |at, (name, lo, hi)| {
            let x = drawn(rng, &Slot::real(*lo, *hi), false);
            at.with(*name, if *lo < 0.0 && *hi > 0.0 { x * factor } else { x })
        })
    }

    /// Half of them among the simplest numbers.
    fn small(&self, rng: &mut Xoshiro256PlusPlus) -> Point<f64> {
        const PLAIN: [f64; 7] = [0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0];
        let numbers = self.numbers.iter();
        numbers.fold(Point::new(), |at, (name, lo, hi)| {
            let slot = Slot::real(*lo, *hi);
            let plain = PLAIN[rng.random_range(0..PLAIN.len())];
            let taken = slot.contains(plain) && rng.random_bool(0.5);
            at.with(*name, if taken { plain } else { drawn(rng, &slot, true) })
        })
    }
}

impl Domain for Ranges {
    fn name(&self) -> &'static str {
        self.name
    }
    fn what(&self) -> &'static str {
        self.what
    }
    /// A tenth of the usual: the samples are a check on the proof.
    fn floor(&self) -> u64 {
        crate::referee::FLOOR / 10
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.point(rng, index)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        self.small(rng)
    }
    fn layouts(&self) -> Vec<Layout> {
        let numbers = self.numbers.iter();
        vec![numbers.fold(Layout::new(), |layout, (name, lo, hi)| {
            layout.with(*name, (1, 1), |_, _| Slot::real(*lo, *hi))
        })]
    }
    fn is_boxes(&self) -> bool {
        true
    }
}

/// The points of a domain, as the ensemble pass draws them.
#[derive(Clone, Copy)]
pub struct Points {
    /// Their domain.
    pub domain: &'static dyn Domain,
    /// Seed of the whole ensemble.
    pub seed: u64,
    /// Those for witnesses, not those for the ensemble.
    pub small: bool,
}

impl Ensemble for Points {
    fn draw(&self, index: u64) -> Subject<f64> {
        let name = self.domain.name().bytes();
        // Domains do not share streams, or their points would be correlated.
        let own = name.fold(self.seed, |h, b| h.wrapping_mul(0x100_0000_01B3) ^ u64::from(b));
        Subject::Point(if self.small {
            self.domain.draw_small(&mut generator(own ^ 0x5_3A11, index), index)
        } else {
            self.domain.draw(&mut generator(own, index), index)
        })
    }
}
