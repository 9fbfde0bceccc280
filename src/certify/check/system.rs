//! Facts about one loop, each computed again from its decimals by exact rational arithmetic.
//!
//! Enclosures of eigenvalues are never computed: whether they hold is a question of definite matrices, and
//! of roots within a circle, which elimination and the Schur–Cohn recursion answer.

use super::Confirmed;
use super::zeros::numbers;
use crate::certify::place::Place;
use crate::certify::system::{Fact, Quantity};
use crate::dynamics::round_jacobian;
use crate::influence::{Constants, Pair};
use crate::linalg::{dot, separate, symmetric_part};
use crate::scalar::stability::{charpoly, roots_within};
use crate::scalar::{Exact, Real, decimal};
use crate::systems::{GaussianLoop, LoopFile, RetrainingMap};
use nalgebra::{DMatrix, DVector};
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};
use std::cell::OnceCell;

/// Halvings of an enclosure of an eigenvalue that goes into a formula.
const HALVINGS: usize = 40;

/// The loop of a proof, and all its facts confirmed.
pub(super) fn hold(
    file: LoopFile,
    values: &[(String, String)],
    share: Option<&str>,
    facts: &[Fact],
) -> Result<(Place, Confirmed), String> {
    let number = |x: &str| decimal(x).ok_or_else(|| format!("`{x}` is not a number"));
    let place = Place::new(file, numbers(values)?, share.map(number).transpose()?)?;
    let system = place.system::<Exact>().map_err(|e| e.to_string())?;
    let again = Again {
        place: &place,
        system,
        stable: OnceCell::new(),
        influences: OnceCell::new(),
        pair: OnceCell::new(),
    };
    for fact in facts {
        let name = fact.quantity.name();
        let [lo, hi] = fact.ends().ok_or_else(|| format!("{name}: no enclosure"))?;
        if !again.lies(&fact.quantity, &lo, &hi).map_err(|why| format!("{name}: {why}"))? {
            return Err(format!("{name} does not lie in [{}, {}]", fact.lo, fact.hi));
        }
    }
    if facts.is_empty() {
        return Err("nothing is stated".into());
    }
    let summary = format!("exact rational arithmetic at {}", place.name());
    Ok((place, Confirmed { summary, comparisons: 2 * facts.len() }))
}

type Rational = BigRational;

struct Again<'a> {
    place: &'a Place,
    system: GaussianLoop<Exact>,
    stable: OnceCell<Result<DVector<Exact>, String>>,
    influences: OnceCell<Result<Vec<Exact>, String>>,
    pair: OnceCell<Result<Pair<Exact>, String>>,
}

