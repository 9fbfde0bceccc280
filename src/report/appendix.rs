//! The report as an appendix of a LaTeX paper: a fragment to `\input`, and macros for the preamble.

use super::prose;
use crate::referee::Refereed;
use crate::verdict::Verdict;
use std::fmt::Write;

/// A picture that the appendix shows where its file exists.
pub struct Picture<'a> {
    /// Name of its file in `figures/`, without extension.
    pub name: &'a str,
    /// What it shows, as [prose].
    pub caption: &'a str,
    /// The same for who cannot see it, as [prose].
    pub alt: &'a str,
}

/// Name, and what stands before the table, of every section that has one.
const SECTIONS: [(&str, &str, &str); 8] = [
    (
        "claims",
        "Claims and verdicts",
        "\\emph{Refuted}: a counterexample that meets every hypothesis is confirmed in exact \
         arithmetic. \\emph{Supported}: every check agrees, which is no proof. \\emph{Proved}: a \
         certificate covers the whole stated domain. \\emph{Disputed}: floating point shows a \
         violation that nothing rigorous confirms. \\emph{Inconclusive}: nothing was decided.",
    ),
    (
        "witnesses",
        "Counterexamples",
        "Each is also a file that \\texttt{backfire replay} puts to its claim again.",
    ),
    ("predictions", "Predicted against simulated", ""),
    ("spectra", "Spectra", ""),
    (
        "thresholds",
        "Thresholds",
        "Table~\\ref{tab:backfire-threshold-shares} says how often each threshold decides.",
    ),
    ("threshold-shares", "", ""),
    ("ensembles", "Points that were checked", ""),
    ("controls", "Controls", "The same checks were given statements that are known to be false."),
];

/// The fragment `appendix.tex`. It needs [`macros`] in the preamble; tables are read from `tables/` and
/// pictures from `figures/` beside it.
pub fn appendix(run: &Refereed, pictures: &[Picture]) -> String {
    let mut out = String::from(
        "% Made by `backfire report`. In the preamble: \\input{reports/backfire-macros}.\n\
         % Where the appendix goes: \\input{reports/appendix}.\n\
         % If the reports are elsewhere: \\newcommand\\backfirefolder{path/to/reports} before both.\n\
         \\backfirebegin\n\
         \\section{What the referee found}\\label{app:backfire}\n",
    );
    overview(&mut out, run);
    for (name, title, words) in SECTIONS {
        if !title.is_empty() {
            let _ = writeln!(
                out,
                "\n\\backfireneed\n\\subsection{{{title}}}\\label{{app:backfire-{name}}}"
            );
        }
        if !words.is_empty() {
            let _ = writeln!(out, "{words}");
        }
        let _ = writeln!(out, "\\input{{\\backfirefolder/tables/{name}}}");
    }
    if !pictures.is_empty() {
        out.push_str("\n\\backfireneed\n\\subsection{Pictures}\\label{app:backfire-pictures}\n");
    }
    for picture in pictures {
        let [caption, alt] = [picture.caption, picture.alt].map(prose::latex);
        let _ = writeln!(out, "\\backfirepicture{{{}}}{{{caption}}}{{{alt}}}", picture.name);
    }
    out.push_str("\\backfireend\n");
    out
}

fn overview(out: &mut String, run: &Refereed) {
    let present: Vec<String> = counts(run)
        .into_iter()
        .filter(|(_, n)| *n > 0)
        .map(|(v, _)| format!("\\backfire{}{{}} {}", v.word(), v.word().to_lowercase()))
        .collect();
    let survive = run.surviving().count();
    let controls = if survive == 0 {
        "all are refuted, as they must be".to_string()
    } else {
        format!("\\textbf{{{survive} survive: the checks have no teeth there}}")
    };
    let _ = writeln!(
        out,
        "Every printed claim was checked by machine: on random and listed loops in floating point, \
         along routes that share no formula, and in exact arithmetic. The \\backfireclaims{{}} claims, \
         corrected and other readings among them, came out as {}. Of \\backfirecontrols{{}} near misses that are \
         known to be false, {controls}. The run has the seed \\backfireseed{{}} and the effort \
         \\backfireeffort{{}}; the same seed gives the same report.",
        present.join(", ")
    );
}

