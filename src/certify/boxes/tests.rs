//! Covers against what is known by hand, and against exact arithmetic at random points.

use super::{Budget, Covered, Seen, cover, over_boxes, subdivide};
use crate::certify::check::check;
use crate::certify::file::{About, CertificateFile};
use crate::certify::sentence::Sentence;
use crate::certify::{Proof, Span};
use crate::claim::Claim;
use crate::conjecture::Conjecture;
use crate::domain::Domain;
use crate::theorems;

/// A conjecture about numbers in `[0, 1]`, or in the ranges given.
fn text(assume: &[&str], claim: &str, ranges: &str) -> String {
    let ranges = if ranges.is_empty() { "x = [0, 1]\ny = [0, 1]" } else { ranges };
    format!(
        "name = \"c\"\ntitle = \"C\"\nfamily = \"numbers\"\nassume = {assume:?}\nclaim = \"{claim}\"\n\
         [numbers]\n{ranges}\n"
    )
}

fn claim(assume: &[&str], claim: &str, ranges: &str) -> Claim {
    Conjecture::parse(&text(assume, claim, ranges), "c.toml").unwrap().to_claim()
}

#[track_caller]
fn proved(assume: &[&str], says: &str, ranges: &str) -> String {
    let file = certificate(assume, says, ranges);
    let found = check(&file).unwrap_or_else(|why| panic!("{says}: {why}"));
    assert!(found.comparisons >= file.comparisons);
    file.domain
}

fn certificate(assume: &[&str], says: &str, ranges: &str) -> CertificateFile {
    let text = text(assume, says, ranges);
    let conjecture = Conjecture::parse(&text, "c.toml").unwrap();
    match over_boxes(&conjecture.to_claim(), Budget::default()).unwrap() {
        Covered::Proved(proof) => {
            CertificateFile::new(About::Conjecture(text), conjecture.sentence(), &proof)
        }
        other => panic!("{says}: {other:?}"),
    }
}

/// Makes the certificate one of another conjecture, with the words that belong to it.
fn about(file: &mut CertificateFile, text: String) {
    file.proved = Conjecture::parse(&text, "c.toml").unwrap().sentence();
    file.about = About::Conjecture(text);
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
    // A hypothesis with a pole: where x < 0.3 it holds.
    refuted(&["1 / (x - 0.3) < 1"], "x >= 0.31", "");
    // No value at 0, though nothing of the divisor is left.
    open(&[], "x * (1 / x) == 1", "");
    open(&[], "0 * (1 / x) == 0", "");
    proved(&["x > 0"], "x * (1 / x) == 1", "");
    // Equality at (0, 0), where the hypothesis says no more than that nothing is negative.
    refuted(&["x >= y"], "x - y + x * y > 0", "");
    // At (1/3, 0), which no decimals name.
    let why = open(&["3 * x >= 1"], "3 * x - 1 + y > 0", "");
    assert!(why.contains("undecided"), "{why}");
    proved(&["3 * x > 1"], "3 * x - 1 + y > 0", "");
    // A square of what a hypothesis says is negative.
    proved(&["x < 0.5"], "(x - 0.5)^2 * (1 + y) > 0", "");
    refuted(&["x < 0.5"], "(x - 0.5)^2 * (1 + y) < 0", "");
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
    proved(&["x > y"], "max(x, y) * (x + 0.1) > y * (y + 0.1)", "");
    proved(&[], "max(x, y) * (x + 2) >= x * y", "");
    refuted(&[], "max(x, y) * (x + 2) >= x * y + 0.1", "");
    proved(&[], "min(x, y) <= x and max(x, y) >= y", "");
    proved(&["x > 0.6 or y > 0.6"], "x + y > 0.5", "");
    refuted(&["x > 0.6 or y > 0.4"], "x + y > 0.5", "");
    proved(&["not x < 0.5"], "x * x >= 0.25", "");
    refuted(&["not x < 0.4"], "x * x >= 0.25", "");
    refuted(&["not x < 0.5"], "x > 0.5", "");
    // (y - 2)^2 is more than x, and y - 2 is negative.
    refuted(&[], "sqrt(x) <= y - 2", "");
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
    let why = open(&["x * x * y - x * y > 0.001"], "x > 1", "");
    assert!(why.contains("nowhere"), "{why}");
    // At one point alone, which breaks it.
    refuted(&["x^2 + y^2 <= 0.1 - 0.1"], "x > 0", "");
}

