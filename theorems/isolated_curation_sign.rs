//! # One model alone: how well curation must be aligned to be sure to help
//!
//! **Statement.** For one model alone, $\rho_p \approx 1$ implies $dJ_p/d\lambda > 0$, where
//! $\rho_p = \cos(\nabla J_p(\theta^*), h)$. Read: there is a $c < 1$ such that every loop with
//! $\rho_p > c$ has $dJ_p/d\lambda > 0$.
//!
//! **Hypotheses.** Assumptions 3.2 to 3.5. Every loop used here also meets $\kappa < 1$ and
//! $0 < \lambda < 1$, so that Theorem 4.5 applies to it.
//!
//! *Why it fails.* A loop that breaks the sentence for one $c$ breaks it for every smaller one, so
//! `sign` is checked at $c = 1 - 10^{-6}$. For the others: let the model make $N(\theta, \cdot)$ and be
//! trained by $\tfrac12(x - \theta)^\top H(x - \theta)$, real data with mean 0, and let curation shift
//! its own samples by $k$. Then $S_p = H^{-1}/\lambda_R$, $h = Hk$, and with $t = 3/(1 - c)$,
//!
//! ```math
//! H = \mathrm{diag}(1, t^2), \quad k = (1, 1/t), \quad \nabla J_p = (-1, t/2), \quad \lambda_H = (1-c)^2/36
//! ```
//!
//! gives $\langle\nabla J_p, S_p h\rangle = -\tfrac12/\lambda_R < 0$, while $h = (1, t)$ and
//! $\rho_p^2 = 1 - 9t^2/(t^4 + 5t^2 + 4) > 1 - 9/t^2 = 1 - (1-c)^2 \ge c^2$; and
//! $L\varepsilon/\gamma = t^2\lambda_H = 1/4$, so $\kappa = 2/3$. `every_constant` checks this family.
//!
//! *What holds.* If the model keeps its own samples as they are, so that its Jacobian is a multiple of
//! the identity, and $H$ has condition number $m$,
//!
//! ```math
//! \rho_p > \frac{m - 1}{m + 1} \implies \frac{dJ_p}{d\lambda} > 0,
//! ```
//!
//! because $(m-1)/(m+1)$ is the sine of the largest angle by which $H^{-1}$ turns a vector. No smaller
//! constant will do for a given $m$: $h = (1, \sqrt m)$ and $\nabla J_p = (-a, \sqrt m)$ with $a \downarrow
//! 1$ come as close to it as one likes with $\langle\nabla J_p, S_p h\rangle \propto 1 - a < 0$. So a loss
//! whose Hessian is badly conditioned, as those of neural networks are, leaves no room.
//!
//! **How it is checked.** $dJ_p/d\lambda$ of stiff loops along three routes, rewards at angles from
//! $h$ between $10^{-5}$ and 1, leaning away from where $S_p$ turns $h$.
//!
//! **Source.** Corollary E.1 of arXiv 2605.29267.

use crate::prelude::*;

/// See the [module](self).
pub struct IsolatedCurationSign;

const SIGN: &str = r"one model alone: \(\rho_p > c\) implies \(dJ_p/d\lambda > 0\) for some \(c < 1\); at \(c = 1 - 10^{-6}\)";
const CONDITION: &str = r"one model alone whose samples curation shifts by a constant, its own samples kept as they are (so \(D_\theta F_p\) is a multiple of its Hessian), \(m\) the condition number of its Hessian: \(\rho_p > (m-1)/(m+1)\) implies \(dJ_p/d\lambda > 0\)";
const EVERY: &str = r"for every \(c < 1\) there is a model alone with \(\kappa < 1\), \(\rho_p > c\) and \(dJ_p/d\lambda < 0\): that of the proof";

