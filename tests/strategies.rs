//! Every strategy finds what was planted for it, and nothing where there is nothing.

use backfire::case::{Arithmetic, View};
use backfire::claim::{Claim, Hypothesis, Property, Side};
use backfire::domain::Domain;
use backfire::error::LoopError;
use backfire::point::Point;
use backfire::search::{Findings, Layout, Slot, Strategy, strategies};
use nalgebra::DVector;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

/// `n` numbers from -2 to 2, and a count that stays 3.
struct Cube(usize);

impl Domain for Cube {
    fn name(&self) -> &'static str {
        "cube"
    }
    fn what(&self) -> &'static str {
        "numbers from -2 to 2"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let x = DVector::from_fn(self.0, |_, _| rng.random_range(-2.0..=2.0));
        Point::new().with_vector("x", x).with("count", 3.0)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let x = DVector::from_fn(self.0, |_, _| f64::from(rng.random_range(-20..=20)) / 10.0);
        Point::new().with_vector("x", x).with("count", 3.0)
    }
    fn whole(&self) -> &'static [&'static str] {
        &["count"]
    }
    fn layouts(&self) -> Vec<Layout> {
        let layout = Layout::new().with("x", (self.0, 1), |_, _| Slot::real(-2.0, 2.0));
        vec![layout.with("count", (1, 1), |_, _| Slot::fixed(3.0))]
    }
}

/// No nearer to `target` than `radius`, in the sum of distances: false within, in halves of a tenth.
struct Far {
    target: &'static [f64],
    radius: f64,
}

impl Property for Far {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let at = view.point()?;
        let to = |x: &f64| S::from_rational(&backfire::scalar::decimal(&x.to_string()).unwrap());
        let x = at.vector("x");
        let distance = x.iter().zip(self.target).map(|(x, t)| (x.clone() - to(t)).abs());
        let sum = distance.fold(S::zero(), |sum, d| sum + d);
        Ok(vec![Side::at_most("far", to(&self.radius), sum).against(S::one())])
    }
}

/// Outside a rectangle, its lower edges included.
struct Outside {
    low: [f64; 2],
    size: [f64; 2],
}

impl Property for Outside {
    fn sides<S: Arithmetic>(&self, view: &View<S>) -> Result<Vec<Side<S>>, LoopError> {
        let x = view.point()?.vector("x");
        let number = |x: f64| S::from_rational(&backfire::scalar::decimal(&x.to_string()).unwrap());
        let part = |k: usize| (x[k].clone() - number(self.low[k])) / number(self.size[k]);
        let inside = |part: S| !part.is_below_zero() && (part - S::one()).is_below_zero();
        let outside = if inside(part(0)) && inside(part(1)) { -S::one() } else { S::one() };
        Ok(vec![Side::at_most("outside", S::zero(), outside).against(S::one())])
    }
}

/// The sum of the numbers is below 1.
struct SumBelowOne;

impl Hypothesis for SumBelowOne {
    fn tex(&self) -> &'static str {
        "sum below 1"
    }
    fn margin<S: Arithmetic>(&self, view: &View<S>) -> Result<S, LoopError> {
        Ok(view.point()?.vector("x").iter().fold(S::one(), |rest, x| rest - x.clone()))
    }
}

fn far(domain: &'static Cube, target: &'static [f64], radius: f64) -> Claim {
    Claim::over(domain, "far", "far", Far { target, radius })
}

fn named<'a>(claim: &'a Claim, name: &str) -> Box<dyn Strategy + 'a> {
    let mut all = strategies::all(claim);
    let place = all.iter().position(|s| s.name() == name);
    all.remove(place.unwrap_or_else(|| panic!("no strategy `{name}`")))
}

/// All tasks at an effort, in order.
fn run(strategy: &dyn Strategy, seed: u64, effort: f64) -> Findings {
    let mut all = Findings::none(0);
    (0..strategy.tasks(effort)).for_each(|task| all.add(&strategy.run(seed, task)));
    all
}

