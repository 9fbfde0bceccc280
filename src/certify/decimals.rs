//! Numbers as certificates print them: decimals that are exact, or on the safe side.

use crate::scalar::{Interval, shortest};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, Zero};

/// The shortest decimal of a double that is not above `x`; `None` unless `x` is finite.
pub(super) fn below(x: f64) -> Option<BigRational> {
    let exact = BigRational::from_float(x)?;
    // What rounds to the double below is below what lies half-way.
    shortest(x).filter(|d| *d <= exact).or_else(|| shortest(x.next_down()))
}

/// The shortest decimal of a double that is not below `x`; `None` unless `x` is finite.
pub(super) fn above(x: f64) -> Option<BigRational> {
    below(-x).map(|d| -d)
}

/// Both ends of an enclosure, rounded outward; `None` where one is infinite.
pub(super) fn outward(x: Interval) -> Option<[BigRational; 2]> {
    Some([below(x.lo())?, above(x.hi())?])
}

/// The number itself: a decimal where it has one, else a fraction.
pub(crate) fn text(x: &BigRational) -> String {
    let (mut rest, mut powers) = (x.denom().clone(), [0_u32; 2]);
    for (prime, power) in [2, 5].into_iter().zip(&mut powers) {
        let prime = BigInt::from(prime);
        while (&rest % &prime).is_zero() {
            rest /= &prime;
            *power += 1;
        }
    }
    if !rest.is_one() {
        return x.to_string();
    }
    let places = powers[0].max(powers[1]);
    let scaled = x * BigRational::from_integer(BigInt::from(10).pow(places));
    let places = places as usize;
    let digits = format!("{:0>1$}", scaled.to_integer().abs().to_string(), places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if x.is_negative() { "-" } else { "" };
    if places == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::decimal;
    use crate::search::generator;
    use rand::RngExt;

    #[test]
    fn decimals_read_back() {
        for x in ["0", "-0.05", "12", "0.86215275208", "1/3", "-7/12", "1/1024", "-1000.5", "1e-30"]
        {
            let x = decimal(x).unwrap();
            assert_eq!(decimal(&text(&x)), Some(x.clone()), "{x}");
        }
        assert_eq!(text(&decimal("-1/20").unwrap()), "-0.05");
        assert_eq!(text(&decimal("1/3").unwrap()), "1/3");
        assert_eq!(text(&decimal("-1200").unwrap()), "-1200");
    }

    #[test]
    fn ends_are_on_the_safe_side_and_next_to_it() {
        let rng = &mut generator(5, 0);
        for _ in 0..2000 {
            let x: f64 = rng.random_range(-1.0..1.0) * 10f64.powi(rng.random_range(-20..20));
            let exact = BigRational::from_float(x).unwrap();
            let [lo, hi] = outward(Interval::point(x)).unwrap();
            assert!(lo <= exact && exact <= hi, "{x:e}");
            let gap = BigRational::from_float(2.0 * (x.next_up() - x)).unwrap();
            assert!(&hi - &lo <= gap, "{x:e}");
        }
        assert_eq!(outward(Interval::point(0.5)), Some(["0.5"; 2].map(|x| decimal(x).unwrap())));
        assert_eq!(outward(Interval::WHOLE), None);
    }
}
