//! What a log can carry: which shares, how many modes.

use super::basis::{Basis, Modes, Relation};
use super::log::Log;
use super::result::{Reduction, ShareUse};
use super::{FitError, Options};
use nalgebra::{DMatrix, DVector, SVD};

/// The most columns that are fitted as they are; more go through modes.
const MOST: usize = 12;

/// Degrees of freedom that `r` modes need, on top of the coefficients: fewer, and the intervals were
/// seen to cover too seldom or to say nothing.
pub(super) fn needed_freedom(r: usize) -> usize {
    r + 2
}

/// How much of the largest error of rounding counts against a direction: its root mean square, if errors
/// are uniform between the ends,
pub(super) const UNIFORM: f64 = 0.577_350_269_189_625_8;
/// or all of it.
pub(super) const CAUTIOUS: f64 = 1.0;

/// The most relations, and columns in one, that are written out.
const RELATIONS: usize = 4;

/// What will be fitted.
pub(super) struct Plan {
    /// All shares of the log.
    pub shares: Vec<ShareUse>,
    /// Positions of those that vary.
    pub varied: Vec<usize>,
    pub basis: Basis,
    pub reduction: Option<Reduction>,
    /// By how much the modes may be off.
    pub angle: f64,
}

/// Decides it. Of the numbers of `errors`, which are how far those of the log may be off, `caution` is
/// how much counts against a direction.
pub(super) fn plan(
    log: &Log,
    errors: &Log,
    options: &Options,
    caution: f64,
) -> Result<Plan, FitError> {
    let shares: Vec<ShareUse> = (0..log.shares.len()).map(|k| share_use(log, k)).collect();
    let varied: Vec<usize> = (0..shares.len()).filter(|&k| shares[k].varies()).collect();
    independent(log, &shares, &varied)?;
    let modes = Modes::of(log).ok_or(FitError::Numerical("no singular values"))?;
    let visited = modes.visited(errors, caution);
    let (rank, why) = rank(log, options, (&modes, visited.count), &varied)?;
    let basis = modes.basis(rank);
    let of = log.columns.len();
    let unvisited = of - visited.count;
    let reduction = why.map(|why| {
        let named = |k: usize| log.columns[k].clone();
        let unknown = if unvisited > 0 { modes.unknown(visited) } else { Vec::new() };
        let short = unvisited > 0 && unvisited <= RELATIONS && visited.count <= RELATIONS;
        let relations = if short { modes.relations(visited) } else { Vec::new() };
        Reduction {
            rank,
            of,
            kept: basis.kept,
            why,
            unvisited,
            unknown: unknown.into_iter().map(named).collect(),
            relations: relations.iter().map(|r| said(r, &log.columns)).collect(),
        }
    });
    Ok(Plan { shares, varied, basis, reduction, angle: modes.angle(visited) })
}

fn share_use(log: &Log, k: usize) -> ShareUse {
    // The first row of a run belongs to a round that the log does not show.
    let of = |run: &super::Run| run.shares[1..].iter().map(|row| row[k]).collect::<Vec<f64>>();
    let all: Vec<f64> = log.runs.iter().flat_map(of).collect();
    let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
    let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    ShareUse {
        name: log.shares[k].clone(),
        lo: least(&all),
        hi: most(&all),
        at: all.iter().sum::<f64>() / all.len() as f64,
        within: log.runs.iter().map(of).any(|v| least(&v) < most(&v)),
    }
}

/// Refuses shares that follow from each other.
fn independent(log: &Log, shares: &[ShareUse], varied: &[usize]) -> Result<(), FitError> {
    const DEPENDENT: f64 = 1e-7;
    let mut basis: Vec<DVector<f64>> = Vec::new();
    for &k in varied {
        let rows = log.runs.iter().flat_map(|run| run.shares[1..].iter());
        let mut column =
            DVector::from_iterator(log.transitions(), rows.map(|row| row[k] - shares[k].at));
        let size = column.norm();
        for b in &basis {
            let part = b.dot(&column);
            column.axpy(-part, b, 1.0);
        }
        let left = column.norm();
        if left <= DEPENDENT * size {
            let before: Vec<usize> = varied.iter().copied().take_while(|&j| j != k).collect();
            let follows = follows(log, shares, &before, k);
            return Err(FitError::DependentShares { share: shares[k].name.clone(), follows });
        }
        basis.push(column / left);
    }
    Ok(())
}

