//! Pictures: one file a picture, each a function from plain data to a [`Figure`]; the data are
//! computed by the functions beside them.
//!
//! SVG and PNG come from one drawing. Text is drawn as outlines of an embedded typeface, colours are
//! told apart by people with any common colour vision, and what differs in colour differs in shape or
//! dashes, too. The same numbers give the same bytes.

pub mod contributions;
pub mod curation;
mod draw;
pub mod figure3;
pub mod fitted;
pub mod regimes;
pub mod spectrum;
pub mod thresholds;
pub mod trajectory;

use crate::dynamics::finite_sample::{self, FiniteOrder, RotationLoop};
use crate::error::LoopError;
use crate::influence::sweep::Study;
use crate::systems::{FileError, shipped};
use draw::Scene;
use std::ops::Range;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Names its files and, in front of all ids, what is in its SVG: letters, digits and hyphens.
    /// Pictures on one page need different names.
    pub name: String,
    /// A few words.
    pub title: String,
    /// What is to be seen, in sentences.
    pub caption: String,
    /// What the picture says, for those who do not see it.
    pub alt: String,
    scene: Scene,
}

/// Why the pictures of the shipped loops could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    /// A shipped file is broken.
    #[error(transparent)]
    File(#[from] FileError),
    /// The mathematics cannot be applied to a loop.
    #[error(transparent)]
    Loop(#[from] LoopError),
}

/// The pictures of the shipped loops that reports show; what is random follows from `seed`.
///
/// # Errors
/// If a shipped loop is not what it should be.
pub fn all(seed: u64) -> Result<Vec<Figure>, FigureError> {
    const CODE: &str = "paper-5-1-code";
    let code = shipped::get(CODE)?;
    let strong = vec![("t".to_owned(), 0.9)];
    let system = code.at::<f64>(&[("t", 0.9)])?;
    let knob = code.knob.clone().ok_or_else(no_knob)?;
    let converging = shipped::get("example-4-6-converging")?;
    let study = Study { file: &code, values: strong, knob: knob.clone(), share: None };
    let along = |name: &str| regimes::Along::Parameter(name.to_owned());
    let over = regimes::Sweep {
        file: &code,
        values: vec![],
        knob: knob.clone(),
        x: regimes::Ticks::new(along("t"), (0.05, 1.25), 121),
        y: Some(regimes::Ticks::new(regimes::Along::Share, (0.0, 0.99), 100)),
    };
    let over = regimes::grid(&over, &|| true).map_err(|_| LoopError::NotObserved)?;
    let redrawn = figure3::Redrawn {
        cosines: figure3::cosines(&code)?,
        runs: finite_sample::figure3(
            &RotationLoop::try_from(&code.at::<f64>(&[("t", 1.0)])?)?,
            FiniteOrder::try_from(&code.order)?,
            seed,
        ),
    };
    let (along_knob, _) = knob.per_share(&system)?;
    let blocks = contributions::of(CODE, "t = 0.9", &system, &along_knob)?;
    let example = converging.default_at()?;
    Ok(vec![
        spectrum::figure("spectrum", &spectrum::of(CODE, "t = 0.9", &system)?),
        trajectory::figure("trajectory", &trajectory::of("example-4-6-converging", "", &example)?),
        curation::figure("curation", &curation::of(&study, "t = 0.9")?),
        regimes::figure("regimes", &regimes::Map::of(&over, 0, "")),
        regimes::figure("regimes-cross", &regimes::Map::of(&over, 1, "")),
        thresholds::figure("thresholds", &thresholds::of(seed)),
        figure3::figure("figure-3", &redrawn),
        contributions::figure("contributions", &blocks),
    ])
}

fn no_knob() -> LoopError {
    LoopError::KnobStandsStill { model: "p".to_owned() }
}

impl Figure {
    /// The picture for a page: an `svg` element that is as wide as the picture is drawn (`viewBox`,
    /// `width` and `height` in pixels), without a ground. Text and axes have the colour of the text
    /// around it (`currentColor`), so it works on dark and on light.
    pub fn svg(&self) -> String {
        self.scene.svg(&self.name, &self.title, &self.alt, None)
    }

    /// The picture as a file of its own, on white.
    pub fn svg_file(&self) -> String {
        self.scene.svg(&self.name, &self.title, &self.alt, Some("#ffffff"))
    }

    /// The picture as PNG, on white, 1600 points wide, in at most 256 colours.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn png(&self) -> Result<Vec<u8>, png::EncodingError> {
        self.scene.png()
    }
}

/// Which loop a picture is of, for the line below its title.
fn about(system: &str, setting: &str) -> String {
    let system = draw::literal(system);
    if setting.is_empty() { system } else { format!("{system}, {}", draw::literal(setting)) }
}

/// The range of an axis for these numbers, with some room at both ends.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|x| x.is_finite());
    let (lo, hi) =
        finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(x), hi.max(x)));
    if lo > hi {
        return (0.0, 1.0);
    }
    // A curve that is level but for rounding stays level.
    let room = if hi - lo > 1e-9 * hi.abs().max(lo.abs()) { 0.06 * (hi - lo) } else { 0.0 };
    let room = if room > 0.0 { room } else { 0.1 * hi.abs().max(1.0) };
    (lo - room, hi + room)
}

/// As [`range`], but far outliers, as beside a pole, do not count: the range is at most eight times as wide
/// as the middle four fifths of the numbers.
fn robust_range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut finite: Vec<f64> = values.filter(|x| x.is_finite()).collect();
    finite.sort_by(f64::total_cmp);
    let Some(last) = finite.len().checked_sub(1) else { return (0.0, 1.0) };
    let (low, high) = (finite[last / 10], finite[last - last / 10]);
    let reach = 3.5 * (high - low);
    if reach == 0.0 {
        return range(finite.into_iter());
    }
    range(finite.into_iter().map(|x| x.clamp(low - reach, high + reach)))
}

/// The longest stretches of `0..n` on which `shown` holds.
fn runs(n: usize, shown: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = vec![];
    for k in (0..n).filter(|k| shown(*k)) {
        match found.last_mut().filter(|last| last.end == k) {
            Some(last) => last.end = k + 1,
            None => found.push(k..k + 1),
        }
    }
    found
}
