//! The interactive map: the page carries the matrices of some loops, and a script computes with them.

use super::frame::Section;
use super::markup::{Html, classed, element, plain};
use crate::systems::PlainLoop;

/// The section of the map; none without loops.
pub fn section(loops: &[PlainLoop]) -> Option<Section> {
    if loops.is_empty() {
        return None;
    }
    let words = "Move the sliders: the stable point, the eigenvalues of a round and the influence of \
                 curation follow, computed in this page from the loop’s own matrices. Hatched: retraining \
                 does not converge there, so the regime is that of a point which the loop leaves. Click \
                 into the map to go there.";
    let without = plain(
        "noscript",
        plain(
            "p",
            "This part needs JavaScript. The command backfire influence prints its numbers.",
        ),
    );
    let body = plain("p", words).then(without).then(tool()).then(data(loops));
    Some(Section::new("map", "Where curation backfires", body))
}

/// Filled by the script.
fn tool() -> Html {
    let select = |id: &str, words: &str| {
        let label = element("label", &[("for", id)], words);
        classed("div", "field", label.then(element("select", &[("id", id)], Html::new())))
    };
    let controls = element(
        "form",
        &[("id", "map-controls"), ("aria-label", "Loop and its parameters")],
        select("map-loop", "Loop")
            .then(select("map-model", "Alignment of"))
            .then(select("map-order", "Order"))
            .then(element("div", &[("id", "map-sliders")], Html::new())),
    );
    let figure = |id: &str, caption: &str| {
        let drawing = element("div", &[("id", id), ("class", "drawing")], Html::new());
        let legend = element("ul", &[("id", &format!("{id}-legend")), ("class", "key")], "");
        plain("figure", drawing.then(plain("figcaption", caption)).then(legend))
    };
    let figures =
        figure("map-regimes", "Regimes over a parameter and the share in front of the knob")
            .then(figure("map-spectrum", "Eigenvalues of a round, with the unit circle"));
    let said = element("p", &[("id", "map-said"), ("role", "status"), ("aria-live", "polite")], "");
    let influences = table(
        "map-influences",
        "Influence of the share on each model’s alignment",
        &["Model", "J", "dJ/dλ", "Push", "Isolated", "Regime"],
    );
    let orders = table("map-orders", "Spectral radius of a round", &["Order", "Rate", "Converges"]);
    let note = "Push: what the knob does at once. Isolated: the response with the other models held \
                still. Amplified, dampened, inverted: the response against the push.";
    element(
        "div",
        &[("id", "map-tool"), ("hidden", "")],
        controls
            .then(classed("div", "panels", figures))
            .then(said)
            .then(classed("div", "panels", influences.then(orders)))
            .then(classed("p", "legend", note)),
    )
}

fn table(id: &str, caption: &str, columns: &[&str]) -> Html {
    let head: Html = columns.iter().map(|c| element("th", &[("scope", "col")], *c)).collect();
    let head = plain("thead", plain("tr", head));
    let all = plain("caption", caption).then(head).then(plain("tbody", Html::new()));
    classed("div", "wide", element("table", &[("id", id)], all))
}

/// JSON that neither HTML nor XML takes for markup.
fn data(loops: &[PlainLoop]) -> Html {
    let json = serde_json::to_string(loops).unwrap_or_default();
    let safe = json.replace('&', "\\u0026").replace('<', "\\u003c").replace('>', "\\u003e");
    let attributes = [("type", "application/json"), ("id", "loops")];
    element("script", &attributes, Html::raw(safe))
}
