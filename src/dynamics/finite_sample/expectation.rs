//! Exact expectations of a run, and the theory's values at the stable point.

use num_complex::Complex64;

use super::{BURN_IN, FiniteOrder, ROUNDS, Rewards, RotationLoop, block_reward};

impl RotationLoop {
    /// The exact expectation of [`RotationLoop::run`], both rewards.
    ///
    /// `E J = J(E x) - η/2 tr Cov x`, as the Hessian is `-η I`. A scaled rotation multiplies the
    /// trace of each block's covariance by `|A_i|²`, and the noise of a round is independent of
    /// its past, so a mean (complex) and a trace a block are propagated round by round. The
    /// number of curated samples adds `λ(1-λ)|a_i|²/n` to the trace, each Gaussian noise `2σ²/n`.
    ///
    /// # Panics
    ///
    /// If `n` is 0, `lambda` lies outside `[0, 1]`, or the vectors differ in length.
    pub fn expected(&self, order: FiniteOrder, t: f64, lambda: f64, n: u32) -> Rewards {
        self.check(lambda, n);
        let choice = lambda * (1.0 - lambda) / f64::from(n);
        let noise = 2.0 * self.sigma * self.sigma / f64::from(n);
        let mut sum = Rewards::default();
        for block in self.blocks(t) {
            let choice = choice * block.shift.norm_sqr();
            let squared = block.factor.norm_sqr();
            let (mut theta, mut phi) = (Moments::default(), Moments::default());
            for round in 1..=ROUNDS {
                let before = theta;
                theta.mean = phi.mean + lambda * block.shift;
                theta.trace = phi.trace + choice + noise;
                let source = match order {
                    FiniteOrder::ThetaFirst => theta,
                    FiniteOrder::Simultaneous => before,
                };
                phi.mean = block.factor * source.mean;
                phi.trace = squared * source.trace + noise;
                if round > BURN_IN {
                    sum.p += theta.reward(block.g_p, self.eta_p);
                    sum.q += phi.reward(block.g_q, self.eta_q);
                }
            }
        }
        sum.divided_by((ROUNDS - BURN_IN) as f64)
    }

    /// The exact expectation of the figure's estimate of the derivatives,
    /// `(J(λ + h) - J(λ - h)) / 2h` from two runs, `h` being `half_step`.
    ///
    /// # Panics
    ///
    /// As [`RotationLoop::expected`], for `lambda ± half_step`.
    pub fn expected_derivative(
        &self,
        order: FiniteOrder,
        t: f64,
        lambda: f64,
        half_step: f64,
        n: u32,
    ) -> Rewards {
        let plus = self.expected(order, t, lambda + half_step, n);
        let minus = self.expected(order, t, lambda - half_step, n);
        Rewards::central_difference(plus, minus, half_step)
    }

    /// The rewards at the stable point `θ* = (I - A)⁻¹ λ a`, `φ* = A θ*`,
    /// the same in both orders.
    pub fn stable_rewards(&self, t: f64, lambda: f64) -> Rewards {
        let mut sum = Rewards::default();
        for block in self.blocks(t) {
            let theta = lambda * block.shift / (1.0 - block.factor);
            sum.p += block_reward(block.g_p, self.eta_p, theta);
            sum.q += block_reward(block.g_q, self.eta_q, block.factor * theta);
        }
        sum
    }

    /// The derivatives in `λ` of [`RotationLoop::stable_rewards`]:
    /// `∇J_p(θ*)ᵀ (I - A)⁻¹ a` and `∇J_q(φ*)ᵀ A (I - A)⁻¹ a`.
    pub fn stable_derivative(&self, t: f64, lambda: f64) -> Rewards {
        let mut sum = Rewards::default();
        for block in self.blocks(t) {
            let response = block.shift / (1.0 - block.factor);
            let image = block.factor * response;
            sum.p += inner(block.g_p - self.eta_p * lambda * response, response);
            sum.q += inner(block.g_q - self.eta_q * lambda * image, image);
        }
        sum
    }
}

/// What a block's reward needs to know of its law.
#[derive(Clone, Copy, Default)]
struct Moments {
    mean: Complex64,
    /// Trace of the 2 by 2 covariance.
    trace: f64,
}

impl Moments {
    fn reward(self, g: Complex64, eta: f64) -> f64 {
        block_reward(g, eta, self.mean) - 0.5 * eta * self.trace
    }
}

/// The inner product of two plane vectors.
fn inner(x: Complex64, y: Complex64) -> f64 {
    x.re * y.re + x.im * y.im
}
