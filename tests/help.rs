//! What the help says works: every example of every command is run, in an empty folder with the
//! committed reports beside it, in the order in which they are printed.

use std::path::Path;
use std::process::{Command, Output};

fn backfire(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_backfire")).args(args).current_dir(folder).output().unwrap()
}

fn said(args: &[&str]) -> String {
    let out = backfire(Path::new("."), args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// The names under `Commands:`.
fn commands() -> Vec<String> {
    let help = said(&["--help"]);
    let rows = help.lines().skip_while(|l| *l != "Commands:").skip(1);
    let rows = rows.take_while(|l| l.starts_with("  "));
    let names = rows.filter(|l| !l.starts_with("   ")).filter_map(|l| l.split_whitespace().next());
    names.filter(|n| *n != "help").map(str::to_owned).collect()
}

/// An example of the help.
#[derive(Debug, PartialEq)]
struct Example {
    /// After the program's name.
    args: Vec<String>,
    /// What the comment says that the exit code is; 0 where it says nothing.
    exit_code: i32,
    /// The program that the comment says it needs.
    needs: Option<String>,
}

/// The lines `  $ backfire ...`.
fn examples(help: &str) -> Vec<Example> {
    let lines = help.lines().filter_map(|l| l.strip_prefix("  $ "));
    lines
        .map(|line| {
            let (command, comment) = line.split_once(" # ").unwrap_or((line, ""));
            let mut words = command.split_whitespace();
            assert_eq!(words.next(), Some("backfire"), "{line}");
            let after = |what: &str| comment.split_once(what).map(|(_, rest)| rest);
            Example {
                args: words.map(str::to_owned).collect(),
                exit_code: after("exit code ").map_or(0, |c| c[..1].parse().unwrap()),
                needs: after("needs ").map(|p| p.trim().to_owned()),
            }
        })
        .collect()
}

/// A folder with what the examples read: the committed witnesses, certificates and answers.
fn scratch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("reports");
    for name in ["witnesses", "certificates", "obligations"] {
        let copy = folder.path().join("reports").join(name);
        std::fs::create_dir_all(&copy).unwrap();
        for entry in std::fs::read_dir(reports.join(name)).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
        }
    }
    folder
}

fn installed(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}

/// Runs the examples of one help text in one folder.
fn run(of: &str, help: &str) {
    let folder = scratch();
    let all = examples(help);
    assert!(!all.is_empty(), "`backfire {of} --help` has no example");
    for example in all {
        let mut args: Vec<&str> = example.args.iter().map(String::as_str).collect();
        match args[..] {
            // Takes half a minute; a hundredth of the samples says whether it runs.
            ["verify"] => args.extend(["--effort", "0.01"]),
            // The committed reports are compared once, in their own place.
            ["report", "--check"] => continue,
            ["report", "--effort", ..] => args[2] = "0.01",
            _ => {}
        }
        if example.needs.as_ref().is_some_and(|p| !installed(p)) {
            println!("not run, for want of {:?}: {args:?}", example.needs);
            continue;
        }
        let out = backfire(folder.path(), &args);
        let message = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(example.exit_code), "{args:?}: {message}");
        let written = args.contains(&"--output") || args.contains(&"--out");
        assert!(written || !out.stdout.is_empty(), "{args:?} prints nothing");
    }
}

#[test]
fn every_example_of_every_command_works() {
    let names = commands();
    assert!(names.len() > 10 && names.contains(&"verify".to_owned()), "{names:?}");
    run("", &said(&["--help"]));
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(move || run(name, &said(&[name, "--help"])));
        }
    });
}

#[test]
fn examples_are_read_with_what_their_comments_say() {
    let read =
        examples("x\n  $ backfire a --b 1   # exit code 1: so\n  $ backfire c  # needs z3\n");
    let args = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    let first = Example { args: args(&["a", "--b", "1"]), exit_code: 1, needs: None };
    let second = Example { args: args(&["c"]), exit_code: 0, needs: Some("z3".into()) };
    assert_eq!(read, [first, second]);
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        for name in commands() {
            assert!(script.contains(&name), "{shell}: no `{name}`");
        }
    }
}

#[test]
fn every_command_has_a_manual_page_with_its_options() {
    let folder = tempfile::tempdir().unwrap();
    let out = backfire(folder.path(), &["man", "--output", "man1"]);
    assert!(out.status.success());
    for name in commands() {
        let page =
            std::fs::read_to_string(folder.path().join(format!("man1/backfire-{name}.1"))).unwrap();
        assert!(page.starts_with(".ie") && page.contains(".SH SYNOPSIS"), "{name}");
        assert!(page.contains("\\-\\-quiet"), "{name}");
        assert_eq!(page, said(&["man", &name]));
    }
    let whole = std::fs::read_to_string(folder.path().join("man1/backfire.1")).unwrap();
    assert!(whole.contains("backfire\\-verify(1)"), "the program's page names the others");
    let out = backfire(folder.path(), &["man", "verfy"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("the commands are verify, list"));
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let args = ["verify", "ex_4_6/arithmetic", "--effort", "0.02"];
    let plain = said(&args);
    assert!(plain.contains("Proved") && !plain.contains('\u{1b}'));
    let painted = said(&[&args[..], &["--color", "always"]].concat());
    assert!(painted.contains("\u{1b}[32mProved\u{1b}[0m"), "{painted}");
    assert_eq!(said(&[&args[..], &["--color", "never"]].concat()), plain);
    let with = |name: &str, value: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
        let out = command.args(args).env(name, value).output().unwrap();
        String::from_utf8(out.stdout).unwrap()
    };
    assert_eq!(with("CLICOLOR_FORCE", "1"), painted);
    assert_eq!(with("NO_COLOR", "1"), plain);
}

#[test]
fn quiet_leaves_out_notes_but_no_errors() {
    let args = ["spectrum", "paper-5-1-code", "--set", "t=7"];
    let folder = Path::new(".");
    let loud = backfire(folder, &args);
    assert!(String::from_utf8_lossy(&loud.stderr).contains("outside its range"));
    let quiet = backfire(folder, &[&["--quiet"], &args[..]].concat());
    assert!(quiet.stderr.is_empty(), "{}", String::from_utf8_lossy(&quiet.stderr));
    assert_eq!(quiet.stdout, loud.stdout);
    let wrong = backfire(folder, &["spectrum", "nothing", "-q"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).starts_with("error:"));
}
