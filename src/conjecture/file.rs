//! Conjecture files.
//!
//! ```toml
//! name = "sequential"
//! title = "Sequential retraining converges whenever simultaneous retraining does"
//! family = "linear"     # or "numbers", "categorical"
//! assume = ["rho(J) < 1"]
//! claim = "rho_seq(J) < 1"
//!
//! [ranges]              # of the family; these are of "linear"
//! models = [2, 3]       # at least, at most (2, 2)
//! dimension = [1, 1]    # parameters a model (1, 1)
//! largest = 1           # of the entries (2); gradients and the knob's direction go up to 1 at least
//! entries = "real"      # or "integers", "tenths"
//! signs = "any"         # or "non-negative", "balanced"
//! self_terms = true     # whether models train on their own samples
//! radius = [0.1, 1.2]   # spectral radii aimed at
//!
//! [numbers]             # further numbers with their ranges
//! s = [0, 1]
//! k = { range = [1, 5], entries = "integers" }
//!
//! [vectors]             # further vectors with their lengths, entries in [-2, 2]
//! c = "D"               # as long as J; or "d_p", "d_q", or a whole number
//! u = { length = "D", range = [0, 1], entries = "tenths" }
//!
//! [define]              # abbreviations, for assume, claim and each other
//! moved = "s * inverse(identity_like(J) - s * J) * c"
//! ```
//!
//! `claim`, every line of `assume` and every abbreviation is an expression of numbers, quantities,
//! entries `v[i]`, `M[i, j]` counted from 1, functions, `+ - * /`, `^` with a whole number up to 64, comparisons
//! `< <= > >= ==` one at a time, `not`, `and`, `or`, `implies`. `==` also compares vectors and matrices.
//!
//! **Functions of every family.** `abs` of every entry; `cos(u, v)`, 0 if one of them vanishes;
//! `det(M)`; `dot(u, v)`; `greatest` and `least` entry of a vector or matrix; `identity_like(M)`;
//! `inverse(M)`; `least_symmetric(M)`, the least eigenvalue of the symmetric part; `max(x, y, ...)`,
//! `min(x, y, ...)` of numbers; `norm`, Euclidean of a vector, spectral of a matrix; `rho(M)`, the
//! spectral radius; `same_order(u, v)`, true if no two entries of `u` stand the other way round in `v`;
//! `sin_omega(M)`, the sine of the largest angle between `x` and `Mx`; `sqrt(x)`, of 0 where `x` is
//! negative; `sum` of the entries; `transpose(M)`.
//!
//! **`linear`** (see [`linear`](super::linear)). Model p is the first, q the second.
//! Quantities: `J`; its blocks `J_pp`, `J_pq`, `J_qp`, `J_qq`; `S_p`, `S_q`, the blocks of `(I - J)^-1`;
//! `C_q` = `J_qp (I - J_pp)^-1`; the knob's direction `b` on p; the gradients `g_p`, `g_q`; the
//! influences `dJp`, `dJq`; `direct` = `dot(g_p, b)`, the influence while all models stand still;
//! `rho_p` = `cos(g_p, b)`; `rho_q` = `cos(g_q, C_q * b)`; `m_p`, `m_q`, the least eigenvalue of the
//! symmetric part of `S_p`, `S_q`; `models`, how many. Of two models alone, with
//! `a_p` = `|(J_pp, J_pq)|`, `a_q` = `|(J_qp, J_qq)|`: the terms of Theorem 3.6
//! `kappa_1` = `(a_q + 2 a_p)/(1 - a_p)`, `kappa_2` = `(a_p + 2 a_q)/(1 - a_q)`, `kappa_3` = `a_p + a_q`
//! and the largest of them, `kappa`; `tau_p` = `1 - a_p - a_p a_q/(1 - a_q)`,
//! `tau_q` = `1 - a_q - a_p a_q/(1 - a_p)`.
//! Functions: `rho_seq(J)`, the spectral radius of a round in which the models train one after the
//! other; `own_block(J, k)`, `without(J, k)`, the block of model `k` and what is left without it;
//! `balanced(J)`, whether signs `s` of the models exist with `s_i s_j J_ij >= 0`.
//!
//! **`numbers`.** No loop and no ranges of its own: what `[numbers]` and `[vectors]` declare.
//!
//! **`categorical`** (see [`categorical`](super::categorical)). Vectors have one entry a category and
//! may be declared as long as `"n"`. Ranges: `models` = 1 or 2 coupled ones (1); `categories` = [2, 3];
//! `candidates` = "infinity", or a whole number up to 12; `weights` = [0.1, 8], of weights and of the
//! masses that laws are made of; `largest` = 2, of rewards; `share` = [0, 0.9], of curated data;
//! `entries` of all three.
//! Quantities: the stable law `p`; weights `w1`, `w2`; rewards `r1`, `r2`; the curated share `s1`; the
//! law of the real data `p_ref`, for which `p` is stable (assume `least(p_ref) >= 0`); `dp`, the
//! derivative of `p` by `s1` with `p_ref` held; `alignment` = `mean(p, r1)`, its derivative `dalignment`;
//! `direct`, the same while the models stand still; `J`, the Jacobian of a round in the first `n - 1`
//! probabilities of each model; `categories`, how many. Model 1 is curated with `w1`. Of two models
//! besides: the law `q` of model 2, curated with `w2`; `q_ref`, `dq`, `s2`; the parts `x1`, `x2` of the
//! curated data of 1 and of 2 that the other one made; `alignment_q` = `mean(q, r2)`, `dalignment_q`.
//! Functions: `law(v)`, masses as a law; `curate(p, w)`, the law `p` after Luce choice with weights `w`;
//! `mean(p, r)`.

