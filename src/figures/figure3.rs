//! The paper's Figure 3 redrawn: cosines as plotted and as Eqs. (10) and (11) say, and finite-sample
//! estimates beside their exact expectations.

use super::Figure;
use super::draw::{
    Area, Axis, Drawn, Entry, Frame, Marker, Panel, Pen, SERIES, Scene, heading, legend,
};
use crate::dynamics::finite_sample::{Estimate, Figure3, FigurePoint};
use crate::error::LoopError;
use crate::influence::{Pair, cosine};
use crate::systems::LoopFile;
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;
use serde::Serialize;

/// The cosines of Figure 3(A) at one strength of the coupling.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cosines {
    /// The strength `t`.
    pub t: f64,
    /// $\cos\angle(\nabla J_p(\theta^*), h)$, Eq. (10).
    pub p: f64,
    /// $\cos\angle(\nabla J_q(\phi^*), C_q h)$, Eq. (11).
    pub q: f64,
    /// $\cos\angle(\nabla J_p(\theta^*), \theta^*)$, which the code plots as $\rho_p$.
    pub plotted: f64,
}

/// Everything in the picture.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Redrawn {
    /// Panel (A).
    pub cosines: Vec<Cosines>,
    /// The runs, their exact expectations and the theory.
    pub runs: Figure3,
}

/// Values of `t` in panel (A).
const STEPS: u32 = 76;

/// How far a 95 % interval reaches with 40 and with 20 seeds, in standard errors (Student's t with 39
/// and 19 degrees of freedom).
const STUDENT: [(usize, f64); 2] = [(40, 2.022_691), (20, 2.093_024)];

/// The cosines of the loop of a file with a parameter `t`, over the range of the figure.
///
/// # Errors
/// If the loop has not two models, no parameter `t`, or no stable point.
pub fn cosines(file: &LoopFile) -> Result<Vec<Cosines>, LoopError> {
    let at = |k: u32| {
        let t = 0.05 + 0.95 * f64::from(k) / f64::from(STEPS);
        let pair = Pair::new(file.at::<f64>(&[("t", t)])?)?;
        let h = pair.h()?;
        let theta = pair.system.block(0, &pair.stable);
        Ok(Cosines {
            t,
            p: cosine(&pair.grad_p, &h),
            q: cosine(&pair.grad_q, &(&pair.c_q * &h)),
            plotted: cosine(&pair.grad_p, &theta),
        })
    };
    (0..=STEPS).map(at).collect()
}

type Model = fn(&FigurePoint) -> &Estimate;

/// The picture, called `name`.
pub fn figure(name: &str, data: &Redrawn) -> Figure {
    let title = "Figure 3 of the paper, redrawn beside exact expectations".to_owned();
    let scene = Scene::drawn((960, 800), |area| {
        let below = "points: means of simulated runs with 95 % intervals; coloured lines: their exact \
                     expectations; black: theory at the stable point";
        let rest = heading(area, &title, below)?;
        let entry = |k: usize, n: &str| {
            let pen = Some(Pen::series(SERIES[k], k + 1));
            Entry { pen, ..Entry::dots(Marker::series(k), SERIES[k], n) }
        };
        let entries = [
            entry(0, "*n* = 4 samples a round"),
            entry(1, "*n* = 12 (B, C) or 32 (D, E)"),
            entry(2, "*n* = 64 (B, C)"),
            Entry::line(theory(), "theory"),
        ];
        let rest = legend(&rest, &entries)?;
        let half = i32::try_from(rest.dim_in_pixel().1).unwrap_or(0) / 2;
        let (above, under) = rest.split_vertically(half);
        let parts = above.split_evenly((1, 3));
        cosine_panel(&parts[0], &data.cosines)?;
        derivative(&parts[1], "(B) self-influence at *λ* = 0.4", "*dJ*_{p}/*dλ*", data, |x| {
            &x.p
        })?;
        derivative(&parts[2], "(C) cross-influence at *λ* = 0.4", "*dJ*_{q}/*dλ*", data, |x| {
            &x.q
        })?;
        let parts = under.split_evenly((1, 2));
        along(&parts[0], "(D) alignment of *p*", "*J*_{p}", data, |x| &x.p)?;
        along(&parts[1], "(E) alignment of *q*", "*J*_{q}", data, |x| &x.q)
    });
    let worst = |of: Model| {
        let gaps = data.runs.derivatives.iter().filter(|x| x.n == 64).map(of);
        gaps.map(|e| (e.expected - e.theory).abs()).fold(0.0, f64::max)
    };
    let said = format!(
        "with n = 64 the exact expectation of the estimates is within {:.3} (p) and {:.3} (q) of the \
         theory at every t",
        worst(|x| &x.p),
        worst(|x| &x.q)
    );
    Figure {
        name: name.to_owned(),
        title,
        caption: format!(
            "(A) The cosines of Eqs. (10) and (11), and what the authors' code plots as ρ_p: the cosine \
             with θ* instead of h. (B, C) Finite-sample estimates of the influences at λ = 0.4 against \
             the strength t of the coupling; (D, E) alignments along λ for t = 0.2 and t = 0.9. Points \
             are simulated, coloured lines are exact expectations of the same estimates, computed \
             without any run; {said}."
        ),
        alt: format!(
            "Five panels. In (A) the plotted curve for p is not Eq. (10). In (B) to (E) the points lie \
             on the exact expectations, which approach the theory as n grows: {said}."
        ),
        scene,
    }
}

