//! Covers by boxes: the tree is walked, and every box decided again in rational arithmetic.
//!
//! Nothing of the cover is used but its splits. The claim is read anew as a statement about terms, the
//! terms are expanded here, and on each box their Bernstein coefficients are computed from the polynomial
//! itself, exactly, not from those of a larger box. At the middle of each box the claim itself is evaluated
//! besides, so that a statement that is not the claim's would show.

use super::Confirmed;
use crate::case::{Case, Route};
use crate::certify::Boxes;
use crate::certify::sentence::{Axis, Sentence};
use crate::claim::{Claim, Relation};
use crate::point::Point;
use crate::scalar::{Exact, Formula, Real, Sign, Term, TermNode, decimal, shortest};
use crate::search::Layout;
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

/// Halvings of one axis; far more than a cover makes.
const FINEST: usize = 64;

pub(super) fn boxes(
    claim: &Claim,
    covers: &[Boxes],
    example: &Point<f64>,
) -> Result<Confirmed, String> {
    let domain = claim.domain().filter(|d| d.is_boxes());
    let domain = domain.ok_or("the domain of the claim is no union of boxes")?;
    let layouts = domain.layouts();
    if layouts.len() != covers.len() {
        return Err(format!("the claim is about {} kinds of points", layouts.len()));
    }
    let (mut leaves, mut comparisons, mut places) = (0, 0, Vec::new());
    for (layout, cover) in layouts.iter().zip(covers) {
        let sentence = Sentence::read(claim, layout)?;
        let place = stated(&sentence.axes, cover)?;
        let work = Work::of(&sentence)?;
        let held = walk(&work, claim, layout, &cover.tree)?;
        leaves += held;
        comparisons += held * sentence.asserted.len();
        places.push(place);
    }
    let exact = Case::new(example.lift(|x| rational(*x)));
    if !domain.contains(example) || on_point(claim, &exact)? != Some(true) {
        return Err("its example does not meet the hypotheses".into());
    }
    let boxes = if leaves == 1 { "the one box".into() } else { format!("{leaves} boxes") };
    let place = places.join(" and ");
    let summary = format!("Bernstein coefficients in rational arithmetic on {boxes} of {place}");
    Ok(Confirmed { summary, comparisons })
}

/// The ranges, which must be those of the claim.
fn stated(axes: &[Axis], cover: &Boxes) -> Result<String, String> {
    let range = |a: &Axis| format!("{} in [{}, {}]", a.name, a.ends[0], a.ends[1]);
    let all = axes.iter().map(range).collect::<Vec<_>>().join(", ");
    let same = axes.len() == cover.ranges.len()
        && axes.iter().zip(&cover.ranges).all(|(axis, range)| {
            let ends = [&range.least, &range.greatest].map(|text| decimal(text));
            range.name == axis.name && ends == axis.ends.clone().map(Some)
        });
    if same { Ok(all) } else { Err(format!("the claim is about {all}")) }
}

fn rational(x: f64) -> Exact {
    shortest(x).map_or_else(Exact::whole, Exact::from)
}

/// Whether the claim holds at a point; `None` where it asserts nothing.
///
/// # Errors
/// Where nobody can tell.
fn on_point(claim: &Claim, case: &Case<Exact>) -> Result<Option<bool>, String> {
    let view = case.by(Route::Direct);
    for h in &claim.hypotheses {
        match h.exact(&view) {
            Ok(m) if m.is_above_zero() => {}
            Ok(m) if m.ends().is_some_and(|(_, hi)| !hi.is_positive()) => return Ok(None),
            // Without a value it is not met.
            Err(_) => return Ok(None),
            Ok(_) => return Err(format!("hypothesis {} is not certain", h.tex())),
        }
    }
    let property = claim.property().ok_or("the claim has no property")?;
    let sides = property.exact(&view).map_err(|e| e.to_string())?;
    let fails = sides.iter().any(|s| {
        let gap = s.left.clone() - s.right.clone();
        match (s.relation, gap.ends()) {
            (_, None) => true,
            (Relation::Equal, Some((lo, hi))) => lo.is_positive() || hi.is_negative(),
            (Relation::AtMost, Some((lo, _))) => lo.is_positive(),
            (Relation::Below, Some((lo, _))) => !lo.is_negative(),
        }
    });
    Ok(Some(!fails))
}