use super::bounds::{Unmet, unmet};
use super::family::Family;
use super::meaning::{Function, Type, Vocabulary, type_of};
use super::possible::possible;
use super::ranges::{self, fault};
use super::syntax::{Expr, Infix, Kind, LEVELS, Mistake, levels, parse};
use crate::search::Slot;
use crate::systems::FileError;
use crate::systems::file::node::{Node, Table};
use crate::systems::file::{Problem, did_you_mean};
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// A conjecture as its file says it.
#[derive(Clone, Debug)]
pub struct Conjecture {
    /// A kebab-case identifier.
    pub name: String,
    /// The conjecture in words.
    pub title: String,
    /// Where points come from.
    pub family: Family,
    /// Abbreviations, in the order of the file: names and texts.
    pub define: Vec<(String, String)>,
    /// What must hold first: texts with what they mean, all abbreviations written out.
    pub assume: Vec<(String, Expr)>,
    /// What is claimed.
    pub claim: (String, Expr),
}

const KEYS: [&str; 9] =
    ["name", "title", "family", "assume", "claim", "ranges", "numbers", "vectors", "define"];

impl Conjecture {
    /// The conjecture that `text` says; `path` names it in errors.
    ///
    /// # Errors
    /// The first mistake, with its line and a remedy.
    pub fn parse(text: &str, path: &str) -> Result<Self, FileError> {
        Self::read_text(text).map_err(|problem| problem.in_text(text, path))
    }

