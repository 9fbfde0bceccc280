//! The matrices of Definitions 4.2 and 4.3.

use crate::error::LoopError;
use crate::linalg;
use crate::scalar::Scalar;
use nalgebra::DMatrix;

/// $S$ and $C$ of two coupled models, `p` first; `d_p`, `d_q` the numbers of their parameters.
#[derive(Clone, Debug)]
pub struct Couplings<S: Scalar> {
    /// $S_p$ (Definition 4.2), `d_p × d_p`.
    pub s_p: DMatrix<S>,
    /// $S_q$ (Definition 4.2), `d_q × d_q`.
    pub s_q: DMatrix<S>,
    /// $C_p = -D_\phi F_p (D_\phi F_q)^{-1}$ (Definition 4.3), `d_p × d_q`.
    pub c_p: DMatrix<S>,
    /// $C_q = -D_\theta F_q (D_\theta F_p)^{-1}$ (Definition 4.3), `d_q × d_p`.
    pub c_q: DMatrix<S>,
}

impl<S: Scalar> Couplings<S> {
    /// From $[[D_\theta F_p, D_\phi F_p], [D_\theta F_q, D_\phi F_q]]$.
    ///
    /// # Errors
    /// If $D_\theta F_p$, $D_\phi F_q$ or a Schur complement is singular.
    pub fn of(derivative: [[&DMatrix<S>; 2]; 2]) -> Result<Self, LoopError> {
        let [[dp_fp, dq_fp], [dp_fq, dq_fq]] = derivative;
        let inverse = |m: &DMatrix<S>, what| {
            linalg::inverse(m).map_err(|_| LoopError::SingularBlock { what })
        };
        let c_p = -(dq_fp * inverse(dq_fq, "D_phi F_q")?);
        let c_q = -(dp_fq * inverse(dp_fp, "D_theta F_p")?);
        let s_p = inverse(&(dp_fp + &c_p * dp_fq), "the Schur complement of D_phi F_q")?;
        let s_q = inverse(&(dq_fq + &c_q * dq_fp), "the Schur complement of D_theta F_p")?;
        Ok(Couplings { s_p, s_q, c_p, c_q })
    }
}
