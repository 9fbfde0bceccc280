//! Matrices of numbers of a program: closed forms up to 2 × 2, elimination and squaring beyond.

use super::number::{Builder, Error, Num};
use super::program::{Id, Op};

/// A matrix, row by row; a vector has one column.
#[derive(Clone, Debug)]
pub(super) struct Mat {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) all: Vec<Num>,
}

impl Mat {
    pub(super) fn from_fn(
        rows: usize,
        columns: usize,
        mut f: impl FnMut(usize, usize) -> Num,
    ) -> Self {
        let at = (0..rows).flat_map(|r| (0..columns).map(move |c| (r, c)));
        Mat { rows, columns, all: at.map(|(r, c)| f(r, c)).collect() }
    }

    pub(super) fn at(&self, r: usize, c: usize) -> Num {
        self.all[r * self.columns + c]
    }

    pub(super) fn is_square(&self) -> bool {
        self.rows == self.columns
    }

    pub(super) fn transposed(&self) -> Mat {
        Mat::from_fn(self.columns, self.rows, |r, c| self.at(c, r))
    }

    /// Rows and columns with these numbers.
    pub(super) fn select(&self, rows: &[usize], columns: &[usize]) -> Mat {
        Mat::from_fn(rows.len(), columns.len(), |r, c| self.at(rows[r], columns[c]))
    }

    fn swap(&mut self, b: &mut Builder, larger: (Id, Id), i: usize, k: usize) {
        for c in 0..self.columns {
            let (x, y) = (self.at(i, c), self.at(k, c));
            self.all[k * self.columns + c] = b.pick(larger, x, y);
            self.all[i * self.columns + c] = b.pick(larger, y, x);
        }
    }
}

/// How often a matrix is squared to bound its spectral radius.
const SQUARINGS: i32 = 8;

impl Builder {
    pub(super) fn identity(&mut self, n: usize) -> Mat {
        let (zero, one) = (self.constant(0.0), self.constant(1.0));
        Mat::from_fn(n, n, |r, c| if r == c { one } else { zero })
    }

    pub(super) fn product(&mut self, a: &Mat, b: &Mat) -> Mat {
        Mat::from_fn(a.rows, b.columns, |r, c| {
            self.dot((0..a.columns).map(|k| (a.at(r, k), b.at(k, c))))
        })
    }

    pub(super) fn each(&mut self, a: &Mat, mut f: impl FnMut(&mut Self, Num) -> Num) -> Mat {
        Mat::from_fn(a.rows, a.columns, |r, c| f(self, a.at(r, c)))
    }

    pub(super) fn pairwise(
        &mut self,
        a: &Mat,
        b: &Mat,
        mut f: impl FnMut(&mut Self, Num, Num) -> Num,
    ) -> Mat {
        Mat::from_fn(a.rows, a.columns, |r, c| f(self, a.at(r, c), b.at(r, c)))
    }

    /// The Euclidean norm of all entries.
    pub(super) fn euclidean(&mut self, a: &Mat) -> Num {
        if let [x] = a.all[..] {
            return self.abs(x);
        }
        let squares = self.dot(a.all.iter().map(|x| (*x, *x)));
        self.sqrt(squares)
    }

    /// `sqrt(x² + y²)`.
    fn hypotenuse(&mut self, x: Num, y: Num) -> Num {
        let squares = self.dot([(x, x), (y, y)]);
        self.sqrt(squares)
    }

    fn half(&mut self, x: Num) -> Num {
        let half = self.constant(0.5);
        self.mul(half, x)
    }

    /// The largest singular value, of vectors and of 2 × 2 matrices.
    pub(super) fn spectral_norm(&mut self, m: &Mat) -> Option<Num> {
        if m.rows == 1 || m.columns == 1 {
            return Some(self.euclidean(m));
        }
        if (m.rows, m.columns) != (2, 2) {
            return None;
        }
        let (p, q) = (self.add(m.at(0, 0), m.at(1, 1)), self.sub(m.at(0, 1), m.at(1, 0)));
        let (r, s) = (self.sub(m.at(0, 0), m.at(1, 1)), self.add(m.at(0, 1), m.at(1, 0)));
        let (turn, mirror) = (self.hypotenuse(p, q), self.hypotenuse(r, s));
        let sum = self.add(turn, mirror);
        Some(self.half(sum))
    }

