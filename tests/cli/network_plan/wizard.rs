//! At a terminal what is missing is asked for, and a wrong answer is explained and asked for again.

use super::{env, text};
use crate::interactive::{at_a_terminal, ends_with};

#[test]
fn what_is_missing_is_asked_for_one_by_one_after_an_advice() {
    let env = env();
    let args = ["network", "plan", "--kit", "kit.json", "--gitlab-url", "https://gitlab.acme.com", "--out", "plan"];
    let mut session = at_a_terminal(&env, &args);
    session.exp_string("vpc-peering is advised").expect("the advice");
    for (question, answer) in [
        ("How the two networks are joined", "vpc-peering"),
        ("GitLab's addresses", "10.0.1.10"),
        ("ID of the VPC", "vpc-0abc"),
        ("8 or 17", "vpc-0a1b2c3d4e5f60718"),
        ("AWS account", "012345678901"),
        ("AWS region", "eu-west-1"),
        ("CIDRs of that VPC", "10.0.0.0/16 10.1.0.0/16"),
        ("Route tables", "rtb-0a1b2c3d4e5f60718, rtb-0a1b2c3d4e5f60719"),
        ("Security groups", "sg-0a1b2c3d4e5f60718"),
    ] {
        session.exp_string(question).expect(question);
        session.send_line(answer).expect("typed");
    }
    session.exp_string("WORKSHEET.md").expect("the report");
    ends_with(&mut session, 0);
    let terraform = text(&env, "peering.tf");
    assert_eq!(terraform.matches("resource \"aws_route\"").count(), 4, "{terraform}");
    assert!(terraform.contains("\"10.1.0.0/16\""), "{terraform}");
}
