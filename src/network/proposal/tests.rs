use proptest::prelude::*;

use super::*;

fn ike(text: &str) -> Proposal {
    Proposal::parse(Phase::Ike, text).expect(text)
}

fn esp(text: &str) -> Proposal {
    Proposal::parse(Phase::Esp, text).expect(text)
}

#[test]
fn a_proposal_is_read_as_strongswan_reads_it() {
    for (text, written) in [
        ("aes256-sha256-ecp384", "aes256-sha256-ecp384"),
        (" aes-sha-modp2048 ", "aes128-sha1-modp2048"),
        ("aes256gcm-prfsha384-x25519", "aes256gcm16-prfsha384-curve25519"),
        // The hash of an AEAD cipher is its PRF.
        ("aes256gcm16-sha256-ecp384", "aes256gcm16-prfsha256-ecp384"),
        ("aes256-sha256-prfsha384-ecp384", "aes256-sha256-prfsha384-ecp384"),
        ("aes256-sha256-prfsha256-ecp384", "aes256-sha256-ecp384"),
        ("ecp384-aes256-aes128-sha256-ecp384", "aes256-aes128-sha256-ecp384"),
        ("aes256-sha256-ecp384-modpnone", "aes256-sha256-ecp384"),
    ] {
        assert_eq!(ike(text).to_string(), written, "{text}");
    }
    for (text, written) in [
        ("aes256-sha256", "aes256-sha256"),
        ("aes256gcm16-sha256-ecp384", "aes256gcm16-ecp384"),
        ("aes256-sha256-prfsha256", "aes256-sha256"),
        ("aes256-sha256-modp2048-modpnone", "aes256-sha256-modp2048-modpnone"),
    ] {
        assert_eq!(esp(text).to_string(), written, "{text}");
    }
}

