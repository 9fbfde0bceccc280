//! How many zeros $dJ_i/d\lambda$ has along a parameter, and where: counted, not searched for.
//!
//! The range is covered by pieces on each of which the function certainly has one sign, or its derivative
//! has: both are enclosed by one pass in [`Slope`]s over [`Interval`]. Between two pieces with signs
//! the function is monotone, so that signs at both ends decide whether there is one zero or none.
//! Interval Newton steps then enclose it. A zero at which the derivative vanishes too is never counted:
//! no piece around it can be classified, and that is said.

use super::place::{Place, has_weights, is_strongly_convex};
use super::{Certificate, Proof, decimals};
use crate::claim::{StatedZero, Sweep};
use crate::influence::sweep::Along;
use crate::scalar::{Exact, Interval, Real, Scalar, Slope, decimal};
use crate::systems::shipped;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A range is halved at most this often.
const DEPTH: u32 = 40;

/// Pieces looked at before a cover is given up.
const PIECES: usize = 5_000;

/// Steps in which a zero is enclosed; bisection alone takes 50.
const STEPS: usize = 100;

/// What the zeros of one $dJ_i/d\lambda$ are sought along.
#[derive(Clone, Debug)]
pub struct Line {
    /// The loop.
    pub place: Place,
    /// What moves.
    pub along: Along,
    /// From here to there, both included.
    pub ends: [BigRational; 2],
    /// Position of the model.
    pub model: usize,
}

/// What is certain on a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shows {
    /// The function is positive.
    Positive,
    /// The function is negative.
    Negative,
    /// The derivative is positive.
    Rising,
    /// The derivative is negative.
    Falling,
}

/// A part of the range: it begins where the one before ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its upper end.
    pub to: BigRational,
    /// What is certain on it, ends included.
    pub shows: Shows,
}

/// One zero, and no other in the same enclosure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnclosedZero {
    /// Lower end; equal to the upper one where the zero is an end of the range.
    pub lo: BigRational,
    /// Upper end.
    pub hi: BigRational,
    /// From negative to positive.
    pub rising: bool,
}

/// All zeros on a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zeros {
    /// The cover, in increasing order.
    pub pieces: Vec<Piece>,
    /// The zeros, in increasing order.
    pub zeros: Vec<EnclosedZero>,
    /// Whether the function is positive at the lower end.
    pub starts_positive: bool,
}

/// A function written once, read in every arithmetic; `None` where it has no value.
trait Formula {
    fn at<S: Scalar>(&self, x: &S) -> Option<S>;
}

impl Formula for Line {
    fn at<S: Scalar>(&self, x: &S) -> Option<S> {
        let system = self.place.system_along(&self.along, x).ok()?;
        let (_, mut answers) = self.place.influences(&system).ok()?;
        Some(answers.swap_remove(self.model))
    }
}

impl Line {
    /// All zeros, with a certificate.
    ///
    /// # Errors
    /// Where it cannot be shown, with the piece; a range on which the loop is none.
    pub fn zeros(&self) -> Result<(Zeros, Certificate), String> {
        self.is_sound()?;
        let found =
            count(self, &self.ends).map_err(|why| format!("{why} of {}", self.place.name()))?;
        let certificate = Certificate {
            method: "interval arithmetic on a cover, with derivatives",
            domain: self.over(&found),
            comparisons: found.pieces.len() + 2 * found.zeros.len(),
            proof: self.proof(&found),
        };
        Ok((found, certificate))
    }

    /// What a claim about a shipped system is about.
    ///
    /// # Errors
    /// If there is no such system, parameter or number.
    pub fn stated(along: &Sweep, model: usize) -> Result<Self, String> {
        let file = shipped::get(along.system).map_err(|e| e.to_string())?;
        let end = |x: &str| decimal(x).ok_or_else(|| format!("`{x}` is not a number"));
        let ends = [end(along.ends[0])?, end(along.ends[1])?];
        let place = Place::new(file, vec![], None)?;
        Ok(Line { place, along: Along::Parameter(along.parameter.into()), ends, model })
    }

