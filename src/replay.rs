//! A witness file read again and put to its claim.

use crate::case::{Probe, Sample, Subject};
use crate::claim::Claim;
use crate::conjecture::{Conjecture, bundled};
use crate::domain::Domain;
use crate::point::Point;
use crate::systems::{FileError, LoopFile, RetrainingMap};
use crate::theorems;
use nalgebra::DVector;
use serde::Deserialize;
use thiserror::Error;

/// A witness as its file says it.
pub struct Witness {
    /// Full id of the claim that it is said to break, or the name of the conjecture.
    pub id: String,
    /// Whether it is a conjecture, which the file has in it.
    pub is_conjecture: bool,
    /// The claim, or the control, of this id.
    pub claim: Claim,
    /// The point.
    pub subject: Subject<f64>,
}

/// Why a file is no witness. Says the place and the remedy.
#[derive(Debug, Error)]
pub enum WitnessError {
    /// Not the TOML of a witness.
    #[error(
        "error: {file}: {message}\n   = help: witnesses are written by `backfire report` and `backfire search --witness`"
    )]
    Format {
        /// The file, as given.
        file: String,
        /// What does not fit, with its line.
        message: String,
    },
    /// The loop in it is none.
    #[error(transparent)]
    Loop(#[from] FileError),
    /// A claim that the program does not know.
    #[error(
        "error: {file}: there is no claim `{id}`\n   = help: `backfire list` prints all of them"
    )]
    UnknownClaim {
        /// The file, as given.
        file: String,
        /// As the file says.
        id: String,
    },
}

#[derive(Deserialize)]
struct Head {
    witness: Table,
    point: Option<Point<f64>>,
    conjecture: Option<toml::Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    claim: Option<String>,
    conjecture: Option<String>,
    toward_p: Option<[f64; 3]>,
    toward_q: Option<[f64; 3]>,
    start: Option<Vec<f64>>,
    other: Option<Vec<f64>>,
    push_p: Option<Vec<f64>>,
    push_q: Option<Vec<f64>>,
}

/// Reads the text of a witness file; `file` names it in errors.
///
/// # Errors
/// If it is not the TOML of a witness, its claim does not exist, or its loop or point does not have
/// the shape that the claim speaks about.
pub fn parse(file: &str, text: &str) -> Result<Witness, WitnessError> {
    let format = |message: String| WitnessError::Format { file: file.into(), message };
    let head: Head = toml::from_str(text).map_err(|e| format(e.to_string()))?;
    let id = match (head.witness.claim.clone(), &head.witness.conjecture) {
        (Some(id), None) => id,
        (None, Some(name)) => {
            return of_conjecture(file, name, head.conjecture, head.point, &format);
        }
        _ => return Err(format("[witness] names one `claim`, or one `conjecture`".into())),
    };
    let unknown = || WitnessError::UnknownClaim { file: file.into(), id: id.clone() };
    let claim = find(&id).ok_or_else(unknown)?;
    let subject = match (head.point, claim.domain()) {
        (Some(at), Some(domain)) => {
            fits(&at, domain).map_err(|why| format(format!("[point] {why}")))?;
            Subject::Point(at)
        }
        (None, None) => Subject::Loop(probed(file, text, &head.witness, &format)?),
        (Some(_), None) => {
            return Err(format(format!("`{id}` is about loops, not about a [point]")));
        }
        (None, Some(_)) => return Err(format(format!("`{id}` needs a table [point]"))),
    };
    Ok(Witness { id, is_conjecture: false, claim, subject })
}

/// A witness against a conjecture, which is in the same file.
fn of_conjecture(
    file: &str,
    name: &str,
    conjecture: Option<toml::Table>,
    point: Option<Point<f64>>,
    format: &dyn Fn(String) -> WitnessError,
) -> Result<Witness, WitnessError> {
    let lacks = |table: &str| format(format!("a table [{table}] is missing"));
    let (table, at) =
        (conjecture.ok_or_else(|| lacks("conjecture"))?, point.ok_or_else(|| lacks("point"))?);
    let text = toml::to_string(&table).map_err(|e| format(e.to_string()))?;
    let conjecture = Conjecture::parse(&text, &format!("{file}, table [conjecture]"))?;
    if conjecture.name != name {
        return Err(format(format!("[conjecture] is `{}`, not `{name}`", conjecture.name)));
    }
    if let Some(key) = bundled::get(name).and_then(|known| altered(&table, known.text)) {
        return Err(format(format!(
            "`{key}` in [conjecture] is not that of the bundled conjecture `{name}`; give it another \
             name, in [witness] too"
        )));
    }
    let claim = conjecture.to_claim();
    if let Some(domain) = claim.domain() {
        fits(&at, domain).map_err(|why| format(format!("[point] {why}")))?;
    }
    Ok(Witness { id: name.into(), is_conjecture: true, claim, subject: Subject::Point(at) })
}

/// The first key in which a conjecture differs from the one that `text` says. Titles are words.
fn altered(table: &toml::Table, text: &str) -> Option<String> {
    let known: toml::Table = text.parse().ok()?;
    let keys = known.keys().chain(table.keys()).filter(|key| *key != "title");
    keys.into_iter().find(|key| known.get(*key) != table.get(*key)).cloned()
}

