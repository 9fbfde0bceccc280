//! Affine loops with memory: the loop of Eqs. (1) and (2) itself, whose models draw their inputs
//! from the laws that they were last trained on.
//!
//! Data are pairs $(x, y)$, `n` and `m` entries. Model `p` makes $x = \theta + Uy + \text{noise}$
//! for inputs $y \sim P_t^y$, model `q` makes $y = \phi + Vx + \text{noise}$ for inputs
//! $x \sim Q_t^x$. Model `p` trains on a mixture of real pairs, of pairs that it made itself, and, for
//! the fraction $c_\theta$ of its synthetic data, of pairs that `q` made; a share of the synthetic
//! data is curated with the reward of its maker, which shifts the mean of what was made. For a
//! linear reward $g^\top x$, Gaussian noise of variance $s$ and `K = ∞` the shift is $sg$ (for
//! finite `K` a smaller multiple of it).
//!
//! Losses are quadratic, $\nabla\ell(u; z) = Hu - Bz$, so that optima depend on laws through their
//! means, and the means alone follow an affine recursion. The squared loss of the model's own
//! regression, $\tfrac12|x - \theta - Uy|_H^2$, has $B = H\,(I, -U)$; any other `B` is a loss that
//! does not match the generator.
//!
//! The block of a model in the state is its parameters followed by the mean of the law that it was
//! last trained on: $(\theta, \bar P)$ and $(\phi, \bar Q)$. In a sequential round the second model
//! sees the first one's new parameters and new law.

use super::{
    Alignment, Component, GaussianLoop, Linearisation, Model, Order, RetrainingMap, Source,
};
use crate::error::LoopError;
use crate::linalg;
use crate::scalar::{Real, Scalar};
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// One model of a [`MemoryLoop`]; its parameters have the dimension `d` of its output (`x` for `p`,
/// `y` for `q`).
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryModel<S: Scalar> {
    /// How its output follows its input: `U` (`n × m`) for `p`, `V` (`m × n`) for `q`.
    pub slope: DMatrix<S>,
    /// `H`, symmetric positive definite, `d × d`.
    pub hessian: DMatrix<S>,
    /// `B`, how the gradient of its loss depends on a pair, `d × (n + m)`.
    pub data: DMatrix<S>,
    /// Mean of the real pairs that it trains on, `n + m`.
    pub real: DVector<S>,
    /// Share of synthetic data that nobody curated; what is left of one is real.
    pub raw: S,
    /// Share of curated data.
    pub curated: S,
    /// Fraction of its synthetic data, curated or not, that the other model made.
    pub cross: S,
    /// By how much curation shifts the mean of its output, `d`.
    pub shift: DVector<S>,
    /// Gradient of its alignment, `d`: linear rewards have the same everywhere.
    pub reward: DVector<S>,
}

impl<S: Scalar> MemoryModel<S> {
    /// The share of synthetic data, curated or not.
    pub fn synthetic(&self) -> S {
        self.raw.clone() + self.curated.clone()
    }
    /// The share of real data.
    pub fn real_share(&self) -> S {
        S::one() - self.synthetic()
    }
    fn lift<T: Scalar>(&self, f: impl Fn(&S) -> T + Copy) -> MemoryModel<T> {
        let (matrix, vector) =
            (|m: &DMatrix<S>| m.map(|x| f(&x)), |v: &DVector<S>| v.map(|x| f(&x)));
        MemoryModel {
            slope: matrix(&self.slope),
            hessian: matrix(&self.hessian),
            data: matrix(&self.data),
            real: vector(&self.real),
            raw: f(&self.raw),
            curated: f(&self.curated),
            cross: f(&self.cross),
            shift: vector(&self.shift),
            reward: vector(&self.reward),
        }
    }
}

/// Two models with memory, `p` first; data are pairs, and inputs come from the laws of the last round.
#[derive(Clone, Debug, PartialEq)]
pub struct MemoryLoop<S: Scalar> {
    /// `p`, then `q`.
    pub models: [MemoryModel<S>; 2],
    blocks: [Range<usize>; 2],
    /// `H⁻¹B` of each.
    responses: [DMatrix<S>; 2],
}

