//! Long searches: killed, resumed, cut in parts and merged, they say what one run says.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Bench {
    folder: tempfile::TempDir,
    conjecture: PathBuf,
}

/// True, so that every strategy runs, and random enough that no two seeds agree.
const TRUE: &str = "name = \"plane\"\ntitle = \"In the plane\"\nfamily = \"linear\"\n\
                    assume = [\"rho(J) < 1\", \"rho_p > sin_omega(S_p)\", \
                    \"least_symmetric(S_p) > 0\"]\nclaim = \"dJp > 0\"\n\
                    [ranges]\ndimension = [1, 2]\n";

impl Bench {
    fn new() -> Self {
        Self::of(TRUE)
    }

    fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let conjecture = folder.path().join("conjecture.toml");
        std::fs::write(&conjecture, text).unwrap();
        Bench { folder, conjecture }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
        command.current_dir(self.folder.path()).args(args);
        command
    }

    fn search(&self, args: &[&str]) -> Output {
        let file = self.conjecture.to_str().unwrap();
        self.command(&["search", file]).args(args).output().unwrap()
    }

    /// Begins a search and waits until its journal has a line of findings.
    fn begun(&self, args: &[&str], journal: &str) -> Child {
        let file = self.conjecture.to_str().unwrap();
        let mut command = self.command(&["search", file]);
        let child = command.args(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let begun = Instant::now();
        let lines =
            || std::fs::read_to_string(self.path(journal)).map_or(0, |text| text.lines().count());
        while lines() < 2 {
            assert!(begun.elapsed() < Duration::from_secs(60), "nothing is written");
            std::thread::sleep(Duration::from_millis(20));
        }
        child.unwrap()
    }
}

fn said(out: &Output) -> &str {
    std::str::from_utf8(&out.stdout).unwrap()
}

