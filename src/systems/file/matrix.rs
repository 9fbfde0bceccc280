//! Matrices: `scale * parameter * entries`, exact.

use super::error::{Problem, problem};
use super::node::Node;
use crate::scalar::Scalar;
use nalgebra::{Cholesky, DMatrix};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use toml::de::DeValue;

/// The non-zero entries of a matrix, all times one parameter or none.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Matrix {
    pub rows: usize,
    pub columns: usize,
    pub entries: Vec<(usize, usize, BigRational)>,
    /// Position in the file's parameters.
    pub parameter: Option<usize>,
}

/// The shape that a matrix must have; `why` tells a reader where it comes from.
pub(super) struct Shape<'a> {
    pub rows: usize,
    /// `None`: as many as are written.
    pub columns: Option<usize>,
    pub why: &'a str,
}

impl Matrix {
    pub(super) fn diagonal(values: Vec<BigRational>) -> Self {
        let size = values.len();
        let entries = values.into_iter().enumerate().map(|(i, x)| (i, i, x));
        let entries = entries.filter(|(_, _, x)| !x.is_zero()).collect();
        Matrix { rows: size, columns: size, entries, parameter: None }
    }

    pub(super) fn multiple_of_identity(size: usize, factor: &BigRational) -> Self {
        Matrix::diagonal(vec![factor.clone(); size])
    }

    pub(super) fn scale(&mut self, factor: &BigRational) {
        self.entries.iter_mut().for_each(|(_, _, x)| *x *= factor);
        self.entries.retain(|(_, _, x)| !x.is_zero());
    }

    /// The matrix where the file's parameters have these values.
    pub(super) fn at<S: Scalar>(&self, parameters: &[S]) -> DMatrix<S> {
        let factor = self.parameter.map(|p| parameters[p].clone());
        let mut matrix = DMatrix::from_element(self.rows, self.columns, S::zero());
        for (i, j, x) in &self.entries {
            let entry = S::from_rational(x);
            matrix[(*i, *j)] = match &factor {
                Some(factor) => entry * factor.clone(),
                None => entry,
            };
        }
        matrix
    }

    /// `k` if the matrix is `k I` whatever the parameters are.
    pub(super) fn as_multiple_of_identity(&self) -> Option<BigRational> {
        let k = self.entries.first().map_or_else(BigRational::zero, |(_, _, x)| x.clone());
        let scalar = *self == Matrix::multiple_of_identity(self.rows, &k);
        scalar.then_some(k)
    }

    /// The first place, by rows, that differs from its mirror image; the matrix is square.
    pub(super) fn asymmetry(&self) -> Option<(usize, usize)> {
        let mut all = self.entries.clone();
        let mut mirrored: Vec<_> = all.iter().map(|(i, j, x)| (*j, *i, x.clone())).collect();
        all.sort();
        mirrored.sort();
        let (here, there) = all.iter().zip(&mirrored).find(|(a, b)| a != b)?;
        Some((here.0, here.1).min((there.0, there.1)))
    }

    /// Whether the entries, without the parameter, make a positive definite matrix; they are
    /// symmetric. Decided rigorously; `None` for a large matrix too close to singular.
    pub(super) fn is_positive_definite(&self) -> Option<bool> {
        /// Exact elimination takes seconds from here on, and hours at a few hundred.
        const LARGEST_EXACT: usize = 64;
        if self.entries.iter().all(|(i, j, _)| i == j) {
            let positive = self.entries.iter().all(|e| e.2.is_positive());
            return Some(positive && self.entries.len() == self.rows);
        }
        let largest = self.entries.iter().map(|e| e.2.abs()).max()?;
        let n = self.rows as f64;
        let mut scaled = Matrix { parameter: None, ..self.clone() };
        scaled.scale(&largest.recip());
        let floats = scaled.at::<f64>(&[]);
        // Cholesky in floating point is exact for a matrix at most `slack` away (twice the bound
        // (n + 1) ε tr A with |a_ij| ≤ 1, and the rounding of the entries), so a success below
        // and a failure above decide. Only what lies between needs the slow exact elimination.
        let slack = 4.0 * n * (n + 2.0) * f64::EPSILON;
        let shifted = |by: f64| {
            let shift = DMatrix::from_diagonal_element(self.rows, self.rows, by);
            Cholesky::new(&floats + shift).is_some()
        };
        if shifted(-slack) {
            return Some(true);
        }
        if !shifted(slack) {
            return Some(false);
        }
        (self.rows <= LARGEST_EXACT).then(|| has_positive_pivots(scaled.dense()))
    }

