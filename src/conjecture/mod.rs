//! Conjectures of users: read from files, searched for counterexamples.

pub mod family;
pub mod file;
pub mod linear;
pub mod meaning;
mod statement;
pub mod syntax;

pub use family::Family;
pub use file::Conjecture;
