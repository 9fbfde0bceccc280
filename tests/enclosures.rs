//! Enclosures of matrix routines against balls of 200 bits (`data/arb/generate.py`), and where doubles
//! end: overflow, subnormals, matrices that are singular but for one unit, eigenvalues of modulus 1.

use backfire::linalg::verified::{Powers, extreme_eigenvalues, powers, spectral_radius};
use backfire::linalg::{determinant, inverse, lift, solve, spectral_norm, symmetric_part};
use backfire::scalar::{Exact, Interval, Real, Scalar, decimal};
use nalgebra::DMatrix;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use serde::Deserialize;

/// Decimals between which the true value lies.
#[derive(Deserialize)]
struct Pair(String, String);

impl Pair {
    fn ends(&self) -> (BigRational, BigRational) {
        let end = |text: &str| decimal(text).expect("a decimal");
        (end(&self.0), end(&self.1))
    }

    /// Whether an enclosure may contain the true value. The pair is 30 digits wide.
    fn meets(&self, x: Interval) -> bool {
        let (low, high) = self.ends();
        let end = |x: f64| BigRational::from_float(x);
        end(x.lo()).is_none_or(|lo| lo <= high) && end(x.hi()).is_none_or(|hi| low <= hi)
    }

    fn size(&self) -> f64 {
        let (low, high) = self.ends();
        low.abs().max(high.abs()).to_f64().expect("a number")
    }
}

#[derive(Deserialize)]
struct Reference {
    matrices: Vec<Matrix>,
    functions: Vec<Values>,
}

#[derive(Deserialize)]
struct Matrix {
    name: String,
    rows: Vec<Vec<f64>>,
    right: Vec<f64>,
    determinant: Pair,
    inverse: Option<Vec<Pair>>,
    solution: Option<Vec<Pair>>,
    radius: Pair,
    norm: Pair,
    least: Pair,
    greatest: Pair,
}

#[derive(Deserialize)]
struct Values {
    at: f64,
    sqrt: Pair,
    ln: Pair,
    exp: Option<Pair>,
    #[serde(rename = "exp of minus")]
    exp_of_minus: Option<Pair>,
}

fn reference() -> Reference {
    serde_json::from_str(include_str!("data/arb/reference.json")).expect("as generate.py writes it")
}

impl Matrix {
    fn interval(&self) -> DMatrix<Interval> {
        let n = self.rows.len();
        DMatrix::from_fn(n, n, |i, j| Interval::point(self.rows[i][j]))
    }

    /// Bound of the condition number.
    fn condition(&self) -> f64 {
        let inverse = self.inverse.iter().flatten().map(|x| x.size().powi(2)).sum::<f64>().sqrt();
        self.norm.size() * inverse
    }
}

/// An enclosure meets the true value and is at most that wide.
fn close(name: &str, x: Interval, exact: &Pair, width: f64) {
    assert!(exact.meets(x), "{name}: {x:?} misses {}", exact.0);
    assert!(x.width() <= width, "{name}: {x:?} is wider than {width:e}");
}

/// Condition numbers up to which solutions must be found.
const SOLVABLE: f64 = 1e13;

#[test]
fn solutions_and_inverses_enclose_the_true_ones() {
    let mut compared = 0;
    for m in reference().matrices {
        let (a, n) = (m.interval(), m.rows.len());
        let b = DMatrix::from_fn(n, 1, |i, _| Interval::point(m.right[i]));
        for (found, exact) in [(inverse(&a), &m.inverse), (solve(&a, &b), &m.solution)] {
            let (Ok(found), Some(exact)) = (&found, exact) else {
                // What is not solved must be singular, or nearly.
                assert!(
                    found.is_err() && (exact.is_none() || m.condition() > SOLVABLE),
                    "{}",
                    m.name
                );
                continue;
            };
            let largest = exact.iter().map(Pair::size).fold(0.0, f64::max);
            // The error bound of a backward stable solver, and a hundred times that.
            let width = 100.0 * n as f64 * f64::EPSILON * m.condition() * largest;
            for (at, exact) in exact.iter().enumerate() {
                let columns = found.ncols();
                let x = found[(at / columns, at % columns)];
                close(
                    &m.name,
                    x,
                    exact,
                    if m.condition() < SOLVABLE { width } else { f64::INFINITY },
                );
                compared += 1;
            }
        }
    }
    assert!(compared > 1000, "{compared}");
}

