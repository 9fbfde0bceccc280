//! Loops in TOML files, exact.
//!
//! A number in a file is a rational: `0.1` is one tenth, `"1/3"` a third, and a loop can be read
//! off in any arithmetic ([`LoopFile::at`]).
//!
//! ```
//! let text = r#"
//! name = "two-models"                # letters, digits and hyphens
//! title = "Two models that train on each other"
//! source = "an example"              # optional, free text
//! family = "gaussian"                # the only one
//! order = "simultaneous"
//!
//! [parameters]                       # optional
//! t = { value = 0.5, range = [0.05, 1.0], about = "strength of the coupling" }
//!
//! [[models]]
//! name = "p"
//! dimension = 2                      # number of its parameters, d
//! spread = 0.2                       # standard deviation of its samples; default 1
//! loss = { hessian = 2, data = 2 }   # l(u; z) = u'Hu/2 - u'Bz; default H = I, B = H
//! alignment = { linear = [1, 0], curvature = 0.18 }    # J(u) = g'u - u'Qu/2; default Q = 0
//!
//! [[models.components]]              # what it trains on; weights sum to one
//! kind = "real"
//! weight = "1/3"
//! offset = [1, 1]                    # mean of real data; default 0
//!
//! [[models.components]]
//! kind = "raw"                       # samples of a model, uncurated
//! weight = "1/3"
//! from = "q"
//! channel = [[0.5, 0], [0.5, 1]]     # mean = channel * parameters of q + offset; default I
//! offset = [0, 0.1]
//! spread = 0.3                       # instead of the model's
//!
//! [[models.components]]
//! kind = "curated"
//! weight = "1/3"
//! from = "q"
//! curation = { shift = [1, -1] }     # added to the mean
//!
//! [[models]]
//! name = "q"
//! dimension = 2
//! alignment = { linear = [0, 1], curvature = 0.22 }
//! components = [
//!   { kind = "raw", weight = 0.5, from = "p", channel = { parameter = "t", scale = 0.9 } },
//!   { kind = "curated", weight = 0.5, from = "q", curation = { candidates = "infinite" } },
//! ]
//!
//! [knob]                             # optional: the derivative to study
//! model = "p"
//! raise = "curated"                  # the other kinds keep their proportions
//! "#;
//! let file = backfire::systems::LoopFile::parse(text, "two-models.toml")?;
//! assert_eq!(file.model_names(), ["p", "q"]);
//! # Ok::<(), backfire::systems::FileError>(())
//! ```
//!
//! **Numbers**: an integer, a decimal, or a string with either or a fraction of both. Not more
//! than 1100 characters, exponents up to 400.
//!
//! **Order**: `"simultaneous"`, `{ sequential = ["p", "q"] }` (every model once),
//! `{ switching = { seed = 1 } }` or `{ incremental = { step = 0.1 } }`; see [`Order`].
//!
//! **Matrices** have one of three forms:
//! - a number `k`: `k I`;
//! - rows: `[[1, 2], [3, 4]]`;
//! - a table, `scale` times `parameter` times one of `rows`, `diagonal = [1, 2]` or
//!   `rotations = [{ scale = 0.8, cos = 0.6, sin = 0.8 }]`, which is block diagonal with blocks
//!   `scale [[cos, -sin], [sin, cos]]`. All keys are optional; without a matrix it is the identity.
//!
//! **Shapes**: the Hessian is `d × d`, symmetric and positive definite (for all parameters in
//! their range); `data` is `d × m` with `m` the dimension of the data; a channel is `m` by the
//! dimension of the maker; offsets and shifts have `m` entries. `d` is at most 4096.
//!
//! **Weights** are zero or more and sum to one. A sum within 1e-12 of one is taken for a rounded
//! one, and the weights are divided by it, exactly.
//!
//! **Curation** of a component is one of
//! - `{ shift = [..] }`, a shift of the mean;
//! - `{ candidates = "infinite", inverse_temperature = 1, reward = "q" }`: samples `z` of
//!   `N(m, s²I)` kept in proportion to $e^{\tau r(z)}$ with the alignment of a model as reward
//!   (default: the maker's), $r(z) = g^\top z - \tfrac12 \eta |z|^2$. Exact: the law is then
//!   `N((m + τs²g) / (1 + τηs²), s² / (1 + τηs²) I)`. The curvature of that alignment must be a
//!   fixed multiple of the identity.
//!
//! **Knob**: `raise = "curated"`, or a mixture to move to,
//! `towards = { real = 0.5, curated = 0.5 }` (Theorem E.3; kinds not named are 0, and shares
//! below 0 are allowed); derivatives are then with respect to the share of the kind `in_front`
//! (default "curated").

