//! Between what numbers lie for certain, and assumptions that can therefore never be met.
//!
//! Intervals have rational ends, so sums, products and powers of known ranges are exact; square roots
//! are rounded outward. What is not known has no end. An assumption is refused if its two sides never
//! stand as it says, and two assumptions if they bound one expression from contradicting sides:
//! expressions are compared as sums of multiples of what is not a sum, so `2 * x < 4` and `3 <= x`
//! contradict each other.

use super::meaning::Vocabulary;
use super::syntax::{Expr, Infix, Kind, Prefix};
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// From at least `lo` to at most `hi`; an end that is not known is missing.
#[derive(Clone, Debug, PartialEq)]
struct Interval {
    lo: Option<BigRational>,
    hi: Option<BigRational>,
}

impl Interval {
    const ANY: Interval = Interval { lo: None, hi: None };

    fn point(x: BigRational) -> Self {
        Interval { lo: Some(x.clone()), hi: Some(x) }
    }

    fn between(lo: f64, hi: f64) -> Self {
        // Not a number for infinite ends, which are no bounds.
        Interval { lo: BigRational::from_float(lo), hi: BigRational::from_float(hi) }
    }

    fn not_negative() -> Self {
        Interval { lo: Some(BigRational::zero()), hi: None }
    }

    fn plus(&self, other: &Self) -> Self {
        let sum =
            |a: &Option<BigRational>, b: &Option<BigRational>| Some(a.as_ref()? + b.as_ref()?);
        Interval { lo: sum(&self.lo, &other.lo), hi: sum(&self.hi, &other.hi) }
    }

    fn negated(&self) -> Self {
        let minus = |x: &Option<BigRational>| x.as_ref().map(|x| -x);
        Interval { lo: minus(&self.hi), hi: minus(&self.lo) }
    }

    fn scaled(&self, by: &BigRational) -> Self {
        if by.is_zero() {
            return Interval::point(BigRational::zero());
        }
        let times = |x: &Option<BigRational>| x.as_ref().map(|x| x * by);
        let (a, b) = (times(&self.lo), times(&self.hi));
        if by.is_positive() { Interval { lo: a, hi: b } } else { Interval { lo: b, hi: a } }
    }

    fn times(&self, other: &Self) -> Self {
        // A missing end is infinite; what is zero stays zero.
        let zero = Interval::point(BigRational::zero());
        if *self == zero || *other == zero {
            return zero;
        }
        let sign_known = |x: &Interval| {
            let up = x.lo.as_ref().is_some_and(|lo| !lo.is_negative());
            let down = x.hi.as_ref().is_some_and(|hi| !hi.is_positive());
            if up { Some(true) } else { down.then_some(false) }
        };
        if let (Some(lo), Some(hi), Some(low), Some(high)) =
            (&self.lo, &self.hi, &other.lo, &other.hi)
        {
            let ends = [lo * low, lo * high, hi * low, hi * high];
            return Interval { lo: ends.iter().min().cloned(), hi: ends.iter().max().cloned() };
        }
        match (sign_known(self), sign_known(other)) {
            (Some(true), Some(true)) => {
                let lo = self.lo.as_ref().zip(other.lo.as_ref()).map(|(a, b)| a * b);
                Interval { lo, hi: None }
            }
            (Some(false), _) => self.negated().times(other).negated(),
            (_, Some(false)) => self.times(&other.negated()).negated(),
            _ => Interval::ANY,
        }
    }

    /// One over it; nothing is known where it may be zero.
    fn inverse(&self) -> Self {
        let over = |x: &BigRational| BigRational::one() / x;
        match (&self.lo, &self.hi) {
            (Some(lo), hi) if lo.is_positive() => Interval {
                lo: Some(hi.as_ref().map_or_else(BigRational::zero, over)),
                hi: Some(over(lo)),
            },
            (_, Some(hi)) if hi.is_negative() => self.negated().inverse().negated(),
            _ => Interval::ANY,
        }
    }

