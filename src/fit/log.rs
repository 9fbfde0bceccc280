//! Logs of training: rounds of one or several runs, in comma-separated values.

use super::written::{Precision, Written};
use crate::systems::FileError;
use crate::systems::file::{Problem, did_you_mean};
use std::collections::BTreeMap;
use std::ops::Range;

/// What happened: per run one row a round.
///
/// The row of round `t` says where the loop stood after that round, and the shares of the mixture
/// that the round was trained on.
#[derive(Clone, Debug, PartialEq)]
pub struct Log {
    /// Names of the columns of the state, `D` of them.
    pub columns: Vec<String>,
    /// Names of the columns that are followed but do not feed back: alignments.
    pub outcomes: Vec<String>,
    /// Names of the shares.
    pub shares: Vec<String>,
    /// The runs, in the order of their first rows.
    pub runs: Vec<Run>,
    /// How finely the numbers are written.
    pub precision: Precision,
}

/// One run: rounds that follow each other without a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its name; empty where the log has no column of runs.
    pub name: String,
    /// The number of its first round.
    pub first: i64,
    /// Per round the state, `D` numbers.
    pub states: Vec<Vec<f64>>,
    /// Per round the outcomes.
    pub outcomes: Vec<Vec<f64>>,
    /// Per round the shares.
    pub shares: Vec<Vec<f64>>,
}

/// Which column is what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The column of rounds.
    pub round: String,
    /// The column of runs; need not be there.
    pub run: String,
    /// The state; `None` for every column that is nothing else.
    pub columns: Option<Vec<String>>,
    /// Outcomes, beside those whose name begins with `alignment.`.
    pub alignments: Vec<String>,
    /// Shares, beside those whose name begins with `share.`.
    pub shares: Vec<String>,
}

impl Default for Selection {
    fn default() -> Self {
        Selection {
            round: "round".into(),
            run: "run".into(),
            columns: None,
            alignments: Vec::new(),
            shares: Vec::new(),
        }
    }
}

impl Log {
    /// Reads the file at `path`.
    ///
    /// # Errors
    /// If it cannot be read, or as [`Log::parse`].
    pub fn read(path: &std::path::Path, selection: &Selection) -> Result<Log, FileError> {
        let name = path.display().to_string();
        let unreadable = |reason| FileError::Unreadable { path: name.clone(), reason };
        let bytes = std::fs::read(path).map_err(unreadable)?;
        match String::from_utf8(bytes) {
            Ok(text) => Log::parse(&text, &name, selection),
            Err(e) => {
                let good = e.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(e.as_bytes()).into_owned();
                let problem = Problem {
                    span: good..good + 1,
                    message: "not UTF-8".into(),
                    help: "save the log as UTF-8 text".into(),
                };
                Err(problem.in_text(&text, &name))
            }
        }
    }

    /// Reads a log from text; `path` is for messages.
    ///
    /// # Errors
    /// If the text is no such log: the message has the line, the column and the remedy.
    pub fn parse(text: &str, path: &str, selection: &Selection) -> Result<Log, FileError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        parse(text, selection).map_err(|problem| problem.in_text(text, path))
    }

    /// Transitions from a round to the next.
    pub fn transitions(&self) -> usize {
        self.runs.iter().map(|run| run.states.len().saturating_sub(1)).sum()
    }

    /// A log of the same shape that has in place of each number how far it may be off.
    pub(super) fn errors(&self) -> Log {
        let row = |row: &Vec<f64>, written: &[Written]| {
            let of = |k: usize| written.get(k).copied().unwrap_or(Written::DOUBLE);
            row.iter().enumerate().map(|(k, x)| of(k).error(*x)).collect()
        };
        let run = |run: &Run| Run {
            name: run.name.clone(),
            first: run.first,
            states: run.states.iter().map(|x| row(x, &self.precision.columns)).collect(),
            outcomes: run.outcomes.iter().map(|x| row(x, &self.precision.outcomes)).collect(),
            shares: run.shares.iter().map(|x| row(x, &[])).collect(),
        };
        Log { runs: self.runs.iter().map(run).collect(), ..self.clone() }
    }
}

type Cell<'a> = (&'a str, Range<usize>);

/// What each column of the file is.
struct Layout {
    round: usize,
    run: Option<usize>,
    columns: Vec<usize>,
    outcomes: Vec<usize>,
    shares: Vec<usize>,
}

