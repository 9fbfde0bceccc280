//! Axes, and what stands on them.

use super::canvas::{Area, Drawn, Laid, UNIT};
use super::{Point, TEXT};
use plotters::chart::ChartBuilder;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{KeyPointHint, NoDefaultFormatting, Ranged, ValueFormatter};
use plotters::coord::types::RangedCoordf64;
use plotters::element::{Circle, PathElement, Polygon, Rectangle};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBAColor, RGBColor, TextStyle};
use std::collections::BTreeMap;
use std::ops::Range;

/// Sizes of type, in pixels.
const TITLE: i32 = 17;
const NORMAL: i32 = 14;
const SMALL: i32 = 13;

/// Room above a panel for its heading, and above a picture for its title, in pixels.
const HEADING: i32 = 26;

/// Length of the samples in a legend, in pixels.
const SAMPLE: i32 = 30;

/// How much of the text's colour grid lines have.
const FAINT: f64 = 0.13;

/// Positions that are decimals of the axis would be rounded up on one machine and down on another;
/// no tick of anything falls this far off a whole unit.
const OFF_TIES: f64 = 0.0123;

/// One axis: its range, its ticks, and what it shows.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    lo: f64,
    hi: f64,
    log: bool,
    label: String,
    ticks: Vec<(f64, String)>,
}

/// A panel before it is drawn.
pub(crate) struct Frame<'a> {
    /// Above it; may be empty.
    pub heading: &'a str,
    pub x: Axis,
    pub y: Axis,
    /// Room for the labels of the vertical axis, in pixels.
    pub left: i32,
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen {
    pub colour: RGBAColor,
    /// [`UNIT`]ths of a pixel.
    pub width: u32,
    /// Lengths of dashes and gaps, in pixels; none for a whole line.
    pub dashes: &'static [i32],
}

/// Slanted lines over an area.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hatch {
    pub colour: RGBAColor,
    /// From the upper left to the lower right, instead of rising.
    pub falling: bool,
}

/// The shape of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Marker {
    Disc,
    Ring,
    Square,
    Triangle,
    Cross,
    Diamond,
}

/// The shapes of series, in their order.
const MARKERS: [Marker; 4] = [Marker::Disc, Marker::Square, Marker::Triangle, Marker::Diamond];

/// The dashes of series, in their order.
const DASHES: [&[i32]; 4] = [&[], &[7, 4], &[2, 3], &[9, 3, 2, 3]];

/// A line of a legend.
pub(crate) struct Entry {
    pub pen: Option<Pen>,
    pub marker: Option<(Marker, RGBColor)>,
    /// A filled box.
    pub fill: Option<RGBAColor>,
    /// Lines over the box.
    pub hatch: Option<Hatch>,
    pub text: String,
}

/// A panel with its axes drawn.
pub(crate) struct Panel<'a> {
    /// The whole picture, in its own positions.
    area: Area<'a>,
    coordinates: Cartesian2d<Axis, Axis>,
    x: Axis,
    y: Axis,
}

impl Pen {
    /// A whole line.
    pub(crate) fn solid(colour: RGBColor) -> Self {
        Pen { colour: colour.to_rgba(), width: 18, dashes: &[] }
    }

    /// The dashes of series `index`.
    pub(crate) fn series(colour: RGBColor, index: usize) -> Self {
        Pen { dashes: DASHES[index % DASHES.len()], ..Pen::solid(colour) }
    }

    /// A thin line in the colour of the text.
    pub(crate) fn thin(dashes: &'static [i32]) -> Self {
        Pen { colour: TEXT.mix(0.7), width: 10, dashes }
    }

    pub(crate) fn width(self, width: u32) -> Self {
        Pen { width, ..self }
    }
}

impl Marker {
    /// The shape of series `index`.
    pub(crate) fn series(index: usize) -> Self {
        MARKERS[index % MARKERS.len()]
    }
}

impl Entry {
    pub(crate) fn line(pen: Pen, text: impl Into<String>) -> Self {
        Entry { pen: Some(pen), marker: None, fill: None, hatch: None, text: text.into() }
    }

