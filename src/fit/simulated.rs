//! Logs of loops whose numbers are known, to try a fit on.

use super::log::{Log, Run};
use super::written::Precision;
use crate::dynamics::{play, stable_point};
use crate::error::LoopError;
use crate::search::generator;
use crate::systems::{GaussianLoop, Knob, RetrainingMap};
use nalgebra::DVector;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// What is logged.
#[derive(Clone, Debug, PartialEq)]
pub struct Logged {
    /// Rounds of a run, that of the start included; at least 2.
    pub rounds: usize,
    /// Runs, at least 1.
    pub runs: usize,
    /// Standard deviation of what is added to every parameter after each round.
    pub noise: f64,
    /// Where runs start; `None` for standard normal numbers around the stable point.
    pub start: Option<DVector<f64>>,
    /// Seed of starts, noise and shares.
    pub seed: u64,
}

/// The share in front of a knob, and how it varies.
#[derive(Clone, Debug, PartialEq)]
pub struct Varied {
    /// The knob, per unit of the share.
    pub knob: Knob<f64>,
    /// The share at which the loop was built.
    pub at: f64,
    /// The least share.
    pub lo: f64,
    /// The greatest.
    pub hi: f64,
}

impl Varied {
    /// The loop at a share.
    pub fn turned(&self, system: &GaussianLoop<f64>, share: f64) -> GaussianLoop<f64> {
        system.turned(&self.knob, &(share - self.at))
    }
}

/// A log of `system`: its parameters as the state, its alignments as outcomes. Several runs have
/// shares evenly spread from `lo` to `hi`; a single one draws a share each round.
///
/// # Errors
/// If there is no stable point to start around.
pub fn simulated(
    system: &GaussianLoop<f64>,
    logged: &Logged,
    varied: Option<&Varied>,
) -> Result<Log, LoopError> {
    let around = match &logged.start {
        Some(_) => None,
        None => Some(stable_point(system)?),
    };
    let run = |number: usize| {
        let mut rng = generator(logged.seed, number as u64);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let mut state = match (&logged.start, &around) {
            (Some(start), _) => start.clone(),
            (None, Some(stable)) => stable.map(|x| x + normal()),
            (None, None) => DVector::zeros(system.dimension()),
        };
        let mut run = Run {
            name: (number + 1).to_string(),
            first: 0,
            states: vec![],
            outcomes: vec![],
            shares: vec![],
        };
        for round in 0..logged.rounds {
            let share = varied.map(|v| {
                let part = match logged.runs {
                    1 => rng.random::<f64>(),
                    runs => number as f64 / (runs - 1) as f64,
                };
                v.lo + part * (v.hi - v.lo)
            });
            if round > 0 {
                let now = varied.zip(share).map(|(v, share)| v.turned(system, share));
                let now = now.as_ref().unwrap_or(system);
                let order = now.order.round(round as u64 - 1, now.models.len());
                state = play(now, &order, &state);
                for x in state.iter_mut() {
                    let z: f64 = StandardNormal.sample(&mut rng);
                    *x += logged.noise * z;
                }
            }
            run.states.push(state.iter().copied().collect());
            run.outcomes.push(system.alignments(&state));
            run.shares.push(share.into_iter().collect());
        }
        run
    };
    Ok(Log {
        columns: parameter_names(system),
        outcomes: system.models.iter().map(|m| format!("alignment.{}", m.name)).collect(),
        shares: varied.map(|_| "share.varied".to_owned()).into_iter().collect(),
        precision: Precision::default(),
        runs: (0..logged.runs).map(run).collect(),
    })
}

/// `p.1`, `p.2`: the parameters of the models, in the order of the state.
fn parameter_names(system: &GaussianLoop<f64>) -> Vec<String> {
    let of = |name: &str, d: usize| {
        // What a fit takes for a share or an outcome.
        let name = match name {
            "share" | "alignment" => format!("model-{name}"),
            _ => name.to_owned(),
        };
        (1..=d).map(move |k| format!("{name}.{k}")).collect::<Vec<_>>()
    };
    system.models.iter().flat_map(|m| of(&m.name, m.dimension())).collect()
}

impl Log {
    /// As comma-separated values that [`Log::parse`] reads back to the same numbers.
    ///
    /// # Panics
    /// If the rows of a run are not of one length.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let names = self.shares.iter().chain(&self.columns).chain(&self.outcomes);
        let header = ["run", "round"].into_iter().chain(names.map(String::as_str));
        let written = writer.write_record(header);
        let rows = self.runs.iter().flat_map(|run| {
            (0..run.states.len()).map(move |t| {
                let numbers = run.shares[t].iter().chain(&run.states[t]).chain(&run.outcomes[t]);
                let round = i64::try_from(t).map_or(run.first, |t| run.first + t);
                let mut row = vec![run.name.clone(), round.to_string()];
                row.extend(numbers.map(f64::to_string));
                row
            })
        });
        let written = rows.fold(written, |done, row| done.and_then(|()| writer.write_record(&row)));
        written.expect("writing to memory, rows of one length");
        let bytes = writer.into_inner().expect("writing to memory");
        String::from_utf8(bytes).expect("text was written")
    }
}