    /// The conjecture that a file says.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let label = path.display().to_string();
        let text = std::fs::read_to_string(path)
            .map_err(|reason| FileError::Unreadable { path: label.clone(), reason })?;
        Self::parse(&text, &label)
    }

    fn read_text(text: &str) -> Result<Self, Problem> {
        let document = DeTable::parse(text).map_err(|e| Problem {
            span: e.span().unwrap_or(0..0),
            message: e.message().lines().collect::<Vec<_>>().join(" "),
            help: "the syntax is TOML; `backfire help search` shows a conjecture file".into(),
        })?;
        let file = Table::new(document.get_ref(), document.span(), "a conjecture", &KEYS)?;
        let name = file.require("name", "\"sequential\"")?;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let word = name.text()?;
        if word.is_empty() || !word.chars().all(kebab) {
            let help = "use small letters, digits and hyphens";
            return fault(name.span(), format!("`{word}` is no name"), help);
        }
        let title = file.require("title", "\"What is claimed, in words\"")?.text()?.to_owned();
        let family = ranges::family(&file)?;
        let define = defined(&file, &family, text)?;
        let lexicon = Lexicon { words: family.words(), define: &define };
        let truth = |given: &Node<'_>| {
            let quoted = Quoted::of(given, text)?;
            let e = parse(quoted.text)
                .and_then(|e| match type_of(&e, &lexicon)? {
                    Type::Truth => {
                        let e = lexicon.written_out(&e);
                        possible(&e, &family).and_then(|()| shallow(e))
                    }
                    ty => Err(Mistake {
                        span: e.span.clone(),
                        message: format!("this is {ty}, not a statement"),
                        help: "compare it with something: `... < 1`".into(),
                    }),
                })
                .map_err(|mistake| quoted.placed(mistake))?;
            Ok((quoted.text.to_owned(), e))
        };
        let given = file.get("assume").map_or(Ok(Vec::new()), |node| node.array())?;
        let assume = given.iter().map(truth).collect::<Result<Vec<_>, _>>()?;
        let (claimed, mut e) = truth(&file.require("claim", "\"rho_seq(J) < 1\"")?)?;
        if let Some(why) = unmet(&assume, family.words()) {
            return Err(refused(&why, &given, &assume, text)?);
        }
        let mut assume = assume;
        // Where the first half of an implication fails nothing is claimed: such points are no support.
        while let Kind::Infix(Infix::Implies, given, then) = e.kind {
            let words = claimed.get(given.span.clone()).map(str::trim).filter(|w| parse(w).is_ok());
            let words = words.map_or_else(|| format!("the premise of {claimed}"), str::to_owned);
            assume.push((words, *given));
            e = *then;
        }
        let claim = (claimed, e);
        let define = define.into_iter().map(|d| (d.name, d.text)).collect();
        Ok(Conjecture { name: word.to_owned(), title, family, define, assume, claim })
    }
}

/// Assumptions that cannot be met, as a mistake in the file.
fn refused(
    why: &Unmet,
    given: &[Node<'_>],
    assume: &[(String, Expr)],
    text: &str,
) -> Result<Problem, Problem> {
    let (at, mistake) = match why {
        Unmet::Never(k, span, reason) => {
            let message = format!("this can never hold: {reason}");
            let help = "change it, or the ranges; a search would meet no point";
            (*k, Mistake { span: span.clone(), message, help: help.into() })
        }
        Unmet::Contradiction { earlier, later, span } => {
            let start = given[*earlier].span().start;
            let line = 1 + text[..start.min(text.len())].matches('\n').count();
            let message = format!("this contradicts line {line}: `{}`", assume[*earlier].0);
            let help = "drop one of the two; a search would meet no point";
            (*later, Mistake { span: span.clone(), message, help: help.into() })
        }
    };
    Ok(Quoted::of(&given[at], text)?.placed(mistake))
}

/// An expression as it stands in the file.
struct Quoted<'a> {
    text: &'a str,
    /// Of the string with its quotes.
    outer: Range<usize>,
    /// Where its text starts, unless escapes make it another one.
    start: Option<usize>,
}

impl<'a> Quoted<'a> {
    fn of(node: &Node<'a>, file: &str) -> Result<Self, Problem> {
        let (text, outer) = (node.text()?, node.span());
        let inside = file.get(outer.clone()).and_then(|s| s.find(text));
        Ok(Quoted { text, start: inside.map(|skip| outer.start + skip), outer })
    }

    /// The mistake at its place in the file. In a string with escapes the place is that of the string.
    fn placed(&self, mistake: Mistake) -> Problem {
        let Mistake { span, message, help } = mistake;
        let span = self.start.map_or(self.outer.clone(), |s| s + span.start..s + span.end);
        Problem { span, message, help }
    }
}

/// An abbreviation.
struct Defined {
    name: String,
    text: String,
    ty: Type,
    /// With all abbreviations in it written out.
    e: Expr,
}

/// Parts of an expression beyond which an abbreviation abbreviates nothing.
const PARTS: usize = 10_000;

