//! The series of the CIFAR-10 experiment as logs.

use super::log::{Log, Run};
use super::written::Precision;
use crate::record::{Curated, Reward, SETTINGS, rewards};

/// The ids of the logs that come with the program: `cifar-a1` to `cifar-a6`.
pub fn ids() -> Vec<String> {
    SETTINGS.iter().map(|s| format!("cifar-{}", s.name.to_lowercase())).collect()
}

/// The two runs of a setting: the rewards of both models by epoch, at the curated shares 0.5 and 0.6.
pub fn recorded(id: &str) -> Option<Log> {
    let setting = ids().iter().position(|known| known == id)?;
    let run = |(name, share, curated): (&str, f64, Curated)| {
        let p = rewards::<f64>(setting, Reward::P, curated);
        let q = rewards::<f64>(setting, Reward::Q, curated);
        Run {
            name: name.to_owned(),
            first: 0,
            outcomes: vec![vec![]; p.len()],
            shares: vec![vec![share]; p.len()],
            states: p.into_iter().zip(q).map(|(p, q)| vec![p, q]).collect(),
        }
    };
    Some(Log {
        columns: vec!["J_p".into(), "J_q".into()],
        outcomes: vec![],
        shares: vec!["share.curated".into()],
        precision: Precision::default(),
        runs: [("0.5", 0.5, Curated::Half), ("0.6", 0.6, Curated::More)].map(run).to_vec(),
    })
}
