//! What Sections 3 and 4 of the paper say of two models at their stable point.

use super::super::text::{number, table};
use crate::error::LoopError;
use crate::influence::{Constants, Pair, cosine};
use crate::linalg;
use crate::systems::{GaussianLoop, Knob};
use nalgebra::{DMatrix, DVector};
use serde::Serialize;
use std::fmt::Write;

/// The paper's terms, model `p` the first of the file.
#[derive(Serialize)]
pub(super) struct PairReport {
    kappa: f64,
    /// Whether the hypothesis of Theorem 3.6 and the corollaries holds.
    kappa_below_one: bool,
    norm_c_p: f64,
    norm_c_q: f64,
    models: Vec<SignReport>,
    /// By rows.
    s_p: Vec<Vec<f64>>,
    s_q: Vec<Vec<f64>>,
    c_p: Vec<Vec<f64>>,
    c_q: Vec<Vec<f64>>,
}

/// One model's `ρ` against the thresholds for the sign of its derivative.
#[derive(Serialize)]
struct SignReport {
    model: String,
    /// `cos(∇J, v)`, `v` the direction in which the knob pushes: `h` for its own model, `C h` for
    /// the other.
    rho: f64,
    /// `|S|`.
    norm_s: f64,
    /// Least eigenvalue of the symmetric part of `S`.
    m: f64,
    /// Of Corollaries 4.7 and E.2; no number where the formula divides by what is not positive.
    tau: Option<f64>,
    thresholds: Vec<Threshold>,
}

#[derive(Serialize)]
struct Threshold {
    name: &'static str,
    /// `None` where its hypotheses fail.
    value: Option<f64>,
    /// Whether `|ρ|` is above it, so that the derivative has the sign of `ρ`.
    certifies: bool,
}

/// Largest dimension of a model whose matrices are printed in full.
const PRINTED: usize = 3;

/// The report on `system` with `knob`, a knob of model `own`.
pub(super) fn report(
    system: &GaussianLoop<f64>,
    knob: &Knob<f64>,
    own: usize,
) -> Result<PairReport, LoopError> {
    let constants = Constants::of(system);
    let pair = Pair::new(system.clone())?;
    let kappa = constants.kappa();
    let below = kappa < 1.0;
    // At the stable point this is h / (1 - λ) for the paper's knob.
    let push =
        &system.models[own].hessian * pair.system.block(own, &system.forcing(knob, &pair.stable));
    let carried = if own == 0 { &pair.c_q * &push } else { &pair.c_p * &push };
    let (at_p, at_q) = if own == 0 { (&push, &carried) } else { (&carried, &push) };
    let tau_p = (constants.b() < 1.0).then(|| constants.tau_p());
    let tau_q = (constants.a() < 1.0).then(|| constants.tau_q());
    let name = |i: usize| system.models[i].name.clone();
    Ok(PairReport {
        kappa,
        kappa_below_one: below,
        norm_c_p: linalg::spectral_norm(&pair.c_p),
        norm_c_q: linalg::spectral_norm(&pair.c_q),
        models: vec![
            sign_report(name(0), (&pair.grad_p, at_p), &pair.s_p, tau_p, below),
            sign_report(name(1), (&pair.grad_q, at_q), &pair.s_q, tau_q, below),
        ],
        s_p: rows(&pair.s_p),
        s_q: rows(&pair.s_q),
        c_p: rows(&pair.c_p),
        c_q: rows(&pair.c_q),
    })
}

fn sign_report(
    model: String,
    (gradient, direction): (&DVector<f64>, &DVector<f64>),
    s: &DMatrix<f64>,
    tau: Option<f64>,
    kappa_below_one: bool,
) -> SignReport {
    let rho = cosine(gradient, direction);
    let norm_s = linalg::spectral_norm(s);
    let m = linalg::smallest_symmetric_eigenvalue(s);
    let ratio = m / norm_s;
    // The corollaries assume kappa < 1; the other two need only m > 0.
    let of_tau = tau.filter(|tau| kappa_below_one && m > 0.0 && *tau > 0.0);
    let threshold = |name, value: Option<f64>| {
        let certifies = value.is_some_and(|value| rho.abs() > value);
        Threshold { name, value, certifies }
    };
    let thresholds = vec![
        threshold("1/sqrt(1+m^2 tau^2)", of_tau.map(|tau| 1.0 / 1.0_f64.hypot(m * tau))),
        threshold("1/sqrt(1+m^2/|S|^2)", (m > 0.0).then(|| 1.0 / 1.0_f64.hypot(ratio))),
        threshold("sqrt(1-m^2/|S|^2)", (m > 0.0).then(|| (1.0 - ratio * ratio).max(0.0).sqrt())),
    ];
    SignReport { model, rho, norm_s, m, tau, thresholds }
}

fn rows(m: &DMatrix<f64>) -> Vec<Vec<f64>> {
    m.row_iter().map(|row| row.iter().copied().collect()).collect()
}

impl PairReport {
    pub(super) fn text(&self) -> String {
        let kappa = if self.kappa_below_one {
            ""
        } else {
            " (>= 1: Theorem 3.6 and the corollaries do not apply; `-` below)"
        };
        let mut header = vec!["model", "rho", "|S|", "m", "tau"];
        header.extend(self.models[0].thresholds.iter().map(|t| t.name));
        let rows: Vec<Vec<String>> = self.models.iter().map(SignReport::row).collect();
        let mut text = format!(
            "\nthe paper's terms: kappa = {}{kappa}\n{}|C_p| = {}, |C_q| = {}\nA threshold that |rho| \
             exceeds (marked *) certifies that dJ/dlambda has the sign of rho.\n",
            number(self.kappa),
            table(&header, &rows),
            number(self.norm_c_p),
            number(self.norm_c_q),
        );
        for (name, m) in
            [("S_p", &self.s_p), ("S_q", &self.s_q), ("C_p", &self.c_p), ("C_q", &self.c_q)]
        {
            if m.len().max(m.first().map_or(0, Vec::len)) <= PRINTED {
                let row =
                    |row: &Vec<f64>| row.iter().map(|x| number(*x)).collect::<Vec<_>>().join(", ");
                let rows = m.iter().map(row).collect::<Vec<_>>().join("], [");
                let _ = writeln!(text, "{name} = [[{rows}]]");
            }
        }
        text
    }
}

impl SignReport {
    fn row(&self) -> Vec<String> {
        let mut row = vec![self.model.clone()];
        row.extend([self.rho, self.norm_s, self.m].map(number));
        row.push(super::maybe(self.tau));
        row.extend(self.thresholds.iter().map(|t| match t.value {
            Some(value) if t.certifies => format!("*{}", number(value)),
            value => super::maybe(value),
        }));
        row
    }
}
