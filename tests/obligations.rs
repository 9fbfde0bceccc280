//! Obligations for SMT solvers: what they say is checked at points where the answer is known.

use backfire::conjecture::obligation::Obligation;
use backfire::conjecture::{Conjecture, bundled};
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Output};

fn obligations(name: &str) -> Vec<Obligation> {
    let known = bundled::get(name).unwrap();
    Conjecture::parse(known.text, name).unwrap().obligations().0
}

/// An expression of SMT-LIB.
#[derive(Clone, Debug)]
enum Sexp {
    Atom(String),
    List(Vec<Sexp>),
}

fn read(text: &str) -> Vec<Sexp> {
    let mut stack = vec![Vec::new()];
    let plain: String =
        text.lines().map(|l| l.split(';').next().unwrap_or("")).collect::<Vec<_>>().join(" ");
    for word in plain.replace('(', " ( ").replace(')', " ) ").split_whitespace() {
        match word {
            "(" => stack.push(Vec::new()),
            ")" => {
                let list = stack.pop().unwrap();
                stack.last_mut().unwrap().push(Sexp::List(list));
            }
            atom => stack.last_mut().unwrap().push(Sexp::Atom(atom.to_owned())),
        }
    }
    stack.remove(0)
}

/// Truth values are 0 and 1. Variables that are not given have the value that their definition asserts.
struct Model(HashMap<String, f64>);

impl Model {
    fn value(&self, e: &Sexp) -> f64 {
        let Sexp::List(list) = e else {
            let Sexp::Atom(word) = e else { unreachable!() };
            return word.parse().unwrap_or_else(|_| self.0[word]);
        };
        let Sexp::Atom(op) = &list[0] else { panic!("{list:?}") };
        let x = |k: usize| self.value(&list[k]);
        let all = || list[1..].iter().map(|e| self.value(e));
        let truth = |b: bool| f64::from(u8::from(b));
        match (op.as_str(), list.len()) {
            ("+", _) => all().sum(),
            ("*" | "and", _) => all().product(),
            ("/", 3) => x(1) / x(2),
            ("-", 2) => -x(1),
            ("ite", 4) => {
                if x(1) > 0.5 {
                    x(2)
                } else {
                    x(3)
                }
            }
            ("<", 3) => truth(x(1) < x(2)),
            ("<=", 3) => truth(x(1) <= x(2)),
            (">", 3) => truth(x(1) > x(2)),
            (">=", 3) => truth(x(1) >= x(2)),
            ("=", 3) => truth((x(1) - x(2)).abs() < 1e-9),
            ("not", 2) => 1.0 - x(1),
            ("or", _) => all().fold(0.0, f64::max),
            ("=>", 3) => f64::max(1.0 - x(1), x(2)),
            _ => panic!("{list:?}"),
        }
    }

    /// Whether all assertions hold, the numbers of the point given.
    fn satisfies(point: &[(&str, f64)], text: &str) -> bool {
        let mut model = Model(point.iter().map(|(n, x)| ((*n).to_owned(), *x)).collect());
        for e in read(text) {
            let Sexp::List(list) = e else { panic!() };
            let words: Vec<&str> =
                list.iter().map(|e| if let Sexp::Atom(a) = e { a.as_str() } else { "" }).collect();
            match words[0] {
                "define-fun" => {
                    let value = model.value(&list[4]);
                    model.0.insert(words[1].to_owned(), value);
                }
                "assert" if !model.holds(&list[1]) => return false,
                _ => {}
            }
        }
        true
    }

    /// Whether an assertion holds; one that defines a new variable sets it and holds.
    fn holds(&mut self, e: &Sexp) -> bool {
        let Sexp::List(list) = e else { panic!() };
        // (>= r 0), then (= (* r r) x); (= (* q y) x); (= (< s 1) truth).
        if let [Sexp::Atom(op), Sexp::Atom(name), _] = list.as_slice()
            && op == ">="
            && !self.0.contains_key(name)
        {
            return true;
        }
        if let [Sexp::Atom(op), Sexp::List(left), right] = list.as_slice()
            && op == "="
            && let [Sexp::Atom(inner), Sexp::Atom(name), other] = left.as_slice()
            && !self.0.contains_key(name)
        {
            let right = self.value(right);
            let same = matches!(other, Sexp::Atom(o) if o == name);
            let value = match inner.as_str() {
                "*" if same => right.sqrt(),
                "*" => right / self.value(other),
                _ => {
                    if right > 0.5 {
                        0.5
                    } else {
                        1.5
                    }
                }
            };
            self.0.insert(name.clone(), value);
            return true;
        }
        self.value(e) > 0.5
    }
}