    /// The least eigenvalue of the symmetric part, up to 2 × 2.
    pub(super) fn least_symmetric(&mut self, m: &Mat) -> Option<Num> {
        match m.rows {
            1 => Some(m.at(0, 0)),
            2 => {
                let sum = self.add(m.at(0, 0), m.at(1, 1));
                let apart = self.sub(m.at(0, 0), m.at(1, 1));
                let beside = self.add(m.at(0, 1), m.at(1, 0));
                let length = self.hypotenuse(apart, beside);
                let twice = self.sub(sum, length);
                Some(self.half(twice))
            }
            _ => None,
        }
    }

    /// `ad - bc`.
    fn determinant_of_two(&mut self, [a, b, c, d]: [Num; 4]) -> Num {
        let (ad, bc) = (self.mul(a, d), self.mul(b, c));
        self.sub(ad, bc)
    }

    pub(super) fn determinant(&mut self, m: &Mat) -> Num {
        match m.rows {
            0 => self.constant(1.0),
            1 => m.at(0, 0),
            2 => self.determinant_of_two([m.all[0], m.all[1], m.all[2], m.all[3]]),
            n => {
                let nothing = Mat { rows: n, columns: 0, all: Vec::new() };
                let (upper, _, sign) = self.eliminated(m.clone(), nothing);
                (0..n).fold(sign, |product, k| self.mul(product, upper.at(k, k)))
            }
        }
    }

    /// Elimination with partial pivoting, lane by lane: what is left above the diagonal, the right-hand
    /// side, and the sign of the permutation.
    fn eliminated(&mut self, mut a: Mat, mut x: Mat) -> (Mat, Mat, Num) {
        let n = a.rows;
        let mut sign = self.constant(1.0);
        for k in 0..n {
            for i in k + 1..n {
                let (there, here) = (self.abs(a.at(i, k)).id, self.abs(a.at(k, k)).id);
                a.swap(self, (there, here), i, k);
                x.swap(self, (there, here), i, k);
                let other = self.neg(sign);
                sign = self.pick((there, here), other, sign);
            }
            for i in k + 1..n {
                let factor = self.div(a.at(i, k), a.at(k, k));
                for c in k + 1..n {
                    let part = self.mul(factor, a.at(k, c));
                    a.all[i * n + c] = self.sub(a.at(i, c), part);
                }
                for c in 0..x.columns {
                    let part = self.mul(factor, x.at(k, c));
                    x.all[i * x.columns + c] = self.sub(x.at(i, c), part);
                }
                a.all[i * n + k] = self.constant(0.0);
            }
        }
        (a, x, sign)
    }

    /// The solution of `a x = b`. Where `a` is singular, or may be, the bounds on the errors are not
    /// finite.
    pub(super) fn solve(&mut self, a: &Mat, b: &Mat) -> Mat {
        let n = a.rows;
        match n {
            0 => return b.clone(),
            1 => return self.each(b, |s, x| s.div(x, a.at(0, 0))),
            2 => {
                let det = self.determinant(a);
                return Mat::from_fn(2, b.columns, |r, c| {
                    let (x, y) = (b.at(0, c), b.at(1, c));
                    let columns = if r == 0 {
                        [x, a.at(0, 1), y, a.at(1, 1)]
                    } else {
                        [a.at(0, 0), x, a.at(1, 0), y]
                    };
                    let top = self.determinant_of_two(columns);
                    self.div(top, det)
                });
            }
            _ => {}
        }
        let (upper, mut x, _) = self.eliminated(a.clone(), b.clone());
        for c in 0..x.columns {
            for r in (0..n).rev() {
                let known = self.dot((r + 1..n).map(|k| (upper.at(r, k), x.at(k, c))));
                let rest = self.sub(x.at(r, c), known);
                x.all[r * x.columns + c] = self.div(rest, upper.at(r, r));
            }
        }
        x
    }

