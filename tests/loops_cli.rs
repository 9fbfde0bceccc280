//! `spectrum`, `simulate` and `influence` as a user meets them: what they refuse, and that the
//! same words give the same bytes.

use std::io::Write;
use std::process::{Command, Output};

fn backfire(args: &[&str]) -> Output {
    with_threads("2", args)
}

fn with_threads(threads: &str, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backfire"))
        .args(args)
        .env("RAYON_NUM_THREADS", threads)
        .output()
        .expect("the program runs")
}

/// Asserts exit code 2, nothing on standard output, and a message with all of `parts`.
fn refused(args: &[&str], parts: &[&str]) {
    let Output { status, stdout, stderr } = backfire(args);
    let message = String::from_utf8(stderr).expect("text");
    assert_eq!(status.code(), Some(2), "{args:?}: {message}");
    assert!(stdout.is_empty(), "{args:?} printed {}", String::from_utf8_lossy(&stdout));
    for part in parts {
        assert!(message.contains(part), "{args:?}: no `{part}` in\n{message}");
    }
}

fn printed(args: &[&str]) -> String {
    let Output { status, stdout, stderr } = backfire(args);
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).expect("text")
}

fn json(args: &[&str]) -> serde_json::Value {
    serde_json::from_str(&printed(args)).expect("valid JSON")
}

/// Whatever is read stays, two results never go to one file, and what is there of another kind, or is
/// no file at all, stays, too; a result of an earlier run is replaced.
#[test]
fn nothing_is_overwritten_by_a_slip() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name).display().to_string();
    let read = |name: &str| std::fs::read(folder.path().join(name)).expect("a file");
    std::fs::copy("systems/example-4-6-converging.toml", at("mine.toml")).expect("a copy");
    std::fs::create_dir(at("folder.csv")).expect("a folder");
    let mine = at("mine.toml");
    let loop_ = read("mine.toml");
    // Written in another way, the same file.
    let again = at("./folder.csv/../mine.toml");
    let x = "share=0.1:0.4:3";
    for option in ["--csv", "--svg", "--png"] {
        refused(&["sweep", &mine, "--x", x, option, &again], &["overwrite the file that is read"]);
    }
    refused(&["diagnose", &mine, "--html", &again], &["--html", "overwrite the file that is read"]);
    refused(&["simulate", &mine, "--log", &again], &["--log", "overwrite the file that is read"]);
    let same = at("a.svg");
    refused(
        &["sweep", &mine, "--x", x, "--svg", &same, "--csv", &same],
        &["`--svg", "would overwrite what `--csv` writes", "name another"],
    );
    assert!(!std::fs::exists(&same).expect("a folder"));
    refused(&["sweep", &mine, "--x", x, "--csv", &at("folder.csv")], &["no regular file"]);

    printed(&["simulate", &mine, "--log", &at("log.csv")]);
    let log = read("log.csv");
    refused(&["sweep", &mine, "--x", x, "--svg", &at("log.csv")], &["no .svg by its name"]);
    refused(&["fit", &at("log.csv"), "--picture", &at("log.csv")], &["neither SVG nor PNG"]);
    // A log may have any name.
    std::fs::copy(at("log.csv"), at("log.svg")).expect("a copy");
    refused(
        &["fit", &at("log.svg"), "--picture", &at("log.svg")],
        &["overwrite the file that is read"],
    );
    assert!(read("mine.toml") == loop_ && read("log.csv") == log && read("log.svg") == log);
    printed(&["simulate", &mine, "--log", &at("log.csv"), "--seed", "2"]);
    assert!(read("log.csv") != log);

    let journal = at("both.toml");
    refused(
        &["search", "sequential-converges", "--journal", &journal, "--witness", &journal],
        &["--witness", "overwrite the file that is read"],
    );
}

