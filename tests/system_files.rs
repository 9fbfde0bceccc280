//! The files in `systems/` say what the paper and its authors' code say; every bad file gets an
//! error that points at its mistake; a loop written to a file reads back as itself.

use backfire::error::LoopError;
use backfire::systems::file::Diagnostic;
use backfire::systems::{
    Alignment, Component, FileError, GaussianLoop, KnobSpec, LoopFile, Model, Order, Source,
    SourceKind, shipped, to_toml,
};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::path::Path;

fn file(id: &str) -> LoopFile {
    shipped::get(id).unwrap_or_else(|e| panic!("{e}"))
}

/// The reference that the authors' code was recorded in; doubles, read to the bit.
fn reference() -> serde_json::Value {
    serde_json::from_str(include_str!("data/gaussian_system.json")).expect("valid JSON")
}

fn numbers(reference: &serde_json::Value, key: &str) -> Vec<f64> {
    let values = reference[key].as_array().expect(key);
    values.iter().map(|x| x.as_f64().expect(key)).collect()
}

fn names_in(folder: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).expect("the folder exists");
    let path = |e: std::io::Result<std::fs::DirEntry>| e.expect("readable").path();
    entries.map(|e| path(e).file_stem().expect("a name").to_string_lossy().into_owned()).collect()
}

#[test]
fn every_file_in_systems_is_shipped_under_its_name() {
    let ids: BTreeSet<String> = shipped::ALL.iter().map(|s| s.id.to_owned()).collect();
    assert_eq!(ids, names_in("systems"));
    for system in shipped::ALL {
        let file = system.parse().unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(file.name, system.id);
        let [p, q] = &file.default_at::<f64>().expect("regular").models[..] else {
            panic!("two models")
        };
        assert_eq!((p.name.as_str(), q.name.as_str()), ("p", "q"));
        let knob = file.knob.expect("a knob");
        assert_eq!((knob.model, knob.in_front), (0, SourceKind::Curated));
        assert_eq!(knob.target.map(|s| s.to_string()), ["0", "0", "1"]);
    }
}

#[test]
fn the_code_system_has_the_recorded_doubles() {
    let reference = reference();
    let file = file("paper-5-1-code");
    let system = file.at(&[("t", 1.0)]).expect("regular");
    assert_eq!(system.order, Order::Sequential(vec![0, 1]));
    let [p, q] = &system.models[..] else { panic!("two models") };
    let [raw, curated] = &p.components[..] else { panic!("two components") };
    let vector = |key| DVector::from_vec(numbers(&reference, key));

    assert_eq!((raw.source, curated.source), (Source::Raw(1), Source::Curated(1)));
    assert_eq!((raw.weight, curated.weight), (0.6, 0.4));
    assert_eq!(reference["lambda0"].as_f64(), Some(curated.weight));
    assert_eq!(raw.offset, DVector::zeros(24));
    assert_eq!(curated.offset, vector("a"));
    for c in p.components.iter().chain(&q.components) {
        assert_eq!(reference["sigma"].as_f64(), Some(c.spread));
    }
    for (model, linear, curvature) in [(p, "g_p", "eta_p"), (q, "g_q", "eta_q")] {
        let eta = reference[curvature].as_f64().expect(curvature);
        assert_eq!(model.alignment.linear, vector(linear));
        assert_eq!(model.alignment.curvature, DMatrix::identity(24, 24) * eta);
        assert_eq!(model.hessian, DMatrix::identity(24, 24));
        assert_eq!(model.data, DMatrix::identity(24, 24));
    }
    assert_eq!(raw.channel, DMatrix::identity(24, 24));
    assert_eq!(curated.channel, DMatrix::identity(24, 24));
    assert_eq!(q.components.len(), 1);
    assert_eq!((q.components[0].source, q.components[0].weight), (Source::Raw(0), 1.0));
}

/// Entry by entry `t * beta * cos` and `t * beta * sin`, each product rounded once by the file and
/// once here.
fn assert_coupling(file: &LoopFile, cos: &[f64], sin: &[f64]) {
    let beta = numbers(&reference(), "beta");
    for t in [0.05, 0.2, 0.5, 0.9, 1.0] {
        let channel = &file.at(&[("t", t)]).expect("regular").models[1].components[0].channel;
        let mut expected = DMatrix::zeros(24, 24);
        for i in 0..12 {
            let (x, y) = (2 * i, 2 * i + 1);
            expected[(x, x)] = t * beta[i] * cos[i];
            expected[(x, y)] = -t * beta[i] * sin[i];
            expected[(y, x)] = t * beta[i] * sin[i];
            expected[(y, y)] = t * beta[i] * cos[i];
        }
        // Two roundings on either side, half a unit in the last place each.
        let off = |(a, b): (&f64, &f64)| (a - b).abs() > 2.0 * f64::EPSILON * b.abs();
        assert!(!channel.iter().zip(expected.iter()).any(off), "t = {t}");
    }
}

