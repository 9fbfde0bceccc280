//! Where samples come from and how a counterexample is made small.

pub mod campaign;
pub mod journal;
pub mod lanes;
mod layout;
pub mod memory;
mod random;
mod shrink;
mod small;
pub mod strategies;
mod strategy;

pub use lanes::Lanes;
pub use layout::{Layout, Slot};
pub use random::Random;
pub use shrink::{ink, shrink};
pub use small::{Small, any, smallest};
pub use strategies::strategies;
pub use strategy::{FINALISTS, Findings, Least, Slope, Strategy};

use rand::SeedableRng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// A generator of its own for task `index` of `seed`: the same on any number of threads.
///
/// The two are mixed by two rounds of SplitMix64's finaliser, so that neighbouring indices and
/// neighbouring seeds do not share streams.
pub fn generator(seed: u64, index: u64) -> Xoshiro256PlusPlus {
    let mix = |mut z: u64| {
        z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    };
    Xoshiro256PlusPlus::seed_from_u64(mix(mix(seed) ^ index))
}
