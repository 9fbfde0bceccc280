//! The interpreter is the second route to everything that lanes say.

use super::*;
use crate::domain::Domain;

fn conjecture(assume: &[&str], claim: &str, ranges: &str) -> Conjecture {
    let assume: Vec<String> = assume.iter().map(|a| format!("\"{a}\"")).collect();
    let text = format!(
        "name = \"x\"\ntitle = '{claim}'\nfamily = \"linear\"\nassume = [{}]\nclaim = \"{claim}\"\n\
         [ranges]\n{ranges}\n",
        assume.join(", ")
    );
    Conjecture::parse(&text, "x.toml").unwrap_or_else(|e| panic!("{e}"))
}

fn bundled(name: &str) -> Conjecture {
    let file = format!("{}/conjectures/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    Conjecture::read(file.as_ref()).unwrap_or_else(|e| panic!("{e}"))
}

/// What the interpreter says of every lane of some batches, and how many lanes were left to it.
#[derive(Default)]
struct Compared {
    /// Whether the claim is an `and` of statements.
    joined: bool,
    all: Findings,
    doubts: u64,
    borderline: u64,
}

impl Compared {
    /// Asserts that the interpreter agrees with every lane that decides.
    #[track_caller]
    fn shape<T: Lane, const W: usize>(
        &mut self,
        lanes: &Lanes,
        family: &dyn Domain,
        shape: &Compiled,
        batches: impl Iterator<Item = u64>,
    ) {
        let hypotheses = lanes.claim.hypotheses.len();
        let mut worker = Worker::<T, W>::new(shape, &mut generator(7, 0), hypotheses);
        for batch in batches {
            let before = worker.tally.rejected.clone();
            worker.step(batch);
            for lane in 0..W {
                let at = worker.point(lane);
                assert!(family.contains(&at), "{:?} is not of the family", at.lines());
                let (one, margin, _) = interpreted(lanes.claim, &at);
                self.all.add(&one);
                let tally = &worker.tally;
                let verdict = worker.verdict(lane);
                if verdict == Verdict::Doubt {
                    self.doubts += 1;
                    continue;
                }
                if one.undecided == 1 {
                    self.borderline += 1;
                    continue;
                }
                let now = &tally.rejected;
                let failed: Vec<u64> =
                    (0..hypotheses).map(|k| u64::from(now[k][lane] > before[k][lane])).collect();
                let broke = u64::from(verdict == Verdict::Broken);
                let met = u64::from(failed.iter().sum::<u64>() == 0);
                assert_eq!(
                    (failed, met, broke),
                    (one.rejected, one.met, one.broke),
                    "at {:?}",
                    at.lines()
                );
                if let (Some(margin), Verdict::Holds(key)) = (margin, verdict) {
                    let d = &shape.claim;
                    let at_lane = |id: Option<_>, otherwise| {
                        id.map_or(otherwise, |id| worker.registers.at(id)[lane].wide())
                    };
                    let bound = 1.01 * at_lane(d.error, 0.0) / at_lane(d.scale, 1.0);
                    let key = key.wide();
                    let near = bound + 1e-6 * (1.0 + margin.abs());
                    // Beside an `and` each side is measured against its own size, the lane against 1.
                    assert!(
                        (key - margin).abs() < near || self.joined && key > 0.0 && margin > 0.0,
                        "{key}, not {} of {} at {:?}",
                        margin,
                        lanes.claim.statement,
                        at.lines()
                    );
                }
            }
        }
    }
}

/// Compares on some batches of every shape.
#[track_caller]
fn compared(conjecture: &Conjecture, batches: u64) -> Compared {
    let claim = conjecture.to_claim();
    let lanes = Lanes::new(conjecture, &claim)
        .unwrap_or_else(|| panic!("`{}` has no lanes", conjecture.claim.0));
    let family = claim.domain().expect("a family");
    let mut sum = Compared { joined: conjecture.claim.0.contains(" and "), ..Compared::default() };
    for (precision, shape) in &lanes.shapes {
        match precision {
            Precision::Single => {
                sum.shape::<f32, NARROW>(&lanes, family, shape, 0..batches.div_ceil(4));
            }
            Precision::Double => sum.shape::<f64, WIDE>(&lanes, family, shape, 0..batches),
        }
    }
    let decided = sum.all.drawn - sum.doubts;
    assert!(sum.borderline <= decided / 1000, "{} of {decided} are close calls", sum.borderline);
    sum
}

#[test]
fn bundled_conjectures_mean_the_same_in_lanes() {
    for name in [
        "balanced-fixes-sign",
        "self-never-inverts-plane",
        "self-never-inverts-scalar",
        "self-never-inverts-stable-alone-2",
        "self-never-inverts-stable-alone-3",
        "sequential-converges",
        "stays-stable-without-one",
        "threshold-with-norm",
    ] {
        let sum = compared(&bundled(name), 24);
        let share = sum.doubts as f64 / sum.all.drawn as f64;
        assert!(share < 0.05, "{name}: {share} of the lanes decide nothing");
        assert!(sum.all.met > 0, "{name}: nothing is met");
    }
    // The others, as far as they have lanes.
    let folder = format!("{}/conjectures", env!("CARGO_MANIFEST_DIR"));
    for file in std::fs::read_dir(folder).unwrap() {
        let conjecture = Conjecture::read(&file.unwrap().path()).unwrap();
        if Lanes::new(&conjecture, &conjecture.to_claim()).is_some() {
            compared(&conjecture, 8);
        }
    }
    let sharp = bundled("threshold-sharp");
    assert!(Lanes::new(&sharp, &sharp.to_claim()).is_none());
}

/// Every operation, in both precisions and on all sizes that have closed forms or not.
#[test]
fn operations_mean_the_same_in_lanes() {
    let two = [
        "J[1, 2] + 2 * J[2, 1] < 0.7",
        "J[1, 2] - J[2, 1] * 3.1 <= g_p[1] / 4",
        "J[1, 2] / J[2, 1] > 0.3 * b[1]",
        "abs(J[1, 1]) >= abs(-J[2, 2])",
        "min(J[1, 1], b[1], 0.5) > max(J[2, 2], -g_q[1])",
        "sqrt(J[1, 1]) < J[2, 2]^3",
        "norm(J) < 2",
        "norm(b) * norm(g_p) > 1 and J[1, 1] < 1",
        "least_symmetric(J) > -0.5",
        "det(J) < 0.25 or J[1, 1] > J[2, 2]",
        "det(identity_like(J) - J) > 1 implies dJp > 0.3",
        "not dJq > 0.1",
        "dot(b, g_p) > 0.3",
        "cos(b, g_p) > 0.2",
        "rho_p > -0.2",
        "direct * dJp > 0.3 * models",
        "rho(J) < 0.9",
        "rho(J) > rho_seq(J)",
        "rho(J - transpose(J)) < 2",
        "rho(J * J + J^2 / 3) < 1.5",
        "rho(S_p) > rho(S_q) + 0.1",
        "rho(transpose(C_q) * C_q * S_p) < 2",
        "rho(J_pq * J_qp) < 0.5 * rho(J_pp) + rho(J_qq)",
        "rho(inverse(J)) < 3",
        "rho(own_block(J, 2)) < rho(without(J, 2))",
        "balanced(J)",
        "balanced(-J)",
        "abs(J - transpose(J)) == transpose(abs(transpose(J) - J))",
        "det(J * J) == det(J)^2",
        "J == 2 * J",
    ];
    let ranges = [
        "",
        "largest = 1.3",
        "largest = 30",
        "entries = \"integers\"",
        "entries = \"tenths\"\nsigns = \"non-negative\"",
        "signs = \"balanced\"\nself_terms = false",
    ];
    let mut constant = 0;
    for claim in two {
        for ranges in ranges {
            let one = conjecture(&[], claim, ranges);
            if ranges.contains("self_terms") && Lanes::new(&one, &one.to_claim()).is_none() {
                // Without self-terms some claims are about nothing that is drawn.
                constant += 1;
                continue;
            }
            compared(&conjecture(&[], claim, ranges), 8);
        }
        // The same as a hypothesis, before and after another.
        compared(&conjecture(&[claim, "J[1, 1] > 0"], "J[2, 2] > 0.3", ""), 8);
        compared(&conjecture(&["rho(J) < 1", claim], "dJp + dJq > 0", ""), 8);
    }
    assert!(constant < 4, "{constant} claims are constant without self-terms");
}

#[test]
fn larger_systems_mean_the_same_in_lanes() {
    let any = [
        "dJp > 0.2",
        "direct * dJq < 1",
        "cos(b, g_p) > 0.2",
        "rho(J) < 0.9",
        "rho_seq(J) < rho(J)",
        "rho(S_p) > 1.5",
        "rho(inverse(identity_like(J) - J)) < 2",
        "det(identity_like(J) - J) > 0.4",
        "rho(J * transpose(J)) < 1",
        "rho(without(J, 1)) < 0.8",
        "balanced(J)",
        "inverse(identity_like(J) - J) * (identity_like(J) - J) == identity_like(J)",
    ];
    for claim in any {
        for ranges in [
            "models = [3, 4]",
            "models = [2, 3]\ndimension = [1, 2]\nself_terms = false",
            "models = [2, 2]\ndimension = [3, 3]\nsigns = \"balanced\"",
            "models = [3, 3]\nentries = \"integers\"\nlargest = 1",
            "models = [2, 2]\ndimension = [2, 2]\nentries = \"tenths\"\nsigns = \"non-negative\"",
        ] {
            compared(&conjecture(&["rho(J) < 1.1"], claim, ranges), 16);
        }
    }
    let eight = conjecture(&["rho(J) < 1"], "dJp > 0 or dJq > 0", "dimension = [4, 4]");
    let sum = compared(&eight, 48);
    assert!(sum.doubts * 20 < sum.all.drawn && sum.all.broke > 100);
}

/// Not a lane is lost between what is executed and what is reported.
#[test]
fn counts_are_those_of_the_interpreter() {
    for name in ["self-never-inverts-scalar", "sequential-converges", "threshold-with-norm"] {
        let conjecture = bundled(name);
        let claim = conjecture.to_claim();
        let mut lanes = Lanes::new(&conjecture, &claim).unwrap();
        lanes.budget = 400_000;
        let found = lanes.run(3, 5);
        let mut all = Findings::none(claim.hypotheses.len());
        let mut rng = generator(3 ^ 0x1A4E_5EED, 5);
        for (precision, shape) in &lanes.shapes {
            match precision {
                Precision::Single => replay::<f32, NARROW>(&lanes, shape, &mut rng, &mut all),
                Precision::Double => replay::<f64, WIDE>(&lanes, shape, &mut rng, &mut all),
            }
        }
        assert_eq!(counts(&found), counts(&all), "{name}");
        assert!(found.drawn >= 2048 && found.met > 100, "{name}");
        // The least margin is one of theirs, hardly above the least.
        let margin = |f: &Findings| f.least.as_ref().unwrap().margin;
        assert!(margin(&found) >= margin(&all), "{name}");
        assert!(margin(&found) <= margin(&all) + 0.03, "{name}");
        for (entry, [lo, hi]) in &found.seen {
            let whole = all.seen[entry];
            assert!(whole[0] <= *lo && lo <= hi && *hi <= whole[1], "{name}: {entry}");
        }
        // Every finalist breaks the claim.
        for at in &found.broken {
            assert_eq!(interpreted(&claim, at).0.broke, 1, "{name}");
        }
        assert_eq!(found.broken.is_empty(), found.broke == 0, "{name}");
    }
}

fn counts(f: &Findings) -> ([u64; 4], Vec<u64>) {
    ([f.drawn, f.met, f.undecided, f.broke], f.rejected.clone())
}

/// Looks at every lane of a task.
fn replay<T: Lane, const W: usize>(
    lanes: &Lanes,
    shape: &Compiled,
    rng: &mut Xoshiro256PlusPlus,
    all: &mut Findings,
) {
    let mut worker = Worker::<T, W>::new(shape, rng, all.rejected.len());
    for batch in 0..lanes.batches::<T, W>(shape) {
        worker.step(batch);
        for lane in 0..W {
            let at = worker.point(lane);
            let (one, margin, _) = interpreted(lanes.claim, &at);
            if batch == 0 && lane % 4 == 0 {
                let mut looked = Findings::none(all.rejected.len());
                looked.look(lanes.claim, &at);
                assert_eq!(counts(&one), counts(&looked), "at {:?}", at.lines());
            }
            all.add(&one);
            if let Some(margin) = margin {
                all.near(margin, &worker.point(lane));
            }
            if one.met == 1 {
                all.cover(&worker.point(lane));
            }
        }
    }
}

#[test]
fn any_processor_finds_the_same() {
    for name in ["self-never-inverts-scalar", "self-never-inverts-plane", "sequential-converges"] {
        let conjecture = bundled(name);
        let claim = conjecture.to_claim();
        let mut lanes = Lanes::new(&conjecture, &claim).unwrap();
        lanes.budget = 20_000_000;
        let (found, other) = (lanes.run(1, 2), lanes.run(1, 3));
        assert_ne!(found, other, "tasks differ");
        assert_eq!(found, lanes.without_vectors().run(1, 2), "{name}");
    }
}

/// Of 3 x 3 matrices with entries uniform in [-1, 1] and spectral radius below 1, sequential retraining
/// diverges for a quarter.
#[test]
fn a_quarter_of_stable_loops_of_three_diverge_in_sequence() {
    let conjecture = conjecture(&["rho(J) < 1"], "rho_seq(J) < 1", "models = [3, 3]\nlargest = 1");
    let claim = conjecture.to_claim();
    let lanes = Lanes::new(&conjecture, &claim).unwrap();
    let (_, shape) = &lanes.shapes[0];
    let mut worker = Worker::<f64, WIDE>::new(shape, &mut generator(1, 1), 1);
    // One batch in twelve is neither scaled nor sparse.
    for k in 0..4000 {
        worker.step(12 * k);
    }
    let mut found = Findings::none(1);
    worker.tally.add_to(&mut found);
    let share = found.broke as f64 / found.met as f64;
    assert!(found.met > 100_000 && (share - 0.25).abs() < 0.01, "{share} of {}", found.met);
}

/// J = [[a, b], [c, d]]: the claims that no error can turn are exact, so `f32` bounds nothing there.
#[test]
fn what_is_exact_costs_nothing() {
    let conjecture = bundled("self-never-inverts-scalar");
    let Family::Linear(family) = &conjecture.family else { panic!("another family") };
    let compiled = compile::<f32>(&conjecture, family, &[1, 1]).unwrap();
    assert!(compiled.hypotheses.iter().all(|(_, d)| d.error.is_none()));
    assert!(compiled.program.len() < 30, "{} instructions", compiled.program.len());
}

#[test]
fn what_has_no_lanes_says_so() {
    for (claim, ranges) in [
        ("rho_p > sin_omega(S_p)", ""),
        ("norm(J) < 1", "models = [3, 3]"),
        ("rho(J) < 2", "models = [13, 16]"),
        // Nothing is drawn that could break it.
        ("models > 1", ""),
    ] {
        let conjecture = conjecture(&[], claim, ranges);
        assert!(Lanes::new(&conjecture, &conjecture.to_claim()).is_none(), "{claim}");
    }
    // Of two and three models, those of three.
    let some = conjecture(&[], "J[3, 3] < 1", "models = [2, 3]");
    let claim = some.to_claim();
    assert_eq!(Lanes::new(&some, &claim).unwrap().shapes.len(), 1);
}

/// Errors of single operations: exact arithmetic on the doubles is the second route.
#[test]
fn bounds_contain_the_errors() {
    use crate::scalar::{Exact, Real, Scalar as _};
    use number::Builder;
    use rand::RngExt;
    let mut b = Builder::of::<f32>();
    let drawn: Vec<_> = (0..4).map(|k| b.input(k, None)).collect();
    let (x, y, z, w) = (drawn[0], drawn[1], drawn[2], drawn[3]);
    let product = b.mul(x, y);
    let sum = b.add(product, z);
    let less = b.sub(sum, w);
    let quotient = b.div(less, sum);
    let square = b.mul(quotient, sum);
    let root = b.sqrt(square);
    let least = b.extreme(root, quotient, true);
    let last = b.mul(least, less);
    let results = [product, sum, less, quotient, square, root, least, last];
    let wanted: Vec<_> = results.iter().flat_map(|n| [n.id, b.bound(*n)]).collect();
    let (program, places) = b.values.program(&wanted);
    let mut registers = Registers::<f32, 16>::new(&program);
    let mut rng = generator(11, 0);
    let mut tight = 0;
    for _ in 0..200 {
        for (_, id) in &program.inputs {
            // Of similar size, so that differences cancel.
            registers.at_mut(*id).fill_with(|| rng.random_range(0.99_f32..1.01));
        }
        program.run(&mut registers);
        for lane in 0..16 {
            let mut exact: Vec<Exact> = vec![Exact::from_int(0); 4];
            for (k, id) in &program.inputs {
                exact[*k as usize] = Exact::from_f64(registers.at(*id)[lane].into());
            }
            let [x, y, z, w] = exact.try_into().unwrap();
            let product = x * y;
            let sum = product.clone() + z;
            let less = sum.clone() - w;
            let quotient = less.clone() / sum.clone();
            let square = quotient.clone() * sum.clone();
            let root = Real::sqrt(&square);
            let least = Real::min(&root, &quotient);
            let last = least.clone() * less.clone();
            let meant = [product, sum, less, quotient, square, root, least, last];
            for (k, meant) in meant.iter().enumerate() {
                let got = f64::from(registers.at(places[2 * k])[lane]);
                let bound = f64::from(registers.at(places[2 * k + 1])[lane]);
                let off = Real::abs(&(meant.clone() - Exact::from_f64(got)));
                assert!(off.lower() <= bound * 1.01, "result {k}: off by {off:?}, bound {bound}");
                tight += u32::from(off.lower() > bound / 4.0);
            }
        }
    }
    assert!(tight > 1000, "the bounds are far from what happens: {tight}");
}

/// All numbers of the couplings in some batches: unscaled ones without zeros, or with a quarter or a half
/// of them.
fn couplings(ranges: &str, start: u64) -> Vec<f64> {
    let conjecture = conjecture(&[], "det(J) < 1", &format!("models = [3, 3]\n{ranges}"));
    let Family::Linear(family) = &conjecture.family else { panic!("another family") };
    let shape = compile::<f64>(&conjecture, family, &[1, 1, 1]).unwrap();
    let mut worker = Worker::<f64, WIDE>::new(&shape, &mut generator(5, 5), 0);
    let mut all = Vec::new();
    for k in 0..200 {
        worker.step(start + 12 * k);
        all.extend((0..WIDE).flat_map(|lane| {
            let at = worker.point(lane);
            at.matrix("J").iter().copied().collect::<Vec<_>>()
        }));
    }
    all
}

/// Every share within five standard errors of what it should be.
#[test]
fn draws_are_spread_over_the_ranges() {
    let share = |all: &[f64], f: &dyn Fn(f64) -> bool, meant: f64| {
        let n = all.len() as f64;
        let share = all.iter().filter(|x| f(**x)).count() as f64 / n;
        assert!((share - meant).abs() <= 5.0 * (meant * (1.0 - meant) / n).sqrt(), "{share}");
    };
    for (entries, per, most) in [("integers", 1.0, 2), ("tenths", 10.0, 20)] {
        let all = couplings(&format!("entries = \"{entries}\""), 0);
        for k in -most..=most {
            let x = f64::from(k) / per;
            share(&all, &|y| y.to_bits() == (x + 0.0).to_bits(), 1.0 / f64::from(2 * most + 1));
        }
        assert!(all.iter().all(|x| (x * per).abs() <= f64::from(most)));
    }
    let all = couplings("largest = 3", 0);
    assert!(all.iter().all(|x| *x != 0.0 && x.abs() <= 3.0));
    for edge in [-2.5, -1.0, 0.0, 0.3, 2.0, 2.9] {
        share(&all, &|x| x < edge, (edge + 3.0) / 6.0);
    }
    // Batches 4 and 8 of twelve: a quarter and a half of the couplings are zero.
    share(&couplings("", 4), &|x| x == 0.0, 0.25);
    share(&couplings("", 8), &|x| x == 0.0, 0.5);
    share(&couplings("signs = \"non-negative\"", 0), &|x| x < 0.0, 0.0);
    // Three of nine couplings are self-terms; of the others half are negative.
    share(&couplings("signs = \"balanced\"", 0), &|x| x < 0.0, 6.0 / 9.0 / 2.0);
    share(&couplings("self_terms = false", 0), &|x| x == 0.0, 3.0 / 9.0);
    // Scaled ones have radii up to the largest aimed at, more or less.
    let scaled = couplings("largest = 1000", 1);
    let middle = scaled.iter().map(|x| x * x).sum::<f64>() / scaled.len() as f64;
    assert!((0.1..1.0).contains(&(3.0 * middle).sqrt()), "{middle}");
}

/// diag(0.9, 0.5, 0.1) known to within 0.01, and [[1, -0.001], [0.001, 1]] with -0.001 known to within
/// 0.002: the radii may be 0.91 and 1.001.
#[test]
fn errors_of_entries_are_errors_of_radii() {
    use matrix::Mat;
    use number::{Builder, Num};
    use program::Op;
    let mut b = Builder::of::<f64>();
    let mut doubtful = |entries: &[(f64, f64)]| {
        let number = |b: &mut Builder, x: f64| b.values.push(Op::Constant(x.to_bits()));
        let all: Vec<Num> = entries
            .iter()
            .map(|(x, e)| Num::bounded(number(&mut b, *x), number(&mut b, *e)))
            .collect();
        let n = entries.len().isqrt();
        let radius = b.radius(&Mat { rows: n, columns: n, all });
        [radius.id, b.bound(radius)]
    };
    let (o, e) = ((0.0, 0.0), 0.01);
    let three = doubtful(&[(0.9, e), o, o, o, (0.5, e), o, o, o, (0.1, e)]);
    let two = doubtful(&[(1.0, 0.0), (-0.001, 0.002), (0.001, 0.0), (1.0, 0.0)]);
    let (program, places) = b.values.program(&[three, two].concat());
    let mut registers = Registers::<f64, 16>::new(&program);
    program.run(&mut registers);
    let [three, error, two, other]: [f64; 4] = std::array::from_fn(|k| registers.at(places[k])[0]);
    assert!(
        (three - 0.9).abs() <= error && three + error >= 0.91 && error < 0.1,
        "{three} {error}"
    );
    assert!((two - 1.0).abs() < 1e-6 && two + other >= 1.001 && other < 0.01, "{two} {other}");
}
