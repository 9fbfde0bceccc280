//! A counterexample in formulas: its matrices as they are, and what breaks.

use super::formula::inline;
use super::frame::facts;
use super::markup::{Html, classed, element, plain};
use crate::case::{Probe, Sample, Subject};
use crate::certify::Counterexample;
use crate::point::Point;
use crate::systems::{Component, GaussianLoop, Model, Source};
use nalgebra::{DMatrix, DVector};

/// What is compared, and that it fails.
pub(super) fn broken(w: &Counterexample) -> Html {
    let head = [
        ("What is compared", ""),
        ("Left side", "middle"),
        ("Claimed", "middle"),
        ("Right side", "middle"),
    ];
    let head =
        head.map(|(words, class)| element("th", &[("scope", "col"), ("class", class)], words));
    let rows = w.sides().iter().map(|s| {
        let relation = if s.relation == "<=" { r"\le" } else { s.relation };
        let cells = [number(&s.left), relation.to_string(), number(&s.right)];
        let what = element("th", &[("scope", "row")], s.what);
        let cells = cells.map(|tex| classed("td", "middle", inline(&tex)));
        plain("tr", what.then(cells.into_iter().collect::<Html>()).then(plain("td", "fails")))
    });
    let last = element("th", &[("scope", "col")], classed("span", "unseen", "Outcome"));
    let head = plain("tr", head.into_iter().collect::<Html>().then(last));
    classed("table", "broken", plain("thead", head).then(plain("tbody", rows.collect::<Html>())))
}

/// The hypotheses with their margins; nothing where there are none.
pub(super) fn hypotheses(w: &Counterexample) -> Html {
    let row = |(tex, margin): &(&str, String)| {
        let by = if margin.is_empty() {
            Html::text("holds")
        } else {
            Html::text("holds with margin ").then(inline(&number(margin)))
        };
        plain("li", inline(tex).then(": ").then(by))
    };
    let rows: Html = w.hypotheses().iter().map(row).collect();
    if rows.is_empty() { rows } else { plain("ul", rows) }
}

/// The loop or the point itself.
pub(super) fn subject(w: &Counterexample) -> Html {
    match w.subject() {
        Subject::Loop(sample) => looped(sample),
        Subject::Point(at) => point(at),
    }
}

fn point(at: &Point<f64>) -> Html {
    let equation = |(name, value): (&str, &DMatrix<f64>)| {
        plain("li", inline(&format!("{} = {}", symbol(name), matrix(value))))
    };
    classed("ul", "equations", at.entries().map(equation).collect::<Html>())
}

fn looped(sample: &Sample<f64>) -> Html {
    let system = &sample.system;
    let mut rows = Vec::new();
    for (i, m) in system.models.iter().enumerate() {
        let dimension = m.dimension();
        let entries = if dimension == 1 { "parameter" } else { "parameters" };
        let what = format!(", {dimension} {entries} ");
        let name = Html::text("Model ")
            .then(plain("i", m.name.as_str()))
            .then(what)
            .then(inline(variable(i)));
        rows.push((name, model(system, m, i)));
    }
    let extras = probe(&sample.probe);
    if !extras.is_empty() {
        rows.push((Html::text("Asked"), extras));
    }
    facts(rows)
}

fn model(system: &GaussianLoop<f64>, m: &Model<f64>, i: usize) -> Html {
    let mut items: Vec<Html> = m.components.iter().map(|c| component(system, c)).collect();
    if !m.hessian.is_identity(0.0) || m.data != m.hessian {
        let tex = format!("H = {},\\quad B = {}", matrix(&m.hessian), matrix(&m.data));
        items.push(
            Html::text("loss ")
                .then(inline(r"\tfrac12 u^\top H u - u^\top B z"))
                .then(" with ")
                .then(inline(&tex)),
        );
    }
    if let Some(tex) = alignment(m, variable(i)) {
        items.push(Html::text("alignment ").then(inline(&format!("J_{{{}}} = {tex}", m.name))));
    }
    plain("ul", items.into_iter().map(|item| plain("li", item)).collect::<Html>())
}

fn component(system: &GaussianLoop<f64>, c: &Component<f64>) -> Html {
    let name = |j: usize| system.models[j].name.clone();
    let source = match c.source {
        Source::Real => " real data".to_string(),
        Source::Raw(j) => format!(" raw data of {}", name(j)),
        Source::Curated(j) => format!(" curated data of {}", name(j)),
    };
    inline(&decimal(c.weight)).then(source).then(", mean ").then(inline(&mean(c)))
}

/// `A x + c` as it is written by hand.
fn mean(c: &Component<f64>) -> String {
    let offset = || matrix(&DMatrix::from_columns(std::slice::from_ref(&c.offset)));
    let image = c.source.maker().filter(|_| c.channel.iter().any(|x| *x != 0.0)).map(|j| {
        let x = variable(j);
        if c.channel.is_identity(0.0) {
            x.to_string()
        } else {
            format!(r"{}\,{x}", matrix(&c.channel))
        }
    });
    match image {
        None => offset(),
        Some(image) if c.offset.iter().all(|x| *x == 0.0) => image,
        // A sign of its own needs no plus.
        Some(image) if c.offset.len() == 1 && c.offset[0] < 0.0 => format!("{image} {}", offset()),
        Some(image) => format!("{image} + {}", offset()),
    }
}

