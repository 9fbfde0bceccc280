//! The checkable sentences of a theorem.

use crate::case::{Arithmetic, Subject, View};
use crate::domain::Domain;
use crate::error::LoopError;
use crate::evidence::Evidence;
use crate::scalar::{Degree, Exact, Formula, Interval, Real, Residue, Scalar, Term, decimal};
use crate::systems::stationary::SmallLoop;
use crate::systems::{GaussianLoop, shipped};
use serde::Serialize;

/// How a claim relates to what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// As the paper prints it, in the reading that the claim states.
    Printed,
    /// The nearest version that holds, beside a printed one that does not.
    Corrected,
    /// Not in the paper.
    Derived,
}

/// What kind of sentence it is, which says how it can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// About every loop that meets the hypotheses: needs an ensemble.
    Universal,
    /// About one loop, decided on it.
    Instance,
    /// About a recorded or simulated series.
    Data,
    /// About an order of magnitude, along families of instances.
    Order,
}

/// How much hangs on a printed claim: in this order the findings list what fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gravity {
    /// What the paper concludes is reversed: a sign, an example that does not do what it is for.
    Conclusion,
    /// True under further conditions, which are not printed or not met where the claim is used.
    Hypothesis,
    /// A constant or a bound is wrong; what it is for survives with another one.
    Constant,
    /// The text says one thing, the experiment or its code another.
    Experiment,
    /// A slip without consequence for the argument.
    Slip,
}

impl Gravity {
    /// All of them, most serious first.
    pub const ALL: [Gravity; 5] = [
        Gravity::Conclusion,
        Gravity::Hypothesis,
        Gravity::Constant,
        Gravity::Experiment,
        Gravity::Slip,
    ];

    /// As a heading.
    pub fn heading(self) -> &'static str {
        match self {
            Gravity::Conclusion => "A conclusion is reversed",
            Gravity::Hypothesis => "A hypothesis is missing",
            Gravity::Constant => "A constant or a bound is wrong",
            Gravity::Experiment => "Text and experiment differ",
            Gravity::Slip => "Slips",
        }
    }
}

/// What it would mean for the paper if a claim failed. Printed only where it is refuted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// How serious.
    pub gravity: Gravity,
    /// What follows, in a sentence or two to the authors, LaTeX in running text.
    pub text: &'static str,
}

/// How the two sides of a [`Side`] should stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// `left = right`.
    Equal,
    /// `left ≤ right`.
    AtMost,
    /// `left < right`.
    Below,
}

impl Relation {
    /// Its sign.
    pub fn symbol(self) -> &'static str {
        match self {
            Relation::Equal => "=",
            Relation::AtMost => "<=",
            Relation::Below => "<",
        }
    }
}

/// One equation or inequality that a property asserts at a point.
#[derive(Clone, Debug)]
pub struct Side<S> {
    /// What is compared, for the witness's reader.
    pub what: &'static str,
    /// Left-hand side.
    pub left: S,
    /// How it should stand to the right.
    pub relation: Relation,
    /// Right-hand side.
    pub right: S,
    /// The size of the quantities that were added up to get the two sides: rounding errors, and
    /// margins, are measured against it.
    pub scale: S,
}

impl Side<Term> {
    /// The same as a statement about terms.
    pub fn formula(self) -> Formula {
        match self.relation {
            Relation::Equal => Formula::equal(self.left, self.right),
            Relation::AtMost => Formula::at_most(self.left, self.right),
            Relation::Below => Formula::below(self.left, self.right),
        }
    }
}

impl<S: Real> Side<S> {
    /// `left = right`, measured against the larger of them.
    pub fn equal(what: &'static str, left: S, right: S) -> Self {
        let scale = left.abs().max(&right.abs());
        Side { what, left, relation: Relation::Equal, right, scale }
    }
    /// `left ≤ right`, measured against the larger of them.
    pub fn at_most(what: &'static str, left: S, right: S) -> Self {
        let scale = left.abs().max(&right.abs());
        Side { what, left, relation: Relation::AtMost, right, scale }
    }
    /// `left < right`, measured against the larger of them.
    pub fn below(what: &'static str, left: S, right: S) -> Self {
        let scale = left.abs().max(&right.abs());
        Side { what, left, relation: Relation::Below, right, scale }
    }
    /// `value > 0`, measured against `scale`.
    pub fn positive(what: &'static str, value: S, scale: S) -> Self {
        Side { what, left: S::zero(), relation: Relation::Below, right: value, scale }
    }
    /// The same side measured against `scale` instead.
    #[must_use]
    pub fn against(mut self, scale: S) -> Self {
        self.scale = scale;
        self
    }
}

