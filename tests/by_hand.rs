//! Claims at points that were worked out by hand.

use backfire::case::{Case, Route};
use backfire::claim::{Claim, Side};
use backfire::point::Point;
use backfire::theorems;
use nalgebra::dvector;

fn claim(id: &str) -> Claim {
    let (theorem, name) = id.split_once('/').unwrap();
    let entry = theorems::ALL.iter().find(|e| e.theorem.card().id == theorem).unwrap();
    entry.theorem.claims().into_iter().find(|c| c.id == name).unwrap()
}

fn sides(id: &str, at: &Point<f64>, route: Route) -> Vec<Side<f64>> {
    let claim = claim(id);
    let case = Case::new(at.clone());
    for h in &claim.hypotheses {
        assert!(h.float(&case.by(route)).unwrap() > 0.0, "{id} needs {}", h.tex());
    }
    claim.property().unwrap().float(&case.by(route)).unwrap()
}

#[track_caller]
fn close(x: f64, y: f64) {
    assert!((x - y).abs() < 1e-9, "{x} is not {y}");
}

fn point(entries: &[(&'static str, f64)]) -> Point<f64> {
    entries.iter().fold(Point::new(), |at, (name, x)| at.with(*name, *x))
}

/// K_c = 1·2·(1 + 1·2/2) = 4; s = 2, g = 1.
fn constants(sigma: f64) -> Point<f64> {
    let ones = ["gamma_p", "gamma_q", "L_p", "L_q", "L"].map(|n| (n, 1.0));
    let rest = [("K", 2.0), ("B", 2.0), ("sigma_p", sigma), ("sigma_q", sigma), ("c_p", 0.0)];
    point(&[&ones[..], &rest, &[("c_q", 1.0)]].concat())
}

#[test]
fn thresholds_of_appendix_f8() {
    // τ_1 = 1/(5 · (2 + 2)) = 1/20. u = 9/5, so the terms of τ_2 are (3.6 + 2)/32 = 0.175,
    // 1/8, (1.8 + 2)/16 = 0.2375 twice and 1/4 twice.
    let s = &sides("prop_3_4/tau_is_tau_1", &constants(0.04), Route::Direct)[0];
    close(s.left, 0.05);
    close(s.right, 0.125);
    // τ' = 1/(2 · 5 · (2 + 1)) = 1/30.
    let hypothesis = &claim("prop_3_4/all_orders_contract#corrected").hypotheses[1];
    let margin = |sigma| hypothesis.float(&Case::new(constants(sigma)).by(Route::Direct)).unwrap();
    assert!(margin(0.0333) > 0.0 && margin(0.0334) < 0.0);
}

#[test]
fn matrices_of_appendix_f8() {
    // σ = 0.04, c = (0, 1): rows [0.32, 0.4, 0], [0.16, 0.2, 0], [0.16, 0.2, 0].
    let s = &sides("prop_3_4/m3_contracts", &constants(0.04), Route::Direct)[0];
    close(s.left, 0.8);
    // First row times 1/(1 - 0.16) twice, then 1/(1 - 0.32): column two is 0.4 times that, plus 0.4.
    let s = sides("prop_3_4/all_orders_contract", &constants(0.04), Route::Direct);
    let second = [0.4 / 0.84 + 0.4, 0.4 / 0.84 + 0.4, 0.4 / 0.68 + 0.4];
    s.iter().zip(second).for_each(|(s, norm)| close(s.left, norm));
}

/// Generators that never saturate. q: half real at (2, 3), the rest its own, so x settles at 2 and
/// φ = 1.5 + φ/2 = 3. p: half real at (1, 0), the rest made by q: x is 0.5 + 2/2 = 1.5, y is 3/2; the
/// loss of p adds y to x, so θ = 3.
#[test]
fn a_saturating_loop_with_memory_at_rest() {
    let at = point(&[
        ("gamma_p", 1.0),
        ("gamma_q", 1.0),
        ("slope_p", 1.0),
        ("slope_q", 1.0),
        ("bound_p", 100.0),
        ("bound_q", 100.0),
        ("mix_p", 1.0),
        ("mix_q", 0.0),
        ("real_p", 0.5),
        ("real_q", 0.5),
        ("c_p", 1.0),
        ("c_q", 0.0),
        ("K", 2.0),
        ("x_p", 1.0),
        ("y_p", 0.0),
        ("x_q", 2.0),
        ("y_q", 3.0),
        ("start", 7.0),
    ]);
    let s = sides("prop_3_4/threshold_main_text", &at, Route::Simulation);
    for s in s {
        close(s.left, 3.0);
        close(s.right, 3.0);
    }
    // A generator four times as steep as its share allows, bounded by 1: θ = 0.4 clip(4θ).
    let at = at.with("slope_p", 4.0).with("bound_p", 1.0).with("real_p", 0.6);
    let at = at.with("mix_p", 0.0).with("c_p", 0.0).with("x_p", 0.0);
    close(sides("prop_3_4/threshold_main_text", &at, Route::Direct)[0].left, 3.0);
}

#[test]
fn lemmas_of_appendix_f() {
    // Logits (ln 3, 0) have the weights 3/4, 1/4.
    let at = Point::new()
        .with_vector("u", dvector![3f64.ln(), 0.0])
        .with_vector("v", dvector![0.0, 0.0]);
    let s = &sides("app_f/softmax_half_lipschitz", &at, Route::Direct)[0];
    close(s.left, 0.5);
    close(s.right, 3f64.ln() / 2.0);
    // Two fixed candidates ±4 with r = 0.02 x y: the mean is 4 tanh(0.08 y).
    let at = point(&[("L", 0.1), ("B", 5.0), ("b", 4.0), ("eta", 0.02), ("rho_1", 0.0)])
        .with("rho_2", 0.0)
        .with_vector("alpha", dvector![9.0, -4.0])
        .with_vector("beta", dvector![0.0, 0.0])
        .with_vector("delta", dvector![0.0, 0.0])
        .with_vector("y", dvector![0.0, 1.0])
        .with_vector("theta", dvector![0.0, 0.0]);
    let s = &sides("app_f/curated_mean_lipschitz", &at, Route::Direct)[0];
    close(s.left, 4.0 * 0.08_f64.tanh());
    close(s.right, 0.1 * 2.0 * 1.25);
}

/// p with γ = 2, real mean 0 and synthetic mean 1 + θ/2, half of each: θ = (1 + θ/2)/2, so θ = 2/3.
/// Without synthetic data it is 0, S_p = 1/2 and Δ = 2.
#[test]
fn a_path_to_real_data() {
    let zeros = ["r_p", "r_q", "c_q", "s_q", "u_p", "u_q", "rest_q"].map(|n| (n, 0.0));
    let rest = [("gamma_p", 2.0), ("gamma_q", 1.0), ("c_p", 1.0), ("s_p", 0.5), ("rest_p", 0.5)];
    let more = [("g", -1.0), ("L", 1.0), ("K", 1.0), ("B", 8.0)];
    let at = point(&[&zeros[..], &rest, &more].concat());
    for route in [Route::Direct, Route::Simulation] {
        let s = &sides("thm_4_8/factor_three", &at, route)[0];
        close(s.left, 2.0 / 3.0);
        close(s.right, 2.0);
        // Δ = 2 (1 + θ/2 - 0) grows to 8/3, S_p = 1/(2 (1 - σ/2)) to 2/3.
        close(sides("thm_4_8/eq_72", &at, route)[0].right, 3.0 * 0.5 * (8.0 / 3.0) * (2.0 / 3.0));
        // τ_p = 2 (1 - 1/4).
        close(sides("thm_4_8/eq_73", &at, route)[0].right, 0.5 * 6.0 * 2.0 / 1.5);
        // The limit of the gap over 1 - λ_R is S_p Δ = 1; at 1/16 it is (1/16)/(1 - 1/32) over 1/16.
        let s = &sides("thm_4_8/order", &at, route)[0];
        close(s.left, 32.0 / 31.0);
        close(s.right, 2.0);
    }
}
