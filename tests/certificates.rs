//! Certificates as files: what holds is confirmed by other means, and what was changed is not.

use std::path::Path;
use std::process::{Command, Output};

fn backfire(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backfire"))
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn certified(folder: &Path, id: &str, file: &str) -> String {
    let output = backfire(folder, &["certify", id]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    std::fs::read_to_string(folder.join("certificates").join(file)).unwrap()
}

/// What `check` says of the text, with its exit code.
fn checked(folder: &Path, text: &str) -> (Option<i32>, String) {
    std::fs::write(folder.join("c.json"), text).unwrap();
    let output = backfire(folder, &["check", "c.json"]);
    (output.status.code(), said(&output))
}

fn rejected(folder: &Path, text: &str, changes: &[(&str, &str)]) {
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        let (code, words) = checked(folder, &text.replacen(from, to, 1));
        assert_eq!(code, Some(1), "{from} -> {to}: {words}");
        assert!(words.contains("does not hold"), "{words}");
    }
}

#[test]
fn instances_are_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let text = certified(folder.path(), "ex_4_6/arithmetic", "ex-4-6-arithmetic.json");
    let (code, words) = checked(folder.path(), &text);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("c.json: holds") && words.contains("intervals agree"), "{words}");
    rejected(
        folder.path(),
        &text,
        &[
            // A claim that the same loop refutes, one that is not there, another loop.
            ("ex_4_6/arithmetic", "ex_4_6/h_equals_a"),
            ("ex_4_6/arithmetic", "ex_4_6/none"),
            ("\"example-4-6\"\n", "\"example-4-6-converging\"\n"),
            // Words that it does not prove.
            ("-1/2", "-1/3"),
        ],
    );
    // What is refuted is not certified, and nothing is written.
    let output = backfire(folder.path(), &["certify", "cor_e2/sign#literal"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(!folder.path().join("certificates/cor-e2-sign-literal.json").exists());
}

#[test]
fn ranges_are_covered_again() {
    let folder = tempfile::tempdir().unwrap();
    let id = "sec_5_1/hypotheses_hold#corrected";
    let text = certified(folder.path(), id, "sec-5-1-hypotheses-hold-corrected.json");
    let (code, words) = checked(folder.path(), &text);
    assert_eq!(code, Some(0), "{words}");
    let cut =
        |n: usize| text.split("\"cuts\": [").nth(1).unwrap().split('"').nth(2 * n + 1).unwrap();
    let (first, second) = (format!("\"{}\"", cut(0)), format!("\"{}\"", cut(1)));
    rejected(
        folder.path(),
        &text,
        &[
            // The lower end left out, one above it, pieces out of order, another system.
            (&format!("{first},"), ""),
            (&first, "\"0.06\""),
            (&second, "\"0.99\""),
            (&second, "\"half\""),
            ("paper-5-1-code at t\"", "paper-5-1-printed at t\""),
        ],
    );
}

#[test]
fn identities_are_evaluated_again() {
    let folder = tempfile::tempdir().unwrap();
    let id = "prop_4_4/push_through@affine";
    let text = certified(folder.path(), id, "prop-4-4-push-through-affine.json");
    let (code, words) = checked(folder.path(), &text);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("random whole numbers") && words.contains("81 sizes"), "{words}");
    let degree = text.split("\"degree\": ").nth(1).unwrap();
    let degree = format!("\"degree\": {}", &degree[..degree.find(char::is_whitespace).unwrap()]);
    rejected(
        folder.path(),
        &text,
        &[
            (&degree, "\"degree\": 1"),
            ("push_through@affine", "round_trip@affine"),
            // The universal claim is about more.
            ("prop_4_4/push_through@affine", "prop_4_4/bounds"),
        ],
    );
}

#[test]
fn conjectures_are_covered_again_and_say_no_more_than_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    let name = "regime-dampened-two";
    let text = certified(folder.path(), name, "regime-dampened-two.json");
    let (code, words) = checked(folder.path(), &text);
    assert_eq!(code, Some(0), "{words}");
    let proved = text.split("\"proved\": \"").nth(1).unwrap().split('"').next().unwrap();
    rejected(folder.path(), &text, &[(proved, "Curation never backfires")]);
}

#[test]
fn stable_points_are_enclosed_again() {
    let folder = tempfile::tempdir().unwrap();
    let id = "thm_4_5/backfires@softmax";
    let text = certified(folder.path(), id, "thm-4-5-backfires-softmax.json");
    let (code, words) = checked(folder.path(), &text);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("Krawczyk's operator maps both boxes"), "{words}");
    let within = text.split("\"within\": ").nth(1).unwrap().split(',').next().unwrap();
    rejected(
        folder.path(),
        &text,
        &[
            (&format!("\"within\": {within}"), "\"within\": \"0.02\""),
            ("backfires@softmax", "cross_falls@two"),
            ("0.5", "0.6"),
        ],
    );
}

