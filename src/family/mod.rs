//! Two-model loops of any family in the paper's own terms.
//!
//! A formula of a theorem is written once, against what a [`Family`] tells of its loops: the
//! matrices $S$, $C$ and the force $h$ built from the paper's definitions, the constants of the
//! assumptions, and the influences that are observed. [`Affine`] loops are the ensemble of most
//! claims; the others are [`Domain`](crate::domain::Domain)s of their own, and a property is
//! checked on them as [`On`] that family.

pub mod categorical;
pub mod digits;

pub use categorical::Categorical;
pub use digits::Digits;

use crate::assumptions::{Curates, KappaBelowOne};
use crate::case::{Arithmetic, Influence, Turn, View};
use crate::claim::{Hypothesis, Route};
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::Constants;
use crate::linalg::{self, norm};
use crate::scalar::Scalar;
use crate::systems::{RetrainingMap, Round, SourceKind};
use nalgebra::{DMatrix, DVector};
use std::marker::PhantomData;

/// Loops of two models, `p` first, that the paper's formulas can be read on.
pub trait Family: Send + Sync + 'static {
    /// The routes along which influences are observed.
    const ROUTES: &'static [Route];

    /// The loop at its stable point.
    ///
    /// # Errors
    /// Without a stable point, or where a matrix of the paper has no inverse.
    fn terms<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<Terms<'a, S>, LoopError>;

    /// The sizes of what was added up to get $\nabla J_p$, $\nabla J_q$ and $h$.
    ///
    /// # Errors
    /// As [`terms`](Self::terms).
    fn sizes<S: Arithmetic>(view: &View<S>) -> Result<[S; 3], LoopError>;

    /// $\partial F_p/\partial\lambda$ and $\partial F_q/\partial\lambda$ as [`Turn::TowardP`] and
    /// [`Turn::TowardQ`] are made at once.
    ///
    /// # Errors
    /// As [`terms`](Self::terms).
    fn turning<S: Arithmetic>(view: &View<S>) -> Result<[DVector<S>; 2], LoopError>;

    /// The observed answer to a turn.
    ///
    /// # Errors
    /// As [`Arithmetic::observe`].
    fn influence<'a, S: Arithmetic>(
        view: &View<'a, S>,
        turn: Turn,
    ) -> Result<&'a Influence<S>, LoopError>;

    /// The constants of the assumptions, where they hold.
    ///
    /// # Errors
    /// Where an assumption fails for the whole family.
    fn constants<S: Arithmetic>(view: &View<S>) -> Result<Constants<S>, LoopError>;

    /// $\lambda_H$.
    ///
    /// # Errors
    /// Where the point is not a loop.
    fn curated_share<S: Arithmetic>(view: &View<S>) -> Result<S, LoopError>;
}

/// A [`Family`] whose rounds are run from afar.
pub trait Running: Family {
    /// The stable point.
    ///
    /// # Errors
    /// If there is none.
    fn stable<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError>;

    /// Where a run starts.
    ///
    /// # Errors
    /// As [`stable`](Self::stable).
    fn start<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError>;

    /// The state after a round.
    ///
    /// # Errors
    /// Where the arithmetic cannot run the loop.
    fn play<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
        state: &DVector<S>,
    ) -> Result<DVector<S>, LoopError>;

    /// The Jacobian of a round at the stable point.
    ///
    /// # Errors
    /// As [`stable`](Self::stable).
    fn round_jacobian<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
    ) -> Result<DMatrix<S>, LoopError>;
}

/// What Sections 3 and 4 of the paper name, at a stable point.
///
/// Shapes: `d_p`, `d_q` the numbers of parameters of `θ`, `φ`.
#[derive(Clone, Debug)]
pub struct Terms<'a, S: Scalar> {
    /// $D_\theta F_p$, `d_p × d_p`.
    pub dp_fp: &'a DMatrix<S>,
    /// $D_\phi F_q$, `d_q × d_q`.
    pub dq_fq: &'a DMatrix<S>,
    /// $S_p$, `d_p × d_p`.
    pub s_p: &'a DMatrix<S>,
    /// $S_q$, `d_q × d_q`.
    pub s_q: &'a DMatrix<S>,
    /// $C_p$, `d_p × d_q`.
    pub c_p: &'a DMatrix<S>,
    /// $C_q$, `d_q × d_p`.
    pub c_q: &'a DMatrix<S>,
    /// $\nabla J_p(\theta^*)$, `d_p`.
    pub grad_p: &'a DVector<S>,
    /// $\nabla J_q(\phi^*)$, `d_q`.
    pub grad_q: &'a DVector<S>,
    /// $h$, `d_p`; none without curated data.
    force: Option<DVector<S>>,
}

