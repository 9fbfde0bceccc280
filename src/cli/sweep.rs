//! `backfire sweep`.

mod range;

use super::given::{Given, LoopArgs, number, usage};
use super::output::Target;
use super::progress::Progress;
use super::{Failure, Outcome, output};
use crate::figures::Figure;
use crate::figures::regimes::{
    Cell, Grid, Map, Quantity, REGIMES, Regime, Stop, Sweep, Ticks, figure, grid, heat, line,
};
use crate::report::table::{Cell as Entry, Column, Layout, Table};
use crate::scalar::Scalar;
use crate::systems::{KnobSpec, Parameter};
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "NAME is a parameter of the file; `share`, the share in front of the knob; or \
    MODEL.KIND, as p.curated,\nthe share of one kind of data of a model (real, raw, curated), whose other \
    kinds keep their proportions.\n\n\
    Examples:\n  \
    $ backfire sweep paper-5-1-code --x t=0.05:1.25:25 --y share=0:0.95:12 --svg map.svg --csv map.csv\n  \
    $ backfire sweep example-4-6 --x p.curated=0:1 --quantity dJ --png influence.png --csv influence.csv"
)]
pub(super) struct Args {
    #[command(flatten)]
    given: LoopArgs,
    /// What the horizontal axis moves, from where to where, in how many values
    #[arg(long, value_name = "NAME=LO:HI[:STEPS]")]
    x: String,
    /// What the vertical axis moves; without it there is a line instead of a map
    #[arg(long, value_name = "NAME=LO:HI[:STEPS]")]
    y: Option<String>,
    /// The model whose alignment is shown [default: that of the knob]
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    /// Turn the knob of this model: the file's, or else one that raises the curated share
    #[arg(long, value_name = "MODEL")]
    knob_model: Option<String>,
    /// What the picture shows [default: regime, or dJ along one axis]
    #[arg(long, value_enum)]
    quantity: Option<Shown>,
    /// Write the table to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Write the picture to this file
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write the picture to this file
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

/// What a picture shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Shown {
    /// Amplified, dampened, inverted, unstable, ...
    Regime,
    /// The derivative of the model's alignment
    #[value(name = "dJ", alias = "dj")]
    Response,
    /// The spectral radius of a round
    Rate,
}

/// Cells of a grid at most.
const MOST: usize = 1_000_000;

/// Columns and rows of the map on a terminal at most.
const TERMINAL: [usize; 2] = [72, 24];

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let given = args.given.read()?;
    given.system()?;
    let sweep = sweep(&given, args)?;
    let model = model(&given, args, &sweep.knob)?;
    let options =
        [("--csv", "csv", &args.csv), ("--svg", "svg", &args.svg), ("--png", "png", &args.png)];
    let targets = options.iter().filter_map(|(option, ending, path)| {
        Some(Target { option, ending, path: path.as_deref()? })
    });
    output::check_targets(&[given.path()], &targets.collect::<Vec<_>>())?;
    // The whole of it fails if the loop does not exist at all, with the reason.
    let found = computed(&sweep)?;
    if found.cells.iter().all(|c| c.rate.is_none()) {
        let x = (&sweep.x.along, sweep.x.values[0]);
        let y = sweep.y.as_ref().map(|y| (&y.along, y.values[0]));
        let at: Vec<_> = std::iter::once(x).chain(y).collect();
        return Err(sweep.at(&at).map_or_else(
            |reason| given.failed(reason),
            |_| usage("eigenvalues fail everywhere", "choose another range"),
        ));
    }
    let setting = setting(&given, &sweep);
    if args.svg.is_some() || args.png.is_some() {
        let picture = picture(args, &found, model, &setting);
        if let Some(path) = &args.svg {
            output::write_here(path, picture.svg_file())?;
        }
        if let Some(path) = &args.png {
            let broken = |e: png::EncodingError| Failure::Write {
                path: path.clone(),
                reason: std::io::Error::other(e),
            };
            output::write_here(path, picture.png().map_err(broken)?)?;
        }
    }
    let table = table(&found).csv();
    let shown = map(&found, model);
    match &args.csv {
        Some(path) => {
            output::write_here(path, table)?;
            output::print(&shown)?;
        }
        // For people who watch a map, for programs that listen the table.
        None if std::io::stdout().is_terminal() && (args.svg.is_some() || args.png.is_some()) => {
            output::print(&shown)?;
        }
        None => output::print(&table)?,
    }
    Ok(Outcome::AsRecorded)
}

