//! # What the CIFAR-10 experiment is said to show
//!
//! **Statement.** Two class-conditional diffusion models, warm against cool hue, in six settings A1
//! to A6 with cross fractions $(c_\theta, c_\phi)$ from $(0, 1)$ to $(0.7, 0.8)$. Raising the curated
//! share of θ's data from $\lambda_H = 0.5$ to $0.6$ is said to help where the cross fraction of θ is
//! small, and to make $J_p$ fall where it is large (A4). The iterates are said to converge: their
//! relative change is below $10^{-4}$ after epoch 50, with a learning rate that halves each epoch from
//! epoch 40 on.
//!
//! The last sentence says nothing about the loop. If a step at the full rate moves the iterate by
//! less than a tenth of it, then ten halvings leave less than
//!
//! ```math
//! \tfrac{1}{10}\, 2^{-10} < 10^{-4}
//! ```
//!
//! whether the loop converges or not, and all later steps together move it by less than twice that.
//!
//! **Hypotheses.** $J_p$ is the mean reward that a run would show if it went on at the full learning
//! rate. Read: *small* is $c_\theta \le 0.3$ (A1, A2, A3, A5; the others have $0.7$); *helps* and
//! *falls* are a higher and a lower $J_p$ at $\lambda_H = 0.6$ than at $0.5$, in every setting that is
//! meant. *Falls where it is large (A4)* is read of A4 alone; with `#literal`, of A6 too, which has
//! the same cross fraction. The iterates are the parameters; only rewards are recorded.
//!
//! **How it is checked.** On the rewards that the paper's figure shows (`data/cifar_rewards.csv`), by
//! the difference of the two runs of a setting, epoch by epoch. Its mean is taken over epochs 20 to
//! 39, the second half of the time at the full rate: before, the runs still rise; from epoch 40 on
//! each stands still where it happens to be, so that 15 epochs say as much as one. The standard
//! error takes the autocorrelation into account (cosine transforms, Student with 3 degrees of
//! freedom). A cell decides only if it does so over epochs 10 to 39 as well, so that nothing hangs on
//! where the window begins. The family-wise level is 5 % over the six settings (Holm); at the
//! strongest autocorrelation of these differences, 0.7 from one epoch to the next, it is really some
//! 10 %. There is one run a cell. How much runs with other seeds differ is not recorded, so that even
//! what is decided here is decided for these runs alone.
//!
//! A claim is supported if every cell that it speaks of decides for it, disputed if one decides
//! against it, otherwise inconclusive. Noisy data refute nothing. What is exact is refuted: claims
//! about the recorded numbers themselves, and about the schedule, which is run on random loops
//! $x_{t+1} = x_t + s_t\,(Jx_t + b - x_t)$ of two parameters.
//!
//! **Source.** Section 5.2 of arXiv 2605.29267 and its figure.

use crate::prelude::*;

/// See the [module](self).
pub struct CifarExperiment;

const HELPS: &str = r"more curation of the data of \(\theta\) (\(\lambda_H = 0.6\) instead of \(0.5\)) helps where the cross fraction of \(\theta\) is small";
const HELPS_READ: &str =
    r"\(J_p\) is higher in each of A1, A2, A3 and A5, the settings with \(c_\theta \le 0.3\)";
const HELPS_A1: &str = r"more curation raises \(J_p\) in A1, where \(c_\theta = 0\)";
const OF_THESE_RUNS: &str = "of the two runs that are recorded, not of runs with other seeds";
const DROP: &str =
    r"\(J_p\) falls with more curation where the cross fraction of \(\theta\) is large (A4)";
const DROP_READ: &str = r"in A4, \(c_\theta = 0.7\)";
const DROP_LITERAL: &str =
    r"wherever the cross fraction is large: in A4 and in A6, both with \(c_\theta = 0.7\)";
const CONVERGES: &str = r"the iterates converge: their relative change is below \(10^{-4}\) after epoch 50, where the learning rate halves each epoch from 40 on";
const CONVERGES_READ: &str = "the iterates are the parameters of the two models";
const LAST: &str = r"at the last recorded epoch \(J_p\) is higher with more curation in every setting but A4, where it is lower";
const FORCED: &str = r"for every loop, convergent or not: if after epoch 50 a step at the full rate would move the iterate by less than a tenth of it, then with a rate that halves each epoch from 40 on each step moves it by less than \(10^{-4}\) of it, and the last five together by less than \(2 \cdot 10^{-4}\)";
const HIDDEN: &str = r"the same of loops that diverge at the full rate: the criterion cannot tell them from those that converge";

