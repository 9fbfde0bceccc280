//! Enclosures against exact integers, which share no code with them.

#![allow(clippy::float_cmp, reason = "0 and 1 do not round")]

use super::*;
use crate::linalg::{determinant, inverse, spectral_norm};
use crate::scalar::stability::{Stability, schur_stability};
use crate::scalar::{Exact, Scalar, decimal, without_rounding};
use crate::search::generator;
use num_bigint::BigInt;
use num_rational::BigRational;
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cmp::Ordering;
use std::collections::BTreeMap;

fn lifted(m: &DMatrix<f64>) -> DMatrix<Interval> {
    m.map(Interval::point)
}

fn rational(m: &DMatrix<f64>) -> DMatrix<BigRational> {
    m.map(|x| BigRational::from_float(x).unwrap())
}

fn random(n: usize, index: u64) -> DMatrix<f64> {
    let rng = &mut generator(17, index);
    DMatrix::from_fn(n, n, |_, _| f64::from(rng.random_range(-8_i32..=8)) / 8.0)
}

/// Against the exact decision, on matrices on both sides of 1.
#[test]
fn powers_decide_as_exact_arithmetic_does() {
    let mut seen = [0, 0, 0];
    for index in 0..400 {
        let n = 2 + (index % 4) as usize;
        let m = random(n, index) * 0.75;
        let exact = schur_stability(&rational(&m));
        match powers(&lifted(&m)) {
            Powers::Vanish { .. } => {
                assert_eq!(exact, Stability::Stable, "{m}");
                seen[0] += 1;
            }
            Powers::Grow { .. } => {
                assert_ne!(exact, Stability::Stable, "{m}");
                seen[1] += 1;
            }
            Powers::Open => seen[2] += 1,
        }
    }
    assert!(seen[0] > 50 && seen[1] > 50 && seen[2] < 10, "{seen:?}");
}

/// Jordan blocks, equal moduli, rotations: what isolating eigenvalues fails on.
#[test]
fn defective_and_equal_eigenvalues_are_no_harder() {
    for n in [2, 3, 7, 11, 24] {
        for (x, stable) in [(0.9, true), (0.999, true), (1.001, false), (-1.1, false)] {
            let jordan = DMatrix::from_fn(n, n, |i, j| match j.wrapping_sub(i) {
                0 => x,
                1 => 1.0,
                _ => 0.0,
            });
            let seen = powers(&lifted(&jordan));
            let right = match seen {
                Powers::Vanish { .. } => stable,
                Powers::Grow { .. } => !stable,
                Powers::Open => false,
            };
            assert!(right, "{n} {x} {seen:?}");
            let radius = spectral_radius(&lifted(&jordan));
            assert!(radius.contains(x.abs()) && radius.width() < 1e-3, "{n} {x} {radius:?}");
        }
        let shift = DMatrix::from_fn(n, n, |i, j| f64::from(u8::from((j + 1) % n == i)));
        assert_eq!(powers(&lifted(&shift)), Powers::Open, "ρ = 1 is neither");
        assert!(spectral_radius(&lifted(&shift)).contains(1.0));
        assert!(matches!(powers(&lifted(&(&shift * 0.99))), Powers::Vanish { .. }));
        // Traces of cyclic matrices vanish; the eigenvalue itself is enclosed.
        let grown = lifted(&(&shift * 1.01));
        let [re, im] = eigenvalue(&grown, Complex64::new(1.01, 1e-9)).unwrap();
        assert!(re.lo() > 1.0 && re.contains(1.01) && im.contains(0.0) && re.width() < 1e-12);
        let nilpotent = DMatrix::from_fn(n, n, |i, j| if j > i { 1e6 } else { 0.0 });
        assert!(matches!(powers(&lifted(&nilpotent)), Powers::Vanish { .. }));
    }
    // One unit in the last place on either side of 1, and exactly 1.
    for x in [1.0_f64.next_down(), 1.0, 1.0_f64.next_up()] {
        let m = DMatrix::from_diagonal_element(3, 3, x);
        let side = match powers(&lifted(&m)) {
            Powers::Vanish { .. } => Ordering::Less,
            Powers::Open => Ordering::Equal,
            Powers::Grow { .. } => Ordering::Greater,
        };
        assert_eq!(side, x.total_cmp(&1.0));
        assert_eq!(spectral_radius(&lifted(&m)), Interval::point(x));
    }
    // Entries far from 1, whose powers leave the doubles.
    let far = DMatrix::from_row_slice(2, 2, &[0.0, 1e300, 1e-301, 0.0]);
    assert!(matches!(powers(&lifted(&far)), Powers::Vanish { .. }));
    let far = DMatrix::from_row_slice(2, 2, &[0.0, 1e300, 1e-299, 0.0]);
    assert!(matches!(powers(&lifted(&far)), Powers::Grow { .. }));
    let empty = DMatrix::<Interval>::from_element(2, 2, Interval::WHOLE);
    assert_eq!(powers(&empty), Powers::Open);
    assert!(spectral_radius(&empty).hi() == f64::INFINITY);
}

