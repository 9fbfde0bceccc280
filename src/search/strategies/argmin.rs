//! The optimisers of argmin, on the margin.

use super::descent::{CLEARLY, Descent};
use super::{Aim, tasks};
use crate::search::{Findings, Strategy, generator};
use argmin::core::{CostFunction, Error, Executor, PopulationState};
use argmin::solver::neldermead::NelderMead;
use argmin::solver::particleswarm::{Particle, ParticleSwarm};
use argmin::solver::simulatedannealing::{Anneal, SATempFunc, SimulatedAnnealing};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro_07::Xoshiro256PlusPlus as ArgminRng;
use rand_xoshiro_07::rand_core::SeedableRng;
use std::cell::RefCell;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Nelder–Mead simplices, each from the best point so far, as long as that makes progress.
    NelderMead,
    /// A swarm of 40 particles in the box.
    ParticleSwarm,
    /// Simulated annealing with normal steps, annealed anew where it makes no progress.
    Annealing,
}

impl Method {
    /// As reports call it.
    pub fn name(self) -> &'static str {
        match self {
            Method::NelderMead => "Nelder-Mead",
            Method::ParticleSwarm => "particle swarm",
            Method::Annealing => "simulated annealing",
        }
    }
}

/// Particles of a swarm.
const SWARM: usize = 40;

/// One run of an optimiser a task, from the best of a pool of random points.
pub struct Argmin<'a> {
    aim: Aim<'a>,
    method: Method,
}

impl<'a> Argmin<'a> {
    /// For what `aim` aims at.
    pub fn new(aim: Aim<'a>, method: Method) -> Self {
        Argmin { aim, method }
    }
}

impl Strategy for Argmin<'_> {
    fn name(&self) -> &'static str {
        self.method.name()
    }
    fn tasks(&self, effort: f64) -> u64 {
        if self.aim.moves() { tasks(24.0, effort) } else { 0 }
    }
    fn is_sampling(&self) -> bool {
        false
    }
    fn run(&self, seed: u64, task: u64) -> Findings {
        let mut rng = generator(seed ^ 0xA46_3148, task);
        Descent::run(&self.aim, seed, task, |descent| {
            // An error is how an optimiser hears that its evaluations are spent: what it saw is kept.
            let _ = match self.method {
                Method::NelderMead => nelder_mead(descent, &mut rng),
                Method::ParticleSwarm => particle_swarm(descent, &mut rng),
                Method::Annealing => annealing(descent, rng),
            };
        })
    }
}

struct Margin<'d, 'a> {
    descent: &'d Descent<'a>,
    best: RefCell<(f64, Vec<f64>)>,
}

impl<'d, 'a> Margin<'d, 'a> {
    fn of(descent: &'d Descent<'a>) -> Self {
        Margin { descent, best: RefCell::new((f64::INFINITY, descent.start())) }
    }
}

impl CostFunction for Margin<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        let slope = self.descent.slope(x).ok_or_else(|| Error::msg("no evaluations left"))?;
        let mut best = self.best.borrow_mut();
        if slope < best.0 {
            *best = (slope, x.clone());
        }
        Ok(slope)
    }
}

impl CostFunction for &Margin<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        (**self).cost(x)
    }
}

fn nelder_mead(descent: &Descent, rng: &mut Xoshiro256PlusPlus) -> Result<(), Error> {
    let margin = Margin::of(descent);
    let mut step = (0.1 + 0.4 * rng.random_range(0.0..1.0)) * descent.size();
    let mut last = f64::INFINITY;
    loop {
        let start = margin.best.borrow().1.clone();
        // argmin's solver does not expect an evaluation of the first simplex to fail.
        if descent.left() < 2 * start.len() as u64 + 2 {
            return Ok(());
        }
        let mut simplex = vec![start.clone()];
        simplex.extend((0..start.len()).map(|k| {
            let mut corner = start.clone();
            corner[k] += if rng.random_bool(0.5) { step } else { -step };
            corner
        }));
        let solver = NelderMead::new(simplex).with_sd_tolerance(1e-9)?;
        let run = Executor::new(&margin, solver).timer(false);
        run.configure(|s| s.max_iters(descent.left()).target_cost(CLEARLY)).run()?;
        let best = margin.best.borrow().0;
        if best <= CLEARLY || last - best < 1e-6 {
            return Ok(());
        }
        last = best;
        step = (step * 0.5).max(1e-4 * descent.size());
    }
}

