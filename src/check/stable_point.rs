//! Non-linear loops run in floating point: where they settle, and how that moves with the curated share.

use crate::case::Route;
use crate::claim::StatedPoint;
use crate::dynamics::settle_map;
use crate::evidence::Evidence;
use crate::scalar::{Scalar, decimal};
use crate::systems::Order;
use crate::systems::stationary::{Equations, SmallLoop};
use nalgebra::DVector;

/// By how much the curated share is varied: central differences then err by some millionths.
const STEP: f64 = 1e-3;

/// Runs the loop of a claim until it settles, with a little less and a little more curation too.
///
/// The families' own rounds are played, not the equations that the claim is proved with.
pub fn run_to_stable_point(stated: &StatedPoint) -> Evidence {
    found(stated).unwrap_or_else(|| Evidence::Silent { why: "the loop does not settle".into() })
}

fn found(stated: &StatedPoint) -> Option<Evidence> {
    let share = f64::from_rational(&stated.system.share());
    let at = settled(&stated.system, share)?;
    let [less, more] = [share - STEP, share + STEP].map(|share| settled(&stated.system, share));
    let (less, more) = (less?, more?);
    let number = |text: &String| decimal(text).map(|r| f64::from_rational(&r));
    let radius = number(&stated.radius)?;
    let centre: Option<Vec<f64>> = stated.centre.iter().map(number).collect();
    let inside = at.iter().zip(centre?).all(|(x, m)| (x - m).abs() <= radius);
    let mut agrees = inside;
    let mut slopes = Vec::new();
    for sign in &stated.signs {
        let alignment = |x| stated.system.alignment(sign.of, x);
        let slope = (alignment(&more) - alignment(&less)) / (2.0 * STEP);
        agrees &= (slope > 0.0) == sign.rises;
        slopes.push(format!("dJ_{}/dlambda = {slope:.3}", ["p", "q"][sign.of]));
    }
    let place = if inside { "in the box" } else { "outside the box" };
    let finding = format!(
        "the loop settles {place}; by runs with a curated share of 0.001 less and more {}",
        slopes.join(", ")
    );
    Some(Evidence::Checked { route: Route::Simulation, agrees, finding })
}

/// Where the loop settles from uniform laws.
fn settled(of: &SmallLoop, share: f64) -> Option<DVector<f64>> {
    let from = |at: f64| DVector::from_element(of.dimension(), at);
    let order = Order::Simultaneous;
    let found = match (of.categorical(share), of.softmax(share)) {
        (Some(laws), _) => {
            settle_map(&laws, &order, &from(1.0 / laws.models[0].reward.len() as f64))
        }
        (_, Some(classifiers)) => settle_map(&classifiers, &order, &from(0.0)),
        _ => None,
    };
    found.map(|(state, _)| state)
}
