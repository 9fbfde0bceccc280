//! Units in which the numbers of a log can be squared without running out of range.

use super::FitError;
use super::log::{Log, Run};
use super::result::{Fit, Interval};

/// Sizes from `1 / MODERATE` to it are left as they are. Products of two squares of such numbers and
/// of two of their inverses stay below 1e240.
const MODERATE: f64 = 1e60;

/// Powers of two by which columns are divided, 0 where they are of moderate size. That is exact, so
/// a log that needs no units is fitted as it is.
pub(super) struct Units {
    columns: Vec<i32>,
    outcomes: Vec<i32>,
    shares: Vec<i32>,
}

impl Units {
    /// The units of a log.
    ///
    /// # Errors
    /// If a number is NaN or infinite.
    pub fn of(log: &Log) -> Result<Units, FitError> {
        Ok(Units {
            columns: powers(log, &log.columns, |run| &run.states)?,
            outcomes: powers(log, &log.outcomes, |run| &run.outcomes)?,
            shares: powers(log, &log.shares, |run| &run.shares)?,
        })
    }

    /// The log in these units.
    pub fn applied(&self, log: &Log) -> Log {
        let each = |rows: &Vec<Vec<f64>>, powers: &[i32]| {
            let row =
                |row: &Vec<f64>| row.iter().zip(powers).map(|(x, k)| scaled(*x, -k)).collect();
            rows.iter().map(row).collect()
        };
        let run = |run: &Run| Run {
            name: run.name.clone(),
            first: run.first,
            states: each(&run.states, &self.columns),
            outcomes: each(&run.outcomes, &self.outcomes),
            shares: each(&run.shares, &self.shares),
        };
        Log { runs: log.runs.iter().map(run).collect(), ..log.clone() }
    }

    /// Turns what was found in these units into those of the log.
    ///
    /// # Errors
    /// If a number is too large or too small to be written down, or there is none.
    pub fn restore(&self, fit: &mut Fit) -> Result<(), FitError> {
        let mut ranges = Range { failed: None };
        let columns = fit.columns.clone();
        for (i, row) in fit.jacobian.iter_mut().enumerate() {
            for (j, entry) in row.iter_mut().enumerate() {
                let Some(entry) = entry else { continue };
                let power = self.columns[i] - self.columns[j];
                let what = || format!("{} <- {} of J", columns[i], columns[j]);
                ranges.number(&mut entry.estimate, power, what);
                ranges.number(&mut entry.std_error, power, what);
                ranges.interval(&mut entry.interval, power, what);
            }
        }
        for (k, (noise, name)) in fit.noise.iter_mut().zip(&columns).enumerate() {
            ranges.number(noise, self.columns[k], || format!("the noise of {name}"));
        }
        for (k, share) in fit.shares.iter_mut().enumerate() {
            for value in [&mut share.lo, &mut share.hi, &mut share.at] {
                ranges.number(value, self.shares[k], || share.name.clone());
            }
        }
        let of: Vec<i32> = self.columns.iter().chain(&self.outcomes).copied().collect();
        for (value, k) in fit.stable.iter_mut().zip(&of) {
            let what = || format!("the stable value of {}", value.name);
            ranges.option(&mut value.estimate, *k, what);
            ranges.interval(&mut value.interval, *k, what);
        }
        let names: Vec<&String> = fit.shares.iter().map(|s| &s.name).collect();
        let share = |name| names.iter().position(|n| *n == name).map_or(0, |k| self.shares[k]);
        for (k, value) in fit.influences.iter_mut().enumerate() {
            let power = of[k % of.len()] - share(&value.share);
            let what = || format!("the influence of {} on {}", value.share, value.of);
            ranges.option(&mut value.estimate, power, what);
            ranges.interval(&mut value.interval, power, what);
        }
        self.restore_rounding(fit, &mut ranges);
        match ranges.failed {
            Some(what) => Err(FitError::OutOfRange { what }),
            None => Ok(()),
        }
    }

    fn restore_rounding(&self, fit: &mut Fit, ranges: &mut Range) {
        let Some(rounding) = &mut fit.rounding else { return };
        let of: Vec<i32> = self.columns.iter().chain(&self.outcomes).copied().collect();
        for (i, row) in rounding.jacobian.iter_mut().enumerate() {
            for (j, error) in row.iter_mut().enumerate() {
                let power = self.columns[i] - self.columns[j];
                if let Some(x) = error {
                    ranges.bound(x, power);
                }
            }
        }
        for (error, k) in rounding.numbers.iter_mut().zip(&self.columns) {
            ranges.bound(error, *k);
        }
        for (error, k) in rounding.stable.iter_mut().zip(&of) {
            if let Some(x) = error {
                ranges.bound(x, *k);
            }
        }
        let names: Vec<&String> = fit.shares.iter().map(|s| &s.name).collect();
        let share = |name| names.iter().position(|n| *n == name).map_or(0, |k| self.shares[k]);
        for (k, (error, influence)) in
            rounding.influences.iter_mut().zip(&fit.influences).enumerate()
        {
            let power = of[k % of.len()] - share(&influence.share);
            if let Some(x) = error {
                ranges.bound(x, power);
            }
        }
    }
}

/// The first thing that left the range of doubles.
struct Range {
    failed: Option<String>,
}

impl Range {
    fn number(&mut self, x: &mut f64, power: i32, what: impl Fn() -> String) {
        let moved = scaled(*x, power);
        let lost = !moved.is_finite() || (*x != 0.0 && moved == 0.0);
        if lost && self.failed.is_none() {
            self.failed = Some(what());
        }
        *x = moved;
    }

    /// A bound may be made larger, and so never vanishes.
    fn bound(&mut self, x: &mut f64, power: i32) {
        let floor = if *x > 0.0 { f64::MIN_POSITIVE } else { 0.0 };
        *x = scaled(*x, power).max(floor);
        if !x.is_finite() && self.failed.is_none() {
            self.failed = Some("a bound on what rounding does".to_owned());
        }
    }

    fn option(&mut self, x: &mut Option<f64>, power: i32, what: impl Fn() -> String) {
        if let Some(x) = x {
            self.number(x, power, what);
        }
    }

    fn interval(&mut self, x: &mut Option<Interval>, power: i32, what: impl Fn() -> String) {
        if let Some(interval) = x {
            self.option(&mut interval.lo, power, &what);
            self.option(&mut interval.hi, power, &what);
        }
    }
}

/// `x 2^power`, in two steps, each of which is in range.
fn scaled(x: f64, power: i32) -> f64 {
    let half = power / 2;
    x * 2.0_f64.powi(half) * 2.0_f64.powi(power - half)
}

fn powers(
    log: &Log,
    names: &[String],
    of: fn(&Run) -> &Vec<Vec<f64>>,
) -> Result<Vec<i32>, FitError> {
    let power = |(k, name): (usize, &String)| {
        let numbers = log.runs.iter().flat_map(|run| of(run).iter().map(move |row| row[k]));
        let mut most = 0.0_f64;
        for x in numbers {
            if !x.is_finite() {
                return Err(FitError::OutOfRange { what: format!("a number of {name}") });
            }
            most = most.max(x.abs());
        }
        // As an integer: the binary exponent of a double.
        #[allow(clippy::cast_possible_truncation)]
        let exponent = most.log2().floor() as i32;
        let moderate = most == 0.0 || (1.0 / MODERATE..=MODERATE).contains(&most);
        Ok(if moderate { 0 } else { exponent })
    };
    names.iter().enumerate().map(power).collect()
}
