//! A whole search: every task of every strategy, in parts and pieces, with one outcome.

use super::{Findings, Strategy, smallest};
use crate::certify::Counterexample;
use crate::claim::Claim;
use crate::point::Point;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How often what was found is handed on: what a journal loses at most.
const PAUSE: Duration = Duration::from_secs(1);

/// Part `part` of `of`, counted from 1: every `of`-th task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Shard {
    part: u64,
    of: u64,
}

impl Shard {
    /// Everything.
    pub const WHOLE: Shard = Shard { part: 1, of: 1 };

    /// How many parts there are.
    pub fn of(&self) -> u64 {
        self.of
    }
    /// Which one this is, from 1.
    pub fn part(&self) -> u64 {
        self.part
    }
    fn has(&self, task: usize) -> bool {
        task as u64 % self.of == self.part - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

impl From<Shard> for String {
    fn from(shard: Shard) -> String {
        shard.to_string()
    }
}

impl TryFrom<String> for Shard {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Shard {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((part, of)) if 1 <= part && part <= of => Ok(Shard { part, of }),
            _ => Err(format!("`{text}` is no part; write k/n with 1 <= k <= n: 1/4, 2/4, ...")),
        }
    }
}

/// The tasks of one strategy: which are done, and what they found together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// Name of the strategy.
    pub strategy: String,
    /// Whether its points are spread over the domain.
    pub is_sampling: bool,
    /// Which tasks are done.
    #[serde(skip)]
    pub done: Vec<bool>,
    /// What they found.
    pub found: Findings,
}

impl Phase {
    /// Whether every task is done.
    pub fn is_complete(&self) -> bool {
        self.done.iter().all(|d| *d)
    }
}

/// What some tasks of a phase found together: a line of a journal.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Name of the strategy.
    pub strategy: String,
    /// The tasks, as ranges `[first, last]`.
    pub tasks: Vec<[usize; 2]>,
    /// What they found.
    pub found: Findings,
}

/// What a watcher is told after each task.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// The strategy at work.
    pub strategy: &'a str,
    /// Tasks of it that are done and that there are, in this part.
    pub tasks: [usize; 2],
    /// Points looked at by this task.
    pub points: u64,
    /// Least margin of all so far.
    pub least: Option<f64>,
}

/// A search for a counterexample to one claim.
pub struct Campaign<'a> {
    claim: &'a Claim,
    seed: u64,
    effort: f64,
    strategies: Vec<Box<dyn Strategy + 'a>>,
}

/// What a search comes to.
pub struct Conclusion {
    /// A counterexample, confirmed in exact arithmetic, and the phase that found it.
    pub witness: Option<(usize, Counterexample)>,
    /// A point that breaks the claim in floating point alone, where there is no better one, and its
    /// phase.
    pub disputed: Option<(usize, Point<f64>)>,
    /// Points spread over the domain that met every hypothesis and decided the claim.
    pub met: u64,
    /// Where the claim holds by the least margin, and the phase.
    pub least: Option<(usize, super::Least)>,
    /// The phases that count, the one with the counterexample last.
    pub phases: Vec<Phase>,
}

impl<'a> Campaign<'a> {
    /// A search by these strategies, tried in this order.
    pub fn new(
        claim: &'a Claim,
        strategies: Vec<Box<dyn Strategy + 'a>>,
        seed: u64,
        effort: f64,
    ) -> Self {
        Campaign { claim, seed, effort, strategies }
    }

    /// Names of the strategies that have something to do, and their numbers of tasks.
    pub fn plan(&self) -> Vec<(String, u64)> {
        self.at_work().map(|s| (s.name().to_owned(), s.tasks(self.effort))).collect()
    }

    fn at_work(&self) -> impl Iterator<Item = &(dyn Strategy + 'a)> {
        self.strategies.iter().map(AsRef::as_ref).filter(|s| s.tasks(self.effort) > 0)
    }

    /// What readers should know about the strategies, each with its name.
    pub fn notes(&self) -> Vec<(&'static str, String)> {
        let notes = |s: &(dyn Strategy + 'a)| {
            let name = s.name();
            s.notes(self.effort).into_iter().map(move |note| (name, note)).collect::<Vec<_>>()
        };
        self.at_work().flat_map(notes).collect()
    }

    /// The phases of the plan with nothing done.
    #[allow(clippy::cast_possible_truncation)]
    pub fn phases(&self) -> Vec<Phase> {
        let fresh = |s: &(dyn Strategy + 'a)| Phase {
            strategy: s.name().to_owned(),
            is_sampling: s.is_sampling(),
            done: vec![false; s.tasks(self.effort) as usize],
            found: Findings::none(self.claim.hypotheses.len()),
        };
        self.at_work().map(fresh).collect()
    }