/// `None` for an alignment that is zero: the claim does not ask for it.
fn alignment(m: &Model<f64>, x: &str) -> Option<String> {
    let a = &m.alignment;
    let flat = a.curvature.iter().all(|c| *c == 0.0);
    if flat && a.linear.iter().all(|g| *g == 0.0) {
        return None;
    }
    let linear = match a.linear.as_slice() {
        [1.0] => x.to_string(),
        [g] => format!(r"{}\,{x}", decimal(*g)),
        many => format!(r"{}\,{x}", matrix(&DMatrix::from_row_slice(1, many.len(), many))),
    };
    if flat {
        return Some(linear);
    }
    Some(format!(r"{linear} - \tfrac12\, {x}^\top {}\, {x}", matrix(&a.curvature)))
}

/// The parts of the probe that are not zero, and mixtures that are not the paper's `(0, 0, 1)`.
// Exactly `(0, 0, 1)` is what goes without saying.
#[allow(clippy::float_cmp)]
fn probe(p: &Probe<f64>) -> Html {
    let column = |v: &DVector<f64>| matrix(&DMatrix::from_columns(std::slice::from_ref(v)));
    let mut items = Vec::new();
    for (what, v) in [
        ("start ", &p.start),
        ("second start ", &p.other),
        ("shift of the data of p ", &p.push_p),
        ("shift of the data of q ", &p.push_q),
    ] {
        if v.iter().any(|x| *x != 0.0) {
            items.push(Html::text(what).then(inline(&column(v))));
        }
    }
    for (who, m) in [("p", &p.toward_p), ("q", &p.toward_q)] {
        if *m != [0.0, 0.0, 1.0] {
            let shares = m.map(decimal).join(", ");
            let words = format!("shares of {who} move towards (real, raw, curated) = ");
            items.push(Html::text(&words).then(inline(&format!("({shares})"))));
        }
    }
    if items.is_empty() {
        return Html::new();
    }
    plain("ul", items.into_iter().map(|item| plain("li", item)).collect::<Html>())
}

fn variable(model: usize) -> &'static str {
    [r"\theta", r"\phi"].get(model).copied().unwrap_or("x")
}

/// A matrix; a number where it is `1 × 1`.
fn matrix(m: &DMatrix<f64>) -> String {
    if m.len() == 1 {
        return decimal(m[(0, 0)]);
    }
    let row = |r: usize| m.row(r).iter().map(|x| decimal(*x)).collect::<Vec<_>>().join(" & ");
    let rows: Vec<String> = (0..m.nrows()).map(row).collect();
    format!(r"\begin{{pmatrix}} {} \end{{pmatrix}}", rows.join(r" \\ "))
}

/// The shortest decimal of a double: what the witness is in exact arithmetic.
fn decimal(x: f64) -> String {
    let scientific = x != 0.0 && !(1e-6..1e9).contains(&x.abs());
    number(&if scientific { format!("{x:e}") } else { x.to_string() })
}

/// A number as findings print it, `-25/288`, `1.5e-6`; other words as words.
fn number(text: &str) -> String {
    let (sign, size) = text.strip_prefix('-').map_or(("", text), |size| ("-", size));
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if let Some((p, q)) = size.split_once('/')
        && digits(p)
        && digits(q)
    {
        return format!(r"{sign}\frac{{{p}}}{{{q}}}");
    }
    let (mantissa, exponent) = size.split_once('e').unwrap_or((size, ""));
    if mantissa.parse::<f64>().is_err() || !mantissa.starts_with(|c: char| c.is_ascii_digit()) {
        return format!(
            r"\text{{{}}}",
            text.replace(['{', '}', '\\', '$', '%', '&', '#', '_'], " ")
        );
    }
    match exponent {
        "" => format!("{sign}{mantissa}"),
        power => format!(r"{sign}{mantissa} \cdot 10^{{{power}}}"),
    }
}

/// Names as they are written by hand: `lambda_S` with a Greek letter, `real_p` upright.
fn symbol(name: &str) -> String {
    const GREEK: [&str; 17] = [
        "alpha", "beta", "gamma", "delta", "epsilon", "kappa", "lambda", "mu", "rho", "sigma",
        "tau", "theta", "phi", "xi", "eta", "omega", "pi",
    ];
    let part = |word: &str| {
        let letters = word.chars().count();
        if GREEK.contains(&word) {
            format!("\\{word}")
        } else if letters == 1 && word.chars().all(char::is_alphanumeric) {
            word.to_string()
        } else if word.chars().all(|c| c.is_ascii_alphanumeric()) {
            format!(r"\mathrm{{{word}}}")
        } else {
            format!(r"\text{{{}}}", word.replace(['{', '}', '\\', '$', '%', '&', '#'], " "))
        }
    };
    match name.split_once('_') {
        Some((stem, index)) => {
            let indices: Vec<String> = index.split('_').map(part).collect();
            format!("{}_{{{}}}", part(stem), indices.join(","))
        }
        None => part(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::dmatrix;

    #[test]
    fn numbers_as_findings_print_them() {
        assert_eq!(number("-25/288"), r"-\frac{25}{288}");
        assert_eq!(number("1.000000e-12"), r"1.000000 \cdot 10^{-12}");
        assert_eq!(number("0.996659577"), "0.996659577");
        assert_eq!(number("none_at all"), r"\text{none at all}");
        assert_eq!(decimal(0.1), "0.1");
        assert_eq!(decimal(-2.5e-9), r"-2.5 \cdot 10^{-9}");
    }

    #[test]
    fn matrices_keep_their_rows() {
        let m = dmatrix![1.0, 2.0; 3.0, -4.5];
        assert_eq!(matrix(&m), r"\begin{pmatrix} 1 & 2 \\ 3 & -4.5 \end{pmatrix}");
        assert_eq!(matrix(&dmatrix![7.0]), "7");
        assert_eq!(symbol("lambda_S"), r"\lambda_{S}");
        assert_eq!(symbol("hessian_p"), r"\mathrm{hessian}_{p}");
        assert_eq!(symbol("c_theta"), r"c_{\theta}");
    }
}
