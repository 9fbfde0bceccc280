//! One self-contained HTML page: no network, no library, nothing but itself.
//!
//! [`page`] is the frame; the report puts the claims of a run into it. Output is well-formed XML, too,
//! so that a test can read it.

mod formula;
mod frame;
mod markup;

pub use formula::{NotTypeset, formula, inline, markdown, running};
pub use frame::{Section, facts, page};
pub use markup::{Html, classed, element, fragment, link, plain};