    pub(crate) fn dots(marker: Marker, colour: RGBColor, text: impl Into<String>) -> Self {
        Entry {
            pen: None,
            marker: Some((marker, colour)),
            fill: None,
            hatch: None,
            text: text.into(),
        }
    }

    pub(crate) fn fill(colour: RGBAColor, text: impl Into<String>) -> Self {
        Entry { pen: None, marker: None, fill: Some(colour), hatch: None, text: text.into() }
    }
}

impl Axis {
    /// From `lo` to `hi`, with about `ticks` ticks at round numbers.
    pub(crate) fn linear(label: impl Into<String>, lo: f64, hi: f64, ticks: usize) -> Self {
        let at = RangedCoordf64::from(lo..hi).key_points(ticks);
        let step = at.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let ticks = at.into_iter().map(|x| (x, tick(x, step))).collect();
        Axis { lo, hi, log: false, label: label.into(), ticks }
    }

    /// The powers of ten from `lo` to `hi`.
    #[allow(clippy::cast_possible_truncation, reason = "exponents of doubles")]
    pub(crate) fn decades(label: impl Into<String>, lo: f64, hi: f64) -> Self {
        let ends = (lo.log10().ceil() as i32, hi.log10().floor() as i32);
        let every = ((ends.1 - ends.0) / 8 + 1).max(1);
        let shown = (ends.0..=ends.1).filter(|e| e.rem_euclid(every) == 0);
        let name = |e: i32| format!("10^{{{}}}", e.to_string().replace('-', "−"));
        let ticks = shown.map(|e| (10_f64.powi(e), name(e))).collect();
        Axis { lo, hi, log: true, label: label.into(), ticks }
    }

    /// Names at 0, 1, 2, ….
    pub(crate) fn named(label: impl Into<String>, names: &[String]) -> Self {
        let ticks = names.iter().enumerate().map(|(k, name)| (k as f64, name.clone())).collect();
        let hi = names.len() as f64 - 0.5;
        Axis { lo: -0.5, hi, log: false, label: label.into(), ticks }
    }

    /// Without ticks.
    pub(crate) fn bare(lo: f64, hi: f64) -> Self {
        Axis { lo, hi, log: false, label: String::new(), ticks: vec![] }
    }

    /// The other way round.
    pub(crate) fn reversed(mut self) -> Self {
        std::mem::swap(&mut self.lo, &mut self.hi);
        self
    }

    /// Where `x` is, 0 at the beginning and 1 at the end.
    fn at(&self, x: f64) -> f64 {
        let scale = |x: f64| if self.log { x.ln() } else { x };
        (scale(x) - scale(self.lo)) / (scale(self.hi) - scale(self.lo))
    }

    fn name(&self, x: f64) -> String {
        let found = self.ticks.iter().find(|(at, _)| at.to_bits() == x.to_bits());
        found.map_or_else(String::new, |(_, name)| name.clone())
    }
}

/// A number at a tick, with as many decimals as the step between ticks needs.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few decimals")]
fn tick(x: f64, step: f64) -> String {
    let size = x.abs().max(step);
    let text = if x.abs() < 1e-6 * step {
        "0".to_owned()
    } else if size >= 1e5 || step < 1e-4 {
        let text = format!("{x:.1e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}·10^{{{exponent}}}", digits.trim_end_matches(".0"))
    } else {
        let decimals = (-(step * 1.000_001).log10()).ceil().max(0.0) as usize;
        format!("{x:.decimals$}")
    };
    text.replace('-', "−")
}

impl Ranged for Axis {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    #[allow(clippy::cast_possible_truncation, reason = "positions in a picture")]
    fn map(&self, x: &f64, (from, to): (i32, i32)) -> i32 {
        from + (self.at(*x) * f64::from(to - from) + OFF_TIES).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        let inside = |x: &f64| (-1e-9..=1.0 + 1e-9).contains(&self.at(*x));
        self.ticks.iter().map(|(x, _)| *x).filter(inside).collect()
    }