impl Again<'_> {
    /// Whether the quantity lies between the two numbers, both included.
    fn lies(&self, quantity: &Quantity, lo: &Rational, hi: &Rational) -> Result<bool, String> {
        let within = |x: &Rational| lo <= x && x <= hi;
        match quantity {
            Quantity::StablePoint { model, entry } => {
                let made =
                    || crate::dynamics::stable_point(&self.system).map_err(|e| e.to_string());
                let stable = self.stable.get_or_init(made).as_ref().map_err(Clone::clone)?;
                let own = self.system.block(self.model(model)?, stable);
                Ok(within(point(own.get(*entry).ok_or("no such entry")?)?))
            }
            Quantity::Influence { model } => {
                let made = || {
                    let found = self.place.influences(&self.system);
                    found.map(|(_, influences)| influences).map_err(|e| e.to_string())
                };
                let all = self.influences.get_or_init(made).as_ref().map_err(Clone::clone)?;
                Ok(within(point(&all[self.model(model)?])?))
            }
            Quantity::SpectralRadius { round } => {
                let round = round.round(self.place.file()).ok_or("no such round")?;
                let zero = DVector::from_element(self.system.dimension(), Exact::zero());
                let linear = self.system.linearise(&zero);
                let jacobian = round_jacobian(&linear, self.system.blocks(), &round);
                Ok(radius_within(&rational(&jacobian)?, lo, hi))
            }
            Quantity::StrongConvexity { model } => {
                let hessian = &self.system.models[self.model(model)?].hessian;
                Ok(least_within(&rational(hessian)?, lo, hi))
            }
            Quantity::LeastEigenvalue { model } => {
                let s = self.sensitivity(model)?;
                Ok(least_within(&rational(&symmetric_part(s))?, lo, hi))
            }
            Quantity::Norm { model } => {
                Ok(norm_within(&rational(self.sensitivity(model)?)?, lo, hi))
            }
            Quantity::Cosine { model } => {
                let pair = self.pair()?;
                let h = pair.h().map_err(|e| e.to_string())?;
                let (u, v) = match self.model(model)? {
                    0 => (&pair.grad_p, h),
                    _ => (&pair.grad_q, &pair.c_q * h),
                };
                cosine_within(u, &v, lo, hi)
            }
            Quantity::A | Quantity::B | Quantity::Kappa => {
                let constants = self.constants()?;
                let value = match quantity {
                    Quantity::A => constants.a(),
                    Quantity::B => constants.b(),
                    _ if (constants.a() - Exact::one()).is_below_zero()
                        && (constants.b() - Exact::one()).is_below_zero() =>
                    {
                        constants.kappa()
                    }
                    _ => return Err("it has no meaning unless a < 1 and b < 1".into()),
                };
                let (from, to) = value.ends().ok_or("it is not bounded")?;
                Ok(lo <= from && to <= hi)
            }
        }
    }

    fn model(&self, name: &str) -> Result<usize, String> {
        let found = self.system.models.iter().position(|m| m.name == name);
        found.ok_or_else(|| format!("no model `{name}`"))
    }

    fn pair(&self) -> Result<&Pair<Exact>, String> {
        let made = || Pair::new(self.system.clone()).map_err(|e| e.to_string());
        self.pair.get_or_init(made).as_ref().map_err(Clone::clone)
    }

    fn sensitivity(&self, model: &str) -> Result<&DMatrix<Exact>, String> {
        let pair = self.pair()?;
        Ok(if self.model(model)? == 0 { &pair.s_p } else { &pair.s_q })
    }

    /// The constants of the assumptions, their eigenvalues and norms enclosed by what is definite.
    fn constants(&self) -> Result<Constants<Exact>, String> {
        if self.system.models.len() != 2 {
            return Err("there are not two models".into());
        }
        let each = |i: usize| -> Result<[Exact; 3], String> {
            let model = &self.system.models[i];
            let gamma = least(&model.hessian)?;
            let smoothness = norm(&model.data)?.max(&norm(&model.hessian)?);
            let mut of_maker = vec![Exact::zero(); 2];
            for c in &model.components {
                if let Some(j) = c.source.maker() {
                    of_maker[j] += c.weight.clone() * norm(&c.channel)?;
                }
            }
            let squares = of_maker.into_iter().fold(Exact::zero(), |sum, e| sum + e.clone() * e);
            Ok([gamma, smoothness, squares.sqrt()])
        };
        let [gamma_p, l_p, eps_p] = each(0)?;
        let [gamma_q, l_q, eps_q] = each(1)?;
        Ok(Constants { gamma_p, gamma_q, l_p, l_q, eps_p, eps_q })
    }
}

fn point(x: &Exact) -> Result<&Rational, String> {
    x.point().ok_or_else(|| "it is not rational".into())
}

fn rational(m: &DMatrix<Exact>) -> Result<DMatrix<Rational>, String> {
    let entries: Option<Vec<Rational>> = m.iter().map(|x| x.point().cloned()).collect();
    let entries = entries.ok_or("an entry is not rational")?;
    Ok(DMatrix::from_vec(m.nrows(), m.ncols(), entries))
}

/// Whether a symmetric matrix is positive semidefinite, and whether definite: by elimination without
/// exchanges.
fn definite(m: &DMatrix<Rational>) -> (bool, bool) {
    let mut m = m.clone();
    let mut positive = true;
    for k in 0..m.nrows() {
        let pivot = m[(k, k)].clone();
        if pivot.is_negative() {
            return (false, false);
        }
        let below: Vec<usize> = (k + 1..m.nrows()).filter(|&i| !m[(i, k)].is_zero()).collect();
        if pivot.is_zero() {
            // A zero on the diagonal of a semidefinite matrix has a zero row.
            if !below.is_empty() {
                return (false, false);
            }
            positive = false;
        }
        for &i in &below {
            let factor = &m[(i, k)] / &pivot;
            for &j in &below {
                let change = &factor * &m[(k, j)];
                m[(i, j)] -= change;
            }
        }
    }
    (true, positive)
}

/// `m - x I`.
fn shifted(m: &DMatrix<Rational>, x: &Rational) -> DMatrix<Rational> {
    let mut shifted = m.clone();
    for i in 0..m.nrows() {
        shifted[(i, i)] -= x;
    }
    shifted
}

