//! What `backfire new` writes works as it is: loops are diagnosed and checked, conjectures searched, the
//! theorem compiles here and is refereed.

use backfire::referee::{Effort, referee};
use backfire::theorem::Entry;
use backfire::verdict::Verdict;
use std::path::Path;
use std::process::{Command, Output};

#[path = "../templates/theorem.rs"]
mod theorem;

const THEOREM: &str = include_str!("../templates/theorem.rs");

fn backfire(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backfire")).args(args).current_dir(folder).output().unwrap()
}

fn printed(folder: &Path, args: &[&str], code: i32) -> String {
    let out = backfire(folder, args);
    let message = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(code), "{args:?}: {message}");
    String::from_utf8(out.stdout).unwrap()
}

fn refused(folder: &Path, args: &[&str], parts: &[&str]) {
    let out = backfire(folder, args);
    let message = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{args:?}: {message}");
    for part in parts {
        assert!(message.contains(part), "{args:?}: no `{part}` in\n{message}");
    }
}

/// The commands that a command tells the user to go on with.
fn advised(text: &str) -> Vec<Vec<String>> {
    let lines = text.lines().filter_map(|l| l.trim().strip_prefix("$ backfire "));
    lines.map(|l| l.split_whitespace().map(str::to_owned).collect()).collect()
}

#[test]
fn loops_are_diagnosed_and_checked_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for models in ["1", "2", "3"] {
        let name = format!("loop-{models}");
        let said = printed(folder.path(), &["new", "system", &name, "--models", models], 0);
        let next = advised(&said);
        assert!(!next.is_empty(), "{said}");
        for command in next {
            let args: Vec<&str> = command.iter().map(String::as_str).collect();
            let page = printed(folder.path(), &args, 0);
            // Nothing to repair before anything else: the loop converges, and something can be curated.
            assert!(page.contains("the loop converges in its own order"), "{page}");
            assert!(page.contains("Raising the curated share of p"), "{page}");
        }
        let file = format!("{name}.toml");
        let text = std::fs::read_to_string(folder.path().join(&file)).unwrap();
        assert!(text.contains(&format!("name = \"{name}\"")) && !text.contains("NAME\""));
    }
    // Claims are about two models.
    let args = ["verify", "thm_4_5/self_memoryless", "--effort", "0.02", "--system", "loop-2.toml"];
    let out = backfire(folder.path(), &args);
    assert_ne!(out.status.code(), Some(2), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("loop-2"));
}

/// The template of two models shows what can happen as its coupling and its share grow.
#[test]
fn two_models_pass_through_the_regimes() {
    let folder = tempfile::tempdir().unwrap();
    printed(folder.path(), &["new", "system"], 0);
    let first_line = |set: &str| {
        let page = printed(folder.path(), &["diagnose", "mine.toml", "--set", set], 0);
        page.lines().next().unwrap_or_default().to_owned()
    };
    assert!(first_line("t=0.1").starts_with("backfires: no"), "{}", first_line("t=0.1"));
    assert!(first_line("t=0.8").starts_with("backfires: not now"), "{}", first_line("t=0.8"));
    assert!(first_line("t=1.6").starts_with("backfires: yes"), "{}", first_line("t=1.6"));
    let closed =
        printed(folder.path(), &["diagnose", "mine.toml", "--set", "t=1.6", "--share", "0.9"], 0);
    assert!(closed.contains("does NOT converge"), "{closed}");
}

#[test]
fn the_conjecture_falls_and_its_second_assumption_saves_it() {
    let folder = tempfile::tempdir().unwrap();
    let said = printed(folder.path(), &["new", "conjecture", "guess"], 0);
    assert_eq!(advised(&said), [["search", "guess.toml"]]);
    let found = printed(folder.path(), &["search", "guess.toml"], 1);
    assert!(found.contains("rho_seq(J) < 1 fails"), "{found}");
    let path = folder.path().join("guess.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let stricter = text.replace("# \"least(J) >= 0\"", "  \"least(J) >= 0\"");
    assert_ne!(text, stricter);
    std::fs::write(&path, stricter).unwrap();
    let found = printed(folder.path(), &["search", "guess.toml", "--effort", "0.05"], 0);
    assert!(found.contains("Supported"), "{found}");
}

#[test]
fn the_theorem_holds_and_its_controls_fall() {
    static ENTRY: [Entry; 1] =
        [Entry { file: "theorem", text: THEOREM, theorem: &theorem::TheoremName }];
    let run = referee(&ENTRY, &|_| true, &[], Effort { seed: 1, factor: 0.05 }, &|_, _, _| ());
    let verdicts: Vec<_> = run.claims.iter().map(|c| (c.id.as_str(), c.verdict)).collect();
    assert_eq!(verdicts, [("theorem_id/follows", Verdict::Supported)]);
    assert_eq!(run.controls.len(), 2);
    assert_eq!(run.surviving().count(), 0);
    // The four parts that `explain` prints, in their order.
    let doc = ENTRY[0].doc();
    let places = ["**Statement.**", "**Hypotheses.**", "**How it is checked.**", "**Source.**"]
        .map(|part| doc.find(part).unwrap_or_else(|| panic!("no {part}")));
    assert!(places.is_sorted());
}

#[test]
fn the_theorem_is_written_under_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let said = printed(folder.path(), &["new", "theorem", "gain_of_q", "--id", "cor_9_1"], 0);
    for part in ["gain_of_q.rs", "pub mod gain_of_q;", "gain_of_q::GainOfQ,", "verify cor_9_1"] {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
    let text = std::fs::read_to_string(folder.path().join("gain_of_q.rs")).unwrap();
    // What compiles above is this, but for two names.
    assert_eq!(text.replace("GainOfQ", "TheoremName").replace("cor_9_1", "theorem_id"), THEOREM);
    assert_eq!(text.matches("GainOfQ").count(), 2);
    // In a checkout it goes where it belongs.
    let checkout = tempfile::tempdir().unwrap();
    std::fs::create_dir(checkout.path().join("theorems")).unwrap();
    std::fs::write(checkout.path().join("theorems/mod.rs"), "").unwrap();
    printed(checkout.path(), &["new", "theorem", "gain_of_q"], 0);
    assert!(checkout.path().join("theorems/gain_of_q.rs").is_file());
}

#[test]
fn nothing_is_overwritten_and_names_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    std::fs::write(here.join("mine.toml"), "mine").unwrap();
    for what in ["system", "conjecture"] {
        refused(here, &["new", what, "mine"], &["mine.toml is there already", "--out"]);
        refused(here, &["new", what, "My Loop"], &["`My Loop` is no name", "hyphens"]);
        refused(here, &["new", what, "x", "--out", "no/x.toml"], &["there is no folder no"]);
    }
    assert_eq!(std::fs::read_to_string(here.join("mine.toml")).unwrap(), "mine");
    refused(here, &["new", "system", "--models", "4"], &["4"]);
    refused(here, &["new", "theorem", "a-b"], &["`a-b`", "underscores"]);
    refused(here, &["new", "theorem", "match"], &["`match`"]);
    refused(here, &["new", "theorem", "x", "--id", "theorem_1"], &["`theorem_1`", "thm_4_5"]);
    refused(here, &["new"], &["system"]);
}