    fn range(&self) -> Range<f64> {
        self.lo..self.hi
    }
}

impl ValueFormatter<f64> for Axis {
    fn format_ext(&self, x: &f64) -> String {
        self.name(*x)
    }
}

/// Writes at a position of the whole picture; areas add their own corner to what they write.
fn write(area: &Area, text: &str, style: &TextStyle, (x, y): Point) -> Drawn {
    let (x0, y0) = area.get_base_pixel();
    area.draw_text(text, style, (x - x0, y - y0))
}

fn style(size: i32, weight: FontStyle) -> TextStyle<'static> {
    let font = ("sans-serif", f64::from(size * UNIT), weight);
    TextStyle::from(font.into_font()).color(&TEXT)
}

/// The title of a picture and a line below it; returns what is left.
pub(crate) fn heading<'a>(area: &Area<'a>, title: &str, below: &str) -> Laid<Area<'a>> {
    let room = if below.is_empty() { 34 } else { 54 };
    let (top, rest) = area.split_vertically(room * UNIT);
    let left = |v| Pos::new(HPos::Left, v);
    let at = |y: i32| (16 * UNIT, y * UNIT);
    let bold = style(TITLE, FontStyle::Bold).pos(left(VPos::Bottom));
    top.draw_text(title, &bold, at(26))?;
    if !below.is_empty() {
        let grey = TEXT.mix(0.75);
        let plain = style(SMALL, FontStyle::Normal).pos(left(VPos::Bottom)).color(&grey);
        top.draw_text(below, &plain, at(47))?;
    }
    Ok(rest)
}

/// The entries of a legend side by side, in as many rows as they need; returns what is left below.
pub(crate) fn legend<'a>(area: &Area<'a>, entries: &[Entry]) -> Laid<Area<'a>> {
    let words = style(SMALL, FontStyle::Normal).pos(Pos::new(HPos::Left, VPos::Center));
    let width = i32::try_from(area.dim_in_pixel().0).unwrap_or(0);
    let (mut x, mut row, mut places) = (16 * UNIT, 0, vec![]);
    for entry in entries {
        let text = i32::try_from(area.estimate_text_size(&entry.text, &words)?.0).unwrap_or(0);
        let needed = (SAMPLE + 6) * UNIT + text;
        if x + needed > width - 8 * UNIT && x > 16 * UNIT {
            (x, row) = (16 * UNIT, row + 1);
        }
        places.push((x, row));
        x += needed + 20 * UNIT;
    }
    let (top, rest) = area.split_vertically((20 * (row + 1) + 6) * UNIT);
    let origin = top.get_base_pixel();
    for (entry, (x, row)) in entries.iter().zip(places) {
        entry.draw(&top, (origin.0 + x, origin.1 + (10 + 20 * row) * UNIT))?;
    }
    Ok(rest)
}

impl Entry {
    /// Draws the sample from `at` to the right, and the words behind it.
    fn draw(&self, area: &Area, (x, y): Point) -> Drawn {
        let whole = area.use_screen_coord();
        let end = x + SAMPLE * UNIT;
        if let Some(fill) = self.fill {
            let corners = [(x + 6 * UNIT, y - 6 * UNIT), (end, y + 6 * UNIT)];
            whole.draw(&Rectangle::new(corners, fill.filled()))?;
            if let Some(hatch) = self.hatch {
                hatched(&whole, &[corners], hatch)?;
            }
            whole.draw(&Rectangle::new(corners, TEXT.mix(0.5).stroke_width(7)))?;
        }
        if let Some(pen) = self.pen {
            for dash in dashed(&[(x, y), (end, y)], pen.dashes) {
                whole.draw(&PathElement::new(dash, pen.colour.stroke_width(pen.width)))?;
            }
        }
        if let Some((marker, colour)) = self.marker {
            mark(&whole, (x + SAMPLE * UNIT / 2, y), marker, colour)?;
        }
        let words = style(SMALL, FontStyle::Normal).pos(Pos::new(HPos::Left, VPos::Center));
        write(area, &self.text, &words, (end + 6 * UNIT, y))
    }
}

