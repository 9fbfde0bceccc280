//! The families of points that conjectures speak about.

use super::categorical::{self, Categorical, CategoricalScope};
use super::declared::Declared;
use super::linear::{self, Linear, LinearScope};
use super::meaning::{Scope, Size, Vocabulary};
use super::numbers::{Numbers, NumbersScope};
use crate::case::{Arithmetic, View};
use crate::domain::Domain;
use crate::error::LoopError;
use crate::point::Point;
use std::rc::Rc;

/// A family with the ranges of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Family {
    /// Affine loops.
    Linear(Linear),
    /// No loop.
    Numbers(Numbers),
    /// Laws on finitely many categories.
    Categorical(Categorical),
}

impl Family {
    /// Where its points come from.
    pub fn domain(&self) -> &dyn Domain {
        match self {
            Family::Linear(family) => family,
            Family::Numbers(family) => family,
            Family::Categorical(family) => family,
        }
    }

    /// What expressions may name.
    pub fn words(&self) -> &dyn Vocabulary {
        match self {
            Family::Linear(family) => family,
            Family::Numbers(family) => family,
            Family::Categorical(family) => family,
        }
    }

    /// What the file declares beside the family's own quantities.
    pub fn declared(&self) -> &Declared {
        match self {
            Family::Linear(family) => &family.declared,
            Family::Numbers(family) => &family.declared,
            Family::Categorical(family) => &family.declared,
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
            Family::Linear(family) => Box::new(LinearScope::new(family, at)?),
            Family::Numbers(family) => Box::new(NumbersScope { declared: &family.declared, at }),
            Family::Categorical(family) => Box::new(CategoricalScope::new(family, at)?),
        })
    }

    /// The same at the point of `view`; what is worked out there once is known to every statement
    /// about it.
    ///
    /// # Errors
    /// As [`scope`](Self::scope); or if the view is no point.
    pub fn scope_at<'a, S: Arithmetic>(
        &'a self,
        view: &View<'a, S>,
    ) -> Result<Box<dyn Scope<S> + 'a>, LoopError> {
        let at = view.point()?;
        Ok(match self {
            Family::Linear(family) => {
                let memo = view.once(|| Ok(Rc::new(linear::Memo::new(at)?)))?;
                Box::new(LinearScope::with(family, at, Rc::clone(memo)))
            }
            Family::Numbers(_) => return self.scope(at),
            Family::Categorical(family) => {
                let memo = view.once(|| Ok(Rc::new(categorical::Memo::new())))?;
                Box::new(CategoricalScope::with(family, at, Rc::clone(memo))?)
            }
        })
    }

    /// Dimensions that a vector may be declared with.
    pub(super) fn sizes(name: &str) -> &'static [Size] {
        match name {
            "linear" => &linear::SIZES,
            "categorical" => &categorical::SIZES,
            _ => &[],
        }
    }
}
