//! How many of the cases in which curation helps each sufficient condition sees, and how many of
//! the loops that converge.

use super::Ensemble;
use crate::case::Sample;
use crate::dynamics::{round_jacobian, spectrum_of};
use crate::influence::{Constants, Pair, cosine, perron_of_two, sensitivity_matrix, turning_sine};
use crate::linalg;
use crate::search::{Random, generator};
use crate::systems::{LinearLoop, RetrainingMap, Round, SourceKind};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::Serialize;

/// Thresholds for $\rho_p$ above which curation is certain to help, the paper's first; see
/// [`ThresholdRow`].
pub const THRESHOLDS: [&str; 4] =
    ["1/sqrt(1 + m^2 tau^2)", "1/sqrt(1 + m^2/|S|^2)", "sqrt(1 - m^2/|S|^2)", "sin omega(S)"];

/// The systems of one group, and how many of them each of the [`THRESHOLDS`] certifies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ThresholdRow {
    /// Which systems.
    pub group: String,
    /// Systems with $\rho_p > 0$.
    pub systems: u64,
    /// Those among them in which curation helps: $g^\top Sh > 0$.
    pub helped: u64,
    /// Those among the helped whose $\rho_p$ exceeds the threshold.
    pub certified: [u64; 4],
    /// Systems whose $\rho_p$ exceeds the threshold although curation does not help: none, or the
    /// threshold is wrong.
    pub wrong: [u64; 4],
}

impl ThresholdRow {
    fn new(group: impl Into<String>) -> Self {
        ThresholdRow {
            group: group.into(),
            systems: 0,
            helped: 0,
            certified: [0; 4],
            wrong: [0; 4],
        }
    }

    fn add(&mut self, case: Seen) {
        self.systems += 1;
        self.helped += u64::from(case.helps);
        let sums = if case.helps { &mut self.certified } else { &mut self.wrong };
        for (sum, beyond) in sums.iter_mut().zip(case.beyond) {
            *sum += u64::from(beyond);
        }
    }

    /// Per cent of the helped systems that each threshold certifies.
    pub fn percent(&self) -> [f64; 4] {
        self.certified.map(|count| 100.0 * count as f64 / self.helped.max(1) as f64)
    }
}

/// One system with $\rho > 0$.
#[derive(Clone, Copy)]
struct Seen {
    helps: bool,
    beyond: [bool; 4],
}

/// `None` where $\rho \le 0$.
fn seen(g: &DVector<f64>, h: &DVector<f64>, s: &DMatrix<f64>, tau: f64) -> Option<Seen> {
    let rho = cosine(g, h);
    if rho.is_nan() || rho <= 0.0 {
        return None;
    }
    let m = linalg::smallest_symmetric_eigenvalue(s);
    let ratio = m / linalg::spectral_norm(s);
    let tilted = |x: f64| 1.0 / (1.0 + x * x).sqrt();
    let three = [tilted(m * tau), tilted(ratio), (1.0 - ratio * ratio).sqrt()];
    let turned = s * h;
    let own = cosine(h, &turned);
    // The last threshold lies between the sine of the turn of h itself and the one before it, which
    // most often decides without a minimisation.
    let last = rho > three[2] || (rho * rho > 1.0 - own * own && rho > turning_sine(s));
    let beyond = [rho > three[0], rho > three[1], rho > three[2], last];
    Some(Seen { helps: g.dot(&turned) > 0.0, beyond })
}