fn problem<T>(
    span: Range<usize>,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Result<T, Problem> {
    Err(Problem { span, message: message.into(), help: help.into() })
}

/// A log while it is read.
struct Reading {
    log: Log,
    names: Vec<String>,
    layout: Layout,
    /// By name the position of a run, and where its first round stands.
    runs: BTreeMap<String, (usize, Range<usize>)>,
}

impl Reading {
    fn new(header: &[Cell<'_>], selection: &Selection) -> Result<Reading, Problem> {
        separated_by_commas(header)?;
        let layout = layout(header, selection)?;
        let names: Vec<String> = header.iter().map(|(name, _)| (*name).to_owned()).collect();
        let named = |of: &[usize]| of.iter().map(|&k| names[k].clone()).collect::<Vec<_>>();
        let coarse = |of: &[usize]| vec![Written { decimals: i32::MIN, digits: 0 }; of.len()];
        let log = Log {
            columns: named(&layout.columns),
            outcomes: named(&layout.outcomes),
            shares: named(&layout.shares),
            runs: vec![],
            precision: Precision {
                columns: coarse(&layout.columns),
                outcomes: coarse(&layout.outcomes),
            },
        };
        Ok(Reading { log, names, layout, runs: BTreeMap::new() })
    }
}

/// All records of a text, each with its cells.
fn records(
    text: &str,
    mut each: impl FnMut(&[Cell<'_>]) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => each(&cells(text, &record))?,
            Ok(false) => return Ok(()),
            Err(e) => {
                let at = e.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
                return problem(at..at + 1, format!("not CSV: {e}"), "write commas between cells");
            }
        }
    }
}

fn parse(text: &str, selection: &Selection) -> Result<Log, Problem> {
    if text.trim().is_empty() {
        return problem(
            0..1,
            "the log is empty",
            "begin with a line of column names: round, then the columns of the state",
        );
    }
    quotes_are_closed(text)?;
    let mut reading: Option<Reading> = None;
    records(text, |cells| match &mut reading {
        None => {
            reading = Some(Reading::new(cells, selection)?);
            Ok(())
        }
        Some(reading) => row(reading, cells, text),
    })?;
    match reading {
        Some(reading) => finish(reading, text),
        None => problem(0..1, "a log without a header", "begin with a line of column names"),
    }
}

/// Refuses a quote that swallows the rest of the file: all that follows would be one cell.
fn quotes_are_closed(text: &str) -> Result<(), Problem> {
    let mut open = None;
    // What stands before a quote decides what it does: it opens only where a cell begins, and after
    // one that has just closed it was a doubled one.
    let (mut begins, mut closed) = (true, None);
    for (at, c) in text.char_indices() {
        let last = closed.take();
        match (c, open) {
            ('"', Some(from)) => (open, closed) = (None, Some(from)),
            ('"', None) if begins => open = Some(at),
            ('"', None) => open = last,
            _ => {}
        }
        begins = open.is_none() && matches!(c, ',' | '\n' | '\r');
    }
    match open {
        None => Ok(()),
        Some(at) => problem(
            at..at + 1,
            "a quote that is never closed",
            "close it before the next comma, or take it out",
        ),
    }
}

/// Refuses a header in which something else than commas separates.
fn separated_by_commas(header: &[Cell<'_>]) -> Result<(), Problem> {
    let [(only, span)] = header else { return Ok(()) };
    let found = [(';', "`;`"), ('\t', "tabs"), ('|', "`|`"), (' ', "blanks")];
    let Some((separator, shown)) = found.iter().find(|(c, _)| only.contains(*c)) else {
        return Ok(());
    };
    let at = span.start + only.find(*separator).unwrap_or(0);
    problem(
        at..at + 1,
        format!("the file seems to have {shown} between its cells"),
        "write commas between cells, and points in numbers: `0,1.5`",
    )
}

/// The cells of a record, without surrounding blanks, each with its place in the text.
fn cells<'a>(text: &str, record: &'a csv::StringRecord) -> Vec<Cell<'a>> {
    let start = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
    // Blank lines in front of a record count as part of it.
    let start =
        start + text[start.min(text.len())..].find(|c: char| c != '\n' && c != '\r').unwrap_or(0);
    let line_end = text[start..].find('\n').map_or(text.len(), |i| start + i);
    let quoted = text[start..line_end].contains('"');
    let mut at = start;
    record
        .iter()
        .map(|cell| {
            // Of a line with quotes only the line is named.
            let span = if quoted { start..line_end } else { at..at + cell.len() };
            at += cell.len() + 1;
            (cell.trim(), span)
        })
        .collect()
}

/// Finds out which column is what.
fn layout(header: &[Cell<'_>], selection: &Selection) -> Result<Layout, Problem> {
    for (k, (name, span)) in header.iter().enumerate() {
        if name.is_empty() {
            return problem(span.clone(), "a column without a name", "name every column");
        }
        if header[..k].iter().any(|(other, _)| other == name) {
            return problem(
                span.clone(),
                format!("two columns are called `{name}`"),
                "give each column a name of its own",
            );
        }
    }
    let whole = header.first().map_or(0, |c| c.1.start)..header.last().map_or(1, |c| c.1.end);
    let find = |wanted: &str, option: &str| {
        header.iter().position(|(name, _)| *name == wanted).ok_or_else(|| Problem {
            span: whole.clone(),
            message: format!("no column `{wanted}` in the header"),
            help: format!("{option}; {}", did_you_mean(wanted, header.iter().map(|(n, _)| *n))),
        })
    };
    let round = find(&selection.round, "name the column of rounds with `--round NAME`")?;
    let run = header.iter().position(|(name, _)| *name == selection.run);
    let collect = |names: &[String], prefix: &str, option: &str| {
        let mut found = names.iter().map(|n| find(n, option)).collect::<Result<Vec<_>, _>>()?;
        let listed = |k: usize| {
            selection.columns.as_ref().is_some_and(|c| c.iter().any(|n| n == header[k].0))
        };
        found.extend((0..header.len()).filter(|&k| header[k].0.starts_with(prefix) && !listed(k)));
        found.sort_unstable();
        found.dedup();
        Ok(found)
    };
    let shares = collect(&selection.shares, "share.", "name shares with `--share NAME`")?;
    let mut outcomes =
        collect(&selection.alignments, "alignment.", "name alignments with `--alignment NAME`")?;
    let columns = match &selection.columns {
        Some(names) => names
            .iter()
            .map(|n| find(n, "name the state with `--columns a,b`"))
            .collect::<Result<Vec<_>, _>>()?,
        None => (0..header.len())
            .filter(|k| {
                *k != round && Some(*k) != run && !shares.contains(k) && !outcomes.contains(k)
            })
            .collect(),
    };
    // A column of the state has its influences anyway.
    outcomes.retain(|k| !columns.contains(k));
    for (k, column) in columns.iter().enumerate() {
        let twice = columns[..k].contains(column);
        if twice || *column == round || Some(*column) == run || shares.contains(column) {
            return problem(
                header[*column].1.clone(),
                format!("`{}` is listed as two things", header[*column].0),
                "a column is the round, the run, a share, or part of the state, and once",
            );
        }
    }
    if columns.is_empty() {
        return problem(
            whole,
            "no column is left for the state",
            "a log needs at least one column beside round, run, shares and alignments",
        );
    }
    Ok(Layout { round, run, columns, outcomes, shares })
}

/// Adds one row to its run.
fn row(reading: &mut Reading, cells: &[Cell<'_>], text: &str) -> Result<(), Problem> {
    let Reading { log, names, layout, runs } = reading;
    if cells.len() != names.len() {
        return ragged(cells, names.len());
    }
    let whole = text;
    let (text, span) = &cells[layout.round];
    let Ok(round) = text.parse::<i64>() else {
        return problem(
            span.clone(),
            format!("`{text}` is no number of a round"),
            "count rounds in whole numbers: 0, 1, 2",
        );
    };
    let numbers = |of: &[usize]| -> Result<Vec<f64>, Problem> {
        of.iter().map(|&k| number(&cells[k], &names[k])).collect()
    };
    let (states, outcomes, shares) =
        (numbers(&layout.columns)?, numbers(&layout.outcomes)?, numbers(&layout.shares)?);
    let finest = |written: &mut [Written], of: &[usize]| {
        for (written, &k) in written.iter_mut().zip(of) {
            *written = written.or_finer(Written::of(cells[k].0));
        }
    };
    finest(&mut log.precision.columns, &layout.columns);
    finest(&mut log.precision.outcomes, &layout.outcomes);
    let name = layout.run.map_or("", |k| cells[k].0);
    let next = log.runs.len();
    let (index, _) = *runs.entry(name.to_owned()).or_insert_with(|| (next, span.clone()));
    if index == next {
        let (states, outcomes, shares) = (vec![states], vec![outcomes], vec![shares]);
        log.runs.push(Run { name: name.to_owned(), first: round, states, outcomes, shares });
        return Ok(());
    }
    let run = &mut log.runs[index];
    let last = run.first + i64::try_from(run.states.len()).unwrap_or(i64::MAX) - 1;
    if round != last + 1 {
        let later = round > last && has_round(whole, layout, name, last + 1);
        return does_not_follow(round, last, (name, layout.run.is_some()), later, span);
    }
    run.states.push(states);
    run.outcomes.push(outcomes);
    run.shares.push(shares);
    Ok(())
}

/// A row with too few cells or too many.
fn ragged(cells: &[Cell<'_>], columns: usize) -> Result<(), Problem> {
    let span = cells[0].1.start..cells[cells.len() - 1].1.end;
    let many = if cells.len() == 1 { "1 cell" } else { &format!("{} cells", cells.len()) };
    let help = if cells.len() > columns {
        "give every row one cell a column: leave no commas over, and write numbers with a point, \
         1.5 and not 1,5"
    } else {
        "give every row one cell a column: leave no commas out"
    };
    problem(span, format!("{many} in a row under {columns} column names"), help)
}

/// Whether any row of a text is this round of this run.
fn has_round(text: &str, layout: &Layout, name: &str, round: i64) -> bool {
    let mut found = false;
    let read = records(text, |cells| {
        let of = |k: usize| cells.get(k).map_or("", |(cell, _)| *cell);
        let same = layout.run.is_none_or(|k| of(k) == name);
        found |= same && of(layout.round).parse() == Ok(round);
        Ok(())
    });
    read.is_ok() && found
}

/// Refuses a round that does not follow the last one of its run; `later` if the one that should
/// stand here comes later in the file.
fn does_not_follow(
    round: i64,
    last: i64,
    (name, named): (&str, bool),
    later: bool,
    span: &Range<usize>,
) -> Result<(), Problem> {
    let of = if named { format!(" of run `{name}`") } else { String::new() };
    if round <= last || later {
        let what = if later { "out of order" } else { "twice, or out of order" };
        let message = format!("round {round}{of} comes after round {last}: {what}");
        let help = if named {
            "sort the rows of a run by round and keep one row a round"
        } else {
            "keep one row a round, sorted; give several runs a column `run` with their names"
        };
        return problem(span.clone(), message, help);
    }
    let missing = match round - last {
        2 => format!("round {} is missing", last + 1),
        _ => format!("rounds {} to {} are missing", last + 1, round - 1),
    };
    problem(
        span.clone(),
        format!("round {round}{of} comes after round {last}: {missing}"),
        "add the rows, or give what follows the gap a run name of its own",
    )
}

/// The number in a cell.
fn number((text, span): &Cell<'_>, column: &str) -> Result<f64, Problem> {
    if text.is_empty() {
        return problem(
            span.clone(),
            format!("no number in column `{column}`"),
            "fill the cell, or end the run before it and begin another one after it",
        );
    }
    match text.parse::<f64>() {
        Ok(x) if x.is_finite() => Ok(x),
        Ok(_) => problem(
            span.clone(),
            format!("`{text}` in column `{column}` is not a finite number"),
            "end the run before the round in which it went wrong",
        ),
        Err(_) => problem(
            span.clone(),
            format!("`{text}` in column `{column}` is not a number"),
            if text.contains(',') {
                "write numbers with a point: 1.5"
            } else {
                "leave columns of words out: list the state with `--columns a,b`"
            },
        ),
    }
}

/// What can only be seen in the whole log.
fn finish(reading: Reading, text: &str) -> Result<Log, Problem> {
    let Reading { log, layout, runs, .. } = reading;
    let end = text.trim_end().len();
    let short = log.runs.iter().find(|run| run.states.len() < 2);
    if let Some(run) = short {
        let message = match layout.run {
            Some(_) => format!("run `{}` has one round: nothing follows from it", run.name),
            None => "the log has one round: nothing follows from it".to_owned(),
        };
        let place = runs.get(&run.name).map_or(end..end, |(_, place)| place.clone());
        return problem(
            place,
            message,
            "a run needs at least two rounds: log more, or take it out",
        );
    }
    if log.runs.is_empty() {
        return problem(end..end, "a header and no rows", "add a row a round");
    }
    let header_end = text.find('\n').unwrap_or(end);
    for (k, name) in log.columns.iter().enumerate() {
        let first = log.runs[0].states[0][k];
        #[allow(clippy::float_cmp)]
        let constant = log.runs.iter().flat_map(|run| &run.states).all(|x| x[k] == first);
        if constant {
            let at = text[..header_end].find(name.as_str()).unwrap_or(0);
            return problem(
                at..at + name.len(),
                format!("column `{name}` is {first} in every row"),
                "a column that never changes says nothing about the loop: leave it out with \
                 `--columns`, or mark it with `--share` if it is a share",
            );
        }
    }
    Ok(log)
}
