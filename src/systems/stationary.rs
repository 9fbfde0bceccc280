//! Small non-linear loops of two models as equations: their stationarity, written for every smooth
//! arithmetic, in the model's parameters and the curated share of `p`.
//!
//! All numbers are exact decimals or fractions, so that an arithmetic reads what is written. The curated
//! share $\lambda$ of a model moves its mixture as Section 4 of the paper has it: the other sources keep
//! their proportions.

use super::{
    Candidates, CategoricalLoop, CategoricalModel, Classifier, Inputs, Luce, Part, Shares,
    SoftmaxLoop, Source,
};
use crate::error::LoopError;
use crate::scalar::{Scalar, Smooth, decimal};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use serde::{Deserialize, Serialize};

/// Numbers as text.
pub type Texts = Vec<String>;

/// What a model trains on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mixture {
    /// $\lambda_H$.
    pub curated: String,
    /// The rest: real data, the model's own, the other model's; proportions that sum to one.
    pub rest: Texts,
    /// Who makes the curated data: the model itself, the other one; proportions that sum to one.
    pub makers: Texts,
}

/// A model that is a law on `n` categories, with the log loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnCategories {
    /// Its mixture.
    pub mixture: Mixture,
    /// The law of its real data, `n`.
    pub real: Texts,
    /// $r$: of its alignment, and its curator picks with probabilities proportional to $e^r$, `n`.
    pub reward: Texts,
    /// How it reads what the other model makes: the category that each of the other's stands for, `n`.
    pub reads: Vec<usize>,
}

/// A multinomial logistic regression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OnInputs {
    /// Its mixture of labels.
    pub mixture: Mixture,
    /// Its inputs, of `d` features each.
    pub inputs: Vec<Texts>,
    /// The true class of each.
    pub truth: Vec<usize>,
    /// $\gamma$.
    pub ridge: String,
    /// $r(y)$ of a label, whatever the input: of its alignment and of its curator, `C`.
    pub reward: Texts,
}

/// A loop of two models, `p` first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "family", rename_all = "kebab-case", deny_unknown_fields)]
pub enum SmallLoop {
    /// Laws on `n` categories; parameters are the first `n - 1` probabilities of each.
    Categorical {
        /// Candidates that a curator chooses among: 2, or 0 for infinitely many.
        candidates: u32,
        /// The models.
        models: [OnCategories; 2],
    },
    /// Classifiers that label each other's inputs with `C` labels; parameters are the `C × d` matrices,
    /// column by column.
    Softmax {
        /// Candidates that a curator chooses among: 2, or 0 for infinitely many.
        candidates: u32,
        /// The models.
        models: [OnInputs; 2],
    },
}

/// Equations $G(x, \lambda) = 0$ of stable points, and what is asked there.
pub trait Equations {
    /// Number of unknowns, and of equations.
    fn dimension(&self) -> usize;

    /// $\lambda$ at which the stable point is asked for.
    fn share(&self) -> BigRational;

    /// $G(x, \lambda)$.
    ///
    /// # Errors
    /// Where the loop cannot be formed.
    fn residual<S: Smooth>(&self, x: &DVector<S>, share: &S) -> Result<DVector<S>, LoopError>;

    /// The alignment of a model at `x`.
    fn alignment<S: Smooth>(&self, model: usize, x: &DVector<S>) -> S;

    /// What must be positive where `x` is a state: probabilities.
    fn positive<S: Scalar>(&self, x: &DVector<S>) -> Vec<S> {
        let _ = x;
        Vec::new()
    }
}

