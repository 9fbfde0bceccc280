//! Luce choice among `K` candidates, exactly: what curation does to a law on finitely many
//! categories.
//!
//! Of `K` independent candidates $z_k \sim P$ one is kept, with probability proportional to its
//! weight $e_z > 0$ (Eq. 3 of the paper, $e_z = e^{r(z)}$). The kept one has the law
//! $P(z) H_K(z)$ with
//!
//! ```math
//! H_K(z) = K e_z\, E\Big[\frac{1}{e_z + e_{z_2} + \dots + e_{z_K}}\Big]
//!        = K e_z \int_0^\infty e^{-s e_z} M(s)^{K-1}\, ds, \qquad M(s) = \sum_y P(y) e^{-s e_y},
//! ```
//!
//! because $1/c = \int_0^\infty e^{-sc} ds$. Three routes lead to it: closed forms ($K = 1, 2,
//! \infty$), the sum over all multisets of candidates, and the integral by one trapezoidal rule.
//!
//! **The rule and its error.** With $s = e^t$ the integrand is $g(t) = e^t f(e^t)$, where $f$ is a
//! sum of positive multiples of $e^{-cs}$, so $|f(e^{t + i\alpha})| \le f(e^t \cos\alpha)$ and
//! $\int |g(t + i\alpha)|\, dt \le I/\cos\alpha$ for $|\alpha| < \pi/2$. The trapezoidal rule of
//! step $\eta$ on the whole line then errs by at most $2 I / (\cos\alpha\,(e^{2\pi\alpha/\eta} -
//! 1))$ (Trefethen and Weideman, SIAM Review 56, 2014, Theorem 5.1): a bound relative to the
//! integral, whatever the law, the weights and `K`. At $\eta = 1/4$ it is below $10^{-15}$, with
//! some two hundred nodes.

use crate::error::LoopError;
use crate::linalg;
use crate::scalar::Scalar;
use nalgebra::{DMatrix, DVector};

/// Among how many candidates the curator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Candidates {
    /// `K`, at least 1; 1 is no curation.
    Finite(u32),
    /// The limit $K \to \infty$: the law is tilted by the weights.
    Infinite,
}

/// By which route $H_K$ is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// A formula, for `K` = 1, 2 and infinity.
    Closed,
    /// A sum over all multisets of `K - 1` candidates.
    Enumeration,
    /// The integral, by the trapezoidal rule with this many nodes per unit of $\ln s$.
    Quadrature(u32),
}

/// Nodes per unit of $\ln s$ of the rule that is used unless another is asked for.
pub const NODES: u32 = 4;

/// Parts of the integral relatively smaller than `e` to this power are left out: 10⁻¹⁷.
const NEGLIGIBLE: f64 = -39.2;

/// Multisets up to which doubles are summed over them: fewer than the nodes of the rule.
const CHEAP: u64 = 128;

/// Multisets up to which exact arithmetic sums over them.
const BEARABLE: u64 = 4_000;

/// Most candidates that are enumerated: the multinomial coefficients still fit an `i32`.
const ENUMERABLE: u32 = 12;

/// Luce choice with given weights.
#[derive(Clone, Debug)]
pub struct Luce<S> {
    weights: DVector<S>,
    candidates: Candidates,
    means: Means<S>,
}

/// How $E[1/(c + e_{z_1} + \dots + e_{z_m})]$ is computed.
#[derive(Clone, Debug)]
enum Means<S> {
    Closed,
    /// $1/(e_z + e_y)$, `n × n`: one candidate besides.
    Pairs(DMatrix<S>),
    Enumerated {
        /// All multisets of `K - 1` candidates.
        others: Vec<Multiset<S>>,
        /// All multisets of `K - 2`.
        fewer: Vec<Multiset<S>>,
    },
    Integrated(Rule),
}

/// Candidates regardless of their order.
#[derive(Clone, Debug)]
struct Multiset<S> {
    /// How often each category occurs, `n`.
    counts: Vec<u32>,
    /// The number of orders.
    orders: S,
    /// The sum of the weights.
    sum: S,
}

/// A trapezoidal rule on $\ln s$.
#[derive(Clone, Debug)]
struct Rule {
    /// $\eta s_i$ for each node.
    lengths: Vec<f64>,
    /// $e^{-s_i e_y}$, nodes by categories, row after row.
    decays: Vec<f64>,
    /// One minus these, not rounded to nothing.
    losses: Vec<f64>,
    /// A bound of the relative error, from above.
    error: f64,
}

