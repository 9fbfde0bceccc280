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
            let least = if claim["domain"]["name"] == "digits" { 100 } else { 200 };
            assert!(claim["hypotheses_met"].as_u64().unwrap() >= least, "{}", claim["id"]);
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
    let all = ["sign", "sign#literal", "sign#corrected", "sign@digits", "sign@digits#corrected"];
    assert_eq!(ids, all.map(|id| format!("cor_e2/{id}")));
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
    let said = |check: &Output| String::from_utf8_lossy(&check.stderr).into_owned();
    assert_eq!(report(&[]).status.code(), Some(0));
    // The findings are beside the reports, their commands say where the witnesses are.
    let findings = out.join("findings.md");
    let found = std::fs::read_to_string(&findings).unwrap();
    let witness = out.join("witnesses").join("cor-e2-sign.toml");
    assert!(found.contains(&format!("backfire replay {}\n", witness.display())), "{found}");
    assert_eq!(backfire(&["replay", witness.to_str().unwrap()]).status.code(), Some(0));
    // What was changed, what is missing, and a witness that this run did not make are noticed, at once.
    std::fs::write(&findings, found.replacen("fails", "holds", 1)).unwrap();
    let file = out.join("report.md");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("Refuted", "Proved", 1)).unwrap();
    std::fs::remove_file(&witness).unwrap();
    let stale = out.join("witnesses").join("stale.toml");
    std::fs::write(&stale, "").unwrap();
    let check = report(&["--check"]);
    assert_eq!(check.status.code(), Some(1));
    for words in ["findings.md:", "report.md:", "cor-e2-sign.toml:", "stale.toml: not of this run"]
    {
        assert!(said(&check).contains(words), "no `{words}` in {}", said(&check));
    }
    std::fs::remove_file(&stale).unwrap();
    // Whoever has the old file open keeps it whole: the new one takes its name, not its place.
    let old = folder.path().join("old.md");
    std::fs::hard_link(&file, &old).unwrap();
    let before = std::fs::read_to_string(&old).unwrap();
    let elsewhere = folder.path().join("docs").join("all.md");
    assert_eq!(report(&["--findings", elsewhere.to_str().unwrap()]).status.code(), Some(0));
    assert_eq!(std::fs::read_to_string(&elsewhere).unwrap(), found);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    assert_eq!(std::fs::read_to_string(&old).unwrap(), before);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "others can read a report");
    }
    std::fs::write(&findings, found).unwrap();
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

/// Files of the repository, in a folder of it.
fn committed(folder: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<String> =
        entries.map(|e| e.unwrap().path().to_str().unwrap().to_string()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn every_committed_witness_breaks_its_claim() {
    let files = committed("reports/witnesses");
    let args: Vec<&str> = ["replay"].into_iter().chain(files.iter().map(String::as_str)).collect();
    let out = backfire(&args);
    let text = String::from_utf8_lossy(&out.stdout);
    assert_eq!(out.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&out.stderr));
    assert_eq!(text.matches(": breaks ").count(), files.len(), "{text}");
}

/// Every command in the committed findings does what it is there for.
#[test]
fn the_commands_of_the_findings_work() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let findings = std::fs::read_to_string(root.join("docs/findings.md")).unwrap();
    let commands: Vec<&str> =
        findings.lines().filter_map(|l| l.strip_prefix("backfire ")).collect();
    assert!(commands.len() == findings.matches("\n### ").count() && commands.len() > 10);
    for command in commands {
        let mut args: Vec<&str> = command.split(' ').collect();
        let verifies = args[0] == "verify";
        if verifies {
            args.extend(["--effort", "0.02"]);
        }
        let mut process = Command::new(env!("CARGO_BIN_EXE_backfire"));
        let out = process.current_dir(root).args(&args).output().unwrap();
        assert_eq!(out.status.code(), Some(0), "{command}");
        let text = String::from_utf8_lossy(&out.stdout);
        let id = args[1];
        let row = text.lines().find(|l| l.split_whitespace().next() == Some(id));
        let shown = if verifies {
            row.is_some_and(|l| l.contains(" Refuted "))
        } else {
            text.contains(": breaks ")
        };
        assert!(shown, "{command}: {text}");
    }
}

