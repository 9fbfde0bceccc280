//! Covers of boxes: a claim proved, or refuted, on ever smaller boxes of the numbers that it is about.
//!
//! The claim is read as a statement about polynomials ([`Sentence`]), whose signs on a box their Bernstein
//! coefficients tell. A box on which a hypothesis certainly fails asserts nothing; one on which all that is
//! asserted certainly holds is proved; others are halved. Three things are used besides the signs on the box:
//!
//! - where the hypotheses hold, what they say is positive is positive: on a box that touches $a = 1$,
//!   $1/(1 - a)$ has a value wherever $a < 1$ is assumed;
//! - a product of that and something else has the sign of the latter;
//! - what is at least as large as something that the hypotheses say is positive is positive: so that a
//!   hypothesis and a conclusion may turn at the same place;
//! - hypotheses that contradict the signs on the box are met nowhere on it;
//! - where they exclude an end of a range, a polynomial may vanish there: with no negative Bernstein
//!   coefficient, and a positive one for every face that is left, it is positive on the rest of the box.

use super::polynomial::{Expander, Fraction, Polynomial};
use super::sentence::{Axis, Sentence};
use super::{Boxes, Certificate, Counterexample, Found, Proof, Span, confirm, decimal, examine};
use crate::case::{Case, Route, Subject};
use crate::claim::{Claim, Relation, Side};
use crate::domain::Domain;
use crate::point::Point;
use crate::scalar::{Formula, Sign, Term};
use crate::search::{Layout, Slot, generator};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How much is spent on one cover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Boxes looked at in one pass.
    pub boxes: u64,
    /// Halvings of the whole down to the smallest box.
    pub depth: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Budget { boxes: 200_000, depth: 120 }
    }
}

/// Shares of the volume of all boxes; they sum to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volumes {
    /// Where all that is asserted holds.
    pub proved: BigRational,
    /// Where a hypothesis fails.
    pub vacuous: BigRational,
    /// Where the hypotheses hold and something asserted fails.
    pub refuted: BigRational,
    /// Where nothing is decided.
    pub undecided: BigRational,
}

/// What a cover of one layout came to.
#[derive(Clone, Debug)]
pub struct Cover {
    /// What varies.
    pub axes: Vec<Axis>,
    /// What was decided where.
    pub volumes: Volumes,
    /// Boxes looked at in the pass that is told, those that were halved included.
    pub boxes: u64,
    /// Boxes looked at in all passes.
    pub looked_at: u64,
    /// Boxes that were not halved: proved, outside the hypotheses, refuted, undecided.
    pub leaves: [u64; 4],
    /// The boxes in preorder: the letter of an axis for one that was halved, the lower half first, or one
    /// of `+` (proved), `-` (outside the hypotheses), `!` (refuted), `?` (undecided).
    pub tree: String,
    /// A box around all that is undecided: the ends on each axis.
    pub around: Option<Vec<[BigRational; 2]>>,
    /// Boxes that are refuted or undecided, the largest first: the ends on each axis.
    suspects: Vec<Vec<[BigRational; 2]>>,
}

/// What a claim came to on all its layouts.
// A claim has one: boxing the certificate would save nothing that matters.
#[allow(clippy::large_enum_variant)]
#[derive(Debug)]
pub enum Covered {
    /// It holds on all of them.
    Proved(Certificate),
    /// It fails at a point of one.
    Refuted(Box<Counterexample>),
    /// Part of them is left, as the words say.
    Open(String),
}

/// Suspects of each kind that are kept.
const SUSPECTS: usize = 16;

/// Letters of the axes in a tree.
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The claim over the boxes of its domain.
///
/// # Errors
/// If the domain is no union of boxes, or the claim is not written in polynomials.
pub fn over_boxes(claim: &Claim, budget: Budget) -> Result<Covered, String> {
    let domain =
        claim.domain().filter(|d| d.is_boxes()).ok_or("its domain is no union of boxes")?;
    let (mut covers, mut comparisons) = (Vec::new(), 0_usize);
    for layout in domain.layouts() {
        let sentence = Sentence::read(claim, &layout)?;
        let mut broken = None;
        let cover = passes(&sentence, budget, &mut |cover| {
            let points = cover.suspects.iter().flat_map(|ends| inside(&layout, ends));
            let mut broke = points.filter(|at| may_break(claim, at)).map(Subject::Point);
            broken = broke.find_map(|at| confirm(claim, &at));
            broken.is_some()
        })?;
        if let Some(broken) = broken {
            return Ok(Covered::Refuted(Box::new(broken)));
        }
        let proved = usize::try_from(cover.leaves[Seen::Holds as usize]).unwrap_or(usize::MAX);
        comparisons = comparisons.saturating_add(proved.saturating_mul(sentence.asserted.len()));
        covers.push(cover);
    }
    let ranges: Vec<String> = covers.iter().map(|c| ranges(&c.axes)).collect();
    if let Some(left) = covers.iter().find(|c| c.volumes.undecided.is_positive()) {
        return Ok(Covered::Open(left.left()));
    }
    if let Some(left) = covers.iter().find(|c| c.volumes.refuted.is_positive()) {
        return Ok(Covered::Open(format!(
            "fails on a box, but no point of it is exact: {}",
            left.left()
        )));
    }
    let sum = |k: usize| covers.iter().map(|c| c.leaves[k]).sum::<u64>();
    if sum(0) == 0 {
        return Ok(Covered::Open("the hypotheses hold nowhere: nothing was asserted".into()));
    }
    let Some(example) = example(claim, domain) else {
        return Ok(Covered::Open("no point was found that meets the hypotheses".into()));
    };
    let boxes = match (sum(0), sum(1)) {
        (1, 0) => "one box".into(),
        (n, 0) => format!("{n} boxes"),
        (n, outside) => format!("{} boxes, {outside} of them outside the hypotheses", n + outside),
    };
    Ok(Covered::Proved(Certificate {
        method: "signs of polynomials on a cover by boxes",
        domain: format!("{}; {boxes}", ranges.join(" and ")),
        comparisons,
        proof: Proof::Boxes { covers: covers.iter().map(Cover::boxes).collect(), example },
    }))
}

