//! One point of a theorem's domain, as a property sees it.

use crate::error::LoopError;
use crate::influence::{Constants, Pair};
use crate::point::Point;
use crate::scalar::{Real, Scalar};
use crate::systems::{GaussianLoop, Knob, SourceKind};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;
use std::any::Any;
use std::cell::OnceCell;

/// How the quantities that a claim is about were observed. Each is evidence of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Route {
    /// Linear algebra on the loop's own Jacobian: the analytic prediction's direct counterpart,
    /// $(I - J)^{-1} b$. The only route in exact arithmetic.
    Direct,
    /// Running the loop until it settles; derivatives by dual numbers carried through the run.
    Simulation,
    /// Eigenvalues alone.
    Spectrum,
    /// Numbers that somebody recorded. Loops are not observed along it.
    Record,
}

impl Route {
    /// The routes along which a loop is observed, in the order of reports.
    pub const ALL: [Route; 3] = [Route::Direct, Route::Simulation, Route::Spectrum];

    /// As reports print it.
    pub fn name(self) -> &'static str {
        match self {
            Route::Direct => "analytic prediction",
            Route::Simulation => "simulated fixed point",
            Route::Spectrum => "eigenvalue spectrum",
            Route::Record => "recorded series",
        }
    }
}

/// Which change of the loop an influence answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The curated share of `p`, other sources in proportion (Section 4), per unit of the share.
    CurateP,
    /// The mixture of `p` towards [`Probe::toward_p`] (Theorem E.3), per unit of the path.
    TowardP,
    /// The mixture of `q` towards [`Probe::toward_q`] (Theorem E.4), per unit of the path.
    TowardQ,
    /// All data of `p` shifted by [`Probe::push_p`].
    PushP,
    /// All data of `q` shifted by [`Probe::push_q`].
    PushQ,
}

impl Turn {
    /// All of them, in the order of [`Case::knobs`].
    pub const ALL: [Turn; 5] =
        [Turn::CurateP, Turn::TowardP, Turn::TowardQ, Turn::PushP, Turn::PushQ];
}

/// What a sample carries besides its loop: where it starts, and in which directions it is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Probe<S: Scalar> {
    /// A state, `d_p + d_q`.
    pub start: DVector<S>,
    /// Another state, `d_p + d_q`.
    pub other: DVector<S>,
    /// A mixture `(real, raw, curated)` for `p`, summing to one.
    pub toward_p: [S; 3],
    /// The same for `q`.
    pub toward_q: [S; 3],
    /// A shift of the data of `p`, `m_p`.
    pub push_p: DVector<S>,
    /// A shift of the data of `q`, `m_q`.
    pub push_q: DVector<S>,
}

impl<S: Scalar> Probe<S> {
    /// The same in another arithmetic.
    pub fn lift<T: Scalar>(&self, f: impl Fn(&S) -> T) -> Probe<T> {
        let vector = |v: &DVector<S>| v.map(|x| f(&x));
        let mixture = |m: &[S; 3]| [f(&m[0]), f(&m[1]), f(&m[2])];
        Probe {
            start: vector(&self.start),
            other: vector(&self.other),
            toward_p: mixture(&self.toward_p),
            toward_q: mixture(&self.toward_q),
            push_p: vector(&self.push_p),
            push_q: vector(&self.push_q),
        }
    }

    /// A probe of ones for a two-model loop: for systems that come without one.
    pub fn plain(system: &GaussianLoop<S>) -> Self {
        let ones = |n| DVector::from_element(n, S::one());
        let eighths = |r, s, h| [r, s, h].map(|k| S::from_int(k) / S::from_int(8));
        // Theorems E.3 to E.5 divide by the distance of each share from its target.
        let target = |i: usize| {
            let kinds = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated];
            let moves = |t: &[S; 3]| {
                let share = |k: usize| system.models.get(i).map(|m| m.share(kinds[k]));
                (0..3).all(|k| share(k).is_none_or(|share| share != t[k]))
            };
            let targets = [eighths(2, 2, 4), eighths(3, 4, 1), eighths(1, 2, 5), eighths(5, 1, 2)];
            targets.iter().find(|t| moves(t)).unwrap_or(&targets[0]).clone()
        };
        let d: usize = system.models.iter().map(crate::systems::Model::dimension).sum();
        let m = |i: usize| system.models.get(i).map_or(0, |m| m.data.ncols());
        Probe {
            start: ones(d),
            other: DVector::from_element(d, S::zero()),
            toward_p: target(0),
            toward_q: target(1),
            push_p: ones(m(0)),
            push_q: ones(m(1)),
        }
    }
}