/// A one-dimensional loop of two models with the given couplings, in a file that lives as long as
/// the value.
fn two_scalars(j: [[&str; 2]; 2]) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new().suffix(".toml").tempfile().expect("a file");
    let model = |name: &str, row: [&str; 2]| {
        format!(
            "[[models]]\nname = \"{name}\"\ndimension = 1\nalignment = {{ linear = [1] }}\n\
             components = [\n\
             {{ kind = \"curated\", weight = 0.5, from = \"p\", channel = {}, \
             curation = {{ shift = [1] }} }},\n\
             {{ kind = \"raw\", weight = 0.5, from = \"q\", channel = {} }}]\n",
            row[0], row[1]
        )
    };
    let head = "name = \"two\"\ntitle = \"Two\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n";
    write!(file, "{head}{}{}", model("p", j[0]), model("q", j[1])).expect("written");
    file
}

const COMMANDS: [&str; 3] = ["spectrum", "simulate", "influence"];
const PAPER: &str = "paper-5-1-code";

#[test]
fn unknown_systems() {
    for command in COMMANDS {
        refused(&[command, "no-such.toml"], &["error:", "no-such.toml", "help:"]);
        refused(&[command, "paper-5-1-cod"], &["paper-5-1-cod", "did you mean `paper-5-1-code`"]);
        refused(&[command], &["FILE"]);
    }
}

#[test]
fn wrong_values() {
    for command in COMMANDS {
        let set = |value| [command, PAPER, "--set", value];
        refused(&set("s=1"), &[PAPER, "no parameter `s`", "`t`"]);
        refused(&set("t"), &["`--set t`", "--set t=0.5"]);
        refused(&set("t=fast"), &["`fast`", "0.9"]);
        refused(&set("t=NaN"), &["`NaN` is not a finite number", "help:"]);
        refused(&set("t=1/0"), &["`1/0` is not a finite number"]);
        refused(&[command, PAPER, "--set", "t=1", "--set", "t=2"], &["given twice"]);
    }
    // Numbers whose squares would overflow are refused where they stand.
    let file = two_scalars([["0", "1e200"], ["1e200", "0"]]);
    let path = file.path().to_str().expect("text");
    refused(&["spectrum", path], &[path, "out of range"]);
    // Outside its range a parameter is allowed, with a note.
    let far = backfire(&["spectrum", PAPER, "--set", "t=2"]);
    assert!(far.status.success());
    assert!(String::from_utf8_lossy(&far.stderr).contains("outside its range, 0.05 to 1"));
    // A file cannot say what is no number either.
    refused(&["spectrum", "tests/data/bad/not-a-number.toml"], &["not-a-number.toml:", "help:"]);
}

#[test]
fn wrong_words() {
    refused(&["simulate", PAPER, "--start", "1,2"], &["2 numbers, the loop 48", "`zero`"]);
    refused(&["simulate", PAPER, "--rounds", "0"], &["--rounds"]);
    refused(&["simulate", PAPER, "--samples", "0"], &["--samples"]);
    refused(&["simulate", PAPER, "--exact"], &["--paper-figure-3"]);
    refused(&["influence", PAPER, "--sweep", "s"], &["`s`", "t, share"]);
    refused(&["influence", PAPER, "--sweep", "t=1"], &["`1` is no range", "=0:1"]);
    refused(&["influence", PAPER, "--sweep", "t=1:0.5"], &["empty", "lower end first"]);
    refused(&["influence", PAPER, "--share", "1.5"], &["a share of 1.5", "within 0 to 1"]);
    refused(&["influence", PAPER, "--sweep", "share=-1:1"], &[PAPER, "within 0 to 1"]);
    refused(&["influence", PAPER, "--knob-model", "r"], &["no model `r`", "p, q"]);
    refused(&["influence", PAPER, "--knob-model", "q"], &["`q` has no curated data", "component"]);
    let no_knob = two_scalars([["0", "0.5"], ["0.5", "0"]]);
    let path = no_knob.path().to_str().expect("text");
    refused(&["influence", path], &["no knob", "--knob-model"]);
    assert!(
        printed(&["influence", path, "--knob-model", "p"]).contains("curated share of model p")
    );
}