/// Where a hypothesis is met: written once, read in every arithmetic.
pub trait Hypothesis: Send + Sync {
    /// As the reports print it (LaTeX).
    fn tex(&self) -> &'static str;
    /// Positive exactly where it is met.
    ///
    /// # Errors
    /// Where it has no value; the sample is then rejected.
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError>;
    /// How far from failing it is where it is met, for readers: `margin`, unless that is a mere marker.
    /// `None` where nothing measures that.
    ///
    /// # Errors
    /// As [`margin`](Self::margin).
    fn room(&self, view: &View<Exact>, margin: Exact) -> Result<Option<Exact>, LoopError> {
        let _ = view;
        Ok(Some(margin))
    }
    /// The condition as a statement about terms.
    ///
    /// # Errors
    /// As [`margin`](Self::margin).
    fn formula(&self, view: &View<Term>) -> Result<Formula, LoopError> {
        Ok(Formula::below(Term::from_int(0), self.margin(view)?))
    }
}

/// What a claim asserts at a point of its domain: written once, read in every arithmetic.
pub trait Property: Send + Sync {
    /// The routes along which floating point checks it.
    fn routes(&self) -> &'static [Route] {
        &Route::ALL
    }
    /// What should hold at this point. Empty where nothing is asserted.
    ///
    /// # Errors
    /// Where a side has no value although the hypotheses are met: that is a doubt about the claim.
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError>;
    /// The same as statements about terms.
    ///
    /// # Errors
    /// As [`sides`](Self::sides).
    fn formulas(&self, view: &View<Term>) -> Result<Vec<Formula>, LoopError> {
        Ok(self.sides(view)?.into_iter().map(Side::formula).collect())
    }
}

pub use crate::case::Route;

/// A [`Hypothesis`] behind a pointer: one method an arithmetic.
pub trait AnyHypothesis: Send + Sync {
    /// See [`Hypothesis::tex`].
    fn tex(&self) -> &'static str;
    /// In floating point.
    ///
    /// # Errors
    /// See [`Hypothesis::margin`].
    fn float(&self, view: &View<f64>) -> Result<f64, LoopError>;
    /// In exact arithmetic.
    ///
    /// # Errors
    /// See [`Hypothesis::margin`].
    fn exact(&self, view: &View<Exact>) -> Result<Exact, LoopError>;
    /// In intervals.
    ///
    /// # Errors
    /// See [`Hypothesis::margin`].
    fn interval(&self, view: &View<Interval>) -> Result<Interval, LoopError>;
    /// See [`Hypothesis::room`].
    ///
    /// # Errors
    /// See [`Hypothesis::room`].
    fn room(&self, view: &View<Exact>, margin: Exact) -> Result<Option<Exact>, LoopError>;
    /// See [`Hypothesis::formula`].
    ///
    /// # Errors
    /// See [`Hypothesis::formula`].
    fn formula(&self, view: &View<Term>) -> Result<Formula, LoopError>;
}

impl<H: Hypothesis> AnyHypothesis for H {
    fn tex(&self) -> &'static str {
        Hypothesis::tex(self)
    }
    fn float(&self, view: &View<f64>) -> Result<f64, LoopError> {
        self.margin(view)
    }
    fn exact(&self, view: &View<Exact>) -> Result<Exact, LoopError> {
        self.margin(view)
    }
    fn interval(&self, view: &View<Interval>) -> Result<Interval, LoopError> {
        self.margin(view)
    }
    fn room(&self, view: &View<Exact>, margin: Exact) -> Result<Option<Exact>, LoopError> {
        Hypothesis::room(self, view, margin)
    }
    fn formula(&self, view: &View<Term>) -> Result<Formula, LoopError> {
        Hypothesis::formula(self, view)
    }
}

