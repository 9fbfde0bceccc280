//! The bundled conjectures: what the search finds, against what is known.

use backfire::case::{Case, Route};
use backfire::conjecture::Conjecture;
use backfire::point::Point;
use nalgebra::{dmatrix, dvector};
use std::path::Path;
use std::process::{Command, Output};

const FALSE: [&str; 17] = [
    "alignment-monotone-coupled",
    "alignment-monotone-coupled-direct",
    "alignment-monotone-other-reward",
    "cor-e2-as-printed",
    "curation-commutes-two",
    "kappa-at-least-one-diverges",
    "kappa-third-term-largest",
    "kappa-third-term-largest-loop",
    "more-real-data-closer",
    "self-never-inverts-plane",
    "self-never-inverts-scalar",
    "self-never-inverts-stable-alone-3",
    "sequential-converges",
    "stays-stable-without-one",
    "threshold-sharp-99",
    "unbalanced-changes-sign",
    "unbalanced-keeps-sign",
];
const TRUE: [&str; 21] = [
    "alignment-monotone-infinite",
    "alignment-monotone-two",
    "balanced-fixes-sign",
    "balanced-fixes-sign-three",
    "balanced-keeps-sign",
    "cor-e2-same-sign",
    "cross-sign-two",
    "curation-commutes-infinite",
    "kappa-bounds-every-order",
    "more-real-data-closer-non-negative",
    "regime-amplified-three",
    "regime-amplified-two",
    "regime-dampened-two",
    "regime-inverts-only-two",
    "rest-decides-inversion-2",
    "rest-decides-inversion-3",
    "self-never-inverts-stable-alone-2",
    "threshold-plane",
    "threshold-plane-paper",
    "threshold-sharp",
    "threshold-with-norm",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn search(file: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    command.arg("search").arg(file).args(["--effort", "0.1"]).args(more).output().unwrap()
}

fn said(out: &Output) -> String {
    String::from_utf8(out.stdout.clone()).unwrap()
}

#[test]
fn every_bundled_conjecture_is_known_to_be_true_or_false() {
    let files = std::fs::read_dir(root().join("conjectures")).unwrap();
    let mut names: Vec<String> = files
        .map(|f| f.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    names.sort();
    let mut known = [&FALSE[..], &TRUE[..]].concat();
    known.sort_unstable();
    assert_eq!(names, known);
    for name in names {
        let path = root().join(format!("conjectures/{name}.toml"));
        assert_eq!(Conjecture::read(&path).unwrap_or_else(|e| panic!("{e}")).name, name);
    }
}

#[test]
fn false_ones_are_broken_and_true_ones_are_not() {
    for name in FALSE {
        let out = search(&root().join(format!("conjectures/{name}.toml")), &[]);
        assert_eq!(out.status.code(), Some(1), "{name}: {}", said(&out));
        assert!(said(&out).contains("confirmed in exact arithmetic"), "{}", said(&out));
    }
    for name in TRUE {
        let out = search(&root().join(format!("conjectures/{name}.toml")), &[]);
        assert_eq!(out.status.code(), Some(0), "{name}: {}", said(&out));
        assert!(said(&out).contains("Supported, not proved."), "{}", said(&out));
    }
}

/// Its constant is exact, so only an optimiser gets within one percent of it.
#[test]
fn what_random_points_do_not_find_the_margin_leads_to() {
    let out = search(&root().join("conjectures/threshold-sharp-99.toml"), &[]);
    assert!(said(&out).contains("found by CMA-ES"), "{}", said(&out));
}

#[test]
fn a_seed_gives_the_same_bytes_on_any_number_of_threads() {
    let run = |threads: &str| {
        let file = root().join("conjectures/threshold-sharp-99.toml");
        let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
        let args = ["search", file.to_str().unwrap(), "--effort", "0.1", "--seed", "5"];
        command.args(args).env("RAYON_NUM_THREADS", threads).output().unwrap().stdout
    };
    assert_eq!(run("1"), run("2"));
}

#[test]
fn assumptions_that_almost_nothing_meets_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("narrow.toml");
    let text = "name = \"narrow\"\ntitle = \"Narrow\"\nfamily = \"linear\"\n\
                assume = [\"rho(J) < 9\", \"J[1, 1] > 1.99\"]\nclaim = \"J[1, 1] > 0\"\n";
    std::fs::write(&file, text).unwrap();
    let out = search(&file, &[]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(said(&out).contains("0 failed rho(J) < 9\n"), "{}", said(&out));
    assert!(said(&out).contains(" failed J[1, 1] > 1.99\n"), "{}", said(&out));
    // Equations are met by short numbers alone.
    std::fs::write(&file, text.replace("J[1, 1] > 1.99", "J[1, 1] == 0.5 and J[1, 2] == 0.5"))
        .unwrap();
    let out = search(&file, &[]);
    assert!(said(&out).contains("reject more than 99 %"), "{}", said(&out));
    assert!(
        said(&out).contains("most of it by `J[1, 1] == 0.5 and J[1, 2] == 0.5`"),
        "{}",
        said(&out)
    );
    // What nothing meets is not supported by it.
    std::fs::write(&file, text.replace("J[1, 1] > 1.99", "det(J) > 9")).unwrap();
    let out = search(&file, &[]);
    assert!(said(&out).contains("Inconclusive: no point met"), "{}", said(&out));
    assert!(said(&out).contains("most of it by `det(J) > 9`"), "{}", said(&out));
    assert!(!said(&out).contains("Supported"), "{}", said(&out));
}

/// Whether `claim` holds, with its margin, at the point `at`.
fn margin(claim: &str, at: &Point<f64>) -> f64 {
    let text = format!(
        "name = \"x\"\ntitle = \"X\"\nfamily = \"linear\"\nclaim = \"{claim}\"\n\
         [ranges]\nmodels = [2, 3]\n"
    );
    let claim = Conjecture::parse(&text, "x.toml").unwrap_or_else(|e| panic!("{e}")).to_claim();
    let case = Case::new(at.clone());
    let sides = claim.property().unwrap().float(&case.by(Route::Direct)).unwrap();
    sides.iter().map(|s| s.right - s.left).fold(f64::INFINITY, f64::min)
}

#[track_caller]
fn close(x: f64, y: f64) {
    assert!((x - y).abs() < 1e-12, "{x} is not {y}");
}

/// J = [[0, 1/2], [1/4, 1/2]] and b = 2: (I - J)^{-1} = (1/(3/8)) [[1/2, 1/2], [1/4, 1]], so
/// dx = (8/3, 4/3); S_p = 4/3, S_q = 8/3, C_q = J_qp/(1 - J_pp) = 1/4.
#[test]
fn quantities_of_two_models_by_hand() {
    let at = Point::new()
        .with_vector("sizes", dvector![1.0, 1.0])
        .with_matrix("J", dmatrix![0.0, 0.5; 0.25, 0.5])
        .with_vector("b", dvector![2.0])
        .with_vector("g_p", dvector![3.0])
        .with_vector("g_q", dvector![-1.0]);
    let value = |e: &str| margin(&format!("{e} > 0"), &at);
    close(value("dJp"), 8.0);
    close(value("dJq"), -4.0 / 3.0);
    close(value("direct"), 6.0);
    close(value("rho_p"), 1.0);
    close(value("S_p[1, 1]"), 4.0 / 3.0);
    close(value("S_q[1, 1]"), 8.0 / 3.0);
    close(value("C_q[1, 1]"), 0.25);
    close(value("J_pq[1, 1] - 2 * J_qp[1, 1] + models"), 2.0);
    // First p, then q: (I - L)^{-1} U = [[0, 1/2], [0, 1/8 + 1/2]].
    close(value("rho_seq(J)"), 0.625);
    close(value("rho(own_block(J, 2)) + rho(without(J, 2))"), 0.5);
    close(value("det(J) + norm(b) * J[2, 1]^2 - sqrt(4) / 8"), -0.125 + 0.125 - 0.25);
}

#[test]
fn margins_of_statements_by_hand() {
    let at = Point::new()
        .with_vector("sizes", dvector![1.0, 1.0, 1.0])
        .with_matrix("J", dmatrix![0.0, -1.0, 0.0; 0.0, 0.0, -1.0; 1.0, 0.0, 0.0])
        .with_vector("b", dvector![1.0])
        .with_vector("g_p", dvector![1.0])
        .with_vector("g_q", dvector![1.0]);
    // x = 1 holds by 1 and y = -1 fails by 1 or 2.
    close(margin("J[3, 1] > 0 and J[1, 2] > 1", &at), -2.0);
    close(margin("J[3, 1] > 0 or J[1, 2] > 1", &at), 1.0);
    // Inside another statement; the premise of a whole claim is an assumption.
    close(margin("not not (J[3, 1] > 0 implies J[1, 2] > 0)", &at), -1.0);
    close(margin("not not (J[1, 2] > 0 implies J[1, 2] > 5)", &at), 1.0);
    close(margin("J[1, 2] > 0 implies J[1, 2] > 5", &at), -6.0);
    close(margin("not J[3, 1] > 0", &at), -1.0);
    close(margin("J == 2 * J", &at), -1.0); // The largest entry of the gap, against 0.
    // Two signs are negative along the cycle, so it is balanced; with one more it is not.
    close(margin("balanced(J)", &at), 1.0);
    // x_1 = x_2/2, x_2 = x_3/2, x_3 = x_1 in this order: (x_2, x_3) -> (x_3/2, x_2/2).
    let cycle = at.clone().with_matrix("J", dmatrix![0.0, 0.5, 0.0; 0.0, 0.0, 0.5; 1.0, 0.0, 0.0]);
    close(margin("rho_seq(J) > 0", &cycle), 0.5);
    let odd = at.with_matrix("J", dmatrix![0.0, -1.0, 0.0; 0.0, 0.0, -1.0; -1.0, 0.0, 0.0]);
    close(margin("balanced(J)", &odd), -1.0);
}

#[test]
fn mistakes_have_a_place_and_exit_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    let text = "name = \"wrong\"\ntitle = \"Wrong\"\nfamily = \"linear\"\nclaim = \"dJp > kapa\"\n";
    std::fs::write(&file, text).unwrap();
    let out = search(&file, &[]);
    assert_eq!(out.status.code(), Some(2));
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(
        error.contains("unknown quantity `kapa`") && error.contains("wrong.toml:4:16"),
        "{error}"
    );
    assert_eq!(search(Path::new("no-such.toml"), &[]).status.code(), Some(2));
}

/// All that were ever found stay found: every file breaks its conjecture, and every false bundled
/// conjecture has one.
#[test]
fn every_witness_that_was_ever_found_still_breaks_its_conjecture() {
    let folder = root().join("tests/data/witnesses");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    let out = command.arg("replay").args(&files).output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    for name in FALSE {
        assert!(said(&out).contains(&format!("breaks {name}\n")), "no witness against {name}");
    }
    assert_eq!(said(&out).matches(": breaks ").count(), files.len());
}

/// Puts the text of a witness file to its claim.
fn replayed(text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("witness.toml");
    std::fs::write(&file, text).unwrap();
    Command::new(env!("CARGO_BIN_EXE_backfire")).arg("replay").arg(&file).output().unwrap()
}

#[test]
fn a_witness_against_an_altered_conjecture_is_none_against_the_bundled_one() {
    let file = root().join("tests/data/witnesses/sequential-converges.toml");
    let text = std::fs::read_to_string(file).unwrap();
    let replaced = |from: &str, to: &str| {
        assert!(text.contains(from), "{text}");
        replayed(&text.replace(from, to))
    };
    for (from, to, key) in [
        ("rho(J) < 1\"]", "rho(J) < 2\"]", "`assume`"),
        ("rho_seq(J) < 1\"", "rho_seq(J) < 0.5\"", "`claim`"),
        ("models = [2, 3]", "models = [2, 4]", "`ranges`"),
        ("models = [2, 3]", "models = [2, 3]\n[conjecture.define]\nx = \"1\"", "`define`"),
    ] {
        let out = replaced(from, to);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{error}");
        let said = "is not that of the bundled conjecture `sequential-converges`";
        assert!(error.contains(key) && error.contains(said), "{error}");
    }
    // Words may differ, and under another name everything.
    assert_eq!(replaced("title = \"", "title = \"That ").status.code(), Some(0));
    let other = text.replace("\"sequential-converges\"", "\"other\"");
    let other = replayed(&other.replace("rho(J) < 1\"]", "rho(J) < 2\"]"));
    assert!(said(&other).contains("breaks other"), "{}", said(&other));
}

/// Points that the titles do not mean: a constant reward that agrees with any weights, curators of
/// which one contradicts the reward, and a model whose own sensitivity is above 1.
#[test]
fn points_that_titles_do_not_mean_break_nothing() {
    let meant = |name: &str, point: &str| {
        let file = root().join(format!("tests/data/witnesses/{name}.toml"));
        let text = std::fs::read_to_string(file).unwrap();
        let (head, rest) = text.split_once("[point]\n").unwrap();
        let (_, conjecture) = rest.split_once("\n[conjecture]").unwrap();
        replayed(&format!("{head}[point]\n{point}\n\n[conjecture]{conjecture}"))
    };
    let laws = "s2 = 0\nx2 = 0\n";
    for (name, point, assumption) in [
        (
            "alignment-monotone-coupled",
            format!(
                "p = [1, 6]\nq = [8, 3]\nw1 = [4, 5]\nw2 = [1, 2]\nr1 = [0, 1]\nr2 = [0, 0]\n\
                 s1 = 0\nx1 = 1\n{laws}"
            ),
            "min(spread_w1, spread_r2, spread_w2) > 0",
        ),
        (
            "alignment-monotone-coupled-direct",
            format!(
                "p = [4, 4, 5]\nq = [4, 3, 2]\nw1 = [4, 4.9, 4.9]\nw2 = [3.7, 5, 4]\n\
                 r1 = [0, 1, 2]\nr2 = [0, 0, 0]\ns1 = 0.5\nx1 = 0.2\n{laws}"
            ),
            "same_order(r1, w2)",
        ),
        (
            "kappa-at-least-one-diverges",
            "sizes = [1, 1]\nJ = [[0, 0], [2, 0]]\nb = [1]\ng_p = [1]\ng_q = [1]\n".into(),
            "a_q < 1",
        ),
    ] {
        let out = meant(name, &point);
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
        let why = format!("hypothesis {assumption} is not certainly met");
        assert!(said(&out).contains(&why), "{}", said(&out));
    }
}

/// What the search says of assumptions at a point where the first of them has no room.
#[test]
fn an_assumption_that_holds_with_equality_holds_by_nothing() {
    let point = "[witness]\nconjecture = \"edge\"\n[point]\nx = 1\ny = 0.5\n";
    let with = |assume: &str| {
        let text = format!(
            "{point}[conjecture]\nname = \"edge\"\ntitle = \"Edge\"\nfamily = \"numbers\"\n\
             assume = [{assume}]\nclaim = \"x + y <= 1\"\n\
             [conjecture.numbers]\nx = [0, 2]\ny = [0, 2]\n"
        );
        let out = replayed(&text);
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        said(&out)
    };
    let out = with("\"y < 1\", \"x <= 1\"");
    assert!(out.contains("assume  y < 1 holds by 1/2\n"), "{out}");
    assert!(out.contains("assume  x <= 1 holds by 0 (nearest to failing)\n"), "{out}");
    // An equation never has room, so it is not what is nearest.
    let out = with("\"x == 1\", \"not x == 0.9\", \"y < 1\"");
    assert!(out.contains("assume  x == 1 holds\n"), "{out}");
    assert!(out.contains("assume  not x == 0.9 holds by 1/10 (nearest to failing)\n"), "{out}");
    let out = with("\"x == 1 and y < 1\"");
    assert!(out.contains("assume  x == 1 and y < 1 holds\n"), "{out}");
}

#[test]
fn what_measures_nothing_holds_by_nothing_in_witness_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let (file, written) = (folder.path().join("b.toml"), folder.path().join("w.toml"));
    let text = "name = \"b\"\ntitle = \"B\"\nfamily = \"linear\"\n\
                assume = [\"balanced(J)\", \"J[1, 1] < 5\"]\nclaim = \"J[1, 1] > 1\"\n";
    std::fs::write(&file, text).unwrap();
    let out = search(&file, &["--witness", written.to_str().unwrap()]);
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    assert!(said(&out).contains("assume  balanced(J) holds\n"), "{}", said(&out));
    assert!(said(&out).contains(" (nearest to failing)\n"), "{}", said(&out));
    let written = std::fs::read_to_string(written).unwrap();
    assert!(written.contains("# Assumption balanced(J): holds\n"), "{written}");
}

