//! Two classifiers of handwritten digits that label each other's images, as a domain of claims.

pub mod rivals;

use super::{Family, Matrices, Running, Terms};
use crate::case::{Arithmetic, Influence, Route, Turn, View};
use crate::domain::Domain;
use crate::dynamics;
use crate::error::LoopError;
use crate::influence::Constants;
use crate::linalg::{dot, norm};
use crate::point::Point;
use crate::scalar::Real;
use crate::search::generator;
use crate::systems::digits::{CLASSES, IMAGES, chosen, features};
use crate::systems::{
    Candidates, Classifier, Inputs, Linearisation, Luce, Order, RetrainingMap, Round, Shares,
    SoftmaxLoop,
};
use nalgebra::{DMatrix, DVector};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use std::cell::OnceCell;
use std::sync::LazyLock;

/// Two multinomial logistic regressions on UCI digits, `p` with every other image of those that the
/// point names and `q` with the rest; features are means over patches of pixels and a constant,
/// longest input scaled to 1.
#[derive(Clone, Copy, Debug)]
pub struct Digits;

/// Height and width of the finest patches that features are means of: 90 parameters a model, and
/// two thirds to three quarters of the digits told apart.
const FINE: (usize, usize) = (2, 4);

/// All images, with fine patches.
const WHOLE: Selection = Selection { patch: FINE, images: 1797, first: 0, stride: 1 };

/// One draw in so many is of [`WHOLE`]; prime to the period of the other choices that go by the
/// index.
const WHOLE_EVERY: u64 = 101;

/// One draw in so many has fine patches.
const FINE_EVERY: u64 = 53;

/// The numbers of the images, those of each digit together: steps through them meet all digits about
/// equally often.
static BY_LABEL: LazyLock<Vec<usize>> = LazyLock::new(|| {
    let mut numbers: Vec<usize> = (0..IMAGES.len()).collect();
    numbers.sort_by_key(|&k| IMAGES[k].label);
    numbers
});

/// Which images a loop is about, and what its models see of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Selection {
    /// Height and width of the patches.
    patch: (usize, usize),
    /// How many images, those of both models.
    images: usize,
    /// The place of the first among all, by digit.
    first: usize,
    /// From one to the next, past the last image to the first again.
    stride: usize,
}

impl Selection {
    fn draw(rng: &mut Xoshiro256PlusPlus, index: u64) -> Self {
        let whole = index.is_multiple_of(WHOLE_EVERY);
        let patch = match rng.random_range(0..10) {
            _ if index % FINE_EVERY == 1 => FINE,
            0..5 => (8, 4),
            5..9 => (4, 8),
            _ => (4, 4),
        };
        let images = rng.random_range(120..=200);
        let (first, stride) = (rng.random_range(0..1797), rng.random_range(9..=598));
        if whole { WHOLE } else { Selection { patch, images, first, stride } }
    }

    fn write(self, at: Point<f64>) -> Point<f64> {
        at.with("patch_height", self.patch.0 as f64)
            .with("patch_width", self.patch.1 as f64)
            .with("images", self.images as f64)
            .with("first_image", self.first as f64)
            .with("stride", self.stride as f64)
    }

    /// Numbers that are none are read as the nearest that are.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn read(at: &Point<f64>) -> Self {
        let count = |name| at.number(name).abs() as usize;
        let side = |name| 1 << count(name).clamp(1, 8).ilog2();
        Selection {
            patch: (side("patch_height"), side("patch_width")),
            images: count("images").clamp(2, IMAGES.len()),
            first: count("first_image") % IMAGES.len(),
            stride: count("stride") % IMAGES.len(),
        }
    }

    /// The numbers of the images of model `i`, no image twice if the stride is prime to their
    /// number or there are few.
    fn of(self, i: usize) -> Vec<usize> {
        let turns = (0..self.images).skip(i).step_by(2);
        turns.map(|k| BY_LABEL[(self.first + k * self.stride) % IMAGES.len()]).collect()
    }

    fn inputs(self) -> [Inputs; 2] {
        [0, 1].map(|i| chosen(self.patch.0, self.patch.1, &self.of(i)))
    }

    /// $\sqrt{\lambda_{\max}(E_x xx^\top)}$ of each model.
    fn spreads(self) -> [f64; 2] {
        [0, 1].map(|i| {
            let of = self.of(i);
            let x = features(self.patch.0, self.patch.1).select_columns(&of);
            f64::extreme_eigenvalues(&(&x * x.transpose() / of.len() as f64)).1.sqrt()
        })
    }
}

