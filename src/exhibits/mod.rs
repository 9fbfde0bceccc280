//! What the report shows of the shipped loops: predicted against simulated, spectra, thresholds.
//!
//! Computed once, in floating point and in exact arithmetic, and handed to [`report`](crate::report)
//! as plain data. Nothing here decides a verdict.

mod predictions;
mod spectra;
mod thresholds;

pub use predictions::{Prediction, Predictions, Quantity};
pub use spectra::RoundSpectrum;
pub use thresholds::{Shares, SignThresholds};

use crate::error::LoopError;
use crate::referee::Effort;
use crate::systems::{LoopFile, shipped};
use rayon::prelude::*;

/// All that the report shows besides the verdicts.
#[derive(Clone, Debug)]
pub struct Exhibits {
    /// The shipped loops, in their order.
    pub loops: Vec<LoopExhibit>,
    /// How many of the cases in which curation helps each threshold certifies.
    pub shares: Shares,
}

/// One loop of two models.
#[derive(Clone, Debug)]
pub struct LoopExhibit {
    /// Its id.
    pub id: String,
    /// One line for people.
    pub title: String,
    /// Where it comes from.
    pub source: String,
    /// Its stable point and influences, by every route.
    pub predictions: Predictions,
    /// A round of it in each order of retraining.
    pub spectra: Vec<RoundSpectrum>,
    /// The thresholds for the sign of each model's influence, `p` first.
    pub thresholds: [SignThresholds; 2],
}

impl Exhibits {
    /// Those of the shipped loops; `effort` says how many random loops the shares are counted on.
    ///
    /// # Errors
    /// If a shipped loop has no stable point, or not two models; the tests see to it that none is so.
    pub fn of(effort: Effort) -> Result<Self, LoopError> {
        let files: Vec<LoopFile> = shipped::ALL.iter().filter_map(|s| s.parse().ok()).collect();
        let loops = || files.par_iter().map(exhibit).collect::<Result<_, _>>();
        let (loops, shares) = rayon::join(loops, || Shares::of(effort));
        Ok(Exhibits { loops: loops?, shares })
    }
}

/// The exhibit of one loop, at the defaults of its parameters.
///
/// # Errors
/// If it has not two models, no stable point, no curated data of `p`, or a spectrum fails.
pub fn exhibit(file: &LoopFile) -> Result<LoopExhibit, LoopError> {
    let system = file.default_at::<f64>()?;
    Ok(LoopExhibit {
        id: file.name.clone(),
        title: file.title.clone(),
        source: file.source.clone(),
        predictions: predictions::of(&system, &file.default_at()?)?,
        spectra: spectra::of(&system)?,
        thresholds: thresholds::of(&system)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<LoopExhibit> {
        let files = shipped::ALL.iter().map(|s| s.parse().expect("shipped"));
        files.map(|f: LoopFile| exhibit(&f).expect("an exhibit")).collect()
    }

    fn find<'a>(all: &'a [LoopExhibit], id: &str) -> &'a LoopExhibit {
        all.iter().find(|e| e.id == id).expect("a shipped loop")
    }

    #[test]
    fn the_routes_agree_on_every_shipped_loop() {
        for exhibit in all() {
            for row in &exhibit.predictions.rows {
                assert!(row.gap < 1e-9, "{} {:?}", exhibit.id, row);
                // Simulated exactly where simultaneous retraining converges.
                assert_eq!(
                    row.simulated.is_some(),
                    exhibit.spectra[0].converges(),
                    "{}",
                    exhibit.id
                );
            }
            for spectrum in &exhibit.spectra {
                let (seen, known) = (spectrum.observed, spectrum.radius);
                // The last thousands of rounds turn a complex leading pair by no whole number.
                assert!(
                    (seen - known).abs() < 2e-3 * known.max(0.1),
                    "{} {spectrum:?}",
                    exhibit.id
                );
            }
        }
    }

    /// With $S_p = (I - W_2)^{-1} = (1, 2; 0, 2)$ and $a = (1, -1)$ the stable point is
    /// $\theta^* = \lambda S_p a = \lambda(-1, -2)$, $\phi^* = W_2\theta^* = \lambda(-2, -1)$, with
    /// $\lambda = 1/2$ and both rewards the first entry.
    #[test]
    fn example_4_6_by_hand() {
        let all = all();
        let rows = &find(&all, "example-4-6-converging").predictions.rows;
        let fractions: Vec<&str> =
            rows[1..].iter().map(|r| r.fraction.as_deref().expect("rational")).collect();
        assert_eq!(fractions, ["-1/2", "-1", "-1", "-2"]);
        // |x*|² = 1/4 + 1 + 1 + 1/4.
        assert!((rows[0].exact - 2.5_f64.sqrt()).abs() < 1e-14);
        assert_eq!(rows[0].fraction, None);
    }

    /// $J = (1.2, 1; -0.7, -0.5)$ has the eigenvalues 0.5 and 0.2; a step of 0.1 has $I + 0.1\,
    /// \mathrm{diag}(10, 1)(J - I) = (1.2, 1; -0.07, 0.85)$: trace 2.05, determinant 1.09, so
    /// $|\mu|^2 = 1.09$.
    #[test]
    fn fine_tuning_diverges_by_hand() {
        let all = all();
        let spectra = &find(&all, "fine-tuning-diverges").spectra;
        assert!((spectra[0].radius - 0.5).abs() < 1e-12 && spectra[0].converges());
        assert!((spectra[2].radius - 1.09_f64.sqrt()).abs() < 1e-12 && !spectra[2].converges());
    }

    #[test]
    fn a_threshold_that_certifies_is_right() {
        let mut certified = 0;
        for exhibit in all() {
            for model in &exhibit.thresholds {
                for (value, certain) in model.values.into_iter().zip(model.certify()) {
                    assert!(value.is_none_or(|v| (0.0..=1.0).contains(&v)), "{model:?}");
                    assert!(!certain || model.rho * model.influence > 0.0, "{model:?}");
                    certified += u32::from(certain);
                }
                // Each is sharper than the one before it, where both have a value.
                let there: Vec<f64> = model.values.into_iter().flatten().collect();
                assert!(there.is_sorted_by(|a, b| *a >= *b - 1e-9), "{model:?}");
            }
            // The thresholds' influences are those of the predictions.
            for (k, model) in exhibit.thresholds.iter().enumerate() {
                let known = exhibit.predictions.rows[3 + k].exact;
                assert!((model.influence - known).abs() <= 1e-9 * known.abs(), "{model:?}");
            }
        }
        assert!(certified > 0);
    }

    #[test]
    fn shares_are_counted_on_as_many_loops_as_the_effort_says() {
        let effort = |factor| Effort { seed: 1, factor };
        let (few, more) = (Shares::of(effort(0.1)), Shares::of(effort(0.2)));
        assert!(few.two_models[0].systems < more.two_models[0].systems);
        let wrong = few.two_models.iter().chain(&few.round_trips).map(|row| row.wrong);
        assert!(wrong.into_iter().all(|w| w == [0; 4]));
    }
}