#[test]
fn spectral_radii_are_enclosed_closely() {
    for index in 0..100 {
        let m = random(2 + (index % 5) as usize, 1000 + index);
        let radius = spectral_radius(&lifted(&m));
        let seen = crate::dynamics::spectrum_of(&m).unwrap().radius();
        assert!(
            radius.contains(seen) || (radius.middle() - seen).abs() < 1e-9,
            "{radius:?} {seen}"
        );
        // Equally large eigenvalues of opposite sign have traces that vanish at odd powers only.
        // and a nearly defective pair costs some digits.
        assert!(radius.width() < 2e-3 * radius.hi().max(1e-3), "{radius:?} {m}");
    }
}

#[test]
fn simple_eigenvalues_are_enclosed_closely() {
    let mut found = 0;
    for index in 0..60 {
        let n = 2 + (index % 7) as usize;
        let m = random(n, 4000 + index);
        for z in crate::dynamics::spectrum_of(&m).unwrap().eigenvalues {
            let Some([re, im]) = eigenvalue(&lifted(&m), z) else { continue };
            found += 1;
            assert!((re.middle() - z.re).abs() + (im.middle() - z.im).abs() < 1e-6, "{z}");
            assert!(re.width() < 1e-9 && im.width() < 1e-9, "{re:?} {im:?}");
            // The characteristic polynomial changes sign across a real one.
            if im.contains(0.0) {
                let at = |x: f64| {
                    let shifted = m.map(Exact::from_f64)
                        - DMatrix::<Exact>::identity(n, n) * Exact::from_f64(x);
                    crate::linalg::determinant(&shifted)
                };
                assert!((at(re.lo()) * at(re.hi())).is_below_zero(), "{re:?}");
            }
        }
    }
    assert!(found > 250, "{found}");
    // A double one is not isolated: neither is claimed to be alone.
    let jordan = DMatrix::from_row_slice(2, 2, &[0.5, 1.0, 0.0, 0.5]);
    assert_eq!(eigenvalue(&lifted(&jordan), Complex64::new(0.5, 0.0)), None);
    // Nor if only one matrix in the enclosure has it: [[1/2, 1], [0, 1/2]], among c below the diagonal
    // with eigenvalues 1/2 ± sqrt c.
    for scale in [1e-12, 1e-9, 1e-6, 1e-3, 0.1] {
        for (lo, hi) in [(0.0, 1.0), (-0.1, 1.0), (-1.0, 1.5), (-3.0, 4.0)] {
            let mut around = lifted(&jordan);
            around[(1, 0)] = Interval::new(lo * scale, hi * scale);
            let guess = 0.5 + (around[(1, 0)].middle()).sqrt();
            assert_eq!(eigenvalue(&around, Complex64::new(guess, 0.0)), None, "{scale} {lo}");
        }
    }
}

