//! The table of claims as LaTeX: booktabs and longtable.

use super::thousands;
use crate::referee::Refereed;
use std::fmt::Write;

/// A long table `tab:backfire-claims`. Needs `booktabs`, `longtable`, `array`, `amsmath`.
pub fn latex(run: &Refereed) -> String {
    let mut out = String::from(
        "% Made by `backfire report`. Needs \\usepackage{booktabs,longtable,array,amsmath}.\n\
         \\begin{longtable}{@{}>{\\raggedright\\arraybackslash}p{0.27\\linewidth}\
         >{\\raggedright\\arraybackslash}p{0.45\\linewidth}lr@{}}\n\
         \\caption{Every claim with its verdict.\\label{tab:backfire-claims}}\\\\\n\
         \\toprule\nClaim & Statement & Verdict & Points \\\\\n\\midrule\n\\endfirsthead\n\
         \\toprule\nClaim & Statement & Verdict & Points \\\\\n\\midrule\n\\endhead\n\
         \\bottomrule\n\\endlastfoot\n",
    );
    for c in &run.claims {
        let _ = writeln!(
            out,
            "\\texttt{{{}}} & {} & {} & {} \\\\",
            breakable(&c.id),
            c.statement,
            c.verdict.word(),
            thousands(c.met())
        );
    }
    out.push_str("\\end{longtable}\n");
    out
}

/// Escaped, with break points after the separators of an id.
fn breakable(id: &str) -> String {
    id.chars()
        .map(|c| match c {
            '_' => r"\_\allowbreak{}".to_string(),
            '/' => r"/\allowbreak{}".to_string(),
            '#' => r"\allowbreak\#".to_string(),
            '@' => r"\allowbreak{}@".to_string(),
            c => c.to_string(),
        })
        .collect()
}
