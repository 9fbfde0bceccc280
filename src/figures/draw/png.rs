//! Scenes as PNG.

use super::canvas::UNIT;
use super::font::{self, EM};
use super::{Ink, Mark, Point, Scene, Shape, Text};
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};
use ttf_parser::OutlineBuilder;

/// Points of the image a pixel of the picture.
const SCALE: f32 = 2.0;

impl Scene {
    /// The picture on white, two points a pixel.
    ///
    /// # Panics
    /// If the picture is empty.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ::png::EncodingError> {
        let side = |pixels: i32| u32::try_from(pixels).unwrap_or(1) * 2;
        let (width, height) = (side(self.width), side(self.height));
        let mut image = Pixmap::new(width, height).expect("sizes are positive");
        image.fill(Color::WHITE);
        for mark in &self.marks {
            mark.paint(&mut image);
        }
        // On an opaque ground nothing is transparent.
        let rgb: Vec<u8> = image.data().chunks_exact(4).flat_map(|p| [p[0], p[1], p[2]]).collect();
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, width, height);
        encoder.set_color(::png::ColorType::Rgb);
        encoder.set_depth(::png::BitDepth::Eight);
        encoder.set_compression(::png::Compression::High);
        // 200 dots an inch: 20 cm wide.
        let density = ::png::PixelDimensions { xppu: 7874, yppu: 7874, unit: ::png::Unit::Meter };
        encoder.set_pixel_dims(Some(density));
        encoder.write_header()?.write_image_data(&rgb)?;
        Ok(bytes)
    }
}

impl Ink {
    fn paint(self) -> Paint<'static> {
        let (r, g, b) = self.colour.unwrap_or((0, 0, 0));
        let mut paint = Paint::default();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
        paint.set_color_rgba8(r, g, b, (self.alpha * 255.0).round() as u8);
        paint
    }
}

impl Mark {
    fn paint(&self, image: &mut Pixmap) {
        let mut paint = self.ink.paint();
        let same = Transform::identity();
        let mut path = PathBuilder::new();
        match &self.shape {
            Shape::Lines(lines, width) => {
                for line in lines {
                    trace(&mut path, line);
                }
                stroke(image, path, &paint, *width);
            }
            Shape::Polygons(all) => {
                for corners in all {
                    trace(&mut path, corners);
                    path.close();
                }
                if let Some(path) = path.finish() {
                    image.fill_path(&path, &paint, FillRule::Winding, same, None);
                }
            }
            Shape::Cells(cells) => {
                paint.anti_alias = false;
                for (a, b) in cells {
                    let ((x0, y0), (x1, y1)) = (place(*a), place(*b));
                    let sides = (x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1));
                    if let Some(rect) = Rect::from_ltrb(sides.0, sides.1, sides.2, sides.3) {
                        image.fill_rect(rect, &paint, same, None);
                    }
                }
            }
            Shape::Disc(at, radius) => {
                let (x, y) = place(*at);
                path.push_circle(x, y, size(*radius));
                if let Some(path) = path.finish() {
                    image.fill_path(&path, &paint, FillRule::Winding, same, None);
                }
            }
            Shape::Ring(at, radius, width) => {
                let (x, y) = place(*at);
                path.push_circle(x, y, size(*radius));
                stroke(image, path, &paint, *width);
            }
            Shape::Text(text) => text.paint(image, &paint),
        }
    }
}

impl Text {
    fn paint(&self, image: &mut Pixmap, paint: &Paint) {
        let unit = f64::from(UNIT) / f64::from(SCALE);
        let scale = self.size / EM / unit;
        let (x, y) = (self.at.0 / unit, self.at.1 / unit);
        for glyph in &self.line.glyphs {
            let mut outline = Outline(PathBuilder::new());
            font::outline(glyph.face, glyph.glyph, &mut outline);
            let Some(path) = outline.0.finish() else { continue };
            // Rounded as the SVG has it, so that both show the same.
            let (along, below) = (glyph.x.round() * scale, glyph.y.round() * scale);
            let size = (scale * glyph.size) as f32;
            let place = if self.upwards {
                let (x, y) = ((x + below) as f32, (y - along) as f32);
                Transform::from_row(0.0, -size, -size, 0.0, x, y)
            } else {
                let (x, y) = ((x + along) as f32, (y + below) as f32);
                Transform::from_row(size, 0.0, 0.0, -size, x, y)
            };
            image.fill_path(&path, paint, FillRule::Winding, place, None);
        }
    }
}

fn place((x, y): Point) -> (f32, f32) {
    let unit = UNIT as f32;
    (x as f32 * SCALE / unit, y as f32 * SCALE / unit)
}

fn size(length: u32) -> f32 {
    length as f32 * SCALE / UNIT as f32
}

fn trace(path: &mut PathBuilder, points: &[Point]) {
    for (k, point) in points.iter().enumerate() {
        let (x, y) = place(*point);
        if k == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
}

fn stroke(image: &mut Pixmap, path: PathBuilder, paint: &Paint, width: u32) {
    let stroke = Stroke {
        width: size(width),
        line_cap: LineCap::Butt,
        line_join: LineJoin::Miter,
        ..Stroke::default()
    };
    if let Some(path) = path.finish() {
        image.stroke_path(&path, paint, &stroke, Transform::identity(), None);
    }
}

/// An outline as a path.
struct Outline(PathBuilder);

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}
