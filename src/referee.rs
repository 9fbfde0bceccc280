//! Runs every check of every claim and reads the verdicts off the evidence.

use crate::case::{Case, Probe, Route, Sample, Subject};
use crate::certify::boxes::{Budget, Covered, over_boxes};
use crate::certify::identity::NotProved;
use crate::certify::zeros::Line;
use crate::certify::{self, Counterexample, Decision};
use crate::check::{self, Ensemble, Met, Tally};
use crate::claim::{
    Body, Claim, Consequence, Control, Instance, Kind, StatedPoint, StatedZero, Sweep, Version,
};
use crate::domain::{Domain, Points};
use crate::evidence::Evidence;
use crate::scalar::{Exact, Interval, Scalar, decimal};
use crate::search::{self, Random, smallest};
use crate::systems::{LoopFile, shipped};
use crate::theorem::Entry;
use crate::verdict::Verdict;
use rayon::prelude::*;

/// How much to do.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Seed of everything random.
    pub seed: u64,
    /// Multiplies the number of samples; 1 is what committed reports are made with.
    pub factor: f64,
}

/// Points that meet the hypotheses which a universal claim needs at effort 1.
pub const FLOOR: u64 = 10_000;

/// Samples drawn at most, per point needed.
const PATIENCE: u64 = 4;

/// Small random loops tried for a witness at effort 1.
const TRIES: u64 = 24_000;

impl Effort {
    /// Points that a route needs at this effort for a claim over `domain` (`None`: two-model affine
    /// loops); at least 100, or what the domain asks for if that is less, however little was asked
    /// for.
    pub fn floor(&self, domain: Option<&dyn Domain>) -> u64 {
        let whole = domain.map_or(FLOOR, Domain::floor);
        scaled(whole, self.factor).max(whole.min(100))
    }
    fn tries(&self, domain: Option<&dyn Domain>) -> u64 {
        // A witness is worth its search: a hurried run still looks through some thousands of loops.
        scaled(tries(domain), self.factor.clamp(0.1, 4.0))
    }
}

