//! The finite-sample loop of the paper's Gaussian experiment.
//!
//! # Statement
//!
//! Two models train on `n` samples a round, and only the sample means of the round matter. With
//! `k` curated samples among the `n`, one round of [`FiniteOrder::ThetaFirst`] is
//!
//! ```math
//! k \sim \mathrm{Binomial}(n, \lambda), \qquad
//! \theta' = \varphi + \tfrac{k}{n} a + \varepsilon_p, \qquad
//! \varphi' = A(t)\,\theta' + \varepsilon_q, \qquad
//! \varepsilon_p, \varepsilon_q \sim N(0, \tfrac{\sigma^2}{n} I),
//! ```
//!
//! from `θ = φ = 0`; [`FiniteOrder::Simultaneous`] feeds the old `θ` to `A(t)`. A run has
//! [`ROUNDS`] rounds, and its result is the average over the rounds after [`BURN_IN`] of
//! `J_p(θ) = g_pᵀθ - η_p|θ|²/2` and `J_q(φ) = g_qᵀφ - η_q|φ|²/2`.
//!
//! Three routes lead to that result: [`RotationLoop::run`] simulates it as printed,
//! [`MergedRun`] draws from the same law with a tenth of the random numbers, and
//! [`RotationLoop::expected`] gives its exact mean without any run. [`figure3()`] runs the
//! figure's grid and [`agreement()`] compares the runs with the exact means.
//!
//! # Hypotheses
//!
//! `A(t)` is block diagonal, block `i` being `t β_i` times a rotation, so a pair of coordinates
//! is one complex number and the block is one complex factor.
//!
//! # Source
//!
//! arXiv 2605.29267, section 5.1 and Figure 3; the exact means are derived here.

mod agreement;
mod convert;
mod expectation;
mod figure3;
mod merged;

pub use agreement::{Agreement, Coverage, FAMILY_LEVEL, agreement};
pub use figure3::{
    DERIVATIVE_SEEDS, Estimate, Figure3, FigurePoint, HALF_STEP, LAMBDA_0, SWEEP_SEEDS,
    derivative_grid, figure3, sweep_grid,
};
pub use merged::MergedRun;

use num_complex::Complex64;
use rand::{Rng, SeedableRng};
use rand_distr::{Binomial, Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Rounds in a run (section 5.1: 100).
pub const ROUNDS: usize = 100;

/// Rounds at the start of a run that its average leaves out.
pub const BURN_IN: usize = 80;

/// Two coupled models whose coupling is `m` scaled rotations of the plane; see the
/// [module](self).
///
/// Vectors of length `2m` hold block `i` at `2i` and `2i + 1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotationLoop {
    /// Scale `β_i` of each block, length `m`; the block is scaled by `t β_i`.
    pub beta: Vec<f64>,
    /// Cosine of each block's rotation, length `m`.
    #[serde(alias = "rotation_cos")]
    pub cos: Vec<f64>,
    /// Sine of each block's rotation, length `m`.
    #[serde(alias = "rotation_sin")]
    pub sin: Vec<f64>,
    /// Shift that a curated sample adds to the first model's data, length `2m`.
    pub a: Vec<f64>,
    /// Gradient at 0 of the first model's reward, length `2m`.
    pub g_p: Vec<f64>,
    /// Gradient at 0 of the second model's reward, length `2m`.
    pub g_q: Vec<f64>,
    /// Curvature `η_p` of the first model's reward.
    pub eta_p: f64,
    /// Curvature `η_q` of the second model's reward.
    pub eta_q: f64,
    /// Standard deviation `σ` of a sample in each coordinate.
    pub sigma: f64,
}

/// The order in which a round updates the two models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FiniteOrder {
    /// The second model trains on the first one as just updated (the order of the authors' code).
    ThetaFirst,
    /// Both models train on the other as it was before the round (the order of the paper's text).
    Simultaneous,
}

/// A pair of rewards, or of derivatives of rewards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rewards {
    /// Of the first model, `J_p(θ)`.
    pub p: f64,
    /// Of the second model, `J_q(φ)`.
    pub q: f64,
}

impl Rewards {
    fn divided_by(self, divisor: f64) -> Self {
        Self { p: self.p / divisor, q: self.q / divisor }
    }

    /// `(plus - minus) / (2 half_step)`.
    fn central_difference(plus: Self, minus: Self, half_step: f64) -> Self {
        Self { p: plus.p - minus.p, q: plus.q - minus.q }.divided_by(2.0 * half_step)
    }
}