impl Theorem for CifarExperiment {
    fn card(&self) -> Card {
        Card {
            id: "sec_5_2",
            title: "The CIFAR-10 experiment",
            source: "arXiv 2605.29267, Section 5.2",
        }
    }

    fn claims(&self) -> Vec<Claim> {
        vec![
            Claim::own("low_cross_helps", Kind::Data, HELPS, |_, _| {
                judged(&[("A1", 1), ("A2", 1), ("A3", 1), ("A5", 1)])
            })
            .reading(HELPS_READ),
            Claim::own("helps_without_cross", Kind::Data, HELPS_A1, |_, _| judged(&[("A1", 1)]))
                .reading(OF_THESE_RUNS)
                .derived(),
            Claim::own("a4_drop", Kind::Data, DROP, |_, _| judged(&[("A4", -1)]))
                .reading(DROP_READ),
            Claim::own("a4_drop#literal", Kind::Data, DROP, |_, _| {
                judged(&[("A4", -1), ("A6", -1)])
            })
            .reading(DROP_LITERAL),
            recorded("last_epoch", LAST, LastEpoch { drops: "A4" }).derived(),
            Claim::own("converges", Kind::Data, CONVERGES, |_, _| settled())
                .reading(CONVERGES_READ),
            forced("schedule_forces_convergence", FORCED, PRINTED)
                .given(SmallSteps(PRINTED))
                .derived(),
            forced("schedule_hides_divergence", HIDDEN, PRINTED)
                .given(SmallSteps(PRINTED))
                .given(DivergesAtFullRate)
                .derived(),
        ]
    }

    fn controls(&self) -> Vec<Control> {
        vec![
            Control::new(
                recorded(
                    "last_epoch_drops_in_a6_alone",
                    r"at the last recorded epoch \(J_p\) is higher with more curation in every setting but A6",
                    LastEpoch { drops: "A6" },
                ),
                "last_epoch",
                "A4 ends at 0.072 with more curation and at 0.110 without",
            ),
            Control::new(
                recorded(
                    "rewards_settle",
                    r"the rewards change by less than \(10^{-4}\) of their size after epoch 50",
                    RewardsSettle,
                ),
                "converges",
                "what is said of the iterates is false of the rewards: J_p of A1 falls by 0.012 from \
                 0.690 within an epoch",
            ),
            Control::new(
                forced("constant_rate", FORCED, Schedule { halves_from: None })
                    .given(SmallSteps(Schedule { halves_from: None })),
                "schedule_forces_convergence",
                "at a constant rate steps of 5 % remain steps of 5 %",
            )
            .built(|| growing(1.5)),
            Control::new(
                forced("halving_from_45", FORCED, Schedule { halves_from: Some(46) })
                    .given(SmallSteps(Schedule { halves_from: Some(46) })),
                "schedule_forces_convergence",
                "five halvings leave 1/32 of a step of 5 %, 0.16 %",
            )
            .built(|| growing(1.5)),
            Control::new(
                forced("steps_of_any_size", FORCED, PRINTED),
                "schedule_forces_convergence",
                "a loop that grows by one half a step changes by 1/2048 after ten halvings",
            )
            .built(|| growing(6.0)),
        ]
    }
}

/// Chance that cells decide although nothing differs, over all six settings.
const LEVEL: f64 = 0.05;

/// First epochs of the two windows; both end before epoch [`HALVED`].
const WINDOWS: [usize; 2] = [20, 10];

/// The epoch from which the learning rate halves.
const HALVED: usize = 40;

/// $J_p$ at $\lambda_H = 0.6$ less $J_p$ at $0.5$ in a setting, epoch by epoch.
fn gain(setting: usize) -> Vec<f64> {
    let run = |curated| record::rewards::<f64>(setting, Reward::P, curated);
    run(Curated::More).into_iter().zip(run(Curated::Half)).map(|(more, half)| more - half).collect()
}