#[test]
fn verify_says_how_to_replay_what_it_refutes() {
    let out = backfire(&["verify", "cor_e2", "ex_4_6/h_equals_a", "--effort", "0.02"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(
        text.contains("\n    $ backfire replay reports/witnesses/cor-e2-sign.toml\n"),
        "{text}"
    );
    assert!(text.contains("\n    $ backfire verify ex_4_6/h_equals_a\n"), "{text}");
}

#[test]
fn explain_says_how_a_claim_is_read() {
    let out = backfire(&["explain", "sec_5_2/a4_drop"]);
    let text = String::from_utf8(out.stdout).unwrap();
    assert!(text.contains("    read: in A4, "), "{text}");
}

/// Grows by a half of itself in a step at the full rate, so by 1/2048 after ten halvings.
const POINT: &str = "[witness]\nclaim = \"sec_5_2/steps_of_any_size\"\n\n[point]\ns = 0.1\n\
                     J = [[6, 0], [0, 6]]\nb = [0, 0]\nx_0 = [1, 0]\n";

/// Runs `replay` on this text.
fn replayed(text: &str) -> (Option<i32>, String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, text).unwrap();
    let out = backfire(&["replay", file.to_str().unwrap()]);
    let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), read(&out.stdout), read(&out.stderr))
}

#[test]
fn a_witness_that_no_longer_breaks_its_claim_is_told_apart() {
    let (code, out, _) = replayed(POINT);
    assert_eq!(code, Some(0));
    assert!(out.contains("breaks sec_5_2/steps_of_any_size"), "{out}");
    assert!(out.contains("after 50: 1/2048 < 1/10000 fails"), "{out}");
    // Grows by 5 % instead: 0.05/1024 is below 1e-4.
    let (code, out, _) = replayed(&POINT.replace('6', "1.5"));
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("does not confirm"), "{out}");
    // A hypothesis that is no longer met: steps of a half where a tenth is the most.
    let (code, ..) = replayed(&POINT.replace("steps_of_any_size", "constant_rate"));
    assert_eq!(code, Some(1));
    // A loop whose second model does not care any more.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("reports/witnesses/cor-e2-sign.toml")).unwrap();
    assert!(text.contains("linear = [2.0]"));
    assert_eq!(replayed(&text).0, Some(0));
    assert_eq!(replayed(&text.replace("linear = [2.0]", "linear = [0.0]")).0, Some(1));
}

#[test]
fn a_malformed_witness_is_refused_with_its_place_and_the_remedy() {
    let cases: [(&str, &str, &[&str]); 14] = [
        ("b = [0, 0]\n", "", &["has no `b`", "`s`, `J`, `b`, `x_0`"]),
        ("b = [0, 0]\n", "b = [0, 0]\nc = 1\n", &["unknown `c`"]),
        ("s = 0.1", "s = nan", &["`s` is empty or not finite"]),
        ("s = 0.1", "s = inf", &["`s` is empty or not finite"]),
        ("s = 0.1", "s = \"fast\"", &["TOML parse error at line 5"]),
        ("s = 0.1", "s = [0.1, 0.1]", &["`s` is 2 x 1, 1 rows are due"]),
        ("b = [0, 0]", "b = []", &["`b` is empty"]),
        ("b = [0, 0]", "b = [0, 0, 0]", &["`b` is 3 x 1, 2 rows are due"]),
        ("b = [0, 0]", "b = [[0, 0]]", &["`b` is 1 x 2"]),
        ("[[6, 0], [0, 6]]", "[[6, 0], [6]]", &["rows of `J` differ in length"]),
        ("[[6, 0], [0, 6]]", "[[6, 0, 0], [0, 6, 0]]", &["`J` is 2 x 3, 2 columns are due"]),
        ("steps_of_any_size", "steps_of_no_size", &["no claim `sec_5_2/steps_of_no_size`", "list"]),
        ("sec_5_2/steps_of_any_size", "cor_e2/sign", &["about loops, not about a [point]"]),
        ("[witness]\n", "", &["TOML parse error"]),
    ];
    for (from, to, parts) in cases {
        let text = POINT.replacen(from, to, 1);
        assert_ne!(text, POINT, "{from}");
        let (code, out, message) = replayed(&text);
        assert_eq!(code, Some(2), "{to}: {out}{message}");
        assert!(out.is_empty(), "{to}: {out}");
        for part in parts.iter().chain(&["mine.toml", "help:"]) {
            assert!(message.contains(part), "{to}: `{part}` is not in\n{message}");
        }
        assert!(!message.contains("panicked"), "{message}");
    }
    let (code, _, message) = replayed(POINT.split("[point]").next().unwrap());
    assert_eq!(code, Some(2));
    assert!(message.contains("needs a table [point]"), "{message}");
    refused(&["replay", "no-such.toml"], &["cannot read no-such.toml", "help"]);
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
