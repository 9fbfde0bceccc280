//! Stable points of loops that are not affine, each alone in a stated box, where curation backfires.

use crate::prelude::*;

const INVERTED: &str = r"two models on three categories, log loss, each curated by its own reward among infinitely many candidates. \(\theta\): real law (0.3, 0.1, 0.6), reward (1, 2, -2), \(\lambda = 0.1\), the rest 0.05 real, 0.2 its own, 0.75 of \(\phi\) with categories 2 and 3 exchanged. \(\phi\): real law (0.7, 0.2, 0.1), reward (1, 1, -1), share 0.2, the rest 0.05 real, 0.95 of \(\theta\). There is exactly one stable point whose first two probabilities are within 0.0001 of (0.59779, 0.19805) and (0.62895, 0.20671), and there \(\rho_p > 0\), yet \(dJ_p/d\lambda < 0\) and \(dJ_q/d\lambda < 0\)";
const CROSS_FALLS: &str = r"two models on three categories, log loss, each curated by its own reward between \(K = 2\) candidates. \(\theta\): real law (0.3, 0.4, 0.3), reward (1, 1, 0), \(\lambda = 0.1\), the rest 0.05 real, 0.95 of \(\phi\) with categories 2 and 3 exchanged. \(\phi\): real law (0.4, 0.1, 0.5), reward (3, -2, 3), share 0.4, the rest 0.1 real, 0.9 of \(\theta\) with categories 1 and 3 exchanged. There is exactly one stable point whose first two probabilities are within 0.004 of (0.327, 0.420) and (0.324, 0.261), and there \(\rho_p > 0\), \(dJ_p/d\lambda > 0\) and \(dJ_q/d\lambda < 0\)";
const CLASSIFIERS: &str = r"two classifiers with two labels, inputs \((1, x)\), ridge 0.5, half of the labels real, half curated between \(K = 2\) labels. \(\theta\): \(x\) = -2, -1, 1, 2 with true labels 1, 1, 2, 2, rewarded for label 1, four fifths of its curated labels made by \(\phi\). \(\phi\): \(x\) = -1.5, -0.5, 0.5, 1.5 with true labels 1, 2, 1, 2, rewarded for label 2, half of its curated labels made by \(\theta\). There is exactly one stable point whose parameters are within 0.0005 of (-0.0403, 0.0403, -0.3030, 0.3030) and (-0.0074, 0.0074, -0.1774, 0.1774), and there \(dJ_p/d\lambda < 0\)";

/// The claims.
pub(super) fn claims() -> Vec<Claim> {
    vec![
        Claim::stable_point("inverted@infinite", INVERTED, inverted()),
        Claim::stable_point("cross_falls@two", CROSS_FALLS, cross_falls()),
        Claim::stable_point("backfires@softmax", CLASSIFIERS, classifiers()),
    ]
}

fn inverted() -> StatedPoint {
    let mixture = |curated: &str, rest: [&str; 3]| mixture(curated, rest, ["1", "0"]);
    let p = OnCategories {
        mixture: mixture("0.1", ["0.05", "0.2", "0.75"]),
        real: texts(["0.3", "0.1", "0.6"]),
        reward: texts(["1", "2", "-2"]),
        reads: vec![0, 2, 1],
    };
    let q = OnCategories {
        mixture: mixture("0.2", ["0.05", "0", "0.95"]),
        real: texts(["0.7", "0.2", "0.1"]),
        reward: texts(["1", "1", "-1"]),
        reads: vec![0, 1, 2],
    };
    StatedPoint {
        system: SmallLoop::Categorical { candidates: 0, models: [p, q] },
        centre: texts(["0.59779", "0.19805", "0.62895", "0.20671"]),
        radius: "0.0001".into(),
        signs: vec![Sign { of: 0, rises: false }, Sign { of: 1, rises: false }],
        aligned: true,
    }
}

fn cross_falls() -> StatedPoint {
    let mixture = |curated: &str, rest: [&str; 3]| mixture(curated, rest, ["1", "0"]);
    let p = OnCategories {
        mixture: mixture("0.1", ["0.05", "0", "0.95"]),
        real: texts(["0.3", "0.4", "0.3"]),
        reward: texts(["1", "1", "0"]),
        reads: vec![0, 2, 1],
    };
    let q = OnCategories {
        mixture: mixture("0.4", ["0.1", "0", "0.9"]),
        real: texts(["0.4", "0.1", "0.5"]),
        reward: texts(["3", "-2", "3"]),
        reads: vec![2, 1, 0],
    };
    StatedPoint {
        system: SmallLoop::Categorical { candidates: 2, models: [p, q] },
        centre: texts(["0.327", "0.420", "0.324", "0.261"]),
        radius: "0.004".into(),
        signs: vec![Sign { of: 0, rises: true }, Sign { of: 1, rises: false }],
        aligned: true,
    }
}

fn classifiers() -> StatedPoint {
    let model = |x: [&str; 4], truth: [usize; 4], reward, makers| OnInputs {
        mixture: mixture("0.5", ["1", "0", "0"], makers),
        inputs: x.iter().map(|x| texts(["1", x])).collect(),
        truth: truth.to_vec(),
        ridge: "0.5".into(),
        reward: texts(reward),
    };
    let p = model(["-2", "-1", "1", "2"], [0, 0, 1, 1], ["1", "0"], ["0.2", "0.8"]);
    let q = model(["-1.5", "-0.5", "0.5", "1.5"], [0, 1, 0, 1], ["0", "1"], ["0.5", "0.5"]);
    StatedPoint {
        system: SmallLoop::Softmax { candidates: 2, models: [p, q] },
        centre: texts([
            "-0.0403", "0.0403", "-0.3030", "0.3030", "-0.0074", "0.0074", "-0.1774", "0.1774",
        ]),
        radius: "0.0005".into(),
        signs: vec![Sign { of: 0, rises: false }],
        aligned: false,
    }
}

fn mixture(curated: &str, rest: [&str; 3], makers: [&str; 2]) -> Mixture {
    Mixture { curated: curated.into(), rest: texts(rest), makers: texts(makers) }
}

fn texts<const N: usize>(all: [&str; N]) -> Vec<String> {
    all.iter().map(|t| (*t).to_string()).collect()
}