fn sweep<'a>(given: &'a Given, args: &Args) -> Result<Sweep<'a>, Failure> {
    let knob = super::influence::knob(given, args.knob_model.as_deref())?;
    let two = args.y.is_some();
    let x = range::parse(&given.file, "--x", &args.x, if two { 81 } else { 201 })?;
    let y = args.y.as_deref().map(|y| range::parse(&given.file, "--y", y, 61)).transpose()?;
    range::apart(&x, y.as_ref(), &knob)?;
    for ticks in [Some(&x), y.as_ref()].into_iter().flatten() {
        if given.values.iter().any(|(name, _)| *name == ticks.name()) {
            let message = format!("`{}` is both set and swept", ticks.name());
            return Err(usage(message, "leave out its `--set`"));
        }
    }
    if !two && args.quantity == Some(Shown::Regime) {
        let help = "add `--y NAME=LO:HI`, or leave out `--quantity regime`";
        return Err(usage("a picture of regimes needs two axes", help));
    }
    let cells = x.values.len().saturating_mul(y.as_ref().map_or(1, |y| y.values.len()));
    if cells > MOST {
        let message = format!("{cells} cells are too many; {MOST} can be done");
        return Err(usage(message, "write fewer steps: `--x NAME=LO:HI:STEPS`"));
    }
    Ok(Sweep { file: &given.file, values: given.values.clone(), knob, x, y })
}

fn model(given: &Given, args: &Args, knob: &KnobSpec) -> Result<usize, Failure> {
    let names = given.file.model_names();
    let Some(name) = &args.model else { return Ok(knob.model) };
    names.iter().position(|n| n == name).ok_or_else(|| {
        let known = format!("the models are {}", names.join(", "));
        usage(format!("no model `{name}` in {}", given.file.name), known)
    })
}

/// What is not swept, for the line below a title.
fn setting(given: &Given, sweep: &Sweep) -> String {
    let swept = |name: &str| {
        let of = |ticks: &Ticks| ticks.name() == name;
        of(&sweep.x) || sweep.y.as_ref().is_some_and(of)
    };
    let value = |p: &Parameter| -> f64 {
        let set = given.values.iter().find(|(name, _)| *name == p.name);
        set.map_or_else(|| f64::from_rational(&p.value), |(_, x)| *x)
    };
    let left = given.file.parameters.iter().filter(|p| !swept(&p.name));
    left.map(|p| format!("{} = {}", p.name, value(p))).collect::<Vec<_>>().join(", ")
}

/// Computes the grid, with a bar, until it is done or Ctrl-C is pressed.
fn computed(sweep: &Sweep) -> Result<Grid, Failure> {
    static STOP: AtomicBool = AtomicBool::new(false);
    // Without a handler Ctrl-C ends the program at once, which leaves no half files either.
    let _ = ctrlc::set_handler(|| STOP.store(true, Ordering::Relaxed));
    let all = sweep.x.values.len() * sweep.y.as_ref().map_or(1, |y| y.values.len());
    let progress = Progress::new();
    let tick = || {
        progress.tick("cells", 1, all as u64);
        !STOP.load(Ordering::Relaxed)
    };
    grid(sweep, &tick).map_err(|Stop| Failure::Interrupted {
        help: "nothing was written; fewer steps take less time: `--x NAME=LO:HI:STEPS`".into(),
    })
}

fn picture(args: &Args, found: &Grid, model: usize, setting: &str) -> Figure {
    let name = format!("sweep-{}", found.system);
    let quantity = |shown| match shown {
        Shown::Rate => Quantity::Rate,
        _ => Quantity::Response,
    };
    if found.y.is_none() {
        let shown = args.quantity.unwrap_or(Shown::Response);
        let only = args.model.is_some().then_some(model);
        return line(&name, found, setting, only, quantity(shown));
    }
    let map = Map::of(found, model, setting);
    match args.quantity.unwrap_or(Shown::Regime) {
        Shown::Regime => figure(&name, &map),
        shown => heat(&name, &map, quantity(shown)),
    }
}

