//! Predicted against simulated, spectra and thresholds.

use super::super::gap;
use super::super::table::{Cell, Column, Layout, Table};
use super::{code, figure, number, text};
use crate::exhibits::{Exhibits, RoundSpectrum, Shares, SignThresholds};

/// Fractions longer than this are no help to a reader; of loops with measured parameters they have
/// thousands of digits.
const FRACTION: usize = 24;

/// The stable point and the influences of every shipped loop, by every route.
pub fn predictions(exhibits: &Exhibits) -> Table {
    let columns = vec![
        Column::new("loop", "Loop", Layout::Left),
        Column::data("share"),
        Column::new("quantity", "Quantity", Layout::Left),
        Column::new("formula", "Formula", Layout::Number),
        Column::new("simulated", "Simulated", Layout::Number),
        Column::new("exact", "Exact", Layout::Number),
        Column::data("fraction"),
        Column::new("gap", "Largest gap", Layout::Left),
    ];
    let caption = "Predicted against simulated, for every loop that comes with the program: the \
                   stable point \\(x^*\\), the rewards there, and what the curated share \
                   \\(\\lambda\\) of the first model does to them. Formula: \\(\\langle\\nabla \
                   J_p, S_p h\\rangle/(1-\\lambda)\\) and \\(\\langle\\nabla J_q, S_q C_q \
                   h\\rangle/(1-\\lambda)\\) as in Theorem 4.5. Simulated: retraining until it \
                   settles, derivatives by dual numbers. Exact: one linear solve in rational \
                   arithmetic, rounded at the end. The gap is the largest difference between the \
                   three, relative to the size of what was added up.";
    let mut table = Table::new("predictions", caption, columns).grouped();
    for exhibit in &exhibits.loops {
        for row in &exhibit.predictions.rows {
            let missing = || text("does not settle");
            table.row([
                code(&exhibit.id),
                Cell::Number(figure(exhibit.predictions.share)),
                Cell::Maths(row.quantity.symbol().into()),
                Cell::Number(figure(row.formula)),
                row.simulated.map_or_else(missing, |x| Cell::Number(figure(x))),
                Cell::Number(figure(row.exact)),
                number(row.fraction.clone().filter(|f| f.len() <= FRACTION)),
                text(gap(row.gap)),
            ]);
        }
    }
    table
}

/// The spectrum of a round of every shipped loop, in three orders.
pub fn spectra(exhibits: &Exhibits) -> Table {
    let columns = vec![
        Column::new("loop", "Loop", Layout::Left),
        Column::new("order", "Order of retraining", Layout::Left),
        Column::print("Leading eigenvalue", Layout::Left),
        Column::data("leading_real"),
        Column::data("leading_imaginary"),
        Column::new("radius", r"\(\rho\)", Layout::Number),
        Column::new("observed", "Observed", Layout::Number),
        Column::new("period", "Period", Layout::Number),
        Column::new("converges", "Converges", Layout::Left),
    ];
    let caption = "Spectra of a round of retraining of every loop that comes with the program. \
                   \\(\\rho\\) is the spectral radius of the round's Jacobian, the factor by \
                   which deviations from the stable point shrink or grow a round. Observed: the \
                   factor by which a perturbation grew a round in a run, no matrix formed. \
                   Period: rounds in which the leading eigenvalue turns once.";
    let mut table = Table::new("spectra", caption, columns).grouped();
    for exhibit in &exhibits.loops {
        for s in &exhibit.spectra {
            let (real, imaginary) = leading(s);
            table.row([
                code(&exhibit.id),
                text(&s.order),
                Cell::Maths(match &imaginary {
                    None => real.clone(),
                    Some(imaginary) => format!(r"{real} \pm {imaginary}\,\mathrm{{i}}"),
                }),
                Cell::Number(real),
                Cell::Number(imaginary.unwrap_or_else(|| "0".into())),
                Cell::Number(figure(s.radius)),
                // Over a finite run: two digits less are certain.
                Cell::Number(format!("{:.2}", s.observed)),
                s.period.map_or(Cell::Empty, |p| Cell::Number(format!("{p:.2}"))),
                text(if s.converges() { "yes" } else { "no" }),
            ]);
        }
    }
    table
}

/// Real and imaginary part of the leading eigenvalue; no imaginary part if it is zero.
fn leading(s: &RoundSpectrum) -> (String, Option<String>) {
    let z = s.eigenvalues.first().copied().unwrap_or_default();
    let imaginary = figure(z.im.abs());
    (figure(z.re), (imaginary != "0").then_some(imaginary))
}