/// Points by hand: where the conjecture is broken the negation holds, elsewhere it does not.
#[test]
fn the_negation_holds_exactly_where_the_conjecture_fails() {
    let scalar = |j: [f64; 4], b: f64, g: f64| {
        [
            ("J_1_1", j[0]),
            ("J_1_2", j[1]),
            ("J_2_1", j[2]),
            ("J_2_2", j[3]),
            ("b", b),
            ("g_p", g),
            ("g_q", 1.0),
        ]
    };
    let check = |name: &str, shape: &str, point: &[(&str, f64)], broken: bool| {
        let full = format!("{name}-{shape}");
        let all = obligations(name);
        let o = all.iter().find(|o| o.name == full).unwrap_or_else(|| panic!("{full} in {all:?}"));
        assert_eq!(Model::satisfies(point, &o.text), broken, "{full} at {point:?}");
        assert!(!broken || Model::satisfies(point, &o.assumptions), "{full} at {point:?}");
    };
    // Eigenvalues 0.5 and 0.2, and 1 - J_qq = -0.2: inverted (theory, B3).
    let inverts = scalar([-0.5, -0.7, 1.0, 1.2], 1.0, 1.0);
    check("self-never-inverts-scalar", "1-1", &inverts, true);
    check("self-never-inverts-scalar", "1-1", &scalar([0.5, 0.2, 0.1, 0.3], 1.0, 1.0), false);
    // Diverges: eigenvalues 1.2 and -0.5 are no counterexample.
    check("self-never-inverts-scalar", "1-1", &scalar([-0.5, 0.0, 0.0, 1.2], 1.0, 1.0), false);
    // Stable alone is asked for, and 1.2 is not.
    check("self-never-inverts-stable-alone-2", "1-1", &inverts, false);
    // J = [[-1, 1], [-1, 1]] is nilpotent; one after the other has the eigenvalue -1.618.
    let turns = scalar([-1.0, 1.0, -1.0, 1.0], 0.0, 0.0);
    check("sequential-converges", "1-1", &turns, true);
    check("sequential-converges", "1-1", &scalar([0.1, 0.2, 0.3, 0.1], 0.0, 0.0), false);
    // Model q follows p alone by 1/2: kappa = 2 * 1/2 / (1 - 1/2) = 2, rho = 0.
    check("kappa-at-least-one-diverges", "1-1", &scalar([0.0, 0.0, 0.5, 0.0], 1.0, 1.0), true);
    check("kappa-third-term-largest", "2", &[("a", 0.0), ("b", 0.1)], true);
    check("kappa-third-term-largest", "2", &[("a", 0.0), ("b", 0.0)], false);
    // The example of three models, each stable alone (theory, B3): nilpotent.
    let mut three = vec![("b", 1.0), ("g_p", 1.0), ("g_q", 1.0)];
    let names = ["J_1_1", "J_1_2", "J_1_3", "J_2_1", "J_2_2", "J_2_3", "J_3_1", "J_3_2", "J_3_3"];
    let entries = [0.0, 0.0, -1.0, 0.0, 0.0, -1.0, 2.0, -2.0, 0.0];
    three.extend(names.into_iter().zip(entries));
    check("self-never-inverts-stable-alone-3", "1-1-1", &three, true);
    for entry in three.iter_mut().filter(|(n, _)| n.starts_with('J')) {
        entry.1 *= 0.3;
    }
    check("self-never-inverts-stable-alone-3", "1-1-1", &three, false);
}

/// What depends on comparisons that a term cannot make is left out, and said so.
#[test]
fn what_cannot_be_written_is_refused() {
    let why = |name: &str| {
        let known = bundled::get(name).unwrap();
        let (written, left) = Conjecture::parse(known.text, name).unwrap().obligations();
        assert!(written.is_empty(), "{name}");
        left[0].why.clone()
    };
    assert!(why("balanced-keeps-sign").contains("`balanced` is not polynomial"));
    assert!(why("curation-commutes-two").contains("Luce choice"));
    assert!(why("threshold-sharp").contains("`sin_omega` is not polynomial"));
}

fn asked(solver: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backfire"));
    command.args([
        "obligations",
        "self-never-inverts-stable-alone-2",
        "--timeout",
        "1",
        "--solver",
    ]);
    command.arg(solver).args(more).output().unwrap()
}

/// Stand-ins for a solver: what it says is taken at its word, and at no more.
#[cfg(unix)]
#[test]
fn answers_of_solvers_are_read() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let says_with = |script: &str, more: &[&str]| {
        let path = folder.path().join("solver");
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let out = asked(&path, more);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        (out.status.code(), text + &String::from_utf8_lossy(&out.stderr))
    };
    let says = |script: &str| says_with(script, &[]);
    // The negation has one assertion more than the assumptions.
    let honest = "if grep -q negation \"$1\"; then echo unsat; else echo sat; fi";
    let (code, text) = says(honest);
    assert!(code == Some(0) && text.contains("unsat: proved"), "{text}");
    // What is recorded is compared with what is said now, either way round.
    let record = folder.path().join("answers.toml");
    let record = record.to_str().unwrap();
    let (code, text) = says_with(honest, &["--record", record]);
    assert_eq!(code, Some(0), "{text}");
    let recorded = std::fs::read_to_string(record).unwrap();
    assert!(recorded.contains("self-never-inverts-stable-alone-2-1-1 = \"unsat\""), "{recorded}");
    let (code, text) = says_with(honest, &["--against", record]);
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = says_with("echo sat", &["--against", record]);
    assert!(code == Some(1) && text.contains("(recorded: unsat: proved)"), "{text}");
    std::fs::write(record, format!("{recorded}gone-1-1 = \"sat\"\n")).unwrap();
    let (code, text) = says_with(honest, &["--against", record]);
    assert!(code == Some(1) && text.contains("no obligation any more: gone-1-1"), "{text}");
    let (code, text) = says("echo unsat");
    assert!(code == Some(2) && text.contains("not known to be sat"), "{text}");
    let (code, text) = says("echo sat");
    assert!(code == Some(1) && text.contains("sat: not proved"), "{text}");
    let (code, text) = says("echo unknown");
    assert!(code == Some(2) && text.contains("no answer"), "{text}");
    let (code, text) = says("sleep 30");
    assert!(code == Some(2) && text.contains("no answer"), "{text}");
    let (code, text) = says("echo '(error \"x\")'");
    assert!(code == Some(2) && text.contains("does not answer"), "{text}");
    let out = asked(&folder.path().join("none"), &[]);
    assert_eq!(out.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&out.stderr).contains("name an SMT solver"));
}
