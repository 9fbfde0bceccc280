//! Affine–Gaussian loops: every component is `N(A x_j + c, s²I)`, every loss quadratic.

use super::{Linearisation, Order, RetrainingMap};
use crate::error::LoopError;
use crate::linalg;
use crate::scalar::{Real, Scalar};
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// Where a component's samples come from. Indices are positions in [`GaussianLoop::models`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A fixed law.
    Real,
    /// Samples of a model, its own or another one.
    Raw(usize),
    /// The same after curation.
    Curated(usize),
}

/// A [`Source`] without its maker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceKind {
    /// Real data, share $\lambda_R$.
    Real,
    /// Synthetic data that nobody curated, share $\lambda_S$.
    Raw,
    /// Curated data, share $\lambda_H$.
    Curated,
}

impl Source {
    /// Its kind.
    pub fn kind(self) -> SourceKind {
        match self {
            Source::Real => SourceKind::Real,
            Source::Raw(_) => SourceKind::Raw,
            Source::Curated(_) => SourceKind::Curated,
        }
    }
    /// The model that made the samples.
    pub fn maker(self) -> Option<usize> {
        match self {
            Source::Real => None,
            Source::Raw(j) | Source::Curated(j) => Some(j),
        }
    }
}

/// One component of a training mixture: the law `N(channel · x_maker + offset, spread² I)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Component<S: Scalar> {
    /// Who made it.
    pub source: Source,
    /// Its share of the mixture.
    pub weight: S,
    /// `m × d_maker`, the data's dimension by the maker's; `m × 0` for real data.
    pub channel: DMatrix<S>,
    /// `m`; for curated data the shift of the mean by curation is part of it.
    pub offset: DVector<S>,
    /// Standard deviation of a sample in every direction.
    pub spread: f64,
}

/// The alignment of a model, $J(u) = g^\top u - \tfrac12 u^\top Q u$.
#[derive(Clone, Debug, PartialEq)]
pub struct Alignment<S: Scalar> {
    /// `g`, the gradient at 0, `d`.
    pub linear: DVector<S>,
    /// `Q`, symmetric, `d × d`.
    pub curvature: DMatrix<S>,
}

impl<S: Scalar> Alignment<S> {
    /// $J(u)$.
    pub fn value(&self, u: &DVector<S>) -> S {
        let half = S::one() / S::from_int(2);
        linalg::dot(&self.linear, u) - half * linalg::dot(u, &(&self.curvature * u))
    }
    /// $\nabla J(u)$.
    pub fn gradient(&self, u: &DVector<S>) -> DVector<S> {
        &self.linear - &self.curvature * u
    }
}

/// One model with the loss $\ell(u; z) = \tfrac12 u^\top H u - u^\top B z$.
#[derive(Clone, Debug, PartialEq)]
pub struct Model<S: Scalar> {
    /// Its name in files and reports.
    pub name: String,
    /// `H`, symmetric positive definite, `d × d`.
    pub hessian: DMatrix<S>,
    /// `B`, how the gradient depends on the data, `d × m`.
    pub data: DMatrix<S>,
    /// The mixture it trains on; weights sum to one.
    pub components: Vec<Component<S>>,
    /// What its users want of it.
    pub alignment: Alignment<S>,
    /// `H⁻¹B`: the optimum on a law is this times the law's mean.
    response: DMatrix<S>,
}

impl<S: Scalar> Model<S> {
    /// A model; `alignment` is on its parameters.
    ///
    /// # Errors
    /// If the Hessian is singular. (Shapes and definiteness are the caller's to check: a file is
    /// validated with its lines at hand, an ensemble makes only valid ones.)
    pub fn new(
        name: String,
        hessian: DMatrix<S>,
        data: DMatrix<S>,
        components: Vec<Component<S>>,
        alignment: Alignment<S>,
    ) -> Result<Self, LoopError> {
        let response = linalg::solve(&hessian, &data)
            .map_err(|_| LoopError::SingularHessian { model: name.clone() })?;
        Ok(Model { name, hessian, data, components, alignment, response })
    }