    /// Weights and Hessians are affine in what moves: what holds at both ends holds between.
    pub(super) fn is_sound(&self) -> Result<(), String> {
        let [lo, hi] = &self.ends;
        if lo >= hi {
            return Err(format!("the range from {lo} to {hi} is empty"));
        }
        if let Some(why) = self.place.without_knob() {
            return Err(why.to_owned());
        }
        for end in &self.ends {
            let system = self.place.system_along(&self.along, &Exact::from(end.clone()));
            let system = system.map_err(|e| e.to_string())?;
            is_strongly_convex(&system)?;
            has_weights(&system)?;
        }
        Ok(())
    }

    /// The place and the range.
    pub fn domain(&self) -> String {
        let [lo, hi] = self.ends.each_ref().map(decimals::text);
        format!("{} in [{lo}, {hi}], {}", self.variable(), self.place.name())
    }

    /// The same with the size of the cover.
    pub(super) fn over(&self, found: &Zeros) -> String {
        format!("{}, {} pieces", self.domain(), found.pieces.len())
    }

    /// The name of what moves.
    pub fn variable(&self) -> &str {
        match &self.along {
            Along::Parameter(name) => name,
            Along::Share => "share",
        }
    }

    /// `dJ_q/dlambda`.
    pub fn function(&self) -> String {
        format!("dJ_{}/dlambda", self.place.file().model_names()[self.model])
    }

    /// In one sentence.
    pub fn sentence(&self, found: &Zeros) -> String {
        let sign = |positive: bool| if positive { "positive" } else { "negative" };
        let (function, domain) = (self.function(), self.domain());
        let head = match found.zeros.len() {
            0 => return format!("{function} is {} for {domain}", sign(found.starts_positive)),
            1 => "exactly one zero".to_owned(),
            many => format!("exactly {many} zeros"),
        };
        let zero = |zero: &EnclosedZero| {
            let [lo, hi] = [&zero.lo, &zero.hi].map(decimals::text);
            let way = if zero.rising { "rising" } else { "falling" };
            if lo == hi { format!("at {lo} ({way})") } else { format!("in [{lo}, {hi}] ({way})") }
        };
        let zeros: Vec<String> = found.zeros.iter().map(zero).collect();
        format!("{function} has {head} for {domain}: {}", zeros.join(", "))
    }

    fn proof(&self, found: &Zeros) -> Proof {
        let piece = |p: &Piece| (decimals::text(&p.to), p.shows);
        let zero = |z: &EnclosedZero| [decimals::text(&z.lo), decimals::text(&z.hi)];
        Proof::Zeros {
            values: texts(self.place.values()),
            share: self.place.share().map(decimals::text),
            along: self.along.clone(),
            ends: self.ends.each_ref().map(decimals::text),
            model: self.place.file().model_names()[self.model].to_owned(),
            pieces: found.pieces.iter().map(piece).collect(),
            zeros: found.zeros.iter().map(zero).collect(),
        }
    }
}

impl Zeros {
    /// Whether these are the zeros that a claim states, and no others.
    pub fn are(&self, stated: &[StatedZero]) -> bool {
        let within = decimal(StatedZero::WITHIN);
        let near = |(found, stated): (&EnclosedZero, &StatedZero)| {
            let (Some(near), Some(within)) = (decimal(stated.near), &within) else { return false };
            &near - within <= found.lo
                && found.hi <= &near + within
                && found.rising == stated.rising
        };
        self.zeros.len() == stated.len() && self.zeros.iter().zip(stated).all(near)
    }
}

/// Names with their numbers as texts.
pub(super) fn texts(values: &[(String, BigRational)]) -> Vec<(String, String)> {
    values.iter().map(|(name, x)| (name.clone(), decimals::text(x))).collect()
}

/// Counts and encloses the zeros of `f` between two numbers.
fn count(f: &impl Formula, ends: &[BigRational; 2]) -> Result<Zeros, String> {
    let pieces = cover(f, ends)?;
    let mut zeros = Vec::new();
    let mut from = 0;
    while from < pieces.len() {
        let shows = pieces[from].shows;
        let Some(rising) = shows.slope() else {
            from += 1;
            continue;
        };
        // Neighbours have the derivative at their common end in common, so its sign too.
        let run = pieces[from..].iter().take_while(|p| p.shows == shows).count();
        let to = from + run;
        let lower = if from == 0 { &ends[0] } else { &pieces[from - 1].to };
        let upper = &pieces[to - 1].to;
        let before = from.checked_sub(1).and_then(|k| pieces[k].shows.sign());
        let after = pieces.get(to).and_then(|p| p.shows.sign());
        let signs = [(before, lower), (after, upper)]
            .map(|(known, x)| known.map_or_else(|| sign(f, x), Ok));
        let [before, after] = signs;
        let (before, after) = (before?, after?);
        let at = |x: &BigRational| EnclosedZero { lo: x.clone(), hi: x.clone(), rising };
        if before == Ordering::Equal {
            zeros.push(at(lower));
        } else if after == Ordering::Equal {
            zeros.push(at(upper));
        } else if before != after {
            let [lo, hi] = enclose(f, lower, upper, before)?;
            zeros.push(EnclosedZero { lo, hi, rising });
        }
        from = to;
    }
    let starts_positive = match pieces[0].shows.sign() {
        Some(sign) => sign == Ordering::Greater,
        None => sign(f, &ends[0])? == Ordering::Greater,
    };
    Ok(Zeros { pieces, zeros, starts_positive })
}

