//! Quantities and domains of conjecture families: by hand, and along a second route.

use backfire::case::{Arithmetic, Case, Route, Subject};
use backfire::certify::confirm;
use backfire::check::violates;
use backfire::claim::Relation;
use backfire::conjecture::{Conjecture, Family};
use backfire::dynamics;
use backfire::influence::{self, Constants, Pair, cosine};
use backfire::point::Point;
use backfire::scalar::{Exact, Real, shortest};
use backfire::search::{generator, shrink};
use backfire::systems::{
    Alignment, Candidates, CategoricalLoop, CategoricalModel, Component, GaussianLoop, Luce, Model,
    Order, Part, RetrainingMap, Round, Source,
};
use nalgebra::{DMatrix, DVector, dmatrix, dvector};
use num_traits::Zero;
use rand::RngExt;

fn conjecture(family: &str, claim: &str, rest: &str) -> Conjecture {
    let text = format!(
        "name = \"x\"\ntitle = \"X\"\nfamily = \"{family}\"\nclaim = \"{claim}\"\n{rest}\n"
    );
    Conjecture::parse(&text, "x.toml").unwrap_or_else(|e| panic!("{e}"))
}

/// The value of the number `e` at a point.
fn value(family: &str, rest: &str, e: &str, at: &Point<f64>) -> f64 {
    let claim = conjecture(family, &format!("{e} > 0"), rest).to_claim();
    let case = Case::new(at.clone());
    let sides = claim.property().unwrap().float(&case.by(Route::Direct)).unwrap();
    sides[0].right - sides[0].left
}

/// Whether `claim` holds at a point, in exact arithmetic.
fn holds_exactly(family: &str, rest: &str, claim: &str, at: &Point<f64>) -> bool {
    let claim = conjecture(family, claim, rest).to_claim();
    let exact = at.lift(|x| Exact::from(shortest(*x).unwrap()));
    let case = Case::new(exact);
    let sides = claim.property().unwrap().exact(&case.by(Route::Direct)).unwrap();
    sides.iter().all(|s| {
        let room = s.right.clone() - s.left.clone();
        match s.relation {
            Relation::Equal => room.is_zero(),
            Relation::AtMost => !room.is_below_zero(),
            Relation::Below => room.is_above_zero(),
        }
    })
}

#[track_caller]
fn close(x: f64, y: f64) {
    assert!((x - y).abs() < 1e-9 * (1.0 + y.abs()), "{x} is not {y}");
}

fn linear(sizes: &[f64], j: DMatrix<f64>, b: &[f64], g_p: &[f64], g_q: &[f64]) -> Point<f64> {
    Point::new()
        .with_vector("sizes", DVector::from_row_slice(sizes))
        .with_matrix("J", j)
        .with_vector("b", DVector::from_row_slice(b))
        .with_vector("g_p", DVector::from_row_slice(g_p))
        .with_vector("g_q", DVector::from_row_slice(g_q))
}

/// Rows (3/10, 4/10) and (0, 1/4) of J have norms a = 1/2 and b = 1/4.
#[test]
fn constants_of_two_models_by_hand() {
    let at = linear(&[1.0, 1.0], dmatrix![0.3, 0.4; 0.0, 0.25], &[1.0], &[1.0], &[1.0]);
    let is = |e: &str, x: f64| close(value("linear", "", e, &at), x);
    is("a_p", 0.5);
    is("a_q", 0.25);
    is("kappa_1", (0.25 + 2.0 * 0.5) / 0.5);
    is("kappa_2", (0.5 + 2.0 * 0.25) / 0.75);
    is("kappa_3", 0.75);
    is("kappa", 2.5);
    is("tau_p", 1.0 - 0.5 - 0.125 / 0.75);
    is("tau_q", 1.0 - 0.25 - 0.125 / 0.5);
    // (I - J)^-1 has 1/0.7 and 1/0.75 on its diagonal.
    is("m_p", 1.0 / 0.7);
    is("m_q", 1.0 / 0.75);
    // C_q = J_qp / 0.7 = 0.
    is("rho_q", 0.0);
    let back = linear(&[1.0, 1.0], dmatrix![0.3, 0.4; -0.2, 0.25], &[2.0], &[1.0], &[3.0]);
    close(value("linear", "", "rho_q", &back), -1.0);
    // q has two parameters: C_q b = (3, 4), g_q = (1, 0).
    let j = dmatrix![0.0, 0.0, 0.0; 3.0, 0.0, 0.0; 4.0, 0.0, 0.0];
    let plane = linear(&[1.0, 2.0], j, &[1.0], &[1.0], &[1.0, 0.0]);
    let two = "[ranges]\ndimension = [1, 2]";
    close(value("linear", two, "rho_q", &plane), 0.6);
    close(value("linear", two, "a_q", &plane), 5.0);
    close(value("linear", two, "C_q[2, 1]", &plane), 4.0);
    close(value("linear", two, "dJq", &plane), 3.0);
}

