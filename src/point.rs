//! A point of a domain as named numbers.

use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use std::borrow::Cow;

/// Named numbers, vectors and matrices, in the order in which they were added. A number is
/// `1 × 1`, a vector `n × 1`.
///
/// ```
/// use backfire::point::Point;
/// use nalgebra::dvector;
///
/// let at = Point::new().with("share", 0.5).with_vector("mean", dvector![1.0, -1.0]);
/// assert_eq!(at.number("share") * at.vector("mean")[1], -0.5);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Point<S: Scalar> {
    entries: Vec<(Cow<'static, str>, DMatrix<S>)>,
}

impl<S: Scalar> Default for Point<S> {
    fn default() -> Self {
        Point { entries: Vec::new() }
    }
}

impl<S: Scalar> Point<S> {
    /// Without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a number.
    #[must_use]
    pub fn with(self, name: impl Into<Cow<'static, str>>, value: S) -> Self {
        self.with_matrix(name, DMatrix::from_element(1, 1, value))
    }

    /// Adds a vector.
    #[must_use]
    pub fn with_vector(self, name: impl Into<Cow<'static, str>>, value: DVector<S>) -> Self {
        let rows = value.len();
        self.with_matrix(name, value.reshape_generic(nalgebra::Dyn(rows), nalgebra::Dyn(1)))
    }

    /// Adds a matrix, or replaces the one of this name.
    #[must_use]
    pub fn with_matrix(mut self, name: impl Into<Cow<'static, str>>, value: DMatrix<S>) -> Self {
        let name = name.into();
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, old)) => *old = value,
            None => self.entries.push((name, value)),
        }
        self
    }

    /// The number of this name.
    ///
    /// # Panics
    /// If there is none: the names of a domain's points are its own.
    pub fn number(&self, name: &str) -> S {
        self.matrix(name)[(0, 0)].clone()
    }

    /// The vector of this name, the first column of a matrix.
    ///
    /// # Panics
    /// If there is none.
    pub fn vector(&self, name: &str) -> DVector<S> {
        self.matrix(name).column(0).into_owned()
    }

    /// The matrix of this name.
    ///
    /// # Panics
    /// If there is none.
    pub fn matrix(&self, name: &str) -> &DMatrix<S> {
        self.get(name).unwrap_or_else(|| panic!("points of this domain have no `{name}`"))
    }

    /// The matrix of this name, if there is one.
    pub fn get(&self, name: &str) -> Option<&DMatrix<S>> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Names and values.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &DMatrix<S>)> {
        self.entries.iter().map(|(name, value)| (name.as_ref(), value))
    }

    /// All numbers, name by name, each matrix by columns.
    pub fn numbers_mut(&mut self) -> impl Iterator<Item = &mut S> {
        self.entries.iter_mut().flat_map(|(_, value)| value.iter_mut())
    }

    /// The same in another arithmetic.
    pub fn lift<T: Scalar>(&self, f: impl Fn(&S) -> T) -> Point<T> {
        let entries = self.entries.iter().map(|(name, m)| (name.clone(), m.map(|x| f(&x))));
        Point { entries: entries.collect() }
    }
}

impl Point<f64> {
    /// `name = value` for each entry, as TOML writes it.
    pub fn lines(&self) -> Vec<String> {
        self.entries().map(|(name, value)| format!("{name} = {}", shown(value))).collect()
    }
}

/// A number, a list or a list of rows.
pub(crate) fn shown(m: &DMatrix<f64>) -> String {
    let list = |row: Vec<String>| format!("[{}]", row.join(", "));
    match m.shape() {
        (1, 1) => m[(0, 0)].to_string(),
        (_, 1) => list(m.iter().map(f64::to_string).collect()),
        _ => list(
            m.row_iter().map(|r| list(r.iter().map(f64::to_string).collect())).collect::<Vec<_>>(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::Point;
    use nalgebra::{dmatrix, dvector};

    #[test]
    fn entries_are_written_as_toml_writes_them() {
        let at = Point::new()
            .with("k", 2.0)
            .with_vector("v", dvector![0.5, -1.0])
            .with_matrix("m", dmatrix![1.0, 2.0; 3.0, 4.0])
            .with("k", 3.0);
        assert_eq!(at.lines(), ["k = 3", "v = [0.5, -1]", "m = [[1, 2], [3, 4]]"]);
    }
}
