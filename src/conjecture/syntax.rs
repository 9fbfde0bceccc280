//! The expression language of conjecture files: what can be written, and where.

use crate::scalar::decimal;
use chumsky::input::MapExtra;
use chumsky::pratt::{infix, left, none, postfix, prefix, right};
use chumsky::prelude::*;
use num_rational::BigRational;
use std::ops::Range;

/// An expression and the bytes of its text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where it stands in the text that was parsed, in bytes.
    pub span: Range<usize>,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A decimal.
    Number(BigRational),
    /// A quantity: `kappa`, `S_p`.
    Name(String),
    /// `rho(J)`.
    Call {
        /// Name of the function.
        function: String,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// `J[1, 2]`, counted from 1.
    Entry {
        /// The vector or matrix.
        of: Box<Expr>,
        /// One index for a vector, two for a matrix.
        at: Vec<usize>,
    },
    /// `-x`, `not a`.
    Prefix(Prefix, Box<Expr>),
    /// `x + y`, `a and b`.
    Infix(Infix, Box<Expr>, Box<Expr>),
}

/// Operators in front of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `-`.
    Minus,
    /// `not`.
    Not,
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infix {
    /// `implies`, weakest, to the right.
    Implies,
    /// `or`.
    Or,
    /// `and`.
    And,
    /// `<`.
    Below,
    /// `<=`.
    AtMost,
    /// `>`.
    Above,
    /// `>=`.
    AtLeast,
    /// `==`.
    Equal,
    /// `+`.
    Plus,
    /// `-`.
    Minus,
    /// `*`.
    Times,
    /// `/`.
    Over,
    /// `^` and a whole number, strongest.
    Power,
}

impl Infix {
    /// As it is written.
    pub fn symbol(self) -> &'static str {
        match self {
            Infix::Implies => "implies",
            Infix::Or => "or",
            Infix::And => "and",
            Infix::Below => "<",
            Infix::AtMost => "<=",
            Infix::Above => ">",
            Infix::AtLeast => ">=",
            Infix::Equal => "==",
            Infix::Plus => "+",
            Infix::Minus => "-",
            Infix::Times => "*",
            Infix::Over => "/",
            Infix::Power => "^",
        }
    }
}

/// A mistake at these bytes of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// The remedy.
    pub help: String,
}

const WORDS: [&str; 4] = ["implies", "and", "or", "not"];

/// Most characters of an expression.
const LENGTH: usize = 4_000;

/// Most brackets and operators that may wait for what is in them or to the right of them.
const NESTED: usize = 100;

/// Most levels of an expression: every reader of it descends once a level, on a stack that ends.
pub const LEVELS: usize = 250;

/// Reads an expression.
///
/// # Errors
/// The first place that is no expression; or where it is longer or deeper than is read.
pub fn parse(text: &str) -> Result<Expr, Mistake> {
    bounded(text)?;
    let e = read(text)?;
    if levels(&e) > LEVELS {
        return Err(Mistake {
            span: e.span,
            message: format!("this has more than {LEVELS} levels of operators"),
            help: "say it in fewer terms, or put brackets around groups of them".into(),
        });
    }
    Ok(e)
}

/// How deep an expression is. It has at most `LENGTH` parts, or parts that were bounded already.
pub fn levels(e: &Expr) -> usize {
    1 + match &e.kind {
        Kind::Name(_) | Kind::Number(_) => 0,
        Kind::Call { arguments, .. } => arguments.iter().map(levels).max().unwrap_or(0),
        Kind::Entry { of: x, .. } | Kind::Prefix(_, x) => levels(x),
        Kind::Infix(_, l, r) => levels(l).max(levels(r)),
    }
}

/// Refuses what the parser, which calls itself for all that is nested, would not come back from.
fn bounded(text: &str) -> Result<(), Mistake> {
    let long = |at: usize| Mistake {
        span: at..text.len(),
        message: format!("an expression of more than {LENGTH} characters"),
        help: "give parts of it a name in [define]".into(),
    };
    if let Some((at, _)) = text.char_indices().nth(LENGTH) {
        return Err(long(at));
    }
    // Brackets that are open; words that bind weakly, which all take what follows; and signs since
    // the last operator that ends their operand.
    let (mut open, mut words, mut signs) = (0_usize, 0, 0);
    let mut operand_is_due = true;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let at = text.len() - rest.len();
        let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let word = rest.find(|c: char| !is_letter(c)).unwrap_or(rest.len());
        let length = if word > 0 { word } else { c.len_utf8() };
        let token = &rest[..length];
        rest = &rest[length..];
        match token {
            "(" | "[" => open += 1,
            ")" | "]" => open = open.saturating_sub(1),
            "not" | "implies" => words += 1,
            "-" if operand_is_due => signs += 1,
            "^" => signs += 1,
            _ if word > 0 || c.is_whitespace() => {}
            _ => signs = 0,
        }
        if open + words + signs > NESTED {
            return Err(Mistake {
                span: at..at + length,
                message: format!("nested more than {NESTED} deep"),
                help: "give what is inside a name in [define]".into(),
            });
        }
        if !c.is_whitespace() {
            let ends = matches!(token, ")" | "]") || word > 0 && !WORDS.contains(&token);
            operand_is_due = !ends;
        }
    }
    Ok(())
}

