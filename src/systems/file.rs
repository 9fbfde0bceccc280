//! TOML.
/// A file.
pub struct LoopFile;
/// A parameter.
pub struct Parameter;
