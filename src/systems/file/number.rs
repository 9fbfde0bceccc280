//! Exact rationals as text.

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{ToPrimitive, Zero};

/// Bounds on what is read: beyond them a number cannot come from a double, and a few
/// characters (`1e999999999`) would ask for gigabytes.
const LONGEST: usize = 1100;
const LARGEST_EXPONENT: u32 = 400;

/// The rational that a decimal or `p/q` says; `None` if it says none, or none in the range of
/// doubles.
pub(super) fn rational(text: &str) -> Option<BigRational> {
    if text.len() > LONGEST {
        return None;
    }
    let value = match text.split_once('/') {
        None => decimal(text)?,
        Some((p, q)) => {
            let (p, q) = (decimal(p.trim_end())?, decimal(q.trim_start())?);
            if q.is_zero() {
                return None;
            }
            p / q
        }
    };
    // What rounds to zero or infinity would be another loop in floating point.
    let float = value.to_f64()?;
    (float.is_finite() && (float != 0.0 || value.is_zero())).then_some(value)
}

fn decimal(text: &str) -> Option<BigRational> {
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    if exponent.unsigned_abs() > LARGEST_EXPONENT {
        return None;
    }
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse::<BigInt>().ok()?;
    let shift = exponent - i32::try_from(fraction.len()).ok()?;
    let power = BigRational::from_integer(BigInt::from(10)).pow(shift);
    Some(BigRational::from_integer(digits) * power)
}

/// The shortest decimal that rounds to `x`. A double stands for that decimal here and in the
/// confirmation of a witness: 0.1 is one tenth.
pub(super) fn decimal_text(x: f64) -> String {
    format!("{x:?}")
}

/// For messages: a short decimal, else `p/q`, else about how much it is.
pub(super) fn show(r: &BigRational) -> String {
    let near = r.to_f64().unwrap_or(f64::NAN);
    if rational(&near.to_string()).as_ref() == Some(r) {
        return near.to_string();
    }
    let fraction = r.to_string();
    if fraction.len() <= 24 { fraction } else { format!("about {near}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_and_fractions_are_exact() {
        let ratio = |p: i64, q: i64| Some(BigRational::new(p.into(), q.into()));
        for (text, expected) in [
            ("0.1", ratio(1, 10)),
            ("-2.50e-1", ratio(-1, 4)),
            ("+3E2", ratio(300, 1)),
            ("-0.5", ratio(-1, 2)),
            ("3/5", ratio(3, 5)),
            ("-1.5 / 2", ratio(-3, 4)),
            ("1/0", None),
            ("1e401", None),
            ("1e308/1e-308", None),
            ("1e-330", None),
            ("0e-330", ratio(0, 1)),
            ("half", None),
            (".+5", None),
            ("", None),
        ] {
            assert_eq!(rational(text), expected, "{text}");
        }
    }

    #[test]
    fn text_of_a_double_reads_back_to_the_bit() {
        for x in [0.1, 1.0 / 1024.0, 1.0 - f64::EPSILON, 5e-324, f64::MAX, -1e22, 0.0] {
            let back = rational(&decimal_text(x)).and_then(|r| r.to_f64());
            assert_eq!(back.map(f64::to_bits), Some(x.to_bits()), "{x:?}");
        }
        assert_eq!(decimal_text(0.1), "0.1");
    }
}
