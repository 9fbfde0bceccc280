//! Pictures: what they show is what other routes find, where it stands in the picture is where it
//! belongs, and they are the same bytes every time.

use backfire::dynamics::finite_sample::{FiniteOrder, RotationLoop};
use backfire::dynamics::{self, finite_sample};
use backfire::figures::regimes::{Along, Grid, Map, Place, Regime, Sweep, Ticks, grid};
use backfire::figures::{self, Figure, contributions, curation, regimes, spectrum, trajectory};
use backfire::influence::Pair;
use backfire::influence::sweep::Study;
use backfire::systems::{GaussianLoop, LoopFile, Order, RetrainingMap, Round, SourceKind, shipped};
use nalgebra::DVector;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const CODE: &str = "paper-5-1-code";
const CONVERGING: &str = "example-4-6-converging";

fn file(id: &str) -> LoopFile {
    shipped::get(id).unwrap_or_else(|e| panic!("{e}"))
}

fn system(id: &str, values: &[(&str, f64)]) -> GaussianLoop<f64> {
    file(id).at(values).unwrap()
}

static ALL: LazyLock<Vec<Figure>> = LazyLock::new(|| figures::all(1).unwrap());

/// The alignments where a loop settles, by running it.
fn settled(system: &GaussianLoop<f64>) -> Option<Vec<f64>> {
    let zero = DVector::zeros(system.dimension());
    dynamics::settle(system, &zero).ok().map(|(x, _)| system.alignments(&x))
}

#[test]
fn spectra_are_those_of_the_jacobians_by_dual_numbers() {
    for (id, values) in [(CODE, vec![("t", 0.9)]), ("fine-tuning-diverges", vec![])] {
        let system = system(id, &values);
        let found = spectrum::of(id, "", &system).unwrap();
        let n = system.models.len();
        for (one, (_, order)) in found.orders.iter().zip(spectrum::orders(&system)) {
            let zero = DVector::zeros(system.dimension());
            let jacobian =
                dynamics::round_jacobian_by_duals(&system, &order.round(0, n), &zero).unwrap();
            let sum: f64 = one.eigenvalues.iter().map(|z| z[0]).sum();
            assert!((sum - jacobian.trace()).abs() < 1e-10, "{id} {}", one.order);
            // The trace of the square knows the imaginary parts.
            let squares: f64 = one.eigenvalues.iter().map(|z| z[0] * z[0] - z[1] * z[1]).sum();
            assert!((squares - (&jacobian * &jacobian).trace()).abs() < 1e-10);
        }
    }
    // J = (0, I; W, 0), W of eigenvalues 0 and 1/2: ± √½, 0, 0; sequential 1/2, 0, 0, 0; a step of
    // 0.1 leaves 1 + 0.1 (z - 1) of each.
    let found = spectrum::of(CONVERGING, "", &system(CONVERGING, &[])).unwrap();
    let expected = [0.5_f64.sqrt(), 0.5, 0.9 + 0.1 * 0.5_f64.sqrt()];
    for (one, expected) in found.orders.iter().zip(expected) {
        assert!((one.radius - expected).abs() < 1e-12, "{one:?}");
    }
}

/// The attribute `name` of every element that begins with `tag`, as numbers.
fn attributes(svg: &str, tag: &str, name: &str) -> Vec<f64> {
    let value = |line: &str| {
        let rest = line.split_once(&format!(" {name}=\""))?.1;
        rest.split_once('"')?.0.parse().ok()
    };
    svg.lines().filter(|l| l.starts_with(tag)).filter_map(value).collect()
}

#[test]
fn real_parts_run_to_the_right() {
    // All eigenvalues of simultaneous retraining are real here, symmetric about 0: the rings lie on one
    // level, their outer ones as far from the middle ones.
    let found = spectrum::of(CONVERGING, "", &system(CONVERGING, &[])).unwrap();
    let svg = spectrum::figure("s", &found).svg();
    let rings: String =
        svg.lines().filter(|l| l.contains("fill=\"none\"")).collect::<Vec<_>>().join("\n");
    let (x, y) = (attributes(&rings, "<circle", "cx"), attributes(&rings, "<circle", "cy"));
    // One more in the legend, first.
    assert_eq!((x.len(), y.len()), (5, 5), "{x:?}");
    assert!(y[1..].iter().all(|y1| (y1 - y[1]).abs() < 0.15), "{y:?}");
    let (right, left) = (x[1] - x[3], x[3] - x[2]);
    assert!((right - left).abs() < 0.25 && right > 100.0, "{x:?}");
}

