//! Loops of classifiers: multinomial logistic regressions that label each other's inputs.
//!
//! Model `i` has inputs of its own and the law $p_\theta(y|x) = \mathrm{softmax}(\Theta x)_y$ of the
//! label `y`. It trains, by cross-entropy with a ridge $\tfrac{\gamma}{2}|\theta|^2$, on its inputs
//! with labels from a mixture: the real ones, labels that a model draws, and labels that a curator
//! picks among `K` that a model draws, with weights by the true and the drawn label. The loss is
//! $\gamma$-strongly convex, so the optimum is unique; Newton's method finds it, and its Jacobian
//! comes from the implicit-function theorem.

use super::luce::Luce;
use super::{Linearisation, RetrainingMap};
use nalgebra::linalg::Cholesky;
use nalgebra::{DMatrix, DVector, Dyn};
use std::ops::Range;

/// Inputs with their true classes.
#[derive(Clone, Debug)]
pub struct Inputs {
    features: DMatrix<f64>,
    truth: Vec<usize>,
    /// Products of two features, input by input, `n × d(d + 1)/2`.
    products: DMatrix<f64>,
}

impl Inputs {
    /// From features, `d × n`, one column an input, and the true class of each.
    pub fn new(features: DMatrix<f64>, truth: Vec<usize>) -> Self {
        let d = features.nrows();
        let pairs: Vec<(usize, usize)> = pairs(d).collect();
        let products = DMatrix::from_fn(features.ncols(), pairs.len(), |x, at| {
            features[(pairs[at].0, x)] * features[(pairs[at].1, x)]
        });
        Inputs { features, truth, products }
    }

    /// `d × n`.
    pub fn features(&self) -> &DMatrix<f64> {
        &self.features
    }

    /// The true classes.
    pub fn truth(&self) -> &[usize] {
        &self.truth
    }

    /// Number of inputs.
    pub fn len(&self) -> usize {
        self.truth.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.truth.is_empty()
    }

    /// The mean over inputs of $W(x) \otimes xx^\top$, `Cd × Cd` in the order of parameters, for
    /// weights of `C² × n` (row `k + C l` is entry `(k, l)`).
    fn sandwich(&self, weights: &DMatrix<f64>, classes: usize) -> DMatrix<f64> {
        let d = self.features.nrows();
        let sums = weights * &self.products / self.len() as f64;
        let mut whole = DMatrix::zeros(classes * d, classes * d);
        for (at, (f, g)) in pairs(d).enumerate() {
            for l in 0..classes {
                for k in 0..classes {
                    let sum = sums[(k + classes * l, at)];
                    whole[(k + classes * f, l + classes * g)] = sum;
                    whole[(k + classes * g, l + classes * f)] = sum;
                }
            }
        }
        whole
    }
}

fn pairs(d: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..d).flat_map(move |f| (f..d).map(move |g| (f, g)))
}

/// Shares of a training mixture, which sum to one with that of real labels.
#[derive(Clone, Debug, PartialEq)]
pub struct Shares {
    /// Of labels drawn by each model.
    pub raw: Vec<f64>,
    /// Of labels picked by a curator among those of each model.
    pub curated: Vec<f64>,
}

impl Shares {
    /// $\lambda_R$.
    pub fn real(&self) -> f64 {
        1.0 - self.raw.iter().sum::<f64>() - self.curated()
    }
    /// $\lambda_H$.
    pub fn curated(&self) -> f64 {
        self.curated.iter().sum()
    }
    /// With the curated share changed to `share` and the others' proportions kept (Section 4 of
    /// the paper).
    #[must_use]
    pub fn with_curated(&self, share: f64) -> Self {
        let (grown, shrunk) = (share / self.curated(), (1.0 - share) / (1.0 - self.curated()));
        Shares {
            raw: self.raw.iter().map(|w| w * shrunk).collect(),
            curated: self.curated.iter().map(|w| w * grown).collect(),
        }
    }
}