/// A loop with Gaussian data of which model `i` has raw data of both models, real and curated data.
fn gaussian(
    j: &DMatrix<f64>,
    d: usize,
    g: [&DVector<f64>; 2],
    shift: &DVector<f64>,
) -> GaussianLoop<f64> {
    let model = |i: usize| {
        let part = |source, channel: DMatrix<f64>, offset: DVector<f64>| Component {
            source,
            weight: 0.25,
            channel,
            offset,
            spread: 1.0,
        };
        let zero = DVector::zeros(d);
        let raw = |k: usize| j.view((i * d, k * d), (d, d)) * 4.0;
        let components = vec![
            part(Source::Real, DMatrix::zeros(d, 0), zero.clone()),
            part(Source::Raw(0), raw(0), zero.clone()),
            part(Source::Raw(1), raw(1), zero.clone()),
            // Curated data that its maker's parameters do not move.
            part(Source::Curated(i), DMatrix::zeros(d, d), shift.clone()),
        ];
        let one = DMatrix::identity(d, d);
        let alignment = Alignment { linear: g[i].clone(), curvature: DMatrix::zeros(d, d) };
        Model::new(["p", "q"][i].into(), one.clone(), one, components, alignment).unwrap()
    };
    GaussianLoop::new(vec![model(0), model(1)], Order::Simultaneous)
}

#[test]
fn the_papers_quantities_are_those_of_a_gaussian_loop() {
    for index in 0..60 {
        let rng = &mut generator(11, index);
        let d = 1 + (index % 2) as usize;
        let mut draw =
            |n: usize, m: usize| DMatrix::from_fn(n, m, |_, _| rng.random_range(-0.4..0.4));
        let j: DMatrix<f64> = draw(2 * d, 2 * d);
        let [g_p, g_q, shift] = [0, 1, 2].map(|_| draw(d, 1).column(0).into_owned());
        let pair = Pair::new(gaussian(&j, d, [&g_p, &g_q], &shift)).unwrap();
        let knob = pair.system.towards(0, &[0.0, 0.0, 1.0]);
        let b = pair.system.forcing(&knob, &pair.stable);
        let sizes = [d as f64, d as f64];
        let at = linear(&sizes, j.clone(), &b.as_slice()[..d], g_p.as_slice(), g_q.as_slice());
        let range = "[ranges]\ndimension = [1, 2]\n";
        let is = |e: &str, x: f64| close(value("linear", range, e, &at), x);
        // Forwards: the response to the knob.
        let moved = influence::response(&pair.system, &knob, &pair.stable).unwrap();
        is("dJp", pair.grad_p.dot(&moved.rows(0, d)));
        is("dJq", pair.grad_q.dot(&moved.rows(d, d)));
        let h = pair.h().unwrap();
        is("rho_p", cosine(&pair.grad_p, &h));
        is("rho_q", cosine(&pair.grad_q, &(&pair.c_q * &h)));
        is("S_p[1, 1]", pair.s_p[(0, 0)]);
        is(&format!("S_q[{d}, 1]"), pair.s_q[(d - 1, 0)]);
        is(&format!("C_q[1, {d}]"), pair.c_q[(0, d - 1)]);
        let least = |m: &DMatrix<f64>| ((m + m.transpose()) / 2.0).symmetric_eigenvalues().min();
        is("m_p", least(&pair.s_p));
        is("m_q", least(&pair.s_q));
        // As if each law were one that its mean moves.
        let mut c = Constants::of(&pair.system);
        if d == 1 {
            is("a_p", c.eps_p);
            is("a_q", c.eps_q);
        }
        c.eps_p = pair.system.sensitivity_from_below(0);
        c.eps_q = pair.system.sensitivity_from_below(1);
        is("a_p", c.a());
        is("a_q", c.b());
        is("kappa", c.kappa());
        is("tau_p", c.tau_p());
        is("tau_q", c.tau_q());
    }
}