#[test]
fn distances_fall_at_the_predicted_rate() {
    let found = trajectory::of(CONVERGING, "", &system(CONVERGING, &[])).unwrap();
    for run in &found.runs {
        let measured = run.measured.unwrap();
        assert!((measured - run.predicted).abs() < 2e-3, "{}: {measured}", run.order);
        assert!((run.distances[0] - 1.0).abs() < 1e-15);
        let last = run.distances.len() - 1;
        assert!((run.prediction()[last] / run.distances[last] - 1.0).abs() < 1e-12);
    }
    // Late in the run the prediction is what happens.
    for run in &found.runs[1..] {
        let last = run.distances.len() - 1;
        let back = run.prediction()[last - 5] / run.distances[last - 5];
        assert!((back - 1.0).abs() < 0.02, "{}: {back}", run.order);
    }
    // Sequential: the state after two rounds is multiplied by 1/2 each round, exactly.
    let run = &found.runs[1];
    for pair in run.distances[3..].windows(2) {
        assert!((pair[1] / pair[0] - 0.5).abs() < 1e-6, "{pair:?}");
    }
    // A loop that diverges is shown as far as it goes.
    let found = trajectory::of("example-4-6", "", &system("example-4-6", &[])).unwrap();
    let run = &found.runs[0];
    assert!(run.predicted > 1.0 && run.distances.last().unwrap() > &1.0);
}

#[test]
fn curves_are_where_the_loop_settles_and_zeros_where_simulated_derivatives_vanish() {
    let code = file(CODE);
    let knob = code.knob.clone().unwrap();
    let study = Study { file: &code, values: vec![("t".into(), 0.9)], knob, share: None };
    let found = curation::of(&study, "").unwrap();
    assert!((found.now - 0.4).abs() < 1e-12);
    for k in [20, 100, 180] {
        let along = backfire::influence::sweep::Along::Share;
        let run = settled(&study.at(&along, found.shares[k]).unwrap().system).unwrap();
        for (model, run) in found.models.iter().zip(run) {
            assert!((model.alignment[k] - run).abs() < 1e-9, "{} at {k}", model.model);
        }
    }
    for (i, model) in found.models.iter().enumerate() {
        assert_eq!(model.zeros.len(), 1, "{}", model.model);
        let along = backfire::influence::sweep::Along::Share;
        let derivative = |share: f64| {
            let setting = study.at(&along, share).unwrap();
            let mut simultaneous = setting.system.clone();
            simultaneous.order = Order::Simultaneous;
            let (x, dx) = dynamics::settle_tangents(&simultaneous, &[setting.knob]).unwrap();
            let gradient =
                setting.system.models[i].alignment.gradient(&setting.system.block(i, &x));
            gradient.dot(&setting.system.block(i, &dx.column(0).into_owned()))
        };
        let at = model.zeros[0].0;
        assert!(derivative(at).abs() < 1e-7, "{}", derivative(at));
        // It ceases to help there.
        assert!(derivative(at - 0.01) > 0.0 && derivative(at + 0.01) < 0.0);
    }
}

fn over(id: &str, x: Ticks, y: Option<Ticks>) -> Grid {
    let file = file(id);
    let knob = file.knob.clone().unwrap();
    grid(&Sweep { file: &file, values: vec![], knob, x, y }, &|| true).unwrap()
}