/// Decides every box of the tree; how many.
fn walk(work: &Work, claim: &Claim, layout: &Layout, tree: &str) -> Result<usize, String> {
    let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let n = work.axes;
    let whole = vec![[BigRational::zero(), BigRational::one()]; n];
    let (mut open, mut leaves) = (vec![(whole, vec![0_usize; n])], 0);
    for letter in tree.chars() {
        let Some((ends, halvings)) = open.pop() else {
            return Err("the tree does not end where its boxes do".into());
        };
        if letter == '+' || letter == '-' {
            leaves += 1;
            let found = Leaf::new(work, &ends).decide();
            let at = || work.shown(&ends);
            match found {
                Found::Holds | Found::Outside => {}
                Found::Open => return Err(format!("not confirmed on {}", at())),
            }
            work.middle(claim, layout, &ends, found).map_err(|why| format!("{why} in {}", at()))?;
            continue;
        }
        let axis = letters.find(letter).filter(|k| *k < n && halvings[*k] < FINEST);
        let axis = axis.ok_or_else(|| format!("`{letter}` is no part of a tree"))?;
        let middle = (&ends[axis][0] + &ends[axis][1]) / BigRational::from(BigInt::from(2));
        let (mut lower, mut upper, mut halvings) = (ends.clone(), ends, halvings);
        lower[axis][1] = middle.clone();
        upper[axis][0] = middle;
        halvings[axis] += 1;
        open.push((upper, halvings.clone()));
        open.push((lower, halvings));
    }
    if open.is_empty() { Ok(leaves) } else { Err(format!("{} boxes are missing", open.len())) }
}

/// A polynomial in coordinates of the unit cube: coefficients of products of powers.
type Polynomial = BTreeMap<Vec<u32>, BigRational>;

fn number(x: BigRational, n: usize) -> Polynomial {
    if x.is_zero() { Polynomial::new() } else { Polynomial::from([(vec![0; n], x)]) }
}

/// `p + k q`.
fn sum(p: &Polynomial, k: &BigRational, q: &Polynomial) -> Polynomial {
    let mut all = p.clone();
    for (powers, x) in q {
        let old = all.remove(powers).unwrap_or_else(BigRational::zero);
        let new = old + k * x;
        if !new.is_zero() {
            all.insert(powers.clone(), new);
        }
    }
    all
}

fn product(p: &Polynomial, q: &Polynomial) -> Polynomial {
    let mut all = Polynomial::new();
    for (powers, x) in q {
        let shifted: Polynomial = p
            .iter()
            .map(|(own, y)| (own.iter().zip(powers).map(|(a, b)| a + b).collect(), y.clone()))
            .collect();
        all = sum(&all, x, &shifted);
    }
    all
}

/// A quotient: the numerator, and factors of the denominator, each as often as it divides.
#[derive(Clone)]
struct Ratio {
    top: Polynomial,
    bottom: Vec<Polynomial>,
}

/// `all` without what `gone` has, as often as it has it.
fn without(all: &[Polynomial], gone: &[Polynomial]) -> Vec<Polynomial> {
    let mut left = all.to_vec();
    for factor in gone {
        if let Some(at) = left.iter().position(|f| f == factor) {
            left.swap_remove(at);
        }
    }
    left
}

fn times_all(p: &Polynomial, factors: &[Polynomial]) -> Polynomial {
    factors.iter().fold(p.clone(), |p, factor| product(&p, factor))
}

/// A statement about quotients.
enum Says {
    Atom(Sign, Ratio),
    All(Vec<Says>),
    Any(Vec<Says>),
    Unknown,
}

/// What has to be decided on every box.
struct Work {
    axes: usize,
    ranges: Vec<Axis>,
    given: Vec<Says>,
    asserted: Vec<Says>,
    /// Not zero where the hypotheses have values; must not be zero where they hold.
    divides_given: Vec<Polynomial>,
    not_zero: Vec<Polynomial>,
}

