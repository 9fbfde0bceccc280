//! How many zeros an influence has along a parameter, checked in rational arithmetic.
//!
//! The cover is the certificate's. On each of its pieces the function is read with its derivative over
//! rational ranges, by elimination and the quotient rule; signs at single points are exact.

use super::Confirmed;
use crate::certify::place::Place;
use crate::certify::zeros::{EnclosedZero, Line, Piece, Shows, Zeros};
use crate::certify::{Proof, decimals};
use crate::claim::{StatedZero, Sweep};
use crate::influence::sweep::Along;
use crate::scalar::{Exact, Real, Slope, decimal};
use crate::systems::{LoopFile, shipped};
use num_rational::BigRational;
use num_traits::Zero;
use std::cmp::Ordering;

/// A piece of a certificate is halved at most this often: elimination widens ranges, and intervals were
/// kept narrow by an approximate inverse.
const DEPTH: u32 = 8;

/// The line that a proof is about and the zeros that it states, none of them believed.
pub(super) fn stated(file: LoopFile, proof: &Proof) -> Result<(Line, Zeros), String> {
    let Proof::Zeros { values, share, along, ends, model, pieces, zeros } = proof else {
        return Err("such a proof counts no zeros".into());
    };
    let names = file.model_names();
    let model =
        names.iter().position(|n| n == model).ok_or_else(|| format!("no model `{model}`"))?;
    let share = share.as_deref().map(number).transpose()?;
    let along = if let Along::Parameter(name) = along
        && !file.parameters.iter().any(|p| p.name == *name)
    {
        return Err(format!("no parameter `{name}`"));
    } else {
        along.clone()
    };
    let place = Place::new(file, numbers(values)?, share)?;
    let ends = [number(&ends[0])?, number(&ends[1])?];
    let piece = |(to, shows): &(String, Shows)| Ok(Piece { to: number(to)?, shows: *shows });
    let pieces: Vec<Piece> = pieces.iter().map(piece).collect::<Result<_, String>>()?;
    let line = Line { place, along, ends, model };
    let mut found = Vec::new();
    for [lo, hi] in zeros {
        let (lo, hi) = (number(lo)?, number(hi)?);
        let around = pieces.iter().find(|p| lo <= p.to);
        let rising = around.and_then(|p| p.shows.slope());
        let rising = rising.ok_or("a zero stands where the cover shows none")?;
        found.push(EnclosedZero { lo, hi, rising });
    }
    line.is_sound()?;
    let starts_positive = sign(&line, &line.ends[0])? == Ordering::Greater;
    Ok((line, Zeros { pieces, zeros: found, starts_positive }))
}

/// A claim about a shipped system, by a certificate that need not say which.
pub(super) fn of_claim(
    along: &Sweep,
    model: usize,
    zeros: &[StatedZero],
    proof: &Proof,
) -> Result<Confirmed, String> {
    let file = shipped::get(along.system).map_err(|e| e.to_string())?;
    let (line, stated) = stated(file, proof)?;
    let claimed = Line::stated(along, model)?;
    if line.domain() != claimed.domain() || line.model != model || line.along != claimed.along {
        return Err(format!("the claim is about {}", claimed.domain()));
    }
    let confirmed = hold(&line, &stated)?;
    if stated.are(zeros) { Ok(confirmed) } else { Err(line.sentence(&stated)) }
}

/// Shows that the stated zeros are all zeros, each alone in its enclosure.
pub(super) fn hold(line: &Line, stated: &Zeros) -> Result<Confirmed, String> {
    let mut from = line.ends[0].clone();
    let mut looks = 0;
    for piece in &stated.pieces {
        if piece.to <= from {
            return Err(format!("no piece ends at {} after {}", show(&piece.to), show(&from)));
        }
        looks += confirm(line, piece.shows, from, piece.to.clone())?;
        from = piece.to.clone();
    }
    if from != line.ends[1] {
        return Err(format!("the pieces end at {}, not at {}", show(&from), show(&line.ends[1])));
    }
    let mut left = stated.zeros.iter();
    let mut lower = line.ends[0].clone();
    for run in stated.pieces.chunk_by(|a, b| a.shows == b.shows) {
        let upper = run[run.len() - 1].to.clone();
        if let Some(rising) = run[0].shows.slope() {
            let signs = (sign(line, &lower)?, sign(line, &upper)?);
            // A function that rises through zero at an end is zero nowhere else.
            let (no_later, no_sooner) = if rising {
                (Ordering::Greater, Ordering::Less)
            } else {
                (Ordering::Less, Ordering::Greater)
            };
            if signs.0 != no_later && signs.1 != no_sooner {
                let zero = left.next().ok_or_else(|| {
                    format!("there is another zero between {} and {}", show(&lower), show(&upper))
                })?;
                alone(line, zero, [&lower, &upper], [no_sooner, no_later])?;
            }
        }
        lower = upper;
    }
    match left.next() {
        Some(zero) => Err(format!("there is no zero in [{}, {}]", show(&zero.lo), show(&zero.hi))),
        None => Ok(Confirmed {
            summary: format!("rational arithmetic on {looks} pieces, exact at single points"),
            comparisons: looks + 2 * stated.zeros.len(),
        }),
    }
}