impl<S: Scalar> MemoryLoop<S> {
    /// A loop of the two. (Shapes, shares and definiteness are the caller's to check, as for
    /// [`Model::new`].)
    ///
    /// # Errors
    /// If a Hessian is singular.
    pub fn new(models: [MemoryModel<S>; 2]) -> Result<Self, LoopError> {
        let response = |i: usize| {
            let m = &models[i];
            linalg::solve(&m.hessian, &m.data)
                .map_err(|_| LoopError::SingularHessian { model: ["p", "q"][i].into() })
        };
        let responses = [response(0)?, response(1)?];
        let [n, m] = [models[0].reward.len(), models[1].reward.len()];
        let blocks = [0..2 * n + m, 2 * n + m..3 * (n + m)];
        Ok(MemoryLoop { models, blocks, responses })
    }

    /// The same loop in another arithmetic.
    ///
    /// # Errors
    /// If a Hessian is singular there.
    pub fn lift<T: Scalar>(&self, f: impl Fn(&S) -> T + Copy) -> Result<MemoryLoop<T>, LoopError> {
        MemoryLoop::new([self.models[0].lift(f), self.models[1].lift(f)])
    }

    /// Entries of a pair, `n + m`.
    pub fn pair_dimension(&self) -> usize {
        self.models[0].reward.len() + self.models[1].reward.len()
    }

    /// The entries of a pair that `model` makes; the others are its inputs.
    pub fn outputs(&self, model: usize) -> Range<usize> {
        let n = self.models[0].reward.len();
        if model == 0 { 0..n } else { n..self.pair_dimension() }
    }

    /// Where the parameters of `model` are in the state.
    pub fn parameter_rows(&self, model: usize) -> Range<usize> {
        let start = self.blocks[model].start;
        start..start + self.models[model].reward.len()
    }

    /// Where the mean of the training law of `model` is in the state.
    pub fn law_rows(&self, model: usize) -> Range<usize> {
        self.parameter_rows(model).end..self.blocks[model].end
    }

    /// The mean of the pairs that `model` makes from inputs of the law it was last trained on,
    /// `n + m`.
    pub fn made(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let own = part(state, &self.parameter_rows(model));
        let mut pair = part(state, &self.law_rows(model));
        let input = part(&pair, &self.outputs(1 - model));
        let rows = self.outputs(model);
        let output = own + &self.models[model].slope * input;
        pair.rows_mut(rows.start, rows.len()).copy_from(&output);
        pair
    }

    /// The mean of the curated pairs that `model` trains on, `n + m`.
    pub fn curated_mean(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        self.mixed(model, |maker| self.made(maker, state) + self.lifted_shift(maker))
    }

    /// The mean of the law that `model` trains on when the loop stands at `state`, `n + m`.
    pub fn training_mean(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let m = &self.models[model];
        &m.real * m.real_share()
            + self.mixed(model, |maker| self.made(maker, state)) * m.raw.clone()
            + self.curated_mean(model, state) * m.curated.clone()
    }

    /// What the models make, in the fractions of the synthetic data of `model`.
    fn mixed(&self, model: usize, of: impl Fn(usize) -> DVector<S>) -> DVector<S> {
        let cross = self.models[model].cross.clone();
        of(model) * (S::one() - cross.clone()) + of(1 - model) * cross
    }

    /// The shift by curation of what `maker` makes, as a pair.
    fn lifted_shift(&self, maker: usize) -> DVector<S> {
        let mut pair = DVector::from_element(self.pair_dimension(), S::zero());
        let rows = self.outputs(maker);
        pair.rows_mut(rows.start, rows.len()).copy_from(&self.models[maker].shift);
        pair
    }

