//! Random affine two-model loops of every shape that the claims speak about.

use super::generator;
use crate::case::{Probe, Sample, Subject};
use crate::check::Ensemble;
use crate::influence::{Constants, Pair};
use crate::linalg;
use crate::systems::{
    Alignment, Component, GaussianLoop, Model, Order, RetrainingMap, Source, SourceKind,
};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Largest dimension of a model's parameters and of its data.
pub const MAX_DIMENSION: usize = 6;

/// Two models of dimensions 1 to 6 with general Hessians, data that enters through a matrix of its
/// own, five components each and random rewards.
///
/// All entries are short binary fractions, so a sample is the same number in floating point and in
/// exact arithmetic. Four samples in five aim at a value of `κ` drawn from `(0, 1.05)`; the fifth
/// has `a`, `b` up to 1.3. Only the aim is drawn: every constant is computed afterwards from the
/// matrices. Rewards point near the direction that the corollaries speak about, around their
/// thresholds, because a reward in a random direction of dimension 6 almost never meets them.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    /// Seed of the whole ensemble.
    pub seed: u64,
}

impl Ensemble for Random {
    fn draw(&self, index: u64) -> Subject<f64> {
        let rng = &mut generator(self.seed, index);
        let (a, b) = if index % 5 == 4 {
            (rng.random_range(0.0..1.3), rng.random_range(0.0..1.3))
        } else {
            aim_at_kappa(rng)
        };
        let d = [rng.random_range(1..=MAX_DIMENSION), rng.random_range(1..=MAX_DIMENSION)];
        let models = vec![model(rng, 0, d, a), model(rng, 1, d, b)];
        let mut system = GaussianLoop::new(models, Order::Simultaneous);
        aim_rewards(rng, &mut system);
        let probe = probe(rng, &system);
        Subject::Loop(Sample { system, probe })
    }
}

/// `(a, b)` in a random direction, as far out as gives the drawn `κ`.
pub(super) fn aim_at_kappa(rng: &mut Xoshiro256PlusPlus) -> (f64, f64) {
    let kappa: f64 = rng.random_range(0.02..1.05);
    let (s, c) = rng.random_range(0.0..std::f64::consts::FRAC_PI_2).sin_cos();
    // Each term of κ, solved for the distance: (b + 2a)/(1 - a) = κ, its mirror image, a + b = κ.
    let out =
        (kappa / ((2.0 + kappa) * c + s)).min(kappa / ((2.0 + kappa) * s + c)).min(kappa / (c + s));
    (out * c, out * s)
}

fn model(rng: &mut Xoshiro256PlusPlus, own: usize, d: [usize; 2], target: f64) -> Model<f64> {
    let n = d[own];
    let hessian = hessian(rng, n);
    let plain = rng.random_bool(0.5);
    let m = if plain { n } else { rng.random_range(1..=MAX_DIMENSION) };
    let data = if plain { hessian.clone() } else { matrix(rng, n, m) };
    let other = 1 - own;
    let mut sources = vec![Source::Real];
    sources.extend(at_least_one(rng, Source::Raw(own), Source::Raw(other)));
    sources.extend(at_least_one(rng, Source::Curated(own), Source::Curated(other)));
    let weights = mixture(rng, sources.len());
    let components = sources.into_iter().zip(weights).map(|(source, weight)| Component {
        source,
        weight,
        channel: matrix(rng, m, source.maker().map_or(0, |j| d[j])),
        offset: vector(rng, m, 8, 4.0),
        spread: 1.0,
    });
    let components: Vec<_> = components.collect();
    let alignment = Alignment { linear: vector(rng, n, 16, 8.0), curvature: curvature(rng, n) };
    let mut system = GaussianLoop::new(
        (0..2).map(|i| bare(d[i], if i == own { components.clone() } else { vec![] })).collect(),
        Order::Simultaneous,
    );
    // Scale the channels so that L ε / γ comes near the target: ε is linear in them.
    system.models[own].data = data.clone();
    system.models[own].hessian.clone_from(&hessian);
    let eps = system.sensitivity(own);
    let wanted = target * system.strong_convexity(own) / system.smoothness(own);
    // A stiff loss asks for weak channels, so the grid is finer than that of the entries.
    let grid = f64::from(1_u32 << 20);
    let factor = if eps > 0.0 { (wanted / eps * grid).round() / grid } else { 0.0 };
    let mut components = components;
    for c in &mut components {
        c.channel *= factor;
    }
    let name = ["p", "q"][own].to_string();
    Model::new(name, hessian, data, components, alignment)
        .expect("the Hessians drawn are positive definite")
}

/// A model of `n` parameters that only carries components, for measuring them.
fn bare(n: usize, components: Vec<Component<f64>>) -> Model<f64> {
    let identity = DMatrix::identity(n, n);
    let alignment = Alignment { linear: DVector::zeros(n), curvature: DMatrix::zeros(n, n) };
    Model::new(String::new(), identity.clone(), identity, components, alignment)
        .expect("the identity is invertible")
}

/// `D + M Mᵀ` on a grid of 1/16; the identity for one model in four, and diagonal with condition
/// numbers up to 1024 for one in eight.
fn hessian(rng: &mut Xoshiro256PlusPlus, n: usize) -> DMatrix<f64> {
    if rng.random_bool(0.25) {
        return DMatrix::identity(n, n);
    }
    if rng.random_bool(1.0 / 6.0) {
        let stiff = DVector::from_fn(n, |_, _| f64::from(1_u32 << rng.random_range(0..=10_u32)));
        return DMatrix::from_diagonal(&stiff);
    }
    let diagonal = [0.5, 1.0, 2.0][rng.random_range(0..3)];
    let spread = rng.random_range(0..=3);
    let m = DMatrix::from_fn(n, n, |_, _| f64::from(rng.random_range(-spread..=spread)) / 4.0);
    DMatrix::from_diagonal_element(n, n, diagonal) + &m * m.transpose()
}