/// In words how share `k` follows from those at `before`.
fn follows(log: &Log, shares: &[ShareUse], before: &[usize], k: usize) -> String {
    let rows: Vec<&Vec<f64>> = log.runs.iter().flat_map(|run| &run.shares[1..]).collect();
    let others = DMatrix::from_fn(rows.len(), before.len(), |i, j| {
        rows[i][before[j]] - shares[before[j]].at
    });
    let own = DVector::from_fn(rows.len(), |i, _| rows[i][k] - shares[k].at);
    let found = SVD::try_new(others, true, true, f64::EPSILON, 10_000)
        .and_then(|svd| svd.solve(&own, 1e-10).ok());
    let Some(found) = found else { return shares[k].name.clone() };
    let others: Vec<(usize, f64)> = before
        .iter()
        .copied()
        .zip(found.iter().copied())
        .filter(|(_, f)| f.abs() > 1e-6 * found.amax())
        .collect();
    let constant = others.iter().fold(shares[k].at, |c, (j, f)| c - f * shares[*j].at);
    let constant = if constant.abs() <= 1e-9 { 0.0 } else { constant };
    said(&Relation { of: k, others, constant, digits: 6 }, &log.shares)
}

/// A relation in words: `b = 2 a + 1`.
fn said(relation: &Relation, names: &[String]) -> String {
    let digits = relation.digits.saturating_sub(1);
    let short = |x: f64| format!("{x:.digits$e}").parse::<f64>().unwrap_or(x).to_string();
    let mut text = String::new();
    let mut add = |value: f64, what: Option<&String>| {
        let sign = match (text.is_empty(), value < 0.0) {
            (true, false) => "",
            (true, true) => "-",
            (false, false) => " + ",
            (false, true) => " - ",
        };
        text += sign;
        let size = short(value.abs());
        match what {
            Some(name) if size == "1" => text += name,
            Some(name) => {
                text += &size;
                text.push(' ');
                text += name;
            }
            None => text += &size,
        }
    };
    for (j, factor) in &relation.others {
        add(*factor, Some(&names[*j]));
    }
    if relation.constant != 0.0 || relation.others.is_empty() {
        add(relation.constant, None);
    }
    format!("{} = {text}", names[relation.of])
}

/// Transitions that `r` modes need.
fn needed(r: usize, m: usize, moving: bool) -> usize {
    r + 1 + m + if moving { m * r } else { 0 } + needed_freedom(r)
}

/// What takes that many transitions, by name.
fn wanted(log: &Log, r: usize, varied: &[usize]) -> String {
    let quoted =
        |names: Vec<&String>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let columns = match (r, log.columns.len()) {
        (1, 1) => format!("column {}", quoted(log.columns.iter().collect())),
        (r, d) if d <= MOST => {
            let of = quoted(log.columns.iter().collect());
            format!("{r} {} of {of}", if r == 1 { "direction" } else { "directions" })
        }
        (r, d) => format!("{r} {} of {d} columns", if r == 1 { "direction" } else { "directions" }),
    };
    if varied.is_empty() {
        return columns;
    }
    let shares = quoted(varied.iter().map(|&k| &log.shares[k]).collect());
    let many = if varied.len() == 1 { "share" } else { "shares" };
    format!("{columns} with {many} {shares}")
}

/// How many modes, and why if not all.
fn rank(
    log: &Log,
    options: &Options,
    (modes, visited): (&Modes, usize),
    varied: &[usize],
) -> Result<(usize, Option<String>), FitError> {
    let (d, n, m) = (log.columns.len(), log.transitions(), varied.len());
    let too_few = |r: usize| FitError::TooFew {
        transitions: n,
        what: wanted(log, r, varied),
        needed: needed(r, m, options.moving),
    };
    let carried = (1..=visited).rev().find(|&r| needed(r, m, options.moving) <= n);
    if let Some(asked) = options.rank {
        if asked == 0 || asked > visited {
            return Err(FitError::Rank { asked, most: visited });
        }
        return match needed(asked, m, options.moving) <= n {
            true if asked == d => Ok((d, None)),
            true => Ok((asked, Some("as asked for".into()))),
            false => Err(too_few(asked)),
        };
    }
    let carried = carried.ok_or_else(|| too_few(1))?;
    if visited == d && d <= MOST && carried == d {
        return Ok((d, None));
    }
    if visited < d && visited <= carried {
        return Ok((visited, Some(format!("the log visits {visited} of {d} directions"))));
    }
    let rows = n + log.runs.len();
    let above = modes.above_noise(rows).max(1);
    let most = carried.min(MOST);
    if above <= most {
        return Ok((above, Some("singular values above Gavish and Donoho's threshold".into())));
    }
    let why = if most < MOST {
        format!("{n} transitions carry no more")
    } else {
        format!("{MOST} are the most that are taken without `--rank`")
    };
    Ok((most, Some(why)))
}
