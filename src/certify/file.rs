//! Certificates as files.
//!
//! ```json
//! {"certificate": 1,
//!  "about": {"claim": id}|{"conjecture": TOML}|{"system": TOML},
//!  "proved": text, "method": text, "domain": text, "comparisons": number,
//!  "proof": {"kind": "instances"|"range"|…, …}}
//! ```
//!
//! Whoever changes the file changes what is checked: nothing in it is believed.

use super::{Certificate, Proof};
use serde::{Deserialize, Serialize};

/// The version of the format.
const VERSION: u32 = 1;

/// What a certificate speaks about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum About {
    /// A claim of the register, by its full id.
    Claim(String),
    /// A conjecture, by the text of its file.
    Conjecture(String),
    /// A loop, by the text of its file.
    System(String),
}

/// A certificate as its file has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CertificateFile {
    certificate: u32,
    /// What it speaks about.
    pub about: About,
    /// What was proved, in words.
    pub proved: String,
    /// How.
    pub method: String,
    /// Over what.
    pub domain: String,
    /// Equations and inequalities compared.
    pub comparisons: usize,
    /// All that is needed to check it again.
    pub proof: Proof,
}

impl CertificateFile {
    /// The file of a certificate.
    pub fn new(about: About, proved: impl Into<String>, certificate: &Certificate) -> Self {
        CertificateFile {
            certificate: VERSION,
            about,
            proved: proved.into(),
            method: certificate.method.into(),
            domain: certificate.domain.clone(),
            comparisons: certificate.comparisons,
            proof: certificate.proof.clone(),
        }
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// What does not fit, with its line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: CertificateFile = serde_json::from_str(text).map_err(|e| e.to_string())?;
        if file.certificate != VERSION {
            return Err(format!("its version is {}, not {VERSION}", file.certificate));
        }
        Ok(file)
    }

    /// The text of the file, with a newline at its end.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}