/// One classifier.
#[derive(Clone, Debug)]
pub struct Classifier {
    /// What it is trained on.
    pub inputs: Inputs,
    /// With labels of whom.
    pub shares: Shares,
    /// $\gamma$.
    pub ridge: f64,
    /// How its labels are curated on inputs of each true class.
    pub curation: Vec<Luce<f64>>,
    /// $r(\text{truth}, y)$ of its alignment $J = E_x E_{y \sim p(.|x)} r$, `C × C`.
    pub reward: DMatrix<f64>,
}

/// `N` classifiers that label each other's inputs. A model's block of the state is its matrix
/// $\Theta$, `C × d`, column by column.
#[derive(Clone, Debug)]
pub struct SoftmaxLoop {
    /// The models.
    pub models: Vec<Classifier>,
    blocks: Vec<Range<usize>>,
    /// Factors of Hessians near which Newton steps may reuse them.
    anchors: Vec<Option<Cholesky<f64, Dyn>>>,
}

/// The norm of the gradient at which an optimum is found: strong convexity bounds the error of the
/// parameters by this over the ridge.
const FOUND: f64 = 1e-15;

/// Below this norm a gradient that no longer falls is rounding.
const ROUNDING: f64 = 1e-13;

/// Newton steps after which the optimisation gives up.
const MOST_STEPS: usize = 100;

/// A step that leaves more of the gradient than this asks for a fresh Hessian.
const SLOW: f64 = 0.3;

impl SoftmaxLoop {
    /// A loop of these models.
    pub fn new(models: Vec<Classifier>) -> Self {
        let mut start = 0;
        let blocks = models.iter().map(|m| {
            let block = start..start + m.reward.nrows() * m.inputs.features.nrows();
            start = block.end;
            block
        });
        SoftmaxLoop { blocks: blocks.collect(), anchors: vec![None; models.len()], models }
    }

    /// The same loop, faster near `state`: optimisations start with the Hessians there.
    #[must_use]
    pub fn anchored(mut self, state: &DVector<f64>) -> Self {
        for i in 0..self.models.len() {
            self.anchors[i] = self.hessian(i, &self.parameters(i, state)).cholesky();
        }
        self
    }

    /// $\Theta$ of a model, `C × d`.
    pub fn parameters(&self, model: usize, state: &DVector<f64>) -> DMatrix<f64> {
        let own = &self.models[model];
        let shape = (own.reward.nrows(), own.inputs.features.nrows());
        let block = &state.as_slice()[self.blocks[model].clone()];
        DMatrix::from_column_slice(shape.0, shape.1, block)
    }

    /// The laws of labels that `maker` gives to the inputs of `model`, `C × n`.
    pub fn labels(&self, maker: usize, model: usize, state: &DVector<f64>) -> DMatrix<f64> {
        softmax(self.parameters(maker, state) * &self.models[model].inputs.features)
    }

    /// The same after curation with the maker's reward.
    pub fn curated(&self, maker: usize, model: usize, raw: &DMatrix<f64>) -> DMatrix<f64> {
        let curation = &self.models[maker].curation;
        let mut kept = raw.clone();
        for (x, &truth) in self.models[model].inputs.truth.iter().enumerate() {
            kept.set_column(x, &curation[truth].curate(&raw.column(x).into_owned()));
        }
        kept
    }

    /// The true labels of the inputs of `model` as laws, `C × n`.
    pub fn real(&self, model: usize) -> DMatrix<f64> {
        let own = &self.models[model];
        let mut real = DMatrix::zeros(own.reward.nrows(), own.inputs.len());
        for (x, &truth) in own.inputs.truth.iter().enumerate() {
            real[(truth, x)] = 1.0;
        }
        real
    }

