//! A diagnosis as one page of HTML, with pictures.

use super::text::{figure, list, pieces};
use crate::diagnosis::Diagnosis;
use crate::figures::Figure;
use crate::report::html::{Html, Section, classed, element, page, plain};
use crate::systems::LoopFile;

/// The page, in a single file.
pub(super) fn html(
    found: &Diagnosis,
    file: &LoopFile,
    commands: &[String],
    pictures: &[Figure],
) -> String {
    let lead = plain("p", plain("strong", format!("Backfires: {}.", found.answer.sentence)))
        .then(plain("p", format!("{}: {}", found.system, found.title)));
    let mut sections = vec![Section::new("loop", "The loop", mixtures(found, file))];
    let parts = pieces(found);
    for (id, title, text) in parts {
        let mut body = preformatted(&text);
        for picture in pictures.iter().filter(|p| belongs(&p.name, &id)) {
            body.push(shown(picture));
        }
        sections.push(Section::new(id, title, body));
    }
    let maps: Html = pictures.iter().filter(|p| p.name.starts_with("regimes")).map(shown).collect();
    if !maps.is_empty() {
        sections.push(Section::new("regimes", "Regimes", maps));
    }
    sections.push(Section::new("go-on", "To go on", preformatted(&commands.join("\n"))));
    page(&format!("Diagnosis of {}", found.system), &lead, &sections)
}

/// Whether a picture stands in the section with this id.
fn belongs(picture: &str, section: &str) -> bool {
    match section {
        "convergence" => ["spectrum", "trajectory"].contains(&picture),
        knob => picture == knob,
    }
}

fn shown(picture: &Figure) -> Html {
    plain("figure", Html::raw(picture.svg()).then(plain("figcaption", picture.caption.as_str())))
}

fn preformatted(text: &str) -> Html {
    plain("pre", plain("code", text))
}

fn mixtures(found: &Diagnosis, file: &LoopFile) -> Html {
    let parameters = found.parameters.iter().map(|p| format!("{} = {}", p.name, p.value));
    let order = format!("order: {}", file.order.name(&file.model_names()));
    let about = list(parameters.chain([order]));
    let head = ["model", "parameters", "real", "raw", "curated", "alignment"];
    let alignment = |k: usize| found.stable_point.at.get(k).map(|m| m.alignment);
    let cell = |text: String| classed("td", "number", text);
    let rows = found.models.iter().enumerate().map(|(k, m)| {
        let shares = [m.real, m.raw, m.curated].map(|x| cell(figure(x)));
        let last = alignment(k).map_or_else(|| "none".to_owned(), figure);
        plain(
            "tr",
            element("th", &[("scope", "row")], m.model.as_str())
                .then(cell(m.dimension.to_string()))
                .then(shares.into_iter().collect::<Html>())
                .then(cell(last)),
        )
    });
    let head = head.map(|h| element("th", &[("scope", "col")], h));
    let table = plain(
        "table",
        plain("thead", plain("tr", head.into_iter().collect::<Html>()))
            .then(plain("tbody", rows.collect::<Html>())),
    );
    plain("p", about).then(table)
}
