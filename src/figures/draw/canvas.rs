//! What plotters draws on.

use super::font::{self, BOLD, CAPITALS, EM, FaceIndex, ITALIC, REGULAR};
use super::{Ink, Point, Scene, Shape, Text};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{
    BackendColor, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
    FontTransform,
};
use std::convert::Infallible;

/// Positions are whole numbers of this part of a pixel.
pub(crate) const UNIT: i32 = 10;

/// Keeps what plotters draws.
pub(crate) struct Canvas<'a>(&'a mut Scene);

/// A part of a canvas, in plotters' terms.
pub(crate) type Area<'a> = DrawingArea<Canvas<'a>, Shift>;

/// What comes of a layout, if it fits.
pub(crate) type Laid<T> = Result<T, DrawingAreaErrorKind<Infallible>>;

/// Whether the layout fitted.
pub(crate) type Drawn = Laid<()>;

type Done = Result<(), DrawingErrorKind<Infallible>>;

impl<'a> Canvas<'a> {
    /// The whole of the picture.
    pub(super) fn area(scene: &'a mut Scene) -> Area<'a> {
        Canvas(scene).into_drawing_area()
    }
}

/// Black stands for the colour of the text.
fn ink(colour: BackendColor) -> Ink {
    let own = (colour.rgb != (0, 0, 0)).then_some(colour.rgb);
    Ink { colour: own, alpha: colour.alpha }
}

fn face(style: FontStyle) -> FaceIndex {
    match style {
        FontStyle::Bold => BOLD,
        FontStyle::Italic | FontStyle::Oblique => ITALIC,
        FontStyle::Normal => REGULAR,
    }
}

impl DrawingBackend for Canvas<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        let size = |pixels: i32| u32::try_from(pixels * UNIT).unwrap_or(0);
        (size(self.0.width), size(self.0.height))
    }

    fn ensure_prepared(&mut self) -> Done {
        Ok(())
    }

    fn present(&mut self) -> Done {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): Point, colour: BackendColor) -> Done {
        self.0.add(Shape::Cells(vec![((x, y), (x + 1, y + 1))]), ink(colour));
        Ok(())
    }

    fn draw_line<S: BackendStyle>(&mut self, from: Point, to: Point, style: &S) -> Done {
        self.draw_path([from, to], style)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = Point>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Done {
        let points: Vec<Point> = path.into_iter().collect();
        if style.color().alpha > 0.0 && points.len() > 1 {
            self.0.add(Shape::Lines(vec![points], style.stroke_width()), ink(style.color()));
        }
        Ok(())
    }

    fn draw_rect<S: BackendStyle>(&mut self, a: Point, b: Point, style: &S, fill: bool) -> Done {
        if fill {
            self.0.add(Shape::Cells(vec![(a, b)]), ink(style.color()));
            return Ok(());
        }
        self.draw_path([a, (b.0, a.1), b, (a.0, b.1), a], style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        centre: Point,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Done {
        let shape = if fill {
            Shape::Disc(centre, radius)
        } else {
            Shape::Ring(centre, radius, style.stroke_width())
        };
        self.0.add(shape, ink(style.color()));
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = Point>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Done {
        self.0.add(Shape::Polygons(vec![corners.into_iter().collect()]), ink(style.color()));
        Ok(())
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: Point) -> Done {
        let line = font::set(text, face(style.style()));
        if line.glyphs.is_empty() {
            return Ok(());
        }
        let size = style.size();
        let anchor = style.anchor();
        let along = match anchor.h_pos {
            HPos::Left => 0.0,
            HPos::Center => -0.5,
            HPos::Right => -1.0,
        } * line.width
            * size
            / EM;
        // Lines are aligned by their capitals, whatever letters they happen to have.
        let down = match anchor.v_pos {
            VPos::Top => 1.0,
            VPos::Center => 0.5,
            VPos::Bottom => 0.0,
        } * CAPITALS
            * size
            / EM;
        let (x, y) = (f64::from(at.0), f64::from(at.1));
        let upwards = !matches!(style.transform(), FontTransform::None);
        let at = if upwards { (x + down, y - along) } else { (x + along, y + down) };
        self.0.add(Shape::Text(Text { at, size, upwards, line }), ink(style.color()));
        Ok(())
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes of a line")]
    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Infallible>> {
        let line = font::set(text, face(style.style()));
        let size = style.size();
        Ok(((line.width * size / EM).ceil() as u32, (CAPITALS * size / EM).ceil() as u32))
    }
}
