//! What floating point says of one point.

use crate::case::{Route, View};
use crate::claim::{Claim, Relation, Side};

/// Inequalities closer than this, relative to their scale, are left undecided: the loops drawn
/// have `I - J` with condition numbers up to some 10³, so sides carry errors up to some 10⁻¹².
pub const ROUNDING: f64 = 1e-10;

/// Equations whose sides differ by more than this, relative to their scale, disagree. Iteration
/// stops within 2·10⁻¹⁵/(1 - ρ), and eigenvalues of defective matrices of dimension 12 carry
/// larger errors than solves; the product over a spectrum loses at most a few digits more.
pub const AGREEMENT: f64 = 1e-8;

/// Whether the hypotheses of a claim are met at a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    /// All of them.
    Yes,
    /// This one is not.
    No(usize),
    /// This one is too close to call, or has no value.
    Undecided(usize),
}

/// Tests the hypotheses of `claim` in order.
pub fn hypotheses(claim: &Claim, view: &View<f64>) -> Met {
    for (i, h) in claim.hypotheses.iter().enumerate() {
        match h.float(view) {
            // An infinite margin is a division by zero, which exact arithmetic would not take for met.
            Ok(m) if m > ROUNDING && m.is_finite() => {}
            Ok(m) if m < -ROUNDING => return Met::No(i),
            _ => return Met::Undecided(i),
        }
    }
    Met::Yes
}

/// What the sides of a property come to at one point.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judged {
    /// Some side certainly fails, as far as rounding can tell.
    pub violated: bool,
    /// Every inequality is within rounding of equality, and no equation is asserted.
    pub undecided: bool,
    /// Least relative margin of the inequalities.
    pub margin: Option<f64>,
    /// Largest relative gap of the equations.
    pub gap: Option<f64>,
}

/// Compares the sides.
pub fn judge(sides: &[Side<f64>]) -> Judged {
    let mut sum = Judged { undecided: !sides.is_empty(), ..Judged::default() };
    for s in sides {
        let scale = s.scale.abs();
        let relative = |x: f64| if scale > 0.0 { x / scale } else { x };
        match s.relation {
            Relation::Equal => {
                let gap = relative((s.left - s.right).abs());
                sum.gap = Some(sum.gap.map_or(gap, |g| g.max(gap)));
                sum.undecided = false;
                // NaN is no agreement.
                sum.violated |= gap.is_nan() || gap > AGREEMENT;
            }
            Relation::AtMost | Relation::Below => {
                let margin = relative(s.right - s.left);
                sum.margin = Some(sum.margin.map_or(margin, |m| m.min(margin)));
                sum.violated |= margin.is_nan() || margin < -ROUNDING;
                sum.undecided &= margin.abs() <= ROUNDING;
            }
        }
    }
    sum
}

/// How clearly `claim` fails at a point that meets its hypotheses; `None` where it does not, or
/// floating point cannot tell.
pub fn violates(claim: &Claim, view: &View<f64>) -> Option<f64> {
    if hypotheses(claim, view) != Met::Yes {
        return None;
    }
    let property = claim.property()?;
    let by = View { case: view.case, route: Route::Direct };
    let judged = judge(&property.float(&by).ok()?);
    let size = judged.gap.unwrap_or(0.0).max(-judged.margin.unwrap_or(0.0));
    (judged.violated && size.is_finite()).then_some(size)
}
