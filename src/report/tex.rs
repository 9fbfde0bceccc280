//! The LaTeX of statements for other readers than LaTeX.

/// `\( … \)` as `$ … $`. A bare `|` would end a table cell and open a code span nowhere.
pub(super) fn math(tex: &str) -> String {
    tex.replace(r"\(", "$").replace(r"\)", "$").replace('|', r"\vert ")
}

/// A sentence: its first letter large, where it is one, and a full stop at its end.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let stop = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{stop}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::{math, sentence};

    #[test]
    fn sentences_begin_and_end() {
        assert_eq!(sentence("the loop converges"), "The loop converges.");
        assert_eq!(sentence("$a$ is."), "$a$ is.");
        assert_eq!(math(r"\(|a| < 1\)"), r"$\vert a\vert  < 1$");
    }
}