/// Points drawn for one that meets the hypotheses.
const DRAWN: u64 = 20_000;

/// A point that meets the hypotheses, and on which the claim holds, in exact arithmetic: what is proved
/// says something.
fn example(claim: &Claim, domain: &'static dyn Domain) -> Option<Point<f64>> {
    let meets = |at: &Point<f64>| {
        let case = Case::new(at.clone());
        let view = case.by(Route::Direct);
        claim.hypotheses.iter().all(|h| h.float(&view).is_ok_and(|m| m > 0.0))
    };
    let drawn = (0..DRAWN).map(|index| {
        let mut rng = generator(1, index);
        if index.is_multiple_of(2) {
            domain.draw_small(&mut rng, index / 2)
        } else {
            domain.draw(&mut rng, index / 2)
        }
    });
    drawn.filter(|at| meets(at)).take(20).find(|at| {
        let exact = Subject::Point(at.lift(|x| decimal(*x)));
        domain.contains(at) && matches!(examine(claim, &Case::new(exact)), Found::Holds(1..))
    })
}

/// `a in [0, 1], b in [0, 1]`.
fn ranges(axes: &[Axis]) -> String {
    let one = |a: &Axis| format!("{} in [{}, {}]", a.name, shown(&a.ends[0]), shown(&a.ends[1]));
    axes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A rational as a decimal where it is a short one.
fn shown(x: &BigRational) -> String {
    let rounded = x.to_f64().unwrap_or(f64::NAN);
    let short = crate::scalar::shortest(rounded).is_some_and(|r| r == *x);
    if short { format!("{rounded}") } else { x.to_string() }
}

/// Points of a box that are tried: its middle, and what it has in its corners and near them, as far as these
/// are decimals that the layout allows; of few numbers all combinations of such.
fn inside(layout: &Layout, ends: &[[BigRational; 2]]) -> Vec<Point<f64>> {
    let free = layout.free();
    let n = free.len();
    // On each axis: near the middle, at both ends, near them.
    let choices: Vec<[Option<f64>; 5]> = free
        .iter()
        .zip(ends)
        .map(|(k, [lo, hi])| {
            let slot = &layout.slots[*k];
            let part = (hi - lo) / BigRational::from(BigInt::from(8));
            let near = [[lo.clone(), lo + &part], [hi - &part, hi.clone()]];
            let [low, high] = near.map(|ends| short(slot, &ends));
            let middle = short(slot, &[lo.clone(), hi.clone()]);
            [middle, exactly(slot, lo), exactly(slot, hi), low, high]
        })
        .collect();
    let power = |base: usize, k: usize| (0..k).fold(1, |product: usize, _| product * base);
    let digit = |code: usize, base: usize, k: usize| code / power(base, k) % base;
    let picks: Vec<Vec<usize>> = if n <= 3 {
        (0..power(5, n)).map(|code| (0..n).map(|k| digit(code, 5, k)).collect()).collect()
    } else {
        let corners = power(2, n.min(8));
        let pick = |first: usize| {
            (0..corners).map(move |code| (0..n).map(|k| first + digit(code, 2, k)).collect())
        };
        [vec![0; n]].into_iter().chain(pick(1)).chain(pick(3)).collect()
    };
    let point = |pick: &Vec<usize>| {
        let mut numbers: Vec<f64> = layout.slots.iter().map(|s| s.lo).collect();
        for ((k, choice), at) in free.iter().zip(&choices).zip(pick) {
            numbers[*k] = choice[*at]?;
        }
        Some(layout.point(&numbers))
    };
    picks.iter().filter_map(point).collect()
}

/// What is nearer to equality than this, in proportion, floating point leaves to exact arithmetic.
const CLOSE: f64 = 1e-9;

/// Whether floating point does not say that the hypotheses fail at a point, or that the claim holds.
fn may_break(claim: &Claim, at: &Point<f64>) -> bool {
    let case = Case::new(at.clone());
    let view = case.by(Route::Direct);
    let met = claim.hypotheses.iter().all(|h| h.float(&view).is_ok_and(|m| m > 0.0));
    let breaks = |s: &Side<f64>| {
        let room = s.right - s.left;
        let close = CLOSE * s.scale.abs();
        match s.relation {
            Relation::Equal => room.abs() > close,
            Relation::AtMost | Relation::Below => room <= close,
        }
    };
    let sides = claim.property().map(|p| p.float(&view));
    met && sides.is_some_and(|sides| sides.is_ok_and(|sides| sides.iter().any(breaks)))
}

/// The decimal with the fewest digits between two ends that is near their middle.
fn short(slot: &Slot, [lo, hi]: &[BigRational; 2]) -> Option<f64> {
    let middle = ((lo + hi) / BigRational::from(BigInt::from(2))).to_f64()?;
    let digits = (0..17_usize).filter_map(|d| format!("{middle:.d$e}").parse::<f64>().ok());
    let mut numbers = digits.chain([slot.nearest(middle)]).map(|x| x + 0.0);
    numbers.find(|x| {
        let exact = crate::scalar::shortest(*x);
        exact.is_some_and(|x| *lo <= x && x <= *hi) && slot.contains(*x)
    })
}

/// The double whose shortest decimal is `x`.
fn exactly(slot: &Slot, x: &BigRational) -> Option<f64> {
    let double = x.to_f64()? + 0.0;
    let same = crate::scalar::shortest(double).is_some_and(|decimal| decimal == *x);
    (same && slot.contains(double)).then_some(double)
}

impl Cover {
    fn boxes(&self) -> Boxes {
        let range = |a: &Axis| {
            let [least, greatest] = a.ends.each_ref().map(BigRational::to_string);
            Span { name: a.name.clone(), least, greatest }
        };
        Boxes { ranges: self.axes.iter().map(range).collect(), tree: self.tree.clone() }
    }

    /// What is left, in words.
    fn left(&self) -> String {
        let share = |x: &BigRational| format!("{:.1e}", x.to_f64().unwrap_or(f64::NAN));
        let mut text = format!(
            "{} of the volume is undecided after {} boxes",
            share(&self.volumes.undecided),
            self.boxes
        );
        if self.volumes.refuted.is_positive() {
            let _ = write!(text, ", {} is refuted", share(&self.volumes.refuted));
        }
        if let Some(around) = &self.around {
            let ends = self.axes.iter().zip(around).map(|(axis, [lo, hi])| {
                let number = |x: &BigRational| format!("{:.3}", x.to_f64().unwrap_or(f64::NAN));
                format!("{} in [{}, {}]", axis.name, number(lo), number(hi))
            });
            let _ = write!(text, "; it lies in {}", ends.collect::<Vec<_>>().join(", "));
        }
        text
    }
}

/// Passes allow so many halvings more each.
const DEEPER: u32 = 8;

/// Coefficients looked at in one pass: a budget of boxes is smaller where polynomials are long.
const MOST_LOOKED_AT: u64 = 100_000_000;

/// The cover of a sentence.
///
/// # Errors
/// If the sentence is not about polynomials, or about too long ones.
pub fn cover(sentence: &Sentence, budget: Budget) -> Result<Cover, String> {
    passes(sentence, budget, &mut |_| false)
}

/// Passes of growing depth, each from the whole, until one leaves nothing open, or `enough` is known, or one
/// would look at more boxes than the budget has. So what a hopeless corner costs is found out while the
/// boxes are still few.
fn passes(
    sentence: &Sentence,
    budget: Budget,
    enough: &mut dyn FnMut(&Cover) -> bool,
) -> Result<Cover, String> {
    let (plain, given) = Plan::of(sentence, false)?;
    if given {
        let mut pass = Pass::start(&plain);
        pass.boxes = 1;
        pass.leaf(Seen::Holds);
        return Ok(pass.told(sentence));
    }
    let mut done = |cover: &Cover| enough(cover) || cover.leaves[Seen::Open as usize] == 0;
    let mut depth = DEEPER.min(budget.depth);
    // Differences with what the hypotheses say are many polynomials: first without.
    let mut best = Pass::run(&plain, depth, budget.boxes).map(|pass| pass.told(sentence));
    if !best.as_ref().is_some_and(&mut done) {
        let (plan, _) = Plan::of(sentence, true)?;
        while let Some(pass) = Pass::run(&plan, depth, budget.boxes) {
            let before = best.as_ref().map_or(0, |cover| cover.looked_at);
            let cover = best.insert(pass.told(sentence));
            cover.looked_at += before;
            if done(cover) || depth >= budget.depth {
                break;
            }
            depth = (depth + DEEPER).min(budget.depth);
        }
    }
    best.ok_or_else(|| "the budget is too small for a first look".into())
}

/// Signs that a number may have.
type Signs = u8;
const NEGATIVE: Signs = 1;
const ZERO: Signs = 2;
const POSITIVE: Signs = 4;
const ANY: Signs = 7;
const POSITIVE_OR_ZERO: Signs = POSITIVE | ZERO;
const NEGATIVE_OR_ZERO: Signs = NEGATIVE | ZERO;

fn turned(signs: Signs, turn: bool) -> Signs {
    if turn { (signs & ZERO) | (signs & NEGATIVE) << 2 | (signs & POSITIVE) >> 2 } else { signs }
}

/// The signs of a product.
fn multiplied(x: Signs, y: Signs) -> Signs {
    let mut product = (x | y) & ZERO;
    if x & y & (NEGATIVE | POSITIVE) != 0 {
        product |= POSITIVE;
    }
    if x & turned(y, true) & (NEGATIVE | POSITIVE) != 0 {
        product |= NEGATIVE;
    }
    product
}

/// A polynomial of the plan, or minus it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Turned {
    at: usize,
    turn: bool,
}