    fn abs(&self) -> Self {
        let size = |x: &Option<BigRational>| x.as_ref().map(Signed::abs);
        let hi = size(&self.lo).zip(size(&self.hi)).map(|(a, b)| a.max(b));
        let lo = match (&self.lo, &self.hi) {
            (Some(lo), _) if lo.is_positive() => lo.clone(),
            (_, Some(hi)) if hi.is_negative() => -hi,
            _ => BigRational::zero(),
        };
        Interval { lo: Some(lo), hi }
    }

    /// Of `max(x, 0)`, as the language has it.
    fn sqrt(&self) -> Self {
        let root = |x: &BigRational| x.to_f64().map_or(f64::NAN, |x| x.max(0.0).sqrt());
        let lo = self.lo.as_ref().filter(|x| x.is_positive());
        let down = lo.map_or(0.0, |x| root(x).next_down().next_down().max(0.0));
        let up = self
            .hi
            .as_ref()
            .map_or(f64::NAN, |x| if x.is_positive() { root(x).next_up().next_up() } else { 0.0 });
        Interval::between(down, up)
    }

    fn power(&self, n: u32) -> Self {
        // Odd powers grow everywhere, even ones where nothing is negative.
        let base = if n.is_multiple_of(2) { self.abs() } else { self.clone() };
        let raised = |x: Option<BigRational>| {
            x.map(|x| (0..n).fold(BigRational::one(), |product, _| product * &x))
        };
        if n == 0 {
            return Interval::point(BigRational::one());
        }
        Interval { lo: raised(base.lo), hi: raised(base.hi) }
    }