impl<'a> Panel<'a> {
    /// Draws the axes of `frame` on `area`.
    pub(crate) fn new(area: &Area<'a>, frame: Frame) -> Laid<Self> {
        let Frame { heading, x, y, left } = frame;
        let above = if heading.is_empty() { 8 } else { HEADING };
        let small = style(SMALL, FontStyle::Normal);
        let mut builder = ChartBuilder::on(area);
        builder
            .margin_top(above * UNIT)
            .margin_right(18 * UNIT)
            .margin_left(6 * UNIT)
            .margin_bottom(8 * UNIT)
            .x_label_area_size(44 * UNIT)
            .y_label_area_size(left * UNIT);
        let mut chart = builder.build_cartesian_2d(x.clone(), y.clone())?;
        let (to_x, to_y) = (|v: &f64| x.name(*v), |v: &f64| y.name(*v));
        let mut mesh = chart.configure_mesh();
        mesh.x_label_formatter(&to_x)
            .y_label_formatter(&to_y)
            .max_light_lines(0)
            .bold_line_style(TEXT.mix(FAINT).stroke_width(8))
            .light_line_style(TEXT.mix(0.0))
            .axis_style(TEXT.stroke_width(10))
            .set_all_tick_mark_size(5 * UNIT)
            .label_style(small)
            .axis_desc_style(style(NORMAL, FontStyle::Normal))
            .x_desc(x.label.clone())
            .y_desc(y.label.clone());
        mesh.draw()?;
        let plotting = chart.plotting_area();
        if !heading.is_empty() {
            let (from, _) = plotting.get_pixel_range();
            let bold = style(NORMAL, FontStyle::Bold).pos(Pos::new(HPos::Left, VPos::Bottom));
            let at = (from.start, plotting.get_base_pixel().1 - 9 * UNIT);
            write(area, heading, &bold, at)?;
        }
        let (area, coordinates) = (area.use_screen_coord(), plotting.as_coord_spec().clone());
        Ok(Panel { area, coordinates, x, y })
    }

    /// Where a point is in the picture.
    fn place(&self, (x, y): (f64, f64)) -> Point {
        use plotters::coord::CoordTranslate;
        self.coordinates.translate(&(x, y))
    }

    /// Whether a point is within the axes.
    fn inside(&self, (x, y): (f64, f64)) -> bool {
        let within = |u: f64| (-1e-9..=1.0 + 1e-9).contains(&u);
        within(self.x.at(x)) && within(self.y.at(y))
    }

    /// The parts of a line that are within the axes; it breaks where a number is none.
    pub(crate) fn line(&self, points: &[(f64, f64)], pen: Pen) -> Drawn {
        for part in self.clipped(points) {
            for dash in dashed(&part, pen.dashes) {
                self.area.draw(&PathElement::new(dash, pen.colour.stroke_width(pen.width)))?;
            }
        }
        Ok(())
    }

    /// A line across the panel at this value of the vertical axis.
    pub(crate) fn level(&self, y: f64, pen: Pen) -> Drawn {
        self.line(&[(self.x.lo, y), (self.x.hi, y)], pen)
    }

    /// A line up the panel at this value of the horizontal axis.
    pub(crate) fn upright(&self, x: f64, pen: Pen) -> Drawn {
        self.line(&[(x, self.y.lo), (x, self.y.hi)], pen)
    }

    /// The points that are within the axes.
    pub(crate) fn dots(&self, points: &[(f64, f64)], marker: Marker, colour: RGBColor) -> Drawn {
        for point in points.iter().filter(|p| self.inside(**p)) {
            mark(&self.area, self.place(*point), marker, colour)?;
        }
        Ok(())
    }

    /// Filled between two corners.
    pub(crate) fn block(&self, a: (f64, f64), b: (f64, f64), colour: RGBAColor) -> Drawn {
        let corners = [self.place(a), self.place(b)];
        self.area.draw(&Rectangle::new(corners, colour.filled()))
    }