mod build;
mod error;
mod matrix;
mod mixture;
pub(crate) mod node;
mod number;
mod plain;
mod weights;
mod write;

pub use error::{Diagnostic, FileError};
pub use plain::{
    PlainComponent, PlainKnob, PlainLoop, PlainMatrix, PlainModel, PlainOrder, PlainParameter,
};
pub use write::to_toml;

pub(crate) use error::{Problem, did_you_mean};

use super::{Alignment, Component, GaussianLoop, Knob, Model, Order, Source, SourceKind};
use crate::error::LoopError;
use crate::scalar::Scalar;
use matrix::Matrix;
use nalgebra::DVector;
use num_rational::BigRational;
use num_traits::Zero;
use std::path::Path;
use toml::de::DeTable;

/// A loop as a file says it. See the [module](self) for the format.
#[derive(Clone, Debug, PartialEq)]
pub struct LoopFile {
    /// Kebab-case identifier.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// Where it comes from; may be empty.
    pub source: String,
    /// In the order of the file.
    pub parameters: Vec<Parameter>,
    /// The derivative to study.
    pub knob: Option<KnobSpec>,
    /// How the models take turns.
    pub order: Order,
    models: Vec<ModelSpec>,
}

/// A number that the matrices of a file may be multiples of.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its default.
    pub value: BigRational,
    /// Lower and upper end of the values of interest, both included.
    pub range: (BigRational, BigRational),
    /// What it is; may be empty.
    pub about: String,
}

/// A change of the mixture of one model, as a file says it.
#[derive(Clone, Debug, PartialEq)]
pub struct KnobSpec {
    /// Position of the model.
    pub model: usize,
    /// The mixture `[real, raw, curated]` to move to; sums to one.
    pub target: [BigRational; 3],
    /// The kind whose share derivatives are taken with respect to.
    pub in_front: SourceKind,
}

impl KnobSpec {
    /// The direction on a loop read from the same file.
    pub fn on<S: Scalar>(&self, system: &GaussianLoop<S>) -> Knob<S> {
        system.towards(self.model, &self.target.each_ref().map(S::from_rational))
    }

    /// The same direction at unit speed of the share in front of it, and that share.
    ///
    /// # Errors
    /// If it turns to data that the model does not have, or does not move the share in front of it.
    pub fn per_share<S: Scalar>(
        &self,
        system: &GaussianLoop<S>,
    ) -> Result<(Knob<S>, S), LoopError> {
        let model = &system.models[self.model];
        let kinds = [
            (SourceKind::Real, "real"),
            (SourceKind::Raw, "raw synthetic"),
            (SourceKind::Curated, "curated"),
        ];
        for ((kind, text), goal) in kinds.into_iter().zip(&self.target) {
            if !goal.is_zero() && model.share(kind).is_zero() {
                return Err(LoopError::NoSuchData { model: model.name.clone(), kind: text });
            }
        }
        let share = model.share(self.in_front);
        let front = kinds.iter().position(|(kind, _)| *kind == self.in_front).unwrap_or(0);
        let distance = S::from_rational(&self.target[front]) - share.clone();
        if distance.is_zero() {
            return Err(LoopError::KnobStandsStill { model: model.name.clone() });
        }
        let mut knob = self.on(system);
        for rate in knob.weights.iter_mut().flatten() {
            *rate /= distance.clone();
        }
        Ok((knob, share))
    }
}