impl<S: Scalar> Luce<S> {
    /// Choice among `candidates` with these weights, by the cheapest exact route.
    ///
    /// # Errors
    /// In exact arithmetic, if there are too many candidates to sum over.
    ///
    /// # Panics
    /// Without a candidate, or if a weight is not positive: a programming error.
    pub fn new(weights: DVector<S>, candidates: Candidates) -> Result<Self, LoopError> {
        let exact = linalg::is_exact::<S>();
        let method = match candidates {
            Candidates::Infinite | Candidates::Finite(..=2) => Method::Closed,
            Candidates::Finite(k) => {
                let most = if exact { BEARABLE } else { CHEAP };
                let few = k <= ENUMERABLE && multisets(weights.len(), k - 1) <= most;
                match (few, exact) {
                    (true, _) => Method::Enumeration,
                    (false, false) => Method::Quadrature(NODES),
                    (false, true) => {
                        let categories = weights.len();
                        return Err(LoopError::TooManyCandidates { candidates: k, categories });
                    }
                }
            }
        };
        Ok(Self::by(weights, candidates, method))
    }

    /// The same by a route of the caller's choice. The quadrature rounds in every arithmetic, so it
    /// is for doubles and dual numbers, and takes the weights as constants.
    ///
    /// # Panics
    /// As [`new`](Self::new), and if there is no such route for so many candidates.
    pub fn by(weights: DVector<S>, candidates: Candidates, method: Method) -> Self {
        assert!(weights.iter().all(|e| e.pivot() > 0.0), "Luce weights are positive");
        let means = match (method, candidates) {
            (_, Candidates::Finite(0)) => panic!("a curator needs a candidate"),
            (Method::Closed, Candidates::Infinite | Candidates::Finite(1)) => Means::Closed,
            (Method::Closed, Candidates::Finite(2)) => {
                let n = weights.len();
                Means::Pairs(DMatrix::from_fn(n, n, |z, y| {
                    S::one() / (weights[z].clone() + weights[y].clone())
                }))
            }
            (Method::Enumeration, Candidates::Finite(k @ 2..=ENUMERABLE)) => Means::Enumerated {
                others: enumerate(&weights, k - 1),
                fewer: enumerate(&weights, k - 2),
            },
            (Method::Quadrature(nodes), Candidates::Finite(k)) => {
                // Positive numbers are as large as they are good pivots.
                let weights: Vec<f64> = weights.iter().map(Scalar::pivot).collect();
                Means::Integrated(Rule::new(&weights, k, nodes))
            }
            _ => panic!("{candidates:?} candidates have no route {method:?}"),
        };
        Luce { weights, candidates, means }
    }

    /// $e_z$, `n`.
    pub fn weights(&self) -> &DVector<S> {
        &self.weights
    }

    /// Among how many.
    pub fn candidates(&self) -> Candidates {
        self.candidates
    }

    /// A bound of the relative error of the route, rounding apart; 0 where there is none.
    pub fn error(&self) -> f64 {
        match &self.means {
            Means::Integrated(rule) => rule.error,
            _ => 0.0,
        }
    }

    /// $H_K(z)$ for every category of `law`, `n`.
    pub fn factors(&self, law: &DVector<S>) -> DVector<S> {
        let e = &self.weights;
        let size = match self.candidates {
            Candidates::Finite(1) => return e.map(|_| S::one()),
            Candidates::Finite(k) => whole::<S>(k),
            Candidates::Infinite => {
                let mean = linalg::dot(law, e);
                return e.map(|e| e / mean.clone());
            }
        };
        let means = match &self.means {
            Means::Closed => unreachable!("one candidate and infinitely many have no mean"),
            Means::Pairs(inverses) => inverses * law,
            Means::Enumerated { others, .. } => {
                let chances = chances(others, law);
                e.map(|a| mean_of_inverse(others, &chances, &a))
            }
            Means::Integrated(rule) => rule.means(law, self.candidates),
        };
        means.component_mul(e) * size
    }

    /// The law of the kept candidate, $P(z) H_K(z)$, `n`.
    pub fn curate(&self, law: &DVector<S>) -> DVector<S> {
        self.factors(law).component_mul(law)
    }

    /// The derivative of [`curate`](Self::curate) along changes of the law that keep its sum, as an
    /// `n × n` matrix (which says nothing along other changes).
    pub fn derivative(&self, law: &DVector<S>) -> DMatrix<S> {
        let slopes = self.slopes(law);
        let factors = self.factors(law);
        DMatrix::from_fn(law.len(), law.len(), |z, y| {
            let through_others = law[z].clone() * slopes[(z, y)].clone();
            if z == y { through_others + factors[z].clone() } else { through_others }
        })
    }