impl Turned {
    fn signs(self, of: &[Signs]) -> Signs {
        turned(of[self.at], self.turn)
    }
}

/// The sign of a quotient.
#[derive(Clone, Debug)]
struct Quotient {
    sign: Sign,
    numerator: Turned,
    /// The numerator again as a product with the numerators of facts, and whether those occur an odd number
    /// of times.
    product: Option<(Turned, Vec<(usize, bool)>)>,
    /// Factors of the denominator that occur an odd number of times.
    denominator: Vec<usize>,
    /// For each fact the difference of the two numerators, and their sum.
    beside: Vec<Option<[Turned; 2]>>,
}

#[derive(Clone, Debug)]
enum Logic {
    Atom(Quotient),
    All(Vec<Logic>),
    Any(Vec<Logic>),
    Open,
}

/// What is looked at on every box.
struct Plan {
    axes: usize,
    /// Bernstein coefficients on the whole: lower and upper bounds.
    polynomials: Vec<([Vec<i64>; 2], Vec<usize>)>,
    /// Hypotheses that hold, or not, without alternatives.
    facts: Vec<Quotient>,
    /// The others.
    alternatives: Vec<Logic>,
    asserted: Vec<Logic>,
    /// Not zero where the hypotheses have values; never to be zero.
    divides_given: Vec<usize>,
    not_zero: Vec<usize>,
    /// How many of the polynomials, the first ones, are no differences or sums of others.
    own: usize,
    /// Whether the hypotheses exclude the lower and the upper end of each range.
    excluded: Vec<[bool; 2]>,
}