    /// Does what is left to do of this part, strategy after strategy, until one has found a
    /// counterexample. `record` gets everything found, about once a second; `watch` hears of every
    /// task and may stop the search by an error.
    ///
    /// # Errors
    /// The first that `record` or `watch` returns; nothing is begun after it, and what was found until
    /// then is recorded.
    pub fn run<E: Send>(
        &self,
        shard: Shard,
        phases: &mut [Phase],
        record: &(dyn Fn(&Progress) -> Result<(), E> + Sync),
        watch: &(dyn Fn(Tick) -> Result<(), E> + Sync),
    ) -> Result<(), E> {
        for (strategy, phase) in self.at_work().zip(phases) {
            self.run_phase(strategy, shard, phase, record, watch)?;
            if !phase.found.broken.is_empty() {
                break;
            }
        }
        Ok(())
    }

    fn run_phase<E: Send>(
        &self,
        strategy: &dyn Strategy,
        shard: Shard,
        phase: &mut Phase,
        record: &(dyn Fn(&Progress) -> Result<(), E> + Sync),
        watch: &(dyn Fn(Tick) -> Result<(), E> + Sync),
    ) -> Result<(), E> {
        let own = |task: &usize| shard.has(*task);
        let all = (0..phase.done.len()).filter(own).count();
        let left: Vec<usize> =
            (0..phase.done.len()).filter(own).filter(|&task| !phase.done[task]).collect();
        let none = || Findings::none(self.claim.hypotheses.len());
        let done = all - left.len();
        let state = Mutex::new((phase, Vec::new(), none(), Instant::now(), done));
        let flush = |strategy: &dyn Strategy, tasks: &mut Vec<usize>, found: &mut Findings| {
            let (tasks, found) = (std::mem::take(tasks), std::mem::replace(found, none()));
            record(&Progress { strategy: strategy.name().into(), tasks: ranges(tasks), found })
        };
        let ended = left.par_iter().with_max_len(1).try_for_each(|&task| {
            let seen = strategy.run(self.seed, task as u64);
            // A poisoned lock means that another thread panicked, which this one will hear of.
            let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let (phase, tasks, found, last, done) = &mut *state;
            found.add(&seen);
            phase.found.add(&seen);
            phase.done[task] = true;
            tasks.push(task);
            *done += 1;
            let heard = watch(Tick {
                strategy: strategy.name(),
                tasks: [*done, all],
                points: seen.drawn,
                least: phase.found.least.as_ref().map(|l| l.margin),
            });
            if last.elapsed() < PAUSE {
                return heard;
            }
            *last = Instant::now();
            flush(strategy, tasks, found)?;
            heard
        });
        let mut state = state.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        if !state.1.is_empty() {
            flush(strategy, &mut state.1, &mut state.2)?;
        }
        ended
    }

    /// What `phases` come to, which must be complete up to the first that found a counterexample.
    pub fn conclude(&self, phases: &[Phase]) -> Conclusion {
        let last = phases.iter().position(|p| !p.found.broken.is_empty());
        let phases = last.map_or(phases, |last| &phases[..=last]);
        let witness = last.and_then(|k| {
            let starts = phases[k].found.broken.iter().cloned().map(Into::into).collect();
            Some((k, smallest(self.claim, self.seed, 0, starts)?))
        });
        let mut found = phases.iter().enumerate();
        let least =
            phases.iter().enumerate().filter_map(|(k, p)| Some((k, p.found.least.clone()?)));
        Conclusion {
            disputed: found.find_map(|(k, p)| Some((k, p.found.disputed.clone()?))),
            met: phases.iter().filter(|p| p.is_sampling).map(|p| p.found.met).sum(),
            least: least.min_by(|(_, a), (_, b)| a.margin.total_cmp(&b.margin)),
            phases: phases.to_vec(),
            witness,
        }
    }
}

/// Whole numbers as ranges `[first, last]`.
fn ranges(mut numbers: Vec<usize>) -> Vec<[usize; 2]> {
    numbers.sort_unstable();
    let mut found: Vec<[usize; 2]> = Vec::new();
    for n in numbers {
        match found.last_mut() {
            Some([_, last]) if *last + 1 == n => *last = n,
            _ => found.push([n, n]),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Shard, ranges};

    #[test]
    fn parts_share_the_tasks() {
        let shards: Vec<Shard> = (1..=3).map(|k| format!("{k}/3").parse().unwrap()).collect();
        for task in 0..10 {
            assert_eq!(shards.iter().filter(|s| s.has(task)).count(), 1);
        }
        assert!(Shard::WHOLE.has(7));
        for wrong in ["0/3", "4/3", "1", "1/", "a/b", "1/0"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(ranges(vec![5, 1, 2, 0, 7, 6]), [[0, 2], [5, 7]]);
        assert!(ranges(vec![]).is_empty());
    }
}