    /// $\partial H_K(z)/\partial P(y)$, `n × n`.
    fn slopes(&self, law: &DVector<S>) -> DMatrix<S> {
        let (n, e) = (law.len(), &self.weights);
        let size = match self.candidates {
            Candidates::Finite(1) => return DMatrix::from_element(n, n, S::zero()),
            Candidates::Finite(k) => whole::<S>(k) * whole::<S>(k - 1),
            Candidates::Infinite => {
                let mean = linalg::dot(law, e);
                let square = mean.clone() * mean;
                return DMatrix::from_fn(n, n, |z, y| {
                    -(e[z].clone() * e[y].clone() / square.clone())
                });
            }
        };
        let mut means = match &self.means {
            Means::Closed => unreachable!("one candidate and infinitely many have no mean"),
            Means::Pairs(inverses) => inverses.clone(),
            Means::Enumerated { fewer, .. } => {
                let chances = chances(fewer, law);
                DMatrix::from_fn(n, n, |z, y| {
                    mean_of_inverse(fewer, &chances, &(e[z].clone() + e[y].clone()))
                })
            }
            Means::Integrated(rule) => rule.mixed_means(law, self.candidates),
        };
        for (z, mut row) in means.row_iter_mut().enumerate() {
            row *= size.clone() * e[z].clone();
        }
        means
    }
}

fn whole<S: Scalar>(k: u32) -> S {
    S::from_f64(f64::from(k))
}

/// The number of multisets of `m` among `n`: $\binom{n + m - 1}{m}$, or more than anyone enumerates.
fn multisets(n: usize, m: u32) -> u64 {
    (0..u64::from(m)).fold(1_u64, |count, i| count.saturating_mul(n as u64 + i) / (i + 1))
}

/// All multisets of `m` candidates.
fn enumerate<S: Scalar>(weights: &DVector<S>, m: u32) -> Vec<Multiset<S>> {
    let mut open = vec![Multiset { counts: vec![], orders: S::one(), sum: S::zero() }];
    for (y, e) in weights.iter().enumerate() {
        let last = y + 1 == weights.len();
        let extended = open.iter().flat_map(|set| {
            let used: u32 = set.counts.iter().sum();
            let least = if last { m - used } else { 0 };
            (least..=m - used).map(move |count| {
                let mut counts = set.counts.clone();
                counts.push(count);
                Multiset {
                    counts,
                    orders: set.orders.clone() * binomial(used + count, count),
                    sum: set.sum.clone() + whole::<S>(count) * e.clone(),
                }
            })
        });
        open = extended.collect();
    }
    open
}

fn binomial<S: Scalar>(n: u32, k: u32) -> S {
    whole((0..k).fold(1, |product, i| product * (n - i) / (i + 1)))
}

/// The probability of each multiset.
fn chances<S: Scalar>(sets: &[Multiset<S>], law: &DVector<S>) -> Vec<S> {
    let chance = |set: &Multiset<S>| {
        let powers = set.counts.iter().zip(law).map(|(&count, p)| power(p, count));
        powers.fold(set.orders.clone(), |product, x| product * x)
    };
    sets.iter().map(chance).collect()
}

/// $E[1/(c + \text{sum})]$.
fn mean_of_inverse<S: Scalar>(sets: &[Multiset<S>], chances: &[S], c: &S) -> S {
    let terms = sets.iter().zip(chances).map(|(set, p)| p.clone() / (c.clone() + set.sum.clone()));
    terms.fold(S::zero(), |sum, x| sum + x)
}

/// By repeated squaring.
fn power<S: Scalar>(base: &S, mut exponent: u32) -> S {
    let (mut result, mut square) = (S::one(), base.clone());
    while exponent > 0 {
        if exponent % 2 == 1 {
            result *= square.clone();
        }
        exponent /= 2;
        if exponent > 0 {
            square *= square.clone();
        }
    }
    result
}

/// A number between 0 and 1, by what it lacks to 1 where it is near.
#[derive(Clone)]
enum Fraction<S> {
    /// One minus this.
    Lacks(S),
    Is(S),
}

impl<S: Scalar> Fraction<S> {
    fn value(self) -> S {
        match self {
            Fraction::Lacks(x) => S::one() - x,
            Fraction::Is(x) => x,
        }
    }
    fn times(self, other: Self) -> Self {
        match (self, other) {
            (Fraction::Lacks(x), Fraction::Lacks(y)) => {
                let lacks = x.clone() + y.clone() - x * y;
                let near = lacks.pivot() <= 0.5;
                if near { Fraction::Lacks(lacks) } else { Fraction::Is(S::one() - lacks) }
            }
            (x, y) => Fraction::Is(x.value() * y.value()),
        }
    }
}

