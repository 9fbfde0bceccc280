//! Referees a theory paper by machine.
//!
//! The paper is *When and How Human Curation Backfires: Preference Alignment under Multi-Model
//! Self-Consuming Loop* (arXiv 2605.29267v1). Each of its claims is written once, generic over the
//! arithmetic. Floating point checks it on random loops along routes that share no formula; exact
//! rational arithmetic confirms a counterexample, or certifies a claim about a concrete system; the
//! [verdict](verdict::Verdict) is read off the [evidence](evidence::Evidence) and nowhere set.
//!
//! ```
//! use backfire::referee::{Effort, referee};
//! use backfire::theorems;
//! use backfire::verdict::Verdict;
//!
//! // Corollary E.2 with a fiftieth of the samples that the committed report has.
//! let effort = Effort { seed: 1, factor: 0.02 };
//! let wanted = |id: &str| id.starts_with("cor_e2/");
//! let run = referee(theorems::ALL, &wanted, &[], effort, &|_, _, _| ());
//!
//! let verdict = |id| run.claims.iter().find(|c| c.id == id).map(|c| c.verdict);
//! assert_eq!(verdict("cor_e2/sign"), Some(Verdict::Refuted));
//! assert_eq!(verdict("cor_e2/sign#corrected"), Some(Verdict::Supported));
//! // The near misses were refuted by the same checks.
//! assert_eq!(run.surviving().count(), 0);
//! ```
//!
//! # Map
//!
//! What a theorem is made of:
//!
//! - [`theorems`]: the paper, one file a theorem; [`prelude`]: all that such a file imports;
//! - [`theorem`], [`claim`], [`assumptions`], [`case`](mod@case): cards, claims and controls;
//!   hypotheses; one point of a claim's domain and how it is observed;
//! - [`domain`], [`point`]: domains other than two-model affine loops, as named numbers;
//! - [`family`]: the paper's formulas read on other families of loops; [`record`]: the recorded
//!   series of the CIFAR-10 experiment.
//!
//! What a loop is and does:
//!
//! - [`systems`]: models, mixtures, orders, read from TOML ([`systems::file`] has the format);
//! - [`dynamics`]: rounds, stable points, Jacobians, spectra, finite samples;
//! - [`influence`]: knobs, the paper's $S$, $C$, $\kappa$, $\tau$, and zeros along a sweep;
//! - [`mod@fit`]: the local linear loop, from logs of training;
//! - [`scalar`], [`linalg`]: the arithmetics and linear algebra over any of them.
//!
//! Who decides:
//!
//! - [`check`]: floating point, which supports or disputes;
//! - [`search`]: samples, and counterexamples made small;
//! - [`certify`]: exact arithmetic, which proves or refutes;
//! - [`referee`](mod@referee): runs all of them; [`evidence`], [`verdict`]: what they found, and
//!   what it comes to;
//! - [`conjecture`]: statements of users, searched for counterexamples; [`diagnosis`]: one page about
//!   a loop of theirs;
//! - [`exhibits`]: what the report shows of the shipped loops; [`report`]: prints it; [`replay`]: puts a witness to its claim again; [`cli`]: the commands; [`error`]: what can go wrong with the tool.

pub mod assumptions;
pub mod case;
pub mod certify;
pub mod check;
pub mod claim;
pub mod cli;
pub mod conjecture;
pub mod diagnosis;
pub mod domain;
pub mod dynamics;
pub mod error;
pub mod evidence;
pub mod exhibits;
pub mod family;
pub mod figures;
pub mod fit;
pub mod influence;
pub mod linalg;
pub mod point;
pub mod record;
pub mod referee;
pub mod replay;
pub mod report;
pub mod scalar;
pub mod search;
pub mod systems;
pub mod theorem;
pub mod verdict;

// The theorems live beside `src/`, not in it: they are the paper, `src/` is the instrument.
#[path = "../theorems/mod.rs"]
pub mod theorems;

/// What a theorem file needs.
pub mod prelude {
    pub use crate::assumptions::{AllKinds, Curates, KappaBelowOne};
    pub use crate::case::{Arithmetic, Case, Influence, Probe, Route, Sample, Subject, Turn, View};
    pub use crate::check::{
        CONDITIONS, THRESHOLDS, ThresholdRow, convergence_table, round_trip_shares,
        sequential_failures, two_model_shares,
    };
    pub use crate::check::{
        LongRunMean, RateCheck, StationaryCheck, holm, rate_check, stationary_check,
    };
    pub use crate::claim::{
        Claim, Control, Gravity, Hypothesis, Instance, Kind, Property, Relation, Side, Sign,
        StatedPoint, StatedZero, Sweep,
    };
    pub use crate::domain::{Domain, Ranges};
    pub use crate::dynamics::finite_sample::{
        Coverage, Estimate, Figure3, FigurePoint, FiniteOrder, RotationLoop, agreement, figure3,
    };
    pub use crate::dynamics::{play, round_jacobian, spectrum_of};
    pub use crate::error::LoopError;
    pub use crate::evidence::Evidence;
    pub use crate::family::categorical::IsLoop;
    pub use crate::family::digits::rivals;
    pub use crate::family::{Affine, Categorical, Digits, Family, On, Running, on};
    pub use crate::influence::memory::{Answer, Stationary};
    pub use crate::influence::{
        Constants, Pair, cosine, perron_of_two, reward_beyond, sensitivity_matrix, turning_bound,
        turning_sine, widest_turn,
    };
    pub use crate::linalg::{
        determinant, dot, inverse, minor, norm, smallest_symmetric_eigenvalue, solve, spectral_norm,
    };
    pub use crate::point::Point;
    pub use crate::record::{self, Curated, Reward, Setting};
    pub use crate::scalar::{Exact, Real, Scalar};
    pub use crate::search::generator;
    pub use crate::search::memory::{Memory, Remembered};
    pub use crate::systems::stationary::{Mixture, OnCategories, OnInputs, SmallLoop};
    pub use crate::systems::{
        Alignment, Component, GaussianLoop, Knob, LinearLoop, Linearisation, Model, Order,
        RetrainingMap, Round, Source, SourceKind, shipped,
    };
    pub use crate::theorem::{Card, Entry, Theorem};
    pub use nalgebra::{DMatrix, DVector, dmatrix, dvector};
    pub use rand::RngExt;
    pub use rand::seq::IndexedRandom;
    pub use rand_xoshiro::Xoshiro256PlusPlus;
}