    /// The derivative of [`training_mean`](Self::training_mean), `(n + m) × 3(n + m)`.
    fn mean_derivative(&self, model: usize) -> DMatrix<S> {
        let mut slope = DMatrix::from_element(self.pair_dimension(), self.dimension(), S::zero());
        let m = &self.models[model];
        for maker in 0..2 {
            let fraction =
                if maker == model { S::one() - m.cross.clone() } else { m.cross.clone() };
            let weight = fraction * m.synthetic();
            let (rows, inputs) = (self.outputs(maker), self.outputs(1 - maker));
            let parameters = self.parameter_rows(maker).start;
            let law = self.law_rows(maker).start;
            for (k, row) in rows.clone().enumerate() {
                slope[(row, parameters + k)] += weight.clone();
                for (l, input) in inputs.clone().enumerate() {
                    let follows = self.models[maker].slope[(k, l)].clone();
                    slope[(row, law + input)] += follows * weight.clone();
                }
            }
            for input in inputs {
                slope[(input, law + input)] += weight.clone();
            }
        }
        slope
    }

    /// The loop with the curated share of `p` larger by `amount`, its other sources in proportion
    /// (Section 4).
    #[must_use]
    pub fn curating_more(&self, amount: &S) -> Self {
        let mut moved = self.clone();
        let p = &mut moved.models[0];
        let rest = S::one() - p.curated.clone();
        p.raw -= p.raw.clone() * amount.clone() / rest;
        p.curated += amount.clone();
        moved
    }

    /// How fast a round from `state` changes with the curated share of `p`, other sources in
    /// proportion, `3(n + m)`: the mixture moves straight towards its curated part.
    pub fn forcing(&self, state: &DVector<S>) -> DVector<S> {
        let toward = self.pull_of_curation(state);
        let rest = S::one() - self.models[0].curated.clone();
        let mut b = DVector::from_element(self.dimension(), S::zero());
        let (own, law) = (self.parameter_rows(0), self.law_rows(0));
        b.rows_mut(own.start, own.len()).copy_from(&(&self.responses[0] * &toward));
        b.rows_mut(law.start, law.len()).copy_from(&toward);
        b / rest
    }

    /// The mean of the curated pairs of `p` less that of its whole training law, `n + m`.
    pub fn pull_of_curation(&self, state: &DVector<S>) -> DVector<S> {
        self.curated_mean(0, state) - self.training_mean(0, state)
    }

    /// The loop without memory that has this one's input marginals frozen at `state`: what the paper
    /// means by `P(θ, φ)`, `Q(θ, φ)` in its frozen reading. At a stable point of this loop it has
    /// the same stable parameters.
    ///
    /// # Errors
    /// If a Hessian is singular.
    pub fn frozen(&self, state: &DVector<S>) -> Result<GaussianLoop<S>, LoopError> {
        let model = |i: usize| {
            let m = &self.models[i];
            let zero = DVector::from_element(self.pair_dimension(), S::zero());
            let real = Component {
                source: Source::Real,
                weight: m.real_share(),
                channel: DMatrix::from_element(self.pair_dimension(), 0, S::zero()),
                offset: m.real.clone(),
                spread: 1.0,
            };
            let mut components = vec![real];
            for (maker, fraction) in [(i, S::one() - m.cross.clone()), (1 - i, m.cross.clone())] {
                let made = |source, share: &S, shift: &DVector<S>| {
                    let weight = fraction.clone() * share.clone();
                    self.frozen_component(maker, state, source, weight, shift)
                };
                components.push(made(Source::Raw(maker), &m.raw, &zero));
                let shift = self.lifted_shift(maker);
                components.push(made(Source::Curated(maker), &m.curated, &shift));
            }
            let d = m.reward.len();
            let curvature = DMatrix::from_element(d, d, S::zero());
            let alignment = Alignment { linear: m.reward.clone(), curvature };
            let name = ["p", "q"][i].to_owned();
            Model::new(name, m.hessian.clone(), m.data.clone(), components, alignment)
        };
        Ok(GaussianLoop::new(vec![model(0)?, model(1)?], Order::Simultaneous))
    }