/// What `[define]` says, in an order in which each uses only earlier ones.
fn defined(file: &Table<'_>, family: &Family, text: &str) -> Result<Vec<Defined>, Problem> {
    let nodes = file.get("define").map_or(Ok(Vec::new()), |node| node.named())?;
    let words = family.words();
    let names = words.names();
    let mut taken: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let mut open = Vec::new();
    for (node, span) in &nodes {
        ranges::fresh(node.key(), span, family, &taken)?;
        taken.push(node.key());
        let quoted = Quoted::of(node, text)?;
        let e = parse(quoted.text).map_err(|mistake| quoted.placed(mistake))?;
        open.push((node.key(), quoted, e));
    }
    for (_, quoted, e) in &open {
        if let Some((name, span)) = first_name(e, &|name| !taken.contains(&name)) {
            let message = format!("unknown quantity `{name}`");
            let help = did_you_mean(&name, taken.iter().copied());
            return Err(quoted.placed(Mistake { span, message, help }));
        }
    }
    let all: Vec<&str> = open.iter().map(|(name, _, _)| *name).collect();
    let mut done: Vec<Defined> = Vec::new();
    while !open.is_empty() {
        let waits = |e: &Expr| {
            let known = |name: &str| !all.contains(&name) || done.iter().any(|d| d.name == name);
            first_name(e, &|name| !known(name))
        };
        let Some(next) = open.iter().position(|(_, _, e)| waits(e).is_none()) else {
            return Err(circle(&open, &waits));
        };
        let (name, quoted, e) = open.remove(next);
        let lexicon = Lexicon { words, define: &done };
        let ty = type_of(&e, &lexicon).map_err(|mistake| quoted.placed(mistake))?;
        let e = shallow(lexicon.written_out(&e)).map_err(|mistake| quoted.placed(mistake))?;
        possible(&e, family).map_err(|mistake| quoted.placed(mistake))?;
        if parts(&e) > PARTS {
            let message = format!("written out, `{name}` has more than {PARTS} parts");
            return fault(
                quoted.outer,
                message,
                "say it with fewer abbreviations of abbreviations",
            );
        }
        done.push(Defined { name: name.to_owned(), text: quoted.text.to_owned(), ty, e });
    }
    // As in the file.
    done.sort_by_key(|d| all.iter().position(|name| *name == d.name));
    Ok(done)
}

/// `e`, unless abbreviations of abbreviations have made it too deep for those that read it.
fn shallow(e: Expr) -> Result<Expr, Mistake> {
    if levels(&e) <= LEVELS {
        return Ok(e);
    }
    Err(Mistake {
        span: e.span,
        message: format!("written out, this has more than {LEVELS} levels of operators"),
        help: "say it with fewer abbreviations of abbreviations".into(),
    })
}

/// A name and where it stands.
type Place = (String, Range<usize>);

/// Abbreviations that wait for each other: the first of them in the file.
fn circle(open: &[(&str, Quoted<'_>, Expr)], waits: &dyn Fn(&Expr) -> Option<Place>) -> Problem {
    // Every open one waits for an open one, so this walk comes back to where it was.
    let mut path: Vec<usize> = Vec::new();
    let mut at = 0;
    while !path.contains(&at) {
        path.push(at);
        let next = waits(&open[at].2).and_then(|(name, _)| open.iter().position(|o| o.0 == name));
        at = next.unwrap_or(at);
    }
    let start = path.iter().position(|k| *k == at).unwrap_or(0);
    let ring: Vec<&str> = path[start..].iter().chain([&at]).map(|k| open[*k].0).collect();
    let (name, quoted, e) = &open[at];
    let span = waits(e).map_or(e.span.clone(), |(_, span)| span);
    quoted.placed(Mistake {
        span,
        message: format!("`{name}` is defined by itself: {}", ring.join(" -> ")),
        help: "let one of them stand without the others".into(),
    })
}

/// The first name in `e` that is `wanted`, with its place.
fn first_name(e: &Expr, wanted: &dyn Fn(&str) -> bool) -> Option<Place> {
    match &e.kind {
        Kind::Name(name) => wanted(name).then(|| (name.clone(), e.span.clone())),
        Kind::Number(_) => None,
        Kind::Call { arguments, .. } => arguments.iter().find_map(|a| first_name(a, wanted)),
        Kind::Entry { of: x, .. } | Kind::Prefix(_, x) => first_name(x, wanted),
        Kind::Infix(_, l, r) => first_name(l, wanted).or_else(|| first_name(r, wanted)),
    }
}

fn parts(e: &Expr) -> usize {
    1 + match &e.kind {
        Kind::Name(_) | Kind::Number(_) => 0,
        Kind::Call { arguments, .. } => arguments.iter().map(parts).sum(),
        Kind::Entry { of: x, .. } | Kind::Prefix(_, x) => parts(x),
        Kind::Infix(_, l, r) => parts(l) + parts(r),
    }
}

/// The words of a family and the abbreviations of a file.
struct Lexicon<'a> {
    words: &'a dyn Vocabulary,
    define: &'a [Defined],
}

impl Vocabulary for Lexicon<'_> {
    fn names(&self) -> Vec<(&str, Type)> {
        let defined = self.define.iter().map(|d| (d.name.as_str(), d.ty));
        self.words.names().into_iter().chain(defined).collect()
    }
    fn functions(&self) -> &'static [Function] {
        self.words.functions()
    }
    fn range(&self, name: &str) -> Option<Slot> {
        self.words.range(name)
    }
    fn range_of(&self, function: &str) -> Option<Slot> {
        self.words.range_of(function)
    }
}

