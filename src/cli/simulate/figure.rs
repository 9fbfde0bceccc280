//! `backfire simulate --paper-figure-3`.

use super::super::given::{Given, usage};
use super::super::text::{TableFormat, csv, json, number, table};
use super::{Args, Failure};
use crate::dynamics::finite_sample::{
    Agreement, Coverage, DERIVATIVE_SEEDS, Estimate, Figure3, FigurePoint, FiniteOrder, HALF_STEP,
    LAMBDA_0, ROUNDS, RotationLoop, SWEEP_SEEDS, agreement, derivative_grid, figure3, sweep_grid,
};
use crate::error::LoopError;
use serde::Serialize;
use std::fmt::Write;

/// The parameter that the figure runs over.
const COUPLING: &str = "t";

#[derive(Serialize)]
struct Report {
    system: String,
    title: String,
    /// Whether anything was run; else means and standard errors are `null`.
    runs: bool,
    #[serde(flatten)]
    figure: Figure3,
    agreement: Option<Agreement>,
}

/// Runs it and renders the result.
pub(super) fn run(given: &Given, args: &Args) -> Result<String, Failure> {
    let system = rotation_loop(given)?;
    let order = if args.order_of_the_text {
        FiniteOrder::Simultaneous
    } else {
        FiniteOrder::try_from(&given.file.order).map_err(|e| given.failed(e))?
    };
    let figure = if args.exact {
        exact_figure(&system, order, args.seed)
    } else {
        figure3(&system, order, args.seed)
    };
    let agreement = (!args.exact).then(|| agreement(&figure));
    let (system, title) = (given.file.name.clone(), given.file.title.clone());
    let report = Report { system, title, runs: !args.exact, figure, agreement };
    Ok(match args.format {
        TableFormat::Text => plain(&report),
        TableFormat::Json => json(&report),
        TableFormat::Csv => comma_separated(&report),
    })
}

/// The file as a rotation loop that is scaled by its parameter `t`.
fn rotation_loop(given: &Given) -> Result<RotationLoop, Failure> {
    let misfit = |reason: &str| given.failed(LoopError::NotFigure3 { reason: reason.to_owned() });
    if !given.file.parameters.iter().any(|p| p.name == COUPLING) {
        return Err(misfit("its file has no parameter `t` that scales the coupling"));
    }
    if given.values.iter().any(|(name, _)| name == COUPLING) {
        return Err(usage("Figure 3 runs over all t", "leave out `--set t=..`"));
    }
    let at =
        |t| RotationLoop::try_from(&given.with(&[(COUPLING, t)])?).map_err(|e| given.failed(e));
    let system = at(1.0)?;
    // Halving is exact, so that equality is the right test of "t times".
    let half = at(0.5)?;
    let halved = |(one, half): (&f64, &f64)| half.to_bits() == (0.5 * one).to_bits();
    if !system.beta.iter().zip(&half.beta).all(halved) || half.a != system.a {
        return Err(misfit("its coupling is not `t` times fixed rotations"));
    }
    Ok(system)
}

/// The figure without its runs: expectations and theory alone.
fn exact_figure(system: &RotationLoop, order: FiniteOrder, seed: u64) -> Figure3 {
    let estimate =
        |expected, theory| Estimate { mean: f64::NAN, std_error: f64::NAN, expected, theory };
    let derivatives = derivative_grid().into_iter().map(|(t, n)| {
        let expected = system.expected_derivative(order, t, LAMBDA_0, HALF_STEP, n);
        let theory = system.stable_derivative(t, LAMBDA_0);
        let (p, q) = (estimate(expected.p, theory.p), estimate(expected.q, theory.q));
        FigurePoint { t, n, lambda: LAMBDA_0, seeds: 0, p, q }
    });
    let sweep = sweep_grid().into_iter().map(|(t, n, lambda)| {
        let (expected, theory) =
            (system.expected(order, t, lambda, n), system.stable_rewards(t, lambda));
        let (p, q) = (estimate(expected.p, theory.p), estimate(expected.q, theory.q));
        FigurePoint { t, n, lambda, seeds: 0, p, q }
    });
    let (derivatives, sweep) = (derivatives.collect(), sweep.collect());
    Figure3 { order, seed, rounds: 0, derivatives, sweep }
}

fn comma_separated(report: &Report) -> String {
    let mut header: Vec<String> = ["part", "t", "n", "lambda", "seeds"].map(str::to_owned).to_vec();
    for model in ["p", "q"] {
        for what in ["mean", "std_error", "expected", "theory"] {
            header.push(format!("{model}_{what}"));
        }
    }
    let figure = &report.figure;
    let parts = [("derivative", &figure.derivatives), ("sweep", &figure.sweep)];
    let rows: Vec<Vec<String>> = parts
        .into_iter()
        .flat_map(|(part, points)| points.iter().map(move |point| (part, point)))
        .map(|(part, point)| {
            let FigurePoint { t, n, lambda, seeds, p, q } = point;
            let mut row = vec![part.to_owned(), t.to_string(), n.to_string(), lambda.to_string()];
            row.push(seeds.to_string());
            for e in [p, q] {
                row.extend([e.mean, e.std_error, e.expected, e.theory].map(cell));
            }
            row
        })
        .collect();
    csv(&header, &rows)
}