impl<S: Scalar> Terms<'_, S> {
    /// $h = E_{P_H}[-\nabla\ell_\theta(\theta^*)]$, `d_p`.
    ///
    /// # Errors
    /// Without curated data.
    pub fn h(&self) -> Result<&DVector<S>, LoopError> {
        self.force.as_ref().ok_or(LoopError::NoSuchData { model: "p".into(), kind: "curated" })
    }
}

/// The same, owned: what a family keeps of a point.
#[derive(Clone, Debug)]
pub struct Matrices<S: Scalar> {
    dp_fp: DMatrix<S>,
    dq_fq: DMatrix<S>,
    s_p: DMatrix<S>,
    s_q: DMatrix<S>,
    c_p: DMatrix<S>,
    c_q: DMatrix<S>,
    gradients: [DVector<S>; 2],
    force: DVector<S>,
}

impl<S: Scalar> Matrices<S> {
    /// From the derivatives $[[D_\theta F_p, D_\phi F_p], [D_\theta F_q, D_\phi F_q]]$, the
    /// gradients of the alignments and $h$, by Definitions 4.2 and 4.3.
    ///
    /// # Errors
    /// If an inverse that the definitions need does not exist.
    pub fn new(
        [[dp_fp, dq_fp], [dp_fq, dq_fq]]: [[DMatrix<S>; 2]; 2],
        gradients: [DVector<S>; 2],
        force: DVector<S>,
    ) -> Result<Self, LoopError> {
        let inverse = |m: &DMatrix<S>, what| {
            linalg::inverse(m).map_err(|_| LoopError::SingularBlock { what })
        };
        let c_p = -(&dq_fp * inverse(&dq_fq, "D_phi F_q")?);
        let c_q = -(&dp_fq * inverse(&dp_fp, "D_theta F_p")?);
        let s_p = inverse(&(&dp_fp + &c_p * dp_fq), "the Schur complement of D_phi F_q")?;
        let s_q = inverse(&(&dq_fq + &c_q * dq_fp), "the Schur complement of D_theta F_p")?;
        Ok(Matrices { dp_fp, dq_fq, s_p, s_q, c_p, c_q, gradients, force })
    }

    /// The same in another arithmetic.
    pub fn lift<T: Scalar>(&self, f: impl Fn(S) -> T) -> Matrices<T> {
        Matrices {
            dp_fp: self.dp_fp.map(&f),
            dq_fq: self.dq_fq.map(&f),
            s_p: self.s_p.map(&f),
            s_q: self.s_q.map(&f),
            c_p: self.c_p.map(&f),
            c_q: self.c_q.map(&f),
            gradients: self.gradients.each_ref().map(|g| g.map(&f)),
            force: self.force.map(&f),
        }
    }

    /// As formulas see it.
    pub fn terms(&self) -> Terms<'_, S> {
        let [grad_p, grad_q] = &self.gradients;
        Terms {
            dp_fp: &self.dp_fp,
            dq_fq: &self.dq_fq,
            s_p: &self.s_p,
            s_q: &self.s_q,
            c_p: &self.c_p,
            c_q: &self.c_q,
            grad_p,
            grad_q,
            force: Some(self.force.clone()),
        }
    }
}

/// Affine loops with quadratic losses: the ensemble of most claims.
#[derive(Clone, Copy, Debug)]
pub struct Affine;

impl Family for Affine {
    const ROUTES: &'static [Route] = &Route::ALL;

