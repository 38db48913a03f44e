//! A filter's reads are exactly what its checks need.

use serde_json::{Map, Value};

use super::fixture::{Fixture, error};
use super::never_green::{causes, failures};
use crate::checks::{Check, CheckFilter, CheckStatus, Finding, all};
use crate::desired::BundleRoute;
use crate::gitlab::DeliveryOutcome;
use crate::http::Cause;
use crate::kit::Upload;
use crate::observed::{BundleSeen, Observation, Reads};

/// A healthy connection, connections where one read has failed or two have, one whose last delivery was refused, and one whose
/// bundle a person delivers.
fn connections() -> Vec<Fixture> {
    let mut connections = vec![Fixture::healthy()];
    for cause in causes() {
        let pairs = matches!(&cause, Cause::Status(answer) if answer.status == 403);
        for (place, (_, first)) in failures().into_iter().enumerate() {
            let mut fixture = Fixture::healthy();
            first(&mut fixture, error(cause.clone()));
            for (_, second) in failures().into_iter().take(if pairs { place } else { 0 }) {
                let mut fixture = fixture.clone();
                second(&mut fixture, error(cause.clone()));
                connections.push(fixture);
            }
            connections.push(fixture);
        }
    }
    let mut refused = Fixture::healthy();
    refused.newest_delivery(DeliveryOutcome::Answered(401));
    connections.push(refused);
    let mut by_hand = Fixture::healthy();
    by_hand.observed.factory.bundle = Observation::Known(BundleSeen::Written { path: "bundle.age".to_owned() });
    let url = "https://api.factory.example/bundles".parse().expect("a URL");
    by_hand.desired.delivery.way = BundleRoute::Upload(Upload::to_factory(url));
    connections.push(by_hand);
    connections
}

fn said(finding: &Finding) -> (&CheckStatus, Option<&str>, &Map<String, Value>) {
    (&finding.status, finding.cause.as_deref(), &finding.evidence)
}

fn reads_for(check: &Check) -> Reads {
    CheckFilter::new(&[check.code.to_owned()], &[]).expect("a known code").reads()
}

/// The sets of reads that single checks need, and the checks that need each.
fn needs() -> Vec<(Reads, Vec<&'static str>)> {
    let mut needs: Vec<(Reads, Vec<&'static str>)> = Vec::new();
    for check in all() {
        let reads = reads_for(check);
        match needs.iter_mut().find(|(other, _)| *other == reads) {
            Some((_, codes)) => codes.push(check.code),
            None => needs.push((reads, vec![check.code])),
        }
    }
    needs
}

#[test]
fn a_check_finds_the_same_with_its_own_reads_as_with_all_of_them() {
    let (every, needs) = (CheckFilter::default().reads(), needs());
    for fixture in connections() {
        let findings = fixture.findings();
        for (reads, codes) in &needs {
            let mut alone = fixture.clone();
            every.iter().filter(|read| !reads.contains(*read)).for_each(|read| alone.forget(read));
            for (alone, finding) in alone.findings().iter().zip(&findings).filter(|(one, _)| codes.contains(&one.code))
            {
                assert_eq!(said(alone), said(finding), "{}", finding.code);
            }
        }
    }
}

#[test]
fn a_check_names_no_read_that_it_does_not_need() {
    let connections: Vec<_> = connections().into_iter().map(|fixture| (fixture.findings(), fixture)).collect();
    for read in CheckFilter::default().reads().iter() {
        let mut unneeded: Vec<&Check> = all().filter(|check| check.reads.contains(&read)).collect();
        for (findings, fixture) in &connections {
            let mut less = fixture.clone();
            less.forget(read);
            for (less, finding) in less.findings().iter().zip(findings).filter(|(less, more)| said(less) != said(more))
            {
                assert_eq!(less.code, finding.code);
                unneeded.retain(|check| check.code != finding.code);
            }
        }
        let codes: Vec<&str> = unneeded.iter().map(|check| check.code).collect();
        assert!(codes.is_empty(), "{codes:?} do not need {read:?}");
    }
}