    /// Slanted lines over what is between pairs of corners, for those who do not see its colour.
    pub(crate) fn hatch(&self, blocks: &[[(f64, f64); 2]], hatch: Hatch) -> Drawn {
        let corners: Vec<[Point; 2]> =
            blocks.iter().map(|[a, b]| [self.place(*a), self.place(*b)]).collect();
        hatched(&self.area, &corners, hatch)
    }

    /// The outline of the panel.
    pub(crate) fn frame(&self) -> Drawn {
        let corners = [(self.x.lo, self.y.lo), (self.x.hi, self.y.hi)].map(|p| self.place(p));
        self.area.draw(&Rectangle::new(corners, TEXT.stroke_width(10)))
    }

    /// A vertical whisker from `lo` to `hi`, cut at the axes.
    pub(crate) fn whisker(&self, x: f64, (lo, hi): (f64, f64), colour: RGBColor) -> Drawn {
        self.line(&[(x, lo), (x, hi)], Pen::solid(colour).width(10))
    }

    /// The edges between two corners.
    pub(crate) fn outline(&self, a: (f64, f64), b: (f64, f64), pen: Pen) -> Drawn {
        let corners = [self.place(a), self.place(b)];
        self.area.draw(&Rectangle::new(corners, pen.colour.stroke_width(pen.width)))
    }

    /// Words beside a point, `(dx, dy)` pixels off it.
    pub(crate) fn note(
        &self,
        at: (f64, f64),
        (dx, dy): (i32, i32),
        anchor: HPos,
        text: &str,
    ) -> Drawn {
        let (x, y) = self.place(at);
        let words = style(SMALL, FontStyle::Normal).pos(Pos::new(anchor, VPos::Center));
        write(&self.area, text, &words, (x + dx * UNIT, y + dy * UNIT))
    }

    /// A legend inside the panel: its lower left corner, as parts of the way along the axes.
    pub(crate) fn key(&self, (x, y): (f64, f64), entries: &[Entry]) -> Drawn {
        let (x, y) = self.place((self.x.value(x), self.y.value(y)));
        let above = i32::try_from(entries.len()).unwrap_or(1) - 1;
        for (k, entry) in (0..).zip(entries) {
            entry.draw(&self.area, (x, y - 20 * UNIT * (above - k)))?;
        }
        Ok(())
    }

    /// Words beside a marked point, to its right or left.
    pub(crate) fn aside(&self, at: (f64, f64), right: bool, text: &str) -> Drawn {
        if right {
            self.note(at, (9, -9), HPos::Left, text)
        } else {
            self.note(at, (-9, -9), HPos::Right, text)
        }
    }

    fn clipped(&self, points: &[(f64, f64)]) -> Vec<Vec<Point>> {
        let mut parts: Vec<Vec<Point>> = vec![];
        let mut joined = false;
        for ends in points.windows(2) {
            let unit = |p: (f64, f64)| (self.x.at(p.0), self.y.at(p.1));
            let (a, b) = (unit(ends[0]), unit(ends[1]));
            let Some((from, to)) = visible(a, b) else {
                joined = false;
                continue;
            };
            let whole = |t: f64| {
                if t <= 0.0 {
                    self.place(ends[0])
                } else if t >= 1.0 {
                    self.place(ends[1])
                } else {
                    let mix = |axis: &Axis, a: f64, b: f64| axis.value(a + t * (b - a));
                    self.place((mix(&self.x, a.0, b.0), mix(&self.y, a.1, b.1)))
                }
            };
            let end = whole(to);
            match parts.last_mut().filter(|_| joined && from <= 0.0) {
                Some(part) => part.push(end),
                None => parts.push(vec![whole(from), end]),
            }
            joined = to >= 1.0;
        }
        parts
    }
}

impl Axis {
    /// The value at a position, 0 the beginning and 1 the end.
    fn value(&self, u: f64) -> f64 {
        if self.log {
            (self.lo.ln() + u * (self.hi.ln() - self.lo.ln())).exp()
        } else {
            self.lo + u * (self.hi - self.lo)
        }
    }
}

