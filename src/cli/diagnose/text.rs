//! A diagnosis as one page of text.

use crate::cli::text::table;
use crate::diagnosis::{
    Certified, Convergence, Count, Diagnosis, Goal, Influence, Knob, Repair, Rounds, Span,
    StablePoint, Threshold, Way,
};
use crate::systems::LoopFile;
use std::fmt::Write;

/// Parameters of a stable point that are printed; more are in the JSON.
const PRINTED: usize = 4;

/// Ways to repair something that are printed.
const WAYS: usize = 3;

/// Orders of retraining that are printed.
const ORDERS: usize = 8;

/// The page: the answer first, what to do next last.
pub(super) fn page(found: &Diagnosis, file: &LoopFile, commands: &[String]) -> String {
    // The first line stays one line, however long: it is what scripts read.
    let mut page = format!("backfires: {}\n\n", found.answer.sentence);
    page.push_str(&wrapped(&heading(found, file)));
    for (_, _, text) in pieces(found) {
        page.push('\n');
        page.push_str(&text);
    }
    page.push_str("\nTo go on:\n");
    for command in commands {
        let _ = writeln!(page, "  $ {command}");
    }
    page
}

/// The parts between the answer and the commands: an id, a heading, and the text.
pub(super) fn pieces(found: &Diagnosis) -> Vec<(String, String, String)> {
    let mut all: Vec<(String, String, String)> = Vec::new();
    let mut add = |id: &str, title: &str, text: &str| {
        all.push((id.to_owned(), title.to_owned(), wrapped(text.trim_start_matches('\n'))));
    };
    add("stable-point", "Stable point", &stable_point(&found.stable_point));
    add("convergence", "Convergence", &convergence(&found.convergence, found.models.len()));
    for (k, knob) in found.knobs.iter().enumerate() {
        let title = format!("More {} data of {}", knob.kind, knob.model);
        let text = influences(knob, found.convergence.own.converges);
        add(&format!("curation-{}", k + 1), &title, &text);
    }
    let mut notes = if found.knobs.is_empty() { String::new() } else { routes(found) };
    for still in &found.without_knob {
        let _ = writeln!(
            notes,
            "The curated share of {} cannot be moved: {}.",
            still.model, still.reason
        );
    }
    if !notes.is_empty() {
        add("notes", "Notes", &notes);
    }
    let (some, none): (Vec<&Repair>, Vec<&Repair>) =
        found.repairs.iter().partition(|r| !r.ways.is_empty());
    for (k, repair) in some.into_iter().enumerate() {
        add(&format!("repair-{}", k + 1), "What would help", &repaired(repair));
    }
    if !none.is_empty() {
        add("no-repair", "What would not help", &beyond_repair(&none));
    }
    all
}

/// Long lines are broken before this column.
const WIDTH: usize = 100;