/// `count` systems $S = (I - Z)^{-1}$: `Z` normal of dimension 2, 3 or 4, rescaled to
/// $|Z| = 0.95\,U(0, 1)$; $g = h/|h| + U(0, 1)\,\cdot$ normal; $\tau = 1 - |Z|$. All of them, then by
/// dimension, then by $|Z|$.
pub fn round_trip_shares(seed: u64, count: u64) -> Vec<ThresholdRow> {
    let drawn: Vec<(usize, f64, Option<Seen>)> =
        (0..count).into_par_iter().map(|index| round_trip(seed, index)).collect();
    let mut rows = vec![ThresholdRow::new("all")];
    rows.extend((2..=4).map(|n| ThresholdRow::new(format!("dimension {n}"))));
    let ends = [0.0, 0.25, 0.5, 0.75, 0.95];
    rows.extend(ends.windows(2).map(|e| ThresholdRow::new(format!("|Z| in {} to {}", e[0], e[1]))));
    for (n, size, case) in drawn {
        let Some(case) = case else { continue };
        let bracket = ends[1..4].iter().filter(|end| size >= **end).count();
        for row in [0, n - 1, 4 + bracket] {
            rows[row].add(case);
        }
    }
    rows
}

fn round_trip(seed: u64, index: u64) -> (usize, f64, Option<Seen>) {
    let rng = &mut generator(seed ^ 0x5AFE, index);
    let n = rng.random_range(2..=4);
    let mut normal = || -> f64 { StandardNormal.sample(rng) };
    let z = DMatrix::from_fn(n, n, |_, _| normal());
    let h = DVector::from_fn(n, |_, _| normal());
    let off = DVector::from_fn(n, |_, _| normal());
    let size = 0.95 * rng.random_range(0.0..1.0);
    let g = h.normalize() + off * rng.random_range(0.0..1.0);
    let z = &z * (size / linalg::spectral_norm(&z));
    let s = linalg::inverse(&(DMatrix::identity(n, n) - z));
    (n, size, s.ok().and_then(|s| seen(&g, &h, &s, 1.0 - size)))
}

/// The first `count` loops of the two-model ensemble ([`Random`]) that have $\kappa < 1$, with the
/// paper's own $\tau_p$ from computed constants: all of them, then by $\kappa$.
pub fn two_model_shares(seed: u64, count: u64) -> Vec<ThresholdRow> {
    let drawn: Vec<Option<(f64, Seen)>> =
        (0..count).into_par_iter().map(|index| two_models(seed, index)).collect();
    let mut rows = vec![ThresholdRow::new("all")];
    let ends = ["0", "1/3", "2/3", "1"];
    rows.extend(
        ends.windows(2).map(|e| ThresholdRow::new(format!("kappa in {} to {}", e[0], e[1]))),
    );
    for (kappa, case) in drawn.into_iter().flatten() {
        let bracket = [1.0 / 3.0, 2.0 / 3.0].iter().filter(|end| kappa >= **end).count();
        for row in [0, 1 + bracket] {
            rows[row].add(case);
        }
    }
    rows
}

fn two_models(seed: u64, index: u64) -> Option<(f64, Seen)> {
    let subject = Random { seed }.draw(index);
    let Sample { system, .. } = subject.sample()?;
    let constants = Constants::of(system);
    let share = system.models[0].share(SourceKind::Curated);
    if constants.kappa() >= 1.0 || share <= 0.0 || share >= 1.0 {
        return None;
    }
    let pair = Pair::new(system.clone()).ok()?;
    let h = pair.h().ok()?;
    // A direction that is only rounding is none.
    if h.norm() < 1e-9 || pair.grad_p.norm() < 1e-9 {
        return None;
    }
    Some((constants.kappa(), seen(&pair.grad_p, &h, &pair.s_p, constants.tau_p())?))
}

/// Conditions under which retraining converges in every order, each weaker than the one before it;
/// the last is what happens.
pub const CONDITIONS: [&str; 5] = [
    "kappa < 1",
    "a + b + ab < 1",
    "(1 + a^2)(1 + b^2) < 2",
    "rho(M) < 1",
    "rho < 1 in all orders",
];

/// How many loops meet each of the [`CONDITIONS`], and how near the rates that the first, third and
/// fourth guarantee come to the true one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConvergenceTable {
    /// Loops looked at.
    pub loops: u64,
    /// Loops that meet each condition.
    pub met: [u64; 5],
    /// Loops that meet a condition and not the next: none, or a theorem is wrong.
    pub out_of_order: u64,
    /// Medians, over the loops with $\kappa < 1$, of the largest spectral radius of a round divided
    /// by $\kappa$, by $\sqrt{a^2 + b^2 + a^2b^2}$ and by $\rho(M)$.
    pub tightness: [f64; 3],
}

