//! Makes a counterexample small enough to check by hand.

use crate::case::{Sample, Subject};
use crate::domain::Domain;
use crate::point::Point;
use crate::systems::{Component, GaussianLoop, Model, Source};
use nalgebra::DMatrix;

/// Makes `subject` smaller, step by step, as long as `breaks` stays true; `breaks(&subject)` must
/// hold. Tries simpler shapes first (fewer components, coordinates, whatever `domain` offers), then
/// to replace losses by plain ones and every number by a simpler one, and starts again after every
/// success.
pub fn shrink(
    mut subject: Subject<f64>,
    domain: Option<&dyn Domain>,
    breaks: &impl Fn(&Subject<f64>) -> bool,
) -> Subject<f64> {
    // Every success lowers the ink, a whole number, so this ends.
    loop {
        let now = ink(&subject);
        let good = |c: &Subject<f64>| ink(c) < now && breaks(c);
        let smaller = match &subject {
            Subject::Loop(sample) => candidates(sample).map(Subject::Loop).find(good),
            Subject::Point(at) => {
                let shapes = domain.map_or_else(Vec::new, |d| d.reductions(at));
                let coarse = simpler_points(at, simpler);
                // Only where nothing coarser does, so that no number settles for many digits early.
                let fine = simpler_points(at, fewer_decimals);
                shapes.into_iter().chain(coarse).chain(fine).map(Subject::Point).find(good)
            }
        };
        match smaller {
            Some(smaller) => subject = smaller,
            None => return subject,
        }
    }
}

/// How much a reader has to look at: digits of every number that is not the default, and a price
/// for every coordinate and component.
pub fn ink(subject: &Subject<f64>) -> u64 {
    match subject {
        Subject::Loop(sample) => ink_of_loop(sample),
        Subject::Point(at) => {
            let entries = at.entries().map(|(_, m)| 20 * m.len() as u64 + digits(m.iter()));
            entries.sum()
        }
    }
}

/// Every number of a point in turn replaced by what `simpler` makes of it.
fn simpler_points(
    at: &Point<f64>,
    simpler: fn(f64) -> Vec<f64>,
) -> impl Iterator<Item = Point<f64>> {
    let count = at.clone().numbers_mut().count();
    (0..count).flat_map(move |k| {
        let x = at.clone().numbers_mut().nth(k).copied().unwrap_or(0.0);
        simpler(x).into_iter().map(move |y| {
            let mut other = at.clone();
            if let Some(slot) = other.numbers_mut().nth(k) {
                *slot = y;
            }
            other
        })
    })
}

/// Numbers that are shorter to write than `x`.
fn simpler(x: f64) -> Vec<f64> {
    let sign = x.signum();
    let whole = x.round();
    let tries = [
        0.0,
        sign,
        whole,
        whole - sign,
        sign * 0.5,
        (x * 2.0).round() / 2.0,
        (x * 10.0).round() / 10.0,
        (x * 100.0).round() / 100.0,
        x.abs(),
    ];
    tries.into_iter().filter(|y| y.to_bits() != x.to_bits()).collect()
}

/// `x` with fewer decimals, the fewest first, but more than [`simpler`] leaves.
fn fewer_decimals(x: f64) -> Vec<f64> {
    let long = digits([&x]);
    let rounded = [1e3, 1e4, 1e5, 1e6, 1e8].map(|per: f64| (x * per).round() / per);
    rounded.into_iter().filter(|y| y.is_finite() && digits([y]) < long).collect()
}

// Only the default itself, to the bit, costs nothing.
#[allow(clippy::float_cmp)]
fn ink_of_loop(sample: &Sample<f64>) -> u64 {
    let mut total = 0;
    for m in &sample.system.models {
        let n = m.dimension();
        total += 20 * n as u64;
        let identity = DMatrix::identity(n, n);
        if m.hessian != identity {
            total += digits(m.hessian.iter());
        }
        if m.data != m.hessian {
            total += 5 + digits(m.data.iter());
        }
        for c in &m.components {
            total += 10 + digits([&c.weight]) + digits(c.offset.iter()) + channel(c);
        }
        total += digits(m.alignment.linear.iter()) + digits(m.alignment.curvature.iter());
    }
    let p = &sample.probe;
    total += digits(p.start.iter()) + digits(p.other.iter());
    total += digits(p.push_p.iter()) + digits(p.push_q.iter());
    let towards = |m: &[f64; 3]| if *m == [0.0, 0.0, 1.0] { 0 } else { 1 + digits(m.iter()) };
    total + towards(&p.toward_p) + towards(&p.toward_q)
}