/// A [`Property`] behind a pointer: one method an arithmetic.
pub trait AnyProperty: Send + Sync {
    /// See [`Property::routes`].
    fn routes(&self) -> &'static [Route];
    /// In floating point.
    ///
    /// # Errors
    /// See [`Property::sides`].
    fn float(&self, view: &View<f64>) -> Result<Vec<Side<f64>>, LoopError>;
    /// In exact arithmetic.
    ///
    /// # Errors
    /// See [`Property::sides`].
    fn exact(&self, view: &View<Exact>) -> Result<Vec<Side<Exact>>, LoopError>;
    /// In intervals.
    ///
    /// # Errors
    /// See [`Property::sides`].
    fn interval(&self, view: &View<Interval>) -> Result<Vec<Side<Interval>>, LoopError>;
    /// In a finite field.
    ///
    /// # Errors
    /// See [`Property::sides`].
    fn residue(&self, view: &View<Residue>) -> Result<Vec<Side<Residue>>, LoopError>;
    /// In degrees of rational functions.
    ///
    /// # Errors
    /// See [`Property::sides`].
    fn degree(&self, view: &View<Degree>) -> Result<Vec<Side<Degree>>, LoopError>;
    /// As statements about terms.
    ///
    /// # Errors
    /// See [`Property::formulas`].
    fn formulas(&self, view: &View<Term>) -> Result<Vec<Formula>, LoopError>;
}

impl<P: Property> AnyProperty for P {
    fn routes(&self) -> &'static [Route] {
        Property::routes(self)
    }
    fn float(&self, view: &View<f64>) -> Result<Vec<Side<f64>>, LoopError> {
        self.sides(view)
    }
    fn exact(&self, view: &View<Exact>) -> Result<Vec<Side<Exact>>, LoopError> {
        self.sides(view)
    }
    fn interval(&self, view: &View<Interval>) -> Result<Vec<Side<Interval>>, LoopError> {
        self.sides(view)
    }
    fn residue(&self, view: &View<Residue>) -> Result<Vec<Side<Residue>>, LoopError> {
        self.sides(view)
    }
    fn degree(&self, view: &View<Degree>) -> Result<Vec<Side<Degree>>, LoopError> {
        self.sides(view)
    }
    fn formulas(&self, view: &View<Term>) -> Result<Vec<Formula>, LoopError> {
        Property::formulas(self, view)
    }
}

/// A shipped system at given values of its parameters.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Id of the shipped system.
    pub system: &'static str,
    /// Parameter values, as exact decimals or fractions.
    pub parameters: Vec<(&'static str, String)>,
}

impl Instance {
    /// The system and its parameters in words.
    pub fn place(&self) -> String {
        let parameters: Vec<String> =
            self.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
        if parameters.is_empty() {
            self.system.to_string()
        } else {
            format!("{} at {}", self.system, parameters.join(", "))
        }
    }

    /// The loop.
    ///
    /// # Errors
    /// Where there is no such system, or no loop at these values.
    pub fn system<S: Scalar>(&self) -> Result<GaussianLoop<S>, String> {
        let file = shipped::get(self.system).map_err(|e| e.to_string())?;
        let mut values = Vec::new();
        for (name, text) in &self.parameters {
            let exact = decimal(text).ok_or_else(|| format!("`{text}` is not a number"))?;
            values.push((*name, S::from_rational(&exact)));
        }
        file.at(&values).map_err(|e| e.to_string())
    }
}

/// All values of one parameter of a shipped system between two decimals.
#[derive(Clone, Copy, Debug)]
pub struct Sweep {
    /// Id of the shipped system.
    pub system: &'static str,
    /// The parameter.
    pub parameter: &'static str,
    /// Least and greatest value, as exact decimals.
    pub ends: [&'static str; 2],
}

impl Sweep {
    /// The system and its parameter in words.
    pub fn place(&self) -> String {
        format!("{} at {}", self.system, self.parameter)
    }
}

/// What a claim says of a stable point of one non-linear loop.
#[derive(Clone, Debug)]
pub struct StatedPoint {
    /// The loop.
    pub system: SmallLoop,
    /// There is exactly one stable point in the box around this, a decimal a coordinate,
    pub centre: Vec<String>,
    /// within this distance in every coordinate.
    pub radius: String,
    /// The signs of the influences of the curation of `p` there.
    pub signs: Vec<Sign>,
    /// Whether $\rho_p > 0$, too: curation pushes `p` towards higher alignment.
    pub aligned: bool,
}

/// The sign of an influence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// On whose alignment: 0 for `p`, 1 for `q`.
    pub of: usize,
    /// Whether it rises with the curated share of `p`.
    pub rises: bool,
}

