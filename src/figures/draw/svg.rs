//! Scenes as SVG.

use super::canvas::UNIT;
use super::font::{self, EM, FaceIndex};
use super::{Ink, Mark, Point, Scene, Shape, Text};
use std::collections::BTreeSet;
use std::fmt::Write;
use ttf_parser::OutlineBuilder;

impl Scene {
    /// The picture, its ids beginning with `name`. What has the colour of the text is
    /// `currentColor`; `ground` fills what is behind it.
    pub(crate) fn svg(&self, name: &str, title: &str, alt: &str, ground: Option<&str>) -> String {
        let (w, h) = (self.width, self.height);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w} {h}\" width=\"{w}\" \
             height=\"{h}\" role=\"img\" aria-labelledby=\"{name}-title {name}-desc\">\n\
             <title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-desc\">{}</desc>\n",
            escaped(title),
            escaped(alt)
        );
        svg.push_str(&self.glyphs(name));
        if let Some(ground) = ground {
            let _ = writeln!(svg, "<rect width=\"{w}\" height=\"{h}\" fill=\"{ground}\"/>");
        }
        for mark in &self.marks {
            mark.write(name, &mut svg);
        }
        svg.push_str("</svg>\n");
        svg
    }

    /// Every glyph that is used, once.
    fn glyphs(&self, name: &str) -> String {
        let texts = self.marks.iter().filter_map(|mark| match &mark.shape {
            Shape::Text(text) => Some(text),
            _ => None,
        });
        let used: BTreeSet<(FaceIndex, u16)> =
            texts.flat_map(|text| &text.line.glyphs).map(|g| (g.face, g.glyph)).collect();
        let mut defs = String::from("<defs>\n");
        for (face, glyph) in used {
            let mut path = Path::default();
            font::outline(face, glyph, &mut path);
            if !path.0.is_empty() {
                let id = glyph_id(name, face, glyph);
                let _ = writeln!(defs, "<path id=\"{id}\" d=\"{}\"/>", path.0);
            }
        }
        defs + "</defs>\n"
    }
}

fn glyph_id(name: &str, face: FaceIndex, glyph: u16) -> String {
    format!("{name}-{}{glyph}", char::from(b"rbim"[face]))
}

impl Mark {
    fn write(&self, name: &str, svg: &mut String) {
        let _ = match &self.shape {
            Shape::Lines(lines, width) => {
                let path: String = lines.iter().map(|line| polyline(line)).collect();
                writeln!(svg, "<path d=\"{path}\" fill=\"none\"{}/>", self.ink.stroke(*width))
            }
            Shape::Polygons(all) => {
                let path: String = all.iter().map(|corners| polyline(corners) + "z").collect();
                writeln!(svg, "<path d=\"{path}\"{}/>", self.ink.fill())
            }
            Shape::Cells(cells) => {
                let path: String = cells.iter().map(|(a, b)| cell(*a, *b)).collect();
                let fill = self.ink.fill();
                writeln!(svg, "<path d=\"{path}\" shape-rendering=\"crispEdges\"{fill}/>")
            }
            Shape::Disc(at, radius) => {
                writeln!(svg, "<circle{}{}/>", circle(*at, *radius), self.ink.fill())
            }
            Shape::Ring(at, radius, width) => {
                let stroke = self.ink.stroke(*width);
                writeln!(svg, "<circle{} fill=\"none\"{stroke}/>", circle(*at, *radius))
            }
            Shape::Text(text) => {
                text.write(name, self.ink, svg);
                Ok(())
            }
        };
    }
}