/// A strategy, what it must find, and with what effort.
#[track_caller]
fn finds(name: &str, claim: &Claim, nothing: &Claim, effort: f64) {
    let found = run(named(claim, name).as_ref(), 1, effort);
    assert!(found.broke > 0 && !found.broken.is_empty(), "{name}: {found:?}");
    let domain = claim.domain().unwrap();
    assert!(found.broken.iter().all(|at| domain.contains(at)), "{name} left the domain: {found:?}");
    let found = run(named(nothing, name).as_ref(), 1, effort);
    assert!(found.broke == 0 && found.broken.is_empty(), "{name}: {found:?}");
    assert!(found.drawn > 100 && found.met > 0, "{name}: {found:?}");
    assert!(found.least.is_some_and(|l| l.margin > 0.0), "{name}");
}

static PLANE: Cube = Cube(2);
static SPACE: Cube = Cube(4);

/// A target outside the cube, which nothing in it comes near.
fn nothing(domain: &'static Cube) -> Claim {
    far(domain, &[2.5, 0.0, 0.0, 0.0], 0.4)
}

#[test]
fn low_discrepancy_points_find_a_region() {
    finds("low-discrepancy points", &far(&PLANE, &[1.1, -0.3], 0.1), &nothing(&PLANE), 0.05);
}

/// Every 16 of 256 points in two dimensions lie one in each of 16 equal boxes of any shape: 16 strips
/// either way, or 4 by 4 squares. Random points miss some.
#[test]
fn low_discrepancy_points_leave_no_gap() {
    for shape in [[16, 1], [4, 4], [1, 16]] {
        for cell in 0..16 {
            let [columns, rows] = shape;
            let (c, r) = (cell % columns, cell / columns);
            let side =
                |k: i32, n: i32| [-2.0 + 4.0 * f64::from(k) / f64::from(n), 4.0 / f64::from(n)];
            let ([x, w], [y, h]) = (side(c, columns), side(r, rows));
            let claim = Claim::over(&PLANE, "in", "in", Outside { low: [x, y], size: [w, h] });
            let found = named(&claim, "low-discrepancy points").run(1, 0);
            assert_eq!((found.drawn, found.broke), (2_048, 128), "{shape:?} {cell}");
        }
    }
}

/// {-1, 0, 1}^2 has 9 points, {-2, ..., 2}^2 has 25, halves 81, quarters 17^2 = 289 and
/// twentieths 81^2 = 6,561. The target has halves: it is among the first 81.
#[test]
fn the_grid_finds_simple_numbers_and_counts_what_it_covers() {
    let claim = far(&PLANE, &[1.5, -0.5], 1e-6);
    finds("exhaustive grid", &claim, &nothing(&PLANE), 0.1);
    let grid = named(&claim, "exhaustive grid");
    let found = run(grid.as_ref(), 1, 1.0);
    assert_eq!((found.drawn, found.broke), (6_561, 1), "no point twice");
    assert_eq!(
        grid.notes(1.0),
        [
            "all 6,561 points x (2 x 1), count = 3 with numbers in {-2, -1.95, ..., 2}, as far as their \
          ranges allow"
        ]
    );
    // 9 + 25 + 81 = 115 are within 120, 289 more are not.
    assert!(run(grid.as_ref(), 1, 0.0012).drawn >= 81);
    assert!(grid.notes(0.0012)[0].starts_with("all 81 points"), "{:?}", grid.notes(0.0012));
    assert_eq!((grid.tasks(0.000_01), grid.notes(0.000_01).len()), (0, 0));
    // 3^4 + 5^4 + 9^4 = 7,267, and 17^4 = 83,521 more make 90,788 of 100,000.
    let claim = far(&SPACE, &[1.75, -0.25, 0.0, 2.0], 1e-6);
    let grid = named(&claim, "exhaustive grid");
    assert_eq!(grid.tasks(1.0), 90_788_u64.div_ceil(2_048));
    assert!(grid.notes(1.0)[0].starts_with("all 83,521 points"), "{:?}", grid.notes(1.0));
    assert!(grid.notes(0.5)[0].starts_with("all 6,561 points"), "{:?}", grid.notes(0.5));
    assert_eq!((run(grid.as_ref(), 1, 1.0).broke, run(grid.as_ref(), 1, 0.5).broke), (1, 0));
}