    /// What `maker` makes from inputs with the mean that they have at `state`: its output moves with
    /// its parameters, its inputs do not.
    fn frozen_component(
        &self,
        maker: usize,
        state: &DVector<S>,
        source: Source,
        weight: S,
        shift: &DVector<S>,
    ) -> Component<S> {
        let rows = self.outputs(maker);
        let mut channel = DMatrix::from_element(self.pair_dimension(), rows.len(), S::zero());
        channel.rows_mut(rows.start, rows.len()).fill_with_identity();
        let own = part(state, &self.parameter_rows(maker));
        let offset = self.made(maker, state) - &channel * own + shift;
        Component { source, weight, channel, offset, spread: 1.0 }
    }
}

impl<S: Real> MemoryLoop<S> {
    /// Whether every share and fraction is one and every loss is strongly convex: false where that
    /// is not certain.
    pub fn is_valid(&self) -> bool {
        let share = |x: &S| !x.is_below_zero() && !(x.clone() - S::one()).is_above_zero();
        self.models.iter().all(|m| {
            let shares = [&m.raw, &m.curated, &m.cross, &m.real_share()];
            shares.into_iter().all(share)
                && m.hessian == m.hessian.transpose()
                && S::extreme_eigenvalues(&m.hessian).0.is_above_zero()
        })
    }

    /// Upper bounds of the sensitivities of the stationary training laws at held parameters
    /// (Assumption 3.5 in the stationary reading), `ε_θ` and `ε_φ`; `None` where the coupling that
    /// bounds them does not contract for certain.
    ///
    /// Run the laws of two pairs of parameters with the same noise and the same choices in all
    /// rounds. The expected distances `e = (E|Δy| under P, E|Δx| under Q)` of their inputs obey
    /// `e = M e + f` with
    /// `M = [[σ(1-c), σ c |V|], [σ' c' |U|, σ'(1-c')]]`, `f = (σ c |Δφ|, σ' c' |Δθ|)`, and a pair
    /// made by `p` then moves by at most $|\Delta\theta| + \sqrt{1 + |U|^2}\,|\Delta y|$.
    pub fn stationary_sensitivities(&self) -> Option<[S; 2]> {
        let one = S::one;
        let made = |i: usize| {
            let m = &self.models[i];
            (m.synthetic() * (one() - m.cross.clone()), m.synthetic() * m.cross.clone())
        };
        let ((own_p, cross_p), (own_q, cross_q)) = (made(0), made(1));
        let [u, v] = [0, 1].map(|i: usize| linalg::spectral_norm(&self.models[i].slope));
        let (left_p, left_q) = (one() - own_p.clone(), one() - own_q.clone());
        let (down, up) = (cross_p.clone() * v.clone(), cross_q.clone() * u.clone());
        let whole = left_p.clone() * left_q.clone() - down.clone() * up.clone();
        if ![&left_p, &left_q, &whole].into_iter().all(S::is_above_zero) {
            return None;
        }
        // e for (|Δθ|, |Δφ|) = (1, 0) and (0, 1), by Cramer's rule.
        let by_theta = [down * cross_q.clone(), left_p * cross_q.clone()];
        let by_phi = [left_q * cross_p.clone(), up * cross_p.clone()];
        let stretch = |w: &S| (one() + w.clone() * w.clone()).sqrt();
        let (a_p, a_q) = (stretch(&u), stretch(&v));
        let law = |own: &S, cross: &S, direct: [S; 2]| {
            let inputs = |e: &[S; 2]| {
                (own.clone() * e[0].clone() + cross.clone() * e[1].clone()) / whole.clone()
            };
            let theta = direct[0].clone() + inputs(&by_theta);
            let phi = direct[1].clone() + inputs(&by_phi);
            (theta.clone() * theta + phi.clone() * phi).sqrt()
        };
        // P holds pairs of p with weight own_p and pairs of q with weight cross_p; Q the reverse.
        let p =
            law(&(own_p.clone() * a_p.clone()), &(cross_p.clone() * a_q.clone()), [own_p, cross_p]);
        let q = law(&(cross_q.clone() * a_p), &(own_q.clone() * a_q), [cross_q, own_q]);
        Some([p, q])
    }
}