#[test]
fn the_code_system_is_coupled_as_recorded() {
    let reference = reference();
    let file = file("paper-5-1-code");
    let [cos, sin] = ["rotation_cos", "rotation_sin"].map(|key| numbers(&reference, key));
    assert_coupling(&file, &cos, &sin);
    let [t] = &file.parameters[..] else { panic!("one parameter") };
    let text = [&t.value, &t.range.0, &t.range.1].map(ToString::to_string);
    assert_eq!((t.name.as_str(), text), ("t", ["1/2", "1/20", "1"].map(str::to_owned)));
}

#[test]
fn the_printed_system_has_the_printed_formulas() {
    use std::f64::consts::PI;
    fn rotated(degrees: f64, [x, y]: [f64; 2]) -> [f64; 2] {
        let (sin, cos) = degrees.to_radians().sin_cos();
        [cos * x - sin * y, sin * x + cos * y]
    }
    let mut expected = [const { Vec::new() }; 3];
    for i in 1..=12_i32 {
        let step = f64::from(i - 1);
        let size = 0.9_f64.powi(i);
        let (a, g_p, g_q) = (
            size * (1.0 + 0.2 * (2.0 * PI * step / 11.0).sin()),
            size * (1.0 + 0.15 * (1.5 * PI * step / 11.0).cos()),
            size * (1.0 + 0.18 * (1.5 * PI * step / 11.0 + 0.3).sin()),
        );
        expected[0].extend(rotated(140.0 * step / 11.0 - 70.0, [1.0, 2.0]).map(|x| a * x));
        expected[1].extend(rotated(80.0 * step / 11.0 - 55.0, [1.0, 0.0]).map(|x| g_p * x));
        expected[2].extend(rotated(100.0 * step / 11.0 - 40.0, [1.0, 4.0]).map(|x| g_q * x));
    }
    let file = file("paper-5-1-printed");
    let system = file.default_at::<f64>().expect("regular");
    assert_eq!(system.order, Order::Simultaneous);
    let [p, q] = &system.models[..] else { panic!("two models") };
    let found = [&p.components[1].offset, &p.alignment.linear, &q.alignment.linear];
    for (found, expected) in found.into_iter().zip(&expected) {
        assert_eq!(found.len(), expected.len());
        // Relative to the largest entries, which are below 4: the order of the products differs.
        assert!(found.iter().zip(expected).all(|(x, y)| (x - y).abs() <= 1e-15 * y.abs().max(1.0)));
    }
    let angles = [-80, -66, -52, -38, -24, -10, 5, 21, 37, 53, 69, 85].map(f64::from);
    let [cos, sin] = [f64::cos, f64::sin].map(|f| angles.map(|x| f(x.to_radians())));
    assert_coupling(&file, &cos, &sin);
    assert_eq!((p.alignment.curvature[(0, 0)], q.alignment.curvature[(0, 0)]), (0.18, 0.22));
    assert_eq!((p.components[0].weight, p.components[0].spread), (0.6, 0.2));
}

#[test]
fn the_example_is_the_paper_s() {
    let system = file("example-4-6").default_at::<f64>().expect("regular");
    let [p, q] = &system.models[..] else { panic!("two models") };
    assert_eq!(p.components[0].channel, DMatrix::identity(2, 2));
    assert_eq!(p.components[1].channel, DMatrix::identity(2, 2));
    assert_eq!(p.components[1].offset, DVector::from_vec(vec![1.0, -1.0]));
    let sevenths = DMatrix::from_row_slice(2, 2, &[-9.0, 6.0, 6.0, 3.0]) / 7.0;
    assert_eq!(q.components[0].channel, sevenths);
    assert_eq!(p.alignment.linear, DVector::from_vec(vec![1.0, 0.0]));
    assert_eq!(p.alignment.curvature, DMatrix::zeros(2, 2));
}