#[test]
fn determinants_enclose_the_true_ones() {
    for m in reference().matrices {
        let a = m.interval();
        let rows = a.row_iter().map(|row| row.iter().map(|x| x.size().powi(2)).sum::<f64>().sqrt());
        // Hadamard's bound, of which elimination loses a few digits.
        let width =
            if m.condition() < SOLVABLE { 1e-12 * rows.product::<f64>() } else { f64::INFINITY };
        let width = width + f64::from_bits(2);
        close(&m.name, determinant(&a), &m.determinant, width);
    }
}

#[test]
fn norms_and_symmetric_eigenvalues_enclose_the_true_ones() {
    for m in reference().matrices {
        let a = m.interval();
        let width = 1e-13 * m.norm.size();
        close(&m.name, spectral_norm(&a), &m.norm, width);
        let (least, most) = extreme_eigenvalues(&symmetric_part(&a));
        close(&m.name, least, &m.least, width);
        close(&m.name, most, &m.greatest, width);
    }
}

#[test]
fn spectral_radii_and_decisions_agree_with_the_true_ones() {
    let mut decided = 0;
    for m in reference().matrices {
        let a = m.interval();
        // Traces of a cycle's powers of two vanish: nothing from below.
        let cycle = m.name == "cycle";
        let width = if cycle { f64::INFINITY } else { 1e-6 * m.radius.size() };
        close(&m.name, spectral_radius(&a), &m.radius, width);
        let (low, high) = m.radius.ends();
        let one = BigRational::from_float(1.0).unwrap();
        let seen = powers(&a);
        let right = match seen {
            Powers::Vanish { .. } => high < one,
            Powers::Grow { .. } => low > one,
            Powers::Open => low <= one && one <= high,
        };
        decided += usize::from(seen != Powers::Open);
        assert!(right, "{}: {seen:?} but {}", m.name, m.radius.0);
    }
    assert!(decided > 30, "{decided}");
}

#[test]
fn elementary_functions_enclose_the_true_values() {
    for f in reference().functions {
        let x = Interval::point(f.at);
        let near = |exact: &Pair| 4.0 * f64::EPSILON * exact.size() + f64::from_bits(4);
        close("sqrt", Real::sqrt(&x), &f.sqrt, near(&f.sqrt));
        close("ln", Real::ln(&x), &f.ln, near(&f.ln));
        for (x, exact) in [(x, &f.exp), (-x, &f.exp_of_minus)] {
            if let Some(exact) = exact {
                close("exp", Real::exp(&x), exact, near(exact));
            }
        }
    }
}

fn rational(x: f64) -> BigRational {
    BigRational::from_float(x).expect("finite")
}

fn encloses(x: Interval, exact: &BigRational) -> bool {
    let below = BigRational::from_float(x.lo()).is_none_or(|lo| lo <= *exact);
    below && BigRational::from_float(x.hi()).is_none_or(|hi| *exact <= hi)
}

fn stable(m: &DMatrix<f64>) -> bool {
    matches!(powers(&lift(m)), Powers::Vanish { .. })
}

fn unstable(m: &DMatrix<f64>) -> bool {
    matches!(powers(&lift(m)), Powers::Grow { .. })
}

/// `n × n`, similar to `m` by whole numbers: no entry is zero for its structure alone.
fn mixed(m: &DMatrix<f64>) -> DMatrix<f64> {
    let n = m.nrows();
    let mut mixed = m.clone();
    // Each row to the next, each column from the one before: exact for short entries.
    for (i, j) in (1..n).map(|i| (i - 1, i)).chain((1..n).rev().map(|i| (i, i - 1))) {
        let row = mixed.row(i) + mixed.row(j);
        mixed.set_row(i, &row);
        let column = mixed.column(j) - mixed.column(i);
        mixed.set_column(j, &column);
    }
    mixed
}

fn jordan(n: usize, x: f64) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |i, j| match j.wrapping_sub(i) {
        0 => x,
        1 => 1.0,
        _ => 0.0,
    })
}