/// A loop with its probe: what an ensemble draws and a witness is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample<S: Scalar> {
    /// The loop.
    pub system: GaussianLoop<S>,
    /// Its probe.
    pub probe: Probe<S>,
}

/// A point of a claim's domain.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject<S: Scalar> {
    /// A two-model affine loop, for most of the paper.
    Loop(Sample<S>),
    /// Named numbers, for a claim over another [`Domain`](crate::domain::Domain).
    Point(Point<S>),
}

impl<S: Scalar> Subject<S> {
    /// The loop, if it is one.
    pub fn sample(&self) -> Option<&Sample<S>> {
        match self {
            Subject::Loop(sample) => Some(sample),
            Subject::Point(_) => None,
        }
    }
    /// The named numbers, if it is such a point.
    pub fn point(&self) -> Option<&Point<S>> {
        match self {
            Subject::Loop(_) => None,
            Subject::Point(point) => Some(point),
        }
    }
}

impl<S: Scalar> From<Sample<S>> for Subject<S> {
    fn from(sample: Sample<S>) -> Self {
        Subject::Loop(sample)
    }
}

impl<S: Scalar> From<Point<S>> for Subject<S> {
    fn from(point: Point<S>) -> Self {
        Subject::Point(point)
    }
}

/// The answer of a loop to one [`Turn`].
#[derive(Clone, Debug)]
pub struct Influence<S: Scalar> {
    /// $dJ_p$.
    pub dp: S,
    /// $dJ_q$.
    pub dq: S,
    /// The sizes of the quantities that were added up to get the two: their errors are rounding of
    /// these.
    pub size: [S; 2],
    /// $(d\theta^*, d\phi^*)$, `d_p + d_q`, where the route sees it.
    pub dx: Option<DVector<S>>,
}

/// An arithmetic in which a property can be checked: it can observe influences and spectra.
pub trait Arithmetic: Real {
    /// The answer to `turn` along a route, with those to other turns that came for free.
    ///
    /// # Errors
    /// If the loop has no stable point, or does not settle where it must be run, or the route
    /// cannot see this turn.
    fn observe(
        case: &Case<Self>,
        route: Route,
        turn: Turn,
    ) -> Result<Vec<(Turn, Influence<Self>)>, LoopError>;

    /// The spectral radius of a square matrix.
    ///
    /// # Errors
    /// If the eigenvalues cannot be computed.
    fn spectral_radius(m: &DMatrix<Self>) -> Result<Self, LoopError>;

    /// A value that exists in floating point alone: a quadrature, a root, the end of a run.
    ///
    /// # Errors
    /// Those of `value`; in exact arithmetic always, so that nothing is confirmed by it.
    fn floating(value: impl FnOnce() -> Result<f64, LoopError>) -> Result<Self, LoopError>;
}

/// A point with everything that claims ask of it, computed at most once.
#[derive(Debug)]
pub struct Case<S: Scalar> {
    /// The point.
    pub subject: Subject<S>,
    /// Which of a claim's listed instances this is; 0 for a sample of an ensemble.
    pub index: usize,
    pair: OnceCell<Result<Pair<S>, LoopError>>,
    constants: OnceCell<Constants<S>>,
    seen: [[OnceCell<Influence<S>>; 5]; 4],
    refused: [OnceCell<LoopError>; 4],
    once: OnceCell<Result<Box<dyn Any>, LoopError>>,
}

impl<S: Arithmetic> Case<S> {
    /// Nothing is computed yet.
    pub fn new(subject: impl Into<Subject<S>>) -> Self {
        Self::listed(subject, 0)
    }

    /// The same for the `index`-th listed instance of a claim.
    pub fn listed(subject: impl Into<Subject<S>>, index: usize) -> Self {
        Case {
            subject: subject.into(),
            index,
            pair: OnceCell::new(),
            constants: OnceCell::new(),
            seen: std::array::from_fn(|_| std::array::from_fn(|_| OnceCell::new())),
            refused: std::array::from_fn(|_| OnceCell::new()),
            once: OnceCell::new(),
        }
    }