struct Planner<'a> {
    expander: Expander<'a>,
    table: BTreeMap<Polynomial, usize>,
    list: Vec<Polynomial>,
    facts: Vec<Quotient>,
}

impl Planner<'_> {
    fn at(&mut self, polynomial: &Polynomial) -> Turned {
        let (primitive, turn) = polynomial.primitive();
        let next = self.list.len();
        let at = *self.table.entry(primitive.clone()).or_insert(next);
        if at == next {
            self.list.push(primitive);
        }
        Turned { at, turn }
    }

    fn quotient(&mut self, sign: Sign, of: &Fraction) -> Quotient {
        let numerator = self.at(&of.numerator);
        let odd = of.denominator.iter().filter(|(_, times)| *times % 2 == 1);
        let denominator = odd.map(|(factor, _)| self.at(factor).at).collect();
        let product = self.factored(&of.numerator);
        Quotient { sign, numerator, product, denominator, beside: Vec::new() }
    }

    /// The polynomial without the numerators of facts that divide it.
    fn factored(&mut self, polynomial: &Polynomial) -> Option<(Turned, Vec<(usize, bool)>)> {
        let (mut rest, mut factors) = (polynomial.clone(), Vec::new());
        let facts: Vec<usize> = self.facts.iter().map(|f| f.numerator.at).collect();
        for fact in facts {
            let divisor = self.list[fact].clone();
            if divisor.value().is_some() || rest.value().is_some() {
                continue;
            }
            let mut odd = false;
            let mut divides = false;
            while let Some(quotient) = rest.divided_by(&divisor) {
                rest = quotient;
                (odd, divides) = (!odd, true);
            }
            if divides {
                factors.push((fact, odd));
            }
        }
        (!factors.is_empty()).then(|| (self.at(&rest), factors))
    }

    /// Quotients in `logic` are compared with the facts.
    fn compare(&mut self, logic: &mut Logic) {
        match logic {
            Logic::All(parts) | Logic::Any(parts) => parts.iter_mut().for_each(|p| self.compare(p)),
            Logic::Open => {}
            Logic::Atom(quotient) => {
                let own = self.list[quotient.numerator.at].clone();
                let facts: Vec<usize> = self.facts.iter().map(|f| f.numerator.at).collect();
                let beside = facts.into_iter().map(|fact| {
                    let other = self.list[fact].clone();
                    let plus = |k: i32| own.plus(&BigRational::from(BigInt::from(k)), &other);
                    let useful = own.value().is_none() && other.value().is_none();
                    useful.then(|| [-1, 1].map(|k| self.at(&plus(k))))
                });
                quotient.beside = beside.collect();
            }
        }
    }

    fn logic(&mut self, formula: &Formula) -> Logic {
        match formula {
            Formula::Atom(sign, term) => match self.expander.expand(term) {
                Some(fraction) => Logic::Atom(self.quotient(*sign, &fraction)),
                None => Logic::Open,
            },
            Formula::All(parts) => Logic::All(parts.iter().map(|p| self.logic(p)).collect()),
            Formula::Any(parts) => Logic::Any(parts.iter().map(|p| self.logic(p)).collect()),
            Formula::Open => Logic::Open,
        }
    }

    /// The numerators of terms; `None` for one that is no quotient of polynomials.
    fn numerators(&mut self, terms: &[Term]) -> Vec<Option<usize>> {
        let mut all = Vec::new();
        for term in terms {
            let fraction = self.expander.expand(term);
            all.push(fraction.map(|f| self.at(&f.numerator).at));
        }
        all
    }
}

/// The parts that must all hold.
fn flat(formula: Formula, into: &mut Vec<Formula>) {
    match formula {
        Formula::All(parts) => parts.into_iter().for_each(|part| flat(part, into)),
        Formula::Any(mut parts) if parts.len() == 1 => flat(parts.remove(0), into),
        other => into.push(other),
    }
}