impl SmallLoop {
    /// Whether every number is one, laws, proportions and shares are what they should be, and the
    /// shapes fit; otherwise says what is not.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn validate(&self) -> Result<(), String> {
        let (candidates, mixtures) = match self {
            SmallLoop::Categorical { candidates, models } => {
                let n = models[0].real.len();
                for m in models {
                    law("the law of real data", &m.real, n)?;
                    numbers("the reward", &m.reward, n)?;
                    let fits = m.reads.len() == n && m.reads.iter().all(|&z| z < n);
                    (fits && n >= 2).then_some(()).ok_or("categories do not fit")?;
                }
                (candidates, models.each_ref().map(|m| &m.mixture))
            }
            SmallLoop::Softmax { candidates, models } => {
                let (c, d) = (models[0].reward.len(), models[0].inputs.first().map_or(0, Vec::len));
                for m in models {
                    numbers("the reward", &m.reward, c)?;
                    m.inputs.iter().try_for_each(|x| numbers("an input", x, d).map(|_| ()))?;
                    let fits = m.truth.len() == m.inputs.len() && m.truth.iter().all(|&y| y < c);
                    (fits && d > 0 && c >= 2).then_some(()).ok_or("classes do not fit")?;
                    let ridge = decimal(&m.ridge).filter(Signed::is_positive);
                    ridge.ok_or("the ridge is not positive")?;
                }
                (candidates, models.each_ref().map(|m| &m.mixture))
            }
        };
        if ![0, 2].contains(candidates) {
            return Err("a curator chooses among 2 candidates or infinitely many".into());
        }
        for m in mixtures {
            law("the rest of a mixture", &m.rest, 3)?;
            law("the makers of curated data", &m.makers, 2)?;
            let share = decimal(&m.curated).filter(|s| !s.is_negative() && *s < BigRational::one());
            share.ok_or("a curated share is not in [0, 1)")?;
        }
        Ok(())
    }

    /// The loop on categories that floating point runs, with curated share `share` of `p`; `None` for
    /// classifiers.
    pub fn categorical(&self, share: f64) -> Option<CategoricalLoop<f64>> {
        match self {
            SmallLoop::Categorical { candidates, models } => {
                Self::on_categories(*candidates, models, &share).ok()
            }
            SmallLoop::Softmax { .. } => None,
        }
    }

    /// The classifiers that floating point trains, with curated share `share` of `p`; `None` for
    /// categories.
    pub fn softmax(&self, share: f64) -> Option<SoftmaxLoop> {
        let SmallLoop::Softmax { candidates, models } = self else { return None };
        let classifiers = models.iter().enumerate().map(|(i, m)| {
            let [_, own, other, curated, crossed] = m.mixture.weights(i, &share);
            let pair = |own, other| if i == 0 { vec![own, other] } else { vec![other, own] };
            let (d, c) = (m.inputs[0].len(), m.reward.len());
            let features = DMatrix::from_fn(d, m.inputs.len(), |f, x| read(&m.inputs[x][f]));
            let reward: DVector<f64> = read_all(&m.reward);
            let luce = Luce::new(reward.map(f64::exp), Self::candidates(*candidates)).ok()?;
            Some(Classifier {
                inputs: Inputs::new(features, m.truth.clone()),
                shares: Shares { raw: pair(own, other), curated: pair(curated, crossed) },
                ridge: read(&m.ridge),
                curation: vec![luce; c],
                reward: DMatrix::from_fn(c, c, |_, y| reward[y]),
            })
        });
        Some(SoftmaxLoop::new(classifiers.collect::<Option<_>>()?))
    }

    fn candidates(count: u32) -> Candidates {
        if count == 0 { Candidates::Infinite } else { Candidates::Finite(count) }
    }

    /// The loop on categories with curated share `share` of `p`.
    fn on_categories<S: Smooth>(
        candidates: u32,
        models: &[OnCategories; 2],
        share: &S,
    ) -> Result<CategoricalLoop<S>, LoopError> {
        let mut made = Vec::new();
        for (i, m) in models.iter().enumerate() {
            let [real, own, other, curated, crossed] = m.mixture.weights(i, share);
            let n = m.real.len();
            let reads =
                DMatrix::from_fn(n, n, |z, y| if m.reads[y] == z { S::one() } else { S::zero() });
            let part =
                |source, weight, kernel| Part { source, weight, law: read_all(&m.real), kernel };
            let parts = vec![
                part(Source::Real, real, None),
                part(Source::Raw(i), own, None),
                part(Source::Raw(1 - i), other, Some(reads.clone())),
                part(Source::Curated(i), curated, None),
                part(Source::Curated(1 - i), crossed, Some(reads)),
            ];
            let reward: DVector<S> = read_all(&m.reward);
            let luce = Luce::new(reward.map(|r| r.exponential()), Self::candidates(candidates))?;
            made.push(CategoricalModel { parts, luce, reward });
        }
        Ok(CategoricalLoop::new(made))
    }
}