/// What both windows say of each setting: the sign of the mean gain where it is decided.
fn decided(gains: &[Vec<f64>]) -> Vec<i32> {
    let mut signs = vec![None; gains.len()];
    for start in WINDOWS {
        let means: Vec<Option<LongRunMean>> =
            gains.iter().map(|g| LongRunMean::of(&g[start..HALVED])).collect();
        let p = |m: &Option<LongRunMean>| m.map_or(1.0, |m| m.p_value());
        let p_values: Vec<f64> = means.iter().map(p).collect();
        let rejected = holm(&p_values, LEVEL);
        for ((sign, mean), rejected) in signs.iter_mut().zip(&means).zip(rejected) {
            let up = mean.is_some_and(|m| m.mean > 0.0);
            let here = if rejected { if up { 1 } else { -1 } } else { 0 };
            *sign = Some(if sign.is_none_or(|before| before == here) { here } else { 0 });
        }
    }
    signs.into_iter().map(Option::unwrap_or_default).collect()
}

/// Whether $J_p$ moves with more curation as `cells` say, in every one of them.
fn judged(cells: &[(&str, i32)]) -> Vec<Evidence> {
    let gains: Vec<Vec<f64>> = (0..record::SETTINGS.len()).map(gain).collect();
    vec![verdict_on(cells, &gains)]
}

fn verdict_on(cells: &[(&str, i32)], gains: &[Vec<f64>]) -> Evidence {
    let signs = decided(gains);
    let mut rows = Vec::new();
    let (mut agree, mut disagree) = (true, false);
    for (name, claimed) in cells {
        let Some(i) = record::SETTINGS.iter().position(|s| s.name == *name) else { continue };
        agree &= signs[i] == *claimed;
        disagree |= signs[i] == -*claimed;
        rows.push(row(name, &gains[i], signs[i]));
    }
    let finding = format!(
        "gain of J_p by more curation, mean over epochs {} to {} with its standard error: {}. Level {:.0} % over \
         six settings, where epochs {} to {} say the same; one run a cell",
        WINDOWS[0],
        HALVED - 1,
        rows.join("; "),
        100.0 * LEVEL,
        WINDOWS[1],
        HALVED - 1
    );
    match (agree, disagree) {
        (_, true) => Evidence::Checked { route: Route::Record, agrees: false, finding },
        (true, false) => Evidence::Checked { route: Route::Record, agrees: true, finding },
        (false, false) => Evidence::Silent { why: finding },
    }
}

/// One setting in words.
fn row(name: &str, gain: &[f64], sign: i32) -> String {
    let word = ["falls", "undecided", "rises"][usize::try_from(sign + 1).unwrap_or(1)];
    let window = &gain[WINDOWS[0]..HALVED];
    let Some(m) = LongRunMean::of(window) else { return format!("{name} has no mean") };
    let spread = window.iter().map(|x| (x - m.mean).powi(2)).sum::<f64>();
    let spread = (spread / (window.len() - 1) as f64).sqrt();
    format!(
        "{name} {:+.3} ± {:.3} (Student, {} degrees of freedom, p = {:.1e}), {word} (it stops at {:+.3}, one draw from a fluctuation of \
         ± {spread:.3})",
        m.mean,
        m.std_error,
        m.freedom,
        m.p_value(),
        gain[gain.len() - 1]
    )
}

/// How much less the rewards move after epoch 50 than at the full rate.
fn settled() -> Vec<Evidence> {
    let (mut late, mut early, mut above) = (Vec::new(), Vec::new(), 0);
    for setting in 0..record::SETTINGS.len() {
        for reward in [Reward::P, Reward::Q] {
            for curated in [Curated::Half, Curated::More] {
                let run: Vec<f64> = record::rewards(setting, reward, curated);
                let change = |t: usize| (run[t + 1] - run[t]).abs();
                early.extend((20..HALVED - 1).map(change));
                late.extend((AFTER..run.len() - 1).map(change));
                let relative = |t: &usize| change(*t) > 1e-4 * run[*t].abs();
                above += (AFTER..run.len() - 1).filter(relative).count();
            }
        }
    }
    let of = late.len();
    let factor = median(early) / median(late);
    vec![Evidence::Silent {
        why: format!(
            "the record has rewards, not iterates. After epoch 50 the rewards change by more than \
             1e-4 of their size in {above} of {of} epochs; their median change is 1/{factor:.0} of \
             that at the full rate, while the rate falls to 1/1024 and less, so they are no measure \
             of the iterates. That the schedule alone gives the stated criterion is \
             schedule_forces_convergence"
        ),
    }]
}

