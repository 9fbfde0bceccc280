//! `backfire spectrum`.

use super::given::{Given, Heading, LoopArgs};
use super::text::{Format, json, maybe, number, rough, table, yes};
use super::{Failure, Outcome, output};
use crate::dynamics::{self, spectrum::Spectrum};
use crate::error::LoopError;
use crate::influence::Constants;
use crate::influence::sweep::Study;
use crate::systems::{GaussianLoop, Order, RetrainingMap};
use nalgebra::DVector;
use num_complex::Complex64;
use serde::Serialize;
use std::fmt::Write;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire spectrum paper-5-1-code\n  \
    $ backfire spectrum paper-5-1-code --set t=0.9 --format json")]
pub(super) struct Args {
    #[command(flatten)]
    given: LoopArgs,
    /// Move the share in front of the file's knob here first
    #[arg(long, value_name = "SHARE")]
    share: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Step of incremental retraining where the file has another order.
const STEP: f64 = 0.1;

/// Eigenvalues of an order in the text; a conjugate pair counts once.
const SHOWN: usize = 4;

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    heading: Heading,
    /// Whether 1 is no eigenvalue of the Jacobian of simultaneous retraining.
    stable_point_exists: bool,
    /// The loop's own order first.
    orders: Vec<OrderReport>,
    /// Of two models.
    constants: Option<ConstantsReport>,
}

#[derive(Serialize)]
struct OrderReport {
    order: String,
    /// Real and imaginary parts, by decreasing modulus; none for a switching order.
    eigenvalues: Vec<[f64; 2]>,
    /// Spectral radius of the Jacobian of a round; of a switching order its growth rate.
    rate: f64,
    /// Rounds in which the leading eigenvalue turns once.
    period: Option<f64>,
    converges: bool,
    /// Largest entry of the difference between the analytic Jacobian and that by dual numbers.
    jacobian_gap: Option<f64>,
}

#[derive(Serialize)]
struct ConstantsReport {
    a: f64,
    b: f64,
    kappa: f64,
    tau_p: f64,
    tau_q: f64,
    gamma_p: f64,
    gamma_q: f64,
    l_p: f64,
    l_q: f64,
    eps_p: f64,
    eps_q: f64,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let given = args.given.read()?;
    let system = moved(&given, args)?;
    let report = report(&given, &system).map_err(|e| given.failed(e))?;
    output::print(&match args.format {
        Format::Text => text(&report),
        Format::Json => json(&report),
    })?;
    Ok(Outcome::AsRecorded)
}

/// The loop with the share in front of its knob moved.
fn moved(given: &Given, args: &Args) -> Result<GaussianLoop<f64>, Failure> {
    let system = given.system()?;
    let Some(share) = args.share.as_deref().map(super::given::share).transpose()? else {
        return Ok(system);
    };
    let Some(knob) = given.file.knob.clone() else {
        let message = format!("{} has no knob, so no share in front of it", given.file.name);
        let help = "add to the file `[knob]`, `model = \"p\"`, `raise = \"curated\"`";
        return Err(super::given::usage(message, help));
    };
    let study = Study { file: &given.file, values: given.values.clone(), knob, share: Some(share) };
    Ok(study.setting().map_err(|e| given.failed(e))?.system)
}

fn report(given: &Given, system: &GaussianLoop<f64>) -> Result<Report, LoopError> {
    let names = given.file.model_names();
    let in_order = |order: Order| {
        let name = order.name(&names);
        let mut turned = system.clone();
        turned.order = order;
        order_report(&turned, name)
    };
    Ok(Report {
        heading: given.heading(),
        stable_point_exists: dynamics::stable_point(system).is_ok(),
        orders: orders(system).into_iter().map(in_order).collect::<Result<_, _>>()?,
        constants: (system.models.len() == 2).then(|| constants(system)),
    })
}

/// The loop's own order, then all the others.
fn orders(system: &GaussianLoop<f64>) -> Vec<Order> {
    let listed: Vec<usize> = (0..system.models.len()).collect();
    let reversed = listed.iter().rev().copied().collect();
    let mut orders = vec![system.order.clone()];
    let mut others =
        vec![Order::Simultaneous, Order::Sequential(listed), Order::Sequential(reversed)];
    if !matches!(system.order, Order::Incremental { .. }) {
        others.push(Order::Incremental { step: STEP });
    }
    for order in others {
        if !orders.contains(&order) {
            orders.push(order);
        }
    }
    orders
}

