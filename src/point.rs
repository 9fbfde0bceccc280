//! A point of a domain as named numbers.

use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use serde::de::{Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;

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

/// A number, a list or a list of rows, as files have them.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Numbers {
    One(f64),
    Some(Vec<f64>),
    Rows(Vec<Vec<f64>>),
}

impl Serialize for Point<f64> {
    fn serialize<Z: Serializer>(&self, to: Z) -> Result<Z::Ok, Z::Error> {
        let mut map = to.serialize_map(Some(self.entries.len()))?;
        for (name, m) in self.entries() {
            let numbers = match m.shape() {
                (1, 1) => Numbers::One(m[(0, 0)]),
                (_, 1) => Numbers::Some(m.iter().copied().collect()),
                _ => Numbers::Rows(m.row_iter().map(|r| r.iter().copied().collect()).collect()),
            };
            map.serialize_entry(name, &numbers)?;
        }
        map.end()
    }
}

/// Refuses what is empty, ragged or not finite, and names it.
impl<'de> Deserialize<'de> for Point<f64> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'de> Visitor<'de> for Entries {
            type Value = Point<f64>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("named numbers, lists of numbers or lists of rows")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut at = Point::new();
                while let Some((name, value)) = map.next_entry::<String, Numbers>()? {
                    let m = match value {
                        Numbers::One(x) => DMatrix::from_element(1, 1, x),
                        Numbers::Some(v) => DMatrix::from_column_slice(v.len(), 1, &v),
                        Numbers::Rows(rows) => {
                            let columns = rows.first().map_or(0, Vec::len);
                            if rows.iter().any(|r| r.len() != columns) {
                                let why = format!("the rows of `{name}` differ in length");
                                return Err(A::Error::custom(why));
                            }
                            DMatrix::from_row_iterator(rows.len(), columns, rows.concat())
                        }
                    };
                    if m.is_empty() || m.iter().any(|x| !x.is_finite()) {
                        return Err(A::Error::custom(format!("`{name}` is empty or not finite")));
                    }
                    at = at.with_matrix(name, m);
                }
                Ok(at)
            }
        }
        from.deserialize_map(Entries)
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
    fn a_point_survives_json() {
        let at = Point::new()
            .with("k", 0.1)
            .with_vector("v", dvector![0.5, -1e-300])
            .with_matrix("row", dmatrix![1.0, 2.0]);
        let text = serde_json::to_string(&at).unwrap();
        assert_eq!(text, r#"{"k":0.1,"v":[0.5,-1e-300],"row":[[1.0,2.0]]}"#);
        assert_eq!(serde_json::from_str::<Point<f64>>(&text).unwrap(), at);
        let ragged = serde_json::from_str::<Point<f64>>(r#"{"m":[[1.0],[1.0,2.0]]}"#);
        assert!(ragged.unwrap_err().to_string().contains("the rows of `m` differ"));
    }

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