/// Of a list that is not empty: the middle one, the upper of two.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The settings of the record, by number.
struct Recorded;

impl Domain for Recorded {
    fn name(&self) -> &'static str {
        "cifar-settings"
    }
    fn what(&self) -> &'static str {
        "the six settings of the record, each once"
    }
    fn floor(&self) -> u64 {
        record::SETTINGS.len() as u64
    }
    fn draw(&self, _: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        // Numbers beyond the last setting are no setting, and are rejected.
        Point::new().with("setting", index as f64 + 1.0)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.draw(rng, index % self.floor())
    }
    fn lines(&self, at: &Point<f64>) -> Vec<String> {
        let name = numbered(at).map_or("no setting", |i| record::SETTINGS[i].name);
        vec![format!("setting {} ({name})", at.number("setting"))]
    }
}

/// A claim about the recorded numbers of every setting.
fn recorded(id: &'static str, tex: &'static str, property: impl Property + 'static) -> Claim {
    let claim = Claim::over(&Recorded, id, tex, property).given(IsASetting);
    Claim { kind: Kind::Data, ..claim }
}

/// The setting of a point, counted from 0.
// Only the numbers 1 to 6 themselves are settings.
#[allow(clippy::float_cmp)]
fn numbered<S: Real>(at: &Point<S>) -> Option<usize> {
    let number = at.number("setting");
    let is = |i: &usize| {
        let wanted = (i + 1) as f64;
        number.lower() == wanted && number.upper() == wanted
    };
    (0..record::SETTINGS.len()).find(is)
}

struct IsASetting;

impl Hypothesis for IsASetting {
    fn tex(&self) -> &'static str {
        r"\text{one of the six settings}"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(if numbered(view.point()?).is_some() { S::one() } else { -S::one() })
    }
}

/// $J_p$ ends higher with more curation, but lower in one setting.
struct LastEpoch {
    drops: &'static str,
}

impl Property for LastEpoch {
    fn routes(&self) -> &'static [Route] {
        &[Route::Record]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let setting = numbered(view.point()?).ok_or(LoopError::NotObserved)?;
        let last = |curated| {
            record::rewards::<S>(setting, Reward::P, curated).swap_remove(record::EPOCHS - 1)
        };
        let (half, more) = (last(Curated::Half), last(Curated::More));
        Ok(vec![if record::SETTINGS[setting].name == self.drops {
            Side::below("J_p at the end: with more curation, without", more, half)
        } else {
            Side::below("J_p at the end: without more curation, with", half, more)
        }])
    }
}

/// The rewards of a setting meet the criterion that the iterates are said to meet.
struct RewardsSettle;

impl Property for RewardsSettle {
    fn routes(&self) -> &'static [Route] {
        &[Route::Record]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let setting = numbered(view.point()?).ok_or(LoopError::NotObserved)?;
        let run: Vec<S> = record::rewards(setting, Reward::P, Curated::Half);
        let change = |t: usize| (run[t + 1].clone() - run[t].clone()).abs();
        let sides = (AFTER..record::EPOCHS - 1).map(|t| {
            let allowed = tenth_of_a_thousandth::<S>() * run[t].abs();
            Side::below("change of J_p in an epoch, allowed", change(t), allowed)
        });
        Ok(sides.collect())
    }
}

/// The epoch after which the iterates are said to have converged.
const AFTER: usize = 50;

fn tenth_of_a_thousandth<S: Scalar>() -> S {
    S::one() / S::from_int(10_000)
}

/// How the learning rate falls.
#[derive(Clone, Copy)]
struct Schedule {
    /// The first epoch whose rate is half of the full one; later ones halve it again.
    halves_from: Option<usize>,
}

/// As printed, where the first halving comes after epoch 40, not before: the slower reading.
const PRINTED: Schedule = Schedule { halves_from: Some(HALVED + 1) };

