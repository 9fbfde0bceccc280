//! Polynomials with rational coefficients, and what signs they have on a box.
//!
//! On the unit cube a polynomial lies between its least and its largest Bernstein coefficient (G. T.
//! Cargo, O. Shisha, "The Bernstein form of a polynomial", J. Res. NBS 70B (1966)); on half of the cube the
//! coefficients are averages of neighbours (de Casteljau). A margin that vanishes on an edge of the box has
//! zeros among them, and no negative ones, where interval arithmetic would see both signs.

use crate::scalar::{Term, TermNode, common_multiple};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// Longer polynomials are not written out.
const MOST_MONOMIALS: usize = 3000;

/// More Bernstein coefficients are not computed.
const MOST_COEFFICIENTS: usize = 20_000;

/// Coefficients of powers of the variables.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Polynomial(BTreeMap<Vec<u8>, BigRational>);

impl Polynomial {
    fn constant(x: BigRational, variables: usize) -> Self {
        let mut all = BTreeMap::new();
        if !x.is_zero() {
            all.insert(vec![0; variables], x);
        }
        Polynomial(all)
    }

    /// Variable `k`.
    pub(super) fn variable(k: usize, variables: usize) -> Self {
        let mut powers = vec![0; variables];
        powers[k] = 1;
        Polynomial(BTreeMap::from([(powers, BigRational::one())]))
    }

    /// One minus variable `k`.
    pub(super) fn one_minus(k: usize, variables: usize) -> Self {
        let one = Self::constant(BigRational::one(), variables);
        one.plus(&-BigRational::one(), &Self::variable(k, variables))
    }

    /// Its value, if it has one everywhere.
    pub(super) fn value(&self) -> Option<BigRational> {
        match self.0.iter().next() {
            None => Some(BigRational::zero()),
            Some((powers, x)) if self.0.len() == 1 && powers.iter().all(|p| *p == 0) => {
                Some(x.clone())
            }
            _ => None,
        }
    }

    /// `self + factor * other`.
    pub(super) fn plus(&self, factor: &BigRational, other: &Self) -> Self {
        let mut sum = self.0.clone();
        for (powers, x) in &other.0 {
            *sum.entry(powers.clone()).or_insert_with(BigRational::zero) += factor * x;
        }
        sum.retain(|_, x| !x.is_zero());
        Polynomial(sum)
    }

    fn times(&self, other: &Self) -> Option<Self> {
        let mut product: BTreeMap<Vec<u8>, BigRational> = BTreeMap::new();
        for (p, x) in &self.0 {
            for (q, y) in &other.0 {
                let powers: Option<Vec<u8>> =
                    p.iter().zip(q).map(|(a, b)| a.checked_add(*b)).collect();
                *product.entry(powers?).or_insert_with(BigRational::zero) += x * y;
            }
            if product.len() > MOST_MONOMIALS {
                return None;
            }
        }
        product.retain(|_, x| !x.is_zero());
        Some(Polynomial(product))
    }

    /// The quotient, if `divisor` divides it without remainder.
    pub(super) fn divided_by(&self, divisor: &Self) -> Option<Self> {
        let (leading, unit) = divisor.0.iter().next_back()?;
        let (mut rest, mut quotient) = (self.clone(), BTreeMap::new());
        while let Some((powers, x)) = rest.0.iter().next_back() {
            let powers: Option<Vec<u8>> =
                powers.iter().zip(leading).map(|(a, b)| a.checked_sub(*b)).collect();
            let (powers, factor) = (powers?, x / unit);
            let shifted = divisor.0.iter().map(|(own, y)| {
                let sum: Option<Vec<u8>> =
                    own.iter().zip(&powers).map(|(a, b)| a.checked_add(*b)).collect();
                Some((sum?, y.clone()))
            });
            let shifted: Option<BTreeMap<_, _>> = shifted.collect();
            rest = rest.plus(&-&factor, &Polynomial(shifted?));
            quotient.insert(powers, factor);
        }
        Some(Polynomial(quotient))
    }