/// A zero as a claim states it.
#[derive(Clone, Copy, Debug)]
pub struct StatedZero {
    /// A decimal that it is within [`WITHIN`](Self::WITHIN) of.
    pub near: &'static str,
    /// From negative to positive.
    pub rising: bool,
}

impl StatedZero {
    /// How close.
    pub const WITHIN: &str = "1e-12";
}

/// How a claim is decided.
pub enum Body {
    /// On an ensemble of points.
    Universal {
        /// Where the points come from; `None` for two-model affine loops, and then the shipped
        /// systems that meet the hypotheses are points too.
        over: Option<&'static dyn Domain>,
        /// What.
        property: Box<dyn AnyProperty>,
    },
    /// On listed instances.
    Instances {
        /// Where.
        at: Vec<Instance>,
        /// Whether the list is the whole stated domain; otherwise agreement only supports.
        whole: bool,
        /// The stated domain, where the list is a sample of a range.
        range: Option<Sweep>,
        /// What.
        property: Box<dyn AnyProperty>,
    },
    /// As an identity of rational functions on small two-model affine loops.
    Identity {
        /// What: equations.
        property: Box<dyn AnyProperty>,
    },
    /// As an enclosure of a stable point of one non-linear loop.
    StablePoint(Box<StatedPoint>),
    /// By counting the zeros of an influence along a range.
    Zeros {
        /// Along what, for the knob of the system.
        along: Sweep,
        /// Of which model, by position.
        model: usize,
        /// All of them, increasing.
        zeros: Vec<StatedZero>,
    },
    /// By a check of its own; the argument says how much effort to spend and the seed.
    Own(fn(f64, u64) -> Vec<Evidence>),
}

/// What a claim that is [`Body::Identity`] speaks of.
const SMALL_AFFINE: &str = r"for all two-model affine loops with 1 to 3 parameters and 1 to 3 entries of the data a model, \(\kappa < 1\) or not, as an identity of rational functions of the loop's entries: wherever both sides are defined. That leaves out loops without exactly one stable point; with a singular Hessian, \(D_\theta F_p\), \(D_\phi F_q\) or Schur complement of one of these; without data of a kind that the formula averages over; and quotients by zero (all data of a model curated, a share that is at its target)";

/// One sentence of a theorem, with what it takes to check it.
pub struct Claim {
    /// Within its theorem: `name`, `name#version` or `name@system`.
    pub id: &'static str,
    /// Printed, corrected or derived.
    pub version: Version,
    /// What kind of sentence.
    pub kind: Kind,
    /// The sentence, LaTeX in running text.
    pub statement: &'static str,
    /// How the paper's wording is read, where it leaves a choice, LaTeX in running text.
    pub reading: Option<&'static str>,
    /// What it would mean if it failed.
    pub consequence: Option<Consequence>,
    /// What must hold first.
    pub hypotheses: Vec<Box<dyn AnyHypothesis>>,
    /// How it is decided.
    pub body: Body,
}

impl Claim {
    /// A printed universal claim without hypotheses.
    pub fn universal(
        id: &'static str,
        statement: &'static str,
        property: impl Property + 'static,
    ) -> Self {
        let body = Body::Universal { over: None, property: Box::new(property) };
        Self::of(id, Kind::Universal, statement, body)
    }

    /// A printed universal claim without hypotheses over another domain than two-model affine
    /// loops.
    pub fn over(
        domain: &'static dyn Domain,
        id: &'static str,
        statement: &'static str,
        property: impl Property + 'static,
    ) -> Self {
        let body = Body::Universal { over: Some(domain), property: Box::new(property) };
        Self::of(id, Kind::Universal, statement, body)
    }

    /// A printed claim about shipped systems; `whole` says whether the list is all it speaks of.
    pub fn instance(
        id: &'static str,
        statement: &'static str,
        at: Vec<Instance>,
        whole: bool,
        property: impl Property + 'static,
    ) -> Self {
        let body = Body::Instances { at, whole, range: None, property: Box::new(property) };
        Self::of(id, Kind::Instance, statement, body)
    }

