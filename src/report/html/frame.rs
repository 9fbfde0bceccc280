//! The frame of a page: style, script, dark and light, contents, print.

use super::markup::{Html, classed, element, link, plain};

/// A part of a page.
#[derive(Clone, Debug)]
pub struct Section {
    /// Where links lead.
    pub id: String,
    /// Its heading.
    pub title: Html,
    /// What is in it.
    pub body: Html,
}

impl Section {
    /// A section.
    pub fn new(id: impl Into<String>, title: impl Into<Html>, body: impl Into<Html>) -> Self {
        Section { id: id.into(), title: title.into(), body: body.into() }
    }
}

const STYLE: &str = include_str!("style.css");
const SCRIPTS: [&str; 4] = [
    include_str!("loop.js"),
    include_str!("spectrum.js"),
    include_str!("script.js"),
    include_str!("map.js"),
];

/// Allows what stands in the page and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      img-src data:";

/// A whole page: `title` in words, `lead` below it, then the sections with a table of contents.
pub fn page(title: &str, lead: &Html, sections: &[Section]) -> String {
    let body = Html::new()
        .then(element("a", &[("class", "skip"), ("href", "#main")], "Skip to the text"))
        .then(header(title, lead))
        .then(contents(sections))
        .then(element("main", &[("id", "main")], sections.iter().map(section).collect::<Html>()))
        .then(script());
    let html = element("html", &[("lang", "en")], head(title).then(plain("body", body)));
    format!("<!DOCTYPE html>\n{}\n", html.as_str())
}

fn head(title: &str) -> Html {
    let meta = |attributes: &[(&str, &str)]| element("meta", attributes, Html::new());
    // Read as HTML the comment signs hide the marks, which are what XML wants to see.
    let style = format!("<style>/*<![CDATA[*/\n{STYLE}/*]]>*/</style>");
    plain(
        "head",
        meta(&[("charset", "utf-8")])
            .then(meta(&[("name", "viewport"), ("content", "width=device-width, initial-scale=1")]))
            .then(meta(&[("name", "color-scheme"), ("content", "light dark")]))
            .then(meta(&[("http-equiv", "Content-Security-Policy"), ("content", POLICY)]))
            .then(plain("title", title))
            .then(Html::raw(style)),
    )
}

fn script() -> Html {
    let scripts = SCRIPTS.concat();
    Html::raw(format!("\n<script>/*<![CDATA[*/\n{scripts}/*]]>*/</script>\n"))
}

fn header(title: &str, lead: &Html) -> Html {
    // Shown by the script, which it needs.
    let switch = element(
        "button",
        &[("type", "button"), ("id", "theme"), ("class", "tool"), ("hidden", "")],
        "Dark",
    );
    element("header", &[], switch.then(plain("h1", title)).then(lead.clone()))
}

fn contents(sections: &[Section]) -> Html {
    if sections.len() < 3 {
        return Html::new();
    }
    let items = sections.iter().map(|s| plain("li", link(&s.id, s.title.clone())));
    element(
        "nav",
        &[("aria-label", "Contents"), ("class", "contents")],
        plain("ol", items.collect::<Html>()),
    )
}

fn section(s: &Section) -> Html {
    let heading = format!("{}-heading", s.id);
    element(
        "section",
        &[("id", &s.id), ("aria-labelledby", &heading)],
        element("h2", &[("id", &heading)], s.title.clone()).then(s.body.clone()),
    )
}

/// A column of short facts: term, then what is said of it.
pub fn facts(rows: impl IntoIterator<Item = (Html, Html)>) -> Html {
    let row = |(term, what): (Html, Html)| plain("dt", term).then(plain("dd", what));
    classed("dl", "facts", rows.into_iter().map(row).collect::<Html>())
}
