//! What a log can carry: which shares, how many modes.

use super::basis::{Basis, Modes};
use super::log::Log;
use super::result::{Reduction, ShareUse};
use super::{FitError, Options};
use nalgebra::DVector;

/// The most columns that are fitted as they are; more go through modes.
const MOST: usize = 12;

/// Degrees of freedom that `r` modes need, on top of the coefficients: fewer, and the intervals were
/// seen to cover too seldom or to say nothing.
pub(super) fn needed_freedom(r: usize) -> usize {
    r + 2
}

/// What will be fitted.
pub(super) struct Plan {
    /// All shares of the log.
    pub shares: Vec<ShareUse>,
    /// Positions of those that vary.
    pub varied: Vec<usize>,
    pub basis: Basis,
    pub reduction: Option<Reduction>,
}

/// Decides it.
pub(super) fn plan(log: &Log, options: &Options) -> Result<Plan, FitError> {
    let shares: Vec<ShareUse> = (0..log.shares.len()).map(|k| share_use(log, k)).collect();
    let varied: Vec<usize> = (0..shares.len()).filter(|&k| shares[k].varies()).collect();
    independent(log, &shares, &varied)?;
    let modes = Modes::of(log).ok_or(FitError::Numerical("no singular values"))?;
    let (rank, why) = rank(log, options, &modes, varied.len())?;
    let basis = modes.basis(rank);
    let of = log.columns.len();
    let reduction = why.map(|why| Reduction { rank, of, kept: basis.kept, why });
    Ok(Plan { shares, varied, basis, reduction })
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
            return Err(FitError::DependentShares { share: shares[k].name.clone() });
        }
        basis.push(column / left);
    }
    Ok(())
}

/// Transitions that `r` modes need.
fn needed(r: usize, m: usize, moving: bool) -> usize {
    r + 1 + m + if moving { m * r } else { 0 } + needed_freedom(r)
}

/// How many modes, and why if not all.
fn rank(
    log: &Log,
    options: &Options,
    modes: &Modes,
    m: usize,
) -> Result<(usize, Option<String>), FitError> {
    let (d, n) = (log.columns.len(), log.transitions());
    let visited = modes.visited();
    let too_few = |r: usize| FitError::TooFew {
        transitions: n,
        what: format!("{r} {}", if r == 1 { "column" } else { "columns or modes" }),
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
        return Ok((visited, Some(format!("the log visits {visited} directions of {d}"))));
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