    /// An equation that the paper does not state for small two-model affine loops in particular: decided
    /// there as an identity of rational functions, without hypotheses.
    pub fn identity(
        id: &'static str,
        statement: &'static str,
        property: impl Property + 'static,
    ) -> Self {
        let body = Body::Identity { property: Box::new(property) };
        Self::of(id, Kind::Universal, statement, body).reading(SMALL_AFFINE).derived()
    }

    /// A claim about a stable point of one non-linear loop; not in the paper.
    pub fn stable_point(id: &'static str, statement: &'static str, stated: StatedPoint) -> Self {
        Self::of(id, Kind::Instance, statement, Body::StablePoint(Box::new(stated))).derived()
    }

    /// A printed claim that $dJ_i/d\lambda$ of a model has these zeros on a range and no others.
    pub fn zeros(
        id: &'static str,
        statement: &'static str,
        along: Sweep,
        model: usize,
        zeros: Vec<StatedZero>,
    ) -> Self {
        Self::of(id, Kind::Instance, statement, Body::Zeros { along, model, zeros })
    }

    /// A printed claim with a check of its own.
    pub fn own(
        id: &'static str,
        kind: Kind,
        statement: &'static str,
        check: fn(f64, u64) -> Vec<Evidence>,
    ) -> Self {
        Self::of(id, kind, statement, Body::Own(check))
    }

    fn of(id: &'static str, kind: Kind, statement: &'static str, body: Body) -> Self {
        Claim {
            id,
            version: Version::Printed,
            kind,
            statement,
            reading: None,
            consequence: None,
            hypotheses: Vec::new(),
            body,
        }
    }

    /// Says how the paper's wording is read: what a vague word means, which hypotheses apply where
    /// none are printed.
    #[must_use]
    pub fn reading(mut self, reading: &'static str) -> Self {
        self.reading = Some(reading);
        self
    }

    /// Says what it would mean for the paper if the claim failed.
    #[must_use]
    pub fn consequence(mut self, gravity: Gravity, text: &'static str) -> Self {
        self.consequence = Some(Consequence { gravity, text });
        self
    }

    /// Adds a hypothesis.
    #[must_use]
    pub fn given(mut self, hypothesis: impl Hypothesis + 'static) -> Self {
        self.hypotheses.push(Box::new(hypothesis));
        self
    }

    /// Says that the listed instances are a sample of a range, on the whole of which the claim is to
    /// hold.
    #[must_use]
    pub fn throughout(mut self, sweep: Sweep) -> Self {
        if let Body::Instances { range, .. } = &mut self.body {
            *range = Some(sweep);
        }
        self
    }

    /// Marks the claim as the nearest true version of a printed one.
    #[must_use]
    pub fn corrected(mut self) -> Self {
        self.version = Version::Corrected;
        self
    }

    /// Marks the claim as not in the paper.
    #[must_use]
    pub fn derived(mut self) -> Self {
        self.version = Version::Derived;
        self
    }

    /// The property, where there is one.
    pub fn property(&self) -> Option<&dyn AnyProperty> {
        match &self.body {
            Body::Universal { property: p, .. }
            | Body::Instances { property: p, .. }
            | Body::Identity { property: p } => Some(p.as_ref()),
            Body::Zeros { .. } | Body::StablePoint(_) | Body::Own(_) => None,
        }
    }

    /// The domain of a universal claim that is not over two-model affine loops.
    pub fn domain(&self) -> Option<&'static dyn Domain> {
        match self.body {
            Body::Universal { over, .. } => over,
            _ => None,
        }
    }
}

/// A near miss that the same checks must refute.
pub struct Control {
    /// The near miss, with an id of its own.
    pub claim: Claim,
    /// Id of the claim that it nearly is.
    pub of: &'static str,
    /// Why it is false.
    pub why: &'static str,
    /// A point that breaks it, where small random ones hardly ever do.
    pub built: Option<Box<dyn Fn() -> Subject<f64> + Send + Sync>>,
}

impl Control {
    /// A control of the claim `of`, false because of `why`.
    pub fn new(claim: Claim, of: &'static str, why: &'static str) -> Self {
        Control { claim, of, why, built: None }
    }

    /// Adds a constructed point that breaks it.
    #[must_use]
    pub fn built<T: Into<Subject<f64>>>(
        mut self,
        make: impl Fn() -> T + Send + Sync + 'static,
    ) -> Self {
        self.built = Some(Box::new(move || make().into()));
        self
    }
}