/// Entries on a grid of 1/16 in `[-1, 1]`, a quarter of them zero; a multiple of the identity for
/// one square matrix in eight.
fn matrix(rng: &mut Xoshiro256PlusPlus, rows: usize, columns: usize) -> DMatrix<f64> {
    if rows == columns && rng.random_bool(0.125) {
        return DMatrix::identity(rows, rows);
    }
    DMatrix::from_fn(rows, columns, |_, _| {
        if rng.random_bool(0.25) { 0.0 } else { f64::from(rng.random_range(-16..=16)) / 16.0 }
    })
}

fn vector(rng: &mut Xoshiro256PlusPlus, n: usize, most: i32, per: f64) -> DVector<f64> {
    DVector::from_fn(n, |_, _| f64::from(rng.random_range(-most..=most)) / per)
}

fn curvature(rng: &mut Xoshiro256PlusPlus, n: usize) -> DMatrix<f64> {
    match rng.random_range(0..3) {
        0 => DMatrix::zeros(n, n),
        1 => DMatrix::from_diagonal_element(n, n, 0.25),
        _ => {
            let m = DMatrix::from_fn(n, n, |_, _| f64::from(rng.random_range(-2..=2)) / 4.0);
            (&m + m.transpose()) / 2.0
        }
    }
}

fn at_least_one(rng: &mut Xoshiro256PlusPlus, x: Source, y: Source) -> Vec<Source> {
    match rng.random_range(0..4) {
        0 => vec![x],
        1 => vec![y],
        _ => vec![x, y],
    }
}

/// `n` positive weights on a grid of 1/64 that sum to one.
fn mixture(rng: &mut Xoshiro256PlusPlus, n: usize) -> Vec<f64> {
    let mut parts = vec![1_i32; n];
    let mut left = 64 - i32::try_from(n).expect("few components");
    for part in parts.iter_mut().skip(1) {
        let more = rng.random_range(0..=left.min(24));
        *part += more;
        left -= more;
    }
    parts[0] += left;
    // The remainder goes anywhere, not always to the real data.
    let at = rng.random_range(0..n);
    parts.swap(0, at);
    parts.into_iter().map(|w| f64::from(w) / 64.0).collect()
}

/// Turns both rewards towards `±h` and `±C_q h`, to a cosine around the corollaries' thresholds.
fn aim_rewards(rng: &mut Xoshiro256PlusPlus, system: &mut GaussianLoop<f64>) {
    let constants = Constants::of(system);
    let Ok(pair) = Pair::new(system.clone()) else { return };
    let Ok(h) = pair.h() else { return };
    let aims =
        [(h.clone(), &pair.s_p, constants.tau_p()), (&pair.c_q * &h, &pair.s_q, constants.tau_q())];
    for (i, (direction, s, tau)) in aims.into_iter().enumerate() {
        let n = direction.len();
        let size = direction.norm();
        if size == 0.0 || rng.random_bool(0.1) {
            continue;
        }
        let m = linalg::smallest_symmetric_eigenvalue(s);
        let threshold = 1.0 / (1.0 + (m * tau) * (m * tau)).sqrt();
        let least = if rng.random_bool(0.25) { 0.0 } else { (threshold - 0.1).clamp(0.0, 0.99) };
        let cosine = rng.random_range(least..1.0);
        let unit = direction / size;
        // Half of the rewards lean away from where S turns the direction: nothing inverts sooner.
        let mut across = vector(rng, n, 16, 16.0);
        if rng.random_bool(0.5) {
            across = -(s * &unit);
        }
        across -= &unit * unit.dot(&across);
        let across = if across.norm() > 0.0 { across.normalize() } else { across };
        let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
        let gradient = (unit * cosine + across * (1.0 - cosine * cosine).sqrt()) * sign;
        // J has this gradient at the stable point if its gradient at 0 is this:
        let stable = system.block(i, &pair.stable);
        let alignment = &mut system.models[i].alignment;
        let linear = gradient + &alignment.curvature * stable;
        alignment.linear = linear.map(|x| (x * 4096.0).round() / 4096.0);
    }
}

// Targets and shares are short binary fractions: they are equal or clearly apart.
#[allow(clippy::float_cmp)]
fn probe(rng: &mut Xoshiro256PlusPlus, system: &GaussianLoop<f64>) -> Probe<f64> {
    let d = system.dimension();
    let target = |rng: &mut Xoshiro256PlusPlus, model: usize| loop {
        let real = f64::from(rng.random_range(-4..=12)) / 8.0;
        let raw = f64::from(rng.random_range(-4..=12)) / 8.0;
        let target = [real, raw, 1.0 - real - raw];
        let kinds = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated];
        // The theorems divide by a_r - λ_R, a_s - λ_S, a_h - λ_H.
        let moves = |k: usize| target[k] != system.models[model].share(kinds[k]);
        if (0..3).all(moves) {
            return target;
        }
    };
    Probe {
        start: vector(rng, d, 16, 4.0),
        other: vector(rng, d, 16, 4.0),
        toward_p: target(rng, 0),
        toward_q: target(rng, 1),
        push_p: vector(rng, system.models[0].data.ncols(), 8, 4.0),
        push_q: vector(rng, system.models[1].data.ncols(), 8, 4.0),
    }
}
