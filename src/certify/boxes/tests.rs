//! Covers against what is known by hand, and against exact arithmetic at random points.

use super::{Budget, Covered, Seen, cover, over_boxes, subdivide};
use crate::certify::sentence::Sentence;
use crate::claim::Claim;
use crate::conjecture::Conjecture;
use crate::theorems;

/// A conjecture about numbers in `[0, 1]`, or in the ranges given.
fn claim(assume: &[&str], claim: &str, ranges: &str) -> Claim {
    let ranges = if ranges.is_empty() { "x = [0, 1]\ny = [0, 1]" } else { ranges };
    let text = format!(
        "name = \"c\"\ntitle = \"C\"\nfamily = \"numbers\"\nassume = {assume:?}\nclaim = \"{claim}\"\n\
         [numbers]\n{ranges}\n"
    );
    Conjecture::parse(&text, "c.toml").unwrap().to_claim()
}

#[track_caller]
fn proved(assume: &[&str], says: &str, ranges: &str) -> String {
    match over_boxes(&claim(assume, says, ranges), Budget::default()).unwrap() {
        Covered::Proved(certificate) => certificate.summary(),
        other => panic!("{says}: {other:?}"),
    }
}

#[track_caller]
fn refuted(assume: &[&str], says: &str, ranges: &str) {
    let found = over_boxes(&claim(assume, says, ranges), Budget::default()).unwrap();
    assert!(matches!(found, Covered::Refuted(_)), "{says}: {found:?}");
}

#[track_caller]
fn open(assume: &[&str], says: &str, ranges: &str) -> String {
    match over_boxes(&claim(assume, says, ranges), Budget::default()) {
        Ok(Covered::Open(why)) | Err(why) => why,
        other => panic!("{says}: {other:?}"),
    }
}

#[test]
fn what_holds_is_proved_and_what_fails_is_refuted() {
    // The least value of x² - x + 0.26 is 0.01.
    assert!(proved(&[], "x^2 - x + 0.26 > 0", "").contains("x in [0, 1], y in [0, 1]"));
    refuted(&[], "x^2 - x + 0.24 > 0", "");
    // 0.25 is attained at a dyadic point, 1/9 at one that is none.
    proved(&[], "x^2 - x + 0.25 >= 0", "");
    refuted(&[], "x^2 - x + 0.25 > 0", "");
    proved(&[], "x^3 + y^3 >= 0", "");
    refuted(&[], "x * y < 1", "");
    proved(&["x < 1"], "x * y < 1", "");
    proved(&["x * y < 1"], "x^2 * y^2 < 1", "");
    // Divisors: 1/(1 - x) has no value at 1.
    proved(&["x < 1"], "1 / (1 - x) >= 1 + x", "");
    let why = open(&[], "1 / (1 - x) >= 1 + x", "");
    assert!(why.contains("undecided"), "{why}");
    // Equations: identities, and nothing else.
    proved(&[], "(x + y)^2 == x^2 + 2 * x * y + y^2", "");
    refuted(&[], "(x + y)^2 == x^2 + x * y + y^2", "");
}

#[test]
fn roots_maxima_and_alternatives() {
    proved(&[], "sqrt(x) >= x", "");
    proved(&[], "max(x, y) >= x * y", "");
    proved(&[], "abs(x - y) <= 1", "");
    refuted(&[], "abs(x - y) < 1", "");
    proved(&["x > y"], "max(x, y) * x > y * y", "");
    proved(&[], "min(x, y) <= x and max(x, y) >= y", "");
    proved(&["x > 0.6 or y > 0.6"], "x + y > 0.5", "");
    refuted(&["x > 0.6 or y > 0.4"], "x + y > 0.5", "");
    proved(&["not x < 0.5"], "x * x >= 0.25", "");
    refuted(&["not x < 0.4"], "x * x >= 0.25", "");
    proved(&["x >= 0.5"], "x * x >= 0.25", "");
    // A closed hypothesis holds on its edge: x = 1/2 is a counterexample.
    refuted(&["x <= 0.5"], "x < 0.5", "");
    proved(&["x == 0.5"], "x * 2 == 1", "");
}