/// Breaks long lines between words; what follows is indented by two more.
fn wrapped(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let indent = line.len() - line.trim_start().len();
        let mut column = 0;
        for (k, word) in line.trim_start().split(' ').enumerate() {
            let length = word.chars().count();
            if k == 0 {
                out.push_str(&" ".repeat(indent));
                column = indent;
            } else if column + 1 + length > WIDTH {
                out.push('\n');
                out.push_str(&" ".repeat(indent + 2));
                column = indent + 2;
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
        out.push('\n');
    }
    out
}

/// Four digits, without zeros at the end.
pub(super) fn figure(x: f64) -> String {
    let scientific = format!("{x:.3e}");
    let exponent = scientific.split_once('e').and_then(|(_, e)| e.parse::<i32>().ok());
    match exponent {
        _ if x == 0.0 => "0".to_owned(),
        Some(e @ -4..=5) => {
            let text = format!("{x:.*}", usize::try_from(3 - e).unwrap_or(0));
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        }
        _ => scientific,
    }
}

fn heading(found: &Diagnosis, file: &LoopFile) -> String {
    let mut second: Vec<String> =
        found.parameters.iter().map(|p| format!("{} = {}", p.name, p.value)).collect();
    second.push(format!("order: {}", file.order.name(&file.model_names())));
    let mut text = format!("{}: {}\n{}\n", found.system, found.title, second.join(", "));
    for m in &found.models {
        let parameters = if m.dimension == 1 { "parameter" } else { "parameters" };
        let _ = writeln!(
            text,
            "  {}: {} {parameters}, trained on {} real, {} raw, {} curated data",
            m.model,
            m.dimension,
            figure(m.real),
            figure(m.raw),
            figure(m.curated),
        );
    }
    text
}

fn stable_point(found: &StablePoint) -> String {
    let proved = if found.proved { " (proved)" } else { " (in floating point)" };
    let mut text = match found.count {
        Count::One => format!("\nStable point: exactly one{proved}.\n"),
        Count::None => format!(
            "\nStable point: none{proved}: 1 is an eigenvalue of the Jacobian, and the data push along it.\n\
             Every run drifts away.\n"
        ),
        Count::Continuum => format!(
            "\nStable point: a continuum{proved}: 1 is an eigenvalue of the Jacobian, and nothing holds the \
             loop\nthere. Where a run ends depends on where it starts.\n"
        ),
    };
    for m in &found.at {
        let shown: Vec<String> = m.parameters.iter().take(PRINTED).map(|x| figure(*x)).collect();
        let more = if m.parameters.len() > PRINTED { ", .." } else { "" };
        let _ = writeln!(
            text,
            "  {} = ({}{more}), alignment J_{} = {}",
            m.model,
            shown.join(", "),
            m.model,
            figure(m.alignment)
        );
    }
    text
}

fn convergence(found: &Convergence, models: usize) -> String {
    let own = &found.own;
    let first = match (own.converges, own.on_the_edge, own.proved) {
        (true, ..) => "the loop converges in its own order",
        (false, true, true) => {
            "on the edge: its rate is exactly 1 (proved), and the loop does not come closer in its own order"
        }
        (false, true, false) => {
            "on the edge: its rate is 1 to rounding, and it is open whether the loop converges in its own \
             order"
        }
        (false, false, _) => "the loop does NOT converge in its own order, from almost every start",
    };
    let mut text = format!("\nConvergence: {first}.\n");
    let mut rows = vec![row(own, &format!("{} (file)", own.order))];
    let others = found.orders.iter().filter(|o| o.order != own.order);
    rows.extend(others.take(ORDERS).map(|o| row(o, &o.order)));
    let header = ["order", "rate", "converges", "halves in", "to 1 % in", "circles in"];
    for line in table(&header, &rows).lines() {
        let _ = writeln!(text, "  {line}");
    }
    text.push_str(&orders(found, models));
    if let Some(worst) = found.worst_start {
        let count = |n: Option<usize>| n.map_or_else(|| "many".to_owned(), |n| n.to_string());
        let growth = if worst.growth > 1.0 + 1e-9 {
            format!("may first grow {}-fold, ", figure(worst.growth))
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "  From the worst start the distance {growth}has halved after {} and is at 1 % after {} rounds.",
            count(worst.halving),
            count(worst.percent)
        );
    }
    let steps = &found.incremental;
    match (steps.longest_step, steps.best_step, steps.best_rate) {
        (Some(longest), Some(best), Some(rate)) => {
            let _ = writeln!(
                text,
                "  Incremental (gradient steps of length h): converges for h < {}, fastest near {}, rate {}.",
                figure(longest),
                figure(best),
                figure(rate)
            );
        }
        _ => {
            text.push_str("  Incremental (gradient steps): converges for no length of the step.\n");
        }
    }
    text.push_str(&constants(found));
    text
}

fn row(rounds: &Rounds, name: &str) -> Vec<String> {
    let yes = match (rounds.on_the_edge, rounds.converges) {
        (true, _) => "edge",
        (_, true) => "yes",
        (_, false) => "no",
    };
    let proved = if rounds.proved { ", proved" } else { "" };
    let halving =
        |n: f64| if rounds.converges { figure(n) } else { format!("doubles in {}", figure(n)) };
    let dash = || "-".to_owned();
    vec![
        name.to_owned(),
        figure(rounds.rate),
        format!("{yes}{proved}"),
        rounds.halving.map_or_else(dash, halving),
        rounds.percent.map_or_else(dash, figure),
        rounds.period.map_or_else(dash, figure),
    ]
}

fn orders(found: &Convergence, models: usize) -> String {
    let sequential = found.orders.len() - 1;
    let mut text = String::new();
    if models == 2 {
        text.push_str("  (Which of two models begins makes no difference to the rate.)\n");
    } else if models > 2 {
        let all = if sequential as f64 >= found.sequential_orders {
            "all sequential orders are here: where a round begins makes no difference to the rate"
                .to_owned()
        } else {
            format!("{sequential} of {} sequential orders", found.sequential_orders)
        };
        let hidden = sequential.saturating_sub(ORDERS);
        let more =
            if hidden > 0 { format!("; {hidden} more in --format json") } else { String::new() };
        let _ = writeln!(text, "  ({all}{more}.)");
    }
    text
}

fn constants(found: &Convergence) -> String {
    let mut text = String::new();
    match &found.paper {
        Some(paper) => {
            let says = match paper.kappa {
                Some(kappa) if kappa < 1.0 => format!(
                    "kappa = {} < 1: Theorem 3.6 applies, and so do the corollaries",
                    figure(kappa)
                ),
                Some(kappa) => format!(
                    "kappa = {} >= 1: Theorem 3.6 and the corollaries promise nothing here",
                    figure(kappa)
                ),
                None => format!(
                    "kappa has no meaning (a = {}, b = {}, and both must be below 1): Theorem 3.6 and the \
                     corollaries promise nothing here",
                    figure(paper.a),
                    figure(paper.b)
                ),
            };
            let _ = writeln!(text, "  The paper's {says}.");
        }
        None => {
            text.push_str("  The paper's kappa and tau are of two models; there are none here.\n");
        }
    }
    let every = if found.sensitivity < 1.0 {
        "< 1: every order converges, also one that switches at random"
    } else {
        ">= 1: no promise for orders that switch at random"
    };
    let _ = writeln!(text, "  Sensitivities rho(M) = {} {every}.", figure(found.sensitivity));
    text
}

fn influences(knob: &Knob, settles: bool) -> String {
    let whose = if knob.of_file { ", the file's knob" } else { "" };
    let (lo, hi) = knob.range;
    let way = if knob.in_proportion { "" } else { ", not in proportion but as the file says" };
    let mut text = format!(
        "\nRaising the {} share of {} (now {}, from {} to {} possible{way}{whose}):\n",
        knob.kind,
        knob.model,
        figure(knob.share),
        figure(lo),
        figure(hi)
    );
    if !settles {
        text.push_str("  (What follows is about the stable point, which retraining leaves.)\n");
    }
    if knob.equal_parts {
        text.push_str(&assumed());
    }
    if knob.converges != [(lo, hi)] {
        let spans = || list(knob.converges.iter().map(|s| span(s.0, s.1)));
        let _ = match (knob.converges.is_empty(), knob.converges_proved) {
            (true, true) => writeln!(text, "  The loop converges at no share (proved)."),
            (true, false) => writeln!(text, "  No share was found at which the loop converges."),
            (false, true) => {
                writeln!(
                    text,
                    "  The loop converges at shares {} and at no others (proved).",
                    spans()
                )
            }
            (false, false) => {
                writeln!(text, "  The loop converges at shares {}; no others were found.", spans())
            }
        };
    }
    for influence in &knob.influences {
        text.push_str(&on(influence, knob));
    }
    if let Some(rest) = knob.rest.filter(|rest| *rest < 1.0 && settles) {
        let _ = writeln!(
            text,
            "  Models of one parameter, and without {} the rest converges (rate {}): its influence on itself \
             cannot be inverted.",
            knob.model,
            figure(rest)
        );
    }
    text
}

fn on(found: &Influence, knob: &Knob) -> String {
    let name = &found.model;
    let does = match found.sign {
        1 => "raises",
        -1 => "LOWERS",
        _ => "does not move",
    };
    let proved = if found.proved { ", proved" } else { "" };
    let itself = if found.own { ", itself" } else { "" };
    let mut text = format!(
        "  on {name}{itself}: {does} J_{name} (dJ_{name}/dlambda = {}{proved}){}\n",
        figure(if found.sign == 0 { 0.0 } else { found.response }),
        regime(found),
    );
    if found.sign == 0 && found.zeros.is_empty() && found.negative.is_empty() {
        return text;
    }
    let _ = writeln!(text, "    {}", along(found, knob));
    if let Some(certified) = &found.certified {
        let _ = writeln!(text, "    {}", certificate(certified, found.sign));
    }
    text
}

/// That the file does not say how data are split that it has none of.
fn assumed() -> String {
    "  (Of several components that this moves the file has none: it is ASSUMED that they come in equal parts.)\n"
        .to_owned()
}

fn regime(found: &Influence) -> String {
    let still = found
        .isolated
        .map_or_else(String::new, |x| format!(", {} with the other models held still", figure(x)));
    let alone = if found.unstable_alone { "; alone the model would not settle" } else { "" };
    let push = format!("push {}{still}", figure(found.push));
    match found.regime {
        "indirect" if found.own => format!("; {}", found.meaning),
        "indirect" => String::new(),
        _ => format!("; {} ({push}){alone}", found.meaning),
    }
}

fn along(found: &Influence, knob: &Knob) -> String {
    let (lo, hi) = knob.range;
    let undecided = if found.unresolved.is_empty() {
        String::new()
    } else {
        let spans = found.unresolved.iter().map(|s| span(s.0, s.1));
        format!("; undecided at {}", list(spans))
    };
    let poles = if found.poles.is_empty() {
        String::new()
    } else {
        let at = found.poles.iter().map(|p| figure(f64::midpoint(p.0, p.1)));
        format!("; no stable point at {}", list(at))
    };
    let negative = match &found.negative[..] {
        [] => "negative at no share".to_owned(),
        [one] if one.lo <= lo && hi <= one.hi => "negative at every share".to_owned(),
        spans => {
            format!("negative at shares {}", list(spans.iter().map(|s| negative_span(s, lo, hi))))
        }
    };
    format!("{negative}{poles}{undecided}")
}

fn negative_span(found: &Span, lo: f64, hi: f64) -> String {
    let text = if found.lo <= lo {
        format!("below {}", figure(found.hi))
    } else if hi <= found.hi {
        format!("above {}", figure(found.lo))
    } else {
        span(found.lo, found.hi)
    };
    if found.converges { text } else { format!("{text} (where the loop does not converge)") }
}

fn certificate(found: &Certified, sign: i8) -> String {
    let rho = figure(found.rho);
    let word = if sign < 0 { "negative" } else { "positive" };
    let said = |t: &Threshold, behind: &str| match (&t.value, &t.fails) {
        (Some(value), _) => format!("{} = {}{behind}", t.name, figure(*value)),
        (None, fails) => format!("{}: {}", t.name, fails.as_deref().unwrap_or("no value")),
    };
    let Some(k) = found.by else {
        let values = found.thresholds.iter().map(|t| said(t, ""));
        let though = if sign == 0 { String::new() } else { format!(", though it is {word}") };
        return format!(
            "no threshold certifies the sign{though}: rho = {rho}\n    ({})",
            values.collect::<Vec<_>>().join("; ")
        );
    };
    let threshold = &found.thresholds[k];
    let which = if k == 0 { "the paper's " } else { "" };
    let skipped = found.thresholds[..k].iter().map(|t| said(t, " does not"));
    let skipped = if k == 0 {
        String::new()
    } else {
        format!("\n    ({})", skipped.collect::<Vec<_>>().join("; "))
    };
    format!(
        "certified {word} by {which}{} = {}: rho = {rho}, margin {}{skipped}",
        threshold.name,
        figure(threshold.value.unwrap_or_default()),
        figure(threshold.margin.unwrap_or_default())
    )
}

fn routes(found: &Diagnosis) -> String {
    let all = || found.knobs.iter().flat_map(|k| &k.influences);
    let apart = |i: &Influence| {
        i.second
            .is_none_or(|second| (second - i.response).abs() > 1e-5 * i.response.abs().max(1e-3))
    };
    let odd: Vec<&str> = all().filter(|i| apart(i)).map(|i| i.model.as_str()).collect();
    let route = all().next().map_or("", |i| i.route);
    if odd.is_empty() {
        format!(
            "\nEach influence now was computed twice, by a linear solve and by {}, which agree.\n",
            article(route)
        )
    } else {
        format!(
            "\nA second route ({route}) does NOT agree on {}: do not rely on it.\n",
            odd.join(", ")
        )
    }
}

fn article(route: &str) -> String {
    if route.starts_with("run") { format!("a {route}") } else { route.to_owned() }
}

fn repaired(repair: &Repair) -> String {
    let what = match &repair.goal {
        Goal::Converge => "To make the loop converge in its own order".to_owned(),
        Goal::Raise { knob, model } => {
            format!("For more curation of {knob} to raise J_{model}, in a loop that converges")
        }
    };
    let found = if repair.complete { "" } else { " that was found" };
    let mut text = format!("{what}, the smallest change of one share{found}:\n");
    for way in repair.ways.iter().take(WAYS) {
        let _ = writeln!(text, "  {}", one_way(way));
    }
    let more = repair.ways.len().saturating_sub(WAYS);
    if more > 0 {
        let _ = writeln!(text, "  and {more} larger ones (--format json)");
    }
    text
}

/// What no single share restores, as far as that is known.
fn beyond_repair(repairs: &[&Repair]) -> String {
    let (proved, sought): (Vec<&Repair>, Vec<&Repair>) = repairs.iter().partition(|r| r.complete);
    let mut text = String::new();
    if !proved.is_empty() {
        let _ = writeln!(text, "No curated or real share alone {} (proved).", goals(&proved));
    }
    if !sought.is_empty() {
        let _ = writeln!(
            text,
            "No curated or real share was found that alone {}. (That is a search, no proof.)",
            goals(&sought)
        );
    }
    let converge = repairs.iter().any(|r| r.goal == Goal::Converge);
    let kinds = if converge { "Curated data" } else { "Kinds of data" };
    let _ = writeln!(text, "({kinds} that a model has none of were not tried.)");
    text
}

/// What is wanted, in words.
fn goals(repairs: &[&Repair]) -> String {
    let what = repairs.iter().map(|r| match &r.goal {
        Goal::Converge => "makes the loop converge".to_owned(),
        Goal::Raise { knob, model } => format!("makes more curation of {knob} raise J_{model}"),
    });
    list(what)
}

fn one_way(way: &Way) -> String {
    let (verb, side) = if way.at > way.from { ("raise", "above") } else { ("lower", "below") };
    let far = match (way.change > 0.0, way.to_the_end) {
        (true, true) => format!(" {side} {}", figure(way.beyond)),
        (true, false) => between(way),
        (false, true) => " by any amount".to_owned(),
        (false, false) => format!(" by any amount, but not as far as {}", figure(way.until)),
    };
    let parts = if way.equal_parts {
        "; its components, of which the file has none, ASSUMED in equal parts"
    } else {
        ""
    };
    let new = if way.new_data { ", which it has none of yet," } else { "" };
    let known = match (way.proved, way.tight) {
        (true, true) => format!("proved at {}, and not a unit of its last digit earlier", way.at),
        (true, false) => format!("proved at {}", way.at),
        (false, _) if way.agrees => {
            format!("found numerically, two routes agree at {}", way.at)
        }
        (false, _) => format!("found numerically at {}, a second route does NOT agree", way.at),
    };
    let lowered = match &way.lowered[..] {
        [] => String::new(),
        some => {
            let all = some.iter().map(|l| format!("curating {} lowers J_{}", l.knob, l.model));
            format!("; then {}", list(all))
        }
    };
    format!(
        "{verb} the {} share of {}{new} from {}{far} ({known}{parts}{lowered})",
        way.kind,
        way.model,
        figure(way.from),
    )
}

fn between(way: &Way) -> String {
    let (lo, hi) = apart(way.beyond.min(way.until), way.beyond.max(way.until));
    format!(" to between {lo} and {hi}")
}

fn span(lo: f64, hi: f64) -> String {
    let (lo, hi) = apart(lo, hi);
    format!("{lo} to {hi}")
}

/// Two numbers in as many digits as tell them apart, and one more, so that a narrow span has a width.
fn apart(lo: f64, hi: f64) -> (String, String) {
    if figure(lo) != figure(hi) {
        return (figure(lo), figure(hi));
    }
    let shown = |x: f64, digits: usize| format!("{x:.digits$}");
    let digits = (4..17).find(|&k| shown(lo, k) != shown(hi, k)).unwrap_or(16) + 1;
    (shown(lo, digits), shown(hi, digits))
}

/// Parts with commas between.
pub(super) fn list(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join(", ")
}