/// Real data is the plainest, then a model's own samples as they are; samples that pass through a
/// channel are as long as the channel, and samples that keep nothing of their maker are odd.
fn channel(c: &Component<f64>) -> u64 {
    match c.source {
        Source::Real => 0,
        _ if c.channel.is_identity(0.0) => 2,
        _ if c.channel.iter().all(|x| *x == 0.0) => 12,
        _ => 4 + digits(c.channel.iter()),
    }
}

fn digits<'a>(numbers: impl IntoIterator<Item = &'a f64>) -> u64 {
    let cost = |x: &f64| match *x {
        0.0 => 0,
        1.0 => 2,
        -1.0 => 3,
        x => 2 * format!("{x}").len() as u64,
    };
    numbers.into_iter().map(cost).sum()
}

fn candidates(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    without_components(sample)
        .chain(without_coordinates(sample))
        .chain(plainer_sources(sample))
        .chain(plain_losses(sample))
        .chain(rounder_shares(sample))
        .chain(simpler_numbers(sample, simpler))
        .chain(plain_targets(sample))
        .chain(simpler_numbers(sample, fewer_decimals))
}

/// Every component dropped in turn, its weight given to each of the others.
fn without_components(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    places(sample).flat_map(move |(i, c)| {
        let others = 0..sample.system.models[i].components.len();
        others.filter(move |&o| o != c).map(move |o| {
            let mut s = sample.clone();
            let components = &mut s.system.models[i].components;
            components[o].weight = tidy(components[o].weight + components[c].weight);
            components.remove(c);
            s
        })
    })
}

fn places(sample: &Sample<f64>) -> impl Iterator<Item = (usize, usize)> {
    let models = sample.system.models.iter().enumerate();
    models.flat_map(|(i, m)| (0..m.components.len()).map(move |c| (i, c)))
}

/// Every coordinate of a model of dimension at least 2 removed in turn.
fn without_coordinates(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    let models = sample.system.models.iter().enumerate();
    let coordinates = models.flat_map(|(i, m)| {
        (0..m.dimension()).filter(move |_| m.dimension() > 1).map(move |r| (i, r))
    });
    coordinates.filter_map(move |(i, r)| {
        let mut s = sample.clone();
        let start: usize = sample.system.models[..i].iter().map(Model::dimension).sum();
        s.probe.start = s.probe.start.remove_row(start + r);
        s.probe.other = s.probe.other.remove_row(start + r);
        let m = &mut s.system.models[i];
        let square = m.data.is_square();
        m.hessian = m.hessian.clone().remove_row(r).remove_column(r);
        m.data = m.data.clone().remove_row(r);
        m.alignment.linear = m.alignment.linear.clone().remove_row(r);
        m.alignment.curvature = m.alignment.curvature.clone().remove_row(r).remove_column(r);
        if square {
            m.data = m.data.clone().remove_column(r);
            for c in &mut m.components {
                c.channel = c.channel.clone().remove_row(r);
                c.offset = c.offset.clone().remove_row(r);
            }
            let push = [&mut s.probe.push_p, &mut s.probe.push_q];
            for (_, push) in push.into_iter().enumerate().filter(|(k, _)| *k == i) {
                *push = push.clone().remove_row(r);
            }
        }
        for m in &mut s.system.models {
            for c in m.components.iter_mut().filter(|c| c.source.maker() == Some(i)) {
                c.channel = c.channel.clone().remove_column(r);
            }
        }
        rebuilt(s)
    })
}

/// Every component in turn made real data, or passed on by its maker as it is.
fn plainer_sources(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    places(sample).flat_map(move |(i, c)| {
        let change = |edit: fn(&mut Component<f64>)| {
            let mut s = sample.clone();
            edit(&mut s.system.models[i].components[c]);
            s
        };
        let real = change(|c| {
            c.source = Source::Real;
            c.channel = DMatrix::zeros(c.offset.len(), 0);
        });
        let unchanged = change(|c| {
            if c.source != Source::Real && c.channel.is_square() {
                c.channel.fill_with_identity();
            }
        });
        [real, unchanged]
    })
}

/// Hessians replaced by the identity, data matrices by the Hessian, all alignment curvature gone.
fn plain_losses(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    (0..sample.system.models.len()).flat_map(move |i| {
        let changes: [fn(&mut Model<f64>); 3] = [
            |m| {
                let tied = m.data == m.hessian;
                m.hessian.fill_with_identity();
                if tied {
                    m.data.fill_with_identity();
                }
            },
            |m| {
                if m.data.shape() == m.hessian.shape() {
                    m.data.clone_from(&m.hessian);
                }
            },
            |m| m.alignment.curvature.fill(0.0),
        ];
        changes.into_iter().filter_map(move |change| {
            let mut s = sample.clone();
            change(&mut s.system.models[i]);
            rebuilt(s)
        })
    })
}