#[test]
fn what_strongswan_would_refuse_is_refused_with_the_reason() {
    let mut said = String::new();
    for (phase, text) in [
        (Phase::Ike, ""),
        (Phase::Ike, "aes256-sha256-ecp384,aes128-sha256-ecp384"),
        (Phase::Ike, "AES256-SHA256-ECP384"),
        (Phase::Ike, "aes256-sha256-ecp384!"),
        (Phase::Ike, "sha256-ecp384"),
        (Phase::Ike, "aes256-ecp384"),
        (Phase::Ike, "aes256-sha256"),
        (Phase::Ike, "aes256gcm16-ecp384"),
        (Phase::Ike, "aes256gcm16-aes256-sha256-ecp384"),
        (Phase::Esp, "ecp384"),
        (Phase::Esp, "aes256"),
        (Phase::Esp, "default"),
    ] {
        let error = Proposal::parse(phase, text).expect_err(text);
        said.push_str(&format!("{text:?}: {error}\n"));
    }
    insta::assert_snapshot!(said, @r#"
    "": it is empty
    "aes256-sha256-ecp384,aes128-sha256-ecp384": it has a comma: each proposal is a value of its own
    "AES256-SHA256-ECP384": "AES256" is not an algorithm of strongSwan that can be compared
    "aes256-sha256-ecp384!": "ecp384!" is not an algorithm of strongSwan that can be compared
    "sha256-ecp384": it names no encryption
    "aes256-ecp384": it names no integrity algorithm
    "aes256-sha256": it names no DH group, which IKE always needs
    "aes256gcm16-ecp384": a combined cipher (GCM, CCM, ChaCha20) needs a PRF for IKE
    "aes256gcm16-aes256-sha256-ecp384": it mixes a combined cipher (GCM, CCM, ChaCha20) with another one
    "ecp384": it names no encryption
    "aes256": it names no integrity algorithm
    "default": "default" is not an algorithm of strongSwan that can be compared
    "#);
}

#[test]
fn two_proposals_agree_only_with_a_value_of_every_kind() {
    let said = |a: &Proposal, b: &Proposal| match a.common(b) {
        Ok(common) => common.to_string(),
        Err(lacking) => format!("nothing in common: {lacking:?}"),
    };
    let mut text = String::new();
    for (a, b) in [
        ("aes256-sha256-ecp384-modp2048", "aes256-sha256-modp2048"),
        ("aes256-sha256-ecp384-modp2048", "aes128-sha256-modp2048"),
        ("aes256-sha256-modp2048", "aes256-sha384-ecp384"),
        ("aes256gcm16-prfsha384-ecp384", "aes256-sha384-ecp384"),
        ("aes256-sha256-prfsha384-ecp384", "aes256-sha256-ecp384"),
    ] {
        text.push_str(&format!("ike {a} and {b}: {}\n", said(&ike(a), &ike(b))));
    }
    for (a, b) in [
        ("aes256-sha256-modp2048", "aes256-sha256"),
        ("aes256-sha256-modp2048-modpnone", "aes256-sha256"),
        ("aes256-sha256", "aes256-sha256"),
    ] {
        text.push_str(&format!("esp {a} and {b}: {}\n", said(&esp(a), &esp(b))));
    }
    insta::assert_snapshot!(text, @r"
    ike aes256-sha256-ecp384-modp2048 and aes256-sha256-modp2048: aes256-sha256-modp2048
    ike aes256-sha256-ecp384-modp2048 and aes128-sha256-modp2048: nothing in common: [Encryption]
    ike aes256-sha256-modp2048 and aes256-sha384-ecp384: nothing in common: [Integrity, Prf, Group]
    ike aes256gcm16-prfsha384-ecp384 and aes256-sha384-ecp384: nothing in common: [Encryption]
    ike aes256-sha256-prfsha384-ecp384 and aes256-sha256-ecp384: nothing in common: [Prf]
    esp aes256-sha256-modp2048 and aes256-sha256: nothing in common: [Group]
    esp aes256-sha256-modp2048-modpnone and aes256-sha256: aes256-sha256
    esp aes256-sha256 and aes256-sha256: aes256-sha256
    ");
}

#[test]
fn aws_takes_what_its_options_name_and_always_perfect_forward_secrecy() {
    let taken = |proposal: Proposal| match proposal.accepted_by_aws() {
        Ok(accepted) => accepted.to_string(),
        Err(lacking) => format!("{lacking:?}"),
    };
    assert_eq!(taken(ike("aes256-aes192-sha256-x25519-ecp384")), "aes256-sha256-ecp384");
    assert_eq!(taken(ike("aes256-sha256-modp1536")), "[Group]");
    assert_eq!(taken(esp("aes256-sha256-modp1536")), "aes256-sha256-modp1536");
    assert_eq!(taken(esp("aes256-sha256")), "[Group]");
    assert_eq!(taken(ike("chacha20poly1305-prfaescmac-x25519")), "[Encryption, Prf, Group]");
    let ours = ike("aes256-sha256-ecp384");
    assert_eq!(
        ike("chacha20poly1305-prfaescmac-modp4096").nearest_for_aws(&ours).to_string(),
        "aes256-sha256-modp4096"
    );
    assert_eq!(esp("aes256gcm16").nearest_for_aws(&esp("aes256-sha256-ecp384")).to_string(), "aes256gcm16-ecp384");
}

#[test]
fn one_algorithm_of_each_kind_is_kept_and_weak_ones_are_avoided() {
    assert_eq!(ike("aes256-sha1-sha384-modp1024-ecp384").pinned().to_string(), "aes256-sha384-ecp384");
    assert_eq!(ike("aes256-sha1-modp1024").pinned().to_string(), "aes256-sha1-modp1024");
    let weak: Vec<&str> = ike("aes256-sha1-modp1024").weak().iter().map(|weak| weak.keyword()).collect();
    assert_eq!(weak, ["sha1", "modp1024"]);
    let strong = ike("aes128-sha1-modp1024").strengthened(&ike("aes256-sha256-ecp384"));
    assert_eq!(strong.to_string(), "aes128-sha256-ecp384");
}

/// Texts that are made of keywords, most of them proposals.
fn any_text() -> impl Strategy<Value = String> {
    let keyword = prop_oneof![
        9 => (0..ALGORITHMS.len()).prop_map(|at| ALGORITHMS[at].keyword()),
        // The usual ones, so that many have something in common.
        9 => prop::sample::select(vec!["aes256", "aes128", "sha256", "sha384", "ecp384", "modp2048", "prfsha256"]),
        1 => prop::sample::select(vec!["modpnone", "", "x", "aes256gcm", "sha2_256"]),
    ];
    prop::collection::vec(keyword, 1..8).prop_map(|keywords| keywords.join("-"))
}

fn sorted(proposal: &Proposal) -> Vec<Vec<&'static str>> {
    let list = |transform| {
        let mut keywords: Vec<&str> = proposal.list(transform).iter().map(|algorithm| algorithm.keyword()).collect();
        keywords.sort_unstable();
        keywords
    };
    Transform::ALL.map(list).to_vec()
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "[a-z0-9,_ -]{0,30}", keywords in any_text()) {
        for phase in [Phase::Ike, Phase::Esp] {
            for text in [&text, &keywords] {
                let Ok(proposal) = Proposal::parse(phase, text) else { continue };
                let written = proposal.to_string();
                let again = Proposal::parse(phase, &written);
                prop_assert_eq!(again.as_ref(), Ok(&proposal), "{} as {}", text, written);
                prop_assert_eq!(proposal.common(&proposal), Ok(without_no_group(&proposal)));
            }
        }
    }

    #[test]
    fn what_two_have_in_common_is_offered_by_both_whoever_is_asked(a in any_text(), b in any_text()) {
        for phase in [Phase::Ike, Phase::Esp] {
            let (Ok(a), Ok(b)) = (Proposal::parse(phase, &a), Proposal::parse(phase, &b)) else { continue };
            match (a.common(&b), b.common(&a)) {
                (Ok(ours), Ok(theirs)) => {
                    prop_assert_eq!(sorted(&ours), sorted(&theirs));
                    for transform in Transform::ALL {
                        for algorithm in ours.list(transform) {
                            prop_assert!(a.list(transform).contains(algorithm) && b.list(transform).contains(algorithm));
                        }
                    }
                    // It is a proposal, and so is one algorithm of each kind of it, which both ends take.
                    for proposal in [&ours, &ours.pinned()] {
                        let written = Proposal::parse(phase, &proposal.to_string());
                        prop_assert_eq!(written.as_ref(), Ok(proposal));
                        prop_assert!(a.common(proposal).is_ok() && b.common(proposal).is_ok(), "{}", proposal);
                    }
                }
                (ours, theirs) => prop_assert_eq!(ours.err(), theirs.err()),
            }
        }
    }

    #[test]
    fn the_nearest_proposal_for_aws_is_taken_by_aws(text in any_text()) {
        for (phase, instead) in [(Phase::Ike, ike("aes256-sha256-ecp384")), (Phase::Esp, esp("aes256-sha256-ecp384"))] {
            let Ok(proposal) = Proposal::parse(phase, &text) else { continue };
            let nearest = proposal.nearest_for_aws(&instead);
            prop_assert_eq!(nearest.accepted_by_aws(), Ok(nearest.clone()), "{}", nearest);
            let written = Proposal::parse(phase, &nearest.to_string());
            prop_assert_eq!(written.as_ref(), Ok(&nearest));
        }
    }
}

/// In a common set, "no group" is the absence of groups.
fn without_no_group(proposal: &Proposal) -> Proposal {
    let mut without = proposal.clone();
    without.groups.retain(|group| !group.is_no_group());
    without
}
