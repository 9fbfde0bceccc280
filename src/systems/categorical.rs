//! Categorical loops: every law is one on finitely many categories, every loss is the log loss.
//!
//! A model *is* its law: the log loss is least where the model equals its training law, so the
//! retraining map is the mixture itself. Parameters are the first `n - 1` probabilities; the last
//! one is what is left. Curation is Luce choice, computed exactly ([`Luce`]). The log loss is not
//! strongly convex sample by sample, so Assumption 3.2 of the paper does not hold here.

use super::gaussian::{Source, SourceKind};
use super::luce::Luce;
use super::{Linearisation, RetrainingMap};
use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};
use std::ops::Range;

/// One component of a training mixture.
#[derive(Clone, Debug)]
pub struct Part<S: Scalar> {
    /// Who made it.
    pub source: Source,
    /// Its share of the mixture.
    pub weight: S,
    /// Of real data: its law, `n`. Otherwise empty.
    pub law: DVector<S>,
    /// How the maker's categories are read as this model's, `n × n_maker`, columns summing to one;
    /// none where they are the same.
    pub kernel: Option<DMatrix<S>>,
}

/// One model.
#[derive(Clone, Debug)]
pub struct CategoricalModel<S: Scalar> {
    /// Its mixture.
    pub parts: Vec<Part<S>>,
    /// How what it makes is curated; the categories are those of the weights.
    pub luce: Luce<S>,
    /// $r(z)$ of its alignment $J = \sum_z p(z) r(z)$, `n`.
    pub reward: DVector<S>,
}

/// `N` coupled models on categories.
#[derive(Clone, Debug)]
pub struct CategoricalLoop<S: Scalar> {
    /// The models.
    pub models: Vec<CategoricalModel<S>>,
    blocks: Vec<Range<usize>>,
}

impl<S: Scalar> CategoricalLoop<S> {
    /// A loop of these models.
    pub fn new(models: Vec<CategoricalModel<S>>) -> Self {
        let mut start = 0;
        let blocks = models.iter().map(|m| {
            let block = start..start + m.reward.len() - 1;
            start = block.end;
            block
        });
        CategoricalLoop { blocks: blocks.collect(), models }
    }

    /// The laws of all models, each of its own length, as one state of first `n - 1`
    /// probabilities.
    pub fn state(&self, laws: &[DVector<S>]) -> DVector<S> {
        let parts = laws.iter().flat_map(|law| law.iter().take(law.len() - 1).cloned());
        DVector::from_vec(parts.collect())
    }

    /// The law of a model, `n`.
    pub fn law(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let first = &state.as_slice()[self.blocks[model].clone()];
        let rest = first.iter().fold(S::one(), |rest, p| rest - p.clone());
        DVector::from_iterator(first.len() + 1, first.iter().cloned().chain([rest]))
    }

    /// The law of one component.
    pub fn part_law(&self, part: &Part<S>, state: &DVector<S>) -> DVector<S> {
        let made = match part.source {
            Source::Real => return part.law.clone(),
            Source::Raw(j) => self.law(j, state),
            Source::Curated(j) => self.models[j].luce.curate(&self.law(j, state)),
        };
        part.kernel.as_ref().map_or_else(|| made.clone(), |kernel| kernel * &made)
    }

    /// The law that `model` trains on, `n`.
    pub fn training_law(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let own = &self.models[model];
        let mut law = own.reward.map(|_| S::zero());
        for part in &own.parts {
            law += self.part_law(part, state) * part.weight.clone();
        }
        law
    }

    /// The law of the data of one kind in the mixture of `model`, `n`; makers mixed in proportion
    /// to their weights. `None` without such data.
    pub fn kind_law(
        &self,
        model: usize,
        kind: SourceKind,
        state: &DVector<S>,
    ) -> Option<DVector<S>> {
        let own = &self.models[model];
        let parts = || own.parts.iter().filter(|part| part.source.kind() == kind);
        let share = parts().fold(S::zero(), |sum, part| sum + part.weight.clone());
        if share.is_zero() {
            return None;
        }
        let zero = own.reward.map(|_| S::zero());
        Some(parts().fold(zero, |law, part| {
            law + self.part_law(part, state) * (part.weight.clone() / share.clone())
        }))
    }

    /// The derivative of the training law of model `i` by the parameters of model `j`,
    /// `n_i × (n_j - 1)`.
    pub fn law_derivative(&self, i: usize, j: usize, state: &DVector<S>) -> DMatrix<S> {
        let n = self.models[i].reward.len();
        let m = self.models[j].reward.len();
        // The last probability falls as any other one rises.
        let tangent = DMatrix::from_fn(m, m - 1, |z, a| match (z == a, z + 1 == m) {
            (true, _) => S::one(),
            (_, true) => -S::one(),
            _ => S::zero(),
        });
        let mut slope = DMatrix::from_element(n, m - 1, S::zero());
        for part in self.models[i].parts.iter().filter(|part| part.source.maker() == Some(j)) {
            let mut made = tangent.clone();
            if let Source::Curated(_) = part.source {
                made = self.models[j].luce.derivative(&self.law(j, state)) * made;
            }
            if let Some(kernel) = &part.kernel {
                made = kernel * made;
            }
            slope += made * part.weight.clone();
        }
        slope
    }