impl Plan {
    /// The plan, and whether the hypotheses say all that is asserted, on whatever box. `compared` says whether
    /// what is asserted is compared with them.
    fn of(sentence: &Sentence, compared: bool) -> Result<(Self, bool), String> {
        let axes = sentence.axes.len();
        if axes > LETTERS.len() {
            return Err(format!("{axes} numbers are too many"));
        }
        let expander = Expander::new(sentence.axes.iter().map(|a| &a.ends).collect());
        let (table, list, facts) = (BTreeMap::new(), Vec::new(), Vec::new());
        let mut planner = Planner { expander, table, list, facts };
        let mut given = Vec::new();
        for formula in &sentence.given {
            flat(formula.plain(), &mut given);
        }
        let mut alternatives = Vec::new();
        for formula in &given {
            match planner.logic(formula) {
                Logic::Atom(fact) => planner.facts.push(fact),
                other => alternatives.push(other),
            }
        }
        let mut asserted: Vec<Logic> =
            sentence.asserted.iter().map(|f| planner.logic(&f.plain())).collect();
        if asserted.iter().any(Logic::is_open) {
            return Err("what is asserted is not written in polynomials".into());
        }
        let divides_given = planner.numerators(&sentence.divides_given).into_iter().flatten();
        let divides_given = divides_given.collect();
        let not_zero: Option<Vec<usize>> =
            planner.numerators(&sentence.not_zero).into_iter().collect();
        let not_zero = not_zero.ok_or("a divisor is no polynomial")?;
        let own = planner.list.len();
        if compared {
            for logic in &mut asserted {
                planner.compare(logic);
            }
        }
        // `x > 0` and `x < 1`, up to a factor, of the unit cube.
        let ends = |k: usize| {
            [Polynomial::variable(k, axes), Polynomial::one_minus(k, axes)].map(|end| {
                let (end, turn) = end.primitive();
                let found = planner.table.get(&end);
                found.is_some_and(|at| planner.facts.iter().any(|f| f.says_positive(*at, turn)))
            })
        };
        let excluded = (0..axes).map(ends).collect();
        let facts = planner.facts;
        let mut plan = Plan {
            axes,
            polynomials: Vec::new(),
            facts,
            alternatives,
            asserted,
            divides_given,
            not_zero,
            own,
            excluded,
        };
        // Numbers have signs without a box, and hypotheses may say the rest.
        let mut signs: Vec<Signs> = planner.list.iter().map(sign_of).collect();
        if plan.look(&signs.clone(), &[], &mut signs) == Seen::Holds {
            plan.polynomials = vec![([Vec::new(), Vec::new()], Vec::new()); planner.list.len()];
            return Ok((plan, true));
        }
        for polynomial in &planner.list {
            let tensor = polynomial.bernstein(axes).ok_or("a polynomial of too high a degree")?;
            plan.polynomials.push((tensor.fixed(), tensor.sizes));
        }
        Ok((plan, false))
    }

    /// What the signs of the polynomials on a box say; those of `off_zero` are not zero where the
    /// hypotheses hold.
    fn look(&self, on_box: &[Signs], off_zero: &[usize], signs: &mut Vec<Signs>) -> Seen {
        signs.clear();
        signs.extend_from_slice(on_box);
        for &at in off_zero {
            signs[at] &= !ZERO;
        }
        for &at in &self.divides_given {
            signs[at] &= !ZERO;
        }
        // What one hypothesis says may tell the sign of another's denominator.
        for _ in 0..=self.facts.len() {
            let mut changed = false;
            for fact in &self.facts {
                let Some(turn) = fact.orientation(signs) else { continue };
                let allowed = match fact.sign {
                    Sign::Positive => POSITIVE,
                    Sign::NotNegative => POSITIVE | ZERO,
                };
                let old = signs[fact.numerator.at];
                let new = old & turned(allowed, turn != fact.numerator.turn);
                signs[fact.numerator.at] = new;
                changed |= new != old;
            }
            if !changed {
                break;
            }
        }
        if signs.contains(&0)
            || self.alternatives.iter().any(|h| h.holds(signs, &self.facts) == Some(false))
        {
            return Seen::Outside;
        }
        if self.not_zero.iter().any(|&at| signs[at] & ZERO != 0) {
            return Seen::Open;
        }
        let mut all = Some(true);
        for side in &self.asserted {
            match side.holds(signs, &self.facts) {
                Some(true) => {}
                Some(false) => {
                    all = Some(false);
                    break;
                }
                None => all = None,
            }
        }
        match all {
            Some(true) => Seen::Holds,
            // Only where the hypotheses certainly hold, whatever they say of each other.
            Some(false) if self.is_met(on_box) => Seen::Fails,
            _ => Seen::Open,
        }
    }

    fn is_met(&self, on_box: &[Signs]) -> bool {
        let facts = self.facts.iter().all(|fact| fact.holds(on_box) == Some(true));
        facts
            && self.alternatives.iter().all(|h| h.holds(on_box, &[]) == Some(true))
            && self.divides_given.iter().all(|&at| on_box[at] & ZERO == 0)
    }
}

/// What a box comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    Holds = 0,
    Outside = 1,
    Fails = 2,
    Open = 3,
}

/// Of a polynomial without a box.
fn sign_of(polynomial: &Polynomial) -> Signs {
    match polynomial.value() {
        None => ANY,
        Some(x) if x.is_zero() => ZERO,
        Some(x) if x.is_negative() => NEGATIVE,
        Some(_) => POSITIVE,
    }
}

impl Quotient {
    /// Whether it says that a polynomial, or minus it, is positive.
    fn says_positive(&self, at: usize, turn: bool) -> bool {
        self.sign == Sign::Positive
            && self.numerator == Turned { at, turn }
            && self.denominator.is_empty()
    }

    /// Whether the denominator is negative; `None` where it may be either.
    fn orientation(&self, signs: &[Signs]) -> Option<bool> {
        let mut turn = false;
        for &factor in &self.denominator {
            match signs[factor] {
                POSITIVE => {}
                NEGATIVE => turn = !turn,
                _ => return None,
            }
        }
        Some(turn)
    }

