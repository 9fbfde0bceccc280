//! `backfire new`: commented templates that work as they are.

use super::given::usage;
use super::{Failure, Outcome, output};
use std::path::{Path, PathBuf};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    $ backfire new system mine                 # two models, in mine.toml\n  \
    $ backfire diagnose mine.toml\n  \
    $ backfire new system ring --models 3 --out ring.toml\n  \
    $ backfire new conjecture guess\n  \
    $ backfire new theorem my_lemma --id thm_5_1")]
pub(super) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// A loop of your own, as a TOML file with comments
    #[command(
        after_help = "Examples:\n  $ backfire new system mine\n  $ backfire diagnose mine.toml"
    )]
    System {
        /// Its name, with hyphens
        #[arg(default_value = "mine")]
        name: String,
        /// How many models
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
        models: u8,
        /// Where to write it; NAME.toml unless given
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// A statement of your own for `search`, as a TOML file with comments
    #[command(after_help = "Examples:\n  $ backfire new conjecture guess")]
    Conjecture {
        /// Its name, with hyphens
        #[arg(default_value = "guess")]
        name: String,
        /// Where to write it; NAME.toml unless given
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
    /// A theorem of a paper for `theorems/`, as a Rust file that compiles
    #[command(after_help = "Examples:\n  $ backfire new theorem my_lemma --id thm_5_1")]
    Theorem {
        /// The name of its file, which says what it says: words with underscores
        #[arg(default_value = "my_theorem")]
        name: String,
        /// Its number in the paper, as ids have it
        #[arg(long, value_name = "ID", default_value = "thm_0_0")]
        id: String,
        /// Where to write it; theorems/NAME.rs in a checkout of backfire, else NAME.rs
        #[arg(long, value_name = "PATH")]
        out: Option<PathBuf>,
    },
}

const SYSTEMS: [&str; 3] = [
    include_str!("../../templates/system-1.toml"),
    include_str!("../../templates/system-2.toml"),
    include_str!("../../templates/system-3.toml"),
];
const CONJECTURE: &str = include_str!("../../templates/conjecture.toml");
const THEOREM: &str = include_str!("../../templates/theorem.rs");

/// What stands for the name of a file's content, its type and its id in the templates.
const NAME: &str = "NAME";
const TYPE: &str = "TheoremName";
const ID: &str = "theorem_id";

/// Names that the template of a theorem uses itself.
const TAKEN: [&str; 2] = ["follows", "sides"];

/// Words that no module can be called.
const KEYWORDS: [&str; 51] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate",
    "do", "dyn", "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl",
    "in", "let", "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref",
    "return", "self", "static", "struct", "super", "trait", "true", "try", "type", "typeof",
    "union", "unsafe", "unsized", "use", "virtual", "where", "while",
];

/// Runs it.
pub(super) fn run(args: &Args) -> Result<Outcome, Failure> {
    match &args.what {
        What::System { name, models, out } => {
            with_hyphens(name)?;
            let path =
                written(out.clone(), name, &SYSTEMS[usize::from(*models) - 1].replace(NAME, name))?;
            let models = if *models == 1 { "one model" } else { "models that train on each other" };
            output::print(&format!(
                "{path}: {models}, every key explained. It works as it is:\n  \
                 $ backfire diagnose {path}\n"
            ))?;
        }
        What::Conjecture { name, out } => {
            with_hyphens(name)?;
            let path = written(out.clone(), name, &CONJECTURE.replace(NAME, name))?;
            output::print(&format!(
                "{path}: a statement about loops, every key explained. It is false as it stands:\n  \
                 $ backfire search {path}\n"
            ))?;
        }
        What::Theorem { name, id, out } => theorem(name, id, out.clone())?,
    }
    Ok(Outcome::AsRecorded)
}

fn theorem(name: &str, id: &str, out: Option<PathBuf>) -> Result<(), Failure> {
    with_underscores(name)?;
    is_card(id)?;
    let text = THEOREM.replace(TYPE, &camel(name)).replace(ID, id);
    let folder = if Path::new("theorems/mod.rs").is_file() { "theorems/" } else { "" };
    let path = out.unwrap_or_else(|| PathBuf::from(format!("{folder}{name}.rs")));
    let path = fresh(&path, &text)?;
    let place = if path.starts_with("theorems/") {
        String::new()
    } else {
        format!("  put it into theorems/ of a checkout of backfire, as theorems/{name}.rs\n")
    };
    output::print(&format!(
        "{path}: a theorem with a claim and two controls; it compiles and passes as it is.\n\
         To register it\n{place}  \
         add to theorems/mod.rs the line             pub mod {name};\n  \
         and in its register! {{ .. }} the line        {name}::{},\n\
         Then\n  \
         $ cargo run --release -- explain {id}\n  \
         $ cargo run --release -- verify {id}     # exit code 1: it is not in the committed report yet\n  \
         $ cargo run --release -- report            # records it; read what changed in reports/\n\
         CONTRIBUTING.md says what makes a good claim and a good control.\n",
        camel(name)
    ))
}

/// Writes a template under its name, and says where.
fn written(out: Option<PathBuf>, name: &str, text: &str) -> Result<String, Failure> {
    fresh(&out.unwrap_or_else(|| PathBuf::from(format!("{name}.toml"))), text)
}

/// Writes a file that is not there yet.
fn fresh(path: &Path, text: &str) -> Result<String, Failure> {
    if path.symlink_metadata().is_ok() {
        let message = format!("{} is there already", path.display());
        return Err(usage(
            message,
            "choose another name, or another place with --out; nothing was changed",
        ));
    }
    output::can_write(path)?;
    output::write_here(path, text.as_bytes())?;
    Ok(path.display().to_string())
}

fn with_hyphens(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = name.split('-').all(|word| !word.is_empty() && word.chars().all(plain));
    let help = "use lower-case letters and digits with single hyphens between, like `my-loop-2`";
    if good { Ok(()) } else { Err(usage(format!("`{name}` is no name"), help)) }
}

fn with_underscores(name: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let words = || name.split('_').all(|word| !word.is_empty() && word.chars().all(plain));
    let good = name.starts_with(|c: char| c.is_ascii_lowercase()) && words();
    if !good {
        let help = "use lower-case letters, digits and single underscores, like `sign_of_the_gain`";
        return Err(usage(format!("`{name}` is no name of a Rust module"), help));
    }
    if KEYWORDS.contains(&name) || TAKEN.contains(&name) {
        return Err(usage(
            format!("`{name}` means something in Rust or in the template"),
            "add a word to it",
        ));
    }
    Ok(())
}

fn is_card(id: &str) -> Result<(), Failure> {
    let kinds = ["thm_", "prop_", "cor_", "ex_", "sec_", "app_"];
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let known = kinds.iter().any(|k| id.len() > k.len() && id.starts_with(k));
    if known && id.chars().all(plain) {
        return Ok(());
    }
    let help = "write for example thm_4_5, prop_3_4, cor_e2, ex_4_6, sec_5_1 or app_f";
    Err(usage(format!("`{id}` is no number of a theorem"), help))
}

/// `sign_of_the_gain` as the name of a type.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + letters.as_str()
        })
    };
    name.split('_').map(word).collect()
}
