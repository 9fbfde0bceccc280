//! Markup that is well-formed by construction: text is escaped where it enters, elements close
//! where they end. What comes out can be read as HTML and as XML.

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// Nothing.
    pub fn new() -> Self {
        Html::default()
    }

    /// Text, escaped.
    pub fn text(text: &str) -> Self {
        Html(escape(text))
    }

    /// Markup of another writer, as it is: MathML, SVG. It has to be well-formed XML.
    pub fn raw(markup: impl Into<String>) -> Self {
        Html(markup.into())
    }

    /// The same with `more` behind it.
    #[must_use]
    pub fn then(mut self, more: impl Into<Html>) -> Self {
        self.push(more);
        self
    }

    /// Adds `more` at the end.
    pub fn push(&mut self, more: impl Into<Html>) {
        self.0 += &more.into().0;
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The markup.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Html {
    fn from(text: &str) -> Self {
        Html::text(text)
    }
}

impl From<String> for Html {
    fn from(text: String) -> Self {
        Html::text(&text)
    }
}

impl From<&String> for Html {
    fn from(text: &String) -> Self {
        Html::text(text)
    }
}

impl FromIterator<Html> for Html {
    fn from_iter<T: IntoIterator<Item = Html>>(all: T) -> Self {
        all.into_iter().fold(Html::new(), Html::then)
    }
}

/// Elements that have no end tag in HTML.
const VOID: [&str; 5] = ["br", "hr", "input", "meta", "wbr"];

/// Elements that begin a line of the file, so that it can be read and compared.
const BLOCK: [&str; 13] = [
    "section", "details", "table", "tr", "p", "h1", "h2", "h3", "h4", "ul", "figure", "div", "nav",
];

/// An element with its attributes, names and values. An empty value stands for itself: `hidden=""`.
pub fn element(name: &str, attributes: &[(&str, &str)], inside: impl Into<Html>) -> Html {
    let mut out = String::new();
    if BLOCK.contains(&name) {
        out.push('\n');
    }
    out.push('<');
    out += name;
    for (key, value) in attributes {
        out.push(' ');
        out += key;
        out += "=\"";
        out += &escape(value);
        out.push('"');
    }
    let inside = inside.into().0;
    if VOID.contains(&name) {
        debug_assert!(inside.is_empty(), "{name} holds nothing");
        out += " />";
    } else {
        out.push('>');
        out += &inside;
        out += "</";
        out += name;
        out.push('>');
    }
    Html(out)
}

/// An element with a class.
pub fn classed(name: &str, class: &str, inside: impl Into<Html>) -> Html {
    element(name, &[("class", class)], inside)
}

/// An element without attributes.
pub fn plain(name: &str, inside: impl Into<Html>) -> Html {
    element(name, &[], inside)
}

/// A link to the element `id` of the same page.
pub fn link(id: &str, inside: impl Into<Html>) -> Html {
    element("a", &[("href", &fragment(id))], inside)
}

/// `#` and an id as addresses have it: `#cor_e2/sign%23literal`.
pub fn fragment(id: &str) -> String {
    format!("#{}", id.replace('%', "%25").replace('#', "%23").replace(' ', "%20"))
}

/// Text in an element or an attribute. What no XML may contain becomes the replacement character.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\n' | '\t' => out.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_leave_its_place() {
        let nasty = "</p><script>alert('1')</script>\"&\u{1}";
        let p = element("p", &[("title", nasty)], nasty);
        let read = roxmltree::Document::parse(p.as_str()).expect("well-formed");
        let root = read.root_element();
        let seen = nasty.replace('\u{1}', "\u{fffd}");
        assert_eq!(root.text(), Some(seen.as_str()));
        assert_eq!(root.attribute("title"), Some(seen.as_str()));
        assert_eq!(root.children().filter(roxmltree::Node::is_element).count(), 0);
    }

    #[test]
    fn addresses_of_ids() {
        assert_eq!(fragment("cor_e2/sign#literal"), "#cor_e2/sign%23literal");
        assert_eq!(element("br", &[], Html::new()).as_str(), "<br />");
    }
}
