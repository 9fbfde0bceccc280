//! One self-contained HTML page: no network, no library, nothing but itself.
//!
//! [`page`] is the frame, [`html`] the report of a run in it. Output is well-formed XML, too, so that a
//! test can read it.

mod claim;
mod claims;
mod formula;
mod frame;
mod map;
mod markup;
mod report;
mod witness;

pub use formula::{NotTypeset, formula, inline, markdown, running};
pub use frame::{Section, facts, page};
pub use map::section as map;
pub use markup::{Html, classed, element, fragment, link, plain};
pub use report::{Besides, html, picture, shipped, table};