/// The images that the models of a point see.
pub fn images_of(at: &Point<f64>) -> [Inputs; 2] {
    Selection::read(at).inputs()
}

/// The names of a model's entries in a point; `shares` are raw, curated, and the part of both that
/// the other model labelled; the rest is real.
struct Names {
    shares: &'static str,
    ridge: &'static str,
    reward: &'static str,
}

const NAMES: [Names; 2] = [
    Names { shares: "shares_p", ridge: "ridge_p", reward: "reward_p" },
    Names { shares: "shares_q", ridge: "ridge_q", reward: "reward_q" },
];

impl Domain for Digits {
    fn name(&self) -> &'static str {
        "digits"
    }

    fn what(&self) -> &'static str {
        "two softmax regressions on 60 to 100 UCI digits each, of means of two or four patches of an image \
         and a constant, one in 53 of eight, one in 101 of eight on half of all 1,797 digits; ridge 0.1 to 2; \
         real labels, labels of both models and labels curated among 2 or infinitely many by rewards \
         for some labels, one in 8 for or against the truth; synthetic shares such that a, b are at \
         most 0.25: little synthetic data or a strong ridge"
    }

    fn floor(&self) -> u64 {
        1_000
    }

    fn is_exact(&self) -> bool {
        false
    }

    fn draw(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        let candidates = if index.is_multiple_of(2) { 2.0 } else { 0.0 };
        let selection = Selection::draw(rng, index);
        let spreads = selection.spreads();
        let mut at = selection
            .write(Point::new().with("candidates", candidates).with("start", index as f64));
        let rewards =
            if index % 16 < 2 { [truthful(rng), truthful(rng)] } else { partial(candidates, rng) };
        for (i, (names, reward)) in NAMES.iter().zip(rewards).enumerate() {
            let ridge = (rng.random_range(0.1_f64.ln()..2.0_f64.ln())).exp();
            let (curated, cross) = (rng.random_range(0.1..1.0), rng.random_range(0.0..1.0));
            let aim = rng.random_range(0.02..0.25) * ridge / lipschitz(ridge);
            let unit = DVector::from_column_slice(&[1.0 - curated, curated, cross]);
            let total = (aim / sensitivity(spreads[i], &unit, candidates)).min(0.9);
            let shares =
                DVector::from_column_slice(&[total * (1.0 - curated), total * curated, cross]);
            at = at
                .with_vector(names.shares, shares)
                .with(names.ridge, ridge)
                .with_matrix(names.reward, reward);
        }
        at
    }

    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.draw(rng, index)
    }

    /// Without the rewards, which are long.
    fn lines(&self, at: &Point<f64>) -> Vec<String> {
        at.lines().into_iter().filter(|line| !line.starts_with("reward")).collect()
    }
}

/// A reward for the true label, or against it, with a little caprice.
fn truthful(rng: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
    let for_truth = rng.random_range(-2.0..2.0);
    let caprice = 0.3 * rng.random_range(0.0_f64..1.0).powi(2);
    DMatrix::identity(CLASSES, CLASSES) * for_truth + noise(caprice, rng)
}

