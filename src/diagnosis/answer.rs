//! The one line that answers whether a loop's curation backfires.

use super::convergence::Convergence;
use super::existence::{Count, StablePoint};
use super::knobs::{Influence, Knob, Span};
use serde::Serialize;

/// Whether curation backfires: lowers the alignment of the model that is curated, or of another one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Answer {
    /// In one word.
    pub verdict: Verdict,
    /// In a sentence.
    pub sentence: String,
    /// The nearest share at which it begins to backfire, where that is not now.
    pub share: Option<f64>,
}

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It does now.
    Yes,
    /// Not now, but at another share.
    Elsewhere,
    /// At no share.
    No,
    /// There is no stable point, the loop does not converge, or nothing is curated.
    Open,
}

/// What is lowered, and where.
struct Harm<'a> {
    knob: &'a Knob,
    on: &'a Influence,
}

pub(super) fn answer(
    stable: &StablePoint,
    convergence: &Convergence,
    knobs: &[Knob],
    beyond_doubles: bool,
) -> Answer {
    let open = |sentence: &str| Answer {
        verdict: Verdict::Open,
        sentence: sentence.to_owned(),
        share: None,
    };
    match stable.count {
        Count::None => return open("cannot be said: the loop has no stable point"),
        Count::Continuum => {
            return open("cannot be said: where the loop ends depends on where it starts");
        }
        Count::One if beyond_doubles => {
            return open(
                "cannot be said: an eigenvalue of the Jacobian is so close to 1 that doubles do not tell \
                 them apart",
            );
        }
        Count::One => {}
    }
    // A knob of the file may be about other data.
    let knobs: Vec<&Knob> = knobs.iter().filter(|k| k.kind == "curated").collect();
    if knobs.is_empty() {
        return open("there is nothing to turn: no model has a curated share that can be moved");
    }
    let harms = || {
        let of = |knob| move |on| Harm { knob, on };
        knobs.iter().flat_map(move |k| k.influences.iter().map(of(*k)))
    };
    let now: Vec<Harm> = harms().filter(|h| h.on.sign < 0).collect();
    if !convergence.own.converges {
        return open(&without_convergence(&now));
    }
    if !now.is_empty() {
        return Answer { verdict: Verdict::Yes, sentence: yes(&now), share: None };
    }
    let reached = |s: &&Span| s.converges;
    let spans = harms().flat_map(|h| {
        let spans: Vec<Span> = h.on.negative.iter().filter(reached).copied().collect();
        spans.into_iter().map(move |s| (Harm { ..h }, s))
    });
    let distance = |h: &Harm, s: &Span| (s.lo - h.knob.share).max(h.knob.share - s.hi).max(0.0);
    let nearest = spans.min_by(|(h, s), (g, t)| distance(h, s).total_cmp(&distance(g, t)));
    match nearest {
        Some((harm, span)) => elsewhere(&harm, &span),
        None => Answer { verdict: Verdict::No, sentence: no(&knobs), share: None },
    }
}

fn yes(now: &[Harm]) -> String {
    let [first, rest @ ..] = now else { return String::new() };
    let more = match rest.len() {
        0 => String::new(),
        1 => " (and one more, below)".to_owned(),
        many => format!(" (and {many} more, below)"),
    };
    let Harm { knob, on } = first;
    let whose = if on.own { ", the alignment of that model itself" } else { "" };
    format!("yes, now: raising {} lowers J_{}{whose}{more}", share_of(knob), on.model)
}

fn without_convergence(now: &[Harm]) -> String {
    let what = "the loop does not converge, so no alignment settles";
    if now.is_empty() {
        return format!("cannot be said: {what} (at the point that it leaves it would not)");
    }
    format!("cannot be said: {what} (at the point that it leaves it would)")
}

fn elsewhere(Harm { knob, on }: &Harm, span: &Span) -> Answer {
    let above = span.lo >= knob.share;
    let (share, way) = if above { (span.lo, "above") } else { (span.hi, "below") };
    let sentence = format!(
        "not now, but with a {} share of {} {way} {}, where more of it lowers J_{} (now {})",
        knob.kind,
        knob.model,
        super::short(share),
        on.model,
        super::short(knob.share),
    );
    Answer { verdict: Verdict::Elsewhere, sentence, share: Some(share) }
}

fn no(knobs: &[&Knob]) -> String {
    let which = match knobs {
        [one] => share_of(one),
        _ => "a curated share".to_owned(),
    };
    let undecided = knobs.iter().flat_map(|k| &k.influences).any(|i| !i.unresolved.is_empty());
    let but = if undecided { ", wherever that could be decided" } else { "" };
    format!("no: raising {which} lowers no alignment at any share at which the loop converges{but}")
}

fn share_of(knob: &Knob) -> String {
    format!("the {} share of {}", knob.kind, knob.model)
}
