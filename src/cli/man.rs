//! `backfire man`.

use super::{Cli, Failure, Outcome, output};
use clap::CommandFactory;
use std::path::PathBuf;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire man                  # the page of the program, for `man -l -`\n  \
    $ backfire man verify\n  \
    $ backfire man --output man1    # backfire.1 and one page a command")]
pub(super) struct Args {
    /// A command; the program itself if none is given
    #[arg(conflicts_with = "output")]
    command: Option<String>,
    /// Write all pages to this folder
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut program = Cli::command().name("backfire");
    // Names the subcommands in full: `backfire-verify`.
    program.build();
    let pages: Vec<&clap::Command> =
        std::iter::once(&program).chain(program.get_subcommands()).filter(|c| named(c)).collect();
    if let Some(folder) = &args.output {
        for command in &pages {
            output::write(&folder.join(format!("{}.1", full_name(command))), &page(command)?)?;
        }
        super::terminal::note(&format!("wrote {} pages to {}", pages.len(), folder.display()));
        return Ok(Outcome::AsRecorded);
    }
    let wanted = |c: &&&clap::Command| args.command.as_deref().is_none_or(|w| w == c.get_name());
    let Some(command) = pages.iter().find(wanted) else {
        let known: Vec<&str> = pages.iter().skip(1).map(|c| c.get_name()).collect();
        return Err(Failure::Usage {
            message: format!("no command `{}`", args.command.as_deref().unwrap_or_default()),
            help: format!("the commands are {}", known.join(", ")),
        });
    };
    output::print(&page(command)?)?;
    Ok(Outcome::AsRecorded)
}

/// clap's own `help` needs no page.
fn named(command: &clap::Command) -> bool {
    command.get_name() != "help"
}

fn full_name(command: &clap::Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

fn page(command: &clap::Command) -> Result<String, Failure> {
    let mut roff = Vec::new();
    clap_mangen::Man::new(command.clone()).date("").render(&mut roff)?;
    Ok(String::from_utf8_lossy(&roff).into_owned())
}
