//! What can go wrong with the tool, each with its remedy. A false theorem is not an error.

use crate::influence::zeros::ZeroError;
use thiserror::Error;

/// A loop that the mathematics cannot be applied to.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum LoopError {
    /// The Hessian of a loss has no inverse.
    #[error(
        "the Hessian of model `{model}` is singular: its optimum is not unique; give the loss a \
         positive definite Hessian"
    )]
    SingularHessian {
        /// The model.
        model: String,
    },
    /// `I - J` has no inverse.
    #[error(
        "I - J is singular: 1 is an eigenvalue of the Jacobian, so the loop has no stable point or \
         a continuum of them; change a share or a coupling slightly"
    )]
    NoStablePoint,
    /// The iterates do not settle.
    #[error(
        "the loop does not settle: the spectral radius of a round is {radius:.6}{}; lower the \
         synthetic shares or the couplings, or try `order = {{ incremental = {{ step = 0.1 }} }}`",
        if *radius < 1.0 { format!(" and {rounds} rounds were not enough") } else { " (>= 1)".into() }
    )]
    Diverges {
        /// Spectral radius of the Jacobian of a round.
        radius: f64,
        /// Rounds tried.
        rounds: usize,
    },
    /// The paper's formulas are for two models.
    #[error("the paper's S, C, kappa are for two models; this loop has {models}")]
    NotTwoModels {
        /// How many there are.
        models: usize,
    },
    /// A block of the paper's formulas has no inverse.
    #[error("{what} is singular, so the paper's formulas have no value here")]
    SingularBlock {
        /// Which.
        what: &'static str,
    },
    /// A model has no data of a kind that a formula needs.
    #[error(
        "model `{model}` has no {kind} data, which this formula needs: give it a component of that \
         kind with a positive weight"
    )]
    NoSuchData {
        /// The model.
        model: String,
        /// The kind of data.
        kind: &'static str,
    },
    /// Exact arithmetic cannot integrate, and a sum over all candidates would be too long.
    #[error(
        "exact arithmetic sums over all multisets of candidates, and {candidates} among \
         {categories} categories are too many: take 2 or infinitely many, or fewer categories"
    )]
    TooManyCandidates {
        /// How many.
        candidates: u32,
        /// Among how many categories.
        categories: usize,
    },
    /// An entry of a point does not fit the others.
    #[error("`{entry}` should be of {rows} rows and {columns} columns, as the other entries say")]
    WrongShape {
        /// Its name.
        entry: &'static str,
        /// Rows that it should have.
        rows: usize,
        /// Columns that it should have.
        columns: usize,
    },
    /// A route was asked for what it cannot see.
    #[error("this quantity cannot be observed along this route")]
    NotObserved,
    /// A parameter that the loop does not have.
    #[error("the loop has no parameter `{parameter}`: {help}")]
    UnknownParameter {
        /// As given.
        parameter: String,
        /// The nearest name, and all of them.
        help: String,
    },
    /// The numbers of the loop overflow.
    #[error(
        "the Jacobian of the loop has entries that are not finite: choose parameter values nearer \
         to the range that the file gives"
    )]
    NotFinite,
    /// The loop is not of the form of the paper's Gaussian experiment.
    #[error(
        "not a system of the kind of Figure 3: {reason}; compare `systems/paper-5-1-code.toml`, or \
         run this loop with `--samples` instead"
    )]
    NotFigure3 {
        /// What does not fit.
        reason: String,
    },
    /// A knob that does not move the share in front of it.
    #[error(
        "the knob of model `{model}` does not move the share that derivatives are taken with \
         respect to: turn it towards another mixture"
    )]
    KnobStandsStill {
        /// The model.
        model: String,
    },
    /// A share in front of a knob that is not there.
    #[error(
        "the file has no knob whose share could be moved: say of which model, or add `[knob]` to it"
    )]
    NoKnob,
    /// A share at which a weight of the mixture would be negative.
    #[error("a share of {share} needs a negative weight: stay within {lo} to {hi}")]
    ShareOutOfRange {
        /// As given.
        share: f64,
        /// The least share that the mixture allows.
        lo: f64,
        /// The greatest.
        hi: f64,
    },
    /// The zeros along a sweep could not be listed.
    #[error(transparent)]
    Zeros(#[from] ZeroError),
    /// The eigenvalue computation failed.
    #[error("eigenvalues: {0}")]
    Spectrum(String),
}