#[test]
fn cells_are_what_runs_of_their_loops_show() {
    let t = Ticks::new(Along::Parameter("t".into()), (0.1, 1.3), 5);
    let share = Ticks::new(Along::Share, (0.1, 0.9), 3);
    let found = over(CODE, t.clone(), Some(share.clone()));
    let code = file(CODE);
    let (mut converging, mut not) = (0, 0);
    for (k, cell) in found.cells.iter().enumerate() {
        let at = |more: f64| {
            let study = Study {
                file: &code,
                values: vec![("t".into(), t.values[k % 5])],
                knob: code.knob.clone().unwrap(),
                share: Some(share.values[k / 5] + more),
            };
            study.setting().unwrap().system
        };
        let Some(run) = settled(&at(0.0)) else {
            assert_eq!(cell.regime(0), Regime::Unstable);
            assert!(cell.rate.unwrap() >= 1.0);
            not += 1;
            continue;
        };
        converging += 1;
        assert!(cell.rate.unwrap() < 1.0);
        // Central differences of what runs show; quadratic along the share, so without error but
        // that of the runs.
        let (more, less) = (settled(&at(0.01)).unwrap(), settled(&at(-0.01)).unwrap());
        for (i, model) in cell.models.as_ref().unwrap().iter().enumerate() {
            let slope = (more[i] - less[i]) / 0.02;
            assert!((slope - model.response).abs() < 1e-8 * (1.0 + run[i].abs()), "{k} {i}");
            let rises = cell.regime(i) == Regime::IndirectUp;
            assert!(i == 0 || rises == (slope > 0.0), "{k}: {:?} {slope}", cell.regime(i));
        }
    }
    assert!(converging >= 9 && not >= 3, "{converging} {not}");
}

#[test]
fn curation_backfires_in_the_example_at_every_share() {
    // By hand (systems/example-4-6-converging.toml): <grad J_p, S_p a> = -1 for a push of +1.
    let found = over(CONVERGING, Ticks::new(Along::Share, (0.0, 1.0), 11), None);
    for cell in &found.cells {
        assert_eq!(cell.regime(0), Regime::Inverted);
        assert!((cell.models.as_ref().unwrap()[0].response + 1.0).abs() < 1e-12);
        assert!((cell.rate.unwrap() - 0.5_f64.sqrt()).abs() < 1e-12);
    }
}

#[test]
fn what_is_no_mixture_is_outside() {
    let raw = Along::Kind { model: 0, name: "p".into(), kind: SourceKind::Raw };
    let curated = Along::Kind { model: 0, name: "p".into(), kind: SourceKind::Curated };
    let axis = |along| Ticks::new(along, (0.25, 0.75), 3);
    // p has nothing else: only on the diagonal do the two shares make one.
    let found = over(CONVERGING, axis(raw), Some(axis(curated)));
    for (k, cell) in found.cells.iter().enumerate() {
        let whole = (k % 3) + (k / 3) == 2;
        assert_eq!(cell.regime(0) == Regime::Outside, !whole, "{k}");
    }
}

/// The cells of one colour: left, top, right, bottom.
fn cells(svg: &str, fill: &str) -> Vec<[f64; 4]> {
    let lines = svg.lines().filter(|l| l.contains("crispEdges") && l.contains(fill));
    let paths = lines.filter_map(|l| Some(l.split_once("d=\"")?.1.split_once('"')?.0));
    let numbers = |part: &str| -> Vec<f64> {
        part.split(['H', 'V', ' ']).filter_map(|n| n.parse().ok()).collect()
    };
    let all = paths.flat_map(|p| p.split('z')).flat_map(|p| p.split('M'));
    all.map(numbers).filter(|n| n.len() >= 4).map(|n| [n[0], n[1], n[2], n[3]]).collect()
}

#[test]
fn a_map_has_its_first_place_at_the_lower_left() {
    let regimes = [Regime::Amplified, Regime::Dampened, Regime::Inverted, Regime::NoStablePoint];
    let place = |regime| Place { regime, response: Some(1.0), rate: Some(0.5) };
    let data = Map {
        system: "mine".into(),
        setting: String::new(),
        model: "p".into(),
        knob: "curated data for p".into(),
        share: "curated share of p".into(),
        x: Ticks::new(Along::Share, (0.0, 1.0), 2),
        y: Ticks::new(Along::Parameter("t".into()), (0.0, 1.0), 2),
        places: regimes.map(place).to_vec(),
    };
    let svg = regimes::figure("map", &data).svg();
    // The last cell of a colour is in the map, those before it in the legend.
    let middle = |fill| {
        let [x0, y0, x1, y1] = *cells(&svg, fill).last().unwrap();
        (f64::midpoint(x0, x1), f64::midpoint(y0, y1))
    };
    let [first, second, third, fourth] = ["#009e73", "#b5dfcf", "#c44e00", "#555555"].map(middle);
    assert!(first.0 < second.0 && (first.1 - second.1).abs() < 0.15);
    assert!(first.1 > third.1 && (first.0 - third.0).abs() < 0.15);
    assert!(fourth.0 > third.0 && fourth.1 < second.1);
}