/// A margin that vanishes on an edge: the same boxes do not prove that it is positive.
#[test]
fn an_edge_is_not_inside() {
    let mut file = certificate(&["x > 0"], "x * y >= 0", "");
    about(&mut file, text(&["x > 0"], "x * y > 0", ""));
    assert!(check(&file).unwrap_err().contains("not confirmed"));
    about(&mut file, text(&["x > 0", "y > 0"], "x * y > 0", ""));
    let Proof::Boxes { example, .. } = &mut file.proof else { panic!("{:?}", file.proof) };
    *example = example.clone().with("x", 0.5).with("y", 0.5);
    check(&file).unwrap();
}

/// What comes with the program: some that are proved, and some that are refuted.
#[test]
fn bundled_conjectures() {
    let (mut proved, mut refuted) = (Vec::new(), Vec::new());
    for bundled in crate::conjecture::bundled::ALL {
        let conjecture = Conjecture::parse(bundled.text, bundled.name).unwrap();
        match over_boxes(&conjecture.to_claim(), Budget { boxes: 20_000, depth: 40 }) {
            Ok(Covered::Proved(proof)) => {
                let about = About::Conjecture(bundled.text.into());
                let file = CertificateFile::new(about, conjecture.sentence(), &proof);
                check(&file).unwrap_or_else(|why| panic!("{}: {why}", bundled.name));
                proved.push(bundled.name);
            }
            Ok(Covered::Refuted(_)) => refuted.push(bundled.name),
            Ok(Covered::Open(_)) | Err(_) => {}
        }
    }
    for name in ["kappa-bounds-every-order", "self-never-inverts-stable-alone-2", "cross-sign-two"]
    {
        assert!(proved.contains(&name), "{name}: {proved:?}");
    }
    for name in ["kappa-at-least-one-diverges", "kappa-third-term-largest", "sequential-converges"]
    {
        assert!(refuted.contains(&name), "{name}: {refuted:?}");
    }
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
    // x + y < 1 and x >= 0.75 has the area 1/32. Where both x < 0.75 and x + y >= 1 a box may be counted
    // either way: what x < 0.75 and x + y < 1 have is 1/2 - 1/32, what the others have 1/4 - 1/32.
    let share = |x: &num_rational::BigRational| num_traits::ToPrimitive::to_f64(x).unwrap();
    assert!((1.0 / 32.0 - 0.01..=1.0 / 32.0).contains(&share(&v.refuted)), "{v:?}");
    assert!((0.5 - 1.0 / 32.0 - 0.01..=0.75).contains(&share(&v.proved)), "{v:?}");
    assert!((0.25 - 1.0 / 32.0 - 0.01..=0.5).contains(&share(&v.vacuous)), "{v:?}");
    assert!(share(&v.undecided) < 0.02, "{v:?}");
    assert_eq!(cover.leaves[Seen::Open as usize], cover.tree.matches('?').count() as u64);
}

/// Boxes of which none decides the whole: the margin at (1/3, 2/3) is 0.001.
const CURVED: &str = "(3 * x - 1)^2 + (3 * y - 2)^2 + 0.001 > 0";

fn curved() -> CertificateFile {
    certificate(&["x + y > 0.3"], CURVED, "")
}

