//! A two-model loop at its stable point, in the paper's own terms.

use super::Couplings;
use crate::dynamics;
use crate::error::LoopError;
use crate::linalg;
use crate::scalar::{Real, Scalar};
use crate::systems::{GaussianLoop, SourceKind};
use nalgebra::{DMatrix, DVector};

/// A two-model loop, model `p` first, with everything that Sections 3 and 4 of the paper name.
///
/// Shapes: `d_p`, `d_q` the numbers of parameters of `θ`, `φ`.
#[derive(Clone, Debug)]
pub struct Pair<S: Scalar> {
    /// The loop.
    pub system: GaussianLoop<S>,
    /// The stable point $(\theta^*, \phi^*)$, `d_p + d_q`.
    pub stable: DVector<S>,
    /// $D_\theta F_p$, `d_p × d_p`.
    pub dp_fp: DMatrix<S>,
    /// $D_\phi F_p$, `d_p × d_q`.
    pub dq_fp: DMatrix<S>,
    /// $D_\theta F_q$, `d_q × d_p`.
    pub dp_fq: DMatrix<S>,
    /// $D_\phi F_q$, `d_q × d_q`.
    pub dq_fq: DMatrix<S>,
    /// $S_p$ (Definition 4.2), `d_p × d_p`.
    pub s_p: DMatrix<S>,
    /// $S_q$ (Definition 4.2), `d_q × d_q`.
    pub s_q: DMatrix<S>,
    /// $C_p = -D_\phi F_p (D_\phi F_q)^{-1}$ (Definition 4.3), `d_p × d_q`.
    pub c_p: DMatrix<S>,
    /// $C_q = -D_\theta F_q (D_\theta F_p)^{-1}$ (Definition 4.3), `d_q × d_p`.
    pub c_q: DMatrix<S>,
    /// $\nabla J_p(\theta^*)$, `d_p`.
    pub grad_p: DVector<S>,
    /// $\nabla J_q(\phi^*)$, `d_q`.
    pub grad_q: DVector<S>,
}

/// The constants of the assumptions, computed from the loop, and what the paper makes of them.
#[derive(Clone, Debug)]
pub struct Constants<S> {
    /// $\gamma_\theta$, the least eigenvalue of the Hessian of `p`.
    pub gamma_p: S,
    /// $\gamma_\phi$.
    pub gamma_q: S,
    /// $L_\theta = \max(|B|, |H|)$.
    pub l_p: S,
    /// $L_\phi$.
    pub l_q: S,
    /// $\varepsilon_\theta$, an upper bound of the sensitivity of `P`.
    pub eps_p: S,
    /// $\varepsilon_\phi$.
    pub eps_q: S,
}

impl<S: Real> Constants<S> {
    /// The constants of a loop of two models. Only the loop's matrices are used, so they exist
    /// where its stable point does not.
    pub fn of(system: &GaussianLoop<S>) -> Self {
        Constants {
            gamma_p: system.strong_convexity(0),
            gamma_q: system.strong_convexity(1),
            l_p: system.smoothness(0),
            l_q: system.smoothness(1),
            eps_p: system.sensitivity(0),
            eps_q: system.sensitivity(1),
        }
    }
    /// $\kappa$ of Theorem 3.6, term by term as printed. (Where $a \ge 1$ or $b \ge 1$ the first
    /// two terms mean nothing, but then the third is at least 1.)
    pub fn kappa(&self) -> S {
        let [first, second, third] = self.kappa_terms();
        first.max(&second).max(&third)
    }
    /// The three terms of which [`kappa`](Self::kappa) is the largest, in the order of the paper.
    pub fn kappa_terms(&self) -> [S; 3] {
        let (la, lb) =
            (self.l_p.clone() * self.eps_p.clone(), self.l_q.clone() * self.eps_q.clone());
        let (gp, gq) = (self.gamma_p.clone(), self.gamma_q.clone());
        let two = S::from_int(2);
        let first = (gp.clone() * lb.clone() + two.clone() * gq.clone() * la.clone())
            / (gq.clone() * (gp.clone() - la.clone()));
        let second = (gq.clone() * la.clone() + two * gp.clone() * lb.clone()) / (gp * (gq - lb));
        [first, second, self.a() + self.b()]
    }
    /// $\tau_p = \gamma_\theta - L_\theta\varepsilon_\theta - L_\theta\varepsilon_\theta
    /// L_\phi\varepsilon_\phi / (\gamma_\phi - L_\phi\varepsilon_\phi)$ (Corollary 4.7).
    pub fn tau_p(&self) -> S {
        tau(&self.gamma_p, &self.l_p, &self.eps_p, &self.gamma_q, &self.l_q, &self.eps_q)
    }
    /// $\tau_q$ (Corollary E.2): the same with the models' roles exchanged.
    pub fn tau_q(&self) -> S {
        tau(&self.gamma_q, &self.l_q, &self.eps_q, &self.gamma_p, &self.l_p, &self.eps_p)
    }
    /// $a = L_\theta\varepsilon_\theta/\gamma_\theta$.
    pub fn a(&self) -> S {
        self.l_p.clone() * self.eps_p.clone() / self.gamma_p.clone()
    }
    /// $b = L_\phi\varepsilon_\phi/\gamma_\phi$.
    pub fn b(&self) -> S {
        self.l_q.clone() * self.eps_q.clone() / self.gamma_q.clone()
    }
}

