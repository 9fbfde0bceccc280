//! The bundled conjectures: what the search finds, against what is known.

use backfire::conjecture::Conjecture;
use std::path::Path;
use std::process::{Command, Output};

const FALSE: [&str; 6] = [
    "self-never-inverts-plane",
    "self-never-inverts-scalar",
    "self-never-inverts-stable-alone-3",
    "sequential-converges",
    "stays-stable-without-one",
    "threshold-sharp-99",
];
const TRUE: [&str; 4] = [
    "balanced-fixes-sign",
    "self-never-inverts-stable-alone-2",
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
        assert!(said(&out).contains("That is support, not a proof."), "{}", said(&out));
    }
}

/// Its constant is exact, so only an optimiser gets within one percent of it.
#[test]
fn what_random_points_do_not_find_the_margin_leads_to() {
    let out = search(&root().join("conjectures/threshold-sharp-99.toml"), &[]);
    assert!(said(&out).contains("found by optimising the margin"), "{}", said(&out));
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
    assert!(said(&out).contains("reject more than 99 %"), "{}", said(&out));
    assert!(said(&out).contains("most of it by `J[1, 1] > 1.99`"), "{}", said(&out));
}

#[test]
fn mistakes_have_a_place_and_exit_with_two() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("wrong.toml");
    let text =
        "name = \"wrong\"\ntitle = \"Wrong\"\nfamily = \"linear\"\nclaim = \"dJp > kappa\"\n";
    std::fs::write(&file, text).unwrap();
    let out = search(&file, &[]);
    assert_eq!(out.status.code(), Some(2));
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(
        error.contains("unknown quantity `kappa`") && error.contains("wrong.toml:4:16"),
        "{error}"
    );
    assert_eq!(search(Path::new("no-such.toml"), &[]).status.code(), Some(2));
}
