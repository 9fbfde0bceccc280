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
            assert!(begun.elapsed() < Duration::from_mins(1), "nothing is written");
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
    let args = ["--effort", "0.6", "--seed", "3", "--journal", "j"];
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
    let args = ["--effort", "0.6", "--journal", "j"];
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
        let args = ["--effort", "0.15", "--journal"];
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

#[test]
fn where_a_witness_cannot_go_nothing_is_searched() {
    let broken = TRUE.replace("sin_omega(S_p)\"", "0.5 * sin_omega(S_p)\"");
    let bench = Bench::of(&broken);
    let aims = |witness: &str, parts: &[&str]| {
        let args = ["--effort", "0.3", "--journal", "j", "--witness", witness];
        refused(&bench.search(&args), parts);
        assert!(!bench.path("j").exists(), "searched before {witness} was looked at");
    };
    aims("no/such/folder/w.toml", &["there is no folder no/such/folder"]);
    assert!(!bench.path("no").exists());
    aims(".", &["is no regular file"]);
    #[cfg(unix)]
    aims("/dev/full", &["/dev/full is no regular file"]);
    std::fs::write(bench.path("notes"), "mine").unwrap();
    aims("notes", &["notes exists, with something else"]);
    assert_eq!(std::fs::read_to_string(bench.path("notes")).unwrap(), "mine");
    // A witness against the same that turns out to be another one: the search is not lost.
    let args = ["--effort", "0.3", "--witness", "w.toml"];
    let first = bench.search(&args);
    let text = std::fs::read_to_string(bench.path("w.toml")).unwrap();
    std::fs::write(bench.path("w.toml"), format!("# mine\n{text}")).unwrap();
    let second = bench.search(&args);
    assert_eq!((said(&second), second.status.code()), (said(&first), Some(2)));
    let error = String::from_utf8_lossy(&second.stderr);
    assert!(said(&second).contains("Refuted") && error.contains("another witness"), "{error}");
    assert!(std::fs::read_to_string(bench.path("w.toml")).unwrap().starts_with("# mine"));
}

#[cfg(unix)]
#[test]
fn what_has_no_end_is_no_journal() {
    let bench = Bench::new();
    refused(&bench.search(&["--journal", "/dev/full", "--resume"]), &["is no regular file"]);
    let out = bench.command(&["merge", "/dev/zero"]).output().unwrap();
    refused(&out, &["/dev/zero is no regular file"]);
}

/// What has no value is not a failed assumption.
#[test]
fn undecided_points_are_not_laid_to_the_assumptions() {
    let of = |assume: &str, claim: &str| {
        let text = format!(
            "name = \"x\"\ntitle = \"X\"\nfamily = \"numbers\"\nassume = [\"{assume}\"]\n\
             claim = \"{claim}\"\n[numbers]\na = [0, 1]\n"
        );
        let out = Bench::of(&text).search(&["--effort", "0.1"]);
        assert_eq!(out.status.code(), Some(2), "{}", said(&out));
        said(&out).to_owned()
    };
    let line = "could not be decided: an assumption or the claim within rounding";
    let some = of("a > 0.5", "1 / (a - a) > 0");
    assert!(
        some.contains(line) && some.contains("that fails no assumption is undecided"),
        "{some}"
    );
    let all = of("a > 0 - 1", "1 / (a - a) > 0");
    assert!(all.contains(line) && all.contains("every point is undecided"), "{all}");
    assert!(!some.contains("no point met") && !all.contains("no point met"), "{some}{all}");
    let none = of("a * (1 - a) > 0.3", "a > 0");
    assert!(none.contains("no point met every assumption") && !none.contains(line), "{none}");
}

#[test]
fn optimisers_do_not_count_for_what_is_covered() {
    let bench = Bench::new();
    bench.search(&["--effort", "0.1", "--journal", "j"]);
    let journal = lines(&bench.path("j"));
    let widened = |strategy: &str| {
        let line = |text: &String| {
            let mut line: serde_json::Value = serde_json::from_str(text).unwrap();
            if line["strategy"] == strategy {
                line["found"]["seen"]["J"] = serde_json::json!([-77.0, 77.0]);
            }
            line.to_string() + "\n"
        };
        let text: String = journal.iter().map(line).collect();
        std::fs::write(bench.path("k"), text).unwrap();
        said(&bench.command(&["merge", "k"]).output().unwrap()).to_owned()
    };
    let (random, optimised) = (widened("random points"), widened("CMA-ES"));
    assert!(random.contains("  entries of J from -77 to 77 (allowed: "), "{random}");
    assert!(optimised.contains("  entries of J from -") && !optimised.contains("77 to 77"));
}
