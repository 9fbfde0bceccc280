//! Pictures: what they show is what other routes find, and they are the same bytes every time.

use backfire::figures;
use backfire::systems::{GaussianLoop, shipped};

fn system(id: &str, values: &[(&str, f64)]) -> GaussianLoop<f64> {
    shipped::get(id).unwrap().at(values).unwrap()
}

#[test]
fn look() {
    let data = figures::spectrum::of("paper-5-1-code", "t = 0.9", &system("paper-5-1-code", &[("t", 0.9)])).unwrap();
    let f = figures::spectrum::figure("spectrum", &data);
    std::fs::write("/tmp/h2/out/spectrum.svg", f.svg_file()).unwrap();
    std::fs::write("/tmp/h2/out/spectrum.png", f.png().unwrap()).unwrap();
}