impl Shows {
    /// The sign of the function, if that is what is certain.
    pub(super) fn sign(self) -> Option<Ordering> {
        match self {
            Shows::Positive => Some(Ordering::Greater),
            Shows::Negative => Some(Ordering::Less),
            Shows::Rising | Shows::Falling => None,
        }
    }

    /// Whether the function rises, if it is the derivative that is certain.
    pub(super) fn slope(self) -> Option<bool> {
        match self {
            Shows::Positive | Shows::Negative => None,
            Shows::Rising => Some(true),
            Shows::Falling => Some(false),
        }
    }
}

/// The pieces of a cover, in order.
fn cover(f: &impl Formula, [lo, hi]: &[BigRational; 2]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut open = vec![(lo.clone(), hi.clone(), 0)];
    let mut looks = 0;
    while let Some((from, to, depth)) = open.pop() {
        looks += 1;
        if let Some(shows) = classify(f, between(&from, &to)) {
            pieces.push(Piece { to, shows });
            continue;
        }
        match short_middle(&from, &to) {
            Some(middle) if depth < DEPTH && looks < PIECES => {
                // The lower half last, so that it is looked at first: pieces come in order.
                open.push((middle.clone(), to, depth + 1));
                open.push((from, middle, depth + 1));
            }
            _ => {
                let [from, to] = [&from, &to].map(decimals::text);
                return Err(format!("undecided on [{from}, {to}]"));
            }
        }
    }
    Ok(pieces)
}

fn classify(f: &impl Formula, x: Interval) -> Option<Shows> {
    let known = |y: Interval| y.size().is_finite();
    let y = f.at(&Slope::variable(x, 0, 1))?;
    let (value, slope) = (*y.value(), y.along(0));
    if !known(value) || !known(slope) {
        return None;
    }
    let sign = |y: Interval| match (y.is_above_zero(), y.is_below_zero()) {
        (true, _) => Some(Shows::Positive),
        (_, true) => Some(Shows::Negative),
        _ => None,
    };
    sign(value)
        .or_else(|| slope.is_above_zero().then_some(Shows::Rising))
        .or_else(|| slope.is_below_zero().then_some(Shows::Falling))
        .or_else(|| {
            // f(x) = f(c) + f'(ξ)(x - c): narrower where the piece is.
            let middle = Interval::point(x.middle());
            sign(f.at(&middle)? + slope * (x - middle))
        })
}

/// The sign of `f` at `x`, exact where intervals cannot tell.
fn sign(f: &impl Formula, x: &BigRational) -> Result<Ordering, String> {
    if let Some(sign) = sign_by_intervals(f, x) {
        return Ok(sign);
    }
    let y = f.at(&Exact::from(x.clone()));
    let y = y.as_ref().and_then(Exact::point);
    let y = y.ok_or_else(|| format!("undecided at {}", decimals::text(x)))?;
    Ok(y.cmp(&BigRational::zero()))
}

fn sign_by_intervals(f: &impl Formula, x: &BigRational) -> Option<Ordering> {
    let y = f.at(&Interval::from_rational(x))?;
    match (y.is_above_zero(), y.is_below_zero()) {
        (true, _) => Some(Ordering::Greater),
        (_, true) => Some(Ordering::Less),
        _ => None,
    }
}