#[test]
fn kappa_is_for_two_models() {
    let at = linear(&[1.0; 3], DMatrix::zeros(3, 3), &[1.0], &[1.0], &[1.0]);
    let claim = conjecture("linear", "kappa < 1", "[ranges]\nmodels = [2, 3]").to_claim();
    let case = Case::new(at);
    assert!(claim.property().unwrap().float(&case.by(Route::Direct)).is_err());
}

#[test]
fn functions_and_declarations_by_hand() {
    let rest = "[numbers]\ns = [0, 1]\n[vectors]\nu = 3\nv = 3\n[define]\ntwice = \"2 * u\"\nall = \"sum(twice) + s\"";
    let at = Point::new()
        .with("s", 0.25)
        .with_vector("u", dvector![1.0, -2.0, 0.5])
        .with_vector("v", dvector![3.0, 1.0, 1.5]);
    let is = |e: &str, x: f64| close(value("numbers", rest, e, &at), x);
    is("all", -0.75);
    is("sum(u) + sum(v)", 5.0);
    is("least(u)", -2.0);
    is("greatest(u)", 1.0);
    is("greatest(abs(twice))", 4.0);
    is("dot(u, v) * s", (3.0 - 2.0 + 0.75) / 4.0);
    is("v[3] / s", 6.0);
    // Both grow from entry 2 to 3 to 1: the least product is (1 - 0.5)(3 - 1.5), of 1 and 3.
    let claim = conjecture("numbers", "same_order(u, v)", rest).to_claim();
    let margin = |at: &Point<f64>| {
        let case = Case::new(at.clone());
        let sides = claim.property().unwrap().float(&case.by(Route::Direct)).unwrap();
        sides[0].right - sides[0].left
    };
    close(margin(&at), 0.75);
    // Now the third entry of v is below the second one.
    close(margin(&at.clone().with_vector("v", dvector![3.0, 1.0, 0.5])), -1.25);
    // A point without what is declared has no values.
    let case = Case::new(Point::new().with("s", 0.25));
    assert!(claim.property().unwrap().float(&case.by(Route::Direct)).is_err());
}

/// Two categories, weights 1 and 3, share 1/2, p = (1/2, 1/2): infinitely many candidates make of it
/// (1/4, 3/4), so p_ref = (3/4, 1/4). In its first entry x the round is (1 - s) ref + s x/(3 - 2x), of
/// slope s 3/(3 - 2x)² = 3/8, and the law moves at (1/4 - 3/4)/(1 - 3/8) = -4/5.
#[test]
fn an_isolated_categorical_loop_by_hand() {
    let at = Point::new()
        .with_vector("p", dvector![2.0, 2.0])
        .with_vector("w1", dvector![1.0, 3.0])
        .with_vector("w2", dvector![5.0, 1.0])
        .with_vector("r1", dvector![0.0, 1.0])
        .with_vector("r2", dvector![1.0, 1.0])
        .with("s1", 0.5);
    let is = |e: &str, x: f64| close(value("categorical", "", e, &at), x);
    is("p[1]", 0.5);
    is("p_ref[1]", 0.75);
    is("p_ref[2]", 0.25);
    is("J[1, 1]", 0.375);
    is("dp[1]", -0.8);
    is("dp[2]", 0.8);
    is("alignment", 0.5);
    is("dalignment", 0.8);
    is("direct", 0.5);
    is("curate(p, w1)[1]", 0.25);
    is("mean(curate(law(w1), w2), r1)", 3.0 / 8.0);
    is("categories", 2.0);
    for exact in [
        "least(p_ref) == 0.25",
        "dalignment == 4 / 5",
        "J[1, 1] == 3 / 8",
        "curate(curate(p, w1), w2) == curate(curate(p, w2), w1)",
    ] {
        assert!(holds_exactly("categorical", "", exact, &at), "{exact}");
        assert!(!holds_exactly("categorical", "", &format!("not {exact}"), &at), "{exact}");
    }
    // Two candidates: both are 1 with 1/4, and of a mixed pair the first is kept with 1/4:
    // 1/4 + 1/2 · 1/4 = 3/8.
    let two = "[ranges]\ncandidates = 2";
    close(value("categorical", two, "curate(p, w1)[1]", &at), 0.375);
    assert!(holds_exactly("categorical", two, "curate(p, w1)[1] == 3 / 8", &at));
    // Three: 1/8 + 3/8 (both orders of 1, 1, 3: 1/5 + 1/5) + 3/8 · 1/7 = 1/8 + 3/20 + 3/56.
    let three = "[ranges]\ncandidates = 3";
    let kept = 1.0 / 8.0 + 3.0 / 8.0 * 2.0 / 5.0 + 3.0 / 8.0 / 7.0;
    close(value("categorical", three, "curate(p, w1)[1]", &at), kept);
}

