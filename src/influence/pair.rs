//! A two-model loop at its stable point, in the paper's own terms.

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
        let (la, lb) =
            (self.l_p.clone() * self.eps_p.clone(), self.l_q.clone() * self.eps_q.clone());
        let (gp, gq) = (self.gamma_p.clone(), self.gamma_q.clone());
        let two = S::from_int(2);
        let first = (gp.clone() * lb.clone() + two.clone() * gq.clone() * la.clone())
            / (gq.clone() * (gp.clone() - la.clone()));
        let second = (gq.clone() * la.clone() + two * gp.clone() * lb.clone()) / (gp * (gq - lb));
        first.max(&second).max(&(self.a() + self.b()))
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
        let inverse = |m: &DMatrix<S>, what| {
            linalg::inverse(m).map_err(|_| LoopError::SingularBlock { what })
        };
        let c_p = -(&dq_fp * inverse(&dq_fq, "D_phi F_q")?);
        let c_q = -(&dp_fq * inverse(&dp_fp, "D_theta F_p")?);
        let s_p = inverse(&(&dp_fp + &c_p * &dp_fq), "the Schur complement of D_phi F_q")?;
        let s_q = inverse(&(&dq_fq + &c_q * &dq_fp), "the Schur complement of D_theta F_p")?;
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
    if size.is_above_zero() { linalg::dot(u, v) / size } else { S::zero() }
}