/// Which part of the way from `a` to `b` lies in the unit square (Liang and Barsky 1984).
fn visible(a: (f64, f64), b: (f64, f64)) -> Option<(f64, f64)> {
    const EDGE: f64 = 1e-9;
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    for (start, way) in [(a.0, b.0 - a.0), (a.1, b.1 - a.1)] {
        if !start.is_finite() || !way.is_finite() {
            return None;
        }
        if way == 0.0 {
            if !(-EDGE..=1.0 + EDGE).contains(&start) {
                return None;
            }
            continue;
        }
        let (enter, leave) = ((-EDGE - start) / way, (1.0 + EDGE - start) / way);
        from = from.max(enter.min(leave));
        to = to.min(enter.max(leave));
    }
    (from <= to).then_some((from, to))
}

/// A line cut into dashes.
#[allow(clippy::cast_possible_truncation, reason = "positions in a picture")]
fn dashed(points: &[Point], dashes: &[i32]) -> Vec<Vec<Point>> {
    if dashes.is_empty() {
        return vec![points.to_vec()];
    }
    let (mut parts, mut now) = (vec![], vec![points[0]]);
    let (mut phase, mut left) = (0, f64::from(dashes[0] * UNIT));
    for ends in points.windows(2) {
        let (a, b) = (ends[0], ends[1]);
        let way = (f64::from(b.0 - a.0), f64::from(b.1 - a.1));
        let length = way.0.hypot(way.1);
        let mut done = 0.0;
        while length - done > left {
            done += left;
            let at = |a: i32, way: f64| a + (way * done / length + OFF_TIES).round() as i32;
            let point = (at(a.0, way.0), at(a.1, way.1));
            if phase % 2 == 0 {
                now.push(point);
                parts.push(std::mem::take(&mut now));
            } else {
                now = vec![point];
            }
            phase = (phase + 1) % dashes.len();
            left = f64::from(dashes[phase] * UNIT);
        }
        left -= length - done;
        if phase % 2 == 0 && now.last() != Some(&b) {
            now.push(b);
        }
    }
    if phase % 2 == 0 && now.len() > 1 {
        parts.push(now);
    }
    parts
}

/// Slanted lines over what is between pairs of corners, whole where blocks touch.
fn hatched(area: &Area, blocks: &[[Point; 2]], hatch: Hatch) -> Drawn {
    const APART: i32 = 6 * UNIT;
    let way = if hatch.falling { -1 } else { 1 };
    // The lines x + y = k APART, or x - y, by k: the stretches of x that each shows.
    let mut lines: BTreeMap<i32, Vec<(i32, i32)>> = BTreeMap::new();
    for [a, b] in blocks {
        let (left, right) = (a.0.min(b.0), a.0.max(b.0));
        let (a, b) = (way * a.1, way * b.1);
        let (top, bottom) = (a.min(b), a.max(b));
        for k in (left + top).div_euclid(APART)..=(right + bottom).div_euclid(APART) {
            let sum = k * APART;
            let (from, to) = ((sum - bottom).max(left), (sum - top).min(right));
            if from < to {
                lines.entry(k).or_default().push((from, to));
            }
        }
    }
    for (k, mut stretches) in lines {
        stretches.sort_unstable();
        let mut whole: Vec<(i32, i32)> = vec![];
        for (from, to) in stretches {
            match whole.last_mut().filter(|last| from <= last.1) {
                Some(last) => last.1 = last.1.max(to),
                None => whole.push((from, to)),
            }
        }
        for (from, to) in whole {
            let line = [from, to].map(|x| (x, way * (k * APART - x)));
            area.draw(&PathElement::new(line.to_vec(), hatch.colour.stroke_width(9)))?;
        }
    }
    Ok(())
}

