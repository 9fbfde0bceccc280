//! The conjectures that come with the program: one file in `conjectures/` and one line here.

/// A conjecture file inside the program.
#[derive(Clone, Copy, Debug)]
pub struct Bundled {
    /// The `name` in the file, and the file's own without `.toml`.
    pub name: &'static str,
    /// The file as it is.
    pub text: &'static str,
}

macro_rules! bundled {
    ($($name:literal),* $(,)?) => {
        /// All of them, by name.
        pub static ALL: &[Bundled] = &[$(Bundled {
            name: $name,
            text: include_str!(concat!("../../conjectures/", $name, ".toml")),
        }),*];
    };
}

bundled![
    "alignment-monotone-coupled",
    "alignment-monotone-coupled-direct",
    "alignment-monotone-infinite",
    "alignment-monotone-other-reward",
    "alignment-monotone-two",
    "balanced-fixes-sign",
    "balanced-fixes-sign-three",
    "balanced-keeps-sign",
    "cor-e2-as-printed",
    "cor-e2-same-sign",
    "cross-sign-two",
    "curation-commutes-infinite",
    "curation-commutes-two",
    "kappa-at-least-one-diverges",
    "kappa-bounds-every-order",
    "kappa-third-term-largest",
    "kappa-third-term-largest-loop",
    "more-real-data-closer",
    "more-real-data-closer-non-negative",
    "regime-amplified-three",
    "regime-amplified-two",
    "regime-dampened-two",
    "regime-inverts-only-two",
    "rest-decides-inversion-2",
    "rest-decides-inversion-3",
    "self-never-inverts-plane",
    "self-never-inverts-scalar",
    "self-never-inverts-stable-alone-2",
    "self-never-inverts-stable-alone-3",
    "sequential-converges",
    "stays-stable-without-one",
    "threshold-plane",
    "threshold-plane-paper",
    "threshold-sharp",
    "threshold-sharp-99",
    "threshold-with-norm",
    "unbalanced-changes-sign",
    "unbalanced-keeps-sign",
];

/// The one of this name.
pub fn get(name: &str) -> Option<Bundled> {
    ALL.iter().copied().find(|b| b.name == name)
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::conjecture::Conjecture;

    #[test]
    fn every_file_is_listed_under_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/conjectures");
        let files = std::fs::read_dir(folder).unwrap();
        let mut files: Vec<String> = files
            .map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(ALL.iter().map(|b| b.name).collect::<Vec<_>>(), files);
        for b in ALL {
            let read = Conjecture::parse(b.text, b.name).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(read.name, b.name);
        }
    }
}
