//! The command line: exit codes, errors that name the place and the remedy, the same bytes.

use std::path::Path;
use std::process::{Command, Output};

fn backfire(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backfire")).args(args).output().unwrap()
}

/// Exit code 2, nothing on standard output, every part in the message.
fn refused(args: &[&str], parts: &[&str]) {
    let out = backfire(args);
    let message = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{args:?}: {message}");
    assert!(out.stdout.is_empty(), "{args:?}");
    for part in parts {
        assert!(message.contains(part), "{args:?}: `{part}` is not in\n{message}");
    }
}

#[test]
fn an_unknown_id_is_refused_with_the_nearest_one() {
    refused(&["verify", "cor_e2/sing"], &["no claim or theorem `cor_e2/sing`", "`cor_e2/sign`"]);
    refused(&["explain", "thm_36"], &["`thm_36`", "`thm_3_6`"]);
}

#[test]
fn a_bad_effort_is_refused() {
    refused(&["verify", "--effort", "0"], &["--effort", "such as 0.1"]);
    refused(&["verify", "--effort", "nan"], &["--effort"]);
}

#[test]
fn a_bad_system_is_refused_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let text = "name = \"mine\"\ntitle = \"\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
                [[models]]\nname = \"p\"\ndimension = 1\nalignment = { linear = [1] }\n\
                components = [{ kind = \"real\", weight = 0.9 }]\n";
    std::fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    refused(&["verify", "--system", path], &["mine.toml:9", "help:"]);
    refused(&["verify", "--system", "no-such-system"], &["no-such-system", "help"]);
}

#[test]
fn verdicts_as_recorded_exit_with_zero_and_the_same_bytes_on_any_number_of_threads() {
    let run = |threads: &str| {
        let out = Command::new(env!("CARGO_BIN_EXE_backfire"))
            .args(["verify", "--effort", "0.02", "--format", "json"])
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(0), "{}", String::from_utf8_lossy(&out.stderr));
        out.stdout
    };
    let one = run("1");
    assert!(one == run("2"), "the bytes differ between 1 and 2 threads");
    let report: serde_json::Value = serde_json::from_slice(&one).unwrap();
    assert_eq!(report["schema"], 1);
    assert!(report["claims"].as_array().unwrap().len() > 50);
    for claim in report["claims"].as_array().unwrap() {
        // What is supported was seen on as many points as this effort asks for.
        if claim["kind"] == "universal" && claim["verdict"] == "supported" {
            assert!(claim["hypotheses_met"].as_u64().unwrap() >= 200, "{}", claim["id"]);
        }
        assert_eq!(claim["verdict"] == "refuted", !claim["witness"].is_null(), "{}", claim["id"]);
    }
}

#[test]
fn another_seed_draws_other_samples_and_reaches_the_same_verdicts() {
    let run = |seed: &str| {
        let args = ["verify", "cor_e2", "--effort", "0.02", "--format", "json", "--seed", seed];
        let out = backfire(&args);
        assert_eq!(out.status.code(), Some(0));
        out.stdout
    };
    assert_ne!(run("1"), run("2"));
}

#[test]
fn ids_select_theorems_claims_and_versions() {
    let out = backfire(&["verify", "cor_e2/sign", "--effort", "0.02", "--format", "json"]);
    let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let ids: Vec<&str> =
        report["claims"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["cor_e2/sign", "cor_e2/sign#literal", "cor_e2/sign#corrected"]);
}

#[test]
fn explain_prints_the_module_doc() {
    let out = backfire(&["explain", "cor_e2/sign"]);
    let text = String::from_utf8(out.stdout).unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("theorems/cross_influence_sign.rs");
    let source = std::fs::read_to_string(source).unwrap();
    let doc = source.lines().map_while(|l| l.strip_prefix("//!"));
    for line in doc {
        assert!(text.contains(line.trim_start()), "missing: {line}");
    }
    assert!(text.contains("cor_e2/sign#corrected"));
}

#[test]
fn a_report_is_checked_and_never_half_written() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("reports");
    let path = out.to_str().unwrap();
    let report = |more: &[&str]| {
        let mut args = vec!["report", "--out", path, "--effort", "0.02"];
        args.extend(more);
        backfire(&args)
    };
    // Nothing there yet.
    assert_eq!(report(&["--check"]).status.code(), Some(1));
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(report(&["--check"]).status.code(), Some(0));
    let file = out.join("report.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("Refuted", "Proved", 1)).unwrap();
    let check = report(&["--check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stderr).contains("report.md:"));
    // Whoever has the old file open keeps it whole: the new one takes its name, not its place.
    let old = folder.path().join("old.md");
    std::fs::hard_link(&file, &old).unwrap();
    let before = std::fs::read_to_string(&old).unwrap();
    assert_eq!(report(&[]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "others can read a report");
    }
    // A witness that this run did not make is noticed.
    let stale = out.join("witnesses").join("stale.toml");
    std::fs::write(&stale, "").unwrap();
    let check = report(&["--check"]);
    assert_eq!(check.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&check.stderr).contains("stale.toml: no witness"));
    std::fs::remove_file(&stale).unwrap();
    assert_eq!(report(&["--check"]).status.code(), Some(0));
    // A folder that cannot be made: a file is in its place.
    let blocked = folder.path().join("file");
    std::fs::write(&blocked, "").unwrap();
    let target = blocked.join("reports");
    refused(
        &["report", "--out", target.to_str().unwrap(), "--effort", "0.02"],
        &["cannot write", "help"],
    );
    assert_eq!(std::fs::read_to_string(&blocked).unwrap(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_closed_pipe_is_none() {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let out =
        Command::new(env!("CARGO_BIN_EXE_backfire")).arg("list").stdout(full).output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("standard output"));
}
