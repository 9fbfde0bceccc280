//! `backfire completions`.

use super::{Cli, Failure, Outcome, output};
use clap::CommandFactory;
use clap_complete::Shell;

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire completions bash     # put it in ~/.local/share/bash-completion/completions/backfire\n  \
    $ backfire completions zsh      # put it in a folder of $fpath, as _backfire\n  \
    $ backfire completions fish     # put it in ~/.config/fish/completions/backfire.fish")]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "backfire", &mut script);
    output::print(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::AsRecorded)
}