/// Rewards for some labels, whatever the truth, shared by both models or opposed.
///
/// What one model's labels tell the other is mostly how frequent they are, because the constant
/// outweighs all other features: only to such rewards is $C_q h$ not nearly at a right angle.
fn partial(candidates: f64, rng: &mut Xoshiro256PlusPlus) -> [DMatrix<f64>; 2] {
    // A choice between two tilts half as much as one among infinitely many.
    let most = if candidates == 0.0 { 1.0 } else { 2.0 };
    let size = rng.random_range(0.5 * most..most);
    let liked = noise(size, rng).row(0).into_owned();
    let everywhere = DMatrix::from_fn(CLASSES, CLASSES, |_, y| liked[y]);
    let sign = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
    [&everywhere + noise(0.05, rng), everywhere * sign + noise(0.05, rng)]
}

fn noise(size: f64, rng: &mut Xoshiro256PlusPlus) -> DMatrix<f64> {
    DMatrix::from_fn(CLASSES, CLASSES, |_, _| {
        let x: f64 = StandardNormal.sample(rng);
        size * x
    })
}

/// $L$: the gradient $(p - e_y) \otimes x + \gamma\theta$ moves by at most $|x| \le 1$ times the
/// distance $|e_y - e_{y'}|$ of two labels of one input, and by at most $\tfrac12|x|^2 + \gamma$ times
/// that of the parameters. (Between different inputs distances may be as large as one likes: no two
/// training laws differ in the inputs.)
fn lipschitz(ridge: f64) -> f64 {
    f64::max(1.0, 0.5 + ridge)
}

/// $\varepsilon$ of a model whose inputs have this $\sqrt{\lambda_{\max}(E xx^\top)}$, from above.
///
/// With labels at the distance of their unit vectors $W_1$ is $E_x \sqrt2\,\mathrm{TV}_x$. Along a
/// change $v$ of the logits a softmax law changes by $\sum_y p_y|v_y - \bar v| \le |v|/\sqrt2$ in the
/// 1-norm, which is twice the total variation; the law of the one kept of $K$ by at most $\sqrt K$
/// times that (the standard deviation of the sum of $K$ independent scores), and for $K = \infty$ no
/// more than that (a tilt of a softmax is one). Finally $E_x|\Delta\Theta x| \le
/// \sqrt{\lambda_{\max}(E xx^\top)}\,|\Delta\Theta|$, and own and cross parts add up as $\sqrt{e_1^2 +
/// e_2^2}$.
fn sensitivity(spread: f64, shares: &DVector<f64>, candidates: f64) -> f64 {
    let growth = if candidates == 0.0 { 1.0 } else { candidates.sqrt() };
    let both = 0.5 * spread * (shares[0] + growth * shares[1]);
    both * (1.0 - shares[2]).hypot(shares[2])
}

/// The constants of the assumptions at a point: the ridge, `lipschitz`, `sensitivity`.
pub fn constants(at: &Point<f64>) -> Constants<f64> {
    let [gamma_p, gamma_q] = NAMES.map(|names| at.number(names.ridge));
    let spreads = Selection::read(at).spreads();
    let eps =
        |i: usize| sensitivity(spreads[i], &at.vector(NAMES[i].shares), at.number("candidates"));
    Constants {
        l_p: lipschitz(gamma_p),
        l_q: lipschitz(gamma_q),
        eps_p: eps(0),
        eps_q: eps(1),
        gamma_p,
        gamma_q,
    }
}

/// The loop of a point, on these images.
///
/// # Errors
/// If there are too many candidates.
pub fn digits_loop(at: &Point<f64>, images: [Inputs; 2]) -> Result<SoftmaxLoop, LoopError> {
    let candidates = match at.number("candidates") {
        0.0 => Candidates::Infinite,
        // A count.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        k => Candidates::Finite(k as u32),
    };
    let mut models = Vec::new();
    for ((i, names), inputs) in NAMES.iter().enumerate().zip(images) {
        let shares = at.vector(names.shares);
        let split = |share: f64| {
            let (own, cross) = (share * (1.0 - shares[2]), share * shares[2]);
            if i == 0 { vec![own, cross] } else { vec![cross, own] }
        };
        let reward = at.matrix(names.reward).clone();
        let curation =
            reward.row_iter().map(|r| Luce::new(r.transpose().map(f64::exp), candidates));
        models.push(Classifier {
            inputs,
            shares: Shares { raw: split(shares[0]), curated: split(shares[1]) },
            ridge: at.number(names.ridge),
            curation: curation.collect::<Result<_, _>>()?,
            reward,
        });
    }
    Ok(SoftmaxLoop::new(models))
}