    /// How fast each training law moves as the weights do, at rates `rates[i][c]` that sum to zero
    /// in every model, while the models stand still: the first `n - 1` entries, stacked.
    pub fn forcing(&self, rates: &[Vec<S>], state: &DVector<S>) -> DVector<S> {
        let laws = self.models.iter().zip(rates).map(|(model, rates)| {
            let zero = model.reward.map(|_| S::zero());
            model.parts.iter().zip(rates).fold(zero, |sum, (part, rate)| {
                if rate.is_zero() { sum } else { sum + self.part_law(part, state) * rate.clone() }
            })
        });
        self.state(&laws.collect::<Vec<DVector<S>>>())
    }

    /// The rates of all weights as the curated share of `model` grows at unit speed and its other
    /// data keeps its proportions.
    pub fn towards_curation(&self, model: usize) -> Vec<Vec<S>> {
        let curated = |part: &Part<S>| part.source.kind() == SourceKind::Curated;
        let share = self.models[model]
            .parts
            .iter()
            .filter(|part| curated(part))
            .fold(S::zero(), |sum, part| sum + part.weight.clone());
        let rest = S::one() - share.clone();
        let rates = self.models.iter().enumerate().map(|(i, other)| {
            let rate = |part: &Part<S>| match (i == model, curated(part)) {
                (false, _) => S::zero(),
                (true, true) => part.weight.clone() / share.clone(),
                (true, false) => -(part.weight.clone() / rest.clone()),
            };
            other.parts.iter().map(rate).collect()
        });
        rates.collect()
    }

    /// The gradient of the alignment of `model` in its parameters, $r(a) - r(n)$, `n - 1`.
    pub fn alignment_gradient(&self, model: usize) -> DVector<S> {
        let reward = &self.models[model].reward;
        let last = reward[reward.len() - 1].clone();
        reward.rows(0, reward.len() - 1).map(|r| r - last.clone())
    }

    /// The gradients of the log loss $-\ln p_z$ of a model with law `p` in its parameters, one
    /// column a category, `(n - 1) × n`.
    pub fn loss_gradients(law: &DVector<S>) -> DMatrix<S> {
        let n = law.len();
        DMatrix::from_fn(n - 1, n, |a, z| match (a == z, z + 1 == n) {
            (true, _) => -(S::one() / law[z].clone()),
            (_, true) => S::one() / law[z].clone(),
            _ => S::zero(),
        })
    }

    /// The expectation under `data` of the Hessian of the log loss of a model with law `p`,
    /// `(n - 1) × (n - 1)`.
    pub fn expected_hessian(law: &DVector<S>, data: &DVector<S>) -> DMatrix<S> {
        let n = law.len();
        let ratio = |z: usize| data[z].clone() / (law[z].clone() * law[z].clone());
        DMatrix::from_fn(
            n - 1,
            n - 1,
            |a, b| {
                if a == b { ratio(a) + ratio(n - 1) } else { ratio(n - 1) }
            },
        )
    }
}

impl<S: Scalar> RetrainingMap<S> for CategoricalLoop<S> {
    fn blocks(&self) -> &[Range<usize>] {
        &self.blocks
    }

    fn retrain(&self, model: usize, state: &DVector<S>) -> DVector<S> {
        let law = self.training_law(model, state);
        law.rows(0, law.len() - 1).into_owned()
    }

    fn fine_tune(&self, model: usize, state: &DVector<S>, step: &S) -> DVector<S> {
        let gradient = Self::loss_gradients(&self.law(model, state))
            * self.training_law(model, state)
            * step.clone();
        let rows = &self.blocks[model];
        state.rows(rows.start, rows.len()) - gradient
    }

    fn linearise(&self, state: &DVector<S>) -> Linearisation<S> {
        let d = self.dimension();
        let mut jacobian = DMatrix::from_element(d, d, S::zero());
        for (i, rows) in self.blocks.iter().enumerate() {
            for (j, columns) in self.blocks.iter().enumerate() {
                let slope = self.law_derivative(i, j, state);
                let at = (rows.start, columns.start);
                let mut block = jacobian.view_mut(at, (rows.len(), columns.len()));
                block.copy_from(&slope.rows(0, rows.len()));
            }
        }
        let hessian = |i| Self::expected_hessian(&self.law(i, state), &self.training_law(i, state));
        Linearisation { jacobian, hessians: (0..self.models.len()).map(hessian).collect() }
    }
}
