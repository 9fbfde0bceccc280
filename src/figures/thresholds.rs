//! Which share of the cases in which curation helps each sufficient condition certifies.

use super::Figure;
use super::draw::{
    Area, Axis, Drawn, Entry, Frame, Marker, Panel, Pen, SERIES, Scene, heading, legend, literal,
};
use crate::check::{ThresholdRow, round_trip_shares, two_model_shares};
use serde::Serialize;

/// The shares of two ensembles.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shares {
    /// Systems $S = (I - Z)^{-1}$; see [`round_trip_shares`].
    pub round_trips: Vec<ThresholdRow>,
    /// Loops of two models with $\kappa < 1$; see [`two_model_shares`].
    pub two_models: Vec<ThresholdRow>,
}

/// Systems of the first ensemble, and loops of the second: as many as the claims of the report look at.
pub const SYSTEMS: [u64; 2] = [20_000, 10_000];

/// How far a 95 % interval reaches, in standard deviations.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// Both ensembles, drawn from `seed`.
pub fn of(seed: u64) -> Shares {
    Shares {
        round_trips: round_trip_shares(seed, SYSTEMS[0]),
        two_models: two_model_shares(seed, SYSTEMS[1]),
    }
}

/// The 95 % interval of a share of which `hits` of `all` were seen (Wilson 1927), in per cent.
pub fn interval(hits: u64, all: u64) -> (f64, f64) {
    if all == 0 {
        return (0.0, 100.0);
    }
    let (n, z) = (all as f64, NORMAL_95);
    let share = hits as f64 / n;
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let reach = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    (100.0 * (middle - reach).max(0.0), 100.0 * (middle + reach).min(1.0))
}

/// The thresholds as they are printed.
const NAMES: [&str; 4] = [
    "1/√(1 + *m*^{2}*τ*^{2}), the paper's",
    "1/√(1 + *m*^{2}/|*S*|^{2})",
    "√(1 − *m*^{2}/|*S*|^{2})",
    "sin *ω*(*S*), the sharp one",
];

/// The picture, called `name`.
pub fn figure(name: &str, data: &Shares) -> Figure {
    let title = "How often each threshold certifies that curation helps".to_owned();
    let scene = Scene::drawn((800, 640), |area| {
        let below = "share of the systems in which curation helps; whiskers: 95 % intervals";
        let rest = heading(area, &title, below)?;
        let entry = |k: usize| Entry::dots(Marker::series(k), SERIES[k], NAMES[k]);
        let rest = legend(&rest, &[0, 1, 2, 3].map(entry))?;
        let height = i32::try_from(rest.dim_in_pixel().1).unwrap_or(0);
        // Both panels have the room of their axes, and rows of one height.
        let (rows, others) = (data.round_trips.len(), data.two_models.len());
        let spare = height - 2 * 780;
        let parts = i32::try_from(rows + others).unwrap_or(1);
        let first = 780 + spare * i32::try_from(rows).unwrap_or(1) / parts;
        let (above, under) = rest.split_vertically(first);
        ensemble(&above, "systems *S* = (*I* − *Z*)^{−1}, *Z* random", &data.round_trips)?;
        ensemble(&under, "random loops of two models with *κ* < 1", &data.two_models)
    });
    let all = |rows: &[ThresholdRow]| -> String {
        let Some(row) = rows.first() else { return String::new() };
        row.percent().map(|p| format!("{p:.0} %")).join(", ")
    };
    let said = format!(
        "{} of {} systems, and {} of {} loops of two models",
        all(&data.round_trips),
        data.round_trips.first().map_or(0, |row| row.helped),
        all(&data.two_models),
        data.two_models.first().map_or(0, |row| row.helped),
    );
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "Of the systems in which more curation raises the alignment, the share in which the cosine \
             ρ exceeds each threshold, so that the threshold says so in advance. In the order of the \
             legend: {said}. The shares depend on the ensemble, which the labels name."
        ),
        alt: format!("Dot plot of four thresholds, by group of systems. They certify {said}."),
        scene,
    }
}

fn ensemble(area: &Area, heading: &str, rows: &[ThresholdRow]) -> Drawn {
    let names: Vec<String> = rows.iter().map(|row| label(&row.group)).collect();
    let frame = Frame {
        heading,
        x: Axis::linear("certified, %", 0.0, 100.0, 11),
        y: Axis::named("", &names).reversed(),
        left: 128,
    };
    let panel = Panel::new(area, frame)?;
    for (place, row) in rows.iter().enumerate() {
        for (k, colour) in SERIES.into_iter().enumerate() {
            // Side by side, the weakest above.
            let y = place as f64 + 0.17 * (k as f64 - 1.5);
            let (lo, hi) = interval(row.certified[k], row.helped);
            panel.line(&[(lo, y), (hi, y)], Pen::solid(colour).width(14))?;
            panel.dots(&[(row.percent()[k], y)], Marker::series(k), colour)?;
        }
    }
    Ok(())
}

/// A group as an axis says it: the quantity slanted.
fn label(group: &str) -> String {
    literal(group).replace("|Z| in", "|*Z*|:").replace("kappa in", "*κ*:")
}

#[cfg(test)]
mod tests {
    use super::interval;

    #[test]
    fn intervals_by_hand() {
        // Half of 100: (0.5 + z²/200)/(1 + z²/100) ± z √(1/400 + z²/40000)/(1 + z²/100), z² = 3.8415:
        // the middle is 0.5, the reach 1.95996 · 0.050951 / 1.038415 = 0.09617.
        let (lo, hi) = interval(50, 100);
        assert!((lo - 40.383).abs() < 1e-3 && (hi - 59.617).abs() < 1e-3, "{lo} {hi}");
        // None of 10: from 0 to z²/(10 + z²) = 27.75 %.
        let (lo, hi) = interval(0, 10);
        assert!(lo.abs() < 1e-12 && (hi - 27.753).abs() < 1e-3, "{lo} {hi}");
        assert_eq!(interval(0, 0), (0.0, 100.0));
    }
}