#[test]
fn blocks_add_up_to_what_the_papers_matrices_and_runs_say() {
    let system = system(CODE, &[("t", 0.9)]);
    let knob = file(CODE).knob.unwrap();
    let (per_share, share) = knob.per_share(&system).unwrap();
    let found = contributions::of(CODE, "", &system, &per_share).unwrap();
    let pair = Pair::new(system.clone()).unwrap();
    let push = pair.h().unwrap() / (1.0 - share);
    let dp = pair.grad_p.dot(&(&pair.s_p * &push));
    let dq = pair.grad_q.dot(&(&pair.s_q * &pair.c_q * &push));
    for (model, expected) in found.models.iter().zip([dp, dq]) {
        let (right, plotted) = model.totals();
        assert_eq!((model.right.len(), model.plotted.len()), (12, 12));
        assert!((right - expected).abs() < 1e-9, "{right} {expected}");
        assert!((plotted - expected).abs() > 1.0, "the plotted bars do not add up");
    }
    let mut simultaneous = system.clone();
    simultaneous.order = Order::Simultaneous;
    let (x, dx) = dynamics::settle_tangents(&simultaneous, &[per_share]).unwrap();
    for (i, model) in found.models.iter().enumerate() {
        let (x, dx) = (system.block(i, &x), system.block(i, &dx.column(0).into_owned()));
        // At zero the gradient is the linear part.
        let g = &system.models[i].alignment.linear;
        assert!((model.plotted[3] - (g[6] * dx[6] + g[7] * dx[7])).abs() < 1e-8);
        let g = system.models[i].alignment.gradient(&x);
        assert!((model.right[3] - (g[6] * dx[6] + g[7] * dx[7])).abs() < 1e-8);
    }
}

#[test]
fn the_plotted_cosine_is_the_one_of_the_authors_code() {
    // Their values at t = 0.05 and t = 1.
    let found = figures::figure3::cosines(&file(CODE)).unwrap();
    let (first, last) = (found.first().unwrap(), found.last().unwrap());
    assert!((first.plotted - 0.220_406_628_656_625).abs() < 1e-9);
    assert!((last.plotted - 0.077_076_728_951_120_04).abs() < 1e-9);
    assert!(last.p > 0.2 && last.q > 0.19, "Eqs. (10) and (11) do not fall so: {last:?}");
    // Theory of the finite samples is the derivative of the stable point, by another route.
    let loop_ = RotationLoop::try_from(&system(CODE, &[("t", 1.0)])).unwrap();
    let theory = loop_.stable_derivative(0.9, finite_sample::LAMBDA_0);
    let system = system(CODE, &[("t", 0.9)]);
    let (knob, _) = file(CODE).knob.unwrap().per_share(&system).unwrap();
    let blocks = contributions::of(CODE, "", &system, &knob).unwrap();
    assert!((blocks.models[0].totals().0 - theory.p).abs() < 1e-9);
    assert!((blocks.models[1].totals().0 - theory.q).abs() < 1e-9);
    assert!(FiniteOrder::try_from(&file(CODE).order).is_ok());
    assert!(matches!(file(CODE).order.round(0, 2), Round::Sequential(_)));
}

#[test]
fn thresholds_certify_what_other_programs_counted() {
    // Two other programs counted 47, 60, 68 and 91 % on 20,000 systems of their own.
    let shares = figures::thresholds::of(1);
    let row = &shares.round_trips[0];
    for (k, (found, expected)) in row.percent().iter().zip([47.0, 60.0, 68.0, 91.0]).enumerate() {
        let (lo, hi) = figures::thresholds::interval(row.certified[k], row.helped);
        assert!(lo < *found && *found < hi && hi - lo < 1.6);
        assert!((found - expected).abs() < 1.5, "{found} {expected}");
    }
}

