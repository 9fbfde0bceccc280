//! Eigenvalues.
