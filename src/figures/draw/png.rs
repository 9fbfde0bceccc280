//! Scenes as PNG.

use super::canvas::UNIT;
use super::font::{self, EM};
use super::{Ink, Mark, Point, Scene, Shape, Text};
use std::collections::BTreeMap;
use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, Transform,
};
use ttf_parser::OutlineBuilder;

/// Points of the image across.
const WIDTH: u32 = 1600;

/// Colours of an image. Where more meet, as on the edges of letters, the rarest become their neighbours.
const COLOURS: usize = 256;

impl Scene {
    /// The picture on white, [`WIDTH`] points wide.
    ///
    /// # Panics
    /// If the picture is empty.
    pub(crate) fn png(&self) -> Result<Vec<u8>, ::png::EncodingError> {
        let scale = WIDTH as f32 / self.width as f32;
        let height = WIDTH * u32::try_from(self.height).unwrap_or(1)
            / u32::try_from(self.width).unwrap_or(1);
        let pixels = Pixmap::new(WIDTH, height).expect("pictures have a size");
        let mut image = Image { pixels, scale };
        image.pixels.fill(Color::WHITE);
        for mark in &self.marks {
            mark.paint(&mut image);
        }
        let (palette, indices) = indexed(image.pixels.data());
        let mut bytes = Vec::new();
        let mut encoder = ::png::Encoder::new(&mut bytes, WIDTH, height);
        encoder.set_color(::png::ColorType::Indexed);
        encoder.set_depth(::png::BitDepth::Eight);
        encoder.set_palette(palette.concat());
        encoder.set_compression(::png::Compression::High);
        // Neighbours in a palette have nothing in common.
        encoder.set_filter(::png::Filter::NoFilter);
        // 254 dots an inch: 16 cm wide.
        let density =
            ::png::PixelDimensions { xppu: 10_000, yppu: 10_000, unit: ::png::Unit::Meter };
        encoder.set_pixel_dims(Some(density));
        encoder.write_header()?.write_image_data(&indices)?;
        Ok(bytes)
    }
}

/// The most frequent colours of opaque pixels, and the nearest of them to each pixel.
fn indexed(pixels: &[u8]) -> (Vec<[u8; 3]>, Vec<u8>) {
    let colours = || pixels.chunks_exact(4).map(|p| [p[0], p[1], p[2]]);
    let mut counts: BTreeMap<[u8; 3], usize> = BTreeMap::new();
    for colour in colours() {
        *counts.entry(colour).or_default() += 1;
    }
    let mut palette: Vec<[u8; 3]> = counts.keys().copied().collect();
    // Stable: of equally frequent ones the darkest comes first.
    palette.sort_by_key(|colour| std::cmp::Reverse(counts[colour]));
    palette.truncate(COLOURS);
    let distance = |a: &[u8; 3], b: &[u8; 3]| -> u32 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum()
    };
    let nearest = |colour: &[u8; 3]| {
        let all = palette.iter().enumerate().map(|(k, other)| (distance(colour, other), k));
        all.min().map_or(0, |(_, k)| u8::try_from(k).unwrap_or(0))
    };
    let places: BTreeMap<[u8; 3], u8> = counts.keys().map(|c| (*c, nearest(c))).collect();
    let indices = colours().map(|colour| places[&colour]).collect();
    (palette, indices)
}

/// What is painted on.
struct Image {
    pixels: Pixmap,
    /// Points a pixel of the picture.
    scale: f32,
}

impl Image {
    fn place(&self, (x, y): Point) -> (f32, f32) {
        let unit = UNIT as f32;
        (x as f32 * self.scale / unit, y as f32 * self.scale / unit)
    }

    fn size(&self, length: u32) -> f32 {
        length as f32 * self.scale / UNIT as f32
    }

    fn trace(&self, path: &mut PathBuilder, points: &[Point]) {
        for (k, point) in points.iter().enumerate() {
            let (x, y) = self.place(*point);
            if k == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
    }

    fn fill(&mut self, path: PathBuilder, paint: &Paint, place: Transform) {
        if let Some(path) = path.finish() {
            self.pixels.fill_path(&path, paint, FillRule::Winding, place, None);
        }
    }

    fn stroke(&mut self, path: PathBuilder, paint: &Paint, width: u32) {
        let stroke = Stroke {
            width: self.size(width),
            line_cap: LineCap::Butt,
            line_join: LineJoin::Miter,
            ..Stroke::default()
        };
        if let Some(path) = path.finish() {
            self.pixels.stroke_path(&path, paint, &stroke, Transform::identity(), None);
        }
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
    fn paint(&self, image: &mut Image) {
        let mut paint = self.ink.paint();
        let same = Transform::identity();
        let mut path = PathBuilder::new();
        match &self.shape {
            Shape::Lines(lines, width) => {
                for line in lines {
                    image.trace(&mut path, line);
                }
                image.stroke(path, &paint, *width);
            }
            Shape::Polygons(all) => {
                for corners in all {
                    image.trace(&mut path, corners);
                    path.close();
                }
                image.fill(path, &paint, same);
            }
            Shape::Cells(cells) => {
                paint.anti_alias = false;
                for (a, b) in cells {
                    let ((x0, y0), (x1, y1)) = (image.place(*a), image.place(*b));
                    let sides = (x0.min(x1), y0.min(y1), x0.max(x1), y0.max(y1));
                    if let Some(rect) = Rect::from_ltrb(sides.0, sides.1, sides.2, sides.3) {
                        image.pixels.fill_rect(rect, &paint, same, None);
                    }
                }
            }
            Shape::Disc(at, radius) => {
                let (x, y) = image.place(*at);
                path.push_circle(x, y, image.size(*radius));
                image.fill(path, &paint, same);
            }
            Shape::Ring(at, radius, width) => {
                let (x, y) = image.place(*at);
                path.push_circle(x, y, image.size(*radius));
                image.stroke(path, &paint, *width);
            }
            Shape::Text(text) => text.paint(image, &paint),
        }
    }
}

impl Text {
    #[allow(clippy::cast_possible_truncation, reason = "what is painted is in single precision")]
    fn paint(&self, image: &mut Image, paint: &Paint) {
        let unit = f64::from(UNIT) / f64::from(image.scale);
        let scale = self.size / EM / unit;
        let (x, y) = (self.at.0 / unit, self.at.1 / unit);
        for glyph in &self.line.glyphs {
            let mut outline = Outline(PathBuilder::new());
            font::outline(glyph.face, glyph.glyph, &mut outline);
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
            image.fill(outline.0, paint, place);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frequent_colours_are_kept_and_rare_ones_become_their_neighbours() {
        // 300 greys, as far as bytes go round, on a ground of white and a red that is one pixel.
        let greys = (0..=255).chain(0..44).map(|k: u8| [k; 3]);
        let mut colours: Vec<[u8; 3]> = greys.collect();
        colours.extend([[255, 255, 255]; 50]);
        colours.push([255, 0, 0]);
        let pixels: Vec<u8> = colours.iter().flat_map(|c| [c[0], c[1], c[2], 255]).collect();
        let (palette, indices) = indexed(&pixels);
        assert_eq!((palette.len(), palette[0]), (256, [255, 255, 255]));
        let shown = |k: usize| palette[usize::from(indices[k])];
        assert_eq!(shown(300), [255, 255, 255]);
        // 257 colours for 256 places: of those seen once the brightest, the red one, goes.
        assert!((0..300).all(|k| shown(k) == colours[k]));
        assert_ne!(shown(350), [255, 0, 0]);
    }
}