/// The sensitivity matrix of a loop of `N` models, `N × N`: $M_{ij} = (L_i/\gamma_i)\,\varepsilon_{ij}$
/// with $W_1(D_i(x), D_i(y)) \le \sum_j \varepsilon_{ij} |x_j - y_j|$, the sum of `w |A|` over the
/// components of model `i` that model `j` makes.
pub fn sensitivity_matrix<S: Real>(system: &GaussianLoop<S>) -> DMatrix<S> {
    let n = system.models.len();
    let mut m = DMatrix::from_element(n, n, S::zero());
    for (i, model) in system.models.iter().enumerate() {
        let ratio = system.smoothness(i) / system.strong_convexity(i);
        for c in &model.components {
            if let Some(j) = c.source.maker() {
                m[(i, j)] += ratio.clone() * c.weight.clone() * linalg::spectral_norm(&c.channel);
            }
        }
    }
    m
}

/// The largest eigenvalue of a `2 × 2` matrix without negative entries, in closed form.
///
/// # Panics
/// If the matrix has another shape.
pub fn perron_of_two<S: Real>(m: &DMatrix<S>) -> S {
    assert_eq!(m.shape(), (2, 2), "two models");
    let gap = m[(0, 0)].clone() - m[(1, 1)].clone();
    let four = S::from_int(4) * m[(0, 1)].clone() * m[(1, 0)].clone();
    let sum = m[(0, 0)].clone() + m[(1, 1)].clone();
    (sum + (gap.clone() * gap + four).sqrt()) / S::from_int(2)
}

impl<S: Real> Pair<S> {
    /// The loop at its stable point.
    ///
    /// # Errors
    /// Not two models; no unique stable point; $D_\theta F_p$, $D_\phi F_q$ or a Schur complement
    /// singular.
    pub fn new(system: GaussianLoop<S>) -> Result<Self, LoopError> {
        if system.models.len() != 2 {
            return Err(LoopError::NotTwoModels { models: system.models.len() });
        }
        let stable = dynamics::stable_point(&system)?;
        let dp_fp = &system.models[0].hessian + system.law_derivative(0, 0);
        let dq_fp = system.law_derivative(0, 1);
        let dp_fq = system.law_derivative(1, 0);
        let dq_fq = &system.models[1].hessian + system.law_derivative(1, 1);
        let Couplings { s_p, s_q, c_p, c_q } = Couplings::of([[&dp_fp, &dq_fp], [&dp_fq, &dq_fq]])?;
        let grad_p = system.models[0].alignment.gradient(&system.block(0, &stable));
        let grad_q = system.models[1].alignment.gradient(&system.block(1, &stable));
        Ok(Pair { system, stable, dp_fp, dq_fp, dp_fq, dq_fq, s_p, s_q, c_p, c_q, grad_p, grad_q })
    }

    /// The share of one kind of data in the mixture of `model`.
    pub fn share(&self, model: usize, kind: SourceKind) -> S {
        self.system.models[model].share(kind)
    }

    /// $E[\nabla\ell]$ of `model` over its data of one kind at the stable point.
    ///
    /// # Errors
    /// Without such data.
    pub fn kind_gradient(&self, model: usize, kind: SourceKind) -> Result<DVector<S>, LoopError> {
        self.system.kind_gradient(model, kind, &self.stable).ok_or_else(|| LoopError::NoSuchData {
            model: self.system.models[model].name.clone(),
            kind: match kind {
                SourceKind::Real => "real",
                SourceKind::Raw => "raw synthetic",
                SourceKind::Curated => "curated",
            },
        })
    }

    /// $h = E_{P_H}[-\nabla\ell_\theta(\theta^*)]$, `d_p`.
    ///
    /// # Errors
    /// Without curated data of `p`.
    pub fn h(&self) -> Result<DVector<S>, LoopError> {
        Ok(-self.kind_gradient(0, SourceKind::Curated)?)
    }
}

fn tau<S: Real>(gamma: &S, l: &S, eps: &S, gamma_2: &S, l_2: &S, eps_2: &S) -> S {
    let (own, other) = (l.clone() * eps.clone(), l_2.clone() * eps_2.clone());
    gamma.clone() - own.clone() - own * other.clone() / (gamma_2.clone() - other)
}

/// $\cos\angle(u, v)$; 0 if one of them vanishes.
pub fn cosine<S: Real>(u: &DVector<S>, v: &DVector<S>) -> S {
    let size = linalg::norm(u) * linalg::norm(v);
    // Not "unless it is positive": of an enclosure that contains zero nothing is known.
    if size.is_zero() { S::zero() } else { linalg::dot(u, v) / size }
}

#[cfg(test)]
mod tests {
    use super::{Constants, Pair, cosine};
    use crate::influence;
    use crate::scalar::{Exact, Scalar};
    use crate::systems::{LoopFile, SourceKind};
    use nalgebra::dvector;
    use num_traits::One;

