//! Referees a theory paper by machine.

pub mod case;
pub mod dynamics;
pub mod error;
pub mod influence;
pub mod linalg;
pub mod scalar;
pub mod systems;
pub mod verdict;