#[test]
fn jordan_blocks_are_decided() {
    for n in 2..=8 {
        for (x, side) in [(0.9, -1), (0.99, -1), (1.0, 0), (1.01, 1), (-0.99, -1), (-1.01, 1)] {
            let m = jordan(n, x);
            assert_eq!((stable(&m), unstable(&m)), (side < 0, side > 0), "{n} {x}");
            assert_eq!(spectral_radius(&lift(&m)), Interval::point(x.abs()));
            if side == 0 {
                continue;
            }
            // One entry that closes the cycle, so small that the eigenvalue moves by 1e-3.
            let mut m = m;
            m[(n - 1, 0)] = 1e-3_f64.powi(i32::try_from(n).unwrap());
            assert_eq!((stable(&m), unstable(&m)), (side < 0, side > 0), "{n} {x}");
        }
        // Not triangular to look at.
        for (x, side) in [(0.875, -1), (0.984_375, -1), (1.0, 0), (1.015_625, 1), (1.125, 1)] {
            let m = mixed(&jordan(n, x));
            let seen = (stable(&m), unstable(&m));
            assert!((side < 0 || !seen.0) && (side > 0 || !seen.1), "{n} {x}");
            // One unit in the last place moves an n-fold eigenvalue by 1e-15^(1/n).
            assert!(side == 0 || n > 6 || seen.0 || seen.1, "{n} {x}");
            assert!(spectral_radius(&lift(&m)).contains(x), "{n} {x}");
        }
    }
}

/// Conjugate pairs of one modulus, one below the other, coupled: repeated and defective.
#[test]
fn repeated_pairs_are_decided() {
    for pairs in 1..=4 {
        // 3/4 and 1/2 scaled: a modulus of r sqrt(13)/4, exactly 1 for no r.
        for (r, side) in [(1.0, -1), (1.109, -1), (1.1095, 1), (1.25, 1)] {
            let n = 2 * pairs;
            let m = DMatrix::from_fn(n, n, |i, j| match (i % 2, j.wrapping_sub(i)) {
                (_, 0) => 0.75 * r,
                (0, 1) => -0.5 * r,
                (1, k) if k == usize::MAX => 0.5 * r,
                (_, 2) => 1.0,
                _ => 0.0,
            });
            assert_eq!((stable(&m), unstable(&m)), (side < 0, side > 0), "{pairs} {r}");
        }
    }
}

#[test]
fn equal_moduli_whose_traces_cancel() {
    let turn = DMatrix::from_row_slice(2, 2, &[0.0, 1.0, -1.0, 0.0]);
    let near = 2f64.powi(-20);
    for (r, side) in [(0.5, -1), (1.0 - near, -1), (1.0, 0), (1.0 + near, 1), (3.0, 1)] {
        let m = &turn * r;
        assert_eq!((stable(&m), unstable(&m)), (side < 0, side > 0), "{r}");
        assert!(spectral_radius(&lift(&m)).contains(r));
        // ... in other units.
        for exponent in [-900, -300, 300, 900] {
            let mut m = m.clone();
            m[(0, 1)] *= 2f64.powi(exponent);
            m[(1, 0)] /= 2f64.powi(exponent);
            assert_eq!((stable(&m), unstable(&m)), (side < 0, side > 0), "{r} {exponent}");
        }
    }
}

/// No permutation, and nothing similar to one, is stable or unstable.
#[test]
fn modulus_one_is_neither() {
    let mut order = [0, 1, 2, 3, 4];
    let mut seen = 0;
    permutations(&mut order, 0, &mut |order| {
        let m = DMatrix::from_fn(5, 5, |i, j| f64::from(u8::from(order[i] == j)));
        let mut signed = m.clone();
        signed.row_mut(0).neg_mut();
        for m in [mixed(&m), mixed(&signed), m, signed] {
            assert_eq!(powers(&lift(&m)), Powers::Open, "{m}");
            assert!(spectral_radius(&lift(&m)).contains(1.0), "{m}");
            seen += 1;
        }
    });
    assert_eq!(seen, 480);
    for n in 1..=8 {
        let identity = DMatrix::<f64>::identity(n, n);
        for m in [mixed(&identity), identity] {
            assert_eq!(powers(&lift(&m)), Powers::Open);
        }
    }
}

