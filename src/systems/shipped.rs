//! The systems that come with the program: one file in `systems/` and one line here.

use super::file::{FileError, LoopFile, did_you_mean};

/// A system file inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Shipped {
    /// The `name` in the file, and the file's own without `.toml`.
    pub id: &'static str,
    text: &'static str,
}

macro_rules! shipped {
    ($($id:literal),* $(,)?) => {
        /// All of them, by id.
        pub static ALL: &[Shipped] = &[$(Shipped {
            id: $id,
            text: include_str!(concat!("../../systems/", $id, ".toml")),
        }),*];
    };
}

shipped![
    "example-4-6",
    "example-4-6-converging",
    "fine-tuning-diverges",
    "paper-5-1-code",
    "paper-5-1-printed",
    "paper-5-1-printed-paired"
];

impl Shipped {
    /// The file as it is.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The system.
    ///
    /// # Errors
    /// If the file is invalid; the tests see to it that none is.
    pub fn parse(&self) -> Result<LoopFile, FileError> {
        LoopFile::parse(self.text, &format!("systems/{}.toml", self.id))
    }
}

/// The shipped system with this id.
///
/// # Errors
/// If there is none; names the nearest.
pub fn get(id: &str) -> Result<LoopFile, FileError> {
    ALL.iter().find(|s| s.id == id).map_or_else(
        || {
            let help = did_you_mean(id, ALL.iter().map(|s| s.id));
            Err(FileError::UnknownId { id: id.to_owned(), help })
        },
        Shipped::parse,
    )
}
