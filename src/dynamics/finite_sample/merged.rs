//! The same law as the plain simulation, with a tenth of the random numbers.
//!
//! Three facts, each exact:
//!
//! 1. **One recursion.** In either order `θ_r = φ_{r-1} + (k_r/n) a + ε_p` and
//!    `φ_{r-1} = A θ_{r-L} + ε_q`, so `θ_r = A θ_{r-L} + (k_r/n) a + (ε_q + ε_p)` with lag
//!    `L = 1` (theta first) or `L = 2` (simultaneous): one or two interleaved chains of `θ`.
//! 2. **Burn-in.** Until the first round that is looked at, the Gaussian part of a chain is only
//!    ever added and rotated. It is independent of the binomial part and isotropic in each block,
//!    with variance `w_r = |A_i|² w_{r-L} + 2σ²/n` (`σ²/n` in round 1, where `φ_0 = 0` has no
//!    noise): one draw at the end instead of one a round.
//! 3. **The unseen half.** Given the chains, `φ_{r-1}` for `r = 82..=100` is independent and
//!    isotropic about `A θ_{r-L} + (ε_q + ε_p)/2` with variance `σ²/(2n)`, and `φ_100` about its
//!    source's image with variance `σ²/n`. The sum of `J_q` over isotropic points with means `μ`
//!    and deviation `s` is
//!    `ΣJ_q(μ) + s Γ Z - (η_q/2) s² (Z² + X)`, with `Z` standard normal, `X` chi-square on one
//!    degree of freedom fewer than there are coordinates, and `Γ² = Σ|∇J_q(μ)|²`, which is
//!    `Σ(|g_q|² - 2 η_q J_q(μ))`. Two numbers stand in for the `38 m` normals of the 19 rounds,
//!    and two for the `2m` of the last.

use num_complex::Complex64;
use rand::Rng;
use rand_distr::weighted::WeightedAliasIndex;
use rand_distr::{ChiSquared, Distribution};

use super::{BURN_IN, Block, FiniteOrder, ROUNDS, Rewards, RotationLoop, block_reward, normal};

/// The first round that is looked at, where the merged noise of the burn-in is drawn.
const FIRST: usize = BURN_IN + 1;

/// A run of the loop with its noise merged: draws [`Rewards`] from the law of
/// [`RotationLoop::run`], the joint law of the two rewards included.
///
/// Prepared once for `(t, lambda, n)`; holds a table of `n + 1` entries.
#[derive(Clone, Debug)]
pub struct MergedRun {
    blocks: Vec<Block>,
    eta_p: f64,
    eta_q: f64,
    /// How many rounds back `θ` enters itself, 1 or 2: the number of chains.
    lag: usize,
    curated: WeightedAliasIndex<f64>,
    /// `1/n`.
    per_sample: f64,
    /// `σ/√n`.
    deviation: f64,
    /// Deviation of each chain's Gaussian part after round [`FIRST`], `lag` lists of `m`.
    merged: Vec<Vec<f64>>,
    between: IsotropicRewards,
    last: IsotropicRewards,
}

impl MergedRun {
    /// Prepares runs of `system` with coupling `t`, curated share `lambda` and `n` samples a
    /// round.
    ///
    /// # Panics
    ///
    /// If `n` is 0, `lambda` lies outside `[0, 1]`, or the vectors of `system` differ in length.
    pub fn new(system: &RotationLoop, order: FiniteOrder, t: f64, lambda: f64, n: u32) -> Self {
        system.check(lambda, n);
        let lag = match order {
            FiniteOrder::ThetaFirst => 1,
            FiniteOrder::Simultaneous => 2,
        };
        let deviation = system.sigma / f64::from(n).sqrt();
        let blocks = system.blocks(t);
        let half = deviation * std::f64::consts::FRAC_1_SQRT_2;
        Self {
            merged: merged_deviations(&blocks, lag, deviation),
            between: IsotropicRewards::new(system, ROUNDS - FIRST, half),
            last: IsotropicRewards::new(system, 1, deviation),
            blocks,
            eta_p: system.eta_p,
            eta_q: system.eta_q,
            lag,
            curated: binomial_table(n, lambda),
            per_sample: 1.0 / f64::from(n),
            deviation,
        }
    }