    /// The loop and its probe.
    ///
    /// # Panics
    /// If the claim is over another domain: its properties ask for [`View::point`] instead.
    pub fn sample(&self) -> &Sample<S> {
        self.subject.sample().expect("a claim over loops is checked on loops")
    }

    /// The loop in the paper's terms.
    ///
    /// # Errors
    /// As [`Pair::new`].
    pub fn pair(&self) -> Result<&Pair<S>, LoopError> {
        let made = self.pair.get_or_init(|| Pair::new(self.sample().system.clone()));
        made.as_ref().map_err(Clone::clone)
    }

    /// The constants of the assumptions.
    pub fn constants(&self) -> &Constants<S> {
        self.constants.get_or_init(|| Constants::of(&self.sample().system))
    }

    /// The knobs of all turns.
    pub fn knobs(&self) -> [Knob<S>; 5] {
        let Sample { system, probe } = self.sample();
        let zero_one = [S::zero(), S::zero(), S::one()];
        let mut curate = system.towards(0, &zero_one);
        let rest = S::one() - system.models[0].share(SourceKind::Curated);
        // A loop whose p trains on curated data alone has nothing left to trade for more.
        if !rest.is_zero() {
            for rate in curate.weights.iter_mut().flatten() {
                *rate /= rest.clone();
            }
        }
        [
            curate,
            system.towards(0, &probe.toward_p),
            system.towards(1, &probe.toward_q),
            system.shifting(0, &probe.push_p),
            system.shifting(1, &probe.push_q),
        ]
    }

    /// The case along a route.
    pub fn by(&self, route: Route) -> View<'_, S> {
        View { case: self, route }
    }
}

/// A [`Case`] as seen along one [`Route`].
#[derive(Clone, Copy, Debug)]
pub struct View<'a, S: Scalar> {
    /// The case.
    pub case: &'a Case<S>,
    /// How influences are observed.
    pub route: Route,
}

impl<'a, S: Arithmetic> View<'a, S> {
    /// The loop in the paper's terms.
    ///
    /// # Errors
    /// As [`Pair::new`].
    pub fn pair(&self) -> Result<&'a Pair<S>, LoopError> {
        self.case.pair()
    }

    /// The point, of a claim over another domain than loops.
    ///
    /// # Errors
    /// If the claim is over loops.
    pub fn point(&self) -> Result<&'a Point<S>, LoopError> {
        self.case.subject.point().ok_or(LoopError::NotObserved)
    }

    /// What `make` makes, computed once for this point: for what is expensive and several claims
    /// share. All claims of a domain must ask for the same type.
    ///
    /// # Errors
    /// Those of `make`, remembered too; or if another type was asked for before.
    pub fn once<T: Any>(
        &self,
        make: impl FnOnce() -> Result<T, LoopError>,
    ) -> Result<&'a T, LoopError> {
        let made = || make().map(|t| Box::new(t) as Box<dyn Any>);
        let kept = self.case.once.get_or_init(made).as_ref().map_err(Clone::clone)?;
        kept.downcast_ref().ok_or(LoopError::NotObserved)
    }

    /// The loop itself.
    pub fn system(&self) -> &'a GaussianLoop<S> {
        &self.case.sample().system
    }

    /// The probe.
    pub fn probe(&self) -> &'a Probe<S> {
        &self.case.sample().probe
    }

    /// The constants of the assumptions.
    pub fn constants(&self) -> &'a Constants<S> {
        self.case.constants()
    }

    /// The observed answer to a turn.
    ///
    /// # Errors
    /// As [`Arithmetic::observe`].
    pub fn influence(&self, turn: Turn) -> Result<&'a Influence<S>, LoopError> {
        let at = self.route as usize;
        let cells = &self.case.seen[at];
        if let Some(seen) = cells[turn as usize].get() {
            return Ok(seen);
        }
        if let Some(e) = self.case.refused[at].get() {
            return Err(e.clone());
        }
        match S::observe(self.case, self.route, turn) {
            Ok(all) => {
                for (other, seen) in all {
                    // Whichever was there first is as good.
                    let _ = cells[other as usize].set(seen);
                }
                cells[turn as usize].get().ok_or(LoopError::NotObserved)
            }
            Err(e) => Err(self.case.refused[at].get_or_init(|| e).clone()),
        }
    }
}