    /// Number of parameters.
    pub fn dimension(&self) -> usize {
        self.hessian.nrows()
    }

    /// The share of all components of a kind.
    pub fn share(&self, kind: SourceKind) -> S {
        self.of_kind(kind).fold(S::zero(), |sum, c| sum + c.weight.clone())
    }

    fn of_kind(&self, kind: SourceKind) -> impl Iterator<Item = &Component<S>> {
        self.components.iter().filter(move |c| c.source.kind() == kind)
    }
}

/// A direction in which the training mixtures are changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob<S: Scalar> {
    /// `weights[i][c]`: the rate of the weight of component `c` of model `i`; rows sum to zero.
    pub weights: Vec<Vec<S>>,
    /// `drift[i]`: the rate at which the mean of the whole mixture of model `i` is shifted, `m_i`.
    /// Zero for the paper's knobs.
    pub drift: Vec<DVector<S>>,
}

/// `N` coupled models of the affine–Gaussian family.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianLoop<S: Scalar> {
    /// The models.
    pub models: Vec<Model<S>>,
    /// How they take turns.
    pub order: Order,
    blocks: Vec<Range<usize>>,
}

impl<S: Scalar> GaussianLoop<S> {
    /// A loop of these models.
    pub fn new(models: Vec<Model<S>>, order: Order) -> Self {
        let blocks = models
            .iter()
            .scan(0, |start, m| {
                let block = *start..*start + m.dimension();
                *start = block.end;
                Some(block)
            })
            .collect();
        GaussianLoop { models, order, blocks }
    }

    /// The same loop in another arithmetic.
    ///
    /// # Errors
    /// If a Hessian is singular there.
    pub fn lift<T: Scalar>(&self, f: impl Fn(&S) -> T) -> Result<GaussianLoop<T>, LoopError> {
        let vector = |v: &DVector<S>| v.map(|x| f(&x));
        let matrix = |m: &DMatrix<S>| m.map(|x| f(&x));
        let component = |c: &Component<S>| Component {
            source: c.source,
            weight: f(&c.weight),
            channel: matrix(&c.channel),
            offset: vector(&c.offset),
            spread: c.spread,
        };
        let models = self.models.iter().map(|m| {
            let alignment = Alignment {
                linear: vector(&m.alignment.linear),
                curvature: matrix(&m.alignment.curvature),
            };
            let components = m.components.iter().map(component).collect();
            // The response is solved anew: carried over, it would be as rounded as it was.
            Model::new(m.name.clone(), matrix(&m.hessian), matrix(&m.data), components, alignment)
        });
        Ok(GaussianLoop::new(models.collect::<Result<_, _>>()?, self.order.clone()))
    }

    /// The mean of one component of `model` when the models stand at `state`.
    pub fn component_mean(&self, component: &Component<S>, state: &DVector<S>) -> DVector<S> {
        match component.source.maker() {
            None => component.offset.clone(),
            Some(j) => {
                let rows = &self.blocks[j];
                &component.channel * state.rows(rows.start, rows.len()) + &component.offset
            }
        }
    }

    /// The mean of the law that `model` trains on when the models stand at `state`.
    pub fn training_mean(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let m = &self.models[model];
        let mut mean = DVector::from_element(m.data.ncols(), S::zero());
        for c in &m.components {
            mean += self.component_mean(c, state) * c.weight.clone();
        }
        mean
    }

    /// $E[\nabla\ell(u; z)]$ of `model` over its data of one kind, at `state`; `None` without such
    /// data. Data of a kind from several makers is mixed in proportion to their weights.
    pub fn kind_gradient(
        &self,
        model: usize,
        kind: SourceKind,
        state: &DVector<S>,
    ) -> Option<DVector<S>> {
        let m = &self.models[model];
        let share = m.share(kind);
        if share.is_zero() {
            return None;
        }
        let mut mean = DVector::from_element(m.data.ncols(), S::zero());
        for c in m.of_kind(kind) {
            mean += self.component_mean(c, state) * (c.weight.clone() / share.clone());
        }
        let rows = &self.blocks[model];
        Some(&m.hessian * state.rows(rows.start, rows.len()) - &m.data * mean)
    }