/// Two weights of a model evened out, or one of them made a multiple of a tenth.
fn rounder_shares(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    places(sample).flat_map(move |(i, c)| {
        let others = (c + 1)..sample.system.models[i].components.len();
        others.flat_map(move |o| {
            let [x, y] = [c, o].map(|k| sample.system.models[i].components[k].weight);
            let total = tidy(x + y);
            let rounds = [total / 2.0, (x * 2.0).round() / 2.0, (x * 10.0).round() / 10.0];
            rounds.into_iter().filter(move |&w| w > 0.0 && w < total).map(move |w| {
                let mut s = sample.clone();
                s.system.models[i].components[c].weight = w;
                s.system.models[i].components[o].weight = tidy(total - w);
                s
            })
        })
    })
}

fn simpler_numbers(
    sample: &Sample<f64>,
    simpler: fn(f64) -> Vec<f64>,
) -> impl Iterator<Item = Sample<f64>> {
    let count = slots(&mut sample.clone()).len();
    (0..count).flat_map(move |k| {
        let x = *slots(&mut sample.clone())[k];
        simpler(x).into_iter().filter_map(move |y| {
            let mut s = sample.clone();
            let tied: Vec<bool> = s.system.models.iter().map(|m| m.data == m.hessian).collect();
            *slots(&mut s)[k] = y;
            for (m, tied) in s.system.models.iter_mut().zip(tied) {
                m.hessian.fill_lower_triangle_with_upper_triangle();
                m.alignment.curvature.fill_lower_triangle_with_upper_triangle();
                if tied {
                    m.data.clone_from(&m.hessian);
                }
            }
            rebuilt(s)
        })
    })
}

fn plain_targets(sample: &Sample<f64>) -> impl Iterator<Item = Sample<f64>> {
    [[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]].into_iter().flat_map(move |target| {
        let (mut p, mut q) = (sample.clone(), sample.clone());
        p.probe.toward_p = target;
        q.probe.toward_q = target;
        [p, q]
    })
}

/// Every number that can change on its own; of symmetric matrices the upper half.
fn slots(sample: &mut Sample<f64>) -> Vec<&mut f64> {
    fn upper(m: &mut DMatrix<f64>) -> impl Iterator<Item = &mut f64> {
        let n = m.nrows();
        m.iter_mut().enumerate().filter(move |(k, _)| k % n <= k / n).map(|(_, x)| x)
    }
    let mut all = Vec::new();
    for m in &mut sample.system.models {
        let tied = m.data == m.hessian;
        all.extend(upper(&mut m.hessian));
        if !tied {
            all.extend(m.data.iter_mut());
        }
        for c in &mut m.components {
            all.extend(c.channel.iter_mut());
            all.extend(c.offset.iter_mut());
        }
        all.extend(m.alignment.linear.iter_mut());
        all.extend(upper(&mut m.alignment.curvature));
    }
    let p = &mut sample.probe;
    all.extend(p.start.iter_mut().chain(p.other.iter_mut()));
    all.extend(p.push_p.iter_mut().chain(p.push_q.iter_mut()));
    all
}

/// The same with everything that follows from the numbers computed anew; `None` where a Hessian
/// became singular or indefinite.
fn rebuilt(sample: Sample<f64>) -> Option<Sample<f64>> {
    let definite = |m: &Model<f64>| m.hessian.clone().cholesky().is_some();
    if !sample.system.models.iter().all(definite) {
        return None;
    }
    let models: Vec<Model<f64>> = sample.system.models;
    let system = GaussianLoop::new(models, sample.system.order).lift(|x| *x).ok()?;
    Some(Sample { system, probe: sample.probe })
}

/// A sum of short decimals as the short decimal that it is.
fn tidy(x: f64) -> f64 {
    (x * 1e9).round() / 1e9
}

#[cfg(test)]
mod tests {
    use super::shrink;
    use crate::case::Subject;
    use crate::point::Point;
    use std::cell::Cell;

    #[test]
    fn a_sliver_gets_the_decimals_that_it_needs() {
        let start = Point::new().with("a", 0.123_512_345_678).with("b", 7.000_031_254_7);
        let asked = Cell::new(0);
        let breaks = |s: &Subject<f64>| {
            asked.set(asked.get() + 1);
            let Some(at) = s.point() else { return false };
            let [a, b] = ["a", "b"].map(|name| at.get(name).unwrap()[(0, 0)]);
            0.123 < a && a < 0.124 && (b - 7.000_03).abs() < 1e-5
        };
        let small = shrink(Subject::Point(start), None, &breaks);
        assert_eq!(small.point().unwrap().lines(), ["a = 0.1235", "b = 7.00003"]);
        assert!(asked.get() < 80, "{}", asked.get());
    }
}
