//! What curation does to the stable point.

pub mod zeros;