    /// $\partial E_{D_i}\nabla\ell_i(u; z)/\partial x_j$ through the law alone, `d_i × d_j`.
    pub fn law_derivative(&self, i: usize, j: usize) -> DMatrix<S> {
        let m = &self.models[i];
        let mut slope =
            DMatrix::from_element(m.data.ncols(), self.models[j].dimension(), S::zero());
        for c in m.components.iter().filter(|c| c.source.maker() == Some(j)) {
            slope += &c.channel * c.weight.clone();
        }
        -linalg::product(&m.data, &slope)
    }

    /// The part of `state` that belongs to `model`.
    pub fn block(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let rows = &self.blocks[model];
        state.rows(rows.start, rows.len()).into_owned()
    }

    /// The direction in which the mixture of `model` moves straight towards `target`, a mixture of
    /// the kinds `[real, raw, curated]` that sums to one, at unit speed: the weights reach it
    /// after a path of length 1. Inside a kind the makers keep their proportions.
    ///
    /// The paper's $d\lambda_H$ (Section 4, other sources fixed in size) is
    /// `(1 - λ_H) · du` along `towards(p, [0, 0, 1])`; Theorems E.3 to E.5 have the others.
    pub fn towards(&self, model: usize, target: &[S; 3]) -> Knob<S> {
        let m = &self.models[model];
        let kinds = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated];
        let goal = |c: &Component<S>| {
            let at = kinds.iter().position(|&k| k == c.source.kind()).unwrap_or(0);
            let share = m.share(c.source.kind());
            if share.is_zero() { S::zero() } else { target[at].clone() * c.weight.clone() / share }
        };
        let direction = self.models.iter().enumerate().map(|(i, other)| {
            let rate = |c: &Component<S>| {
                if i == model { goal(c) - c.weight.clone() } else { S::zero() }
            };
            other.components.iter().map(rate).collect()
        });
        Knob { weights: direction.collect(), drift: self.no_drift() }
    }

    /// The knob that shifts all data of `model` by `shift` (`m`) at unit speed: for data that
    /// enters as `B z`, the response of the stable point is `S B shift`.
    pub fn shifting(&self, model: usize, shift: &DVector<S>) -> Knob<S> {
        let weights = self.models.iter().map(|m| vec![S::zero(); m.components.len()]).collect();
        let mut drift = self.no_drift();
        drift[model] = shift.clone();
        Knob { weights, drift }
    }

    fn no_drift(&self) -> Vec<DVector<S>> {
        self.models.iter().map(|m| DVector::from_element(m.data.ncols(), S::zero())).collect()
    }

    /// The loop with its mixtures moved by `amount` along `knob`.
    #[must_use]
    pub fn turned(&self, knob: &Knob<S>, amount: &S) -> Self {
        let mut moved = self.clone();
        for (i, m) in moved.models.iter_mut().enumerate() {
            for (c, rate) in m.components.iter_mut().zip(&knob.weights[i]) {
                c.weight += rate.clone() * amount.clone();
                c.offset += &knob.drift[i] * amount.clone();
            }
        }
        moved
    }

    /// $b$: how fast each optimum moves with `knob` while all laws' makers stand still at `state`,
    /// $b_i = -H_i^{-1} \sum_c \dot w_{ic} E\nabla\ell_i$, stacked.
    pub fn forcing(&self, knob: &Knob<S>, state: &DVector<S>) -> DVector<S> {
        let mut b = DVector::from_element(self.dimension(), S::zero());
        for (i, (m, rows)) in self.models.iter().zip(&self.blocks).enumerate() {
            let mut drift = knob.drift[i].clone();
            for (c, rate) in m.components.iter().zip(&knob.weights[i]) {
                if !rate.is_zero() {
                    drift += self.component_mean(c, state) * rate.clone();
                }
            }
            b.rows_mut(rows.start, rows.len()).copy_from(&(&m.response * drift));
        }
        b
    }

    /// $J(x) = (J_1(x_1), …, J_N(x_N))$ at `state`.
    pub fn alignments(&self, state: &DVector<S>) -> Vec<S> {
        self.models
            .iter()
            .enumerate()
            .map(|(i, m)| m.alignment.value(&self.block(i, state)))
            .collect()
    }
}