fn mark(area: &Area, (x, y): Point, marker: Marker, colour: RGBColor) -> Drawn {
    const R: i32 = 40;
    let at = |dx: i32, dy: i32| (x + dx, y + dy);
    let closed = |corners: Vec<Point>| Polygon::new(corners, colour.filled());
    match marker {
        Marker::Disc => area.draw(&Circle::new((x, y), R, colour.filled())),
        Marker::Ring => area.draw(&Circle::new((x, y), R, colour.stroke_width(15))),
        Marker::Square => {
            let r = R * 9 / 10;
            area.draw(&closed(vec![at(-r, -r), at(r, -r), at(r, r), at(-r, r)]))
        }
        Marker::Triangle => {
            let r = R * 12 / 10;
            area.draw(&closed(vec![at(0, -r), at(r, r * 8 / 10), at(-r, r * 8 / 10)]))
        }
        Marker::Diamond => {
            let r = R * 13 / 10;
            area.draw(&closed(vec![at(0, -r), at(r, 0), at(0, r), at(-r, 0)]))
        }
        Marker::Cross => {
            let pen = colour.stroke_width(18);
            area.draw(&PathElement::new(vec![at(-R, -R), at(R, R)], pen))?;
            area.draw(&PathElement::new(vec![at(-R, R), at(R, -R)], pen))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_as_short_as_their_step() {
        let names = |axis: &Axis| axis.ticks.iter().map(|t| t.1.clone()).collect::<Vec<_>>();
        let axis = Axis::linear("", -1.0, 1.0, 5);
        assert_eq!(names(&axis), ["−1.0", "−0.5", "0", "0.5", "1.0"]);
        assert_eq!(names(&Axis::linear("", 0.0, 40.0, 5)), ["0", "10", "20", "30", "40"]);
        let powers = Axis::decades("", 2e-3, 5.0);
        assert_eq!(names(&powers), ["10^{−2}", "10^{−1}", "10^{0}"]);
        assert_eq!(tick(2.5e-6, 1e-6), "2.5·10^{−6}");
    }

    #[test]
    fn positions_follow_the_axes() {
        // A quarter of the way, and on a logarithmic axis half of it.
        let axis = Axis::linear("", 2.0, 6.0, 5);
        assert_eq!(axis.map(&3.0, (100, 500)), 200);
        assert_eq!(axis.map(&3.0, (500, 100)), 400);
        assert_eq!(Axis::decades("", 1e-2, 1e2).map(&1.0, (0, 1000)), 500);
        // The last digits of a number do not move it.
        let half = Axis::linear("", 0.0, 1.0, 5);
        for x in [0.5, 0.499_999_999_999_999_9, 0.500_000_000_000_000_1, 0.1 + 0.2, 0.3] {
            let near = (x * 1000.0_f64).round();
            assert!((f64::from(half.map(&x, (0, 1000))) - near).abs() < 0.5);
            assert!((f64::from(half.map(&x, (0, 1005))) - 1.005 * near).abs() < 0.6);
        }
        assert_eq!(half.map(&0.5, (0, 1001)), half.map(&0.499_999_999_999_999_9, (0, 1001)));
    }

    #[test]
    fn lines_are_cut_at_the_axes() {
        // Through the square from the left below to the right above.
        let (from, to) = visible((-1.0, -1.0), (3.0, 3.0)).unwrap();
        assert!((from - 0.25).abs() < 1e-6 && (to - 0.5).abs() < 1e-6);
        assert_eq!(visible((-1.0, 0.5), (-0.1, 0.5)), None);
        assert_eq!(visible((0.5, 2.0), (0.6, 2.0)), None);
        assert_eq!(visible((f64::NAN, 0.0), (1.0, 1.0)), None);
    }

    #[test]
    fn dashes_have_their_lengths_around_a_corner() {
        // 7 px on, 4 px off along 10 px to the right and 10 px down.
        let parts = dashed(&[(0, 0), (100, 0), (100, 100)], &[7, 4]);
        let expected = [vec![(0, 0), (70, 0)], vec![(100, 10), (100, 80)]];
        assert_eq!(parts, expected);
    }
}