    /// The signs of the numerator.
    fn own(&self, signs: &[Signs]) -> Signs {
        let own = self.numerator.signs(signs);
        let Some((rest, factors)) = &self.product else { return own };
        let whole = factors.iter().fold(rest.signs(signs), |product, (factor, odd)| {
            let factor = signs[*factor];
            let even = factor & ZERO | if factor == ZERO { 0 } else { POSITIVE };
            multiplied(product, if *odd { factor } else { even })
        });
        own & whole
    }

    fn holds(&self, signs: &[Signs]) -> Option<bool> {
        let own = self.own(signs);
        let own = match self.orientation(signs) {
            Some(turn) => turned(own, turn),
            None if own & (NEGATIVE | POSITIVE) == 0 => own,
            None => return None,
        };
        let (good, bad) = match self.sign {
            Sign::Positive => (POSITIVE, ZERO | NEGATIVE),
            Sign::NotNegative => (POSITIVE | ZERO, NEGATIVE),
        };
        match (own & good, own & bad) {
            (_, 0) => Some(true),
            (0, _) => Some(false),
            _ => None,
        }
    }

    /// Whether it is at least as large as something that a fact says is positive.
    fn exceeds(&self, signs: &[Signs], facts: &[Quotient]) -> bool {
        let Some(turn) = self.orientation(signs) else { return false };
        let own = turn != self.numerator.turn;
        facts.iter().zip(&self.beside).any(|(fact, beside)| {
            let strict = fact.sign == Sign::Positive || self.sign == Sign::NotNegative;
            let (Some([difference, sum]), Some(turn)) = (beside, fact.orientation(signs)) else {
                return false;
            };
            let other = turn != fact.numerator.turn;
            // ±p - ±q is ±(p - q), or ±(p + q).
            let apart = if own == other { difference } else { sum };
            let apart = turned(apart.signs(signs), own);
            strict && apart & NEGATIVE == 0
        })
    }
}

impl Logic {
    fn is_open(&self) -> bool {
        match self {
            Logic::Atom(_) => false,
            Logic::All(parts) => parts.iter().any(Logic::is_open),
            Logic::Any(parts) => !parts.is_empty() && parts.iter().all(Logic::is_open),
            Logic::Open => true,
        }
    }

    fn holds(&self, signs: &[Signs], facts: &[Quotient]) -> Option<bool> {
        let joined = |parts: &[Logic], decisive: bool| {
            let mut known = Some(!decisive);
            for part in parts {
                match part.holds(signs, facts) {
                    Some(x) if x == decisive => return Some(decisive),
                    None => known = None,
                    Some(_) => {}
                }
            }
            known
        };
        match self {
            Logic::Atom(q) => match q.holds(signs) {
                None if q.exceeds(signs, facts) => Some(true),
                known => known,
            },
            Logic::All(parts) => joined(parts, false),
            Logic::Any(parts) => joined(parts, true),
            Logic::Open => None,
        }
    }
}

/// Halvings along one axis: the index of a box fits 64 bits.
const FINEST: u32 = 60;

/// Index of a box on every axis, and halvings.
type Place = Vec<(u64, u32)>;

/// One pass through the boxes, depth first.
struct Pass<'p> {
    plan: &'p Plan,
    /// Where the coefficients of each polynomial start in those of a box, and how many there are: lower
    /// bounds first, then as many upper bounds.
    spans: Vec<(usize, usize)>,
    stride: usize,
    /// Of the boxes that wait, one after the other: halvings; index and halvings on every axis; signs;
    /// coefficients.
    depths: Vec<u32>,
    places: Vec<(u64, u32)>,
    signs: Vec<Signs>,
    coefficients: Vec<i64>,
    // What was found.
    boxes: u64,
    leaves: [u64; 4],
    /// How many leaves of each kind lie how deep.
    counts: [Vec<u64>; 4],
    tree: String,
    suspects: [Vec<(u32, Place)>; 2],
    /// Least and greatest ends of what is undecided, in units of `2^-60`.
    around: Option<Vec<[u64; 2]>>,
}

impl<'p> Pass<'p> {
    /// `None` where it would look at more boxes than `budget`.
    fn run(plan: &'p Plan, depth: u32, budget: u64) -> Option<Self> {
        let mut pass = Pass::start(plan);
        let budget = budget.min(MOST_LOOKED_AT / pass.stride.max(1) as u64);
        let (mut known, mut off_zero) = (Vec::new(), Vec::new());
        while let Some(&at_depth) = pass.depths.last() {
            pass.boxes += 1;
            if pass.boxes > budget {
                return None;
            }
            pass.sign();
            pass.off_zero(&mut off_zero);
            let here = pass.signs.len() - plan.polynomials.len();
            let seen = plan.look(&pass.signs[here..], &off_zero, &mut known);
            match pass.axis().filter(|_| seen == Seen::Open && at_depth < depth) {
                Some(axis) => pass.halve(axis),
                None => pass.leaf(seen),
            }
        }
        Some(pass)
    }

    fn start(plan: &'p Plan) -> Self {
        let (mut spans, mut coefficients) = (Vec::new(), Vec::new());
        for ([low, high], _) in &plan.polynomials {
            spans.push((coefficients.len(), low.len()));
            coefficients.extend(low);
            coefficients.extend(high);
        }
        Pass {
            plan,
            spans,
            stride: coefficients.len(),
            depths: vec![0],
            places: vec![(0, 0); plan.axes],
            signs: vec![ANY; plan.polynomials.len()],
            coefficients,
            boxes: 0,
            leaves: [0; 4],
            counts: Default::default(),
            tree: String::new(),
            suspects: Default::default(),
            around: None,
        }
    }