#[test]
fn eigenvalues_of_symmetric_matrices_are_enclosed_closely() {
    for index in 0..60 {
        let n = 1 + (index % 6) as usize;
        let m = random(n, 2000 + index);
        let symmetric = &m + m.transpose();
        let (least, most) = extreme_eigenvalues(&lifted(&symmetric));
        let exact = Exact::extreme_eigenvalues(&symmetric.map(Exact::from_f64));
        for (x, exact) in [(least, exact.0), (most, exact.1)] {
            assert!(x.lo() <= exact.upper() && exact.lower() <= x.hi(), "{x:?} {exact}");
            assert!(x.width() < 1e-12, "{x:?}");
        }
    }
    // Ranges: the least eigenvalue of [[1, x], [x, 1]] bordered by 5, x in [0, 1/2], is 1 - x.
    let x = Interval::new(0.0, 0.5);
    let p = Interval::point;
    let m = DMatrix::from_row_slice(
        3,
        3,
        &[p(1.0), x, p(0.0), x, p(1.0), p(0.0), p(0.0), p(0.0), p(5.0)],
    );
    let (least, most) = extreme_eigenvalues(&m);
    assert!(least.lo() <= 0.5 && least.hi() >= 1.0 && least.lo() >= 0.2, "{least:?}");
    assert!(most.contains(5.0));
    assert_eq!(spectral_norm(&lifted(&DMatrix::from_row_slice(1, 2, &[3.0, 4.0]))), p(5.0));
}