fn permutations(order: &mut [usize; 5], from: usize, see: &mut impl FnMut(&[usize; 5])) {
    if from == order.len() {
        return see(order);
    }
    for i in from..order.len() {
        order.swap(from, i);
        permutations(order, from + 1, see);
        order.swap(from, i);
    }
}

/// `[[0, 2^i], [2^j, 0]]` has the radius `2^((i + j)/2)`; a constant matrix that of its row sums.
#[test]
fn radii_at_the_ends_of_the_doubles() {
    let power =
        |k: i32| if k < -1000 { 2f64.powi(-1000) * 2f64.powi(k + 1000) } else { 2f64.powi(k) };
    let exponents = [-1074, -1073, -1030, -1022, -1000, -537, -1, 0, 1, 511, 1000, 1023];
    for i in exponents {
        for j in exponents.into_iter().filter(|j| (i + j) % 2 == 0) {
            let m = DMatrix::from_row_slice(2, 2, &[0.0, power(i), power(j), 0.0]);
            let radius = spectral_radius(&lift(&m));
            assert!(radius.contains(power(i32::midpoint(i, j))), "{i} {j} {radius:?}");
            assert!(!stable(&m) || i + j < 0, "{i} {j}");
            assert!(!unstable(&m) || i + j > 0, "{i} {j}");
        }
    }
    for n in [1, 2, 3, 7, 64] {
        for c in [5e-324, 1e-310, 2.3e-308, 1e-160, 0.1, 1e160, 1e307, f64::MAX] {
            let m = DMatrix::from_element(n, n, c);
            let exact = rational(c) * rational(n as f64);
            let radius = spectral_radius(&lift(&m));
            assert!(encloses(radius, &exact), "{n} {c:e} {radius:?}");
            assert!(!stable(&m) || exact < rational(1.0), "{n} {c:e}");
            assert!(!unstable(&m) || exact > rational(1.0), "{n} {c:e}");
            let norm = spectral_norm(&lift(&m));
            assert!(encloses(norm, &exact), "{n} {c:e} {norm:?}");
        }
    }
}

/// Inverses of diagonal, triangular and dense matrices of tiny and huge entries.
#[test]
fn solutions_at_the_ends_of_the_doubles() {
    let core = [[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 1.0]];
    // Its determinant is 7, and this seven times its inverse.
    let adjoint = [[3.0, -1.0, 1.0], [1.0, 2.0, -2.0], [-3.0, 1.0, 6.0]];
    let mut found = 0;
    for exponent in [-1070, -1040, -1022, -900, -500, 0, 500, 900, 1000, 1020] {
        let half = 2f64.powi(exponent / 2);
        let unit = half * 2f64.powi(exponent - exponent / 2);
        let a = DMatrix::from_fn(3, 3, |i, j| Interval::point(core[i][j] * unit));
        let exact = |i: usize, j: usize| rational(adjoint[i][j]) / rational(7.0) / rational(unit);
        if let Ok(x) = inverse(&a) {
            found += 1;
            for (i, j) in (0..9).map(|k| (k / 3, k % 3)) {
                assert!(encloses(x[(i, j)], &exact(i, j)), "{exponent} {:?}", x[(i, j)]);
            }
        }
        let unit = rational(unit);
        let cube = &unit * &unit * &unit * rational(7.0);
        assert!(encloses(determinant(&a), &cube), "{exponent}");
    }
    assert!(found >= 6, "{found}");
}