    /// The least or the greatest of two.
    fn extreme(&self, other: &Self, least: bool) -> Self {
        if !least {
            return self.negated().extreme(&other.negated(), true).negated();
        }
        let hi = match (&self.hi, &other.hi) {
            (Some(a), Some(b)) => Some(a.min(b).clone()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let lo = self.lo.as_ref().zip(other.lo.as_ref()).map(|(a, b)| a.min(b).clone());
        Interval { lo, hi }
    }
}

/// Between what the number `e` lies, or every entry of the vector or matrix `e`.
fn interval(e: &Expr, words: &dyn Vocabulary) -> Interval {
    let of = |e: &Expr| interval(e, words);
    let is_number =
        |e: &Expr| super::meaning::type_of(e, words) == Ok(super::meaning::Type::Number);
    match &e.kind {
        Kind::Number(x) => Interval::point(x.clone()),
        Kind::Name(name) => {
            words.range(name).map_or(Interval::ANY, |slot| Interval::between(slot.lo, slot.hi))
        }
        Kind::Entry { of: whole, .. } => of(whole),
        Kind::Prefix(Prefix::Minus, x) => of(x).negated(),
        Kind::Infix(Infix::Plus, l, r) => of(l).plus(&of(r)),
        Kind::Infix(Infix::Minus, l, r) => of(l).plus(&of(r).negated()),
        // A product of matrices is a sum of products.
        Kind::Infix(Infix::Times, l, r) if is_number(l) || is_number(r) => of(l).times(&of(r)),
        Kind::Infix(Infix::Over, l, r) => of(l).times(&of(r).inverse()),
        Kind::Infix(Infix::Power, x, n) if is_number(x) => match &n.kind {
            Kind::Number(n) => n
                .to_integer()
                .to_u32()
                .filter(|n| *n <= 64)
                .map_or(Interval::ANY, |n| of(x).power(n)),
            _ => Interval::ANY,
        },
        Kind::Call { function, arguments } => match (function.as_str(), arguments.as_slice()) {
            ("abs", [x]) => of(x).abs(),
            ("sqrt", [x]) => of(x).sqrt(),
            ("rho" | "norm", _) => Interval::not_negative(),
            ("cos", _) => Interval::between(-1.0, 1.0),
            ("sin_omega", _) => Interval::between(0.0, 1.0),
            ("least" | "greatest" | "transpose", [x]) => of(x),
            ("min" | "max", [first, rest @ ..]) => {
                rest.iter().fold(of(first), |sum, x| sum.extreme(&of(x), function == "min"))
            }
            _ => words.range_of(function).map_or(Interval::ANY, |s| Interval::between(s.lo, s.hi)),
        },
        _ => Interval::ANY,
    }
}

/// A number as a sum of multiples of expressions that are no sums, and a constant.
#[derive(Clone, Debug, Default)]
struct Sum {
    /// Coefficient and interval, by the expression's text.
    terms: BTreeMap<String, (BigRational, Interval)>,
    constant: BigRational,
}

impl Sum {
    fn of(e: &Expr, words: &dyn Vocabulary) -> Self {
        match &e.kind {
            Kind::Number(x) => Sum { constant: x.clone(), ..Sum::default() },
            Kind::Prefix(Prefix::Minus, x) => Sum::of(x, words).scaled(&-BigRational::one()),
            Kind::Infix(Infix::Plus, l, r) => Sum::of(l, words).plus(Sum::of(r, words)),
            Kind::Infix(Infix::Minus, l, r) => {
                Sum::of(l, words).plus(Sum::of(r, words).scaled(&-BigRational::one()))
            }
            Kind::Infix(op @ (Infix::Times | Infix::Over), l, r) => {
                let (a, b) = (Sum::of(l, words), Sum::of(r, words));
                match (op, a.is_constant(), b.is_constant()) {
                    (Infix::Times, true, _) => b.scaled(&a.constant),
                    (Infix::Times, _, true) => a.scaled(&b.constant),
                    (Infix::Over, _, true) if !b.constant.is_zero() => {
                        a.scaled(&(BigRational::one() / b.constant))
                    }
                    _ => Sum::atom(e, words),
                }
            }
            _ => Sum::atom(e, words),
        }
    }

    fn atom(e: &Expr, words: &dyn Vocabulary) -> Self {
        let range = interval(e, words);
        if let (Some(lo), Some(hi)) = (&range.lo, &range.hi)
            && lo == hi
        {
            return Sum { constant: lo.clone(), ..Sum::default() };
        }
        let terms = BTreeMap::from([(written(e), (BigRational::one(), range))]);
        Sum { terms, constant: BigRational::zero() }
    }

    fn is_constant(&self) -> bool {
        self.terms.is_empty()
    }

    fn scaled(mut self, by: &BigRational) -> Self {
        self.constant *= by;
        if by.is_zero() {
            self.terms.clear();
        }
        for (coefficient, _) in self.terms.values_mut() {
            *coefficient *= by;
        }
        self
    }

    fn plus(mut self, other: Self) -> Self {
        self.constant += other.constant;
        for (name, (coefficient, range)) in other.terms {
            let known = self.terms.entry(name).or_insert((BigRational::zero(), range));
            known.0 += coefficient;
        }
        self.terms.retain(|_, (coefficient, _)| !coefficient.is_zero());
        self
    }

    fn interval(&self) -> Interval {
        let start = Interval::point(self.constant.clone());
        self.terms.values().fold(start, |sum, (c, range)| sum.plus(&range.scaled(c)))
    }
}

/// With brackets around everything: equal texts are equal expressions.
pub(super) fn written(e: &Expr) -> String {
    match &e.kind {
        Kind::Number(x) => x.to_string(),
        Kind::Name(name) => name.clone(),
        Kind::Call { function, arguments } => {
            let arguments: Vec<String> = arguments.iter().map(written).collect();
            format!("{function}({})", arguments.join(", "))
        }
        Kind::Entry { of, at } => format!("{}{at:?}", written(of)),
        Kind::Prefix(Prefix::Minus, x) => format!("(-{})", written(x)),
        Kind::Prefix(Prefix::Not, x) => format!("(not {})", written(x)),
        Kind::Infix(op, l, r) => format!("({} {} {})", written(l), op.symbol(), written(r)),
    }
}

/// Why a statement never holds: the place in its text, and the reason.
type Never = (Range<usize>, String);

/// Whether `e` can hold as far as ranges tell; if not, why. `text` is what `e` was read from.
fn never(e: &Expr, text: &str, words: &dyn Vocabulary) -> Option<Never> {
    match &e.kind {
        Kind::Infix(Infix::And, l, r) => never(l, text, words).or_else(|| never(r, text, words)),
        Kind::Infix(Infix::Or, l, r) => {
            let both = (never(l, text, words)?, never(r, text, words)?);
            Some((e.span.clone(), format!("{} and {}", both.0.1, both.1.1)))
        }
        Kind::Infix(Infix::Implies, l, r) => {
            let ended = never(r, text, words)?;
            always(l, text, words).then_some((e.span.clone(), ended.1))
        }
        Kind::Prefix(Prefix::Not, x) => always(x, text, words)
            .then(|| (e.span.clone(), "it is denied what always holds".into())),
        Kind::Infix(op, l, r) => {
            let gap = difference(l, r, words)?;
            let Interval { lo, hi } = gap.interval();
            let above = lo.as_ref().is_some_and(Signed::is_positive);
            let not_below = lo.as_ref().is_some_and(|lo| !lo.is_negative());
            let below = hi.as_ref().is_some_and(Signed::is_negative);
            let not_above = hi.as_ref().is_some_and(|hi| !hi.is_positive());
            let fails = match op {
                Infix::Below => not_below,
                Infix::AtMost => above,
                Infix::Above => not_above,
                Infix::AtLeast => below,
                Infix::Equal => above || below,
                _ => false,
            };
            fails.then(|| (e.span.clone(), reason(l, r, not_below, text, words)))
        }
        _ => None,
    }
}

/// `rho(J) is at least 0`: of the side that is no constant, or of the difference.
fn reason(l: &Expr, r: &Expr, left_is_above: bool, text: &str, words: &dyn Vocabulary) -> String {
    let said = |e: &Expr| text.get(e.span.clone()).unwrap_or("it").trim().to_owned();
    let (a, b) = (Sum::of(l, words), Sum::of(r, words));
    let (what, range, above) = match (a.is_constant(), b.is_constant()) {
        (true, true) => return format!("{} is {}", said(l), short(&a.constant)),
        (false, true) => (said(l), a.interval(), left_is_above),
        (true, false) => (said(r), b.interval(), !left_is_above),
        _ => {
            let gap = a.plus(b.scaled(&-BigRational::one())).interval();
            (format!("{} - ({})", said(l), said(r)), gap, left_is_above)
        }
    };
    let (end, word) = if above { (range.lo, "at least") } else { (range.hi, "at most") };
    format!("{what} is {word} {}", end.map_or("?".into(), |x| short(&x)))
}

fn short(x: &BigRational) -> String {
    let rounded = x.to_f64().unwrap_or(f64::NAN);
    if BigRational::from_float(rounded).as_ref() == Some(x) {
        format!("{rounded}")
    } else {
        x.to_string()
    }
}

/// Whether `e` holds wherever its sides have values, as far as ranges tell.
fn always(e: &Expr, text: &str, words: &dyn Vocabulary) -> bool {
    let opposite = |op: Infix, l: &Expr, r: &Expr| {
        let kind = Kind::Infix(op, Box::new(l.clone()), Box::new(r.clone()));
        never(&Expr { kind, span: e.span.clone() }, text, words).is_some()
    };
    match &e.kind {
        Kind::Infix(Infix::And, l, r) => always(l, text, words) && always(r, text, words),
        Kind::Infix(Infix::Or, l, r) => always(l, text, words) || always(r, text, words),
        Kind::Infix(Infix::Implies, l, r) => {
            never(l, text, words).is_some() || always(r, text, words)
        }
        Kind::Prefix(Prefix::Not, x) => never(x, text, words).is_some(),
        Kind::Infix(Infix::Below, l, r) => opposite(Infix::AtLeast, l, r),
        Kind::Infix(Infix::AtMost, l, r) => opposite(Infix::Above, l, r),
        Kind::Infix(Infix::Above, l, r) => opposite(Infix::AtMost, l, r),
        Kind::Infix(Infix::AtLeast, l, r) => opposite(Infix::Below, l, r),
        Kind::Infix(Infix::Equal, l, r) => {
            difference(l, r, words).is_some_and(|gap| gap.is_constant() && gap.constant.is_zero())
        }
        _ => false,
    }
}

/// `l - r`, if they are numbers.
fn difference(l: &Expr, r: &Expr, words: &dyn Vocabulary) -> Option<Sum> {
    let number = |e: &Expr| super::meaning::type_of(e, words) == Ok(super::meaning::Type::Number);
    let minus = -BigRational::one();
    (number(l) && number(r)).then(|| Sum::of(l, words).plus(Sum::of(r, words).scaled(&minus)))
}

/// What a comparison says of one expression: between two ends, that belong to it or not.
#[derive(Clone, Debug)]
struct Bound {
    /// The expression, its first coefficient 1.
    of: String,
    lo: Option<(BigRational, bool)>,
    hi: Option<(BigRational, bool)>,
    span: Range<usize>,
}

impl Bound {
    fn new(
        op: Infix,
        l: &Expr,
        r: &Expr,
        span: &Range<usize>,
        words: &dyn Vocabulary,
    ) -> Option<Self> {
        let gap = difference(l, r, words)?;
        let lead = gap.terms.values().next()?.0.clone();
        let gap = gap.scaled(&(BigRational::one() / &lead));
        let mut of = String::new();
        for (name, (coefficient, _)) in &gap.terms {
            let _ = write!(of, "{coefficient} {name} + ");
        }
        // The sum without its constant lies below, above or at minus the constant.
        let end = -gap.constant;
        let (at, open) = (Some((end.clone(), true)), Some((end, false)));
        let (lo, hi) = match (op, lead.is_positive()) {
            (Infix::Below, true) | (Infix::Above, false) => (None, open),
            (Infix::Above, true) | (Infix::Below, false) => (open, None),
            (Infix::AtMost, true) | (Infix::AtLeast, false) => (None, at),
            (Infix::AtLeast, true) | (Infix::AtMost, false) => (at, None),
            (Infix::Equal, _) => (at.clone(), at),
            _ => return None,
        };
        Some(Bound { of, lo, hi, span: span.clone() })
    }

    fn contradicts(&self, other: &Bound) -> bool {
        let apart = |lo: &Option<(BigRational, bool)>, hi: &Option<(BigRational, bool)>| matches!((lo, hi), (Some((lo, a)), Some((hi, b))) if lo > hi || (lo == hi && !(*a && *b)));
        self.of == other.of && (apart(&self.lo, &other.hi) || apart(&other.lo, &self.hi))
    }
}

/// The comparisons that must all hold where `e` does.
fn bounds(e: &Expr, words: &dyn Vocabulary) -> Vec<Bound> {
    let turned = |op: Infix| match op {
        Infix::Below => Some(Infix::AtLeast),
        Infix::AtMost => Some(Infix::Above),
        Infix::Above => Some(Infix::AtMost),
        Infix::AtLeast => Some(Infix::Below),
        _ => None,
    };
    match &e.kind {
        Kind::Infix(Infix::And, l, r) => [bounds(l, words), bounds(r, words)].concat(),
        Kind::Infix(op, l, r) => Bound::new(*op, l, r, &e.span, words).into_iter().collect(),
        Kind::Prefix(Prefix::Not, x) => match &x.kind {
            Kind::Infix(op, l, r) => turned(*op)
                .and_then(|op| Bound::new(op, l, r, &e.span, words))
                .into_iter()
                .collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Why assumptions cannot be met.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unmet {
    /// The assumption of this number never holds: the place in its text, and the reason.
    Never(usize, Range<usize>, String),
    /// The later of two assumptions denies the earlier one; the place in the later one's text.
    Contradiction { earlier: usize, later: usize, span: Range<usize> },
}

/// The first assumption that cannot be met, as far as ranges tell.
pub(super) fn unmet(assume: &[(String, Expr)], words: &dyn Vocabulary) -> Option<Unmet> {
    let mut known: Vec<(usize, Bound)> = Vec::new();
    for (later, (text, e)) in assume.iter().enumerate() {
        if let Some((span, why)) = never(e, text, words) {
            return Some(Unmet::Never(later, span, why));
        }
        for bound in bounds(e, words) {
            if let Some((earlier, _)) = known.iter().find(|(_, b)| b.contradicts(&bound)) {
                return Some(Unmet::Contradiction { earlier: *earlier, later, span: bound.span });
            }
            known.push((later, bound));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Interval, Unmet, interval, unmet};
    use crate::conjecture::Conjecture;
    use crate::conjecture::meaning::{Type, Value, Vocabulary, value_of};
    use crate::conjecture::syntax::parse;
    use crate::search::{Slot, generator};
    use num_rational::BigRational;
    use num_traits::ToPrimitive;

    /// `x` in [-1, 2], `y` in [1, 3], `z` anywhere, a matrix `M` of entries in [-2, 2].
    struct Words;

    impl Vocabulary for Words {
        fn names(&self) -> Vec<(&str, Type)> {
            let number = Type::Number;
            vec![("x", number), ("y", number), ("z", number), ("M", Type::Matrix("D", "D"))]
        }
        fn range(&self, name: &str) -> Option<Slot> {
            let ends = [("x", -1.0, 2.0), ("y", 1.0, 3.0), ("M", -2.0, 2.0)];
            ends.iter().find(|(n, _, _)| *n == name).map(|(_, lo, hi)| Slot::real(*lo, *hi))
        }
    }

    fn range(text: &str) -> [Option<f64>; 2] {
        let Interval { lo, hi } = interval(&parse(text).unwrap(), &Words);
        let shown = |x: Option<BigRational>| x.map(|x| super::short(&x).parse().unwrap());
        [shown(lo), shown(hi)]
    }

    #[test]
    fn intervals_by_hand() {
        let both = |lo, hi| [Some(lo), Some(hi)];
        assert_eq!(range("x + 2 * y"), both(1.0, 8.0));
        assert_eq!(range("x - y"), both(-4.0, 1.0));
        assert_eq!(range("x * y"), both(-3.0, 6.0));
        assert_eq!(range("x / y"), both(-1.0, 2.0));
        assert_eq!(range("y / x"), [None, None]);
        assert_eq!(range("1 / (1 + abs(z))"), both(0.0, 1.0));
        assert_eq!(range("x^2"), both(0.0, 4.0));
        assert_eq!(range("x^3"), both(-1.0, 8.0));
        assert_eq!(range("-abs(x)"), both(-2.0, 0.0));
        assert_eq!(range("min(x, z)"), [None, Some(2.0)]);
        assert_eq!(range("max(x, y, 2.5)"), both(2.5, 3.0));
        assert_eq!(range("rho(M) * y"), [Some(0.0), None]);
        assert_eq!(range("-norm(M) * y"), [None, Some(0.0)]);
        assert_eq!(range("0 * z"), both(0.0, 0.0));
        assert_eq!(range("abs(M[1, 2])"), both(0.0, 2.0));
        assert_eq!(range("(M * M)[1, 2]"), [None, None]);
        assert_eq!(range("sin_omega(M) + cos(M * x, M)"), both(-1.0, 2.0));
        // Outward: the square root of 3 lies between, and of a negative number is taken as 0.
        let [lo, hi] = range("sqrt(y)");
        assert!(lo < Some(1.0) && lo > Some(0.999_999) && hi > Some(3.0_f64.sqrt()));
        assert_eq!(range("sqrt(-y)"), both(0.0, 0.0));
    }

    /// Whatever is known about a range, values lie in it.
    #[test]
    fn values_lie_between_the_ends() {
        let text = "name = \"x\"\ntitle = \"X\"\nfamily = \"numbers\"\nclaim = \"1 > 0\"\n[numbers]\n\
                    x = [-1, 2]\ny = [1, 3]\nz = [-3, -1]\n[vectors]\nv = 3\n";
        let family = Conjecture::parse(text, "x.toml").unwrap().family;
        let mut known = 0;
        for text in [
            "x * y - z",
            "x / z + 1 / y",
            "x / (y * z)",
            "abs(x) * abs(z)^3",
            "x^2 - x^3 + z^5",
            "sqrt(x) + sqrt(abs(z))",
            "min(x, y, z) * max(x, -z)",
            "(x - y) * (x + z) / 7",
            "1 / (x - y * 3)",
            "least(v) * x + v[2] - cos(v, v)",
            "1 / sqrt(1 + x^2)",
            "norm(v) * y + 1",
            "-norm(v) / y",
        ] {
            let e = parse(text).unwrap();
            let Interval { lo, hi } = interval(&e, family.words());
            known += usize::from(lo.is_some()) + usize::from(hi.is_some());
            for index in 0..200 {
                let at = family.domain().draw(&mut generator(1, index), index);
                let value = value_of(&e, family.scope(&at).unwrap().as_ref()).unwrap();
                let Value::Number(value) = value else { panic!("{text}") };
                let slack = 1e-9 * (1.0 + value.abs());
                let at_least = lo.as_ref().is_none_or(|lo| lo.to_f64().unwrap() <= value + slack);
                let at_most = hi.as_ref().is_none_or(|hi| value <= hi.to_f64().unwrap() + slack);
                assert!(at_least && at_most, "{text}: {value} in {lo:?} {hi:?}");
            }
        }
        assert_eq!(known, 24, "which ends are known");
    }

    fn fate(assume: &[&str]) -> Option<String> {
        let read = |text: &&str| ((*text).to_owned(), parse(text).unwrap());
        let assume: Vec<_> = assume.iter().map(read).collect();
        unmet(&assume, &Words).map(|unmet| match unmet {
            Unmet::Never(k, span, why) => format!("{k}: {}: {why}", &assume[k].0[span]),
            Unmet::Contradiction { earlier, later, span } => {
                format!("{later} denies {earlier}: {}", &assume[later].0[span])
            }
        })
    }

    #[test]
    fn what_can_never_hold() {
        let never = |text: &str, why: &str| assert_eq!(fate(&[text]), Some(why.to_owned()));
        never("rho(M) < 0", "0: rho(M) < 0: rho(M) is at least 0");
        never("0 > norm(M)", "0: 0 > norm(M): norm(M) is at least 0");
        never("z > 0 and x > 2", "0: x > 2: x is at most 2");
        never("x == 2.5", "0: x == 2.5: x is at most 2");
        never("x - y > 1", "0: x - y > 1: x - y is at most 1");
        never("x > y + 2", "0: x > y + 2: x - (y + 2) is at most -1");
        never("x > 5 or y < 1", "0: x > 5 or y < 1: x is at most 2 and y is at least 1");
        never("not y >= 1", "0: not y >= 1: it is denied what always holds");
        never("y > 0 implies x > 2", "0: y > 0 implies x > 2: x is at most 2");
        never("z - z > 0", "0: z - z > 0: z - z is 0");
        for held in ["rho(M) <= 0", "x >= 2", "x > 5 or z > 0", "y > 2 implies x > 2", "z < -9"] {
            assert_eq!(fate(&[held]), None, "{held}");
        }
    }

    #[test]
    fn what_contradicts_what() {
        let denies = |pair: &[&str], span: &str| {
            assert_eq!(fate(pair), Some(format!("1 denies 0: {span}")));
        };
        denies(&["rho(M) < 1", "rho(M) > 1"], "rho(M) > 1");
        denies(&["z < 2", "z == 3"], "z == 3");
        denies(&["z <= 1", "1 < z"], "1 < z");
        denies(&["2 * z < 4", "x > 0 and 3 <= z"], "3 <= z");
        denies(&["z + rho(M) > 1", "rho(M) / 2 + z / 2 < 0.5"], "rho(M) / 2 + z / 2 < 0.5");
        denies(&["x < z", "not x <= z"], "not x <= z");
        for pair in [["z <= 1", "z >= 1"], ["z < 1", "z > 0"], ["z > 1", "rho(M) < 1"]] {
            assert_eq!(fate(&pair), None, "{pair:?}");
        }
    }
}
