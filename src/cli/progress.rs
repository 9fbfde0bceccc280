//! A progress bar on standard error, on a terminal only.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Mutex;

/// Hears what a run does and shows it; silent where nobody watches.
pub(super) struct Progress {
    bar: Option<ProgressBar>,
    stage: Mutex<String>,
}

impl Progress {
    pub(super) fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{msg:>10} [{bar:40}] {pos}/{len}")
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::new(0).with_style(style.progress_chars("=> "))
        });
        Progress { bar, stage: Mutex::new(String::new()) }
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
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