    pub(super) fn inverse(&mut self, a: &Mat) -> Mat {
        let identity = self.identity(a.rows);
        self.solve(a, &identity)
    }

    /// The spectral radius.
    pub(super) fn radius(&mut self, m: &Mat) -> Num {
        match m.rows {
            0 => self.constant(0.0),
            1 => self.abs(m.at(0, 0)),
            2 => self.radius_of_two(m),
            _ => self.radius_by_squaring(m),
        }
    }

    /// `|t/2| + sqrt(t²/4 - d)` for real eigenvalues, else `sqrt(d)`, of trace `t` and determinant `d`.
    fn radius_of_two(&mut self, m: &Mat) -> Num {
        let (trace, det) = (self.add(m.at(0, 0), m.at(1, 1)), self.determinant(m));
        let middle = self.half(trace);
        let square = self.mul(middle, middle);
        let apart = self.sub(square, det);
        let (root, size) = (self.sqrt(apart), self.abs(middle));
        let real = self.add(size, root);
        let mut complex = self.sqrt(det);
        if apart.error != Error::None {
            // Where `apart` is really positive, at most its error `e`, the radius is within 2 sqrt(e) of
            // this; the bound on the error of `root` is sqrt(e) there. The other way round that bound
            // is enough.
            let (own, other) = (self.bound(complex), self.bound(root));
            let two = self.number(2.0);
            complex.error = Error::Value(self.raw(Op::Fuse(own, other, two)));
        }
        let zero = self.constant(0.0);
        self.pick((apart.id, zero.id), real, complex)
    }

    /// What is positive exactly where the spectral radius of a 2 × 2 matrix is below `c > 0` (Jury):
    /// the least of `c² - d`, `c² + d - ct`, `c² + d + ct`.
    pub(super) fn radius_below(&mut self, m: &Mat, c: Num) -> Num {
        let (trace, det) = (self.add(m.at(0, 0), m.at(1, 1)), self.determinant(m));
        let square = self.mul(c, c);
        let product = self.sub(square, det);
        let (sum, size) = (self.add(square, det), self.abs(trace));
        let part = self.mul(c, size);
        let ends = self.sub(sum, part);
        self.extreme(product, ends, true)
    }

    fn raw(&mut self, op: Op) -> Id {
        self.values.push(op)
    }

    fn number(&mut self, x: f64) -> Id {
        self.values.push(Op::Constant(x.to_bits()))
    }

    fn scaled(&mut self, x: Id, k: f64) -> Id {
        self.values.push(Op::Share(x, k.to_bits()))
    }

    /// The sum of squares.
    fn squares(&mut self, all: &[Id]) -> Id {
        let mut sum = self.number(0.0);
        for x in all {
            sum = self.raw(Op::Fuse(sum, *x, *x));
        }
        sum
    }

