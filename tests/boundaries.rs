//! Searches at the boundary of truth: equality, no value, and statements that claim nothing.

use std::process::{Command, Output};

fn search(text: &str) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, format!("name = \"c\"\ntitle = \"C\"\n{text}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    command.arg("search").arg(&file).args(["--effort", "0.1"]).output().unwrap()
}

#[track_caller]
fn says(text: &str, code: i32, parts: &[&str]) {
    let out = search(text);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(code), "{said}");
    for part in parts {
        assert!(said.contains(part), "no `{part}` in\n{said}");
    }
}

/// Floating point cannot tell these from equality; exact arithmetic can, and is asked.
#[test]
fn what_fails_only_at_equality_is_found() {
    says(
        "family = \"numbers\"\nclaim = \"a > 0\"\n[numbers]\na = [0, 1]\n",
        1,
        &["Refuted", "a = 0\n", "0 < 0"],
    );
    says(
        "family = \"numbers\"\nclaim = \"not a^2 + b^2 == 25\"\n[numbers]\n\
         a = { range = [3, 5], entries = \"integers\" }\n\
         b = { range = [0, 9], entries = \"integers\" }\n",
        1,
        &["Refuted"],
    );
    says(
        "family = \"linear\"\nclaim = \"dJp > 0 or dJp < 0\"\n[ranges]\nentries = \"integers\"\n",
        1,
        &["Refuted"],
    );
    says(
        "family = \"numbers\"\nclaim = \"a > 0.5\"\n[numbers]\na = [0.5, 0.5]\nb = [0, 1]\n",
        1,
        &["Refuted", "a = 0.5"],
    );
    // One disjunct is an equality, so the margin of the whole is zero where it fails.
    says(
        "family = \"numbers\"\nclaim = \"a < 2 or b > 1\"\n[numbers]\n\
         a = { range = [0, 2], entries = \"integers\" }\n\
         b = { range = [0, 1], entries = \"integers\" }\n",
        1,
        &["a = 2", "b = "],
    );
    // Relative to its sides the difference is rounding; exactly it is not.
    says(
        "family = \"numbers\"\nclaim = \"x * 1.000000001 == x\"\n[numbers]\nx = [1, 2]\n",
        1,
        &["Refuted"],
    );
}

#[test]
fn a_point_without_a_value_is_no_support() {
    let zero = "[numbers]\na = [0.5, 1]\nb = { range = [0, 0], entries = \"integers\" }\n";
    for claim in ["(a - a) / b <= 0", "a / b > 5", "min(a, 1 / b) >= 0", "max(a, a / b) >= 0"] {
        says(&format!("family = \"numbers\"\nclaim = \"{claim}\"\n{zero}"), 2, &["Inconclusive"]);
    }
    // Half of the points have one.
    let text = "family = \"numbers\"\nclaim = \"a / b < 5\"\n[numbers]\na = [0.5, 1]\n\
                b = { range = [0, 1], entries = \"integers\" }\n";
    says(text, 0, &["Supported"]);
    let out = search(text);
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    let random = said.lines().find(|l| l.starts_with("random points")).unwrap();
    let cells: Vec<u64> =
        random.split_whitespace().filter_map(|cell| cell.replace(',', "").parse().ok()).collect();
    assert_eq!(cells[0], cells[1] + cells[2], "{random}");
    assert!(cells[2] * 3 > cells[0] && cells[1] * 3 > cells[0], "{random}");
}

/// Where the premise of a claim fails nothing is claimed.
#[test]
fn a_premise_that_fails_is_no_support() {
    says(
        "family = \"linear\"\nclaim = \"norm(J) < 0.5 and rho(J) > 0.6 implies dJp > 7\"\n",
        2,
        &["Inconclusive", "failed norm(J) < 0.5 and rho(J) > 0.6"],
    );
    // Where it holds the rest is put to the test.
    says(
        "family = \"linear\"\nclaim = \"rho(J) < 1 implies rho_seq(J) < 1\"\n",
        1,
        &["Refuted", "assume  rho(J) < 1 holds by"],
    );
}

/// An equation beside an inequality is decided by itself.
#[test]
fn statements_joined_by_and_are_decided_one_by_one() {
    says(
        "family = \"linear\"\nassume = [\"rho(J) < 0.9\"]\n\
         claim = \"rho_seq(J) == rho(J)^2 and rho(J) < 1\"\n[ranges]\nself_terms = false\n",
        0,
        &["Supported"],
    );
    says(
        "family = \"linear\"\nassume = [\"rho(J) < 0.9\"]\n\
         claim = \"rho_seq(J) == rho(J)^2 and rho(J) < 0.8\"\n[ranges]\nself_terms = false\n",
        1,
        &["Refuted"],
    );
}
