//! `backfire`: see [`backfire::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    backfire::cli::main()
}
