//! `backfire fit`.

mod page;

use super::given::usage;
use super::output::Target;
use super::text::{Format, json};
use super::{Failure, Outcome, output};
use crate::figures::fitted;
use crate::fit::{Fit, Log, Options, Selection, fit, ids, recorded};
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "The log is a CSV file with a header and one row a round:\n\n  \
    run,round,share.curated,p.1,p.2,alignment.p\n  \
    a,0,0.2,0.31,-0.12,0.31\n  \
    a,1,0.2,0.42,0.05,0.42\n  \
    b,0,0.4,...\n\n\
    round      whole numbers without gaps in each run (another name: --round)\n\
    run        which run a row is of; left out if there is one (another name: --run)\n\
    share.*    shares of the mixture that the round was trained on (others: --share)\n\
    alignment.* followed, but no part of the state (others: --alignment)\n\
    all others the state after the round (or list it: --columns)\n\n\
    docs/fit.md says how it is fitted and how often the intervals cover.\n\n\
    Examples:\n  \
    $ backfire simulate example-4-6-converging --log log.csv --runs 6 --rounds 30 --noise 0.1 --vary-share 0.3:0.7\n  \
    $ backfire fit log.csv\n  \
    $ backfire fit log.csv --columns p.1,p.2,q.1,q.2 --format json\n  \
    $ backfire fit log.csv --picture fit.svg\n  \
    $ backfire fit cifar-a4    # the paper's recorded rewards")]
pub(super) struct Args {
    /// A CSV file, or the id of a recorded log: cifar-a1 to cifar-a6
    #[arg(value_name = "LOG")]
    log: PathBuf,
    /// The columns of the state; by default all that are nothing else
    #[arg(long, value_delimiter = ',', value_name = "NAMES")]
    columns: Option<Vec<String>>,
    /// A column to follow that is no part of the state; may be repeated
    #[arg(long, value_name = "NAME")]
    alignment: Vec<String>,
    /// A column that is a share of the mixture; may be repeated
    #[arg(long, value_name = "NAME")]
    share: Vec<String>,
    /// The column of rounds
    #[arg(long, default_value = "round", value_name = "NAME")]
    round: String,
    /// The column of runs
    #[arg(long, default_value = "run", value_name = "NAME")]
    run: String,
    /// Fit this many modes instead of choosing (dynamic mode decomposition)
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    rank: Option<u16>,
    /// Let the Jacobian move with the shares, too
    #[arg(long)]
    moving_jacobian: bool,
    /// Probability with which each interval should cover
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Logs drawn for each calibration
    #[arg(long, default_value_t = 399, value_parser = clap::value_parser!(u64).range(99..=100_000))]
    draws: u64,
    /// Seed of the draws
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Write a picture of the eigenvalues, their regions and the unit circle: .svg or .png
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    if !(0.5..=0.99).contains(&args.level) {
        return Err(usage(
            format!("`--level {}` is no probability to cover with", args.level),
            "give one from 0.5 to 0.99",
        ));
    }
    if let Some(path) = &args.picture {
        let ending = picture_ending(path)?;
        let picture = Target { option: "--picture", ending, path };
        output::check_targets(&[&args.log], &[picture])?;
    }
    let log = log(args)?;
    let options = Options {
        rank: args.rank.map(usize::from),
        moving: args.moving_jacobian,
        level: args.level,
        draws: args.draws,
        seed: args.seed,
    };
    let place = args.log.display().to_string();
    let found =
        fit(&log, &options).map_err(|reason| Failure::Fit { place: place.clone(), reason })?;
    if let Some(path) = &args.picture {
        draw(path, &place, &found)?;
    }
    output::print(&match args.format {
        Format::Text => page::page(&place, &found),
        Format::Json => json(&found),
    })?;
    Ok(Outcome::AsRecorded)
}

/// The ending of a picture's name, in small letters.
fn picture_ending(path: &Path) -> Result<&'static str, Failure> {
    let is = |ending: &&str| path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    ["svg", "png"].into_iter().find(is).ok_or_else(|| {
        usage(
            format!("`--picture {}` is neither SVG nor PNG", path.display()),
            "let the name end in .svg or .png",
        )
    })
}

fn draw(path: &Path, log: &str, found: &Fit) -> Result<(), Failure> {
    let figure = fitted::figure("fit", log, found);
    if picture_ending(path)? == "svg" {
        return output::write_here(path, figure.svg_file());
    }
    let encoded = figure
        .png()
        .map_err(|e| Failure::Write { path: path.to_owned(), reason: std::io::Error::other(e) })?;
    output::write_here(path, encoded)
}

fn log(args: &Args) -> Result<Log, Failure> {
    let selection = Selection {
        round: args.round.clone(),
        run: args.run.clone(),
        columns: args.columns.clone(),
        alignments: args.alignment.clone(),
        shares: args.share.clone(),
    };
    if !args.log.exists() && args.log.extension().is_none() {
        let id = args.log.to_string_lossy();
        return recorded(&id).ok_or_else(|| {
            usage(
                format!("there is no file `{id}`, and no recorded log of that name"),
                format!("name a CSV file, or one of {}", ids().join(", ")),
            )
        });
    }
    Ok(Log::read(&args.log, &selection)?)
}