/// One model, exact, before parameters have values.
#[derive(Clone, Debug, PartialEq)]
struct ModelSpec {
    name: String,
    hessian: Matrix,
    data: Matrix,
    linear: Vec<BigRational>,
    curvature: Matrix,
    components: Vec<ComponentSpec>,
    /// The weights before each change of them, the oldest first.
    before: Vec<Vec<BigRational>>,
}

#[derive(Clone, Debug, PartialEq)]
struct ComponentSpec {
    source: Source,
    weight: BigRational,
    channel: Matrix,
    offset: Vec<BigRational>,
    spread: f64,
}

impl LoopFile {
    /// The loop that `text` says; `path` is what errors call it.
    ///
    /// # Errors
    /// The first mistake in the text, with its line and a remedy.
    pub fn parse(text: &str, path: &str) -> Result<Self, FileError> {
        let document = DeTable::parse(text).map_err(|e| {
            let span = e.span().unwrap_or(0..0);
            let help = "the syntax is TOML, https://toml.io".to_owned();
            Problem { span, message: e.message().to_owned(), help }
        });
        document
            .and_then(|document| build::loop_file(&document))
            .map_err(|problem| problem.in_text(text, path))
    }

    /// The loop that a file says.
    ///
    /// # Errors
    /// If the file cannot be read, or as [`parse`](Self::parse).
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let label = path.display().to_string();
        let bytes = std::fs::read(path)
            .map_err(|reason| FileError::Unreadable { path: label.clone(), reason })?;
        let text = String::from_utf8(bytes).map_err(|e| {
            let valid = e.utf8_error().valid_up_to();
            let text = String::from_utf8_lossy(e.as_bytes()).into_owned();
            let message = "the file is not UTF-8 text".to_owned();
            let help = "save it with the encoding UTF-8".to_owned();
            Problem { span: valid..valid, message, help }.in_text(&text, &label)
        })?;
        LoopFile::parse(&text, &label)
    }

    /// The names of the models, in order.
    pub fn model_names(&self) -> Vec<&str> {
        self.models.iter().map(|m| m.name.as_str()).collect()
    }

    /// The loop where the parameters named in `values` have those values and the others their
    /// defaults. Values outside a parameter's range are allowed.
    ///
    /// # Errors
    /// If no parameter has that name, or a Hessian is singular there.
    pub fn at<S: Scalar>(&self, values: &[(&str, S)]) -> Result<GaussianLoop<S>, LoopError> {
        let known = |name: &str| self.parameters.iter().any(|p| p.name == name);
        if let Some((name, _)) = values.iter().find(|(name, _)| !known(name)) {
            return Err(LoopError::UnknownParameter {
                parameter: (*name).to_owned(),
                help: did_you_mean(name, self.parameters.iter().map(|p| p.name.as_str())),
            });
        }
        let value = |p: &Parameter| {
            let given = values.iter().find(|(name, _)| *name == p.name);
            given.map_or_else(|| S::from_rational(&p.value), |(_, value)| value.clone())
        };
        let parameters: Vec<S> = self.parameters.iter().map(value).collect();
        let models = self.models.iter().map(|m| m.at(&parameters)).collect::<Result<_, _>>()?;
        Ok(GaussianLoop::new(models, self.order.clone()))
    }

    /// The loop where every parameter has its default.
    ///
    /// # Errors
    /// If a Hessian is singular in the arithmetic `S`.
    pub fn default_at<S: Scalar>(&self) -> Result<GaussianLoop<S>, LoopError> {
        self.at(&[])
    }
}