/// A loop of classifiers at its stable point.
pub struct Rest {
    /// The loop, anchored there.
    pub system: SoftmaxLoop,
    /// The stable point.
    pub stable: DVector<f64>,
}

impl Rest {
    /// Finds the stable point, from the optima on real labels.
    ///
    /// # Errors
    /// If Newton's method does not.
    pub fn of(system: SoftmaxLoop) -> Result<Self, LoopError> {
        let mut start = DVector::zeros(system.dimension());
        for i in 0..2 {
            let origin = system.parameters(i, &start);
            let optimum =
                system.optimum(i, origin, &system.real(i)).ok_or(LoopError::NoStablePoint)?;
            let rows = &system.blocks()[i];
            start.rows_mut(rows.start, rows.len()).copy_from_slice(optimum.as_slice());
        }
        let stable = system.stable_point(&start).ok_or(LoopError::NoStablePoint)?;
        Ok(Rest { system: system.anchored(&stable), stable })
    }

    /// What the formulas need, by the paper's definitions.
    ///
    /// # Errors
    /// If a matrix of the paper has no inverse.
    pub fn matrices(&self) -> Result<Matrices<f64>, LoopError> {
        let (system, stable) = (&self.system, &self.stable);
        let derivative = |i: usize, j: usize| {
            let through_law = system.law_derivative(i, j, stable);
            if i == j {
                through_law + system.hessian(i, &system.parameters(i, stable))
            } else {
                through_law
            }
        };
        let blocks = [[derivative(0, 0), derivative(0, 1)], [derivative(1, 0), derivative(1, 1)]];
        let gradients = [0, 1].map(|i| system.alignment_gradient(i, stable));
        let curated = system.curated_labels(0, stable);
        let force = -system.gradient(0, &system.parameters(0, stable), &curated);
        Matrices::new(blocks, gradients, force)
    }

    /// $dx^*/d\lambda$ by the implicit-function theorem, $(I - J)^{-1}b$.
    ///
    /// # Errors
    /// If 1 is an eigenvalue of `J`.
    pub fn response(&self, jacobian: &DMatrix<f64>) -> Result<DVector<f64>, LoopError> {
        let (system, stable) = (&self.system, &self.stable);
        let here = system.parameters(0, stable);
        // As the curated share grows the others shrink in proportion: the law moves from the whole
        // of them towards the curated one.
        let rest = 1.0 - system.models[0].shares.curated();
        let all = system.training_labels(0, stable);
        let towards = (system.curated_labels(0, stable) - all) / rest;
        let hessian = system.hessian(0, &here);
        let moved =
            hessian.cholesky().ok_or(LoopError::NoStablePoint)?.solve(&system.moment(0, &towards));
        let mut forcing = DVector::zeros(stable.len());
        forcing.rows_mut(0, moved.len()).copy_from(&moved);
        let pull = DMatrix::identity(stable.len(), stable.len()) - jacobian;
        pull.lu().solve(&forcing).ok_or(LoopError::NoStablePoint)
    }