impl Work {
    fn of(sentence: &Sentence) -> Result<Self, String> {
        let axes = sentence.axes.len();
        let mut known = HashMap::new();
        let mut says = |f: &Formula| said(&f.plain(), &sentence.axes, &mut known);
        let given = sentence.given.iter().map(&mut says).collect();
        let asserted = sentence.asserted.iter().map(&mut says).collect();
        let mut tops = |terms: &[Term]| {
            let all = terms.iter().map(|t| ratio(t, &sentence.axes, &mut known).map(|r| r.top));
            all.collect::<Vec<_>>()
        };
        let divides_given = tops(&sentence.divides_given).into_iter().flatten().collect();
        let not_zero: Option<Vec<_>> = tops(&sentence.not_zero).into_iter().collect();
        let not_zero = not_zero.ok_or("a divisor is no polynomial")?;
        let ranges = sentence.axes.clone();
        Ok(Work { axes, ranges, given, asserted, divides_given, not_zero })
    }

    fn at(&self, k: usize, x: &BigRational) -> BigRational {
        let [lo, hi] = &self.ranges[k].ends;
        lo + (hi - lo) * x
    }

    fn shown(&self, ends: &[[BigRational; 2]]) -> String {
        let one = |(k, [lo, hi]): (usize, &[BigRational; 2])| {
            format!("{} in [{}, {}]", self.ranges[k].name, self.at(k, lo), self.at(k, hi))
        };
        ends.iter().enumerate().map(one).collect::<Vec<_>>().join(", ")
    }

    /// The claim itself at the middle of a box.
    fn middle(
        &self,
        claim: &Claim,
        layout: &Layout,
        ends: &[[BigRational; 2]],
        found: Found,
    ) -> Result<(), String> {
        let two = BigRational::from(BigInt::from(2));
        let mut slots: Vec<Exact> = layout.slots.iter().map(|s| rational(s.lo)).collect();
        for (axis, k) in layout.free().into_iter().enumerate() {
            let [lo, hi] = &ends[axis];
            slots[k] = self.at(axis, &((lo + hi) / &two)).into();
        }
        let (mut at, mut start) = (Point::new(), 0);
        for (name, rows, columns) in &layout.shape {
            let entries = slots[start..start + rows * columns].to_vec();
            start += rows * columns;
            at =
                at.with_matrix(name.clone(), nalgebra::DMatrix::from_vec(*rows, *columns, entries));
        }
        match on_point(claim, &Case::new(at)) {
            Ok(Some(false)) => Err("the claim fails at the middle".into()),
            Ok(Some(true)) if found == Found::Outside => {
                Err("the hypotheses hold at the middle of a box that is outside them".into())
            }
            // What is not certain at a point contradicts nothing.
            _ => Ok(()),
        }
    }
}

type Known = HashMap<*const TermNode, (Term, Option<Ratio>)>;

fn said(formula: &Formula, axes: &[Axis], known: &mut Known) -> Says {
    match formula {
        Formula::Atom(sign, term) => {
            ratio(term, axes, known).map_or(Says::Unknown, |r| Says::Atom(*sign, r))
        }
        Formula::All(parts) => Says::All(parts.iter().map(|p| said(p, axes, known)).collect()),
        Formula::Any(parts) => Says::Any(parts.iter().map(|p| said(p, axes, known)).collect()),
        Formula::Open => Says::Unknown,
    }
}

/// A term as a quotient of polynomials, if it is one.
fn ratio(term: &Term, axes: &[Axis], known: &mut Known) -> Option<Ratio> {
    let key: *const TermNode = term.node();
    if let Some((_, done)) = known.get(&key) {
        return done.clone();
    }
    let done = expanded(term, axes, known);
    // The term is kept, so that no other one gets its address.
    known.insert(key, (term.clone(), done.clone()));
    done
}

fn expanded(term: &Term, axes: &[Axis], known: &mut Known) -> Option<Ratio> {
    let n = axes.len();
    let whole = |top| Ratio { top, bottom: Vec::new() };
    let one = BigRational::one();
    match term.node() {
        TermNode::Number(x) => Some(whole(number(x.clone(), n))),
        TermNode::Variable(name) => {
            let k: usize = name.strip_prefix('x')?.parse().ok()?;
            let [lo, hi] = &axes.get(k)?.ends;
            let mut power = vec![0; n];
            power[k] = 1;
            Some(whole(sum(&number(lo.clone(), n), &(hi - lo), &Polynomial::from([(power, one)]))))
        }
        TermNode::Sum(x, y) => {
            let (x, y) = (ratio(x, axes, known)?, ratio(y, axes, known)?);
            let (more, less) = (without(&y.bottom, &x.bottom), without(&x.bottom, &y.bottom));
            let top = sum(&times_all(&x.top, &more), &one, &times_all(&y.top, &less));
            Some(Ratio { top, bottom: [x.bottom, more].concat() })
        }
        TermNode::Product(x, y) => {
            let (x, y) = (ratio(x, axes, known)?, ratio(y, axes, known)?);
            Some(Ratio { top: product(&x.top, &y.top), bottom: [x.bottom, y.bottom].concat() })
        }
        TermNode::Quotient(x, y) => {
            let (x, y) = (ratio(x, axes, known)?, ratio(y, axes, known)?);
            let top = times_all(&x.top, &y.bottom);
            // Of one scale, so that equal factors are found to be equal.
            let (scaled, factor) = whole_numbers(&y.top);
            let top = sum(&Polynomial::new(), &factor, &top);
            Some(Ratio { top, bottom: [x.bottom, vec![scaled]].concat() })
        }
        TermNode::Root(_) | TermNode::Max(..) | TermNode::BelowOneIf(_) | TermNode::Nothing => None,
    }
}