/// The thresholds for the sign of every shipped loop's influences.
pub fn thresholds(exhibits: &Exhibits) -> Table {
    let mut columns = vec![
        Column::new("loop", "Loop", Layout::Left),
        Column::new("model", "Model", Layout::Left),
        Column::data("influence"),
        Column::data("kappa"),
        Column::data("m"),
        Column::data("norm_s"),
        Column::data("tau"),
        Column::new("rho", r"\(\rho\)", Layout::Number),
    ];
    for (k, key) in KEYS.into_iter().enumerate() {
        columns.push(Column::print(&symbol(k), Layout::Left));
        columns.push(Column::data(key));
    }
    let caption = format!(
        "What the thresholds say of every loop that comes with the program: where \\(|\\rho|\\) exceeds \
         one (marked \\(\\ast\\)), the influence of curation certainly has the sign of \\(\\rho\\), which \
         is the cosine of \\(\\nabla J_p\\) with \\(h\\), of \\(\\nabla J_q\\) with \\(C_q h\\). {}. The first is \
         that of Corollaries 4.7 and E.2, which assume \\(\\kappa < 1\\); the others follow from \\(S\\) \
         alone, and the last cannot be lowered. Empty where a threshold's hypotheses fail.",
        definitions()
    );
    let mut table = Table::new("thresholds", &caption, columns).grouped();
    for exhibit in &exhibits.loops {
        for model in &exhibit.thresholds {
            table.row(threshold_row(&exhibit.id, model));
        }
    }
    table
}

/// Keys of the thresholds in CSV, in the order of [`Shares::SYMBOLS`].
const KEYS: [&str; 4] = ["paper", "tilted", "plain", "sharp"];

/// What the columns of the thresholds are called.
fn symbol(index: usize) -> String {
    format!(r"\(t_{}\)", index + 1)
}

/// What the thresholds are.
fn definitions() -> String {
    let each =
        Shares::SYMBOLS.iter().enumerate().map(|(k, tex)| format!(r"\(t_{} = {tex}\)", k + 1));
    each.collect::<Vec<_>>().join(", ")
}

fn threshold_row(id: &str, model: &SignThresholds) -> Vec<Cell> {
    let mut row = vec![
        code(id),
        code(&model.model),
        Cell::Number(figure(model.influence)),
        Cell::Number(figure(model.kappa)),
        Cell::Number(figure(model.m)),
        Cell::Number(figure(model.norm_s)),
        number(model.tau.map(figure)),
        Cell::Number(cosine(model.rho)),
    ];
    for (value, certain) in model.values.into_iter().zip(model.certify()) {
        let star = if certain { r"^{\ast}" } else { "" };
        row.push(value.map_or(Cell::Empty, |v| Cell::Maths(cosine(v) + star)));
        row.push(number(value.map(cosine)));
    }
    row
}

/// Four places: a threshold of 0 is a root of what rounding leaves, so its fifth may be any.
fn cosine(x: f64) -> String {
    let written = format!("{x:.4}");
    if written == "-0.0000" { "0.0000".into() } else { written }
}

/// How many of the cases in which curation helps each threshold certifies.
pub fn shares(exhibits: &Exhibits) -> Table {
    let mut columns = vec![
        Column::new("family", "Loops", Layout::Left),
        Column::print("Which", Layout::Left),
        Column::data("group"),
        Column::new("helped", "Helped", Layout::Number),
    ];
    for (k, key) in KEYS.into_iter().enumerate() {
        columns.push(Column::new(key, &symbol(k), Layout::Number));
    }
    columns.push(Column::new("wrong", "Wrong", Layout::Number));
    let caption = format!(
        "Of the random loops with \\(\\rho > 0\\) in which curation helps, the per cent that each threshold \
         certifies; wrong: certified although curation does not help. {}. Two models: random loops with \
         \\(\\kappa < 1\\) and the paper's own \\(\\tau_p\\), rewards drawn around the paper's threshold. \
         Round trips: \\(S = (I - Z)^{{-1}}\\) with \\(|Z| < 0.95\\) and \\(\\tau = 1 - |Z|\\).",
        definitions()
    );
    let mut table = Table::new("threshold-shares", &caption, columns).grouped();
    let Shares { two_models, round_trips } = &exhibits.shares;
    for (family, rows) in [("two models", two_models), ("round trips", round_trips)] {
        for row in rows {
            let mut cells = vec![
                text(family),
                Cell::Prose(spelled_group(&row.group)),
                text(&row.group),
                Cell::Count(row.helped),
            ];
            // Whole per cent: the counts differ by a system or two between processors.
            cells.extend(row.percent().map(|p| Cell::Number(format!("{p:.0}"))));
            cells.push(Cell::Count(row.wrong.iter().sum()));
            table.row(cells);
        }
    }
    table
}

/// The name of a group with its symbols as formulas.
fn spelled_group(group: &str) -> String {
    group.replace("kappa", r"\(\kappa\)").replace("|Z|", r"\(|Z|\)")
}