/// The derivative of the stable law, against stable laws that rounds lead to at neighbouring shares.
#[test]
fn derivatives_of_categorical_loops_are_those_of_settled_rounds() {
    for (index, (models, candidates)) in
        (0..24).zip([(1, "2"), (2, "\"infinity\""), (2, "2"), (1, "3")].into_iter().cycle())
    {
        let rest =
            format!("[ranges]\nmodels = {models}\ncandidates = {candidates}\nshare = [0.1, 0.6]");
        let c = conjecture("categorical", "dalignment > 0", &rest);
        let domain = c.family.domain();
        let at = domain.draw(&mut generator(5, index), index);
        let value = |e: &str| value("categorical", &rest, e, &at);
        let n = at.matrix("p").nrows();
        let vector = |name: &str| DVector::from_fn(n, |i, _| value(&format!("{name}[{}]", i + 1)));
        let luce = |name: &str| {
            let k = match candidates {
                "2" => Candidates::Finite(2),
                "3" => Candidates::Finite(3),
                _ => Candidates::Infinite,
            };
            Luce::new(at.vector(name), k).unwrap()
        };
        let settled = |s1: f64| {
            let real = |law| Part { source: Source::Real, weight: 0.0, law, kernel: None };
            let curated = |i, weight| Part {
                source: Source::Curated(i),
                weight,
                law: DVector::from_vec(vec![]),
                kernel: None,
            };
            let mut all = Vec::new();
            for i in 0..models {
                let s = if i == 0 { s1 } else { at.number("s2") };
                let x = if models == 2 { at.number(["x1", "x2"][i]) } else { 0.0 };
                let mut own = real(vector(["p_ref", "q_ref"][i]));
                own.weight = 1.0 - s;
                let mut parts = vec![own, curated(i, s * (1.0 - x))];
                if models == 2 {
                    parts.push(curated(1 - i, s * x));
                }
                let reward = at.vector(["r1", "r2"][i]);
                all.push(CategoricalModel { parts, luce: luce(["w1", "w2"][i]), reward });
            }
            let system = CategoricalLoop::new(all);
            let laws: Vec<_> = ["p", "q"][..models].iter().map(|name| vector(name)).collect();
            let mut state = system.state(&laws);
            for _ in 0..3_000 {
                state = dynamics::play(&system, &Round::Simultaneous, &state);
            }
            assert!(system.blocks().len() == models);
            (0..models).map(|i| system.law(i, &state)).collect::<Vec<_>>()
        };
        let radius = value("rho(J)");
        if radius > 0.95 {
            continue;
        }
        let s = at.number("s1");
        let step = 1e-5;
        let (up, down, here) = (settled(s + step), settled(s - step), settled(s));
        for (i, (law, slope)) in [("p", "dp"), ("q", "dq")][..models].iter().enumerate() {
            let seen = (&up[i] - &down[i]) / (2.0 * step);
            assert!((&here[i] - vector(law)).norm() < 1e-10, "{index}: not stable");
            let gap = (seen - vector(slope)).norm();
            assert!(gap < 1e-6 * (1.0 + vector(slope).norm()), "{index}: {gap}");
        }
        close(value("dalignment"), value("dot(dp, r1)"));
    }
}