#[track_caller]
fn refused(out: &Output, parts: &[&str]) {
    assert_eq!(out.status.code(), Some(2));
    let error = String::from_utf8_lossy(&out.stderr);
    for part in parts {
        assert!(error.contains(part), "no `{part}` in\n{error}");
    }
    assert!(out.stdout.is_empty());
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_killed_search_is_resumed_to_the_same_words() {
    let bench = Bench::new();
    // Long enough to be killed in the middle.
    let args = ["--effort", "2", "--seed", "3", "--journal", "j"];
    let whole = bench.search(&args[..4]);
    let mut child = bench.begun(&args, "j");
    child.kill().unwrap();
    child.wait().unwrap();
    let journal = bench.path("j");
    let before = lines(&journal);
    // Killed in the middle of a line.
    let text = std::fs::read_to_string(&journal).unwrap();
    std::fs::write(&journal, format!("{text}{{\"strategy\":\"ran")).unwrap();
    let resumed = bench.search(&[&args[..], &["--resume"]].concat());
    assert_eq!(said(&resumed), said(&whole));
    assert_eq!(resumed.status.code(), whole.status.code());
    // What was there is still there, and what was added is more than nothing.
    let after = lines(&journal);
    assert_eq!(after[..before.len()], before);
    assert!(after.len() > before.len());
    // Once more there is nothing left to do.
    let again = bench.search(&[&args[..], &["--resume"]].concat());
    assert_eq!(said(&again), said(&whole));
    assert_eq!(lines(&journal), after);
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_was_found() {
    let bench = Bench::new();
    let args = ["--effort", "2", "--journal", "j"];
    let child = bench.begun(&args, "j");
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.unwrap().success());
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    let error = String::from_utf8_lossy(&out.stderr);
    assert!(error.contains("interrupted") && error.contains("j is whole"), "{error}");
    let resumed = bench.search(&[&args[..], &["--resume"]].concat());
    assert_eq!(said(&resumed), said(&bench.search(&args[..2])));
}

/// The same for a conjecture that holds and one that breaks, on one thread and on two.
#[test]
fn parts_come_to_what_one_run_says() {
    let broken = TRUE.replace("sin_omega(S_p)\"", "0.9 * sin_omega(S_p)\"");
    for text in [TRUE, &broken] {
        let bench = Bench::of(text);
        let args = ["--effort", "0.3", "--journal"];
        let whole = bench.search(&args[..2]);
        for (part, threads) in [("1/3", "1"), ("2/3", "2"), ("3/3", "1")] {
            let journal = part.replace('/', "-");
            let file = bench.conjecture.to_str().unwrap();
            let mut command = bench.command(&["search", file]);
            command.args(args).args([&*journal, "--shard", part]);
            let out = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
            assert_eq!(out.status.code(), Some(0), "{out:?}");
        }
        let merged = bench.command(&["merge", "3-3", "1-3", "2-3"]).output().unwrap();
        assert_eq!(said(&merged), said(&whole));
        assert_eq!(merged.status.code(), whole.status.code());
        let one = bench
            .command(&["search", bench.conjecture.to_str().unwrap()])
            .args(&args[..2])
            .env("RAYON_NUM_THREADS", "1")
            .output()
            .unwrap();
        assert_eq!(said(&one), said(&whole));
    }
    assert_ne!(
        said(&Bench::new().search(&["--effort", "0.1", "--seed", "1"])),
        said(&Bench::new().search(&["--effort", "0.1", "--seed", "2"]))
    );
}

#[test]
fn parts_that_do_not_make_a_whole_are_refused() {
    let bench = Bench::new();
    let args = ["--effort", "0.1", "--journal"];
    for part in ["1/2", "2/2", "1/3"] {
        let journal = part.replace('/', "-");
        bench.search(&[&args[..], &[&*journal, "--shard", part]].concat());
    }
    let merge = |journals: &[&str]| bench.command(&["merge"]).args(journals).output().unwrap();
    refused(&merge(&["1-2"]), &["1-2", "lack part 2/2", "--shard"]);
    refused(&merge(&["1-2", "1-2"]), &["is part 1/2 once more"]);
    refused(&merge(&["1-2", "1-3"]), &["is part 1/3, others are parts of 2"]);
    refused(&merge(&["conjecture.toml"]), &["conjecture.toml:1", "no journal"]);
    refused(&merge(&["nowhere"]), &["nowhere"]);
    // A part that stopped early.
    let text = std::fs::read_to_string(bench.path("2-2")).unwrap();
    let cut = text.lines().count() - 1;
    let short: String = text.lines().take(cut).flat_map(|l| [l, "\n"]).collect();
    std::fs::write(bench.path("2-2"), short).unwrap();
    refused(&merge(&["1-2", "2-2"]), &["2-2 (part 2/2) is not finished", "--resume"]);
    // Parts of different searches.
    bench.search(&["--effort", "0.1", "--seed", "7", "--journal", "other", "--shard", "2/2"]);
    refused(&merge(&["1-2", "other"]), &["other", "--seed 7"]);
    refused(&bench.search(&["--shard", "3/2", "--journal", "x"]), &["write k/n"]);
    refused(&bench.search(&["--shard", "1/2"]), &["--journal"]);
}

#[test]
fn a_journal_of_another_search_is_left_alone() {
    let bench = Bench::new();
    let args = ["--effort", "0.1", "--journal", "j"];
    bench.search(&args);
    let journal = bench.path("j");
    let text = std::fs::read_to_string(&journal).unwrap();
    let resume = [&args[..], &["--resume"]].concat();
    refused(&bench.search(&args), &["j exists", "--resume"]);
    let seed = [&resume[..], &["--seed", "9"]].concat();
    refused(&bench.search(&seed), &["--seed 1 --effort 0.1"]);
    refused(&bench.search(&[&resume[..], &["--shard", "1/2"]].concat()), &["--shard 1/1"]);
    assert_eq!(std::fs::read_to_string(&journal).unwrap(), text);

    let changed = |from: &str, to: &str, parts: &[&str]| {
        let other = text.replacen(from, to, 1);
        assert_ne!(other, text, "{from}");
        std::fs::write(&journal, &other).unwrap();
        refused(&bench.search(&resume), parts);
        assert_eq!(std::fs::read_to_string(&journal).unwrap(), other);
    };
    let version = format!("\"backfire\":\"{}\"", env!("CARGO_PKG_VERSION"));
    changed(&version, "\"backfire\":\"0.0.1\"", &["version 0.0.1"]);
    changed("\"journal\":1", "\"journal\":2", &["version"]);
    changed("In the plane", "On the plane", &["another conjecture"]);
    changed("[\"random points\",", "[\"random points\",1", &["other strategies"]);
    changed("{\"strategy\":\"", "{\"strategy\":\"un", &["j:2", "no strategy", "from this line on"]);
    changed("\"tasks\":[[0,", "\"tasks\":[[9999,9999],[0,", &["j:2", "no task 9999"]);
    changed("\"found\":{", "\"found\":", &["j:2", "not what was written"]);
    let twice = format!("{text}{}\n", text.lines().nth(1).unwrap());
    std::fs::write(&journal, twice).unwrap();
    refused(&bench.search(&resume), &["is there twice"]);

    std::fs::write(&journal, &text).unwrap();
    let held = std::fs::File::open(&journal).unwrap();
    held.lock().unwrap();
    refused(&bench.search(&resume), &["another search writes it"]);
    refused(
        &bench.search(&["--effort", "0.1", "--journal", "no/such/folder/j"]),
        &["cannot begin a journal", "a folder that exists"],
    );
}

#[test]
fn a_witness_is_written_once_and_replayed() {
    let broken = TRUE.replace("sin_omega(S_p)\"", "0.5 * sin_omega(S_p)\"");
    let bench = Bench::of(&broken);
    let out = bench.search(&["--effort", "0.3", "--witness", "w.toml"]);
    assert_eq!(out.status.code(), Some(1), "{}", said(&out));
    let replay = || bench.command(&["replay", "w.toml"]).output().unwrap();
    let replayed = replay();
    assert_eq!(replayed.status.code(), Some(0));
    // The numbers of the search come again, down to the digits.
    let after = |text: &str| text.split_once("eigenvalues").map(|(_, rest)| rest.to_owned());
    let (seen, again) = (after(said(&out)).unwrap(), after(said(&replayed)).unwrap());
    assert!(seen.starts_with(again.trim_end()), "{seen}\n{again}");
    // The same again is no conflict; something else is not overwritten.
    assert_eq!(bench.search(&["--effort", "0.3", "--witness", "w.toml"]).status.code(), Some(1));
    let text = std::fs::read_to_string(bench.path("w.toml")).unwrap();
    let stronger = text.replace("0.5 * sin_omega", "1.0 * sin_omega");
    std::fs::write(bench.path("w.toml"), &stronger).unwrap();
    assert_eq!(replay().status.code(), Some(1));
    refused(&bench.search(&["--effort", "0.3", "--witness", "w.toml"]), &["w.toml exists"]);
    assert_eq!(std::fs::read_to_string(bench.path("w.toml")).unwrap(), stronger);
    // Mistakes in what a person wrote.
    let wrong = |from: &str, to: &str, parts: &[&str]| {
        assert!(text.contains(from), "{from} in\n{text}");
        std::fs::write(bench.path("w.toml"), text.replace(from, to)).unwrap();
        refused(&replay(), parts);
    };
    wrong("conjecture = \"plane\"", "conjecture = \"plain\"", &["is `plane`, not `plain`"]);
    wrong("[conjecture", "[guess", &["[conjecture] is missing"]);
    wrong("dJp > 0", "dJx > 0", &["unknown quantity `dJx`", "table [conjecture]"]);
    wrong("[point]", "[points]", &["[point] is missing"]);
}