fn counts(run: &Refereed) -> Vec<(Verdict, usize)> {
    let all = [
        Verdict::Proved,
        Verdict::Supported,
        Verdict::Inconclusive,
        Verdict::Disputed,
        Verdict::Refuted,
    ];
    let count = |v| run.claims.iter().filter(|c| c.verdict == v).count();
    all.map(|v| (v, count(v))).to_vec()
}

/// What `backfire-macros.tex` begins with: packages, and the commands of the appendix.
const PREAMBLE: &str = r"% Made by `backfire report`, for the preamble: \input{reports/backfire-macros}.
%
% \backfireverdict{cor_e2/sign}         the verdict of a claim, as Refuted
% \backfirepoints{cor_e2/sign}          how many points met its hypotheses
%   (write : for # in an id: \backfireverdict{cor_e2/sign:corrected})
% \backfireclaims, \backfirecontrols    how many there are
% \backfireProved, \backfireSupported, \backfireInconclusive, \backfireDisputed, \backfireRefuted
% \backfireseed, \backfireeffort        with what the run was made
\makeatletter
\RequirePackage{amsmath,array,booktabs,graphicx,longtable,siunitx}
% Where the reports are.
\providecommand\backfirefolder{reports}
% Long tables need one column: in a two-column paper the appendix has pages of its own.
\newcommand\backfirebegin{%
  \par
  \let\backfire@end\relax
  \if@twocolumn\onecolumn\let\backfire@end\twocolumn\fi
  \let\backfire@textbottom\@textbottom
  \let\backfire@texttop\@texttop
  \raggedbottom}
\newcommand\backfireend{%
  \par\clearpage
  \let\@textbottom\backfire@textbottom
  \let\@texttop\backfire@texttop
  \backfire@end}
% A long table would leave its heading behind: a new page if little is left of this one.
\newcommand\backfireneed{%
  \par\penalty-100
  \begingroup
  \dimen@\pagegoal\advance\dimen@-\pagetotal
  \ifdim\dimen@<0.3\textheight\ifdim\dimen@>\z@\vfil\fi\break\fi
  \endgroup}
% How a table is set.
\newcommand\backfiretable{%
  \par\footnotesize
  \setlength\tabcolsep{3pt}%
  \renewcommand\arraystretch{1.15}%
  \setlength\LTcapwidth{\linewidth}%
  \sisetup{group-digits=integer,group-separator={,},group-minimum-digits=4}}
% A picture with its caption, where there is one, and a description for classes that take one.
\newcommand\backfirepicture[3]{%
  \IfFileExists{\backfirefolder/figures/#1.png}{%
    \begin{figure}[htbp]
      \centering
      \includegraphics[width=\linewidth,height=0.34\textheight,keepaspectratio]%
        {\backfirefolder/figures/#1.png}
      \caption{#2}\label{fig:backfire-#1}
      \ifdefined\Description\Description{#3}\fi
    \end{figure}}{}}
\newcommand\backfire@known[3]{%
  \expandafter\gdef\csname backfire@verdict@\detokenize{#1}\endcsname{#2}%
  \expandafter\gdef\csname backfire@points@\detokenize{#1}\endcsname{\num{#3}}}
\newcommand\backfire@look[2]{%
  \ifcsname backfire@#1@\detokenize{#2}\endcsname
    \csname backfire@#1@\detokenize{#2}\endcsname
  \else
    \PackageError{backfire}{No claim `\detokenize{#2}'}{See tables/claims.md for the ids.}%
  \fi}
\newcommand\backfireverdict[1]{\backfire@look{verdict}{#1}}
\newcommand\backfirepoints[1]{\backfire@look{points}{#1}}
";

/// The macros `backfire-macros.tex`.
pub fn macros(run: &Refereed) -> String {
    let mut out = String::from(PREAMBLE);
    let mut define = |name: &str, value: String| {
        let _ = writeln!(out, "\\newcommand\\backfire{name}{{{value}}}");
    };
    define("claims", format!("\\num{{{}}}", run.claims.len()));
    define("controls", format!("\\num{{{}}}", run.controls.len()));
    for (verdict, count) in counts(run) {
        define(verdict.word(), format!("\\num{{{count}}}"));
    }
    define("seed", run.effort.seed.to_string());
    define("effort", run.effort.factor.to_string());
    for c in &run.claims {
        // A # in a macro's argument is its parameter.
        let id = c.id.replace('#', ":");
        let _ = writeln!(out, "\\backfire@known{{{id}}}{{{}}}{{{}}}", c.verdict.word(), c.met());
    }
    out.push_str("\\makeatother\n");
    out
}
