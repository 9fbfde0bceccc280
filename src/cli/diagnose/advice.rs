//! Commands to go on with, as they can be pasted. Each is about the loop that the page is about: a command
//! that cannot be told of a share that was moved is not printed.

use super::Args;
use crate::diagnosis::{Diagnosis, Goal, Knob, Question, Way};
use crate::scalar::Scalar;

/// Where the loop of the page is, as the command line says it.
struct Place<'a> {
    found: &'a Diagnosis,
    question: &'a Question,
    args: &'a Args,
}

/// The commands, the most useful first.
pub(super) fn commands(found: &Diagnosis, question: &Question, args: &Args) -> Vec<String> {
    let place = Place { found, question, args };
    let mut all: Vec<String> = place.repaired().into_iter().collect();
    if place.is_known_elsewhere() {
        all.extend(place.zeros_along_the_share());
        all.extend(place.zeros_along_a_parameter());
        all.extend(place.map());
        all.extend(place.certificate());
        let what = "# all eigenvalues";
        all.push(place.command("spectrum", "", &place.shares(), what));
    }
    let what = "# everything, every digit";
    all.push(place.command("diagnose", "", &format!("{} --format json", place.shares()), what));
    all
}

impl Place<'_> {
    /// `backfire NAME FILE --set .. OPTIONS   # WHY`, without `--set` of the parameter `swept`.
    fn command(&self, name: &str, swept: &str, options: &str, why: &str) -> String {
        let path = self.args.file.display().to_string();
        // What begins with a hyphen would be an option.
        let path = if path.starts_with('-') { format!("./{path}") } else { path };
        let other = |text: &&String| {
            swept.is_empty() || text.split_once('=').is_none_or(|(n, _)| n.trim() != swept)
        };
        let set = options_of("set", self.args.set.iter().filter(other));
        format!("backfire {name} {}{set}{options}   {why}", quoted(&path))
    }

    fn shares(&self) -> String {
        options_of("share", self.args.share.iter())
    }

    /// Whether other commands can be told of the shares that were moved: they know that of the file's knob,
    /// once.
    fn is_known_elsewhere(&self) -> bool {
        let shares = &self.question.shares;
        shares.len() < 2 && shares.iter().all(|moved| moved.of.is_none())
    }

    fn repaired(&self) -> Option<String> {
        let first = |r: &crate::diagnosis::Repair| Some((r.goal.clone(), share(r.ways.first()?)));
        let (goal, share) = self.found.repairs.iter().find_map(first)?;
        let why = match goal {
            Goal::Converge => "# the loop where it converges",
            Goal::Raise { .. } => "# the loop repaired",
        };
        let options = format!("{} --share {share}", self.shares());
        Some(self.command("diagnose", "", &options, why))
    }

    /// How other commands name a share that can be moved; `None` where they cannot.
    fn knob(&self, knob: &Knob) -> Option<String> {
        let plain = knob.in_proportion && self.question.file.knob.is_none();
        match (knob.share > 0.0, knob.of_file, plain) {
            (true, true, _) => Some(String::new()),
            (true, _, true) => Some(format!(" --knob-model {}", quoted(&knob.model))),
            _ => None,
        }
    }

    fn zeros_along_the_share(&self) -> Vec<String> {
        let knobs = self.found.knobs.iter().filter_map(|knob| self.knob(knob));
        let command = |of: String| {
            let options = format!("{}{of} --sweep share", self.shares());
            self.command("influence", "", &options, "# every zero along the share")
        };
        knobs.map(command).collect()
    }

    fn zeros_along_a_parameter(&self) -> Option<String> {
        let knob = self.found.knobs.iter().find_map(|knob| self.knob(knob))?;
        let p = self.question.file.parameters.iter().find(|p| p.range.0 < p.range.1)?;
        let options = format!("{}{knob} --sweep {}", self.shares(), quoted(&p.name));
        let why = format!("# every zero along {}", p.name);
        Some(self.command("influence", &p.name, &options, &why))
    }

    /// The map of regimes over a share and the first parameter, or along the share. Moved or not, the share
    /// runs over the same loops.
    fn map(&self) -> Option<String> {
        let knob = self.found.knobs.first()?;
        let of = self.knob(knob)?;
        // A share's own name is taken where a parameter has it.
        let parameters = &self.question.file.parameters;
        if parameters.iter().any(|p| p.name == "share") {
            return None;
        }
        let (lo, hi) = knob.range;
        let share = format!("share={}:{}", lo + 0.02 * (hi - lo), hi - 0.02 * (hi - lo));
        let parameter = parameters.iter().find(|p| p.range.0 < p.range.1);
        let (swept, axes) = match parameter {
            Some(p) => {
                let [lo, hi] = [&p.range.0, &p.range.1].map(f64::from_rational);
                let x = quoted(&format!("{}={lo}:{hi}", p.name));
                (p.name.as_str(), format!("--x {x} --y {share} --svg map.svg"))
            }
            // A line has no regimes to show; it is drawn as influences.
            None => ("", format!("--x {share} --svg map.svg")),
        };
        Some(self.command("sweep", swept, &format!("{of} {axes}"), "# the map of regimes"))
    }

    /// A proof of a zero that is alone.
    fn certificate(&self) -> Option<String> {
        let knob = self.found.knobs.iter().find(|knob| knob.of_file && knob.share > 0.0)?;
        let alone =
            |i: &&crate::diagnosis::Influence| i.zeros.len() == 1 && i.unresolved.is_empty();
        let on = knob.influences.iter().find(alone)?;
        let (lo, hi) = around(on.zeros[0].at, knob.range);
        let options = format!(" --zeros {} --over share={lo}:{hi}", quoted(&on.model));
        (lo < hi).then(|| self.command("certify", "", &options, "# prove that zero"))
    }
}

/// A tenth to either side, within the range, in two digits.
fn around(zero: f64, (lo, hi): (f64, f64)) -> (f64, f64) {
    let round = |x: f64| (x * 100.0).round() / 100.0;
    (round((zero - 0.1).max(lo)), round((zero + 0.1).min(hi)))
}

fn share(way: &Way) -> String {
    quoted(&format!("{}.{}={}", way.model, way.kind, way.at))
}

fn options_of<'a>(name: &str, values: impl Iterator<Item = &'a String>) -> String {
    values.fold(String::new(), |all, v| all + " --" + name + " " + &quoted(v))
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
