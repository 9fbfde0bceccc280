//! All tests from outside the library, as one program: what they link is compiled and linked once.
//!
//! One line a file; `cargo test --release --test all house` runs one of them.

mod arithmetics;
mod boundaries;
mod by_hand;
mod campaigns;
mod categorical;
mod certificates;
mod cli;
mod conjecture_families;
mod conjectures;
mod diagnosis;
mod dynamics;
mod enclosures;
mod figures;
mod fit;
mod help;
mod house;
mod html;
mod limits;
mod loops_cli;
mod memory_and_isolated_loops;
mod obligations;
mod properties;
mod reference_data;
mod sharper;
mod softmax;
mod strategies;
mod sweep_cli;
mod system_files;
mod tables;
mod templates;
mod verdicts;

/// What a theorem's file finds under `crate::` in the library (`templates.rs`).
mod prelude {
    pub use backfire::prelude::*;
}
