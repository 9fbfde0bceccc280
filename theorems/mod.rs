//! The register. To add a theorem: write `theorems/<name>.rs`, add its line below.

use crate::theorem::Entry;

macro_rules! register {
    ($($file:ident :: $theorem:ident),* $(,)?) => {
        /// Every theorem, in reading order.
        pub static ALL: &[Entry] = &[$(Entry {
            file: stringify!($file),
            text: include_str!(concat!(stringify!($file), ".rs")),
            theorem: &$file::$theorem,
        }),*];
    };
}

pub mod backfiring_example;
pub mod cifar_experiment;
pub mod contraction;
pub mod cross_influence_sign;
pub mod curated_mean;
pub mod curation_of_the_other_model;
pub mod curation_towards_any_mix;
pub mod enough_real_data;
pub mod fisher_identities;
pub mod gaussian_experiment;
pub mod influence_of_curation;
pub mod invertibility;
pub mod isolated_curation_improves;
pub mod isolated_curation_sign;
pub mod real_data_gap;
pub mod self_influence_sign;
pub mod stable_point_derivative;
pub mod synthetic_and_real_shares;

register! {
    enough_real_data::EnoughRealData,
    contraction::Contraction,
    stable_point_derivative::StablePointDerivative,
    invertibility::Invertibility,
    influence_of_curation::InfluenceOfCuration,
    backfiring_example::BackfiringExample,
    self_influence_sign::SelfInfluenceSign,
    real_data_gap::RealDataGap,
    fisher_identities::FisherIdentities,
    isolated_curation_sign::IsolatedCurationSign,
    isolated_curation_improves::IsolatedCurationImproves,
    cross_influence_sign::CrossInfluenceSign,
    curation_towards_any_mix::CurationTowardsAnyMix,
    curation_of_the_other_model::CurationOfTheOtherModel,
    synthetic_and_real_shares::SyntheticAndRealShares,
    curated_mean::CuratedMean,
    gaussian_experiment::GaussianExperiment,
    cifar_experiment::CifarExperiment,
}