/// The claim or control of this full id.
fn find(id: &str) -> Option<Claim> {
    let (theorem, name) = id.split_once('/')?;
    let entry = theorems::ALL.iter().find(|e| e.theorem.card().id == theorem)?;
    let controls = entry.theorem.controls().into_iter().map(|c| c.claim);
    entry.theorem.claims().into_iter().chain(controls).find(|c| c.id == name)
}

/// Points of a domain that are drawn to learn its shapes.
const MODELS: u64 = 64;

/// Whether the entries of a point are those of its domain, in shapes that go together as they do
/// there: what is as long as something else in every point that the domain draws must be so here,
/// and what never varies must not.
fn fits(at: &Point<f64>, domain: &dyn Domain) -> Result<(), String> {
    let models = models(domain);
    let has = |p: &Point<f64>, q: &Point<f64>| p.entries().all(|(n, _)| q.get(n).is_some());
    let alike: Vec<&Point<f64>> = models.iter().filter(|m| has(m, at) && has(at, m)).collect();
    let Some(first) = alike.first() else {
        return Err(odd_names(at, &models, domain.name()));
    };
    let names: Vec<&str> = first.entries().map(|(name, _)| name).collect();
    // Rows and columns of every entry, in the order of the names.
    let sizes = |p: &Point<f64>| -> Vec<usize> {
        names.iter().filter_map(|n| p.get(n)).flat_map(|m| [m.nrows(), m.ncols()]).collect()
    };
    let (own, known) = (sizes(at), alike.iter().map(|p| sizes(p)).collect::<Vec<_>>());
    if known.contains(&own) {
        return Ok(());
    }
    let shape = |k: usize| format!("`{}` is {} x {}", names[k / 2], own[k & !1], own[k | 1]);
    for k in 0..own.len() {
        let usual = known[0][k];
        if known.iter().all(|s| s[k] == usual) && own[k] != usual {
            let axis = ["rows", "columns"][k % 2];
            return Err(format!("{}, {usual} {axis} are due", shape(k)));
        }
        let same = |l: &usize| known.iter().all(|s| s[*l] == s[k]) && own[*l] != own[k];
        if let Some(l) = (0..k).find(same) {
            return Err(format!("{} and {}, which do not go together", shape(l), shape(k)));
        }
    }
    Ok(())
}

/// Points as the domain draws them, large and small, and simpler ones that the shrinker would try.
fn models(domain: &dyn Domain) -> Vec<Point<f64>> {
    let mut found = Vec::new();
    for index in 0..MODELS {
        let rng = &mut crate::search::generator(0, index);
        found.push(domain.draw_small(rng, index));
        if index % 4 == 0 {
            found.push(domain.draw(rng, index));
        }
    }
    let mut next = 0;
    // Each reduction is smaller than what it comes from; the cap is for those that are not.
    while next < found.len() && found.len() < 4096 {
        let more = domain.reductions(&found[next]);
        let fresh = |p: &Point<f64>| {
            let shapes = |q: &Point<f64>| q.entries().map(|(_, m)| m.shape()).collect::<Vec<_>>();
            !found.iter().any(|q| shapes(q) == shapes(p))
        };
        let more: Vec<Point<f64>> = more.into_iter().filter(fresh).collect();
        found.extend(more);
        next += 1;
    }
    found
}

/// What is missing, or what is not known.
fn odd_names(at: &Point<f64>, models: &[Point<f64>], domain: &str) -> String {
    let Some(model) =
        models.iter().min_by_key(|m| m.entries().filter(|(n, _)| at.get(n).is_none()).count())
    else {
        return format!("cannot be a point of `{domain}`, which has none");
    };
    let names: Vec<String> = model.entries().map(|(n, _)| format!("`{n}`")).collect();
    let due = format!("points of `{domain}` have {}", names.join(", "));
    let missing = model.entries().find(|(n, _)| at.get(n).is_none());
    let unknown = at.entries().find(|(n, _)| model.get(n).is_none());
    match (missing, unknown) {
        (Some((name, _)), _) => format!("has no `{name}`; {due}"),
        (None, Some((name, _))) => format!("has an unknown `{name}`; {due}"),
        (None, None) => due,
    }
}

fn probed(
    file: &str,
    text: &str,
    table: &Table,
    format: &impl Fn(String) -> WitnessError,
) -> Result<Sample<f64>, WitnessError> {
    let system =
        LoopFile::parse(text, file)?.default_at::<f64>().map_err(|e| format(e.to_string()))?;
    if system.models.len() != 2 {
        return Err(format(format!("{} models, a witness has two", system.models.len())));
    }
    let mut probe = Probe::plain(&system);
    let d = system.dimension();
    let vector = |given: &Option<Vec<f64>>, name: &str, n: usize, slot: &mut DVector<f64>| {
        let Some(v) = given else { return Ok(()) };
        if v.len() != n || v.iter().any(|x| !x.is_finite()) {
            return Err(format(format!(
                "`{name}` has {} entries, {n} finite ones are due",
                v.len()
            )));
        }
        *slot = DVector::from_column_slice(v);
        Ok(())
    };
    vector(&table.start, "start", d, &mut probe.start)?;
    vector(&table.other, "other", d, &mut probe.other)?;
    vector(&table.push_p, "push_p", system.models[0].data.ncols(), &mut probe.push_p)?;
    vector(&table.push_q, "push_q", system.models[1].data.ncols(), &mut probe.push_q)?;
    probe.toward_p = table.toward_p.unwrap_or(probe.toward_p);
    probe.toward_q = table.toward_q.unwrap_or(probe.toward_q);
    Ok(Sample { system, probe })
}