/// The zero lies between the ends of a monotone run, and between its own.
fn alone(
    line: &Line,
    zero: &EnclosedZero,
    [lower, upper]: [&BigRational; 2],
    [before, after]: [Ordering; 2],
) -> Result<(), String> {
    let inside = lower <= &zero.lo && zero.lo <= zero.hi && &zero.hi <= upper;
    let signs = (sign(line, &zero.lo)?, sign(line, &zero.hi)?);
    let enclosed = signs == (before, after) || zero.lo == zero.hi && signs.0 == Ordering::Equal;
    if inside && enclosed {
        return Ok(());
    }
    Err(format!("the zero is not in [{}, {}]", show(&zero.lo), show(&zero.hi)))
}

/// The exact sign at a point.
fn sign(line: &Line, x: &BigRational) -> Result<Ordering, String> {
    let system = line.place.system_along(&line.along, &Exact::from(x.clone()));
    let answers = system.and_then(|system| line.place.influences(&system));
    let (_, answers) = answers.map_err(|e| format!("at {}: {e}", show(x)))?;
    let y = answers[line.model].point().ok_or_else(|| format!("no value at {}", show(x)))?;
    Ok(y.cmp(&BigRational::zero()))
}

/// The number of pieces that it took.
fn confirm(line: &Line, shows: Shows, lo: BigRational, hi: BigRational) -> Result<usize, String> {
    let mut open = vec![(lo, hi, 0)];
    let mut looks = 0;
    while let Some((lo, hi, depth)) = open.pop() {
        looks += 1;
        if is_so(line, shows, &lo, &hi).unwrap_or(false) {
            continue;
        }
        if depth == DEPTH {
            return Err(format!("not confirmed between {} and {}", show(&lo), show(&hi)));
        }
        let middle = (&lo + &hi) / BigRational::from_integer(2.into());
        open.push((lo, middle.clone(), depth + 1));
        open.push((middle, hi, depth + 1));
    }
    Ok(looks)
}

fn is_so(line: &Line, shows: Shows, lo: &BigRational, hi: &BigRational) -> Option<bool> {
    let x = Exact::range(lo.clone(), hi.clone());
    let system = line.place.system_along(&line.along, &Slope::variable(x.clone(), 0, 1)).ok()?;
    let y = line.place.influences(&system).ok()?.1.swap_remove(line.model);
    // The value bounded says that there is no pole, whatever is asked.
    let (value, slope) = (y.value(), y.along(0));
    value.ends()?;
    slope.ends()?;
    let middle = (lo + hi) / BigRational::from_integer(2.into());
    // A thin range costs less than a point, whose fractions grow long.
    let thin = BigRational::new(1.into(), num_bigint::BigInt::from(1) << 100);
    let near = |shift: Exact| {
        let at = Exact::range(&middle - &thin, &middle + &thin);
        let system = line.place.system_along(&line.along, &at).ok()?;
        Some(line.place.influences(&system).ok()?.1.swap_remove(line.model) + slope.clone() * shift)
    };
    Some(match shows {
        Shows::Rising => slope.is_above_zero(),
        Shows::Falling => slope.is_below_zero(),
        Shows::Positive => {
            value.is_above_zero() || near(x - Exact::from(middle.clone()))?.is_above_zero()
        }
        Shows::Negative => {
            value.is_below_zero() || near(x - Exact::from(middle.clone()))?.is_below_zero()
        }
    })
}

/// Numbers that were written as texts.
pub(super) fn numbers(values: &[(String, String)]) -> Result<Vec<(String, BigRational)>, String> {
    values.iter().map(|(name, x)| Ok((name.clone(), number(x)?))).collect()
}

fn number(text: &str) -> Result<BigRational, String> {
    decimal(text).ok_or_else(|| format!("`{text}` is not a number"))
}