    fn terms<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<Terms<'a, S>, LoopError> {
        let pair = view.pair()?;
        Ok(Terms {
            dp_fp: &pair.dp_fp,
            dq_fq: &pair.dq_fq,
            s_p: &pair.s_p,
            s_q: &pair.s_q,
            c_p: &pair.c_p,
            c_q: &pair.c_q,
            grad_p: &pair.grad_p,
            grad_q: &pair.grad_q,
            force: pair.h().ok(),
        })
    }

    fn sizes<S: Arithmetic>(view: &View<S>) -> Result<[S; 3], LoopError> {
        let pair = view.pair()?;
        let models = &view.system().models;
        let stable = |i: usize| view.system().block(i, &pair.stable);
        let gradient = |i: usize, gradient: &DVector<S>| {
            norm(gradient) + norm(&(&models[i].alignment.curvature * stable(i)))
        };
        // h is B mean - H theta*.
        let force = norm(&pair.h()?) + norm(&(&models[0].hessian * stable(0)));
        Ok([gradient(0, &pair.grad_p), gradient(1, &pair.grad_q), force])
    }

    fn turning<S: Arithmetic>(view: &View<S>) -> Result<[DVector<S>; 2], LoopError> {
        let (pair, system) = (view.pair()?, view.system());
        let [_, on_p, on_q, _, _] = view.case.knobs();
        // With parameters and makers held still only the weights move F: the sum of the rates times
        // the expected gradients, minus B times the components' means, for the rates sum to zero.
        Ok([(0, on_p), (1, on_q)].map(|(i, knob)| {
            let m = &system.models[i];
            let mut f = DVector::from_element(m.dimension(), S::zero());
            for (c, rate) in m.components.iter().zip(&knob.weights[i]) {
                f -= &m.data * system.component_mean(c, &pair.stable) * rate.clone();
            }
            f
        }))
    }

    fn influence<'a, S: Arithmetic>(
        view: &View<'a, S>,
        turn: Turn,
    ) -> Result<&'a Influence<S>, LoopError> {
        view.influence(turn)
    }

    fn constants<S: Arithmetic>(view: &View<S>) -> Result<Constants<S>, LoopError> {
        Ok(view.constants().clone())
    }

    fn curated_share<S: Arithmetic>(view: &View<S>) -> Result<S, LoopError> {
        Ok(view.pair()?.share(0, SourceKind::Curated))
    }
}

impl Running for Affine {
    fn stable<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError> {
        Ok(view.pair()?.stable.clone())
    }

    fn start<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError> {
        Ok(view.probe().start.clone())
    }

    fn play<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
        state: &DVector<S>,
    ) -> Result<DVector<S>, LoopError> {
        Ok(dynamics::play(view.system(), round, state))
    }

    fn round_jacobian<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
    ) -> Result<DMatrix<S>, LoopError> {
        let system = view.system();
        let linear = system.linearise(&view.pair()?.stable);
        Ok(dynamics::round_jacobian(&linear, system.blocks(), round))
    }
}

/// A property or hypothesis read on the loops of family `F`.
pub struct On<F, P>(PhantomData<F>, pub P);

/// `what` on the loops of family `F`.
pub fn on<F: Family, P>(what: P) -> On<F, P> {
    On(PhantomData, what)
}

impl<F: Family> Hypothesis for On<F, KappaBelowOne> {
    fn tex(&self) -> &'static str {
        self.1.tex()
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - F::constants(view)?.kappa())
    }
}

impl<F: Family> Hypothesis for On<F, Curates> {
    fn tex(&self) -> &'static str {
        self.1.tex()
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let share = F::curated_share(view)?;
        let least = share.min(&(S::one() - share.clone()));
        // A share of exactly zero is not positive; there is nothing to decide about it.
        Ok(if least.is_zero() { -S::one() } else { least })
    }
}

#[cfg(test)]
mod tests {
    use super::{Affine, Family, Matrices};
    use crate::case::{Case, Probe, Route, Sample};
    use crate::systems::{LoopFile, shipped};

    // The loop of Section 5.1, where S and C are not symmetric.
    #[test]
    fn the_definitions_give_the_same_matrices_in_both_places() {
        let file: LoopFile = shipped::get("paper-5-1-code").unwrap();
        let system = file.default_at::<f64>().unwrap();
        let case = Case::new(Sample { probe: Probe::plain(&system), system });
        let view = case.by(Route::Direct);
        let (pair, terms) = (view.pair().unwrap(), Affine::terms(&view).unwrap());
        let blocks =
            [[pair.dp_fp.clone(), pair.dq_fp.clone()], [pair.dp_fq.clone(), pair.dq_fq.clone()]];
        let gradients = [pair.grad_p.clone(), pair.grad_q.clone()];
        let made = Matrices::new(blocks, gradients, terms.h().unwrap().clone()).unwrap();
        let again = made.terms();
        let same = [
            (terms.s_p, again.s_p),
            (terms.s_q, again.s_q),
            (terms.c_p, again.c_p),
            (terms.c_q, again.c_q),
        ];
        assert!(same.iter().all(|(x, y)| x == y));
        assert_ne!(terms.s_p, &terms.s_p.transpose());
    }
}
