//! Referees a theory paper by machine.

pub mod dynamics;
pub mod error;
pub mod influence;
pub mod linalg;
pub mod scalar;
pub mod systems;