/// The multiple with whole coefficients that have no common factor, and the positive factor.
fn whole_numbers(p: &Polynomial) -> (Polynomial, BigRational) {
    let mut factor = BigRational::one();
    for x in p.values() {
        factor *= BigRational::from((x * &factor).denom().clone());
    }
    let mut common = BigInt::zero();
    for x in p.values() {
        let (mut a, mut b) = (common, (x * &factor).to_integer().abs());
        while !b.is_zero() {
            (a, b) = (b.clone(), a % b);
        }
        common = a;
    }
    if !common.is_zero() {
        factor /= BigRational::from(common);
    }
    (sum(&Polynomial::new(), &factor, p), factor)
}

/// `p / q`, if `q` is no number and leaves no remainder.
fn quotient(p: &Polynomial, q: &Polynomial) -> Option<Polynomial> {
    let (last, unit) = q.last_key_value().filter(|(powers, _)| powers.iter().any(|k| *k > 0))?;
    let (mut left, mut done) = (p.clone(), Polynomial::new());
    while let Some((powers, x)) = left.last_key_value() {
        let fits = powers.iter().zip(last).all(|(a, b)| a >= b);
        if !fits {
            return None;
        }
        let step = powers.iter().zip(last).map(|(a, b)| a - b).collect();
        let step = Polynomial::from([(step, x / unit)]);
        left = sum(&left, &-BigRational::one(), &product(q, &step));
        done = sum(&done, &BigRational::one(), &step);
    }
    Some(done)
}

fn minus(p: &Polynomial) -> Polynomial {
    sum(&Polynomial::new(), &-BigRational::one(), p)
}

/// Which signs are possible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Signs {
    below: bool,
    zero: bool,
    above: bool,
}

impl Signs {
    fn only_above(self) -> bool {
        self.above && !self.zero && !self.below
    }
    fn only_below(self) -> bool {
        self.below && !self.zero && !self.above
    }
}

/// What a box comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    Holds,
    Outside,
    Open,
}

/// One box.
struct Leaf<'a> {
    work: &'a Work,
    ends: &'a [[BigRational; 2]],
    /// What the hypotheses say is positive, or not negative.
    facts: Vec<(Sign, Polynomial)>,
    /// Whether the hypotheses leave the lower and the upper end of each range.
    kept: Vec<[bool; 2]>,
    /// Signs on the box where the hypotheses hold.
    known: RefCell<HashMap<Polynomial, Signs>>,
}

impl<'a> Leaf<'a> {
    fn new(work: &'a Work, ends: &'a [[BigRational; 2]]) -> Self {
        let kept = vec![[true, true]; work.axes];
        Leaf { work, ends, facts: Vec::new(), kept, known: RefCell::default() }
    }

    fn decide(mut self) -> Found {
        // What one hypothesis says may tell the sign of another's denominator, and where ends are left.
        let mut count = None;
        while count != Some(self.facts.len()) {
            count = Some(self.facts.len());
            self.known.borrow_mut().clear();
            let mut facts = Vec::new();
            for h in &self.work.given {
                self.collect(h, &mut facts);
            }
            self.facts = facts;
            self.exclude();
        }
        let denied = |(sign, p): &(Sign, Polynomial)| {
            let signs = self.on_box(p);
            !(signs.above || (*sign == Sign::NotNegative && signs.zero))
        };
        if self.facts.iter().any(denied) || self.contradicted() {
            return Found::Outside;
        }
        if self.work.given.iter().any(|h| self.says(h) == Some(false)) {
            return Found::Outside;
        }
        let holds = self.work.not_zero.iter().all(|p| !self.signs(p).zero)
            && self.work.asserted.iter().all(|s| self.says(s) == Some(true));
        if holds { Found::Holds } else { Found::Open }
    }

