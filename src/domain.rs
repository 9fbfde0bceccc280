//! Domains whose points are not two-model affine loops: other families, tuples of constants.

use crate::case::Subject;
use crate::check::Ensemble;
use crate::point::Point;
use crate::search::{Layout, generator};
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