impl Theorem for IsolatedCurationSign {
    fn card(&self) -> Card {
        Card {
            id: "cor_e1",
            title: "Sign of the self-influence of a model alone",
            source: "arXiv 2605.29267, Corollary E.1",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::over(&Alone, "sign", SIGN, Improves)
                .given(IsOne)
                .given(KappaOfOne)
                .given(AlignedBeyond::Constant)
                .reading(r"\(\rho_p \approx 1\) as: there is a \(c < 1\) such that every loop with \(\rho_p > c\) has \(dJ_p/d\lambda > 0\). What breaks this for one \(c\) breaks it for every smaller one, so it is checked at \(c = 1 - 10^{-6}\); `every_constant` has a loop for each \(c\). The reward that curates and the reward that \(J_p\) averages may differ, as in the paper's Gaussian experiment")
                .consequence(Gravity::Hypothesis, r"How close \(\rho_p\) must be to 1 depends on the condition number \(m\) of the loss: \((m-1)/(m+1)\), and no constant does for all losses. For badly conditioned losses near-perfect alignment of \(h\) guarantees nothing"),
            Claim::over(&Alone, "sign#corrected", CONDITION, Improves)
                .given(IsOne)
                .given(AlignedBeyond::Condition { percent: 100 })
                .corrected(),
            Claim::over(&Constants01, "every_constant", EVERY, Family { stiff: true })
                .given(BelowOne)
                .derived(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                Claim::over(&Alone, "condition_0.99", CONDITION, Improves)
                    .given(IsOne)
                    .given(AlignedBeyond::Condition { percent: 99 }),
                "sign#corrected",
                "for H = diag(1, 49), h = (1, 7) and a reward along (-1.05, 7), rho_p = 0.958 is more \
                 than 0.99 * 0.96 and 1 - 1.05 < 0",
            )
            .built(|| stiff(7.0, dvector![-1.05, 7.0])),
            Control::new(
                Claim::over(&Constants01, "every_constant_one_hessian", EVERY, Family {
                    stiff: false,
                })
                .given(BelowOne),
                "every_constant",
                "with t = 3 for every c, rho_p = 0.61, which is not above c = 0.9",
            ),
        ]
    }
}

/// One model alone that makes $N(\theta, \cdot)$ and is trained by
/// $\tfrac12(x - \theta)^\top H(x - \theta)$ on real data of mean 0, its own samples and its own
/// curated samples.
///
/// A point has its shares `lambda_S`, `lambda_H`, the diagonal `hessian` (coordinates can be chosen so),
/// `h` (curation shifts its samples by $H^{-1}h$) and the gradient `reward` of its alignment.
struct Alone;

impl Domain for Alone {
    fn name(&self) -> &'static str {
        "alone"
    }
    fn what(&self) -> &'static str {
        "one model of dimension 2 to 4 with a Hessian of condition number up to 2^26, whose curated \
         samples are its own, shifted; rewards at angles from h between 1e-6 and 1, half of them \
         leaning away from where curation moves the model; synthetic shares small enough for \
         kappa < 1 in two loops of three"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let d = rng.random_range(2..=4);
        let most = rng.random_range(0..=26_i32);
        let hessian = DVector::from_fn(d, |_, _| f64::from(rng.random_range(0..=most)).exp2());
        // Where all directions weigh alike in this way, the stiffest loss turns h most.
        let h = DVector::from_fn(d, |i, _| {
            hessian[i].sqrt() * f64::from(rng.random_range(-16..=16)) / 16.0
        });
        let angle = 10_f64.powf(-rng.random_range(0.0..6.0));
        let mut across = DVector::from_fn(d, |_, _| rng.random_range(-1.0..1.0));
        if rng.random_bool(0.5) {
            across = -h.component_div(&hessian);
        }
        let unit = &h / h.norm().max(f64::MIN_POSITIVE);
        across -= &unit * unit.dot(&across);
        let across = &across / across.norm().max(f64::MIN_POSITIVE);
        let most =
            if rng.random_bool(1.0 / 3.0) { 0.9 } else { hessian.min() / hessian.max() / 3.0 };
        let synthetic = most * rng.random_range(0.05..1.0);
        let curated = synthetic * rng.random_range(0.1..1.0);
        Point::new()
            .with("lambda_S", synthetic - curated)
            .with("lambda_H", curated)
            .with_vector("hessian", hessian)
            .with_vector("h", h)
            .with_vector("reward", unit + across * angle)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let t = *[2.0, 3.0, 7.0, 10.0, 1e3, 1e4, 1e5].choose(rng).expect("not empty");
        let lean = *[1.0, 2.0, 0.5, 10.0, 30.0, 100.0].choose(rng).expect("not empty");
        stiff(t, dvector![-lean, t])
    }
    fn reductions(&self, at: &Point<f64>) -> Vec<Point<f64>> {
        let d = at.matrix("h").nrows();
        let without = |k: usize| {
            ["hessian", "h", "reward"].iter().fold(at.clone(), |smaller, name| {
                smaller.with_matrix(*name, at.matrix(name).clone().remove_row(k))
            })
        };
        if d > 1 { (0..d).map(without).collect() } else { Vec::new() }
    }
}

