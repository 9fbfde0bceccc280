//! The family `numbers`: no loop, only what the file declares.
//!
//! For inequalities between constants: `0 <= a, b < 1` and what the paper makes of them.

use super::declared::Declared;
use super::meaning::{Scope, Type, Value, Vocabulary};
use crate::case::Arithmetic;
use crate::domain::Domain;
use crate::error::LoopError;
use crate::point::Point;
use crate::scalar::Scalar;
use crate::search::{Layout, Slot};
use rand_xoshiro::Xoshiro256PlusPlus;

/// What is drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// All there is.
    pub declared: Declared,
}

impl Vocabulary for Numbers {
    fn names(&self) -> Vec<(&str, Type)> {
        self.declared.names().collect()
    }
    fn range(&self, name: &str) -> Option<Slot> {
        self.declared.range(name)
    }
}

impl Domain for Numbers {
    fn name(&self) -> &'static str {
        "numbers"
    }
    fn what(&self) -> &'static str {
        "numbers in the ranges declared"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        self.declared.drawn(Point::new(), rng, false, &no_dimension)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        self.declared.drawn(Point::new(), rng, true, &no_dimension)
    }
    fn layouts(&self) -> Vec<Layout> {
        vec![self.declared.laid_out(Layout::new(), &no_dimension)]
    }
    fn is_boxes(&self) -> bool {
        true
    }
}

/// Vectors of this family have a plain length.
fn no_dimension(_: &str) -> usize {
    0
}

/// A point read in some arithmetic.
pub struct NumbersScope<'a, S: Scalar> {
    pub(super) declared: &'a Declared,
    pub(super) at: &'a Point<S>,
}

impl<S: Arithmetic> Scope<S> for NumbersScope<'_, S> {
    fn value(&self, name: &str) -> Result<Value<S>, LoopError> {
        declared_value(self.declared, self.at, name)
    }
}

/// The value of a declared name.
///
/// # Errors
/// If it is not declared, or the point does not have it.
pub fn declared_value<S: Scalar>(
    declared: &Declared,
    at: &Point<S>,
    name: &str,
) -> Result<Value<S>, LoopError> {
    let entry = at.get(name).ok_or(LoopError::NotObserved)?;
    let ty = declared.names().find(|(n, _)| *n == name).map(|(_, ty)| ty);
    match (ty, entry.shape()) {
        (Some(Type::Number), (1, 1)) => Ok(Value::Number(entry[(0, 0)].clone())),
        (Some(Type::Vector(_)), (_, 1)) => Ok(Value::Vector(entry.column(0).into_owned())),
        _ => Err(LoopError::NotObserved),
    }
}