fn theory() -> Pen {
    Pen::solid(super::draw::TEXT).width(14)
}

fn cosine_panel(area: &Area, data: &[Cosines]) -> Drawn {
    let all = data.iter().flat_map(|c| [c.p, c.q, c.plotted]);
    let (lo, hi) = super::range(all.chain([0.0]));
    let frame = Frame {
        heading: "(A) cosines",
        x: Axis::linear("coupling *t*", 0.0, 1.0, 5),
        y: Axis::linear("*ρ*", lo, hi, 6),
        left: 60,
    };
    let panel = Panel::new(area, frame)?;
    let curve = |of: fn(&Cosines) -> f64| -> Vec<(f64, f64)> {
        data.iter().map(|c| (c.t, of(c))).collect()
    };
    panel.line(&curve(|c| c.p), Pen::solid(SERIES[0]))?;
    panel.line(&curve(|c| c.q), Pen::series(SERIES[1], 1))?;
    panel.line(&curve(|c| c.plotted), Pen::series(SERIES[3], 2))?;
    let entries = [
        Entry::line(Pen::solid(SERIES[0]), "*ρ*_{p}, Eq. (10)"),
        Entry::line(Pen::series(SERIES[1], 1), "*ρ*_{q}, Eq. (11)"),
        Entry::line(Pen::series(SERIES[3], 2), "plotted as *ρ*_{p}"),
    ];
    panel.key((0.06, 0.1), &entries)
}

fn colour(index: usize) -> RGBColor {
    SERIES[index % SERIES.len()]
}

fn student(seeds: usize) -> f64 {
    STUDENT.iter().find(|(n, _)| *n == seeds).map_or(STUDENT[1].1, |(_, t)| *t)
}

/// A curve of estimates: interval, mean, expectation.
fn estimates(
    panel: &Panel,
    index: usize,
    points: &[(f64, Estimate, usize)],
    every: usize,
) -> Drawn {
    let colour = colour(index);
    let expected: Vec<(f64, f64)> = points.iter().map(|(x, e, _)| (*x, e.expected)).collect();
    panel.line(&expected, Pen::series(colour, index + 1))?;
    for (x, e, seeds) in points.iter().skip(every / 2).step_by(every) {
        let reach = student(*seeds) * e.std_error;
        panel.whisker(*x, (e.mean - reach, e.mean + reach), colour)?;
        panel.dots(&[(*x, e.mean)], Marker::series(index), colour)?;
    }
    Ok(())
}

fn derivative(area: &Area, heading: &str, label: &str, data: &Redrawn, of: Model) -> Drawn {
    let points = &data.runs.derivatives;
    let all = points.iter().map(of).flat_map(|e| [e.mean, e.expected, e.theory]);
    let (lo, hi) = super::range(all);
    let frame = Frame {
        heading,
        x: Axis::linear("coupling *t*", 0.0, 1.05, 5),
        y: Axis::linear(label, lo, hi, 6),
        left: 60,
    };
    let panel = Panel::new(area, frame)?;
    panel.level(0.0, Pen::thin(&[]))?;
    for (k, n) in [4, 12, 64].into_iter().enumerate() {
        let mine = points.iter().filter(|p| p.n == n).map(|p| (p.t, *of(p), p.seeds));
        estimates(&panel, k, &mine.collect::<Vec<_>>(), 1)?;
    }
    let exact = points.iter().filter(|p| p.n == 4).map(|p| (p.t, of(p).theory));
    panel.line(&exact.collect::<Vec<_>>(), theory())
}

fn along(area: &Area, heading: &str, label: &str, data: &Redrawn, of: Model) -> Drawn {
    let points = &data.runs.sweep;
    let all = points.iter().map(of).flat_map(|e| [e.mean, e.expected, e.theory]);
    let (lo, hi) = super::range(all);
    let frame = Frame {
        heading,
        x: Axis::linear("curated share *λ*", 0.0, 0.8, 9),
        y: Axis::linear(label, lo, hi, 6),
        left: 60,
    };
    let panel = Panel::new(area, frame)?;
    panel.level(0.0, Pen::thin(&[]))?;
    for t in [0.2, 0.9] {
        let here = |p: &&FigurePoint| p.t.to_bits() == f64::to_bits(t);
        for (k, n) in [4, 32].into_iter().enumerate() {
            let mine = points.iter().filter(here).filter(|p| p.n == n);
            let mine: Vec<_> = mine.map(|p| (p.lambda, *of(p), p.seeds)).collect();
            estimates(&panel, k, &mine, 12)?;
        }
        let exact = points.iter().filter(here).filter(|p| p.n == 4);
        let exact: Vec<(f64, f64)> = exact.map(|p| (p.lambda, of(p).theory)).collect();
        panel.line(&exact, theory())?;
        if let Some(at) = exact.get(exact.len() * 9 / 10) {
            panel.note(*at, (0, -16), HPos::Center, &format!("*t* = {t}"))?;
        }
    }
    Ok(())
}
