//! Means of series whose values depend on those before them.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// The mean of a stationary series with a standard error that takes its autocorrelation into
/// account.
///
/// The variance of the mean is the long-run variance over the length. It is estimated by the mean
/// square of the first $B$ cosine transforms of the series, $\sqrt{2/n}\sum_t x_t\cos(\pi j(t +
/// 1/2)/n)$, $j = 1, \dots, B$. For large $n$ they are independent normals with the long-run
/// variance, so the mean over its standard error is Student's with $B$ degrees of freedom:
/// the price of an unknown autocorrelation is paid in degrees of freedom. $B = 0.4\,n^{2/3}$ is the
/// choice of Lazarus, Lewis, Stock and Watson (*HAR Inference: Recommendations for Practice*, J. Bus.
/// Econ. Stat. 36, 2018). A slow drift within the series counts as fluctuation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LongRunMean {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub std_error: f64,
    /// Degrees of freedom of Student's law, $B$.
    pub freedom: usize,
}

impl LongRunMean {
    /// Of a series of at least eight values.
    pub fn of(series: &[f64]) -> Option<Self> {
        let n = series.len();
        if n < 8 || series.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let length = n as f64;
        // At least one, as n ≥ 8.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let freedom = (0.4 * length.powf(2.0 / 3.0)).round() as usize;
        let mean = series.iter().sum::<f64>() / length;
        let transform = |j: usize| {
            let turn = std::f64::consts::PI * j as f64 / length;
            let terms = series.iter().zip(0..n);
            let sum: f64 = terms.map(|(x, t)| (x - mean) * (turn * (t as f64 + 0.5)).cos()).sum();
            (2.0 / length).sqrt() * sum
        };
        let squares: f64 = (1..=freedom).map(|j| transform(j).powi(2)).sum();
        let std_error = (squares / freedom as f64 / length).sqrt();
        Some(LongRunMean { mean, std_error, freedom })
    }

    /// Two-sided p-value of the hypothesis that the mean is zero.
    pub fn p_value(&self) -> f64 {
        if self.std_error == 0.0 {
            return if self.mean == 0.0 { 1.0 } else { 0.0 };
        }
        let t = (self.mean / self.std_error).abs();
        StudentsT::new(0.0, 1.0, self.freedom as f64).map_or(1.0, |law| 2.0 * law.sf(t))
    }

    /// Half the width of the interval that covers the mean with this probability.
    pub fn half_width(&self, probability: f64) -> f64 {
        let law = StudentsT::new(0.0, 1.0, self.freedom as f64);
        law.map_or(f64::INFINITY, |law| {
            law.inverse_cdf(f64::midpoint(1.0, probability)) * self.std_error
        })
    }
}

/// Which of several hypotheses are rejected so that the chance to reject any true one is at most
/// `level`: Holm's step-down procedure.
pub fn holm(p_values: &[f64], level: f64) -> Vec<bool> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    let mut rejected = vec![false; p_values.len()];
    for (rank, &i) in order.iter().enumerate() {
        if p_values[i] > level / (p_values.len() - rank) as f64 {
            break;
        }
        rejected[i] = true;
    }
    rejected
}

#[cfg(test)]
mod tests {
    use super::{LongRunMean, holm};
    use crate::search::generator;
    use approx::assert_relative_eq;
    use rand_distr::{Distribution, StandardNormal};

    /// One transform for n = 8? `0.4 * 8^(2/3) = 1.6`, so two. Of `x_t = cos(pi (t + 1/2)/8)` the
    /// first is `sqrt(2/8) * 4 = 2`, because cosines square to n/2, and the second 0: the mean
    /// square is 2, and the squared standard error 2/8.
    #[test]
    fn transforms_of_a_cosine() {
        let wave = |t: usize| (std::f64::consts::PI * (t as f64 + 0.5) / 8.0).cos();
        let series: Vec<f64> = (0..8).map(|t| 3.0 + wave(t)).collect();
        let m = LongRunMean::of(&series).unwrap();
        assert_eq!(m.freedom, 2);
        assert_relative_eq!(m.mean, 3.0, epsilon = 1e-14);
        assert_relative_eq!(m.std_error, 0.5, epsilon = 1e-14);
        // Student with two degrees of freedom has the closed form P(|T| > t) = 1 - t/sqrt(t^2 + 2):
        // t = 6 gives 1 - 6/sqrt(38).
        assert_relative_eq!(m.p_value(), 1.0 - 6.0 / 38_f64.sqrt(), epsilon = 1e-10);
        // Its 95 % quantile is 4.3027.
        assert_relative_eq!(m.half_width(0.95), 4.3027 / 2.0, epsilon = 1e-4);
    }

    #[test]
    fn what_has_no_long_run_mean_has_none() {
        assert_eq!(LongRunMean::of(&[1.0; 7]), None);
        assert_eq!(LongRunMean::of(&[f64::NAN; 20]), None);
        assert_relative_eq!(LongRunMean::of(&[0.0; 20]).unwrap().p_value(), 1.0);
    }

    /// How often a true mean of zero is rejected at 5 %, for `n` values that follow each other with
    /// lag-one autocorrelation `phi`, and how often the naive standard error rejects it.
    fn rejections(phi: f64, n: usize) -> (f64, f64) {
        const SERIES: u64 = 4000;
        let (mut ours, mut naive) = (0, 0);
        for index in 0..SERIES {
            let rng = &mut generator(7, index);
            let mut next = || -> f64 { StandardNormal.sample(rng) };
            let mut x = next() / (1.0 - phi * phi).sqrt();
            let series: Vec<f64> = (0..n)
                .map(|_| {
                    let now = x;
                    x = phi * x + next();
                    now
                })
                .collect();
            let m = LongRunMean::of(&series).unwrap();
            ours += u64::from(m.p_value() < 0.05);
            let spread: f64 = series.iter().map(|x| (x - m.mean).powi(2)).sum();
            let error = (spread / (n * (n - 1)) as f64).sqrt();
            naive += u64::from((m.mean / error).abs() > 2.09);
        }
        (ours as f64 / SERIES as f64, naive as f64 / SERIES as f64)
    }

    /// The standard deviation of a rejection rate of 5 % over 4,000 series is 0.0034. With lag-one
    /// autocorrelation 0.7, the most that the recorded differences show, the nominal 5 % are really
    /// some 10 %; the naive standard error makes that 40 %.
    #[test]
    fn the_level_is_kept_with_autocorrelation() {
        let (white, _) = rejections(0.0, 20);
        assert!((0.035..0.065).contains(&white), "{white}");
        let (half, _) = rejections(0.5, 20);
        assert!((0.045..0.085).contains(&half), "{half}");
        let (strong, naive) = rejections(0.7, 20);
        assert!((0.07..0.13).contains(&strong), "{strong}");
        assert!(naive > 0.3, "{naive}");
    }

    /// At level 0.05: 0.01 <= 0.05/3, 0.02 <= 0.05/2, 0.2 > 0.05.
    #[test]
    fn holm_steps_down() {
        assert_eq!(holm(&[0.02, 0.2, 0.01], 0.05), [true, false, true]);
        // 0.03 > 0.05/2 stops the descent although 0.04 < 0.05.
        assert_eq!(holm(&[0.04, 0.03, 0.001], 0.05), [false, false, true]);
        assert_eq!(holm(&[], 0.05), [false; 0]);
    }
}