    fn draw_share<R: Rng + ?Sized>(&self, rng: &mut R) -> f64 {
        self.per_sample * self.curated.sample(rng) as f64
    }

    /// The chains after round [`FIRST`]; round `r` is in chain `r % lag`.
    fn draw_burnt_in<R: Rng + ?Sized>(&self, rng: &mut R) -> Vec<Vec<Complex64>> {
        let mut chains = vec![vec![Complex64::ZERO; self.blocks.len()]; self.lag];
        for round in 1..=FIRST {
            let share = self.draw_share(rng);
            for (theta, block) in chains[round % self.lag].iter_mut().zip(&self.blocks) {
                *theta = block.factor * *theta + share * block.shift;
            }
        }
        for (theta, deviation) in chains.iter_mut().flatten().zip(self.merged.iter().flatten()) {
            *theta += draw_pair(*deviation, rng);
        }
        chains
    }
}

impl Distribution<Rewards> for MergedRun {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> Rewards {
        let mut chains = self.draw_burnt_in(rng);
        let mut sum = Rewards::default();
        for (theta, block) in chains[FIRST % self.lag].iter().zip(&self.blocks) {
            sum.p += block_reward(block.g_p, self.eta_p, *theta);
        }
        let both = self.deviation * std::f64::consts::SQRT_2;
        for round in FIRST + 1..=ROUNDS {
            let share = self.draw_share(rng);
            for (theta, block) in chains[round % self.lag].iter_mut().zip(&self.blocks) {
                let noise = draw_pair(both, rng);
                let image = block.factor * *theta;
                *theta = image + noise + share * block.shift;
                sum.p += block_reward(block.g_p, self.eta_p, *theta);
                sum.q += block_reward(block.g_q, self.eta_q, image + 0.5 * noise);
            }
        }
        let mut last = 0.0;
        for (theta, block) in chains[(ROUNDS + 1) % self.lag].iter().zip(&self.blocks) {
            last += block_reward(block.g_q, self.eta_q, block.factor * *theta);
        }
        sum.q = self.between.draw(sum.q, rng) + self.last.draw(last, rng);
        sum.divided_by((ROUNDS - BURN_IN) as f64)
    }
}

/// The sum of `J_q` over several isotropic Gaussian points, given the sum over their means; fact 3
/// of the [module](self).
#[derive(Clone, Debug)]
struct IsotropicRewards {
    /// Deviation of each coordinate.
    deviation: f64,
    eta: f64,
    /// `|g_q|²` once for each point.
    gradients_at_zero: f64,
    rest: ChiSquared<f64>,
}

impl IsotropicRewards {
    fn new(system: &RotationLoop, points: usize, deviation: f64) -> Self {
        let coordinates = points * system.g_q.len();
        Self {
            deviation,
            eta: system.eta_q,
            gradients_at_zero: points as f64 * system.g_q.iter().map(|g| g * g).sum::<f64>(),
            rest: ChiSquared::new((coordinates - 1) as f64).expect("at least two coordinates"),
        }
    }

    fn draw<R: Rng + ?Sized>(&self, at_means: f64, rng: &mut R) -> f64 {
        // Rounding can bring the square a hair below zero at the maximum of J_q.
        let slope = (self.gradients_at_zero - 2.0 * self.eta * at_means).max(0.0).sqrt();
        let along = normal(rng);
        let square = along * along + self.rest.sample(rng);
        at_means + self.deviation * (slope * along - 0.5 * self.eta * self.deviation * square)
    }
}