/// Ends of opposite signs around the zero of a function that is monotone from `lo` to `hi`; `before` is
/// its sign at `lo`.
fn enclose(
    f: &impl Formula,
    lo: &BigRational,
    hi: &BigRational,
    before: Ordering,
) -> Result<[BigRational; 2], String> {
    let mut x = between(lo, hi);
    for _ in 0..STEPS {
        let Some(next) = newton(f, x).or_else(|| bisect(f, x, before)) else { break };
        x = next;
    }
    // Decimals a little outside, where signs can be told again.
    let mut slack = Interval::point(f64::EPSILON * x.size().max(f64::MIN_POSITIVE));
    for _ in 0..60 {
        let wide = Interval::new(
            (Interval::point(x.lo()) - slack).lo(),
            (Interval::point(x.hi()) + slack).hi(),
        );
        let [from, to] = decimals::outward(wide).ok_or("the zero is not bounded")?;
        let (from, to) = (from.max(lo.clone()), to.min(hi.clone()));
        let seen = |at: &BigRational, end: &BigRational, known: Ordering| {
            at == end || sign_by_intervals(f, at) == Some(known)
        };
        if seen(&from, lo, before) && seen(&to, hi, before.reverse()) {
            return Ok([from, to]);
        }
        slack *= Interval::point(2.0);
    }
    Err(format!("undecided next to {}", x.middle()))
}

/// The part of `x` in which a zero may be, at most half as wide; `None` if that is not to be had.
fn newton(f: &impl Formula, x: Interval) -> Option<Interval> {
    let middle = Interval::point(x.middle());
    let slope = f.at(&Slope::variable(x, 0, 1))?.along(0);
    let next = x.meet(middle - f.at(&middle)? / slope)?;
    (next.width() <= 0.5 * x.width()).then_some(next)
}

/// The half of `x` with the zero, where the sign in the middle, or near it, can be told.
fn bisect(f: &impl Formula, x: Interval, before: Ordering) -> Option<Interval> {
    [0.5, 0.375, 0.625].into_iter().find_map(|at| {
        let cut = x.lo() + at * (x.hi() - x.lo());
        let inside = x.lo() < cut && cut < x.hi();
        let sign =
            inside.then(|| sign_by_intervals(f, &BigRational::from_float(cut)?)).flatten()?;
        Some(if sign == before { Interval::new(cut, x.hi()) } else { Interval::new(x.lo(), cut) })
    })
}

/// Both numbers and all between them.
fn between(lo: &BigRational, hi: &BigRational) -> Interval {
    Interval::from_rational(lo).hull(Interval::from_rational(hi))
}