#[test]
fn half_open_ranges_and_rims() {
    proved(&["x > 0", "y > 0"], "x * x * y > 0", "");
    proved(&["x > 0", "y < 1"], "x + x * y * y - x * y^3 > 0", "");
    refuted(&["x > 0"], "x * y > 0", "");
    proved(&["x > 0"], "x * (1 + y) > 0", "");
    // A rim that is no end of a range.
    proved(&["x > 0.1"], "x * y + x > 0.05", "");
}

#[test]
fn nothing_is_proved_of_nothing() {
    let why = open(&["x * y > x + y"], "x > 0", "");
    assert!(why.contains("nowhere") || why.contains("no point"), "{why}");
    // At a point alone: no box is decided, and none can be.
    let why = open(&["x^2 + y^2 <= 0.0000001 - 0.0000001"], "x > 0", "");
    assert!(why.contains("undecided") || why.contains("no point"), "{why}");
}

#[test]
fn what_is_left_is_named() {
    // 2/9 is not attained: x (1 - x) = 2/9 at 1/3 and 2/3, which are no decimals.
    let why = open(&[], "(x * (1 - x) - 2 / 9)^2 > 0", "");
    assert!(why.contains("x in [0.333, 0.667]"), "{why}");
}

/// Halving the unit interval and evaluating at an end are the same: b(1/2) by hand.
#[test]
fn subdivision_by_hand() {
    // 8x² has the coefficients 0, 0, 8; on [0, 1/2] 2x² has 0, 0, 2, on [1/2, 1] 2, 4, 8.
    let mut upper = vec![0, 0, 8];
    let mut lower = upper.clone();
    subdivide(&mut upper, &mut lower, (3, 1), super::floor_of_mean);
    assert_eq!((lower, upper), (vec![0, 0, 2], vec![2, 4, 8]));
    // Rounded down and up: the mean of 0 and 1, and of -1 and 0.
    assert_eq!([super::floor_of_mean(0, 1), super::ceiling_of_mean(0, 1)], [0, 1]);
    assert_eq!([super::floor_of_mean(-1, 0), super::ceiling_of_mean(-1, 0)], [-1, 0]);
}

#[test]
fn volumes_add_up() {
    let claim = claim(&["x + y < 1"], "x < 0.75", "");
    let layout = claim.domain().unwrap().layouts().remove(0);
    let sentence = Sentence::read(&claim, &layout).unwrap();
    let cover = cover(&sentence, Budget { boxes: 10_000, depth: 16 }).unwrap();
    let v = &cover.volumes;
    let one = num_rational::BigRational::from_integer(1.into());
    assert_eq!(&v.proved + &v.vacuous + &v.refuted + &v.undecided, one);
    // x + y < 1 and x >= 0.75 has the area 1/32, x + y >= 1 has 1/2.
    let near = |x: &num_rational::BigRational, y: f64, by: f64| {
        let x = num_traits::ToPrimitive::to_f64(x).unwrap();
        assert!(y - by <= x && x <= y + 1e-12, "{x} {y}");
    };
    near(&v.refuted, 1.0 / 32.0, 0.01);
    near(&v.vacuous, 0.5, 0.02);
    near(&v.proved, 0.5 - 1.0 / 32.0, 0.02);
    assert_eq!(cover.leaves[Seen::Open as usize], cover.tree.matches('?').count() as u64);
}

/// Every derived claim over ranges is proved, and every control over ranges refuted.
#[test]
fn claims_over_ranges() {
    let mut seen = [0, 0];
    for entry in theorems::ALL {
        let boxes = |c: &Claim| c.domain().is_some_and(|d| d.is_boxes());
        for claim in entry.theorem.claims().into_iter().filter(boxes) {
            let found = over_boxes(&claim, Budget::default());
            assert!(matches!(found, Ok(Covered::Proved(_))), "{}: {found:?}", claim.id);
            seen[0] += 1;
        }
        for control in entry.theorem.controls() {
            if boxes(&control.claim) {
                let found = over_boxes(&control.claim, Budget::default());
                println!("{}: {found:?}", control.claim.id);
                assert!(!matches!(found, Ok(Covered::Proved(_))), "{}", control.claim.id);
                seen[1] += 1;
            }
        }
    }
    assert!(seen[0] >= 15 && seen[1] >= 14, "{seen:?}");
}