impl Schedule {
    /// The rate of an epoch in units of the full rate.
    fn rate<S: Scalar>(self, epoch: usize) -> S {
        let halvings = self.halves_from.map_or(0, |first| (epoch + 1).saturating_sub(first));
        (0..halvings).fold(S::one(), |rate, _| rate / S::from_int(2))
    }

    /// The iterates from epoch 50 to the end of epoch 54, each with its step at the full rate.
    fn end<S: Arithmetic>(self, at: &Point<S>) -> Vec<(DVector<S>, DVector<S>)> {
        let step = |x: &DVector<S>| {
            let target = at.matrix("J") * x + at.vector("b");
            (target - x) * at.number("s")
        };
        let mut x = at.vector("x_0");
        let mut seen = Vec::new();
        for epoch in 0..=record::EPOCHS {
            let full = step(&x);
            let next = &x + &full * self.rate::<S>(epoch);
            if epoch >= AFTER {
                seen.push((x, full));
            }
            x = next;
        }
        seen
    }
}

/// Loops of two parameters that are trained in steps.
struct Stepwise;

impl Domain for Stepwise {
    fn name(&self) -> &'static str {
        "stepwise-training"
    }
    fn what(&self) -> &'static str {
        "x_{t+1} = x_t + s_t (J x_t + b - x_t) in two parameters for 55 epochs: entries of J uniform \
         in [-2, 3], of b and the start in [-1, 1], the full rate s log-uniform in [0.003, 0.3]"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _: u64) -> Point<f64> {
        let j = DMatrix::from_fn(2, 2, |_, _| rng.random_range(-2.0..3.0));
        let b = DVector::from_fn(2, |_, _| rng.random_range(-1.0..1.0));
        let start = DVector::from_fn(2, |_, _| rng.random_range(-1.0..1.0));
        let rate = 0.003 * 100.0_f64.powf(rng.random_range(0.0..1.0));
        stepwise(j, b, start, rate)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _: u64) -> Point<f64> {
        let mut pick = |from: &[f64]| *from.choose(rng).expect("not empty");
        let j = DMatrix::from_fn(2, 2, |r, c| {
            pick(if r == c { &[0.5, 1.5, 2.0, 0.0, 6.0] } else { &[0.0, 0.0, 1.0, -1.0] })
        });
        let b = DVector::from_fn(2, |_, _| pick(&[0.0, 0.0, 1.0]));
        let start = DVector::from_fn(2, |_, _| pick(&[1.0, 0.0]));
        let rate = pick(&[0.1, 0.01, 0.05]);
        stepwise(j, b, start, rate)
    }
}

fn stepwise(j: DMatrix<f64>, b: DVector<f64>, start: DVector<f64>, rate: f64) -> Point<f64> {
    Point::new().with("s", rate).with_matrix("J", j).with_vector("b", b).with_vector("x_0", start)
}

/// Every coordinate grows by `(slope - 1)/10` of itself in a step at the full rate.
fn growing(slope: f64) -> Point<f64> {
    stepwise(DMatrix::identity(2, 2) * slope, dvector![0.0, 0.0], dvector![1.0, 0.0], 0.1)
}

fn forced(id: &'static str, tex: &'static str, schedule: Schedule) -> Claim {
    Claim::over(&Stepwise, id, tex, Settles(schedule))
}

/// A step at the full rate would move each late iterate by less than a tenth of it.
struct SmallSteps(Schedule);

impl Hypothesis for SmallSteps {
    fn tex(&self) -> &'static str {
        r"s|Jx_t + b - x_t| < |x_t|/10, t \ge 50"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let mut least = S::one();
        for (x, full) in self.0.end(view.point()?) {
            let size = dot(&x, &x);
            if size.pivot() == 0.0 {
                return Ok(-S::one());
            }
            let hundredth = S::one() / S::from_int(100);
            least = least.min(&(hundredth - dot(&full, &full) / size));
        }
        Ok(least)
    }
}

/// At the full rate the distance from the stable point grows without bound: an eigenvalue of
/// $I + s(J - I)$ lies outside the unit circle (Jury's conditions for two dimensions).
struct DivergesAtFullRate;

impl Hypothesis for DivergesAtFullRate {
    fn tex(&self) -> &'static str {
        r"\rho(I + s(J - I)) > 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        let at = view.point()?;
        let unit = DMatrix::<S>::identity(2, 2);
        let g = &unit + (at.matrix("J") - &unit) * at.number("s");
        let trace = g[(0, 0)].clone() + g[(1, 1)].clone();
        let det = determinant(&g);
        let outside = det.clone() - S::one();
        Ok(outside.max(&(trace.abs() - S::one() - det)))
    }
}

