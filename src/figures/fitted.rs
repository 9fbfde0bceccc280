//! The eigenvalues of a fitted loop with their regions, and the unit circle.

use super::Figure;
use super::draw::{
    Axis, BLUE, Entry, Frame, Marker, Panel, Pen, Scene, TEXT, VERMILLION, heading, legend, literal,
};
use crate::fit::{Fit, Interval};
use plotters::style::text_anchor::HPos;
use std::f64::consts::TAU;

/// The most that is shown of the plane; regions that go further are cut.
const FURTHEST: f64 = 2.5;

/// The picture, called `name`, of a fit of the log `log`.
pub fn figure(name: &str, log: &str, fit: &Fit) -> Figure {
    let regions = fit.eigenvalues.iter().flat_map(|e| &e.region);
    let points = regions.copied().chain(fit.eigenvalues.iter().map(|e| (e.re, e.im)));
    let most = points.map(|(x, y)| x.hypot(y)).fold(1.0, f64::max).min(FURTHEST);
    let title = "Eigenvalues of the fitted loop".to_owned();
    let level = 100.0 * fit.level;
    // A log without noise has none.
    let has_regions = fit.eigenvalues.iter().any(|e| !e.region.is_empty());
    let rate = said(fit);
    let scene = Scene::drawn((800, 700), |area| {
        let rest = heading(area, &title, &format!("{}: {}", literal(log), literal(&rate)))?;
        let mut entries = vec![Entry::dots(Marker::Ring, VERMILLION, "estimate")];
        if has_regions {
            entries.push(Entry::line(Pen::solid(BLUE), format!("{level} % region of each")));
        }
        let rest = legend(&rest, &entries)?;
        let reach = 1.12 * most;
        // A square, whatever is around it.
        let (left, room) = (64, 88);
        let height = i32::try_from(rest.dim_in_pixel().1).unwrap_or(0) / 10 - room + 28;
        let spare = (800 - height - left - 24) / 2;
        let middle = rest.margin(0, 0, spare * 10, spare * 10);
        let axis = |label: &str| Axis::linear(label, -reach, reach, 7);
        let frame = Frame { heading: "", x: axis("real part"), y: axis("imaginary part"), left };
        let panel = Panel::new(&middle, frame)?;
        let circle: Vec<(f64, f64)> =
            (0..=180).map(|k| (TAU * f64::from(k) / 180.0).sin_cos()).collect();
        panel.level(0.0, Pen::thin(&[]))?;
        panel.upright(0.0, Pen::thin(&[]))?;
        panel.line(&circle, Pen::solid(TEXT).width(14))?;
        for eigenvalue in &fit.eigenvalues {
            let closed: Vec<(f64, f64)> =
                eigenvalue.region.iter().chain(eigenvalue.region.first()).copied().collect();
            panel.line(&closed, Pen::solid(BLUE))?;
        }
        let estimates: Vec<(f64, f64)> = fit.eigenvalues.iter().map(|e| (e.re, e.im)).collect();
        panel.dots(&estimates, Marker::Ring, VERMILLION)?;
        let corner = std::f64::consts::FRAC_1_SQRT_2;
        panel.note((corner, -corner), (8, 6), HPos::Left, "|*z*| = 1")
    });
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "The eigenvalues of the Jacobian that was fitted to {log}{}. Inside the unit circle the loop \
             converges: {rate}.",
            if has_regions {
                format!(
                    ", each with the region that holds the true one with probability {}",
                    fit.level
                )
            } else {
                ", which has no noise".to_owned()
            }
        ),
        alt: format!(
            "{} estimated eigenvalues in the complex plane with {}the unit circle, equal scales on \
             both axes; {rate}.",
            fit.eigenvalues.len(),
            if has_regions { "their regions and " } else { "" }
        ),
        scene,
    }
}

/// The rate in words.
fn said(fit: &Fit) -> String {
    let value = format!("spectral radius {:.3}", fit.rate.estimate);
    match fit.rate.interval {
        None => value,
        Some(Interval { lo: Some(lo), hi: Some(hi) }) => format!("{value}, {lo:.3} to {hi:.3}"),
        Some(Interval { lo: Some(lo), hi: None }) => format!("{value}, above {lo:.3}"),
        Some(_) => format!("{value}, of which nothing is certain"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::coverage::Truth;
    use crate::fit::{Options, fit};
    use nalgebra::dmatrix;

    #[test]
    fn every_eigenvalue_and_region_is_drawn() {
        let log = Truth::new("two", dmatrix![0.5, 0.4; 0.2, 0.3], 12, 2).log(1, 0);
        let found = fit(&log, &Options { draws: 99, ..Options::default() }).unwrap();
        let picture = figure("fit", "a_log.csv", &found);
        let svg = picture.svg_file();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        // A region less is less to draw.
        let mut fewer = found.clone();
        fewer.eigenvalues[1].region.clear();
        assert!(figure("fit", "a_log.csv", &fewer).svg_file().len() < svg.len());
        assert!(picture.alt.contains("2 estimated eigenvalues"));
        // Where no region is drawn none is spoken of.
        assert!(picture.caption.contains("region") && svg.contains("region"));
        fewer.eigenvalues[0].region.clear();
        let bare = figure("fit", "a_log.csv", &fewer);
        assert!(!format!("{}{}{}", bare.caption, bare.alt, bare.svg_file()).contains("region"));
        assert!(picture.png().unwrap().starts_with(b"\x89PNG"));
    }
}