/// The first `count` loops of the two-model ensemble ([`Random`]).
///
/// # Panics
/// If no loop has $\kappa < 1$.
pub fn convergence_table(seed: u64, count: u64) -> ConvergenceTable {
    let drawn: Vec<([bool; 5], [f64; 3])> =
        (0..count).into_par_iter().filter_map(|index| conditions(seed, index)).collect();
    let mut met = [0; 5];
    let mut out_of_order = 0;
    for (holds, _) in &drawn {
        for (sum, holds) in met.iter_mut().zip(holds) {
            *sum += u64::from(*holds);
        }
        out_of_order += u64::from(holds.windows(2).any(|w| w[0] && !w[1]));
    }
    let tightness = std::array::from_fn(|k| {
        let contracting = drawn.iter().filter(|(holds, _)| holds[0]);
        let mut ratios: Vec<f64> = contracting.map(|(_, ratios)| ratios[k]).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ratios.len() / 2]
    });
    ConvergenceTable { loops: drawn.len() as u64, met, out_of_order, tightness }
}

fn conditions(seed: u64, index: u64) -> Option<([bool; 5], [f64; 3])> {
    let subject = Random { seed }.draw(index);
    let Sample { system, .. } = subject.sample()?;
    let c = Constants::of(system);
    let (a, b, kappa) = (c.a(), c.b(), c.kappa());
    let joint = a * a + b * b + a * a * b * b;
    let by_source = sensitivity_matrix(system);
    let weighted = perron_of_two(&by_source);
    let linear = system.linearise(&DVector::zeros(system.dimension()));
    let rounds =
        [Round::Simultaneous, Round::Sequential(vec![0, 1]), Round::Sequential(vec![1, 0])];
    let mut radius = 0.0_f64;
    for round in rounds {
        let jacobian = round_jacobian(&linear, system.blocks(), &round);
        radius = radius.max(spectrum_of(&jacobian).ok()?.radius());
    }
    let holds = [kappa < 1.0, a + b + a * b < 1.0, joint < 1.0, weighted < 1.0, radius < 1.0];
    Some((holds, [radius / kappa, radius / joint.sqrt(), radius / weighted]))
}

/// Loops of three scalar models in which sequential retraining diverges although simultaneous
/// retraining converges, and how many were looked at: of `count` with normal entries rescaled to
/// $\rho(J) = 0.99\,U(0, 1)$, and of those with $\rho(J) < 1$ among `count` with entries uniform in
/// [-1, 1].
pub fn sequential_failures(seed: u64, count: u64) -> [(u64, u64); 2] {
    [false, true].map(|uniform| {
        let one = |index| three_models(seed, index, uniform);
        let seen: Vec<bool> = (0..count).into_par_iter().filter_map(one).collect();
        (seen.iter().filter(|diverges| **diverges).count() as u64, seen.len() as u64)
    })
}

fn three_models(seed: u64, index: u64, uniform: bool) -> Option<bool> {
    let rng = &mut generator(seed ^ 0x5E9, 2 * index + u64::from(uniform));
    let mut entry = || -> f64 {
        if uniform { rng.random_range(-1.0..1.0) } else { StandardNormal.sample(rng) }
    };
    let j = DMatrix::from_fn(3, 3, |_, _| entry());
    let radius = spectrum_of(&j).ok()?.radius();
    let j = if uniform { j } else { j * (0.99 * rng.random_range(0.0..1.0) / radius) };
    if uniform && radius >= 1.0 {
        return None;
    }
    let map = LinearLoop::new(j, 1);
    let linear = map.linearise(&DVector::zeros(3));
    let round = round_jacobian(&linear, map.blocks(), &Round::Sequential(vec![0, 1, 2]));
    Some(spectrum_of(&round).ok()?.radius() > 1.0)
}