impl Lexicon<'_> {
    /// `e` with every abbreviation written out. What stands for one has its place.
    fn written_out(&self, e: &Expr) -> Expr {
        let of = |e: &Expr| Box::new(self.written_out(e));
        let kind = match &e.kind {
            Kind::Name(name) => match self.define.iter().find(|d| d.name == *name) {
                Some(known) => return moved(&known.e, &e.span),
                None => e.kind.clone(),
            },
            Kind::Number(_) => e.kind.clone(),
            Kind::Call { function, arguments } => Kind::Call {
                function: function.clone(),
                arguments: arguments.iter().map(|a| self.written_out(a)).collect(),
            },
            Kind::Entry { of: whole, at } => Kind::Entry { of: of(whole), at: at.clone() },
            Kind::Prefix(op, x) => Kind::Prefix(*op, of(x)),
            Kind::Infix(op, l, r) => Kind::Infix(*op, of(l), of(r)),
        };
        Expr { kind, span: e.span.clone() }
    }
}

/// `e` with all its parts at one place.
fn moved(e: &Expr, span: &Range<usize>) -> Expr {
    let of = |e: &Expr| Box::new(moved(e, span));
    let kind = match &e.kind {
        Kind::Name(_) | Kind::Number(_) => e.kind.clone(),
        Kind::Call { function, arguments } => Kind::Call {
            function: function.clone(),
            arguments: arguments.iter().map(|a| moved(a, span)).collect(),
        },
        Kind::Entry { of: whole, at } => Kind::Entry { of: of(whole), at: at.clone() },
        Kind::Prefix(op, x) => Kind::Prefix(*op, of(x)),
        Kind::Infix(op, l, r) => Kind::Infix(*op, of(l), of(r)),
    };
    Expr { kind, span: span.clone() }
}

#[cfg(test)]
mod tests {
    use super::Conjecture;

    const HEAD: &str = "name = \"x\"\ntitle = \"X\"\nfamily = \"linear\"\n";