/// Fewer where points are expensive, as the domain's floor says.
fn tries(domain: Option<&dyn Domain>) -> u64 {
    TRIES * domain.map_or(FLOOR, Domain::floor) / FLOOR
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn scaled(n: u64, factor: f64) -> u64 {
    (n as f64 * factor).ceil() as u64
}

/// Everything that was found out about one claim.
pub struct ClaimReport {
    /// `theorem/claim`.
    pub id: String,
    /// Printed, corrected or derived.
    pub version: Version,
    /// What kind of sentence.
    pub kind: Kind,
    /// The sentence.
    pub statement: &'static str,
    /// How the paper's wording is read, where it leaves a choice.
    pub reading: Option<&'static str>,
    /// What it would mean if it failed.
    pub consequence: Option<Consequence>,
    /// Paper and place.
    pub source: &'static str,
    /// Its hypotheses as LaTeX.
    pub hypotheses: Vec<&'static str>,
    /// Read off the evidence.
    pub verdict: Verdict,
    /// What was found.
    pub evidence: Vec<Evidence>,
    /// What the ensemble pass counted, for universal claims.
    pub tally: Option<Tally>,
    /// The domain of its points, where they are not two-model affine loops.
    pub domain: Option<&'static dyn Domain>,
    /// Shipped systems, and whether each meets the hypotheses: `(id, what)`.
    pub shipped: Vec<(String, String)>,
}

impl ClaimReport {
    /// The counterexample, where there is one.
    pub fn witness(&self) -> Option<&Counterexample> {
        self.evidence.iter().find_map(|e| match e {
            Evidence::Broken(c) => Some(c),
            _ => None,
        })
    }
    /// Points compared on the best-covered route.
    pub fn met(&self) -> u64 {
        let sampled = self.evidence.iter().filter_map(|e| match e {
            Evidence::Sampled(s) => Some(s.samples),
            _ => None,
        });
        self.tally.as_ref().map_or_else(|| sampled.max().unwrap_or(0), |t| t.met)
    }
    /// Least relative margin over all routes.
    pub fn least_margin(&self) -> Option<f64> {
        let margins = self.evidence.iter().filter_map(|e| match e {
            Evidence::Sampled(s) => s.least_margin,
            _ => None,
        });
        margins.reduce(f64::min)
    }
}

/// What became of a control.
#[derive(Debug)]
pub struct ControlReport {
    /// `theorem/control`.
    pub id: String,
    /// `theorem/claim` that it nearly is.
    pub of: String,
    /// Why it is false.
    pub why: &'static str,
    /// Refuted, if the checks have teeth.
    pub verdict: Verdict,
    /// What refuted it.
    pub witness: Option<Counterexample>,
}

/// A whole run.
pub struct Refereed {
    /// The claims, in the order of the register.
    pub claims: Vec<ClaimReport>,
    /// The controls.
    pub controls: Vec<ControlReport>,
    /// With what it was run.
    pub effort: Effort,
    /// Names of the systems that were given besides the shipped ones.
    pub given: Vec<String>,
}

impl Refereed {
    /// The controls that survived: checks without teeth.
    pub fn surviving(&self) -> impl Iterator<Item = &ControlReport> {
        self.controls.iter().filter(|c| c.verdict != Verdict::Refuted)
    }
}

/// Referees the claims of `theorems` whose full id `wanted` accepts, with all controls of theirs,
/// and on `extra` systems besides the shipped ones. `progress` hears the stage, how
/// much more of it is done, and how much there is.
pub fn referee(
    theorems: &[Entry],
    wanted: &(dyn Fn(&str) -> bool + Sync),
    extra: &[LoopFile],
    effort: Effort,
    progress: &(dyn Fn(&str, u64, u64) + Sync),
) -> Refereed {
    let mut claims = Vec::new();
    let mut controls = Vec::new();
    for entry in theorems {
        let card = entry.theorem.card();
        let ids: Vec<(String, Claim)> = entry
            .theorem
            .claims()
            .into_iter()
            .map(|c| (format!("{}/{}", card.id, c.id), c))
            .filter(|(id, _)| wanted(id))
            .collect();
        let of = |c: &Control| ids.iter().any(|(_, claim)| claim.id == c.of);
        let own = entry.theorem.controls().into_iter().filter(of);
        controls.extend(own.map(|c| (card.id, c)));
        claims.extend(ids.into_iter().map(|(id, c)| (id, card.source, c)));
    }
    let tallies = tally(&claims, effort, progress);
    let jobs = claims.len() as u64;
    let claims = claims
        .into_par_iter()
        .zip(tallies)
        .map(|((id, source, claim), tally)| {
            let report = report(id, source, &claim, tally, extra, effort);
            progress("claims", 1, jobs);
            report
        })
        .collect();
    let jobs = controls.len() as u64;
    let controls = controls
        .into_par_iter()
        .map(|(theorem, control)| {
            let report = try_control(theorem, &control, effort);
            progress("controls", 1, jobs);
            report
        })
        .collect();
    let given = extra.iter().map(|f| f.name.clone()).collect();
    Refereed { claims, controls, effort, given }
}

/// One pass over the ensemble of each domain for all universal claims over it.
fn tally(
    claims: &[(String, &'static str, Claim)],
    effort: Effort,
    progress: &(dyn Fn(&str, u64, u64) + Sync),
) -> Vec<Option<Tally>> {
    let name = |c: &Claim| c.domain().map_or("loops", Domain::name);
    let mut tallies: Vec<Option<Tally>> = claims.iter().map(|_| None).collect();
    let is_universal = |c: &Claim| matches!(c.body, Body::Universal { .. });
    let mut open: Vec<usize> = (0..claims.len()).filter(|&i| is_universal(&claims[i].2)).collect();
    while let Some(&first) = open.first() {
        let domain = claims[first].2.domain();
        let (these, rest): (Vec<usize>, Vec<usize>) =
            open.into_iter().partition(|&i| name(&claims[i].2) == name(&claims[first].2));
        open = rest;
        let floor = effort.floor(domain);
        let most = floor * PATIENCE;
        let ensemble: Box<dyn Ensemble> = match domain {
            Some(domain) => Box::new(Points { domain, seed: effort.seed, small: false }),
            None => Box::new(Random { seed: effort.seed }),
        };
        let over: Vec<&Claim> = these.iter().map(|&i| &claims[i].2).collect();
        let step = |n| progress(name(over[0]), n, most);
        let found = check::run(&over, ensemble.as_ref(), floor, most, &step);
        for (i, tally) in these.into_iter().zip(found) {
            tallies[i] = Some(tally);
        }
    }
    tallies
}

fn report(
    id: String,
    source: &'static str,
    claim: &Claim,
    tally: Option<Tally>,
    extra: &[LoopFile],
    effort: Effort,
) -> ClaimReport {
    let mut shipped = Vec::new();
    let evidence = match &claim.body {
        Body::Universal { over, .. } => {
            let mut evidence = universal(claim, tally.as_ref(), effort);
            if over.is_some_and(Domain::is_boxes) {
                evidence.push(throughout_boxes(claim));
            }
            if over.is_none() {
                let (rows, more) = on_systems(claim, extra);
                shipped = rows;
                evidence.extend(more);
            }
            evidence
        }
        Body::Instances { at, whole, range, .. } => instances(claim, at, *whole, *range),
        Body::Identity { .. } => vec![as_identity(claim, effort, None)],
        Body::StablePoint(stated) => vec![check::run_to_stable_point(stated), enclosed(stated)],
        Body::Zeros { along, model, zeros } => vec![counted(along, *model, zeros)],
        Body::Own(check) => check(effort.factor, effort.seed),
    };
    ClaimReport {
        id,
        version: claim.version,
        kind: claim.kind,
        statement: claim.statement,
        reading: claim.reading,
        consequence: claim.consequence,
        source,
        hypotheses: claim.hypotheses.iter().map(|h| h.tex()).collect(),
        verdict: Verdict::of_claim(evidence.iter().map(Evidence::verdict)),
        evidence,
        tally,
        domain: claim.domain(),
        shipped,
    }
}

/// The claim on all of the ranges of its domain.
fn throughout_boxes(claim: &Claim) -> Evidence {
    match over_boxes(claim, Budget::default()) {
        Ok(Covered::Proved(certificate)) => Evidence::Certified(certificate),
        Ok(Covered::Refuted(counterexample)) => Evidence::Broken(*counterexample),
        Ok(Covered::Open(why)) | Err(why) => Evidence::Silent { why },
    }
}

fn universal(claim: &Claim, tally: Option<&Tally>, effort: Effort) -> Vec<Evidence> {
    let Some(tally) = tally else { return Vec::new() };
    let mut evidence: Vec<Evidence> = tally.routes.iter().cloned().map(Evidence::Sampled).collect();
    let (domain, seed) = (claim.domain(), effort.seed);
    let floor = effort.floor(domain);
    if tally.met < floor && tally.suspect.is_none() {
        let why = format!(
            "only {} of {} samples met the hypotheses, {floor} are needed",
            tally.met, tally.drawn
        );
        evidence.push(Evidence::Silent { why });
    }
    if domain.is_some_and(|d| !d.is_exact()) {
        return evidence;
    }
    // Where nothing looks wrong, small points are still searched, for less long: what breaks a claim
    // may be too special for the ensemble.
    let (tries, suspects) = match (tally.suspect, domain) {
        (Some(index), None) => (effort.tries(domain), vec![Random { seed }.draw(index)]),
        (Some(index), Some(domain)) => {
            let points = Points { domain, seed, small: false };
            (effort.tries(Some(domain)), vec![points.draw(index)])
        }
        (None, _) => (effort.tries(domain) / 6, Vec::new()),
    };
    evidence.extend(smallest(claim, seed, tries, suspects).map(Evidence::Broken));
    evidence
}

/// The claim on every shipped two-model system, and on those the user gave.
fn on_systems(claim: &Claim, extra: &[LoopFile]) -> (Vec<(String, String)>, Vec<Evidence>) {
    let files = shipped::ALL.iter().filter_map(|s| s.parse().ok());
    let mut rows = Vec::new();
    let mut evidence = Vec::new();
    for file in files.chain(extra.iter().cloned()) {
        let Ok(system) = file.default_at::<f64>() else { continue };
        if system.models.len() != 2 {
            rows.push((file.name.clone(), "not a loop of two models".into()));
            continue;
        }
        let case = Case::new(Sample { probe: Probe::plain(&system), system });
        let row = match check::hypotheses(claim, &case.by(Route::Direct)) {
            Met::No(i) => format!("does not meet {}", claim.hypotheses[i].tex()),
            Met::Undecided(i) => format!("cannot decide {}", claim.hypotheses[i].tex()),
            Met::Yes => {
                let mut tally = Tally::new(claim, 1);
                tally.add(claim, &case, 0_u64);
                let agrees = tally.routes.iter().all(|r| r.violations + r.failures == 0);
                let compared = tally.routes.iter().any(|r| r.samples > r.undecided);
                if agrees && compared {
                    "meets the hypotheses, agrees".into()
                } else if agrees {
                    "meets the hypotheses, nothing could be compared".into()
                } else {
                    let exact = file.default_at::<Exact>().ok();
                    let decided =
                        exact.map(|s| certify::decide(claim, vec![(0, file.name.clone(), s)]));
                    evidence.push(match decided {
                        Some(Decision::Fails(c)) => Evidence::Broken(*c),
                        _ => Evidence::Checked {
                            route: Route::Direct,
                            agrees: false,
                            finding: format!(
                                "fails on {} in floating point, which exact arithmetic does not \
                                 confirm",
                                file.name
                            ),
                        },
                    });
                    "meets the hypotheses, fails".into()
                }
            }
        };
        rows.push((file.name.clone(), row));
    }
    (rows, evidence)
}

fn instances(claim: &Claim, at: &[Instance], whole: bool, range: Option<Sweep>) -> Vec<Evidence> {
    let mut tally = Tally::new(claim, 1);
    let mut broken = Vec::new();
    for (index, instance) in at.iter().enumerate() {
        let system = match instance.system::<f64>() {
            Ok(system) => system,
            Err(why) => return vec![Evidence::Silent { why }],
        };
        let case = Case::listed(Sample { probe: Probe::plain(&system), system }, index);
        let before: u64 = tally.routes.iter().map(|r| r.violations + r.failures).sum();
        tally.add(claim, &case, index as u64);
        let after: u64 = tally.routes.iter().map(|r| r.violations + r.failures).sum();
        if after > before {
            broken.push(index);
        }
    }
    let mut evidence: Vec<Evidence> = tally.routes.iter().cloned().map(Evidence::Sampled).collect();
    // A list that is only a sample of the domain can be refuted by one of its points, not proved.
    let asked: Vec<usize> = match (whole, broken.first()) {
        (true, _) => (0..at.len()).collect(),
        (false, Some(&first)) => vec![first],
        (false, None) => {
            evidence.extend(range.map(|sweep| throughout(claim, &sweep)));
            return evidence;
        }
    };
    evidence.push(in_exact_arithmetic(claim, at, &asked));
    evidence
}

fn enclosed(stated: &StatedPoint) -> Evidence {
    match certify::fixed_point::certify(stated) {
        Ok(certificate) => Evidence::Certified(certificate),
        Err(why) => Evidence::Silent { why },
    }
}

/// The claim as an identity; where its sides differ, a loop on which they do.
fn as_identity(claim: &Claim, effort: Effort, built: Option<Subject<f64>>) -> Evidence {
    match certify::identity::identity(claim) {
        Ok(certificate) => Evidence::Certified(certificate),
        Err(NotProved::Differs(why)) => {
            let found = search::any(claim, effort.seed, tries(None), built);
            found.map_or(Evidence::Silent { why }, Evidence::Broken)
        }
        Err(NotProved::Open(why)) => Evidence::Silent { why },
    }
}

/// The claim on the whole of a range.
fn throughout(claim: &Claim, sweep: &Sweep) -> Evidence {
    let file = shipped::get(sweep.system).map_err(|e| e.to_string());
    let ends = sweep.ends.map(decimal);
    let (Ok(file), [Some(lo), Some(hi)]) = (file, ends) else {
        return Evidence::Silent { why: format!("no such range of `{}`", sweep.parameter) };
    };
    let ends = [lo, hi].map(|x| Interval::from_rational(&x));
    let system = |x: Interval| file.at(&[(sweep.parameter, x)]);
    match certify::cover::over_range(claim, &sweep.place(), ends, &system) {
        Ok(certificate) => Evidence::Certified(certificate),
        Err(why) => Evidence::Silent { why },
    }
}

/// The zeros of an influence on a range, against those stated.
fn counted(along: &Sweep, model: usize, stated: &[StatedZero]) -> Evidence {
    let found = Line::stated(along, model).and_then(|line| Ok((line.zeros()?, line)));
    match found {
        Ok(((zeros, certificate), _)) if zeros.are(stated) => Evidence::Certified(certificate),
        Ok(((zeros, _), line)) => {
            let finding = line.sentence(&zeros);
            Evidence::Checked { route: Route::Direct, agrees: false, finding }
        }
        Err(why) => Evidence::Silent { why },
    }
}

fn in_exact_arithmetic(claim: &Claim, at: &[Instance], asked: &[usize]) -> Evidence {
    let mut points = Vec::new();
    for (index, instance) in at.iter().enumerate() {
        if asked.contains(&index) {
            match instance.system::<Exact>() {
                Ok(system) => points.push((index, instance.place(), system)),
                Err(why) => return Evidence::Silent { why },
            }
        }
    }
    match certify::decide(claim, points) {
        Decision::Holds(certificate) => Evidence::Certified(certificate),
        Decision::Fails(counterexample) => Evidence::Broken(*counterexample),
        Decision::Open(why) => Evidence::Silent { why },
    }
}

/// What proves the claim on all of its stated domain, without samples: certificates, or why there is
/// none.
pub fn proofs(claim: &Claim) -> Vec<Evidence> {
    let found = match &claim.body {
        Body::Instances { at, whole: true, .. } => {
            vec![in_exact_arithmetic(claim, at, &(0..at.len()).collect::<Vec<_>>())]
        }
        Body::Instances { range: Some(sweep), .. } => vec![throughout(claim, sweep)],
        Body::Identity { .. } => match certify::identity::identity(claim) {
            Ok(certificate) => vec![Evidence::Certified(certificate)],
            Err(NotProved::Differs(why) | NotProved::Open(why)) => vec![Evidence::Silent { why }],
        },
        Body::StablePoint(stated) => vec![enclosed(stated)],
        Body::Zeros { along, model, zeros } => vec![counted(along, *model, zeros)],
        Body::Own(check) => check(1.0, 1),
        Body::Universal { over: Some(domain), .. } if domain.is_boxes() => {
            vec![throughout_boxes(claim)]
        }
        _ => Vec::new(),
    };
    let of_interest = |e: &Evidence| {
        matches!(e, Evidence::Certified(_) | Evidence::Silent { .. } | Evidence::Broken(_))
    };
    found.into_iter().filter(of_interest).collect()
}

fn try_control(theorem: &str, control: &Control, effort: Effort) -> ControlReport {
    let evidence = match &control.claim.body {
        Body::Universal { over, .. } => {
            // However hurried the run, a control is searched for until it is refuted.
            let built = control.built.as_ref().map(|make| make());
            let found = search::any(&control.claim, effort.seed, tries(*over), built);
            found.map(Evidence::Broken).into_iter().collect()
        }
        Body::Instances { at, whole, range, .. } => instances(&control.claim, at, *whole, *range),
        Body::Identity { .. } => {
            let built = control.built.as_ref().map(|make| make());
            vec![as_identity(&control.claim, effort, built)]
        }
        Body::StablePoint(stated) => vec![enclosed(stated)],
        Body::Zeros { along, model, zeros } => vec![counted(along, *model, zeros)],
        Body::Own(check) => check(effort.factor, effort.seed),
    };
    let verdict = Verdict::of_claim(evidence.iter().map(Evidence::verdict));
    let witness = evidence.into_iter().find_map(|e| match e {
        Evidence::Broken(c) => Some(c),
        _ => None,
    });
    ControlReport {
        id: format!("{theorem}/{}", control.claim.id),
        of: format!("{theorem}/{}", control.of),
        why: control.why,
        verdict,
        witness,
    }
}
