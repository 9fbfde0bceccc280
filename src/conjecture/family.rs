//! The families of points that conjectures speak about.

use super::linear::{Linear, LinearScope};
use super::meaning::{Scope, Vocabulary};
use crate::case::Arithmetic;
use crate::domain::Domain;
use crate::error::LoopError;
use crate::point::Point;

/// A family with the ranges of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Affine loops.
    Linear(Linear),
}

impl Family {
    /// Where its points come from.
    pub fn domain(&self) -> &dyn Domain {
        match self {
            Family::Linear(linear) => linear,
        }
    }

    /// What expressions may name.
    pub fn words(&self) -> &dyn Vocabulary {
        match self {
            Family::Linear(linear) => linear,
        }
    }

    /// What the names mean at the point `at`, in any arithmetic.
    ///
    /// # Errors
    /// If the shapes of its entries do not fit each other.
    pub fn scope<'a, S: Arithmetic>(
        &'a self,
        at: &'a Point<S>,
    ) -> Result<Box<dyn Scope<S> + 'a>, LoopError> {
        Ok(match self {
            Family::Linear(_) => Box::new(LinearScope::new(at)?),
        })
    }
}