    #[track_caller]
    fn refused(text: &str, parts: &[&str]) {
        let error = Conjecture::parse(text, "x.toml").unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "no `{part}` in\n{error}");
        }
    }

    #[track_caller]
    fn fails(rest: &str, parts: &[&str]) {
        refused(&format!("{HEAD}{rest}"), parts);
    }

    #[test]
    fn mistakes_point_into_the_string() {
        // The claim's text starts in column 10 of line 4; `kapa` is 6 characters in.
        fails(
            "claim = \"dJp < kapa\"",
            &["unknown quantity `kapa`", "x.toml:4:16", "did you mean `kappa`"],
        );
        fails(
            "claim = \"rho(S_p * C_q) < 1\"",
            &["`*` does not go between a d_p x d_p", "x.toml:4:14"],
        );
        fails("claim = \"dJp + 1\"", &["this is a number, not a statement"]);
        fails("claim = \"dJp <\"", &["ends too early"]);
        fails("claim = \"rho(b) < 1\"", &["`rho` does not take a vector of d_p"]);
        fails("claim = \"rhoo(J) < 1\"", &["did you mean `rho`"]);
        fails("claim = \"dJp < 1 + (dJq < 2)\"", &["`+` does not go between a number and a truth"]);
        fails(
            "claim = \"balanced(J_pp)\"",
            &["`balanced` does not take a d_p x d_p matrix", "it takes a D x D matrix"],
        );
    }

    #[test]
    fn ranges_are_checked() {
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nmodels = [3, 2]",
            &["range [3, 2] of `models`", "x.toml:6:10"],
        );
        fails("claim = \"dJp > 0\"\n[ranges]\nlargest = nan", &["`largest` must be finite"]);
        fails("claim = \"dJp > 0\"\n[ranges]\nlargest = 0", &["at most 0 in size", ":6:11"]);
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nlargest = 0.5\nentries = \"integers\"",
            &["at most 0.5 in size", ":6:11", "1 for integers"],
        );
        fails("claim = \"dJp > 0\"\n[ranges]\nradius = [1.5, 1.0]", &["`radius` is empty"]);
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nradius = [-1.0, 1.0]",
            &["goes too far", "0 <= least"],
        );
        fails("claim = \"dJp > 0\"\n[ranges]\nradius = [1.0]", &["`radius` has 1 ends"]);
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nsigns = \"balansed\"",
            &["unknown pattern of signs `balansed`", "did you mean `balanced`"],
        );
        fails("claim = \"dJp > 0\"\n[ranges]\nself_terms = 1", &["true or false", ":6:14"]);
        fails(
            "claim = \"dJp > 0\"\n[ranges]\nmodel = [2, 2]",
            &["unknown key `model` in the ranges of the family `linear`", "did you mean `models`"],
        );
        fails("colour = 1\nclaim = \"dJp > 0\"", &["unknown key `colour` in a conjecture", ":4:1"]);
        fails("assume = []", &["missing key `claim`"]);
        fails("claim = \"dJp > 0\"\nassume = \"rho(J) < 1\"", &["expected an array in `assume`"]);
    }

    #[test]
    fn families_are_checked() {
        let with = |family: &str, rest: &str| {
            format!("name = \"x\"\ntitle = \"X\"\nfamily = \"{family}\"\nclaim = \"1 > 0\"\n{rest}")
        };
        refused(
            &with("linaer", ""),
            &["unknown family `linaer`", "x.toml:3:10", "did you mean `linear`"],
        );
        refused(&with("numbers", "[ranges]\nlargest = 1"), &["unknown key `largest`", ":6:1"]);
        let of = |ranges: &str| with("categorical", &format!("[ranges]\n{ranges}"));
        refused(&of("candidates = 0"), &["candidates", "\"infinity\"", ":6:14"]);
        refused(&of("candidates = \"many\""), &["expected a whole number or \"infinity\""]);
        refused(&of("share = [0.5, 1]"), &["leaves no real data", ":6:9"]);
        refused(&of("weights = [0, 1]"), &["are positive", ":6:11"]);
        refused(&of("weights = [0.2, 0.7]\nentries = \"integers\""), &["are positive", ":6:11"]);
        refused(&of("categories = [1, 3]"), &["[1, 3] of `categories`", "2 <= least"]);
        refused(&of("models = 3"), &["`3` models", "write 1, or 2"]);
        // Of two models alone.
        let one =
            "name = \"x\"\ntitle = \"X\"\nfamily = \"categorical\"\nclaim = \"least(q) >= 0\"\n";
        refused(one, &["unknown quantity `q`"]);
        assert!(Conjecture::parse(&format!("{one}[ranges]\nmodels = 2"), "x.toml").is_ok());
    }

    #[test]
    fn declarations_are_checked() {
        let with =
            |rest: &str, parts: &[&str]| fails(&format!("claim = \"dJp > 0\"\n{rest}"), parts);
        with("[numbers]\ns = [1, 0]", &["the range [1, 0] of `s` is empty", ":6:5"]);
        with("[numbers]\ns = 1", &["expected an array in `s`", ":6:5"]);
        with(
            "[numbers]\ns = { range = [0.2, 0.7], entries = \"integers\" }",
            &["is empty", "widen", ":6:15"],
        );
        with("[numbers]\ns = { rnge = [0, 1] }", &["unknown key `rnge`", "did you mean `range`"]);
        with("[numbers]\nkappa = [0, 1]", &["`kappa` means something already", ":6:1"]);
        with("[numbers]\nsizes = [0, 1]", &["`sizes` means something already"]);
        with("[numbers]\nrho = [0, 1]", &["`rho` means something already"]);
        with("[numbers]\nand = [0, 1]", &["`and` is no name"]);
        with("[numbers]\n\"2x\" = [0, 1]", &["`2x` is no name"]);
        with("[numbers]\ns = [0, 1]\n[vectors]\ns = 2", &["`s` means something already", ":8:1"]);
        with("[vectors]\nc = \"n\"", &["unknown length `n`", "known: `D`, `d_p`, `d_q`"]);
        with("[vectors]\nc = 17", &["cannot have 17 entries", "from 1 to 16"]);
        with("[vectors]\nc = 0", &["cannot have 0 entries"]);
        with("[vectors]\nc = { range = [0, 1] }", &["missing key `length`"]);
    }

    #[test]
    fn abbreviations_are_checked() {
        let with = |rest: &str, parts: &[&str]| {
            fails(&format!("claim = \"dJp > x\"\n[define]\n{rest}"), parts);
        };
        // Column 5 is the quote.
        with("x = \"1 + rho(J\"", &["x.toml:6:"]);
        with("x = \"1 + yy\"\nyyy = \"1\"", &["unknown quantity `yy`", "`yyy`", ":6:10"]);
        with("x = \"J\"", &["`>` does not go between a number and a D x D matrix", ":4:10"]);
        with("x = \"1 + b\"", &["`+` does not go", ":6:6"]);
        with("x = \"2 * x\"", &["`x` is defined by itself: x -> x", ":6:10"]);
        with(
            "x = \"y\"\ny = \"1 + z\"\nz = \"y\"",
            &["`y` is defined by itself: y -> z -> y", ":7:10"],
        );
        with("x = \"1\"\nJ = \"2\"", &["`J` means something already", ":7:1"]);
        with("x = \"1\"\nnorm = \"2\"", &["`norm` means something already"]);
        with("x = \"1\"\n[numbers]\nx = [0, 1]", &["`x` means something already"]);
        with("x = 1", &["expected a string in `x`"]);
        let deep: Vec<String> = (1..20).map(|k| format!("x{k} = \"x{0} + x{0}\"", k - 1)).collect();
        with(&format!("x = \"1\"\nx0 = \"1\"\n{}", deep.join("\n")), &["more than 10000 parts"]);
    }

    #[test]
    fn abbreviations_may_stand_in_any_order_and_are_written_out() {
        let text = format!(
            "{HEAD}assume = [\"x < 2\"]\nclaim = \"y or x > 0\"\n\
             [define]\ny = \"x > z\"\nx = \"z + rho(J)\"\nz = \"norm(b)\"\n"
        );
        let read = Conjecture::parse(&text, "x.toml").unwrap();
        let plain = Conjecture::parse(
            &format!("{HEAD}claim = \"norm(b) + rho(J) > norm(b) or norm(b) + rho(J) > 0\"\n"),
            "x.toml",
        );
        let shown = |c: &Conjecture| crate::conjecture::bounds::written(&c.claim.1);
        assert_eq!(shown(&read), shown(&plain.unwrap()));
        let names: Vec<&str> = read.define.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["y", "x", "z"]);
    }

    #[test]
    fn assumptions_that_cannot_be_met_are_refused() {
        let with = |assume: &str, more: &str, parts: &[&str]| {
            fails(&format!("assume = [\n{assume}]\nclaim = \"dJp > 0\"\n{more}"), parts);
        };
        with("\"rho(J) < 0\"", "", &["can never hold: rho(J) is at least 0", "x.toml:5:2"]);
        with(
            "\"rho(J) < 1\",\n\"dJp > 0 and rho(J) > 1\"",
            "",
            &["this contradicts line 5: `rho(J) < 1`", "x.toml:6:14"],
        );
        with("\"J[1, 2] > 2.5\"", "", &["can never hold: J[1, 2] is at most 2"]);
        with("\"J[1, 2] < 0\"", "[ranges]\nsigns = \"non-negative\"", &["is at least 0"]);
        with("\"e < 2\", \"e == 3\"", "[numbers]\ne = [0, 5]", &["contradicts line 5: `e < 2`"]);
        with("\"s > 1\"", "[numbers]\ns = [0, 1]", &["can never hold: s is at most 1"]);
        with("\"far\"", "[define]\nfar = \"rho_p > 1\"", &["can never hold: ", "x.toml:5:2"]);
        with("\"models > 2\"", "", &["can never hold: models is 2"]);
    }
}
