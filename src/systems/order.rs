//! In which order the models of a loop retrain.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The rule that says how each round is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Order {
    /// All models retrain on what the last round left (Jacobi).
    Simultaneous,
    /// One model after the other, each on what is newest (Gauss–Seidel); a permutation of `0..N`.
    Sequential(Vec<usize>),
    /// Each round at random simultaneous or sequential in a random order.
    Switching {
        /// Seed of the choice; round `k` of a seed is always the same.
        seed: u64,
    },
    /// All models take one gradient step at once: fine-tuning.
    Incremental {
        /// Length of the step, in units of the inverse Hessian of the loss.
        step: f64,
    },
}

/// How one round is run.
#[derive(Clone, Debug, PartialEq)]
pub enum Round {
    /// All at once.
    Simultaneous,
    /// In this order.
    Sequential(Vec<usize>),
    /// One gradient step of this length each, all at once.
    Incremental(f64),
}

impl Order {
    /// How round `index` of a loop of `models` models is run.
    pub fn round(&self, index: u64, models: usize) -> Round {
        match self {
            Order::Simultaneous => Round::Simultaneous,
            Order::Sequential(order) => Round::Sequential(order.clone()),
            Order::Incremental { step } => Round::Incremental(*step),
            Order::Switching { seed } => {
                // A generator of its own per round: a round can be looked up without the others.
                let mut rng = Xoshiro256PlusPlus::seed_from_u64(
                    seed.wrapping_add(index.wrapping_mul(0x9E37_79B9_7F4A_7C15)),
                );
                if rng.random_range(0..=models) == 0 {
                    return Round::Simultaneous;
                }
                let mut order: Vec<usize> = (0..models).collect();
                order.shuffle(&mut rng);
                Round::Sequential(order)
            }
        }
    }

    /// In words, with the names of the models.
    pub fn name(&self, models: &[&str]) -> String {
        match self {
            Order::Simultaneous => "simultaneous".to_owned(),
            Order::Sequential(order) => {
                let names: Vec<&str> = order.iter().map(|&i| models[i]).collect();
                format!("sequential {}", names.join(", "))
            }
            Order::Switching { seed } => format!("switching, seed {seed}"),
            Order::Incremental { step } => format!("incremental, step {step}"),
        }
    }

    /// Whether every round is run alike, so that one Jacobian describes them all.
    pub fn is_fixed(&self) -> bool {
        !matches!(self, Order::Switching { .. })
    }
}
