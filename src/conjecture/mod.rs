//! Conjectures of users: read from files, searched for counterexamples.

pub mod file;
pub mod linear;
pub mod meaning;
pub mod syntax;