fn read(text: &str) -> Result<Expr, Mistake> {
    expression().then_ignore(end()).parse(text).into_result().map_err(|errors| {
        let first = errors.into_iter().min_by_key(|e| e.span().start);
        let mut span = first.as_ref().map_or(0..text.len(), |e| e.span().into_range());
        let reason = first.as_ref().map(|e| e.reason().to_string()).unwrap_or_default();
        let message = match first.as_ref().and_then(|e| e.found().copied()) {
            None if reason.contains('`') => reason,
            // A sign was read in full before it turned out to be out of place: it is meant.
            Some(found) if found.is_whitespace() => {
                let sign = text[..span.start].chars().next_back().unwrap_or(found);
                span = span.start.saturating_sub(sign.len_utf8())..span.start;
                format!("unexpected `{sign}`")
            }
            Some(found) => format!("unexpected `{found}`"),
            None if text.trim().is_empty() => "an empty expression".into(),
            None => "the expression ends too early".into(),
        };
        let help = "write quantities, numbers, + - * / ^, comparisons (one at a time), and, or, not, \
                    implies, f(x), M[i, j]";
        Mistake { span, message, help: help.into() }
    })
}

type Fault<'a> = extra::Err<Rich<'a, char>>;

fn expression<'a>() -> impl Parser<'a, &'a str, Expr, Fault<'a>> {
    recursive(|expr| {
        let word = text::ascii::ident();
        let name = word.filter(|w: &&str| !WORDS.contains(w)).map(|w: &str| w.to_owned());
        let digits = any().filter(char::is_ascii_digit).repeated().at_least(1);
        let exponent = one_of("eE").then(one_of("+-").or_not()).then(digits);
        let number = digits
            .then(just('.').then(digits).or_not())
            .then(exponent.or_not())
            .to_slice()
            .try_map(|s: &str, span| {
                decimal(s).map(Kind::Number).ok_or_else(|| Rich::custom(span, "no number"))
            });
        let arguments = expr
            .clone()
            .separated_by(just(','))
            .at_least(1)
            .collect::<Vec<_>>()
            .delimited_by(just('('), just(')'));
        let named =
            name.then(arguments.padded().or_not()).map(|(name, arguments)| match arguments {
                Some(arguments) => Kind::Call { function: name, arguments },
                None => Kind::Name(name),
            });
        let atom = choice((number, named))
            .map_with(|kind, e| Expr { kind, span: place(e) })
            .or(expr.delimited_by(just('('), just(')')))
            .padded();
        let index = digits.to_slice().map(|s: &str| s.parse::<usize>().unwrap_or(usize::MAX));
        let indices = index
            .padded()
            .separated_by(just(','))
            .at_least(1)
            .at_most(2)
            .collect::<Vec<_>>()
            .delimited_by(just('['), just(']'))
            .padded();
        let op = |s: &'static str| just(s).padded();
        let keyword = |s: &'static str| text::ascii::keyword(s).padded();
        let two = |kind: Infix| {
            move |l: Expr, _, r: Expr, e: &mut MapExtra<'a, '_, &'a str, Fault<'a>>| Expr {
                kind: Kind::Infix(kind, Box::new(l), Box::new(r)),
                span: place(e),
            }
        };
        let one = |kind: Prefix| {
            move |_, x: Expr, e: &mut MapExtra<'a, '_, &'a str, Fault<'a>>| Expr {
                kind: Kind::Prefix(kind, Box::new(x)),
                span: place(e),
            }
        };
        // A run of these signs is one operator or none, so that `<` does not take half of `<=`.
        let comparison = one_of("<>=!").repeated().at_least(1).to_slice().padded().try_map(
            |sign: &str, span| match sign {
                "<=" => Ok(Infix::AtMost),
                ">=" => Ok(Infix::AtLeast),
                "==" => Ok(Infix::Equal),
                "<" => Ok(Infix::Below),
                ">" => Ok(Infix::Above),
                _ => Err(Rich::custom(span, format!("`{sign}` is no comparison"))),
            },
        );
        let compared =
            |l: Expr, op: Infix, r: Expr, e: &mut MapExtra<'a, '_, &'a str, Fault<'a>>| Expr {
                kind: Kind::Infix(op, Box::new(l), Box::new(r)),
                span: place(e),
            };
        atom.pratt((
            postfix(10, indices, |of: Expr, at, e: &mut MapExtra<'a, '_, &'a str, Fault<'a>>| {
                Expr { kind: Kind::Entry { of: Box::new(of), at }, span: place(e) }
            }),
            infix(right(9), op("^"), two(Infix::Power)),
            prefix(8, op("-"), one(Prefix::Minus)),
            infix(left(7), op("*"), two(Infix::Times)),
            infix(left(7), op("/"), two(Infix::Over)),
            infix(left(6), op("+"), two(Infix::Plus)),
            infix(left(6), op("-"), two(Infix::Minus)),
            infix(none(5), comparison, compared),
            prefix(4, keyword("not"), one(Prefix::Not)),
            infix(left(3), keyword("and"), two(Infix::And)),
            infix(left(2), keyword("or"), two(Infix::Or)),
            infix(right(1), keyword("implies"), two(Infix::Implies)),
        ))
    })
}

