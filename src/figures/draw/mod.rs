//! How pictures are drawn: plotters lays out axes and marks on a [`Canvas`], which keeps them as a
//! [`Scene`]; a scene is written as SVG or painted as PNG.

mod canvas;
mod font;
mod panel;
mod png;
mod svg;

use canvas::Canvas;
pub(super) use canvas::{Area, Drawn};
pub(super) use font::literal;
pub(super) use panel::{Axis, Entry, Frame, Hatch, Marker, Panel, Pen, heading, legend};

use plotters::style::RGBColor;

/// Text, axes and whatever has the colour of the text around the picture.
pub(super) const TEXT: RGBColor = RGBColor(0, 0, 0);

/// Colours that people with any common colour vision tell apart (Okabe and Ito 2008), without those too
/// light for lines on white.
pub(super) const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xB2);
pub(super) const VERMILLION: RGBColor = RGBColor(0xD5, 0x5E, 0x00);
pub(super) const GREEN: RGBColor = RGBColor(0x00, 0x9E, 0x73);
pub(super) const PURPLE: RGBColor = RGBColor(0xCC, 0x79, 0xA7);

/// The colours of series, in their order.
pub(super) const SERIES: [RGBColor; 4] = [BLUE, VERMILLION, GREEN, PURPLE];

/// A point, in [`UNIT`]ths of a pixel.
type Point = (i32, i32);

/// What was drawn, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scene {
    /// Pixels.
    pub width: i32,
    pub height: i32,
    marks: Vec<Mark>,
}

#[derive(Clone, Debug, PartialEq)]
struct Mark {
    shape: Shape,
    ink: Ink,
}

/// A colour, or that of the text around the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ink {
    colour: Option<(u8, u8, u8)>,
    alpha: f64,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// Open lines of a width.
    Lines(Vec<Vec<Point>>, u32),
    /// Filled.
    Polygons(Vec<Vec<Point>>),
    /// Filled, with edges on whole pixels, so that neighbours leave no seam: two opposite corners.
    Cells(Vec<(Point, Point)>),
    /// Filled.
    Disc(Point, u32),
    /// A circle of a width.
    Ring(Point, u32, u32),
    Text(Text),
}

/// A line of text, in outlines.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    /// Start of the baseline.
    at: (f64, f64),
    /// [`UNIT`]ths of a pixel an em.
    size: f64,
    /// Whether it runs upwards.
    upwards: bool,
    line: font::Line,
}

impl Scene {
    /// What `draw` puts on a picture of this size.
    pub(super) fn drawn(
        (width, height): (i32, i32),
        draw: impl FnOnce(&Area) -> canvas::Drawn,
    ) -> Self {
        let mut scene = Scene { width, height, marks: vec![] };
        let area = Canvas::area(&mut scene);
        // The sizes of pictures are constants; that everything fits is what the tests see.
        draw(&area).expect("a layout that fits");
        drop(area);
        scene
    }

    fn add(&mut self, shape: Shape, ink: Ink) {
        // Neighbours of one look are one mark: half the file of a dashed line or a map.
        if let Some(last) = self.marks.last_mut().filter(|last| last.ink == ink) {
            match (&mut last.shape, &shape) {
                (Shape::Lines(lines, a), Shape::Lines(more, b)) if a == b && ink.alpha >= 1.0 => {
                    return lines.extend(more.iter().cloned());
                }
                (Shape::Cells(cells), Shape::Cells(more)) => return cells.extend(more),
                _ => {}
            }
        }
        self.marks.push(Mark { shape, ink });
    }
}