fn order_report(system: &GaussianLoop<f64>, order: String) -> Result<OrderReport, LoopError> {
    let rate = dynamics::rate(system)?;
    let mut report = OrderReport {
        order,
        eigenvalues: vec![],
        rate,
        period: None,
        converges: rate < 1.0,
        jacobian_gap: None,
    };
    if system.order.is_fixed() {
        let zero = DVector::zeros(system.dimension());
        let round = system.order.round(0, system.models.len());
        let jacobian = dynamics::round_jacobian(&system.linearise(&zero), system.blocks(), &round);
        let spectrum: Spectrum = dynamics::spectrum_of(&jacobian)?;
        let by_duals = dynamics::round_jacobian_by_duals(system, &round, &zero)?;
        report.eigenvalues = spectrum.eigenvalues.iter().map(|z| [z.re, z.im]).collect();
        report.period = spectrum.period();
        report.jacobian_gap = Some((jacobian - by_duals).amax());
    }
    Ok(report)
}

fn constants(system: &GaussianLoop<f64>) -> ConstantsReport {
    let c = Constants::of(system);
    ConstantsReport {
        a: c.a(),
        b: c.b(),
        kappa: c.kappa(),
        tau_p: c.tau_p(),
        tau_q: c.tau_q(),
        gamma_p: c.gamma_p,
        gamma_q: c.gamma_q,
        l_p: c.l_p,
        l_q: c.l_q,
        eps_p: c.eps_p,
        eps_q: c.eps_q,
    }
}

fn text(report: &Report) -> String {
    let existence = if report.stable_point_exists {
        "one stable point: 1 is not an eigenvalue of J"
    } else {
        "no stable point, or a continuum of them: 1 is an eigenvalue of J"
    };
    let rows: Vec<Vec<String>> = report.orders.iter().map(row).collect();
    let header = ["order", "rate", "converges", "period", "gap", "largest eigenvalues"];
    let mut text = format!("{}{existence}\n\n{}", report.heading.text(), table(&header, &rows));
    text.push_str(
        "\nrate: asymptotic factor a round, the spectral radius of the round's Jacobian (of a \
         switching\norder: its growth rate). gap: largest difference between that Jacobian and \
         the one by dual\nnumbers.\n",
    );
    if let Some(c) = &report.constants {
        let kappa = if c.kappa < 1.0 { "" } else { " (>= 1: Theorem 3.6 says nothing here)" };
        let _ = write!(text, "\nkappa = {}{kappa}\n", number(c.kappa));
        let rows = [
            ("p", c.gamma_p, c.l_p, c.eps_p, "a", c.a, c.b, c.tau_p),
            ("q", c.gamma_q, c.l_q, c.eps_q, "b", c.b, c.a, c.tau_q),
        ]
        .map(|(model, gamma, l, eps, name, ratio, other, tau)| {
            // It divides by 1 - the other's ratio, so from 1 on it means nothing.
            let tau = (other < 1.0).then_some(tau);
            let ratio = format!("{name} = {}", number(ratio));
            vec![model.to_owned(), number(gamma), number(l), number(eps), ratio, maybe(tau)]
        });
        let header = ["model", "gamma", "L", "eps", "L eps / gamma", "tau"];
        text.push_str(&table(&header, &rows));
    }
    text
}

fn row(order: &OrderReport) -> Vec<String> {
    let gap = order.jacobian_gap.map_or_else(|| "-".to_owned(), rough);
    let converges = yes(order.converges);
    let period = order.period.map_or_else(|| "-".to_owned(), |p| format!("{p:.3}"));
    vec![order.order.clone(), number(order.rate), converges, period, gap, eigenvalues(order)]
}

/// The largest few, a conjugate pair as one.
fn eigenvalues(order: &OrderReport) -> String {
    let upper: Vec<Complex64> = order
        .eigenvalues
        .iter()
        .map(|&[re, im]| Complex64::new(re, im))
        .filter(|z| z.im >= 0.0)
        .collect();
    let shown = upper.iter().take(SHOWN).map(|z| {
        // A small negative part is no `-0`.
        let real = format!("{:.4}", z.re).replace("-0.0000", "0.0000");
        if z.im == 0.0 { real } else { format!("{real}±{:.4}i", z.im) }
    });
    let mut shown: Vec<String> = shown.collect();
    if upper.len() > SHOWN {
        shown.push("..".to_owned());
    }
    shown.join(" ")
}