    /// Whether two facts leave no sign for a polynomial that is a divisor or turned.
    fn contradicted(&self) -> bool {
        let polynomials = self.facts.iter().map(|(_, p)| p).chain(&self.work.divides_given);
        polynomials.into_iter().any(|p| {
            let signs = self.signs(p);
            !signs.above && !signs.zero && !signs.below
        })
    }

    /// The facts of a hypothesis whose denominators have signs.
    fn collect(&self, says: &Says, into: &mut Vec<(Sign, Polynomial)>) {
        match says {
            Says::All(parts) => parts.iter().for_each(|part| self.collect(part, into)),
            Says::Any(parts) if parts.len() == 1 => self.collect(&parts[0], into),
            Says::Atom(sign, of) => {
                if let Some(turn) = self.turned(of) {
                    let top = if turn { minus(&of.top) } else { of.top.clone() };
                    into.push((*sign, whole_numbers(&top).0));
                }
            }
            _ => {}
        }
    }

    /// Ends of ranges where a fact about one coordinate fails.
    fn exclude(&mut self) {
        for (sign, p) in &self.facts {
            let used: Vec<usize> =
                (0..self.work.axes).filter(|k| p.keys().any(|powers| powers[*k] > 0)).collect();
            let [k] = used[..] else { continue };
            for side in 0..2 {
                let value = p.iter().fold(BigRational::zero(), |sum, (powers, x)| {
                    sum + x * num_traits::pow(self.ends[k][side].clone(), powers[k] as usize)
                });
                if value.is_negative() || (value.is_zero() && *sign == Sign::Positive) {
                    self.kept[k][side] = false;
                }
            }
        }
    }

    /// Whether the denominator is negative; `None` where nobody knows.
    fn turned(&self, of: &Ratio) -> Option<bool> {
        of.bottom.iter().try_fold(false, |turn, factor| {
            let signs = self.signs(factor);
            match (signs.only_above(), signs.only_below()) {
                (true, _) => Some(turn),
                (_, true) => Some(!turn),
                _ => None,
            }
        })
    }

    fn says(&self, of: &Says) -> Option<bool> {
        match of {
            Says::Atom(sign, of) => self.atom(*sign, of),
            Says::All(parts) => {
                let all: Vec<_> = parts.iter().map(|p| self.says(p)).collect();
                if all.contains(&Some(false)) {
                    return Some(false);
                }
                (!all.contains(&None)).then_some(true)
            }
            Says::Any(parts) => {
                let all: Vec<_> = parts.iter().map(|p| self.says(p)).collect();
                if all.contains(&Some(true)) {
                    return Some(true);
                }
                (!all.contains(&None)).then_some(false)
            }
            Says::Unknown => None,
        }
    }

    fn atom(&self, sign: Sign, of: &Ratio) -> Option<bool> {
        if of.top.is_empty() {
            return Some(sign == Sign::NotNegative);
        }
        let top = if self.turned(of)? { minus(&of.top) } else { of.top.clone() };
        let top = whole_numbers(&top).0;
        let signs = self.signs(&top);
        let (good, bad) = match sign {
            Sign::Positive => (signs.above, signs.zero || signs.below),
            Sign::NotNegative => (signs.above || signs.zero, signs.below),
        };
        match (good, bad) {
            (_, false) => Some(true),
            (false, true) => Some(false),
            // At least as large as what is known to be positive.
            _ => self.facts.iter().find_map(|(known, fact)| {
                let enough = *known == Sign::Positive || sign == Sign::NotNegative;
                let more = || sum(&top, &-BigRational::one(), fact);
                (enough && !self.signs(&more()).below).then_some(true)
            }),
        }
    }