#[test]
fn units_of_the_coordinates() {
    let core = [[2.0, 1.0, 0.5], [0.25, 3.0, 1.0], [1.0, 0.125, 1.5]];
    let plain = lift::<Exact>(&DMatrix::from_fn(3, 3, |i, j| core[i][j]));
    let exact = inverse(&plain).expect("regular");
    for step in [-500, -250, -60, 60, 250, 500] {
        let unit = |i: usize| 2f64.powi(step * (i32::try_from(i).unwrap() - 1));
        // D A D^-1 has the inverse D A^-1 D^-1, and D A has A^-1 D^-1.
        for like in [true, false] {
            let right = |j: usize| if like { 1.0 / unit(j) } else { 1.0 };
            let a = DMatrix::from_fn(3, 3, |i, j| Interval::point(core[i][j] * unit(i) * right(j)));
            let x = inverse(&a).expect("regular in any units");
            for (i, j) in (0..9).map(|k| (k / 3, k % 3)) {
                let exact = exact[(i, j)].point().unwrap() / rational(right(i)) / rational(unit(j));
                assert!(encloses(x[(i, j)], &exact), "{step} {like} {:?}", x[(i, j)]);
            }
        }
    }
}

#[test]
fn hilbert_matrices() {
    for n in 2..=13 {
        let entry = |i: usize, j: usize| decimal(&format!("1/{}", i + j + 1)).unwrap();
        let exact = inverse(&DMatrix::from_fn(n, n, |i, j| Exact::from(entry(i, j)))).unwrap();
        let doubles = DMatrix::from_fn(n, n, |i, j| 1.0 / (i + j + 1) as f64);
        let of_doubles = inverse(&lift::<Exact>(&doubles)).unwrap();
        let around = DMatrix::from_fn(n, n, |i, j| Interval::from_rational(&entry(i, j)));
        for (a, exact, until) in [(around, exact, 8), (lift(&doubles), of_doubles, 10)] {
            let found = inverse(&a);
            assert!(found.is_ok() || n > until, "{n}: condition number 1e{}", 3 * n / 2 - 2);
            for (x, exact) in found.iter().flat_map(|x| x.iter().zip(&exact)) {
                assert!(encloses(*x, exact.point().unwrap()), "{n} {x:?}");
            }
        }
    }
}

/// All ones but for one unit, in every place; and exactly singular.
#[test]
fn singular_but_for_one_unit() {
    for n in 2..=5 {
        let ones = DMatrix::from_element(n, n, 1.0);
        for m in [ones.clone(), ones.clone() * 1e300, ones.clone() * 5e-324] {
            assert!(inverse::<Interval>(&lift(&m)).is_err(), "{n}");
            assert!(determinant::<Interval>(&lift(&m)).contains(0.0), "{n}");
        }
        let near =
            DMatrix::from_fn(n, n, |i, j| if i == j && i > 0 { 1.0_f64.next_up() } else { 1.0 });
        let exact = inverse(&lift::<Exact>(&near)).expect("regular");
        let determined = determinant(&lift::<Exact>(&near));
        assert!(encloses(determinant(&lift(&near)), determined.point().unwrap()), "{n}");
        if let Ok(found) = inverse::<Interval>(&lift(&near)) {
            let mut both = found.iter().zip(&exact);
            assert!(both.all(|(x, exact)| encloses(*x, exact.point().unwrap())), "{n}");
        }
        // An enclosure that contains a singular matrix is refused.
        let around = near.map(|x| Interval::new(x.next_down(), x.next_up()));
        assert!(inverse(&around).is_err(), "{n}");
    }
}

#[test]
fn unbounded_entries_decide_nothing() {
    let half_line = Interval::new(1.0, f64::INFINITY);
    for unknown in [Interval::WHOLE, half_line, -half_line, Interval::point(f64::NAN)] {
        for n in 1..=4 {
            for at in 0..n * n {
                let mut m = DMatrix::<Interval>::identity(n, n) * Interval::point(-0.5);
                m[at] = unknown;
                assert_eq!(powers(&m), Powers::Open, "{unknown:?} {n} {at}");
                assert!(spectral_radius(&m).hi().is_infinite());
                assert!(inverse(&m).is_err());
                let determinant = determinant(&m);
                assert!(determinant.lo().is_infinite() && determinant.hi().is_infinite());
            }
        }
    }
}

