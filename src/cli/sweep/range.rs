//! The axes that `backfire sweep` is asked for.

use super::{Failure, number, usage};
use crate::figures::regimes::{Along, Ticks};
use crate::systems::file::did_you_mean;
use crate::systems::{KnobSpec, LoopFile, SourceKind};

/// Kinds of data, as `MODEL.KIND` names them.
const KINDS: [(&str, SourceKind); 3] =
    [("real", SourceKind::Real), ("raw", SourceKind::Raw), ("curated", SourceKind::Curated)];

/// Reads `NAME=LO:HI` or `NAME=LO:HI:STEPS`.
pub(super) fn parse(
    file: &LoopFile,
    option: &str,
    text: &str,
    steps: usize,
) -> Result<Ticks, Failure> {
    let Some((name, range)) = text.split_once('=') else {
        let name = text.trim();
        along(file, name)?;
        let help = format!("write for example `{option} {name}=0:1`, or `{option} {name}=0:1:50`");
        return Err(usage(format!("`{option} {text}` has no range"), help));
    };
    let along = along(file, name.trim())?;
    let parts: Vec<&str> = range.split(':').collect();
    let (lo, hi, steps) = match parts[..] {
        [lo, hi] => (number(lo)?, number(hi)?, steps),
        [lo, hi, count] => {
            let count = count.trim().parse::<usize>().ok().filter(|n| *n > 1).ok_or_else(|| {
                let message = format!("`{count}` is no number of steps");
                usage(message, "write a whole number, at least 2: both ends are among them")
            })?;
            if count > super::MOST {
                let message = format!("{count} steps are too many; {} can be done", super::MOST);
                return Err(usage(message, "write fewer"));
            }
            (number(lo)?, number(hi)?, count)
        }
        _ => {
            let message = format!("`{range}` is no range");
            return Err(usage(message, format!("write for example `{option} {name}=0:1:50`")));
        }
    };
    if lo >= hi {
        return Err(usage(format!("the range `{range}` is empty"), "write the lower end first"));
    }
    if !(hi - lo).is_finite() {
        return Err(usage(format!("the range `{range}` is too wide"), "write a shorter one"));
    }
    let share = !matches!(along, Along::Parameter(_));
    if share && (lo < 0.0 || hi > 1.0) {
        let message = format!("the range `{range}` of a share leaves 0 to 1");
        return Err(usage(message, "write for example `0:1`"));
    }
    Ok(Ticks::new(along, (lo, hi), steps))
}

/// What a name means: a parameter first, since the file's author chose its name.
fn along(file: &LoopFile, name: &str) -> Result<Along, Failure> {
    if file.parameters.iter().any(|p| p.name == name) {
        return Ok(Along::Parameter(name.to_owned()));
    }
    if name == "share" {
        return Ok(Along::Share);
    }
    let models = file.model_names();
    if let Some((of, kind)) = name.rsplit_once('.')
        && let Some(model) = models.iter().position(|m| *m == of)
        && let Some((_, kind)) = KINDS.iter().find(|(word, _)| *word == kind)
    {
        return Ok(Along::Kind { model, name: of.to_owned(), kind: *kind });
    }
    let shares =
        models.iter().flat_map(|m| KINDS.iter().map(move |(kind, _)| format!("{m}.{kind}")));
    let known: Vec<String> = file
        .parameters
        .iter()
        .map(|p| p.name.clone())
        .chain(std::iter::once("share".to_owned()))
        .chain(shares)
        .collect();
    let help = did_you_mean(name, known.iter().map(String::as_str));
    Err(usage(format!("nothing called `{name}` to sweep"), help))
}

/// Refuses axes that move the same thing.
pub(super) fn apart(x: &Ticks, y: Option<&Ticks>, knob: &KnobSpec) -> Result<(), Failure> {
    let Some(y) = y else { return Ok(()) };
    let of_knob = |a: &Along| match a {
        Along::Share => Some(knob.model),
        Along::Kind { model, .. } => Some(*model),
        Along::Parameter(_) => None,
    };
    let clash = x.along == y.along
        || ((x.along == Along::Share || y.along == Along::Share)
            && of_knob(&x.along).is_some()
            && of_knob(&x.along) == of_knob(&y.along));
    if clash {
        let message = format!("`{}` and `{}` move the same mixture", x.name(), y.name());
        return Err(usage(message, "choose another axis; `MODEL.KIND` twice says both shares"));
    }
    Ok(())
}