/// $H = \mathrm{diag}(1, t^2)$ and $h = (1, t)$.
fn stiff(t: f64, reward: DVector<f64>) -> Point<f64> {
    Point::new()
        .with("lambda_S", 0.0)
        .with("lambda_H", 0.25 / (t * t))
        .with_vector("hessian", dvector![1.0, t * t])
        .with_vector("h", dvector![1.0, t])
        .with_vector("reward", reward)
}

/// One model that trains on real data, its own samples and its own curated samples.
pub(crate) struct OneModel<S: Scalar> {
    /// `H`, `d × d`.
    pub(crate) hessian: DMatrix<S>,
    /// `B`, `d × d`.
    pub(crate) data: DMatrix<S>,
    /// Shares of its own samples as they are, and of curated ones.
    pub(crate) shares: [S; 2],
    /// Mean of real data, `d`.
    pub(crate) real: DVector<S>,
    /// Mean of curated samples as an affine map of `θ`.
    pub(crate) curated: (DMatrix<S>, DVector<S>),
    /// What its users want.
    pub(crate) alignment: Alignment<S>,
}

impl<S: Scalar> OneModel<S> {
    /// Beside an idle model that nothing depends on: a two-model loop without cross data.
    pub(crate) fn beside_an_idle_one(self) -> Result<Sample<S>, LoopError> {
        let d = self.real.len();
        let component = |source, weight, channel, offset| Component {
            source,
            weight,
            channel,
            offset,
            spread: 1.0,
        };
        let zeros = |n: usize| DVector::from_element(n, S::zero());
        let none = |n: usize| DMatrix::from_element(n, 0, S::zero());
        let [raw, curated] = self.shares;
        let left = S::one() - raw.clone() - curated.clone();
        let p = vec![
            component(Source::Real, left, none(d), self.real),
            component(Source::Raw(0), raw, DMatrix::identity(d, d), zeros(d)),
            component(Source::Curated(0), curated, self.curated.0, self.curated.1),
        ];
        let q = vec![component(Source::Real, S::one(), none(1), zeros(1))];
        let one = DMatrix::identity(1, 1);
        let idle =
            Alignment { linear: zeros(1), curvature: DMatrix::from_element(1, 1, S::zero()) };
        let models = vec![
            Model::new("p".into(), self.hessian, self.data, p, self.alignment)?,
            Model::new("q".into(), one.clone(), one, q, idle)?,
        ];
        let system = GaussianLoop::new(models, Order::Simultaneous);
        Ok(Sample { probe: Probe::plain(&system), system })
    }
}

/// The model of a point, as a loop.
fn loop_of<S: Scalar>(at: &Point<S>) -> Result<Sample<S>, LoopError> {
    let hessian = at.vector("hessian");
    let d = hessian.len();
    for entry in ["h", "reward"] {
        if at.matrix(entry).nrows() != d {
            return Err(LoopError::WrongShape { entry, rows: d, columns: 1 });
        }
    }
    let stiffness = DMatrix::from_diagonal(&hessian);
    let model = OneModel {
        hessian: stiffness.clone(),
        data: stiffness,
        shares: [at.number("lambda_S"), at.number("lambda_H")],
        real: DVector::from_element(d, S::zero()),
        curated: (DMatrix::identity(d, d), at.vector("h").component_div(&hessian)),
        alignment: Alignment {
            linear: at.vector("reward"),
            curvature: DMatrix::from_element(d, d, S::zero()),
        },
    };
    model.beside_an_idle_one()
}

fn alone<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<&'a Case<S>, LoopError> {
    let at = view.point()?;
    view.once(|| Ok(Case::new(loop_of(at)?)))
}

/// Shares are shares, none of them real or curated zero; the loss is strongly convex.
struct IsOne;

impl Hypothesis for IsOne {
    fn tex(&self) -> &'static str {
        r"\lambda_R, \lambda_H > 0, \lambda_S \ge 0, H \succ 0"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let convex = at.vector("hessian").iter().all(S::is_above_zero);
        Ok(if convex && are_shares(at) { S::one() } else { -S::one() })
    }
}

/// Whether `lambda_S` and `lambda_H` leave something real, and something is curated.
pub(crate) fn are_shares<S: Arithmetic>(at: &Point<S>) -> bool {
    let (raw, curated) = (at.number("lambda_S"), at.number("lambda_H"));
    let real = S::one() - raw.clone() - curated.clone();
    !raw.is_below_zero() && real.is_above_zero() && curated.is_above_zero()
}

/// $\kappa < 1$.
struct KappaOfOne;

impl Hypothesis for KappaOfOne {
    fn tex(&self) -> &'static str {
        r"\kappa < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(S::one() - alone(view)?.constants().kappa())
    }
}