    /// $dx^*/d\lambda$ from the points at which the loop settles when it is run with other curated
    /// shares: central differences at two distances, extrapolated.
    ///
    /// # Errors
    /// If it does not settle.
    pub fn response_by_running(&self) -> Result<DVector<f64>, LoopError> {
        let share = self.system.models[0].shares.curated();
        let step = STEP.min(share / 4.0).min((1.0 - share) / 4.0);
        let settled =
            |steps: f64, start: &DVector<f64>| self.settled_from(share + steps * step, start);
        let here = &self.stable;
        // Each run starts where the polynomial through the ends of those before it leads: closer to
        // where it ends, which is found by running all the same.
        let up = settled(1.0, here)?;
        let down = settled(-1.0, &(here * 2.0 - &up))?;
        let far_up = settled(2.0, &((&up - here) * 3.0 + &down))?;
        let far_down = settled(-2.0, &((&down + &up) * 4.0 - here * 6.0 - &far_up))?;
        let (near, far) = ((up - down) / (2.0 * step), (far_up - far_down) / (4.0 * step));
        Ok((near * 4.0 - far) / 3.0)
    }

    /// Where the loop settles with this curated share.
    ///
    /// # Errors
    /// If it does not settle.
    pub fn settled_at(&self, share: f64) -> Result<DVector<f64>, LoopError> {
        self.settled_from(share, &self.stable)
    }

    /// The same, from `start`.
    fn settled_from(&self, share: f64, start: &DVector<f64>) -> Result<DVector<f64>, LoopError> {
        let mut moved = self.system.clone();
        moved.models[0].shares = moved.models[0].shares.with_curated(share);
        if let Some((state, _)) = dynamics::settle_map(&moved, &Order::Simultaneous, start) {
            return Ok(state);
        }
        let jacobian = moved.linearise(&self.stable).jacobian;
        let radius = dynamics::spectrum_of(&jacobian)?.radius();
        Err(LoopError::Diverges { radius, rounds: dynamics::MAX_ROUNDS })
    }
}

/// By how much the curated share is varied. Extrapolation leaves an error of the order of its
/// fourth power, and the settled points carry some 1e-14.
const STEP: f64 = 0.005;

/// How far a run starts from the stable point, in each parameter.
const AWAY: f64 = 0.5;

/// A point worked out; `S` is what the claim reads it in, which has to be floating point.
struct Solved<S: Arithmetic> {
    rest: Rest,
    linear: OnceCell<Linearisation<f64>>,
    matrices: Matrices<S>,
    answers: [OnceCell<Result<Influence<S>, LoopError>>; 2],
}

/// `make`, where the arithmetic is floating point.
fn rounded<S: Arithmetic, T>(make: impl FnOnce() -> Result<T, LoopError>) -> Result<T, LoopError> {
    let mut made = None;
    S::floating(|| {
        made = Some(make()?);
        Ok(0.0)
    })?;
    made.ok_or(LoopError::NotObserved)
}

fn as_doubles<S: Arithmetic>(at: &Point<S>) -> Point<f64> {
    at.lift(|x| f64::midpoint(x.lower(), x.upper()))
}

impl<S: Arithmetic> Solved<S> {
    fn of<'a>(view: &View<'a, S>) -> Result<&'a Self, LoopError> {
        let at = view.point()?;
        view.once(|| {
            let (rest, matrices) = rounded::<S, _>(|| {
                let at = as_doubles(at);
                let rest = Rest::of(digits_loop(&at, images_of(&at))?)?;
                let matrices = rest.matrices()?;
                Ok((rest, matrices))
            })?;
            let answers = [OnceCell::new(), OnceCell::new()];
            Ok(Solved {
                rest,
                linear: OnceCell::new(),
                matrices: matrices.lift(S::from_f64),
                answers,
            })
        })
    }

    fn linear(&self) -> &Linearisation<f64> {
        self.linear.get_or_init(|| self.rest.system.linearise(&self.rest.stable))
    }

    fn answer(&self, route: Route) -> Result<Influence<S>, LoopError> {
        let dx = match route {
            Route::Direct => self.rest.response(&self.linear().jacobian)?,
            Route::Simulation => self.rest.response_by_running()?,
            _ => return Err(LoopError::NotObserved),
        };
        let terms = self.matrices.terms();
        let size = S::from_f64(dx.norm().max(self.rest.stable.norm()));
        let block = |i: usize| {
            let rows = &self.rest.system.blocks()[i];
            dx.rows(rows.start, rows.len()).map(S::from_f64)
        };
        Ok(Influence {
            dp: dot(terms.grad_p, &block(0)),
            dq: dot(terms.grad_q, &block(1)),
            size: [norm(terms.grad_p) * size.clone(), norm(terms.grad_q) * size],
            dx: Some(dx.map(S::from_f64)),
        })
    }
}