    fn dense(&self) -> Vec<Vec<BigRational>> {
        let mut dense = vec![vec![BigRational::zero(); self.columns]; self.rows];
        for (i, j, x) in &self.entries {
            dense[*i][*j] = x.clone();
        }
        dense
    }
}

/// A symmetric matrix is positive definite exactly if elimination without exchanges finds only
/// positive pivots.
fn has_positive_pivots(mut rest: Vec<Vec<BigRational>>) -> bool {
    for k in 0..rest.len() {
        let (done, below) = rest.split_at_mut(k + 1);
        let pivot = &done[k];
        if !pivot[k].is_positive() {
            return false;
        }
        for row in below {
            let factor = &row[k] / &pivot[k];
            for (x, p) in row.iter_mut().zip(pivot).skip(k) {
                *x -= &factor * p;
            }
        }
    }
    true
}

/// Reads a matrix in any of the forms that the [file format](super) has.
pub(super) fn matrix(node: Node, shape: &Shape, parameters: &[&str]) -> Result<Matrix, Problem> {
    match node.value() {
        DeValue::Array(_) => dense(node, shape),
        DeValue::Table(_) => product(node, shape, parameters),
        _ => {
            let factor = node.number()?;
            check_shape(node, shape, shape.rows, shape.rows)?;
            Ok(Matrix::multiple_of_identity(shape.rows, &factor))
        }
    }
}

fn check_shape(node: Node, shape: &Shape, rows: usize, columns: usize) -> Result<(), Problem> {
    let expected = (shape.rows, shape.columns.unwrap_or(columns));
    if expected == (rows, columns) {
        return Ok(());
    }
    let (r, c) = expected;
    let message =
        format!("expected a {r} x {c} matrix in `{}`, found {rows} x {columns}", node.key());
    problem(node.span(), message, shape.why)
}

fn dense(node: Node, shape: &Shape) -> Result<Matrix, Problem> {
    let rows: Vec<Vec<Node>> = node.array()?.iter().map(Node::array).collect::<Result<_, _>>()?;
    let columns = rows.first().map_or(0, Vec::len);
    if let Some(i) = rows.iter().position(|row| row.len() != columns) {
        let found = rows[i].len();
        let message =
            format!("row {} of `{}` has length {found}, not {columns}", i + 1, node.key());
        return problem(node.array()?[i].span(), message, "make all rows equally long");
    }
    check_shape(node, shape, rows.len(), columns)?;
    let mut entries = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        for (j, entry) in row.iter().enumerate() {
            entries.push((i, j, entry.number()?));
        }
    }
    entries.retain(|(_, _, x)| !x.is_zero());
    Ok(Matrix { rows: rows.len(), columns, entries, parameter: None })
}

