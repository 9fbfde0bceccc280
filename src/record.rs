//! The recorded series of the paper's CIFAR-10 experiment (`data/cifar_rewards.csv`).

use crate::scalar::{Scalar, decimal};
use num_rational::BigRational;
use num_traits::ToPrimitive;
use std::sync::OnceLock;

/// One row an epoch; see `data/README.md` for where the numbers come from.
const TEXT: &str = include_str!("../data/cifar_rewards.csv");

/// Epochs recorded, counted from 0.
pub const EPOCHS: usize = 55;

/// Numbers are kept in units of $10^{-5}$, the last decimal of the file.
const UNIT: i32 = 100_000;

/// A setting of the experiment.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// The paper's name: `A1`.
    pub name: &'static str,
    /// Fraction of the synthetic data of θ that φ made, $c_\theta$.
    pub cross_p: f64,
    /// Fraction of the synthetic data of φ that θ made, $c_\phi$.
    pub cross_q: f64,
}

/// The six settings of Section 5.2.
pub const SETTINGS: [Setting; 6] = [
    Setting { name: "A1", cross_p: 0.0, cross_q: 1.0 },
    Setting { name: "A2", cross_p: 0.2, cross_q: 0.8 },
    Setting { name: "A3", cross_p: 0.3, cross_q: 0.4 },
    Setting { name: "A4", cross_p: 0.7, cross_q: 0.3 },
    Setting { name: "A5", cross_p: 0.2, cross_q: 0.3 },
    Setting { name: "A6", cross_p: 0.7, cross_q: 0.8 },
];

/// A reward that is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reward {
    /// $J_p$, of θ's samples.
    P,
    /// $J_q$, of φ's samples.
    Q,
}

/// A curated share of θ's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curated {
    /// $\lambda_H = 0.5$.
    Half,
    /// $\lambda_H = 0.6$: 2,000 curated samples more.
    More,
}

/// The rewards of one run, epoch by epoch: [`EPOCHS`] numbers, exact in every arithmetic.
///
/// # Panics
/// If `setting` is not below 6.
pub fn rewards<S: Scalar>(setting: usize, reward: Reward, curated: Curated) -> Vec<S> {
    let column = 4 * setting + 2 * reward as usize + curated as usize;
    columns()[column].iter().map(|&n| S::from_int(n) / S::from_int(UNIT)).collect()
}

fn columns() -> &'static [Vec<i32>] {
    static COLUMNS: OnceLock<Vec<Vec<i32>>> = OnceLock::new();
    COLUMNS.get_or_init(|| parse(TEXT).expect("the series that is built in is whole"))
}

/// By columns, without that of the epochs; `None` if it is not the file that it should be.
fn parse(text: &str) -> Option<Vec<Vec<i32>>> {
    let mut lines = text.lines();
    let header = SETTINGS.iter().flat_map(|s| {
        let cell =
            |k: usize| format!("{}_{}_{}", s.name, ["Jp", "Jq"][k / 2], ["0.5", "0.6"][k % 2]);
        (0..4).map(cell)
    });
    let header: Vec<String> = std::iter::once("epoch".to_string()).chain(header).collect();
    if lines.next()? != header.join(",") {
        return None;
    }
    let unit = BigRational::from_integer(UNIT.into());
    let units = |cell: &str| {
        let n = decimal(cell)? * &unit;
        n.is_integer().then(|| n.to_integer().to_i32()).flatten()
    };
    let mut columns = vec![Vec::with_capacity(EPOCHS); header.len() - 1];
    for (epoch, line) in lines.enumerate() {
        let mut cells = line.split(',');
        if cells.next()? != epoch.to_string() {
            return None;
        }
        for column in &mut columns {
            column.push(units(cells.next()?)?);
        }
        if cells.next().is_some() {
            return None;
        }
    }
    columns.iter().all(|c| c.len() == EPOCHS).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::{Curated, EPOCHS, Reward, TEXT, parse, rewards};
    use crate::scalar::Exact;

    /// Read off the file by eye: its first and last row.
    // Decimals of the file, which floating point rounds once.
    #[allow(clippy::float_cmp)]
    #[test]
    fn columns_are_where_the_header_says() {
        let first = |s, r, c| rewards::<f64>(s, r, c)[0];
        let last = |s, r, c| rewards::<f64>(s, r, c)[EPOCHS - 1];
        assert_eq!(first(0, Reward::P, Curated::Half), 0.06466);
        assert_eq!(first(0, Reward::Q, Curated::More), -0.06286);
        assert_eq!(first(5, Reward::Q, Curated::More), 0.04162);
        assert_eq!(last(0, Reward::P, Curated::Half), 0.64932);
        assert_eq!(last(0, Reward::P, Curated::More), 0.92395);
        assert_eq!(last(5, Reward::Q, Curated::More), -0.00462);
    }

    #[test]
    fn exact_numbers_are_the_decimals() {
        let exact: Vec<Exact> = rewards(0, Reward::P, Curated::Half);
        let shown = exact[0].point().map(ToString::to_string);
        assert_eq!(shown.as_deref(), Some("3233/50000"), "0.06466");
    }

    #[test]
    fn another_file_is_not_taken_for_it() {
        assert!(parse(TEXT).is_some());
        assert!(parse(&TEXT.replacen("A1_Jp_0.5", "A1_Jp_0.6", 1)).is_none(), "columns swapped");
        assert!(parse(&TEXT.replacen("0.06466", "0.064661", 1)).is_none(), "six decimals");
        assert!(parse(&TEXT.replacen("0.06466", "nan", 1)).is_none());
        assert!(parse(&TEXT.replacen("0.06466,", "", 1)).is_none(), "a cell less");
        assert!(parse(&TEXT.replacen("\n3,", "\n4,", 1)).is_none(), "an epoch missing");
        let short = TEXT.trim_end().rsplit_once('\n').map(|(head, _)| head);
        assert!(parse(short.unwrap_or_default()).is_none(), "the last row missing");
    }
}