/// $\rho_p$ above a threshold.
enum AlignedBeyond {
    /// $1 - 10^{-6}$.
    Constant,
    /// Of $(m - 1)/(m + 1)$, $m$ the condition number of the Hessian.
    Condition { percent: i32 },
}

impl Hypothesis for AlignedBeyond {
    fn tex(&self) -> &'static str {
        match self {
            AlignedBeyond::Constant => r"\rho_p > 1 - 10^{-6}",
            AlignedBeyond::Condition { percent: 100 } => r"\rho_p > (m - 1)/(m + 1)",
            AlignedBeyond::Condition { .. } => r"\rho_p > 0.99\,(m - 1)/(m + 1)",
        }
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let pair = alone(view)?.pair()?;
        let rho = cosine(&pair.grad_p, &pair.h()?);
        let threshold = match self {
            AlignedBeyond::Constant => S::one() - S::one() / S::from_int(1_000_000),
            AlignedBeyond::Condition { percent } => {
                let (least, most) = S::extreme_eigenvalues(&pair.system.models[0].hessian);
                let sine = (most.clone() - least.clone()) / (most + least);
                sine * S::from_int(*percent) / S::from_int(100)
            }
        };
        Ok(rho - threshold)
    }
}

/// $dJ_p/d\lambda > 0$.
struct Improves;

impl Property for Improves {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let case = alone(view)?;
        let seen = case.by(view.route).influence(Turn::CurateP)?;
        Ok(vec![Side::positive("dJ_p/dlambda", seen.dp.clone(), size(case, seen.dx.as_ref())?)])
    }
}

/// What is added up to get $dJ_p$: $\sum_i |g_i|\,|\delta_i|$ where $\delta$ is seen, $|g||b|$ where it is
/// not.
fn size<S: Arithmetic>(case: &Case<S>, dx: Option<&DVector<S>>) -> Result<S, LoopError> {
    let pair = case.pair()?;
    let Some(dx) = dx else {
        let b = pair.system.forcing(&case.knobs()[0], &pair.stable);
        return Ok(norm(&pair.grad_p) * norm(&b));
    };
    let terms = pair.grad_p.iter().zip(dx.iter()).map(|(g, x)| g.abs() * x.abs());
    Ok(terms.fold(S::zero(), |sum, term| sum + term))
}

/// Constants `c` in `(0, 1)`.
struct Constants01;

impl Domain for Constants01 {
    fn name(&self) -> &'static str {
        "constant"
    }
    fn what(&self) -> &'static str {
        "a constant c between 0 and 1 - 1e-4, 1 - c log-uniform"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        Point::new().with("c", 1.0 - 10_f64.powf(-rng.random_range(0.0..4.0)))
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        Point::new().with("c", *[0.5, 0.75, 0.9, 0.99, 0.999].choose(rng).expect("not empty"))
    }
}

/// $0 \le c < 1$.
struct BelowOne;

impl Hypothesis for BelowOne {
    fn tex(&self) -> &'static str {
        r"0 \le c < 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let c = view.point()?.number("c");
        if c.is_below_zero() { Ok(c) } else { Ok(S::one() - c) }
    }
}

/// The model of the proof breaks the sentence for `c`.
struct Family {
    /// Whether $t = 3/(1 - c)$, as in the proof, or 3.
    stiff: bool,
}

impl Property for Family {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let c = view.point()?.number("c");
        let case = view.once(|| {
            let three = S::from_int(3);
            let t = if self.stiff { three / (S::one() - c.clone()) } else { three };
            let square = t.clone() * t.clone();
            let quarter = S::one() / S::from_int(4);
            let half_t = t.clone() / S::from_int(2);
            let at = Point::new()
                .with("lambda_S", S::zero())
                .with("lambda_H", quarter / square.clone())
                .with_vector("hessian", dvector![S::one(), square])
                .with_vector("h", dvector![S::one(), t])
                .with_vector("reward", dvector![-S::one(), half_t]);
            Ok(Case::new(loop_of(&at)?))
        })?;
        let pair = case.pair()?;
        let seen = case.by(view.route).influence(Turn::CurateP)?;
        let scale = size(case, seen.dx.as_ref())?;
        Ok(vec![
            Side::below("c", c, cosine(&pair.grad_p, &pair.h()?)),
            Side::below("dJ_p/dlambda", seen.dp.clone(), S::zero()).against(scale),
            Side::below("kappa", case.constants().kappa(), S::one()),
        ])
    }
}