    /// The laws of labels that `model` trains on, `C × n`.
    pub fn training_labels(&self, model: usize, state: &DVector<f64>) -> DMatrix<f64> {
        let shares = &self.models[model].shares;
        let mut laws = self.real(model) * shares.real();
        for j in 0..self.models.len() {
            let (raw, curated) = (shares.raw[j], shares.curated[j]);
            if raw != 0.0 || curated != 0.0 {
                let made = self.labels(j, model, state);
                laws += &made * raw;
                if curated != 0.0 {
                    laws += self.curated(j, model, &made) * curated;
                }
            }
        }
        laws
    }

    /// The laws of the curated labels in the mixture of `model`, makers in proportion, `C × n`.
    pub fn curated_labels(&self, model: usize, state: &DVector<f64>) -> DMatrix<f64> {
        let shares = &self.models[model].shares;
        let mut laws = self.real(model) * 0.0;
        for (j, share) in shares.curated.iter().enumerate() {
            laws +=
                self.curated(j, model, &self.labels(j, model, state)) * (share / shares.curated());
        }
        laws
    }

    /// $E\nabla\ell$ of `model` at parameters `at` over labels of these laws, `Cd`.
    pub fn gradient(&self, model: usize, at: &DMatrix<f64>, labels: &DMatrix<f64>) -> DVector<f64> {
        let own = &self.models[model];
        let excess = softmax(at * &own.inputs.features) - labels;
        self.moment(model, &excess) + flat(at * own.ridge)
    }

    /// The mean over the inputs of `model` of `weights(x) ⊗ x`, `Cd`, for weights of `C × n`.
    pub fn moment(&self, model: usize, weights: &DMatrix<f64>) -> DVector<f64> {
        let inputs = &self.models[model].inputs;
        flat(weights * inputs.features.transpose() / inputs.len() as f64)
    }

    /// $E\nabla^2\ell$ of `model` at parameters `at`, `Cd × Cd`; the labels do not matter.
    pub fn hessian(&self, model: usize, at: &DMatrix<f64>) -> DMatrix<f64> {
        let own = &self.models[model];
        let laws = softmax(at * &own.inputs.features);
        let c = laws.nrows();
        let mut weights = DMatrix::zeros(c * c, laws.ncols());
        for (mut weight, law) in weights.column_iter_mut().zip(laws.column_iter()) {
            for l in 0..c {
                for k in 0..c {
                    weight[k + c * l] = -law[k] * law[l];
                }
                weight[l + c * l] += law[l];
            }
        }
        let mut hessian = own.inputs.sandwich(&weights, c);
        for i in 0..hessian.nrows() {
            hessian[(i, i)] += own.ridge;
        }
        hessian
    }

    /// $G_{ij}$: the derivative of $E\nabla\ell_i$ by the parameters of model `j` through the
    /// training law alone, `Cd × Cd`.
    pub fn law_derivative(&self, i: usize, j: usize, state: &DVector<f64>) -> DMatrix<f64> {
        let own = &self.models[i];
        let (raw, curated) = (own.shares.raw[j], own.shares.curated[j]);
        let made = self.labels(j, i, state);
        let c = made.nrows();
        let mut weights = DMatrix::zeros(c * c, made.ncols());
        for (x, &truth) in own.inputs.truth.iter().enumerate() {
            let law = made.column(x).into_owned();
            // By the law: raw labels and curated ones. Then by the logits, by the chain rule with
            // diag(p) - p pᵀ.
            let mut slope = DMatrix::from_diagonal_element(c, c, -raw);
            if curated != 0.0 {
                slope -= self.models[j].curation[truth].derivative(&law) * curated;
            }
            let mean = &slope * &law;
            for (mut column, p) in slope.column_iter_mut().zip(&law) {
                column -= &mean;
                column *= *p;
            }
            weights.column_mut(x).copy_from_slice(slope.as_slice());
        }
        own.inputs.sandwich(&weights, c)
    }