impl<S: Scalar> RetrainingMap<S> for MemoryLoop<S> {
    fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    fn retrain(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let law = self.training_mean(model, state);
        stacked(&(&self.responses[model] * &law), &law)
    }

    fn fine_tune(&self, model: usize, state: &DVector<S>, step: &S) -> DVector<S> {
        let m = &self.models[model];
        let law = self.training_mean(model, state);
        let here = part(state, &self.parameter_rows(model));
        let gradient = &m.hessian * &here - &m.data * &law;
        stacked(&(here - gradient * step.clone()), &law)
    }

    fn linearise(&self, _state: &DVector<S>) -> Linearisation<S> {
        let d = self.dimension();
        let mut jacobian = DMatrix::from_element(d, d, S::zero());
        for i in 0..2 {
            let law = self.mean_derivative(i);
            let (own, rows) = (self.parameter_rows(i), self.law_rows(i));
            jacobian.rows_mut(own.start, own.len()).copy_from(&(&self.responses[i] * &law));
            jacobian.rows_mut(rows.start, rows.len()).copy_from(&law);
        }
        Linearisation {
            jacobian,
            hessians: self.models.iter().map(|m| m.hessian.clone()).collect(),
        }
    }
}

fn part<S: Scalar>(v: &DVector<S>, rows: &Range<usize>) -> DVector<S> {
    v.rows(rows.start, rows.len()).into_owned()
}

