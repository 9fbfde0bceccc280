//! Text as outlines: an embedded typeface, so that a picture looks the same everywhere.

use std::sync::LazyLock;
use ttf_parser::gpos::{PairAdjustment, PositioningSubtable};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

/// A typeface of the [`FACES`], by its position.
pub(super) type FaceIndex = usize;

/// Upright.
pub(super) const REGULAR: FaceIndex = 0;
/// Semi-bold.
pub(super) const BOLD: FaceIndex = 1;
/// Slanted, for the names of variables.
pub(super) const ITALIC: FaceIndex = 2;
/// Operators and arrows, which the others lack.
const MATH: FaceIndex = 3;

/// Units of an em, in all of the faces.
pub(super) const EM: f64 = 1000.0;

/// Height of capitals, in units.
pub(super) const CAPITALS: f64 = 714.0;

/// Sub- and superscripts: their size, and how far their baseline is below the line's, in units.
const SCRIPT: f64 = 0.72;
const BELOW: f64 = 200.0;
const ABOVE: f64 = -370.0;

static FACES: LazyLock<[Face<'static>; 4]> = LazyLock::new(|| {
    let bytes: [&[u8]; 4] = [
        include_bytes!("../../../data/fonts/NotoSans-Regular.ttf"),
        include_bytes!("../../../data/fonts/NotoSans-SemiBold.ttf"),
        include_bytes!("../../../data/fonts/NotoSans-Italic.ttf"),
        include_bytes!("../../../data/fonts/NotoSansMath-Regular.ttf"),
    ];
    bytes.map(|bytes| Face::parse(bytes, 0).expect("the embedded fonts are whole"))
});

/// One glyph on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Placed {
    pub face: FaceIndex,
    pub glyph: u16,
    /// Where it begins, in units of the line's em, from the start of the line.
    pub x: f64,
    /// How far its baseline is below the line's, in the same units.
    pub y: f64,
    /// Its size, relative to the line's.
    pub size: f64,
}

/// A line of text, set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub glyphs: Vec<Placed>,
    /// In units of the em.
    pub width: f64,
    /// What it says, without markup.
    pub plain: String,
}

/// How the next character is set.
#[derive(Clone, Copy)]
struct Manner {
    face: FaceIndex,
    size: f64,
    y: f64,
}

/// Sets a line in `face`. `*x*` is slanted, `_{..}` lower, `^{..}` higher; `\` takes the meaning off
/// the character behind it.
pub(super) fn set(text: &str, face: FaceIndex) -> Line {
    let plain = Manner { face, size: 1.0, y: 0.0 };
    let (mut manner, mut line) = (plain, Line::default());
    let mut last: Option<(FaceIndex, GlyphId, f64)> = None;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opens = rest.peek() == Some(&'{');
        let c = match c {
            '\\' => rest.next().unwrap_or('\\'),
            '*' => {
                manner.face = if manner.face == ITALIC { face } else { ITALIC };
                continue;
            }
            '_' | '^' if opens => {
                rest.next();
                let y = if c == '_' { BELOW } else { ABOVE };
                manner = Manner { size: SCRIPT, y, ..manner };
                continue;
            }
            '}' if manner.y != 0.0 => {
                manner = Manner { size: 1.0, y: 0.0, ..manner };
                continue;
            }
            c => c,
        };
        line.plain.push(c);
        let (face, glyph) = glyph(manner.face, c);
        if let Some((before, left, size)) = last
            && before == face
            && (size - manner.size).abs() < f64::EPSILON
        {
            line.width += size * kerning(face, left, glyph);
        }
        let Manner { size, y, .. } = manner;
        line.glyphs.push(Placed { face, glyph: glyph.0, x: line.width, y, size });
        line.width += size * f64::from(FACES[face].glyph_hor_advance(glyph).unwrap_or(0));
        last = Some((face, glyph, size));
    }
    line
}

/// `text` with the meaning of all markup taken off.
pub(crate) fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '*' | '_' | '^' | '{' | '}') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted
}

/// The glyph of a character, in the wanted face or in the one that has it; else an empty box.
fn glyph(wanted: FaceIndex, c: char) -> (FaceIndex, GlyphId) {
    let found = |face: FaceIndex| FACES[face].glyph_index(c).map(|glyph| (face, glyph));
    let other = || found(REGULAR).or_else(|| found(MATH));
    found(wanted).or_else(other).unwrap_or((REGULAR, GlyphId(0)))
}

/// By how much two neighbours come closer (negative), in units.
fn kerning(face: FaceIndex, left: GlyphId, right: GlyphId) -> f64 {
    let Some(table) = FACES[face].tables().gpos else { return 0.0 };
    let lookups = table.lookups.into_iter();
    let parts = lookups.flat_map(|l| l.subtables.into_iter::<PositioningSubtable>());
    for part in parts {
        let PositioningSubtable::Pair(pairs) = part else { continue };
        let Some(index) = pairs.coverage().get(left) else { continue };
        let found = match pairs {
            PairAdjustment::Format1 { sets, .. } => sets.get(index).and_then(|s| s.get(right)),
            PairAdjustment::Format2 { classes: (lefts, rights), matrix, .. } => {
                matrix.get((lefts.get(left), rights.get(right)))
            }
        };
        if let Some((of_left, _)) = found {
            return f64::from(of_left.x_advance);
        }
    }
    0.0
}

/// Draws the outline of a glyph, in units, `y` upwards.
pub(super) fn outline(face: FaceIndex, glyph: u16, pen: &mut dyn OutlineBuilder) {
    FACES[face].outline_glyph(GlyphId(glyph), pen);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_labels_use_has_a_glyph() {
        let used = "0123456789−.,:;()[]|/+=<>≤≥≈·–—√∂∇×λρκτθφωηΣ′→%";
        for c in used.chars().chain('a'..='z').chain('A'..='Z') {
            assert_ne!(glyph(REGULAR, c).1, GlyphId(0), "{c}");
        }
        assert_eq!(glyph(REGULAR, '\u{4e00}'), (REGULAR, GlyphId(0)));
    }

    #[test]
    fn markup_is_read_and_can_be_quoted() {
        let line = set("*d**J*_{q}/dλ", REGULAR);
        assert_eq!(line.plain, "dJq/dλ");
        let q = line.glyphs[2];
        assert_eq!((q.size, q.y, q.face), (SCRIPT, BELOW, REGULAR));
        assert_eq!((line.glyphs[0].face, line.glyphs[3].face), (ITALIC, REGULAR));
        let quoted = set(&literal("a_{b}*c^{2}\\"), REGULAR);
        assert_eq!(quoted.plain, "a_{b}*c^{2}\\");
        assert!(quoted.glyphs.iter().all(|g| g.y == 0.0 && g.face == REGULAR));
    }

    #[test]
    fn letters_are_kerned() {
        let apart: f64 = ["T", "o"].iter().map(|c| set(c, REGULAR).width).sum();
        let together = set("To", REGULAR).width;
        assert!(together < apart - 10.0, "{together} {apart}");
        assert!((set("nn", REGULAR).width - 2.0 * set("n", REGULAR).width).abs() < 1e-9);
    }
}