#[test]
fn no_stable_point() {
    // J = [[0, 1], [1, 0]]: 1 is an eigenvalue.
    let file = two_scalars([["0", "2"], ["2", "0"]]);
    let path = file.path().to_str().expect("text");
    let parts = [path, "I - J is singular", "change a share"];
    refused(&["simulate", path], &parts);
    refused(&["simulate", path, "--rounds", "5"], &parts);
    refused(&["simulate", path, "--samples", "5"], &parts);
    refused(&["influence", path, "--knob-model", "p"], &parts);
    // Its spectrum exists all the same, and says so.
    let spectrum = json(&["spectrum", path, "--format", "json"]);
    assert_eq!(spectrum["stable_point_exists"], false);
    assert_eq!(spectrum["orders"][0]["converges"], false);
}

#[test]
fn divergence() {
    // √((3 + √72)/7) = 1.280919…
    let parts = ["example-4-6", "spectral radius of a round is 1.280919", "incremental"];
    refused(&["simulate", "example-4-6"], &parts);
    refused(&["simulate", "example-4-6", "--samples", "4"], &parts);
    // A fixed number of rounds is run, with a warning.
    let Output { status, stdout, stderr } =
        backfire(&["simulate", "example-4-6", "--rounds", "8", "--format", "csv"]);
    assert!(status.success());
    assert_eq!(String::from_utf8(stdout).expect("text").lines().count(), 10);
    let warning = String::from_utf8(stderr).expect("text");
    assert!(warning.contains("spectral radius is 1.280919"), "{warning}");
    // The influence is that of a point which retraining leaves: said, not hidden.
    assert!(printed(&["influence", "example-4-6"]).contains("does NOT converge"));
}

#[test]
fn not_the_figure() {
    let figure = |file| ["simulate", file, "--paper-figure-3"];
    refused(&figure("example-4-6"), &["example-4-6", "no parameter `t`", "--samples"]);
    let set = ["simulate", PAPER, "--paper-figure-3", "--set", "t=0.5"];
    refused(&set, &["over all t", "leave out"]);
    let rounds = ["simulate", PAPER, "--paper-figure-3", "--rounds", "5"];
    refused(&rounds, &["cannot be used with"]);
}

#[test]
fn same_bytes_on_any_number_of_threads() {
    for args in [
        &["simulate", PAPER, "--paper-figure-3", "--format", "json"][..],
        &["simulate", PAPER, "--samples", "5", "--seeds", "9", "--format", "json"],
        &["influence", PAPER, "--sweep", "t", "--format", "json"],
    ] {
        let (one, two) = (with_threads("1", args), with_threads("2", args));
        assert!(one.status.success() && !one.stdout.is_empty());
        assert_eq!(one.stdout, two.stdout, "{args:?}");
    }
    let seed = |seed| printed(&["simulate", PAPER, "--samples", "5", "--seed", seed]);
    assert_ne!(seed("1"), seed("2"));
}

#[test]
fn the_figure_agrees_with_its_expectations() {
    for order in [&[][..], &["--order-of-the-text"]] {
        let args = ["simulate", PAPER, "--paper-figure-3", "--format", "json"];
        let figure = json(&[&args[..], order].concat());
        assert_eq!(figure["agreement"]["passed"], true);
        assert_eq!(figure["derivatives"].as_array().map(Vec::len), Some(54));
        assert_eq!(figure["order"], if order.is_empty() { "theta_first" } else { "simultaneous" });
    }
    let exact = json(&["simulate", PAPER, "--paper-figure-3", "--exact", "--format", "json"]);
    assert_eq!((&exact["rounds"], &exact["runs"]), (&0.into(), &false.into()));
    assert!(exact["derivatives"][0]["p"]["mean"].is_null());
    assert!(exact["derivatives"][0]["p"]["expected"].is_f64());
    let csv = printed(&["simulate", PAPER, "--paper-figure-3", "--exact", "--format", "csv"]);
    let columns: Vec<usize> = csv.lines().map(|line| line.split(',').count()).collect();
    assert!(columns.len() == 1 + 54 + 4 * 185 && columns.iter().all(|&c| c == 13), "{columns:?}");
}