    /// Half of θ's data is real, a quarter φ's, a quarter φ's curated (shift 1); half of φ's is θ's.
    const TWO: &str = r#"
name = "two"
title = "two scalars"
family = "gaussian"
order = "simultaneous"
[[models]]
name = "p"
dimension = 1
alignment = { linear = [1] }
components = [
  { kind = "real", weight = 0.5 },
  { kind = "raw", from = "q", weight = 0.25 },
  { kind = "curated", from = "q", weight = 0.25, curation = { shift = [1] } },
]
[[models]]
name = "q"
dimension = 1
alignment = { linear = [1] }
components = [
  { kind = "real", weight = 0.5 },
  { kind = "raw", from = "p", weight = 0.5 },
]
"#;

    fn pair() -> Pair<Exact> {
        let file = LoopFile::parse(TWO, "two.toml").unwrap();
        Pair::new(file.default_at::<Exact>().unwrap()).unwrap()
    }

    #[test]
    fn a_pair_of_scalars_by_hand() {
        // θ = φ/2 + 1/4 and φ = θ/2, so θ* = 1/3, φ* = 1/6.
        let pair = pair();
        assert_eq!(pair.stable, dvector![Exact::ratio(1, 3), Exact::ratio(1, 6)]);
        // D F = (1, -1/2; -1/2, 1), so S_p = S_q = 1/(1 - 1/4) and C_p = C_q = 1/2.
        assert_eq!(pair.s_p[(0, 0)], Exact::ratio(4, 3));
        assert_eq!(pair.s_q[(0, 0)], Exact::ratio(4, 3));
        assert_eq!(pair.c_p[(0, 0)], Exact::ratio(1, 2));
        assert_eq!(pair.c_q[(0, 0)], Exact::ratio(1, 2));
        // h = φ* + 1 - θ* = 5/6.
        assert_eq!(pair.h().unwrap()[0], Exact::ratio(5, 6));
        assert_eq!(pair.share(0, SourceKind::Curated), Exact::ratio(1, 4));
    }

    #[test]
    fn the_response_to_the_papers_knob_by_hand() {
        // With the others in proportion θ = (1 + 2λ)φ/3 + λ and φ = θ/2, so θ*(λ) = 6λ/(5 - 2λ),
        // whose derivative at 1/4 is 30/(9/2)² = 40/27; that of φ* is half of it.
        let pair = pair();
        let [zero, one] = [Exact::from_int(0), Exact::from_int(1)];
        let knob = pair.system.towards(0, &[zero.clone(), zero, one]);
        let along = influence::response(&pair.system, &knob, &pair.stable).unwrap();
        // The knob reaches λ = 1 after a path of 1: dλ = 3/4 of the path.
        let rest = Exact::ratio(3, 4);
        assert_eq!(along[0].clone() / rest.clone(), Exact::ratio(40, 27));
        assert_eq!(along[1].clone() / rest, Exact::ratio(20, 27));
    }

    #[test]
    fn the_constants_by_hand() {
        // a = b = 1/2: κ = max((1/2 + 1)/(1/2), 1) = 3, τ = 1 - 1/2 - (1/4)/(1/2) = 0.
        let c = Constants::of(&pair().system);
        assert_eq!((c.a(), c.b()), (Exact::ratio(1, 2), Exact::ratio(1, 2)));
        assert_eq!(c.kappa(), Exact::from_int(3));
        assert_eq!(c.tau_p(), Exact::from_int(0));
        // Asymmetric: γ_θ = 2, L_θ = 3, ε_θ = 1/6, γ_φ = 1, L_φ = 2, ε_φ = 1/4: a = 1/4, b = 1/2,
        // κ = max((2·1/2 + 2·1/2)/(2 - 1/2), (1/2 + 2·2·1/2)/(2·1/2), 3/4) = max(4/3, 5/2, 3/4),
        // τ_p = 2 - 1/2 - (1/2·1/2)/(1/2) = 1, τ_q = 1 - 1/2 - (1/4)/(3/2) = 1/3.
        let r = Exact::ratio;
        let c = Constants {
            gamma_p: r(2, 1),
            gamma_q: r(1, 1),
            l_p: r(3, 1),
            l_q: r(2, 1),
            eps_p: r(1, 6),
            eps_q: r(1, 4),
        };
        assert_eq!((c.a(), c.b()), (r(1, 4), r(1, 2)));
        assert_eq!(c.kappa(), r(5, 2));
        assert_eq!((c.tau_p(), c.tau_q()), (r(1, 1), r(1, 3)));
    }

    #[test]
    fn cosines_of_right_and_half_right_angles() {
        let one = Exact::one();
        let u = dvector![one.clone(), Exact::from_int(0)];
        let v = dvector![Exact::from_int(3), Exact::from_int(4)];
        // 3/5, exactly: 25 is a square.
        assert_eq!(cosine(&u, &v), Exact::ratio(3, 5));
        assert_eq!(cosine(&u, &dvector![Exact::from_int(0), one]), Exact::from_int(0));
    }
}
