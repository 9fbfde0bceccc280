//! The rotation loop that a general loop is, where it is one.

use super::{FiniteOrder, RotationLoop};
use crate::error::LoopError;
use crate::systems::{Component, GaussianLoop, Model, Order, Source};
use nalgebra::DMatrix;

impl TryFrom<&GaussianLoop<f64>> for RotationLoop {
    type Error = LoopError;

    /// The rotation loop whose coupling at `t = 1` is that of `system`. The curated share of
    /// `system` is left behind: a run is given its own.
    fn try_from(system: &GaussianLoop<f64>) -> Result<Self, LoopError> {
        let [p, q] = &system.models[..] else {
            return Err(misfit(format!("it has {} models, not two", system.models.len())));
        };
        for model in [p, q] {
            check_model(model)?;
        }
        let a = shift(p)?;
        let [beta, cos, sin] = rotations(q)?;
        let sigma = p.components[0].spread;
        if [p, q].iter().flat_map(|m| &m.components).any(|c| c.spread.to_bits() != sigma.to_bits())
        {
            return Err(misfit("its samples have several spreads".to_owned()));
        }
        Ok(RotationLoop {
            beta,
            cos,
            sin,
            a,
            g_p: p.alignment.linear.as_slice().to_vec(),
            g_q: q.alignment.linear.as_slice().to_vec(),
            eta_p: p.alignment.curvature[(0, 0)],
            eta_q: q.alignment.curvature[(0, 0)],
            sigma,
        })
    }
}

impl TryFrom<&Order> for FiniteOrder {
    type Error = LoopError;

    fn try_from(order: &Order) -> Result<Self, LoopError> {
        match order {
            Order::Simultaneous => Ok(FiniteOrder::Simultaneous),
            Order::Sequential(models) if models[..] == [0, 1] => Ok(FiniteOrder::ThetaFirst),
            _ => Err(misfit(
                "its order is neither simultaneous nor sequential with the first model first"
                    .to_owned(),
            )),
        }
    }
}

fn misfit(reason: String) -> LoopError {
    LoopError::NotFigure3 { reason }
}

/// Squared loss on the data itself, isotropic reward, dimension even.
fn check_model(model: &Model<f64>) -> Result<(), LoopError> {
    let d = model.dimension();
    let name = &model.name;
    if d == 0 || d % 2 == 1 {
        return Err(misfit(format!("model `{name}` has the odd dimension {d}")));
    }
    if !is_multiple(&model.hessian, 1.0) || !is_multiple(&model.data, 1.0) {
        return Err(misfit(format!("the loss of model `{name}` is not |u - z|^2 / 2")));
    }
    if !is_multiple(&model.alignment.curvature, model.alignment.curvature[(0, 0)]) {
        return Err(misfit(format!(
            "the curvature of the reward of `{name}` depends on the direction"
        )));
    }
    Ok(())
}

fn is_multiple(m: &DMatrix<f64>, factor: f64) -> bool {
    m.is_square() && *m == DMatrix::from_diagonal_element(m.nrows(), m.nrows(), factor)
}

/// `a`: the first model trains on the second one's samples, raw and shifted by `a`.
fn shift(p: &Model<f64>) -> Result<Vec<f64>, LoopError> {
    let plain = |c: &&Component<f64>| is_multiple(&c.channel, 1.0);
    let find = |source| p.components.iter().filter(plain).find(|c| c.source == source);
    match (find(Source::Raw(1)), find(Source::Curated(1))) {
        (Some(raw), Some(curated)) if p.components.len() == 2 && raw.offset.amax() == 0.0 => {
            Ok(curated.offset.as_slice().to_vec())
        }
        _ => Err(misfit(format!(
            "model `{}` must train on two components, the raw samples of the other model and the \
             same shifted by curation, both through the identity",
            p.name
        ))),
    }
}

/// `β`, `cos` and `sin`: the second model trains on the first one's samples through rotations.
fn rotations(q: &Model<f64>) -> Result<[Vec<f64>; 3], LoopError> {
    let refuse = || {
        misfit(format!(
            "model `{}` must train on the raw samples of the other model alone, through 2 x 2 \
             blocks of scaled rotations",
            q.name
        ))
    };
    let [only] = &q.components[..] else { return Err(refuse()) };
    let d = q.dimension();
    if only.source != Source::Raw(0) || only.offset.amax() != 0.0 || only.channel.shape() != (d, d)
    {
        return Err(refuse());
    }
    let mut rebuilt = DMatrix::zeros(d, d);
    let (mut beta, mut cos, mut sin) = (vec![], vec![], vec![]);
    for i in (0..d).step_by(2) {
        let (x, y) = (only.channel[(i, i)], only.channel[(i + 1, i)]);
        rebuilt.view_mut((i, i), (2, 2)).copy_from_slice(&[x, y, -y, x]);
        let size = x.hypot(y);
        beta.push(size);
        cos.push(if size > 0.0 { x / size } else { 1.0 });
        sin.push(if size > 0.0 { y / size } else { 0.0 });
    }
    if rebuilt == only.channel { Ok([beta, cos, sin]) } else { Err(refuse()) }
}