/// Every cell, every model, every digit.
fn table(found: &Grid) -> Table {
    let key = |ticks: &Ticks| ticks.name().replace('.', "_");
    let column = |key: &str| Column::new(key, key, Layout::Number);
    let mut columns = vec![column(&key(&found.x))];
    columns.extend(found.y.as_ref().map(|y| column(&key(y))));
    columns.extend([column("rate"), Column::new("stable", "stable", Layout::Left)]);
    for model in &found.models {
        columns.push(column(&format!("dJ_{model}")));
        columns.push(column(&format!("sign_{model}")));
        columns.push(Column::new(&format!("regime_{model}"), "regime", Layout::Left));
    }
    let mut table = Table::new("sweep", "The loop at every place of a grid.", columns);
    let width = found.x.values.len();
    for (k, cell) in found.cells.iter().enumerate() {
        let full = |x: f64| Entry::Number(x.to_string());
        let mut row = vec![full(found.x.values[k % width])];
        row.extend(found.y.as_ref().map(|y| full(y.values[k / width])));
        row.push(cell.rate.map_or(Entry::Empty, full));
        row.push(Entry::Text(stable(cell).to_owned()));
        for i in 0..found.models.len() {
            let response = cell.models.as_ref().map(|all| all[i].response);
            row.push(response.map_or(Entry::Empty, full));
            row.push(cell.sign(i).map_or(Entry::Empty, |sign| Entry::Number(sign.to_string())));
            row.push(Entry::Text(cell.regime(i).name().to_owned()));
        }
        table.row(row);
    }
    table
}

/// Whether the loop converges to a stable point.
fn stable(cell: &Cell) -> &'static str {
    match (cell.rate, &cell.models) {
        (None, _) => "",
        (Some(rate), Some(_)) if rate < 1.0 => "yes",
        _ => "no",
    }
}

/// The regimes of one model in letters, the greatest `y` above.
fn map(found: &Grid, model: usize) -> String {
    let (columns, rows) = (found.x.values.len(), found.y.as_ref().map_or(1, |y| y.values.len()));
    let spread = |n: usize, most: usize| -> Vec<usize> {
        let shown = n.min(most);
        (0..shown).map(|k| if shown == 1 { 0 } else { k * (n - 1) / (shown - 1) }).collect()
    };
    let (across, up) = (spread(columns, TERMINAL[0]), spread(rows, TERMINAL[1]));
    let mut text =
        format!("{}: what more {} does to {}\n", found.system, found.knob, found.models[model]);
    let mut seen = vec![];
    for row in up.into_iter().rev() {
        let regimes: Vec<(Regime, bool)> = across
            .iter()
            .map(|c| &found.cells[row * columns + c])
            .map(|cell| (cell.regime(model), cell.sign(model) == Some(-1)))
            .collect();
        let letters: String = regimes.iter().map(|r| r.0.letter(r.1)).collect();
        let label = found.y.as_ref().map_or_else(String::new, |y| format!("{:.4}", y.values[row]));
        let _ = writeln!(text, "{label:>10} |{letters}|");
        seen.extend(regimes);
    }
    let (x, width) = (&found.x, across.len());
    let _ = writeln!(
        text,
        "{:>10}  {:<half$}{:>rest$}",
        "",
        x.lo,
        x.hi,
        half = width / 2,
        rest = width - width / 2
    );
    let axes = found.y.as_ref().map_or_else(
        || format!("along {}", x.name()),
        |y| format!("{} to the right, {} upwards", x.name(), y.name()),
    );
    let _ = writeln!(text, "{axes}");
    let known = REGIMES.iter().filter(|r| **r != Regime::Outside);
    let both = known.flat_map(|r| [(*r, false), (*r, true)]);
    let mut legend: Vec<String> =
        both.filter(|r| seen.contains(r)).map(|(r, falls)| said(r, falls)).collect();
    legend.dedup();
    if seen.iter().any(|r| r.0 == Regime::Outside) {
        legend.push("blank: no such loop".to_owned());
    }
    let _ = writeln!(text, "{}", legend.join("   "));
    text
}

/// A regime in the legend, with what becomes of the alignment where its name does not say so.
fn said(regime: Regime, falls: bool) -> String {
    let sign = match (regime.either_way(), falls) {
        (false, _) => "",
        (true, false) => ", J rises",
        (true, true) => ", J FALLS",
    };
    format!("{} {}{sign}", regime.letter(falls), regime.name())
}