impl Mixture {
    /// Of real data, own and other's raw, own and other's curated data, for model `i` with `share` the
    /// curated share of `p`.
    fn weights<S: Scalar>(&self, i: usize, share: &S) -> [S; 5] {
        let curated = if i == 0 { share.clone() } else { read(&self.curated) };
        let left = S::one() - curated.clone();
        let rest = |k: usize| left.clone() * read::<S>(&self.rest[k]);
        let made = |k: usize| curated.clone() * read::<S>(&self.makers[k]);
        [rest(0), rest(1), rest(2), made(0), made(1)]
    }
}

impl Equations for SmallLoop {
    fn dimension(&self) -> usize {
        match self {
            SmallLoop::Categorical { models, .. } => models.iter().map(|m| m.real.len() - 1).sum(),
            SmallLoop::Softmax { models, .. } => models.iter().map(OnInputs::size).sum(),
        }
    }

    fn share(&self) -> BigRational {
        let mixture = match self {
            SmallLoop::Categorical { models, .. } => &models[0].mixture,
            SmallLoop::Softmax { models, .. } => &models[0].mixture,
        };
        number(&mixture.curated)
    }

    /// $F = (E_{D_i(x)}\nabla\ell_i(x_i))_i$. The losses of classifiers are strongly convex; the expected
    /// log loss of a law on categories is stationary where it equals the training law alone.
    fn residual<S: Smooth>(&self, x: &DVector<S>, share: &S) -> Result<DVector<S>, LoopError> {
        match self {
            SmallLoop::Categorical { candidates, models } => {
                let system = Self::on_categories(*candidates, models, share)?;
                let parts = [0, 1].map(|i| {
                    let gradients = CategoricalLoop::loss_gradients(&system.law(i, x));
                    gradients * system.training_law(i, x)
                });
                Ok(DVector::from_iterator(x.len(), parts.iter().flatten().cloned()))
            }
            SmallLoop::Softmax { candidates, models } => {
                let candidates = Self::candidates(*candidates);
                let curators = models.each_ref().map(|m| {
                    let reward: DVector<S> = read_all(&m.reward);
                    Luce::new(reward.map(|r| r.exponential()), candidates)
                });
                let [own, other] = curators;
                let curators = [own?, other?];
                let parameters = OnInputs::both(models, x);
                let parts = models.iter().enumerate().flat_map(|(i, m)| {
                    m.gradient(i, &parameters, &m.mixture.weights(i, share), &curators)
                });
                Ok(DVector::from_iterator(x.len(), parts.collect::<Vec<S>>()))
            }
        }
    }

    fn alignment<S: Smooth>(&self, model: usize, x: &DVector<S>) -> S {
        match self {
            SmallLoop::Categorical { models, .. } => {
                let law = &Self::laws(models, x)[model];
                let rewards = models[model].reward.iter().map(|r| read::<S>(r));
                law.iter().zip(rewards).fold(S::zero(), |sum, (p, r)| sum + p.clone() * r)
            }
            SmallLoop::Softmax { models, .. } => {
                let own = &models[model];
                let parameters = &OnInputs::both(models, x)[model];
                let reward: DVector<S> = read_all(&own.reward);
                let mean = own.inputs.iter().fold(S::zero(), |sum, input| {
                    sum + crate::linalg::dot(&labels(parameters, &read_all(input)), &reward)
                });
                mean / whole(own.inputs.len())
            }
        }
    }