impl<S: Real> GaussianLoop<S> {
    /// The joint sensitivity of the law of `model`: an upper bound of
    /// $W_1(D(x), D(y)) / |x - y|$ (Assumption 3.5).
    ///
    /// Couple the components one by one:
    /// $W_1 \le \sum_j e_j |x_j - y_j| \le \sqrt{\sum_j e_j^2}\,|x - y|$ with
    /// $e_j = \sum_{c\,\text{of}\,j} w_c |A_c|$.
    pub fn sensitivity(&self, model: usize) -> S {
        let m = &self.models[model];
        let mut of_maker = vec![S::zero(); self.models.len()];
        for c in &m.components {
            if let Some(j) = c.source.maker() {
                of_maker[j] += c.weight.clone() * linalg::spectral_norm(&c.channel);
            }
        }
        of_maker.into_iter().fold(S::zero(), |sum, e| sum + e.clone() * e).sqrt()
    }

    /// A lower bound of the same: the law's mean moves at most as far as the law.
    pub fn sensitivity_from_below(&self, model: usize) -> S {
        let m = &self.models[model];
        let mut slope = DMatrix::from_element(m.data.ncols(), self.dimension(), S::zero());
        for c in &m.components {
            if let Some(j) = c.source.maker() {
                let rows = &self.blocks[j];
                let mut part = slope.columns_mut(rows.start, rows.len());
                part += &c.channel * c.weight.clone();
            }
        }
        linalg::spectral_norm(&slope)
    }

    /// $\gamma$: the loss of `model` is that strongly convex (Assumption 3.2).
    pub fn strong_convexity(&self, model: usize) -> S {
        S::extreme_eigenvalues(&self.models[model].hessian).0
    }

    /// $L$: the gradient of the loss of `model` is that Lipschitz, in the data and in the
    /// parameters (Assumption 3.3).
    pub fn smoothness(&self, model: usize) -> S {
        let m = &self.models[model];
        let in_data = linalg::spectral_norm(&m.data);
        in_data.max(&S::extreme_eigenvalues(&m.hessian).1)
    }
}

impl<S: Scalar> RetrainingMap<S> for GaussianLoop<S> {
    fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    fn retrain(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        &self.models[model].response * self.training_mean(model, state)
    }

    fn fine_tune(&self, model: usize, state: &DVector<S>, step: &S) -> DVector<S> {
        let m = &self.models[model];
        let here = self.block(model, state);
        let gradient = &m.hessian * &here - &m.data * self.training_mean(model, state);
        here - gradient * step.clone()
    }

    fn linearise(&self, _state: &DVector<S>) -> Linearisation<S> {
        let d = self.dimension();
        let mut jacobian = DMatrix::from_element(d, d, S::zero());
        for (m, rows) in self.models.iter().zip(&self.blocks) {
            for c in &m.components {
                if let Some(j) = c.source.maker() {
                    let cols = &self.blocks[j];
                    let mut part =
                        jacobian.view_mut((rows.start, cols.start), (rows.len(), cols.len()));
                    part += linalg::product(&m.response, &c.channel) * c.weight.clone();
                }
            }
        }
        Linearisation {
            jacobian,
            hessians: self.models.iter().map(|m| m.hessian.clone()).collect(),
        }
    }
}