/// File, line and column, message.
const BAD: &[(&str, &str, &str)] = &[
    ("channel-missing", "15:1", "missing key `channel`: the identity is not 3 x 2"),
    ("channel-ragged", "31:3", "row 2 of `channel` has length 1, not 2"),
    ("channel-shape", "29:11", "expected a 2 x 2 matrix in `channel`, found 2 x 3"),
    ("curated-without-curation", "15:1", "missing key `curation` in component 2 of model `p`"),
    ("dimension-absurd", "8:13", "the dimension of model `p` is 1000000"),
    ("dimension-zero", "8:13", "the dimension of model `p` is 0"),
    ("duplicate-key", "4:1", "duplicate key"),
    ("duplicate-model", "22:8", "two models are called `p`"),
    ("empty-models", "6:10", "the file has no models"),
    (
        "finite-candidates",
        "19:27",
        "a finite number of candidates is not supported for this family",
    ),
    ("hessian-asymmetric", "10:20", "`hessian` is not symmetric: (1, 2) and (2, 1) differ"),
    ("hessian-indefinite", "10:20", "the Hessian of model `p` is not positive definite"),
    ("hessian-singular", "10:20", "the Hessian of model `p` is not positive definite"),
    (
        "hessian-vanishes",
        "13:20",
        "the Hessian of model `p` is not positive definite for every `t` in its range",
    ),
    ("infinite", "13:10", "`weight` must be finite, found inf"),
    ("knob-in-front-of-raise", "34:1", "`in_front` has no place in `knob`"),
    ("knob-no-such-data", "33:9", "model `p` has no raw data to turn to"),
    ("knob-stands-still", "33:11", "the curated share of model `p` is 0.4 already"),
    ("knob-target-sum", "33:11", "the shares of the target sum to 1.1, not 1"),
    ("knob-two-targets", "31:1", "`knob` needs either `raise` or `towards`"),
    ("knob-unknown-model", "32:9", "unknown model `P`"),
    ("linear-length", "9:24", "expected length 2 for `linear`, found 3"),
    ("malformed", "4:22", r#"invalid basic string, expected `"`"#),
    ("missing-key", "6:1", "missing key `dimension` in a model"),
    ("missing-title", "1:1", "missing key `title` in the file"),
    ("name-not-kebab", "1:8", "`Bad file` is no identifier"),
    ("no-components", "26:14", "the weights of model `q` sum to 0, not 1"),
    ("no-fraction", "13:10", r#"`weight` is no number: "3/0""#),
    ("no-models", "1:1", "the file has no models"),
    ("not-a-number", "19:26", "`shift` must be finite, found nan"),
    ("not-utf8", "2:30", "the file is not UTF-8 text"),
    ("order-incomplete", "4:24", "model `p` has no turn"),
    ("order-twice", "4:30", "model `p` has two turns"),
    ("order-two-rules", "4:9", "`order` needs exactly one rule"),
    ("order-unknown-model", "4:30", "unknown model `r`"),
    ("parameter-empty-range", "7:28", "the range of `t` is empty"),
    ("parameter-out-of-range", "7:15", "`t` = 1.5 is out of its range"),
    ("parameter-unknown", "32:25", "unknown parameter `s`"),
    ("parameter-unused", "7:1", "parameter `t` is not used"),
    ("raw-with-curation", "29:1", "`curation` has no place in component 1 of model `q`"),
    ("real-with-maker", "13:1", "`from` has no place in component 1 of model `p`"),
    (
        "reward-explosive",
        "19:12",
        "curation with this reward leaves no law: 1 + tau eta s^2 is not positive",
    ),
    (
        "reward-not-isotropic",
        "19:12",
        "the curvature of the reward of model `q` is no fixed multiple of the identity",
    ),
    ("rotations-odd", "29:25", "expected a 2 x 2 matrix in `rotations`, found 4 x 4"),
    ("seed-negative", "4:32", "`seed` must lie between 0 and 2^64 - 1"),
    ("shift-and-candidates", "19:39", "`shift` has no place in `curation`"),
    ("shift-length", "19:22", "expected length 2 for `shift`, found 1"),
    ("spread-negative", "14:10", "`spread` is negative: -0.2"),
    ("step-not-positive", "4:34", "the step must be positive, found 0"),
    ("too-large", "19:26", "`shift` is out of range"),
    ("two-forms", "29:13", "`diagonal` has no place in `channel`"),
    ("unknown-family", "3:10", "unknown family `gausian`"),
    ("unknown-key", "13:1", "unknown key `wieght` in component 1 of model `p`"),
    ("unknown-kind", "27:8", "unknown kind `row`"),
    ("unknown-maker", "28:8", "unknown model `pq`"),
    ("unknown-order", "4:9", "unknown order `sequential`"),
    ("very-long-line", "26:106", "unknown kind `row`"),
    ("weight-negative", "13:10", "`weight` is negative: -0.1"),
    ("weights-above-one", "18:10", "the weights of model `p` sum to 1.1, not 1"),
    ("weights-below-one", "18:10", "the weights of model `p` sum to 14/15, not 1"),
    ("wrong-type", "8:13", "expected a whole number in `dimension`, found a string"),
];

fn mistake(name: &str) -> Diagnostic {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/bad/{name}.toml"));
    match LoopFile::read(&path) {
        Err(FileError::Invalid(mistake)) => *mistake,
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn every_bad_file_is_refused_at_its_mistake() {
    let listed: BTreeSet<String> = BAD.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(listed, names_in("tests/data/bad"));
    for (name, place, message) in BAD {
        let mistake = mistake(name);
        let found = format!("{}:{}", mistake.line, mistake.column);
        assert_eq!((found.as_str(), mistake.message.as_str()), (*place, *message), "{name}");
        assert!(!mistake.help.is_empty(), "{name}: no remedy");
    }
}

#[test]
fn an_error_shows_the_line_and_the_remedy() {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/bad/weights-above-one.toml"),
    );
    let error = LoopFile::parse(&text.expect("readable"), "bad.toml").expect_err("bad");
    let expected = "\
error: the weights of model `p` sum to 1.1, not 1
  --> bad.toml:18:10
   |
18 | weight = 0.5
   |          ^^^
   = help: with 0.4 here they would";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_long_line_is_shown_around_its_mistake() {
    let shown = mistake("very-long-line").to_string();
    let lines: Vec<&str> = shown.lines().collect();
    let caret = lines[4].find('^').expect("a caret");
    assert!(lines[3].len() < 110 && lines[3][caret..].starts_with("\"row\""), "{shown}");
}

#[test]
fn empty_and_odd_texts_are_refused_without_a_panic() {
    for text in
        ["", "\n", "\u{feff}", "\u{e4} = \u{1F600}", "name = \"\u{e4}\"", "[[models]]", "a\r\nb"]
    {
        let error = LoopFile::parse(text, "odd.toml").expect_err("no system");
        assert!(error.to_string().contains("--> odd.toml:"), "{error}");
    }
}

#[test]
fn a_missing_file_and_an_unknown_id_are_named() {
    let missing = LoopFile::read(Path::new("no/such.toml")).expect_err("missing").to_string();
    assert!(missing.starts_with("error: cannot read no/such.toml: "), "{missing}");
    let unknown = shipped::get("paper-5-1-cod").expect_err("unknown").to_string();
    assert!(unknown.contains("did you mean `paper-5-1-code`?"), "{unknown}");
}

#[test]
fn an_unknown_parameter_is_refused() {
    let error = file("paper-5-1-code").at(&[("tt", 0.5)]).expect_err("unknown");
    let help = "did you mean `t`? known: `t`".to_owned();
    assert_eq!(error, LoopError::UnknownParameter { parameter: "tt".to_owned(), help });
}

/// `k / 64`, so that products and sums are exact.
fn dyadic() -> impl Strategy<Value = f64> {
    (-128_i32..=128).prop_map(|k| f64::from(k) / 64.0)
}

fn matrix(rows: usize, columns: usize) -> impl Strategy<Value = DMatrix<f64>> {
    prop::collection::vec(dyadic(), rows * columns)
        .prop_map(move |entries| DMatrix::from_vec(rows, columns, entries))
}

/// Dense, a multiple of the identity or diagonal: each has a form of its own in a file.
fn square(size: usize) -> impl Strategy<Value = DMatrix<f64>> {
    prop_oneof![
        matrix(size, size),
        dyadic().prop_map(move |k| DMatrix::from_diagonal_element(size, size, k)),
        matrix(size, 1).prop_map(|d| DMatrix::from_diagonal(&d.column(0).into_owned())),
    ]
}

/// Any double that a file may hold, not only short ones.
fn any_vector(size: usize) -> impl Strategy<Value = DVector<f64>> {
    use prop::num::f64::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let any = POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO;
    let held = any.prop_map(|x: f64| if x.abs() > 1e100 { x.recip() } else { x });
    prop::collection::vec(held, size).prop_map(DVector::from_vec)
}

fn component(
    kind: usize,
    maker: usize,
    width: usize,
    dimensions: &[usize],
) -> BoxedStrategy<Component<f64>> {
    let (source, columns) = match kind {
        0 => (Source::Real, 0),
        1 => (Source::Raw(maker), dimensions[maker]),
        _ => (Source::Curated(maker), dimensions[maker]),
    };
    let channel =
        if width == columns { square(width).boxed() } else { matrix(width, columns).boxed() };
    (channel, any_vector(width), 0_i32..200)
        .prop_map(move |(channel, offset, spread)| {
            let spread = f64::from(spread) / 64.0;
            Component { source, weight: 0.0, channel, offset, spread }
        })
        .boxed()
}

/// Weights `k / 1024` that sum to one.
fn weigh(components: &mut [Component<f64>], mut cuts: Vec<i32>) {
    cuts.truncate(components.len() - 1);
    cuts.extend([0, 1024]);
    cuts.sort_unstable();
    for (c, ends) in components.iter_mut().zip(cuts.windows(2)) {
        c.weight = f64::from(ends[1] - ends[0]) / 1024.0;
    }
}

fn model(index: usize, dimensions: Vec<usize>) -> impl Strategy<Value = Model<f64>> {
    let d = dimensions[index];
    let makers = dimensions.len();
    let kinds = prop::collection::vec((0_usize..3, 0..makers), 1..4);
    let components = (1_usize..4, kinds).prop_flat_map(move |(width, kinds)| {
        let of = |(kind, maker)| component(kind, maker, width, &dimensions);
        (matrix(d, width), kinds.into_iter().map(of).collect::<Vec<_>>())
    });
    let cuts = prop::collection::vec(0_i32..=1024, 3);
    (square(d), components, cuts, any_vector(d), square(d)).prop_map(
        move |(root, (data, mut components), cuts, linear, curvature)| {
            weigh(&mut components, cuts);
            let hessian = &root * root.transpose() + DMatrix::identity(d, d);
            let curvature = &curvature + curvature.transpose();
            let name = format!("model \"{index}\" \\ \u{e4}");
            Model::new(name, hessian, data, components, Alignment { linear, curvature })
                .expect("H is at least I")
        },
    )
}

fn order(models: usize) -> impl Strategy<Value = Order> {
    let turns: Vec<usize> = (0..models).collect();
    prop_oneof![
        Just(Order::Simultaneous),
        Just(turns).prop_shuffle().prop_map(Order::Sequential),
        any::<u64>().prop_map(|seed| Order::Switching { seed }),
        (1e-9..1.0).prop_map(|step| Order::Incremental { step }),
    ]
}

fn system() -> impl Strategy<Value = GaussianLoop<f64>> {
    prop::collection::vec(1_usize..4, 1..4).prop_flat_map(|dimensions| {
        let count = dimensions.len();
        let models: Vec<_> = (0..count).map(|i| model(i, dimensions.clone())).collect();
        (models, order(count)).prop_map(|(models, order)| GaussianLoop::new(models, order))
    })
}

/// A knob that the first model can turn: halfway from curated data to whatever else it has.
fn some_knob(system: &GaussianLoop<f64>) -> Option<KnobSpec> {
    let shares = [SourceKind::Real, SourceKind::Raw, SourceKind::Curated]
        .map(|kind| system.models[0].share(kind));
    let ratio = |p: i32, q: i32| BigRational::new(p.into(), q.into());
    let other = shares[..2].iter().position(|&share| share > 0.0)?;
    // 1/3 is no double, so the curated share is never there already.
    let mut target = [0, 0, 0].map(|_| ratio(0, 1));
    target[other] = ratio(2, 3);
    target[2] = ratio(1, 3);
    (shares[2] > 0.0).then_some(KnobSpec { model: 0, target, in_front: SourceKind::Curated })
}

proptest! {
    #[test]
    fn a_loop_written_to_a_file_reads_back(system in system()) {
        let knob = some_knob(&system);
        let text = to_toml("witness", "A \"witness\"\nof two lines", &system, knob.as_ref());
        let file = LoopFile::parse(&text, "witness.toml")
            .map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(file.default_at::<f64>().expect("regular"), system);
        prop_assert_eq!(file.knob, knob);
        prop_assert_eq!(file.title, "A \"witness\"\nof two lines");
    }
}

#[test]
fn a_shipped_loop_written_to_a_file_reads_back() {
    // Not dyadic: 0.6 and 0.4 as doubles sum to one exactly, so they are kept too.
    let file = file("paper-5-1-code");
    let system = file.default_at::<f64>().expect("regular");
    let text = to_toml(&file.name, &file.title, &system, file.knob.as_ref());
    let back = LoopFile::parse(&text, "back.toml").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(back.default_at::<f64>().expect("regular"), system);
    assert_eq!(back.knob, file.knob);
}