#[test]
fn solutions_are_enclosed_closely() {
    for index in 0..60 {
        let n = 3 + (index % 6) as usize;
        let m = random(n, 3000 + index) + DMatrix::identity(n, n) * 2.5;
        let exact = inverse(&m.map(Exact::from_f64)).unwrap();
        let found = solve(&lifted(&m), &DMatrix::identity(n, n)).expect("well conditioned");
        for (x, exact) in found.iter().zip(&exact) {
            assert!(exact.lower() >= x.lo() && exact.upper() <= x.hi());
            assert!(x.width() < 1e-12, "{x:?}");
        }
    }
    // Singular, and singular up to one unit in the last place.
    let singular = DMatrix::from_row_slice(3, 3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
    assert!(inverse(&lifted(&singular)).is_err());
    let mut near = DMatrix::from_element(3, 3, 1.0);
    near[(1, 1)] = 1.0_f64.next_up();
    near[(2, 2)] = 1.0_f64.next_up();
    // Either refused, or enclosed: its inverse has entries of size 2^52.
    if let Ok(found) = inverse(&lifted(&near)) {
        let exact = inverse(&near.map(Exact::from_f64)).unwrap();
        let inside = |(x, e): (&Interval, &Exact)| e.lower() >= x.lo() && e.upper() <= x.hi();
        assert!(found.iter().zip(&exact).all(inside));
    }
    // Hilbert's matrix of eight rows, condition number 1e10, as the decimals nearest to it.
    let hilbert = |i: usize, j: usize| decimal(&format!("1/{}", i + j + 1)).unwrap();
    let wide = DMatrix::from_fn(8, 8, |i, j| Interval::from_rational(&hilbert(i, j)));
    let exact = inverse(&DMatrix::from_fn(8, 8, |i, j| Exact::from(hilbert(i, j)))).unwrap();
    let found = inverse(&wide).expect("condition 1e10");
    assert!(found.iter().zip(&exact).all(|(x, e)| x.lo() <= e.lower() && e.upper() <= x.hi()));
}

/// A ball product contains the product of every pair in it.
#[test]
fn products_contain_the_exact_ones() {
    for index in 0..200 {
        let rng = &mut generator(23, index);
        let scale = 2f64.powi(rng.random_range(-500..400));
        let a = DMatrix::from_fn(5, 5, |_, _| rng.random_range(-1.0..1.0) * scale);
        let b = DMatrix::from_fn(5, 5, |_, _| rng.random_range(-1.0..1.0_f64) / 3.0);
        let Some(product) = Ball::point(a.clone()).unwrap().times(&Ball::point(b.clone()).unwrap())
        else {
            continue;
        };
        let exact = a.map(Exact::from_f64) * b.map(Exact::from_f64);
        for i in 0..5 {
            for j in 0..5 {
                let (x, e) = (product.entry(i, j), &exact[(i, j)]);
                assert!(x.lo() <= e.lower() && e.upper() <= x.hi(), "{x:?} {e}");
            }
        }
    }
}

/// A whole number times a power of two.
fn dyadic(numerator: i128, exponent: i32) -> f64 {
    let x = numerator as f64 * 2f64.powi(exponent);
    assert!(encloses(Interval::point(x), numerator, 1, exponent), "no double");
    x
}

/// `x` against `numerator / denominator` times a power of two, `denominator > 0`.
fn compared(x: f64, numerator: i128, denominator: i128, exponent: i32) -> Ordering {
    if x.is_infinite() {
        return x.total_cmp(&0.0);
    }
    let (mantissa, own, sign) = num_traits::Float::integer_decode(x);
    let mut left = BigInt::from(mantissa) * sign * denominator;
    let mut right = BigInt::from(numerator);
    match i32::from(own) - exponent {
        shift @ 0.. => left <<= shift,
        shift => right <<= -shift,
    }
    left.cmp(&right)
}

fn encloses(x: Interval, numerator: i128, denominator: i128, exponent: i32) -> bool {
    compared(x.lo(), numerator, denominator, exponent).is_le()
        && compared(x.hi(), numerator, denominator, exponent).is_ge()
}

/// Bareiss: every division is exact.
fn exact_determinant(mut m: DMatrix<i128>) -> i128 {
    let (n, mut last, mut sign) = (m.nrows(), 1, 1);
    for k in 0..n {
        let Some(pivot) = (k..n).find(|&i| m[(i, k)] != 0) else { return 0 };
        if pivot != k {
            m.swap_rows(pivot, k);
            sign = -sign;
        }
        for i in k + 1..n {
            for j in k + 1..n {
                m[(i, j)] = (m[(i, j)] * m[(k, k)] - m[(i, k)] * m[(k, j)]) / last;
            }
        }
        last = m[(k, k)];
    }
    sign * last
}

/// An enclosure and a matrix of whole numbers in it, to be multiplied by a power of two.
struct Drawn {
    enclosure: DMatrix<Interval>,
    member: DMatrix<i128>,
    exponent: i32,
}

impl Drawn {
    fn new(
        rng: &mut Xoshiro256PlusPlus,
        (rows, columns): (usize, usize),
        size: i128,
        reach: i128,
        exponent: i32,
    ) -> Self {
        let mut member = DMatrix::zeros(rows, columns);
        let enclosure = DMatrix::from_fn(rows, columns, |i, j| {
            let middle = if rng.random_bool(0.1) { 0 } else { rng.random_range(-size..=size) };
            let reach = if rng.random_bool(0.5) { 0 } else { rng.random_range(0..=reach) };
            member[(i, j)] = middle + rng.random_range(-reach..=reach);
            Interval::new(dyadic(middle - reach, exponent), dyadic(middle + reach, exponent))
        });
        Self { enclosure, member, exponent }
    }

    /// Around exactly known entries.
    fn around(rng: &mut Xoshiro256PlusPlus, member: DMatrix<i128>, exponent: i32) -> Self {
        let reach = if rng.random_bool(0.5) { 0.0 } else { 2f64.powi(exponent - 20) };
        let enclosure = member.map(|x| {
            let x = dyadic(x, exponent);
            Interval::new(x - reach, x + reach)
        });
        Self { enclosure, member, exponent }
    }
}

/// A matrix of whole numbers that is similar to a block triangular one, and the square of its spectral
/// radius. Equal eigenvalues, mostly in Jordan blocks, and pairs of complex ones are common.
fn with_known_radius(rng: &mut Xoshiro256PlusPlus) -> (DMatrix<i128>, i128) {
    let n = rng.random_range(1..=6);
    let mut m = DMatrix::from_fn(n, n, |i, j| if i < j { rng.random_range(-1..=1) } else { 0 });
    let (mut square, mut i) = (0, 0);
    while i < n {
        let [a, b]: [i128; 2] = [rng.random_range(-8..=8), rng.random_range(-4..=4)];
        m[(i, i)] = a;
        let pair = i + 1 < n && rng.random_bool(0.4);
        if pair {
            (m[(i, i + 1)], m[(i + 1, i)], m[(i + 1, i + 1)]) = (-b, b, a);
        }
        square = square.max(a * a + if pair { b * b } else { 0 });
        i += if pair { 2 } else { 1 };
    }
    for _ in 0..rng.random_range(0..=n) {
        let (i, j) = (rng.random_range(0..n), rng.random_range(0..n));
        if i != j {
            let c = rng.random_range(-1..=1);
            for k in 0..n {
                let other = m[(j, k)];
                m[(i, k)] += c * other;
            }
            for k in 0..n {
                let other = m[(k, i)];
                m[(k, j)] -= c * other;
            }
        }
    }
    (m, square)
}

/// `2^{p-1} (I - 2vvᵀ/vᵀv)` for a `v` of whole numbers with `vᵀv = 2^p`: a multiple of a reflection.
fn reflection(rng: &mut Xoshiro256PlusPlus, n: usize) -> (DMatrix<i128>, i32) {
    let shapes: [(&[i128], i32); 4] =
        [(&[1, 1], 1), (&[1, 1, 1, 1], 2), (&[1, 1, 1, 1, 2], 3), (&[1, 1, 1, 2, 3], 4)];
    let fitting: Vec<_> = shapes.iter().filter(|(v, _)| v.len() <= n).collect();
    let (shape, power) = fitting[rng.random_range(0..fitting.len())];
    let mut v = shape.to_vec();
    v.resize(n, 0);
    v.shuffle(rng);
    for x in &mut v {
        *x *= if rng.random_bool(0.5) { 1 } else { -1 };
    }
    let m = DMatrix::from_fn(n, n, |i, j| i128::from(i == j) * (1 << (power - 1)) - v[i] * v[j]);
    (m, power - 1)
}

/// By routine: how many entries were compared with exact ones, and how many enclosures missed.
type Tally = BTreeMap<&'static str, [u64; 2]>;

fn note(tally: &mut Tally, routine: &'static str, good: bool) {
    let counts = tally.entry(routine).or_default();
    counts[0] += 1;
    counts[1] += u64::from(!good);
}

fn products(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let mut size = || rng.random_range(1..=8);
    let [rows, inner, columns] = [size(), size(), size()];
    let wide = 1 << rng.random_range(0..30);
    let mut draw = |shape| {
        let exponent = rng.random_range(-450..=400);
        Drawn::new(rng, shape, (1 << 53) - wide, wide, exponent)
    };
    let (a, b) = (draw((rows, inner)), draw((inner, columns)));
    let exact = &a.member * &b.member;
    let exponent = a.exponent + b.exponent;
    let plain = &a.enclosure * &b.enclosure;
    let ball = Ball::of(&a.enclosure).unwrap().times(&Ball::of(&b.enclosure).unwrap());
    for i in 0..rows {
        for j in 0..columns {
            let holds = |x| encloses(x, exact[(i, j)], 1, exponent);
            note(tally, "product of intervals", holds(plain[(i, j)]));
            // A product beyond the doubles is refused.
            if let Some(ball) = &ball {
                note(tally, "product of balls", holds(ball.entry(i, j)));
            }
        }
    }
}

fn solutions(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let n = rng.random_range(1..=5);
    let reach = rng.random_range(0..=1);
    let [e, f] = [rng.random_range(-300..=300), rng.random_range(-300..=300)];
    let mut a = Drawn::new(rng, (n, n), 1 << 10, reach, e);
    let b = Drawn::new(rng, (n, 2), 1 << 16, 9, f);
    if n > 1 && rng.random_bool(0.1) {
        for j in 0..n {
            a.member[(n - 1, j)] = a.member[(0, j)];
            a.enclosure[(n - 1, j)] = a.enclosure[(0, j)];
        }
    }
    let whole = exact_determinant(a.member.clone());
    let size = i32::try_from(n).unwrap();
    note(tally, "determinant", encloses(determinant(&a.enclosure), whole, 1, size * e));
    let Ok(x) = crate::linalg::solve(&a.enclosure, &b.enclosure) else {
        return;
    };
    let inverse = inverse(&a.enclosure).expect("the same elimination");
    for i in 0..n {
        // Cramer's rule.
        let replaced = |column: DVector<i128>| {
            let mut m = a.member.clone();
            m.set_column(i, &column);
            exact_determinant(m) * whole.signum()
        };
        let holds = |x: Interval, column, exponent| {
            whole != 0 && encloses(x, replaced(column), whole.abs(), exponent)
        };
        for j in 0..2 {
            let good = holds(x[(i, j)], b.member.column(j).into_owned(), f - e);
            note(tally, "solution", good);
        }
        for j in 0..n {
            let unit = DVector::from_fn(n, |k, _| i128::from(k == j));
            note(tally, "inverse", holds(inverse[(i, j)], unit, -e));
        }
    }
}

/// The same enclosures as ranges of rationals, for the routines that confirm certificates.
fn ranges(m: &DMatrix<Interval>) -> DMatrix<Exact> {
    let end = |x| BigRational::from_float(x).unwrap();
    m.map(|x| Exact::range(end(x.lo()), end(x.hi())))
}

fn ranges_of_rationals(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let n = rng.random_range(3..=5);
    let a = Drawn::new(rng, (n, n), 1 << 10, 1, 0);
    let whole = exact_determinant(a.member.clone());
    let found = inverse(&ranges(&a.enclosure));
    for (at, x) in found.iter().flat_map(|x| x.iter().enumerate()) {
        let minor = cofactor(&a.member, at / n, at % n);
        let good = whole != 0 && x.contains(&BigRational::new(minor.into(), whole.into()));
        note(tally, "inverse of ranges", good);
    }
    let (m, square) = with_known_radius(rng);
    let a = Drawn::around(rng, m, -3);
    let radius = crate::linalg::enclosed::spectral_radius(&ranges(&a.enclosure));
    let (lo, hi) = radius.ends().expect("bounded");
    let square = BigRational::new(square.into(), 64.into());
    note(tally, "spectral radius of ranges", lo * lo <= square && square <= hi * hi);
}

/// Of the entry `(i, j)`, with its sign.
fn cofactor(m: &DMatrix<i128>, i: usize, j: usize) -> i128 {
    let sign = if (i + j).is_multiple_of(2) { 1 } else { -1 };
    sign * exact_determinant(m.clone().remove_row(i).remove_column(j))
}

fn radii(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let (m, square) = with_known_radius(rng);
    let a = Drawn::around(rng, m, -3);
    let square = BigRational::new(square.into(), 64.into());
    let radius = spectral_radius(&a.enclosure);
    let power = |x: f64| BigRational::from_float(x).map(|x| &x * &x);
    let above = power(radius.hi()).is_none_or(|x| square <= x);
    note(tally, "spectral radius", power(radius.lo()).unwrap() <= square && above);
    let one = BigRational::one();
    let good = match powers(&a.enclosure) {
        Powers::Vanish { .. } => square < one,
        Powers::Grow { .. } => square > one,
        Powers::Open => true,
    };
    note(tally, "powers", good);
}

fn symmetric_eigenvalues(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let n = rng.random_range(2..=6);
    let values: Vec<i128> = (0..n).map(|_| rng.random_range(-99..=99)).collect();
    let diagonal = DMatrix::from_diagonal(&DVector::from_vec(values.clone()));
    let ((p, up), (q, down)) = (reflection(rng, n), reflection(rng, n));
    let scale = rng.random_range(-200..=200);
    let turned = &p * &q * &diagonal * &q * &p;
    let symmetric = Drawn::around(rng, turned, scale);
    let (least, most) = extreme_eigenvalues(&symmetric.enclosure);
    let holds = |x, exact: Option<i128>| encloses(x, exact.unwrap() << (2 * (up + down)), 1, scale);
    note(tally, "least eigenvalue", holds(least, values.iter().copied().min()));
    note(tally, "greatest eigenvalue", holds(most, values.iter().copied().max()));
    let a = Drawn::around(rng, &p * &diagonal * &q, scale);
    let exact = values.iter().map(|x| x.abs()).max().unwrap() << (up + down);
    note(tally, "spectral norm", encloses(spectral_norm(&a.enclosure), exact, 1, scale));
}

fn simple_eigenvalues(rng: &mut Xoshiro256PlusPlus, tally: &mut Tally) {
    let n = rng.random_range(2..=5);
    let values: Vec<i128> = (0..n).map(|_| rng.random_range(-99..=99)).collect();
    let ((p, up), (q, down)) = (reflection(rng, n), reflection(rng, n));
    // Not symmetric: reflections from both sides of a triangular matrix.
    let triangular = DMatrix::from_fn(n, n, |i, j| match i.cmp(&j) {
        Ordering::Less => rng.random_range(-9..=9),
        Ordering::Equal => values[i],
        Ordering::Greater => 0,
    });
    let a = Drawn::around(rng, &p * &q * triangular * &q * &p, 0);
    for value in &values {
        let exact = value << (2 * (up + down));
        let guess = Complex64::new(dyadic(exact, 0) + 1e-9, 0.0);
        if let Some([re, im]) = eigenvalue(&a.enclosure, guess) {
            let good = values.iter().any(|v| encloses(re, v << (2 * (up + down)), 1, 0));
            note(tally, "eigenvalue", good && im.contains(0.0));
        }
    }
}

/// All routines, until so many entries have been compared.
fn tally(count: u64, seed: u64) -> Tally {
    let mut tally = Tally::new();
    let rng = &mut generator(seed, 0);
    while tally.values().map(|counts| counts[0]).sum::<u64>() < count {
        products(rng, &mut tally);
        for routine in [solutions, radii, symmetric_eigenvalues, simple_eigenvalues] {
            routine(rng, &mut tally);
        }
    }
    tally
}

/// `BACKFIRE_LONG=1` compares ten million entries.
#[test]
fn every_routine_encloses_the_exact_result() {
    let long = std::env::var_os("BACKFIRE_LONG").is_some();
    let seen = tally(if long { 10_000_000 } else { 100_000 }, 31);
    assert!(seen.values().all(|counts| counts[1] == 0 && counts[0] > 500), "{seen:?}");
    assert_eq!(seen.len(), 11);
}

#[test]
fn routines_on_ranges_of_rationals_enclose_the_exact_result() {
    let mut seen = Tally::new();
    for index in 0..12 {
        ranges_of_rationals(&mut generator(33, index), &mut seen);
    }
    assert!(seen.values().all(|counts| counts[1] == 0 && counts[0] > 10), "{seen:?}");
    assert_eq!(seen.len(), 2);
}

/// The same comparisons where nothing accounts for rounding must fail, or they would show nothing.
#[test]
fn every_routine_misses_without_rounding() {
    let seen = without_rounding(|| tally(20_000, 32));
    // Decisions survive where norms are not close to 1.
    let robust = ["powers"];
    for (routine, [_, missed]) in seen {
        assert!(missed > 0 || robust.contains(&routine), "{routine}");
    }
}

/// However poor the approximate eigenvectors are.
#[test]
fn least_eigenvalues_do_not_rely_on_eigenvectors() {
    let mut found = 0;
    for index in 0..200 {
        let rng = &mut generator(43, index);
        let values: Vec<i128> = (0..4).map(|_| rng.random_range(-99..=99)).collect();
        let (p, up) = reflection(rng, 4);
        let turned = &p * DMatrix::from_diagonal(&DVector::from_vec(values.clone())) * &p;
        let reach: f64 = rng.random_range(-0.2..0.2);
        let guess = p.map(|x| dyadic(x, -up)).map(|x| x * (1.0 + reach));
        let guess = guess.map(|x| x + 1e-4 * rng.random_range(-1.0..1.0));
        let a = turned.map(|x| Interval::point(dyadic(x, -2 * up)));
        if let Some(least) = least_eigenvalue_along(&a, guess) {
            let exact = values.iter().copied().min().unwrap();
            // Bounds that cross are taken for none.
            assert!(encloses(least, exact, 1, 0) && least.size().is_finite(), "{least:?} {exact}");
            found += 1;
        }
    }
    assert!(found > 50, "{found}");
}

/// Products whose bounds underflow before they are multiplied by something large, and products that
/// underflow themselves.
#[test]
fn products_of_huge_and_tiny_numbers_are_enclosed() {
    for index in (0..120_i32).step_by(6) {
        let rng = &mut generator(37, u64::from(index.unsigned_abs()));
        let mut draw = |exponent: i32| {
            let unit = 2f64.powi(exponent / 2);
            DMatrix::from_fn(6, 6, |_, _| {
                rng.random_range(-1.0..1.0) * unit * 2f64.powi(exponent - exponent / 2)
            })
        };
        let cases = [(1000, -1060 + 2 * index), (-500, -560 + index), (-1040, 900), (-700, -700)];
        for (e, f) in cases {
            let (a, b) = (draw(e), draw(f));
            for (a, b) in [(&a, &b), (&b, &a)] {
                let [left, right] = [a, b].map(|m| Ball::point(m.clone()).unwrap());
                let product = left.times(&right).expect("no overflow").entries();
                let exact = rational(a) * rational(b);
                for (x, e) in product.iter().zip(&exact) {
                    let [lo, hi] = [x.lo(), x.hi()].map(|x| BigRational::from_float(x).unwrap());
                    assert!(lo <= *e && *e <= hi, "{x:?} {e}");
                }
            }
        }
    }
}

/// Powers of two multiply exactly, but for what underflows.
#[test]
fn shifted_entries_are_enclosed() {
    let power = |k: i32| BigRational::from_integer(2.into()).pow(k);
    for index in 0..100 {
        let rng = &mut generator(41, index);
        let mut number = || rng.random_range(-1.0..1.0) * 2f64.powi(rng.random_range(-1000..100));
        let mid = DMatrix::from_fn(4, 4, |_, _| number());
        let rad = DMatrix::from_fn(4, 4, |i, _| if i < 2 { 0.0 } else { number().abs() });
        let exponents = DMatrix::from_fn(4, 4, |_, _| rng.random_range(-1500..800));
        let mut ball = Ball { mid: mid.clone(), rad: rad.clone(), exponent: 0 };
        ball.shifted(|i, j| exponents[(i, j)]);
        let balanced = ball.clone().balanced();
        for at in 0..16 {
            let (x, r, scale) = (mid[at], rad[at], power(exponents[at]));
            let [x, r] = [x, r].map(|x| BigRational::from_float(x).unwrap() * &scale);
            for (ball, unit) in
                [(&ball, power(0)), (&balanced, power(i32::try_from(balanced.exponent).unwrap()))]
            {
                let [mid, rad] =
                    [&ball.mid, &ball.rad].map(|m| BigRational::from_float(m[at]).unwrap() * &unit);
                assert!(&mid - &rad <= &x - &r && &x + &r <= mid + rad, "{at} {x} {r}");
            }
        }
    }
}