    /// The optimum of `model` on labels of these laws, by Newton's method from `start` with halved
    /// steps where the gradient would grow. `None` if it does not converge.
    pub fn optimum(
        &self,
        model: usize,
        start: DMatrix<f64>,
        labels: &DMatrix<f64>,
    ) -> Option<DMatrix<f64>> {
        let mut at = start;
        let mut gradient = self.gradient(model, &at, labels);
        let mut factor = self.anchors[model].clone();
        for _ in 0..MOST_STEPS {
            let size = gradient.norm();
            if size <= FOUND {
                return Some(at);
            }
            let fresh = factor.is_none();
            if fresh {
                factor = Some(self.hessian(model, &at).cholesky()?);
            }
            let step = factor.as_ref()?.solve(&gradient);
            let (next, slope) = self.shortened(model, &at, &step, labels, size);
            let left = slope.norm();
            if left >= size {
                if size <= ROUNDING {
                    return Some(at);
                }
                // Not even a short step helps: only an outdated Hessian is an excuse.
                if fresh {
                    return None;
                }
                factor = None;
                continue;
            }
            (at, gradient) = (next, slope);
            if left > SLOW * size {
                factor = None;
            }
        }
        None
    }

    /// The point after the longest of the step and its halves that lowers the gradient's norm, with
    /// the gradient there; after the shortest if none does.
    fn shortened(
        &self,
        model: usize,
        at: &DMatrix<f64>,
        step: &DVector<f64>,
        labels: &DMatrix<f64>,
        size: f64,
    ) -> (DMatrix<f64>, DVector<f64>) {
        let whole = DMatrix::from_column_slice(at.nrows(), at.ncols(), step.as_slice());
        let mut length = 1.0;
        loop {
            let next = at - &whole * length;
            let gradient = self.gradient(model, &next, labels);
            if gradient.norm() < size || length < 1e-3 || size <= ROUNDING {
                return (next, gradient);
            }
            length /= 2.0;
        }
    }

    /// The stable point near `start`, by Newton's method on all gradients at once, with a derivative
    /// that is kept as long as it serves. `None` if the gradients do not vanish.
    pub fn stable_point(&self, start: &DVector<f64>) -> Option<DVector<f64>> {
        let (mut state, mut gaps) = (start.clone(), self.gaps(start));
        let mut factor = None;
        for _ in 0..MOST_STEPS {
            let size = gaps.norm();
            if size <= FOUND {
                return Some(state);
            }
            let fresh = factor.is_none();
            let derivative = factor.get_or_insert_with(|| self.gap_derivative(&state).lu());
            let step = derivative.solve(&gaps)?;
            let (mut next, mut length) = (&state - &step, 1.0);
            let mut after = self.gaps(&next);
            while after.norm() >= size && length > 1e-3 && size > ROUNDING {
                length /= 2.0;
                next = &state - &step * length;
                after = self.gaps(&next);
            }
            let left = after.norm();
            if left >= size {
                if size <= ROUNDING {
                    return Some(state);
                }
                // As for an optimum: an outdated derivative is an excuse.
                if fresh {
                    return None;
                }
                factor = None;
                continue;
            }
            (state, gaps) = (next, after);
            if left > SLOW * size {
                factor = None;
            }
        }
        None
    }

    /// $F = (E_{D_i(x)}\nabla\ell_i(x_i))_i$, stacked: zero at stable points.
    pub fn gaps(&self, state: &DVector<f64>) -> DVector<f64> {
        let parts = (0..self.models.len()).flat_map(|i| {
            let labels = self.training_labels(i, state);
            self.gradient(i, &self.parameters(i, state), &labels).data.as_vec().clone()
        });
        DVector::from_vec(parts.collect())
    }

    /// Its derivative, blocks $D_{x_j}F_i$.
    pub fn gap_derivative(&self, state: &DVector<f64>) -> DMatrix<f64> {
        let mut whole = DMatrix::zeros(state.len(), state.len());
        for (i, rows) in self.blocks.iter().enumerate() {
            for (j, columns) in self.blocks.iter().enumerate() {
                let mut block = self.law_derivative(i, j, state);
                if i == j {
                    block += self.hessian(i, &self.parameters(i, state));
                }
                let at = (rows.start, columns.start);
                whole.view_mut(at, (rows.len(), columns.len())).copy_from(&block);
            }
        }
        whole
    }