    fn positive<S: Scalar>(&self, x: &DVector<S>) -> Vec<S> {
        match self {
            SmallLoop::Categorical { models, .. } => Self::laws(models, x).concat(),
            SmallLoop::Softmax { .. } => Vec::new(),
        }
    }
}

impl SmallLoop {
    /// The laws of both models on categories, from their parameters.
    fn laws<S: Scalar>(models: &[OnCategories; 2], x: &DVector<S>) -> [Vec<S>; 2] {
        let split = models[0].real.len() - 1;
        [&x.as_slice()[..split], &x.as_slice()[split..]].map(|first| {
            let last = first.iter().fold(S::one(), |rest, p| rest - p.clone());
            first.iter().cloned().chain([last]).collect()
        })
    }
}

impl OnInputs {
    /// Number of parameters.
    fn size(&self) -> usize {
        self.reward.len() * self.inputs[0].len()
    }

    /// $\Theta$ of both models.
    fn both<S: Scalar>(models: &[OnInputs; 2], x: &DVector<S>) -> [DMatrix<S>; 2] {
        let split = models[0].size();
        [0, 1].map(|i| {
            let m = &models[i];
            let own = if i == 0 { &x.as_slice()[..split] } else { &x.as_slice()[split..] };
            DMatrix::from_column_slice(m.reward.len(), m.inputs[0].len(), own)
        })
    }

    /// $E\nabla\ell$ of model `i`, column by column: the mean over its inputs $x$ of
    /// $(p_\Theta(\cdot|x) - \text{labels}) x^\top$, and $\gamma\Theta$.
    fn gradient<S: Smooth>(
        &self,
        i: usize,
        parameters: &[DMatrix<S>; 2],
        [real, own, other, curated, crossed]: &[S; 5],
        curators: &[Luce<S>; 2],
    ) -> Vec<S> {
        let mut sum = &parameters[i] * read::<S>(&self.ridge);
        let size = whole::<S>(self.inputs.len());
        for (input, truth) in self.inputs.iter().zip(&self.truth) {
            let input: DVector<S> = read_all(input);
            let made = parameters.each_ref().map(|theta| labels(theta, &input));
            let mut excess = made[i].clone();
            excess[*truth] -= real.clone();
            for (j, raw, kept) in [(i, own, curated), (1 - i, other, crossed)] {
                excess -= &made[j] * raw.clone();
                excess -= curators[j].curate(&made[j]) * kept.clone();
            }
            sum += excess * input.transpose() / size.clone();
        }
        sum.as_slice().to_vec()
    }
}

/// The law $\mathrm{softmax}(\Theta x)$ of labels.
fn labels<S: Smooth>(theta: &DMatrix<S>, input: &DVector<S>) -> DVector<S> {
    let weights = (theta * input).map(|logit| logit.exponential());
    let total = weights.iter().fold(S::zero(), |sum, w| sum + w.clone());
    weights.map(|w| w / total.clone())
}

fn whole<S: Scalar>(n: usize) -> S {
    S::from_f64(n as f64)
}

/// A number of a loop that was validated.
fn number(text: &str) -> BigRational {
    decimal(text).expect("a validated number")
}

fn read<S: Scalar>(text: &str) -> S {
    S::from_rational(&number(text))
}

fn read_all<S: Scalar>(texts: &[String]) -> DVector<S> {
    DVector::from_iterator(texts.len(), texts.iter().map(|t| read(t)))
}

fn numbers(what: &str, texts: &[String], count: usize) -> Result<Vec<BigRational>, String> {
    if texts.len() != count {
        return Err(format!("{what} has {} entries instead of {count}", texts.len()));
    }
    let all = texts.iter().map(|t| decimal(t).ok_or(format!("`{t}` in {what} is no number")));
    all.collect()
}

fn law(what: &str, texts: &[String], count: usize) -> Result<(), String> {
    let all = numbers(what, texts, count)?;
    let whole = all.iter().fold(BigRational::zero(), |sum, x| sum + x).is_one();
    let fits = whole && all.iter().all(|x| !x.is_negative());
    fits.then_some(()).ok_or(format!("{what} is no law"))
}