    /// The signs of a polynomial on the box where the hypotheses hold.
    fn signs(&self, p: &Polynomial) -> Signs {
        if let Some(signs) = self.known.borrow().get(p) {
            return *signs;
        }
        let mut signs = self.on_box(p);
        let (own, turned) = (whole_numbers(p).0, whole_numbers(&minus(p)).0);
        for (sign, fact) in &self.facts {
            if *fact == own {
                signs.below = false;
                signs.zero &= *sign == Sign::NotNegative;
            }
            if *fact == turned {
                signs.above = false;
                signs.zero &= *sign == Sign::NotNegative;
            }
        }
        let same = |q: &Polynomial| {
            let q = whole_numbers(q).0;
            q == own || q == turned
        };
        if self.work.divides_given.iter().any(same) {
            signs.zero = false;
        }
        // A product with what is known to be positive.
        for (sign, fact) in &self.facts {
            if p.is_empty() || !(signs.below && signs.above || signs.zero) {
                break;
            }
            if let Some(rest) = quotient(p, fact) {
                let rest = self.signs(&rest);
                signs.above &= rest.above;
                signs.below &= rest.below;
                signs.zero &= rest.zero || *sign == Sign::NotNegative;
            }
        }
        self.known.borrow_mut().insert(p.clone(), signs);
        signs
    }

    /// From its Bernstein coefficients on the box.
    fn on_box(&self, p: &Polynomial) -> Signs {
        let n = self.work.axes;
        let degrees: Vec<usize> =
            (0..n).map(|k| p.keys().map(|powers| powers[k] as usize).max().unwrap_or(0)).collect();
        let mut all: BTreeMap<Vec<usize>, BigRational> = p
            .iter()
            .map(|(powers, x)| (powers.iter().map(|k| *k as usize).collect(), x.clone()))
            .collect();
        for (k, &d) in degrees.iter().enumerate() {
            let mut next: BTreeMap<Vec<usize>, BigRational> = BTreeMap::new();
            for (at, x) in &all {
                // The coefficients of the power of one coordinate alone.
                for (i, b) in power_on(&self.ends[k], at[k], d).into_iter().enumerate() {
                    if !b.is_zero() {
                        let mut to = at.clone();
                        to[k] = i;
                        *next.entry(to).or_insert_with(BigRational::zero) += x * b;
                    }
                }
            }
            all = next;
        }
        all.retain(|_, x| !x.is_zero());
        let count = degrees.iter().fold(1_usize, |count, d| count.saturating_mul(d + 1));
        let above = all.values().any(Signed::is_positive);
        let below = all.values().any(Signed::is_negative);
        let mut zero = all.len() < count || above == below;
        if above != below && self.on_all_faces(&all, &degrees) {
            zero = false;
        }
        Signs { below, zero, above }
    }

    /// Whether a point that is left lies inside no face without a coefficient: each choice of ends that are
    /// left has one.
    fn on_all_faces(&self, all: &BTreeMap<Vec<usize>, BigRational>, degrees: &[usize]) -> bool {
        let mut faces: Vec<Vec<Option<usize>>> = vec![Vec::new()];
        for ([lower, upper], d) in self.kept.iter().zip(degrees) {
            let mut ends = Vec::new();
            if *lower {
                ends.push(Some(0));
            }
            if *upper {
                ends.push(Some(*d));
            }
            if ends.is_empty() || *d == 0 {
                ends = vec![None];
            }
            faces = faces
                .iter()
                .flat_map(|face| ends.iter().map(|end| [face.clone(), vec![*end]].concat()))
                .collect();
        }
        faces.iter().all(|face| {
            all.keys().any(|at| at.iter().zip(face).all(|(i, end)| end.is_none_or(|e| e == *i)))
        })
    }
}

/// The Bernstein coefficients of degree `d` of `t^power` on an interval: its blossom at `d - i` lower and
/// `i` upper ends, which is the mean of the products of `power` of them.
fn power_on([lo, hi]: &[BigRational; 2], power: usize, d: usize) -> Vec<BigRational> {
    let choose = |n: usize, k: usize| {
        let whole = (0..k).fold(BigInt::one(), |c, i| c * (n - i) / (i + 1));
        BigRational::from(whole)
    };
    let pick = |i: usize| {
        // `j` upper ends and `power - j` lower ones.
        let terms = (0..=power).filter(|j| *j <= i && power - j <= d - i).map(|j| {
            choose(i, j)
                * choose(d - i, power - j)
                * num_traits::pow(hi.clone(), j)
                * num_traits::pow(lo.clone(), power - j)
        });
        terms.fold(BigRational::zero(), |sum, x| sum + x) / choose(d, power)
    };
    (0..=d).map(pick).collect()
}
