//! How finely the numbers of a log are written, hence how far each may be off.

/// How finely the numbers of a column are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// The most decimals of a number; fewer than none of `1e3`.
    pub decimals: i32,
    /// The most significant digits of a number.
    pub digits: i32,
}

/// How finely the columns of the state and the outcomes are written, in their order; what is not
/// listed is doubles to the last bit. Shares are settings and taken as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Precision {
    /// Of each column of the state.
    pub columns: Vec<Written>,
    /// Of each outcome.
    pub outcomes: Vec<Written>,
}

impl Written {
    /// Doubles, to the last bit.
    pub const DOUBLE: Written = Written { decimals: i32::MAX, digits: i32::MAX };

    /// Of one number, as its text has it.
    pub(super) fn of(text: &str) -> Written {
        let lower = text.to_ascii_lowercase();
        let (mantissa, exponent) = lower.split_once('e').unwrap_or((&lower, "0"));
        let length = |count: usize| i32::try_from(count).unwrap_or(i32::MAX);
        let fraction = mantissa.split_once('.').map_or(0, |(_, f)| f.len());
        let digits = mantissa.chars().filter(char::is_ascii_digit).skip_while(|c| *c == '0');
        let exponent = exponent.parse::<i32>().unwrap_or(0);
        Written {
            decimals: length(fraction).saturating_sub(exponent),
            digits: length(digits.count()),
        }
    }

    /// The finer of both.
    pub(super) fn or_finer(self, other: Written) -> Written {
        Written {
            decimals: self.decimals.max(other.decimals),
            digits: self.digits.max(other.digits),
        }
    }

    /// How far `x` may be from the number that it was rounded from, to the nearest.
    ///
    /// Programs write a fixed number of decimals or of significant digits, and drop zeros at the end;
    /// which is not known, so the larger error of the two counts, and no less than that of a double.
    pub fn error(self, x: f64) -> f64 {
        let half = |place: i32| 0.5 * 10.0_f64.powi(place);
        // As an integer: the decimal exponent of any double.
        #[allow(clippy::cast_possible_truncation)]
        let leading = if x == 0.0 { i32::MIN } else { x.abs().log10().floor() as i32 };
        let fixed = half(self.decimals.saturating_neg());
        let floating = half(leading.saturating_add(1).saturating_sub(self.digits));
        fixed.max(floating).max(0.5 * f64::EPSILON * x.abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    /// `-0.0120` has four decimals and the three digits 1, 2, 0; `1.5e-3` = 0.0015 has four and two;
    /// `2e3` is a whole number of thousands: minus three decimals, one digit.
    #[test]
    fn decimals_and_digits_by_hand() {
        let of = |text| (Written::of(text).decimals, Written::of(text).digits);
        assert_eq!(of("-0.0120"), (4, 3));
        assert_eq!(of("1.5E-3"), (4, 2));
        assert_eq!(of("2e3"), (-3, 1));
        assert_eq!(of("+17"), (0, 2));
        assert_eq!(of("0"), (0, 0));
    }

    /// With two decimals 3.15 is off by 0.005 at most, 0.02 too. With three significant digits 314
    /// is off by 1/2, 0.0314 by 0.00005; a column with both has at most four decimals and three
    /// digits, so 314 is off by 1/2, and 0.0314 by 0.00005.
    #[test]
    fn errors_by_hand() {
        let fixed = Written::of("3.15").or_finer(Written::of("0.02"));
        assert_relative_eq!(fixed.error(3.15), 0.005);
        assert_relative_eq!(fixed.error(0.02), 0.005);
        let floating = Written::of("314").or_finer(Written::of("0.0314"));
        assert_relative_eq!(floating.error(314.0), 0.5);
        assert_relative_eq!(floating.error(0.0314), 0.00005);
        assert_relative_eq!(Written::DOUBLE.error(-3.0), 1.5 * f64::EPSILON);
        assert!(Written::DOUBLE.error(0.0) <= 0.0);
    }
}