impl ModelSpec {
    fn dimension(&self) -> usize {
        self.hessian.rows
    }

    fn share(&self, kind: SourceKind) -> BigRational {
        self.components.iter().filter(|c| c.source.kind() == kind).map(|c| &c.weight).sum()
    }

    fn matrices(&self) -> impl Iterator<Item = &Matrix> {
        let channels = self.components.iter().map(|c| &c.channel);
        [&self.hessian, &self.data, &self.curvature].into_iter().chain(channels)
    }

    fn at<S: Scalar>(&self, parameters: &[S]) -> Result<Model<S>, LoopError> {
        let vector =
            |v: &[BigRational]| DVector::from_iterator(v.len(), v.iter().map(S::from_rational));
        let component = |c: &ComponentSpec| Component {
            source: c.source,
            weight: S::from_rational(&c.weight),
            channel: c.channel.at(parameters),
            offset: vector(&c.offset),
            spread: c.spread,
        };
        Model::new(
            self.name.clone(),
            self.hessian.at(parameters),
            self.data.at(parameters),
            self.components.iter().map(component).collect(),
            Alignment { linear: vector(&self.linear), curvature: self.curvature.at(parameters) },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::shipped;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    #[test]
    fn the_example_is_exact() {
        let file = shipped::get("example-4-6").unwrap_or_else(|e| panic!("{e}"));
        let [p, q] = &file.models[..] else { panic!("two models") };
        // W_2 = (1/7) [[-9, 6], [6, 3]]; no double is -9/7.
        let seventh = |i, j, k| (i, j, ratio(k, 7));
        let w_2 = [seventh(0, 0, -9), seventh(0, 1, 6), seventh(1, 0, 6), seventh(1, 1, 3)];
        assert_eq!(q.components[0].channel.entries, w_2);
        assert_eq!(p.components[1].channel.as_multiple_of_identity(), Some(ratio(1, 1)));
        assert_eq!(p.components[1].offset, [ratio(1, 1), ratio(-1, 1)]);
        assert_eq!(p.share(SourceKind::Curated), ratio(1, 2));
    }

    fn one_model(components: &str) -> ModelSpec {
        let text = format!(
            "name = \"one\"\ntitle = \"\"\nfamily = \"gaussian\"\norder = \"simultaneous\"\n\
             [[models]]\nname = \"p\"\ndimension = 2\n\
             alignment = {{ linear = [0, 1], curvature = 4 }}\ncomponents = {components}"
        );
        LoopFile::parse(&text, "one.toml").unwrap_or_else(|e| panic!("{e}")).models.remove(0)
    }

    #[test]
    fn curation_without_end_tilts_the_law() {
        let model = one_model(
            "[{ kind = \"curated\", from = \"p\", weight = 1, spread = 0.5, offset = [2, 0],\n\
             curation = { candidates = \"infinite\", inverse_temperature = 3 } }]",
        );
        // s² = 1/4, τ = 3, η = 4: 1 + τηs² = 4, τs² = 3/4. The mean x + (2, 0) becomes
        // (x + (2, 0) + 3/4 (0, 1)) / 4, the spread 1/2 / 2.
        let c = &model.components[0];
        assert_eq!(c.channel.as_multiple_of_identity(), Some(ratio(1, 4)));
        assert_eq!(c.offset, [ratio(1, 2), ratio(3, 16)]);
        assert!((c.spread - 0.25).abs() < 1e-15);
    }

    #[test]
    fn weights_within_rounding_of_one_are_divided_by_their_sum() {
        let model = one_model(
            "[{ kind = \"real\", weight = 0.3333333333333333 },\n\
             { kind = \"real\", weight = 0.6666666666666666 }]",
        );
        // 0.3.. : 0.6.. with as many digits each is 1 : 2.
        assert_eq!(model.components[0].weight, ratio(1, 3));
        assert_eq!(model.components[1].weight, ratio(2, 3));
    }
}
