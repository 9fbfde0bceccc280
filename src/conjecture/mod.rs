//! Conjectures of users: read from files, searched for counterexamples.

pub mod meaning;
pub mod syntax;