/// A decimal of few digits near the middle of two numbers, strictly between them.
fn short_middle(lo: &BigRational, hi: &BigRational) -> Option<BigRational> {
    let two = BigRational::from_integer(2.into());
    let (middle, width) = (((lo + hi) / two), (hi - lo).to_f64()?);
    #[allow(clippy::cast_possible_truncation, reason = "an exponent of a double")]
    let places = (1.0 - width.log10().floor()) as i32;
    let unit = BigRational::from_integer(10.into()).pow(places);
    let rounded = (middle * &unit).round() / unit;
    (lo < &rounded && &rounded < hi).then_some(rounded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::LoopFile;

    /// A polynomial by its coefficients, constant first.
    struct Polynomial(&'static [&'static str]);

    impl Formula for Polynomial {
        fn at<S: Scalar>(&self, x: &S) -> Option<S> {
            self.0.iter().rev().try_fold(S::zero(), |sum, c| {
                Some(sum * x.clone() + S::from_rational(&decimal(c)?))
            })
        }
    }

    fn rational(x: &str) -> BigRational {
        decimal(x).unwrap()
    }

    fn zeros_of(f: &impl Formula, ends: [&str; 2]) -> Result<Vec<(f64, f64, bool)>, String> {
        let found = count(f, &ends.map(rational))?;
        let float = |x: &BigRational| x.to_f64().unwrap();
        Ok(found.zeros.iter().map(|z| (float(&z.lo), float(&z.hi), z.rising)).collect())
    }

    fn at(found: &[(f64, f64, bool)], expected: &[(f64, bool)]) -> bool {
        let near = |(f, e): (&(f64, f64, bool), &(f64, bool))| {
            f.0 <= e.0 && e.0 <= f.1 && f.1 - f.0 < 1e-12 && f.2 == e.1
        };
        found.len() == expected.len() && found.iter().zip(expected).all(near)
    }

    #[test]
    fn polynomials_by_hand() {
        // x² - 2: √2, and on both sides of 0 two.
        let f = Polynomial(&["-2", "0", "1"]);
        let root = 2f64.sqrt();
        assert!(at(&zeros_of(&f, ["0", "2"]).unwrap(), &[(root, true)]));
        assert!(at(&zeros_of(&f, ["-3", "2"]).unwrap(), &[(-root, false), (root, true)]));
        assert!(at(&zeros_of(&f, ["-1", "1.4"]).unwrap(), &[]));
        // (x - 1/3)(x - 2/3)(x - 1): two inside, one at the end.
        let f = Polynomial(&["-2/9", "11/9", "-2", "1"]);
        let thirds = [(1.0 / 3.0, true), (2.0 / 3.0, false), (1.0, true)];
        assert!(at(&zeros_of(&f, ["0", "2"]).unwrap(), &thirds));
        assert!(at(&zeros_of(&f, ["0", "1"]).unwrap(), &thirds));
        assert!(at(&zeros_of(&f, ["0.5", "1"]).unwrap(), &thirds[1..]));
        let third = count(&f, &["1/3", "0.9"].map(rational)).unwrap().zeros;
        assert_eq!((&third[0].lo, &third[0].hi), (&rational("1/3"), &rational("1/3")));
        assert_eq!(third.len(), 2);
        // The decimal next to a third is on one side of it.
        assert_eq!(zeros_of(&f, ["0", "0.3333333333333333333333"]).unwrap(), []);
        assert_eq!(zeros_of(&f, ["0", "0.3333333333333333333334"]).unwrap().len(), 1);
        // x² + 1 and 1: none.
        assert!(at(&zeros_of(&Polynomial(&["1", "0", "1"]), ["-5", "5"]).unwrap(), &[]));
        assert!(at(&zeros_of(&Polynomial(&["1"]), ["-5", "5"]).unwrap(), &[]));
        let positive =
            |f: &Polynomial| count(f, &["-5", "5"].map(rational)).unwrap().starts_positive;
        assert!(positive(&Polynomial(&["1"])) && !positive(&Polynomial(&["-7", "1"])));
    }

    /// What touches zero is never counted: neither twice, nor once, nor not at all.
    #[test]
    fn double_zeros_and_near_misses() {
        // (x - 1/2)², x³ where the derivative vanishes at the zero, and 0.
        for f in [&["0.25", "-1", "1"][..], &["0", "0", "0", "1"], &["0"]] {
            let told = zeros_of(&Polynomial(f), ["-1", "2"]).unwrap_err();
            assert!(told.starts_with("undecided on ["), "{told}");
        }
        // Moved by 1e-12 up or down there are none or two, and they are found.
        let apart = |c| zeros_of(&Polynomial(c), ["-1", "2"]).map(|found| found.len());
        assert_eq!(apart(&["0.250000000001", "-1", "1"]), Ok(0));
        assert_eq!(apart(&["0.249999999999", "-1", "1"]), Ok(2));
        // By 1e-20: nobody can tell in doubles, and nobody says so.
        for c in
            [&["0.25000000000000000001", "-1", "1"][..], &["0.24999999999999999999", "-1", "1"]]
        {
            let f: &'static [&'static str] = Box::leak(c.to_vec().into_boxed_slice());
            assert!(apart(f).is_err());
        }
    }

    /// 1/x changes sign at 0 and is never zero.
    #[test]
    fn poles_are_no_zeros() {
        struct Reciprocal;
        impl Formula for Reciprocal {
            fn at<S: Scalar>(&self, x: &S) -> Option<S> {
                Some(S::one() / x.clone())
            }
        }
        assert!(zeros_of(&Reciprocal, ["-1", "1"]).unwrap_err().starts_with("undecided on ["));
        assert_eq!(zeros_of(&Reciprocal, ["0.1", "1"]), Ok(vec![]));
    }

    fn line(file: LoopFile, along: Along, ends: [&str; 2], model: usize) -> Line {
        let place = Place::new(file, vec![], None).unwrap();
        Line { place, along, ends: ends.map(rational), model }
    }

    /// θ's curated data is φ's, shifted by 1; φ's is `t θ` and real data with mean 1; both halves.
    const SMALL: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/loops/small.toml"));

    /// At the share λ: θ = λ(φ + 1) and φ = (1 + tθ)/2, so θ = λ(3/2)/(1 - λt/2) = 3λ/(2 - λt), with
    /// derivative 6/(2 - λt)² > 0 in λ. φ' = tθ'/2 and J_q' = (1 - φ)φ' with 1 - φ = (1 - tθ)/2, zero at
    /// t = 0 and at tθ = 1, which is 3λt = 2 - λt: t = 1/(2λ), 1 at λ = 1/2.
    #[test]
    fn a_small_loop_by_hand() {
        let file = || LoopFile::parse(SMALL, "small.toml").unwrap();
        let along_t = || Along::Parameter("t".into());
        let found = |ends, model| {
            let line = line(file(), along_t(), ends, model);
            zeros_of(&line, ends)
        };
        assert_eq!(found(["-1", "1"], 0), Ok(vec![]));
        assert!(at(&found(["-1", "0.9"], 1).unwrap(), &[(0.0, true)]));
        assert!(at(&found(["-1", "1"], 1).unwrap(), &[(0.0, true), (1.0, false)]));
        assert!(at(&found(["0", "1"], 1).unwrap(), &[(0.0, true), (1.0, false)]));
        assert!(at(&found(["0.1", "0.9"], 1).unwrap(), &[]));
        // With t = 3/4 along the share: λ = 1/(2t) = 2/3.
        let place = Place::new(file(), vec![("t".into(), rational("3/4"))], None).unwrap();
        let line = Line { place, along: Along::Share, ends: ["0", "1"].map(rational), model: 1 };
        let (zeros, certificate) = line.zeros().unwrap();
        let float = |x: &BigRational| x.to_f64().unwrap();
        let only = &zeros.zeros[..];
        assert!(only.len() == 1 && !only[0].rising);
        assert!(only[0].lo <= rational("2/3") && rational("2/3") <= only[0].hi);
        assert!(float(&only[0].hi) - float(&only[0].lo) < 1e-14);
        assert!(certificate.summary().contains("share in [0, 1], small at t = 0.75"));
        let sentence = line.sentence(&zeros);
        assert!(
            sentence.starts_with("dJ_q/dlambda has exactly one zero for share in [0, 1]"),
            "{sentence}"
        );
        assert!(sentence.ends_with("(falling)"), "{sentence}");
    }

    #[test]
    fn ranges_without_a_loop_are_refused() {
        let file = || LoopFile::parse(SMALL, "small.toml").unwrap();
        let refused = |along, ends| line(file(), along, ends, 1).zeros().unwrap_err();
        assert!(refused(Along::Share, ["0", "1.1"]).contains("negative"));
        assert!(refused(Along::Share, ["0.5", "0.5"]).contains("empty"));
        let told = refused(Along::Parameter("s".into()), ["0", "1"]);
        assert!(told.contains("no parameter `s`"), "{told}");
        // I - J is singular where λt = 2: at t = 4 with λ = 1/2.
        let told = refused(Along::Parameter("t".into()), ["0.5", "5"]);
        assert!(told.contains("undecided on ["), "{told}");
    }

    /// Numbers measured by other means: Chebyshev interpolants in doubles, and Brent's method.
    #[test]
    fn the_zeros_of_the_papers_system() {
        let line = |share: Option<&str>, along, ends, model| {
            let file = shipped::get("paper-5-1-code").unwrap();
            let place = Place::new(file, vec![], share.map(rational)).unwrap();
            Line { place, along, ends: <[&str; 2]>::map(ends, rational), model }
        };
        let t = || Along::Parameter("t".into());
        for (line, near, rising) in [
            (line(None, t(), ["0.05", "1"], 1), 0.862_152_752_082_4, false),
            (line(Some("0.8"), t(), ["0.05", "1"], 0), 0.390_877_175_974_8, false),
            (line(Some("0.8"), t(), ["0.05", "1"], 1), 0.800_118_361_295_2, false),
            (line(None, Along::Share, ["0", "1"], 0), 0.756_014_620_227_1, false),
        ] {
            let zeros = line.zeros().unwrap().0;
            let [zero] = &zeros.zeros[..] else { panic!("{zeros:?}") };
            let [lo, hi] = [&zero.lo, &zero.hi].map(|x| x.to_f64().unwrap());
            assert!(lo - 1e-12 <= near && near <= hi + 1e-12 && hi - lo < 1e-12, "{lo} {hi}");
            assert_eq!(zero.rising, rising);
        }
    }
}