#[test]
fn zeros_of_either_sign_empty_and_single() {
    let p = Interval::point;
    let empty = DMatrix::<Interval>::zeros(0, 0);
    assert_eq!((powers(&empty), determinant(&empty)), (Powers::Vanish { doublings: 0 }, p(1.0)));
    assert_eq!((spectral_radius(&empty), spectral_norm(&empty)), (p(0.0), p(0.0)));
    assert_eq!(inverse(&empty).unwrap().len(), 0);
    for x in [0.5, -0.5, 1.0_f64.next_down(), 1.0, -1.0, 1.0_f64.next_up(), 1e308, 5e-324, -0.0] {
        let m = DMatrix::from_element(1, 1, x);
        assert_eq!((stable(&m), unstable(&m)), (x.abs() < 1.0, x.abs() > 1.0), "{x}");
        assert_eq!(spectral_radius(&lift(&m)), p(x.abs()));
        let determinant: Interval = determinant(&lift(&m));
        assert!(
            determinant.contains(x)
                && determinant.width() <= x.abs() * 4.0 * f64::EPSILON + f64::from_bits(2)
        );
    }
    let zeros = DMatrix::from_fn(3, 3, |i, j| p(if (i + j) % 2 == 0 { -0.0 } else { 0.0 }));
    assert_eq!((spectral_radius(&zeros), determinant(&zeros)), (p(0.0), p(0.0)));
    assert!(inverse(&zeros).is_err() && matches!(powers(&zeros), Powers::Vanish { .. }));
    // Halves multiply exactly.
    let halves = DMatrix::from_row_slice(2, 2, &[p(0.5), p(-0.5), p(0.5), p(1.5)]);
    assert_eq!(determinant(&halves), p(1.0));
    assert_eq!(inverse(&halves).unwrap()[(0, 0)], p(1.5));
}

/// Every pivot may be zero: elimination must not divide by one and forget it.
#[test]
fn determinants_whose_pivots_may_all_vanish() {
    let around = Interval::new(-1.0, 2.0);
    for n in 1..=4 {
        for pattern in 0..1_u32 << (n * n) {
            if n == 4 && pattern % 97 != 0 {
                continue;
            }
            let known = |i: usize, j: usize| pattern >> (i * n + j) & 1 == 0;
            let m = DMatrix::from_fn(
                n,
                n,
                |i, j| if known(i, j) { Interval::point(0.0) } else { around },
            );
            let enclosure = determinant(&m);
            for member in 0..40_u32 {
                let at = |i: usize, j: usize| {
                    let k =
                        (member * 31 + u32::try_from(i * n + j).unwrap() * 17 + member * member)
                            % 4;
                    if known(i, j) { 0.0 } else { f64::from(k) - 1.0 }
                };
                let exact = determinant(&DMatrix::from_fn(n, n, |i, j| Exact::from_f64(at(i, j))));
                assert!(encloses(enclosure, exact.point().unwrap()), "{m:?} {enclosure:?} {exact}");
            }
        }
    }
}

/// Stability for all matrices whose entries are known up to a radius, and the largest radius: of a
/// matrix without negative entries nothing is lost.
#[test]
fn ranges_of_matrices_are_decided() {
    let around = |m: &DMatrix<f64>, r: f64| m.map(|x| Interval::new(x - r, x + r));
    let decided = |m: &DMatrix<f64>, r: f64| matches!(powers(&around(m, r)), Powers::Vanish { .. });
    let largest = |m: &DMatrix<f64>| {
        let (mut yes, mut no) = (0.0, 1.0);
        for _ in 0..30 {
            let middle = f64::midpoint(yes, no);
            if decided(m, middle) { yes = middle } else { no = middle }
        }
        yes
    };
    for n in [4, 24, 64] {
        // A row sum of 0.9, 0.9 + n r with the radius: stable below r = 0.1 / n and not at it.
        let positive = DMatrix::from_element(n, n, 0.9 / n as f64);
        let limit = 0.1 / n as f64;
        let seen = largest(&positive);
        assert!(seen <= limit && seen > 0.999 * limit, "{n}: {seen} of {limit}");
    }
    // A quarter turn times 0.9: with [[1, -1], [1, 1]] r it is |0.9 i + r + r i|, which must be below 1.
    let rotation = DMatrix::from_row_slice(2, 2, &[0.0, -0.9, 0.9, 0.0]);
    let seen = largest(&rotation);
    let limit = f64::sqrt(0.5 - 0.45 * 0.45) - 0.45;
    assert!(seen <= limit && seen > 0.5 * limit, "{seen} of {limit}");
}
