//! What a certificate rests on: all that is needed to check it again.

use super::system::Fact;
use super::zeros::Shows;
use crate::influence::sweep::Along;
use crate::point::Point;
use serde::{Deserialize, Serialize};

/// A kind of proof with its particulars. Numbers are texts, exact decimals or fractions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Proof {
    /// Every listed system, in exact arithmetic.
    Instances {
        /// In the order of the claim's list.
        places: Vec<String>,
    },
    /// A range of one parameter of a system, piece by piece in interval arithmetic.
    Range {
        /// The system and its parameter.
        place: String,
        /// The ends of the pieces in increasing order, those of the range included.
        cuts: Vec<String>,
    },
    /// Quantities of one loop with their enclosures.
    System {
        /// Of parameters, in the order given.
        values: Vec<(String, String)>,
        /// Where the share in front of the knob stands, unless where the file has it.
        share: Option<String>,
        /// What was enclosed.
        facts: Vec<Fact>,
    },
    /// All zeros of one influence on a range: pieces on which it has a sign, or its derivative has.
    Zeros {
        /// Of parameters that stand still.
        values: Vec<(String, String)>,
        /// Where the share in front of the knob stands, unless it moves or stands where the file has it.
        share: Option<String>,
        /// What moves.
        along: Along,
        /// From here to there.
        ends: [String; 2],
        /// Whose influence.
        model: String,
        /// The upper end of each piece in increasing order, and what is certain on it.
        pieces: Vec<(String, Shows)>,
        /// Enclosures.
        zeros: Vec<[String; 2]>,
    },
    /// Equations between rational functions, at random points of a finite field.
    Identity {
        /// The sizes of the loops, each with a bound of the degree.
        shapes: Vec<Shape>,
        /// The probability that a false one passed is at most two to minus this.
        sure: u64,
    },
    /// One stable point in the box that the claim states, by Krawczyk's operator.
    FixedPoint {
        /// The centre of a narrow box with the stable point in it.
        centre: Vec<String>,
        /// Its radius.
        within: String,
        /// An approximate inverse of the derivative of the equations, row after row.
        inverse: Vec<Vec<String>>,
        /// An approximate derivative of the stable point by the curated share.
        response: Vec<String>,
    },
    /// All points of boxes, box by box.
    Boxes {
        /// In the order of the layouts of the claim's domain.
        covers: Vec<Boxes>,
        /// A point that meets the hypotheses: what is proved is not about nothing.
        example: Point<f64>,
    },
}

/// The cover of one box by smaller ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Boxes {
    /// What varies.
    pub ranges: Vec<Span>,
    /// In preorder: the letter of a range for a box that is halved, the lower half first; `+` for one on
    /// which all that is asserted holds, `-` for one on which a hypothesis fails.
    pub tree: String,
}

/// The range of a number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// Its name, with row and column for an entry of a matrix.
    pub name: String,
    /// Least value.
    pub least: String,
    /// Greatest value.
    pub greatest: String,
}

/// Loops of two models of given sizes, on which an identity was tested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Numbers of parameters of `p` and of `q`.
    pub parameters: [usize; 2],
    /// Entries of their data.
    pub data: [usize; 2],
    /// A bound of the degree of the numerators of the differences of the sides.
    pub degree: u64,
}
