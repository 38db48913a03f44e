//! At a terminal what is missing is asked for, and a wrong answer is explained and asked for again.

use rexpect::session::PtySession;
use serde_json::json;

use super::{env, kit, text};
use crate::interactive::{at_a_terminal, ends_with};

const ARGS: [&str; 8] =
    ["network", "plan", "--kit", "kit.json", "--gitlab-url", "https://gitlab.acme.com", "--out", "plan"];

fn answer(session: &mut PtySession, dialogue: &[(&str, &str)]) {
    for (question, answer) in dialogue {
        session.exp_string(question).expect(question);
        session.send_line(answer).expect("typed");
    }
}

#[test]
fn what_is_missing_is_asked_for_one_by_one_after_an_advice() {
    let env = env();
    let mut session = at_a_terminal(&env, &ARGS);
    session.exp_string("vpc-peering is advised").expect("the advice");
    answer(
        &mut session,
        &[
            ("How the two networks are joined", "vpc-peering"),
            ("GitLab's addresses", "10.0.1.10"),
            ("ID of the VPC", "vpc-0abc"),
            ("8 or 17", "vpc-0a1b2c3d4e5f60718"),
            ("AWS account", "12345678901"),
            ("write all 12 digits: 012345678901, if only zeros", "012345678901"),
            ("AWS region", "eu-west-1"),
            // Enter takes the corrected value.
            ("CIDRs of that VPC", "10.0.0.7/16 10.1.0.0/16"),
            ("write 10.0.0.0/16", ""),
            ("Route tables", "rtb-0a1b2c3d4e5f60718, rtb-0a1b2c3d4e5f60719"),
            ("Security groups", "sg-0a1b2c3d4e5f60718"),
            ("Write the files for these answers?", "y"),
        ],
    );
    session.exp_string("WORKSHEET.md").expect("the report");
    ends_with(&mut session, 0);
    let terraform = text(&env, "peering.tf");
    assert_eq!(terraform.matches("resource \"aws_route\"").count(), 4, "{terraform}");
    assert!(terraform.contains("\"10.1.0.0/16\"") && terraform.contains("\"012345678901\""), "{terraform}");
    // What was typed is in the command that makes the plan again.
    let sheet = text(&env, "WORKSHEET.md");
    assert!(
        sheet.contains(" --method vpc-peering --gitlab-address 10.0.1.10 --vpc-id vpc-0a1b2c3d4e5f60718 "),
        "{sheet}"
    );
}

#[test]
fn a_proposal_on_which_the_ends_do_not_agree_is_asked_for_again_at_once() {
    let env = env();
    let mut session = at_a_terminal(&env, &[&ARGS[..], &["--method", "vpn"]].concat());
    answer(
        &mut session,
        &[
            ("GitLab's addresses", "192.168.1.10"),
            ("Public IPv4 address", "10.0.0.1"),
            ("is not a public address", "198.51.100.9"),
            ("CIDRs behind", "10.64.0.0/20"),
            ("overlaps with Factory's 10.64.0.0/16", "192.168.0.0/16"),
            ("IKE proposals", "aes128-sha256-modp2048"),
            ("use aes256-sha256-ecp384, which Factory's end takes", "aes256-sha256-ecp384"),
            ("ESP proposals", "aes256gcm16"),
            ("perfect forward secrecy differs", "aes256gcm16-ecp384"),
            ("Write the files for these answers?", "y"),
        ],
    );
    session.exp_string("vpn/swanctl.conf").expect("the report");
    ends_with(&mut session, 0);
}

#[test]
fn answers_that_do_not_go_together_are_kept_and_one_of_them_is_changed() {
    let env = env();
    let mut session = at_a_terminal(&env, &[&ARGS[..], &["--method", "vpn", "--vpn-address", "198.51.100.9"]].concat());
    answer(
        &mut session,
        &[
            // Outside of the block that is given after it.
            ("GitLab's addresses", "172.16.0.9"),
            ("CIDRs behind", "192.168.0.0/16"),
            ("IKE proposals", "aes256-sha256-ecp384"),
            ("ESP proposals", "aes256gcm16-ecp384"),
            ("172.16.0.9/32 is outside the CIDRs behind your end", "4"),
            ("GitLab's addresses", "192.168.1.10"),
            ("Write the files for these answers?", "c"),
            ("The number of the answer to change", "5"),
            ("Port of GitLab's SSH", "70000"),
            ("is not a number from 1 to 65535", "2222"),
            ("Write the files for these answers?", "y"),
        ],
    );
    session.exp_string("WORKSHEET.md").expect("the report");
    ends_with(&mut session, 0);
    let sheet = text(&env, "WORKSHEET.md");
    assert!(sheet.contains("192.168.1.10/32") && sheet.contains("2222 (SSH)"), "{sheet}");
}

#[test]
fn a_plan_that_is_not_approved_writes_nothing_and_a_method_that_the_kit_lacks_is_asked_for_again() {
    let env = env();
    let mut changed = kit();
    changed["network"]["vpc"] = json!(null);
    env.file("kit.json", changed.to_string());
    let mut session = at_a_terminal(&env, &ARGS);
    answer(
        &mut session,
        &[
            ("How the two networks are joined", "vpc-peering"),
            ("the kit does not name Factory's VPC", "public"),
            ("GitLab's addresses", "198.51.100.7"),
            ("Write the files for these answers?", "n"),
        ],
    );
    session.exp_string("the plan was not approved; nothing was written").expect("the end");
    ends_with(&mut session, 1);
    assert!(!env.path("plan").exists());
}
