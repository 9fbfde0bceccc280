//! Commands to go on with, as they can be pasted.

use super::Args;
use crate::diagnosis::{Diagnosis, Goal, Question, Way};
use crate::scalar::Scalar;

/// The commands, the most useful first.
pub(super) fn commands(found: &Diagnosis, question: &Question, args: &Args) -> Vec<String> {
    let file = quoted(&args.file.display().to_string());
    let options = |name: &str, values: &[String]| {
        values.iter().fold(String::new(), |all, v| all + " --" + name + " " + &quoted(v))
    };
    let (set, shares) = (options("set", &args.set), options("share", &args.share));
    let mut all = Vec::new();
    let first = found.repairs.iter().find_map(|r| Some((&r.goal, r.ways.first()?)));
    if let Some((goal, way)) = first {
        let why = match goal {
            Goal::Converge => "the loop where it converges",
            Goal::Raise { .. } => "the loop repaired",
        };
        all.push(format!("backfire diagnose {file}{set}{shares} --share {}   # {why}", share(way)));
    }
    // Other commands know one share at most, that of the file's knob.
    let plain = question.shares.iter().all(|s| s.of.is_none()) && args.share.len() < 2;
    if plain {
        for knob in &found.knobs {
            if knob.share > 0.0
                && (knob.of_file || knob.in_proportion && question.file.knob.is_none())
            {
                let of = if knob.of_file {
                    String::new()
                } else {
                    format!(" --knob-model {}", knob.model)
                };
                let what = "# every zero along the share";
                all.push(format!(
                    "backfire influence {file}{set}{shares}{of} --sweep share   {what}"
                ));
            }
        }
        if found.knobs.iter().any(|k| k.of_file) {
            for p in found.parameters.iter().take(1) {
                let what = format!("# every zero along {}", p.name);
                all.push(format!("backfire influence {file}{shares} --sweep {}   {what}", p.name));
            }
        }
        all.extend(map(found, question, &file, &set));
        if let Some((knob, on)) = found.knobs.iter().find(|k| k.of_file).and_then(|k| {
            Some((k, k.influences.iter().find(|i| i.zeros.len() == 1 && i.unresolved.is_empty())?))
        }) {
            let (lo, hi) = around(on.zeros[0].at, knob.range);
            all.push(format!(
                "backfire certify {file}{set} --zeros {} --over share={lo}:{hi}   # prove that zero",
                on.model
            ));
        }
        all.push(format!("backfire spectrum {file}{set}   # all eigenvalues"));
    }
    all
}

/// The map of regimes over a share and the first parameter, or along the share.
fn map(found: &Diagnosis, question: &Question, file: &str, set: &str) -> Option<String> {
    let knob = found.knobs.first().filter(|k| k.share > 0.0 && question.shares.is_empty())?;
    let of = if knob.of_file { String::new() } else { format!(" --knob-model {}", knob.model) };
    let (lo, hi) = knob.range;
    let share = format!("share={}:{}", lo + 0.02 * (hi - lo), hi - 0.02 * (hi - lo));
    let parameter = question.file.parameters.iter().find(|p| p.range.0 < p.range.1);
    let axes = match parameter {
        Some(p) => {
            let [lo, hi] = [&p.range.0, &p.range.1].map(f64::from_rational);
            format!("--x {}={lo}:{hi} --y {share}", p.name)
        }
        None => format!("--x {share}"),
    };
    Some(format!("backfire sweep {file}{set}{of} {axes} --svg map.svg   # the map of regimes"))
}

/// A tenth to either side, within the range, in two digits.
fn around(zero: f64, (lo, hi): (f64, f64)) -> (f64, f64) {
    let round = |x: f64| (x * 100.0).round() / 100.0;
    (round((zero - 0.1).max(lo)), round((zero + 0.1).min(hi)))
}

fn share(way: &Way) -> String {
    quoted(&format!("{}.{}={}", way.model, way.kind, way.at))
}

/// As a shell takes it.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