/// Deviations of the chains' Gaussian parts after round [`FIRST`], by the recursion of fact 2.
fn merged_deviations(blocks: &[Block], lag: usize, deviation: f64) -> Vec<Vec<f64>> {
    let mut variances = vec![vec![0.0; blocks.len()]; lag];
    for round in 1..=FIRST {
        let noises = if round == 1 { 1.0 } else { 2.0 };
        for (variance, block) in variances[round % lag].iter_mut().zip(blocks) {
            *variance = block.factor.norm_sqr() * *variance + noises * deviation * deviation;
        }
    }
    for variance in variances.iter_mut().flatten() {
        *variance = variance.sqrt();
    }
    variances
}

/// The law of the number of curated samples, as an alias table.
fn binomial_table(n: u32, lambda: f64) -> WeightedAliasIndex<f64> {
    let mut weights = vec![0.0; n as usize + 1];
    // Outward from the mode, relative to it: no power underflows, however large n is.
    let mode = (0..n)
        .find(|&k| f64::from(n - k) * lambda <= f64::from(k + 1) * (1.0 - lambda))
        .unwrap_or(n);
    weights[mode as usize] = 1.0;
    let odds = lambda / (1.0 - lambda);
    for k in mode..n {
        let ratio = odds * f64::from(n - k) / f64::from(k + 1);
        weights[k as usize + 1] = weights[k as usize] * ratio;
    }
    for k in (1..=mode).rev() {
        let ratio = f64::from(k) / f64::from(n - k + 1) / odds;
        weights[k as usize - 1] = weights[k as usize] * ratio;
    }
    WeightedAliasIndex::new(weights).expect("weights are in [0, 1] and the mode's is 1")
}

fn draw_pair<R: Rng + ?Sized>(deviation: f64, rng: &mut R) -> Complex64 {
    Complex64::new(deviation * normal(rng), deviation * normal(rng))
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;
    use statrs::distribution::{Binomial, Discrete};

    use super::*;

    #[test]
    fn table_is_binomial() {
        for (n, lambda) in [(1, 0.5), (4, 0.0), (4, 1.0), (64, 0.42), (5000, 0.7)] {
            let weights = binomial_table(n, lambda).weights();
            let total: f64 = weights.iter().sum();
            let law = Binomial::new(lambda, n.into()).unwrap();
            for (k, weight) in (0..).zip(&weights) {
                assert_relative_eq!(weight / total, law.pmf(k), epsilon = 1e-13);
            }
        }
    }

    #[test]
    fn burn_in_gathers_every_noise() {
        // With factor 1 a chain's variance counts its noises: θ_81 has 2·81 - 1 of them when
        // theta goes first; in simultaneous order θ_80 has 80 and θ_81 has 81.
        let block = Block {
            factor: Complex64::ONE,
            shift: Complex64::ZERO,
            g_p: Complex64::ZERO,
            g_q: Complex64::ZERO,
        };
        let variances = |lag| -> Vec<f64> {
            merged_deviations(&[block], lag, 0.5).iter().map(|w| w[0] * w[0] / 0.25).collect()
        };
        assert_relative_eq!(variances(1)[0], 161.0, max_relative = 1e-14);
        assert_relative_eq!(variances(2)[0], 80.0, max_relative = 1e-14);
        assert_relative_eq!(variances(2)[1], 81.0, max_relative = 1e-14);
    }

    #[test]
    fn no_draw_exceeds_the_maximum_of_the_reward() {
        // One point in the plane: J_q is at most |g|²/(2η) = 5/2 with g = (1, 2), η = 1, and a
        // point of deviation 1 about 0 comes within 0.02 of it with a chance of about 0.2 %.
        let law = IsotropicRewards {
            deviation: 1.0,
            eta: 1.0,
            gradients_at_zero: 5.0,
            rest: ChiSquared::new(1.0).unwrap(),
        };
        let mut rng = super::super::generator(5, 0);
        let most = (0..20_000).map(|_| law.draw(0.0, &mut rng)).fold(f64::MIN, f64::max);
        assert!((2.48..2.5 + 1e-12).contains(&most), "{most}");
    }
}
