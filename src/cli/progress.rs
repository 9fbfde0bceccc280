//! A progress bar on standard error, on a terminal only.

use super::terminal::quiet;
use crate::search::campaign::Tick;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

/// Hears what a run does and shows it; silent where nobody watches.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    stage: Mutex<String>,
    points: AtomicU64,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = (std::io::stderr().is_terminal() && !quiet()).then(|| {
            let style = ProgressStyle::with_template("{msg:>10} [{bar:40}] {pos}/{len}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style.progress_chars("=> "))
        });
        Progress { bar, stage: Mutex::new(String::new()), points: AtomicU64::new(0) }
    }

    /// `done` more of `all` in the stage called `stage`.
    pub(super) fn tick(&self, stage: &str, done: u64, all: u64) {
        let Some(bar) = &self.bar else { return };
        // A poisoned lock only means that another thread died while it drew.
        let mut now = self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *now != stage {
            *now = stage.to_string();
            bar.set_position(0);
            bar.set_length(all);
            bar.set_message(stage.to_string());
        }
        bar.inc(done);
    }

    /// A task of a search: how far its strategy is, at which rate, and the least margin so far.
    pub(super) fn task(&self, tick: &Tick) {
        let Some(bar) = &self.bar else { return };
        let mut now = self.stage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if *now != tick.strategy {
            tick.strategy.clone_into(&mut now);
            bar.reset();
            self.points.store(0, Ordering::Relaxed);
        }
        let points = self.points.fetch_add(tick.points, Ordering::Relaxed) + tick.points;
        let rate = points as f64 / bar.elapsed().as_secs_f64().max(1e-3);
        let least = tick.least.map_or_else(String::new, |m| format!(", least margin {m:.1e}"));
        bar.set_length(tick.tasks[1] as u64);
        bar.set_position(tick.tasks[0] as u64);
        bar.set_message(format!("{}: {rate:.2e} points/s{least}", tick.strategy));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
