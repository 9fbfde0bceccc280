use backfire::dynamics;
use backfire::systems::digits::inputs;
use backfire::systems::*;
use nalgebra::*;
use std::time::Instant;
fn model(
    i: usize,
    h: usize,
    w: usize,
    raw: [f64; 2],
    cur: [f64; 2],
    ridge: f64,
    reward: DMatrix<f64>,
    k: Candidates,
) -> Classifier {
    let curation = (0..10)
        .map(|t| Luce::new(DVector::from_fn(10, |y, _| reward[(t, y)].exp()), k).unwrap())
        .collect();
    Classifier {
        inputs: inputs(h, w, i, 2),
        shares: Shares { raw: raw.to_vec(), curated: cur.to_vec() },
        ridge,
        curation,
        reward,
    }
}
fn main() {
    for (h, w) in [(4, 4), (2, 4), (2, 2)] {
        for (ridge, s) in [(1.0, 0.3), (0.1, 0.03), (0.01, 0.3), (0.001, 0.6)] {
            for k in [Candidates::Finite(2), Candidates::Infinite, Candidates::Finite(3)] {
                let reward = DMatrix::identity(10, 10) * 1.0;
                let t = Instant::now();
                let l = SoftmaxLoop::new(vec![
                    model(
                        0,
                        h,
                        w,
                        [s * 0.25, s * 0.25],
                        [s * 0.25, s * 0.25],
                        ridge,
                        reward.clone(),
                        k,
                    ),
                    model(
                        1,
                        h,
                        w,
                        [s * 0.25, s * 0.25],
                        [s * 0.25, s * 0.25],
                        ridge,
                        reward.clone(),
                        k,
                    ),
                ]);
                let t_new = t.elapsed();
                let t = Instant::now();
                let x = l.stable_point(&DVector::zeros(l.dimension()));
                let t_st = t.elapsed();
                let Some(x) = x else {
                    println!("{h}x{w} {ridge} no stable");
                    continue;
                };
                let t = Instant::now();
                let f = l.gap_derivative(&x);
                let t_gd = t.elapsed();
                let l2 = l.clone().anchored(&x);
                let t = Instant::now();
                let j = l2.linearise(&x).jacobian;
                let t_lin = t.elapsed();
                let t = Instant::now();
                let rho = dynamics::spectrum_of(&j).unwrap().radius();
                let t_sp = t.elapsed();
                let mut moved = l2.clone();
                moved.models[0].shares =
                    moved.models[0].shares.with_curated(moved.models[0].shares.curated() + 0.001);
                let t = Instant::now();
                let s2 = dynamics::settle_map(&moved, &Order::Simultaneous, &x);
                let t_se = t.elapsed();
                println!(
                    "{h}x{w} g={ridge} {k:?}: new {t_new:?} stable {t_st:?} gd {t_gd:?} lin {t_lin:?} rho={rho:.3} {t_sp:?} settle {:?} {t_se:?} acc {:.3} |F| {:.1e} |x| {:.2}",
                    s2.map(|s| s.1),
                    l.accuracy(0, &x),
                    l.gaps(&x).norm(),
                    x.norm()
                );
                let _ = f;
            }
        }
    }
}