/// `{ scale = .., parameter = .., rows | diagonal | rotations = .. }`.
fn product(node: Node, shape: &Shape, parameters: &[&str]) -> Result<Matrix, Problem> {
    const FORMS: [&str; 3] = ["rows", "diagonal", "rotations"];
    let known = ["scale", "parameter", "rows", "diagonal", "rotations"];
    let table = node.table(format!("`{}`", node.key()), &known)?;
    let given: Vec<Node> = FORMS.iter().filter_map(|form| table.get(form)).collect();
    if let [first, second, ..] = given[..] {
        let why = format!("`{}` already says what the matrix is", first.key());
        table.forbid(second.key(), &why)?;
    }
    let mut matrix = match given.first() {
        None => {
            check_shape(node, shape, shape.rows, shape.rows)?;
            Matrix::multiple_of_identity(shape.rows, &BigRational::one())
        }
        Some(rows) if rows.key() == "rows" => dense(*rows, shape)?,
        Some(diagonal) if diagonal.key() == "diagonal" => {
            let values =
                diagonal.array()?.iter().map(Node::number).collect::<Result<Vec<_>, _>>()?;
            check_shape(*diagonal, shape, values.len(), values.len())?;
            Matrix::diagonal(values)
        }
        Some(blocks) => rotations(*blocks, shape)?,
    };
    if let Some(scale) = table.get("scale") {
        matrix.scale(&scale.number()?);
    }
    if let Some(parameter) = table.get("parameter") {
        matrix.parameter = Some(parameter.among("parameter", parameters)?);
    }
    Ok(matrix)
}

/// Block diagonal, block `i` is `scale_i [[cos_i, -sin_i], [sin_i, cos_i]]`.
fn rotations(node: Node, shape: &Shape) -> Result<Matrix, Problem> {
    let blocks = node.array()?;
    let size = 2 * blocks.len();
    check_shape(node, shape, size, size)?;
    let mut entries = Vec::new();
    for (i, block) in blocks.iter().enumerate() {
        let block = block.table("a rotation", &["scale", "cos", "sin"])?;
        let scale = block.get("scale").map_or_else(|| Ok(BigRational::one()), |s| s.number())?;
        let cos = block.require("cos", "0.8")?.number()? * &scale;
        let sin = block.require("sin", "0.6")?.number()? * &scale;
        let (x, y) = (2 * i, 2 * i + 1);
        entries.extend([(x, x, cos.clone()), (x, y, -sin.clone()), (y, x, sin), (y, y, cos)]);
    }
    entries.retain(|(_, _, x)| !x.is_zero());
    Ok(Matrix { rows: size, columns: size, entries, parameter: None })
}

/// About how large a rational is.
pub(super) fn float(r: &BigRational) -> f64 {
    r.to_f64().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn symmetric(rows: &[&[(i64, i64)]]) -> Matrix {
        let entry = |&(p, q): &(i64, i64)| BigRational::new(p.into(), q.into());
        let mut entries = Vec::new();
        for (i, row) in rows.iter().enumerate() {
            entries.extend(row.iter().enumerate().map(|(j, x)| (i, j, entry(x))));
        }
        Matrix { rows: rows.len(), columns: rows.len(), entries, parameter: Some(1) }
    }

    #[test]
    fn definiteness_is_decided_where_floats_cannot() {
        // det [[1, 1/3], [1/3, x]] = x - 1/9: definite above 1/9, singular at it.
        let third = (1, 3);
        let at =
            |x| symmetric(&[&[(1, 1), third], &[third, x]]).is_positive_definite() == Some(true);
        assert!(!at((1, 9)));
        assert!(at((1_000_000_000_000_000_009, 9_000_000_000_000_000_000)));
        assert!(!at((999_999_999_999_999_999, 9_000_000_000_000_000_000)));
        assert!(at((1, 1)));
        assert!(!at((-1, 1)));
        // An indefinite matrix with a positive diagonal: eigenvalues 3 and -1.
        let indefinite = symmetric(&[&[(1, 1), (2, 1)], &[(2, 1), (1, 1)]]);
        assert_eq!(indefinite.is_positive_definite(), Some(false));
        // The Hilbert matrix of order 80 is definite, by less than doubles can tell.
        let hilbert: Vec<Vec<_>> =
            (1..=80).map(|i| (i..i + 80).map(|q| (1, q)).collect()).collect();
        let hilbert: Vec<&[_]> = hilbert.iter().map(Vec::as_slice).collect();
        assert_eq!(symmetric(&hilbert).is_positive_definite(), None);
    }
}