/// What breaks is a region; its points with the shortest numbers have halves.
#[test]
fn proptest_finds_and_shrinks() {
    let claim = far(&SPACE, &[0.0, 1.6, 0.0, 0.6], 0.9);
    finds("proptest", &claim, &nothing(&SPACE), 0.5);
    let found = named(&claim, "proptest").run(1, 0);
    let x = found.broken[0].vector("x");
    let expected: [f64; 4] = [0.0, 1.0, 0.0, 1.0];
    assert!(x.iter().zip(expected).filter(|(x, _)| x.fract() == 0.0).count() >= 3, "{x}");
}

#[test]
fn random_points_find_a_region() {
    finds("random points", &far(&PLANE, &[1.1, -0.3], 0.2), &nothing(&PLANE), 0.05);
}

#[test]
fn small_points_find_short_decimals() {
    finds("small points", &far(&PLANE, &[1.1, -0.3], 1e-6), &nothing(&PLANE), 0.5);
}

const OPTIMISERS: [&str; 4] = ["CMA-ES", "Nelder-Mead", "particle swarm", "simulated annealing"];

/// Random points have a chance of 10^-11 each.
#[test]
fn optimisers_find_a_sliver() {
    let target = &[0.1234, -1.5678, 0.9876, 1.2345];
    for name in OPTIMISERS {
        // Annealing comes near, and no nearer.
        let radius = if name == "simulated annealing" { 0.1 } else { 1e-2 };
        finds(name, &far(&SPACE, target, radius), &nothing(&SPACE), 0.2);
    }
    let claim = far(&SPACE, target, 1e-2);
    for name in ["random points", "low-discrepancy points"] {
        assert_eq!(run(named(&claim, name).as_ref(), 1, 0.2).broke, 0, "{name}");
    }
}

/// Only points with a sum just below 1 are near enough to the target: the search comes to the boundary
/// of what is assumed, and never keeps what lies beyond.
#[test]
fn optimisers_walk_along_the_boundary_of_the_hypotheses() {
    let claim = far(&SPACE, &[0.75, -1.25, 1.75, -0.25], 1e-2).given(SumBelowOne);
    for name in &OPTIMISERS[..3] {
        let found = run(named(&claim, name).as_ref(), 1, 0.5);
        assert!(found.broke > 0 && found.rejected[0] > 0, "{name}: {found:?}");
        for at in &found.broken {
            let sum = at.vector("x").sum();
            assert!(0.99 < sum && sum < 1.0, "{name}: {at:?}");
        }
    }
}

/// What the optimisers look for lies at the edge of the cube.
#[test]
fn nothing_is_kept_outside_the_domain() {
    let claim = far(&SPACE, &[2.1, 0.3, -0.7, 1.9], 0.2);
    for strategy in strategies::all(&claim) {
        let found = run(strategy.as_ref(), 3, 0.2);
        let domain = claim.domain().unwrap();
        assert!(found.broken.iter().all(|at| domain.contains(at)), "{}", strategy.name());
        assert!(found.seen["x"][1] <= 2.0 && found.seen["x"][0] >= -2.0, "{}", strategy.name());
        assert!(found.seen["count"].iter().all(|n| (n - 3.0).abs() < 1e-15), "{}", strategy.name());
        if OPTIMISERS.contains(&strategy.name()) {
            assert!(found.broke > 0, "{}: {found:?}", strategy.name());
        }
    }
}

#[test]
fn a_seed_and_a_task_give_the_same_findings() {
    let claim = far(&SPACE, &[1.1, -0.3, 0.2, 0.7], 0.01);
    for strategy in strategies::all(&claim) {
        let name = strategy.name();
        let first = strategy.run(7, 2);
        assert!(first.drawn > 100, "{name}: {first:?}");
        drop(strategy.run(7, 1));
        assert_eq!(strategy.run(7, 2), first, "{name}");
        assert_ne!(strategy.run(7, 1), first, "{name}: another task");
        // The grid has no chance in it.
        assert_eq!(strategy.run(8, 2) == first, name == "exhaustive grid", "{name}: another seed");
    }
}