    /// The alignment $J$ of a model, over its own inputs.
    pub fn alignment(&self, model: usize, state: &DVector<f64>) -> f64 {
        let own = &self.models[model];
        let laws = self.labels(model, model, state);
        let rewards = own.inputs.truth.iter().enumerate();
        rewards.map(|(x, &t)| laws.column(x).dot(&own.reward.row(t).transpose())).sum::<f64>()
            / own.inputs.len() as f64
    }

    /// Its gradient in the parameters of the model, `Cd`.
    pub fn alignment_gradient(&self, model: usize, state: &DVector<f64>) -> DVector<f64> {
        let own = &self.models[model];
        let mut slopes = self.labels(model, model, state);
        for (x, &t) in own.inputs.truth.iter().enumerate() {
            let reward = own.reward.row(t).transpose();
            let mut law = slopes.column_mut(x);
            let mean = law.dot(&reward);
            law.zip_apply(&reward, |p, r| *p *= r - mean);
        }
        self.moment(model, &slopes)
    }

    /// The share of inputs of a model whose likeliest label is the true one.
    pub fn accuracy(&self, model: usize, state: &DVector<f64>) -> f64 {
        let own = &self.models[model];
        let laws = self.labels(model, model, state);
        let right =
            own.inputs.truth.iter().enumerate().filter(|&(x, &t)| laws.column(x).imax() == t);
        right.count() as f64 / own.inputs.len() as f64
    }
}

/// Column by column.
fn softmax(mut logits: DMatrix<f64>) -> DMatrix<f64> {
    for mut column in logits.column_iter_mut() {
        let largest = column.max();
        column.apply(|x| *x = (*x - largest).exp());
        let total = column.sum();
        column /= total;
    }
    logits
}

fn flat(m: DMatrix<f64>) -> DVector<f64> {
    let length = m.len();
    m.reshape_generic(Dyn(length), nalgebra::Const::<1>)
}

impl RetrainingMap<f64> for SoftmaxLoop {
    fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    /// All entries are NaN if the optimisation does not converge.
    fn retrain(&self, model: usize, state: &DVector<f64>) -> DVector<f64> {
        let labels = self.training_labels(model, state);
        let found = self.optimum(model, self.parameters(model, state), &labels);
        found.map_or_else(|| DVector::from_element(self.blocks[model].len(), f64::NAN), flat)
    }

    fn fine_tune(&self, model: usize, state: &DVector<f64>, step: &f64) -> DVector<f64> {
        let here = self.parameters(model, state);
        let gradient = self.gradient(model, &here, &self.training_labels(model, state));
        flat(here) - gradient * *step
    }

    /// By the implicit-function theorem, $J_{ij} = -H_i^{-1} G_{ij}$ with the Hessian at the new
    /// optimum.
    fn linearise(&self, state: &DVector<f64>) -> Linearisation<f64> {
        let d = self.dimension();
        let mut jacobian = DMatrix::zeros(d, d);
        let mut hessians = Vec::new();
        for (i, rows) in self.blocks.iter().enumerate() {
            let optimum = self.retrain(i, state);
            let shape = self.parameters(i, state).shape();
            let optimum = DMatrix::from_column_slice(shape.0, shape.1, optimum.as_slice());
            let hessian = self.hessian(i, &optimum);
            let factor = hessian.clone().cholesky();
            for (j, columns) in self.blocks.iter().enumerate() {
                let slope = self.law_derivative(i, j, state);
                let block =
                    factor.as_ref().map_or_else(|| slope.map(|_| f64::NAN), |f| -f.solve(&slope));
                let at = (rows.start, columns.start);
                jacobian.view_mut(at, (rows.len(), columns.len())).copy_from(&block);
            }
            hessians.push(hessian);
        }
        Linearisation { jacobian, hessians }
    }
}
