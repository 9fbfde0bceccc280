//! Referees a theory paper by machine.

pub mod case;
pub mod certify;
pub mod check;
pub mod claim;
pub mod dynamics;
pub mod error;
pub mod evidence;
pub mod influence;
pub mod linalg;
pub mod scalar;
pub mod systems;
pub mod theorem;
pub mod verdict;