/// A domain that is no union of boxes, and one point with nothing to vary.
struct Odd {
    boxed: bool,
}

impl Domain for Odd {
    fn name(&self) -> &'static str {
        "odd"
    }
    fn what(&self) -> &'static str {
        "a number below 1, or 3"
    }
    fn draw(&self, rng: &mut Xoshiro256PlusPlus, _index: u64) -> Point<f64> {
        let x = if self.boxed { 3.0 } else { rng.random_range(-1.0..1.0) };
        Point::new().with("x", x)
    }
    fn draw_small(&self, rng: &mut Xoshiro256PlusPlus, index: u64) -> Point<f64> {
        self.draw(rng, index)
    }
    fn layouts(&self) -> Vec<Layout> {
        let layout = Layout::new().with("x", (1, 1), |_, _| Slot::fixed(3.0));
        if self.boxed { vec![layout] } else { vec![] }
    }
    fn contains(&self, at: &Point<f64>) -> bool {
        let x = at.number("x");
        if self.boxed { (x - 3.0).abs() < 1e-15 } else { x < 1.0 }
    }
}

#[test]
fn strategies_with_nothing_to_work_on_have_no_tasks() {
    static ROUND: Odd = Odd { boxed: false };
    static POINT: Odd = Odd { boxed: true };
    let at_work = |claim: &Claim| -> Vec<&'static str> {
        let all = strategies::strategies(claim);
        all.iter().filter(|s| s.tasks(1.0) > 0).map(|s| s.name()).collect()
    };
    // What breaks lies outside, at 1.2, and 0.95 inside is the nearest to it: nothing is broken.
    let claim = Claim::over(&ROUND, "far", "far", Far { target: &[1.2], radius: 0.2 });
    let names = ["small points", "random points", "CMA-ES", "Nelder-Mead", "particle swarm"];
    assert_eq!(at_work(&claim), names);
    for strategy in strategies::strategies(&claim) {
        let found = run(strategy.as_ref(), 1, 0.1);
        assert_eq!(found.broke, 0, "{}: {found:?}", strategy.name());
        assert!(found.seen.get("x").is_none_or(|[_, hi]| *hi < 1.0), "{}", strategy.name());
    }
    let claim = Claim::over(&POINT, "far", "far", Far { target: &[1.2], radius: 0.2 });
    let names =
        ["exhaustive grid", "small points", "proptest", "random points", "low-discrepancy points"];
    assert_eq!(at_work(&claim), names);
    assert_eq!(run(named(&claim, "exhaustive grid").as_ref(), 1, 1.0).drawn, 1);
}

/// The tables of `docs/search.md` are of the conjectures and strategies that there are.
#[test]
fn the_committed_tables_are_of_the_bundled_conjectures() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("docs/search.md")).unwrap();
    let mut bundled: Vec<String> = std::fs::read_dir(root.join("conjectures"))
        .unwrap()
        .map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    bundled.sort();
    let tables: Vec<&str> = text.split("| conjecture |").skip(1).collect();
    assert_eq!(tables.len(), 2);
    let claim = nothing(&PLANE);
    let names: Vec<&str> = strategies::all(&claim).iter().map(|s| s.name()).collect();
    for table in tables {
        let mut lines = table.lines();
        assert_eq!(lines.next().unwrap().trim(), format!("{} |", names.join(" | ")));
        let rows = lines.by_ref().skip(1).take_while(|l| l.starts_with('|'));
        let mut all: Vec<String> =
            rows.map(|l| l.split('|').nth(1).unwrap().trim().to_owned()).collect();
        assert!(!all.is_empty());
        let whole = lines.find_map(|l| l.strip_prefix("Broken by none: ")).unwrap();
        all.extend(whole.trim_end_matches('.').split(", ").map(str::to_owned));
        all.sort();
        assert_eq!(all, bundled);
    }
}