/// Whether the least eigenvalue of a symmetric matrix lies between two numbers.
fn least_within(m: &DMatrix<Rational>, lo: &Rational, hi: &Rational) -> bool {
    definite(&shifted(m, lo)).0 && !definite(&shifted(m, hi)).1
}

/// Whether the largest singular value lies between two numbers.
fn norm_within(m: &DMatrix<Rational>, lo: &Rational, hi: &Rational) -> bool {
    let minus_gram = -gram(m);
    let above = !hi.is_negative() && definite(&shifted(&minus_gram, &-(hi * hi))).0;
    let below = !lo.is_positive() || !definite(&shifted(&minus_gram, &-(lo * lo))).1;
    above && below
}

fn gram(m: &DMatrix<Rational>) -> DMatrix<Rational> {
    DMatrix::from_fn(m.ncols(), m.ncols(), |i, j| {
        let products = (0..m.nrows()).filter(|&k| !m[(k, i)].is_zero() && !m[(k, j)].is_zero());
        products.fold(Rational::zero(), |sum, k| sum + &m[(k, i)] * &m[(k, j)])
    })
}

/// An enclosure of the least eigenvalue of a symmetric matrix, narrow enough for formulas.
fn least(m: &DMatrix<Exact>) -> Result<Exact, String> {
    least_of(&rational(m)?)
}

/// The same of the largest singular value.
fn norm(m: &DMatrix<Exact>) -> Result<Exact, String> {
    // The least eigenvalue of -MᵀM is minus the square.
    Ok((-least_of(&-gram(&rational(m)?))?).sqrt())
}

fn least_of(m: &DMatrix<Rational>) -> Result<Exact, String> {
    let guess = Exact::extreme_eigenvalues(&m.map(Exact::from)).0;
    let (lo, hi) = guess.ends().ok_or("an eigenvalue is not bounded")?;
    let (mut lo, mut hi) = (lo.clone(), hi.clone());
    if !least_within(m, &lo, &hi) {
        return Err("an eigenvalue is not where it seemed".into());
    }
    for _ in 0..HALVINGS {
        let middle = (&lo + &hi) / Rational::from_integer(2.into());
        if definite(&shifted(m, &middle)).0 { lo = middle } else { hi = middle }
    }
    Ok(Exact::range(lo, hi))
}

/// Whether the cosine of the angle between two vectors lies between two numbers: compared by squares that
/// keep their signs.
fn cosine_within(
    u: &DVector<Exact>,
    v: &DVector<Exact>,
    lo: &Rational,
    hi: &Rational,
) -> Result<bool, String> {
    let product = |u, v| point(&dot(u, v)).cloned();
    let (sizes, along) = (product(u, u)? * product(v, v)?, product(u, v)?);
    if sizes.is_zero() {
        return Err("a vector vanishes".into());
    }
    let signed_square = |x: &Rational| x * x.abs();
    let cosine = signed_square(&along) / sizes;
    Ok(signed_square(lo) <= cosine && cosine <= signed_square(hi))
}

/// Whether the spectral radius is at least `lo` and below `hi`.
fn radius_within(m: &DMatrix<Rational>, lo: &Rational, hi: &Rational) -> bool {
    // Rows and columns that touch nothing else have a polynomial of their own.
    let polynomials: Vec<Vec<Rational>> = separate(m)
        .into_iter()
        .map(|rows| {
            charpoly(&DMatrix::from_fn(rows.len(), rows.len(), |i, j| {
                m[(rows[i], rows[j])].clone()
            }))
        })
        .collect();
    let below = |r: &Rational| r.is_positive() && polynomials.iter().all(|p| roots_within(p, r));
    below(hi) && (!lo.is_positive() || !below(lo))
}

#[cfg(test)]
mod tests {
    use super::super::check;
    use super::*;
    use crate::certify::file::{About, CertificateFile};
    use crate::certify::system::{known, sentence};

    /// Half of θ's data is real, a quarter φ's, a quarter φ's curated (shift 1); half of φ's is θ's.
    const TWO: &str =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/loops/two.toml"));

    fn certified(text: &str, values: &[(&str, &str)]) -> CertificateFile {
        let file = LoopFile::parse(text, "here.toml").unwrap();
        let value = |(n, x): &(&str, &str)| ((*n).to_owned(), decimal(x).unwrap());
        let place = Place::new(file, values.iter().map(value).collect(), None).unwrap();
        let (known, certificate) = known(&place).unwrap();
        CertificateFile::new(About::System(text.into()), sentence(&known.facts), &certificate)
    }