/// Whether the tags of a document nest, all ids differ and all references have a target.
fn well_formed(svg: &str) -> Result<(), String> {
    let mut open: Vec<&str> = vec![];
    let (mut ids, mut wanted) = (BTreeSet::new(), vec![]);
    for (at, _) in svg.match_indices('<') {
        let tag = &svg[at + 1..at + svg[at..].find('>').ok_or("an open bracket")?];
        if tag.contains('<') {
            return Err(format!("a bracket in <{tag}>"));
        }
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Err(format!("</{name}> closes another"));
            }
            continue;
        }
        if !tag.matches('"').count().is_multiple_of(2) {
            return Err(format!("quotes in <{tag}>"));
        }
        if !tag.ends_with('/') {
            open.push(tag.split_whitespace().next().unwrap_or_default());
        }
        let value = |name: &str| Some(tag.split_once(name)?.1.split_once('"')?.0);
        if let Some(id) = value(" id=\"")
            && !ids.insert(id)
        {
            return Err(format!("two of id {id}"));
        }
        wanted.extend(value(" href=\"#"));
    }
    if let Some(tag) = open.pop() {
        return Err(format!("<{tag}> stays open"));
    }
    let dangling = wanted.into_iter().find(|id| !ids.contains(id));
    dangling.map_or(Ok(()), |id| Err(format!("nothing is called {id}")))
}

#[test]
fn documents_are_well_formed_and_have_no_colours_of_their_own_for_text() {
    assert!(well_formed("<a><b></a></b>").is_err());
    assert!(well_formed("<a id=\"x\"><b id=\"x\"/></a>").is_err());
    assert!(well_formed("<a><use href=\"#y\"/></a>").is_err());
    for figure in ALL.iter() {
        let svg = figure.svg();
        well_formed(&svg).unwrap_or_else(|e| panic!("{}: {e}", figure.name));
        for part in ["viewBox=", "role=\"img\"", "<title id=", "<desc id=", "\"currentColor\""] {
            assert!(svg.contains(part), "{}: {part}", figure.name);
        }
        assert!(!svg.contains("#000000") && !svg.contains("<rect"), "{}", figure.name);
        assert!(figure.svg_file().contains("<rect width="));
        assert!(!svg.contains("data-text=\"\"") && !svg.contains("NaN"), "{}", figure.name);
        assert!(figure.caption.ends_with('.') && figure.alt.len() > 40, "{}", figure.name);
        let size = svg.len();
        assert!(size < 200_000, "{}: {size} bytes", figure.name);
    }
    let names: BTreeSet<&str> = ALL.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn names_of_users_are_escaped() {
    let mut found = spectrum::of("a<b>&\"c\"_{d}*", "", &system(CONVERGING, &[])).unwrap();
    found.orders[0].order = "x^{2}".into();
    let svg = spectrum::figure("s", &found).svg();
    well_formed(&svg).unwrap();
    assert!(svg.contains("data-text=\"a&lt;b&gt;&amp;&quot;c&quot;_{d}*\""));
    assert!(svg.contains("data-text=\"x^{2}: ρ = 0.707\""));
}

#[test]
fn images_are_small_and_show_something() {
    for figure in ALL.iter() {
        let bytes = figure.png().unwrap();
        assert!(bytes.len() < 150_000, "{}: {} bytes", figure.name, bytes.len());
        let mut reader = png::Decoder::new(std::io::Cursor::new(&bytes)).read_info().unwrap();
        let info = reader.info();
        assert_eq!(info.width, 1600);
        let white = info.palette.as_ref().unwrap().chunks(3).position(|c| c == [255; 3]).unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut pixels).unwrap();
        let inked = pixels.iter().filter(|p| usize::from(**p) != white).count();
        assert!(inked > pixels.len() / 100, "{}: blank", figure.name);
    }
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let t = Ticks::new(Along::Parameter("t".into()), (0.05, 1.2), 12);
    let share = Ticks::new(Along::Share, (0.1, 0.9), 7);
    let made = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let found = over(CODE, t.clone(), Some(share.clone()));
            let picture = regimes::figure("map", &Map::of(&found, 0, ""));
            (found, picture.svg(), picture.png().unwrap())
        })
    };
    assert!(made(1) == made(3));
}
