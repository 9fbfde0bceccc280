//! `backfire sweep` on the command line: its table, its pictures, its map, its errors.

use std::path::Path;
use std::process::{Command, Output};

fn sweep(folder: &Path, args: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_backfire");
    Command::new(program).arg("sweep").args(args).current_dir(folder).output().unwrap()
}

fn said(args: &[&str]) -> String {
    let out = sweep(Path::new("."), args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

fn refused(args: &[&str]) -> String {
    let out = sweep(Path::new("."), args);
    assert_eq!(out.status.code(), Some(2), "{args:?}");
    assert!(out.stdout.is_empty(), "{args:?}");
    String::from_utf8(out.stderr).unwrap()
}

#[test]
fn the_table_has_every_place_and_every_model() {
    let text = said(&["paper-5-1-code", "--x", "t=0.2:0.9:2", "--y", "share=0.1:0.4:2"]);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "t,share,rate,stable,dJ_p,sign_p,regime_p,dJ_q,sign_q,regime_q");
    assert_eq!(lines.len(), 5);
    let last: Vec<&str> = lines[4].split(',').collect();
    assert_eq!(&last[..2], ["0.9", "0.4"]);
    // The values of the paper's experiment at t = 0.9 (theorem sec_5_1).
    let number = |k: usize| last[k].parse::<f64>().unwrap();
    assert!((number(4) - 1.485).abs() < 1e-3 && (number(7) + 0.877).abs() < 1e-3, "{last:?}");
    // More curation of p raises J_p and lowers J_q.
    assert_eq!([last[5], last[8]], ["1", "-1"]);
    assert!((0.84..0.85).contains(&number(2)) && last[3] == "yes");
}

/// theta = l (theta/2 + 2) gives theta = 2l / (1 - l/2), and J' = 1 - theta changes its sign at l = 2/5. Push
/// and answer are both J' times something positive: amplified on both sides, and falling on one.
#[test]
fn what_is_amplified_says_whether_it_rises_or_falls() {
    let folder = tempfile::tempdir().unwrap();
    let text = include_str!("data/loops/isolated.toml");
    std::fs::write(folder.path().join("isolated.toml"), text).unwrap();
    let args =
        ["isolated.toml", "--knob-model", "p", "--x", "share=0.3:0.5:3", "--csv", "line.csv"];
    let out = sweep(folder.path(), &args);
    let map = String::from_utf8(out.stdout).unwrap();
    assert!(map.contains("|+") && map.contains("A|"), "{map}");
    assert!(map.contains("+ amplified, J rises   A amplified, J FALLS"), "{map}");
    let table = std::fs::read_to_string(folder.path().join("line.csv")).unwrap();
    let lines: Vec<Vec<&str>> = table.lines().map(|l| l.split(',').collect()).collect();
    assert_eq!(lines[0], ["share", "rate", "stable", "dJ_p", "sign_p", "regime_p"]);
    assert_eq!(lines[1][4..], ["1", "amplified"]);
    assert_eq!(lines[3][4..], ["-1", "amplified"]);
}

#[test]
fn the_same_bytes_on_any_number_of_threads() {
    let made = |threads: &str| {
        let folder = tempfile::tempdir().unwrap();
        let out = Command::new(env!("CARGO_BIN_EXE_backfire"))
            .args(["sweep", "paper-5-1-code", "--x", "t=0.1:1.2:9", "--y", "p.curated=0:0.9:7"])
            .args(["--csv", "a.csv", "--svg", "a.svg", "--png", "a.png"])
            .env("RAYON_NUM_THREADS", threads)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let map = String::from_utf8(out.stdout).unwrap();
        assert!(
            map.contains("what more curated data for p does to p") && map.contains("~ unstable")
        );
        ["a.csv", "a.svg", "a.png"].map(|f| std::fs::read(folder.path().join(f)).unwrap())
    };
    let one = made("1");
    assert!(one == made("3"));
    assert!(one[1].starts_with(b"<svg") && one[2].starts_with(b"\x89PNG"));
}

#[test]
fn one_axis_gives_a_line_and_shares_go_to_their_ends() {
    let folder = tempfile::tempdir().unwrap();
    for quantity in ["dJ", "rate"] {
        let args = ["example-4-6-converging", "--x", "share=0:1:5", "--quantity", quantity];
        let out =
            sweep(folder.path(), &[&args[..], &["--svg", "a.svg", "--csv", "a.csv"]].concat());
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        assert!(std::fs::read_to_string(folder.path().join("a.svg")).unwrap().contains("</svg>"));
    }
    let table = std::fs::read_to_string(folder.path().join("a.csv")).unwrap();
    // Curation of p is inverted at every share: dJ_p = -1.
    assert_eq!(table.matches(",-1,inverted,").count(), 5, "{table}");
}

#[test]
fn mistakes_are_named_with_the_remedy() {
    let code = "paper-5-1-code";
    for (args, wanted) in [
        (vec![code, "--x", "s=0:1"], "nothing called `s` to sweep"),
        (vec![code, "--x", "s=0:1"], "p.curated"),
        (vec![code, "--x", "t"], "has no range"),
        (vec![code, "--x", "t=1:1"], "is empty"),
        (vec![code, "--x", "t=1:0"], "lower end first"),
        (vec![code, "--x", "t=0:1:1"], "at least 2"),
        (vec![code, "--x", "t=0:1:2:3"], "is no range"),
        (vec![code, "--x", "t=0:nan"], "not a finite number"),
        (vec![code, "--x", "share=0:2"], "leaves 0 to 1"),
        (vec![code, "--x", "t=0:1:2000", "--y", "share=0:1:2000"], "too many"),
        (vec![code, "--x", "t=0:1:1000000000000"], "too many"),
        (vec![code, "--x", "share=0:1", "--y", "p.raw=0:1"], "the same mixture"),
        (vec![code, "--x", "t=0:1", "--y", "t=0:1"], "the same mixture"),
        (vec![code, "--x", "t=0:1", "--set", "t=0.5"], "both set and swept"),
        (vec![code, "--x", "t=0:1", "--model", "r"], "the models are p, q"),
        (vec![code, "--x", "t=0:1:3", "--quantity", "regime", "--svg", "a.svg"], "two axes"),
        (vec![code, "--x", "t=0:1:3", "--svg", "nowhere/a.svg"], "no folder"),
        (vec![code, "--x", "p.real=0.1:0.2:3"], "no real data"),
        (vec!["no-such-loop", "--x", "t=0:1"], "no-such-loop"),
    ] {
        let error = refused(&args);
        assert!(error.contains(wanted), "{args:?}: {error}");
        assert!(error.contains("help:") || error.contains("give it"), "{args:?}: {error}");
    }
}