    /// The certificate with something changed in its text.
    fn changed(file: &CertificateFile, from: &str, to: &str) -> CertificateFile {
        let text = file.text();
        assert!(text.contains(from), "{from} is not in {text}");
        CertificateFile::parse(&text.replacen(from, to, 1)).unwrap()
    }

    fn facts(file: &CertificateFile) -> &[Fact] {
        let crate::certify::Proof::System { facts, .. } = &file.proof else { panic!("facts") };
        facts
    }

    fn with_fact(file: &CertificateFile, k: usize, fact: Fact) -> CertificateFile {
        let mut file = file.clone();
        let crate::certify::Proof::System { facts, .. } = &mut file.proof else { panic!("facts") };
        facts[k] = fact;
        // The words follow, so that it is the enclosure that has to be noticed.
        file.proved = sentence(facts);
        file
    }

    /// θ = φ/2 + 1/4 and φ = θ/2, so θ* = 1/3, φ* = 1/6; J = [[0, 1/2], [1/2, 0]] has radius 1/2, the
    /// sequential round 1/4; S_p = S_q = 4/3; a = b = 1/2, κ = 3; h > 0 and C_q h > 0 are scalars, so
    /// both cosines are 1; dJ_p = 40/27, dJ_q = 20/27 (see `influence::pair`).
    #[test]
    fn two_scalars_by_hand() {
        let file = certified(TWO, &[]);
        let expected = [
            ("gamma_p", "1"),
            ("gamma_q", "1"),
            ("stable point, p[0]", "1/3"),
            ("stable point, q[0]", "1/6"),
            ("spectral radius of the simultaneous round", "1/2"),
            ("spectral radius of the sequential round p, q", "1/4"),
            ("dJ_p/dlambda", "40/27"),
            ("dJ_q/dlambda", "20/27"),
            ("a", "1/2"),
            ("b", "1/2"),
            ("kappa", "3"),
            ("m_p", "4/3"),
            ("|S_p|", "4/3"),
            ("m_q", "4/3"),
            ("|S_q|", "4/3"),
            ("rho_p", "1"),
            ("rho_q", "1"),
        ];
        let names: Vec<String> = facts(&file).iter().map(|f| f.quantity.name()).collect();
        assert_eq!(names, expected.map(|(name, _)| name));
        for (fact, (name, value)) in facts(&file).iter().zip(expected) {
            let ([lo, hi], value) = (fact.ends().unwrap(), decimal(value).unwrap());
            assert!(lo <= value && value <= hi, "{name}: [{lo}, {hi}]");
            // The norm of the power 2^30 is a radius to some billionths.
            let close = if name.contains("radius") { "1e-8" } else { "1e-12" };
            assert!((hi - lo) < decimal(close).unwrap(), "{name}");
        }
        let says: Vec<_> = facts(&file).iter().filter_map(Fact::says).collect();
        assert_eq!(says.iter().filter(|s| *s == "converges from every start").count(), 2);
        assert!(file.proved.contains("there is exactly one stable point"));
        assert!(file.proved.contains("dJ_q/dlambda: positive"));
        assert!(file.proved.contains("kappa: Theorem 3.6 says nothing here"));
        let confirmed = check(&file).unwrap();
        assert_eq!(confirmed.comparisons, 34);
    }

