//! What is drawn into the lanes.
//!
//! Entries lie on short binary grids, so that products of a few of them are exact in the lanes and the
//! system that a lane holds is the point that is rebuilt from it, to the bit. Three numbers come out of
//! one word of 32 random bits.

use super::number::{Grid, exponent, step};
use super::program::{Id, Lane, Registers};
use crate::conjecture::declared::Entries;
use crate::conjecture::linear::{Linear, Signs};
use crate::point::Point;
use nalgebra::{DMatrix, DVector};
use rand::Rng;
use rand_xoshiro::Xoshiro256PlusPlus;

/// Where a drawn number goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    J(usize, usize),
    B(usize),
    GradientP(usize),
    GradientQ(usize),
}

/// Values of one number before signs, zeros and scaling.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Values {
    /// Odd multiples of `q`, from `-1023 q` to `1023 q`; none is zero.
    Odd { q: f64 },
    /// `k / per` for whole `k` from `-most` to `most`.
    Whole { most: u32, per: f64 },
}

/// What becomes of a sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Any,
    None,
    /// That of the product of the signs of two models.
    Product(usize, usize),
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    place: Place,
    values: Values,
    sign: Sign,
    grid: Option<Grid>,
}

/// Scales of whole matrices: `least + k * step`, `k` below 256, at most 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scales {
    least: f64,
    step: f64,
}

/// Numbers of one shape that are drawn.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    sizes: Vec<usize>,
    entries: Vec<Entry>,
    /// Whether couplings are zero in some batches.
    sparse: bool,
    /// By the number of quarters of the couplings that are zero; `None` where matrices are not scaled.
    scales: Option<[Scales; 3]>,
}

/// Three of four batches are scaled, as three of four points of the family are.
fn is_scaled(batch: u64) -> bool {
    !batch.is_multiple_of(4)
}