fn place<'a>(e: &mut MapExtra<'a, '_, &'a str, Fault<'a>>) -> Range<usize> {
    e.span().into_range()
}

#[cfg(test)]
mod tests {
    use super::{Expr, Infix, Kind, Prefix, parse};

    /// With brackets around everything.
    fn shown(e: &Expr) -> String {
        match &e.kind {
            Kind::Number(x) => x.to_string(),
            Kind::Name(n) => n.clone(),
            Kind::Call { function, arguments } => {
                format!(
                    "{function}({})",
                    arguments.iter().map(shown).collect::<Vec<_>>().join(", ")
                )
            }
            Kind::Entry { of, at } => format!("{}{at:?}", shown(of)),
            Kind::Prefix(Prefix::Minus, x) => format!("(-{})", shown(x)),
            Kind::Prefix(Prefix::Not, x) => format!("(not {})", shown(x)),
            Kind::Infix(op, l, r) => format!("({} {} {})", shown(l), op.symbol(), shown(r)),
        }
    }

    #[track_caller]
    fn reads(text: &str, as_: &str) {
        assert_eq!(parse(text).map(|e| shown(&e)), Ok(as_.to_string()));
    }

    #[test]
    fn operators_bind_as_in_mathematics() {
        reads("1 + 2 * 3 ^ 2", "(1 + (2 * (3 ^ 2)))");
        reads("-x^2 - y", "((-(x ^ 2)) - y)");
        reads("a - b - c", "((a - b) - c)");
        reads(
            "rho(J) < 1 and not x <= 0.5 or b == 2 implies dJp >= 0",
            "((((rho(J) < 1) and (not (x <= 1/2))) or (b == 2)) implies (dJp >= 0))",
        );
        reads("a implies b implies c", "(a implies (b implies c))");
        reads("J[1, 2] * S_p[1,1] + min(x, 2e-1)", "((J[1, 2] * S_p[1, 1]) + min(x, 1/5))");
        reads("notation + order", "(notation + order)");
        assert!(matches!(parse("x > y").unwrap().kind, Kind::Infix(Infix::Above, _, _)));
    }

    #[test]
    fn what_is_too_long_or_too_deep_is_refused_where_it_gets_so() {
        let refused = |text: &str, start: usize, part: &str| {
            let mistake = parse(text).unwrap_err();
            assert_eq!(mistake.span.start, start, "{}", mistake.message);
            assert!(mistake.message.contains(part), "{}", mistake.message);
        };
        let brackets = |n: usize| format!("{}x{}", "(".repeat(n), ")".repeat(n));
        assert!(parse(&brackets(100)).is_ok());
        refused(&brackets(101), 100, "nested more than 100 deep");
        refused(&"(".repeat(5_000), 4_000, "more than 4000 characters");
        refused(&format!("{}x", "- ".repeat(1_000)), 200, "nested");
        refused(&format!("{}x", "not ".repeat(900)), 400, "nested");
        refused(&format!("{}x", "x ^ ".repeat(900)), 402, "nested");
        refused(&format!("{}x", "x implies ".repeat(300)), 1_002, "nested");
        refused(&format!("x + {}x", "not x + ".repeat(300)), 804, "nested");
        refused(&format!("{}x", "f(".repeat(300)), 201, "nested");
        // Side by side is not nested; but a sum is a tree.
        let sum = |n: usize, op: &str| format!("{}x", format!("x{op}").repeat(n));
        assert!(parse(&sum(249, " - ")).is_ok() && parse(&sum(240, "^2+")).is_ok());
        refused(&sum(250, " + "), 0, "more than 250 levels");
        refused(&sum(1_999, "+"), 0, "more than 250 levels");
        refused(&sum(20_000, " + "), 4_000, "more than 4000 characters");
        // Where characters are longer than a byte, nothing is cut in two.
        refused(&"ü".repeat(4_001), 8_000, "more than 4000 characters");
    }

    #[test]
    fn mistakes_say_where() {
        let at = |text: &str| parse(text).unwrap_err().span;
        assert_eq!(at("a + * b").start, 4);
        assert_eq!(at("rho(J").start, 5);
        assert_eq!(at("a < b < c").start, 6);
        assert_eq!(at("1 $ 2").start, 2);
        assert_eq!(parse("a = b").unwrap_err().message, "`=` is no comparison");
        assert!(parse("").unwrap_err().message.contains("empty"));
    }
}