/// A number with every digit; empty where nothing was run.
fn cell(x: f64) -> String {
    if x.is_nan() { String::new() } else { x.to_string() }
}

fn plain(report: &Report) -> String {
    let figure = &report.figure;
    let order = match figure.order {
        FiniteOrder::ThetaFirst => "p first, then q on the new p",
        FiniteOrder::Simultaneous => "both at once",
    };
    let what = if report.runs {
        format!(
            "{} runs a point, central differences of {ROUNDS} rounds; seed {}",
            DERIVATIVE_SEEDS, figure.seed
        )
    } else {
        "no runs: exact expectations and theory".to_owned()
    };
    let derivatives: Vec<Vec<String>> = figure.derivatives.iter().map(row).collect();
    let header = ["t", "n", "dJ_p", "exact", "theory", "dJ_q", "exact", "theory"];
    let mut text = format!(
        "{}: {}\nFigure 3, finite samples; a round updates {order}\n\ndJ/dlambda at lambda = {LAMBDA_0} \
         ({what})\n{}\nexact: the expectation of the run's estimate; theory: at the stable point, \
         no sampling.\n",
        report.system,
        report.title,
        table(&header, &derivatives),
    );
    if let Some(agreement) = &report.agreement {
        let _ = write!(text, "\nJ along lambda ({SWEEP_SEEDS} runs a point)\n");
        text.push_str(&sweep_summary(figure));
        text.push_str(&verdict(figure, agreement));
    }
    text
}

fn row(point: &FigurePoint) -> Vec<String> {
    let mut row = vec![format!("{:.4}", point.t), point.n.to_string()];
    for e in [&point.p, &point.q] {
        row.extend([measured(e), format!("{:.4}", e.expected), format!("{:.4}", e.theory)]);
    }
    row
}

/// The mean with its standard error.
fn measured(e: &Estimate) -> String {
    if e.mean.is_nan() { "-".to_owned() } else { format!("{:.4} ± {:.4}", e.mean, e.std_error) }
}

/// For each curve: how many points, and how far the runs are from their expectation.
fn sweep_summary(figure: &Figure3) -> String {
    let curves = figure.sweep.chunk_by(|x, y| x.n == y.n && x.t.to_bits() == y.t.to_bits());
    let rows: Vec<Vec<String>> = curves
        .map(|curve| {
            let (first, last) = (&curve[0], &curve[curve.len() - 1]);
            let furthest = |part: fn(&FigurePoint) -> &Estimate| {
                let errors = curve.iter().map(part).map(|e| (e.mean - e.expected) / e.std_error);
                format!("{:.2}", errors.fold(0.0, |most: f64, z| most.max(z.abs())))
            };
            let bias = |part: fn(&FigurePoint) -> &Estimate| {
                let gaps = curve.iter().map(part).map(|e| (e.expected - e.theory).abs());
                number(gaps.fold(0.0, f64::max))
            };
            vec![
                format!("t = {}, n = {}", first.t, first.n),
                curve.len().to_string(),
                format!("{:.3} to {:.3}", first.lambda, last.lambda),
                furthest(|point| &point.p),
                furthest(|point| &point.q),
                bias(|point| &point.p),
                bias(|point| &point.q),
            ]
        })
        .collect();
    let header = ["curve", "points", "lambda", "max z of p", "of q", "bias of p", "of q"];
    let note = "max z: largest deviation from the exact expectation in standard errors; bias: \
                largest gap\nbetween that expectation and the theory.\n";
    table(&header, &rows) + note
}

fn verdict(figure: &Figure3, agreement: &Agreement) -> String {
    let Agreement { points, worst_p_value, coverage_p, coverage_q, level, passed } = agreement;
    let result = if *passed { "agree" } else { "DO NOT agree" };
    let coverage =
        |c: &Coverage| format!("{} of {} (p = {})", c.covered, c.intervals, number(c.p_value));
    format!(
        "\n{} rounds simulated. The runs {result} with their exact expectations, at level {level} \
         for all\ntests together: least p-value of {points} Student tests {}, needed {};\n95 % \
         intervals that cover: of p {}, of q {}.\n",
        figure.rounds,
        number(*worst_p_value),
        number(level / 2.0 / *points as f64),
        coverage(coverage_p),
        coverage(coverage_q),
    )
}
