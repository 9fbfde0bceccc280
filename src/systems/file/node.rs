//! Values of a TOML document with their places, read one key at a time.
//!
//! The file is walked by hand instead of derived with serde: every number keeps its place and its
//! text, so that an error points at one entry of a matrix and `0.1` is one tenth.

use super::error::{Problem, did_you_mean, problem};
use super::number::{rational, show};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, ToPrimitive};
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

/// The largest magnitude that a file may hold.
const LARGEST: f64 = 1e100;

/// A value and the key it stands under.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    key: &'a str,
    value: &'a Spanned<DeValue<'a>>,
}

/// A table whose keys are all known.
pub(crate) struct Table<'a> {
    /// For messages: "model `p`".
    what: String,
    span: Range<usize>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    pub(crate) fn new(
        entries: &'a DeTable<'a>,
        span: Range<usize>,
        what: impl Into<String>,
        known: &[&str],
    ) -> Result<Self, Problem> {
        let what = what.into();
        // The first in the file, not in the alphabet.
        let unknown = entries.keys().filter(|k| !known.contains(&k.get_ref().as_ref()));
        if let Some(key) = unknown.min_by_key(|k| k.span().start) {
            let word = key.get_ref();
            let help = did_you_mean(word, known.iter().copied());
            return problem(key.span(), format!("unknown key `{word}` in {what}"), help);
        }
        Ok(Table { what, span, entries })
    }

    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    pub(crate) fn get(&self, key: &'a str) -> Option<Node<'a>> {
        self.entries.get(key).map(|value| Node { key, value })
    }

    pub(crate) fn require(&self, key: &'a str, example: &str) -> Result<Node<'a>, Problem> {
        self.get(key).map_or_else(
            || {
                let message = format!("missing key `{key}` in {}", self.what);
                problem(self.span(), message, format!("add for example `{key} = {example}`"))
            },
            Ok,
        )
    }

    /// Refuses a key that makes no sense beside the others, with the reason.
    pub(crate) fn forbid(&self, key: &'a str, why: &str) -> Result<(), Problem> {
        match self.entries.get_key_value(key) {
            None => Ok(()),
            Some((key, _)) => {
                let message = format!("`{}` has no place in {}", key.get_ref(), self.what);
                problem(key.span(), message, why)
            }
        }
    }
}

impl<'a> Node<'a> {
    pub(crate) fn span(&self) -> Range<usize> {
        self.value.span()
    }

    pub(crate) fn value(&self) -> &'a DeValue<'a> {
        self.value.get_ref()
    }

    pub(crate) fn key(&self) -> &'a str {
        self.key
    }

    pub(crate) fn mistyped<T>(&self, expected: &str) -> Result<T, Problem> {
        let found = match self.value() {
            DeValue::Array(_) => "an array",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a date",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::String(_) => "a string",
            DeValue::Table(_) => "a table",
        };
        let message = format!("expected {expected} in `{}`, found {found}", self.key);
        problem(self.span(), message, format!("write {expected} here"))
    }

    pub(crate) fn text(&self) -> Result<&'a str, Problem> {
        self.value().as_str().map_or_else(|| self.mistyped("a string"), Ok)
    }

    /// The position among `known` of the word that stands here.
    pub(crate) fn among(&self, noun: &str, known: &[&str]) -> Result<usize, Problem> {
        let word = self.text()?;
        known.iter().position(|&k| k == word).map_or_else(
            || {
                let help = did_you_mean(word, known.iter().copied());
                problem(self.span(), format!("unknown {noun} `{word}`"), help)
            },
            Ok,
        )
    }

    pub(crate) fn array(&self) -> Result<Vec<Node<'a>>, Problem> {
        let Some(array) = self.value().as_array() else { return self.mistyped("an array") };
        Ok(array.iter().map(|value| Node { key: self.key, value }).collect())
    }

    pub(crate) fn table(
        &self,
        what: impl Into<String>,
        known: &[&str],
    ) -> Result<Table<'a>, Problem> {
        let Some(entries) = self.value().as_table() else { return self.mistyped("a table") };
        Table::new(entries, self.span(), what, known)
    }

    /// The entries of a table whose keys are names of the file's own, in the order of the file,
    /// each with the place of its name.
    pub(crate) fn named(&self) -> Result<Vec<(Node<'a>, Range<usize>)>, Problem> {
        let Some(entries) = self.value().as_table() else { return self.mistyped("a table") };
        let entry = |(key, value): (&'a Spanned<DeString>, _)| {
            (Node { key: key.get_ref().as_ref(), value }, key.span())
        };
        let mut named: Vec<_> = entries.iter().map(entry).collect();
        named.sort_by_key(|(_, span)| span.start);
        Ok(named)
    }

    /// The number that is written here, exactly.
    pub(crate) fn number(&self) -> Result<BigRational, Problem> {
        let value = match self.value() {
            DeValue::Integer(i) => {
                let integer = BigInt::parse_bytes(i.as_str().as_bytes(), i.radix());
                integer.and_then(|i| rational(&i.to_string()))
            }
            DeValue::Float(x) if x.as_str().ends_with("nan") || x.as_str().ends_with("inf") => {
                let message = format!("`{}` must be finite, found {}", self.key, x.as_str());
                return problem(self.span(), message, "write a finite number");
            }
            DeValue::Float(x) => rational(x.as_str()),
            DeValue::String(text) => {
                let value = rational(text.trim());
                if value.is_none() {
                    let message = format!("`{}` is no number: \"{text}\"", self.key);
                    let help = "write a decimal like 0.6, or a fraction like \"3/5\"";
                    return problem(self.span(), message, help);
                }
                value
            }
            _ => return self.mistyped("a number"),
        };
        // Norms square their entries, and products of three are formed: beyond this they overflow.
        let small = |r: &BigRational| r.to_f64().is_some_and(|x| x.abs() <= LARGEST);
        value.filter(small).map_or_else(
            || {
                let message = format!("`{}` is out of range", self.key);
                problem(
                    self.span(),
                    message,
                    "write a magnitude of at most 1e100; choose other units",
                )
            },
            Ok,
        )
    }

    /// A number, zero or more.
    pub(crate) fn non_negative(&self) -> Result<BigRational, Problem> {
        let number = self.number()?;
        if number.is_negative() {
            let message = format!("`{}` is negative: {}", self.key, show(&number));
            return problem(self.span(), message, "give zero or more");
        }
        Ok(number)
    }

    pub(crate) fn whole(&self) -> Result<u64, Problem> {
        let DeValue::Integer(i) = self.value() else { return self.mistyped("a whole number") };
        u64::from_str_radix(i.as_str(), i.radix()).or_else(|_| {
            let message = format!("`{}` must lie between 0 and 2^64 - 1", self.key);
            problem(self.span(), message, "write a whole number in that range")
        })
    }

    /// `length` numbers; `why` tells a reader where that length comes from.
    pub(crate) fn vector(&self, length: usize, why: &str) -> Result<Vec<BigRational>, Problem> {
        let entries = self.array()?;
        if entries.len() != length {
            let found = entries.len();
            let message = format!("expected length {length} for `{}`, found {found}", self.key);
            return problem(self.span(), message, why);
        }
        entries.iter().map(Node::number).collect()
    }
}