fn particle_swarm(descent: &Descent, rng: &mut Xoshiro256PlusPlus) -> Result<(), Error> {
    let margin = Margin::of(descent);
    let (lo, hi) = descent.bounds();
    let mut particles = Vec::with_capacity(SWARM);
    for n in 0..SWARM {
        let inside = |(l, h): (&f64, &f64)| l + rng.random_range(0.0..=1.0) * (h - l);
        let drawn: Vec<f64> = lo.iter().zip(&hi).map(inside).collect();
        let position = if n == 0 { descent.start() } else { drawn };
        let velocity = lo.iter().zip(&hi).map(|(l, h)| rng.random_range(-0.5..=0.5) * (h - l));
        let velocity = velocity.collect();
        particles.push(Particle::new(position.clone(), margin.cost(&position)?, velocity));
    }
    let generator = ArgminRng::seed_from_u64(rng.random());
    let solver = ParticleSwarm::new((lo, hi), SWARM).with_rng_generator(generator);
    let state = |s: PopulationState<Particle<Vec<f64>, f64>, f64>| {
        s.population(particles).max_iters(descent.left() / SWARM as u64 + 1).target_cost(CLEARLY)
    };
    Executor::new(&margin, solver).timer(false).configure(state).run()?;
    Ok(())
}

/// Steps of the annealing.
struct Annealed<'d, 'a> {
    margin: Margin<'d, 'a>,
    rng: RefCell<Xoshiro256PlusPlus>,
}

impl CostFunction for Annealed<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    fn cost(&self, x: &Vec<f64>) -> Result<f64, Error> {
        self.margin.cost(x)
    }
}

impl Anneal for Annealed<'_, '_> {
    type Param = Vec<f64>;
    type Output = Vec<f64>;
    type Float = f64;
    /// One number in two steps, all of them in the others, by less the colder it is.
    fn anneal(&self, x: &Vec<f64>, temperature: f64) -> Result<Vec<f64>, Error> {
        let rng = &mut *self.rng.borrow_mut();
        let step = self.margin.descent.size() * (4.0 * temperature).clamp(1e-3, 1.0);
        let mut normal = || -> f64 { StandardNormal.sample(rng) };
        let mut next: Vec<f64> = x.iter().map(|x| x + step * normal()).collect();
        if rng.random_bool(0.5) {
            let k = rng.random_range(0..x.len());
            let moved = next[k];
            next.clone_from(x);
            next[k] = moved;
        }
        // A step into a wall ends at the wall.
        let (lo, hi) = self.margin.descent.bounds();
        for ((x, lo), hi) in next.iter_mut().zip(lo).zip(hi) {
            *x = x.max(lo).min(hi);
        }
        Ok(next)
    }
}

fn annealing(descent: &Descent, mut rng: Xoshiro256PlusPlus) -> Result<(), Error> {
    let own = ArgminRng::seed_from_u64(rng.random());
    let problem = Annealed { margin: Margin::of(descent), rng: RefCell::new(rng) };
    // Slopes are of the order of 1; a twentieth is a step that hardly matters.
    let solver = SimulatedAnnealing::new_with_rng(0.05, own)?
        .with_temp_func(SATempFunc::TemperatureFast)
        .with_reannealing_best(500);
    let state = Executor::new(problem, solver).timer(false);
    let (start, most) = (descent.start(), descent.left());
    state.configure(|s| s.param(start).max_iters(most).target_cost(CLEARLY)).run()?;
    Ok(())
}