#[test]
fn altered_certificates_do_not_hold() {
    let file = curved();
    assert!(check(&file).is_ok());
    let altered = |change: &mut dyn FnMut(&mut CertificateFile)| {
        let mut file = file.clone();
        change(&mut file);
        file
    };
    let Proof::Boxes { covers, example } = &file.proof else { panic!("{:?}", file.proof) };
    let tree = &covers[0].tree;
    assert!(tree.len() > 20, "{tree}");
    let with = |tree: String| {
        let mut covers = covers.clone();
        covers[0].tree = tree;
        let proof = Proof::Boxes { covers, example: example.clone() };
        check(&altered(&mut |f| f.proof = proof.clone())).unwrap_err()
    };
    // A box less, a box more, a box too large, a letter of no axis, a box that nobody decided.
    assert!(with(tree[..tree.len() - 1].into()).contains("missing"));
    assert!(with(format!("{tree}+")).contains("does not end"));
    assert!(with("+".into()).contains("not confirmed"));
    // The deepest pair of boxes as one.
    let depth = |at: usize| tree[..at].matches(char::is_alphabetic).count();
    let pairs = tree.match_indices("++").map(|(at, _)| at);
    let at =
        pairs.filter(|at| tree[..*at].ends_with(char::is_alphabetic)).max_by_key(|at| depth(*at));
    let at = at.unwrap();
    let parent = format!("{}+{}", &tree[..at - 1], &tree[at + 2..]);
    let merged = with(parent);
    assert!(merged.contains("not confirmed"), "{tree}: {merged}");
    // Another axis halved: a shifted split.
    let turned: String = tree.chars().map(|c| if c == 'a' { 'b' } else { c }).collect();
    assert!(with(turned).contains("not confirmed"));
    assert!(with(tree.replacen('a', "c", 1)).contains("no part"));
    assert!(with(tree.replacen('+', "?", 1)).contains("no part"));
    assert!(with(String::new()).contains("missing"));
    // Other ranges than the claim's, a name too few, another claim, an example outside the hypotheses.
    let ranged = |change: &dyn Fn(&mut Vec<Span>)| {
        let mut covers = covers.clone();
        change(&mut covers[0].ranges);
        let proof = Proof::Boxes { covers, example: example.clone() };
        check(&altered(&mut |f| f.proof = proof.clone())).unwrap_err()
    };
    assert!(ranged(&|r| r[0].greatest = "1/2".into()).contains("the claim is about"));
    assert!(ranged(&|r| drop(r.pop())).contains("the claim is about"));
    assert!(ranged(&|r| r[1].name = "z".into()).contains("the claim is about"));
    let about = |assume: &[&str], says: &str, ranges: &str| {
        check(&altered(&mut |f| about(f, text(assume, says, ranges)))).unwrap_err()
    };
    let says = CURVED;
    assert!(about(&["x + y > 0.3"], says, "x = [0, 2]\ny = [0, 1]").contains("the claim is about"));
    for less in ["- 0.001", "- 0.1"] {
        let why = about(&["x + y > 0.3"], &says.replace("+ 0.001", less), "");
        assert!(why.contains("not confirmed"), "{why}");
    }
    let proof = Proof::Boxes { covers: covers.clone(), example: example.clone().with("x", 7.0) };
    assert!(check(&altered(&mut |f| f.proof = proof.clone())).unwrap_err().contains("example"));
    let proof = Proof::Boxes {
        covers: covers.clone(),
        example: example.clone().with("x", 0.0).with("y", 0.0),
    };
    assert!(check(&altered(&mut |f| f.proof = proof.clone())).unwrap_err().contains("example"));
    let other = altered(&mut |f| f.proved = "something else".into());
    assert!(check(&other).unwrap_err().contains("should say"));
}

/// Every claim over ranges is proved, which another arithmetic confirms, and every control over ranges is
/// refuted.
#[test]
fn claims_over_ranges() {
    let mut seen = [0, 0];
    let boxes = |c: &Claim| c.domain().is_some_and(Domain::is_boxes);
    for entry in theorems::ALL {
        for claim in entry.theorem.claims().into_iter().filter(boxes) {
            let found = over_boxes(&claim, Budget { boxes: 5_000, depth: 40 });
            let Ok(Covered::Proved(proof)) = found else { panic!("{}: {found:?}", claim.id) };
            let id = format!("{}/{}", entry.theorem.card().id, claim.id);
            let file = CertificateFile::new(About::Claim(id), claim.statement, &proof);
            assert!(CertificateFile::parse(&file.text()).is_ok_and(|read| read == file));
            let found = check(&file).unwrap_or_else(|why| panic!("{}: {why}", claim.id));
            assert!(found.comparisons >= file.comparisons, "{}", claim.id);
            seen[0] += 1;
        }
        for control in entry.theorem.controls().into_iter().filter(|c| boxes(&c.claim)) {
            // In many dimensions what breaks one is too small a part to be met; that is for the search.
            let few = control.claim.domain().is_some_and(|d| d.layouts()[0].free().len() <= 3);
            let found = over_boxes(&control.claim, Budget { boxes: 5_000, depth: 40 });
            assert!(!matches!(found, Ok(Covered::Proved(_))), "{}: {found:?}", control.claim.id);
            let refuted = matches!(found, Ok(Covered::Refuted(_)));
            assert!(refuted || !few, "{}: {found:?}", control.claim.id);
            seen[1] += 1;
        }
    }
    assert!(seen[0] >= 15 && seen[1] >= 14, "{seen:?}");
}