    /// The multiple with whole coefficients without a common factor, the leading one positive, and whether
    /// that turned the sign.
    pub(super) fn primitive(&self) -> (Self, bool) {
        let Some((_, leading)) = self.0.iter().next_back() else { return (self.clone(), false) };
        let below = self.0.values().fold(BigInt::one(), |m, x| common_multiple(m, x.denom()));
        let above = self.0.values().fold(BigInt::zero(), |g, x| common_factor(g, x.numer().abs()));
        let turned = leading.is_negative();
        let factor = BigRational::new(if turned { -below } else { below }, above);
        let scaled: BTreeMap<_, _> = self.0.iter().map(|(p, x)| (p.clone(), x * &factor)).collect();
        (Polynomial(scaled), turned)
    }

    /// The largest power of each variable.
    fn degrees(&self, variables: usize) -> Vec<usize> {
        let largest = |k: usize| self.0.keys().map(|p| usize::from(p[k])).max().unwrap_or(0);
        (0..variables).map(largest).collect()
    }

    /// Its Bernstein coefficients on the unit cube; `None` where they are too many.
    pub(super) fn bernstein(&self, variables: usize) -> Option<Tensor<BigRational>> {
        let degrees = self.degrees(variables);
        let sizes: Vec<usize> = degrees.iter().map(|d| d + 1).collect();
        let size = sizes.iter().try_fold(1_usize, |size, n| size.checked_mul(*n));
        let size = size.filter(|size| *size <= MOST_COEFFICIENTS)?;
        let mut all = vec![BigRational::zero(); size];
        for (powers, x) in &self.0 {
            let at = powers.iter().zip(&sizes).fold(0, |at, (p, n)| at * n + usize::from(*p));
            all[at] = x.clone();
        }
        let mut tensor = Tensor { sizes, all };
        for (axis, &d) in degrees.iter().enumerate() {
            // b_i = sum over j <= i of C(i, j) / C(d, j) a_j.
            let weight = |i: usize, j: usize| BigRational::new(choose(i, j), choose(d, j));
            let weights: Vec<Vec<BigRational>> =
                (0..=d).map(|i| (0..=i).map(|j| weight(i, j)).collect()).collect();
            tensor.each_line(axis, |line| {
                let old = line.to_vec();
                if old.iter().all(Zero::is_zero) {
                    return;
                }
                for (b, weights) in line.iter_mut().zip(&weights) {
                    let terms = weights.iter().zip(&old).filter(|(_, x)| !x.is_zero());
                    *b = terms.fold(BigRational::zero(), |sum, (weight, x)| sum + weight * x);
                }
            });
        }
        Some(tensor)
    }
}

fn choose(n: usize, k: usize) -> BigInt {
    (0..k).fold(BigInt::one(), |product, i| product * (n - i) / (i + 1))
}

/// Euclid's.
fn common_factor(mut a: BigInt, mut b: BigInt) -> BigInt {
    while !b.is_zero() {
        (a, b) = (b.clone(), a % b);
    }
    a
}

/// An array with one index a variable, the last one running fastest.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor<T> {
    pub(super) sizes: Vec<usize>,
    pub(super) all: Vec<T>,
}

impl<T: Clone> Tensor<T> {
    fn each_line(&mut self, axis: usize, mut f: impl FnMut(&mut [T])) {
        let n = self.sizes[axis];
        let inner: usize = self.sizes[axis + 1..].iter().product();
        for block in self.all.chunks_mut(n * inner) {
            for start in 0..inner {
                let mut line: Vec<T> = (0..n).map(|k| block[start + k * inner].clone()).collect();
                f(&mut line);
                for (k, x) in line.into_iter().enumerate() {
                    block[start + k * inner] = x;
                }
            }
        }
    }
}

/// Bits of the largest coefficient of a tensor of whole numbers: sums of two still fit.
const BITS: i64 = 60;

impl Tensor<BigRational> {
    /// Lower and upper bounds of a positive multiple, as whole numbers.
    pub(super) fn fixed(&self) -> [Vec<i64>; 2] {
        let largest = self.all.iter().map(Signed::abs).max().unwrap_or_else(BigRational::zero);
        let mut shift = 0_i64;
        if !largest.is_zero() {
            let bits = |x: &BigInt| i64::try_from(x.bits()).unwrap_or(i64::MAX / 4);
            shift = BITS - 1 - (bits(largest.numer()) - bits(largest.denom()));
        }
        let scale = if shift >= 0 {
            BigRational::from(BigInt::one() << shift)
        } else {
            BigRational::new(BigInt::one(), BigInt::one() << -shift)
        };
        let whole = |x: BigRational| x.to_integer().to_i64().expect("scaled to 60 bits");
        let all = || self.all.iter().map(|x| x * &scale);
        [all().map(|x| whole(x.floor())).collect(), all().map(|x| whole(x.ceil())).collect()]
    }
}

