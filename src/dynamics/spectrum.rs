//! Eigenvalues.
/// Stub.
pub struct Spectrum;
impl Spectrum {
    /// Stub.
    pub fn of(_m: &nalgebra::DMatrix<f64>) -> Result<Spectrum, String> { todo!() }
    /// Stub.
    pub fn radius(&self) -> f64 { todo!() }
    /// Stub.
    pub fn product_one_minus(&self) -> num_complex::Complex64 { todo!() }
}