/// The largest step for which 1023 of them are at most `largest`, of at most three bits.
fn odd_step(largest: f64) -> f64 {
    let ideal = largest / 1023.0;
    let power = 2.0_f64.powi(exponent(ideal));
    (ideal / power * 4.0).floor() / 4.0 * power
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn values(entries: Entries, largest: f64) -> Values {
    match entries {
        Entries::Real => Values::Odd { q: odd_step(largest) },
        Entries::Integers => Values::Whole { most: largest.floor() as u32, per: 1.0 },
        Entries::Tenths => Values::Whole { most: (largest * 10.0).floor() as u32, per: 10.0 },
    }
}

impl Plan {
    /// What is drawn of a family at one shape.
    pub(super) fn new(family: &Linear, sizes: &[usize]) -> Self {
        let owners: Vec<usize> = sizes.iter().enumerate().flat_map(|(k, n)| vec![k; *n]).collect();
        let d = owners.len();
        let couples = |r: usize, c: usize| owners[r] != owners[c] || family.self_terms;
        let places = (0..d).flat_map(|r| (0..d).map(move |c| (r, c)));
        let coupled: Vec<(usize, usize)> = places.filter(|&(r, c)| couples(r, c)).collect();
        let coupling = values(family.entries, family.largest);
        let real = family.entries == Entries::Real;
        // A row's sum of products in units of an entry of size 1.
        let mean = coupled.len() as f64 / d as f64;
        let signed = family.signs == Signs::Any;
        let spread = |density: f64| {
            let row = mean * density;
            let size = if signed { (row / 3.0).sqrt() } else { row / 2.0 };
            (size * family.largest).max(1e-3)
        };
        let scales = (real && (d > 2 || spread(1.0) > 2.5)).then(|| {
            // All on one grid: that of the largest.
            let top = (family.radius[1] / spread(0.5)).min(1.0);
            let unit = 2.0_f64.powi(exponent(top) - 11);
            [1.0, 0.75, 0.5].map(|density| {
                let [lo, hi] = family.radius.map(|r| (r / spread(density)).min(1.0));
                let step = ((hi - lo) / 255.0 / unit).ceil() * unit;
                Scales { least: (lo / unit).floor() * unit, step }
            })
        });
        let grid = |values: Values, scale: f64| match values {
            Values::Odd { q } => {
                Some(Grid { most: 1023.0 * q, step: step(q) + step(scale).min(0) })
            }
            Values::Whole { most, per: 1.0 } => Some(Grid { most: f64::from(most), step: 0 }),
            Values::Whole { .. } => None,
        };
        let finest = scales.map_or(1.0, |all| {
            let steps = all.map(|s| [s.least, s.step]).concat();
            let steps = steps.into_iter().filter(|x| *x > 0.0).map(step);
            2.0_f64.powi(steps.min().unwrap_or(0).min(0))
        });
        let mut entries: Vec<Entry> = coupled
            .into_iter()
            .map(|(r, c)| {
                let sign = match family.signs {
                    Signs::Any => Sign::Any,
                    Signs::Balanced if owners[r] != owners[c] => {
                        Sign::Product(owners[r], owners[c])
                    }
                    Signs::NonNegative | Signs::Balanced => Sign::None,
                };
                let grid = grid(coupling, finest);
                Entry { place: Place::J(r, c), values: coupling, sign, grid }
            })
            .collect();
        let free = values(family.entries, family.largest.max(1.0));
        let other = sizes.get(1).copied().unwrap_or(1);
        let vectors = (0..sizes[0])
            .map(Place::B)
            .chain((0..sizes[0]).map(Place::GradientP))
            .chain((0..other).map(Place::GradientQ));
        entries.extend(vectors.map(|place| Entry {
            place,
            values: free,
            sign: Sign::Any,
            grid: grid(free, 1.0),
        }));
        Plan { sizes: sizes.to_vec(), entries, sparse: d > 2, scales }
    }

    fn find(&self, place: Place) -> Option<(u32, Option<Grid>)> {
        let k = self.entries.iter().position(|e| e.place == place)?;
        Some((u32::try_from(k).ok()?, self.entries[k].grid))
    }

    /// Number and grid of a coupling; `None` where it is zero.
    pub(super) fn entry(&self, r: usize, c: usize) -> Option<(u32, Option<Grid>)> {
        self.find(Place::J(r, c))
    }

    /// Numbers and grids of a vector; `None` for a name that is none.
    pub(super) fn vector(&self, name: &str) -> Option<Vec<(u32, Option<Grid>)>> {
        let (place, n): (fn(usize) -> Place, _) = match name {
            "b" => (Place::B, self.sizes[0]),
            "g_p" => (Place::GradientP, self.sizes[0]),
            "g_q" => (Place::GradientQ, self.sizes.get(1).copied().unwrap_or(1)),
            _ => return None,
        };
        (0..n).map(|k| self.find(place(k))).collect()
    }

    /// The point that lane `lane` holds. What the program does not read is 0 in `J` and 1 in vectors.
    pub(super) fn point<T: Lane, const W: usize>(
        &self,
        inputs: &[(u32, Id)],
        registers: &Registers<T, W>,
        lane: usize,
    ) -> Point<f64> {
        let count = self.sizes.len();
        let d: usize = self.sizes.iter().sum();
        let other = self.sizes.get(1).copied().unwrap_or(1);
        let mut j = DMatrix::zeros(d, d);
        let mut b = DVector::from_element(self.sizes[0], 1.0);
        let (mut g_p, mut g_q) = (b.clone(), DVector::from_element(other, 1.0));
        for (number, id) in inputs {
            let x = registers.at(*id)[lane].wide();
            match self.entries[*number as usize].place {
                Place::J(r, c) => j[(r, c)] = x,
                Place::B(k) => b[k] = x,
                Place::GradientP(k) => g_p[k] = x,
                Place::GradientQ(k) => g_q[k] = x,
            }
        }
        let sizes = DVector::from_iterator(count, self.sizes.iter().map(|n| *n as f64));
        Point::new()
            .with_vector("sizes", sizes)
            .with_matrix("J", j)
            .with_vector("b", b)
            .with_vector("g_p", g_p)
            .with_vector("g_q", g_q)
    }
}

/// Vectors of generators, one a lane: xoshiro256++ (Blackman and Vigna 2019).
struct Streams<const L: usize> {
    s: [[u64; L]; 4],
}

impl<const L: usize> Streams<L> {
    fn new(rng: &mut Xoshiro256PlusPlus) -> Self {
        Streams { s: std::array::from_fn(|_| std::array::from_fn(|_| rng.next_u64())) }
    }

    /// Fills `out` with random words, both halves of each generator's.
    #[allow(clippy::cast_possible_truncation, reason = "halves of a word")]
    #[inline(always)]
    fn fill<const W: usize>(&mut self, out: &mut [u32; W]) {
        let [a, b, c, d] = &mut self.s;
        for part in out.chunks_exact_mut(2 * L) {
            let (low, high) = part.split_at_mut(L);
            for k in 0..L {
                let x = a[k].wrapping_add(d[k]).rotate_left(23).wrapping_add(a[k]);
                low[k] = x as u32;
                high[k] = (x >> 32) as u32;
                let t = b[k] << 17;
                c[k] ^= a[k];
                d[k] ^= b[k];
                b[k] ^= c[k];
                a[k] ^= d[k];
                c[k] ^= t;
                d[k] = d[k].rotate_left(45);
            }
        }
    }
}

/// Where in the random words a number is.
#[derive(Clone, Copy)]
struct Field {
    entry: Entry,
    register: Id,
    word: usize,
    shift: u32,
}

/// Draws batch after batch.
pub(super) struct Draws<const W: usize> {
    streams: Streams<32>,
    words: Vec<Box<[u32; W]>>,
    fields: Vec<Field>,
    scales: Option<[Scales; 3]>,
    sparse: bool,
    /// The words of scales and of signs.
    scale: usize,
    signs: usize,
}

impl<const W: usize> Draws<W> {
    /// Of the inputs that a program reads, from the streams that `rng` starts.
    pub(super) fn new(plan: &Plan, inputs: &[(u32, Id)], rng: &mut Xoshiro256PlusPlus) -> Self {
        let mut words = 0;
        // Bits of the word before that are not used yet.
        let mut left = 0;
        let fields: Vec<Field> = inputs
            .iter()
            .map(|&(number, register)| {
                let entry = plan.entries[number as usize];
                // Ten bits and two for zeros; whole numbers take a word.
                let bits = match entry.values {
                    Values::Odd { .. } if plan.sparse => 12,
                    Values::Odd { .. } => 10,
                    Values::Whole { .. } => 32,
                };
                if left < bits {
                    words += 1;
                    left = 32;
                }
                left -= bits;
                Field { entry, register, word: words - 1, shift: 32 - left - bits }
            })
            .collect();
        let signed = fields.iter().any(|f| matches!(f.entry.sign, Sign::Product(..)));
        let scale = words;
        words += usize::from(plan.scales.is_some());
        let signs = words;
        words += usize::from(signed);
        Draws {
            streams: Streams::new(rng),
            words: (0..words).map(|_| Box::new([0; W])).collect(),
            fields,
            scales: plan.scales,
            sparse: plan.sparse,
            scale,
            signs,
        }
    }

    /// Draws one number a lane into each input's register.
    #[allow(clippy::cast_possible_wrap, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    #[inline(always)]
    pub(super) fn fill<T: Lane>(&mut self, r: &mut Registers<T, W>, batch: u64) {
        for word in &mut self.words {
            self.streams.fill(word);
        }
        // No zeros in most batches of scalars and pairs: none of their numbers is zero.
        let zeros = if self.sparse { (batch / 4 % 3) as u32 } else { 0 };
        let scales = self.scales.filter(|_| is_scaled(batch)).map(|s| s[zeros as usize]);
        let one = T::of(1.0);
        for f in &self.fields {
            let words = &self.words[f.word];
            let out = r.at_mut(f.register);
            match f.entry.values {
                Values::Odd { q } => {
                    let (twice, most) = (T::of(2.0 * q), T::of(1023.0 * q));
                    for (x, w) in out.iter_mut().zip(words.iter()) {
                        *x = T::whole((w >> f.shift & 1023) as i32) * twice - most;
                    }
                }
                Values::Whole { most, per } => {
                    let options = u64::from(2 * most + 1);
                    let (most, per) = (most as i32, T::of(per));
                    for (x, w) in out.iter_mut().zip(words.iter()) {
                        let k = ((u64::from(*w) * options) >> 32) as i32 - most;
                        *x = T::whole(k) / per;
                    }
                }
            }
            match f.entry.place {
                Place::J(..) => {}
                // A vector's first entry is never zero, so no vector is.
                Place::B(0) | Place::GradientP(0) | Place::GradientQ(0) => {
                    for x in out.iter_mut() {
                        *x = if x.abs() > T::of(0.0) { *x } else { one };
                    }
                    continue;
                }
                _ => continue,
            }
            if f.entry.sign != Sign::Any {
                for x in out.iter_mut() {
                    *x = x.abs();
                }
            }
            if let Sign::Product(i, j) = f.entry.sign {
                for (x, w) in out.iter_mut().zip(self.words[self.signs].iter()) {
                    *x = if (w >> i ^ w >> j) & 1 == 1 { -*x } else { *x };
                }
            }
            if zeros > 0 {
                let shift = if matches!(f.entry.values, Values::Odd { .. }) { 10 } else { 0 };
                for (x, w) in out.iter_mut().zip(words.iter()) {
                    *x = if w >> (f.shift + shift) & 3 < zeros { T::of(0.0) } else { *x };
                }
            }
            if let Some(Scales { least, step }) = scales {
                let (least, step) = (T::of(least), T::of(step));
                for (x, w) in out.iter_mut().zip(self.words[self.scale].iter()) {
                    let scale = least + T::whole((w & 255) as i32) * step;
                    *x = *x * if scale > one { one } else { scale };
                }
            }
        }
    }
}