impl Text {
    fn write(&self, name: &str, ink: Ink, svg: &mut String) {
        let scale = self.size / EM / f64::from(UNIT);
        let (x, y) = (self.at.0 / f64::from(UNIT), self.at.1 / f64::from(UNIT));
        // Glyphs are drawn with y upwards.
        let turn = if self.upwards {
            format!("matrix(0 {0} {0} 0 {x:.2} {y:.2})", format_args!("{:.5}", -scale))
        } else {
            format!("matrix({scale:.5} 0 0 {:.5} {x:.2} {y:.2})", -scale)
        };
        let plain = escaped(&self.line.plain);
        let _ = write!(svg, "<g data-text=\"{plain}\" transform=\"{turn}\"{}>", ink.fill());
        for g in self.line.glyphs.iter().filter(|g| !blank(g.face, g.glyph)) {
            let id = glyph_id(name, g.face, g.glyph);
            let place = if g.y == 0.0 {
                format!("x=\"{:.0}\"", g.x)
            } else {
                format!("transform=\"matrix({0} 0 0 {0} {1:.0} {2:.0})\"", g.size, g.x, -g.y)
            };
            let _ = write!(svg, "<use href=\"#{id}\" {place}/>");
        }
        svg.push_str("</g>\n");
    }
}

/// Whether nothing is to be seen of a glyph.
fn blank(face: FaceIndex, glyph: u16) -> bool {
    let mut path = Path::default();
    font::outline(face, glyph, &mut path);
    path.0.is_empty()
}

impl Ink {
    fn colour(self) -> String {
        self.colour.map_or_else(
            || "currentColor".to_owned(),
            |(r, g, b)| format!("#{r:02x}{g:02x}{b:02x}"),
        )
    }

    fn fill(self) -> String {
        let opacity = if self.alpha < 1.0 {
            format!(" fill-opacity=\"{}\"", self.alpha)
        } else {
            String::new()
        };
        format!(" fill=\"{}\"{opacity}", self.colour())
    }

    fn stroke(self, width: u32) -> String {
        let opacity = if self.alpha < 1.0 {
            format!(" stroke-opacity=\"{}\"", self.alpha)
        } else {
            String::new()
        };
        let width = length(i32::try_from(width).unwrap_or(UNIT));
        format!(" stroke=\"{}\" stroke-width=\"{width}\"{opacity}", self.colour())
    }
}

/// Pixels.
fn length(x: i32) -> String {
    let (whole, part) = (x.abs() / UNIT, x.abs() % UNIT);
    let sign = if x < 0 { "-" } else { "" };
    if part == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{part}") }
}

fn polyline(points: &[Point]) -> String {
    let mut path = String::new();
    for (k, (x, y)) in points.iter().enumerate() {
        let letter = match k {
            0 => "M",
            1 => "L",
            _ => " ",
        };
        let _ = write!(path, "{letter}{} {}", length(*x), length(*y));
    }
    path
}

fn cell(a: Point, b: Point) -> String {
    let [x0, y0, x1, y1] = [a.0, a.1, b.0, b.1].map(length);
    format!("M{x0} {y0}H{x1}V{y1}H{x0}z")
}

fn circle(at: Point, radius: u32) -> String {
    let radius = length(i32::try_from(radius).unwrap_or(UNIT));
    format!(" cx=\"{}\" cy=\"{}\" r=\"{radius}\"", length(at.0), length(at.1))
}

/// Text as an element or a quoted attribute holds it; characters that XML has not are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c => out.push(c),
        }
    }
    out
}

/// An outline as path data.
#[derive(Default)]
struct Path(String);

impl OutlineBuilder for Path {
    fn move_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "M{x} {y}");
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "L{x} {y}");
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let _ = write!(self.0, "Q{x1} {y1} {x} {y}");
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let _ = write!(self.0, "C{x1} {y1} {x2} {y2} {x} {y}");
    }
    fn close(&mut self) {
        self.0.push('z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_exact() {
        let found = [0, 7, -7, 10, 123, -1230].map(length);
        assert_eq!(found, ["0", "0.7", "-0.7", "1", "12.3", "-123"]);
    }

    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(escaped("a<b> \"c\" & d\u{1}"), "a&lt;b&gt; &quot;c&quot; &amp; d ");
    }
}