/// A quotient of polynomials: a numerator, and the factors of the denominator, primitive, as often as they
/// divide.
#[derive(Clone, Debug)]
pub(super) struct Fraction {
    pub(super) numerator: Polynomial,
    pub(super) denominator: BTreeMap<Polynomial, u32>,
}

/// Writes terms as quotients of polynomials in `x` of the unit cube: variable `k` runs from `ends[k][0]` to
/// `ends[k][1]`.
pub(super) struct Expander<'a> {
    ends: Vec<&'a [BigRational; 2]>,
    known: HashMap<*const TermNode, Option<Rc<Fraction>>>,
    // Kept alive, so that no address is used twice.
    kept: Vec<Term>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(ends: Vec<&'a [BigRational; 2]>) -> Self {
        Expander { ends, known: HashMap::new(), kept: Vec::new() }
    }

    /// `None` where the term is no such quotient, or too long a one.
    pub(super) fn expand(&mut self, term: &Term) -> Option<Rc<Fraction>> {
        let key: *const TermNode = term.node();
        if let Some(done) = self.known.get(&key) {
            return done.clone();
        }
        let done = self.written(term).map(Rc::new);
        self.known.insert(key, done.clone());
        self.kept.push(term.clone());
        done
    }

    fn written(&mut self, term: &Term) -> Option<Fraction> {
        let n = self.ends.len();
        let whole = |numerator| Fraction { numerator, denominator: BTreeMap::new() };
        Some(match term.node() {
            TermNode::Number(x) => whole(Polynomial::constant(x.clone(), n)),
            TermNode::Variable(name) => {
                let k: usize = name.strip_prefix('x')?.parse().ok()?;
                let [lo, hi] = self.ends.get(k)?;
                let start = Polynomial::constant(lo.clone(), n);
                whole(start.plus(&(hi - lo), &Polynomial::variable(k, n)))
            }
            TermNode::Sum(x, y) => {
                let (x, y) = (self.expand(x)?, self.expand(y)?);
                let mut denominator = x.denominator.clone();
                for (factor, times) in &y.denominator {
                    let most = denominator.entry(factor.clone()).or_insert(0);
                    *most = (*most).max(*times);
                }
                let left = x.over(&denominator)?;
                let numerator = left.plus(&BigRational::one(), &y.over(&denominator)?);
                Fraction { numerator, denominator }
            }
            TermNode::Product(x, y) => {
                let (x, y) = (self.expand(x)?, self.expand(y)?);
                let mut denominator = x.denominator.clone();
                for (factor, times) in &y.denominator {
                    *denominator.entry(factor.clone()).or_insert(0) += times;
                }
                Fraction { numerator: x.numerator.times(&y.numerator)?, denominator }
            }
            TermNode::Quotient(x, y) => {
                let (x, y) = (self.expand(x)?, self.expand(y)?);
                let mut numerator = x.numerator.clone();
                for (factor, times) in &y.denominator {
                    for _ in 0..*times {
                        numerator = numerator.times(factor)?;
                    }
                }
                let leading = y.numerator.0.values().next_back()?;
                let (divisor, _) = y.numerator.primitive();
                let unit = leading / divisor.0.values().next_back()?;
                let zero = Polynomial::constant(BigRational::zero(), n);
                numerator = zero.plus(&unit.recip(), &numerator);
                let mut denominator = x.denominator.clone();
                if divisor.value().is_none() {
                    *denominator.entry(divisor).or_insert(0) += 1;
                }
                Fraction { numerator, denominator }
            }
            TermNode::Root(_) | TermNode::Max(..) | TermNode::BelowOneIf(_) | TermNode::Nothing => {
                return None;
            }
        })
    }
}

impl Fraction {
    /// The numerator over a multiple of the denominator.
    fn over(&self, denominator: &BTreeMap<Polynomial, u32>) -> Option<Polynomial> {
        let mut numerator = self.numerator.clone();
        for (factor, times) in denominator {
            for _ in self.denominator.get(factor).copied().unwrap_or(0)..*times {
                numerator = numerator.times(factor)?;
            }
        }
        Some(numerator)
    }
}