    /// Whether the sign is one, so that it is the same on every part of the box.
    fn is_settled(signs: Signs) -> bool {
        signs.is_power_of_two()
    }

    /// The signs on the box that is next.
    fn sign(&mut self) {
        let own = self.coefficients.len() - self.stride;
        let here = self.signs.len() - self.spans.len();
        for (signs, (start, n)) in self.signs[here..].iter_mut().zip(&self.spans) {
            if Self::is_settled(*signs) {
                continue;
            }
            let (low, high) = self.coefficients[own + start..own + start + 2 * n].split_at(*n);
            let least = low.iter().fold(i64::MAX, |m, x| m.min(*x));
            let most = high.iter().fold(i64::MIN, |m, x| m.max(*x));
            let may = |possible: bool, sign: Signs| if possible { sign } else { 0 };
            *signs = may(least < 0, NEGATIVE)
                | may(least <= 0 && most >= 0, ZERO)
                | may(most > 0, POSITIVE);
        }
    }

    /// Polynomials that vanish on the next box only where the hypotheses exclude the ends of ranges.
    fn off_zero(&self, found: &mut Vec<usize>) {
        found.clear();
        let place = &self.places[self.places.len() - self.plan.axes..];
        let kept =
            self.plan.excluded.iter().zip(place).map(|([lower, upper], (k, n))| {
                [!(*lower && *k == 0), !(*upper && *k + 1 == 1 << n)]
            });
        let kept: Vec<[bool; 2]> = kept.collect();
        if kept.iter().flatten().all(|kept| *kept) {
            return;
        }
        let own = self.coefficients.len() - self.stride;
        let here = self.signs.len() - self.spans.len();
        for (at, (signs, (start, n))) in self.signs[here..].iter().zip(&self.spans).enumerate() {
            let sizes = &self.plan.polynomials[at].1;
            let certain = match *signs {
                POSITIVE_OR_ZERO => &self.coefficients[own + start..own + start + n],
                NEGATIVE_OR_ZERO => &self.coefficients[own + start + n..own + start + 2 * n],
                _ => continue,
            };
            if on_every_face(certain, sizes, &kept) {
                found.push(at);
            }
        }
    }

    /// Along which axis the next box is halved: where the polynomials whose signs are open change most,
    /// those that a quotient is compared by left out. `None` where it is too small.
    fn axis(&self) -> Option<usize> {
        let own = self.coefficients.len() - self.stride;
        let here = self.signs.len() - self.spans.len();
        let place = &self.places[self.places.len() - self.plan.axes..];
        let mut scores = vec![0.0_f64; self.plan.axes];
        let all = self.signs[here..].iter().zip(&self.spans).zip(&self.plan.polynomials);
        for ((signs, (start, n)), (_, sizes)) in all.take(self.plan.own) {
            if Self::is_settled(*signs) || *n == 1 {
                continue;
            }
            let low = &self.coefficients[own + start..own + start + n];
            let mut inner = *n;
            for (axis, count) in sizes.iter().enumerate() {
                inner /= count;
                if *count == 1 {
                    continue;
                }
                let steps = low.chunks(count * inner).flat_map(|block| {
                    block.iter().zip(&block[inner..]).map(|(x, y)| (x - y).unsigned_abs())
                });
                let largest = steps.fold(0, u64::max) as f64;
                scores[axis] += largest * (*count - 1) as f64;
            }
        }
        let free = (0..self.plan.axes).filter(|k| place[*k].1 < FINEST);
        // Where nothing tells them apart, the one that was halved least.
        free.reduce(|best, k| {
            let better = scores[k] > scores[best]
                || (scores[k] >= scores[best] && place[k].1 < place[best].1);
            if better { k } else { best }
        })
    }

    /// The upper half takes the place of the box that is next, the lower half comes after it, so that it is
    /// looked at first.
    fn halve(&mut self, axis: usize) {
        self.tree.push(char::from(LETTERS[axis]));
        let depth = self.depths.last_mut().expect("a box");
        *depth += 1;
        let depth = *depth;
        self.depths.push(depth);
        let from = self.places.len() - self.plan.axes;
        self.places.extend_from_within(from..);
        for (half, start) in [(1, from), (0, from + self.plan.axes)] {
            let (index, halvings) = &mut self.places[start + axis];
            *index = 2 * *index + half;
            *halvings += 1;
        }
        let from = self.signs.len() - self.spans.len();
        self.signs.extend_from_within(from..);
        let own = self.coefficients.len() - self.stride;
        self.coefficients.extend_from_within(own..);
        let (upper, lower) = self.coefficients[own..].split_at_mut(self.stride);
        for (k, (start, n)) in self.spans.iter().enumerate() {
            let sizes = &self.plan.polynomials[k].1;
            if Self::is_settled(self.signs[from + k]) || sizes[axis] == 1 {
                continue;
            }
            let inner = sizes[axis + 1..].iter().product();
            let [low, high] = [*start..start + n, start + n..start + 2 * n];
            let shape = (sizes[axis], inner);
            subdivide(&mut upper[low.clone()], &mut lower[low], shape, floor_of_mean);
            subdivide(&mut upper[high.clone()], &mut lower[high], shape, ceiling_of_mean);
        }
    }