/// $M^m$ at a node. Where `M` is close to 1 its rounding would grow `m`-fold.
fn power_of_rest<S: Scalar>(law: &DVector<S>, lost: &[f64], kept: &[f64], mut m: u32) -> S {
    let mean = |row: &[f64]| {
        let terms = law.iter().zip(row).map(|(p, x)| p.clone() * S::from_f64(*x));
        terms.fold(S::zero(), |sum, x| sum + x)
    };
    let lacks = mean(lost);
    let near = lacks.pivot() <= 0.5;
    let mut square = if near { Fraction::Lacks(lacks) } else { Fraction::Is(mean(kept)) };
    let mut result = Fraction::Lacks(S::zero());
    while m > 0 {
        if m % 2 == 1 {
            result = result.times(square.clone());
        }
        m /= 2;
        if m > 0 {
            square = square.clone().times(square);
        }
    }
    result.value()
}

impl Rule {
    /// The nodes reach from where `s` is negligible to where the integrand is.
    ///
    /// The integrand lies between 1 and $e^{-sKe_{\min}}$ and the integral is at least
    /// $1/(K e_{\max})$, by Jensen's inequality.
    fn new(weights: &[f64], k: u32, nodes: u32) -> Self {
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let least = weights.iter().copied().fold(f64::INFINITY, f64::min);
        let (k, step) = (f64::from(k), 1.0 / f64::from(nodes));
        let first = NEGLIGIBLE - (k * largest).ln();
        let last = ((largest / least).ln() - NEGLIGIBLE).ln() - (k * least).ln();
        let count = ((last - first) / step).ceil();
        let points: Vec<f64> = std::iter::successors(Some(0.0), |i| Some(i + 1.0))
            .take_while(|i| *i <= count)
            .map(|i| (first + i * step).exp())
            .collect();
        let rates = || points.iter().flat_map(|s| weights.iter().map(move |e| -s * e));
        let tau = std::f64::consts::TAU;
        // The best angle is close to a right one.
        let angle = tau / 4.0 - step / tau;
        let error = 2.0 / (angle.cos() * (tau * angle / step).exp_m1());
        Rule {
            decays: rates().map(f64::exp).collect(),
            losses: rates().map(|x| -x.exp_m1()).collect(),
            lengths: points.iter().map(|s| s * step).collect(),
            error: error + 2.0 * NEGLIGIBLE.exp(),
        }
    }

    /// Nodes with what is added up at each: the length times $M^m$, and the decays.
    fn at_nodes<S: Scalar>(&self, law: &DVector<S>, m: u32) -> impl Iterator<Item = (S, &[f64])> {
        let lost = self.losses.chunks_exact(law.len());
        let kept = self.decays.chunks_exact(law.len());
        self.lengths.iter().zip(lost.zip(kept)).map(move |(length, (lost, kept))| {
            (power_of_rest(law, lost, kept, m) * S::from_f64(*length), kept)
        })
    }

    /// $\int_0^\infty e^{-s e_z} M(s)^{K-1} ds$ for every category.
    fn means<S: Scalar>(&self, law: &DVector<S>, candidates: Candidates) -> DVector<S> {
        let mut sums = law.map(|_| S::zero());
        for (value, row) in self.at_nodes(law, others(candidates)) {
            for (sum, x) in sums.iter_mut().zip(row) {
                *sum += value.clone() * S::from_f64(*x);
            }
        }
        sums
    }

    /// $\int_0^\infty e^{-s (e_z + e_y)} M(s)^{K-2} ds$ for every two categories.
    fn mixed_means<S: Scalar>(&self, law: &DVector<S>, candidates: Candidates) -> DMatrix<S> {
        let mut sums = DMatrix::from_element(law.len(), law.len(), S::zero());
        for (value, row) in self.at_nodes(law, others(candidates) - 1) {
            for (mut column, x) in sums.column_iter_mut().zip(row) {
                let part = value.clone() * S::from_f64(*x);
                for (sum, y) in column.iter_mut().zip(row) {
                    *sum += part.clone() * S::from_f64(*y);
                }
            }
        }
        sums
    }
}

fn others(candidates: Candidates) -> u32 {
    match candidates {
        Candidates::Finite(k) => k - 1,
        Candidates::Infinite => unreachable!("a limit is not integrated"),
    }
}