impl Family for Digits {
    const ROUTES: &'static [Route] = &[Route::Direct, Route::Simulation];

    fn terms<'a, S: Arithmetic>(view: &View<'a, S>) -> Result<Terms<'a, S>, LoopError> {
        Ok(Solved::of(view)?.matrices.terms())
    }

    fn sizes<S: Arithmetic>(view: &View<S>) -> Result<[S; 3], LoopError> {
        let terms = Self::terms(view)?;
        // Means of differences of laws, all of size one, over inputs of length at most one.
        let reward = |i: usize| {
            norm(&DVector::from_column_slice(
                view.point().map_or(&[][..], |at| at.matrix(NAMES[i].reward).as_slice()),
            ))
        };
        Ok([reward(0), reward(1), S::one() + norm(terms.h()?)])
    }

    /// Not drawn: Proposition 4.1 is not checked here.
    fn turning<S: Arithmetic>(_: &View<S>) -> Result<[DVector<S>; 2], LoopError> {
        Err(LoopError::NotObserved)
    }

    fn influence<'a, S: Arithmetic>(
        view: &View<'a, S>,
        turn: Turn,
    ) -> Result<&'a Influence<S>, LoopError> {
        if turn != Turn::CurateP {
            return Err(LoopError::NotObserved);
        }
        let solved = Solved::of(view)?;
        let answers = &solved.answers[usize::from(view.route != Route::Direct)];
        answers.get_or_init(|| solved.answer(view.route)).as_ref().map_err(Clone::clone)
    }

    fn constants<S: Arithmetic>(view: &View<S>) -> Result<Constants<S>, LoopError> {
        let at = as_doubles(view.point()?);
        let c = rounded::<S, _>(|| Ok(constants(&at)))?;
        let [gamma_p, gamma_q, l_p, l_q, eps_p, eps_q] =
            [c.gamma_p, c.gamma_q, c.l_p, c.l_q, c.eps_p, c.eps_q].map(S::from_f64);
        Ok(Constants { gamma_p, gamma_q, l_p, l_q, eps_p, eps_q })
    }

    fn curated_share<S: Arithmetic>(view: &View<S>) -> Result<S, LoopError> {
        Ok(view.point()?.vector(NAMES[0].shares)[1].clone())
    }
}

impl Running for Digits {
    fn stable<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError> {
        Ok(Solved::of(view)?.rest.stable.map(S::from_f64))
    }

    fn start<S: Arithmetic>(view: &View<S>) -> Result<DVector<S>, LoopError> {
        let stable = &Solved::of(view)?.rest.stable;
        let seed = view.point()?.number("start").lower();
        let mut rng = generator(seed.to_bits(), 0);
        Ok(stable.map(|x| {
            let away: f64 = StandardNormal.sample(&mut rng);
            S::from_f64(x + AWAY * away)
        }))
    }

    fn play<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
        state: &DVector<S>,
    ) -> Result<DVector<S>, LoopError> {
        let solved = Solved::of(view)?;
        let next = rounded::<S, _>(|| {
            let state = state.map(|x| f64::midpoint(x.lower(), x.upper()));
            Ok(dynamics::play(&solved.rest.system, round, &state))
        })?;
        Ok(next.map(S::from_f64))
    }

    fn round_jacobian<S: Arithmetic>(
        view: &View<S>,
        round: &Round,
    ) -> Result<DMatrix<S>, LoopError> {
        let solved = Solved::of(view)?;
        let blocks = solved.rest.system.blocks();
        Ok(dynamics::round_jacobian(solved.linear(), blocks, round).map(S::from_f64))
    }
}