    fn leaf(&mut self, seen: Seen) {
        let kind = seen as usize;
        self.tree.push(['+', '-', '!', '?'][kind]);
        self.leaves[kind] += 1;
        let depth = self.depths.pop().expect("a box");
        let counts = &mut self.counts[kind];
        counts.resize(counts.len().max(depth as usize + 1), 0);
        counts[depth as usize] += 1;
        let place = self.places.split_off(self.places.len() - self.plan.axes);
        self.signs.truncate(self.signs.len() - self.spans.len());
        self.coefficients.truncate(self.coefficients.len() - self.stride);
        if seen == Seen::Open {
            let ends = place.iter().map(|(k, n)| [k << (FINEST - n), (k + 1) << (FINEST - n)]);
            match &mut self.around {
                Some(around) => {
                    for (sum, [lo, hi]) in around.iter_mut().zip(ends) {
                        *sum = [sum[0].min(lo), sum[1].max(hi)];
                    }
                }
                None => self.around = Some(ends.collect()),
            }
        }
        if let Seen::Fails | Seen::Open = seen {
            let suspects = &mut self.suspects[usize::from(seen == Seen::Open)];
            // The largest ones, the earliest of one size.
            let at = suspects.partition_point(|(known, _)| *known <= depth);
            suspects.insert(at, (depth, place));
            suspects.truncate(SUSPECTS);
        }
    }

    /// In terms of the ranges.
    fn told(self, sentence: &Sentence) -> Cover {
        let two_to = |n: u32| BigRational::new(BigInt::one(), BigInt::one() << n);
        let volume = |kind: usize| {
            let counts = self.counts[kind].iter().zip(0..);
            counts.fold(BigRational::zero(), |sum, (n, depth)| {
                sum + BigRational::from(BigInt::from(*n)) * two_to(depth)
            })
        };
        let [proved, vacuous, refuted, undecided] = [0, 1, 2, 3].map(volume);
        let at = |axis: &Axis, k: u64, halvings: u32| {
            let [lo, hi] = &axis.ends;
            lo + (hi - lo) * BigRational::from(BigInt::from(k)) * two_to(halvings)
        };
        let axes = &sentence.axes;
        let around = self.around.map(|around| {
            let ends = axes.iter().zip(around);
            ends.map(|(axis, ends)| ends.map(|end| at(axis, end, FINEST))).collect()
        });
        let boxed = |(_, place): &(u32, Place)| {
            let ends = axes.iter().zip(place);
            ends.map(|(axis, (k, n))| [*k, k + 1].map(|k| at(axis, k, *n))).collect()
        };
        Cover {
            axes: axes.clone(),
            volumes: Volumes { proved, vacuous, refuted, undecided },
            boxes: self.boxes,
            looked_at: self.boxes,
            leaves: self.leaves,
            suspects: self.suspects.iter().flatten().map(boxed).collect(),
            tree: self.tree,
            around,
        }
    }
}

/// Whether each smallest face that is left has a coefficient other than zero. Every point of the box that
/// is not excluded lies inside a face that contains such a one, and there all Bernstein polynomials of the
/// face are positive.
fn on_every_face(coefficients: &[i64], sizes: &[usize], kept: &[[bool; 2]]) -> bool {
    // A coordinate with both ends left lies in faces at both; with one, at this one; with none, inside.
    let ends = kept.iter().zip(sizes).map(|(kept, n)| match (kept, n) {
        (_, 1) | ([false, false], _) => vec![None],
        ([true, false], _) => vec![Some(0)],
        ([false, true], n) => vec![Some(n - 1)],
        ([true, true], n) => vec![Some(0), Some(n - 1)],
    });
    let faces = ends.fold(vec![Vec::new()], |faces: Vec<Vec<Option<usize>>>, ends| {
        let longer = |face: &Vec<Option<usize>>| {
            ends.iter().map(|end| [face.clone(), vec![*end]].concat()).collect::<Vec<_>>()
        };
        faces.iter().flat_map(longer).collect()
    });
    faces.iter().all(|face| {
        coefficients.iter().enumerate().any(|(at, x)| {
            let mut rest = at;
            let mut on_face = |(n, end): (&usize, &Option<usize>)| {
                let index = rest % n;
                rest /= n;
                end.is_none_or(|end| end == index)
            };
            *x != 0 && sizes.iter().zip(face).rev().all(&mut on_face)
        })
    })
}

fn floor_of_mean(x: i64, y: i64) -> i64 {
    (x & y) + ((x ^ y) >> 1)
}

fn ceiling_of_mean(x: i64, y: i64) -> i64 {
    (x | y) - ((x ^ y) >> 1)
}

/// De Casteljau's algorithm along one axis with `n` coefficients, `inner` apart: both parts hold the
/// coefficients on the whole, and are left with those on the upper and on the lower half.
#[inline]
fn subdivide(
    upper: &mut [i64],
    lower: &mut [i64],
    (n, inner): (usize, usize),
    mean: impl Fn(i64, i64) -> i64,
) {
    for (upper, lower) in upper.chunks_mut(n * inner).zip(lower.chunks_mut(n * inner)) {
        for step in 1..n {
            for row in 0..n - step {
                let (own, next) = upper[row * inner..(row + 2) * inner].split_at_mut(inner);
                for (x, y) in own.iter_mut().zip(next) {
                    *x = mean(*x, *y);
                }
            }
            lower[step * inner..(step + 1) * inner].copy_from_slice(&upper[..inner]);
        }
    }
}

#[cfg(test)]
mod tests;