impl RotationLoop {
    /// Simulates one run as printed, one binomial and `4m` normals a round: the reference for
    /// [`MergedRun`], and independent of it down to the arithmetic.
    ///
    /// # Panics
    ///
    /// If `n` is 0, `lambda` lies outside `[0, 1]`, or the vectors differ in length.
    pub fn run<R: Rng + ?Sized>(
        &self,
        order: FiniteOrder,
        t: f64,
        lambda: f64,
        n: u32,
        rng: &mut R,
    ) -> Rewards {
        self.check(lambda, n);
        let curated = Binomial::new(n.into(), lambda).expect("lambda lies in [0, 1]");
        let deviation = self.sigma / f64::from(n).sqrt();
        let mut theta = vec![0.0; self.a.len()];
        let mut phi = theta.clone();
        let mut before = theta.clone();
        let mut sum = Rewards::default();
        for round in 1..=ROUNDS {
            before.copy_from_slice(&theta);
            let share = curated.sample(rng) as f64 / f64::from(n);
            for ((theta, phi), a) in theta.iter_mut().zip(&phi).zip(&self.a) {
                *theta = phi + share * a + deviation * normal(rng);
            }
            let source = match order {
                FiniteOrder::ThetaFirst => &theta,
                FiniteOrder::Simultaneous => &before,
            };
            self.couple(t, source, &mut phi);
            for phi in &mut phi {
                *phi += deviation * normal(rng);
            }
            if round > BURN_IN {
                sum.p += quadratic(&self.g_p, self.eta_p, &theta);
                sum.q += quadratic(&self.g_q, self.eta_q, &phi);
            }
        }
        sum.divided_by((ROUNDS - BURN_IN) as f64)
    }

    /// Writes `A(t) source` into `image`, in real arithmetic.
    fn couple(&self, t: f64, source: &[f64], image: &mut [f64]) {
        let blocks = self.beta.iter().zip(self.cos.iter().zip(&self.sin));
        let pairs = source.chunks_exact(2).zip(image.chunks_exact_mut(2));
        for ((beta, (cos, sin)), (x, y)) in blocks.zip(pairs) {
            y[0] = t * beta * (cos * x[0] - sin * x[1]);
            y[1] = t * beta * (sin * x[0] + cos * x[1]);
        }
    }

    /// The blocks of the loop at coupling `t`, as complex numbers.
    fn blocks(&self, t: f64) -> Vec<Block> {
        let pair = |v: &[f64], i: usize| Complex64::new(v[2 * i], v[2 * i + 1]);
        (0..self.beta.len())
            .map(|i| Block {
                factor: t * self.beta[i] * Complex64::new(self.cos[i], self.sin[i]),
                shift: pair(&self.a, i),
                g_p: pair(&self.g_p, i),
                g_q: pair(&self.g_q, i),
            })
            .collect()
    }

    fn check(&self, lambda: f64, n: u32) {
        let m = self.beta.len();
        assert!(m > 0 && self.cos.len() == m && self.sin.len() == m, "one rotation a block");
        for vector in [&self.a, &self.g_p, &self.g_q] {
            assert_eq!(vector.len(), 2 * m, "a, g_p and g_q have two entries a block");
        }
        assert!(n > 0, "a round needs at least one sample");
        assert!((0.0..=1.0).contains(&lambda), "the curated share lies in [0, 1], not {lambda}");
    }
}

/// One block: a pair of coordinates is a complex number, its scaled rotation a factor.
#[derive(Clone, Copy, Debug)]
struct Block {
    /// `t β_i` times the rotation, on the unit circle.
    factor: Complex64,
    /// The block of `a`.
    shift: Complex64,
    g_p: Complex64,
    g_q: Complex64,
}

/// The block's part of `gᵀx - η|x|²/2`.
#[inline]
fn block_reward(g: Complex64, eta: f64, x: Complex64) -> f64 {
    g.re * x.re + g.im * x.im - 0.5 * eta * x.norm_sqr()
}

/// `gᵀx - η|x|²/2`.
fn quadratic(g: &[f64], eta: f64, x: &[f64]) -> f64 {
    g.iter().zip(x).map(|(g, x)| (g - 0.5 * eta * x) * x).sum()
}

fn normal<R: Rng + ?Sized>(rng: &mut R) -> f64 {
    StandardNormal.sample(rng)
}

/// The generator of run number `run` under `seed`.
///
/// The state is expanded by `SplitMix64` (`seed_from_u64`) from `h(h(seed) + run)`, where `h` is
/// the finalizer of `SplitMix64`. The outer `h` keeps neighbouring runs apart: the expansion
/// steps by a constant, so from equally spaced seeds the states would share words.
pub fn generator(seed: u64, run: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(mix(mix(seed).wrapping_add(run)))
}

/// The finalizer of `SplitMix64` (Steele, Lea and Flood 2014, variant 13 of Stafford), a
/// bijection.
fn mix(mut word: u64) -> u64 {
    word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests;