fn families() -> Vec<Conjecture> {
    let declared = "[numbers]\ns = [0.25, 0.5]\nk = { range = [1, 3], entries = \"integers\" }\n";
    let vectors =
        "[vectors]\nc = \"D\"\nu = { length = \"d_q\", range = [0, 1], entries = \"tenths\" }\n";
    let linear = |ranges: &str| {
        conjecture("linear", "s > 0", &format!("{declared}{vectors}[ranges]\n{ranges}"))
    };
    let mut all = vec![
        linear("models = [1, 3]\ndimension = [1, 2]"),
        linear("models = [2, 4]\nsigns = \"balanced\"\nlargest = 0.7"),
        linear("models = [2, 3]\nsigns = \"non-negative\"\nself_terms = false"),
        linear("entries = \"integers\"\nlargest = 2.5"),
        linear("entries = \"tenths\"\nlargest = 0.25\ndimension = [2, 2]"),
        linear("largest = 0.05\nradius = [1, 2]"),
        conjecture("numbers", "s > 0", &format!("{declared}[vectors]\nv = 3")),
    ];
    for ranges in ["", "models = 2\nentries = \"integers\"", "entries = \"tenths\"\nlargest = 1"] {
        let vectors = "[vectors]\nc = \"n\"\n";
        all.push(conjecture(
            "categorical",
            "s > 0",
            &format!("{declared}{vectors}[ranges]\n{ranges}"),
        ));
    }
    all
}

#[test]
fn what_is_drawn_lies_in_the_domain_and_in_one_of_its_layouts() {
    for c in families() {
        let domain = c.family.domain();
        let layouts = domain.layouts();
        for index in 0..300 {
            for small in [false, true] {
                let rng = &mut generator(3, index);
                let at =
                    if small { domain.draw_small(rng, index) } else { domain.draw(rng, index) };
                let shown = || format!("{:?}\n{:#?}", c.family, at.lines());
                assert!(domain.contains(&at), "{}", shown());
                assert!(layouts.iter().any(|l| l.contains(&at)), "{}", shown());
                for less in domain.reductions(&at) {
                    assert!(domain.contains(&less), "{:?}\n{:#?}", less.lines(), shown());
                }
            }
        }
        // And the other way round.
        for (k, layout) in layouts.iter().enumerate() {
            let rng = &mut generator(4, k as u64);
            let draw = |s: &backfire::search::Slot| s.nearest(rng.random_range(s.lo..=s.hi));
            let at = layout.point(&layout.slots.iter().map(draw).collect::<Vec<_>>());
            assert!(domain.contains(&at), "{:?}\n{:#?}", c.family, at.lines());
        }
        let sizes: Vec<usize> = layouts.iter().map(|l| l.slots.len()).collect();
        assert!(sizes.is_sorted(), "the smallest first: {sizes:?}");
    }
}

#[test]
fn what_leaves_the_ranges_is_no_point() {
    let of = |ranges: &str| conjecture("linear", "models > 0", &format!("[ranges]\n{ranges}"));
    let at = |j: DMatrix<f64>| linear(&vec![1.0; j.nrows()], j, &[1.0], &[1.0], &[1.0]);
    let inside = |ranges: &str, at: &Point<f64>| of(ranges).family.domain().contains(at);
    let pair = at(dmatrix![0.5, -1.0; 1.0, 0.0]);
    assert!(inside("", &pair) && inside("largest = 1", &pair));
    assert!(!inside("largest = 0.9", &pair) && !inside("models = [3, 3]", &pair));
    assert!(!inside("self_terms = false", &pair) && !inside("entries = \"integers\"", &pair));
    assert!(inside("entries = \"tenths\"", &pair) && !inside("signs = \"non-negative\"", &pair));
    assert!(!inside("dimension = [2, 2]", &pair));
    assert!(!inside("", &pair.clone().with("more", 1.0)));
    assert!(!inside("", &pair.clone().with_vector("b", dvector![3.0])));
    assert!(!inside("", &pair.clone().with_vector("b", dvector![1.0, 1.0])));
    assert!(!inside("", &pair.clone().with_vector("sizes", dvector![2.0])));
    assert!(!inside("", &pair.with_vector("sizes", dvector![1.5, 0.5])));
    // A cycle of three with one sign turned is not balanced, with two it is; nor is a model that
    // weakens itself.
    let balanced = "models = [3, 3]\nsigns = \"balanced\"";
    let cycle = |x: f64, y: f64, own: f64| at(dmatrix![own, x, 0.0; 0.0, 0.0, y; 1.0, 0.0, 0.0]);
    assert!(inside(balanced, &cycle(-1.0, -1.0, 1.0)) && inside(balanced, &cycle(0.0, -1.0, 0.0)));
    assert!(!inside(balanced, &cycle(-1.0, 1.0, 0.0)) && !inside(balanced, &cycle(1.0, 1.0, -0.5)));
    // Sixteen models have too many patterns to lay out, but are decided.
    let many = of("models = [16, 16]\nsigns = \"balanced\"\ndimension = [1, 3]");
    let many = many.family.domain();
    assert!(many.layouts().len() <= 1024);
    let drawn = many.draw(&mut generator(1, 1), 1);
    assert!(many.contains(&drawn));
    let mut spoilt = drawn.matrix("J").clone();
    spoilt[(0, 0)] = -0.5;
    assert!(!many.contains(&drawn.with_matrix("J", spoilt)));
    let laws = conjecture("categorical", "s1 >= 0", "[ranges]\nshare = [0.25, 0.5]");
    let laws = laws.family.domain();
    let drawn = laws.draw(&mut generator(1, 1), 1);
    assert!(laws.contains(&drawn) && !laws.contains(&drawn.with("s1", 0.6)));
}