fn show(x: &BigRational) -> String {
    decimals::text(x)
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::certify::file::{About, CertificateFile};

    /// The loop of `certify::zeros`, in which dJ_q/dλ vanishes at t = 0 and at t = 1.
    const SMALL: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/loops/small.toml"));

    fn certified(ends: [&str; 2]) -> CertificateFile {
        let file = LoopFile::parse(SMALL, "small.toml").unwrap();
        let place = Place::new(file, vec![], None).unwrap();
        let ends = ends.map(|x| decimal(x).unwrap());
        let line = Line { place, along: Along::Parameter("t".into()), ends, model: 1 };
        let (found, certificate) = line.zeros().unwrap();
        CertificateFile::new(About::System(SMALL.into()), line.sentence(&found), &certificate)
    }

    /// The certificate with another proof, and the words that belong to it.
    fn with(file: &CertificateFile, change: impl Fn(&mut Proof)) -> CertificateFile {
        let mut file = file.clone();
        change(&mut file.proof);
        let system = LoopFile::parse(SMALL, "small.toml").unwrap();
        if let Ok((line, stated)) = stated(system, &file.proof) {
            file.proved = line.sentence(&stated);
            file.domain = line.over(&stated);
        }
        file
    }

    #[test]
    fn counts_are_confirmed() {
        for (ends, zeros) in [
            (["-1", "1/2"], 1),
            (["-1", "1"], 2),
            (["0", "1"], 2),
            (["0.1", "0.9"], 0),
            (["-1", "1.5"], 2),
        ] {
            let file = certified(ends);
            let Proof::Zeros { zeros: stated, .. } = &file.proof else { panic!("zeros") };
            assert_eq!(stated.len(), zeros);
            check(&file).unwrap();
            assert_eq!(CertificateFile::parse(&file.text()), Ok(file));
        }
    }

    type Change = fn(&mut Vec<(String, Shows)>, &mut Vec<[String; 2]>);

    #[test]
    fn what_was_changed_is_noticed() {
        let file = certified(["-1", "1.5"]);
        let changes: [(&str, Change); 9] = [
            ("a zero less", |_, zeros| drop(zeros.pop())),
            ("no zero", |_, zeros| zeros.clear()),
            ("a zero twice", |_, zeros| zeros.insert(0, zeros[0].clone())),
            ("a zero beside", |_, zeros| zeros[0] = ["1e-9".into(), "2e-9".into()]),
            ("a zero at a point", |_, zeros| zeros[0] = ["1e-20".into(), "1e-20".into()]),
            ("another slope", |pieces, _| {
                for piece in pieces {
                    piece.1 = match piece.1 {
                        Shows::Rising => Shows::Falling,
                        Shows::Falling => Shows::Rising,
                        sign => sign,
                    };
                }
            }),
            ("a sign throughout", |pieces, zeros| {
                for piece in pieces {
                    piece.1 = Shows::Positive;
                }
                zeros.clear();
            }),
            ("a piece less", |pieces, _| drop(pieces.pop())),
            ("one piece", |pieces, _| drop(pieces.drain(..pieces.len() - 1))),
        ];
        for (what, change) in changes {
            let changed = with(&file, |proof| {
                let Proof::Zeros { pieces, zeros, .. } = proof else { panic!("zeros") };
                change(pieces, zeros);
            });
            assert!(check(&changed).is_err(), "{what}");
        }
        // dJ_q = 3t(1 - t)/(2 - t/2)³ rises up to t = √13 - 3 = 0.60555, not up to 0.6056.
        let risen = |to: &str| {
            with(&certified(["0.1", to]), |proof| {
                let Proof::Zeros { pieces, .. } = proof else { panic!("zeros") };
                *pieces = vec![(to.to_owned(), Shows::Rising)];
            })
        };
        check(&risen("0.55")).unwrap();
        assert!(check(&risen("0.6056")).is_err());
        let other = |from: &str, to: &str| {
            let text = file.text();
            assert!(text.contains(from), "{from} is not in {text}");
            check(&CertificateFile::parse(&text.replacen(from, to, 1)).unwrap())
        };
        for (from, to) in [
            ("exactly 2 zeros", "exactly one zero"),
            ("shift = [1]", "shift = [1.001]"),
            ("\"model\": \"q\"", "\"model\": \"p\""),
            ("\"1.5\"\n    ],\n    \"model\"", "\"1.4\"\n    ],\n    \"model\""),
            ("\"parameter\": \"t\"", "\"parameter\": \"s\""),
        ] {
            assert!(other(from, to).is_err(), "{from} -> {to}");
        }
    }

    /// Around the zero of the paper's experiment, which `backfire check` confirms on all of its range.
    #[test]
    fn the_papers_experiment_is_confirmed() {
        let along = Sweep { system: "paper-5-1-code", parameter: "t", ends: ["0.8", "0.9"] };
        let line = Line::stated(&along, 1).unwrap();
        let (found, _) = line.zeros().unwrap();
        assert_eq!(found.zeros.len(), 1);
        hold(&line, &found).unwrap();
        // A zero that is claimed a little beside is not there.
        let mut beside = found.clone();
        let shift = decimal("1e-11").unwrap();
        let zero = &mut beside.zeros[0];
        (zero.lo, zero.hi) = (&zero.lo + &shift, &zero.hi + &shift);
        let told = hold(&line, &beside).unwrap_err();
        assert!(told.starts_with("the zero is not in ["), "{told}");
    }
}