/// What the criterion asks for.
struct Settles(Schedule);

impl Property for Settles {
    fn routes(&self) -> &'static [Route] {
        &[Route::Simulation]
    }
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let iterates: Vec<DVector<S>> =
            self.0.end(view.point()?).into_iter().map(|(x, _)| x).collect();
        let relative = |from: &DVector<S>, to: &DVector<S>| {
            let size = norm(from);
            if size.pivot() == 0.0 {
                Err(LoopError::NotObserved)
            } else {
                Ok(norm(&(to - from)) / size)
            }
        };
        let mut largest = S::zero();
        for pair in iterates.windows(2) {
            largest = largest.max(&relative(&pair[0], &pair[1])?);
        }
        let all = relative(&iterates[0], &iterates[iterates.len() - 1])?;
        let allowed = tenth_of_a_thousandth::<S>();
        Ok(vec![
            Side::below("largest relative change in an epoch after 50", largest, allowed.clone()),
            Side::below("relative change from epoch 50 to the end", all, allowed.clone() + allowed),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::{PRINTED, Schedule, decided, gain, growing, verdict_on};

    fn gains() -> Vec<Vec<f64>> {
        (0..6).map(gain).collect()
    }

    /// 0.92395 - 0.64932 at the end of A1, 0.07238 - 0.11038 at that of A4.
    #[test]
    fn gains_are_more_curation_less_half() {
        let last = |i: usize| gains()[i][54];
        assert!((last(0) - 0.27463).abs() < 1e-12);
        assert!((last(3) + 0.038).abs() < 1e-12);
    }

    #[test]
    fn a_verdict_follows_the_sign_that_both_windows_decide() {
        let on =
            |cells: &[(&str, i32)], gains: &[Vec<f64>]| verdict_on(cells, gains).verdict().word();
        assert_eq!(decided(&gains()), [1, 0, 0, 0, 0, 0]);
        assert_eq!(on(&[("A1", 1)], &gains()), "Supported");
        assert_eq!(on(&[("A1", -1)], &gains()), "Disputed");
        assert_eq!(on(&[("A1", 1), ("A2", 1)], &gains()), "Inconclusive");
        // One cell that decides against a claim outweighs another that decides nothing.
        assert_eq!(on(&[("A2", 1), ("A1", -1)], &gains()), "Disputed");
        // A drop of half a unit in A4 would have been seen.
        let mut planted = gains();
        planted[3].iter_mut().for_each(|x| *x -= 0.5);
        assert_eq!(on(&[("A4", -1)], &planted), "Supported");
        // Seen over epochs 20 to 39 alone, it decides nothing.
        let mut late = gains();
        late[3][..20].iter_mut().for_each(|x| *x += 0.5);
        late[3][20..].iter_mut().for_each(|x| *x -= 0.5);
        assert_eq!(on(&[("A4", -1)], &late), "Inconclusive");
    }

    /// `1.05` a step up to epoch 40, `1 + 0.05/2` at epoch 41, …, `1 + 0.05/1024` at epoch 50.
    // Powers of two are exact.
    #[allow(clippy::float_cmp)]
    #[test]
    fn the_rate_halves_ten_times_before_epoch_50_has_passed() {
        let rate = |epoch| PRINTED.rate::<f64>(epoch);
        assert_eq!([rate(0), rate(40), rate(41), rate(50)], [1.0, 1.0, 0.5, 1.0 / 1024.0]);
        let constant = Schedule { halves_from: None };
        assert_eq!(constant.rate::<f64>(54), 1.0);
        let end = PRINTED.end(&growing(1.5));
        assert_eq!(end.len(), 6);
        let mut x = 1.05_f64.powi(41);
        x *= (1..10).map(|k| 1.0 + 0.05 / f64::from(1 << k)).product::<f64>();
        assert!((end[0].0[0] / x - 1.0).abs() < 1e-13);
        assert!((end[1].0[0] / end[0].0[0] - 1.0 - 0.05 / 1024.0).abs() < 1e-13);
    }
}