/// The words of a claim and what is proved are not one text.
#[test]
fn statements_name_the_box_that_is_proved() {
    let mut seen = 0;
    for entry in backfire::theorems::ALL {
        for claim in entry.theorem.claims() {
            let backfire::claim::Body::StablePoint(stated) = &claim.body else { continue };
            seen += 1;
            let named = format!("within {} of (", stated.radius);
            assert!(claim.statement.contains(&named), "{}: {named}", claim.id);
            let numbers: Vec<&str> = claim
                .statement
                .split_once(&named)
                .map(|(_, rest)| rest.split_once(", and there").unwrap().0)
                .unwrap()
                .split([',', '(', ')', ' '])
                .filter(|word| word.parse::<f64>().is_ok())
                .collect();
            assert_eq!(numbers, stated.centre.iter().map(String::as_str).collect::<Vec<_>>());
        }
    }
    assert_eq!(seen, 3);
}

#[test]
fn what_is_no_certificate_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for text in ["", "{}", "[1]", "{\"certificate\": 2}"] {
        let (code, words) = checked(folder.path(), text);
        assert_eq!(code, Some(2), "{words}");
        assert!(words.starts_with("error: c.json: ") && words.contains("= help: "), "{words}");
    }
    let output = backfire(folder.path(), &["check", "none.json"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn loops_of_users_are_certified() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let system = include_str!("data/loops/small.toml").replace("\"small\"", "\"mine\"");
    std::fs::write(folder.join("mine.toml"), &system).unwrap();
    let output = backfire(folder, &["certify", "mine.toml", "--set", "t=1/3"]);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    assert!(words.contains("Proved: there is exactly one stable point"), "{words}");
    assert!(words.contains("Proved: converges from every start"), "{words}");
    let text = std::fs::read_to_string(folder.join("certificates/mine-t-1-3.json")).unwrap();
    let (code, words) = checked(folder, &text);
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("exact rational arithmetic at mine at t = 1/3"), "{words}");
    rejected(folder, &text, &[("\"1/3\"", "\"1/4\""), ("offset = [1]", "offset = [1.01]")]);
    // A loop that calls itself by the name of one that comes with the program, throughout.
    let (code, words) = checked(folder, &text.replace("mine", "paper-5-1-code"));
    assert!(code == Some(1) && words.contains("comes with the program"), "{words}");
    // A cosine with a vanishing vector has no value: it is left out, not certified as 0.
    let flat = system.replace("alignment = { linear = [1] }", "alignment = { linear = [0] }");
    std::fs::write(folder.join("flat.toml"), flat.replace("mine", "flat")).unwrap();
    let words = said(&backfire(folder, &["certify", "flat.toml", "--set", "t=1/3"]));
    assert!(words.contains("rho_p: a vector vanishes"), "{words}");
    let text = std::fs::read_to_string(folder.join("certificates/flat-t-1-3.json")).unwrap();
    let (code, words) = checked(folder, &text);
    assert_eq!(code, Some(0), "{words}");

    // dJ_q/dlambda vanishes at t = 0, and at t = 1 where phi* is 1 (`certify::zeros`).
    let zeros = ["certify", "mine.toml", "--zeros", "q", "--over", "t=-1:0.9"];
    let output = backfire(folder, &zeros);
    let words = said(&output);
    assert_eq!(output.status.code(), Some(0), "{words}");
    let proved = "Proved: dJ_q/dlambda has exactly one zero for t in [-1, 0.9], mine: in [-";
    assert!(words.contains(proved), "{words}");
    let text = std::fs::read_to_string(folder.join("certificates/mine-zeros-q-t.json")).unwrap();
    let (code, words) = checked(folder, &text);
    assert_eq!(code, Some(0), "{words}");
    rejected(
        folder,
        &text,
        &[("exactly one zero", "exactly 2 zeros"), ("\"rising\"", "\"falling\"")],
    );

    for (arguments, words) in [
        (&["--set", "t=half"][..], "is not a number"),
        (&["--set", "s=1"], "no parameter `s`"),
        (&["--set", "t=1/3", "--set", "t=1/4"], "given twice"),
        (&["--set", "t=1/3", "--zeros", "q", "--over", "t=0:1"], "given a value and moves too"),
        (&["--share", "1.5"], "not within 0 to 1"),
        (&["--zeros", "r", "--over", "t=0:1"], "the models are p, q"),
        (&["--zeros", "q", "--over", "t"], "is no range"),
        (&["--zeros", "q", "--over", "t=1:0"], "is empty"),
        (&["--zeros", "q", "--over", "t=1:5"], "undecided on ["),
    ] {
        let output = backfire(folder, &[&["certify", "mine.toml"], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(words), "{arguments:?}: {}", said(&output));
    }
    let output = backfire(folder, &["certify", "ex_4_6/arithmetic", "--share", "0.5"]);
    assert!(said(&output).contains("is a claim"), "{}", said(&output));
}