#[test]
fn results_say_what_they_should() {
    let spectrum = json(&["spectrum", PAPER, "--set", "t=0.9", "--format", "json"]);
    let names: Vec<_> = spectrum["orders"].as_array().expect("a list").iter().collect();
    let names: Vec<_> = names.iter().map(|o| o["order"].as_str().expect("a name")).collect();
    let expected = ["sequential p, q", "simultaneous", "sequential q, p", "incremental, step 0.1"];
    assert_eq!(names, expected);
    let rate = |i: usize| spectrum["orders"][i]["rate"].as_f64().expect("a number");
    // 0.9 times the largest β; simultaneous its root (no self-terms).
    assert!((rate(0) - 0.9 * 0.936_625_279_930_576_8).abs() < 1e-14);
    assert!((rate(1) * rate(1) - rate(0)).abs() < 1e-14);
    assert_eq!(spectrum["orders"][0]["eigenvalues"].as_array().map(Vec::len), Some(48));

    let run = json(&["simulate", PAPER, "--format", "json"]);
    let (measured, predicted) = (&run["measured_rate"], &run["predicted_rate"]);
    let ratio = measured.as_f64().expect("a number") / predicted.as_f64().expect("a number");
    assert!((ratio - 1.0).abs() < 0.01);

    let influence = json(&["influence", "example-4-6-converging", "--format", "json"]);
    // Theory: dJ_p/dλ = -1 there, though the push is 1.
    let p = &influence["models"][0];
    assert!((p["response"].as_f64().expect("a number") + 1.0).abs() < 1e-14);
    assert_eq!(p["regime"], "inverted");
    assert_eq!(influence["paper"]["kappa_below_one"], false);
    assert!(printed(&["influence", PAPER]).contains("do not apply"));
}

fn close(found: &serde_json::Value, expected: f64) {
    let found = found.as_f64().expect("a number");
    assert!((found - expected).abs() < 1e-13, "{found} for {expected}");
}

#[test]
fn the_terms_of_the_paper() {
    // Recorded from the authors' code at t = 1.
    let found = json(&["influence", PAPER, "--set", "t=1", "--format", "json"]);
    close(&found["paper"]["models"][1]["rho"], 0.198_096_733_304_852_9);
    // Example 4.6: S = (I - W_2)^{-1} = [[1, 1.5], [1.5, 4]], eigenvalues 5/2 ± √4.5; the paper's
    // ρ_p = √2/2, and its 0.997 from their ratio.
    let found = json(&["influence", "example-4-6", "--format", "json"]);
    let p = &found["paper"]["models"][0];
    let (m, norm) = ((5.0 - 18_f64.sqrt()) / 2.0, f64::midpoint(5.0, 18_f64.sqrt()));
    close(&p["rho"], 0.5_f64.sqrt());
    close(&p["m"], m);
    close(&p["norm_s"], norm);
    assert!(p["thresholds"][0]["value"].is_null(), "kappa is not below 1");
    close(&p["thresholds"][1]["value"], 1.0 / (1.0 + (m / norm).powi(2)).sqrt());
    close(&p["thresholds"][2]["value"], (1.0 - (m / norm).powi(2)).sqrt());
    assert_eq!(p["thresholds"][1]["certifies"], false);

    // J = [[0, 1/20], [1/10, 0]]: a = 1/20, b = 1/10, kappa = max(0.2/0.95, 0.25/0.9) = 5/18,
    // tau_p = 1 - 0.05 - 0.05 · 0.1/0.9, S = 1/(1 - 0.005); in one dimension ρ = ±1.
    let weak = two_scalars([["0", "0.1"], ["0.2", "0"]]);
    let path = weak.path().to_str().expect("text");
    let found = json(&["influence", path, "--knob-model", "p", "--format", "json"]);
    let (paper, p) = (&found["paper"], &found["paper"]["models"][0]);
    close(&paper["kappa"], 0.25 / 0.9);
    close(&p["tau"], 0.95 - 0.005 / 0.9);
    let m_tau = (0.95 - 0.005 / 0.9) / 0.995_f64;
    close(&p["thresholds"][0]["value"], 1.0 / (1.0 + m_tau * m_tau).sqrt());
    close(&paper["c_q"][0][0], 0.1);
    close(&paper["c_p"][0][0], 0.05);
    for model in paper["models"].as_array().expect("a list") {
        let certified = model["thresholds"].as_array().expect("a list");
        assert!(certified.iter().all(|t| t["certifies"] == true), "{model}");
    }
}