    #[test]
    fn what_was_changed_is_noticed() {
        let files = [
            certified(TWO, &[]),
            certified(crate::systems::shipped::ALL[1].text(), &[]),
            certified(crate::systems::shipped::ALL[2].text(), &[]),
        ];
        let small = decimal("1e-6").unwrap();
        for file in &files {
            check(file).unwrap();
            for (k, fact) in facts(file).iter().enumerate() {
                let [lo, hi] = fact.ends().unwrap();
                for shift in [&small + &hi - &lo, -(&small + &hi - &lo)] {
                    let text = |x: &Rational| (x + &shift).to_string();
                    let moved = Fact { lo: text(&lo), hi: text(&hi), ..fact.clone() };
                    assert!(
                        check(&with_fact(file, k, moved)).is_err(),
                        "{} {shift}",
                        fact.quantity.name()
                    );
                }
                let name = fact.quantity.name();
                let flipped =
                    Fact { lo: (-&hi).to_string(), hi: (-&lo).to_string(), ..fact.clone() };
                let zero = lo.is_zero() && hi.is_zero() || lo == -hi;
                assert!(zero || check(&with_fact(file, k, flipped)).is_err(), "{name}");
                let turned = Fact { lo: fact.hi.clone(), hi: fact.lo.clone(), ..fact.clone() };
                assert!(
                    fact.lo == fact.hi || check(&with_fact(file, k, turned)).is_err(),
                    "{name}"
                );
            }
        }
        let file = &files[0];
        for (from, to) in [
            // The words, the place, the loop.
            ("dJ_q/dlambda: positive", "dJ_q/dlambda: negative"),
            ("\"domain\": \"two\"", "\"domain\": \"three\""),
            ("weight = 0.25 }", "weight = 0.250001 }"),
            ("shift = [1]", "shift = [1.00001]"),
            ("raise = \\\"curated\\\"", "raise = \\\"real\\\""),
            ("\"entry\": 0", "\"entry\": 1"),
            ("\"influence\"", "\"norm\""),
            ("\"share\": null", "\"share\": \"0.26\""),
        ] {
            assert!(check(&changed(file, from, to)).is_err(), "{from} -> {to}");
        }
        let mut none = file.clone();
        let crate::certify::Proof::System { facts, .. } = &mut none.proof else { panic!("facts") };
        facts.clear();
        assert!(check(&none).is_err());
    }

    /// φ's data is 5θ and half of it: J = [[0, 1/2], [5/2, 0]], ρ² = 5/4. With -4 times: ρ = 1 exactly.
    /// With 4 times: 1 is an eigenvalue.
    #[test]
    fn what_is_not_known_is_not_said() {
        let with = |channel: &str| {
            TWO.replace(
                "from = \"p\", weight = 0.5",
                &format!("from = \"p\", weight = 0.5, channel = {channel}"),
            )
        };
        let known = |channel: &str| {
            let file = LoopFile::parse(&with(channel), "here.toml").unwrap();
            known(&Place::new(file, vec![], None).unwrap()).unwrap().0
        };
        let file = certified(&with("5"), &[]);
        assert!(
            file.proved.contains("does not converge, from almost every start"),
            "{}",
            file.proved
        );
        check(&file).unwrap();
        let at_one = known("-4");
        let told = at_one.not_shown.join("; ");
        assert!(
            told.contains("on which side of 1 spectral radius of the simultaneous round"),
            "{told}"
        );
        assert!(!sentence(&at_one.facts).contains("converge"));
        assert!(sentence(&at_one.facts).contains("exactly one stable point"));
        let singular = known("4");
        let told = singular.not_shown.join("; ");
        assert!(told.contains("that there is exactly one stable point"), "{told}");
        assert!(!sentence(&singular.facts).contains("stable point"));
    }

    #[test]
    fn definiteness_by_hand() {
        let m = |x: &[i64], n| {
            DMatrix::from_row_iterator(n, n, x.iter().map(|&x| Rational::from_integer(x.into())))
        };
        assert_eq!(definite(&m(&[2, 1, 1, 1], 2)), (true, true));
        // Rank one, an indefinite one that begins with zero, and a zero row.
        assert_eq!(definite(&m(&[1, 1, 1, 1], 2)), (true, false));
        assert_eq!(definite(&m(&[0, 1, 1, 5], 2)), (false, false));
        assert_eq!(definite(&m(&[0, 0, 0, 5], 2)), (true, false));
        assert_eq!(definite(&m(&[1, 2, 2, 1], 2)), (false, false));
        // [[1, 1], [1, -1]]: singular values √2.
        let x = |text: &str| decimal(text).unwrap();
        let turn = m(&[1, 1, 1, -1], 2);
        assert!(
            norm_within(&turn, &x("1.41"), &x("1.42"))
                && !norm_within(&turn, &x("1.4"), &x("1.41"))
        );
        assert!(
            !norm_within(&turn, &x("1.42"), &x("1.43"))
                && !norm_within(&turn, &x("-2"), &x("-1.5"))
        );
        // Two blocks that do not touch: 1/2 and a rotation by a right angle, times 3.
        let blocks = m(&[0, 0, -3, 0, 1, 0, 3, 0, 0], 3);
        assert_eq!(separate(&blocks), [vec![0, 2], vec![1]]);
        assert!(
            radius_within(&blocks, &x("3"), &x("3.01"))
                && !radius_within(&blocks, &x("2.9"), &x("3"))
        );
    }
}