#[test]
fn what_is_shrunk_stays_in_the_ranges() {
    let rest =
        "[ranges]\nmodels = [2, 3]\nlargest = 0.45\nradius = [0.5, 2]\n[numbers]\nt = [0.35, 0.45]";
    let c = conjecture("linear", "rho(t * J) < 0.1", rest);
    let claim = c.to_claim();
    let domain = claim.domain().unwrap();
    let found = backfire::search::smallest(&claim, 1, 400, Vec::new()).expect("it is false");
    let at = found.subject().point().unwrap();
    assert!(domain.contains(at), "{:#?}", at.lines());
    assert!(confirm(&claim, found.subject()).is_some());
    // Without the domain the shrinker would round the number to one that is simpler.
    let breaks =
        |s: &Subject<f64>| violates(&claim, &Case::new(s.clone()).by(Route::Direct)).is_some();
    let free = shrink(found.subject().clone(), None, &breaks);
    assert!(!domain.contains(free.point().unwrap()));
}

/// The closed form by which `unbalanced-changes-sign` decides over all strengths at once, against a
/// scan of them.
#[test]
fn a_change_of_sign_along_strengths_is_what_the_bundled_conjecture_says() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("conjectures/unbalanced-changes-sign.toml");
    let c = Conjecture::read(&file).unwrap();
    let claim = c.to_claim();
    let (mut changed, mut kept) = (0, 0);
    for index in 0..600 {
        let at = c.family.domain().draw(&mut generator(8, index), index);
        let case = Case::new(at.clone());
        let view = case.by(Route::Direct);
        if !claim.hypotheses.iter().all(|h| h.float(&view).is_ok_and(|m| m > 0.0)) {
            continue;
        }
        let side = &claim.property().unwrap().float(&view).unwrap()[0];
        let margin = side.right - side.left;
        let j = at.matrix("J");
        let radius = f64::spectral_radius(j).unwrap();
        // Close to the end a scan does not tell.
        if margin.abs() < 0.02 || radius < 0.02 {
            continue;
        }
        let signs = (1..400).map(|k| {
            let t = f64::from(k) / 400.0 / radius;
            let inverse = (DMatrix::identity(3, 3) - j * t).try_inverse().unwrap();
            inverse[(1, 0)] * j[(1, 0)] > 0.0
        });
        let seen = signs.collect::<Vec<_>>().contains(&false);
        assert_eq!(seen, margin > 0.0, "{:#?}", at.lines());
        if seen { changed += 1 } else { kept += 1 }
    }
    assert!(changed > 10 && kept > 10, "{changed} and {kept}");
}

#[test]
fn a_conjecture_says_which_family_it_is_of() {
    let names: Vec<&str> = families()
        .iter()
        .map(|c| match &c.family {
            Family::Linear(_) => "linear",
            Family::Numbers(_) => "numbers",
            Family::Categorical(_) => "categorical",
        })
        .collect();
    let domains: Vec<&str> = families().iter().map(|c| c.family.domain().name()).collect();
    assert_eq!(names, domains);
}