    /// Between bounds from powers: the radius of `M` is at most `|M^m|_F^(1/m)`, and at least
    /// `(|tr M^m| / n)^(1/m)`, for `m` up to `2^SQUARINGS`.
    ///
    /// Every power is scaled to a norm of about 1, so that none underflows; `whole` is what all scales
    /// together come to. `f` bounds the norm of a scaled power and `e` that of its error; squaring makes
    /// the error `2 f e + e² + (n + 1) u f²`. Where that is larger than the square (a nilpotent matrix), it
    /// is the scale.
    #[allow(clippy::cast_precision_loss)]
    fn radius_by_squaring(&mut self, m: &Mat) -> Num {
        if m.all.iter().all(|x| x.constant == Some(0.0)) {
            return self.constant(0.0);
        }
        let n = m.rows;
        let size = n as f64;
        let u = self.unit();
        // Sums of n² squares, and what else is rounded once or twice.
        let slack = 1.0 + (size * size + 8.0) * u;
        let ids: Vec<Id> = m.all.iter().map(|x| x.id).collect();
        let squares = self.squares(&ids);
        let mut whole = self.raw(Op::Sqrt(squares));
        let (one, two) = (self.number(1.0), self.number(2.0));
        let inverse = self.raw(Op::Div(one, whole));
        let mut b: Vec<Id> = ids.iter().map(|x| self.raw(Op::Mul(*x, inverse))).collect();
        let mut f = self.number(slack);
        let mut e = self.number(4.0 * u);
        if m.all.iter().any(|x| x.error != Error::None) {
            let errors: Vec<Id> = m.all.iter().map(|x| self.bound(*x)).collect();
            let squares = self.squares(&errors);
            let error = self.raw(Op::Sqrt(squares));
            let error = self.raw(Op::Mul(error, inverse));
            let error = self.scaled(error, slack);
            e = self.raw(Op::Add(e, error));
        }
        let mut least = self.number(0.0);
        let mut most = one;
        for k in 1..=SQUARINGS {
            b = self.squared(&b, n);
            let squares = self.squares(&b);
            let norm = self.raw(Op::Sqrt(squares));
            let norm = self.scaled(norm, slack);
            let (fe, ee, ff) =
                (self.raw(Op::Mul(f, e)), self.raw(Op::Mul(e, e)), self.raw(Op::Mul(f, f)));
            let carried = self.raw(Op::Fuse(ee, fe, two));
            let rounded = self.scaled(ff, (size + 1.0) * u);
            let error = self.raw(Op::Add(carried, rounded));
            let error = self.scaled(error, slack);

            // |tr X| is at most sqrt(n) |X|_F, and rounding of the sum at most n u |X|_F.
            let diagonal = (1..n).fold(b[0], |sum, i| self.raw(Op::Add(sum, b[i * n + i])));
            let trace = self.raw(Op::Abs(diagonal));
            let (inherited, own) =
                (self.scaled(error, size.sqrt() * slack), self.scaled(norm, (size + 2.0) * u));
            let doubt = self.raw(Op::Add(inherited, own));
            let sure = self.raw(Op::Sub(trace, doubt));
            let share = self.number(1.0 / size);
            let sure = self.raw(Op::Mul(sure, share));
            let bound = self.root(sure, k);
            let bound = self.raw(Op::Mul(bound, whole));
            least = self.raw(Op::Max(least, bound));
            if k == SQUARINGS {
                let bound = self.raw(Op::Add(norm, error));
                let bound = self.root(bound, k);
                most = self.raw(Op::Mul(bound, whole));
                break;
            }
            let scale = self.raw(Op::Max(norm, error));
            let root = self.root(scale, k);
            whole = self.raw(Op::Mul(whole, root));
            let inverse = self.raw(Op::Div(one, scale));
            b = b.iter().map(|x| self.raw(Op::Mul(*x, inverse))).collect();
            let (norm, error) =
                (self.raw(Op::Mul(norm, inverse)), self.raw(Op::Mul(error, inverse)));
            (f, e) = (self.scaled(norm, slack), self.scaled(error, slack));
            let scaling = self.scaled(f, 4.0 * u);
            e = self.raw(Op::Add(e, scaling));
        }
        // What the scales and roots have rounded.
        let (least, most) =
            (self.scaled(least, 1.0 - 100.0 * u), self.scaled(most, 1.0 + 100.0 * u));
        let sum = self.raw(Op::Add(most, least));
        let middle = self.scaled(sum, 0.5);
        let apart = self.raw(Op::Sub(most, least));
        let half = self.scaled(apart, 0.5);
        let rounding = self.scaled(most, 4.0 * u);
        let error = self.raw(Op::Add(half, rounding));
        Num::bounded(middle, error)
    }

    fn squared(&mut self, b: &[Id], n: usize) -> Vec<Id> {
        let mut next = Vec::with_capacity(n * n);
        for (r, c) in (0..n).flat_map(|r| (0..n).map(move |c| (r, c))) {
            let first = self.raw(Op::Mul(b[r * n], b[c]));
            let fused = |sum, j| self.raw(Op::Fuse(sum, b[r * n + j], b[j * n + c]));
            next.push((1..n).fold(first, fused));
        }
        next
    }

    /// The root of order `2^k`, zero for what is negative.
    fn root(&mut self, x: Id, k: i32) -> Id {
        (0..k).fold(x, |x, _| self.raw(Op::Sqrt(x)))
    }
}