/// The processes would end with a signal, and so without an exit code.
#[test]
fn expressions_that_no_stack_would_hold_are_refused_and_deep_ones_are_searched() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("deep.toml");
    let run = |claim: &str, rest: &str| {
        let text = format!(
            "name = \"deep\"\ntitle = \"Deep\"\nfamily = \"numbers\"\nclaim = \"{claim}\"\n\
             [numbers]\na = [0, 1]\n{rest}"
        );
        std::fs::write(&file, text).unwrap();
        search(&file, &[])
    };
    let fails = |claim: &str, rest: &str, part: &str| {
        let out = run(claim, rest);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{error}");
        assert!(error.contains(part), "{error}");
    };
    let brackets = |n: usize| format!("{}a{} >= 0", "(".repeat(n), ")".repeat(n));
    fails(&brackets(5_000), "", "more than 4000 characters");
    fails(&format!("{}a < 0", "not ".repeat(20_000)), "", "more than 4000 characters");
    fails(&format!("{}a >= 0", "a + ".repeat(20_000)), "", "more than 4000 characters");
    fails(&brackets(1_000), "", "deep.toml:4:110");
    let chain = |n: usize| {
        let steps: Vec<String> =
            (1..=n).map(|k| format!("x{k} = \"x{} + a + a + a + a\"", k - 1)).collect();
        format!("[define]\nx0 = \"a\"\n{}\n", steps.join("\n"))
    };
    fails("x2000 >= 0", &chain(2_000), "written out, this has more than 250 levels");
    // As deep as is read.
    let sum = format!("{}a >= 0", "a + ".repeat(248));
    for (claim, rest) in [
        (brackets(100), String::new()),
        (sum, String::new()),
        ("x61 >= 0".into(), chain(61)),
        (format!("{}a >= 0", "not ".repeat(100)), String::new()),
        (format!("{}a^2 >= 0", "-".repeat(98)), String::new()),
    ] {
        let out = run(&claim, &rest);
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
    }
}

#[test]
fn bundled_conjectures_are_found_by_name() {
    let run = |name: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
        command.args(["search", name, "--effort", "0.1"]).output().unwrap()
    };
    let by_name = run("sequential-converges");
    let by_file = search(&root().join("conjectures/sequential-converges.toml"), &[]);
    assert_eq!((said(&by_name), by_name.status), (said(&by_file), by_file.status));
    let wrong = run("sequential-convergs");
    assert_eq!(wrong.status.code(), Some(2));
    let error = String::from_utf8_lossy(&wrong.stderr).into_owned();
    assert!(error.contains("did you mean `sequential-converges`"), "{error}");
}
