//! Conjectures of users: read from files, searched for counterexamples.

mod bounds;
pub mod bundled;
pub mod categorical;
pub mod declared;
pub mod family;
pub mod file;
pub mod linear;
pub mod meaning;
pub mod numbers;
pub mod obligation;
mod possible;
mod ranges;
mod statement;
pub mod syntax;

pub use family::Family;
pub use file::Conjecture;