fn stacked<S: Scalar>(top: &DVector<S>, bottom: &DVector<S>) -> DVector<S> {
    DVector::from_iterator(top.len() + bottom.len(), top.iter().chain(bottom.iter()).cloned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::{self, play, round_jacobian};
    use crate::influence::memory::{Stationary, by_determinants, simulated, solved};
    use crate::influence::{Couplings, Pair, memory};
    use crate::scalar::Exact;
    use crate::search::generator;
    use crate::systems::Round;
    use approx::assert_relative_eq;
    use nalgebra::{dmatrix, dvector};
    use num_dual::Dual64;
    use rand::RngExt;

    fn r(a: i64, b: i64) -> Exact {
        Exact::ratio(a, b)
    }

    /// Scalars, all fractions one half, real means zero. θ regresses x on y with the slope `u`, φ has
    /// the slope 0; half of θ's data is curated with shift 1, half of φ's is raw.
    fn scalars(u: Exact) -> MemoryLoop<Exact> {
        let model = |slope: Exact, data: [Exact; 2], raw, curated, shift| MemoryModel {
            slope: dmatrix![slope],
            hessian: dmatrix![r(1, 1)],
            data: DMatrix::from_row_slice(1, 2, &data),
            real: dvector![r(0, 1), r(0, 1)],
            raw,
            curated,
            cross: r(1, 2),
            shift: dvector![shift],
            reward: dvector![r(1, 1)],
        };
        let p = model(u.clone(), [r(1, 1), -u], r(0, 1), r(1, 2), r(1, 1));
        let q = model(r(0, 1), [r(0, 1), r(1, 1)], r(1, 2), r(0, 1), r(0, 1));
        MemoryLoop::new([p, q]).unwrap()
    }

    fn stable(system: &MemoryLoop<Exact>) -> DVector<Exact> {
        dynamics::stable_point(system).unwrap()
    }

    #[test]
    fn a_loop_of_scalars_by_hand() {
        // φ = φ/4 + y_P/4 and y_P = y_P/4 + φ/4, so both vanish, and with them y_Q.
        // x_Q = x_Q/4 + θ/4 = θ/3; θ = x_P = (θ + 1)/4 + x_Q/4, so 2θ/3 = 1/4.
        let system = scalars(r(1, 1));
        let zero = r(0, 1);
        let expected = [r(3, 8), r(3, 8), zero.clone(), zero.clone(), r(1, 8), zero.clone()];
        assert_eq!(stable(&system), DVector::from_row_slice(&expected));
        // With the curated share λ instead of 1/2, θ = λ((θ + 1)/2 + θ/6), so θ = 3λ/(6 - 4λ), whose
        // derivative at 1/2 is 18/16. φ stays where it is.
        let seen = solved(&system).unwrap();
        assert_eq!((seen.dp, seen.dq), (r(9, 8), zero));
        // Frozen inputs: D_θF_p = 1 - 1/4, and φ does not answer to θ. The curated pairs of θ have
        // mean x = (θ + 1)/2 + x_Q/2 = 3/4, so h = 3/8 and the printed value is 2 · 4/3 · 3/8.
        let pair = Pair::new(system.frozen(&stable(&system)).unwrap()).unwrap();
        assert_eq!(pair.s_p[(0, 0)], r(4, 3));
        assert_eq!(pair.h().unwrap()[0], r(3, 8));
        // Stationary inputs: x_Q = θ/3 follows, so D_θF_p = 1 - 1/4 - 1/12 = 2/3; the law's own
        // inputs answer to curation as well: x_P by 3/8 at once, and nothing through y.
        let read = Stationary::new(&system, &stable(&system)).unwrap();
        assert_eq!(read.couplings.s_p[(0, 0)], r(3, 2));
        assert_eq!((read.h_p[0].clone(), read.h_q[0].clone()), (r(3, 8), r(0, 1)));
    }

    #[test]
    fn sensitivities_by_hand() {
        // U = 3/4, V = 0, all four shares of synthetic data 1/4: (1 - 1/4)² = 9/16, up = 3/16.
        // e for θ is (0, 3/16)/(9/16) = (0, 1/3), for φ (3/16, 3/64)/(9/16) = (1/3, 1/12).
        // Pairs of θ stretch their inputs by 5/4, those of φ by 1, so the law moves by
        // 1/4 + 1/12 = 1/3 with θ and by 1/4 + 5/48 + 1/48 = 3/8 with φ: 1/9 + 9/64 = 145/576.
        let [p, q] = scalars(r(3, 4)).stationary_sensitivities().unwrap();
        for eps in [p, q] {
            let square = eps.clone() * eps;
            assert!(square.contains(r(145, 576).point().unwrap()));
            assert!(square.width() < 1e-20);
        }
        // All of θ's and φ's data their own: inputs never settle.
        let mut frozen = scalars(r(0, 1));
        for m in &mut frozen.models {
            (m.raw, m.cross) = (r(1, 1) - m.curated.clone(), r(0, 1));
        }
        assert!(frozen.stationary_sensitivities().is_none());
    }

    #[test]
    fn shares_beyond_one_are_no_loop() {
        let mut system = scalars(r(1, 1));
        assert!(system.is_valid());
        system.models[0].raw = r(3, 4);
        assert!(!system.is_valid());
        let mut system = scalars(r(1, 1));
        system.models[1].hessian[(0, 0)] = r(-1, 1);
        assert!(!system.is_valid());
    }

    /// Dimensions up to 3, weak synthetic shares, losses that do not match.
    fn drawn(index: u64) -> MemoryLoop<f64> {
        let rng = &mut generator(11, index);
        let d = [rng.random_range(1..=3_usize), rng.random_range(1..=3_usize)];
        let models = [0, 1].map(|i: usize| {
            let mut entry = || f64::from(rng.random_range(-16..=16)) / 16.0;
            let (n, m) = (d[i], d[1 - i]);
            MemoryModel {
                slope: DMatrix::from_fn(n, m, |_, _| entry()),
                hessian: DMatrix::from_diagonal(&DVector::from_fn(n, |_, _| 1.5 + entry())),
                data: DMatrix::from_fn(n, n + m, |_, _| entry()),
                real: DVector::from_fn(n + m, |_, _| entry()),
                raw: (2.0 + entry()) / 16.0,
                curated: (2.0 + entry()) / 16.0,
                cross: 0.5 + entry() / 2.0,
                shift: DVector::from_fn(n, |_, _| entry()),
                reward: DVector::from_fn(n, |_, _| entry()),
            }
        });
        MemoryLoop::new(models).unwrap()
    }

    #[test]
    fn the_jacobian_is_that_of_dual_numbers_in_every_order() {
        for index in 0..20 {
            let system = drawn(index);
            let x = DVector::from_fn(system.dimension(), |i, _| (i as f64).sin());
            let lifted = system.lift(|x| Dual64::from_re(*x)).unwrap();
            let linear = system.linearise(&x);
            let orders = [vec![0, 1], vec![1, 0]].map(Round::Sequential);
            let rounds = [Round::Simultaneous, Round::Incremental(0.3)];
            for round in rounds.iter().chain(&orders) {
                let analytic = round_jacobian(&linear, system.blocks(), round);
                for j in 0..x.len() {
                    let seeded = DVector::from_fn(x.len(), |i, _| {
                        Dual64::new(x[i], if i == j { 1.0 } else { 0.0 })
                    });
                    let column = play(&lifted, round, &seeded).map(|x| x.eps);
                    assert_relative_eq!(column, analytic.column(j).into_owned(), epsilon = 1e-13);
                }
            }
        }
    }

    #[test]
    fn all_routes_and_the_stationary_formulas_agree() {
        for index in 0..30 {
            let system = drawn(index);
            let Ok(ran) = simulated(&system, &Round::Simultaneous) else { continue };
            let second = simulated(&system, &Round::Sequential(vec![1, 0])).unwrap();
            let (exact, by_spectrum) =
                (solved(&system).unwrap(), by_determinants(&system).unwrap());
            for other in [&ran, &second, &by_spectrum] {
                assert_relative_eq!(other.dp, exact.dp, epsilon = 1e-9 * exact.size[0]);
                assert_relative_eq!(other.dq, exact.dq, epsilon = 1e-9 * exact.size[1]);
            }
            let stable = dynamics::stable_point(&system).unwrap();
            let read = Stationary::new(&system, &stable).unwrap();
            let Couplings { s_p, c_p, .. } = &read.couplings;
            let theta = s_p * (&read.h_p + c_p * &read.h_q);
            let rest = 1.0 - system.models[0].curated;
            let dp = system.models[0].reward.dot(&theta) / rest;
            assert_relative_eq!(dp, exact.dp, epsilon = 1e-10 * exact.size[0]);
        }
    }

    #[test]
    fn the_frozen_loop_rests_at_the_same_parameters() {
        for index in 0..20 {
            let system = drawn(index);
            let stable = dynamics::stable_point(&system).unwrap();
            let frozen = system.frozen(&stable).unwrap();
            let own = dynamics::stable_point(&frozen).unwrap();
            let at = |i: usize| part(&stable, &system.parameter_rows(i));
            assert_relative_eq!(own, stacked(&at(0), &at(1)), epsilon = 1e-10);
        }
    }

    #[test]
    fn laws_move_no_further_than_their_sensitivity() {
        for index in 0..50 {
            let system = drawn(index);
            let Some(eps) = system.stationary_sensitivities() else { continue };
            // Means at held parameters, by running the laws alone.
            let settle = |u: &DVector<f64>| {
                let mut state = DVector::zeros(system.dimension());
                for _ in 0..400 {
                    state = play(&system, &Round::Simultaneous, &state);
                    let mut from = 0;
                    for i in 0..2 {
                        let rows = system.parameter_rows(i);
                        state.rows_mut(rows.start, rows.len()).copy_from(&u.rows(from, rows.len()));
                        from += rows.len();
                    }
                }
                state
            };
            let d = system.pair_dimension();
            let (u, v) = (DVector::zeros(d), DVector::from_fn(d, |i, _| (3.0 * i as f64).cos()));
            let moved = settle(&v) - settle(&u);
            for (i, eps) in eps.iter().enumerate() {
                let law = part(&moved, &system.law_rows(i));
                assert!(law.norm() <= eps * v.norm() * (1.0 + 1e-9), "{index}: {law} > {eps}");
            }
            let constants = memory::stationary_constants(&system).unwrap();
            assert_eq!([constants.eps_p, constants.eps_q].map(f64::to_bits), eps.map(f64::to_bits));
        }
    }
}
